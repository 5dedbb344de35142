"""Versions that pip installs and Python cannot import; data in `rules/broken.toml`.

The file is cut at its rows, and only those about a distribution of the app are parsed.
"""

from __future__ import annotations

import re
from functools import lru_cache

from deploylint import package
from deploylint.compat import tomllib
from deploylint.record import NamedTuple

FILE = "broken.toml"
_NAME = re.compile(r"[a-z0-9-]*")
_ROW = "\n[[row]]\n"


class Row(NamedTuple):
    """One distribution, in `versions`, whose `module` ends with `error`: with the Pythons of `python`, beside a version
    of another distribution (`beside`, as a requirement), or where the distribution `without` is not installed.
    `advice` is a sentence, `seen` the versions that were tried; with `newest` its newest version is broken too.
    """

    name: str
    versions: str
    module: str
    error: str
    advice: str
    seen: str
    python: str = ""
    beside: str = ""
    without: str = ""
    newest: bool = False


def rows(name: str) -> tuple[Row, ...]:
    """What is known of the distribution `name` (normalised)."""
    head = f'name = "{name}"\n'
    texts = [text for text in _texts() if text.startswith(head)]
    return tuple(Row(**row) for row in tomllib.loads("".join(f"[[row]]\n{text}\n" for text in texts)).get("row", ()))


def known() -> frozenset[str]:
    """The distributions of which something is known."""
    return frozenset(text.split('"', 2)[1] for text in _texts())


def moved() -> frozenset[str]:
    """The distributions whose newer versions others could not be imported beside."""
    beside = (text.partition('\nbeside = "')[2] for text in _texts())
    return frozenset(name for text in beside for name in _NAME.findall(text)[:1] if name)


@lru_cache(1)
def _texts() -> tuple[str, ...]:
    return tuple(text.partition("\n\n")[0] for text in package.read(FILE).split(_ROW)[1:])
