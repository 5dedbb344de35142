"""Expressions: names, displays, subscripts and attributes, and who sees to which expression."""

from __future__ import annotations

import ast
import builtins
from typing import TYPE_CHECKING, Any, ClassVar

from deploylint.facts import comparisons, operations
from deploylint.facts.comprehensions import Comprehensions
from deploylint.facts.operations import MOST, Raised, Unsure
from deploylint.facts.values import (
    External,
    FilePath,
    Items,
    Known,
    Table,
    Thing,
    Unknown,
    Value,
    Where,
    join,
    options,
    unknown,
)
from deploylint.facts.worlds import Bail, Frame

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


class Expressions(Comprehensions):
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

    # --- Subscripts ---

    def _subscript(self, node: ast.Subscript) -> Value:
        value = self.evaluate(node.value)
        if isinstance(node.slice, ast.Slice):
            bounds = [None if part is None else self.evaluate(part) for part in _bounds(node.slice)]
            given = [bound for bound in bounds if bound is not None]

            def cut(content: Value, *rest: Value) -> Value:
                parts = iter(rest)
                return comparisons.sliced(content, [None if bound is None else next(parts) for bound in bounds])

            return self.apply_to(node, cut, value, *given)
        key = self.evaluate(node.slice)
        return self.item(node, value, key)

    def item(self, node: ast.expr, value: Value, key: Value) -> Value:
        """`value[key]`."""
        special = self.special_item(node, value, key)
        if special is not None:
            return special
        return self.apply_to(node, comparisons.subscript, value, key)

    def special_item(self, node: ast.expr, value: Value, key: Value) -> Value | None:
        """Subscripts of things that are not the app's."""
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
        ast.BinOp: Comprehensions.binary,
        ast.UnaryOp: Comprehensions.unary,
        ast.BoolOp: Comprehensions.boolean,
        ast.Compare: Comprehensions.comparison,
        ast.IfExp: Comprehensions.conditional,
        ast.Subscript: _subscript,
        ast.JoinedStr: Comprehensions.joined_text,
        ast.ListComp: Comprehensions.comprehension,
        ast.SetComp: Comprehensions.comprehension,
        ast.GeneratorExp: Comprehensions.comprehension,
        ast.DictComp: Comprehensions.dict_comprehension,
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


def _bounds(node: ast.Slice) -> tuple[ast.expr | None, ast.expr | None, ast.expr | None]:
    return node.lower, node.upper, node.step


def _python_type(value: Value) -> type | None:
    """The class of a value, None where it is not known."""
    if type(value) is Known:
        return None if isinstance(value.value, FilePath) else type(value.value)
    if type(value) is Items:
        return _CONTAINERS.get(value.kind)
    return dict if type(value) is Table else None


_CONTAINERS: dict[str, type] = {"list": list, "tuple": tuple, "set": set, "frozenset": frozenset, "range": range}
