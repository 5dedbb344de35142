"""What the names of a source mean, followed through the modules of the app: a class of its own, something else that it
binds, or a thing of others by its full name.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from deploylint.facts.events import Import, Place
from deploylint.facts.plain import Plain, read_block
from deploylint.facts.python import dotted
from deploylint.imports import absolute
from deploylint.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploylint.app import App
    from deploylint.facts.plain import Binding, Bound
    from deploylint.imports import Finder, Found
    from deploylint.text import Span

_HOPS = 12
_NOWHERE = Place(1, 0, 1, 0)
_MOST_BASES = 50


class Own(NamedTuple):
    """A thing that the app binds: where, and to what."""

    found: Found
    node: Binding


class Lineage(NamedTuple):
    """A class with its bases: those of the app, itself first, and the full names of those of others. `whole`: there
    are no others, and none is made in a way of its own.
    """

    own: tuple[Own, ...]
    foreign: tuple[str, ...]
    whole: bool


class PlainNames:
    """Tells what the names of sources mean."""

    def __init__(self, app: App, finder: Finder) -> None:
        self._app = app
        self._finder = finder
        self._blocks: dict[str, Plain] = {}

    def block(self, found: Found) -> Plain:
        """What a module binds."""
        if found.path not in self._blocks:
            tree = self._app.module(found.path).tree if found.has_source else None
            self._blocks[found.path] = read_block(tree.body) if tree else Plain({}, hidden=True)
        return self._blocks[found.path]

    def span(self, own: Own) -> Span:
        """Where a thing stands."""
        return self._app.module(own.found.path).span(own.node)

    def at(self, found: Found, node: ast.expr | ast.stmt) -> Span:
        """Where a node of a source stands."""
        return self._app.module(found.path).span(node)

    def meaning(self, found: Found, node: ast.expr) -> Own | str | None:
        """What an expression of a source means, if it is a name; None where that cannot be told."""
        name = dotted(node)
        return self.named(found, name) if name else None

    def named(self, found: Found, name: str, hops: int = 0) -> Own | str | None:
        """What a dotted name means in a source."""
        head, _, rest = name.partition(".")
        block = self.block(found)
        if hops > _HOPS or block.hidden:
            return None
        if head not in block.names:
            return self._through_star(found, block, name, hops)
        bound = block.names[head]
        if bound is None:
            return None
        if isinstance(bound.node, ast.alias):
            return self._imported(found, bound, bound.node, rest, hops)
        if isinstance(bound.node, (ast.Name, ast.Attribute)):
            after = dotted(bound.node)
            return self.named(found, f"{after}.{rest}" if rest else after, hops + 1) if after else None
        return None if rest else Own(found, bound.node)

    def _through_star(self, found: Found, block: Plain, name: str, hops: int) -> Own | str | None:
        """A name that a module takes over from the one other of the app that has it."""
        if len(block.stars) != 1 or name.startswith("_"):
            return None
        other = self._finder.find(self._base(found, block.stars[0]) or "-")
        if other is None or not other.has_source or "__all__" in self.block(other).names:
            return None
        return self.named(other, name, hops + 1)

    def _imported(self, found: Found, bound: Bound, alias: ast.alias, rest: str, hops: int) -> Own | str | None:
        statement = bound.statement
        if isinstance(statement, ast.ImportFrom):
            base = self._base(found, statement)
            name = f"{base}.{alias.name}" if base else None
        else:
            # `import a.b` binds `a`, `import a.b as c` binds what `a.b` is.
            name = alias.name if alias.asname else alias.name.partition(".")[0]
        return self.absolute(f"{name}.{rest}" if rest else name, hops + 1) if name else None

    def _base(self, found: Found, statement: ast.ImportFrom) -> str | None:
        return absolute(found, Import(statement.module or "", statement.level, (), (), _NOWHERE))

    def absolute(self, name: str, hops: int = 0) -> Own | str | None:
        """What a full name means; what is not the app's, is itself."""
        parts = name.split(".")
        if self._finder.find(parts[0]) is None:
            return name
        for end in range(len(parts) - 1, 0, -1):
            module = self._finder.find(".".join(parts[:end]))
            if module is not None:
                return self.named(module, ".".join(parts[end:]), hops) if module.has_source else None
        return None

    def lineage(self, own: Own) -> Lineage:
        """A class of the app with its bases."""
        classes: dict[Own, None] = {}
        foreign: dict[str, None] = {}
        whole = True
        todo = [own]
        while todo and len(classes) < _MOST_BASES:
            one = todo.pop(0)
            if one in classes or not isinstance(one.node, ast.ClassDef):
                continue
            classes[one] = None
            whole = whole and not one.node.keywords
            for base in one.node.bases:
                meant = self.meaning(one.found, base)
                if isinstance(meant, Own) and isinstance(meant.node, ast.ClassDef):
                    todo.append(meant)
                elif isinstance(meant, str):
                    foreign[meant] = None
                elif dotted(base) != "object":
                    whole = False
        return Lineage(tuple(classes), tuple(foreign), whole and not todo)

    def values(self, own: Own) -> dict[str, ast.expr]:
        """The values that the body of a class gives to names plainly."""
        names = read_block(own.node.body).names if isinstance(own.node, ast.ClassDef) else {}
        return {name: bound.node for name, bound in names.items() if bound and isinstance(bound.node, ast.expr)}

    def classes(self, found: Found) -> Iterator[Own]:
        """The classes that a module binds plainly."""
        for bound in self.block(found).names.values():
            if bound is not None and isinstance(bound.node, ast.ClassDef):
                yield Own(found, bound.node)
