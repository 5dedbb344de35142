"""Which Python is asked for, and whether the platform has it.

Two schemes: `range` (since 2024: a grammar, a range of series, then a download) and `archive` (until then: whatever
the file says is part of an archive's name). Sources: heroku/heroku-buildpack-python v351 lib/python_version.sh;
archive/v41 bin/compile and archive/v52 bin/steps/python, as executed in 2026 for every row of the table in the tests.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from deploylint.facts.versionfile import has_version_form, is_foreign_encoding, parse_version
from deploylint.finding import Phase
from deploylint.plan import Fault, Python, Status, Step
from deploylint.text import Span, Text
from deploylint.tree import Trouble

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deploylint.facts.versionfile import VersionFile
    from deploylint.platform import Manager, VersionSource
    from deploylint.steps import Build

_NUMBERS = re.compile(r"(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?")
_PIPFILE_KEYS = ("python_full_version", "python_version")


def python(build: Build, detected: Step[str], chosen: Step[Manager]) -> Step[Python]:
    """The Python in force."""
    if detected.status is Status.FAILED:
        return Step.blocked()
    if build.platform.data["python"]["scheme"] == "archive":
        return _archive(build)
    manager = chosen.value.id if chosen.value else ""
    requested = _requested(build, manager)
    if requested.status is not Status.OK or requested.value is None:
        return requested
    return _resolve(build, requested.value, manager)


def _fault(reason: str, *spans: Span, detail: Mapping[str, str], certain: bool = True) -> Fault:
    return Fault(reason, Phase.BUILD, spans, certain=certain, detail=detail)


# ------------------------------------------------------------------------------------------------ which is asked for


def _requested(build: Build, manager: str) -> Step[Python]:
    tree = build.app.tree
    rules = build.platform.data["python"]
    for source in build.platform.version_sources:
        if source.file == rules["version_file"]:
            name = next((name for name in rules.get("misspellings", ()) if tree.is_file(name)), None)
            if name is not None:
                return Step.failed(_fault("python-version-file::misspelled", Span(name), detail={"name": name}))
        if source.managers and manager not in source.managers:
            continue
        if tree.is_unknown(source.file):
            return Step.unknown()
        if tree.is_file(source.file):
            found = _read(build, source)
            if found.status is not Status.OK or found.value is not None:
                return found  # type: ignore[return-value]
    return Step.ok(Python(rules["default"], "default", None))


def _read(build: Build, source: VersionSource) -> Step[Python | None]:
    if source.grammar == "pipfile-lock":
        return _read_pipfile_lock(build, source.file)
    file = build.app.version_file(source.file)
    if file is None or file.trouble:
        return Step.unknown()
    if source.grammar == "runtime-txt":
        return _read_runtime_txt(file)
    return _read_version_file(file)


def _read_runtime_txt(file: VersionFile) -> Step[Python | None]:
    if len(file.lines) == 1:
        line = file.lines[0]
        prefix, _, version = line.value.partition("python-")
        if not prefix and has_version_form(version):
            return Step.ok(Python(version, file.path, None, line.span))
    found = file.lines[0].value if file.lines else ""
    return Step.failed(_fault("runtime-txt::invalid-version", file.span, detail={"file": file.path, "found": found}))


def _read_version_file(file: VersionFile) -> Step[Python | None]:
    bad = [line for line in file.lines if not has_version_form(line.value)]
    if bad:
        if is_foreign_encoding(file.data):
            return Step.failed(
                _fault("python-version-file::invalid-encoding", file.text.whole, detail={"file": file.path})
            )
        span, found = bad[0].span, bad[0].value
        return Step.failed(
            _fault("python-version-file::invalid-version", span, detail={"file": file.path, "found": found})
        )
    if not file.lines:
        return Step.failed(_fault("python-version-file::no-version", file.text.whole, detail={"file": file.path}))
    if len(file.lines) > 1:
        spans = tuple(line.span for line in file.lines)
        found = ", ".join(line.value for line in file.lines[:5])
        return Step.failed(
            _fault("python-version-file::multiple-versions", *spans[1:], detail={"file": file.path, "found": found})
        )
    return Step.ok(Python(file.lines[0].value, file.path, None, file.lines[0].span))


def _read_pipfile_lock(build: Build, path: str) -> Step[Python | None]:
    content = build.app.tree.read(path)
    if content.trouble:
        return Step.unknown()
    text = Text.decode(path, content.data)
    if not text.value.strip():
        # jq prints nothing for an empty file, and nothing is not a version.
        return Step.failed(_fault("pipfile-lock::invalid-version", text.whole, detail={"file": path, "found": ""}))
    try:
        data = json.loads(text.value.removeprefix("\ufeff"))
    except (ValueError, RecursionError) as error:
        # Where the file ends too early, at its last character.
        place = min(getattr(error, "pos", 0), len(text.value.rstrip()) - 1)
        return Step.failed(_fault("pipfile-lock::invalid-json", text.span(place, place + 1), detail={"file": path}))
    for step in ("_meta", "requires"):
        if data is not None and not isinstance(data, dict):
            return Step.failed(_fault("pipfile-lock::invalid-json", text.whole, detail={"file": path}))
        data = (data or {}).get(step)
    if data is not None and not isinstance(data, dict):
        return Step.failed(_fault("pipfile-lock::invalid-json", text.whole, detail={"file": path}))
    for key in _PIPFILE_KEYS:
        value = (data or {}).get(key)
        if value is None or value is False:
            continue
        version = value if isinstance(value, str) else json.dumps(value)
        span = _key_span(text, key)
        if has_version_form(version):
            return Step.ok(Python(version, path, None, span))
        return Step.failed(_fault("pipfile-lock::invalid-version", span, detail={"file": path, "found": version[:50]}))
    return Step.ok(None)


def _key_span(text: Text, key: str) -> Span:
    """Where the value of `key` stands in the table `requires`, without its quotes."""
    after = max(text.value.find('"requires"'), 0)
    match = re.compile(rf'"{key}"\s*:\s*(?:"([^"\n]*)"|([^\s,}}]+))').search(text.value, after)
    return text.span(*match.span(match.lastindex or 0)) if match else text.whole


# ------------------------------------------------------------------------------------------------ whether it is there


def _resolve(build: Build, asked: Python, manager: str) -> Step[Python]:
    rules = build.platform.data["python"]
    numbers = parse_version(asked.requested)
    span = asked.span or Span(build.app.tree.anchor())
    detail = {"version": asked.requested, "origin": asked.origin}
    if numbers is None:
        # More digits than any release has. The shell's arithmetic wraps around there; we do not follow it.
        return Step.failed(_fault("python-version::unknown-major", span, certain=False, detail=detail), value=asked)
    series = f"{numbers[0]}.{numbers[1]}"
    known = build.platform.series.get(series)
    if numbers < parse_version(rules["oldest"]) or _is_removed(build, series):  # type: ignore[operator]
        return Step.failed(_fault("python-version::eol", span, detail={**detail, "series": series}), value=asked)
    if known is None:
        certain = not build.platform.is_stale(build.today)
        fault = _fault("python-version::unknown-major", span, certain=certain, detail={**detail, "series": series})
        return Step.failed(fault, value=asked)
    resolved = Python(asked.requested, asked.origin, asked.requested if len(numbers) == 3 else known.latest, asked.span)
    source = next((source for source in build.platform.version_sources if source.file == asked.origin), None)
    if source is not None and manager in source.refused_by:
        return Step.failed(_fault("runtime-txt::not-supported", span, detail=detail), value=resolved)
    if source is None and manager in rules.get("version_file_required_by", ()):
        where = Span(next(item.file for item in build.platform.managers if item.id == manager))
        return Step.failed(_fault("python-version-file::not-found", where, detail=detail), value=resolved)
    return _patch(build, resolved, series, numbers, span)


def _is_removed(build: Build, series: str) -> bool:
    known = build.platform.series.get(series)
    return known is not None and known.removed is not None and build.today >= known.removed


def _patch(build: Build, resolved: Python, series: str, numbers: tuple[int, ...], span: Span) -> Step[Python]:
    known = build.platform.series[series]
    latest = parse_version(known.latest) or ()
    floor = parse_version(known.floors.get(build.stack, f"{series}.0")) or ()
    if len(numbers) == 3 and not floor <= numbers <= latest:
        certain = numbers < floor
        fault = _fault(
            "python-version::unknown-patch",
            span,
            certain=certain,
            detail={
                "version": resolved.requested,
                "origin": resolved.origin,
                "latest": known.latest,
                "floor": ".".join(map(str, floor)),
            },
        )
        return Step.failed(fault, value=resolved)
    return Step.ok(resolved)


# ------------------------------------------------------------------------------------------------ archives


def _archive(build: Build) -> Step[Python]:
    source = build.platform.version_sources[0]
    tree = build.app.tree
    default = Python(build.platform.data["python"]["default"], "default", build.platform.data["python"]["default"])
    if not tree.is_file(source.file):
        if tree.is_unknown(source.file):
            return Step.unknown()
        if tree.exists(source.file):
            # The build writes the default into runtime.txt, and that fails where a folder has the name.
            inside = next(
                (item.path for item in tree.files() if item.path.startswith(f"{source.file}/")), tree.anchor()
            )
            return Step.failed(_fault("runtime::unavailable", Span(inside), detail={"found": "", "kind": "directory"}))
        return Step.ok(default)
    file = build.app.version_file(source.file)
    if file is None or file.trouble is Trouble.TOO_LARGE:
        return Step.unknown()
    # $(cat runtime.txt): NUL bytes and final line feeds are dropped, nothing else.
    name = file.raw.replace("\0", "").rstrip("\n")
    if name in build.platform.archives(build.stack):
        span = file.text.line_span(1)
        return Step.ok(Python(name, source.file, name, span))
    # The shell expands brackets of an unquoted word, curl expands them and braces, and in an address `..`, `%2d` and a
    # mark after `.tar.gz` have a meaning: what comes of these is not known.
    certain = not any(letter in name for letter in "[]{}*?%/") and ".gz#" not in name
    span = file.text.span(0, len(file.text.value.rstrip("\r\n"))) if file.text.value == file.raw else file.span
    fault = _fault(
        "runtime::unavailable",
        span,
        certain=certain,
        detail={
            "found": name,
            "nearest": nearest_archive(name, build.platform.archives(build.stack), default.requested),
        },
    )
    return Step.failed(fault, value=Python(name, source.file, None, span))


def nearest_archive(name: str, available: tuple[str, ...], default: str) -> str:
    """The available runtime that was probably meant: in the same series the nearest patch (the newest, where none was
    asked for), else the newest patch of the nearest series; `default` where no version can be made out.
    """
    match = _NUMBERS.search(name)
    family = "pypy" if "pypy" in name.lower() else "python"
    candidates = sorted(
        (_numbers(item), item) for item in available if item.partition("-")[0] == family and "-shared" not in item
    )
    if not match:
        # Nothing to go by: the default is right as often as anything.
        return default
    major, minor, patch = (None if part is None else int(part) for part in match.groups())
    if minor is None:
        return max((pair for pair in candidates if pair[0][0] == major), default=candidates[-1])[1]
    series = min(
        {pair[0][:2] for pair in candidates},
        key=lambda pair: (abs((pair[0] - (major or 0)) * 100 + pair[1] - minor), pair),
    )
    same = [pair for pair in candidates if pair[0][:2] == series]
    if patch is None or series != (major, minor):
        return same[-1][1]
    return min(same, key=lambda pair: (abs(pair[0][2] - patch), -pair[0][2]))[1]


def _numbers(name: str) -> tuple[int, int, int]:
    match = _NUMBERS.search(name.partition("-")[2])
    assert match
    return int(match[1]), int(match[2] or 0), int(match[3] or 0)
