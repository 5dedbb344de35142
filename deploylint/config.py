"""The configuration file: `deploylint.toml`, or `[tool.deploylint]` of pyproject.toml.

It is looked for in the app root, then in the repository root; the first that is there counts, nothing is merged. It may
be hostile, so it can set a fixed list of keys only: nothing that writes, reads elsewhere, or chooses what is judged.
"""

from __future__ import annotations

import os
import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from deploylint.compat import is_costly_toml, tomllib
from deploylint.errors import UsageError, nearest
from deploylint.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FILE = "deploylint.toml"
PYPROJECT = "pyproject.toml"
_LIMIT = 512 * 1024
_PATTERNS = 1000
# Our table as people write it, at the begin of a line.
_TABLE = re.compile(rb"^[ \t]*(?:\[[ \t]*tool[ \t]*\.[ \t]*deploylint|\[tool\]|tool[ \t]*=)", re.MULTILINE)

# Each key with the type of its value; the command line has an option of the same name for each.
KEYS: Mapping[str, str] = {
    "platform": "a string or a list of strings",
    "stack": "a string",
    "buildpacks": "a list of strings",
    "config-vars": "a list of strings",
    "select": "a list of strings",
    "ignore": "a list of strings, or a table of rule = reason",
    "extend-select": "a list of strings",
    "per-file-ignores": "a table of pattern = list of rules",
    "fail-on": "a string",
    "statistics": "true or false",
}


class Config(NamedTuple):
    """The values of a configuration file by key; `source` is the file, None where there is none."""

    values: Mapping[str, Any] = MappingProxyType({})
    source: Path | None = None


def find_config(app_root: Path, repository_root: Path | None) -> Config:
    """The configuration that counts for the app in `app_root`."""
    for folder in dict.fromkeys([app_root, repository_root or app_root]):
        for name in (FILE, PYPROJECT):
            path = folder / name
            if os.path.isfile(path) and not _leaves(path, repository_root or app_root):
                config = read_config(path, required=False)
                if config is not None:
                    return config
    return Config()


def _leaves(path: Path, root: Path) -> bool:
    return not path.resolve().is_relative_to(root.resolve())


def read_config(path: Path, *, required: bool = True) -> Config | None:
    """The configuration in `path`; None, where it is not required, for a pyproject.toml without [tool.deploylint].
    UsageError for a file that cannot be read, is not TOML, or holds what is not known.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_LIMIT + 1)
    except OSError as error:
        if path.name == PYPROJECT and not required:
            return None
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from None
    if path.name == PYPROJECT and not _TABLE.search(data):
        # No table of ours: what else is wrong with the file is the app's business.
        return Config(source=path) if required else None
    if len(data) > _LIMIT:
        raise UsageError(f"{path}: too large for a configuration file")
    table = _table(path, data)
    if table is None:
        return Config(source=path) if required else None
    return Config({key: _value(key, value, path) for key, value in table.items()}, path)


def _table(path: Path, data: bytes) -> dict[str, Any] | None:
    """Our table of a file; None for a pyproject.toml that has none."""
    try:
        text = data.decode("utf-8")
        if is_costly_toml(text):
            raise UsageError(f"{path}: keys with too many dots")
        tables: object = tomllib.loads(text)
    except UnicodeDecodeError:
        raise UsageError(f"{path}: not UTF-8") from None
    except RecursionError:
        raise UsageError(f"{path}: nested too deeply") from None
    except ValueError as error:  # TOMLDecodeError is one, and so is a number of too many digits
        raise UsageError(f"{path}: not valid TOML: {error}") from None
    if path.name == PYPROJECT:
        for key in ("tool", "deploylint"):
            tables = tables.get(key) if isinstance(tables, dict) else None
    if tables is not None and not isinstance(tables, dict):
        raise UsageError(f"{path}: [tool.deploylint] must be a table")
    return tables


def _value(key: str, value: object, path: Path) -> object:
    if key not in KEYS:
        raise UsageError(f"{path}: unknown key: {key}{nearest(key, KEYS)}")
    if not _fits(key, value):
        raise UsageError(f"{path}: {key} must be {KEYS[key]}")
    if key == "per-file-ignores" and isinstance(value, dict) and len(value) > _PATTERNS:
        raise UsageError(f"{path}: {key} has more than {_PATTERNS} patterns")
    if key == "ignore" and isinstance(value, dict):
        return list(value)
    if key == "platform" and isinstance(value, str):
        return [value]
    return value


def _fits(key: str, value: object) -> bool:
    wanted = KEYS[key]
    if isinstance(value, str):
        return wanted.startswith("a string")
    if isinstance(value, bool):
        return wanted == "true or false"
    if isinstance(value, list):
        return "list of strings" in wanted and all(isinstance(item, str) for item in value)
    if isinstance(value, dict):
        if key == "ignore":
            return all(isinstance(item, str) for item in value.values())
        return "a table of pattern" in wanted and all(
            isinstance(item, list) and all(isinstance(word, str) for word in item) for item in value.values()
        )
    return False
