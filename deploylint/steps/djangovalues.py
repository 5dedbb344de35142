"""What Django refuses in its settings before a command does anything: values of a wrong type, settings that exclude
each other, static files that have nowhere to go.

Each check gives what is wrong whatever is not known; of an unknown value it says nothing. Sources: Django 3.2 to 6.1,
conf/__init__.py, contrib/staticfiles/checks.py, finders.py, storage.py and utils.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploylint.facts import paths
from deploylint.facts.values import HERE_ROOT, FilePath, Items, Known, Read, Table, options, same
from deploylint.knowledge import djangodata
from deploylint.record import NamedTuple
from deploylint.steps.djangosettings import text_of
from deploylint.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from deploylint.facts.settings import Settings
    from deploylint.facts.values import Value
    from deploylint.knowledge.djangodata import Series
    from deploylint.tree import Tree

IMPROPER = "collectstatic-improper-configuration"
OTHER = "collectstatic-other"
_STATIC = ("STATIC_URL", "STATIC_ROOT")
_NOTHING = object()


class Refused(NamedTuple):
    """What is wrong: the platform's reason, the topic that a rule claims, where, and what the words need."""

    reason: str
    topic: str
    span: Span
    detail: Mapping[str, str]


class Backend(NamedTuple):
    """The storage of the static files. `name` is None where it is not known; `options` are given to it."""

    name: str | None
    span: Span | None = None
    options: Value | None = None


def refused_settings(settings: Settings, series: Series | None) -> Iterator[Refused]:
    """What Django refuses when it reads the settings."""
    for name, version in djangodata.data()["sequences"].items():
        value = settings.get(name) if djangodata.since(version, series) else None
        kind = _wrong_sequence(value)
        if value is not None and kind:
            yield Refused(IMPROPER, "setting-refused", _place(settings, name), {"name": name, "kind": kind})
    storages = djangodata.data()["storages"]
    older, newer = storages["older"], storages["settings"]
    between = djangodata.since(storages["since"], series) and djangodata.since(storages["until"], series) is False
    if between and settings.bound(older) and settings.bound(newer):
        detail = {"name": older, "kind": "exclusive", "other": newer}
        yield Refused(IMPROPER, "setting-refused", _place(settings, older), detail)


def _wrong_sequence(value: Value | None) -> str:
    """What a setting is instead of a list or tuple; empty where it may be one."""
    kinds = {_kind(option) for option in options(value)} if value is not None else {""}
    return kinds.pop() if len(kinds) == 1 else ("" if "" in kinds else "other")


def _kind(value: Value) -> str:
    if type(value) is Known:
        return "string" if isinstance(value.value, (str, FilePath)) else "other"
    if type(value) is Items:
        return "" if value.kind in ("list", "tuple") else value.kind
    if type(value) is Table:
        return "dict"
    if type(value) is Read and value.library == "os" and value.cast in ("", "str"):
        default = value.default
        return "string" if default is None or (type(default) is Known and isinstance(default.value, str)) else ""
    return ""


def _place(settings: Settings, name: str) -> Span:
    return settings.span(name) or Span(settings.path)


# --- Static files -----------------------------------------------------------------------------------------------------


def static_storage(settings: Settings, series: Series | None) -> Backend:
    """The storage that collectstatic writes to."""
    rules = djangodata.data()["storages"]
    newer, older = settings.bound(rules["settings"]), settings.bound(rules["older"])
    # Where the series is not known, whichever of the two settings is there is the one that was meant.
    reads_newer = djangodata.since(rules["since"], series)
    reads_older = djangodata.since(rules["until"], series) is not True
    if newer is not False and reads_newer is not False:
        return _storage_of(settings, rules["settings"])
    if older is not False and reads_older:
        value = settings.get(rules["older"])
        name = text_of(value)
        return Backend(name, value_span(value) or settings.span(rules["older"]))
    return Backend(rules["default"])


def _storage_of(settings: Settings, name: str) -> Backend:
    value = settings.get(name)
    if type(value) is not Table:
        return Backend(None)
    chosen = value.get("staticfiles")
    if type(chosen) is not Table:
        return Backend(None)
    backend = chosen.get("BACKEND")
    return Backend(text_of(backend), value_span(backend), chosen.get("OPTIONS"))


def value_span(value: Value | None) -> Span | None:
    """Where a value stands."""
    where = getattr(value, "where", None)
    return where.span if where is not None else None


def refused_static(settings: Settings, series: Series | None, *, collects: bool) -> Iterator[Refused]:
    """What Django's checks, and then the storage, refuse of the settings of static files. STATIC_ROOT is asked for by
    the first file that is written, if anything is collected.
    """
    yield from refused_folders(settings)
    backend = static_storage(settings, series)
    yield from storage_missing(settings, series)
    rules = djangodata.data()["storages"]
    if backend.name not in rules["local"]:
        return
    located = _option(backend, "location")
    url = settings.get("STATIC_URL")
    if _option(backend, "base_url") is _NOTHING:
        if url is None or _is_empty(url):
            yield Refused(IMPROPER, "static-url", _at_static(settings, "STATIC_URL"), {})
        elif text_of(url) is not None and text_of(url) == text_of(settings.get("MEDIA_URL")):
            yield _equal(settings, "STATIC_URL", "MEDIA_URL")
    root, media = settings.get("STATIC_ROOT"), settings.get("MEDIA_ROOT")
    if _path(root) and root is not None and media is not None and same(root, media):
        yield _equal(settings, "STATIC_ROOT", "MEDIA_ROOT")
    if collects and located is _NOTHING and (root is None or _is_empty(root)):
        yield Refused(IMPROPER, "static-root", _at_static(settings, "STATIC_ROOT"), {})


def _equal(settings: Settings, name: str, other: str) -> Refused:
    return Refused(IMPROPER, "setting-refused", _place(settings, name), {"name": name, "kind": "equal", "other": other})


def _option(backend: Backend, name: str) -> object:
    """An option of the storage: `_NOTHING` where it is certainly not given."""
    if backend.options is None:
        return _NOTHING
    if type(backend.options) is not Table or not backend.options.complete:
        return None
    return backend.options.get(name) or _NOTHING


def _is_empty(value: Value) -> bool:
    return all(type(option) is Known and not option.value for option in options(value))


def _at_static(settings: Settings, name: str) -> Span:
    """Where a setting that is empty, or not there, is or would be."""
    places = (value_span(settings.get(setting)) or settings.span(setting) for setting in (name, *_STATIC))
    return next(filter(None, places), Span(settings.path))


def _path(value: Value | None) -> str | None:
    """A path as text; None where it is empty or not known."""
    if type(value) is not Known or not isinstance(value.value, (str, FilePath)):
        return None
    return (value.value.text if isinstance(value.value, FilePath) else value.value) or None


def in_app(value: Value | None) -> str | None:
    """The place in the app that a path means, with the app's root as the working directory; None for others."""
    text = _path(value)
    if text is None:
        return None
    found = paths.normal(paths.join(HERE_ROOT, text))
    return paths.inside(found, HERE_ROOT) if found is not None else None


def refused_folders(settings: Settings) -> Iterator[Refused]:
    """What the check of the finders refuses of STATICFILES_DIRS."""
    name = "STATICFILES_DIRS"
    value = settings.get(name)
    kind = _wrong_sequence(value)
    if kind:
        yield Refused(OTHER, "setting-refused", _place(settings, name), {"name": name, "kind": kind})
        return
    root = in_app(settings.get("STATIC_ROOT"))
    for folder in static_folders(settings):
        if root is not None and folder.path == root:
            detail = {"name": name, "kind": "contains", "other": "STATIC_ROOT"}
            yield Refused(OTHER, "setting-refused", folder.span or _place(settings, name), detail)


class Folder(NamedTuple):
    """A folder of STATICFILES_DIRS in the app; `prefix` stands before the names of its files."""

    path: str
    prefix: str
    span: Span | None


def static_folders(settings: Settings) -> Iterator[Folder]:
    """The folders of STATICFILES_DIRS that are known, and lie in the app."""
    from deploylint.steps.djangosettings import certain_items

    for item in certain_items(settings.get("STATICFILES_DIRS")):
        prefix, place = "", item
        if type(item) is Items and item.kind in ("list", "tuple") and len(item.items) == 2 and item.complete:
            prefix, place = text_of(item.items[0]) or "", item.items[1]
        path = in_app(place)
        if path is not None:
            yield Folder(path, prefix, value_span(place))


def folders_missing(settings: Settings, series: Series | None, tree: Tree) -> Iterator[Refused]:
    """Folders of STATICFILES_DIRS that are not in the commit, where Django does not pass over them."""
    version = djangodata.data()["folders"]["may_be_missing_since"]
    if djangodata.since(version, series) is not False or settings.namespace.makes_files:
        return
    for folder in static_folders(settings):
        if not tree.may_exist(folder.path):
            detail = {"path": folder.path, "version": version}
            yield Refused(OTHER, "static-folder-missing", folder.span or Span(settings.path), detail)


def storage_missing(settings: Settings, series: Series | None) -> Iterator[Refused]:
    """STORAGES without the one for static files."""
    rules = djangodata.data()["storages"]
    value = settings.get(rules["settings"])
    if not djangodata.since(rules["since"], series) or type(value) is not Table or not value.complete:
        return
    if value.get("staticfiles") is None:
        detail = {"name": rules["settings"], "kind": "without", "other": "staticfiles"}
        yield Refused(OTHER, "setting-refused", _place(settings, rules["settings"]), detail)
