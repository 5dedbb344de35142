"""Methods of texts that are known."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from deploylint.facts.operations import (
    LONGEST,
    MOST,
    WIDE,
    Unsure,
    computed,
    elements,
    lift,
    plain_scalar,
    printed,
    short,
)
from deploylint.facts.values import HERE, Items, Known, Value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_FIELD = re.compile(r"\{(?:\d{0,3}|[A-Za-z_]\w*)(?:![rs])?(?::[^{}]*)?\}|\{\{|\}\}|[^{}]")
_TEXT_METHODS = frozenset({
    "split", "rsplit", "splitlines", "strip", "lstrip", "rstrip", "lower", "upper", "title", "capitalize", "casefold",
    "swapcase", "startswith", "endswith", "replace", "find", "rfind", "index", "rindex", "count", "isdigit", "isalpha",
    "isalnum", "isnumeric", "isupper", "islower", "isspace", "isidentifier", "partition", "rpartition", "removeprefix",
    "removesuffix", "zfill", "ljust", "rjust", "center", "encode", "isdecimal", "isascii",
})  # fmt: skip
_TEXT_KEYWORDS = frozenset({"sep", "maxsplit", "keepends", "encoding"})
_WIDTHS = frozenset({"zfill", "ljust", "rjust", "center"})


def text_method(text: str, name: str, arguments: Sequence[Value], named: Mapping[str, Value]) -> Value:
    """`text.name(…)`."""
    if name == "join":
        return _joined(text, arguments, named)
    if name == "format":
        return _format(text, arguments, named)
    if name not in _TEXT_METHODS or not named.keys() <= _TEXT_KEYWORDS:
        raise Unsure("a method that is not read")
    given = [_text_argument(argument) for argument in arguments]
    if HERE in text and not (
        (name == "rstrip" and given == ["/"]) or (name == "replace" and given[:1] == ["\\"] and len(given) == 2)
    ):
        raise Unsure("depends on the folder that the app lies in")
    if name in _WIDTHS and not all(isinstance(item, str) or abs(item) <= LONGEST for item in given):
        raise Unsure("too long")
    if name == "replace" and len(given) >= 2 and all(isinstance(item, str) for item in given[:2]):
        found = text.count(given[0])
        if len(text) + found * len(given[1]) > LONGEST:
            raise Unsure("too long")
    return lift(computed(getattr(text, name), *given, **{key: _text_argument(item) for key, item in named.items()}))


def _text_argument(value: Value) -> Any:
    if type(value) is Items and value.kind == "tuple" and value.complete:
        return tuple(plain_scalar(item) for item in value.items)
    return plain_scalar(value)


def _joined(text: str, arguments: Sequence[Value], named: Mapping[str, Value]) -> Value:
    if len(arguments) != 1 or named:
        raise Unsure("a call that is not read")
    parts = [item.value if type(item) is Known else None for item in elements(arguments[0])]
    if not all(isinstance(part, str) for part in parts):
        raise Unsure("a part that is not a text for certain")
    if sum(len(part) for part in parts if part) + len(text) * len(parts) > LONGEST:
        raise Unsure("too long")
    return Known(text.join(part for part in parts if part is not None))


def _format(text: str, arguments: Sequence[Value], named: Mapping[str, Value]) -> Value:
    if len(text) > MOST or WIDE.search("".join(re.findall(r":[^{}]*\}", text))):
        raise Unsure("a format that is not read")
    if not re.fullmatch(f"(?:{_FIELD.pattern})*", text):
        raise Unsure("a format that is not read")
    given = [printed(item) for item in arguments]
    words = {key: printed(item) for key, item in named.items()}
    if HERE in f"{given}{words}" and re.search(r"[!:]", text):
        raise Unsure("depends on the folder that the app lies in")
    return Known(short(computed(text.format, *given, **words)))
