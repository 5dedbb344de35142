"""PYV: the Python version, where it is the name of an archive (Cedar)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from deploylint.checks.registry import Problem, Scene, check
from deploylint.checks.versionfiles import means, replace_all
from deploylint.checks.words import listed, will_stop
from deploylint.plan import Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploylint.plan import Fault

_UNSEEN = {" ": "a blank", "\t": "a tab", "\r": "a carriage return (Windows line ends)", "\ufeff": "a byte order mark"}


@check("PYV001")
def runtime_unavailable(scene: Scene) -> Iterator[Problem]:
    """`runtime::unavailable`: what runtime.txt says is not the name of a runtime."""
    for fault in scene.faults("runtime::unavailable"):
        path = fault.spans[0].path
        if "kind" in fault.detail:
            yield _in_the_way(fault)
            continue
        found, near = fault.detail["found"], fault.detail["nearest"]
        same = means(found, near.removeprefix("python-"))
        yield Problem(
            fault.spans[0],
            f"{will_stop(fault)}: {_not_a_runtime(found, scene.build.stack)}.",
            f"Write exactly `{near}`" + (" and nothing else." if same else f", {_why(found)}."),
            # A fix gives what it writes the line ends of the file, and here they may be the fault.
            fix=replace_all(scene, path, near, safe=same, line_end=False),
            fault=fault,
        )


def _in_the_way(fault: Fault) -> Problem:
    path, kind = fault.detail["path"], fault.detail["kind"]
    if kind == "file":
        words = (
            f"{will_stop(fault)}: {path} is a file, so the buildpack cannot unpack Python into a folder of that name."
        )
        return Problem(fault.spans[0], words, "Rename the file.", fault=fault)
    what, advice = {
        "folder": ("a folder", "Rename the folder."),
        "link": ("a link that leads nowhere", "Remove the link."),
    }[kind]
    words = (
        f"{will_stop(fault, ' with nothing but an error of the shell')}: {path} is {what}, so the buildpack cannot "
        "write its default version to it."
    )
    return Problem(fault.spans[0], words, advice, fault=fault)


def _why(found: str) -> str:
    return "the nearest one available" if re.search("[0-9]", found) else "or the name of another runtime"


def _not_a_runtime(found: str, stack: str) -> str:
    if not found:
        return "runtime.txt is empty, so it names no runtime"
    lines = [line for line in found.split("\n") if line.strip()]
    shown = lines[0][:40] + ("…" if len(lines) > 1 or len(lines[0]) > 40 else "") if lines else ""
    return f"there is no runtime called ({shown}) on the stack {stack}{_form(found)}"


def _form(found: str) -> str:
    inner = found.strip("\n")
    ends = (("begins", _UNSEEN.get(inner[:1])), ("ends", _UNSEEN.get(inner[-1:])))
    unseen = [f"{verb} with {words}" for verb, words in ends if words]
    if unseen:
        return f": the name {listed(unseen)}"
    if "\n" in found:
        return ": the file has more than one line, and all of them together are taken as the name"
    if "#" in found:
        return ": a comment is taken as a part of the name"
    return ""


@check("PYV002")
def runtime_not_supported(scene: Scene) -> Iterator[Problem]:
    """A runtime that can be built but was not promised."""
    article = scene.platform.data["python"].get("article")
    python = scene.plan.python.value
    if article is None or python is None or scene.plan.python.status is not Status.OK or python.span is None:
        return
    name = python.requested
    if name in article["supported"]:
        return
    words = (
        "is available but not supported: nobody will help when it breaks"
        if name in article["unsupported"]
        else "is known to the buildpack of the day, but no documentation lists it: it may not be there"
    )
    yield Problem(
        python.span,
        f"The runtime {name} {words}.",
        f"Use {listed(article['supported'], 'or')}.",
    )


@check("PYV012")
def runtime_changed(scene: Scene) -> Iterator[Problem]:
    """The interpreter that the platform keeps between builds is thrown away by this deploy."""
    if "article" not in scene.platform.data["python"]:
        return
    python = scene.plan.python.value
    source = scene.app.received.source
    # Without runtime.txt the platform keeps what the app was built with, so taking the file away changes nothing.
    if python is None or python.span is None or scene.plan.python.status is not Status.OK or not source.comparable():
        return
    before = source.before(python.origin)
    default = scene.platform.data["python"]["default"]
    old = before.data.decode("utf-8", "replace").replace("\0", "").rstrip("\n") if before else default
    # What could not be built left nothing behind.
    if old == python.requested or old not in scene.platform.archives(scene.build.stack):
        return
    yield Problem(
        python.span,
        f"This deploy changes the runtime from {old}{'' if before else ' (the default)'} to {python.requested}: the "
        "interpreter in the build cache is thrown away and every package is installed anew.",
        "Nothing to do: expect a slower build.",
    )
