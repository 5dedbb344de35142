"""The rule files: what each rule is called, what it says of itself, and its cases.

A rule's code and name come from its file name (`PYV003-python-end-of-life.md`), so listing the directory is enough to
know all rules; a file is opened when its rule speaks or when something wants its words. The format is told in
CONTRIBUTING.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from deploylint import package
from deploylint.compat import tomllib
from deploylint.finding import Phase, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

_FILE_NAME = re.compile(r"([A-Z]{3}\d{3})-([a-z0-9-]+)\.md")
_FENCE = "+++"

WHAT = "What it does"
WHY = "Why the deploy fails"
HOW = "How to fix it"
SILENT = "When it stays silent"
CASES = "Cases"
HEADINGS = (WHAT, WHY, HOW, SILENT, CASES)


class RuleFileError(ValueError):
    """A rule file is not of the form that CONTRIBUTING.md tells."""


@dataclass(frozen=True)
class Rule:
    """One rule, as its file describes it. Everything but code and name is read when first asked for."""

    code: str
    name: str
    _read: Callable[[str], str] = field(default=package.read, repr=False, compare=False)

    @property
    def id(self) -> str:
        """`PYV003-python-end-of-life`."""
        return f"{self.code}-{self.name}"

    @cached_property
    def source(self) -> str:
        """The whole file."""
        return self._read(f"{self.id}.md")

    @cached_property
    def _parts(self) -> tuple[Mapping[str, Any], Mapping[str, str]]:
        return parse(self.source, self.id)

    @property
    def meta(self) -> Mapping[str, Any]:
        """The front matter."""
        return self._parts[0]

    @property
    def sections(self) -> Mapping[str, str]:
        """The body by heading, without the headings."""
        return self._parts[1]

    @property
    def summary(self) -> str:
        """One sentence."""
        return str(self.meta["summary"])

    @property
    def phase(self) -> Phase:
        """When the platform meets the fault."""
        return Phase(self.meta["phase"])

    def severity(self, lineage: tuple[str, ...] = ()) -> Severity:
        """The most that a finding of this rule can be, on the platform whose id and ancestors are `lineage`."""
        special = self.meta.get("severity-on", {})
        word = next((special[platform] for platform in lineage if platform in special), self.meta["severity"])
        return Severity.parse(word)

    def applies_to(self, lineage: tuple[str, ...]) -> bool:
        """Whether the rule speaks on the platform whose id and ancestors are `lineage`. A rule without platforms
        claims reasons, and those occur only where the plan of a platform says so.
        """
        platforms = self.meta.get("platforms")
        return platforms is None or any(platform in platforms for platform in lineage)

    @property
    def reasons(self) -> tuple[str, ...]:
        """The platforms' own ids of the faults that this rule puts into words."""
        return tuple(self.meta.get("reasons", ()))


def parse(source: str, where: str) -> tuple[Mapping[str, Any], Mapping[str, str]]:
    """Front matter and sections of a rule file's text. RuleFileError, naming `where`, if it is not of the form."""
    lines = source.splitlines()
    if lines[:1] != [_FENCE] or _FENCE not in lines[1:]:
        raise RuleFileError(f"{where}: the file must begin with TOML between two lines that are exactly {_FENCE}")
    end = lines.index(_FENCE, 1)
    try:
        meta = tomllib.loads("\n".join(lines[1:end]))
    except tomllib.TOMLDecodeError as error:
        raise RuleFileError(f"{where}: {error}") from None
    sections: dict[str, list[str]] = {}
    current: list[str] | None = None
    fence = ""
    for line in lines[end + 1 :]:
        mark = line[: len(line) - len(line.lstrip("`"))] if line.startswith("```") else ""
        if mark:
            fence = "" if fence and len(mark) >= len(fence) else fence or mark
        if line.startswith("## ") and not fence:
            current = sections.setdefault(line[3:].strip(), [])
        elif current is not None:
            current.append(line)
    return meta, {heading: _text_of(body) for heading, body in sections.items()}


def _text_of(lines: list[str]) -> str:
    """Lines without the empty ones around; blanks before the first stay, as they make it code."""
    first = next((number for number, line in enumerate(lines) if line.strip()), len(lines))
    return "\n".join(lines[first:]).rstrip()


class RuleBook:
    """All rules, by code and by name."""

    def __init__(self, directory: Path | None = None) -> None:
        """The rules of `directory`; without one, those that ship with deploylint."""
        self._directory = directory

    def _names(self) -> list[str]:
        return package.names() if self._directory is None else sorted(path.name for path in self._directory.iterdir())

    def _text(self, name: str) -> str:
        return package.read(name) if self._directory is None else (self._directory / name).read_text(encoding="utf-8")

    @cached_property
    def by_code(self) -> Mapping[str, Rule]:
        """The rules, sorted by code."""
        matches = (_FILE_NAME.fullmatch(name) for name in self._names())
        return {match[1]: Rule(match[1], match[2], self._text) for match in matches if match}

    def __iter__(self) -> Iterator[Rule]:
        return iter(self.by_code.values())

    @cached_property
    def _by_word(self) -> Mapping[str, Rule]:
        return {word.lower(): rule for rule in self for word in (rule.code, rule.name, rule.id)}

    def get(self, word: str) -> Rule | None:
        """The rule with this code, name or id, in any case."""
        return self._by_word.get(word.lower())

    @property
    def words(self) -> list[str]:
        """Everything that names a rule, for suggestions."""
        return [word for rule in self for word in (rule.code, rule.name)]
