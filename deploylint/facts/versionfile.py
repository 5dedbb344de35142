"""Files that name a Python version: runtime.txt and .python-version, as their lines and as their raw words.

The buildpack reads these files with sed in the C.UTF-8 locale, so a line ends at LF only, white space is glibc's, and
bytes that are not UTF-8 stay what they are. Source: heroku/heroku-buildpack-python v351 lib/python_version.sh,
read_trimmed_version_lines; the list of white space was observed with GNU sed 4.8 on glibc 2.36.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from deploylint.text import Span, Text

if TYPE_CHECKING:
    from deploylint.tree import Tree, Trouble

# No-break spaces (U+00A0, U+2007, U+202F) and U+0085 are not white space for glibc.
BLANKS = "\t\n\v\f\r \u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2008\u2009\u200a\u2028\u2029\u205f\u3000"

_VERSION = re.compile(r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)(?:\.(0|[1-9][0-9]*))?")

# What file(1) counts as text: bell to carriage return, escape, and everything from the space on but delete.
_TEXT_BYTES = frozenset([*range(7, 14), 27, *range(32, 127), *range(128, 256)])
_LATIN_CONTROLS = frozenset(range(128, 160)) - {0x85}


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
    """Whether the buildpack's expression accepts `value`, however large its numbers are."""
    return _VERSION.fullmatch(value) is not None


def is_foreign_encoding(data: bytes) -> bool:
    """Whether file(1) would call these bytes text in an encoding that the buildpack does not read: UTF-16, UTF-8 with
    a byte order mark, Latin-1. Control characters make it `data` instead, and `extended-ASCII` contains `ASCII text`:
    for both the buildpack blames the version and not the encoding.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    if not _TEXT_BYTES.issuperset(data):
        return False
    if data.startswith(b"\xef\xbb\xbf"):
        return True
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return not any(byte in _LATIN_CONTROLS for byte in data)
    return False
