"""Operators, comparisons, conditions and f-strings, for all that the values may be."""

from __future__ import annotations

import ast
from itertools import product
from typing import TYPE_CHECKING

from deploylint.facts import comparisons, operations
from deploylint.facts.machine import Machine
from deploylint.facts.operations import Raised, Unsure, truth
from deploylint.facts.values import (
    Items,
    Known,
    Read,
    Ref,
    Rest,
    Unknown,
    Value,
    join,
    options,
    unknown,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from deploylint.facts.values import Where

_COMBINATIONS = 16


class Operators(Machine):
    """What operators give."""

    def evaluate(self, node: ast.expr) -> Value:
        """The value of an expression."""
        raise NotImplementedError

    def give_up(self, node: ast.expr, reason: str) -> Unknown:
        """An expression that is not evaluated: what it may change is lost."""
        raise NotImplementedError

    def iterable(self, node: ast.expr) -> Value:
        """The value of an expression that is used up at once, so that it may be an iterator."""
        raise NotImplementedError

    def lose_nodes(self, nodes: Iterable[ast.AST], reason: str) -> None:
        """Code that may run any number of times: what it may change is lost."""
        raise NotImplementedError

    def apply_to(self, node: ast.expr, function: Callable[..., Value], *values: Value) -> Value:
        """What a function of plain values gives for all that `values` may be."""
        cases = [self.contents(value) for value in values]
        count = 1
        for case in cases:
            count *= len(case)
        if count > _COMBINATIONS:
            self.doubt("*")
            return unknown("too many alternatives", self.where(node), *values)
        results = []
        for combination in product(*cases):
            try:
                result = function(*combination)
            except Unsure as unsure:
                self.doubt("*")
                return unknown(str(unsure), self.where(node), *values, *combination)
            except (Raised, TypeError) as stop:
                kind = stop.kind if isinstance(stop, Raised) else "*"
                if count == 1:
                    raise Raised(kind, str(stop)) from stop
                self.doubt(kind)
                continue
            if type(result) is Known and result.where is None:
                result = result._replace(where=self.where(node))
            self.spend(1 + (len(result.items) // 16 if type(result) is Items else 0))
            results.append(self.fresh(result, node))
        if not results:
            raise Raised("*")
        return join(results, self.where(node))

    def truth_of(self, value: Value) -> bool | None:
        """Whether a value counts as true, None where that is not certain."""
        verdicts = {truth(case) for case in self.contents(value)}
        if verdicts & {None} or len(verdicts) != 1:
            if None in verdicts:
                self.doubt("*")
            return None
        return verdicts.pop()

    def binary(self, node: ast.BinOp) -> Value:
        """`left <operator> right`."""
        left, right = self.evaluate(node.left), self.evaluate(node.right)
        return self.operate(node, type(node.op), left, right)

    def operate(self, node: ast.expr, kind: type[ast.operator], left: Value, right: Value) -> Value:
        """`left <operator> right`."""
        if type(left) is Known and type(right) is Known:
            result = operations.binary(kind, left, right)
            return Known(result.value, self.where(node)) if type(result) is Known else self.fresh(result, node)
        if kind is ast.Add:
            left, right = self._padded(left, right, node)
        return self.apply_to(node, lambda one, other: operations.binary(kind, one, other), left, right)

    def _padded(self, left: Value, right: Value, node: ast.expr) -> tuple[Value, Value]:
        """A list plus something unknown is a list that begins like it."""
        for one, other in ((left, right), (right, left)):
            contents, others = self.contents(one), self.contents(other)
            first = contents[0]
            if (
                len(contents) == 1
                and type(first) is Items
                and first.kind in ("list", "tuple")
                and all(type(item) in (Unknown, Read) for item in others)
            ):
                self.doubt("*")
                rest = Items(first.kind, self.spread(other, self.where(node)))
                return (left, rest) if one is left else (rest, right)
        return left, right

    def unary(self, node: ast.UnaryOp) -> Value:
        """`not value`, `-value`."""
        value = self.evaluate(node.operand)
        if type(node.op) is ast.Not:
            verdict = self.truth_of(value)
            if verdict is None:
                return unknown("depends on something that is not known", self.where(node), value)
            return Known(not verdict, self.where(node))
        kind = type(node.op)
        return self.apply_to(node, lambda one: operations.unary(kind, one), value)

    def boolean(self, node: ast.BoolOp) -> Value:
        """`a and b`, `a or b`."""
        return self._chain(node, node.values, isinstance(node.op, ast.Or))

    def _chain(self, node: ast.BoolOp, parts: list[ast.expr], stop: bool) -> Value:
        value = self.evaluate(parts[0])
        if len(parts) == 1:
            return value
        verdict = self.truth_of(value)
        if verdict is stop:
            return value
        if verdict is not None:
            return self._chain(node, parts[1:], stop)
        kept = [option for option in options(value) if self._verdict(option) is not (not stop)]
        rest = self.fork(lambda: self._chain(node, parts[1:], stop), lambda: None)
        found = [*kept, *(item for item in rest if item is not None)]
        return self.with_variables(join(found, self.where(node)), value) if found else value

    def _verdict(self, value: Value) -> bool | None:
        verdicts = {truth(case) for case in self.contents(value)}
        return verdicts.pop() if len(verdicts) == 1 else None

    def comparison(self, node: ast.Compare) -> Value:
        """`a < b <= c`."""
        left = self.evaluate(node.left)
        result: Value = Known(value=True)
        for number, (operator, other) in enumerate(zip(node.ops, node.comparators, strict=True)):
            kind = type(operator)
            right = self.iterable(other)
            result = self.compared(node, kind, left, right)
            verdict = self.truth_of(result)
            if verdict is False:
                return result
            if verdict is None and number + 1 < len(node.ops):
                self.lose_nodes(node.comparators[number + 1 :], "may not be looked at")
                return unknown("depends on something that is not known", self.where(node), left, right)
            left = right
        return result

    def compared(self, node: ast.expr, kind: type[ast.cmpop], left: Value, right: Value) -> Value:
        """One comparison."""
        if type(left) is Ref and type(right) is Ref and kind in (ast.Is, ast.IsNot):
            return Known((left.cell == right.cell) is (kind is ast.Is), self.where(node))
        special = self.special_compare(node, kind, left, right)
        if special is not None:
            return special
        deep = kind in (ast.Eq, ast.NotEq, ast.In, ast.NotIn)
        sides = [self.deep(side) if deep else side for side in (left, right)]
        return self.apply_to(node, lambda one, other: Known(comparisons.compare(kind, one, other)), *sides)

    def special_compare(self, node: ast.expr, kind: type[ast.cmpop], left: Value, right: Value) -> Value | None:
        """Comparisons with things that are not the app's: the environment, the version, the command line."""
        raise NotImplementedError

    def conditional(self, node: ast.IfExp) -> Value:
        """`a if test else b`."""
        test = self.evaluate(node.test)
        verdict = self.truth_of(test)
        if verdict is not None:
            return self.evaluate(node.body if verdict else node.orelse)
        return self.with_variables(
            self.choose(lambda: self.evaluate(node.body), lambda: self.evaluate(node.orelse)), test
        )

    @staticmethod
    def with_variables(value: Value, test: Value) -> Value:
        """Unknown values of a choice also depend on what decides it."""
        if type(value) is Unknown:
            return unknown(value.reason, value.where, value, test)
        return value

    def joined_text(self, node: ast.JoinedStr) -> Value:
        """An f-string."""
        parts: list[Value] = []
        fields: list[tuple[str, ast.FormattedValue | None, str]] = []
        for part in node.values:
            if isinstance(part, ast.Constant):
                fields.append((str(part.value), None, ""))
            elif isinstance(part, ast.FormattedValue):
                parts.append(self.evaluate(part.value))
                spec = self.evaluate(part.format_spec) if part.format_spec else Known("")
                parts.append(spec)
                fields.append(("", part, ""))
            else:
                return self.give_up(node, "a text that is not followed")

        def put_together(*given: Value) -> Value:
            values = iter(given)
            found = []
            for text, field, _ in fields:
                if field is None:
                    found.append(text)
                else:
                    value, spec = next(values), next(values)
                    if type(spec) is not Known or not isinstance(spec.value, str):
                        raise Unsure("a format that is not known")
                    found.append(operations.formatted(value, field.conversion, spec.value))
            if sum(map(len, found)) > operations.LONGEST:
                raise Unsure("too long")
            return Known("".join(found))

        return self.apply_to(node, put_together, *parts)

    # --- Elements ---

    def spread(self, value: Value, where: Where | None) -> tuple[Value, ...]:
        """The elements of a value in a display: `Rest` where they are not known."""
        cases = self.contents(value)
        if len(cases) == 1:
            content = cases[0]
            if type(content) is Items and content.kind not in ("set", "frozenset"):
                return content.items
            try:
                return operations.elements(content)
            except Unsure:
                pass
        self.doubt("*")
        reason = unknown("elements that are not known", where, value, *cases)
        return (Rest(reason.reason, reason.where, reason.variables),)
