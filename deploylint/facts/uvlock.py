"""uv.lock, as `uv sync --locked` judges it: whether uv can read it, and what it installs.

Read in the source of uv 0.12.5 (`uv-resolver/src/lock/mod.rs`) and observed with it (`tests/test_locks.py`). Whether
the lock fits the project is judged in `uvjudge`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deploylint.facts.locks import Lock, LockTrouble, normalised, place, read_toml, strings, table, tables
from deploylint.facts.uvjudge import LOCK, judged, package_span, packages
from deploylint.facts.uvproject import MANIFEST, TREES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from deploylint.facts.locks import Document
    from deploylint.text import Span, Text
    from deploylint.tree import Tree


def read(tree: Tree) -> Lock:
    """uv.lock in the root, and the pyproject.toml beside it."""
    lock = read_toml(tree, LOCK, lock=True, mark=True)
    manifest = read_toml(tree, MANIFEST, mark=True)
    text = lock.text
    trouble = lock.trouble or manifest.trouble
    if trouble is None and lock.data is not None:
        trouble = _unusable(lock.data, text)
    if trouble is None and tree.is_file(LOCK) and tree.find(MANIFEST) is None:
        trouble = LockTrouble("no-manifest", f"{LOCK} needs the {MANIFEST} that it was made from.", text.whole)
    requires, span = _requires(lock, manifest)
    names, main_only = _names(lock.data) if lock.data is not None else (None, False)
    base = Lock(LOCK, "uv", trouble, None, "", text.whole, requires, span, names, main_only)
    base = base._replace(document=lock, manifest=manifest.data)
    if trouble or lock.data is None or manifest.data is None:
        return base._replace(why="one of the two files could not be read")
    judgement = judged(tree, lock.data, manifest.data, text)
    if judgement.differences:
        why, blamed = judgement.differences[0]
        return base._replace(fresh=False, why=why, span=blamed)
    if judgement.doubts:
        return base._replace(why=judgement.doubts[0])
    return base._replace(fresh=True)


def _requires(lock: Document, manifest: Document) -> tuple[str | None, Span | None]:
    """requires-python of the project, else that of the lock."""
    for document, keys in ((manifest, ("project",)), (lock, ())):
        value = table(document.data, *keys).get("requires-python")
        if isinstance(value, str):
            return value, place(document.text, ".".join(keys), "requires-python")
    return None, None


def _dependencies(package: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """All edges of a locked package, those of extras and groups included."""
    yield from tables(package.get("dependencies"))
    for key in ("optional-dependencies", "dev-dependencies"):
        for edges in table(package, key).values():
            yield from tables(edges)


def _unusable(lock: Mapping[str, Any], text: Text) -> LockTrouble | None:
    """Why uv cannot read a lock that is good TOML."""
    version = lock.get("version")
    if version != 1:
        what = "has no version" if version is None else f"is of version {version!r}, and uv reads version 1"
        return LockTrouble("unsupported", f"{LOCK} {what}.", place(text, "", "version"))
    if not isinstance(lock.get("revision", 0), int):
        return LockTrouble("unsupported", f"the revision of {LOCK} is no number.", place(text, "", "revision"))
    if "requires-python" not in lock:
        return LockTrouble("unsupported", f"{LOCK} has no requires-python.", text.whole)
    counts: dict[str, int] = {}
    for name, _ in packages(lock):
        counts[name] = counts.get(name, 0) + 1
    for name, package in packages(lock):
        for edge in _dependencies(package):
            target = edge.get("name")
            if isinstance(target, str) and "source" not in edge and counts.get(target, 0) != 1:
                count = counts.get(target, 0) or "no"
                message = f"{name} depends on {target}, and {LOCK} has {count} packages of that name."
                return LockTrouble("inconsistent", message, package_span(text, name))
    return None


def _names(lock: Mapping[str, Any]) -> tuple[frozenset[str], bool]:
    """The names that `uv sync --no-default-groups` may install: the root project and what it depends on; without a root
    project, all names.
    """
    installed = _installed(lock)
    return (installed, True) if installed else (frozenset(normalised(name) for name, _ in packages(lock)), False)


def _installed(lock: Mapping[str, Any]) -> frozenset[str]:
    found: dict[str, list[dict[str, Any]]] = {}
    todo: list[tuple[str, str]] = []
    for name, package in packages(lock):
        found.setdefault(name, []).append(package)
        if any(table(package, "source").get(kind) == "." for kind in TREES):
            todo.append((name, ""))
    seen = set(todo)
    while todo:
        name, extra = todo.pop()
        for package in found.get(name, ()):
            edges = table(package, "optional-dependencies").get(extra) if extra else package.get("dependencies")
            for edge in tables(edges):
                target = edge.get("name")
                for wanted in ("", *strings(edge.get("extra"))):
                    if isinstance(target, str) and (target, wanted) not in seen:
                        seen.add((target, wanted))
                        todo.append((target, wanted))
    return frozenset(normalised(name) for name, _ in seen)
