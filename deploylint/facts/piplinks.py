"""What the link of a requirement tells before anything is fetched: whether pip can fetch it, and for what a wheel is.

Wheels are files for certain Pythons and systems, and say so in their names: `name-version-python-abi-system.whl`. Read
in pip 26.2.1 (`resolution/resolvelib/factory.py`, `models/wheel.py`, `network/session.py`) and in packaging's `tags`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from deploylint.facts.piprequirement import SYSTEM_SCHEMES

if TYPE_CHECKING:
    from deploylint.facts.requirements import Requirement

_FETCHED = frozenset({"http", "https", "file"}) | SYSTEM_SCHEMES
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_INTERPRETER = re.compile(r"(cp|py)3([0-9]*)")
_OTHER_SYSTEMS = ("win", "macosx_", "musllinux_", "ios_", "android_", "emscripten_", "pyodide_", "freebsd_", "cygwin_")
# A name is cheap to read; this many dots in one, each of which gives one tag more, has none.
_TAGS = 60


def scheme_trouble(requirement: Requirement) -> str:
    """Why pip cannot fetch from the link of `requirement`; empty where it can try."""
    if requirement.url is None:
        return ""
    match = _SCHEME.match(requirement.url)
    if match is None:
        return f"{requirement.url} is no link"
    if match[1].lower() in SYSTEM_SCHEMES and re.split("[?#]", requirement.url, maxsplit=1)[0].endswith("@"):
        return f"{requirement.url} names no branch, tag or commit after its @"
    if match[1].lower() in _FETCHED or requirement.editable:
        return ""
    return f"{requirement.url} begins with {match[1]}:, which is no kind of link that it knows"


def wheel_file(requirement: Requirement) -> str | None:
    """The file name of the wheel that a requirement points to; None where it points to something else."""
    if requirement.editable:
        return None
    link = requirement.local_path if requirement.url is None else re.split("[?#]", requirement.url, maxsplit=1)[0]
    if link is None or not link.rstrip("/").endswith(".whl"):
        return None
    from urllib.parse import unquote

    return unquote(link).rstrip("/").rpartition("/")[2]


def wheel_trouble(file: str, minor: int | None) -> str:
    """Why a wheel cannot be installed on Linux by Python 3.`minor` (None where that is not known); empty where it can,
    or where it cannot be told.
    """
    parts = file.removesuffix(".whl").split("-")
    if len(parts) not in (5, 6):
        return "its name does not tell for which Python and system it is made"
    if file.count(".") > _TAGS:
        return ""
    pythons, abis, systems = (part.lower().split(".") for part in parts[-3:])
    if all(system.startswith(_OTHER_SYSTEMS) for system in systems):
        return f"it is made for {_system(systems[0])}, not for the platform's Linux"
    if minor is not None and not any(_runs(python, abi, minor) for python in pythons for abi in abis):
        return f"it is made for {_python(pythons[-1])}, and the app gets Python 3.{minor}"
    return ""


def _runs(python: str, abi: str, minor: int) -> bool:
    """Whether CPython 3.`minor` takes files for an interpreter and its binary interface."""
    match = _INTERPRETER.fullmatch(python)
    if match is None:
        return False
    kind, wanted = match[1], int(match[2]) if match[2] else None
    if kind == "py":
        return abi == "none" and (wanted is None or wanted <= minor)
    if wanted is None or wanted > minor:
        return False
    return abi == "abi3" if wanted < minor else abi in ("none", "abi3", python)


def _system(tag: str) -> str:
    known = {"win": "Windows", "macosx_": "macOS", "musllinux_": "a Linux with musl, such as Alpine"}
    return next((name for start, name in known.items() if tag.startswith(start)), tag)


def _python(tag: str) -> str:
    match = re.fullmatch(r"(?:cp|py)([23])([0-9]*)", tag)
    return tag if match is None else f"Python {match[1]}.{match[2]}" if match[2] else f"Python {match[1]}"
