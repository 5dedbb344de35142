"""Which settings the deployed web process reads: only what nothing can change is claimed."""

from __future__ import annotations

import json

import pytest

from deploylint.engine import prepare
from deploylint.platform import load
from deploylint.steps.deployed import certainly, deployed, entry, texts
from deploylint.steps.make import make_plan
from deploylint.tree import Tree
from tests.cases import TODAY

WSGI = "import os\nfrom django.core.wsgi import get_wsgi_application\n{}\napplication = get_wsgi_application()\n"
DEFAULT = 'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")'
FORCED = 'os.environ["DJANGO_SETTINGS_MODULE"] = "shop.settings"'
OTHER = {"shop/live.py": "from shop.settings import *\nDEBUG = False\n"}


def asked(files: dict[str, str]) -> tuple[str, object] | None:
    platform = load("heroku")
    build = prepare(Tree.of(dict(files)), platform, platform.recommended_stack, TODAY)
    found = deployed(build, make_plan(build))
    return None if found is None else (found.settings.module, certainly(found.settings.debug))


def base(naming: str = DEFAULT) -> dict[str, str]:
    return {
        "requirements.txt": "django\ngunicorn\n",
        "Procfile": "web: gunicorn shop.wsgi\n",
        "shop/__init__.py": "",
        "shop/wsgi.py": WSGI.format(naming),
        "shop/settings.py": "DEBUG = True\n",
    }


def test_the_one_that_wsgi_names() -> None:
    assert asked(base()) == ("shop.settings", (True,))


def test_the_one_that_the_command_names() -> None:
    command = "web: env DJANGO_SETTINGS_MODULE=shop.live gunicorn shop.wsgi\n"
    assert asked({**base(), **OTHER, "Procfile": command}) == ("shop.live", (False,))


def test_the_one_that_gunicorn_is_given() -> None:
    command = "web: gunicorn --env=DJANGO_SETTINGS_MODULE=shop.live shop.wsgi\n"
    assert asked({**base(), **OTHER, "Procfile": command}) == ("shop.live", (False,))


def test_the_one_that_runserver_is_given() -> None:
    manage = "import os, sys\n" + DEFAULT + "\nfrom django.core.management import execute_from_command_line\n"
    command = "web: python manage.py runserver --settings shop.live\n"
    assert asked({**base(), **OTHER, "manage.py": manage, "Procfile": command}) == ("shop.live", (False,))


def test_a_variable_may_name_others() -> None:
    assert asked({**base(), **OTHER}) is None
    assert asked({**base(FORCED), **OTHER}) == ("shop.settings", (True,))


@pytest.mark.parametrize(
    "more",
    [
        {"app.json": json.dumps({"env": {"DJANGO_SETTINGS_MODULE": "shop.settings"}})},
        {".profile": "export DJANGO_SETTINGS_MODULE=shop.live\n"},
        {"shop/wsgi.py": WSGI.format(DEFAULT + '\nos.environ.setdefault("DJANGO_CONFIGURATION", "Live")')},
        {"shop/wsgi.py": WSGI.format(DEFAULT + '\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.live")')},
        {"shop/wsgi.py": WSGI.format(f'if os.environ.get("X"):\n    {DEFAULT}')},
        {"shop/wsgi.py": WSGI.format('os.environ.setdefault("DJANGO_SETTINGS_MODULE", os.environ["X"])')},
        {"gunicorn.conf.py": 'raw_env = ["DJANGO_SETTINGS_MODULE=shop.live"]\n'},
        {"shop/settings.py": "DEBUG = True\nraise ValueError\n"},
        {"shop/settings.py": "DEBUG = (\n"},
        {"shop/config_live.py": "INSTALLED_APPS = []\n"},
        {"Procfile": "worker: gunicorn shop.wsgi\n"},
        {"Procfile": "web: DJANGO_SETTINGS_MODULE=shop.none gunicorn shop.wsgi\n"},
    ],
    ids=" ".join,
)
def test_where_it_is_not_certain_nothing_is_claimed(more: dict[str, str]) -> None:
    assert asked({**base(), **more}) is None


def test_in_a_folder_of_the_app() -> None:
    files = {f"web/{path}" if path.startswith("shop/") else path: text for path, text in base().items()}
    files["Procfile"] = "web: gunicorn --chdir web shop.wsgi\n"
    assert asked(files) == ("shop.settings", (True,))


def test_values() -> None:
    source = (
        'import os\nA = [] if os.environ.get("X") else ["a"]\n'
        'B = {"x": {"y": 1}}\nC = ["a", os.environ["X"]]\nD = "a"\n'
    )
    platform = load("heroku")
    files = {**base(), "shop/settings.py": source}
    build = prepare(Tree.of(dict(files)), platform, platform.recommended_stack, TODAY)
    found = deployed(build, make_plan(build))
    assert found is not None
    get = found.settings.get
    assert texts(get("A")) == ("a",)
    assert texts(get("C")) is None
    assert texts(get("D")) is None
    assert texts(get("MISSING")) is None
    assert certainly(entry(get("B"), "x", "y")) == (1,)
    assert entry(get("B"), "y") is None
    assert entry(get("C"), "y") is None
    assert certainly(get("C")) is None
    assert certainly(get("MISSING")) == ()
    assert found.chain == {"shop/settings.py"}
    assert set(found.sources) >= {"shop/settings.py", "shop/wsgi.py"}
