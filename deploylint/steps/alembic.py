"""What Alembic runs: the `env.py` in the folder that its configuration names.

Sources: alembic 1.20.1 config.py (the options, `%(here)s`, get_prepend_sys_paths_list), script/base.py (run_env) and
command.py: which commands run it.
"""

from __future__ import annotations

import configparser
import posixpath
import re
from typing import TYPE_CHECKING

from deploylint.record import NamedTuple
from deploylint.steps.argv import inside

if TYPE_CHECKING:
    from deploylint.app import App

_LONGEST = 200_000
_HERE = "%(here)s"
_SEPARATORS = re.compile(r"[\s:,;]+")


class Environment(NamedTuple):
    """The file that is run, and the folders that come first on the module path; paths from the app root."""

    path: str
    folders: tuple[str, ...]


def environment(app: App, config: str, section: str, cwd: str) -> Environment | None:
    """What a configuration at the path `config` has Alembic run in `cwd`; None where that cannot be told."""
    data = app.tree.read(config).data
    if not config.endswith(".ini") or len(data) > _LONGEST:
        return None
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(data.decode())
        location = parser.get(section, "script_location")
        paths = parser.get(section, "prepend_sys_path", fallback="")
    except (configparser.Error, UnicodeDecodeError):
        return None
    here = posixpath.dirname(config)
    folder = _inside(location, here, cwd)
    folders = [_inside(part, here, cwd) for part in _SEPARATORS.split(paths) if part]
    known = tuple(one for one in folders if one is not None)
    if folder is None or len(known) != len(folders):
        return None
    return Environment(posixpath.join(folder, "env.py"), known)


def _inside(written: str, here: str, cwd: str) -> str | None:
    """A path of the configuration, from the app root; None for a folder of a package, or what is not known."""
    plain = written.strip()
    if plain.startswith(_HERE):
        return inside(here, plain.removeprefix(_HERE).lstrip("/") or ".")
    return None if "%(" in plain or ":" in plain else inside(cwd, plain)
