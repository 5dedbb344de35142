"""Buildpacks by name, and what app.json says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploylint.facts.appjson import AppJson, Word, read_app_json
from deploylint.knowledge.buildpacks import buildpack
from deploylint.text import Span
from deploylint.tree import Tree


@pytest.mark.parametrize(
    ("written", "name", "revision"),
    [
        ("heroku/python", "heroku/python", None),
        ("urn:buildpack:heroku/python", "heroku/python", None),
        ("https://github.com/heroku/heroku-buildpack-python", "heroku/python", None),
        ("https://github.com/heroku/heroku-buildpack-python.git#v200", "heroku/python", "v200"),
        ("https://github.com/Heroku/heroku-buildpack-nodejs/", "heroku/nodejs", None),
        ("git@github.com:heroku/heroku-buildpack-apt.git", "heroku/apt", None),
        ("https://example.com/buildpacks/heroku/python.tgz", "heroku/python", None),
        ("https://github.com/timanovsky/subdir-heroku-buildpack", "timanovsky/subdir-heroku-buildpack", None),
        ("garbage", "/garbage", None),
        ("", "/", None),
    ],
)
def test_names(written: str, name: str, revision: str | None) -> None:
    found = buildpack(written)
    assert (found.name, found.revision) == (name, revision)


def test_which_leave_pythons_files_alone() -> None:
    assert buildpack("heroku/nodejs").is_calm
    assert not buildpack("heroku/nodejs").is_python
    assert not buildpack("https://github.com/example/heroku-buildpack-python").is_calm


@given(st.text(max_size=60))
def test_any_name(written: str) -> None:
    assert buildpack(written).said == written


def read(text: str | bytes) -> AppJson | None:
    return read_app_json(Tree.of({"app.json": text}))


def test_where_app_json_says_it() -> None:
    found = read('{"stack": "heroku-24",\n "buildpacks": [{"url": "heroku/python"}, "x/y", 1],\n "env": {"A": {}}}')
    assert found
    assert found.stack == Word("heroku-24", Span("app.json", 1, 12, 1, 21))
    assert found.buildpacks == (
        Word("heroku/python", Span("app.json", 2, 26, 2, 39)),
        Word("x/y", Span("app.json", 2, 44, 2, 47)),
    )
    assert found.variables == (Word("A", Span("app.json", 3, 11, 3, 12)),)
    assert [(word.value, kind) for word, kind in found.keys] == [
        ("stack", "string"),
        ("buildpacks", "array"),
        ("env", "object"),
    ]


def test_a_word_with_escapes_stands_on_the_first_line() -> None:
    found = read('{"stack": "heroku\\u002d24"}')
    assert found
    assert found.stack == Word("heroku-24", Span("app.json", 1, 1, 1, 28))


@pytest.mark.parametrize("text", ["", "[]", "{", b"\xff", "[" * 100_000, '"x"', "{\n\n", '{"a": 1,}\n'])
def test_what_is_no_app_json(text: str | bytes) -> None:
    found = read(text)
    assert found
    assert found.broken
    assert found == AppJson("app.json", broken=found.broken)
    assert found.broken.span.end_line <= len(text.splitlines()) + 1


@pytest.mark.parametrize("value", ["true", "1", "1.5", "null"])
def test_the_types_of_values(value: str) -> None:
    found = read(f'{{"stack": {value}}}')
    assert found
    ((_, kind),) = found.keys
    assert kind == {"true": "boolean", "null": "null"}.get(value, "number")
    assert found.stack is None


def test_an_app_json_that_is_none_or_too_large_says_nothing() -> None:
    assert read(" " * (1024 * 1024 + 1)) is None
    assert read_app_json(Tree.of({})) is None


@pytest.mark.parametrize("text", ["{}", '{"buildpacks": []}', '{"buildpacks": {}}', '{"env": []}'])
def test_an_app_json_that_says_nothing(text: str) -> None:
    found = read(text)
    assert found
    assert (found.stack, found.buildpacks, found.variables, found.broken) == (None, None, (), None)
