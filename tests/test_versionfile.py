from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deploylint.facts.encodings import is_foreign_encoding
from deploylint.facts.versionfile import has_version_form, parse_version, read_version_file
from deploylint.text import Span
from deploylint.tree import Tree

if TYPE_CHECKING:
    from pathlib import Path

WORDS = st.lists(
    st.sampled_from(
        [
            b"3.13",
            b"python-3.12.1",
            b"#",
            b" ",
            b"\t",
            b"\n",
            b"\r\n",
            b"\r",
            b"\x0b",
            b"\x0c",
            b"\xc2\xa0",
            b"\xe2\x80\x83",
            b"\xef\xbb\xbf",
            b"\xff",
            b"\xc2\x85",
            b"\xe2\x80\xa8",
            b"x",
            b"\x1c",
        ]
    ),
    max_size=8,
).map(b"".join)


def lines(data: bytes) -> list[str]:
    return [line.value for line in read_version_file(Tree.of({"v": data}), "v").lines]


def test_lines_are_trimmed_and_comments_dropped() -> None:
    file = read_version_file(Tree.of({"v": "# note\n\n  3.13 \r\n\t#x\n"}), "v")
    assert [(line.value, line.span) for line in file.lines] == [("3.13", Span("v", 3, 3, 3, 7))]
    assert file.span == Span("v", 3, 3, 3, 7)


def test_no_break_space_is_not_white_space() -> None:
    assert lines("\u00a03.13\u2003\n".encode()) == ["\u00a03.13"]


@pytest.mark.skipif(shutil.which("sed") is None, reason="sed is not installed")
@settings(max_examples=60)
@given(WORDS)
def test_same_lines_as_sed(data: bytes) -> None:
    """The buildpack's own reading, by the program that it uses; NUL is left out, for which it prints a stand-in."""
    script = ["s/^[[:space:]]+//", "s/[[:space:]]+$//", "/^(#|$)/d"]
    command = ["sed", "--regexp-extended", *(word for part in script for word in ("--expression", part))]
    run = subprocess.run(command, input=data, capture_output=True, check=True, env={"LC_ALL": "C.UTF-8", "PATH": PATH})
    output = run.stdout.decode("utf-8", "surrogateescape")
    assert lines(data) == [line for line in output.split("\n") if line]


PATH = "/usr/local/bin:/usr/bin:/bin"


@pytest.mark.parametrize(
    ("value", "version"),
    [
        ("3.13", (3, 13)),
        ("3.13.2", (3, 13, 2)),
        ("0.0", (0, 0)),
        ("3", None),
        ("03.13", None),
        ("3.013", None),
        ("+3.13", None),
        ("3.13.x", None),
        ("3.13.2.1", None),
        ("3.٣", None),
        ("3.13\n", None),
        ("3.1234567890", None),
    ],
)
def test_versions(value: str, version: tuple[int, ...] | None) -> None:
    assert parse_version(value) == version


def test_form_does_not_care_for_size() -> None:
    assert has_version_form("3." + "9" * 5000)


ENCODINGS = [
    b"3.13\xe9\n",
    "3.13\n".encode("utf-16"),
    "\ufeff3.13\n".encode(),
    "é\n".encode(),
    b"\x80\x813\n",
    b"a\0b\n",
    b"\x1b",
]


@pytest.mark.parametrize(
    ("data", "foreign"), list(zip(ENCODINGS, [True, True, True, False, False, False, False], strict=True)), ids=repr
)
def test_foreign_encodings(data: bytes, foreign: bool) -> None:
    assert is_foreign_encoding(data) is foreign


@pytest.mark.skipif(shutil.which("file") is None, reason="file is not installed")
@pytest.mark.parametrize("data", ENCODINGS, ids=repr)
def test_foreign_encodings_by_file(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "v"
    path.write_bytes(data)
    command = ["file", "--brief", "--exclude", "json", "--exclude", "soft", str(path)]
    said = subprocess.run(command, capture_output=True, check=True, text=True).stdout.strip()
    known = "ASCII text" in said or "UTF-8 text" in said or "very short file" in said or said == "data"
    assert is_foreign_encoding(data) is not known


@given(st.binary(max_size=80))
def test_any_bytes(data: bytes) -> None:
    file = read_version_file(Tree.of({"v": data}), "v")
    for span in (file.span, *(line.span for line in file.lines)):
        assert 1 <= span.line <= file.text.line_count
        assert span.column <= len(file.text.line(span.line)) + 1
    is_foreign_encoding(data)
