"""PRO: commands that ask a question where nobody can answer."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

from deploylint.checks.registry import Problem, Scene, check
from deploylint.facts.invocation import Invocation, follow
from deploylint.facts.shell import Source
from deploylint.finding import Fix, Replace
from deploylint.steps.commands import MANAGERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploylint.text import Span

_COMMAND = "collectstatic"
_SILENT = "--noinput"


@check("PRO030")
def command_asks(scene: Scene) -> Iterator[Problem]:
    """`collectstatic` that finds the files of the build, and asks whether it may write over them."""
    django, procfile = scene.plan.django.value, scene.plan.procfile
    switch = scene.platform.data["django"]["disabled_variable"]
    if django is None or django.collectstatic is None or procfile is None:
        return
    # Only for an app of Django, as it takes time to load.
    from deploylint.steps.djangosettings import declared

    if switch in declared(scene.build):
        return
    for process in procfile.effective.values():
        steps = follow(Source.of_span(procfile.text, process.command_span), scene.app.tree)
        for step, later in zip_longest(steps, steps[1:]):
            if not isinstance(step, Invocation):
                break
            span = _asks(step)
            if span is None or not (step.last or (isinstance(later, Invocation) and later.guarded)):
                continue
            line = scene.app.tree.text(span.path).line(span.line)
            if "<" in line[span.column - 1 :]:
                continue
            there = line.startswith(_COMMAND, span.column - 1)
            yield Problem(
                span,
                f"The process `{process.type}` may end here, with `EOFError: EOF when reading a line`: {_COMMAND} asks "
                "whether it may write over the files that the build has collected, and nobody is there to answer.",
                f"Write `{_COMMAND} {_SILENT}`, or leave it out: the platform runs it while it builds the app.",
                fix=Fix(f"Add {_SILENT}", (Replace(span, f"{_COMMAND} {_SILENT}"),), safe=False) if there else None,
            )


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
