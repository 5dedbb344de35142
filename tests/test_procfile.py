from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploylint.facts.procfile import Procfile, read_procfile
from deploylint.text import Span
from deploylint.tree import Tree


def read(data: str | bytes) -> Procfile:
    return read_procfile(Tree.of({"Procfile": data}), "Procfile", "classic")


@pytest.mark.parametrize(
    ("line", "process"),
    [
        ("web: gunicorn app:app", ("web", "gunicorn app:app")),
        ("web gunicorn app:app", ("web", "gunicorn app:app")),
        ("web : gunicorn", ("web", ": gunicorn")),
        ("  web:\tgunicorn  ", ("web", "gunicorn")),
        ("web: gunicorn\r", ("web", "gunicorn")),
        ("Web-2_x: a", ("Web-2_x", "a")),
        ("add web: gunicorn", ("add", "web: gunicorn")),
        ("web:gunicorn app:app", None),
        ("web:", None),
        ("- web: x", ("-", "web: x")),
        ('"web": x', None),
        ("\ufeffweb: x", None),
        ("w\xe9b: x", None),
        ("# web: x", None),
    ],
)
def test_the_classic_expression(line: str, process: tuple[str, str] | None) -> None:
    procfile = read(f"{line}\n")
    assert [(item.type, item.command) for item in procfile.processes] == ([process] if process else [])
    assert len(procfile.dropped) == (0 if process or line.startswith("#") else 1)


def test_spans() -> None:
    procfile = read("# c\n  web:  run it \nx:y\n")
    (web,) = procfile.processes
    assert web.span == Span("Procfile", 2, 3, 2, 15)
    assert web.type_span == Span("Procfile", 2, 3, 2, 6)
    assert web.command_span == Span("Procfile", 2, 9, 2, 15)
    (dropped,) = procfile.dropped
    assert (dropped.type, dropped.span) == ("x", Span("Procfile", 3, 1, 3, 4))


def test_the_last_of_a_type_runs() -> None:
    procfile = read("web: a\nworker: b\nweb: c\n")
    assert {type_: process.command for type_, process in procfile.effective.items()} == {"web": "c", "worker": "b"}


def test_utf_16_is_not_text() -> None:
    assert not read("web: a\n".encode("utf-16")).is_text
    assert read("web: a\n").is_text


@given(
    st.one_of(
        st.binary(max_size=60), st.text(st.sampled_from("web: -#\t\r\n\"'\ufeff\0x"), max_size=40).map(str.encode)
    )
)
def test_any_bytes(data: bytes) -> None:
    procfile = read(data)
    for span in [*(item.span for item in procfile.processes), *(item.span for item in procfile.dropped)]:
        assert 1 <= span.line <= procfile.text.line_count
        assert span.column < span.end_column <= len(procfile.text.line(span.line)) + 1 or span.line < span.end_line
