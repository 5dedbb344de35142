"""What a distribution's own published files say of it, and how the package data writes that down.

In goes an answer: the core metadata, the names of the files of one wheel (or of an installation of it), its entry
points, and, where an index was asked, the list of the release's files. Out comes a Record, and its lines. Nothing here
reads a disk or asks anybody, and nothing of a distribution is run.
"""

from __future__ import annotations

import configparser
import re
from email.parser import HeaderParser
from typing import TYPE_CHECKING, NamedTuple, TypedDict

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Release(TypedDict):
    """A file of a release as an index lists it."""

    filename: str
    yanked: bool


class Answer(TypedDict, total=False):
    """All that was found out about one distribution. `by` is `installed` or `index`; `unbuilt` tells that the metadata
    is that of a source distribution. What is not known is left out.
    """

    asked: str
    by: str
    version: str
    metadata: str
    unbuilt: bool
    files: list[str]
    entry_points: str
    namespaces: str
    tags: list[str]
    releases: list[Release]


class Record(NamedTuple):
    """What the data says of one distribution; None is not known, as in `deploylint.knowledge.distributions`."""

    name: str
    version: str
    imports: tuple[str, ...] | None
    accidental: tuple[str, ...]
    scripts: tuple[str, ...]
    needs: tuple[tuple[str, str], ...] | None
    extras: tuple[str, ...]
    python: str
    wheels: tuple[frozenset[str], frozenset[str]] | None
    sdist: bool | None

    def lines(self) -> Iterator[str]:
        """Its block: a line with name and version, and a line that begins with a blank for each thing known."""
        yield f"{self.name} {self.version}"
        if self.python:
            yield f" python {self.python}"
        if self.imports is not None:
            yield f" imports {' '.join(self.imports) or '-'}"
        for key, words in (("accidental", self.accidental), ("scripts", self.scripts), ("extras", self.extras)):
            if words:
                yield f" {key} {' '.join(words)}"
        if self.needs is None:
            yield " needs ?"
        for extra, text in self.needs or ():
            yield f" needs[{extra}] {text}" if extra else f" needs {text}"
        if self.wheels is not None:
            intel, arm = self.wheels
            yield from _wheel_lines(intel, arm)
        if self.sdist is not None:
            yield f" sdist {'yes' if self.sdist else 'no'}"


def record(name: str, answer: Answer) -> Record | None:
    """What an answer says of `name`; None where there is no release."""
    version = answer.get("version", "")
    if not re.fullmatch(r"[0-9A-Za-z.!+_-]+", version):
        return None
    if "metadata" not in answer:
        return Record(name, version, None, (), (), None, (), "", _wheels(answer), _sdist(answer))
    headers = HeaderParser().parsestr(answer["metadata"])
    files = answer.get("files")
    imports, accidental = import_names(files, answer.get("namespaces", "").split(), name) if files else (None, ())
    # A wheel's metadata is final: there, "Dynamic" only tells what building it has filled in.
    unsettled = {str(value).lower() for value in headers.get_all("Dynamic", [])} if answer.get("unbuilt") else set()
    return Record(
        name,
        version,
        imports,
        accidental,
        scripts(files or [], answer.get("entry_points", "")),
        None if "requires-dist" in unsettled else needs(map(str, headers.get_all("Requires-Dist", []))),
        tuple(sorted({canonicalize_name(str(extra).strip()) for extra in headers.get_all("Provides-Extra", [])})),
        "".join(str(headers.get("Requires-Python", "")).split()),
        _wheels(answer),
        _sdist(answer),
    )


ACCIDENTAL = frozenset(
    {"bench", "benchmark", "benchmarks", "build", "conftest", "demo", "demos", "dist", "doc", "docs", "example"}
    | {"examples", "integration_tests", "sample", "samples", "scripts", "setup", "src", "test", "tests", "tools"}
    | {"unit_tests", "util", "utils"}
)
"""Top-level names that a distribution hardly means to bring, unless it is called so."""

SIBLINGS = 40
"""A namespace with more parts than this stands for them all."""

_EXTENSION = re.compile(r"([^.]+)(?:\.[^/]*)?\.so")
_DATA = re.compile(r"[^/]+\.data/(?:purelib|platlib)/")


class _Folder:
    """A folder of a wheel that may hold modules."""

    def __init__(self) -> None:
        self.modules: set[str] = set()
        self.folders: dict[str, _Folder] = {}


def import_names(files: Iterable[str], namespaces: Iterable[str], name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The modules and packages that the files of a wheel bring, sorted: those meant, and those of ACCIDENTAL.

    A folder without `__init__` is a namespace, and so is one that `namespaces` names: what lies below it is listed.
    """
    root = _Folder()
    for path in files:
        *folders, last = _DATA.sub("", path, count=1).split("/")
        module = last.removesuffix(".py") if last.endswith(".py") else None
        extension = _EXTENSION.fullmatch(last)
        module = extension[1] if extension else module
        if module is None or module.endswith("__mypyc") or not all(map(str.isidentifier, (*folders, module))):
            continue
        folder = root
        for part in folders:
            folder = folder.folders.setdefault(part, _Folder())
        folder.modules.add(module)
    found = sorted(_below(root, "", frozenset(namespaces)))
    own = name.replace("-", "_")
    meant = [item for item in found if item.partition(".")[0] not in ACCIDENTAL - {own}]
    rest = {item.partition(".")[0] for item in found} - {item.partition(".")[0] for item in meant}
    return tuple(meant), tuple(sorted(rest))


def _below(folder: _Folder, prefix: str, namespaces: frozenset[str]) -> list[str]:
    found = [prefix + module for module in folder.modules - {"__init__", "__main__"}]
    for name, inner in folder.folders.items():
        path = prefix + name
        if "__init__" in inner.modules and path not in namespaces:
            found.append(path)
        else:
            parts = _below(inner, f"{path}.", namespaces)
            whole = len(parts) > SIBLINGS or (not parts and "__init__" in inner.modules)
            found += [path] if whole else parts
    return sorted(set(found))


def scripts(files: Iterable[str], entry_points: str) -> tuple[str, ...]:
    """The commands of a wheel, or of its installation: console scripts, and files that it puts beside them."""
    points = _entry_points(entry_points)
    found = set(points.get("console_scripts", ()))
    for path in files:
        folder, _, last = path.rpartition("/")
        if folder.endswith((".data/scripts", "../bin")) and last not in points.get("gui_scripts", ()):
            found.add(last)
    return tuple(sorted(script for script in found if script and not re.search(r"\s", script)))


def _entry_points(text: str) -> dict[str, list[str]]:
    parser = configparser.ConfigParser(delimiters=("=",), interpolation=None, strict=False)
    parser.optionxform = str  # type: ignore[method-assign, assignment]
    try:
        parser.read_string(text)
    except configparser.Error:
        return {}
    return {section: [key.strip() for key in parser[section]] for section in parser.sections()}


def needs(requirements: Iterable[str]) -> tuple[tuple[str, str], ...] | None:
    """Extra and text of each requirement, sorted, those that always apply first; None where one cannot be read."""
    found = set()
    for text in requirements:
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            return None
        marker, extra = split_extra(str(requirement.marker) if requirement.marker else "")
        extras = ",".join(sorted(map(canonicalize_name, requirement.extras)))
        short = canonicalize_name(requirement.name) + (f"[{extras}]" if extras else "")
        short += f" @ {requirement.url}" if requirement.url else ",".join(sorted(map(str, requirement.specifier)))
        found.add((extra, short + (f"; {marker}" if marker else "")))
    return tuple(sorted(found))


_ONLY_EXTRA = re.compile(r'extra == "([^"]+)"')
_LAST_EXTRA = re.compile(r'(.+) and extra == "([^"]+)"')
_FIRST_EXTRA = re.compile(r'extra == "([^"]+)" and (.+)')


def split_extra(marker: str) -> tuple[str, str]:
    """A marker without the extra that it asks for, and that extra; the marker as it is where it asks otherwise."""
    only = _ONLY_EXTRA.fullmatch(marker)
    if only:
        return "", canonicalize_name(only[1])
    last, first = _LAST_EXTRA.fullmatch(marker), _FIRST_EXTRA.fullmatch(marker)
    rest, extra = (last[1], last[2]) if last else (first[2], first[1]) if first else ("", "")
    if not extra or "extra" in rest or _has_or(rest):
        return marker, ""
    return rest, canonicalize_name(extra)


def _has_or(marker: str) -> bool:
    """Whether a marker has an `or` outside of brackets."""
    depth = 0
    for part in re.findall(r"\"[^\"]*\"|'[^']*'|[()]|\bor\b", marker):
        depth += {"(": 1, ")": -1}.get(part, 0)
        if part == "or" and depth == 0:
            return True
    return False


def _wheels(answer: Answer) -> tuple[frozenset[str], frozenset[str]] | None:
    """The labels of the wheels for x86-64 and for arm64. An installation shows one wheel only, so all is known only if
    that one fits everywhere.
    """
    if "releases" in answer:
        names = [file["filename"] for file in answer["releases"] if file["filename"].endswith(".whl")]
        labels = [pair for name in names for pair in _labels(name)]
        return (
            frozenset(label for label, machine in labels if machine != "aarch64"),
            frozenset(label for label, machine in labels if machine != "x86_64"),
        )
    if any(tag.endswith("-none-any") and "py3" in tag.partition("-")[0].split(".") for tag in answer.get("tags", ())):
        return frozenset({"any"}), frozenset({"any"})
    return None


def _sdist(answer: Answer) -> bool | None:
    if "releases" not in answer:
        return None
    return any(not file["filename"].endswith((".whl", ".egg", ".exe")) for file in answer["releases"])


def _labels(filename: str) -> Iterator[tuple[str, str]]:
    """What a wheel asks of CPython, with the machine it is for, "" for every machine; nothing if it is not for Linux
    with glibc, or for another Python.
    """
    try:
        tags = parse_wheel_filename(filename)[3]
    except InvalidWheelFilename:
        return
    for tag in tags:
        machine = "" if tag.platform == "any" else tag.platform.partition("_")[2]
        machine = next((known for known in ("x86_64", "aarch64") if machine.endswith(known)), machine)
        linux = tag.platform == "any" or (tag.platform.startswith(("manylinux", "linux_")) and machine)
        if not linux or machine not in ("", "x86_64", "aarch64"):
            continue
        if tag.abi == "none" and re.fullmatch("(?:py|cp)3[0-9]*", tag.interpreter):
            yield "any" if (tag.interpreter, machine) == ("py3", "") else tag.interpreter, machine
        elif tag.abi == "abi3" and re.fullmatch("cp3[0-9]+", tag.interpreter):
            yield f"{tag.interpreter}-abi3", machine
        elif tag.abi == tag.interpreter and re.fullmatch("cp3[0-9]+", tag.interpreter):
            yield tag.interpreter, machine


def _wheel_lines(intel: frozenset[str], arm: frozenset[str]) -> Iterator[str]:
    if intel & arm or not intel | arm:
        yield f" wheels {' '.join(sorted(intel & arm, key=_by_number)) or '-'}"
    for key, labels in (("x86-64", intel - arm), ("arm64", arm - intel)):
        if labels:
            yield f" wheels-{key} {' '.join(sorted(labels, key=_by_number))}"


def _by_number(label: str) -> tuple[int, str]:
    number = re.search("[0-9]+", label)
    return int(number[0]) if number else 0, label
