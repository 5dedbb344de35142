"""Platforms as data: what each one does with an app, read from `rules/platforms/*.toml`.

A platform file may extend another (`extends = "heroku"`): its tables are laid over the other's, key by key. Nothing
here decides anything about an app; that is the plan's work.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from deploylint import package
from deploylint.compat import tomllib
from deploylint.errors import UsageError, nearest
from deploylint.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT = "heroku"
"""The platform that is judged for where nothing names another."""

_FOLDER = "platforms"

_STALE_AFTER = dt.timedelta(days=274)
"""Data older than nine months no longer knows for certain what does not exist."""


class Manager(NamedTuple):
    """A package manager: the file in the root that chooses it, and the command that then runs."""

    id: str
    title: str
    file: str
    command: str


class VersionSource(NamedTuple):
    """A file that may name the Python version. With `managers` it is read with those package managers only; a
    package manager of `refused_by` ends the build where the file is there.
    """

    file: str
    grammar: str
    status: str
    managers: tuple[str, ...] = ()
    refused_by: tuple[str, ...] = ()


class Series(NamedTuple):
    """A series of Pythons (`3.13`) that the platform builds."""

    name: str
    latest: str
    since: dt.date
    removed: dt.date | None = None


class Addon(NamedTuple):
    """What is provisioned for Django apps: `manage_py` is `root` or `found`; of each group of `needs` one distribution
    must be installed.
    """

    plan: str
    manage_py: str
    needs: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Platform:
    """One platform. `data` is its file with that of its ancestors; the properties name what the plan asks for."""

    id: str
    lineage: tuple[str, ...]
    data: Mapping[str, Any] = field(repr=False)

    @property
    def title(self) -> str:
        """For people."""
        return str(self.data["title"])

    @property
    def as_of(self) -> dt.date:
        """The day on which the data was true."""
        day: dt.date = self.data["as_of"]
        return day

    @property
    def frozen(self) -> bool:
        """Whether this is a platform of the past, always judged on its own day."""
        return bool(self.data["frozen"])

    def is_stale(self, today: dt.date) -> bool:
        """Whether the data is too old to say that something newer does not exist."""
        return not self.frozen and today - self.as_of > _STALE_AFTER

    @property
    def stacks(self) -> tuple[str, ...]:
        """The stacks that its buildpack accepts."""
        return tuple(self.data["stacks"]["accepted"])

    @property
    def recommended_stack(self) -> str:
        """The stack of a new app."""
        return str(self.data["stacks"]["recommended"])

    @cached_property
    def managers(self) -> tuple[Manager, ...]:
        """The package managers, in the order in which the platform looks for their files."""
        return tuple(Manager(**row) for row in self.data["packages"]["managers"])

    @cached_property
    def version_sources(self) -> tuple[VersionSource, ...]:
        """The files that may name the Python version, the first that is there wins."""
        return tuple(
            VersionSource(
                row["file"],
                row["grammar"],
                row["status"],
                tuple(row.get("managers", ())),
                tuple(row.get("refused_by", ())),
            )
            for row in self.data["python"]["sources"]
        )

    @cached_property
    def series(self) -> Mapping[str, Series]:
        """The series of Pythons by name, oldest first; empty where versions are names of archives."""
        return {
            name: Series(name, row["latest"], row["since"], row.get("removed"))
            for name, row in self.data["python"].get("series", {}).items()
        }

    def archives(self, stack: str) -> tuple[str, ...]:
        """The runtimes that can be asked for on `stack`, where versions are names of archives."""
        archives = self.data["python"].get("archives", {})
        return (*archives.get("available", ()), *archives.get("only", {}).get(stack, ()))

    @cached_property
    def addon(self) -> Addon | None:
        """The add-on that Django apps get, if any."""
        row = self.data["django"]["addon"]
        return Addon(row["plan"], row["manage_py"], tuple(map(tuple, row["needs"]))) if row else None


def platform_ids() -> list[str]:
    """The ids of all platforms, the default one first."""
    found = [name.removesuffix(".toml") for name in package.names(_FOLDER) if name.endswith(".toml")]
    return sorted(found, key=lambda id_: (id_ != DEFAULT, id_))


@lru_cache
def load(id_: str) -> Platform:
    """The platform with this id. UsageError, with the nearest id, if there is none."""
    data, lineage = _read(id_)
    return Platform(id_, lineage, data)


def _read(id_: str) -> tuple[Mapping[str, Any], tuple[str, ...]]:
    try:
        text = package.read(f"{_FOLDER}/{id_}.toml") if id_.replace("-", "").isalnum() else None
    except OSError:
        text = None
    if text is None:
        raise UsageError(f"unknown platform: {id_}{nearest(id_, platform_ids())}")
    data = tomllib.loads(text)
    parent = data.get("extends")
    if parent is None:
        return data, (id_,)
    inherited, lineage = _read(parent)
    return _overlay(inherited, data), (id_, *lineage)


def _overlay(below: Mapping[str, Any], above: Mapping[str, Any]) -> Mapping[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        merged[key] = _overlay(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged
