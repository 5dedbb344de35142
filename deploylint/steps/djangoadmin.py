"""What Django's checks find in the admin: options that are no lists, and such as name what the model has not.

Only classes of the app that are registered plainly are read, with all their bases, for models that are read as a whole.
Source: Django 3.2 to 6.1, contrib/admin/checks.py.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from deploylint.facts.plain import read_block
from deploylint.knowledge import djangodata
from deploylint.record import NamedTuple
from deploylint.steps.djangoclasses import constant, words
from deploylint.steps.djangomodels import says
from deploylint.steps.djangovalues import OTHER, Refused
from deploylint.steps.plainnames import Own

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from deploylint.imports import Found
    from deploylint.steps.djangoclasses import Field, Model
    from deploylint.steps.djangofields import Asked

_HOME = "django.contrib.admin."
_MANY = "ManyToManyField"
_ONE = ("ForeignKey", "OneToOneField")
_DATES = ("DateField", "DateTimeField")
_TRANSLATED = re.compile(r"_[a-z]{2}(?:_[a-z]+)?$")
# Signs in a source that a model may have a NAME that is not written in it.
_SIGNS = (
    rb"related_(?:query_)?name\s*=\s*['\"](?:NAME['\"]|[^'\"]*%\()",
    rb"\bclass\s+NAME\b",
    rb"\.NAME\s*=[^=]",
    rb"add_to_class|setattr\(",
)
_MADE = ("get_next_by_", "get_previous_by_", "get_")


class Option(NamedTuple):
    """An option of a class of the admin: its value, and where that stands."""

    node: ast.expr
    found: Found


class Admin(NamedTuple):
    """A class of the admin with the model that it is for, its options by name, and all names that it binds."""

    own: Own
    model: Model
    options: dict[str, Option]
    names: frozenset[str]

    def words(self, option: str) -> list[tuple[str, ast.expr]]:
        """The texts of an option that is a list."""
        return words(self.options[option].node) if option in self.options else []

    def has(self, name: str) -> bool:
        """Whether the class has a thing of this name, its own or Django's."""
        return name in self.names or name in djangodata.data()["admin"]["names"].split()


class Seen(NamedTuple):
    """What a check finds in an option: its id, where, and the name that is wrong."""

    code: str
    option: str
    node: ast.expr
    name: str


def reported_admin(asked: Asked, modules: Iterable[Found]) -> Iterator[Refused]:
    """What the checks report of the classes that these modules register."""
    if says(asked.app, b"unregister"):
        return
    for found in modules:
        for model, own in _registered(asked, found):
            admin = _admin(asked, own, model)
            for seen in _checked(asked, admin) if admin is not None else ():
                assert admin is not None
                span = asked.plain.at(admin.options[seen.option].found, seen.node)
                yield Refused(OTHER, "system-check", span, {"id": seen.code, "setting": seen.option, "name": seen.name})


def _registered(asked: Asked, found: Found) -> Iterator[tuple[Model, Own]]:
    """The classes that a module registers, each with its model."""
    tree = asked.app.module(found.path).tree
    for statement in tree.body if tree else ():
        named: list[ast.expr] = []
        own: Own | str | None = None
        if isinstance(statement, ast.ClassDef) and len(statement.decorator_list) == 1:
            call = statement.decorator_list[0]
            if isinstance(call, ast.Call) and asked.plain.meaning(found, call.func) == f"{_HOME}register":
                named, own = call.args, Own(found, statement)
        elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
            call = statement.value
            if len(call.args) > 1 and asked.plain.meaning(found, call.func) == f"{_HOME}site.register":
                named, own = [call.args[0]], asked.plain.meaning(found, call.args[1])
        for node in named:
            meant = asked.plain.meaning(found, node)
            model = asked.models.model(meant) if isinstance(meant, Own) else None
            if model is not None and isinstance(own, Own) and isinstance(own.node, ast.ClassDef):
                yield model, own


def _admin(asked: Asked, own: Own, model: Model) -> Admin | None:
    """A class of the admin; None where it is not read as a whole."""
    line = asked.plain.lineage(own)
    homes = djangodata.data()["admin"]["classes"]
    decorated = [one for one in line.own[1:] if isinstance(one.node, ast.ClassDef) and one.node.decorator_list]
    if not line.whole or decorated or not line.foreign or not all(name in homes for name in line.foreign):
        return None
    options: dict[str, Option] = {}
    names: set[str] = set()
    for one in reversed(line.own):
        assert isinstance(one.node, ast.ClassDef)
        block = read_block(one.node.body)
        if block.hidden or block.stars:
            return None
        for name, bound in block.names.items():
            names.add(name)
            options.pop(name, None)
            if bound is not None and isinstance(bound.node, ast.expr):
                options[name] = Option(bound.node, one.found)
    return Admin(own, model, options, frozenset(names))


def _checked(asked: Asked, admin: Admin) -> Iterator[Seen]:
    rules = djangodata.data()["admin"]
    for option, code in rules["lists"].items():
        given = admin.options.get(option)
        if given is not None and isinstance(constant(given.node), str):
            yield Seen(code, option, given.node, str(constant(given.node)))
    for option, code in rules["fields"].items():
        for text, item in admin.words(option):
            name = text.removeprefix("-") if option == "ordering" else text
            if _lacks_field(asked, admin, option, name):
                yield Seen(code, option, item, text)
    for check in (_attributes, _relations, _editable, _links, _hierarchy, _prepopulated, _doubles, _inlines):
        yield from check(asked, admin)


# --- What a model has -------------------------------------------------------------------------------------------------


def _lacks_field(asked: Asked, admin: Admin, option: str, name: str) -> bool:
    """Whether the model certainly has nothing for a name of this option: a field, or a path that starts with one."""
    if not name or name in ("?", "pk") or (option != "list_filter" and "__" in name):
        return False
    return lacks(asked, admin.model, name.partition("__")[0])


def lacks(asked: Asked, model: Model, name: str) -> bool:
    """Whether a model certainly has no attribute and no field of this name, not even one that others bring."""
    rules = djangodata.data()
    own = all(root in rules["models"]["roots"] for root in model.line.foreign)
    known = {*model.names, *rules["admin"]["model"].split()}
    if not model.whole or not own or name in known or name.removesuffix("_id") in model.names:
        return False
    if name.startswith(("_", *_MADE)) or name.endswith(("_set", "_ptr", "_order")) or not name.isidentifier():
        return not name.isidentifier()
    foreign = [field.name for field in model.fields.values() if "." in field.kind]
    added = _TRANSLATED.search(name) or any(name.startswith(f"{other}_") for other in foreign)
    return not added and not _may_come_back(asked, model, name)


def _may_come_back(asked: Asked, model: Model, name: str) -> bool:
    """Whether a name may be the way back of a relation, or be added to a model from elsewhere."""
    user = (asked.user or "").rpartition(".")[2].lower()
    if (not user or model.name.lower() == user) and any("." in label for label in asked.labels):
        return True
    word = re.escape(name.encode())
    sign = re.compile(b"|".join(part.replace(b"NAME", word) for part in _SIGNS), re.IGNORECASE)
    return any(sign.search(asked.app.tree.read(path).data) for path in asked.app.sources)


# --- Checks -----------------------------------------------------------------------------------------------------------


def _attributes(asked: Asked, admin: Admin) -> Iterator[Seen]:
    """Names of which the class, or the model, has to have a thing."""
    for option, code in djangodata.data()["admin"]["attributes"].items():
        for text, item in admin.words(option):
            if not admin.has(text) and _lacks_attribute(asked, admin.model, option, text):
                yield Seen(code, option, item, text)
            field = admin.model.fields.get(text)
            if option == "list_display" and field is not None and field.kind == _MANY:
                yield Seen("admin.E109", option, item, text)


def _lacks_attribute(asked: Asked, model: Model, option: str, name: str) -> bool:
    """Whether a model certainly has nothing of this name; `list_display` takes paths through models in later series."""
    if "__" not in name or name == "__str__":
        return lacks(asked, model, name)
    taken = option == "list_display" and djangodata.since(djangodata.data()["admin"]["paths_since"], asked.series)
    if taken is False and asked.series is not None:
        return _is_plain(model)
    return bool(taken) and lacks(asked, model, name.partition("__")[0])


def _is_plain(model: Model) -> bool:
    return model.whole and all(root in djangodata.data()["models"]["roots"] for root in model.line.foreign)


def _relations(_: Asked, admin: Admin) -> Iterator[Seen]:
    """Fields that have to be relations."""
    kinds = djangodata.data()["models"]["kinds"].split()
    for option, code in djangodata.data()["admin"]["relations"].items():
        wanted = (_MANY,) if option.startswith("filter_") else (_MANY, *_ONE)
        for text, item in admin.words(option):
            field = admin.model.fields.get(text)
            if field is not None and field.kind in kinds and field.kind not in wanted:
                yield Seen(code, option, item, text)


def _editable(_: Asked, admin: Admin) -> Iterator[Seen]:
    shown = _listed(admin)
    links = admin.options.get("list_display_links")
    for text, item in admin.words("list_editable"):
        if shown is None or text not in admin.model.fields:
            continue
        if text not in shown:
            yield Seen("admin.E122", "list_editable", item, text)
        elif any(text == other for other, _ in admin.words("list_display_links")):
            yield Seen("admin.E123", "list_editable", item, text)
        elif shown[0] == text and links is None:
            yield Seen("admin.E124", "list_editable", item, text)


def _listed(admin: Admin) -> list[str] | None:
    """The names in `list_display`; None where not all are texts."""
    given = admin.options.get("list_display")
    if given is None:
        return ["__str__"] if "list_display" not in admin.names else None
    items = given.node.elts if isinstance(given.node, (ast.List, ast.Tuple)) else [None]
    return [text for text, _ in admin.words("list_display")] if len(items) == len(admin.words("list_display")) else None


def _links(_: Asked, admin: Admin) -> Iterator[Seen]:
    shown = _listed(admin)
    for text, item in admin.words("list_display_links"):
        if shown is not None and text not in shown and "get_list_display" not in admin.names:
            yield Seen("admin.E111", "list_display_links", item, text)


def _hierarchy(asked: Asked, admin: Admin) -> Iterator[Seen]:
    given = admin.options.get("date_hierarchy")
    name = constant(given.node) if given else None
    if given is None or not isinstance(name, str):
        return
    field = admin.model.fields.get(name)
    if lacks(asked, admin.model, name.partition("__")[0]):
        yield Seen("admin.E127", "date_hierarchy", given.node, name)
    elif field is not None and field.kind not in _DATES and field.kind in djangodata.data()["models"]["kinds"].split():
        yield Seen("admin.E128", "date_hierarchy", given.node, name)


def _prepopulated(asked: Asked, admin: Admin) -> Iterator[Seen]:
    given = admin.options.get("prepopulated_fields")
    if given is None or not isinstance(given.node, ast.Dict):
        return
    for key, value in zip(given.node.keys, given.node.values, strict=True):
        texts = [(str(constant(key)), key)] if isinstance(key, ast.Constant) else []
        for code, found in (("admin.E027", texts), ("admin.E030", words(value))):
            for text, item in found:
                if lacks(asked, admin.model, text):
                    yield Seen(code, "prepopulated_fields", item, text)


def _doubles(_: Asked, admin: Admin) -> Iterator[Seen]:
    for option, code in djangodata.data()["admin"]["once"].items():
        seen: set[str] = set()
        for text, item in admin.words(option):
            if text in seen:
                yield Seen(code, option, item, text)
            seen.add(text)
    both = [admin.options.get("fields"), admin.options.get("fieldsets")]
    if all(given is not None and isinstance(given.node, (ast.List, ast.Tuple)) and given.node.elts for given in both):
        assert both[0] is not None
        yield Seen("admin.E005", "fields", both[0].node, "fieldsets")


def _inlines(asked: Asked, admin: Admin) -> Iterator[Seen]:
    """Inlines of a model that does not refer to the one of the admin."""
    given = admin.options.get("inlines")
    for node in given.node.elts if given and isinstance(given.node, (ast.List, ast.Tuple)) else ():
        assert given is not None
        own = asked.plain.meaning(given.found, node)
        line = asked.plain.lineage(own) if isinstance(own, Own) else None
        homes = djangodata.data()["admin"]["inlines"]
        if (
            not isinstance(own, Own)
            or line is None
            or not line.whole
            or not all(name in homes for name in line.foreign)
        ):
            continue
        values = asked.plain.values(own)
        meant = asked.plain.meaning(own.found, values["model"]) if "model" in values else None
        model = asked.models.model(meant) if isinstance(meant, Own) else None
        if model is None or not line.foreign or "fk_name" in values or len(line.own) > 1 or not _is_plain(model):
            continue
        if not any(_may_refer(asked, field, admin.model) for field in model.fields.values()):
            yield Seen("admin.E202", "inlines", node, f"{model.name} to {admin.model.name}")


def _may_refer(asked: Asked, field: Field, model: Model) -> bool:
    """Whether a field may be a foreign key to a model, or to a base of it."""
    if field.kind not in _ONE:
        return "." in field.kind
    meant = asked.models.target(field, asked.labels)
    if isinstance(meant, Own):
        return meant in model.line.own or not model.whole
    names = {one.node.name.lower() for one in model.line.own if isinstance(one.node, ast.ClassDef)}
    return meant is None or meant.rpartition(".")[2].lower() in names or meant.startswith("django.conf")
