"""Python sources, read with `ast`: what they import, what they bind, and the few calls that deploylint knows.

Nothing is run. A file that this Python cannot parse may still be right for another one, so it is Unknown (None), never
an error.
"""

from __future__ import annotations

import ast
import warnings
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from deploylint.compat import parse_python
from deploylint.record import NamedTuple
from deploylint.text import Span, Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploylint.tree import Tree

_SIZE_LIMIT = 256 * 1024
"""Bytes of a source that are parsed: a tree takes some fifty times as much memory, and a larger file is data."""


class Import(NamedTuple):
    """An import of the top-level package `package`, anywhere in a file."""

    package: str
    node: ast.Import | ast.ImportFrom


class Call(NamedTuple):
    """A call `target(...)`, where target is a dotted name as it is written."""

    target: str
    node: ast.Call


@dataclass(frozen=True)
class Module:
    """A Python source. `tree` is None where it cannot be parsed by the running Python or is too large."""

    path: str
    text: Text
    tree: ast.Module | None

    def span(self, node: ast.expr | ast.stmt | ast.alias) -> Span:
        """Where a node stands, in code points."""
        return Span(
            self.path,
            node.lineno,
            self.text.column(node.lineno, node.col_offset),
            node.end_lineno or node.lineno,
            self.text.column(node.end_lineno or node.lineno, node.end_col_offset or node.col_offset),
        )

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Every node, in no order that matters."""
        return tuple(ast.walk(self.tree)) if self.tree else ()

    @cached_property
    def imports(self) -> tuple[Import, ...]:
        """Absolute imports, wherever they stand, in order."""
        return tuple(sorted(self._imports(), key=lambda found: (found.node.lineno, found.node.col_offset)))

    def _imports(self) -> Iterator[Import]:
        for node in self._statements():
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield Import(alias.name.partition(".")[0], node)
            elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                yield Import(node.module.partition(".")[0], node)

    def _statements(self) -> Iterator[ast.AST]:
        """Every statement, in no order that matters; far fewer than there are nodes."""
        todo: list[ast.AST] = [self.tree] if self.tree else []
        while todo:
            node = todo.pop()
            yield node
            for part in ("body", "orelse", "finalbody", "handlers", "cases"):
                inner = getattr(node, part, ())
                if isinstance(inner, list):  # a lambda has a body too
                    todo.extend(inner)

    @cached_property
    def calls(self) -> tuple[Call, ...]:
        """Calls of dotted names, wherever they stand."""
        found = ((dotted(node.func), node) for node in self.nodes if isinstance(node, ast.Call))
        return tuple(Call(name, node) for name, node in found if name)

    @cached_property
    def assigned_calls(self) -> dict[str, str]:
        """Names bound at module level to a call, with what is called: `app = Flask(__name__)` gives app: Flask."""
        found = {}
        for statement in self.tree.body if self.tree else ():
            if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Call):
                target = dotted(statement.value.func)
                for name in statement.targets:
                    if target and isinstance(name, ast.Name):
                        found[name.id] = target
        return found

    @cached_property
    def strings(self) -> frozenset[str]:
        """All string constants."""
        return frozenset(
            node.value for node in self.nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)
        )


def dotted(node: ast.expr) -> str:
    """`a.b.c` for a chain of attributes that starts at a name, else the empty string."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join([node.id, *reversed(parts)])


def read_module(tree: Tree, path: str, room: int = _SIZE_LIMIT) -> Module:
    """The Python source at `path`; one of more than `room` bytes is not parsed."""
    content = tree.read(path, _SIZE_LIMIT)
    text = Text(path, content.data.decode("utf-8", "surrogateescape"))
    return Module(path, text, None if content.trouble or len(content.data) > room else _parse(content.data))


def _parse(data: bytes) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return parse_python(data)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def settings_module(module: Module) -> str | None:
    """The literal that manage.py gives to DJANGO_SETTINGS_MODULE with `setdefault` or an assignment; None where there
    is none or it is computed.
    """
    node = _settings_node(module)
    return node.value if node is not None and isinstance(node.value, str) else None


def settings_place(module: Module) -> Span | None:
    """Where that literal stands."""
    node = _settings_node(module)
    return module.span(node) if node is not None else None


def _settings_node(module: Module) -> ast.Constant | None:
    for call in module.calls:
        if call.target.endswith(".setdefault") and len(call.node.args) == 2:
            key, value = call.node.args
            if _is_settings_key(key) and isinstance(value, ast.Constant) and isinstance(value.value, str):
                return value
    for node in module.nodes:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
            value = node.value
            if _is_settings_key(node.targets[0].slice) and isinstance(value, ast.Constant):
                return value
    return None


def _is_settings_key(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value == "DJANGO_SETTINGS_MODULE"
