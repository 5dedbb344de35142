"""Commands that there are nowhere, since their names are mistyped, or name a file or an app instead of a program.

A word is taken for one of these where no distribution that is known brings a program of that name: it is one letter, or
its capitals, away from a program that people start apps with, or it is what belongs behind such a program (`app:app`,
`app` for app.py, `run app.py`). Source: bash, "Command Search and Execution"; click 8.3 for commands of a command.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from deploylint import package
from deploylint.knowledge.distributions import DISTRIBUTIONS
from deploylint.knowledge.servers import starters
from deploylint.record import NamedTuple
from deploylint.spelling import distance

if TYPE_CHECKING:
    from deploylint.facts.invocation import Invocation
    from deploylint.steps import Build
    from deploylint.steps.argv import Words

_SHORTEST = 5
"""Letters from which on one edit is taken for a typing error."""
_TARGET = re.compile(r"([A-Za-z_]\w*)(?::[A-Za-z_]\w*)?")
_STARTS = frozenset({"run", "start", "py", "cmd", "exec", "launch"})


class Mistyped(NamedTuple):
    """What was typed in place of a command, what was `meant`, if that is known (`program`, `module`, `command`: the
    kind of it), and whether nothing that is not described can have brought it.
    """

    kind: str
    meant: str = ""
    sure: bool = False


def mistyped(build: Build, invocation: Invocation, words: Words, *, group: bool) -> Mistyped | None:
    """What is wrong with the first word of a command; None where nothing is, or that cannot be told. `group`: it is a
    program whose own first word is a command of its, and no file.
    """
    word = words.texts[0]
    if invocation.module or invocation.cwd is None or "PATH" in invocation.env or "/" in word:
        return None
    behind = words.texts[1] if len(words.texts) > 1 and words.known[1] else ""
    if group:
        return Mistyped("command", behind, sure=True) if behind.endswith(".py") else None
    if word in starters().programs or _is_known(word):
        return None
    near = _near(word)
    if near:
        return Mistyped("program", near, sure=len(near) > _SHORTEST)
    match = _TARGET.fullmatch(word)
    if match and build.app.tree.is_file(posixpath.join(invocation.cwd, f"{match[1]}.py")):
        return Mistyped("module", match[1], sure=":" in word)
    if word in _STARTS and build.app.tree.is_file(posixpath.join(invocation.cwd, behind)) and behind.endswith(".py"):
        return Mistyped("file", behind)
    return None


def _near(word: str) -> str:
    """The program that a word is one typing error away from, or its capitals."""
    lower = word.lower().rstrip(":,;")
    if lower in starters().programs:
        return lower
    for command in sorted(starters().programs):
        close = len(command) >= _SHORTEST and abs(len(word) - len(command)) <= 1
        # `celeryd` was a program, and so may others be that begin so.
        if close and not lower.startswith(command) and distance(lower, command) == 1:
            return command
    return ""


def _is_known(word: str) -> bool:
    """Whether a distribution that is described brings a program of this name."""
    pattern = rb"\n scripts (?:[^\n]* )?" + re.escape(word.encode("utf-8", "replace")) + rb"[ \n]"
    return re.search(pattern, package.view(DISTRIBUTIONS)) is not None
