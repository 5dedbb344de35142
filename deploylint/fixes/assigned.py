"""Changes of settings: what a name of the module is bound to, told by the span of the statement or of its value.

New code follows the way in which the file reads its
environment already: python-decouple, django-environ or `os.environ`.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from deploylint.fixes.environment import import_os, is_bound
from deploylint.fixes.splice import Splice

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from deploylint.fixes.parsed import Parsed

_HOSTS = (".herokuapp.com", "localhost", "127.0.0.1")
_WHITENOISE = "whitenoise.middleware.WhiteNoiseMiddleware"
_SECURITY = "django.middleware.security.SecurityMiddleware"

_PATHS = frozenset({"Path", "pathlib.Path"})
_FOLDERS = frozenset(f"os.path.{name}" for name in ("dirname", "abspath", "realpath", "join"))

Change = list[Splice]


def change(name: str, module: Parsed, start: int, end: int) -> Change | None:
    """What the transform called `name` changes for the statement that stands from `start` to `end`, or whose value or
    target does; None where there is no such statement at the top level, or nothing to do.
    """
    for statement in module.tree.body:
        value = statement.value if isinstance(statement, (ast.Assign, ast.AnnAssign)) else None
        targets = statement.targets[:1] if isinstance(statement, ast.Assign) else []
        places: list[ast.expr | ast.stmt] = [statement, *targets, *([value] if value is not None else [])]
        if value is not None and (start, end) in map(module.range, places):
            return TRANSFORMS[name](module, statement, value)
    return None


def _reader(module: Parsed) -> str:
    """How the file reads its environment: `config`, `env`, or the empty string for `os.environ`."""
    for statement in module.tree.body:
        match statement:
            case ast.ImportFrom(module="decouple", names=names) if any(_is(alias, "config") for alias in names):
                return "config"
            case ast.Assign(targets=[ast.Name(id="env")], value=ast.Call(func=called)) if _called(called) == "Env":
                return "env"
    return ""


def _is(alias: ast.alias, name: str) -> bool:
    return alias.name == name and alias.asname is None


def _called(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _bound_before(module: Parsed, reader: str, statement: ast.stmt) -> bool:
    """Whether the reader of the environment is bound above the statement, and only once."""
    places = [
        node.lineno
        for node in ast.walk(module.tree)
        if (isinstance(node, ast.Name) and node.id == reader and isinstance(node.ctx, ast.Store))
        or (isinstance(node, ast.ImportFrom) and any((alias.asname or alias.name) == reader for alias in node.names))
    ]
    return len(places) == 1 and places[0] < statement.lineno


def _with(module: Parsed, statement: ast.stmt, value: ast.expr, forms: Mapping[str, str]) -> Change | None:
    """The value in the form of the reader that the file uses, with `import os` where that is needed."""
    reader = _reader(module)
    start, end = module.range(value)
    new = Splice(start, end, _quoted(module, forms[reader]))
    if reader:
        return [new] if _bound_before(module, reader, statement) else None
    imported = import_os(module, statement, start)
    return None if imported is None else [new, *imported]


def _quoted(module: Parsed, text: str) -> str:
    """New code with the quotes that most of the file's texts have."""
    return text.replace('"', "'") if module.text.count("'") > module.text.count('"') else text


def _secret_key(module: Parsed, statement: ast.stmt, value: ast.expr) -> Change | None:
    """A text becomes a read of the variable SECRET_KEY."""
    if not (isinstance(value, ast.Constant) and isinstance(value.value, str)):
        return None
    forms = {"": 'os.environ["SECRET_KEY"]', "config": 'config("SECRET_KEY")', "env": 'env("SECRET_KEY")'}
    return _with(module, statement, value, forms)


def _allowed_hosts(module: Parsed, statement: ast.stmt, value: ast.expr) -> Change | None:
    """A list of texts becomes a read of the variable ALLOWED_HOSTS; the hosts of the platform and those of the list
    stand in for it where nobody sets it.
    """
    items = value.elts if isinstance(value, (ast.List, ast.Tuple)) else None
    if items is None or not all(isinstance(item, ast.Constant) and isinstance(item.value, str) for item in items):
        return None
    given = [str(item.value) for item in items if isinstance(item, ast.Constant)]
    kept = [host for host in given if host and not set("/:, \\\"'") & set(host)]
    hosts = list(dict.fromkeys((*_HOSTS[:1], *(kept or _HOSTS[1:]))))
    text = ",".join(hosts)
    listed = ", ".join(f'"{host}"' for host in hosts)
    forms = {
        "": f'os.environ.get("ALLOWED_HOSTS", "{text}").split(",")',
        "config": f'config("ALLOWED_HOSTS", default="{text}").split(",")',
        "env": f'env.list("ALLOWED_HOSTS", default=[{listed}])',
    }
    return _with(module, statement, value, forms)


def _whitenoise(module: Parsed, _statement: ast.stmt, value: ast.expr) -> Change | None:
    """WhiteNoise's middleware is put, or moved, right below SecurityMiddleware, or to the top where that is missing."""
    if not isinstance(value, (ast.List, ast.Tuple)) or len(value.elts) < 2:
        return None
    names = [item.value if isinstance(item, ast.Constant) else None for item in value.elts]
    if None in names or names.count(_WHITENOISE) > 1 or names.count(_SECURITY) > 1:
        return None
    ranges = [module.range(item) for item in value.elts]
    # What stands between two elements, and must be nothing but a comma and blanks where one is moved.
    at = names.index(_SECURITY) + 1 if _SECURITY in names else 0
    if _WHITENOISE not in names:
        return _inserted(module, ranges, at, _quoted(module, f'"{_WHITENOISE}"'))
    old = names.index(_WHITENOISE)
    if old <= at:
        return None
    return _moved(module, ranges, at, old)


def _inserted(module: Parsed, ranges: list[tuple[int, int]], at: int, text: str) -> Change | None:
    if at == len(ranges):
        return [Splice(ranges[-1][1], ranges[-1][1], f"{_between(module, ranges)}{text}")]
    start = ranges[at][0]
    return [Splice(start, start, f"{text}{_between(module, ranges)}")]


def _between(module: Parsed, ranges: list[tuple[int, int]]) -> str:
    """The comma and the blanks, or the line end and the indentation, that part two elements."""
    gap = module.text[ranges[0][1] : ranges[1][0]]
    if "\n" not in gap:
        return ", "
    return ",\n" + gap[gap.rindex("\n") + 1 :].replace("\r", "")


def _moved(module: Parsed, ranges: list[tuple[int, int]], at: int, old: int) -> Change | None:
    """The element `old` before the element `at`: with its whole line where each has its own, comments included."""
    text = module.text
    start, end = ranges[old]
    gap = text[ranges[old - 1][1] : start]
    if "\n" not in gap:
        if gap.strip() != ",":
            return None
        return [Splice(ranges[old - 1][1], end, ""), Splice(ranges[at][0], ranges[at][0], f"{text[start:end]}, ")]
    line = text.rindex("\n", 0, start) + 1
    stop = text.find("\n", end) + 1
    comma, rest = text[end:stop].strip()[:1], text[end:stop].strip()[1:].strip()
    if not stop or text[line:start].strip() or comma != "," or (rest and not rest.startswith("#")):
        return None
    target = text.rindex("\n", 0, ranges[at][0]) + 1
    if text[target : ranges[at][0]].strip():
        return None
    return [Splice(line, stop, ""), Splice(target, target, text[line:stop].replace("\r\n", "\n"))]


def _one_element(module: Parsed, _statement: ast.stmt, value: ast.expr) -> Change | None:
    """`("x")` becomes `("x",)`: the comma makes the tuple, not the brackets. A text without brackets gets both."""
    if not (isinstance(value, ast.Constant) and isinstance(value.value, str)):
        return None
    start, end = module.range(value)
    before, behind = module.text[:start].rstrip(), module.text[end:].lstrip()
    if before.endswith("(") and behind.startswith(")"):
        return [Splice(end, end, ",")]
    whole = before.endswith("=") and (not behind or module.text[end:].lstrip(" \t")[:1] in ("", "#", "\r", "\n"))
    return [Splice(start, start, "["), Splice(end, end, "]")] if whole else None


def _static_root(module: Parsed, statement: ast.stmt, _value: ast.expr) -> Change | None:
    """A line with STATIC_ROOT below the statement, in the style of BASE_DIR."""
    if is_bound(module.tree, "STATIC_ROOT"):
        return None
    made = _quoted(module, _path_of(module) or "")
    if not made or module.line(statement.lineno)[: statement.col_offset].strip():
        return None
    after = module.text.find("\n", module.range(statement)[1])
    if after < 0:
        return [Splice(len(module.text), len(module.text), f"\nSTATIC_ROOT = {made}")]
    if module.text[module.range(statement)[1] : after].strip().startswith(";"):
        return None
    return [Splice(after + 1, after + 1, f"STATIC_ROOT = {made}\n")]


def _path_of(module: Parsed) -> str | None:
    """The folder `staticfiles` beside manage.py, as the file itself would say it."""
    found = [
        node.value
        for node in module.tree.body
        if isinstance(node, ast.Assign) and [getattr(target, "id", "") for target in node.targets] == ["BASE_DIR"]
    ]
    if len(found) != 1:
        return None
    called = {ast.unparse(node.func).rpartition(").")[2] for node in ast.walk(found[0]) if isinstance(node, ast.Call)}
    if called & _PATHS and called <= _PATHS | {"resolve", "absolute"}:
        return 'BASE_DIR / "staticfiles"'
    return 'os.path.join(BASE_DIR, "staticfiles")' if called and called <= _FOLDERS else None


TRANSFORMS: Mapping[str, Callable[[Parsed, ast.stmt, ast.expr], Change | None]] = {
    "allowed-hosts-from-environment": _allowed_hosts,
    "one-element": _one_element,
    "secret-key-from-environment": _secret_key,
    "static-root": _static_root,
    "whitenoise-below-security": _whitenoise,
}
"""The transforms of statements by the names that `Rewrite.transform` may have."""
