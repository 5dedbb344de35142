"""Partial evaluation of the Python modules of an app, which are read and never run.

`evaluate` follows a module as Python would import it, with the modules of the app that it imports, and says of each
name what it is bound to, as far as that is certain whatever is not known: the environment, libraries, what the machine
holds. Work and sizes are bounded; beyond the bounds everything is Unknown.
"""

from __future__ import annotations

import ast
from functools import partial
from typing import TYPE_CHECKING

from deploylint.facts import comparisons, environ, operations, pathcalls, readers
from deploylint.facts.library import LIBRARY
from deploylint.facts.machine import STEPS
from deploylint.facts.modules import Modules
from deploylint.facts.modulesearch import Found
from deploylint.facts.namespace import Failure, Namespace, SyntaxFault, syntax_fault
from deploylint.facts.operations import Raised, Unsure
from deploylint.facts.python import read_module
from deploylint.facts.readers import READERS
from deploylint.facts.values import (
    Alternatives,
    Binding,
    External,
    FilePath,
    Items,
    Known,
    Table,
    Thing,
    Unknown,
    Value,
    options,
    unknown,
)
from deploylint.facts.worlds import Bail, Exhausted, Frame, World

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from deploylint.facts.containers import Args
    from deploylint.facts.python import Module
    from deploylint.tree import Tree

_LEAVES = frozenset({"sys.exit", "builtins.exit", "builtins.quit", "os._exit"})


class Evaluator(Modules):
    """The evaluator as a whole."""

    def __init__(self, tree: Tree, world: World, read: Callable[[str], Module] | None = None) -> None:
        super().__init__(tree, world)
        self.read_module = read or partial(read_module, tree)
        self.imports = []
        self.escaped = []
        self.sources = {}
        self.faults: list[SyntaxFault] = []
        self.failure: Failure | None = None

    def run(self, path: str, name: str) -> Namespace:
        """Import the module at `path` under the name `name`."""
        finished = True
        try:
            for parent in [name[:end] for end, letter in enumerate(name) if letter == "."]:
                if isinstance(self.find(parent), Found):
                    self._run(parent)
            if name not in self.loaded:
                scope = self.scopes.setdefault(name, {})
                self.put(self.loaded, name, "running")
                self._execute(name, Found(path, path.endswith("/__init__.py")), scope)
                self.put(self.loaded, name, "done")
        except Raised as stop:
            self.failure = Failure(stop.kind, stop.detail, stop.where.span if stop.where else None)
        except (Exhausted, Bail, RecursionError):
            finished = False
        steps = STEPS - self.steps
        names = self._results(self.scopes.get(name, {})) if finished else {}
        self.steps = STEPS - steps
        complete = finished and not self.is_open(name)
        return self._namespace(path, name, names, complete=complete, finished=finished)

    def _namespace(
        self, path: str, name: str, names: dict[str, Binding], *, complete: bool, finished: bool
    ) -> Namespace:
        return Namespace(
            path,
            name,
            names,
            complete,
            tuple(self.reads),
            tuple(self.imports),
            tuple(self.faults),
            self.failure,
            STEPS - self.steps,
            finished,
            self,
        )

    def _results(self, scope: Mapping[str, Binding]) -> dict[str, Binding]:
        self.steps = STEPS
        found = {}
        for name, binding in scope.items():
            try:
                value = self.deep(binding.value)
            except Exhausted:
                value = Unknown("too much work")
            if not (name.startswith("__") and name.endswith("__")):
                found[name] = binding._replace(value=value)
        return found

    def of_class(self, module: Namespace, name: str) -> Namespace:
        """The settings of a class of the module."""
        binding = module.names.get(name)
        value = binding.value if binding else None
        if type(value) is not Thing or value.what != "class" or value.data.kind != "configuration":
            return self._namespace(module.path, name, {}, complete=False, finished=False)
        assert binding is not None
        node = ast.Name(name, ast.Load(), lineno=value.data.node.lineno, col_offset=value.data.node.col_offset)
        assert value.where is not None
        self.frame = Frame(value.where.module, module.name, (module.name,))
        names: dict[str, Binding] = {}
        for attribute, item in self.configuration(value, node):
            where = item.where if item.where is not None else value.where
            names[attribute] = Binding(self.deep(item), certain=True, where=where, chain=(module.path,))
        # Every setting that is not written has the value that Django gives it; nothing else is bound.
        return self._namespace(module.path, name, names, complete=True, finished=True)

    # --- Things that are not the app's ---

    def attribute(self, value: Value, name: str, node: ast.expr) -> Value:
        """`value.name`."""
        if type(value) is Known and isinstance(value.value, FilePath):
            return pathcalls.path_attribute(self, value.value, name, node)
        if type(value) is External and value.name == "sys.version_info" and self.world.python:
            place = {"major": 0, "minor": 1, "micro": 2}.get(name, 9)
            if place < len(self.world.python):
                return Known(self.world.python[place], self.where(node))
        return super().attribute(value, name, node)

    def thing_attribute(self, thing: Thing, name: str, node: ast.expr) -> Value:
        """The attribute of a module, class or configuration object of the app."""
        if thing.what == "module":
            return self.module_attribute(thing, name, node)
        if thing.what == "class":
            value = self.class_attribute(thing, name)
            if value is not None:
                return value
            if self.inherits_outside(thing) or name.startswith("__"):
                raise Unsure("an attribute from outside of the app")
            raise Raised("AttributeError", name)
        if thing.what in ("reader", "namespace"):
            return Thing("method", name, thing, self.where(node))
        if thing.what == "instance" and not self.flags.get(("lost", id(thing.data))):
            found = thing.data.get(name) if isinstance(thing.data, dict) else self.class_attribute(thing.data, name)
            if found is not None:
                return found
        raise Unsure("an attribute that is not known")

    def set_attribute(self, owner: Value, name: str, value: Value, target: ast.expr) -> None:
        """`owner.name = value`."""
        for option in options(owner):
            if type(option) is Thing and option.what in ("module", "class"):
                scope = self.scopes[option.name if option.what == "module" else option.data.scope]
                single = type(owner) is not Alternatives
                old = scope.get(name)
                kept = value if single or old is None else self.meet_values([old.value, value], None)
                certain = single or (old is not None and old.certain)
                path = self.frame.module.path
                self.put(scope, name, Binding(kept, certain, self.where(target), (path,)))
            else:
                self.lose(option, "an attribute is written")
                self.lose(value, "stored in something that is not known")

    def lose_thing(self, thing: Thing, reason: str) -> None:
        """Something unknown may call or change this."""
        if thing.what in ("reader", "instance"):
            self.put(self.flags, ("lost", id(thing.data)), value=True)
            if thing.what == "instance" and isinstance(thing.data, Thing):
                self.lose(thing.data, reason)
            return
        super().lose_thing(thing, reason)

    def special_compare(self, node: ast.expr, kind: type[ast.cmpop], left: Value, right: Value) -> Value | None:
        """Comparisons with the environment, the version, the command line and the names of a module."""
        if kind in (ast.In, ast.NotIn):
            found = self._among(node, left, right)
            if found is None or type(found) is Unknown:
                return found
            verdict = self.truth_of(found)
            return Known(verdict is (kind is ast.In), self.where(node))
        if type(left) is External and left.name == "sys.version_info" and self.world.python:
            wanted = self.deep(right)
            known = self.world.python
            if type(wanted) is Items and wanted.complete:
                if len(wanted.items) < len(known) or (len(wanted.items) == len(known) and len(known) > 3):
                    version = Items("tuple", tuple(Known(part) for part in known))
                    return self.apply_to(node, lambda a, b: Known(comparisons.compare(kind, a, b)), version, wanted)
                shorter = wanted._replace(items=wanted.items[: len(known)])
                version = Items("tuple", tuple(Known(part) for part in known))
                if kind in (ast.Lt, ast.GtE, ast.Gt, ast.LtE) and comparisons.compare(ast.NotEq, version, shorter):
                    return self.apply_to(node, lambda a, b: Known(comparisons.compare(kind, a, b)), version, shorter)
                if kind in (ast.Lt, ast.GtE) and len(wanted.items) == len(known):
                    return Known(kind is ast.GtE, self.where(node))
        return None

    def _among(self, node: ast.expr, left: Value, right: Value) -> Value | None:
        if type(right) is External and right.name == "os.environ":
            return environ.is_set(self, node, left)
        if type(right) is External and right.name == "sys.argv":
            argv = self._argv()
            if argv is None:
                return Unknown("the command line", self.where(node))
            return self.apply_to(node, lambda one: Known(comparisons.compare(ast.In, one, argv)), left)
        if type(right) is Thing and right.what == "namespace":
            if type(left) is not Known or not isinstance(left.value, str):
                return Unknown("a name that is not known", self.where(node))
            binding = self.scopes[right.name].get(left.value)
            if binding is not None and binding.certain:
                return Known(value=True)
            if binding is not None or self.is_open(right.name):
                return Unknown("a name that may not be bound", self.where(node))
            return Known(value=False)
        return None

    def _argv(self) -> Items | None:
        if self.world.argv is None:
            return None
        return Items("list", tuple(Known(word) for word in self.world.argv))

    def special_item(self, node: ast.expr, value: Value, key: Value) -> Value | None:
        """Subscripts of the environment, the version, the command line, the loaded modules and a module's names."""
        if type(value) is External:
            if value.name == "os.environ":
                return environ.get_item(self, node, key)
            if value.name == "sys.argv" and self.world.argv is not None:
                return self.apply_to(node, comparisons.subscript, self._argv() or Items("list", ()), key)
            if value.name == "sys.version_info" and type(key) is Known and isinstance(key.value, int):
                python = self.world.python or ()
                return Known(python[key.value], self.where(node)) if 0 <= key.value < len(python) else None
            if value.name == "sys.modules" and type(key) is Known and key.value in self.loaded:
                return Thing("module", key.value, None, self.where(node))
            if value.name == "sys.modules" and type(key) is not Known:
                self.lose_scope(self.frame.scopes[-1], "a module is looked up")
        if type(value) is Thing and value.what == "namespace":
            binding = self.scopes[value.name].get(key.value) if type(key) is Known else None
            if binding is not None and binding.certain:
                return binding.value
            raise Unsure("a name that may not be bound")
        return None

    def special_store(self, container: Value, key: Value, value: Value, target: ast.Subscript) -> bool:
        """Write to the environment or to the names of a module."""
        if type(container) is External and container.name == "os.environ":
            environ.set_item(self, key, value)
            return True
        if type(container) is External and container.name == "sys.modules":
            for scope in list(self.scopes):
                self.lose_scope(scope, "a module is replaced")
            return True
        if type(container) is not Thing or container.what != "namespace":
            return False
        self.write_name(container.name, key, value, target)
        return True

    def write_name(self, scope: str, key: Value, value: Value, node: ast.expr) -> None:
        """Bind a name through `globals()`."""
        if type(key) is Known and isinstance(key.value, str):
            path = self.frame.module.path
            self.put(self.scopes[scope], key.value, Binding(value, certain=True, where=self.where(node), chain=(path,)))
        else:
            self.lose_scope(scope, "a name that is not known is bound")
            self.lose(value, "bound to a name that is not known")

    # --- Calls ---

    def call_external(self, node: ast.expr, function: External, args: Args) -> Value:
        """Call a thing that is not the app's."""
        name = function.name
        handler = LIBRARY.get(name) or READERS.get(name)
        if handler is not None:
            return handler(self, node, args)
        if name.startswith("configurations.values."):
            return readers.setting(self, node, name.rpartition(".")[2], args)
        if name in _LEAVES:
            raise Raised("SystemExit")
        if name == "builtins.setattr" and len(args.positional) == 3 and type(args.positional[1]) is Known:
            owner, attribute, value = args.positional
            self.set_attribute(owner, operations.text_of(attribute), value, node)
            return Known(None)
        if "env" in name.rpartition(".")[2].lower() and not name.startswith(("builtins.", "os.")):
            self.put(self.flags, "dotenv", value=True)  # it may well load a file of variables
        if name.startswith("os.environ."):
            self._other_environ(name.rpartition(".")[2])
        raise Unsure(f"a call of {name}")

    def _other_environ(self, method: str) -> None:
        if method not in ("items", "keys", "values", "copy", "__contains__", "__getitem__"):
            self.put(self.flags, "environ", value=True)

    def call_thing(self, node: ast.expr, thing: Thing, args: Args) -> Value:
        """Call a class or a configuration object of the app."""
        if thing.what == "class":
            return self.call_class(node, thing, args)
        if thing.what == "reader":
            return readers.call_reader(self, node, thing, "", args)
        raise Unsure("a call that is not followed")

    def method(self, node: ast.expr, receiver: Value, name: str, args: Args) -> Value:
        """`receiver.name(…)`."""
        if type(receiver) is Thing and receiver.what == "reader":
            return readers.call_reader(self, node, receiver, name, args)
        if type(receiver) is Thing and receiver.what == "namespace" and args.complete:
            return self._namespace_method(node, receiver, name, args)
        return super().method(node, receiver, name, args)

    def _namespace_method(self, node: ast.expr, receiver: Thing, name: str, args: Args) -> Value:
        if name == "get" and args.positional and type(args.positional[0]) is Known:
            binding = self.scopes[receiver.name].get(args.positional[0].value)
            if binding is not None and binding.certain:
                return binding.value
            if binding is None and not self.is_open(receiver.name):
                return args.positional[1] if len(args.positional) > 1 else Known(None)
            return unknown("a name that may not be bound", self.where(node))
        if name == "update" and len(args.positional) <= 1:
            tables = [self.contents(value) for value in args.positional]
            if all(len(cases) == 1 and type(cases[0]) is Table and cases[0].complete for cases in tables):
                for cases in tables:
                    assert type(cases[0]) is Table
                    for key, value in cases[0].entries.values():
                        self.write_name(receiver.name, key, value, node)
                for word, value in args.named.items():
                    self.write_name(receiver.name, Known(word), value, node)
                return Known(None)
        raise Unsure("names that are not known")

    def path_method(self, node: ast.expr, receiver: Value, name: str, args: Args) -> Value:
        """A method of a path."""
        if args.named and name not in ("mkdir", "resolve"):
            raise Unsure("arguments that are not followed")

        def run(path: Value, *given: Value) -> Value:
            assert type(path) is Known
            return pathcalls.path_call(self, node, path.value, name, given)

        return self.apply_to(node, run, receiver, *args.positional)

    # --- What is noted on the way ---

    def note_raise(self, stop: Raised, node: ast.stmt) -> None:
        """Remember where an exception began."""
        if stop.where is None:
            stop.where = self.where(node)

    def unreadable(self, module: Module) -> None:
        """A source that cannot be parsed."""
        fault = syntax_fault(self.tree, module, self.world.python)
        if fault is None:
            self.doubt("*")
            return
        self.faults.append(fault)
        if not fault.certain:
            self.doubt("SyntaxError")
            return
        raise Raised("SyntaxError", fault.message)


def evaluate(
    tree: Tree,
    path: str,
    world: World | None = None,
    name: str | None = None,
    read: Callable[[str], Module] | None = None,
) -> Namespace:
    """The names of the module at `path`, imported as `name`: by default the one that it has from the first folder of
    the search path that it lies in. `read` reads a source, where somebody else keeps them.
    """
    world = world or World()
    return Evaluator(tree, world, read).run(path, name or module_name(path, world.search))


def module_name(path: str, search: tuple[str, ...] = ("",)) -> str:
    """The name by which a source is imported."""
    for folder in search:
        prefix = f"{folder.strip('/')}/" if folder.strip("/") else ""
        if path.startswith(prefix):
            return path[len(prefix) :].removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
