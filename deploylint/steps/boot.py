"""The process types, and whether `web` can answer on the port that the platform gives it.

Sources: heroku/buildpacks-procfile bb54a14 SPEC.md (the classic expression) and src/main.rs; the router's error R10, a
web process that does not bind $PORT within 60 seconds.
"""

from __future__ import annotations

import ast
import shlex
from typing import TYPE_CHECKING, NamedTuple

from deploylint.app import APP_JSON
from deploylint.finding import Phase
from deploylint.plan import Fault, Reached, Status, Step
from deploylint.steps.installed import installed
from deploylint.steps.place import standing
from deploylint.steps.reach import runs, script_runs
from deploylint.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from deploylint.facts.appjson import Script
    from deploylint.facts.procfile import Process, Procfile
    from deploylint.facts.python import Module
    from deploylint.plan import Python
    from deploylint.platform import Manager
    from deploylint.steps import Build
    from deploylint.steps.installed import Installed
    from deploylint.steps.launch import Launch
    from deploylint.steps.reach import Run

WEB = "web"

# Classes whose objects have a `run` that binds the port it is given.
_SERVING = frozenset({"Flask", "flask.Flask", "Quart", "quart.Quart", "Dash", "dash.Dash", "Bottle", "bottle.Bottle"})
_SERVES = frozenset({"run", "run_server"})
_LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost", "::1", None})
_PORTS = 65536
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
    web = procfile.effective.get(WEB)
    # Sources of a Python 2 are not read: what looks wrong there may be right.
    fault = _port_literal(build, web) if web and not version.value.is_2 else None
    if fault:
        faults.append(fault)
    if version.value.is_2 and not faults:
        return Boot(Step.unknown(), targets, reached)
    return Boot(Step.failed(*faults) if faults else Step.ok(None), targets, reached)


def _reached(run: Run, launch: Launch, known: Installed) -> Reached:
    attribute = f":{launch.attribute}{'()' * launch.called}" if launch.attribute else ""
    server = launch.server.distribution if launch.server else None
    return Reached(run.process, launch.name + attribute, run.closure, server, known)


def _port_literal(build: Build, web: Process) -> Fault | None:
    script = started_script(web.command)
    if script is None or not build.app.tree.is_file(script):
        return None
    module = build.app.module(script)
    if any("PORT" in value for value in module.strings):
        return None
    for call in _served(module):
        port = next((keyword.value for keyword in call.keywords if keyword.arg == "port"), None)
        if isinstance(port, ast.Constant) and type(port.value) is int and 0 < port.value < _PORTS:
            span = module.span(port)
            detail = {"port": str(port.value), "file": script, "process": WEB}
            if not _takes_host(call):
                detail["host"] = "local"
            return Fault(f"boot::{WEB}", Phase.BOOT, (span, web.command_span), topic="port-literal", detail=detail)
    return None


def _takes_host(call: ast.Call) -> bool:
    """Whether the call may listen to more than the machine itself, which all of _SERVING do only when told."""
    host = next((keyword.value for keyword in call.keywords if keyword.arg in ("host", None)), None)
    given = host or (call.args[0] if call.args else None)
    return given is not None and not (isinstance(given, ast.Constant) and given.value in _LOCAL_HOSTS)


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


def _served(module: Module) -> Iterator[ast.Call]:
    """The calls that start a server when the file is run as a program: at its top level or directly under
    `if __name__ == "__main__"`, where nothing else decides whether they run.
    """
    for statement in _program(module.tree):
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
            target = statement.value.func
            if (
                isinstance(target, ast.Attribute)
                and target.attr in _SERVES
                and isinstance(target.value, ast.Name)
                and module.assigned_calls.get(target.value.id) in _SERVING
            ):
                yield statement.value


def _program(tree: ast.Module | None) -> Iterator[ast.stmt]:
    for statement in tree.body if tree else ():
        if isinstance(statement, ast.If) and _is_main_guard(statement.test):
            yield from statement.body
        else:
            yield statement


def _is_main_guard(test: ast.expr) -> bool:
    return (
        isinstance(test, ast.Compare)
        and isinstance(test.left, ast.Name)
        and test.left.id == "__name__"
        and len(test.ops) == 1
        and isinstance(test.ops[0], ast.Eq)
    )
