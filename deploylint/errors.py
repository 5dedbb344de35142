"""Faults of the call: what ends a run with exit code 2 and one clear sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class UsageError(Exception):
    """The command line, the configuration or the place that is linted is at fault. Its text is shown as it is."""


def nearest(word: str, words: Iterable[str]) -> str:
    """`; did you mean "x"?` for the nearest of `words`, or nothing where none is near."""
    import difflib

    close = difflib.get_close_matches(word, list(words), n=1, cutoff=0.6)
    return f'; did you mean "{close[0]}"?' if close else ""
