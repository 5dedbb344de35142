"""Comparisons of values that are known, and what is at a place of a container."""

from __future__ import annotations

import ast
import operator
from typing import TYPE_CHECKING, Any

from deploylint.facts.operations import Raised, Unsure, computed, lift, plain_scalar, scalar_or_unsure
from deploylint.facts.values import (
    External,
    FilePath,
    Items,
    Known,
    Read,
    Ref,
    Rest,
    Table,
    Thing,
    Unknown,
    Value,
    equal,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_ORDER: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


def compare(kind: type[ast.cmpop], left: Value, right: Value) -> bool:
    """One comparison of two values."""
    if kind is ast.NotEq or kind is ast.NotIn or kind is ast.IsNot:
        return not compare(_OPPOSITE[kind], left, right)
    if kind is ast.Eq:
        verdict = equal(left, right)
    elif kind is ast.Is:
        verdict = _identical(left, right)
    elif kind is ast.In:
        verdict = contains(right, left)
    else:
        return bool(computed(_ORDER[kind], _ordered(left), _ordered(right)))
    if verdict is None:
        raise Unsure("a comparison with something that is not known")
    return verdict


_OPPOSITE: dict[type[ast.cmpop], type[ast.cmpop]] = {ast.NotEq: ast.Eq, ast.NotIn: ast.In, ast.IsNot: ast.Is}


def _ordered(value: Value) -> Any:
    if type(value) is Items and value.kind in ("list", "tuple") and value.complete:
        items = [_ordered(item) for item in value.items]
        return tuple(items) if value.kind == "tuple" else items
    return plain_scalar(value)


def _identical(left: Value, right: Value) -> bool | None:
    single = [type(side) is Known and (side.value is None or isinstance(side.value, bool)) for side in (left, right)]
    if not any(single):
        return None
    if type(left) is Known and type(right) is Known:
        return left.value is right.value
    sides = (Known, Items, Table, Ref)
    if type(left) in sides and type(right) in sides:
        return False
    others = [side for side in (left, right) if type(side) not in sides]
    return None if any(type(side) in (External, Read, Unknown) or type(side) is not Thing for side in others) else False


def contains(container: Value, item: Value) -> bool | None:
    """`item in container`."""
    if type(container) is Known:
        if isinstance(container.value, (str, bytes)):
            return bool(computed(operator.contains, plain_scalar(container), plain_scalar(item)))
        if isinstance(container.value, FilePath):
            raise Unsure("not a container")
        raise Raised("TypeError", "argument is not iterable")
    if type(container) is Items:
        certain = True
        for other in container.items:
            verdict = None if type(other) is Rest else equal(item, other)
            if verdict:
                return True
            certain = certain and verdict is False
        return False if certain else None
    if type(container) is Table:
        if scalar_or_unsure(item) in container.entries:
            return True
        return False if container.complete else None
    raise Unsure("not a container")


# --- Subscripts -------------------------------------------------------------------------------------------------------


def subscript(value: Value, key: Value) -> Value:
    """`value[key]`."""
    if type(value) is Table:
        name = scalar_or_unsure(key)
        if name in value.entries:
            return value.entries[name][1]
        if value.complete:
            raise Raised("KeyError", repr(name)[:200])
        raise Unsure("a key that may not be there")
    if type(value) is Items:
        index = plain_scalar(key)
        if value.kind == "set":
            raise Raised("TypeError", "a set has no places")
        if not isinstance(index, int):
            raise Raised("TypeError", "indices must be integers or slices")
        return value.items[place(value, index)]
    if type(value) is Known and isinstance(value.value, (str, bytes)):
        return lift(computed(operator.getitem, plain_scalar(value), plain_scalar(key)))
    raise Unsure("not a plain value")


def place(value: Items, index: int) -> int:
    """The index of an element whose place is certain."""
    count = len(value.items)
    rests = [number for number, item in enumerate(value.items) if type(item) is Rest]
    if not rests:
        if not -count <= index < count:
            raise Raised("IndexError", "index out of range")
        return index % count
    if 0 <= index < rests[0]:
        return index
    if index < 0 and count + index > rests[-1]:
        return count + index
    raise Unsure("a place that is not certain")


def sliced(value: Value, bounds: Sequence[Value | None]) -> Value:
    """`value[start:stop:step]`."""
    part = slice(*(None if bound is None else plain_scalar(bound) for bound in bounds))
    if type(value) is Items and value.kind in ("list", "tuple") and value.complete:
        return Items(value.kind, tuple(computed(operator.getitem, value.items, part)))
    if type(value) is Known and isinstance(value.value, (str, bytes)):
        return lift(computed(operator.getitem, plain_scalar(value), part))
    raise Unsure("not a plain value")
