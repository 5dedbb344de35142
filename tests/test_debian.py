"""What Debian's packages tell of distributions: the tool on indices made here, and the table that it wrote."""

from __future__ import annotations

import debian as tool
import pytest

from deploylint import package
from deploylint.knowledge import debian
from deploylint.knowledge.distributions import distribution, providers

CONTENTS = """\
usr/bin/shop                                            python/python3-shop
usr/lib/python3/dist-packages/My.Shop-1.2.egg-info/PKG-INFO   python/python3-shop
usr/lib/python3/dist-packages/shop/__init__.py          python/python3-shop
usr/lib/python3/dist-packages/shop/cart.py              python/python3-shop
usr/lib/python3/dist-packages/_shop.cpython-311-x86_64-linux-gnu.so  python/python3-shop
usr/lib/python3/dist-packages/tests/__init__.py         python/python3-shop
usr/lib/python3/dist-packages/till-0.9.dist-info/METADATA   python/python3-till,python/python3-till-extra
usr/lib/python3/dist-packages/till/__init__.py          python/python3-till
usr/lib/python3/dist-packages/rare-1.0.dist-info/METADATA   python/python3-rare
usr/lib/python3/dist-packages/rare.py                   python/python3-rare
usr/lib/python3/dist-packages/one-1.dist-info/METADATA  python/python3-two
usr/lib/python3/dist-packages/other-1.dist-info/METADATA  python/python3-two
usr/lib/python3/dist-packages/one.py                    python/python3-two
usr/lib/python3/dist-packages/bare.py                   python/python3-bare
"""
PACKAGES = """\
Package: python3-shop
Depends: python3 (<< 3.12), python3-till (>= 0.9) | python3-rare, python3-two, python3:any
Description: Recommends: python3-bare

Package: python3-till
Recommends: python3-shop
"""
POPULAR = frozenset({"my-shop", "till", "one", "other"})


def test_from_indices_to_tables() -> None:
    assert tool.tables(CONTENTS.splitlines(), PACKAGES.splitlines(), POPULAR, "buster") == {
        "debian.txt": "# deploylint debian 1\n# buster: 2 distributions, 3 import names\n"
        "my-shop _shop shop | till\ntill till\n",
        "debian-modules.txt": "# deploylint debian 1\n# buster: 2 distributions, 3 import names\n"
        "_shop my-shop\nshop my-shop\ntill till\n",
    }


@pytest.mark.parametrize("file", [debian.DISTRIBUTIONS, debian.MODULES])
def test_the_tables_are_in_order(file: str) -> None:
    head, count, *lines = bytes(package.view(file)).decode().splitlines()
    assert head == tool.FORMAT == debian.FORMAT
    assert lines == sorted(lines, key=str.encode)
    assert f" {len(lines)} " in count
    assert len({line.partition(" ")[0] for line in lines}) == len(lines)


def test_both_tables_tell_the_same() -> None:
    lines = [line.split(" ") for line in bytes(package.view(debian.MODULES)).decode().splitlines()[2:]]
    told = {(name, module) for module, *names in lines for name in names}
    names = [line.partition(" ")[0] for line in bytes(package.view(debian.DISTRIBUTIONS)).decode().splitlines()[2:]]
    assert told == {(name, module) for name in names for module in debian.imports(name)}


def test_the_distributions_own_metadata_agrees() -> None:
    """Of those that both describe, at most one in fifty brings a module in Debian that its metadata does not name."""
    both = [
        (found, debian.imports(name))
        for line in bytes(package.view(debian.DISTRIBUTIONS)).decode().splitlines()[2:]
        if (found := distribution(name := line.partition(" ")[0])) and found.imports
    ]
    assert len(both) > 300
    other = [
        found.name
        for found, brought in both
        if not {module.partition(".")[0] for module in brought}
        <= {module.partition(".")[0] for module in (found.imports or ()) + found.accidental}
    ]
    assert len(other) * 50 <= len(both), other


def test_look_up() -> None:
    assert debian.imports("mccabe") == ("mccabe",)
    assert debian.imports("no-such-thing") == ()
    assert debian.providers("emoji.core") == ("emoji",)
    assert debian.providers("nobody.has.this") == ()
    assert "astroid" in debian.reach(["pylint"])
    assert "pylint" not in debian.reach(["pylint"])
    assert debian.reach(["no-such-thing"]) == frozenset()


def test_the_distributions_own_metadata_comes_first() -> None:
    assert providers("yaml") == ("pyyaml",)
    assert providers("emoji") == ("emoji",)
