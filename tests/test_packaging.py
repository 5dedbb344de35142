"""The rules are found in every form in which deploylint is used: wheel, sdist, zipapp; and the wheel holds the tree."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipapp
import zipfile
from pathlib import Path

import pytest

from tests.test_cli import PATH, READY, files

ROOT = Path(__file__).parent.parent
BUILD = "import sys; from setuptools import build_meta; print(getattr(build_meta, sys.argv[1])(sys.argv[2]))"
KNOWN = f"""
import deploylint.knowledge.distributions as known
place = known.__file__.removesuffix({os.path.join(os.sep, "deploylint", "knowledge", "distributions.py")!r})
print(place, *known.distribution("gunicorn").scripts[:1], *known.providers("yaml"))
"""


def execute(command: list[str], cwd: Path, **env: str) -> str:
    clean = {"PATH": PATH, "HOME": str(cwd), "LC_ALL": "C.UTF-8", **env}
    done = subprocess.run(command, cwd=cwd, env=clean, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the tree, since building leaves things behind."""
    copy = tmp_path_factory.mktemp("source")
    unwanted = shutil.ignore_patterns(".*", "__pycache__", "*.egg-info", "build", "dist")
    for name in ("deploylint", "rules", "tests", "fixtures", "docs", "bench", "scripts"):
        shutil.copytree(ROOT / name, copy / name, ignore=None if name == "fixtures" else unwanted)
    for name in (
        "pyproject.toml",
        "README.md",
        "LICENSE",
        "MANIFEST.in",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "noxfile.py",
    ):
        shutil.copy(ROOT / name, copy / name)
    return copy


@pytest.fixture(scope="module")
def wheel(source: Path) -> Path:
    (source / "dist").mkdir()
    name = execute([sys.executable, "-c", BUILD, "build_wheel", "dist"], source).splitlines()[-1]
    return source / "dist" / name


def test_the_wheel_holds_the_tree_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    code = {
        str(path.relative_to(ROOT)) for path in (ROOT / "deploylint").rglob("*") if path.suffix in (".py", ".typed")
    }
    data = {f"deploylint/{path.relative_to(ROOT)}" for path in (ROOT / "rules").rglob("*.*") if path.suffix != ".pyc"}
    assert held == {name.replace(os.sep, "/") for name in code | data | {"deploylint/py.typed"}}


def test_a_wheel_and_a_zipapp_find_the_rules(wheel: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(target)
    libraries = sysconfig.get_path("purelib")
    app = files(tmp_path / "app", {**READY, ".python-version": "3.6\n"})
    installed = [sys.executable, "-m", "deploylint"]
    shutil.copy(target / "deploylint" / "__main__.py", target / "__main__.py")
    (target / "__main__.py").write_text("from deploylint.__main__ import main\n\nmain()\n")
    zipapp.create_archive(target, tmp_path / "deploylint.pyz")
    for command in (installed, [sys.executable, str(tmp_path / "deploylint.pyz")]):
        env = {"PYTHONPATH": os.pathsep.join([str(target), libraries]) if command is installed else libraries}
        assert "APP001" in execute([*command, "rule"], tmp_path, **env)
        assert "heroku-cedar" in execute([*command, "platforms"], tmp_path, **env)
        judged = execute([*command, "check", "--no-git", "--exit-zero", str(app)], tmp_path, **env)
        assert "PYV003 python-end-of-life" in judged
    for place in (target, tmp_path / "deploylint.pyz"):
        known = execute([sys.executable, "-c", KNOWN], tmp_path, PYTHONPATH=os.pathsep.join([str(place), libraries]))
        assert known.split() == [str(place), "gunicorn", "pyyaml"]


def test_the_sdist_is_complete(source: Path) -> None:
    name = execute([sys.executable, "-c", BUILD, "build_sdist", "dist"], source).splitlines()[-1]
    with tarfile.open(source / "dist" / name) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    wanted = [
        path for folder in ("rules", "fixtures", "tests") for path in (source / folder).rglob("*") if path.is_file()
    ]
    missing = {path.relative_to(source).as_posix() for path in wanted if "__pycache__" not in path.parts} - held
    assert not missing
    assert {"pyproject.toml", "LICENSE", "README.md", "CHANGELOG.md"} <= held


def test_the_readme_shows_what_is_printed() -> None:
    shown = (ROOT / "README.md").read_text(encoding="utf-8")
    picture = shown.partition("    $ deploylint flask-port\n")[2].partition("\n\nIt predicts")[0]
    lines = [line.removeprefix("    ") for line in picture.splitlines()]
    printed = (ROOT / "fixtures" / "flask-port.out").read_text(encoding="utf-8")
    assert "\n".join(lines) in printed
    assert len(lines) > 20
