"""The worker class that a server's command names (`gunicorn -k gevent`), and what has to bring it.

Source: gunicorn 27.0.1 `util.load_class` and `workers/__init__.py`: a word without a dot is one of its own names, which
`rules/servers.toml` tells, and what has one is imported.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from deploylint.imports import Finder
from deploylint.knowledge.distributions import providers
from deploylint.record import NamedTuple
from deploylint.steps.absence import lies_deeper
from deploylint.steps.argv import arguments_of, words_of
from deploylint.steps.versions import is_at_least

if TYPE_CHECKING:
    from deploylint.facts.invocation import Invocation
    from deploylint.steps import Build
    from deploylint.steps.installed import Installed
    from deploylint.text import Span

_DOTTED = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)+")


class Worker(NamedTuple):
    """A worker class as `written`: the `module` that is imported for it, or else the `distribution` that it needs. The
    `server` had it `until` a version of its own; empty where it still has it.
    """

    written: str
    module: str
    distribution: str
    span: Span
    server: str
    until: str


class Lost(NamedTuple):
    """A worker class that nothing installed brings, what is to be told of it, and whether that is sure."""

    span: Span
    detail: dict[str, str]
    sure: bool


def lost_worker(build: Build, known: Installed, invocation: Invocation) -> Lost | None:
    """The worker class of a command, where nothing brings it that is installed and it is none of the app's own."""
    found = worker_of(invocation)
    if found is None:
        return None
    if found.until and is_at_least(build, known, found.server, found.until):
        return Lost(found.span, {"worker": found.written, "server": found.server, "until": found.until}, sure=True)
    top = found.module.partition(".")[0]
    if top and (Finder(build.app, ("",)).find(top) is not None or lies_deeper(build, top)):
        return None
    if (known.has(found.module) if top else known.brings(found.distribution)) is not False:
        return None
    distribution = found.distribution or next(iter(providers(found.module)), "")
    return Lost(found.span, {"worker": found.written, "distribution": distribution}, known.is_certain())


def worker_of(invocation: Invocation) -> Worker | None:
    """The worker class of a command; None where it names none, or one that is not known."""
    if not invocation.words:
        return None
    found = arguments_of(invocation)
    names = found[0].words("worker_class") if found else ()
    given = found[1].option(names) if found and names else None
    if found is None or given is None:
        return None
    value, at = given
    words = words_of(invocation)
    if not words.known[at]:
        return None
    server, until = found[0].distribution, found[0].data.get("lost_workers", {}).get(value, "")
    if _DOTTED.fullmatch(value):
        return Worker(value, value.rpartition(".")[0], "", words.spans[at], server, until)
    distribution = found[0].data["workers"].get(value)
    return Worker(value, "", distribution, words.spans[at], server, until) if distribution else None
