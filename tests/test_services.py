"""Add-ons of app.json, files that git keeps with LFS, versions of what is locked: what the rules about services ask."""

from __future__ import annotations

import json

import pytest

from deploylint.checks import services
from deploylint.checks.loaded import release_of
from deploylint.checks.registry import Scene
from deploylint.engine import prepare
from deploylint.facts.addons import read_addons
from deploylint.platform import load
from deploylint.steps.make import make_plan
from deploylint.tree import Tree
from tests.cases import TODAY

POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"


def scene_of(files: dict[str, str]) -> Scene:
    platform = load("heroku")
    build = prepare(Tree.of(dict(files)), platform, platform.recommended_stack, TODAY)
    return Scene(build, make_plan(build))


@pytest.mark.parametrize(
    ("text", "plans"),
    [
        ('{"addons": ["a:b", {"plan": "c"}, {}, 1, ""]}', ["a:b", "c", None, None, ""]),
        ('{"environments": {"test": {"addons": ["a"]}, "review": [], "x": {"addons": {}}}}', ["a"]),
        ('{"addons": "a"}', []),
        ("[]", []),
        ("{", []),
        ("[" * 100_000, []),
        (json.dumps({"addons": ["a"] * 500}), ["a"] * 200),
    ],
)
def test_addons(text: str, plans: list[str | None]) -> None:
    assert [addon.plan for addon in read_addons(Tree.of({"app.json": text}), "app.json")] == plans


def test_addons_stand_where_they_are_written() -> None:
    text = '{\n "addons": ["caf\\u00e9", {"plan": "b"}, 7]\n}\n'
    spans = [str(addon.span) for addon in read_addons(Tree.of({"app.json": text}), "app.json")]
    assert spans == ["app.json:1:1", "app.json:2:36", "app.json:2:3"]


def test_pointers_by_the_attributes_of_their_folder() -> None:
    files = {
        "requirements.txt": "",
        ".gitattributes": "*.bin filter=lfs\n",
        "web/.gitattributes": "*.pt filter=lfs\n*.bin -filter\n",
        "a.bin": POINTER,
        "a.pt": POINTER,
        "web/b.bin": POINTER,
        "web/b.pt": POINTER,
    }
    (problem,) = services.lfs_pointer(scene_of(files))
    assert problem.span.path == "a.bin"
    assert "and 1 more" in problem.message


def test_attributes_that_take_too_long_are_left(monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"requirements.txt": "", ".gitattributes": "*.bin filter=lfs\n" * 100, "a.bin": POINTER}
    assert list(services.lfs_pointer(scene_of(files)))
    monkeypatch.setattr(services, "_EFFORT", 1000)
    assert list(services.lfs_pointer(scene_of(files))) == []


@pytest.mark.parametrize(
    ("files", "release"),
    [
        ({"requirements.txt": "sqlalchemy==1.3.24\n"}, (1, 3)),
        ({"requirements.txt": "sqlalchemy===2.0.1\n"}, (2, 0)),
        ({"requirements.txt": "sqlalchemy>=2\n"}, None),
        ({"requirements.txt": "flask==1.0\n"}, None),
        ({"pyproject.toml": "", "poetry.lock": '[[package]]\nname = "sqlalchemy"\nversion = "1.4.2"\n'}, (1, 4)),
        ({"pyproject.toml": "", "uv.lock": '[[package]]\nname = "sqlalchemy"\nversion = "2.0.40"\n'}, (2, 0)),
        (
            {"Pipfile": "", "Pipfile.lock": json.dumps({"default": {"sqlalchemy": {"version": "==1.2.3"}}}, indent=4)},
            (1, 2),
        ),
        ({"Pipfile": "", "Pipfile.lock": json.dumps({"default": {"flask": {"version": "==1.2.3"}}}, indent=4)}, None),
    ],
)
def test_the_release_that_is_pinned_or_locked(files: dict[str, str], release: tuple[int, int] | None) -> None:
    assert release_of(scene_of(files), "sqlalchemy") == release
