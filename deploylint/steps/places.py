"""Where the buildpack writes beside the app's own files, and what of the app is in its way.

Source: heroku/heroku-buildpack-python v351 bin/compile (mkdir, cp), bin/utils (set_env) and lib/python.sh. The shell
stops at the first command that fails; what GNU mkdir and cp refuse was observed with coreutils 9.1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploylint.finding import Phase
from deploylint.plan import Fault
from deploylint.steps.doubt import doubted_fault
from deploylint.steps.place import standing
from deploylint.steps.source import takes_output
from deploylint.text import Span
from deploylint.tree import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploylint.steps import Build
    from deploylint.tree import Tree


def write_faults(build: Build) -> Iterator[Fault]:
    """The places where the build cannot write, in the order in which it tries."""
    written = build.platform.data["source"]["written"]
    tree = build.app.tree
    for folder in written["folders"]:
        path = _no_folder(tree, folder)
        if path is not None:
            yield _fault(build, path, wanted=folder, what="folder")
    for file in written["files"]:
        if not tree.is_file(file) and takes_output(tree, file) is False and not _is_blocked(tree, file):
            yield _fault(build, file, wanted=file, what="file")
    for file in written["copies"]:
        entry = tree.find(file)
        # A copy goes into a folder of that name, but not through a link that leads nowhere.
        if entry is not None and entry.kind is Kind.LINK and tree.follow(file) is None:
            yield _fault(build, file, wanted=file, what="file")


def _no_folder(tree: Tree, path: str) -> str | None:
    """The first part of the way to `path` that is there and is no folder, so that none can be made."""
    parts = path.split("/")
    for end in range(1, len(parts) + 1):
        part = "/".join(parts[:end])
        if tree.find(part) is None:
            return None
        entry = tree.follow(part)
        if entry is None or entry.kind in (Kind.FILE, Kind.SPECIAL):
            return part
        if entry.kind is Kind.UNKNOWN:
            return None
    return None


def _is_blocked(tree: Tree, path: str) -> bool:
    """Whether the folder of `path` cannot be made, which is told already."""
    return _no_folder(tree, path.rpartition("/")[0]) is not None


def _fault(build: Build, path: str, *, wanted: str, what: str) -> Fault:
    entry = build.app.tree.find(path)
    is_link = entry is not None and entry.kind is Kind.LINK
    where = path if is_link else standing(build.app.tree, path)
    kind = "link" if is_link else "file" if what == "folder" else "folder"
    detail = {"path": path, "wanted": wanted, "what": what, "kind": kind}
    return doubted_fault(build, Fault("internal-error::unhandled", Phase.BUILD, (Span(where),), detail=detail), (path,))
