"""A call in a Python source that starts a server is told where to listen: `app.run()` is given a host and a port."""

from __future__ import annotations

import ast

from deploylint.fixes.environment import import_os, is_bound
from deploylint.fixes.parsed import FORMATTED, Parsed, walk
from deploylint.fixes.splice import Splice

_ALL = '"0.0.0.0"'


def change(wanted: str, module: Parsed, start: int, end: int) -> list[Splice] | None:
    """The keywords of `wanted` for the call that stands exactly between two offsets: `host` is given all addresses, and
    `port=5000` the variable PORT, with that number where it is not set. None where there is no such call, where it has
    more than one line, or one of the keywords.
    """
    call = _call(module, start, end)
    code = module.text[start:end]
    words = [word.partition("=")[::2] for word in wanted.split(",")]
    names = {name for name, _ in words}
    given = {keyword.arg for keyword in call.keywords} if call else set()
    if call is None or "\n" in code or not code.endswith(")") or names & given or None in given:
        return None
    numbers = [number for _, number in words if number]
    imported = import_os(module, call, start) if numbers else []
    if imported is None or (numbers and is_bound(module.tree, "int")):
        return None
    texts = [f"{name}={_read(number) if number else _ALL}" for name, number in words]
    inside = code[:-1].rstrip()
    separator = "" if not (call.args or call.keywords) else " " if inside.endswith(",") else ", "
    if not (call.args or call.keywords) and not inside.endswith("("):
        return None
    return [Splice(start + len(inside), end - 1, separator + ", ".join(texts)), *imported]


def _call(module: Parsed, start: int, end: int) -> ast.Call | None:
    for node in walk(module.tree, lambda node: type(node).__name__ not in FORMATTED):
        if isinstance(node, ast.Call) and module.range(node) == (start, end):
            return node
    return None


def _read(number: str) -> str:
    return f'int(os.environ.get("PORT", {number}))'
