"""Files that were probably meant to be one that the platform reads: in another case, misspelled, in a subfolder, not
tracked, or left out of the build.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from deploylint.facts.folders import ASIDE, FOREIGN
from deploylint.facts.piprequirement import normalised
from deploylint.knowledge.distributions import is_described
from deploylint.record import NamedTuple
from deploylint.spelling import distance
from deploylint.tree import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from deploylint.app import App
    from deploylint.tree import Entry

_TEXT_ENDINGS = ("", ".text", ".txt.txt", ".text.txt", ".txt")
_SUBFOLDERS = 3
_ROOT_LIMIT = 2000
"""Files in the root among which misspellings are looked for."""
_ELSEWHERE = ASIDE | FOREIGN
_SUBFOLDER_DEPTH = 3


class NearMiss(NamedTuple):
    """`path` was probably meant to be the wanted file. `how` is `kind` (a folder, or a link that leads to no file),
    `case`, `spelling`, `subfolder`, `untracked` or `left-out`.
    """

    path: str
    how: str


def near_misses(app: App, wanted: str, known: Iterable[str] = ()) -> list[NearMiss]:
    """What may have been meant to be the root file `wanted`, the most likely first. `known` names misspellings that
    are certain; others are accepted at one or two typing errors.
    """
    found = []
    if app.tree.find(wanted) is not None and not app.tree.is_file(wanted):
        found.append(NearMiss(wanted, "kind"))
    elif app.left_out(wanted):
        found.append(NearMiss(wanted, "left-out"))
    elif app.untracked(wanted):
        found.append(NearMiss(wanted, "untracked"))
    known = frozenset(known)
    entries = [entry for entry in app.tree.children() if entry.kind in (Kind.FILE, Kind.LINK) and entry.name != wanted]
    few = len(entries) <= _ROOT_LIMIT
    for entry in entries:
        if entry.name.casefold() == wanted.casefold():
            found.append(NearMiss(entry.path, "case"))
        elif entry.name in known or (few and is_misspelling(entry.name, wanted)):
            found.append(NearMiss(entry.path, "spelling"))
    below = [
        entry.path
        for entry in app.tree.files()
        if entry.name == wanted
        and 1 < entry.depth <= _SUBFOLDER_DEPTH
        and _ELSEWHERE.isdisjoint(entry.path.split("/"))
        and not entry.path.startswith(".")
    ]
    found.extend(NearMiss(path, "subfolder") for path in sorted(below, key=_shallow)[:_SUBFOLDERS])
    return found


# By what is in their names, the lists of a split requirements.txt that a deployed app needs, the likeliest first.
_DEPLOYED = ("heroku", "prod", "deploy", "base", "common")


def requirement_lists(app: App) -> list[str]:
    """The lists into which an app's requirements are split, in the root or in a folder `requirements/` of it, that of
    the deployed app first; where none is called so, a file of the root that reads like one.
    """
    found = [entry.path for folder in ("", "requirements") for entry in app.tree.children(folder) if _is_list(entry)]
    found = found or [entry.path for entry in app.tree.children() if _reads_like_list(app, entry)][:_LISTS]

    def rank(path: str) -> tuple[int, str]:
        return next((at for at, word in enumerate(_DEPLOYED) if word in path.lower()), len(_DEPLOYED)), path

    return sorted(found, key=rank)


def _is_list(entry: Entry) -> bool:
    named = entry.path.startswith("requirements/") or "requirements" in entry.name.lower()
    return entry.kind is Kind.FILE and named and entry.name.endswith((".txt", ".in"))


# Of the names that people give a list of requirements; what it holds decides.
_LISTS = 3
_ENDINGS = (".txt", ".in", ".pip", ".md", ".py", ".list", ".cfg")
_LIST_LIMIT = 32 * 1024
_LINE = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]{0,100})(?:\[[^\]]*\])? *(?:[=<>~!]=? *[^ ;]+ *)?(?:;.*|#.*)?")


def _reads_like_list(app: App, entry: Entry) -> bool:
    """Whether every line is a requirement, and at least half of the names are those of known distributions."""
    if entry.kind is not Kind.FILE or entry.name.startswith(".") or not entry.name.endswith(_ENDINGS):
        return False
    content = app.tree.read(entry.path, _LIST_LIMIT)
    if content.trouble:
        return False
    lines = [line.strip() for line in content.data.decode("utf-8", "replace").splitlines()]
    lines = [line for line in lines if line and not line.startswith("#")]
    names = [match[1] for line in lines if (match := _LINE.fullmatch(line))]
    known = [name for name in names if is_described(normalised(name))]
    return bool(known) and len(names) == len(lines) and len(known) * 2 >= len(names)


def _shallow(path: str) -> tuple[int, str]:
    return path.count("/"), path


def is_misspelling(name: str, wanted: str) -> bool:
    """Whether `name` is `wanted` with one or two typing errors, or with another ending for text. Names that mean
    something else on purpose (`requirements-dev.txt`, `requirements.in`, `Procfile.dev`) are further away.
    """
    one, other = name.casefold(), wanted.casefold()
    stem = other.removesuffix(".txt")
    if stem != other and one.removesuffix(".txt").removesuffix(".text").removesuffix(".txt") == stem:
        return any(one == stem + ending for ending in _TEXT_ENDINGS)
    if abs(len(one) - len(other)) > 2:
        return False
    # Procfile and Profile are one letter apart, runtime.txt and run.txt are not the same word.
    return distance(one, other) <= (1 if len(other) < 10 else 2)
