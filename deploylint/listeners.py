"""Calls in a program that start a server; data in `rules/listeners.toml`."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from deploylint import package
from deploylint.compat import tomllib

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Listener(NamedTuple):
    """One call, by the full name of what is called. Of a parameter: its name, and its place where it has one."""

    name: str
    version: str
    listens: str
    host: Sequence[Any] = ()
    port: Sequence[Any] = ()
    address: Sequence[Any] = ()
    other: Sequence[str] = ()
    unless: Sequence[str] = ()

    @property
    def default(self) -> tuple[str, str]:
        """Host and port where the call names none; an empty port where it must name one."""
        host, _, port = self.listens.rpartition(":")
        return host, port


class Listeners(NamedTuple):
    """All that is known: by full name the calls that can be judged, the `others`, and the last parts of both."""

    calls: Mapping[str, Listener]
    others: frozenset[str]
    words: frozenset[bytes]


@lru_cache
def listeners() -> Listeners:
    """The calls."""
    data = tomllib.loads(package.read("listeners.toml"))
    calls = {name: Listener(name, **row) for name, row in data["calls"].items()}
    others = frozenset(data["others"])
    return Listeners(calls, others, frozenset(name.rpartition(".")[2].encode() for name in (*calls, *others)))
