"""Reading requirements files as pip does, with all that they include.

In goes a Tree and the path of the file that pip is given; out comes what `requirements` describes. Includes (`-r`,
`-c`) are followed inside the app only. What pip does is the truth here: how it decodes a file and cuts it into lines is
told in `pipline`, how it reads options in `pipoptions` and a requirement in `piprequirement`.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from deploylint.facts.pipline import Line, UndecodableError, decoded, logical_lines
from deploylint.facts.pipoptions import Given, InvalidLineError, Word, options, split
from deploylint.facts.piprequirement import VARIABLE, Parts, is_plain, judge, normalised
from deploylint.facts.requirements import Option, Problem, Requirement, Requirements, RequirementsFile
from deploylint.record import NamedTuple
from deploylint.text import Span, Text
from deploylint.tree import Kind, Tree, Trouble

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

FILE_LIMIT = 200
DEPTH_LIMIT = 50
LINE_LIMIT = 100_000
"""Lines of all files together; what stands after them is not read."""
SIZE_LIMIT = 16 * 1024 * 1024
"""Bytes of all files together."""
PROBLEM_LIMIT = 200
"""Problems of all files together that are told: pip stops at the first."""
EFFORT_LIMIT = 1_000_000
"""What reading requirements by libraries may cost, all files together: the code points, and a hundred for each call. A
thousand packages, each with a marker, cost a tenth."""
LENGTH_LIMIT = 200_000
"""Code points of one logical line; the longest of real lock files, all hashes of a package, stay below 30,000."""


def read_requirements(tree: Tree, path: str = "requirements.txt") -> Requirements:
    """The requirements file at `path` of `tree` with all that it includes. It never fails: what cannot be read becomes
    a Problem of the file where it stands.
    """
    reader = _Reader(tree)
    entry = tree.follow(path)
    if entry is not None:
        root = _Include(posixpath.normpath(path), entry.path, None, constraint=False)
        if entry.kind is Kind.FILE:
            reader.read(root, ())
        else:
            reader.files.append(_file(root, None, [_not_a_file(entry.kind, Span(entry.path), path)]))
    return Requirements(tuple(reader.files), tuple(reader.cycles))


class _Include(NamedTuple):
    """A file to read: `named` is its path as pip sees it, relative to which its own includes are; `path` is where it
    lies, links followed; `origin` is the value of the option that led here.
    """

    named: str
    path: str
    origin: Span | None
    constraint: bool


class _Room:
    """What may still be said, and spent on libraries, in one reading."""

    def __init__(self) -> None:
        self.problems = PROBLEM_LIMIT
        self.effort = EFFORT_LIMIT
        self.full = False

    def say(self, problems: list[Problem], problem: Problem) -> None:
        """Add a problem to those of its file; where there are too many already, say so once."""
        self.problems -= 1
        if self.problems >= 0:
            problems.append(problem)
        elif self.problems == -1:
            message = f"more than {PROBLEM_LIMIT} faults, of which the rest is not listed here"
            problems.append(Problem("too-large", message, problem.span))

    def spend(self, text: str) -> bool:
        """Whether there is room to have the requirement `text` read by a library."""
        self.effort -= len(text) + 100
        return self.effort >= 0


class _Reader:
    """The state of one reading."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.room = _Room()
        self.files: list[RequirementsFile] = []
        self.cycles: list[Span] = []
        self.seen: set[tuple[str, bool]] = set()
        self.lines = 0
        self.size = 0
        self.full = False

    def read(self, include: _Include, above: tuple[str, ...]) -> None:
        """Read a file and, in order, what it includes; `above` are the files on the way to it, as pip sees them."""
        self.seen.add((include.path, include.constraint))
        place = len(self.files)
        self.files.append(_file(include, None))  # keeps the place before the files that it includes
        text, start, problem = self._text(include)
        if text is None or problem is not None:
            self.files[place] = _file(include, text, [problem] if problem else ())
            return
        raw_lines = text.value[start:].splitlines(keepends=True)
        found = _Found(text, self.tree, self.room, constraint=include.constraint)
        allowed = LINE_LIMIT - self.lines
        self.lines += len(raw_lines)
        for line in logical_lines(raw_lines[:allowed], start):
            found.read(line)
        if len(raw_lines) > allowed:
            end = start + sum(len(raw) for raw in raw_lines[:allowed])
            message = f"more than {LINE_LIMIT} lines, of which the rest is not read here"
            self.room.say(found.problems, Problem("too-large", message, text.span(end, end + 1)))
        for option in found.includes:
            problem = self._follow(option, include, (*above, include.named))
            if problem is not None:
                self.room.say(found.problems, problem)
        self.files[place] = _file(include, text, found.problems, found.requirements, found.options)

    def _text(self, include: _Include) -> tuple[Text | None, int, Problem | None]:
        """A file's text and where its lines begin in it, or why it cannot be read."""
        content = self.tree.read(include.path)
        self.size += len(content.data)
        place = Span(include.path)
        if content.trouble is Trouble.UNREADABLE:
            return None, 0, Problem("unknown-include", "the file cannot be read here", place, include.named)
        if content.trouble is not None or self.size > SIZE_LIMIT:
            return None, 0, Problem("too-large", "the file is too large to be read here", place, include.named)
        try:
            text, start = decoded(include.path, content.data)
        except UndecodableError as error:
            span = error.text.span(error.offset, error.offset + 1)
            return error.text, 0, Problem("undecodable", str(error), span, include.named)
        return text, start, None

    def _follow(self, option: Option, include: _Include, above: tuple[str, ...]) -> Problem | None:
        """Read the file that an option includes, or tell why not."""
        span = option.value_span
        named = posixpath.normpath(posixpath.join(posixpath.dirname(include.named), option.value))
        problem = _beyond(option, named)
        if problem is not None:
            return problem
        entry = self.tree.follow(named)
        if entry is None:
            return Problem("missing-include", f"{named} does not exist", span, named)
        if entry.kind is not Kind.FILE:
            return _not_a_file(entry.kind, span, named)
        target = _Include(named, entry.path, span, constraint=option.name == "-c")
        if named in above:
            if len(self.cycles) < PROBLEM_LIMIT:
                self.cycles.append(span)
        elif (target.path, target.constraint) not in self.seen:
            if len(self.files) < FILE_LIMIT and len(above) < DEPTH_LIMIT:
                self.read(target, above)
            elif not self.full:
                self.full = True
                return Problem("too-many-files", "too many files for all of them to be read here", span, named)
        return None


def _beyond(option: Option, named: str) -> Problem | None:
    """Why an include is not looked for in the app; None where it is."""
    value, span = option.value, option.value_span
    if VARIABLE.search(value):
        return Problem("unknown-include", "an environment variable decides which file this is", span, value)
    if _URL.match(value):
        return Problem("url-include", "the file lies behind a link and is not fetched here", span, value)
    if named.startswith("/"):
        return Problem("outside-include", "an absolute path, which is not read here", span, named)
    if named == ".." or named.startswith("../"):
        return Problem("outside-include", "the path leads out of the app", span, named)
    return None


_URL = re.compile("(?:http|https|file):", re.IGNORECASE)


def _file(
    include: _Include,
    text: Text | None,
    problems: Sequence[Problem] = (),
    requirements: Sequence[Requirement] = (),
    options: Sequence[Option] = (),
) -> RequirementsFile:
    ordered = tuple(sorted(problems, key=lambda problem: problem.span))
    found = (tuple(requirements), tuple(options), ordered)
    return RequirementsFile(include.path, text, *found, include.origin, include.constraint)


def _not_a_file(kind: Kind, span: Span, path: str) -> Problem:
    if kind is Kind.DIRECTORY:
        return Problem("directory", f"{path} is a directory", span, path)
    return Problem("unknown-include", f"what lies at {path} cannot be known here", span, path)


class _Found:
    """What the lines of one file hold."""

    def __init__(self, text: Text, tree: Tree, room: _Room, *, constraint: bool) -> None:
        self.text = text
        self.tree = tree
        self.room = room
        self.constraint = constraint
        self.requirements: list[Requirement] = []
        self.options: list[Option] = []
        self.problems: list[Problem] = []
        self.includes: list[Option] = []
        self.garbled = False

    def read(self, line: Line) -> None:
        """Read one logical line."""
        if len(line.text) > LENGTH_LIMIT:
            self._problem(line, "too-large", "the line is too long to be read here")
            return
        start = split(line.text)
        try:
            if start == len(line.text):
                self._understood(line, line.text, [])
            else:
                # One space parts the two; further blanks are the body's, and a "; " may end it.
                self._understood(line, line.text[: max(start - 1, 0)], options(line.text, start))
        except InvalidLineError as error:
            if VARIABLE.search(line.text):
                whole = Word(line.text, range(len(line.text)), len(line.text))
                self._add(line, whole, Parts((0, len(line.text)), unknown=True), editable=False)
            elif "\0" not in line.text:
                self._problem(line, "invalid-line", str(error))
            elif not self.garbled:
                # UTF-16 without its mark: each line is as wrong as the first.
                self.garbled = True
                self._problem(line, "invalid-line", "NUL bytes: the file is no UTF-8, or damaged")

    def _understood(self, line: Line, body: str, given: list[Given]) -> None:
        """Take in a line that is made of `body`, then options."""
        editable = next((option for option in given if option.name == "-e"), None)
        if body or editable:
            # A body beside `-e` is what pip then takes for the editable requirement.
            source = Word(body, range(len(body)), len(body)) if body or not editable else editable.value
            self._required(line, source, given, editable=editable is not None)
            used = {"--config-settings"} if editable else {"--config-settings", "--hash"}
            read = [(option, option.name not in used) for option in given if option is not editable]
        else:
            read = list(_alone(given))
        for option, ignored in read:
            span, value_span = line.span(self.text, *option.at), line.span(self.text, *option.value.at)
            self.options.append(Option(option.name, option.value.value, span, value_span, ignored))
            if option.name in _INCLUDES and not ignored:
                self.includes.append(self.options[-1])

    def _required(self, line: Line, source: Word, given: list[Given], *, editable: bool) -> None:
        parts = self._judged(line, source.value, editable=editable)
        if self.constraint and (editable or parts.extras or (parts.name is None and not parts.unknown)):
            raise InvalidLineError("a constraint is a name with a specifier: not editable, without extras")
        hashes = () if editable else tuple(option.value.value for option in given if option.name == "--hash")
        self._add(line, source, parts, hashes, editable=editable)

    def _judged(self, line: Line, text: str, *, editable: bool) -> Parts:
        """The parts of a requirement; unknown ones where so many need a library that the rest is not read."""
        if (is_plain(text) and not editable) or self.room.spend(text):
            return judge(text, self._exists, editable=editable)
        if not self.room.full:
            self.room.full = True
            self._problem(line, "too-large", "from here on requirements that take long to read are not read")
        return Parts((0, len(text)), unknown=True)

    def _add(self, line: Line, source: Word, parts: Parts, hashes: tuple[str, ...] = (), *, editable: bool) -> None:
        start, end = parts.at
        requirement = Requirement(
            name=None if parts.name is None else normalised(parts.name),
            written=source.value[start:end],
            specifier=parts.specifier,
            extras=parts.extras,
            marker=parts.marker,
            url=parts.url,
            editable=editable,
            hashes=hashes,
            span=line.span(self.text, 0, len(line.text)),
            name_span=line.span(self.text, *Word(source.value[start:end], source.places[start:end], source.end).at),
            local_path=parts.local_path,
            constraint=self.constraint,
            unknown=parts.unknown,
        )
        self.requirements.append(requirement)

    def _problem(self, line: Line, kind: str, message: str) -> None:
        self.room.say(self.problems, Problem(kind, message, line.span(self.text, 0, len(line.text))))

    def _exists(self, path: str) -> bool:
        """Whether something may lie at `path`, from the app root, where pip is run."""
        named = posixpath.normpath(path)
        return named.startswith("/") or named.split("/")[0] == ".." or self.tree.may_exist(named)


_INCLUDES = ("-r", "-c")


def _alone(given: list[Given]) -> Iterator[tuple[Given, bool]]:
    """The options of a line without a requirement, each with whether pip ignores it."""
    # Of a line that includes a file pip does nothing but that, once, and `-r` goes before `-c`.
    names = {option.name for option in given}
    include = next((name for name in _INCLUDES if name in names), None)
    once = {include, "--find-links"}
    for option in given:
        used = option.name == include if include else option.name != "--hash"
        yield option, not used or (option.name in once and option.name not in names)
        if option.name in once:
            names.discard(option.name)
