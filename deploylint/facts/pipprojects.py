"""What a project of the app's own, which a line of a requirements file installs (`-e .`), asks pip for in turn.

In go the tree and the requirements; out come those of `[project]` in its pyproject.toml, which every build backend has
to take over as they are (packaging.python.org, specification of pyproject.toml), each with its place there. What a
setup.py says, or a backend finds by itself (`dynamic`), only the build knows.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from deploylint.facts import piplocal
from deploylint.facts.locks import normalised, read_toml, strings, table
from deploylint.facts.pipoptions import InvalidLineError
from deploylint.facts.piprequirement import judge
from deploylint.facts.requirements import Requirement

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

    from deploylint.text import Text
    from deploylint.tree import Tree

_PROJECTS = 10
_NEEDS = 500


def project_needs(tree: Tree, requirements: Iterable[Requirement]) -> Iterator[Requirement]:
    """The dependencies of the projects that `requirements` install from folders of the app."""
    local = (found for found in requirements if found.local_path is not None and not found.unknown)
    for requirement in islice(local, _PROJECTS):
        place = piplocal.find_place(tree, requirement)
        file = f"{place.path}/pyproject.toml".removeprefix("./")
        if place.kind != "ok" or not tree.is_file(file):
            continue
        document = read_toml(tree, file)
        project = table(document.data, "project")
        own = normalised(str(project.get("name")))
        for written in islice(_written(project, requirement.extras), _NEEDS):
            found = _requirement(document.text, written)
            if found is not None and found.name != own:
                yield found


def _written(project: Mapping[str, Any], extras: tuple[str, ...]) -> Iterator[str]:
    if "dependencies" not in strings(project.get("dynamic")):
        yield from strings(project.get("dependencies"))
    optional = table(project, "optional-dependencies")
    for extra in optional if extras else ():
        if normalised(extra) in extras:
            yield from strings(optional[extra])


def _requirement(text: Text, written: str) -> Requirement | None:
    """One dependency, where it stands in the file as it is; None where it does not, or is no requirement."""
    at = max(text.value.find(f'"{written}"'), text.value.find(f"'{written}'"))
    if at < 0:
        return None
    try:
        parts = judge(written, lambda _: False)
    except InvalidLineError:
        return None
    if parts.name is None or parts.unknown or parts.url or parts.local_path:
        return None
    start = at + 1
    return Requirement(
        name=normalised(parts.name),
        written=written[slice(*parts.at)],
        specifier=parts.specifier,
        extras=parts.extras,
        marker=parts.marker,
        url=None,
        editable=False,
        hashes=(),
        span=text.span(start, start + len(written)),
        name_span=text.span(start + parts.at[0], start + parts.at[1]),
        local_path=None,
        constraint=False,
    )
