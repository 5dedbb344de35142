"""Bad and hostile input: a clear sentence or a finding, never a traceback, and never the loss of the other findings."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.test_cli import PATH, READY, commit, files, run

if TYPE_CHECKING:
    from pathlib import Path

OTHER = {"runtime.txt": "python-3.6\n"}
"""A fault that must show whatever is wrong with other files."""


def judged(root: Path, *args: str, env: dict[str, str] | None = None) -> tuple[int, list[dict[str, Any]]]:
    done = run(".", "--output-format", "json", *args, cwd=root, env=env)
    assert "Traceback" not in done.stderr
    return done.returncode, json.loads(done.stdout)["apps"][0]["findings"]


def rules(found: list[dict[str, Any]]) -> set[str]:
    return {finding["rule"] for finding in found}


def test_no_python_app_at_all(tmp_path: Path) -> None:
    code, found = judged(files(tmp_path, {"README.md": "# hi\n"}))
    assert (code, rules(found), found[0]["path"]) == (1, {"APP001"}, "README.md")
    (tmp_path / "README.md").unlink()
    code, found = judged(tmp_path)
    assert (code, rules(found), found[0]["path"]) == (1, {"APP001"}, ".")


def test_a_huge_requirements_txt(tmp_path: Path) -> None:
    files(tmp_path, {**READY, **OTHER})
    with (tmp_path / "requirements.txt").open("wb") as file:
        file.truncate(200 * 1024 * 1024)
    code, found = judged(tmp_path)
    assert code == 1
    assert rules(found) == {"APP007", "PYV003"}


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("-r requirements.txt", "includes itself"),
        ("-r gone.txt", "gone.txt does not exist"),
        ("-r ../../../../etc/passwd", "outside"),
        ("-c /etc/passwd", "outside"),
        ("-r https://example.org/requirements.txt", None),
        ("a\0b", "NUL"),
    ],
)
def test_includes_and_lines(line: str, says: str | None, tmp_path: Path) -> None:
    files(tmp_path, {**READY, **OTHER, "requirements.txt": f"flask\n{line}\n"})
    _, found = judged(tmp_path)
    assert "PYV003" in rules(found)
    messages = [finding["message"] for finding in found if finding["rule"] == "REQ005"]
    assert len(messages) == (says is not None)
    assert says is None or says.lower() in messages[0].lower()
    assert "root:" not in json.dumps(found)


def test_a_procfile_in_utf_16(tmp_path: Path) -> None:
    files(tmp_path, {**READY, **OTHER})
    (tmp_path / "Procfile").write_bytes("web: gunicorn app:app\n".encode("utf-16"))
    assert {"PRO004", "PYV003"} <= rules(judged(tmp_path)[1])


@pytest.mark.parametrize(
    "name",
    [
        "Procfile",
        "requirements.txt",
        "runtime.txt",
        ".python-version",
        "manage.py",
        "app.json",
        "Pipfile",
        ".slugignore",
        "pyproject.toml",
        "deploylint.toml",
    ],
)
def test_a_folder_where_a_file_should_be(name: str, tmp_path: Path) -> None:
    files(tmp_path, READY)
    (tmp_path / name).unlink(missing_ok=True)
    (tmp_path / name).mkdir()
    code, _ = judged(tmp_path)
    assert code in (0, 1)


@pytest.mark.parametrize("name", ["Procfile", "requirements.txt", "runtime.txt", ".python-version"])
def test_links_that_loop_or_leave(name: str, tmp_path: Path) -> None:
    for target in (name, "/etc/passwd", "../../../../../../etc/passwd"):
        root = files(tmp_path / target.replace("/", "_"), READY)
        (root / name).unlink(missing_ok=True)
        (root / name).symlink_to(target)
        _, found = judged(root)
        assert "root:" not in json.dumps(found)
        _, found = judged(commit(root))
        assert "root:" not in json.dumps(found)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
@pytest.mark.parametrize(
    "name", ["Procfile", "requirements.txt", ".python-version", "deploylint.toml", "pyproject.toml"]
)
def test_a_pipe_is_never_opened(name: str, tmp_path: Path) -> None:
    files(tmp_path, READY)
    (tmp_path / name).unlink(missing_ok=True)
    os.mkfifo(tmp_path / name)
    assert judged(tmp_path)[0] in (0, 1)


def test_a_broken_index(tmp_path: Path) -> None:
    root = commit(files(tmp_path, READY))
    (root / ".git" / "index").write_bytes(b"DIRC nonsense")
    done = run(cwd=root)
    assert done.returncode == 2
    assert done.stderr.startswith("deploylint: .: ")
    assert done.stderr.count("\n") == 1


def test_without_git(tmp_path: Path) -> None:
    root = files(tmp_path, {**READY, **OTHER})
    code, found = judged(root, env={"PATH": str(tmp_path)})
    assert (code, rules(found)) == (1, {"PYV003"})
    done = run("--staged", cwd=root, env={"PATH": str(tmp_path)})
    assert "git is not installed" in done.stderr


def test_names_that_are_not_utf_8(tmp_path: Path) -> None:
    root = files(tmp_path, READY)
    name = os.fsencode(root) + b"/caf\xe9\n.py"
    with open(name, "wb") as file:
        file.write(b"x = 1\n")
    assert judged(commit(root))[0] == 0


def test_interrupted(tmp_path: Path) -> None:
    """Ctrl-C gives no traceback; the signal comes while the process waits for a slow git."""
    root = commit(files(tmp_path, READY))
    slow = tmp_path / "bin" / "git"
    slow.parent.mkdir()
    slow.write_text("#!/bin/sh\nkill -INT $PPID\nsleep 5\n")
    slow.chmod(0o755)
    env = {"PATH": f"{slow.parent}{os.pathsep}{PATH}", "HOME": str(tmp_path)}
    command = [sys.executable, "-m", "deploylint"]
    done = subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert "Traceback" not in done.stderr
    assert done.returncode == 130


def test_an_unforeseen_fault_is_one_sentence(tmp_path: Path) -> None:
    root = files(tmp_path, READY)
    script = (
        "import deploylint.cli as c, deploylint.run as r\n"
        "r.lint = lambda *a: 1 / 0\n"
        "raise SystemExit(c.run(['.', '--no-git']))"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=root, env={"PATH": PATH}, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == (
        "deploylint: internal error: ZeroDivisionError: division by zero; please report it "
        "(with DEPLOYLINT_TRACEBACK=1 it shows where)\n"
    )
    env = {"PATH": PATH, "DEPLOYLINT_TRACEBACK": "1"}
    done = subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, check=False)
    assert "Traceback" in done.stderr


def test_each_app_has_its_own_threshold(tmp_path: Path) -> None:
    files(tmp_path, {f"a/{path}": text for path, text in READY.items()})
    files(tmp_path, {"a/deploylint.toml": 'fail-on = "never"\n'})
    files(tmp_path, {f"b/{path}": text for path, text in {**READY, **OTHER}.items()})
    assert run("a", "b", cwd=tmp_path).returncode == 1
    assert run("b", "a", cwd=tmp_path).returncode == 1
    files(tmp_path, {f"a/{path}": text for path, text in OTHER.items()})
    assert run("a", cwd=tmp_path).returncode == 0


def test_a_repository_without_git_is_no_plain_folder(tmp_path: Path) -> None:
    root = commit(files(tmp_path, READY))
    done = run(cwd=root, env={"PATH": str(tmp_path)})
    assert done.returncode == 2
    assert "git is not installed" in done.stderr
    assert run("--no-git", cwd=root, env={"PATH": str(tmp_path)}).returncode == 0


@pytest.mark.parametrize(
    "contents",
    [
        {
            "Procfile": "web: python app.py\n",
            "app.py": f"from flask import Flask\na = Flask()\na.run(port=0x{'F' * 5000})\n",
        },
        {"Procfile": "-" * 100_000},
        {"Procfile": f"web: python {'a' * 200_000}\n"},
        {".slugignore": "{" + "," * 40_000 + "}" + "x" * 20_000},
        {"requirements.txt": f"./a-1-{'.'.join('abc' for _ in range(400))}.whl\n"},
        {"pyproject.toml": "x = 1\n" * 300_000},
        {"app.py": "import a; " * 20_000 + "é = 1\n"},
        {"requirements.txt": "=bad\n" * 3000},
    ],
    ids=lambda contents: next(iter(contents)),
)
def test_what_would_cost_time_or_memory(contents: dict[str, str], tmp_path: Path) -> None:
    files(tmp_path, {**READY, **OTHER, **contents})
    done = run(cwd=tmp_path)
    assert done.returncode == 1
    assert "PYV003" in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize(
    "text", ["x = " + "1" * 5000, 'platform = "' + "a" * 300 + '"', 'stack = "\\u001b]0;x\\u0007"']
)
def test_hostile_configuration(text: str, tmp_path: Path) -> None:
    done = run(cwd=files(tmp_path, {**READY, "deploylint.toml": f"{text}\n"}))
    assert done.returncode == 2
    assert done.stderr.startswith("deploylint: ")
    assert "internal error" not in done.stderr
    assert "\x1b" not in done.stderr


def test_no_workflow_command_can_be_smuggled_into_the_text(tmp_path: Path) -> None:
    root = files(tmp_path, {**READY, "::add-mask::x/manage.py/y": "", "requirements.txt": "::set-env name=x::y\n"})
    shown = run(cwd=root).stdout
    assert not any(line.strip().startswith(("::", "##[")) for line in shown.splitlines())


@pytest.mark.parametrize("args", [["--output-format", "json", "-o"], ["plan", "-o"]])
@pytest.mark.parametrize("way", ["out.json", "folder/out.json", "real/../out.json", "outside-link"])
def test_no_output_is_written_through_a_link_of_the_repository(args: list[str], way: str, tmp_path: Path) -> None:
    root = commit(files(tmp_path / "app", READY))
    (tmp_path / "victim").mkdir()
    (tmp_path / "victim" / "out.json").write_text("precious")
    (root / "real").mkdir()
    (root / "out.json").symlink_to("../victim/out.json")
    (root / "folder").symlink_to(tmp_path / "victim")
    if way == "outside-link":
        (tmp_path / "mine").symlink_to("app/out.json")
        way = str(tmp_path / "mine")
    done = run(*args, way, cwd=root)
    assert (done.returncode, done.stdout) == (2, "")
    assert "is a symbolic link inside what is judged" in done.stderr
    assert (tmp_path / "victim" / "out.json").read_text() == "precious"


def test_an_output_may_go_through_a_link_of_the_user(tmp_path: Path) -> None:
    root = commit(files(tmp_path / "app", READY))
    (tmp_path / "reports").mkdir()
    (tmp_path / "mine").symlink_to("reports")
    (tmp_path / "work").symlink_to(root)
    for way in ("../mine/a.json", str(tmp_path / "mine" / "b.json"), "plain.json", str(tmp_path / "work" / "c.json")):
        assert run("--output-format", "json", "-o", way, cwd=root).returncode == 0
    assert {path.name for path in (tmp_path / "reports").iterdir()} == {"a.json", "b.json"}
    assert (root / "plain.json").exists()
    assert (root / "c.json").exists()


def test_an_output_link_that_leads_in_a_circle(tmp_path: Path) -> None:
    root = files(tmp_path / "app", READY)
    (tmp_path / "loop").symlink_to("loop")
    done = run("-o", "../loop", cwd=root)
    assert done.returncode == 2
    assert "cannot be written" in done.stderr
    done = run("-o", "x" * 300, cwd=root)
    assert done.returncode == 2
    assert "cannot be written: File name too long" in done.stderr


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full here")
@pytest.mark.parametrize(
    ("command", "code", "says"),
    [
        (". >&-", 2, "standard output is closed"),
        ("--output-format json -o out.json >&-", 0, ""),
        (". > /dev/full", 2, "standard output: cannot be written: No space left on device"),
        ("--help > /dev/full", 2, "standard output: cannot be written: No space left on device"),
        ("--version > /dev/full", 2, "standard output: cannot be written: No space left on device"),
        (". <&-", 0, ""),
        ("--no-such-option 2> /dev/full", 2, ""),
        ("--no-such-option 2>&-", 2, ""),
    ],
)
def test_closed_and_full_streams(command: str, code: int, says: str, tmp_path: Path) -> None:
    root = files(tmp_path, READY)
    line = f"{sys.executable} -m deploylint {command}"
    env = {"PATH": PATH, "HOME": str(tmp_path)}
    done = subprocess.run(["sh", "-c", line], cwd=root, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert done.stderr == (f"deploylint: {says}\n" if says else "")


def test_hostile_settings(tmp_path: Path) -> None:
    """What would take an age or all memory is not done, and what can be known is still said."""
    settings = (
        'A = "a" * 10**12\nB = 10**10**10\nC = [[0] * 10**6 for _ in range(10**6)]\n'
        "def f(n):\n    return f(n + 1)\n\n\nD = f(0)\n"
        "from .settings import *\nfrom .a import *\n"
        'INSTALLED_APPS = ["django.contrib.staticfiles"] + ["shop.x%d" % n for n in range(10**9)]\n'
        f"E = {'(' * 90}1{')' * 90}\nF = {'-' * 3000}1\n"
        "while True:\n    A += A\n"
    )
    app = {
        "requirements.txt": "Django==5.2\ngunicorn\n",
        "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\nimport django\n',
        "shop/__init__.py": "",
        "shop/settings.py": settings,
        "shop/a.py": "from .settings import *\nfrom .b import *\n",
        "shop/b.py": "from .a import *\nX = [X] * 10**8 if 'X' in globals() else 1\n",
        "Procfile": "web: gunicorn shop.wsgi\n",
        "shop/wsgi.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n',
    }
    code, found = judged(files(tmp_path, {**app, **OTHER}))
    assert code == 1
    assert {"PYV003", "PRO012"} <= rules(found)
