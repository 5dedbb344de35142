"""Django's settings module of an app: which one it is, where it lies, and what it says."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deploylint.facts.evaluate import evaluate
from deploylint.facts.modulesearch import Found, find_module
from deploylint.facts.python import dotted, read_module
from deploylint.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from deploylint.facts.namespace import Namespace
    from deploylint.facts.python import Module
    from deploylint.facts.values import Value
    from deploylint.facts.worlds import World
    from deploylint.text import Span
    from deploylint.tree import Tree

MODULE = "DJANGO_SETTINGS_MODULE"
CONFIGURATION = "DJANGO_CONFIGURATION"


class Candidate(NamedTuple):
    """A settings module (or class) that a file names. `forced` where it is assigned whatever the environment says, not
    only where the variable is not set; `certain` where nothing decides whether this is reached; `name` is None where it
    is computed.
    """

    name: str | None
    span: Span
    forced: bool
    certain: bool


def candidates(tree: Tree, path: str, variable: str = MODULE) -> tuple[Candidate, ...]:
    """The settings modules that manage.py, wsgi.py or asgi.py names, in order of their places."""
    module = read_module(tree, path)
    return tuple(_candidates(module, variable)) if module.tree is not None else ()


def _candidates(module: Module, variable: str) -> Iterator[Candidate]:
    assert module.tree is not None
    todo: list[tuple[ast.AST, bool]] = [(module.tree, True)]
    found: list[tuple[ast.expr, bool, bool]] = []
    while todo:
        node, certain = todo.pop()
        value = _given(node, variable)
        if value is not None:
            found.append((value[0], value[1], certain))
        deciding = isinstance(node, (ast.If, ast.IfExp, ast.For, ast.While, ast.Try, ast.Match, ast.BoolOp))
        certain = certain and (not deciding or _is_main(node))
        todo.extend((child, certain) for child in ast.iter_child_nodes(node))
    for value_node, forced, certain in sorted(found, key=lambda item: (item[0].lineno, item[0].col_offset)):
        span = module.span(value_node)
        if isinstance(value_node, ast.IfExp):
            for part in (value_node.body, value_node.orelse):
                yield Candidate(_text(part), module.span(part), forced, certain=False)
        else:
            yield Candidate(_text(value_node), span, forced, certain)


def _is_main(node: ast.AST) -> bool:
    """`if __name__ == "__main__"`, which holds for a program."""
    return isinstance(node, ast.If) and any(
        isinstance(part, ast.Name) and part.id == "__name__" for part in ast.walk(node.test)
    )


def _given(node: ast.AST, variable: str) -> tuple[ast.expr, bool] | None:
    """What a call or assignment gives to the variable, and whether it does so whatever is there."""
    if isinstance(node, ast.Call) and len(node.args) == 2 and dotted(node.func).endswith("environ.setdefault"):
        key, value = node.args
        return (value, False) if _text(key) == variable else None
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
        target = node.targets[0]
        if _text(target.slice) == variable and dotted(target.value).endswith("environ"):
            return node.value, True
    return None


def _text(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


@dataclass(frozen=True)
class Settings:
    """What a settings module, or a class of it, says."""

    module: str
    path: str
    namespace: Namespace

    def get(self, name: str) -> Value | None:
        """A setting; None where it is certainly not set, so that it has Django's own value."""
        return self.namespace.get(name)

    def bound(self, name: str) -> bool | None:
        """Whether a setting is set; None where it may be."""
        return self.namespace.bound(name)

    def span(self, name: str) -> Span | None:
        """Where a setting is last bound."""
        binding = self.namespace.names.get(name)
        return binding.span if binding else None

    def chain(self, name: str) -> tuple[str, ...]:
        """The modules that a setting came through, the one that was asked first."""
        binding = self.namespace.names.get(name)
        return binding.chain if binding else ()

    @property
    def installed_apps(self) -> Value | None:
        """INSTALLED_APPS."""
        return self.get("INSTALLED_APPS")

    @property
    def middleware(self) -> Value | None:
        """MIDDLEWARE."""
        return self.get("MIDDLEWARE")

    @property
    def static_root(self) -> Value | None:
        """STATIC_ROOT."""
        return self.get("STATIC_ROOT")

    @property
    def static_url(self) -> Value | None:
        """STATIC_URL."""
        return self.get("STATIC_URL")

    @property
    def staticfiles_dirs(self) -> Value | None:
        """STATICFILES_DIRS."""
        return self.get("STATICFILES_DIRS")

    @property
    def storages(self) -> Value | None:
        """STORAGES."""
        return self.get("STORAGES")

    @property
    def staticfiles_storage(self) -> Value | None:
        """STATICFILES_STORAGE."""
        return self.get("STATICFILES_STORAGE")

    @property
    def root_urlconf(self) -> Value | None:
        """ROOT_URLCONF."""
        return self.get("ROOT_URLCONF")

    @property
    def wsgi_application(self) -> Value | None:
        """WSGI_APPLICATION."""
        return self.get("WSGI_APPLICATION")

    @property
    def allowed_hosts(self) -> Value | None:
        """ALLOWED_HOSTS."""
        return self.get("ALLOWED_HOSTS")

    @property
    def debug(self) -> Value | None:
        """DEBUG."""
        return self.get("DEBUG")

    @property
    def secret_key(self) -> Value | None:
        """SECRET_KEY."""
        return self.get("SECRET_KEY")

    @property
    def databases(self) -> Value | None:
        """DATABASES."""
        return self.get("DATABASES")

    @property
    def templates(self) -> Value | None:
        """TEMPLATES."""
        return self.get("TEMPLATES")

    @property
    def auth_user_model(self) -> Value | None:
        """AUTH_USER_MODEL."""
        return self.get("AUTH_USER_MODEL")

    @property
    def media_root(self) -> Value | None:
        """MEDIA_ROOT."""
        return self.get("MEDIA_ROOT")


def settings_in(tree: Tree, module: str, world: World, read: Callable[[str], Module] | None = None) -> Settings | None:
    """The settings module `module`, found in the folders of `world.search`; None where the app has none. `read` reads a
    source, where somebody else keeps them.
    """
    found = find_module(tree, module, world.search)
    if not isinstance(found, Found) or not found.path:
        return None
    return Settings(module, found.path, evaluate(tree, found.path, world, module, read))
