"""What a requirements file says, with all the files that it includes.

File by file, its requirements, options and problems, each with its Span. `pipfiles` reads them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from deploylint.facts.piprequirement import VARIABLE
from deploylint.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from deploylint.text import Span, Text


class Requirement(NamedTuple):
    """One requirement.

    `name` is normalised and `written` is what stands at `name_span`: the name, or the link or path of a requirement
    whose name pip only learns by fetching it (`name` is None then). `specifier` is as written, without blanks, or that
    of a wheel's file name. `extras` are normalised. `local_path` is relative to the app root, as pip is run there,
    whichever file names it. `hashes` are `algorithm:digest`. `span` is the whole line, hashes included. With `unknown`
    an environment variable (`${TOKEN}`) or the sheer length hides a part of it: `name`, `specifier` and the rest are
    what can be read without, and may hold the variable.
    """

    name: str | None
    written: str
    specifier: str
    extras: tuple[str, ...]
    marker: str | None
    url: str | None
    editable: bool
    hashes: tuple[str, ...]
    span: Span
    name_span: Span
    local_path: str | None
    constraint: bool
    unknown: bool = False

    @property
    def pinned(self) -> bool:
        """Whether exactly one version satisfies the specifier; False also where a variable hides it."""
        version = self.specifier.removeprefix("===").removeprefix("==")
        one = self.specifier.startswith("==") and not self.specifier.endswith(".*") and "," not in version
        return one and "$" not in version

    def applies(self, environment: Mapping[str, str]) -> bool | None:
        """Whether pip takes the requirement in `environment` (values by the names that PEP 508 gives them); None where
        its marker asks for a value that `environment` lacks, or cannot be evaluated.
        """
        if self.marker is None:
            return True
        if VARIABLE.search(self.marker):
            return None
        from packaging.markers import Marker, UndefinedComparison, UndefinedEnvironmentName

        known = {"extra": "", **environment}
        # packaging fills what is missing from the Python it runs on, which says nothing of the platform.
        if any(_VARIABLES.get(word, word) not in known for word in _asked(self.marker)):
            return None
        try:
            return Marker(self.marker).evaluate(known)
        except (UndefinedComparison, UndefinedEnvironmentName, ValueError, RecursionError):
            return None


_QUOTED_OR_WORD = re.compile(r"""'[^']*'|"[^"]*"|([a-zA-Z_.]+)""")
_OPERATORS = frozenset({"and", "or", "in", "not"})
_VARIABLES = {
    "os.name": "os_name",
    "sys.platform": "sys_platform",
    "platform.version": "platform_version",
    "platform.machine": "platform_machine",
    "platform.python_implementation": "platform_python_implementation",
    "python_implementation": "platform_python_implementation",
}
"""Older spellings that packaging still reads."""


def _asked(marker: str) -> Iterator[str]:
    """The variables of a marker."""
    return (match[1] for match in _QUOTED_OR_WORD.finditer(marker) if match[1] and match[1] not in _OPERATORS)


class Option(NamedTuple):
    """An option: `name` is `-r`, `-c` or else the long name, whatever spelling or abbreviation the line has.

    A flag has the value "" and an empty `value_span` at its end. `ignored`: pip reads it and does nothing with it, as
    with a second `-r` on one line, or with anything but hashes and settings beside a requirement.
    """

    name: str
    value: str
    span: Span
    value_span: Span
    ignored: bool = False


class Problem(NamedTuple):
    """What pip would refuse, or what cannot be known here.

    `kind`: `invalid-line`, `undecodable`, `missing-include`, `directory` are refused by pip; `too-large`,
    `too-many-files`, `url-include`, `unknown-include` are unknown; `outside-include` is unknown where `path` is
    absolute, and else leads out of the app, where the build has nothing. `path` is what an include leads to.
    """

    kind: str
    message: str
    span: Span
    path: str = ""


class RequirementsFile(NamedTuple):
    """One file. `path` is where it lies, links followed; `text` is None where it was not read. `included_from` is the
    value of the option that led here first, None for the file that pip is given. A file that is included both as
    requirements and as constraints occurs twice.
    """

    path: str
    text: Text | None
    requirements: tuple[Requirement, ...]
    options: tuple[Option, ...]
    problems: tuple[Problem, ...]
    included_from: Span | None
    constraint: bool


class Requirements(NamedTuple):
    """All files in the order met, the one that pip is given first; none at all where that one does not exist.

    `cycles` are the values of options that include a file from within itself: pip refuses that since 24.3, and read
    each file again and again before.
    """

    files: tuple[RequirementsFile, ...]
    cycles: tuple[Span, ...] = ()

    @property
    def requirements(self) -> tuple[Requirement, ...]:
        """What is to be installed, file by file."""
        return tuple(found for file in self.files for found in file.requirements if not found.constraint)

    @property
    def constraints(self) -> tuple[Requirement, ...]:
        """What only limits versions."""
        return tuple(found for file in self.files for found in file.requirements if found.constraint)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The problems of all files."""
        return tuple(problem for file in self.files for problem in file.problems)

    @property
    def certain(self) -> bool:
        """Whether `names` is all that is declared: no problem anywhere, and no requirement without a name."""
        return not self.problems and all(found.name is not None for found in self.requirements)

    @property
    def names(self) -> frozenset[str]:
        """The normalised names of what is to be installed, whatever the markers say."""
        return frozenset(found.name for found in self.requirements if found.name is not None)
