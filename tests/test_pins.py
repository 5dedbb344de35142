"""The tool that asks what pinned versions need, and the data that it made."""

from __future__ import annotations

import re

import pins
import pytest

from deploylint import package
from deploylint.knowledge.distributions import PINS, exact, need


def test_a_portion_names_no_distribution_twice() -> None:
    found = list(pins.portions(["a==1", "a==2", "b==1", "a==3"]))
    assert found == [["a==1", "b==1"], ["a==2"], ["a==3"]]


def test_a_block_is_what_the_metadata_says() -> None:
    metadata = {
        "name": "Some.Thing",
        "version": "1.0",
        "requires_python": ">=3.8, <4",
        "requires_dist": ["Flask (>=2)", "redis>=5 ; extra == 'redis'"],
    }
    assert pins.block(metadata) == "some-thing 1.0\n python >=3.8,<4\n needs flask>=2\n needs[redis] redis>=5"
    assert pins.block({"name": "a", "version": "1", "requires_dist": ["b>dev"]}) == "a 1\n needs ?"


def test_the_data_is_sorted_and_can_be_read() -> None:
    head, *blocks = bytes(package.view(PINS)).decode().rstrip("\n").split("\n\n")
    assert head == pins.HEAD
    keys = ["==".join(block.partition("\n")[0].split(" ")) for block in blocks]
    assert keys == sorted(set(keys))
    assert {re.sub("[-_.]+", "-", pin.partition("==")[0]) for pin in pins.PINS.read_text().split()} == {
        key.partition("==")[0] for key in keys
    }
    for block in blocks:
        for line in block.splitlines()[1:]:
            key, _, value = line.strip().partition(" ")
            assert key == "python" or value == "?" or need(value) is not None


@pytest.mark.parametrize(
    ("name", "version", "python", "needs"),
    [
        ("flask", "1.1.2", ">=2.7,!=3.0.*,!=3.1.*,!=3.2.*,!=3.3.*,!=3.4.*", {"click", "jinja2", "werkzeug"}),
        ("numpy", "1.21.6", ">=3.7,<3.11", set()),
    ],
)
def test_what_is_known_of_a_version(name: str, version: str, python: str, needs: set[str]) -> None:
    found = exact(name, version)
    assert found is not None
    assert (found.name, found.version, found.python) == (name, version, python)
    assert needs <= {wanted.name for wanted in found.needs or ()}


def test_a_version_that_is_not_in_the_data() -> None:
    assert exact("flask", "0.0.1") is None
    assert exact("no-such-thing", "1") is None
