"""A factory that is named where its call is meant: the server calls it for each request, as if it were the app.

Seen with gunicorn 23.0.0 and waitress 3.0.2: they start, and each request ends with `TypeError: create_app() takes 0
positional arguments but 2 were given` and status 500. Workers that gunicorn does not have itself may call it, as
uvicorn's do.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from deploylint.facts.bound import binding_lines
from deploylint.steps.argv import arguments_of, inside

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploylint.app import App
    from deploylint.imports import Found
    from deploylint.steps.launch import Launch

_PLAIN_WORKERS = frozenset({"sync", "gthread", "gevent", "eventlet"})


def uncalled(app: App, found: Launch, module: Found) -> dict[str, str] | None:
    """Why each request certainly ends with an error; None where that is not known. `instead` is how the server is told
    to call it, empty where it wants arguments.
    """
    server = found.server
    given = server.data.get("passes", 0) if server else 0
    if server is None or not given or found.called or not found.attribute or not module.has_source:
        return None
    source = app.module(module.path)
    function = next((node for node in _functions(source.tree) if node.name == found.attribute), None)
    if function is None or function.decorator_list or len(binding_lines(source, found.attribute) or ()) != 1:
        return None
    taken = function.args
    plain = [*taken.posonlyargs, *taken.args]
    if taken.vararg or len(plain) >= given or _has_other_worker(app, found):
        return None
    needed = len(plain) - len(taken.defaults) + sum(default is None for default in taken.kw_defaults)
    written = f"{found.name}:{found.attribute}"
    return {
        "module": found.name,
        "attribute": found.attribute,
        "path": module.path,
        "kind": "uncalled",
        "server": server.command,
        "instead": ""
        if needed
        else f"'{written}()'"
        if server.data.get("calls")
        else f"{server.words('factory')[0]} {written}",
    }


def _functions(tree: ast.Module | None) -> Iterator[ast.FunctionDef]:
    return (node for node in (tree.body if tree else ()) if isinstance(node, ast.FunctionDef))


def _has_other_worker(app: App, found: Launch) -> bool:
    """Whether the command or a configuration may choose a worker class that treats its app otherwise."""
    known = arguments_of(found.invocation) if found.invocation else None
    if known is None:
        return True
    server, arguments = known
    chosen = arguments.option(server.words("worker_class"))
    if chosen is not None:
        return chosen[0] not in _PLAIN_WORKERS
    config = arguments.option(server.words("config"))
    path = config[0] if config else server.data.get("default_config", "")
    file = inside(found.invocation.cwd or "", path) if found.invocation and path else None
    if file is None or not app.tree.is_file(file):
        return config is not None
    return b"worker_class" in app.tree.read(file).data
