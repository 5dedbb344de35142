"""Where a requirements file tells pip to look: indexes that pip passes over, and passwords in addresses.

Read in pip 26.2.1 (`network/session.py` SECURE_ORIGINS, `index/collector.py`): an index that is reached by http is
ignored with a warning, unless its host is trusted by an option, or is the machine itself.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from deploylint.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploylint.facts.requirements import Option, Requirements
    from deploylint.text import Span

_ADDRESS = re.compile(r"(?:[A-Za-z][A-Za-z0-9.-]*\+)?([A-Za-z][A-Za-z0-9.-]*)://(?:([^/@\s]*)@)?([^/?#\s]*)")
_OWN = re.compile(r"localhost|127(?:\.[0-9]{1,3}){3}|\[::1\]", re.IGNORECASE)
_PLACES = ("--index-url", "--extra-index-url", "--find-links")
_MANY = 200


class Login(NamedTuple):
    """A user name or password that stands in an address, at `span`: the whole line or value."""

    host: str
    span: Span


def ignored_index(requirements: Requirements) -> Option | None:
    """The only index, where pip passes over it and no other place is left; None where it has one, or nobody knows."""
    options = [option for file in requirements.files for option in file.options if not option.ignored][:_MANY]
    indexes = [option for option in options if option.name == "--index-url"]
    others = any(option.name in ("--extra-index-url", "--find-links", "--no-index") for option in options)
    if not indexes or others or requirements.problems:
        return None
    match = _ADDRESS.match(indexes[-1].value)
    if match is None or match[1].lower() != "http" or "$" in match[0]:
        return None
    host, _, port = match[3].rpartition(":") if re.search(r":[0-9]+$", match[3]) else (match[3], "", "")
    trusted = {option.value.lower() for option in options if option.name == "--trusted-host"}
    if _OWN.fullmatch(host) or {host.lower(), f"{host}:{port}".lower()} & trusted:
        return None
    return indexes[-1]


def logins(requirements: Requirements) -> Iterator[Login]:
    """The addresses with a password in them: of indexes, and of what is installed from a link."""
    for file in requirements.files:
        for option in file.options[:_MANY]:
            if option.name in _PLACES and (host := _secret_host(option.value)):
                yield Login(host, option.value_span)
        for found in file.requirements:
            if found.url is not None and (host := _secret_host(found.url)):
                yield Login(host, found.span)


def _secret_host(address: str) -> str:
    """The host of an address that tells a password, or a token in the place of the user; else the empty string."""
    match = _ADDRESS.match(address)
    if match is None or not match[2] or "$" in match[2]:
        return ""
    user, colon, password = match[2].partition(":")
    ssh = match[1].lower() == "ssh"
    if (colon and len(password) > 3) or (not colon and not ssh and len(user) >= 16):
        return match[3]
    return ""
