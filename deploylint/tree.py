"""The files of one app, as a platform would receive them: names, kinds, modes and bounded contents.

A Tree is neutral: it knows no platform and no rule. It comes from git (`deploylint.git`), from a directory
(`deploylint.directory`) or from a dict (`Tree.of`). Paths are relative to the app root, with slashes, in exact case.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from deploylint.record import NamedTuple
from deploylint.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

READ_LIMIT = 4 * 1024 * 1024
"""Bytes of one file that are read at most. The largest file that a platform's decision rests on is a lock file; those
of the largest public apps stay below 3 MB."""

_LINK_LIMIT = 40
"""Links followed on the way to one file, as on Linux."""


_NEAR = 50
"""Folders deep to which paths are remembered."""


class Kind(Enum):
    """What lies at a path."""

    FILE = "file"
    DIRECTORY = "directory"
    LINK = "link"
    SUBMODULE = "submodule"
    SPECIAL = "special"  # a pipe, socket or device: a platform would not read it, and neither do we
    UNKNOWN = "unknown"  # in conflict, below a submodule, or out of the app: neither present nor absent


class Entry(NamedTuple):
    """One path of the tree. `target` is set for links only."""

    path: str
    kind: Kind = Kind.FILE
    executable: bool = False
    target: str = ""

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]

    @property
    def depth(self) -> int:
        """1 in the root, as `find -maxdepth` counts."""
        return self.path.count("/") + 1


class Trouble(Enum):
    """Why a file's contents are not (all) known."""

    TOO_LARGE = "too-large"
    UNREADABLE = "unreadable"


class Content(NamedTuple):
    """The bytes of a file, at most the limit; with `trouble`, they are a part of it or none. `substitute`: the file on
    the disk could not be read, so they are what git has of it.
    """

    data: bytes = b""
    trouble: Trouble | None = None
    substitute: bool = False


class Remark(NamedTuple):
    """Something about the tree itself that a reader of the findings must know, on one path of it.

    `what` is one of `conflict`, `submodule`, `deleted`, `leaving-link`, `unreadable`, `unreadable-folder`, `unread`,
    `truncated`.
    """

    what: str
    path: str


class Source(Protocol):
    """Where the bytes come from. Only `Tree` calls it, and only for entries of kind FILE."""

    def read(self, path: str, limit: int) -> Content:
        """The contents of `path`, at most `limit` bytes."""

    def on_disk(self, path: str) -> bool:
        """Whether something lies at `path` on the disk, tracked or not."""

    def before(self, path: str) -> Content | None:
        """The contents of `path` in the revision that this tree is compared with; None where it was absent or where
        there is nothing to compare with.
        """

    def comparable(self) -> bool:
        """Whether there is a revision to compare with."""


@dataclass(frozen=True)
class Tree:
    """All entries of an app by path, and the means to read them.

    `prefix` leads from the repository root to the app root ("" or "sub/app/"), for output. `remarks` tell what was
    seen while the tree was taken.
    """

    entries: Mapping[str, Entry]
    source: Source
    prefix: str = ""
    remarks: tuple[Remark, ...] = ()
    _contents: dict[str, Content] = field(default_factory=dict, repr=False, compare=False)
    _texts: dict[str, Text] = field(default_factory=dict, repr=False, compare=False)
    _left_by: dict[str, None] = field(default_factory=dict, repr=False, compare=False)
    _walked: dict[str, Entry | None] = field(default_factory=dict, init=False, repr=False, compare=False)

    @classmethod
    def of(
        cls,
        files: Mapping[str, str | bytes | Entry],
        *,
        untracked: Iterable[str] = (),
        before: Mapping[str, str | bytes] | None = None,
    ) -> Tree:
        """A tree from a dict, for tests: text or bytes for a file, an Entry for anything else. `untracked` names
        files that lie on the disk only, `before` gives the contents of the revision that it is compared with.
        """
        entries: dict[str, Entry] = {}
        contents: dict[str, bytes] = {}
        for path, value in files.items():
            if isinstance(value, Entry):
                entries[path] = value._replace(path=path)
                continue
            entries[path] = Entry(path)
            contents[path] = _encoded(value)
        previous = None if before is None else {path: _encoded(value) for path, value in before.items()}
        return cls(entries, Memory(contents, frozenset(untracked), previous))

    @cached_property
    def _paths(self) -> list[str]:
        """The paths of all entries, sorted. What lies below a folder stands together in it, so folders need not be
        listed themselves: a small commit can have more of them than memory holds.
        """
        return sorted(self.entries)

    def _is_folder(self, path: str) -> bool:
        """Whether `path` is the root, a folder of its own, or has something below it."""
        entry = self.entries.get(path)
        if not path or (entry is not None and entry.kind is Kind.DIRECTORY):
            return True
        at = bisect_left(self._paths, f"{path}/")
        return at < len(self._paths) and self._paths[at].startswith(f"{path}/")

    def find(self, path: str) -> Entry | None:
        """What lies at exactly `path`, links not followed."""
        entry = self.entries.get(path)
        if entry is not None:
            return entry
        if self._is_folder(path):
            return Entry(path, Kind.DIRECTORY)
        # From the top, so that a long path that leads nowhere costs no more than the part of it that exists.
        end = path.find("/")
        while end >= 0 and self._is_folder(path[:end]):
            above = self.entries.get(path[:end])
            if above is not None and above.kind is not Kind.DIRECTORY:
                break
            end = path.find("/", end + 1)
        above = self.entries.get(path[:end]) if end >= 0 else None
        unknown = above is not None and above.kind in (Kind.SUBMODULE, Kind.UNKNOWN)
        return Entry(path, Kind.UNKNOWN) if unknown else None

    def follow(self, path: str) -> Entry | None:
        """What `path` leads to when every link on the way is followed; None where it is absent, dangling or a loop, or
        itself begins outside. The entry carries the path that was reached. Where a link leaves the app, what it leads
        to lies on the build machine, which nobody has seen: the entry is of kind UNKNOWN, and carries the link's path.
        """
        entry = self._walk(path)
        return None if entry is not None and entry.kind is Kind.LINK else entry

    def is_endless(self, path: str) -> bool:
        """Whether the links on the way of `path` lead in a circle, or are more than Linux follows: asked about such a
        path it answers with an error (ELOOP) instead of yes or no.
        """
        entry = self._walk(path)
        return entry is not None and entry.kind is Kind.LINK

    def _walk(self, path: str) -> Entry | None:
        """See `follow`; where the links never end, the last one that was met."""
        if path not in self._walked:
            self._walked[path] = self._step(path)
        return self._walked[path]

    def _step(self, path: str) -> Entry | None:
        """One step on from the folder, else the whole way: most of what is asked for lies beside what was asked for."""
        folder, slash, name = path.rpartition("/")
        near = slash and name not in ("", ".", "..") and path.count("/") < _NEAR
        above = self._walk(folder) if near else None
        if above is not None and above.kind is Kind.DIRECTORY and above.path == folder:
            entry = self.entries.get(path)
            if entry is None:
                return Entry(path, Kind.DIRECTORY) if self._is_folder(path) else None
            if entry.kind in (Kind.FILE, Kind.DIRECTORY):
                return entry
        return self._whole_way(path)

    def _whole_way(self, path: str) -> Entry | None:
        if path.startswith("/"):
            return None
        reached: list[str] = []
        todo = path.split("/")[::-1]
        links: list[str] = []
        while todo:
            part = todo.pop()
            if part in ("", "."):
                continue
            if part == "..":
                if not reached:
                    return self._outside(links)
                reached.pop()
                continue
            here = "/".join([*reached, part])
            entry = self.find(here)
            if entry is None or (todo and entry.kind in (Kind.FILE, Kind.SPECIAL)):
                return None  # even for `file/`, as everywhere
            if entry.kind is Kind.LINK:
                links.append(here)
                if len(links) > _LINK_LIMIT or not entry.target:
                    return entry if entry.target else None
                todo.extend(_way(entry.target, len(reached)))
                continue
            if entry.kind in (Kind.SUBMODULE, Kind.UNKNOWN):
                return _below(entry, todo)
            reached.append(part)
        return self.find("/".join(reached))

    def _outside(self, links: list[str]) -> Entry | None:
        """What lies where the last of `links` leads out of the app; None where no link does."""
        if not links:
            return None
        self._left_by[links[-1]] = None
        return Entry(links[-1], Kind.UNKNOWN)

    def is_file(self, path: str) -> bool:
        """As `test -f`: a regular file, links followed. False also where it is not known."""
        entry = self.follow(path)
        return entry is not None and entry.kind is Kind.FILE

    def exists(self, path: str) -> bool:
        """As `test -e`: anything, links followed. False also where it is not known."""
        entry = self.follow(path)
        return entry is not None and entry.kind is not Kind.UNKNOWN

    def is_unknown(self, path: str) -> bool:
        """Whether it cannot be said what lies at `path`: it is in conflict, below a submodule or out of the app."""
        entry = self.follow(path)
        return entry is not None and entry.kind is Kind.UNKNOWN

    def may_exist(self, path: str) -> bool:
        """Whether something lies at `path`, links followed. True also where it is not known."""
        return self.follow(path) is not None

    def may_be_file(self, path: str) -> bool:
        """Whether a regular file lies at `path`, links followed. True also where it is not known."""
        entry = self.follow(path)
        return entry is not None and entry.kind in (Kind.FILE, Kind.UNKNOWN)

    def read(self, path: str, limit: int = READ_LIMIT) -> Content:
        """The contents of the file that `path` leads to; each file is read once and its first `limit` bytes kept, and
        read again only where more of it is wanted.
        """
        entry = self.follow(path)
        if entry is None or entry.kind is not Kind.FILE:
            return Content(trouble=Trouble.UNREADABLE)
        content = self._contents.get(entry.path)
        cut = content is not None and content.trouble is Trouble.TOO_LARGE and len(content.data) < limit
        if content is None or cut:
            content = self._contents[entry.path] = self.source.read(entry.path, limit)
        return content

    def seen(self) -> Iterator[Remark]:
        """What was met since the tree was taken: files whose place on the disk could not be read, and links that led
        out of the app.
        """
        for path in sorted(path for path, content in self._contents.items() if content.substitute):
            yield Remark("unreadable", path)
        for path in sorted(self._left_by):
            yield Remark("leaving-link", path)

    def text(self, path: str) -> Text:
        """The contents of `path` for showing and pointing, decoded once."""
        text = self._texts.get(path)
        if text is None:
            text = self._texts[path] = Text.decode(path, self.read(path).data)
        return text

    def on_disk_only(self, path: str) -> bool:
        """Whether `path` lies on the disk but is not in the tree: untracked, or ignored by git."""
        return self.find(path) is None and self.source.on_disk(path)

    def children(self, directory: str = "") -> Iterator[Entry]:
        """What lies directly in `directory`, sorted by name."""
        prefix = f"{directory}/" if directory else ""
        names: set[str] = set()
        for at in range(bisect_left(self._paths, prefix), len(self._paths)):
            if not self._paths[at].startswith(prefix):
                break
            names.add(self._paths[at][len(prefix) :].partition("/")[0])
        for name in sorted(names - {""}):
            entry = self.find(prefix + name)
            assert entry is not None
            yield entry

    def files(self) -> Iterator[Entry]:
        """All regular files, in order of their paths, links not followed."""
        for path in self._paths:
            if self.entries[path].kind is Kind.FILE:
                yield self.entries[path]

    def anchor(self) -> str:
        """Any file to stand on, for a finding that no file is responsible for: a readme first; `.` in an empty tree."""
        paths = sorted(path for path, entry in self.entries.items() if entry.kind is Kind.FILE)
        readme = [path for path in paths if path.lower().startswith("readme")]
        return (readme or paths or ["."])[0]

    def without(self, dropped: Callable[[str], bool]) -> Tree:
        """The same tree less the entries whose path is `dropped`."""
        kept = {path: entry for path, entry in self.entries.items() if not dropped(path)}
        return self if len(kept) == len(self.entries) else replace(self, entries=kept)


def _way(target: str, depth: int) -> list[str]:
    """The steps to the target of a link, the last first. To the root of the machine they are at least one more than
    the `depth` of the link's folder below the root of the app.
    """
    return [".."] * (depth + 1) if target.startswith("/") else target.split("/")[::-1]


def _below(entry: Entry, todo: list[str]) -> Entry:
    """What lies below an entry of which nothing is known; `todo` is the way down, the last part first."""
    rest = [piece for piece in todo[::-1] if piece not in ("", ".")]
    return Entry("/".join([entry.path, *rest]), Kind.UNKNOWN) if rest else entry


def _encoded(value: str | bytes) -> bytes:
    return value.encode() if isinstance(value, str) else value


class Memory(NamedTuple):
    """A source that is a dict: for tests, and for a tree with fixes applied but not written."""

    contents: Mapping[str, bytes]
    untracked: frozenset[str] = frozenset()
    previous: Mapping[str, bytes] | None = None

    def read(self, path: str, limit: int) -> Content:
        """See `Source`."""
        data = self.contents[path]
        return Content(data[:limit], Trouble.TOO_LARGE if len(data) > limit else None)

    def on_disk(self, path: str) -> bool:
        """See `Source`."""
        return path in self.contents or path in self.untracked

    def before(self, path: str) -> Content | None:
        """See `Source`."""
        data = (self.previous or {}).get(path)
        return None if data is None else Content(data)

    def comparable(self) -> bool:
        """See `Source`."""
        return self.previous is not None
