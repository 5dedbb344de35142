"""Which series of Django is taken to be installed."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING

import pytest

from deploylint.engine import prepare
from deploylint.platform import load
from deploylint.steps.djangoversion import django_series
from deploylint.tree import Tree

if TYPE_CHECKING:
    from deploylint.knowledge.djangodata import Series


def series_of(files: dict[str, str]) -> Series | None:
    platform = load("heroku")
    return django_series(prepare(Tree.of(files), platform, platform.recommended_stack, dt.date(2026, 11, 24)))


@pytest.mark.parametrize(
    ("asked", "series"),
    [
        ("Django==4.2.16", (4, 2)),
        ("django===3.2", (3, 2)),
        ("Django==1.11.7", (1, 11)),
        ("Django~=4.2.1", (4, 2)),
        ("Django>=4.2,<5.0", (4, 2)),
        ("Django<4.2", (4, 1)),
        ("Django<=4.0.0", (4, 0)),
        ("Django<2", None),
        ("Django==4.*", (4, 2)),
        ("Django; python_version < '4'", None),
        ("Django @ https://example.com/django.zip", None),
        ("wagtail", None),
        ("Django==4.2\nDjango==4.2", None),
    ],
)
def test_requirements(asked: str, series: Series | None) -> None:
    assert series_of({"requirements.txt": f"{asked}\n"}) == series


def test_whatever_is_newest() -> None:
    newest = series_of({"requirements.txt": "Django\n"})
    assert newest is not None
    assert newest >= (5, 2)
    assert series_of({"requirements.txt": "Django>=4\n"}) == newest


def test_lock_files() -> None:
    block = '[[package]]\nname = "django"\nversion = "4.1.13"\n'
    assert series_of({"poetry.lock": block}) == (4, 1)
    assert series_of({"uv.lock": block}) == (4, 1)
    assert series_of({"uv.lock": '[[package]]\nname = "django-x"\nversion = "4.1.13"\n'}) is None
    lock = {"default": {"django": {"version": "==5.0.1"}}}
    assert series_of({"Pipfile.lock": json.dumps(lock)}) == (5, 0)
    assert series_of({"Pipfile.lock": json.dumps({"default": {"django": {"git": "x"}}})}) is None
    assert series_of({"Pipfile.lock": "[" * 100_000}) is None
    assert series_of({"Pipfile.lock": json.dumps(lock), "poetry.lock": block}) is None
    assert series_of({}) is None
