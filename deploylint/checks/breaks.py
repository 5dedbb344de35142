"""REQ: what is installed and cannot be imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploylint.checks.boot import ends, problems
from deploylint.checks.registry import Problem, Scene, check

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploylint.plan import Fault


@check("REQ020")
def package_broken(scene: Scene) -> Iterator[Problem]:
    """`boot::*/package-broken`: the pinned version does not fit what stands beside it, or the Python in force."""
    for fault, subject, say in problems(scene, "boot::*/package-broken", chain="imported here"):
        name, error, advice = (fault.detail[key] for key in ("name", "error", "advice"))
        yield say(f"{ends(fault, subject)}, with `{error}`: {name}{fault.detail['versions']} {_why(fault)}.", advice)


def _why(fault: Fault) -> str:
    beside, python = fault.detail["beside"], fault.detail["python"]
    if beside:
        return f"cannot be imported beside {beside}, which pip installs with it"
    return f"cannot be imported by Python {python}"
