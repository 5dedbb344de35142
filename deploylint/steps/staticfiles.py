"""Which files collectstatic collects from the app, and what those of them refer to that a storage with a manifest
rewrites.

Sources: Django 3.2 to 6.1, contrib/staticfiles/finders.py (FileSystemFinder before AppDirectoriesFinder, the first file
of a name counts), apps.py (ignore_patterns), storage.py (HashedFilesMixin: the patterns, url_converter, hashed_name);
whitenoise 6.12 storage.py (make_helpful_exception).
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from deploylint.facts.values import Items
from deploylint.knowledge import djangodata
from deploylint.record import NamedTuple
from deploylint.steps.djangoboot import package_of
from deploylint.steps.djangosettings import text_of, words_of
from deploylint.steps.djangovalues import OTHER, Refused, static_folders, static_storage
from deploylint.tree import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from deploylint.app import App
    from deploylint.facts.settings import Settings
    from deploylint.imports import Finder
    from deploylint.knowledge.djangodata import Series
    from deploylint.text import Span

_SIZE_LIMIT = 512 * 1024
_ALL_LIMIT = 4 * 1024 * 1024
_TOLD = 10
"""Missing references that are told; the command ends at the first."""

# In a comment of CSS a reference is one or not, by the version of Django.
_COMMENT = re.compile(r"/\*[\s\S]*?\*/")
_URL = re.compile(r"url\([ \t\n]*['\"]?[ \t\n]*([^'\"()\s]{1,500})['\"]?[ \t\n]*\)", re.IGNORECASE)
_IMPORT = re.compile(r"@import[ \t]*(?:'([^'\n]{1,500})'|\"([^\"\n]{1,500})\")", re.IGNORECASE)
_CSS_MAP = re.compile(r"^/\*#[ \t]sourceMappingURL=([^\s*]{1,500})[ \t]*\*/$", re.MULTILINE)
_JS_MAP = re.compile(r"^//# sourceMappingURL=(\S{1,500})$", re.MULTILINE)
_SCHEME = re.compile(r"[a-z]+:", re.IGNORECASE)


class Collected(NamedTuple):
    """What is collected: the app's own files by the names that they get, with their paths. `brings` tells whether
    anything at all is collected: None where only apps of others may have files; `whole` that nothing else is.
    """

    files: Mapping[str, str]
    brings: bool | None
    whole: bool


def collected(app: App, finder: Finder, settings: Settings) -> Collected:
    """The files that Django's own finders find."""
    if settings.bound("STATICFILES_FINDERS") is not False:
        return Collected({}, None, whole=False)
    files: dict[str, str] = {}
    whole = _is_known(settings, "STATICFILES_DIRS") and _is_known(settings, "INSTALLED_APPS")
    for folder in static_folders(settings):
        prefix = f"{folder.prefix}/" if folder.prefix else ""
        for name, path in _below(app, folder.path):
            files.setdefault(prefix + name, path)
    others = False
    for word in words_of(settings.installed_apps):
        found = finder.find(package_of(word.value))
        if found is None:
            others = others or word.value.partition(".apps.")[0] in djangodata.data()["static"]["apps"]
            whole = whole and word.value.startswith("django.")
        elif found.path:
            folder_of = found.path if found.kind == "namespace" else posixpath.dirname(found.path)
            for name, path in _below(app, f"{folder_of}/static"):
                files.setdefault(name, path)
    return Collected(files, True if files or others else (False if whole else None), whole and not others)


def _is_known(settings: Settings, name: str) -> bool:
    value = settings.get(name)
    return value is None or (type(value) is Items and value.complete)


def _below(app: App, folder: str) -> Iterator[tuple[str, str]]:
    """The files in a folder that are not ignored, by their paths in it."""
    prefix = f"{folder}/" if folder else ""
    for path, entry in app.tree.entries.items():
        if path.startswith(prefix) and entry.kind is Kind.FILE:
            name = path[len(prefix) :]
            if not any(part.startswith(".") or part == "CVS" or part.endswith("~") for part in name.split("/")):
                yield name, path


class Reference(NamedTuple):
    """A reference in a file: what it means, and where it stands."""

    target: str
    span: Span


def references_missing(app: App, settings: Settings, series: Series | None, found: Collected) -> Iterator[Refused]:
    """References in the app's own files to files that are not collected, where the storage wants them all."""
    backend = static_storage(settings, series)
    url = text_of(settings.get("STATIC_URL"))
    if backend.name not in djangodata.data()["storages"]["manifest"] or not url or not settings.bound("STATIC_URL"):
        return
    whitenoise = (backend.name or "").startswith("whitenoise.")
    folders = {posixpath.dirname(name) for name in found.files}
    read = told = 0
    for name, path in found.files.items():
        if not name.endswith((".css", ".js")) or read > _ALL_LIMIT or told >= _TOLD:
            continue
        content = app.tree.read(path, _SIZE_LIMIT)
        read += len(content.data)
        for reference in _references(app, name, path, url, series) if content.trouble is None else ():
            if _is_there(reference.target, found, folders):
                continue
            css = whitenoise and name.endswith(".css")
            detail = {"target": reference.target, "path": path, "storage": backend.name or ""}
            reason = "collectstatic-fancy-references" if css else OTHER
            yield Refused(reason, "static-reference-missing", reference.span, detail)
            told += 1
            break


def _is_there(target: str, found: Collected, folders: set[str]) -> bool:
    """Whether a file is collected, or may be: from an app of others."""
    if target in found.files or any(name.startswith(f"{target}/") for name in found.files):
        return True
    return not (found.whole or posixpath.dirname(target) in folders)


def _references(app: App, name: str, path: str, url: str, series: Series | None) -> Iterator[Reference]:
    text = app.tree.text(path)
    value = text.value
    rules = djangodata.data()["references"]
    patterns = []
    if name.endswith(".css"):
        comments = [match.span() for match in _COMMENT.finditer(value)]
        patterns = [(_URL, comments), (_IMPORT, comments)]
        if djangodata.since(rules["css_maps_since"], series):
            patterns.append((_CSS_MAP, []))
    elif djangodata.since(rules["js_maps_since"], series):
        patterns.append((_JS_MAP, []))
    matches = [
        match
        for pattern, hidden in patterns
        for match in pattern.finditer(value)
        if not any(start <= match.start() < end for start, end in hidden)
    ]
    for match in sorted(matches, key=lambda match: match.start()):
        target = _target(name, next(filter(None, match.groups())), url)
        if target:
            yield Reference(target, text.span(match.start(), match.end()))


def _target(name: str, said: str, url: str) -> str | None:
    """The name of the file that is meant; None for what is no static file."""
    if _SCHEME.match(said) or said.startswith("//"):
        return None
    base = url if url.startswith(("/", "http://", "https://")) else f"/{url}"
    path = unquote(said.partition("#")[0]).partition("?")[0]
    if not path or path.endswith("/") or (said.startswith("/") and not said.startswith(base)):
        return None
    whole = path.removeprefix(base) if said.startswith("/") else posixpath.join(posixpath.dirname(name), path)
    return posixpath.normpath(whole)
