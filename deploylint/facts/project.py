"""What a project asks for that pip installs from its folder (`--editable .`): its own files say so.

In go the tree and the folder; out comes a list of requirements as they are written. It is None where a program makes
it, or where there is no project.
Sources: the metadata of PEP 621 in pyproject.toml, Poetry's table there, `[options]` of setup.cfg and the keywords of
`setup()`, as setuptools 80 reads them (pyproject.toml first, and setup.cfg and setup.py for what it leaves open).
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from deploylint.facts.locks import read_toml, strings, table
from deploylint.facts.python import dotted, read_module

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from deploylint.facts.python import Module
    from deploylint.tree import Tree

MANIFEST = "pyproject.toml"
SETUP_CFG = "setup.cfg"
SETUP_PY = "setup.py"
_CFG_LIMIT = 256 * 1024
_CARET = re.compile(r"([\^~]?) ?([0-9]{1,9}(?:\.[0-9]{1,9}){0,5})")


def requirements_of(tree: Tree) -> tuple[str, ...] | None:
    """The requirements of the project in the root of the tree, without its extras."""
    if not any(map(tree.is_file, (MANIFEST, SETUP_CFG, SETUP_PY))):
        return None
    document = read_toml(tree, MANIFEST) if tree.is_file(MANIFEST) else None
    if document is not None and document.data is None:
        return None
    data = document.data if document and document.data else {}
    project, poetry = table(data, "project"), table(data, "tool", "poetry")
    if project and "dependencies" not in strings(project.get("dynamic")):
        return tuple(strings(project.get("dependencies")))
    if poetry:
        return tuple(poetry_needs(poetry))
    if table(data, "tool", "setuptools", "dynamic", "dependencies"):
        return None
    found = [_of_cfg(tree), _of_setup(tree)]
    known = [lines for lines in found if lines is not None]
    return tuple(line for lines in known for line in lines) if len(known) == len(found) else None


def poetry_needs(poetry: Mapping[str, Any]) -> Iterator[str]:
    """The requirements of a table of Poetry's, or of a Pipfile's packages, without what is optional."""
    for name, value in table(poetry, "dependencies").items():
        wanted = value.get("version", "*") if isinstance(value, dict) else value
        optional = isinstance(value, dict) and value.get("optional")
        if name != "python" and not optional:
            yield name + (_specifier(wanted) if isinstance(wanted, str) else "")


def _specifier(wanted: str) -> str:
    """Poetry's constraint in the form that pip has for it; nothing where it is another one."""
    match = _CARET.fullmatch(wanted.strip())
    if match is None:
        return "" if wanted.strip() == "*" or "|" in wanted else wanted.replace(" ", "")
    sign, numbers = match[1], match[2].split(".")
    if not sign:
        return f"=={match[2]}"
    at = next((at for at, number in enumerate(numbers) if int(number)), 0) if sign == "^" else min(1, len(numbers) - 1)
    above = [*numbers[:at], str(int(numbers[at]) + 1)]
    return f">={match[2]},<{'.'.join(above)}"


def _of_cfg(tree: Tree) -> tuple[str, ...] | None:
    """`install_requires` of setup.cfg; nothing where it has none, None where a file has them (`file: …`)."""
    if not tree.is_file(SETUP_CFG):
        return ()
    content = tree.read(SETUP_CFG, _CFG_LIMIT)
    if content.trouble:
        return None
    from configparser import Error, RawConfigParser

    parser = RawConfigParser()
    try:
        parser.read_string(content.data.decode("utf-8", "replace"))
        value = parser.get("options", "install_requires", fallback="")
    except Error:
        return None
    if value.lstrip().startswith(("file:", "attr:")):
        return None
    parts = value.splitlines() if "\n" in value else value.split(";")
    return tuple(part.strip() for part in parts if part.strip() and not part.strip().startswith("#"))


def _of_setup(tree: Tree) -> tuple[str, ...] | None:
    """`install_requires` of the one call of `setup()`; nothing where it has none."""
    if not tree.is_file(SETUP_PY):
        return ()
    module = read_module(tree, SETUP_PY)
    calls = [call.node for call in module.calls if call.target.rpartition(".")[2] == "setup"]
    if len(calls) != 1 or any(keyword.arg is None for keyword in calls[0].keywords):
        return None
    value = next((keyword.value for keyword in calls[0].keywords if keyword.arg == "install_requires"), None)
    return () if value is None else _literal(module, value)


def _literal(module: Module, value: ast.expr) -> tuple[str, ...] | None:
    """A list of texts that is written out, here or where the name is bound that stands here."""
    if isinstance(value, ast.Name):
        bound = [node for node in module.nodes if isinstance(node, ast.Name) and node.id == value.id]
        made = [
            node.value
            for node in (module.tree.body if module.tree else ())
            if isinstance(node, ast.Assign) and [dotted(target) for target in node.targets] == [value.id]
        ]
        # Bound once and read here: nothing else touches it.
        if len(made) != 1 or len(bound) != len({"made", "read"}):
            return None
        value = made[0]
    if not isinstance(value, (ast.List, ast.Tuple)):
        return None
    texts = [item.value for item in value.elts if isinstance(item, ast.Constant) and isinstance(item.value, str)]
    return tuple(texts) if len(texts) == len(value.elts) else None
