"""Going through shell code: the place that is read, blanks, line ends and the here-documents behind them.

A `FaultError` is raised only where every bash (or dash) refuses the code, an `UnsureError` where these readers do not
know.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from deploylint.facts.shell import BASH, Literal, Variable
from deploylint.record import NamedTuple

if TYPE_CHECKING:
    from typing import NoReturn as Never

    from deploylint.facts.shell import Source, Word

DEPTH_LIMIT = 40
"""Commands within commands that are read at most."""

_BLANKS = re.compile(r"(?:[ \t]|\\\n)+")
_COMMENT = re.compile(r"#[^\n]*")
# What dash reads in the body of a here-document before it runs anything.
_TOUCHY = re.compile(r"`|\$(?:\(|\{(?!\w+\}))")


class FaultError(Exception):
    """The shell refuses the code because of what stands between two offsets."""

    def __init__(self, kind: str, start: int, end: int) -> None:
        super().__init__(kind)
        self.kind, self.start, self.end = kind, start, end


class UnsureError(Exception):
    """What begins at `start` is not understood."""

    def __init__(self, start: int) -> None:
        super().__init__(start)
        self.start = start


class _Document(NamedTuple):
    """A here-document whose body begins behind the next line end."""

    delimiter: str
    strip: bool
    quoted: bool


class Scanner:
    """Goes through `source`; the offset `at` is where it is, `depth` how many commands it is in."""

    def __init__(self, source: Source, dialect: str) -> None:
        self.source = source
        self.code = source.value
        self.bash = dialect == BASH
        self.at = 0
        self.depth = 0
        self.documents: list[_Document] = []

    def unsure(self) -> Never:
        """Give up here."""
        raise UnsureError(self.at)

    def startswith(self, prefix: str) -> bool:
        """Whether the code goes on with `prefix`."""
        return self.code.startswith(prefix, self.at)

    def skip_blanks(self) -> None:
        """Go behind blanks, joined lines and a comment, up to a line end."""
        match = _BLANKS.match(self.code, self.at)
        if match:
            self.at = match.end()
        if self.startswith("#"):
            match = _COMMENT.match(self.code, self.at)
            assert match
            self.at = match.end()

    def await_document(self, word: Word, *, strip: bool) -> None:
        """Remember that the body of a here-document follows the line."""
        if "\\\n" in word.written or "\n" in word.written:
            raise UnsureError(word.start)
        written = word.written
        quoted = not {"'", '"', "\\"}.isdisjoint(written)
        if any(isinstance(part, Variable) or part.quoted for part in word.parts) and "$" in written:
            raise UnsureError(word.start)
        pieces = [part.text if isinstance(part, Literal) else self.code[part.start : part.end] for part in word.parts]
        self.documents.append(_Document("".join(pieces), strip, quoted))

    def line_end(self) -> None:
        """Go behind the line end that stands here, and behind the here-documents that begin after it."""
        self.at += 1
        documents, self.documents = self.documents, []
        for document in documents:
            self._skip_document(document)

    def _skip_document(self, document: _Document) -> None:
        joined = False
        while self.at < len(self.code):
            end = self.code.find("\n", self.at)
            end = len(self.code) if end < 0 else end
            line = self.code[self.at : end]
            found = (line.lstrip("\t") if document.strip else line) == document.delimiter
            if (found and joined) or (not self.bash and not document.quoted and _TOUCHY.search(line)):
                self.unsure()
            self.at = min(end + 1, len(self.code))
            if found:
                return
            joined = not document.quoted and line.endswith("\\")
        if self.depth:
            self.unsure()  # a parenthesis that closes the substitution may stand behind the delimiter
