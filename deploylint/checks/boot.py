"""PRO: what the commands of the processes start."""

from __future__ import annotations

import posixpath
import re
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from deploylint.checks.registry import Problem, Scene, check
from deploylint.checks.words import listed, will_stop
from deploylint.facts.invocation import Invocation, follow
from deploylint.facts.shell import Source
from deploylint.finding import Fix, Phase, Related, Replace, Rewrite, Severity
from deploylint.steps.reach import RELEASE, script_times

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import TypeAlias

    from deploylint.facts.development import Declared
    from deploylint.plan import Fault

    Say: TypeAlias = Callable[..., Problem]

WORKER = "worker"


@check("PRO005")
def port_literal(scene: Scene) -> Iterator[Problem]:
    """`boot::*/port-literal`: the server binds a fixed port and the platform another."""
    for fault in scene.faults("boot::*/port-literal"):
        port, server = fault.detail["port"], fault.detail["server"]
        how = "" if fault.detail["given"] else f", the default of `{server}`"
        direct, read = fault.detail.get("direct"), f'int(os.environ.get("PORT", {port}))'
        yield Problem(
            fault.spans[0],
            f"The web process {_killed(fault)} after 60 seconds (error R10): it listens on port {port}{how}, but the "
            "platform sends requests to the port in the environment variable PORT, another one at each start.",
            (f"Write `port={read}`" if direct else f"Take the port from the environment: `{read}`")
            + (' and the host `"0.0.0.0"`' if "host" in fault.detail else "")
            + ", with `import os` at the top.",
            related=(Related("started here", fault.spans[1]),),
            fix=_in_source(scene, fault, "Take the port from the environment", "port-from-environment"),
            fault=fault,
        )


def _in_source(scene: Scene, fault: Fault, title: str, transform: str) -> Fix | None:
    """The number or text that the call is given, as the platform needs it, or both where it is given none. Where it is
    not an argument of that name, but a variable, it may serve for something else as well.
    """
    span, direct = fault.spans[0], bool(fault.detail.get("direct"))
    there = scene.app.tree.text(span.path).line(span.line)[span.column - 1 :]
    adds = fault.detail.get("adds")
    if adds and not fault.detail["given"]:
        return Fix("Tell it where to listen", (Rewrite(span, f"listen:{adds}"),), safe=False)
    if not fault.detail["given"] or not _LITERAL.match(there):
        return None
    known = direct and (there[0].isdigit() or not transform.startswith("port"))
    return Fix(title, (Rewrite(span, transform if known else f"literal-{transform}"),), safe=direct)


_LITERAL = re.compile(r"[0-9]|[rRuU]?[\"']")


def _killed(fault: Fault) -> str:
    return "will be killed" if fault.certain else "may be killed"


@check("PRO017")
def host_local(scene: Scene) -> Iterator[Problem]:
    """`boot::*/host-local`: the program takes the right port, and listens to the dyno itself only."""
    for fault in scene.faults("boot::*/host-local"):
        server = fault.detail["server"]
        how = "" if fault.detail["given"] else f", the default of `{server}`"
        yield Problem(
            fault.spans[0],
            f"The web process {_killed(fault)} after 60 seconds (error R10): it listens on the loopback address "
            f"only{how}, where the platform sends nothing.",
            'Give it the host `"0.0.0.0"`, which stands for all addresses.',
            related=(Related("started here", fault.spans[1]),),
            fix=_in_source(scene, fault, "Listen to all addresses", "host-all-interfaces"),
            fault=fault,
        )


@check("PRO018")
def bot_as_web(scene: Scene) -> Iterator[Problem]:
    """`boot::*/nothing-listens`: the web process is a bot, which asks for its messages itself."""
    types = scene.plan.procfile.effective if scene.plan.procfile else {}
    for fault in scene.faults("boot::*/nothing-listens"):
        place, call = fault.spans
        free = WORKER not in types
        yield Problem(
            place,
            f"The web process {_killed(fault)} after 60 seconds (error R10): it is a bot that fetches its messages "
            f"with `{fault.detail['call']}` and listens on no port.",
            f"Name the process `{WORKER}`, and start it after the deploy with `heroku ps:scale {WORKER}=1`."
            if free
            else f"Remove it, or give it another name: there is a process `{WORKER}`, too.",
            related=(Related("it asks for its messages here", call),),
            # The type may be named elsewhere: where it is scaled, or in app.json.
            fix=Fix(f"Make it a {WORKER}", (Replace(place, WORKER),), safe=False) if free else None,
            fault=fault,
        )


def _grouped(scene: Scene, claims: tuple[str, ...]) -> Iterator[tuple[list[Fault], str]]:
    """The faults of these kinds that have one cause, with the processes that meet it in words: empty where none does,
    but only the build. A script of app.json is named where no process has the same fault.
    """
    found: dict[tuple[object, ...], list[Fault]] = {}
    for fault in scene.faults(*claims):
        found.setdefault(_place(fault), []).append(fault)
    for faults in found.values():
        met = [fault for fault in faults if fault.phase is not Phase.BUILD]
        # Who ends by it weighs more than who only answers some requests with an error.
        ended = [fault for fault in met if not fault.detail.get("late")]
        yield faults, _subject(ended or (met if len(met) == len(faults) else []))


def _subject(faults: list[Fault]) -> str:
    if not faults:
        return ""
    processes = [fault.detail["process"] for fault in faults if "script" not in fault.detail]
    names = processes or [fault.detail["script"] for fault in faults]
    named = [f"`{name}`" for name in dict.fromkeys(names)]
    kind, rest = ("process", "") if processes else ("script", " of app.json")
    if len(named) > 1:
        return f"the {'processes' if processes else 'scripts'} {listed(named)}{rest}"
    return f"the {kind} {named[0]}{rest}"


def _place(fault: Fault) -> tuple[object, ...]:
    """What is the same for all commands that a fault ends."""
    passing = _OF_BUILD if fault.phase is Phase.BUILD else _OF_COMMAND
    return (fault.spans[0], *sorted(item for item in fault.detail.items() if item[0] not in passing))


_OF_COMMAND = ("process", "script", "sure", "late", "use", "makers")
_OF_BUILD = ("command", "settings", "unless")


def problems(scene: Scene, *claims: str, chain: str = "") -> Iterator[tuple[Fault, str, Say]]:
    """The faults of these kinds, the processes in words, and what makes a problem of a message and a help: with the
    chain that leads there, and hidden where the same has been said for another process, or for the build.
    """
    for faults, subject in _grouped(scene, claims):
        # The build comes first, but what is certain weighs more.
        early = [fault for fault in faults if not fault.detail.get("late")] or faults
        leading = next((fault for fault in early if fault.certain), early[0])
        for fault in faults:
            related, script = [Related(chain, span) for span in fault.spans[1:-1]], fault.detail.get("script", _MADE)
            if fault.spans[1:]:
                process = fault.detail.get("process")
                start = f"`{process}` is started here" if process else "the platform sees a Django app by this"
                related.append(Related(start, fault.spans[-1]))
            whole = partial(
                Problem,
                fault.spans[0],
                related=tuple(related),
                fault=fault,
                hidden=fault is not leading,
                severity=Severity.NOTE if fault.detail.get("makers") or script != _MADE else None,
            )
            yield fault, subject, whole


_MADE = "postdeploy"
_SCRIPT_ENDS = {
    "made": ", and with it the making of a review app, or of an app by a button",
    "removed": " when a review app is removed",
    "tested": ", and with it each test run of the platform's CI",
}


def is_sure(fault: Fault) -> bool:
    """Whether the command will certainly fail, whoever runs it."""
    return fault.certain or bool(fault.detail.get("sure"))


def ends(fault: Fault, subject: str) -> str:
    """`The process `web` will end at once`, or may; what comes of it where the command is no process that
    goes on, or is the build's.
    """
    if fault.phase is Phase.BUILD:
        other = f" (and if it did not, {subject} would end at once)" if subject else ""
        return f"{will_stop(fault)} at `{fault.detail['command']}`{other}"
    doubt = fault.detail.get("unless")
    process, script = fault.detail["process"], fault.detail.get("script")
    if fault.detail.get("late") and process != RELEASE and not script:
        use = fault.detail.get("use")
        return f"Each request to {subject}{f' that {use}' if use else ''} may end with status 500"
    will = "will" if is_sure(fault) else "may"
    if script:
        said = f"{subject} {will} fail{_SCRIPT_ENDS[script_times()[script]]}"
    elif subject.endswith(f"process `{RELEASE}`"):
        said = f"{subject} {will} fail, so that this version is not deployed"
    else:
        said = f"{subject} {will} end as soon as {'they start' if 'processes' in subject.split()[1] else 'it starts'}"
    if fault.detail.get("makers"):
        return f"Where it is started on the platform, {said}"
    return f"Unless {doubt} changes that, {said}" if doubt else said[0].upper() + said[1:]


@check("PRO010")
def command_not_installed(scene: Scene) -> Iterator[Problem]:
    """`command-not-installed`: the shell finds no such program."""
    for fault, subject, say in problems(scene, "boot::*/command-not-installed"):
        from deploylint.checks import mending

        command, distribution = fault.detail["command"], fault.detail["distribution"]
        lock = scene.lock or "requirements.txt"
        error = f"No module named {command}" if fault.detail["module"] else f"{command}: command not found"
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


def with_declaration(problem: Problem, declared: Declared | None) -> Problem:
    """The same problem, with the place where a distribution is declared in vain."""
    if declared is None:
        return problem
    return problem._replace(related=(*problem.related, Related(f"{declared.name} is declared here", declared.span)))


_DOTTED = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")


@check("PRO011")
def module_missing(scene: Scene) -> Iterator[Problem]:
    """`module-missing` and `target-is-a-path`: what the command names is no module of the app."""
    for fault, subject, say in problems(scene, "boot::*/module-missing"):
        module, missing = fault.detail["module"], fault.detail["missing"]
        near = fault.detail.get("near")
        dotted = near.removesuffix(".py").replace("/", ".") if near else ""
        advice = f"Write the module where it lies, seen from the folder in which the command runs: {module} would be "
        advice += f"{module.replace('.', '/')}.py there."
        if near:
            advice = f"There is {near}, which is the module {dotted} seen from the root of the app."
            if dotted.endswith(f".{module}"):
                folder = near.removesuffix(f"{module.replace('.', '/')}.py").rstrip("/")
                advice += f" Either name it so, or let the command run in {folder}: `cd {folder} && …`."
        yield say(
            f"{ends(fault, subject)}, with `ModuleNotFoundError: No module named '{missing}'`: neither the app nor "
            f"anything that it installs has a module {missing}.",
            advice,
        )
    for fault, subject, say in problems(scene, "boot::*/target-is-a-path"):
        from deploylint.checks import mending

        target, server = fault.detail["target"], fault.detail["server"]
        path, colon, attribute = target.partition(":")
        dotted = path.removesuffix(".py").strip("/").removeprefix("./").replace("/", ".")
        right = f"{dotted}{colon}{attribute}"
        there = _DOTTED.fullmatch(dotted) and scene.app.tree.is_file(f"{dotted.replace('.', '/')}.py")
        yield say(
            f"{ends(fault, subject)}: {server} wants the dotted name of a module, and `{target}` is a path.",
            f"Write `{right}`.",
            fix=mending.write(scene, fault.spans[0], target, right) if there else None,
        )


@check("PRO012")
def attribute_missing(scene: Scene) -> Iterator[Problem]:
    """`attribute-missing`: the module is there and has no such object."""
    for fault, subject, say in problems(scene, "boot::*/attribute-missing"):
        module, attribute, path = fault.detail["module"], fault.detail["attribute"], fault.detail["path"]
        server, wants = fault.detail.get("server", ""), fault.detail.get("wants", "")
        colon = " --app " if server == "fastapi" else ":"
        why, advice = {
            "missing": (
                f"it looks for `{attribute}` in {path}, and nothing there has that name",
                f"Name the object that {path} really has, as in `{module}:app`.",
            ),
            "unnamed": (
                f"{server} wants to be told which object to take from {path}",
                f"Name it behind a colon, as in `{module}:app`.",
            ),
            "form": (
                f"{server} takes a name after the colon, or the call of one, and `{attribute}` is neither",
                f"Give it a name of its own in {path}, `app = {attribute}`, and write `{module}:app`.",
            ),
            "module": (
                f"`{attribute}` is a module of {module}, and {server} wants an object that it can call",
                f"Name the object in that module, as in `{module}.{attribute}:app`.",
            ),
            "arguments": (
                f"{attribute}() in {path} is called without an argument, and must be given `{wants}`",
                f"Give `{wants}` a default, or a value in the command: `{module}:{attribute}(…)`.",
            ),
            "uncallable": (
                f"`{attribute}` in {path} {_nature(fault)}, which gunicorn cannot call",
                f"Name the object that answers requests, as in `{module}:{fault.detail.get('instead') or 'app'}`"
                + (f", and write `server = {attribute}.server` in {path}." if fault.detail.get("instead") else "."),
            ),
            "nowhere": (
                f"{server} looks in {path or module} for {_choice(fault)}, and finds none",
                f"Name the module that makes the object, and the object: `MODULE{colon}NAME`.",
            ),
            "type": (
                f"{server} takes `{attribute}` of {path} for its own, and `{fault.detail.get('made', '')}` made it",
                f"Name the object that is meant: `{module}{colon}NAME`.",
            ),
        }[fault.detail["kind"]]
        yield say(f"{ends(fault, subject)}: {why}.", advice)


def _nature(fault: Fault) -> str:
    made = fault.detail.get("made", "")
    return f"is made by {made}" if made else "is a plain value"


def _choice(fault: Fault) -> str:
    """What a program looks for, in words: `app`, `celery`, and whatever is of its class."""
    names = [f"`{name}`" for name in fault.detail.get("names", "").split()]
    below = fault.detail.get("below", "")
    there = f", for a module `{below}`" if below and fault.detail["path"].endswith("__init__.py") else ""
    return f"{listed(names)}{there} and for any other `{fault.detail.get('class')}`"


@check("PRO013")
def file_missing(scene: Scene) -> Iterator[Problem]:
    """`file-missing`: the file that the command starts is not in the app."""
    for fault, subject, say in problems(scene, "boot::*/file-missing"):
        path = fault.detail["path"]
        untracked = scene.app.untracked(path)
        why = f"there is no {path} in the app" if not untracked else f"{path} is not in the commit"
        yield say(
            f"{ends(fault, subject)}: {why}.",
            f"Add it with `git add {path}`." if untracked else "Name a file that is there, seen from the app's root.",
        )


_BROKEN = {
    "syntax": ("the shell cannot read the command: {said}", "Correct its quotes and brackets."),
    "not-executable": ("{path} may not be executed", "Run `git update-index --chmod=+x {path}` and commit."),
    "interpreter": (
        "the first line of {path} names the interpreter `{said}`, which does not exist",
        "Write `#!/usr/bin/env bash`, and let the file's lines end as on Unix.",
    ),
}


# What the reader of the shell's grammar calls its faults; any other kind is something that is never closed.
_SYNTAX = {
    "backquote": "a backquote is never closed",
    "token": "`{token}` cannot stand where it does",
    "end": "it ends too early",
}


def _of_shell(said: str) -> str:
    kind, _, token = said.partition(" ")
    return _SYNTAX.get(kind, "what `{token}` opens is never closed").format(token=token.strip() or "line end")


@check("PRO014")
def command_broken(scene: Scene) -> Iterator[Problem]:
    """`command-broken`: the shell refuses the command, or the system the script."""
    for fault, subject, say in problems(scene, "boot::*/command-broken"):
        detail = dict(fault.detail)
        if detail["kind"] == "syntax":
            detail["said"] = _of_shell(detail["said"])
        why, advice = (text.format(**detail) for text in _BROKEN[detail["kind"]])
        yield say(
            f"{ends(fault, subject)}: {why}.",
            advice,
        )


@check("PRO015")
def not_reached(scene: Scene) -> Iterator[Problem]:
    """`not-reached`: the server listens where the platform sends nothing."""
    for fault, _, say in problems(scene, "boot::*/not-reached"):
        from deploylint.checks import mending

        server, port, options = (fault.detail[key] for key in ("server", "port", "options"))
        how = "" if fault.detail["given"] else ", its default"
        if port:
            where = f"{server} listens on port {port}{how}, and the platform sends requests to the port in `$PORT`"
        else:
            where = f"{server} listens on the loopback address only{how}, where the platform sends nothing"
        stop = "will be killed" if fault.certain else "may be killed"
        yield say(
            f"The web process {stop} after 60 seconds (error R10): {where}.",
            f"Write `{options}`.",
            fix=mending.listen(scene, fault),
        )


@check("PRO016")
def module_shadowed(scene: Scene) -> Iterator[Problem]:
    """`module-shadowed`: the app has a module that is called like the server's package."""
    for fault, subject, say in problems(scene, "boot::*/module-shadowed"):
        module, path, command = (fault.detail[key] for key in ("module", "path", "command"))
        yield say(
            f"{ends(fault, subject)}: the root of the app comes before the installed packages on the module path, so "
            f"`{command}` imports {path} instead of the package {module}.",
            f"Give {path} another name.",
        )


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
        if script.name == _MADE and script.exact:
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
    from deploylint.compat import tomllib

    words: Mapping[str, list[str]] = tomllib.loads(package.read("installers.toml"))["python"]
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
