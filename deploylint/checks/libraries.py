"""SVC: what libraries want beside themselves: data, programs of the system, room."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any

from deploylint.checks.loaded import foreign, has_other_buildpacks, installed, loaded, requirements, services, speaks_of
from deploylint.checks.registry import Problem, Scene, check
from deploylint.facts.events import span_of
from deploylint.finding import Severity
from deploylint.plan import Status
from deploylint.steps.doubt import named_buildpacks
from deploylint.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from deploylint.facts.locked import Locked
    from deploylint.facts.requirements import Requirement

_APTFILE = "Aptfile"
_MODEL = re.compile(r"[a-z]{2}_[a-z]{2,12}_[a-z]{2,12}_(?:sm|md|lg|trf)")
_RELEASE = re.compile(r"(\d{1,4})\.(\d{1,4})")


@check("SVC006")
def nltk_data_missing(scene: Scene) -> Iterator[Problem]:
    """NLTK is used and its data are not installed."""
    tree, file = scene.app.tree, "nltk.txt"
    if foreign(scene, "nltk") is None or speaks_of(scene, "nltk") or tree.is_unknown(file):
        return
    used = _nltk_data(scene)
    if not used or any("nltk_data" in path for path in tree.entries):
        return
    names = " ".join(used)
    lost = f"NLTK will not find its data ({names})"
    if scene.platform.data["source"]["manifest"] != "app.json":
        yield Problem(
            min(used.values()),
            f"{lost}: this platform does not install any, and no code that the processes load does.",
            "Download them when the process starts (`nltk.download`), or commit them and name the folder in NLTK_DATA.",
        )
    elif not tree.is_file(file):
        yield Problem(
            min(used.values()),
            f"{lost}: the buildpack downloads what the file {file} names, and there is no such file.",
            f"Add a file {file} with a name in each line: {names}.",
        )
    elif b"\r" in tree.read(file).data:
        yield Problem(
            tree.text(file).whole,
            f"{lost}: the lines of {file} end with a carriage return (Windows line ends), the buildpack takes it for a "
            "part of each name, and NLTK knows no such package.",
            f"Save the file with Unix line ends; `{file} text eol=lf` in .gitattributes keeps them.",
        )


def _nltk_data(scene: Scene) -> dict[str, Span]:
    """The data that the processes' sources ask NLTK for, with the first place of each; none where they see to it."""
    wanted = services()["nltk"]
    used: dict[str, Span] = {}
    for path in loaded(scene):
        data = scene.app.tree.read(path).data
        if any(word in data for word in (b"nltk.download", b"nltk_data", b"NLTK_DATA", b"downloader")):
            return {}
        if b"nltk" not in data:
            continue
        module = scene.app.module(path)
        for node in module.nodes:
            name = getattr(node, "attr", None) or getattr(node, "id", None)
            if isinstance(node, (ast.Name, ast.Attribute)) and name in wanted:
                used.setdefault(wanted[name], module.span(node))
    return used


@check("SVC007")
def spacy_model_missing(scene: Scene) -> Iterator[Problem]:
    """A spaCy model that is loaded by name and that nothing installs."""
    if foreign(scene, "spacy") is None or speaks_of(scene, "spacy"):
        return
    names = installed(scene)
    if names is None:
        return
    links = [item.url or item.written for item in requirements(scene)]
    for path in loaded(scene):
        if b"spacy.load" not in scene.app.tree.read(path).data:
            continue
        module = scene.app.module(path)
        for call in (node for node in module.nodes if isinstance(node, ast.Call)):
            name = _loaded_model(call)
            if name is None or name.replace("_", "-") in names or any(name in (link or "") for link in links):
                continue
            if any(f"/{part}/".find(f"/{name}/") >= 0 for part in scene.app.tree.entries):
                continue
            yield Problem(
                module.span(call.args[0]),
                f"The model {name} will not be found (error E050): it is a package of its own, which spaCy does not "
                "bring, and nothing installs it.",
                f"Add its address to requirements.txt: `{name} @ https://github.com/explosion/spacy-models/releases/"
                f"download/{name}-VERSION/{name}-VERSION-py3-none-any.whl`.",
            )


def _loaded_model(call: ast.Call) -> str | None:
    named = isinstance(call.func, ast.Attribute) and call.func.attr == "load"
    first = (
        call.args[0]
        if call.args and named and getattr(getattr(call.func, "value", None), "id", "") == "spacy"
        else None
    )
    value = first.value if isinstance(first, ast.Constant) else None
    return value if isinstance(value, str) and _MODEL.fullmatch(value) else None


@check("SVC008")
def aptfile_unread(scene: Scene) -> Iterator[Problem]:
    """An Aptfile, and no buildpack that reads it."""
    if not scene.app.tree.is_file(_APTFILE) or scene.build.in_container or scene.plan.detection.status is not Status.OK:
        return
    named = named_buildpacks(scene.build)
    if named is not None and any("apt" in re.split(r"[/-]", item.name) for item in named):
        return
    if scene.platform.data["source"]["manifest"] != "app.json":
        return
    where = "it is not among the buildpacks that are named" if named else "no file of the app names it"
    yield Problem(
        Span(_APTFILE),
        f"Only the apt buildpack installs what is listed here, and {where}.",
        "Put it before Python's: `heroku buildpacks:add --index 1 heroku-community/apt`; app.json can name both under "
        "`buildpacks`.",
        None if named else Severity.NOTE,
    )


@check("SVC009")
def system_package_missing(scene: Scene) -> Iterator[Problem]:
    """A library that wants something of the system which no stack has."""
    names = installed(scene)
    if names is None or scene.app.tree.may_exist(_APTFILE) or has_other_buildpacks(scene) or speaks_of(scene, "apt"):
        return
    for row in services()["system"]:
        if names.isdisjoint(row["distributions"]) or not names.isdisjoint(row.get("unless", ())):
            continue
        step = next(filter(None, (foreign(scene, module) for module in row["modules"])), None)
        if step is None:
            continue
        fails = row.get("at") == "import"
        what = "This import will fail" if fails else "A part of this library will fail when it is used"
        yield Problem(
            span_of(scene.app.tree, step.path, step.place),
            f"{what}: it needs {row['needs']}, which is on none of the platform's stacks.",
            (f"Best {row['instead']}. Or put" if "instead" in row else "Put")
            + f" `{row['apt']}` into a file Aptfile and `heroku buildpacks:add --index 1 heroku-community/apt`.",
            None if fails else Severity.NOTE,
        )


@check("SVC010")
def slug_too_large(scene: Scene) -> Iterator[Problem]:
    """A distribution that alone is larger than a slug may be."""
    if scene.platform.data["source"]["manifest"] != "app.json" or scene.build.in_container:
        return
    read = scene.app.requirements if scene.lock == "requirements.txt" else None
    options = [option.value for file in read.files for option in file.options] if read else []
    for item in requirements(scene):
        row = next((row for row in services()["large"] if row["name"] == item.name), None)
        if row is None or item.url or item.constraint or item.unknown or "+" in item.specifier:
            continue
        if item.applies({"sys_platform": "linux", "platform_system": "Linux"}) is not True:
            continue
        elsewhere = any(part in value for value in options for part in row["elsewhere"])
        if elsewhere or not _is_since(item, row["since"]):
            continue
        yield _too_large(row["name"], item.name_span, row)
    for found, row in _locked_large(scene):
        yield _too_large(found.name, found.span, row)


def _locked_large(scene: Scene) -> Iterator[tuple[Locked, Mapping[str, Any]]]:
    """What a lock file certainly installs of the large ones, from the public index."""
    manager, python = scene.plan.manager.value, scene.plan.python.value
    lock = scene.app.lock(manager.id) if manager and scene.lock != "requirements.txt" else None
    rows = {row["name"]: row for row in services()["large"]}
    if lock is None or python is None or python.resolved is None or not lock.names or lock.names.isdisjoint(rows):
        return
    from deploylint.facts.locked import locked
    from deploylint.facts.markers import Environment

    for one in locked(lock, Environment(python.resolved, "x86_64")):
        row = rows.get(one.name) if one.public and "+" not in one.version else None
        if row is not None and _reaches([("==", one.version)], row["since"]):
            yield one, row


def _too_large(name: str, span: Span, row: Mapping[str, Any]) -> Problem:
    return Problem(
        span,
        f"The build will probably stop at its end: what {name} brings for Linux is larger than the 500 MB that the app "
        "and all that is installed may have together. It serves graphics cards, too, which the platform has not.",
        f"Without a graphics card, {row['instead']}.",
    )


def _is_since(item: Requirement, first: str) -> bool:
    """Whether the newest version that is allowed is at least `first`. Where no upper bound is told, it is."""
    return _reaches(re.findall(r"(==|<=|<|~=)\s*([0-9][0-9.]*)", item.specifier), first)


def _reaches(bounds: Sequence[tuple[str, str]], first: str) -> bool:
    """Whether these upper bounds allow a version that is at least `first`."""
    numbers = [_RELEASE.match(version) for _, version in bounds]
    versions = [(int(number[1]), int(number[2])) for number in numbers if number]
    if len(versions) < len(bounds):
        return False
    least = _RELEASE.match(first)
    assert least is not None
    wanted = (int(least[1]), int(least[2]))
    return all(
        version > wanted if operator == "<" else version >= wanted
        for (operator, _), version in zip(bounds, versions, strict=True)
    )
