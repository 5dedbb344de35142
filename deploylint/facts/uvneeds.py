"""Requirements as uv.lock records them, and as pyproject.toml declares them, in a form that can be compared.

In go lists of requirements; out come `Needs`, and what differs between two of them (`difference`). uv compares sets of
requirements: name, extras, specifier, marker and source, where a version may have more or fewer zeros at its end.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Any, TypeAlias

from deploylint.facts.locks import normalised, strings, table, tables
from deploylint.facts.pipoptions import InvalidLineError
from deploylint.facts.piprequirement import judge
from deploylint.facts.releases import release
from deploylint.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

_DEPTH_LIMIT = 30
_PATHS = ("editable", "directory", "virtual", "path")


class Need(NamedTuple):
    """One requirement. `extra` is that of the project which brings it, `source` a kind and a path, `marker` as uv
    writes it, less the extra.
    """

    name: str
    extras: tuple[str, ...] = ()
    specifier: tuple[str, ...] = ()
    extra: str = ""
    source: tuple[str, str] = ("", "")
    marker: str = ""

    def __str__(self) -> str:
        extras = f"[{','.join(self.extras)}]" if self.extras else ""
        kind = f" from {self.source[0]} {self.source[1]}".rstrip() if self.source[0] else ""
        bring = f" (extra {self.extra})" if self.extra else ""
        return f"{self.name}{extras}{','.join(self.specifier)}{kind}{bring}"


class Needs(NamedTuple):
    """Requirements, and the names of which not everything is known; `doubt` says what hinders to know any at all."""

    needs: frozenset[Need] = frozenset()
    unsure: frozenset[str] = frozenset()
    doubt: str = ""

    @property
    def names(self) -> frozenset[str]:
        """The names of all, unsure or not."""
        return self.unsure | {need.name for need in self.needs}


def difference(wanted: Needs, actual: Needs) -> tuple[str, str]:
    """What cannot be compared, and what certainly differs; both empty where the two are the same."""
    doubt = wanted.doubt or actual.doubt
    if doubt:
        return doubt, ""
    for name in sorted(wanted.names ^ actual.names):
        return "", f"{name} is {'new' if name in wanted.names else 'gone'} since the lock was made"
    unsure = wanted.unsure | actual.unsure
    if unsure:
        doubt = f"{min(unsure)} is given in a form that is not compared"
    one, other = _by_key(wanted, unsure), _by_key(actual, unsure)
    for key in sorted(one.keys() - other.keys()):
        return doubt, f"{key} is new since the lock was made"
    for key in sorted(other.keys() - one.keys()):
        return doubt, f"{key} is gone since the lock was made"
    for key, markers in sorted(one.items()):
        if markers != other[key]:
            if _certainly_differ(markers, other[key]):
                return doubt, f"the marker of {key} has changed"
            doubt = doubt or f"the markers of {key} are not compared"
    return doubt, ""


def _by_key(needs: Needs, unsure: frozenset[str]) -> dict[Need, set[str]]:
    found: dict[Need, set[str]] = {}
    for need in needs.needs:
        if need.name not in unsure:
            found.setdefault(need._replace(marker=""), set()).add(need.marker)
    return found


# A comparison that holds on some systems and not on others, whatever the Python is.
_PLATFORM = re.compile(r"(?:sys_platform|os_name|platform_machine) (?:==|!=) '[A-Za-z0-9_]{1,40}'")


def _certainly_differ(one: set[str], other: set[str]) -> bool:
    """Whether two markers differ in any Python: comparisons of the platform, one of them maybe missing."""
    if len(one) != 1 or len(other) != 1:
        return False
    return all(not marker or _PLATFORM.fullmatch(marker) for marker in (*one, *other))


_COMPARISON = re.compile(r"""([a-z_]{1,40}) ?(==|!=|<=|>=|<|>) ?(?:'([^'"\\]{1,60})'|"([^'"\\]{1,60})")""")
_SYSTEMS = {"Windows": "win32", "Linux": "linux", "Darwin": "darwin"}
"""Values of `platform_system`, with the `sys_platform` that uv writes for each."""


def plain_marker(marker: str) -> str:
    """A single comparison as uv 0.12 writes it; any other marker, and a comparison that it may write in another way,
    as it is, which no comparison equals.
    """
    match = _COMPARISON.fullmatch(marker.strip())
    if not match:
        return marker
    name, operator, value = match[1], match[2], match[3] or match[4]
    if name == "python_version":
        if operator not in ("<", ">=") or not re.fullmatch(r"3\.[0-9]{1,3}", value):
            return f"({marker})"
        name = "python_full_version"
    elif name == "platform_system":
        if operator not in ("==", "!=") or value not in _SYSTEMS:
            return f"({marker})"
        name, value = "sys_platform", _SYSTEMS[value]
    return f"{name} {operator} '{value}'"


def clause_key(clause: str) -> str:
    """A clause of a specifier, less the zeros at its end that uv does not count; those of `~=` do."""
    match = re.fullmatch(r"(~=|===|==|!=|<=|>=|<|>)([^*]{1,200}?)(\.\*)?", clause)
    if not match or match[1] in ("~=", "==="):
        return clause
    number = release(match[2])
    if number is None:
        from packaging.version import InvalidVersion, Version

        try:
            return f"{match[1]}{Version(match[2])}"
        except InvalidVersion:
            return clause
    while len(number) > 1 and not number[-1]:
        number = number[:-1]
    return f"{match[1]}{'.'.join(map(str, number))}{match[3] or ''}"


def _specifier(text: str) -> tuple[str, ...]:
    return tuple(sorted(clause_key(part.replace(" ", "")) for part in text.strip(" ()").split(",") if part.strip()))


Sources: TypeAlias = "Mapping[str, tuple[str, str] | None]"


def needs_of(requirements: object, extra: str, sources: Sources) -> Needs:
    """The requirements of a list in pyproject.toml, brought by `extra`; `sources` as of `uvproject.sources`."""
    texts = strings(requirements)
    if texts != requirements:
        return Needs(doubt="the requirements are in a form that is not read here")
    needs: set[Need] = set()
    unsure: set[str] = set()
    for text in texts:
        # The marker is cut off first: to judge it packaging would be imported, and a bad one is compared with nothing.
        head, _, marker = text.partition(";")
        head, linked, _ = head.partition("@")
        try:
            parts = judge(head.strip(), lambda _path: False)
        except InvalidLineError:
            parts = None
        if parts is None or parts.name is None or parts.unknown:
            return Needs(doubt=f"the requirement {text[:60]!r} is not read here")
        name = normalised(parts.name)
        source = None if linked or "extra" in marker else sources.get(name, ("", ""))
        if source is None:
            unsure.add(name)
            continue
        extras = tuple(sorted(set(parts.extras)))
        needs.add(Need(name, extras, _specifier(parts.specifier), extra, source, plain_marker(marker.strip())))
    return Needs(frozenset(needs), frozenset(unsure))


def recorded(entries: object) -> Needs:
    """Requirements as uv.lock records them."""
    needs: set[Need] = set()
    unsure: set[str] = set()
    for entry in tables(entries or []):
        name, marker, specifier = entry.get("name"), entry.get("marker", ""), entry.get("specifier", "")
        if not (isinstance(name, str) and isinstance(marker, str) and isinstance(specifier, str)):
            return Needs(doubt="the lock is in a form that is not read here")
        path = next((entry[key] for key in _PATHS if isinstance(entry.get(key), str)), None)
        if entry.keys() & {"git", "url", "index"} or (path is not None and path.startswith("/")):
            unsure.add(name)
            continue
        extra, rest = _without_extra(marker)
        if extra is None:
            unsure.add(name)
            continue
        kind = "editable" if "editable" in entry else "path"
        source = ("", "") if path is None else (kind, posixpath.normpath(path))
        extras = tuple(sorted(strings(entry.get("extras"))))
        needs.add(Need(name, extras, _specifier(specifier), extra, source, plain_marker(rest)))
    return Needs(frozenset(needs), frozenset(unsure))


_EXTRA = re.compile(r"extra == '([^']{1,200})'")


def _without_extra(marker: str) -> tuple[str | None, str]:
    """The extra in a marker and what is left; None for the extra where more than one has a say."""
    found = set(_EXTRA.findall(marker))
    if not found:
        return "", marker
    if len(found) > 1:
        return None, marker
    extra = found.pop()
    rest = marker.removesuffix(f"extra == '{extra}'")
    if not rest:
        return extra, ""
    rest = rest.removesuffix(" and ")
    if "extra" in rest:
        return None, marker
    return extra, rest


def project_needs(project: Mapping[str, Any], sources: Sources) -> Needs:
    """What [project] requires, the requirements of its extras included."""
    lists = [needs_of(project.get("dependencies", []), "", sources)]
    for extra, requirements in table(project, "optional-dependencies").items():
        lists.append(needs_of(requirements, normalised(extra), sources))
    return _joined(lists)


def _joined(lists: list[Needs]) -> Needs:
    needs = frozenset(need for item in lists for need in item.needs)
    unsure = frozenset(name for item in lists for name in item.unsure)
    return Needs(needs, unsure, next((item.doubt for item in lists if item.doubt), ""))


def group_needs(manifest: Mapping[str, Any], sources: Sources) -> dict[str, Needs] | None:
    """[dependency-groups] with the groups that they include, and `dev-dependencies` of [tool.uv] in `dev`; None where
    a group includes one that is not there, or itself, or is in another form.
    """
    uv = table(manifest, "tool", "uv")
    groups = {normalised(name): entries for name, entries in table(manifest, "dependency-groups").items()}
    if any("requires-python" in table(settings) for settings in table(uv, "dependency-groups").values()):
        return None
    found = {}
    for name in groups:
        entries = _flat(groups, name, 0)
        if entries is None:
            return None
        found[name] = needs_of(entries, "", sources)
    if "dev-dependencies" in uv:
        found["dev"] = _joined([found.get("dev", Needs()), needs_of(uv["dev-dependencies"], "", sources)])
    return found


def _flat(groups: Mapping[str, Any], name: str, depth: int) -> list[str] | None:
    entries = groups.get(name)
    if not isinstance(entries, list) or depth > _DEPTH_LIMIT:
        return None
    found: list[str] = []
    for entry in entries:
        if isinstance(entry, str):
            found.append(entry)
            continue
        included = table(entry).get("include-group")
        inner = _flat(groups, normalised(included), depth + 1) if isinstance(included, str) else None
        if inner is None or len(found) > 10_000:
            return None
        found.extend(inner)
    return found
