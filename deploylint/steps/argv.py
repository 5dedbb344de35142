"""The words of a program that is run, the server that they name, and paths as it sees them."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from deploylint.knowledge.servers import named, read_arguments
from deploylint.record import NamedTuple

if TYPE_CHECKING:
    from deploylint.facts.invocation import Invocation
    from deploylint.knowledge.servers import Arguments, Server
    from deploylint.text import Span

_ROOT = "/app/"


class Words(NamedTuple):
    """The words of a program, what is not known as it is written, and where each stands."""

    texts: tuple[str, ...]
    spans: tuple[Span, ...]
    known: tuple[bool, ...]


def words_of(invocation: Invocation) -> Words:
    """The words of a program that is run."""
    texts = tuple(
        text if text is not None else word.written for text, word in zip(invocation.argv, invocation.words, strict=True)
    )
    first = invocation.program or texts[0]
    return Words(
        (first, *texts[1:]),
        tuple(word.span for word in invocation.words),
        tuple(text is not None for text in invocation.argv),
    )


def arguments_of(invocation: Invocation) -> tuple[Server, Arguments] | None:
    """The server that a program is, with its arguments; None for another one, or an option that is not known."""
    return server_of(words_of(invocation), module=invocation.module) if invocation.words else None


def managed(invocation: Invocation) -> tuple[Words, Server, Arguments] | None:
    """The same for a command of the app's manage.py, with its words from there on."""
    words = words_of(invocation) if invocation.words and not invocation.module else None
    for at, text in enumerate(words.texts if words else ()):
        if words and words.known[at] and text.rpartition("/")[2] == "manage.py":
            rest = Words(("manage.py", *words.texts[at + 1 :]), words.spans[at:], words.known[at:])
            found = server_of(rest, module=False)
            return (rest, *found) if found else None
    return None


def server_of(words: Words, *, module: bool) -> tuple[Server, Arguments] | None:
    """The server that these words name, with its arguments; None as for `arguments_of`."""
    for server in named(words.texts, module=module):
        arguments = read_arguments(server, words.texts)
        if arguments is not None:
            return server, arguments
    return None


def inside(cwd: str, path: str) -> str | None:
    """A path from the app root, where it lies in the app."""
    whole = path[len(_ROOT) :] if path.startswith(_ROOT) else "" if path == "/app" else posixpath.join(cwd, path)
    plain = posixpath.normpath(whole or ".")
    if plain.startswith(("/", "..")):
        return None
    return "" if plain == "." else plain
