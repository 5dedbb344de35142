"""Pieces of text that are put in place of others, and line ends that stay as a file has them."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from deploylint.text import Text

_LINE_END = re.compile(r"\r\n|\n")


@dataclass(frozen=True, slots=True, order=True)
class Splice:
    """Put `text` in place of what stands from offset `start` up to offset `end` of a file's `Text.value`."""

    start: int
    end: int
    text: str


def line_end(value: str) -> str:
    """The line end that most lines of a text have; LF where there is none or where it is a tie."""
    pairs = value.count("\r\n")
    counts = {"\n": value.count("\n") - pairs, "\r\n": pairs, "\r": value.count("\r") - pairs}
    return max(counts, key=counts.__getitem__)


def with_line_end(text: str, end: str) -> str:
    """`text` with `end` for each of its line ends LF and CRLF."""
    return _LINE_END.sub(end, text)


def spliced(value: str, splices: Iterable[Splice]) -> str:
    """`value` with all `splices` made, which must not overlap; of two at one place, the one that is empty is first."""
    pieces: list[str] = []
    done = 0
    for splice in sorted(splices):
        pieces += (value[done : splice.start], splice.text)
        done = splice.end
    return "".join([*pieces, value[done:]])


def overlap(one: Splice, other: Splice) -> bool:
    """Whether two splices have something in common, or insert at one place."""
    if one.start == one.end == other.start == other.end:
        return True
    return one.start < other.end and other.start < one.end


def collide(one: Splice, other: Splice, text: Text) -> bool:
    """Whether splices of different fixes do not go together: they overlap, or touch other than at a line's start."""
    first, second = sorted((one, other))
    return overlap(one, other) or (first.end == second.start and text.place(second.start)[1] != 1)


def near(splices: list[Splice], splice: Splice) -> Iterator[Splice]:
    """Those of `splices`, which are sorted and do not overlap, that overlap `splice` or touch it."""
    middle = bisect_left(splices, splice)
    at = middle
    while at < len(splices) and splices[at].start <= splice.end:
        yield splices[at]
        at += 1
    at = middle - 1
    while at >= 0 and splices[at].end >= splice.start:
        yield splices[at]
        at -= 1
