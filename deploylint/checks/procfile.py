"""PRO: what the lines of a Procfile mean to the platform."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from deploylint.checks.noprocess import doubt, is_started_otherwise
from deploylint.checks.registry import Problem, Scene, check
from deploylint.checks.words import will_stop
from deploylint.finding import Fix, Related, Replace, Severity
from deploylint.frameworks import used_framework
from deploylint.knowledge.servers import is_command, starters
from deploylint.plan import Status
from deploylint.steps.reach import WEB
from deploylint.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploylint.facts.procfile import DroppedLine
    from deploylint.text import Text


@check("PRO004")
def procfile_line_ignored(scene: Scene) -> Iterator[Problem]:
    """A line that the platform drops without a word."""
    procfile = scene.plan.procfile
    if scene.plan.detection.status is not Status.OK or procfile is None or procfile.trouble:
        return
    if not procfile.is_text:
        yield Problem(
            Span(procfile.path),
            f"{procfile.path} is not plain text (it holds NUL bytes, as UTF-16 and binary files do): the platform "
            "finds no process in it, so nothing will run.",
            "Save it as UTF-8 without a byte order mark.",
        )
        return
    effective = procfile.effective
    for line in procfile.dropped:
        if line.text.lstrip("\ufeff \t")[:1] in ("", "#"):
            continue  # a comment behind a byte order mark: nothing is lost
        meant = line.type and line.type not in effective
        yield Problem(
            line.span,
            "The platform drops this line without a word: "
            + _why_dropped(line)
            + (f" So there is no `{line.type}` process." if meant else ""),
            f"Remove it: another line says what `{line.type}` is." if line.type and not meant else _how_to_write(line),
            None if meant and (line.type == WEB or not _NO_COMMAND.fullmatch(line.text)) else Severity.WARNING,
            # A line that counts takes the place of an earlier one of its type.
            fix=_separator_fix(line) if meant else None,
        )


def _why_dropped(line: DroppedLine) -> str:
    if line.text.startswith("\ufeff"):
        return "it begins with an invisible byte order mark."
    if _NO_COMMAND.fullmatch(line.text):
        return "no command follows the colon."
    if _ODD_BLANK.match(line.text):
        return "what follows the colon looks like a blank, but is another character."
    if _NO_BLANK.match(line.text):
        return "a blank must follow the colon."
    return "it is not of the form `name: command`."


def _how_to_write(line: DroppedLine) -> str:
    if line.text.startswith("\ufeff"):
        return "Save the file as UTF-8 without a byte order mark."
    if _NO_COMMAND.fullmatch(line.text):
        return "Write the command behind it, or remove the line."
    match = _NO_BLANK.match(line.text) or _ODD_BLANK.match(line.text)
    if match:
        return f"Write `{match[1]}: {match[2].strip()[:60]}`."
    return "Write `name: command` (the name of letters, digits, `-` and `_`), or make it a comment with `#`."


_NAME = r"([A-Za-z0-9_-]+):"
_NO_COMMAND = re.compile(_NAME + r"\s*")
_NO_BLANK = re.compile(_NAME + r"(?!//)(\S.*)", re.DOTALL)
_ODD_BLANK = re.compile(_NAME + r"([^\S \t\v\f\r].*)", re.DOTALL)


def _separator_fix(line: DroppedLine) -> Fix | None:
    if line.text.startswith("\ufeff"):
        return Fix("Remove the byte order mark", (Replace(_cut(line.span, 0, 1), ""),), safe=True)
    match = _NO_BLANK.match(line.text) or _ODD_BLANK.match(line.text)
    if match is None or _NO_COMMAND.fullmatch(line.text):
        return None
    odd = 0 if match.re is _NO_BLANK else 1
    place = _cut(line.span, match.end(1) + 1, match.end(1) + 1 + odd)
    return Fix("Put a blank after the colon", (Replace(place, " "),), safe=True)


def _cut(span: Span, start: int, end: int) -> Span:
    """A part of a span of one line."""
    return Span(span.path, span.line, span.column + start, span.line, span.column + end)


_REFUSED = {
    "not-a-file": ("it is a folder", "Make it a file."),
    "not-utf8": ("it is not saved as UTF-8", "Save it as UTF-8 without a byte order mark."),
    "nothing": (
        "it holds no process, and only a file without any contents may",
        "Add a line such as `web: COMMAND`, or delete the file.",
    ),
    "no-colon": (
        "this line has no colon",
        "Write `name: command`, make it a comment with `#`, or remove what is left of it (blanks count, too).",
    ),
    "type": (
        "this is no name of a process type",
        "Use letters, digits and `-`, at most 63 of them, with a letter or digit at both ends.",
    ),
    "no-command": ("no command follows the colon", "Write the command behind it, or remove the line."),
    "carriage-return": (
        "the line has a carriage return in its midst, which is no line end",
        "Save the file with Unix line ends.",
    ),
}


_ONCE = re.compile(r"\b(?:makemigrations|migrate|collectstatic|upgrade head|db upgrade)\b")


@check("PRO036")
def command_as_type(scene: Scene) -> Iterator[Problem]:
    """A line that is a command, of which the platform takes the first word for the name of a process type."""
    procfile = scene.plan.procfile
    if scene.plan.detection.status is not Status.OK or procfile is None:
        return
    for process in procfile.effective.values():
        if not is_command(process):
            continue
        line = f"{process.type} {process.command}"
        alone = not any(one.colon for one in procfile.effective.values())
        what = (
            "The platform takes the first word of a line for the name of a process type: this line declares one that "
            f"is called `{process.type}`, with the command `{process.command[:60]}`"
        )
        if process.type not in starters().runners:
            yield Problem(
                process.span,
                f"{what}, and nobody starts it.",
                "A Procfile is no script: what has to run before a server is written before its command, with `&&`, "
                "and what has to run with each deploy gets a line `release: COMMAND`.",
                Severity.WARNING,
            )
            continue
        serves = process.type in starters().servers or used_framework(scene.app, scene.lock)
        # With a name for the server there, what is meant for this line cannot be told.
        wanted = "release" if _ONCE.search(process.command) else WEB if serves else "worker"
        free = wanted not in procfile.effective and (alone or wanted != "worker")
        lowered = Severity.WARNING if is_started_otherwise(scene) else None
        yield Problem(
            process.span,
            f"{what}." + (f" So there is no `{wanted}` process." if free else " Nobody starts it."),
            f"Write `{wanted}: {line[:80]}`." if free else f"Write `NAME: {line[:80]}`, or remove the line.",
            doubt(scene, lowered) if alone else Severity.WARNING,
            fix=Fix(f"Call it {wanted}", (Replace(process.type_span, f"{wanted}: {process.type}"),), safe=False)
            if free
            else None,
        )


@check("PRO007")
def procfile_refused(scene: Scene) -> Iterator[Problem]:
    """`procfile::invalid` and `procfile::not-readable`."""
    for fault in scene.faults("procfile::invalid", "procfile::not-readable"):
        why, advice = _REFUSED[fault.detail["kind"]]
        text = scene.plan.procfile.text.value if scene.plan.procfile else ""
        fix = None
        if fault.detail["kind"] in ("type", "no-colon") and text.startswith("\ufeff"):
            why, advice = "it begins with an invisible byte order mark", "Save it as UTF-8 without a byte order mark."
            fix = Fix("Remove the byte order mark", (Replace(Span(fault.spans[0].path, 1, 1, 1, 2), ""),), safe=True)
        wanted = scene.platform.data["process"]["file"]
        yield Problem(
            fault.spans[0],
            f"{will_stop(fault)}: the buildpack that reads {wanted} refuses the whole file, because {why}.",
            advice,
            fix=fix,
            fault=fault,
        )


@check("PRO008")
def process_type_corrected(scene: Scene) -> Iterator[Problem]:
    """A name that the platform takes for another one, with a warning."""
    for process in scene.plan.processes:
        if process.written is not None:
            written = process.written.strip()
            blanks = len(process.written) - len(process.written.lstrip(" \t"))
            whole = process.type_span._replace(column=process.type_span.column - blanks)
            what = f"takes `{written}` for `{process.type}`"
            if written == process.type:
                what = f"takes away the blanks before `{written}`"
            yield Problem(
                process.type_span,
                f"The platform {what} and warns at each build.",
                f"Write `{process.type}` at the beginning of the line." if blanks else f"Write `{process.type}`.",
                fix=Fix(f"Write {process.type}", (Replace(whole, process.type),), safe=True),
            )


@check("PRO009")
def process_type_repeated(scene: Scene) -> Iterator[Problem]:
    """A process type that an earlier line has: only the last one counts."""
    procfile = scene.plan.procfile
    if scene.plan.detection.status is not Status.OK or procfile is None:
        return
    effective = procfile.effective
    for process in procfile.processes:
        last = effective[process.type]
        if process is not last:
            same = process.command == last.command
            yield Problem(
                process.span,
                f"This line does not count: `{process.type}` is named again below, and the last one is what runs.",
                "Remove it: both say the same."
                if same
                else "Give it another name, remove it, or join both commands with `&&`.",
                Severity.NOTE if same else None,
                related=(Related("the one that counts", last.span),),
                fix=Fix("Remove the line", (Replace(_line(procfile.text, process.span), ""),), safe=True)
                if same
                else None,
            )


def _line(text: Text, span: Span) -> Span:
    """The line of a span, with its end: a later line follows."""
    return Span(span.path, span.line, 1, *text.place(text.offset(span.line + 1)))


@check("PRO006")
def colon_before_command(scene: Scene) -> Iterator[Problem]:
    """`web : command`: the shell gets `: command`, which does nothing."""
    if scene.plan.detection.status is not Status.OK:
        return
    for process in scene.plan.processes:
        if process.colon or not re.match(r":\s", process.command):
            continue
        colon = process.command_span._replace(
            end_line=process.command_span.line, end_column=process.command_span.column + 1
        )
        between = colon._replace(column=process.type_span.end_column, end_column=colon.column)
        yield Problem(
            colon,
            f"The process `{process.type}` does nothing and ends at once: the blank before the colon makes the colon "
            "part of the command, and to the shell it means just that.",
            f"Write `{process.type}:{process.command[1:61]}`.",
            fix=Fix("Remove the blank before the colon", (Replace(between, ""),), safe=True),
        )
