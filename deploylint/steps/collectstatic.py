"""Whether collectstatic passes, as far as the settings alone tell: Django's own command has nowhere to write without
STATIC_ROOT.

Sources: Django 5.2, contrib/staticfiles/storage.py (StaticFilesStorage.path raises ImproperlyConfigured); the failure
reasons of heroku/heroku-buildpack-python v351 bin/steps/collectstatic. Config vars may name other settings, or keep
the platform from running it, so that nothing here is certain.
"""

from __future__ import annotations

import ast
import posixpath
from typing import TYPE_CHECKING

from deploylint.finding import Phase
from deploylint.imports import Finder, Walk
from deploylint.plan import Fault
from deploylint.steps.djangoboot import assigned, settings_strings
from deploylint.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploylint.imports import Found
    from deploylint.plan import Django
    from deploylint.steps import Build
    from deploylint.steps.installed import Installed

_APP = "django.contrib.staticfiles"
_STORAGES = ("STORAGES", "STATICFILES_STORAGE")
# Storages that write into STATIC_ROOT. Others may keep the files elsewhere.
_LOCAL = ("django.", "whitenoise.")
_STARS = 50


def static_root(build: Build, known: Installed, found: Django) -> Fault | None:
    """What makes collectstatic fail; None where it may pass."""
    if found.collectstatic is None or found.settings_module is None or known.series < (3,):
        return None
    folder = posixpath.dirname(found.manage_py)
    finder = Finder(build.app, (folder, "") if build.platform.data["process"].get("root_on_module_path") else (folder,))
    settings = finder.find(found.settings_module)
    if settings is None or not settings.has_source:
        return None
    walk = Walk(build.app, finder, known, known.series)
    sources = list(_sources(build, finder, settings))
    words = settings_strings(build.app, [source.path for source in reversed(sources)])
    enabled = any(word.value == _APP for word in words["INSTALLED_APPS"])
    if not enabled or walk.binds(settings, "STATIC_ROOT") is not False or not _writes_locally(build, sources):
        return None
    places = (place for source in sources for place in _static_url(build, source.path))
    detail = {"settings": found.settings_module, "command": found.collectstatic}
    detail["unless"] = "the config var DISABLE_COLLECTSTATIC is set"
    span = next(places, Span(settings.path))
    reason = "collectstatic-improper-configuration"
    return Fault(reason, Phase.BUILD, (span, Span(found.manage_py)), "static-root", certain=False, detail=detail)


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


def _writes_locally(build: Build, sources: list[Found]) -> bool:
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
