"""Hash mode: what turns it on, and which requirements pip then refuses.

One `--hash` anywhere, in a constraints file or beside a marker that does not apply too, makes pip demand a hash of all
that it installs. Read in pip 26.2.1 (`cli/req_command.py`, `operations/prepare.py`, `resolution/resolvelib/`) and
observed: a requirement with a hash of its own need not be pinned, nor one whose hashes stand in a constraint; what is
installed already, as pip itself, is not asked for any.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, NamedTuple

from deploylint.facts.piprequirement import SYSTEM_SCHEMES
from deploylint.tree import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from deploylint.facts.requirements import Requirement, Requirements
    from deploylint.text import Span
    from deploylint.tree import Tree

_IN_LINK = re.compile(r"[#&](?:sha512|sha384|sha256|sha224|sha1|md5)=[^&]")


class Refused(NamedTuple):
    """A requirement that pip refuses in hash mode. `kind`: `missing` (pinned, but no hash), `unpinned` (neither), or
    `impossible`, with `what` it is that has no file to be hashed.
    """

    kind: str
    requirement: Requirement
    what: str = ""


def turned_on(requirements: Requirements) -> Span | None:
    """What puts pip into hash mode; None where nothing does, or where a part of the files could not be read."""
    if requirements.problems or requirements.cycles:
        return None
    options = [option for file in requirements.files for option in file.options if not option.ignored]
    if any(option.name == "--no-require-hashes" for option in options):
        return None
    asked = (option.span for option in options if option.name == "--require-hashes")
    given = (found.span for file in requirements.files for found in file.requirements if found.hashes)
    return next(asked, None) or next(given, None)


def refused(
    requirements: Requirements, tree: Tree, installed: Mapping[str, str], applies: Callable[[Requirement], bool | None]
) -> Iterator[Refused]:
    """What pip refuses in hash mode. `installed` are the versions of what the platform has installed before."""
    # Where several lines name a project, the hashes of one may count for all: it depends on their order.
    vouched = {found.name for found in requirements.requirements if found.hashes}
    vouched.update(found.name for found in requirements.constraints if found.hashes or found.url is not None)
    for requirement in requirements.requirements:
        if requirement.unknown or _has_hash(requirement):
            continue
        found: Refused | None
        if requirement.url is not None or requirement.local_path is not None:
            found = _of_link(requirement, tree)
        elif requirement.name in vouched or _is_installed(requirement, installed):
            continue
        else:
            found = Refused("missing" if requirement.pinned else "unpinned", requirement)
        if found is not None and applies(requirement):
            yield found


def _has_hash(requirement: Requirement) -> bool:
    in_link = not requirement.editable and requirement.url is not None and _IN_LINK.search(requirement.url)
    return bool(requirement.hashes or in_link)


def _is_installed(requirement: Requirement, installed: Mapping[str, str]) -> bool:
    """Whether the platform's own copy may satisfy the requirement."""
    version = installed.get(requirement.name or "")
    return version is not None and not (requirement.pinned and requirement.specifier.lstrip("=") != version)


def _of_link(requirement: Requirement, tree: Tree) -> Refused | None:
    """What pip says of a link or path without a hash."""
    scheme = (requirement.url or "").partition(":")[0].lower()
    if requirement.editable:
        return Refused("impossible", requirement, "an editable install")
    if scheme in SYSTEM_SCHEMES:
        return Refused("impossible", requirement, "a repository of a version control system")
    if requirement.local_path is None:
        return Refused("missing", requirement)
    entry = tree.follow(posixpath.normpath(requirement.local_path))
    if entry is None or entry.kind not in (Kind.FILE, Kind.DIRECTORY):
        return None  # pip stumbles over the path itself, or nobody knows
    if entry.kind is Kind.DIRECTORY:
        return Refused("impossible", requirement, "a folder")
    return Refused("missing", requirement)
