"""What the settings of the deployed web process make of an app of Django, which boots and then fails or
leaks. Only what is certain whatever the config vars are is told.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from deploylint.checks.loaded import release_of, runtime
from deploylint.checks.registry import Problem
from deploylint.facts.values import Alternatives, FilePath, Items, Known, Read, Table
from deploylint.finding import Fix, Rewrite, Severity
from deploylint.steps.deployed import certainly, entry, texts
from deploylint.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploylint.checks.registry import Scene
    from deploylint.facts.values import Value
    from deploylint.steps.deployed import Deployed

_ADDRESS = re.compile(r"\[.*\]|[0-9.]+|.*::.*")
_COMPARES = (1, 11)
_COMMON = "django.middleware.common.CommonMiddleware"


def _place(found: Deployed, name: str) -> Span:
    return found.settings.span(name) or Span(found.settings.path)


def _rewriting(value: Value | None, title: str, transform: str) -> Fix | None:
    """The change of what a statement at the top of a settings module binds, where the value is written there as a whole
    and nothing has changed it since.
    """
    where = None if value is None else value.where
    if where is None or where.module.tree is None or type(value) not in (Known, Items):
        return None
    node = where.node
    values = (item.value for item in where.module.tree.body if isinstance(item, (ast.Assign, ast.AnnAssign)))
    if not any(item is node for item in values):
        return None
    if isinstance(value, Items) and len(getattr(node, "elts", ())) != len(value.items):
        return None
    return Fix(title, (Rewrite(where.span, transform),), safe=False)


def allowed_hosts_not_public(scene: Scene, found: Deployed) -> Iterator[Problem]:
    """ALLOWED_HOSTS has no host by which the app can be reached."""
    value = found.settings.allowed_hosts
    hosts = () if value is None else texts(value)
    middleware = texts(found.settings.middleware)
    if hosts is None or (middleware is not None and _COMMON not in middleware) or any(map(_is_public, hosts)):
        return
    off = found.settings.debug is None or certainly(found.settings.debug) == (False,)
    # Older ones compare nothing while DEBUG is on: they let everybody in.
    if not off and (release_of(scene, "django") or _COMPARES) < _COMPARES:
        return
    malformed = [host for host in hosts if _is_malformed(host)]
    if malformed:
        why = f"`{malformed[0]}` fits none, because only the name of a host is compared, without scheme, port and path"
    elif hosts:
        why = "ALLOWED_HOSTS names only hosts that no request from outside has"
    else:
        why = "ALLOWED_HOSTS is empty"
    yield Problem(
        _place(found, "ALLOWED_HOSTS"),
        f"Each request will be answered with 400 Bad Request (DisallowedHost): {why}.",
        'Name the app\'s hosts: `ALLOWED_HOSTS = [".herokuapp.com"]`, and your own domain if there is one.',
        fix=_rewriting(value, "Read ALLOWED_HOSTS from the environment", "allowed-hosts-from-environment"),
    )


def _is_malformed(host: str) -> bool:
    return bool(host) and not _ADDRESS.fullmatch(host) and bool(re.search(r"[/:\s]", host))


def _is_public(host: str) -> bool:
    """Whether a request from outside may have this host."""
    rules = runtime()["hosts"]
    host = host.strip().lower().rstrip(".")
    if not host or host == "*":
        return host == "*"
    ends = (*rules["local"], *rules["elsewhere"])
    return not _is_malformed(host) and not _ADDRESS.fullmatch(host) and not f".{host.lstrip('.')}".endswith(ends)


def debug_on(_scene: Scene, found: Deployed) -> Iterator[Problem]:
    """DEBUG is on in the deployed settings."""
    values = certainly(found.settings.debug)
    if not values or not all(values):
        return
    yield Problem(
        _place(found, "DEBUG"),
        "The deployed app will run with DEBUG on: each error shows its visitors the sources, the settings and the "
        "values of variables, and Django keeps each query in memory.",
        'Take it from a config var, off without one: `DEBUG = os.environ.get("DEBUG") == "1"`.',
    )


def secret_key_in_source(_scene: Scene, found: Deployed) -> Iterator[Problem]:
    """The deployed SECRET_KEY is a literal."""
    value = found.settings.secret_key
    options = value.options if type(value) is Alternatives else (value,)
    literals = [
        option for option in options if type(option) is Known and isinstance(option.value, str) and option.value
    ]
    if len(literals) < len(options) or not literals or literals[0].where is None:
        return
    yield Problem(
        literals[0].where.span,
        "The deployed app will use a SECRET_KEY that everybody can read who can read the repository: with it, sessions "
        "and password resets can be forged.",
        'Read it from a config var: `SECRET_KEY = os.environ["SECRET_KEY"]`, and `heroku config:set SECRET_KEY=…` with '
        "a new one.",
        fix=_rewriting(value, "Read SECRET_KEY from the environment", "secret-key-from-environment"),
        secret=True,
    )


def database_on_local_disk(_scene: Scene, found: Deployed) -> Iterator[Problem]:
    """SQLite is the only database."""
    databases = found.settings.databases
    if type(databases) is not Table or not databases.complete or not databases.entries:
        return
    for key in databases.entries:
        engine, name = (entry(databases, key, part) for part in ("ENGINE", "NAME"))
        engines, names = certainly(engine), certainly(name)
        if not engines or not names or not all(one in runtime()["local"]["engines"] for one in engines):
            return
        if any(":memory:" in (one.text if isinstance(one, FilePath) else str(one)) for one in names):
            return
    yield Problem(
        _place(found, "DATABASES"),
        "All data will be lost with each restart, at least once a day, and with each deploy: the only database is an "
        "SQLite file, on a disk that every process has for itself and that is thrown away with it.",
        "Add a database (`heroku addons:create heroku-postgresql:essential-0`), dj-database-url and psycopg2-binary, "
        'and `DATABASES["default"] = dj_database_url.config(default="sqlite:///db.sqlite3")`.',
    )


def static_files_not_served(scene: Scene, found: Deployed) -> Iterator[Problem]:
    """DEBUG is off and nothing serves the static files, or WhiteNoise stands too far down."""
    rules = runtime()["static"]
    middleware = texts(found.settings.middleware)
    if middleware is None:
        return
    if rules["whitenoise"] in middleware:
        yield from _misplaced(found, middleware)
        return
    apps = texts(found.settings.installed_apps) or ()
    off = found.settings.debug is None or certainly(found.settings.debug) == (False,)
    wanted = "django.contrib.admin" in apps or any("/static/" in f"/{path}" for path in scene.app.tree.entries)
    if (
        not off
        or rules["app"] not in apps
        or not wanted
        or not _is_local(found)
        or _is_served(scene, found, middleware)
    ):
        return
    yield Problem(
        _place(found, "MIDDLEWARE"),
        "The pages will come without their styles, scripts and pictures (404): with DEBUG off Django serves no static "
        "files, and nothing else here does.",
        f"Install whitenoise and put `{rules['whitenoise']}` into MIDDLEWARE, right below SecurityMiddleware.",
        fix=_whitenoise(found, "Add") if _has_whitenoise(scene) else None,
    )


def _whitenoise(found: Deployed, verb: str) -> Fix | None:
    return _rewriting(found.settings.middleware, f"{verb} WhiteNoiseMiddleware", "whitenoise-below-security")


def _has_whitenoise(scene: Scene) -> bool:
    names = next((item.known.names for item in scene.plan.reached), None)
    return names is not None and "whitenoise" in names


def _misplaced(found: Deployed, middleware: tuple[str, ...]) -> Iterator[Problem]:
    """WhiteNoise below something of Django's that should not see requests for static files."""
    rules = runtime()["static"]
    above = [name for name in middleware[: middleware.index(rules["whitenoise"])] if name != rules["security"]]
    django = [name for name in above if name.startswith("django.")]
    if type(found.settings.middleware) is not Alternatives and django:
        yield Problem(
            _place(found, "MIDDLEWARE"),
            f"Requests for static files pass through {len(above)} middleware{'s' * (len(above) > 1)} before WhiteNoise "
            f"answers them, such as {django[0].rpartition('.')[2]}.",
            "Move WhiteNoiseMiddleware up, right below SecurityMiddleware.",
            Severity.NOTE,
            fix=_whitenoise(found, "Move"),
        )


def _is_local(found: Deployed) -> bool:
    """Whether the static files are certainly the app's own to serve."""
    settings, allowed = found.settings, tuple(runtime()["static"]["storages"])
    urls = certainly(settings.static_url)
    if not urls or any(not isinstance(url, str) or "//" in url for url in urls):
        return False
    older = certainly(settings.staticfiles_storage)
    newer = settings.storages
    backend: Value | None = Known("django.") if newer is None else entry(newer, "staticfiles", "BACKEND")
    named = certainly(backend) if backend is not None else None
    return all(
        names is not None and all(isinstance(name, str) and name.startswith(allowed) for name in names)
        for names in (older, named)
    )


def _is_served(scene: Scene, found: Deployed, middleware: tuple[str, ...]) -> bool:
    """Whether something else may serve them: a middleware, a source that the process loads, or its command."""
    rules = runtime()["static"]
    command = next((process.command for process in scene.plan.processes if process.type == "web"), "")
    if any(word in command for word in rules["commands"]) or any("static" in name.lower() for name in middleware):
        return True
    words = [word.encode() for word in rules["served_by"]]
    # The settings may name a storage of the same library, which serves nothing.
    sources = (scene.app.tree.read(path).data for path in found.sources if path not in found.chain)
    return any(word in data for data in sources for word in words)


def media_on_local_disk(scene: Scene, found: Deployed) -> Iterator[Problem]:
    """Uploads go to the local disk."""
    roots = certainly(found.settings.media_root)
    if not roots or not all(roots):
        return
    settings, local = found.settings, "django.core.files.storage."
    newer = settings.storages
    older = certainly(settings.get("DEFAULT_FILE_STORAGE"))
    named = () if newer is None else certainly(entry(newer, "default", "BACKEND") or Known("?"))
    if older is None or named is None or not all(str(name).startswith(local) for name in (*older, *named)):
        return
    fields = [field.encode() for field in runtime()["local"]["fields"]]
    if any(field in scene.app.tree.read(path).data for path in found.sources for field in fields):
        yield Problem(
            _place(found, "MEDIA_ROOT"),
            "Uploaded files will be lost with each restart, at least once a day, and with each deploy: they go to a "
            "disk that every process has for itself and that is thrown away with it.",
            "Keep them in a storage of their own: django-storages with S3, or Cloudinary.",
        )


def database_driver_missing(scene: Scene, found: Deployed) -> Iterator[Problem]:
    """Nothing installs the driver of the database engine."""
    known = next((item.known for item in scene.plan.reached if item.process == "web"), None)
    value = entry(found.settings.databases, "default")
    engines = certainly(entry(value, "ENGINE"))
    # Where it is met by a step of the plan, that says so.
    if any(fault.topic == "database-driver" for fault in scene.plan.faults()):
        return
    for row in runtime()["driver"] if known is not None else ():
        assert known is not None
        if not all(known.has(module) is False for module in row["modules"]):
            continue
        needs = f"the module {' or '.join(row['modules'])}, and nothing installs it"
        if engines and all(engine in row["engines"] for engine in engines):
            why = f"The first query will fail, if not the start: the engine of the database needs {needs}."
        elif row.get("provisioned") and type(value) is Read and value.name == "DATABASE_URL":
            why = f"The first query will fail once the app has a database of the platform: PostgreSQL needs {needs}."
        else:
            continue
        yield Problem(_place(found, "DATABASES"), why, f"Add {row['distribution']} to what is installed.")
