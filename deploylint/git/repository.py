"""The repository around a folder, and git as it is asked about one app root in it.

In goes a folder, out comes a Repository, or None where git has nothing to say. What a hook's environment says counts
only where it is about this repository.

Sources: git-rev-parse(1), githooks(5), git-config(1) on `safe.directory`.
"""

from __future__ import annotations

import os
import shlex
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from deploylint.git.process import GitError, Result, find_program, run, start
from deploylint.record import NamedTuple

if TYPE_CHECKING:
    import subprocess

_SET = {
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}


@dataclass(frozen=True)
class Repository:
    """A git work tree. `root` is its top folder, links resolved, `git_dir` its own `.git` (of a linked work tree, the
    folder in `worktrees/`), `index` the index file that counts.
    """

    root: Path
    git_dir: Path
    index: Path


def find_repository(path: Path) -> Repository | None:
    """The repository whose work tree `path` lies in. None where there is none, and where git is not installed.

    Raises GitError where a repository is there but git refuses it (it belongs to another user) or cannot read it.
    """
    here = Path(os.path.realpath(path))
    program = find_program()
    if program is None or not here.is_dir():
        return None
    _refuse_pipes(here)
    words = ("rev-parse", "--is-inside-work-tree", "--show-prefix", "--absolute-git-dir")
    result = run(program, str(here), _environment(), *words)
    if result.code:
        around = (here, *here.parents)
        if "not a git repository" in result.words and not any(os.path.lexists(each / ".git") for each in around):
            return None
        raise GitError(explain(result.words, str(here)))
    inside, _, rest = result.output.partition(b"\n")
    if inside != b"true":
        return None  # within a `.git`, or a repository without a work tree
    prefix, git_dir = _split_places(rest, os.fsencode(here))
    root = (here, *here.parents)[prefix.count(b"/")]
    if not os.path.lexists(root / ".git"):
        # A hostile core.worktree could name `/`, and then files of the whole machine would count as the repository's.
        raise GitError(f"the repository around {here} names {root} as its work tree, but there is no .git")
    own = Path(os.fsdecode(git_dir))
    return Repository(root, own, _inherited_index(root, own) or own / "index")


_OPENED = ("HEAD", "config", "index", "packed-refs")


def _refuse_pipes(here: Path) -> None:
    """GitError where a file that git opens is a pipe or a device: it would wait for somebody to write into it."""
    for folder in (here, *here.parents):
        place = folder / ".git"
        for name in _OPENED if place.is_dir() else ():
            with suppress(OSError):
                if not stat.S_ISREG((place / name).stat().st_mode):
                    raise GitError(f"git cannot read the repository around {here}: .git/{name} is no regular file")


def _split_places(output: bytes, here: bytes) -> tuple[bytes, bytes]:
    """Prefix and git directory, each followed by a line end. Either may hold line ends itself, so the prefix is the
    one that `here` ends with.
    """
    inside = here.replace(os.fsencode(os.sep), b"/") + b"/"
    output = output.removesuffix(b"\n")
    end = output.find(b"\n")
    while end >= 0:
        prefix, git_dir = output[:end], output[end + 1 :]
        if (not prefix or inside.endswith(b"/" + prefix)) and Path(os.fsdecode(git_dir)).is_absolute():
            return prefix, git_dir
        end = output.find(b"\n", end + 1)
    raise GitError(f"git did not tell where the repository around {os.fsdecode(here)} is")


def explain(words: str, here: str) -> str:
    """What git said, for a reader: `words` is its standard error output."""
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    fatal = [line for line in lines if line.startswith(("fatal:", "error:"))]
    line = (fatal or lines or ["fatal: no reason given"])[0].partition(": ")[2] or lines[0]
    # The second wording is that of git before 2.38.
    if "dubious ownership" in line or line.startswith("unsafe repository"):
        quoted = line.split("'")
        refused = quoted[1] if len(quoted) > 2 else here
        return (
            f"git refuses the repository {refused} because it belongs to another user; if you trust it: "
            f"git config --global --add safe.directory {shlex.quote(refused)}"
        )
    return f"git cannot read the repository around {here}: {line}"


def _environment(repository: Repository | None = None) -> dict[str, str]:
    """The environment without anything that steers git, for a hook sets GIT_DIR and more, for its own repository."""
    kept = {name: value for name, value in os.environ.items() if not name.upper().startswith("GIT_")} | _SET
    if repository is not None:
        # Said outright, so that a repository within this one is not found instead.
        kept |= {"GIT_DIR": str(repository.git_dir), "GIT_WORK_TREE": str(repository.root)}
        if repository.index != repository.git_dir / "index":
            kept["GIT_INDEX_FILE"] = str(repository.index)
    return kept


def _inherited_index(root: Path, git_dir: Path) -> Path | None:
    """The index that a hook was given, if it is this repository's: `git commit FILE` commits a temporary one.

    A hook runs in the root, so a relative name starts there. Below the git directory lie those of submodules and linked
    work trees too, so an index there must lie in it directly.
    """
    name = os.environ.get("GIT_INDEX_FILE")
    if not name:
        return None
    index = Path(os.path.realpath(root / name))
    if not index.is_file():
        return None
    inside = index.is_relative_to(root) and ".git" not in index.relative_to(root).parts
    return index if inside or index.parent == Path(os.path.realpath(git_dir)) else None


class Git(NamedTuple):
    """git, for one app root of one repository."""

    repository: Repository
    program: str
    folder: str
    prefix: str

    @classmethod
    def at(cls, repository: Repository, path: Path) -> Git:
        """Git for the app at `path`. GitError where it is not installed, or `path` lies elsewhere."""
        folder = Path(os.path.realpath(path))
        program = find_program()
        if program is None:
            raise GitError("git is not installed")
        if not folder.is_relative_to(repository.root):
            raise GitError(f"{path} does not lie in the work tree {repository.root}")
        inside = os.fsencode(folder.relative_to(repository.root).as_posix()).decode("utf-8", "surrogateescape")
        return cls(repository, program, str(folder), "" if inside == "." else f"{inside}/")

    def run(self, *words: str) -> Result:
        """Run it to its end. GitError as for `process.run`."""
        return run(self.program, self.folder, _environment(self.repository), *words)

    def output(self, *words: str) -> bytes:
        """What it prints. GitError also where it fails."""
        result = self.run(*words)
        if result.code:
            raise GitError(explain(result.words, self.folder))
        return result.output

    def talk(self, *words: str) -> subprocess.Popen[bytes]:
        """Start it, to be asked one thing after the other."""
        return start(self.program, self.folder, _environment(self.repository), words, talk=True)

    def commit(self, revision: str) -> str:
        """The id of the commit that `revision` names; GitError if it names none."""
        result = self.run("rev-parse", "--verify", "--end-of-options", revision + "^{commit}")
        commit = result.output.decode("ascii", "replace").strip()
        if result.code or not commit.isalnum():  # `^HEAD` passes `--verify`, and comes back with its caret
            raise GitError(f"{revision!r} is not a commit of the repository {self.repository.root}")
        return commit
