"""A second process that reads the sources of a large app ahead of the walk through what imports what.

Nearly all the time of such a run is the parser's, and every source is parsed by itself. The process is a fork of this
one, so that it has loaded all that it needs. It goes through the files from the last to the first, while the walk comes
from the other side, says what it has read in the lines of the cache, and ends with the walk. What it says is found by
the contents of a file: where git would store something else than lies on the disk, nobody asks for it.
"""

from __future__ import annotations

import mmap
import os
import signal
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from deploylint.directory import Disk
from deploylint.facts.module import SIZE_LIMIT, parse_source
from deploylint.facts.sources import key_of, pack

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

ENOUGH = 200
"""Sources for which it is worth it: to start the process takes as long as to read some twenty."""

_PATIENCE = 0.05
"""Seconds that are waited for a thread to end."""

_PORTION = 8
"""Sources that are told of together."""


class Ahead:
    """The process, the end of the pipe through which it speaks, and a byte for each path that both see: 1 for one that
    it need not read.
    """

    def __init__(self, process: int, pipe: int, paths: Sequence[str], taken: mmap.mmap) -> None:
        self._process = process
        self._pipe = pipe
        self._rest = b""
        self._places = {path: place for place, path in enumerate(paths)}
        self._taken = taken

    def take(self, path: str) -> None:
        """Read this one here."""
        if path in self._places:
            self._taken[self._places[path]] = 1

    def lines(self) -> list[bytes]:
        """What it has said since it was last asked; it is not waited for."""
        if self._pipe < 0:
            return []
        said = [self._rest]
        with suppress(BlockingIOError):
            while part := os.read(self._pipe, 1 << 20):
                said.append(part)
            self._close()
        *whole, self._rest = b"".join(said).split(b"\n")
        return whole

    def stop(self) -> None:
        """End it; nothing is lost, for what it has not said is read here."""
        self._close()
        with suppress(OSError):
            os.kill(self._process, signal.SIGKILL)
            os.waitpid(self._process, 0)

    def _close(self) -> None:
        if self._pipe >= 0:
            os.close(self._pipe)
            self._pipe = -1


def start(root: Path, paths: Sequence[str]) -> Ahead | None:
    """Read the sources at these paths below `root`; None where that would not help, or is not safe."""
    if len(paths) < ENOUGH or not _can_fork():
        return None
    try:
        taken = mmap.mmap(-1, len(paths))
        inlet, outlet = os.pipe()
        process = os.fork()
    except OSError:  # no room for another process
        return None
    if process:
        os.close(outlet)
        os.set_blocking(inlet, False)
        return Ahead(process, inlet, paths, taken)
    try:  # pragma: no cover (a process of its own, which ends without telling)
        os.close(inlet)
        # Whoever reads what this run prints must not have to wait for a process that prints nothing.
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nowhere, stream)
        read(root, paths, taken, lambda text: _send(outlet, text))
    finally:  # pragma: no cover
        os._exit(0)


def _can_fork() -> bool:
    """Whether there is a processor for it, and no thread that would be missing in it."""
    if sys.platform != "linux" or len(os.sched_getaffinity(0)) == 1:
        return False
    # One that watched git may not have noticed yet that it is not needed any more.
    for thread in threading.enumerate():
        if thread is not threading.current_thread():
            thread.join(_PATIENCE)
    return threading.active_count() == 1


def read(root: Path, paths: Sequence[str], taken: mmap.mmap | bytearray, send: Callable[[bytes], None]) -> None:
    """Read the sources that are not taken, the last one first, and send a line for each with which nothing is wrong."""
    disk = Disk(root)
    ready: list[bytes] = []
    for place in reversed(range(len(paths))):
        content = None if taken[place] else disk.read(paths[place], SIZE_LIMIT)
        if content is None or content.trouble:
            continue
        source = parse_source(paths[place], content.data)
        if source.trouble is None:
            ready.append("\t".join((key_of(content.data), *pack(source))).encode("ascii"))
        if len(ready) == _PORTION:
            send(b"".join(line + b"\n" for line in ready))
            ready = []
    send(b"".join(line + b"\n" for line in ready))


def _send(pipe: int, text: bytes) -> None:  # pragma: no cover (of the other process)
    while text:
        text = text[os.write(pipe, text) :]
