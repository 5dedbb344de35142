"""How fast deploylint is, as ratios of whole processes taken in turn in one run.

    python bench/run.py [--rounds N] [--tools FOLDER]

Two apps are made in a temporary folder, each a git repository: (a) a Flask app of five files, (b) a Django tree of 900
modules, all of which its boot imports. On each, deploylint is run in turn with `python -c "import click"`,
`ruff check --no-cache`, `deptry` and `flake8`, those that are installed beside this Python or in FOLDER, and the
medians are set against each other: those of a first run, with an empty cache, and those of a run after it. Absolute
times mean nothing on a busy machine, so none decides anything; the peak of memory is that of the process itself.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

PACKAGES = 30
MODULES = 30
FIRST, AGAIN = "deploylint at first", "deploylint again"
DATA = Path(__file__).parent.parent / "rules" / "packages"
BIN = Path(sysconfig.get_path("scripts"))


def small_app(root: Path) -> None:
    """(a) five files of a Flask app."""
    files = {
        "app.py": 'from flask import Flask\n\napp = Flask(__name__)\n\n\n@app.get("/")\ndef index(): return "hi"\n',
        "Procfile": "web: gunicorn app:app\n",
        "requirements.txt": "flask==3.1.2\ngunicorn==23.0.0\nrequests>=2.32,<3\n",
        ".python-version": "3.13\n",
        "README.md": "# An app\n",
    }
    write(root, files)


def large_app(root: Path) -> None:
    """(b) a Django project of 30 apps with some 30 modules each, of some 60 lines, which its boot all imports."""
    apps = [f"part{number}" for number in range(PACKAGES)]
    # Names that the index has, as those of an app that can be built, but none of which more is known.
    known = (DATA / "distributions.txt").read_text()
    names = (DATA / "popular.txt").read_text().split()
    popular = [name for name in names if f"\n{name} " not in known][:60]
    files = {
        "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\nimport django\n',
        "Procfile": "web: gunicorn shop.wsgi\nrelease: python manage.py migrate\n",
        "requirements.txt": "-r base.txt\ngunicorn==23.0.0\n",
        "base.txt": "".join(f"{name}\n" for name in popular) + "Django==5.2\n",
        ".python-version": "3.13\n",
        "shop/__init__.py": "",
        "shop/wsgi.py": (
            "import os\nfrom django.core.wsgi import get_wsgi_application\n"
            'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\napplication = get_wsgi_application()\n'
        ),
        "shop/settings.py": (
            'SECRET_KEY = "bench"\nROOT_URLCONF = "shop.urls"\nSTATIC_URL = "static/"\nSTATIC_ROOT = "static"\n'
            "INSTALLED_APPS = [\n" + "".join(f'    "{name}",\n' for name in apps) + "]\n"
        ),
        "shop/urls.py": "".join(f"from {name} import models as {name}_models\n" for name in apps)
        + "urlpatterns = []\n",
    }
    for package, name in enumerate(apps):
        modules = [f"module{module}" for module in range(1, MODULES)]
        files[f"{name}/__init__.py"] = ""
        files[f"{name}/models.py"] = "".join(f"from {name} import {module}\n" for module in modules)
        for number, module in enumerate(modules, 1):
            files[f"{name}/{module}.py"] = module_source(package, number)
    write(root, files)


def module_source(package: int, module: int) -> str:
    """A module with imports of its neighbours, classes and functions."""
    lines = ["import os", "from django.db import models", f"from part{(package + 1) % PACKAGES} import module1", ""]
    for number in range(8):
        lines += [
            "",
            f"class Model{module}{number}(models.Model):",
            f'    """Number {number}."""',
            f"    name = models.CharField(max_length={number + 10})",
            "",
            "    def total(self):",
            f"        return sum(len(part) * {number} for part in os.environ) + module1.__sizeof__()",
        ]
    return "\n".join(lines) + "\n"


def write(root: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    git = ["git", "-c", "user.name=bench", "-c", "user.email=bench@example.org", "-C", str(root)]
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "all"]):
        subprocess.run([*git, *command], check=True)


def measure(command: list[str], folder: Path, cache: Path) -> tuple[float, int]:
    """Seconds of the wall clock and the peak of memory in KiB of one process."""
    # Installed programs have their modules compiled; so has a checkout, after its first run.
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    env["DEPLOYLINT_CACHE_DIR"] = str(cache)
    start = time.perf_counter()
    with open(os.devnull, "w") as nowhere:
        process = subprocess.Popen(command, cwd=folder, env=env, stdout=nowhere, stderr=nowhere)
        _, _, usage = os.wait4(process.pid, 0)
    process.returncode = 0
    return time.perf_counter() - start, usage.ru_maxrss


def tools(folder: Path) -> dict[str, list[str]]:
    own = [str(BIN / "deploylint"), "check", "--exit-zero", "."]
    found = {
        FIRST: own,
        AGAIN: own,
        "import click": [sys.executable, "-c", "import click"],
    }
    others = {
        "ruff": ["check", "--no-cache", "-q", "."],
        "deptry": ["--requirements-files", "requirements.txt", "."],
        "flake8": ["--exit-zero", "."],
    }
    for name, words in others.items():
        program = next((place / name for place in (folder, BIN) if (place / name).exists()), None)
        if program is not None:
            found[name] = [str(program), *words]
    return found


def compare(title: str, folder: Path, commands: dict[str, list[str]], rounds: int) -> None:
    cache = folder.with_name(f"{folder.name}-cache")
    times: dict[str, list[float]] = {name: [] for name in commands}
    memory: dict[str, int] = dict.fromkeys(commands, 0)
    for number in range(rounds + 1):
        for name, command in commands.items():
            if name == "flake8" and number > 3:
                continue
            if name == FIRST:
                shutil.rmtree(cache, ignore_errors=True)
            seconds, peak = measure(command, folder, cache)
            if number:
                times[name].append(seconds)
                memory[name] = max(memory[name], peak)
    print(f"{title}: peak memory {max(memory[FIRST], memory[AGAIN]) / 1024:.0f} MiB")
    first, again = (statistics.median(times[name]) for name in (FIRST, AGAIN))
    for name in commands:
        if name not in (FIRST, AGAIN):
            other = statistics.median(times[name])
            print(f"    against {name}: {first / other:5.2f} times as long at first, {again / other:5.2f} times again")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--tools", type=Path, default=BIN, metavar="FOLDER", help="where the other programs lie")
    options = parser.parse_args()
    if shutil.which("git") is None:
        sys.exit("git is needed")
    commands = tools(options.tools)
    with tempfile.TemporaryDirectory() as folder:
        for title, make in (("(a) five files", small_app), ("(b) 900 modules", large_app)):
            root = Path(folder) / make.__name__
            root.mkdir()
            make(root)
            compare(title, root, commands, options.rounds)


if __name__ == "__main__":
    main()
