"""What is installed and cannot be imported, and what a server refuses of what it is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploylint.checks.boot import ends, problems
from deploylint.checks.registry import Problem, Scene, check
from deploylint.frameworks import propose, used_framework

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploylint.plan import Fault


@check("REQ020")
def package_broken(scene: Scene) -> Iterator[Problem]:
    """`boot::*/package-broken`: the pinned version does not fit what stands beside it, or the Python in force."""
    for fault, subject, say in problems(scene, "boot::*/package-broken", chain="imported here"):
        name, error, advice = (fault.detail[key] for key in ("name", "error", "advice"))
        yield say(f"{ends(fault, subject)}, with `{error}`: {name}{fault.detail['versions']} {_why(fault)}.", advice)


@check("PRO035")
def arguments_refused(scene: Scene) -> Iterator[Problem]:
    """`boot::*/arguments-refused`: the server ends at its command line."""
    for fault, subject, say in problems(scene, "boot::*/arguments-refused"):
        server, kind = fault.detail["server"], fault.detail["kind"]
        end = ends(fault, subject)
        if kind == "value":
            option, following = fault.detail["option"], fault.detail["next"]
            what = f"{following} behind it is an option itself" if following else "the command ends there"
            yield say(
                f"{end}, because {server} refuses its command line: {option} wants a value, and {what}.",
                f"Write the value behind {option}, or take the option out.",
            )
        elif kind == "extra":
            yield say(
                f"{end}, because {server} refuses its command line: it takes one app, and `{fault.detail['word']}` is "
                "a word too many.",
                "Take it out: an option that is only switched on has no value behind it, and a value with a blank "
                "in it needs quotes.",
            )
        else:
            variable = fault.detail["variable"]
            framework = used_framework(scene.app, scene.lock)
            proposal = propose(scene.app, framework) if framework else None
            own = proposal.command if proposal and proposal.command.startswith(f"{server} ") else f"{server} MODULE:app"
            yield say(
                f"{end}, because {server} is told no app to run"
                + (f", unless the config var {variable} names one." if variable else "."),
                f"Name the module and the object in it, as in `{own}`.",
            )


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
        lock = scene.lock or "requirements.txt"
        needs = f"{distribution}, which {lock} does not install" if distribution else f"what {lock} does not install"
        yield say(
            f"{ends(fault, subject)}, with `class uri '{worker}' invalid or not found`: this worker class needs "
            f"{needs}.",
            f"Add `{distribution}` to {lock}." if distribution else "Add the package that brings it.",
        )


@check("REQ031")
def part_missing(scene: Scene) -> Iterator[Problem]:
    """`boot::*/part-missing`: a distribution that a library leaves to the app to install."""
    lock = scene.lock or "requirements.txt"
    for fault, subject, say in problems(scene, "boot::*/part-missing", chain="imported here"):
        needs, library, error, what, add = (fault.detail[key] for key in ("needs", "library", "error", "what", "add"))
        yield say(
            f"{ends(fault, subject)}, with `{error}`: {what}, for which {library} needs {needs}, and {lock} does not "
            "install it.",
            f"Add `{add}` to {lock}." if lock == "requirements.txt" else f"Add `{add}` to the project, and lock anew.",
        )
