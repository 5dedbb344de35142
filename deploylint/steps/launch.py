"""From a program that a process runs to what it loads of the app: the module, where it is looked for, the attribute.

Sources: the option parsers and loaders of the servers, at the versions that `rules/servers.toml` names: gunicorn
util.import_app and arbiter, uvicorn importer, waitress runner, hypercorn utils, daphne cli, granian cli. Of Python: a
script's own folder is the first on the module path, with `-m` the working directory.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, NamedTuple

from deploylint.servers import named, read_arguments

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deploylint.facts.invocation import Invocation
    from deploylint.servers import Arguments, Server
    from deploylint.steps import Build
    from deploylint.text import Span

_INTERPRETERS = re.compile(r"python(?:3(?:\.\d+)?)?")
_PLAIN_OPTIONS = re.compile(r"-[uOBEsSbIqv]+")
_DOTTED = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")
_ATTRIBUTE = re.compile(r"([^\W\d]\w*)(\(.*\))?", re.DOTALL)
_ATTRIBUTE_OF = re.compile(r"([^\W\d]\w*)(?:\.[^\W\d]\w*)+")
_ROOT = "/app/"


class Launch(NamedTuple):
    """What a program loads. `form`: `module` (imported, `attribute` is taken from it), `program` (a file or module that
    is run) or `path` (what stands for a module and is none). `roots` are the folders of the module path, from the app
    root. `attribute` is empty where none is looked for; `called` tells whether it is called, `refused` is what
    stands in its place and is not taken.
    """

    form: str
    name: str
    span: Span
    roots: tuple[str, ...]
    server: Server | None = None
    attribute: str = ""
    called: bool = False
    refused: str = ""


class Words(NamedTuple):
    """The words of a program, what is not known as it is written, and where each stands."""

    texts: tuple[str, ...]
    spans: tuple[Span, ...]
    known: tuple[bool, ...]


def words_of(invocation: Invocation) -> Words:
    """The words of a program that is run."""
    texts = tuple(
        text if text is not None else word.written for text, word in zip(invocation.argv, invocation.words, strict=True)
    )
    first = invocation.program or texts[0]
    return Words(
        (first, *texts[1:]),
        tuple(word.span for word in invocation.words),
        tuple(text is not None for text in invocation.argv),
    )


def launch(build: Build, invocation: Invocation) -> Launch | None:
    """What a program loads of the app; None where it loads nothing, or that cannot be told."""
    if invocation.cwd is None or not invocation.words or invocation.builtin:
        return None
    roots = _module_path(build, invocation)
    if roots is None:
        return None
    words = words_of(invocation)
    if invocation.module:
        found = _server(words, module=True)
        if found is not None:
            if not _is_plain(build, invocation, words, *found):
                return None
            return _loaded(invocation, words, *found, (invocation.cwd, *roots))
        name = words.texts[0]
        plain = words.known[0] and _DOTTED.fullmatch(name)
        return Launch("program", name, words.spans[0], (invocation.cwd, *roots)) if plain else None
    if _INTERPRETERS.fullmatch(words.texts[0]):
        return _script(invocation, words, roots)
    found = _server(words, module=False)
    if found is None or not _is_plain(build, invocation, words, *found):
        return None
    return _loaded(invocation, words, *found, roots)


def arguments_of(invocation: Invocation) -> tuple[Server, Arguments] | None:
    """The server that a program is, with its arguments; None for another one, or an option that is not known."""
    return _server(words_of(invocation), module=invocation.module) if invocation.words else None


def _server(words: Words, *, module: bool) -> tuple[Server, Arguments] | None:
    for server in named(words.texts, module=module):
        arguments = read_arguments(server, words.texts)
        if arguments is not None:
            return server, arguments
    return None


def _script(invocation: Invocation, words: Words, roots: Sequence[str]) -> Launch | None:
    at = 1
    while at < len(words.texts) and _PLAIN_OPTIONS.fullmatch(words.texts[at]):
        at += 1
    if at >= len(words.texts) or not words.known[at] or words.texts[at].startswith("-"):
        return None
    path = inside(invocation.cwd or "", words.texts[at])
    if not path or not path.endswith(".py"):
        return None
    return Launch("program", path, words.spans[at], (posixpath.dirname(path), *roots))


def _is_plain(build: Build, invocation: Invocation, words: Words, server: Server, arguments: Arguments) -> bool:
    """Whether neither a configuration file nor the arguments that the command puts into the environment speak of the
    module path. What the command names counts more than what the file says.
    """
    variable: str = server.data.get("environment", "")
    if variable in invocation.env:
        word = invocation.env[variable]
        value = invocation.text(word) if word else None
        if value is None or any(option in value for option in ("chdir", "pythonpath", "-c")):
            return False
    chosen = arguments.option(server.words("config"))
    default = server.data.get("default_config")
    path = default if chosen is None else inside(invocation.cwd or "", chosen[0]) if words.known[chosen[1]] else None
    tree = build.app.tree
    if path is None:
        return chosen is None
    if not tree.is_file(path):
        return chosen is None and not tree.is_unknown(path)
    data = tree.read(path).data
    return not any(word in data for word in (b"chdir", b"pythonpath", b"sys.path"))


def _loaded(
    invocation: Invocation, words: Words, server: Server, arguments: Arguments, roots: Sequence[str]
) -> Launch | None:
    data = server.data
    if any(name in arguments.options for name in server.words("other_target")):
        return None
    if data.get("form") not in (
        "module:attribute",
        "module.attribute",
        "module",
    ):
        return None
    at = arguments.positional[0] if arguments.positional and "first" in data["target"] else None
    option = arguments.option(data["target"])
    at = option[1] if option else at
    if at is None or not words.known[at]:
        return None
    text = option[0] if option else words.texts[at]
    folders = _folders(invocation, words, server, arguments, roots)
    if folders is None:
        return None
    separator = ":" if data["form"] != "module.attribute" else "."
    name, _, attribute = text.partition(separator) if separator == ":" else text.rpartition(separator)
    given = attribute or data.get("attribute", "")
    if "/" in name or name.endswith(".py"):
        return Launch("path", text, words.spans[at], folders, server)
    match = _ATTRIBUTE.fullmatch(given)
    factory = any(option in arguments.options for option in server.words("factory"))
    loaded = Launch("module", name, words.spans[at], folders, server)
    if match is None:
        dotted = _ATTRIBUTE_OF.fullmatch(given)
        if dotted is None:
            return loaded
        # Of `shop.app`, what the module binds is the first name.
        return loaded._replace(refused=given) if data.get("plain") else loaded._replace(attribute=dotted[1])
    return Launch("module", name, words.spans[at], folders, server, match[1], bool(match[2]) or factory)


def _folders(
    invocation: Invocation, words: Words, server: Server, arguments: Arguments, roots: Sequence[str]
) -> tuple[str, ...] | None:
    """The module path of a server; None where it cannot be told."""
    cwd: str | None = invocation.cwd
    chosen = arguments.option(server.words("chdir"))
    if chosen is not None:
        cwd = inside(cwd or "", chosen[0]) if words.known[chosen[1]] else None
    added: list[str | None] = []
    extra = arguments.option(server.words("pythonpath"))
    if extra is not None:
        parts = extra[0].split(",") if words.known[extra[1]] else [""]
        added = [inside(cwd or "", part) if words.known[extra[1]] else None for part in parts]
    place = server.data.get("path")
    first = [cwd] if place == "cwd-first" else []
    last = [cwd] if place == "cwd-last" else []
    folders = [*added, *first, *roots, *last]
    known = [folder for folder in folders if folder is not None]
    return tuple(known) if len(known) == len(folders) else None


def _module_path(build: Build, invocation: Invocation) -> tuple[str, ...] | None:
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
    # An installed project of this layout has its packages there; whether it is installed is not asked.
    if any(build.app.tree.is_file(path) for path in ("setup.py", "pyproject.toml", "setup.cfg")):
        roots.append("src")
    return tuple(roots)


def inside(cwd: str, path: str) -> str | None:
    """A path from the app root, where it lies in the app."""
    whole = path[len(_ROOT) :] if path.startswith(_ROOT) else "" if path == "/app" else posixpath.join(cwd, path)
    plain = posixpath.normpath(whole or ".")
    if plain.startswith(("/", "..")):
        return None
    return "" if plain == "." else plain
