"""What `pip install -r requirements.txt` says before it downloads anything, as far as the app's files decide it.

Sources: heroku/heroku-buildpack-python v351 lib/pip.sh, which runs pip in the root of the app; pip 26.2.1.
"""

from __future__ import annotations

import posixpath
import re
from itertools import islice
from typing import TYPE_CHECKING

from deploylint.finding import Phase
from deploylint.plan import Fault, Status
from deploylint.steps.doubt import doubted_fault
from deploylint.steps.installed import kept_series
from deploylint.steps.piplines import STOPS, line_faults
from deploylint.steps.pipnames import name_faults
from deploylint.steps.pipneeds import need_faults

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator, Mapping, Sequence

    from deploylint.facts.piplocal import Place
    from deploylint.facts.requirements import Requirement, Requirements
    from deploylint.plan import Python, Step
    from deploylint.steps import Build
    from deploylint.text import Span

    Applies = Callable[[Requirement], bool | None]

_BUILT = re.compile(r"/(?:croots?|tmp/build|feedstock_root|conda-bld)/|_[0-9]{13}/work\b")
_LINK_FAULTS = 1000
"""Links and paths that are told; pip stops at the first."""


def pip_faults(build: Build, version: Step[Python]) -> Iterator[Fault]:
    """The faults of the requirements files."""
    requirements = build.app.requirements
    for fault in _faults(build, requirements, version) if requirements else ():
        files = dict.fromkeys(span.path for span in fault.spans)
        wanted = [path for path in fault.detail.get("wanted", "").split("\n") if path]
        wanted += [fault.detail["headers"]] if fault.detail.get("headers") else []
        # What pip accepts is judged by today's pip: for a pip of the past it is a guess, but for what none ever took.
        sure = fault.certain and (not build.platform.frozen or fault.topic == "cycle")
        yield doubted_fault(build, fault._replace(certain=sure), tuple(files), wanted)


def _faults(build: Build, requirements: Requirements, version: Step[Python]) -> Iterator[Fault]:
    yield from line_faults(requirements)
    for span in requirements.cycles:
        # pip refuses this since 24.3; older ones read the file again and again until Python's stack was full.
        yield _fault("cycle", [span], "this file includes itself")
    environment = _environment(version)

    markers: dict[str | None, bool | None] = {}

    def applies(requirement: Requirement) -> bool | None:
        if requirement.marker not in markers:
            markers[requirement.marker] = requirement.applies(environment)
        return markers[requirement.marker]

    stopped: set[Span] = set()  # pip says one thing of a line
    found = list(islice(_link_faults(build, requirements, applies, environment), _LINK_FAULTS))
    stopped.update(fault.spans[-1] for fault in found)
    yield from _gathered(found)
    kept = kept_series(build, version)
    pythons = (environment.get("python_full_version"), f"{kept[0]}.{kept[1]}.0" if kept else None)
    yield from name_faults(build, requirements, applies, *pythons)
    if any(problem.kind in STOPS for problem in requirements.problems):
        return  # pip comes to the rest when it can read every line: half a merge, say, contradicts the other half
    yield from _source_faults(build, requirements, applies)
    yield from _index_faults(requirements, applies)
    yield from _hash_faults(build, requirements, applies, stopped)
    yield from _pin_faults(requirements, applies)
    yield from need_faults(build, requirements, applies, *pythons)


def _environment(version: Step[Python]) -> Mapping[str, str]:
    """What markers are compared with, as far as it is known: neither the machine nor its kernel is."""
    known = {"os_name": "posix", "platform_system": "Linux"}
    python = version.value
    if version.status is not Status.OK or python is None or python.resolved is None or python.is_2:
        return known
    full = python.resolved.removeprefix("python-")
    return {
        **known,
        "sys_platform": "linux",
        "implementation_name": "cpython",
        "implementation_version": full,
        "platform_python_implementation": "CPython",
        "python_full_version": full,
        "python_version": ".".join(full.split(".")[:2]),
    }


def _minor(environment: Mapping[str, str]) -> int | None:
    major, _, minor = environment.get("python_version", "").partition(".")
    return int(minor) if major == "3" and minor.isdigit() else None


def _link_faults(
    build: Build, requirements: Requirements, applies: Applies, environment: Mapping[str, str]
) -> Iterator[Fault]:
    """What pip says of links and paths, of each at most one thing."""
    places: dict[tuple[str | None, str | None, bool], Place] = {}
    python = environment.get("python_full_version")
    for requirement in requirements.requirements:
        if requirement.unknown or (requirement.url is None and requirement.local_path is None):
            continue
        from deploylint.facts import piplinks, piplocal
        from deploylint.facts.releases import within

        key = (requirement.local_path, requirement.url, requirement.editable)
        if key not in places:
            local = requirement.local_path is not None
            places[key] = piplocal.find_place(build.app.tree, requirement) if local else piplocal.NOWHERE
        place = places[key]
        if not (place.bad and place.early) and not applies(requirement):
            continue
        scheme = piplinks.scheme_trouble(requirement)
        wheel = piplinks.wheel_file(requirement)
        unfit, everywhere = _unfit(build, wheel, _minor(environment)) if wheel else ("", True)
        unreached = _unreached(build, requirement)
        if scheme:
            # `git@host:path` is a project called git to pip.
            git = piplinks.remote(requirement.url or "") or piplinks.remote(f"{requirement.written}@{requirement.url}")
            parts = git.public.removeprefix("https://").replace("/", "\n", 1) if git else ""
            yield _fault("link-unusable", [requirement.span], scheme, mistake="git" if git else "", parts=parts)
        elif unreached:
            yield unreached
        elif unfit:
            yield _fault("wheel-unsupported", [requirement.span], unfit, certain=everywhere, wheel=wheel or "")
        elif place.bad:
            yield _place_fault(place, requirement)
        elif python and place.requires and within(place.requires, python) is False:
            yield _python_fault(place, requirement, python)


def _unreached(build: Build, requirement: Requirement) -> Fault | None:
    from deploylint.steps.repositories import repository_fault

    name = requirement.written if requirement.name else ""
    return repository_fault(build, "pip", requirement.span, name, requirement.url) if requirement.url else None


def _unfit(build: Build, wheel: str, minor: int | None) -> tuple[str, bool]:
    from deploylint.steps.machines import wheel_trouble

    return wheel_trouble(build, wheel, minor)


def _gathered(faults: list[Fault]) -> Iterator[Fault]:
    """The same, where all lines of a file that name folders of conda's builds, as `pip freeze` in an environment of
    conda's lists them, are one fault: its first span is that of the first one.
    """
    built: dict[tuple[str, bool], list[Fault]] = {}
    for fault in faults:
        if fault.topic == "path-missing" and fault.detail["kind"] and _BUILT.search(fault.detail["path"]):
            built.setdefault((fault.spans[0].path, fault.certain), []).append(fault)
    leaders = {group[0].spans[0]: group for group in built.values()}
    rest = {fault.spans[0] for group in built.values() for fault in group[1:]}
    for fault in faults:
        if fault.spans[0] in leaders:
            spans = tuple(other.spans[0] for other in leaders[fault.spans[0]])
            yield fault._replace(spans=spans, detail={**fault.detail, "conda": "yes"})
        elif fault.spans[0] not in rest:
            yield fault


def _place_fault(place: Place, requirement: Requirement) -> Fault:
    path = posixpath.normpath(place.path)
    inside = [posixpath.normpath(f"{path}/{name}") for name in ("setup.py", "pyproject.toml")]
    wanted = "\n".join([*([path] if path != "." else []), *inside])
    spans = [place.span, requirement.span] if place.span is not None else [requirement.span]
    detail = {"path": place.path, "kind": place.where, "wanted": wanted}
    return _fault(f"path-{place.kind}", spans, place.what, certain=place.certain, **detail)


def _python_fault(place: Place, requirement: Requirement, python: str) -> Fault:
    what = f"it wants Python {place.requires}, but the app asks for {python}"
    spans = [place.span or requirement.span, requirement.span]
    return _fault("python-forbidden", spans, what, manager="pip", tool="pip", file="requirements.txt")


def _source_faults(build: Build, requirements: Requirements, applies: Applies) -> Iterator[Fault]:
    """The first requirement that pip has no place to look for."""
    if not any(option.name == "--no-index" for file in requirements.files for option in file.options):
        return
    from deploylint.facts.pipsources import find_stranded

    stranded = find_stranded(requirements, build.app.tree)
    tools = build.platform.data["tools"]
    sought = (
        found
        for found in requirements.requirements
        if not (found.unknown or found.url or found.local_path or found.name in tools) and applies(found)
    )
    first = next(sought, None) if stranded else None
    if stranded and first:
        spans = [first.span, stranded.span]
        wanted = "\n".join(map(posixpath.normpath, stranded.folders))
        yield _fault("no-source", spans, "", folders=" ".join(stranded.folders), wanted=wanted)


def _index_faults(requirements: Requirements, applies: Applies) -> Iterator[Fault]:
    """The only index, where pip passes over it; a config var of the buildpack's may name another."""
    if not any(option.name == "--index-url" for file in requirements.files for option in file.options):
        return
    from deploylint.facts.pipindexes import ignored_index

    index = ignored_index(requirements)
    sought = (found for found in requirements.requirements if not (found.url or found.local_path) and applies(found))
    first = next(sought, None) if index else None
    if index and first:
        yield _fault("index-ignored", [index.value_span, first.span], "", certain=False)._replace(by_default=True)


def _hash_faults(
    build: Build, requirements: Requirements, applies: Applies, stopped: Container[Span]
) -> Iterator[Fault]:
    """What hash mode refuses: a fault for each kind, which points at all lines of it and then at what asked for it."""
    from deploylint.facts.piphashes import option, refused, turned_on

    on, off = option(requirements, "--require-hashes"), option(requirements, "--no-require-hashes")
    if on is not None and off is not None:
        yield _fault("options-clash", [max(on, off)], "--require-hashes and --no-require-hashes exclude each other")
    asked = turned_on(requirements)
    if asked is None:
        return
    tools = build.platform.data["tools"].items()
    installed = {name: row["version"] for name, row in tools if row and "pip" in row["managers"]}
    groups: dict[str, list[Span]] = {}
    what: dict[str, str] = {}
    for found in refused(requirements, build.app.tree, installed, applies):
        if found.requirement.span not in stopped:
            groups.setdefault(found.kind, []).append(found.requirement.span)
            what.setdefault(found.kind, found.what)
    for kind, spans in groups.items():
        yield _fault(f"hash-{kind}", [*spans, asked], what[kind], lines=str(len(spans)))


def _pin_faults(requirements: Requirements, applies: Applies) -> Iterator[Fault]:
    from deploylint.facts.pippins import contradictions, wanted_by

    for one, other in contradictions(requirements, applies):
        spans = [other.span, one.span] if other is not one else [one.span]
        yield _fault("pins-conflict", spans, "", name=other.written, one=wanted_by(one), other=wanted_by(other))


def _fault(topic: str, spans: Sequence[Span], what: str, *, certain: bool = True, **detail: str) -> Fault:
    details = {"what": what, **detail}
    reason = "install-dependencies::pip"
    return Fault(reason, Phase.BUILD, tuple(spans), topic=topic, certain=certain, detail=details)
