"""What Django imports when it starts: the settings, then each installed app with its models, the middleware, and with
the first request the URL configurations.

Sources: Django 5.2, django/apps/config.py (AppConfig.create), apps/registry.py (populate), contrib/admin/apps.py
(autodiscover), core/handlers/base.py (load_middleware), urls/resolvers.py. Only lists of plain strings are read, at the
top level of the settings and of what they import from the app; all else is not known.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from deploylint.facts.events import Place
from deploylint.imports import Step
from deploylint.knowledge import djangodata
from deploylint.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from deploylint.app import App
    from deploylint.imports import Finder, Found, Walk

_LISTS = ("INSTALLED_APPS", "MIDDLEWARE")
_ROOT = "ROOT_URLCONF"
WORDS = (*_LISTS, _ROOT)
"""The settings whose texts name what is imported."""
_DEPTH = 20
_INCLUDED = 500


class Word(NamedTuple):
    """A string of the settings and where it stands."""

    value: str
    path: str
    place: Place


def settings_strings(app: App, paths: Iterable[str]) -> dict[str, list[Word]]:
    """The plain strings of INSTALLED_APPS, MIDDLEWARE and ROOT_URLCONF in these sources."""
    found: dict[str, list[Word]] = {name: [] for name in WORDS}
    for path in paths:
        tree = app.module(path).tree
        lists: dict[str, list[Word]] = {}
        for name, value in assigned(tree.body if tree else ()):
            words = list(_words(value, path, lists))
            lists[name] = [*lists.get(name, ()), *words]
            if name in found:
                found[name] += words
    return found


def assigned(statements: Iterable[ast.stmt]) -> Iterator[tuple[str, ast.expr]]:
    """The names that these statements bind or add to, with the values."""
    for statement in statements:
        if isinstance(statement, ast.Assign):
            for target in statement.targets:
                if isinstance(target, ast.Name):
                    yield target.id, statement.value
        elif (
            isinstance(statement, (ast.AugAssign, ast.AnnAssign))
            and isinstance(statement.target, ast.Name)
            and statement.value is not None
        ):
            yield statement.target.id, statement.value


def _words(value: ast.expr, path: str, lists: Mapping[str, list[Word]], depth: int = 0) -> Iterator[Word]:
    if depth > _DEPTH:
        return
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        end_line, end_column = value.end_lineno or value.lineno, value.end_col_offset or value.col_offset + 1
        yield Word(value.value, path, Place(value.lineno, value.col_offset, end_line, end_column))
    elif isinstance(value, (ast.List, ast.Tuple)):
        for item in value.elts:
            yield from _words(item.value if isinstance(item, ast.Starred) else item, path, lists, depth + 1)
    elif isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add):
        yield from _words(value.left, path, lists, depth + 1)
        yield from _words(value.right, path, lists, depth + 1)
    elif isinstance(value, ast.Name):
        yield from lists.get(value.id, ())


def start(words: Mapping[str, list[Word]], walk: Walk, finder: Finder) -> None:
    """Import what Django imports before it takes a request."""
    apps = words["INSTALLED_APPS"]
    walk.once(tuple(apps), lambda: _load(apps, walk, finder))
    for word in words["MIDDLEWARE"]:
        module = word.value.rpartition(".")[0]
        if module:
            walk.from_modules([module], _step(word))


def _load(apps: Iterable[Word], walk: Walk, finder: Finder) -> None:
    """Import the installed apps, then their models, and what an admin site looks for."""
    packages = [(package_of(word.value), word) for word in apps]
    has_admin = any(word.value in djangodata.data()["apps"]["autodiscover"] for word in apps)
    for package, word in packages:
        walk.from_modules([package, *_there(finder, package, "apps")], _step(word))
    for package, word in packages:
        walk.from_modules(_there(finder, package, "models"), _step(word))
    for package, word in packages if has_admin else ():
        walk.from_modules(_there(finder, package, "admin"), _step(word))


def load_related(words: Mapping[str, list[Word]], module: str, walk: Walk, finder: Finder) -> None:
    """Import the module of this name of each installed app that has one, as Celery does with `tasks`."""
    for word in words["INSTALLED_APPS"]:
        walk.from_modules(_there(finder, package_of(word.value), module), _step(word))


def serve(app: App, words: Mapping[str, list[Word]], walk: Walk, finder: Finder) -> tuple[Found, ...]:
    """Import what Django imports with the first request: the URL configurations, and those that they include; which
    these are, the root first.
    """
    todo = words[_ROOT][-1:]
    seen: set[str] = set()
    loaded: list[Found] = []
    while todo and len(seen) < _INCLUDED:
        word = todo.pop()
        if word.value in seen:
            continue
        seen.add(word.value)
        walk.from_modules([word.value], _step(word))
        found = finder.find(word.value)
        if found is not None and found.has_source:
            loaded.append(found)
            todo += _included(app, found.path)
    return tuple(loaded)


def _included(app: App, path: str) -> Iterator[Word]:
    """What the patterns of a URL configuration include, those that stand under no condition."""
    tree = app.module(path).tree
    values = (value for _, value in assigned(tree.body if tree else ()))
    for call in (node for value in values for node in ast.walk(value) if isinstance(node, ast.Call)):
        name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        if name == "include" and call.args:
            # `include("x.urls")`, and `include(("x.urls", "x"))`.
            first = call.args[0]
            inner = first.elts[0] if isinstance(first, ast.Tuple) and first.elts else first
            if isinstance(inner, ast.Constant):
                yield from _words(inner, path, {})


def tags(app: App, words: Mapping[str, list[Word]], walk: Walk, finder: Finder) -> None:
    """Import what Django's templates bring with them: the libraries of tags of the installed apps."""
    for word in words["INSTALLED_APPS"]:
        name = f"{package_of(word.value)}.templatetags"
        found = finder.find(name)
        if found is not None and found.kind == "package" and found.has_source:
            folder = found.path.removesuffix("/__init__.py") + "/"
            below = (path.removeprefix(folder) for path in app.sources if path.startswith(folder))
            modules = [path.removesuffix(".py") for path in below if "/" not in path and path != "__init__.py"]
            walk.from_modules([name, *(f"{name}.{module}" for module in modules)], _step(word))


def package_of(entry: str) -> str:
    """The package of an entry of INSTALLED_APPS: `shop`, also of `shop.apps.ShopConfig`. What has no dot is one."""
    head, _, last = entry.rpartition(".")
    if not head or not last[:1].isupper():
        return entry
    return head.removesuffix(".apps")


def _there(finder: Finder, package: str, module: str) -> list[str]:
    name = f"{package}.{module}"
    return [name] if finder.find(package) is not None and finder.find(name) is not None else []


def _step(word: Word) -> tuple[Step, ...]:
    return (Step(word.path, word.place),)
