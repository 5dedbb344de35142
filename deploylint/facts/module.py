"""What happens when a Python source is imported: which imports run, in which order and when, and which names it binds.

Nothing is run. Bodies of functions do not run when a module is imported, except where it calls them itself; a body is
kept so that such a call can be followed. What stands under a test that cannot be told may run or may not. Places are
those of `ast`, whose columns count bytes: `span_of` makes code points of them, for the few that are shown.
"""

from __future__ import annotations

import ast
import re
import sys
import warnings
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from deploylint.record import NamedTuple
from deploylint.text import Span
from deploylint.tree import Trouble

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import TypeGuard

    from deploylint.tree import Tree

    Parse = Callable[[str, bytes], "Source"]

SIZE_LIMIT = 1024 * 1024
"""Bytes of a source that are parsed; larger ones are data, and unknown."""

Version = tuple[int, int]


class Place(NamedTuple):
    """A region as `ast` counts it: lines from 1, columns in bytes from 0, end exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


class VersionTest(NamedTuple):
    """A test of the Python version under which something runs: `sys.version_info >= (3, 11)`."""

    operator: str
    version: tuple[int, ...]

    def holds(self, version: Version) -> bool | None:
        """Whether it holds on every release of a series; None where that depends on the release."""
        asked, given = self.version[:2], version[: len(self.version)]
        exact = len(self.version) <= 2
        if self.operator in (">=", "<"):
            if not exact and asked == given[:2]:
                return None if any(self.version[2:]) else self.operator == ">="
            return (given >= asked) is (self.operator == ">=")
        if self.operator in (">", "<="):
            # (3, 12, 1) > (3, 12): a release is more than its series.
            return (version >= asked) is (self.operator == ">") if exact else None
        return None


class When(NamedTuple):
    """When something runs. `certain`: whenever the module is imported and `tests` hold; `guarded`: its failure is
    caught, as of all that is tried in `attempt`. What is not certain is it after all where all attempts fail that are
    named in `rescues`, if it names any.
    """

    certain: bool = True
    guarded: bool = False
    tests: tuple[VersionTest, ...] = ()
    attempt: int = 0
    rescues: tuple[int, ...] = ()

    def on(self, version: Version | None) -> When | None:
        """The same on one version of Python, None where it does not run there; without a version, tests are unknown."""
        if not self.tests:
            return self
        results = [None if version is None else test.holds(version) for test in self.tests]
        if False in results:
            return None
        kept = self._replace(tests=())
        return kept if None not in results else kept.maybe

    @property
    def maybe(self) -> When:
        """The same, but it may also not run."""
        return self._replace(certain=False, rescues=())


ALWAYS = When()


class Import(NamedTuple):
    """`import module` (no `names`), or `from module import names`; `level` counts the dots in front. `bound` are the
    names that it gives to what it took, one for each of `names`, or the only one.
    """

    module: str
    level: int
    names: tuple[str, ...]
    bound: tuple[str, ...]
    place: Place
    when: When = ALWAYS


class Call(NamedTuple):
    """A call of a plain or dotted name, as it is written."""

    name: str
    place: Place
    when: When = ALWAYS


Event = Import | Call


class Source(NamedTuple):
    """What importing a source does. `events` are imports and calls in their order; `program` those under
    `if __name__ == "__main__"`, which run only in the file that is started; `functions` the same for each function of
    the module. `names` are all that may be bound at the top level; with `dynamic` there may be others. `exports` are
    those in `__all__`, where it is one plain list.

    `trouble` says why nothing is known: `too-large`, `unreadable`, or `syntax`, which `syntax` tells. `needs` is the
    series of Python that the newest construct came with, where that is after 3.10. `size` counts the bytes of what
    could be parsed.
    """

    path: str
    events: tuple[Event, ...] = ()
    program: tuple[Event, ...] = ()
    functions: Mapping[str, tuple[Event, ...]] = MappingProxyType({})
    names: frozenset[str] = frozenset()
    exports: frozenset[str] | None = None
    dynamic: bool = False
    trouble: str | None = None
    syntax: SyntaxFault | None = None
    needs: tuple[Version, Place] | None = None
    size: int = 0

    @property
    def stars(self) -> Iterator[Import]:
        """Its `from … import *`."""
        return (event for event in self.events if isinstance(event, Import) and event.names == ("*",))


class SyntaxFault(NamedTuple):
    """Why a source cannot be parsed. `since` is the oldest Python, newer than the running one, that may read it;
    `until` the one that is the first not to.
    """

    message: str
    place: Place
    since: Version | None = None
    until: Version | None = None

    def is_wrong_on(self, version: Version) -> bool:
        """Whether this Python 3 certainly cannot read the source either."""
        return (self.since is None or version < self.since) and (self.until is None or version >= self.until)


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
            tree = ast.parse(data)
        reader.block(tree.body, ALWAYS)
    except SyntaxError as error:
        return Source(path, trouble="syntax", syntax=_fault(error, data))
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
        needs=_needs(tree, data),
        size=len(data),
    )


def span_of(tree: Tree, path: str, place: Place) -> Span:
    """A place in code points, as everything that is shown counts."""
    text = tree.text(path)

    def column(line: int, offset: int) -> int:
        source = text.line(line)
        if source.isascii():
            return offset + 1
        # The parser drops a byte order mark before it counts; the text keeps it as a column.
        mark = 1 if line == 1 and source.startswith("\ufeff") else 0
        return len(source[mark:].encode("utf-8", "surrogateescape")[:offset].decode("utf-8", "replace")) + mark + 1

    return Span(
        path,
        place.line,
        column(place.line, place.column),
        place.end_line,
        column(place.end_line, place.end_column),
    )


# ------------------------------------------------------------------------------------------------ reading

_CAUGHT = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})
_ENDS = frozenset({"sys.exit", "exit", "quit", "os._exit"})
_IMPORTERS = frozenset({"import_module", "importlib.import_module", "__import__"})
_DYNAMIC = frozenset({"globals", "locals", "vars", "setattr", "exec", "eval"})
_SUPPRESS = frozenset({"suppress", "contextlib.suppress"})
_TYPE_CHECKING = frozenset({"TYPE_CHECKING", "typing.TYPE_CHECKING", "t.TYPE_CHECKING"})
_TRUE_ON_LINUX = {("sys.platform", "linux"), ("os.name", "posix"), ("platform.system", "Linux")}
_ABOUT_THE_SYSTEM = frozenset({"sys.platform", "os.name", "platform.system"})
# Nothing of these runs code, or nothing yet.
_LEAVES = frozenset({ast.Name, ast.Constant, ast.Lambda})
# Where a statement, an `except` or a `case` has others below it.
_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")
_NEGATED = {"==": "!=", "!=": "==", ">=": "<", "<": ">=", ">": "<=", "<=": ">"}
_OPERATORS = {ast.Eq: "==", ast.NotEq: "!=", ast.GtE: ">=", ast.Lt: "<", ast.Gt: ">", ast.LtE: "<="}


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
            self.events.append(Import(alias.name, 0, (), (bound,), _place(alias), when))
            self.names.add(bound)
        return False

    def _import_from(self, node: ast.ImportFrom, when: When) -> bool:
        taken = tuple(alias.name for alias in node.names)
        given = tuple(alias.asname or alias.name for alias in node.names)
        self.events.append(Import(node.module or "", node.level, taken, given, _place(node), when))
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
            if _dotted(decorator):
                self.events.append(Call(_dotted(decorator), _place(decorator), when))

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
        if _is_main(node.test):
            inner = _Reader(whole=self._whole, function=self._function_body)
            inner.block(node.body, when)
            self.program += inner.events
            self.functions.update(inner.functions)
            return self.block(node.orelse, when)
        taken, left = _branches(node.test, when)
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
        self.block(node.orelse, when.maybe if catching else when)
        return self.block(node.finalbody, when)

    def _with(self, node: ast.With | ast.AsyncWith, when: When) -> bool:
        for item in node.items:
            self._expression(item.context_expr, when)
            if item.optional_vars is not None:
                self._bind(item.optional_vars)
            call = item.context_expr
            if isinstance(call, ast.Call) and _dotted(call.func) in _SUPPRESS and any(map(_catches, call.args)):
                when = when._replace(guarded=True, attempt=0)
        return self.block(node.body, when) and not when.guarded

    def _loop(self, node: ast.For | ast.AsyncFor | ast.While, when: When) -> bool:
        if not isinstance(node, ast.While):
            self._bind(node.target)
        self.block([*node.body, *node.orelse], when.maybe)
        return False

    def _match(self, node: ast.Match, when: When) -> bool:
        for case in node.cases:
            self.names.update(_captured(case.pattern))
            self.block(case.body, when.maybe)
        return False

    def _delete(self, node: ast.Delete, when: When) -> bool:
        if when == ALWAYS:
            self.names.difference_update(map(_dotted, node.targets))
        return self._simple(node, when)

    def _raise(self, _: ast.Raise, when: When) -> bool:
        return when.certain and not when.guarded and not when.tests

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
        return ends and when.certain and not when.guarded and not when.tests

    def _simple(self, node: ast.stmt, when: When) -> bool:
        for target in _targets(node):
            self._bind(target)
        ends = False
        for expression in ast.iter_child_nodes(node):
            if isinstance(expression, ast.expr):
                ends = self._expression(expression, when) or ends
        return ends and when.certain and not when.guarded and not when.tests

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
        return isinstance(expression, ast.Call) and _dotted(expression.func) in _ENDS

    def _call(self, node: ast.Call, when: When) -> None:
        name = _dotted(node.func)
        if not name:
            return
        if name in _IMPORTERS and node.args:
            first, package = node.args[0], [*node.args[1:], *(word.value for word in node.keywords)]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                module = first.value.lstrip(".")
                level = len(first.value) - len(module)
                if not level or [_dotted(value) for value in package] == ["__package__"]:
                    self.events.append(Import(module, level, (), (), _place(first), when))
            return
        if name in _DYNAMIC:
            self.dynamic = True
        self.events.append(Call(name, _place(node), when))

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


def _place(node: ast.expr | ast.stmt | ast.alias) -> Place:
    return Place(
        node.lineno, node.col_offset, node.end_lineno or node.lineno, node.end_col_offset or node.col_offset + 1
    )


def _dotted(node: ast.expr) -> str:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


def _stops(handler: ast.ExceptHandler) -> bool:
    """Whether a handler that surely catches a failed import raises again, or ends the program."""
    return _surely_catches(handler) and any(
        isinstance(node, ast.Raise)
        or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and _dotted(node.value.func) in _ENDS)
        for node in handler.body
    )


def _surely_catches(handler: ast.ExceptHandler) -> bool:
    names = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(name is None or _dotted(name) in _CAUGHT for name in names)


def _catches(node: ast.expr) -> bool:
    found = node.elts if isinstance(node, ast.Tuple) else [node]
    # A name that is not known may stand for a tuple of anything.
    return any(_dotted(item).rpartition(".")[2] in _CAUGHT or not _dotted(item).endswith("Error") for item in found)


def _is_main(test: ast.expr) -> bool:
    return (
        isinstance(test, ast.Compare)
        and isinstance(test.left, ast.Name)
        and test.left.id == "__name__"
        and len(test.ops) == 1
        and isinstance(test.ops[0], ast.Eq)
    )


def _branches(test: ast.expr, when: When) -> tuple[When | None, When | None]:
    """When the body of an `if` runs, and when its `else` does; None for never."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        left, taken = _branches(test.operand, when)
        return taken, left
    if isinstance(test, ast.Constant):
        return (when, None) if test.value else (None, when)
    if _dotted(test) in _TYPE_CHECKING:
        return None, when
    known = _compared(test)
    if isinstance(known, VersionTest):
        opposite = VersionTest(_NEGATED[known.operator], known.version)
        return when._replace(tests=(*when.tests, known)), when._replace(tests=(*when.tests, opposite))
    if known is not None:
        return (when, None) if known else (None, when)
    return when.maybe, when.maybe


def _compared(test: ast.expr) -> VersionTest | bool | None:
    """A comparison of the Python version, or what a comparison of the system's name comes to on Linux."""
    if not isinstance(test, ast.Compare) or len(test.ops) != 1:
        return _starts(test)
    operator = _OPERATORS.get(type(test.ops[0]))
    other = test.comparators[0]
    left = test.left.func if isinstance(test.left, ast.Call) else test.left
    name = _dotted(left.value if isinstance(left, ast.Subscript) else left)
    if name == "sys.version_info" and operator:
        return _version_test(left, operator, other)
    if name in _ABOUT_THE_SYSTEM and operator in ("==", "!=") and isinstance(other, ast.Constant):
        return ((name, other.value) in _TRUE_ON_LINUX) is (operator == "==")
    return None


def _version_test(left: ast.expr, operator: str, other: ast.expr) -> VersionTest | bool | None:
    if isinstance(left, ast.Subscript):
        index = left.slice
        if isinstance(index, ast.Constant) and index.value == 0 and isinstance(other, ast.Constant):
            return _major_test(operator, other.value)
        if not isinstance(index, ast.Slice):
            return None
    if not isinstance(other, ast.Tuple):
        return None
    version = tuple(item.value for item in other.elts if isinstance(item, ast.Constant) and type(item.value) is int)
    return VersionTest(operator, version) if len(version) == len(other.elts) and version else None


def _major_test(operator: str, value: object) -> bool | None:
    """What a comparison of the first number comes to on Python 3."""
    if not isinstance(value, int):
        return None
    return {"==": value == 3, "!=": value != 3, ">=": value <= 3, "<": value > 3, ">": value < 3, "<=": value >= 3}[
        operator
    ]


def _starts(test: ast.expr) -> bool | None:
    """`sys.platform.startswith("win")`."""
    if isinstance(test, ast.Call) and _dotted(test.func) == "sys.platform.startswith" and len(test.args) == 1:
        word = test.args[0]
        return (
            "linux".startswith(word.value) if isinstance(word, ast.Constant) and isinstance(word.value, str) else None
        )
    return None


def _exports(statements: Iterable[ast.stmt], data: bytes) -> frozenset[str] | None:
    """The names in the one `__all__` of a source."""
    if data.count(b"__all__") != 1:
        return None
    for node in statements:
        if isinstance(node, ast.Assign) and _dotted(node.targets[0]) == "__all__":
            items = node.value.elts if isinstance(node.value, (ast.List, ast.Tuple)) else [node.value]
            names = [item.value for item in items if isinstance(item, ast.Constant) and isinstance(item.value, str)]
            return frozenset(names) if len(names) == len(items) else None
    return None


# ------------------------------------------------------------------------------------------------ syntax

# Names until Python 3.7.
_KEYWORD = re.compile(rb"\b(?:async|await)\b")
_CONFLICT = re.compile(rb"^(?:<{7}|>{7}) ", re.MULTILINE)

# Constructs that came with a series, and a sign of each in the text, so that hardly any source is searched for them.
# The parser that runs here takes only those that it knows. Each begins with its word, which is found fastest, and none
# begins with white space, or a source of nothing but line ends would be searched for hours.
_SIGNS = (
    ((3, 11), rb"except[ \t\f]*\*"),
    ((3, 12), rb"type[ \t\f]+[\w\x80-\xff]"),
    ((3, 12), rb"def[ \t\f]+[\w\x80-\xff]+[ \t\f]*\["),
    ((3, 12), rb"class[ \t\f]+[\w\x80-\xff]+[ \t\f]*\["),
    ((3, 14), rb"[tT][rR]?['\"]"),
)
_NEWER = tuple(re.compile(sign) for version, sign in _SIGNS if version <= sys.version_info)
_SINCE: dict[str, Version] = {
    "TryStar": (3, 11),
    "TypeAlias": (3, 12),
    "TypeVar": (3, 12),
    "ParamSpec": (3, 12),
    "TypeVarTuple": (3, 12),
    "TemplateStr": (3, 14),
}


def _fault(error: SyntaxError, data: bytes) -> SyntaxFault:
    conflict = _CONFLICT.search(data)
    if conflict:
        line = data.count(b"\n", 0, conflict.start()) + 1
        return SyntaxFault("a merge conflict was never resolved", Place(line, 0, line, 7))
    line = max(error.lineno or 1, 1)
    column = max((error.offset or 1) - 1, 0)
    message = error.msg.partition("\n")[0]
    from deploylint.facts.syntax import readable_since

    until = (3, 7) if _KEYWORD.search(data) else None
    return SyntaxFault(message, Place(line, column, line, column + 1), readable_since(data, error.msg), until)


def _needs(tree: ast.Module, data: bytes) -> tuple[Version, Place] | None:
    """The newest series that a construct of the source needs, where that is newer than 3.10, and the first such one."""
    if not any(sign.search(data) for sign in _NEWER):
        return None
    found = [(version, _place(node)) for node in ast.walk(tree) if (version := _since(node)) and _has_place(node)]
    newest = max((version for version, _ in found), default=None)
    return next((item for item in sorted(found, key=lambda item: item[1]) if item[0] == newest), None)


def _since(node: ast.AST) -> Version | None:
    has_default = getattr(node, "default_value", None) is not None
    return (3, 13) if has_default else _SINCE.get(type(node).__name__)


def _has_place(node: ast.AST) -> TypeGuard[ast.expr]:
    return hasattr(node, "lineno")
