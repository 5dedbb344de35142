"""PRO: commands that the shell refuses, and scripts that the system does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploylint.checks.processes import ends, problems
from deploylint.checks.registry import Scene, check

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploylint.checks.registry import Problem
    from deploylint.finding import Fix
    from deploylint.plan import Fault


@check("PRO014")
def command_broken(scene: Scene) -> Iterator[Problem]:
    """`command-broken`: the shell refuses the command, or the system the script."""
    for fault, subject, say in problems(scene, "boot::*/command-broken"):
        path, said = fault.detail["path"], fault.detail["said"]
        fix = None
        if fault.detail["kind"] == "syntax":
            why, advice, fix = _refused(scene, fault, *said.split(" ", 1))
        elif fault.detail["kind"] == "not-executable":
            why, advice = f"{path} may not be executed", f"Run `git update-index --chmod=+x {path}` and commit."
        else:
            why = f"the first line of {path} names the interpreter `{said}`, which does not exist"
            advice = "Write `#!/usr/bin/env bash`, and let the file's lines end as on Unix."
        yield say(f"{ends(fault, subject)}: {why}.", advice, fix=fix)


def _refused(scene: Scene, fault: Fault, kind: str, sign: str = "") -> tuple[str, str, Fix | None]:
    """Why the shell refuses the code, what to do, and the fix where it is certain what was meant."""
    if kind == "end":
        return "the shell cannot read the command, which ends too early", "Write what is missing at its end.", None
    if kind != "token":
        return f"the shell cannot read the command, in which `{sign}` is never closed", "Close it.", None
    from deploylint.checks import mending

    why = f"the shell cannot read the command (syntax error near `{sign}`)"
    place = fault.spans[0]
    line = scene.app.tree.text(place.path).line(place.line)
    start, call = _call(line, place.column - 1)
    mark = next((mark for mark in "'\"" if mark not in line), None)
    if sign != "(" or not call or mark is None:
        return why, "Balance its quotes and brackets.", None
    quoted = f"{mark}{call}{mark}"
    word = place._replace(column=start + 1, end_line=place.line, end_column=start + 1 + len(call))
    # In a script, or inside of other quotes, the line may go through more than one shell.
    procfile = scene.plan.procfile
    plain = procfile is not None and place.path == procfile.path and not set("'\"") & set(line)
    return (
        f"{why}, since a bracket means something to it",
        f"Put the call in quotes: `{quoted}`.",
        mending.write(scene, word, call, quoted) if plain else None,
    )


def _call(line: str, bracket: int) -> tuple[int, str]:
    """Where the call of a factory begins whose bracket opens at `bracket`, as in `app:create_app()`, and the call; the
    empty string where it is something else.
    """
    start = bracket
    while start and (line[start - 1].isalnum() or line[start - 1] in "._:"):
        start -= 1
    end = line.find(")", bracket)
    inner = line[bracket + 1 : end]
    return start, line[start : end + 1] if ":" in line[start:bracket] and end > 0 and "(" not in inner else ""
