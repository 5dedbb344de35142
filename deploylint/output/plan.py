"""The plan as a build log, in the form that users of these platforms know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploylint.needs import needs
from deploylint.output.common import counted, escape_controls
from deploylint.output.style import Style
from deploylint.plan import Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from deploylint.plan import Django, Plan, Reached, Step
    from deploylint.report import AppReport, Report

_ARROW = "-----> "
_INDENT = "       "
_BANG = " !     "
_WIDEST_TYPE = 16
"""Columns of a process type, beyond which the commands of the others do not move to the right with it."""


def render(report: Report, style: Style | None = None) -> str:
    """One log for each app and platform."""
    style = style or Style()
    logs = ["".join(f"{line}\n" for line in _log(app, style)) for app in report.apps]
    return "\n".join(logs)


def _log(app: AppReport, style: Style) -> Iterator[str]:
    where = "" if app.path == "." else f"{app.path}: "
    about = f"{where}{app.platform_title}, stack {app.stack} ({app.chosen_by}), data of {app.as_of}"
    yield from style.fold(escape_controls(about), "", "  ")
    yield ""
    steps = [escape_controls(line) for line in _steps(app, style)]
    yield from steps
    if steps:
        yield ""
    yield from _end(app, style)


def _steps(app: AppReport, style: Style) -> Iterator[str]:
    plan = app.plan
    if not plan.applies:
        yield f"{_ARROW}Built as a container: no buildpack is asked, so nothing is foreseen"
        return
    if plan.detected is None:
        yield f"{_ARROW}Python app detected? That cannot be known: a file that decides cannot be read"
        return
    if not plan.detected:
        return
    yield f"{_ARROW}Python app detected"
    yield f"{_INDENT}by {plan.detection.value}"
    yield from _build(plan)
    yield from _run(plan, style)


def _build(plan: Plan) -> Iterator[str]:
    if plan.before.value:
        yield f"{_ARROW}Running {plan.before.value} hook"
    manager = plan.manager
    if manager.value and manager.status is not Status.FAILED:
        yield f"{_ARROW}Using {manager.value.title}, because of {manager.value.file}{_unless_hooked(plan, manager)}"
    yield from _python_lines(plan)
    if plan.install.value:
        yield f"{_ARROW}Installing dependencies using '{plan.install.value}'"
    if plan.django.value:
        yield from _django_lines(plan.django.value)
    if plan.after.value:
        yield f"{_ARROW}Running {plan.after.value} hook"


def _python_lines(plan: Plan) -> Iterator[str]:
    python = plan.python.value
    if python is None:
        if plan.python.status is Status.UNKNOWN:
            yield f"{_ARROW}Python version not known: the file that names it cannot be read"
        return
    origin = "the default: no file names one" if python.is_default else f"specified in {python.origin}"
    yield f"{_ARROW}Using Python {_python(python.requested)}, {origin}{_unless_hooked(plan, plan.python)}"
    if python.resolved and python.resolved != python.requested:
        yield f"{_INDENT}which installs {python.resolved}"


def _django_lines(django: Django) -> Iterator[str]:
    yield f"{_ARROW}Django app, by {django.manage_py}"
    if django.others:
        yield f"{_INDENT}(there is also {', '.join(django.others[:3])})"
    if django.settings_module:
        yield f"{_INDENT}settings: {django.settings_module}"
    yield f"{_INDENT}$ {django.collectstatic}" if django.collectstatic else f"{_INDENT}collectstatic is off"


def _python(requested: str) -> str:
    return requested.strip().removeprefix("python-")[:60].split("\n")[0]


def _unless_hooked(plan: Plan, step: Step[object]) -> str:
    """What keeps a step from being known: the app's own hook speaks of its files."""
    return f", unless {plan.before.value} changes that" if step.status is Status.UNKNOWN and plan.before.value else ""


def _run(plan: Plan, style: Style) -> Iterator[str]:
    yield f"{_ARROW}Discovering process types"
    if plan.processes:
        yield from _commands(plan, {process.type: process.command for process in plan.processes}, style)
    elif plan.knows_processes:
        yield f"{_INDENT}Procfile declares types -> (none)"
    else:
        yield f"{_INDENT}Not known: the Procfile cannot be read"
    if plan.scripts:
        yield f"{_ARROW}Scripts of app.json, for apps that are made from it"
        yield from _commands(plan, {script.place: script.command for script in plan.scripts}, style)
    if plan.addons:
        yield f"{_ARROW}Add-ons provisioned"
        for addon in plan.addons:
            sets = ", sets DATABASE_URL" if "postgresql" in addon else ""
            yield f"{_INDENT}{addon}{sets}"


def _commands(plan: Plan, commands: Mapping[str, str], style: Style) -> Iterator[str]:
    """Each command with what it loads, by its name."""
    width = min(_WIDEST_TYPE, max(map(len, commands)))
    rest = _INDENT + " " * (width + 2)
    for name, command in commands.items():
        start = f"{_INDENT}{name.ljust(width)}  "
        yield from style.fold(escape_controls(command), escape_controls(start), f"{rest}  ")
        for reached in plan.reached:
            if reached.process == name:
                yield from _reached(reached, style, rest)


def _reached(reached: Reached, style: Style, indent: str) -> Iterator[str]:
    """What a program loads, how much of the app that imports, and what else it needs."""
    closure = reached.closure
    size = "its imports are not known"
    if closure is not None:
        number = sum(visit.found.has_source for visit in closure.visits.values())
        size = counted(number, "module") + " of the app" + (" or more" if closure.cut else "")
    yield from style.fold(escape_controls(f"loads {reached.target}: {size}"), indent, f"{indent}  ")
    wanted = ", ".join(map(str, needs(reached)))
    if wanted:
        yield from style.fold(escape_controls(f"needs {wanted}"), indent, f"{indent}  ")


def _end(app: AppReport, style: Style) -> Iterator[str]:
    failure = app.plan.failure
    if not app.plan.applies:
        return
    if failure is None:
        yield style("ok", f"{_ARROW}No failure foreseen")
        return
    where = {"detect": "Push rejected", "build": "Build fails", "boot": "Build succeeds, then a process fails"}
    yield style("error", f"{_BANG}{where.get(failure.phase.value, 'Fails')}: {failure.reason}")
    yield from style.fold(escape_controls(app.failure_message or ""), _BANG, _BANG)
