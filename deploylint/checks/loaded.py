"""What several checks ask of what the processes load: their sources, the modules of others, what is installed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from deploylint.facts.folders import ASIDE
from deploylint.steps.doubt import named_buildpacks
from deploylint.steps.versions import version_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from deploylint.checks.registry import Scene
    from deploylint.facts.requirements import Requirement
    from deploylint.imports import Step

_SOURCES = 500
"""Sources of the processes that are looked through for a word."""

_SCRIPTS = 50


def runtime() -> Mapping[str, Any]:
    """`rules/runtime.toml`."""
    from deploylint import package

    return package.table("runtime.toml")


def services() -> Mapping[str, Any]:
    """`rules/services.toml`."""
    from deploylint import package

    return package.table("services.toml")


def requirements(scene: Scene) -> Iterator[Requirement]:
    """What pip is asked to install, from every file; nothing where another package manager installs."""
    read = scene.app.requirements if scene.lock == "requirements.txt" else None
    for file in read.files if read else ():
        yield from file.requirements


def release_of(scene: Scene, name: str) -> tuple[int, int] | None:
    """The first two numbers of the version of a distribution that is pinned or locked; None where neither says one."""
    found = re.match(r"(\d{1,6})\.(\d{1,6})", version_of(scene.build, name) or "")
    return (int(found[1]), int(found[2])) if found else None


def loaded(scene: Scene) -> list[str]:
    """The sources that the processes load."""
    visits = [visit for item in scene.plan.reached if item.closure for visit in item.closure.visits.values()]
    paths = [visit.found.path for visit in visits if visit.found.has_source]
    return list(dict.fromkeys((*paths, *scene.plan.targets.values())))[:_SOURCES]


def foreign(scene: Scene, top: str) -> Step | None:
    """The first import of a module of another's, by its first part, in what the processes load."""
    for item in scene.plan.reached:
        for module, step in item.closure.foreign.items() if item.closure else ():
            if module.partition(".")[0] == top:
                return step
    return None


def installed(scene: Scene) -> frozenset[str] | None:
    """What is known to be installed; None where that is not known."""
    return next((item.known.names for item in scene.plan.reached), None)


def has_other_buildpacks(scene: Scene) -> bool:
    """Whether a buildpack beside Python's is named."""
    return any(not item.is_python for item in named_buildpacks(scene.build) or ())


def speaks_of(scene: Scene, word: str) -> bool:
    """Whether a hook, a buildpack, a command or a file that the processes read first speaks of `word`."""
    tree = scene.app.tree
    hooks = [path for path in scene.platform.data["source"]["hooks"].values() if path and tree.is_file(path)]
    profiles = [path for path in tree.entries if path == ".profile" or path.startswith(".profile.d/")]
    scripts = [path for path in tree.entries if path.endswith(".sh") and path.count("/") < 3]
    texts = [tree.read(path).data for path in (*hooks, *profiles, *scripts)[:_SCRIPTS]]
    commands = [process.command for process in scene.plan.processes]
    named = [item.said for item in named_buildpacks(scene.build) or ()]
    return any(word.encode() in text for text in texts) or any(word in text.lower() for text in (*commands, *named))


def is_test(path: str) -> bool:
    """Whether a path lies among tests, examples or documentation."""
    return not ASIDE.isdisjoint(path.lower().split("/")[:-1])
