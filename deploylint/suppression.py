"""Comments that take a finding out: `# deploylint: ignore[PYV010] why`, on its line or alone on the line above.

The rule must be named (a code, a name or a prefix of codes). Where a file has no comments, `per-file-ignores` serves.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from deploylint.selection import is_meant

if TYPE_CHECKING:
    from deploylint.finding import Finding
    from deploylint.rulebook import RuleBook
    from deploylint.tree import Tree

_COMMENT = re.compile(r"#[ \t]*deploylint:[ \t]*ignore\[([A-Za-z0-9, \t-]{1,200})\]")


def is_suppressed(finding: Finding, tree: Tree, rules: RuleBook) -> bool:
    """Whether a comment in the file of the finding takes it out."""
    path = finding.span.path
    if not tree.is_file(path):
        return False
    text = tree.text(path)
    above = text.line(finding.span.line - 1).strip()
    lines = [text.line(finding.span.line), above if above.startswith("#") else ""]
    return any(_names(comment[1], finding, rules) for line in lines for comment in _COMMENT.finditer(line))


def _names(words: str, finding: Finding, rules: RuleBook) -> bool:
    # A rule of another version, or a misspelling, takes nothing out.
    return any(is_meant(finding.rule, word.strip(), rules) for word in words.split(","))
