"""Settings that name things by dotted path: whether Django, the app or what is installed has them.

Source: Django 5.2, utils/module_loading.py (import_string) and apps/config.py (AppConfig.create).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploylint.knowledge import djangodata
from deploylint.steps.djangosettings import text_of
from deploylint.steps.djangovalues import OTHER, Refused, value_span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploylint.facts.values import Value
    from deploylint.imports import Walk
    from deploylint.knowledge.djangodata import Series
    from deploylint.steps.installed import Installed


class Names:
    """What the dotted names of settings mean."""

    def __init__(self, walk: Walk, known: Installed, series: Series | None) -> None:
        self._finder = walk.finder
        self._walk = walk
        self._known = known
        self._series = series

    def has_thing(self, name: str) -> bool | None:
        """Whether there is a thing of this name in a module; None where that cannot be said."""
        module, _, attribute = name.rpartition(".")
        if not module or _is_torn(name):
            return False
        found = self._finder.find(module)
        if found is not None:
            return self._walk.binds(found, attribute) if found.has_source else None
        return self.has_foreign(name)

    def lost(
        self, setting: str, value: Value | None, *, module: bool = False, foreign: bool = False
    ) -> Iterator[Refused]:
        """The name that a setting gives (of a `module`, or of a thing in one), where nothing has it. What others bring
        is mostly told where it is imported: it is only asked for if `foreign`.
        """
        name, where = text_of(value), value_span(value)
        if not name or where is None or not (foreign or self.is_ours(name)):
            return
        if (self.has_module(name) if module else self.has_thing(name)) is False:
            yield Refused(OTHER, "name-missing", where, {"setting": setting, "name": name})

    def has_module(self, name: str) -> bool | None:
        """Whether there is a module of this name; None where that cannot be said."""
        if self._finder.find(name) is not None:
            return True
        if _is_torn(name):
            return False
        return self.has_foreign(name) if self._finder.find(name.partition(".")[0]) is None else False

    def is_ours(self, name: str) -> bool:
        """Whether it is Django or the app that has it, or nobody."""
        ours = name.startswith("django.") or self._finder.find(name.partition(".")[0]) is not None
        return ours or _is_torn(name)

    def has_app(self, name: str) -> bool | None:
        """Whether there is an app, or the configuration of one, of this name."""
        if self._finder.find(name) is not None:
            return True
        if self._finder.find(name.partition(".")[0]) is None:
            return self.has_foreign(name)
        module, _, last = name.rpartition(".")
        return self.has_thing(name) if last[:1].isupper() and self._finder.find(module) is not None else None

    def has_foreign(self, name: str) -> bool | None:
        """Whether Django or something else that is installed has a thing of this name."""
        if self._finder.find(name.partition(".")[0]) is not None:
            return False
        if name.startswith("django."):
            return djangodata.has(name, self._series)
        return False if self._known.has(name) is False else None


def _is_torn(name: str) -> bool:
    """Whether a name has blanks in it, as one that goes on behind a backslash in the next line: nothing has it."""
    return len(name.split()) > 1
