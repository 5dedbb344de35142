"""Make `rules/options/`: the options that the commands of servers and workers take, by version.

    python scripts/options.py ask --cache DIR [--only COMMAND]     install the versions below, and ask their own parsers
    python scripts/options.py write --cache DIR                 write the data from what was answered

Each version is installed by pip into a folder of its own, and started as its command would be, with the parser's last
step replaced by one that tells which options there are: argparse, optparse, getopt or click. So nothing is read off by
eye, and no server is started. A version that does not run with this Python is told, and left out.

What a file of the data says:

    parser      which library reads the command line
    versions    those that were asked, the oldest first
    flags       options without a value
    values      options with a value
    optional    those that may have one, or that had none in other versions
    some        options that only some of the versions have, from which one to which
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from packaging.version import Version

DATA = Path(__file__).parent.parent / "rules" / "options"
DEADLINE = 300

COMMANDS: dict[str, dict[str, str]] = {
    "gunicorn": {
        "start": "gunicorn.app.wsgiapp:run",
        "versions": "19.9.0 19.10.0 20.0.4 20.1.0 21.2.0 22.0.0 23.0.0 24.1.1 25.0.3 25.3.0 26.2.0 27.0.1",
        "beside": "setuptools<80",
    },
    "uvicorn": {
        "start": "uvicorn.main:main",
        "versions": "0.12.3 0.13.4 0.15.0 0.17.6 0.20.0 0.23.2 0.27.1 0.30.6 0.34.3 0.40.0 0.46.0 0.50.2 0.54.0",
    },
    "hypercorn": {
        "start": "hypercorn.__main__:main",
        "versions": "0.11.2 0.13.2 0.14.4 0.16.0 0.17.3 0.18.0",
        "beside": "typing_extensions",
    },
    "daphne": {
        "start": "daphne.cli:CommandLineInterface.entrypoint",
        "versions": "3.0.2 4.0.0 4.1.2 4.2.0 4.2.3",
        "beside": "setuptools<80",
    },
    "waitress-serve": {
        "start": "waitress.runner:run",
        "distribution": "waitress",
        "versions": "1.4.4 2.0.0 2.1.2 3.0.2",
    },
    "granian": {"start": "granian.cli:entrypoint", "versions": "1.7.6 2.0.1 2.3.4 2.5.7 2.8.7"},
    "flask run": {"start": "flask.cli:main", "distribution": "flask", "versions": "2.2.5 2.3.3 3.0.3 3.1.3"},
    "fastapi run": {
        "start": "fastapi_cli.cli:app",
        "distribution": "fastapi-cli",
        "versions": "0.0.5 0.0.8 0.0.16 0.0.24 0.0.34",
    },
    "celery worker": {
        "start": "celery.__main__:main",
        "distribution": "celery",
        "versions": "5.0.5 5.1.2 5.2.7 5.3.6 5.4.0 5.5.3 5.6.3 5.7.0",
        "beside": "setuptools<80",
    },
    "celery beat": {
        "start": "celery.__main__:main",
        "distribution": "celery",
        "versions": "5.0.5 5.1.2 5.2.7 5.3.6 5.4.0 5.5.3 5.6.3 5.7.0",
        "beside": "setuptools<80",
    },
    "rq worker": {"start": "rq.cli:main", "distribution": "rq", "versions": "1.10.1 1.13.0 1.16.2 2.0.0 2.6.1 3.0.0"},
    "huey_consumer": {
        "start": "huey.bin.huey_consumer:consumer_main",
        "distribution": "huey",
        "versions": "2.2.0 2.4.5 2.5.5 3.0.3 3.5.4",
    },
    "dramatiq": {
        "start": "dramatiq.__main__:main",
        "versions": "1.12.3 1.14.2 1.18.0 2.0.1 2.2.1",
        "beside": "setuptools<80",
    },
}
"""Where each command begins, and the versions to ask; `beside` is what old versions need and do not say."""

ASK = """
import argparse, functools, getopt, importlib, json, optparse, sys

start, words = sys.argv[1], sys.argv[2].split()
told = {}

def tell(parser):
    print("OPTIONS " + json.dumps({"parser": parser, "options": told}))
    sys.stdout.flush()
    raise SystemExit

def of_argparse(self, *given, **named):
    for action in self._actions:
        # 0: no value, 1: a value, 2: perhaps one
        for name in action.option_strings:
            told[name] = 2 if action.nargs in ("?", "*") else int(action.nargs != 0)
    tell("argparse")

def of_optparse(self, *given, **named):
    for option in self._get_all_options():
        told.update(dict.fromkeys((*option._short_opts, *option._long_opts), int(option.takes_value())))
    tell("optparse")

def of_getopt(argv, short, long=()):
    for name in [long] if isinstance(long, str) else long:
        told["--" + name.rstrip("=")] = int(name.endswith("="))
    for at, letter in enumerate(short):
        if letter != ":":
            told["-" + letter] = int(short[at + 1 : at + 2] == ":")
    tell("getopt")

def of_click(self, *given, **named):
    import click
    context = click.Context(self, info_name=words[0])
    commands = [self, *(self.get_command(context, word) for word in words[1:])]
    for command in commands:
        for option in command.get_params(click.Context(command, info_name=words[0])):
            if option.param_type_name == "option":
                flag = getattr(option, "is_flag", False) or getattr(option, "count", False)
                optional = getattr(option, "_flag_needs_value", False)
                for name in (*option.opts, *option.secondary_opts):
                    told[name] = 2 if optional else int(not flag)
    tell("click")

argparse.ArgumentParser.parse_args = of_argparse
optparse.OptionParser.parse_args = of_optparse
getopt.getopt = of_getopt
try:
    import click
    for kind in click.Command.__mro__:
        if "main" in vars(kind):
            kind.main = of_click
except ImportError:
    pass
sys.argv = words
module, _, name = start.partition(":")
found = functools.reduce(getattr, name.split("."), importlib.import_module(module))
if type(found).__name__ == "Typer":
    import typer.main
    of_click(typer.main.get_command(found))
found()
"""


def ask(command: str, version: str, cache: Path) -> None:
    """Ask one version, and keep what it answers; nothing where that is known."""
    row = COMMANDS[command]
    kept = cache / f"{command.replace(' ', '-')}-{version}.json"
    if kept.is_file():
        return
    name = row.get("distribution", command)
    with tempfile.TemporaryDirectory() as folder:
        install = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target", folder]
        names = [f"{name}=={version}", *row.get("beside", "").split()]
        done = subprocess.run([*install, *names], capture_output=True, text=True, check=False, timeout=DEADLINE)
        if done.returncode:
            sys.stderr.write(f"{name} {version} cannot be installed: {done.stderr[-300:]}\n")
            return
        done = subprocess.run(
            [sys.executable, "-c", ASK, row["start"], command],
            cwd=folder, env={**os.environ, "PYTHONPATH": folder}, capture_output=True, text=True, check=False,
            timeout=DEADLINE,
        )  # fmt: skip
    answer = done.stdout.rpartition("OPTIONS ")[2] if "OPTIONS " in done.stdout else ""
    if answer:
        kept.write_text(answer, "utf-8")
    else:
        sys.stderr.write(f"{name} {version} does not answer: {done.stderr[-500:]}\n")


def answers(command: str, cache: Path) -> dict[str, dict[str, Any]]:
    """What the versions of a command have answered, the oldest first."""
    found = {}
    for version in sorted(COMMANDS[command]["versions"].split(), key=Version):
        kept = cache / f"{command.replace(' ', '-')}-{version}.json"
        if kept.is_file():
            found[version] = json.loads(kept.read_text("utf-8"))
    return found


def text(told: dict[str, dict[str, Any]]) -> str:
    """The file of one command."""
    versions = list(told)
    kinds: dict[str, set[int]] = {}
    for answer in told.values():
        for option, kind in answer["options"].items():
            kinds.setdefault(option, set()).add(kind)
    groups = {"flags": {0}, "values": {1}}
    lines = [
        "# Made by scripts/options.py, which says what each key means.",
        f'parser = "{told[versions[-1]]["parser"]}"',
        f'versions = "{" ".join(versions)}"',
    ]
    for group, wanted in groups.items():
        lines += [f'{group} = """', *folded(sorted(name for name, kind in kinds.items() if kind == wanted)), '"""']
    mixed = sorted(name for name, kind in kinds.items() if kind not in groups.values())
    lines += ['optional = """', *folded(mixed), '"""'] if mixed else []
    some = {}
    for option in sorted(kinds):
        there = [version for version in versions if option in told[version]["options"]]
        if there != versions:
            some[option] = " ".join(runs(versions, there))
    lines += ["[some]", *(f'"{name}" = "{there}"' for name, there in some.items())] if some else []
    return "\n".join(lines) + "\n"


def runs(versions: list[str], there: list[str]) -> list[str]:
    """Those of the versions that are `there`, from the first to the last of each run: `1.0-1.4`."""
    found: list[list[str]] = []
    for at, version in enumerate(versions):
        if version in there:
            if not at or versions[at - 1] not in there:
                found.append([])
            found[-1].append(version)
    return [f"{run[0]}-{run[-1]}" for run in found]


def folded(names: list[str]) -> list[str]:
    """The names in lines that are not too long."""
    lines: list[str] = []
    for name in names:
        if lines and len(lines[-1]) + len(name) < 119:
            lines[-1] += f" {name}"
        else:
            lines.append(name)
    return lines


def write(cache: Path) -> None:
    """Write the data of all commands that something is known of."""
    for command in COMMANDS:
        told = answers(command, cache)
        if told:
            (DATA / f"{command.replace(' ', '-')}.toml").write_text(text(told), "utf-8")


def main(arguments: list[str] | None = None) -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("what", choices=("ask", "write"))
    parser.add_argument("--cache", type=Path, required=True, help="a folder outside of the repository")
    parser.add_argument("--only", action="append", help="one command, as it stands in this file")
    options = parser.parse_args(arguments)
    options.cache.mkdir(parents=True, exist_ok=True)
    if options.what == "write":
        write(options.cache)
        return 0
    for command in options.only or COMMANDS:
        for version in COMMANDS[command]["versions"].split():
            ask(command, version, options.cache)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
