from __future__ import annotations

import pytest

from deploylint.finding import Finding, Phase, Severity
from deploylint.rulebook import RuleBook
from deploylint.suppression import is_suppressed
from deploylint.text import Span
from deploylint.tree import Tree


@pytest.mark.parametrize(
    ("source", "line", "out"),
    [
        ("3.10  # deploylint: ignore[PYV010] moving in May\n", 1, True),
        ("# deploylint: ignore[PYV010]\n3.10\n", 2, True),
        ("# deploylint:ignore[pyv]\n3.10\n", 2, True),
        ("# deploylint: ignore[REQ, python-series-deprecated]\n3.10\n", 2, True),
        ("# deploylint: ignore[PYV011]\n3.10\n", 2, False),
        ("# deploylint: ignore[NO-SUCH-RULE]\n3.10\n", 2, False),
        ("# deploylint: ignore[, ALL]\n3.10\n", 2, True),
        ("# deploylint: ignore[,]\n3.10\n", 2, False),
        ("# deploylint: ignore\n3.10\n", 2, False),
        ("# deploylint: ignore[]\n3.10\n", 2, False),
        ("x = 1  # deploylint: ignore[PYV010]\n3.10\n", 2, False),
        ("# deploylint: ignore[PYV010]\n\n3.10\n", 3, False),
    ],
)
def test_comments(source: str, line: int, out: bool) -> None:
    rule = RuleBook().by_code["PYV010"]
    span = Span("f", line, 1, line, 5)
    finding = Finding(rule.code, rule.name, Severity.WARNING, Phase.BUILD, "It will end.", span)
    assert is_suppressed(finding, Tree.of({"f": source}), RuleBook()) is out


def test_what_is_meant_by_an_unknown_name_is_not_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line may hold a hundred thousand of them, and the search for a name that is near takes long."""
    monkeypatch.setattr("difflib.get_close_matches", None)
    test_comments(f"# deploylint: ignore[{'NO-SUCH-RULE,' * 10}]\n3.10\n", 2, False)


def test_a_finding_without_a_file() -> None:
    finding = Finding("APP001", "no-python-app", Severity.ERROR, Phase.DETECT, "Nothing.", Span("."))
    assert not is_suppressed(finding, Tree.of({}), RuleBook())
