"""Whether there is a program of the name that a command has: the shell looks for it in the folders of PATH, which do
not hold the app, what a distribution once brought may be gone from the version that is installed, and the tools that
the buildpack installs with may not be there when the app runs.

Sources: bash, "Command Search and Execution"; the profile script of heroku/heroku-buildpack-python bin/compile (v351),
which puts only the folder of the installed Python before the system's, and lib/uv.sh, lib/poetry.sh and lib/pipenv.sh,
of which only the last adds its own; heroku/buildpacks-python src/layers (`launch: false`); heroku/base-images (what the
images hold); `rules/removed.toml`.
"""

from __future__ import annotations

import posixpath
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from deploylint import package
from deploylint.facts.wrappers import wrappers
from deploylint.knowledge.distributions import distribution
from deploylint.knowledge.servers import distributions_of, named
from deploylint.record import NamedTuple
from deploylint.steps.argv import words_of
from deploylint.steps.versions import is_at_least

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from deploylint.facts.invocation import Invocation
    from deploylint.steps import Build
    from deploylint.steps.argv import Words
    from deploylint.steps.installed import Installed
    from deploylint.text import Span

_SCRIPT = re.compile(r"[^/]+\.(py|sh|bash)")
_SHEBANG = re.compile(r"#!.*?\b(ba|da)?sh\b")
_PROJECT_FILES = ("setup.py", "setup.cfg", "pyproject.toml")
_REMOVED = "removed.toml"


class Absent(NamedTuple):
    """A program that is not there: the fault's topic, where its name stands, what the rule's words need, and whether
    what is known leaves no doubt.
    """

    topic: str
    span: Span
    detail: dict[str, str]
    sure: bool = True


def absent(build: Build, known: Installed, invocation: Invocation) -> Absent | None:
    """Why the program of an invocation is not found; None where it is, or where that cannot be said."""
    words = words_of(invocation) if invocation.words else None
    if words is None or not words.texts or not words.known[0] or invocation.file is not None or invocation.builtin:
        return None
    return (
        _only_in_build(build, known, invocation, words)
        or _not_installed(known, invocation, words)
        or _incomplete(known, invocation, words)
        or _not_on_platform(build, known, invocation, words)
        or _removed(build, known, words)
        or _not_on_path(build, known, invocation)
        or _mistyped(build, known, invocation, words)
    )


_USUAL = frozenset({"python", "python3"})
_GROUPS = frozenset({"flask", "streamlit", "fastapi", "chainlit"})
"""Programs whose first word is a command of theirs, `run` for an app."""


def _mistyped(build: Build, known: Installed, invocation: Invocation, words: Words) -> Absent | None:
    """A name that no program has, as far as is known."""
    word = words.texts[0]
    if word in _USUAL or (word not in _GROUPS and distributions_of(words.texts, module=invocation.module)):
        return None
    from deploylint.steps.mistyped import mistyped

    found = mistyped(build, invocation, words, group=word in _GROUPS)
    if found is None or (found.kind != "command" and _is_brought(build, known, word)):
        return None
    detail = {"command": word, "kind": found.kind, "meant": found.meant}
    return Absent("command-unknown", words.spans[0], detail, known.names is not None and found.sure)


def _not_installed(known: Installed, invocation: Invocation, words: Words) -> Absent | None:
    """`command not found`: nothing that is installed brings the program."""
    brings = distributions_of(words.texts, module=invocation.module) or _of_wrapper(invocation)
    if not brings or any(known.brings(name) is not False for name in brings):
        return None
    detail = {"command": words.texts[0], "distribution": brings[0], "module": "yes" if invocation.module else ""}
    return Absent("command-not-installed", words.spans[0], detail, known.is_certain())


def _incomplete(known: Installed, invocation: Invocation, words: Words) -> Absent | None:
    """A command that is there and wants what its distribution does not bring along: an extra, or a plugin."""
    module = invocation.module
    row = next((one for one in wrappers(invocation.program, module=module) if one.needs), None)
    if row is not None and known.brings(row.distribution) and known.brings(row.needs) is False:
        detail = {"command": row.command, "distribution": f"{row.distribution}[{row.extra}]", "module": ""}
        return Absent("command-not-installed", words.spans[0], {**detail, "said": row.without}, known.is_certain())
    server = next((one for one in named(words.texts, module=module) if one.data.get("plugin_of")), None)
    if server is not None and known.brings(server.data["plugin_of"]) and known.brings(server.distribution) is False:
        second = server.command.partition(" ")[2]
        detail = {"command": server.command, "distribution": server.distribution, "module": ""}
        detail["said"] = f"No such command '{second}'"
        return Absent("command-not-installed", words.spans[words.texts.index(second)], detail, known.is_certain())
    return None


def _of_wrapper(invocation: Invocation) -> tuple[str, ...]:
    """What brings a command that runs another one; the package manager that the platform may bring is not asked."""
    found = wrappers(invocation.program, module=invocation.module)
    return next(((one.distribution, *one.also) for one in found if one.distribution and not one.managing), ())


def _only_in_build(build: Build, known: Installed, invocation: Invocation, words: Words) -> Absent | None:
    """A package manager that is there while the app is built, and not when it runs."""
    tool = words.texts[0]
    if tool not in build.platform.data["process"]["build_tools"] or known.brings(tool) is not False:
        return None
    runs = words.texts[1:2] == ("run",) and len(words.texts) > 2 and not words.texts[2].startswith("-")
    detail = {"tool": tool, "module": "yes" if invocation.module else "", "runs": "yes" if runs else ""}
    return Absent("build-tool-only", words.spans[0], detail, known.is_certain())


def _not_on_platform(build: Build, known: Installed, invocation: Invocation, words: Words) -> Absent | None:
    """A program of other machines, which the platform has nowhere and no package of the index brings."""
    command = words.texts[0]
    row = build.platform.data["process"].get("absent", {}).get(command)
    if row is None or invocation.module or "PATH" in invocation.env or _is_brought(build, known, command):
        return None
    # `if command -v sudo; then sudo …` knows that there are other machines.
    if invocation.conditional:
        return None
    # A package that brings it anew would be called like it, as docker-compose was.
    if any(command in name for name in (known.names or frozenset()) | known.perhaps):
        return None
    sure = known.names is not None and not row.get("elsewhere")
    return Absent("command-not-on-platform", words.spans[0], {"command": command, "advice": row["advice"]}, sure)


# ---------------------------------------------------------------------------------------------- in the app, not on PATH


def _not_on_path(build: Build, known: Installed, invocation: Invocation) -> Absent | None:
    """A script of the app that is named without a folder: the shell does not look for it there."""
    name = invocation.argv0
    if invocation.module or invocation.cwd is None or "PATH" in invocation.env or not _SCRIPT.fullmatch(name):
        return None
    path = posixpath.join(invocation.cwd, name)
    if not build.app.tree.is_file(path) or _is_brought(build, known, name):
        return None
    detail = {"command": name, "path": path, "interpreter": _interpreter(build, path)}
    return Absent("script-not-on-path", invocation.words[0].span, detail)


def _is_brought(build: Build, known: Installed, name: str) -> bool:
    """Whether a distribution, or the app itself where it is installed as one, brings a command of this name."""
    found = (distribution(one) for one in known.names or ())
    if any(one is not None and name in one.scripts for one in found):
        return True
    said = name.encode("utf-8", "replace")
    return any(said in build.app.tree.read(path).data for path in _PROJECT_FILES if build.app.tree.is_file(path))


def _interpreter(build: Build, path: str) -> str:
    if path.endswith(".py"):
        return "python"
    line = build.app.tree.read(path).data[:200].partition(b"\n")[0].decode("utf-8", "replace")
    match = _SHEBANG.match(line)
    return f"{match[1] or ''}sh" if match else "bash"


# ---------------------------------------------------------------------------------------------- no longer brought


class _Removed(NamedTuple):
    """A row of `rules/removed.toml`."""

    command: str
    distribution: str
    since: str
    instead: str
    manage: bool = False
    same: bool = False


@lru_cache
def _rows() -> tuple[_Removed, ...]:

    return tuple(_Removed(**row) for row in package.table(_REMOVED)["removed"])


def _removed(build: Build, known: Installed, words: Words) -> Absent | None:
    for at, row in _named(words):
        if is_at_least(build, known, row.distribution, row.since):
            detail: Mapping[str, str] = {
                "command": row.command, "distribution": row.distribution, "since": row.since, "instead": row.instead,
                "manage": "yes" if row.manage else "", "same": "yes" if row.same else "",
            }  # fmt: skip
            return Absent("command-removed", words.spans[at], dict(detail))
    return None


def _named(words: Words) -> Iterator[tuple[int, _Removed]]:
    """The rows that the words may mean, each with the place of the word that says so."""
    first = posixpath.basename(words.texts[0])
    at = next((at for at, text in enumerate(words.texts[:4]) if posixpath.basename(text) in MANAGERS), None)
    for row in _rows():
        if not row.manage and row.command == first == words.texts[0]:
            yield 0, row
        if row.manage and at is not None and words.texts[at + 1 : at + 2] == (row.command,) and words.known[at + 1]:
            yield at + 1, row


MANAGERS = frozenset({"manage.py", "django-admin", "django-admin.py"})
"""Programs that run a command of Django's, which the word behind them names."""
