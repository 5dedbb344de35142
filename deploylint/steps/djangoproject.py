"""What Django meets in a project's own sources when it starts, with the first request, or with its checks: models, the
admin and URL configurations that it refuses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploylint.facts.values import Table
from deploylint.knowledge import djangodata
from deploylint.steps.djangoadmin import reported_admin
from deploylint.steps.djangochecks import has_app, silenced
from deploylint.steps.djangoclasses import Models
from deploylint.steps.djangofields import Asked, reported_models
from deploylint.steps.djangomodels import refused_models
from deploylint.steps.djangonames import Names
from deploylint.steps.djangosettings import text_of
from deploylint.steps.djangosetup import Setup
from deploylint.steps.djangotask import ALL
from deploylint.steps.djangourls import Urls
from deploylint.steps.djangoversion import django_series
from deploylint.steps.plainnames import PlainNames

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from deploylint.facts.settings import Settings
    from deploylint.imports import Found, Visit, Walk
    from deploylint.steps import Build
    from deploylint.steps.djangotask import Task
    from deploylint.steps.djangovalues import Refused
    from deploylint.steps.installed import Installed
    from deploylint.text import Span

_MODELS, _ADMIN = b"models", b"admin"


class Project:
    """The sources of a project of Django."""

    def __init__(self, build: Build, known: Installed, walk: Walk, settings: Settings) -> None:
        self._app = build.app
        self._settings = settings
        self._series = django_series(build)
        plain = PlainNames(build.app, walk.finder)
        names = Names(walk, known, self._series)
        self._urls = Urls(build.app, walk.finder, names, plain)
        setup = Setup(build.app, walk.finder, names, known, self._series)
        self._asked = Asked(
            build.app, plain, Models(plain), self._series, setup.labels(settings), _engine(settings), _user(settings)
        )

    def imported(self, visits: Mapping[str, Visit], before: Mapping[str, Visit]) -> Iterator[Refused]:
        """What is refused where modules are imported, less those that were `before`."""
        yield from refused_models(self._asked, self._speaking(_MODELS, visits, before))

    def _speaking(self, word: bytes, visits: Mapping[str, Visit], before: Mapping[str, Visit]) -> list[Found]:
        """The modules that are certainly imported, less those that were `before`, in which this word stands."""
        new = [visit for name, visit in visits.items() if name not in before and visit.certain]
        founds = {visit.found.path: visit.found for visit in new if visit.found.has_source}
        return [found for path, found in founds.items() if word in self._app.tree.read(path).data]

    def met(self, loaded: Iterable[Found], task: Task, visits: Mapping[str, Visit]) -> Iterator[Refused]:
        """What is refused in the URL configurations that are `loaded`, the root first, and where a command checks the
        whole project what its checks report.
        """
        roots = [*loaded]
        raised = [one for number, found in enumerate(roots) for one in self._urls.raised(found, is_root=not number)]
        rules = djangodata.data()["urls"]
        if task.checks and djangodata.since(rules["compiled_by_checks_until"], self._series) is not False:
            raised = [one for one in raised if one.detail["kind"] not in rules["compiled"]]
        yield from raised
        quiet = silenced(self._settings) if task.checks == ALL and not raised else None
        if quiet is not None:
            yield from (one for one in self._reported(roots, visits) if self._counts(one.detail["id"], quiet))

    def _counts(self, code: str, quiet: set[str | None]) -> bool:
        """Whether the series has a check of this id, and nobody silences it."""
        version = djangodata.data()["checks"]["since"].get(code)
        return code not in quiet and (version is None or djangodata.since(version, self._series) is True)

    def _reported(self, roots: list[Found], visits: Mapping[str, Visit]) -> Iterator[Refused]:
        for number, found in enumerate(roots):
            yield from self._urls.reported(found, is_root=not number)
        reported = [*reported_models(self._asked, self._speaking(_MODELS, visits, {}))]
        if has_app(self._settings, "admin"):
            reported += reported_admin(self._asked, self._speaking(_ADMIN, visits, {}))
        told: set[tuple[Span, str]] = set()
        for one in reported:
            # A field of an abstract model is one of each that is made from it.
            if (one.span, one.detail["id"]) not in told:
                yield one
            told.add((one.span, one.detail["id"]))


def _engine(settings: Settings) -> str | None:
    databases = settings.databases
    chosen = databases.get("default") if type(databases) is Table else None
    return text_of(chosen.get("ENGINE")) if type(chosen) is Table else None


def _user(settings: Settings) -> str | None:
    unset = settings.auth_user_model is None and settings.bound("AUTH_USER_MODEL") is False
    return "auth.User" if unset else text_of(settings.auth_user_model)
