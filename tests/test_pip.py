"""What pip 26.2.1 said of requirements files, and what the plan says of them.

The table was observed with pip 26.2.1 on Python 3.11 and Linux, with an index that is a folder of wheels. Set
DEPLOYLINT_PIP to such a pip to ask it anew, which is slow.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import re
import subprocess
import zipfile
from typing import TYPE_CHECKING, NamedTuple

import pytest

from deploylint.app import App
from deploylint.knowledge import names, refusals
from deploylint.platform import load
from deploylint.steps import Build
from deploylint.steps.make import make_plan
from deploylint.tree import Entry, Kind, Tree

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from deploylint.plan import Fault


@pytest.fixture(autouse=True)
def _names_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """The index of this file has names and versions that the public one has not."""
    monkeypatch.setattr(names, "may_exist", lambda _: True)
    monkeypatch.setattr(refusals, "labelled", lambda _: None)


PIP = os.environ.get("DEPLOYLINT_PIP", "")
WHEELS = (("aa", "1.0"), ("aa", "2.0"), ("bb", "1.0"), ("bb", "2.0"), ("cc", "1.0+cpu"))

BACKEND = """
import os
def prepare_metadata_for_build_wheel(folder, settings=None):
    os.mkdir(folder + "/proj-1.dist-info")
    with open(folder + "/proj-1.dist-info/METADATA", "w") as file:
        file.write("Metadata-Version: 2.1\\nName: proj\\nVersion: 1\\n")
    return "proj-1.dist-info"
prepare_metadata_for_build_editable = prepare_metadata_for_build_wheel
def build_wheel(*args): raise NotImplementedError
build_editable = build_wheel
"""
SYSTEM = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
NARROW = BACKEND.replace("Version: 1\\n", "Version: 1\\nRequires-Python: <3.10\\n")
BASE = {
    ".python-version": "3.11\n",
    "proj/pyproject.toml": SYSTEM,
    "proj/backend.py": BACKEND,
    "plain/x.py": "",
    "deep/er/pyproject.toml": SYSTEM,
    "deep/er/backend.py": BACKEND,
    "deep/base.txt": "./er\n",
    "limits.txt": "aa==1.0 --hash={aa1}\n",
    "old.txt": "aa==1.0\n",
    "new.txt": "aa==2.0\n",
    "broken/pyproject.toml": "[build-system\n",
    "merge/pyproject.toml": "<<<<<<< HEAD\n" + SYSTEM,
    "narrow/pyproject.toml": SYSTEM + '[project]\nname = "proj"\nversion = "1"\nrequires-python = "<3.10"\n',
    "narrow/backend.py": NARROW,
    "bare/pyproject.toml": '[build-system]\nbuild-backend = "backend"\n',
    "wrong/pyproject.toml": '[build-system]\nrequires = "setuptools"\n',
}


class Case(NamedTuple):
    """What pip says of `text` (a part of its message, empty where it installs), and what the plan says: the fault's
    topic and line, empty where it is silent.
    """

    text: str
    said: str = ""
    topic: str = ""
    line: int = 0


NO_HASH = "Hashes are required in --require-hashes mode"
NO_PIN = "In --require-hashes mode, all requirements must have their versions pinned"
NO_FILE = "No such file or directory"
NO_PROJECT = "does not appear to be a Python project"
NOT_INSTALLABLE = "is not installable. Neither 'setup.py' nor 'pyproject.toml' found"
NOT_EDITABLE = "is not a valid editable requirement"
INVALID = "Invalid requirement"
IMPOSSIBLE = "ResolutionImpossible"
WHEEL = "is not a supported wheel on this platform"
NO_ADAPTER = "No connection adapters were found"
OFFLINE = "connection-failed"
NOT_FOUND = "No matching distribution found"
W = "https://localhost:1/"

HASHES = [
    Case("aa==1.0 --hash={aa1}"),
    Case("aa==1.0 --hash={aa1}\nbb==1.0", NO_HASH, "hash-missing", 2),
    Case("bb==1.0\naa==1.0 --hash={aa1}", NO_HASH, "hash-missing", 1),
    Case("aa==1.0 --hash={aa1}\nbb", NO_PIN, "hash-unpinned", 2),
    Case("aa==1.0 --hash={aa1}\nbb>=1", NO_PIN, "hash-unpinned", 2),
    Case("aa==1.0 --hash={aa1}\nbb==1.0,!=3", NO_PIN, "hash-unpinned", 2),
    Case("aa==1.0 --hash={aa1}\nbb===1.0", NO_HASH, "hash-missing", 2),
    # For pip this one is pinned; what to do is the same.
    Case("aa==1.0 --hash={aa1}\nbb==1.*", NO_HASH, "hash-unpinned", 2),
    Case("aa==1.0 --hash={aa1}\nbb[x]==1.0", NO_HASH, "hash-missing", 2),
    # A hash of its own makes up for the pin. Whether it is that of the newest version, the index knows.
    Case("aa --hash={aa1} --hash={aa2}"),
    Case("aa>=1 --hash={aa2}"),
    Case("aa --hash={aa1}", "DO NOT MATCH THE HASHES"),
    Case("aa==1.* --hash={aa1}"),
    Case("aa===1.0 --hash={aa1}"),
    Case("aa==1.0 --hash={aa1}\nbb==1.0 ; sys_platform == 'win32'"),
    Case("aa==1.0 --hash={aa1}\nbb==1.0 ; python_version < '3.10'"),
    Case("aa==1.0 --hash={aa1}\nbb==1.0 ; python_version >= '3.10'", NO_HASH, "hash-missing", 2),
    Case("aa==1.0 ; sys_platform == 'win32' --hash={aa1}\nbb==1.0", NO_HASH, "hash-missing", 2),
    Case("--require-hashes\naa==1.0", NO_HASH, "hash-missing", 2),
    Case("--require-hashes\naa", NO_PIN, "hash-unpinned", 2),
    Case("--require-hashes"),
    Case("aa==1.0 --require-hashes"),
    Case("--no-require-hashes\naa==1.0 --hash={aa1}\nbb"),
    Case("--require-hashes\n--no-require-hashes\naa", "are mutually exclusive", "options-clash", 2),
    Case("--hash={aa1}\nbb==1.0"),
    Case("aa==1.0\n    --hash={aa1}\nbb==1.0"),
    Case("aa==1.0 \\\n    --hash={aa1}\nbb==1.0 \\\n\n", NO_HASH, "hash-missing", 3),
    Case("aa==1.0 \\\n    --hash={aa1} \\\n    # by hand\nbb==1.0 --hash={bb1}"),
    Case("./proj --hash={aa1}", "point to directories", "hash-impossible", 1),
    Case("x @ git+https://localhost:1/x --hash={aa1}", "hash version control", "hash-impossible", 1),
    # Of several lines the first counts, but extras come last.
    Case("aa==1.0\naa==1.0 --hash={aa1}", NO_HASH, "hash-missing", 1),
    Case("aa>=1\naa==1.0 --hash={aa1}", NO_PIN, "hash-unpinned", 1),
    Case("aa[x]==1.0\naa==1.0 --hash={aa1}", NO_HASH),
    Case("aa==1.0 ; python_version < '3' --hash={aa1}\naa==1.0", NO_HASH, "hash-missing", 2),
    Case("aa==1.0 --hash={aa1}\naa==1.0"),
    Case("aa==1.0 --hash={aa1}\naa[x]"),
    Case("-c limits.txt"),
    Case("-c limits.txt\naa"),
    Case("-c limits.txt\naa[x]>=1"),
    Case("-c limits.txt\nbb==1.0", NO_HASH, "hash-missing", 2),
    Case("-c limits.txt\nbb", NO_PIN, "hash-unpinned", 2),
    Case("-e ./proj\naa==1.0 --hash={aa1}", "cannot be installed when requiring hashes", "hash-impossible", 1),
    Case("-e ./proj --hash={aa1}\naa"),
    Case("./proj\naa==1.0 --hash={aa1}", "point to directories", "hash-impossible", 1),
    Case("proj @ file:./proj\naa==1.0 --hash={aa1}", "point to directories", "hash-impossible", 1),
    Case("x @ git+https://localhost:1/x\naa==1.0 --hash={aa1}", "hash version control", "hash-impossible", 1),
    Case("-e git+https://localhost:1/x#egg=x\naa==1.0 --hash={aa1}", "requiring hashes", "hash-impossible", 1),
    Case("wheels/bb-1.0-py3-none-any.whl\naa==1.0 --hash={aa1}", NO_HASH, "hash-missing", 1),
    Case("wheels/bb-1.0-py3-none-any.whl --hash={bb1}\naa==1.0 --hash={aa1}"),
    Case("bb @ file:wheels/bb-1.0-py3-none-any.whl#{bb1=}\n--require-hashes"),
    Case(f"bb @ {W}bb-1.0.zip#sha256=00\n--require-hashes", OFFLINE),
    Case(f"bb @ {W}bb-1.0.zip\n--require-hashes", OFFLINE, "hash-missing", 1),
    Case("aa==1.0 --hash={aa1}\npip"),
    Case("aa==1.0 --hash={aa1}\npip==1.0", NOT_FOUND, "hash-missing", 2),
]

PATHS = [
    Case("./proj\n"),
    Case("proj/"),
    Case("./proj[x]"),
    Case("-e ./proj"),
    Case("-e proj"),
    Case("-e file:./proj"),
    Case("proj @ file:./proj"),
    Case("file:proj"),
    Case("file:.#subdirectory=proj"),
    Case("-r deep/base.txt", INVALID, "path-missing", 1),
    Case("./nope", INVALID, "path-missing", 1),
    Case("aa\n./nope ; sys_platform == 'win32'", INVALID, "path-missing", 2),
    Case("nope/x", INVALID, "path-missing", 1),
    Case("./plain", NOT_INSTALLABLE, "path-not-a-project", 1),
    Case("./plain ; sys_platform == 'win32'", NOT_INSTALLABLE, "path-not-a-project", 1),
    Case("plain/", NOT_INSTALLABLE, "path-not-a-project", 1),
    Case("plain", NOT_FOUND),
    Case(".", NOT_INSTALLABLE, "path-not-a-project", 1),
    Case("-e .", NO_PROJECT, "path-not-a-project", 1),
    Case("-e .[dev]", NO_PROJECT, "path-not-a-project", 1),
    Case("-e ./nope", NOT_EDITABLE, "path-missing", 1),
    Case("-e nope ; sys_platform == 'win32'", NOT_EDITABLE, "path-missing", 1),
    Case("-e ./plain", NO_PROJECT, "path-not-a-project", 1),
    Case("-e ./plain/x.py", NOT_EDITABLE, "path-not-a-project", 1),
    Case("./plain/x.py", INVALID, "path-not-a-project", 1),
    Case("-e file:./nope", NO_PROJECT, "path-missing", 1),
    Case("-e file:./nope#egg=x", NO_PROJECT, "path-missing", 1),
    Case("-e 'x @ file:./nope'", NO_PROJECT, "path-missing", 1),
    Case("-e \"x @ file:./nope ; sys_platform == 'win32'\""),
    Case("file:./plain", NO_PROJECT, "path-not-a-project", 1),
    Case("file:./proj#subdirectory=sub", NO_PROJECT, "path-not-a-project", 1),
    Case("wheels/aa-1.0-py3-none-any.whl"),
    Case("w/nope-1.0-py3-none-any.whl", NO_FILE, "path-missing", 1),
    Case("w/nope-1.0-py3-none-any.whl ; sys_platform == 'win32'"),
    Case("w/nope.tar.gz", NO_FILE, "path-missing", 1),
    Case("nope-1.0.zip ; python_version < '3'"),
    Case("nope @ file:nope", NO_FILE, "path-missing", 1),
    Case("nope @ file:///croot/nope_123/work", NO_FILE, "path-missing", 1),
    Case("nope @ file:///croot/nope_123/work ; sys_platform == 'win32'"),
    Case("nope @ file:///C:/ci/x", NO_FILE, "path-missing", 1),
    Case("/nope/x", INVALID, "path-missing", 1),
    Case("/nope/x-1.0.tar.gz", NO_FILE, "path-missing", 1),
    Case("-e /home/me/nope", NOT_EDITABLE, "path-missing", 1),
    Case("../nope", INVALID, "path-missing", 1),
    Case("-e ../nope", NOT_EDITABLE, "path-missing", 1),
    Case("C:/Users/x", INVALID, "path-missing", 1),
    Case("-e C:\\Users\\x", NOT_EDITABLE, "path-missing", 1),
    Case(".\\proj", INVALID, "path-missing", 1),
    Case("./nope#egg=x", INVALID, "invalid-line", 1),
    Case("-e ./broken", "TOMLDecodeError", "path-unreadable-project", 1),
    Case("./broken ; sys_platform == 'win32'"),
    Case("aa\n./merge", "TOMLDecodeError", "path-unreadable-project", 2),
    Case("-e ./narrow", "requires a different Python", "python-forbidden", 1),
    Case("aa\nproj @ file:./narrow", "requires a different Python", "python-forbidden", 2),
    Case("./narrow ; sys_platform == 'win32'"),
    Case("./bare", "missing-pyproject-build-system-requires", "path-unreadable-project", 1),
    Case("./wrong", "not a list of strings", "path-unreadable-project", 1),
]

PINS = [
    Case("aa==1.0\naa==2.0", IMPOSSIBLE, "pins-conflict", 2),
    Case("aa==1.0\nAA==2.0", IMPOSSIBLE, "pins-conflict", 2),
    Case("aa[x]==1.0\naa==2.0", IMPOSSIBLE, "pins-conflict", 2),
    Case("aa[x]==1.0\naa[y]==2.0", IMPOSSIBLE, "pins-conflict", 2),
    Case("aa (==1.0)\naa == 2.0", IMPOSSIBLE, "pins-conflict", 2),
    Case("aa==1.0\naa>=2", IMPOSSIBLE, "pins-conflict", 2),
    Case("aa!=1.0\naa==1.0", IMPOSSIBLE, "pins-conflict", 2),
    Case("aa~=1.0\naa==2.0", IMPOSSIBLE, "pins-conflict", 2),
    Case("aa==1.*\naa==2.0", IMPOSSIBLE, "pins-conflict", 2),
    Case("aa==1.0\naa\naa<1", IMPOSSIBLE, "pins-conflict", 3),
    Case("aa==1.0,==2.0", NOT_FOUND, "pins-conflict", 1),
    Case("aa==2.0\n-c old.txt", IMPOSSIBLE, "pins-conflict", 1),
    Case("-c old.txt\naa>=2", IMPOSSIBLE, "pins-conflict", 2),
    Case("aa==2.0\nwheels/aa-1.0-py3-none-any.whl", IMPOSSIBLE, "pins-conflict", 2),
    Case("aa @ file:wheels/aa-1.0-py3-none-any.whl\naa==2.0", IMPOSSIBLE, "pins-conflict", 2),
    Case("aa @ file:wheels/aa-1.0-py3-none-any.whl\naa>=1"),
    Case("aa\n-c old.txt\n-c new.txt", IMPOSSIBLE, "pins-conflict", 1),
    Case("bb\n-c old.txt\n-c new.txt"),
    Case("aa==1.0\naa==1.0"),
    Case("aa==1.0\naa==1"),
    Case("aa==v1.0\naa==1"),
    Case("aa===1.0\naa==1.0.0"),
    Case("aa\naa==1.0\naa>=1,<2"),
    Case("cc==1.0\ncc==1.0+cpu"),
    Case("cc==1.0\ncc==1.0+gpu", IMPOSSIBLE),
    Case("aa==1.0 ; python_version < '3'\naa==2.0"),
    Case("-c old.txt\nbb\naa==2.0 ; sys_platform == 'win32'"),
    Case("aa>=2\naa<2", IMPOSSIBLE, "pins-conflict", 2),
    Case("aa<2\n-c old.txt\naa>1.5", IMPOSSIBLE, "pins-conflict", 3),
    Case("aa==1.*\naa==2.*", IMPOSSIBLE, "pins-conflict", 2),
    Case("aa~=1.0\naa>=2", IMPOSSIBLE, "pins-conflict", 2),
    Case("aa>1\naa<=1", IMPOSSIBLE, "pins-conflict", 2),
    Case("aa>=1\naa<=1"),
    Case("aa>=1,<2\naa~=1.0\naa!=1.5"),
    Case("aa>1,<2\naa", NOT_FOUND),
    Case("aa==1.*\naa<1", IMPOSSIBLE),
    Case("wheels/aa-1.0-py3-none-any.whl\naa==1.0"),
]

LINKS = [
    Case("git@github.com:u/r.git", "No connection adapters", "link-unusable", 1),
    Case("ftp://localhost:1/a.zip", NO_ADAPTER, "link-unusable", 1),
    Case("a @ ssh://git@localhost/x/y", NO_ADAPTER, "link-unusable", 1),
    Case("a @ git://localhost/x/y", NO_ADAPTER, "link-unusable", 1),
    Case("a @ git+foo://localhost/x/y", NO_ADAPTER, "link-unusable", 1),
    Case("a @ git://localhost/x/y ; sys_platform == 'win32'"),
    Case("x @ git+https://localhost:1/x@", "empty revision", "link-unusable", 1),
    Case("a @ ./nope", "No scheme supplied", "link-unusable", 1),
    Case("a @ plain", "No scheme supplied", "link-unusable", 1),
    Case("a@b.zip", "No scheme supplied", "link-unusable", 1),
    Case("a @ https://localhost:1/a.zip", OFFLINE),
    Case("a @ HTTPS://localhost:1/a.zip", OFFLINE),
    Case("wheels/w-1-cp36-cp36m-win_amd64.whl", WHEEL, "wheel-unsupported", 1),
    Case(f"w @ {W}w-1-cp311-cp311-win_amd64.whl", WHEEL, "wheel-unsupported", 1),
    Case(f"w @ {W}w-1-cp311-cp311-win_amd64.whl ; sys_platform == 'win32'"),
    Case(f"{W}w-1-py2.py3-none-win_amd64.macosx_10_9_x86_64.whl", WHEEL, "wheel-unsupported", 1),
    Case(f"{W}w-1-cp311-cp311-musllinux_1_1_x86_64.whl", WHEEL, "wheel-unsupported", 1),
    Case(f"{W}w-1-py2-none-any.whl", WHEEL, "wheel-unsupported", 1),
    Case(f"{W}w-1-py312-none-any.whl", WHEEL, "wheel-unsupported", 1),
    Case(f"{W}w-1-cp39-none-any.whl", WHEEL, "wheel-unsupported", 1),
    Case(f"{W}w-1-cp3-none-any.whl", WHEEL, "wheel-unsupported", 1),
    Case(f"{W}w-1-cp39-cp39-manylinux2014_x86_64.whl", WHEEL, "wheel-unsupported", 1),
    Case(f"{W}w-1-cp311-cp311m-linux_x86_64.whl", WHEEL, "wheel-unsupported", 1),
    Case(f"{W}w-1-cp312-abi3-linux_x86_64.whl", WHEEL, "wheel-unsupported", 1),
    Case(f"{W}w-1-py3-abi3-linux_x86_64.whl", WHEEL, "wheel-unsupported", 1),
    Case(f"{W}w-1-pp39-pypy39_pp73-linux_x86_64.whl", WHEEL, "wheel-unsupported", 1),
    Case(f"{W}w-1-py39-none-any.whl", OFFLINE),
    Case(f"{W}w-1-cp311-none-any.whl", OFFLINE),
    Case(f"{W}w-1-cp39-abi3-manylinux2014_x86_64.whl", OFFLINE),
    Case(f"{W}w-1-2-cp310.cp311-cp310.cp311-linux_x86_64.whl", OFFLINE),
    Case(f"{W}w-1%2Bcpu-cp311-cp311-linux_x86_64.whl", OFFLINE),
]

LINES = [
    Case("aa\n--use-feature=2020-resolver", INVALID, "invalid-line", 2),
    Case("--use-feature=fast-deps\naa"),
    Case("--use-feature=truststore\naa"),
    Case("--trusted-host=\naa", "must include a host", "invalid-line", 1),
    Case("a @ https://[x/y", "Invalid IPv6 URL", "invalid-line", 1),
    Case("--find-links ./nope\naa"),
    Case("--no-index\n-f wheels\naa"),
    Case("-i nope\naa"),
    Case("--no-binary=:all: --only-binary=:all:\naa"),
    Case("aa==1.0;"),
    Case("-e git+https://localhost:1/x/y", "Could not detect requirement name", "invalid-line", 1),
    Case("-e .#egg=foo", NOT_EDITABLE, "invalid-line", 1),
    Case("nope.whl", "Invalid wheel filename", "invalid-line", 1),
    Case("nope @ https://localhost:1/nope.whl", "Invalid wheel filename", "wheel-unsupported", 1),
]

CASES = [*HASHES, *PATHS, *PINS, *LINKS, *LINES]


def faults(files: Mapping[str, str | bytes | Entry], platform: str = "heroku") -> tuple[Fault, ...]:
    chosen = load(platform)
    tree = Tree.of(files)
    build = Build(App(tree, tree), chosen, chosen.recommended_stack, dt.date(2026, 11, 24))
    return make_plan(build).install.faults


def filled(text: str, digests: Mapping[str, str]) -> str:
    for key, digest in digests.items():
        text = text.replace(f"{{{key}}}", f"sha256:{digest}").replace(f"{{{key}=}}", f"sha256={digest}")
    return text


def described(found: Fault) -> tuple[str, int]:
    """Topic and line; the line of the requirement where the fault stands in a pyproject.toml."""
    return found.topic, found.spans[-1 if found.topic.startswith(("path-", "python-")) else 0].line


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.text)
def test_the_plan_says_what_pip_said(case: Case) -> None:
    wheels = {f"wheels/{name}-{version}-py3-none-any.whl": "" for name, version in WHEELS}
    digests = dict.fromkeys(("aa1", "aa2", "bb1"), "0" * 64)
    files = {name: filled(text, digests) for name, text in {**BASE, **wheels, "requirements.txt": case.text}.items()}
    found = faults(files)
    assert [described(fault) for fault in found] == ([(case.topic, case.line)] if case.topic else [])
    assert all(fault.certain and fault.reason == "install-dependencies::pip" for fault in found)
    assert all(not fault.certain for fault in faults({**files, "runtime.txt": "python-2.7.8"}, "heroku-cedar"))


def one(files: Mapping[str, str | bytes | Entry]) -> Fault:
    (found,) = faults(files)
    return found


@pytest.mark.parametrize("line", ["-e ./vendor/core", "./core/vendor", "core/x-1.0.zip", "x @ file:///srv/core"])
def test_a_hook_that_speaks_of_the_path_may_make_it(line: str) -> None:
    files = {"requirements.txt": line, "bin/pre_compile": "git clone https://example.com/core"}
    assert not one(files).certain
    other = one({**files, "bin/pre_compile": "echo hello"})
    assert other.certain is not line.startswith("x")


def test_what_lies_behind_links_and_in_submodules_is_unknown() -> None:
    files: dict[str, str | bytes | Entry] = {
        "requirements.txt": "./sub\n./sub/core\n-e ./away/core\n./torn\n./pipe.zip\n-e ./half",
        "sub": Entry("", Kind.SUBMODULE),
        "away": Entry("", Kind.LINK, target="/srv/libs"),
        "torn": Entry("", Kind.UNKNOWN),
        "pipe.zip": Entry("", Kind.SPECIAL),
        "half/setup.py": Entry("", Kind.UNKNOWN),
    }
    assert faults(files) == ()


def test_a_fault_about_many_lines_points_at_all_of_them_and_at_what_asked() -> None:
    found = one({"requirements.txt": "aa==1\nbb==1 --hash=sha256:0\n-r more.txt\n", "more.txt": "cc==1\ndd==1"})
    assert [str(span) for span in found.spans] == [
        "requirements.txt:1:1",
        "more.txt:1:1",
        "more.txt:2:1",
        "requirements.txt:2:1",
    ]


@pytest.mark.parametrize(
    "version",
    [
        {".python-version": "3.9"},
        {".python-version": "nonsense"},
        {"runtime.txt": "python-3.9.1", ".python-version": ""},
    ],
)
def test_without_a_python_markers_about_it_are_unknown(version: dict[str, str]) -> None:
    lines = "aa==1 --hash=sha256:0\nbb==1 ; python_version >= '3'\n./w-1-cp36-cp36m-linux_x86_64.whl\n-e ./proj\n"
    project = '[project]\nname = "x"\nversion = "1"\nrequires-python = "<3"\n'
    text = lines.replace("aa==1 --hash=sha256:0\n", "")
    files = {"requirements.txt": text, "w-1-cp36-cp36m-linux_x86_64.whl": "", "proj/pyproject.toml": project}
    assert faults({**files, **version}) == ()


def test_half_a_merge_is_one_matter() -> None:
    text = "<<<<<<< HEAD\naa==1\n=======\naa==2\n>>>>>>> topic\nbb==1 --hash=sha256:0\n"
    assert {fault.topic for fault in faults({"requirements.txt": text})} == {"invalid-line"}


def test_a_thousand_lines_about_one_project() -> None:
    lines = [f"aa=={number}" for number in range(1000)]
    assert one({"requirements.txt": "\n".join(lines)}).topic == "pins-conflict"
    hashed = "\n".join(["aa==1"] * 1000 + ["aa==1 --hash=sha256:0"])
    assert faults({"requirements.txt": hashed}) == ()


@pytest.mark.parametrize(
    ("line", "certain"),
    [
        ("-e /app/core", False),
        ("x @ file:///usr/share/x", False),
        ("./../tmp/x", False),
        ("-e ../build_1/x", False),
        ("-e ..", False),
        ("x @ file:///opt/conda/conda-bld/x_1/work", True),
        ("x @ file:///tmp/build/80754af9/x_1/work", True),
        ("x @ file:///tmp/abs_0a1b/croots/x/work", True),
        ("x @ file:///opt/x", False),
        ("-e ../core", True),
        ("-e ../../core", True),
        ("-e ../../app/core", False),
    ],
)
def test_paths_out_of_the_app(line: str, certain: bool) -> None:
    found = one({"requirements.txt": line})
    assert (found.topic, found.certain) == ("path-missing", certain)


@pytest.mark.parametrize("marker", ["platform_machine == 'x86_64'", "platform_release > '1'"])
def test_markers_that_nobody_can_know(marker: str) -> None:
    text = f"aa==1 --hash=sha256:0\nbb==1 ; {marker}\ncc==1\ncc==2 ; {marker}\nx @ ftp://h/x ; {marker}\n"
    assert [fault.topic for fault in faults({"requirements.txt": text})] == ["hash-missing"]
    assert one({"requirements.txt": text}).spans[0].line == 3


def wheel(folder: Path, name: str, version: str) -> str:
    """Write a wheel and give its digest."""
    info = f"{name}-{version}.dist-info"
    path = folder / f"{name}-{version}-py3-none-any.whl"
    texts = {
        f"{name}.py": "",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nProvides-Extra: x\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/RECORD": "",
    }
    with zipfile.ZipFile(path, "w") as archive:
        for member, text in texts.items():
            archive.writestr(zipfile.ZipInfo(member, (2020, 1, 1, 0, 0, 0)), text)
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.skipif(not PIP, reason="DEPLOYLINT_PIP names no pip")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.text)
def test_pip_still_says_it(case: Case, tmp_path: Path) -> None:
    app = tmp_path / "app"
    (app / "wheels").mkdir(parents=True)
    digests = {f"{name}{version[0]}": wheel(app / "wheels", name, version) for name, version in WHEELS}
    for name, text in {**BASE, "requirements.txt": case.text}.items():
        (app / name).parent.mkdir(parents=True, exist_ok=True)
        (app / name).write_text(filled(text, digests), encoding="utf-8")
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LANG": "C.UTF-8", "PIP_CONFIG_FILE": os.devnull}
    command = [PIP, "install", "--dry-run", "--no-input", "--no-cache-dir", "--disable-pip-version-check"]
    command += ["--retries", "0", "--no-index", "--find-links", "wheels", "-r", "requirements.txt"]
    run = subprocess.run(command, cwd=app, env=environment, capture_output=True, text=True, check=False)
    output = run.stdout + run.stderr
    assert (run.returncode == 0) is (case.said == ""), output
    assert case.said in output
    named = re.search(r"\(?line ([0-9]+)\)?(?: of requirements|\)\)?)", output[output.find("ERROR") :])
    if named and case.topic and "-r deep" not in case.text and case.said not in (IMPOSSIBLE, NOT_FOUND):
        assert int(named[1]) == case.line, output
