"""The plan for `heroku-fir` against what the Cloud Native Buildpacks themselves said of the same trees.

`tests/data/heroku-fir.json` is a table of facts, observed by running the buildpacks' own code. It stays true of those
revisions whatever versions the platform's data name by now, so the versions of that day stand in it too.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import pytest
from hypothesis import given, settings

from deploylint.engine import judge, prepare
from deploylint.plan import Plan, Status
from deploylint.platform import Platform, load
from deploylint.rulebook import RuleBook
from deploylint.steps.make import make_plan
from deploylint.tree import Tree
from tests.observed import load_table, rows, tree_of
from tests.test_heroku_v351 import Files, apps, assert_in_tree

TODAY = dt.date(2026, 11, 24)
RULES = RuleBook()
FACTS = load_table("heroku-fir")

# The buildpack has no ids; each of its errors has the id of the classic one's same fault.
REASONS = {
    "DeterminePackageManager(CheckFileExists)": "package-manager::check-file-exists",
    "DeterminePackageManager(NoneFound)": "package-manager::none-found",
    "DeterminePackageManager(MultipleFound)": "package-manager::multiple-found",
    "RequestedPythonVersion(CheckRuntimeTxtExists)": "runtime-txt::check-exists",
    "RequestedPythonVersion(RuntimeTxtNotSupported)": "runtime-txt::not-supported",
    "RequestedPythonVersion(PythonVersionFileRequiredWithUv)": "python-version-file::not-found",
    "RequestedPythonVersion(ReadPythonVersionFile)": "python-version-file::invalid-encoding",
    "RequestedPythonVersion(ParsePythonVersionFile(InvalidVersion))": "python-version-file::invalid-version",
    "RequestedPythonVersion(ParsePythonVersionFile(NoVersion))": "python-version-file::no-version",
    "RequestedPythonVersion(ParsePythonVersionFile(MultipleVersions))": "python-version-file::multiple-versions",
    "ResolvePythonVersion(EolVersion)": "python-version::eol",
    "ResolvePythonVersion(UnknownVersion)": "python-version::unknown-major",
}
WARNINGS = {"PYV008": "no-version", "PYV010": "series-deprecated"}


def of_that_day() -> Platform:
    """Today's platform with the Pythons of the table."""
    live, versions = load("heroku-fir"), FACTS["versions"]
    known = live.data["python"]["series"]
    newest = known[live.data["python"]["newest"]]
    series = {name: {**known.get(name, newest), "latest": latest} for name, latest in versions["latest"].items()}
    ends = {name: versions[name] for name in ("default", "oldest", "newest")}
    return dataclasses.replace(live, data={**live.data, "python": {**live.data["python"], **ends, "series": series}})


FIR = of_that_day()


def plan_of(tree: Tree) -> Plan:
    return make_plan(prepare(tree, FIR, "heroku-26", TODAY))


@pytest.mark.parametrize(("files", "verdict"), list(rows(FACTS, "python")))
def test_build(files: dict[str, Any], verdict: dict[str, Any]) -> None:
    judged = judge(prepare(tree_of(files), FIR, "heroku-26", TODAY), RULES)
    plan = judged.plan
    assert not judged.failures
    # A detection that fails takes the app as little as one that says no.
    assert plan.detected is (verdict["detected"] is True)
    early = [fault for step in (plan.manager, plan.python) for fault in step.faults if fault.certain]
    expected = [] if verdict["error"] is None or not plan.detected else [REASONS[verdict["error"]]]
    assert [fault.reason for fault in early][:1] == expected
    manager, python = plan.manager.value, plan.python.value
    if "manager" in verdict:
        assert (manager.id if manager else None) == verdict["manager"]
    if verdict.get("requested") is not None:
        assert python
        assert {"requested": python.requested, "origin": python.origin, "resolved": python.resolved} == {
            key: verdict.get(key) for key in ("requested", "origin", "resolved")
        }
    # A patch release that may not exist is said instead of what the platform would warn of before it finds out.
    if verdict["error"] is None and "warnings" in verdict and not plan.python.faults:
        said = {WARNINGS[finding.rule] for finding in judged.findings if finding.rule in WARNINGS}
        assert said == set(verdict["warnings"])


@pytest.mark.parametrize(("files", "verdict"), list(rows(FACTS, "procfile")))
def test_procfile(files: dict[str, Any], verdict: dict[str, Any] | None) -> None:
    plan = plan_of(tree_of({"requirements.txt": "", **files}))
    if verdict is None:
        assert (plan.process_types.status, plan.procfile) == (Status.OK, None)
        return
    (fault,) = plan.process_types.faults or (None,)
    error = verdict["error"]
    if error is not None:
        assert fault
        assert fault.reason == ("procfile::not-readable" if error["kind"] == "unreadable" else "procfile::invalid")
        assert plan.processes == ()
        return
    assert fault is None
    assert [[process.type, process.command] for process in plan.processes] == verdict["processes"]
    corrected = [[item.written, item.type] for item in plan.procfile.processes if item.written] if plan.procfile else []
    assert corrected == [item["corrected"] for item in verdict["warnings"] if "corrected" in item]


@settings(max_examples=150)
@given(apps())
def test_any_tree(files: Files) -> None:
    build = prepare(Tree.of(files), FIR, "heroku-24", TODAY)
    judged = judge(build, RULES)
    assert not judged.failures
    for fault in judged.plan.faults():
        for span in fault.spans:
            assert_in_tree(span, build.app.tree)
