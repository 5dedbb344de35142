"""Fixes of a requirements file: a requirement taken out, one that gets a marker, one put in the place of another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploylint.finding import Fix, Replace

if TYPE_CHECKING:
    from deploylint.checks.registry import Scene
    from deploylint.facts.requirements import Requirement
    from deploylint.text import Span, Text


def requirement_at(scene: Scene, span: Span) -> Requirement | None:
    """The requirement whose line `span` is."""
    requirements = scene.app.requirements
    return next((found for found in requirements.requirements if found.span == span), None) if requirements else None


def without(scene: Scene, span: Span, name: str) -> Fix | None:
    """Remove the whole of a requirement's lines, their line end included."""
    text = _text(scene, span.path)
    if text is None:
        return None
    start = text.offset(span.line)
    end = len(text.value) if span.end_line >= text.line_count else text.offset(span.end_line + 1)
    return Fix(f"Remove {name}", (Replace(text.span(start, end), ""),), safe=True)


def with_marker(scene: Scene, span: Span, marker: str) -> Fix | None:
    """Append `; marker` to a requirement, where it has no marker and nothing else comes after its version."""
    requirement = requirement_at(scene, span)
    if requirement is None or requirement.marker or not _is_plain(scene, requirement):
        return None
    end = span._replace(line=span.end_line, column=span.end_column)
    return Fix(f"Append ; {marker}", (Replace(end, f" ; {marker}"),), safe=True)


def instead_of(scene: Scene, span: Span, other: str) -> Fix | None:
    """Put another distribution in the place of a requirement, its version left out."""
    requirement = requirement_at(scene, span)
    if requirement is None or requirement.marker or requirement.extras or not _is_plain(scene, requirement):
        return None
    return Fix(f"Replace {requirement.written} by {other}", (Replace(span, other),), safe=False)


def _is_plain(scene: Scene, requirement: Requirement) -> bool:
    """Whether the line is the requirement and nothing else: no options, and not continued on another line."""
    text = _text(scene, requirement.span.path)
    if text is None or requirement.span.line != requirement.span.end_line:
        return False
    line = text.line(requirement.span.line)[requirement.span.column - 1 : requirement.span.end_column - 1]
    return " -" not in line


def _text(scene: Scene, path: str) -> Text | None:
    files = scene.app.requirements.files if scene.app.requirements else ()
    return next((file.text for file in files if file.path == path), None)
