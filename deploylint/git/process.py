"""Running git: the program, the settings it gets, and how long and how much it may answer.

In go words, out comes what git printed. Whatever the repository's configuration could start is switched off, so that no
program of a hostile repository runs.

Sources: git(1), git-config(1).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO, TYPE_CHECKING

from deploylint.record import NamedTuple

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping, Sequence

TIMEOUT = 60.0
"""Seconds after which a git process is ended: a pipe among the repository's files would hold it for ever."""

OUTPUT_LIMIT = 64 * 1024 * 1024
"""Bytes of output that are taken from one command, enough for half a million files. A tree that names one subtree many
times over, level by level, lists for ever."""

# Whatever these commands might start. Most of it applies to other commands only, and costs nothing to switch off.
_SETTINGS = (
    "core.fsmonitor=false",
    f"core.hooksPath={os.devnull}",
    "core.alternateRefsCommand=:",
    "core.askPass=",
    "core.pager=cat",
    "core.sshCommand=false",
    "credential.helper=",
    "diff.external=",
    "protocol.allow=never",
)


class GitError(Exception):
    """git is there, but the repository cannot be read; the message is for the person who runs deploylint."""


def find_program() -> str | None:
    """The git on PATH. Relative parts of PATH are left out: they could lead into the repository."""
    name = "git.exe" if os.name == "nt" else "git"
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        program = Path(folder, name)
        if program.is_absolute() and program.is_file() and os.access(program, os.X_OK):
            return str(program)
    return None


class Result(NamedTuple):
    """What a git that has ended left: its exit code, its standard output, and the first of its standard error."""

    code: int
    output: bytes
    words: str


def start(
    program: str, folder: str, environment: Mapping[str, str], words: Sequence[str], *, talk: bool
) -> subprocess.Popen[bytes]:
    """A git process. With `talk` its input is ours and its complaints are dropped; else it has no input."""
    import subprocess

    settings = [word for setting in _SETTINGS for word in ("-c", setting)]
    try:
        return subprocess.Popen(
            [program, "--no-pager", *settings, *words],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE if talk else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL if talk else subprocess.PIPE,
        )
    except (OSError, ValueError) as error:  # ValueError: a revision with a NUL in it
        raise GitError(f"git cannot be run in {folder}: {error}") from None


def run(program: str, folder: str, environment: Mapping[str, str], *words: str) -> Result:
    """Run git to its end. GitError if it cannot be started, takes too long or says too much."""
    import threading

    process = start(program, folder, environment, words, talk=False)
    assert process.stdout is not None
    assert process.stderr is not None
    complaints: list[bytes] = []
    listener = threading.Thread(target=_drain, args=(process.stderr, complaints), daemon=True)
    timer = Watch(process)
    with process, timer:
        listener.start()
        output = process.stdout.read(OUTPUT_LIMIT + 1)
        if len(output) > OUTPUT_LIMIT:
            process.kill()
        listener.join()
        process.wait()
    if timer.rang:
        raise GitError(f"git {words[0]} in {folder} did not end within {TIMEOUT:g} seconds")
    if len(output) > OUTPUT_LIMIT:
        raise GitError(f"git {words[0]} in {folder} lists more files than deploylint takes ({OUTPUT_LIMIT} bytes)")
    return Result(process.returncode, output, b"".join(complaints).decode("utf-8", "replace"))


def _drain(stream: IO[bytes], complaints: list[bytes]) -> None:
    """Keep the first words, drop the rest, so that git is never stuck with something to say."""
    try:
        complaints.append(stream.read(4096))
        while stream.read(65536):
            pass
    except ValueError:
        return  # the stream was closed: Ctrl-C came, and nobody waits for complaints any more


class Watch:
    """Ends `process` if the block takes longer than TIMEOUT."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        import threading

        self.rang = False
        self._process = process
        self._timer = threading.Timer(TIMEOUT, self._ring)
        self._timer.daemon = True

    def _ring(self) -> None:
        self.rang = True
        self._process.kill()

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
