"""What Django asks for when it starts, in a command as in a server: its log, the installed apps and the engine of the
database, which the first model asks for the length of a name.

Sources: Django 3.2 to 6.1, __init__.py (setup), utils/log.py (configure_logging), apps/config.py and apps/registry.py,
db/models/options.py (contribute_to_class), db/utils.py (load_backend); Python, logging/config.py.
"""

from __future__ import annotations

import ast
import posixpath
from typing import TYPE_CHECKING

from deploylint.facts.events import span_of
from deploylint.facts.values import Items, Table
from deploylint.knowledge import djangodata
from deploylint.steps.djangoboot import package_of
from deploylint.steps.djangomodels import key_type, user_model
from deploylint.steps.djangosettings import text_of, words_of
from deploylint.steps.djangovalues import IMPROPER, OTHER, Refused, in_app, value_span
from deploylint.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploylint.app import App
    from deploylint.facts.settings import Settings
    from deploylint.facts.values import Value
    from deploylint.imports import Finder, Found
    from deploylint.steps.djangonames import Names
    from deploylint.steps.installed import Installed


_CONTRIB = "django.contrib."


class Setup:
    """What is known where Django starts."""

    def __init__(
        self, app: App, finder: Finder, names: Names, known: Installed, series: tuple[int, int] | None
    ) -> None:
        self._app = app
        # Before Django 3.2 nothing in apps.py counted that neither the entry nor `default_app_config` named.
        self._looks = series is None or series >= (3, 2)
        self._finder = finder
        self._names = names
        self._known = known

    def refused(self, settings: Settings) -> Iterator[Refused]:
        """What Django refuses, in the order in which it gets there."""
        yield from self._log(settings)
        refused = [*self._apps(settings)]
        yield from refused
        yield from self._needs(settings)
        yield from self._engine(settings)
        yield from key_type(self._app, self._finder, settings)
        if not refused:
            yield from user_model(self._app, self._finder, settings, self.labels(settings))

    def labels(self, settings: Settings) -> dict[str, str | None]:
        """The labels of the installed apps, each with its package where the app or Django has it; of another one, where
        it is not known, its whole name with a dot before it.
        """
        found: dict[str, str | None] = {}
        apps = settings.installed_apps
        if type(apps) is not Items or not apps.complete or any(text_of(item) is None for item in apps.items):
            found["."] = None
        for word in words_of(apps):
            package = package_of(word.value)
            ours = self._names.is_ours(word.value)
            config = self._config(word.value) if ours else None
            told = config or word.value.startswith("django.") or self._finder.find(f"{package}.apps") is None
            label = self._label(word.value, config) if ours and told else f".{word.value}"
            found[label] = package if ours else None
        return found

    # --- The log ---

    def _log(self, settings: Settings) -> Iterator[Refused]:
        value = settings.get("LOGGING")
        if type(value) is not Table or settings.bound("LOGGING_CONFIG") is not False:
            return
        for part in ("formatters", "filters", "handlers"):
            table = value.get(part)
            for _, entry in table.entries.values() if type(table) is Table else ():
                yield from self._log_entry(settings, entry)

    def _log_entry(self, settings: Settings, entry: Value) -> Iterator[Refused]:
        if type(entry) is not Table:
            return
        for key in ("class", "()"):
            name = text_of(entry.get(key))
            where = value_span(entry.get(key))
            if name and where and "." in name and self._names.has_thing(name) is False:
                yield Refused(OTHER, "name-missing", where, {"setting": "LOGGING", "name": name})
        written = in_app(entry.get("filename"))
        late = entry.get("delay")
        kind = (text_of(entry.get("class")) or "").rpartition(".")[2]
        if (
            written is None
            or kind not in djangodata.data()["log"]["files"]
            or late is not None
            or settings.namespace.makes_files
        ):
            return
        folder = posixpath.dirname(written)
        if folder and not self._app.tree.may_exist(folder):
            where = value_span(entry.get("filename")) or settings.span("LOGGING") or Span(settings.path)
            yield Refused(OTHER, "log-folder-missing", where, {"path": folder})

    # --- The apps ---

    def _apps(self, settings: Settings) -> Iterator[Refused]:
        labels: set[str] = set()
        for word in words_of(settings.installed_apps):
            span = span_of(self._app.tree, word.path, word.place)
            # What is of others and not there has been found missing when it was imported.
            ours = self._names.is_ours(word.value)
            if ours and self._names.has_app(word.value) is False:
                yield Refused(OTHER, "name-missing", span, {"setting": "INSTALLED_APPS", "name": word.value})
                continue
            config = self._config(word.value) if ours else None
            if config and config[0] and self._is_absent(config[0]):
                yield Refused(IMPROPER, "app-refused", span, {"kind": "name", "name": config[0], "app": word.value})
            # Of what cannot be read only the same entry is the same app.
            label = self._label(word.value, config) if ours else word.value
            if label in labels:
                name = label.rpartition(".")[2]
                yield Refused(IMPROPER, "app-refused", span, {"kind": "twice", "name": name, "app": word.value})
            labels.add(label)

    def _needs(self, settings: Settings) -> Iterator[Refused]:
        """An app of Django's without another that its models refer to: the first, which ends it."""
        apps = settings.installed_apps
        if type(apps) is not Items or not apps.complete or any(text_of(item) is None for item in apps.items):
            return
        entries = {package_of(word.value): word for word in words_of(apps)}
        for app, needed in djangodata.data()["apps"]["needs"].items():
            word = entries.get(f"{_CONTRIB}{app}")
            if word is not None and f"{_CONTRIB}{needed}" not in entries:
                detail = {"kind": "needs", "name": f"{_CONTRIB}{needed}", "app": app}
                yield Refused(OTHER, "model-refused", span_of(self._app.tree, word.path, word.place), detail)
                return

    def _label(self, entry: str, config: tuple[str, str] | None) -> str:
        if config:
            return config[1] or config[0].rpartition(".")[2] or entry
        package = package_of(entry)
        plain = entry.startswith("django.") or (package == entry and self._finder.find(f"{package}.apps") is None)
        return package.rpartition(".")[2] if plain else entry

    def _is_absent(self, name: str) -> bool:
        return self._finder.find(name) is None and self._known.has(name) is False

    def _config(self, entry: str) -> tuple[str, str] | None:
        """The `name` and the `label` of the one configuration that an entry means, where they are written plainly."""
        head, _, last = entry.rpartition(".")
        named = bool(head) and last[:1].isupper()
        if not (named or self._looks):
            return None
        found = self._finder.find(head if named else f"{entry}.apps")
        if found is None or not found.has_source:
            return None
        classes = [node for node in self._classes(found) if not named or node.name == last]
        if len(classes) != 1:
            return None
        texts = dict(_texts(classes[0]))
        return (texts.get("name") or "", texts.get("label") or "") if "name" in texts else None

    def _classes(self, found: Found) -> Iterator[ast.ClassDef]:
        tree = self._app.module(found.path).tree
        for node in tree.body if tree else ():
            if isinstance(node, ast.ClassDef) and [_last(base) for base in node.bases] == ["AppConfig"]:
                yield node

    # --- The database ---

    def _engine(self, settings: Settings) -> Iterator[Refused]:
        databases = settings.databases
        chosen = databases.get("default") if type(databases) is Table else None
        engine = chosen.get("ENGINE") if type(chosen) is Table else None
        name, where = text_of(engine), value_span(engine)
        if not name or where is None or not self._has_models(settings):
            return
        if name.startswith("django.") and self._names.has_foreign(name) is False:
            yield Refused(IMPROPER, "name-missing", where, {"setting": "DATABASES", "name": name})
        for row in djangodata.drivers():
            if name in row["engines"] and all(self._known.has(module) is False for module in row["modules"]):
                detail = {"engine": name, "modules": " or ".join(row["modules"]), "distribution": row["distribution"]}
                yield Refused(IMPROPER, "database-driver", where, detail)

    def _has_models(self, settings: Settings) -> bool:
        """Whether an installed app has a model: only then the engine is loaded when Django starts."""
        for word in words_of(settings.installed_apps):
            package = package_of(word.value)
            if package.startswith("django.contrib.") and package.split(".")[2] in djangodata.data()["apps"]["models"]:
                return True
            found = self._finder.find(f"{package}.models")
            if found is not None and found.has_source and b"models.Model)" in self._app.tree.read(found.path).data:
                return True
        return False


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _texts(node: ast.ClassDef) -> Iterator[tuple[str, str | None]]:
    for statement in node.body:
        if isinstance(statement, (ast.Assign, ast.AnnAssign)):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            value = statement.value
            text = value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else None
            yield from ((target.id, text) for target in targets if isinstance(target, ast.Name))
