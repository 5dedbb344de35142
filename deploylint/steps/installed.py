"""What the build will have installed, as far as that can be said before it runs.

A lock file names all of it. A requirements file names a part, and what that brings along is known for distributions
that the package data describes (`deploylint.knowledge.distributions`). Where neither tells, the answer is None.
"""

from __future__ import annotations

import re
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from deploylint.app import REQUIREMENTS
from deploylint.facts.markers import Environment
from deploylint.facts.piprequirement import normalised
from deploylint.knowledge import stdlib
from deploylint.knowledge.closure import closure
from deploylint.knowledge.distributions import distribution, is_described, providers
from deploylint.plan import Status
from deploylint.record import NamedTuple
from deploylint.steps.doubt import changing_buildpack
from deploylint.steps.hookinstalls import installed_by_hooks

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from deploylint.facts.requirements import Requirement
    from deploylint.knowledge.closure import Closure, Declared
    from deploylint.plan import Python, Step
    from deploylint.platform import Manager
    from deploylint.steps import Build

_OLDEST = (3, 0)
"""The first Python whose sources are all read."""

_BUNDLED = (3, 12)
"""The newest Python beside which the platform installs setuptools."""

_PROJECT_FILES = ("pyproject.toml", "setup.cfg", "setup.py")
# Words of a project's files that let its modules lie anywhere.
_PLACED = re.compile(rb"package[_-]dir|py[_-]modules|\bwhere\b|\bfrom\s*=|\bsources\b")

_UNDESCRIBED_LIMIT = 500
"""So many distributions that nothing is known of may bring whatever is asked for."""

_OF_OTHERS = ("poetry.lock", "uv.lock", "Pipfile", "Pipfile.lock")
_SERIES = re.compile(r"(?:python-)?(\d+)\.(\d+)")
_RELEASE = re.compile(r"(?:python-)?(\d+\.\d+\.\d+)$")
# Where hosts put what they make of a repository: GitHub, Bitbucket, GitLab.
_ARCHIVED = frozenset({"archive", "get", "releases", "tarball", "zipball", "-"})
_ARCHIVE = re.compile(r"\.(?:zip|whl|tgz|tar(?:\.[a-z0-9]{1,4})?)$")
_VERSION = re.compile(r"-\d|\.(?:zip|whl|tgz|tar)\b")
# A distribution is often called like the module that it brings, with one of these around it.
_AFFIXES = frozenset({"python", "py", "py3", "python3", "django", "flask", "lib"})


class _Fields(NamedTuple):
    """The fields of Installed."""

    series: tuple[int, int]
    names: frozenset[str] | None
    exact: bool
    closure: Closure | None = None
    kept: tuple[int, int] | None = None
    assumed: bool = False
    own: frozenset[str] = frozenset()


class Installed(_Fields):
    """`names` are all distributions that are known to be installed, None where not even those that are declared can be
    told. `exact`: there are no others. `closure` is there for a requirements file. `kept` is the oldest series that the
    app may have instead, where no file names one and the platform keeps that of an earlier build. `assumed`: not
    certain in any part, since the build stops before it installs anything (this is what would be there once that is put
    right), or since the project's own files say it, which a program may change. `own` are names that modules of an
    installed project may have, which lie in folders of its own choice.
    """

    @property
    def oldest(self) -> tuple[int, int]:
        """The oldest series that the app may have: what is wrong with an old and a new one is wrong for certain."""
        return self.kept or self.series

    def is_standard(self, top: str) -> bool:
        """Whether the standard library of the Python in force has a module of this name."""
        return top in stdlib.names(self.series) or (self.is_2 and bool(stdlib.removed_in(top, _OLDEST)))

    @property
    def is_2(self) -> bool:
        """Whether it is a Python 2: of its sources only those are read that Python 3 understands too."""
        return self.series < _OLDEST

    def has(self, module: str) -> bool | None:
        """Whether something outside of the app provides a dotted module; None where that cannot be said."""
        if module not in self._answers:
            self._answers[module] = self._provides(module)
        return self._answers[module]

    @cached_property
    def _answers(self) -> dict[str, bool | None]:
        return {}

    def _provides(self, module: str) -> bool | None:
        top = module.partition(".")[0]
        if self.is_standard(top):
            return True
        if self.names is None:
            return None
        known = frozenset(providers(module))
        if known & self.names:
            return True
        if known & self.perhaps or top in self.own or (known and self.closure and known & self.closure.once_needed):
            return None
        if len(self.undescribed) > _UNDESCRIBED_LIMIT or _bare(top) in self._others:
            return None
        said = self._said
        if any(resembles(top, name) or top in brought for name, brought in said.items()):
            return None
        if any(_are_kin(name, other) for name in said for other in known):
            return None
        # What nothing at all is known of may bring anything that nobody well known brings, but hardly what was once a
        # module of the standard library.
        if all(said.values()) or stdlib.removed_in(top, self.series):
            return False
        return False if any(map(is_described, known)) else None

    @cached_property
    def perhaps(self) -> frozenset[str]:
        """What is installed under a condition that cannot be decided here, or for the sake of a distribution of which
        only Debian tells what it needs.
        """
        if self.closure is None:
            return frozenset()
        undecided = frozenset(line.partition(";")[0] for line in self.closure.undecided)
        return undecided | (_perhaps_brought(self.closure.unknown) - self.closure.members.keys())

    @cached_property
    def undescribed(self) -> tuple[str, ...]:
        """What is installed of which it is not known what it brings."""
        return tuple(
            name
            for name in (self.names or frozenset()) | self.perhaps
            if (found := distribution(name)) is None or found.imports is None
        )

    @cached_property
    def _said(self) -> dict[str, frozenset[str]]:
        """What each of these brings, as Debian tells."""
        return {name: _said_to_bring(name) for name in self.undescribed}

    @cached_property
    def _others(self) -> frozenset[str]:
        """The bare names of what is installed in another version than the one described, which may have brought a
        module that is called like it: modules get new names.
        """
        members = self.closure.members if self.closure else {}
        names = (name for name in self.names or () if not (name in members and members[name].described))
        return frozenset(filter(None, map(_bare, names)))

    def is_certain(self) -> bool:
        """Whether nothing else can be there: a lock file, or a closure all of whose versions are described."""
        return self.exact or (self.closure is not None and self.closure.certain)

    def brings(self, name: str) -> bool | None:
        """Whether the distribution is installed; None where that cannot be said."""
        if self.names is None or name in self.perhaps:
            return None
        return name in self.names


def installed(build: Build, chosen: Step[Manager], version: Step[Python]) -> Installed | None:
    """What is installed; None where the Python in force is not known."""
    found = _SERIES.match(version.value.resolved or version.value.requested) if version.value else None
    if found is None:
        return None
    series = (int(found[1]), int(found[2]))
    # Who asks for a series gets today's release or a later one; who asks for a release gets that one.
    release = _RELEASE.match(version.value.requested) if version.value else None
    today = _RELEASE.match(version.value.resolved or "") if version.value and not version.value.is_default else None
    first = int(today[1].rpartition(".")[2]) if today else 0
    python = Environment(release[1] if release else f"{series[0]}.{series[1]}", first=first)
    brought = _brought(build, chosen, series, python)._replace(kept=kept_series(build, version))
    # In a Python 2 a module finds those that lie beside it.
    return brought._replace(assumed=True, own=_all_modules(build)) if brought.is_2 else brought


def kept_series(build: Build, version: Step[Python]) -> tuple[int, int] | None:
    """The oldest series that an earlier build may have left the app with, where no file names one."""
    rules = build.platform.data["python"]
    if version.value is None or not version.value.is_default or not rules.get("keeps_unspecified"):
        return None
    major, minor = rules["oldest"].split(".")
    return int(major), int(minor)


def _brought(build: Build, chosen: Step[Manager], series: tuple[int, int], python: Environment) -> Installed:
    manager, hooked = chosen.value, installed_by_hooks(build)
    if hooked is None:
        return Installed(series, None, exact=False)
    if manager is None or chosen.status is not Status.OK:
        return _assumed(build, chosen, series, python)
    if manager.file == REQUIREMENTS:
        return _from_requirements(build, series, python, hooked)
    lock = build.app.lock(manager.id)
    if lock is None or lock.trouble is not None or lock.names is None:
        return Installed(series, None, exact=False)
    # What the lock does not name brings along what is not known in full.
    return Installed(series, lock.names | {*closure(hooked, python).members}, exact=lock.main_only and not hooked)


def _assumed(build: Build, chosen: Step[Manager], series: tuple[int, int], python: Environment) -> Installed:
    """What would be installed, were the build not to stop for want of one package manager's file."""
    names = None
    if chosen.faults:
        from deploylint.steps.meant import names_meant

        names = names_meant(build, [fault.reason for fault in chosen.faults], python)
    if names is not None and series <= _BUNDLED:
        names |= {"setuptools", "wheel"}
    return Installed(series, names, exact=False, assumed=True, own=_own_modules(build))


def _own_modules(build: Build) -> frozenset[str]:
    """The names of all modules of the app, where its project says in which folders they are found once installed."""
    tree = build.app.tree
    texts = [tree.read(path).data for path in _PROJECT_FILES if tree.is_file(path)]
    if not any(map(_PLACED.search, texts)):
        return frozenset()
    return _all_modules(build)


def _all_modules(build: Build) -> frozenset[str]:
    return frozenset(part for path in build.app.sources for part in path.removesuffix(".py").split("/"))


def _from_requirements(
    build: Build, series: tuple[int, int], python: Environment, hooked: Sequence[Declared]
) -> Installed:
    requirements = build.app.requirements
    if requirements is None or requirements.problems:
        return Installed(series, None, exact=False)
    whole = closure((*requirements.requirements, *hooked), python)
    nameless = [found for found in requirements.requirements if found.name is None]
    own: frozenset[str] = frozenset()
    local = any(found.local_path is not None or not found.url for found in nameless)
    if local:
        needs = _needs_of_own(build, nameless)
        if needs is None:
            return Installed(series, None, exact=False, closure=whole)
        named = [found for found in requirements.requirements if found.name is not None]
        whole = closure((*named, *needs, *hooked), python)._replace(nameless=True)
        own = _own_modules(build)
    names = {*whole.members, "pip", *(name for found in nameless for name in _projects(found.url or "") if name)}
    if series <= _BUNDLED:
        names |= {"setuptools", "wheel"}
    return Installed(series, frozenset(names), exact=False, closure=whole, assumed=local, own=own)


def _needs_of_own(build: Build, nameless: Sequence[Requirement]) -> list[Declared] | None:
    """What the project in the root needs, where that is the only local one and its files say so in words."""
    local = [found for found in nameless if found.local_path is not None or not found.url]
    if any(found.local_path != "." or found.extras for found in local):
        return None
    from deploylint.steps.meant import project_needs

    return project_needs(build)


def installs_itself(build: Build) -> bool:
    """Whether the build may install the app as a project: not where it only asks pip for requirements, and none of
    them is a folder or an address.
    """
    requirements = build.app.requirements
    if requirements is None or requirements.problems or may_install(build):
        return True
    if any(found.local_path is not None or found.url for found in requirements.requirements):
        return True
    return any(map(build.app.tree.may_exist, _OF_OTHERS)) or changing_buildpack(build, brings=True) is not None


def _projects(url: str) -> Iterator[str]:
    """What a project at this address is probably called: by the last part of its path, and where that is an archive
    that a host makes of a repository, by the repository.
    """
    address = url.partition("#")[0].partition("?")[0]
    parts = (address.partition("://")[2] or address).partition("/")[2].partition("@")[0].rstrip("/").split("/")
    made = next((at for at, part in enumerate(parts) if at and part in _ARCHIVED), None)
    if made is not None:
        yield normalised(parts[made - 1].removesuffix(".git"))
    if made is None or parts[made] == "releases":
        last = parts[-1].removesuffix(".git")
        yield normalised(_VERSION.split(last, maxsplit=1)[0] if _ARCHIVE.search(last) else last)


def may_install(build: Build) -> bool:
    """Whether a hook of the app may install what cannot be told."""
    return installed_by_hooks(build) is None


def _said_to_bring(name: str) -> frozenset[str]:
    """The top-level modules that the distribution `name` brings, as Debian tells; empty where it does not know it."""
    from deploylint.knowledge import debian

    return frozenset(module.partition(".")[0] for module in debian.imports(name))


@lru_cache(64)
def _perhaps_brought(unknown: tuple[str, ...]) -> frozenset[str]:
    if not unknown:
        return frozenset()
    from deploylint.knowledge import debian

    return debian.reach(unknown)


def _bare(name: str) -> str:
    """A name without what is often added to the module's."""
    return "".join(word for word in normalised(name).split("-") if word not in _AFFIXES)


def _are_kin(one: str, other: str) -> bool:
    """Whether a distribution may be another make of one with the same modules: `opencv-python`, and with `-headless`
    behind it.
    """
    return one.startswith(f"{other}-") or other.startswith(f"{one}-")


def resembles(top: str, name: str) -> bool:
    """Whether a distribution of this name may well bring a module of that name."""
    wanted = normalised(top)
    if wanted.replace("-", "") in name.replace("-", ""):
        return True
    words = [word for word in name.split("-") if word not in _AFFIXES]
    joined = "".join(words)
    return bool(joined) and joined in wanted.replace("-", "")
