"""Exceptions: where they are raised, and what `try` and `with` make of them."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from deploylint.facts.assignments import Assignments
from deploylint.facts.operations import Raised
from deploylint.facts.values import Thing, Unknown, Value, join, unknown
from deploylint.facts.worlds import Bail, Change, Try, catches
from deploylint.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable


class Return(NamedTuple):
    """A function ends here."""

    value: Value


Signal = str | Return | None
"""How a block ends: by itself, `break`, `continue`, or with a Return."""


class Attempts(Assignments):
    """What is raised and caught."""

    def block(self, statements: list[ast.stmt]) -> Signal:
        """Run statements one after the other."""
        raise NotImplementedError

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

    def raising(self, node: ast.Raise) -> Signal:
        """`raise`."""
        if node.exc is None:
            raise Raised("*")
        called = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
        if isinstance(node.exc, ast.Call):
            self.evaluate(node.exc)
        name = (
            called.attr if isinstance(called, ast.Attribute) else (called.id if isinstance(called, ast.Name) else "*")
        )
        raise Raised(name)

    def asserting(self, node: ast.Assert) -> None:
        """`assert`."""
        verdict = self.truth_of(self.evaluate(node.test))
        if verdict is False:
            raise Raised("AssertionError")
        if verdict is None:
            self.doubt("AssertionError")

    def with_items(self, node: ast.With) -> Signal:
        """`with`."""
        if len(node.items) > 1:
            # What the first does with an exception holds for the others, too.
            inner = ast.copy_location(ast.With(items=node.items[1:], body=node.body), node)
            return self.with_items(ast.copy_location(ast.With(items=node.items[:1], body=[inner]), node))
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

    def trying(self, node: ast.Try) -> Signal:
        """`try`."""
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
