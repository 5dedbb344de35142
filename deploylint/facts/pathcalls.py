"""What functions of `os.path` and `pathlib` give, and which files are opened: one that is not in the commit raises."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from deploylint.facts import operations, paths
from deploylint.facts.operations import Raised, Unsure, lift, text_of
from deploylint.facts.values import HERE, HERE_ROOT, FilePath, Items, Known, Rest, Thing, Value
from deploylint.tree import Kind

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable

    from deploylint.facts.calls import Calls
    from deploylint.facts.containers import Args


def pure(function: Callable[..., Value], most: int = 8) -> Callable[[Calls, ast.expr, Args], Value]:
    """A function of plain values."""

    def run(machine: Calls, node: ast.expr, args: Args) -> Value:
        if not args.complete or args.named or len(args.positional) > most:
            raise Unsure("arguments that are not followed")
        return machine.apply_to(node, function, *args.positional)

    return run


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
        return pure(lambda value: Known(exists(machine, _text(value), _EXISTS[name])), 1)(machine, node, args)

    return run


def _with_machine(function: Callable[[Calls, str], str]) -> Callable[[Calls, ast.expr, Args], Value]:
    def run(machine: Calls, node: ast.expr, args: Args) -> Value:
        return pure(lambda value: _or_unsure(function(machine, _text(value))), 1)(machine, node, args)

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


def path_call(machine: Calls, node: ast.expr, path: FilePath, name: str, given: tuple[Value, ...]) -> Value:
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
    if name in _READS or name == "open":
        mode = text_of(given[0]) if given and name == "open" else "r"
        _opened(machine, node, Known(path), mode)
    if name in ("mkdir", "touch", "write_text", "write_bytes"):
        machine.put(machine.flags, "files", value=True)
    if name == "is_absolute" and not given:
        return Known(text.startswith("/"))
    raise Unsure("a method that is not read")


# --- Files ------------------------------------------------------------------------------------------------------------

_READS = ("read_text", "read_bytes")
_FILE_MADE = "a file is made"


def _open(machine: Calls, node: ast.expr, args: Args) -> Value:
    """`open(path, mode)`."""
    mode = args.given(1, "mode")
    path = args.given(0, "file")
    _opened(machine, node, path, text_of(mode) if type(mode) is Known else ("r" if mode is None else "?"))
    raise Unsure("a file")


def _opened(machine: Calls, node: ast.expr, path: Value | None, mode: str) -> None:
    """Open a file: one that is only read has to be there."""
    if set(mode) & set("wax+?"):
        machine.put(machine.flags, "files", value=True)
        raise Unsure(_FILE_MADE)
    cases = machine.contents(path) if path is not None else []
    if len(cases) != 1:
        return
    text = _text(cases[0])
    kind = "IsADirectoryError" if exists(machine, text, (Kind.DIRECTORY,)) else "FileNotFoundError"
    if kind == "IsADirectoryError" or not exists(machine, text, _ANY):
        name = paths.inside(absolute(machine, text), machine.world.root or HERE_ROOT)
        what = "Is a folder" if kind == "IsADirectoryError" else "No such file"
        raised = Raised(kind, f"{what}: {name}")
        raised.where = machine.where(node)
        raise raised


def _read_at_once(machine: Calls, node: ast.expr, args: Args) -> Value:
    """A reader that opens its file when it is made."""
    _opened(machine, node, args.given(0, "source"), "r")
    raise Unsure("a file")


PATHS: dict[str, Callable[[Calls, ast.expr, Args], Value]] = {
    "os.fspath": pure(lambda value: Known(_text(value)), 1),
    "os.getcwd": _cwd,
    "os.makedirs": _make_folder,
    "os.mkdir": _make_folder,
    "os.path.join": pure(_join, 20),
    "os.path.dirname": pure(lambda value: _or_unsure(paths.dirname(_text(value))), 1),
    "os.path.basename": pure(_basename, 1),
    "os.path.normpath": pure(lambda value: _or_unsure(paths.normal(_text(value))), 1),
    "os.path.splitext": pure(_split_extension, 1),
    "os.path.isabs": pure(lambda value: Known(_text(value).startswith("/")), 1),
    "os.path.abspath": _with_machine(absolute),
    "os.path.realpath": _with_machine(real),
    "pathlib.Path": pure(_pure_path),
    "pathlib.PosixPath": pure(_pure_path),
    "pathlib.PurePath": pure(_pure_path),
    "pathlib.PurePosixPath": pure(_pure_path),
    "pathlib.Path.cwd": _path_cwd,
    **{f"os.path.{name}": _path_test(name) for name in ("exists", "lexists", "isfile", "isdir")},
    "builtins.open": _open,
    "io.open": _open,
    "codecs.open": _open,
    "decouple.RepositoryEnv": _read_at_once,
    "decouple.RepositoryIni": _read_at_once,
}
