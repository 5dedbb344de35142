"""What the link of a requirement tells before anything is fetched: whether pip can fetch it, and what wheel it names.

Read in pip 26.2.1 (`resolution/resolvelib/factory.py`, `models/wheel.py`, `network/session.py`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from deploylint.facts.piprequirement import SYSTEM_SCHEMES

if TYPE_CHECKING:
    from deploylint.facts.requirements import Requirement

_FETCHED = frozenset({"http", "https", "file"}) | SYSTEM_SCHEMES
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")


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
