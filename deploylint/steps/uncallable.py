"""An object that gunicorn will not take, because it cannot be called: `Application object must be callable`.

Source: gunicorn 27.0.1 util.import_app; `rules/servers.toml` has the classes.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from deploylint.facts.events import Import
from deploylint.facts.python import dotted
from deploylint.facts.releases import precedes, release
from deploylint.steps.versions import version_of

if TYPE_CHECKING:
    from deploylint.app import App
    from deploylint.facts.python import Module
    from deploylint.imports import Finder, Found
    from deploylint.steps import Build
    from deploylint.steps.launch import Launch

_LITERALS = (ast.Constant, ast.Dict, ast.JoinedStr, ast.List, ast.ListComp, ast.Set, ast.Tuple)


def uncallable(build: Build, found: Launch, module: Found, finder: Finder) -> dict[str, str] | None:
    """Why the object that a command names certainly cannot be called; None where it can, or where that is not known."""
    classes = found.server.data.get("uncallable") if found.server else None
    if not classes or found.called or not module.has_source:
        return None
    source = build.app.module(module.path)
    value = _value(source, found.attribute)
    detail = {"module": found.name, "attribute": found.attribute, "path": module.path, "kind": "uncallable"}
    if isinstance(value, _LITERALS):
        return {**detail, "made": "", "instead": ""} if _once(source, found.attribute) else None
    made = _made(build.app, module, value) if isinstance(value, ast.Call) else ""
    row, top = classes.get(made), made.partition(".")[0]
    # A module of the app may have the same name.
    if row is None or finder.find(top) is not None or not _is_old(build, top, row.get("until", "")):
        return None
    assert isinstance(value, ast.Call)
    once = _once(source, found.attribute) and _once(source, dotted(value.func).partition(".")[0])
    return {**detail, "made": made, "instead": row.get("instead", "")} if once else None


def _once(source: Module, name: str) -> bool:
    """Whether a module binds a name in one place only."""
    from deploylint.facts.bound import binding_lines

    return len(binding_lines(source, name) or ()) == 1


def _value(source: Module, name: str) -> ast.expr | None:
    """What a module binds to a name in a statement of its own."""
    for node in source.tree.body if source.tree else ():
        if isinstance(node, (ast.Assign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(target, ast.Name) and target.id == name for target in targets):
                return node.value
    return None


def _made(app: App, module: Found, value: ast.Call) -> str:
    """The dotted name of what is called, by an import that binds its first name."""
    first, _, rest = dotted(value.func).partition(".")
    for event in app.source(module.path).events:
        if isinstance(event, Import) and not event.level and first in event.bound:
            name = event.names[event.bound.index(first)] if event.names else ""
            # `import a.b` binds `a`, and `import a.b as c` what is below.
            package = first if not name and event.module.partition(".")[0] == first else event.module
            return ".".join(filter(None, (package, name, rest)))
    return ""


def _is_old(build: Build, distribution: str, until: str) -> bool:
    """Whether the version of a distribution is certainly older than `until`, where that is named."""
    if not until:
        return True
    newer, version = release(until), release(version_of(build, distribution) or "")
    return version is not None and newer is not None and precedes(version, newer)
