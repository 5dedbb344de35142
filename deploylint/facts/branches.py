"""When the branches of an `if` run, and whether a loop ends: what a test comes to on Linux, and on which Pythons.

Sources: the platforms run Linux; PEP 484 on TYPE_CHECKING; the library reference on `sys.version_info`.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from deploylint.facts.events import VersionTest
from deploylint.facts.python import dotted

if TYPE_CHECKING:
    from deploylint.facts.events import When

_TYPE_CHECKING = frozenset({"TYPE_CHECKING", "typing.TYPE_CHECKING", "t.TYPE_CHECKING"})
_TRUE_ON_LINUX = {("sys.platform", "linux"), ("os.name", "posix"), ("platform.system", "Linux")}
_ABOUT_THE_SYSTEM = frozenset({"sys.platform", "os.name", "platform.system"})
_NEGATED = {"==": "!=", "!=": "==", ">=": "<", "<": ">=", ">": "<=", "<=": ">"}
_OPERATORS = {ast.Eq: "==", ast.NotEq: "!=", ast.GtE: ">=", ast.Lt: "<", ast.Gt: ">", ast.LtE: "<="}


def is_main(test: ast.expr) -> bool:
    """Whether a test is `__name__ == …`, which holds in the file that is started and nowhere else."""
    return (
        isinstance(test, ast.Compare)
        and isinstance(test.left, ast.Name)
        and test.left.id == "__name__"
        and len(test.ops) == 1
        and isinstance(test.ops[0], ast.Eq)
    )


def branches_of(test: ast.expr, when: When) -> tuple[When | None, When | None]:
    """When the body of an `if` runs, and when its `else` does; None for never."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        left, taken = branches_of(test.operand, when)
        return taken, left
    if isinstance(test, ast.Constant):
        return (when, None) if test.value else (None, when)
    if dotted(test) in _TYPE_CHECKING:
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
    name = dotted(left.value if isinstance(left, ast.Subscript) else left)
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
    if isinstance(test, ast.Call) and dotted(test.func) == "sys.platform.startswith" and len(test.args) == 1:
        word = test.args[0]
        return (
            "linux".startswith(word.value) if isinstance(word, ast.Constant) and isinstance(word.value, str) else None
        )
    return None


def is_endless(loop: ast.While) -> bool:
    """Whether nothing but an exception ends a loop."""
    return is_true(loop.test) and not any(leaves(one, turns=False) for one in loop.body)


def is_true(test: ast.expr) -> bool:
    """Whether a test is a constant that holds."""
    return isinstance(test, ast.Constant) and bool(test.value)


def leaves(statement: ast.stmt, *, turns: bool = True) -> bool:
    """Whether a statement of a loop may end the loop, by `break` or `return`, or, with `turns`, this turn of it."""
    todo: list[tuple[ast.AST, bool]] = [(statement, False)]
    while todo:
        node, inner = todo.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            continue
        if isinstance(node, ast.Return) or (isinstance(node, ast.Break) and not inner):
            return True
        if turns and isinstance(node, (ast.Continue, ast.Break, ast.Raise)):
            return True
        inner = inner or isinstance(node, (ast.For, ast.AsyncFor, ast.While))
        todo.extend((child, inner) for child in ast.iter_child_nodes(node))
    return False
