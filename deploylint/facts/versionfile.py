"""Files that name a Python version: runtime.txt and .python-version, as their lines and as their raw words.

The classic buildpack reads these files with sed in the C.UTF-8 locale, so a line ends at LF only, white space is
glibc's, and bytes that are not UTF-8 stay what they are. The Cloud Native one reads them in Rust: UTF-8 or nothing, the
white space of Unicode, numbers of 16 bits. Sources: heroku/heroku-buildpack-python v351 lib/python_version.sh,
read_trimmed_version_lines; the list of white space was observed with GNU sed 4.8 on glibc 2.36;
heroku/buildpacks-python v6.5.6 src/python_version_file.rs.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from deploylint.record import NamedTuple
from deploylint.text import Span, Text

if TYPE_CHECKING:
    from deploylint.tree import Tree, Trouble

# No-break spaces (U+00A0, U+2007, U+202F) and U+0085 are not white space for glibc, but they are for Unicode.
BLANKS = "\t\n\v\f\r \u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2008\u2009\u200a\u2028\u2029\u205f\u3000"
UNICODE_BLANKS = f"{BLANKS}\x85\xa0\u2007\u202f"

_VERSION = re.compile(r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)(?:\.(0|[1-9][0-9]*))?")
_COLLATED = re.compile(r"(?:0|[1-9N][0-9NO]*)(?:\.(?:0|[1-9N][0-9NO]*)){1,2}")


class VersionLine(NamedTuple):
    """One line that is neither blank nor a comment, trimmed, and its offset in `text`: None where the text is read in
    another encoding than the shell's, so that no offset says where the line stands.
    """

    value: str
    text: Text
    offset: int | None

    @property
    def span(self) -> Span:
        """Where the line stands; worked out when asked for, since a file may have a million lines."""
        if self.offset is None:
            return self.text.whole
        return self.text.span(self.offset, self.offset + len(self.value))


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


def read_version_file(tree: Tree, path: str, blanks: str = BLANKS) -> VersionFile:
    """The version file at `path`, which is a file; `blanks` are the characters that are cut off its lines."""
    content = tree.read(path)
    raw = content.data.decode("utf-8", "surrogateescape")
    text = Text.decode(path, content.data)
    return VersionFile(path, content.data, raw, text, tuple(_lines(raw, text, blanks)), content.trouble)


def _lines(raw: str, text: Text, blanks: str) -> list[VersionLine]:
    found = []
    start = 0
    exact = text.value == raw
    for line in raw.split("\n"):
        value = line.strip(blanks)
        if value and not value.startswith("#"):
            found.append(VersionLine(value, text, start + line.index(value) if exact else None))
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
    order of its locale, in which the ranges 0-9 and 1-9 hold far more than the ten digits; only the number that is a
    lone zero must be the ASCII one.
    """
    return (_VERSION.fullmatch(value) if value.isascii() else _COLLATED.fullmatch(_collated(value))) is not None


def _collated(value: str) -> str:
    """`value` with N for each character beyond ASCII that lies in 1-9, O for those in 0-9 alone, X for all else but
    digits and dots.
    """
    from deploylint.facts.collation import in_digits

    def name(letter: str) -> str:
        if letter in ".0123456789":
            return letter
        return in_digits(letter) or "X"

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


_UNSIGNED = re.compile(r"\+?0*([0-9]{1,5})")


def small_numbers(value: str) -> tuple[int, ...] | None:
    """`3.13` or `3.13.2` as numbers of 16 bits, as Rust parses them: zeros and a plus sign may lead, ASCII digits only.
    None for anything else.
    """
    matches = [_UNSIGNED.fullmatch(part) for part in value.split(".", 3)]
    numbers = tuple(int(match[1]) for match in matches if match)
    return numbers if len(numbers) == len(matches) in (2, 3) and max(numbers) < 2**16 else None
