"""What Django asks of the models when it starts: the one for users, and the type of keys.

Sources: Django 3.2 to 6.1, contrib/auth/apps.py (AuthConfig.ready) and contrib/auth/__init__.py (get_user_model),
apps/registry.py (get_model), db/models/options.py (_get_default_pk_class), db/models/fields/related.py
(lazy_related_operation).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from deploylint.knowledge import djangodata
from deploylint.steps.djangoboot import package_of
from deploylint.steps.djangosettings import text_of, words_of
from deploylint.steps.djangovalues import IMPROPER, OTHER, Refused, value_span

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from deploylint.app import App
    from deploylint.facts.settings import Settings
    from deploylint.facts.values import Value
    from deploylint.imports import Finder

_MODEL = re.compile(rb"^class[ \t]+\w+\(.*models\.Model\b", re.MULTILINE)
_KEY = b"primary_key"


def user_model(app: App, finder: Finder, settings: Settings, labels: Mapping[str, str | None]) -> Iterator[Refused]:
    """AUTH_USER_MODEL that names no model. `labels` are those of the installed apps, each with its package where that
    is the app's own; one of another app that is not known has a dot.
    """
    value = settings.auth_user_model
    text, where = text_of(value), value_span(value)
    if text is None or where is None or not any(package == _AUTH for package in labels.values()):
        return
    label, _, model = text.partition(".")
    # A field of the admin's own model refers to it before the app of users is asked.
    early = any(package == "django.contrib.admin" for package in labels.values())
    if not label or not model or "." in model:
        yield Refused(OTHER if early else IMPROPER, "user-model", where, {"kind": "form", "name": text})
    elif label not in labels:
        if finder.find(label) is not None or not any("." in other for other in labels):
            yield Refused(IMPROPER, "user-model", where, {"kind": "app", "name": text, "app": label})
    elif labels[label] and _has_class(app, finder, labels[label] or "", model) is False:
        yield Refused(IMPROPER, "user-model", where, {"kind": "model", "name": text, "app": label, "model": model})


_AUTH = "django.contrib.auth"


def _has_class(app: App, finder: Finder, package: str, name: str) -> bool | None:
    """Whether a source of an app may have a model of this name; None where the app is not its own."""
    found = finder.find(package)
    if found is None or found.kind != "package":
        return None
    folder = found.path.removesuffix("__init__.py")
    word = re.compile(rb"\b" + re.escape(name.encode()) + rb"\b", re.IGNORECASE)
    return any(word.search(app.tree.read(path).data) for path in app.sources if path.startswith(folder))


def key_type(app: App, finder: Finder, settings: Settings) -> Iterator[Refused]:
    """DEFAULT_AUTO_FIELD that Django has not, where a model of the app needs it."""
    value: Value | None = settings.get("DEFAULT_AUTO_FIELD")
    text, where = text_of(value), value_span(value)
    rules = djangodata.data()["keys"]
    if text is None or where is None or not text.startswith(rules["of"]) or text in rules["types"]:
        return
    for word in words_of(settings.installed_apps):
        package = package_of(word.value)
        models, own = finder.find(f"{package}.models"), finder.find(f"{package}.apps")
        if models is None or not models.has_source:
            continue
        source = app.tree.read(models.path).data
        told = own is not None and b"default_auto_field" in app.tree.read(own.path).data
        if not told and _MODEL.search(source) and _KEY not in source:
            yield Refused(IMPROPER, "name-missing", where, {"setting": "DEFAULT_AUTO_FIELD", "name": text})
            return
