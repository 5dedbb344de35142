"""The whole plan from its steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deploylint.plan import Plan, nothing_foreseen
from deploylint.steps.boot import boot, process_types, read_processes, scripts
from deploylint.steps.django import addons, collected, django
from deploylint.steps.doubt import all_unless, unseen
from deploylint.steps.packages import corpora, install, manager
from deploylint.steps.python import python
from deploylint.steps.source import (
    as_moved,
    detection,
    environment,
    hook,
    python_directory,
    repeated,
    stack,
    virtualenv,
)

if TYPE_CHECKING:
    from deploylint.steps import Build


def make_plan(build: Build) -> Plan:
    """What the platform will do with the app."""
    if build.in_container:
        return nothing_foreseen()
    detected = detection(build)
    moved = as_moved(build)
    chosen = manager(moved, detected)
    version = python(moved, detected, chosen)
    found = collected(moved, django(moved, detected, chosen), chosen, version)
    procfile = read_processes(build)
    started = boot(moved, detected, chosen, version, procfile)
    if procfile is not None and found.value is not None and found.value.collectstatic is not None:
        # Only for an app of Django, as it takes time to load.
        from deploylint.steps.asking import with_questions

        started = started._replace(step=with_questions(moved, started.step, procfile))
    plan = Plan(
        detection=detected,
        stack=stack(build),
        environment=environment(build),
        before=hook(build, "before"),
        python_directory=python_directory(build),
        manager=chosen,
        virtualenv=virtualenv(build),
        python=version,
        install=install(moved, chosen, version),
        corpora=corpora(moved, chosen, version),
        django=found,
        after=hook(build, "after"),
        repeated=repeated(build),
        process_types=process_types(build, detected, procfile),
        procfile=procfile,
        targets=started.targets,
        boot=started.step,
        addons=addons(build, detected, chosen),
        reached=started.reached,
        scripts=scripts(build),
    )
    why = unseen(build)
    if why is None:
        return plan
    steps: dict[str, Any] = {name: all_unless(step, why) for name, step in plan.steps.items()}
    return plan._replace(**steps)
