"""What grows without end in a hostile repository: the work that is done for it is counted, not timed."""

from __future__ import annotations

import json
import tracemalloc
from typing import TYPE_CHECKING

import pytest

from deploylint import nearmiss
from deploylint.app import App
from deploylint.compat import parse_python
from deploylint.engine import FINDING_LIMIT, judge, prepare
from deploylint.facts import appjson, descriptor, globs, pipfiles, pippins, uvproject
from deploylint.facts.hook import Hook
from deploylint.facts.pipfiles import read_requirements
from deploylint.facts.piprequirement import _fault_of_marker
from deploylint.facts.procfile import Procfile
from deploylint.finding import Severity
from deploylint.knowledge import buildpacks
from deploylint.platform import load
from deploylint.rulebook import RuleBook
from deploylint.steps.make import make_plan
from deploylint.text import Text
from deploylint.tree import Content, Entry, Kind, Memory, Tree
from deploylint.view import view
from tests.cases import TODAY

if TYPE_CHECKING:
    from deploylint.engine import Verdict
    from deploylint.plan import Fault


READY = {"requirements.txt": "gunicorn==23.0.0\n", "Procfile": "web: gunicorn app:app\n", ".python-version": "3.13\n"}
FLASK = {"requirements.txt": "flask==3.0.3\ngunicorn==23.0.0\n"}


def app_of(files: dict[str, str]) -> App:
    tree = Tree.of(files)
    return App(tree, tree)


def verdict_of(files: dict[str, str | bytes | Entry]) -> Verdict:
    platform = load("heroku")
    return judge(prepare(Tree.of({**READY, **files}), platform, platform.recommended_stack, TODAY), RuleBook())


class Counter:
    """Counts the calls of a method, or of a function of a module."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, owner: object, name: str) -> None:
        self.count = 0
        method = getattr(owner, name)

        def counted(*args: object, **options: object) -> object:
            self.count += 1
            return method(*args, **options)

        monkeypatch.setattr(owner, name, counted)


class CountedProperty:
    """Counts how often a property is asked for."""

    def __init__(self, method: object) -> None:
        assert isinstance(method, property)
        self.count = 0
        self.method = method

    def __call__(self, owner: object) -> object:
        self.count += 1
        return self.method.__get__(owner)


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


def test_equal_markers_are_parsed_once() -> None:
    _fault_of_marker.cache_clear()
    text = "".join(f"p{number}==1; python_version >= '3.9'\n" for number in range(1000))
    found = read_requirements(Tree.of({"requirements.txt": text}))
    assert _fault_of_marker.cache_info().misses == 1
    assert found.certain
    assert len(found.names) == 1000


def test_requirements_that_take_long_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the bound they are unknown, which is said once; plain ones are read all the same."""
    monkeypatch.setattr(pipfiles, "EFFORT_LIMIT", 1350)
    judged = Counter(monkeypatch, pipfiles, "judge")
    text = "".join(f"a{number} @ https://example.org/a{number}\n" for number in range(10, 30))
    found = read_requirements(Tree.of({"requirements.txt": f"{text}plain==1\n-r b.txt\n", "b.txt": f"{text}other\n"}))
    assert judged.count == 12
    assert [(problem.kind, problem.span.line) for problem in found.problems] == [("too-large", 11)]
    assert [item.name for item in found.requirements if item.unknown] == [None] * 30
    assert {"plain", "other"} < found.names


@pytest.mark.parametrize("line", ["=bad", "-r gone{}.txt", "-r requirements.txt"])
def test_problems_of_requirements_are_bounded(line: str) -> None:
    text = "".join(f"{line.format(number)}\n" for number in range(1000))
    found = read_requirements(Tree.of({"requirements.txt": text}))
    assert 200 <= len(found.problems) + len(found.cycles) <= 201
    assert not found.certain or found.cycles


def test_findings_of_one_rule_are_bounded() -> None:
    lines = "".join(f"a{number} b:c\nd{number}:x\n" for number in range(5000))
    found = [finding for finding in verdict_of({"Procfile": lines}).findings if finding.rule == "PRO004"]
    assert len(found) == FINDING_LIMIT + 1
    assert found[-1].severity is Severity.NOTE
    assert "only the first 1000" in found[-1].message


def test_what_the_other_checks_read_is_remarked() -> None:
    """The sources are read by the check that looks for a framework, after the files that decide."""

    class Locked(Memory):
        def read(self, path: str, limit: int) -> Content:
            return super().read(path, limit)._replace(substitute=path.endswith(".py"))

    files = {"requirements.txt": "flask\n", ".python-version": "3.13\n", "app.py": "import flask\n"}
    tree = Tree({path: Entry(path) for path in files}, Locked({path: text.encode() for path, text in files.items()}))
    platform = load("heroku")
    found = judge(prepare(tree, platform, platform.recommended_stack, TODAY), RuleBook()).findings
    assert [finding.span.path for finding in found if finding.rule == "APP006"] == ["app.py"]


def test_sources_that_are_parsed_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deploylint.app.SOURCES_LIMIT", 30)
    app = app_of({f"{number}.py": "import a1\n" for number in range(5)})
    assert [app.module(f"{number}.py").tree is not None for number in (4, 3, 2, 1, 4)] == [
        True,
        True,
        True,
        False,
        True,
    ]


def test_deep_folders_do_not_fill_the_memory() -> None:
    """A commit of a few megabytes can name millions of folders, by naming one deep tree many times."""
    tree = Tree.of({f"{number}{'/a' * 1500}": "" for number in range(300)})
    tracemalloc.start()
    try:
        assert len(list(tree.children())) == 300
        assert tree.find("5" + "/a" * 1000) == Entry("5" + "/a" * 1000, Kind.DIRECTORY)
        assert tree.is_file("299" + "/a" * 1500)
        assert tree.find("299" + "/a" * 1501) is None
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def test_misspellings_are_not_looked_for_among_thousands_of_files(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = Counter(monkeypatch, nearmiss, "is_misspelling")
    files = {f"{number}.txt": "" for number in range(3000)}
    found = nearmiss.near_misses(app_of({**files, "PROCFILE": "", "Procfile.txt": ""}), "Procfile", ["Procfile.txt"])
    assert [miss.path for miss in found] == ["PROCFILE", "Procfile.txt"]
    assert compared.count == 0


def test_members_of_a_workspace_are_not_looked_for_among_thousands_of_folders(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = Counter(monkeypatch, uvproject, "fnmatchcase")
    manifest = {"tool": {"uv": {"workspace": {"members": [f"{number}/*" for number in range(100)]}}}}
    tree = Tree.of({f"a/{number}/pyproject.toml": "" for number in range(2001)})
    assert isinstance(uvproject.members(tree, uvproject.Member("", manifest)), str)
    assert compared.count == 0


def faults_of(files: dict[str, str | bytes | Entry], platform: str = "heroku") -> list[Fault]:
    chosen = load(platform)
    return list(make_plan(prepare(Tree.of({**READY, **files}), chosen, chosen.recommended_stack, TODAY)).faults())


def test_a_descriptor_of_many_patterns_counts_as_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    """project.toml has the bound that .slugignore has, and one that is too large or too costly is remarked as well."""
    monkeypatch.setattr(globs, "_EFFORT", 1000)
    fir = load("heroku-fir")
    for text, kept in (
        ('build.exclude = ["gone"]', False),
        (f"build.exclude = {[f'*a{number}*' for number in range(2000)]}", True),
        (f"build.exclude = ['gone']\n#{'.' * 6000}", True),
        (f"build.exclude = ['gone']\n#{' ' * descriptor._SIZE_LIMIT}", True),
    ):
        tree = view(fir, Tree.of({"project.toml": text, "gone": "", "x/y": ""}))
        assert (tree.find("gone") is not None) == kept
        assert [remark.what for remark in tree.remarks] == ["unread"] * kept


def test_places_of_words_are_bounded() -> None:
    names = [f"A{number}" for number in range(appjson._PLACES * 2)]
    lines = json.dumps({"env": {name: {} for name in names}}, indent=1)
    found = appjson.read_app_json(Tree.of({"app.json": lines}))
    assert found
    assert [word.value for word in found.variables] == names
    assert found.variables[0].span.line == 3
    assert found.variables[-1].span.line == 1
    text = "[[build.env]]\nname = 'A'\n" * (descriptor._PLACES * 2)
    other = descriptor.read_descriptor(Tree.of({"project.toml": text}), "project.toml")
    assert other
    assert [other.variables[at].span.line for at in (0, 1, -1)] == [2, 4, 1]


def test_buildpacks_are_looked_through_once(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed = Counter(monkeypatch, buildpacks, "buildpack")
    names = [f"once/{number}" for number in range(1000)]
    found = faults_of({"app.json": json.dumps({"buildpacks": names}), "requirements.txt": "=bad\n" * 100})
    assert len(found) == 100
    assert parsed.count == 1000


def test_links_and_pins_that_contradict_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(faults_of({"requirements.txt": "".join(f"./a{number}\n" for number in range(3000))})) == 1000
    monkeypatch.setattr(pippins, "_EFFORT", 5000)
    lines = "".join(f"a{number}==1\na{number}==2\n" for number in range(100))
    assert [fault.topic for fault in faults_of({"requirements.txt": lines})].count("pins-conflict") == 12


def test_types_of_a_procfile_are_sorted_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Procfile, "effective", property(sorted_out := CountedProperty(Procfile.effective)))
    verdict_of({"Procfile": "web: x\nd:x\n" * 500})
    assert sorted_out.count < 20


def test_words_of_a_hook_take_no_time_that_grows_with_their_square() -> None:
    """No call is counted here: before, each of these lines took minutes."""
    patterns = " ".join(f"*a{number}" for number in range(5000))
    for line in ("$" * 60_000, "curl " * 12_000, "cp " * 20_000, patterns):
        tree = Tree.of({"bin/pre_compile": line})
        assert Hook(tree, "bin/pre_compile").may_create("requirements.txt") == (line is patterns)


@pytest.mark.parametrize("text", [".".join(["é"] * 20_000), "a \\\n. " * 20_000 + "a"])
def test_the_parser_of_python_gets_no_name_of_many_parts(text: str) -> None:
    app = "from flask import Flask\napp = Flask(__name__)\n"
    found = verdict_of({**FLASK, "app.py": f"{app}import other\n", "other.py": f"import {text}\n"})
    assert (found.findings, found.failures) == ((), ())
    # Dots that are no name of many parts do no harm.
    points = "points = [" + "0.5, a.b, " * 20_000 + "]\n"
    assert parse_python(f"{points}import gone\n".encode()).body


@pytest.mark.parametrize("text", ["import {}", "import flask.{}"])
def test_imports_that_are_looked_up_are_bounded(text: str) -> None:
    lines = "".join(f"{text.format(f'm{number}')}\n" for number in range(7000))
    found = verdict_of({**FLASK, "app.py": f"{lines}from flask import Flask\napp = Flask(__name__)\n"})
    assert found.failures == ()
    assert len(found.findings) == (0 if "flask" in text else 1000)


def test_too_many_findings_are_no_fault_of_a_rule() -> None:
    one, other = ("".join(f"import {name}{number}\n" for number in range(700)) for name in ("gone", "lost"))
    files = {"Procfile": "web: python one.py\nworker: python other.py\n", "one.py": one, "other.py": other}
    found = verdict_of({**FLASK, **files})
    assert found.failures == ()
    assert any("only the first 1000" in finding.message for finding in found.findings)


def test_a_module_name_of_many_parts_is_not_known() -> None:
    name = ".".join(["a"] * 400)
    source = f"import {name}\nfrom {name} import b\nfrom flask import Flask\napp = Flask(__name__)\n"
    found = verdict_of({**FLASK, "app.py": source})
    assert (found.findings, found.failures) == ((), ())
