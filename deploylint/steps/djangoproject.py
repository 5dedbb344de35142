"""What Django meets in a project's own sources when it starts, with the first request, or with its checks: models, the
admin and URL configurations that it refuses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploylint.knowledge import djangodata
from deploylint.steps.djangochecks import silenced
from deploylint.steps.djangonames import Names
from deploylint.steps.djangotask import ALL
from deploylint.steps.djangourls import Urls
from deploylint.steps.djangoversion import django_series
from deploylint.steps.plainnames import PlainNames

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from deploylint.facts.settings import Settings
    from deploylint.imports import Found, Walk
    from deploylint.steps import Build
    from deploylint.steps.djangotask import Task
    from deploylint.steps.djangovalues import Refused
    from deploylint.steps.installed import Installed


class Project:
    """The sources of a project of Django."""

    def __init__(self, build: Build, known: Installed, walk: Walk, settings: Settings) -> None:
        self._settings = settings
        self._series = django_series(build)
        plain = PlainNames(build.app, walk.finder)
        self._urls = Urls(build.app, walk.finder, Names(walk, known, self._series), plain)

    def met(self, loaded: Iterable[Found], task: Task) -> Iterator[Refused]:
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
            yield from (one for one in self._reported(roots) if self._counts(one.detail["id"], quiet))

    def _counts(self, code: str, quiet: set[str | None]) -> bool:
        """Whether the series has a check of this id, and nobody silences it."""
        version = djangodata.data()["checks"]["since"].get(code)
        return code not in quiet and (version is None or djangodata.since(version, self._series) is True)

    def _reported(self, roots: list[Found]) -> Iterator[Refused]:
        for number, found in enumerate(roots):
            yield from self._urls.reported(found, is_root=not number)
