"""DJA: what Django's own checks find in a project, and what it refuses in its sources; the words are data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deploylint import package
from deploylint.checks.processes import ends, problems
from deploylint.checks.registry import Problem, Scene, check
from deploylint.checks.words import listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@check("DJA016")
def system_check_fails(scene: Scene) -> Iterator[Problem]:
    """`system-check`: Django checks the project before the command, and finds an error."""
    for fault, subject, say in problems(scene, "boot::*/system-check"):
        code = fault.detail["id"]
        codes = code.split(" ") if code.startswith("admin.") else [code]
        why, advice = _words("check", codes[0], fault.detail)
        fix = None
        if code == "fields.E210":
            from deploylint.checks import mending

            advice, fix = mending.how_to_declare(scene, "pillow"), mending.declare(scene, "pillow")
        yield say(
            f"{ends(fault, subject)}: Django checks the project before the command does anything, and {why} "
            f"({', '.join(codes)}).",
            advice,
            fix=fix,
        )


@check("DJA019")
def url_pattern_refused(scene: Scene) -> Iterator[Problem]:
    """`url-refused`: Django does not take what a URL configuration says."""
    for fault, subject, say in problems(scene, "boot::*/url-refused"):
        why, advice = _words("url", fault.detail["kind"], fault.detail)
        yield say(f"{ends(fault, subject)}: Django loads the URL configuration, and {why}.", advice)


@check("DJA020")
def model_refused(scene: Scene) -> Iterator[Problem]:
    """`model-refused`: Django cannot make a model."""
    for fault, subject, say in problems(scene, "boot::*/model-refused", "collectstatic-other/model-refused"):
        why, advice = _words("model", fault.detail["kind"], fault.detail)
        yield say(f"{ends(fault, subject)}: {why}.", advice)


def _data() -> Mapping[str, Any]:
    return package.table("systemchecks.toml")


def _words(table: str, key: str, detail: Mapping[str, str]) -> tuple[str, str]:
    """What is found, and what to write instead. Of the admin's checks, all that is missing in one setting."""
    rows = _data()[table]
    # Of some families one row stands for all that it does not have.
    row = rows.get(key) or rows.get(key[:-2]) or rows[key.partition(".")[0]]
    names = detail["name"].split(" ") if " " in detail.get("id", "") else [detail["name"]]
    given = {
        **detail,
        "name": listed(names),
        "last": names[-1].rpartition(".")[2],
        "host": names[0].lstrip(".*"),
        "s": "s" if len(names) > 1 else "",
        "them": "them" if len(names) > 1 else "it",
    }
    return row["says"].format_map(given), row["advice"].format_map(given)
