"""What a project asks of its own tool: observed with uv 0.12.5 and Poetry 2.4.1, and asked anew where they are
installed (see `test_locks`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from deploylint.facts.toolversion import Wanted, wanted
from deploylint.text import Span
from deploylint.tree import Tree
from tests.test_locks import run, tool, write

if TYPE_CHECKING:
    from pathlib import Path

UV, POETRY = "0.12.5", "2.4.1"
PROJECT = '[project]\nname = "a"\nversion = "0"\nrequires-python = ">=3.9"\n'
LOCK = (
    'version = 1\nrevision = 3\nrequires-python = ">=3.9"\n\n[[package]]\nname = "a"\nversion = "0"\n'
    'source = { virtual = "." }\n'
)

# required-version, and whether uv goes on; None where that is not said here.
ASKED_OF_UV = {
    ">=0.12": True,
    ">=0.13": False,
    "0.4.1": False,
    "0.12.5": True,
    "~=0.11.0": False,
    "==0.12.*": True,
    "==0.11.*": False,
    ">=0.5,<0.12": False,
    "x": None,
}
ASKED_OF_POETRY = {">=2.0": True, "^1.8": False, "2.4.1": True, "<2 || >=2.4": True, ">=3": False, "~2.3": False}


@pytest.mark.parametrize("asked", ASKED_OF_UV)
def test_what_uv_is_asked_for(asked: str) -> None:
    tree = Tree.of({"pyproject.toml": f'{PROJECT}\n[tool.uv]\nrequired-version = "{asked}"\n'})
    found = wanted(tree, "uv")
    assert found
    assert (found.version, found.span.line) == (asked, 7)
    assert found.allows(UV) is ASKED_OF_UV[asked]


@pytest.mark.parametrize("asked", ASKED_OF_POETRY)
def test_what_poetry_is_asked_for(asked: str) -> None:
    found = wanted(Tree.of({"pyproject.toml": f'[tool.poetry]\nrequires-poetry = "{asked}"\n'}), "poetry")
    assert found
    assert found.allows(POETRY) is ASKED_OF_POETRY[asked]


@pytest.mark.parametrize("asked", ASKED_OF_UV)
def test_what_uv_itself_says(asked: str, tmp_path: Path) -> None:
    manifest = f'{PROJECT}\n[tool.uv]\nrequired-version = "{asked}"\n'
    folder = write(tmp_path / "a", {"pyproject.toml": manifest, "uv.lock": LOCK})
    _, said = run(folder, tool("uv"), "sync", "--locked", "--no-default-groups")
    assert ("Required uv version" in said) is (ASKED_OF_UV[asked] is False)


@pytest.mark.parametrize("asked", ASKED_OF_POETRY)
def test_what_poetry_itself_says(asked: str, tmp_path: Path) -> None:
    manifest = f'{PROJECT}\n[tool.poetry]\nrequires-poetry = "{asked}"\npackage-mode = false\n'
    folder = write(tmp_path / "a", {"pyproject.toml": manifest})
    _, said = run(folder, tool("poetry"), "sync", "--only", "main")
    assert ("This project requires Poetry" in said) is (ASKED_OF_POETRY[asked] is False)


def test_a_uv_toml_hides_what_the_project_asks_for() -> None:
    files = {"pyproject.toml": '[tool.uv]\nrequired-version = "1"\n', "uv.toml": "offline = true\n"}
    assert wanted(Tree.of(files), "uv") is None
    assert wanted(Tree.of({**files, "uv.toml": 'required-version = "2"'}), "uv") == Wanted(
        "uv", "2", Span("uv.toml", 1, 1, 1, 23)
    )


@pytest.mark.parametrize(
    "text", ["", "[tool.poetry]\nrequires-poetry = 2\n", "[tool]\nrequires-poetry = ''", "[", "[tool.poetry]"]
)
def test_nothing_is_asked_for(text: str) -> None:
    assert wanted(Tree.of({"pyproject.toml": text}), "poetry") is None
    assert wanted(Tree.of({}), "poetry") is None
    assert wanted(Tree.of({"Pipfile": text}), "pipenv") is None


@pytest.mark.parametrize(("asked", "past"), [("0.9", True), ("<0.12", True), (">=0.13", False), ("==0.11.*", True)])
def test_a_limit_that_no_newer_tool_meets(asked: str, *, past: bool) -> None:
    assert Wanted("uv", asked, Span("pyproject.toml")).is_past(UV) is past
