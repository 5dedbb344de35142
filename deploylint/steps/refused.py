"""Command lines that a server itself refuses: it is told no app, an option lacks its value, or a word is too many.

Sources, by the parsers that `rules/servers.toml` names: Python's argparse, where no value begins like an option; click
and getopt, which take any word for one and want one; gunicorn 27.0.1 `app/wsgiapp.py` (an app, or `wsgi_app` of its
configuration), uvicorn 0.54.0 `main.py` (which also asks UVICORN_APP), daphne 4.2.3, hypercorn 0.18.0, waitress 3.0.2.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from deploylint.knowledge.servers import named, read_arguments
from deploylint.record import NamedTuple
from deploylint.steps.argv import words_of
from deploylint.steps.configured import settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deploylint.facts.invocation import Invocation
    from deploylint.knowledge.servers import Server
    from deploylint.steps import Build
    from deploylint.steps.argv import Words
    from deploylint.text import Span

_ONLY_TELL = frozenset({"-h", "--help", "--version"})


class Refused(NamedTuple):
    """Where a command line breaks, what is to be told of it, and whether that is sure."""

    span: Span
    detail: Mapping[str, str]
    sure: bool = True


def refused_arguments(build: Build, invocation: Invocation) -> Refused | None:
    """What a server refuses of its command line; None for another program, or where that is not known."""
    if not invocation.words:
        return None
    words = words_of(invocation)
    found = named(words.texts, module=invocation.module)
    server = next((one for one in found if "parser" in one.data or "loose" in one.data), None)
    if server is None or not words.known[0] or _ONLY_TELL.intersection(words.texts):
        return None
    wrong = _without_value(server, words)
    return wrong if wrong or "loose" in server.data else _wrong_number(build, invocation, server, words)


def _without_value(server: Server, words: Words) -> Refused | None:
    """An option whose value is not there, or one that is given a value and takes none."""
    at = 1
    while at < len(words.texts) and words.known[at]:
        text = words.texts[at]
        if text == "--":
            return None
        name, equals, _ = text.partition("=")
        if _wants_one_word(server, words, at):
            return Refused(words.spans[at], {"kind": "joined", "server": server.command, "option": text})
        if equals and name.startswith("--") and name in server.flags:
            return Refused(words.spans[at], {"kind": "flag", "server": server.command, "option": name})
        if text not in server.values:
            at += 1
            continue
        following = words.texts[at + 1] if at + 1 < len(words.texts) else ""
        looks = following.startswith("-") and following.partition("=")[0] in server.flags | server.values
        if text not in server.optional and (
            at + 1 == len(words.texts) or (looks and words.known[at + 1] and server.data.get("parser") == "argparse")
        ):
            detail = {"kind": "value", "server": server.command, "option": text, "next": following}
            return Refused(words.spans[at], detail)
        at += 1 if looks else 2
    return None


def _wants_one_word(server: Server, words: Words, at: int) -> bool:
    """Whether an option of a plugin stands apart from its value: Tornado's parser wants a `=` between them."""
    loose, text = server.words("loose"), words.texts[at]
    if not loose or not text.startswith("--") or text not in server.values or text in loose:
        return False
    return server.command.partition(" ")[2] in words.texts[:at]


def _wrong_number(build: Build, invocation: Invocation, server: Server, words: Words) -> Refused | None:
    """No app, or more than one."""
    arguments = read_arguments(server, words.texts)
    if arguments is None or any(name in arguments.options for name in server.words("other_target")):
        return None
    places = arguments.positional
    # gunicorn takes more words than it needs, but argparse looks for them in one place only.
    apart = (at for before, at in pairwise(places) if server.data.get("single") or at != before + 1)
    extra = next(apart, None)
    if extra is not None and all(words.known[at] for at in places):
        return Refused(words.spans[extra], {"kind": "extra", "server": server.command, "word": words.texts[extra]})
    # What a variable expands to, outside of quotes, may be several words, or none.
    whole = all(words.known) or all(at in {place for _, place in arguments.options.values()} for at in _unknown(words))
    if places or not whole or "target" in settings(build, invocation, words, server, arguments):
        return None
    variable = server.data.get("target_variable", "")
    elsewhere = variable or server.data.get("settings", {}).get("target", "")
    sources = build.app.sources if elsewhere and not variable else ()
    sure = not variable and not any(elsewhere.encode() in build.app.tree.read(path).data for path in sources)
    return Refused(words.spans[0], {"kind": "none", "server": server.command, "variable": variable}, sure)


def _unknown(words: Words) -> list[int]:
    return [at for at, known in enumerate(words.known) if not known]
