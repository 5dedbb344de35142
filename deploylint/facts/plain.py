"""What the top level of a source says plainly: the names that it binds once and whatever happens, and what they are.

A name that is bound twice, or under a condition, is not plain. Nothing is run.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from deploylint.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Binding = ast.stmt | ast.expr | ast.alias
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


class Bound(NamedTuple):
    """What a name is given: a class or function, the value of an assignment, or what an import takes; of that
    `statement` is the import.
    """

    node: Binding
    statement: ast.stmt


class Plain(NamedTuple):
    """The names that a block binds: what each is, None where that is not plain. `stars` are the modules whose names are
    all taken over; `hidden`: other names may be bound too.
    """

    names: Mapping[str, Bound | None]
    stars: tuple[ast.ImportFrom, ...] = ()
    hidden: bool = False


def read_block(body: Iterable[ast.stmt]) -> Plain:
    """What the statements of a module, or of a class, bind."""
    names: dict[str, Bound | None] = {}
    stars: list[ast.ImportFrom] = []
    hidden = False
    for statement in body:
        if isinstance(statement, ast.ImportFrom) and statement.names[0].name == "*":
            stars.append(statement)
            continue
        for name, node in _bound(statement):
            bound = Bound(node, statement) if node is not None and name not in names else None
            names[name] = bound
        hidden = hidden or _hides(statement)
    return Plain(names, tuple(stars), hidden)


def _bound(statement: ast.stmt) -> Iterator[tuple[str, Binding | None]]:
    """The names that a statement binds, with what they are given where that is plain."""
    if isinstance(statement, _SCOPES):
        yield statement.name, statement
    elif isinstance(statement, ast.Import):
        yield from ((alias.asname or alias.name.partition(".")[0], alias) for alias in statement.names)
    elif isinstance(statement, ast.ImportFrom):
        yield from ((alias.asname or alias.name, alias) for alias in statement.names)
    elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        if statement.value is not None:
            yield statement.target.id, statement.value
    elif isinstance(statement, ast.Assign) and all(isinstance(target, ast.Name) for target in statement.targets):
        yield from ((target.id, statement.value) for target in statement.targets if isinstance(target, ast.Name))
    else:
        yield from ((name, None) for name in _below(statement))


def _below(statement: ast.stmt) -> Iterator[str]:
    """The names that may be bound anywhere in a statement, functions and classes left out."""
    todo: list[ast.AST] = [statement]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            yield node.id
        elif isinstance(node, ast.alias):
            yield node.asname or node.name.partition(".")[0]
        elif isinstance(node, _SCOPES):
            yield node.name
            continue
        else:
            # `except … as`, and the captures of a `case`.
            yield from (
                name for name in (getattr(node, "name", None), getattr(node, "rest", None)) if isinstance(name, str)
            )
        todo.extend(ast.iter_child_nodes(node))


_WRITERS = frozenset({"exec", "globals", "locals", "vars", "setattr"})


def _hides(statement: ast.stmt) -> bool:
    """Whether a statement may bind names that do not stand there."""
    if isinstance(statement, (ast.Import, *_SCOPES)):
        return False
    if isinstance(statement, ast.ImportFrom):
        return False
    return any(
        (isinstance(node, ast.Name) and node.id in _WRITERS)
        or (isinstance(node, ast.ImportFrom) and node.names[0].name == "*")
        for node in ast.walk(statement)
    )
