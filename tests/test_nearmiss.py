from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploylint.app import App
from deploylint.facts.slugignore import slug
from deploylint.nearmiss import is_misspelling, near_misses, requirement_lists
from deploylint.spelling import distance
from deploylint.tree import Tree


@pytest.mark.parametrize(
    ("name", "wanted", "same"),
    [
        ("requirment.txt", "requirements.txt", True),
        ("requirements", "requirements.txt", True),
        ("requirements.text", "requirements.txt", True),
        ("Requirements.txt.txt", "requirements.txt", True),
        ("requirements-dev.txt", "requirements.txt", False),
        ("requirements_test.txt", "requirements.txt", False),
        ("requirements.in", "requirements.txt", False),
        ("requirements.lock", "requirements.txt", False),
        ("runtime.text", "runtime.txt", True),
        ("runtiem.txt", "runtime.txt", True),
        ("robots.txt", "runtime.txt", False),
        ("Profile", "Procfile", True),
        ("Procfile.dev", "Procfile", False),
        ("Dockerfile", "Procfile", False),
        ("Makefile", "Procfile", False),
        ("Pipfile", "Procfile", False),
    ],
)
def test_misspellings(name: str, wanted: str, same: bool) -> None:
    assert is_misspelling(name, wanted) is same


def test_all_kinds_in_order() -> None:
    tree = Tree.of(
        {
            "a/requirements.txt": "",
            "node_modules/x/requirements.txt": "",
            "a/b/c/requirements.txt": "",
            "REQUIREMENTS.TXT": "",
            "requirement.txt": "",
            "deps": "",
        },
        untracked=["requirements.txt"],
    )
    found = near_misses(App(tree, tree), "requirements.txt", ["deps"])
    assert [(miss.path, miss.how) for miss in found] == [
        ("requirements.txt", "untracked"),
        ("REQUIREMENTS.TXT", "case"),
        ("deps", "spelling"),
        ("requirement.txt", "spelling"),
        ("a/requirements.txt", "subfolder"),
    ]


def test_what_is_left_out_is_named_before_anything_else() -> None:
    tree = Tree.of({"Procfile": "", ".slugignore": "Procfile"})
    found = near_misses(App(slug(tree, ".slugignore"), tree), "Procfile")
    assert [(miss.path, miss.how) for miss in found] == [("Procfile", "left-out")]


WORD = st.text("abc", max_size=6)


@given(WORD, WORD)
def test_distance_is_one(one: str, other: str) -> None:
    assert distance(one, other) == distance(other, one)
    assert (distance(one, other) == 0) == (one == other)
    assert abs(len(one) - len(other)) <= distance(one, other) <= max(len(one), len(other))


def test_lists_into_which_requirements_are_split() -> None:
    names = ["requirements/local.txt", "requirements/production.txt", "requirements-dev.txt", "requirements/base.txt"]
    others = ["requirements/README.md", "requirements/old/prod.txt", "notes.txt", "api/requirements.txt"]
    tree = Tree.of(dict.fromkeys([*names, *others], ""))
    assert requirement_lists(App(tree, tree)) == [names[1], names[3], names[2], names[0]]
