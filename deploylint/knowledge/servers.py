"""Servers and other programs that load an app, and how their commands are read; data in `rules/servers.toml`, and in
`rules/options/` the options that their own parsers told.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from deploylint import package
from deploylint.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from deploylint.facts.procfile import Process


class Server(NamedTuple):
    """One program as `rules/servers.toml` tells it: its command (`flask run` has two words) and the rest of it."""

    command: str
    data: Mapping[str, Any]

    @property
    def flags(self) -> frozenset[str]:
        """The options without a value, of any version."""
        return _options(self.command).flags

    @property
    def values(self) -> frozenset[str]:
        """The options that have a value, or may have one, in any version."""
        return _options(self.command).values

    @property
    def optional(self) -> frozenset[str]:
        """Those of them that may also stand without one."""
        return _options(self.command).optional

    @property
    def versions(self) -> tuple[str, ...]:
        """The versions that were asked for their options, the oldest first; empty where none was."""
        return _options(self.command).versions

    def meant_by(self, name: str) -> tuple[str, ...]:
        """The options of any version that a word, without its value, may stand for."""
        known = _options(self.command)
        if name in known.flags or name in known.values:
            return (name,)
        # Where the parser takes the beginning of a long option for it, and no other one begins so.
        if known.parser not in _ABBREVIATING or not name.startswith("--"):
            return ()
        return tuple(sorted(option for option in known.flags | known.values if option.startswith(name)))

    def having(self, option: str) -> tuple[str, ...]:
        """Those of the versions that have an option."""
        known = _options(self.command)
        some = known.some.get(option)
        if some is not None:
            ends = [tuple(map(known.versions.index, run.split("-"))) for run in some.split()]
            return tuple(version for first, last in ends for version in known.versions[first : last + 1])
        return known.versions if option in known.flags or option in known.values else ()

    @property
    def distribution(self) -> str:
        """What brings the command."""
        return str(self.data["distribution"])

    def words(self, key: str) -> tuple[str, ...]:
        """A list of the data, empty where there is none."""
        return tuple(self.data.get(key, ()))


class Starters(NamedTuple):
    """Words with which a command begins: `servers` answer requests, `runners` are these, workers and Python itself."""

    servers: frozenset[str]
    runners: frozenset[str]
    programs: frozenset[str]


class Arguments(NamedTuple):
    """The arguments of a command: each option with its last value and where that stands among the words (an option and
    its value may share one word), and the places of the words that are no options.
    """

    options: Mapping[str, tuple[str, int]]
    positional: tuple[int, ...]

    def option(self, names: Sequence[str]) -> tuple[str, int] | None:
        """The value of the option that has one of these names."""
        return next((self.options[name] for name in names if name in self.options), None)


_ABBREVIATING = frozenset({"argparse", "optparse", "getopt"})


class _Options(NamedTuple):
    """The options of a command: those of `rules/servers.toml`, and those that its parser told."""

    flags: frozenset[str]
    values: frozenset[str]
    optional: frozenset[str]
    parser: str
    versions: tuple[str, ...]
    some: Mapping[str, str]


@lru_cache
def _servers() -> Mapping[str, Server]:
    return {command: Server(command, row) for command, row in package.table("servers.toml").items()}


@lru_cache
def _options(command: str) -> _Options:
    row, file = _servers()[command].data, f"{command.replace(' ', '-')}.toml"
    told = package.table(f"options/{file}") if file in package.names("options") else {}

    def listed(*keys: str) -> frozenset[str]:
        return frozenset(name for key in keys for table in (row, told) for name in table.get(key, "").split())

    values, versions = listed("values", "optional"), tuple(told.get("versions", "").split())
    return _Options(listed("flags"), values, listed("optional"), told.get("parser", ""), versions, told.get("some", {}))


@lru_cache
def starters() -> Starters:
    """The programs with which people begin a line of a Procfile that is meant for a command (`rules/programs.toml`)."""
    rows = package.table("programs.toml")
    of_kind: dict[str, set[str]] = {}
    for server in _servers().values():
        first = server.command.partition(" ")[0]
        if first != "manage.py":  # a file, which stands behind `python`
            of_kind.setdefault(server.data["kind"], set()).add(first)
    servers = frozenset(of_kind["web"])
    runners = servers | of_kind["worker"] | set(rows["python"])
    return Starters(servers, runners, runners | set(rows["others"]))


def is_command(process: Process) -> bool:
    """Whether the name is a program, in a line without a colon: somebody wrote a command, and no process type. Where
    another program follows, it may be a name after all: `celery celery -A app worker`.
    """
    if process.colon:
        return False
    programs = starters().programs
    return process.type in programs and programs.isdisjoint(process.command.split(maxsplit=1)[:1])


def named(words: Sequence[str], *, module: bool) -> Iterator[Server]:
    """The programs that a command may mean by its first words: `module` for those of `python -m`. Those with a second
    word that the command has.
    """
    for server in _servers().values():
        first, _, second = server.command.partition(" ")
        fits = words[0] in server.words("modules") if module else words[0] in (first, *server.words("aliases"))
        if fits and (not second or second in words[1:]):
            yield server


def distributions_of(words: Sequence[str], *, module: bool) -> tuple[str, ...]:
    """The distributions that bring the command, whatever its second word is; none for a command not known here."""
    for server in _servers().values():
        first = server.command.partition(" ")[0]
        if words[0] in (server.words("modules") if module else (first, *server.words("aliases"))):
            return (server.distribution, *server.words("also"))
    return ()


def read_arguments(server: Server, words: Sequence[str]) -> Arguments | None:
    """The arguments of a command, words[0] being the program; None where an option is not known."""
    options: dict[str, tuple[str, int]] = {}
    positional: list[int] = []
    second = server.command.partition(" ")[2]
    many = server.words("many")
    at = 1
    while at < len(words):
        word = words[at]
        if word == "--":
            positional.extend(range(at + 1, len(words)))
            break
        if not word.startswith("-") or word == "-":
            if word == second and not positional:
                second = ""
            else:
                positional.append(at)
        else:
            name, value, own = _option(server, word)
            if name is None or (own and at + 1 >= len(words)):
                return None
            at += own
            options[name] = (words[at] if own else value, at)
            # Some take all that follows, up to the next option.
            while own and name in many and at + 1 < len(words) and not words[at + 1].startswith("-"):
                at += 1
        at += 1
    return Arguments(options, tuple(positional))


def _option(server: Server, word: str) -> tuple[str | None, str, bool]:
    """The name of an option, its value in the same word, and whether the next word is its value."""
    name, equals, value = word.partition("=")
    if word in server.flags:
        return word, "", False
    if name in server.values or ("--*" in server.values and name.startswith("--")):
        return name, value, not equals
    # `-w4`, and flags in one word.
    if not word.startswith("--") and word[:2] in server.values:
        return word[:2], word[2:], False
    if not word.startswith("--") and all(f"-{letter}" in server.flags for letter in word[1:]):
        return word[:2], "", False
    meant = server.meant_by(name)
    if len(meant) == 1 and meant[0] != name and (not equals or meant[0] in server.values):
        return meant[0], value, meant[0] in server.values and not equals
    return None, "", False
