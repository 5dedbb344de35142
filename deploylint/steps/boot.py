"""The process types, and what becomes of them when they start.

Sources: heroku/buildpacks-procfile bb54a14 SPEC.md (the classic expression) and src/main.rs.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from deploylint.app import APP_JSON
from deploylint.finding import Phase
from deploylint.knowledge.parts import libraries
from deploylint.plan import Fault, Reached, Status, Step
from deploylint.record import NamedTuple
from deploylint.steps.broken import broken_faults
from deploylint.steps.installed import installed
from deploylint.steps.place import standing
from deploylint.steps.reach import runs, script_runs
from deploylint.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from deploylint.facts.appjson import Script
    from deploylint.facts.procfile import Procfile
    from deploylint.plan import Python
    from deploylint.platform import Manager
    from deploylint.steps import Build
    from deploylint.steps.installed import Installed
    from deploylint.steps.launch import Launch
    from deploylint.steps.reach import Run


_LONGEST_COMMAND = 10_000
_INTERPRETERS = frozenset({"python", "python3"})


def read_processes(build: Build) -> Procfile | None:
    """The Procfile as the platform reads it; None where there is none."""
    rules = build.platform.data["process"]
    return build.app.procfile(rules["file"], rules["dialect"])


def process_types(build: Build, detected: Step[str], procfile: Procfile | None) -> Step[None]:
    """Whether the Procfile can be read, on platforms that refuse the build where it cannot."""
    if detected.status is not Status.OK:
        return Step.blocked()
    rules = build.platform.data["process"]
    if rules["dialect"] != "cnb":
        return Step.ok(None)
    path = rules["file"]
    if build.app.tree.is_unknown(path) or (procfile is not None and procfile.trouble):
        return Step.unknown()
    if procfile is None and build.app.tree.exists(path):
        span = Span(standing(build.app.tree, path))
        return Step.failed(Fault("procfile::not-readable", Phase.BUILD, (span,), detail={"kind": "not-a-file"}))
    refusal = procfile.refusal if procfile else None
    if refusal is None:
        return Step.ok(None)
    reason = "procfile::not-readable" if refusal.kind == "not-utf8" else "procfile::invalid"
    return Step.failed(Fault(reason, Phase.BUILD, (refusal.span,), detail={"kind": refusal.kind}))


def scripts(build: Build) -> tuple[Script, ...]:
    """The scripts of app.json, on platforms that read it."""
    found = build.app.app_json if build.platform.data["source"]["manifest"] == APP_JSON else None
    return found.scripts if found else ()


class Boot(NamedTuple):
    """The step of the boot, by process type the file of the app that its command loads, and what the programs reach."""

    step: Step[None]
    targets: Mapping[str, str]
    reached: tuple[Reached, ...] = ()


def boot(
    build: Build, detected: Step[str], chosen: Step[Manager], version: Step[Python], procfile: Procfile | None
) -> Boot:
    """Whether the processes can start."""
    if procfile is None:
        hidden = build.app.tree.is_unknown(build.platform.data["process"]["file"])
        return Boot(Step.unknown() if hidden else Step.blocked(), {})
    started = {process.type: started_script(process.command) for process in procfile.processes}
    targets = {type_: script for type_, script in started.items() if script and build.app.tree.is_file(script)}
    if detected.status is not Status.OK:
        return Boot(Step.blocked(), targets)
    if version.value is None:
        return Boot(Step.unknown(), targets)
    known = installed(build, chosen, version)
    found = list(runs(build, known, procfile)) if known and procfile.refusal is None else []
    for run in found:
        if run.path:
            targets[run.process] = run.path
    found += script_runs(build, known, scripts(build)) if known else ()
    reached = tuple(_reached(run, run.launch, known) for run in found if run.launch and known)
    faults = [fault for run in found for fault in run.faults]
    faults += _broken(build, version, known, found) if known else ()
    if known and known.names and not known.names.isdisjoint(libraries()):
        from deploylint.steps.parts import part_faults

        faults += part_faults(build, known, found)
    here = frozenset(build.platform.data["process"].get("local_types", ()))
    faults = [_of_makers(fault) if fault.detail.get("process") in here else fault for fault in faults]
    if version.value.is_2:
        # Sources of a Python 2 are read as Python 3 does, which is not the same.
        faults = [fault if _is_of_command(fault) else fault._replace(certain=False) for fault in faults]
        return Boot(Step.failed(*faults) if faults else Step.unknown(), targets, reached)
    return Boot(Step.failed(*faults) if faults else Step.ok(None), targets, reached)


def _of_makers(fault: Fault) -> Fault:
    """The same fault of a process that only the tools of the app's makers start."""
    return fault._replace(certain=False, detail={**fault.detail, "makers": "yes"})


def _broken(build: Build, version: Step[Python], known: Installed, found: Sequence[Run]) -> Iterator[Fault]:
    """What is installed and cannot be imported. An app that does not get the Python that it asks for will have another:
    of that only what breaks with any Python is judged.
    """
    python = version.value
    if version.status is Status.OK and python and python.resolved:
        yield from broken_faults(build, known, found, python.resolved.removeprefix("python-"))
    elif not known.is_2:
        yield from (fault._replace(certain=False) for fault in broken_faults(build, known, found, ""))


def _is_of_command(fault: Fault) -> bool:
    """Whether a fault rests on the command alone, and on no source."""
    return fault.topic != "attribute-missing" and not fault.spans[0].path.endswith(".py")


def _reached(run: Run, launch: Launch, known: Installed) -> Reached:
    attribute = f":{launch.attribute}{'()' * launch.called}" if launch.attribute else ""
    server = launch.server.distribution if launch.server else None
    return Reached(run.process, launch.name + attribute, run.closure, server, known, launch.roots)


def started_script(command: str) -> str | None:
    """The script of a command that is nothing but `python SCRIPT …`; None for any other command."""
    if len(command) > _LONGEST_COMMAND:
        return None
    try:
        lexer = shlex.shlex(command, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        words = list(lexer)
    except ValueError:
        return None
    if not words or words[0] not in _INTERPRETERS or any(set(word) <= set("();<>|&") for word in words):
        return None
    rest = words[1:]
    while rest and rest[0] in ("-u", "-O", "-B"):
        rest = rest[1:]
    return rest[0].removeprefix("./") if rest and rest[0].endswith(".py") else None
