"""Statements: branches, loops and definitions, and who sees to which statement."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, ClassVar

from deploylint.facts import operations
from deploylint.facts.attempts import Attempts, Return, Signal
from deploylint.facts.operations import Raised, Unsure
from deploylint.facts.values import Known, Ref, Unknown, Value
from deploylint.facts.worlds import Bail

if TYPE_CHECKING:
    from collections.abc import Callable

    from deploylint.facts.expressions import Function

_TURNS = 500


class Statements(Attempts):
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

    _STATEMENTS: ClassVar[dict[type[ast.stmt], Callable[..., Signal]]] = {
        ast.Assign: Attempts.assignment,
        ast.AnnAssign: Attempts.annotated,
        ast.AugAssign: Attempts.augmented,
        ast.Delete: Attempts.deletion,
        ast.Expr: _expression,
        ast.If: _if,
        ast.Match: _match,
        ast.For: _for,
        ast.While: _while,
        ast.Break: _break,
        ast.Continue: _continue,
        ast.Return: _return,
        ast.Raise: Attempts.raising,
        ast.Assert: Attempts.asserting,
        ast.With: Attempts.with_items,
        ast.Try: Attempts.trying,
        ast.FunctionDef: _function,
        ast.AsyncFunctionDef: _function,
        ast.ClassDef: _class,
        ast.Import: _import,
        ast.ImportFrom: _import_from,
        ast.Pass: _nothing,
        ast.Global: _global,
    }
