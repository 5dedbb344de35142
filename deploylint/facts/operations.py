"""Operators and methods of values that are known, bounded in what they may cost.

An operation on Known, Items and Table gives a value, raises `Raised` where Python would certainly raise, and `Unsure`
where the outcome is not certain or too large to be worked out.
"""

from __future__ import annotations

import ast
import operator
import re
from typing import TYPE_CHECKING, Any

from deploylint.facts import paths
from deploylint.facts.values import (
    HERE,
    FilePath,
    Items,
    Known,
    Rest,
    Table,
    Thing,
    Unknown,
    Value,
    Where,
    scalar,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LONGEST = 65_536
"""Characters of a text that is worked out."""

MOST = 10_000
"""Elements of a container that is worked out."""

_BITS = 4096
WIDE = re.compile(r"\d{4}|\*")
"""In a format, a width that may make the text too long."""


class Raised(Exception):  # noqa: N818  # it is not an error of ours
    """The program raises here. `kind` is the name of the exception, `*` where that is not known."""

    def __init__(self, kind: str, detail: str = "") -> None:
        super().__init__(kind, detail)
        self.kind = kind
        self.detail = detail
        self.where: Where | None = None


class Unsure(Exception):  # noqa: N818  # it is not an error of ours
    """The outcome is not certain."""


def computed(function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """What a function of plain values gives; what it raises, the program raises."""
    try:
        return function(*arguments, **named)
    except (MemoryError, RecursionError) as error:
        raise Unsure("too large") from error
    except Exception as error:
        raise Raised(type(error).__name__, str(error)[:200]) from error


def lift(value: Any) -> Value:
    """The value for a plain Python object that an operation gave."""
    if isinstance(value, (list, tuple, set, frozenset)) and not isinstance(value, FilePath):
        kind = type(value).__name__
        if len(value) > MOST:
            raise Unsure("too many elements")
        return Items(kind, tuple(lift(item) for item in value))
    if isinstance(value, dict):
        return Table({key: (lift(key), lift(item)) for key, item in value.items()})
    if isinstance(value, str) and len(value) > LONGEST:
        raise Unsure("too long")
    return Known(value)


def text_of(value: Value) -> str:
    """`str(value)`."""
    if type(value) is not Known or isinstance(value.value, (bytes, complex)) or value.value is ...:
        raise Unsure("not a plain text")
    return value.value.text if isinstance(value.value, FilePath) else str(computed(str, value.value))


def plain_scalar(value: Value) -> Any:
    """A scalar without any doubt about where the app lies."""
    if type(value) is not Known or isinstance(value.value, FilePath):
        raise Unsure("not a plain value")
    if isinstance(value.value, str) and HERE in value.value:
        raise Unsure("depends on the folder that the app lies in")
    return value.value


# --- Operators --------------------------------------------------------------------------------------------------------

_NUMBERS: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.BitOr: operator.or_,
    ast.BitAnd: operator.and_,
    ast.BitXor: operator.xor,
    ast.LShift: operator.lshift,
    ast.RShift: operator.rshift,
    ast.Pow: operator.pow,
}


def binary(kind: type[ast.operator], left: Value, right: Value) -> Value:
    """`left <operator> right`."""
    if type(left) is Items or type(right) is Items:
        return _binary_items(kind, left, right)
    if type(left) is Table or type(right) is Table:
        return _binary_tables(kind, left, right)
    if type(left) is not Known or type(right) is not Known:
        raise Unsure("not a plain value")
    is_format = kind is ast.Mod and isinstance(left.value, (str, bytes))
    if not is_format and (isinstance(left.value, FilePath) or isinstance(right.value, FilePath)):
        return _binary_path(kind, left.value, right.value)
    if isinstance(left.value, (str, bytes)) or isinstance(right.value, (str, bytes)):
        return _binary_text(kind, left, right)
    function = _NUMBERS.get(kind)
    if function is None:
        raise Unsure("an operator that is not read")
    _bound_numbers(kind, left.value, right.value)
    return lift(computed(function, left.value, right.value))


def _bound_numbers(kind: type[ast.operator], left: Any, right: Any) -> None:
    if not (isinstance(left, int) and isinstance(right, int)):
        return
    size, other = left.bit_length(), right.bit_length()
    if kind is ast.Pow:
        small = right <= _BITS and size * abs(right) <= _BITS and abs(right) <= _BITS
    elif kind is ast.LShift:
        small = right <= _BITS and size + max(right, 0) <= _BITS
    else:
        small = size <= _BITS and other <= _BITS
    if not small:
        raise Unsure("a number that is too large")


def _binary_path(kind: type[ast.operator], left: Any, right: Any) -> Value:
    texts = [item.text if isinstance(item, FilePath) else item for item in (left, right)]
    if kind is ast.Div and all(isinstance(text, str) for text in texts):
        return Known(FilePath(paths.pure(paths.join(*texts))))
    raise Raised("TypeError", "unsupported operand of a path")


def _binary_text(kind: type[ast.operator], left: Known, right: Known) -> Value:
    first, second = left.value, right.value
    if kind is ast.Add:
        if type(first) is type(second) and len(first) + len(second) <= LONGEST:
            return Known(first + second)
        if type(first) is type(second):
            raise Unsure("too long")
        raise Raised("TypeError", "can only add texts")
    if kind is ast.Mult:
        text, count = (first, second) if isinstance(first, (str, bytes)) else (second, first)
        if not isinstance(count, int):
            raise Raised("TypeError", "can only repeat a whole number of times")
        if len(text) * max(count, 0) > LONGEST:
            raise Unsure("too long")
        return Known(text * count)
    if kind is ast.Mod and isinstance(first, str):
        return Known(_percent(first, right))
    if kind is ast.Mod:
        raise Unsure("a format of bytes")
    raise Raised("TypeError", "unsupported operand of a text")


def _percent(pattern: str, right: Value) -> str:
    if WIDE.search(pattern) and "%" in pattern and WIDE.search("".join(re.findall(r"%[^a-zA-Z%]*", pattern))):
        raise Unsure("a width that is too large")
    if type(right) is Items and right.kind == "tuple" and right.complete:
        given: Any = tuple(printed(item) for item in right.items)
    elif type(right) is Table and right.complete:
        given = {plain_scalar(entry[0]): printed(entry[1]) for entry in right.entries.values()}
    else:
        given = printed(right)
    if HERE in str(given) and not re.fullmatch(r"(?:[^%]|%s|%%|%\(\w+\)s)*", pattern):
        raise Unsure("depends on the folder that the app lies in")
    return short(computed(operator.mod, pattern, given))


def printed(value: Value) -> Any:
    """A value as a format is given it."""
    """A scalar as it may stand in a formatted text: paths as their text."""
    if type(value) is not Known or isinstance(value.value, (bytes, complex)) or value.value is ...:
        raise Unsure("not a plain value")
    return value.value.text if isinstance(value.value, FilePath) else value.value


def short(text: str) -> str:
    """A text, where it is not too long."""
    if len(text) > LONGEST:
        raise Unsure("too long")
    return text


def formatted(value: Value, conversion: int, spec: str) -> str:
    """One field of an f-string."""
    given = printed(value)
    if conversion == ord("r"):
        given = repr(plain_scalar(value))
    elif conversion == ord("s"):
        given = text_of(value)
    elif conversion != -1:
        raise Unsure("a conversion that is not read")
    if not spec:
        return str(computed(format, given, ""))
    if WIDE.search(spec) or type(value) is not Known or isinstance(value.value, FilePath) or HERE in str(given):
        raise Unsure("a format that is not read")
    return short(computed(format, given, spec))


def _binary_items(kind: type[ast.operator], left: Value, right: Value) -> Value:
    if kind is ast.Mult:
        return _repeat(left, right)
    if kind is ast.Mod and type(left) is Known and isinstance(left.value, str):
        return Known(_percent(left.value, right))
    if type(left) is Items and type(right) is Items:
        if kind is ast.Add and left.kind == right.kind and left.kind in ("list", "tuple"):
            if len(left.items) + len(right.items) > MOST:
                raise Unsure("too many elements")
            return Items(left.kind, left.items + right.items)
        if left.kind == right.kind == "set" and kind in _SETS:
            return _SETS[kind](left, right)
        if left.kind in ("list", "tuple") and right.kind in ("list", "tuple"):
            raise Raised("TypeError", f"can only concatenate {left.kind} to {left.kind}")
        raise Unsure("an operator that is not read")
    if all(type(side) in (Items, Known, Table) for side in (left, right)):
        raise Raised("TypeError", "unsupported operand types")
    if kind is ast.Add and type(left) is Items and left.kind in ("list", "tuple"):
        raise Unsure("part of it is not known")
    raise Unsure("not a plain value")


def _repeat(left: Value, right: Value) -> Value:
    items, count = (left, right) if type(left) is Items else (right, left)
    assert type(items) is Items
    if items.kind not in ("list", "tuple"):
        raise Unsure("not a sequence")
    if type(count) is not Known or not isinstance(count.value, int):
        raise Unsure("repeated an unknown number of times")
    if len(items.items) * max(count.value, 0) > MOST:
        raise Unsure("too many elements")
    return Items(items.kind, items.items * count.value)


def members(value: Items) -> dict[Any, Value]:
    """The elements of a set by what tells them apart."""
    if not value.complete:
        raise Unsure("part of it is not known")
    try:
        found: dict[Any, Value] = {}
        for item in value.items:
            found.setdefault(scalar(item), item)
    except TypeError as error:
        raise Unsure("an element that is not known") from error
    return found


def _union(left: Items, right: Items) -> Value:
    return Items("set", tuple({**members(left), **_only(right, members(left))}.values()))


def _only(items: Items, others: Mapping[Any, Value]) -> dict[Any, Value]:
    return {key: item for key, item in members(items).items() if key not in others}


def _difference(left: Items, right: Items) -> Value:
    return Items("set", tuple(_only(left, members(right)).values()))


def _intersection(left: Items, right: Items) -> Value:
    others = members(right)
    return Items("set", tuple(item for key, item in members(left).items() if key in others))


_SETS: dict[type[ast.operator], Callable[[Items, Items], Value]] = {
    ast.BitOr: _union,
    ast.Sub: _difference,
    ast.BitAnd: _intersection,
}


def _binary_tables(kind: type[ast.operator], left: Value, right: Value) -> Value:
    if kind is ast.Mod and type(left) is Known and isinstance(left.value, str):
        return Known(_percent(left.value, right))
    if kind is ast.BitOr and type(left) is Table and type(right) is Table:
        return merged(left, right)
    raise Unsure("not a plain value")


def merged(left: Table, right: Table) -> Table:
    """`left` with the keys of `right`."""
    if len(left.entries) + len(right.entries) > MOST:
        raise Unsure("too many elements")
    entries = dict(left.entries)
    if not right.complete:  # it may have any key
        entries = {key: (entry[0], Unknown("may be overwritten")) for key, entry in entries.items()}
    for key, entry in right.entries.items():
        entries[key] = (entries[key][0], entry[1]) if key in entries else entry
    return Table(entries, left.complete and right.complete)


def unary(kind: type[ast.unaryop], value: Value) -> Value:
    """`-value` and the like; `not` is for the caller."""
    given = plain_scalar(value)
    functions: dict[type[ast.unaryop], Callable[[Any], Any]] = {
        ast.USub: operator.neg,
        ast.UAdd: operator.pos,
        ast.Invert: operator.invert,
    }
    if kind is ast.Invert and isinstance(given, bool):
        raise Unsure("the complement of a truth value")
    return lift(computed(functions[kind], given))


def truth(value: Value) -> bool | None:
    """`bool(value)`, None where that is not certain."""
    if type(value) is Known:
        return True if isinstance(value.value, FilePath) else bool(value.value)
    if type(value) is Items:
        if any(type(item) is not Rest for item in value.items):
            return True
        return None if value.items else False
    if type(value) is Table:
        return True if value.entries else (False if value.complete else None)
    if type(value) is Thing and value.what in ("function", "class", "module", "namespace"):
        return True
    return None


def scalar_or_unsure(value: Value) -> Any:
    """A value as a key."""
    try:
        key = scalar(value)
        hash(key)
    except TypeError as error:
        raise Unsure("a key that is not known") from error
    return key


def elements(value: Value) -> tuple[Value, ...]:
    """What iterating over a value gives, in order."""
    if type(value) is Items:
        if not value.complete:
            raise Unsure("part of it is not known")
        if value.kind in ("set", "frozenset") and len(value.items) > 1:
            raise Unsure("the order of a set is not certain")
        return value.items
    if type(value) is Table:
        if not value.complete:
            raise Unsure("part of it is not known")
        return tuple(entry[0] for entry in value.entries.values())
    if type(value) is Known and isinstance(value.value, (str, bytes)):
        text = plain_scalar(value)
        if len(text) > MOST:
            raise Unsure("too long")
        return tuple(Known(item) for item in text)
    if type(value) is Known and not isinstance(value.value, FilePath):
        raise Raised("TypeError", "not iterable")
    raise Unsure("not a plain value")
