"""Statements: assignments, branches, loops, `try`, definitions, and what is lost where they cannot be followed."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from deploylint.facts import operations
from deploylint.facts.calls import Calls
from deploylint.facts.machine import Bail, Change, Try, catches
from deploylint.facts.operations import Raised, Unsure
from deploylint.facts.values import (
    Alternatives,
    Binding,
    External,
    Items,
    Known,
    Read,
    Ref,
    Table,
    Thing,
    Unknown,
    Value,
    join,
    options,
    unknown,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from deploylint.facts.expressions import Function

_TURNS = 500
_SCOPE_WRITERS = frozenset({"exec", "eval", "globals", "locals", "vars", "setattr", "delattr", "f_globals", "modules"})


class Return(NamedTuple):
    """A function ends here."""

    value: Value


Signal = str | Return | None
"""How a block ends: by itself, `break`, `continue`, or with a Return."""


class Statements(Calls):
    """What a statement does."""

    def block(self, statements: list[ast.stmt]) -> Signal:
        """Run statements one after the other."""
        for statement in statements:
            signal = self.statement(statement)
            if signal is not None:
                return signal
        return None

    def statement(self, node: ast.stmt) -> Signal:
        """Run one statement."""
        self.spend()
        method = self._STATEMENTS.get(type(node))
        if method is None:
            self.lose_nodes([node], "a statement that is not followed")
            self.doubt("*")
            return None
        try:
            return method(self, node)
        except Unsure as unsure:
            self.lose_nodes([node], str(unsure))
            self.doubt("*")
            return None
        except Raised as stop:
            self.note_raise(stop, node)
            raise

    def note_raise(self, stop: Raised, node: ast.stmt) -> None:
        """Remember where an exception began."""
        raise NotImplementedError

    # --- Assignments ---

    def _assign(self, node: ast.Assign) -> None:
        value = self.evaluate(node.value)
        for target in node.targets:
            self.assign(target, value)

    def _annotated(self, node: ast.AnnAssign) -> None:
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

    def _augmented(self, node: ast.AugAssign) -> None:
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

    def _delete(self, node: ast.Delete) -> None:
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

    def _expression(self, node: ast.Expr) -> None:
        if isinstance(node.value, ast.Constant):
            return
        value = self.evaluate(node.value)
        if isinstance(node.value, ast.Call) and type(value) is Unknown:
            # What is called for its effect alone may bind names of the module that calls it, by looking at its frame.
            self.put(self.flags, ("called", self.frame.scopes[-1]), value=True)

    # --- Branches ---

    def _if(self, node: ast.If) -> Signal:
        verdict = self.truth_of(self.evaluate(node.test))
        if verdict is not None:
            return self.block(node.body if verdict else node.orelse)
        return self.one_of(self.fork(lambda: self.block(node.body), lambda: self.block(node.orelse)))

    @staticmethod
    def one_of(signals: list[Signal]) -> Signal:
        """The signal of one of several worlds."""
        first = signals[0]
        if all(signal == first and not isinstance(signal, Return) for signal in signals):
            return first
        returned = [signal.value for signal in signals if isinstance(signal, Return)]
        if len(returned) == len(signals):
            return Return(join(returned))
        raise Bail

    def _match(self, node: ast.Match) -> Signal:
        subject = self.evaluate(node.subject)
        runs: list[Callable[[], Signal]] = []
        for case in node.cases:
            verdict = self._fits(subject, case)
            if verdict is False:
                continue
            if verdict is True and not runs:
                return self.block(case.body)
            runs.append(lambda case=case: self._case(case))  # type: ignore[misc]
            if verdict is True:
                break
        else:
            runs.append(lambda: None)
        return self.one_of(self.fork(*runs))

    def _case(self, case: ast.match_case) -> Signal:
        self.lose_nodes([case.pattern], "matched")
        return self.block(case.body)

    def _fits(self, subject: Value, case: ast.match_case) -> bool | None:
        if case.guard is not None:
            return None
        pattern = case.pattern
        if isinstance(pattern, ast.MatchAs) and pattern.pattern is None and pattern.name is None:
            return True
        alternatives = pattern.patterns if isinstance(pattern, ast.MatchOr) else [pattern]
        verdicts = []
        for one in alternatives:
            if not isinstance(one, ast.MatchValue) or not isinstance(one.value, ast.Constant):
                return None
            result = self.compared(one.value, ast.Eq, subject, self.evaluate(one.value))
            verdicts.append(self.truth_of(result))
        return True if True in verdicts else (None if None in verdicts else False)

    # --- Loops ---

    def _for(self, node: ast.For) -> Signal:
        iterable = self.iterable(node.iter)
        return self._followed(node, lambda: self._turns(node, iterable))

    def _turns(self, node: ast.For, iterable: Value) -> Signal:
        cases = self.contents(iterable)
        if len(cases) != 1:
            raise Bail
        parts = operations.elements(cases[0])
        if len(parts) > _TURNS:
            raise Bail
        for part in parts:
            self.assign(node.target, part)
            signal = self.block(node.body)
            if type(iterable) is Ref and self.contents(iterable)[0] is not cases[0]:
                raise Bail  # what the loop goes through has changed
            if signal == "break":
                return None
            if isinstance(signal, Return):
                return signal
        return self.block(node.orelse)

    def _while(self, node: ast.While) -> Signal:
        return self._followed(node, lambda: self._repeat(node))

    def _repeat(self, node: ast.While) -> Signal:
        for _ in range(_TURNS):
            verdict = self.truth_of(self.evaluate(node.test))
            if verdict is None:
                raise Bail
            if not verdict:
                return self.block(node.orelse)
            signal = self.block(node.body)
            if signal == "break":
                return None
            if isinstance(signal, Return):
                return signal
        raise Bail

    def _followed(self, node: ast.stmt, run: Callable[[], Signal]) -> Signal:
        """Run a loop; where it cannot be followed, what it may change is lost."""
        frame, tries, uncertain, nesting = self.frame, list(self.tries), self.uncertain, self.nesting
        with self.recorded() as mark:
            try:
                return run()
            except (Bail, Unsure):
                self.undo(mark)
                self.frame, self.tries[:], self.uncertain, self.nesting = frame, tries, uncertain, nesting
        if any(isinstance(item, ast.Return) for item in ast.walk(node)):
            raise Bail
        self.lose_nodes([node], "in a loop that is not followed")
        self.doubt("*")
        return None

    def _break(self, _: ast.stmt) -> Signal:
        return "break"

    def _continue(self, _: ast.stmt) -> Signal:
        return "continue"

    def _return(self, node: ast.Return) -> Signal:
        return Return(self.evaluate(node.value) if node.value else Known(None))

    def body(self, definition: ast.FunctionDef) -> Value:
        """Run the body of a function; gives what it returns."""
        signal = self.block(definition.body)
        return signal.value if isinstance(signal, Return) else Known(None)

    # --- Exceptions ---

    def _raise(self, node: ast.Raise) -> Signal:
        if node.exc is None:
            raise Raised("*")
        called = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
        if isinstance(node.exc, ast.Call):
            self.evaluate(node.exc)
        name = (
            called.attr if isinstance(called, ast.Attribute) else (called.id if isinstance(called, ast.Name) else "*")
        )
        raise Raised(name)

    def _assert(self, node: ast.Assert) -> None:
        verdict = self.truth_of(self.evaluate(node.test))
        if verdict is False:
            raise Raised("AssertionError")
        if verdict is None:
            self.doubt("AssertionError")

    def _with(self, node: ast.With) -> Signal:
        if len(node.items) > 1:
            # What the first does with an exception holds for the others, too.
            inner = ast.copy_location(ast.With(items=node.items[1:], body=node.body), node)
            return self._with(ast.copy_location(ast.With(items=node.items[:1], body=[inner]), node))
        harmless = True
        for item in node.items:
            value = self.evaluate(item.context_expr)
            self.lose(value, "used as a context")
            harmless = harmless and type(value) is not Thing
            if item.optional_vars is not None:
                self.assign(item.optional_vars, unknown("a context", self.where(item.context_expr), value))
        suppresses = any("suppress" in ast.dump(item.context_expr) for item in node.items)
        if suppresses or not harmless:
            handler = ast.ExceptHandler(type=None, name=None, body=[])
            return self.attempt(node.body, [handler], [], [])
        return self.block(node.body)

    def _try(self, node: ast.Try) -> Signal:
        return self.attempt(node.body, node.handlers, node.orelse, node.finalbody)

    def attempt(
        self,
        body: list[ast.stmt],
        handlers: list[ast.ExceptHandler],
        orelse: list[ast.stmt],
        finalbody: list[ast.stmt],
    ) -> Signal:
        """`try`: the body, or the handlers from any state in which the body may have been left."""
        if not finalbody:
            return self._guarded(body, handlers, orelse)
        raised = False
        signal: Signal = None
        with self.recorded() as mark:
            context = Try(mark, [None])
            self.tries.append(context)
            try:
                signal = self._guarded(body, handlers, orelse) if handlers else self.block([*body, *orelse])
            except Raised as stop:
                raised = True
                self.start_at(context, stop.kind)
            finally:
                self.tries.remove(context)
            if not context.starts:
                last = self.block(finalbody)
                return signal if last is None else last
            end = self.changes(mark)
            self.undo(mark)
            runs: list[Callable[[], Signal]] = [] if raised else [lambda: self._at_last(end, finalbody, signal, "")]
            for kind, start in context.starts.items():
                runs.append(lambda start=start, kind=kind: self._at_last(start, finalbody, None, kind))  # type: ignore[misc]
            return runs[0]() if len(runs) == 1 else self.one_of(self.fork(*runs))

    def _at_last(self, change: Change, finalbody: list[ast.stmt], signal: Signal, kind: str) -> Signal:
        """`finally`, after which the exception goes on."""
        self.apply(change)
        last = self.block(finalbody)
        if kind and last is None:
            raise Raised(kind)
        return signal if last is None else last

    def _guarded(self, body: list[ast.stmt], handlers: list[ast.ExceptHandler], orelse: list[ast.stmt]) -> Signal:
        names = [exception_names(handler) for handler in handlers]
        reads = len(self.reads)
        raised: Raised | None = None
        signal: Signal = None
        with self.recorded() as mark:
            context = Try(mark, names)
            self.tries.append(context)
            try:
                signal = self.block(body)
            except Raised as stop:
                raised = stop
                self.start_at(context, stop.kind)
            finally:
                self.tries.remove(context)
            if not context.starts:
                return self.block(orelse) if signal is None else signal
            end = self.changes(mark)
            self.undo(mark)
            alive: list[bool] = []
            runs: list[Callable[[], Signal]] = []
            if raised is None:
                runs.append(lambda: self._after(end, lambda: self.block(orelse) if signal is None else signal))
            for kind, start in context.starts.items():
                runs.extend(
                    lambda start=start, number=number: self._handle(start, handlers[number], alive)  # type: ignore[misc]
                    for number in _candidates(names, kind)
                )
                if all(catches(name, kind) is not True for name in names):
                    runs.append(lambda start=start, kind=kind: self._escaped(start, kind))  # type: ignore[misc]
            result = runs[0]() if len(runs) == 1 else self.one_of(self.fork(*runs))
        if not alive:
            self.required_since(reads)
        return result

    def _after(self, change: Change, run: Callable[[], Signal]) -> Signal:
        self.apply(change)
        return run()

    def _handle(self, start: Change, handler: ast.ExceptHandler, alive: list[bool]) -> Signal:
        self.apply(start)
        if handler.name:
            self.bind(handler.name, Unknown("an exception", self.where(handler)), None)  # type: ignore[arg-type]
        signal = self.block(handler.body)
        if handler.name and self.scopes[self.frame.scopes[0]].get(handler.name):
            self.unbind(handler.name)
        alive.append(True)
        return signal

    def _escaped(self, start: Change, kind: str) -> Signal:
        self.apply(start)
        raise Raised(kind)

    def required_since(self, number: int) -> None:
        """No handler goes on after these reads of the environment fail."""
        self.reads[number:] = [seen._replace(guarded=False) for seen in self.reads[number:]]

    # --- Definitions ---

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        for decorator in node.decorator_list:
            self.evaluate(decorator)
        thing = self.function(node, node.name)
        function: Function = thing.data
        function.decorated = bool(node.decorator_list)
        if function.decorated or self.frame.kind == "class":
            self.escaped.append(thing)
            if function.decorated:
                self.lose_thing(thing, "decorated")
        self.bind(node.name, thing, self.where(node))

    def _class(self, node: ast.ClassDef) -> None:
        self.define_class(node)

    def define_class(self, node: ast.ClassDef) -> None:
        """A class."""
        raise NotImplementedError

    def _import(self, node: ast.Import) -> None:
        self.import_names(node)

    def _import_from(self, node: ast.ImportFrom) -> None:
        self.import_from(node)

    def import_names(self, node: ast.Import) -> None:
        """`import …`."""
        raise NotImplementedError

    def import_from(self, node: ast.ImportFrom) -> None:
        """`from … import …`."""
        raise NotImplementedError

    def _nothing(self, _: ast.stmt) -> None:
        return None

    def _global(self, _: ast.Global) -> None:
        if self.frame.kind != "module":
            raise Bail

    # --- What is lost ---

    def lose_nodes(self, nodes: Iterable[ast.AST], reason: str) -> None:
        """Code that may run any number of times, or in part: what it may bind or change is lost."""
        effects = Effects()
        for node in nodes:
            effects.look_at(node)
        self.spend(effects.size)
        for node in effects.imports:
            self.fork(lambda node=node: self._quiet(node), lambda: None)  # type: ignore[misc]
        scope = self.scopes[self.frame.scopes[0]]
        for name in effects.bound:
            old = scope.get(name)
            value = Unknown(reason, old.where if old else None)
            certain = old is not None and old.certain and name not in effects.deleted
            self.put(scope, name, Binding(value, certain, old.where if old else None, old.chain if old else ()))
        self.lose_effects(effects, self.frame.scopes, reason)

    def _quiet(self, node: ast.stmt) -> None:
        self.statement(node)

    def lose_effects(self, effects: Effects, scopes: tuple[str, ...], reason: str) -> None:
        """What code reaches through the names that it mentions."""
        module = scopes[-1]
        if effects.dynamic:
            self.lose_scope(module, reason)
            self.lose_scope(scopes[0], reason)
        names = self.scopes.get(module, {})
        for name in effects.globals:
            old = names.get(name)
            self.put(names, name, Binding(Unknown(reason), bool(old and old.certain), old.where if old else None))
        for name, attribute in effects.used:
            binding = next((found for scope in scopes if (found := self.scopes.get(scope, {}).get(name))), None)
            value = binding.value if binding else None
            if attribute and type(value) is Thing and value.what == "module":
                part = self.scopes.get(value.name, {}).get(attribute)
                value = part.value if part else None
            if value is not None and type(value) in (Ref, Thing, Items, Alternatives):
                self.lose(value, reason)

    _losing: frozenset[int] = frozenset()

    def lose_thing(self, thing: Thing, reason: str) -> None:
        """Something unknown may call this function, or write into this class or module."""
        if thing.what == "function":
            function: Function = thing.data
            key = id(function.node)
            if key in self._losing:
                return
            before = self._losing
            self._losing = before | {key}
            try:
                effects = effects_of(function)
                self.spend(1 + len(effects.used))
                self.lose_effects(effects, function.frame.scopes, reason)
            finally:
                self._losing = before
        elif thing.what == "method":
            self.lose(thing.data, reason)
        elif thing.what in ("module", "namespace"):
            self.lose_scope(thing.name, reason)
        elif thing.what == "class":
            self.lose_scope(thing.data.scope, reason)

    _STATEMENTS: ClassVar[dict[type[ast.stmt], Callable[..., Signal]]] = {
        ast.Assign: _assign,
        ast.AnnAssign: _annotated,
        ast.AugAssign: _augmented,
        ast.Delete: _delete,
        ast.Expr: _expression,
        ast.If: _if,
        ast.Match: _match,
        ast.For: _for,
        ast.While: _while,
        ast.Break: _break,
        ast.Continue: _continue,
        ast.Return: _return,
        ast.Raise: _raise,
        ast.Assert: _assert,
        ast.With: _with,
        ast.Try: _try,
        ast.FunctionDef: _function,
        ast.AsyncFunctionDef: _function,
        ast.ClassDef: _class,
        ast.Import: _import,
        ast.ImportFrom: _import_from,
        ast.Pass: _nothing,
        ast.Global: _global,
    }


class Effects:
    """What code may do: the names that it binds, deletes, declares global and uses (with the attribute that it asks
    for, if that is all), its imports, and whether it may write names that are not seen.
    """

    def __init__(self) -> None:
        self.bound: dict[str, None] = {}
        self.deleted: set[str] = set()
        self.globals: set[str] = set()
        self.used: dict[tuple[str, str], None] = {}
        self.imports: list[ast.stmt] = []
        self.dynamic = False
        self.size = 0

    def look_at(self, root: ast.AST) -> None:
        """Add what is below a node."""
        todo: list[tuple[ast.AST, bool]] = [(root, True)]
        while todo:
            node, own = todo.pop()
            self.size += 1
            self._note(node, own)
            inner = own and not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef))
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and isinstance(node.ctx, ast.Load):
                self.used[node.value.id, node.attr] = None
                self.dynamic = self.dynamic or node.attr in _SCOPE_WRITERS
                continue
            todo.extend((child, inner) for child in ast.iter_child_nodes(node))

    def _note(self, node: ast.AST, own: bool) -> None:
        if isinstance(node, ast.Name):
            self._note_name(node, own)
        elif isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            self.used[node.target.id, ""] = None
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and own:
            self.bound[node.name] = None
        elif isinstance(node, (ast.Import, ast.ImportFrom)) and own:
            self.imports.append(node)
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            self.globals.update(node.names)
        elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) and node.name and own:
            self.bound[node.name] = None
            self.deleted.add(node.name)
        elif isinstance(node, ast.MatchMapping) and node.rest and own:
            self.bound[node.rest] = None

    def _note_name(self, node: ast.Name, own: bool) -> None:
        if isinstance(node.ctx, ast.Load):
            self.used[node.id, ""] = None
            self.dynamic = self.dynamic or node.id in _SCOPE_WRITERS
        elif own:
            self.bound[node.id] = None
            if isinstance(node.ctx, ast.Del):
                self.deleted.add(node.id)


def effects_of(function: Function) -> Effects:
    """What calling a function may do to what is outside of it."""
    if function.effects is None:
        effects = Effects()
        node = function.node
        for part in [node.body] if isinstance(node, ast.Lambda) else node.body:
            effects.look_at(part)
        names = node.args
        local = {item.arg for item in (*names.posonlyargs, *names.args, *names.kwonlyargs)}
        local |= set(effects.bound) - effects.globals
        effects.used = {key: None for key in effects.used if key[0] not in local}
        function.effects = effects
    found: Effects = function.effects
    return found


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
        number = operations.place(content, _integer(key))
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
        number = operations.place(content, _integer(key))
        return content._replace(items=content.items[:number] + content.items[number + 1 :])
    raise Unsure("something that cannot be written to")


def _integer(key: Value) -> int:
    index = operations.plain_scalar(key)
    if not isinstance(index, int):
        raise Raised("TypeError")
    return index


def exception_names(handler: ast.ExceptHandler) -> tuple[str, ...] | None:
    """The names of the exceptions that a handler catches; None for all."""
    if handler.type is None:
        return None
    parts = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return tuple(
        part.attr if isinstance(part, ast.Attribute) else (part.id if isinstance(part, ast.Name) else "?")
        for part in parts
    )


def _candidates(names: list[tuple[str, ...] | None], kind: str) -> list[int]:
    """The handlers that may catch an exception, up to the first that certainly does."""
    found = []
    for number, name in enumerate(names):
        verdict = catches(name, kind)
        if verdict is not False:
            found.append(number)
        if verdict:
            break
    return found
