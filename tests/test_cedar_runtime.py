"""What runtime.txt does on Cedar in August 2014, for a first build.

Every row of the two tables was run against the unmodified bin/steps/python of archive/v52 with a stubbed download. The
text of the file is put into an address without quotes, so its form matters to the letter.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploylint.app import App
from deploylint.checks import all_checks
from deploylint.checks.registry import Scene
from deploylint.finding import Phase
from deploylint.fixes.apply import plan_changes
from deploylint.plan import Plan, Status
from deploylint.platform import load
from deploylint.steps import Build
from deploylint.steps.make import make_plan
from deploylint.text import Span, Text
from deploylint.tree import Entry, Kind, Tree

CEDAR = load("heroku-cedar")
DEFAULT = "python-2.7.8"


def build(tree: Tree, stack: str = "cedar") -> Build:
    return Build(App(tree, tree), CEDAR, stack, CEDAR.as_of)


def plan(files: dict[str, str | bytes | Entry], stack: str = "cedar") -> Plan:
    return make_plan(build(Tree.of({"requirements.txt": "", **files}), stack))


def span(*places: int) -> Span:
    return Span("runtime.txt", *places)


AVAILABLE = [
    (b"python-2.7.8", "cedar", span(1, 1, 1, 13)),
    (b"python-2.7.8\n", "cedar", span(1, 1, 1, 13)),
    (b"python-2.7.8\n\n\n", "cedar", span(1, 1, 1, 13)),
    (b"python-3.4.1\n", "cedar-14", span(1, 1, 1, 13)),
    (b"pypy-1.9\n", "cedar", span(1, 1, 1, 9)),
    (b"python-2.7.8-shared\n", "cedar", span(1, 1, 1, 20)),
    (b"pypy-2.3.1\n", "cedar-14", span(1, 1, 1, 11)),
    (b"pypy3-2.3.1\n", "cedar-14", span(1, 1, 1, 12)),
    (b"python-2.6.0\n", "cedar", span(1, 1, 1, 13)),
    # A shell's variable holds no NUL.
    (b"python-2.7.8\0\n", "cedar", span(1, 1, 1, 14)),
]


@pytest.mark.parametrize(("content", "stack", "where"), AVAILABLE, ids=lambda item: repr(item)[:40])
def test_available(content: bytes, stack: str, where: Span) -> None:
    step = plan({"runtime.txt": content}, stack).python
    assert step.status is Status.OK
    assert step.value is not None
    name = content.rstrip(b"\n").replace(b"\0", b"").decode()
    assert (step.value.requested, step.value.resolved, step.value.origin) == (name, name, "runtime.txt")
    assert step.value.span == where


UNAVAILABLE = [
    # Blanks: the address falls into two words, and neither leads to an archive.
    (b"python-2.7.8 ", span(1, 1, 1, 14), "python-2.7.8"),
    (b"python-2.7.8 \n", span(1, 1, 1, 14), "python-2.7.8"),
    (b"python-2.7.8\t\n", span(1, 1, 1, 14), "python-2.7.8"),
    (b" python-2.7.8\n", span(1, 1, 1, 14), "python-2.7.8"),
    (b"\tpython-2.7.8\n", span(1, 1, 1, 14), "python-2.7.8"),
    (b"\npython-2.7.8\n", span(1, 1, 2, 13), "python-2.7.8"),
    # Windows line ends: the carriage return stays in the name, but no editor has a column for it.
    (b"python-2.7.8\r\n", span(1, 1, 1, 13), "python-2.7.8"),
    (b"python-2.7.8\r", span(1, 1, 1, 13), "python-2.7.8"),
    # Comments, several lines.
    (b"python-2.7.8 # stable\n", span(1, 1, 1, 22), "python-2.7.8"),
    (b"# stable\npython-2.7.8\n", span(1, 1, 2, 13), "python-2.7.8"),
    (b"python-2.7.8\npython-3.4.1\n", span(1, 1, 2, 13), "python-2.7.8"),
    # Empty.
    (b"", span(1, 1, 1, 1), "python-2.7.8"),
    (b"\n\n", span(1, 1, 1, 1), "python-2.7.8"),
    # Other spellings.
    (b"2.7.8\n", span(1, 1, 1, 6), "python-2.7.8"),
    (b"Python-2.7.8\n", span(1, 1, 1, 13), "python-2.7.8"),
    (b"PYTHON-2.7.8\n", span(1, 1, 1, 13), "python-2.7.8"),
    (b"python-2.7\n", span(1, 1, 1, 11), "python-2.7.8"),
    (b"python-3\n", span(1, 1, 1, 9), "python-3.4.1"),
    (b"python-2.7.x\n", span(1, 1, 1, 13), "python-2.7.8"),
    (b"python==2.7.8\n", span(1, 1, 1, 14), "python-2.7.8"),
    (b"python 2.7.8\n", span(1, 1, 1, 13), "python-2.7.8"),
    (b"\xef\xbb\xbfpython-2.7.8\n", span(1, 1, 1, 14), "python-2.7.8"),
    (b"python-2.7.8\xff\n", span(1, 1, 1, 14), "python-2.7.8"),
    # No recipe.
    (b"python-3.4.2\n", span(1, 1, 1, 13), "python-3.4.1"),
    (b"python-3.5.0\n", span(1, 1, 1, 13), "python-3.4.1"),
    # Only for the other stack.
    (b"pypy-2.3.1\n", span(1, 1, 1, 11), "pypy-1.9"),
    (b"pypy3-2.3.1\n", span(1, 1, 1, 12), "pypy-1.9"),
]


@pytest.mark.parametrize(("content", "where", "nearest"), UNAVAILABLE, ids=lambda item: repr(item)[:40])
def test_unavailable(content: bytes, where: Span, nearest: str) -> None:
    made = plan({"runtime.txt": content})
    assert made.python.status is Status.FAILED
    (fault,) = made.python.faults
    assert (fault.reason, fault.phase, fault.certain) == ("runtime::unavailable", Phase.BUILD, True)
    assert fault.spans == (where,)
    assert fault.detail["nearest"] == nearest
    assert nearest in CEDAR.archives("cedar")
    assert made.failure is fault


# Only the form is wrong, so the fix asks for nothing else than the file does and is safe.
FORM_ONLY = {
    b"python-2.7.8 ",
    b"python-2.7.8 \n",
    b"python-2.7.8\t\n",
    b" python-2.7.8\n",
    b"\tpython-2.7.8\n",
    b"\npython-2.7.8\n",
    b"python-2.7.8\r\n",
    b"python-2.7.8\r",
    b"python-2.7.8 # stable\n",
    b"# stable\npython-2.7.8\n",
    b"2.7.8\n",
    b"Python-2.7.8\n",
    b"PYTHON-2.7.8\n",
    b"python==2.7.8\n",
    b"python 2.7.8\n",
    b"\xef\xbb\xbfpython-2.7.8\n",
}


@pytest.mark.parametrize(("content", "where", "nearest"), UNAVAILABLE, ids=lambda item: repr(item)[:40])
def test_the_fix_makes_it_available(content: bytes, where: Span, nearest: str) -> None:
    tree = Tree.of({"requirements.txt": "", "runtime.txt": content})
    made = build(tree)
    (problem,) = all_checks()["PYV001"](Scene(made, make_plan(made)))
    assert problem.span == where
    assert problem.fix is not None
    assert problem.fix.safe == (content in FORM_ONLY)
    changes = plan_changes(tree, [problem.fix])
    assert changes.applied == (problem.fix,)
    step = make_plan(build(changes.tree(tree))).python
    assert step.value is not None
    assert (step.status, step.value.resolved) == (Status.OK, nearest)


def test_what_only_cedar_has_is_not_on_cedar_14() -> None:
    (fault,) = plan({"runtime.txt": "python-2.6.1\n"}, "cedar-14").python.faults
    assert (fault.reason, fault.detail["nearest"]) == ("runtime::unavailable", "python-2.6.2")


@pytest.mark.parametrize(
    "content", ["python-2.7.[8]", "python-2.7.{7,8}", "python-2.7.?", "./python-2.7.8", "python%2D2.7.8"]
)
def test_what_the_download_may_make_something_of_is_not_certain(content: str) -> None:
    made = plan({"runtime.txt": content})
    (fault,) = made.python.faults
    assert (fault.reason, fault.certain) == ("runtime::unavailable", False)
    assert made.failure is None


@pytest.mark.parametrize(
    ("files", "where"),
    [
        ({"runtime.txt/version": "python-2.7.8\n"}, Span("runtime.txt/version")),
        ({"runtime.txt/a/b": "", "runtime.txt/c": ""}, Span("runtime.txt/a/b")),
        # In a directory that is no repository a folder may be empty: then it stands on any file.
        ({"runtime.txt": Entry("runtime.txt", Kind.DIRECTORY)}, Span("requirements.txt")),
    ],
)
def test_a_folder_ends_the_build(files: dict[str, str | bytes | Entry], where: Span) -> None:
    made = plan(files)
    (fault,) = made.python.faults
    assert (fault.reason, fault.spans) == ("runtime::unavailable", (where,))
    assert made.failure is fault


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"Runtime.txt": "python-3.4.1\n"},
        {"sub/runtime.txt": "python-3.4.1\n"},
        {".python-version": "3.4.1\n"},
        {"runtime.txt": Entry("runtime.txt", Kind.LINK, target="nowhere")},
    ],
    ids=["nothing", "another case", "a subfolder", "a file that is read today", "a link that leads nowhere"],
)
def test_what_is_not_read_leaves_the_default(files: dict[str, str | bytes | Entry]) -> None:
    step = plan(files).python
    assert step.status is Status.OK
    assert step.value is not None
    assert (step.value.requested, step.value.resolved, step.value.origin) == (DEFAULT, DEFAULT, "default")
    assert step.value.span is None


def test_a_link_is_read_through() -> None:
    files: dict[str, str | bytes | Entry] = {
        "runtime.txt": Entry("runtime.txt", Kind.LINK, target="conf/runtime"),
        "conf/runtime": "python-3.4.1\n",
    }
    step = plan(files).python
    assert step.value is not None
    assert step.value.resolved == "python-3.4.1"


def test_a_conflict_is_not_judged() -> None:
    made = plan({"runtime.txt": Entry("runtime.txt", Kind.UNKNOWN)})
    assert made.python.status is Status.UNKNOWN
    assert made.failure is None


@pytest.mark.parametrize(
    "files",
    [
        {"runtime.txt": Entry("", Kind.LINK, target="/etc/runtime")},
        {"runtime.txt": Entry("", Kind.LINK, target="../runtime")},
        {".heroku/python": Entry("", Kind.LINK, target="/opt/python")},
        {".heroku/python-version": Entry("", Kind.UNKNOWN)},
    ],
    ids=["an absolute link", "a link out of the app", "a folder outside", "a trace in conflict"],
)
def test_what_lies_outside_is_not_judged(files: dict[str, str | bytes | Entry]) -> None:
    made = plan(files)
    assert (made.python.status, made.failure) == (Status.UNKNOWN, None)


@given(st.one_of(st.binary(max_size=40), st.text("python-2.78 \n\r\t#\ufeff[x", max_size=40).map(str.encode)))
def test_only_names_are_available_and_every_span_lies_in_the_file(content: bytes) -> None:
    step = plan({"runtime.txt": content}).python
    assert step.value is not None
    assert step.value.span is not None
    assert (step.status is Status.OK) == (step.value.requested in CEDAR.archives("cedar"))
    text = Text.decode("runtime.txt", content)
    for line, column in (
        (step.value.span.line, step.value.span.column),
        (step.value.span.end_line, step.value.span.end_column),
    ):
        assert 1 <= line <= text.line_count
        assert 1 <= column <= len(text.line(line)) + 1
