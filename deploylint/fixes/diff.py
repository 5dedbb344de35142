"""Changes as a unified diff, as git writes it and `git apply` takes it.

Changes go in, one text comes out: what is not UTF-8 in the files stands in it as a lone surrogate, so it is to be
written with `errors="surrogateescape"`. Nothing is escaped but names, and CR stays as it is: this is a patch first, and
who shows it on a terminal looks after control characters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploylint.fixes.changes import Changes, FileChange

_CONTEXT = 3  # lines around a change, as git has it

_EFFORT = 400
"""Lines added and removed up to which the shortest diff is sought; the time grows with its square. Beyond, all lines
between the first and the last that differ are shown as replaced, which is as right and what a reader expects where
every line end changes."""


def unified(changes: Changes, prefix: str = "") -> str:
    """The diff of all changes, in order of their paths; `prefix` leads from the repository root to the app root and
    begins every name ("" or "sub/app/"). Empty where nothing changes.
    """
    return "".join(_file(changes.files[path], prefix) for path in sorted(changes.files))


def _file(change: FileChange, prefix: str) -> str:
    old = prefix + (change.renamed_from or change.path)
    new = prefix + change.path
    mode = "100755" if change.executable else "100644"
    head = [f"diff --git {_quoted('a/' + old)} {_quoted('b/' + new)}\n"]
    if change.before is None:
        head.append(f"new file mode {mode}\n")
    elif change.after is None:
        head.append(f"deleted file mode {mode}\n")
    elif old != new:
        head.append(f"rename from {_quoted(old)}\nrename to {_quoted(new)}\n")
    hunks = "".join(_hunks(_lines(change.before), _lines(change.after)))
    if hunks:
        head.append(f"--- {_name('a/' + old) if change.before is not None else '/dev/null'}\n")
        head.append(f"+++ {_name('b/' + new) if change.after is not None else '/dev/null'}\n")
    return "".join(head) + hunks


def _lines(data: bytes | None) -> list[str]:
    """The lines with their ends; a line ends at LF and at nothing else, as for git."""
    lines = (data or b"").decode("utf-8", "surrogateescape").split("\n")
    last = lines.pop()
    return [*(line + "\n" for line in lines), *([last] if last else [])]


def _name(name: str) -> str:
    # git ends a name that has a space in it with a tab, for other tools take the rest for a date.
    quoted = _quoted(name)
    return f"{quoted}\t" if " " in quoted and quoted == name else quoted


def _quoted(name: str) -> str:
    """A name as git quotes it: where it has to be, in quotation marks and with the bytes in octal."""
    if name.isprintable() and not any(mark in name for mark in '"\\'):
        return name
    pieces = []
    for char in name:
        if char in '"\\':
            pieces.append("\\" + char)
        elif char.isprintable():
            pieces.append(char)
        else:
            pieces.extend(f"\\{byte:03o}" for byte in char.encode("utf-8", "surrogateescape"))
    return '"' + "".join(pieces) + '"'


def _hunks(before: list[str], after: list[str]) -> Iterator[str]:
    group: list[_Block] = []
    for block in _blocks(before, after):
        if group and block[0] - group[-1][1] > 2 * _CONTEXT:
            yield _hunk(group, before, after)
            group = []
        group.append(block)
    if group:
        yield _hunk(group, before, after)


# Lines from `a` up to `b` of the old text become those from `c` up to `d` of the new one.
_Block = tuple[int, int, int, int]


def _hunk(group: list[_Block], before: list[str], after: list[str]) -> str:
    lead = min(_CONTEXT, group[0][0])
    old_start, new_start = group[0][0] - lead, group[0][2] - lead
    old_end = min(group[-1][1] + _CONTEXT, len(before))
    new_end = group[-1][3] + old_end - group[-1][1]
    lines = [f"@@ -{_range(old_start, old_end)} +{_range(new_start, new_end)} @@\n"]
    at = old_start
    for old, old_to, new, new_to in group:
        lines += (_marked(" ", line) for line in before[at:old])
        lines += (_marked("-", line) for line in before[old:old_to])
        lines += (_marked("+", line) for line in after[new:new_to])
        at = old_to
    lines += (_marked(" ", line) for line in before[at:old_end])
    return "".join(lines)


def _marked(mark: str, line: str) -> str:
    return mark + line if line.endswith("\n") else f"{mark}{line}\n\\ No newline at end of file\n"


def _range(start: int, end: int) -> str:
    """The lines of a hunk, 1-based; an empty range is told by the line before it."""
    length = end - start
    first = start + 1 if length else start
    return str(first) if length == 1 else f"{first},{length}"


def _blocks(before: list[str], after: list[str]) -> list[_Block]:
    """What differs, in order, as blocks with equal lines between them."""
    start = 0
    while start < min(len(before), len(after)) and before[start] == after[start]:
        start += 1
    end, new_end = len(before), len(after)
    while min(end, new_end) > start and before[end - 1] == after[new_end - 1]:
        end, new_end = end - 1, new_end - 1
    if start == end == new_end:
        return []
    steps = _shortest(before[start:end], after[start:new_end])
    if steps is None:
        return [(start, end, start, new_end)]
    return _joined([(start + old, start + new, is_new) for old, new, is_new in steps])


def _joined(steps: list[tuple[int, int, bool]]) -> list[_Block]:
    """Steps that follow each other without an equal line between them, as blocks."""
    blocks: list[_Block] = []
    for old, new, is_new in steps:
        old_to, new_to = (old, new + 1) if is_new else (old + 1, new)
        if blocks and blocks[-1][1] == old and blocks[-1][3] == new:
            blocks[-1] = (blocks[-1][0], old_to, blocks[-1][2], new_to)
        else:
            blocks.append((old, old_to, new, new_to))
    return blocks


def _shortest(before: list[str], after: list[str]) -> list[tuple[int, int, bool]] | None:
    """The least number of lines to remove (False) and to add (True), each with its place in both texts, in order; None
    if they are more than `_EFFORT`.

    The greedy algorithm of E. W. Myers, "An O(ND) difference algorithm and its variations", Algorithmica 1 (1986):
    `furthest` holds for every diagonal, old minus new, how far in the old text one comes with so many steps.
    """
    if abs(len(before) - len(after)) > _EFFORT:
        return None
    furthest = {1: 0}
    rounds: list[dict[int, int]] = []
    for count in range(_EFFORT + 1):
        rounds.append(dict(furthest))
        for diagonal in range(-count, count + 1, 2):
            old = _entered(furthest, diagonal, count)
            new = old - diagonal
            while old < len(before) and new < len(after) and before[old] == after[new]:
                old, new = old + 1, new + 1
            furthest[diagonal] = old
            if old >= len(before) and new >= len(after):
                return _traced(rounds, diagonal)
    return None


def _adds(furthest: dict[int, int], diagonal: int, count: int) -> bool:
    """Whether one comes furthest on a diagonal by adding a line: from the diagonal above it."""
    return diagonal == -count or (diagonal != count and furthest[diagonal - 1] < furthest[diagonal + 1])


def _entered(furthest: dict[int, int], diagonal: int, count: int) -> int:
    """Where in the old text one comes to a diagonal by the step before."""
    return furthest[diagonal + 1] if _adds(furthest, diagonal, count) else furthest[diagonal - 1] + 1


def _traced(rounds: list[dict[int, int]], diagonal: int) -> list[tuple[int, int, bool]]:
    steps = []
    for count in range(len(rounds) - 1, 0, -1):
        is_new = _adds(rounds[count], diagonal, count)
        diagonal += 1 if is_new else -1
        old = rounds[count][diagonal]
        steps.append((old, old - diagonal, is_new))
    return steps[::-1]
