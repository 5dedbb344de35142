"""Colours and widths of a terminal; without colours everything is plain text."""

from __future__ import annotations

import os
import shutil
import textwrap
from typing import TYPE_CHECKING

from deploylint.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_CODES = {"bold": "1", "dim": "2", "error": "1;31", "warning": "1;33", "note": "1;36", "ok": "1;32"}
_WIDEST = 100
_NARROWEST = 40


class Style(NamedTuple):
    """How text looks. `width` is where lines are folded, in columns."""

    colour: bool = False
    width: int = 80

    def __call__(self, name: str, text: str) -> str:
        """`text` in the style `name`."""
        return f"\x1b[{_CODES[name]}m{text}\x1b[0m" if self.colour and text else text

    def fold(self, text: str, first: str, rest: str) -> Iterator[str]:
        """Lines of at most `width` columns; words are not broken, so that names and paths can be copied."""
        yield from textwrap.wrap(
            text,
            width=self.width,
            initial_indent=first,
            subsequent_indent=rest,
            break_long_words=False,
            break_on_hyphens=False,
        ) or [first.rstrip()]


def terminal_width() -> int:
    """The columns of the terminal (COLUMNS, or asked for; 80 where there is none), within what is pleasant to read."""
    return max(_NARROWEST, min(_WIDEST, shutil.get_terminal_size((80, 24)).columns))


def wants_colour(choice: str, *, terminal: bool) -> bool:
    """Whether to colour: `always`, `never`, or `auto`: on a terminal that is not dumb, unless NO_COLOR is set."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return terminal and os.environ.get("TERM") != "dumb"
