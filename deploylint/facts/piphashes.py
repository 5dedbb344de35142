"""Hash mode: what turns it on, and which requirements pip then refuses.

One `--hash` anywhere, in a constraints file or beside a marker that does not apply too, makes pip demand a hash of all
that it installs. Read in pip 26.2.1 (`cli/req_command.py`, `operations/prepare.py`, `resolution/resolvelib/`) and
observed: a requirement with a hash of its own need not be pinned, nor one whose hashes stand in a constraint; what is
installed already, as pip itself, is not asked for any.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from deploylint.facts.piprequirement import SYSTEM_SCHEMES
from deploylint.record import NamedTuple
from deploylint.tree import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from deploylint.facts.requirements import Requirement, Requirements
    from deploylint.text import Span
    from deploylint.tree import Tree

    Applies = Callable[[Requirement], bool | None]

_IN_LINK = re.compile(r"[#&](?:sha512|sha384|sha256|sha224|sha1|md5)=[^&]")
_MANY = 50
"""Lines about one project, of which so many are compared and no more."""


class Refused(NamedTuple):
    """A requirement that pip refuses in hash mode. `kind`: `missing` (pinned, but no hash), `unpinned` (neither), or
    `impossible`, with `what` it is that has no file to be hashed.
    """

    kind: str
    requirement: Requirement
    what: str = ""


def turned_on(requirements: Requirements) -> Span | None:
    """What puts pip into hash mode; None where nothing does, or where a part of the files could not be read."""
    if requirements.problems or requirements.cycles or option(requirements, "--no-require-hashes"):
        return None
    given = (found.span for file in requirements.files for found in file.requirements if found.hashes)
    return option(requirements, "--require-hashes") or next(given, None)


def option(requirements: Requirements, name: str) -> Span | None:
    """Where an option stands first, and is not ignored."""
    options = (found for file in requirements.files for found in file.options if not found.ignored)
    return next((found.span for found in options if found.name == name), None)


def refused(
    requirements: Requirements, tree: Tree, installed: Mapping[str, str], applies: Applies
) -> Iterator[Refused]:
    """What pip refuses in hash mode. `installed` are the versions of what the platform has installed before."""
    lines, limits = _by_name(requirements.requirements), _by_name(requirements.constraints)
    for requirement in requirements.requirements:
        found: Refused | None = None
        if requirement.unknown:
            continue
        if requirement.url is not None or requirement.local_path is not None:
            found = _of_link(requirement, tree)
        elif not (requirement.hashes or _is_installed(requirement, installed)):
            name = requirement.name or ""
            if not _is_vouched(requirement, lines.get(name, ()), limits.get(name, ()), applies):
                found = Refused("missing" if requirement.pinned else "unpinned", requirement)
        if found is not None and applies(requirement):
            yield found


def _by_name(requirements: Sequence[Requirement]) -> Mapping[str, Sequence[Requirement]]:
    found: dict[str, list[Requirement]] = {}
    for requirement in requirements:
        found.setdefault(requirement.name or "", []).append(requirement)
    return found


def _is_vouched(
    requirement: Requirement, lines: Sequence[Requirement], limits: Sequence[Requirement], applies: Applies
) -> bool:
    """Whether the hashes of another line about the same project may count for this one: those of a constraint do, and
    of several `lines` the first decides, if none has extras.
    """
    if any((limit.hashes or limit.url is not None) and applies(limit) is not False for limit in limits):
        return True
    if not any(line.hashes or line.unknown for line in lines):
        return False
    if len(lines) > _MANY:
        return True
    taken = [line for line in lines if applies(line) is not False]
    if not any(line.hashes or line.unknown for line in taken):
        return False
    alike = all(line.span.path == requirement.span.path and not line.extras and applies(line) for line in taken)
    return not alike or taken[0] is not requirement


def _is_installed(requirement: Requirement, installed: Mapping[str, str]) -> bool:
    """Whether the platform's own copy may satisfy the requirement."""
    version = installed.get(requirement.name or "")
    return version is not None and not (requirement.pinned and requirement.specifier.lstrip("=") != version)


def _of_link(requirement: Requirement, tree: Tree) -> Refused | None:
    """What pip says of a link or path."""
    scheme = (requirement.url or "").partition(":")[0].lower()
    if requirement.editable:
        return Refused("impossible", requirement, "an editable install")
    if scheme in SYSTEM_SCHEMES:
        return Refused("impossible", requirement, "a repository of a version control system")
    missing = None if requirement.hashes or _IN_LINK.search(requirement.url or "") else Refused("missing", requirement)
    if requirement.local_path is None:
        return missing
    entry = tree.follow(posixpath.normpath(requirement.local_path))
    if entry is None or entry.kind not in (Kind.FILE, Kind.DIRECTORY):
        return None  # pip stumbles over the path itself, or nobody knows
    if entry.kind is Kind.DIRECTORY:
        return Refused("impossible", requirement, "a folder")
    return missing
