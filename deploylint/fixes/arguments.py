"""Changes of an argument that a call is given by name, made with libcst.

libcst is given that call only, never the whole file, for three reasons that were measured with libcst 1.9: its parser
takes about 0.1 ms for each line that is no longer than `f(1)`, takes exponential time for nested patterns of a `match`
statement (0.7 s for nine levels of `{1: …}`), and ends the process by a stack overflow where brackets are nested
between 1,000 and 3,000 deep. It is imported when the first argument is changed, because the import takes longer than a
usual run without it.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deploylint.fixes.environment import OS, import_os, is_bound
from deploylint.fixes.parsed import FORMATTED, walk
from deploylint.fixes.splice import Splice

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import libcst

    from deploylint.fixes.parsed import Parsed

_CALL_LIMIT = 16 * 1024  # characters of the call that libcst is given
_BRACKET_LIMIT = 100  # opening brackets in it: no more can be nested (libcst survives about 1,000 on a stack of 8 MB)
_DEPTH_LIMIT = 100  # the same for what nests without brackets: `-`, `not`, `lambda` …


@dataclass(frozen=True)
class _Target:
    """The argument that a span points at: the call, the argument's name, and offsets of its value."""

    call: ast.Call
    name: str
    start: int
    end: int


def change(name: str, module: Parsed, start: int, end: int) -> list[Splice] | None:
    """What the transform called `name` changes for the argument whose value stands exactly between two offsets;
    None where there is no such argument, or nothing to do.
    """
    target = _target(module, start, end)
    return None if target is None else TRANSFORMS[name](module, target)


def _target(module: Parsed, start: int, end: int) -> _Target | None:
    """The argument, but none inside an f-string: a quote there may be the wrong one for an older Python."""
    for node in walk(module.tree, lambda node: type(node).__name__ not in FORMATTED):
        if not isinstance(node, ast.Call):
            continue
        for keyword in node.keywords:
            if keyword.arg is not None and module.range(keyword.value) == (start, end):
                return _Target(node, keyword.arg, start, end)
    return None


def _depth(root: ast.AST) -> int:
    deepest, level = 0, [root]
    while level:
        deepest += 1
        level = [child for node in level for child in ast.iter_child_nodes(node)]
    return deepest


def _changed_value(
    module: Parsed, target: _Target, change: Callable[[libcst.BaseExpression], libcst.BaseExpression | None]
) -> list[Splice] | None:
    """The splice that gives the argument the value that `change` makes of its old one; brackets around it stay."""
    start, end = module.range(target.call)
    code = module.text[start:end]
    if len(code) > _CALL_LIMIT or sum(map(code.count, "([{")) > _BRACKET_LIMIT or _depth(target.call) > _DEPTH_LIMIT:
        return None
    import libcst as cst

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


def _port_from_environment(module: Parsed, target: _Target) -> list[Splice] | None:
    """`port=5000` becomes `port=int(os.environ.get("PORT", 5000))`: the platform says in PORT where it listens."""

    def change(old: libcst.BaseExpression) -> libcst.BaseExpression | None:
        import libcst as cst

        if not isinstance(old, cst.Integer):
            return None
        return cst.parse_expression(f'int({OS}.environ.get("PORT", {old.value}))')

    if target.name != "port" or is_bound(module.tree, "int"):
        return None
    value = _changed_value(module, target, change)
    imported = value and import_os(module, target.call, target.start)
    return None if value is None or imported is None else [*value, *imported]


def _host_all_interfaces(module: Parsed, target: _Target) -> list[Splice] | None:
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


TRANSFORMS: Mapping[str, Callable[[Parsed, _Target], list[Splice] | None]] = {
    "port-from-environment": _port_from_environment,
    "host-all-interfaces": _host_all_interfaces,
}
