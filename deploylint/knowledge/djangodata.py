"""What is known of Django itself; data in `rules/django.toml`."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from deploylint import package

if TYPE_CHECKING:
    from collections.abc import Mapping

Series = tuple[int, int]

_PREFIX = "django."


def data() -> Mapping[str, Any]:
    """The data file."""
    return package.table("django.toml")


@lru_cache
def drivers() -> tuple[Mapping[str, Any], ...]:
    """The engines of databases with the modules that they need: `engines`, `modules`, `distribution`."""
    return tuple(package.table("runtime.toml")["driver"])


@lru_cache
def caches() -> Mapping[str, Mapping[str, Any]]:
    """The backends of caches that need a client: by name `module`, `distribution`, and whether it is asked for when the
    cache is `made`, or only in use.
    """
    return {row["backend"]: row for row in package.table("runtime.toml")["cache"]}


def since(version: str, series: Series | None) -> bool | None:
    """Whether a series is `version` or newer; None where it is not known, or older than all that is known of."""
    if series is None or series < numbers(data()["oldest"]):
        return None
    return series >= numbers(version)


def reached(version: str, series: Series | None) -> bool:
    """Whether a series, however old, is certainly `version` or newer."""
    return series is not None and series >= numbers(version)


def has(name: str, series: Series | None) -> bool | None:
    """Whether Django has a thing of this dotted name, of those that settings name so; None where that cannot be said:
    of parts of Django whose names are not listed, and of series that are not known where they differ.
    """
    if not name.startswith(_PREFIX):
        return None
    short = name.removeprefix(_PREFIX)
    if short in _names(series):
        return True
    if series is not None and since(data()["oldest"], series) is None:
        return None
    if series is None or series > _newest():
        return None
    return False if short in _all() or _is_listed(short) else None


@lru_cache
def _names(series: Series | None) -> frozenset[str]:
    """The names of a series; of one that is not known those that every series has."""
    found = _oldest()
    for version, change in data()["names"]["series"].items():
        if series is None:
            found.difference_update(change["removed"].split())
        elif numbers(version) <= series:
            found.update(change["added"].split())
            found.difference_update(change["removed"].split())
    return frozenset(found)


@lru_cache
def _all() -> frozenset[str]:
    found = _oldest()
    for change in data()["names"]["series"].values():
        found.update(change["added"].split())
    return frozenset(found)


def _oldest() -> set[str]:
    return {*data()["names"]["known"].split(), *data()["names"]["aliases"].split()}


def _newest() -> Series:
    return max(map(numbers, data()["names"]["series"]))


def _is_listed(short: str) -> bool:
    """Whether this name would be listed if it were there."""
    if short.startswith(tuple(data()["names"]["whole"])):
        return True
    above = short.rpartition(".")[0]
    package = ".".join(short.split(".")[:2])
    if short.startswith("contrib.") and not any(name.startswith(package) for name in _all()):
        return True
    return any(name.rpartition(".")[0] == above for name in _all())


def near(name: str) -> str | None:
    """The one name of Django's that was probably meant."""
    from difflib import get_close_matches

    found = get_close_matches(name, [_PREFIX + short for short in _all()], n=1, cutoff=0.85)
    return found[0] if found else None


def numbers(version: str) -> Series:
    """`4.2` as numbers."""
    major, minor = version.split(".")[:2]
    return int(major), int(minor)
