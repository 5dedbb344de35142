"""Reads of environment variables through the libraries that people use for it.

What each library does with a variable that is not set was read from django-environ 0.14, python-decouple 3.8,
environs 15.2, dj-database-url 3.1, django-configurations 2.5, starlette 0.4x and pydantic-settings 2.16.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploylint.facts import operations
from deploylint.facts.environ import OS, Request, has_environment_file, is_none, name_of, read
from deploylint.facts.operations import Unsure, text_of
from deploylint.facts.pathcalls import exists
from deploylint.facts.values import (
    External,
    FilePath,
    Items,
    Known,
    Table,
    Thing,
    Unknown,
    Value,
)
from deploylint.record import NamedTuple
from deploylint.tree import Kind

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable

    from deploylint.facts.calls import Calls
    from deploylint.facts.containers import Args


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
        cast = name_of(caster) if caster is not None else _smart(default)
    raises = "" if default is not None else "ImproperlyConfigured"
    if args.named.keys() & {"parse_default"}:
        raise Unsure("arguments that are not followed")
    return read(machine, node, asked, Request("environ", cast, default, raises))


def _smart(default: Value | None) -> str:
    """Without a cast, a variable becomes what its default is."""
    if default is None or is_none(default):
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
    return read(machine, node, asked, Request(library, name_of(caster), default, raises, caster, files=decouple))


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
    if default is not None and is_none(default):
        default = None
    result = read(machine, node, name, Request("dj_database_url", "database", default))
    return machine.fresh(Table({}), node) if is_none(result) else result


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
    **OS,
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
