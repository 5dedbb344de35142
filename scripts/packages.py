"""Make the package data, `rules/packages/`, from what distributions publish of themselves.

    python scripts/packages.py installed --cache DIR SITE_PACKAGES...   take in what pip has installed there
    python scripts/packages.py ask --cache DIR [--at-most N]            ask pip's index for some names of packages.txt
    python scripts/packages.py write --cache DIR                        write the data from all that is in the cache

Answers are kept as they came in the cache, a folder outside of the repository. A name is asked for again only when its
answer has grown old, so that the list is gone through in small portions. The same cache and the same data before give
the same data; what the cache knows nothing of stays as it is. Nothing of a distribution is imported, built or run, and
no wheel is downloaded whole.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version
from published import Answer, record

if TYPE_CHECKING:
    from collections.abc import Iterable

HERE = Path(__file__).parent
NAMES = HERE / "packages.txt"
DATA = HERE.parent / "rules" / "packages"
FORMAT = "# deploylint packages 1"


def names() -> list[str]:
    """The distributions that the data is to know, sorted."""
    return NAMES.read_text(encoding="utf-8").split()


def installed(folder: Path, wanted: frozenset[str], day: dt.date) -> dict[str, Answer]:
    """What pip installed in `folder`, from the metadata that lies beside it. Another installer, such as a system's, may
    have changed what the distribution published; it is passed over.
    """
    answers: dict[str, Answer] = {}
    for info in sorted(folder.glob("*.dist-info")):
        if not (info / "METADATA").is_file() or _text(info / "INSTALLER").strip() != "pip":
            continue
        name = canonicalize_name(info.name.removesuffix(".dist-info").rpartition("-")[0])
        if name not in wanted or not _text(info / "RECORD"):
            continue
        wheel = _text(info / "WHEEL").splitlines()
        answers[name] = Answer(
            asked=day.isoformat(),
            by="installed",
            version=info.name.removesuffix(".dist-info").rpartition("-")[2],
            metadata=_text(info / "METADATA").partition("\n\n")[0] + "\n",
            files=sorted(_paths(_text(info / "RECORD"))),
            entry_points=_text(info / "entry_points.txt"),
            namespaces=_text(info / "namespace_packages.txt"),
            tags=sorted(line.removeprefix("Tag:").strip() for line in wheel if line.startswith("Tag:")),
        )
    return answers


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""


def _paths(record_file: str) -> list[str]:
    """The first column of a RECORD, without compiled files; a path with a comma or a quote is none of a module."""
    found = (line.partition(",")[0] for line in record_file.splitlines())
    return [path for path in found if path and not path.endswith(".pyc") and not path.startswith('"')]


class Cache:
    """The answers, a file for each: of an index and of an installation apart, since an index tells more."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def path(self, by: str, name: str) -> Path:
        """Where the answer about `name` lies."""
        return self.folder / f"{by}-{name}.json"

    def asked(self, by: str, name: str) -> str:
        """The day of the answer about `name`, the empty string where there is none."""
        path = self.path(by, name)
        return str(json.loads(path.read_text(encoding="utf-8"))["asked"]) if path.exists() else ""

    def keep(self, name: str, answer: Answer) -> None:
        """Put an answer in, whole or not at all. One of an older version does not replace that of a newer one."""
        path = self.path(answer["by"], name)
        if answer["by"] == "installed" and path.exists():
            old: Answer = json.loads(path.read_text(encoding="utf-8"))
            if _newness(old) >= _newness(answer):
                return
        part = path.with_suffix(".part")
        part.write_text(json.dumps(answer, sort_keys=True), encoding="utf-8")
        part.replace(path)

    def answers(self, wanted: Iterable[str]) -> dict[str, Answer]:
        """The newest version that is known of each name; of two answers about the same one, that of the index."""
        best: dict[str, Answer] = {}
        for name in wanted:
            found = [self.path(by, name) for by in ("index", "installed")]
            read: list[Answer] = [json.loads(path.read_text(encoding="utf-8")) for path in found if path.exists()]
            if read:
                best[name] = max(read, key=_newness)
        return best


def _newness(answer: Answer) -> Version:
    try:
        return Version(answer["version"])
    except InvalidVersion:
        return Version("0.dev0")


def pages(old: str, answers: dict[str, Answer], wanted: Iterable[str]) -> dict[str, str]:
    """The texts of both files of the data: the answers laid over `old`, the text of the distributions before."""
    head, *before = old.rstrip("\n").split("\n\n")
    told = {block.partition(" ")[0]: block for block in before}
    for name, answer in answers.items():
        found = record(name, answer)
        told[name] = "\n".join(found.lines()) if found else ""
    blocks = [told[name] for name in sorted(wanted) if told.get(name)]
    modules: dict[str, list[str]] = {}
    for block in blocks:
        for line in block.split("\n"):
            for module in line.removeprefix(" imports ").split(" ") if line.startswith(" imports ") else ():
                modules.setdefault(module, []).append(block.partition(" ")[0])
    modules.pop("-", None)
    by_index = sum("\n sdist " in block for block in blocks)
    days = [answer["asked"] for answer in answers.values()] + re.findall(r"(?m)^# (\d+-\d+-\d+)$", head)
    lines = [
        FORMAT,
        f"# {max(days, default='1970-01-01')}",
        f"# {len(blocks)} distributions, {len(modules)} import names",
        "# Made by scripts/packages.py from the distributions' own published metadata, the newest version at hand of",
        f"# each: {by_index} as the index gave it, {len(blocks) - by_index} as pip installed it.",
    ]
    index = sorted((" ".join((module, *found)) for module, found in modules.items()), key=str.encode)
    return {
        "distributions.txt": "\n\n".join(("\n".join(lines), *blocks)) + "\n",
        "modules.txt": "\n".join((*lines[:3], *index)) + "\n",
    }


def main(arguments: list[str] | None = None) -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    for name in ("installed", "ask", "write"):
        command = commands.add_parser(name)
        command.add_argument("--cache", type=Path, required=True)
        if name == "installed":
            command.add_argument("folders", type=Path, nargs="+")
        if name == "ask":
            command.add_argument("--at-most", type=int, default=25, help="how many names to ask for in this run")
    options = parser.parse_args(arguments)
    if HERE.parent.resolve() in options.cache.resolve().parents:
        parser.error("the cache has to lie outside of the repository")
    cache = Cache(options.cache)
    wanted = names()
    today = dt.datetime.now(tz=dt.timezone.utc).date()
    if options.command == "installed":
        for folder in options.folders:
            for name, answer in installed(folder, frozenset(wanted), today).items():
                cache.keep(name, answer)
    elif options.command == "ask":
        from registry import Registry

        return Registry.of_pip().ask(wanted, cache, today, options.at_most)
    else:
        DATA.mkdir(exist_ok=True)
        for file, text in pages(_text(DATA / "distributions.txt"), cache.answers(wanted), wanted).items():
            (DATA / file).write_bytes(text.encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
