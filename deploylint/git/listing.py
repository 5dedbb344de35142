"""What the index or a commit lists below an app root: path, mode and blob of each file.

Sources: git-ls-files(1), git-ls-tree(1), git-diff-index(1), gitformat-index(5).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploylint.directory import Disk
from deploylint.git.process import GitError
from deploylint.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploylint.git.repository import Git, Repository

BLOB_MODES = frozenset({"100644", "100755", "120000"})
"""Modes of what is stored as a blob: files, programs and links."""

_EMPTY_TREE = {
    40: "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    64: "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
}
_EMPTY_BLOB = {
    40: "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
    64: "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813",
}


class Listed(NamedTuple):
    """One line of `ls-files -s -v` or `ls-tree`. `from_blob`: git does not look at the working file, so neither do
    we (skip-worktree and assume-unchanged).
    """

    path: str
    mode: str
    blob: str
    conflict: bool = False
    from_blob: bool = False


def _index_lines(output: bytes) -> Iterator[Listed]:
    for record in decode(output).split("\0"):
        head, tab, path = record.partition("\t")
        words = head.split(" ")
        if tab and len(words) == 4:
            tag, mode, blob, stage = words
            yield Listed(path, mode, blob, stage != "0", tag == "S" or tag.islower())


def tree_lines(output: bytes) -> Iterator[Listed]:
    """What `ls-tree -z` has printed."""
    for record in decode(output).split("\0"):
        head, tab, path = record.partition("\t")
        words = head.split(" ")
        if tab and len(words) == 3:
            yield Listed(path, words[0], words[2])


def decode(name: bytes) -> str:
    """A name of git's, whose bytes may be anything."""
    return name.decode("utf-8", "surrogateescape")


def list_index(git: Git) -> list[Listed]:
    """The index below the app root, less what `git add -N` put there: a commit would not hold that.

    GitError where the app root is a submodule that has not been checked out.
    """
    listed = list(_index_lines(git.output("ls-files", "-s", "-v", "-z")))
    if any(line.path == "./" for line in listed):
        raise GitError(f"{git.folder} is a submodule that has not been checked out")
    empty = [line for line in listed if line.blob == _EMPTY_BLOB.get(len(line.blob)) and not line.conflict]
    if not empty or not _may_hold_intent(git.repository):
        return listed
    tree = _EMPTY_TREE[len(empty[0].blob)]
    # What the index holds more than nothing: everything but the intents.
    result = git.run(
        *("diff-index", "--cached", "--ita-invisible-in-index", "--name-only", "--relative", "-z"),
        *("--no-ext-diff", "--no-textconv", "--no-renames", "--ignore-submodules=all", tree),
    )
    if result.code:  # a git that does not know the option: an empty blob with a full file is most likely an intent
        disk = Disk(git.folder)
        intents = {line.path for line in empty if (content := disk.read(line.path, 1)) and content.data}
    else:
        real = set(decode(result.output).split("\0"))
        intents = {line.path for line in empty if line.path not in real}
    return [line for line in listed if line.path not in intents]


def _may_hold_intent(repository: Repository) -> bool:
    """Whether the index can hold an intent to add: version 2 of its format has no room for the flag.

    It saves the usual run a process. A split index keeps most of itself in another file, so it is not judged.
    """
    try:
        with repository.index.open("rb") as file:
            header = file.read(8)
        return header != b"DIRC\0\0\0\2" or any(repository.git_dir.glob("sharedindex.*"))
    except OSError:
        return True
