"""Applying fixes, the second of two steps: bringing what has been planned to the disk, each file as a whole or not."""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from deploylint.fixes.apply import is_plain, parents

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from deploylint.fixes.changes import Changes, FileChange

_JUNCTION = 0xA0000003  # the reparse tag of a junction: Windows' link between folders, which `stat` takes for a folder


class FixError(Exception):
    """One file could not be written, and is as it was."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}")
        self.path = path
        self.message = message


def write_changes(root: Path, changes: Changes, read: Callable[[str], bytes | None]) -> list[str]:
    """Bring `changes` to the disk below `root`, the app root; `read` gives the bytes that lie on the disk at a path.

    Returns a message, beginning with the path, for each file that was refused: one whose bytes on the disk are not
    those that the change was worked out from (but for CRLF in every line, which is kept), that lies behind a link, that
    exists already, or that the system would not let us write. Such a file is as it was; the others are written. Every
    file is replaced in one step, with its mode.
    """
    attempts = (_attempt(root, change, read) for change in changes.files.values())
    return [str(error) for error in attempts if error is not None]


def _attempt(root: Path, change: FileChange, read: Callable[[str], bytes | None]) -> FixError | None:
    try:
        _write(root, change, read)
    except FixError as error:
        return error
    except OSError as error:
        return FixError(change.path, error.strerror or "the system refused it")
    return None


def _write(root: Path, change: FileChange, read: Callable[[str], bytes | None]) -> None:
    path = _inside(root, change.path)
    if change.before is None:
        if change.after is not None:
            with _folders(root, change.path), _reserved(path, change.path) as handle:
                _fill(handle, change.after)
        return
    old = path if change.renamed_from is None else _inside(root, change.renamed_from)
    if change.after is None and not old.is_symlink() and not old.exists():
        return  # gone already: an earlier run deleted it, and nobody has told git yet
    after, mode = _checked(old, change.renamed_from or change.path, change, read)
    if after is None:
        old.unlink()
    elif change.renamed_from is None:
        with _temporary(path.parent, after, mode) as temporary:
            temporary.replace(path)
    else:
        with _folders(root, change.path):
            if change.before == change.after:
                _move(old, path, change.path)
            else:
                _move_and_fill(old, path, change.path, (after, mode))


def _inside(root: Path, path: str) -> Path:
    """Where `path` lies on the disk; FixError if it leads out of `root` or through a link."""
    if not is_plain(path):
        raise FixError(path, "that is not a path within the app")
    for parent in parents(path):
        with suppress(FileNotFoundError):
            info = (root / parent).lstat()
            if not stat.S_ISDIR(info.st_mode) or getattr(info, "st_reparse_tag", 0) == _JUNCTION:
                raise FixError(path, f"{parent} is a link or no folder")
    return root / path


def _checked(
    file: Path, path: str, change: FileChange, read: Callable[[str], bytes | None]
) -> tuple[bytes | None, int]:
    """The bytes to write and the mode of the file that is there; FixError if that is not the one that was judged."""
    info = file.lstat()
    if not stat.S_ISREG(info.st_mode):
        raise FixError(path, "it is no regular file")
    assert change.before is not None
    # CRLF at most doubles the size, so a file that has grown need not be read to be refused.
    data = read(path) if info.st_size <= 2 * len(change.before) else b""
    if data is None:
        raise FixError(path, "it could not be read")
    mode = stat.S_IMODE(info.st_mode)
    if data == change.before:
        return change.after, mode
    # git may give the lines of a file another end on the disk than in the commit, which we have judged.
    if b"\r\n" not in change.before and data == _to_crlf(change.before):
        return None if change.after is None else _to_crlf(change.after), mode
    if data.replace(b"\r\n", b"\n") == change.before:
        raise FixError(path, "on the disk some of its lines end with CRLF and some with LF")
    raise FixError(path, "on the disk it is not what was judged; run again")


def _to_crlf(data: bytes) -> bytes:
    return data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


@contextmanager
def _temporary(folder: Path, data: bytes, mode: int) -> Iterator[Path]:
    """A file in `folder` with `data` in it and on the disk for good; it is removed unless it was moved away."""
    handle, name = tempfile.mkstemp(prefix=".deploylint-", dir=folder)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            _fill(file, data)
        temporary.chmod(mode)
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


def _fill(file: BinaryIO, data: bytes) -> None:
    file.write(data)
    file.flush()
    os.fsync(file.fileno())


@contextmanager
def _folders(root: Path, path: str) -> Iterator[None]:
    """The folders above `path`, made where they are missing; those made are removed if the rest fails."""
    made: list[Path] = []
    try:
        for parent in parents(path):
            with suppress(FileExistsError):
                (root / parent).mkdir()
                made.append(root / parent)
        yield
    except BaseException:
        for folder in reversed(made):
            with suppress(OSError):
                folder.rmdir()
        raise


@contextmanager
def _reserved(file: Path, path: str) -> Iterator[BinaryIO]:
    """A new, empty file; FixError where there is something already. It is removed if the rest fails."""
    try:
        handle = file.open("xb")  # fails at a link, too, wherever that leads
    except FileExistsError:
        raise FixError(path, "there is something of that name already") from None
    try:
        with handle:
            yield handle
    except BaseException:
        file.unlink(missing_ok=True)
        raise


def _move(old: Path, new: Path, path: str) -> None:
    """Rename, but never onto another file."""
    if _is_same(old, new):
        old.rename(new)
        return
    # The name is taken before anything is moved to it, for a rename does not mind what it overwrites.
    with _reserved(new, path) as handle:
        handle.close()
        old.replace(new)


def _move_and_fill(old: Path, new: Path, path: str, content: tuple[bytes, int]) -> None:
    """Rename, and put new content in place of the old; both or nothing."""
    with _temporary(new.parent, *content) as temporary:
        _move(old, new, path)
        try:
            temporary.replace(new)
        except BaseException:
            new.rename(old)
            raise


def _is_same(old: Path, new: Path) -> bool:
    """Whether the disk takes both names for the same, as one does that does not tell `Procfile` from `procfile`."""
    try:
        is_same = os.path.samestat(old.lstat(), new.lstat())
    except FileNotFoundError:
        return False
    # A name that the folder lists is a file of its own, if need be a hard link.
    return is_same and all(entry.name != new.name for entry in new.parent.iterdir())
