"""IMP: what the modules that a process imports need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploylint.checks.processes import ends, is_sure, problems, with_declaration
from deploylint.checks.registry import Scene, check
from deploylint.checks.words import listed
from deploylint.knowledge.distributions import providers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploylint.checks.registry import Problem

_CHAIN = "which is imported here"
_SYNTAX = ("boot::*/syntax-error", "collectstatic-syntax-error/syntax-error", "collectstatic-other/syntax-error")


@check("IMP001")
def module_not_installed(scene: Scene) -> Iterator[Problem]:
    """`module-not-installed`: no declared distribution provides what is imported."""
    for fault, subject, say in problems(
        scene, "boot::*/module-not-installed", "collectstatic-other/module-not-installed", chain=_CHAIN
    ):
        from deploylint.checks import mending

        module, known = fault.detail["module"], fault.detail["providers"].split()
        lock = scene.declaring
        said = f"no package that {lock} installs provides it"
        if not is_sure(fault) and not fault.detail.get("unless"):
            said = f"no package that {lock} names is known to provide it"
        said += f" ({listed(known, 'or')} {'does' if len(known) == 1 else 'do'})" if known else ""
        namesake = fault.detail.get("namesake", "")
        said += f" (by its name it belongs to {namesake})" if namesake else ""
        name = known[0] if known else namesake
        advice = (
            mending.how_to_declare(scene, name)
            if name
            else f"Add the package that provides {fault.detail['whole']} to {lock}."
        )
        names = [namesake] if namesake else providers(module)
        other = mending.declared_elsewhere(scene, names) if name else None
        extra = mending.brought_by_extra(scene, names) if name and other is None else None
        if other:
            name = other.name
            said = (
                f"{name}, which provides it, is declared only in {other.where}, and the platform does not install that"
            )
            advice = mending.how_to_declare(scene, name)
        elif extra:
            holder, option, name = extra
            said = (
                f"{name}, which provides it, comes with {holder} only by its extra `{option}`, which is not asked for"
            )
            advice = f"Write `{holder}[{option}]` in place of `{holder}`, or add `{name}` to {lock}."
        problem = say(
            f"{ends(fault, subject)}, with `ModuleNotFoundError: No module named '{module}'`: {said}.",
            advice,
            fix=mending.declare(scene, name) if other or extra or len(known) == 1 else None,
        )
        yield with_declaration(problem, other)


@check("IMP002")
def import_broken(scene: Scene) -> Iterator[Problem]:
    """`import-broken`: the app imports from itself what is not there."""
    for fault, subject, say in problems(
        scene, "boot::*/import-broken", "collectstatic-other/import-broken", chain=_CHAIN
    ):
        module, name, place = fault.detail["module"], fault.detail["name"], fault.spans[0]
        # A star takes what `__all__` names, and asks for it otherwise.
        starred = "*" in scene.app.tree.text(place.path).line(place.line)
        error, what, advice = {
            "local": (
                f"ModuleNotFoundError: No module named '{module}'",
                "the app has no such module",
                _add(scene, module) or "Add it to the commit, or correct the name.",
            ),
            "name": (
                f"AttributeError: module '{module}' has no attribute '{name}'"
                if starred
                else f"ImportError: cannot import name '{name}' from '{module}'",
                f"{module} has no `{name}`",
                _add(scene, f"{module}.{name}") or f"Correct the name, or define it in {module}.",
            ),
            "relative": (
                "ImportError: attempted relative import with no known parent package",
                "a file that is started as a program is in no package, so `from .` means nothing in it",
                "Import by the full name, or start it with `python -m`.",
            ),
            "circular": (
                f"ImportError: cannot import name '{name}' from partially initialized module '{module}'",
                f"{module} is itself still being imported here, and defines `{name}` only later",
                "Import it in the function that needs it, or move what both modules need into a third one.",
            ),
            "beyond": (
                "ImportError: attempted relative import beyond top-level package",
                f"`{module}` leads out of the package in which this module was found",
                "Import by the full name, as seen from the folder in which the command runs.",
            ),
        }[fault.detail["kind"]]
        yield say(f"{ends(fault, subject)}, with `{error}`: {what}.", advice)


def _add(scene: Scene, module: str) -> str:
    """What to do where a module's file is missing from a package that is there; the empty string where that is no
    package, which may lie in another folder of the module path than the root.
    """
    path = f"{module.replace('.', '/')}.py"
    if scene.app.untracked(path):
        return f"{path} lies on the disk, but git does not track it: add it with `git add` and commit."
    package = f"{path.rpartition('/')[0]}/__init__.py"
    if not scene.app.tree.is_file(package):
        return ""
    return f"Add {path} to the commit, or correct the name, or define it in {package}."


@check("IMP003")
def module_removed(scene: Scene) -> Iterator[Problem]:
    """`module-removed`: the standard library of the Python in force has lost the module."""
    for fault, subject, say in problems(
        scene, "boot::*/module-removed", "collectstatic-other/module-removed", chain=_CHAIN
    ):
        module, lost, python = fault.detail["module"], fault.detail["lost"], fault.detail["python"]
        name, place = fault.detail["name"], fault.detail["instead"]
        error = f"ImportError: cannot import name '{name}' from '{module}'" if name else ""
        error = error or f"ModuleNotFoundError: No module named '{module}'"
        app = "a new app runs" if "kept" in fault.detail else "the app runs"
        why = f"Python {lost} took it out of the standard library, and {app} on {python}"
        advice = "Use what has taken its place, or ask for an older Python that is still supported."
        if lost == "3.0":
            why = f"that is {'a name' if name else 'a module'} of Python 2, and the app runs on {python}"
            advice = "Rewrite the module for Python 3."
        if place:
            advice = (
                f"Import from `{place}`, which has it." if place == "collections.abc" else f"Use `{place}` instead."
            )
        yield say(f"{ends(fault, subject)}, with `{error}`: {why}.", advice)


@check("IMP004")
def syntax_error(scene: Scene) -> Iterator[Problem]:
    """`syntax-error`: a module that is imported cannot be read by the Python in force."""
    for fault, subject, say in problems(scene, *_SYNTAX, chain=_CHAIN):
        if fault.detail["kind"] == "newer":
            needs, python = fault.detail["needs"], fault.detail["python"]
            why = f"this needs Python {needs}, and the app runs on {python}"
            advice = f"Ask for Python {needs}, or write it in the older way."
        else:
            why, advice = f"this is not valid Python ({fault.detail['said']})", "Correct it."
        yield say(
            f"{ends(fault, subject)}, with a SyntaxError: {why}.",
            advice,
        )
