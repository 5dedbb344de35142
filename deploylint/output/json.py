"""JSON, version 1: the contract that stands in docs/json.md. Keys and their order do not change within a version."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from deploylint import __version__
from deploylint.finding import Create, Rename, Replace, Rewrite

if TYPE_CHECKING:
    from deploylint.finding import Edit, Finding, Fix
    from deploylint.plan import Plan
    from deploylint.report import AppReport, Report
    from deploylint.text import Span

VERSION = 1


def render(report: Report) -> str:
    """The whole report."""
    data = {
        "version": VERSION,
        "tool": {"name": "deploylint", "version": __version__},
        "apps": [_app(app) for app in report.apps],
        "summary": report.summary(),
    }
    return json.dumps(_clean(data), indent=2) + "\n"


def _clean(value: Any) -> Any:
    """Lone surrogates stand for bytes that are not UTF-8; no JSON reader takes them, so they are shown escaped."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, dict):
        return {key: _clean(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_clean(item) for item in value]
    return value


def _app(app: AppReport) -> dict[str, Any]:
    return {
        "path": app.path,
        "platform": {"id": app.platform, "stack": app.stack, "as_of": app.as_of.isoformat()},
        "plan": plan_data(app.plan, app.failure_message),
        "findings": [_finding(finding, app.tree.prefix) for finding in app.findings],
    }


def plan_data(plan: Plan, failure_message: str | None) -> dict[str, Any]:
    """The plan; paths are relative to the app root."""
    python, manager, django, failure = plan.python.value, plan.manager.value, plan.django.value, plan.failure
    boot = {fault.reason.partition("::")[2]: fault for fault in plan.boot.faults if fault.certain}
    return {
        "detected": bool(plan.detected),
        "detected_by": plan.detection.value,
        "package_manager": manager.id if manager else None,
        "python": {"requested": python.requested, "origin": python.origin, "resolved": python.resolved}
        if python
        else None,
        "install_command": plan.install.value,
        "django": {
            "manage_py": django.manage_py,
            "settings_module": django.settings_module,
            "collectstatic": django.collectstatic,
        }
        if django
        else None,
        "processes": [
            {
                "type": process.type,
                "command": process.command,
                "target": plan.targets.get(process.type),
                "failure": boot[process.type].reason if process.type in boot else None,
            }
            for process in plan.processes
        ],
        "addons": list(plan.addons),
        "failure": {"phase": failure.phase.value, "reason": failure.reason, "message": failure_message}
        if failure
        else None,
    }


def _finding(finding: Finding, prefix: str) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "name": finding.name,
        "severity": finding.severity.word,
        "phase": finding.phase.value,
        "message": finding.full_message,
        **_place(finding.span, prefix),
        "reason": finding.reason,
        "url": finding.url,
        "related": [{"message": item.message, **_place(item.span, prefix)} for item in finding.related],
        "fix": _fix(finding.fix, prefix) if finding.fix else None,
    }


def _place(span: Span, prefix: str) -> dict[str, Any]:
    return {
        "path": prefix + span.path,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
    }


def _fix(fix: Fix, prefix: str) -> dict[str, Any]:
    return {
        "title": fix.title,
        "safety": "safe" if fix.safe else "unsafe",
        "edits": [_edit(edit, prefix) for edit in fix.edits],
    }


def _edit(edit: Edit, prefix: str) -> dict[str, Any]:
    place = _place(edit.span, prefix) if isinstance(edit, (Replace, Rewrite)) else {"path": prefix + edit.path}
    data = {"kind": edit.kind, **place}
    if isinstance(edit, (Replace, Create)):
        data["text"] = edit.text
    elif isinstance(edit, Rename):
        data["to"] = prefix + edit.to
    elif isinstance(edit, Rewrite):
        data["transform"] = edit.transform
    return data
