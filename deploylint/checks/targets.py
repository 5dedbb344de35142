"""PRO: what the commands of the processes load: modules, objects in them, files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from deploylint.checks.processes import ends, problems
from deploylint.checks.registry import Scene, check
from deploylint.checks.words import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploylint.checks.processes import Say
    from deploylint.checks.registry import Problem
    from deploylint.plan import Fault

_DOTTED = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")


@check("PRO011")
def module_missing(scene: Scene) -> Iterator[Problem]:
    """`module-missing` and `target-is-a-path`: what the command names is no module of the app."""
    for fault, subject, say in problems(scene, "boot::*/module-missing"):
        module, missing = fault.detail["module"], fault.detail["missing"]
        near = fault.detail.get("near")
        dotted = near.removesuffix(".py").replace("/", ".") if near else ""
        advice = f"Write the module where it lies, seen from the folder in which the command runs: {module} would be "
        advice += f"{module.replace('.', '/')}.py there."
        if not near:
            advice = _starting(scene, fault) or advice
        else:
            advice = f"There is {near}, which is the module {dotted} seen from the root of the app."
            if dotted == f"src.{module}":
                advice = f"There is {near}, which is found where the project is installed: add a line `-e .` to "
                advice += f"{scene.lock or 'requirements.txt'}, or start it from its folder: `cd src && …`."
            elif dotted.endswith(f".{module}"):
                folder = near.removesuffix(f"{module.replace('.', '/')}.py").rstrip("/")
                advice += f" Either name it so, or let the command run in {folder}: `cd {folder} && …`."
        yield say(
            f"{ends(fault, subject)}, with `ModuleNotFoundError: No module named '{missing}'`: neither the app nor "
            f"anything that it installs has a module {missing}.",
            advice,
        )
    for fault, subject, say in problems(scene, "boot::*/target-is-a-path"):
        from deploylint.checks import mending

        target, server = fault.detail["target"], fault.detail["server"]
        path, colon, attribute = target.partition(":")
        dotted = path.removesuffix(".py").strip("/").removeprefix("./").replace("/", ".")
        right = f"{dotted}{colon}{attribute}"
        there = _DOTTED.fullmatch(dotted) and scene.app.tree.is_file(f"{dotted.replace('.', '/')}.py")
        yield say(
            f"{ends(fault, subject)}: {server} wants the dotted name of a module, and `{target}` is a path.",
            f"Write `{right}`.",
            fix=mending.write(scene, fault.spans[0], target, right) if there else None,
        )


def _starting(scene: Scene, fault: Fault) -> str:
    """How the one app of a framework that there is would be started; the empty string where that is not known."""
    from deploylint.frameworks import propose, used_framework

    framework = used_framework(scene.app, scene.lock) if fault.detail["process"] == "web" else None
    found = propose(scene.app, framework) if framework else None
    return f"{found.path} makes an app of {found.framework.title}: `{found.command}` starts it." if found else ""


@check("PRO012")
def attribute_missing(scene: Scene) -> Iterator[Problem]:
    """`attribute-missing`: the module is there and has no such object."""
    for fault, subject, say in problems(scene, "boot::*/attribute-missing"):
        if fault.detail["kind"] == "uncalled":
            yield _uncalled(scene, fault, subject, say)
            continue
        module, attribute, path = fault.detail["module"], fault.detail["attribute"], fault.detail["path"]
        server, wants = fault.detail.get("server", ""), fault.detail.get("wants", "")
        colon = " --app " if server == "fastapi" else ":"
        why, advice = {
            "missing": (
                f"it looks for `{attribute}` in {path}, and nothing there has that name",
                _starting(scene, fault) or f"Name the object that {path} really has, as in `{module}:app`.",
            ),
            "unnamed": (
                f"{server} wants to be told which object to take from {path}",
                f"Name it behind a colon, as in `{module}:app`.",
            ),
            "form": (
                f"{server} takes a name after the colon, or the call of one, and `{attribute}` is neither",
                f"Give it a name of its own in {path}, `app = {attribute}`, and write `{module}:app`.",
            ),
            "module": (
                f"`{attribute}` is a module of {module}, and {server} wants an object that it can call",
                f"Name the object in that module, as in `{module}.{attribute}:app`.",
            ),
            "arguments": (
                f"{attribute}() in {path} is called without an argument, and must be given `{wants}`",
                f"Give `{wants}` a default, or a value in the command: `{module}:{attribute}(…)`.",
            ),
            "uncallable": (
                f"`{attribute}` in {path} {_nature(fault)}, which gunicorn cannot call",
                f"Name the object that answers requests, as in `{module}:{fault.detail.get('instead') or 'app'}`"
                + (f", and write `server = {attribute}.server` in {path}." if fault.detail.get("instead") else "."),
            ),
            "nowhere": (
                f"{server} looks in {path or module} for {_choice(fault)}, and finds none",
                f"Name the module that makes the object, and the object: `MODULE{colon}NAME`.",
            ),
            "type": (
                f"{server} takes `{attribute}` of {path} for its own, and `{fault.detail.get('made', '')}` made it",
                f"Name the object that is meant: `{module}{colon}NAME`.",
            ),
        }[fault.detail["kind"]]
        yield say(f"{ends(fault, subject)}: {why}.", advice)


def _uncalled(scene: Scene, fault: Fault, subject: str, say: Say) -> Problem:
    """A factory in the place of the app."""
    from deploylint.checks import mending

    module, attribute, server, instead = (fault.detail[key] for key in ("module", "attribute", "server", "instead"))
    return say(
        f"{ends(fault, subject)}: {server} takes {attribute} of {fault.detail['path']} for the app itself and calls it "
        "for each request, with two arguments that it does not take.",
        f"Write `{instead}`, so that it is called once and gives the app."
        if instead
        else f"Name an object that it has made, such as `app = {attribute}(…)` in {fault.detail['path']}.",
        fix=mending.write(scene, fault.spans[0], f"{module}:{attribute}", instead) if instead else None,
    )


def _nature(fault: Fault) -> str:
    made = fault.detail.get("made", "")
    return f"is made by {made}" if made else "is a plain value"


def _choice(fault: Fault) -> str:
    """What a program looks for, in words: `app`, `celery`, and whatever is of its class."""
    names = [f"`{name}`" for name in fault.detail.get("names", "").split()]
    below = fault.detail.get("below", "")
    there = f", for a module `{below}`" if below and fault.detail["path"].endswith("__init__.py") else ""
    return f"{listed(names)}{there} and for any other `{fault.detail.get('class')}`"


@check("PRO013")
def file_missing(scene: Scene) -> Iterator[Problem]:
    """`file-missing`: the file that the command starts is not in the app."""
    for fault, subject, say in problems(scene, "boot::*/file-missing"):
        path = fault.detail["path"]
        untracked = scene.app.untracked(path)
        what = "folder " if fault.detail["kind"] == "folder" else ""
        why = f"there is no {what}{path} in the app" if not untracked else f"{path} is not in the commit"
        advice = f"Name a {what or 'file '}that is there, seen from the app's root."
        if fault.detail.get("near"):
            advice = f"There is {fault.detail['near']}: write that, with its ending."
        yield say(f"{ends(fault, subject)}: {why}.", f"Add it with `git add {path}`." if untracked else advice)


@check("PRO016")
def module_shadowed(scene: Scene) -> Iterator[Problem]:
    """`module-shadowed`: the app has a module that is called like the server's package."""
    for fault, subject, say in problems(scene, "boot::*/module-shadowed"):
        module, path, command = (fault.detail[key] for key in ("module", "path", "command"))
        yield say(
            f"{ends(fault, subject)}: the root of the app comes before the installed packages on the module path, so "
            f"`{command}` imports {path} instead of the package {module}.",
            f"Give {path} another name.",
        )
