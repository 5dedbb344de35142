"""The data about versions that cannot be imported, and what is asked of it."""

from __future__ import annotations

import pytest

from deploylint import package
from deploylint.compat import tomllib
from deploylint.facts.piprequirement import normalised
from deploylint.facts.releases import allows
from deploylint.knowledge import broken
from deploylint.knowledge.distributions import need
from tests.test_plan import Files, plan_of

ROWS = tomllib.loads(package.read(broken.FILE))["row"]
APP: Files = {"Procfile": "web: gunicorn app:app\n", "app.py": "from flask import Flask\napp = Flask(__name__)\n"}


def test_the_file_is_cut_at_its_rows() -> None:
    assert [row for name in sorted(broken.known()) for row in broken.rows(name)] == sorted(
        (broken.Row(**row) for row in ROWS), key=lambda row: row.name
    )
    assert broken.rows("requests") == ()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['name']}{row['versions']}")
def test_a_row_is_whole(row: dict[str, str]) -> None:
    assert row["name"] == normalised(row["name"])
    assert row["seen"]
    assert all(allows(row["versions"], version) for version in row["seen"].split())
    assert ("beside" in row) or ("python" in row)
    assert "without" not in row or "python" in row
    if "beside" in row:
        other = need(row["beside"])
        assert other is not None
        assert other.specifier.startswith(">=")
    assert row["error"].partition(":")[0] in ("ImportError", "ModuleNotFoundError")
    assert row["advice"].endswith(".")


@pytest.mark.parametrize(
    ("lines", "python", "expected"),
    [
        ("Flask==1.1.2\ngunicorn", "3.13", "error"),
        ("Flask==1.1.2\ngunicorn\nJinja2==3.0.3", "3.13", ""),
        ("Flask==1.1.2\ngunicorn\nJinja2==3.1.2", "3.13", "error"),
        ("Flask==1.1.2\ngunicorn\nJinja2<3.1", "3.13", ""),
        ("Flask==1.1.2\ngunicorn\nJinja2<4", "3.13", "error"),
        ("-c limits.txt\nFlask==1.1.2\ngunicorn", "3.13", ""),
        ("Flask<2\ngunicorn", "3.13", ""),
        ("Flask==2.0.3\ngunicorn", "3.13", "error"),
        ("Flask==2.0.3\ngunicorn\nWerkzeug==2.0.3", "3.13", ""),
        ("Flask==2.2.5\ngunicorn", "3.13", ""),
        ("Flask==1.1.2\ngunicorn\nJinja2==${JINJA}", "3.13", "warning"),
        ("Flask==1.1.2\ngunicorn\n--extra-index-url https://example.com/simple", "3.13", "warning"),
        ("Flask==1.1.2 ; python_version < '3'\ngunicorn\nFlask==3.1.2", "3.13", ""),
        ("Flask==1.1.2\ngunicorn\nzz-unknown==1", "3.13", "warning"),
        ("Flask\ngunicorn==20.1.0", "3.13", "error"),
        ("Flask\ngunicorn==20.1.0", "3.12", ""),
        ("Flask\ngunicorn==20.1.0\nsetuptools>=80", "3.12", "warning"),
        ("Flask\ngunicorn==20.1.0\nsetuptools==75.0", "3.13", ""),
    ],
)
def test_the_versions_that_pip_takes(lines: str, python: str, expected: str) -> None:
    files: Files = {
        **APP,
        "requirements.txt": f"{lines}\n",
        ".python-version": f"{python}\n",
        "limits.txt": "jinja2==3.0.3\n",
    }
    faults = [fault for fault in plan_of(files).boot.faults if fault.topic == "package-broken"]
    assert ["error" if fault.certain else "warning" for fault in faults] == ([expected] if expected else [])


def test_a_lock_file_and_a_platform_of_the_past_are_not_judged() -> None:
    files: Files = {**APP, "requirements.txt": "Flask==0.10\ngunicorn\n"}
    assert not [fault for fault in plan_of(files, "heroku-cedar").boot.faults if fault.topic == "package-broken"]


def test_the_platform_that_brings_no_setuptools() -> None:
    files: Files = {**APP, "requirements.txt": "Flask\ngunicorn==20.1.0\n", ".python-version": "3.12\n"}
    (fault,) = [fault for fault in plan_of(files, "heroku-fir").boot.faults if fault.topic == "package-broken"]
    assert fault.certain
    assert fault.detail["beside"] == "setuptools>=82"
