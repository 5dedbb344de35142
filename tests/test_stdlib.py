"""The standard library of each series, held against the Python that runs."""

from __future__ import annotations

import sys

import pytest

from deploylint import stdlib


def test_the_modules_of_this_python() -> None:
    ours = stdlib.names((sys.version_info[0], sys.version_info[1]))
    assert ours | stdlib.windows_only() >= set(sys.stdlib_module_names)
    assert ours <= set(sys.stdlib_module_names)


@pytest.mark.parametrize(
    ("module", "since", "until"),
    [
        ("formatter", (3, 0), (3, 10)),
        ("binhex", (3, 0), (3, 11)),
        ("imp", (3, 0), (3, 12)),
        ("cgi", (3, 0), (3, 13)),
        ("dataclasses", (3, 7), None),
        ("zoneinfo", (3, 9), None),
        ("tomllib", (3, 11), None),
    ],
)
def test_modules_that_came_and_went(module: str, since: tuple[int, int], until: tuple[int, int] | None) -> None:
    for version in ((3, minor) for minor in range(3, 16)):
        has = version >= since and (until is None or version < until)
        assert (module in stdlib.names(version)) is has
        gone = until is not None and version >= until
        assert (stdlib.removed_in(module, version) is not None) is gone


def test_modules_of_python_2() -> None:
    data = stdlib._data()
    assert set(data["instead"]) <= set(data["series"]["3.0"]["removed"].split())
    assert stdlib.removed_in("urllib2", (3, 14)) == "3.0"
    for module, instead in data["instead"].items():
        assert module not in stdlib.names((3, 6))
        assert instead.partition(".")[0] in stdlib.names((3, 14))
