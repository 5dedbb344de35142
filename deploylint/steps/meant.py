"""What would be installed by files that the build does not get to: it stops before, since a package manager's file is
missing or there are several. What is wrong with the processes is wrong whichever way that is put right, so the answer
is the sum of all that could be meant, and nothing that rests on it is certain.

Source: what the rules about package managers advise; `pip install --editable .` for a project's own files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploylint.app import REQUIREMENTS
from deploylint.facts.locks import normalised, read_toml, table
from deploylint.facts.pipfiles import read_requirements
from deploylint.facts.pipoptions import InvalidLineError
from deploylint.facts.piprequirement import judge
from deploylint.facts.project import requirements_of
from deploylint.knowledge.closure import closure
from deploylint.knowledge.distributions import Need
from deploylint.nearmiss import near_misses, requirement_lists

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from deploylint.facts.markers import Environment
    from deploylint.knowledge.closure import Declared
    from deploylint.platform import Manager
    from deploylint.steps import Build

_PIPFILE = "Pipfile"


def project_needs(build: Build) -> list[Declared] | None:
    """What the project in the root asks for; None where it does not say so in words."""
    lines = requirements_of(build.app.tree)
    try:
        parts = [judge(line, build.app.tree.exists) for line in lines or ()]
    except InvalidLineError:
        return None
    if lines is None or any(part.unknown or part.name is None for part in parts):
        return None
    return [part._replace(name=normalised(part.name or "")) for part in parts]


def names_meant(build: Build, reasons: Iterable[str], environment: Environment) -> frozenset[str] | None:
    """The distributions that could be meant where the step ended for these `reasons`; None where nobody can tell."""
    sets = [_names(build, reason, environment) for reason in reasons]
    known = [names for names in sets if names is not None]
    return frozenset().union(*known) if known and len(known) == len(sets) else None


def _names(build: Build, reason: str, environment: Environment) -> frozenset[str] | None:
    if reason == "package-manager::multiple-found":
        return _sum([_of_manager(build, item.id, environment) for item in _found(build)])
    if reason == "package-manager::pipenv-missing-lockfile":
        beside = [_of_manager(build, item.id, environment) for item in _found(build)]
        return _sum([_of_pipfile(build, environment), *beside])
    if reason == "package-manager::setup-py-only":
        return _of_project(build, environment)
    return _of_misplaced(build, environment) if reason == "package-manager::none-found" else None


def _found(build: Build) -> list[Manager]:
    return [item for item in build.platform.managers if build.app.tree.is_file(item.file)]


def _sum(sets: Sequence[frozenset[str] | None]) -> frozenset[str] | None:
    known = [names for names in sets if names is not None]
    return frozenset().union(*known) if known and len(known) == len(sets) else None


def _of_manager(build: Build, manager: str, environment: Environment) -> frozenset[str] | None:
    if manager == "pip":
        return _of_list(build, REQUIREMENTS, environment)
    lock = build.app.lock(manager)
    return lock.names if lock is not None and lock.trouble is None else None


def _of_list(build: Build, path: str, environment: Environment) -> frozenset[str] | None:
    read = read_requirements(build.app.tree, path)
    if read.problems:
        return None
    needs: list[Declared] = [item for item in read.requirements if item.name is not None]
    for item in read.requirements:
        if item.name is None:
            own = project_needs(build) if item.local_path == "." else None
            if own is None:
                return None
            needs += own
    return _grown(needs, environment)


def _of_pipfile(build: Build, environment: Environment) -> frozenset[str] | None:
    data = read_toml(build.app.tree, _PIPFILE).data
    if data is None:
        return None
    return _grown([Need(normalised(name)) for name in table(data, "packages")], environment)


def _of_misplaced(build: Build, environment: Environment) -> frozenset[str] | None:
    """Of a file that is misspelt, lies in a folder or is not committed; of the project, where there is none."""
    tree = build.app.tree
    paths = [miss.path for miss in near_misses(build.app, REQUIREMENTS) if tree.is_file(miss.path)]
    paths = paths or requirement_lists(build.app)
    if paths:
        return _sum([_of_list(build, path, environment) for path in paths])
    if tree.is_file(_PIPFILE):
        return _of_pipfile(build, environment)
    return _of_project(build, environment)


def _of_project(build: Build, environment: Environment) -> frozenset[str] | None:
    """A project that asks for nothing has its list elsewhere, or nowhere yet."""
    needs = project_needs(build)
    return _grown(needs, environment) if needs else None


def _grown(needs: Sequence[Declared] | None, environment: Environment) -> frozenset[str] | None:
    """All that comes with them; None where a condition that is not known here decides about a part."""
    if needs is None:
        return None
    whole = closure(needs, environment)
    undecided = (line.partition(";")[0] for line in whole.undecided)
    return frozenset({*whole.members, "pip", *undecided}) | whole.once_needed
