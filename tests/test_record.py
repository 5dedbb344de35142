"""Named tuples are as those of `typing`."""

from __future__ import annotations

import copy
import pickle
import typing

import pytest

from deploylint.record import NamedTuple


class Ours(NamedTuple):
    """A place."""

    line: int
    column: int = 1

    @property
    def next(self) -> int:
        """The line below."""
        return self.line + 1

    def moved(self, by: int) -> Ours:
        """Further down."""
        return self._replace(line=self.line + by)


class Theirs(typing.NamedTuple):
    """A place."""

    line: int
    column: int = 1

    @property
    def next(self) -> int:
        """The line below."""
        return self.line + 1

    def moved(self, by: int) -> Theirs:
        """Further down."""
        return self._replace(line=self.line + by)


def test_what_one_says_of_itself() -> None:
    for name in ("__doc__", "__module__", "_fields", "_field_defaults", "__match_args__", "__mro__"):
        assert str(getattr(Ours, name)).replace("Ours", "Theirs") == str(getattr(Theirs, name))
    assert repr(Ours(3)) == "Ours(line=3, column=1)"


def test_what_one_does() -> None:
    ours, theirs = Ours(3), Theirs(3)
    assert tuple(ours) == tuple(theirs) == (3, 1)
    assert hash(ours) == hash(theirs)
    assert ours.next == theirs.next == 4
    assert tuple(ours.moved(2)) == tuple(theirs.moved(2)) == Ours(column=1, line=5)
    assert type(ours.moved(2)) is Ours
    assert ours._asdict() == theirs._asdict()
    assert pickle.loads(pickle.dumps(ours)) == copy.copy(ours) == ours
    match ours:
        case Ours(line, column):
            assert (line, column) == ours


@pytest.mark.parametrize("wrong", [{}, {"line": 1, "other": 2}])
def test_what_one_refuses(wrong: dict[str, int]) -> None:
    for kind in (Ours, Theirs):
        with pytest.raises(TypeError):
            kind(**wrong)
    with pytest.raises(AttributeError):
        Ours(1).line = 2  # type: ignore[misc]
