"""How a plan is made: one module for each step of the platform, in the platform's own order.

Every function takes facts and the platform's data and returns a `Step`. Nothing here writes words for people.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import datetime as dt

    from deploylint.app import App
    from deploylint.platform import Platform


class Build(NamedTuple):
    """What a step may look at: the app's facts, the platform, its stack, the day of the judgement, and the buildpacks
    that the configuration names (None: it names none).
    """

    app: App
    platform: Platform
    stack: str
    today: dt.date
    buildpacks: tuple[str, ...] | None = None

    @property
    def in_container(self) -> bool:
        """Whether heroku.yml builds the app, so that no buildpack is asked."""
        container = self.platform.data["stacks"]["container"]
        return bool(container) and self.stack == container["stack"]
