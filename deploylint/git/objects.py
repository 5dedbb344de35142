"""The objects of a repository: blobs by their id, and the revision that a tree is compared with.

One `cat-file --batch` answers for all; it starts when the first object is asked for, and a usual run asks for none.

Source: git-cat-file(1).
"""

from __future__ import annotations

import weakref
from contextlib import suppress
from typing import TYPE_CHECKING

from deploylint.directory import is_plain
from deploylint.git.listing import BLOB_MODES, tree_lines
from deploylint.git.process import GitError, Watch
from deploylint.tree import READ_LIMIT, Content, Trouble

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from deploylint.git.repository import Git


class Blobs:
    """Objects of the repository, through one `cat-file --batch` that starts when first needed."""

    def __init__(self, git: Git) -> None:
        self._git = git
        self._process: subprocess.Popen[bytes] | None = None
        self._stop: Callable[[], object] = int  # does nothing: there is no process to end yet

    def ask(self, name: str, limit: int = READ_LIMIT) -> tuple[str, Content] | None:
        """The type of the object `name` (an id, or what else `rev-parse` knows, without line ends) and its bytes, at
        most `limit`. None if it is missing. An object that cannot be read has no type.
        """
        if self._process is None:
            try:
                self._process = self._git.talk("cat-file", "--batch")
            except GitError:  # it has run before, so the folder or git is gone
                return "", Content(trouble=Trouble.UNREADABLE)
            self._stop = weakref.finalize(self, _end, self._process)
        with Watch(self._process):
            answer = _converse(self._process, name.encode("utf-8", "surrogateescape"), limit)
        if answer is None:
            return None
        kind, content = answer
        if content.trouble is not None:
            # What is left of the object would have to be read in order to go on.
            self._stop()
            self._process = None
        return kind, content

    def read(self, name: str, limit: int = READ_LIMIT) -> Content:
        """The bytes of the blob `name`, at most `limit`."""
        answer = self.ask(name, limit)
        return answer[1] if answer is not None and answer[0] == "blob" else Content(trouble=Trouble.UNREADABLE)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    with suppress(OSError), process:  # OSError: a request that was never taken
        pass


def _converse(process: subprocess.Popen[bytes], name: bytes, limit: int) -> tuple[str, Content] | None:
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(name + b"\n")
        process.stdin.flush()
        header = process.stdout.readline(len(name) + 256)
        if header.endswith((b" missing\n", b" ambiguous\n")):
            return None
        words = header.split()
        if len(words) != 3 or not header.endswith(b"\n"):
            return "", Content(trouble=Trouble.UNREADABLE)
        size = int(words[2])
        data = process.stdout.read(min(size, limit))
        if size > limit:
            return words[1].decode(), Content(data, Trouble.TOO_LARGE)
        if len(data) < size or process.stdout.read(1) != b"\n":
            return "", Content(trouble=Trouble.UNREADABLE)
    except (OSError, ValueError):
        return "", Content(trouble=Trouble.UNREADABLE)
    return words[1].decode(), Content(data)


class Past:
    """The revision that a tree is compared with, and the objects. HEAD may be unborn; another one must exist."""

    def __init__(self, git: Git, since: str | None) -> None:
        self.git = git
        self.blobs = Blobs(git)
        self._commit = git.commit(since) if since not in (None, "HEAD") else None
        self._head = since == "HEAD"

    def comparable(self) -> bool:
        """Whether there is a commit to compare with."""
        if self._head:
            self._head = False
            answer = self.blobs.ask("HEAD^{commit}")
            self._commit = "HEAD" if answer is not None and answer[0] == "commit" else None
        return self._commit is not None

    def read(self, path: str) -> Content | None:
        """The file at `path` as it was then; None where there was none, or nothing to compare with."""
        if not self.comparable() or not is_plain(path):
            return None
        whole = self.git.prefix + path
        try:
            # A request is one line, and git takes a CR before the line end for a part of it.
            by_line = b"\n" not in whole.encode("utf-8", "surrogateescape") and not whole.endswith("\r")
        except UnicodeEncodeError:  # a surrogate that stands for no byte: no path of git's
            return None
        answer = self.blobs.ask(f"{self._commit}:{whole}") if by_line else None
        if answer is not None:
            return answer[1] if answer[0] in ("blob", "") else None
        # Either it was absent, or its contents are: in a partial clone, not all objects are there.
        try:
            listed = self.git.output("ls-tree", "-z", f"{self._commit}", "--", path)
        except GitError:
            return Content(trouble=Trouble.UNREADABLE)
        blobs = [line.blob for line in tree_lines(listed) if line.path == path and line.mode in BLOB_MODES]
        return self.blobs.read(blobs[0]) if blobs else None
