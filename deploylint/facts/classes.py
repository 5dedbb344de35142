"""Classes: their attributes, with inheritance, and the two kinds whose attributes come from the environment."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from deploylint.facts import environ, readers
from deploylint.facts.operations import Raised, Unsure
from deploylint.facts.statements import Statements
from deploylint.facts.values import External, FilePath, Known, Thing, Unknown, Value, options
from deploylint.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deploylint.facts.containers import Args

_CONFIGURATIONS = frozenset({"configurations.Configuration", "configurations.base.Configuration"})
_PYDANTIC = frozenset(
    {"pydantic_settings.BaseSettings", "pydantic.BaseSettings", "pydantic_settings.main.BaseSettings"}
)
_PLAIN = frozenset({"builtins.object"})
_SETTINGS = frozenset({"env_file", "env_file_encoding", "extra", "case_sensitive"})
_LITERALS = {"str": str, "int": int, "bool": bool, "float": float}


class Class(NamedTuple):
    """A class of the app. `kind` is `plain`, `configuration`, `pydantic` or `opaque`: what its attributes become is
    then decided elsewhere.
    """

    scope: str
    bases: tuple[Value, ...]
    kind: str
    node: ast.ClassDef


class Classes(Statements):
    """What classes hold."""

    def define_class(self, node: ast.ClassDef) -> None:
        """Run the body of a class."""
        decorated = [self.evaluate(decorator) for decorator in node.decorator_list]
        bases = tuple(self.evaluate(base) for base in node.bases)
        for keyword in node.keywords:
            self.evaluate(keyword.value)
        count = self.counts.get(node, 0)
        self.put(self.counts, node, count + 1)
        scope = f"class {self.frame.name} {node.name} {node.lineno} {count}"
        self.scopes.setdefault(scope, {})
        kind = "opaque" if decorated or node.keywords else _kind(bases)
        outer = self.frame
        around = outer.scopes[1:] if outer.kind == "class" else outer.scopes
        self.frame = outer._replace(scopes=(scope, *around), kind="class")
        try:
            self.block(node.body)
        finally:
            self.frame = outer
        thing = Thing("class", node.name, Class(scope, bases, kind, node), self.where(node))
        self.bind(node.name, thing, self.where(node))

    def class_attribute(self, thing: Thing, name: str) -> Value | None:
        """The attribute of a class; None where it certainly has none of its own."""
        found: Class = thing.data
        self.spend()
        if found.kind == "opaque":
            return Unknown("an attribute of a class that is not followed", thing.where)
        binding = self.scopes[found.scope].get(name)
        if binding is not None:
            return binding.value if binding.certain else Unknown("may not be bound", binding.where)
        if self.is_open(found.scope):
            return Unknown("a name that may be bound unseen", thing.where)
        for number, base in enumerate(found.bases):
            if type(base) is Thing and base.what == "class":
                value = self.class_attribute(base, name)
                if value is not None:
                    several = number > 0 and any(_kind((other,)) == "configuration" for other in found.bases[:number])
                    return Unknown("one of several bases", thing.where) if several else value
        return None

    def inherits_outside(self, thing: Thing) -> bool:
        """Whether a class has attributes that come from outside of the app."""
        return _kind((thing,)) != "plain"

    def call_class(self, node: ast.expr, thing: Thing, args: Args) -> Value:
        """Make an object of a class."""
        found: Class = thing.data
        if found.kind == "pydantic":
            return self._settings_object(node, thing, args)
        if found.kind == "plain" and not args.values and not any(self._functions(thing)):
            return Thing("instance", thing.name, thing, self.where(node))
        raise Unsure(f"an object of {thing.name}")

    def _functions(self, thing: Thing) -> Iterator[bool]:
        found: Class = thing.data
        for binding in self.scopes[found.scope].values():
            yield not (type(binding.value) is not Thing)
        for base in found.bases:
            if type(base) is Thing and base.what == "class":
                yield from self._functions(base)

    # --- pydantic ---

    def _settings_object(self, node: ast.expr, thing: Thing, args: Args) -> Value:
        fields: dict[str, Value] = {}
        for owner in self._line(thing):
            fields.update(self._fields(owner, node, args))
        return Thing("instance", thing.name, fields, self.where(node))

    def _line(self, thing: Thing) -> list[Thing]:
        """A class and its bases, the farthest first."""
        found: Class = thing.data
        line: list[Thing] = []
        for base in found.bases:
            if type(base) is Thing and base.what == "class" and isinstance(base.data, Class):
                line.extend(self._line(base))
        return [*line, thing][:20]

    def _fields(self, thing: Thing, node: ast.expr, args: Args) -> dict[str, Value]:
        found: Class = thing.data
        prefix, sure = self._prefix(found)
        sure = sure and not args.values and not _validates(found.node)
        fields: dict[str, Value] = {}
        for statement in found.node.body:
            if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
                continue
            name = statement.target.id
            if name == "model_config" or name.startswith("_") or "ClassVar" in ast.dump(statement.annotation):
                continue
            fields[name] = self._field(statement, name, prefix, node) if sure else Unknown("a field", self.where(node))
        return fields

    def _field(self, statement: ast.AnnAssign, name: str, prefix: str, node: ast.expr) -> Value:
        cast = ast.unparse(statement.annotation)[:100]
        optional = "None" in cast or "Optional" in cast
        default: Value | None = None
        if isinstance(statement.value, ast.Constant):
            default = Known(statement.value.value, self.where(statement.value))
        elif statement.value is not None or optional:
            return Unknown("a field", self.where(statement), (f"{prefix}{name}".upper(),))
        raises = "" if default is not None else "ValidationError"
        variable = f"{prefix}{name}".upper()
        request = environ.Request("pydantic", cast, default, raises, files=True)
        found = environ.read(self, node, Known(variable), request)
        same = type(default) is Known and type(default.value) is _LITERALS.get(cast)
        if same and default is not None and environ.variable(self, variable, files=True) is environ.UNSET:
            return default
        return found

    def _prefix(self, found: Class) -> tuple[str, bool]:
        for statement in found.node.body:
            if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Call):
                target = statement.targets[0]
                if isinstance(target, ast.Name) and target.id == "model_config":
                    return _configured(statement.value)
            if isinstance(statement, ast.ClassDef) and statement.name == "Config":
                return "", False
        return "", True

    # --- django-configurations ---

    def configuration(self, thing: Thing, node: ast.expr) -> Iterator[tuple[str, Value]]:
        """The settings of a class, by their names, as they are once it is chosen."""
        lost, all_lost = self._written_later(thing)
        names: dict[str, None] = {}
        for owner in self._line(thing):
            names.update(dict.fromkeys(name for name in self.scopes[owner.data.scope] if name.isupper()))
        dotenv = self.class_attribute(thing, "DOTENV")
        if dotenv is not None and not (type(dotenv) is Known and dotenv.value is None):
            absent = type(dotenv) is Known and isinstance(dotenv.value, (str, FilePath))
            if not absent or environ.has_environment_file(self):
                self.put(self.flags, "dotenv", value=True)
        for name in names:
            value = self.class_attribute(thing, name)
            if value is None:
                continue
            if all_lost or name in lost or len(options(value)) > 1:
                yield name, Unknown("written when the class is set up", thing.where)
            elif type(value) is Thing and value.what == "setting":
                yield name, self._read_setting(value, name, node)
            elif type(value) is Thing or type(value) is External:
                yield name, Unknown("worked out when the class is set up", thing.where)
            else:
                yield name, value

    def _read_setting(self, value: Thing, name: str, node: ast.expr) -> Value:
        try:
            return readers.read_setting(self, node, value, name)
        except (Raised, Unsure) as stop:
            return Unknown(f"raises {stop}", value.where)

    def _written_later(self, thing: Thing) -> tuple[set[str], bool]:
        """The attributes that methods may write or change, and whether they may write any."""
        lost: set[str] = set()
        for owner in self._line(thing):
            for function in owner.data.node.body:
                if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
                    continue
                for item in ast.walk(function):
                    if isinstance(item, ast.Attribute):
                        lost.add(item.attr)
                    elif isinstance(item, ast.Name) and item.id in ("setattr", "vars", "exec"):
                        return lost, True
        return lost, False


def _kind(bases: tuple[Value, ...]) -> str:
    kinds = set()
    for base in bases:
        if type(base) is Thing and base.what == "class":
            kinds.add(base.data.kind)
        elif type(base) is External and base.name in _CONFIGURATIONS:
            kinds.add("configuration")
        elif type(base) is External and base.name in _PYDANTIC:
            kinds.add("pydantic")
        else:
            kinds.add("plain" if type(base) is External and base.name in _PLAIN else "opaque")
    return next((kind for kind in ("opaque", "pydantic", "configuration") if kind in kinds), "plain")


def _validates(node: ast.ClassDef) -> bool:
    return any(
        isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef))
        and (item.decorator_list or item.name.startswith("__"))
        for item in node.body
    )


def _configured(call: ast.Call) -> tuple[str, bool]:
    prefix = ""
    for keyword in call.keywords:
        constant: Any = keyword.value.value if isinstance(keyword.value, ast.Constant) else None
        if keyword.arg == "env_prefix" and isinstance(constant, str):
            prefix = constant
        elif keyword.arg not in _SETTINGS or (keyword.arg == "case_sensitive" and constant is not False):
            return "", False
    return prefix, True
