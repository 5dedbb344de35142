"""Which Python could read a source that the running one cannot: the oldest whose new syntax may be the reason.

A newer Python reads all that an older one does, but for `async` and `await` as names, and what is not written in new
syntax no newer one reads either. So signs of new syntax are looked for, rather too many than too few; and what Python
3.12 reads otherwise, the formatted strings, is taken out and the rest asked for again.

Sources: "What's New In Python" 3.11 to 3.15, PEP 646, 654, 695, 696, 701, 750, 758, 798, 810.
"""

from __future__ import annotations

import ast
import re
import sys
import warnings
from typing import TYPE_CHECKING

from deploylint.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    Version = tuple[int, int]

KNOWN = (3, 15)
"""The newest Python whose syntax is known here."""

_FORMATTED = (3, 12)
_TEMPLATES = (3, 14)
_NESTED = 30

# What cannot be misread whatever else the source has.
_NEVER = re.compile(
    r"Missing parentheses in call to|unindent does not match|unexpected indent|expected an indented block"
    r"|inconsistent use of tabs|\(unicode error\)"
)
# What the parser says where newer ones go on.
_SAID = {
    "multiple exception types must be parenthesized": (3, 14),
    "unpacking cannot be used in": (3, 15),
}
_SIGNS = (
    (re.compile(r"\bexcept\s*\*"), (3, 11)),
    # `a[*b]` and `*a: *b`
    (re.compile(r"\[[^\]]{0,300}\*|\*\s*[^\s:,()*]+\s*:\s*\*"), (3, 11)),
    (re.compile(r"\b(?:class|def)\s+[^\s\[(:]+\s*\["), (3, 12)),
    (re.compile(r"\btype\s+[^\s=\[\](){}.,:]+\s*[\[=]"), (3, 12)),
    (re.compile(r"\bexcept\b[^(:\n,]{0,200}(?:\([^()\n]{0,200}\)[^(:\n,]{0,200}){0,9},"), (3, 14)),
    (re.compile(r"\blazy\s+(?:import|from)\b"), (3, 15)),
    (re.compile(r"\bcase\b[^\n+]{0,300}\+"), (3, 15)),
    (re.compile(r"[\[({]\s*\*[\s\S]{0,300}?\bfor\b"), (3, 15)),
)


def readable_since(data: bytes, said: str, running: Version | None = None) -> Version | None:
    """The oldest Python, newer than the `running` one, that could read a source that this one cannot; None where there
    is none. `said` is what the parser says.
    """
    running = running or sys.version_info[:2]
    if running >= KNOWN or _NEVER.search(said):
        return None
    # Bytes are enough, as all of the syntax is ASCII.
    text = data.decode("latin-1").replace("\r\n", "\n").replace("\r", "\n")
    try:
        strings = list(_strings(text))
    except _UnclosedError:
        return None
    except _UnsureError:
        return (running[0], running[1] + 1)
    found = [since for words, since in _SAID.items() if words in said]
    bare = _without(text, strings).replace("\\\n", " ")
    found += [since for sign, since in _SIGNS if since > running and sign.search(bare)]
    for since, letters in ((_FORMATTED, "f"), (_TEMPLATES, "ft")):
        taken = [string for string in strings if set(letters) & set(string.prefix)] if since > running else []
        if taken and _can_be_read(_without(text, taken)):
            found.append(since)
    return min((since for since in found if since > running), default=None)


def _can_be_read(text: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text.encode("latin-1"))
    except SyntaxError:
        return False
    except (ValueError, RecursionError, MemoryError):
        return True
    return True


# ------------------------------------------------------------------------------------------------ strings


class _String(NamedTuple):
    """A string of a source, or a comment (whose prefix is `#`), from its prefix on, as the newest Python bounds it."""

    start: int
    end: int
    prefix: str


class _UnclosedError(Exception):
    """No Python finds an end."""


class _UnsureError(Exception):
    """Where it ends is not told here."""


_QUOTES = ("'''", '"""', "'", '"')
_OPENS = re.compile(r"#[^\n]*|'''|\"\"\"|'|\"")
_IN_FIELD = re.compile(r"#[^\n]*|'''|\"\"\"|'|\"|[(\[{}\])]|:")
_PREFIX = re.compile(r"(?<!\w)(?:[rRbBuUfFtT]|[bBfFtT][rR]|[rR][bBfFtT])\Z")


def _run(quote: str, more: str, escape: str) -> re.Pattern[str]:
    """What may stand in a string: anything but its quote and what `more` and `escape` say."""
    if len(quote) == 1:
        return re.compile(rf"(?:[^\\\n{quote}{more}]|{escape})*")
    return re.compile(rf"(?:[^\\{quote[0]}{more}]|{quote[0]}(?!{quote[1:]})|{escape})*")


_PLAIN = {quote: _run(quote, "", r"\\[\s\S]") for quote in _QUOTES}
# A backslash does not keep a brace from opening a field, two braces do, and `\N{…}` is one character.
_LITERAL = {quote: _run(quote, "{", r"\{\{|\\N\{[^}\n]*\}|\\(?!N\{)[^{]|\\(?=\{)") for quote in _QUOTES}
_RAW_LITERAL = {quote: _run(quote, "{", r"\{\{|\\[^{]|\\(?=\{)") for quote in _QUOTES}
# Of braces here, two do not mean what they mean elsewhere; and of some releases a line may end here.
_SPEC = {
    quote: re.compile(rf"(?:[^\\{quote[0]}{{}}]|{quote[0]}(?!{quote[1:]})|\\[^{{}}]|\\(?=[{{}}]))*")
    for quote in _QUOTES
}


def _strings(text: str) -> Iterator[_String]:
    at = 0
    while match := _OPENS.search(text, at):
        at, prefix = _end(text, match, 0)
        start = match.start() - (0 if prefix == "#" else len(prefix))
        yield _String(start, at, prefix.lower())


def _end(text: str, opens: re.Match[str], depth: int) -> tuple[int, str]:
    """Where the string or comment ends, of which this is the quote, and its prefix."""
    quote, at = opens[0], opens.end()
    if quote.startswith("#"):
        return at, "#"
    found = _PREFIX.search(text, max(0, opens.start() - 3), opens.start())
    prefix = found[0] if found else ""
    if set(prefix) & set("fFtT"):
        return _end_of_formatted(text, at, quote, depth, raw="r" in prefix.lower()), prefix
    plain = _PLAIN[quote].match(text, at)
    end = plain.end() if plain else at
    if not text.startswith(quote, end):
        raise _UnclosedError
    return end + len(quote), prefix


def _end_of_formatted(text: str, at: int, quote: str, depth: int, *, raw: bool) -> int:
    if depth > _NESTED:
        raise _UnsureError
    literal = (_RAW_LITERAL if raw else _LITERAL)[quote]
    while True:
        match = literal.match(text, at)
        at = match.end() if match else at
        if text.startswith(quote, at):
            return at + len(quote)
        if text[at : at + 1] != "{":
            raise _UnclosedError
        at = _end_of_field(text, at + 1, quote, depth)


def _end_of_field(text: str, at: int, quote: str, depth: int) -> int:
    """Where a field ends that opens before `at`: behind its `}`."""
    opened = 0
    while match := _IN_FIELD.search(text, at):
        at = match.end()
        if match[0] == ":":
            if not opened:
                return _end_of_spec(text, at, quote, depth)
        elif match[0] == "}" and not opened:
            return at
        elif match[0] in "([{":
            opened += 1
        elif match[0] in ")]}":
            opened -= 1
        else:
            at, _ = _end(text, match, depth + 1)
    raise _UnclosedError


def _end_of_spec(text: str, at: int, quote: str, depth: int) -> int:
    if depth > _NESTED:
        raise _UnsureError
    while True:
        match = _SPEC[quote].match(text, at)
        at = match.end() if match else at
        if text[at : at + 1] == "}":
            return at + 1
        if text[at : at + 1] != "{":
            raise _UnclosedError
        if text[at + 1 : at + 2] == "{":
            raise _UnsureError
        at = _end_of_field(text, at + 1, quote, depth + 1)


def _without(text: str, strings: Iterable[_String]) -> str:
    """The text with an empty string for each of these, and nothing for a comment."""
    parts, at = [], 0
    for string in strings:
        parts.append(text[at : string.start])
        if string.prefix != "#":
            # Two quotes next to others would be three.
            before = " " if text[string.start - 1 : string.start] in ("'", '"') else ""
            parts.append(f"{before}b'' " if "b" in string.prefix else f"{before}'' ")
        at = string.end
    return "".join((*parts, text[at:]))
