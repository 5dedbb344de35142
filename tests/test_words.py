"""What findings say, where it depends on what was found: a piece of the message, or of the advice, of a rule's case."""

from __future__ import annotations

from functools import lru_cache

import pytest

from tests.cases import Case, all_cases
from tests.test_rules import findings_of


@lru_cache
def cases() -> dict[str, Case]:
    return {case.id: case for case in all_cases()}


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ("APP016: An export of uv.lock", "The build of an app that is made from this file will stop"),
        ("APP016: The configuration says what is set", "The build will stop: the buildpack moneymeets"),
        ("APP021: By name and by address", "The build of an app that is made from this file will stop"),
        ("APP021: The configuration says what is set", "The build will stop: the Python buildpack is named twice"),
        ("APP019: A file where the scripts go", ".profile.d is a file"),
        ("APP019: A folder with the name of the buildpack's script", ".profile.d/python.sh is a folder"),
        ("APP019: Links that lead nowhere", "a link that leads to no such place"),
        ("DJA008: A string from the environment", "`.split(',')` makes a list"),
        ("DJA012: A mail backend that nothing installs", "Each request to the process `web` that sends mail may end"),
        ("IMP001: Nobody provides it", "no package that requirements.txt installs provides it (pyyaml does)"),
        ("IMP001: In another version it might have come along", "no package that requirements.txt names is known to"),
        ("IMP001: Two processes reach it", "The processes `web` and `worker` will end as soon as they start"),
        ("IMP003: formatter on 3.10", "`ModuleNotFoundError: No module named 'formatter'`"),
        ("IMP003: A name that collections had", "`ImportError: cannot import name 'Mapping' from 'collections'`"),
        ("IMP003: A module of Python 2", "that is a module of Python 2, and the app runs on 3.14"),
        ("IMP003: No version is named, so an older app keeps its Python", "and a new app runs on 3.14"),
        ("PRO004: No blank after the colon", "a blank must follow the colon."),
        ("PRO004: A no-break space, copied from a web page", "looks like a blank, but is another character."),
        ("PRO004: Lines without which every process is there, or nearly", "no command follows the colon."),
        ("PRO005: Flask on its usual port", "it listens on port 5000, but"),
        ("PRO005: No port at all is Flask's 5000", "it listens on port 5000, the default of `Flask.run`, but"),
        ("PRO009: The same twice", "Remove it: both say the same."),
        ("PRO009: Two release lines", "Give it another name, remove it, or join both commands"),
        (
            "PRO012: Celery finds its app by itself, or says that there is none",
            "celery looks in bare/__init__.py for `app` and `celery`, for a module `celery` and for any other",
        ),
        ("PRO012: A factory of Flask, and none; FastAPI", "flask looks in bare.py for `app` and `application` and"),
        ("PRO012: A factory of Flask, and none; FastAPI", "`MODULE --app NAME`"),
        ("PRO014: An open quote", "in which `'` is never closed"),
        ("PRO015: A fixed port", "gunicorn listens on port 33507, and"),
        ("PRO015: Only the dyno itself can reach it", "on the loopback address only, its default, where"),
        ("PRO017: Flask's default", "on the loopback address only, the default of `Flask.run`, where"),
        ("PRO015: Only the dyno itself can reach it", "The web process may be killed after 60 seconds"),
        ("PRO015: A fixed port", "The web process will be killed after 60 seconds"),
        ("PRO025: uv run", "with `uv: command not found`"),
        ("PRO025: uv run", "Write the command without `uv run`"),
        ("PRO025: uv run", "Do in the build what needs it."),
        ("PRO036: A server without a name", "So there is no `web` process."),
        ("PYV003: A hook that writes the version", "The build will stop (unless bin/pre_compile changes that)"),
        ("PYV003: Pipenv's lock file names it", 'Set `python_version = "3.14"` in the Pipfile'),
        ("PYV009: Fir does not warn", "is not the newest 3.14: the app goes without"),
        ("PYV009: An old patch release", "the platform warns at each build, and the app goes without"),
        ("REQ011: What has no file to be hashed", "3 lines, this one first, install what has none"),
        ("REQ012: What conda and other computers leave behind", "and so for 2 more lines"),
        ("REQ020: An old Flask beside today's Jinja2", "beside jinja2>=3.1, which pip installs with it"),
        ("REQ020: Django of the year 2021 with the Python of today", "cannot be imported by Python >=3.13"),
        ("REQ022: gunicorn has no class for eventlet any more", "has had no such worker class since version 26.0"),
        ("SVC006: A platform that downloads none", "this platform does not install any"),
    ],
)  # fmt: skip
def test_what_is_said(case: str, said: str) -> None:
    found = cases()[case]
    own = [item for item in findings_of(found, found.tree) if item.rule == found.rule.code]
    assert any(said in text for item in own for text in (item.message, item.help))
