"""What the link of a requirement tells before anything is fetched: whether pip can fetch it, and what wheel it names.

Read in pip 26.2.1 (`resolution/resolvelib/factory.py`, `models/wheel.py`, `network/session.py`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from deploylint.facts.piprequirement import SYSTEM_SCHEMES
from deploylint.record import NamedTuple

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


class Remote(NamedTuple):
    """Where git is to fetch a repository: `kind` is `ssh`, or `git` for its own protocol; `public` is the address by
    which everybody could fetch it if it is public.
    """

    kind: str
    host: str
    public: str


_REMOTE = re.compile(r"(?:git\+)?(ssh|git)://(?:[^/@\s]*@)?([A-Za-z0-9.-]+)(?::[0-9]+(?=/))?[:/]+([^\s@#?]+)")
_SCP = re.compile(r"(?:git\+)?[A-Za-z0-9_.-]+@([A-Za-z0-9.-]+):(?!//)/?([^\s@#?]+)")


def remote(address: str) -> Remote | None:
    """What the address of a git repository tells, of pip's kind (`git+ssh://…`) or of git's own (`git@host:path`); None
    where git needs neither ssh nor its own protocol for it.
    """
    found = _REMOTE.match(address)
    if found is not None:
        return Remote(found[1].lower(), found[2].lower(), f"https://{found[2].lower()}/{found[3]}")
    found = _SCP.match(address)
    return Remote("ssh", found[1].lower(), f"https://{found[1].lower()}/{found[2]}") if found is not None else None


def wheel_file(requirement: Requirement) -> str | None:
    """The file name of the wheel that a requirement points to; None where it points to something else."""
    if requirement.editable:
        return None
    link = requirement.local_path if requirement.url is None else re.split("[?#]", requirement.url, maxsplit=1)[0]
    if link is None or not link.rstrip("/").endswith(".whl"):
        return None
    from urllib.parse import unquote

    return unquote(link).rstrip("/").rpartition("/")[2]
