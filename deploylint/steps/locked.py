"""What a tool cannot install of its lock file: what has no file that fits, and what is known not to install.

Judged is what the lock certainly installs (`facts/locked`). The lists of files in poetry.lock and uv.lock bind the
tool: Poetry's chooser passes over what is not in them, and uv asks nobody else. Pipfile.lock holds hashes only, and
Pipenv gives the versions to pip, so there the package data decides, as it does for a requirements file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploylint.facts.locked import locked
from deploylint.facts.locks import table
from deploylint.facts.markers import Environment
from deploylint.facts.releases import within
from deploylint.facts.wheels import Target, misfit
from deploylint.finding import Phase
from deploylint.knowledge import refusals
from deploylint.knowledge.distributions import exact
from deploylint.plan import Fault, Status
from deploylint.record import NamedTuple
from deploylint.steps.installed import kept_series
from deploylint.steps.machines import processor, targets
from deploylint.steps.pipnames import may_bring_headers, refusal_fault, unlisted_names
from deploylint.steps.repositories import repository_fault

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from deploylint.facts.locked import Locked
    from deploylint.facts.locks import Lock
    from deploylint.facts.wheels import Misfit
    from deploylint.plan import Python, Step
    from deploylint.steps import Build
    from deploylint.text import Span


class _Place(NamedTuple):
    """Where is installed: a release of Python on a machine; `series` are all that the platform builds."""

    python: str
    target: Target
    series: tuple[int, ...]


def locked_faults(build: Build, lock: Lock, version: Step[Python]) -> Iterator[Fault]:
    """The faults of what the lock installs."""
    python = version.value.resolved if version.value is not None and version.status is Status.OK else None
    if build.platform.frozen or python is None or not python.startswith("3."):
        return
    found = [_faults(build, lock, place) for place in _places(build, python)]
    faults = {span: fault for faults in reversed(found) for span, fault in faults.items()}
    everywhere = set(faults).intersection(*found)
    if everywhere:
        # An app that was built before may have kept an older Python.
        older = [place for kept in _kept(build, version) for place in _places(build, kept)]
        everywhere.intersection_update(*(_faults(build, lock, place) for place in older))
    for span in sorted(faults):
        fault = faults[span]
        yield fault if span in everywhere else fault._replace(certain=False)
    if lock.tool == "pipenv":
        yield from _unlisted_faults(build, lock, _places(build, python)[0])


def _unlisted_faults(build: Build, lock: Lock, place: _Place) -> Iterator[Fault]:
    """What Pipenv gives to pip by names that the index no longer has; the other tools' locks say where files lie."""
    entries = locked(lock, Environment(place.python, place.target.machine or "x86_64"))
    names = {entry.name for entry in entries if entry.public}
    missing = unlisted_names(build, names - refusals.suspects(names))
    for entry in entries if missing else ():
        if entry.name in missing and entry.public:
            yield refusal_fault("pipenv", entry.span, missing[entry.name], entry.name, certain=False)


def _places(build: Build, python: str) -> tuple[_Place, ...]:
    series = tuple(int(name.partition(".")[2]) for name in build.platform.series)
    return tuple(_Place(python, target, series) for target in targets(build, int(python.split(".")[1])))


def _kept(build: Build, version: Step[Python]) -> list[str]:
    kept = kept_series(build, version)
    names = build.platform.series if kept is not None else ()
    return [f"{name}.0" for name in names if tuple(map(int, name.split("."))) >= (kept or ())]


def _faults(build: Build, lock: Lock, place: _Place) -> Mapping[Span, Fault]:
    # Where the machine is not known, no file is for another one, and markers are read for the usual one.
    environment = Environment(place.python, place.target.machine or "x86_64")
    entries = locked(lock, environment)
    suspects = refusals.suspects(entry.name for entry in entries)
    found = (
        (
            entry,
            repository_fault(build, lock.tool, entry.span, entry.name, entry.repository)
            if entry.repository
            else _fault_of(build, lock, entry, place, suspects),
        )
        for entry in entries
    )
    return {entry.span: fault for entry, fault in found if fault is not None}


def _fault_of(build: Build, lock: Lock, entry: Locked, place: _Place, suspects: frozenset[str]) -> Fault | None:
    if lock.tool == "pipenv":
        return _pip_fault(build, entry, place.python, suspects)
    wheels = [misfit(file, place.target) for file in entry.files or () if file.endswith(".whl")]
    wrong = [found for found in wheels if found is not None]
    if len(wrong) < len(wheels) or any(found.kind == "name" for found in wrong):
        return None
    if not entry.sdist:
        return _no_file(lock, entry, place, wrong) if entry.files else None
    if entry.name not in suspects:
        return None
    refused = refusals.refusal(entry.name, entry.version, f"=={entry.version}", place.python, build.stack)
    if refused is None or not refused.why:
        return None
    certain = refused.certain and entry.public and not (_is_built_otherwise(lock) or may_bring_headers(build, refused))
    return refusal_fault(lock.tool, entry.span, refused, f"{entry.name}=={entry.version}", certain=certain)


def _is_built_otherwise(lock: Lock) -> bool:
    """Whether the project has a say in what sources are built with."""
    settings = table(lock.manifest, "tool", lock.tool)
    return any("build" in key for key in settings)


def _pip_fault(build: Build, entry: Locked, python: str, suspects: frozenset[str]) -> Fault | None:
    """What pip says of a version that it is given by Pipenv."""
    known = exact(entry.name, entry.version)
    if known is not None and known.python and within(known.python, python) is False:
        detail = {"name": entry.name, "versions": f"=={entry.version}", "wants": known.python, "python": python}
        return Fault("install-dependencies::pipenv", Phase.BUILD, (entry.span,), topic="not-for-python", detail=detail)
    refused = (
        refusals.refusal(entry.name, entry.version, f"=={entry.version}", python, build.stack)
        if entry.name in suspects
        else None
    )
    if refused is None:
        return None
    written = entry.name + (f"=={entry.version}" if refused.advice or refused.files else "")
    certain = refused.certain and not may_bring_headers(build, refused)
    return refusal_fault("pipenv", entry.span, refused, written, certain=certain)


def _no_file(lock: Lock, entry: Locked, place: _Place, wrong: Sequence[Misfit]) -> Fault:
    """No file fits. What comes nearest is told: files for another Python say more than those for another system."""
    kinds = [found.kind for found in wrong]
    kind = next((kind for kind in ("python", "library", "machine", "system") if kind in kinds), "")
    wanted = list(dict.fromkeys(found.wants for found in wrong if found.kind == kind))
    wanted = list(map(processor, wanted)) if kind == "machine" else wanted
    fitting = [minor for minor in place.series if _fits(entry, place.target._replace(minor=minor))]
    detail = {
        "name": entry.name,
        "version": entry.version,
        "tool": lock.tool,
        "file": lock.path,
        "kind": kind,
        "wants": "\n".join(wanted),
        "python": f"3.{place.target.minor}",
        "machine": processor(place.target.machine),
        "fitting": f"3.{max(fitting)}" if fitting else "",
    }
    reason = f"install-dependencies::{lock.tool}"
    # An index of the project's own may tell no hashes, and Poetry then takes what it finds there.
    certain = entry.public or lock.tool == "uv"
    return Fault(reason, Phase.BUILD, (entry.span,), topic="no-file", certain=certain, detail=detail)


def _fits(entry: Locked, target: Target) -> bool:
    return any(misfit(file, target) is None for file in entry.files or () if file.endswith(".whl"))
