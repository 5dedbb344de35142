"""What a server is told outside of its command line: in a variable that holds options, and in its configuration file.

Sources: gunicorn app/base.py, where the command line counts more than GUNICORN_CMD_ARGS and that more than the file;
the file is a Python source that is run, of which only what is assigned once, at the top level, is taken for certain;
hypercorn 0.18.0 `__main__._load_config` and streamlit 1.67.0 config.py, whose files are TOML.
"""

from __future__ import annotations

import ast
import re
import shlex
from typing import TYPE_CHECKING

from deploylint.knowledge.servers import read_arguments
from deploylint.record import NamedTuple
from deploylint.steps.argv import inside

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deploylint.facts.bindings import Bindings
    from deploylint.facts.invocation import Invocation
    from deploylint.knowledge.servers import Arguments, Server
    from deploylint.steps import Build
    from deploylint.steps.argv import Words
    from deploylint.text import Span

_KEYS = ("target", "chdir", "pythonpath", "bind", "host", "port")


class Setting(NamedTuple):
    """A value, None where it is not known, and where it stands; `given` by the command line."""

    value: str | None
    span: Span
    given: bool = True


def settings(
    build: Build, invocation: Invocation, words: Words, server: Server, arguments: Arguments
) -> Mapping[str, Setting]:
    """What the server is told, by the keys of its data; a key that is not there is told nowhere."""
    if server.data.get("grammar") == "uwsgi":
        from deploylint.steps.uwsgi import told

        return told(build.app, invocation, words, server)
    found = dict(_of_command(words, server, arguments))
    config = arguments.option(server.words("config"))
    path = config[0] if config and words.known[config[1]] else None
    given: str = server.data.get("environment", "")
    if given in invocation.env:
        word = invocation.env[given]
        value = invocation.text(word) if word else None
        read = None if value is None else _split(server, value)
        span = word.span if word else words.spans[0]
        if read is None:
            return {**_unknown(span), **found}
        more, texts = read
        known = {key: Setting(item.value, span, given=False) for key, item in _plain(server, more, texts, span)}
        found = {**known, **found}
        if config is None and (config := more.option(server.words("config"))):
            path = config[0]
    for key, names in server.data.get("variables", {}).items():
        for name in names:
            if key not in found and name in invocation.env:
                word = invocation.env[name]
                found[key] = Setting(
                    invocation.text(word) if word else None, word.span if word else words.spans[0], given=True
                )
    if config is None:
        path = server.data.get("default_config")
    file = inside(invocation.cwd or "", path.removeprefix("file:")) if path else None
    if file is None or path is None or path.startswith("python:"):
        return found if config is None else {**_unknown(words.spans[0]), **found}
    as_toml = server.data.get("config_format") == "toml" and not path.startswith("file:")
    read_file = _of_toml if as_toml else _of_file
    return {**read_file(build, server, file, words.spans[0], chosen=config is not None), **found}


def _unknown(span: Span) -> dict[str, Setting]:
    return {key: Setting(None, span, given=False) for key in _KEYS}


def _of_command(words: Words, server: Server, arguments: Arguments) -> Mapping[str, Setting]:
    found = {}
    for key in _KEYS:
        option = arguments.option(server.words(key))
        if option is None and "first" in server.words(key) and arguments.positional:
            option = words.texts[arguments.positional[0]], arguments.positional[0]
        if option is not None:
            found[key] = Setting(option[0] if words.known[option[1]] else None, words.spans[option[1]])
    return found


def _split(server: Server, value: str) -> tuple[Arguments, tuple[str, ...]] | None:
    try:
        texts = (server.command, *shlex.split(value))
    except ValueError:
        return None
    arguments = read_arguments(server, texts)
    return None if arguments is None else (arguments, texts)


def _plain(server: Server, arguments: Arguments, texts: tuple[str, ...], span: Span) -> list[tuple[str, Setting]]:
    found = [(key, arguments.option(server.words(key))) for key in _KEYS]
    return [(key, Setting(option[0], span)) for key, option in found if option is not None and texts]


def _of_file(build: Build, server: Server, path: str, span: Span, *, chosen: bool) -> Mapping[str, Setting]:
    tree = build.app.tree
    if not tree.is_file(path):
        return _unknown(span) if chosen or tree.is_unknown(path) else {}
    names: Mapping[str, str] = server.data.get("settings", {})
    if not names:
        return _unknown(span)
    from deploylint.facts.bindings import read_bindings

    bindings = read_bindings(build.app.module(path))
    source = tree.read(path).data
    if bindings.module.tree is None or bindings.top.get("*")[1] is not None or b"globals" in source:
        return _unknown(span)
    found = {key: setting for key, name in names.items() if (setting := _assigned(bindings, name, span)) is not None}
    if b"sys.path" in source:
        found["pythonpath"] = Setting(None, span, given=False)
    return found


def _of_toml(build: Build, server: Server, path: str, span: Span, *, chosen: bool) -> Mapping[str, Setting]:
    from deploylint.compat import tomllib

    tree = build.app.tree
    if not tree.is_file(path):
        return _unknown(span) if chosen or tree.is_unknown(path) else {}
    text = tree.text(path)
    try:
        data = tomllib.loads(text.value)
    except (ValueError, RecursionError):
        return _unknown(span)
    found = {}
    for key, name in server.data["settings"].items():
        value: object = data
        for part in name.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        if value is not None:
            value = value[0] if isinstance(value, list) and len(value) == 1 else value
            last = re.escape(name.rpartition(".")[2])
            line = re.search(rf"^[ \t]*{last}[ \t]*=.*", text.value, re.MULTILINE)
            place = text.span(line.start(), line.end()) if line else span
            found[key] = Setting(str(value) if type(value) in (str, int) else None, place, given=False)
    return found


def _assigned(bindings: Bindings, name: str, span: Span) -> Setting | None:
    from deploylint.facts.bindings import literal

    what, where = bindings.top.get(name)
    if where is None:
        return None
    unknown = Setting(None, span, given=False)
    direct = any(
        isinstance(node, ast.Assign) and node.value is what
        for node in (bindings.module.tree or ast.Module([], [])).body
    )
    if not direct or not isinstance(what, ast.expr):
        return unknown
    value = what if isinstance(what, ast.List) else literal(what, bindings.top)
    items = value.elts if isinstance(value, (ast.Tuple, ast.List)) else [value] if value else []
    texts = [str(item.value) for item in items if isinstance(item, ast.Constant) and type(item.value) in (str, int)]
    if len(texts) != 1 or len(items) != 1:
        return unknown
    return Setting(texts[0], bindings.module.span(what), given=False)
