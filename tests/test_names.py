"""The filter over all names of the index, the tool that makes it, and what is thought to be meant by a name."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import names as tool
import pytest
from registry import PAGE, Registry, Reply

from deploylint import package
from deploylint.facts.piprequirement import normalised
from deploylint.knowledge import distributions, misspelt, names, refusals

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

LIST = (
    "# made up\nzope.interface\t8.0\t2\nFlask\t3.1\t1\nno good name\t1\t3\nflask_login\t0.6\t\nZope-Interface\t8.0\t2\n"
)


@pytest.fixture(params=[1, 7, 1000])
def many(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """So many names, of which the filter that is asked was made."""
    found = {f"package-{number}" for number in range(request.param)}
    (tmp_path / "names.bin").write_bytes(tool.build(found, "2026-11"))
    monkeypatch.setattr(package, "view", lambda _: (tmp_path / "names.bin").read_bytes())
    names.head.cache_clear()
    return found


@pytest.fixture(autouse=True)
def _fresh() -> object:
    yield
    names.head.cache_clear()


def test_each_name_is_found_and_few_others(many: set[str]) -> None:
    assert all(map(names.may_exist, many))
    others = sum(names.may_exist(f"other-{number}") for number in range(10_000))
    assert others < 10_000 / 100
    assert names.head()[:2] == ("2026-11", len(many))


def test_another_format_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "view", lambda _: b"# deploylint names 2\n# 2026-11: 1 names, 1 places, seed 0\n\n...")
    with pytest.raises(ValueError, match="another format"):
        names.head()


def test_no_seed_is_found_where_none_is_tried() -> None:
    with pytest.raises(tool.BuildError):
        tool.build(["a"], "2026-11", tries=0)


def test_another_seed_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = [f"package-{number}" for number in range(1000)]
    monkeypatch.setattr(tool, "ROOM", 0.9)  # fewer places than names: peeling always ends too early
    with pytest.raises(tool.BuildError):
        tool.build(wanted, "2026-11", tries=3)


def test_a_list_is_read(tmp_path: Path) -> None:
    (tmp_path / "list").write_text(LIST, "utf-8")
    assert tool.main(["read", str(tmp_path / "list"), "--month", "2026-11", "--rank", "3"], data=tmp_path) == 0
    assert (tmp_path / "popular.txt").read_text("utf-8") == "flask\nzope-interface\n"
    assert b"# 2026-11: 3 names, " in (tmp_path / "names.bin").read_bytes()


def index(body: bytes, status: int = 200, kind: str = PAGE) -> Registry:
    def fetch(url: str, headers: Mapping[str, str], limit: int) -> Reply:
        assert (url, headers["Accept"]) == ("http://index.invalid/simple/", PAGE)
        assert limit > len(body)
        return Reply(status, {"content-type": kind}, body)

    return Registry("http://index.invalid/simple/", fetch)


def test_the_index_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tool, "FEWEST", 2)
    body = json.dumps({"projects": [{"name": "Flask"}, {"name": "zope.interface"}]}).encode()
    assert tool.main(["ask"], index(body), tmp_path) == 0
    assert b": 2 names, " in (tmp_path / "names.bin").read_bytes()
    assert not (tmp_path / "popular.txt").exists()


@pytest.mark.parametrize(
    ("registry", "why"),
    [
        (index(b"", 404), "no list of projects (404)"),
        (index(b"<html>", kind="text/html"), "no list of projects (200)"),
        (index(b'{"projects": [{"name": "Flask"}]}'), "only 1 names: this is not the public index"),
    ],
)
def test_an_index_that_does_not_tell(
    registry: Registry, why: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tool.main(["ask"], registry, tmp_path) == 1
    assert capsys.readouterr().err.strip() == why
    assert not list(tmp_path.iterdir())


def test_the_data_has_what_the_other_data_has() -> None:
    assert names.head().total > tool.FEWEST
    assert all(map(names.may_exist, distributions.known_names()))
    popular = package.read(misspelt.POPULAR).split()
    assert len(popular) == len(set(popular)) > 10_000
    assert popular == list(map(normalised, popular))
    assert all(map(names.may_exist, popular))


def test_the_data_is_small() -> None:
    assert len(package.view(names.FILE)) < 1.3 * 1024 * 1024


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("dateutil", "python-dateutil"),
        ("git", "gitpython"),
        ("openssl", "pyopenssl"),
        ("python3-flask", "flask"),
        ("flask-dev", "flask"),
        ("pythondotenv", "python-dotenv"),
        ("djnago-cors-headers", "django-cors-headers"),
        ("django-rest-framwork", "django-rest-framework"),
        ("beatifulsoup4", "beautifulsoup4"),
        ("gunicon", "gunicorn"),
        ("flaskk", "flask"),
        ("flsak", "flask"),
        ("pyscopg2-binrary", "psycopg2-binary"),
        ("qzx", ""),
        ("my-shop", ""),
        ("my-companys-own-tools", ""),
        ("a" * 100, ""),
    ],
)
def test_what_is_meant(name: str, other: str) -> None:
    assert misspelt.meant(name) == other


def test_the_likely_names_are_those_that_cannot_be_found_out() -> None:
    for name, other in refusals.likely().items():
        assert not names.may_exist(name)
        assert misspelt.meant(name) != normalised(other)
