from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploylint.text import Span, Text

ALPHABET = st.text(st.sampled_from("ab \n\r\t\f\u2028é漢😀\ufeff"), max_size=40)


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"abc", "abc"),
        (b"\xef\xbb\xbfabc", "\ufeffabc"),
        (b"\xff\xfea\0", "\ufeffa"),
        (b"\xfe\xff\0a", "\ufeffa"),
        (b"\xff\xfe\0\0a\0\0\0", "\ufeffa"),
        (b"caf\xe9", "caf\udce9"),
        (b"", ""),
    ],
)
def test_decoding_never_fails(data: bytes, value: str) -> None:
    assert Text.decode("f", data).value == value


def test_lines_end_at_lf_crlf_and_cr_only() -> None:
    text = Text("f", "a\r\nb\rc\nd\x0ce\u2028f")
    assert [text.line(number) for number in range(6)] == ["", "a", "b", "c", "d\x0ce\u2028f", ""]
    assert text.line_count == 4


@pytest.mark.parametrize(("value", "count"), [("", 1), ("a", 1), ("a\n", 1), ("a\n\n", 2), ("a\nb", 2)])
def test_line_count(value: str, count: int) -> None:
    assert Text("f", value).line_count == count


def test_span_over_lines() -> None:
    assert Text("f", "ab\ncd\n").span(1, 4) == Span("f", 1, 2, 2, 2)
    assert str(Span("f", 3, 4)) == "f:3:4"


def test_whole_is_the_first_line() -> None:
    assert Text("f", "abc\nd").whole == Span("f", 1, 1, 1, 4)
    assert Text("f", "").whole == Span("f")


@given(ALPHABET, st.integers(-3, 50), st.integers(-3, 50))
def test_places_are_inside_and_lead_back(value: str, start: int, end: int) -> None:
    text = Text("f", value)
    span = text.span(start, end)
    assert 1 <= span.line <= span.end_line <= len(text._starts)
    assert (span.line, span.column) <= (span.end_line, span.end_column)
    assert text.offset(span.line, span.column) == min(max(start, 0), len(value))
    assert text.offset(span.end_line, span.end_column) == min(max(start, end, 0), len(value))


@given(ALPHABET)
def test_lines_hold_all_but_line_ends(value: str) -> None:
    text = Text("f", value)
    joined = "".join(text.line(number) for number in range(1, len(text._starts) + 1))
    assert joined == value.replace("\r", "").replace("\n", "")


@given(st.binary(max_size=60))
def test_any_bytes_have_a_text(data: bytes) -> None:
    text = Text.decode("f", data)
    assert text.line_span(text.line_count).end_line == text.line_count
