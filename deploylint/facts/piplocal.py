"""What lies where a requirement with a path points to: a project, nothing, or what pip cannot install.

In go the tree and a requirement with a `local_path`; out comes a `Place`. pip is run in the app root, and a relative
path is taken from there, whichever file names it. Read in pip 26.2.1 (`req/constructors.py`, `pyproject.py`,
`utils/misc.py`).
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Any

from deploylint.facts.piprequirement import ARCHIVES
from deploylint.record import NamedTuple
from deploylint.tree import Kind

if TYPE_CHECKING:
    from deploylint.facts.requirements import Requirement
    from deploylint.text import Span
    from deploylint.tree import Tree

_PROJECT_FILES = ("pyproject.toml", "setup.py")
_DRIVE = re.compile(r"/?[A-Za-z]:")
_SUBDIRECTORY = re.compile(r"[#&]subdirectory=([^&]*)")
_REFUSED = ("conflict", "unparseable", "undecodable")

# The build runs in /tmp/build_<id> (classic) or /workspace (Cloud Native), on an image with the folders of a Linux.
_OF_THE_MACHINE = frozenset(
    {
        *(
            "app",
            "bin",
            "boot",
            "buildpacks",
            "cnb",
            "dev",
            "etc",
            "layers",
            "lib",
            "lib32",
            "lib64",
            "libx32",
            "media",
        ),
        *("mnt", "opt", "platform", "proc", "run", "sbin", "srv", "sys", "tmp", "usr", "var", "workspace"),
    }
)
# Where Anaconda's packages were built, which `pip freeze` in a conda environment writes down.
_CONDA = re.compile(r"/(?:tmp/(?:build/[0-9a-f]{8}|abs_\w+)|opt/(?:conda|concourse))/")


class Place(NamedTuple):
    """What pip finds: `ok` (it goes on), `missing`, `not-a-project`, `unreadable-project`, or `unknown`.

    `path` is as pip sees it, relative to the app root, or absolute. `early`: pip looks while it still reads the file,
    whatever the marker says. `certain` is False for a path on the build machine outside the app. `what` tells more, of
    an unreadable project with the `span` of what is wrong there. A project that is `ok` may say which Pythons it
    `requires`, at `span`.
    """

    kind: str
    path: str
    early: bool = False
    certain: bool = True
    what: str = ""
    span: Span | None = None
    requires: str | None = None

    @property
    def bad(self) -> bool:
        """Whether pip stops here."""
        return self.kind not in ("ok", "unknown")

    @property
    def where(self) -> str:
        """The kind of a path that is none of the app: `windows`, `absolute`, `outside`; else empty."""
        if _DRIVE.match(self.path) or "\\" in self.path:
            return "windows"
        return "absolute" if self.path.startswith("/") else "outside" if self.path.startswith("..") else ""


NOWHERE = Place("unknown", "")
"""Where a requirement without a path leads."""


def find_place(tree: Tree, requirement: Requirement) -> Place:
    """Where the path of `requirement` leads."""
    assert requirement.local_path is not None
    written = requirement.local_path
    archive = written.rstrip("/").lower().endswith(ARCHIVES)
    early = requirement.url is None and (requirement.editable or not archive)
    path = posixpath.normpath(written)
    if path.startswith(("/", "../")) or path == "..":
        return Place("missing", path, early, certain=_is_absent(path))
    entry = tree.follow(path)
    if entry is None:
        return Place("missing", path, early)
    if entry.kind is Kind.DIRECTORY:
        place = _project(tree, requirement, path)
        return place._replace(early=early) if place.kind == "not-a-project" else place
    if entry.kind is not Kind.FILE:
        return Place("unknown", path)
    if requirement.editable or early:
        return Place("not-a-project", path, early, what=f"{path} is a file")
    return Place("ok", path)


def _is_absent(path: str) -> bool:
    """Whether a path outside the app is certainly not on the build machine."""
    if _CONDA.match(path):
        return True
    parts = [part for part in path.split("/") if part not in ("", "..")]
    return bool(parts) and parts[0] not in _OF_THE_MACHINE and not parts[0].startswith("build_")


def _project(tree: Tree, requirement: Requirement, folder: str) -> Place:
    """Whether pip can begin to build what lies in `folder`; what the build itself says, only the build knows."""
    inner = _SUBDIRECTORY.search(requirement.url or "")
    path = posixpath.normpath(posixpath.join(folder, inner[1])) if inner else folder
    files = [posixpath.normpath(posixpath.join(path, name)) for name in _PROJECT_FILES]
    if path == ".." or path.startswith(("/", "../")) or any(tree.is_unknown(file) for file in files):
        return Place("unknown", path)
    if tree.is_file(files[0]):
        return _manifest(tree, files[0], Place("ok", path))
    if tree.is_file(files[1]):
        return Place("ok", path)
    where = "the root of the app" if path == "." else f"the folder {path}"
    return Place("not-a-project", path, what=f"{where} has neither a pyproject.toml nor a setup.py")


def _manifest(tree: Tree, file: str, good: Place) -> Place:
    """What pip reads in a pyproject.toml before it builds, [build-system], and in what the build makes of the rest."""
    from deploylint.facts.locks import place, read_toml, strings, table

    document = read_toml(tree, file)
    trouble = document.trouble
    if trouble is not None:
        bad = good._replace(kind="unreadable-project", what=trouble.message, span=trouble.span)
        return bad if trouble.kind in _REFUSED else good
    data = document.data or {}
    system: Any = data.get("build-system")
    if isinstance(system, dict):
        needs = system.get("requires")
        what = "lacks `requires`" if needs is None else "has a `requires` that is not a list of texts"
        if not isinstance(needs, list) or not all(isinstance(need, str) for need in needs):
            what = f"the table [build-system] of {file} {what}"
            span = place(document.text, "build-system", "requires")
            return good._replace(kind="unreadable-project", what=what, span=span)
    project = table(data, "project")
    requires = project.get("requires-python")
    if not isinstance(requires, str) or "requires-python" in strings(project.get("dynamic")):
        return good
    return good._replace(requires=requires, span=place(document.text, "project", "requires-python"))
