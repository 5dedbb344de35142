"""Whether a server gets the object that its command names: the module binds it, it can be called, and as it is called.

Sources: gunicorn 27.0.1 util.import_app (a name or the call of one, which must be callable), uvicorn 0.54.0 importer
(the object must be named), waitress 3.0.2 runner, daphne 4.2.3 cli.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from deploylint.facts.events import Import
from deploylint.imports import absolute

if TYPE_CHECKING:
    from deploylint.app import App
    from deploylint.imports import Finder, Found, Walk
    from deploylint.steps.launch import Launch


def refusal(app: App, found: Launch, module: Found, walk: Walk, finder: Finder) -> dict[str, str] | None:
    """Why a server does not take its object from a module; None where it does, or that cannot be told. `kind`: `form`
    (what stands there is no name), `unnamed` (nothing does), `missing` (the module has none of that name), `module`
    (it is a module, which cannot be called) or `arguments` (it is called without what it `wants`).
    """
    detail = {"module": found.name, "attribute": found.refused or found.attribute, "path": module.path}
    server = found.server.command if found.server else ""
    if found.refused:
        return {**detail, "kind": "unnamed" if found.refused == ":" else "form", "server": server}
    if not found.attribute or not module.has_source:
        return None
    called = found.server is not None and found.server.data.get("plain")
    below = finder.find(f"{found.name}.{found.attribute}")
    binds = walk.binds(module, found.attribute)
    if binds is False:
        # A module of the package is an attribute of it as soon as somebody imports it.
        is_there = below is not None and (below.kind == "unknown" or below.name in walk.closure.visits)
        kind = "missing" if not is_there else "module" if called and below and below.has_source else ""
        return {**detail, "kind": kind, "server": server} if kind else None
    if binds and called and below is not None and below.has_source and _is_module(app, module, found.attribute):
        return {**detail, "kind": "module", "server": server}
    wants = _wants(app, module, found.attribute) if binds and found.bare else ""
    return {**detail, "kind": "arguments", "wants": wants} if wants else None


def _is_module(app: App, package: Found, name: str) -> bool:
    """Whether what a package binds to the name of one of its modules is only that module."""
    from deploylint.facts.bound import binding_lines

    events = [event for event in app.source(package.path).events if isinstance(event, Import)]
    lines = [
        event.place.line
        for event in events
        if absolute(package, event) == package.name and (name, name) in zip(event.names, event.bound, strict=False)
    ]
    return bool(lines) and binding_lines(app.module(package.path), name) == lines


def _wants(app: App, module: Found, name: str) -> str:
    """The first argument that a function must be given, empty where it needs none or is not known."""
    from deploylint.facts.bound import binding_lines

    source = app.module(module.path)
    if len(binding_lines(source, name) or ()) != 1:
        return ""
    for node in source.tree.body if source.tree else ():
        if isinstance(node, ast.FunctionDef) and node.name == name and not node.decorator_list:
            plain = [*node.args.posonlyargs, *node.args.args]
            needed = plain[: len(plain) - len(node.args.defaults)]
            named = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
            needed += [argument for argument, default in named if default is None]
            return needed[0].arg if needed else ""
    return ""
