"""The walk from some modules on through all that importing them runs, calls of the app's own functions included."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploylint.facts.events import Import
from deploylint.imports.binding import Binding
from deploylint.imports.closure import PROGRAM, Closure, Found, Missing, Step, Visit
from deploylint.imports.finder import DOTS, absolute, called_name, lineage
from deploylint.knowledge.stdlib import lost_in

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence

    from deploylint.app import App
    from deploylint.facts.events import Event, Place, Source, Version, When
    from deploylint.imports.closure import Outside
    from deploylint.imports.finder import Finder

LIMIT = 5000
"""Modules that are followed at most; the largest public apps have fewer that their boot reaches."""

OUTSIDE_LIMIT = 5000
"""Modules of others that are looked up at most, and of those that are missing a fifth."""

_CALLS_DEEP = 6


class _Way:
    """How something is reached: by which steps, whether certainly, and through how many calls. The steps are put
    together when they are asked for: most ways lead to what is known.
    """

    __slots__ = ("_before", "_last", "_steps", "calls", "certain")

    def __init__(self, steps: tuple[Step, ...] = (), *, certain: bool = True, calls: int = 0) -> None:
        self._steps: tuple[Step, ...] | None = steps
        self._before: _Way | None = None
        self._last: tuple[str, Place] | None = None
        self.certain = certain
        self.calls = calls

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps, the first one first."""
        if self._steps is None:
            assert self._before is not None
            assert self._last is not None
            self._steps = (*self._before.steps, Step(*self._last))
        return self._steps

    def then(self, path: str, event: Event, when: When, calls: int = 0) -> _Way:
        """The way on from here, over what happens in the source at `path`, and through so many calls more."""
        way = _Way(certain=self.certain and when.certain and not when.guarded, calls=self.calls + calls)
        way._steps, way._before, way._last = None, self, (path, event.place)
        return way


class Walk:
    """Follows imports from some modules on."""

    def __init__(self, app: App, finder: Finder, outside: Outside, version: Version | None) -> None:
        self._app = app
        self.finder = finder
        self._outside = outside
        self._version = version
        self._binding = Binding(app, finder)
        self._visits: dict[str, Visit] = {}
        self._missing: dict[tuple[str, str, str], Missing] = {}
        self._foreign: dict[str, Step] = {}
        self._sure: dict[str, tuple[Step, ...]] = {}
        self._links: dict[str, dict[str, str]] = {}
        self._todo: list[tuple[str, _Way]] = []
        self._bodies: set[tuple[str, str, bool]] = set()
        self._bound: dict[str, dict[str, Import]] = {}
        # Modules all of whose packages are reached for certain: there is nothing more to find out about them.
        self._settled: set[str] = set()
        # What is lost of what is taken from a module of the standard library: the same few are taken everywhere.
        self._standard: dict[tuple[str, tuple[str, ...]], list[tuple[str, str]]] = {}
        self._foreigners: set[str] = set()
        self._provided: dict[str, bool | None] = {}
        self._cut = False
        self._failed: set[tuple[str, int]] = set()
        self._doubtful: set[tuple[str, int]] = set()
        # What was asked of this walk, in order.
        self._past: list[Hashable] = []

    def from_modules(self, names: Iterable[str], steps: tuple[Step, ...] = (), *, certain: bool = True) -> Walk:
        """Import these modules, which something that is told by `steps` names."""
        names = tuple(names)
        self._past.append((names, steps, certain))
        for name in names:
            if name.count(".") <= DOTS:
                self._import_all("", name, _Way(steps, certain=certain))
        self._run()
        return self

    def from_program(self, path: str, steps: tuple[Step, ...] = (), *, package: str = "", main: bool = True) -> Walk:
        """Start the source at `path` as a program, or as a module of `package`; without what only a program does, where
        it is not `main`.
        """
        self._past.append((path, steps, package, main))
        source = self._app.source(path)
        program = Found(PROGRAM, "module", path, package)
        self._visits[PROGRAM] = Visit(program, steps, certain=True)
        self._link("", PROGRAM, "module")
        self._events(source, program, [*source.events, *(source.program if main else ())], _Way(steps))
        self._run()
        return self

    def call(self, name: str, function: str, steps: tuple[Step, ...] = ()) -> Walk:
        """Call a function of a module that has been reached, as a server calls a factory."""
        self._past.append((name, function, steps))
        self._body(name, function, _Way(steps))
        self._run()
        return self

    def once(self, what: Hashable, go: Callable[[], None]) -> None:
        """Go on as `go` does, which depends on nothing but `what`. Several commands of an app start in the same way: a
        walk that has come as far by the same way as one before takes over what that one has found.
        """
        way = (self.finder.roots, self._version, *self._past, what)
        outside, known = self._app.walks.get(way, (None, self))
        if outside == self._outside:
            self._take(known)
            return
        go()
        kept = Walk(self._app, self.finder, self._outside, self._version)
        kept._take(self)
        self._app.walks[way] = self._outside, kept

    def _take(self, other: Walk) -> None:
        """Be where another walk of the same app is."""
        self._visits, self._missing = other._visits.copy(), other._missing.copy()
        self._foreign, self._sure = other._foreign.copy(), other._sure.copy()
        self._links = {name: links.copy() for name, links in other._links.items()}
        self._bodies, self._failed = other._bodies.copy(), other._failed.copy()
        self._doubtful = other._doubtful.copy()
        self._settled, self._foreigners = other._settled.copy(), other._foreigners.copy()
        self._cut, self._past = other._cut, other._past.copy()

    @property
    def closure(self) -> Closure:
        """What was reached so far."""
        missing, bodies = tuple(self._missing.values()), self._bodies
        return Closure(dict(self._visits), missing, self._foreign, self._cut, self._links, bodies, self._sure)

    def binds(self, found: Found, name: str) -> bool | None:
        """Whether a module binds a name at its top level; None where that cannot be told."""
        return self._binding.binds(found, name)

    def _run(self) -> None:
        # The last one first, so that what an import leads to is read before what stands after it.
        while self._todo:
            name, way = self._todo.pop()
            found = self.finder.find(name)
            if found is not None and found.has_source:
                source = self._app.source(found.path)
                self._events(source, found, self._telling(source, found), way)

    def _telling(self, source: Source, found: Found) -> tuple[Event, ...]:
        """The events of a source, less the calls of what is another's: most are, and several walks meet them."""
        if found not in self.finder.telling:
            self.finder.telling[found] = tuple(
                event
                for event in source.events
                if isinstance(event, Import) or self._called(source, found, event.name) is not None
            )
        return self.finder.telling[found]

    def _events(self, source: Source, found: Found, events: Sequence[Event], way: _Way) -> None:
        later = len(self._todo)
        for event in events:
            when = event.when.on(self._version) if event.when.tests else event.when
            if when is None:
                continue
            if when.rescues and all((source.path, attempt) in self._failed for attempt in when.rescues):
                when = when._replace(certain=True)
            if when.follows and not any((source.path, attempt) in self._doubtful for attempt in when.follows):
                when = when._replace(certain=True)
            if isinstance(event, Import):
                self._import(found, event, way.then(source.path, event, when))
                if when.attempt and not event.level and self._surely_fails(event.module):
                    self._failed.add((source.path, when.attempt))
                if when.attempt and not self._goes_well(event):
                    self._doubtful.add((source.path, when.attempt))
                continue
            called = self._called(source, found, event.name) if way.calls < _CALLS_DEEP else None
            if called is not None:
                module, function = called
                then = way.then(source.path, event, when, calls=1)
                self._events_of(self._app.source(module.path), module, function, then)
        self._todo[later:] = reversed(self._todo[later:])

    def _surely_fails(self, dotted: str) -> bool:
        """Whether nobody provides a module, whatever the config vars."""
        top = dotted.partition(".")[0]
        if self.finder.find(top) is not None or self._outside.has(dotted) is not False:
            return False
        elsewhere = (f"/{top}.py", f"/{top}/__init__.py")
        return self._outside.is_certain() and not any(f"/{path}".endswith(elsewhere) for path in self._app.sources)

    def _goes_well(self, event: Import) -> bool:
        """Whether an import certainly succeeds: of a whole module of the standard library, which no other one hides."""
        name = event.module
        plain = "." not in name and not event.level and not event.names
        return plain and self._outside.is_standard(name) and self.finder.find(name) is None

    # -------------------------------------------------------------------------------------------- calls

    def _called(self, source: Source, found: Found, name: str) -> tuple[Found, str] | None:
        """The module of the app that has the function that is called, and its name there; None for another's. Most
        calls are of another's, and a source makes the same ones again and again.
        """
        known = self.finder.calls.setdefault(found, {})
        if name not in known:
            module, function = self._meant(source, found, name)
            known[name] = (module, function) if module is not None and module.has_source else None
        return known[name]

    def _meant(self, source: Source, found: Found, name: str) -> tuple[Found | None, str]:
        """In which module a called function is: in this one, or in one that it has imported from."""
        if name in source.functions:
            return found, name
        if found.name not in self._bound:
            imports = [event for event in source.events if isinstance(event, Import)]
            # The first one that binds a name counts.
            self._bound[found.name] = {name: event for event in reversed(imports) for name in event.bound}
        first, _, rest = name.partition(".")
        event = self._bound[found.name].get(first)
        module, _, function = called_name(found, event, first, rest).rpartition(".") if event else ("", "", "")
        return self.finder.find(module) if module and function else None, function

    def _body(self, module: str, function: str, way: _Way) -> None:
        found = self.finder.find(module) if module and function else None
        if found is not None and found.has_source:
            self._events_of(self._app.source(found.path), found, function, way)

    def _events_of(self, source: Source, found: Found, function: str, way: _Way) -> None:
        key = (source.path, function, way.certain)
        if key not in self._bodies:
            self._bodies.add(key)
            self._events(source, found, source.functions.get(function, ()), way)

    # -------------------------------------------------------------------------------------------- imports

    def _import(self, importer: Found, event: Import, way: _Way) -> None:
        base = absolute(importer, event)
        if base is None:
            written = "." * event.level + event.module
            self._miss("relative" if importer.name == PROGRAM else "beyond", written, "", way)
            self._link(importer.name, written, "lost")
            return
        if base.count(".") > DOTS:
            return
        if not self._import_all(importer.name, base, way):
            self._import_standard(base, event.names, way)
            return
        if not event.names:
            return
        found = self.finder.find(base)
        for name in self._taken(found, event.names) if found else ():
            self._import_name(importer, found, name, way)

    def _import_standard(self, base: str, names: tuple[str, ...], way: _Way) -> None:
        """Names, and modules of packages, that the standard library has no more."""
        if (base, names) not in self._standard:
            self._standard[base, names] = self._lost(base, names)
        for module, name in self._standard[base, names]:
            self._miss("lost", module, name, way)

    def _lost(self, base: str, names: tuple[str, ...]) -> list[tuple[str, str]]:
        if self._version is None or not self._outside.is_standard(base.partition(".")[0]):
            return []
        parts = base.split(".")
        asked = [(".".join(parts[:end]), parts[end]) for end in range(1, len(parts))] + [(base, name) for name in names]
        return [(module, name) for module, name in asked if lost_in(module, name, self._version)]

    def _taken(self, found: Found, names: tuple[str, ...]) -> Iterable[str]:
        """What an import takes from a module of the app: with a star what is in its `__all__`."""
        if names != ("*",):
            return names
        return sorted(self._app.source(found.path).exports or ()) if found.has_source else ()

    def _import_all(self, importer: str, dotted: str, way: _Way) -> bool:
        """Import a module and the packages above it; whether it is the app's own and there."""
        if dotted in self._settled:
            self._link(importer, dotted, "module")
            return True
        if dotted in self._foreigners:
            self._import_foreign(dotted, way)
            self._link(importer, dotted, "foreign")
            return False
        top = dotted.partition(".")[0]
        first = self.finder.find(top)
        # A name of the standard library may have been imported before the app's own could be found.
        standard = self._outside.is_standard(top)
        late = first is not None and (first.kind == "namespace" or self.finder.is_behind(first))
        if first is None or standard or (late and top not in self._visits and not self._is_own(dotted, top)):
            self._foreigners.add(dotted)
            return self._import_all(importer, dotted, way)
        above, brought = "", False
        for name in lineage(dotted):
            if self.finder.find(name) is None:
                self._miss("local", name, "", way)
                self._link(importer, above, "module")
                self._link(importer, name, "lost")
                return False
            if brought:
                self._link(name, above, "module")
            above, brought = name, name not in self._visits
            self._reach(name, way)
        self._link(importer, dotted, "module")
        if all(name in self._visits and self._visits[name].certain for name in lineage(dotted)):
            self._settled.add(dotted)
        return True

    def _is_own(self, dotted: str, top: str) -> bool:
        """Whether the app's module is meant, where an installed package of its name would come first: of a folder
        without `__init__.py`, and of what only lies in the folder of an installed project.
        """
        provided = self._has(top)
        return provided is False or (provided is None and self.finder.find(dotted) is not None)

    def _import_name(self, importer: Found, found: Found | None, name: str, way: _Way) -> None:
        """`from module import name`: a name that the module binds, else a module in the package."""
        if found is None or found.kind == "unknown":
            return
        # A package that imports from itself binds the name by that, and not before.
        itself = importer.name == found.name
        binds = found.has_source and self.binds(found, name)
        if binds and not itself:
            return
        inside = self.finder.find(f"{found.name}.{name}")
        if itself:
            binds = False if binds is False or not (inside or self._binding.binds_otherwise(found, name)) else None
        if inside is not None:
            self._reach(inside.name, way)
            self._link(importer.name, inside.name, "module")
        elif binds is False:
            self._miss("name", found.name, name, way)
            self._link(importer.name, f"{found.name}.{name}", "lost")

    def _import_foreign(self, dotted: str, way: _Way) -> None:
        if dotted not in self._foreign and way.steps:
            self._foreign[dotted] = way.steps[-1]
        if way.certain and dotted not in self._sure and way.steps:
            self._sure[dotted] = way.steps
        if self._has(dotted) is False:
            self._miss("foreign", dotted, "", way)

    def _has(self, module: str) -> bool | None:
        """Whether something outside provides a module, asked once for each."""
        if module not in self._provided:
            if len(self._provided) >= OUTSIDE_LIMIT:
                self._cut = True
                return None
            self._provided[module] = self._outside.has(module)
        return self._provided[module]

    def _reach(self, name: str, way: _Way) -> None:
        known = self._visits.get(name)
        found = self.finder.find(name) if known is None or not known.certain else None
        if found is None or (known is not None and not way.certain):
            return
        if len(self._visits) >= LIMIT:
            self._cut = True
            return
        self._visits[name] = Visit(found, way.steps, way.certain)
        self._todo.append((name, way))

    def _link(self, importer: str, name: str, kind: str) -> None:
        if name != importer:
            self._links.setdefault(importer, {}).setdefault(name, kind)

    def _miss(self, kind: str, module: str, name: str, way: _Way) -> None:
        known = self._missing.get((kind, module, name))
        if known is None and len(self._missing) >= OUTSIDE_LIMIT // 5:
            self._cut = True
        elif known is None or (way.certain and not known.certain):
            self._missing[kind, module, name] = Missing(kind, module, name, way.steps, way.certain)
