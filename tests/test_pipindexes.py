"""Indexes that pip passes over, and passwords in addresses."""

from __future__ import annotations

import pytest

from deploylint.facts.pipfiles import read_requirements
from deploylint.facts.pipindexes import ignored_index, logins
from deploylint.tree import Tree


@pytest.mark.parametrize(
    ("lines", "ignored"),
    [
        ("-i http://packages.example.com/simple", True),
        ("-i http://packages.example.com:8080/simple", True),
        ("-i HTTP://packages.example.com/simple", True),
        ("--index-url=http://packages.example.com/simple --trusted-host packages.example.com", False),
        ("-i http://packages.example.com:8080/simple\n--trusted-host packages.example.com:8080", False),
        ("-i http://packages.example.com:8080/simple\n--trusted-host packages.example.com", False),
        ("-i http://localhost:8080/simple", False),
        ("-i http://127.0.0.1/simple", False),
        ("-i https://packages.example.com/simple", False),
        ("-i ${INDEX}", False),
        ("-i http://packages.example.com/simple\n-i https://packages.example.com/simple", False),
        ("-i http://packages.example.com/simple\n--find-links wheels", False),
        ("-i ./folder", False),
        ("flask", False),
    ],
)
def test_an_index_that_pip_passes_over(lines: str, ignored: bool) -> None:
    found = ignored_index(read_requirements(Tree.of({"requirements.txt": f"{lines}\n"})))
    assert (found is not None) is ignored


@pytest.mark.parametrize(
    ("line", "host"),
    [
        ("-i https://user:password@packages.example.com/simple", "packages.example.com"),
        ("-i https://user:pw@packages.example.com/simple", ""),
        ("-i https://user:${PASSWORD}@packages.example.com/simple", ""),
        ("-f https://0123456789abcdef@packages.example.com/", "packages.example.com"),
        ("shop @ git+ssh://a-very-long-user-name@example.com/shop.git", ""),
        ("shop @ git+https://user:password@example.com/shop.git", "example.com"),
        ("-e git+https://user:password@example.com/shop.git#egg=shop", "example.com"),
        ("shop @ https://example.com/@user:password/shop.zip", ""),
    ],
)
def test_a_password_in_an_address(line: str, host: str) -> None:
    found = list(logins(read_requirements(Tree.of({"requirements.txt": f"{line}\n"}))))
    assert [login.host for login in found] == ([host] if host else [])
