"""Where an app declares distributions that the platform does not install: for development and tests, in optional parts,
in requirements files that nothing includes.

Sources: heroku/heroku-buildpack-python lib/pipenv.sh, lib/poetry.sh and lib/uv.sh (v351), which leave out what is not
for production; the formats of Pipfile, of Poetry's and uv's tables and of PEP 621 and PEP 735 in pyproject.toml.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from deploylint.facts.locks import normalised, read_toml, strings, table
from deploylint.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from typing import Any

    from deploylint.text import Span, Text
    from deploylint.tree import Tree

_FILES = re.compile(r"(?:[^/]*requirements?[^/]*|requirements?/[^/]+)\.(?:txt|in|pip)", re.IGNORECASE)
_FILES_LIMIT = 30
_SIZE_LIMIT = 256 * 1024
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,198}[A-Za-z0-9])?")
_LINE = re.compile(rf"^[ \t]*({_NAME.pattern})[ \t]*(?=[\[<>=!~;@#,(]|$)", re.MULTILINE)
# Tables of a Pipfile that name no packages; all others but `packages` are categories, as `dev-packages` is.
_PIPFILE = frozenset({"source", "packages", "requires", "scripts", "pipfile", "pipenv"})


class Declared(NamedTuple):
    """A distribution that is declared where the platform does not look; `where` says in words which place that is."""

    name: str
    where: str
    span: Span


def elsewhere(tree: Tree, tool: str, read: Collection[str] = ()) -> dict[str, Declared]:
    """By their normalised names, what the app declares so that `tool` (`pip`, `pipenv`, `poetry`, `uv`) does not
    install it, each where that is done first; `read` are the requirements files that it does read.
    """
    places = {"pipenv": _pipfile, "poetry": _pyproject, "uv": _pyproject}.get(tool)
    found: dict[str, Declared] = {}
    for one in places(tree) if places else _requirements(tree, read):
        found.setdefault(one.name, one)
    return found


def _pipfile(tree: Tree) -> Iterator[Declared]:
    document = read_toml(tree, "Pipfile")
    for key, value in (document.data or {}).items():
        if key not in _PIPFILE:
            yield from _named(document.text, table(value), f"[{key}] of Pipfile", f"[{key}]")


def _pyproject(tree: Tree) -> Iterator[Declared]:
    document = read_toml(tree, "pyproject.toml")
    data, text = document.data or {}, document.text
    for key, value in table(data, "dependency-groups").items():
        yield from _listed(text, value, f"the group `{key}` of pyproject.toml", "[dependency-groups]")
    yield from _listed(
        text, table(data, "tool", "uv").get("dev-dependencies"), "the group `dev` of pyproject.toml", "[tool.uv]"
    )
    poetry = table(data, "tool", "poetry")
    yield from _named(
        text, table(poetry, "dev-dependencies"), "[tool.poetry.dev-dependencies]", "[tool.poetry.dev-dependencies]"
    )
    for key, value in table(poetry, "group").items():
        header = f"[tool.poetry.group.{key}.dependencies]"
        yield from _named(text, table(value, "dependencies"), f"the group `{key}` of pyproject.toml", header)
    for key, value in table(data, "project", "optional-dependencies").items():
        header = "[project.optional-dependencies]"
        yield from _listed(text, value, f"the extra `{key}` of pyproject.toml", header)


def _requirements(tree: Tree, read: Collection[str]) -> Iterator[Declared]:
    paths = (entry.path for entry in tree.files() if _FILES.fullmatch(entry.path) and entry.path not in read)
    for path in islice(sorted(paths), _FILES_LIMIT):
        content = tree.read(path, _SIZE_LIMIT)
        text = tree.text(path)
        for match in () if content.trouble else _LINE.finditer(text.value.replace("\r", "\n")):
            yield Declared(normalised(match[1]), path, text.span(*match.span(1)))
    document = read_toml(tree, "pyproject.toml")
    project = table(document.data, "project")
    yield from _listed(document.text, project.get("dependencies"), "pyproject.toml", "dependencies")


def _named(text: Text, names: Mapping[str, Any], where: str, header: str) -> Iterator[Declared]:
    for name in names:
        yield Declared(normalised(name), where, _place(text, name, header))


def _listed(text: Text, requirements: object, where: str, header: str) -> Iterator[Declared]:
    for requirement in strings(requirements):
        match = _NAME.match(requirement.strip())
        if match:
            yield Declared(normalised(match[0]), where, _place(text, match[0], header))


def _place(text: Text, name: str, header: str) -> Span:
    """Where a name stands behind the header of its table; the header, or the first line, where it is not found so."""
    start = max(text.value.find(header), 0)
    match = re.compile(rf"(?<![\w.-]){re.escape(name)}(?![\w-])").search(text.value, start + len(header))
    return text.span(*match.span()) if match else text.line_span(text.place(start)[0])
