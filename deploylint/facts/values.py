"""What is known of the values in a Python module that is read and not run.

A value is Known, a container whose parts are values, one of several Alternatives, a read of the environment, a thing
from outside the app, or Unknown. Containers may hold `Rest`, which stands for any number of elements that are not
known, and a Table that is not complete may have more keys than it shows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from deploylint.record import NamedTuple

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator, Mapping

    from deploylint.facts.python import Module
    from deploylint.text import Span


class Where(NamedTuple):
    """The expression or statement that a value comes from."""

    module: Module
    node: ast.expr | ast.stmt | ast.alias

    @property
    def span(self) -> Span:
        """The place in code points."""
        return self.module.span(self.node)

    def __repr__(self) -> str:
        return f"<{self.span}>"


class FilePath(NamedTuple):
    """A `pathlib.Path`."""

    text: str


class Known(NamedTuple):
    """A scalar: str, bytes, int, float, complex, bool, None, Ellipsis or a FilePath."""

    value: Any
    where: Where | None = None


class Items(NamedTuple):
    """A list, tuple or set (`kind` says which) of these values, in order; not complete where `Rest` is among them."""

    kind: str
    items: tuple[Value, ...]
    where: Where | None = None

    @property
    def complete(self) -> bool:
        """Whether these are all, and only these."""
        return not any(type(item) is Rest for item in self.items)


class Table(NamedTuple):
    """A dict by its keys; the values of `entries` are the key and the value. Not complete: there may be more keys."""

    entries: Mapping[Any, tuple[Value, Value]]
    complete: bool = True
    where: Where | None = None

    def get(self, key: object) -> Value | None:
        """The value at a key, None where it is not there for certain."""
        found = self.entries.get(key)
        return found[1] if found else None


class Alternatives(NamedTuple):
    """One of several values."""

    options: tuple[Value, ...]
    where: Where | None = None


class Read(NamedTuple):
    """A value that comes from the environment variable `name`, through `library` (`os`, `environ`, `decouple`,
    `environs`, `dj_database_url`, `configurations`, `starlette`, `pydantic`).

    `default` is what stands in for a variable that is not set, None where there is nothing; `raises` names the
    exception that a missing variable then makes, and is empty where none is raised. `cast` is what the text is turned
    into, as it is written. `name` is empty where it is computed.
    """

    name: str
    library: str
    cast: str = ""
    default: Value | None = None
    raises: str = ""
    where: Where | None = None


class External(NamedTuple):
    """A thing that is not the app's, by its dotted name: `os.path.join`."""

    name: str
    where: Where | None = None


class Unknown(NamedTuple):
    """A value that cannot be read for certain. `variables` names the environment variables that it depends on, as far
    as that could be followed.
    """

    reason: str
    where: Where | None = None
    variables: tuple[str, ...] = ()


class Rest(NamedTuple):
    """Any number of elements that are not known, in a container."""

    reason: str
    where: Where | None = None
    variables: tuple[str, ...] = ()


class Ref(NamedTuple):
    """A list, set or dict in the evaluator's heap, which later statements may change. Results hold none."""

    cell: tuple[object, int]
    where: Where | None = None


class Thing(NamedTuple):
    """Something that can only be used by the evaluator: a function, class, module or configuration object of the app.
    `what` is one of `function`, `class`, `module`, `namespace`, `method`, `reader`, `instance`; `data` is its own.
    """

    what: str
    name: str
    data: Any = None
    where: Where | None = None


Value: TypeAlias = Known | Items | Table | Alternatives | Read | External | Unknown | Rest | Ref | Thing


class Binding(NamedTuple):
    """A name of a module: its value, whether it is certainly bound, where, and the paths of the modules that it came
    through, the one that binds it last.
    """

    value: Value
    certain: bool
    where: Where | None
    chain: tuple[str, ...] = ()

    @property
    def span(self) -> Span | None:
        """Where the name is bound."""
        return self.where.span if self.where else None


OPTIONS = 8
"""Alternatives that are kept; more of them are Unknown."""


def same(one: Value, other: Value) -> bool:
    """Whether two values are certainly interchangeable."""
    if one is other:
        return True
    if type(one) is Known and type(other) is Known:
        return type(one.value) is type(other.value) and bool(one.value == other.value) and not _signed(one.value)
    if type(one) is Ref and type(other) is Ref:
        return one.cell == other.cell
    if type(one) is Items and type(other) is Items:
        return (
            one.kind == other.kind
            and len(one.items) == len(other.items)
            and all(map(same, one.items, other.items))
            and one.complete
        )
    if type(one) is Table and type(other) is Table:
        return (
            one.complete
            and other.complete
            and list(one.entries) == list(other.entries)
            and all(map(_same_entry, one.entries.values(), other.entries.values()))
        )
    if type(one) is External and type(other) is External:
        return one.name == other.name
    return type(one) is Thing and type(other) is Thing and one.data is other.data and one.what == other.what


def _same_entry(one: tuple[Value, Value], other: tuple[Value, Value]) -> bool:
    return same(one[0], other[0]) and same(one[1], other[1])


def _signed(value: object) -> bool:
    """Zeros of floats compare equal whatever their sign."""
    return type(value) is float and value == 0


def variables(*values: Value | None) -> tuple[str, ...]:
    """The environment variables that values depend on, each once."""
    found: dict[str, None] = {}
    for value in values:
        if type(value) is Read:
            found[value.name] = None
        elif type(value) is Unknown or type(value) is Rest:
            found.update(dict.fromkeys(value.variables))
        elif type(value) is Alternatives:
            found.update(dict.fromkeys(variables(*value.options)))
    return tuple(found)[:OPTIONS]


def unknown(reason: str, where: Where | None, *values: Value | None) -> Unknown:
    """Unknown, because of something in `values`."""
    return Unknown(reason, where, variables(*values))


def options(value: Value) -> tuple[Value, ...]:
    """What the value may be."""
    return value.options if type(value) is Alternatives else (value,)


def join(values: list[Value], where: Where | None = None) -> Value:
    """One of these values, each of which may itself be one of several."""
    kept: list[Value] = []
    for value in values:
        for option in options(value):
            if type(option) is Unknown:
                return Unknown(option.reason, option.where, variables(*values))
            if not any(same(option, other) for other in kept):
                kept.append(option)
    if len(kept) == 1:
        return kept[0]
    if len(kept) > OPTIONS:
        return unknown("one of many values", where, *kept)
    return Alternatives(tuple(kept), where)


def equal(one: Value, other: Value) -> bool | None:
    """Whether `one == other`, None where that is not certain. Containers are given as Items and Table."""
    if type(one) is Known and type(other) is Known:
        return _equal_scalars(one.value, other.value)
    if type(one) is Items and type(other) is Items:
        return _equal_items(one, other)
    if type(one) is Table and type(other) is Table:
        return _equal_tables(one, other)
    plain = (Known, Items, Table)
    return False if type(one) in plain and type(other) in plain else None


def _equal_scalars(one: object, other: object) -> bool | None:
    if isinstance(one, FilePath) != isinstance(other, FilePath):
        return False
    texts = tuple(item.text if isinstance(item, FilePath) else item for item in (one, other))
    if any(isinstance(text, str) and HERE in text for text in texts):
        # Where the app lies is not known: equal texts are equal, and two below it differ if their ends do.
        first, second = (str(text) for text in texts)
        both = first.startswith(HERE_ROOT) and second.startswith(HERE_ROOT)
        return True if first == second else (False if both or type(texts[0]) is not type(texts[1]) else None)
    return bool(texts[0] == texts[1])


def _equal_items(one: Items, other: Items) -> bool | None:
    if one.kind != other.kind:
        return False
    if not (one.complete and other.complete):
        return None
    if one.kind == "set":
        keys = [{scalar(item) for item in side.items} for side in (one, other)]
        return keys[0] == keys[1]
    if len(one.items) != len(other.items):
        return False
    return every(equal(a, b) for a, b in zip(one.items, other.items, strict=True))


def _equal_tables(one: Table, other: Table) -> bool | None:
    if not (one.complete and other.complete):
        return None
    if set(one.entries) != set(other.entries):
        return False
    return every(equal(entry[1], other.entries[key][1]) for key, entry in one.entries.items())


def every(verdicts: Iterator[bool | None]) -> bool | None:
    """True where all are, False where one is not, else None."""
    certain = True
    for verdict in verdicts:
        if verdict is False:
            return False
        certain = certain and verdict is True
    return True if certain else None


def scalar(value: Value) -> Any:
    """A value as the key of a dict or set; raises TypeError where it cannot be one for certain."""
    if type(value) is Known:
        if isinstance(value.value, str) and HERE in value.value:
            raise TypeError(value)  # two spellings may be one path
        return value.value
    if type(value) is Items and value.kind == "tuple" and value.complete:
        return tuple(scalar(item) for item in value.items)
    raise TypeError(value)


HERE = "\ue000"
"""Stands for the folder that the app lies in, where the caller does not say which that is."""

HERE_ROOT = f"/{HERE}"


_KINDS: dict[str, Any] = {"list": list, "tuple": tuple, "set": set, "frozenset": frozenset}


def plain(value: Value) -> Any:
    """The Python object of a value that is known in every part, with text for paths; raises ValueError for others."""
    if type(value) is Known:
        text = value.value.text if isinstance(value.value, FilePath) else value.value
        if isinstance(text, str) and HERE in text:
            raise ValueError("the app's own folder is not known")
        return text
    if type(value) is Items:
        kind = _KINDS.get(value.kind)
        if kind is not None:
            return kind([plain(item) for item in value.items])
    if type(value) is Table and value.complete:
        return {key: plain(entry[1]) for key, entry in value.entries.items()}
    raise ValueError(f"not known: {type(value).__name__}")
