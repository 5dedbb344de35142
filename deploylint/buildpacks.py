"""Buildpacks by name: which is Python's, and which others leave its files alone; data in `rules/buildpacks.toml`."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from deploylint import package
from deploylint.compat import tomllib

if TYPE_CHECKING:
    from collections.abc import Mapping

_PARTS = re.compile(r"[/:]")
_ENDINGS = (".git", ".tgz", "/")
_PREFIX = "heroku-buildpack-"


class Buildpack(NamedTuple):
    """A buildpack as it is `written`; `name` as the registry has it (`heroku/python`), `revision` None for today's."""

    written: str
    name: str
    revision: str | None = None

    @property
    def is_python(self) -> bool:
        """Whether it is the platforms' own Python buildpack, of whatever revision."""
        return self.name in _data()["python"]

    @property
    def is_calm(self) -> bool:
        """Whether it leaves alone what the Python buildpack decides by."""
        return self.is_python or self.name in _data()["calm"]


def buildpack(written: str) -> Buildpack:
    """The buildpack that a name stands for: `heroku/python`, `urn:buildpack:heroku/python`, or an address that ends
    with OWNER/NAME and may have a revision behind `#`.
    """
    address, _, revision = written.strip().partition("#")
    for ending in _ENDINGS:
        address = address.removesuffix(ending)
    *_, owner, name = ("", *_PARTS.split(address))
    return Buildpack(written, f"{owner}/{name.removeprefix(_PREFIX)}".lower(), revision or None)


@lru_cache
def _data() -> Mapping[str, Any]:
    return tomllib.loads(package.read("buildpacks.toml"))
