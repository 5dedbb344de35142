"""What deploylint says: findings, where they stand, and what would mend them."""

from __future__ import annotations

from enum import Enum, IntEnum
from typing import TYPE_CHECKING

from deploylint.record import NamedTuple

if TYPE_CHECKING:
    from deploylint.text import Span


class Severity(IntEnum):
    """How bad it is, in the words of SARIF; a larger value is worse."""

    NOTE = 1
    WARNING = 2
    ERROR = 3

    @property
    def word(self) -> str:
        """`error`, `warning` or `note`."""
        return self.name.lower()

    @classmethod
    def parse(cls, word: str) -> Severity:
        """The severity named `word`; ValueError for any other word."""
        try:
            return cls[word.upper()]
        except KeyError:
            raise ValueError(f"unknown severity: {word}") from None


class Phase(Enum):
    """When a platform meets the fault, in this order."""

    DETECT = "detect"
    BUILD = "build"
    RELEASE = "release"
    BOOT = "boot"
    RUN = "run"


class Replace(NamedTuple):
    """Put `text` where `span` is (code points of the file as `Text.decode` reads it). An empty span inserts."""

    span: Span
    text: str
    kind: str = "replace"

    @property
    def path(self) -> str:
        """The file that changes."""
        return self.span.path


class Create(NamedTuple):
    """Write a new file. It is refused where something lies at `path` already, tracked or not."""

    path: str
    text: str
    kind: str = "create"


class Rename(NamedTuple):
    """Give a file another path. It is refused where something lies at `to` already."""

    path: str
    to: str
    kind: str = "rename"


class Delete(NamedTuple):
    """Remove a file."""

    path: str
    kind: str = "delete"


class Rewrite(NamedTuple):
    """Change a Python source: `transform` names what `deploylint.fixes.transforms` does with the code at `span`. The
    text is made when the fix is applied, for what makes it is slow to import.
    """

    span: Span
    transform: str
    kind: str = "rewrite"

    @property
    def path(self) -> str:
        """The file that changes."""
        return self.span.path


Edit = Replace | Create | Rename | Delete | Rewrite


class Fix(NamedTuple):
    """Edits that belong together: all of them are made or none. `safe` means that nothing else changes its meaning."""

    title: str
    edits: tuple[Edit, ...]
    safe: bool


class Related(NamedTuple):
    """A second place that helps to understand a finding."""

    message: str
    span: Span


class Finding(NamedTuple):
    """One thing to tell. `message` says what will happen and why, `help` what to do, in one line. Of a `secret`, what
    stands at its spans must not be shown.
    """

    rule: str
    name: str
    severity: Severity
    phase: Phase
    message: str
    span: Span
    help: str = ""
    reason: str | None = None
    related: tuple[Related, ...] = ()
    fix: Fix | None = None
    url: str | None = None
    secret: bool = False

    @property
    def full_message(self) -> str:
        """Message and help together, for the outputs that have one field for both."""
        return f"{self.message} {self.help}".rstrip()
