"""Commands that ask a question where nobody can answer.

Source: django/contrib/staticfiles/management/commands/collectstatic.py (5.2), which asks before it writes where the
folder of STATIC_ROOT holds files: after a build in which the platform has collected them, it does.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import zip_longest
from typing import TYPE_CHECKING

from deploylint.facts.invocation import Invocation, follow
from deploylint.facts.shell import Source
from deploylint.finding import Phase
from deploylint.plan import Fault, Status
from deploylint.steps.commands import MANAGERS
from deploylint.steps.djangosettings import declared
from deploylint.steps.reach import RELEASE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploylint.facts.procfile import Procfile
    from deploylint.plan import Step
    from deploylint.steps import Build
    from deploylint.text import Span

_COMMAND = "collectstatic"
_SILENT = "--noinput"


def with_questions(build: Build, started: Step[None], procfile: Procfile) -> Step[None]:
    """The step of the boot with the processes that end at a question, for an app whose static files the platform
    collects in the build; that it has cannot be certain, as a config var may keep it from that.
    """
    if started.status not in (Status.OK, Status.FAILED):
        return started
    if build.platform.data["django"]["disabled_variable"] in declared(build):
        return started
    faults = tuple(_faults(build, procfile))
    return replace(started, status=Status.FAILED, faults=(*started.faults, *faults)) if faults else started


def _faults(build: Build, procfile: Procfile) -> Iterator[Fault]:
    for process in procfile.effective.values():
        steps = follow(Source.of_span(procfile.text, process.command_span), build.app.tree)
        for step, later in zip_longest(steps, steps[1:]):
            if not isinstance(step, Invocation):
                break
            span = _asks(step)
            if span is None or not (step.last or (isinstance(later, Invocation) and later.guarded)):
                continue
            if "<" in build.app.tree.text(span.path).line(span.line)[span.column - 1 :]:
                continue
            phase = Phase.RELEASE if process.type == RELEASE else Phase.BOOT
            detail = {"process": process.type, "asks": _COMMAND, "silent": _SILENT}
            yield Fault(f"boot::{process.type}", phase, (span,), "command-asks", certain=False, detail=detail)


def _asks(step: Invocation) -> Span | None:
    """Where the command stands, if it asks; None for others, and where a word or what is given to it is not known."""
    at = next((at for at, text in enumerate(step.argv) if text and text.rpartition("/")[2] in MANAGERS), None)
    if at is None or step.argv[at + 1 : at + 2] != (_COMMAND,) or step.piped or step.background or step.conditional:
        return None
    rest = step.argv[at + 2 :]
    # argparse takes `--no-i` for `--no-input`.
    told = any(
        text is None or text.startswith("--no-i") or (len(text) > 4 and _SILENT.startswith(text)) for text in rest
    )
    return None if told else step.words[at + 1].span
