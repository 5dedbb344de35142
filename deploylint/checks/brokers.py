"""REQ: what nothing installs, and is missed in use: the client of a message broker, a part of a server or framework."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from deploylint.checks.loaded import installed, is_test, loaded, speaks_of
from deploylint.checks.registry import Problem, Scene, check
from deploylint.facts.releases import allows

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from deploylint.knowledge.parts import Part
    from deploylint.text import Span

_WORKER = re.compile(r"(?:^|\s|/)celery(?:\s.*)?\s(?:worker|beat)\b|\bmanage\.py\s+celery\b")
_BROKER = re.compile(r"broker(?:_url)?$", re.IGNORECASE)
_REDIS = re.compile(r"rediss?://|REDIS(?:CLOUD|TOGO|_TLS)?_URL$|REDISTOGO_URL$")


@check("REQ025")
def broker_client_missing(scene: Scene) -> Iterator[Problem]:
    """Celery's broker is a Redis, and nothing installs the client for it."""
    names = installed(scene)
    workers = [process for process in scene.plan.processes if _WORKER.search(process.command[:5000])]
    if names is None or "celery" not in names or not workers or speaks_of(scene, "redis"):
        return
    known = scene.plan.reached[0].known
    if known.has("redis") is not False:
        return
    lock = scene.declaring
    for path in loaded(scene):
        data = scene.app.tree.read(path).data
        if is_test(path) or b"redis" not in data.lower() or b"broker" not in data.lower():
            continue
        module = scene.app.module(path)
        for node in module.nodes:
            value = _broker_value(node)
            if value is not None and _names_redis(value):
                yield Problem(
                    module.span(value),
                    f"The process `{workers[0].type}` will end when it connects to its broker, with `AttributeError: "
                    f"'NoneType' object has no attribute 'Redis'`: the broker is a Redis, and {lock} does not install "
                    "the client, which Celery leaves to the app.",
                    f"Add `celery[redis]` or `redis` to {lock}.",
                )
                return


def _broker_value(node: ast.AST) -> ast.expr | None:
    """What is given to a setting, a variable or an argument that is called after the broker."""
    if isinstance(node, ast.Assign):
        target = node.targets[0]
        name = target.id if isinstance(target, ast.Name) else target.attr if isinstance(target, ast.Attribute) else ""
        if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
            name = str(target.slice.value)
        return node.value if _BROKER.search(name) else None
    if isinstance(node, ast.keyword):
        return node.value if _BROKER.search(node.arg or "") else None
    return None


def _names_redis(value: ast.expr) -> bool:
    texts = [item.value for item in ast.walk(value) if isinstance(item, ast.Constant) and isinstance(item.value, str)]
    return any(_REDIS.search(text) for text in texts[:20])


@check("REQ032")
def part_missing_in_use(scene: Scene) -> Iterator[Problem]:
    """WebSockets for which uvicorn has no protocol, and coroutines for which Flask has no bridge."""
    names = installed(scene)
    closure = scene.plan.reached[0].known.closure if names else None
    # A lock file has all that is installed, and no closure.
    if names is None or (closure is not None and not closure.complete):
        return
    lock = scene.declaring
    by_uvicorn = [process for process in scene.plan.processes if _UVICORN.search(process.command[:5000])]
    if by_uvicorn and "uvicorn" in names and names.isdisjoint(("websockets", "wsproto")):
        place = _first(scene, b"websocket", "sockets")
        if place is not None:
            yield Problem(
                place,
                "Nobody will reach this WebSocket: uvicorn leaves the protocol to `websockets` or `wsproto`, and "
                f"{lock} installs neither, so that it answers each attempt as an ordinary request (404, `No supported "
                "WebSocket library detected`).",
                f"Add `uvicorn[standard]` or `websockets` to {lock}.",
            )
    if "flask" in names and "asgiref" not in names:
        place = _first(scene, b"async def", "coroutine_views")
        if place is not None:
            yield Problem(
                place,
                "Each request of this view will fail, with `RuntimeError: Install Flask with the 'async' extra in "
                f"order to use async views`: {lock} does not install asgiref.",
                f"Add `flask[async]` to {lock}, or make the function an ordinary one.",
            )
    yield from _late_parts(scene, names)


def _late_parts(scene: Scene, names: Collection[str]) -> Iterator[Problem]:
    """What a library leaves to the app to install, and misses when it is used."""
    from deploylint.knowledge.parts import libraries, parts

    python = scene.plan.python.value
    if libraries().isdisjoint(names) or python is None or not python.resolved:
        return
    for part in parts():
        if not part.late or part.library not in names or part.needs in names:
            continue
        if part.python and allows(part.python, python.resolved.removeprefix("python-")) is not True:
            continue
        if part.versions and any(allows(part.versions, pin) is False for pin in _pins(scene, part.library)):
            continue
        place = _first_use(scene, part)
        if place is not None:
            yield Problem(
                place,
                f"This will fail when it is used, with `{part.error}`: {part.what}, for which {part.library} needs "
                f"{part.needs}, and {scene.declaring} does not install it.",
                f"Add `{part.add}` to {scene.declaring}.",
            )


def _pins(scene: Scene, name: str) -> list[str]:
    lines = scene.app.requirements.requirements if scene.app.requirements else ()
    return [line.specifier.lstrip("=") for line in lines if line.name == name and line.pinned]


def _first_use(scene: Scene, part: Part) -> Span | None:
    lasts = {word.rpartition(".")[2].encode() for word in part.words}
    for path in loaded(scene):
        data = scene.app.tree.read(path).data
        if not is_test(path) and any(last in data for last in lasts):
            from deploylint.facts.uses import uses

            module = scene.app.module(path)
            found = next(uses(module, part.kind, part.words, part.bases, part.given), None)
            if found is not None:
                return module.span(found.node)
    return None


_UVICORN = re.compile(r"(?:^|[\s/.])uvicorn(?:[\s.]|$)(?!.*\s--ws[ =])")


def _first(scene: Scene, word: bytes, kind: str) -> Span | None:
    """The first place of a kind in what the processes load."""
    for path in loaded(scene):
        if word in scene.app.tree.read(path).data and not is_test(path):
            from deploylint.facts import uses

            module = scene.app.module(path)
            found = next(getattr(uses, kind)(module), None)
            if found is not None:
                return module.span(found)
    return None
