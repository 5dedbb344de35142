"""Attributes files, held against git itself where it is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deploylint.gitattributes import AttributeFile, compile_pattern, look_up, parse

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is the oracle")


def fits(pattern: str, path: str) -> bool:
    compiled = compile_pattern(pattern)
    return compiled is not None and compiled.matches(path)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("*.py", "a.py"),
        ("*.py", "x/y/a.py"),
        ("*", "x/y"),
        ("**", "x/y"),
        ("a**b", "x/axxb"),
        ("/a", "a"),
        ("a/b", "a/b"),
        ("/a/*.c", "a/x.c"),
        ("a/**", "a/x"),
        ("a/**", "a/x/y"),
        ("**/b", "b"),
        ("**/b", "x/y/b"),
        ("a/**/b", "a/b"),
        ("a/**/b", "a/x/y/b"),
        ("a/**/**/b", "a/x/b"),
        ("a/**/b/*", "a/b/b/c"),
        ("?.txt", "é.txt".encode()[1:].decode("latin-1")),
        ("[ab].c", "b.c"),
        ("[!ab].c", "c.c"),
        ("[^ab].c", "c.c"),
        ("[a-c]", "b"),
        ("[]a]", "]"),
        ("[!]a]", "b"),
        ("[a-]", "-"),
        ("[\\]]", "]"),
        ("[[:digit:]x]", "7"),
        ("[[:upper:]-]", "-"),
        ("\\*", "*"),
        ("\\!a", "!a"),
        ("*a*b*c", "xaybzc"),
        ("*aab", "aaaab"),
        ("/a**", "ab/c"),
        ("a**/b", "a/x/b"),
    ],
)
def test_patterns_that_fit(pattern: str, path: str) -> None:
    assert fits(pattern, path)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("*.py", "a.pyc"),
        ("/a", "x/a"),
        ("a/b", "x/a/b"),
        ("a/*", "a/x/y"),
        ("a/**", "a"),
        ("a*b/c", "a/b/c"),
        ("a/**/b", "a/x"),
        ("a/", "a"),
        ("!a", "a"),
        ("a", "A"),
        ("[ab", "a"),
        ("[[:nonsense:]]", "n"),
        ("[]", "]"),
        ("[c-a]", "b"),
        ("a\\", "a"),
        ("?", "ab"),
        ("[a", "[a"),
        ("a?", "a"),
        ("/", ""),
    ],
)
def test_patterns_that_do_not_fit(pattern: str, path: str) -> None:
    assert not fits(pattern, path)


def attributes(path: str, text: str, *more: AttributeFile) -> Mapping[str, bool | str | None]:
    return look_up(path, [parse(text.encode()), *more])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        ("# *.bin filter=lfs", {}),
        ("*.bin", {}),
        ("*.bin filter=lfs diff=lfs -text", {"filter": "lfs", "diff": "lfs", "text": False}),
        ("  *.bin\tident \r\n", {"ident": True}),
        ("\ufeff*.bin ident", {"ident": True}),
        ("*.bin a=1 a=2", {"a": "2"}),
        ("*.bin a\n*.bin -a", {"a": False}),
        ("*.bin a\n*.bin !a", {}),
        ("*.bin a\n*.txt -a", {"a": True}),
        ("*.bin binary", {"binary": True, "diff": False, "merge": False, "text": False}),
        ("*.bin binary text", {"binary": True, "diff": False, "merge": False, "text": True}),
        ("*.bin text binary", {"binary": True, "diff": False, "merge": False, "text": False}),
        ("*.bin -binary", {"binary": False}),
        ("[attr]lfs filter=lfs -text\n*.bin lfs", {"lfs": True, "filter": "lfs", "text": False}),
        ("*.bin lfs\n[attr]lfs filter=lfs", {"lfs": True, "filter": "lfs"}),
        ("[attr]a b\n[attr]b a c\n*.bin a", {"a": True, "b": True, "c": True}),
        ("[attr]lfs a\n[attr]lfs b\n*.bin lfs", {"lfs": True, "b": True}),
        ("[attr] x", {}),
        ('"x/my\\x20b" a\n"my \\"\\303\\240\\".bin" a', {}),
        ('"*\\056bin" a', {"a": True}),
        ('"*.bi\\\\n" a', {"a": True}),
        ('"*.bin a', {}),
        ('"*.bin\\', {}),
        ("*.bin " + "x" * 2041, {"x" * 2041: True}),
        ("*.bin " + "x" * 2042, {}),
    ],
)
def test_lines(text: str, expected: dict[str, bool | str]) -> None:
    assert attributes("data/x.bin", text) == expected


def test_names_beyond_ascii_are_bytes() -> None:
    assert attributes("à.txt", "à.txt a") == {"a": True}
    assert attributes("à.txt", "?.txt a\n??.txt b") == {"b": True}
    assert attributes("à.txt", '"\\303\\240.txt" a') == {"a": True}
    assert look_up("\udce9.txt", [parse(b"\xe9.txt a")]) == {"a": True}
    assert attributes("\ud800", "* a") == {}


def test_the_nearer_file_wins_and_the_repository_own_wins_over_all() -> None:
    root = parse(b"*.bin a=root b=root c=root\nsub/x.bin d")
    near = parse(b"x.bin a=near b=near\n/x.bin e\nsub/x.bin f\n[attr]e g", "sub")
    own = parse(b"sub/x.bin a=own\n[attr]e h")
    expected = {"a": "own", "b": "near", "c": "root", "d": True, "e": True, "h": True}
    assert look_up("sub/x.bin", [root, near, own]) == expected


def test_a_folder_beyond_ascii() -> None:
    assert look_up("é/x", [parse(b"/x a", "é")]) == {"a": True}


@pytest.mark.parametrize(
    ("pattern", "path"),
    [("*a" * 500 + "b", "a" * 2000), ("**/a/" * 200 + "b", "a/" * 1000 + "c"), ("*" * 1000 + "b", "a" * 4000)],
)
def test_patterns_made_to_take_for_ever_end(pattern: str, path: str) -> None:
    assert not fits(pattern, path)


@given(st.binary(max_size=200))
def test_any_bytes_parse(data: bytes) -> None:
    file = parse(data)
    assert len(file.lines) <= data.count(b"\n") + 1
    assert isinstance(look_up("a/b.bin", [file]), dict)


PATHS = ("a", "b.c", "a-b", "[a]", "a/a", "a/b.c", "a/x/b.c", "x/a/x", "x/x/a", "a*", "A", "x/\\a")
PATTERN = st.lists(
    st.sampled_from(["a", "b", "c", ".", "x", "/", "*", "**", "/**/", "?", "[ab]", "[!a]", "[[:alpha:]]", "\\a", "-"]),
    min_size=1,
    max_size=7,
).map("".join)


@needs_git
@settings(max_examples=10)
@given(patterns=st.lists(PATTERN, min_size=30, max_size=30, unique=True))
def test_git_agrees(patterns: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    check_against_git(patterns, tmp_path_factory.getbasetemp() / "oracle")


@needs_git
def test_git_agrees_on_lines(tmp_path: Path) -> None:
    check_against_git(
        ["a", "!a", "/a", "a/", '"a"', '"a', "[attr]p9", "\\a", "[[]a]", "x/\\\\a", "a/**", "**/x/*"], tmp_path
    )


def check_against_git(patterns: list[str], folder: Path) -> None:
    """Each pattern sets an attribute of its own; git and we must find the same for all paths."""
    text = "".join(f"{pattern} p{number} q=p{number}\n" for number, pattern in enumerate(patterns))
    if not folder.joinpath(".git").exists():
        folder.mkdir(exist_ok=True)
        run_git(folder, "init", "-q")
    folder.joinpath(".gitattributes").write_text(text)
    output = run_git(folder, "check-attr", "-z", "-a", "--stdin", "--", words="\0".join(PATHS))
    found: dict[str, dict[str, bool | str]] = {path: {} for path in PATHS}
    fields = output.split("\0")[:-1]
    for path, name, value in zip(fields[::3], fields[1::3], fields[2::3], strict=True):
        found[path][name] = {"set": True, "unset": False}.get(value, value)
    for path in PATHS:
        assert attributes(path, text) == found[path], (path, patterns)


def run_git(folder: Path, *arguments: str, words: str = "") -> str:
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1"}
    command = ["git", *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, input=words, capture_output=True, text=True, check=True)
    return done.stdout
