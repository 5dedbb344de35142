"""Which version of a distribution the build installs."""

from __future__ import annotations

import datetime as dt

import pytest

from deploylint.engine import prepare
from deploylint.platform import load
from deploylint.steps.versions import version_of
from deploylint.tree import Tree

POETRY = '[[package]]\nname = "Some.Thing"\nversion = "1.2"\n\n[[package]]\nname = "two"\nversion = "1"\n\n'


@pytest.mark.parametrize(
    ("path", "text", "version"),
    [
        ("requirements.txt", "some_thing==1.2\n", "1.2"),
        ("requirements.txt", "some_thing === 1.2 ; python_version > '3'\n", "1.2"),
        ("requirements.txt", "some_thing==1.*\n", None),
        ("requirements.txt", "some_thing>=1.2\n", None),
        ("requirements.txt", "some_thing==1.2,!=1.3\n", None),
        ("requirements.txt", "some_thing==1.2\nsome-thing\n", None),
        ("requirements.txt", "other==1.2\n", None),
        ("poetry.lock", POETRY, "1.2"),
        ("poetry.lock", POETRY + '[[package]]\nname = "some-thing"\nversion = "2"\n', None),
        ("poetry.lock", POETRY.replace('"1.2"', "1.2"), "1.2"),
        ("poetry.lock", "package = 1\n", None),
        ("poetry.lock", "=", None),
        ("uv.lock", POETRY, "1.2"),
        ("Pipfile.lock", '{"default": {"Some_Thing": {"version": "==1.2"}}}', "1.2"),
        ("Pipfile.lock", '{"default": {"some-thing": {"version": ">=1.2"}}}', None),
        ("Pipfile.lock", '{"default": {"some-thing": {"git": "https://example.com/x.git"}}}', None),
        ("Pipfile.lock", '{"default": {"some-thing": 1}}', None),
        ("Pipfile.lock", '{"develop": {"some-thing": {"version": "==1.2"}}}', None),
        ("Pipfile.lock", "{", None),
    ],
)
def test_a_pin_or_a_lock_names_the_version(path: str, text: str, version: str | None) -> None:
    build = prepare(Tree.of({path: text}), load("heroku"), "heroku-24", dt.date(2026, 11, 22))
    assert version_of(build, "some-thing") == version


def test_of_two_files_neither_is_believed() -> None:
    files: dict[str, str | bytes] = {"requirements.txt": "some-thing==1.2\n", "poetry.lock": POETRY}
    build = prepare(Tree.of(files), load("heroku"), "heroku-24", dt.date(2026, 11, 22))
    assert version_of(build, "some-thing") is None
