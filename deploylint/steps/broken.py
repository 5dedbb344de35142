"""What is installed and cannot be imported: beside what pip chooses today, or with the Python in force.

Source: `rules/broken.toml`, which says what was seen and when. Judged is a version that a requirements file pins, where
the process certainly imports it. What pip takes of the other distribution is known where a line pins it, and is the
newest else: unless something that is declared, and of which too little is known, may keep pip from that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploylint.facts.events import span_of
from deploylint.facts.markers import Environment, decide
from deploylint.facts.releases import allows
from deploylint.finding import Phase
from deploylint.knowledge import broken
from deploylint.knowledge.distributions import distribution, need
from deploylint.plan import Fault
from deploylint.steps.doubt import changing_buildpack
from deploylint.steps.pipnames import other_places, tells_of_index

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from deploylint.facts.requirements import Requirement, Requirements
    from deploylint.knowledge.broken import Row
    from deploylint.steps import Build
    from deploylint.steps.installed import Installed
    from deploylint.steps.reach import Run
    from deploylint.text import Span


def broken_faults(build: Build, known: Installed, runs: Sequence[Run], python: str) -> Iterator[Fault]:
    """A fault for each program that imports what cannot be imported. `python` is the release of the Python in force,
    empty where that is not known: then only what breaks with each.
    """
    requirements = build.app.requirements
    if requirements is None or known.closure is None or build.platform.frozen or not runs:
        return
    about = broken.known()
    names = {found.name for found in requirements.requirements if found.name in about}
    if not names:
        return
    judge = _Judge(build, known, requirements, python)
    hits = [hit for name in sorted(filter(None, names)) for row in broken.rows(name) if (hit := judge.hit(row))]
    for row, requirement, certain in hits:
        for run in runs:
            yield from _met(build, run, row, requirement, certain=certain)


def _met(build: Build, run: Run, row: Row, requirement: Requirement, *, certain: bool) -> Iterator[Fault]:
    """The fault of a program that imports the module, or is of the distribution itself."""
    if run.launch is None:
        return
    spans: list[Span] = []
    server = run.launch.server.distribution if run.launch.server else None
    sure = run.closure.sure if run.closure else {}
    if server != row.name:
        steps = next((steps for name, steps in sure.items() if f"{name}.".startswith(f"{row.module}.")), None)
        if steps is None:
            return
        spans = [span_of(build.app.tree, step.path, step.place) for step in reversed(steps)]
    doubt = changing_buildpack(build, brings=True)
    detail = {
        "process": run.process,
        "name": requirement.written,
        "versions": requirement.specifier,
        "module": row.module,
        "error": row.error,
        "advice": row.advice,
        "python": row.python,
        "beside": row.beside,
    }
    if doubt:
        certain, detail["unless"] = False, doubt
    phase = Phase.RELEASE if run.process == "release" else Phase.BOOT
    at = (requirement.span, *spans, run.launch.span)
    yield Fault(f"boot::{run.process}", phase, at, "package-broken", certain, detail)


class _Judge:
    """Says of a row whether it holds for what the app declares."""

    def __init__(self, build: Build, known: Installed, requirements: Requirements, python: str) -> None:
        self._known = known
        self._python = python
        self._environment = Environment(python or ".".join(map(str, known.series)))
        self._tools = build.platform.data["tools"]
        self._lines: dict[str, list[Requirement]] = {}
        self._unsure = other_places(requirements) or tells_of_index(build)
        for found in (*requirements.requirements, *requirements.constraints):
            applies = True if found.marker is None else decide(found.marker, self._environment)
            if applies is not False:
                self._lines.setdefault(found.name or "", []).append(found)
            if applies is None or found.name is None or found.unknown or found.url or found.local_path:
                self._unsure = True  # what such a line asks for, it does not say

    def hit(self, row: Row) -> tuple[Row, Requirement, bool] | None:
        """The row, the requirement that it is about, and whether it certainly holds."""
        line = next((found for found in self._lines.get(row.name, ()) if not found.constraint), None)
        if line is None or not self._is_of(row, line):
            return None
        certain = not self._unsure
        if row.python and (not self._python or allows(row.python, self._python) is not True):
            return None
        if row.python and self._known.kept:
            certain = certain and allows(row.python, ".".join(map(str, self._known.kept))) is True
        if row.without:
            if self._brings(row.without, row.name):
                return None
            certain = certain and not self._unknown_beside(row.name)
        if row.beside:
            answer = self._is_beside(row)
            if answer is False:
                return None
            certain = certain and answer is True
        return row, line, certain

    def _brings(self, name: str, but: str) -> bool:
        """Whether the distribution `name` may be installed; what a newer version of `but` needs does not count."""
        if self._known.brings(name) is False:
            return False
        member = self._known.closure.members.get(name) if self._known.closure else None
        return member is None or but not in member.path[:-1]

    def _unknown_beside(self, name: str) -> bool:
        """Whether anything is installed of which nothing is known, but for the distribution `name` and its needs."""
        closure = self._known.closure
        return closure is None or any(name not in closure.members[other].path for other in closure.unknown)

    def _is_of(self, row: Row, line: Requirement) -> bool:
        pins = {found.specifier.lstrip("=") for found in self._lines[row.name] if found.pinned}
        if pins:
            return all(allows(row.versions, pin) for pin in pins)
        return row.newest and not any(found.specifier for found in self._lines[row.name]) and not line.url

    def _is_beside(self, row: Row) -> bool | None:
        """Whether the other distribution comes in a version of the row's; None where something may prevent it."""
        other = need(row.beside)
        assert other is not None
        lines = self._lines.get(other.name, [])
        if any(found.unknown or found.url or found.local_path for found in lines):
            return None
        pins = {found.specifier.lstrip("=") for found in lines if found.pinned}
        if pins:
            return all(allows(other.specifier, pin) for pin in pins)
        lowest = other.specifier.removeprefix(">=")
        tool = self._tools.get(other.name)
        if tool and "until" in tool and self._known.series <= tuple(map(int, tool["until"].split("."))):
            # The platform's own copy stays, where no line asks for another.
            return None if any(allows(found.specifier, tool["version"]) is False for found in lines) else False
        if any(_ends_below(found.specifier, lowest) for found in lines):
            return False
        return None if self._may_limit(row, other.name) else True

    def _may_limit(self, row: Row, name: str) -> bool:
        """Whether something else that is declared may ask for an older version of the distribution `name`."""
        for declared in self._lines:
            if declared in (row.name, name):
                continue
            known = distribution(declared)
            if known is None or known.needs is None:
                return True
            if any(wanted.name == name and not wanted.extra for wanted in known.needs):
                pinned = [found.specifier.lstrip("=") for found in self._lines[declared] if found.pinned]
                if pinned != [known.version] and pinned:
                    return True
                if any("<" in wanted.specifier for wanted in known.needs if wanted.name == name):
                    return True
        return False


def _ends_below(specifier: str, lowest: str) -> bool:
    """Whether a specifier leaves no version from `lowest` on."""
    if not specifier:
        return False
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.version import InvalidVersion

    from deploylint.facts.pippins import exclude

    try:
        return exclude(SpecifierSet(specifier), SpecifierSet(f">={lowest}"))
    except (InvalidSpecifier, InvalidVersion):
        return False  # `===` with what is no version
