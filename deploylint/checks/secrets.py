"""SEC: what a commit tells that should be kept secret. The text of a secret appears in no message."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from deploylint.checks.registry import Problem, Scene, check
from deploylint.checks.words import listed
from deploylint.facts import secrets
from deploylint.finding import Related

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from deploylint.facts.secrets import Secret
    from deploylint.tree import Tree

_SIZE = 256 * 1024
_FILES = 200
_TOTAL = 2 * 1024 * 1024
"""Files that are read for this alone, and their bytes together."""

_VARIABLES = 20

_DEPTH = 4
_PARTS = re.compile(r"[/._ -]")
_HISTORY = "It stays in the history of the repository, so replace it at the service that gave it"


@check("SEC001")
def private_key_committed(scene: Scene) -> Iterator[Problem]:
    """A private key that no passphrase keeps."""
    for path, found in _found(scene, secrets.private_keys):
        spans = [scene.app.received.text(path).span(secret.start, secret.end) for secret in found]
        service = path.endswith(".json") and '"service_account"' in scene.app.received.text(path).value
        what = "the key of a service account" if service else "a private key without a passphrase"
        yield Problem(
            spans[0],
            f"The commit holds {what}: whoever can read the repository, or the app that is built from it, can use it.",
            f"Make a new key, and give it to the app as a config var. {_HISTORY}; then remove the file with "
            f"`git rm --cached` and add it to .gitignore.",
            related=tuple(Related("and here", span) for span in spans[1:]),
            secret=True,
        )


@check("SEC002")
def environment_file_committed(scene: Scene) -> Iterator[Problem]:
    """A `.env` with values that a program has drawn."""
    tree = scene.app.received
    for path in _within(tree, _some(path for path in tree.entries if _is_environment_file(path))):
        if b"=" not in tree.read(path, _SIZE).data:
            continue
        text = tree.text(path)
        found = list(islice(secrets.variables(text.value[:_SIZE]), _VARIABLES))
        if not found:
            continue
        names = list(dict.fromkeys(name for name, _ in found))
        shown = [*names[:3], f"{len(names) - 3} more"] if len(names) > 3 else names
        spans = [text.span(secret.start, secret.end) for _, secret in found]
        yield Problem(
            spans[0],
            f"The commit holds a file with variables, and what it gives to {listed(shown)} looks secret: whoever can "
            "read the repository can use it.",
            "Set them with `heroku config:set`, run `git rm --cached` on the file and add it to .gitignore. The values "
            "stay in the history of the repository, so replace them.",
            related=tuple(Related("and here", span) for span in spans[1:10]),
            secret=True,
        )


@check("SEC003")
def token_committed(scene: Scene) -> Iterator[Problem]:
    """A token, known by its form, in what the app reads."""
    told = {path for path in scene.app.received.entries if _is_environment_file(path)}
    for path, found in _found(scene, secrets.tokens):
        text = scene.app.received.text(path)
        variables = islice(secrets.variables(text.value[:_SIZE]), _VARIABLES) if path in told else ()
        named = [secret for _, secret in variables]
        for secret in found:
            if any(other.start <= secret.start < other.end for other in named):
                continue
            yield Problem(
                text.span(secret.start, secret.end),
                f"The commit holds {secret.title}: whoever can read the repository can use it.",
                f"Read it from a config var (`heroku config:set`). {_HISTORY}.",
                secret=True,
            )


def _found(scene: Scene, look: Callable[[str], Iterable[Secret]]) -> Iterator[tuple[str, list[Secret]]]:
    """The files that may hold a credential, with what `look` finds in them."""
    tree = scene.app.received
    for path in dict.fromkeys((*_within(tree, _some(_named(tree))), *_loaded(scene))):
        if tree.is_file(path) and secrets.has_mark(tree.read(path, _SIZE).data):
            found = list(look(tree.text(path).value[:_SIZE]))
            if found:
                yield path, found


def _within(tree: Tree, paths: Iterable[str]) -> Iterator[str]:
    """The first of the paths that are files and together no larger than the limit."""
    left = _TOTAL
    for path in paths:
        if tree.is_file(path):
            left -= len(tree.read(path, _SIZE).data)
            if left < 0:
                return
            yield path


def _some(paths: Iterable[str]) -> list[str]:
    """The first of the paths that are not an example, nor another's."""
    examples = frozenset(secrets.table()["files"]["examples"])
    mine = [path for path in paths if examples.isdisjoint(_PARTS.split(path.lower()))]
    return sorted(mine, key=lambda path: (path.count("/"), path))[:_FILES]


def _named(tree: Tree) -> Iterator[str]:
    """Files whose names say that they hold keys or configuration."""
    rules = secrets.table()["files"]
    keys, key_names, names = tuple(rules["keys"]), rules["key_names"], rules["names"]
    data, words = tuple(rules["data"]), rules["data_words"]
    for path in tree.entries:
        if path.count("/") >= _DEPTH:
            continue
        name = path.rpartition("/")[2].lower()
        kept = name.endswith(keys) or name in key_names or path in names or _is_environment_file(path, any_kind=True)
        if kept or (name.endswith(data) and any(word in name for word in words)):
            yield path


def _is_environment_file(path: str, *, any_kind: bool = False) -> bool:
    """`.env`, `.env.production`, `prod.env`; with `any_kind`, also one that serves development."""
    name = path.rpartition("/")[2].lower()
    if not (name == ".env" or name.startswith(".env.") or name.endswith(".env")):
        return False
    return any_kind or frozenset(secrets.table()["files"]["development"]).isdisjoint(_PARTS.split(path.lower()))


def _loaded(scene: Scene) -> Iterator[str]:
    """The sources that the processes load; where that is not known, those of the root."""
    visits = [visit for item in scene.plan.reached if item.closure for visit in item.closure.visits.values()]
    paths = [visit.found.path for visit in visits if visit.found.has_source]
    paths += scene.plan.targets.values()
    yield from paths or _some(path for path in scene.app.received.entries if path.endswith(".py") and "/" not in path)
