"""The calls that a program of the app makes, by their full names, and which of them certainly run.

Names are followed through the modules of the app to the library that they come from: an object is named by the class,
or the function, that made it.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from deploylint.facts.bindings import CALL, full_name, read_bindings
from deploylint.facts.branches import is_endless
from deploylint.facts.events import Call, Import, Place
from deploylint.imports import Finder, absolute
from deploylint.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from deploylint.app import App
    from deploylint.facts.bindings import Bindings, Made, Scope
    from deploylint.facts.events import Event, Version
    from deploylint.imports import Closure, Found

_HOPS = 5
_NOWHERE = Place(1, 0, 1, 0)


class UnsureError(Exception):
    """What is called cannot be told."""


class Named(NamedTuple):
    """A call in a source of the closure. `name` is the full one of what is called, None where it is not known;
    `certain`: it runs whenever the program does; `reached`: the program may come to it.
    """

    name: str | None
    made: Made
    bindings: Bindings
    certain: bool
    reached: bool


class Reach:
    """What a program reaches: its closure, and the calls in it."""

    def __init__(self, app: App, roots: tuple[str, ...], closure: Closure, version: Version) -> None:
        self._app = app
        self._finder = Finder(app, roots)
        self._closure = closure
        self._version = version
        self._read: dict[str, Bindings] = {}

    @property
    def sources(self) -> Mapping[str, Found]:
        """The modules that have a source, by its path."""
        return {visit.found.path: visit.found for visit in self._closure.visits.values() if visit.found.has_source}

    def scope(self, found: Found) -> Scope:
        """The names that a module binds at its top level."""
        return self._bindings(found.path).top

    def name_of(self, found: Found, node: ast.expr) -> str | None:
        """The full name of what an expression at the top level of a module is, or is made by; None for what is not
        known.
        """
        return self._name(found, node, self.scope(found))

    def speaks_of(self, *words: bytes) -> bool:
        """Whether one of the words stands anywhere in the sources."""
        return any(word in self._app.tree.read(path).data for path in self.sources for word in words)

    def says(self, word: str) -> bool:
        """Whether a text in the sources contains the word."""
        return any(
            word.encode() in self._app.tree.read(path).data
            and any(word in value for value in self._app.module(path).strings)
            for path in self.sources
        )

    def calls(self, words: Collection[bytes]) -> Iterator[Named]:
        """The calls in the sources that have one of the words; UnsureError where there are others that are not read."""
        if self._closure.cut:
            raise UnsureError
        for path, found in self.sources.items():
            data = self._app.tree.read(path).data
            if not any(word in data for word in words):
                continue
            bindings = self._bindings(path)
            if bindings.module.tree is None:
                raise UnsureError
            places = self._places(path)
            for made in bindings.calls:
                known = [places.get((call.lineno, call.col_offset)) for call in _chain(made.node)]
                name = self._name(found, made.node.func, made.scope)
                yield Named(name, made, bindings, True in known, any(sure is not None for sure in known))

    def _bindings(self, path: str) -> Bindings:
        if path not in self._read:
            self._read[path] = read_bindings(self._app.module(path))
        return self._read[path]

    def loops(self) -> Iterator[tuple[ast.While, Bindings, bool]]:
        """The loops without an end that the program comes to, and whether it certainly does; UnsureError where some
        source is not read.
        """
        if self._closure.cut:
            raise UnsureError
        for path in self.sources:
            if b"while" not in self._app.tree.read(path).data:
                continue
            bindings = self._bindings(path)
            if bindings.module.tree is None:
                raise UnsureError
            places = self._places(path)
            for node in ast.walk(bindings.module.tree):
                if isinstance(node, ast.While) and is_endless(node):
                    inside = (one for one in ast.walk(node) if isinstance(one, ast.Call))
                    known = {places.get((call.lineno, call.col_offset)) for call in inside}
                    if known - {None}:
                        yield node, bindings, True in known

    # ------------------------------------------------------------------------------------------ what runs

    def _places(self, path: str) -> dict[tuple[int, int], bool]:
        """Where the calls of a source stand that run, and whether they certainly do."""
        places: dict[tuple[int, int], bool] = {}
        for certain, events in self._parts(path):
            for event in events:
                when = event.when.on(self._version) if isinstance(event, Call) else None
                if when is not None:
                    place = (event.place.line, event.place.column)
                    places[place] = places.get(place, False) or (certain and when.certain)
        return places

    def _parts(self, path: str) -> Iterator[tuple[bool, tuple[Event, ...]]]:
        source = self._app.source(path)
        for name, visit in self._closure.visits.items():
            if visit.found.path == path:
                yield visit.certain, source.events
                if name == "__main__":
                    yield visit.certain, source.program
        for where, function, certain in self._closure.bodies:
            if where == path:
                yield certain, source.functions.get(function, ())

    # ------------------------------------------------------------------------------------------ names

    def _name(self, found: Found, node: ast.expr, scope: Scope) -> str | None:
        """The full name of what is called, followed through the modules of the app; None where it is not known."""
        for _ in range(_HOPS):
            named = full_name(node, scope)
            if named is None:
                return None
            imported, rest = named
            module = absolute(found, Import(imported.module, imported.level, (), (), _NOWHERE))
            if module is None:
                return None
            whole = ".".join(filter(None, (module, imported.name, rest[1:])))
            inside = self._finder.find(module)
            if inside is None or not inside.has_source:
                return whole.replace(f".{CALL}", "")
            # The last module on the way is the one that binds the next name.
            names = whole[len(module) + 1 :].split(".")
            while len(names) > 1 and self._bindings(inside.path).top.get(names[0])[1] is None:
                inner = self._finder.find(f"{inside.name}.{names.pop(0)}")
                if inner is None or not inner.has_source:
                    return None
                inside = inner
            found, scope = inside, self._bindings(inside.path).top
            node = ast.Name(names[0])
            for name in names[1:]:
                node = ast.Call(node, [], []) if name == CALL else ast.Attribute(node, name)
        return None


def _chain(call: ast.Call) -> Iterator[ast.Call]:
    """A call, and those whose result it is called on: they stand in one expression."""
    node: ast.expr = call
    while isinstance(node, (ast.Call, ast.Attribute)):
        if isinstance(node, ast.Call):
            yield node
        node = node.func if isinstance(node, ast.Call) else node.value
