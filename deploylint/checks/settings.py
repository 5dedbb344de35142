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


# The rules, by the functions of `webdjango` that know what is wrong.
_RULES = {
    "RUN001": "allowed_hosts_not_public",
    "RUN002": "debug_on",
    "RUN003": "database_on_local_disk",
    "RUN004": "static_files_not_served",
    "RUN005": "media_on_local_disk",
    "RUN011": "database_driver_missing",
    "SEC004": "secret_key_in_source",
}
# Those that `webflask` has, too.
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


def _register(code: str, name: str) -> None:
    @check(code)
    def asked(scene: Scene) -> Iterator[Problem]:
        yield from _asked(scene, name)


for _code, _name in _RULES.items():
    _register(_code, _name)
