"""Trees from git: what a platform would receive from the index, from a commit, or from the index with the working
tree's contents.

Sources: the manual pages of `ls-files` and `ls-tree`, gitignore(5).
"""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

from deploylint.directory import LINK_TARGET_LIMIT, Disk, is_plain
from deploylint.git.listing import decode, list_index, tree_lines
from deploylint.git.objects import Past
from deploylint.git.repository import Git
from deploylint.git.sources import BlobSource, WorkingSource
from deploylint.tree import Entry, Kind, Remark, Tree, Trouble

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from deploylint.git.listing import Listed
    from deploylint.git.repository import Repository

LINK_LIMIT = 5000
"""Different targets of links that are read from blobs: each takes a question to git and its answer."""

_KINDS = {"100644": Kind.FILE, "100755": Kind.FILE, "120000": Kind.LINK, "160000": Kind.SUBMODULE}


def open_index(repository: Repository, path: Path, since: str | None = "HEAD") -> Tree | None:
    """What the platform would get from `path` after `git commit`, with edits that are not yet added: names and modes
    from the index, contents from the working tree. None where nothing below `path` is tracked.

    `since` names the revision that `Tree.source.before` reads. GitError if it is not HEAD and does not exist, if the
    index cannot be read, or if `path` is a submodule that has not been checked out.
    """
    git = Git.at(repository, path)
    past = Past(git, since)
    listed = list_index(git)
    if not listed:
        return None
    tree = _tree(past, listed, Disk(git.folder))
    return tree if tree.entries else None


def open_staged(repository: Repository, path: Path, since: str | None = "HEAD") -> Tree:
    """What the platform would get from `path` after `git commit` without further `git add`: contents from the index
    too. It is empty where nothing is tracked. `since` and errors as for `open_index`.
    """
    git = Git.at(repository, path)
    past = Past(git, since)
    return _tree(past, list_index(git))


def open_revision(repository: Repository, path: Path, rev: str, since: str | None = "HEAD") -> Tree:
    """What the platform got, or would get, from `path` at the commit that `rev` names; empty where `path` did not
    exist then. GitError if `rev` names no commit; `since` as for `open_index`.
    """
    git = Git.at(repository, path)
    commit = git.commit(rev)
    past = Past(git, since)
    return _tree(past, list(tree_lines(git.output("ls-tree", "-r", "-z", commit))))


def _tree(past: Past, listed: Sequence[Listed], disk: Disk | None = None) -> Tree:
    """The Tree of listed lines. Without a `disk` everything comes from blobs."""
    entries: dict[str, Entry] = {}
    remarks: dict[Remark, None] = {}
    ids: dict[str, str] = {}
    missing = frozenset() if disk is None else _missing(disk, listed)
    links = _Links(past, disk)
    for line in listed:
        path = line.path
        if not is_plain(path):
            continue  # no git wrote this
        if line.conflict:
            remarks[Remark("conflict", path)] = None
        elif line.mode == "160000":
            remarks[Remark("submodule", path)] = None
        elif path in missing and not line.from_blob:
            remarks[Remark("deleted", path)] = None
        kind = Kind.UNKNOWN if line.conflict else _KINDS.get(line.mode, Kind.UNKNOWN)
        if kind is Kind.LINK:
            entries[path] = links.entry(line)
        else:
            entries[path] = Entry(path, kind, line.mode == "100755")
        ids[path] = line.blob
    source = BlobSource(past, ids) if disk is None else WorkingSource(past, ids, disk, missing)
    return Tree(entries, source, past.git.prefix, tuple(remarks))


def _missing(disk: Disk, listed: Sequence[Listed]) -> frozenset[str]:
    """The files and links that are not to be read from the working tree: git does not look at them, or they are gone,
    or they lie behind a link.
    """
    listings: dict[str, frozenset[str]] = {}
    found: set[str] = set()
    for line in listed:
        if line.from_blob:
            found.add(line.path)
        elif not line.conflict and line.mode != "160000":
            folder, _, name = line.path.rpartition("/")
            if folder not in listings:
                listings[folder] = disk.files(folder)
            if name not in listings[folder] and not _is_there(disk, line):
                found.add(line.path)
    return frozenset(found)


def _is_there(disk: Disk, line: Listed) -> bool:
    """A second look, for links, and for file systems that spell the name another way than the index."""
    status = disk.status(line.path)
    if status is None:
        return False
    return stat.S_ISREG(status.st_mode) or (line.mode == "120000" and stat.S_ISLNK(status.st_mode))


class _Links:
    """The links of a tree, whose targets are blobs where they do not lie on the disk; each blob is read once."""

    def __init__(self, past: Past, disk: Disk | None) -> None:
        self._past = past
        self._disk = disk
        self._targets: dict[str, str | None] = {}

    def entry(self, line: Listed) -> Entry:
        """The entry of a link; an unknown one where its target cannot be read, or too many have been."""
        target = None if self._disk is None or line.from_blob else self._disk.link(line.path)
        if target is None:
            if line.blob not in self._targets:
                self._targets[line.blob] = self._read(line.blob) if len(self._targets) < LINK_LIMIT else None
            target = self._targets[line.blob]
        return Entry(line.path, Kind.UNKNOWN) if target is None else Entry(line.path, Kind.LINK, target=target)

    def _read(self, blob: str) -> str | None:
        content = self._past.blobs.read(blob, LINK_TARGET_LIMIT)
        if content.trouble is Trouble.UNREADABLE:
            return None
        return "" if content.trouble else decode(content.data)
