"""poetry.lock, as `poetry sync` judges it.

Read in the source of Poetry 2.4.1 (`poetry/packages/locker.py`, `installation/installer.py`) and observed with it on
locks written by 1.1.15, 1.5.1, 1.8.5, 2.0.1 and 2.4.1 (`tests/test_locks.py`):

- `metadata.content-hash` must be the SHA-256 of the relevant parts of pyproject.toml as JSON with sorted keys. Without
  [project] and [dependency-groups] that is the same text that every Poetry since 1.0 has hashed: the four keys
  `dependencies`, `source`, `extras` and `dev-dependencies` of [tool.poetry], null where absent, and `group` if present.
- Before 2.3 Poetry left [dependency-groups] out. 2.4.1 takes such a hash only where the first line of the lock names
  the Poetry that wrote it, and that is older than 2.3.0. Poetry 1.1 wrote no such line.
- A lock without a hash is refused, and one whose `lock-version` is not from 1 up to 3.
- Poetry looks for another Python where the current one is outside the project's range, and fails if there is none.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from deploylint.facts.locks import Lock, LockTrouble, normalised, place, read_toml, strings, table, tables
from deploylint.facts.releases import Bounds, bounds, bumped, release

if TYPE_CHECKING:
    from deploylint.facts.locks import Document
    from deploylint.text import Span, Text
    from deploylint.tree import Tree

LOCK = "poetry.lock"
MANIFEST = "pyproject.toml"

_LEGACY_KEYS = ("dependencies", "source", "extras", "dev-dependencies")
_PROJECT_KEYS = ("requires-python", "dependencies", "optional-dependencies")
_WRITTEN_BY = re.compile(r"Poetry ([^ ]+)")
_FIRST_LIMIT = 500


def read(tree: Tree) -> Lock:
    """poetry.lock in the root, and the pyproject.toml beside it."""
    lock = read_toml(tree, LOCK, lock=True)
    manifest = read_toml(tree, MANIFEST)
    text = lock.text
    trouble = lock.trouble or manifest.trouble
    if trouble is None and tree.is_file(LOCK) and tree.find(MANIFEST) is None:
        trouble = LockTrouble("no-manifest", f"{LOCK} needs the {MANIFEST} that it was made from.", text.whole)
    requires, requires_span = _requires(lock, manifest)
    names, main_only = _names(lock.data) if lock.data is not None else (None, False)
    base = Lock(LOCK, "poetry", trouble, None, "", text.whole, requires, requires_span, names, main_only)
    base = base._replace(document=lock, manifest=manifest.data)
    if trouble or lock.data is None or manifest.data is None:
        return base._replace(why="one of the two files could not be read")
    judged = _judged(base, lock.data, manifest.data, text)
    return judged if judged.fresh is False else judged._replace(trouble=_unsupported(lock.data, text))


def _requires(lock: Document, manifest: Document) -> tuple[str | None, Span | None]:
    """What Poetry holds against the Python in use: [tool.poetry.dependencies] before [project]."""
    for keys, key in ((("tool", "poetry", "dependencies"), "python"), (("project",), "requires-python")):
        value = table(manifest.data, *keys).get(key)
        if isinstance(value, str):
            return value, place(manifest.text, ".".join(keys), key)
    value = table(lock.data, "metadata").get("python-versions")
    known = manifest.data is None and isinstance(value, str)
    return (value, place(lock.text, "metadata", "python-versions")) if known else (None, None)


def _names(lock: dict[str, Any]) -> tuple[frozenset[str], bool]:
    """The locked names, and whether they are those of the main group: since lock-version 2.1 each package names its
    groups; up to 1.1 it had a category; in 2.0 nothing tells.
    """
    packages = [package for package in tables(lock.get("package")) if isinstance(package.get("name"), str)]
    told = all("groups" in package or "category" in package for package in packages)
    main = [
        package
        for package in packages
        if package.get("optional") is not True
        and ("main" in strings(package.get("groups")) or package.get("category") == "main")
    ]
    return frozenset(normalised(package["name"]) for package in (main if told else packages)), told


def _judged(base: Lock, lock: dict[str, Any], manifest: dict[str, Any], text: Text) -> Lock:
    metadata = table(lock, "metadata")
    found = metadata.get("content-hash")
    if found is None:
        return base._replace(fresh=False, why=f"{LOCK} has no content-hash")
    span = place(text, "metadata", "content-hash")
    if not _hashable(manifest):
        return base._replace(why=f"{MANIFEST} is not in the form that Poetry expects", span=span)
    try:
        wanted, older = content_hash(manifest), content_hash(manifest, groups=False)
    except (TypeError, ValueError, RecursionError):
        return base._replace(why=f"{MANIFEST} holds a value that its hash cannot hold", span=span)
    if found == wanted or (found == older and _is_before_groups(text.line(1))):
        return base._replace(fresh=True, span=span)
    why = f"{MANIFEST} has changed since {LOCK} was made: its hash is {wanted[:6]}…, not {str(found)[:6]}…"
    if found == older:
        why = f"a Poetry before 2.3 made {LOCK}: its hash leaves out [dependency-groups] of {MANIFEST}"
    return base._replace(fresh=False, why=why, span=span)


def _hashable(manifest: dict[str, Any]) -> bool:
    parts = (manifest.get("project", {}), manifest.get("dependency-groups", {}), manifest.get("tool", {}))
    return all(isinstance(part, dict) for part in parts) and isinstance(parts[2].get("poetry", {}), dict)


def content_hash(manifest: dict[str, Any], *, groups: bool = True) -> str:
    """The hash of a pyproject.toml, as Poetry makes it since 2.3, or (not `groups`) as before.

    TypeError for a value that JSON does not know, as a date.
    """
    from hashlib import sha256

    project = {key: value for key, value in table(manifest, "project").items() if key in _PROJECT_KEYS}
    group = table(manifest, "dependency-groups") if groups else {}
    poetry = table(manifest, "tool", "poetry")
    standard: dict[str, Any] = {}
    if project:
        standard["project"] = project
    if group:
        standard["dependency-groups"] = group
    legacy = {key: poetry.get(key) for key in _LEGACY_KEYS if key in poetry or not standard}
    if "group" in poetry:
        legacy["group"] = poetry["group"]
    content = {**standard, "tool": {"poetry": legacy}} if standard else legacy
    return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _is_before_groups(first: str) -> bool:
    """Whether the first line of a lock names a Poetry before 2.3.0."""
    from packaging.version import InvalidVersion, Version

    named = _WRITTEN_BY.search(first[:_FIRST_LIMIT])
    try:
        return named is not None and Version(named[1]) < Version("2.3.0")
    except InvalidVersion:
        return False


def _unsupported(lock: dict[str, Any], text: Text) -> LockTrouble | None:
    version = table(lock, "metadata").get("lock-version")
    if version is None:
        return LockTrouble("unsupported", f"{LOCK} has no lock-version.", text.whole)
    number = release(version) if isinstance(version, str) else None
    if number is None or (1,) <= number < (3,):
        return None
    message = f"Poetry 2 does not read {LOCK} of version {version}."
    return LockTrouble("unsupported", message, place(text, "metadata", "lock-version"))


_SEPARATOR = re.compile(r"[ \t]*,[ \t]*|[ \t]+")
_BLANK_AFTER = re.compile(r"([\^~=<>!])[ \t]{1,20}")
_CLAUSE = re.compile(r"(\^|~=|~|==|!=|>=|<=|>|<|)v?([0-9.]{1,60}?)(\.\*)?")


def allows(requires: str, version: str) -> bool | None:
    """Whether Poetry's constraint `requires` allows the release `version`: alternatives between `||`, in each of them
    clauses between commas or blanks, with `^` and `~` beside PEP 440's operators; a bare version is that one only.
    """
    number = release(version)
    if number is None or len(requires) > 1000:
        return None
    answers = [_allows_all(part.strip(), number) for part in requires.replace("||", "|").split("|")]
    return True if True in answers else None if None in answers else False


def _allows_all(constraint: str, version: tuple[int, ...]) -> bool | None:
    answer = True
    for part in _SEPARATOR.split(_BLANK_AFTER.sub(r"\1", constraint)):
        if part == "*":
            continue
        match = _CLAUSE.fullmatch(part)
        other = release(match[2]) if match else None
        if match is None or other is None:
            return None
        allowed = _range(match[1], other, prefix=match[3] is not None)
        if allowed is None:
            return None
        answer = answer and allowed.holds(version) != (match[1] == "!=")
    return answer


def _range(operator: str, version: tuple[int, ...], *, prefix: bool) -> Bounds | None:
    if operator == "^" and not prefix:
        return Bounds(version, bumped(version[:1])) if version[0] else None
    if operator == "~" and not prefix:
        return Bounds(version, bumped(version[:2]))
    return bounds("==" if operator in ("", "!=") else operator, version, prefix=prefix)
