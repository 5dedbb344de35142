"""The add-ons that app.json declares, for the app and for its environments.

Source: Heroku Dev Center, app.json Schema: each is a string, or an object with a `plan`.
"""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING

from deploylint.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploylint.text import Span, Text
    from deploylint.tree import Tree

_SIZE_LIMIT = 1024 * 1024
_ADDONS = 200


class Addon(NamedTuple):
    """An add-on. `plan` is None where what is written is no plan at all; `span` is the whole first line where the plan
    is written with escapes.
    """

    plan: str | None
    span: Span


def read_addons(tree: Tree, path: str) -> tuple[Addon, ...]:
    """The add-ons of the app.json at `path`; none where it cannot be read."""
    content = tree.read(path, _SIZE_LIMIT)
    if content.trouble:
        return ()
    try:
        data = json.loads(content.data)
    except (ValueError, RecursionError):
        return ()
    text = tree.text(path)
    return tuple(islice((_addon(text, item) for item in _items(data)), _ADDONS))


def _items(data: object) -> Iterator[object]:
    table = data if isinstance(data, dict) else {}
    environments = table.get("environments")
    environments = environments if isinstance(environments, dict) else {}
    for part in (table, *environments.values()):
        listed = part.get("addons") if isinstance(part, dict) else None
        yield from listed if isinstance(listed, list) else ()


def _addon(text: Text, item: object) -> Addon:
    plan = item.get("plan") if isinstance(item, dict) else item
    if not isinstance(plan, str):
        at = text.value.find('"addons"')
        return Addon(None, text.span(at + 1, at + 7) if at >= 0 else text.whole)
    at = text.value.find(f'"{plan}"')
    return Addon(plan, text.span(at + 1, at + 1 + len(plan)) if at >= 0 else text.whole)
