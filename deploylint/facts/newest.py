"""What a source needs of Python itself: the newest construct that it uses, and why it cannot be read.

Sources: "What's New In Python" 3.11 to 3.14.
"""

from __future__ import annotations

import ast
import re
import sys
from typing import TYPE_CHECKING

from deploylint.facts.events import Place, SyntaxFault, place_of

if TYPE_CHECKING:
    from typing import TypeGuard

    from deploylint.facts.events import Version

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


def syntax_fault(error: SyntaxError, data: bytes) -> SyntaxFault:
    """Why the source `data` cannot be parsed, of which the parser said `error`."""
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


def newest_construct(tree: ast.Module, data: bytes) -> tuple[Version, Place] | None:
    """The newest series that a construct of the source needs, where that is newer than 3.10, and the first such one."""
    if not any(sign.search(data) for sign in _NEWER):
        return None
    found = [(version, place_of(node)) for node in ast.walk(tree) if (version := _since(node)) and _hasplace_of(node)]
    newest = max((version for version, _ in found), default=None)
    return next((item for item in sorted(found, key=lambda item: item[1]) if item[0] == newest), None)


def _since(node: ast.AST) -> Version | None:
    has_default = getattr(node, "default_value", None) is not None
    return (3, 13) if has_default else _SINCE.get(type(node).__name__)


def _hasplace_of(node: ast.AST) -> TypeGuard[ast.expr]:
    return hasattr(node, "lineno")
