"""Whether the public index has a distribution of some name: a filter over all names that it had in some month.

`rules/packages/names.bin`, made by `scripts/names.py`, is an exclusive-or filter (Graf and Lemire, “Xor Filters: Faster
and Smaller Than Bloom and Cuckoo Filters”, 2020). A name that is in the list is always found; of the others one in 256
is taken to be there. The file begins with two lines, the second of which ends the header with an empty line:

    # deploylint names 1
    # 2026-11: 886323 names, 363397 places, seed 0

Then come three tables of that many bytes. Of a name's 16-byte BLAKE2b digest, whose salt is the seed, each of the first
three words of four bytes (little-endian) chooses a place in one table, and the byte after them has to be the
exclusive-or of the three bytes that are found. The file is mapped, so that a look reads three pages of it.
"""

from __future__ import annotations

import re
from functools import lru_cache

from deploylint import package
from deploylint.record import NamedTuple

try:  # hashlib takes longer to load than all of this to run: it loads OpenSSL first
    from _blake2 import blake2b
except ImportError:  # pragma: no cover (an interpreter that has it elsewhere)
    from hashlib import blake2b

FILE = "packages/names.bin"
FORMAT = "# deploylint names 1"
_HEAD = re.compile(rb"# ([0-9]{4}-[0-9]{2}): ([0-9]+) names, ([0-9]+) places, seed ([0-9]+)")
_HEAD_LIMIT = 200


class Key(NamedTuple):
    """What a digest says: a place in each of the three tables, and the byte to be found."""

    places: tuple[int, int, int]
    mark: int


class Head(NamedTuple):
    """The header: the month of the list, how many names it had, and how the tables are read, which begin at `start`."""

    month: str
    total: int
    size: int
    seed: int
    start: int


def key(name: str, size: int, seed: int) -> Key:
    """Where to look for a normalised name in tables of `size` bytes."""
    digest = blake2b(name.encode("utf-8", "replace"), digest_size=16, salt=seed.to_bytes(8, "little")).digest()
    first, second, third = (int.from_bytes(digest[at : at + 4], "little") * size >> 32 for at in (0, 4, 8))
    return Key((first, size + second, 2 * size + third), digest[12])


@lru_cache(1)
def head() -> Head:
    """The header of the data. ValueError where it is in another format."""
    view = package.view(FILE)
    end = view.find(b"\n\n", 0, _HEAD_LIMIT)
    first, _, second = bytes(view[: max(end, 0)]).partition(b"\n")
    match = _HEAD.fullmatch(second)
    if first != FORMAT.encode() or match is None:
        raise ValueError(f"{FILE} is in another format")
    return Head(match[1].decode(), int(match[2]), int(match[3]), int(match[4]), end + 2)


def may_exist(name: str) -> bool:
    """Whether the list may have had the normalised `name`; where it says False, the list had none."""
    told = head()
    wanted = key(name, told.size, told.seed)
    view = package.view(FILE)
    one, two, three = (view[told.start + place] for place in wanted.places)
    return one ^ two ^ three == wanted.mark
