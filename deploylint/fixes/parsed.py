"""A Python source that is to be changed: its text as Python decodes it, its tree, and where things stand in it."""

from __future__ import annotations

import ast
import codecs
import io
import tokenize
import warnings
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from deploylint.text import Span, Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SIZE_LIMIT = 1024 * 1024
"""Bytes of a source that is changed at most. Nobody writes a larger one by hand."""

# Encodings that a source may declare and that are changed here: no byte below 0x80 means anything but ASCII, and there
# is no state, so that a piece can be encoded for itself.
_ENCODINGS = ("utf-8", "ascii", "iso8859-", "cp125", "koi8-")

FORMATTED = ("JoinedStr", "TemplateStr")  # the second since Python 3.14


@dataclass(frozen=True)
class Parsed:
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
def parse(data: bytes) -> Parsed | None:
    """The source; None where it is too large, its encoding is not changed here, or this Python cannot parse it."""
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
    tree = parse_text(text)
    return None if tree is None else Parsed(data, encoding, text, tree)


def parse_text(text: str) -> ast.Module | None:
    """The tree of a text; None where this Python cannot parse it."""
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
