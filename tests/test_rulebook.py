from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploylint.facts.appjson import read_app_json
from deploylint.rulebook import RuleBook, RuleFileError, parse
from deploylint.steps.boot import started_script
from deploylint.tree import Tree

if TYPE_CHECKING:
    from pathlib import Path


def test_rules_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "PYV001-a-name.md").write_text('+++\nsummary = "S."\n+++\n## What it does\nx\n')
    (tmp_path / "notes.md").write_text("")
    (rule,) = RuleBook(tmp_path)
    assert (rule.id, rule.summary, dict(rule.sections)) == ("PYV001-a-name", "S.", {"What it does": "x"})
    assert RuleBook(tmp_path).get("A-NAME") == rule
    assert RuleBook(tmp_path).get("pyv001-a-name") == rule
    assert RuleBook(tmp_path).get("a") is None


def test_a_heading_in_a_block_is_no_heading() -> None:
    _, sections = parse("+++\n+++\n## One\n````md\n```\n## Two\n```\n````\n## Three\n", "x")
    assert list(sections) == ["One", "Three"]


@pytest.mark.parametrize("source", ["", "+++", "x\n+++\n+++", "+++\na = \n+++\n"])
def test_faults_of_a_rule_file(source: str) -> None:
    with pytest.raises(RuleFileError, match=r"^PYV001: "):
        parse(source, "PYV001")


@given(st.text(st.sampled_from('+\n# `ab="'), max_size=60))
def test_any_rule_file(source: str) -> None:
    try:
        _, sections = parse(source, "x")
    except RuleFileError:
        return
    assert all(text == text.rstrip() and bool(text) is bool(text.split("\n")[0].strip()) for text in sections.values())


def test_a_section_may_begin_with_code() -> None:
    _, sections = parse("+++\n+++\n## How to fix it\n\n    web: gunicorn app:app\n\nor\n\n", "x")
    assert sections == {"How to fix it": "    web: gunicorn app:app\n\nor"}


@pytest.mark.parametrize(
    ("command", "script"),
    [
        ("python app.py", "app.py"),
        ("python3 -u -B ./src/app.py --port 1", "src/app.py"),
        ("python 'my app.py'", "my app.py"),
        ("python -m app", None),
        ("python app.py && true", None),
        ("python app.py|cat", None),
        ("PORT=1 python app.py", None),
        ("python", None),
        ("", None),
        ("python 'app.py", None),
    ],
)
def test_started_script(command: str, script: str | None) -> None:
    assert started_script(command) == script


@given(st.text(max_size=40))
def test_any_command(command: str) -> None:
    found = started_script(command)
    assert found is None or found.endswith(".py")


@given(st.binary(max_size=60))
def test_any_app_json(data: bytes) -> None:
    read_app_json(Tree.of({"app.json": data}))


@pytest.mark.parametrize(
    ("text", "stack"),
    [('{"stack": "heroku-24"}', "heroku-24"), ('{"stack": 1}', None), ("[]", None), ("{}", None), ("{", None)],
)
def test_the_stack_of_app_json(text: str, stack: str | None) -> None:
    found = read_app_json(Tree.of({"app.json": text}))
    assert (found.stack.value if found and found.stack else None) == stack
