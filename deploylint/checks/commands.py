"""PRO: the commands of the processes: whether there is such a program, and whether it takes what it is told."""

from __future__ import annotations

import posixpath
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from deploylint.checks.processes import MADE, ends, is_sure, problems, with_declaration
from deploylint.checks.registry import Problem, Scene, check
from deploylint.facts.invocation import Invocation, follow
from deploylint.facts.shell import Source
from deploylint.finding import Fix, Replace, Severity
from deploylint.frameworks import propose, used_framework
from deploylint.steps.reach import RELEASE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@check("PRO010")
def command_not_installed(scene: Scene) -> Iterator[Problem]:
    """`command-not-installed`: the shell finds no such program."""
    for fault, subject, say in problems(scene, "boot::*/command-not-installed"):
        from deploylint.checks import mending

        command, distribution = fault.detail["command"], fault.detail["distribution"]
        lock = scene.declaring
        error = f"No module named {command}" if fault.detail["module"] else f"{command}: command not found"
        error = fault.detail.get("said", error)
        why = f"{lock} does not install {distribution}"
        if not is_sure(fault) and not fault.detail.get("unless"):
            why = f"{lock} does not name {distribution}, and nothing that it names is known to bring it"
        other = mending.declared_elsewhere(scene, (distribution,))
        if other:
            why = f"{distribution} is declared only in {other.where}, and the platform does not install that"
        problem = say(
            f"{ends(fault, subject)}, with `{error}`: {why}.",
            mending.how_to_declare(scene, distribution),
            fix=mending.declare(scene, distribution),
        )
        yield with_declaration(problem, other)


@check("PRO022")
def script_not_on_path(scene: Scene) -> Iterator[Problem]:
    """`script-not-on-path`: a script of the app that is named as if it were a program of the system."""
    for fault, subject, say in problems(scene, "boot::*/script-not-on-path"):
        from deploylint.checks import mending

        command, path, interpreter = (fault.detail[key] for key in ("command", "path", "interpreter"))
        right = f"{interpreter} {command}"
        yield say(
            f"{ends(fault, subject)}, with `{command}: command not found`: the shell looks for programs in the "
            f"folders of PATH, and the folder of {path} is not among them.",
            f"Write `{right}`.",
            fix=mending.write(scene, fault.spans[0], command, right),
        )


@check("PRO023")
def release_changes_lost(scene: Scene) -> Iterator[Problem]:
    """What is installed in a dyno that nothing else runs in."""
    for source, what in _passing(scene):
        steps = [step for step in follow(source, scene.app.tree) if isinstance(step, Invocation) and not step.builtin]
        for at, step in enumerate(steps):
            if not step.words or not _installs(step):
                continue
            alone = not any(later.program != "echo" for later in steps[at + 1 :] if not later.module)
            yield Problem(
                step.words[0].span,
                f"What {what} installs here is lost: it runs in a dyno of its own, whose files are thrown away"
                + (", and the processes start from what the build has made." if alone else " when the command ends."),
                "Declare it, so that the build installs it for all processes.",
                None if alone else Severity.NOTE,
            )


def _passing(scene: Scene) -> Iterator[tuple[Source, str]]:
    """The commands that run once and end, with who they are."""
    procfile = scene.plan.procfile
    release = procfile.effective.get(RELEASE) if procfile else None
    if procfile and release:
        yield Source.of_span(procfile.text, release.command_span), f"the process `{RELEASE}`"
    for script in scene.plan.scripts:
        if script.name == MADE and script.exact:
            text = scene.app.received.text(script.span.path)
            yield Source.of_span(text, script.span), f"the script `{script.name}`"


def _installs(invocation: Invocation) -> bool:
    """Whether a program installs distributions."""
    words = [text or "" for text in invocation.argv]
    at = 1 if _PYTHON.fullmatch(invocation.program) else 0
    name = posixpath.basename(invocation.program if at == 0 else "".join(words[1:2]))
    wanted = _installers().get(name, ())
    return next((word for word in words[at + 1 :] if not word.startswith("-")), "") in wanted


_PYTHON = re.compile(r"python(?:\d(?:\.\d+)?)?")


@lru_cache
def _installers() -> Mapping[str, list[str]]:
    from deploylint import package

    words: Mapping[str, list[str]] = package.table("installers.toml")["python"]
    return words


@check("PRO024")
def command_removed(scene: Scene) -> Iterator[Problem]:
    """`command-removed`: what the installed version of a distribution no longer has."""
    for fault, subject, say in problems(scene, "boot::*/command-removed"):
        from deploylint.checks import mending

        command, distribution, since, instead = (
            fault.detail[key] for key in ("command", "distribution", "since", "instead")
        )
        error = f"Unknown command: '{command}'" if fault.detail["manage"] else f"{command}: command not found"
        yield say(
            f"{ends(fault, subject)}, with `{error}`: {distribution} has no such command since version {since}.",
            f"Write `{instead}`.",
            fix=mending.write(scene, fault.spans[0], command, instead) if fault.detail["same"] else None,
        )


@check("PRO037")
def command_not_on_platform(scene: Scene) -> Iterator[Problem]:
    """`command-not-on-platform`: a program of other machines."""
    for fault, subject, say in problems(scene, "boot::*/command-not-on-platform"):
        command = fault.detail["command"]
        yield say(
            f"{ends(fault, subject)}, with `{command}: command not found`: the platform has no such program.",
            fault.detail["advice"],
        )


@check("PRO043")
def command_unknown(scene: Scene) -> Iterator[Problem]:
    """`command-unknown`: the word in the place of a program is none."""
    for fault, subject, say in problems(scene, "boot::*/command-unknown"):
        command, kind, meant = (fault.detail[key] for key in ("command", "kind", "meant"))
        error = f"`{command}: command not found`"
        if kind == "command":
            error = f"`No such command '{meant}'`"
        advice = {
            "program": f"Write `{meant}`.",
            "module": f"Write the program that starts it: `gunicorn {meant}:app`, say, or `python {meant}.py`.",
            "file": f"Write `python {meant}`.",
            "command": f"Write `{command} run {meant}`, or what the version that you use wants for an app.",
        }[kind]
        yield say(f"{ends(fault, subject)}, with {error}: there is no such program.", advice)


@check("PRO025")
def build_tool_only(scene: Scene) -> Iterator[Problem]:
    """`build-tool-only`: a package manager that only the build has."""
    for fault, subject, say in problems(scene, "boot::*/build-tool-only"):
        from deploylint.checks import mending

        tool = fault.detail["tool"]
        error = f"No module named {tool}" if fault.detail["module"] else f"{tool}: command not found"
        yield say(
            f"{ends(fault, subject)}, with `{error}`: the platform has {tool} while it builds the app, at most, and "
            "not where it runs.",
            f"Write the command without `{tool} run`: what is installed is found without it."
            if fault.detail["runs"]
            else "Do in the build what needs it.",
            fix=mending.without_tool(scene, fault),
        )


@check("PRO026")
def option_misplaced(scene: Scene) -> Iterator[Problem]:
    """`option-misplaced`: an option that the program takes only before its subcommand."""
    for fault, subject, say in problems(scene, "boot::*/option-misplaced"):
        from deploylint.checks import mending

        command, option, subcommand = (fault.detail[key] for key in ("command", "option", "subcommand"))
        since = f" since version {fault.detail['since']}" if fault.detail["since"] else ""
        yield say(
            f"{ends(fault, subject)}, with `No such option: {option}`: {command} takes it only before `{subcommand}`"
            f"{since}.",
            f"Write `{command} {option} … {subcommand}`.",
            fix=mending.moved_before(scene, fault),
        )


@check("PRO035")
def arguments_refused(scene: Scene) -> Iterator[Problem]:
    """`boot::*/arguments-refused`: the server ends at its command line."""
    for fault, subject, say in problems(scene, "boot::*/arguments-refused"):
        server, kind = fault.detail["server"], fault.detail["kind"]
        end = ends(fault, subject)
        if kind == "value":
            option, following = fault.detail["option"], fault.detail["next"]
            what = f"{following} behind it is an option itself" if following else "the command ends there"
            yield say(
                f"{end}, because {server} refuses its command line: {option} wants a value, and {what}.",
                f"Write the value behind {option}, or take the option out.",
            )
        elif kind == "flag":
            option = fault.detail["option"]
            yield say(
                f"{end}, because {server} refuses its command line: {option} is only switched on, and takes no value.",
                f"Write `{option}` alone, or leave it out.",
            )
        elif kind == "joined":
            option = fault.detail["option"]
            yield say(
                f"{end}, with `Option '{option.lstrip('-')}' requires a value`: {server} takes the value of {option} "
                "only in the same word.",
                f"Write `{option}=VALUE`.",
            )
        elif kind == "extra":
            yield say(
                f"{end}, because {server} refuses its command line: it takes one app, and `{fault.detail['word']}` is "
                "a word too many.",
                "Take it out: an option that is only switched on has no value behind it, and a value with a blank "
                "in it needs quotes.",
            )
        else:
            variable = fault.detail["variable"]
            framework = used_framework(scene.app, scene.lock)
            proposal = propose(scene.app, framework) if framework else None
            own = proposal.command if proposal and proposal.command.startswith(f"{server} ") else f"{server} MODULE:app"
            yield say(
                f"{end}, because {server} is told no app to run"
                + (f", unless the config var {variable} names one." if variable else "."),
                f"Name the module and the object in it, as in `{own}`.",
            )


@check("PRO030")
def command_asks(scene: Scene) -> Iterator[Problem]:
    """`command-asks`: `collectstatic` finds the files of the build, and asks whether it may write over them."""
    for fault, subject, say in problems(scene, "boot::*/command-asks"):
        span, command, silent = fault.spans[0], fault.detail["asks"], fault.detail["silent"]
        there = scene.app.tree.text(span.path).line(span.line).startswith(command, span.column - 1)
        yield say(
            f"{ends(fault, subject)}, with `EOFError: EOF when reading a line`: {command} asks whether it may write "
            "over the files that the build has collected, and nobody is there to answer.",
            f"Write `{command} {silent}`, or leave it out: the platform runs it while it builds the app.",
            fix=Fix(f"Add {silent}", (Replace(span, f"{command} {silent}"),), safe=False) if there else None,
        )


@check("PRO038")
def option_unknown(scene: Scene) -> Iterator[Problem]:
    """`boot::*/option-unknown`: the installed version of a program has no such option."""
    for fault, subject, say in problems(scene, "boot::*/option-unknown"):
        server, option, version, near, since, until = (
            fault.detail[key] for key in ("server", "option", "version", "near", "since", "until")
        )
        what = f"{server} {version}".rstrip() + f" has no option `{option}`"
        if since:
            what += f", which version {since} has"
        elif until:
            what += f" any more, which version {until} had"
        advice = f"Write `{near}`, if that is meant." if near else "Take it out, or write the option that is meant: "
        advice += "" if near else f"`{server} --help` prints them all."
        yield say(f"{ends(fault, subject)}, because {what}: it prints how it is to be used, and stops.", advice)
