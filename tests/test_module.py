"""What importing a source does, without doing it."""

from __future__ import annotations

import sys
from textwrap import dedent
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploylint.facts.events import Call, Import, Source, Version, VersionTest, When, span_of
from deploylint.facts.module import SIZE_LIMIT, parse_source, read_source
from deploylint.text import Span
from deploylint.tree import Tree


def source(text: str) -> Source:
    return parse_source("a.py", dedent(text).encode())


def imports(text: str, version: Version | None = (3, 13)) -> dict[str, str]:
    """Each import by name, with how certain it is on this version."""
    found = {}
    for event in source(text).events:
        if isinstance(event, Import):
            when = event.when.on(version)
            if when is not None:
                name = "." * event.level + event.module + (":" + ",".join(event.names) if event.names else "")
                found[name] = ("certain" if when.certain else "maybe") + (" guarded" if when.guarded else "")
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import a, b.c as d", {"a": "certain", "b.c": "certain"}),
        ("from a.b import c, d as e", {"a.b:c,d": "certain"}),
        ("from . import x\nfrom ..y import *", {".:x": "certain", "..y:*": "certain"}),
        ("def f():\n    import a", {}),
        ("f = lambda: __import__('a')", {}),
        ("class A:\n    import a", {"a": "certain"}),
        ("with x:\n    import a", {"a": "certain"}),
        ("with suppress(ImportError):\n    import a", {"a": "certain guarded"}),
        ("for x in y:\n    import a", {"a": "maybe"}),
        ("while x:\n    import a\nelse:\n    import b", {"a": "maybe", "b": "maybe"}),
        ("match x:\n    case 1:\n        import a", {"a": "maybe"}),
        ("if x:\n    import a\nelse:\n    import b", {"a": "maybe", "b": "maybe"}),
        ("if TYPE_CHECKING:\n    import a\nelse:\n    import b", {"b": "certain"}),
        ("if not typing.TYPE_CHECKING:\n    import a", {"a": "certain"}),
        ("if True:\n    import a\nelse:\n    import b", {"a": "certain"}),
        ("if 0:\n    import a", {}),
        ("try:\n    import a\nexcept ImportError:\n    import b", {"a": "certain guarded", "b": "maybe"}),
        ("try:\n    import a\nexcept KeyError:\n    import b", {"a": "certain", "b": "maybe"}),
        ("try:\n    import a\nexcept (OSError, ModuleNotFoundError):\n    a = None", {"a": "certain guarded"}),
        ("try:\n    import a\nexcept:\n    pass\nelse:\n    import b", {"a": "certain guarded", "b": "maybe"}),
        ("try:\n    import a\nfinally:\n    import b", {"a": "certain", "b": "certain"}),
        ("try:\n    import a\nexcept ERRORS:\n    pass", {"a": "certain guarded"}),
        ("import_module('a.b')\n__import__('c')\nimport_module('.d', 'e')", {"a.b": "certain", "c": "certain"}),
        ("x = importlib.import_module(name)", {}),
        ("sys.exit(1)\nimport a", {}),
        ("if x:\n    sys.exit(1)\nimport a", {"a": "certain"}),
        ("raise SystemExit\nimport a", {}),
        ("try:\n    raise E\nexcept Exception:\n    pass\nimport a", {"a": "certain"}),
        ("if sys.version_info >= (3, 11):\n    import a\nelse:\n    import b", {"a": "certain"}),
        ("if sys.version_info < (3, 11):\n    import a\nelse:\n    import b", {"b": "certain"}),
        ("if sys.version_info[:2] >= (3, 14):\n    import a\nelse:\n    import b", {"b": "certain"}),
        ("if sys.version_info[0] == 2:\n    import a\nelse:\n    import b", {"b": "certain"}),
        ("if sys.version_info >= (3, 13, 2):\n    import a", {"a": "maybe"}),
        ("if sys.version_info > (3, 12):\n    import a\nelse:\n    import b", {"a": "certain"}),
        ("if sys.version_info == x:\n    import a", {"a": "maybe"}),
        ("if sys.platform == 'win32':\n    import a\nelse:\n    import b", {"b": "certain"}),
        ("if os.name != 'nt':\n    import a", {"a": "certain"}),
        ("if platform.system() == 'Linux':\n    import a\nelse:\n    import b", {"a": "certain"}),
        ("if sys.platform.startswith('win'):\n    import a\nelse:\n    import b", {"b": "certain"}),
        ("if sys.platform.startswith('lin'):\n    import a", {"a": "certain"}),
    ],
)
def test_which_imports_run(text: str, expected: dict[str, str]) -> None:
    assert imports(text) == expected


def test_without_a_version_its_tests_are_not_known() -> None:
    text = "if sys.version_info >= (3, 11):\n    import a\nelse:\n    import b"
    assert imports(text, None) == {"a": "maybe", "b": "maybe"}


def version_info(*numbers: int) -> tuple[Any, ...]:
    return (*numbers, "final", 0)


@pytest.mark.parametrize("operator", [">=", "<", ">", "<=", "==", "!="])
@pytest.mark.parametrize("asked", [(3,), (3, 12), (3, 12, 0), (3, 12, 4), (4,), (2, 7)])
@pytest.mark.parametrize("version", [(3, 11), (3, 12), (3, 13)])
def test_a_test_holds_if_it_holds_on_every_release_of_a_series(
    operator: str, asked: tuple[int, ...], version: Version
) -> None:
    results = {
        {">=": full >= asked, "<": full < asked, ">": full > asked, "<=": full <= asked, "==": full == asked}.get(
            operator, full != asked
        )
        for patch in range(30)
        for full in [version_info(*version, patch)]
    }
    known = VersionTest(operator, asked).holds(version)
    assert known is None or results == {known}


def test_what_runs_only_in_a_program() -> None:
    found = source("import a\nif __name__ == '__main__':\n    import b\n    run()\nelse:\n    import c\n")
    assert [event.module for event in found.program if isinstance(event, Import)] == ["b"]
    assert [event.name for event in found.program if isinstance(event, Call)] == ["run"]
    assert [event.module for event in found.events if isinstance(event, Import)] == ["a", "c"]


def test_calls_and_the_bodies_of_functions() -> None:
    found = source(
        """
        from x import y as z
        def make():
            import a
            def inner():
                import b
            z.go()
            if z: import c
        app = make(z.one(two()))
        """
    )
    assert [event.name for event in found.events if isinstance(event, Call)] == ["make", "z.one", "two"]
    body = found.functions["make"]
    assert [(event.module, event.when.certain) for event in body if isinstance(event, Import)] == [
        ("a", True),
        ("c", False),
    ]
    assert [event.name for event in body if isinstance(event, Call)] == ["z.go"]
    (first,) = [event for event in found.events if isinstance(event, Import)]
    assert (first.names, first.bound) == (("y",), ("z",))


def test_names_that_may_be_bound() -> None:
    found = source(
        """
        import a.b, c as d
        from e import f as g, h
        i: int
        j: int = 1
        k, (l, *m) = n[0], o.p = 1
        for q in r: s = 1
        with t as u: pass
        try: pass
        except V as w: x = 1
        if (y := 1): pass
        def z(): global A
        class B: c2 = 1
        match C:
            case [D, *E] | {"F": G, **H}: pass
            case I(): pass
        K += 1
        """
    )
    assert found.names == {
        "a", "d", "g", "h", "j", "k", "l", "m", "q", "s", "u", "w", "x", "y", "z", "A", "B", "D", "E", "G", "H", "K"
    }  # fmt: skip
    assert not found.dynamic


@pytest.mark.parametrize("text", ["globals()['x'] = 1", "setattr(m, 'x', 1)", "exec(x)", "def __getattr__(name): ..."])
def test_names_that_cannot_be_told(text: str) -> None:
    assert source(text).dynamic


def test_stars() -> None:
    assert [star.module for star in source("from a import *\nfrom b import c").stars] == ["a"]


ALL = {(3, 6), (3, 11), (3, 14)}


@pytest.mark.parametrize(
    ("text", "line", "wrong"),
    [
        ("print 'x'", 1, ALL),
        ("def f():\nx", 2, ALL),
        ("x = (1,\n", 1, ALL),
        ("def f()\n    pass\n", 1, ALL),
        ("a = 1\n<<<<<<< HEAD\nb = 2\n=======\n>>>>>>> x\n", 2, ALL),
        ('"""Welcome\n=======\n"""\na = $', 4, ALL),
        ("a = 1\nif a:\n    return a\n", 3, ALL),
        ("class A:\n    return 1\n", 2, ALL),
        ("async = 1\n", 1, {(3, 11), (3, 14)}),
        pytest.param(
            "try: pass\nexcept A, e: pass\n",
            2,
            {(3, 6), (3, 11)},
            marks=pytest.mark.skipif(sys.version_info >= (3, 14), reason="no error there"),
        ),
    ],
)
def test_syntax_errors(text: str, line: int, wrong: set[Version]) -> None:
    found = parse_source("a.py", text.encode())
    assert found.trouble == "syntax"
    assert found.syntax
    assert found.syntax.place.line == line
    assert {version for version in ALL if found.syntax.is_wrong_on(version)} == wrong


@pytest.mark.parametrize("text", ["def f():\n    class A: pass\n    return 1", "def f():\n    if x:\n        return 1"])
def test_functions_return(text: str) -> None:
    assert parse_source("a.py", text.encode()).trouble is None


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("x = 1", None),
        ("try: pass\nexcept* E: pass", (3, 11)),
        pytest.param("type X = int", (3, 12), marks=pytest.mark.skipif(sys.version_info < (3, 12), reason="newer")),
        pytest.param("def f[T](): ...", (3, 12), marks=pytest.mark.skipif(sys.version_info < (3, 12), reason="newer")),
        pytest.param(
            "class A[T=int]: ...", (3, 13), marks=pytest.mark.skipif(sys.version_info < (3, 13), reason="newer")
        ),
    ],
)
@pytest.mark.skipif(sys.version_info < (3, 11), reason="the parser of 3.10 knows nothing newer")
def test_what_the_syntax_needs(text: str, version: Version | None) -> None:
    found = parse_source("a.py", text.encode())
    assert (found.needs and found.needs[0]) == version


@pytest.mark.parametrize("data", [b"\0", b"# coding: nonsense\n", b"(" * 5000, b"\xff = 1", b"-" * 100_000 + b"1"])
def test_what_cannot_be_read_is_no_crash(data: bytes) -> None:
    assert parse_source("a.py", data).trouble


def test_a_source_that_is_too_large_is_unknown() -> None:
    assert read_source(Tree.of({"a.py": b"#" * (SIZE_LIMIT + 1)}), "a.py").trouble == "too-large"
    assert read_source(Tree.of({"a.py": b"import b"}), "a.py").trouble is None


@pytest.mark.parametrize("unit", [b"\n", b"\n \t", b"type ", b"except", b"def ", b"class x"])
def test_work_grows_with_a_source_that_repeats_itself(unit: bytes) -> None:
    # The search for newer constructs would once have taken hours for line ends.
    text = b'"""' + unit * 20_000 + b'"""' + b"\n" * 200_000
    assert parse_source("a.py", text).trouble is None


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("x = f(lambda: a())", ["f"]),
        ("x = f(a(b), *c(), k=d())(e())", ["f", "a", "c", "d", "e"]),
        ("x[f()] = g(h().i)", ["f", "g", "h"]),
        ("x: f() = g()", ["f", "g"]),
        ("assert f(), g()\ndel a[h()]\nx += i()", ["f", "g", "h", "i"]),
        ("[f(a) for a in g() if h()]\n{**i(), j(): k()}\nf'{l()!r:{m()}}'", list("fghjiklm")),
        ("class A(f()):\n    b = g()\n    def c(self): h()\n    if True: i()", list("fgi")),
        ("if f(): pass\nwith g() as x, h(): i()", list("fghi")),
        ("(x := f()).g", ["f"]),
    ],
)
def test_calls_in_their_order(text: str, names: list[str]) -> None:
    assert [event.name for event in source(text).events if isinstance(event, Call)] == names


def test_places_in_code_points() -> None:
    tree = Tree.of({"a.py": "\ufeff'\u00e9'; import b\nimport c\n".encode()})
    first, second = read_source(tree, "a.py").events
    assert span_of(tree, "a.py", first.place) == Span("a.py", 1, 14, 1, 15)
    assert span_of(tree, "a.py", second.place) == Span("a.py", 2, 8, 2, 9)


def test_when_is_the_same_without_tests() -> None:
    assert When().on(None) == When()


WORDS = [
    "import a",
    "from . import b",
    "if x:",
    "try:",
    "except ImportError:",
    "else:",
    "pass",
    "def f():",
    " ",
    "\n    ",
    "\n",
]


@given(
    st.one_of(st.binary(max_size=60), st.lists(st.sampled_from(WORDS), max_size=20).map(lambda w: "".join(w).encode()))
)
def test_any_source(data: bytes) -> None:
    found = parse_source("a.py", data)
    tree = Tree.of({"a.py": data})
    for event in found.events:
        span = span_of(tree, "a.py", event.place)
        assert (1, 1) <= (span.line, span.column) <= (span.end_line, span.end_column)


def test_a_long_chain_of_branches_is_no_crash() -> None:
    text = "if x:\n    pass\n" + "elif x:\n    import a\n" * 400
    assert parse_source("m.py", text.encode()).trouble in (None, "unreadable")


def test_global_names_of_functions_and_methods() -> None:
    found = source(
        "def f():\n    def g():\n        global x\n        x = 1\nclass A:\n    def h(self):\n        global y"
    )
    assert {"x", "y"} <= found.names
