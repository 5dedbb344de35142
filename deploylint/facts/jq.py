"""Pipfile.lock as jq reads it, which the buildpack asks for the Python version.

Source: heroku/heroku-buildpack-python v351 lib/python_version.sh; jq 1.6, 1.7.1 and 1.8.1, observed.
"""

from __future__ import annotations

import json
import re
from types import NoneType
from typing import TYPE_CHECKING

from deploylint.record import NamedTuple
from deploylint.text import Span, Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from deploylint.tree import Tree


class LockedVersion(NamedTuple):
    """What a Pipfile.lock says: `printed` is what the buildpack's jq would print, None where it would fail; the span
    is that of the value, of the first thing that is wrong, or of the first line.
    """

    printed: str | None
    span: Span


class Jq(NamedTuple):
    """What differs between releases of jq: how many brackets and keys may be open at once, and whether a number is kept
    as it is written (`3.10`) or is a double (`3.1`); a release with doubles knows `NaN` and `-nan`, but not `nan`.
    """

    depth: int
    numbers: str


# A string, a mark of the grammar, or a word: jq takes everything else for words, and then looks what they are.
_TOKEN = re.compile(r'[ \t\n\r]*("[^"\\]*(?:\\.[^"\\]*)*"|[][{}:,]|[^] \t\n\r"[{}:,]+)', re.DOTALL)
_BAD_STRING = re.compile(
    r"[\0-\x1f]"
    r'|\\(?!["\\/bfnrt]|u[0-9A-Fa-f]{4})'
    r"|\\u[dD][89abAB]..(?!\\u[dD][c-fC-F][0-9A-Fa-f]{2})"
    r"|\\(.)",  # the escapes that are right, so that none is looked for in the middle of another
    re.DOTALL,
)
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_NO_NUMBER = re.compile(r"[+-]?(?:inf(?:inity)?|nan)", re.ASCII | re.IGNORECASE)
_CONSTANTS = ("true", "false", "null")
_MARK = re.compile("\ufeff|\udcef\udcbb?$")
_VALUE = '"w[{'
# What may follow a token or a whole value, by what it stands in.
_NEXT: Mapping[tuple[str, type], str] = {
    ("value", NoneType): _VALUE,
    ("[", list): f"{_VALUE}]",
    ("value", list): ",]",
    (",", list): _VALUE,
    ("{", dict): '"}',
    ("key", dict): ":",
    (":", dict): _VALUE,
    ("value", dict): ",}",
    (",", dict): '"',
}
_KEYS = ("python_full_version", "python_version")


class _Leaf(NamedTuple):
    """A value of JSON that holds no others, as it is written."""

    token: str
    start: int


_Json = _Leaf | dict[str, "_Json"] | list["_Json"]
_NULL = _Leaf("null", 0)


class _Broken(Exception):  # noqa: N818 (never leaves this module)
    """Not JSON from this offset on."""

    def __init__(self, offset: int) -> None:
        super().__init__(offset)
        self.offset = offset


def read_locked_version(tree: Tree, path: str, jq: Jq) -> LockedVersion | None:
    """What the Pipfile.lock at `path` says of the Python version; None where it cannot be read whole.

    jq reads one value after another, prints a line for each, and stops with an error where the text is no JSON or where
    the last of the values cannot be asked. The shell drops NUL bytes and final line feeds from what it printed.
    """
    content = tree.read(path)
    if content.trouble:
        return None
    text = Text.decode(path, content.data)
    raw = _as_fgets_reads(content.data).decode("utf-8", "surrogateescape")
    exact = text.value == raw
    try:
        asked = [_asked(value) for value in _values(raw, jq)]
    except _Broken as error:
        # Where the file ends too early, at its last character.
        place = min(error.offset, len(raw.rstrip()) - 1)
        return LockedVersion(None, text.span(place, place + 1) if exact else text.whole)
    if asked and asked[-1] is None:
        return LockedVersion(None, text.whole)
    lines = ["an error" if value is None else _printed(value, jq.numbers) for value in asked]
    printed = "\n".join(lines).replace("\0", "").rstrip("\n")
    leaf = next((value for value in asked if isinstance(value, _Leaf) and value is not _NULL), None)
    if leaf is None or not exact:
        return LockedVersion(printed, text.whole)
    quote = leaf.token.startswith('"')
    return LockedVersion(printed, text.span(leaf.start + quote, leaf.start + len(leaf.token) - quote))


def _as_fgets_reads(data: bytes) -> bytes:
    """What jq gets: it reads lines, long ones in pieces of 4,095 bytes, and takes a piece without a line end for a
    string of C, which ends at its first NUL byte.
    """
    if b"\0" not in data:
        return data
    pieces = re.findall(rb"[^\n]{0,4094}\n|[^\n]{1,4095}", data)
    return b"".join(piece if piece.endswith(b"\n") else piece.partition(b"\0")[0] for piece in pieces)


def _values(raw: str, jq: Jq) -> Iterator[_Json]:
    """Each value of the text. _Broken where it is not what jq takes for JSON."""
    stack: list[dict[str, _Json] | list[_Json]] = []
    keys: list[str] = []
    allowed = _VALUE
    for kind, leaf in _tokens(raw, jq.numbers):
        if kind not in allowed or (kind in "[{" and len(stack) + len(keys) >= jq.depth):
            raise _Broken(leaf.start)
        done = kind
        if kind in "[{":
            stack.append([] if kind == "[" else {})
        elif kind == '"' and allowed in ('"', '"}'):
            keys.append(_unquoted(leaf.token))
            done = "key"
        elif kind not in ":,":
            value = stack.pop() if kind in "]}" else leaf
            done = "value"
            if not stack:
                yield value
            elif isinstance(top := stack[-1], dict):
                top[keys.pop()] = value
        allowed = _NEXT[done, type(stack[-1] if stack else None)]
    if stack:
        raise _Broken(len(raw))


def _tokens(raw: str, numbers: str) -> Iterator[tuple[str, _Leaf]]:
    """The tokens, each with its kind: a mark of the grammar, `"` for a string, `w` for a word that is a value."""
    mark = _MARK.match(raw)
    position = mark.end() if mark else 0
    while match := _TOKEN.match(raw, position):
        token, start = match[1], match.start(1)
        position = match.end()
        kind = token[0] if token[0] in '"[]{}:,' else "w"
        # Hardly any string has anything in it that could be wrong.
        if kind == '"' and ("\\" in token or not token.isprintable()):
            fault = next((found for found in _BAD_STRING.finditer(token) if found[1] is None), None)
            if fault:
                raise _Broken(start + fault.start())
        elif kind == "w" and not _is_word(token, numbers):
            raise _Broken(start)
        yield kind, _Leaf(token, start)
    rest = raw[position:].lstrip(" \t\n\r")
    if rest:  # a string without an end
        raise _Broken(len(raw) - len(rest))


def _is_word(token: str, numbers: str) -> bool:
    number = token.partition("\0")[0]  # a string of C again
    if token in _CONSTANTS or _NUMBER.fullmatch(number):
        return True
    # Where numbers are doubles, a word with a small n can only be `null`.
    return _NO_NUMBER.fullmatch(number) is not None and not (numbers == "double" and token.startswith("n"))


def _asked(value: _Json) -> _Json | None:
    """`._meta.requires.python_full_version // ._meta.requires.python_version`; None where jq cannot index it."""
    for name in ("_meta", "requires"):
        if isinstance(value, dict):
            value = value.get(name, _NULL)
        elif not _is(value, "null"):
            return None
    if _is(value, "null"):
        return _NULL
    if not isinstance(value, dict):
        return None
    full, series = (value.get(key, _NULL) for key in _KEYS)
    return series if _is(full, "null", "false") else full


def _is(value: _Json, *tokens: str) -> bool:
    return isinstance(value, _Leaf) and value.token in tokens


def _printed(value: _Json, numbers: str) -> str:
    if not isinstance(value, _Leaf):
        return "{}" if isinstance(value, dict) else "[]"
    token = value.token
    if token[0] == '"':
        return _unquoted(token)
    if token in _CONSTANTS:
        return token
    token = token.partition("\0")[0]
    if not _NUMBER.fullmatch(token):
        return "null" if token.lstrip("+-")[0] in "nN" else "1.7976931348623157e+308"
    if numbers == "double":
        return repr(float(token)).removesuffix(".0")
    from decimal import Decimal, InvalidOperation

    try:
        return str(Decimal(token))
    except InvalidOperation:  # an exponent beyond all measure
        return token


def _unquoted(token: str) -> str:
    unquoted: str = json.loads(token) if "\\" in token else token[1:-1]
    return unquoted
