"""From a report to the text of an output: formats and files in pairs, each format's module loaded when it is wanted."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from deploylint.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from deploylint.report import Report
    from deploylint.run import Job


def pair_outputs(formats: Sequence[str], files: Sequence[str]) -> list[tuple[str, str]]:
    """Formats and files in pairs, in order; one format without a file goes to standard output."""
    names = list(formats) or ["text"]
    if len(files) > len(names):
        raise UsageError("more --output-file than --output-format")
    if len(names) - len(files) > 1:
        raise UsageError("only one --output-format can go to standard output: give the others an --output-file")
    return list(zip(names, [*files, "-"], strict=False))


def check_files(files: Iterable[str], jobs: Iterable[Job]) -> None:
    """UsageError where an output file would be written through a link of an app."""
    from deploylint.place import refuse_links

    for file in files:
        if file != "-":
            refuse_links(file, [job.place for job in jobs])


def _style(file: str, options: dict[str, Any]) -> Any:
    from deploylint.output.style import Style, terminal_width, wants_colour

    terminal = file == "-" and sys.stdout is not None and sys.stdout.isatty()
    return Style(wants_colour(options["color"], terminal=terminal), terminal_width())


def render(name: str, file: str, report: Report, options: dict[str, Any]) -> str:
    """The report in the format `name`, as it goes to `file`."""
    if name == "json":
        from deploylint.output import json

        return json.render(report)
    if name == "sarif":
        from deploylint.output import sarif

        return sarif.render(report, options["sarif_category"])
    if name == "github":
        from deploylint.output import github

        return github.render(report)
    from deploylint.output import text

    style = _style(file, options)
    shown = text.render(report, style, quiet=options["quiet"], statistics=bool(options["statistics"]))
    if options["verbose"]:
        from deploylint.output import plan as log

        return f"{log.render(report, style)}\n{shown}"
    return shown


def render_plan(report: Report, output_format: str, file: str, options: dict[str, Any]) -> str:
    """The plans of the report: as a log, as JSON, or what each process imports."""
    if options["graph"]:
        from deploylint.output import graph

        return graph.dot(report) if options["graph"] == "dot" else graph.tree(report)
    if output_format == "json":
        from deploylint.output import json

        return json.render(report)
    from deploylint.output import plan as log

    return log.render(report, _style(file, options))
