"""What the names of a Python source stand for, and the calls that it makes, with their arguments.

A name is known where its scope binds it once: to an import, to the result of a call, or to a value. What a second
binding makes of it depends on which of them runs, and is not asked.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from deploylint.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import TypeAlias

    from deploylint.facts.python import Module

    Bound: TypeAlias = "Imported | ast.expr | ast.ClassDef | ast.FunctionDef | None"

CALL = "()"
_DEEPEST = 20
"""Names that stand for names, and calls of what a call gave, that are followed."""


class Imported(NamedTuple):
    """What an import bound: `level` counts its dots, `name` is empty where a module is bound."""

    module: str
    level: int
    name: str


class Scope:
    """The names of a module, a class or a function. `None` stands for what is not known of a name."""

    def __init__(self, outer: Scope | None = None) -> None:
        self.outer = outer
        self.functions: dict[ast.AST, Scope] = {}
        self._bound: dict[str, list[Bound]] = {}

    def bind(self, name: str, what: Bound) -> None:
        """Note one binding of a name."""
        self._bound.setdefault(name, []).append(what)

    def all(self) -> Iterator[tuple[str, Bound]]:
        """Every name that the scope itself binds, once for each time that it does, with what it is bound to."""
        for name, found in self._bound.items():
            for what in found:
                yield name, what

    def get(self, name: str) -> tuple[Bound, Scope | None]:
        """What the name stands for, and the scope that binds it; no scope where none does."""
        scope: Scope | None = self
        while scope is not None:
            found = scope._bound.get(name)  # noqa: SLF001 - of the same class
            if found is not None:
                return (found[0] if len(found) == 1 else None), scope
            scope = scope.outer
        return None, None


class Made(NamedTuple):
    """A call in a source, and the scope in which its names are looked up."""

    node: ast.Call
    scope: Scope


class Bindings(NamedTuple):
    """All scopes of a source: that of the module, and every call in any of them."""

    module: Module
    top: Scope
    calls: tuple[Made, ...]


def read_bindings(module: Module) -> Bindings:
    """The names and the calls of a source; none of one that cannot be parsed."""
    top = Scope()
    calls: list[Made] = []
    # Scopes before what stands in them is looked at: a function may use what is bound below it.
    todo: list[tuple[Iterable[ast.AST], Scope]] = [(module.tree.body if module.tree else (), top)]
    while todo:
        nodes, scope = todo.pop()
        calls += [Made(node, scope) for node in _inside(nodes, scope, todo, top) if isinstance(node, ast.Call)]
    return Bindings(module, top, tuple(calls))


def _inside(
    nodes: Iterable[ast.AST], scope: Scope, todo: list[tuple[Iterable[ast.AST], Scope]], top: Scope
) -> Iterator[ast.AST]:
    """The nodes of one scope; scopes in it are put into `todo`."""
    stack = list(nodes)
    while stack:
        node = stack.pop()
        yield node
        _bind(node, scope, top)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            inner = Scope(scope)
            for argument in ast.walk(node.args):
                if isinstance(argument, ast.arg):
                    inner.bind(argument.arg, None)
            scope.functions[node] = inner
            todo.append((node.body if isinstance(node.body, list) else [node.body], inner))
            stack += [*node.args.defaults, *filter(None, node.args.kw_defaults), *getattr(node, "decorator_list", ())]
        elif isinstance(node, ast.ClassDef):
            todo.append((node.body, Scope(scope)))
            stack += [*node.bases, *node.decorator_list]
        else:
            stack += ast.iter_child_nodes(node)


def _bind(node: ast.AST, scope: Scope, top: Scope) -> None:
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        for alias in node.names:
            name, what = _imported(node, alias)
            # `import a.b` and `import a.c` both bind `a`, to the same.
            if scope.get(name) != (what, scope):
                scope.bind(name, what)
    elif isinstance(node, ast.Global):
        for name in node.names:
            top.bind(name, None)
    elif isinstance(node, (ast.ClassDef, ast.FunctionDef)):
        scope.bind(node.name, node)
    elif isinstance(node, (ast.AsyncFunctionDef, ast.ExceptHandler)) and node.name:
        scope.bind(node.name, None)
    else:
        for target, value in _assigned(node):
            _assign(target, value, scope)


def _imported(node: ast.Import | ast.ImportFrom, alias: ast.alias) -> tuple[str, Imported]:
    if isinstance(node, ast.ImportFrom):
        return alias.asname or alias.name, Imported(node.module or "", node.level, alias.name)
    first = alias.name.partition(".")[0]
    return alias.asname or first, Imported(alias.name if alias.asname else first, 0, "")


def _assigned(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr | None]]:
    if isinstance(node, ast.Assign):
        for target in node.targets:
            yield target, node.value
    elif isinstance(node, (ast.AnnAssign, ast.NamedExpr)) and node.value is not None:
        yield node.target, node.value
    elif isinstance(node, (ast.For, ast.AsyncFor, ast.AugAssign, ast.comprehension)):
        yield node.target, None
    elif isinstance(node, ast.withitem) and node.optional_vars is not None:
        yield node.optional_vars, node.context_expr


def _assign(target: ast.expr, value: ast.expr | None, scope: Scope) -> None:
    if isinstance(target, ast.Name):
        scope.bind(target.id, value)
        return
    for node in ast.walk(target):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            scope.bind(node.id, None)


def full_name(node: ast.expr, scope: Scope) -> tuple[Imported, str] | None:
    """What an expression names: the import that its first name comes from, and the rest with dots in front, where `()`
    stands for a call; None where that cannot be told. The result of a call is named as what is called, less the `()`.
    """
    parts: list[str] = []
    for _ in range(_DEEPEST):
        if isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        elif isinstance(node, ast.Call):
            parts.append(CALL)
            node = node.func
        elif isinstance(node, ast.Await):
            node = node.value
        elif isinstance(node, ast.Name):
            what, where = scope.get(node.id)
            rest = "".join(f".{part}" for part in reversed(parts))
            if where is None:
                star = scope.get("*")[0]
                return (star._replace(name=node.id), rest) if isinstance(star, Imported) else None
            if isinstance(what, Imported):
                return what, rest
            made = _made(what, where, parts)
            if made is None:
                return None
            node, scope = made
        else:
            return None
    return None


def _made(what: Bound, where: Scope, parts: list[str]) -> tuple[ast.expr, Scope] | None:
    """What a name of the source stands for, and where; the call of a function is taken from `parts`."""
    if isinstance(what, ast.ClassDef):
        parent = _parent(what, parts)
        return None if parent is None else (parent, where)
    if isinstance(what, ast.FunctionDef):
        given = _given(what) if parts and parts[-1] == CALL else None
        if given is None or what not in where.functions:
            return None
        parts.pop()
        return given, where.functions[what]
    return None if what is None or isinstance(what, Imported) else (what, where)


def _given(function: ast.FunctionDef) -> ast.expr | None:
    """What a function returns, where it has one way to do so, beside returning nothing."""
    if function.decorator_list:
        return None
    found: list[ast.Return] = []
    todo: list[ast.AST] = list(function.body)
    while todo:
        node = todo.pop()
        if isinstance(node, (ast.Yield, ast.YieldFrom)):
            return None
        if isinstance(node, ast.Return):
            found.append(node)
        elif not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            todo += ast.iter_child_nodes(node)
    # What is asked of nothing ends with an error, wherever it was to lead; two ways may lead to the same.
    given = [value for value in (item.value for item in found) if value is not None and not _is_none(value)]
    # What is called decides what comes out, whatever it is given.
    called = [value.func if isinstance(value, ast.Call) else value for value in given]
    same = {(ast.dump(what), what is value) for what, value in zip(called, given, strict=True)}
    return given[0] if len(same) == 1 else None


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _parent(class_: ast.ClassDef, parts: list[str]) -> ast.expr | None:
    """The class from which another one has what is taken from it; None where it has that itself, or has several."""
    own = {node.name for node in class_.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))}
    taken = next((part for part in reversed(parts) if part != CALL), None)
    return class_.bases[0] if len(class_.bases) == 1 and taken is not None and taken not in own else None


def literal(node: ast.expr | None, scope: Scope) -> ast.Constant | ast.Tuple | None:
    """The constant or the tuple that an expression is in the end; None for anything else."""
    for _ in range(_DEEPEST):
        if isinstance(node, (ast.Constant, ast.Tuple)):
            return node
        if isinstance(node, ast.Name):
            what, where = scope.get(node.id)
            if isinstance(what, (Imported, ast.ClassDef, ast.FunctionDef)) or where is None:
                return None
            node, scope = what, where
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("int", "str"):
            node = node.args[0] if len(node.args) == 1 and not node.keywords else None
        else:
            return None
    return None
