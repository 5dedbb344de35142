"""Make `rules/packages/debian.txt` and `debian-modules.txt` from what Debian's packages of distributions hold.

    python scripts/debian.py --suite bookworm --packages PACKAGES --contents CONTENTS [CONTENTS...]

CONTENTS lists which file every package holds, PACKAGES what each package depends on. Both are indices that `apt-get
update` brings along (with apt-file installed); `/usr/lib/apt/apt-helper cat-file` prints them. Nobody else is asked,
and no package is downloaded.

A package is that of a distribution where the distribution's own metadata lies in it, under one name, one of those that
are downloaded most (`rules/packages/popular.txt`); the others are hardly what an app means. What it holds beside that
are the modules that the distribution brings; what it depends on, of other such packages, is what the distribution
needs, with neither versions nor markers, and without what Debian made optional. So the table serves to tell what may be
there, and never that something is for certain.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name
from published import import_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

DATA = Path(__file__).parent.parent / "rules" / "packages"
FORMAT = "# deploylint debian 1"
PLACE = "usr/lib/python3/dist-packages/"
_METADATA = re.compile(r"([^/]+?)-[0-9][^-/]*(?:-py3[^/]*)?\.(?:dist-info|egg-info)(?:/|$)")
_PACKAGE = re.compile(r"[a-z0-9][a-z0-9+.-]+")
_MACHINE = re.compile(r"\.cpython-3[0-9]*-[^/]*\.so$")


def held(contents: Iterable[str]) -> dict[str, set[str]]:
    """The files that each package has in Python's folder, from the lines of CONTENTS: a path, blanks, and the packages
    with their sections, separated by commas.
    """
    files: dict[str, set[str]] = defaultdict(set)
    for line in contents:
        if line.startswith(PLACE):
            path, _, packages = line.rstrip("\n").rpartition(" ")
            for package in packages.split(","):
                files[package.rpartition("/")[2]].add(path.rstrip().removeprefix(PLACE))
    return files


def distributions(files: dict[str, set[str]], popular: frozenset[str]) -> dict[str, str]:
    """The distribution of each package that holds the metadata of one of `popular`."""
    owners: dict[str, str] = {}
    for package, paths in files.items():
        names = {canonicalize_name(match[1]) for path in paths if (match := _METADATA.match(path))}
        if len(names) == 1 and (name := names.pop()) in popular:
            owners[package] = name
    return owners


def depends(packages: Iterable[str]) -> Iterator[tuple[str, set[str]]]:
    """Each package of PACKAGES with those that it depends on, all alternatives taken in."""
    package = ""
    for line in packages:
        key, _, value = line.partition(":")
        if key == "Package":
            package = value.strip()
        elif key == "Depends":
            yield package, {match[0] for part in re.split("[,|]", value) if (match := _PACKAGE.match(part.strip()))}


def tables(contents: Iterable[str], packages: Iterable[str], popular: frozenset[str], suite: str) -> dict[str, str]:
    """The texts of both files."""
    files = held(contents)
    owners = distributions(files, popular)
    imports: dict[str, set[str]] = defaultdict(set)
    needs: dict[str, set[str]] = defaultdict(set)
    for package, name in owners.items():
        # What is compiled is called `x.cpython-311-….so` here, and `x.so` in what reads wheels.
        imports[name].update(import_names((_MACHINE.sub(".so", path) for path in files[package]), (), name)[0])
    for package, others in depends(packages):
        if package in owners:
            needs[owners[package]].update(owners[other] for other in others if other in owners)
    modules: dict[str, set[str]] = defaultdict(set)
    for name, brought in imports.items():
        for module in brought:
            modules[module].add(name)
    known = sorted(name for name, brought in imports.items() if brought)
    head = [FORMAT, f"# {suite}: {len(known)} distributions, {len(modules)} import names"]
    return {
        "debian.txt": _text(head, (_line(name, imports[name], needs[name] - {name}) for name in known)),
        "debian-modules.txt": _text(head, (" ".join((module, *sorted(modules[module]))) for module in modules)),
    }


def _line(name: str, imports: set[str], needs: set[str]) -> str:
    return " ".join((name, *sorted(imports), *(("|", *sorted(needs)) if needs else ())))


def _text(head: list[str], lines: Iterable[str]) -> str:
    return "\n".join((*head, *sorted(lines, key=str.encode))) + "\n"


def _lines(paths: Iterable[Path]) -> Iterator[str]:
    for path in paths:
        with path.open(encoding="utf-8", errors="replace") as file:
            yield from file


def main(arguments: list[str] | None = None) -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--suite", required=True)
    parser.add_argument("--packages", type=Path, required=True)
    parser.add_argument("--contents", type=Path, nargs="+", required=True)
    options = parser.parse_args(arguments)
    popular = frozenset((DATA / "popular.txt").read_text(encoding="utf-8").split())
    for file, text in tables(_lines(options.contents), _lines([options.packages]), popular, options.suite).items():
        (DATA / file).write_text(text, encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
