"""Which package manager is used, and what its install step would say.

Sources: heroku/heroku-buildpack-python v351 lib/package_manager.sh and lib/pip.sh; archive/v52 bin/compile;
heroku/buildpacks-python v6.5.6 src/package_manager.rs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploylint.app import SETUP_PY
from deploylint.finding import Phase
from deploylint.plan import Fault, Status, Step
from deploylint.steps.doubt import doubted, doubted_fault, named_buildpacks, place_of_buildpack
from deploylint.steps.installed import kept_series
from deploylint.steps.pip import pip_faults
from deploylint.steps.place import standing
from deploylint.steps.source import endless, takes_output
from deploylint.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploylint.facts.locks import Lock
    from deploylint.plan import Python
    from deploylint.platform import Manager
    from deploylint.steps import Build


# Files that declare dependencies, but which no package manager of these platforms installs from.
_DECLARES = ("pyproject.toml", "setup.cfg")


def manager(build: Build, detected: Step[str]) -> Step[Manager]:
    """The one package manager whose file is in the root, or why there is none."""
    if detected.status is not Status.OK:
        return Step.blocked()
    rules = build.platform.data["packages"]
    files = [item.file for item in build.platform.managers]
    lock = rules["lock_needed"]
    if lock:
        files.append(lock["file"])
    chosen = _manager(build, detected)
    nothing = all(fault.reason in _NOTHING_FOUND for fault in chosen.faults)
    return doubted(build, chosen, files, missing=files if chosen.faults and nothing else ())


_NOTHING_FOUND = frozenset(
    {"package-manager::none-found", "package-manager::setup-py-only", "package-manager::pipenv-missing-lockfile"}
)


def _manager(build: Build, detected: Step[str]) -> Step[Manager]:
    tree = build.app.tree
    rules = build.platform.data["packages"]
    managers = build.platform.managers
    is_there = tree.is_file if rules["kind"] == "file" else tree.exists
    lock = rules["lock_needed"]
    if lock and is_there(lock["file"]) and not is_there(lock["lock"]):
        if tree.is_unknown(lock["lock"]):
            return Step.unknown()
        return Step.failed(_fault("package-manager::pipenv-missing-lockfile", lock["file"], lock=lock["lock"]))
    circle = next((manager.file for manager in managers if endless(build, manager.file)), None)
    if circle is not None:
        return Step.failed(_fault("package-manager::check-file-exists", circle))
    found = [manager for manager in managers if is_there(manager.file)]
    if any(tree.is_unknown(manager.file) for manager in managers):
        return Step.unknown(found[0] if found else None)
    if len(found) > 1 and rules["on_several"] == "error":
        paths = [standing(tree, manager.file) for manager in found]
        return Step.failed(_fault("package-manager::multiple-found", *paths))
    if found:
        fault = _written_beside(build, found[0]) if rules["on_several"] == "error" else None
        return Step.failed(fault, value=found[0]) if fault else Step.ok(found[0])
    if rules["on_setup_py"] == "editable":
        # `-e .` is written into a requirements.txt, where there is none, and that fails where a folder has the name.
        written = takes_output(tree, managers[0].file) and tree.is_file(SETUP_PY)
        return Step.ok(managers[0]._replace(file=SETUP_PY)) if written else Step.unknown()
    if tree.is_unknown(SETUP_PY) and rules["on_setup_py"] != "none":
        return Step.unknown()
    if tree.is_file(SETUP_PY) and rules["on_setup_py"] != "none":
        return Step.failed(_fault("package-manager::setup-py-only", SETUP_PY))
    return Step.failed(_fault("package-manager::none-found", _responsible(build, detected.value or "")))


def _written_beside(build: Build, manager: Manager) -> Fault | None:
    """A buildpack before Python's that makes a second package manager's file of the first one's. What the repository
    names holds for new apps only.
    """
    for item in named_buildpacks(build) or ():
        if item.is_python:
            return None
        if item.written is None or item.written[0] != manager.file:
            continue
        if not build.app.tree.may_exist(item.written[1]):
            detail = {"buildpack": item.said, "from": item.written[0], "file": item.written[1]}
            certain = build.buildpacks is not None
            where = place_of_buildpack(build, item) or Span(manager.file)
            reason = "package-manager::multiple-found"
            return Fault(reason, Phase.BUILD, (where,), topic="written", certain=certain, detail=detail)
    return None


def _responsible(build: Build, detected_by: str) -> str:
    """The file that makes a package manager necessary: one that declares dependencies, else what detection went by."""
    tree = build.app.tree
    name = next((name for name in (*_DECLARES, detected_by.rstrip("/")) if tree.is_file(name)), None)
    inside = (entry.path for entry in tree.files() if entry.path.startswith(detected_by))
    return name or next(inside, None) or tree.anchor()


def _fault(reason: str, *paths: str, **detail: str) -> Fault:
    return Fault(reason, Phase.BUILD, tuple(map(Span, paths)), detail=detail)


def install(build: Build, chosen: Step[Manager], version: Step[Python]) -> Step[str]:
    """The install command, and the faults of the files that it reads."""
    if chosen.value is None or chosen.status is not Status.OK:
        return Step.blocked()
    command = chosen.value.command
    faults = (*_write_faults(build), *_install_faults(build, chosen.value, version))
    return Step.failed(*faults, value=command) if faults else Step.ok(command)


def _write_faults(build: Build) -> Iterator[Fault]:
    """What keeps the build from writing where it has to; few apps have anything there."""
    written = build.platform.data["source"].get("written")
    tops = {path.partition("/")[0] for path in written["folders"]} if written else ()
    if any(build.app.tree.find(top) for top in tops):
        from deploylint.steps.places import write_faults

        yield from write_faults(build)


def _install_faults(build: Build, manager: Manager, version: Step[Python]) -> Iterator[Fault]:
    if not build.app.tree.is_file(manager.file):
        # Where whatever has the name chooses the package manager, it need not be a file.
        yield _no_file_fault(manager, Span(standing(build.app.tree, manager.file)))
    elif manager.id == "pip":
        yield from pip_faults(build, version)
    else:
        read = (manager.file, *_READ_BESIDE.get(manager.id, ()))
        for fault in _lock_faults(build, manager, version):
            headers = fault.detail.get("headers")
            yield doubted_fault(build, fault, read, [headers] if headers else ())


# What the tools read beside the file that chooses them.
_READ_BESIDE = {"pipenv": ("Pipfile",), "poetry": ("pyproject.toml",), "uv": ("pyproject.toml", "uv.toml")}


# What a lock file's reader finds that the tool refuses; the rest only says that we have not read it.
_LOCK_REFUSED = frozenset({"conflict", "unparseable", "undecodable", "unsupported", "inconsistent", "no-manifest"})


def _lock_faults(build: Build, manager: Manager, version: Step[Python]) -> Iterator[Fault]:
    """What the tool says of its lock file, before it installs anything: at most one thing, since it stops there."""
    refused = _tool_refuses(build, manager)
    if refused is not None:
        yield refused
        return
    if any(span.path == manager.file for fault in version.faults for span in fault.spans):
        return  # the file is at fault already
    lock = build.app.lock(manager.id)
    if lock is None:
        return
    if lock.trouble is not None:
        if lock.trouble.kind in _LOCK_REFUSED:
            # Pipenv writes a Pipfile of its own where there is none, and what then becomes of the lock was not seen.
            sure = (manager.id, lock.trouble.kind) != ("pipenv", "no-manifest")
            yield _lock_fault(manager, "lock-unreadable", lock.trouble.span, lock.trouble.message, certain=sure)
        return
    if lock.fresh is False:
        yield _lock_fault(manager, "lock-outdated", lock.span or Span(lock.path), lock.why, certain=True)
        return
    python = version.value
    if python is not None and python.resolved and version.status is Status.OK and lock.allows(python.resolved) is False:
        forced = _is_forced(build, manager, lock) and not _may_keep_an_allowed_one(build, version, lock)
        what = f"it wants Python {lock.requires_python}, but the app asks for {python.resolved}"
        span = lock.requires_span or Span(lock.path)
        yield _lock_fault(manager, "python-forbidden", span, what, certain=forced)
    else:
        from deploylint.steps.locked import locked_faults

        yield from locked_faults(build, lock, version)


def _is_forced(build: Build, manager: Manager, lock: Lock) -> bool:
    """Whether the tool has no other Python than one that the project forbids: it looks for none, or the machine's own
    is forbidden too, in whatever patch release it comes.
    """
    packages = build.platform.data["packages"]
    if packages["python_is_forced"].get(manager.id, True):
        return True
    own = packages.get("machine_python", {}).get(build.stack)
    return own is not None and all(lock.allows(f"{own}.{patch}") is False for patch in (0, _ANY_PATCH))


def _may_keep_an_allowed_one(build: Build, version: Step[Python], lock: Lock) -> bool:
    """Whether an app that was built before may keep a series of Python that the project allows."""
    kept = kept_series(build, version)
    if kept is None:
        return False
    series = [name for name in build.platform.series if tuple(map(int, name.split("."))) >= kept]
    return any(lock.allows(f"{name}.{patch}") is not False for name in series for patch in (0, _ANY_PATCH))


_ANY_PATCH = 99
"""Greater than that of any patch release of Python."""


def _tool_refuses(build: Build, manager: Manager) -> Fault | None:
    """The project asks for another version of the tool than the platform has, which is the first thing it looks at."""
    tool = build.platform.data["tools"].get(manager.id)
    if not tool or not any(build.app.tree.is_file(path) for path in ("pyproject.toml", "uv.toml")):
        return None
    from deploylint.facts.toolversion import wanted

    running = tool["version"]
    found = wanted(build.app.tree, manager.id)
    if found is None or found.allows(running) is not False:
        return None
    detail = {"wanted": found.version[:60], "running": running, "manager": manager.title}
    # A platform that was judged some time ago may have a newer tool by now.
    certain = found.is_past(running)
    reason = f"install-dependencies::{manager.id}"
    return Fault(reason, Phase.BUILD, (found.span,), topic="tool-version", certain=certain, detail=detail)


def corpora(build: Build, chosen: Step[Manager], version: Step[Python]) -> Step[None]:
    """The data that the build downloads for NLTK, where the app names some."""
    asked = build.platform.data["packages"].get("corpora")
    if not asked or not build.app.tree.is_file(asked["file"]):
        return Step.ok(None)
    from deploylint.steps.corpora import asked_for

    return asked_for(build, chosen, version)


def _no_file_fault(manager: Manager, span: Span) -> Fault:
    detail = {"what": f"{manager.file} is a folder", "manager": manager.title, "file": manager.file, "tool": manager.id}
    topic = "directory" if manager.id == "pip" else "lock-unreadable"
    return Fault(f"install-dependencies::{manager.id}", Phase.BUILD, (span,), topic=topic, detail=detail)


def _lock_fault(manager: Manager, topic: str, span: Span, what: str, *, certain: bool) -> Fault:
    detail = {"what": what, "manager": manager.title, "file": manager.file, "tool": manager.id}
    reason = f"install-dependencies::{manager.id}"
    return Fault(reason, Phase.BUILD, (span,), topic=topic, certain=certain, detail=detail)
