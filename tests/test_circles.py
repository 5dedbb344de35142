"""Imports in a circle: which name is asked for too early, and where nothing is said."""

from __future__ import annotations

import pytest

from deploylint.app import App
from deploylint.facts.bound import binding_lines
from deploylint.imports import PROGRAM, Finder, Found
from deploylint.imports.circles import circle
from deploylint.steps.reach import _has_circle
from deploylint.tree import Tree

FLASK = "from flask import Flask\n"


class Outside:
    """The standard library is `os`; `flask` is installed, and nothing else."""

    def has(self, module: str) -> bool | None:
        return module.partition(".")[0] in ("os", "flask")

    def is_standard(self, top: str) -> bool:
        return top == "os"

    def is_certain(self) -> bool:
        return True


def asked_too_early(files: dict[str, str], start: str = "a") -> str | None:
    tree = Tree.of({path: text.encode() for path, text in files.items()})
    app = App(tree, tree)
    first = Found(PROGRAM, "module", start) if start.endswith(".py") else start
    found = circle(app, Finder(app, ("",)), Outside(), (3, 13), first)
    return found and f"{found.module}.{found.name} in {found.steps[-1].path}:{found.steps[-1].place.line}"


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"a.py": "from b import y\nx = 1", "b.py": "from a import x\ny = 1"}, "a.x in b.py:1"),
        ({"a.py": "import b\nx = 1", "b.py": "from a import x"}, "a.x in b.py:1"),
        ({"a.py": "from b import y\ndef x(): pass", "b.py": "import os\nfrom a import x\ny = 1"}, "a.x in b.py:2"),
        ({"a.py": "from b import y\nx = 1", "b.py": "import c\ny = 1", "c.py": "from a import x"}, "a.x in c.py:1"),
        ({"a.py": "def f():\n    import b\nf()\nx = 1", "b.py": "from a import x"}, "a.x in b.py:1"),
        (
            {"a.py": "from c import f\nf()\nx = 1", "b.py": "from a import x", "c.py": "def f():\n import b"},
            "a.x in b.py:1",
        ),
        ({"a.py": FLASK + "Flask(1)\nimport b\nx = 1", "b.py": "from a import x"}, "a.x in b.py:1"),
        ({"a/__init__.py": "from a.b import y\nx = 1", "a/b.py": "from a import x\ny = 1"}, "a.x in a/b.py:1"),
        ({"a/__init__.py": "from .b import y\nx = 1", "a/b.py": "from . import x\ny = 1"}, "a.x in a/b.py:1"),
        # In time.
        ({"a.py": "x = 1\nfrom b import y", "b.py": "from a import x\ny = 1"}, None),
        ({"a.py": "import b\nx = 1", "b.py": "import a"}, None),
        ({"a.py": "from b import y\nx = 1", "b.py": "y = 1\ndef f():\n    from a import x"}, None),
        ({"a.py": "from b import y; x = 1", "b.py": "from a import x; y = 1"}, None),
        ({"a/__init__.py": "from a import b", "a/b.py": "from a import c", "a/c.py": "from a import b"}, None),
        ({"a/__init__.py": "from a import b\nc = 1", "a/b.py": "from a import c", "a/c.py": ""}, None),
        # Not certain.
        (
            {"a.py": "try:\n    from b import y\nexcept ImportError: pass\nx = 1", "b.py": "from a import x\ny = 1"},
            None,
        ),
        ({"a.py": "from b import y\nx = 1", "b.py": "if z: from a import x\ny = 1"}, None),
        ({"a.py": "from b import y\nx = 1", "b.py": "from a import *\ny = 1"}, None),
        ({"a.py": "from b import y\nfrom c import *\nx = 1", "b.py": "from a import x", "c.py": ""}, None),
        ({"a.py": "from b import y\nglobals()['z'] = 1\nx = 1", "b.py": "from a import x"}, None),
        ({"a.py": "from b import y\ndef f():\n    global x\nx = 1", "b.py": "from a import x"}, None),
        ({"a.py": "import c\nimport b\nx = 1", "b.py": "from a import x", "c.py": "if z: import b"}, None),
        ({"a.py": "if z: import b\nimport b\nx = 1", "b.py": "from a import x"}, None),
        ({"a.py": "import flask\nflask.setup()\nimport b\nx = 1", "b.py": "from a import x"}, None),
        ({"a.py": "from c import K\nK()\nimport b\nx = 1", "b.py": "from a import x", "c.py": "class K: pass"}, None),
        ({"a.py": "def f():\n import b\nif z: f()\nimport b\nx = 1", "b.py": "from a import x"}, None),
        # Something else ends it before.
        ({"a.py": "import gone\nimport b\nx = 1", "b.py": "from a import x"}, None),
        ({"a.py": "import c.gone\nimport b\nx = 1", "b.py": "from a import x", "c/__init__.py": ""}, None),
        ({"a.py": "from . import gone\nimport b\nx = 1", "b.py": "from a import x"}, None),
        ({"a.py": "import c\nimport b\nx = 1", "b.py": "from a import x", "c.py": "x = ("}, None),
        ({"a.py": "import b", "b.py": "from a import x"}, None),
    ],
)
def test_what_is_asked_for_too_early(files: dict[str, str], said: str | None) -> None:
    assert asked_too_early(files) == said


def test_a_program_is_another_module_than_its_file() -> None:
    files = {"a.py": "from b import y\nx = 1", "b.py": "from a import x\ny = 1"}
    assert asked_too_early(files, "a.py") == "b.y in a.py:1"
    assert (
        asked_too_early({"a.py": "x = 1\nfrom b import y", "b.py": "from a import x\ny = 1"}, "a.py") == "b.y in a.py:2"
    )
    assert asked_too_early({"a.py": "x = 1\nimport b", "b.py": "from a import x"}, "a.py") is None


def test_imports_without_end() -> None:
    files = {f"m{n}.py": f"import m{n + 1}\nx = 1" for n in range(300)} | {"m300.py": "from m0 import x"}
    assert asked_too_early(files, "m0") is None
    assert asked_too_early(files, "m250") is None


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("x = 1\ny = 2\nx = 3", [1, 3]),
        ("import x.y\nfrom z import a as x", [1, 2]),
        ("def x(): y = 1\nclass y:\n    x = 1", [1]),
        ("try: pass\nexcept E as x: pass\nfor x in y: pass\nwith y as x: pass\nif (x := 1): pass", [2, 3, 4, 5]),
        ("match y:\n    case [x]: pass\n    case {**x}: pass", [2, 3]),
        ("lambda: (x := 1)", []),
        ("from z import *", None),
        ("def f():\n    global x", None),
        ("x = (", None),
    ],
)
def test_where_a_name_is_bound(text: str, lines: list[int] | None) -> None:
    tree = Tree.of({"a.py": text.encode()})
    assert binding_lines(App(tree, tree).module("a.py"), "x") == lines


def test_whether_there_is_a_circle() -> None:
    chain = {str(n): {str(n + 1): "module"} for n in range(3000)}
    assert not _has_circle(chain)
    assert _has_circle({**chain, "3000": {"7": "module"}})
    assert not _has_circle({"a": {"b": "module", "c": "module"}, "b": {"c": "module"}, "c": {"d": "lost"}})
