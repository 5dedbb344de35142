"""Lock files of Pipenv, Poetry and uv: whether they can be read, whether they fit the project, what they lock.

In goes a Tree; out comes a `Lock` (`read_pipenv`, `read_poetry`, `read_uv`), the same record for each tool. What the
tool that a platform runs would say is the truth here: `fresh` is False only where that tool certainly refuses the lock,
and None where it depends on something that is not in the repository. How each tool decides, and with which version that
was observed, stands in `pipenvlock`, `poetrylock` and `uvlock`. What they share stands here: reading TOML within bounds
and saying where it breaks.

A lock file is mostly lists of files and hashes. tomllib would take most of a run for them, so lists in exactly the form
that the tools write are blanked before it sees the rest (`slim`); whatever deviates from that form is left to tomllib.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeAlias

from deploylint.compat import is_costly_toml, tomllib
from deploylint.record import NamedTuple
from deploylint.text import Span, Text
from deploylint.tree import Trouble

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from deploylint.tree import Tree

MANIFEST_LIMIT = 512 * 1024
"""Bytes of a Pipfile or pyproject.toml that are read at most."""
SLIM_LIMIT = 1024 * 1024
"""Code points that are left of a file without the lists of files; a lock of 1,500 packages leaves about 500,000."""
LINE_LIMIT = 200_000
_PLACE_LIMIT = 100
_NAMES = re.compile(r"[-_.]+")


class LockTrouble(NamedTuple):
    """Why the tool cannot use the lock file, or the file that it belongs to: `span` stands in the one at fault.

    `kind`: `conflict` (markers of an unfinished merge), `unparseable`, `undecodable`, `unsupported` (a format that the
    tool does not know), `inconsistent` (its parts contradict each other), `no-manifest` (the Pipfile or pyproject.toml
    is missing; the span is the lock file's) are refused by the tool; `too-large` and `unreadable` say only that we
    have not read it.
    """

    kind: str
    message: str
    span: Span


class Entry(NamedTuple):
    """A distribution that a Pipfile.lock installs: `name` is normalised, `version` a specifier, `marker` as written
    (empty where there is none), and `span` the line where it begins. One that comes from a git repository has its
    address, and no version.
    """

    name: str
    version: str
    marker: str
    span: Span
    repository: str = ""


class Lock(NamedTuple):
    """What a lock file says.

    `fresh`: whether the tool takes it as it is; None where that cannot be known, and `why` says what hinders. Where it
    is False, `why` says what differs and `span` is the place in the lock file to blame. `requires_python` is what the
    tool holds against the Python in force, as written, at `requires_span`; `allows` evaluates it. `names` are the
    locked distributions, normalised; None where they could not be read. With `main_only` they are those that are
    installed without any optional group or extra, on one platform or another; else all of the file. `entries` are there
    for Pipenv's lock only, and for one that names no other index than the public one; `manifest`, what
    the project's file holds, for the others only. `document` is the lock itself.
    """

    path: str
    tool: str
    trouble: LockTrouble | None = None
    fresh: bool | None = None
    why: str = ""
    span: Span | None = None
    requires_python: str | None = None
    requires_span: Span | None = None
    names: frozenset[str] | None = None
    main_only: bool = False
    entries: tuple[Entry, ...] = ()
    document: Document | None = None
    manifest: Mapping[str, Any] | None = None

    def allows(self, version: str) -> bool | None:
        """Whether `requires_python` allows the Python `version`, a release as `3.13.2`, in the reading of the tool;
        True where nothing is required, None where the requirement or the version is in a form not read here.
        """
        if self.requires_python is None:
            return True
        if self.tool == "pipenv":
            from deploylint.facts.pipenvlock import allows as pipenv_allows

            return pipenv_allows(self.requires_python, version)
        if self.tool == "poetry":
            from deploylint.facts.poetrylock import allows as poetry_allows

            return poetry_allows(self.requires_python, version)
        from deploylint.facts.releases import within

        return within(self.requires_python, version)

    def version(self, name: str) -> str | None:
        """The version in which the distribution `name` (normalised) is locked; None where that is none or several."""
        data = self.document.data if self.document is not None else None
        if self.tool == "pipenv":
            rows = [row for key, row in table(data, "default").items() if normalised(key) == name]
            found = {str(table(row).get("version", "")).removeprefix("==") for row in rows}
        else:
            rows = [row for row in tables(table(data).get("package")) if normalised(str(row.get("name"))) == name]
            found = {str(row.get("version", "")) for row in rows}
        version = found.pop() if len(found) == 1 else ""
        return version if version[:1].isdigit() else None


PipenvLock: TypeAlias = Lock
PoetryLock: TypeAlias = Lock
UvLock: TypeAlias = Lock


def read_pipenv(tree: Tree) -> PipenvLock:
    """Pipfile.lock and the Pipfile beside it."""
    from deploylint.facts.pipenvlock import read

    return read(tree)


def read_poetry(tree: Tree) -> PoetryLock:
    """poetry.lock and the pyproject.toml beside it."""
    from deploylint.facts.poetrylock import read

    return read(tree)


def read_uv(tree: Tree) -> UvLock:
    """uv.lock and the pyproject.toml beside it."""
    from deploylint.facts.uvlock import read

    return read(tree)


class Document(NamedTuple):
    """A file and what it holds. `data` is None where there is trouble, and, with no trouble, where it cannot be known:
    the file is absent, in conflict in the index, or in a newer TOML than the running Python reads.
    """

    text: Text
    data: dict[str, Any] | None = None
    trouble: LockTrouble | None = None


def read_text(tree: Tree, path: str, limit: int | None = None) -> Document:
    r"""The text of `path` with no data; line ends become LF, and `\\r` alone too, as in Python's text mode."""
    empty = Text(path, "")
    if not tree.is_file(path):
        return Document(empty)
    content = tree.read(path) if limit is None else tree.read(path, limit)
    if content.trouble is Trouble.TOO_LARGE:
        return Document(empty, trouble=LockTrouble("too-large", f"{path} is too large to be read.", empty.whole))
    if content.trouble is not None:
        return Document(empty, trouble=LockTrouble("unreadable", f"{path} cannot be read.", empty.whole))
    try:
        return Document(Text(path, content.data.decode("utf-8").replace("\r\n", "\n")))
    except UnicodeDecodeError as error:
        line = content.data.count(b"\n", 0, error.start) + 1
        message = f"{path} is not UTF-8."
        return Document(
            empty, trouble=LockTrouble("undecodable", message, Text.decode(path, content.data).line_span(line))
        )


def read_toml(tree: Tree, path: str, *, lock: bool = False, mark: bool = False) -> Document:
    """The TOML at `path`; a `lock` loses its lists of files first. With `mark` a byte order mark is no fault."""
    document = read_text(tree, path, None if lock else MANIFEST_LIMIT)
    text = document.text
    if document.trouble or not tree.is_file(path):
        return document
    return parse_toml(text, slim(text.value) if lock else text.value, mark=mark)


def parse_toml(text: Text, value: str, *, mark: bool = False) -> Document:
    """The TOML in `value`, which has the lines of `text`."""
    lines = value.count("\n")
    if lines > LINE_LIMIT or len(value) - lines > SLIM_LIMIT or is_costly_toml(value):
        return Document(text, trouble=LockTrouble("too-large", f"{text.path} is too large to be read.", text.whole))
    try:
        return Document(text, tomllib.loads(value.removeprefix("\ufeff") if mark else value))
    except tomllib.TOMLDecodeError as error:
        return Document(text, trouble=_broken(text, str(error)))
    except (ValueError, RecursionError):
        return Document(text)  # very long numbers, very deep nesting: the tools' limits are not known


_AT = re.compile(r"\(at line ([0-9]{1,9}), column ([0-9]{1,9})\)")
_CONFLICT = re.compile(r"^(?:<{7} |={7}$|>{7} |\|{7} )", re.MULTILINE)
# What TOML 1.1 allows and 1.0 does not: line ends and a last comma in inline tables, \e and \x, times without seconds.
_NEWER = re.compile(r"key part|inline table|'\\'|escape")
_TIME = re.compile(r"[0-9]{2}:[0-9]{2}")


def _broken(text: Text, message: str) -> LockTrouble | None:
    """What a parser's `message` means; None where a parser of TOML 1.1 may accept the file, as uv's and Pipenv's do."""
    conflict = conflict_in(text)
    if conflict:
        return conflict
    at = _AT.search(message)
    span = text.line_span(int(at[1])) if at else text.line_span(text.line_count)
    if _NEWER.search(message) or _TIME.search(text.line(span.line)):
        return None
    what = message[: at.start()].rstrip() if at else message
    return LockTrouble("unparseable", f"{text.path} is not valid TOML: {what}.", span)


def conflict_in(text: Text) -> LockTrouble | None:
    """The first marker that a merge left; to be asked only where the file cannot be parsed, since text may hold one."""
    found = _CONFLICT.search(text.value)
    if not found:
        return None
    line = text.place(found.start())[0]
    return LockTrouble("conflict", f"{text.path} holds the markers of an unfinished merge.", text.line_span(line))


# The characters that a string on one line may hold without an escape. Each part ends at a character that the part
# before it cannot take, so nothing is tried twice.
_STRING = r'"[^"\\\x00-\x1f\x7f]*"'
_WHERE = rf"(?:url|path|filename|file) = {_STRING}"
_WHAT = rf"(?:, hash = {_STRING})?(?:, size = [0-9]{{1,18}})?(?:, upload-time = {_STRING})?"
_PAIRS = rf"\{{ ?{_WHERE}{_WHAT} ?\}}"
_FILES = re.compile(rf"^([A-Za-z0-9_.\"-]{{1,200}}) = \[\n((?:    {_PAIRS},?\n)+)\]$", re.MULTILINE)
_SDIST = re.compile(rf"^sdist = {_PAIRS}$", re.MULTILINE)


def slim(value: str) -> str:
    """`value` with its lists of files emptied; every line keeps its number."""
    rest = _FILES.sub(lambda found: f"{found[1]} = [\n{chr(10) * found[2].count(chr(10))}]", value)
    return _SDIST.sub("sdist = {}", rest)


def table(value: object, *keys: str) -> Mapping[str, Any]:
    """The table that `keys` lead to from `value`; an empty one where there is something else on the way."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def tables(value: object) -> Iterator[dict[str, Any]]:
    """The tables in a list."""
    return (item for item in value if isinstance(item, dict)) if isinstance(value, list) else iter(())


def strings(value: object) -> list[str]:
    """The strings in a list."""
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def normalised(name: str) -> str:
    """`name` as package indexes compare it."""
    return _NAMES.sub("-", name).lower()


def place(text: Text, header: str, key: str) -> Span:
    """The line of `key` in the table `[header]`, or before any table for the empty string; the first line of the file
    where it is written in another way, or is absent.
    """
    value = text.value
    if key not in value:  # many times faster than the search below
        return text.whole
    keys = re.compile(rf"^[ \t]*[\"']?{re.escape(key)}[\"']?[ \t]*=", re.MULTILINE)
    for found in islice(keys.finditer(value), _PLACE_LIMIT):
        at = value.rfind("\n[", 0, found.start()) + 1
        above = value[at : found.start()].partition("\n")[0] if at or value.startswith("[") else ""
        if above.partition("#")[0].strip() == (f"[{header}]" if header else ""):
            return text.line_span(text.place(found.start())[0])
    return text.whole
