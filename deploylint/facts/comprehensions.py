"""Comprehensions, which are followed as loops are."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from deploylint.facts import operations
from deploylint.facts.operations import Unsure
from deploylint.facts.operators import Operators
from deploylint.facts.values import Items, Table, Unknown, Value
from deploylint.facts.worlds import Bail

if TYPE_CHECKING:
    from collections.abc import Callable

_TURNS = 1000


class Comprehensions(Operators):
    """What comprehensions give."""

    def comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp) -> Value:
        """A comprehension of a list or set, or a generator."""
        found = self._each(node, node.generators, lambda: [self.evaluate(node.elt)])
        if found is None:
            return Unknown("a comprehension over something that is not known", self.where(node))
        items = tuple(value for row in found for value in row)
        if isinstance(node, ast.GeneratorExp):
            return Items("iterator", items, self.where(node))
        if isinstance(node, ast.ListComp):
            return self.fresh(Items("list", items, self.where(node)), node)
        value = Items("set", items, self.where(node))
        return self.fresh(value._replace(items=tuple(operations.members(value).values())), node)

    def dict_comprehension(self, node: ast.DictComp) -> Value:
        """A comprehension of a dict."""
        found = self._each(node, node.generators, lambda: [self.evaluate(node.key), self.evaluate(node.value)])
        if found is None:
            return Unknown("a comprehension over something that is not known", self.where(node))
        entries: dict[Any, tuple[Value, Value]] = {}
        for key, value in found:
            name = operations.scalar_or_unsure(key)
            entries[name] = (entries[name][0], value) if name in entries else (key, value)
        return self.fresh(Table(entries, where=self.where(node)), node)

    def _each(
        self, node: ast.expr, generators: list[ast.comprehension], element: Callable[[], list[Value]]
    ) -> list[list[Value]] | None:
        """What each turn of a comprehension gives; None where they are not known."""
        first = self.iterable(generators[0].iter)
        outer = self.frame
        # The body of a class is no scope for the comprehensions in it.
        around = outer.scopes[1:] if outer.kind == "class" else outer.scopes
        scope = f"comprehension {id(node)} {len(self.scopes)}"
        self.scopes[scope] = {}
        found: list[list[Value]] = []
        try:
            with self.recorded() as mark:
                self.frame = outer._replace(scopes=(scope, *around), kind="comprehension")
                try:
                    self._turn(generators, first, element, found)
                except (Bail, Unsure):
                    self.undo(mark)
                    self.frame = outer
                    self.lose_nodes([node], "a comprehension that is not followed")
                    self.doubt("*")
                    return None
        finally:
            self.frame = outer
        return found

    def _turn(
        self,
        generators: list[ast.comprehension],
        iterable: Value,
        element: Callable[[], list[Value]],
        found: list[list[Value]],
    ) -> None:
        generator = generators[0]
        if generator.is_async:
            raise Bail
        cases = self.contents(iterable)
        if len(cases) != 1:
            raise Bail
        for item in operations.elements(cases[0]):
            if len(found) > _TURNS:
                raise Bail
            self.spend()
            self.assign(generator.target, item)
            verdict: bool | None = True
            for test in generator.ifs:
                verdict = self.truth_of(self.evaluate(test))
                if verdict is not True:
                    break
            if verdict is None:
                raise Bail
            if not verdict:
                continue
            if len(generators) > 1:
                self._turn(generators[1:], self.iterable(generators[1].iter), element, found)
            else:
                found.append(element())

    def assign(self, target: ast.expr, value: Value) -> None:
        """`target = value`."""
        raise NotImplementedError
