"""Reads of environment variables, through `os` and the libraries that people use for it.

What each library does with a variable that is not set was read from django-environ 0.14, python-decouple 3.8,
environs 15.2, dj-database-url 3.1, django-configurations 2.5, starlette 0.4x and pydantic-settings 2.16.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from deploylint.facts import operations
from deploylint.facts.containers import Args
from deploylint.facts.machine import catches
from deploylint.facts.operations import Raised, Unsure, text_of
from deploylint.facts.pathcalls import exists
from deploylint.facts.values import (
    Binding,
    External,
    FilePath,
    Items,
    Known,
    Read,
    Table,
    Thing,
    Unknown,
    Value,
    unknown,
)
from deploylint.tree import Kind

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable

    from deploylint.facts.calls import Calls

_TRUE = frozenset({"1", "true", "True", "TRUE"})
_FALSE = frozenset({"0", "false", "False", "FALSE"})


class Reader(NamedTuple):
    """A configuration object: the library, and for django-environ what it was told of its variables."""

    library: str
    scheme: dict[str, tuple[Value | None, Value | None]]


class Setting(NamedTuple):
    """A `values.Value(…)` of django-configurations that is bound when the class is chosen."""

    kind: str
    name: str
    prefix: str
    default: Value | None
    raises: str


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
    if request.library == "starlette" and (type(caster) is not External or _is_none(value)):
        return value if _is_none(value) else _unsure(machine, asked)
    if type(caster) is External and caster.name == "builtins.bool":
        return _boolean(machine, asked, value, starlette=request.library == "starlette")
    if type(caster) is Thing and caster.what == "csv":
        return _separated(machine, node, asked, value)
    if (type(caster) is External and caster.name in _CASTERS) or type(caster) is Thing:
        return machine.call_value(node, caster, Args((value,), {}))
    return _unsure(machine, asked)


_CASTERS = frozenset({"builtins.int", "builtins.str", "builtins.float"})


def _is_none(value: Value) -> bool:
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


def _name_of(value: Value | None) -> str:
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


# --- Files of variables -----------------------------------------------------------------------------------------------


def _load_file(machine: Calls, node: ast.expr, args: Args) -> Value:
    """A `.env` file sets variables that are not set."""
    given = next(iter(args.values), None)
    there = has_environment_file(machine)
    if type(given) is Known and isinstance(given.value, (str, FilePath)):
        try:
            path = given.value.text if isinstance(given.value, FilePath) else given.value
            there = exists(machine, path, (Kind.FILE,))
        except Unsure:
            there = True
    elif given is not None:
        there = True
    if there:
        machine.put(machine.flags, "dotenv", value=True)
    if args.named.keys() & {"overwrite", "override"}:
        machine.put(machine.flags, "environ", value=True)
    return Unknown("a file of variables", machine.where(node))


# --- django-environ ---------------------------------------------------------------------------------------------------


def _reader(library: str) -> Callable[[Calls, ast.expr, Args], Value]:
    def make(machine: Calls, node: ast.expr, args: Args) -> Value:
        scheme: dict[str, tuple[Value | None, Value | None]] = {}
        if library == "environ":
            if args.positional or not args.complete:
                raise Unsure("arguments that are not followed")
            for name, value in args.named.items():
                pair = type(value) is Items and value.kind == "tuple" and len(value.items) == 2
                scheme[name] = (value.items[0], value.items[1]) if pair else (value, None)  # type: ignore[union-attr]
        elif args.values and library != "environs":
            first = next(iter(args.values))
            if len(args.values) > 1 or not _absent_file(machine, first):
                raise Unsure("a file of variables")
        elif args.values:
            raise Unsure("arguments that are not followed")
        return Thing("reader", library, Reader(library, scheme), machine.where(node))

    return make


def _absent_file(machine: Calls, value: Value) -> bool:
    if type(value) is not Known or not isinstance(value.value, (str, FilePath)) or machine.world.generated:
        return False
    name = text_of(value).rpartition("/")[2]
    return bool(name) and all(path.rpartition("/")[2] != name for path in machine.tree.entries)


# The place of `default` in each method of django-environ, and the variable that it reads when none is named.
_ENVIRON_METHODS: dict[str, tuple[int, str]] = {
    "str": (1, ""),
    "unicode": (1, ""),
    "bytes": (1, ""),
    "bool": (1, ""),
    "int": (1, ""),
    "float": (1, ""),
    "json": (1, ""),
    "list": (2, ""),
    "tuple": (2, ""),
    "dict": (2, ""),
    "url": (1, ""),
    "path": (1, ""),
    "db": (1, "DATABASE_URL"),
    "db_url": (1, "DATABASE_URL"),
    "cache": (1, "CACHE_URL"),
    "cache_url": (1, "CACHE_URL"),
    "email": (1, "EMAIL_URL"),
    "email_url": (1, "EMAIL_URL"),
    "search_url": (1, "SEARCH_URL"),
}


def call_reader(machine: Calls, node: ast.expr, thing: Thing, name: str, args: Args) -> Value:
    """`env(…)` and `env.name(…)`."""
    reader: Reader = thing.data
    if name in ("read_env", "read_envfile"):
        return _load_file(machine, node, args)
    if machine.flags.get(("lost", id(reader))) or not args.complete:
        raise Unsure("a configuration object that is not known")
    if reader.library == "environ":
        return _call_environ(machine, node, reader, name, args)
    if reader.library == "environs":
        return _call_environs(machine, node, name, args)
    if name:
        raise Unsure("a method that is not read")
    return _call_config(machine, node, reader.library, args)


def _call_environ(machine: Calls, node: ast.expr, reader: Reader, name: str, args: Args) -> Value:
    if name and name not in _ENVIRON_METHODS:
        raise Unsure("a method that is not read")
    place, variable_name = _ENVIRON_METHODS.get(name, (2, ""))
    asked = args.given(0, "var") or (Known(variable_name) if variable_name else None)
    if asked is None:
        raise Unsure("arguments that are not followed")
    default = args.given(place, "default")
    caster = args.given(1, "cast") if not name or place == 2 else None
    cast = name
    if type(asked) is Known and asked.value in reader.scheme:
        known_cast, known_default = reader.scheme[asked.value]
        default = known_default if default is None else default
        caster = known_cast if not name and caster is None else caster
    if not name:
        cast = _name_of(caster) if caster is not None else _smart(default)
    raises = "" if default is not None else "ImproperlyConfigured"
    if args.named.keys() & {"parse_default"}:
        raise Unsure("arguments that are not followed")
    return read(machine, node, asked, Request("environ", cast, default, raises))


def _smart(default: Value | None) -> str:
    """Without a cast, a variable becomes what its default is."""
    if default is None or _is_none(default):
        return ""
    return type(default.value).__name__ if type(default) is Known else "?"


def _call_environs(machine: Calls, node: ast.expr, name: str, args: Args) -> Value:
    if name in ("prefixed", "seal", "dump", "add_parser", "parser_for") or args.named.keys() & {"validate"}:
        raise Unsure("a method that is not read")
    asked, default = args.given(0, "name"), args.given(1, "default")
    if asked is None:
        raise Unsure("arguments that are not followed")
    if type(default) is External and default.name == "builtins.Ellipsis":
        default = None
    raises = "" if default is not None else "EnvError"
    return read(machine, node, asked, Request("environs", name, default, raises))


def _call_config(machine: Calls, node: ast.expr, library: str, args: Args) -> Value:
    """Decouple's `config("X", default, cast)`, starlette's `config("X", cast, default)`."""
    decouple = library == "decouple"
    asked = args.given(0, "option" if decouple else "key")
    default = args.given(1 if decouple else 2, "default")
    caster = args.given(2 if decouple else 1, "cast")
    if asked is None or not args.complete:
        raise Unsure("arguments that are not followed")
    raises = "" if default is not None else ("UndefinedValueError" if decouple else "KeyError")
    return read(machine, node, asked, Request(library, _name_of(caster), default, raises, caster, files=decouple))


def _decouple(machine: Calls, node: ast.expr, args: Args) -> Value:
    return _call_config(machine, node, "decouple", args)


def _csv(machine: Calls, node: ast.expr, args: Args) -> Value:
    if args.values:
        raise Unsure("arguments that are not followed")
    return Thing("csv", "Csv", None, machine.where(node))


def _database(machine: Calls, node: ast.expr, args: Args) -> Value:
    name = args.given(0, "env") or Known("DATABASE_URL")
    default = args.given(1, "default")
    if not args.complete:
        raise Unsure("arguments that are not followed")
    if default is not None and _is_none(default):
        default = None
    result = read(machine, node, name, Request("dj_database_url", "database", default))
    return machine.fresh(Table({}), node) if _is_none(result) else result


# --- django-configurations --------------------------------------------------------------------------------------------


def setting(machine: Calls, node: ast.expr, kind: str, args: Args) -> Value:
    """`values.BooleanValue(True)`: read at once where it names its variable, else when the class is chosen."""
    allowed = {"default", "environ", "environ_name", "environ_prefix", "environ_required", "late_binding"}
    if not args.complete or not args.named.keys() <= allowed or len(args.positional) > 1 or not kind.endswith("Value"):
        raise Unsure("arguments that are not followed")
    default = args.given(0, "default") or (Known(None) if kind != "SecretValue" else None)
    words = {name: operations.plain_scalar(value) for name, value in args.named.items() if name != "default"}
    name, prefix = words.get("environ_name") or "", words.get("environ_prefix", "DJANGO") or ""
    required = kind == "SecretValue" or bool(words.get("environ_required"))
    found = Setting(
        kind, name, prefix.removesuffix("_"), None if required else default, "ValueError" if required else ""
    )
    if not words.get("environ", True):
        if default is None or not machine.truth_of(default):
            raise Unsure("a setting without a variable")
        return default
    thing = Thing("setting", kind, found, machine.where(node))
    return read_setting(machine, node, thing, name) if name and not words.get("late_binding") else thing


def read_setting(machine: Calls, node: ast.expr, thing: Thing, name: str) -> Value:
    """The value of a setting that is called `name`."""
    found: Setting = thing.data
    full = "_".join(part for part in (found.prefix, found.name or name.upper()) if part)
    return read(machine, node, Known(full), Request("configurations", found.kind, found.default, found.raises))


READERS: dict[str, Callable[[Calls, ast.expr, Args], Value]] = {
    "os.environ.get": _get,
    "os.getenv": _get,
    "os.environ.setdefault": _setdefault,
    "os.environ.pop": _remove,
    "os.environ.update": _update,
    "environ.Env": _reader("environ"),
    "environ.FileAwareEnv": _reader("environ"),
    "environ.Env.read_env": _load_file,
    "environs.Env": _reader("environs"),
    "environs.FileAwareEnv": _reader("environs"),
    "decouple.config": _decouple,
    "decouple.Csv": _csv,
    "dj_database_url.config": _database,
    "starlette.config.Config": _reader("starlette"),
    "dotenv.load_dotenv": _load_file,
    "dotenv.read_dotenv": _load_file,
}
