"""Where a tree from git has its contents from: blobs, or working files as `git add` would store them.

The working files are read where they are, so that an edit shows before it is added; what git would change on the way
into the index (line ends, an encoding) is changed here in the same way, and what only a filter could do is read from
the blob.

Sources: gitattributes(5), git-config(1) on `core.autocrlf`.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from deploylint.directory import LINK_TARGET_LIMIT, Disk
from deploylint.git.conversion import becomes_unix, blob_id, line_ends_of, to_utf8
from deploylint.tree import Content, Trouble

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from deploylint.git.objects import Past
    from deploylint.git.repository import Repository
    from deploylint.gitattributes import AttributeFile, Value

ATTRIBUTES_LIMIT = 256 * 1024
"""Bytes of all attributes files together that are read. The largest of real repositories stay below a tenth."""

ATTRIBUTES_EFFORT = 10_000_000
"""Comparisons of paths with the patterns of attributes files, all look-ups of a run together. Twenty lines and a path
of usual length cost some hundred."""


class BlobSource:
    """The `Source` whose contents are blobs. `ids` holds the blob of each file."""

    def __init__(self, past: Past, ids: Mapping[str, str]) -> None:
        self.past = past
        self.ids = ids

    def read(self, path: str, limit: int) -> Content:
        """See `Source`."""
        return self.past.blobs.read(self.ids[path], limit)

    def on_disk(self, path: str) -> bool:
        """See `Source`."""
        return Disk(self.past.git.folder).holds(path)

    def before(self, path: str) -> Content | None:
        """See `Source`."""
        return self.past.read(path)

    def comparable(self) -> bool:
        """See `Source`."""
        return self.past.comparable()


class WorkingSource(BlobSource):
    """The `Source` whose contents are working files, as git would store them, but for those of `from_blob`."""

    def __init__(self, past: Past, ids: Mapping[str, str], disk: Disk, from_blob: frozenset[str]) -> None:
        super().__init__(past, ids)
        self._disk = disk
        self._from_blob = from_blob
        self._attributes = _Attributes(self)

    def read(self, path: str, limit: int) -> Content:
        """See `Source`."""
        if path in self._from_blob:
            return super().read(path, limit)
        content = self._disk.read(path, limit)
        if content is None:
            return super().read(path, limit)._replace(substitute=True)
        return self._stored(path, content, limit)

    def _stored(self, path: str, content: Content, limit: int) -> Content:
        """What `git add` would store for a working file.

        A file that goes through a filter (git-lfs, git-crypt) counts as unchanged: the filter is a program. Where
        there are too many attributes to look through, only a file that is unchanged is known.
        """
        attributes = self._attributes.of(path)
        is_filtered = attributes is None or isinstance(attributes.get("filter"), str) or attributes.get("ident") is True
        if is_filtered and content.trouble is None and self._is_unchanged(path, content.data):
            return content
        if attributes is None:
            return Content(trouble=Trouble.UNREADABLE)
        if is_filtered:
            return super().read(path, limit)
        if content.trouble is not None:
            return content
        encoding = attributes.get("working-tree-encoding")
        data = to_utf8(content.data, encoding) if isinstance(encoding, str) else content.data
        if data is None:
            return super().read(path, limit)
        if b"\r\n" not in data or self._is_unchanged(path, data):
            return Content(data)
        unix = data.replace(b"\r\n", b"\n")
        line_ends = line_ends_of(attributes)
        if line_ends == "text" or self._is_unchanged(path, unix):
            return Content(unix)
        if line_ends == "binary":
            return Content(data)
        before = super().read(path, limit).data
        return Content(unix if becomes_unix(data, before, declared=line_ends == "auto") else data)

    def _is_unchanged(self, path: str, data: bytes) -> bool:
        return blob_id(data, self.ids[path]) == self.ids[path]


class _Attributes:
    """The attributes of files, from as many attributes files as may be read; each is read once."""

    def __init__(self, source: WorkingSource) -> None:
        self._source = source
        self._git = source.past.git
        self._around = Disk(self._git.repository.root)
        self._files: dict[str, AttributeFile | None] = {}
        self._files_of: dict[str, list[AttributeFile]] = {}
        self._room = ATTRIBUTES_LIMIT
        self._effort = ATTRIBUTES_EFFORT

    def of(self, path: str) -> Mapping[str, Value] | None:
        """The attributes of `path`; None where there is more of them than is read, or compared."""
        whole = self._git.prefix + path
        found = self._that_hold_in(whole.rpartition("/")[0])
        self._effort -= sum(file.effort(whole) for file in found)
        if self._room < 0 or self._effort < 0:
            return None
        if not found:
            return {}
        from deploylint.gitattributes import look_up

        return look_up(whole, found)

    def _that_hold_in(self, folder: str) -> list[AttributeFile]:
        """The files that hold for what lies in a folder, the nearest last, but for the repository's own."""
        if folder not in self._files_of:
            above = [folder[:at] for at, letter in enumerate(folder) if letter == "/"]
            files = [self._file(each) for each in (*dict.fromkeys(("", *above, folder)), None)]
            self._files_of[folder] = [file for file in files if file]
        return self._files_of[folder]

    def _file(self, folder: str | None) -> AttributeFile | None:
        """The attributes file of `folder`; the repository's own, which is not committed, for None. None: no file."""
        key = "/" if folder is None else folder
        if key not in self._files:
            content = self._bytes(folder) if self._room >= 0 else None
            self._files[key] = None
            if content is not None and content != Content():
                self._room -= len(content.data) + (content.trouble is not None)
                if self._room >= 0:
                    from deploylint.gitattributes import parse

                    self._files[key] = parse(content.data, folder or "")
        return self._files[key]

    def _bytes(self, folder: str | None) -> Content | None:
        if folder is None:
            return Disk(_common_dir(self._git.repository)).read("info/attributes", self._room)
        name = f"{folder}/.gitattributes" if folder else ".gitattributes"
        content = self._around.read(name, self._room)
        inside = name.removeprefix(self._git.prefix)
        if content is None and name.startswith(self._git.prefix) and inside in self._source.ids:
            return BlobSource.read(self._source, inside, self._room)  # not checked out, yet git heeds it
        return content


def _common_dir(repository: Repository) -> Path:
    """Where a linked work tree shares things with the others: the file `commondir` tells."""
    content = Disk(repository.git_dir).read("commondir", LINK_TARGET_LIMIT)
    return repository.git_dir / os.fsdecode(content.data.rstrip(b"\r\n")) if content else repository.git_dir
