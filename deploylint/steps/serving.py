"""Whether the server that a program of the app starts by itself can be reached: `app.run(port=5000)`.

Something is said only where nothing in the reach of the program can listen where the platform sends requests: every
call that starts a server is known, all of them listen elsewhere, and one of them certainly runs. Sources: the
libraries, at the versions that `rules/listeners.toml` names; the router's error R10, a web process that does not bind
$PORT within 60 seconds.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from deploylint.facts.bindings import full_name, literal, read_bindings
from deploylint.facts.module import Call, Import, Place
from deploylint.imports import Finder, absolute
from deploylint.listeners import listeners
from deploylint.steps.listen import is_loopback

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from deploylint.app import App
    from deploylint.facts.bindings import Bindings, Made, Scope
    from deploylint.facts.module import Event, Version
    from deploylint.imports import Closure, Found
    from deploylint.listeners import Listener
    from deploylint.text import Span

_HOPS = 5
_PORTS = 65536
_SAYS_WHERE = frozenset({"port", "server_port", "bind", "listen", "sock", "sockets", "fd"})
_ENVIRONMENT = "PORT"
_NOWHERE = Place(1, 0, 1, 0)


class Served(NamedTuple):
    """A server that nobody reaches. `port`: the fixed one that it listens on, empty where that is not what is wrong;
    `local`: it listens to the machine itself only; `given`: whether the call says so, else it is the default; `direct`:
    whether the port stands in the call itself.
    """

    span: Span
    path: str
    call: str
    port: str
    local: bool
    given: bool
    direct: bool


class _UnsureError(Exception):
    """Who listens cannot be told."""


def served(app: App, roots: tuple[str, ...], closure: Closure, version: Version) -> Served | None:
    """The server of a program, from the closure of which it is started; None where somebody reaches it, where there is
    none, or where that cannot be told.
    """
    try:
        found = list(_Reader(app, Finder(app, roots), closure, version).servers())
    except _UnsureError:
        return None
    certain = [item for item, runs in found if runs]
    if not certain or any(item is None for item, _ in found):
        return None
    # What speaks of the port of the platform may see to it in a way that is not understood.
    first = certain[0]
    return None if first is None or (first.port and _mentions_port(app, closure)) else first


def _mentions_port(app: App, closure: Closure) -> bool:
    return any(
        _ENVIRONMENT.encode() in app.tree.read(path).data
        and any(_ENVIRONMENT in value for value in app.module(path).strings)
        for path in _sources(closure)
    )


def _sources(closure: Closure) -> dict[str, Found]:
    return {visit.found.path: visit.found for visit in closure.visits.values() if visit.found.has_source}


class _Reader:
    """Reads the sources of one closure."""

    def __init__(self, app: App, finder: Finder, closure: Closure, version: Version) -> None:
        self._app = app
        self._finder = finder
        self._closure = closure
        self._version = version
        self._read: dict[str, Bindings] = {}

    def servers(self) -> Iterator[tuple[Served | None, bool]]:
        """Each call that starts a server: why nobody reaches it, or None, and whether it certainly runs."""
        known = listeners()
        if self._closure.cut:
            raise _UnsureError
        for path, found in _sources(self._closure).items():
            data = self._app.tree.read(path).data
            if not any(word in data for word in known.words):
                continue
            bindings = self._bindings(path)
            if bindings.module.tree is None:
                raise _UnsureError
            places = self._places(path)
            for made in bindings.calls:
                name = self._name(found, made.node.func, made.scope)
                if name in known.others or (
                    name is None and any(word.arg in _SAYS_WHERE for word in made.node.keywords)
                ):
                    raise _UnsureError
                if name is not None and name in known.calls:
                    judged = self._judge(known.calls[name], bindings, made)
                    yield judged, any((call.lineno, call.col_offset) in places for call in _chain(made.node))

    def _bindings(self, path: str) -> Bindings:
        if path not in self._read:
            self._read[path] = read_bindings(self._app.module(path))
        return self._read[path]

    # ------------------------------------------------------------------------------------------ what runs

    def _places(self, path: str) -> set[tuple[int, int]]:
        """Where the calls of a source stand that certainly run."""
        return {
            (event.place.line, event.place.column)
            for events in self._parts(path)
            for event in events
            if isinstance(event, Call) and (when := event.when.on(self._version)) is not None and when.certain
        }

    def _parts(self, path: str) -> Iterator[tuple[Event, ...]]:
        source = self._app.source(path)
        for name, visit in self._closure.visits.items():
            if visit.found.path == path and visit.certain:
                yield source.events
                if name == "__main__":
                    yield source.program
        for where, function, certain in self._closure.bodies:
            if where == path and certain:
                yield source.functions.get(function, ())

    # ------------------------------------------------------------------------------------------ names

    def _name(self, found: Found, node: ast.expr, scope: Scope) -> str | None:
        """The full name of what is called, followed through the modules of the app; None where it is not known."""
        rest = ""
        for _ in range(_HOPS):
            named = full_name(node, scope)
            if named is None or isinstance(named, str):
                return None if named is None or rest else _builtin(named)
            imported, more = named
            rest = more + rest
            module = absolute(found, Import(imported.module, imported.level, (), (), _NOWHERE))
            if module is None:
                return None
            whole = ".".join(filter(None, (module, imported.name, rest[1:])))
            inside = self._finder.find(module)
            if inside is None or not inside.has_source:
                return whole
            # The last module on the way is the one that binds the next name.
            names = whole[len(module) + 1 :].split(".")
            while len(names) > 1 and self._bindings(inside.path).top.get(names[0])[1] is None:
                inner = self._finder.find(f"{inside.name}.{names.pop(0)}")
                if inner is None or not inner.has_source:
                    return None
                inside = inner
            found, scope = inside, self._bindings(inside.path).top
            node, rest = ast.Name(names[0]), "".join(f".{name}" for name in names[1:])
        return None

    # ------------------------------------------------------------------------------------------ where it listens

    def _judge(self, listener: Listener, bindings: Bindings, made: Made) -> Served | None:
        call = made.node
        if any(keyword.arg is None for keyword in call.keywords) or any(
            isinstance(arg, ast.Starred) for arg in call.args
        ):
            raise _UnsureError
        if any(keyword.arg in listener.other and not _is_nothing(keyword.value) for keyword in call.keywords):
            raise _UnsureError
        host, port = self._argument(call, listener.host), self._argument(call, listener.port)
        if listener.address:
            pair = literal(self._argument(call, listener.address), made.scope)
            if not isinstance(pair, ast.Tuple) or len(pair.elts) != 2:
                raise _UnsureError
            host, port = pair.elts
        default_host, default_port = listener.default
        if listener.unless and self._speaks_of(listener.unless):
            default_host, default_port = "", "$PORT"
        local = _is_local(host, made.scope, default_host)
        fixed, node = _fixed(port, made.scope, default_port)
        if not fixed and not local:
            return None
        place = node if fixed and node is not None else call if fixed or host is None else host
        direct = any(word.value is place and word.arg in ("port", "host") for word in call.keywords)
        given = node is not None if fixed else host is not None
        name = ".".join(listener.name.split(".")[-2:])
        # A value from another scope stands in the same source.
        return Served(bindings.module.span(place), bindings.module.path, name, fixed, local, given, direct)

    def _argument(self, call: ast.Call, parameter: Sequence[object]) -> ast.expr | None:
        if not parameter:
            return None
        value = next((keyword.value for keyword in call.keywords if keyword.arg == parameter[0]), None)
        place = parameter[1] if len(parameter) > 1 else None
        if value is None and isinstance(place, int) and place < len(call.args):
            value = call.args[place]
        return None if value is None or _is_nothing(value) else value

    def _speaks_of(self, words: Sequence[str]) -> bool:
        return any(
            word.encode() in self._app.tree.read(path).data for path in _sources(self._closure) for word in words
        )


def _builtin(name: str) -> str | None:
    return name if name == "print" else None


def _chain(call: ast.Call) -> Iterator[ast.Call]:
    """A call, and those whose result it is called on: they stand in one expression."""
    node: ast.expr = call
    while isinstance(node, (ast.Call, ast.Attribute)):
        if isinstance(node, ast.Call):
            yield node
        node = node.func if isinstance(node, ast.Call) else node.value


def _is_nothing(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and (node.value is None or node.value is False)


def _is_local(host: ast.expr | None, scope: Scope, default: str) -> bool:
    if host is None:
        return is_loopback(default)
    said = literal(host, scope)
    # An empty one is all addresses for some, and for others none, so that they take their default.
    return isinstance(said, ast.Constant) and isinstance(said.value, str) and is_loopback(said.value)


def _fixed(port: ast.expr | None, scope: Scope, default: str) -> tuple[str, ast.Constant | None]:
    """The fixed port, empty where it is not fixed or not known, and the node that says so."""
    if port is None:
        return ("" if default == "$PORT" else default), None
    said = literal(port, scope)
    if not isinstance(said, ast.Constant):
        return "", None
    value = int(said.value) if isinstance(said.value, str) and said.value.isdecimal() else said.value
    return (str(value), said) if type(value) is int and 0 < value < _PORTS else ("", None)
