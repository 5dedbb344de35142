"""What an evaluation says of a module: its names, what it reads of the environment, and what ends it."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from deploylint.compat import parse_python
from deploylint.facts.values import Binding, Thing, Unknown, Value
from deploylint.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deploylint.facts.environ import Seen
    from deploylint.facts.evaluate import Evaluator
    from deploylint.facts.modules import Import
    from deploylint.facts.python import Module
    from deploylint.text import Span, Text
    from deploylint.tree import Tree

_MARKER = re.compile(r"(?:<{7}|\|{7}|={7}|>{7})(?: |$)")


class Failure(NamedTuple):
    """The exception that certainly ends the import, and where it is raised, unless something before it that is not
    known raised another.
    """

    kind: str
    detail: str
    span: Span | None


class SyntaxFault(NamedTuple):
    """A source that cannot be parsed. `certain` that the Python in force cannot do it either; `conflict` where the
    marker of a merge conflict stands in the way.
    """

    span: Span
    message: str
    certain: bool
    conflict: bool


@dataclass(frozen=True)
class Namespace:
    """What a module binds. `complete` says that it binds nothing but `names`; `finished` that the work was done."""

    path: str
    name: str
    names: Mapping[str, Binding]
    complete: bool
    reads: tuple[Seen, ...]
    imports: tuple[Import, ...]
    faults: tuple[SyntaxFault, ...]
    failure: Failure | None
    steps: int
    finished: bool
    _machine: Evaluator

    def get(self, name: str) -> Value | None:
        """The value of a name; None where it is certainly not bound."""
        binding = self.names.get(name)
        if binding is None:
            return None if self.complete else Unknown("may be bound by something that is not known")
        return binding.value

    def bound(self, name: str) -> bool | None:
        """Whether a name is bound: True, False, or None where it may be."""
        binding = self.names.get(name)
        if binding is None:
            return False if self.complete else None
        return True if binding.certain else None

    @property
    def required(self) -> tuple[Seen, ...]:
        """The reads that certainly happen and raise where the variable is not set."""
        return tuple(seen for seen in self.reads if seen.certain and not seen.guarded and seen.read.raises)

    def variable(self, name: str) -> Value | None:
        """What the module writes into an environment variable; None where it does not."""
        binding = self._machine.overlay.get(name)
        return binding.value if binding else None

    @property
    def opens_environment(self) -> bool:
        """Whether the module may set variables that are not seen, as from a file."""
        return bool(self._machine.flags.get("environ") or self._machine.flags.get("dotenv"))

    @property
    def makes_files(self) -> bool:
        """Whether the module may make files or folders."""
        return bool(self._machine.flags.get("files"))

    def of_class(self, name: str) -> Namespace:
        """What a class of the module gives as settings once it is chosen, for django-configurations."""
        return self._machine.of_class(self, name)

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """The classes of the module that take their settings from the environment when chosen."""
        things = {name: binding.value for name, binding in self.names.items()}
        return tuple(
            name
            for name, value in things.items()
            if type(value) is Thing and value.what == "class" and value.data.kind == "configuration"
        )


def syntax_fault(tree: Tree, module: Module, python: tuple[int, ...] | None) -> SyntaxFault | None:
    """Why a source cannot be parsed; None where that is not its fault but that it is too large or cannot be read."""
    import warnings

    content = tree.read(module.path)
    if content.trouble:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            parse_python(content.data)
    except SyntaxError as error:
        line, column = error.lineno or 1, error.offset or 1
        message = error.msg
    except (ValueError, RecursionError, MemoryError):
        return None
    else:
        return None
    text = module.text
    conflict = bool(_MARKER.match(text.line(line)))
    covered = python is not None and (3,) <= python[:2] <= sys.version_info[:2]
    return SyntaxFault(_clamped(text, line, column), message, covered or conflict, conflict)


def _clamped(text: Text, line: int, column: int) -> Span:
    offset = text.offset(line, column)
    return text.span(offset, min(offset + 1, text.offset(line, len(text.line(line)) + 1)))
