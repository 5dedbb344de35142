"""SARIF 2.1.0 for GitHub code scanning and for editors: a Report goes in, the text of one SARIF file comes out.

The file is made to survive GitHub's upload, which refuses the whole of it for one bad result, and to be the same byte
for byte when the same commit is judged again: no time, no absolute path, nothing in the order of a set. It says what
the standard demands (OASIS SARIF 2.1.0 with Errata 01) and what GitHub reads (docs.github.com, "SARIF support for code
scanning", June 2026): one run, all selected rules with their words, every result with a level, one place with four
numbers and the fingerprint that GitHub's upload action would compute.

A finding on an empty tree has no file to stand on, and a crashed rule is no finding: both become notifications of the
run. What is suppressed is not here at all, for GitHub would open it as an alert.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import attr
import sarif_om

from deploylint import __version__
from deploylint.finding import Replace, Severity
from deploylint.output.common import URL_BASE, escape_controls
from deploylint.output.fingerprint import FileFingerprints
from deploylint.rulebook import HOW, SILENT, WHAT, WHY
from deploylint.tree import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deploylint.finding import Fix, Related
    from deploylint.report import Failure, Located, Report
    from deploylint.rulebook import Rule
    from deploylint.text import Span
    from deploylint.tree import Tree

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
VERSION = "2.1.0"

DESCRIPTION_LIMIT = 1024
"""Characters of a rule's short and full description that GitHub takes."""

RESULT_LIMIT = 25_000
"""Results of one run that GitHub takes; it refuses a file with more."""

_NOWHERE = "."
_KEPT = frozenset({"level", "results", "rules"})
_PROBLEM_SEVERITY = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "recommendation"}


def render(report: Report, category: str | None = None) -> str:
    """The SARIF file for `report`, ASCII, with a line end.

    `category` tells GitHub which analysis this is, where one commit has several; without it the file names none, so
    that the `category` input of GitHub's upload action is not overruled. RuleFileError where a rule file is broken.
    """
    rules = _rules(report)
    writer = _Writer(report, {rule.code: number for number, rule in enumerate(rules)})
    run = sarif_om.Run(
        tool=sarif_om.Tool(
            driver=sarif_om.ToolComponent(
                name="deploylint",
                version=__version__,
                semantic_version=__version__,
                information_uri=URL_BASE,
                rules=[_descriptor(rule) for rule in rules],
            )
        ),
        automation_details=_automation_details(category),
        column_kind="unicodeCodePoints",
        results=writer.results(),
    )
    run.invocations = [writer.invocation(worth_showing=bool(run.results))]
    log = _plain(sarif_om.SarifLog(schema_uri=SCHEMA, version=VERSION, runs=[run]))
    return json.dumps({"$schema": log.pop("$schema"), "version": log.pop("version"), **log}, indent=2) + "\n"


def _plain(value: Any) -> Any:
    """A sarif_om object as dicts and lists, under the names of the schema.

    What says nothing is left out: None, empty lists and what is the schema's default. A level is always written, for
    a default would hide that it was meant, and so are results and rules, whose emptiness says something.
    """
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if not attr.has(type(value)):
        return value
    members = {}
    for field in attr.fields(type(value)):
        name = field.metadata["schema_property_name"]
        member = getattr(value, field.name)
        default = field.default.factory() if isinstance(field.default, attr.Factory) else field.default  # type: ignore[arg-type]
        if name in _KEPT or member not in (None, [], default):
            members[name] = _plain(member)
    return members


def _automation_details(category: str | None) -> Any:
    """GitHub takes what stands before the last slash for the category, so the id must end in one."""
    name = escape_controls(category or "").rstrip("/")
    return sarif_om.RunAutomationDetails(id=f"{name}/") if name else None


def _rules(report: Report) -> list[Rule]:
    """The rules that the file describes, by code: the selected ones, whether they spoke or not, and any that did."""
    spoke = {finding.rule for app in report.apps for finding in app.findings}
    return [rule for rule in report.rules if not report.selected or rule.code in report.selected | spoke]


def _descriptor(rule: Rule) -> Any:
    """What a viewer shows of a rule."""
    severity = rule.severity()
    sections = [(heading, rule.sections[heading]) for heading in (WHAT, WHY, HOW, SILENT) if rule.sections.get(heading)]
    first = re.split(r"\n[ \t]*\n", rule.sections.get(WHAT, ""), maxsplit=1)[0]
    properties = {
        "tags": ["deploy", rule.phase.value, rule.code[:3].lower()],
        "precision": "very-high" if severity is Severity.ERROR else "high",
        "problem.severity": _PROBLEM_SEVERITY[severity],
    }
    if "security-severity" in rule.meta:  # it makes all alerts of the rule security alerts
        properties["security-severity"] = str(rule.meta["security-severity"])
    return sarif_om.ReportingDescriptor(
        id=rule.code,
        name="".join(word.capitalize() for word in rule.name.split("-")),
        short_description=_words(rule.summary),
        full_description=_words(first or rule.summary),
        help=sarif_om.MultiformatMessageString(
            text="\n\n".join(f"{heading}\n\n{body}" for heading, body in sections) or rule.summary,
            markdown="\n\n".join(f"## {heading}\n\n{body}" for heading, body in sections) or rule.summary,
        ),
        help_uri=f"{URL_BASE}/{rule.code}" if URL_BASE else None,  # an empty one would break the upload
        default_configuration=sarif_om.ReportingConfiguration(level=severity.word),
        properties=properties,
    )


def _words(text: str) -> Any:
    """A description in one line, cut where GitHub would refuse it."""
    line = " ".join(text.split())
    if len(line) > DESCRIPTION_LIMIT:
        line = line[: DESCRIPTION_LIMIT - 1].rstrip() + "…"
    return sarif_om.MultiformatMessageString(text=line)


class _Writer:
    """Turns findings into results and notifications; keeps what they share."""

    def __init__(self, report: Report, index: Mapping[str, int]) -> None:
        self._report = report
        self._index = index
        self._platforms = frozenset(app.platform for app in report.apps)
        self._fingerprints: dict[str, FileFingerprints] = {}
        found = list(report.located())
        placed = [located for located in found if located.finding.span.path != _NOWHERE]
        self._nowhere = [located for located in found if located.finding.span.path == _NOWHERE]
        self._shown, self._dropped = _at_most(placed, RESULT_LIMIT)

    def results(self) -> list[Any]:
        """One result for each finding that stands in a file."""
        return [self._result(located) for located in self._shown]

    def invocation(self, *, worth_showing: bool) -> Any:
        """How the run went. GitHub shows no results of a run that was not successful, so a crashed rule makes it so
        only where there are none: then success would close alerts that nobody has looked at.
        """
        failures = self._report.failures
        notes = [
            self._notification(located.finding.severity.word, self._message(located, []), located.finding.rule)
            for located in self._nowhere
        ]
        notes += [self._failure(failure) for failure in failures]
        if self._dropped:
            text = f"{self._dropped} of the least severe findings are left out: GitHub takes {RESULT_LIMIT} at most."
            notes.append(self._notification("warning", text))
        return sarif_om.Invocation(
            execution_successful=worth_showing or not failures,
            exit_code=2 if failures else None,
            tool_execution_notifications=notes,
        )

    def _failure(self, failure: Failure) -> Any:
        text = f"The check of rule {failure.rule} failed: {failure.message}"
        return self._notification("error", escape_controls(text), failure.rule)

    def _notification(self, level: str, text: str, rule: str | None = None) -> Any:
        reference = sarif_om.ReportingDescriptorReference(id=rule, index=self._index.get(rule, -1)) if rule else None
        return sarif_om.Notification(level=level, message=sarif_om.Message(text=text), associated_rule=reference)

    def _result(self, located: Located) -> Any:
        finding, tree = located.finding, located.app.tree
        related = [other for other in finding.related if other.span.path != _NOWHERE]
        fingerprint = self._fingerprint(tree, finding.span)
        return sarif_om.Result(
            rule_id=finding.rule,
            rule_index=self._index.get(finding.rule, -1),
            level=finding.severity.word,
            message=sarif_om.Message(text=self._message(located, related)),
            locations=[sarif_om.Location(physical_location=_place(tree, finding.span))],
            related_locations=[
                sarif_om.Location(
                    id=number,
                    physical_location=_place(tree, other.span),
                    message=sarif_om.Message(text=escape_controls(other.message)),
                )
                for number, other in enumerate(related, 1)
            ],
            partial_fingerprints={"primaryLocationLineHash": fingerprint} if fingerprint else None,
            fixes=_fixes(tree, finding.fix),
        )

    def _message(self, located: Located, related: Sequence[Related]) -> str:
        """The finding's words, the platforms that it holds for where that is not all, and links to the other places.

        `](` would make a link of words that come from the repository, so it is parted.
        """
        parts = [escape_controls(located.finding.full_message).replace("](", "] (")]
        if self._platforms.difference(located.platforms):
            parts.append(f"({', '.join(located.platforms)})")
        if related:
            links = (f"[{_link_text(other.message)}]({number})" for number, other in enumerate(related, 1))
            parts.append(f"See {', '.join(links)}.")
        return " ".join(parts)

    def _fingerprint(self, tree: Tree, span: Span) -> str | None:
        """What GitHub's upload action would compute; None where the line cannot be read."""
        path = _path(tree, span.path)
        known = self._fingerprints.get(path)
        if known is None:
            content = tree.read(span.path)
            known = FileFingerprints(content.data, complete=content.trouble is None)
            self._fingerprints[path] = known
        return known.line(max(span.line, 1))


def _at_most(found: list[Located], limit: int) -> tuple[list[Located], int]:
    """The `limit` most severe of what was found, in their order, and how many are left out."""
    ranked = sorted(range(len(found)), key=lambda number: -found[number].finding.severity)
    return [found[number] for number in sorted(ranked[:limit])], len(ranked[limit:])


def _link_text(message: str) -> str:
    """A message as the text of a link, where brackets and backslashes must be escaped (SARIF 2.1.0, 3.11.6)."""
    return re.sub(r"[][\\]", r"\\\g<0>", escape_controls(message).rstrip("."))


def _path(tree: Tree, path: str) -> str:
    """The path from the repository root to the file that `path` leads to: GitHub shows nothing on a link."""
    entry = tree.follow(path)
    return tree.prefix + (entry.path if entry is not None and entry.kind is Kind.FILE else path)


def _artifact(tree: Tree, path: str) -> Any:
    """A file by its relative URI; a name that is not UTF-8 by its bytes."""
    return sarif_om.ArtifactLocation(uri=quote(_path(tree, path).encode("utf-8", "surrogateescape")))


def _place(tree: Tree, span: Span) -> Any:
    return sarif_om.PhysicalLocation(artifact_location=_artifact(tree, span.path), region=_region(span))


def _region(span: Span) -> Any:
    """All four numbers, at least 1 and in order: one that is not would lose the whole file."""
    start = (max(span.line, 1), max(span.column, 1))
    end = max(start, (span.end_line, max(span.end_column, 1)))
    return sarif_om.Region(start_line=start[0], start_column=start[1], end_line=end[0], end_column=end[1])


def _fixes(tree: Tree, fix: Fix | None) -> list[Any]:
    """The fix as replacements by file. SARIF can say nothing else: a fix that makes, moves or removes a file, or one
    whose text is only made when it is applied, is left out, as is text that no UTF-8 file can hold.
    """
    changes: dict[str, list[Any]] = {}
    for edit in fix.edits if fix else ():
        if not isinstance(edit, Replace) or edit.text != edit.text.encode("utf-8", "replace").decode():
            return []
        content = sarif_om.ArtifactContent(text=edit.text)
        replacement = sarif_om.Replacement(deleted_region=_region(edit.span), inserted_content=content)
        changes.setdefault(edit.path, []).append(replacement)
    if fix is None or not changes:
        return []
    return [
        sarif_om.Fix(
            description=sarif_om.Message(text=escape_controls(fix.title)),
            artifact_changes=[
                sarif_om.ArtifactChange(artifact_location=_artifact(tree, path), replacements=replacements)
                for path, replacements in changes.items()
            ],
        )
    ]
