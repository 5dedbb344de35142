"""Whether the server of the web process can be reached: on the port that the platform gives it, from outside the dyno.

Sources: the option parsers and defaults of the servers, at the versions that `rules/servers.toml` names; the router's
error R10, a web process that does not bind $PORT within 60 seconds. A router's requests do not come over loopback.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from deploylint.record import NamedTuple
from deploylint.steps.argv import managed, server_of, words_of
from deploylint.steps.configured import Setting, settings

if TYPE_CHECKING:
    from deploylint.facts.invocation import Invocation
    from deploylint.knowledge.servers import Arguments, Server
    from deploylint.steps import Build
    from deploylint.steps.argv import Words
    from deploylint.text import Span

_PORT = "PORT"
_LITERAL_BIND = re.compile(r"(?:.*:)?(\d{1,5})")
_LOOPBACK = re.compile(r"(?:127(?:\.\d+){3}|localhost|\[?::1\]?)")


class Unheard(NamedTuple):
    """Why a server is not reached. `port`: the fixed one that it listens on, empty where it is the platform's; `local`:
    it listens to the dyno itself only; `given`: the command says so, else it is the server's default. `options` are
    those that would set what is missing, as the server writes them; not `sure` where a config var may say otherwise.
    """

    span: Span
    server: str
    port: str
    local: bool
    given: bool
    options: str
    sure: bool = True


def unheard(build: Build, invocation: Invocation) -> Unheard | None:
    """Why nobody reaches the server that this program is; None where somebody does, or that cannot be told."""
    if not invocation.words:
        return None
    words = words_of(invocation)
    found = server_of(words, module=invocation.module)
    if found is None:
        managing = managed(invocation)
        if managing is None or _is_overridden(build, managing[0]):
            return None
        words, found = managing[0], managing[1:]
    server, arguments = found
    if server.data.get("kind") != "web" or _is_set_elsewhere(invocation, server, arguments):
        return None
    told = settings(build, invocation, words, server, arguments)
    bind = told.get("bind")
    if bind is not None:
        return _bound(invocation, words, server, bind)
    default_host, _, default_port = server.data["listens"].rpartition(":")
    host, port = told.get("host"), told.get("port")
    if (host and host.value is None) or not server.data["listens"]:
        return None
    local = is_loopback((host and host.value) or default_host)
    fixed = default_port if port is None else port.value or "$PORT"
    fixed = "" if not fixed.isdigit() else fixed
    if not fixed and not local:
        return None
    place = port if fixed and port else host if host and not fixed else None
    # A config var may name another host, and no one port.
    sure = bool(fixed or host or "host" not in server.data.get("variables", {}))
    return Unheard(
        place.span if place else (port or host or Setting("", words.spans[0])).span if not fixed else words.spans[0],
        server.command,
        fixed,
        local,
        bool(port if fixed else host),
        _advice(server, port=bool(fixed), host=local),
        sure,
    )


def _is_overridden(build: Build, words: Words) -> bool:
    """Whether the app may have a command of its own, or say in manage.py where it listens."""
    name = f"management/commands/{words.texts[1]}.py" if len(words.texts) > 1 else ""
    if any(path.endswith(name) for path in build.app.sources):
        return True
    managing = (
        build.app.tree.read(entry.path).data for entry in build.app.manage_pys if build.app.tree.is_file(entry.path)
    )
    return any(b"runserver" in data or b"PORT" in data for data in managing)


def is_loopback(host: str) -> bool:
    """Whether an address is one that only the machine itself can reach."""
    return _LOOPBACK.fullmatch(host) is not None


def _bound(invocation: Invocation, words: Words, server: Server, bind: Setting) -> Unheard | None:
    if bind.value is None:
        at = next((at for at, span in enumerate(words.spans) if span == bind.span), None)
        word = next((word for word in invocation.words if word.span == bind.span), None)
        if not bind.given or at is None or word is None:
            return None
        # `127.0.0.1:$PORT`
        head, dollar, _ = words.texts[at].partition("$")
        host = head.rpartition("=")[2].rstrip(":").strip("\"'") or server.data.get("bind_host", "")
        if not dollar or not is_loopback(host) or not word.mentions(_PORT):
            return None
        return Unheard(bind.span, server.command, "", True, True, _advice(server, True, True))
    options = [text for text in words.texts[1:] if text.partition("=")[0] in server.words("bind")]
    match = _LITERAL_BIND.fullmatch(bind.value)
    if match is None or bind.value.startswith(("unix:", "fd:")) or len(options) > 1:
        return None
    local = is_loopback(bind.value.rpartition(":")[0] or server.data.get("bind_host", ""))
    written = bind.given or "grammar" not in server.data
    advice = _advice(server, True, True) if written else f"{server.words('bind')[0].lstrip('-')} = 0.0.0.0:$(PORT)"
    return Unheard(bind.span, server.command, match[1], local, True, advice)


def _advice(server: Server, port: bool, host: bool) -> str:
    if "first" in server.words("bind"):
        return "0.0.0.0:$PORT"
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
    """Whether a socket, another kind of target or a port of the command's own decides where it listens."""
    decided = (*server.words("socket"), *server.words("other_target"))
    return _PORT in invocation.env or any(name in arguments.options for name in decided)
