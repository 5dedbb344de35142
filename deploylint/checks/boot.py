"""PRO: what the commands of the processes start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploylint.checks.registry import Problem, Scene, check
from deploylint.finding import Fix, Related, Rewrite

if TYPE_CHECKING:
    from collections.abc import Iterator


@check("PRO005")
def port_literal(scene: Scene) -> Iterator[Problem]:
    """`boot::web/port-literal`: the server binds a fixed port and the platform another."""
    for fault in scene.faults("boot::web/port-literal"):
        port = fault.detail["port"]
        yield Problem(
            fault.spans[0],
            f"The web process will be killed after 60 seconds (error R10): it listens on port {port}, but the platform "
            "sends requests to the port in the environment variable PORT, another one at each start.",
            f'Write `port=int(os.environ.get("PORT", {port}))`'
            + (' and `host="0.0.0.0"`' if "host" in fault.detail else "")
            + ", with `import os` at the top.",
            related=(Related("started here", fault.spans[1]),),
            fix=Fix(
                "Take the port from the environment", (Rewrite(fault.spans[0], "port-from-environment"),), safe=True
            ),
            fault=fault,
        )
