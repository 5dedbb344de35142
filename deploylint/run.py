"""A run: every path on every platform, selected, fixed where asked, and put into a Report. Knows no command line."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from deploylint.app import APP_JSON, DESCRIPTOR, App
from deploylint.engine import judge, prepare
from deploylint.errors import UsageError, nearest
from deploylint.finding import Severity
from deploylint.place import REVISION
from deploylint.platform import DEFAULT, load
from deploylint.record import NamedTuple
from deploylint.report import AppReport, Failure, Report
from deploylint.suppression import is_suppressed
from deploylint.tree import READ_LIMIT

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from deploylint.cache import Cache
    from deploylint.engine import Verdict
    from deploylint.facts.module import Parse
    from deploylint.finding import Fix
    from deploylint.fixes.changes import Changes
    from deploylint.place import Place
    from deploylint.platform import Platform
    from deploylint.rulebook import RuleBook
    from deploylint.selection import Selection
    from deploylint.tree import Tree

_ROUNDS = 10
"""How often an app is judged again for fixes that others have uncovered."""


class Target(NamedTuple):
    """A platform with the stack to judge for. `chosen_by` says in words who chose the stack."""

    platform: Platform
    stack: str
    chosen_by: str


class Job(NamedTuple):
    """One app with what it is judged for; `buildpacks` and `config_vars` are those that the configuration names;
    `cached`: what is read of its sources may be kept for the next run.
    """

    place: Place
    targets: tuple[Target, ...]
    selection: Selection
    threshold: Severity | None = Severity.ERROR
    buildpacks: tuple[str, ...] | None = None
    cached: bool = False
    config_vars: tuple[str, ...] = ()


@contextmanager
def _memory(job: Job) -> Iterator[Callable[[App], App]]:
    """What makes an app remember its sources, from run to run and from platform to platform."""
    opened: list[Cache] = []

    def parse_for(app: App) -> Parse:
        if not opened:
            from deploylint.cache import open_cache

            opened.append(open_cache(job.place.root, job.place.repository, keep=job.cached))
            if job.place.how != REVISION:
                opened[0].read_ahead(job.place.root, app.sources)
        return opened[0].source

    try:
        yield lambda app: replace(app, open_cache=lambda: parse_for(app))
        for cache in opened:
            cache.save()
    finally:
        for cache in opened:
            cache.close()


@dataclass
class Outcome:
    """A report, and what `--fix` or `--diff` made: messages of what was refused, changes by place."""

    report: Report
    changes: list[tuple[Place, Changes]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


def targets(platforms: Sequence[str], stack: str | None, tree: Tree) -> tuple[Target, ...]:
    """What to judge for: what was named, else what the repository says, else the default on its recommended stack."""
    app = App(tree, tree)
    named = platforms or (_FIR if _is_for_fir(app) else DEFAULT,)
    chosen = [load(name) for name in dict.fromkeys(named)]
    if stack is not None and not any(_knows(platform, stack) for platform in chosen):
        known = sorted({name for platform in chosen for name in platform.stacks})
        raise UsageError(f"no stack {stack} on {', '.join(item.id for item in chosen)}{nearest(stack, known)}")
    return tuple(_target(platform, stack, app) for platform in chosen)


_FIR = "heroku-fir"
_FIR_STACK = "cnb"
"""What app.json and the platform's own API call the stack of every Fir app."""


def _is_for_fir(app: App) -> bool:
    """Whether the repository says that it is built by Cloud Native Buildpacks."""
    if app.app_json and app.app_json.stack:
        return app.app_json.stack.value == _FIR_STACK
    return app.descriptor is not None and app.descriptor.refused is None and app.descriptor.says_something


def _knows(platform: Platform, stack: str) -> bool:
    return stack in platform.stacks or stack in platform.data["stacks"]["ended"]


def _target(platform: Platform, stack: str | None, app: App) -> Target:
    if stack is not None and _knows(platform, stack):
        return Target(platform, stack, "as asked")
    said = _said_stack(platform, app)
    return Target(platform, *said) if said else Target(platform, platform.recommended_stack, "the recommended one")


def _said_stack(platform: Platform, app: App) -> tuple[str, str] | None:
    """The stack that the repository names, and where; None where it names none that this platform could have."""
    manifest = platform.data["source"]["manifest"]
    container = platform.data["stacks"]["container"]
    if manifest == DESCRIPTOR and app.descriptor and app.descriptor.stack in platform.stacks:
        return app.descriptor.stack, f"from {DESCRIPTOR}"
    if manifest == APP_JSON and app.app_json and app.app_json.stack and app.app_json.stack.value != _FIR_STACK:
        return app.app_json.stack.value, f"from {APP_JSON}"
    if container and app.tree.is_file(container["file"]):
        return container["stack"], f"because of {container['file']}"
    return None


def lint(jobs: Sequence[Job], rules: RuleBook, today: dt.date) -> Report:
    """Judge all jobs."""
    apps: list[AppReport] = []
    failures: list[Failure] = []
    ignored = 0
    for job in jobs:
        with _memory(job) as remembering:
            for target in job.targets:
                build = prepare(job.place.tree, target.platform, target.stack, today, job.buildpacks)._replace(
                    config_vars=job.config_vars
                )
                build = build._replace(app=remembering(build.app))
                verdict = judge(build, rules)
                app = _app_report(job, target, verdict)
                kept = tuple(
                    item
                    for item in verdict.findings
                    if job.selection.keeps(item, app.tree.prefix + item.span.path)
                    and not is_suppressed(item, app.tree, rules)
                )
                ignored += len(verdict.findings) - len(kept)
                failures.extend(verdict.failures)
                apps.append(app._replace(findings=kept))
    selected = frozenset().union(*(job.selection.codes for job in jobs)) if jobs else frozenset()
    return Report(tuple(apps), rules, ignored, tuple(dict.fromkeys(failures)), selected)


def _app_report(job: Job, target: Target, verdict: Verdict) -> AppReport:
    return AppReport(
        path=job.place.shown,
        platform=target.platform.id,
        platform_title=target.platform.title,
        stack=target.stack,
        chosen_by=target.chosen_by,
        threshold=job.threshold,
        as_of=target.platform.as_of,
        plan=verdict.plan,
        failure_message=verdict.failure_message,
        findings=verdict.findings,
        tree=job.place.tree,
    )


def fix(jobs: Sequence[Job], rules: RuleBook, today: dt.date, *, unsafe: bool, write: bool) -> Outcome:
    """Apply what the findings offer, then judge again what is left; a fix may uncover another, so until nothing more
    is offered. With `write` false nothing touches the disk, and the report is that of the unchanged apps.
    """
    from deploylint.fixes.write import write_changes

    jobs = list({job.place.root: job for job in jobs}.values())
    before = lint(jobs, rules, today)
    outcome = Outcome(before)
    after: list[Job] = []
    for job in jobs:
        changes = _changes(job, before, rules, today, unsafe=unsafe)
        outcome.changes.append((job.place, changes))
        if write and changes.files:
            outcome.refused.extend(write_changes(job.place.root, changes, _on_disk(job.place.root)))
        after.append(_changed(job, changes))
    if write and not outcome.refused:
        outcome.report = lint(after, rules, today)
    return outcome


def _changes(job: Job, report: Report, rules: RuleBook, today: dt.date, *, unsafe: bool) -> Changes:
    """What the fixes that `report` offers for `job`, and those that they uncover, make of its files together."""
    from deploylint.fixes.apply import plan_changes
    from deploylint.fixes.changes import combined

    total = plan_changes(job.place.tree, _offered(job, report, unsafe=unsafe))
    last = total
    seen = [total.files]
    for _ in range(_ROUNDS):
        if not last.files:
            break
        changed = _changed(job, total)
        last = plan_changes(changed.place.tree, _offered(changed, lint([changed], rules, today), unsafe=unsafe))
        both = combined(total, last)
        if both is None or not both.files or (last.files and both.files in seen):
            undone = tuple((fix, "it would undo another fix") for fix in last.applied)
            return replace(total, skipped=(*last.skipped, *undone))
        total = both
        seen.append(total.files)
    return total


def _offered(job: Job, report: Report, *, unsafe: bool) -> list[Fix]:
    return [
        finding.fix
        for app in report.apps
        if app.tree is job.place.tree
        for finding in app.findings
        if finding.fix is not None and (finding.fix.safe or unsafe)
    ]


def _changed(job: Job, changes: Changes) -> Job:
    """The same job with the changes made."""
    return job._replace(place=job.place._replace(tree=changes.tree(job.place.tree)))


def _on_disk(root: Path) -> Callable[[str], bytes | None]:
    """What lies on the disk at a path, whatever the tree that was judged came from."""
    from deploylint.directory import Disk

    disk = Disk(root)

    def read(path: str) -> bytes | None:
        content = disk.read(path, READ_LIMIT)
        return None if content is None or content.trouble else content.data

    return read
