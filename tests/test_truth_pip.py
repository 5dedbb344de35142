"""The real pip says whether the requirements of data/truth-pip.toml can be installed; deploylint has to agree."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from deploylint.compat import tomllib
from tests.real import installed
from tests.test_plan import plan_of

if TYPE_CHECKING:
    from deploylint.plan import Fault

pytestmark = [
    pytest.mark.truth,
    pytest.mark.skipif(sys.platform != "linux", reason="the platform is a Linux"),
]

PIP = "pip==26.2.1"
"""As the buildpack pins it (`rules/platforms/heroku.toml`)."""
CASES = tomllib.loads((Path(__file__).parent / "data" / "truth-pip.toml").read_text("utf-8"))
LINE = re.compile(r"\(from line (\d+) of ([^)]+)\)|\(line (\d+)\)|at line (\d+)")


class Said(NamedTuple):
    """What pip said of a case."""

    accepted: bool
    printed: str


def files_of(name: str) -> dict[str, str | bytes]:
    files = {path: text for path, text in CASES[name].items() if "." in path or "/" in path}
    utf_16 = "click==8.1.8\r\n".encode("utf-16")
    return {
        **{path: utf_16 if text == "@utf-16" else text for path, text in files.items()},
        ".python-version": f"{sys.version_info[0]}.{sys.version_info[1]}\n",
    }


def ask(python: Path, name: str, folder: Path) -> Said:
    for path, text in files_of(name).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(text if isinstance(text, bytes) else text.encode())
    # With what the fixture has installed, builds need no environment of their own, each of which takes seconds.
    command = [str(python), "-m", "pip", "install", "--dry-run", "--ignore-installed", "--no-input", "--quiet"]
    command.append("--no-build-isolation")
    command += ["--disable-pip-version-check", *([] if CASES[name].get("deps") else ["--no-deps"])]
    done = subprocess.run(
        [*command, "-r", "requirements.txt"],
        cwd=folder,
        env={**os.environ, "GIT_SSH_COMMAND": "ssh -o BatchMode=yes -o ConnectTimeout=20"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return Said(done.returncode == 0, done.stdout + done.stderr)


@pytest.fixture(scope="session")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Said]:
    """What pip says of every case."""
    root = tmp_path_factory.mktemp("pip")
    python = installed(root / "venv", PIP, "setuptools", "wheel") / "python"
    with ThreadPoolExecutor(4) as pool:
        jobs = {name: pool.submit(ask, python, name, root / f"case-{at}") for at, name in enumerate(CASES)}
        return {name: job.result() for name, job in jobs.items()}


def test_there_are_enough() -> None:
    assert sum(not case.get("deps") for case in CASES.values()) >= 60
    assert sum(bool(case.get("deps")) for case in CASES.values()) >= 20


def about(name: str, faults: list[Fault], printed: str) -> bool:
    """Whether what pip printed is about a line that a fault is about: its number, else a word of it."""
    named = {int(number) for match in LINE.findall(printed) for number in (*match[:1], *match[2:]) if number}
    if named:
        return bool(named & {span.line for fault in faults for span in fault.spans})
    words: set[str] = set()
    for fault in faults:
        text = files_of(name)[fault.spans[0].path]
        line = text.splitlines()[fault.spans[0].line - 1] if isinstance(text, str) else ""
        words.update(word for word in re.split(r"[^\w.-]+", line.lower()) if len(word) > 2)
    return any(word in printed.lower() for word in words)


@pytest.mark.parametrize("name", CASES)
def test_the_truth_is_the_real_pip(name: str, said: dict[str, Said]) -> None:
    answer, case = said[name], CASES[name]
    faults = list(plan_of({**files_of(name)}).install.faults)
    if "known_miss" in case:
        assert not answer.accepted
        assert not faults, "no longer missed: take the case's known_miss away"
        return
    certain = any(fault.certain for fault in faults)
    assert certain == (not answer.accepted and "unsure" not in case), f"{faults}\n{answer.printed}"
    assert bool(faults) == (not answer.accepted), f"{faults}\n{answer.printed}"
    assert answer.accepted or "unnamed" in case or about(name, faults, answer.printed), f"{faults}\n{answer.printed}"
