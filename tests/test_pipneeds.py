"""Whether two specifiers leave no version."""

from __future__ import annotations

import pytest

from deploylint.steps.pipneeds import _apart


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        (">=3", "<3", True),
        (">=3", "<=3", False),
        (">3", "<=3", True),
        (">=3,<4", ">=4", True),
        ("<2", ">=1.9", False),
        ("~=1.4.2", ">=1.5", True),
        ("~=1.4", ">=1.5", False),
        ("==3.*", "<3", True),
        ("==3.*", "<3.1", False),
        ("!=3.0.1,>=3", "<3.0.2", False),
        (">=3", "==2.9", True),
        (">=3", "==3.0.post1", False),
        (">=3", "==3.0rc1", True),
        # No release candidate of 2 is below it, but that is left alone.
        (">=2.0.0rc1", "<2", False),
        (">=2.0.0rc1", "<1.9", True),
        ("<=2.0", ">=2.0.0rc1", False),
        (">=3", "===whatever", False),
        (">=3", "", False),
    ],
)
def test_apart(one: str, other: str, *, apart: bool) -> None:
    assert _apart(one, other) is apart
