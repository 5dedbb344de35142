"""Whether the web process is a bot that asks for its messages itself, or another program that does its work in a loop,
so that nothing listens where the platform sends requests.

What listens on the platform's port has to know it: some code has to read PORT. So something is said only where a call
that is reached asks for messages, and no source of the app speaks of ports, imports what can open one, or starts
another program. Whether the call certainly runs (`if not TOKEN: sys.exit()` stands before most) changes little, for
whatever runs in its place does not listen either. Sources: the libraries, at the versions that `rules/bots.toml` names;
the router's error R10.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from deploylint.knowledge import stdlib
from deploylint.knowledge.listeners import bots
from deploylint.record import NamedTuple
from deploylint.steps.called import UnsureError

if TYPE_CHECKING:
    from deploylint.app import App
    from deploylint.steps.called import Reach
    from deploylint.text import Span

_SOURCES = 300
"""Sources that are looked at; a bot that has more is taken for one that may listen."""

_PORT = re.compile(rb"\bports?\b", re.IGNORECASE)


class Asking(NamedTuple):
    """The call that asks for messages; whether it certainly runs, or the program may also end before."""

    call: str
    span: Span
    certain: bool


def asking(app: App, reach: Reach) -> Asking | None:
    """The call of a program that makes it a bot and no server; None where it is another program, or may listen."""
    try:
        calls = [named for named in reach.calls(frozenset(bots().last_words)) if named.reached and _asks(named.name)]
    except UnsureError:
        return None
    found = next((named for named in calls if named.certain), calls[0] if calls else None)
    if found is None or found.name is None or _may_listen(app):
        return None
    func = found.made.node.func
    # As it is written, where that is short: the full name tells what made the object.
    written = isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name)
    call = ast.unparse(func) if written else ".".join(found.name.split(".")[-2:])
    return Asking(call, found.bindings.module.span(found.made.node), found.certain)


def looping(app: App, reach: Reach, version: tuple[int, int]) -> Asking | None:
    """The loop without an end in which a program does its work, where all that it uses is known to open no port; its
    `call` is empty.
    """
    try:
        loops = list(reach.loops())
    except UnsureError:
        return None
    found = next((loop for loop in loops if loop[2]), loops[0] if loops else None)
    if found is None or _may_listen(app) or not _is_quiet(app, version):
        return None
    node, bindings, certain = found
    return Asking("", bindings.module.span(node.test), certain)


def _is_quiet(app: App, version: tuple[int, int]) -> bool:
    """Whether everything that the sources import is their own, standard, or known to open no port by itself."""
    own = {part.removesuffix(".py") for path in app.sources for part in path.split("/")}
    allowed = bots().quiet | stdlib.names(version) | own
    return all(
        found.package in allowed or getattr(found.node, "level", 0)
        for path in app.sources
        for found in app.module(path).imports
    )


def _asks(name: str | None) -> bool:
    return name is not None and bots().asks(name)


def _may_listen(app: App) -> bool:
    if len(app.sources) > _SOURCES or app.compiled_modules:
        return True
    known = bots()
    words = re.compile("|".join(map(re.escape, known.words)).encode(), re.IGNORECASE)
    for path in app.sources:
        content = app.tree.read(path)
        if content.trouble or _PORT.search(content.data) or words.search(content.data):
            return True
        if any(found.package in known.listeners for found in app.module(path).imports):
            return True
    return False
