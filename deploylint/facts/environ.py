"""Reads of environment variables: what they give, and those through `os`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploylint.facts.containers import Args
from deploylint.facts.operations import Raised, Unsure, text_of
from deploylint.facts.values import (
    Binding,
    External,
    Items,
    Known,
    Read,
    Table,
    Thing,
    Unknown,
    Value,
    unknown,
)
from deploylint.facts.worlds import catches
from deploylint.record import NamedTuple

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable

    from deploylint.facts.calls import Calls

_TRUE = frozenset({"1", "true", "True", "TRUE"})
_FALSE = frozenset({"0", "false", "False", "FALSE"})


class Seen(NamedTuple):
    """A read that the program makes: whether it certainly does, and whether something around it catches the failure."""

    read: Read
    certain: bool
    guarded: bool


UNSET = Unknown("not set")
OPEN = Unknown("not known")


def variable(machine: Calls, name: str, *, files: bool = False) -> Value:
    """What is known of a variable: its text, that it is not set, or nothing. `files` tells that the library also looks
    into files such as `.env` of its own accord.
    """
    if machine.flags.get("environ"):
        return OPEN
    written = machine.overlay.get(name)
    if written is not None:
        if not written.certain or type(written.value) is not Known:
            return OPEN
        return UNSET if written.value.value is None else written.value
    if name in machine.world.environ:
        return Known(machine.world.environ[name])
    world = machine.world
    certain = (world.closed and name not in world.open) or name in world.unset
    loaded = machine.flags.get("dotenv") or (files and has_environment_file(machine))
    return UNSET if certain and not loaded else OPEN


def has_environment_file(machine: Calls) -> bool:
    """Whether there may be a file with variables that a library finds by itself."""
    names = {path.rpartition("/")[2] for path in machine.tree.entries}
    return machine.world.generated or bool(names & {".env", "settings.ini"})


class Request(NamedTuple):
    """One read, as a library was asked for it."""

    library: str
    cast: str = ""
    default: Value | None = None
    raises: str = ""
    caster: Value | None = None
    files: bool = False


def read(machine: Calls, node: ast.expr, name: Value, request: Request) -> Value:
    """Read one variable."""
    where = machine.where(node)
    if type(name) is not Known or not isinstance(name.value, str):
        machine.doubt(request.raises or "*")
        return unknown("a variable whose name is not known", where, request.default)
    asked = Read(name.value, request.library, request.cast, request.default, request.raises, where)
    found = variable(machine, name.value, files=request.files)
    if found is OPEN:
        note(machine, asked)
        if asked.raises:
            machine.doubt(asked.raises)
        if request.cast not in ("", "str", "bool"):
            machine.doubt("*")
        return asked
    if found is UNSET:
        if request.default is None:
            note(machine, asked)
            if not asked.raises:
                return Known(None, where)
            raise Raised(asked.raises, name.value)
        return _default(machine, node, request, asked)
    return _cast(machine, node, request, asked, text_of(found))


def note(machine: Calls, asked: Read) -> None:
    """Remember a read."""
    guarded = any(
        catches(handler, asked.raises) is not False for context in machine.tries for handler in context.handlers
    )
    machine.reads.append(Seen(asked, machine.uncertain == 0, guarded))


def _default(machine: Calls, node: ast.expr, request: Request, asked: Read) -> Value:
    default = request.default
    assert default is not None
    if request.library in ("os", "environs"):
        return default
    if request.library == "configurations":
        return default if request.cast in _PLAIN_SETTINGS else _unsure(machine, asked)
    if request.library == "environ":
        dollar = type(default) is Known and isinstance(default.value, str) and default.value.startswith("$")
        parsed = request.cast not in _RAW
        return _unsure(machine, asked) if dollar or parsed else default
    if request.library in ("decouple", "starlette"):
        if request.caster is None:
            return default
        return _apply(machine, node, request, asked, default)
    return _unsure(machine, asked)


_RAW = frozenset({"", "?", "NoneType", "str", "bool", "int", "float", "list", "tuple", "dict", "json"})
_PLAIN_SETTINGS = frozenset({"Value", "BooleanValue", "IntegerValue", "PositiveIntegerValue"})


def _unsure(machine: Calls, asked: Read) -> Value:
    machine.doubt("*")
    return asked


def _apply(machine: Calls, node: ast.expr, request: Request, asked: Read, value: Value) -> Value:
    """What decouple and starlette make of a value or default."""
    caster = request.caster
    if request.library == "starlette" and (type(caster) is not External or is_none(value)):
        return value if is_none(value) else _unsure(machine, asked)
    if type(caster) is External and caster.name == "builtins.bool":
        return _boolean(machine, asked, value, starlette=request.library == "starlette")
    if type(caster) is Thing and caster.what == "csv":
        return _separated(machine, node, asked, value)
    if (type(caster) is External and caster.name in _CASTERS) or type(caster) is Thing:
        return machine.call_value(node, caster, Args((value,), {}))
    return _unsure(machine, asked)


_CASTERS = frozenset({"builtins.int", "builtins.str", "builtins.float"})


def is_none(value: Value) -> bool:
    """Whether a value is certainly None."""
    return type(value) is Known and value.value is None


def _boolean(machine: Calls, asked: Read, value: Value, *, starlette: bool) -> Value:
    try:
        text = text_of(value)
    except Unsure:
        return _unsure(machine, asked)
    if text in _TRUE or text in _FALSE:
        return Known(text in _TRUE, asked.where)
    return Known(value=False, where=asked.where) if text == "" and not starlette else _unsure(machine, asked)


def _separated(machine: Calls, node: ast.expr, asked: Read, value: Value) -> Value:
    if type(value) is not Known or not isinstance(value.value, str) or set(value.value) & set("'\"\\#\ue000"):
        return _unsure(machine, asked)
    parts = [Known(part.strip(" \t\n\r\x0b\x0c"), asked.where) for part in value.value.split(",") if part]
    return machine.fresh(Items("list", tuple(parts), asked.where), node)


def _cast(machine: Calls, node: ast.expr, request: Request, asked: Read, text: str) -> Value:
    """A variable that is set."""
    value = Known(text, asked.where)
    if request.library in ("decouple", "starlette") and request.caster is not None:
        return _apply(machine, node, request, asked, value)
    if request.library == "environ" and (not text or text.startswith("$") or "\\" in text):
        return _unsure(machine, asked)
    if request.cast in ("", "str"):
        return value
    if request.cast == "bool" and (text in _TRUE or text in _FALSE):
        return Known(text in _TRUE, asked.where)
    if request.cast == "int" and text.isascii() and text.isdigit() and len(text) < 20:
        return Known(int(text), asked.where)
    if request.cast == "list" and request.library == "environ" and text.replace(",", "").replace(".", "").isalnum():
        parts = tuple(Known(part, asked.where) for part in text.split(",") if part)
        return machine.fresh(Items("list", parts, asked.where), node)
    return _unsure(machine, asked)


def name_of(value: Value | None) -> str:
    """How a cast is written."""
    if type(value) is External:
        return value.name.removeprefix("builtins.")
    if type(value) is Thing:
        return value.name
    return "" if value is None else "?"


# --- os ---------------------------------------------------------------------------------------------------------------


def _get(machine: Calls, node: ast.expr, args: Args) -> Value:
    name = args.given(0, "key")
    if not args.complete or name is None:
        raise Unsure("arguments that are not followed")
    return read(machine, node, name, Request("os", default=args.given(1, "default") or Known(None)))


def get_item(machine: Calls, node: ast.expr, name: Value) -> Value:
    """`os.environ[name]`."""
    return read(machine, node, name, Request("os", raises="KeyError"))


def is_set(machine: Calls, node: ast.expr, name: Value) -> Value:
    """`name in os.environ`."""
    if type(name) is not Known or not isinstance(name.value, str):
        return Unknown("a variable whose name is not known", machine.where(node))
    found = variable(machine, name.value)
    if found is OPEN:
        note(machine, Read(name.value, "os", "in", where=machine.where(node)))
        return Unknown("the environment", machine.where(node), (name.value,))
    return Known(found is not UNSET, machine.where(node))


def set_item(machine: Calls, name: Value, value: Value) -> None:
    """`os.environ[name] = value`."""
    if type(name) is not Known or not isinstance(name.value, str):
        machine.put(machine.flags, "environ", value=True)
        return
    if type(value) is Known and not isinstance(value.value, str):
        raise Raised("TypeError", "str expected")
    machine.put(machine.overlay, name.value, Binding(value, certain=True, where=None))


def _setdefault(machine: Calls, node: ast.expr, args: Args) -> Value:
    if not args.complete or len(args.positional) != 2 or args.named:
        machine.put(machine.flags, "environ", value=True)
        raise Unsure("arguments that are not followed")
    name, value = args.positional
    if type(name) is not Known or not isinstance(name.value, str):
        machine.put(machine.flags, "environ", value=True)
        return Unknown("a variable whose name is not known", machine.where(node))
    found = variable(machine, name.value)
    if found is UNSET:
        set_item(machine, name, value)
        return value
    if found is OPEN:
        asked = Read(name.value, "os", default=value, where=machine.where(node))
        machine.put(machine.overlay, name.value, Binding(asked, certain=True, where=None))
        return asked
    return found


def _remove(machine: Calls, node: ast.expr, args: Args) -> Value:
    name = args.given(0, "key")
    if name is None or type(name) is not Known:
        machine.put(machine.flags, "environ", value=True)
        raise Unsure("a variable whose name is not known")
    default = args.given(1, "default")
    request = Request("os", default=default, raises="" if default else "KeyError")
    value = read(machine, node, name, request)
    machine.put(machine.overlay, name.value, Binding(Known(None), certain=True, where=None))
    return value


def _update(machine: Calls, _: ast.expr, args: Args) -> Value:
    for value in args.positional:
        cases = machine.contents(value)
        content = cases[0]
        if len(cases) != 1 or type(content) is not Table or not content.complete:
            machine.put(machine.flags, "environ", value=True)
            raise Unsure("variables that are not known")
        for key, entry in content.entries.items():
            set_item(machine, Known(key), entry[1])
    for name, value in args.named.items():
        set_item(machine, Known(name), value)
    return Known(None)


OS: dict[str, Callable[[Calls, ast.expr, Args], Value]] = {
    "os.environ.get": _get,
    "os.getenv": _get,
    "os.environ.setdefault": _setdefault,
    "os.environ.pop": _remove,
    "os.environ.update": _update,
}
