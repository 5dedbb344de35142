"""What may change the files that a step looks at, before it does: then what the step finds is not certain.

The app's own hook may write or remove them, and so may a buildpack that runs before Python's; and a Python buildpack of
another revision decides by other rules.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from deploylint.plan import Fault, Status, Step

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from deploylint.buildpacks import Buildpack
    from deploylint.facts.hook import Hook
    from deploylint.steps import Build

T = TypeVar("T")


def doubted(build: Build, step: Step[T], files: Iterable[str], *, missing: Sequence[str] = ()) -> Step[T]:
    """The same step, uncertain where something may change `files`, or bring one of `missing`, before it is reached."""
    files = tuple(files)
    if step.status is Status.OK and changing_hook(build, files, missing):
        return Step.unknown(step.value)
    return replace(step, faults=tuple(doubted_fault(build, fault, files, missing) for fault in step.faults))


def doubted_fault(build: Build, fault: Fault, files: Sequence[str], missing: Sequence[str] = ()) -> Fault:
    """The same fault, uncertain where something may change `files`, or bring one of `missing`, before it is met."""
    hook = changing_hook(build, files, missing)
    why = hook.path if hook else changing_buildpack(build)
    return fault._replace(certain=False, detail={**fault.detail, "unless": why}) if why else fault


def changing_hook(build: Build, files: Iterable[str], missing: Sequence[str] = ()) -> Hook | None:
    """The hook that runs before the buildpack looks, where it may change one of `files` or bring one of `missing`."""
    path = build.platform.data["source"]["hooks"]["before"]
    hook = build.app.hook(path) if path else None
    if hook is None:
        return None
    changes = any(hook.may_change(name) for name in files) or any(hook.may_create(name) for name in missing)
    return hook if changes else None


def changing_buildpack(build: Build) -> str | None:
    """The buildpack, in words, that may change what the Python buildpack finds, or is one of another revision."""
    for item in named_buildpacks(build) or ():
        pinned = item.is_python and item.revision not in (None, "main", "master", _revision(build))
        if not item.is_calm or pinned:
            return f"the buildpack {item.written}"
        if item.is_python:
            return None
    return None


def named_buildpacks(build: Build) -> tuple[Buildpack, ...] | None:
    """The buildpacks that the configuration names, else the repository, in the order in which they run; None where
    neither names any, so that the platform chooses.
    """
    names = build.buildpacks
    if names is None:
        names = build.app.named_buildpacks(build.platform.data["source"]["manifest"])
    if names is None:
        return None
    from deploylint.buildpacks import buildpack

    return tuple(map(buildpack, names))


def _revision(build: Build) -> str:
    return str(build.platform.data["buildpack"]).rpartition(" ")[2]
