"""The distributions that pip would install for what an app declares, as far as the data knows them."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Protocol

from deploylint.facts.markers import decide
from deploylint.facts.releases import allows
from deploylint.knowledge.distributions import named, once_needed
from deploylint.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from deploylint.facts.markers import Environment
    from deploylint.knowledge.distributions import Distribution

MEMBER_LIMIT = 5_000
"""Distributions of one closure; the largest of real apps have some 500."""


class Declared(Protocol):
    """What `closure` asks of a requirement: a Need has it, and so has a requirement of a requirements file. The name is
    normalised, None where it is not known.
    """

    @property
    def name(self) -> str | None:
        """The distribution."""

    @property
    def extras(self) -> tuple[str, ...]:
        """Its extras, normalised."""

    @property
    def specifier(self) -> str:
        """Its versions."""

    @property
    def marker(self) -> str | None:
        """Where it applies."""

    @property
    def url(self) -> str | None:
        """Where it comes from, if not from an index."""


class Member(NamedTuple):
    """A distribution of a closure. `path` leads from the declared distribution to it, both included; `extras` are all
    that anybody asks for. `distribution` is None where the data does not know it. `described` tells whether the version
    that the data describes may be the one that pip installs: None where that cannot be told.
    """

    name: str
    path: tuple[str, ...]
    extras: tuple[str, ...]
    distribution: Distribution | None
    described: bool | None


class Closure(NamedTuple):
    """The distributions that pip would install, by name, sorted.

    `unknown` are the names of which the data knows nothing, or not what they need; `undecided` are requirements that
    apply or not depending on what is not known here, and are left out; `nameless` tells of declared requirements whose
    name is not known. Without any of these the closure is `complete`, else something may be missing in it.
    """

    members: Mapping[str, Member]
    unknown: tuple[str, ...]
    undecided: tuple[str, ...]
    nameless: bool

    @property
    def complete(self) -> bool:
        """Whether nothing that is installed is missing, as far as the versions are those that the data describes."""
        return not (self.unknown or self.undecided or self.nameless)

    @property
    def other_versions(self) -> tuple[str, ...]:
        """The members that may come in another version than the data describes, and may then need other things."""
        return tuple(name for name, member in self.members.items() if member.distribution and not member.described)

    @property
    def once_needed(self) -> frozenset[str]:
        """What those members needed in versions that apps pin, and may thus bring along."""
        found = (once_needed(name, self.members[name].extras) for name in self.other_versions)
        return frozenset(name for names in found for name in names)

    @property
    def certain(self) -> bool:
        """Whether it is complete and every member comes in the version that the data describes."""
        return self.complete and not self.other_versions

    def provides(self, module: str) -> tuple[str, ...]:
        """The members that are known to bring the module `a.b.c`, `a.b` or `a`."""
        return tuple(
            name
            for name, member in self.members.items()
            if member.distribution
            and any(
                _within(module, known) for known in (member.distribution.imports or ()) + member.distribution.accidental
            )
        )


def closure(requirements: Iterable[Declared], environment: Environment) -> Closure:
    """The distributions that pip would install for `requirements` (not for constraints) in `environment`, as far as the
    data knows them. Cycles, and extras that ask for others of their own distribution, are followed once.
    """
    growth = _Growth(environment)
    nameless = False
    for requirement in requirements:
        applies = decide(requirement.marker, environment) if requirement.marker else True
        if requirement.name is None:
            nameless = nameless or applies is not False
        elif applies is None:
            growth.undecided.add(f"{requirement.name}; {requirement.marker}")
        elif applies:
            growth.add(requirement, ())
    growth.run()
    members = {name: growth.member(name) for name in sorted(growth.paths)}
    unknown = tuple(name for name in members if name in growth.unknown)
    return Closure(members, unknown, tuple(sorted(growth.undecided)), nameless)


class _Growth:
    """A closure that grows, breadth first, so that each path is a shortest one."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.paths: dict[str, tuple[str, ...]] = {}
        self.extras: dict[str, set[str]] = {}
        self.specifiers: dict[str, set[str]] = {}
        self.elsewhere: set[str] = set()
        self.unknown: set[str] = set()
        self.undecided: set[str] = set()
        self.queue: deque[tuple[str, str]] = deque()

    def add(self, requirement: Declared, path: tuple[str, ...]) -> None:
        """Take in a requirement that applies; `path` leads to who has it."""
        name = requirement.name
        assert name is not None
        if name not in self.paths:
            if len(self.paths) >= MEMBER_LIMIT:
                self.undecided.add(name)
                return
            self.paths[name] = (*path, name)
            self.extras[name] = set()
            self.specifiers[name] = set()
            self.queue.append((name, ""))
        for extra in requirement.extras:
            if extra not in self.extras[name]:
                self.extras[name].add(extra)
                self.queue.append((name, extra))
        if requirement.specifier:
            self.specifiers[name].add(requirement.specifier)
        if requirement.url:
            self.elsewhere.add(name)

    def run(self) -> None:
        """Follow every distribution that was added, and all that they need."""
        while self.queue:
            name, extra = self.queue.popleft()
            known = named(name)
            if known is None or known.needs is None:
                self.unknown.add(name)
                continue
            for wanted in known.needs:
                if wanted.extra and wanted.extra != extra:
                    continue
                applies = decide(wanted.marker, self.environment, extra) if wanted.marker else True
                if applies:
                    self.add(wanted, self.paths[name])
                elif applies is None:
                    self.undecided.add(f"{wanted.name}; {wanted.marker}")

    def member(self, name: str) -> Member:
        """The member `name`, when all are in."""
        known = named(name)
        described: bool | None = None
        if known is not None and name not in self.elsewhere:
            answers = [allows(specifier, known.version) for specifier in sorted(self.specifiers[name])]
            answers.append(allows(known.python, self.environment.python) if known.python else True)
            described = False if False in answers else None if None in answers else True
        return Member(name, self.paths[name], tuple(sorted(self.extras[name])), known, described)


def _within(module: str, known: str) -> bool:
    return module == known or module.startswith(f"{known}.")
