"""REQ: requirements that pip cannot install on the platform's Linux, or finds nothing for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploylint.checks import linefixes
from deploylint.checks.registry import Problem, Scene, check
from deploylint.checks.words import listed, will_stop
from deploylint.finding import Fix, Related

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploylint.plan import Fault

_TOOLS = ("pip", "pipenv", "poetry", "uv")
_MARKERS = {"Windows": "win32", "macOS": "darwin"}
_PROJECTS = {"pipenv": "the Pipfile", "poetry": "pyproject.toml", "uv": "pyproject.toml"}


def _help(fault: Fault, text: str) -> str:
    """What to do: a lock file is not written by hand."""
    tool = fault.reason.rpartition("::")[2]
    if tool == "pip":
        return text
    text = text.replace("Remove the line", "Take it out")
    return f"{text} Do that in {_PROJECTS[tool]}, then run `{tool} lock` and commit {fault.spans[0].path}."


_KIND_WHY = {
    "system": "its files are for {wants}, and the platform is a Linux",
    "machine": "its files for Linux are for {wants}, not for {machine}",
    "library": "its files need glibc {wants} or newer, which the stack does not have",
    "python": "its files for this system are for {wants}, and the app gets Python {python}",
    "": "the lock file lists none that Python can be given",
}


@check("REQ026")
def no_file_fits(scene: Scene) -> Iterator[Problem]:
    """`install-dependencies::*/no-file`: of all the files that the lock names none is for this Python and system."""
    for fault in scene.faults(*_claims("no-file")):
        if "files" in fault.detail:
            yield _without_file(scene, fault)
            continue
        name, version, kind, fitting = (fault.detail[key] for key in ("name", "version", "kind", "fitting"))
        tool, file, python = (fault.detail[key] for key in ("tool", "file", "python"))
        wants = fault.detail["wants"].split("\n")
        why = _KIND_WHY[kind].format(
            wants=listed([*wants[:_SHOWN], *(["others"] if len(wants) > _SHOWN else [])]),
            machine=fault.detail["machine"],
            python=python,
        )
        marker = next((_MARKERS[system] for system in wants if system in _MARKERS), None) if kind == "system" else None
        advice = f"Ask for a version of {name} that has files for this platform"
        if marker:
            advice += f', or give what needs it the marker `sys_platform == "{marker}"`'
        elif fitting and fitting != python:
            advice += f", or for Python {fitting}"
        yield Problem(
            fault.spans[0],
            f"{will_stop(fault)}: {tool} finds no file of {name} {version} that it can install. There is no source in "
            f"{file}, and {why}.",
            f"{advice}; then run `{tool} lock` and commit {file}.",
            fault=fault,
        )


def _without_file(scene: Scene, fault: Fault) -> Problem:
    """What pip finds no file of, by what is known of all versions."""
    name, files, newer = (fault.detail[key] for key in ("name", "files", "newer"))
    python = scene.plan.python.value
    resolved = ".".join((python.resolved or "").split(".")[:2]) if python else ""
    project = name.partition("=")[0].partition("<")[0].partition(">")[0].partition("~")[0].partition("!")[0].strip()
    ways = [f"write `{project}{newer}`"] if newer else []
    ways += [f"ask for Python {files}"] if files in scene.platform.series else []
    advice = " or ".join(ways) or f"wait for a version of {project} that has files for it"
    return Problem(
        fault.spans[0],
        f"{will_stop(fault)}: pip finds no file of {name} for Python {resolved}. There are some up to Python {files}, "
        "and there is no source.",
        _help(fault, f"{advice[0].upper()}{advice[1:]}."),
        fault=fault,
    )


_SHOWN = 5
"""Pythons or systems that are named."""


def _claims(topic: str) -> tuple[str, ...]:
    return tuple(f"install-dependencies::{tool}/{topic}" for tool in _TOOLS)


@check("REQ016")
def package_not_for_linux(scene: Scene) -> Iterator[Problem]:
    """`install-dependencies::*/not-for-linux`: a distribution for another system, without a marker that says so."""
    for fault in scene.faults(*_claims("not-for-linux")):
        name, system, what, instead = (fault.detail[key] for key in ("name", "system", "what", "instead"))
        why = what or "its authors publish no file for any other"
        marker = f'sys_platform == "{_MARKERS[system]}"'
        marked = {
            "pip": f"Append `; {marker}`: then only {system} installs it.",
            "pipenv": f'Write `{name} = {{version = "*", sys_platform = "== \'{_MARKERS[system]}\'"}}`.',
        }.get(fault.reason.rpartition("::")[2], f"Give what needs it the marker `{marker}`.")
        span = fault.spans[0]
        yield Problem(
            span,
            f"{will_stop(fault)}, because {name} is for {system} and the platform is a Linux: {why}.",
            _help(fault, f"Write {instead}." if instead else marked),
            fix=linefixes.instead_of(scene, span, instead) if instead else linefixes.with_marker(scene, span, marker),
            fault=fault,
        )


_NOT_PUBLISHED = {
    "module": "{name} is a module of Python's own, and no package of the index has this name",
    "system": "{name} comes with an operating system or with conda, whose `pip freeze` lists it, and is not in the "
    "package index",
    "name": "the package index has no {name}",
    "list": "in {what} the package index had no {name}",
}


@check("REQ017")
def package_not_published(scene: Scene) -> Iterator[Problem]:
    """`install-dependencies::*/not-published`: the public index has no distribution of this name."""
    for fault in scene.faults(*_claims("not-published")):
        name, instead, kind, what = (fault.detail[key] for key in ("name", "instead", "kind", "what"))
        span = fault.spans[0]
        if len(fault.spans) > 1:
            yield _of_a_system(scene, fault)
            continue
        why = _NOT_PUBLISHED[kind].format(name=name, what=what)
        yield Problem(
            span,
            f"{will_stop(fault)}, because pip finds nothing to install: {why}.",
            _help(fault, _missing_help(kind, instead)),
            fix=_missing_fix(scene, fault, kind, instead),
            fault=fault,
        )


def _of_a_system(scene: Scene, fault: Fault) -> Problem:
    """Lines that `pip freeze` wrote for the Python of an operating system, or of conda: one mistake."""
    names, many = fault.detail["names"].split("\n"), len(fault.spans)
    shown = [*names[:_SHOWN], *([f"{many - _SHOWN} more"] if many > _SHOWN else [])]
    fixes = [linefixes.without(scene, span, "") for span in fault.spans]
    edits = tuple(edit for fix in fixes if fix for edit in fix.edits)
    return Problem(
        fault.spans[0],
        f"{will_stop(fault)}, because pip finds nothing to install for {many} lines, this one first: {listed(shown)} "
        "come with an operating system or with conda, whose `pip freeze` lists them, and are not in the package index.",
        f"Take the {many} lines out. In a virtual environment, `pip freeze` lists only what was installed for the app.",
        related=tuple(Related("and this line", span) for span in fault.spans[1:11]),
        fix=Fix(f"Remove the {many} lines", edits, safe=True) if edits else None,
        fault=fault,
    )


def _missing_help(kind: str, instead: str) -> str:
    if kind != "list":
        return f"Write {instead}." if instead else "Remove the line."
    own = "a package of your own needs its address (`name @ git+https://…`), or its index named in the file"
    return f"Was {instead} meant? If not, {own}." if instead else f"Correct the name or remove the line; {own}."


def _missing_fix(scene: Scene, fault: Fault, kind: str, instead: str) -> Fix | None:
    if instead:
        return linefixes.instead_of(scene, fault.spans[0], instead)
    return None if kind == "list" else linefixes.without(scene, fault.spans[0], fault.detail["name"])


@check("REQ018")
def package_refuses(scene: Scene) -> Iterator[Problem]:
    """`install-dependencies::*/refuses`: the distribution's own setup or metadata ends the installation."""
    for fault in scene.faults(*_claims("refuses")):
        name, what, instead, gone, advice = (fault.detail[key] for key in ("name", "what", "instead", "gone", "advice"))
        span = fault.spans[0]
        removed = "Remove the line: Python has it itself." if gone else "Remove the line."
        if fault.detail["headers"]:
            removed = (
                f"Remove the line if the app does not import it. If it does, write {fault.detail['headers']} in a file "
                "Aptfile, and add the buildpack heroku-community/apt before Python's."
            )
        fix = linefixes.instead_of(scene, span, instead) if instead else linefixes.without(scene, span, name)
        yield Problem(
            span,
            f"{will_stop(fault, f' while pip prepares {name}')}: {what}.",
            _help(fault, advice or (f"Write {instead}." if instead else removed)),
            fix=None if advice or fault.detail["headers"] else fix,
            fault=fault,
        )


_NO_VERSION = {
    "system": "this version comes with an operating system or with conda, and the package index does not have it",
    "nothing": "no version stands behind the `===`",
    "label": "the public index takes no versions with a + in them, and no other index is named",
}


@check("REQ035")
def version_not_published(scene: Scene) -> Iterator[Problem]:
    """`install-dependencies::*/no-such-version`: the public index cannot have, or never had, the version."""
    for fault in scene.faults(*_claims("no-such-version")):
        name, kind, advice = (fault.detail[key] for key in ("name", "kind", "advice"))
        yield Problem(
            fault.spans[0],
            f"{will_stop(fault)}, because pip finds no {name}: {_NO_VERSION[kind]}.",
            _help(fault, advice),
            fault=fault,
        )
