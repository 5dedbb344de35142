"""Programs that run other commands: shells, scripts of the app, Python with `-m`, and the wrappers of
`rules/wrappers.toml`.
"""

from __future__ import annotations

import re
from posixpath import basename
from typing import TYPE_CHECKING

from deploylint.facts.callnotes import DEEPEST, Notes
from deploylint.facts.invocation import plain_name
from deploylint.facts.shell import BASH, SH, Simple, Source, parse
from deploylint.facts.wrappers import Options, wrappers
from deploylint.text import Text
from deploylint.tree import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deploylint.facts.callnotes import Call, Frame
    from deploylint.facts.shell import Script
    from deploylint.facts.shellstate import State
    from deploylint.facts.wrappers import Wrapper
    from deploylint.text import Span
    from deploylint.tree import Tree

SCRIPT_LIMIT = 64 * 1024
"""Bytes of a script, or of a Procfile, that is followed."""

_SHELLS = {"bash": BASH, "sh": SH, "dash": SH}
_SHELL_OPTIONS = frozenset({"--login", "--noprofile", "--norc", "--posix"})
_PYTHON = re.compile(r"python(?:[23](?:\.\d+)?)?")
_PYTHON_FLAGS = re.compile(r"-[bBdEhiIOPqsSuvVx]+")
_PYTHON_MODULE = re.compile(r"-[bBdEiIOPqsSuvx]*m")
_SHEBANG = re.compile(r"#![ \t]*([^ \t]+)[ \t]*(.*)")
_PROCFILE_LINE = re.compile(r"([A-Za-z0-9_-]+):\s*(.+)")
_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=")


class Programs(Notes):
    """Follows programs to those that they run."""

    def __init__(self, tree: Tree) -> None:
        super().__init__(tree)
        self._scripts: dict[tuple[str, str], Script] = {}

    def program(self, call: Call, frame: Frame, state: State) -> None:
        """Follow a command that is not of the shell itself; nothing that it does changes the shell."""
        written = call.argv[0] or ""
        state = state.outside()
        name = plain_name(written)
        path = state.resolve(written) if "/" in name else None
        found = wrappers(path or name)
        if path and self.tree.follow(path) is not None:
            self._file(call, path, frame, state)
        elif name in _SHELLS:
            self._shell(call, _SHELLS[name], frame, state)
        elif _PYTHON.fullmatch(name):
            self._python(call, frame, state)
        elif found:
            self._wrapped(found, call, frame, state)
        elif path is not None:
            self.broken("missing", call.words[0].span, frame, path)
        else:
            self.note(call, frame, state)

    def _python(self, call: Call, frame: Frame, state: State) -> None:
        at = 1
        while at < len(call.argv) and _PYTHON_FLAGS.fullmatch(call.argv[at] or ""):
            at += 1
        while call.argv[at : at + 1] in (("-X",), ("-W",)):
            at += 2
        option = call.argv[at] if at < len(call.argv) else None
        follows = option is not None and _PYTHON_MODULE.fullmatch(option) is not None
        module = call.argv[at + 1] if follows and at + 1 < len(call.argv) else None
        self.note(call, frame, state, hands_over=module is not None)
        if module is not None:
            inner = call.behind(at + 1)
            frame = frame.through("python -m", call.span)
            found = wrappers(module, module=True)
            if found:
                self._wrapped(found, inner, frame, state, module=True)
            else:
                self.note(inner, frame, state, module=True)

    # Wrappers.

    def _wrapped(
        self, found: Sequence[Wrapper], call: Call, frame: Frame, state: State, *, module: bool = False
    ) -> None:
        at, wrapper = 1, found[0]
        given: dict[str, str | None] = {}
        if wrapper.subcommand:
            before = wrapper.options(call.argv, 1)
            word = call.argv[before.end] if before and before.end < len(call.argv) else None
            wanted = [one for one in found if one.subcommand == word]
            if before is None or not wanted:
                self.note(call, frame, state, module=module)
                if word is None:
                    self.opaque("options", call.span, frame, state)
                return
            at, wrapper, given = before.end + 1, wanted[0], before.given
        self.note(call, frame, state, module=module, hands_over=True, listens=wrapper.listens)
        frame = frame.through(wrapper.title, call.span)
        options = Options(at, {}) if wrapper.inner == "python" else wrapper.options(call.argv, at)
        if options is None or wrapper.inner == "opaque":
            self.opaque("wrapper" if wrapper.inner == "opaque" else "options", call.span, frame, state)
            return
        given = {**given, **options.given}
        if wrapper.inner == "procfile":
            self._procfile(call.behind(options.end), given, frame, state)
            return
        if not given.keys().isdisjoint(wrapper.folder):
            written = next(given[name] for name in wrapper.folder if name in given)
            state = state.copy()
            state.cwd = None if written is None else state.resolve(written)
        inner = call.behind(options.end + wrapper.skip)
        if wrapper.assignments:
            inner = _with_assignments(inner, given)
        self._inner(wrapper, inner, given, frame, state)

    def _inner(
        self, wrapper: Wrapper, inner: Call, given: Mapping[str, str | None], frame: Frame, state: State
    ) -> None:
        name = inner.argv[0] if inner.argv else None
        if name is None:
            if inner.words or not wrapper.system:
                self.opaque("command", inner.words[0].span if inner.words else inner.span, frame, state)
            return
        span = inner.words[0].span
        if frame.depth >= DEEPEST:
            self.opaque("limit", span, frame, state)
        elif "-m" in given or "--module" in given:
            self.program(inner.led_by(["python", "-m"], span), frame, state)
        elif wrapper.inner == "python" or (wrapper.inner == "uv" and name.endswith(".py")):
            self.program(inner.led_by(["python"], span), frame, state)
        elif not wrapper.scripts or not self._named(wrapper, name, inner, frame, state):
            self.program(inner, frame, state)

    def _named(self, wrapper: Wrapper, name: str, call: Call, frame: Frame, state: State) -> bool:
        """Whether `name` stands for a command that the project names itself, which is followed then."""
        path, *keys = wrapper.scripts
        if not self.tree.is_file(path):
            return False
        from deploylint.compat import tomllib

        text = self.tree.text(path)
        try:
            found = tomllib.loads(text.value)
            for key in keys:
                found = found.get(key, {})
            value = found.get(name)
        except (ValueError, AttributeError, RecursionError):
            self.opaque("code", call.span, frame, state)
            return True
        if value is None:
            return False
        match = re.search(rf"^[ \t]*[\"']?{re.escape(name)}[\"']?[ \t]*=.*", text.value, re.MULTILINE)
        span = text.span(match.start(), match.end()) if match else text.whole
        command = _only_command(Source.fixed(value, span)) if isinstance(value, str) else None
        if command is None:
            self.opaque("code", span, frame, state)
            return True
        argv = (*map(state.text, command.words), *call.argv[1:])
        words = (*command.words, *call.words[1:])
        frame = frame.through(f"{path} {name}", span)
        if argv[0] is None:
            self.opaque("command", span, frame, state)
        else:
            self.program(call._replace(words=words, argv=argv, span=span), frame, state)
        return True

    def _procfile(self, call: Call, given: Mapping[str, str | None], frame: Frame, state: State) -> None:
        """The processes of a Procfile, which a runner starts side by side, each with `sh`."""
        named = [given[option] for option in ("-f", "--procfile") if option in given]
        written = named[-1] if named else "Procfile"
        path = None if written is None else state.resolve(written)
        if path is None or None in call.argv or {"-c", "--concurrency", "-m", "--formation"} & given.keys():
            self.opaque("options", call.span, frame, state)
            return
        text = self._text(path, call.span, frame, state)
        if text is None:
            return
        found: dict[str, tuple[int, int]] = {}
        start = 0
        for line in text.value.split("\n"):
            match = _PROCFILE_LINE.fullmatch(line.rstrip())
            if match:
                found[match[1]] = (start + match.start(2), start + match.end(2))
            start += len(line) + 1
        own_port = bool({"-p", "--port"} & given.keys())
        wanted = [name for name in found if not call.argv or name in call.argv]
        for number, name in enumerate(wanted):
            begin, end = found[name]
            key = f"{path}:{name}"
            inside = frame.through(f"{path} {name}", text.span(begin, end))
            inside = inside._replace(dialect=SH, own=frame.tail and frame.own, files=frame.files | {key})
            if key in frame.files or frame.depth >= DEEPEST:
                self.opaque("cycle" if key in frame.files else "limit", text.span(begin, end), inside, state)
                continue
            child = state.child(call.env, None)
            if number or own_port:  # each gets a port of its own
                child.exported["PORT"] = None
                child.learn("PORT", None)
            self.code(parse(Source.of_text(text, begin, end), SH), inside, child)

    # Shells and scripts.

    def _shell(self, call: Call, dialect: str, frame: Frame, state: State) -> None:
        """`bash …`: code given with -c, or a script."""
        self.note(call, frame, state, hands_over=True)
        at, given = 1, ""
        while at < len(call.argv) and (call.argv[at] or "")[:1] in ("-", "+"):
            word = call.argv[at] or ""
            at += 1
            if word in ("--", "-"):
                break
            if word.startswith("--"):
                if word not in _SHELL_OPTIONS:
                    self.opaque("options", call.span, frame, state)
                    return
                continue
            given += word[1:]
            at += 1 if word[-1] in "oO" else 0
        if at >= len(call.argv) or not {"n", "s"}.isdisjoint(given):
            self.opaque("code", call.span, frame, state)
        elif frame.depth >= DEEPEST:
            self.opaque("limit", call.span, frame, state)
        elif "c" in given:
            frame = frame.through(f"{plain_name(call.argv0)} -c", call.span)
            frame = frame._replace(dialect=dialect, own=frame.tail and frame.own)
            arguments = state.given_to(call.words[at + 2 :])
            self.code(parse(Source.of_word(call.words[at]), dialect), frame, state.child(call.env, None, arguments))
        else:
            self._shell_script(call.behind(at), dialect, frame, state)

    def _shell_script(self, call: Call, dialect: str, frame: Frame, state: State) -> None:
        """The script that is the first word, read by a shell of its own."""
        span = call.words[0].span
        path = state.resolve(call.argv0)
        if path is None:
            self.opaque("file", span, frame, state)
            return
        script = self.script(path, dialect, span, frame, state)
        if script is not None:
            if path not in {hop.words for hop in frame.via}:
                frame = frame.through(path, span)
            frame = frame._replace(dialect=dialect, own=frame.tail and frame.own, files=frame.files | {path})
            self.code(script, frame, state.child(call.env, call.argv0, state.given_to(call.words[1:])))

    def script(self, path: str, dialect: str, span: Span, frame: Frame, state: State) -> Script | None:
        """The script at `path`; None where it cannot be read, which is noted at `span`."""
        if path in frame.files:
            self.opaque("cycle", span, frame, state)
            return None
        if (path, dialect) not in self._scripts:
            text = self._text(path, span, frame, state)
            if text is None:
                return None
            self._scripts[path, dialect] = parse(Source.of_text(text), dialect)
        return self._scripts[path, dialect]

    def _text(self, path: str, span: Span, frame: Frame, state: State) -> Text | None:
        """The file at `path` as a shell reads it, which knows no encodings."""
        entry = self.tree.follow(path)
        if entry is None:
            self.broken("missing", span, frame, path)
        elif entry.kind is Kind.DIRECTORY:
            self.broken("directory", span, frame, path)
        elif entry.kind is not Kind.FILE or self.tree.read(path, SCRIPT_LIMIT).trouble:
            self.opaque("file", span, frame, state)
        else:
            return Text(entry.path, self.tree.read(path, SCRIPT_LIMIT).data.decode("utf-8", "surrogateescape"))
        return None

    def _file(self, call: Call, path: str, frame: Frame, state: State) -> None:
        """A file of the app that is run as a program."""
        entry = self.tree.follow(path)
        assert entry is not None
        span = call.words[0].span
        self.note(call, frame, state, entry.path, hands_over=True)
        if entry.kind is Kind.DIRECTORY:
            self.broken("directory", span, frame, path)
        elif entry.kind is not Kind.FILE:
            self.opaque("file", span, frame, state)
        elif not entry.executable:
            self.broken("not-executable", span, frame, entry.path)
        else:
            self._interpreted(call, path, frame.through(path, span), state)

    def _interpreted(self, call: Call, path: str, frame: Frame, state: State) -> None:
        """The same, by the interpreter that its first line names; without one, bash reads it itself."""
        line = self.tree.read(path).data[:200].partition(b"\n")[0].decode("utf-8", "surrogateescape")
        span = Text(path, line).whole
        if "\0" in line or frame.depth >= DEEPEST:
            self.opaque("file" if "\0" in line else "limit", span, frame, state)
            return
        words = [frame.dialect]
        match = _SHEBANG.fullmatch(line.rstrip(" \t"))
        if match:
            # The system hands over all behind the interpreter as one word.
            words = [match[1], *filter(None, [match[2]])]
            by_env = basename(match[1]) == "env"
            if by_env and match[2].startswith("-S"):
                words = [match[1], *match[2][2:].split()]
            elif line.endswith("\r") or (by_env and re.search(r"[ \t]", match[2])):
                self.broken("interpreter", span, frame, path, line[2:].strip(" \t"))
                return
        self.program(call.led_by(words, span), frame, state)


def _only_command(source: Source) -> Simple | None:
    """The command in code that is one simple command and nothing else: it is split into words, but no shell runs it."""
    script = parse(source)
    chains = script.commands.chains
    if script.fault or script.unread or len(chains) != 1:
        return None
    command = chains[0].pipelines[0].commands[0]
    whole = isinstance(command, Simple) and command.end == len(source.value.rstrip())
    return command if isinstance(command, Simple) and whole and command.words and not command.redirections else None


def _with_assignments(call: Call, given: Mapping[str, str | None]) -> Call:
    """The command of `env NAME=value command`."""
    env = dict(call.env)
    for option in ("-u", "--unset"):
        name = given.get(option)
        if name:
            env[name] = None
    count = 0
    for word in call.words:
        # The name is written as it is, or the whole word stands in quotes.
        match = _ASSIGNMENT.match("".join(getattr(part, "text", "$") for part in word.parts))
        if not match:
            break
        env[match[1]] = word.tail(match.end())
        count += 1
    return call.behind(count)._replace(env=env)
