"""Whether the web process is a bot that asks for its messages itself, so that nothing listens where the platform sends
requests.

What listens on the platform's port has to know it: some code has to read PORT. So something is said only where a call
that certainly runs asks for messages, and no source of the app speaks of ports, imports what can open one, or starts
another program. Sources: the libraries, at the versions that `rules/bots.toml` names; the router's error R10.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from deploylint.listeners import bots
from deploylint.steps.called import UnsureError

if TYPE_CHECKING:
    from deploylint.app import App
    from deploylint.steps.called import Reach
    from deploylint.text import Span

_SOURCES = 300
"""Sources that are looked at; a bot that has more is taken for one that may listen."""

_PORT = re.compile(rb"\bports?\b", re.IGNORECASE)


class Asking(NamedTuple):
    """The call that asks for messages."""

    call: str
    span: Span


def asking(app: App, reach: Reach) -> Asking | None:
    """The call of a program that makes it a bot and no server; None where it is another program, or may listen."""
    try:
        found = next(
            (named for named in reach.calls(frozenset(bots().last_words)) if named.certain and _asks(named.name)), None
        )
    except UnsureError:
        return None
    if found is None or found.name is None or _may_listen(app):
        return None
    return Asking(".".join(found.name.split(".")[-2:]), found.bindings.module.span(found.made.node))


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
