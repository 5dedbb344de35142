"""Text, JSON and GitHub annotations: what reaches a reader, and that nothing of the app can spoil it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from deploylint.output import github, plan, rules, text
from deploylint.output import json as json_output
from deploylint.output.style import Style, terminal_width, wants_colour
from deploylint.report import Failure
from deploylint.rulebook import RuleBook
from deploylint.run import Job, lint, targets
from deploylint.selection import select
from deploylint.tree import Entry, Kind, Tree
from tests.cases import TODAY

if TYPE_CHECKING:
    from deploylint.report import Report
    from deploylint.rulebook import Rule

RULES = RuleBook()
Files = dict[str, str | bytes | Entry]


def report(files: Files, *platforms: str, prefix: str = "") -> Report:
    from pathlib import Path

    from deploylint.place import Place

    tree = Tree.of(files)
    tree = Tree(tree.entries, tree.source, prefix)
    place = Place(Path(), prefix.rstrip("/") or ".", None, tree, "index")
    return lint([Job(place, targets(platforms, None, tree), select(RULES))], RULES, TODAY)


BROKEN: Files = {"requirements.txt": "flask=1\n", "procfile": "web: x\n", "runtime.txt": "python-3.9\n"}


def test_github_sorts_by_severity_and_escapes() -> None:
    lines = github.render(report({**BROKEN, "requirements.txt": "100%=:,\n"}, prefix="a,b:c/")).splitlines()
    assert [line.split(" ", 1)[0] for line in lines] == ["::error", "::error", "::error"]
    assert "file=a%2Cb%3Ac/procfile,line=1,endLine=1,col=1,endColumn=1,title=PRO001 procfile-misnamed::" in lines[0]
    assert all("%" not in re.sub(r"%(25|2C|3A)", "", line) for line in lines)
    assert github.render(report({"requirements.txt": "", ".python-version": "3.13", "Procfile": "web: x"})) == ""


def test_github_has_no_columns_over_several_lines() -> None:
    found = github.render(
        report({"requirements.txt": "flask \\\n  =1\n", ".python-version": "3.13", "Procfile": "web: x"})
    )
    assert "line=1,endLine=2,title=" in found


def test_github_calls_a_note_a_notice() -> None:
    assert github.render(
        report({"requirements.txt": "", "Procfile": "worker: x", ".python-version": "3.13"})
    ).startswith("::notice file=Procfile")


def test_json_holds_the_contract() -> None:
    data = json.loads(json_output.render(report(BROKEN, "heroku", "heroku-cedar", prefix="sub/")))
    assert list(data) == ["version", "tool", "apps", "summary"]
    assert list(data["apps"][0]) == ["path", "platform", "plan", "findings"]
    assert list(data["apps"][0]["plan"]) == [
        "detected",
        "detected_by",
        "package_manager",
        "python",
        "install_command",
        "django",
        "processes",
        "addons",
        "failure",
    ]
    finding = data["apps"][0]["findings"][0]
    assert list(finding) == [
        "rule",
        "name",
        "severity",
        "phase",
        "message",
        "path",
        "line",
        "column",
        "end_line",
        "end_column",
        "reason",
        "url",
        "related",
        "fix",
    ]
    assert finding["path"] == "sub/procfile"
    assert finding["fix"]["edits"] == [{"kind": "rename", "path": "sub/procfile", "to": "sub/Procfile"}]
    assert data["apps"][0]["plan"]["failure"]["reason"] == "python-version::eol"
    assert "Python 3.9" in data["apps"][0]["plan"]["failure"]["message"]
    assert data["summary"]["error"] == len(
        {(f["path"], f["message"]) for app in data["apps"] for f in app["findings"] if f["severity"] == "error"}
    )


def test_json_of_every_kind_of_edit() -> None:
    source = "from flask import Flask\napp = Flask(__name__)\napp.run(port=1)\n"
    files: Files = {
        "requirements.txt": "flask",
        "app.py": source,
        "Procfile": "web: python app.py\nx:y\n",
        "runtime.txt": "python-3.13",
    }
    data = json.loads(json_output.render(report(files)))
    edits = [edit for finding in data["apps"][0]["findings"] if finding["fix"] for edit in finding["fix"]["edits"]]
    assert {edit["kind"] for edit in edits} == {"replace", "create", "delete", "rewrite"}
    assert {"kind": "create", "path": ".python-version", "text": "3.13\n"} in edits


def test_json_of_django_and_processes() -> None:
    manage = 'import django, os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "s")\n'
    files: Files = {"requirements.txt": "django", "manage.py": manage, "Procfile": "web: python manage.py\n"}
    plan_data = json.loads(json_output.render(report(files)))["apps"][0]["plan"]
    assert plan_data["django"] == {
        "manage_py": "manage.py",
        "settings_module": "s",
        "collectstatic": "python manage.py collectstatic --noinput",
    }
    process = {"type": "web", "command": "python manage.py", "target": "manage.py", "failure": None}
    assert plan_data["processes"] == [process]


def test_json_takes_what_is_not_utf_8() -> None:
    data = json.loads(json_output.render(report({"Procfile": b"web: \xff\xfe\n", "requirements.txt": b"caf\xe9\n"})))
    assert data["apps"][0]["plan"]["processes"][0]["command"] == r"\udcff\udcfe"


EVIL = "\x1b[31m\u202e\x07\n"


@pytest.mark.parametrize("render", [text.render, plan.render, github.render])
def test_control_characters_are_shown_escaped(render: object) -> None:
    files: Files = {
        f"sub{EVIL}/requirements.txt": "",
        "requirements.txt": f"fl{EVIL}ask =\x1b]0;x\n",
        "runtime.txt": "python-3.1\x1b[2J\u2066",
        "Procfile": "web:\x1b[2Jx\nw\x07b: x\nweb: \x1b[2J\u202e\n",
    }
    shown = render(report(files, prefix=f"p{EVIL}/"))  # type: ignore[operator]
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", shown)


def test_text_marks_wide_letters_and_long_lines() -> None:
    files: Files = {
        "requirements.txt": "漢字 = 1\n" + "x" * 300 + " y\n",
        ".python-version": "3.13",
        "Procfile": "web: x",
    }
    shown = text.render(report(files))
    assert "    1 | 漢字 = 1\n      | ^^^^^^^^\n" in shown
    assert max(len(line) for line in shown.splitlines()) < 200


def test_a_long_line_is_cut_to_the_width_around_what_is_meant() -> None:
    far = report(
        {"requirements.txt": "", ".python-version": "3.13", "Procfile": f"web: {'true; ' * 40}sh -c 'x{'y' * 90}"}
    )
    line, marks = text.render(far, Style(width=60)).split("    1 | ")[1].splitlines()[:2]
    assert (line[0], line[-2:], len(f"    1 | {line}")) == ("…", "y…", 60)
    assert line[marks.index("^") - len("    1 | ")] == "'"
    near = report({"requirements.txt": "", ".python-version": "3.13", "Procfile": f"web: 'x{'y' * 90}"})
    shown = text.render(near, Style(width=60)).split("    1 | ")[1].splitlines()[0]
    assert shown == f"web: 'x{'y' * 44}…"


def test_what_fails_first_is_told_of_several_errors() -> None:
    shown = text.render(report(BROKEN))
    assert "\nFirst to fail: the build, by runtime.txt:1:1 (PYV003).\n" in shown
    assert shown.endswith("`deploylint rule PYV003` explains a rule.\n")
    one = text.render(report({"requirements.txt": "", ".python-version": "3.13", "Procfile": "web: 'x"}))
    assert "First to fail" not in one
    several = text.render(report(BROKEN, "heroku", "heroku-fir"))
    assert "First to fail" not in several


def test_text_is_folded_and_coloured() -> None:
    narrow = text.render(report(BROKEN), Style(width=40))
    assert max(len(line) for line in narrow.splitlines()) <= 70
    assert "\x1b[1;31merror\x1b[0m" in text.render(report(BROKEN), Style(colour=True))
    assert "\x1b" not in text.render(report(BROKEN))


def test_text_tells_of_crashed_rules() -> None:
    shown = text.render(report(BROKEN)._replace(failures=(Failure("PYV003", "KeyError: 'x'"),)))
    assert "internal error: the check of PYV003 crashed (KeyError: 'x')" in " ".join(shown.split())


def test_text_of_an_empty_tree() -> None:
    shown = text.render(report({}))
    assert "Not a Python app." in shown
    assert "APP001" in shown


def test_the_matrix_of_several_apps() -> None:
    one, other = report(BROKEN, "heroku", "heroku-cedar"), report({"requirements.txt": ""}, "heroku", prefix="sub/")
    shown = text.render(one._replace(apps=(*one.apps, *other.apps)))
    assert "app  platform              detected  Python" in shown
    assert "sub  heroku (heroku-26)    yes       3.14.7" in shown


def test_the_plan_of_what_cannot_be_known() -> None:
    conflict: Files = {"requirements.txt": Entry("", Kind.UNKNOWN)}
    assert "That cannot be known" in plan.render(report(conflict))
    assert "Python version not known" in plan.render(
        report({"requirements.txt": "", ".python-version": conflict["requirements.txt"]})
    )


def test_the_plan_of_a_cedar_app_with_two_manage_pys() -> None:
    shown = plan.render(
        report(
            {"requirements.txt": "", "a/manage.py": "", "b/manage.py": "", ".heroku/collectstatic_disabled": ""},
            "heroku-cedar",
        )
    )
    assert "(there is also b/manage.py)" in shown
    assert "collectstatic is off" in shown
    assert "Python python-2.7.8" not in shown
    assert "heroku-postgresql:hobby-dev, sets DATABASE_URL" in shown


@pytest.mark.parametrize(
    ("choice", "terminal", "env", "coloured"),
    [
        ("auto", True, {"TERM": "xterm"}, True),
        ("auto", False, {"TERM": "xterm"}, False),
        ("auto", True, {"TERM": "dumb"}, False),
        ("auto", True, {"TERM": "xterm", "NO_COLOR": "1"}, False),
        ("auto", False, {"FORCE_COLOR": "1"}, True),
        ("always", False, {"NO_COLOR": "1"}, True),
        ("never", True, {"FORCE_COLOR": "1"}, False),
    ],
)
def test_colour(
    choice: str, terminal: bool, env: dict[str, str], coloured: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    assert wants_colour(choice, terminal=terminal) is coloured


@pytest.mark.parametrize(("columns", "width"), [("20", 40), ("80", 80), ("300", 100)])
def test_width(columns: str, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert terminal_width() == width


@pytest.mark.parametrize(
    ("procfile", "shown", "logged"),
    [
        ("", "no process", "(none)"),
        (Entry("", Kind.LINK, target="../Procfile"), "processes not known", "Not known"),
        ("web: x\n" * 30_000, "processes not known", "Not known"),
    ],
)
def test_a_procfile_that_is_not_known_is_not_said_to_be_empty(procfile: str | Entry, shown: str, logged: str) -> None:
    found = report({"requirements.txt": "", ".python-version": "3.13\n", "Procfile": procfile})
    assert shown in text.render(found)
    assert logged in plan.render(found)


@pytest.mark.parametrize("width", [40, 100])
@pytest.mark.parametrize("rule", list(RULES), ids=lambda rule: rule.code)
def test_prose_of_rules_is_folded_and_nothing_else(rule: Rule, width: int) -> None:
    shown, source = rules.explain([rule], Style(width=width)), rules._page(rule)
    assert shown.split() == source.split()
    kept = re.compile(r"(?m)^(?:    |#+ |\||```).*")
    assert kept.findall(shown) == kept.findall(source)
    prose = re.sub(r"(?ms)^```.*?^```$", "", shown)
    for line in prose.splitlines():
        # A word is not broken, so that it can be copied.
        assert len(line) <= width or kept.match(line) or len(line.split()) == 1, line


def test_items_and_code_of_a_rule_are_told_apart() -> None:
    source = "Some words here\nand there.\n\n- one two three four five six\n  seven\n1. x\n\n"
    code = "    a  b\n\n```\nc  d\n\n e\n```\n"
    folded = "\n".join(rules._folded(source + code, Style(width=20)))
    assert folded == "Some words here and\nthere.\n\n- one two three four\n  five six seven\n1. x\n\n" + code


def test_the_log_tells_of_the_scripts_of_app_json() -> None:
    files: Files = {
        ".python-version": "3.13\n",
        "requirements.txt": "gunicorn\n",
        "Procfile": "web: gunicorn app\n",
        "app.py": "application = object()\n",
        "app.json": '{"scripts": {"postdeploy": "python app.py"}}',
    }
    log = plan.render(report(files)).splitlines()
    at = log.index("-----> Scripts of app.json, for apps that are made from it")
    assert [line.strip() for line in log[at + 1 : at + 3]] == [
        "scripts.postdeploy  python app.py",
        "loads app.py: 1 module of the app",
    ]
