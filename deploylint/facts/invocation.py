"""From a shell command to the programs that it runs in the end: through `&&`, `cd`, `exec`, `bash -c`, the scripts of
the app, and commands that run other commands (`deploylint.facts.wrappers`).

Nothing is run. What is found is a list of steps in the order of the text: an `Invocation` is a program with its words,
an `Opaque` something that cannot be followed, a `Broken` something that fails when it is reached. Behind an Opaque with
`rest` nothing more is known of that shell. What a command found in a variable does to the shell is not asked: `$X run`
is taken for a program.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploylint.facts.shell import BASH
from deploylint.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TypeAlias

    from deploylint.facts.shell import Source, Word
    from deploylint.text import Span
    from deploylint.tree import Tree

    Step: TypeAlias = "Invocation | Opaque | Broken"

_SYSTEM = ("/bin/", "/usr/bin/", "/usr/local/bin/")
_INSTALLED = ".heroku/python/bin/"


class Hop(NamedTuple):
    """One step on the way to a command: in words for people (`start.sh`, `bash -c`), and where it stands."""

    words: str
    span: Span


class Invocation(NamedTuple):
    """A program that is run. `argv` holds the texts of `words`, None for one that is not known, or not as one word.
    `env` is what is set for it besides what the platform sets (None: unset, or not known to what), `known` are the
    variables of the shell for `Word.text`, `cwd` is the folder from the app root (None: not known).

    `conditional`: it may not be run even if all goes well. `guarded`: it is run only if what stands before it succeeds.
    `last`: the shell runs nothing behind it. `hands_over`: it runs the next step. `module`: argv[0] is a module, by
    `python -m`. `listens`: it takes the port for what it runs. `file`: the file of the app that argv[0] leads to.
    """

    words: tuple[Word, ...]
    argv: tuple[str | None, ...]
    span: Span
    env: Mapping[str, Word | None]
    known: Mapping[str, str | None]
    cwd: str | None
    via: tuple[Hop, ...] = ()
    conditional: bool = False
    guarded: bool = False
    background: bool = False
    piped: bool = False
    last: bool = False
    builtin: bool = False
    hands_over: bool = False
    module: bool = False
    listens: bool = False
    file: str | None = None

    @property
    def argv0(self) -> str:
        """The command as it is written."""
        return self.argv[0] or ""

    @property
    def program(self) -> str:
        """The name of the command, without the folders of the system and of the installed Python."""
        return plain_name(self.argv0)

    def text(self, word: Word) -> str | None:
        """The text of one of its words, or of a part of one."""
        return word.text(self.known)

    def mentions(self, name: str) -> bool:
        """Whether the variable `name` stands in its words or in the values that are set for it."""
        return any(word.mentions(name) for word in (*self.words, *filter(None, self.env.values())))


class Opaque(NamedTuple):
    """What cannot be followed. `what` is `command` (its name is not known), `code` (not understood, or not there),
    `options` (of a wrapper or a shell), `wrapper`, `file` (not readable, or not of the app), `cycle`, `eval`, `source`
    or `limit`. With `rest`, nothing is known of what comes behind it in the same shell.
    """

    what: str
    span: Span
    via: tuple[Hop, ...] = ()
    conditional: bool = False
    rest: bool = False


class Broken(NamedTuple):
    """What fails when it is reached. `kind` is `syntax` (`detail`: the kind of the fault, and its token), `missing` (no
    file at `path`) or `folder` (nor a folder, for `cd`), though a buildpack or an earlier command may make it,
    `directory`, `not-executable`, or `interpreter` (`detail`: the one that the first line names, which does not exist).
    """

    kind: str
    span: Span
    via: tuple[Hop, ...] = ()
    conditional: bool = False
    guarded: bool = False
    path: str = ""
    detail: tuple[str, ...] = ()


def follow(
    source: Source,
    tree: Tree,
    *,
    dialect: str = BASH,
    root: str = "/app",
    known: Mapping[str, str | None] | None = None,
) -> tuple[Step, ...]:
    """What the code in `source` runs when a shell is given it in the root of the app `tree`, which lies at `root`.
    `known` holds the variables whose values are certain (None: certainly not set); HOME is the root unless it is given.
    """
    from deploylint.facts.follower import Follower

    return Follower(tree).steps_of(source, dialect, root, {"HOME": root} if known is None else known)


def plain_name(argv0: str) -> str:
    """The name of a command without the folders of the system and of the installed Python."""
    head, _, name = argv0.rpartition("/")
    folder = f"{head}/"
    installed = folder == _INSTALLED or folder.endswith(f"/{_INSTALLED}")
    return name if installed or folder in _SYSTEM else argv0
