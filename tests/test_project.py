"""What the project in the root asks for, by its own files."""

from __future__ import annotations

import pytest

from deploylint.facts.project import requirements_of
from deploylint.tree import Tree

IMPORT = "from setuptools import setup\n"
CALL = IMPORT + "setup()\n"
PROGRAM = IMPORT + "setup(**made())\n"
PROJECT = '[project]\nname = "a"\n'
POETRY = """[tool.poetry.dependencies]
python = "^3.12"
a = "^0.2.1"
b = "~1.2.3"
c = "~1"
d = "1.2"
e = "*"
f = {version = "^1.2", extras = ["x"]}
g = {git = "https://example.org/g"}
h = {version = "1", optional = true}
i = ">=1, <3"
j = "^1 || ^2"
"""
OF_POETRY = ("a>=0.2.1,<0.3", "b>=1.2.3,<1.3", "c>=1,<2", "d==1.2", "e", "f>=1.2,<2", "g", "i>=1,<3", "j")


@pytest.mark.parametrize(
    ("files", "wanted"),
    [
        ({"setup.py": IMPORT + "setup(install_requires=['flask', 'celery>=5'])\n"}, ("flask", "celery>=5")),
        ({"setup.py": IMPORT + "NEEDS = ('flask',)\nsetup(install_requires=NEEDS)\n"}, ("flask",)),
        ({"setup.py": CALL}, ()),
        ({"setup.py": IMPORT + "NEEDS = ['flask']\nNEEDS += more\nsetup(install_requires=NEEDS)\n"}, None),
        ({"setup.py": IMPORT + "setup(install_requires=open('needs.txt').read().split())\n"}, None),
        ({"setup.py": PROGRAM}, None),
        ({"setup.py": "print 'two'\n"}, None),
        ({"setup.py": CALL, "setup.cfg": "[options]\ninstall_requires =\n    flask\n    # no\n"}, ("flask",)),
        ({"setup.py": CALL, "setup.cfg": "[options]\ninstall_requires = flask; celery\n"}, ("flask", "celery")),
        ({"setup.py": CALL, "setup.cfg": "[options]\ninstall_requires = file: needs.txt\n"}, None),
        ({"setup.py": CALL, "setup.cfg": "no section\n"}, None),
        ({"pyproject.toml": PROJECT + 'dependencies = ["flask"]\n', "setup.py": PROGRAM}, ("flask",)),
        ({"pyproject.toml": PROJECT}, ()),
        ({"pyproject.toml": PROJECT + 'dynamic = ["dependencies"]\n', "setup.py": PROGRAM}, None),
        ({"pyproject.toml": '[tool.setuptools.dynamic]\ndependencies = {file = ["needs.txt"]}\n'}, None),
        ({"pyproject.toml": POETRY}, OF_POETRY),
        ({"pyproject.toml": "[project\n"}, None),
        ({"app.py": ""}, None),
    ],
)
def test_what_a_project_asks_for(files: dict[str, str], wanted: tuple[str, ...] | None) -> None:
    assert requirements_of(Tree.of(files)) == wanted
