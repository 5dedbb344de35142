"""The cases of the rule files: each `###` under `## Cases` is a small app with the findings that it must give.

The form is told in CONTRIBUTING.md. A case compares the findings of its own rule only: whole apps are compared by the
fixtures.
"""

from __future__ import annotations

import datetime as dt
import re
import shlex
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from deploylint.compat import tomllib
from deploylint.rulebook import CASES, RuleBook
from deploylint.tree import Entry, Kind, Remark, Tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploylint.rulebook import Rule

TODAY = dt.date(2026, 11, 22)
"""The day of every case that names none."""

_ESCAPES = {"\\r": "\r", "\\t": "\t", "\\0": "\0", "\\f": "\f", "\\v": "\v", "\\\\": "\\"}
_ESCAPE = re.compile(r"\\(?:x[0-9a-f]{2}|u[0-9a-f]{4}|[rt0fv\\])")
_KEYS = {"platform", "stack", "as-of", "untracked", "before", "buildpacks"}


@dataclass
class Case:
    rule: Rule
    title: str
    files: dict[str, str | bytes | Entry] = field(default_factory=dict)
    executable: set[str] = field(default_factory=set)
    settings: dict[str, Any] = field(default_factory=dict)
    findings: list[str] | None = None
    diff: str | None = None

    @property
    def id(self) -> str:
        return f"{self.rule.code}: {self.title}"

    @property
    def tree(self) -> Tree:
        tree = Tree.of(self.files, untracked=self.settings.get("untracked", ()), before=self.settings.get("before"))
        entries = {
            path: entry._replace(executable=True) if path in self.executable else entry
            for path, entry in tree.entries.items()
        }
        tree = replace(tree, entries=entries)
        conflicts = [Remark("conflict", path) for path, entry in tree.entries.items() if entry.kind is Kind.UNKNOWN]
        return replace(tree, remarks=tuple(conflicts))

    @property
    def today(self) -> dt.date:
        day: dt.date = self.settings.get("as-of", TODAY)
        return day


def all_cases() -> list[Case]:
    return [case for rule in RuleBook() for case in cases_of(rule)]


def cases_of(rule: Rule) -> list[Case]:
    found = []
    for part in re.split(r"(?m)^### ", rule.sections[CASES])[1:]:
        title, _, body = part.partition("\n")
        case = Case(rule, title.strip())
        for info, text in _blocks(body):
            _take(case, info, text)
        assert case.findings is not None, f"{case.id}: no findings block"
        found.append(case)
    return found


def _blocks(body: str) -> Iterator[tuple[str, str]]:
    info = None
    lines: list[str] = []
    for line in body.splitlines():
        if info is None:
            if line.startswith("```"):
                info, lines = line[3:].strip(), []
        elif line == "```":
            yield info, "".join(f"{item}\n" for item in lines)
            info = None
        else:
            lines.append(line)
    assert info is None, f"a block is not closed: {info}"


def _take(case: Case, info: str, text: str) -> None:
    words = shlex.split(info)
    if words[:1] == ["findings"]:
        case.findings = text.splitlines()
    elif words[:1] == ["diff"]:
        case.diff = _ESCAPE.sub(_unescape, text) if "escape" in words else text
    elif words == ["toml", "case"]:
        case.settings = tomllib.loads(text)
        assert case.settings.keys() <= _KEYS, f"{case.id}: unknown key"
    else:
        options = dict(word.partition("=")[::2] for word in words[1:])
        case.files[options["path"]] = _file(options, text)
        if options.get("mode") == "755":
            case.executable.add(options["path"])


def _file(options: dict[str, str], text: str) -> str | bytes | Entry:
    path = options["path"]
    if "dir" in options:
        return Entry(path, Kind.DIRECTORY)
    if "link" in options:
        return Entry(path, Kind.LINK, target=options["link"])
    if "conflict" in options:
        return Entry(path, Kind.UNKNOWN)
    if "submodule" in options:
        return Entry(path, Kind.SUBMODULE)
    if "noeol" in options:
        text = text.removesuffix("\n")
    # For files that are too large to be written out.
    text *= int(options.get("repeat", 1))
    if "escape" in options:
        return _ESCAPE.sub(_unescape, text).encode("utf-8", "surrogateescape")
    assert options.get("mode") in (None, "755"), options
    return text


def _unescape(match: re.Match[str]) -> str:
    word = match[0]
    if word in _ESCAPES:
        return _ESCAPES[word]
    code = int(f"0x{word[2:]}", base=0)
    # \x80 to \xff are bytes, which are no UTF-8 by themselves; \u gives the character.
    return chr(code + 0xDC00) if word[1] == "x" and code > 0x7F else chr(code)


__all__ = ["TODAY", "Case", "all_cases", "cases_of"]
