"""The modules with tasks that a worker of Celery imports when it starts: beside its app, those with which it is made
(`include`), and those that it is told to look for (`autodiscover_tasks`).

Sources: celery 5.7.0 loaders/base.py (import_default_modules, find_related_module) and app/base.py; worker/worker.py
and apps/beat.py, which call it. What fails there ends the worker.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from deploylint.facts.events import Place
from deploylint.imports import Step
from deploylint.steps.called import Reach, UnsureError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploylint.app import App
    from deploylint.facts.events import Version
    from deploylint.imports import Walk
    from deploylint.steps.called import Named

_MADE = "celery.Celery"
_SOUGHT = "celery.Celery.autodiscover_tasks"
_RELATED = "tasks"


def load_tasks(app: App, walk: Walk, version: Version) -> None:
    """Import, in `walk`, the modules with tasks that the calls in its sources name."""
    reach = Reach(app, walk.finder.roots, walk.closure, version)
    try:
        calls = [call for call in reach.calls((b"Celery", b"autodiscover_tasks")) if call.name in (_MADE, _SOUGHT)]
    except UnsureError:
        return
    for call in calls:
        for name, place in _names(call):
            # Of a package in another that is not there, the other one is asked.
            names = [name] if call.name == _MADE or "." not in name or walk.finder.find(name) else []
            related = f"{name}.{_related(call.made.node)}"
            names += [related] if call.name == _SOUGHT and walk.finder.find(related) else []
            walk.from_modules(names, (Step(call.bindings.module.path, place),), certain=call.certain)


def speaks_of_tasks(app: App, walk: Walk) -> bool:
    """Whether an app looks for modules with tasks."""
    return any(
        _SOUGHT.rpartition(".")[2].encode() in app.tree.read(visit.found.path).data
        for visit in walk.closure.visits.values()
        if visit.found.has_source
    )


def _names(call: Named) -> Iterator[tuple[str, Place]]:
    """The modules that a call names in a plain list, those of `autodiscover_tasks` being packages."""
    node = call.made.node
    key, first = ("include", None) if call.name == _MADE else ("packages", next(iter(node.args), None))
    given = next((word.value for word in node.keywords if word.arg == key), first)
    for item in given.elts if isinstance(given, (ast.List, ast.Tuple)) else ():
        if isinstance(item, ast.Constant) and isinstance(item.value, str):
            end = item.end_lineno or item.lineno, item.end_col_offset or item.col_offset + 1
            yield item.value, Place(item.lineno, item.col_offset, *end)


def _related(node: ast.Call) -> str:
    given = next((word.value for word in node.keywords if word.arg == "related_name"), None)
    given = given or (node.args[1] if len(node.args) > 1 else None)
    return str(given.value) if isinstance(given, ast.Constant) and given.value else _RELATED
