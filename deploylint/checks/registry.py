"""What a check is: a pure function from facts, platform and plan to problems, registered under its rule's code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploylint.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from deploylint.app import App
    from deploylint.finding import Fix, Related, Severity
    from deploylint.plan import Fault, Plan
    from deploylint.platform import Platform
    from deploylint.steps import Build
    from deploylint.text import Span


class Scene(NamedTuple):
    """What a check may see."""

    build: Build
    plan: Plan

    @property
    def app(self) -> App:
        """The facts."""
        return self.build.app

    @property
    def platform(self) -> Platform:
        """The platform's data."""
        return self.build.platform

    @property
    def lock(self) -> str | None:
        """The file that the package manager installs from."""
        return self.plan.manager.value.file if self.plan.manager.value else None

    @property
    def declaring(self) -> str:
        """That file in words, also where it is missing or where there are several."""
        if self.lock is None and any(self.plan.manager.faults):
            return "the package manager's file"
        return self.lock or "requirements.txt"

    @property
    def dropper(self) -> str:
        """The file of the app that leaves files out of the build."""
        return str(self.platform.data["source"]["ignore"]["file"])

    def faults(self, *claims: str) -> Iterator[Fault]:
        """The plan's faults that a rule with these `reasons` puts into words."""
        return (fault for fault in self.plan.faults() if fault.claim in claims)


class Problem(NamedTuple):
    """What a check found, before its rule's name is on it. `severity` lowers the rule's own; a problem that puts a
    fault of the plan into words carries it. A `hidden` one adds nothing to what another has said of another fault;
    of a `secret` one, no output shows what stands at its place.
    """

    span: Span
    message: str
    help: str = ""
    severity: Severity | None = None
    related: tuple[Related, ...] = ()
    fix: Fix | None = None
    fault: Fault | None = None
    hidden: bool = False
    secret: bool = False


_CHECKS: dict[str, Callable[[Scene], Iterator[Problem]]] = {}
_LAST: set[str] = set()


def check(
    code: str, *, last: bool = False
) -> Callable[[Callable[[Scene], Iterator[Problem]]], Callable[[Scene], Iterator[Problem]]]:
    """Register a function as the check of the rule `code`; `last` for one that tells what the others have read."""

    def register(function: Callable[[Scene], Iterator[Problem]]) -> Callable[[Scene], Iterator[Problem]]:
        if code in _CHECKS:
            raise ValueError(f"two checks for {code}")
        _CHECKS[code] = function
        _LAST.update({code} if last else ())
        return function

    return register


def registered() -> dict[str, Callable[[Scene], Iterator[Problem]]]:
    """The checks that have been imported so far, by code."""
    return dict(sorted(_CHECKS.items()))


def in_order() -> list[tuple[str, Callable[[Scene], Iterator[Problem]]]]:
    """The checks in the order in which they are to run."""
    return sorted(_CHECKS.items(), key=lambda item: (item[0] in _LAST, item[0]))
