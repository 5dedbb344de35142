"""REQ: requirements that pip cannot install on the platform's Linux, or finds nothing for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploylint.checks import linefixes
from deploylint.checks.registry import Problem, Scene, check
from deploylint.checks.words import will_stop

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploylint.plan import Fault

_TOOLS = ("pip", "pipenv")
_MARKERS = {"Windows": "win32", "macOS": "darwin"}


def _help(fault: Fault, text: str) -> str:
    """What to do: a lock file is not written by hand."""
    if "::pipenv" not in fault.reason:
        return text
    text = text.replace("Remove the line", "Take it out")
    return f"{text} Do that in the Pipfile, then run `pipenv lock` and commit Pipfile.lock."


def _claims(topic: str) -> tuple[str, ...]:
    return tuple(f"install-dependencies::{tool}/{topic}" for tool in _TOOLS)


@check("REQ016")
def package_not_for_linux(scene: Scene) -> Iterator[Problem]:
    """`install-dependencies::*/not-for-linux`: a distribution for another system, without a marker that says so."""
    for fault in scene.faults(*_claims("not-for-linux")):
        name, system, what, instead = (fault.detail[key] for key in ("name", "system", "what", "instead"))
        why = what or "its authors publish no file for any other"
        marker = f'sys_platform == "{_MARKERS[system]}"'
        locked = "::pipenv" in fault.reason
        marked = f'Write `{name} = {{version = "*", sys_platform = "== \'{_MARKERS[system]}\'"}}`.'
        marked = marked if locked else f"Append `; {marker}`: then only {system} installs it."
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
}


@check("REQ017")
def package_not_published(scene: Scene) -> Iterator[Problem]:
    """`install-dependencies::*/not-published`: the public index has no distribution of this name."""
    for fault in scene.faults(*_claims("not-published")):
        name, instead, kind = (fault.detail[key] for key in ("name", "instead", "kind"))
        span = fault.spans[0]
        yield Problem(
            span,
            f"{will_stop(fault)}, because pip finds nothing to install: {_NOT_PUBLISHED[kind].format(name=name)}.",
            _help(fault, f"Write {instead}." if instead else "Remove the line."),
            fix=linefixes.instead_of(scene, span, instead) if instead else linefixes.without(scene, span, name),
            fault=fault,
        )


@check("REQ018")
def package_refuses(scene: Scene) -> Iterator[Problem]:
    """`install-dependencies::*/refuses`: the distribution's own setup or metadata ends the installation."""
    for fault in scene.faults(*_claims("refuses")):
        name, what, instead, gone, advice = (fault.detail[key] for key in ("name", "what", "instead", "gone", "advice"))
        span = fault.spans[0]
        removed = "Remove the line: Python has it itself." if gone else "Remove the line."
        fix = linefixes.instead_of(scene, span, instead) if instead else linefixes.without(scene, span, name)
        yield Problem(
            span,
            f"{will_stop(fault)} while pip prepares {name}: {what}.",
            _help(fault, advice or (f"Write {instead}." if instead else removed)),
            fix=None if advice else fix,
            fault=fault,
        )
