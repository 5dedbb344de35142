"""What is known of distributions: which modules each brings, which commands, and what it needs in turn.

The data is made by `scripts/packages.py` from the distributions' own published metadata and lies in `rules/packages/`:
`distributions.txt`, a block of lines for each, and `modules.txt`, a line for each import name. Both are sorted, and a
look-up reads the few bytes that it needs. What the data does not know, nobody may conclude from: `None` is not "none".
"""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from deploylint import package
from deploylint.facts.piprequirement import normalised
from deploylint.facts.releases import allows
from deploylint.knowledge import tables
from deploylint.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from deploylint.facts.markers import Environment


DISTRIBUTIONS = "packages/distributions.txt"
MODULES = "packages/modules.txt"
PINS = "packages/pins.txt"
"""What versions that apps pin need; of them neither modules nor wheels are told."""
FORMAT = "# deploylint packages 1"
"""The first line of both files."""


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


def distribution(name: str) -> Distribution | None:
    """What is known of the distribution `name`, in any spelling; None where the data has nothing."""
    return named(normalised(name))


@lru_cache(1024)
def is_described(name: str) -> bool:
    """Whether the data has the distribution `name`, normalised."""
    return bool(tables.block(package.view(DISTRIBUTIONS), name))


def exact(name: str, version: str) -> Distribution | None:
    """What is known of this very version of the distribution `name` (normalised); None where the data has another."""
    known = named(name)
    if known is not None and (known.version == version or allows(f"=={version}", known.version)):
        return known
    block = tables.headed(package.view(PINS), f"{name} {version}")
    return _read(block) if block else None


@lru_cache(256)
def once_needed(name: str, extras: Iterable[str] = ()) -> frozenset[str]:
    """What the distribution `name` (normalised) needs in any version of those that apps pin and that are known, with
    these of its extras.
    """
    asked = {"", *extras}
    found = (wanted for block in tables.named(package.view(PINS), name) for wanted in _read(block).needs or ())
    return frozenset(wanted.name for wanted in found if wanted.extra in asked)


def providers(module: str) -> tuple[str, ...]:
    """The distributions that are known to bring the module `a.b.c`: first those that name it so, then those that have
    `a.b`, then `a`; by name. For a package that only exists as the parent of others (`google.cloud`), all that have a
    part of it. Where the data has none, those that Debian knows; empty where none is known.
    """
    if not module or not all(part.isidentifier() for part in module.split(".")):
        return ()
    view = package.view(MODULES)
    found: dict[str, None] = {}
    prefix = module
    while prefix:
        found.update(dict.fromkeys(tables.line(view, prefix)))
        prefix = prefix.rpartition(".")[0]
    if not found:
        found.update(dict.fromkeys(sorted(tables.below(view, f"{module}."))))
    if not found:
        from deploylint.knowledge import debian

        return debian.providers(module)
    return tuple(found)


def closest_providers(module: str) -> tuple[str, ...]:
    """Of `providers` those to name to somebody who lacks the module `a.b`: who brings it, or else what is above it.
    None where that is a package of which many bring a part (`google.cloud`), for each of them lacks this one.
    """
    view = package.view(MODULES)
    prefix = module
    while "." in prefix:
        named = tables.line(view, prefix)
        if named:
            return tuple(named)
        prefix = prefix.rpartition(".")[0]
    shared = prefix != module and len(tables.below(view, f"{prefix}.") - set(tables.line(view, prefix))) > 1
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


_NEED = re.compile(
    r"(?P<name>[a-z0-9]+(?:-[a-z0-9]+)*)(?:\[(?P<extras>[a-z0-9,._-]+)\])?"
    r"(?P<specifier>[^\s;@\[\]]*)(?: @ (?P<url>\S+))?(?:; (?P<marker>.+))?"
)


def _fits(label: str, minor: int) -> bool:
    if label in ("any", "py3"):
        return True
    number, _, abi = label[2:].partition("-")
    if not number.startswith("3") or not number[1:].isdigit():
        return False
    return int(number[1:]) <= minor if abi == "abi3" or label.startswith("py") else int(number[1:]) == minor


@lru_cache(4096)
def named(name: str) -> Distribution | None:
    """What is known of the distribution `name`, which is normalised; None where the data has nothing."""
    block = tables.block(package.view(DISTRIBUTIONS), name)
    return _read(block) if block and not block.startswith("#") else None


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
