"""app.json, as far as it changes what a build does: the stack, the buildpacks, the config vars that it declares; and
the scripts that run when an app is made from it.

It is read when an app is made from the repository (a button, a review app); an app that exists may be set otherwise.
Source: Heroku Dev Center, app.json Schema.
"""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING

from deploylint.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from deploylint.text import Span, Text
    from deploylint.tree import Tree

_SIZE_LIMIT = 1024 * 1024
_SCRIPTS = 50
_PLACES = 500
"""Words whose place is looked for; that of the others is the first line."""


class Word(NamedTuple):
    """A string of the file, and where it stands."""

    value: str
    span: Span


class Script(NamedTuple):
    """A command of the file. `place` is the way to it (`scripts.postdeploy`), `name` its last part. `exact` tells
    whether it stands at `span` letter for letter, without escapes.
    """

    place: str
    name: str
    command: str
    span: Span
    exact: bool


class AppJson(NamedTuple):
    """An app.json. `buildpacks` is None where it names none; `variables` are the names under `env`; `keys` are all keys
    of the file, each with the JSON type of its value; `scripts` are those of every environment. `broken` says why the
    file is no app.json, and where; then the rest is empty.
    """

    path: str
    stack: Word | None = None
    buildpacks: tuple[Word, ...] | None = None
    variables: tuple[Word, ...] = ()
    keys: tuple[tuple[Word, str], ...] = ()
    broken: Word | None = None
    scripts: tuple[Script, ...] = ()


def read_app_json(tree: Tree, path: str = "app.json") -> AppJson | None:
    """The app.json at `path`; None where there is none that can be read whole."""
    if not tree.is_file(path):
        return None
    content = tree.read(path, _SIZE_LIMIT)
    if content.trouble:
        return None
    text = tree.text(path)
    try:
        data = json.loads(content.data)
    except json.JSONDecodeError as error:
        place = min(error.pos, max(len(text.value.rstrip()) - 1, 0))
        return AppJson(path, broken=Word(error.msg, text.span(place, place + 1)))
    except (ValueError, RecursionError):
        return AppJson(path, broken=Word("it is not UTF-8, or nested too deeply", text.whole))
    if not isinstance(data, dict):
        return AppJson(path, broken=Word("it is not an object", text.whole))
    word = _Places(text)
    stack = data.get("stack")
    names = _buildpacks(data.get("buildpacks"))
    variables = data.get("env")
    return AppJson(
        path,
        word(stack) if isinstance(stack, str) else None,
        None if names is None else tuple(word(name) for name in names),
        tuple(word(name) for name in variables) if isinstance(variables, dict) else (),
        tuple((word(key), _type(value)) for key, value in data.items()),
        scripts=tuple(_scripts(text, data)),
    )


def _scripts(text: Text, data: Mapping[str, object]) -> Iterator[Script]:
    tables = {"": data.get("scripts")}
    environments = data.get("environments")
    for name, environment in environments.items() if isinstance(environments, dict) else ():
        tables[f"environments.{name}."] = environment.get("scripts") if isinstance(environment, dict) else None
    found = ((prefix, *item) for prefix, table in tables.items() if isinstance(table, dict) for item in table.items())
    for prefix, name, value in islice(found, _SCRIPTS):
        command = value.get("command") if isinstance(value, dict) else value
        if isinstance(command, str):
            written = next((one for one in _spellings(command) if one in text.value), "")
            start = text.value.find(written) + 1
            span = text.span(start, start + len(written) - 2) if written else text.whole
            yield Script(f"{prefix}scripts.{name}", name, command, span, written == f'"{command}"')


def _spellings(value: str) -> tuple[str, ...]:
    """How a string is likely to be written in JSON."""
    return f'"{value}"', json.dumps(value, ensure_ascii=False), json.dumps(value)


def _type(value: object) -> str:
    for kind, name in _TYPES:
        if isinstance(value, kind):
            return name
    return "null"


_TYPES: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (str, "string"),
    (bool, "boolean"),
    ((int, float), "number"),
    (list, "array"),
    (dict, "object"),
)


def _buildpacks(value: object) -> list[str] | None:
    if not isinstance(value, list) or not value:
        return None
    return [url for url in (_url(item) for item in value) if isinstance(url, str)]


def _url(item: object) -> object:
    table: Mapping[str, object] = item if isinstance(item, dict) else {"url": item}
    return table.get("url")


class _Places:
    """Finds words where they are written first; the first line where they are written with escapes."""

    def __init__(self, text: Text) -> None:
        self._text = text
        self._left = _PLACES

    def __call__(self, value: str) -> Word:
        self._left -= 1
        found = self._text.value.find(f'"{value}"') + 1 if self._left >= 0 else 0
        return Word(value, self._text.span(found, found + len(value)) if found else self._text.whole)
