"""The Procfile in the dialect of the Cloud Native Buildpack."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploylint.facts.procfile import Procfile, read_procfile
from deploylint.text import Span
from deploylint.tree import READ_LIMIT, Tree, Trouble


def read(data: str | bytes) -> Procfile:
    return read_procfile(Tree.of({"Procfile": data}), "Procfile", "cnb")


@pytest.mark.parametrize(
    ("text", "processes"),
    [
        ("", []),
        ("web: a", [("web", "a")]),
        ("web:a\n", [("web", "a")]),
        ("web:\t a b \nworker: c\r\n", [("web", "a b "), ("worker", "c")]),
        ("# x: y\n\n  # z\n \t\nweb: a # b\n#", [("web", "a # b")]),
        ("web: a\n\n# the end", [("web", "a")]),
        ("Web: a", [("web", "a")]),
        ("  my_Worker: a", [("my-worker", "a")]),
        ("a: b", [("a", "b")]),
        ("a" * 63 + ": b", [("a" * 63, "b")]),
        ("web: \N{KELVIN SIGN}", [("web", "\N{KELVIN SIGN}")]),
    ],
)
def test_what_is_taken(text: str, processes: list[tuple[str, str]]) -> None:
    procfile = read(text)
    assert procfile.refusal is None
    assert [(item.type, item.command) for item in procfile.processes] == processes


@pytest.mark.parametrize(
    ("text", "kind", "line"),
    [
        ("web a", "no-colon", 1),
        ("web a\nworker: b", "no-colon", 1),
        ("web: a\nworker", "no-colon", 2),
        ("web: a\n  ", "no-colon", 2),
        ("# only\n", "nothing", 1),
        ("\n", "nothing", 1),
        ("   ", "nothing", 1),
        ("web : a", "type", 1),
        ("web-: a", "type", 1),
        ("-web: a", "type", 1),
        (": a", "type", 1),
        ("w.b: a", "type", 1),
        ("\N{KELVIN SIGN}: a", "type", 1),
        ("\ufeffweb: a", "type", 1),
        ("a" * 64 + ": b", "type", 1),
        ("web:", "no-command", 1),
        ("web: a\nworker:  \nx: y", "no-command", 2),
        ("web: a\rb\n", "carriage-return", 1),
        ("web: a\r", "carriage-return", 1),
        (b"web: \xff", "not-utf8", 1),
        (b"\xff\xfew\0", "not-utf8", 1),
    ],
)
def test_what_is_refused(text: str | bytes, kind: str, line: int) -> None:
    procfile = read(text)
    assert procfile.processes == ()
    assert procfile.refusal
    assert (procfile.refusal.kind, procfile.refusal.span.line) == (kind, line)


def test_a_comment_with_a_lone_carriage_return_is_none() -> None:
    assert read("# a\rb\nweb: x\n").refusal


def test_where_everything_stands() -> None:
    (process,) = read("\n  Web:  run it\n").processes
    assert process.type_span == Span("Procfile", 2, 3, 2, 6)
    assert process.command_span == Span("Procfile", 2, 9, 2, 15)
    assert process.span == Span("Procfile", 2, 3, 2, 15)
    assert process.written == "  Web"


def test_the_last_of_a_type_runs() -> None:
    assert {type_: item.command for type_, item in read("web: a\nWEB: b\n").effective.items()} == {"web": "b"}


def test_a_file_that_is_too_large_is_not_judged() -> None:
    assert read("#" * (READ_LIMIT + 1)).trouble is Trouble.TOO_LARGE


@given(st.one_of(st.binary(max_size=60), st.text("web_-A:#\r\n \t\ufeff", max_size=60).map(str.encode)))
def test_any_procfile(data: bytes) -> None:
    procfile = read(data)
    assert not (procfile.refusal and procfile.processes)
    assert procfile.refusal or procfile.processes or not data
    spans = [process.span for process in procfile.processes] + ([procfile.refusal.span] if procfile.refusal else [])
    for span in spans:
        assert (1, 1) <= (span.line, span.column) <= (span.end_line, span.end_column)
        assert span.end_line <= procfile.text.line_count + 1
    for process in procfile.processes:
        assert process.command
        assert "\n" not in process.command
