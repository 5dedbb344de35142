"""PRO: where the web process listens, and whether it does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from deploylint.checks.processes import problems
from deploylint.checks.registry import Problem, Scene, check
from deploylint.finding import Fix, Related, Replace, Rewrite

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploylint.plan import Fault

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
        (place, reached), call = fault.spans, fault.detail["call"]
        free = WORKER not in types
        yield Problem(
            place,
            f"The web process {_killed(fault)} after 60 seconds (error R10): "
            + (f"it is a bot that fetches its messages with `{call}` and" if call else "it works in a loop and")
            + " listens on no port.",
            f"Name the process `{WORKER}`, and start it after the deploy with `heroku ps:scale {WORKER}=1`."
            if free
            else f"Remove it, or give it another name: there is a process `{WORKER}`, too.",
            related=(Related("it asks for its messages here" if call else "the loop", reached),),
            # The type may be named elsewhere: where it is scaled, or in app.json.
            fix=Fix(f"Make it a {WORKER}", (Replace(place, WORKER),), safe=False) if free else None,
            fault=fault,
        )


@check("PRO015")
def not_reached(scene: Scene) -> Iterator[Problem]:
    """`not-reached`: the server listens where the platform sends nothing."""
    for fault, _, say in problems(scene, "boot::*/not-reached"):
        from deploylint.checks import mending

        server, port, options = (fault.detail[key] for key in ("server", "port", "options"))
        how = "" if fault.detail["given"] else ", its default"
        configured = fault.spans[0].path.endswith((".toml", ".py"))
        if port:
            where = f"{server} listens on port {port}{how}, and the platform sends requests to the port in `$PORT`"
        else:
            where = f"{server} listens on the loopback address only{how}, where the platform sends nothing"
        yield say(
            f"The web process {_killed(fault)} after 60 seconds (error R10): {where}.",
            f"Write `{options}`" + (" into the command, which counts more than this file." if configured else "."),
            fix=mending.listen(scene, fault),
        )
