"""The real programs that the truth tests ask."""

from __future__ import annotations

import os
import subprocess
import venv
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    from deploylint.plan import Fault


def installed(root: Path, *names: str) -> Path:
    """The folder of the programs of a virtual environment at `root` with these packages. Where they cannot be had, the
    tests are skipped, but where the project is judged they fail.
    """
    venv.create(root, with_pip=True)
    command = [str(root / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *names]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        if os.environ.get("CI") == "true":
            pytest.fail(f"the real programs cannot be installed: {done.stderr}")
        pytest.skip(f"the real programs cannot be installed: {done.stderr[-200:]}")
    return root / "bin"


def compare(
    row: Collection[str],
    faults: Collection[Fault],
    evidence: Mapping[str, set[str]],
    printed: str,
    *,
    started: bool,
) -> None:
    """Hold the faults that are foreseen for an app against its start. `row` says by its keys what is known to differ;
    `evidence` are the topics that are the right ones where a program prints certain words.
    """
    # A factory that nobody calls answers each request with an error, and starts all the same.
    faults = [fault for fault in faults if fault.detail.get("kind") != "uncalled"]
    topics, certain = {fault.topic for fault in faults}, any(fault.certain for fault in faults)
    if "known_miss" in row:
        assert not started
        assert not topics, "no longer missed: take the row's known_miss away"
        return
    assert certain == (not started and "unsure" not in row), f"{topics}\n{printed}"
    assert bool(topics) == (not started), f"{topics}\n{printed}"
    expected = set().union(*(right for words, right in evidence.items() if words in printed))
    assert started or not expected or topics & expected, f"{topics}\n{printed}"
