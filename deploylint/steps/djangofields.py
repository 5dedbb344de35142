"""What Django's checks find in models. A check of a field is one entry of `_OF_FIELDS`, under the id that it reports:
it gives the words for what it finds, or none.

Sources: Django 3.2 to 6.1, db/models/fields/ (`check` of each class), db/models/base.py (Model.check) and
contrib/auth/checks.py (check_user_model).
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from deploylint.knowledge import djangodata
from deploylint.record import NamedTuple
from deploylint.steps.djangoclasses import UNKNOWN, constant, words
from deploylint.steps.djangovalues import OTHER, Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from deploylint.app import App
    from deploylint.imports import Found
    from deploylint.knowledge.djangodata import Series
    from deploylint.steps.djangoclasses import Field, Model, Models
    from deploylint.steps.plainnames import PlainNames

_ONE = ("ForeignKey", "OneToOneField")
_MANY = "ManyToManyField"
_RELATIONS = (*_ONE, _MANY)
_PAIR = 2


class Report(NamedTuple):
    """What a check of a model finds: its id, where, and the words for it."""

    code: str
    node: ast.expr | ast.stmt
    name: str


class Asked(NamedTuple):
    """What the checks of models ask: the engine of the default database, and what AUTH_USER_MODEL names, None where
    they are not known; the labels of the installed apps, each with its package.
    """

    app: App
    plain: PlainNames
    models: Models
    series: Series | None
    labels: Mapping[str, str | None]
    engine: str | None
    user: str | None

    def is_before(self, version: str) -> bool:
        """Whether the series is certainly older."""
        return djangodata.since(version, self.series) is False


def reported_models(asked: Asked, modules: Iterable[Found]) -> Iterator[Refused]:
    """What the checks report of the models that these modules bind."""
    for model in asked.models.all(modules):
        if model.is_abstract:
            continue
        for field in model.fields.values():
            for code, check in _OF_FIELDS.items():
                name = check(asked, field) if field.whole else ""
                if name:
                    yield _reported(asked, field.found, field.call, code, name)
        for check_model in _OF_MODELS:
            for code, node, name in check_model(asked, model):
                yield _reported(asked, model.own.found, node, code, name)


def _reported(asked: Asked, found: Found, node: ast.expr | ast.stmt, code: str, name: str) -> Refused:
    return Refused(OTHER, "system-check", asked.plain.at(found, node), {"id": code, "setting": "", "name": name})


# --- Fields -----------------------------------------------------------------------------------------------------------


def _ends_low(_: Asked, field: Field) -> str:
    return field.name if field.name.endswith("_") and field.kind in _known() else ""


def _has_two(_: Asked, field: Field) -> str:
    inside = "__" in field.name and not field.name.endswith("_")
    return field.name if inside and field.kind in _known() else ""


def _known() -> frozenset[str]:
    return frozenset(djangodata.data()["models"]["kinds"].split())


def _without_length(asked: Asked, field: Field) -> str:
    if field.kind != "CharField" or field.given("max_length", 3) is not None:
        return ""
    without = djangodata.data()["models"]["unlimited"]
    if asked.is_before(without["since"]):
        return field.name
    # Which databases do without: only of those that are named here it is known that they do not.
    wanted = [engine for engine, version in without["not_before"].items() if not version or asked.is_before(version)]
    return field.name if asked.series and asked.engine in wanted else ""


def _wrong_length(_: Asked, field: Field) -> str:
    length = field.value("max_length", 3)
    wrong = length is not UNKNOWN and length is not None and (type(length) is not int or length <= 0)
    return field.name if wrong and field.kind in ("CharField", "SlugField", "EmailField", "URLField") else ""


def _without_places(asked: Asked, field: Field) -> str:
    before = asked.is_before(djangodata.data()["models"]["decimals_until"])
    return field.name if field.kind == "DecimalField" and before and field.given("decimal_places", 3) is None else ""


def _without_digits(asked: Asked, field: Field) -> str:
    before = asked.is_before(djangodata.data()["models"]["decimals_until"])
    return field.name if field.kind == "DecimalField" and before and field.given("max_digits", 2) is None else ""


def _few_digits(_: Asked, field: Field) -> str:
    digits, places = field.value("max_digits", 2), field.value("decimal_places", 3)
    few = isinstance(digits, int) and isinstance(places, int) and places > digits
    return field.name if field.kind == "DecimalField" and few else ""


def _blank_address(_: Asked, field: Field) -> str:
    blank = field.is_on("blank") and field.value("null") in (None, False)
    return field.name if field.kind == "GenericIPAddressField" and blank else ""


def _several_dates(_: Asked, field: Field) -> str:
    if field.kind not in ("DateField", "DateTimeField", "TimeField") or len(field.call.args) > _PAIR:
        return ""
    default = field.given("default")
    given = default is not None and constant(default) not in (UNKNOWN, None)
    given = given or isinstance(default, (ast.Name, ast.Attribute, ast.Call))
    return field.name if field.is_on("auto_now") + field.is_on("auto_now_add") + given > 1 else ""


def _key_of_files(_: Asked, field: Field) -> str:
    return field.name if field.kind in ("FileField", "ImageField") and field.given("primary_key") is not None else ""


def _absolute_folder(_: Asked, field: Field) -> str:
    folder = field.value("upload_to")
    wrong = isinstance(folder, str) and folder.startswith("/")
    return field.name if field.kind in ("FileField", "ImageField") and wrong else ""


def _choices(field: Field) -> list[ast.expr]:
    node = field.given("choices")
    return node.elts if isinstance(node, (ast.List, ast.Tuple)) else []


def _text_as_choices(_: Asked, field: Field) -> str:
    return field.name if field.kind in _known() and isinstance(field.value("choices"), str) else ""


def _no_pair(_: Asked, field: Field) -> str:
    plain = not any(isinstance(item, ast.Starred) for choice in _choices(field) for item in ast.walk(choice))
    wrong = any(isinstance(item, (ast.Tuple, ast.List)) and len(item.elts) != _PAIR for item in _choices(field))
    return field.name if field.kind in _known() and plain and wrong else ""


def _long_choice(_: Asked, field: Field) -> str:
    pairs = [
        item.elts for item in _choices(field) if isinstance(item, (ast.Tuple, ast.List)) and len(item.elts) == _PAIR
    ]
    flat = (
        bool(pairs) and all(constant(pair[1]) is not UNKNOWN for pair in pairs) and len(pairs) == len(_choices(field))
    )
    lengths = [len(text) for text in (constant(pair[0]) for pair in pairs) if isinstance(text, str)]
    most = field.value("max_length", 3)
    return (
        field.name
        if field.kind == "CharField" and flat and type(most) is int and max(lengths, default=0) > most
        else ""
    )


def _key_that_is_null(_: Asked, field: Field) -> str:
    return field.name if field.kind in _known() and field.is_on("primary_key") and field.is_on("null") else ""


def _set_null(asked: Asked, field: Field) -> str:
    null = field.kind in _ONE and field.value("null") in (None, False) and field.value("primary_key") in (None, False)
    return field.name if null and _on_delete(asked, field) == "SET_NULL" else ""


def _set_default(asked: Asked, field: Field) -> str:
    without = field.kind in _ONE and field.given("default") is None
    return field.name if without and _on_delete(asked, field) == "SET_DEFAULT" else ""


def _on_delete(asked: Asked, field: Field) -> str:
    node = field.given("on_delete", 1)
    meant = asked.plain.meaning(field.found, node) if node is not None else None
    return meant.rpartition(".")[2] if isinstance(meant, str) and meant.startswith("django.db.models.") else ""


def _relation_lost(asked: Asked, field: Field) -> str:
    """A relation to a model that no installed app has."""
    name = asked.models.target(field, asked.labels) if field.kind in _RELATIONS else None
    if not isinstance(name, str) or not isinstance(field.given("to", 0), ast.Constant) or "." in asked.labels:
        return ""
    label, _, model = name.partition(".")
    if label not in asked.labels:
        return name if not any("." in other for other in asked.labels) else ""
    package = asked.labels[label]
    if not package or package.startswith("django.") or "_" in model or model.startswith("Historical"):
        return ""
    made = re.compile(rb"\bclass[ \t]+" + re.escape(model.encode()) + rb"\b|\bas[ \t]+" + model.encode(), re.IGNORECASE)
    return "" if any(made.search(asked.app.tree.read(path).data) for path in asked.app.sources) else name


def _swapped_user(asked: Asked, field: Field) -> str:
    """A relation to Django's own users, where the app has its own."""
    if field.kind not in _RELATIONS or asked.user is None or asked.user.lower() == "auth.user":
        return ""
    meant = asked.models.target(field, asked.labels)
    return field.name if meant in ("auth.User", "django.contrib.auth.models.User") else ""


def _removed(asked: Asked, field: Field) -> Mapping[str, str]:
    row: Mapping[str, str] = djangodata.data()["models"]["removed"].get(field.kind, {})
    return row if row and djangodata.since(row["since"], asked.series) else {}


_OF_FIELDS: dict[str, Callable[[Asked, Field], str]] = {
    "fields.E001": _ends_low,
    "fields.E002": _has_two,
    "fields.E004": _text_as_choices,
    "fields.E005": _no_pair,
    "fields.E007": _key_that_is_null,
    "fields.E009": _long_choice,
    "fields.E120": _without_length,
    "fields.E121": _wrong_length,
    "fields.E130": _without_places,
    "fields.E132": _without_digits,
    "fields.E134": _few_digits,
    "fields.E150": _blank_address,
    "fields.E160": _several_dates,
    "fields.E201": _key_of_files,
    "fields.E202": _absolute_folder,
    "fields.E300": _relation_lost,
    "fields.E301": _swapped_user,
    "fields.E320": _set_null,
    "fields.E321": _set_default,
}


# --- Models -----------------------------------------------------------------------------------------------------------


def _gone_fields(asked: Asked, model: Model) -> Iterator[Report]:
    for field in model.fields.values():
        row = _removed(asked, field)
        if row and field.found == model.own.found:
            yield Report(row["id"], field.call, f"{field.kind.rpartition('.')[2]} {row['instead']}")


def _keys(_: Asked, model: Model) -> Iterator[Report]:
    keys = [field for field in model.fields.values() if field.is_on("primary_key")]
    if len(keys) > 1 and keys[1].found == model.own.found:
        yield Report("models.E026", keys[1].call, keys[1].name)
    number = model.fields.get("id")
    unset = number is not None and number.whole and number.value("primary_key") in (None, False)
    if number and unset and not keys and model.whole and number.found == model.own.found:
        yield Report("models.E004", number.call, "id")


def _ordering(_: Asked, model: Model) -> Iterator[Report]:
    node = model.meta.get("ordering")
    if node is None or "order_with_respect_to" in model.meta:
        return
    if isinstance(constant(node), str):
        yield Report("models.E014", node, str(constant(node)))
    for text, item in words(node):
        name = text.removeprefix("-")
        if name not in ("", "?", "pk", "id") and "__" not in name and _lacks_field(model, name):
            yield Report("models.E015", item, name)


def _together(_: Asked, model: Model) -> Iterator[Report]:
    node = model.meta.get("unique_together")
    if node is None:
        return
    if isinstance(constant(node), str):
        yield Report("models.E010", node, str(constant(node)))
    groups = node.elts if isinstance(node, (ast.List, ast.Tuple)) else []
    for text, item in [*words(node), *(word for group in groups for word in words(group))]:
        if text != "id" and _lacks_field(model, text):
            yield Report("models.E012", item, text)


def _lacks_field(model: Model, name: str) -> bool:
    """Whether a model certainly has no field of this name, nor is what it has of others to be seen in its names."""
    key = name.removesuffix("_id")
    own = all(root in djangodata.data()["models"]["roots"] for root in model.line.foreign)
    return model.whole and own and not {name, key} & model.names and not _is_reverse(name)


def _is_reverse(name: str) -> bool:
    """Whether a name may be the way back of a relation."""
    return name.endswith(("_set", "_ptr", "_order"))


def _accessors(asked: Asked, model: Model) -> Iterator[Report]:
    """Two relations to the same model, which has one way back for both."""
    seen: dict[object, Field] = {}
    if not model.plain or "default_related_name" in model.meta:
        return
    for field in model.fields.values():
        if field.kind not in _RELATIONS or not field.whole or field.given("related_name") is not None:
            continue
        node = field.given("to", 0)
        if field.found != model.own.found or node is None or (constant(node) == "self" and field.kind == _MANY):
            continue
        meant = asked.models.target(field, asked.labels)
        if meant is None and constant(node) != "self":
            continue
        key = (meant if meant is not None else "self", field.kind == "OneToOneField")
        if key in seen:
            yield Report("fields.E304", field.call, f"{seen[key].name} and {field.name}")
        seen.setdefault(key, field)


def _user(asked: Asked, model: Model) -> Iterator[Report]:
    """The model for users."""
    label = asked.models.label(model.own.found, asked.labels)
    if asked.user is None or asked.user.lower() != f"{label}.{model.name}".lower() or not model.whole:
        return
    block = {name: node for own in reversed(model.line.own) for name, node in asked.plain.values(own).items()}
    required, name = block.get("REQUIRED_FIELDS"), block.get("USERNAME_FIELD")
    text = constant(name) if name is not None else None
    if required is not None and isinstance(constant(required), str):
        yield Report("auth.E001", required, "REQUIRED_FIELDS")
    named = [word for word, _ in words(required)]
    if required is None and any(root.endswith(".AbstractUser") for root in model.line.foreign):
        named = ["email"]
    if isinstance(text, str) and text in named and name is not None:
        yield Report("auth.E002", name, text)


_OF_MODELS: tuple[Callable[[Asked, Model], Iterator[Report]], ...] = (
    _gone_fields,
    _keys,
    _ordering,
    _together,
    _accessors,
    _user,
)
