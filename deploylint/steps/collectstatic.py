"""Whether collectstatic passes: what Django reads and imports before it, and what the command itself asks for.

In the order in which Django gets there: manage.py, the settings, the installed apps, the command, its checks, the
storage. Sources: Django 3.2 to 6.1, core/management/__init__.py, conf/__init__.py, apps/registry.py and
contrib/staticfiles; the failure reasons of heroku/heroku-buildpack-python v351 bin/steps/collectstatic, which looks for
words in what is printed: `SyntaxError`, then `ImproperlyConfigured`, `The CSS file`, `OSError`. Config vars may name
other settings, or keep the platform from running the command, so that nothing here is certain.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from deploylint.facts.python import settings_place
from deploylint.finding import Phase
from deploylint.imports import Walk
from deploylint.plan import Fault
from deploylint.record import NamedTuple
from deploylint.steps.absence import is_brought, is_made, lies_deeper
from deploylint.steps.djangoboot import WORDS, start
from deploylint.steps.djangonames import Names
from deploylint.steps.djangosettings import (
    certain_items,
    declared,
    finder_for,
    read_for,
    settings_named,
    text_of,
    words_of,
)
from deploylint.steps.djangosetup import Setup
from deploylint.steps.djangovalues import (
    IMPROPER,
    OTHER,
    Refused,
    folders_missing,
    refused_settings,
    refused_static,
    static_storage,
)
from deploylint.steps.djangoversion import django_series
from deploylint.steps.doubt import changing_buildpack, changing_hook
from deploylint.steps.importfaults import broken_in
from deploylint.steps.staticfiles import collected, references_missing
from deploylint.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploylint.facts.namespace import Failure
    from deploylint.facts.settings import Settings
    from deploylint.imports import Closure
    from deploylint.plan import Django
    from deploylint.steps import Build
    from deploylint.steps.djangoboot import Word
    from deploylint.steps.djangosettings import Reading
    from deploylint.steps.importfaults import ImportFault
    from deploylint.steps.installed import Installed

_APP = "django.contrib.staticfiles"
_SETTINGS = "DJANGO_SETTINGS_MODULE"
_COMMAND = "management/commands/collectstatic.py"
_BUNDLED = "django.contrib."
_APPS = "INSTALLED_APPS"
# What is printed names the exception; these words in it decide, and any other is `other`.
_PRINTED = {
    "SyntaxError": "collectstatic-syntax-error",
    "IndentationError": OTHER,
    "ImproperlyConfigured": IMPROPER,
    "OSError": "collectstatic-missing-file",
    "IOError": "collectstatic-missing-file",
    "EnvironmentError": "collectstatic-missing-file",
}
_RAISED = frozenset({OTHER, IMPROPER, "collectstatic-missing-file"})


class Outcome(NamedTuple):
    """What becomes of the command: whether the platform runs it, with which settings, and what makes it fail."""

    runs: bool
    settings: str | None
    faults: tuple[Fault, ...] = ()


def outcome(build: Build, known: Installed, found: Django) -> Outcome:
    """What the platform's command does with these settings."""
    found = found._replace(settings_module=settings_named(build, known, found))
    if found.settings_module is None:
        return Outcome(runs=True, settings=None)
    read = read_for(build, known, found)
    if read is None:
        missing = _settings_missing(build, known, found)
        return Outcome(runs=True, settings=found.settings_module, faults=(missing,) if missing else ())
    return _Command(build, known, found, read).outcome()


class _Command:
    """The command, from its start to its end."""

    def __init__(self, build: Build, known: Installed, found: Django, read: Reading) -> None:
        self._build = build
        self._known = known
        self._found = found
        self._read = read
        self._series = django_series(build)
        self._walk = Walk(build.app, read.finder, known, known.series)
        self._names = Names(self._walk, known, self._series)

    def outcome(self) -> Outcome:
        """Whether it runs, and what makes it fail."""
        done = Outcome(runs=True, settings=self._read.module)
        broken = tuple(self._loading())
        raised = () if broken else tuple(self._raised())
        said = self._read.said
        if broken or said is None or said.namespace.failure is not None or not said.namespace.finished:
            return done._replace(faults=(*broken, *raised))
        # What is raised for want of a config var stops nobody who has set it: what comes later breaks for all.
        faults = [*raised, *self._refused(), *self._apps(said)]
        needs_command = self._build.platform.data["django"]["needs_command"]
        if self._lacks_command(said):
            if needs_command:
                return done._replace(runs=bool(faults), faults=tuple(faults))
            faults.append(self._fault("collectstatic-other", "command-unknown", _at_apps(said)))
        elif self._is_enabled(said):
            faults += self._static()
        return done._replace(faults=tuple(faults))

    # --- Loading ---

    def _loading(self) -> Iterator[Fault]:
        """What breaks manage.py and the settings when they are imported."""
        self._walk.from_program(self._found.manage_py)
        yield from self._broken(None)
        before = self._walk.closure
        self._walk.from_modules([self._read.module])
        yield from self._broken(before)

    def _broken(self, before: Closure | None) -> Iterator[Fault]:
        for broken in broken_in(self._build, self._known, self._walk.closure, before):
            yield self._import_fault(broken)

    def _import_fault(self, broken: ImportFault) -> Fault:
        reason = "collectstatic-syntax-error" if broken.topic == "syntax-error" else OTHER
        if broken.topic == "syntax-error" and "indent" in broken.detail.get("said", ""):
            reason = OTHER  # an IndentationError, or a TabError
        fault = self._fault(reason, broken.topic, broken.spans[0], **broken.detail)
        known = self._known.exact or (self._known.closure is not None and self._known.closure.complete)
        sure = broken.topic != "module-not-installed" or broken.sure or known
        return fault._replace(spans=(*broken.spans, *fault.spans[1:]), by_default=fault.by_default and sure)

    def _raised(self) -> Iterator[Fault]:
        """An exception that ends the settings: whatever the config vars are, or where none is set."""
        for settings, bare in ((self._read.said, False), (self._read.bare, True)):
            failure = settings.namespace.failure if settings and settings.namespace.finished else None
            if failure is None or failure.kind == "*":
                continue
            reason = _PRINTED.get(failure.kind, OTHER)
            unread = [fault for fault in settings.namespace.faults if fault.certain] if settings else []
            if failure.kind == "SyntaxError" and unread:
                detail = {"path": unread[-1].span.path, "said": unread[-1].message, "kind": "syntax"}
                yield self._fault(reason, "syntax-error", unread[-1].span, **detail)
            elif failure.span is None:
                return
            elif bare and reason in (OTHER, IMPROPER):
                yield self._variable_missing(reason, failure)
            elif reason in _RAISED:
                yield self._fault(reason, "settings-raise", failure.span, kind=failure.kind, said=failure.detail)
            return

    def _variable_missing(self, reason: str, failure: Failure) -> Fault:
        """What is raised where no config var is set: at the read, where it is the read that raises."""
        bare = self._read.bare
        assert bare is not None
        assert failure.span is not None
        unset = [seen.read for seen in bare.namespace.reads if seen.read.raises]
        named = [read for read in unset if read.name == failure.detail] or unset
        at_read = named[-1:] if named and named[-1].name == failure.detail else []
        span = at_read[0].where.span if at_read and at_read[0].where else failure.span
        variable = named[-1].name if named else ""
        said = failure.detail if not at_read else ""
        fault = self._fault(reason, "variable-missing", span, kind=failure.kind, said=said, variable=variable)
        # Who reads a variable in this way sets it before the first build: that it is not in the commit says nothing.
        return fault._replace(by_default=False)

    # --- Values ---

    def _refused(self) -> Iterator[Fault]:
        """What Django refuses when it has read the settings, and when it starts."""
        setup = Setup(self._build.app, self._read.finder, self._names, self._known, self._series)
        for settings, bare in self._worlds():
            faults = [
                self._fault(refused.reason, refused.topic, refused.span, **refused.detail, **bare)
                for refused in (*refused_settings(settings, self._series), *setup.refused(settings))
            ]
            if faults:
                yield from faults
                return

    def _static(self) -> Iterator[Fault]:
        """What the command itself refuses."""
        for settings, bare in self._worlds():
            faults = [
                self._fault(one.reason, one.topic, one.span, **one.detail, **bare)
                for one in self._refused_static(settings)
            ]
            if faults:
                yield from faults
                return

    def _refused_static(self, settings: Settings) -> Iterator[Refused]:
        app, series = self._build.app, self._series
        files = collected(app, self._read.finder, settings)
        for refused in refused_static(settings, series, collects=files.brings is not False):
            # Of apps of others it is not known whether they bring any files.
            doubt = {"perhaps": "yes"} if refused.topic == "static-root" and files.brings is None else {}
            yield refused._replace(detail={**refused.detail, **doubt})
        backend = static_storage(settings, series)
        if backend.name and backend.span and self._names.has_thing(backend.name) is False:
            yield Refused(OTHER, "name-missing", backend.span, {"setting": "STORAGES", "name": backend.name})
        for finder in certain_items(settings.get("STATICFILES_FINDERS")):
            yield from self._names.lost("STATICFILES_FINDERS", finder)
        yield from folders_missing(settings, series, app.tree)
        yield from references_missing(app, settings, series, files)

    def _worlds(self) -> Iterator[tuple[Settings, dict[str, str]]]:
        """The settings whatever the config vars are, then where none is set."""
        if self._read.said is not None:
            yield self._read.said, {}
        bare = self._read.bare
        if bare is not None and bare.namespace.finished and bare.namespace.failure is None:
            yield bare, {"bare": "yes"}

    # --- Apps ---

    def _apps(self, settings: Settings) -> Iterator[Fault]:
        """What breaks where Django loads the installed apps."""
        before = self._walk.closure
        words: dict[str, list[Word]] = {name: [] for name in WORDS} | {_APPS: list(words_of(settings.installed_apps))}
        start(words, self._walk, self._read.finder)
        yield from self._broken(before)
        from deploylint.steps.djangoproject import Project

        project = Project(self._build, self._known, self._walk, settings)
        for one in project.imported(self._walk.closure.visits, before.visits):
            yield self._fault(one.reason, one.topic, one.span, **one.detail)

    def _lacks_command(self, settings: Settings) -> bool:
        """Whether INSTALLED_APPS, all of which can be read, names no app that brings collectstatic. Of an app that is
        neither Django's nor this repository's that is not known.
        """
        apps = settings.installed_apps
        items = certain_items(apps)
        whole = apps is None or (getattr(apps, "complete", False) and all(text_of(item) is not None for item in items))
        if not whole or any(path.endswith(_COMMAND) for path in self._build.app.sources):
            return False
        names = [text_of(item) or "" for item in items]
        return all(
            name.startswith(_BUNDLED) and name.partition(".apps.")[0] != _APP
            for name in names
            if self._read.finder.find(name.partition(".")[0]) is None
        )

    def _is_enabled(self, settings: Settings) -> bool:
        return any(word.value.partition(".apps.")[0] == _APP for word in words_of(settings.installed_apps))

    # --- Faults ---

    def _fault(self, reason: str, topic: str, span: Span, **detail: str) -> Fault:
        return command_fault(self._build, self._found, reason, topic, span, **detail)


def command_fault(build: Build, found: Django, reason: str, topic: str, span: Span, **detail: str) -> Fault:
    """A fault of the command. Config vars may name other settings or switch the command off; where app.json, which
    declares the config vars of an app, speaks of either, it is not even what happens by default.
    """
    switch = build.platform.data["django"]["disabled_variable"]
    variables = [variable for variable in (switch, _SETTINGS) if variable]
    detail |= {"settings": found.settings_module or "", "command": found.collectstatic or ""}
    detail["unless"] = f"the config var {variables[0]}"
    # What is said to be set, and to what, has been taken into account.
    said_otherwise = any(variable in declared(build) and variable not in build.values for variable in variables)
    changed = changing_hook(build, [span.path, found.manage_py]) or changing_buildpack(build, brings=True)
    by_default = not said_otherwise and changed is None and "perhaps" not in detail
    spans = tuple(dict.fromkeys((span, Span(found.manage_py))))
    return Fault(reason, Phase.BUILD, spans, topic, certain=False, by_default=by_default, detail=detail)


def _settings_missing(build: Build, known: Installed, found: Django) -> Fault | None:
    """The module that manage.py names is neither in the app nor in anything that is installed."""
    name = found.settings_module or ""
    top = name.partition(".")[0]
    folder = posixpath.dirname(found.manage_py)
    is_ours = finder_for(build, found).find(top) is not None
    if (not is_ours and is_brought(known, top) is not False) or lies_deeper(build, name):
        return None
    path = name.replace(".", "/")
    if is_made(build, f"{path}.py") or build.app.tree.may_exist(f"{folder}/{path}.py".lstrip("/")):
        return None
    span = settings_place(build.app.module(found.manage_py)) or Span(found.manage_py)
    return command_fault(build, found, "collectstatic-other", "settings-missing", span, module=name)


def _at_apps(settings: Settings) -> Span:
    value = settings.installed_apps
    where = getattr(value, "where", None)
    return where.span if where is not None else (settings.span(_APPS) or Span(settings.path))
