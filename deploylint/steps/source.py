"""Detection, the stack, the environment, the app's hooks, and what must not lie in the source.

Sources: heroku/heroku-buildpack-python v351 bin/detect, lib/checks.sh and lib/hooks.sh; archive/v41 and archive/v52
bin/detect; heroku/buildpacks-python v6.5.6 src/detect.rs and src/checks.rs.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from deploylint.finding import Phase
from deploylint.plan import Fault, Step
from deploylint.steps.doubt import changing_buildpack, doubted, named_buildpacks, unless
from deploylint.steps.place import standing
from deploylint.text import Span
from deploylint.tree import Kind

if TYPE_CHECKING:
    from deploylint.steps import Build
    from deploylint.tree import Tree

_LINK_LIMIT = 40


def detection(build: Build) -> Step[str]:
    """Whether the platform takes this for a Python app, and by which file."""
    tree = build.app.tree
    rules = build.platform.data["detect"]
    test = tree.is_file if rules["kind"] == "file" else tree.exists
    for name in rules["files"]:
        if endless(build, name.rstrip("/")):
            # The buildpack fails while it looks, and a buildpack that fails takes no app.
            fault = Fault("detect::none", Phase.DETECT, (Span(name.rstrip("/")),), topic="endless-link")
            return Step.failed(unless(fault, changing_buildpack(build, brings=True)))
        if name.endswith("/"):
            entry = tree.follow(name.rstrip("/"))
            if entry is not None and entry.kind in (Kind.DIRECTORY, Kind.SUBMODULE):
                return Step.ok(name)
        elif test(name):
            return Step.ok(name)
    if any(tree.is_unknown(name.rstrip("/")) for name in rules["files"]):
        return Step.unknown()
    fault = Fault("detect::none", Phase.DETECT, (Span(tree.anchor()),))
    return Step.failed(unless(fault, changing_buildpack(build, brings=True)))


def endless(build: Build, path: str) -> bool:
    """Whether the platform ends the build because a link at `path` leads in a circle."""
    refused = build.platform.data["source"]["endless_link"] == "error"
    return refused and build.app.tree.is_endless(path)


def stack(build: Build) -> Step[str]:
    """Whether the stack still builds, or exists at all."""
    rules = build.platform.data["stacks"]
    if build.stack in rules["accepted"]:
        return Step.ok(build.stack)
    reason = "checks::stack::eol" if build.stack in rules["ended"] else "checks::stack::unknown"
    said = build.app.app_json.stack if build.app.app_json else None
    where = said.span if said and said.value == build.stack else Span(build.app.tree.anchor())
    return Step.failed(Fault(reason, Phase.BUILD, (where,), detail={"stack": build.stack}))


def environment(build: Build) -> Step[None]:
    """The environment of the build, as far as the repository sets it, must not hold what misleads the tools."""
    forbidden = frozenset(build.platform.data["environment"]["forbidden"])
    descriptor = build.app.descriptor if forbidden else None
    found = [variable for variable in (descriptor.variables if descriptor else ()) if variable.name in forbidden]
    if not found:
        return Step.ok(None)
    spans = tuple(variable.span for variable in found)
    names = ", ".join(dict.fromkeys(variable.name for variable in found))
    return Step.failed(Fault("checks::forbidden-env-vars", Phase.BUILD, spans, detail={"names": names}))


def hook(build: Build, when: str) -> Step[str | None]:
    """Whether the app's own hook `before` or `after` the buildpack's work, if there is one, comes through."""
    path = build.platform.data["source"]["hooks"][when]
    found = build.app.hook(path) if path else None
    if found is None:
        return Step.unknown() if path and build.app.tree.is_unknown(path) else Step.ok(None)
    if found.failure is None:
        return Step.unknown(found.path)
    reason = f"hooks::{path.rpartition('/')[2]}"
    detail = {"kind": found.failure.kind}
    return Step.failed(Fault(reason, Phase.BUILD, (found.failure.span,), detail=detail), value=found.path)


def python_directory(build: Build) -> Step[None]:
    """The folder into which the buildpack installs Python must not be in the source."""
    path = build.platform.data["source"]["python_directory"]
    if not path or not build.app.tree.exists(path):
        return Step.unknown() if path and build.app.tree.is_unknown(path) else Step.ok(None)
    span = Span(standing(build.app.tree, path))
    fault = Fault("checks::existing-python-dir", Phase.BUILD, (span,), detail={"path": path})
    return doubted(build, Step.failed(fault), (path,))


def repeated(build: Build) -> Step[None]:
    """The Python buildpack must not run a second time after itself."""
    named = (named_buildpacks(build) or ()) if build.platform.data["detect"].get("once") else ()
    places = [at for at, item in enumerate(named) if item.is_python]
    # After a buildpack that moves the root, the second one builds another app.
    if not places[1:] or any(item.moves_the_root for item in named):
        return Step.ok(None)
    item = named[places[1]]
    words = build.app.app_json.buildpacks if build.app.app_json and build.buildpacks is None else None
    span = words[places[1]].span if words else Span(build.app.tree.anchor())
    certain = build.buildpacks is not None
    detail = {"buildpack": item.said}
    return Step.failed(
        Fault("checks::duplicate-python-buildpack", Phase.BUILD, (span,), certain=certain, detail=detail)
    )


def virtualenv(build: Build) -> Step[None]:
    """A virtual environment must not be in the source."""
    for name in build.platform.data["source"]["virtualenvs"]:
        marker = f"{name}/pyvenv.cfg"
        if build.app.tree.is_file(marker):
            fault = Fault("checks::existing-venv-dir", Phase.BUILD, (Span(marker),), detail={"path": name})
            return doubted(build, Step.failed(fault), (marker,))
    unknown = any(
        build.app.tree.is_unknown(f"{name}/pyvenv.cfg") for name in build.platform.data["source"]["virtualenvs"]
    )
    return Step.unknown() if unknown else Step.ok(None)


def as_moved(build: Build) -> Build:
    """The build as bin/compile sees it, where something in the root stays behind when the source is moved."""
    stays = build.platform.data["source"].get("left_behind")
    if stays is None:
        return build
    tree = build.app.tree.without(lambda path: path.partition("/")[0] == stays)
    return build if tree is build.app.tree else build._replace(app=replace(build.app, tree=tree))


def takes_output(tree: Tree, path: str) -> bool | None:
    """Whether a shell can write to `path`, where no file lies: nothing does, or a link to a file that could be made.
    None where that depends on what is outside of the app.
    """
    if tree.exists(path):
        return False
    for _ in range(_LINK_LIMIT):
        entry = tree.find(path)
        if entry is None or entry.kind is not Kind.LINK:
            return entry is None
        target = (entry.target or "").split("/")
        if target[0] == "" or ".." in target:
            return None
        above = tree.follow("/".join([*path.split("/")[:-1], *target[:-1]]))
        if above is None or above.kind is not Kind.DIRECTORY:
            return False
        path = f"{above.path}/{target[-1]}".lstrip("/")
    return False
