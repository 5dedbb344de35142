"""What uWSGI is told: by its options, and by the `.ini` files that they name.

Sources: unbit/uwsgi 2.0.30 core/uwsgi.c (the options; a word that ends with `.ini` is a configuration), core/ini.c,
core/config.c (`$(NAME)` is a variable, `if-…` a condition), plugins/python/pyloader.c (`application`, or `callable`).
Where no app can be loaded, it goes on and answers with status 500, unless `need-app` is set.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from deploylint.record import NamedTuple
from deploylint.steps.argv import inside
from deploylint.steps.configured import Setting
from deploylint.text import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from deploylint.app import App
    from deploylint.facts.invocation import Invocation
    from deploylint.knowledge.servers import Server
    from deploylint.steps.argv import Words

_FILES = 10
_LONGEST = 200_000
_HEAD = re.compile(r"\[([^\]]*)\]")
_VARIABLE = re.compile(r"\$\((\w+)\)")
_OTHER = frozenset(
    ["yaml", "yml", "xml", "json", "js", "ldap", "sqlite", "sqlite3", "emperor", "vassals-dir", "mount", "paste", "set"]
)
_FILED = frozenset({"wsgi-file", "file"})
_TRUE = frozenset({"", "true", "1", "yes", "on"})


class Option(NamedTuple):
    """One option with its value, None where that is not known; `given` by the command line; `sure` where no condition
    stands over it.
    """

    name: str
    value: str | None
    span: Span
    given: bool = True
    sure: bool = True


class UnreadError(Exception):
    """Something else than options and `.ini` files says what uWSGI does."""


def told(app: App, invocation: Invocation, words: Words, server: Server) -> dict[str, Setting]:
    """What it is told, by the keys of a server's data; `needed` where it ends without an app."""
    try:
        options = list(_of_words(app, invocation, words, server))
    except UnreadError:
        return {key: Setting(None, words.spans[0], given=False) for key in ("target", "bind", "chdir", "pythonpath")}
    found: dict[str, Setting] = {}
    for key in ("target", "chdir", "pythonpath", "bind"):
        named = [option for option in options if f"--{option.name}" in server.words(key)]
        if named:
            last = named[-1]
            known = last.sure and (len(named) == 1 or key == "chdir")
            found[key] = Setting(last.value if known else None, last.span, last.given)
    target, name = found.get("target"), next((one for one in options if one.name == "callable"), None)
    chosen = found.get("chdir")
    if target and target.value and chosen and any(option.name in _FILED for option in options):
        target = target._replace(value=f"{chosen.value}/{target.value}" if chosen.value else None)
        found["target"] = target
    if target and target.value and name:
        whole = f"{target.value.partition(':')[0]}:{name.value}" if name.value and name.sure else None
        found["target"] = target._replace(value=whole)
    if any(option.name == "need-app" and option.sure and option.value in _TRUE for option in options):
        found["needed"] = Setting("yes", words.spans[0], given=False)
    return found


def _of_words(app: App, invocation: Invocation, words: Words, server: Server) -> Iterator[Option]:
    short: dict[str, str] = server.data["short"]
    at = 1
    while at < len(words.texts):
        text, span = words.texts[at], words.spans[at]
        name, equals, value = text.partition("=")
        if not text.startswith("-"):
            if not words.known[at] or not text.endswith(".ini"):
                raise UnreadError
            yield from _of_file(app, invocation, text, 0)
        elif text in server.flags or name in server.flags:
            yield Option(name.lstrip("-"), value, span)
        elif not name.startswith("--") and (name not in short or equals):
            raise UnreadError
        else:
            if not equals:
                at += 1
                if at >= len(words.texts):
                    raise UnreadError
                value, span = words.texts[at], words.spans[at]
            option = short.get(name, name.lstrip("-"))
            yield from _read(app, invocation, Option(option, value if words.known[at] else None, span), 0)
        at += 1


def _read(app: App, invocation: Invocation, option: Option, depth: int) -> Iterator[Option]:
    """An option itself, and what stands in the file that it names."""
    if option.name in ("ini", "inherit", "include") and option.value is not None:
        yield from _of_file(app, invocation, option.value, depth + 1)
    elif option.name in ("ini", "inherit", "include", *_OTHER):
        raise UnreadError
    else:
        yield option


def _of_file(app: App, invocation: Invocation, written: str, depth: int) -> Iterator[Option]:
    name, _, section = written.partition(":")
    path = inside(invocation.cwd or "", name)
    if depth > _FILES or not path or not app.tree.is_file(path) or len(app.tree.read(path).data) > _LONGEST:
        raise UnreadError
    text = app.tree.text(path)
    yield from _lines(app, invocation, text.value.split("\n"), (path, section or "uwsgi"), depth)


def _lines(
    app: App, invocation: Invocation, lines: Iterable[str], place: tuple[str, str], depth: int
) -> Iterator[Option]:
    path, wanted = place
    inner, conditions = "", 0
    for number, line in enumerate(lines, 1):
        plain = line.strip()
        head = _HEAD.fullmatch(plain)
        if head:
            inner = head[1]
        if head or not plain or plain[0] in "#;" or inner != wanted:
            continue
        name, _, value = (part.strip() for part in plain.partition("="))
        if name in ("for", "for-glob", "for-times", "for-readline"):
            raise UnreadError
        if name in ("endif", "end-if"):
            conditions -= 1
        elif name.startswith("if-"):
            conditions += 1
        else:
            column = line.find(value) + 1 if value else line.find(plain) + 1
            span = Span(path, number, column, number, column + max(len(value), 1))
            known = _filled(invocation, value)
            yield from _read(app, invocation, Option(name, known, span, given=False, sure=not conditions), depth)


def _filled(invocation: Invocation, value: str) -> str | None:
    """A value with its variables, of which only the port stays as it is; None where another one is not known."""
    for match in _VARIABLE.finditer(value):
        if match[1] != "PORT":
            return None
    return None if "%" in value or "@(" in value or invocation.cwd is None else value
