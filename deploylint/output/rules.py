"""Rules for reading: the index, the explanation of one, and both as JSON, all from the rule files."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from deploylint.output.style import Style
from deploylint.rulebook import HOW, SILENT, WHAT, WHY

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from deploylint.rulebook import Rule


def index(rules: Sequence[Rule]) -> str:
    """One line for each rule."""
    width = max((len(rule.name) for rule in rules), default=0)
    lines = [
        f"{rule.code}  {rule.name.ljust(width)}  {rule.severity().word.ljust(7)}  {rule.summary}" for rule in rules
    ]
    return "".join(f"{line}\n" for line in lines)


def explain(rules: Sequence[Rule], style: Style | None = None) -> str:
    """Everything that the rule files say, but for the cases, as Markdown, the prose folded."""
    style = style or Style()
    return "\n".join("\n".join(_folded(_page(rule), style)) for rule in rules)


def _page(rule: Rule) -> str:
    about = f"{rule.severity().word} · {rule.phase.value} · fix: {rule.meta['fix']} · since {rule.meta['since']}"
    parts = [f"# {rule.code} {rule.name}", rule.summary, about]
    parts += [f"## {heading}\n\n{rule.sections[heading]}" for heading in (WHAT, WHY, HOW, SILENT)]
    if rule.reasons:
        parts.append("The platform's own name for it: " + ", ".join(f"`{reason}`" for reason in rule.reasons) + ".")
    parts.append("Sources: " + "; ".join(f"{item['url']} ({item['read']})" for item in rule.meta["sources"]))
    return "\n\n".join(parts) + "\n"


_ITEM = re.compile(r"(?:[-*]|[0-9]+\.) +")


def _folded(text: str, style: Style) -> Iterator[str]:
    """The lines of a Markdown text with paragraphs and items folded anew; code, headings and tables stay."""
    paragraph: list[str] = []
    fenced = False
    for line in text.split("\n"):
        fence = line.startswith("```")
        stays = fenced or fence or not line or line.startswith(("    ", "#", "|"))
        if stays or _ITEM.match(line):
            yield from _paragraph(paragraph, style)
            paragraph = []
        if stays:
            yield line
        else:
            paragraph.append(line)
        fenced = fenced != fence
    yield from _paragraph(paragraph, style)


def _paragraph(lines: list[str], style: Style) -> Iterator[str]:
    if lines:
        item = _ITEM.match(lines[0])
        yield from style.fold(" ".join(line.strip() for line in lines), "", " " * len(item[0]) if item else "")


def as_json(rules: Sequence[Rule]) -> str:
    """The same as a list of objects."""
    rows = [
        {
            "code": rule.code,
            "name": rule.name,
            "summary": rule.summary,
            "phase": rule.phase.value,
            "severity": rule.severity().word,
            "fix": rule.meta["fix"],
            "since": rule.meta["since"],
            "reasons": list(rule.reasons),
            "what": rule.sections[WHAT],
            "why": rule.sections[WHY],
            "how": rule.sections[HOW],
            "silent": rule.sections[SILENT],
            "sources": [{"url": item["url"], "read": str(item["read"])} for item in rule.meta["sources"]],
        }
        for rule in rules
    ]
    return json.dumps(rows, indent=2, ensure_ascii=False) + "\n"
