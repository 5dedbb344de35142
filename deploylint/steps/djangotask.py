"""What a program has Django do: to answer requests, or to run a command, most of which check the project first.

Sources: Django 3.2 to 6.1, core/management/__init__.py (ManagementUtility.execute), core/management/base.py
(BaseCommand.execute) and the commands; Celery 5.7, fixups/django.py (validate_models).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploylint.facts.settings import MODULE
from deploylint.imports import PROGRAM
from deploylint.knowledge import djangodata
from deploylint.record import NamedTuple
from deploylint.steps.argv import words_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploylint.app import App
    from deploylint.imports import Closure
    from deploylint.steps.launch import Launch

ALL, RAISED = "all", "raised"

_COMMANDS = b"execute_from_command_line"
_HANDLERS = (b"get_wsgi_application", b"get_asgi_application")
_SKIPPED = "--skip-checks"
_OPTION = "--settings"


class Task(NamedTuple):
    """`serves`: it loads the middleware and answers requests. `checks`: it does not go on where a check of the project
    finds an error (`all`), or where one raises (`raised`); empty where none runs. `command` is the one of manage.py,
    `argv` its words where they are known. `settings` is the module that the command line names.
    """

    serves: bool
    checks: str = ""
    command: str = ""
    argv: tuple[str, ...] | None = None
    settings: str | None = None


def task_of(app: App, found: Launch, closure: Closure) -> Task | None:
    """What a program has Django do; None where the command line names settings that are not known."""
    words = words_of(found.invocation) if found.invocation else None
    at = words.spans.index(found.span) if words and found.span in words.spans else None
    after = list(zip(words.texts, words.known, strict=True))[at + 1 :] if words and at is not None else []
    named = [*_named(after), *_set_for(found)]
    if None in named:
        return None
    settings = named[0] if named else None
    if found.server is None and _COMMANDS in _source(app, found, closure):
        return _managed(app, after, settings)
    if found.server is not None and found.server.distribution == "celery":
        skipped = any(text == _SKIPPED for text, _ in after)
        return Task(serves=False, checks="" if skipped else RAISED, settings=settings)
    serves = found.server is not None or any(
        word in app.tree.read(visit.found.path).data
        for visit in closure.visits.values()
        if visit.found.has_source
        for word in _HANDLERS
    )
    return Task(serves=serves, settings=settings)


def _managed(app: App, after: list[tuple[str, bool]], settings: str | None) -> Task:
    """A command of manage.py, by the words behind it."""
    if not after or not after[0][1]:
        return Task(serves=False, settings=settings)
    command = after[0][0]
    argv = ("manage.py", *(text for text, _ in after)) if all(known for _, known in after) else None
    serves = command in djangodata.data()["commands"]["serve"]
    checks = ALL if _checks(app, command) and all(text != _SKIPPED for text, _ in after) else ""
    return Task(serves, checks, command, argv, settings)


def _checks(app: App, command: str) -> bool:
    """Whether a command checks the whole project first, as each does that does not say otherwise."""
    own = [path for path in app.sources if f"/{path}".endswith(f"/management/commands/{command}.py")]
    if own:
        sources = [app.tree.read(path).data for path in own]
        return not any(b"requires_system_checks" in source or b"skip_checks" in source for source in sources)
    return command not in djangodata.data()["commands"]["unchecked"] and not command.startswith("-")


def _source(app: App, found: Launch, closure: Closure) -> bytes:
    visit = closure.visits.get(PROGRAM) or closure.visits.get(found.name)
    return app.tree.read(visit.found.path).data if visit and visit.found.has_source else b""


def _named(after: list[tuple[str, bool]]) -> Iterator[str | None]:
    """The settings that the words name; None for those that are not known."""
    for (text, known), following in zip(after, [*after[1:], ("", True)], strict=False):
        if text == _OPTION:
            yield following[0] if following[1] else None
        for start in (f"{_OPTION}=", f"{MODULE}="):
            if text.startswith(start):
                yield text.removeprefix(start) if known else None


def _set_for(found: Launch) -> Iterator[str | None]:
    """The settings that are set in the environment of the program."""
    invocation = found.invocation
    if invocation is not None and MODULE in invocation.env:
        word = invocation.env[MODULE]
        yield invocation.text(word) if word else None
