"""What each process reaches when it starts: its programs, what they load, all that this imports, and where it breaks.

A fault is certain only where every step to it is: the program runs whenever the process starts, the import is neither
guarded nor conditional, and what is installed is known in full.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from deploylint import package
from deploylint.app import APP_JSON
from deploylint.facts.events import Call
from deploylint.facts.invocation import Broken, Invocation, Opaque, follow
from deploylint.facts.shell import Source
from deploylint.finding import Phase
from deploylint.imports import PROGRAM, Finder, Walk
from deploylint.knowledge.servers import is_command
from deploylint.nearmiss import is_misspelling
from deploylint.plan import Fault
from deploylint.record import NamedTuple
from deploylint.steps.absence import is_brought, is_expected, is_made, is_made_executable, lies_deeper
from deploylint.steps.answer import unanswered
from deploylint.steps.argv import arguments_of, inside, words_of
from deploylint.steps.attribute import refusal
from deploylint.steps.commands import absent
from deploylint.steps.doubt import changing_buildpack
from deploylint.steps.importfaults import broken_by, broken_in
from deploylint.steps.launch import Launch, launch, module_path
from deploylint.steps.refused import refused_arguments
from deploylint.steps.unknownoption import unknown_option
from deploylint.steps.workers import lost_worker
from deploylint.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from deploylint.facts.appjson import Script
    from deploylint.facts.invocation import Step
    from deploylint.facts.procfile import Procfile
    from deploylint.imports import Closure, Found
    from deploylint.steps import Build
    from deploylint.steps.importfaults import ImportFault
    from deploylint.steps.installed import Installed

WEB = "web"
RELEASE = "release"
_PROCESSES = 100
_NAMES_COMPARED = 2000
"""Sources among whose names a misspelled module is looked for."""
_SETTINGS = b"DJANGO_SETTINGS_MODULE"


class Run(NamedTuple):
    """A program of a process, what it loads, and the closure of that; `faults` are what breaks it."""

    process: str
    launch: Launch | None
    path: str | None
    closure: Closure | None
    faults: tuple[Fault, ...]


def runs(build: Build, known: Installed, procfile: Procfile) -> Iterator[Run]:
    """Each program of each process: `web` first, then in the order of the Procfile."""
    processes = sorted(procfile.effective.values(), key=lambda process: process.type != "web")
    for process in [process for process in processes if not is_command(process)][:_PROCESSES]:
        reader = _Reader(build, known, process.type, process.type_span)
        yield from reader.read(Source.of_span(procfile.text, process.command_span))


def script_runs(build: Build, known: Installed, scripts: Iterable[Script]) -> Iterator[Run]:
    """Each program of the scripts of app.json, which run beside the processes: `process` is the script's place there.
    No push fails by them, so none of their faults is certain; `sure` tells those that would be.
    """
    text = build.app.received.text(APP_JSON)
    times = script_times()
    for script in scripts:
        if script.name in times:
            # For tests the buildpack installs what the other commands do without.
            mine = known._replace(names=None, closure=None) if times[script.name] == "tested" else known
            source = Source.of_span(text, script.span) if script.exact else Source.fixed(script.command, script.span)
            for run in _Reader(build, mine, script.place, script.span).read(source):
                yield run._replace(faults=tuple(_of_script(fault, script) for fault in run.faults))


def _of_script(fault: Fault, script: Script) -> Fault:
    detail = {**fault.detail, "script": script.name, "sure": "yes" if fault.certain else ""}
    return fault._replace(phase=Phase.RUN, certain=False, detail=detail)


@lru_cache
def script_times() -> Mapping[str, str]:
    """The scripts of app.json that the platform runs, and when (`rules/appjson.toml`)."""
    times: Mapping[str, str] = package.table("appjson.toml")["scripts"]
    return times


_REST = re.compile(r"[^;&|\n]*(?:&&|$)")

_SHELLS = frozenset({"bash", "dash", "sh"})
"""Programs that do nothing but what they are told, and that is followed."""


class _Reader:
    """Reads one process."""

    def __init__(self, build: Build, known: Installed, process: str, place: Span) -> None:
        self._build = build
        self._known = known
        self._process = process
        self._place = place
        self._phase = Phase.RELEASE if process == RELEASE else Phase.BOOT
        # A buildpack that is not known may bring files and commands.
        self._doubt = changing_buildpack(build, brings=True) or _profile(build)
        self._ran = False

    def read(self, source: Source) -> Iterator[Run]:
        """The programs that the command runs, as far as it can be followed."""
        written = False
        steps = follow(source, self._build.app.tree)
        last = None
        for step in steps:
            if isinstance(step, Opaque):
                if step.rest:
                    return
            elif isinstance(step, Broken):
                if step.kind in ("syntax", "not-executable", "interpreter") and not written:
                    spans = (step.span, *(hop.span for hop in step.via))
                    detail = {"kind": step.kind, "path": step.path, "said": " ".join(step.detail)}
                    mended = step.kind == "not-executable" and is_made_executable(self._build, step.path)
                    fault = self._fault("command-broken", spans, detail, certain=not (step.conditional or mended))
                    yield Run(self._process, None, None, None, (fault,))
                elif self._stops(step) and not (written or self._ran) and is_expected(self._build, step):
                    detail = {"path": step.path, "kind": step.kind}
                    certain = step.kind == "missing" and not step.conditional
                    fault = self._fault("file-missing", (step.span,), detail, certain=certain)
                    yield Run(self._process, None, None, None, (fault,))
            else:
                last = self._program(step)
                yield last
                self._ran = self._ran or not (step.builtin or step.program in _SHELLS)
                written = written or step.program in ("chmod", "cp", "mv", "tar", "unzip", "git", "curl", "wget")

        if self._process == WEB and last is not None:
            yield from self._answer(steps, last)

    def _stops(self, step: Broken) -> bool:
        """Whether nothing else runs where a command of the line itself fails: it is the last, or `&&` follows."""
        line = self._build.app.tree.text(step.span.path).line(step.span.end_line)
        rest = _REST.match(line, max(step.span.end_column - 1, 0))
        return not step.via and not step.guarded and rest is not None

    def _answer(self, steps: Sequence[Step], last: Run) -> Iterator[Run]:
        found = unanswered(self._build, steps, (last.launch, last.closure), self._known.series)
        if found is not None:
            spans = (self._place, *found.spans) if found.of_type else found.spans
            fault = self._fault(found.topic, spans, dict(found.detail), certain=found.certain)
            yield Run(self._process, None, None, None, (fault,))

    def _shadow(self, invocation: Invocation) -> Fault | None:
        """A module of the app that is found instead of the server's own package."""
        known = arguments_of(invocation) if invocation.words else None
        roots = [""] if self._build.platform.data["process"].get("root_on_module_path") else []
        if invocation.module and invocation.cwd is not None:
            roots.insert(0, invocation.cwd)
        if known is None or not known[0].words("modules") or not roots:
            return None
        package = known[0].words("modules")[0].partition(".")[0]
        mine = Finder(self._build.app, roots).find(package)
        if mine is None or not mine.has_source or self._known.brings(known[0].distribution) is False:
            return None
        source = self._build.app.source(mine.path)
        # It may be meant to be run, and do what the package would.
        own = invocation.module and (source.trouble or source.program or mine.kind == "package")
        runs = any(isinstance(event, Call) for event in source.events) if invocation.module else False
        command = words_of(invocation).texts[0]
        detail = {
            "module": package,
            "path": mine.path,
            "command": f"python -m {command}" if invocation.module else command,
        }
        spans = (Span(mine.path), invocation.words[0].span)
        return self._fault("module-shadowed", spans, detail, certain=not (own or runs))

    def _configuration(self, invocation: Invocation, *, certain: bool) -> Iterator[Fault]:
        """What is wrong with the configuration that a server reads before all else: it is a program, too."""
        known = arguments_of(invocation) if invocation.words and invocation.cwd is not None else None
        if known is None:
            return
        words = words_of(invocation)
        chosen = known[1].option(known[0].words("config"))
        written, at = chosen or (known[0].data.get("default_config", ""), 0)
        module = written.removeprefix("python:") if written.startswith("python:") else ""
        path = inside(invocation.cwd or "", written.removeprefix("file:"))
        if not words.known[at] or not path:
            return
        tree = self._build.app.tree
        if chosen and not module and not tree.may_exist(path) and not is_made(self._build, path):
            # What ran before may have written it.
            detail = {"path": path, "kind": "missing"}
            yield self._fault("file-missing", (words.spans[at],), detail, certain=certain and not self._ran)
        # Where the options that change the module path have not been read yet.
        roots = module_path(self._build, invocation)
        if roots is not None and (module or (path.endswith(".py") and tree.is_file(path))):
            finder = Finder(self._build.app, (invocation.cwd or "", *roots))
            walk = Walk(self._build.app, finder, self._known, self._known.series)
            walk = walk.from_modules([module]) if module else walk.from_program(path, main=False)
            shown = Launch("program", path, words.spans[at], roots)
            yield from self._read_faults(shown, walk.closure, certain=certain, before=None)

    def _program(self, invocation: Invocation) -> Run:
        certain = not (invocation.conditional or invocation.background or invocation.piped)
        first = self._command(invocation, certain=certain) or self._shadow(invocation)
        first = first or self._worker(invocation, certain=certain) or self._part(invocation, certain=certain)
        wrong = None if first else refused_arguments(self._build, invocation)
        if wrong is not None:
            fault = self._fault("arguments-refused", (wrong.span,), {**wrong.detail}, certain=certain and wrong.sure)
            return Run(self._process, None, None, None, (fault,))
        strange = None if first else unknown_option(self._build, self._known, invocation)
        if strange is not None:
            sure = certain and strange.sure
            fault = self._fault("option-unknown", (strange.span,), {**strange.detail}, certain=sure)
            return Run(self._process, None, None, None, (fault,))
        faults = (*([first] if first else []), *self._configuration(invocation, certain=certain))
        refused = self._misplaced(invocation, certain=certain) if not faults else None
        faults = (refused,) if refused else faults
        found = launch(self._build, invocation) if refused is None else None
        if found is None:
            return Run(self._process, None, None, None, faults)
        loaded = self._load(found, certain=certain and found.sure)
        late = {"late": "yes"} if found.late else {}
        told = (fault._replace(detail={**fault.detail, **late}) for fault in loaded.faults)
        return loaded._replace(faults=(*faults, *told))

    def _fault(self, topic: str, spans: tuple[Span, ...], detail: dict[str, str], *, certain: bool) -> Fault:
        detail = {"process": self._process, **detail}
        if self._doubt:
            certain, detail["unless"] = False, self._doubt
        return Fault(f"boot::{self._process}", self._phase, spans, topic, certain, detail)

    def _command(self, invocation: Invocation, *, certain: bool) -> Fault | None:
        """The program itself is not there."""
        found = absent(self._build, self._known, invocation)
        if found is None:
            return None
        return self._fault(found.topic, (found.span,), found.detail, certain=certain and found.sure)

    def _misplaced(self, invocation: Invocation, *, certain: bool) -> Fault | None:
        """An option that the program refuses where it stands."""
        server = arguments_of(invocation) if invocation.words else None
        if server is None or not server[0].words("before"):
            return None
        from deploylint.steps.misplaced import misplaced

        found = misplaced(self._build, self._known, invocation)
        return self._fault("option-misplaced", (found.span,), found.detail, certain=certain) if found else None

    def _worker(self, invocation: Invocation, *, certain: bool) -> Fault | None:
        """A worker class that nothing brings which is installed."""
        found = lost_worker(self._build, self._known, invocation)
        if found is None:
            return None
        return self._fault("worker-missing", (found.span,), found.detail, certain=certain and found.sure)

    def _part(self, invocation: Invocation, *, certain: bool) -> Fault | None:
        """What an option of the server needs, and nothing installs."""
        if not any(text and text.startswith("--") for text in invocation.argv):
            return None
        from deploylint.steps.optionneeds import needed_part

        found = needed_part(self._known, invocation)
        if found is None:
            return None
        return self._fault("part-missing", (found.span,), found.detail, certain=certain and found.sure)

    # ------------------------------------------------------------------------------------------ what is loaded

    def _load(self, found: Launch, *, certain: bool) -> Run:
        finder = Finder(self._build.app, found.roots)
        walk = Walk(self._build.app, finder, self._known, self._known.series)
        if found.form == "path":
            said = {"target": found.name, "server": found.server.command if found.server else ""}
            fault = self._fault("target-is-a-path", (found.span,), said, certain=certain)
            return Run(self._process, found, None, None, (fault,))
        if found.form == "nothing":
            return Run(self._process, None, None, None, self._nothing(found, certain=certain))
        if found.form == "file" or (found.form == "program" and found.name.endswith((".py", ".ini"))):
            return self._run_program(found, walk, finder, certain=certain)
        if found.form == "program":
            found, main = self._main(found, finder)
            if main is not None:
                return self._run_main(found, main, walk, finder, certain=certain)
        module = finder.find(found.name)
        if module is None and found.server is not None and found.server.data.get("dotted") and not found.attribute:
            name, _, attribute = found.name.rpartition(".")
            if name and finder.find(name) is not None:
                found = found._replace(name=name, attribute=attribute)
                module = finder.find(name)
        if module is None:
            lost = self._module_missing(found, finder, certain=certain)
            return Run(self._process, found, None, None, (lost,) if lost else ())
        walk.from_modules([found.name])
        found, refused = self._sought(found, walk, finder)
        module = finder.find(found.name) or module
        refused = (
            refused or refusal(self._build.app, found, module, walk, finder) or self._uncallable(found, module, finder)
        )
        faults = [self._fault("attribute-missing", (found.span,), dict(refused), certain=certain)] if refused else []
        faults += [] if refused else self._uncalled(found, module)
        if found.called and module.has_source:
            walk.call(found.name, found.attribute)
        faults += self._further(found, walk, finder, certain=certain)
        faults += self._closure_faults(found, walk, finder, certain=certain)
        path = module.path if module.has_source else None
        return Run(self._process, found, path, walk.closure, tuple(faults))

    def _further(self, found: Launch, walk: Walk, finder: Finder, *, certain: bool) -> Iterator[Fault]:
        """Import what the program imports beside its app; the modules of the command line that are not there."""
        for name, span in found.more:
            there = finder.find(name) is not None
            lost = (
                None if there else self._module_missing(found._replace(name=name, span=span), finder, certain=certain)
            )
            if lost is not None:
                yield lost
            walk.from_modules([name] if there else [])
        if found.server is not None and found.server.data.get("tasks"):
            from deploylint.steps.tasks import load_tasks

            load_tasks(self._build.app, walk, self._known.series)

    def _sought(self, found: Launch, walk: Walk, finder: Finder) -> tuple[Launch, Mapping[str, str] | None]:
        """What the program takes of a module where it looks for that itself, and why it finds none."""
        if found.server is None or not found.server.words("names"):
            return found, None
        from deploylint.steps.lookup import sought

        return sought(self._build.app, found, walk, finder, self._known.series)

    def _uncallable(self, found: Launch, module: Found, finder: Finder) -> dict[str, str] | None:
        if not found.attribute or not module.has_source:
            return None
        from deploylint.steps.uncallable import uncallable

        return uncallable(self._build, found, module, finder)

    def _uncalled(self, found: Launch, module: Found) -> Iterator[Fault]:
        """A factory that is taken for the app. The process runs on."""
        if not module.has_source or found.attribute not in self._build.app.source(module.path).functions:
            return
        from deploylint.steps.uncalled import uncalled

        detail = uncalled(self._build.app, found, module)
        if detail is not None:
            yield self._fault("attribute-missing", (found.span,), {**detail, "late": "yes"}, certain=False)

    def _main(self, found: Launch, finder: Finder) -> tuple[Launch, Found | None]:
        """What `python -m` runs: the module itself, or the `__main__` of a package."""
        module = finder.find(found.name)
        if module is not None and module.kind == "namespace" and self._known.has(found.name) is not False:
            return found, None
        if module is not None and module.kind in ("package", "namespace"):
            found = found._replace(name=f"{found.name}.__main__")
            module = finder.find(found.name)
        return found, module if module is not None and module.has_source else None

    def _nothing(self, found: Launch, *, certain: bool) -> tuple[Fault, ...]:
        """`python NAME`, where no file has that name."""
        if is_made(self._build, found.name):
            return ()
        near = f"{found.name.partition(':')[0].removesuffix('.')}.py".replace(".py.py", ".py")
        near = near if self._build.app.tree.is_file(near) else ""
        detail = {"path": found.name, "kind": "missing", "near": near}
        return (self._fault("file-missing", (found.span,), detail, certain=certain and not self._ran),)

    def _run_main(self, found: Launch, main: Found, walk: Walk, finder: Finder, *, certain: bool) -> Run:
        package = found.name.rpartition(".")[0]
        walk.from_modules([package] if package else [])
        walk.from_program(main.path, package=package)
        faults = self._closure_faults(found, walk, finder, certain=certain)
        return Run(self._process, found, main.path, walk.closure, tuple(faults))

    def _run_program(self, found: Launch, walk: Walk, finder: Finder, *, certain: bool) -> Run:
        tree = self._build.app.tree
        if not tree.is_file(found.name):
            missing = not tree.may_exist(found.name) and not is_made(self._build, found.name)
            detail = {"path": found.name, "kind": "missing"}
            fault = self._fault("file-missing", (found.span,), detail, certain=certain)
            return Run(self._process, found, None, None, (fault,) if missing else ())
        walk.from_program(found.name, main=found.form == "program")
        faults = self._closure_faults(found, walk, finder, certain=certain)
        return Run(self._process, found, found.name, walk.closure, tuple(faults))

    def _module_missing(self, found: Launch, finder: Finder, *, certain: bool) -> Fault | None:
        name = found.name
        parts = name.split(".")
        depth = next((at for at in range(len(parts)) if finder.find(".".join(parts[: at + 1])) is None), len(parts))
        wanted = ".".join(parts[: depth + 1])
        brought = is_brought(self._known, parts[0]) if depth == 0 else False
        if brought:
            return None
        certain = certain and brought is not None and not (depth == 0 and self._known.assumed)
        if any(is_made(self._build, made.replace(".", "/") + ".py") for made in (wanted, name)):
            return None
        detail = {"module": name, "missing": wanted, "program": "yes" if found.form == "program" else ""}
        near = _elsewhere(self._build, name)
        if near:
            detail["near"] = near
        # The config vars PYTHONPATH and GUNICORN_CMD_ARGS may put another folder on the module path.
        certain = certain and not lies_deeper(self._build, name)
        return self._fault("module-missing", (found.span,), detail, certain=certain)

    # ------------------------------------------------------------------------------------------ the closure

    def _closure_faults(self, found: Launch, walk: Walk, finder: Finder, *, certain: bool) -> list[Fault]:
        faults = list(self._read_faults(found, walk.closure, certain=certain, before=None))
        faults += self._circles(found, walk.closure, finder, certain=certain)
        if self._speaks_of_settings(walk.closure):
            # Only an app of Django gets here, and reading its settings takes time. A config var may name others.
            from deploylint.steps.djangoprocess import met
            from deploylint.steps.djangosettings import Running

            running = Running(self._process, finder.roots, self._known.series, self._ran)
            for one in met(self._build, self._known, walk, found, running):
                faults.append(self._fault(one.topic, (*one.spans, found.span), dict(one.detail), certain=False))
        return faults

    def _circles(self, found: Launch, closure: Closure, finder: Finder, *, certain: bool) -> Iterator[Fault]:
        """What a module takes too early from another that is still being imported."""
        if _has_circle(closure.links):
            from deploylint.imports.circles import circle

            missing = circle(self._build.app, finder, self._known, self._known.series, _start(found, closure))
            broken = broken_by(self._build, self._known, missing) if missing else None
            if broken:
                yield self._told(found, broken, certain=certain)

    def _speaks_of_settings(self, closure: Closure) -> bool:
        """Whether a module of the closure may name settings of Django."""
        tree = self._build.app.tree
        visits = list(closure.visits.values())[:50]
        return any(visit.found.has_source and _SETTINGS in tree.read(visit.found.path).data for visit in visits)

    def _read_faults(
        self, found: Launch, closure: Closure, *, certain: bool, before: Closure | None
    ) -> Iterator[Fault]:
        """What is wrong in the modules of a closure, less those that were in it `before`."""
        for broken in broken_in(self._build, self._known, closure, before):
            yield self._told(found, broken, certain=certain)

    def _told(self, found: Launch, broken: ImportFault, *, certain: bool) -> Fault:
        spans = (*broken.spans, found.span)
        return self._fault(broken.topic, spans, dict(broken.detail), certain=certain and broken.sure)


def _profile(build: Build) -> str | None:
    """The app's own script that every process reads before its command, and that may set any variable."""
    found = [path for path in (".profile", ".profile.d") if build.app.tree.may_exist(path)]
    return found[0] if found else None


def _elsewhere(build: Build, module: str) -> str | None:
    """The one file of the app that could be meant by a module's name: by its last part, or with a typing error."""
    last = "/" + module.rpartition(".")[2] + ".py"
    found = [path for path in build.app.sources if f"/{path}".endswith(last)]
    if not found and len(build.app.sources) <= _NAMES_COMPARED:
        wanted = module.replace(".", "/") + ".py"
        found = [path for path in build.app.sources if is_misspelling(path, wanted)]
    return found[0] if len(found) == 1 else None


def _start(found: Launch, closure: Closure) -> Found | str:
    program = closure.visits.get(PROGRAM)
    return program.found if program else found.name


def _has_circle(links: Mapping[str, Mapping[str, str]]) -> bool:
    """Whether some module imports itself by way of others."""
    done: set[str] = set()
    for first in links:
        path: dict[str, list[str]] = {first: [*links[first]]} if first not in done else {}
        while path:
            name = next(reversed(path))
            if not path[name]:
                done.add(name)
                del path[name]
                continue
            other = path[name].pop()
            if other in path:
                return True
            if other not in done and other in links:
                path[other] = [*links[other]]
    return False
