"""The real uv and Poetry say which files of a lock they can install; deploylint has to agree.

Both are asked without network. uv judges the files before it fetches any (`uv sync --offline --dry-run`). Poetry tells
what it would install (`poetry sync --dry-run`), and its own chooser then chooses from what the lock names, as if the
index had just these files.
"""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

import pytest

from deploylint.compat import tomllib
from deploylint.facts.poetrylock import content_hash
from tests.real import installed
from tests.test_plan import plan_of

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.truth,
    pytest.mark.skipif(
        (sys.platform, platform.machine()) != ("linux", "x86_64"), reason="the platform is a Linux on x86-64"
    ),
]

TOOLS = ("uv==0.12.5", "poetry==2.4.1")
"""As the buildpack pins them (`rules/platforms/heroku.toml`)."""
STACK, UV_PLATFORM = "heroku-24", "x86_64-manylinux_2_39"
FORMATS = ("1.1", "2.0", "2.1")
"""Of poetry.lock."""
HASH = f"sha256:{'0' * 64}"
MINOR = sys.version_info[1]
HERE, OLDER, NEWER = f"cp3{MINOR}", f"cp3{MINOR - 1}", f"cp3{MINOR + 1}"


class Case(NamedTuple):
    """The tags of the wheels of a package, its other files, and the marker under which it is needed."""

    tags: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    marker: str = ""

    def wheels(self) -> list[str]:
        return [f"demo_pkg-1.0-{tag}.whl" for tag in self.tags]


CASES = {
    "any": Case(("py3-none-any",)),
    "both majors": Case(("py2.py3-none-any",)),
    "python 2": Case(("py2-none-any",)),
    "this series, any system": Case((f"{HERE}-none-any",)),
    "older series, any system": Case((f"{OLDER}-none-any",)),
    "major only": Case(("cp3-none-any",)),
    "older language": Case((f"py3{MINOR - 1}-none-any",)),
    "newer language": Case((f"py3{MINOR + 1}-none-any",)),
    "this series": Case((f"{HERE}-{HERE}-manylinux_2_17_x86_64",)),
    "free-threaded": Case((f"{HERE}-{HERE}t-manylinux_2_17_x86_64",)),
    "older and newer series": Case(
        (f"{OLDER}-{OLDER}-manylinux_2_17_x86_64", f"{NEWER}-{NEWER}-manylinux_2_17_x86_64")
    ),
    "stable interface of an older one": Case((f"{OLDER}-abi3-manylinux_2_17_x86_64",)),
    "stable interface of this one": Case((f"{HERE}-abi3-linux_x86_64",)),
    "stable interface of a newer one": Case((f"{NEWER}-abi3-manylinux_2_17_x86_64",)),
    "stable interface of a language": Case(("py3-abi3-manylinux_2_17_x86_64",)),
    "compressed": Case((f"{OLDER}.{HERE}-{OLDER}.{HERE}-manylinux_2_12_x86_64.manylinux2010_x86_64",)),
    "build number": Case((f"1-{HERE}-{HERE}-manylinux1_x86_64",)),
    "manylinux1": Case((f"{HERE}-{HERE}-manylinux1_x86_64",)),
    "manylinux2014": Case(("py3-none-manylinux2014_x86_64",)),
    "plain linux": Case(("py3-none-linux_x86_64",)),
    "newer library": Case(("py3-none-manylinux_2_99_x86_64",)),
    "older library than any": Case(("py3-none-manylinux_2_4_x86_64",)),
    "other major of the library": Case(("py3-none-manylinux_3_1_x86_64",)),
    "windows": Case((f"{HERE}-{HERE}-win_amd64", f"{HERE}-{HERE}-win32")),
    "macos": Case(("py3-none-macosx_11_0_arm64", "py3-none-macosx_10_9_universal2")),
    "musl": Case(("py3-none-musllinux_1_2_x86_64",)),
    "32 bit": Case(("py3-none-manylinux_2_17_i686",)),
    "arm64": Case(("py3-none-manylinux_2_17_aarch64.manylinux2014_aarch64",)),
    "arm64 and this one": Case(("py3-none-manylinux_2_17_aarch64", "py3-none-manylinux_2_17_x86_64")),
    "source only": Case(others=("demo_pkg-1.0.tar.gz",)),
    "source beside windows": Case(("py3-none-win_amd64",), ("demo_pkg-1.0.zip",)),
    "marker of another system": Case(("py3-none-win_amd64",), marker="sys_platform == 'win32'"),
    "marker of this system": Case(("py3-none-win_amd64",), marker="sys_platform == 'linux'"),
    "marker of another python": Case(("py3-none-win_amd64",), marker="python_full_version < '3.9'"),
    "marker of this python": Case(("py3-none-win_amd64",), marker="python_full_version >= '3.9'"),
    "marker of another processor": Case(("py3-none-win_amd64",), marker="platform_machine == 'aarch64'"),
    "marker of this processor": Case(("py3-none-win_amd64",), marker="platform_machine == 'x86_64'"),
    "marker of two": Case(
        ("py3-none-win_amd64",), marker="implementation_name != 'cpython' or platform_system == 'Linux'"
    ),
}
POETRY_ONLY = {
    "installers only": Case(others=("demo_pkg-1.0.win32-py3.11.exe",)),
    "egg only": Case(others=("demo_pkg-1.0-py3.11.egg",)),
    "source of an unusual kind": Case(others=("demo_pkg-1.0.tar.bz2",)),
}

PROJECT = '[project]\nname = "shop"\nversion = "0.1.0"\nrequires-python = ">=3.9"\n'
VERSION_FILE = f"3.{MINOR}\n"


def project(case: Case) -> str:
    marker = f" ; {case.marker}" if case.marker else ""
    return f'{PROJECT}dependencies = ["demo-pkg{marker}"]\n'


def uv_files(case: Case) -> dict[str, str]:
    url = "https://files.example.com"
    marker = f', marker = "{case.marker}"' if case.marker else ""
    source = "".join(f'sdist = {{ url = "{url}/{file}", hash = "{HASH}", size = 1 }}\n' for file in case.others)
    rows = "".join(f'    {{ url = "{url}/{file}", hash = "{HASH}", size = 1 }},\n' for file in case.wheels())
    wheels = f"wheels = [\n{rows}]\n" if rows else ""
    lock = (
        'version = 1\nrevision = 3\nrequires-python = ">=3.9"\n\n[[package]]\nname = "demo-pkg"\nversion = "1.0"\n'
        f'source = {{ registry = "https://index.example/simple" }}\n{source}{wheels}\n[[package]]\nname = "shop"\n'
        f'version = "0.1.0"\nsource = {{ virtual = "." }}\ndependencies = [\n    {{ name = "demo-pkg"{marker} }},\n]\n'
        f'\n[package.metadata]\nrequires-dist = [{{ name = "demo-pkg"{marker} }}]\n'
    )
    return {"uv.lock": lock, "pyproject.toml": project(case), ".python-version": VERSION_FILE}


def poetry_files(case: Case, version: str) -> dict[str, str]:
    marker = case.marker.replace("'", '\\"')
    rows = "".join(f'    {{file = "{file}", hash = "{HASH}"}},\n' for file in [*case.wheels(), *case.others])
    condition = f'markers = "{marker}"\n' if marker else ""
    more = {
        "1.1": 'category = "main"\n',
        "2.0": f"files = [\n{rows}]\n",
        "2.1": f'groups = ["main"]\n{condition}files = [\n{rows}]\n',
    }
    lock = (
        '[[package]]\nname = "demo-pkg"\nversion = "1.0"\ndescription = ""\noptional = false\npython-versions = "*"\n'
        f'{more[version]}\n[metadata]\nlock-version = "{version}"\npython-versions = ">=3.9"\n'
        f'content-hash = "{content_hash(tomllib.loads(project(case)))}"\n'
    )
    if version == "1.1":
        lock += f"\n[metadata.files]\ndemo-pkg = [\n{rows}]\n"
    return {"poetry.lock": lock, "pyproject.toml": project(case), ".python-version": VERSION_FILE}


@pytest.fixture(scope="session")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the programs of a virtual environment with both tools."""
    return installed(tmp_path_factory.mktemp("tools"), *TOOLS)


def run(command: list[str], folder: Path) -> tuple[bool, str]:
    kept = {key: value for key, value in os.environ.items() if not re.match("PIP|POETRY|UV|VIRTUAL|PYTHON", key)}
    environment = {
        **kept,
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "NO_COLOR": "1",
        "POETRY_VIRTUALENVS_CREATE": "false",
        "UV_CACHE_DIR": str(folder / "cache"),
        "UV_PYTHON": sys.executable,
    }
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return done.returncode == 0, done.stdout + done.stderr


def write(folder: Path, files: dict[str, str]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for path, text in files.items():
        (folder / path).write_text(text, encoding="utf-8")
    return folder


CHOOSE = """
import sys
from pathlib import Path
from poetry.core.packages.package import Package
from poetry.core.packages.utils.link import Link
from poetry.factory import Factory
from poetry.installation.chooser import Chooser
from poetry.utils.env import EnvManager

class Pool:
    def has_repository(self, name):
        return True
    def repository(self, name):
        return self
    def find_links_for_package(self, package):
        rows = [(row["file"], row["hash"].replace(":", "=")) for row in package.files]
        return [Link(f"https://files.example.com/{file}#{found}") for file, found in rows]

failed = 0
for folder in sys.argv[1:]:
    package, = Factory().create_poetry(Path(folder)).locker.locked_repository().packages
    try:
        Chooser(Pool(), EnvManager.get_system_env()).choose_for(package)
        print("yes", folder)
    except Exception as error:
        print("no", folder, "Unable to find installation candidates" in str(error))
"""


@pytest.fixture(scope="session")
def uv_said(tools: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[bool, str]]:
    """Whether uv takes the lock of each case, and what it printed."""
    root = tmp_path_factory.mktemp("uv")
    command = [str(tools / "uv"), "sync", "--locked", "--offline", "--dry-run", "--no-default-groups"]
    command += ["--python-platform", UV_PLATFORM]
    with ThreadPoolExecutor(2) as pool:
        jobs = {
            name: pool.submit(run, command, write(root / f"case-{at}", uv_files(case)))
            for at, (name, case) in enumerate(CASES.items())
        }
        return {name: job.result() for name, job in jobs.items()}


@pytest.mark.parametrize("name", CASES)
def test_the_truth_is_the_real_uv(name: str, uv_said: dict[str, tuple[bool, str]]) -> None:
    accepted, printed = uv_said[name]
    assert accepted or "can't be installed because" in printed, printed
    faults = plan_of({**uv_files(CASES[name])}, stack=STACK).install.faults
    assert [(fault.claim, fault.certain) for fault in faults] == (
        [] if accepted else [("install-dependencies::uv/no-file", True)]
    ), printed


@pytest.fixture(scope="session")
def poetry_said(tools: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], bool]:
    """Whether Poetry takes the lock of each case, in the newer and the older format."""
    root = tmp_path_factory.mktemp("poetry")
    folders = {
        (name, version): write(root / f"case-{version}-{at}", poetry_files(case, version))
        for version in FORMATS
        for at, (name, case) in enumerate((CASES | POETRY_ONLY).items())
    }
    done, chosen = run([str(tools / "python"), "-c", CHOOSE, *map(str, folders.values())], root)
    assert done, chosen
    answers = dict(line.split(" ")[1::-1] for line in chosen.splitlines() if line.startswith(("yes ", "no ")))
    assert " False" not in chosen, chosen
    # Whether it is to be installed at all, Poetry says in each format by another way.
    command = [str(tools / "poetry"), "sync", "--only", "main", "--no-root", "--dry-run", "--no-interaction"]
    marked = {key: folder for key, folder in folders.items() if (CASES | POETRY_ONLY)[key[0]].marker}
    with ThreadPoolExecutor(2) as pool:
        jobs = {key: pool.submit(run, command, folder) for key, folder in marked.items()}
        said = {key: job.result() for key, job in jobs.items()}
    assert all(passed for passed, _ in said.values()), said
    left_out = {key for key, (_, printed) in said.items() if "Installing demo-pkg" not in printed}
    return {key: key in left_out or answers[str(folder)] == "yes" for key, folder in folders.items()}


@pytest.mark.parametrize("version", FORMATS)
@pytest.mark.parametrize("name", CASES | POETRY_ONLY)
def test_the_truth_is_the_real_poetry(name: str, version: str, poetry_said: dict[tuple[str, str], bool]) -> None:
    faults = plan_of({**poetry_files((CASES | POETRY_ONLY)[name], version)}, stack=STACK).install.faults
    accepted = poetry_said[name, version]
    assert [(fault.claim, fault.certain) for fault in faults] == (
        [] if accepted else [("install-dependencies::poetry/no-file", True)]
    )
