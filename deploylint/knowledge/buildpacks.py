"""Buildpacks by name: which is Python's, and which others leave its files alone; data in `rules/buildpacks.toml`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from deploylint import package
from deploylint.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

_PARTS = re.compile(r"[/:]")
_ENDINGS = (".git", ".tgz", "/")
_PREFIX = "heroku-buildpack-"


class Buildpack(NamedTuple):
    """A buildpack as somebody `said` it; `name` is the registry's (`heroku/python`), `revision` None for today's."""

    said: str
    name: str
    revision: str | None = None

    @property
    def is_python(self) -> bool:
        """Whether it is the platforms' own Python buildpack, of whatever revision."""
        return self.name in _data()["python"]

    @property
    def is_fork_of_python(self) -> bool:
        """Whether it is somebody else's Python buildpack, whose rules are not known."""
        return not self.is_python and self.name.endswith(("/python", "/buildpack-python", "/python-buildpack"))

    @property
    def is_calm(self) -> bool:
        """Whether it brings no file by which the Python buildpack decides."""
        return self.is_python or self.name in _data()["calm"]

    @property
    def moves_the_root(self) -> bool:
        """Whether what lies in the root may be something else after it."""
        return any(word in self.name for word in _data()["elsewhere"])

    @property
    def written(self) -> tuple[str, str] | None:
        """The file that it reads, and the file of another package manager that it makes of it; None for most."""
        return next(((row["from"], row["file"]) for row in _data()["writes"] if row["name"] == self.name), None)


def buildpack(said: str) -> Buildpack:
    """The buildpack that a name stands for: `heroku/python`, `urn:buildpack:heroku/python`, or an address that ends
    with OWNER/NAME and may have a revision behind `#`.
    """
    address, _, revision = said.strip().partition("#")
    for ending in _ENDINGS:
        address = address.removesuffix(ending)
    *_, owner, name = ("", *_PARTS.split(address))
    return Buildpack(said, f"{owner}/{name.removeprefix(_PREFIX)}".lower(), revision or None)


def _data() -> Mapping[str, Any]:
    return package.table("buildpacks.toml")
