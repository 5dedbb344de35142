"""Options that the installed version of a server or worker does not have: it prints how it is to be used, and ends.

Which options there are, the programs' own parsers told for some of their versions (`rules/options/`). Between two
of those that lack an option, no version is taken to have it; of versions older or newer than all of them nothing is
certain. Sources of how words are read: Python's argparse, optparse and getopt, which take the beginning of a long
option for it, and click, which does not.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from deploylint.facts.releases import precedes, release
from deploylint.knowledge.servers import named
from deploylint.record import NamedTuple
from deploylint.spelling import distance
from deploylint.steps.argv import words_of
from deploylint.steps.versions import is_at_least, version_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from deploylint.facts.invocation import Invocation
    from deploylint.knowledge.servers import Server
    from deploylint.steps import Build
    from deploylint.steps.argv import Words
    from deploylint.steps.installed import Installed
    from deploylint.text import Span

# What an argparse parser takes for a value, or a word of its own, though a hyphen begins it.
_NO_OPTION = re.compile(r"-\d.*|.*\s.*", re.DOTALL)
_NAMED = re.compile(r"--?[A-Za-z][A-Za-z0-9_.-]*")
_NEAR = 2


class Strange(NamedTuple):
    """An option that the program does not have: where it stands, what is to be told of it, and whether that is sure."""

    span: Span
    detail: Mapping[str, str]
    sure: bool


class _Found(NamedTuple):
    """An option of the command line that not all versions have, and whether nothing before it leaves a doubt."""

    at: int
    name: str
    sure: bool


def unknown_option(build: Build, known: Installed, invocation: Invocation) -> Strange | None:
    """The first option that the program refuses; None for another program, or where that cannot be told."""
    words = words_of(invocation) if invocation.words and not invocation.builtin else None
    server = (
        next((one for one in named(words.texts, module=invocation.module) if one.versions), None) if words else None
    )
    if words is None or server is None or not words.known[0] or _extended(build, server):
        return None
    for found in _doubtful(server, words):
        told = _judged(build, known, server, found.name)
        if told is not None:
            detail = {"server": server.command, "option": found.name, **told[0]}
            return Strange(words.spans[found.at], detail, told[1] and found.sure)
    return None


def _extended(build: Build, server: Server) -> bool:
    """Whether the app may add options of its own to the program."""
    word: str = server.data.get("extended_by", "")
    return bool(word) and any(word.encode() in build.app.tree.read(path).data for path in build.app.sources)


def _doubtful(server: Server, words: Words) -> Iterator[_Found]:
    """The options that not all versions have, up to the first that none has: what follows that may be its value."""
    at, sure = 0, True
    while at + 1 < len(words.texts):
        at += 1
        text = words.texts[at]
        name = text.partition("=")[0]
        if not words.known[at]:
            # It may be several words, an option among them.
            sure = False
        elif text == "--" or (text.startswith("-") and _NO_OPTION.fullmatch(name)):
            return
        elif text.startswith("-") and text != "-":
            option, alone = _meant(server, text)
            if option is None:
                name = name if name.startswith("--") else name[:2]
                yield from [_Found(at, name, sure)] if _NAMED.fullmatch(name) and not server.meant_by(name) else []
                return
            if server.having(option) != server.versions:
                yield _Found(at, option, sure)
            follows = words.texts[at + 1 : at + 2]
            perhaps = option in server.optional and "".join(follows).startswith("-")
            at += int(alone and option in server.values and not perhaps)


def _meant(server: Server, text: str) -> tuple[str | None, bool]:
    """The one option that a word stands for, None where there is none, and whether a value would be the next word."""
    name, equals, _ = text.partition("=")
    found = server.meant_by(name)
    if found or text.startswith("--"):
        return found[0] if len(found) == 1 else None, not equals
    # `-w4`, and flags in one word.
    if text[:2] in server.values or all(f"-{letter}" in server.flags for letter in text[1:]):
        return text[:2], False
    return None, False


def _judged(build: Build, known: Installed, server: Server, name: str) -> tuple[dict[str, str], bool] | None:
    """What is to be told of an option, and whether it is sure that the installed version lacks it; None where it may
    have it.
    """
    versions, there, near = server.versions, server.having(name), _near(server, name)
    pinned = version_of(build, server.distribution)
    if known.brings(server.distribution) is not True:
        return None
    if pinned is not None and (number := release(pinned)) is not None:
        older = [one for one in versions if not precedes(number, release(one) or ())]
        newer = [one for one in versions if not precedes(release(one) or (), number)]
        if not older or older[-1] in there or (newer and newer[0] in there):
            return None
        detail = {"version": pinned, "near": near, "since": "", "until": ""}
        if there:
            later = precedes(number, release(there[0]) or ())
            detail |= {"since": there[0]} if later else {"until": there[-1]}
        return detail, bool(newer)
    # pip takes the newest that is allowed.
    if not is_at_least(build, known, server.distribution, versions[0]):
        return None
    detail = {"version": "", "near": near, "since": "", "until": there[-1] if there else ""}
    if not there:
        return detail, False
    after = versions.index(there[-1]) + 1
    if after < len(versions) and is_at_least(build, known, server.distribution, versions[after]):
        return detail, True
    return None


def _near(server: Server, name: str) -> str:
    """The option that was probably meant; empty where none is near."""
    if not name.startswith("--"):
        return ""
    newest = server.versions[-1]
    others = sorted(
        one for one in server.flags | server.values if one.startswith("--") and newest in server.having(one)
    )
    ranked = [(distance(name, one), one) for one in others if abs(len(one) - len(name)) <= _NEAR]
    best = min(ranked, default=(len(name), ""))
    return best[1] if best[0] <= _NEAR else ""
