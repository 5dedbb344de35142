"""Requirements that no version can satisfy together, such as `a==1` and `a==2`.

pip looks for one version that suits every line that names a project, constraints included. Where one of them admits a
single version it can be said without the package index whether the others do (seen with pip 26.2.1).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from packaging.specifiers import SpecifierSet

    from deploylint.facts.requirements import Requirement, Requirements


def contradictions(
    requirements: Requirements, applies: Callable[[Requirement], bool | None]
) -> Iterator[tuple[Requirement, Requirement]]:
    """For each project with such lines, the first two of them; one line twice where it contradicts itself.

    Lines that certainly apply are compared, and a project of which only constraints speak is not installed. The second
    of the two is one that is to be installed.
    """
    for group in _groups(requirements):
        taken = [found for found in group if applies(found)]
        pair = _first_pair(taken) if any(not found.constraint for found in taken) else None
        if pair is not None:
            one, other = pair
            yield (other, one) if other.constraint else (one, other)


def _groups(requirements: Requirements) -> Iterator[list[Requirement]]:
    """The lines of each project whose lines differ in what they want, and of which one may want a single version."""
    groups: dict[str, list[Requirement]] = {}
    for found in (*requirements.requirements, *requirements.constraints):
        if found.name is not None and found.specifier and not found.unknown:
            groups.setdefault(found.name, []).append(found)
    for group in groups.values():
        wanted = {found.specifier for found in group}
        if any("==" in text for text in wanted) and (len(wanted) > 1 or "," in group[0].specifier):
            yield group


def _first_pair(group: list[Requirement]) -> tuple[Requirement, Requirement] | None:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.version import InvalidVersion

    try:
        sets = [SpecifierSet(found.specifier) for found in group]
        versions = [_exact(found) for found in sets]
        for later, one in enumerate(group):
            for earlier in range(later + 1):
                exact = [version for version in (versions[earlier], versions[later]) if version is not None]
                # `==1.0` admits 1.0+local too, so two exact ones agree where either version suits both.
                if exact and not any(_suits(version, sets[earlier], sets[later]) for version in exact):
                    return group[earlier], one
    except (InvalidSpecifier, InvalidVersion):
        return None  # `===` with what is no version
    return None


def _exact(wanted: SpecifierSet) -> str | None:
    """The version that a specifier pins, if any."""
    found = (item.version for item in wanted if item.operator in ("==", "===") and not item.version.endswith(".*"))
    return min(found, default=None)


def _suits(version: str, *sets: SpecifierSet) -> bool:
    return all(wanted.contains(version, prereleases=True) for wanted in sets)
