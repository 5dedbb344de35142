"""Where a module of the app lies that a dotted name means: a package before a module before a folder without
`__init__.py`, folder by folder of the module path.

Source: the language reference on the import system.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploylint.record import NamedTuple
from deploylint.tree import Kind

if TYPE_CHECKING:
    from deploylint.tree import Tree

_COMPILED = (".so", ".pyc", ".pyd", ".pyx")


class Found(NamedTuple):
    """Where a module lies: the path of its source, whether it is a package; `path` is empty for a folder without
    `__init__.py`.
    """

    path: str
    package: bool


class Missing(NamedTuple):
    """There is certainly no such module in the package that is the app's."""

    name: str


def find_module(tree: Tree, name: str, search: tuple[str, ...] = ("",)) -> Found | Missing | None:
    """The source of a module of the app, in exact case; None where it is not the app's or cannot be told."""
    parts = name.split(".")
    if not all(parts):
        return None
    for folder in search:
        base = f"{folder.strip('/')}/" if folder.strip("/") else ""
        found = _find_below(tree, base, parts)
        if found is not None:
            return found
    return None


def _find_below(tree: Tree, base: str, parts: list[str]) -> Found | Missing | None:
    regular = False
    for number, part in enumerate(parts):
        last = number == len(parts) - 1
        path = f"{base}{part}"
        if tree.is_unknown(path) or tree.is_unknown(f"{path}.py"):
            return None
        if tree.is_file(f"{path}/__init__.py"):
            if last:
                return Found(f"{path}/__init__.py", package=True)
            regular = True
        elif tree.is_file(f"{path}.py"):
            return Found(f"{path}.py", package=False) if last else Missing(".".join(parts))
        elif is_folder(tree, path):
            if last:
                return Found("", package=True) if regular else None
        elif number and regular and not _compiled(tree, base, part):
            return Missing(".".join(parts[: number + 1]))
        else:
            return None
        base = f"{path}/"
    return None


def is_folder(tree: Tree, path: str) -> bool:
    """Whether a folder lies at `path`, links followed."""
    entry = tree.follow(path)
    return entry is not None and entry.kind is Kind.DIRECTORY


def _compiled(tree: Tree, base: str, name: str) -> bool:
    return any(
        entry.name.startswith(f"{name}.") and entry.name.endswith(_COMPILED)
        for entry in tree.children(base.rstrip("/"))
    )
