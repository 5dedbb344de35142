"""Which version of a distribution the build installs, as far as a pin or a lock says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploylint.app import REQUIREMENTS
from deploylint.facts.releases import outer, precedes, release

if TYPE_CHECKING:
    from deploylint.steps import Build
    from deploylint.steps.installed import Installed

_SIGNS = ("===", "==")


def version_of(build: Build, name: str) -> str | None:
    """The version of the distribution `name` (normalised) that a requirement pins, whatever its marker, or the lock
    names; None where neither names just one.
    """
    files = [(manager.id, manager.file) for manager in build.platform.managers]
    there = [(tool, file) for tool, file in files if build.app.tree.is_file(file)]
    if len(there) != 1:
        return None
    tool, file = there[0]
    if file != REQUIREMENTS:
        lock = build.app.lock(tool)
        return lock.version(name) if lock is not None else None
    requirements = build.app.requirements
    pins = {line.specifier for line in requirements.requirements if line.name == name} if requirements else set()
    return exact_of(pins.pop()) if len(pins) == 1 else None


def exact_of(specifier: str) -> str | None:
    """The version that a specifier pins, None where it allows more than one."""
    sign = next((sign for sign in _SIGNS if specifier.startswith(sign)), None)
    version = specifier[len(sign) :].strip() if sign else ""
    return version if version and "," not in version and "*" not in version else None


def is_at_least(build: Build, known: Installed, name: str, since: str) -> bool:
    """Whether the version of a distribution that will be installed is certainly `since` or a later one."""
    oldest = release(since)
    if oldest is None or known.names is None or name not in known.names:
        return False
    if known.closure is None:
        locked = release(version_of(build, name) or "")
        return locked is not None and not precedes(locked, oldest)
    member = known.closure.members.get(name)
    # Where not all that is asked for can be told, some of it may ask for an older one.
    if member is None:
        return False
    if member.described and member.distribution is not None:
        # pip takes the newest that is allowed, which is this one or a later one.
        version = release(member.distribution.version)
        return version is not None and not precedes(version, oldest)
    requirements = build.app.requirements.requirements if build.app.requirements else ()
    asked = outer([one.specifier for one in requirements if one.name == name and one.specifier])
    return asked is not None and asked.lower is not None and not precedes(asked.lower, oldest)
