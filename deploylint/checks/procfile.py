"""PRO: the Procfile and its process types."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from deploylint.checks.registry import Problem, Scene, check
from deploylint.checks.words import about_near_miss, listed, will_stop
from deploylint.finding import Create, Fix, Related, Rename, Replace, Severity
from deploylint.frameworks import imported_packages, propose, used_framework
from deploylint.knowledge.servers import is_command, named, starters
from deploylint.nearmiss import near_misses
from deploylint.plan import Status
from deploylint.steps.reach import WEB
from deploylint.text import Span
from deploylint.tree import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploylint.facts.procfile import DroppedLine, Process, Procfile
    from deploylint.text import Text

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
        Severity.WARNING if _is_started_otherwise(scene) else None,
        fix=Fix(f"Rename {path} to {wanted}", (Rename(path, wanted),), safe=True),
    )


@check("PRO002")
def procfile_missing(scene: Scene) -> Iterator[Problem]:
    """No Procfile at all."""
    wanted = scene.platform.data["process"]["file"]
    tree = scene.app.tree
    if scene.plan.detection.status is not Status.OK or tree.is_file(wanted) or tree.is_unknown(wanted):
        return
    if _misnamed(scene, wanted) or _is_started_otherwise(scene):
        return
    framework = used_framework(scene.app, scene.lock)
    proposal = propose(scene.app, framework) if framework else None
    misses = [miss for miss in near_misses(scene.app, wanted) if miss.how in ("untracked", "left-out", "subfolder")]
    entry = tree.find(wanted)
    local = next(filter(tree.is_file, scene.platform.data["process"].get("local_files", ())), None)
    installed = bool(proposal and scene.app.declares(proposal.framework.needs, scene.lock))
    if entry is not None:
        what = {Kind.DIRECTORY: "a folder", Kind.LINK: "a link that leads to no file of the app"}.get(entry.kind)
        advice = f"{wanted} is {what or 'no regular file'} here: it must be a regular file."
    elif misses:
        advice = about_near_miss(misses[0], wanted, scene.dropper)
    elif local:
        advice = (
            f"{local} is for tools on your own machine: the platform does not read it. Add a {wanted} that says what "
        )
        advice += f"is to run there, such as `web: {proposal.command if proposal else 'COMMAND'}`."
    elif proposal:
        from deploylint.checks.mending import how_to_declare

        advice = f"Add a {wanted} that says `web: {proposal.command}`."
        advice += "" if installed else f" {how_to_declare(scene, proposal.framework.needs)}"
    else:
        advice = f"Add a {wanted} with a line such as `web: COMMAND`, or `worker: COMMAND` for a bot."
    kind = f" This app uses {framework.title}, so every request ends with error H14." if framework else ""
    yield Problem(
        Span(_anchor(scene, misses[0].path if misses else proposal.path if proposal else None)),
        f"After the build nothing will run: there is no {wanted}, and a Python app has no process without one.{kind}",
        advice,
        _doubt(scene),
        fix=Fix(
            f"Create a {wanted} with the web process",
            (Create(wanted, f"web: {proposal.command}\n"),),
            safe=False,
        )
        if proposal and installed and not misses and entry is None
        else None,
    )


def _doubt(scene: Scene, highest: Severity | None = None) -> Severity | None:
    """A note where another language's buildpack may start the app, else `highest`."""
    others = scene.platform.data["detect"]["others"]
    return Severity.NOTE if any(scene.app.tree.may_exist(path) for path in others) else highest


def _anchor(scene: Scene, path: str | None) -> str:
    candidates = (path, scene.lock, (scene.plan.detection.value or "").rstrip("/"))
    return next((item for item in candidates if item and scene.app.tree.is_file(item)), scene.app.tree.anchor())


def _is_started_otherwise(scene: Scene) -> bool:
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
    if _is_started_otherwise(scene):
        return
    if not types:
        yield Problem(
            procfile.text.whole,
            f"{procfile.path} names no process, so nothing will run: every request ends with error H14.",
            "Add a line such as `web: COMMAND`, or `worker: COMMAND` for a bot.",
            _doubt(scene),
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
            _doubt(scene, None if framework else Severity.WARNING),
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
        _doubt(scene, Severity.WARNING),
    )


def _serves(process: Process) -> bool:
    words = process.command.split()
    module = words[:2] in (["python", "-m"], ["python3", "-m"])
    words = words[2:] if module else words
    return bool(words) and any(server.data["kind"] == "web" for server in named(words, module=module))


@check("PRO004")
def procfile_line_ignored(scene: Scene) -> Iterator[Problem]:
    """A line that the platform drops without a word."""
    procfile = scene.plan.procfile
    if scene.plan.detection.status is not Status.OK or procfile is None or procfile.trouble:
        return
    if not procfile.is_text:
        yield Problem(
            Span(procfile.path),
            f"{procfile.path} is not plain text (it holds NUL bytes, as UTF-16 and binary files do): the platform "
            "finds no process in it, so nothing will run.",
            "Save it as UTF-8 without a byte order mark.",
        )
        return
    effective = procfile.effective
    for line in procfile.dropped:
        if line.text.lstrip("\ufeff \t")[:1] in ("", "#"):
            continue  # a comment behind a byte order mark: nothing is lost
        meant = line.type and line.type not in effective
        yield Problem(
            line.span,
            "The platform drops this line without a word: "
            + _why_dropped(line)
            + (f" So there is no `{line.type}` process." if meant else ""),
            f"Remove it: another line says what `{line.type}` is." if line.type and not meant else _how_to_write(line),
            None if meant and (line.type == WEB or not _NO_COMMAND.fullmatch(line.text)) else Severity.WARNING,
            # A line that counts takes the place of an earlier one of its type.
            fix=_separator_fix(line) if meant else None,
        )


def _why_dropped(line: DroppedLine) -> str:
    if line.text.startswith("\ufeff"):
        return "it begins with an invisible byte order mark."
    if _NO_COMMAND.fullmatch(line.text):
        return "no command follows the colon."
    if _ODD_BLANK.match(line.text):
        return "what follows the colon looks like a blank, but is another character."
    if _NO_BLANK.match(line.text):
        return "a blank must follow the colon."
    return "it is not of the form `name: command`."


def _how_to_write(line: DroppedLine) -> str:
    if line.text.startswith("\ufeff"):
        return "Save the file as UTF-8 without a byte order mark."
    if _NO_COMMAND.fullmatch(line.text):
        return "Write the command behind it, or remove the line."
    match = _NO_BLANK.match(line.text) or _ODD_BLANK.match(line.text)
    if match:
        return f"Write `{match[1]}: {match[2].strip()[:60]}`."
    return "Write `name: command` (the name of letters, digits, `-` and `_`), or make it a comment with `#`."


_NAME = r"([A-Za-z0-9_-]+):"
_NO_COMMAND = re.compile(_NAME + r"\s*")
_NO_BLANK = re.compile(_NAME + r"(?!//)(\S.*)", re.DOTALL)
_ODD_BLANK = re.compile(_NAME + r"([^\S \t\v\f\r].*)", re.DOTALL)


def _separator_fix(line: DroppedLine) -> Fix | None:
    if line.text.startswith("\ufeff"):
        return Fix("Remove the byte order mark", (Replace(_cut(line.span, 0, 1), ""),), safe=True)
    match = _NO_BLANK.match(line.text) or _ODD_BLANK.match(line.text)
    if match is None or _NO_COMMAND.fullmatch(line.text):
        return None
    odd = 0 if match.re is _NO_BLANK else 1
    place = _cut(line.span, match.end(1) + 1, match.end(1) + 1 + odd)
    return Fix("Put a blank after the colon", (Replace(place, " "),), safe=True)


def _cut(span: Span, start: int, end: int) -> Span:
    """A part of a span of one line."""
    return Span(span.path, span.line, span.column + start, span.line, span.column + end)


_REFUSED = {
    "not-a-file": ("it is a folder", "Make it a file."),
    "not-utf8": ("it is not saved as UTF-8", "Save it as UTF-8 without a byte order mark."),
    "nothing": (
        "it holds no process, and only a file without any contents may",
        "Add a line such as `web: COMMAND`, or delete the file.",
    ),
    "no-colon": (
        "this line has no colon",
        "Write `name: command`, make it a comment with `#`, or remove what is left of it (blanks count, too).",
    ),
    "type": (
        "this is no name of a process type",
        "Use letters, digits and `-`, at most 63 of them, with a letter or digit at both ends.",
    ),
    "no-command": ("no command follows the colon", "Write the command behind it, or remove the line."),
    "carriage-return": (
        "the line has a carriage return in its midst, which is no line end",
        "Save the file with Unix line ends.",
    ),
}


_ONCE = re.compile(r"\b(?:makemigrations|migrate|collectstatic|upgrade head|db upgrade)\b")


@check("PRO036")
def command_as_type(scene: Scene) -> Iterator[Problem]:
    """A line that is a command, of which the platform takes the first word for the name of a process type."""
    procfile = scene.plan.procfile
    if scene.plan.detection.status is not Status.OK or procfile is None:
        return
    for process in procfile.effective.values():
        if not is_command(process):
            continue
        line = f"{process.type} {process.command}"
        alone = not any(one.colon for one in procfile.effective.values())
        what = (
            "The platform takes the first word of a line for the name of a process type: this line declares one that "
            f"is called `{process.type}`, with the command `{process.command[:60]}`"
        )
        if process.type not in starters().runners:
            yield Problem(
                process.span,
                f"{what}, and nobody starts it.",
                "A Procfile is no script: what has to run before a server is written before its command, with `&&`, "
                "and what has to run with each deploy gets a line `release: COMMAND`.",
                Severity.WARNING,
            )
            continue
        serves = process.type in starters().servers or used_framework(scene.app, scene.lock)
        # With a name for the server there, what is meant for this line cannot be told.
        wanted = "release" if _ONCE.search(process.command) else WEB if serves else "worker"
        free = wanted not in procfile.effective and (alone or wanted != "worker")
        doubt = Severity.WARNING if _is_started_otherwise(scene) else None
        yield Problem(
            process.span,
            f"{what}." + (f" So there is no `{wanted}` process." if free else " Nobody starts it."),
            f"Write `{wanted}: {line[:80]}`." if free else f"Write `NAME: {line[:80]}`, or remove the line.",
            _doubt(scene, doubt) if alone else Severity.WARNING,
            fix=Fix(f"Call it {wanted}", (Replace(process.type_span, f"{wanted}: {process.type}"),), safe=False)
            if free
            else None,
        )


@check("PRO007")
def procfile_refused(scene: Scene) -> Iterator[Problem]:
    """`procfile::invalid` and `procfile::not-readable`."""
    for fault in scene.faults("procfile::invalid", "procfile::not-readable"):
        why, advice = _REFUSED[fault.detail["kind"]]
        text = scene.plan.procfile.text.value if scene.plan.procfile else ""
        fix = None
        if fault.detail["kind"] in ("type", "no-colon") and text.startswith("\ufeff"):
            why, advice = "it begins with an invisible byte order mark", "Save it as UTF-8 without a byte order mark."
            fix = Fix("Remove the byte order mark", (Replace(Span(fault.spans[0].path, 1, 1, 1, 2), ""),), safe=True)
        wanted = scene.platform.data["process"]["file"]
        yield Problem(
            fault.spans[0],
            f"{will_stop(fault)}: the buildpack that reads {wanted} refuses the whole file, because {why}.",
            advice,
            fix=fix,
            fault=fault,
        )


@check("PRO008")
def process_type_corrected(scene: Scene) -> Iterator[Problem]:
    """A name that the platform takes for another one, with a warning."""
    for process in scene.plan.processes:
        if process.written is not None:
            written = process.written.strip()
            blanks = len(process.written) - len(process.written.lstrip(" \t"))
            whole = process.type_span._replace(column=process.type_span.column - blanks)
            what = f"takes `{written}` for `{process.type}`"
            if written == process.type:
                what = f"takes away the blanks before `{written}`"
            yield Problem(
                process.type_span,
                f"The platform {what} and warns at each build.",
                f"Write `{process.type}` at the beginning of the line." if blanks else f"Write `{process.type}`.",
                fix=Fix(f"Write {process.type}", (Replace(whole, process.type),), safe=True),
            )


@check("PRO009")
def process_type_repeated(scene: Scene) -> Iterator[Problem]:
    """A process type that an earlier line has: only the last one counts."""
    procfile = scene.plan.procfile
    if scene.plan.detection.status is not Status.OK or procfile is None:
        return
    effective = procfile.effective
    for process in procfile.processes:
        last = effective[process.type]
        if process is not last:
            same = process.command == last.command
            yield Problem(
                process.span,
                f"This line does not count: `{process.type}` is named again below, and the last one is what runs.",
                "Remove it: both say the same."
                if same
                else "Give it another name, remove it, or join both commands with `&&`.",
                Severity.NOTE if same else None,
                related=(Related("the one that counts", last.span),),
                fix=Fix("Remove the line", (Replace(_line(procfile.text, process.span), ""),), safe=True)
                if same
                else None,
            )


def _line(text: Text, span: Span) -> Span:
    """The line of a span, with its end: a later line follows."""
    return Span(span.path, span.line, 1, *text.place(text.offset(span.line + 1)))


@check("PRO006")
def colon_before_command(scene: Scene) -> Iterator[Problem]:
    """`web : command`: the shell gets `: command`, which does nothing."""
    if scene.plan.detection.status is not Status.OK:
        return
    for process in scene.plan.processes:
        if process.colon or not re.match(r":\s", process.command):
            continue
        colon = process.command_span._replace(
            end_line=process.command_span.line, end_column=process.command_span.column + 1
        )
        between = colon._replace(column=process.type_span.end_column, end_column=colon.column)
        yield Problem(
            colon,
            f"The process `{process.type}` does nothing and ends at once: the blank before the colon makes the colon "
            "part of the command, and to the shell it means just that.",
            f"Write `{process.type}:{process.command[1:61]}`.",
            fix=Fix("Remove the blank before the colon", (Replace(between, ""),), safe=True),
        )
