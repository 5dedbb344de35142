"""A plugin that is imported and that nothing declares, told by its name alone.

What is declared and not described in the package data may bring any module. But `django_prices_vatlayer` and
`simplemde` are plugins of a framework: apps choose those themselves, and where the list of all names has no other
distribution that is called so, it is known which one was meant. Where nothing that is declared is called alike, it is
missing; only probably, so that it is never certain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploylint.facts.piprequirement import normalised
from deploylint.knowledge import names
from deploylint.steps.absence import lies_deeper
from deploylint.steps.installed import resembles

if TYPE_CHECKING:
    from deploylint.steps import Build
    from deploylint.steps.installed import Installed

_FRAMEWORKS = ("dash-", "django-", "drf-", "fastapi-", "flask-", "streamlit-", "wagtail")
_REST = "rest-framework-"
_SHORTEST = 4
"""Letters below which a name says too little."""


def namesake(build: Build, known: Installed, module: str) -> str:
    """The distribution that a module is called like, where that is a plugin and nothing installed may well bring the
    module; else the empty string.
    """
    top = module.partition(".")[0]
    if len(top) < _SHORTEST or not known.names or known.has(module) is not None:
        return ""
    if any(resembles(top, name) for name in known.undescribed) or lies_deeper(build, top):
        return ""
    name = normalised(top)
    if name.startswith(_REST):
        rest = name.removeprefix(_REST)
        return next(filter(names.may_exist, (f"djangorestframework-{rest}", f"drf-{rest}")), "")
    if name.startswith(_FRAMEWORKS):
        return name if names.may_exist(name) else ""
    plugin = f"django-{name}"
    alone = "django" in known.names and not names.may_exist(name) and names.may_exist(plugin)
    return plugin if alone else ""
