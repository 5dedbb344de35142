"""Make `rules/packages/pins.txt`: what versions that apps pin need, from the metadata that each published.

    python scripts/pins.py [--at-most N]     ask pip for some versions of scripts/pins.txt that the data does not have

pip itself is asked (`pip install --dry-run --no-deps --report`), which reads the metadata from the index that it is
configured for and downloads no wheel where the index serves metadata by itself. What a version needs never changes, so
that none is asked for twice.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name
from published import needs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

HERE = Path(__file__).parent
PINS = HERE / "pins.txt"
DATA = HERE.parent / "rules" / "packages" / "pins.txt"
HEAD = "# deploylint pins 1\n# Made by scripts/pins.py: what each of these versions published that it needs."


def portions(pins: Iterable[str]) -> Iterator[list[str]]:
    """The pins in portions that name no distribution twice, as pip wants it."""
    left = list(pins)
    while left:
        taken: dict[str, str] = {}
        for pin in left:
            taken.setdefault(pin.partition("==")[0], pin)
        yield list(taken.values())
        left = [pin for pin in left if pin not in taken.values()]


def block(metadata: Mapping[str, Any]) -> str:
    """The lines about one version, from the core metadata as pip's report has it."""
    name, version = canonicalize_name(str(metadata["name"])), str(metadata["version"])
    lines = [f"{name} {version}"]
    if metadata.get("requires_python"):
        lines.append(f" python {''.join(str(metadata['requires_python']).split())}")
    found = needs(metadata.get("requires_dist", ()))
    lines += [" needs ?"] if found is None else [f" needs{f'[{extra}]' * bool(extra)} {text}" for extra, text in found]
    return "\n".join(lines)


def ask(pins: list[str]) -> list[str]:
    """The blocks of some versions, of no distribution twice."""
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--no-deps", "--ignore-installed", "--quiet"]
    command += ["--disable-pip-version-check", "--ignore-requires-python", "--only-binary", ":all:", "--report", "-"]
    done = subprocess.run([*command, *pins], capture_output=True, text=True, check=True)
    return [block(item["metadata"]) for item in json.loads(done.stdout)["install"]]


def known() -> dict[str, str]:
    """The blocks of the data, by `name==version`."""
    if not DATA.is_file():
        return {}
    blocks = DATA.read_text(encoding="utf-8").rstrip("\n").split("\n\n")[1:]
    return {"==".join(text.partition("\n")[0].split(" ")): text for text in blocks}


def main(arguments: list[str] | None = None) -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--at-most", type=int, default=25, help="how many versions to ask for in this run")
    options = parser.parse_args(arguments)
    told = known()
    wanted = [f"{canonicalize_name(name)}=={version}" for name, _, version in _written()]
    for portion in portions([pin for pin in wanted if pin not in told][: options.at_most]):
        told.update(("==".join(text.partition("\n")[0].split(" ")), text) for text in ask(portion))
    DATA.write_bytes(("\n\n".join((HEAD, *(told[pin] for pin in sorted(told)))) + "\n").encode())
    return 0


def _written() -> Iterator[tuple[str, str, str]]:
    return (line.partition("==") for line in PINS.read_text(encoding="utf-8").split())


if __name__ == "__main__":
    sys.exit(main())
