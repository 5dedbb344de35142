"""What a module that is not in the app may still come from: a distribution, a hook of the app, another folder that is
put on the module path.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from deploylint import package

if TYPE_CHECKING:
    from deploylint.facts.hook import Hook
    from deploylint.facts.invocation import Broken
    from deploylint.steps import Build
    from deploylint.steps.installed import Installed

_OF_ENVIRONMENT = re.compile(r"/\.?v?env/(?:bin|Scripts)/[^/]+$")


@lru_cache
def _generated() -> frozenset[str]:

    return frozenset(package.table("generated.toml")["modules"])


def is_generated(module: str) -> bool:
    """Whether a module is one of those that the build of a project writes (`rules/generated.toml`)."""
    return module.rpartition(".")[2] in _generated()


def is_made(build: Build, path: str) -> bool:
    """Whether a hook of the app may write the file."""
    name = path.rpartition("/")[2]
    return any(hook.speaks_of(name) or hook.may_create(path) for hook in _hooks(build))


def is_expected(build: Build, step: Broken) -> bool:
    """Whether a file or folder that is not there would have to be in the commit: a script by its name, what lies in a
    virtual environment, a folder to change to. Other programs of a folder come with a buildpack: `bin/start-nginx`.
    """
    path = step.path
    if step.kind == "folder":
        return bool(path) and not is_made(build, path)
    script = path.endswith((".sh", ".py", ".bash")) or _OF_ENVIRONMENT.search(f"/{path}") is not None
    return step.kind == "missing" and script and not is_made(build, path)


def is_made_executable(build: Build, path: str) -> bool:
    """Whether a hook of the app may change the mode of the file."""
    return any(hook.speaks_of("chmod") or hook.may_change(path) for hook in _hooks(build))


def _hooks(build: Build) -> list[Hook]:
    paths = build.platform.data["source"]["hooks"]
    found = (build.app.hook(path) for path in (paths["before"], paths["after"]) if path)
    return [hook for hook in found if hook is not None]


def lies_deeper(build: Build, module: str) -> bool:
    """Whether a module of this name lies in a folder of the app that is not on the module path by itself."""
    path = f"/{module.replace('.', '/')}"
    ends = (f"{path}.py", f"{path}/__init__.py")
    return any(f"/{source}".endswith(ends) for source in build.app.sources)


def is_brought(known: Installed, top: str) -> bool | None:
    """Whether what is installed may bring a top-level module; None where something could, but hardly as none of it is
    even called alike.
    """
    if known.has(top) is False or known.names == frozenset():
        return False
    bare = top.replace("_", "").lower()
    if known.has(top) or known.names is None or top in known.own:
        return True
    alike = (bare in name.replace("-", "") or name.replace("-", "") in bare for name in known.names)
    return True if any(alike) else None
