"""Which package manager is used, and what its install step would say.

Sources: heroku/heroku-buildpack-python v351 lib/package_manager.sh and lib/pip.sh; archive/v52 bin/compile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploylint.app import SETUP_PY
from deploylint.finding import Phase
from deploylint.plan import Fault, Status, Step
from deploylint.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploylint.plan import Python
    from deploylint.platform import Manager
    from deploylint.steps import Build

PRE_COMPILE = "bin/pre_compile"
"""A hook of the app, run before the buildpack looks for its files: it may write or remove any of them."""
CONTAINER = "heroku.yml"
"""Where the app's stack is `container`, this file builds it and no buildpack is asked."""

# What the requirements reader finds that makes pip stop, whatever the config vars are. Where pip is to look outside the
# app it finds the build machine's own folders, which we have not seen.
_PIP_STOPS = {
    "invalid-line": True,
    "undecodable": True,
    "missing-include": True,
    "directory": True,
    "outside-include": False,
}


# Files that declare dependencies, but which no package manager of these platforms installs from.
_DECLARES = ("pyproject.toml", "setup.cfg")


def manager(build: Build, detected: Step[str]) -> Step[Manager]:
    """The one package manager whose file is in the root, or why there is none."""
    if detected.status is not Status.OK:
        return Step.blocked()
    tree = build.app.tree
    rules = build.platform.data["packages"]
    managers = build.platform.managers
    lock = rules.get("lock_needed")
    if lock and tree.is_file(lock["file"]) and not tree.is_file(lock["lock"]):
        if tree.is_unknown(lock["lock"]):
            return Step.unknown()
        return Step.failed(_fault(build, "package-manager::pipenv-missing-lockfile", lock["file"], lock=lock["lock"]))
    found = [manager for manager in managers if tree.is_file(manager.file)]
    if any(tree.is_unknown(manager.file) for manager in managers):
        return Step.unknown(found[0] if found else None)
    if len(found) > 1 and rules["on_several"] == "error":
        paths = [manager.file for manager in found]
        return Step.failed(_fault(build, "package-manager::multiple-found", *paths), value=found[0])
    if found:
        return Step.ok(found[0])
    if tree.is_unknown(SETUP_PY):
        return Step.unknown()
    if tree.is_file(SETUP_PY):
        if rules["on_setup_py"] == "editable":
            return Step.ok(managers[0]._replace(file=SETUP_PY))
        return Step.failed(_fault(build, "package-manager::setup-py-only", SETUP_PY))
    return Step.failed(_fault(build, "package-manager::none-found", _responsible(build, detected.value or "")))


def _responsible(build: Build, detected_by: str) -> str:
    """The file that makes a package manager necessary: one that declares dependencies, else what detection went by."""
    tree = build.app.tree
    name = next((name for name in (*_DECLARES, detected_by.rstrip("/")) if tree.is_file(name)), None)
    inside = (entry.path for entry in tree.files() if entry.path.startswith(detected_by))
    return name or next(inside, None) or tree.anchor()


def _fault(build: Build, reason: str, *paths: str, **detail: str) -> Fault:
    doubt = CONTAINER if build.app.tree.may_exist(CONTAINER) else PRE_COMPILE if _is_hooked(build) else None
    if doubt:
        detail["unless"] = doubt
    return Fault(reason, Phase.BUILD, tuple(map(Span, paths)), certain=doubt is None, detail=detail)


def _is_hooked(build: Build) -> bool:
    """Whether the app's own hook speaks of a file that decides: it may write it or take it away."""
    tree = build.app.tree
    if not tree.is_file(PRE_COMPILE):
        return tree.is_unknown(PRE_COMPILE)
    content = tree.read(PRE_COMPILE)
    names = [b"requirements", *(manager.file.encode() for manager in build.platform.managers)]
    return content.trouble is not None or any(name in content.data for name in names)


def install(build: Build, chosen: Step[Manager], version: Step[Python]) -> Step[str]:
    """The install command, and the faults of the files that it reads."""
    if chosen.value is None or chosen.status is not Status.OK:
        return Step.blocked()
    command = chosen.value.command
    if chosen.value.id == "pip":
        faults = tuple(_pip_faults(build)) if build.app.requirements else ()
    else:
        faults = tuple(_lock_faults(build, chosen.value, version))
    return Step.failed(*faults, value=command) if faults else Step.ok(command)


# What a lock file's reader finds that the tool refuses; the rest only says that we have not read it.
_LOCK_REFUSED = frozenset({"conflict", "unparseable", "undecodable", "unsupported", "inconsistent", "no-manifest"})


def _lock_faults(build: Build, manager: Manager, version: Step[Python]) -> Iterator[Fault]:
    """What the tool says of its lock file, before it installs anything: at most one thing, since it stops there."""
    if any(span.path == manager.file for fault in version.faults for span in fault.spans):
        return  # the file is at fault already
    lock = build.app.lock(manager.id)
    if lock is None:
        return
    sure = not _is_hooked(build)
    if lock.trouble is not None:
        if lock.trouble.kind in _LOCK_REFUSED:
            # Pipenv writes a Pipfile of its own where there is none, and what then becomes of the lock was not seen.
            sure = sure and (manager.id, lock.trouble.kind) != ("pipenv", "no-manifest")
            yield _lock_fault(manager, "lock-unreadable", lock.trouble.span, lock.trouble.message, certain=sure)
        return
    if lock.fresh is False:
        yield _lock_fault(manager, "lock-outdated", lock.span or Span(lock.path), lock.why, certain=sure)
        return
    python = version.value
    if python is not None and python.resolved and version.status is Status.OK and lock.allows(python.resolved) is False:
        # Poetry then looks for another Python on the machine, which the buildpack's authors call a bug of Poetry's.
        what = f"it wants Python {lock.requires_python}, but the app asks for {python.resolved}"
        span = lock.requires_span or Span(lock.path)
        yield _lock_fault(manager, "python-forbidden", span, what, certain=sure and manager.id != "poetry")


def _lock_fault(manager: Manager, topic: str, span: Span, what: str, *, certain: bool) -> Fault:
    detail = {"what": what, "manager": manager.title, "file": manager.file, "tool": manager.id}
    reason = f"install-dependencies::{manager.id}"
    return Fault(reason, Phase.BUILD, (span,), topic=topic, certain=certain, detail=detail)


def _pip_faults(build: Build) -> Iterator[Fault]:
    requirements = build.app.requirements
    # What pip accepts is judged by today's pip: for a pip of the past it is a guess.
    sure = not build.platform.frozen
    hooked = _is_hooked(build)
    for problem in requirements.problems if requirements else ():
        certain = _PIP_STOPS.get(problem.kind)
        if certain is not None:
            written = hooked and problem.kind == "missing-include"
            yield _pip_fault(problem.kind, problem.span, problem.message, certain=certain and sure and not written)
    for span in requirements.cycles if requirements else ():
        # pip refuses this since 24.3; older ones read the file again and again until Python's stack was full.
        yield _pip_fault("cycle", span, "this file includes itself", certain=True)


def _pip_fault(topic: str, span: Span, what: str, *, certain: bool) -> Fault:
    detail = {"what": what}
    return Fault("install-dependencies::pip", Phase.BUILD, (span,), topic=topic, certain=certain, detail=detail)
