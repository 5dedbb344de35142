"""What pip cannot install whatever else the app has, as far as the name of a requirement and its version tell.

Source: `rules/refused.toml`, which says what was seen and when. It speaks of the public index of today, so that a
platform of the past is not judged by it, and another index makes it a guess.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from deploylint.facts.piprequirement import normalised
from deploylint.finding import Phase
from deploylint.knowledge import refusals
from deploylint.knowledge.distributions import is_described
from deploylint.plan import Fault
from deploylint.steps.doubt import named_buildpacks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from deploylint.facts.requirements import Requirement, Requirements
    from deploylint.knowledge.refusals import Refusal
    from deploylint.steps import Build
    from deploylint.text import Span

    Applies = Callable[[Requirement], bool | None]


def name_faults(
    build: Build, requirements: Requirements, applies: Applies, python: str | None, kept: str | None = None
) -> Iterator[Fault]:
    """A fault for each requirement that pip can find nothing for, or nothing that can be installed. `kept` is the
    oldest Python that an older app may have instead.
    """
    if build.platform.frozen:
        return
    plain = [found for found in requirements.requirements if not (found.unknown or found.url or found.local_path)]
    if any(found.local_path for found in requirements.requirements):
        from deploylint.facts.pipprojects import project_needs

        plain += project_needs(build.app.tree, requirements.requirements)
    suspects = refusals.suspects(found.name for found in plain if found.name)
    elsewhere = other_places(requirements)
    told = elsewhere or tells_of_index(build)
    unlisted = (
        {}
        if elsewhere
        else unlisted_names(build, {found.name for found in plain if found.name} - suspects, requirements)
    )
    faults: list[Fault] = []
    for requirement in plain:
        name = requirement.name
        pin = requirement.specifier.lstrip("=") if requirement.pinned else None
        label = refusals.labelled(pin) if pin is not None and not elsewhere else None
        if name is None or not (name in suspects or name in unlisted or label):
            continue
        asked = (name, pin, requirement.specifier)
        found = refusals.refusal(*asked, python, build.stack) or unlisted.get(name) or label
        if found is None or not applies(requirement):
            continue
        if found.kind == "list" and not requirement.specifier:
            found = found._replace(instead=_with_equals(requirement.written) or found.instead)
        written = requirement.written + (requirement.specifier if found.advice or found.files else "")
        always = kept is None or found is label or refusals.refusal(*asked, kept, build.stack) is not None
        certain = found.certain and always and not told and not may_bring_headers(build, found)
        faults.append(refusal_fault("pip", requirement.span, found, written, certain=certain))
    yield from _gathered(faults)


def _gathered(faults: Sequence[Fault]) -> Iterator[Fault]:
    """The same, where the lines of a file that only the Python of an operating system or of conda can have are one
    fault, with the spans of all.
    """
    systems: dict[tuple[str, bool], list[Fault]] = {}
    for fault in faults:
        if fault.detail["kind"] == "system":
            systems.setdefault((fault.spans[0].path, fault.certain), []).append(fault)
    groups = {
        group[0].spans[0]: group
        for group in systems.values()
        if len(group) > 1 and any(fault.topic == "not-published" for fault in group)
    }
    rest = {fault.spans[0] for group in groups.values() for fault in group[1:]}
    for fault in faults:
        group = groups.get(fault.spans[0])
        if group:
            names = "\n".join(one.detail["name"] for one in group)
            spans = tuple(one.spans[0] for one in group)
            yield fault._replace(topic="not-published", spans=spans, detail={**fault.detail, "names": names})
        elif fault.spans[0] not in rest:
            yield fault


_VERSIONED = re.compile(r"([A-Za-z][A-Za-z0-9_.-]{0,60}?)-v?([0-9]+(?:\.[0-9]+)+)")


def _with_equals(written: str) -> str:
    """`name==1.2.3` for `name-1.2.3`, where there is such a name."""
    from deploylint.knowledge import names

    match = _VERSIONED.fullmatch(written)
    return f"{match[1]}=={match[2]}" if match and names.may_exist(normalised(match[1])) else ""


def may_bring_headers(build: Build, found: Refusal) -> bool:
    """Whether packages of the system, or a buildpack, may bring what a source needs to be compiled."""
    if not found.headers:
        return False
    return build.app.tree.may_exist("Aptfile") or any(not one.is_python for one in named_buildpacks(build) or ())


def unlisted_names(
    build: Build, wanted: Iterable[str], requirements: Requirements | None = None
) -> Mapping[str, Refusal]:
    """What there is to say of names of which nothing is known but that the index has none of them."""
    unknown = [name for name in wanted if not is_described(name)]
    if not unknown:
        return {}
    from deploylint.steps.unlisted import missing

    return missing(build, unknown, requirements)


def refusal_fault(tool: str, span: Span, found: Refusal, written: str, *, certain: bool) -> Fault:
    """The fault of a distribution that cannot be installed, declared as `written` in what `tool` reads."""
    detail = {
        "what": found.why,
        "name": written,
        "system": found.system,
        "instead": found.instead,
        "kind": found.kind,
        "advice": found.advice,
        "gone": "yes" if found.gone else "",
        "files": found.files,
        "newer": found.newer,
        "headers": found.headers,
    }
    reason = f"install-dependencies::{tool}"
    return Fault(reason, Phase.BUILD, (span,), topic=found.topic, certain=certain, detail=detail)


def tells_of_index(build: Build) -> bool:
    """Whether the app or the configuration says that a config var names an index or folder, which pip gets to see."""
    app, seen = build.app, build.platform.data["packages"].get("variables_seen", ())
    names = [word.partition("=")[0] for word in build.config_vars]
    names += [word.value for word in app.app_json.variables] if app.app_json else ()
    names += [variable.name for variable in app.descriptor.variables] if app.descriptor else ()
    return any(name in _INDEX_VARIABLES and (seen is True or name in seen) for name in names)


_INDEX_VARIABLES = ("PIP_EXTRA_INDEX_URL", "PIP_INDEX_URL", "PIP_FIND_LINKS", "PIP_CONFIG_FILE")


def other_places(requirements: Requirements) -> bool:
    """Whether an option names another place than the public index, which may have what that one has not."""
    named = [
        option.value
        for file in requirements.files
        for option in file.options
        if option.name in ("--index-url", "--extra-index-url", "--find-links", "--no-index") and not option.ignored
    ]
    if not named:
        return False
    from deploylint.facts.pipsources import is_public

    return not all(map(is_public, named))
