"""RUN: what boots, and then does not do what it should: development servers, addresses of services, migrations."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from deploylint.checks.loaded import foreign, installed, is_test, loaded, release_of, requirements, runtime, speaks_of
from deploylint.checks.reads import MAY_BE_NONE, database_address, read_of, text_of
from deploylint.checks.registry import Problem, Scene, check
from deploylint.facts.python import dotted
from deploylint.finding import Fix, Related, Replace
from deploylint.frameworks import propose, used_framework
from deploylint.plan import Status
from deploylint.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploylint.facts.python import Module

_SERVERS = (
    (re.compile(r"\bmanage\.py\s+runserver(?:_plus)?\b"), "Django's development server"),
    (re.compile(r"(?:^|\s|/)flask(?:\s+(?:--app|-A)[= ]\S+|\s+--debug)*\s+run\b"), "Flask's development server"),
    (re.compile(r"(?:^|\s|/)fastapi\s+dev\b"), "FastAPI's development server"),
    (
        re.compile(r"(?:^|\s|/)(?:uvicorn|hypercorn|gunicorn)\s(?:.*\s)?--reload(?:\s|$)"),
        "a server that watches its sources",
    ),
)
_MIGRATION = re.compile(r"(?:^|/)migrations/(?:versions/)?[0-9a-f]\w{3,}\.py$")
# Of Django's, and of Alembic's.
_SIGNS = (b"migrations.Migration", b"down_revision")
_LOOKED_AT = 20


@check("RUN006")
def migrations_not_run(scene: Scene) -> Iterator[Problem]:
    """The app has migrations, and nothing in the repository runs them."""
    plan, tree = scene.plan, scene.app.tree
    if plan.procfile is None or plan.procfile.trouble or not plan.processes or plan.detection.status is not Status.OK:
        return
    named = [path for path in scene.app.sources if _MIGRATION.search(path) and not is_test(path)][:_LOOKED_AT]
    found = [path for path in named if any(sign in tree.read(path).data for sign in _SIGNS)]
    if not found or any(process.type == "release" for process in plan.processes):
        return
    scripts = [path for path in tree.entries if path in ("app.json", "Makefile") or path.startswith("bin/")][:50]
    words = (b"migrate", b"upgrade")
    if speaks_of(scene, "migrate") or speaks_of(scene, "upgrade"):
        return
    if any(word in tree.read(path).data for path in scripts for word in words):
        return
    tool = "alembic upgrade head" if "/versions/" in found[0] else "python manage.py migrate"
    if "/versions/" in found[0] and foreign(scene, "flask_migrate") is not None:
        tool = "flask db upgrade"
    yield Problem(
        Span(plan.procfile.path),
        "Nothing runs the migrations when the app is deployed: until somebody does it by hand, what is new in the "
        f"database is missing ({found[0]} and its like).",
        f"Add a line `release: {tool}`: it runs before each new release starts.",
        related=(Related("a migration", Span(found[0])),),
    )


_SERVED = re.compile(r"\b(?:gunicorn|uvicorn|hypercorn|waitress-serve|daphne|uwsgi)\b")


@check("RUN007")
def development_server(scene: Scene) -> Iterator[Problem]:
    """The web process is a server that is made for development."""
    web = next((process for process in scene.plan.processes if process.type == "web"), None)
    if web is None:
        return
    server = next((title for pattern, title in _SERVERS if pattern.search(web.command)), None)
    if server:
        framework = used_framework(scene.app, scene.lock)
        proposal = propose(scene.app, framework) if framework else None
        yield Problem(
            web.command_span,
            f"The web process is {server}: it is slow, restarts when files change, and its makers say that it must not "
            "be used in production.",
            f"Start a server that is made for it: `{proposal.command}`."
            if proposal
            else "Start a server that is made for it: `gunicorn MODULE`, or `gunicorn MODULE:app`.",
        )
        return
    target = scene.plan.targets.get("web")
    served = any(reached.process == "web" and reached.server for reached in scene.plan.reached)
    if target is None or served or _SERVED.search(web.command):
        return
    module = scene.app.module(target)
    for call in module.calls:
        if call.target.rpartition(".")[2] == "run" and foreign(scene, "flask") is not None and _says_debug(call.node):
            yield Problem(
                module.span(call.node),
                "The web process starts Flask's development server with its debugger on: whoever sees an error may run "
                "code of their own on the platform.",
                "Start gunicorn in the Procfile (`web: gunicorn shop:app`), and let `debug` depend on a variable.",
            )
            return


def _says_debug(call: ast.Call) -> bool:
    return any(
        word.arg == "debug" and isinstance(word.value, ast.Constant) and word.value.value is True
        for word in call.keywords
    )


@check("RUN008")
def postgres_scheme(scene: Scene) -> Iterator[Problem]:
    """DATABASE_URL is given to SQLAlchemy as it is."""
    names = installed(scene)
    if names is None or "sqlalchemy" not in names or not _is_new_sqlalchemy(scene):
        return
    tree, paths = scene.app.tree, loaded(scene)
    handled = [word.encode() for word in runtime()["handled"]["postgres"]]
    if any(word in tree.read(path).data for path in paths for word in handled):
        return
    found = database_address(scene)
    if found is not None:
        module, read = found
        yield Problem(
            module.span(read),
            "SQLAlchemy will refuse the address of the database: the platform's DATABASE_URL begins with "
            "`postgres://`, and SQLAlchemy has known only `postgresql://` since 1.4 (NoSuchModuleError).",
            'Change it where it is read: `os.environ["DATABASE_URL"].replace("postgres://", "postgresql://", 1)`.',
            fix=_with_new_scheme(module, read),
        )


def _with_new_scheme(module: Module, read: ast.expr) -> Fix | None:
    """The replacing of the scheme behind the read; with a text that stands in for a variable that is not set, where the
    read had None for that.
    """
    span = module.span(read)
    end = Span(span.path, span.end_line, span.end_column, span.end_line, span.end_column)
    edits = [Replace(end, '.replace("postgres://", "postgresql://", 1)')]
    safe = True
    if isinstance(read, ast.Call) and dotted(read.func) in MAY_BE_NONE:
        if read.keywords or (len(read.args) == 2 and text_of(read.args[1]) is None):
            return None
        if len(read.args) == 1:
            last = module.span(read.args[0])
            if (last.end_line, last.end_column + 1) != (span.end_line, span.end_column):
                return None
            place = Span(span.path, last.end_line, last.end_column, last.end_line, last.end_column)
            edits.insert(0, Replace(place, ', ""'))
            safe = False
    elif isinstance(read, ast.Call) and (len(read.args) > 1 or read.keywords):
        return None
    return Fix("Replace postgres:// by postgresql://", tuple(edits), safe)


def _is_new_sqlalchemy(scene: Scene) -> bool:
    """Whether the version is 1.4 or newer: pinned or locked as such, or the newest where pip is left the choice."""
    release = release_of(scene, "sqlalchemy")
    if release is not None or scene.lock != "requirements.txt":
        return release is not None and release >= (1, 4)
    for item in requirements(scene):
        bounds = re.findall(r"(~=|<=|<)\s*(\d+)\.(\d+)", item.specifier) if item.name == "sqlalchemy" else ()
        if any((int(one), int(two)) < (1, 4) or (sign, one, two) == ("<", "1", "4") for sign, one, two in bounds):
            return False
    return True


@check("RUN009")
def redis_certificate(scene: Scene) -> Iterator[Problem]:
    """REDIS_URL is used, and nothing says what to do with its certificate."""
    names = installed(scene)
    if names is None or names.isdisjoint({"redis", "celery", "rq", "django-redis", "channels-redis", "django-rq"}):
        return
    tree, paths = scene.app.tree, loaded(scene)
    handled = [word.encode() for word in runtime()["handled"]["redis"]]
    if any(word in tree.read(path).data for path in paths for word in handled) or speaks_of(scene, "stunnel"):
        return
    for path in paths:
        if b"REDIS_URL" not in tree.read(path).data and b"REDIS_TLS_URL" not in tree.read(path).data:
            continue
        module = scene.app.module(path)
        for node in module.nodes:
            if isinstance(node, ast.expr) and read_of(module, node, ("REDIS_URL", "REDIS_TLS_URL")) is node:
                yield Problem(
                    module.span(node),
                    "The connection to the platform's own Redis will fail: its REDIS_URL begins with `rediss://`, and "
                    "its certificate is one that it has signed itself: redis-py refuses that, and Celery asks to be "
                    "told what to do about it.",
                    "Say that it is accepted, where the address is used: `redis.from_url(url, ssl_cert_reqs=None)`; "
                    "for Celery, add `?ssl_cert_reqs=CERT_NONE` to the address.",
                )
                return


@check("RUN010")
def django_heroku(scene: Scene) -> Iterator[Problem]:
    """django-heroku, which nobody looks after."""
    for item in requirements(scene):
        if item.name == "django-heroku" and not item.constraint:
            yield Problem(
                item.name_span,
                "The package django-heroku has had no release since 2018, and its repository is closed: it builds "
                "psycopg2 from source, lets every host in (ALLOWED_HOSTS), and what it sets for the static files is "
                "unknown to Django since 5.1.",
                "Write the three lines yourself: dj-database-url for DATABASES, whitenoise for the static files, and "
                "SECRET_KEY from the environment.",
            )
            return
