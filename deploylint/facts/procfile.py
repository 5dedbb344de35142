"""Procfile: the process types that a platform sees in it, in the dialect of that platform.

`classic`: one expression decides, quoted in heroku/buildpacks-procfile SPEC.md (bb54a14) as the classic platform's only
definition: a name, a colon that may be missing, white space that may not, the command. So `web : cmd` is the process
`web` with the command `: cmd`, which the shell takes for "do nothing", and `web:cmd` is no process at all. Other lines
are dropped in silence. `cnb` is told in `deploylint.facts.cnbprocfile`: there a line that does not fit ends the build.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from deploylint.record import NamedTuple
from deploylint.text import Span, Text
from deploylint.tree import Trouble

if TYPE_CHECKING:
    from deploylint.tree import Tree

_BLANK = " \t\v\f\r"
_LINE = re.compile(r"([a-zA-Z0-9_-]+)(:?)([ \t\v\f\r]+)(.*)", re.DOTALL)
_LOOKS_LIKE = re.compile(r"[\"'\ufeff -]*([a-zA-Z0-9_-]+)[\"']?\s*:(?!//)")

_LINES = 20_000
_LONGEST_NAME = 200


class Process(NamedTuple):
    """A process type with its command, and where both stand. `colon` tells whether the line has one, `written` how the
    type is written where the platform corrects it.
    """

    type: str
    command: str
    span: Span
    type_span: Span
    command_span: Span
    colon: bool
    written: str | None = None


class DroppedLine(NamedTuple):
    """A line that is neither blank nor a comment and yet no process. `type` is what it looks like it was meant for."""

    text: str
    type: str | None
    span: Span


class Refusal(NamedTuple):
    """Why the platform refuses the whole file, and what it stumbles over. `kind` is one of those that
    `deploylint.facts.cnbprocfile` tells.
    """

    kind: str
    span: Span


class Procfile(NamedTuple):
    """All of a Procfile. `processes` keeps repeated types; the last one of a type is the one that runs."""

    path: str
    text: Text
    processes: tuple[Process, ...]
    dropped: tuple[DroppedLine, ...] = ()
    trouble: Trouble | None = None
    refusal: Refusal | None = None

    @property
    def effective(self) -> dict[str, Process]:
        """The process of each type that runs, in the order of the lines that count."""
        last = {process.type: process for process in self.processes}
        return {process.type: process for process in self.processes if process is last[process.type]}

    @property
    def is_text(self) -> bool:
        """Whether the file can be read as lines at all: no NUL byte, as UTF-16 or a picture would have."""
        return "\0" not in self.text.value and not self.text.value.startswith("\ufeff\ufeff")


def read_procfile(tree: Tree, path: str, dialect: str) -> Procfile:
    """The Procfile at `path`, which is a file, in the dialect `classic` or `cnb`."""
    content = tree.read(path)
    # The platform knows no encodings: what is UTF-16 to an editor is bytes with NULs to it.
    text = Text(path, content.data.decode("utf-8", "surrogateescape"))
    lines = text.value.split("\n")
    trouble = content.trouble or (Trouble.TOO_LARGE if len(lines) > _LINES else None)
    if trouble is not None:
        return Procfile(path, text, (), trouble=trouble)
    if dialect == "cnb":
        from deploylint.facts.cnbprocfile import read

        return read(text)
    processes: list[Process] = []
    dropped: list[DroppedLine] = []
    start = 0
    for line in lines:
        _read_line(text, line, start, processes, dropped)
        start += len(line) + 1
    return Procfile(path, text, tuple(processes), tuple(dropped))


def _read_line(text: Text, line: str, start: int, processes: list[Process], dropped: list[DroppedLine]) -> None:
    stripped = line.strip(_BLANK)
    if not stripped or stripped.startswith("#"):
        return
    begin = start + line.index(stripped)
    span = text.span(begin, begin + len(stripped))
    match = _LINE.fullmatch(line.lstrip(_BLANK).rstrip(_BLANK))
    if not match:
        like = _LOOKS_LIKE.match(stripped[:_LONGEST_NAME])
        dropped.append(DroppedLine(stripped, like[1] if like else None, span))
        return
    type_span = text.span(begin, begin + match.end(1))
    command_span = text.span(begin + match.start(4), begin + match.end(4))
    processes.append(Process(match[1], match[4], span, type_span, command_span, bool(match[2])))
