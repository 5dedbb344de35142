"""The projects of a uv workspace: which there are, of which kind each is, and where its requirements come from.

In go the tree and the pyproject.toml of the root; out come `Member`s. Read in the source of uv 0.12.5
(`uv-workspace/src/workspace.rs` and `pyproject.rs`).
"""

from __future__ import annotations

import posixpath
import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from deploylint.facts.locks import normalised, read_toml, strings, table, tables
from deploylint.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deploylint.tree import Tree

MANIFEST = "pyproject.toml"
TREES = ("virtual", "editable", "directory")
"""The kinds of source that are a folder with a project in it."""
_LIMIT = 200
"""Members, and patterns for them."""
_EFFORT = 200_000
"""Folders with a project, times the patterns that they are compared with."""
_NOT_PLAIN = re.compile(r"[\[\]{}!\\]|\*\*|^/|^\.\.")


class Member(NamedTuple):
    """A project; `folder` is relative to the root, empty for the root."""

    folder: str
    manifest: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The project's name, normalised; empty where there is none."""
        name = table(self.manifest, "project").get("name")
        return normalised(name) if isinstance(name, str) else ""

    @property
    def path(self) -> str:
        """The path of its pyproject.toml."""
        return posixpath.join(self.folder, MANIFEST)


def read_member(tree: Tree, folder: str) -> Member | None:
    """The project in `folder`; None where none can be read."""
    data = read_toml(tree, posixpath.join(folder, MANIFEST), mark=True).data
    member = None if data is None else Member(folder, data)
    return member if member and member.name else None


def members(tree: Tree, root: Member) -> list[Member] | str:
    """All projects of the workspace, the root first; or why they cannot be told."""
    workspace = table(root.manifest, "tool", "uv", "workspace")
    patterns = [posixpath.normpath(pattern) for pattern in strings(workspace.get("members"))]
    excluded = [posixpath.normpath(pattern) for pattern in strings(workspace.get("exclude"))]
    if len(patterns + excluded) > _LIMIT or any(map(_NOT_PLAIN.search, patterns + excluded)):
        return "the members of the workspace are named by a pattern that is not read here"
    found = [root]
    folders = [path.rpartition("/")[0] for path in sorted(tree.entries) if path.endswith(f"/{MANIFEST}")]
    if len(folders) * len(patterns + excluded) > _EFFORT:
        return "there are too many folders and patterns for members of the workspace"
    for folder in folders if patterns else ():
        if not any(_matches(folder, pattern) for pattern in patterns) or any(fnmatchcase(folder, p) for p in excluded):
            continue
        member = read_member(tree, folder) if len(found) < _LIMIT else None
        if member is None:
            return f"{folder} is a member of the workspace, but no project that can be read"
        if table(member.manifest, "tool", "uv").get("managed") is not False:
            found.append(member)
    return found


def _matches(folder: str, pattern: str) -> bool:
    parts, wanted = folder.split("/"), pattern.split("/")
    return len(parts) == len(wanted) and all(map(fnmatchcase, parts, wanted))


def kinds(found: list[Member]) -> dict[str, str]:
    """The kind of source that each member has in the lock, by name: one that another takes from the workspace is always
    a package, and editable unless that says otherwise.
    """
    required: dict[str, bool] = {}
    for member in (*found[:1], *sorted(found, key=lambda member: member.name)):  # uv's order: the last one counts
        for name, source in table(member.manifest, "tool", "uv", "sources").items():
            for item in tables(source if isinstance(source, list) else [source]):
                if item.get("workspace") is True and normalised(name) != member.name:
                    required[normalised(name)] = item.get("editable") is not False
    return {member.name: _kind(member, required) for member in found}


def _kind(member: Member, required: Mapping[str, bool]) -> str:
    package = table(member.manifest, "tool", "uv").get("package")
    if not isinstance(package, bool):
        package = "build-system" in member.manifest or member.name in required
    if not package:
        return "virtual"
    return "editable" if required.get(member.name, True) else "directory"


def sources(owner: Member, found: list[Member]) -> dict[str, tuple[str, str] | None]:
    """Where [tool.uv.sources] of `owner` takes requirements from, by name: `editable` or `path` and the folder relative
    to the root; None for every source that is not compared.
    """
    kind = kinds(found)
    folders = {member.name: member.folder for member in found}
    result: dict[str, tuple[str, str] | None] = {}
    for written, source in table(owner.manifest, "tool", "uv", "sources").items():
        name = normalised(written)
        result[name] = None
        if not isinstance(source, dict) or source.keys() & {"marker", "extra", "group"}:
            continue
        path = source.get("path")
        if source.get("workspace") is True and name in folders:
            word = "editable" if kind[name] == "editable" else "path"
            result[name] = word, posixpath.normpath(folders[name])
        elif isinstance(path, str) and not path.startswith("/"):
            word = "editable" if source.get("editable") is True else "path"
            result[name] = word, posixpath.normpath(posixpath.join(owner.folder, path))
    return result
