"""What was read of Python sources, kept from run to run in a folder of the user's, never in a repository.

Each app root has a file there, in which everything is found by a hash of the source's contents: a source that has
changed is read anew, whatever its date says, and one that has only moved is not. Text is kept, never a program or an
object; the first line tells what wrote it and holds a hash of the rest, and what does not agree is taken for nothing.
So the folder can be deleted at any time, and where it cannot be used, by another user's hand or for want of room, the
run is the same without it.

The repository has no say in where the folder is. Sources: the XDG Base Directory Specification 0.8; Apple's File System
Programming Guide; Microsoft's KNOWNFOLDERID.
"""

from __future__ import annotations

import os
import stat
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from deploylint import __version__, ahead
from deploylint.directory import Disk
from deploylint.facts import branches, events, module, newest, sources
from deploylint.facts.module import parse_source
from deploylint.facts.sources import key_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from deploylint.ahead import Ahead
    from deploylint.facts.events import Source

VARIABLE = "DEPLOYLINT_CACHE_DIR"
"""Names another folder."""

SIZE_LIMIT = 32 * 1024 * 1024
"""Bytes of one app's file; a larger one is neither read nor written. The largest public apps stay below a tenth."""

FILES_LIMIT = 50
"""Apps that are remembered; with one more, the one that was used longest ago is forgotten."""

_FORMAT = 2
_ENDING = ".sources"
_UNFINISHED = ".new"


class Cache:
    """What is kept of one app. `folder` is None where nothing can be kept: then it serves this run only."""

    def __init__(self, folder: str | None, name: str) -> None:
        self._folder = folder
        self._name = name + _ENDING
        self._ahead: Ahead | None = None
        self._read: dict[str, Source] = {}
        self._kept = _load(folder, self._name) if folder else {}
        self._used: dict[str, bytes] = {}
        self._is_new = False

    def read_ahead(self, root: Path, paths: Sequence[str]) -> None:
        """Where nothing is kept yet, have these sources of the app at `root` read by another process meanwhile."""
        if not self._kept:
            self._ahead = ahead.start(root, paths)

    def close(self) -> None:
        """End what may still be reading."""
        if self._ahead is not None:
            self._ahead.stop()

    def source(self, path: str, data: bytes) -> Source:
        """What `parse_source` says, read or remembered."""
        key = key_of(data)
        if key not in self._read:
            self._read[key] = self._remembered(key, path, data) or self._parsed(key, path, data)
        return self._read[key]._replace(path=path)

    def _remembered(self, key: str, path: str, data: bytes) -> Source | None:
        if key not in self._kept and self._ahead is not None:
            said = (line.partition(b"\t") for line in self._ahead.lines())
            self._kept.update((found.decode("ascii"), rest) for found, _, rest in said)
            self._is_new = True
        line = self._kept.get(key)
        if line is None:
            return None
        main, _, functions = line.decode("ascii", "replace").partition("\t")
        self._used[key] = line
        return sources.unpack(path, main, functions, lambda: parse_source(path, data))

    def _parsed(self, key: str, path: str, data: bytes) -> Source:
        if self._ahead is not None:
            self._ahead.take(path)
        source = parse_source(path, data)
        # What is wrong with a source may depend on more than its contents: how deep the parser could go, say.
        if self._folder and source.trouble is None:
            self._used[key] = "\t".join(sources.pack(source)).encode("ascii")
            self._is_new = True
        return source

    def save(self) -> None:
        """Keep what this run has read, where it was not kept yet, and of the rest not more than that."""
        if not self._folder or not self._is_new:
            return
        room = sum(map(len, self._used.values()))
        lines = [b"%s\t%s" % (key.encode(), line) for key, line in self._used.items()]
        for key, line in self._kept.items():
            room -= len(line)
            if room < 0:
                break
            if key not in self._used:
                lines.append(b"%s\t%s" % (key.encode(), line))
        body = b"\n".join(lines)
        content = b"%s\n%s" % (_head(body), body)
        if len(content) <= SIZE_LIMIT:
            _write(self._folder, self._name, content)
            _forget_oldest(self._folder)


def open_cache(root: Path, repository: Path | None, *, keep: bool = True) -> Cache:
    """What is kept of the app at `root`, which lies in the work tree `repository`, if in any; without `keep`, nothing
    is or will be.
    """
    if not keep:
        return Cache(None, "")
    return Cache(_usable(_folder(), repository or root), key_of(os.fsencode(root)))


def _folder() -> str | None:
    """Where the system wants programs to keep such things; None where the user has no such place."""
    named = os.environ.get(VARIABLE)
    if named:
        return os.path.abspath(named)
    home = os.environ.get("HOME", "")
    if sys.platform == "win32":
        above = os.environ.get("LOCALAPPDATA", "")
    elif sys.platform == "darwin":
        above = os.path.join(home, "Library", "Caches")
    else:
        above = os.environ.get("XDG_CACHE_HOME", "")
        above = above if os.path.isabs(above) else os.path.join(home, ".cache")
    return os.path.join(above, "deploylint") if os.path.isabs(above) else None


def _usable(folder: str | None, judged: Path) -> str | None:
    """The folder with all links followed, made where it was not there; None where it lies in what is judged, or where
    others than the user could write what is read from it.
    """
    if folder is None:
        return None
    try:
        folder = os.path.realpath(folder)
        if os.path.commonpath([folder, os.path.realpath(judged)]) == os.path.realpath(judged):
            return None
        os.makedirs(folder, mode=0o700, exist_ok=True)
        status = os.stat(folder)
    except (OSError, ValueError):  # ValueError: on another drive, or a NUL in the name
        return None
    if hasattr(os, "geteuid") and (status.st_uid != os.geteuid() or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)):
        return None
    return folder


# ------------------------------------------------------------------------------------------------ one file


def _head(body: bytes) -> bytes:
    """The first line of a file: what wrote it, for which Python, and a hash of the rest."""
    files = (branches.__file__, events.__file__, module.__file__, newest.__file__, sources.__file__)
    here = (__version__, sys.implementation.cache_tag, sys.hexversion, *map(_age, files))
    made = key_of(repr(here).encode())
    return f"deploylint {_FORMAT} {made} {key_of(body)}".encode()


def _age(file: str) -> object:
    """What changes when the code that reads sources does, where no version tells: in a checkout of deploylint."""
    try:
        status = os.stat(file)
    except OSError:  # in a zip archive
        return None
    return status.st_mtime_ns, status.st_size


def _load(folder: str, name: str) -> dict[str, bytes]:
    """The lines of a file by their hashes; none where it is not there or not to be trusted."""
    content = Disk(folder).read(name, SIZE_LIMIT)
    if content is None or content.trouble:
        return {}
    head, _, body = content.data.partition(b"\n")
    if head != _head(body):
        return {}
    with suppress(OSError):
        os.utime(os.path.join(folder, name))  # it was used now, whatever its contents are from
    parts = (line.partition(b"\t") for line in body.split(b"\n"))
    return {key.decode("ascii", "replace"): rest for key, _, rest in parts}


def _write(folder: str, name: str, content: bytes) -> None:
    """Write a file so that it is there whole or not at all; where that fails, all is as it was."""
    made = os.path.join(folder, f"{name}.{os.getpid()}{_UNFINISHED}")
    try:
        with open(
            os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600), "wb"
        ) as file:
            file.write(content)
        os.replace(made, os.path.join(folder, name))
    except OSError:
        with suppress(OSError):
            os.unlink(made)


def _forget_oldest(folder: str) -> None:
    """Delete those of our own files that are too many, and what a run that was ended has left of one."""
    with suppress(OSError):
        with os.scandir(folder) as listing:
            own = [entry for entry in listing if entry.name.endswith((_ENDING, _UNFINISHED))]
        own.sort(key=lambda entry: entry.stat(follow_symlinks=False).st_mtime_ns, reverse=True)
        for entry in own[FILES_LIMIT:]:
            os.unlink(entry.path)
