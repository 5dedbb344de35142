"""Which web framework an app uses, and the `web` line that would start it; data in `rules/frameworks.toml`."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from deploylint import package
from deploylint.record import NamedTuple

if TYPE_CHECKING:
    from deploylint.app import App
    from deploylint.facts.python import Module

_SOURCES = 400
"""Sources looked at for an application object: such objects stand in the first few files, not the last of thousands."""


class Framework(NamedTuple):
    """One web framework; `object` and `web` are empty where no line can be proposed."""

    distribution: str
    title: str
    package: str
    object: str = ""
    web: str = ""
    needs: str = ""


class Proposal(NamedTuple):
    """A `web` command for an app, the framework it serves, and the file that holds the application."""

    framework: Framework
    command: str
    path: str


@lru_cache
def frameworks() -> tuple[Framework, ...]:
    """All known frameworks."""
    data = package.table("frameworks.toml")
    return tuple(Framework(**row) for row in data["framework"])


def used_framework(app: App, lock: str | None) -> Framework | None:
    """The web framework that the app both declares and imports; None where there is none, or that cannot be seen. A
    lock file, or what `pip freeze` wrote, also names frameworks that only some library needs.
    """
    declared = [item for item in frameworks() if app.declares(item.distribution, lock)]
    imported = imported_packages(app) if declared else frozenset()
    return next((item for item in declared if item.package in imported), None)


def imported_packages(app: App) -> frozenset[str]:
    """The top-level packages that the app's sources import, the first 400 sources looked at."""
    nearest = sorted(app.sources, key=lambda path: (path.count("/"), path))[:_SOURCES]
    return frozenset(found.package for path in nearest for found in app.module(path).imports)


def propose(app: App, framework: Framework) -> Proposal | None:
    """The `web` line for an app of this framework, where exactly one application is found."""
    if not framework.web:
        return None
    if "{wsgi}" in framework.web:
        found = [
            path for path in app.sources if path.endswith("/wsgi.py") and path.removesuffix("/wsgi.py").isidentifier()
        ]
        commands = {path: framework.web.format(wsgi=path.removesuffix(".py").replace("/", ".")) for path in found}
    else:
        commands = dict(_applications(app, framework))
    if len(commands) != 1:
        return None
    ((path, command),) = commands.items()
    return Proposal(framework, command, path)


def _applications(app: App, framework: Framework) -> list[tuple[str, str]]:
    found = []
    for path in sorted(app.sources, key=lambda path: (path.count("/"), path))[:_SOURCES]:
        if not path.removesuffix(".py").replace("/", "").isidentifier():
            continue
        name = _application_name(app.module(path), framework)
        if name:
            dotted = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
            found.append((path, framework.web.format(module=dotted, name=name)))
    return found


def _application_name(module: Module, framework: Framework) -> str | None:
    wanted = (framework.object, f"{framework.package}.{framework.object}")
    return next((name for name, target in module.assigned_calls.items() if target in wanted), None)
