"""Django itself says whether collectstatic passes on the projects of data/collectstatic.toml; deploylint has to foresee
the same, with the platform's reason, which the buildpack takes from what is printed. The same for `manage.py check`, of
whose end a release phase tells: most commands begin with these checks.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from deploylint.compat import tomllib
from tests.test_collectstatic import without_variables
from tests.test_plan import Files, plan_of

pytestmark = [
    pytest.mark.truth,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="each project is a fork of a Python that has imported Django"),
]

PROJECTS: dict[str, dict[str, Any]] = tomllib.loads(
    (Path(__file__).parent / "data" / "collectstatic.toml").read_text("utf-8")
)
SERIES = (
    ["4.2", "5.2"] + (["3.2"] if sys.version_info < (3, 12) else []) + (["6.1"] if sys.version_info >= (3, 12) else [])
)
NEWEST = "6.1" if sys.version_info >= (3, 12) else "5.2"
NOT_FILES = {"django", "settings", "environ", "known_miss", "known_miss_of_check"}
MANAGE = """import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
"""

# The server imports the application, and then asks it once.
PROBE = """import io
import sys

from shop.wsgi import application

said = []
environ = {
    "REQUEST_METHOD": "GET", "PATH_INFO": "/", "SERVER_NAME": "localhost", "SERVER_PORT": "80",
    "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(), "wsgi.errors": sys.stderr,
}
try:
    application(environ, lambda status, headers, exc_info=None: said.append(status))
except Exception:
    # The server answers for the application.
    said.append("500")
sys.exit(3 if said[0].startswith("500") else 0)
"""
LATE = 3

# bin/steps/collectstatic of heroku/heroku-buildpack-python v351: the first of these words that was printed.
PRINTED = {
    "SyntaxError": "collectstatic-syntax-error",
    "ImproperlyConfigured": "collectstatic-improper-configuration",
    "The CSS file": "collectstatic-fancy-references",
    "OSError": "collectstatic-missing-file",
}

# Django is imported once; what it reads and keeps of a project stays in the project's own process.
RUNNER = """
import json, os, runpy, sys, traceback
import django.core.management, django.db.models, django.contrib.staticfiles.finders

for line in sys.stdin:
    job = json.loads(line)
    pid = os.fork()
    if not pid:
        out = os.open(job["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(out, 1)
        os.dup2(out, 2)
        os.chdir(job["root"])
        for name in [*os.environ]:
            if name not in ("PATH", "HOME"):
                del os.environ[name]
        os.environ.update(job["environ"])
        sys.path[0] = job["root"]
        sys.dont_write_bytecode = True
        sys.argv = job["words"]
        status = 1
        try:
            runpy.run_path(sys.argv[0], run_name="__main__")
            status = 0
        except SystemExit as stop:
            status = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
        except BaseException:
            traceback.print_exc()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    _, status = os.waitpid(pid, 0)
    print(os.waitstatus_to_exitcode(status), flush=True)
"""


class Django:
    """A Django of one series with whitenoise, in a virtual environment of its own."""

    def __init__(self, series: str, root: Path) -> None:
        self.root = root
        python = root / "venv" / "bin" / "python"
        # Without a pip of its own, as making one takes longer than all the projects.
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(root / "venv")], check=True)
        install = [sys.executable, "-m", "pip", "--python", str(python), "install", "-q", "--disable-pip-version-check"]
        wanted = ["--no-input", "--no-compile", f"Django~={series}.0", "whitenoise"]
        done = subprocess.run([*install, *wanted], capture_output=True, text=True, check=False)
        if done.returncode:
            raise InstallError(done.stderr[-300:])
        said = subprocess.run(
            [str(python), "-c", "import django; print(django.__version__)"], capture_output=True, text=True, check=True
        )
        self.version = said.stdout.strip()
        self.process = subprocess.Popen(
            [str(python), "-c", RUNNER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def run(self, root: Path, environ: dict[str, str], *words: str) -> tuple[int, str]:
        """Run a program of a project; its status, and what it prints."""
        log = root / "printed.log"
        job = {"root": str(root), "log": str(log), "environ": environ, "words": words}
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(job) + "\n")
        self.process.stdin.flush()
        status = int(self.process.stdout.readline())
        return status, log.read_text("utf-8", "replace")


class InstallError(Exception):
    """Django cannot be installed."""


@pytest.fixture(scope="module")
def djangos(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A Django for each series."""
    found = {}
    try:
        for series in SERIES:
            found[series] = Django(series, tmp_path_factory.mktemp(f"django{series}"))
    except InstallError as error:
        if os.environ.get("CI") == "true":
            pytest.fail(f"Django cannot be installed: {error}")
        pytest.skip(f"Django cannot be installed: {error}")
    yield found
    for django in found.values():
        django.process.communicate(timeout=30)


def files_of(name: str, version: str) -> Files:
    """The project as the platform gets it."""
    project = PROJECTS[name]
    files: Files = {path: text for path, text in project.items() if path not in NOT_FILES}
    files.setdefault("manage.py", MANAGE)
    files.setdefault("shop/__init__.py", "")
    if "settings" in project:
        files["shop/settings.py"] = project["settings"]
    files["requirements.txt"] = f"Django=={version}\nwhitenoise\n"
    files[".python-version"] = f"{sys.version_info[0]}.{sys.version_info[1]}\n"
    return files


def written(name: str, version: str, root: Path) -> Files:
    """The project, written into a folder."""
    files = files_of(name, version)
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(str(text), "utf-8")
    return files


def runs() -> list[tuple[str, str]]:
    """Each project with the series that it is for: the newest, where it does not say."""
    wanted = [(name, series) for name in PROJECTS for series in PROJECTS[name].get("django", NEWEST).split()]
    return [(name, series) for name, series in wanted if series in SERIES]


def test_there_are_enough() -> None:
    assert len(PROJECTS) >= 60


@pytest.mark.parametrize(("name", "series"), runs())
def test_collectstatic_ends_as_foreseen(name: str, series: str, tmp_path: Path, djangos: dict[str, Django]) -> None:
    django = djangos[series]
    files = written(name, django.version, tmp_path)
    environ = PROJECTS[name].get("environ", {})
    status, printed = django.run(tmp_path, environ, "manage.py", "collectstatic", "--noinput", "--traceback")
    real = None
    if status:
        real = next((found for words, found in PRINTED.items() if words in printed), "collectstatic-other")
    foreseen = without_variables(plan_of(files))
    if "known_miss" in PROJECTS[name]:
        assert real is not None
        assert foreseen is None, "no longer missed: take the project's known_miss away"
        return
    assert foreseen == real, printed


@pytest.mark.parametrize(("name", "series"), runs())
def test_check_ends_as_foreseen(name: str, series: str, tmp_path: Path, djangos: dict[str, Django]) -> None:
    django = djangos[series]
    files = written(name, django.version, tmp_path)
    status, printed = django.run(tmp_path, PROJECTS[name].get("environ", {}), "manage.py", "check")
    plan = plan_of({**files, "Procfile": "release: python manage.py check\n"})
    # What is raised where no config var is set is told for the build.
    unset = [fault for fault in plan.faults() if fault.topic == "variable-missing" or fault.detail.get("bare")]
    faults = [fault for fault in plan.boot.faults if not fault.detail.get("late")] + unset
    if PROJECTS[name].get("known_miss_of_check"):
        assert status
        assert not faults, "no longer missed: take the project's known_miss_of_check away"
        return
    assert bool(faults) == bool(status), f"{[fault.topic for fault in faults]}\n{printed}"


@pytest.mark.parametrize(("name", "series"), [run for run in runs() if "shop/wsgi.py" in PROJECTS[run[0]]])
def test_the_server_starts_as_foreseen(name: str, series: str, tmp_path: Path, djangos: dict[str, Django]) -> None:
    files = {**written(name, djangos[series].version, tmp_path), "Procfile": "web: gunicorn shop.wsgi\n"}
    files["requirements.txt"] = f"{files['requirements.txt']!s}gunicorn\n"
    (tmp_path / "probe.py").write_text(PROBE, "utf-8")
    status, printed = djangos[series].run(tmp_path, PROJECTS[name].get("environ", {}), "probe.py")
    faults = plan_of(files).boot.faults
    late = [fault for fault in faults if fault.detail.get("late")]
    foreseen = 1 if len(late) < len(faults) else (LATE if late else 0)
    assert foreseen == status, f"{[fault.topic for fault in faults]}\n{printed}"
