"""The evaluator of Python modules: what it knows equals what Python makes of them, what costs too much is Unknown."""

from __future__ import annotations

import pytest

from deploylint.facts.evaluate import World, evaluate
from deploylint.facts.settings import Candidate, candidates, locate, read_settings
from deploylint.facts.values import Alternatives, Items, Read, Unknown, plain
from deploylint.tree import Tree

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
    found = read_settings(Tree.of(SPLIT), "proj.settings.production", world=World(root="/app"))
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
    assert locate(tree, "proj.settings.production").path == "proj/settings/production.py"
    assert locate(tree, "proj.settings.Production").missing == "proj.settings.Production"


def test_a_list_with_something_unknown_begins_as_it_is_written() -> None:
    found = evaluate(Tree.of({"m.py": 'import x\nA = ["a"] + x.APPS\n'}), "m.py")
    value = found.get("A")
    assert value is None or type(value) in (Items, Unknown)
