"""Programs of ours that are evaluated and also really run, and how what the evaluator claims is held against that."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from deploylint.facts.values import HERE_ROOT, Alternatives, FilePath, Items, Known, Rest, Table
from deploylint.facts.worlds import World

if TYPE_CHECKING:
    from deploylint.facts.values import Value

DATA = Path(__file__).parent / "data" / "settings.txt"
KINDS: dict[str, type] = {"list": list, "tuple": tuple, "set": set, "frozenset": frozenset}


class Project(NamedTuple):
    """A small project with settings: its files, the settings module, the environment, and for django-configurations
    the class.
    """

    name: str
    module: str
    environ: dict[str, str]
    configuration: str | None
    files: dict[str, str]

    def world(self, root: str) -> World:
        """All that can be known of where it runs."""
        return World(environ=self.environ, closed=True, root=root, cwd=root, python=(3,))


def projects() -> list[Project]:
    """Every project of the data file: `=== name | module | ENV=x | class`, then `--- path` before each source."""
    found = []
    for part in DATA.read_text(encoding="utf-8").split("=== ")[1:]:
        head, _, body = part.partition("\n")
        name, module, environ, chosen = (*(word.strip() for word in head.split("|")), "", "")[:4]
        pieces = re.split(r"^--- (.*)\n", body, flags=re.MULTILINE)
        files = dict(zip(pieces[1::2], pieces[2::2], strict=True))
        words = dict(word.split("=", 1) for word in environ.split())
        found.append(Project(name, module, words, chosen or None, files))
    return found


def exact(one: object, other: object) -> bool:
    """Whether two objects are equal and of the same types, in the same order."""
    if type(one) is not type(other):
        return False
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(exact, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return exact(list(one.items()), list(other.items()))
    if isinstance(one, (set, frozenset)) and isinstance(other, (set, frozenset)):
        return one == other and sorted(map(repr, one)) == sorted(map(repr, other))
    return repr(one) == repr(other)


def fits(value: Value, real: object, root: str = "") -> bool:
    """Whether all that is claimed of a value is true of the object that there really is. Paths are texts in it."""
    if type(value) is Known:
        claimed = value.value.text if isinstance(value.value, FilePath) else value.value
        if isinstance(claimed, str):
            claimed = claimed.replace(HERE_ROOT, root)
        return exact(claimed, real)
    if type(value) is Alternatives:
        return any(fits(option, real, root) for option in value.options)
    if type(value) is Items and value.kind in KINDS:
        return isinstance(real, KINDS[value.kind]) and _holds(value, real, root)
    if type(value) is Table:
        if not isinstance(real, dict) or (value.complete and len(real) != len(value.entries)):
            return False
        return all(key in real and fits(entry[1], real[key], root) for key, entry in value.entries.items())
    return True  # it claims nothing


def _holds(value: Items, real: Any, root: str) -> bool:
    if isinstance(real, (set, frozenset)):
        shown = [item for item in value.items if type(item) is not Rest]
        found = all(any(fits(item, member, root) for member in real) for item in shown)
        return found and (not value.complete or len(shown) == len(real))
    if value.complete:
        return len(value.items) == len(real) and all(
            fits(item, member, root) for item, member in zip(value.items, real, strict=True)
        )
    rests = [place for place, item in enumerate(value.items) if type(item) is Rest]
    first, last = value.items[: rests[0]], value.items[rests[-1] + 1 :]
    if len(real) < len(first) + len(last):
        return False
    ends = real[len(real) - len(last) :]
    return all(map(lambda item, member: fits(item, member, root), first, real)) and all(
        map(lambda item, member: fits(item, member, root), last, ends)
    )
