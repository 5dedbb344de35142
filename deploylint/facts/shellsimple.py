"""Simple commands of a shell: operators and reserved words, assignments, words and redirections in the order written.

Sources: POSIX Shell Command Language 2.4, 2.7, 2.9.1 and the manual of bash 5.2.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from deploylint.facts.shell import Assignment, Literal, Redirection, Simple, Unknown, Word
from deploylint.facts.shellscan import FaultError, UnsureError
from deploylint.facts.shellwords import WordReader

if TYPE_CHECKING:
    from deploylint.facts.shell import Command, Compound, Part, Source

_BASH_TOKEN = re.compile(r"&&|\|\||;;&|;&|;;|&>>|&>|\|&|<<<|<<-|<<|<&|<>|>>|>&|>\||[|&;()<>\n]")
_SH_TOKEN = re.compile(r"&&|\|\||;;|<<-|<<|<&|<>|>>|>&|>\||[|&;()<>\n]")
REDIRECTIONS = frozenset({"<", ">", ">>", "<<", "<<-", "<<<", "<&", ">&", "<>", ">|", "&>", "&>>"})
_MAY_GO_ON = frozenset({"|", "&", ";", "<", ">", "<<", "&>", ";;"})

_RESERVED = re.compile(
    r"(if|then|elif|else|fi|for|while|until|do|done|case|esac|in|select|function|coproc|\{|\}|!|\[\[|\]\])"
    r"(?=[ \t\n|&;()<>]|\\\n|\Z)"
)
_OF_BASH = frozenset({"select", "function", "coproc", "[[", "]]"})
_WORDS = frozenset(
    {"if", "then", "elif", "else", "fi", "for", "while", "until", "do", "done", "case", "esac", "{", "}"}
)
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(\[[^\]\n]*\])?(\+?)=")
_NUMBER = re.compile(r"[0-9]+(?=[<>])")
_NAMED_NUMBER = re.compile(r"\{\w+\}(?=[<>])")
_DECLARES = frozenset({"declare", "typeset", "local", "export", "readonly"})
_MAY_DECLARE = frozenset({"builtin", "command", "eval", "alias", "let", "exec", "time"})


class SimpleReader(WordReader):
    """Reads simple commands of `source`."""

    def __init__(self, source: Source, dialect: str) -> None:
        super().__init__(source, dialect)
        self._token_at = _BASH_TOKEN if self.bash else _SH_TOKEN

    def function_body(self, start: int, name: str) -> Compound:
        """The function `name`, whose body begins here; for the grammar to fill in."""
        raise NotImplementedError

    def token(self) -> str:
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

    def reserved(self) -> str:
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

    def refuse(self) -> FaultError:
        """The fault that what stands here cannot stand here."""
        sign = self.token()
        size = len(self.code)
        if not sign and self.at < size:
            start = self.at
            self.word()
            return FaultError("token", start, self.at)
        if not sign:
            return FaultError("end", max(size - 1, 0), size)
        return FaultError("token", self.at, self.at + len(sign))

    def expect(self, word: str) -> None:
        """Go behind the reserved word that has to stand here; FaultError where another does."""
        if self.reserved() != word:
            raise self.refuse()
        self.at += len(word)

    def skip_lines(self) -> None:
        """Go behind line ends."""
        while self.token() == "\n":
            self.line_end()

    def number(self) -> str:
        """Go behind the number of a redirection, if one stands here, and return it."""
        match = _NUMBER.match(self.code, self.at)
        if match:
            self.at = match.end()
            return match.group()
        if self.bash and _NAMED_NUMBER.match(self.code, self.at):
            self.unsure()
        return ""

    def redirection(self, sign: str, number: str) -> Redirection:
        """The redirection whose operator stands here."""
        start = self.at - len(number)
        self.at += len(sign)
        number_follows = sign not in ("<&", ">&") and _NUMBER.match(self.code, self.at)
        if self.token() or self.at == len(self.code) or number_follows:
            raise self.refuse()
        try:
            target = self.word()
        except FaultError as error:
            # A delimiter is not expanded, so what is open in it may be text.
            raise UnsureError(error.start) if sign in ("<<", "<<-") else error from None
        assert target is not None
        if sign in ("<<", "<<-"):
            self.await_document(target, strip=sign == "<<-")
        return Redirection(self.source, start, self.at, sign, target, number)

    def simple(self) -> Command:
        """The simple command that begins here, or the function that it turns out to define."""
        self.skip_blanks()
        start = end = self.at
        assignments: list[Assignment] = []
        words: list[Word] = []
        redirections: list[Redirection] = []
        while True:
            sign = self.token()
            if sign in REDIRECTIONS:
                redirections.append(self.redirection(sign, ""))
            elif sign == "(":
                if len(words) == 1 and not assignments and not redirections:
                    return self._function(start, words[0])
                if words and words[0].literal in _MAY_DECLARE:
                    self.unsure()
                raise self.refuse()
            elif sign or self.at == len(self.code):
                break
            else:
                number = self.number()
                if number:
                    redirections.append(self.redirection(self.token(), number))
                else:
                    self._read_word(assignments, words)
            end = self.at
        return Simple(self.source, start, end, tuple(assignments), tuple(words), tuple(redirections))

    def _read_word(self, assignments: list[Assignment], words: list[Word]) -> None:
        word = self.word()
        assert word is not None
        if not words and "\\\n" in word.written and word.literal in _WORDS:
            raise UnsureError(word.start)
        if not words and (self._is_cut_subscript(word) or (word.literal == "time" and self.reserved())):
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
        match = NAME.match(word.written) if self.bash else None
        return match is not None and word.written.startswith("[", match.end()) and "]" not in word.written

    def _array(self, word: Word) -> Word:
        """`NAME=(…)`, whose `NAME=` is read."""
        start = self.at
        self.at += 1
        while True:
            sign = self.token()
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
        if self.token() != ")":
            raise self.refuse()
        self.at += 1
        if name.literal is None or name.literal != name.written or not (self.bash or NAME.fullmatch(name.literal)):
            raise UnsureError(start)
        return self.function_body(start, name.literal)


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
