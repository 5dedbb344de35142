"""Whether the web process answers where the platform sends requests: the server that its command is, the server that
its program starts, or nothing at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploylint.facts.invocation import Invocation, Opaque
from deploylint.record import NamedTuple
from deploylint.steps.argv import arguments_of, managed
from deploylint.steps.listen import unheard

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deploylint.facts.events import Version
    from deploylint.facts.invocation import Step
    from deploylint.imports import Closure
    from deploylint.steps import Build
    from deploylint.steps.launch import Launch
    from deploylint.text import Span


class Unanswered(NamedTuple):
    """Why nobody answers: the topic of the fault, and what its words need. `spans` begin with the place of the process
    type where `of_type` says so.
    """

    topic: str
    spans: tuple[Span, ...]
    detail: Mapping[str, str]
    certain: bool = True
    of_type: bool = False


def unanswered(
    build: Build, steps: Sequence[Step], loaded: tuple[Launch | None, Closure | None], version: Version
) -> Unanswered | None:
    """Why the web process that takes these steps, of which the last one loads `loaded`, does not answer; None where it
    does, or that cannot be told.
    """
    program = _becomes(steps)
    if program is None:
        return None
    launch, closure = loaded
    if (
        managed(program) is None
        and launch is not None
        and launch.server is None
        and closure is not None
        and launch.form == "program"
    ):
        return _of_program(build, launch, closure, version)
    return _of_server(build, program, alone=len(steps) == 1)


def _becomes(steps: Sequence[Step]) -> Invocation | None:
    """The program that the process becomes; None where something else may listen."""
    programs = [step for step in steps if isinstance(step, Invocation)]
    others = any(isinstance(step, Opaque) or getattr(step, "listens", False) for step in steps)
    if others or not programs or programs[-1].conditional:
        return None
    return None if any(step.background for step in programs) else programs[-1]


def _of_program(build: Build, launch: Launch, closure: Closure, version: Version) -> Unanswered | None:
    from deploylint.steps.bots import asking, looping
    from deploylint.steps.called import Reach
    from deploylint.steps.serving import served

    reach = Reach(build.app, launch.roots, closure, version)
    found = served(reach)
    if found is not None:
        detail = {"server": found.call, "file": found.path, "port": found.port}
        detail |= {"given": "yes" if found.given else "", "direct": "yes" if found.direct else ""}
        detail |= {"host": "local"} if found.local else {}
        detail |= {"adds": found.adds}
        return Unanswered("port-literal" if found.port else "host-local", (found.span, launch.span), detail)
    bot = asking(build.app, reach) or looping(build.app, reach, version)
    if bot is None:
        return None
    return Unanswered("nothing-listens", (bot.span,), {"call": bot.call}, certain=bot.certain, of_type=True)


def _of_server(build: Build, program: Invocation, *, alone: bool) -> Unanswered | None:
    server = arguments_of(program)
    # What runs before may write the file there that says where it listens.
    if server and server[0].data.get("home_config") and not alone:
        return None
    found = unheard(build, program)
    if found is None:
        return None
    detail = {"server": found.server, "port": found.port, "options": found.options}
    detail |= {"local": "yes" if found.local else "", "given": "yes" if found.given else ""}
    return Unanswered("not-reached", (found.span,), detail, certain=found.sure)
