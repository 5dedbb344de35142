"""RUN and SEC: the rules about the settings of a deployed web process.

What they look for stands in `webdjango` and `webflask`, which are only loaded for an app of that kind: reading settings
takes time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploylint.checks.loaded import foreign
from deploylint.checks.registry import Problem, Scene, check

if TYPE_CHECKING:
    from collections.abc import Iterator


_OF_FLASK = ("secret_key_in_source", "database_on_local_disk", "database_driver_missing")


def _asked(scene: Scene, name: str) -> Iterator[Problem]:
    """What the function `name` finds in the settings of Django, where it is certain which those are; or in the sources
    of an app of Flask.
    """
    if foreign(scene, "django") is not None:
        from deploylint.checks import webdjango
        from deploylint.steps.deployed import deployed

        found = deployed(scene.build, scene.plan)
        if found is not None:
            yield from getattr(webdjango, name)(scene, found)
    elif foreign(scene, "flask") is not None and name in _OF_FLASK:
        from deploylint.checks import webflask

        yield from getattr(webflask, name)(scene)


@check("RUN001")
def allowed_hosts_not_public(scene: Scene) -> Iterator[Problem]:
    """ALLOWED_HOSTS has no host by which the app can be reached."""
    yield from _asked(scene, "allowed_hosts_not_public")


@check("RUN002")
def debug_on(scene: Scene) -> Iterator[Problem]:
    """DEBUG is on in the deployed settings."""
    yield from _asked(scene, "debug_on")


@check("SEC004")
def secret_key_in_source(scene: Scene) -> Iterator[Problem]:
    """The deployed SECRET_KEY is a literal."""
    yield from _asked(scene, "secret_key_in_source")


@check("RUN003")
def database_on_local_disk(scene: Scene) -> Iterator[Problem]:
    """SQLite is the only database."""
    yield from _asked(scene, "database_on_local_disk")


@check("RUN004")
def static_files_not_served(scene: Scene) -> Iterator[Problem]:
    """DEBUG is off and nothing serves the static files, or WhiteNoise stands too far down."""
    yield from _asked(scene, "static_files_not_served")


@check("RUN005")
def media_on_local_disk(scene: Scene) -> Iterator[Problem]:
    """Uploads go to the local disk."""
    yield from _asked(scene, "media_on_local_disk")


@check("RUN011")
def database_driver_missing(scene: Scene) -> Iterator[Problem]:
    """Nothing installs the driver of the database engine."""
    yield from _asked(scene, "database_driver_missing")
