"""What settings name by dotted path and Django imports after its start: when a request needs it, or for each request.

Sources: Django 3.2 to 6.1, core/cache/__init__.py, core/mail/__init__.py, contrib/auth/__init__.py, hashers.py and
password_validation.py, contrib/messages/storage/__init__.py, contrib/sessions/middleware.py, core/files/storage/,
core/files/uploadhandler.py, db/utils.py, forms/renderers.py, template/engine.py and template/utils.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploylint.facts.values import Known, Table
from deploylint.knowledge import djangodata
from deploylint.record import NamedTuple
from deploylint.steps.djangosettings import certain_items, text_of, word_of, words_of
from deploylint.steps.djangovalues import OTHER, Refused, value_span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploylint.facts.settings import Settings
    from deploylint.facts.values import Value
    from deploylint.knowledge.djangodata import Series
    from deploylint.steps.djangoboot import Word
    from deploylint.steps.djangonames import Names
    from deploylint.steps.installed import Installed

_SESSIONS = "django.contrib.sessions.middleware.SessionMiddleware"
_MESSAGES = "django.contrib.messages.middleware.MessageMiddleware"


class Named(NamedTuple):
    """What a setting names: a thing in a module, or a module. `use` is what a request does that needs it; empty where
    each does.
    """

    setting: str
    value: Value
    use: str = ""
    module: bool = False

    @property
    def word(self) -> Word | None:
        """The module that is imported, where it is certain."""
        text = text_of(self.value)
        name = text if self.module or text is None else text.rpartition(".")[0]
        if not name or type(self.value) is not Known or self.value.where is None:
            return None
        return word_of(name, self.value)

    def lost(self, names: Names) -> Iterator[Refused]:
        """That nothing has it."""
        for one in names.lost(self.setting, self.value, module=self.module, foreign=True):
            yield one._replace(detail={**one.detail, **({"use": self.use} if self.use else {})})


def client_missing(settings: Settings, names: Names, known: Installed, *, made: bool) -> Iterator[Refused]:
    """Caches whose client nothing installs: the default one, which requests use, or where it is asked for each that is
    `made`.
    """
    caches = settings.get("CACHES")
    for alias, (_, cache) in caches.entries.items() if type(caches) is Table else ():
        backend = cache.get("BACKEND") if type(cache) is Table else None
        name, where = text_of(backend), value_span(backend)
        row = djangodata.caches().get(name or "")
        wanted = row is not None and (row["made"] if made else alias == "default")
        if row is None or where is None or not wanted or names.has_thing(name or "") is False:
            continue
        if known.has(row["module"]) is False:
            detail = {"backend": name or "", "module": row["module"], "distribution": row["distribution"]}
            use = {} if made else {"use": djangodata.data()["used"]["CACHES"]}
            yield Refused(OTHER, "cache-client", where, {**detail, **use})


def at_start(settings: Settings, command: str) -> Iterator[Named]:
    """What is imported when the middleware is loaded; `command` is the one of manage.py."""
    engine = settings.get("SESSION_ENGINE")
    if engine is not None and _has_middleware(settings, _SESSIONS):
        yield Named("SESSION_ENGINE", engine, module=True)
    if command == "runserver" and settings.wsgi_application is not None:
        yield Named("WSGI_APPLICATION", settings.wsgi_application)


def in_use(settings: Settings, series: Series | None) -> Iterator[Named]:
    """What requests import."""
    for setting, use in djangodata.data()["used"].items():
        for value, module in _values(settings, setting, series):
            yield Named(setting, value, use, module)
    messages = settings.get("MESSAGE_STORAGE")
    if messages is not None and _has_middleware(settings, _MESSAGES):
        yield Named("MESSAGE_STORAGE", messages)


def _values(settings: Settings, setting: str, series: Series | None) -> Iterator[tuple[Value, bool]]:
    """The values of a setting that are dotted names, and whether of modules."""
    value = settings.get(setting)
    rules = djangodata.data()["storages"]
    if setting == "TEMPLATES":
        for template in certain_items(value):
            yield from _of_template(template) if type(template) is Table else ()
    elif setting == "CACHES":
        yield from _backend(value, "default")
    elif setting == "STORAGES":
        yield from _backend(value, "default") if djangodata.since(rules["since"], series) else ()
    elif setting == "DEFAULT_FILE_STORAGE" and djangodata.since(rules["until"], series) is not False:
        return
    elif setting == "AUTH_PASSWORD_VALIDATORS":
        names = (item.get("NAME") for item in certain_items(value) if type(item) is Table)
        yield from ((name, False) for name in names if name is not None)
    elif text_of(value) is not None and value is not None:
        yield value, False
    else:
        yield from ((item, False) for item in certain_items(value))


def _of_template(template: Table) -> Iterator[tuple[Value, bool]]:
    backend, options = template.get("BACKEND"), template.get("OPTIONS")
    if backend is not None:
        yield backend, False
    if type(options) is Table:
        yield from ((item, False) for item in certain_items(options.get("context_processors")))
        yield from ((item, True) for item in libraries(options))


def libraries(options: Table) -> Iterator[Value]:
    """The libraries of tags that an engine is given: modules, which it imports when it is made."""
    yield from certain_items(options.get("builtins"))
    table = options.get("libraries")
    yield from (value for _, value in table.entries.values()) if type(table) is Table else ()


def _backend(value: Value | None, alias: str) -> Iterator[tuple[Value, bool]]:
    chosen = value.get(alias) if type(value) is Table else None
    backend = chosen.get("BACKEND") if type(chosen) is Table else None
    if backend is not None:
        yield backend, False


def _has_middleware(settings: Settings, name: str) -> bool:
    return any(word.value == name for word in words_of(settings.middleware))
