"""Changes of a number or text in a Python source, wherever it stands: an argument with or without a name, also in a
pair, or the value of a variable.
"""

from __future__ import annotations

import ast
import re

from deploylint.fixes.environment import import_os, is_bound
from deploylint.fixes.parsed import FORMATTED, Parsed, walk
from deploylint.fixes.splice import Splice

_HOST = "literal-host-all-interfaces"

_ONE_TEXT = re.compile(r"""([rRuU]?)("|')([^"'\\]*)\2""")
_NUMBER = re.compile(r"0[xXoObB][0-9A-Fa-f_]+|[0-9][0-9_]*")
_LOOPBACK = re.compile(r"127(?:\.[0-9]{1,3}){3}|localhost|::1")


def change(name: str, module: Parsed, start: int, end: int) -> list[Splice] | None:
    """What the transform called `name` changes where a number or text stands exactly between two offsets; None where
    there is none, inside an f-string as well, or none that is meant.
    """
    node = _constant(module, start, end)
    code = module.text[start:end]
    if node is None:
        return None
    made = _all_addresses(code) if name == _HOST else _from_environment(code)
    if made is None or name == _HOST:
        return None if made is None else [Splice(start, end, made)]
    imported = None if is_bound(module.tree, "int") else import_os(module, node, start)
    return None if imported is None else [Splice(start, end, made), *imported]


def _constant(module: Parsed, start: int, end: int) -> ast.Constant | None:
    for node in walk(module.tree, lambda node: type(node).__name__ not in FORMATTED):
        for value in _values(node):
            if isinstance(value, ast.Constant) and module.range(value) == (start, end):
                return value
    return None


def _values(node: ast.AST) -> list[ast.expr]:
    """What a call is given and what a variable becomes, pairs and lists taken apart."""
    match node:
        case ast.Call(args=args, keywords=keywords):
            found = [*args, *(keyword.value for keyword in keywords)]
        case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
            found = [value]
        case _:
            return []
    return [part for value in found for part in (value.elts if isinstance(value, (ast.Tuple, ast.List)) else [value])]


def _from_environment(code: str) -> str | None:
    """`5000` as `int(os.environ.get("PORT", 5000))`; a text stays a text."""
    read = f'os.environ.get("PORT", {code})'
    match = _ONE_TEXT.fullmatch(code)
    if match:
        return read if match[3].isascii() and match[3].isdecimal() else None
    return f"int({read})" if _NUMBER.fullmatch(code) else None


def _all_addresses(code: str) -> str | None:
    """A text that names the machine itself as `0.0.0.0`."""
    match = _ONE_TEXT.fullmatch(code)
    if match is None or not _LOOPBACK.fullmatch(match[3]):
        return None
    return f"{match[1]}{match[2]}0.0.0.0{match[2]}"  # noqa: S104  # the platform wants it
