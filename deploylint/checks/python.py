"""PYV: the Python version that is asked for: too old, too new, or not the newest of its series."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploylint.checks.registry import Problem, Scene, check
from deploylint.checks.versionfiles import file_of, how_to_ask, series_of, written_in
from deploylint.checks.words import will_stop
from deploylint.facts.versionfile import parse_version
from deploylint.finding import Fix, Replace, Severity
from deploylint.plan import Python, Status
from deploylint.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterator


@check("PYV003")
def python_end_of_life(scene: Scene) -> Iterator[Problem]:
    """`python-version::eol`."""
    for fault in scene.faults("python-version::eol"):
        series, origin = fault.detail["series"], fault.detail["origin"]
        default = scene.platform.data["python"]["default"]
        built = [
            known.name
            for known in scene.platform.series.values()
            if known.removed is None or scene.build.today < known.removed
        ]
        advice = (
            f"Write `{default}` into {file_of(scene)} and delete runtime.txt."
            if origin == "runtime.txt"
            else how_to_ask(origin, default)
        )
        yield Problem(
            fault.spans[0],
            f"{will_stop(fault)}: Python {series} is past its end of life, and this platform builds "
            f"{built[0]} to {built[-1]} only.",
            f"{advice} If the app does not run on {default} yet, take the newest of these that it runs on.",
            fault=fault,
        )


@check("PYV004")
def python_unknown(scene: Scene) -> Iterator[Problem]:
    """`python-version::unknown-major`, and the numbers on which the buildpack itself breaks."""
    for fault in scene.faults("python-version::unknown-major", "internal-error::abort"):
        rules = scene.platform.data["python"]
        known = f"the newest that it builds is {rules['newest']} (data of {scene.platform.as_of})"
        asked = fault.detail.get("series", fault.detail["version"][:30])
        yield Problem(
            fault.spans[0],
            f"{will_stop(fault)}: this platform does not know Python {asked}; {known}.",
            how_to_ask(fault.detail["origin"], rules["newest"]),
            fault=fault,
        )


@check("PYV009")
def patch_outdated(scene: Scene) -> Iterator[Problem]:
    """A patch release is asked for that is not the newest of its series."""
    python = scene.plan.python.value
    if python is None or python.span is None or scene.plan.python.status is not Status.OK:
        return
    numbers = parse_version(python.requested)
    known = scene.platform.series.get(series_of(python))
    latest = parse_version(known.latest) if known else None
    if known is None or numbers is None or latest is None or len(numbers) < 3 or numbers >= latest:
        return
    warns = scene.platform.data["python"]["on_outdated_patch"] == "warning"
    source = next((source for source in scene.platform.version_sources if source.file == python.origin), None)
    old = source is not None and source.status == "deprecated"
    advice = (
        f"Write `{known.name}` into {file_of(scene)} and delete {python.origin}."
        if old
        else how_to_ask(python.origin, known.name)
    )
    yield Problem(
        python.span,
        f"Python {python.requested} is not the newest {known.name}: {'the platform warns at each build, and ' * warns}"
        f"the app goes without the fixes up to {known.latest}.",
        f"{advice} The platform then takes the newest {known.name} at each build.",
        Severity.WARNING if warns else Severity.NOTE,
        fix=_series_fix(python, known.name),
    )


def _series_fix(python: Python, series: str) -> Fix | None:
    span = python.span
    if span is None or span.path not in (".python-version", "runtime.txt"):
        return None
    value = written_in(span.path, series)
    return Fix(f"Ask for {value}", (Replace(span, value),), safe=True)


@check("PYV010")
def series_deprecated(scene: Scene) -> Iterator[Problem]:
    """A series whose end on the platform is announced."""
    python = scene.plan.python.value
    known = scene.platform.series.get(series_of(python)) if python else None
    if python is None or known is None or known.removed is None or scene.plan.python.status is not Status.OK:
        return
    rules = scene.platform.data["python"]
    yield Problem(
        python.span or Span(scene.app.tree.anchor()),
        f"The platform will stop building Python {known.name} on {known.removed}; until then it warns at each build.",
        f"Move to a newer series, best {rules['default']}.",
    )


@check("PYV011")
def patch_unknown(scene: Scene) -> Iterator[Problem]:
    """`python-version::unknown-patch`."""
    for fault in scene.faults("python-version::unknown-patch"):
        version, latest = fault.detail["version"], fault.detail["latest"]
        series = ".".join(version.split(".")[:2])
        advice = f"{how_to_ask(fault.detail['origin'], series)} The platform then takes the newest {series}."
        yield Problem(
            fault.spans[0],
            f"The build stops unless {version} has been released since {scene.platform.as_of}: the newest {series} "
            f"known then was {latest}.",
            advice,
            fault=fault,
        )
