"""What is lost where code cannot be followed: all that it may bind, delete or change."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from deploylint.facts.calls import Calls
from deploylint.facts.values import Alternatives, Binding, Items, Ref, Thing, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from deploylint.facts.expressions import Function

_SCOPE_WRITERS = frozenset({"exec", "eval", "globals", "locals", "vars", "setattr", "delattr", "f_globals", "modules"})


class Losses(Calls):
    """What code that is not followed takes with it."""

    def statement(self, node: ast.stmt) -> object:
        """Run one statement."""
        raise NotImplementedError

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
