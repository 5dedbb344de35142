"""Calls in a program that start a server, and libraries of bots; data in `rules/{listeners,bots}.toml`."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from deploylint import package
from deploylint.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


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
    hidden: Sequence[str] = ()

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
    data = package.table("listeners.toml")
    calls = {name: Listener(name, **row) for name, row in data["calls"].items()}
    others = frozenset(data["others"])
    return Listeners(calls, others, frozenset(name.rpartition(".")[2].encode() for name in (*calls, *others)))


class Bots(NamedTuple):
    """Libraries of bots: by module the calls that ask for messages as long as the program runs; the packages and the
    words of sources that may have to do with a server, and the packages that certainly have not.
    """

    calls: Mapping[str, Sequence[str]]
    listeners: frozenset[str]
    words: Sequence[str]
    quiet: frozenset[str]

    @property
    def packages(self) -> frozenset[str]:
        """The top-level packages of the libraries."""
        return frozenset(name.partition(".")[0] for name in self.calls)

    def asks(self, name: str) -> bool:
        """Whether a call of this full name asks for messages."""
        return any(
            name.startswith(f"{module}.") and f".{name}".endswith(f".{call}")
            for module, calls in self.calls.items()
            for call in calls
        )

    @property
    def last_words(self) -> Iterator[bytes]:
        """The last parts of the names of these calls."""
        return (call.rpartition(".")[2].encode() for calls in self.calls.values() for call in calls)


@lru_cache
def bots() -> Bots:
    """The libraries."""
    data = package.table("bots.toml")
    calls = {name: tuple(row.get("calls", ())) for name, row in data["bots"].items()}
    return Bots(calls, frozenset(data["listeners"]), tuple(data["words"]), frozenset(data["quiet"]))
