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
