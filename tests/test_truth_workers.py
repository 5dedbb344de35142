"""Celery, Flask and Alembic say whether the small apps of data/truth_workers.toml start; so must deploylint."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from deploylint.compat import tomllib
from tests.real import compare, installed
from tests.test_plan import Files, plan_of

pytestmark = [
    pytest.mark.truth,
    pytest.mark.skipif(sys.platform == "win32", reason="the commands are those of a POSIX shell"),
]

PINS = [
    "celery==5.7.0", "Flask==3.1.3", "alembic==1.20.1", "Django==5.2.19", "dramatiq==2.2.1", "huey==3.5.4",
    "granian==2.8.7", "pyuwsgi==2.0.30", "hypercorn==0.18.0", "daphne==4.2.3", "waitress==3.0.2", "rq==3.0.0",
]  # fmt: skip
APPS = tomllib.loads((Path(__file__).parent / "data" / "truth_workers.toml").read_text("utf-8"))
DEADLINE = 30
OTHER = ("worker", "run", "ready", "lost", "known_miss", "unsure")
# What the real program prints, and the topics that are then the right ones.
EVIDENCE = {
    "FAILED: ": {"file-missing", "module-not-installed"},
    "huey_consumer.py: not found": {"command-removed"},
    "No such command": {"command-not-installed"},
    "can't open file": {"file-missing"},
    "No such file": {"file-missing"},
    "No such option": {"option-misplaced", "option-unknown"},
    "no such option": {"option-unknown"},
    "not recognized": {"option-unknown"},
    "unrecognized arguments": {"option-misplaced", "option-unknown"},
    "has no attribute": {"attribute-missing", "module-not-installed"},
    "is the celery module": {"attribute-missing"},
    "was not found": {"module-missing", "attribute-missing"},
    "Failed to find Flask application": {"attribute-missing"},
    "could not call it without arguments": {"attribute-missing"},
    "No module named": {"module-not-installed", "module-missing"},
    "callable not found": {"attribute-missing", "module-missing", "import-broken"},
    "object has no attribute": {"attribute-missing"},
    "does not define": {"attribute-missing"},
}


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the programs of a virtual environment with these packages."""
    return installed(tmp_path_factory.mktemp("workers"), *PINS)


def files_of(name: str) -> Files:
    return {
        **{path: text for path, text in APPS[name].items() if path not in OTHER},
        "Procfile": f"worker: {APPS[name]['worker']}\n",
        "requirements.txt": "".join(f"{pin}\n" for pin in PINS if "uwsgi" not in pin or "uwsgi" in name),
        ".python-version": f"{sys.version_info[0]}.{sys.version_info[1]}\n",
    }


def starts(name: str, root: Path, programs: Path) -> tuple[bool, str]:
    """Whether the command does its work, or gets so far as to wait for some, and what it printed."""
    for path, text in files_of(name).items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(str(text), "utf-8")
    environment = {"PATH": f"{programs}:/usr/bin:/bin", "HOME": str(root), "PYTHONPATH": str(root)}
    command, ready = APPS[name].get("run", APPS[name]["worker"]), APPS[name].get("ready")
    log = root / "printed.log"
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            ["/bin/sh", "-c", command],
            cwd=root, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
        )  # fmt: skip
    try:
        for _ in range(DEADLINE * 20):
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.05)
                return not process.returncode and not ready, log.read_text("utf-8")
            if "lost" in APPS[name] and APPS[name]["lost"] in log.read_text("utf-8"):
                return False, log.read_text("utf-8")
            if ready and ready in log.read_text("utf-8"):
                return True, log.read_text("utf-8")
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    pytest.fail(f"neither ends nor says that it is ready: {log.read_text('utf-8')}")


def test_there_are_enough() -> None:
    assert len(APPS) >= 50


@pytest.mark.parametrize("name", APPS)
def test_the_truth_is_the_real_program(name: str, tmp_path: Path, programs: Path) -> None:
    started, printed = starts(name, tmp_path, programs)
    compare(APPS[name], plan_of(files_of(name)).boot.faults, EVIDENCE, printed, started=started)
    assert started or "known_miss" in APPS[name] or any(words in printed for words in EVIDENCE), printed
