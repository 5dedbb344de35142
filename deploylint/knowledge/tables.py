"""Looking things up in the sorted files of `rules/packages/`: each look-up reads the few bytes that it needs.

There are two shapes: blocks of lines with an empty line between two, and lines. Both are sorted by their first word.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploylint.package import Bytes

_BLOCK_END = b"\n\n"


def block(view: Bytes, name: str) -> str:
    """The block of `name`, without a line end; the empty string where there is none."""
    key = name.encode("utf-8", "replace")
    low, high = 0, len(view)
    while low < high:
        middle = (low + high) // 2
        end = view.rfind(_BLOCK_END, low, middle)
        start = low if end < 0 else end + 2
        close = view.find(_BLOCK_END, start, high)
        stop = high if close < 0 else close
        blank = view.find(b" ", start, stop)
        found = view[start : stop if blank < 0 else blank]
        if found == key:
            return bytes(view[start:stop]).decode("utf-8").rstrip("\n")
        if found < key:
            low = high if close < 0 else close + 2
        else:
            high = start
    return ""


def named(view: Bytes, name: str) -> Iterator[str]:
    """The blocks, but for the first of the file, whose first word is `name`."""
    start = view.find(f"\n\n{name} ".encode())
    while start >= 0:
        end = view.find(_BLOCK_END, start + len(_BLOCK_END))
        close = len(view) if end < 0 else end
        yield bytes(view[start:close]).decode("utf-8").strip("\n")
        start = view.find(f"\n\n{name} ".encode(), close)


def headed(view: Bytes, head: str) -> str:
    """The block, not the first of the file, whose first line is `head`; the empty string where there is none."""
    start = view.find(f"\n\n{head}\n".encode()) + len(_BLOCK_END)
    if start < len(_BLOCK_END):
        return ""
    end = view.find(_BLOCK_END, start)
    return bytes(view[start : len(view) if end < 0 else end]).decode("utf-8").rstrip("\n")


def line(view: Bytes, word: str) -> list[str]:
    """What follows the first word of the line of `word`; empty where there is none."""
    start = _at_least(view, word.encode("utf-8", "replace") + b" ")
    end = view.find(b"\n", start)
    first, *rest = bytes(view[start : len(view) if end < 0 else end]).decode("utf-8").split(" ")
    return rest if first == word else []


def below(view: Bytes, prefix: str) -> set[str]:
    """What follows the first word in all lines that begin with `prefix`."""
    key = prefix.encode("utf-8", "replace")
    found: set[str] = set()
    start = _at_least(view, key)
    while start < len(view):
        end = view.find(b"\n", start)
        text = bytes(view[start : len(view) if end < 0 else end])
        if not text.startswith(key):
            break
        found.update(text.decode("utf-8").split(" ")[1:])
        start += len(text) + 1
    return found


def _at_least(view: Bytes, key: bytes) -> int:
    """Where the first line begins that is not less than `key`; the end of the view where there is none."""
    low, high = 0, len(view)
    while low < high:
        middle = (low + high) // 2
        start = max(view.rfind(b"\n", low, middle) + 1, low)
        close = view.find(b"\n", start, high)
        stop = high if close < 0 else close
        if view[start:stop] < key:
            low = high if close < 0 else close + 1
        else:
            high = start
    return low
