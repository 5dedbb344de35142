"""The pages that are made from rules and configuration keys are current, and the schema says what the program does."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from deploylint.config import KEYS, read_config
from deploylint.errors import UsageError

ROOT = Path(__file__).parent.parent
SCHEMA = json.loads((ROOT / "docs" / "deploylint.schema.json").read_text(encoding="utf-8"))


def test_the_pages_are_current() -> None:
    command = [sys.executable, str(ROOT / "scripts" / "docs.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_schema_has_every_key() -> None:
    assert SCHEMA["properties"].keys() == KEYS.keys()


@pytest.mark.parametrize(
    ("text", "data", "valid"),
    [
        ('platform = "heroku"', {"platform": "heroku"}, True),
        ('platform = ["heroku", "heroku-cedar"]', {"platform": ["heroku", "heroku-cedar"]}, True),
        ('ignore = { PRO002 = "why" }', {"ignore": {"PRO002": "why"}}, True),
        ('ignore = ["PRO"]', {"ignore": ["PRO"]}, True),
        ("statistics = true", {"statistics": True}, True),
        ('per-file-ignores = { "a/*" = ["REQ001"] }', {"per-file-ignores": {"a/*": ["REQ001"]}}, True),
        ("stack = 1", {"stack": 1}, False),
        ("ignore = { PRO002 = 1 }", {"ignore": {"PRO002": 1}}, False),
        ("fix = true", {"fix": True}, False),
        ('select = "PRO"', {"select": "PRO"}, False),
    ],
)
def test_schema_and_program_agree(text: str, data: dict[str, object], valid: bool, tmp_path: Path) -> None:
    path = tmp_path / "deploylint.toml"
    path.write_text(text)
    if valid:
        jsonschema.validate(data, SCHEMA)
        assert read_config(path)
    else:
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(data, SCHEMA)
        with pytest.raises(UsageError):
            read_config(path)
