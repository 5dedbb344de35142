"""From an app and a platform to findings: makes the plan, runs every check, puts the rules' names on what they say."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from deploylint.app import App
from deploylint.checks import all_checks
from deploylint.checks.registry import Problem, Scene, in_order
from deploylint.finding import Create, Finding, Severity
from deploylint.record import NamedTuple
from deploylint.report import Failure
from deploylint.steps import Build
from deploylint.steps.make import make_plan
from deploylint.tree import Kind
from deploylint.view import view

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from deploylint.finding import Fix
    from deploylint.plan import Fault, Plan
    from deploylint.platform import Platform
    from deploylint.rulebook import Rule, RuleBook
    from deploylint.tree import Tree


FINDING_LIMIT = 1000
"""Findings of one rule on one app that are told; nobody reads more, and GitHub takes 5,000 of a run."""


class Verdict(NamedTuple):
    """What one platform makes of one tree. `failure_message` puts `plan.failure` into words, whatever is selected."""

    plan: Plan
    findings: tuple[Finding, ...]
    failures: tuple[Failure, ...]
    failure_message: str | None


def prepare(
    tree: Tree, platform: Platform, stack: str, today: dt.date, buildpacks: tuple[str, ...] | None = None
) -> Build:
    """What is judged: the tree as the platform's build sees it, on this day; `buildpacks` are those that the
    configuration names.
    """
    app = App(view(platform, tree), tree)
    return Build(app, platform, stack, platform.as_of if platform.frozen else today, buildpacks)


def judge(build: Build, rules: RuleBook) -> Verdict:
    """Judge an app. A check that crashes becomes a Failure and does not keep the others from speaking."""
    plan = make_plan(build)
    scene = Scene(build, plan)
    findings: list[Finding] = []
    failures: list[Failure] = []
    said: dict[int, str] = {}
    cut: set[str] = set()
    all_checks()
    for code, check in in_order():
        problems: list[Problem] = []
        try:  # one broken rule never loses the rest (law 6), nor what it said before it broke
            problems.extend(islice(check(scene), FINDING_LIMIT + 1))
        except Exception as error:  # noqa: BLE001
            failures.append(Failure(code, f"{type(error).__name__}: {error}"))
        if len(problems) > FINDING_LIMIT:
            problems[-1] = _more(problems[-1])
            cut.update(rules.by_code[code].reasons)
        for problem in problems:
            rule = rules.by_code[code]
            if problem.fix is not None and not _is_open_to(problem.fix, build.app.received):
                problem = problem._replace(fix=None)  # noqa: PLW2901
            finding = _finding(rule, problem, build.platform)
            if problem.fault is not None:
                said[id(problem.fault)] = finding.full_message
            if rule.applies_to(build.platform.lineage) and not problem.hidden:
                findings.append(finding)
    failures.extend(_unclaimed(plan, said, cut, failures))
    failure = plan.failure
    return Verdict(
        plan,
        tuple(sorted(findings, key=lambda finding: (finding.span, finding.rule, finding.message))),
        tuple(failures),
        said.get(id(failure)) if failure else None,
    )


def _more(problem: Problem) -> Problem:
    """What stands for all problems of a rule that are too many to be listed."""
    message = f"There are more of these from here on: only the first {FINDING_LIMIT} are listed."
    return Problem(problem.span, message, severity=Severity.NOTE, fault=problem.fault)


def _is_open_to(fix: Fix, tree: Tree) -> bool:
    """Whether all that a fix changes are files of the app, none of them a link or reached through one: such a file may
    be another's too, or be none of the app's at all.
    """
    entries = (tree.find(edit.path) for edit in fix.edits if not isinstance(edit, Create))
    return all(entry is not None and entry.kind is Kind.FILE for entry in entries)


def _finding(rule: Rule, problem: Problem, platform: Platform) -> Finding:
    highest = rule.severity(platform.lineage)
    fault = problem.fault
    wanted = problem.severity or highest
    if fault is not None and not fault.certain:
        wanted = min(wanted, type(wanted).WARNING)
    return Finding(
        rule=rule.code,
        name=rule.name,
        severity=min(wanted, highest),
        phase=fault.phase if fault else rule.phase,
        message=problem.message,
        span=problem.span,
        help=problem.help,
        reason=fault.reason if fault else None,
        related=problem.related,
        fix=problem.fix,
        secret=problem.secret,
    )


def _unclaimed(plan: Plan, said: dict[int, str], cut: set[str], failures: list[Failure]) -> Iterator[Failure]:
    """A fault that no rule put into words would be lost: say at least that. Of those in `cut` there are too many."""
    faults: list[Fault] = [] if failures else [fault for fault in plan.faults() if id(fault) not in said]
    for fault in (fault for fault in faults if fault.claim not in cut):
        yield Failure("plan", f"no rule speaks of {fault.claim}")
