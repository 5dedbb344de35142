"""Whether the platform runs collectstatic, with which manage.py, and which add-on it gives a Django app.

Sources: heroku/heroku-buildpack-python v351 bin/steps/collectstatic and bin/release; archive/v52, the same files;
heroku/buildpacks-python v6.5.6 src/django.rs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploylint.facts.python import settings_module
from deploylint.plan import Django, Status, Step
from deploylint.tree import Kind

if TYPE_CHECKING:
    from deploylint.plan import Python
    from deploylint.platform import Manager
    from deploylint.steps import Build
    from deploylint.tree import Entry


# What the locale en_US.UTF-8 compares first, as of glibc 2.36: of ASCII only these, and the letters without their case.
_COLLATION = "$0123456789abcdefghijklmnopqrstuvwxyz"


def seen_manage_pys(build: Build) -> tuple[Entry, ...]:
    """The manage.py files that the platform's search finds: not deeper than it looks, and where it is `find -type f`,
    no links and no folders. The shallowest come first, and then as the locale has it, which is how `sort` puts them.
    """
    rules = build.platform.data["django"]
    found = [entry for entry in build.app.manage_pys if entry.depth <= rules["max_depth"]]
    any_kind = rules["kind"] == "any"
    found = [entry for entry in found if (build.app.tree.exists(entry.path) if any_kind else entry.kind is Kind.FILE)]
    return tuple(sorted(found, key=lambda entry: (entry.depth, _collated(entry.path))))


def _collated(path: str) -> list[int]:
    return [_COLLATION.index(letter) for letter in path.lower() if letter in _COLLATION]


def django(build: Build, detected: Step[str], chosen: Step[Manager]) -> Step[Django | None]:
    """The Django app that the platform sees, or None."""
    if detected.status is not Status.OK:
        return Step.blocked()
    rules = build.platform.data["django"]
    found = seen_manage_pys(build)
    if not found:
        return Step.ok(None)
    manage_py = found[0].path
    if rules["needs_django"] and not _has_django(build, chosen, manage_py):
        return Step.ok(None)
    disabled = bool(rules["disabled_file"]) and build.app.tree.is_file(rules["disabled_file"])
    disabled = disabled or build.values.get(rules["disabled_variable"] or "", "0") != "0"
    command = None if disabled else rules["command"].format(manage_py=manage_py)
    settings = settings_module(build.app.module(manage_py))
    value = Django(manage_py, settings, command, tuple(entry.path for entry in found[1:]))
    known = not (rules["disabled_file"] and build.app.tree.is_unknown(rules["disabled_file"]))
    return Step.ok(value) if known and _is_first(rules["pick"], found) else Step.unknown(value)


def collected(
    build: Build, found: Step[Django | None], chosen: Step[Manager], version: Step[Python]
) -> Step[Django | None]:
    """The same step, with what makes collectstatic fail, or keeps the platform from running it."""
    rules = build.platform.data["django"]
    if found.status is not Status.OK or found.value is None or found.value.collectstatic is None or not rules["fatal"]:
        return found
    # Only an app of Django gets here, and reading its settings takes time.
    from deploylint.steps.collectstatic import outcome
    from deploylint.steps.installed import installed

    known = installed(build, chosen, version)
    if known is None:
        return found
    foreseen = outcome(build, known, found.value)
    value = found.value._replace(settings_module=foreseen.settings)
    if not foreseen.runs:
        return Step.ok(value._replace(collectstatic=None))
    return Step.failed(*foreseen.faults, value=value) if foreseen.faults else Step.ok(value)


def _is_first(pick: str, found: tuple[Entry, ...]) -> bool:
    """Whether the first of `found` is certainly the one that is taken. Which of several `find` lists first depends on
    the file system, where nothing sorts them; and of how a locale collates only the first step is known, and of that
    only ASCII.
    """
    if len(found) == 1 or pick == "first":
        return len(found) == 1
    rivals = [entry.path for entry in found if entry.depth == found[0].depth]
    known = all(path.isascii() and path.isprintable() for path in rivals)
    return len(rivals) == 1 or (known and _collated(rivals[0]) != _collated(rivals[1]))


def _has_django(build: Build, chosen: Step[Manager], manage_py: str) -> bool:
    declared = build.app.declares("django", chosen.value.file if chosen.value else None)
    if declared is not None:
        return declared
    # Something else may bring Django along (wagtail does); a manage.py that speaks of it needs it.
    return any(found.package == "django" for found in build.app.module(manage_py).imports)


def addons(build: Build, detected: Step[str], chosen: Step[Manager]) -> tuple[str, ...]:
    """What is provisioned without asking."""
    addon = build.platform.addon
    if addon is None or detected.status is not Status.OK:
        return ()
    if not (build.app.tree.is_file("manage.py") if addon.manage_py == "root" else seen_manage_pys(build)):
        return ()
    lock = chosen.value.file if chosen.value else None
    if all(any(build.app.declares(name, lock) for name in group) for group in addon.needs):
        return (addon.plan,)
    return ()
