"""REQ: what pip refuses before it downloads anything, in requirements that are well written each by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploylint.checks.registry import Problem, Scene, check
from deploylint.checks.words import listed, will_stop
from deploylint.finding import Related

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from deploylint.text import Span

_PIP = "install-dependencies::pip/"
_SHOWN = 10
"""Further lines that one finding points at."""


def _related(message: str, spans: Sequence[Span]) -> tuple[Related, ...]:
    return tuple(Related(message, span) for span in spans[:_SHOWN])


_HASH_WHY = {
    "hash-missing": ("has none", "have none"),
    "hash-unpinned": ("has neither a hash nor an exact version", "have neither a hash nor an exact version"),
    "hash-impossible": ("installs {what}, which has none", "install what has none"),
}
_HASH_HELP = {
    "hash-missing": "Let `pip-compile --generate-hashes` or `uv export` write the file anew, or take out all hashes.",
    "hash-unpinned": "Pin it with `==` and let `pip-compile --generate-hashes` add its hash, or take out all hashes.",
    "hash-impossible": "Take out all hashes, or install this as an archive with a hash.",
}


@check("REQ011")
def hash_missing(scene: Scene) -> Iterator[Problem]:
    """`install-dependencies::pip/hash-*`: hash mode is on, and a requirement does not fit into it."""
    for fault in scene.faults(*(_PIP + topic for topic in _HASH_WHY)):
        first, *others, asked = fault.spans
        one, many = _HASH_WHY[fault.topic]
        why = f"{len(others) + 1} lines, this one first, {many}" if others else f"this line {one}"
        yield Problem(
            first,
            f"{will_stop(fault)}: {asked.path}:{asked.line} makes pip demand a hash of everything that it installs, "
            f"and {why.format(what=fault.detail['what'])}.",
            _HASH_HELP[fault.topic],
            related=(Related("this asks for hashes", asked), *_related("and this one", others)),
            fault=fault,
        )


_PLACE_WHY = {
    "path-missing": "pip looks for {path} {where}, {nothing}",
    "path-not-a-project": "pip cannot install from here, for {what}",
    "path-unreadable-project": "pip cannot read the project that {line} installs: {what}",
}
_PLACE_WHERE = {
    "": "in the app",
    "outside": "outside of the app",
    "absolute": "on the machine that builds the app",
    "windows": "on the machine that builds the app, a Linux",
}


@check("REQ012")
def local_path_missing(scene: Scene) -> Iterator[Problem]:
    """`install-dependencies::pip/path-*`: pip is to install from a path, and cannot."""
    for fault in scene.faults(*(_PIP + topic for topic in _PLACE_WHY)):
        path, kind = fault.detail["path"], fault.detail["kind"]
        line = fault.spans[-1]
        conda = "conda" in fault.detail
        more = len(fault.spans) - 1 if conda else 0
        words = {
            "path": path,
            "where": _PLACE_WHERE[kind],
            "nothing": "and nothing is there" if fault.certain else "which is not in the commit",
            "what": fault.detail["what"].rstrip("."),
            "line": f"{line.path}:{line.line}",
        }
        yield Problem(
            fault.spans[0],
            f"{will_stop(fault)}: {_PLACE_WHY[fault.topic].format(**words)}{_others(more)}.",
            _CONDA_PATHS if conda else _place_help(scene, fault.topic, path, kind),
            related=_related("and this line" if conda else "installed by this line", fault.spans[1:]),
            fault=fault,
        )


_CONDA_PATHS = (
    "Write names and versions, such as `name==1.2.3`: conda says here in which folder of another computer it built "
    "them. In its environment, `pip list --format=freeze` prints a list without such folders."
)


def _others(more: int) -> str:
    if not more:
        return ""
    return f", and so for {more} more line{'s' if more > 1 else ''}"


def _place_help(scene: Scene, topic: str, path: str, kind: str) -> str:
    if topic == "path-unreadable-project":
        return "Mend pyproject.toml."
    if topic == "path-not-a-project":
        return "Add a pyproject.toml to the folder, or remove the line if the app only imports from there."
    if kind == "outside":
        return "Only the app itself is deployed: bring the folder into it, or install the package from an index or git."
    if kind:
        return (
            "Write the package's name and version, such as `name==1.2.3`: a path of your computer means nothing there."
        )
    if scene.app.untracked(path):
        return f"{path} lies on the disk, but git does not track it: add and commit it."
    if scene.app.left_out(path):
        return f"Take {path} out of {scene.dropper}."
    return "Commit it, or correct the path: it is taken from the root of the app, whichever file names it."


@check("REQ013")
def pins_contradict(scene: Scene) -> Iterator[Problem]:
    """`install-dependencies::pip/pins-conflict`: no version suits all lines that name a project."""
    for fault in scene.faults(_PIP + "pins-conflict"):
        name, one, other = (fault.detail[key] for key in ("name", "one", "other"))
        there = fault.spans[1:]
        where = f"{there[0].path}:{there[0].line} asks for {one}" if there else ""
        why = f"{where} and this line for {other}, and no version is both" if there else f"no version can be {other}"
        yield Problem(
            fault.spans[0],
            f"{will_stop(fault)}: {name} is wanted in versions that exclude each other; {why}.",
            f"Keep one version of {name}.",
            related=_related("the other one", there),
            fault=fault,
        )


@check("REQ019")
def need_conflict(scene: Scene) -> Iterator[Problem]:
    """`install-dependencies::pip/need-conflict`: a pinned package needs another in versions that a line excludes."""
    for fault in scene.faults(_PIP + "need-conflict"):
        name, by, wants, other, versions = (fault.detail[key] for key in ("name", "by", "wants", "other", "versions"))
        against = f"{other} needs {name}{versions}" if other else f"this line asks for {versions}"
        yield Problem(
            fault.spans[0],
            f"{will_stop(fault)}: {by} needs {name}{wants}, and {against}; no version is both.",
            f"Take the version out of the line for {name}, or raise both together."
            if not other
            else f"Choose versions of both that agree on {name}.",
            related=_related(f"needs {name}{wants}", fault.spans[1:]),
            fault=fault,
        )


@check("REQ021")
def version_not_for_python(scene: Scene) -> Iterator[Problem]:
    """`install-dependencies::*/not-for-python`: a pinned version says itself that it is for other Pythons."""
    for fault in scene.faults(_PIP + "not-for-python", "install-dependencies::pipenv/not-for-python"):
        name, versions, wants, python = (fault.detail[key] for key in ("name", "versions", "wants", "python"))
        locked = "::pipenv" in fault.reason
        yield Problem(
            fault.spans[0],
            f"{will_stop(fault)}: {name}{versions} is for Python {wants}, the app gets {python}, and pip then finds no "
            "version to install.",
            "Run `pipenv lock` with the Python that the app gets and commit Pipfile.lock, or ask for another Python."
            if locked
            else f"Write a version of {name} that is for this Python, or ask for another Python.",
            fault=fault,
        )


@check("REQ014")
def wheel_not_for_platform(scene: Scene) -> Iterator[Problem]:
    """`install-dependencies::pip/wheel-unsupported`: a wheel is made for another system or another Python."""
    for fault in scene.faults(_PIP + "wheel-unsupported"):
        wheel, what = fault.detail["wheel"], fault.detail["what"]
        yield Problem(
            fault.spans[0],
            f"{will_stop(fault)}, because pip refuses {wheel}: {what}.",
            "Write the package's name and version, such as `name==1.2.3`, and let pip choose the file.",
            fault=fault,
        )


@check("REQ015")
def no_place_to_look(scene: Scene) -> Iterator[Problem]:
    """`install-dependencies::pip/no-source`: the index is taken away, and no folder of packages is there."""
    for fault in scene.faults(f"{_PIP}no-source"):
        option = fault.spans[1]
        folders = fault.detail["folders"].split(" ") if fault.detail["folders"] else []
        what = (
            f"and the app does not hold {listed(folders)}" if folders else "and no --find-links says where else to look"
        )
        yield Problem(
            fault.spans[0],
            f"{will_stop(fault)}: --no-index ({option.path}:{option.line}) keeps pip from the package index, {what}.",
            "Commit the folder with its packages." if folders else "Take --no-index out.",
            related=_related("the index is taken away here", [option]),
            fault=fault,
        )


@check("REQ023")
def index_ignored(scene: Scene) -> Iterator[Problem]:
    """`install-dependencies::pip/index-ignored`: the only index is reached by plain http, and pip passes over it."""
    for fault in scene.faults(f"{_PIP}index-ignored"):
        yield Problem(
            fault.spans[0],
            f"{will_stop(fault)}: pip passes over an index that it would reach by plain http, and then finds nothing "
            f"to install, {fault.spans[1].path}:{fault.spans[1].line} first.",
            "Write https://, or add `--trusted-host` with the host if the index is yours and has no certificate.",
            related=_related("nothing is found for this line", fault.spans[1:]),
            fault=fault,
        )


@check("REQ024")
def password_in_requirements(scene: Scene) -> Iterator[Problem]:
    """A password or token stands in the address of an index, or of what is installed."""
    requirements = scene.app.requirements
    if requirements is None or not any(b"@" in _bytes(scene, file.path) for file in requirements.files):
        return
    from deploylint.facts.pipindexes import logins

    for login in logins(requirements):
        yield Problem(
            login.span,
            f"The address of {login.host} has a password or a token in it: everybody who can read the repository, or "
            "the log of a build, can use it.",
            "Ask for a new one, and write `${NAME}` in its place where the platform's builds see the config var; the "
            "config var PIP_EXTRA_INDEX_URL holds the whole address of an index.",
            secret=True,
        )


def _bytes(scene: Scene, path: str) -> bytes:
    return scene.app.tree.read(path).data
