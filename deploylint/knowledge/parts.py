"""What libraries leave to the app to install; data in `rules/parts.toml`."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from deploylint import package
from deploylint.record import NamedTuple

FILE = "parts.toml"
_LIBRARY = re.compile(r'^library = "([^"]+)"$', re.MULTILINE)


class Part(NamedTuple):
    """Where `kind` of use of one of `words` needs the distribution `needs` beside `library`, in its `versions`, or
    ends with `error`. `bases` are the classes whose fields count, `add` is what to declare, `what` what the app
    does. `given` is an argument, `NAME=TEXT`, that a call has to have; the rest holds for the Pythons of `python`.
    `late`: it ends when it is used, not when the module is loaded.
    """

    library: str
    kind: str
    words: tuple[str, ...]
    needs: str
    add: str
    error: str
    what: str
    seen: str
    versions: str = ""
    bases: tuple[str, ...] = ()
    given: str = ""
    python: str = ""
    late: bool = False


def libraries() -> frozenset[str]:
    """The distributions that leave something to the app."""
    return frozenset(_LIBRARY.findall(package.read(FILE)))


@lru_cache(1)
def parts() -> tuple[Part, ...]:
    """All rows."""
    rows: list[dict[str, Any]] = package.table(FILE)["row"]
    return tuple(Part(**{**row, "words": tuple(row["words"]), "bases": tuple(row.get("bases", ()))}) for row in rows)
