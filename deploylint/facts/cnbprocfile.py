"""Procfile as the Cloud Native Buildpack reads it: strict, with a few corrections; a line that does not fit ends the
build.

Source: heroku/buildpacks-procfile bb54a14 src/procfile.rs, and winnow 1.0 for where a line ends: at LF or CRLF, and a
lone CR is an error. A `Refusal` is of the kind `not-utf8`, `nothing` (no process in a file that is not empty),
`no-colon`, `type` (what stands before the colon is no process type), `no-command`, `carriage-return`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from deploylint.facts.procfile import Process, Procfile, Refusal

if TYPE_CHECKING:
    from deploylint.text import Text

_IGNORED = re.compile(r"[ \t]*(?:#[^\r\n]*(?=\r\n|\n|\Z)|\r?\n)")
_TYPE = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
_LONGEST_TYPE = 63
_BLANKS = re.compile(r"[ \t]*")
_TO_LINE_END = re.compile(r"[^\r\n]*")
_AT_LINE_END = re.compile(r"\r?\n|\Z")


class _RefusedError(Exception):
    """The file is refused because of what stands between two offsets."""

    def __init__(self, kind: str, start: int, end: int) -> None:
        super().__init__(kind)
        self.kind, self.start, self.end = kind, start, end


def read(text: Text) -> Procfile:
    """All of a Procfile; without processes where it is refused."""
    source = text.value
    try:
        source.encode()
    except UnicodeEncodeError:  # what is not UTF-8 was read as lone surrogates
        return Procfile(text.path, text, (), refusal=Refusal("not-utf8", text.whole))
    processes: list[Process] = []
    position = 0
    try:
        while position < len(source):
            process, position = _read_process(text, _skip(source, position))
            processes.append(process)
            position = _skip(source, position)
    except _RefusedError as error:
        if error.kind == "no-colon" and not processes and not source[error.start :].strip():
            return Procfile(text.path, text, (), refusal=Refusal("nothing", text.whole))
        return Procfile(text.path, text, (), refusal=Refusal(error.kind, text.span(error.start, error.end)))
    return Procfile(text.path, text, tuple(processes))


def _skip(source: str, position: int) -> int:
    """Behind the comments and empty lines that begin at `position`."""
    while match := _IGNORED.match(source, position):
        position = match.end()
    return position


def _read_process(text: Text, start: int) -> tuple[Process, int]:
    """The process that begins at `start`, and where the next line does."""
    source = text.value
    colon = source.find(":", start)
    if colon < 0:
        raise _RefusedError("no-colon", start, _line_end(source, start))
    written = source[start:colon]
    type_ = written if _is_type(written) else _corrected(written)
    if not _is_type(type_):
        # Without a colon of its own the line takes that of a later one.
        end = _line_end(source, start)
        raise _RefusedError("type" if colon < end else "no-colon", start, min(colon, end))
    begin = _end(_BLANKS, source, colon + 1)
    end = _end(_TO_LINE_END, source, begin)
    following = _AT_LINE_END.match(source, end)
    if following is None:
        raise _RefusedError("carriage-return", end, end + 1)
    if begin == end:
        raise _RefusedError("no-command", start, colon + 1)
    first = start + len(written) - len(written.lstrip(" \t"))
    process = Process(
        type_,
        source[begin:end],
        text.span(first, end),
        text.span(first, colon),
        text.span(begin, end),
        colon=True,
        written=None if written == type_ else written,
    )
    return process, following.end()


def _corrected(written: str) -> str:
    """The type as it is taken after the corrections that are made with a warning."""
    return written.replace("_", "-").lower().lstrip(" \t") if written.isascii() else written


def _is_type(text: str) -> bool:
    return len(text) <= _LONGEST_TYPE and _TYPE.fullmatch(text) is not None


def _line_end(source: str, start: int) -> int:
    return _end(_TO_LINE_END, source, start)


def _end(pattern: re.Pattern[str], source: str, start: int) -> int:
    match = pattern.match(source, start)
    assert match  # both patterns match the empty string
    return match.end()
