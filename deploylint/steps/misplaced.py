"""Options of a program that stand behind its subcommand, where it no longer, or never did, take them.

Sources: celery 5.7.0 bin/celery.py (WRONG_APP_OPTION_USAGE_MESSAGE, "removed in Celery 5.0"), flask 3.1.3 cli.py
(FlaskGroup has `--app`, its commands do not; Flask before 2.2 has it nowhere), alembic 1.20.1 config.py. All three end
with status 2. `rules/servers.toml` has the options.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploylint.record import NamedTuple
from deploylint.steps.argv import arguments_of, words_of
from deploylint.steps.versions import is_at_least

if TYPE_CHECKING:
    from deploylint.facts.invocation import Invocation
    from deploylint.steps import Build
    from deploylint.steps.installed import Installed
    from deploylint.text import Span


class Misplaced(NamedTuple):
    """An option that is refused where it stands: its place and that of its value, and what the rule's words need."""

    span: Span
    detail: dict[str, str]


def misplaced(build: Build, known: Installed, invocation: Invocation) -> Misplaced | None:
    """The first option that stands on the wrong side of the subcommand."""
    found = arguments_of(invocation) if invocation.words else None
    names = found[0].words("before") if found else ()
    if found is None or not names:
        return None
    server, arguments = found
    since: str = server.data.get("before_since", "")
    if since and not is_at_least(build, known, server.distribution, since):
        return None
    words = words_of(invocation)
    program, _, second = server.command.partition(" ")
    turn = words.texts.index(second) if second else arguments.positional[0]
    for at, text in enumerate(words.texts):
        name = text.partition("=")[0]
        if at > turn and words.known[at] and name in names and name in arguments.options:
            detail = {"command": program, "option": name, "subcommand": words.texts[turn], "since": since}
            return Misplaced(words.spans[at], detail)
    return None
