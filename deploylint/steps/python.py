"""Which Python is asked for, and whether the platform has it.

Two schemes: `range` (since 2024: a grammar, a range of series, then a download) and `archive` (until then: whatever
the file says is part of an archive's name). Sources: heroku/heroku-buildpack-python v351 lib/python_version.sh;
archive/v41 bin/compile and archive/v52 bin/steps/python, as executed in 2026 for every row of the table in the tests.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from deploylint.facts.versionfile import (
    BLANKS,
    UNICODE_BLANKS,
    has_version_form,
    parse_version,
    shell_number,
    small_numbers,
)
from deploylint.finding import Phase
from deploylint.plan import Fault, Python, Status, Step
from deploylint.steps.doubt import doubted
from deploylint.steps.place import standing
from deploylint.steps.source import endless, takes_output
from deploylint.text import Span
from deploylint.tree import Kind, Trouble

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deploylint.facts.versionfile import VersionFile, VersionLine
    from deploylint.platform import Manager, Series, VersionSource
    from deploylint.steps import Build
    from deploylint.tree import Tree

_NUMBERS = re.compile(r"(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?")
_SHOWN = 10
"""Versions of one file that are pointed at; the others are as wrong."""


def python(build: Build, detected: Step[str], chosen: Step[Manager]) -> Step[Python]:
    """The Python in force."""
    if detected.status is Status.FAILED:
        return Step.blocked()
    sources = [source.file for source in build.platform.version_sources]
    if build.platform.data["python"]["scheme"] == "archive":
        return doubted(build, _archive(build), sources)
    manager = chosen.value.id if chosen.value else ""
    found = _requested(build, manager)
    if found.status is Status.OK and found.value is not None:
        found = _resolve(build, found.value, manager)
    unnamed = any(fault.reason == "python-version-file::not-found" for fault in found.faults)
    return doubted(build, found, sources, missing=sources if unnamed else ())


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
        if source.status == "refused" and endless(build, source.file):
            return Step.failed(_fault("runtime-txt::check-exists", Span(source.file), detail={"file": source.file}))
        if source.status == "refused" and tree.exists(source.file):
            span = Span(standing(tree, source.file))
            return Step.failed(_fault("runtime-txt::not-supported", span, detail={"file": source.file}))
        if tree.is_file(source.file):
            found = _read(build, source)
            if found.status is not Status.OK or found.value is not None:
                return found  # type: ignore[return-value]
    return Step.ok(Python(rules["default"], rules["default_origin"], None))


def _read(build: Build, source: VersionSource) -> Step[Python | None]:
    if source.grammar == "pipfile-lock":
        return _read_pipfile_lock(build, source.file)
    blanks = UNICODE_BLANKS if source.grammar == "16-bit-numbers" else BLANKS
    file = build.app.version_file(source.file, blanks)
    if file is None or file.trouble:
        return Step.unknown()
    if source.grammar == "runtime-txt":
        return _read_runtime_txt(file)
    if source.grammar == "16-bit-numbers":
        return _read_small_numbers(file)
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
        from deploylint.facts.encodings import is_foreign_encoding

        if is_foreign_encoding(file.data):
            return Step.failed(
                _fault("python-version-file::invalid-encoding", file.text.whole, detail={"file": file.path})
            )
        return _invalid_version(bad[0], file.path)
    fault = _not_one_version(file)
    return Step.failed(fault) if fault else Step.ok(Python(file.lines[0].value, file.path, None, file.lines[0].span))


def _invalid_version(line: VersionLine, path: str) -> Step[Python | None]:
    detail = {"file": path, "found": line.value}
    return Step.failed(_fault("python-version-file::invalid-version", line.span, detail=detail))


def _not_one_version(file: VersionFile) -> Fault | None:
    if not file.lines:
        return _fault("python-version-file::no-version", file.text.whole, detail={"file": file.path})
    if len(file.lines) > 1:
        spans = tuple(line.span for line in file.lines[:_SHOWN])
        found = ", ".join(line.value for line in file.lines[:5])
        return _fault("python-version-file::multiple-versions", *spans[1:], detail={"file": file.path, "found": found})
    return None


def _read_small_numbers(file: VersionFile) -> Step[Python | None]:
    """As the Cloud Native Buildpack reads it: UTF-8 or nothing, then how many lines there are, then the version."""
    try:
        file.data.decode("utf-8")
    except UnicodeDecodeError:
        return Step.failed(_fault("python-version-file::invalid-encoding", file.text.whole, detail={"file": file.path}))
    fault = _not_one_version(file)
    if fault:
        return Step.failed(fault)
    (line,) = file.lines
    numbers = small_numbers(line.value)
    if numbers is None:
        return _invalid_version(line, file.path)
    return Step.ok(Python(".".join(map(str, numbers)), file.path, None, line.span))


def _read_pipfile_lock(build: Build, path: str) -> Step[Python | None]:
    from deploylint.facts.jq import Jq, read_locked_version

    programs = build.platform.data["python"]["jq"]
    jq = Jq(**programs.get(build.stack, programs[build.platform.recommended_stack]))
    locked = read_locked_version(build.app.tree, path, jq)
    if locked is None:
        return Step.unknown()
    if locked.printed is None:
        return Step.failed(_fault("pipfile-lock::invalid-json", locked.span, detail={"file": path}))
    if locked.printed == "null":
        return Step.ok(None)
    if has_version_form(locked.printed):
        return Step.ok(Python(locked.printed, path, None, locked.span))
    detail = {"file": path, "found": locked.printed[:50]}
    return Step.failed(_fault("pipfile-lock::invalid-version", locked.span, detail=detail))


# ------------------------------------------------------------------------------------------------ whether it is there


def _resolve(build: Build, asked: Python, manager: str) -> Step[Python]:
    rules = build.platform.data["python"]
    written = asked.requested.split(".")
    series = ".".join(written[:2])
    span = asked.span or Span(build.app.tree.anchor())
    detail = {"version": asked.requested[:40], "origin": asked.origin, "series": series[:40]}
    place = _place(written[0], written[1], rules)
    if place < 0 or _is_removed(build, series):
        return Step.failed(_fault("python-version::eol", span, detail=detail), value=asked)
    if place > 0:
        certain = not build.platform.is_stale(build.today)
        return Step.failed(_fault("python-version::unknown-major", span, certain=certain, detail=detail), value=asked)
    known = build.platform.series.get(series)
    newest = asked.requested if len(written) == 3 else known.latest if known else None
    if newest is None:
        return Step.failed(_fault("internal-error::abort", span, detail=detail), value=asked)
    resolved = Python(asked.requested, asked.origin, newest, asked.span)
    source = next((source for source in build.platform.version_sources if source.file == asked.origin), None)
    if source is not None and manager in source.refused_by:
        return Step.failed(_fault("runtime-txt::not-supported", span, detail=detail), value=resolved)
    if source is None and manager in rules.get("version_file_required_by", ()):
        where = Span(next(item.file for item in build.platform.managers if item.id == manager))
        return Step.failed(_fault("python-version-file::not-found", where, detail=detail), value=resolved)
    if known is None:
        # Of a patch release the series is looked at only now.
        return Step.failed(_fault("internal-error::abort", span, detail=detail), value=resolved)
    return _patch(resolved, known, span)


def _place(major: str, minor: str, rules: Mapping[str, str]) -> int:
    """-1 for a series before the oldest, 1 for one behind the newest, 0 for one between them. The shell compares
    numbers, so what only wraps around into the range is let through, and so is what is no number for it.
    """
    oldest, newest = (parse_version(rules[name]) or () for name in ("oldest", "newest"))
    first, second = shell_number(major), shell_number(minor)
    numbers = oldest if first is None else (first, oldest[1] if second is None else second)
    return (numbers > newest) - (numbers < oldest)


def _is_removed(build: Build, series: str) -> bool:
    known = build.platform.series.get(series)
    return known is not None and known.removed is not None and build.today >= known.removed


def _patch(resolved: Python, known: Series, span: Span) -> Step[Python]:
    numbers = parse_version(resolved.requested)
    latest = parse_version(known.latest) or ()
    if resolved.requested == known.name or (numbers is not None and numbers <= latest):
        return Step.ok(resolved)
    detail = {"version": resolved.requested[:40], "origin": resolved.origin, "latest": known.latest}
    # It may have been released since the data was true.
    return Step.failed(_fault("python-version::unknown-patch", span, certain=False, detail=detail), value=resolved)


# ------------------------------------------------------------------------------------------------ archives


def _archive(build: Build) -> Step[Python]:
    source = build.platform.version_sources[0]
    obstacle = _obstacle(build, source)
    if obstacle is not None:
        return obstacle
    if build.app.tree.is_file(source.file):
        return _archive_named(build, source)
    rules = build.platform.data["python"]
    return Step.ok(Python(rules["default"], rules["default_origin"], rules["default"]))


def _obstacle(build: Build, source: VersionSource) -> Step[Python] | None:
    """What keeps the build from asking for an archive or from unpacking it."""
    tree = build.app.tree
    # The build writes its default into a runtime.txt of its own, where there is none.
    written = tree.is_file(source.file) or takes_output(tree, source.file)
    if tree.is_unknown(source.file) or written is None:
        return Step.unknown()
    if not written:
        return Step.failed(_in_the_way(tree, source.file))
    cache = build.platform.data["source"]["cache_directory"]
    trace = f"{cache}/python-version"
    same_stack = build.stack == build.platform.recommended_stack
    if same_stack and _may_be_kept(build, trace, source.file):
        return Step.unknown()
    # Where the stack or the runtime is not that of the last build, what that installed is deleted first.
    installed = [f"{cache}/python"] if same_stack and not tree.is_file(trace) else []
    for folder in (cache, *installed):
        if tree.is_file(folder):
            return Step.failed(_in_the_way(tree, folder))
        if tree.find(folder) is not None and not tree.exists(folder):
            return Step.unknown()
    return None


def _may_be_kept(build: Build, trace: str, file: str) -> bool:
    """Whether a file at `trace`, where the last build leaves the name of its runtime, keeps the build from installing
    one: where it names the same, and where the shell's comparison fails because either is not one word.
    """
    if build.app.tree.is_unknown(trace):
        return True
    kept, asked = build.app.version_file(trace), build.app.version_file(file)
    if kept is None:
        return False
    words = [_words(kept.raw), _words(asked.raw if asked else build.platform.data["python"]["default"])]
    return any(len(found) != 1 for found in words) or words[0] == words[1]


def _words(text: str) -> list[str]:
    """The words that the shell makes of an unquoted value; it drops NUL bytes."""
    return [word for word in re.split("[ \t\n]", text.replace("\0", "")) if word]


def _in_the_way(tree: Tree, path: str) -> Fault:
    """Something lies at `path` where the build writes: a folder, a file, or a link that leads nowhere."""
    entry = tree.follow(path)
    kind = "link" if entry is None else "folder" if entry.kind is Kind.DIRECTORY else "file"
    place = standing(tree, path) if kind == "folder" else path
    return _fault("runtime::unavailable", Span(place), detail={"found": "", "kind": kind, "path": path})


def _archive_named(build: Build, source: VersionSource) -> Step[Python]:
    """The archive whose name the file of `source` is."""
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
            "nearest": nearest_archive(
                name, build.platform.archives(build.stack), build.platform.data["python"]["default"]
            ),
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
