"""The options of servers: how words of a command line are held against those that their parsers told."""

from __future__ import annotations

import options
import pytest

from deploylint import package
from deploylint.compat import tomllib
from deploylint.knowledge.servers import named, read_arguments

TOLD = {
    "1.0": {"parser": "argparse", "options": {"--bind": 1, "-b": 1, "--old": 0, "--auto": 0}},
    "1.1": {"parser": "argparse", "options": {"--bind": 1, "-b": 1, "--auto": 2}},
    "2.0": {"parser": "argparse", "options": {"--bind": 1, "-b": 1, "--old": 0, "--auto": 2, "--new": 1}},
}


def test_a_table_tells_kinds_and_versions() -> None:
    told = tomllib.loads(options.text(TOLD))
    assert told.pop("parser") == "argparse"
    assert told.pop("versions").split() == ["1.0", "1.1", "2.0"]
    assert told.pop("some") == {"--new": "2.0-2.0", "--old": "1.0-1.0 2.0-2.0"}
    words = {key: set(text.split()) for key, text in told.items()}
    assert words == {"flags": {"--old"}, "values": {"--bind", "-b", "--new"}, "optional": {"--auto"}}


def test_each_command_of_the_data_is_one_that_the_tool_asks() -> None:
    files = [f"{command.replace(' ', '-')}.toml" for command in options.COMMANDS]
    assert sorted(files) == [name for name in package.names("options") if name.endswith(".toml")]
    for command, file in zip(options.COMMANDS, files, strict=True):
        row = package.table(f"options/{file}")
        server = next(one for one in named(command.split(), module=False) if one.command == command)
        assert server.versions == tuple(row["versions"].split())
        assert set(server.versions) <= set(options.COMMANDS[command]["versions"].split())
        assert all(server.having(option) for option in row.get("some", {}))


@pytest.mark.parametrize(
    ("command", "found"),
    [
        ("gunicorn --bin :80 app:app", {"--bind": ":80"}),
        ("gunicorn --bin=:80 app:app", {"--bind": ":80"}),
        ("gunicorn --prel app:app", {"--preload": ""}),
        ("gunicorn --prel=yes app:app", None),
        ("gunicorn --work 2 app:app", None),  # --workers, --worker-class and more
        ("gunicorn --preboot app:app", None),
        ("gunicorn -b:80 -w2 app:app", {"-b": ":80", "-w": "2"}),
        ("uvicorn --hos 0.0.0.0 app:app", None),  # click takes no beginnings
        ("waitress-serve --lis=:80 app:app", {"--listen": ":80"}),
    ],
)
def test_beginnings_of_options(command: str, found: dict[str, str] | None) -> None:
    words = command.split()
    server = next(iter(named(words, module=False)))
    arguments = read_arguments(server, words)
    assert (None if arguments is None else {name: value for name, (value, _) in arguments.options.items()}) == found
