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
from deploylint.steps.djangochecks import Checks, has_engine
from deploylint.steps.djangonames import Names
from deploylint.steps.djangosettings import certain_items, may_make_files, text_of, word_of, words_of
from deploylint.steps.djangosetup import Setup
from deploylint.steps.djangotask import ALL
from deploylint.steps.djangovalues import OTHER, Refused, refused_settings
from deploylint.steps.djangoversion import django_series

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from deploylint.facts.evaluate import Failure
    from deploylint.facts.settings import Settings
    from deploylint.facts.values import Value
    from deploylint.imports import Walk
    from deploylint.steps import Build
    from deploylint.steps.djangotask import Task
    from deploylint.steps.installed import Installed

# Lists of dotted names that the first requests load, and single ones.
_LISTS = ("AUTHENTICATION_BACKENDS", "PASSWORD_HASHERS", "FILE_UPLOAD_HANDLERS")
_SINGLE = ("EMAIL_BACKEND", "MESSAGE_STORAGE")


class Server(NamedTuple):
    """What the settings say to a program that starts Django: the texts that name what is imported (none, where the
    settings end with an exception), what is refused at the start, and with the first requests. `has_tags`: templates
    are loaded, and with them the libraries of tags.
    """

    words: Mapping[str, list[Word]]
    refused: tuple[Refused, ...]
    late: tuple[Refused, ...] = ()
    has_tags: bool = False


def server(build: Build, known: Installed, walk: Walk, module: str, task: Task) -> Server | None:
    """What the settings module says; None where it cannot be told for certain."""
    world = World(
        environ={MODULE: module},
        search=walk.finder.roots,
        cwd=HERE_ROOT,
        argv=task.argv,
        python=known.series,
        generated=task.ran or may_make_files(build, "before", "after"),
    )
    settings = build.app.settings(module, world)
    if settings is None or not settings.namespace.finished:
        return None
    if settings.namespace.failure is not None:
        return Server({}, tuple(_raised(settings.namespace.failure)))
    series = django_series(build)
    wrong = tuple(refused_settings(settings, series))
    if type(settings.installed_apps) is not Items:
        return Server({}, wrong) if wrong else None
    words: dict[str, list[Word]] = {name: list(words_of(settings.get(name))) for name in WORDS}
    root = settings.root_urlconf
    text = text_of(root)
    words["ROOT_URLCONF"] = [word_of(text, root)] if text and type(root) is Known and root.where else []
    names = Names(walk, known, series)
    refused = [*wrong, *Setup(build.app, walk.finder, names, known).refused(settings)]
    if task.serves:
        refused += [lost for item in certain_items(settings.middleware) for lost in names.lost("MIDDLEWARE", item)]
    checks = Checks(build.app, walk.finder, names, known, series)
    if task.checks:
        refused += checks.raised(settings)
    if task.checks == ALL:
        refused += checks.reported(settings)
    late = tuple(_Late(names).refused(settings)) if task.serves else ()
    has_tags = has_engine(settings) if task.serves else checks.loads_tags(settings)
    return Server(words, tuple(refused), late, has_tags)


def _raised(failure: Failure) -> Iterator[Refused]:
    """The exception that ends the settings, whatever the config vars are."""
    if failure.span is not None and failure.kind not in ("*", "SyntaxError"):
        detail = {"kind": failure.kind, "said": failure.detail}
        yield Refused(OTHER, "settings-raise", failure.span, detail)


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
            yield from self._names.lost("CACHES", chosen.get("BACKEND"))
        for setting in _LISTS:
            yield from self._missing(setting, settings.get(setting))
        for setting in _SINGLE:
            yield from self._names.lost(setting, settings.get(setting))

    def _missing(self, setting: str, value: Value | None) -> Iterator[Refused]:
        for item in certain_items(value):
            yield from self._names.lost(setting, item)

    def _template(self, template: Table) -> Iterator[Refused]:
        yield from self._names.lost("TEMPLATES", template.get("BACKEND"))
        options = template.get("OPTIONS")
        if type(options) is Table:
            yield from self._missing("TEMPLATES", options.get("context_processors"))
