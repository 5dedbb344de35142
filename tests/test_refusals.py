"""The data about what pip cannot install, and what is asked of it."""

from __future__ import annotations

from itertools import pairwise

import pytest

from deploylint import package
from deploylint.compat import tomllib
from deploylint.facts.pipmistakes import mistake
from deploylint.facts.piprequirement import normalised
from deploylint.knowledge import refusals, stdlib

DATA = tomllib.loads(package.read(refusals.FILE))


def test_rows_have_known_keys_and_normalised_names() -> None:
    for name, row in DATA["distributions"].items():
        assert name == normalised(name)
        assert row.keys() <= {
            "system",
            "source",
            "versions",
            "newest",
            "python",
            "instead",
            "gone",
            "sure",
            "advice",
            "also",
            "files",
            "headers",
            "on",
        }
        assert row.get("system", "Windows") in ("Windows", "macOS")
        assert row.keys() & {"system", "source", "files"}
        assert "on" not in row or "headers" in row
        assert "newest" not in row or "versions" in row


def test_unpublished_names_are_normalised_and_stand_in_one_place() -> None:
    rows = DATA["unpublished"]
    names = [*DATA["distributions"], *rows["modules"].split(), *rows["systems"].split(), *rows["names"]]
    names += rows["likely"]
    assert names == [normalised(name) for name in names]
    assert len(names) == len(set(names))
    assert list(rows["likely"]) == sorted(rows["likely"])
    assert set(rows["withdrawn"]) <= set(names)
    assert set(rows["versions"]).isdisjoint(names)
    assert list(rows["versions"]) == sorted(rows["versions"])


def test_modules_are_of_the_standard_library_of_some_python() -> None:
    known = {normalised(name) for series in ((3, 10), (3, 14)) for name in stdlib.names(series)}
    known |= {normalised(name) for name in stdlib.windows_only()}
    modules = DATA["unpublished"]["modules"].split()
    # The others are those of Python 2, and of Pythons between.
    assert sum(name in known for name in modules) > len(modules) * 0.7


def test_each_row_is_found_as_the_whole_file_has_it() -> None:
    for name, row in DATA["distributions"].items():
        assert refusals.suspects([name]) == {name}
        pin = row.get("versions", "").lstrip("<>=!,").partition(",")[0].partition("=")[0] or None
        found = refusals.refusal(name, pin, "", "3.13.1", "heroku-26")
        assert found is None or found.why == row.get("source", "")
    hits = [name for name in DATA["distributions"] if refusals.refusal(name, None, "", "3.13.1")]
    assert len(hits) > len(DATA["distributions"]) / 3
    assert refusals.suspects(["wheel", "setuptools", "source", "modules", "zz"]) <= {"modules"}


def test_ranges_of_files_follow_each_other_and_end() -> None:
    rows = {name: row["files"] for name, row in DATA["distributions"].items() if "files" in row}
    assert rows
    for files in rows.values():
        bounds = [versions.removeprefix(">=").split(",<") for versions, _ in files]
        assert all(before[-1].removeprefix("<") == after[0] for before, after in pairwise(bounds))
        assert files[-1][0].partition(",<=")[2]
        assert all(newest in {*range(9, 16), 99} for _, newest in files)


@pytest.mark.parametrize(
    ("pin", "specifier", "python", "told"),
    [
        ("2.10.0", "==2.10.0", "3.13.1", (True, "3.10", ">=2.20")),
        (None, "<2.16", "3.12.1", (True, "3.11", ">=2.16")),
        (None, "", "3.14.1", (False, "3.13", "")),
        (None, "~=2.21.0", "3.14.1", (False, "3.13", "")),
    ],
)
def test_a_distribution_without_sources_has_files_for_certain_pythons(
    pin: str | None, specifier: str, python: str, told: tuple[bool, str, str]
) -> None:
    found = refusals.refusal("tensorflow", pin, specifier, python)
    assert found is not None
    assert (found.topic, found.certain, found.files, found.newer) == ("no-file", *told)


@pytest.mark.parametrize(
    ("pin", "specifier", "python"),
    [
        ("2.10.0", "==2.10.0", "3.10.1"),
        ("2.10.0", "==2.10.0", None),
        ("3.0", "==3.0", "3.14.1"),
        ("2.10.0+cpu", "==2.10.0+cpu", "3.14.1"),
        (None, "===2", "3.14.1"),
        (None, "nonsense", "3.14.1"),
    ],
)
def test_what_has_a_file_or_is_not_known_is_not_refused(pin: str | None, specifier: str, python: str | None) -> None:
    assert refusals.refusal("tensorflow", pin, specifier, python) is None


def test_headers_are_missing_on_certain_stacks() -> None:
    asked = ("systemd-python", "235", "==235", "3.13.1")
    found = refusals.refusal(*asked, "heroku-26")
    assert found is not None
    assert found.headers == "libsystemd-dev"
    assert refusals.refusal(*asked, "heroku-22") is None
    assert refusals.refusal(*asked) is None


def test_only_names_of_the_data_are_suspects() -> None:
    names = ["flask", "pywin32", "json", "pkg-resources", "yaml", "gunicorn", "sklearn"]
    assert refusals.suspects(names) == {"pywin32", "json", "pkg-resources", "yaml", "sklearn"}


@pytest.mark.parametrize(
    ("name", "pin", "specifier", "python", "topic"),
    [
        ("pywin32", None, "", None, "not-for-linux"),
        ("sklearn", "0.0", "==0.0", "3.13.1", None),
        ("sklearn", "0.0.post9", "==0.0.post9", "3.13.1", "refuses"),
        ("sklearn", None, "", "3.13.1", "refuses"),
        ("sklearn", None, "<1", "3.13.1", None),
        ("backports-zoneinfo", None, "", None, None),
        ("backports-zoneinfo", None, "", "3.9.1", None),
        ("backports-zoneinfo", None, "", "3.10.1", "refuses"),
        ("conda", "24.1.0", "==24.1.0", "3.13.1", "not-published"),
        ("conda", None, "<5", "3.13.1", None),
        ("conda", None, "", "3.13.1", "not-published"),
        ("flask", None, "", "3.13.1", None),
        ("celery", "4.4.7", "==4.4.7", "3.13.1", "refuses"),
        ("celery", "5.2.1", "==5.2.1", "3.13.1", None),
        ("celery", None, "<5", "3.13.1", None),
        ("celery", None, "", "3.13.1", None),
        ("pyyaml", "5.4.1", "==5.4.1", "3.13.1", "refuses"),
        ("pyyaml", "5.4.1", "==5.4.1", "3.10.1", "refuses"),
        ("pyyaml", "6.0", "==6.0", "3.11.9", None),
        ("pyyaml", "6.0", "==6.0", "3.12.1", "refuses"),
        ("pyyaml", "6.0", "==6.0", None, None),
        ("numpy", "1.24.4", "==1.24.4", "3.12.1", "refuses"),
        ("numpy", "1.24.4", "==1.24.4", "3.11.1", None),
        ("numpy", "1.21.6", "==1.21.6", "3.12.1", None),
        ("numpy", "1.26.4", "==1.26.4", "3.12.1", None),
        ("pandas", "1.4.3", "==1.4.3", "3.11.1", "refuses"),
        ("pandas", "1.5.1", "==1.5.1", "3.11.1", None),
        ("pillow", "10.3.0", "==10.3.0", "3.12.1", None),
        ("pillow", "10.3.0", "==10.3.0", "3.14.1", "refuses"),
        ("greenlet", "2.0.2", "==2.0.2", "3.12.1", "refuses"),
        ("greenlet", "3.0.3", "==3.0.3", "3.12.1", None),
        ("pyyaml", "5.3.1", "==5.3.1", "3.13.1", None),
    ],
)
def test_a_refusal(name: str, pin: str | None, specifier: str, python: str | None, topic: str | None) -> None:
    found = refusals.refusal(name, pin, specifier, python)
    assert (found.topic if found else None) == topic


@pytest.mark.parametrize(
    ("pin", "kind", "certain"),
    [
        ("2.1.0+cu118", "label", False),
        ("2.4.0+ubuntu3", "system", True),
        ("1.1build1", "system", True),
        ("0.23ubuntu1", "system", True),
        ("1.0+dfsg1", "system", True),
        ("3.2.2-3-2", None, None),
        ("1.0.post1", None, None),
    ],
)
def test_a_version_that_no_index_takes(pin: str, kind: str | None, certain: bool | None) -> None:
    found = refusals.labelled(pin)
    assert (found and found.kind, found and found.certain) == (kind, certain)


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("Package            Version", "table"),
        ("------------------ -----------", "table"),
        ("flask 3.1.2", "blank"),
        ("flask  three", ""),
        ("@EXPLICIT", "conda"),
        ("numpy=1.26.4=py312heda63a1_0", "conda"),
        ("numpy=1.26.4", "one-equals"),
        ("-e git+git@github.com:example/shop.git#egg=shop", "scp"),
        ("git+https://github.com/example/shop.git", ""),
        ("  - flask".strip(), "yaml"),
        ("||||||| base", "merge"),
        ("========== requirements ==========", ""),
        ("[tool.poetry]", "pipfile"),
        ('python_version = "3.12"', "pipfile"),
        ("WARNING: You are using pip version 20.1", "output"),
        ("a" * 100_000, ""),
    ],
)  # fmt: skip
def test_the_kind_of_a_mistake(line: str, kind: str) -> None:
    assert mistake(line)[0] == kind
