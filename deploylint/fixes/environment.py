"""Which names a source binds, and where `import os` goes, for code that reads the environment."""

from __future__ import annotations

import ast
import sys
from itertools import pairwise
from typing import TYPE_CHECKING

from deploylint.fixes.parsed import walk
from deploylint.fixes.splice import Splice

if TYPE_CHECKING:
    from deploylint.fixes.parsed import Parsed

OS = "os"

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def _is_os(alias: ast.alias) -> bool:
    if alias.asname is None:
        return alias.name.partition(".")[0] == OS  # `import os.path` binds `os` as well
    return alias.name == OS == alias.asname


def _imports_os(node: ast.AST) -> bool:
    """Whether a statement binds the name `os` to the module of that name."""
    return isinstance(node, ast.Import) and any(_is_os(alias) for alias in node.names)


def _bound_by(node: ast.AST) -> list[str | None]:
    """The names that a node by itself binds, unbinds or declares, but for `os` where it is the module."""
    match node:
        case ast.Import(names=aliases):
            return [alias.asname or alias.name.partition(".")[0] for alias in aliases if not _is_os(alias)]
        case ast.ImportFrom(names=aliases):
            return [alias.asname or alias.name for alias in aliases]
        case ast.Name(id=name, ctx=context):
            return [] if isinstance(context, ast.Load) else [name]
        case ast.Global(names=names) | ast.Nonlocal(names=names):
            return [*names]
        case ast.alias() | ast.keyword():
            return []
        case _:  # functions, classes, parameters, `except … as`, patterns, type parameters
            return [getattr(node, field, None) for field in ("name", "arg", "rest")]


def is_bound(tree: ast.Module, name: str) -> bool:
    """Whether `name` is bound in any scope of the source, but for `os` where it is the module."""
    return any(name in _bound_by(node) for node in walk(tree, lambda _: True))


def import_os(module: Parsed, node: ast.AST, start: int) -> list[Splice] | None:
    """What makes `os` the module where `node` stands, at offset `start` or above: nothing if it is already, None if
    that cannot be done.
    """
    if is_bound(module.tree, OS):
        return None
    known = local = False
    path = _path(module.tree, node)
    for parent, child in pairwise(path):
        if isinstance(parent, _SCOPES) and _binds_os(parent):
            # In a function the name is local from its first line on, and a class keeps it from its methods.
            if isinstance(parent, ast.ClassDef):
                return None
            known, local = False, True
        known = known or any(_imports_os(statement) for statement in _earlier(parent, child))
    if known:
        return []
    return None if local else _new_import(module, start)


def _path(root: ast.AST, node: ast.AST) -> list[ast.AST]:
    """The nodes that lead from `root` to `node`, both included."""
    parents = {child: parent for parent in walk(root, lambda _: True) for child in ast.iter_child_nodes(parent)}
    path = [node]
    while path[-1] is not root:
        path.append(parents[path[-1]])
    return path[::-1]


def _earlier(parent: ast.AST, child: ast.AST) -> list[ast.stmt]:
    """The statements that stand before `child` in the same block: they have run when `child` runs."""
    for _, block in ast.iter_fields(parent):
        if isinstance(child, ast.stmt) and isinstance(block, list) and child in block:
            return block[: block.index(child)]
    return []


def _binds_os(scope: ast.AST) -> bool:
    return any(_imports_os(node) for node in walk(scope, lambda node: not isinstance(node, _SCOPES)))


def _new_import(module: Parsed, end: int) -> list[Splice] | None:
    """`import os` among the first imports of the source: behind those of the standard library that sort before it, else
    before the first statement that is neither docstring nor `__future__`. None where that would be behind `end`.
    """
    before: ast.stmt | None = None
    for index, statement in enumerate(module.tree.body):
        begins = _first_line(statement)
        # Two statements on one line: the line belongs to the first.
        is_free = before is None or begins > (before.end_lineno or 0)
        if is_free and not _must_lead(index, statement) and not _sorts_before_os(statement):
            return _import_line(module, end, statement, before)
        before = statement
    return None


def _import_line(module: Parsed, end: int, statement: ast.stmt, before: ast.stmt | None) -> list[Splice] | None:
    line = _first_line(statement)
    text = f"import {OS}\n"
    if before is not None and _sorts_before_os(before):
        line = (before.end_lineno or 0) + 1
    else:
        # Comments at the very top belong to the file, later ones to the statement below them.
        while before is not None and line - 1 > (before.end_lineno or 0) and module.line(line - 1).startswith("#"):
            line -= 1
        if not _is_standard(statement):
            text += "\n"
    start = module.line_start(line)
    return [Splice(start, start, text)] if start <= end else None


def _first_line(statement: ast.stmt) -> int:
    """The first line of a statement, its decorators included."""
    decorators = statement.decorator_list if isinstance(statement, _SCOPES) else []
    return min([statement.lineno, *(decorator.lineno for decorator in decorators)])


def _must_lead(index: int, statement: ast.stmt) -> bool:
    match statement:
        case ast.Expr(value=ast.Constant(value=str())):
            return index == 0
        case ast.ImportFrom(module="__future__"):
            return True
        case _:
            return False


def _is_standard(statement: ast.stmt) -> bool:
    match statement:
        case ast.Import(names=[ast.alias(name=name), *_]) | ast.ImportFrom(module=str(name), level=0):
            return name.partition(".")[0] in sys.stdlib_module_names
        case _:
            return False


def _sorts_before_os(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Import) and _is_standard(statement) and statement.names[0].name < OS
