"""What was probably meant by a line that pip refuses: a table of `pip list`, a line of conda, a half-done merge.

In goes the line, out comes one word for the kind of mistake. What belongs to one mistake, such as all rows of a table,
is one thing to tell.
"""

from __future__ import annotations

import re

MERGE, TABLE, CONDA, YAML, PIPFILE, OUTPUT, COMMAND = "merge", "table", "conda", "yaml", "pipfile", "output", "command"
NUL, WINDOWS, EGG, ONE_EQUALS, BLANK, SCP, GIT = "nul", "windows", "egg", "one-equals", "blank", "scp", "git"

TOGETHER = frozenset({MERGE, TABLE, CONDA, YAML, PIPFILE, OUTPUT})
"""Kinds of which a file mostly has many lines, with one cause."""

_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_KINDS = (
    (MERGE, re.compile(r"<<<<<<< |=======(?:\s|$)|>>>>>>> |\|\|\|\|\|\|\| ")),
    (TABLE, re.compile(r"Package\s+Version\b|-{3,}\s+-{3,}[\s-]*$")),
    (CONDA, re.compile(rf"@EXPLICIT$|(_?{_NAME})=([^=\s]+)=[^=\s]+$")),
    (YAML, re.compile(r"(?:dependencies|channels|prefix|name):(?:\s|$)|- \S")),
    (PIPFILE, re.compile(r"\[\[?[a-z][a-z.-]*\]?\]$|" + rf"{_NAME} ?= ?(?:[\"'{{]|true|false)")),
    (OUTPUT, re.compile(r"\[notice\]|WARNING: |DEPRECATION: |Note: you may|Requirement already |Collecting \S|Usage:")),
    (COMMAND, re.compile(r"(?:python3? -m )?pip3? (?:install ([A-Za-z0-9]\S*)|[a-z])")),
    (WINDOWS, re.compile(r"(?:-e |--editable[ =])?[A-Za-z]:\\")),
    (EGG, re.compile(r"-e (\.[^#:\s]*)#egg=")),
    (SCP, re.compile(r"(?:-e |--editable[ =])?(?:git\+)?git@([A-Za-z0-9.-]+):([^\s#@]+)")),
    (GIT, re.compile(r"(?:-e |--editable[ =])?(?:git|ssh)://(?:[^/@\s]*@)?([A-Za-z0-9.-]+)/([^\s#@]+)")),
    (ONE_EQUALS, re.compile(rf"({_NAME}) ?= ?([0-9][^\s=]*)")),
    (BLANK, re.compile(rf"({_NAME})\s+v?([0-9][^\s,;=<>]*)\s*$")),
)


def mistake(line: str) -> tuple[str, tuple[str, ...]]:
    """The kind of mistake that a line is, the empty string for any other, and the parts of it that a help may quote."""
    if "\0" in line:
        return NUL, ()
    if len(line) > 2000:
        return "", ()
    for kind, pattern in _KINDS:
        match = pattern.match(line)
        if match is not None:
            return kind, tuple(part or "" for part in match.groups())
    return "", ()
