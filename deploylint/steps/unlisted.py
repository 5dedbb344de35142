"""Requirements whose names the list of all names of the public index does not have.

A list is of some month, and a package may be newer; so this is never certain. Nothing is said where pip may look
elsewhere: another index or folder of packages, a variable of pip's in app.json or project.toml, a buildpack or hook
that may set one, or a project of the app's own that may have the name.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from deploylint.knowledge import misspelt, names, refusals
from deploylint.steps.doubt import changing_buildpack

if TYPE_CHECKING:
    from collections.abc import Iterable

    from deploylint.facts.requirements import Requirements
    from deploylint.knowledge.refusals import Refusal
    from deploylint.steps import Build

_TOLD = 20
_VARIABLE = re.compile(r"(?:PIP|PIPENV|UV|POETRY)_[A-Z_]+(?:=|$)")
_PROJECT_FILES = ("pyproject.toml", "setup.cfg", "setup.py")
_NAMED = re.compile(r"^[ \t]*name[ \t]*=(.*)$", re.MULTILINE)
_PROJECT_LIMIT = 256 * 1024
_LOCAL = 20


def missing(build: Build, wanted: Iterable[str], requirements: Requirements | None = None) -> dict[str, Refusal]:
    """What there is to say of those of the normalised names `wanted` that the list does not have; of so many names."""
    absent = [name for name in sorted(set(wanted)) if not names.may_exist(name)][:_TOLD]
    if not absent or build.platform.is_stale(build.today) or _may_be_elsewhere(build):
        return {}
    own = _own_words(build, requirements) if requirements else ""
    return {name: _refusal(name) for name in absent if not re.search(_written(name), own)}


def _refusal(name: str) -> Refusal:
    near = misspelt.meant(name)
    # What was meant may itself be a name of the past.
    instead = refusals.instead_of(near) or near
    return refusals.Refusal("not-published", why=names.head().month, kind="list", instead=instead, certain=False)


def _may_be_elsewhere(build: Build) -> bool:
    """Whether something beside the requirements may have pip look in another place than the public index."""
    app = build.app
    path: str = build.platform.data["source"]["hooks"]["before"]
    hook = app.hook(path) if path else None
    if (hook and hook.speaks_of("pip")) or changing_buildpack(build, brings=True):
        return True
    variables = [*build.config_vars]
    variables += [word.value for word in app.app_json.variables] if app.app_json else ()
    variables += [variable.name for variable in app.descriptor.variables] if app.descriptor else ()
    return any(map(_VARIABLE.match, variables))


def _own_words(build: Build, requirements: Requirements) -> str:
    """Where the names of projects may stand that are installed from a link or a folder."""
    words: list[str] = []
    for found in islice((one for one in requirements.requirements if one.name is None), _LOCAL):
        words.append(found.written)
        folder = found.local_path
        for file in _PROJECT_FILES if folder is not None else ():
            path = f"{folder}/{file}".removeprefix("./")
            if build.app.tree.is_file(path):
                text = build.app.tree.read(path, _PROJECT_LIMIT).data.decode("utf-8", "replace")
                # What else stands in a pyproject.toml may be what the project needs.
                words += _NAMED.findall(text) if file == "pyproject.toml" else [text]
    return "\n".join(words)


def _written(name: str) -> str:
    """A pattern for all spellings of a normalised name."""
    return f"(?i:{re.escape(name).replace(chr(92) + '-', '[-_.]+')})"
