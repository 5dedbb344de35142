"""The options of a line of a requirements file, with offsets.

In goes a logical line and where its options begin; out come the options (`options`), each with the place of its name
and value. The words are parted as `shlex` does it and read as `optparse` does it, since pip uses those two; neither
tells where a word stands. The table is that of today's pip (`SUPPORTED_OPTIONS` of `req_file.py`, read at 26.3):
pip-requirements-parser's still has options that pip has dropped since and lacks newer ones.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from deploylint.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_FLAGS = ("--no-index", "--prefer-binary", "--require-hashes", "--no-require-hashes", "--pre")
_VALUED = (
    *("--index-url", "--extra-index-url", "--find-links", "--trusted-host", "--no-binary", "--only-binary"),
    *("--all-releases", "--only-final", "--use-feature", "--hash", "--config-settings"),
)
_LONG = {
    **{name: name for name in (*_FLAGS, *_VALUED)},
    "--requirement": "-r",
    "--constraint": "-c",
    "--editable": "-e",
    "--pypi-url": "--index-url",
}
_SHORT = {"-r": "-r", "-c": "-c", "-e": "-e", "-i": "--index-url", "-f": "--find-links", "-C": "--config-settings"}
_FEATURES = (
    *("fast-deps", "inprocess-build-deps", "venv-isolation", "truststore", "no-binary-enable-wheel-cache"),
    "build-constraint",
)
_LISTS = ("--no-binary", "--only-binary", "--all-releases", "--only-final")
_HOST = re.compile(r"[A-Za-z0-9.-]+")
_HASHES = ("sha256:", "sha384:", "sha512:")

# The parts of a word, each begun by another character, so that there is never a choice to take back.
_SEGMENT = re.compile(
    r"""(?P<blank>[ \t\r\n]+)|(?P<bare>[^ \t\r\n\\'"]+)|\\(?P<escaped>.)"""
    r"""|'(?P<single>[^']*)'|"(?P<double>(?:[^"\\]|\\.)*)\"""",
    re.DOTALL,
)
_PROTECTED = re.compile(r"""\\["\\]|.""", re.DOTALL)


class InvalidLineError(ValueError):
    """pip refuses the line; the message says why."""


class Word(NamedTuple):
    """A word of the options, quotes resolved: `places` are the indices of its characters in the line, `end` is where
    it ends there, quotes included.
    """

    value: str
    places: Sequence[int]
    end: int

    def after(self, count: int) -> Word:
        """The rest of the word after `count` characters."""
        return Word(self.value[count:], self.places[count:], self.end)

    @property
    def at(self) -> tuple[int, int]:
        """Start and end in the line, quotes excluded."""
        return (self.places[0], self.places[-1] + 1) if self.places else (self.end, self.end)


class Given(NamedTuple):
    """An option as it stands in a line. `name` is in one spelling, whatever the line has: `-r`, `-c`, `-e`, else the
    long one. `at` is start and end within the line. A flag has the value "", at its own end.
    """

    name: str
    value: Word
    at: tuple[int, int]


def split(line: str) -> int:
    """Where the options of a line begin: at the first word that starts with a hyphen, words being parted by spaces."""
    if line.startswith("-"):
        return 0
    at = line.find(" -")
    return len(line) if at < 0 else at + 1


def words(line: str, start: int) -> list[Word]:
    """The words of a line from `start` on, as a POSIX shell parts them; InvalidLineError for an open quote."""
    found: list[Word] = []
    places: range | list[int] | None = None  # None between words; a word may be empty, as "" is
    at = start
    while at < len(line):
        segment = _SEGMENT.match(line, at)
        if segment is None:
            raise InvalidLineError("nothing follows the backslash" if line[at] == "\\" else "a quote is not closed")
        if segment.lastgroup == "blank":
            if places is not None:
                found.append(_word(line, places, at))
            places = None
        elif places is None and segment.lastgroup == "bare":
            places = range(*segment.span())  # nearly every word is this and nothing more
        else:
            places = places if isinstance(places, list) else list(places or ())
            places.extend(_places(segment))
        at = segment.end()
    return found if places is None else [*found, _word(line, places, at)]


def _places(segment: re.Match[str]) -> Iterable[int]:
    """Where the characters of a part of a word stand, without its quotes and backslashes."""
    if segment.lastgroup == "double":
        start, end = segment.span("double")
        # Between double quotes a backslash protects only a double quote and a backslash.
        return (match.end() - 1 for match in _PROTECTED.finditer(segment.string, start, end))
    return range(*segment.span(segment.lastgroup or 0))


def _word(line: str, places: range | list[int], end: int) -> Word:
    if isinstance(places, range):
        return Word(line[places.start : places.stop], places, end)
    return Word("".join(line[place] for place in places), places, end)


def options(line: str, start: int) -> list[Given]:
    """The options of a line from `start` on, in order; words that belong to none are dropped, as pip drops them.

    InvalidLineError where today's pip has no such option, or a value is missing, not wanted or of the wrong form.
    """
    found: list[Given] = []
    todo = words(line, start)[::-1]
    while todo:
        word = todo.pop()
        if word.value == "--":
            break
        if word.value.startswith("--"):
            found.append(_long(word, todo))
        elif word.value.startswith("-") and len(word.value) > 1:
            found.append(_short(word, todo))
    for option in found:
        _check(option)
    return found


def _long(word: Word, todo: list[Word]) -> Given:
    written, equals, _ = word.value.partition("=")
    name = _LONG.get(written)
    if name is None:
        # optparse takes the beginning of a name where no other begins so.
        matching = [long for long in _LONG if long.startswith(written)]
        if len(matching) != 1:
            raise InvalidLineError(f"{'ambiguous' if matching else 'no such'} option: {written}")
        name = _LONG[matching[0]]
    if name in _FLAGS:
        if equals:
            raise InvalidLineError(f"{name} takes no value")
        return Given(name, word.after(len(word.value)), (word.places[0], word.end))
    return _valued(name, word, len(written) + 1 if equals else 0, todo)


def _short(word: Word, todo: list[Word]) -> Given:
    name = _SHORT.get(word.value[:2])
    if name is None:
        raise InvalidLineError(f"no such option: {word.value[:2]}")
    return _valued(name, word, 2 if len(word.value) > 2 else 0, todo)


def _valued(name: str, word: Word, skipped: int, todo: list[Word]) -> Given:
    """The option whose value is what follows the first `skipped` characters of its word, or else the next word."""
    if skipped:
        value = word.after(skipped)
    elif todo:
        value = todo.pop()
    else:
        raise InvalidLineError(f"{name} requires a value")
    return Given(name, value, (word.places[0], value.end))


def _check(option: Given) -> None:
    name, value = option.name, option.value.value
    if name == "--hash" and not value.startswith(_HASHES):
        raise InvalidLineError("--hash takes sha256, sha384 or sha512, a colon and the digest")
    if name == "--config-settings" and "=" not in value:
        raise InvalidLineError(f"{name} takes KEY=VALUE")
    if name in _LISTS and value.startswith("-"):
        raise InvalidLineError(f"{name} requires a value")
    if name == "--use-feature" and value not in _FEATURES:
        raise InvalidLineError(f"{name} knows no feature {value}")
    if name == "--trusted-host" and not _HOST.fullmatch(value) and not _is_host(value):
        raise InvalidLineError(f"{name} takes the name of a host, and perhaps a colon and a port")


def _is_host(value: str) -> bool:
    """Whether pip finds a host in the value; of a link it finds one in the wrong place, and is content."""
    from urllib.parse import urlsplit

    address = value.count(":") >= 2 and "@" not in value and "[" not in value
    try:
        parts = urlsplit(f"https://[{value}]" if address else f"https://{value}")
        _ = parts.port
    except ValueError:
        return False
    return parts.hostname is not None
