"""APP: what the repository says of its own build: heroku.yml, app.json, project.toml, hooks and other buildpacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploylint.checks.registry import Problem, Scene, check
from deploylint.checks.words import listed, will_stop
from deploylint.errors import nearest
from deploylint.finding import Related, Severity
from deploylint.steps.doubt import named_buildpacks, place_of_buildpack
from deploylint.steps.place import standing
from deploylint.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@check("APP009")
def built_as_container(scene: Scene) -> Iterator[Problem]:
    """The app is a container, which no buildpack builds."""
    if not scene.build.in_container:
        return
    file = scene.platform.data["stacks"]["container"]["file"]
    app_json = scene.app.app_json
    said = app_json.stack.span if app_json and app_json.stack else Span(standing(scene.app.tree, file))
    yield Problem(
        Span(file) if scene.app.tree.is_file(file) else said,
        "This app is built as a container, and no buildpack is asked: nothing of its build and start was judged.",
        f"If it is deployed with the Python buildpack after all, name its stack: `--stack "
        f"{scene.platform.recommended_stack}`, or `stack` in the configuration.",
    )


@check("APP010")
def other_language_first(scene: Scene) -> Iterator[Problem]:
    """A file by which the platform may take the app for one of another language."""
    others = scene.platform.data["detect"]["asked_before"]
    other = next((item for item in others if scene.app.tree.exists(item["file"])), None)
    if other is None or scene.build.in_container or named_buildpacks(scene.build) is not None:
        return
    yield Problem(
        Span(standing(scene.app.tree, other["file"])),
        f"A new app with {other['file']} in its root is taken for one in {other['title']}, not in Python, unless its "
        "buildpacks are set.",
        f"Set them once with `heroku buildpacks:set heroku/python`, with {other['buildpack']} before it if the app "
        'needs both, and tell deploylint: `buildpacks = ["heroku/python"]` in its configuration.',
    )


@check("APP011")
def buildpacks_file_unread(scene: Scene) -> Iterator[Problem]:
    """`.buildpacks`, which one buildpack of the past read."""
    if scene.build.in_container or not scene.app.tree.is_file(".buildpacks"):
        return
    if any("multi" in item.name for item in named_buildpacks(scene.build) or ()):
        return
    yield Problem(
        Span(".buildpacks"),
        "Nothing reads this file: the platform has had several buildpacks for each app since 2015, and the buildpack "
        "that took them from here is not among those that it offers.",
        "Set the buildpacks of the app with `heroku buildpacks:add`, then delete the file.",
    )


_HOOK_FAILS = {
    "exit": "the script ends here with a number other than 0, which means that it failed",
    "interpreter": "its first line ends with a carriage return (Windows line ends), so the system looks for a program "
    "of that name and finds none",
}
_HOOK_HELP = {
    "exit": "Let the script end with 0 where all is well.",
    "interpreter": "Save it with Unix line ends; `*.sh text eol=lf` and its like in .gitattributes keep them.",
}


@check("APP012")
def hook_fails(scene: Scene) -> Iterator[Problem]:
    """`hooks::pre_compile` and `hooks::post_compile`."""
    for fault in scene.faults("hooks::pre_compile", "hooks::post_compile"):
        kind, path = fault.detail["kind"], fault.spans[0].path
        yield Problem(
            fault.spans[0],
            f"{will_stop(fault)}: the buildpack runs {path}, and {_HOOK_FAILS[kind]}.",
            _HOOK_HELP[kind],
            fault=fault,
        )


@check("APP013")
def forbidden_variable(scene: Scene) -> Iterator[Problem]:
    """`checks::forbidden-env-vars`: what project.toml sets; app.json sets it for new apps only."""
    for fault in scene.faults("checks::forbidden-env-vars"):
        names = fault.detail["names"].split(", ")
        yield Problem(
            fault.spans[0],
            f"{will_stop(fault)}: the buildpack refuses a build with {listed(names)} in its environment, which would "
            "mislead the tools that it runs.",
            f"Take {listed(names)} out of {fault.spans[0].path}.",
            related=tuple(Related("and here", span) for span in fault.spans[1:]),
            fault=fault,
        )
    forbidden = scene.platform.data["environment"]["forbidden"]
    for variable in scene.app.app_json.variables if scene.app.app_json and forbidden else ():
        if variable.value in forbidden:
            yield Problem(
                variable.span,
                f"An app that is made from this file has {variable.value} in its environment, and the buildpack "
                "refuses a build with that.",
                f"Take {variable.value} out of {variable.span.path}.",
                Severity.WARNING,
            )


@check("APP014")
def descriptor_refused(scene: Scene) -> Iterator[Problem]:
    """A project.toml that no build can use."""
    descriptor = scene.app.descriptor
    if scene.dropper != (descriptor.path if descriptor else None) or descriptor is None or not descriptor.refused:
        return
    yield Problem(
        Span(descriptor.path),
        f"The file {descriptor.path} cannot be used: {descriptor.refused}. Tools that build with it end with an error, "
        "and what it says was not looked at here.",
        'Mend it; a project.toml begins with `[_]` and `schema-version = "0.2"`.',
    )


@check("APP015")
def buildpacks_without_python(scene: Scene) -> Iterator[Problem]:
    """Buildpacks are named, and Python's is not among them."""
    named = named_buildpacks(scene.build)
    if not named or scene.build.in_container or any("python" in item.name for item in named):
        return
    manifest = scene.platform.data["source"]["manifest"]
    configured = scene.build.buildpacks is not None
    where = "the configuration" if configured else manifest
    yield Problem(
        place_of_buildpack(scene.build, named[0]) or Span(standing(scene.app.tree, manifest or "")),
        f"The Python buildpack is not among those that {where} names, so it may never be asked: what is said here "
        "holds if it is.",
        "Add heroku/python to them if the app is to be built with it.",
    )


@check("APP016")
def buildpack_writes_second_file(scene: Scene) -> Iterator[Problem]:
    """`package-manager::multiple-found`, where a buildpack writes the second of the files."""
    for fault in scene.faults("package-manager::multiple-found/written"):
        name, source, file = (fault.detail[key] for key in ("buildpack", "from", "file"))
        new = "" if fault.certain else " of an app that is made from this file"
        yield Problem(
            fault.spans[0],
            f"The build{new} will stop: the buildpack {name} writes a {file} from {source}, and the Python buildpack "
            "then finds two package managers and accepts exactly one.",
            f"Remove it: the Python buildpack installs from {source} itself. An app that has it set loses it with "
            "`heroku buildpacks:remove`.",
            fault=fault,
        )


@check("APP021")
def python_buildpack_repeated(scene: Scene) -> Iterator[Problem]:
    """`checks::duplicate-python-buildpack`."""
    for fault in scene.faults("checks::duplicate-python-buildpack"):
        new = "" if fault.certain else " of an app that is made from this file"
        yield Problem(
            fault.spans[0],
            f"The build{new} will stop: the Python buildpack is named twice, the second time as "
            f"{fault.detail['buildpack']}, and it refuses to run a second time.",
            "Name it once. An app that has it set twice loses one with `heroku buildpacks:remove --index 2`.",
            fault=fault,
        )


@check("APP017")
def app_json_invalid(scene: Scene) -> Iterator[Problem]:
    """An app.json that is none, or whose keys the platform does not know."""
    app_json = scene.app.app_json
    if app_json is None:
        return
    used = "Review apps, and apps made with a button, cannot be made from this file"
    if app_json.broken:
        said = app_json.broken.value
        yield Problem(
            app_json.broken.span, f"{used}: it is not JSON ({said[:1].lower()}{said[1:]}).", "Correct it here."
        )
        return
    known = _app_json_keys()
    for key, kind in app_json.keys:
        wanted = known.get(key.value)
        if wanted is None:
            yield Problem(
                key.span,
                f"The platform knows no key `{key.value}` here, so what it says does not count.",
                f"Remove it{nearest(key.value, known) or '.'}",
                Severity.NOTE,
            )
        elif kind != wanted:
            yield Problem(
                key.span,
                f"{used}: `{key.value}` must be of the type {wanted}, and is {kind}.",
                f"Write {_FORMS.get(wanted, wanted)} there.",
            )


# How a value of a type is written.
_FORMS = {
    "array": "a list, `[…]`,",
    "object": "an object, `{…}`,",
    "string": "a text in quotes",
    "boolean": "`true` or `false`",
}


def _app_json_keys() -> Mapping[str, str]:
    from deploylint import package

    keys: Mapping[str, str] = package.table("appjson.toml")["keys"]
    return keys


_CORPORA_WHY = {
    "nothing": "nltk.txt is empty, so the downloader of NLTK asks what to download, and nobody answers",
    "blank": "the downloader of NLTK takes this blank line of nltk.txt for a name, and no data has such a name",
    "carriage-return": "this line of nltk.txt ends with a carriage return (Windows line ends), which is then part of "
    "the name `{found}`, and no data has such a name",
    "encoding": "nltk.txt begins with a byte order mark, which most editors do not show: it is then part of the first "
    "name, `{found}`, and no data has such a name",
    "padded": "a blank stands before or behind `{found}` in this line of nltk.txt: it is then part of the name, and no "
    "data has such a name",
    "name": "nltk.txt asks for `{found}`, and no data of NLTK has such a name",
}
_CORPORA_HELP = {
    "nothing": "Delete the file, or name the data in it: one name a line.",
    "blank": "Remove the line.",
    "carriage-return": "Save the file with Unix line ends; `nltk.txt text eol=lf` in .gitattributes keeps them.",
    "encoding": "Save the file as UTF-8 without a byte order mark, and with Unix line ends.",
    "padded": "Remove the blank.",
    "name": "Write one name a line, without comments, commas or blanks, as `python -m nltk.downloader` lists them.",
}


@check("APP020")
def nltk_data_unknown(scene: Scene) -> Iterator[Problem]:
    """`nltk-downloader`."""
    for fault in scene.faults("nltk-downloader"):
        kind = fault.detail["kind"]
        why = _CORPORA_WHY[kind].format(found=fault.detail["found"])
        yield Problem(fault.spans[0], f"{will_stop(fault)}: {why}.", _CORPORA_HELP[kind], fault=fault)
