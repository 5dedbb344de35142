"""Phrases and fixes that several checks share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploylint.finding import Fix, Rename

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deploylint.nearmiss import NearMiss
    from deploylint.plan import Fault


def listed(words: Sequence[str], last: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def will_stop(fault: Fault, how: str = "") -> str:
    """`The build will stop`, or `may` where that is not certain; `how`, or when; and what may keep it from that: a
    config var, the app's own hook, or another buildpack.
    """
    will = "will" if fault.certain or fault.detail.get("unless") else "may"
    return f"The build {will} stop{how}{unless(fault)}"


def unless(fault: Fault) -> str:
    """What may keep a fault from coming true, in brackets; empty where nothing is known that may."""
    doubt = fault.detail.get("unless")
    return f" (unless {doubt} changes that)" if doubt else ""


def about_near_miss(miss: NearMiss, wanted: str, dropper: str) -> str:
    """A sentence that says why `wanted` is not seen, and what to do; `dropper` is the file that leaves files out."""
    return {
        "kind": f"{wanted} is a folder here, or a link that leads to no file of the app: it must be a regular file.",
        "left-out": f"{wanted} is in the commit, but {dropper} removes it before the build: take it out of there.",
        "untracked": f"{wanted} lies on the disk, but git does not track it: add it with `git add` (`git add -f` if "
        ".gitignore names it) and commit.",
        "case": f"{miss.path} differs only in its letters' case: rename it to {wanted}.",
        "spelling": f"{miss.path} looks like a misspelling: rename it to {wanted}.",
        "subfolder": f"There is {miss.path}, but only the root of the app counts: move it there, or deploy that folder "
        "as the app.",
    }[miss.how]


def rename_fix(misses: Sequence[NearMiss], wanted: str) -> Fix | None:
    """The renaming, where exactly one file was meant and nothing else explains why it is missing."""
    named = [miss for miss in misses if miss.how in ("case", "spelling")]
    if len(named) != 1 or misses[0].how not in ("case", "spelling"):
        return None
    return Fix(f"Rename {named[0].path} to {wanted}", (Rename(named[0].path, wanted),), safe=True)
