"""The machines for which a platform builds: what a wheel has to fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploylint.facts.wheels import Misfit, Target, misfit

if TYPE_CHECKING:
    from deploylint.steps import Build

_PROCESSORS = {"x86_64": "x86-64", "aarch64": "arm64"}


def targets(build: Build, minor: int | None) -> tuple[Target, ...]:
    """Python 3.`minor` (None: not known) on each machine for which the platform may build; the usual one first."""
    stacks = build.platform.data["stacks"]
    library = stacks.get("glibc", {}).get(build.stack)
    glibc = None if library is None else (int(library.partition(".")[0]), int(library.partition(".")[2]))
    machines = stacks.get("machines", {}).get(build.stack, [None])
    return tuple(Target(minor, machine, glibc) for machine in machines)


def processor(machine: str | None) -> str:
    """A machine in words."""
    return _PROCESSORS.get(machine or "", machine or "")


def wheel_trouble(build: Build, file: str, minor: int | None) -> tuple[str, bool]:
    """Why a wheel cannot be installed, the empty string where it can, and whether that holds on every machine."""
    found = [(target, misfit(file, target)) for target in targets(build, minor)]
    first = next(((target, wrong) for target, wrong in found if wrong is not None), None)
    if first is None:
        return "", True
    certain = all(wrong is not None for _, wrong in found)
    where = "" if certain else f"where the app is built for {processor(first[0].machine)}, "
    return where + in_words(first[1], first[0]), certain


def in_words(wrong: Misfit | None, target: Target) -> str:
    """What a misfit means; the empty string for none."""
    if wrong is None:
        return ""
    return {
        "name": "its name does not tell for which Python and system it is made",
        "system": f"it is made for {wrong.wants}, not for the platform's Linux",
        "machine": f"it is made for {processor(wrong.wants)}, not for {processor(target.machine)}",
        "library": f"it needs glibc {wrong.wants}, which is newer than the stack's",
        "python": f"it is made for {wrong.wants}, and the app gets Python 3.{target.minor}",
    }[wrong.kind]
