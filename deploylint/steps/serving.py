"""Whether the server that a program of the app starts by itself can be reached: `app.run(port=5000)`.

Something is said only where nothing in the reach of the program can listen where the platform sends requests: every
call that starts a server is known, all of them listen elsewhere, and one of them certainly runs. Sources: the
libraries, at the versions that `rules/listeners.toml` names; the router's error R10, a web process that does not bind
$PORT within 60 seconds.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from deploylint.facts.bindings import literal
from deploylint.knowledge.listeners import listeners
from deploylint.record import NamedTuple
from deploylint.steps.called import UnsureError
from deploylint.steps.listen import is_loopback

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from deploylint.facts.bindings import Bindings, Made, Scope
    from deploylint.knowledge.listeners import Listener
    from deploylint.steps.called import Reach
    from deploylint.text import Span

_PORTS = 65536
_SAYS_WHERE = frozenset({"port", "server_port", "bind", "listen", "sock", "sockets", "fd"})
_ENVIRONMENT = "PORT"


class Served(NamedTuple):
    """A server that nobody reaches. `port`: the fixed one that it listens on, empty where that is not what is wrong;
    `local`: it listens to the machine itself only; `given`: whether the call says so, else it is the default; `direct`:
    whether the port stands in the call itself. `adds`: what the call could be given to be reached: the names of its
    parameters for a host and, with its own number, for a port.
    """

    span: Span
    path: str
    call: str
    port: str
    local: bool
    given: bool
    direct: bool
    adds: str = ""


def served(reach: Reach) -> Served | None:
    """The server that a program starts; None where somebody reaches it, where there is
    none, or where that cannot be told.
    """
    try:
        found = list(_Judge(reach).servers())
    except UnsureError:
        return None
    certain = [item for item, runs in found if runs]
    if not certain or any(item is None for item, _ in found):
        return None
    # What speaks of the port of the platform may see to it in a way that is not understood.
    first = certain[0]
    return None if first is None or (first.port and reach.says(_ENVIRONMENT)) else first


class _Judge:
    """Judges the calls that start a server."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach

    def servers(self) -> Iterator[tuple[Served | None, bool]]:
        """Each call that starts a server: why nobody reaches it, or None, and whether it certainly runs."""
        known = listeners()
        for name, made, bindings, certain, _ in self._reach.calls(known.words):
            if name in known.others or (name is None and any(word.arg in _SAYS_WHERE for word in made.node.keywords)):
                raise UnsureError
            if name is not None and name in known.calls:
                yield self._judge(known.calls[name], bindings, made), certain

    def _judge(self, listener: Listener, bindings: Bindings, made: Made) -> Served | None:
        call = made.node
        if any(keyword.arg is None for keyword in call.keywords) or any(
            isinstance(arg, ast.Starred) for arg in call.args
        ):
            raise UnsureError
        if any(keyword.arg in listener.other and not _is_nothing(keyword.value) for keyword in call.keywords):
            raise UnsureError
        if listener.hidden and self._reach.speaks_of(*(word.encode() for word in listener.hidden)):
            raise UnsureError
        host, port = self._argument(call, listener.host), self._argument(call, listener.port)
        if listener.address:
            pair = literal(self._argument(call, listener.address), made.scope)
            if not isinstance(pair, ast.Tuple) or len(pair.elts) != 2:
                raise UnsureError
            host, port = pair.elts
        default_host, default_port = listener.default
        if listener.unless and self._reach.speaks_of(*(word.encode() for word in listener.unless)):
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
        adds = [*_added(call, listener.host, "" if local and host is None else None)]
        adds += _added(call, listener.port, f"={fixed}" if fixed and node is None else None)
        return Served(
            bindings.module.span(place), bindings.module.path, name, fixed, local, given, direct, ",".join(adds)
        )

    def _argument(self, call: ast.Call, parameter: Sequence[object]) -> ast.expr | None:
        if not parameter:
            return None
        value = next((keyword.value for keyword in call.keywords if keyword.arg == parameter[0]), None)
        place = parameter[1] if len(parameter) > 1 else None
        if value is None and isinstance(place, int) and place < len(call.args):
            value = call.args[place]
        return None if value is None or _is_nothing(value) else value


def _added(call: ast.Call, parameter: Sequence[object], value: str | None) -> Iterator[str]:
    """The parameter, with its value, where there is one to be added and the call says nothing of it."""
    place = parameter[1] if len(parameter) > 1 else None
    if parameter and value is not None and not (isinstance(place, int) and place < len(call.args)):
        yield f"{parameter[0]}{value}"


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
