"""Detection, the stack, and what must not lie in the source.

Sources: heroku/heroku-buildpack-python v351 bin/detect and lib/checks.sh; archive/v41 and archive/v52 bin/detect.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploylint.finding import Phase
from deploylint.plan import Fault, Step
from deploylint.text import Span
from deploylint.tree import Kind

if TYPE_CHECKING:
    from deploylint.steps import Build


def detection(build: Build) -> Step[str]:
    """Whether the platform takes this for a Python app, and by which file."""
    tree = build.app.tree
    rules = build.platform.data["detect"]
    test = tree.is_file if rules["kind"] == "file" else tree.exists
    for name in rules["files"]:
        if name.endswith("/"):
            entry = tree.follow(name.rstrip("/"))
            if entry is not None and entry.kind in (Kind.DIRECTORY, Kind.SUBMODULE):
                return Step.ok(name)
        elif test(name):
            return Step.ok(name)
    if any(tree.is_unknown(name.rstrip("/")) for name in rules["files"]):
        return Step.unknown()
    # heroku.yml may build a container, which no buildpack is asked about.
    certain = not tree.may_be_file("heroku.yml")
    return Step.failed(Fault("detect::none", Phase.DETECT, (Span(tree.anchor()),), certain=certain))


def stack(build: Build) -> Step[str]:
    """Whether the stack still builds, or exists at all."""
    rules = build.platform.data["stacks"]
    if build.stack in rules["accepted"]:
        return Step.ok(build.stack)
    reason = "checks::stack::eol" if build.stack in rules["ended"] else "checks::stack::unknown"
    where = next((name for name in ("app.json",) if build.app.tree.is_file(name)), build.app.tree.anchor())
    return Step.failed(Fault(reason, Phase.BUILD, (Span(where),), detail={"stack": build.stack}))


def python_directory(build: Build) -> Step[None]:
    """The folder into which the buildpack installs Python must not be in the source."""
    path = build.platform.data["source"].get("python_directory")
    if path is None or not build.app.tree.exists(path):
        return Step.ok(None)
    inside = [entry.path for entry in build.app.tree.files() if entry.path.startswith(f"{path}/")]
    span = Span((inside or [path])[0])
    return Step.failed(Fault("checks::existing-python-dir", Phase.BUILD, (span,), detail={"path": path}))


def virtualenv(build: Build) -> Step[None]:
    """A virtual environment must not be in the source."""
    for name in build.platform.data["source"].get("virtualenvs", ()):
        marker = f"{name}/pyvenv.cfg"
        if build.app.tree.is_file(marker):
            return Step.failed(
                Fault("checks::existing-venv-dir", Phase.BUILD, (Span(marker),), detail={"path": name}),
            )
    return Step.ok(None)
