"""Calls: functions of the app, methods of its lists and dicts, and what the built-in functions give."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, NamedTuple

from deploylint.facts import operations
from deploylint.facts.expressions import Expressions, Function
from deploylint.facts.machine import Bail, Frame
from deploylint.facts.operations import Raised, Unsure, elements
from deploylint.facts.values import (
    External,
    FilePath,
    Items,
    Known,
    Rest,
    Table,
    Thing,
    Value,
    equal,
    join,
    options,
    unknown,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_CALLS_DEEP = 8
_LONGEST_FUNCTION = 40

# Functions that write into the module that calls them, without being given it.
_FRAME_WRITERS = frozenset({
    "split_settings.tools.include",
    "split_settings.tools.optional",
    "django_yamlconf.load",
})  # fmt: skip

# What neither changes nor keeps what it is given.
_HARMLESS = (
    "logging.",
    "warnings.",
    "builtins.print",
    "builtins.isinstance",
    "builtins.hasattr",
    "builtins.repr",
    "builtins.open",
    "builtins.type",
    "builtins.id",
    "json.dumps",
    "os.makedirs",
    "os.mkdir",
)


# What may make files, of the modules of others, and by the name of a method or function.
_MAKERS = (
    "subprocess.",
    "shutil.",
    "os.system",
    "os.popen",
    "os.spawn",
    "os.posix_spawn",
    "os.rename",
    "urllib.request.",
)
_MAKING = frozenset({
    "Popen", "check_call", "check_output", "copyfile", "copytree", "download_file", "download_fileobj", "extract",
    "extractall", "makedirs", "mkdir", "open", "symlink", "system", "touch", "unpack_archive", "urlretrieve",
    "write_bytes", "write_text",
})  # fmt: skip


class Args(NamedTuple):
    """The arguments of a call; not complete where some of them are not known."""

    positional: tuple[Value, ...]
    named: Mapping[str, Value]
    complete: bool = True

    @property
    def values(self) -> tuple[Value, ...]:
        """All of them."""
        return (*self.positional, *self.named.values())

    def given(self, place: int | None, name: str) -> Value | None:
        """An argument by place or name."""
        if place is not None and place < len(self.positional):
            return self.positional[place]
        return self.named.get(name)


class Calls(Expressions):
    """What calls give and change."""

    calling = 0
    escaped: list[Thing]

    def call(self, node: ast.Call) -> Value:
        """A call."""
        function = self.evaluate(node.func)
        args = self.arguments(node)
        choices = options(function)
        if len(choices) == 1:
            return self.call_value(node, function, args)
        return join([self.unknown_call(node, choice, args) for choice in choices])

    def arguments(self, node: ast.Call) -> Args:
        """The arguments, evaluated in order."""
        positional: list[Value] = []
        named: dict[str, Value] = {}
        complete = True
        for argument in node.args:
            if isinstance(argument, ast.Starred):
                found = self.spread(self.iterable(argument.value), self.where(argument))
                complete = complete and not any(type(item) is Rest for item in found)
                positional.extend(found)
            else:
                positional.append(self.iterable(argument))
        for keyword in node.keywords:
            if keyword.arg is None:
                table = self._mapping(self.evaluate(keyword.value))
                complete = complete and table.complete and all(isinstance(key, str) for key in table.entries)
                named.update({str(key): entry[1] for key, entry in table.entries.items()})
            else:
                named[keyword.arg] = self.evaluate(keyword.value)
        return Args(tuple(positional), named, complete)

    def call_value(self, node: ast.expr, function: Value, args: Args) -> Value:
        """Call a value."""
        try:
            return self._call_known(node, function, args)
        except Unsure as unsure:
            return self.unknown_call(node, function, args, str(unsure))

    def _call_known(self, node: ast.expr, function: Value, args: Args) -> Value:
        if type(function) is External:
            return self.call_external(node, function, args)
        if type(function) is not Thing:
            raise Unsure("a call of something that is not known")
        if function.what == "function":
            return self.call_function(function, args)
        if function.what == "method":
            return self.method(node, function.data, function.name, args)
        return self.call_thing(node, function, args)

    def call_external(self, node: ast.expr, function: External, args: Args) -> Value:
        """Call a thing that is not the app's."""
        raise NotImplementedError

    def call_thing(self, node: ast.expr, thing: Thing, args: Args) -> Value:
        """Call a class or a configuration object of the app."""
        raise NotImplementedError

    def unknown_call(self, node: ast.expr, function: Value, args: Args, why: str = "") -> Value:
        """A call that is not followed: what it is given may be changed, and it may raise."""
        name = function.name if type(function) in (External, Thing) else ""  # type: ignore[union-attr]
        external = type(function) is External
        if not (external and name.startswith(_HARMLESS)):
            for value in args.values:
                self.lose(value, f"given to {name}" if name else "given to a call")
            if type(function) is Thing:
                self.lose(function.data if function.what == "method" else function, "called")
            if name in _FRAME_WRITERS or any(
                type(value) is Known and value.value == self.frame.name and self.frame.name for value in args.values
            ):
                self.lose_scope(self.frame.scopes[-1], f"{name} may bind names")
            for thing in list(self.escaped):
                self.lose_thing(thing, "may be called")
        if not name.startswith("builtins.") and (name.startswith(_MAKERS) or _may_make(node, function)):
            self.put(self.flags, "files", value=True)
        self.doubt("*")
        reason = f"a call of {name}" if external else (why or "a call that is not followed")
        receiver = function.data if type(function) is Thing and function.what == "method" else function
        return unknown(reason, self.where(node), *args.values, receiver)

    # --- Functions of the app ---

    def call_function(self, thing: Thing, args: Args) -> Value:
        """Follow a function of the app, where that is simple."""
        function: Function = thing.data
        definition = function.node
        if function.decorated or self.calling >= _CALLS_DEEP or isinstance(definition, ast.AsyncFunctionDef):
            raise Unsure(f"a call of {thing.name}")
        if isinstance(definition, ast.FunctionDef) and not _simple(definition):
            raise Unsure(f"a call of {thing.name}")
        bound = _bound(function, args)
        scope = f"function {thing.name} {len(self.scopes)}"
        self.scopes[scope] = {}
        outer, tries, uncertain = self.frame, list(self.tries), self.uncertain
        home: Frame = function.frame
        # The body of a class is no scope for the functions in it.
        around = home.scopes[1:] if home.kind == "class" else home.scopes
        with self.recorded() as mark:
            self.calling += 1
            self.frame = home._replace(scopes=(scope, *around), kind="function")
            try:
                for name, value in bound.items():
                    self.bind(name, value, None)
                if isinstance(definition, ast.Lambda):
                    return self.evaluate(definition.body)
                return self.body(definition)
            except Bail:
                self.undo(mark)
                self.tries[:], self.uncertain = tries, uncertain
            finally:
                self.calling -= 1
                self.frame = outer
        raise Unsure(f"a call of {thing.name}")

    def body(self, definition: ast.FunctionDef) -> Value:
        """Run the body of a function; gives what it returns."""
        raise NotImplementedError

    # --- Methods ---

    def method(self, node: ast.expr, receiver: Value, name: str, args: Args) -> Value:
        """`receiver.name(…)`."""
        if not args.complete:
            raise Unsure("arguments that are not known")
        kinds = {_kind(content) for content in self.contents(receiver)}
        kind = kinds.pop() if len(kinds) == 1 else ""
        if kind == "str":
            return self._text_method(node, receiver, name, args)
        if kind == "path":
            return self.path_method(node, receiver, name, args)
        if kind in ("list", "dict", "set") and name in _CHANGES[kind]:
            change = _CHANGES[kind][name]
            result = self.update(receiver, lambda content: change(self, content, args))
            return self.fresh(result, node) if type(result) is Items else result
        if kind in _READS and name in _READS[kind]:
            read = _READS[kind][name]
            return self.apply_to(node, lambda content: read(content, args), receiver)
        raise Unsure("a method that is not read")

    def _text_method(self, node: ast.expr, receiver: Value, name: str, args: Args) -> Value:
        names = list(args.named)

        def run(text: Value, *given: Value) -> Value:
            assert type(text) is Known
            positional = given[: len(args.positional)]
            named = dict(zip(names, given[len(args.positional) :], strict=True))
            return operations.text_method(text.value, name, positional, named)

        return self.apply_to(node, run, receiver, *args.values)

    def path_method(self, node: ast.expr, receiver: Value, name: str, args: Args) -> Value:
        """A method of a path."""
        raise NotImplementedError


def _may_make(node: ast.expr, function: Value) -> bool:
    """Whether a call that is not followed may make files, as far as names tell."""
    own = function.data.node if type(function) is Thing and function.what == "function" else node
    called = (part.func for part in ast.walk(own) if isinstance(part, ast.Call))
    names = (part.attr if isinstance(part, ast.Attribute) else getattr(part, "id", "") for part in called)
    return not _MAKING.isdisjoint(names)


def _simple(definition: ast.FunctionDef) -> bool:
    if len(definition.body) > _LONGEST_FUNCTION:
        return False
    unfollowed = (ast.Yield, ast.YieldFrom, ast.Await, ast.Nonlocal, ast.Global)
    return not any(isinstance(item, unfollowed) for item in ast.walk(definition))


def _bound(function: Function, args: Args) -> dict[str, Value]:
    """The parameters of a function with what they are given."""
    names = function.node.args
    plain = [*names.posonlyargs, *names.args]
    if not args.complete or names.vararg or names.kwarg or len(args.positional) > len(plain):
        raise Unsure("arguments that are not followed")
    bound: dict[str, Value] = {}
    for parameter, value in zip(plain[len(plain) - len(function.defaults) :], function.defaults, strict=True):
        bound[parameter.arg] = value
    for parameter, default in zip(names.kwonlyargs, function.words, strict=True):
        if default is not None:
            bound[parameter.arg] = default
    for parameter, value in zip(plain, args.positional, strict=False):
        bound[parameter.arg] = value
    known = {parameter.arg for parameter in (*names.args, *names.kwonlyargs)}
    taken = {parameter.arg for parameter in plain[: len(args.positional)]}
    if not args.named.keys() <= known - taken:
        raise Unsure("arguments that are not followed")
    bound.update(args.named)
    if len(bound) != len(plain) + len(names.kwonlyargs):
        raise Unsure("arguments that are missing")
    return bound


def _kind(value: Value) -> str:
    if type(value) is Known:
        return "path" if isinstance(value.value, FilePath) else type(value.value).__name__
    if type(value) is Items:
        return value.kind
    return "dict" if type(value) is Table else ""


# --- What methods of containers change: the new contents and the result -----------------------------------------------

_NONE = Known(None)


def _one(args: Args) -> Value:
    if len(args.positional) != 1 or args.named:
        raise Unsure("arguments that are not followed")
    return args.positional[0]


def _sequence(value: Value) -> Items:
    assert type(value) is Items
    return value


def _append(_: Calls, content: Value, args: Args) -> tuple[Value, Value]:
    items = _sequence(content)
    return items._replace(items=(*items.items, _one(args))), _NONE


def _extend(machine: Calls, content: Value, args: Args) -> tuple[Value, Value]:
    items = _sequence(content)
    return items._replace(items=items.items + machine.spread(_one(args), items.where)), _NONE


def _insert(_: Calls, content: Value, args: Args) -> tuple[Value, Value]:
    items = _sequence(content)
    if len(args.positional) != 2 or args.named:
        raise Unsure("arguments that are not followed")
    index = operations.plain_scalar(args.positional[0])
    if not isinstance(index, int):
        raise Raised("TypeError")
    front = next((number for number, item in enumerate(items.items) if type(item) is Rest), None)
    if front is not None and not 0 <= index <= front:
        return items._replace(items=(Rest("in a place that is not known"),)), _NONE
    new = list(items.items)
    new.insert(index, args.positional[1])
    return items._replace(items=tuple(new)), _NONE


def _find(items: Items, value: Value) -> int:
    """The index of the first element that equals a value."""
    for number, item in enumerate(items.items):
        verdict = None if type(item) is Rest else equal(item, value)
        if verdict:
            return number
        if verdict is None:
            raise Unsure("an element that is not known")
    raise Raised("ValueError", "not in list")


def _remove(machine: Calls, content: Value, args: Args) -> tuple[Value, Value]:
    items = _sequence(content)
    number = _find(_sequence(machine.deep(items)), machine.deep(_one(args)))
    return items._replace(items=items.items[:number] + items.items[number + 1 :]), _NONE


def _pop(_: Calls, content: Value, args: Args) -> tuple[Value, Value]:
    items = _sequence(content)
    index = operations.plain_scalar(_one(args)) if args.positional else -1
    if not isinstance(index, int):
        raise Raised("TypeError")
    number = operations.place(items, index)
    return items._replace(items=items.items[:number] + items.items[number + 1 :]), items.items[number]


def _clear(_: Calls, content: Value, __: Args) -> tuple[Value, Value]:
    empty = content._replace(entries={}, complete=True) if type(content) is Table else None
    return empty or _sequence(content)._replace(items=()), _NONE


def _reverse(_: Calls, content: Value, args: Args) -> tuple[Value, Value]:
    if args.values:
        raise Unsure("arguments that are not followed")
    items = _sequence(content)
    return items._replace(items=items.items[::-1]), _NONE


def _sort(_: Calls, content: Value, args: Args) -> tuple[Value, Value]:
    items = _sequence(content)
    return items._replace(items=ordered(items, args)), _NONE


def ordered(value: Value, args: Args) -> tuple[Value, ...]:
    """The elements of a value, sorted."""
    if not args.named.keys() <= {"reverse"}:
        raise Unsure("a sort by a key")
    found = tuple(operations.members(_sequence(value)).values()) if _is_set(value) else elements(value)
    keys = [(operations.plain_scalar(item), item) for item in found]
    turned = bool(operations.plain_scalar(args.named.get("reverse", Known(value=False))))
    numbers = operations.computed(sorted, range(len(keys)), key=lambda number: keys[number][0], reverse=turned)
    return tuple(keys[number][1] for number in numbers)


def _is_set(value: Value) -> bool:
    return type(value) is Items and value.kind in ("set", "frozenset")


def _mapping(value: Value) -> Table:
    assert type(value) is Table
    return value


def _update(machine: Calls, content: Value, args: Args) -> tuple[Value, Value]:
    table = _mapping(content)
    if len(args.positional) > 1:
        raise Unsure("arguments that are not followed")
    for value in args.positional:
        table = operations.merged(table, _as_table(machine, value))
    named = {name: (Known(name), value) for name, value in args.named.items()}
    return operations.merged(table, Table(named))._replace(where=table.where), _NONE


def _as_table(machine: Calls, value: Value) -> Table:
    cases = machine.contents(value)
    if len(cases) != 1 or type(cases[0]) not in (Table, Items):
        machine.lose(value, "given to an update")
        machine.doubt("*")
        return Table({}, complete=False)
    try:
        return table_of(machine, cases[0])
    except Unsure:
        machine.lose(value, "given to an update")
        machine.doubt("*")
        return Table({}, complete=False)


def table_of(machine: Calls, value: Value) -> Table:
    """`dict(value)`."""
    if type(value) is Table:
        return value
    entries: dict[Any, tuple[Value, Value]] = {}
    for pair in elements(value):
        cases = machine.contents(pair)
        parts = elements(cases[0]) if len(cases) == 1 else ()
        if len(parts) != 2:
            raise Unsure("a pair that is not known")
        name = operations.scalar_or_unsure(parts[0])
        entries[name] = (entries[name][0] if name in entries else parts[0], parts[1])
    return Table(entries)


def _setdefault(_: Calls, content: Value, args: Args) -> tuple[Value, Value]:
    table = _mapping(content)
    if not 1 <= len(args.positional) <= 2 or args.named:
        raise Unsure("arguments that are not followed")
    name = operations.scalar_or_unsure(args.positional[0])
    if name in table.entries:
        return table, table.entries[name][1]
    if not table.complete:
        raise Unsure("a key that may be there")
    value = args.positional[1] if len(args.positional) == 2 else _NONE
    return table._replace(entries={**table.entries, name: (args.positional[0], value)}), value


def _dict_pop(_: Calls, content: Value, args: Args) -> tuple[Value, Value]:
    table = _mapping(content)
    if not 1 <= len(args.positional) <= 2 or args.named:
        raise Unsure("arguments that are not followed")
    name = operations.scalar_or_unsure(args.positional[0])
    if name in table.entries:
        rest = {key: entry for key, entry in table.entries.items() if key != name}
        return table._replace(entries=rest), table.entries[name][1]
    if not table.complete:
        raise Unsure("a key that may be there")
    if len(args.positional) == 2:
        return table, args.positional[1]
    raise Raised("KeyError", repr(name)[:200])


def _add(_: Calls, content: Value, args: Args) -> tuple[Value, Value]:
    items = _sequence(content)
    found = operations.members(items._replace(items=(*items.items, _one(args))))
    return items._replace(items=tuple(found.values())), _NONE


def _set_update(machine: Calls, content: Value, args: Args) -> tuple[Value, Value]:
    items = _sequence(content)
    more: list[Value] = []
    for value in args.positional:
        cases = machine.contents(value)
        if len(cases) != 1:
            raise Unsure("elements that are not known")
        more.extend(operations.members(_sequence(cases[0])).values() if _is_set(cases[0]) else elements(cases[0]))
    found = operations.members(items._replace(items=(*items.items, *more)))
    return items._replace(items=tuple(found.values())), _NONE


def _discard(_: Calls, content: Value, args: Args) -> tuple[Value, Value]:
    items = _sequence(content)
    found = operations.members(items)
    found.pop(operations.scalar_or_unsure(_one(args)), None)
    return items._replace(items=tuple(found.values())), _NONE


_CHANGES: dict[str, dict[str, Callable[[Calls, Value, Args], tuple[Value, Value]]]] = {
    "list": {
        "append": _append,
        "extend": _extend,
        "insert": _insert,
        "remove": _remove,
        "pop": _pop,
        "clear": _clear,
        "reverse": _reverse,
        "sort": _sort,
    },
    "dict": {"update": _update, "setdefault": _setdefault, "pop": _dict_pop, "clear": _clear},
    "set": {"add": _add, "update": _set_update, "discard": _discard, "clear": _clear},
}

# --- What methods of containers read ----------------------------------------------------------------------------------


def _get(content: Value, args: Args) -> Value:
    table = _mapping(content)
    if not 1 <= len(args.positional) <= 2 or args.named:
        raise Unsure("arguments that are not followed")
    name = operations.scalar_or_unsure(args.positional[0])
    if name in table.entries:
        return table.entries[name][1]
    if not table.complete:
        raise Unsure("a key that may be there")
    return args.positional[1] if len(args.positional) == 2 else _NONE


def _keys(content: Value, _: Args) -> Value:
    return Items("iterator", elements(content))


def _values(content: Value, _: Args) -> Value:
    table = _mapping(content)
    elements(table)
    return Items("iterator", tuple(entry[1] for entry in table.entries.values()))


def _pairs(content: Value, _: Args) -> Value:
    table = _mapping(content)
    elements(table)
    return Items("iterator", tuple(Items("tuple", entry) for entry in table.entries.values()))


def _copy(content: Value, _: Args) -> Value:
    return content._replace(where=None) if type(content) in (Items, Table) else content


def _index(content: Value, args: Args) -> Value:
    return Known(_find(_sequence(content), _one(args)))


def _count(content: Value, args: Args) -> Value:
    verdicts = [None if type(item) is Rest else equal(item, _one(args)) for item in _sequence(content).items]
    if None in verdicts:
        raise Unsure("an element that is not known")
    return Known(sum(map(bool, verdicts)))


_READS: dict[str, dict[str, Callable[[Value, Args], Value]]] = {
    "list": {"index": _index, "count": _count, "copy": _copy},
    "tuple": {"index": _index, "count": _count},
    "dict": {"get": _get, "keys": _keys, "values": _values, "items": _pairs, "copy": _copy},
    "set": {"copy": _copy},
}
