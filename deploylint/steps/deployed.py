"""The settings that the deployed web process of a Django app reads, where that is certain.

wsgi.py, asgi.py or manage.py name a settings module, mostly only for the case that DJANGO_SETTINGS_MODULE is not set.
So where the app has other settings that a config var could name, nothing is known. Nor is it where a class of
django-configurations is chosen, or where the app's own `.profile` may set variables.
Sources: Django 5.2, conf/__init__.py; Heroku Dev Center, Dynos (DYNO is set in each, PORT for web).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from deploylint.facts.settings import CONFIGURATION, MODULE, Settings, candidates
from deploylint.facts.values import Alternatives, Items, Known, Table, Unknown
from deploylint.record import NamedTuple
from deploylint.steps.djangosettings import Running, world_of

if TYPE_CHECKING:
    from deploylint.facts.values import Value
    from deploylint.plan import Plan
    from deploylint.steps import Build
    from deploylint.tree import Tree

_WEB = "web"
_COMMAND = re.compile(rf"(?:^|[\s'\"=]){MODULE}=([A-Za-z_][\w.]*)(?=[\s'\"]|$)|\s--settings[= ]([A-Za-z_][\w.]*)")
_OTHERS = 50
_SIGNS = (b"ALLOWED_HOSTS", b"INSTALLED_APPS", b"DEBUG")


class Certain(Settings):
    """Settings of which one that only some branch binds is not known: Django's own value holds where that is not taken
    (`if not on_heroku: DEBUG = True`).
    """

    def get(self, name: str) -> Value | None:
        """A setting; None where it is certainly not set, so that it has Django's own value."""
        return Unknown("may not be bound") if self.bound(name) is None else super().get(name)


class Deployed(NamedTuple):
    """The settings of the web process, the sources that it loads, and those of them that the settings are made of."""

    settings: Certain
    sources: tuple[str, ...]
    chain: frozenset[str]


class _Asked:
    """What is asked for, by its identity: a plan cannot be compared in reasonable time."""

    def __init__(self, build: Build, plan: Plan) -> None:
        self.build, self.plan = build, plan

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Asked) and self.plan is other.plan

    def __hash__(self) -> int:
        return id(self.plan)


def deployed(build: Build, plan: Plan) -> Deployed | None:
    """The settings that the web process reads; None where that is not certain, or where it reads none."""
    return _deployed(_Asked(build, plan)) if plan.procfile is not None and not build.in_container else None


# Every check asks for the same.
@lru_cache(maxsize=1)
def _deployed(asked: _Asked) -> Deployed | None:
    build, plan = asked.build, asked.plan
    sources = _sources(plan)
    named = _named(build, plan, sources)
    if named is None or any(build.app.tree.may_exist(path) for path in (".profile", ".profile.d")):
        return None
    module, sure, place = named
    item = next((one for one in plan.reached if one.process == _WEB and one.closure), None)
    if item is None:
        return None
    # The world in which the process was judged, so that the settings are read once.
    running = Running(_WEB, tuple(dict.fromkeys(item.roots)), item.known.series)
    settings = build.app.settings(module, world_of(build, running, module))
    if settings is None or not _is_whole(settings):
        return None
    chain = {settings.path, *(path for name in settings.namespace.names for path in settings.chain(name))}
    if not sure and _others(build, module, chain | {place}):
        return None
    certain = Certain(settings.module, settings.path, settings.namespace)
    return Deployed(certain, tuple(dict.fromkeys((*sources, *sorted(chain)))), frozenset(chain))


def _sources(plan: Plan) -> tuple[str, ...]:
    """What the web process loads of the app, by path."""
    found = [
        visit.found
        for item in plan.reached
        if item.process == _WEB and item.closure
        for visit in item.closure.visits.values()
    ]
    target = plan.targets.get(_WEB)
    return tuple(dict.fromkeys((*((target,) if target else ()), *(one.path for one in found if one.has_source))))


def _named(build: Build, plan: Plan, sources: tuple[str, ...]) -> tuple[str, bool, str] | None:
    """The settings module, whether a config var cannot name another, and the source that names it."""
    command = next((process.command for process in plan.processes if process.type == _WEB), "")
    app_json = build.app.app_json
    declared = app_json is not None and any(word.value in (MODULE, CONFIGURATION) for word in app_json.variables)
    tree = build.app.tree
    naming = [path for path in sources if MODULE.encode() in tree.read(path).data]
    if any(CONFIGURATION.encode() in tree.read(path).data for path in naming) or declared or _is_set_elsewhere(tree):
        return None
    said = {match[1] or match[2] for match in _COMMAND.finditer(command)}
    if said:
        return (said.pop(), True, "") if len(said) == 1 else None
    found = [(candidate, path) for path in naming[:_OTHERS] for candidate in candidates(tree, path)]
    names = {candidate.name for candidate, _ in found}
    name = names.pop() if len(names) == 1 else None
    if name is None or not all(candidate.certain for candidate, _ in found):
        return None
    return name, all(candidate.forced for candidate, _ in found), found[0][1]


def _is_set_elsewhere(tree: Tree) -> bool:
    """Whether a configuration of gunicorn, which may set variables of its workers, speaks of the settings."""
    found = [path for path in tree.entries if "gunicorn" in path and path.endswith(".py")][:_OTHERS]
    return any(MODULE.encode() in tree.read(path).data for path in found)


def _is_whole(settings: Settings) -> bool:
    """Whether the settings were read to their end and can be imported."""
    namespace = settings.namespace
    return namespace.finished and namespace.failure is None and not namespace.faults


def _others(build: Build, module: str, known: set[str]) -> bool:
    """Whether the app has other settings that a config var could name: a source beside these, or called like them, that
    binds what only settings do, or builds on these.
    """
    last = module.rpartition(".")[2].encode()
    folders = {path.rpartition("/")[0] for path in known if path}
    seen = 0
    for path in build.app.sources:
        folder, _, name = path.rpartition("/")
        alike = folder in folders or "setting" in path or "config" in path
        if path in known or not alike or name in ("wsgi.py", "asgi.py", "urls.py", "manage.py", "conftest.py"):
            continue
        seen += 1
        data = build.app.tree.read(path).data
        if seen > _OTHERS or any(sign in data for sign in _SIGNS) or (last in data and b"import *" in data):
            return True
    return False


# ------------------------------------------------------------------------------------------------------------- values


def certainly(value: Value | None) -> tuple[object, ...] | None:
    """The constants that a value may be; None where something else may be. A setting that is not bound has none."""
    if value is None:
        return ()
    options = value.options if type(value) is Alternatives else (value,)
    return (
        tuple(option.value for option in options if type(option) is Known)
        if all(type(option) is Known for option in options)
        else None
    )


def texts(value: Value | None) -> tuple[str, ...] | None:
    """The strings of a list or tuple of nothing else; of several such, those of all; None for anything else."""
    found: dict[str, None] = {}
    options = value.options if type(value) is Alternatives else (value,)
    for option in options:
        if type(option) is not Items or not option.complete or option.kind not in ("list", "tuple", "set"):
            return None
        for item in option.items:
            if type(item) is not Known or not isinstance(item.value, str):
                return None
            found[item.value] = None
    return tuple(found)


def entry(value: Value | None, *keys: str) -> Value | None:
    """What a dict that is known as a whole has at a key, and so on; None where that is not known."""
    for key in keys:
        if type(value) is not Table or not value.complete:
            return None
        value = value.get(key)
    return value
