"""DJA: Django and static files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploylint.checks.processes import ends, problems
from deploylint.checks.registry import Problem, Scene, check
from deploylint.checks.words import will_stop
from deploylint.facts.folders import ASIDE, FOREIGN
from deploylint.finding import Related, Severity
from deploylint.plan import Status
from deploylint.steps.django import seen_manage_pys
from deploylint.text import Span
from deploylint.tree import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploylint.plan import Fault

# Where a project is none of the app's that is deployed; a template of one is there to be copied.
_ELSEWHERE = ASIDE | FOREIGN | {"templates"}


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
    hidden = [entry for entry in scene.app.manage_pys if _ELSEWHERE.isdisjoint(entry.path.split("/")[:-1])]
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
        from deploylint.checks.rewriting import static_root

        yield Problem(
            fault.spans[0],
            f"{will_stop(fault)}{_where_unset(fault)}: the platform runs `{fault.detail['command']}`, and the settings "
            f"({fault.detail['settings']}) name no STATIC_ROOT for it to write to.",
            'Add `STATIC_ROOT = BASE_DIR / "staticfiles"`.',
            related=_seen_by(fault),
            fix=static_root(scene.app, fault.spans[0]),
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


# What raises where a variable is not set, by the exception that the platform's log shows.
_MISSING = ("collectstatic-other/variable-missing", "collectstatic-improper-configuration/variable-missing")
_RAISING = (
    "collectstatic-other/settings-raise",
    "collectstatic-improper-configuration/settings-raise",
    "collectstatic-missing-file/settings-raise",
    "boot::*/settings-raise",
)
_REFUSED = (
    "collectstatic-other/setting-refused",
    "collectstatic-improper-configuration/setting-refused",
    "boot::*/setting-refused",
)


@check("DJA006")
def variable_missing(scene: Scene) -> Iterator[Problem]:
    """`variable-missing`: the settings raise where a config var is not set."""
    for fault in scene.faults(*_MISSING):
        variable, kind = fault.detail["variable"], fault.detail["kind"]
        what = f"the config var {variable}" if variable else "a config var"
        yield Problem(
            fault.spans[0],
            f"Where {what} is not set, the build will stop: the platform runs `{fault.detail['command']}`, and the "
            f"settings ({fault.detail['settings']}) end here with {kind}.",
            f"Set it before the first build: `heroku config:set {variable or 'NAME'}=…`, or give a default that is "
            "good enough for collectstatic. Config vars that are set cannot be seen here: list them as `config-vars` "
            "in the configuration of deploylint, or under `env` in app.json.",
            severity=Severity.NOTE,
            related=_seen_by(fault),
            fault=fault,
        )


@check("DJA007")
def settings_raise(scene: Scene) -> Iterator[Problem]:
    """`settings-raise`: the settings end with an exception, whatever the config vars are."""
    for fault, subject, say in problems(scene, *_RAISING):
        said = f" ({fault.detail['said']})" if fault.detail["said"] else ""
        advice = "Correct what raises it, and try with `python manage.py check` in a fresh clone."
        if fault.detail["kind"] == "FileNotFoundError":
            path = fault.detail["said"].rpartition(": ")[2]
            lies = "lies on the disk but " if scene.app.untracked(path) else ""
            said = f": {path} {lies}is not in the commit"
            advice = "Read what it holds from config vars (`os.environ`), or commit it if nothing in it is secret."
        yield say(
            f"{ends(fault, subject)}: the settings end here with {fault.detail['kind']}{said}, whatever the config "
            "vars are.",
            advice,
        )


_KINDS = {"string": "a string", "dict": "a dict", "set": "a set", "other": "no list or tuple"}


@check("DJA008")
def setting_refused(scene: Scene) -> Iterator[Problem]:
    """`setting-refused`: Django does not take the value of a setting."""
    for fault, subject, say in problems(scene, *_REFUSED):
        name, kind, other = (fault.detail.get(key, "") for key in ("name", "kind", "other"))
        why, advice = {
            "exclusive": (f"{name} and {other} exclude each other", f"Keep {other}, and move the backend there."),
            "equal": (f"{name} and {other} have the same value", f"Give {other} another one."),
            "contains": (f"{name} names the folder of {other}", f"Take it out of {name}, or give {other} another one."),
            "without": (f'{name} has no "{other}"', f'Add `"{other}": {{"BACKEND": …}}` to it.'),
        }.get(kind, (f"{name} is {_KINDS.get(kind, kind)}, and Django takes a list or tuple only", ""))
        if not advice:
            advice = f"Write `{name} = [...]`"
            advice += "; of a config var, `.split(',')` makes a list." if kind == "string" else "."
        from deploylint.checks.rewriting import one_element

        fix = one_element(scene.app, fault.spans[0]) if kind == "string" else None
        yield say(f"{ends(fault, subject)}{_where_unset(fault)}: {why}.", advice, fix=fix)


@check("DJA009")
def static_url_missing(scene: Scene) -> Iterator[Problem]:
    """`collectstatic-improper-configuration/static-url`: the storage of the static files wants a STATIC_URL."""
    for fault in scene.faults("collectstatic-improper-configuration/static-url"):
        yield Problem(
            fault.spans[0],
            f"{will_stop(fault)}{_where_unset(fault)}: the platform runs `{fault.detail['command']}`, and the settings "
            f"({fault.detail['settings']}) name no STATIC_URL.",
            'Add `STATIC_URL = "static/"`.',
            related=_seen_by(fault),
            fault=fault,
        )


@check("DJA010")
def static_folder_missing(scene: Scene) -> Iterator[Problem]:
    """`collectstatic-other/static-folder-missing`: a folder of STATICFILES_DIRS is not in the commit."""
    for fault in scene.faults("collectstatic-other/static-folder-missing"):
        path = fault.detail["path"]
        why = (
            "lies on the disk, but git keeps no empty folders" if scene.app.untracked(path) else "is not in the commit"
        )
        yield Problem(
            fault.spans[0],
            f"{will_stop(fault)}{_where_unset(fault)}: the platform runs `{fault.detail['command']}`, and the folder "
            f"{path} {why}: before Django {fault.detail['version']} that is a FileNotFoundError.",
            f"Commit a file in it, as {path}/.gitkeep, or take it out of STATICFILES_DIRS.",
            related=_seen_by(fault),
            fault=fault,
        )


@check("DJA011")
def static_reference_missing(scene: Scene) -> Iterator[Problem]:
    """`static-reference-missing`: a static file refers to one that is not collected, and the storage wants it."""
    claim = "static-reference-missing"
    for fault in scene.faults(f"collectstatic-fancy-references/{claim}", f"collectstatic-other/{claim}"):
        target, storage = fault.detail["target"], fault.detail["storage"].rpartition(".")[2]
        yield Problem(
            fault.spans[0],
            f"{will_stop(fault)}{_where_unset(fault)}: the platform runs `{fault.detail['command']}`, and {storage} "
            f"wants every file that a static file refers to: {target} is not among those that are collected.",
            "Commit the file, or correct or remove the reference.",
            related=_seen_by(fault),
            fault=fault,
        )


@check("DJA012")
def setting_names_nothing(scene: Scene) -> Iterator[Problem]:
    """`name-missing`: a setting names what neither Django nor the app has."""
    claims = ("collectstatic-other", "collectstatic-improper-configuration", "boot::*")
    for fault, subject, say in problems(scene, *(f"{claim}/name-missing" for claim in claims)):
        from deploylint.knowledge.distributions import providers
        from deploylint.knowledge.djangodata import near

        name, setting = fault.detail["name"], fault.detail["setting"]
        of_django = name.startswith("django.")
        owner = "Django has no such thing" if of_django else "neither the app nor what it installs has it"
        meant = near(name) if of_django else None
        brings = () if of_django else providers(name)
        advice = f"Did you mean `{meant}`?" if meant else "Correct the name, or take it out."
        if brings:
            from deploylint.checks import mending

            advice = mending.how_to_declare(scene, brings[0])
        yield say(
            f"{ends(fault, subject)}{_where_unset(fault)}: {setting} names {name}, and {owner}.",
            advice,
        )


@check("DJA013")
def database_engine_without_driver(scene: Scene) -> Iterator[Problem]:
    """`database-driver`: the engine of the database cannot be loaded, which the first model asks for."""
    claims = ("collectstatic-improper-configuration/database-driver", "boot::*/database-driver")
    for fault, subject, say in problems(scene, *claims):
        from deploylint.checks import mending

        yield say(
            f"{ends(fault, subject)}{_where_unset(fault)}: the engine {fault.detail['engine']} needs the module "
            f"{fault.detail['modules']}, and nothing installs it.",
            mending.how_to_declare(scene, fault.detail["distribution"]),
        )


@check("DJA014")
def log_folder_missing(scene: Scene) -> Iterator[Problem]:
    """`log-folder-missing`: a handler of LOGGING writes into a folder that is not in the commit."""
    for fault, subject, say in problems(scene, "collectstatic-other/log-folder-missing", "boot::*/log-folder-missing"):
        path = fault.detail["path"]
        yield say(
            f"{ends(fault, subject)}{_where_unset(fault)}: LOGGING writes into the folder {path}, which is not in the "
            "commit, and Python does not make it (`ValueError: Unable to configure handler`).",
            'Write to the console (`"class": "logging.StreamHandler"`): the platform keeps that, and no files.',
        )


@check("DJA015")
def app_refused(scene: Scene) -> Iterator[Problem]:
    """`app-refused`: Django does not take an entry of INSTALLED_APPS."""
    claims = ("collectstatic-improper-configuration/app-refused", "boot::*/app-refused")
    for fault, subject, say in problems(scene, *claims):
        name, app = fault.detail["name"], fault.detail["app"]
        why = f"{app} is an app with the label `{name}`, and so is another one"
        advice = "Take one of them out, or give its configuration a `label` of its own."
        if fault.detail["kind"] == "name":
            why = f"the configuration of {app} says `name = {name!r}`, and there is no such module"
            advice = "Write the dotted name of the app's folder there."
        yield say(f"{ends(fault, subject)}{_where_unset(fault)}: {why}.", advice)


@check("DJA017")
def user_model_missing(scene: Scene) -> Iterator[Problem]:
    """`user-model`: AUTH_USER_MODEL names a model that no installed app has."""
    claims = ("collectstatic-improper-configuration", "collectstatic-other", "boot::*")
    for fault, subject, say in problems(scene, *(f"{claim}/user-model" for claim in claims)):
        name, app, model = (fault.detail.get(key, "") for key in ("name", "app", "model"))
        why, advice = {
            "form": ("it wants an app and a model with one dot between", "Write it as `accounts.User`."),
            "app": (f"no app with the label `{app}` is installed", f"Add the app `{app}` to INSTALLED_APPS."),
            "model": (f"the app `{app}` has no model {model}", "Correct the name."),
        }[fault.detail["kind"]]
        yield say(f"{ends(fault, subject)}{_where_unset(fault)}: AUTH_USER_MODEL is {name}, and {why}.", advice)


@check("DJA018")
def cache_client_missing(scene: Scene) -> Iterator[Problem]:
    """`cache-client`: the backend of a cache needs a module that nothing installs."""
    for fault, subject, say in problems(scene, "boot::*/cache-client"):
        from deploylint.checks import mending

        backend, distribution = fault.detail["backend"].rpartition(".")[2], fault.detail["distribution"]
        yield say(
            f"{ends(fault, subject)}: the cache {backend} needs the module {fault.detail['module']}, and nothing "
            "installs it.",
            mending.how_to_declare(scene, distribution),
            fix=mending.declare(scene, distribution),
        )


def _where_unset(fault: Fault) -> str:
    return ", where no config var says otherwise" if fault.detail.get("bare") else ""
