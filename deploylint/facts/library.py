"""What functions of Python's own library give: built-in ones, `os.path` and `pathlib`."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from deploylint.facts import operations, paths
from deploylint.facts.calls import Args, Calls, ordered, table_of
from deploylint.facts.operations import MOST, Raised, Unsure, computed, elements, lift, plain_scalar, text_of, truth
from deploylint.facts.values import (
    HERE,
    HERE_ROOT,
    FilePath,
    Items,
    Known,
    Rest,
    Table,
    Thing,
    Unknown,
    Value,
    options,
)
from deploylint.tree import Kind

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable


def _pure(function: Callable[..., Value], most: int = 8) -> Callable[[Calls, ast.expr, Args], Value]:
    """A function of plain values."""

    def run(machine: Calls, node: ast.expr, args: Args) -> Value:
        if not args.complete or args.named or len(args.positional) > most:
            raise Unsure("arguments that are not followed")
        return machine.apply_to(node, function, *args.positional)

    return run


# --- Built-in functions -----------------------------------------------------------------------------------------------


def _length(value: Value) -> Value:
    if type(value) is Items and value.complete:
        return Known(len(value.items))
    if type(value) is Table and value.complete:
        return Known(len(value.entries))
    return lift(computed(len, plain_scalar(value)))


def _string(value: Value | None = None) -> Value:
    return Known("" if value is None else text_of(value))


def _number(kind: type[int | float]) -> Callable[..., Value]:
    def run(value: Value | None = None) -> Value:
        given = kind() if value is None else plain_scalar(value)
        if isinstance(given, (str, bytes)) and len(given) > 1000:
            raise Unsure("too long")
        return lift(computed(kind, given))

    return run


def _boolean(value: Value | None = None) -> Value:
    verdict = False if value is None else truth(value)
    if verdict is None:
        raise Unsure("may be true or false")
    return Known(verdict)


def _sequence(kind: str) -> Callable[..., Value]:
    def run(value: Value | None = None) -> Value:
        if value is None:
            return Items(kind, ())
        if type(value) is Items and value.kind in ("list", "tuple", "iterator", "range"):
            return Items(kind, value.items)
        return Items(kind, elements(value))

    return run


def _set(value: Value | None = None) -> Value:
    if value is None:
        return Items("set", ())
    if type(value) is Items:
        return Items("set", tuple(operations.members(value).values()))
    return Items("set", tuple(operations.members(Items("set", elements(value))).values()))


def _range(*bounds: Value) -> Value:
    found = computed(range, *(plain_scalar(bound) for bound in bounds))
    if found and (abs(found.start) > 2**40 or abs(found.stop) > 2**40):
        raise Unsure("too many elements")
    if len(found) > MOST:
        raise Unsure("too many elements")
    return Items("range", tuple(Known(number) for number in found))


def _enumerate(value: Value, start: Value | None = None) -> Value:
    first = 0 if start is None else plain_scalar(start)
    if not isinstance(first, int) or first.bit_length() > 64:
        raise Unsure("a start that is not followed")
    pairs = enumerate(elements(value), first)
    return Items("iterator", tuple(Items("tuple", (Known(number), item)) for number, item in pairs))


def _zip(*values: Value) -> Value:
    rows = zip(*(elements(value) for value in values), strict=False)
    return Items("iterator", tuple(Items("tuple", tuple(row)) for row in rows))


def _reversed(value: Value) -> Value:
    if type(value) is Items and value.kind in ("set", "iterator"):
        raise Raised("TypeError", "not reversible")
    return Items("iterator", elements(value)[::-1])


def _any(value: Value) -> Value:
    verdicts = [truth(item) for item in elements(value)]
    if True not in verdicts and None in verdicts:
        raise Unsure("may be true or false")
    return Known(True in verdicts)


def _all(value: Value) -> Value:
    verdicts = [truth(item) for item in elements(value)]
    if False not in verdicts and None in verdicts:
        raise Unsure("may be true or false")
    return Known(False not in verdicts)


def _extreme(function: Callable[..., object]) -> Callable[..., Value]:
    def run(*values: Value) -> Value:
        found = elements(values[0]) if len(values) == 1 else values
        return lift(computed(function, [plain_scalar(item) for item in found]))

    return run


def _sum(value: Value) -> Value:
    numbers = [plain_scalar(item) for item in elements(value)]
    if any(isinstance(number, int) and number.bit_length() > 4096 for number in numbers):
        raise Unsure("a number that is too large")
    return lift(computed(sum, numbers))


def _plain(function: Callable[..., object]) -> Callable[..., Value]:
    return lambda *values: lift(computed(function, *(plain_scalar(value) for value in values)))


def _sorted(machine: Calls, node: ast.expr, args: Args) -> Value:
    if not args.complete or len(args.positional) != 1:
        raise Unsure("arguments that are not followed")
    return machine.apply_to(node, lambda value: Items("list", ordered(value, args)), args.positional[0])


def _dict(machine: Calls, node: ast.expr, args: Args) -> Value:
    if not args.complete or len(args.positional) > 1:
        raise Unsure("arguments that are not followed")
    named = Table({name: (Known(name), value) for name, value in args.named.items()})
    if not args.positional:
        return machine.fresh(named, node)
    return machine.apply_to(
        node, lambda value: operations.merged(table_of(machine, value), named)._replace(where=None), args.positional[0]
    )


def _map(machine: Calls, node: ast.expr, args: Args) -> Value:
    if not args.complete or args.named or len(args.positional) != 2:
        raise Unsure("arguments that are not followed")
    function, given = args.positional
    cases = machine.contents(given)
    if len(cases) != 1 or len(options(function)) != 1:
        raise Unsure("one of several values")
    parts = elements(cases[0])
    return Items("iterator", tuple(machine.call_value(node, function, Args((part,), {})) for part in parts[:1000]))


def _print(_: Calls, __: ast.expr, ___: Args) -> Value:
    return Known(None)


def _getattr(machine: Calls, node: ast.expr, args: Args) -> Value:
    if not args.complete or args.named or len(args.positional) != 2 or type(args.positional[1]) is not Known:
        raise Unsure("an attribute that is not known")
    return machine.attribute(args.positional[0], text_of(args.positional[1]), node)


def _namespace(machine: Calls, node: ast.expr, args: Args) -> Value:
    """`globals()`, and `locals()` or `vars()` of a module or class."""
    if args.values:
        raise Unsure("the names of something else")
    return Thing("namespace", machine.frame.scopes[0], None, machine.where(node))


def _globals(machine: Calls, node: ast.expr, _: Args) -> Value:
    return Thing("namespace", machine.frame.scopes[-1], None, machine.where(node))


def _execute(machine: Calls, _: ast.expr, __: Args) -> Value:
    for scope in {machine.frame.scopes[0], machine.frame.scopes[-1]}:
        machine.lose_scope(scope, "exec may bind names")
    raise Unsure("code that is not read")


def _string_method(name: str) -> Callable[[Calls, ast.expr, Args], Value]:
    def run(machine: Calls, node: ast.expr, args: Args) -> Value:
        if not args.positional:
            raise Unsure("arguments that are not followed")
        cases = machine.contents(args.positional[0])
        if not all(type(case) is Known and isinstance(case.value, str) for case in cases):
            raise Unsure("not a text for certain")
        return machine.method(node, args.positional[0], name, Args(args.positional[1:], args.named, args.complete))

    return run


def _shallow(value: Value) -> Value:
    if type(value) not in (Known, Items, Table):
        raise Unsure("not a plain value")
    return value


def _copy(machine: Calls, node: ast.expr, args: Args) -> Value:
    if len(args.positional) != 1 or args.named:
        raise Unsure("arguments that are not followed")
    return _copied(machine, args.positional[0], node, 0)


def _copied(machine: Calls, value: Value, node: ast.expr, depth: int) -> Value:
    machine.spend()
    if depth > 20:
        raise Unsure("nested too deeply")
    cases = machine.contents(value)
    if len(cases) != 1 or type(cases[0]) is Unknown:
        raise Unsure("one of several values")
    content = cases[0]
    if type(content) is Items:
        items = tuple(_copied(machine, item, node, depth + 1) for item in content.items)
        return machine.fresh(content._replace(items=items), node)
    if type(content) is Table:
        entries = {
            key: (entry[0], _copied(machine, entry[1], node, depth + 1)) for key, entry in content.entries.items()
        }
        return machine.fresh(content._replace(entries=entries), node)
    return content


# --- os.path and pathlib ----------------------------------------------------------------------------------------------


def _text(value: Value) -> str:
    """A path as `os.path` takes it."""
    if type(value) is Known and isinstance(value.value, (str, FilePath)):
        return value.value.text if isinstance(value.value, FilePath) else value.value
    if type(value) is Known:
        raise Raised("TypeError", "not a path")
    raise Unsure("a path that is not known")


def _or_unsure(text: str | None) -> Value:
    if text is None:
        raise Unsure("depends on the folder that the app lies in")
    if len(text) > operations.LONGEST:
        raise Unsure("too long")
    return Known(text)


def _join(*values: Value) -> Value:
    return _or_unsure(paths.join(*(_text(value) for value in values)))


def _basename(value: Value) -> Value:
    text = posixpath.basename(_text(value))
    return _or_unsure(None if HERE in text else text)


def _split_extension(value: Value) -> Value:
    text = _text(value)
    if HERE in posixpath.basename(text):
        raise Unsure("depends on the folder that the app lies in")
    return lift(posixpath.splitext(text))


def absolute(machine: Calls, text: str) -> str:
    """`os.path.abspath`."""
    if not text.startswith("/"):
        if machine.world.cwd is None:
            raise Unsure("depends on the working directory")
        text = paths.join(machine.world.cwd, text)
    found = paths.normal(text)
    if found is None:
        raise Unsure("depends on the folder that the app lies in")
    return found


def real(machine: Calls, text: str) -> str:
    """`os.path.realpath`, where no link is on the way."""
    found = absolute(machine, text)
    inside = paths.inside(found, machine.world.root or HERE_ROOT)
    if inside is None:
        if machine.world.root is None or found in ("/", "") or machine.world.root.startswith(f"{found}/"):
            return found  # a folder above the app is taken to be no link, as the app's own is
        raise Unsure("a file outside of the app")
    parts = inside.split("/")
    for number in range(len(parts)):
        entry = machine.tree.find("/".join(parts[: number + 1]))
        if entry is not None and entry.kind not in (Kind.FILE, Kind.DIRECTORY):
            raise Unsure("a link")
    return found


def exists(machine: Calls, text: str, wanted: tuple[Kind, ...]) -> bool:
    """`os.path.exists` and its like, for a path in the app."""
    found = real(machine, text)
    inside = paths.inside(found, machine.world.root or HERE_ROOT)
    if inside is None:
        raise Unsure("a file outside of the app")
    entry = machine.tree.follow(inside)
    if entry is None:
        if machine.world.generated or machine.flags.get("files"):
            raise Unsure("a file that may be made before")
        return False
    if entry.kind is Kind.UNKNOWN:
        raise Unsure("a file that is not known")
    return entry.kind in wanted


_ANY = (Kind.FILE, Kind.DIRECTORY, Kind.SPECIAL)
_EXISTS = {
    "exists": _ANY,
    "lexists": _ANY,
    "isfile": (Kind.FILE,),
    "isdir": (Kind.DIRECTORY,),
    "is_file": (Kind.FILE,),
    "is_dir": (Kind.DIRECTORY,),
}


def _path_test(name: str) -> Callable[[Calls, ast.expr, Args], Value]:
    def run(machine: Calls, node: ast.expr, args: Args) -> Value:
        return _pure(lambda value: Known(exists(machine, _text(value), _EXISTS[name])), 1)(machine, node, args)

    return run


def _with_machine(function: Callable[[Calls, str], str]) -> Callable[[Calls, ast.expr, Args], Value]:
    def run(machine: Calls, node: ast.expr, args: Args) -> Value:
        return _pure(lambda value: _or_unsure(function(machine, _text(value))), 1)(machine, node, args)

    return run


def _cwd(machine: Calls, node: ast.expr, _: Args) -> Value:
    if machine.world.cwd is None:
        raise Unsure("the working directory")
    return Known(machine.world.cwd, machine.where(node))


def _path_cwd(machine: Calls, node: ast.expr, args: Args) -> Value:
    return Known(FilePath(text_of(_cwd(machine, node, args))), machine.where(node))


def _make_folder(machine: Calls, _: ast.expr, __: Args) -> Value:
    machine.put(machine.flags, "files", value=True)
    raise Unsure("a folder is made")


def _pure_path(*values: Value) -> Value:
    return Known(FilePath(paths.pure(paths.join(*(_text(value) for value in values)) if values else "")))


def path_attribute(machine: Calls, path: FilePath, name: str, node: ast.expr) -> Value:
    """An attribute of a path; a method as such."""
    text = path.text
    where = machine.where(node)
    if name == "parent":
        found = paths.parent(text)
        if found is None:
            raise Unsure("depends on the folder that the app lies in")
        return Known(FilePath(found), where)
    if name == "parents":
        return Items("tuple", _parents(text), where)
    if name in ("name", "stem", "suffix"):
        last = "" if text in (".", "/", "//") else text.rpartition("/")[2]
        if HERE in last:
            raise Unsure("depends on the folder that the app lies in")
        dot = last.rfind(".")
        dot = len(last) if not 0 < dot < len(last) - 1 else dot
        return Known({"name": last, "stem": last[:dot], "suffix": last[dot:]}[name], where)
    return Thing("method", name, Known(path), where)


def _parents(text: str) -> tuple[Value, ...]:
    found: list[Value] = []
    while len(found) < 100:
        above = paths.parent(text)
        if above is None:
            return (*found, Rest("above the app"))
        if above == text:
            return tuple(found)
        found.append(Known(FilePath(above)))
        text = above
    return (*found, Rest("above the app"))


def path_call(machine: Calls, path: FilePath, name: str, given: tuple[Value, ...]) -> Value:
    """A method of a path."""
    text = path.text
    if name == "joinpath":
        return _pure_path(Known(path), *given)
    if name in ("__str__", "as_posix", "__fspath__") and not given:
        return Known(text)
    if name == "absolute" and not given and text.startswith("/"):
        return Known(path)
    if name == "resolve" and not given:
        return Known(FilePath(real(machine, text)))
    if name in _EXISTS and not given:
        return Known(exists(machine, text, _EXISTS[name]))
    if name == "mkdir":
        machine.put(machine.flags, "files", value=True)
    if name == "is_absolute" and not given:
        return Known(text.startswith("/"))
    raise Unsure("a method that is not read")


LIBRARY: dict[str, Callable[[Calls, ast.expr, Args], Value]] = {
    "builtins.len": _pure(_length, 1),
    "builtins.str": _pure(_string, 1),
    "builtins.int": _pure(_number(int), 1),
    "builtins.float": _pure(_number(float), 1),
    "builtins.bool": _pure(_boolean, 1),
    "builtins.list": _pure(_sequence("list"), 1),
    "builtins.tuple": _pure(_sequence("tuple"), 1),
    "builtins.set": _pure(_set, 1),
    "builtins.range": _pure(_range, 3),
    "builtins.enumerate": _pure(_enumerate, 2),
    "builtins.zip": _pure(_zip),
    "builtins.reversed": _pure(_reversed, 1),
    "builtins.any": _pure(_any, 1),
    "builtins.all": _pure(_all, 1),
    "builtins.min": _pure(_extreme(min)),
    "builtins.max": _pure(_extreme(max)),
    "builtins.sum": _pure(_sum, 1),
    "builtins.abs": _pure(_plain(abs), 1),
    "builtins.round": _pure(_plain(round), 2),
    "builtins.ord": _pure(_plain(ord), 1),
    "builtins.chr": _pure(_plain(chr), 1),
    "builtins.sorted": _sorted,
    "builtins.dict": _dict,
    "builtins.map": _map,
    "builtins.print": _print,
    "builtins.getattr": _getattr,
    "builtins.globals": _globals,
    "builtins.locals": _namespace,
    "builtins.vars": _namespace,
    "builtins.exec": _execute,
    "builtins.eval": _execute,
    "copy.copy": _pure(_shallow, 1),
    "copy.deepcopy": _copy,
    "os.fspath": _pure(lambda value: Known(_text(value)), 1),
    "os.getcwd": _cwd,
    "os.makedirs": _make_folder,
    "os.mkdir": _make_folder,
    "os.path.join": _pure(_join, 20),
    "os.path.dirname": _pure(lambda value: _or_unsure(paths.dirname(_text(value))), 1),
    "os.path.basename": _pure(_basename, 1),
    "os.path.normpath": _pure(lambda value: _or_unsure(paths.normal(_text(value))), 1),
    "os.path.splitext": _pure(_split_extension, 1),
    "os.path.isabs": _pure(lambda value: Known(_text(value).startswith("/")), 1),
    "os.path.abspath": _with_machine(absolute),
    "os.path.realpath": _with_machine(real),
    "pathlib.Path": _pure(_pure_path),
    "pathlib.PosixPath": _pure(_pure_path),
    "pathlib.PurePath": _pure(_pure_path),
    "pathlib.PurePosixPath": _pure(_pure_path),
    "pathlib.Path.cwd": _path_cwd,
    "platform.system": lambda machine, node, _: Known("Linux", machine.where(node)),
    **{f"os.path.{name}": _path_test(name) for name in ("exists", "lexists", "isfile", "isdir")},
    **{f"builtins.str.{name}": _string_method(name) for name in ("strip", "lower", "upper", "title", "rstrip")},
}
