"""What one requirement of a requirements file says: name, specifier, extras, marker, link.

In goes the text of a requirement, that is a logical line without its options; out come its parts with offsets, or why
pip refuses it (`judge`). Nothing here reads a file.

The behaviour is that of today's pip (`constructors.py`, read at 26.3). Most lines are plain, as `name==1.2.3`; they are
read here alone, since importing the two libraries costs more time than the rest of a run. For any other requirement
packaging has the last word on names, specifiers and markers. Links are read by pip-requirements-parser, and then by the
checks that pip has made stricter since that library was written.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from deploylint.facts.pipoptions import InvalidLineError
from deploylint.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

LIMIT = 2000
"""Code points of a requirement that are handed to a library; nothing is said of a longer one."""

VARIABLE = re.compile(r"\$\{[A-Z0-9_]+\}")
"""What pip replaces by the value of an environment variable."""

ARCHIVES = (
    *(".zip", ".whl", ".tar.gz", ".tgz", ".tar", ".tar.bz2", ".tbz"),
    *(".tar.xz", ".txz", ".tlz", ".tar.lz", ".tar.lzma"),
)
_SYSTEMS = {
    "bzr": ("http", "https", "ssh", "sftp", "ftp", "lp", "file"),
    "git": ("http", "https", "ssh", "git", "file"),
    "hg": ("file", "http", "https", "ssh", "static-http"),
    "svn": ("ssh", "http", "https", "svn", "file"),
}
SYSTEM_SCHEMES = frozenset(f"{system}+{scheme}" for system, schemes in _SYSTEMS.items() for scheme in schemes)
_SCHEMES = frozenset({"http", "https", "file", "ftp"}) | SYSTEM_SCHEMES

# What may follow a repetition never begins with a character that the repetition could take, so a match that fails gives
# back each character at most once. Digits are bounded, for Python refuses to read very long integers.
_NUMBER = "[0-9]{1,18}"
_RELEASE = rf"{_NUMBER}(?:\.{_NUMBER})*"
_VERSION = rf"{_RELEASE}(?:(?:a|b|rc){_NUMBER})?(?:\.post{_NUMBER})?(?:\.dev{_NUMBER})?"
_CLAUSE = rf"(?:(?:==|!=|<=|>=|<|>) ?{_VERSION}|[=!]= ?{_RELEASE}\.\*|~= ?{_NUMBER}(?:\.{_NUMBER})+)"
_WORD = "[A-Za-z0-9]+(?:[._-]+[A-Za-z0-9]+)*"
PLAIN = re.compile(rf"{_WORD}(?:\[{_WORD}(?:, ?{_WORD})*\])?(?: ?{_CLAUSE}(?: ?, ?{_CLAUSE})*)?")
"""A requirement that needs no library. Everything it matches, packaging accepts."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_LINK = re.compile(r"[^ \t]+")
_PROJECT = re.compile(_WORD)
_EGG = re.compile(r"[#&]egg=([^&]*)")
_RUNS = re.compile(r"[-_.]+")
_NOT_IN_PATHS = re.compile(r"[<>=!~;,\s]")


class Parts(NamedTuple):
    """A requirement taken apart. `at` is start and end of the name within the text, or of the link or path where there
    is no name. `specifier` is as written, without blanks; `extras` are normalised, in their order. `unknown` where an
    environment variable decides, or where the text is too long to be read.
    """

    at: tuple[int, int]
    name: str | None = None
    specifier: str = ""
    extras: tuple[str, ...] = ()
    marker: str | None = None
    url: str | None = None
    local_path: str | None = None
    unknown: bool = False


def normalised(name: str) -> str:
    """`name` as package indexes compare it: what `packaging.utils.canonicalize_name` gives, without the import."""
    return _RUNS.sub("-", name).lower()


def is_plain(text: str) -> bool:
    """Whether `judge` needs no library for the requirement `text`, as for most."""
    bare = text.rstrip(" ")
    return PLAIN.fullmatch(bare) is not None and not _is_archive(bare)


def judge(text: str, exists: Callable[[str], bool], *, editable: bool = False) -> Parts:
    """The parts of the requirement `text`; InvalidLineError where pip refuses it.

    `exists` tells whether something lies at a path of the app. It is asked only for text that would be an odd path;
    whether anything lies at a path that looks like one, is for the reader of `local_path` to find out.
    """
    if not editable and is_plain(text):
        return _named(text, text, len(text), None)
    if not text:
        raise InvalidLineError("an editable requirement needs a folder or a link")
    if len(text) > LIMIT:
        return Parts((0, len(text)), unknown=True)
    # Digits are good in a name, a version, a marker, a link and a path; with as many of them all offsets stay.
    masked = VARIABLE.sub(lambda variable: "1" * len(variable[0]), text)
    read = _read_editable if editable else _read
    if masked == text:
        return read(text, text, exists)
    try:
        parts = read(masked, text, exists)
    except InvalidLineError:
        return Parts((0, len(text)), unknown=True)
    named = parts.name is not None and not VARIABLE.search(parts.name)
    return parts._replace(name=parts.name if named else None, unknown=True)


def _read(masked: str, text: str, exists: Callable[[str], bool]) -> Parts:
    link = _scheme(masked) in _SCHEMES
    blank = "; " if link else ";"
    cut = masked.find(blank)
    end, rest = (len(masked), len(masked)) if cut < 0 else (cut, cut + len(blank))
    _check_marker(masked[rest:].strip())
    marker = text[rest:].strip() or None
    head = masked[:end].strip()
    if link:
        parts = _linked(head, text[: len(head)])
    elif _is_archive(head):
        parts = _local(head, text[: len(head)])
    else:
        try:
            _check_requirement(head)
            return _named(masked, text, end, marker)
        except InvalidLineError:
            if not _could_be_path(head, exists):
                raise
        parts = _local(head, text[: len(head)])
    return parts._replace(marker=marker)


def _read_editable(masked: str, text: str, exists: Callable[[str], bool]) -> Parts:
    """As `_read`; pip takes `name @ link`, a link of a version control system, or a folder."""
    try:
        requirement = _check_requirement(masked)
    except InvalidLineError:
        requirement = None
    if requirement is not None and requirement.url:
        if _scheme(requirement.url) not in SYSTEM_SCHEMES and not requirement.url.startswith("file:"):
            raise InvalidLineError("an editable requirement is a folder or a link of a version control system")
        parts = _named(masked, text, len(masked), None)
        assert parts.url is not None
        rest = text[text.index(parts.url, parts.at[1]) + len(parts.url) :]
        return parts._replace(marker=rest.strip().removeprefix(";").strip() or None)
    scheme = _scheme(masked)
    if scheme in SYSTEM_SCHEMES or scheme in _SYSTEMS:
        parts = _linked(masked, text, editable=True)
        if not _EGG.search(masked):
            raise InvalidLineError("pip must be told the name of the project, by `name @ link`")
        return parts
    if scheme == "file":
        base = _without_extras(masked)
        return _linked(masked[:base], text[:base], editable=True)._replace(extras=_path_extras(masked, text, base))
    if "://" in masked or (_NOT_IN_PATHS.search(masked) and not exists(masked[: _without_extras(masked)])):
        raise InvalidLineError("an editable requirement is a folder or a link of a version control system")
    base = _without_extras(masked)
    return Parts((0, base), extras=_path_extras(masked, text, base), local_path=text[:base])


def _scheme(text: str) -> str:
    return text.partition(":")[0].lower() if ":" in text else ""


def _is_archive(head: str) -> bool:
    """Whether pip takes the text for the file name of an archive, present or not."""
    base = head[: _without_extras(head)].rstrip("/")
    before, at, _ = head.partition("@")
    return base.lower().endswith(ARCHIVES) and (not at or "/" in before or before.startswith("."))


def _could_be_path(head: str, exists: Callable[[str], bool]) -> bool:
    """Whether pip would take the text for a folder if it were there; text that is hardly a path must be there."""
    base = head[: _without_extras(head)]
    if "://" in base or not ("/" in base or base.startswith(".")):
        return False
    return not _NOT_IN_PATHS.search(base) or exists(base)


def _without_extras(path: str) -> int:
    """Where the `[extras]` at the end of a path begin."""
    if not path.endswith("]"):
        return len(path)
    at = path.rfind("[")
    return at if at > 0 and "]" not in path[at:-1] and len(path) - at > 2 else len(path)


def _path_extras(masked: str, text: str, base: int) -> tuple[str, ...]:
    if base == len(masked):
        return ()
    _check_requirement(f"placeholder{masked[base:]}")
    return _extras(text[base + 1 : len(masked) - 1])


def _extras(inside: str) -> tuple[str, ...]:
    return tuple(normalised(extra.strip()) for extra in inside.split(",") if extra.strip())


def _named(masked: str, text: str, end: int, marker: str | None) -> Parts:
    """The parts of a requirement that begins with its name, known to be valid, up to `end`."""
    found = _NAME.search(masked)
    assert found is not None
    name = text[slice(*found.span())]
    at = _after_blanks(masked, found.end())
    extras: tuple[str, ...] = ()
    if masked.startswith("[", at):
        close = masked.index("]", at)
        extras = _extras(text[at + 1 : close])
        at = _after_blanks(masked, close + 1)
    if masked.startswith("@", at):
        link = _LINK.search(text, at + 1, end)
        assert link is not None
        _egg(link[0])
        return Parts(found.span(), name, "", extras, marker, link[0], _file_path(link[0]))
    clauses = "".join(text[at:end].split()).removeprefix("(").removesuffix(")").split(",")
    return Parts(found.span(), name, ",".join(clause for clause in clauses if clause), extras, marker)


def _after_blanks(text: str, at: int) -> int:
    while text[at : at + 1] in (" ", "\t"):
        at += 1
    return at


def _linked(masked: str, text: str, *, editable: bool = False) -> Parts:
    """The parts of a link without `name @` before it."""
    start, end = _last_part(masked)
    wheel = None if editable else _wheel(masked[start:end])
    _check_link(masked, editable=editable)
    path = _file_path(text)
    whole = Parts((0, len(masked)), url=text, local_path=path)
    egg = _egg(masked)
    if wheel:
        name, version = wheel
        return whole._replace(at=(start, start + len(name)), name=text[start : start + len(name)], specifier=version)
    if egg:
        return whole._replace(at=egg.span(1), name=text[slice(*egg.span(1))])
    name = "" if _scheme(masked) in SYSTEM_SCHEMES or editable else _sdist(masked[start:end])
    return whole._replace(at=(start, start + len(name)), name=text[start : start + len(name)]) if name else whole


def _local(masked: str, text: str) -> Parts:
    """The parts of a path to a folder or an archive."""
    base = _without_extras(masked)
    start = masked.rfind("/", 0, base) + 1
    extras = _path_extras(masked, text, base)
    whole = Parts((0, base), extras=extras, local_path=text[:base])
    wheel = _wheel(masked[start:base])
    if wheel:
        name, version = wheel
        return whole._replace(at=(start, start + len(name)), name=text[start : start + len(name)], specifier=version)
    name = _sdist(masked[start:base])
    return whole._replace(at=(start, start + len(name)), name=text[start : start + len(name)]) if name else whole


def _last_part(link: str) -> tuple[int, int]:
    """Start and end of the file name in a link."""
    end = min(at for at in (link.find("#"), link.find("?"), len(link)) if at >= 0)
    end = len(link[:end].rstrip("/"))
    return link.rfind("/", 0, end) + 1, end


_WHEEL_DOTS = 60
"""A wheel's tags are all combinations of what stands between its dots; the longest names known have some thirty."""


def _wheel(file: str) -> tuple[str, str] | None:
    """Name as written and specifier of a wheel's file name; None for another file."""
    if not file.endswith(".whl"):
        return None
    if file.count(".") > _WHEEL_DOTS:
        raise InvalidLineError("the wheel's file name has too many parts")
    from urllib.parse import unquote

    from packaging.utils import InvalidWheelFilename, parse_wheel_filename

    try:
        version = parse_wheel_filename(unquote(file))[1]
    except InvalidWheelFilename as error:
        raise InvalidLineError(_first_line(error)) from None
    return file.partition("-")[0], f"=={version}"


def _sdist(file: str) -> str:
    """Name as written of the file name of a source distribution; the empty string for another file."""
    from packaging.utils import InvalidSdistFilename, parse_sdist_filename

    try:
        parse_sdist_filename(file)
    except InvalidSdistFilename:
        return ""
    name = file.rpartition("-")[0]
    return name if _PROJECT.fullmatch(name) else ""


def _egg(url: str) -> re.Match[str] | None:
    """What follows `#egg=` in a link, as group 1; InvalidLineError where that is more than a name."""
    egg = _EGG.search(url)
    if egg and not _PROJECT.fullmatch(egg[1]):
        raise InvalidLineError("only the bare name of a project may follow #egg=")
    return egg


def _file_path(url: str) -> str | None:
    """The path that a `file:` link leads to, a relative one from the app root; None for other links."""
    from urllib.parse import unquote, urlsplit

    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise InvalidLineError(_first_line(error)) from None
    if parts.scheme != "file":
        return None
    if parts.netloc not in ("", "localhost"):
        raise InvalidLineError("a file: link leads to this machine only: three slashes, or none, follow the colon")
    return unquote(parts.path)


def _check_requirement(text: str) -> Any:
    """The requirement as packaging reads it; InvalidLineError where packaging does not take it."""
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        return Requirement(text)
    except (InvalidRequirement, RecursionError) as error:
        raise InvalidLineError(_first_line(error)) from None


def _check_marker(text: str) -> None:
    fault = _fault_of_marker(text) if text else None
    if fault is not None:
        raise InvalidLineError(fault)


@lru_cache
def _fault_of_marker(text: str) -> str | None:
    """Why packaging does not take a marker, of which a file has few kinds; None where it does."""
    from packaging.markers import InvalidMarker, Marker

    try:
        Marker(text)
    except (InvalidMarker, RecursionError) as error:
        return _first_line(error)
    return None


def _check_link(text: str, *, editable: bool) -> None:
    """InvalidLineError where pip-requirements-parser cannot read the link."""
    import pip_requirements_parser as parser

    read = parser.parse_reqparts_from_editable if editable else parser.parse_reqparts_from_string
    try:
        read(text)
    except (parser.PipError, ValueError, AssertionError) as error:
        raise InvalidLineError(_first_line(error)) from None


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), "") or type(error).__name__
