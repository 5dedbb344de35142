"""The data that ships with deploylint: rule files, platform files, tables; the folder `rules/` of the repository.

It is installed as the package `deploylint.rules`. `importlib.resources` would do, but its import takes as long as a
third of a run, so it serves only where the package lies in an archive (zipapp).
"""

from __future__ import annotations

import os
from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from mmap import mmap

    Bytes = bytes | mmap

PACKAGE = "deploylint.rules"


@lru_cache
def _folder() -> str:
    """Where the data lies on the disk; the empty string where it does not lie on the disk as such."""
    path = str(import_module(PACKAGE).__path__[0])
    return path if os.path.isdir(path) else ""


def names(folder: str = "") -> list[str]:
    """The names of the files in a folder of the data, sorted."""
    if _folder():
        return sorted(os.listdir(os.path.join(_folder(), folder)))
    from importlib.resources import files

    return sorted(file.name for file in (files(PACKAGE) / folder if folder else files(PACKAGE)).iterdir())


def read(name: str) -> str:
    """The text of one file of the data. FileNotFoundError where it is not there."""
    if _folder():
        with open(os.path.join(_folder(), name), encoding="utf-8", newline="") as file:
            return file.read()
    from importlib.resources import files

    return files(PACKAGE).joinpath(name).read_text(encoding="utf-8")


@lru_cache
def table(name: str) -> Mapping[str, Any]:
    """The contents of one TOML file of the data, read once. FileNotFoundError where it is not there."""
    from deploylint.compat import tomllib

    return tomllib.loads(read(name))


@lru_cache
def view(name: str) -> Bytes:
    """The bytes of one file of the data, of which only those that are looked at are read from the disk.
    FileNotFoundError where it is not there.
    """
    if _folder():
        from mmap import ACCESS_READ, mmap

        with open(os.path.join(_folder(), name), "rb") as file:
            return mmap(file.fileno(), 0, access=ACCESS_READ)
    from importlib.resources import files

    return files(PACKAGE).joinpath(name).read_bytes()
