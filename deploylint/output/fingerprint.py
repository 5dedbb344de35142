"""The fingerprint of a line: bytes of a file go in, GitHub's `primaryLocationLineHash` of each line comes out.

GitHub knows an alert again after the lines above it have moved because the upload action hashes the line, and it warns
for each result whose value differs from its own. So this gives exactly its values, for those who upload without the
action, and it is a key for a baseline that survives an edit elsewhere in the file.

What is hashed (found in `src/fingerprints.ts` of github/codeql-action, June 2026): the file as UTF-8, a byte that is
none as U+FFFD, a byte order mark kept; as UTF-16 units, without spaces and tabs, every line end as one LF, then the
unit 65535 and as many zeros as are needed. A line's hash covers the 100 units that begin with the line, as a
polynomial in 37 modulo 2**64, and is followed by the number of times that it has occurred in the file so far.
"""

from __future__ import annotations

from array import array
from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_WINDOW = 100
_FACTOR = 37
_MASK = 2**64 - 1
_LEAVING = pow(_FACTOR, _WINDOW, 2**64)
_END_OF_FILE = 0xFFFF
_LINE_FEED = 0x0A


def line_fingerprints(data: bytes, *, complete: bool = True) -> Iterator[str]:
    """The fingerprint of each line of `data`, in order, each computed when it is asked for.

    There is always one more than there are line ends. With `complete=False`, `data` is only the beginning of a file,
    and the lines whose hash would need what follows are left out. Never fails, and takes time linear in the size.
    """
    text = data.decode("utf-8", errors="replace").replace("\r\n", "\n").replace("\r", "\n")
    units = array("H", text.replace(" ", "").replace("\t", "").encode("utf-16")[2:])  # native order, after the mark
    if complete:
        units.append(_END_OF_FILE)
    size = len(units)
    units.extend([0] * _WINDOW)
    seen: Counter[int] = Counter()
    value, before = 0, -_WINDOW
    start = 0
    # Of an incomplete file, a window must end before the last unit, for the cut may have gone through a character.
    while start < size if complete else start + _WINDOW < size:
        value = _hash_at(units, start, value, before)
        before = start
        seen[value] += 1
        yield f"{value:x}:{seen[value]}"
        try:
            start = units.index(_LINE_FEED, start) + 1
        except ValueError:
            return


def _hash_at(units: array[int], start: int, value: int, before: int) -> int:
    """The hash of the window at `start`, rolled on from `value`, that of the window at `before`, where they overlap."""
    if start - before >= _WINDOW:
        value = 0
        for unit in units[start : start + _WINDOW]:
            value = (value * _FACTOR + unit) & _MASK
        return value
    for position in range(before, start):
        value = (value * _FACTOR + units[position + _WINDOW] - _LEAVING * units[position]) & _MASK
    return value


class FileFingerprints:
    """The fingerprints of one file, for asking line by line; no further computed than has been asked."""

    def __init__(self, data: bytes, *, complete: bool = True) -> None:
        self._rest = line_fingerprints(data, complete=complete)
        self._known: list[str] = []

    def line(self, number: int) -> str | None:
        """The fingerprint of line `number`, counted from 1; None where it has none."""
        self._known.extend(islice(self._rest, max(number - len(self._known), 0)))
        return self._known[number - 1] if 1 <= number <= len(self._known) else None
