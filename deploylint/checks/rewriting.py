"""Fixes of settings that a fault of the plan stands on: offered where the source has the form that can be changed."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from deploylint.finding import Fix, Rewrite

if TYPE_CHECKING:
    from deploylint.app import App
    from deploylint.facts.python import Module
    from deploylint.text import Span

_ROOT = "STATIC_ROOT"
_FOLDER = "BASE_DIR"


def static_root(app: App, span: Span) -> Fix | None:
    """STATIC_ROOT below the statement at `span`, where the module says in a plain way which folder is the app's."""
    module = app.module(span.path)
    if _statement(module, span) is None or any(getattr(node, "id", "") == _ROOT for node in module.nodes):
        return None
    folders = (
        [
            ast.unparse(node.value)
            for node in module.tree.body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if getattr(target, "id", "") == _FOLDER
        ]
        if module.tree
        else []
    )
    plain = len(folders) == 1 and ("Path(" in folders[0] or "os.path." in folders[0]) and "str(" not in folders[0]
    return Fix("Add STATIC_ROOT", (Rewrite(span, "static-root"),), safe=True) if plain else None


def one_element(app: App, span: Span) -> Fix | None:
    """A list or tuple of the one text that the statement at `span` binds, where that is written there as such."""
    statement = _statement(app.module(span.path), span)
    value = statement.value if statement else None
    if not isinstance(value, ast.Constant) or not isinstance(value.value, str) or not value.value:
        return None
    return Fix("Make it a list or tuple of one", (Rewrite(span, "one-element"),), safe=True)


def _statement(module: Module, span: Span) -> ast.Assign | None:
    """The assignment at the top of the module whose target or value stands at `span`."""
    for node in module.tree.body if module.tree else ():
        if isinstance(node, ast.Assign) and span in (module.span(node.value), module.span(node.targets[0])):
            return node
    return None
