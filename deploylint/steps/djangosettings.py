"""The settings that the platform's command of Django reads: which module they are, what they say whatever the config
vars are, and what they say where nobody has set any.

Sources: Django 3.2 to 6.1, conf/__init__.py and core/management/__init__.py; manage.py, as the command's program, has
the first word on DJANGO_SETTINGS_MODULE where the environment has none.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from deploylint.facts.evaluate import evaluate
from deploylint.facts.settings import CONFIGURATION, MODULE, Settings
from deploylint.facts.values import HERE_ROOT, Items, Known, Read, options
from deploylint.facts.worlds import World
from deploylint.imports import Finder
from deploylint.record import NamedTuple
from deploylint.steps.djangoboot import Word
from deploylint.steps.doubt import changing_buildpack

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploylint.facts.namespace import Namespace
    from deploylint.facts.values import Value
    from deploylint.plan import Django
    from deploylint.steps import Build
    from deploylint.steps.installed import Installed


class Reading(NamedTuple):
    """The settings of a command. `said` is what they say whatever the config vars are, `bare` the same where none is
    set, None where that cannot be told; both are None where there is no source to read.
    """

    module: str
    finder: Finder
    said: Settings | None
    bare: Settings | None


def finder_for(build: Build, found: Django) -> Finder:
    """Finds modules as manage.py would."""
    return Finder(build.app, _folders(build, found))


def _folders(build: Build, found: Django) -> tuple[str, ...]:
    """Beside manage.py, and in the root where the platform puts that on the module path."""
    folder = posixpath.dirname(found.manage_py)
    rooted = build.platform.data["process"].get("root_on_module_path")
    return tuple(dict.fromkeys((folder, ""))) if rooted else (folder,)


def settings_named(build: Build, known: Installed, found: Django) -> str | None:
    """The settings module that manage.py names where no config var names another; None where that cannot be told."""
    if MODULE in build.values:
        return build.values[MODULE]
    program = evaluate(build.app.tree, found.manage_py, _world(build, known, found), "__main__", build.app.module)
    return variable(program, MODULE) or found.settings_module


def variable(program: Namespace, name: str) -> str | None:
    """What a program writes into an environment variable that nobody has set."""
    value = program.variable(name)
    return text_of(value.default if type(value) is Read else value)


def read_for(build: Build, known: Installed, found: Django) -> Reading | None:
    """The settings of the platform's command; None where the module is not in the app."""
    module = found.settings_module
    assert module is not None
    finder = finder_for(build, found)
    place = finder.find(module)
    if place is None:
        return None
    if not place.has_source:
        return Reading(module, finder, None, None)
    world = _world(build, known, found)
    program = evaluate(build.app.tree, found.manage_py, world, "__main__", build.app.module)
    environ = {**build.values, MODULE: module}
    configuration = build.values.get(CONFIGURATION) or variable(program, CONFIGURATION)
    said = _chosen(build.app.settings(module, _with(world, environ, closed=False)), configuration)
    alone = not program.opens_environment and said is not None and not said.namespace.opens_environment
    bare = _chosen(build.app.settings(module, _with(world, environ, closed=True)), configuration) if alone else None
    return Reading(module, finder, said, bare)


def _chosen(settings: Settings | None, configuration: str | None) -> Settings | None:
    """Of a module of django-configurations the class that is chosen; None where that is not known, as where the class
    comes from one that another distribution brings.
    """
    if settings is None or not (configuration or settings.namespace.classes):
        return settings
    if configuration not in settings.namespace.classes:
        return None
    return Settings(settings.module, settings.path, settings.namespace.of_class(configuration))


def _world(build: Build, known: Installed, found: Django) -> World:
    """What is known of the world of the command: it runs in the app's root, wherever that lies."""
    words = (found.collectstatic or "").split()
    return World(
        search=_folders(build, found),
        cwd=HERE_ROOT,
        argv=tuple(words[1:]) or None,
        python=known.series,
        generated=may_make_files(build, "before"),
        environ=build.values,
        open=frozenset(build.platform.data["django"]["given_variables"]) | declared(build),
    )


class Running(NamedTuple):
    """A program of a process: its type, the folders of its module path, and its Python. `ran`: another program ran
    before it, and may have made files.
    """

    process: str
    roots: tuple[str, ...]
    series: tuple[int, int] | None
    ran: bool = False


def world_of(build: Build, running: Running, module: str, argv: tuple[str, ...] | None = None) -> World:
    """What is known of the world of a program that reads the settings `module`."""
    return World(
        environ={"DYNO": f"{running.process}.1", MODULE: module},
        search=running.roots,
        cwd=HERE_ROOT,
        argv=argv,
        python=running.series,
        generated=running.ran or may_make_files(build, "before", "after"),
    )


def may_make_files(build: Build, *hooks: str) -> bool:
    """Whether one of these hooks of the app, or another buildpack, may bring files that are not in the commit."""
    named = (build.platform.data["source"]["hooks"][hook] for hook in hooks)
    made = any(path and build.app.tree.may_be_file(path) for path in named)
    return made or changing_buildpack(build, brings=True) is not None


def _with(world: World, environ: dict[str, str], *, closed: bool) -> World:
    from dataclasses import replace

    return replace(world, environ=environ, closed=closed)


def declared(build: Build) -> frozenset[str]:
    """The config vars that the app declares, and those that the configuration says are set."""
    words = build.app.app_json.variables if build.app.app_json else ()
    return frozenset((*(word.value for word in words), *(word.partition("=")[0] for word in build.config_vars)))


# --- Values -----------------------------------------------------------------------------------------------------------


def certain_items(value: Value | None) -> tuple[Value, ...]:
    """The elements that a list or tuple certainly has, in their order."""
    if value is None:
        return ()
    cases = [case.items if type(case) is Items else () for case in options(value)]
    first, *others = cases
    return tuple(item for item in first if all(any(_same_text(item, other) for other in case) for case in others))


def _same_text(one: Value, other: Value) -> bool:
    return one == other or (text_of(one) is not None and text_of(one) == text_of(other))


def text_of(value: Value | None) -> str | None:
    """The text that a value certainly is."""
    return value.value if type(value) is Known and isinstance(value.value, str) else None


def words_of(value: Value | None) -> Iterator[Word]:
    """The texts that a list or tuple certainly holds, with their places."""
    for item in certain_items(value):
        text = text_of(item)
        if text is not None and type(item) is Known and item.where is not None:
            yield word_of(text, item)


def word_of(text: str, value: Known) -> Word:
    """A text with its place."""
    from deploylint.facts.events import Place

    assert value.where is not None
    node = value.where.node
    end_line, end_column = node.end_lineno or node.lineno, node.end_col_offset or node.col_offset + 1
    return Word(text, value.where.module.path, Place(node.lineno, node.col_offset, end_line, end_column))
