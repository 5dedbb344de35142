"""What may change the files that a step looks at, before it does: then what the step finds is not certain.

The app's own hook may write or remove them, and so may a buildpack that runs before Python's; and a Python buildpack of
another revision decides by other rules.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

from deploylint.plan import Fault, Status, Step

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from deploylint.knowledge.buildpacks import Buildpack
    from deploylint.steps import Build
    from deploylint.text import Span

T = TypeVar("T")


def doubted(build: Build, step: Step[T], files: Iterable[str], *, missing: Sequence[str] = ()) -> Step[T]:
    """The same step, uncertain where something may change `files`, or bring one of `missing`, before it is reached."""
    files = tuple(files)
    if step.status is Status.OK and changing_hook(build, files, missing):
        return Step.unknown(step.value)
    return replace(step, faults=tuple(doubted_fault(build, fault, files, missing) for fault in step.faults))


def doubted_fault(build: Build, fault: Fault, files: Sequence[str], missing: Sequence[str] = ()) -> Fault:
    """The same fault, uncertain where something may change `files`, or bring one of `missing`, before it is met."""
    return unless(fault, changing_hook(build, files, missing) or changing_buildpack(build, brings=bool(missing)))


def unless(fault: Fault, why: str | None) -> Fault:
    """The same fault, uncertain because of `why`, where that is not None."""
    if not why:
        return fault
    return fault._replace(certain=False, by_default=False, detail={**fault.detail, "unless": why})


def changing_hook(build: Build, files: Iterable[str], missing: Sequence[str] = ()) -> str | None:
    """The hook that runs before the buildpack looks, where it may change one of `files` or bring one of `missing`; also
    where it is not known whether there is one.
    """
    path: str = build.platform.data["source"]["hooks"]["before"]
    hook = build.app.hook(path) if path else None
    if hook is None:
        return path if path and build.app.tree.is_unknown(path) else None
    changes = any(hook.may_change(name) for name in files) or any(hook.may_create(name) for name in missing)
    return path if changes else None


def changing_buildpack(build: Build, *, brings: bool) -> str | None:
    """The buildpack, in words, that may change what the Python buildpack finds (with `brings`: may bring what is
    missing), or that stands for the Python buildpack and may decide otherwise.
    """
    names = _names(build)
    return _changing(names, _revision(build), brings=brings) if names else None


# The list is the repository's, and may be long; every fault asks for it.
@lru_cache(maxsize=16)
def _changing(names: tuple[str, ...], revision: str, *, brings: bool) -> str | None:
    for item in _parsed(names):
        if item.is_python:
            current = item.revision in (None, "main", "master", revision)
            return None if current else f"the buildpack {item.said}"
        if item.is_fork_of_python or item.moves_the_root or (brings and not item.is_calm):
            return f"the buildpack {item.said}"
    return None


def unseen(build: Build) -> str | None:
    """A file that lies outside of the app, or in a conflict, where it may change all that is foreseen: by building the
    app as a container, by leaving files out, or by naming other buildpacks.
    """
    rules = build.platform.data
    container = rules["stacks"]["container"]
    files = [rules["source"]["ignore"]["file"], *([container["file"]] if container else [])]
    if build.buildpacks is None and rules["source"]["manifest"]:
        files.append(rules["source"]["manifest"])
    return next((file for file in files if build.app.received.is_unknown(file)), None)


def all_unless(step: Step[T], why: str) -> Step[T]:
    """The same step, none of whose faults is certain because of `why`."""
    return replace(
        step, faults=tuple(unless(fault, why) if fault.certain or fault.by_default else fault for fault in step.faults)
    )


def named_buildpacks(build: Build) -> tuple[Buildpack, ...] | None:
    """The buildpacks that the configuration names, else the repository, in the order in which they run; None where
    neither names any, so that the platform chooses.
    """
    names = _names(build)
    return None if names is None else _parsed(names)


def _names(build: Build) -> tuple[str, ...] | None:
    if build.buildpacks is not None:
        return build.buildpacks
    return build.app.named_buildpacks(build.platform.data["source"]["manifest"])


@lru_cache(maxsize=16)
def _parsed(names: tuple[str, ...]) -> tuple[Buildpack, ...]:
    from deploylint.knowledge.buildpacks import buildpack

    return tuple(map(buildpack, names))


def place_of_buildpack(build: Build, item: Buildpack) -> Span | None:
    """Where app.json names a buildpack; None where something else does."""
    words = build.app.app_json.buildpacks if build.app.app_json and build.buildpacks is None else None
    return next((word.span for word in words or () if word.value == item.said), None)


def _revision(build: Build) -> str:
    return str(build.platform.data["buildpack"]).rpartition(" ")[2]
