"""The data of NLTK that the build downloads where NLTK is installed and `nltk.txt` names it.

Sources: heroku/heroku-buildpack-python v351 bin/steps/nltk, which makes each line an argument, and its
spec/hatchet/nltk_spec.rb; nltk 3.10.4 nltk/downloader.py, which asks what to do where it finds a name in no index, and
ends with an error because nobody answers; the names of nltk/nltk_data index.xml.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from deploylint.finding import Phase
from deploylint.plan import Fault, Step
from deploylint.steps.doubt import doubted_fault
from deploylint.steps.installed import installed

if TYPE_CHECKING:
    from deploylint.plan import Python
    from deploylint.platform import Manager
    from deploylint.steps import Build
    from deploylint.text import Span

_MARK = "\ufeff"
# What no name in the index holds, whatever is added to it.
_NO_NAME = re.compile(r"[^A-Za-z0-9_.+-]")


def asked_for(build: Build, chosen: Step[Manager], version: Step[Python]) -> Step[None]:
    """Whether all that `nltk.txt`, which is there, asks for can be had."""
    asked = build.platform.data["packages"]["corpora"]
    known = installed(build, chosen, version)
    if known is None or known.brings(asked["distribution"]) is not True:
        return Step.unknown()
    content = build.app.tree.read(asked["file"])
    if content.trouble is not None:
        return Step.unknown()
    text = build.app.tree.text(asked["file"])
    lines = text.value.removesuffix("\n").split("\n") if text.value else []
    if any(line.startswith("-") for line in lines):
        return Step.unknown()  # an option, by which the others may mean something else
    fault = _fault("nothing", text.whole, "") if not lines else None
    start = 0
    for line in lines:
        if not line or _NO_NAME.search(line):
            fault = _fault(_kind(line), text.span(start, start + len(line.rstrip("\r"))), line.strip(f"{_MARK} \t\r"))
            break
        start += len(line) + 1
    return Step.failed(doubted_fault(build, fault, (asked["file"],))) if fault else Step.ok(None)


def _kind(line: str) -> str:
    if line.startswith(_MARK) or "\0" in line:
        return "encoding"
    if line.endswith("\r"):
        return "carriage-return"
    if not line.strip():
        return "blank"
    return "name" if _NO_NAME.search(line.strip()) else "padded"


def _fault(kind: str, span: Span, found: str) -> Fault:
    return Fault("nltk-downloader", Phase.BUILD, (span,), detail={"kind": kind, "found": found[:40]})
