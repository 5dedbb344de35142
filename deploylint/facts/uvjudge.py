"""Whether uv.lock fits the project, as `uv sync --locked` judges it.

uv.lock holds no hash. It repeats what it was made from, and uv compares that with every pyproject.toml of the
workspace: the range of `requires-python`, the members, for each of them the kind of source, the version, the extras,
the requirements and the dependency groups, and the constraints, overrides and excludes of [tool.uv]. A difference makes
uv resolve anew, and the new lock then differs. Read in the source of uv 0.12.5 (`satisfies` in
`uv-resolver/src/lock/mod.rs`, `ValidatedLock` in `uv/src/commands/project/lock.rs`) and observed with its
`uv lock --check` (`tests/test_locks.py`).

What a build, the network, the machine's configuration or an environment variable decides is a doubt, and so are two
markers that are written in different ways.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from deploylint.facts.locks import normalised, place, strings, table, tables
from deploylint.facts.releases import outer, release, same_range
from deploylint.facts.uvneeds import Needs, difference, group_needs, needs_of, project_needs, recorded
from deploylint.facts.uvproject import MANIFEST, TREES, Member, kinds, members, read_member, sources

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from deploylint.facts.uvneeds import Sources
    from deploylint.text import Span, Text
    from deploylint.tree import Tree

LOCK = "uv.lock"

_OPTIONS = {
    "resolution-mode": ("resolution", "highest"),
    "prerelease-mode": ("prerelease", "if-necessary-or-explicit"),
    "fork-strategy": ("fork-strategy", "requires-python"),
    "exclude-newer": ("exclude-newer", None),
}
"""Options of the lock, with the setting of [tool.uv] that each comes from and its default."""
_MARKERS = {"supported-markers": "environments", "required-markers": "required-environments"}
_INDEXES = frozenset({"index", "index-url", "extra-index-url", "find-links", "no-index"})
_REVISION = 3
"""The newest revision of the format that was read. From 1 on it names extras, and groups without requirements."""


@dataclass(frozen=True)
class Judgement:
    """Where the lock differs from the project, and what could not be compared."""

    tree: Tree
    lock: Mapping[str, Any]
    text: Text
    differences: list[tuple[str, Span]] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)

    def differ(self, why: str, span: Span) -> None:
        """Note a certain difference."""
        self.differences.append((why, span))

    def doubt(self, why: str) -> None:
        """Note something that could not be compared."""
        self.doubts.append(why)

    def compare(self, wanted: Needs, actual: Needs, what: str, span: Span) -> None:
        """Compare two sets of requirements."""
        doubt, why = difference(wanted, actual)
        if why:
            self.differ(f"{what}: {why}", span)
        elif doubt:
            self.doubt(f"{what}: {doubt}")

    @property
    def revision(self) -> int:
        """The revision of the lock's format; 0 where it has none."""
        revision: int = self.lock.get("revision", 0)
        return revision


def packages(lock: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The locked packages by name."""
    return ((item["name"], item) for item in tables(lock.get("package")) if isinstance(item.get("name"), str))


def package_span(text: Text, name: str) -> Span:
    """The line that names a locked package."""
    at = text.value.find(f'\n[[package]]\nname = "{name}"\n')
    return text.whole if at < 0 else text.line_span(text.place(at + len("\n[[package]]\n"))[0])


def judged(tree: Tree, lock: Mapping[str, Any], manifest: Mapping[str, Any], text: Text) -> Judgement:
    """The lock against the project in the root with the pyproject.toml `manifest`, and against its workspace."""
    judgement = Judgement(tree, lock, text)
    root = Member("", manifest)
    if not root.name or table(manifest, "tool", "uv").get("managed") is False:
        judgement.doubt(f"{MANIFEST} has no project that uv manages")
        return judgement
    known = members(tree, root)
    found = [root] if isinstance(known, str) else known
    if isinstance(known, str):
        judgement.doubt(known)
    else:
        _judge_members(judgement, known)
        _judge_python(judgement, known)
    if tree.find("uv.toml") is None:
        _judge_options(judgement, root)
        _judge_manifest(judgement, root, found)
    else:
        judgement.doubt("uv.toml takes the place of settings in [tool.uv]")
    for name, package in packages(lock):
        # Where a folder belongs to decides about its sources: without the members only the root can be judged.
        if found is known or name == root.name:
            _judge_package(judgement, name, package, found)
    return judgement


def _judge_members(judgement: Judgement, found: list[Member]) -> None:
    """Names and kinds of the members, as `satisfies` compares them first."""
    names = {member.name for member in found} if len(found) > 1 else set()
    locked = set(strings(table(judgement.lock, "manifest").get("members")))
    for name in sorted(names ^ locked):
        where = "is no member of the workspace any more" if name in locked else "is a new member of the workspace"
        judgement.differ(f"{name} {where}", place(judgement.text, "manifest", "members"))
    kind = kinds(found)
    by_name = dict(packages(judgement.lock))
    for member in found:
        actual = next((word for word in table(by_name.get(member.name), "source") if word in TREES), None)
        if member.name not in by_name:
            judgement.differ(f"{member.path}: the project {member.name} is not in {LOCK}", judgement.text.whole)
        elif actual != kind[member.name]:
            why = f"{member.path}: {member.name} is {kind[member.name]} now, and {actual or 'a package'} in {LOCK}"
            judgement.differ(why, package_span(judgement.text, member.name))


def _judge_python(judgement: Judgement, found: list[Member]) -> None:
    wanted = [table(member.manifest, "project").get("requires-python") for member in found]
    given = [value for value in wanted if isinstance(value, str)]
    locked = judgement.lock.get("requires-python")
    if not given:
        judgement.doubt(f"{MANIFEST} has no requires-python, so the Python in force decides")
        return
    expected = outer(given)
    actual = outer([locked]) if isinstance(locked, str) else None
    if given == [locked]:
        return
    if expected is None or actual is None:
        judgement.doubt("requires-python is in a form that is not read here")
    elif not same_range(expected, actual):
        why = f"requires-python is {', '.join(dict.fromkeys(given))}, and {LOCK} was made for {locked}"
        judgement.differ(why, place(judgement.text, "", "requires-python"))


def _judge_options(judgement: Judgement, root: Member) -> None:
    """Settings that an environment variable or the machine's configuration may overrule."""
    uv = table(root.manifest, "tool", "uv")
    lock = judgement.lock
    if uv.keys() & _INDEXES:
        judgement.doubt("the indexes of [tool.uv] are not compared")
    options = table(lock, "options")
    for key, (setting, default) in _OPTIONS.items():
        if options.get(key, default) != uv.get(setting, default):
            judgement.doubt(f"{setting} differs, and an environment variable may set it")
    for key, setting in _MARKERS.items():
        given = uv.get(setting) or []
        if ([given] if isinstance(given, str) else given) != lock.get(key, []):
            judgement.doubt(f"{setting} of [tool.uv] is not compared")
    if uv.get("conflicts") or lock.get("conflicts"):
        judgement.doubt("conflicts of [tool.uv] are not compared")


def _judge_manifest(judgement: Judgement, root: Member, found: list[Member]) -> None:
    """Constraints, overrides and excludes, which uv takes from [tool.uv] of the root only."""
    uv = table(root.manifest, "tool", "uv")
    manifest = table(judgement.lock, "manifest")
    if uv.get("dependency-metadata") or manifest.keys() & {"dependency-metadata", "requirements", "dependency-groups"}:
        judgement.doubt(f"parts of [manifest] in {LOCK} are not compared")
    lowered = sources(root, found)
    for key in ("constraint", "override", "build-constraint"):
        wanted = needs_of(uv.get(f"{key}-dependencies", []), "", lowered)
        span = place(judgement.text, "manifest", f"{key}s")
        judgement.compare(wanted, recorded(manifest.get(f"{key}s")), f"{key}-dependencies of [tool.uv]", span)
    excludes = uv.get("exclude-dependencies", [])
    if excludes != strings(excludes):
        judgement.doubt("exclude-dependencies of [tool.uv] is in a form that is not read here")
    elif set(map(normalised, excludes)) != set(map(normalised, strings(manifest.get("excludes")))):
        judgement.differ("exclude-dependencies of [tool.uv] has changed", place(judgement.text, "manifest", "excludes"))


def _judge_package(judgement: Judgement, name: str, package: Mapping[str, Any], found: list[Member]) -> None:
    """A locked package: one from a folder is compared with the pyproject.toml there, and with its groups."""
    source = table(package, "source")
    folder = next((source[kind] for kind in TREES if isinstance(source.get(kind), str)), None)
    if folder is None:
        if source.keys() & {"url", "path"}:
            judgement.doubt(f"{name} comes from an archive whose metadata is not known here")
        return
    folder = posixpath.normpath(folder).removeprefix(".") if folder == "." else posixpath.normpath(folder)
    owner = next((member for member in found if member.folder == folder), None)
    is_member = owner is not None
    owner = owner or read_member(judgement.tree, folder)
    if owner is None or owner.name != name:
        judgement.doubt(f"{name} comes from a folder that is no project of the repository")
        return
    shared = sources(found[0], found) if is_member else {}
    lowered = {**shared, **sources(owner, found if is_member else [])}
    span = package_span(judgement.text, name)
    _judge_version(judgement, owner, package, span)
    _judge_requirements(judgement, owner, package, lowered, span)


def _judge_version(judgement: Judgement, owner: Member, package: Mapping[str, Any], span: Span) -> None:
    project = table(owner.manifest, "project")
    wanted, actual = project.get("version"), package.get("version")
    if "version" in strings(project.get("dynamic")):
        if actual is not None:
            judgement.differ(f"{owner.path}: the version is dynamic now, and {LOCK} has {actual}", span)
    elif not isinstance(wanted, str):
        judgement.doubt(f"{owner.path}: there is no version")
    elif not isinstance(actual, str):
        judgement.differ(f"{owner.path}: the version is {wanted} now, and was dynamic", span)
    elif wanted != actual:
        same = _same_version(wanted, actual)
        if same is None:
            judgement.doubt(f"{owner.path}: the version {wanted} is not read here")
        elif not same:
            judgement.differ(f"{owner.path}: the version is {wanted}, and {LOCK} has {actual}", span)


def _same_version(one: str, other: str) -> bool | None:
    numbers = release(one), release(other)
    if None not in numbers and one.count(".") == other.count("."):
        return numbers[0] == numbers[1]
    from packaging.version import InvalidVersion, Version

    try:
        return Version(one) == Version(other)
    except InvalidVersion:
        return None


def _judge_requirements(
    judgement: Judgement,
    owner: Member,
    package: Mapping[str, Any],
    lowered: Sources,
    span: Span,
) -> None:
    project = table(owner.manifest, "project")
    metadata = table(package, "metadata")
    if set(strings(project.get("dynamic"))) & {"dependencies", "optional-dependencies"}:
        judgement.doubt(f"{owner.path}: the build decides about the dependencies")
        return
    if judgement.revision > _REVISION and not metadata:
        judgement.doubt(f"{LOCK} of this revision leaves out what it was made from")
        return
    extras = set(map(normalised, table(project, "optional-dependencies")))
    if judgement.revision and extras != set(map(normalised, strings(metadata.get("provides-extras")))):
        judgement.differ(f"{owner.path}: the extras have changed", span)
    wanted = project_needs(project, lowered)
    actual = recorded(metadata.get("requires-dist"))
    if owner.name in wanted.names and difference(wanted, actual)[1]:
        judgement.doubt(f"{owner.path}: a build may resolve the project's own extras")
    else:
        judgement.compare(wanted, actual, owner.path, span)
    _judge_groups(judgement, owner, metadata, lowered, span)


def _judge_groups(
    judgement: Judgement,
    owner: Member,
    metadata: Mapping[str, Any],
    lowered: Sources,
    span: Span,
) -> None:
    groups = group_needs(owner.manifest, lowered)
    if groups is None:
        judgement.doubt(f"{owner.path}: the dependency groups are in a form that is not read here")
        return
    locked = {normalised(name): recorded(value) for name, value in table(metadata, "requires-dev").items()}
    for name in sorted(groups.keys() | locked.keys()):
        if judgement.revision and (name in groups) != (name in locked):
            change = "is new" if name in groups else "is gone"
            judgement.differ(f"{owner.path}: the dependency group {name} {change}", span)
        else:
            pair = groups.get(name, Needs()), locked.get(name, Needs())
            judgement.compare(*pair, f"{owner.path}, group {name}", span)
