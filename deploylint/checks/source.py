"""APP: the source tree and detection."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from deploylint.app import REQUIREMENTS, SETUP_PY
from deploylint.checks.registry import Problem, Scene, check
from deploylint.checks.words import about_near_miss, listed, rename_fix, will_stop
from deploylint.finding import Create, Fix, Related, Severity
from deploylint.nearmiss import near_misses
from deploylint.plan import Status
from deploylint.text import Span
from deploylint.tree import Trouble

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploylint.app import App
    from deploylint.nearmiss import NearMiss


def missing_requirements(scene: Scene) -> list[NearMiss]:
    """What may have been meant to be requirements.txt."""
    detect = scene.platform.data["detect"]["files"]
    known = [name for name in detect if name.startswith("requir") and name != REQUIREMENTS]
    return near_misses(scene.app, REQUIREMENTS, known)


@check("APP001")
def no_python_app(scene: Scene) -> Iterator[Problem]:
    """`detect::none`: nothing says that this is a Python app."""
    for fault in scene.faults("detect::none"):
        misses = missing_requirements(scene)
        span = Span(misses[0].path) if misses and scene.app.tree.is_file(misses[0].path) else fault.spans[0]
        files = [manager.file for manager in scene.platform.managers]
        if scene.platform.data["packages"]["on_setup_py"] == "editable":
            files.append(SETUP_PY)
        yield Problem(
            span,
            f"{scene.platform.title} will not recognise this as a Python app and refuses the push: there is no "
            f"{listed(files, 'or')} in the root of the app.",
            " ".join(about_near_miss(miss, REQUIREMENTS, scene.dropper) for miss in misses[:2])
            or "Add a requirements.txt; an empty one is enough for an app without dependencies.",
            fix=rename_fix(misses, REQUIREMENTS) or (None if misses else empty_requirements_fix(scene)),
            fault=fault,
        )


def empty_requirements_fix(scene: Scene) -> Fix | None:
    """An empty requirements.txt, where every import of every source is the app's own or the standard library's."""
    app = scene.app
    # Dependencies that are declared in another way may be needed by something else than an import.
    if any(app.tree.may_exist(path) for path in _DECLARATIONS):
        return None
    if any(process.type not in scene.plan.targets for process in scene.plan.processes):
        return None
    if not app.sources or any(app.module(path).tree is None for path in app.sources[:400]) or len(app.sources) > 400:
        return None
    own = _own_packages(app)
    foreign = {found.package for path in app.sources for found in app.module(path).imports} - own
    if foreign - sys.stdlib_module_names:
        return None
    return Fix("Create an empty requirements.txt: nothing but the standard library is imported", (_EMPTY,), safe=True)


_DECLARATIONS = ("pyproject.toml", "setup.py", "setup.cfg", "Pipfile", "environment.yml")
_EMPTY = Create(REQUIREMENTS, "")


def _own_packages(app: App) -> set[str]:
    """Every name under which a source of the app could be imported, whatever folder is on the path."""
    parts = {part.removesuffix(".py") for path in app.sources for part in path.split("/")}
    return parts - {"__init__"}


@check("APP002")
def detected_by_setup_py(scene: Scene) -> Iterator[Problem]:
    """Cedar takes a setup.py alone, though the article asked for requirements.txt."""
    if scene.plan.detection.value != "setup.py" or scene.platform.data["packages"]["on_setup_py"] != "editable":
        return
    yield Problem(
        Span("setup.py"),
        "The documented requirement is a requirements.txt in the root. The build will accept setup.py alone and "
        "install the project itself with `pip install -e .`.",
        "Add a requirements.txt that says `-e .`, so that the app does not rest on undocumented behaviour.",
        fix=Fix("Create a requirements.txt that installs the project", (Create(REQUIREMENTS, "-e .\n"),), safe=True),
    )


@check("APP003")
def cache_directory_committed(scene: Scene) -> Iterator[Problem]:
    """Cedar keeps its build cache in `.heroku/`."""
    path = scene.platform.data["source"].get("cache_directory")
    if path is None:
        return
    wanted = scene.platform.data["django"]["disabled_file"]
    files = (entry.path for entry in scene.app.tree.files() if entry.path.startswith(f"{path}/"))
    inside = next((file for file in files if file != wanted), None)
    if inside is None:
        return
    yield Problem(
        Span(inside),
        f"The platform keeps its own cached build in {path}/: what is committed there is mixed with or overwritten by "
        "what the last build left.",
        f"Remove it from git with `git rm -r --cached {path}` and add `{path}/` to .gitignore.",
    )


@check("APP004")
def python_directory_committed(scene: Scene) -> Iterator[Problem]:
    """`checks::existing-python-dir`."""
    yield from _committed(scene, "checks::existing-python-dir", "is where the buildpack installs Python")


@check("APP005")
def virtualenv_committed(scene: Scene) -> Iterator[Problem]:
    """`checks::existing-venv-dir`."""
    yield from _committed(scene, "checks::existing-venv-dir", "is a virtual environment, made for one machine")


def _committed(scene: Scene, reason: str, what: str) -> Iterator[Problem]:
    """A folder that must not be in the commit."""
    for fault in scene.faults(reason):
        path = fault.detail["path"]
        yield Problem(
            fault.spans[0],
            f"{will_stop(fault)}: {path}/ {what}, and it is in the commit.",
            f"Remove it from git with `git rm -r --cached {path}` and add `{path}/` to .gitignore.",
            fault=fault,
        )


_REMARKS = {
    "conflict": (
        Severity.WARNING,
        "This path is in an unresolved merge conflict, so what will be committed here is not known.",
        "Resolve the conflict, then run `git add` on the file.",
    ),
    "deleted": (
        Severity.NOTE,
        "The index has this file, but on the disk there is none that can be read: it was judged as the index has it.",
        "Bring it back with `git restore`, or take it out of git with `git rm` if it is to go.",
    ),
    "leaving-link": (
        Severity.NOTE,
        "This link leads out of the app, to what nobody here can see: nothing that depends on it was judged.",
        "Put the file itself here, or let the link lead to a place inside the app.",
    ),
    "submodule": (
        Severity.NOTE,
        "This is a submodule: its files are not in the repository, so nothing below it was judged.",
        "",
    ),
    "unread": (Severity.WARNING, "This file holds more than is read here, so it was judged as if it were empty.", ""),
    "unreadable": (
        Severity.NOTE,
        "This file cannot be read on the disk: it was judged as git has it, whatever has been changed since.",
        "Give yourself the right to read it with `chmod u+r`.",
    ),
    "unreadable-folder": (Severity.NOTE, "This folder cannot be read, so nothing below it was judged.", ""),
    "truncated": (Severity.NOTE, "There are too many files here, so not all of them were judged.", ""),
}

# What befalls many files at once is said once, on the first of them.
_REMARKS_OF_MANY = {
    "deleted": (
        "The index has this file and {others}, but on the disk there are none that can be read: they were judged as "
        "the index has them."
    ),
    "unreadable": (
        "This file and {others} cannot be read on the disk: they were judged as git has them, whatever has been "
        "changed since."
    ),
}
_OTHERS_SHOWN = 5


@check("APP006", last=True)
def not_judged(scene: Scene) -> Iterator[Problem]:
    """What could not be looked at, so that silence is not taken for approval."""
    tree = scene.app.received
    found: dict[str, list[str]] = {}
    for remark in (*scene.app.tree.remarks, *scene.app.tree.seen()):
        found.setdefault(remark.what, []).append(remark.path if tree.find(remark.path) else tree.anchor())
    for what, paths in found.items():
        severity, message, advice = _REMARKS[what]
        if what in _REMARKS_OF_MANY and len(paths) > 1:
            # What a platform reads lies in the root.
            paths.sort(key=lambda path: (path.count("/"), path))
            others = f"{len(paths) - 1} other{'s' * (len(paths) > 2)}"
            message = _REMARKS_OF_MANY[what].format(others=others)
            shown = tuple(Related("and this one", Span(path)) for path in paths[1 : 1 + _OTHERS_SHOWN])
            yield Problem(Span(paths[0]), message, advice, severity, shown)
            continue
        for path in paths:
            yield Problem(Span(path), message, advice, severity)


_LOOK = "Look whether this is the file that you meant to commit."


@check("APP007")
def file_not_readable(scene: Scene) -> Iterator[Problem]:
    """A deciding file that is too large to be one, or cannot be read."""
    requirements = scene.app.requirements if scene.plan.detection.status is Status.OK else None
    for problem in requirements.problems if requirements else ():
        unread = problem.kind == "unknown-include" and scene.app.tree.read(problem.span.path).trouble
        if unread or problem.kind in ("too-large", "too-many-files"):
            yield Problem(problem.span, f"Not judged: {problem.message.rstrip('.')}.", _LOOK, Severity.NOTE)
    paths = [source.file for source in scene.platform.version_sources]
    procfile = scene.plan.procfile
    if procfile and procfile.trouble:
        paths.append(procfile.path)
    for path in dict.fromkeys(paths):
        trouble = scene.app.tree.read(path).trouble if scene.app.tree.is_file(path) else None
        if procfile and path == procfile.path:
            trouble = procfile.trouble
        if trouble:
            why = "is too large to be read here" if trouble is Trouble.TOO_LARGE else "cannot be read"
            yield Problem(Span(path), f"Not judged: the file {why}.", _LOOK, Severity.NOTE)


@check("APP008")
def stack_not_accepted(scene: Scene) -> Iterator[Problem]:
    """`checks::stack::eol` and `checks::stack::unknown`."""
    for fault in scene.faults("checks::stack::eol", "checks::stack::unknown"):
        stack = fault.detail["stack"]
        ended = fault.reason.endswith("eol")
        yield Problem(
            fault.spans[0],
            f"{will_stop(fault)}: the stack {stack} "
            + ("has reached its end of life." if ended else "is not one that the buildpack knows."),
            f"Use {listed(scene.platform.stacks, 'or')}.",
            fault=fault,
        )


@check("APP018")
def link_in_a_circle(scene: Scene) -> Iterator[Problem]:
    """`detect::none/endless-link` and its kin: the platform fails where it asks about a link that leads in a circle."""
    for fault in scene.faults(
        "detect::none/endless-link", "package-manager::check-file-exists", "runtime-txt::check-exists"
    ):
        name = fault.spans[0].path
        what = (
            f"{scene.platform.title} will not recognise this as a Python app"
            if fault.reason == "detect::none"
            else will_stop(fault)
        )
        yield Problem(
            fault.spans[0],
            f"{what}: {name} is a symbolic link that leads in a circle, so the system cannot say whether there is such "
            "a file.",
            f"Commit the file itself instead of the link, or remove the link with `git rm {name}`.",
            fault=fault,
        )


@check("APP019")
def build_cannot_write(scene: Scene) -> Iterator[Problem]:
    """`internal-error::unhandled`: something of the app lies where the build writes."""
    for fault in scene.faults("internal-error::unhandled"):
        path, wanted, kind = (fault.detail[key] for key in ("path", "wanted", "kind"))
        lies = "is a link that leads to no such place" if kind == "link" else f"is a {kind}"
        yield Problem(
            fault.spans[0],
            f"{will_stop(fault, ' with an unhandled error')}: the buildpack writes the {fault.detail['what']} "
            f"{wanted}, and {path} {lies}.",
            f"Rename {path} or take it out of git: the platform keeps this name for itself.",
            fault=fault,
        )
