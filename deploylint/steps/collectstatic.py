"""Whether collectstatic passes, as far as the settings alone tell: they are there, an app brings the command, and
Django's storage has a STATIC_ROOT to write to.

Sources: Django 5.2, contrib/staticfiles/storage.py (StaticFilesStorage.path raises ImproperlyConfigured) and
core/management/__init__.py (fetch_command raises the error of the settings, or says "Unknown command"); the failure
reasons of heroku/heroku-buildpack-python v351 bin/steps/collectstatic. Config vars may name other settings, or keep
the platform from running it, so that nothing here is certain.
"""

from __future__ import annotations

import ast
import posixpath
from typing import TYPE_CHECKING, NamedTuple

from deploylint.facts.python import settings_place
from deploylint.finding import Phase
from deploylint.imports import Finder, Walk
from deploylint.plan import Fault
from deploylint.steps.absence import is_brought, is_made, lies_deeper
from deploylint.steps.djangoboot import assigned, plain_strings, settings_strings
from deploylint.steps.doubt import changing_buildpack, changing_hook
from deploylint.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from deploylint.imports import Found
    from deploylint.plan import Django
    from deploylint.steps import Build
    from deploylint.steps.installed import Installed

_APP = "django.contrib.staticfiles"
_STORAGES = ("STORAGES", "STATICFILES_STORAGE")
# Storages that write into STATIC_ROOT. Others may keep the files elsewhere.
_LOCAL = ("django.", "whitenoise.")
_STARS = 50
_APPS = "INSTALLED_APPS"
_ROOT = "STATIC_ROOT"
_SETTINGS = "DJANGO_SETTINGS_MODULE"
_COMMAND = "management/commands/collectstatic.py"
_BUNDLED = "django.contrib."
# What may bind names that nobody reads.
_OPEN = frozenset({"exec", "eval", "globals", "locals", "vars", "setattr"})


class _Settings(NamedTuple):
    """The settings module that manage.py names, the finder that found it, and all sources that they are made of."""

    module: Found
    finder: Finder
    sources: tuple[Found, ...]


def why_it_fails(build: Build, known: Installed, found: Django) -> Fault | None:
    """What makes collectstatic fail; None where it may pass."""
    if found.settings_module is None or known.series < (3,):
        return None
    read = _settings(build, found)
    if read is None:
        return _settings_missing(build, known, found)
    if not build.platform.data["django"]["needs_command"] and _lacks_command(build, read):
        return _fault(build, found, "collectstatic-other", "command-unknown", _at_apps(build, read))
    return _static_root(build, known, found, read)


def has_no_command(build: Build, known: Installed, found: Django) -> bool:
    """Whether no app of Django's that is installed brings the command, so that a platform that asks first skips it."""
    if found.settings_module is None or known.series < (3,):
        return False
    read = _settings(build, found)
    return read is not None and _lacks_command(build, read)


def _settings(build: Build, found: Django) -> _Settings | None:
    """The settings, or None where they are not in the app; `sources` are empty where they cannot be read."""
    assert found.settings_module is not None
    finder = _finder(build, found)
    module = finder.find(found.settings_module)
    if module is None:
        return None
    return _Settings(module, finder, tuple(_sources(build, finder, module)) if module.has_source else ())


def _finder(build: Build, found: Django) -> Finder:
    """Finds modules as manage.py would: beside itself, and in the root where the platform puts that on the path."""
    folder = posixpath.dirname(found.manage_py)
    rooted = build.platform.data["process"].get("root_on_module_path")
    return Finder(build.app, (folder, "") if rooted else (folder,))


def _fault(build: Build, found: Django, reason: str, topic: str, span: Span, **detail: str) -> Fault:
    """A fault of the command. Config vars may name other settings or switch the command off; where app.json, which
    declares the config vars of an app, speaks of either, it is not even what happens by default.
    """
    switch = build.platform.data["django"]["disabled_variable"]
    variables = [variable for variable in (switch, _SETTINGS) if variable]
    detail |= {"settings": found.settings_module or "", "command": found.collectstatic or ""}
    detail["unless"] = f"the config var {variables[0]}"
    declared = build.app.app_json.variables if build.app.app_json else ()
    said_otherwise = any(word.value in variables for word in declared)
    changed = changing_hook(build, [span.path, found.manage_py]) or changing_buildpack(build, brings=True)
    by_default = not said_otherwise and changed is None
    spans = tuple(dict.fromkeys((span, Span(found.manage_py))))
    return Fault(reason, Phase.BUILD, spans, topic, certain=False, by_default=by_default, detail=detail)


def _settings_missing(build: Build, known: Installed, found: Django) -> Fault | None:
    """The module that manage.py names is neither in the app nor in anything that is installed."""
    name = found.settings_module or ""
    top = name.partition(".")[0]
    folder = posixpath.dirname(found.manage_py)
    is_ours = _finder(build, found).find(top) is not None
    if (not is_ours and is_brought(known, top) is not False) or lies_deeper(build, name):
        return None
    path = name.replace(".", "/")
    if is_made(build, f"{path}.py") or build.app.tree.may_exist(f"{folder}/{path}.py".lstrip("/")):
        return None
    span = settings_place(build.app.module(found.manage_py)) or Span(found.manage_py)
    return _fault(build, found, "collectstatic-other", "settings-missing", span, module=name)


def _lacks_command(build: Build, read: _Settings) -> bool:
    """Whether INSTALLED_APPS, all of which can be read, names no app that brings collectstatic. Of an app that is
    neither Django's nor this repository's that is not known.
    """
    if not _is_named_once(build, read, _APPS):
        return False
    apps = plain_strings(build.app, read.module.path, _APPS)
    if apps is None or any(path.endswith(_COMMAND) for path in build.app.sources):
        return False
    return all(
        app.startswith(_BUNDLED) and app.partition(".apps.")[0] != _APP
        for app in apps
        if read.finder.find(app.partition(".")[0]) is None
    )


def _is_named_once(build: Build, read: _Settings, name: str) -> bool:
    """Whether one statement of the settings binds the name, and nothing else can."""
    if len(read.sources) != 1 or any(True for _ in build.app.source(read.module.path).stars):
        return False
    nodes = build.app.module(read.module.path).nodes
    names = [node.id for node in nodes if isinstance(node, ast.Name)]
    names += [node.asname or node.name for node in nodes if isinstance(node, ast.alias)]
    return names.count(name) == 1 and _OPEN.isdisjoint(names)


def _is_bound(build: Build, walk: Walk, read: _Settings) -> bool:
    """Whether STATIC_ROOT may have a value: `None` and `""` are none."""
    if walk.binds(read.module, _ROOT) is False:
        return False
    tree = build.app.module(read.module.path).tree
    values = [value for name, value in assigned(tree.body if tree else ()) if name == _ROOT]
    nothing = len(values) == 1 and isinstance(values[0], ast.Constant) and not values[0].value
    return not (nothing and _is_named_once(build, read, _ROOT))


def _at_apps(build: Build, read: _Settings) -> Span:
    module = build.app.module(read.module.path)
    found = [module.span(value) for name, value in assigned(module.tree.body if module.tree else ()) if name == _APPS]
    return next(iter(found), Span(read.module.path))


def _static_root(build: Build, known: Installed, found: Django, read: _Settings) -> Fault | None:
    """Django's storage has nowhere to write."""
    if not read.sources:
        return None
    walk = Walk(build.app, read.finder, known, known.series)
    words = settings_strings(build.app, [source.path for source in reversed(read.sources)])
    enabled = any(word.value == _APP for word in words[_APPS])
    if not enabled or _is_bound(build, walk, read) or not _writes_locally(build, read.sources):
        return None
    places = (place for source in read.sources for place in _static_url(build, source.path))
    span = next(places, Span(read.module.path))
    return _fault(build, found, "collectstatic-improper-configuration", "static-root", span)


def _sources(build: Build, finder: Finder, settings: Found) -> Iterator[Found]:
    """The settings and what they take over with a star, as far as it is the app's own."""
    from deploylint.imports import absolute

    todo, seen = [settings], {settings.name}
    while todo and len(seen) < _STARS:
        found = todo.pop()
        yield found
        for star in build.app.source(found.path).stars:
            name = absolute(found, star)
            other = finder.find(name) if name else None
            if other is not None and other.has_source and other.name not in seen:
                seen.add(other.name)
                todo.append(other)


def _writes_locally(build: Build, sources: Iterable[Found]) -> bool:
    for source in sources:
        tree = build.app.module(source.path).tree
        for node in ast.walk(tree) if tree else ():
            if isinstance(node, ast.Assign) and any(getattr(name, "id", "") in _STORAGES for name in node.targets):
                said = [part.value for part in ast.walk(node.value) if isinstance(part, ast.Constant)]
                dotted = [word for word in said if isinstance(word, str) and "." in word and "/" not in word]
                if not dotted or not all(word.startswith(_LOCAL) for word in dotted):
                    return False
    return True


def _static_url(build: Build, path: str) -> Iterator[Span]:
    module = build.app.module(path)
    for name, value in assigned(module.tree.body if module.tree else ()):
        if name == "STATIC_URL":
            yield module.span(value)
