"""Imports in a circle: a module takes a name from one that is itself still being imported, and has not bound it yet.

Python runs a module when it is first imported, and an import of one that is under way gets it as it is by then. So the
imports are gone through in the order in which they run. Where that order is not certain, nothing is said: from a call
that may import anything on, and for modules that an import which may not run may have brought in before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploylint.facts.bound import binding_lines
from deploylint.facts.events import Import
from deploylint.imports import Missing, Step, absolute, called_name
from deploylint.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deploylint.app import App
    from deploylint.facts.events import Event, Source, Version
    from deploylint.imports import Finder, Found, Outside

_DEEPEST = 100
_CALLS_DEEP = 6
# What these call imports modules that no import names.
_IMPORTS_MORE = frozenset(
    {
        "autodiscover", "autodiscover_modules", "autodiscover_tasks", "eval", "exec", "exec_module",
        "execute_from_command_line", "find_modules", "from_object", "get_asgi_application", "get_wsgi_application",
        "import_from_string", "import_string", "load_module", "run_module", "run_path", "setup",
    }
)  # fmt: skip


class _Way(NamedTuple):
    """The steps that lead to something, through how many calls, and whether it surely runs."""

    steps: tuple[Step, ...] = ()
    calls: int = 0
    sure: bool = True


class _StopError(Exception):
    """What follows is not known, or does not run."""


class Circles:
    """Goes through the imports of a process, up to the first that fails."""

    def __init__(self, app: App, finder: Finder, outside: Outside, version: Version | None) -> None:
        self._app = app
        self._finder = finder
        self._outside = outside
        self._version = version
        self._lines: dict[str, int] = {}
        self._known: set[str] = set()
        self._doubtful: set[str] = set()
        self._missing: Missing | None = None

    def of_modules(self, names: Sequence[str]) -> Missing | None:
        """The name that importing these modules asks for too early."""
        try:
            for name in names:
                self._import_all(name, _Way())
        except _StopError:
            pass
        return self._missing

    def of_program(self, program: Found) -> Missing | None:
        """The name that starting a source asks for too early."""
        try:
            if program.package:
                self._import_all(program.package, _Way())
            source = self._app.source(program.path)
            self._run(program, source, [*source.events, *source.program], _Way())
        except _StopError:
            pass
        return self._missing

    def _run(self, found: Found, source: Source, events: Sequence[Event], way: _Way) -> None:
        for event in events:
            when = event.when.on(self._version)
            if when is None:
                continue
            if not way.calls:
                self._lines[found.name] = event.place.end_line
            steps = (*way.steps, Step(source.path, event.place))
            then = _Way(steps, way.calls, when.certain and not when.guarded)
            if isinstance(event, Import):
                self._import(found, event, then)
            else:
                self._call(found, source, event.name, then)

    # ------------------------------------------------------------------------------------------ imports

    def _import(self, found: Found, event: Import, way: _Way) -> None:
        base = absolute(found, event)
        if base is None:
            if way.sure:
                raise _StopError
            return
        top = base.partition(".")[0]
        if self._finder.find(top) is None or self._outside.is_standard(top):
            if way.sure and self._outside.has(base) is False:
                raise _StopError
            return
        if not way.sure:
            self._doubt(found, event)
            return
        if len(way.steps) > _DEEPEST:
            raise _StopError
        self._import_all(base, way)
        module = self._finder.find(base)
        for name in event.names if module else ():
            if name != "*":
                self._take(module, name, way)

    def _import_all(self, dotted: str, way: _Way) -> None:
        names = dotted.split(".")
        for end in range(1, len(names) + 1):
            name = ".".join(names[:end])
            module = self._finder.find(name)
            if module is None:
                raise _StopError
            if name in self._known:
                continue
            if name in self._doubtful:
                raise _StopError
            self._known.add(name)
            if module.has_source:
                source = self._app.source(module.path)
                if source.trouble:
                    raise _StopError
                self._lines[name] = 0
                self._run(module, source, source.events, way._replace(calls=0))
                del self._lines[name]

    def _take(self, module: Found | None, name: str, way: _Way) -> None:
        """`from module import name`, once the module has been imported, or is being imported."""
        if module is None or not module.has_source:
            return
        lines = None
        source = self._app.source(module.path)
        if module.name in self._lines and not source.dynamic:
            lines = binding_lines(self._app.module(module.path), name)
        early = bool(lines) and min(lines or ()) > self._lines[module.name]
        below = f"{module.name}.{name}"
        if self._finder.find(below) is not None:
            # The name that the package binds, where it does so by now, comes first; either may be a module.
            if early or lines == [] or name not in source.names:
                self._import_all(below, way)
        elif early:
            self._missing = Missing("circular", module.name, name, way.steps, certain=True)
            raise _StopError

    def _doubt(self, found: Found, event: Import) -> None:
        """Note all that an import may bring in which may not run."""
        todo = [(found, event)]
        while todo:
            importer, one = todo.pop()
            base = absolute(importer, one)
            for name in (base, *(f"{base}.{name}" for name in one.names)) if base else ():
                parts = name.split(".")
                for part in (".".join(parts[:end]) for end in range(1, len(parts) + 1)):
                    module = self._finder.find(part) if part not in self._doubtful | self._known else None
                    if module is not None:
                        self._doubtful.add(part)
                        events = self._app.source(module.path).events if module.has_source else ()
                        todo += [(module, item) for item in events if isinstance(item, Import)]

    # -------------------------------------------------------------------------------------------- calls

    def _call(self, found: Found, source: Source, name: str, way: _Way) -> None:
        if name.rpartition(".")[2] in _IMPORTS_MORE:
            raise _StopError
        if name in source.functions:
            self._function(found, source, name, way)
            return
        first, _, rest = name.partition(".")
        for one in source.events:
            if isinstance(one, Import) and first in one.bound:
                module, _, function = called_name(found, one, first, rest).rpartition(".")
                other = self._finder.find(module) if module else None
                if other is not None and not self._outside.is_standard(module.partition(".")[0]):
                    if not other.has_source:
                        raise _StopError
                    self._function(other, self._app.source(other.path), function, way)
                return

    def _function(self, found: Found, source: Source, name: str, way: _Way) -> None:
        events = source.functions.get(name)
        if events is None or way.calls >= _CALLS_DEEP:
            # A class, or a method of something: it may import what it likes.
            raise _StopError
        if way.sure:
            self._run(found, source, events, way._replace(calls=way.calls + 1))
        elif events:
            raise _StopError


def circle(app: App, finder: Finder, outside: Outside, version: Version | None, start: Found | str) -> Missing | None:
    """The first name that is asked for too early when a module is imported, or a program is started."""
    walk = Circles(app, finder, outside, version)
    return walk.of_modules([start]) if isinstance(start, str) else walk.of_program(start)
