"""Text for people: findings by file, each with its source line and a mark under what is meant, then a summary."""

from __future__ import annotations

import unicodedata
from collections import Counter
from typing import TYPE_CHECKING

from deploylint.finding import Severity
from deploylint.output.common import escape_controls
from deploylint.output.style import Style

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from deploylint.report import AppReport, Located, Report
    from deploylint.text import Span

_GUTTER = len("     | ")
_NARROWEST = 30
_OF_PHASE = {"detect": "the detection", "build": "the build", "release": "the release phase"}


def render(report: Report, style: Style | None = None, *, quiet: bool = False, statistics: bool = False) -> str:
    """The report. `quiet` leaves out what was judged and the summary; `statistics` counts instead of listing."""
    style = style or Style()
    lines: list[str] = []
    if not quiet:
        lines += _header(report, style)
    lines += _statistics(report) if statistics else _findings(report, style)
    lines += [line for failure in report.failures for line in _failure(failure.rule, failure.message, style)]
    if not quiet:
        lines += _summary(report, style)
    return "".join(f"{_inert(line)}\n" for line in lines)


def _inert(line: str) -> str:
    """A line that GitHub's runner does not take for a command: it looks for `::` and `##[` behind blanks."""
    command = line.lstrip().startswith(("::", "##["))
    return f"{line[: len(line) - len(line.lstrip())]}\\{line.lstrip()}" if command else line


def _failure(rule: str, message: str, style: Style) -> Iterator[str]:
    text = f"internal error: the check of {rule} crashed ({escape_controls(message)}); everything else was judged."
    yield from style.fold(f"{text} Please report it.", "", "  ")


def _header(report: Report, style: Style) -> Iterator[str]:
    several = len({app.platform for app in report.apps}) > 1
    if several:
        yield from _matrix(report, style)
    for path in dict.fromkeys(app.path for app in report.apps):
        for app in (app for app in report.apps if app.path == path):
            where = "" if path == "." else f"{escape_controls(path)}: "
            if not several:
                text = f"{where}{app.platform_title}, stack {app.stack} ({app.chosen_by}), data of {app.as_of}"
                yield from style.fold(text, "", "  ")
                yield from style.fold(_outlook(app), "", "  ")
    yield ""


def _outlook(app: AppReport) -> str:
    plan = app.plan
    if not plan.applies:
        return "Built as a container, without a buildpack."
    if plan.detected is False:
        return "Not a Python app."
    parts = []
    if plan.python.value:
        python = plan.python.value
        parts.append(f"Python {_python(python.resolved or python.requested)}")
    if plan.manager.value:
        parts.append(plan.manager.value.title)
    if plan.django.value:
        parts.append("Django")
    types = ", ".join(process.type for process in plan.processes)
    parts.append(f"runs {types}" if types else "no process" if plan.knows_processes else "processes not known")
    return " · ".join(parts)


def _python(name: str) -> str:
    return escape_controls(name.strip()[:20]).removeprefix("python-")


def _matrix(report: Report, style: Style) -> Iterator[str]:
    rows = [("app", "platform", "detected", "Python", "packages", "first failure")]
    for app in report.apps:
        plan = app.plan
        python = plan.python.value
        rows.append(
            (
                escape_controls(app.path),
                f"{app.platform} ({app.stack})",
                {True: "yes", False: "no", None: "?"}[plan.detected],
                _python(python.resolved or python.requested) if python else "-",
                plan.manager.value.id if plan.manager.value else "-",
                plan.failure.reason if plan.failure else "none" if plan.applies else "not judged",
            )
        )
    first = 1 if len({app.path for app in report.apps}) == 1 else 0
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)][first:]
    for number, row in enumerate(rows):
        line = "  ".join(cell.ljust(width) for cell, width in zip(row[first:], widths, strict=True)).rstrip()
        yield style("dim", line) if number == 0 else line


def _findings(report: Report, style: Style) -> Iterator[str]:
    all_platforms = len({app.platform for app in report.apps})
    last = None
    hidden = _secrets(report)
    for located in report.located():
        if located.path != last:
            if last is not None:
                yield ""
            yield style("bold", escape_controls(located.path))
            last = located.path
        yield from _finding(located, style, hidden, marked=len(located.platforms) < all_platforms)
    if last is not None:
        yield ""


def _secrets(report: Report) -> dict[str, list[Span]]:
    """The places, by path, whose text must not be shown, by whatever finding on the same line."""
    found: dict[str, list[Span]] = {}
    for located in report.located():
        if located.finding.secret:
            found.setdefault(located.path, []).extend(
                (located.finding.span, *(other.span for other in located.finding.related))
            )
    return found


def _masked(line: str, number: int, hidden: Sequence[Span]) -> str:
    """A line with stars for what must not be shown."""
    for span in hidden:
        if span.line <= number <= span.end_line:
            start = span.column - 1 if span.line == number else 0
            end = span.end_column - 1 if span.end_line == number else len(line)
            line = line[:start] + "*" * len(line[start:end]) + line[end:]
    return line


def _finding(located: Located, style: Style, hidden: Mapping[str, list[Span]], *, marked: bool) -> Iterator[str]:
    finding = located.finding
    word = finding.severity.word
    place = f"{finding.span.line}:{finding.span.column}"
    on = f"  [{', '.join(located.platforms)}]" if marked else ""
    yield f"  {place}  {style(word, word)}  {style('bold', finding.rule)} {finding.name}{on}"
    yield from style.fold(escape_controls(finding.message), "    ", "    ")
    yield from _snippet(located, style, hidden.get(located.path, ()))
    for related in finding.related:
        where = f"{located.app.tree.prefix}{related.span.path}:{related.span.line}:{related.span.column}"
        yield from style.fold(f"{escape_controls(where)}: {escape_controls(related.message)}", "    see ", "        ")
    if finding.help:
        fixable = "" if finding.fix is None else " [--fix]" if finding.fix.safe else " [--fix --unsafe-fixes]"
        yield from style.fold(f"{escape_controls(finding.help)}{fixable}", "    help: ", "          ")


def _snippet(located: Located, style: Style, hidden: Sequence[Span]) -> Iterator[str]:
    """The line that is meant, and carets under it; nothing for an empty line, or where the file as such is meant."""
    span = located.finding.span
    app = located.app
    if not app.tree.is_file(span.path):
        return
    line = _masked(app.tree.text(span.path).line(span.line), span.line, hidden)
    about_the_file = (span.line, span.column) == (span.end_line, span.end_column) == (1, 1)
    if not line.strip() or about_the_file:
        return
    end = span.end_column if span.end_line == span.line else len(line) + 1
    number = str(span.line)
    gutter = " " * len(number)
    start, shown = _window(line, span.column, end, max(style.width - _GUTTER - len(number), _NARROWEST))
    before = escape_controls(shown[: span.column - 1 - start])
    marked = escape_controls(shown[span.column - 1 - start : max(end - 1 - start, 0)])
    after = escape_controls(shown[max(end - 1 - start, 0) :])
    yield f"    {style('dim', f'{number} |')} {before}{marked}{after}"
    if end > span.column or span.column <= len(line):
        caret = style(located.finding.severity.word, "^" * max(1, _columns(marked)))
        yield f"    {style('dim', f'{gutter} |')} {' ' * _columns(before)}{caret}"


def _window(line: str, column: int, end: int, room: int) -> tuple[int, str]:
    """Where what is shown of a line begins, and that: what is meant, and something before it; dots where it is cut."""
    start = 0 if end <= room else max(0, column - 1 - room // 3)
    shown = line[start : start + room]
    if start:
        shown = f"…{shown[1:]}"
    return start, f"{shown[:-1]}…" if start + room < len(line) else shown


def _columns(text: str) -> int:
    """How many columns a terminal gives to `text`: two to wide letters, none to combining marks."""
    return sum(
        0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        for letter in text
    )


def _statistics(report: Report) -> Iterator[str]:
    counts = Counter((located.finding.rule, located.finding.name) for located in report.located())
    width = max((len(str(count)) for count in counts.values()), default=1)
    for (rule, name), count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        yield f"{count:>{width}}  {rule} {name}"
    if counts:
        yield ""


def _summary(report: Report, style: Style) -> Iterator[str]:
    found = list(report.located())
    counts = Counter(located.finding.severity for located in found)
    parts = [
        style(severity.word, _count(counts[severity], severity.word))
        for severity in sorted(Severity, reverse=True)
        if counts[severity]
    ]
    text = ", ".join(parts) if parts else style("ok", "Nothing found")
    if report.ignored:
        text += f" ({report.ignored} ignored)"
    yield f"{text}."
    first = _first_to_fail(report, found)
    if first is not None and counts[Severity.ERROR] > 1:
        reason = first.finding.reason or ""
        what = _OF_PHASE.get(first.finding.phase.value, f"the start of `{reason.removeprefix('boot::')}`")
        place = f"{first.path}:{first.finding.span.line}:{first.finding.span.column}"
        yield from style.fold(f"First to fail: {what}, by {escape_controls(place)} ({first.finding.rule}).", "", "  ")
    fixes = [located.finding.fix for located in found if located.finding.fix]
    safe = sum(fix.safe for fix in fixes)
    if safe:
        yield f"{safe} can be fixed with --fix."
    if len(fixes) > safe:
        yield f"{len(fixes) - safe} can be fixed with --fix --unsafe-fixes: look at the --diff first."
    if found:
        named = first or max(found, key=lambda located: located.finding.severity)
        yield f"`deploylint rule {named.finding.rule}` explains a rule."


def _first_to_fail(report: Report, found: Sequence[Located]) -> Located | None:
    """The finding about what ends it first, where one app was judged for one platform."""
    failure = report.apps[0].plan.failure if len(report.apps) == 1 else None
    if failure is None:
        return None
    meant = (one for one in found if one.finding.reason == failure.reason and one.finding.span == failure.spans[0])
    return next(meant, None)


def _count(number: int, word: str) -> str:
    return f"{number} {word}" + ("" if number == 1 else "s")
