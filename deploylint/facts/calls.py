"""Calls: functions of the app, and methods of its values."""

from __future__ import annotations

import ast

from deploylint.facts import texts
from deploylint.facts.containers import CHANGES, READS, Args
from deploylint.facts.expressions import Expressions, Function
from deploylint.facts.operations import Unsure
from deploylint.facts.values import (
    External,
    FilePath,
    Items,
    Known,
    Rest,
    Table,
    Thing,
    Value,
    join,
    options,
    unknown,
)
from deploylint.facts.worlds import Bail, Frame

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
        if kind in ("list", "dict", "set") and name in CHANGES[kind]:
            change = CHANGES[kind][name]
            result = self.update(receiver, lambda content: change(self, content, args))
            return self.fresh(result, node) if type(result) is Items else result
        if kind in READS and name in READS[kind]:
            read = READS[kind][name]
            return self.apply_to(node, lambda content: read(content, args), receiver)
        raise Unsure("a method that is not read")

    def _text_method(self, node: ast.expr, receiver: Value, name: str, args: Args) -> Value:
        names = list(args.named)

        def run(text: Value, *given: Value) -> Value:
            assert type(text) is Known
            positional = given[: len(args.positional)]
            named = dict(zip(names, given[len(args.positional) :], strict=True))
            return texts.text_method(text.value, name, positional, named)

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
