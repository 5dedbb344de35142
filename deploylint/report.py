"""The result of a run, ready to be shown: knows findings and plans, but neither rules' checks nor the disk."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from deploylint.finding import Finding, Severity
from deploylint.record import NamedTuple

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from deploylint.plan import Plan
    from deploylint.rulebook import RuleBook
    from deploylint.text import Span
    from deploylint.tree import Tree


class AppReport(NamedTuple):
    """What one platform makes of one app. `path` is the app root as shown to the reader (relative to the repository
    root, `.` for the root itself, or as given where there is no git), `chosen_by` says who chose the stack,
    `failure_message` puts the plan's failure into words, and from `threshold` on a finding fails the run (None: never).
    """

    path: str
    platform: str
    platform_title: str
    stack: str
    as_of: dt.date
    plan: Plan
    findings: tuple[Finding, ...]
    tree: Tree
    chosen_by: str = ""
    threshold: Severity | None = Severity.ERROR
    failure_message: str | None = None


class Located(NamedTuple):
    """A finding with its place in the repository: what outputs list. `platforms` names those that say the same, in
    the order of the run; `path` is relative to the repository root.
    """

    finding: Finding
    path: str
    app: AppReport
    platforms: tuple[str, ...]


class Failure(NamedTuple):
    """A fault of deploylint itself: a rule that crashed. The run goes on, and ends with exit code 2."""

    rule: str
    message: str


class Report(NamedTuple):
    """All of a run. `ignored` counts the findings that a selection or suppression took out."""

    apps: tuple[AppReport, ...]
    rules: RuleBook
    ignored: int = 0
    failures: tuple[Failure, ...] = ()
    selected: frozenset[str] = frozenset()

    def located(self) -> Iterator[Located]:
        """Each distinct finding once, in order of path, place and rule; platforms that say the same are merged."""
        merged: dict[tuple[str, Span, str, str], list[AppReport]] = {}
        first: dict[tuple[str, Span, str, str], Finding] = {}
        for app in self.apps:
            for finding in app.findings:
                path = app.tree.prefix + finding.span.path
                key = (path, finding.span, finding.rule, finding.full_message)
                merged.setdefault(key, []).append(app)
                known = first.get(key)
                if known is None or finding.severity > known.severity:
                    first[key] = finding
        for key in sorted(merged):
            apps = merged[key]
            yield Located(first[key], key[0], apps[0], tuple(dict.fromkeys(app.platform for app in apps)))

    def summary(self) -> dict[str, int]:
        """How many distinct findings of each severity, and how many were ignored."""
        counts = Counter(located.finding.severity for located in self.located())
        words = {severity.word: counts[severity] for severity in sorted(Severity, reverse=True)}
        return {**words, "ignored": self.ignored}

    def fails(self) -> bool:
        """Whether an app has a finding at or above its own threshold."""
        return any(finding.severity >= app.threshold for app in self.apps if app.threshold for finding in app.findings)
