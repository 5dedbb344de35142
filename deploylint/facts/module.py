"""What happens when a Python source is imported: which imports run, in which order and when, and which names it binds.

Nothing is run. Bodies of functions do not run when a module is imported, except where it calls them itself; a body is
kept so that such a call can be followed. What stands under a test that cannot be told may run or may not. What comes
out is told in `deploylint.facts.events`.
"""

from __future__ import annotations

import ast
import warnings
from typing import TYPE_CHECKING, Any, ClassVar

from deploylint.compat import parse_python
from deploylint.facts.branches import branches_of, is_endless, is_main, is_true, leaves
from deploylint.facts.events import ALWAYS, Call, Import, Source, place_of
from deploylint.facts.newest import newest_construct, syntax_fault
from deploylint.facts.python import dotted
from deploylint.tree import Trouble

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from deploylint.facts.events import Event, When
    from deploylint.tree import Tree

    Parse = Callable[[str, bytes], Source]

SIZE_LIMIT = 1024 * 1024
"""Bytes of a source that are parsed; larger ones are data, and unknown."""


def read_source(tree: Tree, path: str, room: int = SIZE_LIMIT, parse: Parse | None = None) -> Source:
    """The source at `path`, which is a file; one of more than `room` bytes is too large. `parse` is `parse_source`, or
    what remembers what that said.
    """
    content = tree.read(path, SIZE_LIMIT)
    if content.trouble is not None:
        return Source(path, trouble=content.trouble.value)
    if len(content.data) > room:
        return Source(path, trouble=Trouble.TOO_LARGE.value)
    return (parse or parse_source)(path, content.data)


def parse_source(path: str, data: bytes) -> Source:
    """The source with these contents."""
    reader = _Reader(whole=True)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = parse_python(data)
        reader.block(tree.body, ALWAYS)
    except SyntaxError as error:
        return Source(path, trouble="syntax", syntax=syntax_fault(error, data))
    except (ValueError, RecursionError, MemoryError):
        return Source(path, trouble="unreadable")
    if b"global" in data:
        reader.names.update(_globals(tree))
    return Source(
        path,
        tuple(reader.events),
        tuple(reader.program),
        reader.functions,
        frozenset(reader.names),
        _exports(tree.body, data),
        reader.dynamic,
        needs=newest_construct(tree, data),
        size=len(data),
    )


_CAUGHT = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})
_ENDS = frozenset({"sys.exit", "exit", "quit", "os._exit"})
_IMPORTERS = frozenset({"import_module", "importlib.import_module", "__import__"})
_DYNAMIC = frozenset({"globals", "locals", "vars", "setattr", "exec", "eval"})
_SUPPRESS = frozenset({"suppress", "contextlib.suppress"})
# Nothing of these runs code, or nothing yet.
_LEAVES = frozenset({ast.Name, ast.Constant, ast.Lambda})
# Where a statement, an `except` or a `case` has others below it.
_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")


class _Reader:
    """Goes through the statements that run when a module is imported. Only the `whole` module has functions that can be
    called by name: those of a class, or within another function, are not read.
    """

    def __init__(self, *, whole: bool = False, function: bool = False) -> None:
        self.events: list[Event] = []
        self.program: list[Event] = []
        self.functions: dict[str, tuple[Event, ...]] = {}
        self.names: set[str] = set()
        self.dynamic = False
        self._whole = whole
        self._function_body = function

    def block(self, statements: Iterable[ast.stmt], when: When) -> bool:
        """Read statements; whether they certainly end the program, so that nothing after them runs."""
        return any(self._kinds.get(type(one), _Reader._simple)(self, one, when) for one in statements)

    def _import(self, node: ast.Import, when: When) -> bool:
        for alias in node.names:
            bound = alias.asname or alias.name.partition(".")[0]
            self.events.append(Import(alias.name, 0, (), (bound,), place_of(alias), when))
            self.names.add(bound)
        return False

    def _import_from(self, node: ast.ImportFrom, when: When) -> bool:
        taken = tuple(alias.name for alias in node.names)
        given = tuple(alias.asname or alias.name for alias in node.names)
        self.events.append(Import(node.module or "", node.level, taken, given, place_of(node), when))
        self.names.update(name for name in given if name != "*")
        return False

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, when: When) -> bool:
        self.names.add(node.name)
        if node.name == "__getattr__":
            self.dynamic = True
        self._decorators(node, when)
        for default in (*node.args.defaults, *node.args.kw_defaults):
            if default is not None:
                self._expression(default, when)
        if self._whole:
            inner = _Reader(function=True)
            inner.block(node.body, ALWAYS)
            # The last definition of a name is the one that is called.
            self.functions[node.name] = tuple(inner.events)
        return False

    def _decorators(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, when: When) -> None:
        for decorator in node.decorator_list:
            self._expression(decorator, when)
            if dotted(decorator):
                self.events.append(Call(dotted(decorator), place_of(decorator), when))

    def _class(self, node: ast.ClassDef, when: When) -> bool:
        self.names.add(node.name)
        self._decorators(node, when)
        for expression in node.bases:
            self._expression(expression, when)
        inner = _Reader(function=self._function_body)
        inner.block(node.body, when)
        self.events += inner.events
        if self._whole and not node.keywords and not node.decorator_list:
            self._constructor(node)
        return False

    def _constructor(self, node: ast.ClassDef) -> None:
        """Who calls a class runs its `__init__`, where no metaclass or `__new__` decides otherwise."""
        methods = {one.name: one for one in node.body if isinstance(one, ast.FunctionDef)}
        if "__init__" in methods and "__new__" not in methods:
            inner = _Reader(function=True)
            inner.block(methods["__init__"].body, ALWAYS)
            self.functions[node.name] = tuple(inner.events)

    def _if(self, node: ast.If, when: When) -> bool:
        if is_main(node.test):
            inner = _Reader(whole=self._whole, function=self._function_body)
            inner.block(node.body, when)
            self.program += inner.events
            self.functions.update(inner.functions)
            return self.block(node.orelse, when)
        taken, left = branches_of(node.test, when)
        self._expression(node.test, when)
        ends = [self.block(body, branch) for body, branch in ((node.body, taken), (node.orelse, left)) if branch]
        return bool(ends) and all(ends) and (taken is None or left is None)

    def _try(self, node: ast.Try, when: When) -> bool:
        catching = next((one for one in node.handlers if one.type is None or _catches(one.type)), None)
        if catching is not None and _stops(catching):
            catching = None
        self.block(node.body, when._replace(guarded=True, attempt=node.lineno) if catching else when)
        for handler in node.handlers:
            if handler.name:
                self.names.add(handler.name)
            runs = when.maybe
            if handler is catching and _surely_catches(handler) and (when.certain or when.rescues):
                runs = runs._replace(rescues=(*when.rescues, node.lineno))
            self.block(handler.body, runs)
        after = when.maybe if catching else when
        if catching and all(isinstance(one, (ast.Import, ast.ImportFrom)) for one in node.body):
            follows = (*when.follows, node.lineno)
            after = after._replace(follows=follows if when.certain or when.follows else ())
        self.block(node.orelse, after)
        return self.block(node.finalbody, when)

    def _with(self, node: ast.With | ast.AsyncWith, when: When) -> bool:
        for item in node.items:
            self._expression(item.context_expr, when)
            if item.optional_vars is not None:
                self._bind(item.optional_vars)
            call = item.context_expr
            if isinstance(call, ast.Call) and dotted(call.func) in _SUPPRESS and any(map(_catches, call.args)):
                when = when._replace(guarded=True, attempt=0)
        return self.block(node.body, when) and not when.guarded

    def _loop(self, node: ast.For | ast.AsyncFor | ast.While, when: When) -> bool:
        if not isinstance(node, ast.While):
            self._bind(node.target)
        elif is_true(node.test):
            return self._endless(node, when)
        self.block([*node.body, *node.orelse], when.maybe)
        return False

    def _endless(self, node: ast.While, when: When) -> bool:
        """`while True:` runs at least once, as far as nothing leaves it; where nothing can, nothing behind it runs."""
        turn = when
        for statement in node.body:
            self.block([statement], turn)
            turn = when.maybe if leaves(statement) else turn
        self.block(node.orelse, when.maybe)
        return is_endless(node) and self._is_sure(when)

    @staticmethod
    def _is_sure(when: When) -> bool:
        return when.certain and not when.guarded and not when.tests

    def _match(self, node: ast.Match, when: When) -> bool:
        for case in node.cases:
            self.names.update(_captured(case.pattern))
            self.block(case.body, when.maybe)
        return False

    def _delete(self, node: ast.Delete, when: When) -> bool:
        if when == ALWAYS:
            self.names.difference_update(map(dotted, node.targets))
        return self._simple(node, when)

    def _raise(self, _: ast.Raise, when: When) -> bool:
        return self._is_sure(when)

    def _return(self, node: ast.Return, when: When) -> bool:
        if not self._function_body:
            # What the compiler says, which is not asked.
            raise SyntaxError("'return' outside function", ("", node.lineno, node.col_offset + 1, None))
        return self._simple(node, when)

    def _assign(self, node: ast.Assign, when: When) -> bool:
        for target in node.targets:
            if isinstance(target, ast.Name):
                self.names.add(target.id)
            else:
                self._bind(target)
                self._expression(target, when)
        return self._ends(node.value, when)

    def _value(self, node: ast.Expr, when: When) -> bool:
        return type(node.value) is not ast.Constant and self._ends(node.value, when)

    def _ends(self, expression: ast.expr, when: When) -> bool:
        ends = self._expression(expression, when)
        return ends and self._is_sure(when)

    def _simple(self, node: ast.stmt, when: When) -> bool:
        for target in _targets(node):
            self._bind(target)
        ends = False
        for expression in ast.iter_child_nodes(node):
            if isinstance(expression, ast.expr):
                ends = self._expression(expression, when) or ends
        return ends and self._is_sure(when)

    def _expression(self, expression: ast.expr, when: When) -> bool:
        """Read the calls of an expression; whether it is a call that ends the program."""
        todo: list[ast.AST] = [expression]
        while todo:
            node = todo.pop()
            if type(node) in _LEAVES:
                continue
            if isinstance(node, ast.Call):
                self._call(node, when)
            elif isinstance(node, ast.NamedExpr):
                self._bind(node.target)
            todo += _below(node)
        return isinstance(expression, ast.Call) and dotted(expression.func) in _ENDS

    def _call(self, node: ast.Call, when: When) -> None:
        name = dotted(node.func)
        if not name:
            return
        if name in _IMPORTERS and node.args:
            first, package = node.args[0], [*node.args[1:], *(word.value for word in node.keywords)]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                module = first.value.lstrip(".")
                level = len(first.value) - len(module)
                if not level or [dotted(value) for value in package] == ["__package__"]:
                    self.events.append(Import(module, level, (), (), place_of(first), when))
            return
        if name in _DYNAMIC:
            self.dynamic = True
        self.events.append(Call(name, place_of(node), when))

    def _bind(self, target: ast.expr) -> None:
        todo = [target]
        while todo:
            node = todo.pop()
            if isinstance(node, ast.Name):
                self.names.add(node.id)
            elif isinstance(node, (ast.Tuple, ast.List)):
                todo.extend(node.elts)
            elif isinstance(node, ast.Starred):
                todo.append(node.value)

    _kinds: ClassVar[dict[type[ast.stmt], Callable[[Any, Any, When], bool]]] = {
        ast.Import: _import,
        ast.ImportFrom: _import_from,
        ast.FunctionDef: _function,
        ast.AsyncFunctionDef: _function,
        ast.ClassDef: _class,
        ast.Assign: _assign,
        ast.Expr: _value,
        ast.If: _if,
        ast.Try: _try,
        getattr(ast, "TryStar", ast.Try): _try,
        ast.With: _with,
        ast.AsyncWith: _with,
        ast.For: _loop,
        ast.AsyncFor: _loop,
        ast.While: _loop,
        ast.Match: _match,
        ast.Delete: _delete,
        ast.Raise: _raise,
        ast.Return: _return,
    }


def _below(node: ast.AST) -> list[ast.AST]:
    """What stands below a part of an expression, the last one first. Reading a large app takes much of its time here,
    so what is met most comes first, and leaves are left out.
    """
    if isinstance(node, ast.Attribute):
        return [node.value]
    found: list[ast.AST] = []
    if isinstance(node, ast.Call):
        found += [node.func, *node.args, *[keyword.value for keyword in node.keywords]]
    else:
        for field in node._fields:
            value = getattr(node, field, None)
            if isinstance(value, list):
                found += [item for item in value if isinstance(item, ast.AST)]
            elif isinstance(value, ast.AST) and value._fields:
                found.append(value)
    return [item for item in reversed(found) if type(item) not in _LEAVES]


def _globals(tree: ast.Module) -> Iterator[str]:
    """The names that functions and classes declare `global`."""
    todo: list[ast.AST] = [tree]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Global):
            yield from node.names
        for field in _BLOCKS:
            todo.extend(getattr(node, field, ()))


def _targets(node: ast.stmt) -> Sequence[ast.expr]:
    if isinstance(node, ast.AugAssign) or (isinstance(node, ast.AnnAssign) and node.value is not None):
        return [node.target]
    name = getattr(node, "name", None)  # `type X = …`
    return [name] if isinstance(name, ast.expr) else []


def _captured(pattern: ast.pattern) -> Iterator[str]:
    for node in ast.walk(pattern):
        name = getattr(node, "name", None) or getattr(node, "rest", None)
        if isinstance(name, str):
            yield name


def _stops(handler: ast.ExceptHandler) -> bool:
    """Whether a handler that surely catches a failed import raises again, or ends the program."""
    return _surely_catches(handler) and any(
        isinstance(node, ast.Raise)
        or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and dotted(node.value.func) in _ENDS)
        for node in handler.body
    )


def _surely_catches(handler: ast.ExceptHandler) -> bool:
    names = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(name is None or dotted(name) in _CAUGHT for name in names)


def _catches(node: ast.expr) -> bool:
    found = node.elts if isinstance(node, ast.Tuple) else [node]
    # A name that is not known may stand for a tuple of anything.
    return any(dotted(item).rpartition(".")[2] in _CAUGHT or not dotted(item).endswith("Error") for item in found)


def _exports(statements: Iterable[ast.stmt], data: bytes) -> frozenset[str] | None:
    """The names in the one `__all__` of a source."""
    if data.count(b"__all__") != 1:
        return None
    for node in statements:
        if isinstance(node, ast.Assign) and dotted(node.targets[0]) == "__all__":
            items = node.value.elts if isinstance(node.value, (ast.List, ast.Tuple)) else [node.value]
            names = [item.value for item in items if isinstance(item, ast.Constant) and isinstance(item.value, str)]
            return frozenset(names) if len(names) == len(items) else None
    return None
