"""The version of its own tool that a project asks for: `required-version` of uv, `requires-poetry` of Poetry.

Observed with uv 0.12.5: a uv.toml hides [tool.uv], a bare version means exactly that one, and what is no specifier is
passed over with a warning. Read in the source of Poetry 2.4.1 (`poetry/factory.py`), which reads the constraint as it
reads those of dependencies.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from deploylint.facts.locks import place, read_toml, table
from deploylint.facts.releases import precedes, release
from deploylint.record import NamedTuple

if TYPE_CHECKING:
    from deploylint.text import Span
    from deploylint.tree import Tree

_MANIFEST = "pyproject.toml"
_PLACES = {
    "uv": (("uv.toml", (), "required-version"), (_MANIFEST, ("tool", "uv"), "required-version")),
    "poetry": ((_MANIFEST, ("tool", "poetry"), "requires-poetry"),),
}
_NUMBERS = re.compile(r"[0-9][0-9.]*")


class Wanted(NamedTuple):
    """What is asked for, as it is written, and where."""

    tool: str
    version: str
    span: Span

    def allows(self, running: str) -> bool | None:
        """Whether the tool takes its own version `running`; None where that cannot be said."""
        if self.tool == "poetry":
            from deploylint.facts.poetrylock import allows

            return allows(self.version, running)
        from deploylint.facts.releases import within

        bare = release(self.version.strip()) is not None
        return within(f"=={self.version}" if bare else self.version, running)

    def is_past(self, running: str) -> bool:
        """Whether it names no version that is newer than `running`, so that no newer tool will be taken either."""
        named = [release(found.strip(".")) for found in _NUMBERS.findall(self.version)]
        now = release(running)
        return now is not None and all(numbers is not None and not precedes(now, numbers) for numbers in named)


def wanted(tree: Tree, tool: str) -> Wanted | None:
    """The version that the files in the root ask for; None where they ask for none."""
    for file, keys, key in _PLACES.get(tool, ()):
        if not tree.is_file(file):
            continue
        # Few projects ask for a version, and what is not there need not be parsed.
        document = read_toml(tree, file) if key.encode() in tree.read(file).data else None
        value = table(document.data, *keys).get(key) if document else None
        if document and isinstance(value, str):
            return Wanted(tool, value, place(document.text, ".".join(keys), key))
        if file != _MANIFEST:
            return None
    return None
