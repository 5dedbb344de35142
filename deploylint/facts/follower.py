"""Follows shell code: lists, branches, loops, subshells; see `deploylint.facts.invocation` for what comes out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from deploylint.facts.callnotes import DEEPEST, STEP_LIMIT, Call, Frame
from deploylint.facts.shell import Simple, parse
from deploylint.facts.shellbuiltins import Builtins
from deploylint.facts.shellstate import ENDED, MAYBE, State

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deploylint.facts.invocation import Step
    from deploylint.facts.shell import Assignment, Chain, Command, CommandList, Compound, Pipeline, Script, Source, Word

_CHANGES_FOLDER = re.compile(r"\b(?:cd|pushd|popd)\b")
# Commands asked for their answer: what stands behind `&&` depends on it, not on their success.
_QUESTIONS = frozenset(
    {"[", "test", "grep", "which", "command", "type", "hash", "false", "pgrep", "expr", "diff", "cmp"}
)


class Follower(Builtins):
    """Follows commands and notes the steps."""

    def steps_of(self, source: Source, dialect: str, root: str, known: Mapping[str, str | None]) -> tuple[Step, ...]:
        """The steps of the code in `source`."""
        self.code(parse(source, dialect), Frame(dialect), State(known, root))
        return tuple(self.steps)

    def code(self, script: Script, frame: Frame, state: State) -> None:
        """Follow all of a piece of code."""
        broken = script.fault is not None or script.unread is not None
        self.commands(script.commands, frame._replace(tail=frame.tail and not broken), state)
        if state.stopped or not broken:
            return
        doubt = frame.conditional or state.flow == MAYBE
        if script.unread is not None:
            self.opaque("code", script.unread, frame, state, rest=True)
        elif script.fault is not None:
            fault = script.fault
            here = frame._replace(conditional=doubt)
            self.broken("syntax", fault.span, here, "", fault.kind, fault.token)
            state.flow = ENDED

    def commands(self, commands: CommandList, frame: Frame, state: State) -> None:
        """Follow a list of commands."""
        final = len(commands.chains) - 1
        for number, chain in enumerate(commands.chains):
            if state.stopped:
                return
            if len(self.steps) >= STEP_LIMIT:
                self.opaque("limit", chain.span, frame, state, rest=True)
                return
            here = frame._replace(tail=frame.tail and number == final)
            if state.flow == MAYBE:
                here = here._replace(conditional=True)
            self._chain(chain, here, state)

    def _chain(self, chain: Chain, frame: Frame, state: State) -> None:
        if chain.background:
            state = state.copy()
            frame = frame.inside()._replace(background=True)
        doubt = False
        guarded = frame.guarded or state.guarded
        final = len(chain.pipelines) - 1
        for number, pipeline in enumerate(chain.pipelines):
            if state.stopped:
                return
            operator = chain.operators[number - 1] if number else ""
            before = chain.pipelines[number - 1]
            doubt = doubt or operator == "||" or (operator == "&&" and _asks(before))
            guarded = guarded or operator == "&&"
            here = frame._replace(
                conditional=frame.conditional or doubt or state.flow == MAYBE,
                guarded=guarded,
                tail=frame.tail and "&&" not in chain.operators[number:],
            )
            if not doubt:
                self._pipeline(pipeline, here, state)
                continue
            branch = state.branch()
            self._pipeline(pipeline, here, branch)
            if operator == "||" and branch.flow == ENDED and number == final == 1 and not _asks(before):
                state.guarded = True  # `cd app || exit 1`
            else:
                state.join([state.branch(), branch])

    def _pipeline(self, pipeline: Pipeline, frame: Frame, state: State) -> None:
        if len(pipeline.commands) == 1:
            self._command(pipeline.commands[0], frame, state)
            return
        final = len(pipeline.commands) - 1
        for number, command in enumerate(pipeline.commands):
            here = frame.inside()._replace(piped=True, tail=frame.tail and number == final)
            self._command(command, here, state.copy())

    def _command(self, command: Command, frame: Frame, state: State) -> None:
        if isinstance(command, Simple):
            self._simple(command, frame, state)
        elif frame.depth >= DEEPEST:
            self.opaque("limit", command.span, frame, state, rest=True)
        else:
            self._compound(command, frame._replace(depth=frame.depth + 1), state)

    def _compound(self, command: Compound, frame: Frame, state: State) -> None:
        kind = command.kind
        if kind == "function":
            state.functions[command.name] = command
        elif kind == "group":
            self.commands(command.lists[0], frame, state)
        elif kind == "subshell":
            self.commands(command.lists[0], frame.inside(), state.copy())
        elif kind == "if":
            self._branches(command.lists, frame, state)
        elif kind == "case":
            before = state.copy()
            branches = [before]
            for commands in command.lists:
                branches.append(before.copy())
                self.commands(commands, frame._replace(conditional=True), branches[-1])
            state.join(branches)
        else:
            self._loop(command, frame, state)

    def _branches(self, lists: Sequence[CommandList], frame: Frame, state: State) -> None:
        """The lists of an `if`: condition and body in turn, and the body of `else` where their number is odd."""
        condition = frame._replace(tail=False)
        body = frame._replace(conditional=True)
        self.commands(lists[0], condition, state)
        if state.stopped:
            return
        branches = []
        here = state.branch()
        for number in range(1, len(lists), 2):
            branches.append(here.branch())
            self.commands(lists[number], body, branches[-1])
            if number + 2 < len(lists):
                self.commands(lists[number + 1], condition._replace(conditional=True), here)
            elif number + 1 < len(lists):
                self.commands(lists[number + 1], body, here)
        state.join([*branches, here])

    def _loop(self, command: Compound, frame: Frame, state: State) -> None:
        if not command.lists:
            return
        # What the body sets, it finds on its next turn.
        state.forget()
        if _CHANGES_FOLDER.search(command.source.value[command.start : command.end]):
            state.cwd = None
        for commands in command.lists[: command.always]:
            self.commands(commands, frame._replace(tail=False), state)
        branch = state.copy()
        for commands in command.lists[command.always :]:
            self.commands(commands, frame._replace(conditional=True, tail=False), branch)
        if not state.stopped:
            state.join([state.branch(), branch])

    def _simple(self, command: Simple, frame: Frame, state: State) -> None:
        if not command.words:
            for assignment in command.assignments:
                self._assign(assignment, state)
            return
        env: dict[str, Word | None] = {}
        for assignment in command.assignments:
            env[assignment.name] = None if assignment.append else assignment.value
        words = state.fields(command.words)
        if words:
            self.run(Call(words, tuple(map(state.text, words)), env, command.span), frame, state)

    def _assign(self, assignment: Assignment, state: State) -> None:
        value = None if assignment.append else state.text(assignment.value)
        state.learn(assignment.name, value)
        if assignment.name in state.exported or assignment.name in state.given:
            state.exported[assignment.name] = None if assignment.append else assignment.value


def _asks(pipeline: Pipeline) -> bool:
    """Whether a pipeline is a question, so that what follows `&&` is run only on one answer."""
    command = pipeline.commands[-1]
    if pipeline.negated or not isinstance(command, Simple):
        return True
    return bool(command.words) and command.words[0].literal in _QUESTIONS
