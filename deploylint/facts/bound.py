"""Where a source binds a name at its top level."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deploylint.facts.python import Module

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def binding_lines(module: Module, name: str) -> list[int] | None:
    """The lines on which a name may be bound; None where that cannot be told: by a star, or from within a function."""
    if module.tree is None:
        return None
    found: list[int] = []
    todo: list[ast.AST] = [*module.tree.body]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
            return None
        if isinstance(node, _SCOPES) and any(
            isinstance(below, ast.Global) and name in below.names for below in ast.walk(node)
        ):
            return None
        if name in _bound(node) and isinstance(node, (ast.stmt, ast.expr, ast.excepthandler, ast.pattern)):
            found.append(node.lineno)
        if not isinstance(node, (*_SCOPES, ast.Lambda)):
            todo.extend(ast.iter_child_nodes(node))
    return sorted(found)


def _bound(node: ast.AST) -> set[str]:
    """The names that a node itself binds, and nothing below it."""
    if isinstance(node, ast.Import):
        return {alias.asname or alias.name.partition(".")[0] for alias in node.names}
    if isinstance(node, ast.ImportFrom):
        return {alias.asname or alias.name for alias in node.names}
    if isinstance(node, ast.Name):
        return {node.id} if isinstance(node.ctx, ast.Store) else set()
    # Functions and classes, `except … as`, the captures of a `case`.
    given = (getattr(node, "name", None), getattr(node, "rest", None))
    return {name for name in given if isinstance(name, str)}
