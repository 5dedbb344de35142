"""Imports: which module of the app a name means, and what running it binds."""

from __future__ import annotations

import ast
import sys
from typing import TYPE_CHECKING

from deploylint.facts.classes import Classes
from deploylint.facts.machine import MISSING
from deploylint.facts.modulesearch import Found, Missing, find_module, is_folder
from deploylint.facts.operations import Raised, Unsure, elements
from deploylint.facts.values import (
    HERE_ROOT,
    Binding,
    External,
    Known,
    Thing,
    Unknown,
    Value,
    unknown,
)
from deploylint.facts.worlds import Bail, Frame
from deploylint.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from deploylint.facts.python import Module
    from deploylint.facts.values import Where
    from deploylint.text import Span

_IMPORTS_DEEP = 30

# Loaded before anything of the app, so that a file of the app with such a name is not seen.
_EARLY = frozenset({*sys.builtin_module_names, "os", "posixpath", "codecs", "io", "abc", "site", "stat", "encodings"})


class Import(NamedTuple):
    """An import that the program makes when it is read: `certain` that it does, `guarded` by a `try` that goes on
    where it fails, `found` the path in the app; None for a module that is not the app's, and `missing` for one that
    would have to be.
    """

    module: str
    span: Span
    certain: bool
    guarded: bool
    found: str | None
    missing: bool = False


class Modules(Classes):
    """What imports bind."""

    importing = 0
    imports: list[Import]
    sources: dict[str, Module]
    read_module: Callable[[str], Module]

    def import_names(self, node: ast.Import) -> None:
        """`import a.b, c as d`."""
        for alias in node.names:
            value = self.load(alias.name, alias)
            if alias.asname:
                self.bind(alias.asname, value, self.where(alias))
            else:
                top = alias.name.partition(".")[0]
                self.bind(top, self.module_value(top, alias), self.where(alias))

    def module_value(self, name: str, node: ast.alias) -> Value:
        """A module that has been loaded, as a value."""
        if name in self.loaded:
            return Thing("module", name, None, self.where(node))
        return External(name, self.where(node))

    def import_from(self, node: ast.ImportFrom) -> None:
        """`from a import b` and `from .a import *`."""
        name = self.absolute_name(node)
        alias = node.names[0]
        module = self.load(name, alias, node) if name is not None else Unknown("a relative import", self.where(node))
        if name is None:
            self.doubt("*")
        if alias.name == "*":
            self._star(module, node)
            return
        for alias in node.names:
            bound = alias.asname or alias.name
            if type(module) is Thing:
                self._bind_member(module.name, alias, bound)
            elif type(module) is External:
                member = self.attribute(module, alias.name, _expression(alias))
                found = member._replace(where=self.where(alias)) if type(member) is External else member
                self.bind(bound, found, self.where(alias))
            else:
                self.doubt("*")
                self.bind(bound, unknown("imported from something that is not known", self.where(alias)), None)

    def absolute_name(self, node: ast.ImportFrom) -> str | None:
        """The full name of the module that is imported from."""
        if not node.level:
            return node.module or None
        parts = self.frame.package.split(".") if self.frame.package else []
        if node.level - 1 >= len(parts):
            return None
        parts = parts[: len(parts) - (node.level - 1)]
        return ".".join([*parts, *([node.module] if node.module else [])])

    def _bind_member(self, module: str, alias: ast.alias, bound: str) -> None:
        binding = self.scopes[module].get(alias.name)
        where = self.where(alias)
        if binding is not None and binding.certain:
            self.bind(bound, binding.value, binding.where, (self.frame.module.path, *binding.chain))
            return
        submodule = f"{module}.{alias.name}"
        unsure = binding is not None or self.is_open(module) or "__getattr__" in self.scopes[module]
        if submodule in self.loaded or (not unsure and type(self.find(submodule)) is Found):
            value = self.load(submodule, alias)
            self.bind(bound, value, where)
        elif unsure:
            self.doubt("*")
            values = (binding.value,) if binding else ()
            self.bind(bound, unknown("a name that may not be bound", where, *values), where)
        elif self.sources_known(module):
            raise Raised("ImportError", f"cannot import name {alias.name!r} from {module!r}")
        else:
            self.doubt("*")
            self.bind(bound, unknown("a name that is not known", where), where)

    def sources_known(self, module: str) -> bool:
        """Whether all that a module holds is seen: not that of a folder without `__init__.py`."""
        return self.loaded.get(module) in ("done", "running") and not self.flags.get(("folder", module), False)

    def _star(self, module: Value, node: ast.ImportFrom) -> None:
        where = self.where(node)
        scope = self.frame.scopes[0]
        if type(module) is not Thing:
            name = module.name if type(module) is External else "something that is not known"
            self.doubt("*")
            self.lose_scope(scope, f"all names of {name} are imported")
            return
        names = self._public(module.name)
        if names is None:
            self.doubt("*")
            self.lose_scope(scope, f"all names of {module.name} are imported")
            return
        for name in names:
            self._take(module.name, name, scope)
        if self.is_open(module.name):
            self._take_unseen(module.name, scope, where)

    def _take(self, module: str, name: str, scope: str) -> None:
        """One name of a star."""
        binding = self.scopes[module].get(name)
        if binding is None:
            if self.is_open(module):
                self.lose_scope(scope, f"all names of {module} are imported")
            elif type(self.find(f"{module}.{name}")) is not Found:
                raise Raised("AttributeError", f"module {module!r} has no attribute {name!r}")
            else:
                self.lose_scope(scope, "a module is imported by a star")
            return
        chain = (self.frame.module.path, *binding.chain)
        old = self.scopes[scope].get(name)
        value, certain = binding.value, binding.certain
        if not certain and old is not None:
            value, certain = self.meet_values([old.value, value], binding.where), old.certain
        self.put(self.scopes[scope], name, Binding(value, certain, binding.where, chain))

    def _take_unseen(self, module: str, scope: str, where: Where) -> None:
        """A star of a module that may bind names which are not seen."""
        source = self.scopes[module]
        self.put(self.flags, ("open", scope), value=True)
        if "__all__" in source:
            return
        known = {name for name, binding in source.items() if binding.certain}
        for name, binding in list(self.scopes[scope].items()):
            if name not in known and not name.startswith("_"):
                value = unknown("may be bound anew", where, binding.value)
                self.put(self.scopes[scope], name, binding._replace(value=value))

    def _public(self, module: str) -> list[str] | None:
        """The names that a star takes."""
        source = self.scopes[module]
        listed = source.get("__all__")
        if listed is None:
            return [name for name in source if not name.startswith("_")]
        cases = self.contents(listed.value)
        if len(cases) != 1 or not listed.certain:
            return None
        try:
            names = elements(cases[0])
        except Unsure:
            return None
        found = [name.value for name in names if type(name) is Known and isinstance(name.value, str)]
        return found if len(found) == len(names) else None

    # --- Loading ---

    def find(self, name: str) -> Found | Missing | None:
        """Where a module of the app lies."""
        return find_module(self.tree, name, self.world.search)

    def load(self, name: str, node: ast.alias, statement: ast.ImportFrom | None = None) -> Value:
        """Import a module and the packages above it."""
        top = name.partition(".")[0]
        if top in _EARLY or (top in sys.stdlib_module_names and type(self.find(top)) is not Found):
            if top not in sys.stdlib_module_names and top not in sys.builtin_module_names:
                self.doubt("*")
            return External(name, self.where(node))
        if top in sys.stdlib_module_names:
            self.doubt("*")
            return Unknown("a module that has the name of one of Python's own", self.where(node))
        found = self.find(name)
        self._note(name, node, statement, found)
        if isinstance(found, Missing):
            for parent in _parents(found.name):
                self._run(parent)
            if self.world.generated or any(self.flags.get(("path", parent)) for parent in _parents(found.name)):
                self.doubt("*")
                return Unknown("a module that may be made before", self.where(node))
            raise Raised("ModuleNotFoundError", found.name)
        if found is None:
            self.doubt("*")
            if self._is_folder(top):
                return Unknown("a module that is not known", self.where(node))
            return External(name, self.where(node))
        for parent in (*_parents(name), name):
            self._run(parent)
        return Thing("module", name, None, self.where(node))

    def _is_folder(self, top: str) -> bool:
        return any(is_folder(self.tree, f"{folder}/{top}".strip("/")) for folder in self.world.search)

    def _note(
        self, name: str, node: ast.alias, statement: ast.ImportFrom | None, found: Found | Missing | None
    ) -> None:
        span = self.frame.module.span(statement or node)
        path = found.path if isinstance(found, Found) else None
        guarded = any(self.tries)
        certain = self.uncertain == 0
        self.imports.append(Import(name, span, certain, guarded, path, isinstance(found, Missing)))

    def _run(self, name: str) -> None:
        """Run a module, unless it has been run."""
        status = self.loaded.get(name)
        if status in ("done", "running"):
            return
        if status == "maybe":
            self.fork(lambda: self._forget(name), lambda: None)
            self.put(self.loaded, name, "done")
            return
        found = self.find(name)
        scope = self.scopes.setdefault(name, {})
        self.put(self.loaded, name, "running")
        if not isinstance(found, Found) or not found.path:
            self.put(self.flags, ("folder", name), value=True)
            self.put(self.flags, ("open", name), value=True)
        elif self.importing >= _IMPORTS_DEEP:
            self.put(self.flags, ("open", name), value=True)
            self.doubt("*")
        else:
            self._execute(name, found, scope)
        self.put(self.loaded, name, "done")
        parent, _, last = name.rpartition(".")
        if parent in self.loaded:
            value = Thing("module", name, None, None)
            self.put(self.scopes[parent], last, Binding(value, certain=True, where=None))

    def _forget(self, name: str) -> None:
        for key in list(self.scopes[name]):
            self.put(self.scopes[name], key, MISSING)
        self.put(self.loaded, name, MISSING)
        self._run(name)

    def _execute(self, name: str, found: Found, scope: dict[str, Binding]) -> None:
        module = self.sources.get(found.path)
        if module is None:
            module = self.sources[found.path] = self.read_module(found.path)
        if module.tree is None:
            self.unreadable(module)
            self.put(self.flags, ("open", name), value=True)
            return
        package = name if found.package else name.rpartition(".")[0]
        entry = self.tree.follow(found.path)
        linked = entry is None or entry.path != found.path
        root = self.world.root or HERE_ROOT
        file = Unknown("a link") if linked else Known(f"{root}/{found.path}")
        given = {"__name__": Known(name), "__package__": Known(package), "__file__": file, "__builtins__": _HIDDEN}
        given |= {
            "__spec__": _HIDDEN,
            "__loader__": _HIDDEN,
            "__doc__": Known(ast.get_docstring(module.tree, clean=False)),
        }
        if found.package:
            given["__path__"] = _HIDDEN
        for key, value in given.items():
            self.put(scope, key, Binding(value, certain=True, where=None))
        outer, calling, nesting = self.frame, self.calling, self.nesting
        self.frame = Frame(module, name, (name,), package)
        self.importing += 1
        self.calling = self.nesting = 0
        try:
            self.block(module.tree.body)
        except Bail:
            self.lose_scope(name, "a statement that is not followed")
        except Raised:
            self.put(self.loaded, name, MISSING)
            raise
        finally:
            self.frame = outer
            self.importing -= 1
            self.calling, self.nesting = calling, nesting
        if "__path__" in scope and scope["__path__"].value is not _HIDDEN:
            self.put(self.flags, ("path", name), value=True)

    def unreadable(self, module: Module) -> None:
        """A source that cannot be parsed."""
        raise NotImplementedError

    def module_attribute(self, thing: Thing, name: str, node: ast.expr) -> Value:
        """`module.name` for a module of the app."""
        scope = self.scopes.get(thing.name, {})
        binding = scope.get(name)
        if binding is not None and binding.certain:
            return binding.value
        if binding is not None or self.is_open(thing.name) or "__getattr__" in scope:
            self.doubt("*")
            return unknown("an attribute that may not be bound", self.where(node), binding.value if binding else None)
        raise Raised("AttributeError", name)


_HIDDEN = Unknown("a name of Python's own")


def _parents(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[:number]) for number in range(1, len(parts))]


def _expression(alias: ast.alias) -> ast.expr:
    """An expression that stands where an imported name does."""
    place = {"lineno": alias.lineno, "col_offset": alias.col_offset}
    return ast.Name(alias.name, ast.Load(), **place, end_lineno=alias.end_lineno, end_col_offset=alias.end_col_offset)
