"""Faults of processes in words: which of them meet one, how they end by it, and what leads there."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from deploylint.checks.registry import Problem
from deploylint.checks.words import listed, unless, will_stop
from deploylint.finding import Phase, Related, Severity
from deploylint.steps.reach import RELEASE, script_times

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeAlias

    from deploylint.checks.registry import Scene
    from deploylint.facts.development import Declared
    from deploylint.plan import Fault

    Say: TypeAlias = Callable[..., Problem]

MADE = "postdeploy"
"""The script of app.json that runs once, when an app is made from it."""


def _grouped(scene: Scene, claims: tuple[str, ...]) -> Iterator[tuple[list[Fault], str]]:
    """The faults of these kinds that have one cause, with the processes that meet it in words: empty where none does,
    but only the build. A script of app.json is named where no process has the same fault.
    """
    found: dict[tuple[object, ...], list[Fault]] = {}
    for fault in scene.faults(*claims):
        found.setdefault(_place(fault), []).append(fault)
    for faults in found.values():
        met = [fault for fault in faults if fault.phase is not Phase.BUILD]
        # Who ends by it weighs more than who only answers some requests with an error.
        ended = [fault for fault in met if not fault.detail.get("late")]
        yield faults, _subject(ended or (met if len(met) == len(faults) else []))


def _subject(faults: list[Fault]) -> str:
    if not faults:
        return ""
    processes = [fault.detail["process"] for fault in faults if "script" not in fault.detail]
    names = processes or [fault.detail["script"] for fault in faults]
    named = [f"`{name}`" for name in dict.fromkeys(names)]
    kind, rest = ("process", "") if processes else ("script", " of app.json")
    if len(named) > 1:
        return f"the {'processes' if processes else 'scripts'} {listed(named)}{rest}"
    return f"the {kind} {named[0]}{rest}"


def _place(fault: Fault) -> tuple[object, ...]:
    """What is the same for all commands that a fault ends."""
    passing = _OF_BUILD if fault.phase is Phase.BUILD else _OF_COMMAND
    return (fault.spans[0], *sorted(item for item in fault.detail.items() if item[0] not in passing))


_OF_COMMAND = ("process", "script", "sure", "late", "use", "makers")
_OF_BUILD = ("command", "settings", "unless")


def problems(scene: Scene, *claims: str, chain: str = "") -> Iterator[tuple[Fault, str, Say]]:
    """The faults of these kinds, the processes in words, and what makes a problem of a message and a help: with the
    chain that leads there, and hidden where the same has been said for another process, or for the build.
    """
    for faults, subject in _grouped(scene, claims):
        # The build comes first, but what is certain weighs more.
        early = [fault for fault in faults if not fault.detail.get("late")] or faults
        leading = next((fault for fault in early if fault.certain), early[0])
        for fault in faults:
            related, script = [Related(chain, span) for span in fault.spans[1:-1]], fault.detail.get("script", MADE)
            if fault.spans[1:]:
                process = fault.detail.get("process")
                start = f"`{process}` is started here" if process else "the platform sees a Django app by this"
                related.append(Related(start, fault.spans[-1]))
            whole = partial(
                Problem,
                fault.spans[0],
                related=tuple(related),
                fault=fault,
                hidden=fault is not leading,
                severity=Severity.NOTE if fault.detail.get("makers") or script != MADE else None,
            )
            yield fault, subject, whole


_SCRIPT_ENDS = {
    "made": ", and with it the making of a review app, or of an app by a button",
    "removed": " when a review app is removed",
    "tested": ", and with it each test run of the platform's CI",
}


def is_sure(fault: Fault) -> bool:
    """Whether the command will certainly fail, whoever runs it."""
    return fault.certain or bool(fault.detail.get("sure"))


def ends(fault: Fault, subject: str) -> str:
    """`The process `web` will end at once`, or may; what comes of it where the command is no process that
    goes on, or is the build's.
    """
    if fault.phase is Phase.BUILD:
        other = f", and if it did not, {subject} would end at once" if subject else ""
        return will_stop(fault, f" at `{fault.detail['command']}`") + other
    process, script = fault.detail["process"], fault.detail.get("script")
    if fault.detail.get("late") and process != RELEASE and not script:
        use = fault.detail.get("use")
        return f"Each request to {subject}{f' that {use}' if use else ''} may end with status 500"
    will = "will" if is_sure(fault) else "may"
    if script:
        said = f"{subject} {will} fail{_SCRIPT_ENDS[script_times()[script]]}"
    elif subject.endswith(f"process `{RELEASE}`"):
        said = f"{subject} {will} fail, so that this version is not deployed"
    else:
        said = f"{subject} {will} end as soon as {'they start' if 'processes' in subject.split()[1] else 'it starts'}"
    if fault.detail.get("makers"):
        return f"Where it is started on the platform, {said}"
    return said[0].upper() + said[1:] + unless(fault)


def with_declaration(problem: Problem, declared: Declared | None) -> Problem:
    """The same problem, with the place where a distribution is declared in vain."""
    if declared is None:
        return problem
    return problem._replace(related=(*problem.related, Related(f"{declared.name} is declared here", declared.span)))
