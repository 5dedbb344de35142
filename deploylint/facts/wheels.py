"""What the name of a wheel tells: for which Python, binary interface and system it is made.

`name-version(-build)-python-abi-system.whl`, each of the last three may be several joined by dots. Read in packaging's
`tags`, which pip and Poetry ask, and in `uv-platform-tags` of uv 0.12.5, which says the same for CPython on Linux.
"""

from __future__ import annotations

import re

from deploylint.record import NamedTuple

_INTERPRETER = re.compile(r"(cp|py)3([0-9]*)")
_LINUX = re.compile(r"(?:linux|(manylinux1|manylinux2010|manylinux2014)|manylinux_([0-9]{1,4})_([0-9]{1,4}))_(\w+)")
_LEGACY = {"manylinux1": (2, 5), "manylinux2010": (2, 12), "manylinux2014": (2, 17)}
_OLDEST = {"x86_64": (2, 5), "aarch64": (2, 17)}
"""The oldest C library that a tag may name for a machine; an older one is no tag of it."""
_OTHER_SYSTEMS = ("win", "macosx_", "musllinux_", "ios_", "android_", "emscripten_", "pyodide_", "freebsd_", "cygwin_")
_SYSTEMS = {"win": "Windows", "macosx_": "macOS", "musllinux_": "a Linux with musl, such as Alpine"}
# A name is cheap to read; this many dots in one, each of which gives one tag more, has none.
_TAGS = 60


class Target(NamedTuple):
    """A CPython on a Linux: `minor` of Python 3, `machine` as `uname -m` prints it, `glibc` its C library. What is None
    is not known, and hinders no wheel.
    """

    minor: int | None
    machine: str | None = None
    glibc: tuple[int, int] | None = None


class Misfit(NamedTuple):
    """Why a wheel does not fit: it is made for another `system`, `machine`, a newer C `library`, or another `python`,
    which `wants` names; with the kind `name` its name does not tell.
    """

    kind: str
    wants: str = ""


def misfit(file: str, target: Target) -> Misfit | None:
    """Why the target's Python does not take a wheel; None where it does, or where that cannot be told."""
    parts = file.removesuffix(".whl").split("-")
    if len(parts) not in (5, 6):
        return Misfit("name")
    if file.count(".") > _TAGS:
        return None
    pythons, abis, systems = (part.lower().split(".") for part in parts[-3:])
    found = [_system_misfit(system, target) for system in systems]
    if None not in found:
        return found[0]
    if target.minor is not None and not any(_runs(python, abi, target.minor) for python in pythons for abi in abis):
        return Misfit("python", _python(pythons[-1]))
    return None


def _system_misfit(tag: str, target: Target) -> Misfit | None:
    if tag == "any":
        return None
    if tag.startswith(_OTHER_SYSTEMS):
        return Misfit("system", next((name for start, name in _SYSTEMS.items() if tag.startswith(start)), tag))
    if target.machine is None:
        return None
    match = _LINUX.fullmatch(tag)
    if match is None:
        return Misfit("system", tag)
    if match[4] != target.machine:
        return Misfit("machine", match[4])
    library = _LEGACY[match[1]] if match[1] else (int(match[2]), int(match[3])) if match[2] else None
    if library is None or target.glibc is None:
        return None
    fits = _OLDEST.get(target.machine, (2, 17)) <= library <= target.glibc
    return None if fits else Misfit("library", f"{library[0]}.{library[1]}")


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


def _python(tag: str) -> str:
    match = re.fullmatch(r"(?:cp|py)([23])([0-9]*)", tag)
    return tag if match is None else f"Python {match[1]}.{match[2]}" if match[2] else f"Python {match[1]}"
