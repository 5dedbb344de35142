"""The standard library of each series of Python; data in `rules/stdlib.toml`."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from deploylint import package

if TYPE_CHECKING:
    from collections.abc import Mapping


@lru_cache
def names(version: tuple[int, int]) -> frozenset[str]:
    """The top-level modules of a series on Linux; for one that is newer than the data those of the newest known."""
    data = _data()
    found = set(data["names"].split())
    for series, change in data["series"].items():
        if _numbers(series) <= version:
            found.update(change["added"].split())
            found.difference_update(change["removed"].split())
    return frozenset(found) - windows_only()


def windows_only() -> frozenset[str]:
    """The modules that only Windows has."""
    return frozenset(_data()["systems"]["windows"].split())


def removed_in(module: str, version: tuple[int, int]) -> str | None:
    """The series up to `version` that lost the top-level module; None for one that it has or never had."""
    lost = None
    for series, change in _data()["series"].items():
        if _numbers(series) <= version and module in change["removed"].split():
            lost = series
    return lost


def lost_in(module: str, name: str, version: tuple[int, int]) -> str | None:
    """The series up to `version` that took a name, or a module, out of a module that it kept."""
    for series, lost in _data()["lost"].items():
        if _numbers(series) <= version and name in lost.get(module, "").split():
            return str(series)
    return None


def instead_of(module: str, name: str = "") -> str | None:
    """What Python has in place of a module of Python 2, or of a name that a module has lost."""
    data = _data()
    found: Mapping[str, str] = {**data["instead"], **data["moved"]}
    return found.get(f"{module}.{name}" if name else module) or found.get(module)


def _numbers(series: str) -> tuple[int, int]:
    major, _, minor = series.partition(".")
    return int(major), int(minor)


def _data() -> Mapping[str, Any]:
    return package.table("stdlib.toml")
