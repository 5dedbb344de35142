"""Every case of every rule file, and what holds rule files, checks, configuration and index together."""

from __future__ import annotations

import re
import sys
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from deploylint.checks import all_checks
from deploylint.engine import judge, prepare
from deploylint.fixes.apply import plan_changes
from deploylint.fixes.diff import unified
from deploylint.platform import platform_ids
from deploylint.rulebook import HEADINGS, WHY, Rule, RuleBook
from deploylint.run import targets
from tests.cases import Case, all_cases, cases_of

if TYPE_CHECKING:
    from deploylint.finding import Finding
    from deploylint.tree import Tree

RULES = RuleBook()


# Where a parser gives up that is too old for the text, is another place.
NEWER = {"IMP004: Newer than the Python in force": (3, 11)}


@pytest.mark.parametrize("case", all_cases(), ids=lambda case: case.id)
def test_case(case: Case) -> None:
    if sys.version_info < NEWER.get(case.id, (3,)):
        pytest.skip("the parser of 3.10 knows nothing newer")
    tree = case.tree
    found = findings_of(case, tree)
    own = [finding for finding in found if finding.rule == case.rule.code]
    assert [f"{item.span} {item.severity.word} {item.rule}" for item in own] == case.findings
    for item in found:
        assert item.message[0].isupper()
        assert item.message.endswith(".")
        assert tree.find(item.span.path) is not None or item.span.path == "."
    if case.diff is not None:
        changes = plan_changes(tree, [item.fix for item in own if item.fix])
        assert unified(changes) == case.diff


# What a fault keeps from being judged is judged once it is mended (law 3: one cause, one finding).
UNCOVERED = {
    "APP001": {"PRO002", "PYV008", "REQ034"},
    "PRO001": {"PRO011"},
    "REQ001": {"REQ034"},
    "REQ002": {"REQ034"},
    "PRO004": {"PRO011"},
    "PRO005": {"PRO017"},
    "PRO006": {"PRO011"},
    "PRO007": {"PRO011"},
    "PRO018": {"PRO003"},
    "PRO036": {"PRO003"},
    "PYV005": {"PYV007"},
    "PYV008": {"REQ009"},
}


@pytest.mark.parametrize("case", [case for case in all_cases() if case.diff], ids=lambda case: case.id)
def test_a_fix_mends_and_makes_nothing_worse(case: Case) -> None:
    """What is mended is not found again and offers nothing more; no rule has more to say than before."""
    before = findings_of(case, case.tree)
    mended = [item for item in before if item.rule == case.rule.code and item.fix]
    changes = plan_changes(case.tree, [item.fix for item in mended if item.fix])
    assert len(changes.applied) + len(changes.skipped) == len(mended)
    tree = changes.tree(case.tree)
    after = findings_of(case, tree)
    left = [item for item in after if item.rule == case.rule.code]
    own = sum(item.rule == case.rule.code for item in before)
    assert len(left) == own - len(changes.applied)
    more = Counter(item.rule for item in after) - Counter(item.rule for item in before)
    assert more.keys() <= UNCOVERED.get(case.rule.code, set())
    assert not {item.fix for item in left if item.fix} & set(changes.applied)


def findings_of(case: Case, tree: Tree) -> tuple[Finding, ...]:
    (target,) = targets([case.settings.get("platform", "heroku")], case.settings.get("stack"), tree)
    named = case.settings.get("buildpacks")
    buildpacks = None if named is None else tuple(named)
    verdict = judge(prepare(tree, target.platform, target.stack, case.today, buildpacks), RULES)
    assert not verdict.failures
    return verdict.findings


@pytest.mark.parametrize("rule", list(RULES), ids=lambda rule: rule.code)
def test_rule_file(rule: Rule) -> None:
    assert tuple(rule.sections) == HEADINGS
    assert rule.meta.keys() <= {
        "summary", "phase", "severity", "severity-on", "platforms", "reasons", "fix", "since", "sources",
        "security-severity",
    }  # fmt: skip
    assert rule.summary.endswith(".")
    assert "\n" not in rule.summary
    assert len(rule.summary) <= 120
    assert rule.severity() in type(rule.severity())
    assert rule.phase.value
    assert rule.meta["fix"] in ("none", "safe", "unsafe")
    assert rule.reasons or rule.meta.get("platforms"), "a rule claims reasons or names its platforms"
    assert set(rule.meta.get("platforms", ())) <= set(platform_ids())
    assert set(rule.meta.get("severity-on", ())) <= set(platform_ids())
    assert all(item["url"] and item["read"] for item in rule.meta["sources"])
    assert all(rule.sections[heading] for heading in HEADINGS)


@pytest.mark.parametrize("rule", list(RULES), ids=lambda rule: rule.code)
def test_rule_has_cases_that_fail_and_that_stay_silent(rule: Rule) -> None:
    cases = cases_of(rule)
    assert any(case.findings for case in cases)
    assert any(not case.findings for case in cases)
    assert len({case.title for case in cases}) == len(cases)
    fixed = any(case.diff for case in cases)
    assert fixed == (rule.meta["fix"] != "none"), "a rule with a fix shows it as a diff, and only such a rule"


@pytest.mark.parametrize(
    "rule", [rule for rule in RULES if rule.code.startswith("REQ") and rule.meta["severity"] == "error"], ids=str
)
def test_an_error_about_requirements_says_what_makes_it_certain(rule: Rule) -> None:
    why = " ".join(rule.sections[WHY].split())
    assert re.search(r"What makes it certain: \w.{40,}", why), "no error without certainty: say what gives it"


def test_every_rule_has_one_check_and_every_check_a_rule() -> None:
    assert list(all_checks()) == list(RULES.by_code)


def test_names_are_unique() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES.by_code)


def test_every_reason_is_claimed_once() -> None:
    claims = [reason for rule in RULES for reason in rule.reasons]
    assert len(claims) == len(set(claims))
