"""PRO: apps of which nothing runs, or nothing answers requests: no Procfile, or none with the process `web`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from deploylint.checks.registry import Problem, Scene, check
from deploylint.checks.words import about_near_miss, listed
from deploylint.finding import Create, Fix, Rename, Replace, Severity
from deploylint.frameworks import imported_packages, propose, used_framework
from deploylint.knowledge.servers import is_command, named
from deploylint.nearmiss import near_misses
from deploylint.plan import Status
from deploylint.steps.reach import WEB
from deploylint.text import Span
from deploylint.tree import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploylint.facts.procfile import Process, Procfile
    from deploylint.frameworks import Proposal

_PROCESS_LINE = re.compile(r"^[\"' -]*(?:web|worker|release|bot|clock)[\"' ]*:", re.MULTILINE | re.IGNORECASE)

_HOOKS = ("bin/pre_compile", "bin/post_compile")
# What editors, and people who think of other files, put behind the name or before it.
_MISNAMED = re.compile(r"\.?procfile *(?:\.|\.(?:txt|text|md|yml|yaml|rtf|docx?|py|sh|cfg|conf|json|toml))?|profile")


def _misnamed(scene: Scene, wanted: str) -> str | None:
    """The one root file that was probably meant to be the Procfile."""
    found = []
    names = (entry.name for entry in scene.app.tree.children())
    for miss in near_misses(scene.app, wanted, filter(lambda name: _MISNAMED.fullmatch(name.lower()), names)):
        if miss.how in ("case", "spelling"):
            head = scene.app.tree.read(miss.path).data[:4096].decode("utf-8", "replace").replace("\0", "")
            if miss.how == "case" or _PROCESS_LINE.search(head):
                found.append(miss.path)
    return found[0] if len(found) == 1 else None


@check("PRO001")
def procfile_misnamed(scene: Scene) -> Iterator[Problem]:
    """No Procfile, but a file that was surely meant to be one."""
    wanted = scene.platform.data["process"]["file"]
    tree = scene.app.tree
    if scene.plan.detection.status is not Status.OK or tree.exists(wanted) or tree.is_unknown(wanted):
        return
    path = _misnamed(scene, wanted)
    if path is None:
        return
    yield Problem(
        Span(path),
        f"The platform reads only a file named exactly {wanted}: this one is ignored, so no process is started and "
        "every request ends with error H14.",
        f"Rename it to {wanted}.",
        Severity.WARNING if is_started_otherwise(scene) else None,
        fix=Fix(f"Rename {path} to {wanted}", (Rename(path, wanted),), safe=True),
    )


@check("PRO002")
def procfile_missing(scene: Scene) -> Iterator[Problem]:
    """No Procfile at all."""
    wanted = scene.platform.data["process"]["file"]
    tree = scene.app.tree
    if scene.plan.detection.status is not Status.OK or tree.is_file(wanted) or tree.is_unknown(wanted):
        return
    if _misnamed(scene, wanted) or is_started_otherwise(scene):
        return
    framework = used_framework(scene.app, scene.lock)
    proposal = propose(scene.app, framework) if framework else None
    explained, seen = _why_unseen(scene, wanted)
    installed = bool(proposal and scene.app.declares(proposal.framework.needs, scene.lock))
    kind = f" This app uses {framework.title}, so every request ends with error H14." if framework else ""
    fix = None
    if proposal and installed and not explained:
        new = Create(wanted, f"web: {proposal.command}\n")
        fix = Fix(f"Create a {wanted} with the web process", (new,), safe=False)
    yield Problem(
        Span(_anchor(scene, seen or (proposal.path if proposal else None))),
        f"After the build nothing will run: there is no {wanted}, and a Python app has no process without one.{kind}",
        explained or _what_to_write(scene, wanted, proposal, installed=installed),
        doubt(scene),
        fix=fix,
    )


def _why_unseen(scene: Scene, wanted: str) -> tuple[str, str | None]:
    """A sentence about a Procfile that is there, and that the platform does not see, with its path where it has
    another; empty where there is none.
    """
    entry = scene.app.tree.find(wanted)
    if entry is not None:
        what = {Kind.DIRECTORY: "a folder", Kind.LINK: "a link that leads to no file of the app"}.get(entry.kind)
        return f"{wanted} is {what or 'no regular file'} here: it must be a regular file.", None
    misses = [miss for miss in near_misses(scene.app, wanted) if miss.how in ("untracked", "left-out", "subfolder")]
    return (about_near_miss(misses[0], wanted, scene.dropper), misses[0].path) if misses else ("", None)


def _what_to_write(scene: Scene, wanted: str, proposal: Proposal | None, *, installed: bool) -> str:
    local = next(filter(scene.app.tree.is_file, scene.platform.data["process"].get("local_files", ())), None)
    if local:
        return (
            f"{local} is for tools on your own machine: the platform does not read it. Add a {wanted} that says what "
            f"is to run there, such as `web: {proposal.command if proposal else 'COMMAND'}`."
        )
    if proposal:
        from deploylint.checks.mending import how_to_declare

        needs = "" if installed else f" {how_to_declare(scene, proposal.framework.needs)}"
        return f"Add a {wanted} that says `web: {proposal.command}`.{needs}"
    return f"Add a {wanted} with a line such as `web: COMMAND`, or `worker: COMMAND` for a bot."


def doubt(scene: Scene, highest: Severity | None = None) -> Severity | None:
    """A note where another language's buildpack may start the app, else `highest`."""
    others = scene.platform.data["detect"]["others"]
    return Severity.NOTE if any(scene.app.tree.may_exist(path) for path in others) else highest


def _anchor(scene: Scene, path: str | None) -> str:
    candidates = (path, scene.lock, (scene.plan.detection.value or "").rstrip("/"))
    return next((item for item in candidates if item and scene.app.tree.is_file(item)), scene.app.tree.anchor())


def is_started_otherwise(scene: Scene) -> bool:
    """Whether something else than a Procfile says what runs, a container or another platform's file, or may write one
    during the build.
    """
    tree = scene.app.tree
    if any(tree.may_be_file(path) for path in ("heroku.yml", "Dockerfile", "project.toml")):
        return True
    wanted = scene.platform.data["process"]["file"].encode()
    return any(tree.is_unknown(hook) or wanted in tree.read(hook).data for hook in _HOOKS)


@check("PRO003")
def web_process_missing(scene: Scene) -> Iterator[Problem]:
    """A Procfile without `web`."""
    procfile = scene.plan.procfile
    if scene.plan.detection.status is not Status.OK or procfile is None or procfile.trouble or not procfile.is_text:
        return
    if scene.plan.process_types.faults:
        return  # the whole file is refused, and that is told
    types = list(procfile.effective)
    dropped = {line.type.lower() for line in procfile.dropped if line.type}
    # A line that is dropped has a finding of its own, and is then the cause.
    if WEB in types or WEB in dropped or (dropped and not types):
        return
    near = next((process for process in procfile.processes if process.type.lower() == WEB), None)
    if near:
        yield Problem(
            near.type_span,
            f"The process type that answers requests is `web`, in lower case: `{near.type}` is another type, so every "
            "request ends with error H14.",
            "Write `web`.",
            fix=Fix("Write web", (Replace(near.type_span, WEB),), safe=True),
        )
        return
    if is_started_otherwise(scene):
        return
    if not types:
        yield Problem(
            procfile.text.whole,
            f"{procfile.path} names no process, so nothing will run: every request ends with error H14.",
            "Add a line such as `web: COMMAND`, or `worker: COMMAND` for a bot.",
            doubt(scene),
        )
        return
    if any(is_command(process) for process in procfile.effective.values()):
        return  # PRO036 tells of it
    yield _nobody_answers(scene, procfile)


def _nobody_answers(scene: Scene, procfile: Procfile) -> Problem:
    from deploylint.knowledge.listeners import bots

    types = list(procfile.effective)
    framework = used_framework(scene.app, scene.lock)
    if not bots().packages.isdisjoint(imported_packages(scene.app)):
        framework = None
    server = next((process for process in procfile.effective.values() if _serves(process)), None)
    if server is not None:
        return Problem(
            server.type_span,
            f"The process `{server.type}` runs a web server, but only one that is called `web` receives requests: each "
            "ends with error H14.",
            "Call it `web`.",
            doubt(scene, None if framework else Severity.WARNING),
            # The type may be named elsewhere: where it is scaled, or in app.json.
            fix=Fix("Write web", (Replace(server.type_span, WEB),), safe=False),
        )
    if framework is None:
        return Problem(
            procfile.processes[0].type_span,
            f"No process answers requests: {procfile.path} has only {listed(types)}. That is right for a bot or a "
            "worker, which needs no web process.",
            f"Start it after the first deploy with `heroku ps:scale {types[0]}=1`.",
            Severity.NOTE,
        )
    proposal = propose(scene.app, framework)
    return Problem(
        procfile.processes[0].type_span,
        f"This app uses {framework.title}, but {procfile.path} has no `web` process (it has only {listed(types)}), and "
        "no other one receives requests: each ends with error H14.",
        f"Add `web: {proposal.command}`." if proposal else "Add a line `web: COMMAND`.",
        doubt(scene, Severity.WARNING),
    )


def _serves(process: Process) -> bool:
    words = process.command.split()
    module = words[:2] in (["python", "-m"], ["python3", "-m"])
    words = words[2:] if module else words
    return bool(words) and any(server.data["kind"] == "web" for server in named(words, module=module))
