"""Annotations of GitHub Actions, one workflow command for each finding, the worst first: only ten of a step are shown.

Source: GitHub's documentation of workflow commands. Messages escape `%` and line ends, properties `:` and `,` too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploylint.output.common import escape_controls

if TYPE_CHECKING:
    from deploylint.report import Located, Report

_COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}


def render(report: Report) -> str:
    """The workflow commands; the empty string for a clean report."""
    found = sorted(report.located(), key=lambda located: -located.finding.severity)
    return "".join(f"{_command(located)}\n" for located in found)


def _command(located: Located) -> str:
    finding = located.finding
    properties = {
        "file": located.path,
        "line": str(finding.span.line),
        "endLine": str(finding.span.end_line),
        "col": str(finding.span.column),
        "endColumn": str(finding.span.end_column),
        "title": f"{finding.rule} {finding.name}",
    }
    if finding.span.line != finding.span.end_line:
        # GitHub refuses columns for a region of several lines.
        del properties["col"], properties["endColumn"]
    listed = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{_COMMANDS[finding.severity.word]} {listed}::{_message(finding.full_message)}"


def _message(text: str) -> str:
    return escape_controls(text).replace("%", "%25")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
