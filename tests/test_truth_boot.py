"""The real programs say whether the small apps of data/truth.toml start; deploylint has to say the same."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from deploylint.compat import tomllib
from tests.real import compare, installed
from tests.test_plan import Files, plan_of

if TYPE_CHECKING:
    from collections.abc import Mapping

pytestmark = [
    pytest.mark.truth,
    # Only there a server that listens at 127.0.0.1 alone can be told from one that listens everywhere.
    pytest.mark.skipif(sys.platform != "linux", reason="127.0.0.2 is an address of this machine on Linux only"),
]

PINS = ["gunicorn==27.0.1", "uvicorn==0.54.0", "Flask==3.1.3", "Django==5.2.19", "fastapi==0.165.0"]
APPS = tomllib.loads((Path(__file__).parent / "data" / "truth.toml").read_text("utf-8"))
DEADLINE = 30
# What the real program prints last, and the topics that are then the right ones.
EVIDENCE = {
    "SyntaxError": {"syntax-error"},
    "ModuleNotFoundError": {
        "module-missing",
        "module-not-installed",
        "module-removed",
        "import-broken",
        "target-is-a-path",
        "module-shadowed",
        "worker-missing",
    },
    "cannot import name": {"import-broken", "module-removed"},
    "no known parent package": {"import-broken"},
    "must be callable": {"attribute-missing"},
    "must be in format": {"attribute-missing"},
    "required positional argument": {"attribute-missing"},
    "doesn't exist": {"file-missing"},
    "Failed to find attribute": {"attribute-missing"},
    "did you mean": {"target-is-a-path"},
    "Failed to parse": {"attribute-missing", "module-missing"},
    "not found in module": {"attribute-missing"},
    "No application module": {"arguments-refused"},
    "expected one argument": {"arguments-refused"},
    "Missing argument": {"arguments-refused"},
    "requires an argument": {"arguments-refused"},
    "unexpected extra argument": {"arguments-refused"},
    "unrecognized arguments": {"arguments-refused", "option-unknown"},
    "No such option": {"option-unknown"},
    "ignored explicit argument": {"arguments-refused"},
    "does not take a value": {"arguments-refused"},
}


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the programs of a virtual environment with the five packages."""
    return installed(tmp_path_factory.mktemp("truth"), *PINS)


def files_of(name: str) -> Files:
    files = {path: text for path, text in APPS[name].items() if path not in ("web", "known_miss", "unsure", "looping")}
    return {
        **files,
        "Procfile": f"web: {APPS[name]['web']}\n",
        "requirements.txt": "".join(f"{pin}\n" for pin in PINS),
        ".python-version": f"{sys.version_info[0]}.{sys.version_info[1]}\n",
    }


def accepts(host: str, port: int) -> bool:
    with socket.socket() as client:
        client.settimeout(1)
        return client.connect_ex((host, port)) == 0


def starts(name: str, root: Path, programs: Path) -> tuple[bool, str]:
    """Whether the app starts and can be reached, and what it printed."""
    for _ in range(3):
        started, printed = starts_once(name, root, programs)
        # Between its choice and its use somebody else may have taken the port.
        if started or "in use" not in printed:
            break
    return started, printed


def starts_once(name: str, root: Path, programs: Path) -> tuple[bool, str]:
    for path, text in files_of(name).items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(str(text), "utf-8")
    with socket.socket() as free:
        free.bind(("0.0.0.0", 0))
        port = free.getsockname()[1]
    # The buildpack puts the root of the app on the module path, whatever the command.
    environment = {"PATH": f"{programs}:/usr/bin:/bin", "HOME": str(root), "PORT": str(port), "PYTHONPATH": str(root)}
    command = APPS[name]["web"]
    # gunicorn reads --pythonpath only after --check-config has ended it; a module of its name may take no arguments.
    checks = "gunicorn" in command and "--pythonpath" not in command and "-m" not in command.split()
    # Nor does a check bind anything, or load the class of the workers.
    checks = checks and "bind" not in APPS[name].get("gunicorn.conf.py", "") and "-k" not in command.split()
    with (root / "printed.log").open("w+", encoding="utf-8") as log:
        process = subprocess.Popen(
            ["/bin/sh", "-c", command + (" --check-config" if checks else "")],
            cwd=root, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
        try:
            started = process.wait(DEADLINE) == 0 if checks else serves(process, port, root / "printed.log", APPS[name])
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        log.seek(0)
        return started, log.read()


def serves(process: subprocess.Popen[bytes], port: int, log: Path, row: Mapping[str, str]) -> bool:
    for _ in range(DEADLINE * 20):
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.05)
            return False
        # What listens elsewhere has made its choice; where it listens to all, it does so at 127.0.0.2, too.
        if accepts("127.0.0.1", port) or listens(process.pid):
            return accepts("127.0.0.2", port)
        # What tells by a word that it has come to its loop, and listens to nothing, will not do so any more.
        if row.get("looping", "\0") in log.read_text("utf-8"):
            return listens(process.pid)
    pytest.fail("neither listens nor ends")


def listens(session: int) -> bool:
    """Whether a process of a session listens on any port."""
    tables = [Path("/proc/net/tcp").read_text("ascii"), Path("/proc/net/tcp6").read_text("ascii")]
    rows = [line.split() for table in tables for line in table.splitlines()[1:]]
    sockets = {f"socket:[{row[9]}]" for row in rows if row[3] == "0A"}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if os.getsid(int(folder.name)) == session:
                links = {os.readlink(link) for link in (folder / "fd").iterdir()}
                if links & sockets:
                    return True
    return False


def test_there_are_enough() -> None:
    assert len(APPS) >= 190


@pytest.mark.parametrize("name", APPS)
def test_the_truth_is_the_real_program(name: str, tmp_path: Path, programs: Path) -> None:
    started, printed = starts(name, tmp_path, programs)
    compare(APPS[name], plan_of(files_of(name)).boot.faults, EVIDENCE, printed, started=started)
