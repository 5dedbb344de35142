"""Which characters beyond ASCII a shell takes for digits; data in `rules/collation.toml`, which few runs ever need."""

from __future__ import annotations

from bisect import bisect_right
from functools import lru_cache

from deploylint import package


def in_digits(letter: str) -> str:
    """N for a character beyond ASCII that lies in the range 1-9 of the locale en_US.UTF-8, O for one that lies in 0-9
    alone, nothing for any other.
    """
    ranges = _ranges()
    at = bisect_right(ranges, (ord(letter), 0x110000, "")) - 1
    return ranges[at][2] if at >= 0 and ord(letter) <= ranges[at][1] else ""


@lru_cache
def _ranges() -> list[tuple[int, int, str]]:
    """First, last and kind of each range, sorted."""
    data = package.table("collation.toml")
    found = []
    for kind, key in (("N", "one_to_nine"), ("O", "zero")):
        for written in data[key].split():
            first, _, last = written.partition("-")
            found.append((int(first, 16), int(last or first, 16), kind))
    return sorted(found)
