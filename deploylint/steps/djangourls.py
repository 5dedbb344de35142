"""The URL configurations, as far as they are written plainly: patterns that Django refuses when they are made, with the
first request or with its checks, and those that only a check finds wrong.

Sources: Django 3.2 to 6.1, urls/conf.py (include, _path), urls/resolvers.py (_route_to_regex, RegexPattern._compile,
URLPattern._check_callback, URLResolver.url_patterns) and core/checks/urls.py.
"""

from __future__ import annotations

import ast
import re
import string
import warnings
from typing import TYPE_CHECKING

from deploylint.facts.python import dotted
from deploylint.knowledge import djangodata
from deploylint.steps.djangovalues import OTHER, Refused
from deploylint.steps.plainnames import Own

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploylint.app import App
    from deploylint.imports import Finder, Found
    from deploylint.steps.djangonames import Names
    from deploylint.steps.plainnames import PlainNames
    from deploylint.text import Span

_MAKERS = frozenset({"path", "re_path", "url"})
_HOMES = ("django.urls.", "django.urls.conf.", "django.conf.urls.")
_INCLUDE = "include"
_PARAMETER = re.compile(r"<(?:([^>:]+):)?([^>]+)>")
_PATTERNS = 2_000
_LONGEST = 500
_HANDLERS = ("handler400", "handler403", "handler404", "handler500")
# What every Python finds wrong in a regular expression, as `re` says it.
_ALWAYS = (
    "missing ), unterminated subpattern",
    "unbalanced parenthesis",
    "unterminated character set",
    "redefinition of",
)


class Urls:
    """What is wrong in the URL configurations that a project loads."""

    def __init__(self, app: App, finder: Finder, names: Names, plain: PlainNames) -> None:
        self._app = app
        self._finder = finder
        self._names = names
        self._plain = plain

    def raised(self, found: Found, *, is_root: bool) -> Iterator[Refused]:
        """What raises where a configuration is loaded."""
        block = self._plain.block(found)
        if is_root and not block.hidden and not block.stars and "urlpatterns" not in block.names and block.names:
            yield Refused(OTHER, "url-refused", self._top(found), {"kind": "none", "name": found.name})
        for call, maker in self._calls(found):
            if maker == _INCLUDE:
                yield from self._included(found, call)
            else:
                yield from self._made(found, call, maker)

    def reported(self, found: Found, *, is_root: bool) -> Iterator[Refused]:
        """What a check finds in a configuration that can be loaded."""
        for item in self._patterns(found):
            if isinstance(item, ast.Constant) or (isinstance(item, ast.Tuple) and not _starred(item.elts)):
                yield self._check(found, item, "urls.E004", ast.unparse(item)[:60])
            elif isinstance(item, ast.Call) and self._maker(found, item) in _MAKERS:
                view = _argument(item, 1, "view")
                name = self._class_view(found, view) if view is not None else None
                if view is not None and name:
                    yield self._check(found, view, "urls.E009", name)
        for name in _HANDLERS if is_root else ():
            bound = self._plain.block(found).names.get(name)
            node = bound.node if bound else None
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                lost = "." not in node.value or self._names.has_thing(node.value) is False
                if lost:
                    yield self._check(found, node, "urls.E008", node.value)

    def _check(self, found: Found, node: ast.expr, code: str, name: str) -> Refused:
        return Refused(OTHER, "system-check", self._plain.at(found, node), {"id": code, "setting": "", "name": name})

    def _top(self, found: Found) -> Span:
        tree = self._app.module(found.path).tree
        assert tree is not None
        return self._plain.at(found, tree.body[0])

    # --- What is written ---

    def _patterns(self, found: Found) -> Iterator[ast.expr]:
        """The elements of the lists that make up `urlpatterns`."""
        tree = self._app.module(found.path).tree
        for statement in tree.body if tree else ():
            targets: list[ast.expr] = statement.targets if isinstance(statement, ast.Assign) else []
            if isinstance(statement, ast.AugAssign) and isinstance(statement.op, ast.Add):
                targets = [statement.target]
            if any(isinstance(target, ast.Name) and target.id == "urlpatterns" for target in targets):
                assert isinstance(statement, (ast.Assign, ast.AugAssign))
                yield from _elements(statement.value)

    def _calls(self, found: Found) -> Iterator[tuple[ast.Call, str]]:
        """The calls that make patterns, those that certainly run when the module is loaded."""
        tree = self._app.module(found.path).tree
        todo: list[ast.AST] = [
            statement.value
            for statement in (tree.body if tree else ())
            if isinstance(statement, (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Expr)) and statement.value
        ]
        seen = 0
        while todo and seen < _PATTERNS:
            node = todo.pop()
            if isinstance(node, (ast.Lambda, ast.IfExp, ast.BoolOp, ast.ListComp, ast.GeneratorExp)):
                continue
            if isinstance(node, ast.Call):
                seen += 1
                maker = self._maker(found, node)
                if maker:
                    yield node, maker
            todo.extend(ast.iter_child_nodes(node))

    def _maker(self, found: Found, call: ast.Call) -> str:
        """`path`, `re_path`, `url` or `include`, if a call is one of Django's; else empty."""
        name = dotted(call.func).rpartition(".")[2]
        if name not in _MAKERS and name != _INCLUDE:
            return ""
        meant = self._plain.meaning(found, call.func)
        return name if isinstance(meant, str) and meant in {home + name for home in _HOMES} else ""

    # --- What is made ---

    def _made(self, found: Found, call: ast.Call, maker: str) -> Iterator[Refused]:
        if _starred(call.args) or any(keyword.arg is None for keyword in call.keywords):
            return
        route = _argument(call, 0, "route" if maker != "url" else "regex")
        if isinstance(route, ast.Constant) and isinstance(route.value, str) and len(route.value) < _LONGEST:
            wrong = self._route(route.value) if maker == "path" else _expression(route.value)
            if wrong:
                yield self._refused(found, route, *wrong)
        view = _argument(call, 1, "view")
        if isinstance(view, (ast.Constant, ast.Dict, ast.JoinedStr)):
            yield self._refused(found, view, "view", ast.unparse(view)[:60])

    def _route(self, route: str) -> tuple[str, str] | None:
        """What Django refuses in a route."""
        for match in _PARAMETER.finditer(route):
            if not set(match[0]).isdisjoint(string.whitespace):
                return "blank", match[0]
            if not match[2].isidentifier():
                return "parameter", match[2]
            kinds = djangodata.data()["urls"]["converters"]
            if match[1] is not None and match[1] not in kinds and not self._registers():
                return "converter", match[1]
        names = [match[2] for match in _PARAMETER.finditer(route)]
        twice = next((name for name in names if names.count(name) > 1), None)
        return ("twice", twice) if twice else None

    def _registers(self) -> bool:
        """Whether the app may have converters of its own."""
        return any(b"register_converter" in self._app.tree.read(path).data for path in self._app.sources)

    def _included(self, found: Found, call: ast.Call) -> Iterator[Refused]:
        first = _argument(call, 0, "arg")
        if first is None or _starred(call.args):
            return
        if dotted(first) == "admin.site.urls":
            if self._plain.named(found, "admin") == "django.contrib.admin":
                yield self._refused(found, first, "admin", "admin.site.urls")
            return
        namespace = _argument(call, 1, "namespace")
        named = isinstance(namespace, ast.Constant) and isinstance(namespace.value, str) and namespace.value
        if not named or not isinstance(first, ast.Constant) or not isinstance(first.value, str):
            return
        other = self._finder.find(first.value)
        if other is None or not other.has_source:
            return
        block = self._plain.block(other)
        if not block.hidden and not block.stars and "app_name" not in block.names:
            yield self._refused(found, first, "namespace", first.value)

    def _refused(self, found: Found, node: ast.expr, kind: str, name: str) -> Refused:
        return Refused(OTHER, "url-refused", self._plain.at(found, node), {"kind": kind, "name": name})

    def _class_view(self, found: Found, view: ast.expr) -> str | None:
        """The name of a class of views that stands in the place of a view; its `as_view()` would be one."""
        meant = self._plain.meaning(found, view)
        if isinstance(meant, str):
            return meant if meant.startswith("django.views.generic.") and meant[-4:] == "View" else None
        if not isinstance(meant, Own) or not isinstance(meant.node, ast.ClassDef):
            return None
        line = self._plain.lineage(meant)
        plain = not any(own.node.decorator_list for own in line.own if isinstance(own.node, ast.ClassDef))
        generic = any(name.startswith("django.views.") and name.endswith("View") for name in line.foreign)
        return meant.node.name if plain and generic else None


def _expression(text: str) -> tuple[str, str] | None:
    """What no Python takes in a regular expression."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            re.compile(text)
    except re.error as error:
        return ("expression", error.msg) if error.msg.startswith(_ALWAYS) else None
    except (OverflowError, RecursionError):
        return None
    return None


def _elements(value: ast.expr) -> Iterator[ast.expr]:
    """The elements of a list that is written out, or made of some with `+` and the functions that take patterns."""
    todo = [value]
    while todo:
        node = todo.pop(0)
        if isinstance(node, (ast.List, ast.Tuple)):
            yield from node.elts
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            todo += [node.left, node.right]
        elif isinstance(node, ast.Call) and dotted(node.func).rpartition(".")[2] == "i18n_patterns":
            yield from node.args


def _argument(call: ast.Call, place: int, name: str) -> ast.expr | None:
    if len(call.args) > place:
        return call.args[place]
    return next((keyword.value for keyword in call.keywords if keyword.arg == name), None)


def _starred(items: list[ast.expr]) -> bool:
    return any(isinstance(item, ast.Starred) for item in items)
