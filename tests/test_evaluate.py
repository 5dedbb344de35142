"""The evaluator of Python modules: what it knows equals what Python makes of them, what costs too much is Unknown."""

from __future__ import annotations

import pickle
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from deploylint.facts.evaluate import evaluate
from deploylint.facts.settings import Candidate, candidates, settings_in
from deploylint.facts.values import Alternatives, Items, Read, Unknown, plain
from deploylint.facts.worlds import World
from deploylint.tree import Tree
from tests.programs import fits

if TYPE_CHECKING:
    from pathlib import Path

SPLIT = {
    "proj/__init__.py": "",
    "proj/settings/__init__.py": "",
    "proj/settings/base.py": (
        "import os\n"
        "from pathlib import Path\n"
        "BASE_DIR = Path(__file__).resolve().parent.parent.parent\n"
        'INSTALLED_APPS = ["a", "b"]\n'
        'STATIC_ROOT = os.path.join(BASE_DIR, "static")\n'
        'SECRET_KEY = os.environ["SECRET_KEY"]\n'
    ),
    "proj/settings/production.py": 'from .base import *\nDEBUG = False\nINSTALLED_APPS += ["c"]\n',
}


def test_split_settings_with_their_chain() -> None:
    found = settings_in(Tree.of(SPLIT), "proj.settings.production", World(root="/app"))
    assert found is not None
    assert found.installed_apps is not None
    assert plain(found.installed_apps) == ["a", "b", "c"]
    assert found.static_root is not None
    assert plain(found.static_root) == "/app/static"
    assert found.chain("STATIC_ROOT") == ("proj/settings/production.py", "proj/settings/base.py")
    assert type(found.secret_key) is Read
    assert [str(seen.read.where and seen.read.where.span) for seen in found.namespace.required] == [
        "proj/settings/base.py:6:14"
    ]
    assert found.bound("DEBUG") is True
    assert found.bound("TEMPLATES") is False


def test_both_outcomes_are_kept() -> None:
    source = 'import os\nA = ["x"]\nif os.environ.get("DEBUG"):\n    A.append("y")\n    B = 1\n'
    found = evaluate(Tree.of({"m.py": source}), "m.py")
    value = found.get("A")
    assert type(value) is Alternatives
    assert [plain(option) for option in value.options] == [["x", "y"], ["x"]]
    assert found.bound("B") is None


def test_a_missing_module_of_the_app_fails() -> None:
    found = evaluate(Tree.of({"p/__init__.py": "", "p/m.py": "from .local import *\n"}), "p/m.py")
    assert found.failure is not None
    assert found.failure.kind == "ModuleNotFoundError"
    guarded = evaluate(
        Tree.of({"p/__init__.py": "", "p/m.py": "try:\n    from .local import *\nexcept ImportError:\n    X = 1\n"}),
        "p/m.py",
    )
    assert guarded.failure is None
    assert guarded.bound("X") is True


@pytest.mark.parametrize(
    "source",
    [
        'X = "a" * 10**12',
        "X = 10**10**10",
        "X = [0] * 10**9",
        "X = 1 << 10**12",
        'X = "%1000000000d" % 1',
        'X = f"{1:1000000000}"',
        "X = [i for i in range(10**9)]",
        "X = sum(j for i in range(5000) for j in range(5000))",
        "def f(): return f()\nX = f()",
        "X = " + "-" * 3000 + "1",
        "X = 0\nwhile True:\n    X += 1\n    if X == 10**9:\n        break",
        'X = "ab"\nfor i in range(60):\n    X = X + X',
    ],
)
def test_what_costs_too_much_is_unknown(source: str) -> None:
    found = evaluate(Tree.of({"m.py": source}), "m.py")
    assert type(found.get("X")) is Unknown
    assert found.steps < 250_000


def test_modules_that_import_each_other() -> None:
    tree = Tree.of({"a.py": "from b import *\nX = 1\n", "b.py": "from a import *\nY = 2\n"})
    found = evaluate(tree, "a.py")
    assert {name: plain(binding.value) for name, binding in found.names.items()} == {"Y": 2, "X": 1}


def test_which_settings_module() -> None:
    source = 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "proj.settings.production")\n'
    tree = Tree.of({**SPLIT, "manage.py": source})
    (found,) = candidates(tree, "manage.py")
    assert found == Candidate("proj.settings.production", found.span, forced=False, certain=True)
    settings = settings_in(tree, "proj.settings.production", World())
    assert settings is not None
    assert settings.path == "proj/settings/production.py"
    assert settings_in(tree, "proj.settings.Production", World()) is None


def test_a_list_with_something_unknown_begins_as_it_is_written() -> None:
    found = evaluate(Tree.of({"m.py": 'import x\nA = ["a"] + x.APPS\n'}), "m.py")
    value = found.get("A")
    assert value is None or type(value) in (Items, Unknown)


IMPORTS = {
    "all": {"m.py": "from a import *\n", "a.py": "__all__ = ['X']\n__all__ += ['_Y']\nX = 1\n_Y = 2\nZ = 3\n"},
    "all with a name that is not there": {"m.py": "from a import *\n", "a.py": "__all__ = ['X']\n"},
    "all of a submodule": {
        "m.py": "from p import *\nA = 1\n",
        "p/__init__.py": "__all__ = ['s']\n",
        "p/s.py": "X = 1\n",
    },
    "all that is computed": {"m.py": "from a import *\n", "a.py": "X = 1\n__all__ = [n for n in dir() if n == 'X']\n"},
    "a library's names": {"m.py": "from string import *\nX = 1\nA = digits\n"},
    "a name that is not there": {"m.py": "from a import Y\n", "a.py": "X = 1\n"},
    "a name of a library that is not there": {"m.py": "from string import no_such_name\nX = 1\n"},
    "a module that is not there": {"m.py": "X = 1\nimport p.a\n", "p/__init__.py": ""},
    "below a module": {"m.py": "import a.b\n", "a.py": ""},
    "above the top": {"m.py": "import p.a\n", "p/__init__.py": "", "p/a.py": "from ... import x\n"},
    "relative without a package": {"m.py": "from .a import X\n", "a.py": "X = 1\n"},
    "submodules": {
        "m.py": "import p.a\nfrom p import b as c\nA = p.a.X + c.Y\n",
        "p/__init__.py": "",
        "p/a.py": "X = 1\n",
        "p/b.py": "Y = 2\n",
    },
    "a folder without __init__": {
        "m.py": "from q.a import X\nimport q\nA = q.a.X\nfrom q import a as B\nC = B.X\n",
        "q/a.py": "X = 1\n",
    },
    "nothing in a folder": {"m.py": "from q import nothing\n", "q/a.py": ""},
    "the module's own getattr": {"m.py": "from a import Y\nX = 1\n", "a.py": "def __getattr__(name):\n    return 5\n"},
    "a cycle": {"m.py": "import a\nX = a.Y\n", "a.py": "import m\nY = 1\n"},
    "a cycle that breaks": {"m.py": "from a import Y\nX = 1\n", "a.py": "from m import X\nY = 1\n"},
    "changed from elsewhere": {
        "m.py": "import a\na.X = 2\nA = a.X\na.L.append(1)\nfrom a import L\n",
        "a.py": "X = 1\nL = []\n",
    },
    "maybe": {"m.py": "import os\nif os.environ.get('NO'):\n    from a import *\nY = 1\n", "a.py": "X = 1\nY = 2\n"},
    "maybe over another": {
        "m.py": "import os\nX = 0\nif not os.environ.get('NO'):\n    from a import X\nY = X\n",
        "a.py": "X = 1\n",
    },
    "by name": {"m.py": "import importlib\na = importlib.import_module('a')\nA = a.X\n", "a.py": "X = 1\n"},
    "a syntax error": {"m.py": "try:\n    import a\nexcept SyntaxError:\n    X = 1\n", "a.py": "def (\n"},
    "an error in the other": {"m.py": "try:\n    import a\nexcept KeyError:\n    X = 1\n", "a.py": "{}['x']\n"},
    "again after an error": {
        "m.py": "for n in (1, 2):\n    try:\n        import a\n    except KeyError:\n        X = n\n",
        "a.py": "{}['x']\n",
    },
    "inside a function": {"m.py": "def f():\n    from a import X\n    return X\nA = f()\n", "a.py": "X = 1\n"},
    "the package's names": {
        "m.py": "from p import *\nA = X\n",
        "p/__init__.py": "from .a import *\nfrom . import a\nY = a.X\n",
        "p/a.py": "X = 1\n",
    },
    "as": {"m.py": "import p.a as z\nA = z.X, z.__name__\n", "p/__init__.py": "", "p/a.py": "X = 1\n"},
    "a module replaced": {"m.py": "import sys, a\nsys.modules['a'] = sys\nX = 1\n", "a.py": "Y = 1\n"},
}
SHOW = (
    "import pickle, sys\nsys.path.insert(0, '')\ntry:\n    import m\n    raised = []\nexcept Exception as error:\n"
    "    raised = [kind.__name__ for kind in type(error).__mro__]\n"
    "shown = (int, str, list, tuple)\n"
    "names = {} if raised else {n: v if isinstance(v, shown) else repr(v) for n, v in vars(m).items()}\n"
    "sys.stdout.buffer.write(pickle.dumps((raised, names)))"
)


@pytest.mark.parametrize("name", IMPORTS)
def test_imports_are_those_of_python(name: str, tmp_path: Path) -> None:
    for path, source in IMPORTS[name].items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(source, encoding="utf-8")
    command = [sys.executable, "-B", "-c", SHOW]
    done = subprocess.run(command, cwd=tmp_path, env={}, capture_output=True, check=True, timeout=60)
    raised, names = pickle.loads(done.stdout)
    for world in (World(), World(closed=True, root=str(tmp_path), python=sys.version_info[:2])):
        found = evaluate(Tree.of(IMPORTS[name]), "m.py", world)
        assert found.failure is None or found.failure.kind in raised
        for bound, binding in found.names.items():
            if not raised:
                assert bound in names or not binding.certain
                assert bound not in names or fits(binding.value, names[bound], str(tmp_path))
        shown = {name for name in names if not name.startswith("__")}
        assert [bound for bound in sorted(shown) if found.bound(bound) is False] == []


def test_each_setting_by_its_name() -> None:
    names = [
        "INSTALLED_APPS",
        "MIDDLEWARE",
        "STATIC_ROOT",
        "STATIC_URL",
        "STATICFILES_DIRS",
        "STORAGES",
        "STATICFILES_STORAGE",
        "ROOT_URLCONF",
        "WSGI_APPLICATION",
        "ALLOWED_HOSTS",
        "DEBUG",
        "SECRET_KEY",
        "DATABASES",
        "TEMPLATES",
        "AUTH_USER_MODEL",
        "MEDIA_ROOT",
    ]
    source = "".join(f"{name} = {name.lower()!r}\n" for name in names)
    found = settings_in(Tree.of({"s.py": source}), "s", World())
    assert found is not None
    for line, name in enumerate(names, start=1):
        assert plain(getattr(found, name.lower())) == name.lower()
        assert str(found.span(name)).startswith(f"s.py:{line}:")
    assert found.span("NOTHING") is None
    assert found.chain("NOTHING") == ()
    assert settings_in(Tree.of({}), "s", World()) is None


def test_what_names_the_settings_module() -> None:
    key = '"DJANGO_SETTINGS_MODULE"'
    source = (
        f'import os\nos.environ[{key}] = "a"\nif os.environ.get("X"):\n    os.environ.setdefault({key}, "b")\n'
        f'if __name__ == "__main__":\n    os.environ.setdefault({key}, "c" if 1 else "d")\n    os.environ["O"] = "o"\n'
        f'os.environ.setdefault({key}, "p." + "s")\nos.environ.setdefault("OTHER", "x")\n'
    )
    found = candidates(Tree.of({"wsgi.py": source}), "wsgi.py")
    assert [(one.name, one.forced, one.certain) for one in found] == [
        ("a", True, True),
        ("b", False, False),
        ("c", False, False),
        ("d", False, False),
        (None, False, True),
    ]
    assert candidates(Tree.of({"wsgi.py": "def ("}), "wsgi.py") == ()
    assert settings_in(Tree.of({"a.so": ""}), "a", World()) is None
