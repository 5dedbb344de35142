"""What the APP rules say of a tree that no case of a rule file can show: unreadable files and remarks of every kind."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from deploylint.app import App
from deploylint.checks import all_checks
from deploylint.checks.registry import Problem, Scene
from deploylint.directory import open_directory
from deploylint.finding import Severity
from deploylint.platform import load
from deploylint.steps import Build
from deploylint.steps.make import make_plan
from deploylint.tree import Content, Entry, Kind, Memory, Remark, Tree, Trouble

if TYPE_CHECKING:
    from pathlib import Path


def problems(code: str, tree: Tree, platform: str = "heroku") -> list[Problem]:
    chosen = load(platform)
    build = Build(App(tree, tree), chosen, chosen.recommended_stack, dt.date(2026, 11, 22))
    return list(all_checks()[code](Scene(build, make_plan(build))))


@pytest.mark.parametrize(
    ("what", "severity", "word"),
    [
        ("conflict", Severity.WARNING, "merge conflict"),
        ("deleted", Severity.NOTE, "on the disk there is none"),
        ("submodule", Severity.NOTE, "submodule"),
        ("unreadable", Severity.NOTE, "judged as git has it"),
        ("unreadable-folder", Severity.NOTE, "cannot be read"),
        ("truncated", Severity.NOTE, "too many files"),
    ],
)
def test_every_remark_is_said(what: str, severity: Severity, word: str) -> None:
    tree = replace(Tree.of({"app.py": "", "lib/x.py": ""}), remarks=(Remark(what, "lib/x.py"),))
    (found,) = problems("APP006", tree)
    assert str(found.span) == "lib/x.py:1:1"
    assert found.severity is severity
    assert word in found.message


@pytest.mark.parametrize("what", ["deleted", "unreadable"])
def test_what_befalls_many_files_is_said_once(what: str) -> None:
    paths = [*(f"lib/{number}.py" for number in range(2000)), "requirements.txt"]
    tree = replace(Tree.of(dict.fromkeys(paths, "")), remarks=tuple(Remark(what, path) for path in paths))
    (found,) = problems("APP006", tree)
    assert found.span.path == "requirements.txt"
    assert "this file and 2000 others" in found.message.lower()
    assert [related.span.path for related in found.related][:2] == ["lib/0.py", "lib/1.py"]
    assert len(found.related) < 10
    (found,) = problems("APP006", replace(tree, remarks=tree.remarks[:2]))
    assert "this file and 1 other" in found.message.lower()


def test_a_remark_about_a_path_that_is_not_in_the_tree_stands_on_one_that_is() -> None:
    tree = replace(Tree.of({"app.py": "", "README.md": ""}), remarks=(Remark("truncated", "."),))
    assert [str(found.span) for found in problems("APP006", tree)] == ["README.md:1:1"]


def test_what_slugignore_removes_is_remarked_all_the_same() -> None:
    files = Tree.of({"app.py": "", "old.py": Entry("old.py", Kind.UNKNOWN)})
    received = replace(files, remarks=(Remark("conflict", "old.py"),))
    chosen = load("heroku")
    app = App(received.without(lambda path: path == "old.py"), received)
    build = Build(app, chosen, chosen.recommended_stack, dt.date(2026, 11, 22))
    (found,) = all_checks()["APP006"](Scene(build, make_plan(build)))
    assert found.span.path == "old.py"


class Denied(Memory):
    """A disk on which nothing may be read."""

    def read(self, path: str, limit: int) -> Content:  # noqa: ARG002 - the protocol's
        return Content(trouble=Trouble.UNREADABLE)


@pytest.mark.parametrize("path", ["requirements.txt", "runtime.txt", ".python-version", "Pipfile.lock", "Procfile"])
def test_a_deciding_file_that_cannot_be_read(path: str) -> None:
    tree = Tree({name: Entry(name) for name in {path, "app.py"}}, Denied({}))
    (found,) = problems("APP007", tree)
    assert str(found.span) == f"{path}:1:1"
    assert found.severity is Severity.NOTE
    assert found.message == "Not judged: the file cannot be read" + (" here." if path == "requirements.txt" else ".")


def test_an_include_that_a_variable_hides_is_no_unreadable_file() -> None:
    assert problems("APP007", Tree.of({"requirements.txt": "-r ${X}\n"})) == []


def test_more_files_than_are_read() -> None:
    lines = "".join(f"-r {number}.txt\n" for number in range(300))
    tree = Tree.of({"requirements.txt": lines} | {f"{number}.txt": "" for number in range(300)})
    (found,) = problems("APP007", tree)
    assert found.message.startswith("Not judged: too many files")


def test_manage_py_as_an_empty_folder(tmp_path: Path) -> None:
    # Only a directory without git holds empty folders.
    (tmp_path / "manage.py").mkdir()
    (tmp_path / "requirements.txt").write_text("")
    (found,) = problems("DJA001", open_directory(tmp_path), "heroku-cedar")
    assert found.span.path == "manage.py"


@pytest.mark.parametrize(
    ("files", "fixed"),
    [
        ({"job.py": "import json\n"}, True),
        ({"job.py": "import json\n", "Procfile": "worker: python job.py\n"}, True),
        # Something else than an import may need a package.
        ({"job.py": "import json\n", "Procfile": "web: gunicorn job:app\n"}, False),
        ({"job.py": "import json\n", "environment.yml": ""}, False),
        ({"job.py": "import requests\n"}, False),
        ({"job.py": "import ???\n"}, False),
        ({"README.md": ""}, False),
    ],
)
def test_an_empty_requirements_txt_is_created_only_where_it_is_enough(files: dict[str, str], fixed: bool) -> None:
    (found,) = problems("APP001", Tree.of(files))
    assert (found.fix is not None) is fixed


@pytest.mark.parametrize(
    ("line", "advice"),
    [
        ("<<<<<<< HEAD", "Resolve the merge conflict that left this line."),
        ("=======", "Resolve the merge conflict that left this line."),
        ("pip3 install flask gunicorn", "A requirements file lists packages, not commands: write `flask`."),
        ("pip freeze > requirements.txt", "A requirements file lists packages, not commands: remove the line."),
        ("numpy=1.26=py312_0", "Write `numpy==1.26`, with two equals signs."),
        ("f\0l\0a\0s\0k\0", "Save the file as UTF-8."),
        ("two words", "Write a requirement such as `name==1.2.3`, or remove the line."),
    ],
)
def test_the_usual_mistakes_in_requirements_have_an_advice_of_their_own(line: str, advice: str) -> None:
    (found,) = problems("REQ005", Tree.of({"requirements.txt": f"{line}\n"}))
    assert found.help == advice


def test_who_has_a_runtime_txt_is_told_one_place_for_the_version() -> None:
    tree = Tree.of({"requirements.txt": "flask\n", "runtime.txt": "python-3.13.1\n"})
    (old,), (outdated,) = problems("PYV007", tree), problems("PYV009", tree)
    assert old.help == "Delete it and write `3.13.1` into .python-version."
    assert (outdated.help or "").startswith("Write `3.13` into .python-version and delete runtime.txt. ")


def test_two_frameworks_of_which_one_is_used() -> None:
    files = {"requirements.txt": "flask\ngunicorn\ndash\n", "x.py": "import dash\napp = dash.Dash()\n"}
    (found,) = problems("PRO002", Tree.of(files))
    assert "uses Dash" in found.message


@pytest.mark.parametrize(
    ("code", "files"),
    [
        ("REQ001", {"app.py": ""}),
        ("REQ002", {"setup.py": ""}),
        ("REQ003", {"requirements.txt": "", "uv.lock": ""}),
        ("REQ004", {"Pipfile": ""}),
    ],
)
def test_nothing_is_certain_where_something_else_may_see_to_it(code: str, files: dict[str, str]) -> None:
    (found,) = problems(code, Tree.of(files))
    assert found.fault
    assert found.fault.certain
    assert found.message.startswith("The build will stop")
    doubts = {
        "bin/pre_compile": ("pip freeze > requirements.txt; rm uv.lock Pipfile", "bin/pre_compile"),
        "app.json": ('{"buildpacks": ["example/monorepo", "heroku/python"]}', "the buildpack example/monorepo"),
    }
    for path, (text, why) in doubts.items():
        (found,) = problems(code, Tree.of({**files, path: text}))
        assert found.fault
        assert not found.fault.certain
        assert found.message.startswith(f"The build will stop (unless {why} changes that)")
