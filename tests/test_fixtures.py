"""Whole apps: each `fixtures/NAME.out` holds commands, as `$ deploylint …`, and what they print, to the letter.

`DEPLOYLINT_UPDATE=1 python -m pytest tests/test_fixtures.py` writes the outputs anew: read the diff.
"""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

import pytest

from tests.test_cli import run

FIXTURES = Path(__file__).parent.parent / "fixtures"
NAMES = sorted(path.name for path in FIXTURES.iterdir() if path.is_dir())
DATE = "2026-11-22"


def outputs(name: str) -> list[tuple[str, str]]:
    """The commands of a fixture with the output that is expected."""
    text = (FIXTURES / f"{name}.out").read_text(encoding="utf-8")
    blocks = re.split(r"(?m)^\$ (?=deploylint )", text)[1:]
    return [(block.partition("\n")[0], block.partition("\n")[2]) for block in blocks]


def actual(command: str) -> str:
    program, *args = shlex.split(command)
    assert program == "deploylint"
    where = [] if args[:1] == ["rule"] else ["--no-git", "--as-of", DATE]
    done = run(*args, *where, cwd=FIXTURES)
    code = f"(exit code {done.returncode})\n" if done.returncode else ""
    return done.stdout + done.stderr + code + "\n"


@pytest.mark.parametrize("name", NAMES)
def test_fixture(name: str) -> None:
    expected = outputs(name)
    assert expected
    if os.environ.get("DEPLOYLINT_UPDATE"):
        text = "".join(f"$ {command}\n{actual(command)}" for command, _ in expected)
        (FIXTURES / f"{name}.out").write_text(text.rstrip("\n") + "\n\n", encoding="utf-8")
        expected = outputs(name)
    for command, output in expected:
        assert actual(command) == output


def test_every_output_has_its_app() -> None:
    assert sorted(path.stem for path in FIXTURES.glob("*.out")) == NAMES
