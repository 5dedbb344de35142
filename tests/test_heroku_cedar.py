"""The plan for `heroku-cedar` against what the buildpack of August 2014 itself said of the same trees.

`tests/data/heroku-cedar.json` is a table of facts, observed by running the shell scripts of heroku-buildpack-python
archive/v52 with a download that knows the archives of the platform's data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from deploylint.engine import judge, prepare
from deploylint.plan import Status
from deploylint.platform import load
from deploylint.rulebook import RuleBook
from tests.observed import load_table, rows, tree_of

if TYPE_CHECKING:
    from deploylint.plan import Plan

CEDAR = load("heroku-cedar")
RULES = RuleBook()
FACTS = load_table("heroku-cedar")


@pytest.mark.parametrize(("stack", "files", "verdict"), list(rows(FACTS)))
def test_row(stack: str, files: dict[str, Any], verdict: dict[str, Any]) -> None:
    tree = tree_of(files)
    judged = judge(prepare(tree, CEDAR, stack, CEDAR.as_of), RULES)
    plan = judged.plan
    assert not judged.failures
    assert plan.detected is verdict["detected"]
    if "addon" in verdict:
        assert bool(plan.addons) is verdict["addon"]
    if "skipped" in verdict:
        assert (plan.failure, plan.python.status) == (None, Status.UNKNOWN)
    elif verdict["reason"] == "aborted":
        # A file that cannot be written: of runtime.txt we say so, for requirements.txt we have no word.
        assert plan.manager.status is Status.UNKNOWN or (plan.failure and plan.failure.reason == "runtime::unavailable")
    elif verdict["reason"] is not None:
        assert plan.failure
        assert plan.failure.reason == verdict["reason"]
    else:
        assert plan.failure is None
        assert as_built(plan, verdict) == {key: verdict[key] for key in as_built(plan, verdict)}


def as_built(plan: Plan, verdict: dict[str, Any]) -> dict[str, Any]:
    """What we say of a build that comes through, in the words of the table."""
    assert plan.python.value
    assert plan.manager.value
    built: dict[str, Any] = {
        "requested": plan.python.value.requested,
        "origin": plan.python.value.origin,
        "resolved": plan.python.value.resolved,
        "editable": plan.manager.value.file == "setup.py",
    }
    if "manage_py" in verdict:
        built["manage_py"] = plan.django.value.manage_py if plan.django.value else None
    return built
