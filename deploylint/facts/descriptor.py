"""project.toml, the project descriptor of Cloud Native Buildpacks: what a build leaves out, and what it is told.

Source: buildpacks/pack 7640af99 pkg/project (three schemas; without a `schema-version` the oldest holds) and
pkg/client/build.go; for the patterns sabhiram/go-gitignore 525e6f18 ignore.go, which is not quite git's .gitignore:
`?` is a question mark, a pattern with a slash matches at every depth unless it begins with one, `**` is any folders.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from deploylint.compat import is_costly_toml, tomllib
from deploylint.facts.globs import Matcher, merged
from deploylint.record import NamedTuple
from deploylint.text import Span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from deploylint.tree import Tree

_SIZE_LIMIT = 256 * 1024
_PLACES = 500
"""Variables whose place is looked for; that of the others is the file."""
_OLDEST = "0.1"
_SCHEMAS = (_OLDEST, "0.2", "0.3")
_BUILDER_STACK = re.compile(r"(?:docker\.io/)?heroku/builder:(\d\d)(?:_linux-\w+)?(?:@\S+)?")
# A name in front of a wildcard with an ending, in any folder: go-gitignore then takes the pattern from the root.
_ROOTED = re.compile(r"[^/+]/.*\*\.")


class Variable(NamedTuple):
    """An environment variable that the build gets, and where its name stands."""

    name: str
    span: Span


class Descriptor(NamedTuple):
    """A project.toml. `refused` says why no build can use it; then the rest is empty."""

    path: str
    exclude: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    variables: tuple[Variable, ...] = ()
    builder: str | None = None
    buildpacks: tuple[str, ...] = ()
    refused: str | None = None

    @property
    def says_something(self) -> bool:
        """Whether it holds anything that concerns a build."""
        return bool(self.exclude or self.include or self.variables or self.builder or self.buildpacks)

    @property
    def stack(self) -> str | None:
        """The stack whose builder is asked for; None for none, or for one that is not Heroku's."""
        match = _BUILDER_STACK.fullmatch(self.builder or "")
        return f"heroku-{match[1]}" if match else None

    def dropper(self) -> Callable[[str], bool]:
        """A function that says whether the file at a path does not reach the build; TooMuchError where that takes too
        much work.
        """
        excluded, included = _Patterns(self.exclude), _Patterns(self.include)
        if self.exclude:
            return excluded.take
        return lambda path: bool(self.include) and not included.take(path)


def read_descriptor(tree: Tree, path: str) -> Descriptor | None:
    """The descriptor at `path`; None where there is none that can be read whole."""
    if not tree.is_file(path):
        return None
    content = tree.read(path, _SIZE_LIMIT)
    if content.trouble or len(content.data) > _SIZE_LIMIT:
        return None
    try:
        text = content.data.decode("utf-8")
        if is_costly_toml(text):
            return None
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        return Descriptor(path, refused=f"it is not TOML: {str(error).partition(chr(10))[0]}")
    schema = _table(data, "_").get("schema-version") or _OLDEST
    if schema not in _SCHEMAS:
        return Descriptor(path, refused=f"its schema-version is {schema!r}, and there are {', '.join(_SCHEMAS)}")
    return _checked(tree, path, _build_of(data, schema))


def _build_of(data: Mapping[str, Any], schema: str) -> Mapping[str, Any]:
    """What concerns the build, under the names of the newest schema."""
    if schema == _OLDEST:
        build = _table(data, "build")
        return {**build, "group": build.get("buildpacks"), "build": {"env": build.get("env")}}
    build = _table(_table(data, "io"), "buildpacks")
    if schema == "0.2" and _table(build, "build").get("env") is None:
        return {**build, "build": {"env": _table(build, "env").get("build")}}
    return build


def _checked(tree: Tree, path: str, build: Mapping[str, Any]) -> Descriptor:
    exclude, include = build.get("exclude"), build.get("include")
    if exclude is not None and include is not None:
        return Descriptor(path, refused="it has both include and exclude")
    builder = build.get("builder")
    return Descriptor(
        path,
        tuple(_strings(exclude)),
        tuple(_strings(include)),
        tuple(_variables(tree, path, _table(build, "build").get("env"))),
        builder if isinstance(builder, str) else None,
        tuple(_buildpacks(build.get("group"))),
    )


def _table(data: object, key: str) -> Mapping[str, Any]:
    value = data.get(key) if isinstance(data, dict) else None
    return value if isinstance(value, dict) else {}


def _strings(value: object) -> Iterator[str]:
    return (item for item in (value if isinstance(value, list) else ()) if isinstance(item, str))


def _buildpacks(value: object) -> Iterator[str]:
    for item in value if isinstance(value, list) else ():
        name = _table({"": item}, "").get("id") or _table({"": item}, "").get("uri")
        if isinstance(name, str):
            yield name


def _variables(tree: Tree, path: str, value: object) -> Iterator[Variable]:
    text = tree.text(path)
    start = 0
    sought = _PLACES
    for item in value if isinstance(value, list) else ():
        name = _table({"": item}, "").get("name")
        if not isinstance(name, str) or not name:
            continue
        sought -= 1
        quoted = (text.value.find(f"{mark}{name}{mark}", start) for mark in "\"'")
        at = min((place + 1 for place in quoted if place >= 0), default=0) if sought >= 0 else 0
        start = at + len(name) if at else start
        yield Variable(name, text.span(at, start) if at else Span(path))


# ------------------------------------------------------------------------------------------------ patterns


class _Patterns:
    """A list of patterns, the last of which that concerns a path decides."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._matcher = Matcher(hidden=True)
        self._patterns = [found for found in map(_pattern, lines) if found]

    def take(self, path: str) -> bool:
        """Whether the last of the patterns that concern `path` takes it; one with `!` lets it go again."""
        names = path.split("/")
        taken = False
        for wanted, folder, parts in self._patterns:
            self._matcher.spend(1)
            if taken != wanted and self._matcher.leads_to(names[:-1] if folder else names, parts):
                taken = wanted
        return taken


def _pattern(line: str) -> tuple[bool, bool, list[str]] | None:
    """Whether what a line names is taken (or let go), whether that is folders only, and its parts; None for a comment
    or an empty line.
    """
    text = line.rstrip("\r").strip(" ") if not line.startswith("#") else ""
    wanted = not text.startswith("!")
    text = text if wanted else text[1:]
    if not text:
        return None
    pattern = text.removeprefix("#").removeprefix("!")
    parts = pattern.replace("?", "[?]").strip("/").split("/")
    rooted = pattern.startswith("/") or _ROOTED.search(pattern) is not None
    whole = merged(parts if rooted else ["**", *parts])
    while len(whole) > 1 and whole[-1] == "**":
        whole.pop()
    return wanted, pattern.endswith("/"), whole
