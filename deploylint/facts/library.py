"""What functions of Python's own library give."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploylint.facts import operations
from deploylint.facts.containers import Args, ordered, table_of
from deploylint.facts.operations import MOST, Raised, Unsure, computed, elements, lift, plain_scalar, text_of, truth
from deploylint.facts.pathcalls import PATHS, pure
from deploylint.facts.values import (
    Items,
    Known,
    Table,
    Thing,
    Unknown,
    Value,
    options,
)

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable

    from deploylint.facts.calls import Calls


# --- Built-in functions -----------------------------------------------------------------------------------------------


def _length(value: Value) -> Value:
    if type(value) is Items and value.complete:
        return Known(len(value.items))
    if type(value) is Table and value.complete:
        return Known(len(value.entries))
    return lift(computed(len, plain_scalar(value)))


def _string(value: Value | None = None) -> Value:
    return Known("" if value is None else text_of(value))


def _number(kind: type[int | float]) -> Callable[..., Value]:
    def run(value: Value | None = None) -> Value:
        given = kind() if value is None else plain_scalar(value)
        if isinstance(given, (str, bytes)) and len(given) > 1000:
            raise Unsure("too long")
        return lift(computed(kind, given))

    return run


def _boolean(value: Value | None = None) -> Value:
    verdict = False if value is None else truth(value)
    if verdict is None:
        raise Unsure("may be true or false")
    return Known(verdict)


def _sequence(kind: str) -> Callable[..., Value]:
    def run(value: Value | None = None) -> Value:
        if value is None:
            return Items(kind, ())
        if type(value) is Items and value.kind in ("list", "tuple", "iterator", "range"):
            return Items(kind, value.items)
        return Items(kind, elements(value))

    return run


def _set(value: Value | None = None) -> Value:
    if value is None:
        return Items("set", ())
    if type(value) is Items:
        return Items("set", tuple(operations.members(value).values()))
    return Items("set", tuple(operations.members(Items("set", elements(value))).values()))


def _range(*bounds: Value) -> Value:
    found = computed(range, *(plain_scalar(bound) for bound in bounds))
    if found and (abs(found.start) > 2**40 or abs(found.stop) > 2**40):
        raise Unsure("too many elements")
    if len(found) > MOST:
        raise Unsure("too many elements")
    return Items("range", tuple(Known(number) for number in found))


def _enumerate(value: Value, start: Value | None = None) -> Value:
    first = 0 if start is None else plain_scalar(start)
    if not isinstance(first, int) or first.bit_length() > 64:
        raise Unsure("a start that is not followed")
    pairs = enumerate(elements(value), first)
    return Items("iterator", tuple(Items("tuple", (Known(number), item)) for number, item in pairs))


def _zip(*values: Value) -> Value:
    rows = zip(*(elements(value) for value in values), strict=False)
    return Items("iterator", tuple(Items("tuple", tuple(row)) for row in rows))


def _reversed(value: Value) -> Value:
    if type(value) is Items and value.kind in ("set", "iterator"):
        raise Raised("TypeError", "not reversible")
    return Items("iterator", elements(value)[::-1])


def _any(value: Value) -> Value:
    verdicts = [truth(item) for item in elements(value)]
    if True not in verdicts and None in verdicts:
        raise Unsure("may be true or false")
    return Known(True in verdicts)


def _all(value: Value) -> Value:
    verdicts = [truth(item) for item in elements(value)]
    if False not in verdicts and None in verdicts:
        raise Unsure("may be true or false")
    return Known(False not in verdicts)


def _extreme(function: Callable[..., object]) -> Callable[..., Value]:
    def run(*values: Value) -> Value:
        found = elements(values[0]) if len(values) == 1 else values
        return lift(computed(function, [plain_scalar(item) for item in found]))

    return run


def _sum(value: Value) -> Value:
    numbers = [plain_scalar(item) for item in elements(value)]
    if any(isinstance(number, int) and number.bit_length() > 4096 for number in numbers):
        raise Unsure("a number that is too large")
    return lift(computed(sum, numbers))


def _plain(function: Callable[..., object]) -> Callable[..., Value]:
    return lambda *values: lift(computed(function, *(plain_scalar(value) for value in values)))


def _sorted(machine: Calls, node: ast.expr, args: Args) -> Value:
    if not args.complete or len(args.positional) != 1:
        raise Unsure("arguments that are not followed")
    return machine.apply_to(node, lambda value: Items("list", ordered(value, args)), args.positional[0])


def _dict(machine: Calls, node: ast.expr, args: Args) -> Value:
    if not args.complete or len(args.positional) > 1:
        raise Unsure("arguments that are not followed")
    named = Table({name: (Known(name), value) for name, value in args.named.items()})
    if not args.positional:
        return machine.fresh(named, node)
    return machine.apply_to(
        node, lambda value: operations.merged(table_of(machine, value), named)._replace(where=None), args.positional[0]
    )


def _map(machine: Calls, node: ast.expr, args: Args) -> Value:
    if not args.complete or args.named or len(args.positional) != 2:
        raise Unsure("arguments that are not followed")
    function, given = args.positional
    cases = machine.contents(given)
    if len(cases) != 1 or len(options(function)) != 1:
        raise Unsure("one of several values")
    parts = elements(cases[0])
    return Items("iterator", tuple(machine.call_value(node, function, Args((part,), {})) for part in parts[:1000]))


def _print(_: Calls, __: ast.expr, ___: Args) -> Value:
    return Known(None)


def _getattr(machine: Calls, node: ast.expr, args: Args) -> Value:
    if not args.complete or args.named or len(args.positional) != 2 or type(args.positional[1]) is not Known:
        raise Unsure("an attribute that is not known")
    return machine.attribute(args.positional[0], text_of(args.positional[1]), node)


def _namespace(machine: Calls, node: ast.expr, args: Args) -> Value:
    """`globals()`, and `locals()` or `vars()` of a module or class."""
    if args.values:
        raise Unsure("the names of something else")
    return Thing("namespace", machine.frame.scopes[0], None, machine.where(node))


def _globals(machine: Calls, node: ast.expr, _: Args) -> Value:
    return Thing("namespace", machine.frame.scopes[-1], None, machine.where(node))


def _execute(machine: Calls, _: ast.expr, __: Args) -> Value:
    for scope in {machine.frame.scopes[0], machine.frame.scopes[-1]}:
        machine.lose_scope(scope, "exec may bind names")
    raise Unsure("code that is not read")


def _string_method(name: str) -> Callable[[Calls, ast.expr, Args], Value]:
    def run(machine: Calls, node: ast.expr, args: Args) -> Value:
        if not args.positional:
            raise Unsure("arguments that are not followed")
        cases = machine.contents(args.positional[0])
        if not all(type(case) is Known and isinstance(case.value, str) for case in cases):
            raise Unsure("not a text for certain")
        return machine.method(node, args.positional[0], name, Args(args.positional[1:], args.named, args.complete))

    return run


def _shallow(value: Value) -> Value:
    if type(value) not in (Known, Items, Table):
        raise Unsure("not a plain value")
    return value


def _copy(machine: Calls, node: ast.expr, args: Args) -> Value:
    if len(args.positional) != 1 or args.named:
        raise Unsure("arguments that are not followed")
    return _copied(machine, args.positional[0], node, 0)


def _copied(machine: Calls, value: Value, node: ast.expr, depth: int) -> Value:
    machine.spend()
    if depth > 20:
        raise Unsure("nested too deeply")
    cases = machine.contents(value)
    if len(cases) != 1 or type(cases[0]) is Unknown:
        raise Unsure("one of several values")
    content = cases[0]
    if type(content) is Items:
        items = tuple(_copied(machine, item, node, depth + 1) for item in content.items)
        return machine.fresh(content._replace(items=items), node)
    if type(content) is Table:
        entries = {
            key: (entry[0], _copied(machine, entry[1], node, depth + 1)) for key, entry in content.entries.items()
        }
        return machine.fresh(content._replace(entries=entries), node)
    return content


LIBRARY: dict[str, Callable[[Calls, ast.expr, Args], Value]] = {
    **PATHS,
    "builtins.len": pure(_length, 1),
    "builtins.str": pure(_string, 1),
    "builtins.int": pure(_number(int), 1),
    "builtins.float": pure(_number(float), 1),
    "builtins.bool": pure(_boolean, 1),
    "builtins.list": pure(_sequence("list"), 1),
    "builtins.tuple": pure(_sequence("tuple"), 1),
    "builtins.set": pure(_set, 1),
    "builtins.range": pure(_range, 3),
    "builtins.enumerate": pure(_enumerate, 2),
    "builtins.zip": pure(_zip),
    "builtins.reversed": pure(_reversed, 1),
    "builtins.any": pure(_any, 1),
    "builtins.all": pure(_all, 1),
    "builtins.min": pure(_extreme(min)),
    "builtins.max": pure(_extreme(max)),
    "builtins.sum": pure(_sum, 1),
    "builtins.abs": pure(_plain(abs), 1),
    "builtins.round": pure(_plain(round), 2),
    "builtins.ord": pure(_plain(ord), 1),
    "builtins.chr": pure(_plain(chr), 1),
    "builtins.sorted": _sorted,
    "builtins.dict": _dict,
    "builtins.map": _map,
    "builtins.print": _print,
    "builtins.getattr": _getattr,
    "builtins.globals": _globals,
    "builtins.locals": _namespace,
    "builtins.vars": _namespace,
    "builtins.exec": _execute,
    "builtins.eval": _execute,
    "copy.copy": pure(_shallow, 1),
    "copy.deepcopy": _copy,
    "platform.system": lambda machine, node, _: Known("Linux", machine.where(node)),
    **{f"builtins.str.{name}": _string_method(name) for name in ("strip", "lower", "upper", "title", "rstrip")},
}
