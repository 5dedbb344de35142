"""Methods of lists, dicts and sets: what they change, and what they read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deploylint.facts import comparisons, operations
from deploylint.facts.operations import Raised, Unsure, elements
from deploylint.facts.values import Items, Known, Rest, Table, Value, equal
from deploylint.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from deploylint.facts.calls import Calls


class Args(NamedTuple):
    """The arguments of a call; not complete where some of them are not known."""

    positional: tuple[Value, ...]
    named: Mapping[str, Value]
    complete: bool = True

    @property
    def values(self) -> tuple[Value, ...]:
        """All of them."""
        return (*self.positional, *self.named.values())

    def given(self, place: int | None, name: str) -> Value | None:
        """An argument by place or name."""
        if place is not None and place < len(self.positional):
            return self.positional[place]
        return self.named.get(name)


# --- What methods of containers change: the new contents and the result -----------------------------------------------

_NONE = Known(None)


def _one(args: Args) -> Value:
    if len(args.positional) != 1 or args.named:
        raise Unsure("arguments that are not followed")
    return args.positional[0]


def _sequence(value: Value) -> Items:
    assert type(value) is Items
    return value


def _append(_: Calls, content: Value, args: Args) -> tuple[Value, Value]:
    items = _sequence(content)
    return items._replace(items=(*items.items, _one(args))), _NONE


def _extend(machine: Calls, content: Value, args: Args) -> tuple[Value, Value]:
    items = _sequence(content)
    return items._replace(items=items.items + machine.spread(_one(args), items.where)), _NONE


def _insert(_: Calls, content: Value, args: Args) -> tuple[Value, Value]:
    items = _sequence(content)
    if len(args.positional) != 2 or args.named:
        raise Unsure("arguments that are not followed")
    index = operations.plain_scalar(args.positional[0])
    if not isinstance(index, int):
        raise Raised("TypeError")
    front = next((number for number, item in enumerate(items.items) if type(item) is Rest), None)
    if front is not None and not 0 <= index <= front:
        return items._replace(items=(Rest("in a place that is not known"),)), _NONE
    new = list(items.items)
    new.insert(index, args.positional[1])
    return items._replace(items=tuple(new)), _NONE


def _find(items: Items, value: Value) -> int:
    """The index of the first element that equals a value."""
    for number, item in enumerate(items.items):
        verdict = None if type(item) is Rest else equal(item, value)
        if verdict:
            return number
        if verdict is None:
            raise Unsure("an element that is not known")
    raise Raised("ValueError", "not in list")


def _remove(machine: Calls, content: Value, args: Args) -> tuple[Value, Value]:
    items = _sequence(content)
    number = _find(_sequence(machine.deep(items)), machine.deep(_one(args)))
    return items._replace(items=items.items[:number] + items.items[number + 1 :]), _NONE


def _pop(_: Calls, content: Value, args: Args) -> tuple[Value, Value]:
    items = _sequence(content)
    index = operations.plain_scalar(_one(args)) if args.positional else -1
    if not isinstance(index, int):
        raise Raised("TypeError")
    number = comparisons.place(items, index)
    return items._replace(items=items.items[:number] + items.items[number + 1 :]), items.items[number]


def _clear(_: Calls, content: Value, __: Args) -> tuple[Value, Value]:
    empty = content._replace(entries={}, complete=True) if type(content) is Table else None
    return empty or _sequence(content)._replace(items=()), _NONE


def _reverse(_: Calls, content: Value, args: Args) -> tuple[Value, Value]:
    if args.values:
        raise Unsure("arguments that are not followed")
    items = _sequence(content)
    return items._replace(items=items.items[::-1]), _NONE


def _sort(_: Calls, content: Value, args: Args) -> tuple[Value, Value]:
    items = _sequence(content)
    return items._replace(items=ordered(items, args)), _NONE


def ordered(value: Value, args: Args) -> tuple[Value, ...]:
    """The elements of a value, sorted."""
    if not args.named.keys() <= {"reverse"}:
        raise Unsure("a sort by a key")
    found = tuple(operations.members(_sequence(value)).values()) if _is_set(value) else elements(value)
    keys = [(operations.plain_scalar(item), item) for item in found]
    turned = bool(operations.plain_scalar(args.named.get("reverse", Known(value=False))))
    numbers = operations.computed(sorted, range(len(keys)), key=lambda number: keys[number][0], reverse=turned)
    return tuple(keys[number][1] for number in numbers)


def _is_set(value: Value) -> bool:
    return type(value) is Items and value.kind in ("set", "frozenset")


def _mapping(value: Value) -> Table:
    assert type(value) is Table
    return value


def _update(machine: Calls, content: Value, args: Args) -> tuple[Value, Value]:
    table = _mapping(content)
    if len(args.positional) > 1:
        raise Unsure("arguments that are not followed")
    for value in args.positional:
        table = operations.merged(table, _as_table(machine, value))
    named = {name: (Known(name), value) for name, value in args.named.items()}
    return operations.merged(table, Table(named))._replace(where=table.where), _NONE


def _as_table(machine: Calls, value: Value) -> Table:
    cases = machine.contents(value)
    if len(cases) != 1 or type(cases[0]) not in (Table, Items):
        machine.lose(value, "given to an update")
        machine.doubt("*")
        return Table({}, complete=False)
    try:
        return table_of(machine, cases[0])
    except Unsure:
        machine.lose(value, "given to an update")
        machine.doubt("*")
        return Table({}, complete=False)


def table_of(machine: Calls, value: Value) -> Table:
    """`dict(value)`."""
    if type(value) is Table:
        return value
    entries: dict[Any, tuple[Value, Value]] = {}
    for pair in elements(value):
        cases = machine.contents(pair)
        parts = elements(cases[0]) if len(cases) == 1 else ()
        if len(parts) != 2:
            raise Unsure("a pair that is not known")
        name = operations.scalar_or_unsure(parts[0])
        entries[name] = (entries[name][0] if name in entries else parts[0], parts[1])
    return Table(entries)


def _setdefault(_: Calls, content: Value, args: Args) -> tuple[Value, Value]:
    table = _mapping(content)
    if not 1 <= len(args.positional) <= 2 or args.named:
        raise Unsure("arguments that are not followed")
    name = operations.scalar_or_unsure(args.positional[0])
    if name in table.entries:
        return table, table.entries[name][1]
    if not table.complete:
        raise Unsure("a key that may be there")
    value = args.positional[1] if len(args.positional) == 2 else _NONE
    return table._replace(entries={**table.entries, name: (args.positional[0], value)}), value


def _dict_pop(_: Calls, content: Value, args: Args) -> tuple[Value, Value]:
    table = _mapping(content)
    if not 1 <= len(args.positional) <= 2 or args.named:
        raise Unsure("arguments that are not followed")
    name = operations.scalar_or_unsure(args.positional[0])
    if name in table.entries:
        rest = {key: entry for key, entry in table.entries.items() if key != name}
        return table._replace(entries=rest), table.entries[name][1]
    if not table.complete:
        raise Unsure("a key that may be there")
    if len(args.positional) == 2:
        return table, args.positional[1]
    raise Raised("KeyError", repr(name)[:200])


def _add(_: Calls, content: Value, args: Args) -> tuple[Value, Value]:
    items = _sequence(content)
    found = operations.members(items._replace(items=(*items.items, _one(args))))
    return items._replace(items=tuple(found.values())), _NONE


def _set_update(machine: Calls, content: Value, args: Args) -> tuple[Value, Value]:
    items = _sequence(content)
    more: list[Value] = []
    for value in args.positional:
        cases = machine.contents(value)
        if len(cases) != 1:
            raise Unsure("elements that are not known")
        more.extend(operations.members(_sequence(cases[0])).values() if _is_set(cases[0]) else elements(cases[0]))
    found = operations.members(items._replace(items=(*items.items, *more)))
    return items._replace(items=tuple(found.values())), _NONE


def _discard(_: Calls, content: Value, args: Args) -> tuple[Value, Value]:
    items = _sequence(content)
    found = operations.members(items)
    found.pop(operations.scalar_or_unsure(_one(args)), None)
    return items._replace(items=tuple(found.values())), _NONE


CHANGES: dict[str, dict[str, Callable[[Calls, Value, Args], tuple[Value, Value]]]] = {
    "list": {
        "append": _append,
        "extend": _extend,
        "insert": _insert,
        "remove": _remove,
        "pop": _pop,
        "clear": _clear,
        "reverse": _reverse,
        "sort": _sort,
    },
    "dict": {"update": _update, "setdefault": _setdefault, "pop": _dict_pop, "clear": _clear},
    "set": {"add": _add, "update": _set_update, "discard": _discard, "clear": _clear},
}

# --- What methods of containers read ----------------------------------------------------------------------------------


def _get(content: Value, args: Args) -> Value:
    table = _mapping(content)
    if not 1 <= len(args.positional) <= 2 or args.named:
        raise Unsure("arguments that are not followed")
    name = operations.scalar_or_unsure(args.positional[0])
    if name in table.entries:
        return table.entries[name][1]
    if not table.complete:
        raise Unsure("a key that may be there")
    return args.positional[1] if len(args.positional) == 2 else _NONE


def _keys(content: Value, _: Args) -> Value:
    return Items("iterator", elements(content))


def _values(content: Value, _: Args) -> Value:
    table = _mapping(content)
    elements(table)
    return Items("iterator", tuple(entry[1] for entry in table.entries.values()))


def _pairs(content: Value, _: Args) -> Value:
    table = _mapping(content)
    elements(table)
    return Items("iterator", tuple(Items("tuple", entry) for entry in table.entries.values()))


def _copy(content: Value, _: Args) -> Value:
    return content._replace(where=None) if type(content) in (Items, Table) else content


def _index(content: Value, args: Args) -> Value:
    return Known(_find(_sequence(content), _one(args)))


def _count(content: Value, args: Args) -> Value:
    verdicts = [None if type(item) is Rest else equal(item, _one(args)) for item in _sequence(content).items]
    if None in verdicts:
        raise Unsure("an element that is not known")
    return Known(sum(map(bool, verdicts)))


READS: dict[str, dict[str, Callable[[Value, Args], Value]]] = {
    "list": {"index": _index, "count": _count, "copy": _copy},
    "tuple": {"index": _index, "count": _count},
    "dict": {"get": _get, "keys": _keys, "values": _values, "items": _pairs, "copy": _copy},
    "set": {"copy": _copy},
}
