"""Markers: the answers are those of packaging, where the environment is known, and None where it is not."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from packaging.markers import Marker

from deploylint.facts.markers import Environment, decide

HERE = Environment("3.12.4")


@pytest.mark.parametrize(
    ("marker", "answer"),
    [
        ('python_version < "3.10"', False),
        ('python_version >= "3.9"', True),
        ('"3.9" <= python_version', True),
        ('python_version in "3.11 3.12"', True),
        ('python_version not in "2.7"', True),
        ('python_version == "3.*"', True),
        ('python_full_version < "3.12.5"', True),
        ('python_full_version <= "3.12.0a6"', False),
        ('sys_platform == "win32"', False),
        ("os_name == 'posix' and platform_system != 'Windows'", True),
        ('"linux" in sys_platform', True),
        ('sys.platform == "win32"', False),
        ('(os_name == "nt" or python_version > "3") and implementation_name == "cpython"', True),
        ('platform_python_implementation == "PyPy"', False),
        ('extra == "redis"', False),
        ('platform_release >= "5"', None),
        ('platform_release >= "5" and os_name == "nt"', False),
        ('platform_release >= "5" or os_name == "posix"', True),
        ('os_name == "nt" or', None),
        ("os_name", None),
        ('"a" == "b"', None),
        ('os_name == "nt")', None),
        ('os_name ~ "nt"', None),
        ('colour == "red"', None),
        ("(" * 60 + 'os_name == "nt"' + ")" * 60, False),
        ("(" * 5000 + 'os_name == "nt"' + ")" * 5000, None),
        ("x" * 20_000, None),
    ],
)
def test_answers(marker: str, answer: bool | None) -> None:
    assert decide(marker, HERE) is answer


def test_extras_are_compared_as_names() -> None:
    assert decide('extra == "Async_IO"', HERE, "async-io")
    assert decide('extra == "a" and os_name == "posix"', HERE, "a")
    assert not decide('extra == "a"', HERE, "b")


def test_a_series_leaves_open_what_only_the_release_tells() -> None:
    series = Environment("3.12")
    assert decide('python_full_version < "3.12.4"', series) is None
    assert decide('python_full_version < "3.11.4"', series) is False
    assert decide('python_full_version >= "3.12"', series) is True
    later = Environment("3.12", first=4)
    assert decide('python_full_version < "3.12.4"', later) is False
    assert decide('python_full_version < "3.12.5"', later) is None
    assert decide('python_full_version == "3.12.*"', series) is True
    assert decide('python_full_version == "3.12.4"', series) is None
    assert decide('python_full_version != "3.12.4"', series) is None
    assert decide('python_full_version > "3.12.3" and python_full_version < "3.12.5"', series) is None
    assert decide('python_full_version == "3.11.4"', series) is False


def test_the_machine_decides() -> None:
    assert decide('platform_machine == "aarch64"', Environment("3.12", "aarch64"))
    assert not decide('platform_machine == "aarch64"', Environment("3.12"))


VARIABLES = st.sampled_from(
    ["os_name", "sys_platform", "platform_machine", "platform_system", "python_version", "python_full_version", "extra"]
)
LITERALS = st.sampled_from(
    ["posix", "linux", "win32", "x86_64", "3", "3.8", "3.12", "3.12.4", "3.*", "3.13rc1", "a", ""]
)
OPERATORS = st.sampled_from(["==", "!=", "<", ">", "<=", ">=", "in", "not in", "~="])
COMPARISONS = st.builds('{} {} "{}"'.format, VARIABLES, OPERATORS, LITERALS) | st.builds(
    '"{}" {} {}'.format, LITERALS, OPERATORS, VARIABLES
)
MARKERS = st.recursive(
    COMPARISONS,
    lambda inner: st.builds("{} and {}".format, inner, inner) | st.builds("({} or {})".format, inner, inner),
    max_leaves=6,
)


@given(MARKERS)
@example('"3.*" == python_version')
def test_what_packaging_says(marker: str) -> None:
    answer = decide(marker, HERE)
    try:
        expected = Marker(marker).evaluate(dict(HERE.values()[0]))
    except Exception:  # noqa: BLE001 - whatever packaging raises
        return
    assert answer in (expected, None)


@given(st.text(max_size=40))
def test_any_text_has_an_answer(marker: str) -> None:
    assert decide(marker, Environment("3.13")) in (True, False, None)
