"""What a server or command of the app's own meets in the settings: what Django asks for when it starts, what its checks
find, then what it loads with the first request.

Source: Django 5.2, core/handlers/base.py (load_middleware). Config vars may name other settings, so that nothing here
is certain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploylint.facts.values import Items, Known
from deploylint.record import NamedTuple
from deploylint.steps.djangoboot import WORDS, Word
from deploylint.steps.djangochecks import Checks, has_engine
from deploylint.steps.djangonames import Names
from deploylint.steps.djangosettings import certain_items, text_of, word_of, words_of, world_of
from deploylint.steps.djangosetup import Setup
from deploylint.steps.djangotask import ALL
from deploylint.steps.djangouse import Named, at_start, client_missing, in_use
from deploylint.steps.djangovalues import OTHER, Refused, refused_settings
from deploylint.steps.djangoversion import django_series

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from deploylint.facts.namespace import Failure
    from deploylint.facts.settings import Settings
    from deploylint.imports import Walk
    from deploylint.steps import Build
    from deploylint.steps.djangosettings import Running
    from deploylint.steps.djangotask import Task
    from deploylint.steps.installed import Installed


class Server(NamedTuple):
    """What the settings say to a program that starts Django: the texts that name what is imported (none, where the
    settings end with an exception), and the modules besides; what is refused at the start, and with the first requests.
    `has_tags`: templates are loaded, and with them the libraries of tags. `used` are the modules that requests import,
    with what a request does for that. `settings` are those that could be read.
    """

    words: Mapping[str, list[Word]]
    refused: tuple[Refused, ...]
    modules: tuple[Word, ...] = ()
    late: tuple[Refused, ...] = ()
    has_tags: bool = False
    used: tuple[tuple[str, Word], ...] = ()
    settings: Settings | None = None


def server(build: Build, known: Installed, walk: Walk, task: Task, running: Running) -> Server | None:
    """What the settings of a task say; None where it cannot be told for certain."""
    module = task.settings
    if module is None:
        return None
    settings = build.app.settings(module, world_of(build, running, module, task.argv))
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
    refused = [*wrong, *Setup(build.app, walk.finder, names, known, series).refused(settings)]
    early = [*at_start(settings, task.command)] if task.serves else []
    if task.serves:
        refused += [lost for item in certain_items(settings.middleware) for lost in names.lost("MIDDLEWARE", item)]
    if task.command == "migrate":
        early += [Named("DATABASE_ROUTERS", item) for item in certain_items(settings.get("DATABASE_ROUTERS"))]
    refused += [lost for one in early for lost in one.lost(names)]
    checks = Checks(build.app, walk.finder, names, known, series)
    if task.checks:
        refused += checks.raised(settings)
    if task.checks == ALL:
        refused += checks.reported(settings)
    used = [*in_use(settings, series)] if task.serves else []
    late = [lost for one in used for lost in one.lost(names)]
    late += client_missing(settings, names, known, made=False) if task.serves else []
    return Server(
        words,
        tuple(refused),
        tuple(one.word for one in early if one.word),
        tuple(late),
        has_engine(settings) if task.serves else checks.loads_tags(settings),
        tuple((one.use, one.word) for one in used if one.word),
        settings,
    )


def _raised(failure: Failure) -> Iterator[Refused]:
    """The exception that ends the settings, whatever the config vars are."""
    if failure.span is not None and failure.kind not in ("*", "SyntaxError"):
        detail = {"kind": failure.kind, "said": failure.detail}
        yield Refused(OTHER, "settings-raise", failure.span, detail)
