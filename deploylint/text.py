"""Places in files: what a finding points at, and how an offset becomes a line and a column.

Lines and columns are 1-based, columns count code points, and an end is exclusive, as SARIF and editors want it. A line
ends at LF, CRLF or a lone CR (the same three that GitHub's fingerprints know) and at nothing else: `str.splitlines`
would also break at form feeds and U+2028, and then every later line number would be wrong.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property

from deploylint.record import NamedTuple

_LINE_END = re.compile(r"\r\n|\n|\r")


class Span(NamedTuple):
    """A region of one file. `path` is relative to the app root, with slashes; `.` stands for an empty tree."""

    path: str
    line: int = 1
    column: int = 1
    end_line: int = 1
    end_column: int = 1

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"


@dataclass(frozen=True)
class Text:
    """The decoded contents of one file. Offsets are indices into `value`, so they count code points."""

    path: str
    value: str

    @classmethod
    def decode(cls, path: str, data: bytes) -> Text:
        """Decode `data` for showing and pointing, never failing.

        UTF-16 and UTF-32 are taken only with a byte order mark. The mark itself stays in `value`, as a code point that
        can be pointed at. A byte that is not UTF-8 becomes one lone surrogate, so that every byte has a column.
        """
        for mark, encoding in _MARKS:
            if data.startswith(mark):
                return cls(path, data.decode(encoding, errors="replace"))
        return cls(path, data.decode("utf-8", errors="surrogateescape"))

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(match.end() for match in _LINE_END.finditer(self.value))]

    @property
    def line_count(self) -> int:
        """How many lines there are; a final line end does not open another line, an empty text has one line."""
        starts = self._starts
        return len(starts) - 1 if len(starts) > 1 and starts[-1] == len(self.value) else len(starts)

    def line(self, number: int) -> str:
        """Line `number` without its line end; the empty string for a line that does not exist."""
        starts = self._starts
        if not 1 <= number <= len(starts):
            return ""
        end = starts[number] if number < len(starts) else len(self.value)
        return self.value[starts[number - 1] : end].rstrip("\r\n")

    def offset(self, line: int, column: int = 1) -> int:
        """The offset of a place, clamped into the text."""
        starts = self._starts
        start = starts[min(max(line, 1), len(starts)) - 1]
        return min(start + max(column, 1) - 1, len(self.value))

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, clamped into the text."""
        offset = min(max(offset, 0), len(self.value))
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def column(self, line: int, offset: int) -> int:
        """The column of a place as `ast` tells it: an `offset` into the line, from 0, in bytes of UTF-8."""
        source = self.line(line)
        if source.isascii():
            return offset + 1
        # The parser drops a byte order mark before it counts; here it is a column.
        mark = 1 if line == 1 and source.startswith("\ufeff") else 0
        return len(source[mark:].encode("utf-8", "surrogateescape")[:offset].decode("utf-8", "replace")) + mark + 1

    def span(self, start: int, end: int) -> Span:
        """The region from offset `start` up to and not including offset `end`."""
        line, column = self.place(start)
        end_line, end_column = self.place(max(start, end))
        return Span(self.path, line, column, end_line, end_column)

    def line_span(self, number: int) -> Span:
        """The whole of line `number`, without its line end."""
        number = min(max(number, 1), self.line_count)
        return Span(self.path, number, 1, number, len(self.line(number)) + 1)

    @property
    def whole(self) -> Span:
        """The first line: where a finding about a file as a whole stands (one line, so that pull requests show it)."""
        return self.line_span(1)


# The longer mark first: UTF-32-LE begins with UTF-16-LE's.
_MARKS = (
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
