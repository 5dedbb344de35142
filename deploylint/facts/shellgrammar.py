"""The grammar of a shell command: lists, pipelines, compound commands; see `deploylint.facts.shell` for what comes out.

Sources: POSIX Shell Command Language 2.10 and the manual of bash 5.2; where they leave a doubt, what `bash -n` and
`dash -n` say. Tests hold it against both.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from deploylint.facts.shell import (
    SIZE_LIMIT,
    Assignment,
    Chain,
    CommandList,
    Compound,
    Fault,
    Literal,
    Pipeline,
    Redirection,
    Script,
    Simple,
    Unknown,
    Word,
)
from deploylint.facts.shellwords import DEPTH_LIMIT, FaultError, UnsureError, WordReader

if TYPE_CHECKING:
    from deploylint.facts.shell import Command, Part, Source

_BASH_TOKEN = re.compile(r"&&|\|\||;;&|;&|;;|&>>|&>|\|&|<<<|<<-|<<|<&|<>|>>|>&|>\||[|&;()<>\n]")
_SH_TOKEN = re.compile(r"&&|\|\||;;|<<-|<<|<&|<>|>>|>&|>\||[|&;()<>\n]")
_REDIRECTIONS = frozenset({"<", ">", ">>", "<<", "<<-", "<<<", "<&", ">&", "<>", ">|", "&>", "&>>"})
_MAY_GO_ON = frozenset({"|", "&", ";", "<", ">", "<<", "&>", ";;"})

_RESERVED = re.compile(
    r"(if|then|elif|else|fi|for|while|until|do|done|case|esac|in|select|function|coproc|\{|\}|!|\[\[|\]\])"
    r"(?=[ \t\n|&;()<>]|\\\n|\Z)"
)
_OF_BASH = frozenset({"select", "function", "coproc", "[[", "]]"})
_WORDS = frozenset(
    {"if", "then", "elif", "else", "fi", "for", "while", "until", "do", "done", "case", "esac", "{", "}"}
)
_IN = re.compile(r"in(?=[ \t\n|&;()<>]|\Z)")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(\[[^\]\n]*\])?(\+?)=")
_NUMBER = re.compile(r"[0-9]+(?=[<>])")
_NAMED_NUMBER = re.compile(r"\{\w+\}(?=[<>])")
_DECLARES = frozenset({"declare", "typeset", "local", "export", "readonly"})
_MAY_DECLARE = frozenset({"builtin", "command", "eval", "alias", "let", "exec", "time"})
_CLAUSE_ENDS = frozenset({";;", ";&", ";;&", "esac"})
# With these, the same letters may mean something else further down.
_BENDS = re.compile(r"\b(?:alias|extglob|posix)\b")

_TO_THEN, _TO_FI, _TO_DO, _TO_DONE = (
    frozenset({"then"}),
    frozenset({"fi", "else", "elif"}),
    frozenset({"do"}),
    frozenset({"done"}),
)
_TO_BRACE, _TO_PARENTHESIS, _TO_END = frozenset({"}"}), frozenset({")"}), frozenset[str]()


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


class _Grammar(WordReader):
    """Reads commands of `source`. `sure` holds the chains of the lines that are read, `line` is where others begin."""

    def __init__(self, source: Source, dialect: str) -> None:
        super().__init__(source, dialect)
        self.sure: list[Chain] = []
        self.line = 0
        self.doubtful = False  # whether `[[ … ]]` was read, whose own faults are not looked for
        self._token_at = _BASH_TOKEN if self.bash else _SH_TOKEN

    # Tokens.

    def _token(self) -> str:
        """The operator that stands here; the empty string for a word, or for the end of the code."""
        self.skip_blanks()
        match = self._token_at.match(self.code, self.at)
        if not match:
            return ""
        sign = match.group()
        if self.bash and sign in "<>" and self.code.startswith("(", self.at + 1):
            return ""
        if sign in _MAY_GO_ON and self.code.startswith("\\\n", match.end()):
            after = self.code[match.end() + 2 : match.end() + 3]
            if after and after in "|&;<>-(\\":
                self.unsure()
        return sign

    def _reserved(self) -> str:
        """The reserved word that stands here, or the empty string."""
        self.skip_blanks()
        match = _RESERVED.match(self.code, self.at)
        if not match or (not self.bash and match.group() in _OF_BASH):
            if match and match.group() == "function":
                self.unsure()
            return ""
        if self.code.startswith("\\\n", match.end()):
            self.unsure()
        if self.bash and self.code.startswith(("<(", ">("), match.end()):
            # Bash takes `if<(a)` for one word, with a substitution at its end.
            self.unsure()
        return match.group()

    def _refuse(self) -> FaultError:
        """The fault that what stands here cannot stand here."""
        sign = self._token()
        size = len(self.code)
        if not sign and self.at < size:
            start = self.at
            self.word()
            return FaultError("token", start, self.at)
        if not sign:
            return FaultError("end", max(size - 1, 0), size)
        return FaultError("token", self.at, self.at + len(sign))

    def _expect(self, word: str) -> None:
        if self._reserved() != word:
            raise self._refuse()
        self.at += len(word)

    def _lines(self) -> None:
        """Go behind line ends."""
        while self._token() == "\n":
            self.line_end()

    # Lists.

    def chains(self, ends: frozenset[str], found: list[Chain]) -> None:
        """Read chains into `found` until one of `ends` stands here: a reserved word or an operator; none for the end of
        the code. At the top, a chain is found only with the whole line in which it stands.
        """
        top = not ends
        line = [] if top else found
        while True:
            sign = self._token()
            if sign == "\n":
                found.extend(line if top else ())
                line = [] if top else found
                self.line_end()
                self.line = self.at if top else self.line
                continue
            if (sign or self._reserved()) in ends:
                return
            if not sign and self.at == len(self.code):
                if top:
                    found.extend(line)
                    return
                raise self._refuse()
            chain = self._chain()
            sign = self._token()
            if sign == "&":
                chain = chain._replace(background=True)
            line.append(chain)
            if sign in ("&", ";"):
                self.at += 1
            elif sign != "\n" and not self._ends_here(sign, ends, chain):
                raise self._refuse()

    def _ends_here(self, sign: str, ends: frozenset[str], chain: Chain) -> bool:
        if sign:
            return sign in ends
        if self.at == len(self.code):
            return True
        # `if (a) then`: behind a compound command a reserved word needs no separator.
        last = chain.pipelines[-1].commands[-1]
        return isinstance(last, Compound) and not last.redirections and self._reserved() in ends

    def _list(self, ends: frozenset[str], *, empty: bool = False) -> CommandList:
        found: list[Chain] = []
        self.chains(ends, found)
        if not found and not empty:
            raise self._refuse()
        return CommandList(tuple(found))

    def _chain(self) -> Chain:
        start = self.at
        pipelines = [self._pipeline()]
        operators: list[str] = []
        while True:
            end = pipelines[-1].end
            sign = self._token()
            if sign not in ("&&", "||"):
                return Chain(self.source, start, end, tuple(pipelines), tuple(operators))
            self.at += 2
            operators.append(sign)
            self._lines()
            pipelines.append(self._pipeline())

    def _pipeline(self) -> Pipeline:
        start = self.at
        negated = self._reserved() == "!"
        if negated:
            self.at += 1
            if (
                self._token() in ("\n", ";", "&", "&&", "||", ")")
                or self.at == len(self.code)
                or self._reserved() == "!"
            ):
                self.unsure()
        commands = [self._command()]
        while True:
            end = commands[-1].end
            sign = self._token()
            if sign not in ("|", "|&"):
                return Pipeline(self.source, start, end, tuple(commands), negated)
            self.at += len(sign)
            self._lines()
            if self._reserved() == "!":
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
        sign = self._token()
        if sign and sign not in _REDIRECTIONS:
            if sign == "(":
                return self._nested(sign)
            raise self._refuse()
        reserved = "" if sign else self._reserved()
        if reserved:
            return self._nested(reserved)
        if not sign and self.at == len(self.code):
            raise self._refuse()
        return self._simple()

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
        raise self._refuse()

    def _closed(self, compound: Compound) -> Compound:
        """The compound with the redirections that follow it."""
        redirections: list[Redirection] = []
        while True:
            sign = self._token()
            number = "" if sign else self._number()
            if number:
                sign = self._token()
            if sign not in _REDIRECTIONS:
                break
            redirections.append(self._redirection(sign, number))
        if not redirections:
            return compound
        return compound._replace(end=redirections[-1].end, redirections=tuple(redirections))

    def _if(self) -> list[CommandList]:
        self.at += 2
        lists = [self._list(_TO_THEN)]
        self.at += 4
        lists.append(self._list(_TO_FI))
        while self._reserved() == "elif":
            self.at += 4
            lists.append(self._list(_TO_THEN))
            self.at += 4
            lists.append(self._list(_TO_FI))
        if self._reserved() == "else":
            self.at += 4
            lists.append(self._list(frozenset({"fi"})))
        self._expect("fi")
        return lists

    def _do(self) -> CommandList:
        self._expect("do")
        found = self._list(_TO_DONE)
        self.at += 4
        return found

    def _for(self, opening: str) -> list[CommandList]:
        self.at += len(opening)
        self.skip_blanks()
        if self.bash and opening == "for" and self.startswith("(("):
            self.at += 2
            self.arithmetic(None)
            if self._token() == ";":
                self.at += 1
        else:
            match = _NAME.match(self.code, self.at)
            name = self.word() if match else None
            if name is None or match is None or name.literal != match.group():
                self.unsure()
            self._lines()
            if _IN.match(self.code, self.at):
                self.at += 2
                while not self._token() and self.word():
                    pass
                if self._token() not in (";", "\n"):
                    raise self._refuse()
                self.at += 1 if self._token() == ";" else 0
            elif self._token() == ";":
                self.at += 1
        self._lines()
        if self._reserved() == "{":
            self.unsure()
        return [self._do()]

    def _case(self) -> list[CommandList]:
        self.at += 4
        self.skip_blanks()
        if self._token() or not self.word():
            raise self._refuse()
        self._lines()
        if not _IN.match(self.code, self.at):
            raise self._refuse()
        self.at += 2
        lists: list[CommandList] = []
        while True:
            self._lines()
            if self._reserved() == "esac":
                break
            self._patterns()
            lists.append(self._list(_CLAUSE_ENDS, empty=True))
            sign = self._token()
            self.at += len(sign)
            if not sign:
                break
        self._expect("esac")
        return lists

    def _patterns(self) -> None:
        if self._token() == "(":
            self.at += 1
        while True:
            self.skip_blanks()
            if self.at == len(self.code):
                raise self._refuse()
            if self._token() or not self.word():
                self.unsure()
            sign = self._token()
            if not sign and self.at == len(self.code):
                raise self._refuse()
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
            sign = self._token()
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
        name = self.word() if not self._token() else None
        if name is None or not name.literal:
            self.unsure()
        if self._token() == "(":
            self.at += 1
            if self._token() != ")":
                self.unsure()
            self.at += 1
        return self._function_body(start, name.literal or "")

    def _function_body(self, start: int, name: str) -> Compound:
        self._lines()
        sign = self._token()
        opening = sign if sign == "(" else self._reserved()
        if opening in ("", "!", "coproc", "function"):
            if not self.bash:
                self.unsure()
            raise self._refuse()
        body = self._nested(opening)
        pipeline = Pipeline(self.source, body.start, body.end, (body,))
        chain = Chain(self.source, body.start, body.end, (pipeline,))
        return Compound(self.source, start, self.at, "function", (CommandList((chain,)),), 0, name)

    def _number(self) -> str:
        match = _NUMBER.match(self.code, self.at)
        if match:
            self.at = match.end()
            return match.group()
        if self.bash and _NAMED_NUMBER.match(self.code, self.at):
            self.unsure()
        return ""

    def _redirection(self, sign: str, number: str) -> Redirection:
        start = self.at - len(number)
        self.at += len(sign)
        number_follows = sign not in ("<&", ">&") and _NUMBER.match(self.code, self.at)
        if self._token() or self.at == len(self.code) or number_follows:
            raise self._refuse()
        try:
            target = self.word()
        except FaultError as error:
            # A delimiter is not expanded, so what is open in it may be text.
            raise UnsureError(error.start) if sign in ("<<", "<<-") else error from None
        assert target is not None
        if sign in ("<<", "<<-"):
            self.await_document(target, strip=sign == "<<-")
        return Redirection(self.source, start, self.at, sign, target, number)

    def _simple(self) -> Command:
        self.skip_blanks()
        start = end = self.at
        assignments: list[Assignment] = []
        words: list[Word] = []
        redirections: list[Redirection] = []
        while True:
            sign = self._token()
            if sign in _REDIRECTIONS:
                redirections.append(self._redirection(sign, ""))
            elif sign == "(":
                if len(words) == 1 and not assignments and not redirections:
                    return self._function(start, words[0])
                if words and words[0].literal in _MAY_DECLARE:
                    self.unsure()
                raise self._refuse()
            elif sign or self.at == len(self.code):
                break
            else:
                number = self._number()
                if number:
                    redirections.append(self._redirection(self._token(), number))
                else:
                    self._read_word(assignments, words)
            end = self.at
        return Simple(self.source, start, end, tuple(assignments), tuple(words), tuple(redirections))

    def _read_word(self, assignments: list[Assignment], words: list[Word]) -> None:
        word = self.word()
        assert word is not None
        if not words and "\\\n" in word.written and word.literal in _WORDS:
            raise UnsureError(word.start)
        if not words and (self._is_cut_subscript(word) or (word.literal == "time" and self._reserved())):
            raise UnsureError(word.start)
        match = _ASSIGNMENT.match(word.written)
        if match and not self.bash and (match[2] or match[3]):
            match = None
        if match is None:
            words.append(word)
            return
        declares = bool(words) and words[0].literal in _DECLARES
        if self.bash and self.startswith("(") and match.end() == len(word.written) and (not words or declares):
            word = self._array(word)
        if words:
            words.append(word)
            return
        value = assigned(word, match.end())
        if match[2]:
            part = Unknown(self.source, word.start, word.end, "array")
            value = Word(self.source, value.start, value.end, (part,))
        assignments.append(Assignment(self.source, word.start, word.end, match[1], value, bool(match[3])))

    def _is_cut_subscript(self, word: Word) -> bool:
        """Whether bash reads on behind the word for the `]` of what may become `NAME[…]=`."""
        match = _NAME.match(word.written) if self.bash else None
        return match is not None and word.written.startswith("[", match.end()) and "]" not in word.written

    def _array(self, word: Word) -> Word:
        """`NAME=(…)`, whose `NAME=` is read."""
        start = self.at
        self.at += 1
        while True:
            sign = self._token()
            if sign == "\n":
                self.line_end()
            elif sign == ")":
                self.at += 1
                break
            elif sign or not self.word():
                self.unsure()
        return word._replace(end=self.at, parts=(*word.parts, Unknown(self.source, start, self.at, "array")))

    def _function(self, start: int, name: Word) -> Compound:
        """`NAME ()` and its body; NAME is read."""
        self.at += 1
        if self._token() != ")":
            raise self._refuse()
        self.at += 1
        if name.literal is None or name.literal != name.written or not (self.bash or _NAME.fullmatch(name.literal)):
            raise UnsureError(start)
        return self._function_body(start, name.literal)


def assigned(word: Word, offset: int) -> Word:
    """The value of an assignment, which begins `offset` characters into the word: there, patterns and braces stand for
    themselves, and a tilde stands for the home.
    """
    value = word.tail(offset)
    parts: list[Part] = []
    for part in value.parts:
        if isinstance(part, Unknown) and part.kind in ("glob", "brace"):
            parts.append(Literal(part.source, part.start, part.end, part.written))
        else:
            parts.append(part)
    first = parts[0] if parts else None
    if isinstance(first, Literal) and not first.quoted and (first.text[0] == "~" or ":~" in first.text):
        parts[0] = Unknown(first.source, first.start, first.end, "tilde")
    return value._replace(parts=tuple(parts))
