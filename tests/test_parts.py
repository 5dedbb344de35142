"""The data about what libraries leave to the app, and the uses that are found in a source."""

from __future__ import annotations

import ast

import pytest

from deploylint.facts.piprequirement import normalised
from deploylint.facts.python import Module
from deploylint.facts.uses import uses
from deploylint.knowledge import parts
from deploylint.knowledge.distributions import distribution
from deploylint.text import Text


def test_rows_speak_of_distributions_that_are_known() -> None:
    rows = parts.parts()
    assert {row.library for row in rows} == parts.libraries()
    for row in rows:
        assert distribution(row.library), row
        known = distribution(row.needs)
        assert known is not None, row
        assert known.imports, row
        assert normalised(row.needs) == row.needs
        assert row.kind in ("parameter", "field", "call", "import", "anywhere")
        assert bool(row.bases) == (row.kind == "field")
        # The newest version of the library does not bring it, or the row would be of the past.
        library = distribution(row.library)
        assert library is not None
        assert library.needs is not None
        assert not any(need.name == row.needs and not need.extra for need in library.needs), row


def found(source: str, kind: str, *words: str, bases: tuple[str, ...] = (), given: str = "") -> list[tuple[int, bool]]:
    module = Module("a.py", Text("a.py", source), ast.parse(source))
    return [(use.node.lineno, use.sure) for use in uses(module, kind, words, bases, given)]


ROUTE = "@app.post('/')\ndef x({0}): pass\n"


@pytest.mark.parametrize(
    ("head", "route", "expected"),
    [
        ("from fastapi import FastAPI, Form\napp = FastAPI()\n", "a=Form(...)", [(4, True)]),
        ("from fastapi import FastAPI, Form as F\napp = FastAPI()\n", "*, a: str = F()", [(4, True)]),
        ("import fastapi\napp = fastapi.FastAPI()\n", "a=fastapi.Form()", [(4, True)]),
        ("import fastapi as f\napp = f.FastAPI()\n", "a: Annotated[str, f.Form()]", [(4, True)]),
        ("from fastapi import Form\nfrom shop import app\n", "a=Form()", [(4, False)]),
        ("from shop import Form\nfrom shop import app\n", "a=Form()", []),
        ("from .fastapi import Form\nfrom shop import app\n", "a=Form()", []),
        ("from fastapi import FastAPI, Form\napp = FastAPI()\n", "a=Body()", []),
    ],
)
def test_a_parameter(head: str, route: str, expected: list[tuple[int, bool]]) -> None:
    assert found(head + ROUTE.format(route), "parameter", "fastapi.Form") == expected


def test_a_decorator_that_makes_no_route() -> None:
    head = "from fastapi import Form\nfrom shop import app\n"
    for decorator in ("app", "app.get", "app.post()", "app.post(path)", "app.command('/')", "app.post('name')"):
        assert found(f"{head}@{decorator}\ndef x(a=Form()): pass\n", "parameter", "fastapi.Form") == []


def test_a_field() -> None:
    source = (
        "import pydantic\n"
        "class A(pydantic.BaseModel):\n    a: int\n    b: list[pydantic.EmailStr]\n"
        "class B(A):\n    c: pydantic.EmailStr\n"
        "class C(D):\n    c: pydantic.EmailStr\n"
    )
    assert found(source, "field", "pydantic.EmailStr", bases=("pydantic.BaseModel",)) == [(4, True), (6, True)]


def test_a_call() -> None:
    source = "from a.b import C\nx = C()\nC()\ny: int = C(1)\ndef f(): C()\nif x: C()\nz = C\n"
    assert [line for line, _ in found(source, "call", "a.b.C")] == [2, 3, 4]


def test_a_call_with_an_argument() -> None:
    source = "from a.b import C\nC(x=True)\nC(x=False)\nC()\nC(y=True)\nC(x=['True', z])\nC(**x)\n"
    assert [line for line, _ in found(source, "call", "a.b.C", given="x=True")] == [2, 6]


def test_a_call_anywhere() -> None:
    source = "from a.b import C\nclass A:\n    x = [C()]\ndef f():\n    return C(1)\ny = C\n"
    assert found(source, "anywhere", "a.b.C") == [(3, False), (5, False)]
