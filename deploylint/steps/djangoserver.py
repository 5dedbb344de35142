"""What a server or command of the app's own meets in the settings: what Django asks for when it starts, then what it
loads with the first request.

Sources: Django 5.2, core/handlers/base.py (load_middleware), template/engine.py, core/cache/__init__.py,
contrib/sessions/middleware.py, contrib/auth/__init__.py, core/mail/__init__.py. Config vars may name other settings, so
that nothing here is certain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from deploylint.facts.machine import World
from deploylint.facts.settings import MODULE
from deploylint.facts.values import HERE_ROOT, Items, Known, Table
from deploylint.steps.djangoboot import WORDS, Word
from deploylint.steps.djangonames import Names
from deploylint.steps.djangosettings import certain_items, text_of, word_of, words_of
from deploylint.steps.djangosetup import Setup
from deploylint.steps.djangovalues import OTHER, Refused, refused_settings, value_span
from deploylint.steps.djangoversion import django_series

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from deploylint.facts.settings import Settings
    from deploylint.facts.values import Value
    from deploylint.imports import Walk
    from deploylint.steps import Build
    from deploylint.steps.installed import Installed

# Lists of dotted names that the first requests load, and single ones.
_LISTS = ("AUTHENTICATION_BACKENDS", "PASSWORD_HASHERS", "FILE_UPLOAD_HANDLERS")
_SINGLE = ("EMAIL_BACKEND", "MESSAGE_STORAGE")


class Server(NamedTuple):
    """What the settings say to a program that starts Django: the texts that name what is imported, what is refused
    at the start, and with the first requests.
    """

    words: Mapping[str, list[Word]]
    refused: tuple[Refused, ...]
    late: tuple[Refused, ...]


def server(build: Build, known: Installed, walk: Walk, module: str) -> Server | None:
    """What the settings module says; None where it cannot be told for certain."""
    world = World(
        environ={MODULE: module}, search=walk.finder.roots, cwd=HERE_ROOT, python=known.series, generated=True
    )
    settings = build.app.settings(module, world)
    if settings is None or not settings.namespace.finished or settings.namespace.failure is not None:
        return None
    if type(settings.installed_apps) is not Items:
        return None
    words: dict[str, list[Word]] = {name: list(words_of(settings.get(name))) for name in WORDS}
    root = settings.root_urlconf
    text = text_of(root)
    words["ROOT_URLCONF"] = [word_of(text, root)] if text and type(root) is Known and root.where else []
    series = django_series(build)
    names = Names(walk, known, series)
    refused = [*refused_settings(settings, series), *Setup(build.app, walk.finder, names, known).refused(settings)]
    late = _Late(names).refused(settings)
    return Server(words, (*refused, *_missing(names, "MIDDLEWARE", settings.middleware)), tuple(late))


def _missing(names: Names, setting: str, value: Value | None) -> Iterator[Refused]:
    for item in certain_items(value):
        yield from _lost(names, setting, item)


def _lost(names: Names, setting: str, value: Value | None) -> Iterator[Refused]:
    """A name of something that is not there. What others bring is told where it is imported."""
    name, where = text_of(value), value_span(value)
    if name and where is not None and names.is_ours(name) and names.has_thing(name) is False:
        yield Refused(OTHER, "name-missing", where, {"setting": setting, "name": name})


class _Late:
    """What is loaded when it is first used."""

    def __init__(self, names: Names) -> None:
        self._names = names

    def refused(self, settings: Settings) -> Iterator[Refused]:
        """What is not there."""
        for template in certain_items(settings.templates):
            if type(template) is Table:
                yield from self._template(template)
        caches = settings.get("CACHES")
        chosen = caches.get("default") if type(caches) is Table else None
        if type(chosen) is Table:
            yield from _lost(self._names, "CACHES", chosen.get("BACKEND"))
        for setting in _LISTS:
            yield from _missing(self._names, setting, settings.get(setting))
        for setting in _SINGLE:
            yield from _lost(self._names, setting, settings.get(setting))

    def _template(self, template: Table) -> Iterator[Refused]:
        yield from _lost(self._names, "TEMPLATES", template.get("BACKEND"))
        options = template.get("OPTIONS")
        if type(options) is Table:
            yield from _missing(self._names, "TEMPLATES", options.get("context_processors"))
