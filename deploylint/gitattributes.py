"""What `.gitattributes` files say of a path.

In go the bytes of such files, out come the attributes that git would set for one path. deploylint asks in order to
know whether a working file is stored as it is, or goes through a filter, another encoding or another line end first.
Patterns are matched as git matches them, byte by byte, but never with backtracking over more than the last star.

Source: gitattributes(5) and gitignore(5). Not read are the user's own file (`core.attributesFile`) and the system's:
they lie outside the repository.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from deploylint.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

LINE_LIMIT = 2048
"""git itself ignores a line of this length."""

Value = bool | str | None
"""Set, unset, a text; None is "unspecified", which a line can say too, to undo an earlier one."""

_Token = frozenset[str]  # the bytes that fit, as latin-1 letters
_Segment = tuple["_Token | None", ...]  # None is a star
_T = TypeVar("_T")
_U = TypeVar("_U")

_ALL = frozenset(map(chr, range(256)))
_BLANKS = " \t\r\n"
# `str.split` would also break at bytes that are part of a letter, such as the second one of "à".
_TO_SPACE = str.maketrans("\t\r\n", "   ")
_CLASSES = {
    "alnum": frozenset(c for c in map(chr, range(128)) if c.isalnum()),
    "alpha": frozenset(c for c in map(chr, range(128)) if c.isalpha()),
    "blank": frozenset(" \t"),
    "cntrl": frozenset(map(chr, [*range(32), 127])),
    "digit": frozenset("0123456789"),
    "graph": frozenset(map(chr, range(33, 127))),
    "lower": frozenset(c for c in map(chr, range(128)) if c.islower()),
    "print": frozenset(map(chr, range(32, 127))),
    "punct": frozenset(c for c in map(chr, range(33, 127)) if not c.isalnum()),
    "space": frozenset(" \t\n\r\f\v"),
    "upper": frozenset(c for c in map(chr, range(128)) if c.isupper()),
    "xdigit": frozenset("0123456789abcdefABCDEF"),
}
_ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", '"': '"', "\\": "\\"}
_BUILT_IN: Mapping[str, tuple[tuple[str, Value], ...]] = {
    "binary": (("diff", False), ("merge", False), ("text", False))
}


class Pattern(NamedTuple):
    """One pattern, taken apart. `whole` tells a pattern for the whole path from one for the last name only. `literal`
    is what a whole path begins with, `segments` the names after that, with None for `**`.
    """

    literal: str
    segments: tuple[_Segment | None, ...]
    whole: bool

    @property
    def tokens(self) -> int:
        """How many letters and stars it has beyond `literal`."""
        return sum(1 if segment is None else len(segment) for segment in self.segments)

    def matches(self, path: str) -> bool:
        """Whether it fits `path` (relative to the folder of the file that holds the pattern, one letter per byte)."""
        if not path.startswith(self.literal):
            return False
        names = path[len(self.literal) :].split("/")
        return _fits(self.segments, names if self.whole else names[-1:], _fits_name)


class Line(NamedTuple):
    """One line: attributes for the paths that fit `pattern`, or for the macro `macro` where `pattern` is None."""

    pattern: Pattern | None
    macro: str
    states: tuple[tuple[str, Value], ...]


class AttributeFile(NamedTuple):
    """One attributes file. `folder` is where it holds, relative to the repository root: "" or "sub". The numbers tell
    what a look-up costs: of all words, and of the letters of patterns for the whole path and for the last name.
    """

    folder: str
    lines: tuple[Line, ...]
    words: int = 0
    path_tokens: int = 0
    name_tokens: int = 0

    def effort(self, path: str) -> int:
        """The most comparisons that this file can cost in a look-up of `path`."""
        return self.words + self.path_tokens * len(path) + self.name_tokens * len(path.rpartition("/")[2])


def parse(data: bytes, folder: str = "") -> AttributeFile:
    """The lines of an attributes file that git would heed; the others are left out, nothing raises.

    Macros are defined in the root only, as in git.
    """
    text = data.removeprefix(b"\xef\xbb\xbf").decode("latin-1")
    read = (_line(line) for line in text.split("\n") if len(line) < LINE_LIMIT)
    lines = tuple(line for line in read if line is not None and (line.pattern or not folder))
    patterns = [line.pattern for line in lines if line.pattern]
    return AttributeFile(
        folder,
        lines,
        sum(1 + len(line.states) for line in lines),
        sum(pattern.tokens for pattern in patterns if pattern.whole),
        sum(pattern.tokens for pattern in patterns if not pattern.whole),
    )


def look_up(path: str, files: Sequence[AttributeFile]) -> Mapping[str, Value]:
    """The attributes of `path` (relative to the repository root). `files` stand from the weakest to the strongest:
    the root's first, then each folder's on the way, then `info/attributes`. Unspecified ones are left out.
    """
    try:
        letters = path.encode("utf-8", "surrogateescape").decode("latin-1")
    except UnicodeEncodeError:  # a surrogate that stands for no byte: no path of git's
        return {}
    macros = dict(_BUILT_IN)
    for file in files:
        macros.update((line.macro, line.states) for line in file.lines if line.pattern is None)
    found: dict[str, Value] = {}
    for file in reversed(files):
        inside = letters[len(file.folder.encode("utf-8", "surrogateescape")) + 1 :] if file.folder else letters
        for line in reversed(file.lines):
            if line.pattern is not None and line.pattern.matches(inside):
                _settle(line.states, macros, found)
    return {name: value for name, value in found.items() if value is not None}


def _settle(
    states: Iterable[tuple[str, Value]],
    macros: Mapping[str, tuple[tuple[str, Value], ...]],
    found: dict[str, Value],
) -> None:
    """Add what is not settled yet. The last of a line counts, and what a macro means comes right after it."""
    todo = list(states)
    while todo:
        name, value = todo.pop()
        if name not in found:
            found[name] = value
            if value is True:
                todo.extend(macros.get(name, ()))


def _line(text: str) -> Line | None:
    text = text.strip(_BLANKS)
    if not text or text.startswith("#"):
        return None
    quoted = _unquote(text) if text.startswith('"') else None
    word, tail = quoted or _first_word(text)
    states = tuple(_state(token) for token in tail.translate(_TO_SPACE).split(" ") if token)
    if word.startswith("[attr]") and len(word) > len("[attr]"):
        return Line(None, word.removeprefix("[attr]"), states)
    pattern = compile_pattern(word)
    return None if pattern is None else Line(pattern, "", states)


def _first_word(text: str) -> tuple[str, str]:
    word = text.translate(_TO_SPACE).partition(" ")[0]
    return word, text[len(word) :]


def _unquote(text: str) -> tuple[str, str] | None:
    """A pattern in double quotes with C escapes, and the rest of the line; None if the quotes are not closed."""
    word: list[str] = []
    at = 1
    while at < len(text):
        letter = text[at]
        if letter == '"':
            return "".join(word), text[at + 1 :]
        if letter == "\\":
            at += 1
            octal = text[at : at + 3]
            if len(octal) == 3 and octal[0] in "0123" and all(digit in "01234567" for digit in octal[1:]):
                letter = chr(int(octal, 8))
                at += 2
            elif text[at : at + 1] in _ESCAPES:
                letter = _ESCAPES[text[at]]
            else:
                return None
        word.append(letter)
        at += 1
    return None


def _state(token: str) -> tuple[str, Value]:
    if token.startswith("-"):
        return token[1:], False
    if token.startswith("!"):
        return token[1:], None
    name, equals, value = token.partition("=")
    return (name, value) if equals else (name, True)


def compile_pattern(text: str) -> Pattern | None:
    """The pattern `text`, one letter per byte; None for one that fits no file: negative, for folders, or not closed."""
    if text.startswith("!") or text.endswith("/"):
        return None
    whole = "/" in text
    text = text.removeprefix("/")
    # Taken off first, as git does: `**` right after it (`a**/b`) stands at the beginning and goes through folders.
    literal = text[: next((at for at, letter in enumerate(text) if letter in "*?[\\"), len(text))] if whole else ""
    segments: list[_Segment | None] = []
    for part in text[len(literal) :].split("/"):
        if whole and len(part) > 1 and not part.strip("*"):
            if not segments or segments[-1] is not None:
                segments.append(None)
            continue
        segment = _segment(part)
        if segment is None:
            return None
        segments.append(segment)
    if segments[-1] is None:  # `a/**` is everything below `a`, not `a` itself
        segments.append((None,))
    return Pattern(literal, tuple(segments), whole)


def _segment(text: str) -> _Segment | None:
    """One name of a pattern as tokens; None if it ends within a bracket or after a backslash."""
    tokens: list[_Token | None] = []
    at = 0
    while at < len(text):
        letter = text[at]
        at += 1
        if letter == "*":
            if not tokens or tokens[-1] is not None:
                tokens.append(None)
        elif letter == "?":
            tokens.append(_ALL)
        elif letter == "[":
            bracket = _bracket(text, at)
            if bracket is None:
                return None
            token, at = bracket
            tokens.append(token)
        elif letter == "\\":
            if at == len(text):
                return None
            tokens.append(frozenset(text[at]))
            at += 1
        else:
            tokens.append(frozenset(letter))
    return tuple(tokens)


def _bracket(text: str, at: int) -> tuple[_Token, int] | None:
    """The letters of a bracket whose inside begins at `at`, and where it ends; None if it is not closed."""
    negative = text[at : at + 1] in ("!", "^")
    at += negative
    found: set[str] = set()
    first = True
    while at < len(text) and (first or text[at] != "]"):
        first = False
        if text.startswith("[:", at) and (end := text.find(":]", at + 2)) >= 0:
            known = _CLASSES.get(text[at + 2 : end])
            if known is None:
                return None
            found |= known
            at = end + 2
            continue
        low, at = _member(text, at)
        if text[at : at + 1] == "-" and text[at + 1 : at + 2] not in ("", "]"):
            high, at = _member(text, at + 1)
            found.update(map(chr, range(ord(low), ord(high or low) + 1)))
        else:
            found.add(low)
    if at >= len(text):
        return None
    return (_ALL - found if negative else frozenset(found)), at + 1


def _member(text: str, at: int) -> tuple[str, int]:
    if text[at] == "\\" and at + 1 < len(text):
        at += 1
    return text[at], at + 1


def _fits_name(segment: _Segment, name: str) -> bool:
    return _fits(segment, name, _contains)


def _contains(token: _Token, letter: str) -> bool:
    return letter in token


def _fits(pattern: Sequence[_T | None], items: Sequence[_U], fits: Callable[[_T, _U], bool]) -> bool:
    """Whether `items` fit `pattern`, where None stands for any number of items.

    Only the last None ever takes one more, so the work is at most the product of the two lengths.
    """
    at = mark = 0
    star = -1
    here = 0
    while here < len(items):
        token = pattern[at] if at < len(pattern) else None
        if at < len(pattern) and token is None:
            star, mark = at, here
            at += 1
        elif token is not None and fits(token, items[here]):
            at += 1
            here += 1
        elif star >= 0:
            mark += 1
            at, here = star + 1, mark
        else:
            return False
    return all(token is None for token in pattern[at:])
