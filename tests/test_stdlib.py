"""The standard library of each series, held against the Python that runs."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import sys
import warnings

import pytest

from deploylint.knowledge import stdlib


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


def has(module: str, name: str) -> bool:
    """Whether `from module import name` finds it in the Python that runs."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with contextlib.suppress(ImportError):
            found = hasattr(importlib.import_module(module), name)
            return found or importlib.util.find_spec(f"{module}.{name}") is not None
    return False


def test_names_that_modules_lost() -> None:
    running = (sys.version_info[0], sys.version_info[1])
    lost = {
        (module, name)
        for modules in stdlib._data()["lost"].values()
        for module in modules
        for name in modules[module].split()
    }
    assert len(lost) > 100
    gone = {(module, name) for module, name in lost if not has(module, name)}
    assert {(module, name) for module, name in lost if stdlib.lost_in(module, name, running)} == gone
    assert stdlib.lost_in("collections", "Mapping", (3, 9)) is None
    assert stdlib.lost_in("collections", "namedtuple", (3, 14)) is None


def test_what_has_taken_the_place_of_a_name() -> None:
    assert stdlib.instead_of("collections", "Mapping") == "collections.abc"
    assert stdlib.instead_of("cgi", "escape") == "html.escape"
    assert stdlib.instead_of("urllib2") == "urllib.request"
    assert stdlib.instead_of("ssl", "wrap_socket") is None
