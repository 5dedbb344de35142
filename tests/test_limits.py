"""What grows without end in a hostile repository: the work that is done for it is counted, not timed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from deploylint.app import App
from deploylint.engine import judge
from deploylint.platform import load
from deploylint.rulebook import RuleBook
from deploylint.text import Text
from deploylint.tree import Tree
from tests.cases import TODAY

if TYPE_CHECKING:
    from deploylint.engine import Verdict
    from deploylint.tree import Entry

READY = {"requirements.txt": "gunicorn==23.0.0\n", "Procfile": "web: gunicorn app:app\n", ".python-version": "3.13\n"}


def app_of(files: dict[str, str]) -> App:
    tree = Tree.of(files)
    return App(tree, tree)


def verdict_of(files: dict[str, str | bytes | Entry]) -> Verdict:
    platform = load("heroku")
    return judge(Tree.of({**READY, **files}), platform, platform.recommended_stack, TODAY, RuleBook())


class Counter:
    """Counts the calls of a method."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, owner: type, name: str) -> None:
        self.count = 0
        method = getattr(owner, name)

        def counted(*args: object) -> object:
            self.count += 1
            return method(*args)

        monkeypatch.setattr(owner, name, counted)


@pytest.mark.parametrize("line", ["3.13", "x", "٣.١٣"])
def test_a_version_file_of_many_lines(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    spans = Counter(monkeypatch, Text, "span")
    found = verdict_of({".python-version": f"{line}\n" * 10_000}).findings
    assert [finding.rule for finding in found] == ["PYV005"]
    assert len(found[0].related) < 20
    assert spans.count < 50


def test_a_version_file_is_read_once() -> None:
    app = app_of(READY)
    assert app.version_file(".python-version") is app.version_file(".python-version")


def test_many_folders_named_manage_py(monkeypatch: pytest.MonkeyPatch) -> None:
    files = {f"d{number}/manage.py/x": "" for number in range(300)}
    compared = Counter(monkeypatch, Tree, "find")
    found = app_of({**files, "manage.py/a": "", "manage.py/b": "", "notmanage.py/c": "", "z/manage.py": ""}).manage_pys
    assert compared.count == 301
    assert len(found) == 302
    assert [entry.path for entry in found[:2]] == ["manage.py", "d0/manage.py"]
