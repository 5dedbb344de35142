"""How a plan is made: one module for each step of the platform, in the platform's own order.

Every function takes facts and the platform's data and returns a `Step`. Nothing here writes words for people.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploylint.record import NamedTuple

if TYPE_CHECKING:
    import datetime as dt

    from deploylint.app import App
    from deploylint.platform import Platform


class Build(NamedTuple):
    """What a step may look at: the app's facts, the platform, its stack, the day of the judgement, the buildpacks that
    the configuration names (None: it names none), and the config vars that it says are set (`NAME`, or `NAME=value`).
    """

    app: App
    platform: Platform
    stack: str
    today: dt.date
    buildpacks: tuple[str, ...] | None = None
    config_vars: tuple[str, ...] = ()

    @property
    def values(self) -> dict[str, str]:
        """The config vars that are known to be set, with what they are set to, where the configuration says both."""
        return dict(word.split("=", 1) for word in self.config_vars if "=" in word)

    @property
    def in_container(self) -> bool:
        """Whether heroku.yml builds the app, so that no buildpack is asked."""
        container = self.platform.data["stacks"]["container"]
        return bool(container) and self.stack == container["stack"]
