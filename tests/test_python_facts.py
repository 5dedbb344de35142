from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploylint.facts.python import Module, dotted, read_module, settings_module
from deploylint.text import Span
from deploylint.tree import Entry, Kind, Tree


def module(source: str | bytes) -> Module:
    return read_module(Tree.of({"m.py": source}), "m.py")


def test_imports_stand_in_code_points() -> None:
    source = module('s = "漢字"; import a.b, c\ndef f():\n    from d.e import x\nfrom . import y\nfrom .z import w\n')
    assert [(item.package, source.span(item.node)) for item in source.imports] == [
        ("a", Span("m.py", 1, 11, 1, 24)),
        ("c", Span("m.py", 1, 11, 1, 24)),
        ("d", Span("m.py", 3, 5, 3, 22)),
    ]


def test_a_byte_order_mark_is_a_column() -> None:
    source = module("\ufeffimport a\n")
    assert source.span(source.imports[0].node) == Span("m.py", 1, 2, 1, 10)


@pytest.mark.parametrize(
    "source",
    [
        "print 'two'\n",
        "def f(:\n",
        b"a\0b",
        b"# coding: nonsense\n",
        "(" * 5000 + ")" * 5000,
        "x = 1\n" * 200_000 + "#",
    ],
    ids=["python 2", "syntax", "nul", "coding", "deep", "large"],
)
def test_what_cannot_be_parsed_is_unknown(source: str | bytes) -> None:
    found = module(source)
    assert found.tree is None
    assert not found.imports
    assert not found.calls
    assert not found.assigned_calls


def test_a_link_out_of_the_app_is_unknown() -> None:
    tree = Tree.of({"m.py": Entry("", Kind.LINK, target="/etc/passwd")})
    assert read_module(tree, "m.py").tree is None


def test_warnings_of_the_app_are_not_ours(recwarn: pytest.WarningsRecorder) -> None:
    assert module(r'x = "\d"' + "\n").tree is not None
    assert not recwarn.list


def test_calls_and_bindings() -> None:
    found = module("app = flask.Flask(__name__)\nother: int = Flask()\nx = y = f()\nz = a[0]()\nif 1:\n    w = g()\n")
    assert found.assigned_calls == {"app": "flask.Flask", "x": "f", "y": "f"}
    assert {call.target for call in found.calls} == {"flask.Flask", "Flask", "f", "g"}
    assert "x" not in found.strings


def test_dotted() -> None:
    assert dotted(ast.parse("a.b.c", mode="eval").body) == "a.b.c"
    assert dotted(ast.parse("a().b", mode="eval").body) == ""


@pytest.mark.parametrize(
    ("source", "settings"),
    [
        ('os.environ.setdefault("DJANGO_SETTINGS_MODULE", "a.b")', "a.b"),
        ('os.environ["DJANGO_SETTINGS_MODULE"] = "a.b"', "a.b"),
        ('os.environ["DJANGO_SETTINGS_MODULE"] = 1', None),
        ('os.environ["DJANGO_SETTINGS_MODULE"] = f()', None),
        ('os.environ.setdefault("DJANGO_SETTINGS_MODULE", name)', None),
        ('os.environ.setdefault("OTHER", "a.b")', None),
        ('x["y"] = "a.b"', None),
        ("broken(", None),
    ],
)
def test_settings_module(source: str, settings: str | None) -> None:
    assert settings_module(module(source)) == settings


@given(
    st.one_of(
        st.binary(max_size=80), st.text(st.sampled_from("import a.b\n\té漢'\"()=:\ufeff"), max_size=60).map(str.encode)
    )
)
def test_any_bytes(data: bytes) -> None:
    found = module(data)
    for item in found.imports:
        span = found.span(item.node)
        assert 1 <= span.line <= span.end_line <= found.text.line_count
        assert span.end_column <= len(found.text.line(span.end_line)) + 1


def test_imports_stand_anywhere() -> None:
    statements = [
        "import a0",
        "if x:\n    import a1\nelif y:\n    import a2\nelse:\n    import a3",
        "try:\n    import a4\nexcept E:\n    import a5\nelse:\n    import a6\nfinally:\n    import a7",
        "def f():\n    for x in y:\n        with z:\n            import a8\n    else:\n        import a9",
        "match x:\n    case 1:\n        class A:\n            import a10",
        "f = lambda: x",
    ]
    module = read_module(Tree.of({"m.py": "\n".join(statements)}), "m.py")
    assert [found.package for found in module.imports] == [f"a{number}" for number in range(11)]
