"""Files that name a Python version: runtime.txt and .python-version, as their lines and as their raw words.

The buildpack reads these files with sed in the C.UTF-8 locale, so a line ends at LF only, white space is glibc's, and
bytes that are not UTF-8 stay what they are. Source: heroku/heroku-buildpack-python v351 lib/python_version.sh,
read_trimmed_version_lines; the list of white space was observed with GNU sed 4.8 on glibc 2.36.
"""

from __future__ import annotations

import codecs
import json
import re
import struct
from types import NoneType
from typing import TYPE_CHECKING, NamedTuple

from deploylint.text import Span, Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from deploylint.tree import Tree, Trouble

# No-break spaces (U+00A0, U+2007, U+202F) and U+0085 are not white space for glibc.
BLANKS = "\t\n\v\f\r \u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2008\u2009\u200a\u2028\u2029\u205f\u3000"

_VERSION = re.compile(r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)(?:\.(0|[1-9][0-9]*))?")
_COLLATED = re.compile(r"(?:0|[1-9N][0-9NO]*)(?:\.(?:0|[1-9N][0-9NO]*)){1,2}")

# What file(1) counts as text: bell to carriage return, escape, everything from the space on but delete, and NEL.
_ASCII = frozenset([*range(7, 14), 27, *range(32, 127), 0x85])
_LATIN = _ASCII | frozenset(range(0xA0, 0x100))
_EXTENDED = _ASCII | frozenset(range(0x80, 0x100))
# The same in EBCDIC: seven controls, escape and NEL, and the letters, which begin with the space at 0x40.
_EBCDIC = frozenset([5, 11, 12, 13, 0x15, 0x16, 0x25, 0x27, 0x2F, *range(0x40, 0x100)]) - {0xE1}
_CONTROLS = frozenset(range(128)) - _ASCII
_NO_CHARACTERS = frozenset([0xFFFE, 0xFFFF, *range(0xFDD0, 0xFDF0)])
_LOOKED_AT = 64 * 1024


class VersionLine(NamedTuple):
    """One line that is neither blank nor a comment, trimmed, and where it stands."""

    value: str
    span: Span


class VersionFile(NamedTuple):
    """A version file. `raw` is the text as a shell sees it: UTF-8, other bytes as lone surrogates."""

    path: str
    data: bytes
    raw: str
    text: Text
    lines: tuple[VersionLine, ...]
    trouble: Trouble | None

    @property
    def span(self) -> Span:
        """What a finding about the whole file points at: its only line, else its first."""
        return self.lines[0].span if len(self.lines) == 1 else self.text.whole


def read_version_file(tree: Tree, path: str) -> VersionFile:
    """The version file at `path`, which is a file."""
    content = tree.read(path)
    raw = content.data.decode("utf-8", "surrogateescape")
    text = Text.decode(path, content.data)
    return VersionFile(path, content.data, raw, text, tuple(_lines(raw, text)), content.trouble)


def _lines(raw: str, text: Text) -> list[VersionLine]:
    found = []
    start = 0
    exact = text.value == raw
    for line in raw.split("\n"):
        value = line.strip(BLANKS)
        if value and not value.startswith("#"):
            begin = start + line.index(value)
            span = text.span(begin, begin + len(value)) if exact else text.whole
            found.append(VersionLine(value, span))
        start += len(line) + 1
    return found


def parse_version(value: str) -> tuple[int, ...] | None:
    """`3.13` or `3.13.2` as numbers, by the buildpack's expression: no leading zeros, no signs, ASCII digits only.
    None for anything else, and for numbers of more than nine digits, which no release has.
    """
    match = _VERSION.fullmatch(value)
    if not match or any(len(part) > 9 for part in match.groups() if part):
        return None
    return tuple(int(part) for part in match.groups() if part is not None)


def has_version_form(value: str) -> bool:
    """Whether the buildpack's expression accepts `value`, however large its numbers are. The shell asks the collating
    order of en_US.UTF-8, in which the ranges 0-9 and 1-9 hold the digits of every script but their nines; only the
    number that is a lone zero must be the ASCII one. Observed with glibc 2.36. Not modelled: characters that stand for
    numbers without being digits, such as fractions and cuneiform, most of which lie in these ranges too.
    """
    return (_VERSION.fullmatch(value) if value.isascii() else _COLLATED.fullmatch(_collated(value))) is not None


def _collated(value: str) -> str:
    """`value` with N for each digit that is not ASCII, O where that is a zero, X for all else but digits and dots."""
    import unicodedata

    def name(letter: str) -> str:
        if letter in ".0123456789":
            return letter
        return "ONNNNNNNNX"[unicodedata.digit(letter, 9)] if not letter.isascii() else "X"

    return "".join(map(name, value))


def shell_number(digits: str) -> int | None:
    """What the shell's arithmetic makes of a decimal number: it keeps the lowest 64 bits, the highest as the sign. None
    for digits that are not ASCII, on which it fails.
    """
    if not digits.isascii():
        return None
    value = 0
    for start in range(0, len(digits), 18):
        part = digits[start : start + 18]
        value = (value * 10 ** len(part) + int(part)) % 2**64
    return value - 2**64 if value >= 2**63 else value


# ------------------------------------------------------------------------------------------------ encodings


def is_foreign_encoding(data: bytes) -> bool:
    """Whether file(1) would call these bytes text in an encoding that the buildpack does not read: UTF-16, UTF-8 with
    a byte order mark, Latin-1, EBCDIC. What it takes for no text at all is `data`, a file of one byte is too short for
    it, and `extended-ASCII` contains `ASCII text`: for all of these the buildpack blames the version.

    As file 5.45 and 5.46 answer. Not modelled: tar archives, old Office documents and tapes, which it knows by their
    structure and which are foreign too; and 5.41 (heroku-22), to which a table of values between commas is foreign.
    """
    cut = max(len(data.rstrip(b"\0")), 1)
    if cut == 1:
        return False
    # Of the NUL bytes at the end it takes one back where a file of UTF-16 would be torn apart.
    head = data[: cut + (cut & 1 and not len(data) & 1)][:_LOOKED_AT]
    if _ASCII.issuperset(head):
        return len(head) > 4 and head.startswith((b"+/v8", b"+/v9", b"+/v+", b"+/v/"))
    if head.startswith(codecs.BOM_UTF8) and len(head) > 3 and _utf8(head[3:]) is not None:
        return True
    if not (_utf8(head) or "").isascii():
        return False
    if _is_utf32(head) or _is_utf16(head) or _LATIN.issuperset(head):
        return True
    return not _EXTENDED.issuperset(head) and _EBCDIC.issuperset(head)


def _utf8(data: bytes) -> str | None:
    """The text, where it is UTF-8 without odd control characters; the last character may be cut off."""
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(data)
    except UnicodeDecodeError:
        return None
    return text if _CONTROLS.isdisjoint(data) else None


def _is_utf32(data: bytes) -> bool:
    order = {codecs.BOM_UTF32_LE: "<", codecs.BOM_UTF32_BE: ">"}.get(data[:4])
    return order is not None and _CONTROLS.union([0xFFFE]).isdisjoint(_units(data, f"{order}I"))


def _is_utf16(data: bytes) -> bool:
    order = {codecs.BOM_UTF16_LE: "<", codecs.BOM_UTF16_BE: ">"}.get(data[:2])
    if order is None:
        return False
    try:
        codecs.getincrementaldecoder("utf-16")().decode(data)
    except UnicodeDecodeError:
        return False
    return _CONTROLS.union(_NO_CHARACTERS).isdisjoint(_units(data, f"{order}H"))


def _units(data: bytes, form: str) -> Iterator[int]:
    """The code units behind the byte order mark; what is left over at the end is not looked at."""
    size = struct.calcsize(form)
    return (unit for (unit,) in struct.iter_unpack(form, data[size : len(data) // size * size]))


# ------------------------------------------------------------------------------------------------ Pipfile.lock


class LockedVersion(NamedTuple):
    """What a Pipfile.lock says: `printed` is what the buildpack's jq would print, None where it would fail; the span
    is that of the value, of the first thing that is wrong, or of the first line.
    """

    printed: str | None
    span: Span


class Jq(NamedTuple):
    """What differs between releases of jq: how many brackets and keys may be open at once, and whether a number is kept
    as it is written (`3.10`) or is a double (`3.1`).
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
        asked = [_asked(value) for value in _values(raw, jq.depth)]
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


def _values(raw: str, depth: int) -> Iterator[_Json]:
    """Each value of the text. _Broken where it is not what jq takes for JSON."""
    stack: list[dict[str, _Json] | list[_Json]] = []
    keys: list[str] = []
    allowed = _VALUE
    for kind, leaf in _tokens(raw):
        if kind not in allowed or (kind in "[{" and len(stack) + len(keys) >= depth):
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


def _tokens(raw: str) -> Iterator[tuple[str, _Leaf]]:
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
        elif kind == "w" and not _is_word(token):
            raise _Broken(start)
        yield kind, _Leaf(token, start)
    rest = raw[position:].lstrip(" \t\n\r")
    if rest:  # a string without an end
        raise _Broken(len(raw) - len(rest))


def _is_word(token: str) -> bool:
    number = token.partition("\0")[0]  # a string of C again
    return token in _CONSTANTS or (_NUMBER.fullmatch(number) or _NO_NUMBER.fullmatch(number)) is not None


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
