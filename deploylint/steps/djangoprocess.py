"""What a process of Django meets when it starts, and with the first requests: what the settings name and what that
imports, what Django refuses, and for the commands of manage.py what its checks find.

Config vars may name other settings, so that nothing here is certain.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from deploylint.facts.evaluate import evaluate
from deploylint.facts.python import settings_module
from deploylint.facts.settings import MODULE
from deploylint.facts.values import HERE_ROOT
from deploylint.facts.worlds import World
from deploylint.imports import PROGRAM, Step
from deploylint.record import NamedTuple
from deploylint.steps.djangoboot import load_related, serve, settings_strings, start, tags
from deploylint.steps.djangoproject import Project
from deploylint.steps.djangoserver import server
from deploylint.steps.djangosettings import variable
from deploylint.steps.djangotask import task_of
from deploylint.steps.importfaults import broken_in
from deploylint.steps.tasks import speaks_of_tasks

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from deploylint.imports import Closure, Found, Walk
    from deploylint.steps import Build
    from deploylint.steps.djangoboot import Word
    from deploylint.steps.djangoserver import Server
    from deploylint.steps.djangosettings import Running
    from deploylint.steps.djangotask import Task
    from deploylint.steps.djangovalues import Refused
    from deploylint.steps.importfaults import ImportFault
    from deploylint.steps.installed import Installed
    from deploylint.steps.launch import Launch
    from deploylint.text import Span

_NAMING = MODULE.encode()
_SEARCHED = 50
_LATE = {"late": "yes"}


class Met(NamedTuple):
    """A fault: the topic that a rule claims, the places that lead there, and what the words need; in `detail`, `late`
    stands for what only a request meets.
    """

    topic: str
    spans: tuple[Span, ...]
    detail: Mapping[str, str]


def met(build: Build, known: Installed, walk: Walk, found: Launch, running: Running) -> Iterator[Met]:
    """What a program meets that has loaded the modules of `walk`, which name the settings; goes on with the walk."""
    task = task_of(build.app, found, walk.closure)
    module = _settings(build, known, walk, task) if task else None
    if task is None or module is None:
        return
    task = task._replace(settings=module)
    before = walk.closure
    walk.from_modules([module])
    broken = [*broken_in(build, known, walk.closure, before)]
    yield from map(_told, broken)
    said = server(build, known, walk, task, running)
    if said is not None and not said.words:
        # They end with an exception: of an import that fails the cause has been told.
        yield from (Met(one.topic, (one.span,), one.detail) for one in (() if broken else said.refused))
        return
    paths = [visit.found.path for name, visit in walk.closure.visits.items() if name not in before.visits]
    words = said.words if said else settings_strings(build.app, [path for path in paths if path.endswith(".py")])
    before = walk.closure
    start(words if task.serves else {**words, "MIDDLEWARE": []}, walk, walk.finder)
    if found.server is not None and found.server.data.get("tasks") and speaks_of_tasks(build.app, walk):
        load_related(words, "tasks", walk, walk.finder)
    for word in said.modules if said else ():
        _import(walk, word)
    yield from map(_told, broken_in(build, known, walk.closure, before))
    yield from (Met(one.topic, (one.span,), one.detail) for one in (said.refused if said else ()))
    project = Project(build, known, walk, said.settings) if said and said.settings else None
    if project:
        yield from map(_met, project.imported(walk.closure.visits, before.visits))
    before = walk.closure
    loaded: tuple[Found, ...] = ()
    if task.serves or task.checks:
        loaded = serve(build.app, words, walk, walk.finder)
        if said and said.has_tags:
            tags(build.app, words, walk, walk.finder)
    late = {} if task.checks else _LATE
    broken = [*broken_in(build, known, walk.closure, before)]
    yield from (_told(one, late) for one in broken)
    if project:
        yield from (_met(one, late) for one in project.imported(walk.closure.visits, before.visits))
        found_later = () if broken else project.met(loaded, task, walk.closure.visits)
        yield from (_met(one, late) for one in found_later)
    yield from _used(build, known, walk, said) if said else ()


def _used(build: Build, known: Installed, walk: Walk, said: Server) -> Iterator[Met]:
    """What only some requests meet."""
    yield from (Met(one.topic, (one.span,), {**one.detail, **_LATE}) for one in said.late)
    for use, word in said.used:
        before = walk.closure
        _import(walk, word)
        late = {**_LATE, "use": use} if use else _LATE
        yield from (_told(broken, late) for broken in broken_in(build, known, walk.closure, before))


def _import(walk: Walk, word: Word) -> None:
    walk.from_modules([word.value], (Step(word.path, word.place),))


def _met(one: Refused, more: Mapping[str, str] = MappingProxyType({})) -> Met:
    return Met(one.topic, (one.span,), {**one.detail, **more})


def _told(broken: ImportFault, more: Mapping[str, str] = MappingProxyType({})) -> Met:
    return Met(broken.topic, broken.spans, {**broken.detail, **more})


def _settings(build: Build, known: Installed, walk: Walk, task: Task) -> str | None:
    """The settings module: of the command line, or as the loaded modules name it."""
    closure = walk.closure
    program = closure.visits.get(PROGRAM)
    if task.settings or not task.command or program is None:
        return task.settings or _named(build, closure)
    world = World(search=walk.finder.roots, cwd=HERE_ROOT, argv=task.argv, python=known.series, generated=True)
    said = evaluate(build.app.tree, program.found.path, world, "__main__", build.app.module)
    return variable(said, MODULE) or _named(build, closure)


def _named(build: Build, closure: Closure) -> str | None:
    for visit in list(closure.visits.values())[:_SEARCHED]:
        if visit.found.has_source and _NAMING in build.app.tree.read(visit.found.path).data:
            named = settings_module(build.app.module(visit.found.path))
            if named:
                return named
    return None
