"""What is read from requirements files. The tables of accepted and refused lines were observed with pip 26.3."""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass
from typing import Any

import pip_requirements_parser as library
import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import Requirement as Packaged
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from deploylint.facts import pipfiles as module
from deploylint.facts.pipfiles import read_requirements
from deploylint.facts.pipline import logical_lines
from deploylint.facts.pipoptions import InvalidLineError, options, words
from deploylint.facts.piprequirement import LIMIT, PLAIN, _read, judge, normalised
from deploylint.facts.requirements import Requirement, Requirements, RequirementsFile
from deploylint.text import Span, Text
from deploylint.tree import Content, Entry, Kind, Tree, Trouble

ROOT = "requirements.txt"


def read(text: str | bytes, **others: str | bytes | Entry) -> RequirementsFile:
    files = {name.replace("__", "/") + ".txt": value for name, value in others.items()}
    return read_requirements(Tree.of({ROOT: text, **files})).files[0]


def one(text: str) -> Requirement:
    file = read(text)
    assert [problem.message for problem in file.problems] == []
    (found,) = file.requirements
    return found


def at(text: Text | None, span: Span) -> str:
    """What stands in the file at a span."""
    assert text is not None
    return text.value[text.offset(span.line, span.column) : text.offset(span.end_line, span.end_column)]


def nowhere(path: str) -> bool:
    return path == ""


# name, written, specifier, extras, marker, url, local path; what is left out is empty
ACCEPTED: dict[str, dict[str, Any]] = {
    "django": {"name": "django"},
    "Django==4.2.1": {"name": "django", "written": "Django", "specifier": "==4.2.1"},
    "zope.Interface_x >= 1, < 2": {
        "name": "zope-interface-x",
        "written": "zope.Interface_x",
        "specifier": ">=1,<2",
    },
    "a (>=1,<2)": {"name": "a", "specifier": ">=1,<2"},
    "a>=1,": {"name": "a", "specifier": ">=1"},
    "a===any thing".replace(" ", "-"): {"name": "a", "specifier": "===any-thing"},
    "uvicorn[Standard,http_2]~=0.30": {
        "name": "uvicorn",
        "specifier": "~=0.30",
        "extras": ("standard", "http-2"),
    },
    "a [x]": {"name": "a", "extras": ("x",)},
    "a[]": {"name": "a"},
    "a==1 ; python_version < '3'": {"name": "a", "specifier": "==1", "marker": "python_version < '3'"},
    "a;": {"name": "a"},
    "a @ https://h/a.zip;sys_platform=='x'": {"name": "a", "url": "https://h/a.zip", "marker": "sys_platform=='x'"},
    "a[b]@git+https://h/r@main": {"name": "a", "extras": ("b",), "url": "git+https://h/r@main"},
    "conda @ file:///home/c/x%20y_1": {
        "name": "conda",
        "url": "file:///home/c/x%20y_1",
        "local_path": "/home/c/x y_1",
    },
    "git@github.com:u/r.git": {"name": "git", "url": "github.com:u/r.git"},
    "https://h/p/My_Pkg-1.0-py3-none-any.whl": {"name": "my-pkg", "written": "My_Pkg", "specifier": "==1.0"},
    "https://h/n-1.0%2Bx-py3-none-any.whl?a=b#c ; os_name=='x'": {
        "name": "n",
        "specifier": "==1.0+x",
        "url": "https://h/n-1.0%2Bx-py3-none-any.whl?a=b#c",
        "marker": "os_name=='x'",
    },
    "https://h/My-Pkg-1.0.tar.gz": {"name": "my-pkg", "written": "My-Pkg"},
    "https://h/archive/v1.0.zip": {"written": "https://h/archive/v1.0.zip"},
    "https://h/archive/main.zip#egg=Foo": {"name": "foo", "written": "Foo"},
    "https://h/a(b)-1.0.zip": {"written": "https://h/a(b)-1.0.zip"},
    "git+https://h/foo-1.0.zip": {"written": "git+https://h/foo-1.0.zip"},
    "git+ssh://git@h/r.git@v1#subdirectory=s&egg=f.x": {"name": "f-x", "written": "f.x"},
    "HTTPS://H/x": {"written": "HTTPS://H/x"},
    "file:./p": {"url": "file:./p", "local_path": "./p", "written": "file:./p"},
    "file://localhost/p": {"local_path": "/p", "written": "file://localhost/p"},
    ".": {"written": ".", "local_path": "."},
    ".[x, Y.z]": {"written": ".", "local_path": ".", "extras": ("x", "y-z")},
    "../p": {"written": "../p", "local_path": "../p"},
    "p/q": {"written": "p/q", "local_path": "p/q"},
    "./p[": {"written": "./p[", "local_path": "./p["},
    "./p[]": {"written": "./p[]", "local_path": "./p[]"},
    "./p ; os_name=='x'": {"written": "./p", "local_path": "./p", "marker": "os_name=='x'"},
    "./w/Foo_x-1.0-py3-none-any.whl": {
        "name": "foo-x",
        "written": "Foo_x",
        "specifier": "==1.0",
        "local_path": "./w/Foo_x-1.0-py3-none-any.whl",
    },
    "Foo_x-1.0.tar.gz": {"name": "foo-x", "written": "Foo_x", "local_path": "Foo_x-1.0.tar.gz"},
    "foo.zip": {"written": "foo.zip", "local_path": "foo.zip"},
    "a==1.zip": {"written": "a==1.zip", "local_path": "a==1.zip"},
    "a@b.zip": {"name": "a", "url": "b.zip"},
    "./a@b.zip/": {"written": "./a@b.zip/", "local_path": "./a@b.zip/"},
    "a -": {"name": "a"},
    "a --": {"name": "a"},
}
EDITABLE: dict[str, dict[str, Any]] = {
    "-e .": {"written": ".", "local_path": "."},
    "-e.": {"written": ".", "local_path": "."},
    "--editable=./p[x]": {"written": "./p", "local_path": "./p", "extras": ("x",)},
    "-e git+https://h/r#egg=Foo": {"name": "foo", "written": "Foo"},
    "-e git:h/r#egg=foo": {"name": "foo", "url": "git:h/r#egg=foo"},
    "-e file:///p#egg=foo": {"name": "foo", "local_path": "/p"},
    "-e file:p[x]": {"written": "file:p", "local_path": "p", "extras": ("x",)},
    "-e \"a[x] @ git+https://h/r ; os_name=='x'\"": {
        "name": "a",
        "extras": ("x",),
        "url": "git+https://h/r",
        "marker": "os_name=='x'",
    },
    '-e " a @ git+https://h/r"': {"name": "a", "url": "git+https://h/r"},
    '-e "a @ file:///p"': {"name": "a", "url": "file:///p", "local_path": "/p"},
    "-e . ; os_name=='x'": {"written": ".", "local_path": "."},
}


@pytest.mark.parametrize("line", ACCEPTED)
def test_accepted(line: str) -> None:
    found, wanted = one(line), ACCEPTED[line]
    for field in ("name", "marker", "local_path"):
        assert getattr(found, field) == wanted.get(field), field
    assert (found.specifier, found.extras) == (wanted.get("specifier", ""), wanted.get("extras", ()))
    assert found.written == wanted.get("written", wanted.get("name"))
    if "url" in wanted:
        assert found.url == wanted["url"]
    assert not found.editable
    assert not found.unknown
    assert at(read(line).text, found.name_span) == found.written
    assert at(read(line).text, found.span) == line


@pytest.mark.parametrize("line", EDITABLE)
def test_editable(line: str) -> None:
    found, wanted = one(line), EDITABLE[line]
    assert found.editable
    for field, value in {"name": None, "marker": None, "local_path": None, "extras": (), **wanted}.items():
        assert getattr(found, field) == value, field
    assert at(read(line).text, found.name_span) == found.written


REFUSED = [
    *("= 1", "a = 1", "a=1", "a b", "_a", "foo-", "é", "a[b", "a==1.0.q", "a>=1 <2", "(a)", "a==v", "a==1.*.2"),
    *("a; foo", "a; python_version", "a ; " + "(" * 900 + ")" * 900, "./p ; foo", "https://h/a.zip ; foo"),
    *("git://h/r", "ssh://h/r", "C:\\x", "see docs/a, b/c", "a b/c", "./p[!]", "./foo.whl", "https://h/n.whl"),
    *("http://[x", "a @ file://host/p", "file://host/p", "file://[x", "git+https://h/r#egg=foo[bar]"),
    *("a @ file://[x", "https://h/r#egg=foo==1", "https://h/r#egg=", "a @ git+https://h/r#egg=a[x]"),
    *("-e", "-e ''", "-e a==1", "-e https://h/a.zip", "-e git+https://h/r", "-e 'a @ https://h/a.zip'", "-e './p q'"),
    *("-e git+https://h/r#egg=a[x]", "-e ./p[!]", "-e 'a", "-e git+https://[x#egg=a", "-e file:p[!]"),
    *("--foo", "-x", "-r", "-i", "--pre=1", "--re x", "--=x", "a --hash", "a --hash=md5:x", "a --hash=x"),
    *("--no-binary=-a", "--only-final -a", "a --config-settings x", "-C x", "--index-url 'x", '--index-url "x'),
    *("--use-feature=2020-resolver", "--trusted-host=", "--trusted-host http://h:80/", "a @ https://[x/y"),
    *("a --install-option=x", "--process-dependency-links", "a\t--pre", "a==1 -e b"),
]


@pytest.mark.parametrize("line", REFUSED)
def test_refused(line: str) -> None:
    file = read(line)
    assert not file.requirements
    assert not file.options
    (problem,) = file.problems
    assert problem.kind == "invalid-line"
    assert problem.message
    assert at(file.text, problem.span) == line


def test_a_backslash_at_the_very_end() -> None:
    with pytest.raises(InvalidLineError, match="backslash"):
        options("-i x\\", 0)


def test_odd_paths_are_asked_for() -> None:
    tree = Tree.of({ROOT: "./my app[x]\n-e 'my app'\n/my app\n", "my app/setup.py": ""})
    (file,) = read_requirements(tree).files
    # What lies outside, on the build machine, may be there.
    expected = [("./my app", ("x",)), ("my app", ()), ("/my app", ())]
    assert [(found.local_path, found.extras) for found in file.requirements] == expected
    assert file.problems == ()


@pytest.mark.parametrize(
    ("line", "name", "written"),
    [
        ("a==${V}", "a", "a"),
        ("a[x]>=1,<${V_2} ; os_name=='${O}'", "a", "a"),
        ("${N}==1", None, "${N}"),
        ("a${N}", None, "a${N}"),
        ("a ${SPEC}", None, "a ${SPEC}"),
        ("git+https://${T}@h/r#egg=foo", "foo", "foo"),
        ("foo @ https://${U}:${P}@h/foo.zip", "foo", "foo"),
        ("a --hash=${H}", None, "a --hash=${H}"),
        ("-e ${P}", None, "${P}"),
        ("a" * (LIMIT + 1) + "!", None, "a" * (LIMIT + 1) + "!"),
    ],
)
def test_unknown_parts_are_never_invalid(line: str, name: str | None, written: str) -> None:
    found = one(line)
    assert found.unknown
    assert (found.name, found.written) == (name, written)
    assert at(read(line).text, found.name_span) == written


def test_unknown_parts_keep_the_variable() -> None:
    found = one("a[x]>=1,<${V_2} ; os_name=='${O}'")
    assert (found.specifier, found.marker) == (">=1,<${V_2}", "os_name=='${O}'")
    assert found.applies({"os_name": "posix"}) is None
    assert one("git+https://${T}@h/r#egg=foo").url == "git+https://${T}@h/r#egg=foo"


def test_lower_case_is_no_variable() -> None:
    (problem,) = read("a==${v}").problems
    assert problem.kind == "invalid-line"


@pytest.mark.parametrize(
    ("line", "pinned"),
    [
        ("a==1", True),
        ("a===1", True),
        ("https://h/a-1-py3-none-any.whl", True),
        ("a==1.*", False),
        ("a>=1", False),
        ("a==1,!=2", False),
        ("a", False),
        ("a==${V}", False),
    ],
)
def test_pinned(line: str, pinned: bool) -> None:
    assert one(line).pinned is pinned


@pytest.mark.parametrize(
    ("marker", "answer"),
    [
        ("", True),
        ("; python_version < '3.10'", True),
        ("; python_version < '3.9'", False),
        ("; sys_platform == 'win32' or os.name == 'posix'", True),
        ("; extra == 'x'", False),
        ("; platform_machine == 'x'", None),
        ("; 'and' in platform_release", None),
        ("; python_version ~= 'x'", None),
        ("; python_implementation == 'CPython'", True),
    ],
)
def test_applies(marker: str, answer: bool | None) -> None:
    environment = {
        "python_version": "3.9",
        "sys_platform": "linux",
        "os_name": "posix",
        "platform_python_implementation": "CPython",
    }
    assert one(f"a{marker}").applies(environment) is answer


def test_applies_never_asks_the_running_python() -> None:
    assert one(f"a; sys_platform == '{sys.platform}'").applies({}) is None


# name, value, what the option spans, what the value spans, ignored
OPTIONS = {
    "-i https://x": [("--index-url", "https://x", "-i https://x", "https://x", False)],
    "--pypi-url=https://x": [("--index-url", "https://x", "--pypi-url=https://x", "https://x", False)],
    "-ihttps://x --pre": [
        ("--index-url", "https://x", "-ihttps://x", "https://x", False),
        ("--pre", "", "--pre", "", False),
    ],
    "--extra x --no-in": [
        ("--extra-index-url", "x", "--extra x", "x", False),
        ("--no-index", "", "--no-in", "", False),
    ],
    "--find-links 'a b' -f c": [
        ("--find-links", "a b", "--find-links 'a b'", "a b", False),
        ("--find-links", "c", "-f c", "c", True),
    ],
    "--trusted-host https://h": [("--trusted-host", "https://h", "--trusted-host https://h", "https://h", False)],
    "--index-url=": [("--index-url", "", "--index-url=", "", False)],
    "--no-binary :all: x -- --pre": [("--no-binary", ":all:", "--no-binary :all:", ":all:", False)],
    "--hash=sha256:x": [("--hash", "sha256:x", "--hash=sha256:x", "sha256:x", True)],
    "a --hash=sha256:x -C k=v --pre": [
        ("--hash", "sha256:x", "--hash=sha256:x", "sha256:x", False),
        ("--config-settings", "k=v", "-C k=v", "k=v", False),
        ("--pre", "", "--pre", "", True),
    ],
    "-e . --hash=sha512:x -e b -C k=v": [
        ("--hash", "sha512:x", "--hash=sha512:x", "sha512:x", True),
        ("-e", "b", "-e b", "b", True),
        ("--config-settings", "k=v", "-C k=v", "k=v", False),
    ],
    "a -r x.txt": [("-r", "x.txt", "-r x.txt", "x.txt", True)],
    "-c x.txt --pre -r x.txt -r y.txt": [
        ("-c", "x.txt", "-c x.txt", "x.txt", True),
        ("--pre", "", "--pre", "", True),
        ("-r", "x.txt", "-r x.txt", "x.txt", False),
        ("-r", "y.txt", "-r y.txt", "y.txt", True),
    ],
    '-i "a\\"b"': [("--index-url", 'a"b', '-i "a\\"b"', 'a\\"b', False)],
    "-i a\\ b''c": [("--index-url", "a bc", "-i a\\ b''c", "a\\ b''c", False)],
    '-i ""': [("--index-url", "", '-i ""', "", False)],
}


@pytest.mark.parametrize("line", OPTIONS)
def test_options(line: str) -> None:
    file = read(line, x="", y="")
    assert file.problems == ()
    assert [
        (option.name, option.value, at(file.text, option.span), at(file.text, option.value_span), option.ignored)
        for option in file.options
    ] == OPTIONS[line]


def test_a_body_beside_an_editable_is_editable() -> None:
    # pip takes the words before the options for the editable requirement then, which is hardly ever meant.
    found = one("pkg -e .")
    assert (found.editable, found.local_path, found.written) == (True, "pkg", "pkg")


def test_hashes_over_many_lines() -> None:
    text = "a==1 \\\n    --hash=sha256:aa \\\r\n    --hash sha384:bb  # both\nb\n"
    file = read(text)
    first, second = file.requirements
    assert first.hashes == ("sha256:aa", "sha384:bb")
    assert first.specifier == "==1"
    assert first.span == Span(ROOT, 1, 1, 3, 21)
    assert [option.span for option in file.options] == [Span(ROOT, 2, 5, 2, 21), Span(ROOT, 3, 5, 3, 21)]
    assert [option.value_span for option in file.options] == [Span(ROOT, 2, 12, 2, 21), Span(ROOT, 3, 12, 3, 21)]
    assert second.span == Span(ROOT, 4, 1, 4, 2)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a\r\nb\rc\n", ["a", "b", "c"]),
        ("a\x0cb\u2028c\x85d", ["a", "b", "c", "d"]),
        ("  a  # x\n#b\n   # c\n\nd#e ", ["a", "d#e"]),
        ("a#b\n", ["a#b"]),
        ("dj\\\nan\\\n  go", ["djan  go"]),
        ("a \\\n# c \\\nb", ["a", "b"]),
        ("a # x \\\n b\nc", ["a", "c"]),
        ("a\\", ["a"]),
        ("\\\\a\\\\\nb", ["ab"]),
        ("\\\n \\\n  a\\\n", ["a"]),
        ("", []),
        ("\\\n", []),
    ],
)
def test_logical_lines(text: str, wanted: list[str]) -> None:
    assert [line.text for line in logical_lines(text.splitlines(keepends=True))] == wanted


def test_a_name_over_two_lines() -> None:
    found = one("dj\\\nango==1")
    assert (found.written, found.name_span) == ("django", Span(ROOT, 1, 1, 2, 5))


def test_a_column_counts_code_points() -> None:
    file = read("# é\U0001f600\n\ta\n" + "\U0001f600 b\n")
    assert file.requirements[0].name_span == Span(ROOT, 2, 2, 2, 3)
    assert file.problems[0].span == Span(ROOT, 3, 1, 3, 4)


# --- decoding


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32", "utf-16-be", "utf-32-be"])
def test_a_byte_order_mark_is_a_code_point(encoding: str) -> None:
    mark = "\ufeff" if encoding.endswith("be") else ""
    file = read(f"{mark}é==1\ndjango==4\n".replace("é", "e").encode(encoding))
    first, second = file.requirements
    assert first.name_span == Span(ROOT, 1, 2, 1, 3)
    assert second.name_span == Span(ROOT, 2, 1, 2, 7)
    assert at(file.text, second.name_span) == "django"


def test_a_declared_encoding_is_used() -> None:
    file = read("# x\n# -*- coding: latin-1 -*-\n\xe9 \n a".encode("latin-1"))
    assert file.problems[0].span == Span(ROOT, 3, 1, 3, 2)
    assert file.requirements[0].span == Span(ROOT, 4, 2, 4, 3)
    assert file.text is not None
    assert file.text.line(3) == "\xe9 "


@pytest.mark.parametrize(
    ("data", "span"),
    [
        (b"a\nb\xc3\xa9 \xe9", Span(ROOT, 2, 4, 2, 5)),
        (b"a\nb\n# coding: latin-1\n\xe9", Span(ROOT, 4, 1, 4, 2)),
        (b"\xef\xbb\xbfa\xff", Span(ROOT, 1, 3, 1, 4)),
        (b"\xff\xfea\x00b\x00c", Span(ROOT, 1, 4, 1, 5)),
        (b"# coding: ascii\n\xe9", Span(ROOT, 2, 1, 2, 2)),
        (b"#\n# coding=nope", Span(ROOT, 2, 10, 2, 11)),
        (b"# coding: rot13", Span(ROOT, 1, 11, 1, 12)),
        (b"# coding: idna\n", Span(ROOT, 1, 11, 1, 12)),
        (b"# coding: undefined", Span(ROOT, 1, 11, 1, 12)),
        (b"# coding: " + b"x" * 70, Span(ROOT, 1, 11, 1, 12)),
        (b"# coding: utf-7\n+\xff", Span(ROOT, 2, 1, 2, 2)),
    ],
)
def test_undecodable(data: bytes, span: Span) -> None:
    file = read(data)
    (problem,) = file.problems
    assert (problem.kind, problem.span) == ("undecodable", span)
    assert file.requirements == ()
    assert file.text == Text.decode(ROOT, data)


def test_utf16_without_a_mark_is_told_once() -> None:
    file = read("a==1\nb==2\n".encode("utf-16-le"))
    (problem,) = file.problems
    assert problem.kind == "invalid-line"
    assert problem.span == Span(ROOT, 1, 1, 1, 9)


# --- includes


def test_includes_are_relative_to_the_including_file() -> None:
    tree = Tree.of(
        {
            ROOT: "-r reqs/prod.txt\n-c limits.txt\nlast",
            "reqs/prod.txt": "--requirement=base.txt\n-r../other.txt\nprod",
            "reqs/base.txt": "Base",
            "other.txt": "other",
            "limits.txt": "base<2\n-r reqs/more.txt",
            "reqs/more.txt": "more",
        }
    )
    found = read_requirements(tree)
    assert [file.path for file in found.files] == [
        ROOT,
        "reqs/prod.txt",
        "reqs/base.txt",
        "other.txt",
        "limits.txt",
        "reqs/more.txt",
    ]
    assert [file.constraint for file in found.files] == [False, False, False, False, True, False]
    assert found.files[2].included_from == Span("reqs/prod.txt", 1, 15, 1, 23)
    assert found.files[0].included_from is None
    # As in pip, what a constraints file includes with -r is to be installed.
    assert found.names == {"last", "prod", "base", "other", "more"}
    assert [limit.name for limit in found.constraints] == ["base"]
    assert found.certain
    assert found.problems == ()
    assert found.cycles == ()


@pytest.mark.parametrize(
    ("line", "kind", "path"),
    [
        ("-r nope.txt", "missing-include", "nope.txt"),
        ("-r Base.txt", "missing-include", "Base.txt"),
        ("-r base.txt/x", "missing-include", "base.txt/x"),
        ("-c sub/../nope.txt", "missing-include", "nope.txt"),
        ("-r /etc/passwd", "outside-include", "/etc/passwd"),
        ("-r ../base.txt", "outside-include", "../base.txt"),
        ("-r ..", "outside-include", ".."),
        ("-r https://h/base.txt", "url-include", "https://h/base.txt"),
        ("-r FILE:///base.txt", "url-include", "FILE:///base.txt"),
        ("-r ${ENV}.txt", "unknown-include", "${ENV}.txt"),
        ("-r module/base.txt", "unknown-include", "module/base.txt"),
        ("-r torn.txt", "unknown-include", "torn.txt"),
        ("-r pipe", "unknown-include", "pipe"),
        ("-r sub", "directory", "sub"),
        ("-r ''", "directory", "."),
    ],
)
def test_includes_that_are_not_read(line: str, kind: str, path: str) -> None:
    tree = Tree.of(
        {
            ROOT: f"a\n{line}\n",
            "base.txt": "base",
            "sub/x.txt": "",
            "module": Entry("", Kind.SUBMODULE),
            "torn.txt": Entry("", Kind.UNKNOWN),
            "pipe": Entry("", Kind.SPECIAL),
        }
    )
    found = read_requirements(tree)
    (problem,) = found.problems
    assert (problem.kind, problem.path) == (kind, path)
    assert problem.span.line == 2
    assert problem.span == found.files[0].options[0].value_span
    assert len(found.files) == 1
    assert not found.certain


def test_links_inside_the_app_are_followed() -> None:
    tree = Tree.of(
        {
            ROOT: Entry("", Kind.LINK, target="reqs/prod.txt"),
            "reqs/prod.txt": "-r base.txt\n-r twin.txt",
            "reqs/base.txt": "wrong",
            "base.txt": "right",
            "twin.txt": Entry("", Kind.LINK, target="base.txt"),
        }
    )
    found = read_requirements(tree)
    # pip looks beside the link, not beside the file that it leads to; a finding stands on the file itself.
    assert [file.path for file in found.files] == ["reqs/prod.txt", "base.txt"]
    assert found.names == {"right"}


@pytest.mark.parametrize(
    ("files", "places"),
    [
        ({ROOT: "a\n-r requirements.txt"}, [Span(ROOT, 2, 4, 2, 20)]),
        ({ROOT: "-r b.txt", "b.txt": "-r c.txt\nb", "c.txt": "-r b.txt\n-c requirements.txt\nc"}, None),
    ],
)
def test_cycles_end(files: dict[str, str], places: list[Span] | None) -> None:
    found = read_requirements(Tree.of(files))
    assert [file.path for file in found.files] == list(files)
    assert found.problems == ()
    wanted = places or [Span("c.txt", 1, 4, 1, 9), Span("c.txt", 2, 4, 2, 20)]
    assert list(found.cycles) == wanted


def test_a_file_met_twice_is_read_once_for_each_use() -> None:
    found = read_requirements(Tree.of({ROOT: "-r a.txt\n-r a.txt\n-c a.txt", "a.txt": "a==1"}))
    assert [(file.path, file.constraint) for file in found.files] == [(ROOT, False), ("a.txt", False), ("a.txt", True)]
    assert found.cycles == ()


@pytest.mark.parametrize("line", ["-e .", "a[x]", "./p", "git+https://h/r"])
def test_what_a_constraint_cannot_be(line: str) -> None:
    found = read_requirements(Tree.of({ROOT: "-c c.txt", "c.txt": line}))
    (problem,) = found.problems
    assert (problem.kind, problem.span.path) == ("invalid-line", "c.txt")


def test_a_constraint_with_a_variable_is_unknown() -> None:
    found = read_requirements(Tree.of({ROOT: "-c c.txt", "c.txt": "${X}\na==1"}))
    assert found.problems == ()
    assert [limit.unknown for limit in found.constraints] == [True, False]
    assert found.certain


# --- limits


@dataclass(frozen=True)
class Huge:
    """A source whose files named `big` or `locked` cannot be had."""

    def read(self, path: str, limit: int) -> Content:
        if path == "big.txt":
            return Content(b"a\n" * 100, Trouble.TOO_LARGE)
        if path == "locked.txt":
            return Content(trouble=Trouble.UNREADABLE)
        return Content(b"-r big.txt\n-r locked.txt\n"[:limit])

    def on_disk(self, path: str) -> bool:
        raise NotImplementedError

    def before(self, path: str) -> Content | None:
        raise NotImplementedError

    def comparable(self) -> bool:
        raise NotImplementedError


def test_files_that_cannot_be_read() -> None:
    tree = Tree({path: Entry(path) for path in (ROOT, "big.txt", "locked.txt")}, Huge())
    found = read_requirements(tree)
    assert [(problem.kind, problem.span) for problem in found.problems] == [
        ("too-large", Span("big.txt")),
        ("unknown-include", Span("locked.txt")),
    ]
    assert found.files[1].text is None
    assert not found.certain


def test_too_many_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SIZE_LIMIT", 12)
    found = read_requirements(Tree.of({ROOT: "-r a.txt\nb", "a.txt": "abc"}))
    assert [(problem.kind, problem.span.path) for problem in found.problems] == [("too-large", "a.txt")]
    assert found.names == {"b"}


def test_too_many_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LINE_LIMIT", 3)
    found = read_requirements(Tree.of({ROOT: "-r a.txt\nb", "a.txt": "c\nd\ne"}))
    assert [(problem.kind, problem.span) for problem in found.problems] == [("too-large", Span("a.txt", 2, 1, 2, 2))]
    assert found.names == {"b", "c"}


def test_a_line_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LENGTH_LIMIT", 3)
    file = read("abcd\nabc")
    assert [(problem.kind, problem.span.line) for problem in file.problems] == [("too-large", 1)]
    assert [found.name for found in file.requirements] == ["abc"]


def test_too_many_files() -> None:
    lines = "".join(f"-r {number}.txt\n" for number in range(250))
    found = read_requirements(Tree.of({ROOT: lines, **{f"{number}.txt": "a" for number in range(250)}}))
    assert len(found.files) == module.FILE_LIMIT
    (problem,) = found.problems
    assert (problem.kind, problem.span) == ("too-many-files", Span(ROOT, 200, 4, 200, 11))


def test_too_deep() -> None:
    files = {f"{number}.txt": f"-r {number + 1}.txt" for number in range(60)}
    found = read_requirements(Tree.of(files), "0.txt")
    assert len(found.files) == module.DEPTH_LIMIT
    assert [problem.kind for problem in found.problems] == ["too-many-files"]


# --- the file that pip is given


def test_no_file() -> None:
    found = read_requirements(Tree.of({"Requirements.txt": "a"}))
    assert found == Requirements(())
    assert found.certain


@pytest.mark.parametrize(("entry", "kind"), [(Kind.DIRECTORY, "directory"), (Kind.UNKNOWN, "unknown-include")])
def test_no_regular_file(entry: Kind, kind: str) -> None:
    found = read_requirements(Tree.of({ROOT: Entry("", entry)}))
    (file,) = found.files
    assert file.text is None
    assert [(problem.kind, problem.span) for problem in file.problems] == [(kind, Span(ROOT))]


@pytest.mark.parametrize(("text", "certain"), [("a", True), ("-e .", False), ("a b", False), ("a==${V}", True)])
def test_certain(text: str, certain: bool) -> None:
    assert read_requirements(Tree.of({ROOT: text})).certain is certain


# --- properties

WORD = st.sampled_from(
    ["a", "Foo", "x.y-z", "_", "é", "${V}", "1.0", "=", "==", ">=", ",", "[", "]", "(", ")", "@", ";"]
)
PIECE = st.one_of(
    WORD,
    st.sampled_from(["https://h/", "git+ssh://h/r", "file:", "./", "#egg=", ".whl", "-1.0-py3-none-any", ".tar.gz"]),
    st.sampled_from(["-r ", "-c", " -e ", "--hash=sha256:", " --pre", "-i ", "b.txt", "requirements.txt", "--"]),
    st.sampled_from(["'", '"', "\\", " ", "\t", "#", " # ", "\n", "\r\n", "\r", "\\\n", "\x0c", "\0", "\ufeff"]),
    st.sampled_from(["; python_version < '3'", "; foo", "os_name", "[x]", "http://[", "file://h", "%zz"]),
)
GRAMMAR = st.lists(PIECE, max_size=14).map("".join)


def hold(found: Requirements, tree: Tree) -> None:
    """What is true of every reading: each span lies in its file, and begins before it ends."""
    for file in found.files:
        spans = [problem.span for problem in file.problems]
        spans += [span for option in file.options for span in (option.span, option.value_span)]
        for requirement in file.requirements:
            spans += [requirement.span, requirement.name_span]
            assert requirement.name is None or requirement.name == canonicalize_name(requirement.name)
            assert requirement.span.line <= requirement.name_span.line <= requirement.span.end_line
            requirement.applies({"python_version": "3.12"})
        text = file.text or Text(file.path, "")
        for span in spans:
            assert span.path == file.path
            assert span.path in tree.entries
            assert (1, 1) <= (span.line, span.column) <= (span.end_line, span.end_column)
            if file.text is not None:
                assert text.place(text.offset(span.line, span.column)) == (span.line, span.column)
                assert text.place(text.offset(span.end_line, span.end_column)) == (span.end_line, span.end_column)


@given(st.one_of(st.binary(max_size=60), GRAMMAR.map(str.encode)), GRAMMAR)
def test_anything_can_be_read(data: bytes, other: str) -> None:
    tree = Tree.of({ROOT: data, "b.txt": other, "a/setup.py": ""})
    hold(read_requirements(tree), tree)


@given(st.sampled_from(["utf-16", "utf-32", "utf-8-sig"]), GRAMMAR)
def test_any_marked_text_can_be_read(encoding: str, text: str) -> None:
    tree = Tree.of({ROOT: text.encode(encoding)})
    hold(read_requirements(tree), tree)


@given(st.text(st.sampled_from("ab \t#\\\n\r\x0c\u2028'"), max_size=30))
def test_each_character_of_a_line_has_its_place(text: str) -> None:
    lines = list(logical_lines(text.splitlines(keepends=True)))
    for line in lines:
        assert "".join(text[line.offset(index)] for index in range(len(line.text))) == line.text
        places = [line.offset(index) for index in range(len(line.text))]
        assert places == sorted(set(places))
    wanted = [line.line.strip() for line in library.preprocess(text) if isinstance(line, library.TextLine)]
    assert [line.text for line in lines] == [line for line in wanted if line]


@given(st.text(st.sampled_from("ab \t\\'\"-="), max_size=20))
def test_words_are_those_of_a_shell(text: str) -> None:
    try:
        wanted = shlex.split(text)
    except ValueError:
        with pytest.raises(InvalidLineError):
            words(text, 0)
        return
    found = words(text, 0)
    assert [word.value for word in found] == wanted
    for word in found:
        assert "".join(text[place] for place in word.places) == word.value


SHARED = {
    "index_url": "--index-url",
    "no_index": "--no-index",
    "require_hashes": "--require-hashes",
    "pre": "--pre",
    "requirements": "-r",
    "constraints": "-c",
    "editables": "-e",
    "find_links": "--find-links",
}


@given(
    st.lists(
        st.sampled_from(
            [
                *("-i", "-ix", "--index-url", "--index-url=y", "--no-index", "-r", "-r=z", "--requirement", "-cq"),
                *("--cons", "--require-hashes", "--require", "-e", "--editable", "-f", "--pre", "--pre=1", "w", "--"),
                *("-", "'v w'"),
            ]
        ),
        max_size=6,
    ).map(" ".join)
)
def test_options_are_those_of_the_library(line: str) -> None:
    try:
        _, wanted, _ = library.get_line_parser()(f"- {line}")
    except library.OptionParsingError:
        with pytest.raises(InvalidLineError):
            options(line, 0)
        return
    found = options(line, 0)
    for field, name in SHARED.items():
        values = [option.value.value for option in found if option.name == name]
        value = getattr(wanted, field)
        if isinstance(value, list):
            assert values == value
        elif isinstance(value, bool):
            assert bool(values) is value
        elif values:
            assert values[-1] == value


PLAINISH = st.one_of(
    st.from_regex(PLAIN, fullmatch=True),
    st.text(st.sampled_from("aA1.-_[],=<>!~ *rcpostdev"), max_size=20),
)


@given(PLAINISH)
def test_the_fast_path_is_the_slow_one(text: str) -> None:
    if not PLAIN.fullmatch(text) or text.lower().endswith((".zip", ".tar", ".whl", ".tgz", ".gz")):
        return
    wanted = Packaged(text)
    fast = judge(text, nowhere)
    assert fast == _read(text, text, nowhere)
    assert fast.name == wanted.name
    assert set(fast.extras) == {canonicalize_name(extra) for extra in wanted.extras}
    assert SpecifierSet(fast.specifier) == wanted.specifier


@given(st.text(st.sampled_from("aB1.-_"), min_size=1, max_size=12))
def test_names_are_normalised_as_packaging_does(name: str) -> None:
    assert normalised(name) == canonicalize_name(name)


def test_plain_lines_import_no_library() -> None:
    import subprocess

    program = (
        "import sys\nfrom deploylint.tree import Tree\nfrom deploylint.facts.pipfiles import read_requirements\n"
        "text = '-r b.txt\\na[x]>=1,<2 \\\\\\n --hash=sha256:a\\n--pre\\n'\n"
        "found = read_requirements(Tree.of({'requirements.txt': text, 'b.txt': 'b~=1.0 # c'}))\n"
        "assert found.names == {'a', 'b'}, found\n"
        "print([name for name in ('packaging', 'pip_requirements_parser') if name in sys.modules])\n"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"
