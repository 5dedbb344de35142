"""Where outputs and complaints go: files, standard output, standard error; what becomes of a stream that is closed."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import IO

import click

from deploylint.errors import UsageError


def write(file: str, text: str, errors: str = "backslashreplace") -> None:
    """Write `text` to `file`, `-` being standard output. UsageError where that cannot be done; a reader of standard
    output that went away is no fault.
    """
    if file == "-":
        _print(text, errors)
        return
    try:
        with open(file, "w", encoding="utf-8", errors=errors, newline="\n") as stream:
            stream.write(text)
    except OSError as error:
        raise UsageError(f"{file}: cannot be written: {error.strerror}") from None


def _print(text: str, errors: str) -> None:
    if sys.stdout is None:
        raise UsageError("standard output is closed")
    encoding = "utf-8" if errors == "surrogateescape" else sys.stdout.encoding or "utf-8"
    try:
        sys.stdout.buffer.write(text.encode(encoding, errors))
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        let_go(sys.stdout)  # the reader went away (`deploylint | head`): nothing is wrong
    except OSError as error:
        let_go(sys.stdout)
        raise UsageError(f"standard output: cannot be written: {error.strerror}") from None


def complain(message: str) -> None:
    """One sentence on standard error; what it quotes of the app cannot reach the terminal raw."""
    from deploylint.output.common import escape_controls

    try:
        click.echo(escape_controls(message), err=True)
    except OSError:  # nobody is left to be told, but the exit code still says it
        let_go(sys.stderr)


def let_go(stream: IO[str]) -> None:
    """Send what is left in a stream nowhere, so that Python does not fail at it, and with it, at exit."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
