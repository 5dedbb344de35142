"""What each process imports, as a tree of text and in the DOT language of Graphviz.

A module is shown with its imports once; where it is imported again, it only points there. What is another's is a leaf,
by its distribution. Work and output are bounded: no recursion, nothing indented beyond a depth, lines at most.
DOT as in https://graphviz.org/doc/info/lang.html and, for what a label escapes, /docs/attr-types/escString/.
"""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

from deploylint.needs import Need, installed, need
from deploylint.output.common import counted, escape_controls
from deploylint.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from deploylint.plan import Reached
    from deploylint.report import AppReport, Report

DEEPEST = 30
"""Steps of indentation; what lies deeper starts again at the left."""
LINES = 50_000
"""Lines that are shown of one program: beyond that nobody reads, and few programs draw."""

_NOT_KNOWN = "what it loads is not known"


_WIDTH = 60
_ROWS = 4
"""How wide and how high the text of a node or a cluster is drawn: a long one would tear the whole picture apart."""


class _Node(NamedTuple):
    """A module of the app (`imports` its key in the links), or a leaf; `lost` where it will not be there."""

    label: str
    imports: str | None = None
    lost: bool = False


def tree(report: Report) -> str:
    """Every process of every app, with its imports below it."""
    lines = (line for app in report.apps for line in _app(app))
    return "".join(f"{escape_controls(line)}\n" for line in lines)


def dot(report: Report) -> str:
    """One directed graph, in it a cluster for each program of each process."""
    lines = ["digraph deploylint {", "  rankdir=LR;", '  graph [fontname="Helvetica"];']
    lines.append('  node [shape=box, fontname="Helvetica"];')
    programs = [(f"{_where(app)}{title}", reached) for app in report.apps for title, reached in _programs(app)]
    # From left to right, the first cluster is drawn at the bottom.
    for at in reversed(range(len(programs))):
        lines += _cluster(at, *programs[at])
    return "".join(f"{line}\n" for line in [*lines, "}"])


def _where(app: AppReport) -> str:
    return f"{'' if app.path == '.' else f'{app.path}: '}{app.platform}: "


def _programs(app: AppReport) -> Iterator[tuple[str, Reached | None]]:
    """Each program of each process, with its title; None where what a process loads is not known."""
    for process in app.plan.processes:
        known = [reached for reached in app.plan.reached if reached.process == process.type]
        for reached in known:
            yield f"{process.type}: {reached.target}", reached
        if not known:
            yield f"{process.type}: {process.command}", None


def _nodes(reached: Reached, name: str) -> list[_Node]:
    """What a module imports, each once, in the order of its lines."""
    closure = reached.closure
    links: Mapping[str, str] = closure.links.get(name, {}) if closure else {}
    found = (_node(reached, target, kind) for target, kind in links.items())
    return list(dict.fromkeys(node for node in found if node is not None))


def _node(reached: Reached, target: str, kind: str) -> _Node | None:
    if kind == "lost":
        return _Node(f"{target} (not found in the app)", lost=True)
    if kind == "foreign":
        wanted = need(reached.known, target)
        return _Node(str(wanted), lost=reached.known.has(target) is False) if wanted else None
    visit = reached.closure.visits.get(target) if reached.closure else None
    if visit is None:
        return _Node(f"{target} (not followed: too many)")
    if visit.found.kind == "unknown":
        return _Node(f"{target} (compiled, or not to be read)")
    return _Node(visit.found.path if target == "__main__" else target, target)


def _roots(reached: Reached) -> list[_Node]:
    server: Need | None = installed(reached.known, reached.server) if reached.server else None
    names = reached.known.names
    first = [_Node(str(server), lost=names is not None and server.name not in names)] if server else []
    return [*first, *_nodes(reached, "")]


# --------------------------------------------------------------------------------------------------------------- tree


def _app(app: AppReport) -> Iterator[str]:
    for title, reached in _programs(app):
        yield f"{_where(app)}{title}"
        if reached is None:
            yield f"`-- ({_NOT_KNOWN})"
        else:
            yield from _bounded(_Tree(reached).lines())
        yield ""


def _bounded(lines: Iterator[str]) -> Iterator[str]:
    for at, line in enumerate(lines):
        if at < LINES:
            yield line
        else:
            yield f"... and {counted(1 + sum(1 for _ in lines), 'more line')}"


class _Tree:
    """The tree of one program."""

    def __init__(self, reached: Reached) -> None:
        self._reached = reached
        self._shown: set[str] = set()
        self._deeper: dict[str, _Node] = {}

    def lines(self) -> Iterator[str]:
        roots = _roots(self._reached)
        if not roots:
            yield "`-- (its imports are not known)"
        yield from self._below(roots)
        while self._deeper:
            name = next(iter(self._deeper))
            node = self._deeper.pop(name)
            self._shown.add(name)
            yield node.label
            yield from self._below(_nodes(self._reached, name))

    def _below(self, first: list[_Node]) -> Iterator[str]:
        # Each level of the stack holds what is still to be shown there; no recursion, whatever the depth.
        levels = [first[::-1]]
        indents = [""]
        while levels:
            if not levels[-1]:
                levels.pop()
                indents.pop()
                continue
            node = levels[-1].pop()
            more = bool(levels[-1])
            imports, mark = self._open(node, len(levels))
            yield f"{indents[-1]}{'|-- ' if more else '`-- '}{node.label}{mark}"
            if imports:
                levels.append(imports[::-1])
                indents.append(indents[-1] + ("|   " if more else "    "))

    def _open(self, node: _Node, depth: int) -> tuple[list[_Node], str]:
        """What is shown below a node, and the mark beside it."""
        if node.imports is None:
            return [], ""
        if node.imports in self._shown:
            return [], " (above)"
        if node.imports in self._deeper:
            return [], " (below)"
        imports = _nodes(self._reached, node.imports)
        if imports and depth >= DEEPEST:
            self._deeper[node.imports] = node
            return [], " (below)"
        self._shown.add(node.imports)
        return imports, ""


# ---------------------------------------------------------------------------------------------------------------- DOT


def _cluster(at: int, title: str, reached: Reached | None) -> Iterator[str]:
    yield f"  subgraph cluster_{at} {{"
    yield f"    label={_quoted(title)};"
    start = f"p{at}"
    label = "start" if reached and _roots(reached) else _NOT_KNOWN
    yield f"    {start} [label={_quoted(label)}, shape=ellipse];"
    if reached is not None:
        yield from _edges(start, reached)
    yield "  }"


def _edges(start: str, reached: Reached) -> Iterator[str]:
    names: dict[_Node, str] = {}
    todo: list[tuple[str, list[_Node]]] = [(start, _roots(reached))]
    lines = 0
    for importer, nodes in todo:  # it grows while it is read: breadth first
        for node in nodes:
            if lines >= LINES:
                yield f"    // more than {LINES} lines: the rest is left out"
                return
            if node not in names:
                names[node] = f"{start}_{len(names)}"
                style = ", style=rounded" if node.imports is None else ""
                style += ", color=red, fontcolor=red" if node.lost else ""
                # What is to be known of a leaf stands below its name.
                name, bracket, note = node.label.partition(" (" if node.imports is None else "\n")
                yield f"    {names[node]} [label={_quoted(name, bracket.lstrip() + note)}{style}];"
                if node.imports is not None:
                    todo.append((names[node], _nodes(reached, node.imports)))
            yield f"    {importer} -> {names[node]};"
            lines += 1


def _quoted(*texts: str) -> str:
    r"""A label of some lines, with `\n` between them: a backslash begins an escape, and `&` the name of a character."""
    rows = [row for text in texts for row in _rows(escape_controls(text))]
    safe = (row.replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"') for row in rows)
    joined = r"\n".join(safe)
    return f'"{joined}"'


def _rows(text: str) -> list[str]:
    """A text in lines that are no longer than is drawn, and no more of them."""
    rows = wrap(text[: _WIDTH * (_ROWS + 1)], _WIDTH)
    return rows if len(rows) <= _ROWS else [*rows[:_ROWS], "…"]
