"""What is installed and cannot be imported, and what a server refuses of what it is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploylint.checks.processes import ends, problems
from deploylint.checks.registry import Problem, Scene, check

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploylint.plan import Fault


@check("REQ020")
def package_broken(scene: Scene) -> Iterator[Problem]:
    """`boot::*/package-broken`: the pinned version does not fit what stands beside it, or the Python in force."""
    for fault, subject, say in problems(scene, "boot::*/package-broken", chain="imported here"):
        name, error, advice = (fault.detail[key] for key in ("name", "error", "advice"))
        yield say(f"{ends(fault, subject)}, with `{error}`: {name}{fault.detail['versions']} {_why(fault)}.", advice)


def _why(fault: Fault) -> str:
    beside, python = fault.detail["beside"], fault.detail["python"]
    if beside:
        return f"cannot be imported beside {beside}, which pip installs with it"
    return f"cannot be imported by Python {python}"


@check("REQ022")
def worker_class_missing(scene: Scene) -> Iterator[Problem]:
    """`boot::*/worker-missing`: the class that the server is told to use is in no package that is installed."""
    for fault, subject, say in problems(scene, "boot::*/worker-missing"):
        worker, distribution = fault.detail["worker"], fault.detail.get("distribution", "")
        if "until" in fault.detail:
            server, until = fault.detail["server"], fault.detail["until"]
            yield say(
                f"{ends(fault, subject)}, with `class uri '{worker}' invalid or not found`: {server} has had no "
                f"such worker class since version {until}.",
                f"Use another class, such as `-k gthread` or `-k gevent`, or pin `{server}<{until}`.",
            )
            continue
        lock = scene.declaring
        needs = f"{distribution}, which {lock} does not install" if distribution else f"what {lock} does not install"
        yield say(
            f"{ends(fault, subject)}, with `class uri '{worker}' invalid or not found`: this worker class needs "
            f"{needs}.",
            f"Add `{distribution}` to {lock}." if distribution else "Add the package that brings it.",
        )


@check("REQ031")
def part_missing(scene: Scene) -> Iterator[Problem]:
    """`boot::*/part-missing`: a distribution that a library leaves to the app to install."""
    lock = scene.declaring
    for fault, subject, say in problems(scene, "boot::*/part-missing", chain="imported here"):
        needs, library, error, what, add = (fault.detail[key] for key in ("needs", "library", "error", "what", "add"))
        yield say(
            f"{ends(fault, subject)}, with `{error}`: {what}, for which {library} needs {needs}, and {lock} does not "
            "install it.",
            f"Add `{add}` to {lock}." if lock == "requirements.txt" else f"Add `{add}` to the project, and lock anew.",
        )
