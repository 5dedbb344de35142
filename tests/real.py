"""The real programs that the truth tests ask."""

from __future__ import annotations

import os
import subprocess
import venv
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


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
