"""What fixes make of the files of a tree: each file before and after, and two plannings in a row as one."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from deploylint.tree import Content, Entry, Source, Tree, Trouble

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deploylint.finding import Fix


@dataclass(frozen=True, slots=True)
class FileChange:
    """What becomes of one file. `before` is None for a new file, `after` for one that is removed. With `renamed_from`,
    `path` is the new path. `executable` is the mode that the file has in the tree.
    """

    path: str
    before: bytes | None
    after: bytes | None
    renamed_from: str | None = None
    executable: bool = False


@dataclass(frozen=True)
class Changes:
    """What fixes make of a tree: the changed files by path in order, the fixes that were made, and those that were
    not, each with the reason.
    """

    files: Mapping[str, FileChange]
    applied: tuple[Fix, ...] = ()
    skipped: tuple[tuple[Fix, str], ...] = ()

    def tree(self, tree: Tree) -> Tree:
        """`tree`, for which the changes were planned, as it is with them, so that it can be judged again."""
        entries = dict(tree.entries)
        contents: dict[str, bytes] = {}
        gone: set[str] = set()
        for change in self.files.values():
            old = change.renamed_from or change.path
            if change.after is None or change.renamed_from is not None:
                entries.pop(old, None)
                gone.add(old)
            if change.after is not None:
                entries[change.path] = Entry(change.path, executable=change.executable)
                contents[change.path] = change.after
        return Tree(entries, _Changed(tree.source, contents, frozenset(gone)), tree.prefix, tree.remarks)


@dataclass(frozen=True)
class _Changed:
    """A source with other contents for some files, and without some."""

    below: Source
    contents: Mapping[str, bytes]
    gone: frozenset[str]

    def read(self, path: str, limit: int) -> Content:
        """See `Source`."""
        data = self.contents.get(path)
        if data is None:
            return self.below.read(path, limit)
        return Content(data[:limit], Trouble.TOO_LARGE if len(data) > limit else None)

    def on_disk(self, path: str) -> bool:
        """See `Source`."""
        return path in self.contents or (path not in self.gone and self.below.on_disk(path))

    def before(self, path: str) -> Content | None:
        """See `Source`."""
        return self.below.before(path)

    def comparable(self) -> bool:
        """See `Source`."""
        return self.below.comparable()


def combined(first: Changes, second: Changes) -> Changes | None:
    """What `first` and then `second`, planned on the tree that the first makes, make of the files together, with the
    fixes of both and what the second skipped. None where the second makes a file in the place of one that the first
    took away: such fixes undo each other.
    """
    gone = {change.renamed_from or change.path for change in first.files.values()} - first.files.keys()
    gone |= {path for path, change in first.files.items() if change.after is None}
    if gone & second.files.keys():
        return None
    files = dict(first.files)
    for change in second.files.values():
        old = files.pop(change.renamed_from or change.path, None)
        joined = change if old is None else _joined(old, change)
        if joined is not None:
            files[joined.path] = joined
    ordered = {path: files[path] for path in sorted(files)}
    return Changes(MappingProxyType(ordered), (*first.applied, *second.applied), second.skipped)


def _joined(old: FileChange, new: FileChange) -> FileChange | None:
    """Two changes of one file as one; None where nothing is left of them."""
    origin = old.renamed_from or old.path
    if old.before is None:
        return None if new.after is None else FileChange(new.path, None, new.after)
    path = origin if new.after is None else new.path
    if path == origin and new.after == old.before:
        return None
    return FileChange(path, old.before, new.after, None if path == origin else origin, old.executable)
