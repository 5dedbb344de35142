"""DJA: Django and static files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploylint.checks.registry import Problem, Scene, check
from deploylint.checks.words import will_stop
from deploylint.finding import Related
from deploylint.plan import Status
from deploylint.steps.django import seen_manage_pys
from deploylint.text import Span
from deploylint.tree import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploylint.plan import Fault

# Projects in these folders serve tests and documentation, or are another's.
_FOREIGN = frozenset(
    {"node_modules", "site-packages", "test", "tests", "doc", "docs", "example", "examples", "fixtures", "templates"}
)


@check("DJA002")
def collectstatic_disabled_by_file(scene: Scene) -> Iterator[Problem]:
    """`.heroku/collectstatic_disabled`, of which the platform warns."""
    path = scene.platform.data["django"]["disabled_file"]
    if scene.plan.detection.status is not Status.OK or not path or not scene.app.tree.is_file(path):
        return
    yield Problem(
        Span(path),
        f"The file {path} is deprecated: the platform warns of it at each build. While it is there, collectstatic is "
        "not run.",
        "Delete the file and say the same with `heroku config:set DISABLE_COLLECTSTATIC=1`.",
    )


@check("DJA001")
def manage_py_not_seen(scene: Scene) -> Iterator[Problem]:
    """A manage.py that the platform's search does not find, while it finds no other."""
    if scene.plan.detection.status is not Status.OK or seen_manage_pys(scene.build):
        return
    rules = scene.platform.data["django"]
    if rules["disabled_file"] and scene.app.tree.may_be_file(rules["disabled_file"]):
        return
    # Where the platform asks for Django itself, a manage.py of something else is of no interest to it.
    if rules["needs_django"] and not scene.app.declares("django", scene.lock):
        return
    if any(entry.kind is Kind.LINK and scene.app.tree.is_unknown(entry.path) for entry in scene.app.manage_pys):
        return
    hidden = [entry for entry in scene.app.manage_pys if _FOREIGN.isdisjoint(entry.path.split("/")[:-1])]
    if not hidden:
        return
    entry = hidden[0]
    deepest = rules["max_depth"] - 1
    allowed = f"at most {deepest} folders deep" if deepest else "in the root only"
    deep = f"{entry.depth - 1} folder{'s' * (entry.depth > 2)} deep"
    why = {
        Kind.DIRECTORY: "it is a folder",
        Kind.LINK: "it is a symbolic link",
        Kind.FILE: f"it lies {deep}, and the platform looks {allowed}",
    }.get(entry.kind)
    if why is None:
        return
    path = entry.path
    if entry.kind is Kind.DIRECTORY:
        path = next((item.path for item in scene.app.tree.files() if item.path.startswith(f"{path}/")), path)
    yield Problem(
        Span(path),
        f"The platform will not see this manage.py: {why}. It will not run collectstatic, so the static files will be "
        "missing.",
        "Put it, as a regular file, into the root of the app"
        + (f" or at most {deepest} folders below." if deepest else ", or deploy its folder as the app."),
    )


@check("DJA003")
def static_root_missing(scene: Scene) -> Iterator[Problem]:
    """`collectstatic-improper-configuration/static-root`: collectstatic has nowhere to write."""
    for fault in scene.faults("collectstatic-improper-configuration/static-root"):
        yield Problem(
            fault.spans[0],
            f"{will_stop(fault)}: the platform runs `{fault.detail['command']}`, and the settings "
            f"({fault.detail['settings']}) name no STATIC_ROOT for it to write to.",
            'Add `STATIC_ROOT = BASE_DIR / "staticfiles"`.',
            related=_seen_by(fault),
            fault=fault,
        )


@check("DJA004")
def staticfiles_not_installed(scene: Scene) -> Iterator[Problem]:
    """`collectstatic-other/command-unknown`: no installed app brings the command that the platform runs."""
    for fault in scene.faults("collectstatic-other/command-unknown"):
        yield Problem(
            fault.spans[0],
            f"{will_stop(fault)}: the platform runs `{fault.detail['command']}`, and none of these apps brings that "
            "command, so that Django says `Unknown command`.",
            "Add `django.contrib.staticfiles`, or, if the app has no static files, switch the command off: "
            "`heroku config:set DISABLE_COLLECTSTATIC=1`.",
            related=_seen_by(fault),
            fault=fault,
        )


@check("DJA005")
def settings_missing(scene: Scene) -> Iterator[Problem]:
    """`collectstatic-other/settings-missing`: the settings that manage.py names are not there."""
    for fault in scene.faults("collectstatic-other/settings-missing"):
        module = fault.detail["module"]
        yield Problem(
            fault.spans[0],
            f"{will_stop(fault)}: the platform runs `{fault.detail['command']}`, and the settings module {module} that "
            "is named here is not in the commit.",
            f"Commit it ({module.replace('.', '/')}.py, beside manage.py), or name the module that is there.",
            fault=fault,
        )


def _seen_by(fault: Fault) -> tuple[Related, ...]:
    return tuple(Related("the platform sees a Django app by this", span) for span in fault.spans[1:])
