"""Assignments and deletions: of names, of what is in containers, and in the place of what was there."""

from __future__ import annotations

import ast

from deploylint.facts import comparisons, operations
from deploylint.facts.effects import Losses
from deploylint.facts.operations import Raised, Unsure
from deploylint.facts.values import External, Items, Known, Read, Ref, Table, Thing, Unknown, Value, options, unknown


class Assignments(Losses):
    """What is bound and written."""

    def assignment(self, node: ast.Assign) -> None:
        """`a = b = value`."""
        value = self.evaluate(node.value)
        for target in node.targets:
            self.assign(target, value)

    def annotated(self, node: ast.AnnAssign) -> None:
        """`a: type = value`."""
        if node.value is not None:
            self.assign(node.target, self.evaluate(node.value))

    def assign(self, target: ast.expr, value: Value) -> None:
        """`target = value`."""
        if isinstance(target, ast.Name):
            self.bind(target.id, value, self.where(target))
        elif isinstance(target, (ast.Tuple, ast.List)):
            self._unpack(target.elts, value)
        elif isinstance(target, ast.Subscript):
            self._store(target, value)
        elif isinstance(target, ast.Attribute):
            self.set_attribute(self.evaluate(target.value), target.attr, value, target)
        elif isinstance(target, ast.Starred):
            self.assign(target.value, value)

    def _unpack(self, targets: list[ast.expr], value: Value) -> None:
        cases = self.contents(value)
        parts: tuple[Value, ...] | None = None
        if len(cases) == 1:
            try:
                parts = operations.elements(cases[0])
            except Unsure:
                parts = None
        starred = [number for number, target in enumerate(targets) if isinstance(target, ast.Starred)]
        if parts is None:
            self.doubt("*")
            self.lose(value, "taken apart")
            for target in targets:
                self.assign(target, unknown("part of something that is not known", self.where(target), *cases))
            return
        if len(parts) < len(targets) - len(starred) or (not starred and len(parts) > len(targets)):
            raise Raised("ValueError", "a wrong number of values to unpack")
        if starred:
            first, after = starred[0], len(targets) - starred[0] - 1
            middle = Items("list", parts[first : len(parts) - after])
            parts = (*parts[:first], self.fresh(middle, targets[first]), *parts[len(parts) - after :])
        for target, part in zip(targets, parts, strict=True):
            self.assign(target, part)

    def _store(self, target: ast.Subscript, value: Value) -> None:
        container = self.evaluate(target.value)
        if isinstance(target.slice, ast.Slice):
            raise Unsure("a slice is assigned")
        key = self.evaluate(target.slice)
        if self.special_store(container, key, value, target):
            return

        def put(content: Value) -> tuple[Value, Value]:
            return stored(content, key, value), Known(None)

        try:
            self.update(container, put)
        except Unsure:
            self.lose(container, "written at a place that is not known")
            self.lose(value, "stored in something that is not known")
            self.doubt("*")
            return
        if any(type(content) is Unknown for content in self.contents(container)):
            self.lose(value, "stored in something that is not known")

    def special_store(self, container: Value, key: Value, value: Value, target: ast.Subscript) -> bool:
        """Write to the environment or to the names of a module; whether it was that."""
        raise NotImplementedError

    def set_attribute(self, owner: Value, name: str, value: Value, target: ast.expr) -> None:
        """`owner.name = value`."""
        raise NotImplementedError

    def augmented(self, node: ast.AugAssign) -> None:
        """`a += value` and its like."""
        target = node.target
        if isinstance(target, ast.Name):
            before = self.look_up(target.id, target)
            after = self._combined(node, before)
            self.bind(target.id, after, self.where(target))
        elif isinstance(target, ast.Subscript) and not isinstance(target.slice, ast.Slice):
            container, key = self.evaluate(target.value), self.evaluate(target.slice)
            after = self._combined(node, self.item(target, container, key))
            if self.special_store(container, key, after, target):
                return
            try:
                self.update(container, lambda content: (stored(content, key, after), Known(None)))
            except Unsure:
                self.lose(container, "written at a place that is not known")
                self.lose(after, "stored in something that is not known")
        elif isinstance(target, ast.Attribute):
            owner = self.evaluate(target.value)
            after = self._combined(node, self.attribute(owner, target.attr, target))
            self.set_attribute(owner, target.attr, after, target)
        else:
            raise Unsure("an assignment that is not followed")

    def _combined(self, node: ast.AugAssign, before: Value) -> Value:
        """What `before <operator>= …` leaves; lists, sets and dicts are changed where they are."""
        other = self.evaluate(node.value)
        kind = type(node.op)
        contents = self.contents(before)
        changing = [content for content in contents if _changes_in_place(content)]
        if changing and (len(changing) < len(contents) or not all(type(ref) is Ref for ref in options(before))):
            raise Unsure("one of several values is changed")
        if not changing:
            if any(type(content) in (Unknown, External, Thing, Read) for content in contents):
                self.lose(before, "changed by something that is not known")
                self.lose(other, "given to something that is not known")
            return self.operate(node.target, kind, before, other)

        def change(content: Value) -> tuple[Value, Value]:
            return self._in_place(content, kind, other), Known(None)

        try:
            self.update(before, change)
        except Unsure:
            self.lose(before, "changed by something that is not known")
            self.doubt("*")
        return before

    def _in_place(self, content: Value, kind: type[ast.operator], other: Value) -> Value:
        if type(content) is Items and content.kind == "list" and kind is ast.Add:
            return content._replace(items=content.items + self.spread(other, content.where))
        cases = self.contents(other)
        if len(cases) != 1:
            raise Unsure("one of several values")
        result = operations.binary(kind, content, cases[0])
        assert isinstance(result, (Items, Table))
        return result._replace(where=content.where)

    def deletion(self, node: ast.Delete) -> None:
        """`del a`."""
        for target in node.targets:
            if isinstance(target, ast.Name):
                scope = self.frame.scopes[0]
                if target.id not in self.scopes[scope] and not self.is_open(scope):
                    raise Raised("NameError", target.id)
                self.look_up(target.id, target)
                self.unbind(target.id)
            elif isinstance(target, ast.Subscript) and not isinstance(target.slice, ast.Slice):
                container, key = self.evaluate(target.value), self.evaluate(target.slice)
                self.update(container, lambda content, key=key: (without(content, key), Known(None)))  # type: ignore[misc]
            else:
                raise Unsure("a deletion that is not followed")


def _changes_in_place(value: Value) -> bool:
    return (type(value) is Items and value.kind in ("list", "set")) or type(value) is Table


def stored(content: Value, key: Value, value: Value) -> Value:
    """A container after `container[key] = value`."""
    if type(content) is Table:
        try:
            name = operations.scalar_or_unsure(key)
        except Unsure:
            unsure = Unknown("may be overwritten")
            entries = {known: (entry[0], unsure) for known, entry in content.entries.items()}
            return content._replace(entries=entries, complete=False)
        old = content.entries.get(name)
        return content._replace(entries={**content.entries, name: (old[0] if old else key, value)})
    if type(content) is Items and content.kind == "list":
        number = comparisons.place(content, _integer(key))
        return content._replace(items=(*content.items[:number], value, *content.items[number + 1 :]))
    raise Unsure("something that cannot be written to")


def without(content: Value, key: Value) -> Value:
    """A container after `del container[key]`."""
    if type(content) is Table:
        name = operations.scalar_or_unsure(key)
        if name not in content.entries:
            raise Raised("KeyError") if content.complete else Unsure("a key that may not be there")
        return content._replace(entries={known: entry for known, entry in content.entries.items() if known != name})
    if type(content) is Items and content.kind == "list":
        number = comparisons.place(content, _integer(key))
        return content._replace(items=content.items[:number] + content.items[number + 1 :])
    raise Unsure("something that cannot be written to")


def _integer(key: Value) -> int:
    index = operations.plain_scalar(key)
    if not isinstance(index, int):
        raise Raised("TypeError")
    return index
