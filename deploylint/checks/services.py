"""SVC: add-ons, and files of the app that git does not send."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from deploylint.checks.loaded import is_test, loaded, services, speaks_of
from deploylint.checks.registry import Problem, Scene, check
from deploylint.finding import Severity
from deploylint.plan import Status
from deploylint.text import Span
from deploylint.tree import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploylint.tree import Tree

_POINTERS = 300
_POINTER = b"version https://git-lfs.github.com/spec/v1"
_ATTRIBUTE_FILES = 20
_ATTRIBUTES = 256 * 1024
_EFFORT = 20_000_000
"""Comparisons of paths with patterns, all together: a few seconds at most, which nobody's own repository comes near."""

_TOLD = 10
_DATABASE = re.compile(
    rb"""(?:environ\[\s{0,9}|environ\.get\(\s{0,9}|getenv\(\s{0,9})(['"])DATABASE_URL\1\s{0,9}[\])]"""
)
_READS = 200
_SIZE = 256 * 1024


@check("SVC001")
def addon_plan_ended(scene: Scene) -> Iterator[Problem]:
    """An add-on plan that nobody can choose any more."""
    app_json = scene.app.app_json
    if app_json is None or app_json.broken:
        return
    from deploylint.facts.addons import read_addons

    ended = {name: row for row in services()["plan"] if row["ended"] <= scene.build.today for name in row["names"]}
    for addon in read_addons(scene.app.received, app_json.path):
        row = ended.get((addon.plan or "").strip().lower())
        if row is not None:
            yield Problem(
                addon.span,
                f"Review apps, and apps made with a button, cannot be made from this file: the plan {addon.plan} has "
                f"not been offered since {row['ended']} at the latest.",
                f"Name a plan that is: {row['instead']} (which costs money).",
            )


@check("SVC002")
def addon_malformed(scene: Scene) -> Iterator[Problem]:
    """An add-on of app.json that is neither a string nor an object with a plan."""
    app_json = scene.app.app_json
    if app_json is None or app_json.broken:
        return
    from deploylint.facts.addons import read_addons

    broken = [addon for addon in read_addons(scene.app.received, app_json.path) if not (addon.plan or "").strip()]
    if broken:
        yield Problem(
            broken[0].span,
            "Review apps, and apps made with a button, cannot be made from this file: an add-on must be a string or an "
            "object with a string `plan`, and one here is neither.",
            'Write it as `"heroku-postgresql:essential-0"` or `{"plan": "heroku-postgresql:essential-0"}`.',
        )


@check("SVC003")
def database_not_provisioned(scene: Scene) -> Iterator[Problem]:
    """A program that asks for DATABASE_URL on a platform that gives a database to Django apps only."""
    plan = scene.plan
    if plan.detection.status is not Status.OK or plan.addons:
        return
    if _declares_database(scene):
        return
    sources = [path for path in scene.app.sources if not is_test(path)]
    for path in sources[:_READS]:
        match = _DATABASE.search(scene.app.tree.read(path, _SIZE).data)
        if match:
            text = scene.app.tree.text(path)
            start = text.value.find("DATABASE_URL", len(match.string[: match.start()].decode("utf-8", "replace")))
            yield Problem(
                text.span(start, start + len("DATABASE_URL")),
                "Nothing sets DATABASE_URL here: the platform provisions a database for Django apps (where it finds a "
                "manage.py), and none for any other Python app.",
                "Add one before the first start: `heroku addons:add heroku-postgresql:hobby-dev`, and `heroku "
                "pg:promote` where it has another name.",
            )
            return


def _declares_database(scene: Scene) -> bool:
    """Whether app.json declares a database, for apps that are made with a button."""
    if not scene.app.received.is_file("app.json"):
        return False
    from deploylint.facts.addons import read_addons

    return any("postgres" in (addon.plan or "") for addon in read_addons(scene.app.received, "app.json"))


@check("SVC004")
def lfs_pointer(scene: Scene) -> Iterator[Problem]:
    """Files that git keeps with LFS, of which the platform gets the pointer only."""
    tree = scene.app.tree
    files = [path for path in tree.entries if path.rpartition("/")[2] == ".gitattributes"][:_ATTRIBUTE_FILES]
    if not any(b"lfs" in tree.read(path).data for path in files) or speaks_of(scene, "lfs"):
        return
    pointers = _pointers(tree, sorted(files, key=lambda path: path.count("/")))
    if not pointers:
        return
    texts = [tree.read(path).data for path in loaded(scene)]
    used = [path for path in pointers if any(path.rpartition("/")[2].encode() in text for text in texts)]
    for path in used[:_TOLD]:
        yield Problem(
            Span(path),
            "The app will not find what is meant to be in this file: git keeps it with LFS, and the platform gets only "
            "the pointer, three lines of text. Sources that the processes load name it.",
            "Keep the file in a storage of its own and fetch it, commit it without LFS (`git lfs untrack`), or add a "
            "buildpack that fetches LFS files.",
        )
    if not used:
        more = f" and {len(pointers) - 1} more" if len(pointers) > 1 else ""
        yield Problem(
            Span(pointers[0]),
            f"The platform gets only the pointer of this file{more}, three lines of text: git keeps it with LFS.",
            "Commit it without LFS (`git lfs untrack`) if the app needs it, or add a buildpack that fetches LFS files.",
            Severity.NOTE,
        )


def _pointers(tree: Tree, files: list[str]) -> list[str]:
    from deploylint.gitattributes import look_up, parse

    read = [parse(tree.read(path, _ATTRIBUTES).data, path.rpartition("/")[0]) for path in files]
    found: list[str] = []
    left = _EFFORT
    for entry in tree.files():
        above = [one for one in read if not one.folder or entry.path.startswith(f"{one.folder}/")]
        left -= sum(one.effort(entry.path) for one in above)
        if left < 0:
            break
        if len(found) < _POINTERS and not is_test(entry.path) and look_up(entry.path, above).get("filter") == "lfs":
            found.append(entry.path)
    return [path for path in found if tree.read(path, 1024).data.startswith(_POINTER)]


@check("SVC005")
def submodule_without_address(scene: Scene) -> Iterator[Problem]:
    """A repository inside of the repository that .gitmodules does not name."""
    tree = scene.app.received
    modules = [path for path, entry in tree.entries.items() if entry.kind is Kind.SUBMODULE]
    if not modules or tree.prefix or tree.is_unknown(".gitmodules"):
        return
    text = tree.text(".gitmodules").value if tree.is_file(".gitmodules") else ""
    named = {line.partition("=")[2].strip().strip('"') for line in text.splitlines() if line.strip().startswith("path")}
    for path in sorted(modules):
        if path not in named:
            yield Problem(
                Span(path),
                "This folder will be empty on the platform, and the push may be refused: it is a git repository of its "
                "own, of which the commit holds only a number, and .gitmodules does not say where it comes from.",
                f"If its files belong to the app: `rm -rf {path}/.git`, `git rm --cached {path}`, `git add {path}`. "
                "If not, add it with `git submodule add ADDRESS`.",
            )
