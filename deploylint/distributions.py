"""What is known of distributions: which modules each brings, which commands, and what it needs in turn.

The data is made by `scripts/packages.py` from the distributions' own published metadata and lies in `rules/packages/`:
`distributions.txt`, a block of lines for each, and `modules.txt`, a line for each import name. Both are sorted, and a
look-up reads the few bytes that it needs. What the data does not know, nobody may conclude from: `None` is not "none".
"""

from __future__ import annotations

import datetime as dt
import re
from collections import deque
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

from deploylint import package
from deploylint.facts.piprequirement import normalised
from deploylint.facts.releases import within
from deploylint.markers import Environment, decide
from deploylint.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from deploylint.package import Bytes

DISTRIBUTIONS = "packages/distributions.txt"
MODULES = "packages/modules.txt"
PINS = "packages/pins.txt"
"""What versions that apps pin need; of them neither modules nor wheels are told."""
FORMAT = "# deploylint packages 1"
"""The first line of both files."""

MEMBER_LIMIT = 5_000
"""Distributions of one closure; the largest of real apps have some 500."""


class DataError(Exception):
    """A file of the data is not in the format that this version reads."""


class Need(NamedTuple):
    """A requirement: `name` and `extras` are normalised, `specifier` has no blanks, `extra` is that of the distribution
    which brings it in, the empty string where it always applies.
    """

    name: str
    extras: tuple[str, ...] = ()
    specifier: str = ""
    marker: str | None = None
    url: str | None = None
    extra: str = ""


class Wheels(NamedTuple):
    """The wheels for Linux with glibc, by what their tags ask of CPython: `any` and `py3` of no certain version, `py38`
    and `cp38-abi3` of 3.8 or newer, `cp311` of 3.11. A wheel that fits every machine stands under both.
    """

    x86_64: tuple[str, ...] = ()
    arm64: tuple[str, ...] = ()

    def fits(self, environment: Environment) -> bool:
        """Whether pip finds a wheel and has nothing to compile."""
        labels = self.arm64 if environment.machine in ("aarch64", "arm64") else self.x86_64
        minor = int(environment.python.split(".")[1])
        return any(_fits(label, minor) for label in labels)


class Distribution(NamedTuple):
    """A distribution in the `version` that the data describes, the newest that is known.

    `imports` are the modules and packages that it brings (`yaml`, `google.cloud.storage`), `accidental` those that
    can be imported too but were hardly meant to be installed (`tests`). `scripts` are its commands. `python` is its
    Requires-Python. `imports`, `needs`, `wheels` and `sdist` are None where the data does not know.
    """

    name: str
    version: str
    imports: tuple[str, ...] | None = None
    accidental: tuple[str, ...] = ()
    scripts: tuple[str, ...] = ()
    needs: tuple[Need, ...] | None = None
    extras: tuple[str, ...] = ()
    python: str = ""
    wheels: Wheels | None = None
    sdist: bool | None = None


class Origin(NamedTuple):
    """Where the data comes from: the day of its newest part, how many distributions and import names, a sentence."""

    date: dt.date
    distributions: int
    modules: int
    source: str


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


def distribution(name: str) -> Distribution | None:
    """What is known of the distribution `name`, in any spelling; None where the data has nothing."""
    return _distribution(normalised(name))


@lru_cache(1024)
def is_described(name: str) -> bool:
    """Whether the data has the distribution `name`, normalised."""
    return bool(_block(package.view(DISTRIBUTIONS), name))


def exact(name: str, version: str) -> Distribution | None:
    """What is known of this very version of the distribution `name` (normalised); None where the data has another."""
    known = _distribution(name)
    if known is not None and (known.version == version or allows(f"=={version}", known.version)):
        return known
    view = package.view(PINS)
    start = view.find(f"\n\n{name} {version}\n".encode()) + 2
    if start < 2:
        return None
    end = view.find(_BLOCK_END, start)
    return _read(bytes(view[start : len(view) if end < 0 else end]).decode("utf-8").rstrip("\n"))


def providers(module: str) -> tuple[str, ...]:
    """The distributions that are known to bring the module `a.b.c`: first those that name it so, then those that have
    `a.b`, then `a`; by name. For a package that only exists as the parent of others (`google.cloud`), all that have a
    part of it. Empty where none is known.
    """
    if not module or not all(part.isidentifier() for part in module.split(".")):
        return ()
    view = package.view(MODULES)
    found: dict[str, None] = {}
    prefix = module
    while prefix:
        found.update(dict.fromkeys(_line(view, prefix)))
        prefix = prefix.rpartition(".")[0]
    if not found:
        found.update(dict.fromkeys(sorted(_below(view, f"{module}."))))
    return tuple(found)


def closest_providers(module: str) -> tuple[str, ...]:
    """Of `providers` those to name to somebody who lacks the module `a.b`: who brings it, or else what is above it.
    None where that is a package of which many bring a part (`google.cloud`), for each of them lacks this one.
    """
    view = package.view(MODULES)
    prefix = module
    while "." in prefix:
        named = _line(view, prefix)
        if named:
            return tuple(named)
        prefix = prefix.rpartition(".")[0]
    shared = prefix != module and len(_below(view, f"{prefix}.") - set(_line(view, prefix))) > 1
    return () if shared else providers(module)


def known_names() -> Iterator[str]:
    """The names of all distributions of the data, sorted."""
    text = bytes(package.view(DISTRIBUTIONS)).decode("utf-8")
    return (block.partition(" ")[0] for block in text.split("\n\n")[1:])


def known_modules() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Every import name of the data with the distributions that bring it, sorted."""
    for line in bytes(package.view(MODULES)).decode("utf-8").splitlines():
        if not line.startswith("#"):
            module, *names = line.split(" ")
            yield module, tuple(names)


def origin() -> Origin:
    """When the data was made, and from what. DataError where it is in another format."""
    view = package.view(DISTRIBUTIONS)
    head = bytes(view[: max(view.find(b"\n\n"), 0)]).decode("utf-8").split("\n")
    if len(head) < 4 or head[0] != FORMAT:
        raise DataError(f"{DISTRIBUTIONS} is in another format")
    counts = re.findall("[0-9]+", head[2])
    source = " ".join(line.removeprefix("# ") for line in head[3:])
    return Origin(dt.date.fromisoformat(head[1].removeprefix("# ")), int(counts[0]), int(counts[1]), source)


def need(text: str) -> Need | None:
    """A requirement as the data writes it, `name[extra,extra]>=1,<2; marker` or `name @ url; marker`; None where it is
    in another form.
    """
    match = _NEED.fullmatch(text)
    if match is None:
        return None
    extras = tuple(extra for extra in (match["extras"] or "").split(",") if extra)
    return Need(match["name"], extras, match["specifier"], match["marker"], match["url"])


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
            known = _distribution(name)
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
        known = _distribution(name)
        described: bool | None = None
        if known is not None and name not in self.elsewhere:
            answers = [allows(specifier, known.version) for specifier in sorted(self.specifiers[name])]
            answers.append(allows(known.python, self.environment.python) if known.python else True)
            described = False if False in answers else None if None in answers else True
        return Member(name, self.paths[name], tuple(sorted(self.extras[name])), known, described)


_NEED = re.compile(
    r"(?P<name>[a-z0-9]+(?:-[a-z0-9]+)*)(?:\[(?P<extras>[a-z0-9,._-]+)\])?"
    r"(?P<specifier>[^\s;@\[\]]*)(?: @ (?P<url>\S+))?(?:; (?P<marker>.+))?"
)
_BLOCK_END = b"\n\n"


def _within(module: str, known: str) -> bool:
    return module == known or module.startswith(f"{known}.")


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


def _fits(label: str, minor: int) -> bool:
    if label in ("any", "py3"):
        return True
    number, _, abi = label[2:].partition("-")
    if not number.startswith("3") or not number[1:].isdigit():
        return False
    return int(number[1:]) <= minor if abi == "abi3" or label.startswith("py") else int(number[1:]) == minor


@lru_cache(4096)
def _distribution(name: str) -> Distribution | None:
    block = _block(package.view(DISTRIBUTIONS), name)
    return _read(block) if block and not block.startswith("#") else None


def _block(view: Bytes, name: str) -> str:
    """The block of the distribution `name`, the empty string where there is none: binary search, since the blocks are
    sorted by name, with an empty line between two.
    """
    key = name.encode("utf-8", "replace")
    low, high = 0, len(view)
    while low < high:
        middle = (low + high) // 2
        end = view.rfind(_BLOCK_END, low, middle)
        start = low if end < 0 else end + 2
        close = view.find(_BLOCK_END, start, high)
        stop = high if close < 0 else close
        blank = view.find(b" ", start, stop)
        found = view[start : stop if blank < 0 else blank]
        if found == key:
            return bytes(view[start:stop]).decode("utf-8").rstrip("\n")
        if found < key:
            low = high if close < 0 else close + 2
        else:
            high = start
    return ""


def _line(view: Bytes, module: str) -> list[str]:
    """The distributions of the line of `module`."""
    start = _at_least(view, module.encode("utf-8", "replace") + b" ")
    end = view.find(b"\n", start)
    name, *names = bytes(view[start : len(view) if end < 0 else end]).decode("utf-8").split(" ")
    return names if name == module else []


def _below(view: Bytes, prefix: str) -> set[str]:
    """The distributions of all lines that begin with `prefix`."""
    key = prefix.encode("utf-8", "replace")
    names: set[str] = set()
    start = _at_least(view, key)
    while start < len(view):
        end = view.find(b"\n", start)
        line = bytes(view[start : len(view) if end < 0 else end])
        if not line.startswith(key):
            break
        names.update(line.decode("utf-8").split(" ")[1:])
        start += len(line) + 1
    return names


def _at_least(view: Bytes, key: bytes) -> int:
    """Where the first line begins that is not less than `key`; the end of the view where there is none."""
    low, high = 0, len(view)
    while low < high:
        middle = (low + high) // 2
        start = max(view.rfind(b"\n", low, middle) + 1, low)
        close = view.find(b"\n", start, high)
        stop = high if close < 0 else close
        if view[start:stop] < key:
            low = high if close < 0 else close + 1
        else:
            high = start
    return low


def _read(block: str) -> Distribution:
    """The distribution of a block. A line with a key that is not known here is of a newer tool, and passed over."""
    head, *lines = block.split("\n")
    name, _, version = head.partition(" ")
    words: dict[str, tuple[str, ...]] = {}
    needs: list[Need] = []
    needs_known = True
    for line in lines:
        key, _, value = line.strip().partition(" ")
        if key == "needs" or key.startswith("needs["):
            wanted = need(value)
            needs_known = needs_known and wanted is not None
            if wanted is not None:
                needs.append(wanted._replace(extra=key[len("needs[") : -1]))
        else:
            words[key] = () if value == "-" else tuple(value.split(" "))
    wheels = None
    if not words.keys().isdisjoint(("wheels", "wheels-x86-64", "wheels-arm64")):
        both = words.get("wheels", ())
        wheels = Wheels(both + words.get("wheels-x86-64", ()), both + words.get("wheels-arm64", ()))
    return Distribution(
        name,
        version,
        imports=words.get("imports"),
        accidental=words.get("accidental", ()),
        scripts=words.get("scripts", ()),
        needs=tuple(needs) if needs_known else None,
        extras=words.get("extras", ()),
        python=" ".join(words.get("python", ())),
        wheels=wheels,
        sdist=words["sdist"] == ("yes",) if "sdist" in words else None,
    )
