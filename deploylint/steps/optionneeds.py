"""What an option of a server needs beside it, such as `uvicorn --ws websockets`, where nothing installs that.

Source: `needs` in `rules/servers.toml`; each row was tried with the server alone, on the day of the server's row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploylint.record import NamedTuple
from deploylint.steps.argv import arguments_of, words_of

if TYPE_CHECKING:
    from deploylint.facts.invocation import Invocation
    from deploylint.steps.installed import Installed
    from deploylint.text import Span


class Needed(NamedTuple):
    """The place of the option's value, what is to be told of it, and whether that is sure."""

    span: Span
    detail: dict[str, str]
    sure: bool


def needed_part(known: Installed, invocation: Invocation) -> Needed | None:
    """What a command's option needs and nothing installs; None where all is there, or that is not known."""
    found = arguments_of(invocation)
    if found is None:
        return None
    server, arguments = found
    words = words_of(invocation)
    for row in server.data.get("needs", ()):
        given = arguments.option(row["options"])
        if given is None or not words.known[given[1]]:
            continue
        value, at = given
        if value.endswith(tuple(row["ends"])) and known.brings(row["needs"]) is False:
            option = next(name for name in row["options"] if name in arguments.options)
            detail = {"library": server.distribution, "needs": row["needs"], "add": row["needs"], "error": row["error"]}
            detail["what"] = f"the command says `{option} {value}`"
            return Needed(words.spans[at], detail, known.is_certain())
    return None
