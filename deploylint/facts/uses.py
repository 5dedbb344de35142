"""Where a source uses certain names of others when it is imported: in its routes, in its classes, in its calls.

Read with `ast`; only what stands at the top of the module counts, since that is what an import certainly runs.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from deploylint.facts.python import dotted
from deploylint.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from deploylint.facts.python import Module

_METHODS = frozenset({"get", "post", "put", "patch", "delete", "options", "head", "trace", "api_route", "route"})
_ROUTERS = ("FastAPI", "APIRouter")
_FLASK = ("Flask", "Blueprint")
_SOCKETS = frozenset({"websocket", "websocket_route"})


class Use(NamedTuple):
    """A use at `node`, whether the import certainly comes to it, and the call that it is."""

    node: ast.expr
    sure: bool
    call: ast.Call | None = None


def uses(
    module: Module, kind: str, words: Collection[str], bases: Collection[str] = (), given: str = ""
) -> Iterator[Use]:
    """The uses of the dotted names `words`. `kind` is `parameter`, `field` (in classes derived from one of `bases`),
    `call`, or `anywhere` for a call in whatever function too. A call needs the argument `given`, `NAME=TEXT`: a
    constant that is written like TEXT, or a list of which one is.
    """
    if module.tree is None:
        return
    names = _Names(module.tree, words)
    if not names.wanted:
        return
    if kind == "parameter":
        yield from _parameters(module, names)
    elif kind == "field":
        yield from _fields(module.tree, names, _Names(module.tree, bases))
    else:
        calls = _calls(module.tree, names) if kind == "call" else _all_calls(module.tree, names)
        yield from (use for use in calls if _is_given(use.call, given))


class _Names:
    """The dotted names as a module writes them."""

    def __init__(self, tree: ast.Module, words: Collection[str]) -> None:
        self.wanted: set[str] = set()
        for node in tree.body:
            if isinstance(node, ast.ImportFrom) and not node.level:
                for alias in node.names:
                    self._add(f"{node.module}.{alias.name}", alias.asname or alias.name, words)
            elif isinstance(node, ast.Import):
                for alias in node.names:
                    if alias.asname:
                        self._add(alias.name, alias.asname, words)
                    else:
                        top = alias.name.partition(".")[0]
                        self._add(top, top, words)

    def _add(self, path: str, written: str, words: Collection[str]) -> None:
        for word in words:
            if word == path or word.startswith(f"{path}."):
                self.wanted.add(written + word[len(path) :])

    def has(self, node: ast.AST) -> bool:
        """Whether a node is one of the names."""
        return isinstance(node, (ast.Name, ast.Attribute)) and dotted(node) in self.wanted


def _parameters(module: Module, names: _Names) -> Iterator[Use]:
    for node in _functions(module):
        routers = [found for item in node.decorator_list if (found := _router(item, _METHODS))]
        if not routers:
            continue
        made = module.assigned_calls.get(routers[0], "").rpartition(".")[2] in _ROUTERS
        arguments = node.args
        places: list[ast.expr | None] = [*arguments.defaults, *arguments.kw_defaults]
        places += [one.annotation for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
        for place in places:
            used = next((item for item in ast.walk(place) if names.has(item)), None) if place else None
            if isinstance(used, ast.expr):
                yield Use(used, made)
                break


def _router(decorator: ast.expr, methods: Collection[str]) -> str:
    """The name of what a decorator such as `@app.post("/")` adds a route to; empty for any other."""
    if not isinstance(decorator, ast.Call) or not isinstance(decorator.func, ast.Attribute):
        return ""
    first = decorator.args[0] if decorator.args else None
    is_path = isinstance(first, ast.Constant) and isinstance(first.value, str) and first.value[:1] in ("", "/")
    return dotted(decorator.func.value) if is_path and decorator.func.attr in methods else ""


def sockets(module: Module) -> Iterator[ast.expr]:
    """The decorators that make a function a WebSocket, of Starlette's and FastAPI's applications and routers."""
    for node in _functions(module):
        yield from (item for item in node.decorator_list if _router(item, _SOCKETS))


def coroutine_views(module: Module) -> Iterator[ast.expr]:
    """The decorators that make a coroutine a view of Flask's."""
    for node in _functions(module):
        for item in node.decorator_list if isinstance(node, ast.AsyncFunctionDef) else ():
            made = module.assigned_calls.get(_router(item, _METHODS), "")
            if made.rpartition(".")[2] in _FLASK:
                yield item


def _functions(module: Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in module.tree.body if module.tree else ():
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node


def _fields(tree: ast.Module, names: _Names, bases: _Names) -> Iterator[Use]:
    for node in tree.body:
        if not isinstance(node, ast.ClassDef) or not any(map(bases.has, node.bases)):
            continue
        bases.wanted.add(node.name)
        for item in node.body:
            if isinstance(item, ast.AnnAssign):
                used = next((part for part in ast.walk(item.annotation) if names.has(part)), None)
                if isinstance(used, ast.expr):
                    yield Use(used, sure=True)


def _calls(tree: ast.Module, names: _Names) -> Iterator[Use]:
    for node in tree.body:
        value = node.value if isinstance(node, (ast.Assign, ast.AnnAssign, ast.Expr)) else None
        if isinstance(value, ast.Call) and names.has(value.func):
            yield Use(value.func, sure=True, call=value)


def _all_calls(tree: ast.Module, names: _Names) -> Iterator[Use]:
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and names.has(node.func)]
    for node in sorted(found, key=lambda call: (call.lineno, call.col_offset)):
        yield Use(node.func, sure=False, call=node)


def _is_given(call: ast.Call | None, given: str) -> bool:
    name, _, text = given.partition("=")
    values = [item.value for item in call.keywords if item.arg == name] if call else []
    parts = [part for value in values for part in (value, *getattr(value, "elts", ()))]
    return not given or any(isinstance(part, ast.Constant) and str(part.value) == text for part in parts)
