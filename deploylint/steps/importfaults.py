"""What breaks when modules are imported: sources that cannot be read, and imports that nothing provides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploylint.facts.events import span_of
from deploylint.knowledge import stdlib
from deploylint.knowledge.distributions import closest_providers
from deploylint.record import NamedTuple
from deploylint.steps.absence import is_generated, is_made, lies_deeper

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from deploylint.imports import Closure, Found, Missing
    from deploylint.imports import Step as ImportStep
    from deploylint.steps import Build
    from deploylint.steps.installed import Installed
    from deploylint.text import Span


class ImportFault(NamedTuple):
    """What breaks an import: the topic that a rule claims, the places that lead there (the first is where it breaks),
    what the words need, and whether what is installed is known so well that it is sure.
    """

    topic: str
    spans: tuple[Span, ...]
    detail: Mapping[str, str]
    sure: bool = True


def broken_in(build: Build, known: Installed, closure: Closure, before: Closure | None = None) -> Iterator[ImportFault]:
    """What certainly breaks in a closure, less what was in it `before`, in the order in which it is reached. What a
    file imports of one package that nothing brings has one cause, and is told where it comes first.
    """
    old = before.visits if before else {}
    told: set[tuple[str, str]] = set()
    for name, visit in closure.visits.items():
        if name not in old and visit.certain and visit.found.has_source:
            yield from _of_source(build, known, visit.found)
    for missing in closure.missing[len(before.missing) if before else 0 :]:
        found = broken_by(build, known, missing) if missing.certain else None
        if found is None:
            continue
        # What nothing in a file names, a config var such as DJANGO_SETTINGS_MODULE does.
        named = found.spans and found.topic == "module-not-installed"
        cause = (found.detail["module"], found.spans[0].path) if named else None
        if cause is None or cause not in told:
            yield found
        if cause is not None:
            told.add(cause)
    yield from _undeclared(build, known, closure, before.sure if before else {})


def _undeclared(
    build: Build, known: Installed, closure: Closure, old: Mapping[str, tuple[ImportStep, ...]]
) -> Iterator[ImportFault]:
    """Plugins of which nobody is known to bring them, and that nothing that is declared is called like."""
    told: set[str] = set()
    for module, steps in closure.sure.items() if known.undescribed else ():
        from deploylint.steps.namesake import namesake

        top = module.partition(".")[0]
        name = "" if module in old or top in told else namesake(build, known, module)
        if name:
            told.add(top)
            spans = tuple(span_of(build.app.tree, step.path, step.place) for step in reversed(steps))
            detail = {"module": top, "name": "", "kind": "foreign", "python": _series(known), "providers": ""}
            yield ImportFault("module-not-installed", spans, {**detail, "namesake": name}, sure=False)


def _of_source(build: Build, known: Installed, module: Found) -> Iterator[ImportFault]:
    source = build.app.source(module.path)
    syntax = source.syntax if known.series >= (3,) else None
    if source.trouble == "syntax" and syntax is not None and syntax.is_wrong_on(known.series):
        span = span_of(build.app.tree, source.path, syntax.place)
        detail = {"path": source.path, "said": syntax.message, "kind": "syntax"}
        yield ImportFault("syntax-error", (span,), detail)
    elif source.needs is not None and known.series >= (3,) and source.needs[0][:2] > known.series:
        span = span_of(build.app.tree, source.path, source.needs[1])
        needed = ".".join(map(str, source.needs[0]))
        detail = {"path": source.path, "needs": needed, "kind": "newer", "python": _series(known)}
        yield ImportFault("syntax-error", (span,), detail)


def broken_by(build: Build, known: Installed, missing: Missing) -> ImportFault | None:
    """What a module or name that is not found breaks; None where something may make it that is not in the commit."""
    spans = tuple(span_of(build.app.tree, step.path, step.place) for step in reversed(missing.steps))
    detail = {"module": missing.module, "name": missing.name, "kind": missing.kind, "python": _series(known)}
    top = missing.module.partition(".")[0]
    if missing.kind == "lost":
        detail["lost"] = stdlib.lost_in(missing.module, missing.name, known.series) or ""
        detail["instead"] = stdlib.instead_of(missing.module, missing.name) or ""
        return ImportFault(
            "module-removed", spans, detail, bool(stdlib.lost_in(missing.module, missing.name, known.oldest))
        )
    if missing.kind == "foreign":
        lost = stdlib.removed_in(top, known.series)
        if lost:
            detail |= {"lost": lost, "instead": stdlib.instead_of(top) or ""}
            kept = not stdlib.removed_in(top, known.oldest)
            detail |= {"kept": "yes"} if kept else {}
            sure = not kept and not known.undescribed and not lies_deeper(build, top)
            return ImportFault("module-removed", spans, detail, sure)
        detail["providers"] = " ".join(closest_providers(missing.module)[:3])
        detail["whole"] = missing.module
        # Python names the first part that it does not find.
        detail["module"] = top if known.has(top) is False else missing.module
        return ImportFault("module-not-installed", spans, detail, known.is_certain() and not lies_deeper(build, top))
    whole = f"{missing.module}.{missing.name}" if missing.kind == "name" else missing.module
    if is_generated(whole) or is_made(build, whole.replace(".", "/") + ".py"):
        return None
    return ImportFault("import-broken", spans, detail)


def _series(known: Installed) -> str:
    return f"{known.series[0]}.{known.series[1]}"
