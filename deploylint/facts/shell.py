"""Shell commands as facts: what bash, or sh, makes of a Procfile line or of a script, before anything runs.

`parse` reads code into a `Script`: lists of chains of pipelines of commands of words. What is not understood for sure
is `unread`, never an error; a `fault` is a syntax error on which the shell itself gives up with status 2. The grammar
is that of bash 5 (`bash`) or dash (`sh`): POSIX, and what start scripts use beyond it. No parser of the registry does:
bashlex is GPL, and tree-sitter's grammar takes `a (b)` or a lone `fi` for right, an open here-document for wrong.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING

from deploylint.record import NamedTuple
from deploylint.text import Span, Text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeAlias

BASH = "bash"
SH = "sh"

SIZE_LIMIT = 256 * 1024
"""Characters of code that are parsed; more is not a command, and what it means is not known."""

# A value that the shell leaves as it is when no quotes stand around it: one field, no pattern.
STEADY = re.compile(r"[^ \t\n*?\[\\]+")


class Source:
    """A piece of shell code and where each of its characters stands. `locate` turns two offsets into a Span."""

    __slots__ = ("locate", "value")

    def __init__(self, value: str, locate: Callable[[int, int], Span]) -> None:
        self.value = value
        self.locate = locate

    def __repr__(self) -> str:
        return f"Source({self.value[:40]!r})"

    @classmethod
    def of_text(cls, text: Text, start: int = 0, end: int | None = None) -> Source:
        """The code between two offsets of a file, or all of it."""
        value = text.value[start : len(text.value) if end is None else end]
        if "\n" in value or "\r" in value:
            return cls(value, lambda begin, stop: text.span(start + begin, start + stop))
        path = text.path
        line, column = text.place(start)
        return cls(value, lambda begin, stop: Span(path, line, column + begin, line, column + stop))

    @classmethod
    def of_span(cls, text: Text, span: Span) -> Source:
        """The code in a region of a file, such as the command of a Procfile line."""
        return cls.of_text(text, text.offset(span.line, span.column), text.offset(span.end_line, span.end_column))

    @classmethod
    def fixed(cls, value: str, span: Span) -> Source:
        """Code that is not written in a file as it is (a string of app.json): all of it stands at `span`."""
        return cls(value, lambda _begin, _stop: span)

    @classmethod
    def of_word(cls, word: Word) -> Source:
        """The code that a word hands to another shell, as in `bash -c 'WORD'`. What the outer shell puts in
        (`"… $PORT"`) stays as it is written: the inner shell's reading of it comes to the same for any value that is
        not code itself.
        """
        outer = word.source
        inner: list[int] = []
        places: list[int] = []
        ends: list[int] = []
        value = []
        length = 0
        for part in word.parts:
            text = part.text if isinstance(part, Literal) else outer.value[part.start : part.end]
            inner.append(length)
            places.append(part.start)
            ends.append(part.end)
            value.append(text)
            length += len(text)

        def locate(begin: int, stop: int) -> Span:
            if not inner:
                return word.span
            first = bisect_right(inner, begin) - 1
            last = max(bisect_right(inner, max(stop - 1, begin)) - 1, first)
            start = min(places[first] + begin - inner[first], ends[first])
            end = min(places[last] + max(stop, begin) - inner[last], ends[last])
            return outer.locate(start, max(start, end))

        return cls("".join(value), locate)


class Literal(NamedTuple):
    """Text that stands for itself, quotes and backslashes taken off."""

    source: Source
    start: int
    end: int
    text: str
    quoted: bool = False

    @property
    def span(self) -> Span:
        """Where it stands."""
        return self.source.locate(self.start, self.end)


class Variable(NamedTuple):
    """`$NAME` or `${NAME…}`. `operator` is what follows the name (`:-`, `#` …) or empty, `default` the word behind
    `:-`, `-`, `:=`, `=`, `:+`, `+`, `:?` or `?`. A `~` is the variable HOME.
    """

    source: Source
    start: int
    end: int
    name: str
    operator: str = ""
    default: Word | None = None
    quoted: bool = False

    @property
    def span(self) -> Span:
        """Where it stands."""
        return self.source.locate(self.start, self.end)

    def value(self, env: Mapping[str, str | None]) -> str | None:
        """What it expands to where `env` holds the variables that are known (None: known not to be set); None where
        that cannot be said.
        """
        if self.name not in env:
            return None
        value = env[self.name]
        if not self.operator:
            return value or ""
        if self.default is None:
            return None
        missing = value is None or (self.operator[0] == ":" and not value)
        if self.operator[-1] == "+":
            return "" if missing else self.default.text(env)
        if not missing:
            return value
        return None if self.operator[-1] == "?" else self.default.text(env)


class Unknown(NamedTuple):
    """A part whose text nobody knows before it runs. `kind` is `command`, `arithmetic`, `parameter`, `glob`, `brace`,
    `tilde`, `process` or `array`.
    """

    source: Source
    start: int
    end: int
    kind: str
    quoted: bool = False

    @property
    def span(self) -> Span:
        """Where it stands."""
        return self.source.locate(self.start, self.end)

    @property
    def written(self) -> str:
        """How it is written."""
        return self.source.value[self.start : self.end]


Part: TypeAlias = "Literal | Variable | Unknown"


class Word(NamedTuple):
    """A word of the shell, one or more parts with nothing between them."""

    source: Source
    start: int
    end: int
    parts: tuple[Part, ...]

    @property
    def span(self) -> Span:
        """Where it stands."""
        return self.source.locate(self.start, self.end)

    @property
    def written(self) -> str:
        """How it is written, quotes and all."""
        return self.source.value[self.start : self.end]

    @property
    def literal(self) -> str | None:
        """Its text, where all of it is literal."""
        if len(self.parts) == 1:
            part = self.parts[0]
            return part.text if isinstance(part, Literal) else None
        found = []
        for part in self.parts:
            if not isinstance(part, Literal):
                return None
            found.append(part.text)
        return "".join(found)

    def text(self, env: Mapping[str, str | None]) -> str | None:
        """Its text where `env` holds the variables that are known (None: known not to be set). None where it cannot be
        said, or where it would not be exactly one field.
        """
        found = []
        for part in self.parts:
            if isinstance(part, Literal):
                found.append(part.text)
                continue
            value = part.value(env) if isinstance(part, Variable) else None
            if value is None or not (part.quoted or STEADY.fullmatch(value)):
                return None
            found.append(value)
        return "".join(found)

    def mentions(self, name: str) -> bool:
        """Whether the variable `name` is part of it, defaults and what is written in a substitution included."""
        for part in self.parts:
            if isinstance(part, Variable):
                if part.name == name or (part.default is not None and part.default.mentions(name)):
                    return True
            elif isinstance(part, Unknown) and re.search(rf"\b{re.escape(name)}\b", part.written):
                return True
        return False

    def tail(self, offset: int) -> Word:
        """The word less its first `offset` characters, which lie in a literal part: the value of `--port=$PORT`."""
        parts: list[Part] = []
        left = offset
        for part in self.parts:
            if left and isinstance(part, Literal):
                taken = min(left, len(part.text))
                left -= taken
                if taken < len(part.text):
                    start = min(part.start + taken, part.end)
                    parts.append(part._replace(start=start, text=part.text[taken:]))
            else:
                parts.append(part)
        start = parts[0].start if parts else self.end
        return self._replace(start=start, parts=tuple(parts))


def made(text: str, span: Span) -> Word:
    """A word that is written nowhere as such."""
    source = Source.fixed(text, span)
    return Word(source, 0, len(text), (Literal(source, 0, len(text), text, quoted=True),))


class Assignment(NamedTuple):
    """`NAME=value`, or `NAME+=value`."""

    source: Source
    start: int
    end: int
    name: str
    value: Word
    append: bool = False

    @property
    def span(self) -> Span:
        """Where it stands."""
        return self.source.locate(self.start, self.end)


class Redirection(NamedTuple):
    """`2>file`. `number` is empty where none is written; `target` is the delimiter of a here-document."""

    source: Source
    start: int
    end: int
    operator: str
    target: Word
    number: str = ""

    @property
    def span(self) -> Span:
        """Where it stands."""
        return self.source.locate(self.start, self.end)


class Simple(NamedTuple):
    """A simple command. `words` is empty where there are only assignments or redirections."""

    source: Source
    start: int
    end: int
    assignments: tuple[Assignment, ...] = ()
    words: tuple[Word, ...] = ()
    redirections: tuple[Redirection, ...] = ()

    @property
    def span(self) -> Span:
        """Where it stands."""
        return self.source.locate(self.start, self.end)


class Compound(NamedTuple):
    """A command made of lists. `kind` is `if`, `for`, `select`, `while`, `until`, `case`, `group`, `subshell`,
    `function` (of this `name`), `test` or `arithmetic`. The first `always` of its lists run whenever it does, the
    others may or may not.
    """

    source: Source
    start: int
    end: int
    kind: str
    lists: tuple[CommandList, ...] = ()
    always: int = 0
    name: str = ""
    redirections: tuple[Redirection, ...] = ()

    @property
    def span(self) -> Span:
        """Where it stands."""
        return self.source.locate(self.start, self.end)


Command: TypeAlias = "Simple | Compound"


class Pipeline(NamedTuple):
    """Commands joined by `|`."""

    source: Source
    start: int
    end: int
    commands: tuple[Command, ...]
    negated: bool = False

    @property
    def span(self) -> Span:
        """Where it stands."""
        return self.source.locate(self.start, self.end)


class Chain(NamedTuple):
    """Pipelines joined by `&&` and `||`: one operator less than pipelines. `background` where `&` follows."""

    source: Source
    start: int
    end: int
    pipelines: tuple[Pipeline, ...]
    operators: tuple[str, ...] = ()
    background: bool = False

    @property
    def span(self) -> Span:
        """Where it stands."""
        return self.source.locate(self.start, self.end)


class CommandList(NamedTuple):
    """Chains that run one after the other."""

    chains: tuple[Chain, ...] = ()


class Fault(NamedTuple):
    """Why the shell refuses the code. `kind` is `quote`, `backquote`, `substitution`, `parameter` (what `token` opens
    is never closed), `token` (it cannot stand here) or `end` (the code ends too early).
    """

    kind: str
    token: str
    span: Span


class Script(NamedTuple):
    """All of a piece of code. A shell reads line by line: `commands` are those of the lines before a `fault`, or before
    what is `unread`; they run even where the script is broken further down.
    """

    source: Source
    dialect: str
    commands: CommandList
    fault: Fault | None = None
    unread: Span | None = None


def parse(source: Source, dialect: str = BASH) -> Script:
    """The code as `bash` or `sh` would take it."""
    from deploylint.facts.shellgrammar import read

    return read(source, dialect)
