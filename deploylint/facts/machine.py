"""The state of an evaluation: names, objects that may change, and worlds that part and meet again.

Where a test is not known, both outcomes are followed one after the other from the same state, and what they changed is
joined: every change is on a trail that can be taken back. Objects that may change live in a heap and are known by the
place of their creation, so that two worlds that create the same object mean the same one.
"""

from __future__ import annotations

import ast
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from deploylint.facts.operations import Raised, Unsure
from deploylint.facts.values import (
    Alternatives,
    Binding,
    External,
    Items,
    Ref,
    Rest,
    Table,
    Thing,
    Unknown,
    Value,
    Where,
    join,
    options,
    same,
    unknown,
)
from deploylint.facts.worlds import Change, Exhausted, Frame, Try, World, catches

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from deploylint.tree import Tree

T = TypeVar("T")

STEPS = 200_000
"""Expressions and statements that one evaluation looks at; beyond that, nothing is known."""


class _Missing:
    """A key that is not there."""


MISSING = _Missing()


class Machine:
    """State, trail and worlds."""

    def __init__(self, tree: Tree, world: World) -> None:
        self.tree = tree
        self.world = world
        self.scopes: dict[str, dict[str, Binding]] = {}
        self.heap: dict[object, Value] = {}
        self.flags: dict[object, bool] = {}
        self.overlay: dict[str, Binding] = {}
        self.loaded: dict[str, str] = {}
        self.counts: dict[object, int] = {}
        self.trail: list[tuple[dict[Any, Any], object, Any]] = []
        self.depth = 0
        self.uncertain = 0
        self.tries: list[Try] = []
        self.steps = STEPS
        self.reads: list[Any] = []
        self.frame: Frame = None  # type: ignore[assignment]  # set before the first statement

    # --- Changes ---

    def put(self, where: dict[Any, Any], key: object, value: Any) -> None:
        """Write to the state; every write goes through here."""
        if self.depth:
            self.trail.append((where, key, where.get(key, MISSING)))
        if value is MISSING:
            where.pop(key, None)
        else:
            where[key] = value

    def changes(self, mark: int) -> Change:
        """What differs from the state at `mark`."""
        found: Change = {}
        for where, key, _ in self.trail[mark:]:
            found[id(where), key] = (where, key, where.get(key, MISSING))
        self.spend(len(found))
        return found

    def undo(self, mark: int) -> None:
        """Go back to the state at `mark`."""
        while len(self.trail) > mark:
            where, key, value = self.trail.pop()
            if value is MISSING:
                where.pop(key, None)
            else:
                where[key] = value

    def apply(self, change: Change) -> None:
        """Write what another world wrote."""
        for where, key, value in change.values():
            self.put(where, key, value)

    def joined(self, changes: list[Change]) -> Change:
        """What may differ from the present state when any one of these worlds may be the real one."""
        result: Change = {}
        for change in changes:
            for name, (where, key, _) in change.items():
                if name in result:
                    continue
                base = where.get(key, MISSING)
                values = [other[name][2] if name in other else base for other in changes]
                result[name] = (where, key, self._meet(values))
        self.spend(len(result) * len(changes))
        return result

    def _meet(self, values: list[Any]) -> Any:
        first = values[0]
        if all(value is first for value in values[1:]):
            return first
        there = [value for value in values if value is not MISSING]
        sample = there[0]
        if isinstance(sample, Binding):
            certain = len(there) == len(values) and all(value.certain for value in there)
            chains = {value.chain for value in there}
            merged = self.meet_values([value.value for value in there], sample.where)
            return Binding(merged, certain, sample.where, sample.chain if len(chains) == 1 else sample.chain[:1])
        if isinstance(sample, bool):
            return any(there)
        if isinstance(sample, int):
            return max(there)
        if isinstance(sample, str):
            return sample if len(set(there)) == 1 and len(there) == len(values) else "maybe"
        return self.meet_values(there, None)  # what an object holds; one that only one world made is that

    def meet_values(self, values: list[Value], where: Where | None) -> Value:
        """`join`, with contents of lists that grow apart folded into one."""
        joined = join(values, where)
        if type(joined) is Unknown and all(type(option) is Items for value in values for option in options(value)):
            return _folded([option for value in values for option in options(value) if type(option) is Items])
        return joined

    # --- Worlds ---

    @contextmanager
    def recorded(self) -> Iterator[int]:
        """Keep a trail of what is changed here; gives the mark to go back to."""
        self.depth += 1
        try:
            yield len(self.trail)
        finally:
            self.depth -= 1
            if not self.depth:
                self.trail.clear()

    def fork(self, *runs: Callable[[], T]) -> list[T]:
        """Run each from the present state and join what they leave; gives the results of those that do not raise."""
        results: list[T] = []
        changes: list[Change] = []
        kinds: set[str] = set()
        self.uncertain += 1
        try:
            with self.recorded() as mark:
                for run in runs:
                    try:
                        results.append(run())
                        changes.append(self.changes(mark))
                    except Raised as stop:
                        self.doubt(stop.kind)
                        kinds.add(stop.kind)
                    finally:
                        self.undo(mark)
        finally:
            self.uncertain -= 1
        if not results:
            raise Raised(kinds.pop() if len(kinds) == 1 else "*")
        self.apply(self.joined(changes))
        return results

    def choose(self, *runs: Callable[[], Value]) -> Value:
        """One of the values that these give."""
        return join(self.fork(*runs))

    def doubt(self, kind: str) -> None:
        """Something may raise here: the handlers around may start from this state."""
        for context in reversed(self.tries):
            verdicts = [catches(handler, kind) for handler in context.handlers]
            if any(verdict is not False for verdict in verdicts):
                self.start_at(context, kind)
            if True in verdicts:
                return

    def start_at(self, context: Try, kind: str) -> None:
        """A handler may start from the present state."""
        start = self.changes(context.mark)
        known = context.starts.get(kind)
        context.starts[kind] = start if known is None else self._weaker(context.mark, known, start)

    def _weaker(self, mark: int, one: Change, other: Change) -> Change:
        """The join of two states that both began at `mark`, without going back there."""
        base: dict[tuple[int, object], Any] = {}
        for where, key, value in self.trail[mark:]:
            base.setdefault((id(where), key), value)
        result: Change = {}
        for name in {**one, **other}:
            where, key, _ = one.get(name) or other[name]
            # What only the earlier state has changed has, in the later one, gone back to what it was.
            before = base.get(name, where.get(key, MISSING))
            values = [change[name][2] if name in change else before for change in (one, other)]
            result[name] = (where, key, self._meet(values))
        return result

    # --- Names and objects ---

    def spend(self, steps: int = 1) -> None:
        """Count work."""
        self.steps -= steps
        if self.steps < 0:
            raise Exhausted

    def where(self, node: ast.expr | ast.stmt | ast.alias) -> Where:
        """The place of a node of the module at work."""
        return Where(self.frame.module, node)

    def bind(self, name: str, value: Value, where: Where | None, chain: tuple[str, ...] | None = None) -> None:
        """Bind a name in the innermost scope."""
        scope = self.frame.scopes[0]
        path = self.frame.module.path
        self.put(self.scopes[scope], name, Binding(value, True, where, chain or (path,)))

    def unbind(self, name: str) -> None:
        """`del name`."""
        self.put(self.scopes[self.frame.scopes[0]], name, MISSING)

    def fresh(self, value: Value, node: ast.AST) -> Value:
        """A new object of the program where the value is a list, set or dict; other values as they are."""
        if (type(value) is Items and value.kind in ("list", "set")) or type(value) is Table:
            count = self.counts.get(node, 0)
            self.put(self.counts, node, count + 1)
            cell = (node, count)
            if value.where is None and isinstance(node, ast.expr):
                value = value._replace(where=Where(self.frame.module, node))
            self.put(self.heap, cell, value)
            return Ref(cell, value.where)
        return value

    def contents(self, value: Value) -> tuple[Value, ...]:
        """What a value may be, with objects replaced by what they hold at present."""
        if type(value) is Ref:
            return options(self.heap[value.cell])
        if type(value) is Alternatives:
            return tuple(content for option in value.options for content in self.contents(option))
        return (value,)

    def deep(self, value: Value, depth: int = 0) -> Value:
        """A value with all objects in it replaced by what they hold; Unknown where it holds itself."""
        self.spend()
        if depth > 40:
            return Unknown("nested too deeply", value.where)
        if type(value) is Ref:
            content = self.heap[value.cell]
            replaced = self.deep(content, depth + 1)
            if type(replaced) in (Items, Table, Unknown) and replaced.where is None:
                return replaced._replace(where=value.where)
            return replaced
        if type(value) is Items:
            return value._replace(items=tuple(self.deep(item, depth + 1) for item in value.items))
        if type(value) is Table:
            entries = {key: (entry[0], self.deep(entry[1], depth + 1)) for key, entry in value.entries.items()}
            return value._replace(entries=entries)
        if type(value) is Alternatives:
            return self.meet_values([self.deep(option, depth + 1) for option in value.options], value.where)
        return value

    def update(self, value: Value, change: Callable[[Value], tuple[Value, Value]]) -> Value:
        """Change the objects that a value may be; `change` gives the new contents and the result of the operation."""
        refs = [option for option in options(value) if type(option) is Ref]
        if len(refs) != len(options(value)):
            raise Unsure("not an object that is known")
        results: list[Value] = []
        raised = Raised("*")
        for ref in refs:
            before = options(self.heap[ref.cell])
            after: list[Value] = []
            for content in before:
                if type(content) is Unknown:
                    after.append(content)
                    results.append(unknown("an object that is not known", None, content))
                    continue
                try:
                    new, result = change(content)
                except Raised as stop:
                    raised = stop
                    self.doubt(stop.kind)
                    continue
                self.spend(1 + _size(new) // 16)
                after.append(new)
                results.append(result)
            kept = after if len(refs) == 1 else [*before, *after]
            if kept:
                self.put(self.heap, ref.cell, self.meet_values(kept, None))
        if not results:
            raise raised
        return join(results)

    # --- What is lost ---

    def lose(self, value: Value, reason: str) -> None:
        """Something that is not known got hold of a value, and may have changed or called what it reaches."""
        todo = [value]
        while todo:
            self.spend()
            item = todo.pop()
            if type(item) is Ref:
                content = self.heap[item.cell]
                if type(content) is not Unknown:
                    self.put(self.heap, item.cell, Unknown(reason, item.where))
                    todo.append(content)
            elif type(item) is Alternatives:
                todo.extend(item.options)
            elif type(item) is Items:
                todo.extend(item.items)
            elif type(item) is Table:
                todo.extend(entry[1] for entry in item.entries.values())
            elif type(item) is Thing:
                self.lose_thing(item, reason)
            elif type(item) is External and item.name == "os.environ":
                self.put(self.flags, "environ", value=True)

    def lose_thing(self, thing: Thing, reason: str) -> None:
        """The same for a function, class or module."""
        raise NotImplementedError

    def lose_scope(self, scope: str, reason: str) -> None:
        """Any name of a scope may have been bound anew."""
        names = self.scopes.get(scope)
        if names is None:
            return
        for name, binding in list(names.items()):
            self.spend()
            if type(binding.value) is not Unknown:
                old = binding.value
                self.put(names, name, binding._replace(value=Unknown(reason, binding.where)))
                self.lose(old, reason)
        self.put(self.flags, ("open", scope), True)

    def is_open(self, scope: str) -> bool:
        """Whether names may be bound in a scope that are not seen."""
        return self.flags.get(("open", scope), False)


def _size(value: Value) -> int:
    if type(value) is Items:
        return len(value.items)
    return len(value.entries) if type(value) is Table else 0


def _folded(contents: list[Items]) -> Value:
    """One list for many: what they have in common at the front and at the end."""
    kinds = {content.kind for content in contents}
    if len(kinds) != 1 or "set" in kinds:
        return Unknown("one of many values")
    rows = [content.items for content in contents]
    front = 0
    while all(len(row) > front and _alike(row[front], rows[0][front]) for row in rows):
        front += 1
    back = 0
    while all(len(row) - front > back and _alike(row[-1 - back], rows[0][-1 - back]) for row in rows):
        back += 1
    first = rows[0]
    middle = Rest("differs with something that is not known")
    return Items(contents[0].kind, (*first[:front], middle, *first[len(first) - back :]), contents[0].where)


def _alike(one: Value, other: Value) -> bool:
    return type(one) is not Rest and same(one, other)
