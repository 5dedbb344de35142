"""The import closure: what is reached, and what is not found on the way."""

from __future__ import annotations

from textwrap import dedent

import pytest

from deploylint.app import App
from deploylint.imports import Closure, Finder, Walk
from deploylint.tree import Entry, Kind, Tree

Files = dict[str, str | bytes | Entry]


class Outside:
    """The standard library is `os`, `installed` is there, `unsure` may be; nothing else is."""

    def has(self, module: str) -> bool | None:
        return {"os": True, "installed": True, "unsure": None}.get(module.partition(".")[0], False)

    def is_standard(self, top: str) -> bool:
        return top == "os"

    def is_certain(self) -> bool:
        return True


MISSING = ("name", "b", "c", True)


def maybe(module: str) -> tuple[str, str, str, bool]:
    return ("foreign", module, "", False)


def walk(files: Files, *roots: str) -> Walk:
    tree = Tree.of({path: dedent(text) if isinstance(text, str) else text for path, text in files.items()})
    app = App(tree, tree)
    return Walk(app, Finder(app, roots or ("",)), Outside(), (3, 13))


def said(closure: Closure) -> list[tuple[str, str, str, bool]]:
    return [(item.kind, item.module, item.name, item.certain) for item in closure.missing]


def chain(closure: Closure) -> list[tuple[str, int]]:
    (item,) = closure.missing
    return [(step.path, step.place.line) for step in item.steps]


def test_packages_are_imported_from_the_top() -> None:
    closure = (
        walk({"a/__init__.py": "", "a/b/__init__.py": "", "a/b/c.py": "import os, installed"})
        .from_modules(["a.b.c"])
        .closure
    )
    assert list(closure.visits) == ["a", "a.b", "a.b.c"]
    assert list(closure.foreign) == ["os", "installed"]
    assert closure.missing == ()


@pytest.mark.parametrize(
    ("files", "missing"),
    [
        ({"a.py": "import b"}, [("foreign", "b", "", True)]),
        ({"a.py": "import b.c"}, [("foreign", "b.c", "", True)]),
        ({"a.py": "import unsure"}, []),
        ({"a.py": "import b.c", "b/__init__.py": ""}, [("local", "b.c", "", True)]),
        ({"a.py": "from b import c", "b/__init__.py": ""}, [("name", "b", "c", True)]),
        ({"a.py": "from b import c", "b/__init__.py": "c = 1"}, []),
        ({"a.py": "from b import c", "b/__init__.py": "", "b/c.py": "import d"}, [("foreign", "d", "", True)]),
        ({"a.py": "from b import c", "b.py": "from d import *", "d.py": "c = 1"}, []),
        ({"a.py": "from b import c", "b.py": "from d import *", "d.py": "e = 1"}, [("name", "b", "c", True)]),
        ({"a.py": "from b import c", "b.py": "from installed import *"}, []),
        ({"a.py": "from b import c", "b.py": "globals()['c'] = 1"}, []),
        ({"a.py": "from b import c", "b.py": "x = ("}, []),
        ({"a.py": "from b import __version__", "b.py": ""}, []),
        ({"a.py": "from b import c", "b.py": "from d import *", "d.py": "from b import *"}, [("name", "b", "c", True)]),
        ({"a.py": "from b import c", "b.py": "from d import *", "d.py": "c = 1\n__all__ = ['e']\ne = 1"}, [MISSING]),
        ({"a.py": "from b import c", "b.py": "from d import *", "d.py": "c = 1\n__all__ = 'c', 'e'\ne = 1"}, []),
        ({"a.py": "from b import c", "b.py": "from d import *", "d.py": "c = 1\n__all__ = x"}, []),
        ({"a.py": "from b import c", "b.py": "from d import *", "d.py": "__all__ = []\n__all__.append('c')"}, []),
        ({"a.py": "from b import _c", "b.py": "from d import *", "d.py": "_c = 1"}, [("name", "b", "_c", True)]),
        ({"a.py": "from b import _c", "b.py": "from d import *", "d.py": "_c = 1\n__all__ = ['_c']"}, []),
        ({"a.py": "from b import _c", "b.py": "from d import *", "d.py": "globals()['__all__'] = x"}, []),
        (
            {
                "a.py": "from b import c",
                "b.py": "from d import *",
                "d/__init__.py": "from .c import x",
                "d/c.py": "x = 1",
            },
            [],
        ),
        ({"a.py": "from b import *", "b.py": "__all__ = ['c', 'e']\ne = 1"}, [MISSING]),
        (
            {"a.py": "from b import *", "b/__init__.py": "__all__ = ['c']", "b/c.py": "import d"},
            [("foreign", "d", "", True)],
        ),
        ({"a.py": "from . import b", "b.py": ""}, [("beyond", ".", "", True)]),
        ({"a.py": "import b.c", "b/__init__.py": "", "b/c.py": "from ..d import e"}, [("beyond", "..d", "", True)]),
        ({"a.py": "from b import c", "b/c.py": ""}, []),
        ({"a.py": "from b import d", "b/c.py": ""}, [("name", "b", "d", True)]),
        ({"a.py": "import installed.x", "installed/c.py": ""}, []),
        ({"a.py": "from installed import x", "installed.py": ""}, [("name", "installed", "x", True)]),
        ({"a.py": "from os import path", "os.py": ""}, []),
        ({"a.py": "import B", "b.py": ""}, [("foreign", "B", "", True)]),
        ({"a.py": "import b", "b.cpython-313-x86_64-linux-gnu.so": b""}, []),
        ({"a.py": "import b.c", "b": Entry("b", Kind.UNKNOWN)}, []),
        ({"a.py": "if x:\n    import b"}, [("foreign", "b", "", False)]),
        ({"a.py": "try:\n    import b\nexcept ImportError:\n    b = None"}, [("foreign", "b", "", False)]),
        (
            {"a.py": "try:\n    import b\nexcept ImportError:\n    b = 1", "b.py": "import c"},
            [("foreign", "c", "", False)],
        ),
        ({"a.py": "try:\n    import b\nexcept ImportError:\n    import c"}, [maybe("b"), ("foreign", "c", "", True)]),
        ({"a.py": "try:\n    import os\nexcept ImportError:\n    import c"}, [maybe("c")]),
        ({"a.py": "try:\n    import unsure\nexcept ImportError:\n    import c"}, [maybe("c")]),
        ({"a.py": "try:\n    import b\nexcept ImportError:\n    import c", "lib/b.py": ""}, [maybe("b"), maybe("c")]),
        ({"a.py": "try:\n    import b\nexcept ImportError:\n    if x: import c"}, [maybe("b"), maybe("c")]),
        ({"a.py": "if x:\n try:\n  import b\n except ImportError:\n  import c"}, [maybe("b"), maybe("c")]),
        ({"a.py": "try:\n    import b\nexcept Missing:\n    import c"}, [maybe("b"), maybe("c")]),
        ({"a.py": "try:\n    import b\nexcept ImportError:\n    raise"}, [("foreign", "b", "", True)]),
        ({"a.py": "try:\n    import b\nexcept ImportError:\n    sys.exit(1)"}, [("foreign", "b", "", True)]),
        ({"a.py": "try:\n    import b\nexcept ImportError:\n    if x: raise"}, [maybe("b")]),
        (
            {
                "a.py": "try:\n    import b\nexcept ImportError:\n"
                "    try:\n        import c\n    except ImportError:\n        import d"
            },
            [maybe("b"), maybe("c"), ("foreign", "d", "", True)],
        ),
        ({"a.py": "with suppress(ValueError):\n    import b"}, [("foreign", "b", "", True)]),
        ({"a.py": "with suppress(ImportError):\n    import b"}, [maybe("b")]),
        ({"a.py": "class K:\n    def __init__(self): import b\nK()"}, [("foreign", "b", "", True)]),
        ({"a.py": "class K(metaclass=M):\n    def __init__(self): import b\nK()"}, []),
        ({"a.py": "class K:\n    def f(self): import b\nK()"}, []),
        ({"a.py": "def f(g): import b\n@f\ndef h(): pass"}, [("foreign", "b", "", True)]),
        ({"a.py": "def f(): import b\ndef h(x=f(), *, y=1): pass"}, [("foreign", "b", "", True)]),
        ({"p/__init__.py": "", "a.py": "import_module('.x', __package__)"}, [("beyond", ".x", "", True)]),
        ({"a.py": "import_module('.x', 'p')"}, []),
        ({"a.py": "import_module('b.c')"}, [("foreign", "b.c", "", True)]),
        ({"a.py": "from b import c", "b.py": "c = 1\ndel c"}, [MISSING]),
        ({"a.py": "from b import c", "b.py": "c = 1\ndel c\nc = 2"}, []),
        ({"a.py": "from b import c", "b.py": "c = 1\nif x: del c"}, []),
        ({"a.py": "if sys.version_info < (3, 11):\n    import b"}, []),
        (
            {"a.py": "import b\nif x:\n    import c", "b.py": "import c", "c.py": "import d"},
            [("foreign", "d", "", True)],
        ),
        ({"a.py": "def f():\n    import b"}, []),
        ({"a.py": "def f():\n    import b\nx = f()"}, [("foreign", "b", "", True)]),
        ({"a.py": "def f():\n    g()\ndef g():\n    import b\nx = f()"}, [("foreign", "b", "", True)]),
        ({"a.py": "def f():\n    f()\nf()"}, []),
        ({"a.py": "from m import f\nf()", "m.py": "def f():\n    import b"}, [("foreign", "b", "", True)]),
        ({"a.py": "from m import f as g\ng()", "m.py": "def f():\n    import b"}, [("foreign", "b", "", True)]),
        ({"a.py": "import m\nm.f()", "m.py": "def f():\n    import b"}, [("foreign", "b", "", True)]),
        ({"a.py": "import m.n as k\nk.f()", "m/n.py": "def f():\n    import b"}, [("foreign", "b", "", True)]),
        ({"a.py": "import m.n\nm.n.f()", "m/n.py": "def f():\n    import b"}, [("foreign", "b", "", True)]),
        ({"a.py": "from m import n\nn.f()", "m/n.py": "def f():\n    import b"}, [("foreign", "b", "", True)]),
        ({"a.py": "import os\nos.f()\ng()"}, []),
    ],
)
def test_what_is_missing(files: Files, missing: list[tuple[str, str, str, bool]]) -> None:
    assert said(walk(files).from_modules(["a"]).closure) == missing


def test_relative_imports() -> None:
    files: Files = {
        "p/__init__.py": "from . import a",
        "p/a.py": "from .q.b import x\nfrom .gone import y",
        "p/q/__init__.py": "",
        "p/q/b.py": "from ..c import d\nfrom ...out import of\nx = 1",
        "p/c.py": "d = 1",
    }
    closure = walk(files).from_modules(["p"]).closure
    assert list(closure.visits) == ["p", "p.a", "p.q", "p.q.b", "p.c"]
    assert said(closure) == [("local", "p.gone", "", True), ("beyond", "...out", "", True)]


def test_a_program_is_in_no_package() -> None:
    closure = walk({"p/__init__.py": "", "p/main.py": "from . import x\nimport p"}).from_program("p/main.py").closure
    assert said(closure) == [("relative", ".", "", True)]
    assert list(closure.visits) == ["__main__", "p"]


def test_what_only_a_program_does() -> None:
    files: Files = {
        "a.py": "import os\nif __name__ == '__main__':\n    import b\n    main()\ndef main():\n    import c\n"
    }
    assert said(walk(files).from_program("a.py").closure) == [("foreign", "b", "", True), ("foreign", "c", "", True)]
    assert said(walk(files).from_modules(["a"]).closure) == []


def test_a_factory_is_called() -> None:
    files: Files = {"a.py": "def make():\n    import b\n"}
    assert said(walk(files).from_modules(["a"]).call("a", "make").closure) == [("foreign", "b", "", True)]
    assert said(walk(files).from_modules(["a"]).call("gone", "make").closure) == []


def test_the_chain_of_a_missing_module() -> None:
    files: Files = {"a.py": "\nimport b", "b/__init__.py": "", "b/c.py": "import gone\nx = 1"}
    files["b/__init__.py"] = "\n\nfrom .c import x"
    assert chain(walk(files).from_modules(["a"]).closure)[-3:] == [("a.py", 2), ("b/__init__.py", 3), ("b/c.py", 1)]


def test_folders_of_the_module_path_are_asked_in_order() -> None:
    files: Files = {"a.py": "import b", "lib/b.py": "import c", "lib/c.py": "", "c.py": "import gone"}
    assert said(walk(files, "", "lib").from_modules(["a"]).closure) == [("foreign", "gone", "", True)]
    assert said(walk(files, "lib", "").from_modules(["a"]).closure) == []
    assert said(walk(files, "").from_modules(["a"]).closure) == [("foreign", "b", "", True)]


def test_a_package_comes_before_a_module_and_a_module_before_a_folder() -> None:
    files: Files = {"b/__init__.py": "x = 1", "b.py": "y = 1", "c.py": "", "c/d.py": ""}
    finder = walk(files).finder
    found = [finder.find(name) for name in ("b", "c", "c.d")]
    assert [item and item.path for item in found] == ["b/__init__.py", "c.py", None]


def test_the_closure_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deploylint.imports.walk.LIMIT", 3)
    files: Files = {f"m{n}.py": f"import m{n + 1}" for n in range(9)}
    closure = walk(files).from_modules(["m0"]).closure
    assert closure.cut
    assert len(closure.visits) == 3


def test_what_lies_behind_a_link_out_of_the_app_is_unknown() -> None:
    files: Files = {
        "a.py": "import b.c, d.e, f\nfrom b import g\nfrom f import h\n",
        "b": Entry("", Kind.LINK, target="/srv/b"),
        "d/__init__.py": Entry("", Kind.LINK, target="../../d.py"),
        "d.py": "",
        "f.py": Entry("", Kind.LINK, target="../f.py"),
    }
    assert walk(files).from_modules(["a"]).closure.missing == ()


def test_stars_that_lead_on_and_on_come_to_an_end() -> None:
    files: Files = {f"m{n}.py": f"from m{n + 1} import *\nfrom m{n + 2} import *\n" for n in range(2000)}
    files |= {"m2000.py": "", "m2001.py": "last = 1\n", "a.py": "from m0 import last, gone\n"}
    assert said(walk(files).from_modules(["a"]).closure) == [("name", "m0", "gone", True)]


def test_a_name_of_thousands_of_dots_is_not_looked_for() -> None:
    files: Files = {"a.py": f"import b\nb.{'c.' * 400}d()\n", "b/__init__.py": ""}
    assert walk(files).from_modules(["a"]).closure.missing == ()


def test_sources_whose_imports_are_followed_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deploylint.app.IMPORTED_LIMIT", 20)
    files: Files = {f"m{n}.py": f"import m{n + 1}" for n in range(9)}
    closure = walk(files).from_modules(["m0"]).closure
    assert (list(closure.visits), closure.missing) == (["m0", "m1", "m2"], ())


def test_walks_over_one_app_do_not_mix_its_programs_up() -> None:
    files = {
        "a.py": "from helpers import run\nrun()",
        "b.py": "from others import run\nrun()",
        "helpers.py": "def run():\n    import first",
        "others.py": "def run():\n    import second",
    }
    tree = Tree.of(files)
    app = App(tree, tree)

    def missed(path: str) -> list[str]:
        found = Walk(app, Finder(app, ("",)), Outside(), (3, 13)).from_program(path).closure.missing
        return [item.module for item in found]

    assert [missed("a.py"), missed("b.py"), missed("a.py")] == [["first"], ["second"], ["first"]]


def test_what_may_be_reached_and_then_is() -> None:
    files: Files = {
        "a.py": "if x:\n    import p.b, gone, p.b, gone\nimport c\n",
        "c.py": "import p.b, gone\n",
        "p/__init__.py": "",
        "p/b.py": "def f():\n    import lost\nf()\n",
    }
    closure = walk(files).from_modules(["a"]).closure
    assert {name: visit.certain for name, visit in closure.visits.items()} == dict.fromkeys(
        ["a", "p", "p.b", "c"], True
    )
    assert sorted(said(closure)) == [("foreign", "gone", "", True), ("foreign", "lost", "", True)]
    assert [step.path for step in closure.visits["p.b"].steps] == ["a.py", "c.py"]
    assert [step.path for step in closure.sure["lost"]] == ["a.py", "c.py", "p/b.py", "p/b.py"]


def test_a_walk_that_started_as_another_takes_over_what_that_found() -> None:
    """It finds the same, goes on by itself, and the other one is as it was."""
    tree = Tree.of({"a.py": "import b", "b.py": "import nobody", "c.py": "import other", "manage.py": "import a"})
    app = App(tree, tree)
    finder, outside = Finder(app, ("",)), Outside()
    asked: list[str] = []

    def go(of: Walk, name: str) -> None:
        asked.append(name)
        of.from_modules([name])

    first, second, third = (Walk(app, finder, outside, (3, 13)).from_program("manage.py") for _ in range(3))
    first.once("a", lambda: go(first, "a"))
    second.once("a", lambda: go(second, "a"))
    assert asked == ["a"]
    assert second.closure == first.closure
    first.once("c", lambda: go(first, "c"))
    assert list(first.closure.visits) == ["__main__", "a", "b", "c"]
    assert list(second.closure.visits) == ["__main__", "a", "b"]
    # One that came by another way, or in which something else is installed, finds out for itself.
    third.from_modules(["c"])
    third.once("a", lambda: go(third, "a"))
    fourth = Walk(app, finder, Everything(), (3, 13)).from_program("manage.py")
    fourth.once("a", lambda: go(fourth, "a"))
    assert asked == ["a", "c", "a", "a"]
    assert fourth.closure.missing == ()


class Everything(Outside):
    """All modules are there."""

    def has(self, module: str) -> bool | None:
        return bool(module)
