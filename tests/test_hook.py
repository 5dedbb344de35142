"""What a hook may change, and when it certainly fails."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploylint.facts.hook import Failure, Hook
from deploylint.text import Span
from deploylint.tree import Entry, Kind, Tree

PATH = "bin/pre_compile"


def hook(source: str | bytes, **files: str) -> Hook:
    return Hook(Tree.of({PATH: source, **files}), PATH)


@pytest.mark.parametrize(
    ("source", "path", "changes"),
    [
        ("pip freeze > requirements.txt", "requirements.txt", True),
        ("pip freeze >requirements.txt", "requirements.txt", True),
        ("rm -f uv.lock Pipfile", "Pipfile", True),
        ("rm -f ./uv.lock", "uv.lock", True),
        ('rm -f "$BUILD_DIR/uv.lock"', "uv.lock", True),
        ('rm -f "${BUILD_DIR}"/uv.lock', "uv.lock", True),
        ("rm -f /app/uv.lock", "uv.lock", True),
        ("rm -f src/app/uv.lock", "src/app/uv.lock", True),
        ("rm *.lock", "uv.lock", True),
        ("rm *.lock", "Pipfile", False),
        ("rm -rf venv/", "venv/pyvenv.cfg", True),
        ("rm -rf venv2/", "venv/pyvenv.cfg", False),
        ("cat requirements/base.txt", "requirements.txt", False),
        ("cp requirements/base.txt requirements.txt", "requirements.txt", True),
        ('echo "python-3.9" > "$CACHE_DIR/.heroku/python-version"', "python-version", False),
        ("echo hello", "requirements.txt", False),
        ("", "requirements.txt", False),
    ],
)
def test_what_it_may_change(source: str, path: str, *, changes: bool) -> None:
    assert hook(source).may_change(path) is changes


@pytest.mark.parametrize(
    ("source", "creates"),
    [
        ("cp -r deploy/* .", True),
        ("cp deploy/requirements.txt .", True),
        ("tar xf deploy.tgz", True),
        ("curl -sSL https://example.com/install | sh", True),
        ("curl -O https://example.com/requirements.txt", True),
        ("curl https://example.com/ping", False),
        ("cp settings.py.heroku settings.py", False),
        ("npm install -g yuglify", False),
    ],
)
def test_what_it_may_bring_without_naming_it(source: str, *, creates: bool) -> None:
    assert hook(source).may_create("requirements.txt") is creates


def test_the_scripts_that_it_starts_are_read_too() -> None:
    scripts = {"scripts/a.sh": "./tools/b\n", "tools/b": "#!/bin/sh\nrm uv.lock\n"}
    found = hook("bash scripts/a.sh\n", **scripts)
    assert found.may_change("uv.lock")
    assert not found.may_change("Pipfile")


def test_scripts_that_call_each_other_come_to_an_end() -> None:
    assert not hook("bash a.sh", **{"a.sh": "bash b.sh", "b.sh": "bash a.sh"}).may_change("uv.lock")


def test_a_hook_that_is_too_large_may_do_anything() -> None:
    found = hook("#" * (64 * 1024 + 1))
    assert found.may_change("uv.lock")
    assert found.failure is None


@pytest.mark.parametrize(
    ("source", "failure"),
    [
        ("exit 1", Failure("exit", Span(PATH, 1, 1, 1, 7))),
        ("#!/bin/bash\n\nset -eu\necho 'no' >&2\n  exit 3 # why\n", Failure("exit", Span(PATH, 5, 3, 5, 9))),
        ("exit 256", None),
        ("exit 0\nexit 1", None),
        ("exit", None),
        ("exit $CODE", None),
        ("if true; then\nexit 1\nfi", None),
        ("test -f x || exit 0\nexit 1", None),
        ("echo $(date)\nexit 1", None),
        ("echo hello", None),
        ("", None),
        ("#!/bin/bash\r\necho hello\r\n", Failure("interpreter", Span(PATH, 1, 1, 1, 12))),
        ("# a comment\r\necho hello\r\n", None),
    ],
)
def test_when_it_certainly_fails(source: str, failure: Failure | None) -> None:
    assert hook(source).failure == failure


@given(st.one_of(st.binary(max_size=80), st.text("exit 0123\n\r#!$>&{}'\"*./abc", max_size=80).map(str.encode)))
def test_any_hook(source: bytes) -> None:
    found = hook(source)
    assert found.may_create("a") or not found.may_change("a")
    if found.failure:
        lines = source.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n").split("\n")
        assert 1 <= found.failure.span.line <= len(lines)


def test_a_script_that_nobody_can_see_may_bring_anything() -> None:
    files: dict[str, str | Entry] = {PATH: "sh shared/setup.sh", "shared": Entry("", Kind.LINK, target="/srv/shared")}
    assert Hook(Tree.of(files), PATH).may_create("requirements.txt")
    assert not Hook(Tree.of({**files, "shared": Entry("", Kind.DIRECTORY)}), PATH).may_create("requirements.txt")
