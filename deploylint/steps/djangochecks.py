"""What Django's system checks find in the settings. Most commands of manage.py run them first, and do not go on where
one finds an error; so does the release phase with `manage.py migrate`.

A check that raises ends every program that runs it, one that reports only a command of manage.py. Sources: Django 3.2
to 6.1, core/checks/ (urls, templates, caches, files, compatibility, security/csrf), contrib/admin/checks.py,
contrib/sites/checks.py, contrib/staticfiles/checks.py and finders.py, db/models/fields/files.py.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from deploylint.facts.values import Items, Known, Table
from deploylint.knowledge import djangodata
from deploylint.steps.djangoboot import package_of
from deploylint.steps.djangosettings import certain_items, text_of, words_of
from deploylint.steps.djangouse import client_missing, libraries
from deploylint.steps.djangovalues import OTHER, Refused, in_app, refused_folders, storage_missing, value_span
from deploylint.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from deploylint.app import App
    from deploylint.facts.settings import Settings
    from deploylint.facts.values import Value
    from deploylint.imports import Finder
    from deploylint.knowledge.djangodata import Series
    from deploylint.steps.djangonames import Names
    from deploylint.steps.installed import Installed

_OLDEST = (2, 2)
"""The first series with all of these checks; older ones have a few of them."""

_IMAGE = re.compile(rb"^[ \t]+\w+[ \t]*=[ \t]*(?:models\.)?ImageField\(", re.MULTILINE)


class Checks:
    """The checks, as far as the settings decide what they find."""

    def __init__(self, app: App, finder: Finder, names: Names, known: Installed, series: Series | None) -> None:
        self._app = app
        self._finder = finder
        self._names = names
        self._known = known
        self._series = series

    def raised(self, settings: Settings) -> Iterator[Refused]:
        """What makes a check raise: what a setting names and is not there."""
        caches = settings.get("CACHES")
        for _, cache in caches.entries.values() if type(caches) is Table else ():
            backend = cache.get("BACKEND") if type(cache) is Table else None
            yield from self._names.lost("CACHES", backend, foreign=True)
        yield from client_missing(settings, self._names, self._known, made=True)
        if djangodata.since(djangodata.data()["checks"]["routers_since"], self._series):
            for router in certain_items(settings.get("DATABASE_ROUTERS")):
                yield from self._names.lost("DATABASE_ROUTERS", router, foreign=True)
        for finder in certain_items(settings.get("STATICFILES_FINDERS")):
            yield from self._names.lost("STATICFILES_FINDERS", finder, foreign=True)
        for template in certain_items(settings.templates) if self.loads_templates(settings) else ():
            if type(template) is Table:
                yield from self._names.lost("TEMPLATES", template.get("BACKEND"), foreign=True)
                options = template.get("OPTIONS")
                for library in libraries(options) if type(options) is Table else ():
                    yield from self._names.lost("TEMPLATES", library, module=True, foreign=True)

    def loads_templates(self, settings: Settings) -> bool:
        """Whether the checks make the engines of the templates."""
        return has_app(settings, "admin") or self._makes_engines()

    def loads_tags(self, settings: Settings) -> bool:
        """Whether the checks import the libraries of tags: of some series in any case, else with the engines."""
        rules = djangodata.data()["checks"]
        anyway = djangodata.since(rules["tags_since"], self._series) and not self._makes_engines()
        return bool(anyway) or (self.loads_templates(settings) and has_engine(settings))

    def _makes_engines(self) -> bool:
        return djangodata.since(djangodata.data()["checks"]["engines_since"], self._series) is True

    def reported(self, settings: Settings) -> Iterator[Refused]:
        """What the checks report as an error, unless the settings silence it."""
        quiet = silenced(settings)
        old = self._series is not None and self._series < _OLDEST
        if quiet is not None and not old:
            yield from _together(found for found in self._reported(settings) if found.detail.get("id") not in quiet)

    def _reported(self, settings: Settings) -> Iterator[Refused]:
        if has_app(settings, "admin"):
            yield from self._admin(settings)
        if has_app(settings, "staticfiles"):
            yield from refused_folders(settings)
            if djangodata.since(djangodata.data()["checks"]["since"]["staticfiles.E005"], self._series):
                yield from storage_missing(settings, self._series)
        yield from self._urls(settings)
        yield from self._values(settings)
        yield from self._images(settings)

    # --- The admin ---

    def _admin(self, settings: Settings) -> Iterator[Refused]:
        rules = djangodata.data()["checks"]["admin"]
        apps = _all_texts(settings.installed_apps)
        for name, code in rules["apps"].items():
            if apps is not None and not any(package_of(app) == name for app in apps):
                yield _error(settings, code, "INSTALLED_APPS", name)
        yield from self._admin_templates(settings, rules)
        middleware = _all_texts(settings.middleware)
        for name, code in rules["middleware"].items():
            if middleware is not None and not any(_may_be(name, other) for other in middleware):
                yield _error(settings, code, "MIDDLEWARE", name)

    def _admin_templates(self, settings: Settings, rules: Mapping[str, Mapping[str, str]]) -> Iterator[Refused]:
        templates = settings.templates
        tables = templates.items if type(templates) is Items else ()
        known = all(type(table) is Table and text_of(table.get("BACKEND")) for table in tables)
        if templates is not None and (type(templates) is not Items or not known):
            return
        name, code = next(iter(rules["engine"].items()))
        engines = [table for table in tables if type(table) is Table and _may_be(name, text_of(table.get("BACKEND")))]
        if not engines:
            yield _error(settings, code, "TEMPLATES", name)
            return
        options = engines[0].get("OPTIONS")
        given = options.get("context_processors") if type(options) is Table else None
        if options is not None and (type(options) is not Table or not options.complete):
            return
        processors = _all_texts(given)
        for name, code in rules["context_processors"].items():
            needless = "auth" in name and settings.bound("AUTHENTICATION_BACKENDS") is not False
            if processors is not None and name not in processors and not needless:
                yield _error(settings, code, "TEMPLATES", name, value_span(given) or value_span(options))

    # --- Other settings ---

    def _urls(self, settings: Settings) -> Iterator[Refused]:
        for name in ("STATIC_URL", "MEDIA_URL"):
            value = settings.get(name)
            text = text_of(value)
            if text and not text.endswith("/"):
                yield _error(settings, "urls.E006", name, text, value_span(value))
        value = settings.get("CSRF_FAILURE_VIEW")
        for lost in self._names.lost("CSRF_FAILURE_VIEW", value):
            yield _error(settings, "security.E102", "CSRF_FAILURE_VIEW", lost.detail["name"], lost.span)

    def _values(self, settings: Settings) -> Iterator[Refused]:
        since = djangodata.data()["checks"]["since"]
        caches = settings.get("CACHES")
        if type(caches) is Table and caches.complete and caches.get("default") is None:
            yield _error(settings, "caches.E001", "CACHES", "default")
        if djangodata.since(since["4_0.E001"], self._series):
            for origin in certain_items(settings.get("CSRF_TRUSTED_ORIGINS")):
                text = text_of(origin)
                if text is not None and "://" not in text:
                    yield _error(settings, "4_0.E001", "CSRF_TRUSTED_ORIGINS", text, value_span(origin))
        folder = in_app(settings.get("FILE_UPLOAD_TEMP_DIR"))
        made = settings.namespace.makes_files
        lost = folder and not made and not self._app.tree.may_exist(folder)
        if folder and lost and djangodata.since(since["files.E001"], self._series):
            yield _error(settings, "files.E001", "FILE_UPLOAD_TEMP_DIR", folder)
        if has_app(settings, "sites") and text_of(settings.get("SITE_ID")) is not None:
            yield _error(settings, "sites.E101", "SITE_ID", text_of(settings.get("SITE_ID")) or "")
        for template in certain_items(settings.templates):
            options = template.get("OPTIONS") if type(template) is Table else None
            loaders = options.get("loaders") if type(options) is Table else None
            dirs = template.get("APP_DIRS") if type(template) is Table else None
            if loaders is not None and type(dirs) is Known and dirs.value is True:
                yield _error(settings, "templates.E001", "TEMPLATES", "APP_DIRS", value_span(dirs))

    # --- Models ---

    def _images(self, settings: Settings) -> Iterator[Refused]:
        """Fields for pictures, for which Django asks for a library that is not installed."""
        if self._known.has("PIL") is not False or self._finder.find("PIL") is not None:
            return
        for word in words_of(settings.installed_apps):
            found = self._finder.find(f"{package_of(word.value)}.models")
            if found is None or not found.has_source:
                continue
            text = self._app.tree.text(found.path)
            field = _IMAGE.search(self._app.tree.read(found.path).data)
            if field is not None:
                line = self._app.tree.read(found.path).data.count(b"\n", 0, field.start()) + 1
                end = len(text.line(line).rstrip())
                column = end - len(text.line(line).strip()) + 1
                span = Span(found.path, line, column, line, end + 1)
                yield Refused(OTHER, "system-check", span, {"id": "fields.E210", "setting": "", "name": found.path})
                return


def silenced(settings: Settings) -> set[str | None] | None:
    """The ids of checks that do not count; None where they are not known."""
    value = settings.get("SILENCED_SYSTEM_CHECKS")
    quiet = {text_of(item) for item in value.items} if type(value) is Items else set()
    known = value is None or (type(value) is Items and value.complete)
    return quiet if known and None not in quiet else None


def has_engine(settings: Settings) -> bool:
    """Whether the templates are certainly those of Django, with its libraries of tags."""
    name = next(iter(djangodata.data()["checks"]["admin"]["engine"]))
    tables = certain_items(settings.templates)
    return any(type(table) is Table and text_of(table.get("BACKEND")) == name for table in tables)


def _together(reported: Iterable[Refused]) -> Iterator[Refused]:
    """What the admin misses in one setting as one fault: their ids and names stand after each other."""
    alike: dict[tuple[Span, str], list[Refused]] = {}
    for found in reported:
        if found.detail.get("id", "").startswith("admin."):
            alike.setdefault((found.span, found.detail["setting"]), []).append(found)
        else:
            yield found
    for first, *others in alike.values():
        words = {key: " ".join(found.detail[key] for found in (first, *others)) for key in ("id", "name")}
        yield first._replace(detail={**first.detail, **words}) if others else first


def has_app(settings: Settings, app: str) -> bool:
    """Whether one of Django's own apps is certainly installed."""
    return any(package_of(word.value) == f"django.contrib.{app}" for word in words_of(settings.installed_apps))


def _all_texts(value: Value | None) -> list[str] | None:
    """The texts of a list that is known as a whole; an empty one of a setting that is not there."""
    if value is None:
        return []
    texts = [text_of(item) for item in value.items] if type(value) is Items and value.complete else [None]
    return None if None in texts else [text for text in texts if text is not None]


def _may_be(name: str, other: str | None) -> bool:
    """Whether a class may be one of Django's, or made from it: what others bring is not looked into."""
    if other is None or other.startswith("django."):
        return other is None or other == name
    last = name.rpartition(".")[2]
    return any(part in other.lower() for part in (last[:7].lower(), last.removesuffix("Middleware").lower()))


def _error(settings: Settings, code: str, setting: str, name: str, span: Span | None = None) -> Refused:
    where = span or value_span(settings.get(setting)) or settings.span(setting) or Span(settings.path)
    return Refused(OTHER, "system-check", where, {"id": code, "setting": setting, "name": name})
