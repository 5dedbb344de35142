"""Write the pages that are made from the rule files and the configuration keys: `python scripts/docs.py [--check]`.

`docs/rules.md` is the index of all rules, `docs/deploylint.schema.json` the JSON schema of the configuration. With
--check nothing is written; the exit code is 1 where a page is out of date.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from deploylint.config import KEYS
from deploylint.platform import load, platform_ids
from deploylint.rulebook import RuleBook

DOCS = Path(__file__).parent.parent / "docs"


def index(rules: RuleBook) -> str:
    """The rules as a table, each linked to its file."""
    lines = [
        "# Rules",
        "",
        "Made by `scripts/docs.py` from the rule files. `deploylint rule CODE` explains each.",
        "",
        "| rule | at most | when | fix | what it reports |",
        "| --- | --- | --- | --- | --- |",
    ]
    for rule in rules:
        name = f"[{rule.code} {rule.name}](../rules/{rule.id}.md)"
        fix = "" if rule.meta["fix"] == "none" else rule.meta["fix"]
        lines.append(f"| {name} | {rule.severity().word} | {rule.phase.value} | {fix} | {rule.summary} |")
    return "\n".join(lines) + "\n"


def schema(rules: RuleBook) -> str:
    """The JSON schema of `deploylint.toml` and `[tool.deploylint]`."""
    codes = [rule.code for rule in rules]
    rule = {"anyOf": [{"enum": ["ALL", *codes, *(item.name for item in rules)]}, {"pattern": "^[A-Z]{1,3}[0-9]{0,2}$"}]}
    listed = {"type": "array", "items": rule}
    platform = {"enum": platform_ids()}
    stacks = sorted({stack for id_ in platform_ids() for stack in load(id_).stacks})
    properties: dict[str, Any] = {
        "platform": {"anyOf": [platform, {"type": "array", "items": platform}]},
        "stack": {"enum": stacks},
        "buildpacks": {"type": "array", "items": {"type": "string"}},
        "config-vars": {"type": "array", "items": {"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]*(=.*)?$"}},
        "select": listed,
        "ignore": {
            "anyOf": [listed, {"type": "object", "propertyNames": rule, "additionalProperties": {"type": "string"}}]
        },
        "extend-select": listed,
        "per-file-ignores": {"type": "object", "additionalProperties": listed},
        "fail-on": {"enum": ["error", "warning", "note", "never"]},
        "statistics": {"type": "boolean"},
    }
    for key, property_ in properties.items():
        property_["description"] = KEYS[key]
    page = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "deploylint",
        "type": "object",
        "additionalProperties": False,
        "properties": properties,
    }
    return json.dumps(page, indent=2) + "\n"


def main() -> int:
    """Write or check all pages; the exit code."""
    rules = RuleBook()
    pages = {DOCS / "rules.md": index(rules), DOCS / "deploylint.schema.json": schema(rules)}
    stale = [path for path, text in pages.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    for path in stale:
        if "--check" in sys.argv:
            sys.stderr.write(f"{path.name} is out of date: run `python scripts/docs.py`\n")
        else:
            path.write_text(pages[path], encoding="utf-8")
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
