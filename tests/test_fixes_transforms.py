from __future__ import annotations

import ast
import subprocess
import sys
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploylint.fixes import parsed
from deploylint.fixes.splice import Splice, line_end, spliced, with_line_end
from deploylint.fixes.transforms import TRANSFORMS, rewrite, splices
from deploylint.text import Span, Text

PORT = "port-from-environment"
HOST = "host-all-interfaces"
NEW_PORT = 'int(os.environ.get("PORT", 5000))'
RUN = "app.run(port=5000)\n"


def span_of(data: bytes, piece: str) -> Span:
    text = Text.decode("app.py", data)
    start = text.value.index(piece)
    return text.span(start, start + len(piece))


def run(code: str | bytes, name: str = PORT, piece: str = "5000") -> str | None:
    data = code.encode() if isinstance(code, str) else code
    made = TRANSFORMS[name](data, span_of(data, piece))
    return None if made is None else made.decode("utf-8", "surrogateescape")


def ported(code: str) -> str | None:
    """What the transform makes of `code`, with the new value written as 5000 again: only the import shows."""
    made = run(code)
    assert made is None or NEW_PORT in made
    return None if made is None else made.replace(NEW_PORT, "5000")


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        pytest.param("import os\n" + RUN, "import os\n" + RUN, id="imported"),
        pytest.param("import os.path\n" + RUN, "import os.path\n" + RUN, id="a part of it imported"),
        pytest.param("import os as os\n" + RUN, "import os as os\n" + RUN, id="imported under its own name"),
        pytest.param("import sys, os\n" + RUN, "import sys, os\n" + RUN, id="imported with another"),
        pytest.param("import os as o\n" + RUN, "import os\nimport os as o\n" + RUN, id="imported under another name"),
        pytest.param(
            "import os.path as p\n" + RUN, "import os\nimport os.path as p\n" + RUN, id="another name for a part"
        ),
        pytest.param(
            "from os import environ\n" + RUN, "import os\nfrom os import environ\n" + RUN, id="only a name from it"
        ),
        pytest.param(
            "from flask import Flask\n" + RUN, "import os\n\nfrom flask import Flask\n" + RUN, id="before others"
        ),
        pytest.param(
            "from . import json\n" + RUN, "import os\n\nfrom . import json\n" + RUN, id="before a relative one"
        ),
        pytest.param(
            "import json\nimport sys\n\nimport flask\n" + RUN,
            "import json\nimport os\nimport sys\n\nimport flask\n" + RUN,
            id="in order",
        ),
        pytest.param(
            "import json  # data\n\n# web\nimport flask\n" + RUN,
            "import json  # data\nimport os\n\n# web\nimport flask\n" + RUN,
            id="at the end of the standard library",
        ),
        pytest.param(
            "#!/usr/bin/env python\n# Licence\nimport flask\n" + RUN,
            "#!/usr/bin/env python\n# Licence\nimport os\n\nimport flask\n" + RUN,
            id="below the comments at the top",
        ),
        pytest.param(
            '"""Docs."""\n\n# web\n# and more\nimport flask\n' + RUN,
            '"""Docs."""\n\nimport os\n\n# web\n# and more\nimport flask\n' + RUN,
            id="above a comment that belongs to a statement",
        ),
        pytest.param(
            '"""Docs."""\n# web\nimport flask\n' + RUN,
            '"""Docs."""\nimport os\n\n# web\nimport flask\n' + RUN,
            id="between docstring and comment",
        ),
        pytest.param(
            '"""Docs."""\nfrom __future__ import annotations\n\nx = 1\n' + RUN,
            '"""Docs."""\nfrom __future__ import annotations\n\nimport os\n\nx = 1\n' + RUN,
            id="after docstring and future",
        ),
        pytest.param('x = 1\n"""Text."""\n' + RUN, 'import os\n\nx = 1\n"""Text."""\n' + RUN, id="no docstring"),
        pytest.param(
            "import json; x = (1,\n2)\n" + RUN, "import json; x = (1,\n2)\nimport os\n\n" + RUN, id="shared line"
        ),
        pytest.param(
            "@task(\n  1)\ndef main():\n\t" + RUN, "import os\n\n@task(\n  1)\ndef main():\n\t" + RUN, id="decorators"
        ),
        pytest.param(
            "def f():\n  import os\n" + RUN, "import os\n\ndef f():\n  import os\n" + RUN, id="in another scope"
        ),
        pytest.param("def f():\n  import os\n  " + RUN, "def f():\n  import os\n  " + RUN, id="in the same scope"),
        pytest.param(
            "def f():\n  " + RUN + "import os\n", "import os\n\ndef f():\n  " + RUN + "import os\n", id="later"
        ),
        pytest.param(
            "if __name__ == '__main__':\n  import os\n  " + RUN,
            "if __name__ == '__main__':\n  import os\n  " + RUN,
            id="in the same block",
        ),
        pytest.param(
            "if x:\n  import os\nelse:\n  " + RUN, "import os\n\nif x:\n  import os\nelse:\n  " + RUN, id="else"
        ),
        pytest.param("if x:\n  import os\n" + RUN, "import os\n\nif x:\n  import os\n" + RUN, id="under a condition"),
        pytest.param(
            "import os\ndef f():\n  if x:\n    import os\n  " + RUN, None, id="local, and perhaps not yet bound"
        ),
        pytest.param("def f():\n  " + RUN + "  import os\n", None, id="local, and not yet bound"),
        pytest.param("class A:\n  import os\n  def f(self):\n    " + RUN, None, id="in a class"),
        pytest.param('"""Docs."""; ' + RUN, None, id="no line before the target"),
        pytest.param("from __future__ import annotations; " + RUN, None, id="no line before the target after future"),
    ],
)
def test_where_the_import_goes(code: str, expected: str | None) -> None:
    assert ported(code) == expected


@pytest.mark.parametrize(
    "binding",
    [
        "{} = 1",
        "del {}",
        "def {}(): pass",
        "async def {}(): pass",
        "class {}: pass",
        "def f({}): pass",
        "def f(*, {}=1): pass",
        "f = lambda {}: 1",
        "import a as {}",
        "from a import {}",
        "from a import b as {}",
        "for {} in a: pass",
        "with a as {}: pass",
        "try: pass\nexcept E as {}: pass",
        "[1 for {} in a]",
        "f({} := 2)",
        "def f():\n  global {}",
        "def f():\n  def g():\n    nonlocal {}\n  x = 1",
        "match a:\n  case {}: pass",
        "match a:\n  case [*{}]: pass",
        "match a:\n  case {{**{}}}: pass",
    ],
)
@pytest.mark.parametrize("name", ["os", "int"])
def test_nothing_is_done_where_a_name_means_something_else(binding: str, name: str) -> None:
    harmless = binding.format("harmless")
    assert run(f"{harmless}\n{RUN}") is not None
    assert run(f"{binding.format(name)}\n{RUN}") is None


def test_a_keyword_or_an_attribute_binds_nothing() -> None:
    assert run("f(os=1, int=2).os.int\n" + RUN) is not None


@pytest.mark.parametrize(
    ("code", "piece", "expected"),
    [
        ("import os\nrun(port=0x1_388)", "0x1_388", 'import os\nrun(port=int(os.environ.get("PORT", 0x1_388)))'),
        ("import os\nrun(port=( # c\n 80\n))", "80", 'import os\nrun(port=( # c\n int(os.environ.get("PORT", 80))\n))'),
        ("import os\nrun(\n\tport = 80 ,\n)", "80", 'import os\nrun(\n\tport = int(os.environ.get("PORT", 80)) ,\n)'),
        (
            "import os\nasync def f(): await g(port=80)",
            "80",
            'import os\nasync def f(): await g(port=int(os.environ.get("PORT", 80)))',
        ),
        ("import os\nrun(g(port=80), port=1)", "80", 'import os\nrun(g(port=int(os.environ.get("PORT", 80))), port=1)'),
    ],
)
def test_the_rest_of_the_call_stays(code: str, piece: str, expected: str) -> None:
    assert run(code, piece=piece) == expected


@pytest.mark.parametrize(
    ("code", "piece"),
    [
        ("run(port='5000')", "'5000'"),
        ("run(port=5000.0)", "5000.0"),
        ("run(port=-5000)", "-5000"),
        ("run(port=-5000)", "5000"),
        ("run(port=x)", "x"),
        ("run(5000)", "5000"),
        ("run(**5000)", "5000"),
        ("run(host=5000)", "5000"),
        ("def f(port=5000): pass", "5000"),
        ("port = 5000", "5000"),
        ("run(port=5000)", "500"),
        ("f'{run(port=5000)}'", "5000"),
        ("class A(port=5000): pass", "5000"),
        ("run(port=5000", "5000"),
        ("print 'x'\nrun(port=5000)", "5000"),
        ("\0run(port=5000)", "5000"),
        ("# coding: unknown\nrun(port=5000)", "5000"),
        ("# coding: utf-16\nrun(port=5000)", "5000"),
        ("# coding: rot13\nrun(port=5000)", "5000"),
    ],
)
def test_what_is_not_meant_stays(code: str, piece: str) -> None:
    assert run(code, piece=piece) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('"127.0.0.1"', '"0.0.0.0"'),
        ("'localhost'", "'0.0.0.0'"),
        ('"""localhost"""', '"""0.0.0.0"""'),
        ("R'127.0.0.1'", "R'0.0.0.0'"),
        ('u"localhost"', 'u"0.0.0.0"'),
        ("b'localhost'", None),
        ("rb'localhost'", None),
        ("f'localhost'", None),
        ("'local' 'host'", None),
        ("'0.0.0.0'", None),
        ("'192.168.0.1'", None),
        ("'local\\x68ost'", None),
        ("host", None),
    ],
)
def test_the_host(value: str, expected: str | None) -> None:
    code = "app.run(debug=True,\thost={} ) # all"
    made = run(code.format(value), HOST, value)
    assert made == (None if expected is None else code.format(expected))


LITERAL_PORT, LITERAL_HOST = f"literal-{PORT}", f"literal-{HOST}"


@pytest.mark.parametrize(
    ("name", "code", "piece", "expected"),
    [
        (LITERAL_PORT, "import os\nrun(port='80')", "'80'", "import os\nrun(port=os.environ.get(\"PORT\", '80'))"),
        (LITERAL_PORT, "import os\nP = 5_000\n", "5_000", 'import os\nP = int(os.environ.get("PORT", 5_000))\n'),
        (LITERAL_PORT, "import os\nP: int = 80\n", "80", 'import os\nP: int = int(os.environ.get("PORT", 80))\n'),
        (LITERAL_PORT, "P = '80'", "'80'", "import os\n\nP = os.environ.get(\"PORT\", '80')"),
        (LITERAL_PORT, "import os\nH, P = 'h', 80", "80", "import os\nH, P = 'h', int(os.environ.get(\"PORT\", 80))"),
        (LITERAL_PORT, "import os\nf(('', 80), x)", "80", "import os\nf(('', int(os.environ.get(\"PORT\", 80))), x)"),
        (LITERAL_PORT, "import os\nf(x, 80)", "80", 'import os\nf(x, int(os.environ.get("PORT", 80)))'),
        (
            LITERAL_PORT,
            "import os\nf(server_port=80)",
            "80",
            'import os\nf(server_port=int(os.environ.get("PORT", 80)))',
        ),
        (LITERAL_PORT, "int = str\nP = 80", "80", None),
        (LITERAL_PORT, "P = '0x50'", "'0x50'", None),
        (LITERAL_PORT, "P = '80 '", "'80 '", None),
        (LITERAL_PORT, "P = 8.0", "8.0", None),
        (LITERAL_PORT, "P = 5e3", "5e3", None),
        (LITERAL_PORT, "P = True", "True", None),
        (LITERAL_PORT, "P = 80 + 1", "80", None),
        (LITERAL_PORT, "P = f'{80}'", "80", None),
        (LITERAL_PORT, "def f(p=80): pass", "80", None),
        (LITERAL_HOST, "H = 'localhost'\n", "'localhost'", "H = '0.0.0.0'\n"),
        (LITERAL_HOST, 'f(("127.0.0.1", p))', '"127.0.0.1"', 'f(("0.0.0.0", p))'),
        (LITERAL_HOST, "f(x, u'::1')", "u'::1'", "f(x, u'0.0.0.0')"),
        (LITERAL_HOST, "H = '10.0.0.1'", "'10.0.0.1'", None),
        (LITERAL_HOST, "H = b'localhost'", "b'localhost'", None),
        (LITERAL_HOST, "H = 'local' 'host'", "'local' 'host'", None),
    ],
)
def test_a_literal_wherever_it_stands(name: str, code: str, piece: str, expected: str | None) -> None:
    assert run(code, name, piece) == expected


def test_the_host_is_changed_in_an_argument_of_that_name_only() -> None:
    assert run("run(hosts='localhost')", HOST, "'localhost'") is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            b'\xef\xbb\xbffrom flask import F\r\n\r\nF("\xc3\xa9").run(a="\xc3\xa9",\r\n\tport=5000)',
            b'\xef\xbb\xbfimport os\r\n\r\nfrom flask import F\r\n\r\nF("\xc3\xa9").run(a="\xc3\xa9",\r\n\tport='
            b'int(os.environ.get("PORT", 5000)))',
            id="mark, CRLF, no last line end",
        ),
        pytest.param(
            b"\xef\xbb\xbfrun(port=5000)", b"\xef\xbb\xbfimport os\n\nrun(port=%s)", id="mark on the same line"
        ),
        pytest.param(
            b'# coding: latin-1\nx = "\xe9\xc3\xa9"; run(a="\xe9\xc3\xa9", port=5000)\n',
            b'# coding: latin-1\nimport os\n\nx = "\xe9\xc3\xa9"; run(a="\xe9\xc3\xa9", port=%s)\n',
            id="declared encoding",
        ),
        pytest.param(b"import sys\rrun(port=5000)\r", b"import os\rimport sys\rrun(port=%s)\r", id="CR"),
        pytest.param(
            b"a = 1\n\x0c\nb = 2\nrun(port=5000)\n", b"import os\n\na = 1\n\x0c\nb = 2\nrun(port=%s)\n", id="FF"
        ),
        pytest.param(
            b"a = '\xe2\x80\xa8'\nrun(port=5000)", b"import os\n\na = '\xe2\x80\xa8'\nrun(port=%s)", id="U+2028"
        ),
    ],
)
def test_all_other_bytes_stay(before: bytes, after: bytes) -> None:
    made = rewrite(PORT, before, span_of(before, "5000"))
    assert made == after.replace(b"%s", NEW_PORT.encode())
    ast.parse(made)


@pytest.mark.parametrize("data", [b"x = '\xff'\nrun(port=5000)", b"# coding: ascii\nx = '\xff'\nrun(port=5000)"])
def test_a_source_that_is_not_in_its_encoding_stays(data: bytes) -> None:
    assert rewrite(PORT, data, span_of(data, "5000")) is None


@pytest.mark.parametrize("code", [RUN, "import os\n" + RUN, "def f():\n  " + RUN])
def test_a_second_run_finds_nothing(code: str) -> None:
    made = run(code)
    assert made is not None
    assert run(made, piece=NEW_PORT) is None
    assert run(made, piece="5000") is None
    hosted = run("run(host='localhost')", HOST, "'localhost'")
    assert hosted is not None
    assert run(hosted, HOST, "'0.0.0.0'") is None


def test_a_large_source_stays() -> None:
    padding = "#" * (parsed.SIZE_LIMIT - len(RUN) - 1) + "\n"
    assert run(padding + RUN) is not None
    assert run("#" + padding + RUN) is None


@pytest.mark.parametrize(
    "argument",
    [
        "-" * 90 + "1",
        "-" * 1_000 + "1",
        "-" * 100_000 + "1",
        "(" * 150 + ")" * 150,
        "(" * 10_000 + ")" * 10_000,
        "+".join(["1"] * 90),
        "+".join(["1"] * 10_000),
        "a" + ".b" * 30_000,
        "'a' " * 1_000,
        "'a' " * 200_000,
    ],
    ids=lambda argument: f"{argument[:4]}{len(argument)}",
)
def test_deep_nesting_does_no_harm(argument: str) -> None:
    made = run(f"run({argument}, port=5000)")
    assert made is None or made == f"import os\n\nrun({argument}, port={NEW_PORT})"
    elsewhere = run(f"x = {argument}\n{RUN}")
    assert elsewhere is None or elsewhere == f"import os\n\nx = {argument}\n{RUN}".replace("5000", NEW_PORT)


def test_a_large_call_stays() -> None:
    assert run(f"run('{'x' * 16_000}', port=5000)") is not None
    assert run(f"run('{'x' * 16_400}', port=5000)") is None
    assert run(f"run('{'(' * 98}', port=5000)") is not None
    assert run(f"run('{'(' * 100}', port=5000)") is None


def test_what_libcst_cannot_read_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    import libcst

    def fail(_: str) -> None:
        raise KeyError

    assert run(RUN) is not None
    monkeypatch.setattr(libcst, "parse_module", fail)
    assert run(RUN) is None


def test_warnings_of_the_source_are_not_shown() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert run("x = '\\d'\n" + RUN) is not None


def test_an_unknown_transform_is_a_fault_of_the_caller() -> None:
    with pytest.raises(KeyError):
        rewrite("unknown", b"", Span("app.py"))


def test_libcst_is_imported_when_a_source_is_changed_and_not_before() -> None:
    code = "import sys, deploylint.fixes.transforms, deploylint.fixes.apply; print('libcst' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize(
    ("value", "expected"),
    [("", "\n"), ("a", "\n"), ("a\r\nb\nc\r\n", "\r\n"), ("a\r\nb\n", "\n"), ("a\rb\rc\n", "\r"), ("\r\n\r", "\r\n")],
)
def test_line_end(value: str, expected: str) -> None:
    assert line_end(value) == expected


def test_with_line_end() -> None:
    assert with_line_end("a\nb\r\nc\rd", "\r\n") == "a\r\nb\r\nc\rd"


def test_spliced() -> None:
    assert spliced("abcdef", [Splice(4, 6, ""), Splice(1, 2, "XY"), Splice(1, 1, "-")]) == "a-XYcd"


_statements = st.lists(
    st.sampled_from(
        [
            '"""Text."""',
            "from __future__ import annotations",
            "import json",
            "import os",
            "import zlib, os",
            "import os.path",
            "from flask import Flask",
            "import json; import flask",
            "x = (1,\n  2)",
            "# comment",
            "",
            "if x:\n    import os",
            "if x:\n    app.run(port=5000)",
            "def f():\n    import os\n    app.run(port=5000)",
            "class A:\n    app.run(port=5000)",
            "app.run(host='é', port=5000)",
            "app.run(\n    port = (5000),\n)",
        ]
    ),
    max_size=8,
)


@given(_statements, st.sampled_from(["\n", "\r\n", "\r"]), st.sampled_from([b"", b"\xef\xbb\xbf"]), st.booleans())
def test_only_the_value_and_one_import_change(lines: list[str], end: str, mark: bytes, closed: bool) -> None:
    code = "\n".join([*lines, "app.run(port=5000)"]) + "\n" * closed
    data = mark + code.replace("\n", end).encode()
    text = Text.decode("app.py", data)
    for line in range(1, text.line_count + 1):
        column = text.line(line).find("5000") + 1
        if not column:
            continue
        made = splices(PORT, data, Span("app.py", line, column, line, column + 4))
        if made is None:
            continue
        *imports, value = sorted(made, key=lambda splice: splice.text.startswith("int"))
        assert value.text == NEW_PORT
        assert [splice.text.strip() for splice in imports] in ([], ["import os"])
        assert all(text.place(splice.start)[1] == 1 or text.value.startswith("\ufeff") for splice in imports)
        changed = ast.parse(spliced(text.value, made).lstrip("\ufeff"))
        original = ast.parse(text.value.lstrip("\ufeff"))
        assert len(changed.body) == len(original.body) + len(imports)
        assert ast.get_docstring(changed) == ast.get_docstring(original)


@given(st.binary(max_size=60), st.tuples(*[st.integers(1, 5)] * 4), st.sampled_from(sorted(TRANSFORMS)))
def test_any_bytes_do_no_harm(data: bytes, place: tuple[int, int, int, int], name: str) -> None:
    made = rewrite(name, data, Span("app.py", *place))
    assert made is None or made != data


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("run()", 'run(host="0.0.0.0", port=int(os.environ.get("PORT", 5000)))'),
        ("run( )", 'run(host="0.0.0.0", port=int(os.environ.get("PORT", 5000)))'),
        ("run(app)", 'run(app, host="0.0.0.0", port=int(os.environ.get("PORT", 5000)))'),
        ("run(app,)", 'run(app, host="0.0.0.0", port=int(os.environ.get("PORT", 5000)))'),
        ("run(x for x in y)", None),
        ("run(app,\n)", None),
        ("run(host=1)", None),
        ("run(**more)", None),
    ],
)
def test_a_call_is_told_where_to_listen(code: str, expected: str | None) -> None:
    data = f"import os\n{code}\n".encode()
    made = rewrite("listen:host,port=5000", data, span_of(data, code))
    assert made == (expected and f"import os\n{expected}\n".encode())


@pytest.mark.parametrize("before", ["os = 1\n", "import os\nint = str\n"])
def test_a_call_is_not_told_where_to_listen_where_the_names_mean_something_else(before: str) -> None:
    data = f"{before}run()\n".encode()
    assert rewrite("listen:port=5000", data, span_of(data, "run()")) is None
    made = rewrite("listen:address", data, span_of(data, "run()"))
    assert made == f'{before}run(address="0.0.0.0")\n'.encode()
    assert rewrite("listen:address", data, span_of(data, "run")) is None
