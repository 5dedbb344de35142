"""The plan: what a platform will do with an app, step by step, decided here once and nowhere else.

Each step is Ok, Failed, Unknown or Blocked. A step that fails does not keep independent ones from being judged, so all
independent faults show; `Plan.failure` is the first in the platform's own order that is certain, or that only a config
var would keep from happening.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from deploylint.finding import Phase
from deploylint.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import NoReturn as Never

    from deploylint.facts.appjson import Script
    from deploylint.facts.procfile import Process, Procfile
    from deploylint.imports import Closure
    from deploylint.knowledge.closure import Closure as Distributions
    from deploylint.platform import Manager
    from deploylint.text import Span

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Status(Enum):
    """How a step ends."""

    OK = "ok"
    FAILED = "failed"
    UNKNOWN = "unknown"
    BLOCKED = "blocked"


class Fault(NamedTuple):
    """What makes a step fail. `reason` is the platform's own id; `topic` tells faults apart that share one. `detail`
    holds what the words of a rule need, `spans` where it stands, the first being the finding's. A fault that is not
    certain may still be what happens `by_default`: with no config vars but those that the platform sets by itself.
    """

    reason: str
    phase: Phase
    spans: tuple[Span, ...]
    topic: str = ""
    certain: bool = True
    detail: Mapping[str, str] = MappingProxyType({})
    by_default: bool = False

    @property
    def claim(self) -> str:
        """What a rule file lists under `reasons`: the reason, with the topic where there is one. `boot::*` stands for
        the processes of every type.
        """
        reason = "boot::*" if self.reason.startswith("boot::") else self.reason
        return f"{reason}/{self.topic}" if self.topic else reason


@dataclass(frozen=True, slots=True)
class Step(Generic[T_co]):
    """One step's outcome. A failed step may still have a value: what would have been taken."""

    status: Status
    value: T_co | None = None
    faults: tuple[Fault, ...] = ()

    @staticmethod
    def ok(value: T) -> Step[T]:
        """A step that passes."""
        return Step(Status.OK, value)

    @staticmethod
    def failed(*faults: Fault, value: T | None = None) -> Step[T]:
        """A step that ends the build (or, where no fault is certain, may end it)."""
        return Step(Status.FAILED, value, faults)

    @staticmethod
    def unknown(value: T | None = None) -> Step[T]:
        """A step that cannot be judged."""
        return Step(Status.UNKNOWN, value)

    @staticmethod
    def blocked() -> Step[Never]:
        """A step that an earlier fault keeps from being judged."""
        return Step(Status.BLOCKED)


class Python(NamedTuple):
    """The Python in force. `requested` is what was asked (`3.13`), `origin` the platform's word for who asked,
    `resolved` what would be installed, None where that cannot be said; `span` points at the request.
    """

    requested: str
    origin: str
    resolved: str | None
    span: Span | None = None

    @property
    def is_default(self) -> bool:
        """Whether nothing asked for it, so that the platform chose."""
        return self.span is None

    @property
    def is_2(self) -> bool:
        """Whether this is certainly a Python 2, whose sources the running Python does not read."""
        return (self.resolved or self.requested).removeprefix("python-").startswith(("2.", "pypy-"))


class Django(NamedTuple):
    """What the platform does for a Django app; paths from the app root, `collectstatic` the command or None."""

    manage_py: str
    settings_module: str | None
    collectstatic: str | None
    others: tuple[str, ...] = ()


class Known(Protocol):
    """What is known of the installed distributions."""

    @property
    def series(self) -> tuple[int, int]:
        """The Python in force."""

    @property
    def names(self) -> frozenset[str] | None:
        """All that are known to be installed; None where not even those that are declared can be told."""

    @property
    def closure(self) -> Distributions | None:
        """How those of a requirements file come to be there."""

    def has(self, module: str) -> bool | None:
        """Whether something outside of the app provides a dotted module; None where that cannot be said."""

    def is_standard(self, top: str) -> bool:
        """Whether the standard library has a module of this name."""


class Reached(NamedTuple):
    """What a program of a process loads of the app: `target` as its command names it (`module:attribute`, a module or a
    path), the closure of that where it could be read, and the distribution that brings the program itself, if any;
    `roots` are the folders of its module path.
    """

    process: str
    target: str
    closure: Closure | None
    server: str | None
    known: Known
    roots: tuple[str, ...] = ()


class Plan(NamedTuple):
    """All steps, in the platform's order; `before` and `after` are the app's own hooks, by their paths. `targets`
    tells, by process type, the file that its command starts, where that is certain, `reached` what the programs of the
    processes load, where that is known; `applies` is false where the platform builds the app without its Python
    buildpack; `scripts` are commands that run besides the processes.
    """

    detection: Step[str]
    stack: Step[str]
    environment: Step[None]
    before: Step[str | None]
    python_directory: Step[None]
    manager: Step[Manager]
    virtualenv: Step[None]
    python: Step[Python]
    install: Step[str]
    corpora: Step[None]
    django: Step[Django | None]
    after: Step[str | None]
    repeated: Step[None]
    process_types: Step[None]
    procfile: Procfile | None
    targets: Mapping[str, str]
    boot: Step[None]
    addons: tuple[str, ...]
    reached: tuple[Reached, ...] = ()
    applies: bool = True
    scripts: tuple[Script, ...] = ()

    @property
    def steps(self) -> dict[str, Step[object]]:
        """The steps by their names, in the platform's order."""
        return {name: value for name, value in self._asdict().items() if isinstance(value, Step)}

    def faults(self) -> Iterator[Fault]:
        """Every fault of every step, in the platform's order."""
        found = [fault for step in self.steps.values() for fault in step.faults]
        order = list(Phase)
        yield from sorted(found, key=lambda fault: order.index(fault.phase))

    @property
    def failure(self) -> Fault | None:
        """The fault that ends it: the first that is certain, or that happens where no config var says otherwise."""
        return next((fault for fault in self.faults() if fault.certain or fault.by_default), None)

    @property
    def detected(self) -> bool | None:
        """Whether a Python app is detected; None where that cannot be known."""
        return {Status.OK: True, Status.FAILED: False}.get(self.detection.status)

    @property
    def knows_processes(self) -> bool:
        """Whether it is known what the Procfile says, or that there is none."""
        if self.procfile is None:
            return self.boot.status is not Status.UNKNOWN
        return self.procfile.trouble is None

    @property
    def processes(self) -> tuple[Process, ...]:
        """What runs, each type once, in the order of the Procfile."""
        return tuple(self.procfile.effective.values()) if self.procfile else ()


def nothing_foreseen() -> Plan:
    """The plan for an app that the platform builds without its Python buildpack: nothing is known of any step."""
    unknown: Step[Any] = Step.unknown()
    nothing: dict[str, Any] = {
        "procfile": None,
        "targets": {},
        "addons": (),
        "reached": (),
        "applies": False,
        "scripts": (),
    }
    return Plan(**{name: nothing.get(name, unknown) for name in Plan._fields})
