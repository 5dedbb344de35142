"""Finding modules of the app as the process would find them: in the folders of its module path, in order, in exact
case, a package before a module before a folder without `__init__.py`.

Source: the language reference on the import system, the library reference on `importlib.machinery.PathFinder`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploylint.imports.closure import Found
from deploylint.record import NamedTuple
from deploylint.tree import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deploylint.app import App
    from deploylint.facts.events import Event, Import

DOTS = 100
"""Dots in the name of a module that is looked for."""


class Located(NamedTuple):
    """What was found in some folders: modules by name; by module, the functions of the app that its calls name, None
    for those of others; those events of its source from which there is more to be found out; and whether it binds the
    names that are asked for.
    """

    modules: dict[str, Found | None]
    calls: dict[Found, dict[str, tuple[Found, str] | None]]
    telling: dict[Found, tuple[Event, ...]]
    bound: dict[Found, dict[str, bool | None]]


class Finder:
    """Finds modules of an app in the folders of its module path (`""` is the app's root)."""

    def __init__(self, app: App, roots: Sequence[str]) -> None:
        self._app = app
        self.roots = tuple(dict.fromkeys(roots))
        # All processes look in the same folders, most of the time.
        located = app.located.setdefault(self.roots, Located({}, {}, {}, {}))
        self._known, self.calls, self.telling, self.bound = located

    def find(self, name: str) -> Found | None:
        """The module with this dotted name; None where the app has none."""
        if name not in self._known:
            if name.count(".") > DOTS:
                return Found(name, "unknown", "")
            parent, _, last = name.rpartition(".")
            if not parent:
                self._known[name] = self._in(self.roots, name, name)
            else:
                above = self.find(parent)
                self._known[name] = self._below(above, name, last) if above else None
        return self._known[name]

    def is_behind(self, found: Found) -> bool:
        """Whether a module lies in `src`, where that is not what the process was told to look in first: an installed
        project has it on its path, behind the installed packages.
        """
        return "src" in self.roots[1:] and found.path.startswith("src/")

    def _below(self, above: Found, name: str, last: str) -> Found | None:
        if above.kind == "unknown":
            return Found(name, "unknown", above.path)
        if above.kind == "module":
            return None
        folder = above.path.rpartition("/")[0] if above.kind == "package" else above.path
        return self._in((folder,), name, last)

    def _in(self, folders: Sequence[str], name: str, last: str) -> Found | None:
        tree = self._app.tree
        namespace = None
        for folder in folders:
            base = f"{folder}/{last}" if folder else last
            entry = tree.follow(base)
            inside = tree.follow(f"{base}/__init__.py") if entry is not None else None
            if inside is not None and inside.kind is Kind.FILE:
                return Found(name, "package", f"{base}/__init__.py")
            if inside is not None and inside.kind is Kind.UNKNOWN:
                return Found(name, "unknown", base)
            beside = tree.follow(f"{base}.py")
            if beside is not None and beside.kind is Kind.FILE:
                return Found(name, "module", f"{base}.py")
            unseen = any(found is not None and found.kind is Kind.UNKNOWN for found in (entry, beside))
            if unseen or self._is_compiled(folder, last):
                return Found(name, "unknown", base)
            if namespace is None and entry is not None and entry.kind is Kind.DIRECTORY:
                namespace = Found(name, "namespace", base)
        return namespace

    def _is_compiled(self, folder: str, last: str) -> bool:
        return (folder, last) in self._app.compiled_modules


def lineage(dotted: str) -> list[str]:
    """A module with the packages above it, the outermost first."""
    names = dotted.split(".")
    return [".".join(names[:end]) for end in range(1, len(names) + 1)]


def called_name(found: Found, event: Import, bound: str, rest: str) -> str:
    """The absolute name of what is called, of which an import bound the first part."""
    base = absolute(found, event)
    if base is None:
        return ""
    if event.names:
        start = f"{base}.{event.names[event.bound.index(bound)]}"
    else:
        # `import a.b` binds `a`, `import a.b as c` binds what `a.b` is.
        start = bound if bound == base.partition(".")[0] else base
    return f"{start}.{rest}" if rest else start


def absolute(importer: Found, event: Import) -> str | None:
    """The absolute name of what an import names; None for one that leads out of its package."""
    if not event.level:
        return event.module
    parts = importer.name.split(".")
    if importer.kind != "package":
        parts = importer.package.split(".") if importer.package else parts[:-1]
    above = len(parts) - (event.level - 1)
    if above <= 0:
        return None
    return ".".join([*parts[:above], *([event.module] if event.module else [])])
