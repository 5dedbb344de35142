"""Tables of what buildpacks were observed to say of small source trees: `tests/data/heroku-*.json`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from deploylint.tree import Entry, Kind, Tree

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def load_table(name: str) -> dict[str, Any]:
    """A table, as its own `about` tells."""
    table: dict[str, Any] = json.loads((Path(__file__).parent / "data" / f"{name}.json").read_text())
    return table


def tree_of(described: Mapping[str, Any]) -> Tree:
    """The tree that a row describes."""
    return Tree.of({path: _contents(value) for path, value in described.items()})


def _contents(described: Any) -> bytes | Entry:
    if isinstance(described, str):
        return described.encode("latin-1")
    if "pieces" in described:
        return "".join(piece * times for piece, times in described["pieces"]).encode("latin-1")
    return Entry("", Kind.LINK, target=described["link"]) if "link" in described else Entry("", Kind.DIRECTORY)


def rows(table: Mapping[str, Any], of: str | None = None) -> Iterator[Any]:
    """Every row as parameters of a test: stack (where the group has one), tree and verdict; `of` chooses groups."""
    for group in table["groups"]:
        if of not in (None, group.get("of")):
            continue
        stack = [group["stack"]] if "stack" in group else []
        for number, (files, verdict) in enumerate(group["rows"]):
            yield pytest.param(*stack, files, verdict, id="-".join([group["title"], *stack, str(number)]))
