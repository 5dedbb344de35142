"""What the engine does with what checks say, whichever check it is."""

from __future__ import annotations

from deploylint.engine import judge, prepare
from deploylint.platform import load
from deploylint.rulebook import RuleBook
from deploylint.tree import Entry, Kind, Tree
from tests.cases import TODAY

RULES = RuleBook()


def fixes(files: dict[str, str | bytes | Entry]) -> dict[str, bool]:
    """Of each rule that found something, whether it offers a fix."""
    platform = load("heroku")
    verdict = judge(prepare(Tree.of(files), platform, platform.recommended_stack, TODAY), RULES)
    return {finding.rule: finding.fix is not None for finding in verdict.findings}


def test_no_fix_is_offered_for_a_file_that_is_reached_through_a_link() -> None:
    files: dict[str, str | bytes | Entry] = {"requirements.txt": "flask==3.1.2\n", ".python-version": "3.12.1\n"}
    assert fixes({**files, "Procfile": "web:x\n"}) == {"PRO004": True, "PYV009": True}
    files |= {"Procfile": Entry("", Kind.LINK, target="deploy/Procfile"), "deploy/Procfile": "web:x\n"}
    assert fixes(files) == {"PRO004": False, "PYV009": True}


def test_no_fix_is_offered_that_would_remove_a_link() -> None:
    files: dict[str, str | bytes | Entry] = {"requirements.txt": "flask==3.1.2\n", "Procfile": "web: x\n"}
    assert fixes({**files, "runtime.txt": "python-3.13\n"}) == {"PYV007": True}
    linked: dict[str, str | bytes | Entry] = {
        "runtime.txt": Entry("", Kind.LINK, target="shared/runtime.txt"),
        "shared/runtime.txt": "python-3.13\n",
    }
    assert fixes({**files, **linked}) == {"PYV007": False}
