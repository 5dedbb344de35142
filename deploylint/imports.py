"""The import closure of a process: every module of the app that importing some of them runs, and what is not found.

Modules are found as the process would find them: in the folders of its module path, in order, in exact case, a package
before a module before a folder without `__init__.py`. What an import of another's code does is not followed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from deploylint.facts.events import Import
from deploylint.knowledge.stdlib import lost_in
from deploylint.record import NamedTuple
from deploylint.tree import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from deploylint.app import App
    from deploylint.facts.events import Event, Place, Source, Version, When

LIMIT = 5000
"""Modules that are followed at most; the largest public apps have fewer that their boot reaches."""

_CALLS_DEEP = 6
_DOTS = 100
"""Dots in the name of a module that is looked for."""
PROGRAM = "__main__"
"""The name of what is started as a program."""


class Found(NamedTuple):
    """A module of the app. `path` is its file, or the folder of a `namespace` package; of an `unknown` one (compiled,
    or in a conflict) only the name is known. `package` is the one of a program that is started as a module of it.
    """

    name: str
    kind: str
    path: str
    package: str = ""

    @property
    def has_source(self) -> bool:
        """Whether there is a source to read."""
        return self.kind in ("module", "package")


class Step(NamedTuple):
    """One step of a chain: what stands at `place` in `path` led to the next."""

    path: str
    place: Place


class Missing(NamedTuple):
    """A module that is not found. `kind`: `local` (the package is the app's own, the module in it is not there),
    `name` (the module is there and binds no such name), `foreign` (nobody in the app provides it), `relative` (a
    program is in no package that `from .` could mean), `beyond` (the dots lead out of the package of a module), `lost`
    (the standard library has the name no longer), `circular` (the module is itself being imported, and binds the name
    only later).
    `steps` lead from the start to the import; `certain`: the import runs whenever the process starts.
    """

    kind: str
    module: str
    name: str
    steps: tuple[Step, ...]
    certain: bool


class Visit(NamedTuple):
    """A module of the closure, and the steps that led to it."""

    found: Found
    steps: tuple[Step, ...]
    certain: bool


class Outside(Protocol):
    """What is not the app's own: the standard library and what is installed."""

    def has(self, module: str) -> bool | None:
        """Whether something outside provides a dotted module; None where that cannot be said."""

    def is_standard(self, top: str) -> bool:
        """Whether the standard library has a module of this name."""

    def is_certain(self) -> bool:
        """Whether nothing else can be installed."""


class Closure(NamedTuple):
    """Every module that is reached, by name, in the order in which it is first reached; what is missing; the modules of
    others that are imported, with the first place that does; and whether something was left out. `links` tells what
    each module imports (those of `""` are where the walk starts), by name, with what that is: `module` (of the app),
    `foreign` or `lost` (not found in the app). A package stands under that one of its modules that brought it in.
    `bodies` are the functions that are called, by path and name, and whether they certainly are. `sure` are the steps
    to those modules of others whose import certainly runs.
    """

    visits: Mapping[str, Visit]
    missing: tuple[Missing, ...]
    foreign: Mapping[str, Step]
    cut: bool
    links: Mapping[str, Mapping[str, str]]
    bodies: AbstractSet[tuple[str, str, bool]] = frozenset()
    sure: Mapping[str, tuple[Step, ...]] = {}


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
            if name.count(".") > _DOTS:
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
        # What was asked of this walk, in order.
        self._past: list[Hashable] = []

    def from_modules(self, names: Iterable[str], steps: tuple[Step, ...] = (), *, certain: bool = True) -> Walk:
        """Import these modules, which something that is told by `steps` names."""
        names = tuple(names)
        self._past.append((names, steps, certain))
        for name in names:
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
        self._settled, self._foreigners = other._settled.copy(), other._foreigners.copy()
        self._cut, self._past = other._cut, other._past.copy()

    @property
    def closure(self) -> Closure:
        """What was reached so far."""
        missing, bodies = tuple(self._missing.values()), self._bodies
        return Closure(dict(self._visits), missing, self._foreign, self._cut, self._links, bodies, self._sure)

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
            if isinstance(event, Import):
                self._import(found, event, way.then(source.path, event, when))
                if when.attempt and not event.level and self._surely_fails(event.module):
                    self._failed.add((source.path, when.attempt))
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
        for name in _lineage(dotted):
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
        if all(name in self._visits and self._visits[name].certain for name in _lineage(dotted)):
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
            binds = False if binds is False or not (inside or self._is_bound_otherwise(found, name)) else None
        if inside is not None:
            self._reach(inside.name, way)
            self._link(importer.name, inside.name, "module")
        elif binds is False:
            self._miss("name", found.name, name, way)
            self._link(importer.name, f"{found.name}.{name}", "lost")

    def _is_bound_otherwise(self, package: Found, name: str) -> bool:
        """Whether something else than the package's imports from itself may bind a name in it."""
        from deploylint.facts.bound import binding_lines

        lines = binding_lines(self._app.module(package.path), name)
        own = {
            event.place.line
            for event in self._app.source(package.path).events
            if isinstance(event, Import) and name in event.bound and absolute(package, event) == package.name
        }
        return lines is None or not own.issuperset(lines)

    def binds(self, found: Found, name: str) -> bool | None:
        """Whether a module binds a name at its top level; None where that cannot be told."""
        known = self.finder.bound.setdefault(found, {})
        if name not in known:
            known[name] = self._binds(found, name)
        return known[name]

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
            stars = [(star, absolute(module, star)) for star in source.stars]
            todo.extend(
                self.finder.find(base) if base else None
                for star, base in reversed(stars)
                if not ((star.when.guarded or not star.when.certain) and base and self._is_absent(base))
            )
        return False

    def _gives(self, module: Found, source: Source, name: str) -> bool | None:
        """Whether a star takes a name from a module that binds it; None where that cannot be told."""
        if source.exports is not None:
            return name in source.exports
        if "__all__" in source.names or (source.dynamic and name.startswith("_")):
            return None
        # A package also has its modules, those that somebody has imported.
        if module.kind == "package" and self.finder.find(f"{module.name}.{name}"):
            return None
        return not name.startswith("_")

    def _is_absent(self, name: str) -> bool:
        """Whether a module of a package of the app is not there: where that is caught, or the import
        is not run, it binds nothing.
        """
        parent = self.finder.find(name.rpartition(".")[0])
        return parent is not None and parent.kind == "package" and self.finder.find(name) is None

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
        if known is None or (way.certain and not known.certain):
            self._missing[kind, module, name] = Missing(kind, module, name, way.steps, way.certain)


def _lineage(dotted: str) -> list[str]:
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
