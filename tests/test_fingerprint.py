"""The fingerprints of lines, against the values that GitHub's upload action publishes for its own."""

from __future__ import annotations

from array import array
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploylint.output import fingerprint
from deploylint.output.fingerprint import FileFingerprints, line_fingerprints

# Inputs and values from src/fingerprints.test.ts of github/codeql-action, commit f3f1edb (June 2026).
GREETINGS = [
    "e9496ae3ebfced30:1",
    "fb7c023a8b9ccb3f:1",
    "ce8ba1a563dcdaca:1",
    "e20e36e16fcb0cc8:1",
    "b3edc88f2938467e:1",
    "c8e28b0b4002a3a0:1",
    "c129715d7a2bc9a3:1",
]
VECTORS = {
    "empty": ("", ["c129715d7a2bc9a3:1"]),
    "blanks": (
        " a\nb\n  \t\tc\n d",
        ["271789c17abda88f:1", "54703d4cd895b18:1", "180aee12dab6264:1", "a23a3dc5e078b07b:1"],
    ),
    "no line end at the end": (
        " hello; \t\nworld!!!\n\n\n  \t\tGreetings\n End",
        [
            "8b7cf3e952e7aeb2:1",
            "b1ae1287ec4718d9:1",
            "bff680108adb0fcc:1",
            "c6805c5e1288b612:1",
            "b86d3392aea1be30:1",
            "e6ceba753e1a442:1",
        ],
    ),
    "lf": (" hello; \t\nworld!!!\n\n\n  \t\tGreetings\n End\n", GREETINGS),
    "lf and cr": (" hello; \t\nworld!!!\r\r\r  \t\tGreetings\r End\r", GREETINGS),
    "crlf": (" hello; \t\r\nworld!!!\r\n\r\n\r\n  \t\tGreetings\r\n End\r\n", GREETINGS),
    "all three": (" hello; \t\nworld!!!\r\n\n\r  \t\tGreetings\r End\r\n", GREETINGS),
    "repeated": (
        "Lorem ipsum dolor sit amet.\n" * 10,
        [
            *(f"a7f2ff13bc495cf2:{ordinal}" for ordinal in range(1, 7)),
            "a7f2ff1481e87703:1",
            "a9cf91f7bbf1862b:1",
            "55ec222b86bcae53:1",
            "cc97dc7b1d7d8f7b:1",
            "c129715d7a2bc9a3:1",
        ],
    ),
    "code": (
        "x = 2\nx = 1\nprint(x)\nx = 3\nprint(x)\nx = 4\nprint(x)\n",
        [
            "e54938cc54b302f1:1",
            "bb609acbe9138d60:1",
            "1131fd5871777f34:1",
            "5c482a0f8b35ea28:1",
            "54517377da7028d2:1",
            "2c644846cb18d53e:1",
            "f1b89f20de0d133:1",
            "c129715d7a2bc9a3:1",
        ],
    ),
}

PIECES = st.sampled_from(
    [b"\r", b"\n", b"\r\n", b" ", b"\t", b"a", b"x = 1", b"z" * 40, b"z" * 130, "é😀".encode(), b"\xff", b"\xf0\x9f"]
)
FILES = st.one_of(st.binary(max_size=400), st.lists(PIECES, max_size=60).map(b"".join))


@pytest.mark.parametrize("name", VECTORS)
def test_equals_what_the_upload_action_computes(name: str) -> None:
    source, expected = VECTORS[name]
    assert list(line_fingerprints(source.encode())) == expected


def plain(data: bytes) -> list[str]:
    """The definition, slowly: each line's polynomial over the 100 units that begin with it, its LFs counted first."""
    text = data.decode("utf-8", "replace")
    units: list[int] = []
    starts = [0]
    for position, character in enumerate(text):
        if character in " \t" or (character == "\n" and text[position - 1 : position] == "\r"):
            continue
        code = 0x0A if character == "\r" else ord(character)
        units += [code] if code < 0x10000 else [0xD800 + ((code - 0x10000) >> 10), 0xDC00 + ((code - 0x10000) & 0x3FF)]
        if code == 0x0A:
            starts.append(len(units))
    units += [0xFFFF, *[0] * 100]
    found: list[str] = []
    for start in starts:
        value = sum(unit * 37 ** (99 - place) for place, unit in enumerate(units[start : start + 100])) % 2**64
        ordinal = sum(earlier.startswith(f"{value:x}:") for earlier in found) + 1
        found.append(f"{value:x}:{ordinal}")
    return found


@given(FILES)
def test_any_bytes_by_the_definition(data: bytes) -> None:
    assert list(line_fingerprints(data)) == plain(data)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (b"\xef\xbb\xbfweb: x\n", b"web: x\n"),  # a byte order mark counts
        (b"caf\xe9\n", b"caf\n"),  # a byte that is no UTF-8 counts
        (b"a\r \nb", b"a\r\nb"),  # a blank parts CR from LF
    ],
)
def test_what_counts(one: bytes, other: bytes) -> None:
    assert list(line_fingerprints(one)) != list(line_fingerprints(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (b"web: x\n", b"web:\tx\n"),
        (b"a\nb\n", b"a\r\nb\r"),
        (b"caf\xe9\n", b"caf\xff\n"),
        (b"caf\xe9\n", "caf\ufffd\n".encode()),
    ],
)
def test_what_does_not_count(one: bytes, other: bytes) -> None:
    assert list(line_fingerprints(one)) == list(line_fingerprints(other))


@given(FILES, st.integers(0, 400))
def test_the_beginning_of_a_file_has_no_wrong_fingerprint(data: bytes, cut: int) -> None:
    known = list(line_fingerprints(data[:cut], complete=False))
    assert list(line_fingerprints(data))[: len(known)] == known


def test_the_beginning_of_a_file_keeps_what_is_certain() -> None:
    data = b"0123456789\n" * 30
    assert len(list(line_fingerprints(data, complete=False))) == 21  # 330 units, each window 100, the last one excluded


@pytest.mark.parametrize(
    ("data", "times"),
    [(b"\n", 200_000), (b"ab c\r\n", 50_000), (b"a" * 99 + b"\n", 10_000), (b"a", 1_000_000)],
    ids=["1 unit", "4 units", "100 units", "one line"],
)
def test_work_is_linear(data: bytes, times: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """For up to a megabyte, whatever the length of its lines, each unit is read at most twice."""
    reads = 0

    class Counted(array):  # type: ignore[type-arg]
        def __getitem__(self, place: int | slice) -> Any:  # type: ignore[override]
            nonlocal reads
            found = super().__getitem__(place)
            reads += len(found) if isinstance(place, slice) else 1
            return found

    monkeypatch.setattr(fingerprint, "array", Counted)
    lines = sum(1 for _ in line_fingerprints(data * times))
    assert lines == (times + 1 if b"\n" in data else 1)
    assert 0 < reads <= 2 * len(data) * times + 200


def test_lines_are_asked_for_in_any_order() -> None:
    expected = VECTORS["code"][1]
    lines = FileFingerprints(VECTORS["code"][0].encode())
    assert [lines.line(number) for number in (7, 1, 7, 8)] == [expected[6], expected[0], expected[6], expected[7]]
    assert [lines.line(number) for number in (0, -1, 9)] == [None, None, None]


def test_no_more_is_computed_than_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    computed = count()
    original = line_fingerprints(b"a\n" * 1000)
    monkeypatch.setattr(fingerprint, "line_fingerprints", lambda _data, **_: ((next(computed), x)[1] for x in original))
    FileFingerprints(b"").line(3)
    assert next(computed) == 3


def test_an_incomplete_file_has_no_last_line() -> None:
    assert FileFingerprints(b"web: x\n", complete=False).line(1) is None
