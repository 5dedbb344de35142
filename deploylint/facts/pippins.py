"""Requirements that no version can satisfy together, such as `a==1` and `a==2`, or `a<2` and `a>=2`.

pip looks for one version that suits every line that names a project, constraints included. Where there can be none, it
needs no package index to be known (seen with pip 26.2.1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from packaging.specifiers import SpecifierSet
    from packaging.version import Version

    from deploylint.facts.requirements import Requirement, Requirements

_MANY = 50
"""Lines about one project, of which the rest is not compared."""
_EFFORT = 4_000_000
"""What comparing may cost, all projects together: the code points of the versions that are wanted, and a hundred for
each, times the lines that they are held against. A thousand projects with two lines each cost a tenth."""


def contradictions(
    requirements: Requirements, applies: Callable[[Requirement], bool | None]
) -> Iterator[tuple[Requirement, Requirement]]:
    """For each project with such lines, the first two of them; one line twice where it contradicts itself.

    Lines that certainly apply are compared, and a project of which only constraints speak is not installed. The second
    of the two is one that is to be installed, unless two constraints leave it no version.
    """
    left = _EFFORT
    for group in _groups(requirements):
        taken = [found for found in group if applies(found)]
        # Each line is held against all before it.
        left -= len(taken) * sum(len(wanted_by(found)) + 100 for found in taken)
        if left < 0:
            return
        pair = _first_pair(taken) if any(not found.constraint for found in taken) else None
        if pair is not None:
            one, other = pair
            yield (other, one) if other.constraint else (one, other)


def _groups(requirements: Requirements) -> Iterator[list[Requirement]]:
    """The lines of each project whose lines differ in what they want, and lines that may contradict themselves."""
    groups: dict[str, list[Requirement]] = {}
    for found in (*requirements.requirements, *requirements.constraints):
        if found.name is not None and not found.unknown:
            groups.setdefault(found.name, []).append(found)
    for group in groups.values():
        wanted = {wanted_by(found) for found in group}
        if len(wanted - {""}) > 1 or any("==" in text and "," in text for text in wanted):
            yield group[:_MANY]


def wanted_by(requirement: Requirement) -> str:
    """The versions that a requirement admits: its specifier, or the one in the name of the wheel that it links to."""
    if requirement.specifier or requirement.url is None:
        return requirement.specifier
    from deploylint.facts.piplinks import wheel_file

    parts = (wheel_file(requirement) or "").split("-")
    return f"=={parts[1]}" if len(parts) in (5, 6) else ""


def _first_pair(group: list[Requirement]) -> tuple[Requirement, Requirement] | None:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.version import InvalidVersion

    try:
        wanted = [SpecifierSet(wanted_by(found)) for found in group]
        for later, one in enumerate(group):
            for earlier in range(later + 1):
                if exclude(wanted[earlier], wanted[later]):
                    return group[earlier], one
    except (InvalidSpecifier, InvalidVersion):
        return None  # `===` with what is no version
    return None


def exclude(one: SpecifierSet, other: SpecifierSet) -> bool:
    """Whether certainly no version suits both."""
    exact = [version for version in (_exact(one), _exact(other)) if version is not None]
    if exact:
        # `==1.0` admits 1.0+local too, so two exact ones agree where either version suits both.
        return not any(_suits(version, one, other) for version in exact)
    clauses = [(item.operator, item.version) for item in (*one, *other)]
    lowest, highest = max(_lows(clauses), default=None), min(_highs(clauses), default=None)
    return lowest is not None and highest is not None and lowest > highest


# A bound is a version, and with it 0 where that version itself is allowed, -1 where only those below are, 1 where only
# those above are. So a lower bound that is greater than an upper one leaves nothing between them.


def _lows(clauses: Sequence[tuple[str, str]]) -> Iterator[tuple[Version, int]]:
    from packaging.version import Version

    for operator, version in clauses:
        if operator in (">", ">=", "~="):
            yield Version(version), 1 if operator == ">" else 0
        elif operator == "==":
            yield Version(f"{version.removesuffix('.*')}.dev0"), 0


def _highs(clauses: Sequence[tuple[str, str]]) -> Iterator[tuple[Version, int]]:
    from packaging.version import Version

    for operator, version in clauses:
        if operator in ("<", "<="):
            yield Version(version), -1 if operator == "<" else 0
        elif operator in ("~=", "=="):
            parsed = Version(version.removesuffix(".*"))
            release = parsed.release[:-1] if operator == "~=" else parsed.release
            following = ".".join(map(str, (*release[:-1], release[-1] + 1)))
            yield Version(f"{parsed.epoch}!{following}.dev0"), -1


def _exact(wanted: SpecifierSet) -> str | None:
    """The version that a specifier pins, if any."""
    found = (item.version for item in wanted if item.operator in ("==", "===") and not item.version.endswith(".*"))
    return min(found, default=None)


def _suits(version: str, *sets: SpecifierSet) -> bool:
    return all(wanted.contains(version, prereleases=True) for wanted in sets)
