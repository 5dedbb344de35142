"""From a PATH of the command line to a tree: what git has, or what the directory has."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from deploylint.errors import UsageError
from deploylint.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from deploylint.tree import Tree

_LINK_LIMIT = 40

INDEX = "index"
STAGED = "staged"
DIRECTORY = "directory"
REVISION = "revision"


class Place(NamedTuple):
    """An app root. `shown` is how it is called in output, `repository` the root of the git work tree around it."""

    root: Path
    shown: str
    repository: Path | None
    tree: Tree
    how: str


class Wanted(NamedTuple):
    """How the command line wants files to be read."""

    staged: bool = False
    revision: str | None = None
    no_git: bool = False
    since: str | None = None


def open_place(argument: str, wanted: Wanted) -> Place:
    """The app at `argument`. UsageError, in words, where nothing can be judged there."""
    root = _folder(argument)
    shown = os.path.normpath(argument).replace(os.sep, "/")
    if wanted.no_git:
        return _directory(root, shown)
    from deploylint import git

    try:
        repository = git.find_repository(root)
        if repository is None:
            _check_git(argument, root)
            if wanted.staged or wanted.revision is not None:
                raise UsageError(f"{argument}: not in a git repository (or git is not installed)")
            return _directory(root, shown)
        since = wanted.since or "HEAD"
        if wanted.revision is not None:
            tree: Tree | None = git.open_revision(repository, root, wanted.revision, since=since)
            how = REVISION
        elif wanted.staged:
            tree, how = git.open_staged(repository, root, since=since), STAGED
        else:
            tree, how = git.open_index(repository, root, since=since), INDEX
    except git.GitError as error:
        raise UsageError(f"{argument}: {error}") from None
    if tree is None:
        # Nothing below the path is tracked yet: the directory is what will be committed.
        return _directory(root, shown, repository.root)
    inside = tree.prefix.rstrip("/") or "."
    return Place(root, inside, repository.root, tree, how)


def refuse_links(file: str, places: Iterable[Place]) -> None:
    """UsageError where the way to an output file leads through a link that lies in what is judged: whoever made the
    repository would choose which file of ours is overwritten. Links outside are the user's own, and followed.
    """
    roots = [place.repository or place.root for place in places]
    whole = Path.cwd() / file
    reached, todo = Path(whole.anchor), list(whole.parts[:0:-1])
    links = 0
    while todo and links <= _LINK_LIMIT:
        here = reached / todo.pop()
        if here.name == "..":
            reached = reached.parent
        elif not os.path.islink(here):  # unlike is_symlink(), it raises nothing
            reached = here
        elif any(reached.is_relative_to(root) for root in roots):
            raise UsageError(f"{file}: {here} is a symbolic link inside what is judged: nothing is written through it")
        else:
            links += 1
            target = reached / here.readlink()
            reached, todo = Path(target.anchor), [*todo, *target.parts[:0:-1]]


def _check_git(argument: str, root: Path) -> None:
    """UsageError where git is missing, though it would be needed to say what is tracked."""
    if any(os.path.lexists(folder / ".git") for folder in (root, *root.parents)):
        import shutil

        if shutil.which("git") is None:
            raise UsageError(
                f"{argument}: this is a git repository, but git is not installed, so what it tracks is not known; "
                "--no-git judges the folder as it is"
            )


def _directory(root: Path, shown: str, repository: Path | None = None) -> Place:
    from deploylint.directory import open_directory

    prefix = ""
    if repository is not None:
        inside = root.relative_to(repository).as_posix()
        prefix = "" if inside == "." else f"{inside}/"
        shown = prefix.rstrip("/") or "."
    return Place(root, shown, repository, open_directory(root, prefix), DIRECTORY)


def _folder(argument: str) -> Path:
    path = Path(argument)
    try:
        root = path.resolve(strict=True)
        if not root.is_dir():
            raise UsageError(f"{argument}: is a file; name the folder of the app instead")
        os.scandir(root).close()
    except FileNotFoundError:
        raise UsageError(f"{argument}: there is nothing at this path") from None
    except PermissionError:
        raise UsageError(f"{argument}: this folder cannot be read (permission denied)") from None
    except (OSError, RuntimeError, ValueError) as error:
        raise UsageError(f"{argument}: cannot be read: {error}") from None
    return root
