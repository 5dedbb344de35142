"""Releases of Python and the ranges that a project allows: PEP 440 specifiers over plain numbers.

In go specifiers as text; out come ranges and answers, or None for every form that is not read here: pre-releases, local
versions, `===`. packaging knows them all, but importing it costs more time than the rest of a run.
"""

from __future__ import annotations

import re

from deploylint.record import NamedTuple

_RELEASE = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9}){0,4}")


def release(version: str) -> tuple[int, ...] | None:
    """The numbers of a plain release such as `3.13.2`; None for anything else."""
    return tuple(map(int, version.split("."))) if _RELEASE.fullmatch(version) else None


def precedes(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Whether release `one` comes before `other`, where missing numbers are zeros."""
    size = max(len(one), len(other))
    return one + (0,) * (size - len(one)) < other + (0,) * (size - len(other))


def bounds(operator: str, version: tuple[int, ...], *, prefix: bool) -> Bounds | None:
    """The releases that a PEP 440 clause allows, `prefix` for `.*`; None for `!=` and for what PEP 440 forbids."""
    if prefix:
        return Bounds(version, bumped(version)) if operator == "==" else None
    if operator == "==":
        return Bounds(version, version, upper_in=True)
    if operator == "~=":
        return Bounds(version, bumped(version[:-1])) if len(version) > 1 else None
    if operator in (">", ">="):
        return Bounds(version, None, lower_in=operator == ">=")
    return Bounds(None, version, upper_in=operator == "<=") if operator in ("<", "<=") else None


def bumped(version: tuple[int, ...]) -> tuple[int, ...]:
    """The first release after all that begin with `version`."""
    return (*version[:-1], version[-1] + 1)


class Bounds(NamedTuple):
    """A range of releases; None is open."""

    lower: tuple[int, ...] | None
    upper: tuple[int, ...] | None
    lower_in: bool = True
    upper_in: bool = False

    def holds(self, version: tuple[int, ...]) -> bool:
        """Whether `version` lies inside."""
        if self.lower is not None and (
            precedes(version, self.lower) or (not self.lower_in and not precedes(self.lower, version))
        ):
            return False
        return (
            self.upper is None or precedes(version, self.upper) or (self.upper_in and not precedes(self.upper, version))
        )


_CLAUSE = re.compile(r"\s*(~=|==|!=|<=|>=|<|>)\s*([0-9.]{1,60}?)(\.\*)?\s*")


def clauses(specifier: str) -> list[tuple[str, tuple[int, ...], bool]] | None:
    """The clauses of a PEP 440 specifier over plain releases: operator, numbers, whether it ends in `.*`; None where it
    is in any other form.
    """
    found = []
    for part in specifier.split(","):
        match = _CLAUSE.fullmatch(part)
        version = release(match[2]) if match else None
        if match is None or version is None:
            return None
        found.append((match[1], version, match[3] is not None))
    return found


def within(specifier: str, version: str) -> bool | None:
    """Whether a PEP 440 `specifier` allows the release `version`; None where either is in another form."""
    parts = clauses(specifier)
    number = release(version)
    if parts is None or number is None:
        return None
    for operator, other, prefix in parts:
        allowed = bounds("==" if operator == "!=" else operator, other, prefix=prefix)
        if allowed is None:
            return None
        if allowed.holds(number) == (operator == "!="):
            return False
    return True


def allows(specifier: str, version: str) -> bool | None:
    """Whether a PEP 440 specifier allows a version, pre-releases included; None where either is none."""
    answer = within(specifier, version)
    if answer is not None:
        return answer
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.version import InvalidVersion

    try:
        return SpecifierSet(specifier).contains(version, prereleases=True)
    except (InvalidSpecifier, InvalidVersion):
        return None


def outer(specifiers: list[str]) -> Bounds | None:
    """The smallest range around all releases that every one of `specifiers` allows; None where one of them is in
    another form, or excludes releases, which may move an end.
    """
    lower: tuple[tuple[int, ...], bool] | None = None
    upper: tuple[tuple[int, ...], bool] | None = None
    for specifier in specifiers:
        for operator, version, prefix in clauses(specifier) or [("", (), False)]:
            part = bounds(operator, version, prefix=prefix)
            if part is None:
                return None
            if part.lower is not None and (lower is None or _above((part.lower, part.lower_in), lower)):
                lower = part.lower, part.lower_in
            if part.upper is not None and (upper is None or _below((part.upper, part.upper_in), upper)):
                upper = part.upper, part.upper_in
    return Bounds(
        lower[0] if lower else None,
        upper[0] if upper else None,
        lower_in=lower[1] if lower else True,
        upper_in=upper[1] if upper else False,
    )


def _above(one: tuple[tuple[int, ...], bool], other: tuple[tuple[int, ...], bool]) -> bool:
    """Whether the lower end `one` leaves out more than `other`."""
    return precedes(other[0], one[0]) or (not precedes(one[0], other[0]) and other[1] and not one[1])


def _below(one: tuple[tuple[int, ...], bool], other: tuple[tuple[int, ...], bool]) -> bool:
    """Whether the upper end `one` leaves out more than `other`."""
    return precedes(one[0], other[0]) or (not precedes(other[0], one[0]) and other[1] and not one[1])


def same_range(one: Bounds, other: Bounds) -> bool:
    """Whether two ranges have the same ends, however many zeros their numbers have."""
    return (
        _same(one.lower, other.lower)
        and _same(one.upper, other.upper)
        and (one.lower is None or one.lower_in == other.lower_in)
        and (one.upper is None or one.upper_in == other.upper_in)
    )


def _same(one: tuple[int, ...] | None, other: tuple[int, ...] | None) -> bool:
    if one is None or other is None:
        return one is other
    return not precedes(one, other) and not precedes(other, one)
