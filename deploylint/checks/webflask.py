"""What the sources of a deployed web process of Flask make of it: a key, a database and a driver. Only what one
statement says that nothing decides about is told.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from deploylint.checks.loaded import loaded, runtime
from deploylint.checks.reads import database_address, is_setting
from deploylint.checks.registry import Problem
from deploylint.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from deploylint.checks.registry import Scene
    from deploylint.facts.python import Module

_LOADERS = (b"from_pyfile", b"from_envvar", b"from_prefixed_env", b"from_file", b"from_json", b"from_mapping")
_URI = "SQLALCHEMY_DATABASE_URI"


class _Said(NamedTuple):
    """A value that a statement gives to a setting."""

    module: Module
    value: ast.expr


def _only(scene: Scene, *names: str) -> _Said | None:
    """The one value that the loaded sources give to a setting, where no condition and no file decides about it."""
    found: list[_Said] = []
    tree = scene.app.tree
    for path in loaded(scene):
        data = tree.read(path).data
        if any(word in data for word in _LOADERS):
            return None
        if not any(name.encode() in data for name in names):
            continue
        module = scene.app.module(path)
        given = [node for node in module.nodes if isinstance(node, (ast.Assign, ast.AnnAssign)) and _gives(node, names)]
        plain = {id(node) for node in _plain(module.tree.body if module.tree else ())}
        if any(id(node) not in plain for node in given):
            return None
        found += [_Said(module, node.value) for node in given if node.value is not None]
    return found[0] if len(found) == 1 else None


def _gives(node: ast.Assign | ast.AnnAssign, names: tuple[str, ...]) -> bool:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return any(is_setting(target, name) for target in targets for name in names)


def _plain(statements: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that are reached whatever is true: of modules, classes and functions."""
    for statement in statements:
        yield statement
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield from _plain(statement.body)


def secret_key_in_source(scene: Scene) -> Iterator[Problem]:
    """The key that signs sessions is a literal."""
    said = _only(scene, "SECRET_KEY", "secret_key")
    if said is None or not isinstance(said.value, ast.Constant) or not isinstance(said.value.value, (str, bytes)):
        return
    if said.value.value:
        yield Problem(
            said.module.span(said.value),
            "The deployed app will use a SECRET_KEY that everybody can read who can read the repository: with it, "
            "sessions can be forged.",
            'Read it from a config var: `os.environ["SECRET_KEY"]`, and `heroku config:set SECRET_KEY=…` with a new '
            "one.",
            secret=True,
        )


def database_on_local_disk(scene: Scene) -> Iterator[Problem]:
    """SQLite is the only database."""
    said = _only(scene, _URI)
    if said is None:
        return
    address = _beginning(said.value)
    if address.startswith("sqlite:///") and ":memory:" not in address:
        yield Problem(
            said.module.span(said.value),
            "All data will be lost with each restart, at least once a day, and with each deploy: the only database is "
            "an SQLite file, on a disk that every process has for itself and that is thrown away with it.",
            "Add a database (`heroku addons:create heroku-postgresql:essential-0`) and psycopg2-binary, and take its "
            "address from DATABASE_URL, with `postgres://` replaced by `postgresql://`.",
        )


def _beginning(value: ast.expr) -> str:
    """The text that a value certainly begins with."""
    while isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add):
        value = value.left
    if isinstance(value, ast.JoinedStr) and value.values:
        value = value.values[0]
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else ""


def database_driver_missing(scene: Scene) -> Iterator[Problem]:
    """Nothing installs a driver for the platform's database."""
    known = next((item.known for item in scene.plan.reached if item.process == "web"), None)
    if known is None or not all(known.has(module) is False for module in runtime()["sqlalchemy"]["postgres"]):
        return
    found = database_address(scene)
    if found is not None:
        module, read = found
        yield Problem(
            module.span(read),
            "The first query will fail once the app has a database of the platform: PostgreSQL needs a driver such as "
            "psycopg2, and nothing installs one.",
            "Add psycopg2-binary to what is installed.",
        )
