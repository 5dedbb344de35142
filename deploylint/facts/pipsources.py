"""Whether pip has any place to look for packages: `--no-index` takes the package index away, and leaves `--find-links`.

Read in pip 26.2.1 (`req/req_file.py`, `index/sources.py`): a folder that is not there is passed over with a warning.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from deploylint.record import NamedTuple

if TYPE_CHECKING:
    from deploylint.facts.requirements import Requirements
    from deploylint.text import Span
    from deploylint.tree import Tree

_PUBLIC = re.compile(r"https?://pypi(?:\.[a-z]+)?\.org/simple/?")
_ELSEWHERE = re.compile(r"/|~|\$|[A-Za-z][A-Za-z0-9+.-]*:")
_FOLDERS = 100
"""Folders that are looked for."""


def is_public(index: str) -> bool:
    """Whether the address of an index is that of the public one."""
    return _PUBLIC.fullmatch(index) is not None


class Stranded(NamedTuple):
    """There is no place to look: `--no-index` stands at `span`, and `folders` of the app, which are not there, are all
    that `--find-links` names.
    """

    span: Span
    folders: tuple[str, ...]


def find_stranded(requirements: Requirements, tree: Tree) -> Stranded | None:
    """Where the index is taken away and nothing else is left; None also where that cannot be told."""
    if requirements.problems:
        return None
    taken: Span | None = None
    folders: list[str] = []
    for file in requirements.files:
        for option in file.options:
            if option.name == "--no-index" and not option.ignored:
                taken = taken or option.span
            elif option.name == "--find-links" and not option.ignored:
                # pip looks beside the file that names the folder first, and then in the root of the app.
                beside = posixpath.normpath(posixpath.join(posixpath.dirname(file.path), option.value))
                here = posixpath.normpath(option.value)
                if _ELSEWHERE.match(option.value) or here.startswith("..") or any(map(tree.follow, (beside, here))):
                    return None
                folders.append(here)
                if len(folders) > _FOLDERS:
                    return None
    return None if taken is None else Stranded(taken, tuple(folders))
