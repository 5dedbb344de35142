"""What the follower of shell commands carries along, and where it notes what it finds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deploylint.facts.invocation import Broken, Hop, Invocation, Opaque
from deploylint.facts.shell import Word, made
from deploylint.facts.shellstate import LOST
from deploylint.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deploylint.facts.invocation import Step
    from deploylint.facts.shell import CommandList, Script
    from deploylint.facts.shellstate import State
    from deploylint.text import Span
    from deploylint.tree import Tree

DEEPEST = 12
STEP_LIMIT = 400


class Frame(NamedTuple):
    """How a command is run. `tail`: nothing follows it; `own`: an `exec` here replaces the last shell that there is;
    `files`: the scripts that are being followed.
    """

    dialect: str
    via: tuple[Hop, ...] = ()
    conditional: bool = False
    guarded: bool = False
    background: bool = False
    piped: bool = False
    tail: bool = True
    own: bool = True
    depth: int = 0
    files: frozenset[str] = frozenset()

    def inside(self) -> Frame:
        """The frame of a subshell."""
        return self._replace(own=self.tail and self.own)

    def through(self, words: str, span: Span) -> Frame:
        """The frame one hop further."""
        return self._replace(via=(*self.via, Hop(words, span)), depth=self.depth + 1)


class Call(NamedTuple):
    """A command about to be run: its words, their texts, and what is set for it alone."""

    words: tuple[Word, ...]
    argv: tuple[str | None, ...]
    env: Mapping[str, Word | None]
    span: Span

    @property
    def argv0(self) -> str:
        """The text of the first word; empty where there is none, or it is not known."""
        return (self.argv[0] if self.argv else None) or ""

    def behind(self, count: int) -> Call:
        """The same less its first words."""
        words = self.words[count:]
        span = self.span
        if count and words and words[0].span.path == span.path:
            span = span._replace(line=words[0].span.line, column=words[0].span.column)
        return self._replace(words=words, argv=self.argv[count:], span=span)

    def led_by(self, texts: Sequence[str], span: Span) -> Call:
        """The same behind words that are written nowhere as such; they stand at `span`."""
        words = tuple(made(text, span) for text in texts)
        return self._replace(words=(*words, *self.words), argv=(*texts, *self.argv))


class Notes:
    """The steps that are found in the app `tree`."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.steps: list[Step] = []

    def note(self, call: Call, frame: Frame, state: State, file: str | None = None, **marks: Any) -> None:
        """A program is run; `marks` are fields of its Invocation."""
        found = Invocation(
            call.words,
            call.argv,
            call.span,
            {**state.exported, **call.env},
            dict(state.known),
            state.cwd,
            frame.via,
            frame.conditional,
            frame.guarded,
            frame.background,
            frame.piped,
            frame.tail,
            file=file,
        )
        self.steps.append(found._replace(**marks) if marks else found)

    def opaque(self, what: str, span: Span, frame: Frame, state: State, *, rest: bool = False) -> None:
        """Something cannot be followed; with `rest`, nor what comes behind it in this shell."""
        self.steps.append(Opaque(what, span, frame.via, frame.conditional, rest))
        if rest:
            state.flow = LOST

    def broken(self, kind: str, span: Span, frame: Frame, path: str = "", *detail: str) -> None:
        """Something fails when it is reached."""
        self.steps.append(Broken(kind, span, frame.via, frame.conditional, frame.guarded, path, detail))

    def code(self, script: Script, frame: Frame, state: State) -> None:
        """Follow all of a piece of code; for the follower to fill in."""
        raise NotImplementedError

    def commands(self, commands: CommandList, frame: Frame, state: State) -> None:
        """Follow a list of commands; for the follower to fill in."""
        raise NotImplementedError
