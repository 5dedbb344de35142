"""What Django asks of the models when it starts: the one for users, the type of keys, and of each model that it belongs
to an installed app, has no options that Django has not, and says of each foreign key what follows a deletion.

Sources: Django 3.2 to 6.1, contrib/auth/apps.py (AuthConfig.ready) and contrib/auth/__init__.py (get_user_model),
apps/registry.py (get_model), db/models/options.py (_get_default_pk_class, contribute_to_class), db/models/base.py
(ModelBase.__new__), db/models/fields/related.py (ForeignKey.__init__, lazy_related_operation).
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from deploylint.knowledge import djangodata
from deploylint.steps.djangoboot import package_of
from deploylint.steps.djangosettings import text_of, words_of
from deploylint.steps.djangovalues import IMPROPER, OTHER, Refused, value_span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from deploylint.app import App
    from deploylint.facts.settings import Settings
    from deploylint.facts.values import Value
    from deploylint.imports import Finder, Found
    from deploylint.steps.djangoclasses import Model
    from deploylint.steps.djangofields import Asked
    from deploylint.steps.plainnames import Own

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


# --- Models that cannot be made ---------------------------------------------------------------------------------------


def refused_models(asked: Asked, modules: Iterable[Found]) -> Iterator[Refused]:
    """What raises where the modules that bind models are imported."""
    for model in asked.models.all(modules):
        yield from _keys_without_end(asked, model)
        yield from _unknown_options(asked, model)
        yield from _second_number(asked, model)
        if not model.is_abstract and _is_nowhere(asked, model):
            assert isinstance(model.own.node, ast.ClassDef)
            yield _model(asked, model, model.own.node.bases[0], "app", model.name)


def _keys_without_end(asked: Asked, model: Model) -> Iterator[Refused]:
    """Foreign keys that do not say `on_delete`."""
    if not djangodata.reached(djangodata.data()["models"]["on_delete_since"], asked.series):
        return
    for field in model.fields.values():
        foreign = field.kind in ("ForeignKey", "OneToOneField") and field.whole and field.found == model.own.found
        if foreign and field.given("on_delete", 1) is None:
            yield _model(asked, model, field.call, "on_delete", field.name)


def _second_number(asked: Asked, model: Model) -> Iterator[Refused]:
    """A field that counts by itself beside the key that Django adds."""
    plain = model.whole and not model.is_abstract and len(model.line.own) == 1
    keys = [field for field in model.fields.values() if field.given("primary_key") is not None or not field.whole]
    for field in model.fields.values() if plain and not keys else ():
        if field.kind in ("AutoField", "BigAutoField", "SmallAutoField") and asked.series is not None:
            yield _model(asked, model, field.call, "number", field.name)


def _unknown_options(asked: Asked, model: Model) -> Iterator[Refused]:
    """Options of `Meta` that Django does not have, or no longer."""
    rules = djangodata.data()["models"]["options"]
    if not model.plain or not model.whole:
        return
    for name, node in model.meta.items():
        version = rules["removed"].get(name)
        gone = version is not None and djangodata.since(version, asked.series) is True
        known = name in rules["known"].split() or version is not None or name.startswith("_") or asked.series is None
        if gone or not (known or says(asked.app, b"DEFAULT_NAMES")):
            yield _model(asked, model, node, "removed" if gone else "option", name)


def _is_nowhere(asked: Asked, model: Model) -> bool:
    """Whether a model belongs to no installed app, and names none."""
    told = "." in asked.labels or any(map(_says_label, model.line.own))
    return asked.series is not None and not told and asked.models.label(model.own.found, asked.labels) is None


def _says_label(own: Own) -> bool:
    """Whether a class may name an app."""
    return any(
        (isinstance(node, ast.Name) and node.id == "app_label")
        or (isinstance(node, ast.ClassDef) and node.name == "Meta" and bool(node.bases))
        for node in ast.walk(own.node)
    )


def says(app: App, word: bytes) -> bool:
    """Whether a source of the app has a word."""
    return any(word in app.tree.read(path).data for path in app.sources)


def _model(asked: Asked, model: Model, node: ast.expr | ast.stmt, kind: str, name: str) -> Refused:
    return Refused(OTHER, "model-refused", asked.plain.at(model.own.found, node), {"kind": kind, "name": name})
