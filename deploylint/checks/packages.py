"""REQ: package managers and dependencies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploylint.app import REQUIREMENTS
from deploylint.checks import linefixes
from deploylint.checks.registry import Problem, Scene, check
from deploylint.checks.source import empty_requirements_fix, missing_requirements
from deploylint.checks.words import about_near_miss, listed, rename_fix, will_stop
from deploylint.finding import Create, Fix, Related, Severity
from deploylint.nearmiss import requirement_lists
from deploylint.plan import Status
from deploylint.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploylint.plan import Fault


@check("REQ001")
def package_manager_missing(scene: Scene) -> Iterator[Problem]:
    """`package-manager::none-found`."""
    for fault in scene.faults("package-manager::none-found"):
        misses = missing_requirements(scene)
        lists = [] if misses else requirement_lists(scene.app)
        here = misses[0].path if misses and scene.app.tree.is_file(misses[0].path) else next(iter(lists), None)
        files = [manager.file for manager in scene.platform.managers]
        unseen = [name for name in files if name != REQUIREMENTS and scene.app.untracked(name)]
        advice = [about_near_miss(miss, REQUIREMENTS, scene.dropper) for miss in misses[:2]]
        advice += [f"{name} lies on the disk, but git does not track it: add and commit it." for name in unseen]
        yield Problem(
            Span(here) if here else fault.spans[0],
            f"{will_stop(fault)}: none of {listed(files, 'or')} is in the root of the app, so the buildpack does not "
            "know what to install.",
            " ".join(advice) or _how_to_declare(scene, lists),
            fix=rename_fix(misses, REQUIREMENTS) or (None if misses or lists else empty_requirements_fix(scene)),
            fault=fault,
        )


def _how_to_declare(scene: Scene, lists: list[str]) -> str:
    tree = scene.app.tree
    if lists:
        which = "" if len(lists) == 1 else f" (or another of the {len(lists)} lists, whichever the app needs to run)"
        return f"Add a requirements.txt to the root that says `-r {lists[0]}`{which}."
    if tree.is_file("pyproject.toml"):
        poetry = b"[tool.poetry" in tree.read("pyproject.toml").data
        tool = "poetry" if poetry else "uv"
        return (
            f"Run `{tool} lock` and commit {tool}.lock, or add a requirements.txt: pyproject.toml alone is not enough."
        )
    return "Add a requirements.txt; an empty one is enough for an app without dependencies."


@check("REQ002")
def setup_py_only(scene: Scene) -> Iterator[Problem]:
    """`package-manager::setup-py-only`."""
    for fault in scene.faults("package-manager::setup-py-only"):
        misses = missing_requirements(scene)
        yield Problem(
            fault.spans[0],
            f"{will_stop(fault)}: setup.py alone no longer tells the buildpack how to install the app.",
            " ".join(about_near_miss(miss, REQUIREMENTS, scene.dropper) for miss in misses[:1])
            or "Add a requirements.txt that says `--editable .`.",
            fix=rename_fix(misses, REQUIREMENTS)
            if misses
            else Fix(
                "Create a requirements.txt that installs the project",
                (Create(REQUIREMENTS, "--editable .\n"),),
                safe=True,
            ),
            fault=fault,
        )


@check("REQ003")
def several_package_managers(scene: Scene) -> Iterator[Problem]:
    """`package-manager::multiple-found`."""
    for fault in scene.faults("package-manager::multiple-found"):
        files = [span.path for span in fault.spans]
        yield Problem(
            fault.spans[0],
            f"{will_stop(fault)}: {listed(files)} belong to different package managers, and the buildpack accepts "
            "exactly one.",
            "Keep the one that you use and delete the others from git.",
            related=tuple(Related("and this one", span) for span in fault.spans[1:]),
            fault=fault,
        )


@check("REQ004")
def lock_file_missing(scene: Scene) -> Iterator[Problem]:
    """`package-manager::pipenv-missing-lockfile`."""
    for fault in scene.faults("package-manager::pipenv-missing-lockfile"):
        lock = fault.detail["lock"]
        unseen = scene.app.untracked(lock)
        ignored = scene.app.left_out(lock)
        why = ", which git does not track" if unseen else f", which {scene.dropper} removes" if ignored else ""
        yield Problem(
            fault.spans[0],
            f"{will_stop(fault)}: {fault.spans[0].path} is there without its {lock}{why}.",
            f"Commit {lock}."
            if unseen
            else f"Take {lock} out of {scene.dropper}."
            if ignored
            else f"Run `pipenv lock` and commit {lock}, or delete {fault.spans[0].path}.",
            fault=fault,
        )


_PIP_WORDS = {
    "invalid-line": "because pip refuses {line}: {what}",
    "undecodable": "because pip cannot read this file: {what}",
    "missing-include": "because pip cannot read a file that is named here: {what}",
    "outside-include": "because pip looks outside the app here: {what}",
    "directory": "because pip cannot read a file that is named here: {what}",
    "cycle": "because pip cannot come to an end: {what}",
    "options-clash": "because pip cannot follow two options here: {what}",
    "link-unusable": "because pip cannot fetch what this line names: {what}",
}

_PIP_HELP = {
    "invalid-line": "Write a requirement such as `name==1.2.3`, or remove the line.",
    "undecodable": "Save the file as UTF-8.",
    "missing-include": "Commit the file, or correct the path: it is taken from the folder of the file that names it.",
    "outside-include": "Bring the file into the app.",
    "directory": "Name the file inside the folder.",
    "cycle": "Remove this line.",
    "options-clash": "Keep one of the two.",
    "link-unusable": "Write `name @ git+https://…` for a repository, `name @ https://…` for an archive.",
}


@check("REQ005")
def requirements_not_installable(scene: Scene) -> Iterator[Problem]:
    """`install-dependencies::pip`, as far as the requirements files alone decide it."""
    for fault in scene.faults(*(f"install-dependencies::pip/{kind}" for kind in _PIP_WORDS)):
        what = fault.detail["what"].rstrip(".")
        more = len(fault.spans) - 1
        line = f"this line and {more} more" if more else "this line"
        yield Problem(
            fault.spans[0],
            f"{will_stop(fault)}, {_PIP_WORDS[fault.topic].format(what=what, line=line)}.",
            _usual_mistake(fault) or _PIP_HELP[fault.topic],
            related=tuple(Related("and this line", span) for span in fault.spans[1:11]),
            fault=fault,
        )


_MISTAKES = {
    "merge": "Resolve the merge conflict that left this line.",
    "nul": "Save the file as UTF-8.",
    "table": "This is what `pip list` prints for people: write the file with `pip freeze > requirements.txt`.",
    "conda": "This is a list of conda's, which pip does not read: write `name==version` for what the app needs, or run "
    "`pip list --format=freeze` in the environment.",
    "yaml": "This is an environment.yml of conda's, which pip does not read: write one `name==version` per line.",
    "pipfile": "This is how a Pipfile is written: a requirements file has one `name==version` per line.",
    "output": "This is what pip printed beside the list: remove the line.",
    "windows": "A path of a Windows computer means nothing on the platform: write a name and version, `name==1.2.3`.",
    "egg": "Write `-e {0}`: only a link takes #egg=, a path does not.",
    "scp": "Write the address as `git+https://{0}/{1}`: pip takes no `git@host:path`.",
    "git": "Write the address as `git+https://{0}/{1}`: pip takes git's addresses with `git+` before them.",
    "one-equals": "Write `{0}=={1}`, with two equals signs.",
    "blank": "Write `{0}=={1}`, with two equals signs.",
}


def _usual_mistake(fault: Fault) -> str:
    """What to do about the mistakes that are seen most; empty for any other."""
    kind, parts = fault.detail.get("mistake", ""), fault.detail.get("parts", "").split("\n")
    if kind == "command":
        what = f"write `{parts[0][:60]}`" if parts[0] else "remove the line"
        return f"A requirements file lists packages, not commands: {what}."
    if kind == "conda" and len(fault.spans) == 1 and parts[0]:
        kind = "one-equals"
    return _MISTAKES[kind].format(*(part[:60] for part in parts)) if kind in _MISTAKES else ""


@check("REQ006")
def managed_by_platform(scene: Scene) -> Iterator[Problem]:
    """A tool that the platform installs itself is declared by the app, where the platform does not want that."""
    requirements = scene.app.requirements if scene.plan.detection.status is Status.OK else None
    if requirements is None:
        return
    for requirement in requirements.requirements:
        tool = scene.platform.data["tools"].get(requirement.name or "")
        # A constraint installs nothing.
        if not tool or requirement.constraint or ("documented" not in tool and "stands_for" not in tool):
            continue
        name = tool.get("stands_for", requirement.name)
        row = scene.platform.data["tools"][name]
        versions = row["version"]
        if row["documented"] != versions:
            versions += f" (the documentation says {row['documented']})"
        yield Problem(
            requirement.span,
            f"The platform installs {name} {versions} itself and asks apps not to list {requirement.name}: the build "
            "may behave unexpectedly.",
            f"Remove {requirement.written or requirement.name} from {requirement.span.path}.",
            fix=linefixes.without(scene, requirement.span, requirement.name or ""),
        )


@check("REQ007")
def pip_pinned(scene: Scene) -> Iterator[Problem]:
    """Today's platforms let the app replace pip: legal, and rarely meant."""
    requirements = scene.app.requirements
    tool = scene.platform.data["tools"].get("pip")
    if requirements is None or not tool or "documented" in tool or scene.lock != REQUIREMENTS:
        return
    for requirement in requirements.requirements:
        if requirement.name == "pip" and requirement.specifier and not requirement.constraint:
            # A pip of its own is not in the app, so that nothing is replaced there.
            then = (
                " from a layer of its own; this line adds another one to the app, which nothing of the build calls"
                if tool.get("apart")
                else "; this line then replaces it in the app, which the build does not need and which slows every "
                "build down"
            )
            yield Problem(
                requirement.span,
                f"The buildpack installs with pip {tool['version']}{then}.",
                "Remove the line unless the app itself runs pip.",
                Severity.NOTE,
            )


_TOOLS = ("pip", "pipenv", "poetry", "uv")


@check("REQ008")
def lock_file_unreadable(scene: Scene) -> Iterator[Problem]:
    """`install-dependencies::*/lock-unreadable`: the tool cannot read its lock file, or has no project file to it."""
    help_ = "Mend it, then run `{tool} lock` and commit {file}."
    yield from _lock_problems(scene, "lock-unreadable", "{what}, so {manager} refuses it", help_)


@check("REQ009")
def lock_file_outdated(scene: Scene) -> Iterator[Problem]:
    """`install-dependencies::*/lock-outdated`: the lock file was not written for the project as it is now."""
    help_ = "Run `{tool} lock` and commit {file}."
    yield from _lock_problems(scene, "lock-outdated", "{file} is out of date. {what}", help_)


@check("REQ010")
def python_forbidden(scene: Scene) -> Iterator[Problem]:
    """`install-dependencies::*/python-forbidden`: the project does not allow the Python that the platform installs."""
    why = "the project does not allow the Python that it gets; {what}"
    help_ = "Ask for a Python that it allows, or widen what it allows{lock}."
    yield from _lock_problems(scene, "python-forbidden", why, help_)


def _lock_problems(scene: Scene, topic: str, why: str, help_: str) -> Iterator[Problem]:
    """The faults of one topic; `why` and `help_` are filled in with what the fault tells."""
    for fault in scene.faults(*(f"install-dependencies::{tool}/{topic}" for tool in _TOOLS)):
        locked = fault.detail["tool"] != "pip"
        detail = {**fault.detail, "what": fault.detail["what"].rstrip("."), "lock": " and lock anew" if locked else ""}
        message = f"{will_stop(fault)}: {why.format(**detail)}."
        yield Problem(fault.spans[0], message, help_.format(**detail), fault=fault)


@check("REQ030")
def tool_version_refused(scene: Scene) -> Iterator[Problem]:
    """`install-dependencies::*/tool-version`: the project asks for another version of its tool."""
    for fault in scene.faults("install-dependencies::uv/tool-version", "install-dependencies::poetry/tool-version"):
        manager, wanted, running = (fault.detail[key] for key in ("manager", "wanted", "running"))
        stops = will_stop(fault)
        if not fault.certain and "unless" not in fault.detail:
            stops = f"Unless the platform has got a newer {manager} since {scene.platform.as_of}, the build will stop"
        yield Problem(
            fault.spans[0],
            f"{stops}: the project asks for {manager} `{wanted}`, the platform has {running}, and "
            f"{manager} refuses to work with another version.",
            f"Allow {running} here, or remove the line: the platform chooses the version of {manager} by itself.",
            fault=fault,
        )
