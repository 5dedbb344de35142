"""What a lock file has its tool install on a certain Python and machine, and of which files it may choose.

In go a `Lock` and an environment; out come the distributions in which the tool has no choice: those whose markers hold
for certain and that no group or extra brings which the platform does not ask for. How each tool goes through its lock
was read in Poetry 2.4.1 (`puzzle/transaction.py`, `installation/chooser.py`, `packages/locker.py`) and in uv 0.12.5
(`uv-resolver/src/lock/installable.rs`, `to_dist` in `lock/mod.rs`).

The lists of files are no longer in the parsed lock (`locks.slim`); they are read off the text of each package.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from deploylint.facts.locks import normalised, strings, table, tables
from deploylint.facts.markers import decide
from deploylint.facts.pipsources import is_public
from deploylint.facts.releases import release
from deploylint.facts.uvproject import TREES
from deploylint.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from deploylint.facts.locks import Lock
    from deploylint.facts.markers import Environment
    from deploylint.text import Span, Text


class Locked(NamedTuple):
    """A distribution that is installed: `name` is normalised, `version` a plain one. `files` are the names of all that
    the tool may choose from, None where the lock does not tell them; with `sdist` there is a source among them.
    `public`: they come from the public index. `span` is the line where its part of the lock begins. What comes from a
    git repository has its address.
    """

    name: str
    version: str
    span: Span
    files: tuple[str, ...] | None = None
    sdist: bool = False
    public: bool = True
    repository: str = ""


_BLOCK = re.compile(r"^\[\[package\]\]$", re.MULTILINE)
_FILE = re.compile(r'\b(?:file|filename|url|path) = "([^"\\]{1,1000})"')
_FILES = "\n[metadata.files]\n"
_NOT_INSTALLED = (".whl", ".egg", ".exe", ".msi", ".rpm", ".srpm")
"""What Poetry's chooser passes over beside wheels; all else is a source to it."""


def locked(lock: Lock, environment: Environment) -> tuple[Locked, ...]:
    """The distributions that are installed for certain; none where the lock cannot be read."""
    if lock.tool == "pipenv":
        return tuple(_pipenv(lock, environment))
    data = lock.document.data if lock.document is not None else None
    if lock.document is None or data is None:
        return ()
    reader = _Reader(lock.document.text, data)
    if not reader.readable:
        return ()
    if lock.tool == "uv":
        return tuple(_uv(reader, environment))
    return tuple(_poetry(reader, lock.manifest or {}, environment))


def _pipenv(lock: Lock, environment: Environment) -> Iterator[Locked]:
    for entry in lock.entries:
        if entry.marker and not decide(entry.marker, environment):
            continue
        if entry.repository:
            yield Locked(entry.name, "", entry.span, public=False, repository=entry.repository)
        elif entry.version.startswith("=="):
            yield Locked(entry.name, entry.version.lstrip("="), entry.span)


class _Reader:
    """The packages of a lock beside the parts of its text that they stand in."""

    def __init__(self, text: Text, data: Mapping[str, Any]) -> None:
        self.text = text
        self.data = data
        self.packages = list(tables(data.get("package")))
        self.names = [package.get("name") for package in self.packages]
        starts = [found.start() for found in _BLOCK.finditer(text.value)]
        last = text.value.find("\n[metadata", starts[-1]) if starts else -1
        ends = [*starts[1:], last if last >= 0 else len(text.value)]
        self.bounds = list(zip(starts, ends, strict=False))

    @property
    def readable(self) -> bool:
        """Whether each part of the text belongs to the package at its place: a text within quotes may look like one."""
        return len(self.bounds) == len(self.packages) and all(
            self.text.value.startswith(f'[[package]]\nname = "{name}"\n', start)
            for name, (start, _) in zip(self.names, self.bounds, strict=True)
        )

    def span(self, at: int) -> Span:
        """The line of the name of the package at this place."""
        return self.text.line_span(self.text.place(self.bounds[at][0])[0] + 1)

    def files(self, at: int, key: str) -> tuple[str, ...] | None:
        """The names of the files in the list `key` of a package; None where there is none."""
        if self.packages[at].get(key):  # written in another way than the tool does
            given = [item.get("file") or item.get("url") for item in tables(self.packages[at][key])]
            whole = bool(given) and all(given)
            return tuple(_last(str(name)) for name in given) if whole else None
        return self._listed(key, *self.bounds[at]) or self._apart(self.packages[at]["name"])

    def _apart(self, name: str) -> tuple[str, ...] | None:
        """The files in a list by the name of the distribution, as Poetry wrote it until 1.2: of all its versions."""
        start = self.text.value.find(_FILES) if self.names.count(name) == 1 else -1
        return self._listed(name, start, len(self.text.value)) if start >= 0 else None

    def _listed(self, key: str, start: int, end: int) -> tuple[str, ...] | None:
        opened = self.text.value.find(f"\n{key} = [\n", start, end)
        closed = self.text.value.find("\n]", opened, end) if opened >= 0 else -1
        names = _FILE.findall(self.text.value, opened, closed) if closed >= 0 else []
        return tuple(map(_last, names)) or None


def _last(path: str) -> str:
    return unquote(re.split("[?#]", path, maxsplit=1)[0].rpartition("/")[2])


def _from_git(reader: _Reader, at: int, address: str) -> Locked:
    name, version = reader.packages[at]["name"], str(reader.packages[at].get("version", ""))
    return Locked(normalised(name), version, reader.span(at), public=False, repository=address)


# --- Poetry


def _poetry(reader: _Reader, manifest: Mapping[str, Any], environment: Environment) -> Iterator[Locked]:
    """Poetry's. Since 2.1 the lock says by itself for which groups and markers each package is; of older ones Poetry
    resolves anew, and what certainly comes out of that is found by following the project's own requirements.
    """
    version = release(str(table(reader.data, "metadata").get("lock-version")))
    told = version is not None and version >= (2, 1)
    chosen = _told(reader, environment) if told else _followed(reader, manifest, environment)
    for at in sorted(chosen):
        package = reader.packages[at]
        kind, address = (table(package, "source").get(key) for key in ("type", "url"))
        if kind == "git" and isinstance(address, str) and isinstance(package.get("name"), str):
            yield _from_git(reader, at, address)
        elif isinstance(package.get("version"), str) and kind in (None, "legacy"):
            files = reader.files(at, "files")
            sdist = any(not file.endswith(_NOT_INSTALLED) for file in files or ())
            name = normalised(package["name"])
            yield Locked(name, package["version"], reader.span(at), files, sdist, public=kind is None)


def _told(reader: _Reader, environment: Environment) -> Iterator[int]:
    for at, package in enumerate(reader.packages):
        markers = package.get("markers", "")
        marker = markers.get("main", "") if isinstance(markers, dict) else markers
        if "main" not in strings(package.get("groups")) or not isinstance(marker, str):
            continue
        # An optional package is one that an extra brings, which its marker then says.
        if decide(marker, environment) if marker else package.get("optional") is not True:
            yield at


def _followed(reader: _Reader, manifest: Mapping[str, Any], environment: Environment) -> set[int]:
    places: dict[str, list[int]] = {}
    for at, package in enumerate(reader.packages):
        places.setdefault(normalised(package["name"]), []).append(at)
    todo = list(_roots(manifest, environment))
    seen: set[str] = set()
    found: set[int] = set()
    while todo:
        name = todo.pop()
        if name in seen:
            continue
        seen.add(name)
        here = places.get(name, [])
        if len(here) == 1:  # which of several it takes depends on more than markers
            found.add(here[0])
            todo.extend(_edges(table(reader.packages[here[0]], "dependencies"), environment))
    return found


def _roots(manifest: Mapping[str, Any], environment: Environment) -> Iterator[str]:
    own = table(manifest, "tool", "poetry", "dependencies")
    required = table(manifest, "project").get("dependencies")
    if required is None:
        yield from _edges(own, environment)
        return
    from deploylint.facts.uvneeds import needs_of

    # What [tool.poetry] says beside it may narrow a requirement.
    narrowed = {normalised(name) for name, wanted in own.items() if isinstance(wanted, dict | list)}
    for need in needs_of(required, "", {}).needs:
        if need.name not in narrowed and (not need.marker or decide(need.marker, environment)):
            yield need.name


def _edges(dependencies: Mapping[str, Any], environment: Environment) -> Iterator[str]:
    """The names that a table of Poetry's certainly brings."""
    for name, wanted in dependencies.items():
        conditions = wanted if isinstance(wanted, dict) else {}
        marker = conditions.get("markers", "")
        if name == "python" or isinstance(wanted, list) or not isinstance(marker, str):
            continue
        if not conditions.keys() & {"optional", "python", "platform"} and (not marker or decide(marker, environment)):
            yield normalised(name)


# --- uv


def _uv(reader: _Reader, environment: Environment) -> Iterator[Locked]:
    for at in sorted(_reached(reader, environment)):
        package = reader.packages[at]
        source = table(package, "source")
        if isinstance(source.get("git"), str):
            yield _from_git(reader, at, source["git"])
        elif isinstance(package.get("version"), str) and source.keys() & {"registry", "url", "path"}:
            public = isinstance(source.get("registry"), str) and is_public(source["registry"])
            name, sdist = normalised(package["name"]), "sdist" in package
            yield Locked(name, package["version"], reader.span(at), reader.files(at, "wheels"), sdist, public)


def _reached(reader: _Reader, environment: Environment) -> set[int]:
    """uv's: the root project, and all that its edges lead to whose markers hold."""
    places: dict[str, list[int]] = {}
    todo: list[tuple[int, str]] = []
    for at, package in enumerate(reader.packages):
        places.setdefault(package["name"], []).append(at)
        if any(table(package, "source").get(kind) == "." for kind in TREES):
            todo.append((at, ""))
    seen = set(todo)
    while todo:
        at, extra = todo.pop()
        package = reader.packages[at]
        edges = table(package, "optional-dependencies").get(extra) if extra else package.get("dependencies")
        for edge in tables(edges):
            marker = edge.get("marker", "")
            ends = [end for end in places.get(str(edge.get("name")), ()) if _leads_to(edge, reader.packages[end])]
            if not isinstance(marker, str) or len(ends) != 1 or (marker and not decide(marker, environment)):
                continue
            for wanted in ("", *strings(edge.get("extra"))):
                if (ends[0], wanted) not in seen:
                    seen.add((ends[0], wanted))
                    todo.append((ends[0], wanted))
    return {at for at, _ in seen}


def _leads_to(edge: Mapping[str, Any], package: Mapping[str, Any]) -> bool:
    """Whether an edge means this package of its name."""
    return all(edge[key] == package.get(key) for key in ("version", "source") if key in edge)
