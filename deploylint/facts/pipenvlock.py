"""Pipfile.lock, as `pipenv install --deploy` judges it.

Read in the source of Pipenv 2026.7.1 (`pipenv/project.py`, `utils/project.py`, `routines/install.py`) and observed with
it (`tests/test_locks.py`):

- `_meta.hash.sha256` must be the hash of the Pipfile's sources, `requires` and packages of every category, as JSON with
  sorted keys; `[scripts]`, `[pipenv]` and `[pipfile]` do not count. Since 2026.4.0 the names of packages are normalised
  first, so a lock that an older Pipenv wrote for a Pipfile with `Django` in it is refused until it is locked anew.
- Where the Pipfile names no source, pip's configuration on the machine decides about the hash: unknown here.
- A lock that is no JSON, or has no hash, counts as out of date; one without `_meta` is given that of the Pipfile.
- `[requires]` of the Pipfile, `python_full_version` first, is compared with the Python in use, and ends the build.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from deploylint.facts.locks import (
    MANIFEST_LIMIT,
    Entry,
    Lock,
    LockTrouble,
    conflict_in,
    normalised,
    parse_toml,
    place,
    read_text,
    table,
    tables,
)
from deploylint.facts.pipsources import is_public
from deploylint.facts.releases import release, within
from deploylint.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from deploylint.facts.locks import Document
    from deploylint.text import Span
    from deploylint.tree import Tree

LOCK = "Pipfile.lock"
MANIFEST = "Pipfile"

_SECTIONS = frozenset({"source", "packages", "dev-packages", "requires", "scripts", "pipfile", "pipenv"})
_NOT_CATEGORIES = _SECTIONS | {"default", "develop"}
_SOURCE_KEYS = {"name": str, "url": str, "verify_ssl": bool}


def read(tree: Tree) -> Lock:
    """Pipfile.lock in the root, and the Pipfile beside it."""
    lock = _lock(tree)
    manifest = _manifest(tree)
    text = lock.text
    trouble = lock.trouble or manifest.trouble
    if trouble is None and tree.is_file(LOCK) and tree.find(MANIFEST) is None:
        trouble = LockTrouble("no-manifest", f"{LOCK} needs the {MANIFEST} that it was made from.", text.whole)
    requires, requires_span = _requires(manifest)
    names = None if lock.data is None else frozenset(map(normalised, table(lock.data, "default")))
    base = Lock(LOCK, "pipenv", trouble, None, "", text.whole, requires, requires_span, names, main_only=True)
    base = base._replace(document=lock)
    if lock.data is not None and trouble is None:
        base = base._replace(entries=tuple(_entries(lock.data, text)))
    if trouble or lock.data is None or manifest.data is None:
        return base._replace(why="one of the two files could not be read")
    return _judged(base, lock.data, manifest.data, text)


def _lock(tree: Tree) -> Document:
    document = read_text(tree, LOCK)
    text = document.text
    if document.trouble or not tree.is_file(LOCK):
        return document
    try:
        data = json.loads(text.value)
    except json.JSONDecodeError as error:
        span = text.line_span(text.place(error.pos)[0])
        broken = LockTrouble("unparseable", f"{LOCK} is not valid JSON: {error.msg}.", span)
        return document._replace(trouble=conflict_in(text) or broken)
    except (ValueError, RecursionError):
        return document  # very long numbers, very deep nesting
    if not isinstance(data, dict):
        return document._replace(trouble=LockTrouble("unparseable", f"{LOCK} holds no JSON object.", text.whole))
    return document._replace(data=data)


def _entries(lock: dict[str, Any], text: Text) -> Iterator[Entry]:
    """What is installed from repositories, and from the public index; of the latter nothing where the lock names
    another one.
    """
    sources = table(lock, "_meta").get("sources")
    urls = [item.get("url") for item in tables(sources)] if isinstance(sources, list) else []
    public = bool(urls) and all(isinstance(url, str) and is_public(url) for url in urls)
    for name, package in table(lock, "default").items():
        if not isinstance(package, dict) or not isinstance(package.get("markers", ""), str):
            continue
        repository, version = package.get("git"), package.get("version")
        is_git = isinstance(repository, str) and repository != ""
        if is_git or (public and isinstance(version, str)):
            at = text.value.find(f'"{name}": {{')
            span = text.line_span(text.place(at)[0]) if at >= 0 else text.whole
            found = Entry(normalised(name), "" if is_git else str(version), package.get("markers", ""), span)
            yield found._replace(repository=repository) if isinstance(repository, str) else found


def _manifest(tree: Tree) -> Document:
    """The Pipfile, which Pipenv reads in text mode: a lone carriage return ends a line too."""
    document = read_text(tree, MANIFEST, MANIFEST_LIMIT)
    if document.trouble or not tree.is_file(MANIFEST):
        return document
    text = Text(MANIFEST, document.text.value.replace("\r", "\n"))
    return parse_toml(text, text.value)


def _requires(manifest: Document) -> tuple[str | None, Span | None]:
    requires = table(manifest.data, "requires")
    for key in ("python_full_version", "python_version"):
        value = requires.get(key)
        if isinstance(value, str) and value:
            return (None, None) if value == "*" else (value, place(manifest.text, "requires", key))
    return None, None


def _judged(base: Lock, lock: dict[str, Any], manifest: dict[str, Any], text: Text) -> Lock:
    doubt = _doubt(manifest)
    if doubt:
        return base._replace(why=doubt)
    try:
        wanted, older = pipfile_hash(manifest), pipfile_hash(manifest, normal=False)
    except (TypeError, ValueError, RecursionError):
        return base._replace(why="the Pipfile holds a value that its hash cannot hold")
    meta = lock.get("_meta")
    if not meta:  # Pipenv writes it anew, with the older form of the hash
        fresh = wanted == older
        why = "" if fresh else f"{LOCK} has no hash of the {MANIFEST}"
        return base._replace(fresh=fresh, why=why)
    found = table(meta, "hash").get("sha256") or ""
    if not isinstance(meta, dict) or not isinstance(found, str) or not isinstance(meta.get("hash", {}), dict):
        return base._replace(why=f"the hash in {LOCK} is no text")
    span = _hash_span(text, found)
    if found == wanted:
        return base._replace(fresh=True, span=span)
    if found == older:
        why = f"Pipenv before 2026.4 hashed the names in the {MANIFEST} as they are written, and not normalised"
    elif found:
        why = f"the {MANIFEST} has changed since {LOCK} was made: its hash is {wanted[:6]}…, not {found[:6]}…"
    else:
        why = f"{LOCK} has no hash of the {MANIFEST}"
    return base._replace(fresh=False, why=why, span=span)


def _hash_span(text: Text, found: str) -> Span:
    at = text.value.find(f'"{found}"') if found else -1
    return text.whole if at < 0 else text.span(at, at + len(found) + 2)


def _doubt(manifest: dict[str, Any]) -> str:
    """Why the hash of the Pipfile cannot be known; the empty string where it can."""
    sources = manifest.get("source")
    if sources is None:
        return f"the {MANIFEST} names no source, so pip's configuration decides about its hash"
    valid = isinstance(sources, list) and len(list(tables(sources))) == len(sources)
    if not valid or not all(isinstance(item.get(key), kind) for item in sources for key, kind in _SOURCE_KEYS.items()):
        return f"the sources of the {MANIFEST} are not in the form that Pipenv expects"
    parts = [value for key, value in manifest.items() if key not in {"source", "scripts", "pipfile", "pipenv"}]
    return "" if all(isinstance(part, dict) for part in parts) else f"the {MANIFEST} holds values outside its tables"


def pipfile_hash(manifest: Mapping[str, Any], *, normal: bool = True) -> str:
    """The hash of a Pipfile that has sources: as Pipenv makes it since 2026.4.0, else (not `normal`) as before.

    TypeError for a value that JSON does not know, as a date.
    """
    from hashlib import sha256

    def section(value: Mapping[str, Any]) -> dict[str, Any]:
        return {normalised(name) if normal else name: package for name, package in value.items()}

    hashed = {
        "_meta": {"sources": manifest["source"], "requires": manifest.get("requires", {})},
        "default": section(manifest.get("packages", {})),
        "develop": section(manifest.get("dev-packages", {})),
    }
    hashed.update({key: section(value) for key, value in manifest.items() if key not in _NOT_CATEGORIES})
    return sha256(json.dumps(hashed, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def allows(requires: str, version: str) -> bool | None:
    """Whether Pipenv takes `version` for `requires`: a specifier where there is an operator in it, else as many numbers
    as are given. Source: `_python_version_matches_required` in `pipenv/utils/project.py` of 2026.7.1.
    """
    if any(operator in requires for operator in "<>") or "!=" in requires or "~=" in requires:
        return within(requires, version)
    wanted, actual = release(requires), release(version)
    if wanted is None or actual is None or len(wanted) > 3:
        return None
    return actual == wanted if len(wanted) == 3 else actual[: len(wanted)] == wanted
