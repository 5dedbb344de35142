"""The grammar of a shell command: lists, pipelines, compound commands; see `deploylint.facts.shell` for what comes out.

Sources: POSIX Shell Command Language 2.10 and the manual of bash 5.2; where they leave a doubt, what `bash -n` and
`dash -n` say. Tests hold it against both.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from deploylint.facts.shell import SIZE_LIMIT, Chain, CommandList, Compound, Fault, Pipeline, Script
from deploylint.facts.shellscan import DEPTH_LIMIT, FaultError, UnsureError
from deploylint.facts.shellsimple import NAME, REDIRECTIONS, SimpleReader

if TYPE_CHECKING:
    from deploylint.facts.shell import Command, Redirection, Source

_IN = re.compile(r"in(?=[ \t\n|&;()<>]|\Z)")
_CLAUSE_ENDS = frozenset({";;", ";&", ";;&", "esac"})
# With these, the same letters may mean something else further down.
_BENDS = re.compile(r"\b(?:alias|extglob|posix)\b")

_TO_THEN = frozenset({"then"})
_TO_FI = frozenset({"fi", "else", "elif"})
_TO_DO = frozenset({"do"})
_TO_DONE = frozenset({"done"})
_TO_BRACE = frozenset({"}"})
_TO_PARENTHESIS = frozenset({")"})
_TO_END = frozenset[str]()


def read(source: Source, dialect: str) -> Script:
    """See `deploylint.facts.shell.parse`."""
    if len(source.value) > SIZE_LIMIT or "\0" in source.value:
        return Script(source, dialect, CommandList(), None, source.locate(0, min(len(source.value), 1)))
    grammar = _Grammar(source, dialect)
    fault = unread = None
    try:
        grammar.chains(_TO_END, grammar.sure)
    except FaultError as error:
        if grammar.doubtful or _BENDS.search(source.value):
            unread = source.locate(grammar.line, len(source.value))
        else:
            sign = source.value[error.start : error.end]
            fault = Fault(error.kind, sign, source.locate(error.start, error.end))
    except UnsureError:
        unread = source.locate(grammar.line, len(source.value))
    return Script(source, dialect, CommandList(tuple(grammar.sure)), fault, unread)


class _Grammar(SimpleReader):
    """Reads commands of `source`. `sure` holds the chains of the lines that are read, `line` is where others begin."""

    def __init__(self, source: Source, dialect: str) -> None:
        super().__init__(source, dialect)
        self.sure: list[Chain] = []
        self.line = 0
        self.doubtful = False  # whether `[[ … ]]` was read, whose own faults are not looked for

    # Lists.

    def chains(self, ends: frozenset[str], found: list[Chain]) -> None:
        """Read chains into `found` until one of `ends` stands here: a reserved word or an operator; none for the end of
        the code. At the top, a chain is found only with the whole line in which it stands.
        """
        top = not ends
        line = [] if top else found
        while True:
            sign = self.token()
            if sign == "\n":
                found.extend(line if top else ())
                line = [] if top else found
                self.line_end()
                self.line = self.at if top else self.line
                continue
            if (sign or self.reserved()) in ends:
                return
            if not sign and self.at == len(self.code):
                if top:
                    found.extend(line)
                    return
                raise self.refuse()
            chain = self._chain()
            sign = self.token()
            if sign == "&":
                chain = chain._replace(background=True)
            line.append(chain)
            if sign in ("&", ";"):
                self.at += 1
            elif sign != "\n" and not self._ends_here(sign, ends, chain):
                raise self.refuse()

    def _ends_here(self, sign: str, ends: frozenset[str], chain: Chain) -> bool:
        if sign:
            return sign in ends
        if self.at == len(self.code):
            return True
        # `if (a) then`: behind a compound command a reserved word needs no separator.
        last = chain.pipelines[-1].commands[-1]
        return isinstance(last, Compound) and not last.redirections and self.reserved() in ends

    def _list(self, ends: frozenset[str], *, empty: bool = False) -> CommandList:
        found: list[Chain] = []
        self.chains(ends, found)
        if not found and not empty:
            raise self.refuse()
        return CommandList(tuple(found))

    def _chain(self) -> Chain:
        start = self.at
        pipelines = [self._pipeline()]
        operators: list[str] = []
        while True:
            end = pipelines[-1].end
            sign = self.token()
            if sign not in ("&&", "||"):
                return Chain(self.source, start, end, tuple(pipelines), tuple(operators))
            self.at += 2
            operators.append(sign)
            self.skip_lines()
            pipelines.append(self._pipeline())

    def _pipeline(self) -> Pipeline:
        start = self.at
        negated = self.reserved() == "!"
        if negated:
            self.at += 1
            if self.token() in ("\n", ";", "&", "&&", "||", ")") or self.at == len(self.code) or self.reserved() == "!":
                self.unsure()
        commands = [self._command()]
        while True:
            end = commands[-1].end
            sign = self.token()
            if sign not in ("|", "|&"):
                return Pipeline(self.source, start, end, tuple(commands), negated)
            self.at += len(sign)
            self.skip_lines()
            if self.reserved() == "!":
                self.unsure()
            commands.append(self._command())

    def substitution(self, start: int) -> None:
        """Go behind the `)` of `$(…)`. Shells differ in when they see faults in it, so only a missing `)` is one."""
        if self.depth >= DEPTH_LIMIT:
            self.unsure()
        waiting = len(self.documents)
        self.depth += 1
        try:
            self._list(_TO_PARENTHESIS, empty=True)
        except FaultError as error:
            if error.kind == "token":
                raise UnsureError(error.start) from None
            if error.kind == "end":
                raise FaultError("substitution", start, min(start + 2, len(self.code))) from None
            raise
        self.depth -= 1
        if len(self.documents) != waiting:
            self.unsure()
        self.at += 1

    # Commands.

    def _command(self) -> Command:
        sign = self.token()
        if sign and sign not in REDIRECTIONS:
            if sign == "(":
                return self._nested(sign)
            raise self.refuse()
        reserved = "" if sign else self.reserved()
        if reserved:
            return self._nested(reserved)
        if not sign and self.at == len(self.code):
            raise self.refuse()
        return self.simple()

    def _nested(self, opening: str) -> Command:
        if self.depth >= DEPTH_LIMIT:
            self.unsure()
        self.depth += 1
        compound = self._compound(opening)
        self.depth -= 1
        return compound

    def _compound(self, opening: str) -> Command:
        start = self.at
        special = {"((": self._arithmetic_command, "[[": self._test, "function": self._function_word}
        reader = special.get("((" if self.startswith("((") else opening)
        if reader:
            return reader(start)
        lists, always = self._lists(opening)
        kind = {"{": "group", "(": "subshell"}.get(opening, opening)
        return self._closed(Compound(self.source, start, self.at, kind, tuple(lists), always))

    def _lists(self, opening: str) -> tuple[list[CommandList], int]:
        """The lists of the compound command that `opening` opens here, and how many of them always run."""
        if opening == "if":
            return self._if(), 1
        if opening in ("for", "select"):
            return self._for(opening), 0
        if opening == "case":
            return self._case(), 0
        if opening in ("while", "until"):
            self.at += len(opening)
            condition = self._list(_TO_DO)
            return [condition, self._do()], 1
        if opening in ("{", "("):
            self.at += 1
            found = self._list(_TO_BRACE if opening == "{" else _TO_PARENTHESIS)
            self.at += 1
            return [found], 1
        if opening in ("coproc", "!"):
            self.unsure()
        raise self.refuse()

    def _closed(self, compound: Compound) -> Compound:
        """The compound with the redirections that follow it."""
        redirections: list[Redirection] = []
        while True:
            sign = self.token()
            number = "" if sign else self.number()
            if number:
                sign = self.token()
            if sign not in REDIRECTIONS:
                break
            redirections.append(self.redirection(sign, number))
        if not redirections:
            return compound
        return compound._replace(end=redirections[-1].end, redirections=tuple(redirections))

    def _if(self) -> list[CommandList]:
        self.at += 2
        lists = [self._list(_TO_THEN)]
        self.at += 4
        lists.append(self._list(_TO_FI))
        while self.reserved() == "elif":
            self.at += 4
            lists.append(self._list(_TO_THEN))
            self.at += 4
            lists.append(self._list(_TO_FI))
        if self.reserved() == "else":
            self.at += 4
            lists.append(self._list(frozenset({"fi"})))
        self.expect("fi")
        return lists

    def _do(self) -> CommandList:
        self.expect("do")
        found = self._list(_TO_DONE)
        self.at += 4
        return found

    def _for(self, opening: str) -> list[CommandList]:
        self.at += len(opening)
        self.skip_blanks()
        if self.bash and opening == "for" and self.startswith("(("):
            self.at += 2
            self.arithmetic(None)
            if self.token() == ";":
                self.at += 1
        else:
            match = NAME.match(self.code, self.at)
            name = self.word() if match else None
            if name is None or match is None or name.literal != match.group():
                self.unsure()
            self.skip_lines()
            if _IN.match(self.code, self.at):
                self.at += 2
                while not self.token() and self.word():
                    pass
                if self.token() not in (";", "\n"):
                    raise self.refuse()
                self.at += 1 if self.token() == ";" else 0
            elif self.token() == ";":
                self.at += 1
        self.skip_lines()
        if self.reserved() == "{":
            self.unsure()
        return [self._do()]

    def _case(self) -> list[CommandList]:
        self.at += 4
        self.skip_blanks()
        if self.token() or not self.word():
            raise self.refuse()
        self.skip_lines()
        if not _IN.match(self.code, self.at):
            raise self.refuse()
        self.at += 2
        lists: list[CommandList] = []
        while True:
            self.skip_lines()
            if self.reserved() == "esac":
                break
            self._patterns()
            lists.append(self._list(_CLAUSE_ENDS, empty=True))
            sign = self.token()
            self.at += len(sign)
            if not sign:
                break
        self.expect("esac")
        return lists

    def _patterns(self) -> None:
        if self.token() == "(":
            self.at += 1
        while True:
            self.skip_blanks()
            if self.at == len(self.code):
                raise self.refuse()
            if self.token() or not self.word():
                self.unsure()
            sign = self.token()
            if not sign and self.at == len(self.code):
                raise self.refuse()
            self.at += 1
            if sign == ")":
                return
            if sign != "|":
                self.unsure()

    def _test(self, start: int) -> Compound:
        """`[[ … ]]`, of which only the end is of interest."""
        self.at += 2
        self.doubtful = True
        while True:
            sign = self.token()
            if sign in ("&&", "||", "(", ")", "<", ">"):
                self.at += len(sign)
            elif sign == "\n":
                self.line_end()
            elif sign:
                self.unsure()
            else:
                word = self.word()
                if word is None:
                    self.unsure()
                if word.written == "]]":
                    return self._closed(Compound(self.source, start, self.at, "test"))

    def _arithmetic_command(self, start: int) -> Compound:
        if not self.bash:
            self.unsure()
        self.at += 2
        self.arithmetic(None)
        return self._closed(Compound(self.source, start, self.at, "arithmetic"))

    def _function_word(self, start: int) -> Compound:
        self.at += 8
        self.skip_blanks()
        name = self.word() if not self.token() else None
        if name is None or not name.literal:
            self.unsure()
        if self.token() == "(":
            self.at += 1
            if self.token() != ")":
                self.unsure()
            self.at += 1
        return self.function_body(start, name.literal or "")

    def function_body(self, start: int, name: str) -> Compound:
        self.skip_lines()
        sign = self.token()
        opening = sign if sign == "(" else self.reserved()
        if opening in ("", "!", "coproc", "function"):
            if not self.bash:
                self.unsure()
            raise self.refuse()
        body = self._nested(opening)
        pipeline = Pipeline(self.source, body.start, body.end, (body,))
        chain = Chain(self.source, body.start, body.end, (pipeline,))
        return Compound(self.source, start, self.at, "function", (CommandList((chain,)),), 0, name)
