"""Which Django the build installs, as a series."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from deploylint.app import REQUIREMENTS
from deploylint.facts.releases import within
from deploylint.knowledge.distributions import distribution
from deploylint.knowledge.djangodata import data, numbers
from deploylint.steps.versions import version_of

if TYPE_CHECKING:
    from deploylint.steps import Build

Series = tuple[int, int]

_FILES = (REQUIREMENTS, "Pipfile.lock", "poetry.lock", "uv.lock")

_PINNED = re.compile(r"===?v?(\d+)\.(\d+)[^,*]*")


def django_series(build: Build) -> Series | None:
    """The series of the Django that is installed: of a pin or lock; the newest that is known where nothing is asked of
    it; None where that cannot be told.
    """
    files = [path for path in _FILES if build.app.tree.is_file(path)]
    if len(files) != 1:
        return None
    if files[0] != REQUIREMENTS:
        return _numbers(version_of(build, "django") or "")
    requirements = build.app.requirements
    asked = [found for found in requirements.requirements if found.name == "django"] if requirements else []
    if len(asked) != 1 or asked[0].marker or asked[0].url or asked[0].unknown:
        return None
    return _of_specifier(asked[0].specifier)


def _of_specifier(specifier: str) -> Series | None:
    """The newest series that a specifier allows, up to the newest that is known."""
    found = _PINNED.fullmatch(specifier)
    if found is not None:
        return int(found[1]), int(found[2])
    known = distribution("django")
    newest = _numbers(known.version) if known else None
    if not specifier:
        return newest
    series = sorted(map(numbers, (data()["oldest"], *data()["names"]["series"])), reverse=True)
    for major, minor in series:
        # A release of it that is late, or its first.
        allowed = (within(specifier, f"{major}.{minor}.{patch}") for patch in (99, 0))
        if newest is not None and (major, minor) <= newest and any(allowed):
            return major, minor
    return None


def _numbers(version: str) -> Series | None:
    found = re.match(r"(\d+)\.(\d+)", version)
    return (int(found[1]), int(found[2])) if found else None
