"""What the builtins of a shell do to it: the working directory, variables, functions, and whether it goes on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from deploylint.facts.callnotes import DEEPEST, STEP_LIMIT
from deploylint.facts.programs import Programs
from deploylint.facts.shell import SH, made
from deploylint.facts.shellsimple import assigned
from deploylint.facts.shellstate import ENDED, LOST, ON, RETURNED
from deploylint.tree import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from deploylint.facts.callnotes import Call, Frame
    from deploylint.facts.shellstate import State
    from deploylint.tree import Tree

_DIGITS = 5
_DECLARATION = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(\+?)(=?)")

BUILTINS = frozenset(
    {
        ":", ".", "[", "alias", "bg", "break", "cd", "continue", "declare", "dirs", "disown", "echo", "enable",
        "eval", "exit", "export", "false", "fg", "getopts", "hash", "help", "history", "jobs", "kill", "let", "local",
        "mapfile", "popd", "printf", "pushd", "pwd", "read", "readarray", "readonly", "return", "set", "shift",
        "shopt", "source", "suspend", "test", "times", "trap", "true", "type", "typeset", "ulimit", "umask",
        "unalias", "unset", "wait",
    }
)  # fmt: skip
"""Commands of the shell itself, which start no program."""


class Builtins(Programs):
    """Follows commands of the shell, and programs."""

    def __init__(self, tree: Tree) -> None:
        super().__init__(tree)
        self._special: dict[str, Callable[[Call, Frame, State], None]] = {
            "cd": self._cd, "pushd": self._other_folder, "popd": self._other_folder, "exit": self._exit,
            "return": self._return, "exec": self._exec, "command": self._command_word, "builtin": self._command_word,
            "export": self._declare, "declare": self._declare, "typeset": self._declare, "readonly": self._declare,
            "local": self._declare, "unset": self._unset, "read": self._read, "eval": self._eval, ".": self._source,
            "source": self._source, "shift": self._shift, "set": self._set,
        }  # fmt: skip

    def run(self, call: Call, frame: Frame, state: State) -> None:
        """Follow one command, its functions and builtins first."""
        name = call.argv[0] if call.argv else None
        if name is None:
            span = call.words[0].span if call.words else call.span
            self.opaque("command", span, frame, state)
        elif frame.depth >= DEEPEST or len(self.steps) >= STEP_LIMIT:
            self.opaque("limit", call.span, frame, state, rest=True)
        elif name in state.functions:
            self._function(name, call, frame, state)
        elif name in self._special:
            self._special[name](call, frame, state)
        elif name in BUILTINS:
            self.note(call, frame, state, builtin=True)
        else:
            self.program(call, frame, state)

    def _function(self, name: str, call: Call, frame: Frame, state: State) -> None:
        body = state.functions[name]
        if body is None:
            self.opaque("source", call.span, frame, state, rest=True)
            return
        arguments = state.arguments
        state.take(state.given_to(call.words[1:]))
        self.commands(body.lists[0], frame.through(f"{name}()", call.span), state)
        state.take(arguments)
        if state.flow == RETURNED:
            state.flow = ON

    def _cd(self, call: Call, frame: Frame, state: State) -> None:
        words = list(call.argv[1:])
        while words and words[0] in ("-P", "-L", "--", "-e"):
            words.pop(0)
        target = words[0] if words else state.known.get("HOME")
        state.cwd = state.resolve(target) if target and target != "-" and len(words) < 2 else None
        entry = self.tree.follow(state.cwd) if state.cwd else None
        if state.cwd and (entry is None or entry.kind is Kind.FILE):
            self.broken("folder", call.span, frame, state.cwd)

    def _other_folder(self, call: Call, frame: Frame, state: State) -> None:
        del call, frame
        state.cwd = None

    def _shift(self, call: Call, frame: Frame, state: State) -> None:
        self.note(call, frame, state, builtin=True)
        count = call.argv[1] if len(call.argv) > 1 else "1"
        taken = int(count) if count is not None and count.isdecimal() and len(count) < _DIGITS else None
        left = state.arguments
        # One that is not known may be several.
        if left is None or taken is None or any(word.literal is None for word in left[:taken]):
            state.take(None)
        else:
            state.take(left[taken:])

    def _set(self, call: Call, frame: Frame, state: State) -> None:
        """`set -e`, or `set -- a b`, after which `$@` is another."""
        self.note(call, frame, state, builtin=True)
        at = 1
        while at < len(call.argv) and (call.argv[at] or "")[:1] in ("-", "+") and call.argv[at] not in ("-", "--"):
            at += 2 if (call.argv[at] or "").endswith("o") else 1
        if at < len(call.argv):
            state.take(state.given_to(call.words[at + (call.argv[at] in ("-", "--")) :]))

    def _exit(self, call: Call, frame: Frame, state: State) -> None:
        self.note(call, frame, state, builtin=True)
        state.flow = ENDED

    def _return(self, call: Call, frame: Frame, state: State) -> None:
        del call, frame
        state.flow = RETURNED

    def _exec(self, call: Call, frame: Frame, state: State) -> None:
        at = 1
        while at < len(call.argv) and call.argv[at] in ("-a", "-c", "-l", "--"):
            at += 2 if call.argv[at] == "-a" else 1
        inner = call.behind(at)
        if not inner.words:
            return  # redirections for the rest of the script
        frame = frame.through("exec", call.span)._replace(tail=frame.own or frame.tail)
        if inner.argv[0] is None:
            self.opaque("command", inner.words[0].span, frame, state)
        elif frame.depth >= DEEPEST:
            self.opaque("limit", call.span, frame, state)
        else:
            self.program(inner, frame, state)
        state.flow = ENDED

    def _command_word(self, call: Call, frame: Frame, state: State) -> None:
        """`command` and `builtin`, which run the rest without functions."""
        at = 1
        while at < len(call.argv) and call.argv[at] in ("-p", "--"):
            at += 1
        inner = call.behind(at)
        if not inner.words or (inner.argv[0] or "").startswith("-"):
            return
        hidden = state.functions
        state.functions = {}
        self.run(inner, frame._replace(depth=frame.depth + 1), state)
        state.functions = hidden

    def _declare(self, call: Call, frame: Frame, state: State) -> None:
        """`export NAME=value`, and its likes."""
        options = "".join((text or "?")[1:] for text in call.argv[1:] if text is None or text.startswith("-"))
        exports = call.argv[0] == "export" or "x" in options
        if "f" in options or "n" in options:
            exports = False
        for word in call.words[1:]:
            match = _DECLARATION.match(word.written)
            if not match:
                if not word.written.startswith("-"):
                    self.opaque("eval", word.span, frame, state)
                    state.forget()
                continue
            name = match[1]
            if match[3]:
                value = None if match[2] else assigned(word, match.end())
                state.learn(name, None if value is None else state.text(value))
                if exports or name in state.exported or name in state.given:
                    state.exported[name] = value
            elif match.end() == len(word.written):
                if exports and name not in state.exported:
                    text = state.known.get(name)
                    state.exported[name] = None if text is None else made(text, word.span)
            else:
                state.forget()

    def _unset(self, call: Call, frame: Frame, state: State) -> None:
        del frame
        for text in call.argv[1:]:
            if text is None:
                state.forget()
            elif not text.startswith("-"):
                state.known[text] = None
                state.exported[text] = None
                state.functions.pop(text, None)

    def _read(self, call: Call, frame: Frame, state: State) -> None:
        del frame
        for text in call.argv[1:]:
            if text is None:
                state.forget()
            else:
                state.learn(text, None)

    def _eval(self, call: Call, frame: Frame, state: State) -> None:
        self.opaque("eval", call.span, frame, state, rest=True)

    def _source(self, call: Call, frame: Frame, state: State) -> None:
        """`. FILE`: its commands, in this shell."""
        inner = call.behind(1)
        text = inner.argv[0] if inner.words else None
        path = None if text is None else state.resolve(text)
        # A name without a slash is looked for on PATH first, and by `sh` nowhere else.
        elsewhere = text is not None and "/" not in text and frame.dialect == SH
        if path is None or elsewhere or not self.tree.is_file(path):
            if path is not None and not elsewhere and self.tree.follow(path) is None:
                self.broken("missing", inner.words[0].span, frame, path)
            self.opaque("source", call.span, frame, state, rest=True)
            return
        script = self.script(path, frame.dialect, inner.words[0].span, frame, state)
        if script is None:
            state.flow = LOST
            return
        inside = frame.through(path, call.span)._replace(files=frame.files | {path})
        zero, state.zero = state.zero, None
        self.code(script, inside, state)
        state.zero = zero
        if script.fault is not None and state.flow == ENDED:
            state.flow = LOST
        elif state.flow == RETURNED:
            state.flow = ON
