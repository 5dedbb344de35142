"""What a source says, as text that can be kept, and back.

Two pieces of JSON: what is needed of every source, and what its functions do, which is needed of few.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from deploylint.facts.events import ALWAYS, Call, Import, Place, Source, VersionTest, When

try:  # hashlib takes longer to load than all of this to run: it loads OpenSSL first
    from _blake2 import blake2b
except ImportError:  # pragma: no cover (an interpreter that has it elsewhere)
    from hashlib import blake2b

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from deploylint.facts.events import Event

_encode = json.JSONEncoder(separators=(",", ":")).encode
_decode = json.JSONDecoder().decode


def key_of(data: bytes) -> str:
    """What stands for these bytes: no others have the same."""
    return blake2b(data, digest_size=20).hexdigest()


def pack(source: Source) -> tuple[str, str]:
    """A source without trouble as two lines of ASCII."""
    exports = None if source.exports is None else sorted(source.exports)
    ran = (_packed(source.events), _packed(source.program))
    known = (*ran, list(source.functions), sorted(source.names), exports, source.dynamic)
    return _encode((*known, source.needs, source.size)), _encode(list(map(_packed, source.functions.values())))


def _packed(events: tuple[Event, ...]) -> list[object]:
    """Events with a 0 for what most of them say of when they run."""
    return [(*event[:-1], 0 if event.when == ALWAYS else event.when) for event in events]


def unpack(path: str, main: str, functions: str, read: Callable[[], Source]) -> Source:
    """The source again, of the file at `path`; where the lines are not what `pack` made, that which `read` gives."""
    try:
        events, program, called, names, exports, dynamic, needs, size = _decode(main)
        return Source(
            path,
            _events(events),
            _events(program),
            _Functions(called, functions, read) if called else MappingProxyType({}),
            frozenset(names),
            None if exports is None else frozenset(exports),
            dynamic,
            needs=(tuple(needs[0]), Place(*needs[1])) if needs else None,
            size=size,
        )
    except _WRONG:
        return read()


_WRONG = (ValueError, TypeError, IndexError, KeyError, AttributeError, RecursionError)


def _events(packed: list[Any]) -> tuple[Event, ...]:
    new = tuple.__new__  # what a NamedTuple's own does comes to the same, in three times the time
    return tuple(
        new(Call, (item[0], new(Place, item[1]), _when(item[2]) if item[2] else ALWAYS))
        if len(item) == 3
        else new(
            Import,
            (
                item[0],
                item[1],
                tuple(item[2]),
                tuple(item[3]),
                new(Place, item[4]),
                _when(item[5]) if item[5] else ALWAYS,
            ),
        )
        for item in packed
    )


def _when(packed: list[Any]) -> When:
    certain, guarded, tests, attempt, rescues, follows = packed
    read = tuple(VersionTest(operator, tuple(version)) for operator, version in tests)
    return When(certain, guarded, read, attempt, tuple(rescues), tuple(follows))


class _Functions(Mapping[str, "tuple[Event, ...]"]):
    """The functions of a source, unpacked when one of them is asked for."""

    def __init__(self, names: list[str], packed: str, read: Callable[[], Source]) -> None:
        self._names = dict.fromkeys(names)
        self._packed = packed
        self._read = read
        self._known: Mapping[str, tuple[Event, ...]] | None = None

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __getitem__(self, name: str) -> tuple[Event, ...]:
        if name not in self._names:
            raise KeyError(name)
        if self._known is None:
            try:
                self._known = dict(zip(self._names, map(_events, _decode(self._packed)), strict=True))
            except _WRONG:
                self._known = self._read().functions
        return self._known[name]
