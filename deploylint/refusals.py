"""Distributions that pip cannot install on Linux, and names that no distribution has; data in `rules/refused.toml`.

The file is read as text first, and parsed only where a name of the app occurs in it: most apps have none.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from deploylint import package
from deploylint.compat import tomllib
from deploylint.distributions import allows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FILE = "refused.toml"


class Refusal(NamedTuple):
    """Why pip cannot install what is asked for. `topic`: `not-for-linux`, `refuses` or `not-published`; `kind` of the
    last: `module` of the standard library, `system` for what comes with an operating system, `name` for a wrong name.
    `system` is the one that the distribution is for, `instead` the distribution that was meant, `advice` a sentence
    that says more, `gone` tells that Python has it itself; `certain` is False where not every version was tried.
    """

    topic: str
    why: str = ""
    system: str = ""
    instead: str = ""
    kind: str = ""
    advice: str = ""
    gone: bool = False
    certain: bool = True


def suspects(names: Iterable[str]) -> frozenset[str]:
    """Those of the normalised `names` that the data may know."""
    words = _words()
    return frozenset(name for name in names if name in words or f"[distributions.{name}]" in words)


def refusal(name: str, pin: str | None, specifier: str, python: str | None) -> Refusal | None:
    """Why pip cannot install the distribution `name` (normalised), in the version `pin` or, where that is None, in the
    one that it chooses by `specifier`, for the release `python` of Python; None where nothing is known to hinder it.
    """
    row = _data()["distributions"].get(name)
    if row is None:
        return _unpublished(name, pin, specifier)
    if not _is_hit(row, pin, specifier):
        return None
    if "python" in row and (python is None or allows(row["python"], python) is not True):
        return None
    topic = "not-for-linux" if "system" in row else "refuses"
    taken = {key: row[key] for key in ("system", "instead", "gone", "advice") if key in row}
    return Refusal(topic, row.get("source", ""), certain=row.get("sure", True), **taken)


def _is_hit(row: Mapping[str, Any], pin: str | None, specifier: str) -> bool:
    """Whether the row speaks of the version that pip takes."""
    if "versions" not in row:
        return True
    if pin is not None:
        return allows(row["versions"], pin) is True
    # Of a range that ends somewhere, which version is the newest is not known here.
    return bool(row.get("newest")) and not any(sign in specifier for sign in ("<", "=", "~"))


def _unpublished(name: str, pin: str | None, specifier: str) -> Refusal | None:
    rows = _data()["unpublished"]
    withdrawn = rows["withdrawn"].get(name)
    if withdrawn and specifier and (pin is None or allows(withdrawn, pin) is not False):
        return None
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


@lru_cache(1)
def _words() -> frozenset[str]:
    return frozenset(_text().replace('"""', " ").split())


@lru_cache(1)
def _text() -> str:
    return package.read(FILE)


@lru_cache(1)
def _data() -> Mapping[str, Any]:
    return tomllib.loads(_text())
