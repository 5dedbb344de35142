"""The text of a requirements file and its logical lines, as pip decodes, joins and cuts them.

In go the bytes of a file, out comes its text (`decoded`), and then its lines without comments and with continuations
joined (`logical_lines`), each of which can say where in the file any of its characters stands. The behaviour is that of
today's pip (`req_file.py`, read at 26.3); it is written anew because neither pip nor pip-requirements-parser keeps
columns, and because their expression for comments takes quadratic time on a long run of blanks.
"""

from __future__ import annotations

import codecs
import re
from bisect import bisect_right
from operator import itemgetter
from typing import TYPE_CHECKING

from deploylint.record import NamedTuple
from deploylint.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from deploylint.text import Span

# The longer mark first: that of UTF-32 begins with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CODING = re.compile(rb"coding[:=]\s*([-\w.]+)")
_SLOW_OR_STRANGE = frozenset({"idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape"})
"""Codecs that take quadratic time, or warn; no text file is encoded so."""


class UndecodableError(ValueError):
    """pip cannot decode the file: its text as far as it can be shown, and the offset of the first fault in it."""

    def __init__(self, message: str, text: Text, offset: int) -> None:
        super().__init__(message)
        self.text = text
        self.offset = offset


def decoded(path: str, data: bytes) -> tuple[Text, int]:
    """The text of a file as pip decodes it, and where its lines begin in it: after a byte order mark.

    The encoding is that of the mark, else the one that a comment in the first two lines declares, else UTF-8. Where
    that fails pip tries the encoding of the locale, which is UTF-8 too on the platforms; UndecodableError then. The
    text is that of `Text.decode` but where a comment declares another encoding: there it is what that one gives.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            _decode(path, data, encoding, len(mark))
            return Text.decode(path, data), 1
    for start, line in _first_lines(data):
        coding = _CODING.search(line) if line.startswith(b"#") else None
        if coding:
            return Text(path, _declared(path, data, coding[1].decode("ascii"), start + coding.start(1))), 0
    return Text(path, _decode(path, data, "utf-8", 0)), 0


def _first_lines(data: bytes) -> Iterator[tuple[int, bytes]]:
    end = data.find(b"\n")
    first = data if end < 0 else data[:end]
    yield 0, first
    if end >= 0:
        yield end + 1, data[end + 1 :].partition(b"\n")[0]


def _declared(path: str, data: bytes, encoding: str, place: int) -> str:
    """`data` decoded as a comment wants it; `place` is where the name of the encoding stands."""
    try:
        known = len(encoding) < 64 and codecs.lookup(encoding).name.replace("_", "-") not in _SLOW_OR_STRANGE
        if known:
            return _decode(path, data, encoding, 0)
    except LookupError:
        pass
    text = Text.decode(path, data)
    raise UndecodableError(f"no text encoding is named {encoding}", text, _offset(path, data[:place]))


def _decode(path: str, data: bytes, encoding: str, start: int) -> str:
    try:
        return data[start:].decode(encoding)
    except UnicodeError as error:
        at = start + error.start if isinstance(error, UnicodeDecodeError) else start
        message = f"byte {at + 1} of the file cannot be read as {encoding}"
        raise UndecodableError(message, Text.decode(path, data), _offset(path, data[:at])) from None


def _offset(path: str, before: bytes) -> int:
    return len(Text.decode(path, before).value)


class Line(NamedTuple):
    """A logical line: continuations joined, comment and outer blanks gone.

    `pieces` gives, for each stretch of `text` that stands together in the file, its start in `text` and in the file.
    """

    text: str
    pieces: tuple[tuple[int, int], ...]

    def offset(self, index: int) -> int:
        """Where character `index` of the line stands in the file."""
        if len(self.pieces) == 1:
            return self.pieces[0][1] + index
        start, offset = self.pieces[max(bisect_right(self.pieces, index, key=itemgetter(0)) - 1, 0)]
        return offset + index - start

    def span(self, text: Text, start: int, end: int) -> Span:
        """The region of the file from character `start` up to and not including `end` of the line."""
        if end > start:
            return text.span(self.offset(start), self.offset(end - 1) + 1)
        place = self.offset(start) if start < len(self.text) else self.offset(start - 1) + 1
        return text.span(place, place)


def logical_lines(raw_lines: Sequence[str], start: int = 0) -> Iterator[Line]:
    """The logical lines, blank ones left out, of the lines that `str.splitlines(keepends=True)` makes of a text, as pip
    parts it; the first of them begins at offset `start` of the file.

    A backslash at the end of a line joins the next one to it; a line that is only a comment ends a continuation.
    """
    pieces: list[tuple[str, int]] = []
    offset = start
    for raw in raw_lines:
        here, offset = offset, offset + len(raw)
        content = raw.splitlines()[0]
        comment = "#" in content and content.lstrip().startswith("#")
        if content.endswith("\\") and not comment:
            stripped = content.lstrip("\\")
            pieces.append((stripped.rstrip("\\"), here + len(content) - len(stripped)))
            continue
        if not comment:
            pieces.append((content, here))
        yield from _joined(pieces)
        pieces = []
    yield from _joined(pieces)


def _joined(pieces: list[tuple[str, int]]) -> Iterator[Line]:
    joined = "".join(content for content, _ in pieces)
    bare = joined[: _comment(joined)].rstrip() if "#" in joined else joined.rstrip()
    text = bare.lstrip()
    if not text:
        return
    starts: list[tuple[int, int]] = []
    at = len(text) - len(bare)
    for content, offset in pieces:
        if content:
            starts.append((at, offset))
        at += len(content)
    yield Line(text, tuple((begin, where) if begin >= 0 else (0, where - begin) for begin, where in starts))


def _comment(text: str) -> int:
    """Where the comment of a line begins: at a `#` that is the first character or follows a blank."""
    at = text.find("#")
    while at > 0 and not text[at - 1].isspace():
        at = text.find("#", at + 1)
    return at if at >= 0 else len(text)
