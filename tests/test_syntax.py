"""What a newer Python might read: held against the parser that runs."""

from __future__ import annotations

import ast
import sysconfig
import warnings
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploylint import platform
from deploylint.facts import syntax
from deploylint.facts.syntax import KNOWN, readable_since

Version = tuple[int, int]


@pytest.mark.parametrize(
    ("text", "since"),
    [
        ("try: pass\nexcept* A: pass\n", (3, 11)),
        ("a[*b]\n", (3, 11)),
        ("def f(*a: *b): pass\n", (3, 11)),
        ("def f[T](x): pass\n", (3, 12)),
        ("class A [T]:\n    pass\n", (3, 12)),
        ("if x: type X = int\n", (3, 12)),
        ("type X[T] = int\n", (3, 12)),
        ("type \\\n  X = int\n", (3, 12)),
        ("x = f'{a['b']}'\n", (3, 12)),
        ("x = rf'{a['b']}'\n", (3, 12)),
        ("x = f'{\"\\n\".join(a)}'\n", (3, 12)),
        ("x = f'{a\n}'\n", (3, 12)),
        ("x = f'{a # }\n}'\n", (3, 12)),
        ("x = f'{f\"{f'{a['b']:>{w['x']}}'}\"!r:x}' 'c'\n", (3, 12)),
        ("x = f'\\N{DASH}{{{a['b']}}}\\\\'\n", (3, 12)),
        ("try: pass\nexcept A, B: pass\n", (3, 14)),
        ("try: pass\nexcept A, f(B): pass\n", (3, 14)),
        ("x = t'{a}'\n", (3, 14)),
        ("lazy import x\n", (3, 15)),
        ("x = [*y for y in z]\n", (3, 15)),
        ("x = {**y\n for y in z}\n", (3, 15)),
        ("match x:\n    case +1: pass\n", (3, 15)),
    ],
)
def test_what_a_newer_python_reads(text: str, since: Version) -> None:
    assert readable_since(text.encode(), "invalid syntax", (3, 10)) in (since, (3, 11))
    assert readable_since(text.encode(), "invalid syntax", (since[0], since[1] - 1)) == since
    assert readable_since(text.encode(), "invalid syntax", KNOWN) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def app(e, s)\n    return []\n", "expected ':'"),
        ("x = f'{a['\n", "unterminated string literal"),
        ("x = 'abc\n", "unterminated string literal"),
        ("x = f'{a}\n", "unterminated string literal"),
        ("x = f'''{a}\n", "unterminated triple-quoted string literal"),
        ("x = f'{a['b']}'\ny = 'c' 1\n", "invalid syntax"),
        ("def f[T](): pass\n  x = 1\n", "unexpected indent"),
        ("# type X = int\nx = 'type X = int'; def\n", "invalid syntax"),
        ("try: pass\nexcept (A, B) as e: $\n", "invalid syntax"),
        ("x = '\\U'; type = 1; a[b] = '''except A, B:'''\n", "(unicode error) 'unicodeescape' codec"),
    ],
)
def test_what_no_python_reads(text: str, said: str) -> None:
    assert readable_since(text.encode(), said, (3, 11)) is None


def test_the_oldest_that_may_be_the_reason() -> None:
    assert readable_since(b"x = f'{a['b']}'\ntry: pass\nexcept A, B: pass\n", "invalid syntax", (3, 11)) == (3, 14)
    assert readable_since(b"x = [*y for y in z]\ntry: pass\nexcept A, B: pass\n", "", (3, 13)) == (3, 14)
    assert readable_since(b"f(*x\n for x in y)", "iterable unpacking cannot be used in comprehension", (3, 13)) == KNOWN


@pytest.mark.parametrize("text", ["x = f'{1:{{2}}}'", "x = " + "f'{" * 40 + "1" + "}'" * 40])
def test_what_cannot_be_told(text: str) -> None:
    assert readable_since(text.encode(), "invalid syntax", (3, 10)) == (3, 11)


def test_the_newest_python_of_a_platform_is_known() -> None:
    newest = platform.load("heroku").data["python"]["newest"]
    assert tuple(map(int, newest.split("."))) <= KNOWN


PARTS = [
    "x", "1", " ", "\n", "f'", 'f"', "rb'", "'", '"', "'''", "{", "}", "{{", "}}", "{x}", "{x!r:>{y}}", "\\",
    "\\N{DASH}", "# ", "(", ")", "[", "]", ":", "=", ",", "u'a'", "f'{x}'", "'#'",
]  # fmt: skip


@given(st.lists(st.sampled_from(PARTS), max_size=14).map("".join))
def test_strings_are_bounded_as_python_does(text: str) -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except SyntaxError:
        readable_since(text.encode(), "invalid syntax", (3, 10))
        return
    try:
        strings = list(syntax._strings(text))
    except syntax._UnsureError:
        return
    assert syntax._can_be_read(syntax._without(text, strings)), strings


def test_the_strings_of_the_standard_library() -> None:
    found = sorted(Path(sysconfig.get_path("stdlib")).glob("*.py"))[:60]
    assert len(found) == 60
    for path in found:
        text = path.read_bytes().decode("latin-1")
        bare = syntax._without(text, list(syntax._strings(text)))
        assert syntax._can_be_read(bare), path
        assert not {'"', "#"} & set(bare), path
