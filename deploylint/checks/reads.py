"""Where sources read an environment variable, and what they give its value to."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from deploylint.checks.loaded import loaded
from deploylint.facts.python import dotted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploylint.checks.registry import Scene
    from deploylint.facts.python import Module

MAY_BE_NONE = frozenset({"os.environ.get", "environ.get", "os.getenv", "getenv"})
_READERS = MAY_BE_NONE | {"config", "decouple.config", "env", "env.str"}
_MAPPINGS = frozenset({"os.environ", "environ"})
_URI = "SQLALCHEMY_DATABASE_URI"
_NAME_LIMIT = 200


def database_address(scene: Scene) -> tuple[Module, ast.expr] | None:
    """Where the processes give the platform's DATABASE_URL to SQLAlchemy as it is: the module, and the read of it."""
    for path in loaded(scene):
        if b"DATABASE_URL" not in scene.app.tree.read(path).data:
            continue
        module = scene.app.module(path)
        for value in given_to_sqlalchemy(module):
            read = read_of(module, value, ("DATABASE_URL",))
            if read is not None:
                return module, read
    return None


def given_to_sqlalchemy(module: Module) -> Iterator[ast.expr]:
    """What is used as the address of a database."""
    for node in module.nodes:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        is_uri = any(is_setting(target, _URI) for target in targets)
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None and is_uri:
            yield node.value
        elif isinstance(node, ast.Call):
            name = dotted(node.func).rpartition(".")[2]
            if name in ("create_engine", "create_async_engine") and node.args:
                yield node.args[0]
            elif name == "set_main_option" and len(node.args) == 2 and text_of(node.args[0]) == "sqlalchemy.url":
                yield node.args[1]


def is_setting(target: object, name: str) -> bool:
    """Whether a target of an assignment is the setting `name`: a variable, an attribute, or an item of a config."""
    if isinstance(target, ast.Subscript):
        return text_of(target.slice) == name
    return (isinstance(target, ast.Name) and target.id == name) or (
        isinstance(target, ast.Attribute) and target.attr == name
    )


def text_of(node: ast.expr) -> str | None:
    """The text of a constant."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def read_of(module: Module, value: ast.expr, names: tuple[str, ...]) -> ast.expr | None:
    """The read of one of these variables that a value is as it is: the read itself, one with another value beside it
    (`or`), or a name that one statement of the module binds to such.
    """
    if isinstance(value, ast.BoolOp) and isinstance(value.op, ast.Or):
        return read_of(module, value.values[0], names)
    if isinstance(value, ast.Name):
        bound = [node for node in module.nodes if isinstance(node, ast.Name) and node.id == value.id][:_NAME_LIMIT]
        values = [
            node.value
            for node in module.nodes
            if isinstance(node, ast.Assign) and any(getattr(one, "id", "") == value.id for one in node.targets)
        ]
        stored = [node for node in bound if isinstance(node.ctx, ast.Store)]
        if len(values) != 1 or len(stored) != 1 or isinstance(values[0], ast.Name):
            return None
        return read_of(module, values[0], names)
    if isinstance(value, ast.Call) and dotted(value.func) in _READERS and value.args:
        return value if text_of(value.args[0]) in names else None
    if isinstance(value, ast.Subscript) and dotted(value.value) in _MAPPINGS:
        return value if text_of(value.slice) in names else None
    return None
