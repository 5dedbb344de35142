"""What the app's own hooks install: by name, as in `pip install gunicorn`, or in a way that cannot be told.

Source: pip 26.2.1, `pip install --help`. The commands of a hook are not followed: each line of it counts, whether it
runs or not, so that what a branch installs is taken for installed.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from deploylint import package
from deploylint.facts.pipoptions import InvalidLineError
from deploylint.facts.piprequirement import judge, normalised

if TYPE_CHECKING:
    from deploylint.knowledge.closure import Declared
    from deploylint.steps import Build

_COMMANDS = re.compile(r"[\n;&|]+")
_PIP = re.compile(r"(?:(?:\S*/)?python(?:3(?:\.\d+)?)? -m )?(?:\S*/)?pip3?")
_SHELL = re.compile(r"[$`*?<>(){}\\]")
_NAMED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(?:\[[A-Za-z0-9,._-]+\])?(?:[=<>!~]=?=?.*)?")
_FLAGS = frozenset(
    {
        "-q",
        "--quiet",
        "-U",
        "--upgrade",
        "--no-cache-dir",
        "--disable-pip-version-check",
        "--no-input",
        "-v",
        "--verbose",
    }
)
_FILES = (".whl", ".zip", ".gz", ".txt")


def installed_by_hooks(build: Build) -> list[Declared] | None:
    """The requirements that the hooks of the app install; None where they may install what cannot be told."""
    tree, hooks = build.app.tree, build.platform.data["source"]["hooks"]
    if tree.is_file("conda-requirements.txt"):
        return None
    found: list[Declared] = []
    for path in filter(None, (hooks["before"], hooks["after"])):
        data = tree.read(path).data if tree.is_file(path) else b""
        named = _of_hook(build, data.decode("utf-8", "replace")) if b"install" in data else []
        if named is None:
            return None
        found += named
    return found


def _of_hook(build: Build, hook: str) -> list[Declared] | None:
    elsewhere = package.table("installers.toml")["elsewhere"]["commands"]
    found: list[Declared] = []
    for line in _COMMANDS.split(hook):
        command = line.strip()
        if "install" in command and not command.startswith("#") and command.partition(" ")[0] not in elsewhere:
            named = _of_command(build, command)
            if named is None:
                return None
            found += named
    return found


def _of_command(build: Build, command: str) -> list[Declared] | None:
    """What one command installs, where it is a plain `pip install` of names."""
    before, _, rest = command.partition(" install ")
    # What shells make of their signs may be anything; within quotes `<` and `>` belong to a version.
    if not _PIP.fullmatch(before) or _SHELL.search(re.sub(r"'[^'$`]*'|\"[^\"$`]*\"", "", rest)):
        return None
    try:
        words = [word for word in shlex.split(rest, comments=True) if word not in _FLAGS]
        if any(not _NAMED.fullmatch(word) or word.endswith(_FILES) or build.app.tree.may_exist(word) for word in words):
            return None
        parts = [judge(word, build.app.tree.exists) for word in words]
    except (ValueError, InvalidLineError):
        return None
    if any(part.unknown or part.name is None for part in parts):
        return None
    return [part._replace(name=normalised(part.name or "")) for part in parts]
