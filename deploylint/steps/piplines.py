"""What pip refuses to read: lines that are no requirement, files that it cannot find or decode.

pip stops at the first of them. Each is told, since each has to be mended, but lines that are one mistake, such as the
rows of a table, are one fault.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploylint.finding import Phase
from deploylint.plan import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploylint.facts.requirements import Problem, Requirements, RequirementsFile
    from deploylint.text import Span

STOPS = {
    "invalid-line": True,
    "undecodable": True,
    "missing-include": True,
    "directory": True,
    "outside-include": False,
}
"""What the requirements reader finds that makes pip stop, whatever the config vars are. Where pip is to look outside of
the app it finds the build machine's own folders, which we have not seen."""


def line_faults(requirements: Requirements) -> Iterator[Fault]:
    """The faults of all files, in their order."""
    for file in requirements.files:
        yield from _faults(file) if file.problems else ()


def _faults(file: RequirementsFile) -> Iterator[Fault]:
    from deploylint.facts.pipmistakes import TOGETHER

    kinds = _kinds(file)
    together: dict[str, list[Span]] = {}
    for problem, (kind, _) in kinds:
        if kind in TOGETHER:
            together.setdefault(kind, []).append(problem.span)
    for problem, (kind, parts) in kinds:
        certain = STOPS.get(problem.kind)
        spans = together.get(kind, [problem.span])
        if certain is not None and spans[0] == problem.span:
            detail = {"what": problem.message, "wanted": problem.path, "mistake": kind, "parts": "\n".join(parts)}
            reason = "install-dependencies::pip"
            yield Fault(reason, Phase.BUILD, tuple(spans), topic=problem.kind, certain=certain, detail=detail)


def _kinds(file: RequirementsFile) -> list[tuple[Problem, tuple[str, tuple[str, ...]]]]:
    """The problems of a file, each with the mistake that it is."""
    from deploylint.facts.pipmistakes import mistake

    found = [
        (
            problem,
            mistake(file.text.line(problem.span.line)) if problem.kind == "invalid-line" and file.text else ("", ()),
        )
        for problem in file.problems
    ]
    kinds = {kind for _, (kind, _) in found}
    if "table" in kinds:
        # A row by itself is a requirement whose == was left out.
        return [(problem, ("table", parts) if kind == "blank" else (kind, parts)) for problem, (kind, parts) in found]
    if kinds & {"conda", "yaml"}:
        conda = "conda" if "conda" in kinds else "yaml"
        ours = ("one-equals", "conda", "yaml")
        return [(problem, (conda, parts) if kind in ours else (kind, parts)) for problem, (kind, parts) in found]
    return found
