"""Make `rules/packages/names.bin`, a filter over all names of a package index, and `popular.txt`.

    python scripts/names.py read LIST --month 2026-11 [--rank COLUMN]
    python scripts/names.py ask

`read` takes the names from a file, one a line: what stands before the first tab; lines with # are passed over. With
`--rank` a column, counted from 1, holds the place of a name among the most downloaded; then the names that have such a
number are written to popular.txt too, the most downloaded first. `ask` asks the index that pip is configured for, once,
for its list of all projects (the JSON form of the simple API); popular.txt stays as it is.

What the file holds is told in `deploylint/knowledge/names.py`. The names are put into it by peeling: a place that
only one name leads to is left for that name, which is taken out, and so on until none is left; then they are put in,
the last first.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import re
import sys
from array import array
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name
from registry import PAGE, Registry, RegistryError

from deploylint.knowledge.names import FORMAT, key

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

DATA = Path(__file__).parent.parent / "rules" / "packages"
ROOM = 1.23
"""Bytes for each name; with fewer, peeling mostly comes to an end before all are out."""
SPARE = 11
"""Places that each table has beyond that, for short lists."""
LIST_LIMIT = 256 * 1024 * 1024
FEWEST = 100_000
"""An index with fewer names than this is not the public one."""
_VALID = re.compile(r"[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?", re.IGNORECASE)


class BuildError(Exception):
    """No filter can be made."""


def read(lines: Iterable[str], rank: int | None = None) -> tuple[set[str], list[str]]:
    """The normalised names of a list, and those with a number in the column `rank`, in the order of the numbers."""
    names: set[str] = set()
    ranked: dict[str, int] = {}
    for line in lines:
        columns = line.rstrip("\n").split("\t")
        if line.startswith("#") or not _VALID.fullmatch(columns[0]):
            continue
        name = canonicalize_name(columns[0])
        names.add(name)
        if rank is not None and len(columns) >= rank and columns[rank - 1].isdigit():
            ranked[name] = int(columns[rank - 1])
    return names, sorted(ranked, key=lambda name: (ranked[name], name))


def ask(registry: Registry) -> set[str]:
    """All names that the index has. RegistryError where it does not tell, or has too few to be the public one."""
    reply = registry.fetch(registry.base, {"Accept": PAGE}, LIST_LIMIT)
    if reply.status != 200 or "json" not in reply.headers.get("content-type", ""):
        raise RegistryError(f"no list of projects ({reply.status})")
    names, _ = read(str(project["name"]) for project in json.loads(reply.body)["projects"])
    if len(names) < FEWEST:
        raise RegistryError(f"only {len(names)} names: this is not the public index")
    return names


def build(names: Iterable[str], month: str, tries: int = 10) -> bytes:
    """The file for some names. BuildError where no seed does it."""
    ordered = sorted(set(names))
    size = int(len(ordered) * ROOM) // 3 + SPARE
    for seed in range(tries):
        tables = _tables(ordered, size, seed)
        if tables is not None:
            head = f"{FORMAT}\n# {month}: {len(ordered)} names, {size} places, seed {seed}\n\n"
            return head.encode() + tables
    raise BuildError("no seed was found")


def _tables(names: Sequence[str], size: int, seed: int) -> bytearray | None:
    """The three tables; None where peeling comes to an end too early."""
    keys = [key(name, size, seed) for name in names]
    count = array("Q", bytes(8 * 3 * size))
    sums = array("Q", bytes(8 * 3 * size))  # exclusive-or of all that lead here: the name itself where it is alone
    for at, one in enumerate(keys):
        for place in one.places:
            count[place] += 1
            sums[place] ^= at
    alone = [place for place in range(3 * size) if count[place] == 1]
    peeled: list[tuple[int, int]] = []
    while alone:
        place = alone.pop()
        if count[place] != 1:
            continue
        at = sums[place]
        peeled.append((at, place))
        for other in keys[at].places:
            count[other] -= 1
            sums[other] ^= at
            if count[other] == 1:
                alone.append(other)
    if len(peeled) < len(names):
        return None
    tables = bytearray(3 * size)
    for at, place in reversed(peeled):
        first, second, third = keys[at].places
        tables[place] = keys[at].mark ^ tables[first] ^ tables[second] ^ tables[third] ^ tables[place]
    return tables


def main(arguments: Sequence[str] | None = None, registry: Registry | None = None, data: Path = DATA) -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    reading = commands.add_parser("read", help="take the names from a file")
    reading.add_argument("list", type=Path)
    reading.add_argument("--month", required=True, help="when the list was made, as 2026-11")
    reading.add_argument("--rank", type=int, help="the column with the place among the most downloaded")
    commands.add_parser("ask", help="take the names from the index that pip is configured for")
    options = parser.parse_args(arguments)
    popular: list[str] = []
    try:
        if options.command == "ask":
            month = dt.datetime.now(dt.timezone.utc).strftime("%Y-%m")
            names = ask(registry or Registry.of_pip())
        else:
            month = options.month
            with options.list.open(encoding="utf-8") as lines:
                names, popular = read(lines, options.rank)
        (data / "names.bin").write_bytes(build(names, month))
    except (RegistryError, BuildError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    if popular:
        (data / "popular.txt").write_bytes(("\n".join(popular) + "\n").encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
