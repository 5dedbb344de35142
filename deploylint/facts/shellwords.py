"""The words of a shell command: quotes and expansions. The grammar around them is `shellgrammar`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from deploylint.facts.shell import Literal, Unknown, Variable, Word
from deploylint.facts.shellscan import DEPTH_LIMIT, FaultError, Scanner, UnsureError

if TYPE_CHECKING:
    from deploylint.facts.shell import Part

_PLAIN = re.compile(r"[^ \t\n|&;()<>\"'\\$`*?\[\]{}~]+")
_IN_DOUBLE = re.compile(r"[^\"\\$`]+")
_IN_DEFAULT = re.compile(r"[^}\"'\\$`]+")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9]|[@*#?$!-]")
_BRACED_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9]+|[@*#?$!-]")
_OPERATOR = re.compile(r":?[-+=?]|##?|%%?|//?|\^\^?|,,?|[@:\[]")
_DEFAULTS = frozenset({":-", "-", ":=", "=", ":+", "+", ":?", "?"})
_TO_BACKQUOTE = re.compile(r"[^`\\]*(?:\\.[^`\\]*)*", re.DOTALL)
_ANSI = re.compile(
    r"\\(?:[abeEfnrtv\\'\"?]|[0-7]{1,3}|x[0-9A-Fa-f]{1,2}|u[0-9A-Fa-f]{1,4}|U[0-9A-Fa-f]{1,8}|c.|.)", re.DOTALL
)
_IN_ANSI = re.compile(r"[^'\\]+")
_ANSI_SIMPLE = {
    "a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v",
    "\\": "\\", "'": "'", '"': '"', "?": "?",
}  # fmt: skip
# In backquotes, what dash, which reads it at once, has nothing against.
_CALM = re.compile(r"[\w ./$=:,@%+-]*")
_ARITHMETIC = re.compile(r"[^()'\"\\`$]+")


class WordReader(Scanner):
    """Reads words of `source`, from the offset `at` on."""

    def substitution(self, start: int) -> None:
        """Go behind the `)` that ends the commands which begin here; for the grammar to fill in."""
        raise NotImplementedError

    def word(self) -> Word | None:
        """The word that begins here, None where none does."""
        begin = self.at
        parts: list[Part] = []
        code, size = self.code, len(self.code)
        bracketed = False
        while self.at < size:
            start = self.at
            match = _PLAIN.match(code, start)
            if match:
                self.at = match.end()
                parts.append(Literal(self.source, start, self.at, match.group()))
                continue
            letter = code[start]
            if letter in "'\"\\$`":
                self._quoting(letter, parts)
            elif letter in "*?[]{}~":
                self.at += 1
                parts.append(self._sign(letter, start, first=start == begin))
                bracketed = bracketed or letter in "[{"
            elif letter in "<>" and self.bash and code.startswith("(", start + 1):
                self.at += 2
                self.substitution(start)
                parts.append(Unknown(self.source, start, self.at, "process"))
            else:
                break
        if self.at == begin:
            return None
        if bracketed:
            self._brackets(parts)
        return Word(self.source, begin, self.at, tuple(parts))

    def _sign(self, letter: str, start: int, *, first: bool) -> Part:
        """The part that a letter makes which may be a pattern or a tilde; `_brackets` sees to the rest."""
        if letter in "*?":
            return Unknown(self.source, start, self.at, "glob")
        return self._tilde(start) if letter == "~" and first else Literal(self.source, start, self.at, letter)

    def _brackets(self, parts: list[Part]) -> None:
        """Make the first bracket Unknown that opens a pattern, and the first brace that opens a list, as in `{a,b}`."""
        opened: dict[str, int] = {}
        listed = False
        for number, part in enumerate(parts):
            if not isinstance(part, Literal) or part.quoted:
                continue
            if part.text in ("[", "{"):
                opened.setdefault(part.text, number)
            elif part.text == "]" and "[" in opened:
                self._unknown(parts, opened["["], "glob")
            elif part.text == "}" and "{" in opened and listed and self.bash:
                self._unknown(parts, opened["{"], "brace")
            elif "{" in opened and ("," in part.text or ".." in part.text):
                listed = True

    def _unknown(self, parts: list[Part], number: int, kind: str) -> None:
        part = parts[number]
        parts[number] = Unknown(self.source, part.start, part.end, kind)

    def _tilde(self, start: int) -> Part:
        if self.at == len(self.code) or self.code[self.at] in "/ \t\n|&;()<>":
            return Variable(self.source, start, self.at, "HOME", quoted=True)
        return Unknown(self.source, start, self.at, "tilde")

    def _quoting(self, letter: str, parts: list[Part]) -> None:
        """Read what begins with a quote, a backslash, a dollar or a backquote."""
        start = self.at
        if letter == "'":
            self._single(start, parts)
        elif letter == '"':
            self._double(start, parts)
        elif letter == "\\":
            self._backslash(parts)
        elif letter == "`":
            self._backquote(parts, quoted=False)
        elif self.code.startswith(("$'", '$"'), start):
            if not self.bash:
                self.unsure()  # newer ones of dash know it
            self.at += 1
            if self.startswith('"'):
                self._double(start, parts)
            else:
                self._ansi(start, parts)
        else:
            self._dollar(parts, quoted=False)

    def _backslash(self, parts: list[Part]) -> None:
        start = self.at
        self.at = min(start + 2, len(self.code))
        text = self.code[start + 1 : self.at]
        if not text:
            text = "\\"  # the last character of all
        if text != "\n":
            parts.append(Literal(self.source, start, self.at, text, quoted=True))

    def _single(self, start: int, parts: list[Part]) -> None:
        end = self.code.find("'", start + 1)
        if end < 0:
            raise FaultError("quote", start, start + 1)
        self.at = end + 1
        if end == start + 1:
            parts.append(Literal(self.source, start, self.at, "", quoted=True))
        else:
            parts.append(Literal(self.source, start + 1, end, self.code[start + 1 : end], quoted=True))

    def _double(self, start: int, parts: list[Part]) -> None:
        opening = self.at
        self.at += 1
        count = len(parts)
        code, size = self.code, len(self.code)
        while self.at < size:
            here = self.at
            match = _IN_DOUBLE.match(code, here)
            if match:
                self.at = match.end()
                parts.append(Literal(self.source, here, self.at, match.group(), quoted=True))
                continue
            letter = code[here]
            if letter == '"':
                self.at += 1
                if len(parts) == count:
                    parts.append(Literal(self.source, start, self.at, "", quoted=True))
                return
            if letter == "\\":
                self._escape(parts)
            elif letter == "`":
                self._backquote(parts, quoted=True)
            else:
                self._dollar(parts, quoted=True)
        raise FaultError("quote", opening, opening + 1)

    def _escape(self, parts: list[Part]) -> None:
        """A backslash between double quotes."""
        start = self.at
        self.at = min(start + 2, len(self.code))
        text = self.code[start : self.at]
        if text == "\\\n":
            return
        if text[1:] in ("$", "`", '"', "\\"):
            text = text[1:]
        parts.append(Literal(self.source, start, self.at, text, quoted=True))

    def _backquote(self, parts: list[Part], *, quoted: bool) -> None:
        start = self.at
        match = _TO_BACKQUOTE.match(self.code, start + 1)
        if match is None or not self.code.startswith("`", match.end()):
            raise FaultError("backquote", start, start + 1)
        self.at = match.end() + 1
        if (quoted and '"' in match.group()) or not (self.bash or _CALM.fullmatch(match.group())):
            self.unsure()
        parts.append(Unknown(self.source, start, self.at, "command", quoted))

    def _ansi(self, start: int, parts: list[Part]) -> None:
        """`$'…'`, with the escapes of C."""
        self.at += 1
        code, size = self.code, len(self.code)
        parts.append(Literal(self.source, start, self.at, "", quoted=True))
        while self.at < size:
            here = self.at
            match = _IN_ANSI.match(code, here)
            if match:
                self.at = match.end()
                parts.append(Literal(self.source, here, self.at, match.group(), quoted=True))
                continue
            if code[here] == "'":
                self.at += 1
                return
            match = _ANSI.match(code, here)
            if not match:
                break
            self.at = match.end()
            text = _ansi_text(match.group()[1:])
            if text is None:
                raise UnsureError(here)
            parts.append(Literal(self.source, here, self.at, text, quoted=True))
        raise FaultError("quote", start, start + 2)

    # Expansions.

    def _dollar(self, parts: list[Part], *, quoted: bool) -> None:
        start = self.at
        self.at += 1
        if self.startswith("(("):
            self.at += 2
            self.arithmetic(FaultError("substitution", start, start + 3))
            parts.append(Unknown(self.source, start, self.at, "arithmetic", quoted))
        elif self.startswith("("):
            self.at += 1
            self.substitution(start)
            parts.append(Unknown(self.source, start, self.at, "command", quoted))
        elif self.startswith("{"):
            self.at += 1
            parts.append(self._braced(start, quoted=quoted))
        elif self.startswith("[") and self.bash:
            self.unsure()  # arithmetic as it was written long ago
        elif self.startswith("\\\n"):
            self.unsure()
        else:
            match = _NAME.match(self.code, self.at)
            if match:
                self.at = match.end()
                parts.append(Variable(self.source, start, self.at, match.group(), quoted=quoted))
            else:
                parts.append(Literal(self.source, start, self.at, "$", quoted))

    def arithmetic(self, fault: FaultError | None) -> None:
        """Go behind the `))` that ends the arithmetic which begins here. Raise `fault` where the code ends before."""
        begin = self.at
        depth = 0
        if self.depth >= DEPTH_LIMIT:
            self.unsure()
        self.depth += 1
        while self.at < len(self.code):
            match = _ARITHMETIC.match(self.code, self.at)
            if match:
                self.at = match.end()
                continue
            letter = self.code[self.at]
            if letter == "$":
                self._dollar([], quoted=True)
                continue
            if letter == "(":
                depth += 1
            elif letter == ")" and depth:
                depth -= 1
            elif self.startswith("))"):
                self.at += 2
                self.depth -= 1
                return
            else:
                self.unsure()  # quotes; or `$((` opens two subshells
            self.at += 1
        raise fault or UnsureError(begin)

    def _braced(self, start: int, *, quoted: bool) -> Part:
        """What follows `${`."""
        if self.depth >= DEPTH_LIMIT:
            self.unsure()
        self.depth += 1
        part = self._braced_inside(start, quoted=quoted)
        self.depth -= 1
        return part

    def _braced_inside(self, start: int, *, quoted: bool) -> Part:
        match = _BRACED_NAME.match(self.code, self.at)
        if match and self.code.startswith("}", match.end()):
            self.at = match.end() + 1
            return Variable(self.source, start, self.at, match.group(), quoted=quoted)
        if not match or match.group() in ("!", "#"):
            # The length, a name that a variable holds, or no parameter at all; `${ ` is bash 5.3's own substitution.
            if self.at < len(self.code) and self.code[self.at] in " \t\n|\\'\"`$":
                self.unsure()
            self._default(start, quoted=quoted)
            return Unknown(self.source, start, self.at, "parameter", quoted)
        self.at = match.end()
        operator = _OPERATOR.match(self.code, self.at)
        if not operator:
            if self.at == len(self.code):
                raise FaultError("parameter", start, start + 2)
            self.unsure()
        self.at = operator.end()
        sign = operator.group()
        if sign not in _DEFAULTS and not self.bash and sign[0] not in "#%":
            self.unsure()
        default = self._default(start, quoted=quoted)
        kept = default if sign in _DEFAULTS else None
        return Variable(self.source, start, self.at, match.group(), sign, kept, quoted)

    def _default(self, opening: int, *, quoted: bool) -> Word:
        """The word up to the `}` that ends a parameter, and go behind that."""
        begin = self.at
        parts: list[Part] = []
        code, size = self.code, len(self.code)
        while self.at < size:
            here = self.at
            match = _IN_DEFAULT.match(code, here)
            if match:
                self.at = match.end()
                if self.bash and ("<(" in match.group() or ">(" in match.group()):
                    self.unsure()
                parts.append(Literal(self.source, here, self.at, match.group(), quoted))
                continue
            letter = code[here]
            if letter == "}":
                self.at += 1
                return Word(self.source, begin, here, tuple(parts))
            if quoted and letter in "'\"`":
                self.unsure()  # shells differ
            if letter == "\\":
                if quoted:
                    self._escape(parts)
                else:
                    self._backslash(parts)
            elif letter == "$" and quoted:
                self._dollar(parts, quoted=True)
            else:
                self._quoting(letter, parts)
        raise FaultError("parameter", opening, opening + 2)


def _ansi_text(escape: str) -> str | None:
    """The text of a backslash and `escape` in `$'…'`; None where it is a byte of its own or ends the text."""
    kind = escape[0]
    if kind in _ANSI_SIMPLE:
        return _ANSI_SIMPLE[kind]
    if kind in "xuU" and len(escape) > 1:
        code = int(escape[1:], 16)
    elif kind in "01234567":
        code = int(escape, 8)
    elif kind == "c" or kind in "xuU":
        return None
    else:
        return "\\" + escape
    limit = 0x110000 if kind in "uU" else 0x80
    return chr(code) if 0 < code < limit else None
