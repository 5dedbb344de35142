"""Which Django the build installs, as a series."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from deploylint.app import REQUIREMENTS
from deploylint.distributions import distribution

if TYPE_CHECKING:
    from deploylint.steps import Build

Series = tuple[int, int]

_FILES = (REQUIREMENTS, "Pipfile.lock", "poetry.lock", "uv.lock")

_PINNED = re.compile(r"(?:===?|~=)\s*v?(\d+)\.(\d+)[^,]*")
_LOCKED = re.compile(r'^name = "django"\nversion = "(\d+)\.(\d+)', re.MULTILINE | re.IGNORECASE)


def django_series(build: Build) -> Series | None:
    """The series of the Django that is installed: of a pin or lock; the newest that is known where nothing is asked of
    it; None where that cannot be told.
    """
    files = [path for path in _FILES if build.app.tree.is_file(path)]
    if len(files) != 1:
        return None
    if files[0] != REQUIREMENTS:
        return _locked(build, files[0])
    requirements = build.app.requirements
    asked = [found for found in requirements.requirements if found.name == "django"] if requirements else []
    if len(asked) != 1 or asked[0].marker or asked[0].url or asked[0].unknown:
        return None
    if not asked[0].specifier:
        known = distribution("django")
        return _numbers(known.version) if known else None
    return _of_specifier(asked[0].specifier)


def _of_specifier(specifier: str) -> Series | None:
    found = _PINNED.fullmatch(specifier)
    # `~=4.2` allows 4.3 too, `~=4.2.1` does not.
    loose = specifier.startswith("~=") and specifier.count(".") < 2
    return None if found is None or loose else (int(found[1]), int(found[2]))


def _locked(build: Build, path: str) -> Series | None:
    text = build.app.tree.text(path).value
    if path.endswith(".lock") and not text.lstrip().startswith("{"):
        found = _LOCKED.search(text)
        return (int(found[1]), int(found[2])) if found else None
    try:
        version = json.loads(text)["default"]["django"]["version"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return _of_specifier(version) if isinstance(version, str) else None


def _numbers(version: str) -> Series | None:
    found = re.match(r"(\d+)\.(\d+)", version)
    return (int(found[1]), int(found[2])) if found else None
