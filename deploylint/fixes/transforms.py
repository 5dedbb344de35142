"""Changes of Python sources: the bytes of a file and the span of the code that is meant go in, changed bytes come out.

`ast` says where a thing stands and which names are bound, libcst makes the new code of the one call that changes, and
the result is put into the text in place of the old, so every other byte stays: line ends, tabs, encoding, byte order
mark. libcst is given that call only, never the whole file, for three reasons that were measured with libcst 1.9: its
parser takes about 0.1 ms for each line that is no longer than `f(1)`, takes exponential time for nested patterns of a
`match` statement (0.7 s for nine levels of `{1: …}`), and ends the process by a stack overflow where brackets are
nested between 1,000 and 3,000 deep. It is imported when the first source is changed, because the import takes longer
than a usual run without it.
"""

from __future__ import annotations

import ast
import codecs
import io
import re
import sys
import tokenize
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from itertools import pairwise
from typing import TYPE_CHECKING

from deploylint.text import Span, Text

if TYPE_CHECKING:
    import libcst

SIZE_LIMIT = 1024 * 1024
"""Bytes of a source that is changed at most. Nobody writes a larger one by hand."""

_CALL_LIMIT = 16 * 1024  # characters of the call that libcst is given
_BRACKET_LIMIT = 100  # opening brackets in it: no more can be nested (libcst survives about 1,000 on a stack of 8 MB)
_DEPTH_LIMIT = 100  # the same for what nests without brackets: `-`, `not`, `lambda` …

# Encodings that a source may declare and that are changed here: no byte below 0x80 means anything but ASCII, and there
# is no state, so that a piece can be encoded for itself.
_ENCODINGS = ("utf-8", "ascii", "iso8859-", "cp125", "koi8-")

FORMATTED = ("JoinedStr", "TemplateStr")  # the second since Python 3.14

_LINE_END = re.compile(r"\r\n|\n")
_OS = "os"


@dataclass(frozen=True, slots=True, order=True)
class Splice:
    """Put `text` in place of what stands from offset `start` up to offset `end` of a file's `Text.value`."""

    start: int
    end: int
    text: str


def line_end(value: str) -> str:
    """The line end that most lines of a text have; LF where there is none or where it is a tie."""
    pairs = value.count("\r\n")
    counts = {"\n": value.count("\n") - pairs, "\r\n": pairs, "\r": value.count("\r") - pairs}
    return max(counts, key=counts.__getitem__)


def with_line_end(text: str, end: str) -> str:
    """`text` with `end` for each of its line ends LF and CRLF."""
    return _LINE_END.sub(end, text)


def spliced(value: str, splices: Iterable[Splice]) -> str:
    """`value` with all `splices` made, which must not overlap; of two at one place, the one that is empty is first."""
    pieces: list[str] = []
    done = 0
    for splice in sorted(splices):
        pieces += (value[done : splice.start], splice.text)
        done = splice.end
    return "".join([*pieces, value[done:]])


def splices(name: str, data: bytes, span: Span) -> tuple[Splice, ...] | None:
    """What the transform called `name` changes in `data`, as pieces of `Text.decode(span.path, data)`.

    None where it finds nothing to do, where the file is too large, is not Python for the running interpreter (so no
    finding could rest on it either), or is nested too deeply. KeyError where there is no such transform. What stands
    behind a colon in the name is for the transform.
    """
    if not is_known(name):
        raise KeyError(name)
    module = _parse(data)
    made = None if module is None else _made(name, module, span)
    if module is None or made is None:
        return None
    end = line_end(module.text)
    found = tuple(
        Splice(module.shown_offset(piece.start), module.shown_offset(piece.end), with_line_end(piece.text, end))
        for piece in sorted(made)
    )
    # The last word has the parser: what cannot be read afterwards is not written.
    return found if _ast(spliced(module.text, made)) is not None else None


def is_known(name: str) -> bool:
    """Whether there is a transform of this name."""
    return name in TRANSFORMS or name.startswith(_LISTEN)


def _made(name: str, module: Source, span: Span) -> list[Splice] | None:
    if name in _TRANSFORMS:
        target = module.target(span)
        return None if target is None else _TRANSFORMS[name](module, target)
    if name in _LITERALS:
        from deploylint.fixes import literals

        return literals.change(name, module, *module.offsets(span))
    if name.startswith(_LISTEN):
        from deploylint.fixes import listening

        return listening.change(name.removeprefix(_LISTEN), module, *module.offsets(span))
    from deploylint.fixes import assigned

    return assigned.change(name, module, *module.offsets(span))


def rewrite(name: str, data: bytes, span: Span) -> bytes | None:
    """`data` as changed by the transform called `name`; None and KeyError as for `splices`."""
    found = splices(name, data, span)
    if found is None:
        return None
    return spliced(data.decode("utf-8", "surrogateescape"), found).encode("utf-8", "surrogateescape")


@dataclass(frozen=True)
class _Target:
    """The argument that a span points at: the call, the argument's name, and offsets of its value."""

    call: ast.Call
    name: str
    start: int
    end: int


@dataclass(frozen=True)
class Source:
    """A source that could be parsed. Offsets are those of `text`, which is decoded as Python would and has no mark."""

    data: bytes
    encoding: str
    text: str
    tree: ast.Module

    @cached_property
    def _places(self) -> Text:
        return Text("", self.text)

    @cached_property
    def _mark(self) -> int:
        return len(codecs.BOM_UTF8) if self.data.startswith(codecs.BOM_UTF8) else 0

    def offset(self, line: int, column: int) -> int:
        """The offset of a place as `ast` tells it: the line 1-based, the column 0-based and in bytes of UTF-8."""
        return self._places.offset(line) + len(self._places.line(line).encode()[:column].decode(errors="ignore"))

    def line_start(self, line: int) -> int:
        """The offset of a line's first character."""
        return self._places.offset(line)

    def line(self, line: int) -> str:
        """A line without its end."""
        return self._places.line(line)

    def shown_offset(self, offset: int) -> int:
        """An offset of `text` as one of `Text.decode`, which keeps the mark and takes every file for UTF-8."""
        length = self._mark + len(self.text[:offset].encode(self.encoding))
        return len(self.data[:length].decode("utf-8", "surrogateescape"))

    def _from_shown(self, shown: Text, line: int, column: int) -> int:
        start = shown.value[: shown.offset(line, column)].encode("utf-8", "surrogateescape")
        return len(start[self._mark :].decode(self.encoding, "ignore"))

    def target(self, span: Span) -> _Target | None:
        """The argument of a call whose value stands exactly at `span`, a span of the text as `Text.decode` reads it.

        None inside an f-string as well: a quote there may be the wrong one for an older Python.
        """
        start, end = self.offsets(span)
        for node in walk(self.tree, lambda node: type(node).__name__ not in FORMATTED):
            if not isinstance(node, ast.Call):
                continue
            for keyword in node.keywords:
                if keyword.arg is not None and self.range(keyword.value) == (start, end):
                    return _Target(node, keyword.arg, start, end)
        return None

    def offsets(self, span: Span) -> tuple[int, int]:
        """Where a span of the text as `Text.decode` reads it begins and ends."""
        shown = Text.decode(span.path, self.data)
        start = self._from_shown(shown, span.line, span.column)
        return start, self._from_shown(shown, span.end_line, span.end_column)

    def range(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        """Where an expression stands, without brackets around it."""
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return self.offset(node.lineno, node.col_offset), self.offset(node.end_lineno, node.end_col_offset)


@lru_cache(maxsize=1)  # several changes of one file follow each other
def _parse(data: bytes) -> Source | None:
    if len(data) > SIZE_LIMIT:
        return None
    try:
        declared, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        encoding = codecs.lookup(declared).name.removesuffix("-sig")
        if not encoding.startswith(_ENCODINGS):
            return None
        text = data.removeprefix(codecs.BOM_UTF8).decode(encoding)
    except (SyntaxError, LookupError, UnicodeError):
        return None
    tree = _ast(text)
    return None if tree is None else Source(data, encoding, text, tree)


def _ast(text: str) -> ast.Module | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a wrong escape in a string is not our business here
        try:
            return ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None


def walk(root: ast.AST, enter: Callable[[ast.AST], bool]) -> Iterator[ast.AST]:
    """All nodes below `root`, in no special order, without those below a node that is not to be entered."""
    todo = [root]
    while todo:
        node = todo.pop()
        yield node
        if node is root or enter(node):
            todo.extend(ast.iter_child_nodes(node))


def _depth(root: ast.AST) -> int:
    deepest, level = 0, [root]
    while level:
        deepest += 1
        level = [child for node in level for child in ast.iter_child_nodes(node)]
    return deepest


# What libcst is used for: the new code of one call.


def _changed_value(
    module: Source, target: _Target, change: Callable[[libcst.BaseExpression], libcst.BaseExpression | None]
) -> list[Splice] | None:
    """The splice that gives the argument the value that `change` makes of its old one; brackets around it stay."""
    start, end = module.range(target.call)
    code = module.text[start:end]
    if len(code) > _CALL_LIMIT or sum(map(code.count, "([{")) > _BRACKET_LIMIT or _depth(target.call) > _DEPTH_LIMIT:
        return None
    import libcst as cst  # see the module's docstring

    try:
        parsed = cst.parse_module(code)
        values = [
            argument.value
            for statement in parsed.body
            if isinstance(statement, cst.SimpleStatementLine)
            for small in statement.body
            if isinstance(small, cst.Expr) and isinstance(small.value, cst.Call)
            for argument in small.value.args
            if argument.keyword is not None and argument.keyword.value == target.name
        ]
        new = change(values[0]) if len(values) == 1 else None
        made = None if new is None else parsed.code_for_node(new.with_changes(lpar=[], rpar=[]))
    except Exception:  # noqa: BLE001  # its errors are of many kinds, and to print some of them takes minutes
        return None
    return None if made is None else [Splice(target.start, target.end, made)]


def _port_from_environment(module: Source, target: _Target) -> list[Splice] | None:
    """`port=5000` becomes `port=int(os.environ.get("PORT", 5000))`: the platform says in PORT where it listens."""

    def change(old: libcst.BaseExpression) -> libcst.BaseExpression | None:
        import libcst as cst

        if not isinstance(old, cst.Integer):
            return None
        return cst.parse_expression(f'int({_OS}.environ.get("PORT", {old.value}))')

    if target.name != "port" or is_bound(module.tree, "int"):
        return None
    value = _changed_value(module, target, change)
    imported = value and import_os(module, target.call, target.start)
    return None if value is None or imported is None else [*value, *imported]


def _host_all_interfaces(module: Source, target: _Target) -> list[Splice] | None:
    """`host="127.0.0.1"` becomes `host="0.0.0.0"`: the platform's router comes from outside."""

    def change(old: libcst.BaseExpression) -> libcst.BaseExpression | None:
        import libcst as cst

        if (
            not isinstance(old, cst.SimpleString)
            or "b" in old.prefix
            or old.raw_value not in ("127.0.0.1", "localhost")
        ):
            return None
        opening = old.value[: len(old.prefix) + len(old.quote)]
        return old.with_changes(value=f"{opening}0.0.0.0{old.quote}")  # noqa: S104  # the platform wants it

    return _changed_value(module, target, change) if target.name == "host" else None


# Which names are bound, and where `import os` goes.

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def _is_os(alias: ast.alias) -> bool:
    if alias.asname is None:
        return alias.name.partition(".")[0] == _OS  # `import os.path` binds `os` as well
    return alias.name == _OS == alias.asname


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


def import_os(module: Source, node: ast.AST, start: int) -> list[Splice] | None:
    """What makes `os` the module where `node` stands, at offset `start` or above: nothing if it is already, None if
    that cannot be done.
    """
    if is_bound(module.tree, _OS):
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


def _new_import(module: Source, end: int) -> list[Splice] | None:
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


def _import_line(module: Source, end: int, statement: ast.stmt, before: ast.stmt | None) -> list[Splice] | None:
    line = _first_line(statement)
    text = f"import {_OS}\n"
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
    return isinstance(statement, ast.Import) and _is_standard(statement) and statement.names[0].name < _OS


_Transform = Callable[[Source, _Target], list[Splice] | None]

_TRANSFORMS: Mapping[str, _Transform] = {
    "port-from-environment": _port_from_environment,
    "host-all-interfaces": _host_all_interfaces,
}

_STATEMENTS = (
    "allowed-hosts-from-environment",
    "one-element",
    "secret-key-from-environment",
    "static-root",
    "whitenoise-below-security",
)
_LITERALS = ("literal-port-from-environment", "literal-host-all-interfaces")
_LISTEN = "listen:"
# Those of `deploylint.fixes.assigned`, `literals` and `listening`, which are imported where one is asked for.

TRANSFORMS: Mapping[str, Callable[[bytes, Span], bytes | None]] = {
    name: partial(rewrite, name) for name in (*_TRANSFORMS, *_STATEMENTS, *_LITERALS)
}
"""The transforms by the names that `Rewrite.transform` may have. Each is given the bytes of a source and the span of
the code that is meant, and returns the changed bytes, or None where there is nothing to do."""
