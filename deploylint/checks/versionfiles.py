"""PYV: the files that name a Python version: which one counts, how it is called, and its form."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from deploylint.checks.registry import Problem, Scene, check
from deploylint.checks.words import about_near_miss, rename_fix, will_stop
from deploylint.facts.versionfile import parse_version
from deploylint.finding import Create, Delete, Fix, Related, Rename, Replace, Severity
from deploylint.nearmiss import near_misses
from deploylint.plan import Python, Status
from deploylint.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from deploylint.nearmiss import NearMiss
    from deploylint.plan import Fault

_VERSION = re.compile(r"(?<![0-9.])3\.(?:0|[1-9][0-9]{0,2})(?:\.(?:0|[1-9][0-9]{0,2}))?(?![0-9])")

# What people write around a version that changes nothing about which one they mean. No ranges: `>=3.12` is not `3.12`.
_PREFIX = re.compile(r"(?:c?python)?[ \t]*(?:[-@:]|={1,3}|v)?[ \t]*", re.IGNORECASE)
_WILDCARD = re.compile(r"\.[x*]$", re.IGNORECASE)


def file_of(scene: Scene) -> str:
    """The version file that this platform recommends."""
    return str(scene.platform.data["python"]["version_file"])


def written_in(path: str, version: str) -> str:
    """A version as it is written in the file at `path`."""
    return f"python-{version}" if path == "runtime.txt" else version


def how_to_ask(path: str, version: str) -> str:
    """What to do in order that the file at `path` asks for `version`."""
    if path == "Pipfile.lock":
        return f'Set `python_version = "{version}"` in the Pipfile, with no python_full_version, and run `pipenv lock`.'
    return f"Write `{written_in(path, version)}` into {path}."


def replace_all(scene: Scene, path: str, value: str, *, safe: bool, line_end: bool = True) -> Fix | None:
    """Write `value` as the whole of a version file; None for a file in an encoding that no platform reads. Without
    `line_end` the line feeds at the end of the file stay what they are, and nothing else does.
    """
    file = scene.app.version_file(path)
    if file is None or file.trouble or file.text.value != file.raw:
        return None
    end = len(file.raw) if line_end else len(file.raw.rstrip("\n"))
    text = f"{value}\n" if line_end or not file.raw else value
    return Fix(f"Write {value}", (Replace(file.text.span(0, end), text),), safe=safe)


def means(text: str, version: str) -> bool:
    """Whether `text` asks for exactly `version` and is only written wrongly: a prefix, quotes, a comment, blanks."""
    lines = [line.partition("#")[0].strip("\ufeff \t\r\"'") for line in text.splitlines()]
    lines = [line for line in lines if line]
    return len(lines) == 1 and _WILDCARD.sub("", _PREFIX.sub("", lines[0], count=1)) == version


_INVALID: Mapping[str, str] = {
    "runtime-txt::invalid-version": "it must hold one line such as `python-{default}`",
    "python-version-file::invalid-version": "it must be a version such as `{default}`, with no prefix, quotes, range, "
    "wildcard or comment on the same line",
    "python-version-file::invalid-encoding": "it is not saved as UTF-8",
    "python-version-file::no-version": "it is empty or holds only comments",
    "python-version-file::multiple-versions": "it holds more than one version",
    "pipfile-lock::invalid-version": "its python_version must be a version such as `{default}`",
}


@check("PYV005")
def version_invalid(scene: Scene) -> Iterator[Problem]:
    """A version file whose contents do not follow its grammar."""
    for fault in scene.faults(*_INVALID):
        default = scene.platform.data["python"]["default"]
        path = fault.detail["file"]
        found = fault.detail.get("found", "")
        meant = _meant(scene, fault)
        file = scene.app.version_file(path)
        binary = file is not None and "\0" in file.raw
        line = found.strip(_MARK)[:40] if "\n" not in found and not binary else ""
        shown = f" (it says `{line}`)" if line else ""
        why = _INVALID[fault.reason].format(default=default)
        if binary:
            why = "it holds NUL bytes, as files saved as UTF-16 do"
        elif file and file.raw.startswith(_MARK):
            why = "it begins with a byte order mark, which most editors do not show"
        elif file and len(file.lines) > 1 and fault.reason == "runtime-txt::invalid-version":
            why = f"it has {len(file.lines)} lines, and must hold one such as `python-{default}`"
        yield Problem(
            fault.spans[0],
            f"{will_stop(fault)}: no Python version can be read from {path}{shown}: {why}.",
            how_to_ask(path, meant or default)
            + (" Save it as UTF-8 without a byte order mark." if binary or fault.reason.endswith("encoding") else ""),
            related=tuple(Related("And here", span) for span in fault.spans[1:]),
            fix=_version_fix(scene, fault, meant),
            fault=fault,
        )


_MARK = "\ufeff"


def _meant(scene: Scene, fault: Fault) -> str | None:
    """The version that was probably meant: the first in the file whose series the platform has. None for none."""
    file = scene.app.version_file(fault.detail["file"])
    text = fault.detail.get("found", "") if fault.reason.startswith("pipfile") or file is None else file.text.value
    named: list[str] = _VERSION.findall(text[:2000])
    return next((name for name in named if ".".join(name.split(".")[:2]) in scene.platform.series), None)


def _version_fix(scene: Scene, fault: Fault, meant: str | None) -> Fix | None:
    """Safe where the file asks for one version and only writes it wrongly."""
    path = fault.detail["file"]
    file = scene.app.version_file(path)
    if fault.reason.startswith("pipfile") or file is None:
        return None
    value = written_in(path, meant or str(scene.platform.data["python"]["default"]))
    safe = meant is not None and len(file.lines) == 1 and means(file.lines[0].value, meant)
    if safe and file.text.value == file.raw:
        return Fix(f"Write {value}", (Replace(file.lines[0].span, value),), safe=True)
    return replace_all(scene, path, value, safe=safe)


@check("PYV006")
def version_file_misspelled(scene: Scene) -> Iterator[Problem]:
    """`python-version-file::misspelled`."""
    for fault in scene.faults("python-version-file::misspelled"):
        name, wanted = fault.detail["name"], file_of(scene)
        free = scene.app.tree.find(wanted) is None
        yield Problem(
            fault.spans[0],
            f"{will_stop(fault)}: the buildpack takes the file name `{name}` for a misspelling of {wanted}"
            + (" and refuses it." if free else " and refuses it, even beside a correct one."),
            f"Rename it to {wanted}." if free else f"Delete it, or move it out of the root: {wanted} is what counts.",
            fix=Fix(f"Rename it to {wanted}", (Rename(fault.spans[0].path, wanted),), safe=True) if free else None,
            fault=fault,
        )


@check("PYV007")
def runtime_txt_deprecated(scene: Scene) -> Iterator[Problem]:
    """The platform warns of runtime.txt, or refuses it: always, or together with uv."""
    wanted = file_of(scene)
    for fault in scene.faults("runtime-txt::not-supported"):
        old = fault.spans[0].path
        python = scene.plan.python.value or _asked_in(scene, old)
        title = scene.plan.manager.value.title if scene.plan.manager.value else ""
        why = f"with {title} the" if any(source.refused_by for source in scene.platform.version_sources) else "the"
        yield Problem(
            fault.spans[0],
            f"{will_stop(fault)}: {why} Python version must stand in {wanted}, and there must be no {old}.",
            _moving(scene, python, wanted),
            fix=_to_version_file(scene, python, old) if python else None,
            fault=fault,
        )
    python = scene.plan.python.value
    source = next((item for item in scene.platform.version_sources if python and item.file == python.origin), None)
    if python is None or python.span is None or source is None or source.status != "deprecated":
        return
    if scene.plan.python.status is Status.FAILED:
        return
    beside = f" Until then {wanted} is not read." if scene.app.tree.is_file(wanted) else ""
    yield Problem(
        python.span,
        f"The file {source.file} is deprecated: the platform warns at each build and will refuse it one day.{beside}",
        _moving(scene, python, wanted),
        Severity.WARNING,
        fix=_to_version_file(scene, python, source.file),
    )


def _asked_in(scene: Scene, path: str) -> Python | None:
    """What a runtime.txt asks for that the platform does not read; None where that is no version."""
    file = scene.app.version_file(path)
    line = file.lines[0] if file and len(file.lines) == 1 else None
    version = line.value.removeprefix("python-") if line else ""
    return Python(version, path, None, line.span) if line and parse_version(version) else None


def _moving(scene: Scene, python: Python | None, wanted: str) -> str:
    """How to get rid of a runtime.txt."""
    if python is None:
        default = scene.platform.data["python"]["default"]
        return f"Delete it and write the version that the app is made for, such as `{default}`, into {wanted}."
    if _says_the_same(scene, python):
        return f"Delete it: {wanted} says the same."
    return f"Delete it and write `{python.requested}` into {wanted}."


def series_of(python: Python) -> str:
    """The series of the version that is asked for: `3.13` of `3.13.2`."""
    return ".".join(python.requested.split(".")[:2])


def _says_the_same(scene: Scene, python: Python) -> bool:
    file = scene.app.version_file(file_of(scene))
    return file is not None and [line.value for line in file.lines] == [python.requested]


def _to_version_file(scene: Scene, python: Python, old: str) -> Fix | None:
    wanted = file_of(scene)
    if _says_the_same(scene, python):
        return Fix(f"Delete {old}: {wanted} says the same", (Delete(old),), safe=True)
    if scene.app.received.find(wanted) is not None:
        return None
    edits = (Create(wanted, f"{python.requested}\n"), Delete(old))
    return Fix(f"Move the version from {old} to {wanted}", edits, safe=True)


@check("PYV008")
def version_unspecified(scene: Scene) -> Iterator[Problem]:
    """No file names a version, so the platform chooses one."""
    python = scene.plan.python.value
    fault = next(scene.faults("python-version-file::not-found"), None)
    if python is None or not python.is_default or scene.plan.python.status is Status.UNKNOWN:
        return
    if scene.plan.python.status is Status.FAILED and fault is None:
        return
    lock = scene.platform.data["packages"]["lock_needed"]
    if lock and scene.app.tree.is_file(lock["file"]) and not scene.app.tree.is_file(lock["lock"]):
        return  # the lock file that is missing may name the version
    wanted = file_of(scene)
    misses = _version_misses(scene)
    yield Problem(
        _version_anchor(scene, misses, fault),
        _unspecified(scene, python, fault),
        about_near_miss(*misses[0], scene.dropper)
        if misses
        else f"Write the version that the app is made for, such as `{python.requested}`, into {wanted}.",
        None if fault else _unspecified_severity(scene, misses),
        fix=_naming_fix(scene, misses, python),
        fault=fault,
    )


def _unspecified_severity(scene: Scene, misses: list[tuple[NearMiss, str]]) -> Severity:
    """A warning where the platform itself warns, or where a file was surely meant to name the version."""
    warns = scene.platform.data["python"]["on_unspecified"] == "warning"
    meant = any(miss.how in ("case", "spelling") for miss, _ in misses) and not scene.platform.frozen
    return Severity.WARNING if warns or meant else Severity.NOTE


def _version_misses(scene: Scene) -> list[tuple[NearMiss, str]]:
    """What may have been meant to name the version, each with the file that was meant; the recommended file first."""
    files = [source.file for source in scene.platform.version_sources if not source.managers]
    files.sort(key=lambda file: file != file_of(scene))
    return [(miss, file) for file in files for miss in near_misses(scene.app, file)]


def _version_anchor(scene: Scene, misses: list[tuple[NearMiss, str]], fault: Fault | None) -> Span:
    tree = scene.app.tree
    paths = [miss.path for miss, _ in misses if miss.how in ("case", "spelling")]
    paths += [fault.spans[0].path] if fault else []
    paths += [scene.lock or "", "pyproject.toml", (scene.plan.detection.value or "").rstrip("/")]
    return Span(next((path for path in paths if path and tree.is_file(path)), tree.anchor()))


def _unspecified(scene: Scene, python: Python, fault: Fault | None) -> str:
    wanted, manager = file_of(scene), scene.plan.manager.value
    if fault:
        return (
            f"{will_stop(fault)}: with {manager.title if manager else 'this package manager'} the Python version must "
            f"stand in {wanted}, and there is no such file."
        )
    if scene.platform.frozen:
        return f"No {wanted}: a new app gets {python.resolved}, an older one keeps the version that it was built with."
    return (
        f"No file names a Python version: a new app gets the default, now {python.requested}, which changes with time, "
        "and an older app keeps the series of its last build."
    )


def _naming_fix(scene: Scene, misses: list[tuple[NearMiss, str]], python: Python) -> Fix | None:
    """Never safe: an app that was built before may have another version than the one that is named now."""
    if misses:
        wanted = misses[0][1]
        rename = rename_fix([miss for miss, file in misses if file == wanted], wanted)
        return rename._replace(safe=False) if rename else None
    wanted = file_of(scene)
    if scene.app.tree.find(wanted) is not None:
        return None
    return Fix(f"Create {wanted}", (Create(wanted, f"{python.requested}\n"),), safe=False)


@check("PYV013")
def lock_not_json(scene: Scene) -> Iterator[Problem]:
    """`pipfile-lock::invalid-json`."""
    for fault in scene.faults("pipfile-lock::invalid-json"):
        yield Problem(
            fault.spans[0],
            f"{will_stop(fault)}: Pipfile.lock is not the JSON of a lock file from here on.",
            "Run `pipenv lock` to write it anew.",
            fault=fault,
        )
