"""Applying fixes, the first of two steps: `plan_changes` works out on a Tree what every file becomes and writes nothing
(`deploylint.fixes.write` brings that to the disk).

A fix is made as a whole or not at all. Which of two fixes wins is decided by their order only. What cannot be said for
certain (a file that was not read in full, an encoding that would not survive, a path that is taken) is not changed, and
the reason is told in words.
"""

from __future__ import annotations

import codecs
import os
from bisect import bisect_left
from dataclasses import dataclass, field
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar

from deploylint.finding import Create, Delete, Fix, Rename, Replace, Rewrite
from deploylint.fixes import transforms
from deploylint.fixes.changes import Changes, FileChange
from deploylint.fixes.splice import Splice, collide, line_end, near, overlap, spliced, with_line_end
from deploylint.text import Text
from deploylint.tree import Kind, Tree

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_Value = TypeVar("_Value")

_UTF8 = ("utf-8", "surrogateescape")

# As `Text.decode` has it: the longer mark first.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


class _RefusedError(Exception):
    """A fix cannot be made; the argument says why."""


@dataclass(frozen=True)
class _File:
    """A file that can be changed without a loss."""

    text: Text
    data: bytes
    codec: tuple[str, str]
    line_end: str
    executable: bool


@dataclass
class _Wanted:
    """What one fix wants, or what was chosen from all so far: splices by path, files to move (to None: to remove), and
    the edits that make a new path.
    """

    splices: dict[str, list[Splice]] = field(default_factory=dict)
    moves: dict[str, str | None] = field(default_factory=dict)
    new: dict[str, Create | Rename] = field(default_factory=dict)


class _Planner:
    """The state of a planning: the files read, and what is chosen."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.files: dict[str, _File] = {}
        self.chosen = _Wanted()

    def choose(self, fix: Fix) -> str | None:
        """Take all edits of `fix` and return None, or take none and say why."""
        try:
            own = self._wanted(fix)
            self._compare(own)
        except _RefusedError as error:
            return str(error)
        for path, splices in own.splices.items():
            chosen = self.chosen.splices.setdefault(path, [])
            for splice in splices:
                at = bisect_left(chosen, splice)
                if splice not in chosen[at : at + 1]:
                    chosen.insert(at, splice)
        self.chosen.moves.update(own.moves)
        self.chosen.new.update(own.new)
        return None

    def _wanted(self, fix: Fix) -> _Wanted:
        """The edits of one fix, each possible for itself and all together."""
        own = _Wanted()
        for edit in fix.edits:
            match edit:
                case Replace() | Rewrite():
                    own.splices.setdefault(edit.path, []).extend(self._splices(edit))
                case Rename(to=to):
                    self._file(edit.path)
                    self._require_free(to, edit.path)
                    _put(own.moves, edit.path, to)
                    _put(own.new, to, edit)
                case Delete():
                    self._file(edit.path)
                    _put(own.moves, edit.path, None)
                case _:  # Create
                    self._require_free(edit.path)
                    _encode(edit.text, _UTF8, edit.path)
                    _put(own.new, edit.path, edit)
        own.splices = {path: sorted(set(splices)) for path, splices in own.splices.items() if splices}
        for path, splices in own.splices.items():
            if own.moves.get(path, "") is None:
                raise _RefusedError(f"{path}: the fix both changes and removes it")
            if any(overlap(one, other) for one, other in pairwise(splices)):
                raise _RefusedError(f"{path}: two edits of the fix change the same place")
        if not (own.splices or own.moves or own.new):
            raise _RefusedError("there is nothing left to change")
        return own

    def _compare(self, own: _Wanted) -> None:
        """Raise _RefusedError where something chosen stands against what a fix wants."""
        chosen = self.chosen
        for path, to in own.moves.items():
            if chosen.moves.get(path, to) != to:
                raise _RefusedError(f"{path}: another fix renames or removes it")
            if path not in chosen.moves and not set(chosen.splices.get(path, ())) <= set(own.splices.get(path, ())):
                raise _RefusedError(f"{path}: another fix changes it")
        for path, edit in own.new.items():
            if chosen.new.get(path, edit) != edit:
                raise _RefusedError(f"{path}: another fix makes a file of that name")
            if any(_is_below(path, other) or _is_below(other, path) for other in (*chosen.new, *own.new)):
                raise _RefusedError(f"{path}: one file would have to lie within the other")
        self._compare_splices(own)

    def _compare_splices(self, own: _Wanted) -> None:
        chosen = self.chosen
        for path, splices in own.splices.items():
            if path in chosen.moves and path not in own.moves:
                raise _RefusedError(f"{path}: another fix renames or removes it")
            text = self.files[path].text
            for splice in splices:
                others = near(chosen.splices.get(path, []), splice)
                if any(other not in splices and collide(splice, other, text) for other in others):
                    raise _RefusedError(f"{path}: another fix changes the same place")

    def _splices(self, edit: Replace | Rewrite) -> list[Splice]:
        """The splices of one edit that change something."""
        file = self._file(edit.path)
        text, span = file.text, edit.span
        start, end = text.offset(span.line, span.column), text.offset(span.end_line, span.end_column)
        places = [text.place(start), text.place(end)]
        if start > end or places != [(span.line, span.column), (span.end_line, span.end_column)]:
            raise _RefusedError(f"{edit.path}: the edit points at a place that the file does not have")
        if isinstance(edit, Replace):
            found: tuple[Splice, ...] = (Splice(start, end, with_line_end(edit.text, file.line_end)),)
        else:
            if not transforms.is_known(edit.transform):
                raise _RefusedError(f"{edit.path}: nothing known is called {edit.transform}")
            rewritten = transforms.splices(edit.transform, file.data, span)
            if rewritten is None:
                raise _RefusedError(f"{edit.path}: the code there is not of the form that can be changed")
            found = rewritten
        for splice in found:
            _encode(splice.text, file.codec, edit.path)
        return [splice for splice in found if text.value[splice.start : splice.end] != splice.text]

    def _file(self, path: str) -> _File:
        """The file at exactly `path`; _RefusedError where it cannot be changed without a loss."""
        if path in self.files:
            return self.files[path]
        entry = self.tree.find(path)
        if entry is None or entry.kind is not Kind.FILE:
            raise _RefusedError(f"{path}: there is no regular file")
        content = self.tree.read(path)
        if content.trouble is not None:
            raise _RefusedError(f"{path}: the file could not be read in full")
        text = Text.decode(path, content.data)
        codec = next(((name, "strict") for mark, name in _MARKS if content.data.startswith(mark)), _UTF8)
        if _encode(text.value, codec, path) != content.data:
            raise _RefusedError(f"{path}: the file is not valid {codec[0].upper()}")
        file = self.files[path] = _File(text, content.data, codec, line_end(text.value), entry.executable)
        return file

    def _require_free(self, path: str, old: str | None = None) -> None:
        """Raise _RefusedError unless a file can be made at `path`, or the file at `old` renamed to it."""
        if not is_plain(path):
            raise _RefusedError(f"{path}: that is not a path within the app")
        if self.tree.find(path) is not None:
            raise _RefusedError(f"{path}: there is something of that name already")
        for parent in parents(path):
            entry = self.tree.find(parent)
            if entry is not None and entry.kind is not Kind.DIRECTORY:
                raise _RefusedError(f"{path}: {parent} is not a folder")
        if self.tree.source.on_disk(path) and not (old is not None and self._is_same_on_disk(old, path)):
            raise _RefusedError(f"{path}: there is something of that name on the disk already")

    def _is_same_on_disk(self, old: str, new: str) -> bool:
        """Whether the disk takes two names that differ in case only for one, as far as a third spelling tells. Only
        the writing can be certain of it, and looks again.
        """
        if old.casefold() != new.casefold():
            return False
        spellings = (old[:at] + old[at].swapcase() + old[at + 1 :] for at in range(len(old)))
        third = next((name for name in spellings if name not in (old, new) and self.tree.find(name) is None), None)
        return third is not None and self.tree.source.on_disk(third)

    def changes(self) -> dict[str, FileChange]:
        """The files as the chosen edits make them."""
        found = [FileChange(path, None, edit.text.encode(*_UTF8)) for path, edit in _created(self.chosen.new)]
        for path in {**self.chosen.splices, **self.chosen.moves}:
            file = self.files[path]
            to = self.chosen.moves.get(path, path)
            after = None
            if to is not None:
                after = spliced(file.text.value, self.chosen.splices.get(path, ())).encode(*file.codec)
            renamed_from = None if to in (None, path) else path
            found.append(FileChange(to or path, file.data, after, renamed_from, file.executable))
        return {change.path: change for change in sorted(found, key=lambda change: change.path)}


def plan_changes(tree: Tree, fixes: Iterable[Fix]) -> Changes:
    """What the files of `tree` become by as many of `fixes` as go together, each as a whole, the earlier first.

    Edits that two fixes have in common are made once. Two Replace that overlap do not go together, nor do two of
    different fixes that touch within a line, or that insert at one place: how they would read together, nobody has
    thought of. A file that is renamed or removed is not changed by another fix. Nothing is made where something lies.
    """
    planner = _Planner(tree)
    applied: list[Fix] = []
    skipped: list[tuple[Fix, str]] = []
    for fix in fixes:
        reason = planner.choose(fix)
        if reason is None:
            applied.append(fix)
        else:
            skipped.append((fix, reason))
    return Changes(MappingProxyType(planner.changes()), tuple(applied), tuple(skipped))


def _put(wanted: dict[str, _Value], path: str, value: _Value) -> None:
    if wanted.setdefault(path, value) != value:
        raise _RefusedError(f"{path}: two edits of the fix do not go together")


def _created(new: Mapping[str, Create | Rename]) -> Iterator[tuple[str, Create]]:
    for path, edit in new.items():
        if isinstance(edit, Create):
            yield path, edit


def _encode(text: str, codec: tuple[str, str], path: str) -> bytes:
    try:
        return text.encode(*codec)
    except UnicodeEncodeError:
        raise _RefusedError(f"{path}: the new text has characters that {codec[0].upper()} cannot hold") from None


def parents(path: str) -> Iterator[str]:
    """The folders above `path`, the outermost first."""
    parts = path.split("/")
    for count in range(1, len(parts)):
        yield "/".join(parts[:count])


def _is_below(path: str, other: str) -> bool:
    return path.startswith(f"{other}/")


def is_plain(path: str) -> bool:
    """Whether `path` names something below the app root on every system, and nothing of git's own."""
    try:
        os.fsencode(path)
    except UnicodeEncodeError:
        return False
    if any(mark in path for mark in "\0\\:"):
        return False
    return not any(part in ("", ".", "..") or part.lower() == ".git" for part in path.split("/"))
