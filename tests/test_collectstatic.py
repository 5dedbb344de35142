"""What collectstatic does, as tables: the app → the platform's failure id, and the command that the plan shows."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from deploylint.engine import prepare
from deploylint.platform import load
from deploylint.steps.make import make_plan
from deploylint.tree import Tree
from tests.test_plan import Files, plan_of, reason

if TYPE_CHECKING:
    from deploylint.plan import Plan

MANAGE = 'import os\nimport django\n\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n'
AUTH = 'INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth"]\n'
APPS = "django.contrib.admin", "django.contrib.contenttypes", "django.contrib.staticfiles"
STATIC = f'INSTALLED_APPS = {[*APPS]}\nSTATIC_URL = "static/"\n'
ROOT = 'STATIC_ROOT = "staticfiles"\n'


def app(settings: str | None, **more: str) -> Files:
    files: Files = {"requirements.txt": "django\n", ".python-version": "3.13\n", "manage.py": MANAGE, **more}
    return files if settings is None else {**files, "shop/settings.py": settings}


@pytest.mark.parametrize(
    ("settings", "heroku", "fir", "cedar"),
    [
        (None, "collectstatic-other", "collectstatic-other", None),
        (AUTH, "collectstatic-other", None, None),
        (STATIC, "collectstatic-improper-configuration", "collectstatic-improper-configuration", None),
        (STATIC + ROOT, None, None, None),
        (
            STATIC + "STATIC_ROOT = None\n",
            "collectstatic-improper-configuration",
            "collectstatic-improper-configuration",
            None,
        ),
        (STATIC + "STATIC_ROOT = None\nfrom .local import *\n", "collectstatic-other", "collectstatic-other", None),
        (
            STATIC + "STATIC_ROOT = None\nfrom local_settings import *\n",
            "collectstatic-other",
            "collectstatic-other",
            None,
        ),
        (STATIC + "STATIC_ROOT = None\nif True:\n    STATIC_ROOT = 1\n", None, None, None),
    ],
)
def test_failure(settings: str | None, heroku: str | None, fir: str | None, cedar: str | None) -> None:
    assert reason(plan_of(app(settings), "heroku")) == heroku
    assert reason(plan_of(app(settings), "heroku-fir")) == fir
    assert reason(plan_of(app(settings, **{"runtime.txt": "python-3.4.1"}), "heroku-cedar")) == cedar


def test_fir_does_not_run_a_command_that_is_not_there() -> None:
    django = plan_of(app(AUTH), "heroku-fir").django.value
    assert django is not None
    assert django.collectstatic is None
    run = plan_of(app(STATIC + ROOT), "heroku-fir").django.value
    assert run is not None
    assert run.collectstatic == "python manage.py collectstatic --noinput"


@pytest.mark.parametrize(
    "more",
    [
        {"app.json": '{"env": {"DISABLE_COLLECTSTATIC": "1"}}'},
        {"app.json": '{"env": {"DJANGO_SETTINGS_MODULE": {"required": true}}}'},
        {"app.json": '{"buildpacks": [{"url": "https://example.com/brings-settings"}, {"url": "heroku/python"}]}'},
    ],
)
def test_what_the_repository_says_otherwise_is_no_failure_by_default(more: dict[str, str]) -> None:
    plan = plan_of(app(None, **more))
    assert [fault.topic for fault in plan.faults() if fault.reason == "collectstatic-other"] == ["settings-missing"]
    assert plan.failure is None


def test_it_is_a_warning_that_names_the_config_var() -> None:
    (fault,) = plan_of(app(None)).django.faults
    assert (fault.certain, fault.by_default) == (False, True)
    assert fault.detail["unless"] == "the config var DISABLE_COLLECTSTATIC"
    (fault,) = plan_of(app(None), "heroku-fir").django.faults
    assert fault.detail["unless"] == "the config var DJANGO_SETTINGS_MODULE"


def test_a_hook_that_speaks_of_the_settings_may_mend_them() -> None:
    plan = plan_of(app(STATIC, **{"bin/pre_compile": "#!/bin/sh\ncat deploy.py >> shop/settings.py\n"}))
    assert [fault.topic for fault in plan.django.faults] == ["static-root"]
    assert plan.failure is None


def configured(settings: str, *config_vars: str) -> Plan:
    platform = load("heroku")
    build = prepare(Tree.of(app(settings)), platform, platform.recommended_stack, dt.date(2026, 11, 24))
    return make_plan(build._replace(config_vars=config_vars))


NEEDS = f'import os\n{STATIC}{ROOT}KEY = os.environ["SECRET_KEY"]\n'


def without_variables(plan: Plan) -> str | None:
    """The reason of a build in which no config var is set, not even one that the app cannot do without."""
    faults = (
        fault for fault in plan.faults() if fault.certain or fault.by_default or fault.topic == "variable-missing"
    )
    return next((fault.reason for fault in faults), None)


def test_config_vars_that_the_configuration_says_are_set() -> None:
    assert without_variables(configured(NEEDS)) == "collectstatic-other"
    assert without_variables(configured(NEEDS, "SECRET_KEY")) is None
    assert without_variables(configured(NEEDS, "SECRET_KEY=x")) is None
    assert without_variables(configured(NEEDS, "OTHER")) == "collectstatic-other"
    assert reason(configured(NEEDS)) is None
    assert reason(configured(STATIC, "DISABLE_COLLECTSTATIC=1")) is None
    assert reason(configured(STATIC, "DISABLE_COLLECTSTATIC=0")) == "collectstatic-improper-configuration"
    assert reason(configured(STATIC, "DISABLE_COLLECTSTATIC")) is None
    other = configured(STATIC, "DJANGO_SETTINGS_MODULE=shop.production")
    assert other.django.value is not None
    assert other.django.value.settings_module == "shop.production"
    assert [fault.topic for fault in other.django.faults] == ["settings-missing"]


CLASSES = """from configurations import Configuration

class Base(Configuration):
    INSTALLED_APPS = ["django.contrib.admin", "django.contrib.contenttypes", "django.contrib.staticfiles"]
    STATIC_URL = "static/"

class Production(Base):
    STATIC_ROOT = "staticfiles"
"""


@pytest.mark.parametrize(
    ("chosen", "topics"), [("Base", ["static-root"]), ("Production", []), ("Gone", []), (None, [])]
)
def test_the_class_that_django_configurations_takes(chosen: str | None, topics: list[str]) -> None:
    named = f'os.environ.setdefault("DJANGO_CONFIGURATION", "{chosen}")\n' if chosen else ""
    files = app(CLASSES, **{"requirements.txt": "django\ndjango-configurations\n", "manage.py": MANAGE + named})
    assert [fault.topic for fault in plan_of(files).django.faults] == topics


def test_what_is_called_for_its_effect_alone_may_bind_names() -> None:
    use = f"{STATIC}{ROOT}HOSTS = [BASE_URL]\n"
    called = f"from others import import_settings\nimport_settings('others.settings')\n{use}"
    files = {"requirements.txt": "django\nothers\n"}
    assert [fault.topic for fault in plan_of(app(use)).django.faults] == ["settings-raise"]
    assert [fault.topic for fault in plan_of(app(called, **files)).django.faults] == []
