"""Whether a module binds a name at its top level: by itself, or by a star that takes it from another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploylint.facts.events import Import
from deploylint.imports.finder import absolute

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploylint.app import App
    from deploylint.facts.events import Source
    from deploylint.imports.closure import Found
    from deploylint.imports.finder import Finder


class Binding:
    """Tells it of the modules of an app that a finder finds."""

    def __init__(self, app: App, finder: Finder) -> None:
        self._app = app
        self._finder = finder

    def binds(self, found: Found, name: str) -> bool | None:
        """Whether a module binds a name; None where that cannot be told."""
        known = self._finder.bound.setdefault(found, {})
        if name not in known:
            known[name] = self._binds(found, name)
        return known[name]

    def binds_otherwise(self, package: Found, name: str) -> bool:
        """Whether something else than a package's imports from itself may bind a name in it."""
        from deploylint.facts.bound import binding_lines

        lines = binding_lines(self._app.module(package.path), name)
        own = {
            event.place.line
            for event in self._app.source(package.path).events
            if isinstance(event, Import) and name in event.bound and absolute(package, event) == package.name
        }
        return lines is None or not own.issuperset(lines)

    def _binds(self, found: Found, name: str) -> bool | None:
        if name.startswith("__") and name.endswith("__"):
            return True
        seen: set[str] = set()
        # The last one first: what a star brings is looked through before the stars after it.
        todo: list[Found | None] = [found]
        while todo:
            module = todo.pop()
            if module is None or not module.has_source:
                return None
            if module.name in seen:
                continue
            source = self._app.source(module.path)
            given = self._gives(module, source, name) if seen else True
            seen.add(module.name)
            if source.trouble or given is None:
                return None
            if not given:
                continue
            if name in source.names or (source.exports and name in source.exports and len(seen) > 1):
                return True
            if source.dynamic:
                return None
            todo.extend(reversed(list(self._starred(module, source))))
        return False

    def _starred(self, module: Found, source: Source) -> Iterator[Found | None]:
        """The modules whose names a source takes with a star; None for one of which nothing is known."""
        for star in source.stars:
            base = absolute(module, star)
            if not ((star.when.guarded or not star.when.certain) and base and self._is_absent(base)):
                yield self._finder.find(base) if base else None

    def _gives(self, module: Found, source: Source, name: str) -> bool | None:
        """Whether a star takes a name from a module that binds it; None where that cannot be told."""
        if source.exports is not None:
            return name in source.exports
        if "__all__" in source.names or (source.dynamic and name.startswith("_")):
            return None
        # A package also has its modules, those that somebody has imported.
        if module.kind == "package" and self._finder.find(f"{module.name}.{name}"):
            return None
        return not name.startswith("_")

    def _is_absent(self, name: str) -> bool:
        """Whether a module of a package of the app is not there: where that is caught, or the import is not run, it
        binds nothing.
        """
        parent = self._finder.find(name.rpartition(".")[0])
        return parent is not None and parent.kind == "package" and self._finder.find(name) is None
