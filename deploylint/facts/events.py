"""What importing a Python source does, as data: its imports and calls in their order, when they run, and what is bound.

Places are those of `ast`, whose columns count bytes: `span_of` makes code points of them, for the few that are shown.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from deploylint.record import NamedTuple
from deploylint.text import Span

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator, Mapping

    from deploylint.tree import Tree

Version = tuple[int, int]


class Place(NamedTuple):
    """A region as `ast` counts it: lines from 1, columns in bytes from 0, end exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


class VersionTest(NamedTuple):
    """A test of the Python version under which something runs: `sys.version_info >= (3, 11)`."""

    operator: str
    version: tuple[int, ...]

    def holds(self, version: Version) -> bool | None:
        """Whether it holds on every release of a series; None where that depends on the release."""
        asked, given = self.version[:2], version[: len(self.version)]
        exact = len(self.version) <= 2
        if self.operator in (">=", "<"):
            if not exact and asked == given[:2]:
                return None if any(self.version[2:]) else self.operator == ">="
            return (given >= asked) is (self.operator == ">=")
        if self.operator in (">", "<="):
            # (3, 12, 1) > (3, 12): a release is more than its series.
            return (version >= asked) is (self.operator == ">") if exact else None
        return None


class When(NamedTuple):
    """When something runs. `certain`: whenever the module is imported and `tests` hold; `guarded`: its failure is
    caught, as of all that is tried in `attempt`. What is not certain is it after all where all attempts fail that are
    named in `rescues`, if it names any, or all go well that are named in `follows`.
    """

    certain: bool = True
    guarded: bool = False
    tests: tuple[VersionTest, ...] = ()
    attempt: int = 0
    rescues: tuple[int, ...] = ()
    follows: tuple[int, ...] = ()

    def on(self, version: Version | None) -> When | None:
        """The same on one version of Python, None where it does not run there; without a version, tests are unknown."""
        if not self.tests:
            return self
        results = [None if version is None else test.holds(version) for test in self.tests]
        if False in results:
            return None
        kept = self._replace(tests=())
        return kept if None not in results else kept.maybe

    @property
    def maybe(self) -> When:
        """The same, but it may also not run."""
        return self._replace(certain=False, rescues=(), follows=())


ALWAYS = When()


class Import(NamedTuple):
    """`import module` (no `names`), or `from module import names`; `level` counts the dots in front. `bound` are the
    names that it gives to what it took, one for each of `names`, or the only one.
    """

    module: str
    level: int
    names: tuple[str, ...]
    bound: tuple[str, ...]
    place: Place
    when: When = ALWAYS


class Call(NamedTuple):
    """A call of a plain or dotted name, as it is written."""

    name: str
    place: Place
    when: When = ALWAYS


Event = Import | Call


class Source(NamedTuple):
    """What importing a source does. `events` are imports and calls in their order; `program` those under
    `if __name__ == "__main__"`, which run only in the file that is started; `functions` the same for each function of
    the module. `names` are all that may be bound at the top level; with `dynamic` there may be others. `exports` are
    those in `__all__`, where it is one plain list.

    `trouble` says why nothing is known: `too-large`, `unreadable`, or `syntax`, which `syntax` tells. `needs` is the
    series of Python that the newest construct came with, where that is after 3.10. `size` counts the bytes of what
    could be parsed.
    """

    path: str
    events: tuple[Event, ...] = ()
    program: tuple[Event, ...] = ()
    functions: Mapping[str, tuple[Event, ...]] = MappingProxyType({})
    names: frozenset[str] = frozenset()
    exports: frozenset[str] | None = None
    dynamic: bool = False
    trouble: str | None = None
    syntax: SyntaxFault | None = None
    needs: tuple[Version, Place] | None = None
    size: int = 0

    @property
    def stars(self) -> Iterator[Import]:
        """Its `from … import *`."""
        return (event for event in self.events if isinstance(event, Import) and event.names == ("*",))


class SyntaxFault(NamedTuple):
    """Why a source cannot be parsed. `since` is the oldest Python, newer than the running one, that may read it;
    `until` the one that is the first not to.
    """

    message: str
    place: Place
    since: Version | None = None
    until: Version | None = None

    def is_wrong_on(self, version: Version) -> bool:
        """Whether this Python 3 certainly cannot read the source either."""
        return (self.since is None or version < self.since) and (self.until is None or version >= self.until)


def place_of(node: ast.expr | ast.stmt | ast.alias) -> Place:
    """Where a part of a source stands."""
    return Place(
        node.lineno, node.col_offset, node.end_lineno or node.lineno, node.end_col_offset or node.col_offset + 1
    )


def span_of(tree: Tree, path: str, place: Place) -> Span:
    """A place in code points, as everything that is shown counts."""
    column = tree.text(path).column
    return Span(
        path,
        place.line,
        column(place.line, place.column),
        place.end_line,
        column(place.end_line, place.end_column),
    )
