"""The checks of the rules, a module for each family. What a rule is called and says of itself stands in `rules/`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from deploylint.checks.registry import Problem, Scene


def all_checks() -> dict[str, Callable[[Scene], Iterator[Problem]]]:
    """Every check by code, sorted. A new family is added here."""
    from deploylint.checks import (  # noqa: F401
        archives,
        breaks,
        brokers,
        commands,
        django,
        djangochecks,
        imports,
        libraries,
        listening,
        manifest,
        noprocess,
        packages,
        pip,
        procfile,
        python,
        refusals,
        running,
        secrets,
        services,
        settings,
        shell,
        source,
        targets,
        versionfiles,
    )
    from deploylint.checks.registry import registered

    return registered()
