"""Whether the server of the web process can be reached: on the port that the platform gives it, from outside the dyno.

Sources: the option parsers and defaults of the servers, at the versions that `rules/servers.toml` names; the router's
error R10, a web process that does not bind $PORT within 60 seconds. A router's requests do not come over loopback.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from deploylint.steps.launch import arguments_of, words_of

if TYPE_CHECKING:
    from deploylint.facts.invocation import Invocation
    from deploylint.servers import Arguments, Server
    from deploylint.text import Span

_PORT = "PORT"
_LITERAL_BIND = re.compile(r"(?:.*:)?(\d{1,5})")
_LOOPBACK = re.compile(r"(?:127(?:\.\d+){3}|localhost|\[?::1\]?)")


class Unheard(NamedTuple):
    """Why a server is not reached. `port`: the fixed one that it listens on, empty where it is the platform's; `local`:
    it listens to the dyno itself only; `given`: the command says so, else it is the server's default. `options` are
    those that would set what is missing, as the server writes them.
    """

    span: Span
    server: str
    port: str
    local: bool
    given: bool
    options: str


def unheard(invocation: Invocation) -> Unheard | None:
    """Why nobody reaches the server that this program is; None where somebody does, or that cannot be told."""
    if not invocation.words:
        return None
    found = arguments_of(invocation)
    if found is None or found[0].data.get("kind") != "web" or _is_set_elsewhere(invocation, *found):
        return None
    server, arguments = found
    bind = arguments.option(server.words("bind"))
    if bind is not None:
        return _bound(invocation, server, bind)
    default_host, _, default_port = server.data["listens"].rpartition(":")
    host, port = arguments.option(server.words("host")), arguments.option(server.words("port"))
    words = words_of(invocation)
    if (host and not words.known[host[1]]) or not server.data["listens"]:
        return None
    local = _LOOPBACK.fullmatch(host[0] if host else default_host) is not None
    fixed = default_port if port is None else port[0]
    if port is not None and (not words.known[port[1]] or not fixed.isdigit()):
        fixed = "$PORT"
    fixed = "" if fixed == "$PORT" else fixed
    if not fixed and not local:
        return None
    place = port or host
    return Unheard(
        words.spans[place[1]] if place and (port or not fixed) else words.spans[0],
        server.command,
        fixed,
        local,
        bool(port if fixed else host),
        _advice(server, port=bool(fixed), host=local),
    )


def is_loopback(host: str) -> bool:
    """Whether an address is one that only the machine itself can reach."""
    return _LOOPBACK.fullmatch(host) is not None


def _bound(invocation: Invocation, server: Server, bind: tuple[str, int]) -> Unheard | None:
    words = words_of(invocation)
    address, at = bind
    if not words.known[at]:
        # `127.0.0.1:$PORT`
        head = words.texts[at].partition("$")[0].rpartition("=")[2].rstrip(":").strip("\"'")
        local = _LOOPBACK.fullmatch(head) is not None and invocation.words[at].mentions(_PORT)
        return Unheard(words.spans[at], server.command, "", True, True, _advice(server, True, True)) if local else None
    match = _LITERAL_BIND.fullmatch(address)
    if match is None or address.startswith(("unix:", "fd:")):
        return None
    local = _LOOPBACK.fullmatch(address.rpartition(":")[0]) is not None
    return Unheard(words.spans[at], server.command, match[1], local, True, _advice(server, True, True))


def _advice(server: Server, port: bool, host: bool) -> str:
    bind = [name for name in server.words("bind") if name.startswith("--")]
    if bind and not server.words("port"):
        return f"{bind[0]} 0.0.0.0:$PORT"
    parts = []
    if host:
        parts.append(f"{_longest(server.words('host'))} 0.0.0.0")
    if port:
        parts.append(f"{_longest(server.words('port'))} $PORT")
    return " ".join(parts)


def _longest(names: tuple[str, ...]) -> str:
    return max(names, key=len, default="")


def _is_set_elsewhere(invocation: Invocation, server: Server, arguments: Arguments) -> bool:
    """Whether a configuration file, a socket or a variable decides where it listens."""
    decided = (*server.words("config"), *server.words("socket"), *server.words("other_target"))
    if any(name in arguments.options for name in decided):
        return True
    return any(name.endswith(("PORT", "CMD_ARGS", "BIND", "CONFIG")) for name in invocation.env)
