"""What pinned versions ask for: a Python that the app does not get, or versions that another line excludes.

Source: the metadata that each version published, `rules/packages/`. Judged is only a version of which the data knows
exactly what it needs; what it needs of others in turn is theirs to say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploylint.facts.markers import Environment, decide
from deploylint.facts.releases import allows, outer, precedes, within
from deploylint.finding import Phase
from deploylint.knowledge.distributions import exact
from deploylint.plan import Fault
from deploylint.record import NamedTuple
from deploylint.steps.pipnames import other_places, tells_of_index

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from deploylint.facts.requirements import Requirement, Requirements
    from deploylint.knowledge.distributions import Distribution, Need
    from deploylint.steps import Build

    Applies = Callable[[Requirement], bool | None]

_LINES = 2_000
"""Lines that are looked at."""


class _Want(NamedTuple):
    """What a line, or the distribution that it pins, asks of a name."""

    specifier: str
    line: Requirement
    by: str = ""


def need_faults(
    build: Build, requirements: Requirements, applies: Applies, python: str | None, kept: str | None = None
) -> Iterator[Fault]:
    """The faults of pinned versions, for the release `python` of Python; `kept` is the oldest that an older app may
    have instead.
    """
    if build.platform.frozen or python is None:
        return
    certain = not (other_places(requirements) or tells_of_index(build))
    pinned = list(_pinned(requirements, applies))
    for line, known in pinned:
        if known.python and within(known.python, python) is False:
            detail = {"name": line.written, "versions": line.specifier, "wants": known.python, "python": python}
            always = kept is None or within(known.python, kept) is False
            yield _fault("not-for-python", line, detail, certain=certain and always)
    wants = _wants(requirements, applies)
    told: set[str] = set()
    for line, known in pinned:
        for wanted in _needed(line, known, Environment(python)):
            one = _Want(wanted.specifier, line, f"{line.written}{line.specifier}")
            for other in wants.get(wanted.name, ()):
                if wanted.name not in told and _apart(one.specifier, other.specifier):
                    told.add(wanted.name)
                    detail = {
                        "name": wanted.name,
                        "by": one.by,
                        "wants": one.specifier,
                        "other": other.by,
                        "versions": other.specifier,
                    }
                    yield _fault("need-conflict", other.line, detail, certain=certain, beside=line)
            wants.setdefault(wanted.name, []).append(one)


def _pinned(requirements: Requirements, applies: Applies) -> Iterator[tuple[Requirement, Distribution]]:
    for line in requirements.requirements[:_LINES]:
        if line.pinned and line.name and not (line.unknown or line.url or line.local_path) and applies(line):
            known = exact(line.name, line.specifier.lstrip("="))
            if known is not None:
                yield line, known


def _wants(requirements: Requirements, applies: Applies) -> dict[str, list[_Want]]:
    """What the lines themselves ask for, constraints included."""
    found: dict[str, list[_Want]] = {}
    for line in (*requirements.requirements, *requirements.constraints)[:_LINES]:
        if line.name and line.specifier and not (line.unknown or line.url or line.local_path) and applies(line):
            found.setdefault(line.name, []).append(_Want(line.specifier, line))
    return found


def _needed(line: Requirement, known: Distribution, environment: Environment) -> Iterator[Need]:
    for wanted in known.needs or ():
        if wanted.specifier and (not wanted.extra or wanted.extra in line.extras):
            applies = decide(wanted.marker, environment, wanted.extra) if wanted.marker else True
            if applies and not wanted.url:
                yield wanted


def _apart(one: str, other: str) -> bool:
    """Whether certainly no version suits both specifiers."""
    if "===" in one or "===" in other:
        return False  # what follows may be no version
    pin = other.removeprefix("==")
    if pin != other and not pin.endswith(".*") and "," not in pin:
        return allows(one, pin) is False
    # What a specifier leaves out makes no two meet.
    parts = [part for part in f"{one},{other}".split(",") if not part.lstrip().startswith("!=")]
    both = outer(parts)
    if both is not None:
        if both.lower is None or both.upper is None:
            return False
        meet = both.lower_in and both.upper_in
        return precedes(both.upper, both.lower) or (not precedes(both.lower, both.upper) and not meet)
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.version import InvalidVersion

    from deploylint.facts.pippins import exclude

    try:
        return exclude(SpecifierSet(one), SpecifierSet(other))
    except (InvalidSpecifier, InvalidVersion):
        return False


def _fault(
    topic: str, line: Requirement, detail: dict[str, str], *, certain: bool, beside: Requirement | None = None
) -> Fault:
    spans = (line.span, beside.span) if beside is not None and beside.span != line.span else (line.span,)
    return Fault("install-dependencies::pip", Phase.BUILD, spans, topic=topic, certain=certain, detail=detail)
