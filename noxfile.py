"""The tests on every supported Python that is installed, and the package in every form that it is used in."""

from __future__ import annotations

import nox

nox.options.default_venv_backend = "venv"
nox.options.error_on_missing_interpreters = False

PYTHONS = ["3.10", "3.11", "3.12", "3.13", "3.14"]


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """The test suite."""
    session.install("--editable", ".[test]")
    session.run("python", "-m", "pytest", *session.posargs)
