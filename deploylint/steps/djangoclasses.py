"""The models of a project, as far as they are written plainly: their fields, what else they bind, and their `Meta`.

Source: Django 3.2 to 6.1, db/models/base.py (ModelBase) and db/models/options.py.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from deploylint.facts.plain import read_block
from deploylint.facts.python import dotted
from deploylint.knowledge import djangodata
from deploylint.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from deploylint.facts.plain import Binding
    from deploylint.imports import Found
    from deploylint.steps.plainnames import Lineage, Own, PlainNames

_FIELDS = ("django.db.models.fields.related.", "django.db.models.fields.", "django.db.models.")
_LISTS = (ast.List, ast.Tuple)
UNKNOWN = object()
"""A value that does not stand there plainly."""


class Field(NamedTuple):
    """A field as it is made: `kind` is the class, without `django.db.models` before it. `whole`: all that it is given
    stands there.
    """

    name: str
    kind: str
    call: ast.Call
    found: Found
    whole: bool

    def given(self, word: str, place: int = -1) -> ast.expr | None:
        """What it is given by this name, or in this place."""
        if 0 <= place < len(self.call.args):
            return self.call.args[place]
        return next((keyword.value for keyword in self.call.keywords if keyword.arg == word), None)

    def value(self, word: str, place: int = -1) -> object:
        """The constant that it is given; None where it is given none."""
        node = self.given(word, place)
        return None if node is None else constant(node)

    def is_on(self, word: str) -> bool:
        """Whether it is given True."""
        return self.value(word) is True


class Model(NamedTuple):
    """A model: its class, its fields and all names that it binds, those of its bases too, and its own `Meta`. `whole`:
    nothing else decides what it has. `plain`: its own `Meta` is read as a whole, and has no bases.
    """

    own: Own
    fields: Mapping[str, Field]
    names: frozenset[str]
    meta: Mapping[str, ast.expr]
    whole: bool
    plain: bool
    line: Lineage

    @property
    def name(self) -> str:
        """The name of the class."""
        assert isinstance(self.own.node, ast.ClassDef)
        return self.own.node.name

    @property
    def is_abstract(self) -> bool:
        """Whether it is only there for others to be made from; also where that cannot be told."""
        return not self.plain or ("abstract" in self.meta and constant(self.meta["abstract"]) is not False)


def constant(node: ast.expr) -> object:
    """The value of a constant, or UNKNOWN."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant):
        return -node.operand.value if isinstance(node.operand.value, (int, float)) else UNKNOWN
    return node.value if isinstance(node, ast.Constant) else UNKNOWN


def words(node: ast.expr | None) -> list[tuple[str, ast.expr]]:
    """The texts of a list or tuple that is written out."""
    items = node.elts if isinstance(node, _LISTS) else []
    return [(item.value, item) for item in items if isinstance(item, ast.Constant) and isinstance(item.value, str)]


class Models:
    """Reads the models of the app."""

    def __init__(self, plain: PlainNames) -> None:
        self._plain = plain
        self._read: dict[Own, Model | None] = {}

    def all(self, modules: Iterable[Found]) -> Iterator[Model]:
        """The models that these modules bind."""
        for found in modules:
            for own in self._plain.classes(found):
                model = self.model(own)
                if model is not None:
                    yield model

    def model(self, own: Own) -> Model | None:
        """A class as a model; None where it is none, or where that cannot be told."""
        if own not in self._read:
            self._read[own] = self._model(own)
        return self._read[own]

    def _model(self, own: Own) -> Model | None:
        line = self._plain.lineage(own)
        rules = djangodata.data()["models"]
        if not any(name in rules["roots"] for name in line.foreign):
            return None
        fields: dict[str, Field] = {}
        names: set[str] = set()
        whole = line.whole and all(name in rules["roots"] for name in line.foreign)
        for one in reversed(line.own):
            assert isinstance(one.node, ast.ClassDef)
            whole = whole and not one.node.decorator_list
            block = read_block(one.node.body)
            whole = whole and not block.hidden and not block.stars
            for name, bound in block.names.items():
                names.add(name)
                fields.pop(name, None)
                field = self._field(one.found, name, bound.node) if bound else None
                if field is not None:
                    fields[name] = field
        meta, plain = self._meta(own)
        for root in line.foreign:
            names.update(rules["names"].get(root.rpartition(".")[2], "").split())
        return Model(own, fields, frozenset(names), meta, whole, plain, line)

    def _field(self, found: Found, name: str, node: Binding) -> Field | None:
        """A field; of a kind that is not Django's the full name is its kind."""
        if not isinstance(node, ast.Call):
            return None
        meant = self._plain.meaning(found, node.func)
        if not isinstance(meant, str):
            return None
        kind = next((meant.removeprefix(home) for home in _FIELDS if meant.startswith(home)), meant)
        starred = any(isinstance(item, ast.Starred) for item in node.args)
        return Field(name, kind, node, found, not starred and all(keyword.arg for keyword in node.keywords))

    def _meta(self, own: Own) -> tuple[dict[str, ast.expr], bool]:
        assert isinstance(own.node, ast.ClassDef)
        bound = read_block(own.node.body).names.get("Meta", UNKNOWN)
        if bound is UNKNOWN:
            return {}, True
        node = getattr(bound, "node", None)
        if not isinstance(node, ast.ClassDef):
            return {}, False
        block = read_block(node.body)
        given = {name: bound.node for name, bound in block.names.items() if bound and isinstance(bound.node, ast.expr)}
        bases = [dotted(base) for base in node.bases]
        return given, bases in ([], ["object"]) and len(given) == len(block.names) and not block.hidden

    def target(self, field: Field, labels: Mapping[str, str | None]) -> str | Own | None:
        """What a relation leads to, as `label.model` in small letters where that is written; else the class."""
        node = field.given("to", 0)
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
            label = text.rpartition(".")[0] or self.label(field.found, labels)
            return f"{label}.{text.rpartition('.')[2]}" if label and text != "self" else None
        return self._plain.meaning(field.found, node) if node is not None else None

    def label(self, found: Found, labels: Mapping[str, str | None]) -> str | None:
        """The label of the installed app that a module belongs to: the one with the longest name."""
        homes = [
            (package, label)
            for label, package in labels.items()
            if package and (found.name == package or found.name.startswith(f"{package}."))
        ]
        return max(homes, default=("", None), key=lambda home: len(home[0]))[1]
