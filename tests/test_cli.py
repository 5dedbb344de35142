"""The command line as a user has it: a process, with nothing of our environment in its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PATH = os.pathsep.join([str(Path(sys.executable).parent), "/usr/local/bin", "/usr/bin", "/bin"])


def run(*args: str, cwd: Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    clean = {"PATH": PATH, "HOME": str(cwd), "LC_ALL": "C.UTF-8", "GIT_CONFIG_NOSYSTEM": "1", **(env or {})}
    for name in ("COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG"):
        if name in os.environ:
            clean[name] = os.environ[name]
    command = [sys.executable, "-m", "deploylint", *args]
    return subprocess.run(command, cwd=cwd, env=clean, capture_output=True, text=True, timeout=60, check=False)


def make(root: Path, **files: str) -> Path:
    for path, text in files.items():
        target = root / path.replace("__", "/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    return root


def files(root: Path, contents: dict[str, str]) -> Path:
    for path, text in contents.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root


READY = {
    "requirements.txt": "gunicorn==23.0.0\n",
    "Procfile": "web: gunicorn app:app\n",
    ".python-version": "3.13\n",
    "app.py": "app = object()\n",
}
BROKEN = {"requirements.txt": "flask==3.1.2\n", "procfile": "web: gunicorn app:app\n", ".python-version": "3.6\n"}


def git(root: Path, *args: str) -> None:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    env = {"PATH": PATH, "HOME": str(root), "GIT_CONFIG_NOSYSTEM": "1"}
    subprocess.run(["git", *identity, *args], cwd=root, env=env, check=True, capture_output=True)


def commit(root: Path) -> Path:
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "all")
    return root


def test_a_clean_app(tmp_path: Path) -> None:
    done = run(cwd=files(tmp_path, READY))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "Heroku (classic buildpack), stack heroku-26 (the recommended one), data of\n"
        "  2026-08-18\n"
        "Python 3.13.15 · pip · runs web\n"
        "\n"
        "Nothing found.\n"
    )


def test_findings_set_the_exit_code(tmp_path: Path) -> None:
    files(tmp_path, BROKEN)
    assert run(".", cwd=tmp_path).returncode == 1
    assert run("check", ".", cwd=tmp_path).returncode == 1
    assert run("--exit-zero", cwd=tmp_path).returncode == 0
    assert run("--fail-on", "never", cwd=tmp_path).returncode == 0
    assert run("--select", "PYV008", cwd=tmp_path).returncode == 0


def test_threshold(tmp_path: Path) -> None:
    files(
        tmp_path,
        {"requirements.txt": "", "Procfile": "worker: python bot.py\n", ".python-version": "3.13\n", "bot.py": ""},
    )
    assert run(cwd=tmp_path).returncode == 0
    assert run("--fail-on", "note", cwd=tmp_path).returncode == 1
    (tmp_path / "deploylint.toml").write_text('fail-on = "note"\n')
    assert run(cwd=tmp_path).returncode == 1
    assert run("--fail-on", "warning", cwd=tmp_path).returncode == 0
    assert run("--isolated", cwd=tmp_path).returncode == 0


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["gone"], "gone: there is nothing at this path"),
        (["Procfile"], "Procfile: is a file; name the folder of the app instead"),
        (["--platform", "heroko"], 'unknown platform: heroko; did you mean "heroku"?'),
        (["--platform", "../x"], "unknown platform: ../x"),
        (["--stack", "heroku-23"], "no stack heroku-23 on heroku"),
        (["--select", "PYV999"], 'unknown rule: PYV999; did you mean "PYV'),
        (["--select", ""], "--select is given without a value"),
        (["--select", " ,", "--select", ""], "--select is given without a value"),
        (["--stack", ""], "--stack is given without a value"),
        (["--platform", ""], "--platform is given without a value"),
        (["--selct", "PYV"], "No such option"),
        (["--no-git", "plan"], "a command goes first: deploylint plan"),
        (["--output-format", "xml"], "'xml' is not one of"),
        (["--as-of", "yesterday"], "'yesterday' is not a date"),
        (["--config", "gone.toml"], "gone.toml: cannot be read"),
        (["--staged", "--no-git"], "--staged and --no-git exclude each other"),
        (["--config", "a", "--isolated"], "--config and --isolated exclude each other"),
        (["--staged"], "not in a git repository"),
        (["--rev", "HEAD"], "not in a git repository"),
        (["--output-format", "json", "--output-format", "text"], "only one --output-format can go to standard output"),
        (["-o", "a", "-o", "b"], "more --output-file than --output-format"),
        (["-o", "gone/x"], "gone/x: cannot be written"),
        (["--per-file-ignores", "x"], "must be GLOB:RULE"),
        (["rule", "PYV99"], "unknown rule: PYV99"),
    ],
)
def test_faults_of_the_call(args: list[str], says: str, tmp_path: Path) -> None:
    done = run(*args, cwd=files(tmp_path, READY))
    assert done.returncode == 2
    assert done.stderr.startswith("deploylint: ")
    assert says in done.stderr
    assert done.stderr.count("\n") <= 2
    assert done.stdout == ""


def test_a_fault_of_the_configuration_names_the_line(tmp_path: Path) -> None:
    files(tmp_path, {**READY, "deploylint.toml": 'stack = "heroku-24"\nselect = [\n'})
    done = run(cwd=tmp_path)
    assert done.returncode == 2
    assert "deploylint.toml: not valid TOML" in done.stderr
    files(tmp_path, {"deploylint.toml": 'fail-on = "sometimes"\n'})
    assert "fail-on must be error, warning, note or never" in run(cwd=tmp_path).stderr


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("select", '["PYV999"]', "unknown rule: PYV999"),
        ("ignore", '{ PYV999 = "why" }', "unknown rule: PYV999"),
        ("extend-select", '["PYV999"]', "unknown rule: PYV999"),
        ("per-file-ignores", '{ "a/*" = ["PYV999"] }', "unknown rule: PYV999"),
        ("platform", '"heroko"', 'unknown platform: heroko; did you mean "heroku"?'),
        ("stack", '"heroku-23"', "no stack heroku-23 on heroku"),
    ],
)
def test_a_fault_of_the_configuration_names_the_file_and_the_key(
    key: str, value: str, says: str, tmp_path: Path
) -> None:
    root = files(tmp_path, {**READY, "deploylint.toml": f"{key} = {value}\n"})
    assert f"{root / 'deploylint.toml'}: {key}: {says}" in run(cwd=root).stderr


def test_a_fault_of_a_flag_does_not_blame_the_configuration(tmp_path: Path) -> None:
    root = files(tmp_path, {**READY, "deploylint.toml": 'stack = "heroku-24"\nplatform = "heroku"\n'})
    assert run("--stack", "heroku-23", cwd=root).stderr.startswith("deploylint: no stack heroku-23")
    assert run("--platform", "heroko", cwd=root).stderr.startswith("deploylint: unknown platform")
    assert run("--select", "PYV999", cwd=root).stderr.startswith("deploylint: unknown rule")


def test_a_folder_that_cannot_be_read(tmp_path: Path) -> None:
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o000)
    if os.access(locked, os.R_OK):
        pytest.skip("this user may read everything")
    assert "permission denied" in run("locked", cwd=tmp_path).stderr


def test_several_outputs_in_one_run(tmp_path: Path) -> None:
    files(tmp_path, BROKEN)
    args = ["--output-format", "sarif", "-o", "out.sarif", "--output-format", "json", "-o", "out.json"]
    done = run(*args, "--output-format", "text", cwd=tmp_path)
    assert "PYV003" in done.stdout
    assert json.loads((tmp_path / "out.sarif").read_text())["version"] == "2.1.0"
    data = json.loads((tmp_path / "out.json").read_text())
    assert data["apps"][0]["plan"]["failure"]["reason"] == "python-version::eol"


def test_a_path_inside_a_repository(tmp_path: Path) -> None:
    root = commit(files(tmp_path, {f"apps/one/{path}": text for path, text in BROKEN.items()}))
    for cwd, argument in (
        (root, "apps/one"),
        (root / "apps", "one"),
        (root / "apps" / "one", "."),
        (root, str(root / "apps/one")),
    ):
        data = json.loads(run(argument, "--output-format", "json", cwd=cwd).stdout)
        assert data["apps"][0]["path"] == "apps/one"
        assert {finding["path"] for finding in data["apps"][0]["findings"]} == {
            "apps/one/.python-version",
            "apps/one/procfile",
        }


def test_untracked_files_are_invisible_and_said_to_be(tmp_path: Path) -> None:
    root = commit(files(tmp_path, {"app.py": "import os\n"}))
    files(root, READY)
    done = run(cwd=root)
    assert "requirements.txt lies on the disk, but git does not track it" in " ".join(done.stdout.split())
    assert "package-manager-missing" in done.stdout
    assert run("--no-git", cwd=root).returncode == 0


def test_staged_and_revision(tmp_path: Path) -> None:
    root = commit(files(tmp_path, READY))
    files(root, {".python-version": "3.6\n"})
    git(root, "add", "-A")
    files(root, {".python-version": "3.13\n"})
    assert run(cwd=root).returncode == 0
    assert run("--staged", cwd=root).returncode == 1
    assert run("--rev", "HEAD", cwd=root).returncode == 0
    gone = run("--rev", "no-such-branch", cwd=root)
    assert gone.returncode == 2
    assert "no-such-branch" in gone.stderr
    assert "--fix changes the files on the disk" in run("--staged", "--fix", cwd=root).stderr


def test_fix_and_diff(tmp_path: Path) -> None:
    root = commit(
        files(tmp_path, {"requirements.txt": "flask\n", "procfile": "web:start a:b\n", "runtime.txt": "python-3.13\n"})
    )
    diff = run("--diff", cwd=root)
    assert "rename from procfile" in diff.stdout
    assert "-web:start a:b\n+web: start a:b\n" in diff.stdout
    assert (root / "procfile").exists()
    done = run("--fix", cwd=root)
    assert "Fixed" in done.stderr
    assert (done.returncode, "Fixed 3 files: .python-version, Procfile, runtime.txt." in done.stderr) == (0, True)
    assert (root / ".python-version").read_text() == "3.13\n"
    assert not (root / "runtime.txt").exists()
    assert (root / "Procfile").read_text() == "web: start a:b\n"
    git(root, "add", "-A")
    again = run("--fix", cwd=root)
    assert (again.returncode, again.stderr) == (0, "")


def test_selection_and_counts(tmp_path: Path) -> None:
    files(tmp_path, BROKEN)
    done = run("--ignore", "PYV", cwd=tmp_path)
    assert "PYV" not in done.stdout.replace("PYV003", "", 0)
    assert "(1 ignored)" in done.stdout
    assert "PRO001" not in run("--per-file-ignores", "procfile:PRO001", cwd=tmp_path).stdout
    statistics = run("--statistics", "-q", cwd=tmp_path).stdout
    assert "1  PYV003 python-end-of-life\n" in statistics


def test_plan(tmp_path: Path) -> None:
    done = run("plan", cwd=files(tmp_path, READY))
    assert done.returncode == 0
    assert "-----> Python app detected\n" in done.stdout
    assert "-----> Using Python 3.13, specified in .python-version\n" in done.stdout
    assert "       web  gunicorn app:app\n" in done.stdout
    data = json.loads(run("plan", "--output-format", "json", cwd=tmp_path).stdout)
    assert data["apps"][0]["plan"]["install_command"] == "pip install -r requirements.txt"


def test_several_platforms(tmp_path: Path) -> None:
    files(tmp_path, BROKEN)
    args = ["--platform", "heroku", "--platform", "heroku-cedar"]
    done = run(*args, cwd=tmp_path)
    assert "heroku-cedar (cedar)" in done.stdout
    assert "PYV003 python-end-of-life  [heroku]" in done.stdout
    data = json.loads(run(*args, "--output-format", "json", cwd=tmp_path).stdout)
    assert [app["platform"]["id"] for app in data["apps"]] == ["heroku", "heroku-cedar"]


def test_rule_and_platforms(tmp_path: Path) -> None:
    by_code, by_name = run("rule", "PYV003", cwd=tmp_path), run("rule", "python-end-of-life", cwd=tmp_path)
    assert by_code.stdout == by_name.stdout
    assert "# PYV003 python-end-of-life" in by_code.stdout
    assert "PYV003" in run("rule", cwd=tmp_path).stdout
    assert "# PYV003" in run("rule", "--all", cwd=tmp_path).stdout
    assert json.loads(run("rule", "--output-format", "json", cwd=tmp_path).stdout)[0]["code"] == "APP001"
    assert run("platforms", cwd=tmp_path).stdout.startswith("heroku ")


def test_settings_are_shown(tmp_path: Path) -> None:
    files(tmp_path, {**READY, "deploylint.toml": 'stack = "heroku-24"\nper-file-ignores = { "a" = ["PYV003"] }\n'})
    shown = run("--show-settings", "--ignore", "PRO", cwd=tmp_path).stdout
    assert "platform: heroku, stack heroku-24 (as asked)" in shown
    assert "rule PRO001-procfile-misnamed: off" in shown
    assert "off in a: PYV003" in shown


def test_config_vars_of_the_configuration(tmp_path: Path) -> None:
    app = {
        "requirements.txt": "Django==5.2\n",
        "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\nimport django\n',
        "shop/settings.py": 'import os\nKEY = os.environ["SECRET_KEY"]\nINSTALLED_APPS = ["django.contrib.auth"]\n',
    }
    files(tmp_path, {**READY, **app})
    assert "DJA006" in run(cwd=tmp_path).stdout
    files(tmp_path, {"deploylint.toml": 'config-vars = ["SECRET_KEY=s3cret", "DISABLE_COLLECTSTATIC=1"]\n'})
    assert "DJA" not in run(cwd=tmp_path).stdout
    shown = run("--show-settings", cwd=tmp_path).stdout
    assert "config-vars: SECRET_KEY, DISABLE_COLLECTSTATIC" in shown
    assert "s3cret" not in shown


def test_stack_from_app_json(tmp_path: Path) -> None:
    files(tmp_path, {**READY, "app.json": '{"stack": "heroku-22"}'})
    assert "stack heroku-22 (from app.json)" in run(cwd=tmp_path).stdout
    files(tmp_path, {"app.json": "[" * 100_000})
    assert run(cwd=tmp_path).returncode == 0


def test_version_and_help(tmp_path: Path) -> None:
    assert run("-V", cwd=tmp_path).stdout.startswith("deploylint 0.")
    assert "check" in run("--help", cwd=tmp_path).stdout
    assert "--platform" in run("check", "-h", cwd=tmp_path).stdout


def test_colours_only_where_they_are_wanted(tmp_path: Path) -> None:
    files(tmp_path, BROKEN)
    assert "\x1b" not in run(cwd=tmp_path).stdout
    assert "\x1b" in run("--color", "always", cwd=tmp_path).stdout
    assert "\x1b" not in run(cwd=tmp_path, env={"NO_COLOR": "1", "FORCE_COLOR": "1"}).stdout
    assert "\x1b" in run(cwd=tmp_path, env={"FORCE_COLOR": "1"}).stdout


def test_an_ascii_terminal_gets_ascii(tmp_path: Path) -> None:
    files(tmp_path, READY)
    done = run(cwd=tmp_path, env={"LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
    assert done.returncode == 0
    assert done.stdout.isascii()


def test_a_reader_that_goes_away(tmp_path: Path) -> None:
    files(tmp_path, BROKEN)
    command = f"{sys.executable} -m deploylint rule --all | head -1"
    env = {"PATH": PATH, "HOME": str(tmp_path)}
    done = subprocess.run(["sh", "-c", command], cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert done.stderr == ""


def test_a_command_wins_over_a_folder(tmp_path: Path) -> None:
    files(tmp_path, {**READY, "plan/requirements.txt": "", "plan/Procfile": "worker: x\n"})
    assert "detected" in run("plan", cwd=tmp_path).stdout
    assert "runs worker" in run("./plan", cwd=tmp_path).stdout


def test_python_sources_of_the_app_are_never_imported(tmp_path: Path) -> None:
    hostile = "import pathlib; pathlib.Path('ran').touch()\n"
    names = (
        "app.py",
        "manage.py",
        "click.py",
        "tomllib.py",
        "sitecustomize.py",
        "packaging/__init__.py",
        "conftest.py",
    )
    files(tmp_path, {**READY, **dict.fromkeys(names, hostile), "Procfile": "web: python app.py\n"})
    script = Path(sys.executable).parent / "deploylint"
    env = {"PATH": PATH, "HOME": str(tmp_path)}
    done = subprocess.run([script, "."], cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "ran").exists()


def test_a_changed_runtime_is_noted(tmp_path: Path) -> None:
    root = commit(
        files(tmp_path, {"app/requirements.txt": "", "app/Procfile": "web: x\n", "app/runtime.txt": "python-2.7.8\n"})
    )
    args = ["app", "--platform", "heroku-cedar", "--select", "PYV012", "--fail-on", "note"]
    assert run(*args, cwd=root).returncode == 0
    files(root, {"app/runtime.txt": "python-3.4.1\n"})
    assert "from python-2.7.8 to python-3.4.1" in " ".join(run(*args, cwd=root).stdout.split())
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "3.4.1")
    assert run(*args, cwd=root).returncode == 0
    assert run(*args, "--since", "HEAD~1", cwd=root).returncode == 1
    assert "no-such" in run(*args, "--since", "no-such", cwd=root).stderr


def test_sarif_is_the_same_from_everywhere(tmp_path: Path) -> None:
    root = commit(files(tmp_path, {f"apps/one/{path}": text for path, text in BROKEN.items()}))
    outputs = []
    for cwd, argument, seed in (
        (root, "apps/one", "0"),
        (root / "apps", str(root / "apps/one"), "1"),
        (root / "apps/one", ".", "2"),
    ):
        done = run(argument, "--output-format", "sarif", cwd=cwd, env={"PYTHONHASHSEED": seed})
        assert done.returncode == 1
        outputs.append(done.stdout)
    assert len(set(outputs)) == 1
    results = json.loads(outputs[0])["runs"][0]["results"]
    uris = {result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in results}
    assert uris == {"apps/one/.python-version", "apps/one/procfile"}
    assert str(root) not in outputs[0]


def test_a_crashed_rule_is_told_and_the_rest_is_judged(tmp_path: Path) -> None:
    root = files(tmp_path, BROKEN)
    script = (
        "import sys\n"
        "from deploylint.checks import all_checks, registry\n"
        "all_checks()\n"
        "def broken(scene):\n"
        "    raise KeyError('x')\n"
        "registry._CHECKS['PRO001'] = broken\n"
        "from deploylint.cli import run\n"
        "sys.exit(run(sys.argv[1:]))\n"
    )
    for name, crash in (
        ("sarif", "toolExecutionNotifications"),
        ("text", "the check of PRO001 crashed (KeyError: 'x')"),
    ):
        command = [sys.executable, "-c", script, ".", "--no-git", "--output-format", name]
        done = subprocess.run(command, cwd=root, env={"PATH": PATH}, capture_output=True, text=True, check=False)
        assert done.returncode == 2
        assert crash in " ".join(done.stdout.split())
        assert "PYV003" in done.stdout


def test_a_fix_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    root = commit(files(tmp_path, {**READY, "runtime.txt": "python-3.13\n"}))
    (root / ".python-version").unlink()
    git(root, "rm", "-q", "--cached", ".python-version")
    git(root, "commit", "-q", "-m", "less")
    assert "Fixed" in run("--fix", cwd=root).stderr
    again = run("--fix", cwd=root)
    assert "not fixed: Move the version from runtime.txt to .python-version: " in again.stderr
    assert (root / ".python-version").read_text() == "3.13\n"


def test_fixes_that_undo_each_other_end(tmp_path: Path) -> None:
    """Two rules that each want what the other does not: the first is made, and the second is said not to be."""
    root = files(tmp_path, {**READY, ".python-version": "3.12\n"})
    script = (
        "import deploylint.cli as c, deploylint.checks as checks\n"
        "from deploylint.checks import registry\n"
        "from deploylint.checks.registry import Problem\n"
        "from deploylint.finding import Fix, Replace\n"
        "checks.all_checks()\n"
        "def turn(scene):\n"
        "    span = scene.plan.python.value.span\n"
        "    other = '3.13' if scene.plan.python.value.requested == '3.12' else '3.12'\n"
        "    yield Problem(span, 'x', fix=Fix('turn', (Replace(span, other),), safe=True))\n"
        "registry._CHECKS['PYV009'] = turn\n"
        "raise SystemExit(c.run(['.', '--no-git', '--fix']))"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=root, env={"PATH": PATH}, capture_output=True, text=True, check=False)
    assert (root / ".python-version").read_text() == "3.13\n"
    assert "not fixed: turn: it would undo another fix" in done.stderr
    assert "Fixed 1 file: .python-version." in done.stderr


@pytest.mark.parametrize(
    ("args", "first"),
    [
        (["--graph"], "heroku: web: app:app"),
        (["--graph", "."], "heroku: web: app:app"),
        (["--graph", "--no-git", "."], "heroku: web: app:app"),
        (["--graph=tree", "."], "heroku: web: app:app"),
        (["--graph", "dot", "."], "digraph deploylint {"),
        ([".", "--graph=dot"], "digraph deploylint {"),
    ],
)
def test_the_graph(tmp_path: Path, args: list[str], first: str) -> None:
    done = run("plan", *args, cwd=files(tmp_path, READY))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[0] == first
    assert "gunicorn" in done.stdout


def test_the_graph_goes_to_a_file_and_not_into_json(tmp_path: Path) -> None:
    files(tmp_path, READY)
    assert run("plan", "--graph", "-o", "graph.txt", cwd=tmp_path).stdout == ""
    assert (tmp_path / "graph.txt").read_text() == "heroku: web: app:app\n|-- gunicorn\n`-- app\n\n"
    refused = run("plan", "--graph", "--output-format", "json", cwd=tmp_path)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "exclude each other" in refused.stderr
    assert run("plan", "--graph=svg", cwd=tmp_path).returncode == 2
    assert "--graph" in run("plan", "--", "--graph", cwd=tmp_path).stderr


def test_a_graph_in_a_terminal_of_ascii(tmp_path: Path) -> None:
    files(tmp_path, {**READY, "app.py": "import größe\napp = 1\n", "größe.py": ""})
    done = run("plan", "--graph", cwd=tmp_path, env={"PYTHONIOENCODING": "ascii"})
    assert done.stdout.endswith("    `-- gr\\xf6\\xdfe\n\n")


def test_a_container_in_the_matrix_is_not_judged(tmp_path: Path) -> None:
    app = files(tmp_path, {**READY, "heroku.yml": "build:\n  docker:\n    web: Dockerfile\n"})
    done = run("--no-git", "--platform", "heroku", "--platform", "heroku-fir", cwd=app)
    first = next(line for line in done.stdout.splitlines() if line.startswith("heroku (container)"))
    assert first.split() == ["heroku", "(container)", "?", "-", "-", "not", "judged"]


@pytest.mark.parametrize("env", [{}, {"PYTHONPATH": "."}, {"PYTHONPATH": "lib"}])
def test_modules_of_the_app_are_not_imported(tmp_path: Path, env: dict[str, str]) -> None:
    trap = "raise SystemExit('a module of the app was imported')\n"
    folder = "lib" if env.get("PYTHONPATH") == "lib" else "."
    names = ("click", "datetime", "json", "tomllib", "tomli", "unicodedata")
    make(tmp_path / folder, **{f"{name}.py": trap for name in names})
    make(tmp_path, **{"requirements.txt": "", ".python-version": "3.13", "Procfile": "worker: x"})
    done = run("--output-format", "json", cwd=tmp_path, env=env)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["summary"]["note"] == 1


def test_a_current_folder_that_is_gone(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    (tmp_path / "requirements.txt").touch()
    command = f'rmdir "{gone}"; exec "{sys.executable}" -m deploylint "{tmp_path}"'
    done = subprocess.run(["/bin/sh", "-c", command], cwd=gone, capture_output=True, text=True, timeout=60, check=False)
    assert "Traceback" not in done.stderr
    assert "PRO002" in done.stdout
