"""The plan for `heroku` against what the buildpack itself said of the same trees, and what holds for any tree.

`tests/data/heroku-v351.json` is a table of facts, observed by running the shell functions of heroku-buildpack-python
v351 in the order of its bin/compile. It stays true of v351 whatever versions the platform's data name by now, so the
versions of that release stand in it too.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from deploylint.engine import judge, prepare
from deploylint.facts.encodings import is_foreign_encoding
from deploylint.facts.jq import Jq, LockedVersion, read_locked_version
from deploylint.facts.versionfile import has_version_form, shell_number
from deploylint.plan import Plan, Status, Step
from deploylint.platform import Platform, load
from deploylint.rulebook import RuleBook
from deploylint.steps.make import make_plan
from deploylint.text import Span
from deploylint.tree import READ_LIMIT, Entry, Kind, Tree
from tests.observed import load_table, rows, tree_of

if TYPE_CHECKING:
    from deploylint.steps import Build

Files = dict[str, str | bytes | Entry]

TODAY = dt.date(2026, 11, 22)
RULES = RuleBook()
FACTS = load_table("heroku-v351")

WARNINGS = {
    "PYV007": "runtime-txt",
    "PYV008": "no-version",
    "PYV009": "patch-outdated",
    "PYV010": "series-deprecated",
}


def v351() -> Platform:
    """Today's platform with the Pythons of v351."""
    live, versions = load("heroku"), FACTS["versions"]
    known = live.data["python"]["series"]
    newest = known[live.data["python"]["newest"]]
    series = {name: {**known.get(name, newest), "latest": latest} for name, latest in versions["latest"].items()}
    for name, row in series.items():
        day = versions["removed"].get(name)
        row["removed"] = dt.date.fromisoformat(day) if day else None
    ends = {name: versions[name] for name in ("default", "oldest", "newest")}
    python = {**live.data["python"], **ends, "series": series}
    return dataclasses.replace(live, data={**live.data, "as_of": dt.date(2026, 8, 18), "python": python})


HEROKU = v351()


def build_of(files: Files, stack: str = "heroku-26", platform: Platform = HEROKU) -> Build:
    return prepare(Tree.of(files), platform, stack, TODAY)


def plan_of(files: Files, stack: str = "heroku-26") -> Plan:
    return make_plan(build_of(files, stack))


def early(plan: Plan) -> tuple[Step[Any], ...]:
    """The steps that the buildpack decides before it installs anything."""
    return (plan.detection, plan.stack, plan.python_directory, plan.manager, plan.virtualenv, plan.python)


# ------------------------------------------------------------------------------------------------ against the buildpack


@pytest.mark.parametrize(("stack", "files", "verdict"), list(rows(FACTS)))
def test_row(stack: str, files: dict[str, Any], verdict: dict[str, Any]) -> None:
    tree = tree_of(files)
    judged = judge(prepare(tree, HEROKU, stack, TODAY), RULES)
    plan = judged.plan
    assert not judged.failures
    assert plan.detected is verdict["detected"]
    if verdict["reason"] is None:
        doubts = [fault for step in early(plan) for fault in step.faults]
        assert [fault for fault in doubts if fault.certain] == []
        said = {WARNINGS[finding.rule] for finding in judged.findings if finding.rule in WARNINGS}
        # A patch release that may not exist is said instead of what the platform would warn of before it finds out.
        assert doubts or said == set(verdict["warnings"])
    else:
        assert plan.failure
        assert plan.failure.reason == verdict["reason"]
    manager, python = plan.manager.value, plan.python.value
    ours = {
        "manager": manager.id if manager else None,
        "requested": python.requested if python else None,
        "origin": python.origin if python else None,
        "resolved": python.resolved if python else None,
    }
    asked = {key: verdict[key] for key in ours if key in verdict}
    assert {key: ours[key] for key in asked} == asked


@pytest.mark.parametrize(
    "files",
    [
        {"Pipfile": "", "app.py": ""},
        {"app.py": ""},
        {"setup.py": ""},
        {"requirements.txt": "", "uv.lock": "", ".python-version": "3.13"},
    ],
    ids=repr,
)
def test_a_hook_that_may_write_or_remove_what_decides_leaves_the_package_manager_open(files: Files) -> None:
    """Not decidable from the repository: the hook runs before the buildpack looks."""
    assert plan_of(files).failure
    hooked = plan_of({**files, "bin/pre_compile": "rm -f uv.lock Pipfile; touch requirements.txt\n"})
    assert hooked.failure is None
    assert [fault.certain for fault in hooked.manager.faults] == [False]
    assert plan_of({**files, "bin/pre_compile": "echo hello\n"}).failure


# ------------------------------------------------------------------------------------------------ any tree

DECIDING = [
    *HEROKU.data["detect"]["files"][:-3],
    *HEROKU.data["python"]["misspellings"],
    "__pycache__",
    ".heroku/python",
    "venv/pyvenv.cfg",
    ".venv/pyvenv.cfg",
    "README.md",
    "bin/pre_compile",
    "heroku.yml",
]
NUMBERS = st.one_of(
    st.sampled_from(
        ["0", "2", "3", "9", "10", "13", "14", "15", "013", "+3", "x", "", "\uff11\uff13", "\xb2", "\u0660", "9" * 5000]
    ),
    st.integers(0, 2**66).map(str),
)
VERSION = st.lists(NUMBERS, min_size=1, max_size=4).map(".".join)
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32", "latin-1", "cp500"]
LINES = st.lists(
    st.one_of(VERSION, st.sampled_from(["python-", "# ", " ", "\n", "\r", "\0", "\u00e9", "\u3000", "\x85", "\x1b"])),
    max_size=5,
).map("".join)
VERSION_FILE = st.one_of(
    st.builds(lambda text, name: text.encode(name, "replace"), LINES, st.sampled_from(ENCODINGS)),
    st.builds(lambda version: f"python-{version}\n".encode(), VERSION),
    st.binary(max_size=12),
)
SCALAR = st.one_of(
    VERSION.map(json.dumps),
    st.sampled_from(
        ["null", "false", "3.10", "3e0", "NaN", "-inf", "1e9999999999999999999", '"\\ud800"', "tru", '"', "{"]
    ),
)
REQUIRES = st.lists(
    st.builds(
        lambda key, value: f'"{key}": {value}', st.sampled_from(["python_version", "python_full_version"]), SCALAR
    ),
    max_size=2,
).map(", ".join)
LOCK_FILE = st.one_of(
    REQUIRES.map(lambda text: f'{{"_meta": {{"requires": {{{text}}}}}}}'.encode()),
    st.lists(
        st.one_of(SCALAR, st.sampled_from(["{", "}", "[", "]", ",", ":", " ", "\n", "\ufeff", "\0"])), max_size=9
    ).map(lambda parts: "".join(parts).encode()),
    st.binary(max_size=12),
)
ODD = st.one_of(
    st.sampled_from(["x", "README.md", "gone", ".", "venv", "app.py", "../up", "/etc/x"]).map(
        lambda target: Entry("", Kind.LINK, target=target)
    ),
    st.sampled_from([Kind.DIRECTORY, Kind.SUBMODULE, Kind.SPECIAL, Kind.UNKNOWN]).map(lambda kind: Entry("", kind)),
)


@st.composite
def apps(draw: st.DrawFn) -> Files:
    """A root out of the names, kinds and contents that decide."""
    files: Files = {}
    for name in draw(st.lists(st.sampled_from(DECIDING), max_size=6, unique=True)):
        plain = VERSION_FILE if "version" in name or name == "runtime.txt" else st.sampled_from([b"", b"requirements"])
        files[name] = draw(st.one_of(LOCK_FILE if name == "Pipfile.lock" else plain, ODD))
    # What stands below a file or a link cannot be in a tree.
    return {
        path: value
        for path, value in files.items()
        if path.partition("/")[0] == path or path.split("/")[0] not in files
    }


def assert_in_tree(span: Span, tree: Tree) -> None:
    assert span.path == "." or tree.find(span.path) is not None
    assert (1, 1) <= (span.line, span.column) <= (span.end_line, span.end_column)
    if tree.is_file(span.path) and tree.read(span.path).trouble is None:
        assert span.end_line <= tree.read(span.path).data.count(b"\n") + tree.read(span.path).data.count(b"\r") + 1


@settings(max_examples=300)
@given(apps(), st.sampled_from(["heroku-22", "heroku-24", "heroku-26", "heroku-20"]))
@example({"Pipfile.lock": b"\xff\xfe{"}, "heroku-26")
def test_any_tree(files: Files, stack: str) -> None:
    build = build_of(files, stack)
    plan, tree = make_plan(build), build.app.tree
    faults = list(plan.faults())
    for step in early(plan):
        assert len(step.faults) <= 1
        assert bool(step.faults) == (step.status is Status.FAILED)
    assert plan.failure == next((fault for fault in faults if fault.certain), None)
    for fault in faults:
        for span in fault.spans:
            assert_in_tree(span, tree)
    python = plan.python.value
    if python is not None:
        assert python.origin == "default" or tree.is_file(python.origin)
        assert has_version_form(python.requested)
        if python.span is not None:
            assert_in_tree(python.span, tree)
    if plan.detection.status is Status.FAILED:
        assert {plan.manager.status, plan.python.status, plan.install.status} == {Status.BLOCKED}
    assert not judge(prepare(tree, HEROKU, stack, TODAY), RULES).failures


@settings(max_examples=50)
@given(apps())
def test_a_file_that_decides_nothing_changes_nothing(files: Files) -> None:
    def decided(plan: Plan) -> list[tuple[Status, Any, list[tuple[str, bool]]]]:
        return [
            (step.status, step.value, [(fault.reason, fault.certain) for fault in step.faults]) for step in early(plan)
        ]

    assert decided(plan_of(files)) == decided(plan_of({**files, "notes/readme.txt": "3.9"}))


# ------------------------------------------------------------------------------------------------ the parts


@pytest.mark.parametrize(
    ("digits", "number"),
    [
        ("0", 0),
        ("9223372036854775807", 2**63 - 1),
        ("9223372036854775808", -(2**63)),
        ("18446744073709551615", -1),
        ("18446744073709551616", 0),
        ("1" + "0" * 10000, 0),
    ],
)
def test_shell_numbers(digits: str, number: int) -> None:
    assert shell_number(digits) == number


@given(st.integers(0, 2**300))
def test_shell_numbers_wrap(number: int) -> None:
    assert shell_number(str(number)) == (number + 2**63) % 2**64 - 2**63


def test_digits_of_other_scripts_have_the_form_but_are_no_numbers() -> None:
    assert has_version_form("\uff13.13")
    assert has_version_form("3.½")
    assert has_version_form("3.①\u0660")
    assert not has_version_form("3.\u06601")  # a zero leads, and it is not the ASCII one that stands alone
    assert not has_version_form("3.\u0660")
    assert not has_version_form("3.¼x")
    assert not has_version_form("3.Ⅷ")
    assert not has_version_form("3.\u0669")  # a nine, which comes after the 9
    assert not has_version_form("3.\x80")
    assert not has_version_form("3.13N")
    assert not has_version_form("O.é")
    assert shell_number("\uff11\uff13") is None


def test_only_the_first_64_kib_are_looked_at_for_the_encoding() -> None:
    assert is_foreign_encoding(b"x" * 65535 + b"\xe9")
    assert not is_foreign_encoding(b"x" * 65536 + b"\xe9")
    assert not is_foreign_encoding(b"\xc3\xa9" + b"x" * 65533 + b"\xc3\xa9")


MODERN = Jq(10000, "digits")


def locked(text: str | bytes, jq: Jq = MODERN) -> LockedVersion | None:
    return read_locked_version(Tree.of({"Pipfile.lock": text}), "Pipfile.lock", jq)


def test_where_a_lock_file_says_the_version() -> None:
    found = locked('{"_meta": {\n  "requires": {"python_version": "3.12"}}}')
    assert found == LockedVersion("3.12", Span("Pipfile.lock", 2, 35, 2, 39))
    assert locked('{"_meta": {"requires": {"python_version": 3.10}}}') == LockedVersion(
        "3.10", Span("Pipfile.lock", 1, 43, 1, 47)
    )
    nothing = locked("{}\n")
    assert nothing == LockedVersion("null", Span("Pipfile.lock", 1, 1, 1, 3))


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("{", 1, 1),
        ('{"a": 1,\n}\n', 2, 1),
        ('{"a": 1}\n<<<<<<< HEAD\n', 2, 1),
        ('{"a": "b\n}', 1, 7),
        ('{"a": "b\\x"}', 1, 9),
        ('{"a": "b\\\\\\x"}', 1, 11),
        ("[1 2]", 1, 4),
        ('{"a": 3.1.2}', 1, 7),
        ('\n{"a": 1', 2, 7),
    ],
)
def test_where_a_lock_file_is_broken(text: str, line: int, column: int) -> None:
    assert locked(text) == LockedVersion(None, Span("Pipfile.lock", line, column, line, column + 1))


def test_a_lock_file_in_another_encoding_is_broken_as_a_whole() -> None:
    data = '{"a": 1}'.encode("utf-16")
    found = locked(data)
    assert found
    assert (found.printed, found.span.line, found.span.column) == (None, 1, 1)


def test_what_cannot_be_pointed_at_is_the_first_line() -> None:
    # The end of this line is lost on the way to jq, so nothing stands where it stood.
    assert locked('\0\n{"_meta": {"requires": {"python_version": "3.12"}}}') is not None
    cut = locked('{"_meta": {"requires": {"python_version": "3.12"}}}\0\0')
    assert cut
    assert (cut.printed, cut.span.line) == ("3.12", 1)


def test_long_lines_are_read_in_pieces() -> None:
    # The first NUL byte ends the first piece, the second the last one; a line that ends keeps its own.
    version = '{"_meta": {"requires": {"python_version": "3.12"}}}'
    first = " " * 4000 + "\0" + "x" * 94
    found = locked(f"{first}{version}\0}}")
    assert found
    assert (found.printed, found.span.line) == ("3.12", 1)
    broken = locked(f"{first}{version}\0}}\n")
    assert broken
    assert broken.printed is None


def test_files_that_are_too_large_say_nothing() -> None:
    large = b" " * (READ_LIMIT + 1)
    assert locked(large) is None
    assert plan_of({"Pipfile.lock": large}).python.status is Status.UNKNOWN
    assert plan_of({"requirements.txt": "", ".python-version": large}).python.status is Status.UNKNOWN
    cedar = load("heroku-cedar")
    build = build_of({"requirements.txt": "", "runtime.txt": large}, "cedar", cedar)
    assert make_plan(build).python.status is Status.UNKNOWN


def test_an_exponent_beyond_all_measure() -> None:
    found = locked('{"_meta": {"requires": {"python_version": 1e9999999999999999999}}}')
    assert found
    assert found.printed
    assert not has_version_form(found.printed)


def test_jq_of_an_unknown_stack_is_that_of_the_recommended_one() -> None:
    files: Files = {"Pipfile.lock": '{"_meta": {"requires": {"python_version": 3.10}}}'}
    python = plan_of(files, "heroku-99").python.value
    assert python
    assert python.requested == "3.10"


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_what_python_writes_as_json_is_no_broken_lock(value: object) -> None:
    found = locked(json.dumps({"_meta": {"requires": {"python_version": "3.12"}}, "x": value}))
    assert found
    assert found.printed == "3.12"


@settings(max_examples=200)
@given(st.binary(max_size=60) | LOCK_FILE)
def test_any_bytes_are_read(data: bytes) -> None:
    for jq in (MODERN, Jq(2, "double")):
        found = locked(data, jq)
        assert found is not None
        assert_in_tree(found.span, Tree.of({"Pipfile.lock": data}))
