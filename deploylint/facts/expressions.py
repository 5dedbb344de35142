"""Expressions: names, displays, operators, comprehensions and f-strings."""

from __future__ import annotations

import ast
import builtins
from itertools import product
from typing import TYPE_CHECKING, Any, ClassVar

from deploylint.facts import operations
from deploylint.facts.machine import Bail, Frame, Machine
from deploylint.facts.operations import MOST, Raised, Unsure, truth
from deploylint.facts.values import (
    External,
    FilePath,
    Items,
    Known,
    Read,
    Ref,
    Rest,
    Table,
    Thing,
    Unknown,
    Value,
    Where,
    join,
    options,
    unknown,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_COMBINATIONS = 16
_NESTED = 80
_TURNS = 1000

# What the sources may ask of the system: every platform here is Linux.
_CONSTANTS: dict[str, Any] = {
    "os.sep": "/",
    "os.path.sep": "/",
    "os.pathsep": ":",
    "os.linesep": "\n",
    "os.curdir": ".",
    "os.pardir": "..",
    "os.name": "posix",
    "sys.platform": "linux",
    "typing.TYPE_CHECKING": False,
}

BUILTINS = frozenset(dir(builtins))


class Expressions(Machine):
    """What an expression gives."""

    nesting = 0

    def evaluate(self, node: ast.expr) -> Value:
        """The value of an expression; Unknown where it cannot be told, after what it may have changed is lost."""
        value = self.iterable(node)
        if type(value) is Items and value.kind == "iterator":
            return unknown("an iterator", self.where(node), *value.items)
        return value

    def iterable(self, node: ast.expr) -> Value:
        """The same where the value is used up at once, so that it may be an iterator."""
        self.spend()
        kind = type(node)
        if kind is ast.Constant:
            return Known(node.value, Where(self.frame.module, node))  # type: ignore[attr-defined]
        method = self._METHODS.get(kind)
        if method is None or self.nesting > _NESTED:
            return self.give_up(node, "an expression that is not followed")
        self.nesting += 1
        try:
            result: Value = method(self, node)
        except Unsure as unsure:
            self.doubt("*")
            return Unknown(str(unsure), self.where(node))
        finally:
            self.nesting -= 1
        return result

    def give_up(self, node: ast.expr, reason: str) -> Unknown:
        """An expression that is not evaluated: what it may change is lost."""
        self.lose_nodes([node], reason)
        self.doubt("*")
        return Unknown(reason, self.where(node))

    def lose_nodes(self, nodes: Iterable[ast.AST], reason: str) -> None:
        """Statements or expressions that may run any number of times: what they may change is lost."""
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

    # --- Names ---

    def _name(self, node: ast.Name) -> Value:
        return self.look_up(node.id, node)

    def look_up(self, name: str, node: ast.expr) -> Value:
        """The value of a name."""
        found: list[Value] = []
        for scope in self.frame.scopes:
            binding = self.scopes[scope].get(name)
            if binding is not None:
                found.append(binding.value)
                if binding.certain:
                    return found[0] if len(found) == 1 else unknown("one of several names", self.where(node), *found)
            if self.is_open(scope):
                self.doubt("NameError")
                return unknown("a name that may be bound unseen", self.where(node), *found)
        if name in BUILTINS:
            return unknown("one of several names", self.where(node), *found) if found else External(f"builtins.{name}")
        if len(found) == 1:
            self.doubt("NameError")
            return found[0]
        if found:
            self.doubt("NameError")
            return unknown("one of several names", self.where(node), *found)
        if self.flags.get(("called", self.frame.scopes[-1])):
            self.doubt("NameError")
            return unknown("a name that may be bound unseen", self.where(node))
        raise Raised("NameError", name)

    def _named(self, node: ast.NamedExpr) -> Value:
        value = self.evaluate(node.value)
        if self.frame.kind == "comprehension":
            raise Bail  # in a comprehension the name belongs to what is around
        self.bind(node.target.id, value, self.where(node.target))
        return value

    # --- Displays ---

    def _parts(self, nodes: list[ast.expr]) -> tuple[Value, ...]:
        found: list[Value] = []
        for node in nodes:
            if type(node) is ast.Starred:
                found.extend(self.spread(self.iterable(node.value), self.where(node)))
            else:
                found.append(self.evaluate(node))
        return tuple(found)

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

    def _list(self, node: ast.List) -> Value:
        if len(node.elts) > MOST:
            return self.give_up(node, "too many elements")
        return self.fresh(Items("list", self._parts(node.elts), self.where(node)), node)

    def _tuple(self, node: ast.Tuple) -> Value:
        if len(node.elts) > MOST:
            return self.give_up(node, "too many elements")
        return Items("tuple", self._parts(node.elts), self.where(node))

    def _set(self, node: ast.Set) -> Value:
        if len(node.elts) > MOST:
            return self.give_up(node, "too many elements")
        value = Items("set", self._parts(node.elts), self.where(node))
        return self.fresh(value._replace(items=tuple(operations.members(value).values())), node)

    def _dict(self, node: ast.Dict) -> Value:
        if len(node.keys) > MOST:
            return self.give_up(node, "too many elements")
        table = Table({}, where=self.where(node))
        entries: dict[Any, tuple[Value, Value]] = {}
        complete = True
        for key_node, value_node in zip(node.keys, node.values, strict=True):
            if key_node is None:
                other = self._mapping(self.evaluate(value_node))
                merged = operations.merged(Table(entries, complete), other)
                entries, complete = dict(merged.entries), merged.complete
                continue
            key = self.evaluate(key_node)
            value = self.evaluate(value_node)
            try:
                name = operations.scalar_or_unsure(key)
            except Unsure:  # it may be any of the keys
                self.doubt("TypeError")
                unsure = Unknown("may be overwritten", self.where(key_node))
                entries = {known: (entry[0], unsure) for known, entry in entries.items()}
                complete = False
                self.lose(value, "stored at a key that is not known")
                continue
            entries[name] = (entries[name][0], value) if name in entries else (key, value)
        return self.fresh(table._replace(entries=entries, complete=complete), node)

    def _mapping(self, value: Value) -> Table:
        cases = self.contents(value)
        if len(cases) == 1 and type(cases[0]) is Table:
            return cases[0]
        self.doubt("*")
        return Table({}, complete=False)

    # --- Operators ---

    def _binary(self, node: ast.BinOp) -> Value:
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

    def _unary(self, node: ast.UnaryOp) -> Value:
        value = self.evaluate(node.operand)
        if type(node.op) is ast.Not:
            verdict = self.truth_of(value)
            if verdict is None:
                return unknown("depends on something that is not known", self.where(node), value)
            return Known(not verdict, self.where(node))
        kind = type(node.op)
        return self.apply_to(node, lambda one: operations.unary(kind, one), value)

    def _boolean(self, node: ast.BoolOp) -> Value:
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

    def _compare(self, node: ast.Compare) -> Value:
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
        return self.apply_to(node, lambda one, other: Known(operations.compare(kind, one, other)), *sides)

    def special_compare(self, node: ast.expr, kind: type[ast.cmpop], left: Value, right: Value) -> Value | None:
        """Comparisons with things that are not the app's: the environment, the version, the command line."""
        raise NotImplementedError

    def _conditional(self, node: ast.IfExp) -> Value:
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

    # --- Subscripts ---

    def _subscript(self, node: ast.Subscript) -> Value:
        value = self.evaluate(node.value)
        if isinstance(node.slice, ast.Slice):
            bounds = [None if part is None else self.evaluate(part) for part in _bounds(node.slice)]
            given = [bound for bound in bounds if bound is not None]

            def cut(content: Value, *rest: Value) -> Value:
                parts = iter(rest)
                return operations.sliced(content, [None if bound is None else next(parts) for bound in bounds])

            return self.apply_to(node, cut, value, *given)
        key = self.evaluate(node.slice)
        return self.item(node, value, key)

    def item(self, node: ast.expr, value: Value, key: Value) -> Value:
        """`value[key]`."""
        special = self.special_item(node, value, key)
        if special is not None:
            return special
        return self.apply_to(node, operations.subscript, value, key)

    def special_item(self, node: ast.expr, value: Value, key: Value) -> Value | None:
        """Subscripts of things that are not the app's."""
        raise NotImplementedError

    # --- f-strings ---

    def _joined(self, node: ast.JoinedStr) -> Value:
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

    # --- Comprehensions ---

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp) -> Value:
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

    def _dict_comprehension(self, node: ast.DictComp) -> Value:
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

    # --- Others ---

    def _lambda(self, node: ast.Lambda) -> Value:
        return self.function(node, "<lambda>")

    def function(self, node: ast.Lambda | ast.FunctionDef | ast.AsyncFunctionDef, name: str) -> Thing:
        """A function of the app, with its defaults as they are now."""
        defaults = [self.evaluate(default) for default in node.args.defaults]
        words = [None if default is None else self.evaluate(default) for default in node.args.kw_defaults]
        return Thing("function", name, Function(node, self.frame, tuple(defaults), tuple(words)), self.where(node))

    def _attribute(self, node: ast.Attribute) -> Value:
        value = self.evaluate(node.value)
        found: list[Value] = []
        raised = Raised("AttributeError", node.attr)
        for option in options(value):
            try:
                found.append(self.attribute(option, node.attr, node))
            except Raised as stop:
                raised = stop
                self.doubt(stop.kind)
        if not found:
            raise raised
        return join(found, self.where(node))

    def attribute(self, value: Value, name: str, node: ast.expr) -> Value:
        """`value.name`."""
        if type(value) is External:
            dotted = f"{value.name}.{name}"
            if dotted in _CONSTANTS:
                return Known(_CONSTANTS[dotted], self.where(node))
            return External(dotted, self.where(node))
        if type(value) is Thing:
            return self.thing_attribute(value, name, node)
        kinds = [_python_type(content) for content in self.contents(value)]
        lacking = [kind is not None and not hasattr(kind, name) for kind in kinds]
        if all(lacking):
            raise Raised("AttributeError", name)
        if any(lacking) or None in kinds:
            self.doubt("*")
        return Thing("method", name, value, self.where(node))

    def thing_attribute(self, thing: Thing, name: str, node: ast.expr) -> Value:
        """The attribute of a module, class or configuration object of the app."""
        raise NotImplementedError

    def _call(self, node: ast.Call) -> Value:
        return self.call(node)

    def call(self, node: ast.Call) -> Value:
        """A call."""
        raise NotImplementedError

    _METHODS: ClassVar[dict[type[ast.expr], Callable[..., Value]]] = {
        ast.Name: _name,
        ast.NamedExpr: _named,
        ast.List: _list,
        ast.Tuple: _tuple,
        ast.Set: _set,
        ast.Dict: _dict,
        ast.BinOp: _binary,
        ast.UnaryOp: _unary,
        ast.BoolOp: _boolean,
        ast.Compare: _compare,
        ast.IfExp: _conditional,
        ast.Subscript: _subscript,
        ast.JoinedStr: _joined,
        ast.ListComp: _comprehension,
        ast.SetComp: _comprehension,
        ast.GeneratorExp: _comprehension,
        ast.DictComp: _dict_comprehension,
        ast.Lambda: _lambda,
        ast.Attribute: _attribute,
        ast.Call: _call,
    }


class Function:
    """A function of the app."""

    def __init__(
        self,
        node: ast.Lambda | ast.FunctionDef | ast.AsyncFunctionDef,
        frame: Frame,
        defaults: tuple[Value, ...],
        words: tuple[Value | None, ...],
        *,
        decorated: bool = False,
    ) -> None:
        self.node = node
        self.frame = frame
        self.defaults = defaults
        self.words = words
        self.decorated = decorated
        self.effects: Any = None


def _python_type(value: Value) -> type | None:
    """The class of a value, None where it is not known."""
    if type(value) is Known:
        return None if isinstance(value.value, FilePath) else type(value.value)
    if type(value) is Items:
        return _CONTAINERS.get(value.kind)
    return dict if type(value) is Table else None


_CONTAINERS: dict[str, type] = {"list": list, "tuple": tuple, "set": set, "frozenset": frozenset, "range": range}


def _bounds(node: ast.Slice) -> tuple[ast.expr | None, ast.expr | None, ast.expr | None]:
    return node.lower, node.upper, node.step
