"""Distributions that pip cannot install on Linux, and names that no distribution has; data in `rules/refused.toml`.

The file is searched as text, and only the rows are parsed that are about a distribution of the app.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from deploylint import package
from deploylint.compat import tomllib
from deploylint.facts.releases import allows
from deploylint.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FILE = "refused.toml"


class Refusal(NamedTuple):
    """Why pip cannot install what is asked for. `topic`: `not-for-linux`, `refuses`, `no-file`, `no-such-version` or
    `not-published`. `kind` of `no-such-version`: `system`, `label` where a `+` stands in it, `nothing` where none
    is told; of `not-published`: `module` of the standard library, `system` for what comes with an operating system,
    `name` for a wrong name, `list` for one that the list of all names, of the month `why`, does not have. `system`
    is the one that the distribution is for, `instead` the distribution that was meant, `advice` a sentence that
    says more, `gone` tells that Python has it itself; `certain` is False where not every version was tried. Of `no-
    file`, `files` is the newest Python that the versions asked for have files for, and `newer` are the versions
    that have some for the Python in force, empty where none has. `headers` names the package of the system that a
    source needs to be compiled.
    """

    topic: str
    why: str = ""
    system: str = ""
    instead: str = ""
    kind: str = ""
    advice: str = ""
    gone: bool = False
    certain: bool = True
    files: str = ""
    newer: str = ""
    headers: str = ""


def suspects(names: Iterable[str]) -> frozenset[str]:
    """Those of the normalised `names` that the data may know."""
    words = _words()
    return frozenset(name for name in names if name in words)


def instead_of(name: str) -> str:
    """The distribution that took the place of `name`; the empty string where none is known."""
    row = (_row(name) or {}) if name else {}
    return str(row.get("instead", ""))


def refusal(name: str, pin: str | None, specifier: str, python: str | None, stack: str | None = None) -> Refusal | None:
    """Why pip cannot install the distribution `name` (normalised), in the version `pin` or, where that is None, in the
    one that it chooses by `specifier`, for the release `python` of Python, on `stack` where that is known; None where
    nothing is known to hinder it.
    """
    row = _row(name)
    if row is None:
        return _unpublished(name, pin, specifier)
    if "files" in row:
        return _without_file(row, pin, specifier, python)
    if "headers" in row and (stack is None or stack in row.get("on", ())):
        return None
    rows = (row, *row.get("also", ()))
    hit = next((each for each in rows if _is_hit(each, pin, specifier) and _is_for(each, python, stack)), None)
    if hit is None:
        return None
    topic = "not-for-linux" if "system" in row else "refuses"
    taken = {key: row[key] for key in ("system", "instead", "gone", "advice", "headers") if key in row}
    return Refusal(topic, row.get("source", ""), certain=hit.get("sure", row.get("sure", True)), **taken)


def _without_file(row: Mapping[str, Any], pin: str | None, specifier: str, python: str | None) -> Refusal | None:
    """Where every version that a line admits has files for older Pythons only, and none has a source. Of a version that
    the data does not know nothing is said; where a line admits such a version too, it is not certain.
    """
    wanted = f"=={pin}" if pin else specifier
    if python is None or "+" in wanted or "===" in wanted:
        return None
    minor = int(python.split(".")[1])
    rows: list[tuple[str, int]] = row["files"]
    last = 0
    for versions, newest in rows:
        if not _is_apart(wanted, versions):
            if newest >= minor:
                return None
            last = max(last, newest)
    if not last:
        return None
    newer = next((versions.partition(",")[0] for versions, newest in rows if newest >= minor), "")
    beyond = rows[-1][0].rpartition(",<=")[2]
    return Refusal("no-file", certain=_is_apart(wanted, f">{beyond}"), files=f"3.{last}", newer=newer)


def _is_apart(one: str, other: str) -> bool:
    """Whether certainly no version suits both specifiers."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.version import InvalidVersion

    from deploylint.facts.pippins import exclude

    try:
        return exclude(SpecifierSet(one), SpecifierSet(other))
    except (InvalidSpecifier, InvalidVersion):
        return True


def _is_hit(row: Mapping[str, Any], pin: str | None, specifier: str) -> bool:
    """Whether the row speaks of the version that pip takes."""
    if "versions" not in row:
        return True
    if pin is not None:
        return allows(row["versions"], pin) is True
    # Of a range that ends somewhere, which version is the newest is not known here.
    return bool(row.get("newest")) and not any(sign in specifier for sign in ("<", "=", "~"))


def _is_for(row: Mapping[str, Any], python: str | None, stack: str | None) -> bool:
    """Whether the row speaks of this Python, on this stack."""
    if "stacks" in row and stack not in row["stacks"]:
        return False
    return "python" not in row or (python is not None and allows(row["python"], python) is True)


def _unpublished(name: str, pin: str | None, specifier: str) -> Refusal | None:
    rows = _names()
    withdrawn = rows["withdrawn"].get(name)
    if withdrawn and specifier and (pin is None or allows(withdrawn, pin) is not False):
        return None
    if pin is not None and allows(rows["versions"].get(name, "<0"), pin):
        return Refusal("no-such-version", kind="system", advice=_OTHER, certain=name not in rows["elsewhere"].split())
    if name in rows["modules"].split():
        # The index may hold a version of the past that can only be had by its number.
        return Refusal("not-published", kind="module", certain=pin is None)
    if name in rows["systems"].split():
        return Refusal("not-published", kind="system")
    if name in rows["names"]:
        return Refusal("not-published", kind="name", instead=rows["names"][name])
    if name in rows["likely"]:
        return Refusal("not-published", kind="name", instead=rows["likely"][name], certain=False)
    return None


# Debian's and Ubuntu's own releases of a package, which pip prints for the Python of such a system.
_OF_DEBIAN = re.compile(r"\+(?:ubuntu|deb|dfsg|ds\.?\d)|\d(?:ubuntu|build)\d")
_OTHER = "Write a version that the index has, or none."
_PLACE = (
    "Name the place that has it in the file, with `--extra-index-url` or `--find-links`, or leave out the + and what "
    "comes behind it."
)


def labelled(pin: str) -> Refusal | None:
    """Why the public index has no version `pin` of whatever distribution: it takes none with a `+` (a local version
    label), none that is not of the usual form, and none without any character; None where it may have it. Source:
    warehouse `forklift/legacy.py`.
    """
    if not pin:
        return Refusal("no-such-version", kind="nothing", advice="Write `==` with a version, or the name alone.")
    if _OF_DEBIAN.search(pin):
        return Refusal("no-such-version", kind="system", advice=_OTHER)
    # Whoever asks for a label has a place that has it, which a config var may name.
    return Refusal("no-such-version", kind="label", advice=_PLACE, certain=False) if "+" in pin else None


_HEAD = "[distributions."
_NAMES = "\n[unpublished]\n"


@lru_cache(1)
def _text() -> str:
    return package.read(FILE)


@lru_cache(1)
def _words() -> frozenset[str]:
    """The names of the data, and some words more."""
    rows, _, names = _text().partition(_NAMES)
    heads = (line[len(_HEAD) : -1] for line in rows.splitlines() if line.startswith(_HEAD))
    lines = (line.partition(" = ")[0] for line in names.splitlines() if not line.startswith("#"))
    return frozenset((*heads, *(word.strip('"') for line in lines for word in line.split())))


# tomllib takes longer for the whole file than for all else that a run reads.


def _row(name: str) -> Mapping[str, Any] | None:
    """The row of a distribution."""
    start = _text().find(f"\n{_HEAD}{name}]\n")
    if start < 0:
        return None
    block = _text()[start + 1 :].partition("\n\n")[0]
    found: Mapping[str, Any] = tomllib.loads(block)["distributions"][name]
    return found


def likely() -> Mapping[str, str]:
    """What was meant by names for which nothing else tells it."""
    found: Mapping[str, str] = _names()["likely"]
    return found


@lru_cache(1)
def _names() -> Mapping[str, Any]:
    """The names that nobody has published."""
    found: Mapping[str, Any] = tomllib.loads(_NAMES + _text().partition(_NAMES)[2])["unpublished"]
    return found
