"""What the hooks of an app install, as far as their commands say it in words."""

from __future__ import annotations

import datetime as dt

import pytest

from deploylint.engine import prepare
from deploylint.platform import load
from deploylint.steps.hookinstalls import installed_by_hooks
from deploylint.tree import Tree
from tests.test_plan import plan_of


def names(hook: str) -> list[str | None] | None:
    files = {"requirements.txt": "", "bin/post_compile": hook, "folder/setup.py": ""}
    found = installed_by_hooks(prepare(Tree.of(files), load("heroku"), "heroku-24", dt.date(2026, 11, 22)))
    return None if found is None else [one.name for one in found]


@pytest.mark.parametrize(
    ("hook", "expected"),
    [
        ("", []),
        ("npm install\necho install\n# pip install flask\n", []),
        ("pip install flask", ["flask"]),
        ("set -e\npip install --quiet Flask gunicorn==23.0.0 && echo done\n", ["flask", "gunicorn"]),
        ("python3 -m pip install -U pip", ["pip"]),
        ("pip3 install 'Django>=4,<5' \"redis[hiredis]\"", ["django", "redis"]),
        ("pip install -r more.txt", None),
        ("pip install more.txt", None),
        ("pip install folder", None),
        ("pip install .", None),
        ("pip install ./folder", None),
        ("pip install -e .", None),
        ("pip install $EXTRA", None),
        ("pip install flask \\\n  gunicorn", None),
        ("pip install django>=4", None),
        ("pip install git+https://example.com/shop.git", None),
        ("pip install shop-1.0-py3-none-any.whl", None),
        ("pip uninstall -y flask", None),
        ("sh install.sh", None),
        ("make install", None),
    ],
)
def test_what_hooks_install(hook: str, expected: list[str] | None) -> None:
    assert names(hook) == expected


@pytest.mark.parametrize(
    ("hook", "certain"),
    [("pip install -q gunicorn\n", [True]), ("pip install -q gunicorn flask\n", []), ("pip install -r more.txt\n", [])],
)
def test_the_rest_is_judged(hook: str, certain: list[bool]) -> None:
    files = {
        "requirements.txt": "requests\n", ".python-version": "3.13\n", "bin/post_compile": hook,
        "Procfile": "web: gunicorn app:app\n", "app.py": "import flask\napp = flask.Flask(__name__)\n",
    }  # fmt: skip
    assert [fault.certain for fault in plan_of(dict(files)).boot.faults] == certain
