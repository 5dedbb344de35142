"""Which rules speak: `--select`, `--ignore`, `--extend-select` and `--per-file-ignores`."""

from __future__ import annotations

from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import TYPE_CHECKING

from deploylint.errors import UsageError, nearest
from deploylint.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from deploylint.finding import Finding
    from deploylint.rulebook import RuleBook

ALL = "ALL"


class Selection(NamedTuple):
    """The codes that are on, and the codes that are off for paths that match a pattern."""

    codes: frozenset[str]
    per_file: Mapping[str, frozenset[str]] = MappingProxyType({})

    def keeps(self, finding: Finding, path: str) -> bool:
        """Whether a finding at `path` (from the repository root) is shown."""
        if finding.rule not in self.codes:
            return False
        return not any(finding.rule in codes and matches(path, pattern) for pattern, codes in self.per_file.items())


def matches(path: str, pattern: str) -> bool:
    """Whether a path, or its file name where the pattern has no slash, matches a shell pattern. `*` crosses slashes."""
    return fnmatchcase(path if "/" in pattern else path.rpartition("/")[2], pattern.removeprefix("./"))


def is_meant(code: str, word: str, rules: RuleBook) -> bool:
    """Whether a word names the rule `code`, by itself or among others: see `codes_of`."""
    rule = rules.get(word)
    if rule is not None:
        return rule.code == code
    return word != "" and (word.upper() == ALL or code.startswith(word.upper()))


def codes_of(words: Iterable[str], rules: RuleBook) -> frozenset[str]:
    """The codes that words name: a code, a name, a prefix of codes (`PYV`, `PYV0`), or ALL. UsageError for another."""
    found: set[str] = set()
    for word in dict.fromkeys(part.strip() for item in words for part in item.split(",")):
        if not word:
            continue
        some = [code for code in rules.by_code if is_meant(code, word, rules)]
        if not some:
            raise UsageError(f"unknown rule: {word}{nearest(word, rules.words)}")
        found.update(some)
    return frozenset(found)


def select(
    rules: RuleBook,
    chosen: Iterable[str] = (),
    ignored: Iterable[str] = (),
    more: Iterable[str] = (),
    per_file: Mapping[str, Iterable[str]] | None = None,
) -> Selection:
    """What is on: `chosen` (all where it is empty) and `more`, less `ignored`."""
    chosen = list(chosen)
    base = codes_of(chosen, rules) if chosen else frozenset(rules.by_code)
    codes = (base | codes_of(more, rules)) - codes_of(ignored, rules)
    return Selection(codes, {pattern: codes_of(words, rules) for pattern, words in (per_file or {}).items()})
