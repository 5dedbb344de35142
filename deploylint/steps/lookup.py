"""What a program takes for its app where the command names a module alone: it looks there for names of its own, in a
certain module below, and for any object of its class.

Sources: celery 5.7.0 app/utils.py (find_app), kombu 5.7.0 utils/imports.py (symbol_by_name), celery bin/celery.py (the
app is asked for its `user_options`); flask 3.1.3 cli.py (find_best_app); fastapi-cli 0.0.34 discover.py (get_app_name).
`rules/servers.toml` has the names.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from deploylint.facts.bindings import Imported
from deploylint.facts.events import Import, Place
from deploylint.imports import absolute
from deploylint.knowledge import stdlib
from deploylint.record import NamedTuple
from deploylint.steps.called import Reach

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deploylint.app import App
    from deploylint.facts.bindings import Bound
    from deploylint.facts.events import Version
    from deploylint.imports import Finder, Found, Walk
    from deploylint.knowledge.servers import Server
    from deploylint.steps.launch import Launch

_NOWHERE = Place(1, 0, 1, 0)
_PLAIN = (ast.Constant, ast.List, ast.Tuple, ast.Dict, ast.Set, ast.JoinedStr, ast.Compare, ast.Lambda)


class Sought(NamedTuple):
    """What a program takes, as a command would name it, and why it ends, None where it does not, or that cannot be
    told. `kind` is `nowhere` (there is no such object), or `type` (what it takes is what `made` makes).
    """

    launch: Launch
    refused: Mapping[str, str] | None = None


def sought(app: App, found: Launch, walk: Walk, finder: Finder, version: Version) -> Sought:
    """What the program of `found` takes for its app. Modules that it imports on the way are reached by `walk`."""
    module = finder.find(found.name)
    if found.server is None or module is None or module.kind == "unknown":
        return Sought(found)
    search = _Search(app, walk, finder, version, found.server)
    if found.attribute:
        return Sought(found, None if found.called else search.unfit(module, found.attribute))
    # `shop.celery` is the object of that name where `shop` binds one, and else the module.
    above, _, last = found.name.rpartition(".")
    parent = finder.find(above) if above and found.server.data.get("dotted") else None
    if parent is not None and parent.has_source and search.holds(parent, last) is not False:
        return Sought(found)
    return search.of(module, found)


class _Search:
    """Looks in modules as one server does."""

    def __init__(self, app: App, walk: Walk, finder: Finder, version: Version, server: Server) -> None:
        self._app = app
        self._walk = walk
        self._finder = finder
        self._reach = Reach(app, finder.roots, walk.closure, version)
        self._standard = stdlib.names(version)
        self._server = server.command.partition(" ")[0]
        self._names = server.words("names")
        self._factories = server.words("factories")
        self._unlike = server.words("unlike")
        self._class: str = server.data["class"]
        self._below: str = server.data.get("below", "")
        self._strict: bool = server.data.get("strict", False)

    def of(self, module: Found, found: Launch) -> Sought:
        """What is found in a module."""
        found = found._replace(name=module.name)
        for name in self._names if module.has_source else ():
            held = self.holds(module, name)
            if held is None:
                return Sought(found)
            if held:
                return Sought(found._replace(attribute=name), self.unfit(module, name))
        possible = self._may_hold(module)
        below = self._finder.find(f"{module.name}.{self._below}") if self._below else None
        if below is not None:
            # One that breaks is passed over: an object of another name is taken, if there is one.
            self._walk.from_modules([below.name], certain=not possible)
            inner = self.of(below, found) if below.kind != "unknown" else Sought(found)
            return inner._replace(refused=None) if possible else inner
        return Sought(found) if possible else self._made_by_factory(module, found)

    def _made_by_factory(self, module: Found, found: Launch) -> Sought:
        for name in self._factories:
            binds = self._walk.binds(module, name)
            if binds is not False:
                known = binds and isinstance(self._reach.scope(module).get(name)[0], ast.FunctionDef)
                return Sought(found._replace(attribute=name, called=True, bare=True) if known else found)
        detail = {"names": " ".join(self._names), "class": self._class, "below": self._below}
        return Sought(found, {**self._told(module, ""), **detail, "kind": "nowhere"})

    def unfit(self, module: Found, name: str) -> Mapping[str, str] | None:
        """Why an object is certainly not what the server needs."""
        made = self._made(module, name)
        return {**self._told(module, name), "kind": "type", "made": made} if made in self._unlike else None

    def _told(self, module: Found, name: str) -> dict[str, str]:
        return {"module": module.name, "attribute": name, "path": module.path, "server": self._server}

    def holds(self, module: Found, name: str) -> bool | None:
        """Whether a module has an object of this name that is taken; None where that cannot be told."""
        binds = self._walk.binds(module, name)
        if not binds:
            return binds
        is_module = self._is_module(module, name)
        if is_module is not False:
            return False if is_module else None
        if not self._strict:
            return True
        made = self._made(module, name)
        return True if made == self._class else False if made in self._unlike else None

    def _made(self, module: Found, name: str) -> str | None:
        """The full name of the class, or function, that has made what a name stands for."""
        what = self._reach.scope(module).get(name)[0]
        plain = isinstance(what, (ast.Call, ast.Name)) or (isinstance(what, Imported) and what.name)
        return self._reach.name_of(module, ast.Name(name)) if plain else None

    def _is_module(self, module: Found, name: str) -> bool | None:
        """Whether what a name stands for is a module; None where that cannot be told."""
        what, where = self._reach.scope(module).get(name)
        if where is None or what is None:
            return None
        if not isinstance(what, Imported):
            return False
        if not what.name:
            return True
        base = absolute(module, Import(what.module, what.level, (), (), _NOWHERE))
        other = self._finder.find(base) if base else None
        if other is None or self._finder.find(f"{other.name}.{what.name}") is None:
            return False
        # A package that imports its own module binds it by that.
        if other.name == module.name or not other.has_source or self._walk.binds(other, what.name) is False:
            return True
        return None

    def _may_hold(self, module: Found) -> bool:
        """Whether a module may have an object of the class, under whatever name."""
        if not module.has_source:
            return False
        source = self._app.source(module.path)
        if source.trouble or source.dynamic or any(True for _ in source.stars):
            return True
        return any(self._may_be(module, name, what) for name, what in self._reach.scope(module).all())

    def _may_be(self, module: Found, name: str, what: Bound) -> bool:
        if isinstance(what, ast.Call):
            made = self._reach.name_of(module, ast.Name(name)) or ""
            return made not in self._unlike and made.partition(".")[0] not in self._standard
        if not isinstance(what, Imported):
            return not isinstance(what, (ast.ClassDef, ast.FunctionDef, *_PLAIN))
        top = what.module.partition(".")[0]
        if not what.name or self._is_module(module, name):
            return False
        # Of what others bring, a name that begins with a capital is a class.
        foreign = not what.level and self._finder.find(top) is None
        return not (foreign and (what.name[:1].isupper() or top in self._standard))
