"""Settings modules in the styles that people use: what the evaluator claims to know is what Django sees.

The real thing is Django with the libraries that read the environment, in a virtual environment that is made once.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from deploylint.facts.settings import Settings, settings_in
from deploylint.facts.values import plain
from deploylint.facts.worlds import World
from deploylint.tree import Tree
from tests.programs import Project, fits, projects

if TYPE_CHECKING:
    from pathlib import Path

PROJECTS = projects()
LIBRARIES = [
    "Django>=4.2,<6",
    "django-environ",
    "python-decouple",
    "environs[django]",
    "dj-database-url",
    "django-configurations",
    "python-dotenv",
    "pydantic-settings",
]
KNOWN_AT_LEAST = 0.75
"""The share of the settings that the evaluator knows where the environment is known, rounded down."""

RUN = """
import os, pathlib, pickle, sys
sys.path.insert(0, os.getcwd())

def shown(value):
    if isinstance(value, pathlib.PurePath):
        return str(value)
    if isinstance(value, dict):
        return {key: shown(part) for key, part in value.items()}
    for kind in (list, tuple, set, frozenset):
        if type(value) is kind:
            return kind(map(shown, value))
    return value if type(value) in (str, bytes, int, float, bool, type(None)) else f"<{type(value).__name__}>"

try:
    if "DJANGO_CONFIGURATION" in os.environ:
        import configurations
        configurations.setup()
    from django.conf import settings
    settings._setup()
    from django.conf import global_settings
    own = settings._wrapped  # without what LazySettings makes of them, such as STATIC_URL with a script's prefix
    found = {name: shown(getattr(own, name)) for name in dir(own) if own.is_overridden(name)}
    # What django-configurations itself writes is not a setting of the project.
    defaults = [name for name in found if found[name] == shown(getattr(global_settings, name, sys))]
    result = ([], found, [*defaults, "CONFIGURATION", "DOTENV_LOADED"])
except Exception as error:
    result = ([kind.__name__ for kind in type(error).__mro__], {}, [])
sys.stdout.buffer.write(pickle.dumps(result))
"""


class Real(NamedTuple):
    """What Django makes of a project: its settings, or the classes of the exception; which of the settings are as
    Django has them by itself; and the folder that it lay in.
    """

    raised: list[str]
    settings: dict[str, Any]
    defaults: list[str]
    root: str


def python_with_django(folder: Path) -> Path:
    python = folder / "bin" / "python"
    made = subprocess.run([sys.executable, "-m", "venv", str(folder)], capture_output=True, text=True, check=False)
    command = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-input", "--retries=1"]
    done = (
        made
        if made.returncode
        else subprocess.run([*command, "--timeout=15", *LIBRARIES], capture_output=True, text=True, check=False)
    )
    if done.returncode:
        reason = f"Django and its libraries cannot be installed here: {done.stderr.strip()[-300:]}"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return python


@pytest.fixture(scope="session")
def real(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Real]:
    folder = tmp_path_factory.mktemp("django").resolve()
    python = python_with_django(folder / "venv")
    return {project.name: run(project, python, folder / f"project{n}") for n, project in enumerate(PROJECTS)}


def run(project: Project, python: Path, folder: Path) -> Real:
    for path, source in project.files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(source, encoding="utf-8")
    environ = {**project.environ, "DJANGO_SETTINGS_MODULE": project.module, "PYTHONDONTWRITEBYTECODE": "1"}
    if project.configuration:
        environ["DJANGO_CONFIGURATION"] = project.configuration
    done = subprocess.run(
        [str(python), "-c", RUN], cwd=folder, env=environ, capture_output=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    raised, found, defaults = pickle.loads(done.stdout)
    return Real(raised, found, defaults, str(folder))


def read(project: Project, world: World) -> Settings:
    found = settings_in(Tree.of(project.files), project.module, world)
    assert found is not None
    chosen = project.configuration
    return Settings(found.module, found.path, found.namespace.of_class(chosen)) if chosen else found


def wrong(found: Settings, real: Real, *, configured: bool) -> list[str]:
    """Every claim that is not true."""
    failure = found.namespace.failure
    if real.raised:
        return [f"{failure.kind}, not {real.raised[0]}"] if failure and failure.kind not in real.raised else []
    untrue = [f"no {failure.kind}: {failure.detail}"] if failure else []
    for name, value in real.settings.items():
        claimed = found.get(name)
        if claimed is None or found.bound(name) is False:
            # The base of django-configurations' classes has all of Django's own settings as its attributes.
            untrue.extend([] if configured and name in real.defaults else [f"{name} is bound"])
        elif not fits(claimed, value, real.root):
            untrue.append(f"{name} is {value!r}, not {claimed}")
    names = {name for name in found.namespace.names if name.isupper() and found.bound(name)}
    return [*untrue, *(f"{name} is not bound" for name in sorted(names - real.settings.keys()))]


@pytest.mark.truth
@pytest.mark.parametrize("project", PROJECTS, ids=lambda project: project.name)
@pytest.mark.parametrize("informed", [True, False], ids=["environment known", "nothing known"])
def test_what_is_claimed_is_what_django_sees(project: Project, informed: bool, real: dict[str, Real]) -> None:
    truth = real[project.name]
    world = project.world(truth.root) if informed else World()
    assert wrong(read(project, world), truth, configured=project.configuration is not None) == []


def knows(found: Settings, name: str) -> bool:
    value = found.get(name)
    try:
        return value is not None and (plain(value), True)[1]
    except ValueError:
        return False


@pytest.mark.truth
def test_the_share_that_is_known(
    real: dict[str, Real], capsys: pytest.CaptureFixture[str], record_property: Any
) -> None:
    known = total = failures = seen = 0
    for project in PROJECTS:
        truth = real[project.name]
        found = read(project, project.world(truth.root))
        failures += bool(truth.raised)
        seen += bool(truth.raised) and found.namespace.failure is not None
        names = [name for name in truth.settings if project.configuration is None or name in found.namespace.names]
        total += len(names)
        known += sum(knows(found, name) for name in names)
    record_property("known", f"{known} of {total}")
    with capsys.disabled():
        sys.stdout.write(f"\n{known} of {total} settings and {seen} of {failures} failures known\n")
    assert known / total >= KNOWN_AT_LEAST
    assert len(PROJECTS) >= 40


@pytest.mark.parametrize("project", PROJECTS, ids=lambda project: project.name)
def test_the_work_ends(project: Project) -> None:
    for world in (project.world("/app"), World()):
        found = read(project, world)
        assert found.namespace.finished
        assert found.namespace.path == found.path
