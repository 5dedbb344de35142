"""From a program that a process runs to what it loads of the app: the module, where it is looked for, the attribute.

Sources: the option parsers and loaders of the servers, at the versions that `rules/servers.toml` names: gunicorn
util.import_app and arbiter, uvicorn importer, waitress runner, hypercorn utils, daphne cli, granian cli. Of Python: a
script's own folder is the first on the module path, with `-m` the working directory.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from deploylint.record import NamedTuple
from deploylint.steps.argv import inside, server_of, words_of
from deploylint.steps.configured import Setting, settings
from deploylint.steps.installed import installs_itself

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from deploylint.facts.invocation import Invocation
    from deploylint.knowledge.servers import Arguments, Server
    from deploylint.steps import Build
    from deploylint.steps.argv import Words
    from deploylint.text import Span

_INTERPRETERS = re.compile(r"python(?:3(?:\.\d+)?)?")
_PLAIN_OPTIONS = re.compile(r"-[uOBEsSbIqv]+")
_DOTTED = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")
_ATTRIBUTE = re.compile(r"([^\W\d]\w*)(\(.*\))?", re.DOTALL)
_ATTRIBUTE_OF = re.compile(r"([^\W\d]\w*)(?:\.[^\W\d]\w*)+")
_PROJECT = "pyproject.toml"


class Launch(NamedTuple):
    """What a program loads. `form`: `module` (imported, `attribute` is taken from it), `program` (a file or module that
    is run), `file` (run, but not as the program) or `path` (what stands for a module and is none). `roots` are the
    folders of the module path, from the app root. `attribute` is empty where none is looked for; `called` tells whether
    it is called, `bare` without arguments; `refused` is what stands in its place and is not taken (`:` for nothing);
    not `sure` where a config var may name something else; `invocation` is the program. `more` are further modules that
    it imports, with where they are named. `late`: without its app the program goes on, and answers requests with an
    error.
    """

    form: str
    name: str
    span: Span
    roots: tuple[str, ...]
    server: Server | None = None
    attribute: str = ""
    called: bool = False
    refused: str = ""
    sure: bool = True
    bare: bool = False
    invocation: Invocation | None = None
    more: tuple[tuple[str, Span], ...] = ()
    late: bool = False


def launch(build: Build, invocation: Invocation) -> Launch | None:
    """What a program loads of the app; None where it loads nothing, or that cannot be told."""
    found = _launched(build, invocation)
    return found._replace(invocation=invocation) if found else None


def _launched(build: Build, invocation: Invocation) -> Launch | None:
    if invocation.cwd is None or not invocation.words or invocation.builtin:
        return None
    roots = module_path(build, invocation)
    if roots is None:
        return None
    words = words_of(invocation)
    found = server_of(words, module=invocation.module)
    if invocation.module:
        if found is not None:
            return _loaded(build, invocation, words, found, (invocation.cwd, *roots))
        name = words.texts[0]
        plain = words.known[0] and _DOTTED.fullmatch(name)
        return Launch("program", name, words.spans[0], (invocation.cwd, *roots)) if plain else None
    if _INTERPRETERS.fullmatch(words.texts[0]):
        return _script(build, invocation, words, roots)
    return _loaded(build, invocation, words, found, roots) if found else _own_command(build, words, roots)


def _script(build: Build, invocation: Invocation, words: Words, roots: Sequence[str]) -> Launch | None:
    at = 1
    while at < len(words.texts) and _PLAIN_OPTIONS.fullmatch(words.texts[at]):
        at += 1
    if at >= len(words.texts) or not words.known[at] or words.texts[at].startswith("-"):
        return None
    path = inside(invocation.cwd or "", words.texts[at])
    if not path:
        return None
    # A folder and an archive can be run too, if they are there.
    form = "program" if path.endswith(".py") else "nothing" if not build.app.tree.may_exist(path) else ""
    return Launch(form, path, words.spans[at], (posixpath.dirname(path), *roots)) if form else None


def _own_command(build: Build, words: Words, roots: tuple[str, ...]) -> Launch | None:
    """A command that the project itself brings, where its build installs it; that is not asked."""
    target = own_commands(build).get(words.texts[0]) if words.known[0] else None
    name, _, attribute = (target or "").partition(":")
    path = name.replace(".", "/")
    files = (f"{folder}{path}{end}" for folder in ("", "src/") for end in (".py", "/__init__.py"))
    if not attribute or not _DOTTED.fullmatch(name) or not any(map(build.app.tree.is_file, files)):
        return None
    first = _ATTRIBUTE_OF.fullmatch(attribute)
    attribute, called = (first[1], False) if first else (attribute, True)
    return Launch("module", name, words.spans[0], ("", "src", *roots), None, attribute, called, sure=False)


def own_commands(build: Build) -> Mapping[str, str]:
    """The commands of the project, from `[project.scripts]` or Poetry's table: name and what it calls."""
    from deploylint.compat import tomllib

    if not build.app.tree.is_file(_PROJECT):
        return {}
    try:
        data = tomllib.loads(build.app.tree.read(_PROJECT).data.decode())
    except (ValueError, RecursionError):
        return {}
    found: dict[str, str] = {}
    for table in (("project", "scripts"), ("tool", "poetry", "scripts")):
        rows: Any = data
        for key in table:
            rows = rows.get(key) if isinstance(rows, dict) else None
        for name, target in rows.items() if isinstance(rows, dict) else ():
            if isinstance(target, str):
                found[name] = target.replace(" ", "")
    return found


class _Start(NamedTuple):
    """A server that is started: what it is, what it is told, and the module path without what it adds."""

    build: Build
    invocation: Invocation
    server: Server
    arguments: Arguments
    told: Mapping[str, Setting]
    roots: tuple[str, ...]


def _loaded(
    build: Build, invocation: Invocation, words: Words, found: tuple[Server, Arguments], roots: tuple[str, ...]
) -> Launch | None:
    server, arguments = found
    if any(name in arguments.options for name in server.words("other_target")):
        return None
    if {words.texts[at] for at in arguments.positional[:1]} & {*server.words("unloaded")}:
        return None
    behind = arguments.option(server.words("target")) if server.words("loose") else None
    if behind is not None and server.command.partition(" ")[2] in words.texts[: behind[1]]:
        return None
    told = settings(build, invocation, words, server, arguments)
    named = told.get("target")
    target = named or _default_target(build, invocation, words, server)
    how = _FORMS.get(server.data.get("form", ""))
    if how is None or target is None or target.value is None:
        return None
    loaded = how(_Start(build, invocation, server, arguments, told, roots), target)
    if loaded is None:
        return None
    if server.data.get("needed") and "needed" not in told:
        loaded = loaded._replace(late=True, sure=False)
    return loaded._replace(sure=loaded.sure and named is not None, more=tuple(_more(words, server, arguments)))


def _more(words: Words, server: Server, arguments: Arguments) -> Iterator[tuple[str, Span]]:
    """The further modules that a command names: its other words, or an option's list."""
    option = arguments.option(server.words("more"))
    places = list(arguments.positional[1:]) if "rest" in server.words("more") else []
    texts = [(text, at) for at in places for text in (words.texts[at],)]
    texts += [(text, option[1]) for text in option[0].split(",")] if option else []
    for text, at in texts:
        if words.known[at] and _DOTTED.fullmatch(text):
            yield text, words.spans[at]


def _default_target(build: Build, invocation: Invocation, words: Words, server: Server) -> Setting | None:
    """The file that the server looks for where nothing names one; a config var may."""
    tree = build.app.tree
    named = [path for path in server.words("default_unless") if tree.may_exist(path)]
    if any(tree.is_unknown(path) or server.data["default_word"].encode() in tree.read(path).data for path in named):
        return None
    for name in server.words("default_targets"):
        if tree.is_file(posixpath.join(invocation.cwd or "", name)):
            return Setting(name, words.spans[0])
    return None


def _of_module(start: _Start, target: Setting) -> Launch | None:
    """`shop.web:app`, or with a dot before the attribute, or without one."""
    server, text = start.server, target.value or ""
    data, folders = server.data, _folders(start)
    if folders is None:
        return None
    separator = ":" if data["form"] != "module.attribute" else "."
    name, _, attribute = text.partition(separator) if separator == ":" else text.rpartition(separator)
    given = attribute or data.get("attribute", "")
    if "/" in name or name.endswith(".py"):
        return Launch("path", text, target.span, folders, server)
    match = _ATTRIBUTE.fullmatch(given)
    factory = any(option in start.arguments.options for option in server.words("factory"))
    loaded = Launch("module", name, target.span, folders, server)
    if match is None:
        if not text.partition(":")[1] and data.get("attribute") == "" and data["form"] == "module:attribute":
            return loaded._replace(refused=":")
        dotted = _ATTRIBUTE_OF.fullmatch(given)
        if dotted is None:
            return loaded
        # Of `shop.app`, what the module binds is the first name.
        return loaded._replace(refused=given) if data.get("plain") else loaded._replace(attribute=dotted[1])
    bare = factory or "".join((match[2] or "").split()) == "()"
    return loaded._replace(attribute=match[1], called=bool(match[2]) or factory, bare=bare)


def _of_program(start: _Start, target: Setting) -> Launch | None:
    """A file that is run."""
    path = inside(start.invocation.cwd or "", target.value or "")
    if not path or not path.endswith(".py"):
        return None
    return Launch("program", path, target.span, (posixpath.dirname(path), *start.roots), start.server)


def _of_path(start: _Start, target: Setting) -> Launch | None:
    """A file that is imported, or a dotted name where that is taken too: `shop/web.py`, `shop.web:app`."""
    text, _, attribute = (target.value or "").partition(":")
    server, tree = start.server, start.build.app.tree
    either = server.data["form"] == "module-or-path"
    option = start.arguments.option(server.words("attribute_option"))
    attribute = option[0] if option else attribute if either else ""
    attribute = attribute or server.data["attribute"].replace("*", "")
    path = inside(start.invocation.cwd or "", text)
    if not path or (not either and not path.endswith(".py")):
        return None
    if path.endswith(".py") and not tree.is_file(path):
        return Launch("program", path, target.span, start.roots, server)
    name, folder = _imported(start.build, path.removesuffix(".py").removesuffix("/__init__"))
    match = _ATTRIBUTE.fullmatch(attribute)
    if name is None or (attribute and match is None):
        return None
    # Where functions are called, they are even where they are only named.
    factory = any(option in start.arguments.options for option in server.words("factory"))
    called = match is not None and bool(factory or server.data.get("calls"))
    above = _folders(start)
    if above is None:
        return None
    return Launch(
        "module", name, target.span, (folder, *above), server, match[1] if match else "", called, bare=factory
    )


def _of_ini(start: _Start, target: Setting) -> Launch | None:
    """What Alembic's configuration has it run, for those of its commands that do."""
    from deploylint.steps.alembic import environment

    words, cwd = words_of(start.invocation), start.invocation.cwd or ""
    path = inside(cwd, target.value or "")
    command = next((words.texts[at] for at in start.arguments.positional), "")
    named = start.arguments.option(("-n", "--name"))
    if not path or command not in start.server.words("runs"):
        return None
    if not start.build.app.tree.is_file(path):
        return Launch("program", path, target.span, start.roots, start.server) if path.endswith(".ini") else None
    found = environment(start.build.app, path, named[0] if named else start.server.command, cwd)
    if found is None:
        return None
    return Launch("file", found.path, target.span, (*found.folders, *start.roots), start.server)


def _imported(build: Build, path: str) -> tuple[str | None, str]:
    """The dotted name of a module by its path, below the first folder that is no package; that folder."""
    folder, _, name = path.rpartition("/")
    while build.app.tree.is_file(posixpath.join(folder, "__init__.py")):
        if not folder:
            return None, ""
        folder, _, above = folder.rpartition("/")
        name = f"{above}.{name}"
    return name, folder


_FORMS = {
    "module:attribute": _of_module,
    "module.attribute": _of_module,
    "module": _of_module,
    "program": _of_program,
    "path": _of_path,
    "module-or-path": _of_path,
    "ini": _of_ini,
}


def _folders(start: _Start) -> tuple[str, ...] | None:
    """The module path of a server; None where it cannot be told."""
    told, cwd = start.told, start.invocation.cwd
    chosen = told.get("chdir")
    if chosen is not None:
        cwd = inside(cwd or "", chosen.value) if chosen.value is not None else None
    added: list[str | None] = []
    extra = told.get("pythonpath")
    if extra is not None:
        added = [None] if extra.value is None else [inside(cwd or "", part) for part in extra.value.split(",")]
    place = start.server.data.get("path")
    first = [cwd] if place == "cwd-first" else []
    last = [cwd] if place == "cwd-last" else []
    folders = [*added, *first, *start.roots, *last]
    known = [folder for folder in folders if folder is not None]
    return tuple(known) if len(known) == len(folders) else None


def module_path(build: Build, invocation: Invocation) -> tuple[str, ...] | None:
    """The folders that the environment puts on the module path; None where that cannot be told."""
    roots: list[str] = []
    if "PYTHONPATH" in invocation.env:
        word = invocation.env["PYTHONPATH"]
        value = invocation.text(word) if word else None
        if value is None:
            # Where it is not known in full, as `$PYTHONPATH:lib`, what it adds is not either.
            return None
        for part in filter(None, value.split(":")):
            folder = inside(invocation.cwd or "", part)
            if folder is not None:
                roots.append(folder)
    elif build.platform.data["process"].get("root_on_module_path"):
        roots.append("")
    # An installed project of this layout has its packages there.
    described = any(build.app.tree.is_file(path) for path in ("setup.py", "pyproject.toml", "setup.cfg"))
    if described and installs_itself(build):
        roots.append("src")
    return tuple(roots)
