"""What a library leaves to the app to install, is not installed, and is needed when the process starts.

Source: `rules/parts.toml`, which says what was seen and when.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploylint.facts.events import span_of
from deploylint.facts.releases import allows
from deploylint.facts.uses import uses
from deploylint.finding import Phase
from deploylint.knowledge.distributions import distribution
from deploylint.knowledge.parts import parts
from deploylint.plan import Fault
from deploylint.steps.doubt import changing_buildpack

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from deploylint.knowledge.closure import Member
    from deploylint.knowledge.parts import Part
    from deploylint.steps import Build
    from deploylint.steps.installed import Installed
    from deploylint.steps.reach import Run
    from deploylint.text import Span

_VISITS = 500
"""Modules of a process that are looked through."""


def part_faults(build: Build, known: Installed, runs: Sequence[Run]) -> Iterator[Fault]:
    """A fault for each program and each distribution that it lacks."""
    names = known.names or frozenset()
    wanted = [part for part in parts() if part.library in names and not part.late and known.brings(part.needs) is False]
    judged = [(part, sure) for part in wanted if (sure := _holds(build, known, part)) is not None]
    doubt = changing_buildpack(build, brings=True) if judged else None
    for run in runs if judged else ():
        told: set[str] = set()
        for part, sure in judged:
            found = _met(build, run, part) if part.needs not in told else None
            if found is None or run.launch is None:
                continue
            told.add(part.needs)
            spans, met = found
            detail = {"process": run.process, "needs": part.needs, "library": part.library, "add": part.add}
            detail |= {"error": part.error, "what": part.what, **({"unless": doubt} if doubt else {})}
            phase = Phase.RELEASE if run.process == "release" else Phase.BOOT
            certain = sure and met and not doubt
            yield Fault(f"boot::{run.process}", phase, (*spans, run.launch.span), "part-missing", certain, detail)


def _holds(build: Build, known: Installed, part: Part) -> bool | None:
    """Whether it is certain that the library is there in a version of the row, and what it needs is not; None where it
    is in another version.
    """
    closure = known.closure
    if closure is None or part.library not in closure.members:
        return None if part.versions else known.exact
    member = closure.members[part.library]
    lines = build.app.requirements.requirements if build.app.requirements else ()
    pins = [found.specifier.lstrip("=") for found in lines if found.name == part.library and found.pinned]
    if part.versions and not (all(allows(part.versions, pin) for pin in pins) if pins else _is_of_newest(part, member)):
        return None
    # What else comes in another version than the data describes may bring it; the library and its needs do not.
    others = [name for name in closure.other_versions if closure.members[name].path[0] != member.path[0]]
    return closure.complete and not others


def _is_of_newest(part: Part, member: Member) -> bool:
    """Whether the library comes in the version that the data describes, and that is one of the row's."""
    newest = distribution(part.library)
    return member.described is True and newest is not None and allows(part.versions, newest.version) is True


def _met(build: Build, run: Run, part: Part) -> tuple[list[Span], bool] | None:
    """The places that lead to the first use in what a program loads, the use first, and whether it certainly comes
    there.
    """
    if run.closure is None:
        return None
    tree = build.app.tree
    if part.kind == "import":
        steps = next((steps for name, steps in run.closure.sure.items() if _is_in(name, part.words)), ())
        return ([span_of(tree, step.path, step.place) for step in reversed(steps)], True) if steps else None
    top = part.words[0].partition(".")[0].encode()
    lasts = {word.rpartition(".")[2].encode() for word in part.words}
    for visit in list(run.closure.visits.values())[:_VISITS]:
        if not visit.certain or not visit.found.has_source:
            continue
        data = tree.read(visit.found.path).data
        if top not in data or not any(last in data for last in lasts):
            continue
        module = build.app.module(visit.found.path)
        for use in uses(module, part.kind, part.words, part.bases, part.given):
            chain = [span_of(tree, step.path, step.place) for step in reversed(visit.steps)]
            return [module.span(use.node), *chain], use.sure
    return None


def _is_in(name: str, words: Sequence[str]) -> bool:
    return any(f"{name}.".startswith(f"{word}.") for word in words)
