"""What an app declares and the platform does not install."""

from __future__ import annotations

import pytest

from deploylint.facts.development import elsewhere
from deploylint.tree import Entry, Kind, Tree

Files = dict[str, str | bytes | Entry]
GROUPS = """[project]
name = "shop"
dependencies = ["flask"]

[project.optional-dependencies]
aws = ["Boto3>=1"]

[dependency-groups]
dev = [
    "ruff",
    { include-group = "test" },
]
test = ["pytest>=8", "ruff"]

[tool.uv]
dev-dependencies = ["black"]
"""
POETRY = """[tool.poetry.dependencies]
flask = "*"

[tool.poetry.dev-dependencies]
black = "*"

[tool.poetry.group.test.dependencies]
PyTest = { version = "*" }
"""


@pytest.mark.parametrize(
    ("tool", "files", "declared"),
    [
        (
            "pipenv",
            {
                "Pipfile": '[packages]\nflask = "*"\n\n[dev-packages]\nBlack = "*"\n\n'
                '[jobs]\nrq = "*"\n[scripts]\nx = "y"\n'
            },
            {"black": ("[dev-packages] of Pipfile", "Pipfile:5:1"), "rq": ("[jobs] of Pipfile", "Pipfile:8:1")},
        ),
        (
            "uv",
            {"pyproject.toml": GROUPS},
            {
                "ruff": ("the group `dev` of pyproject.toml", "pyproject.toml:10:6"),
                "pytest": ("the group `test` of pyproject.toml", "pyproject.toml:13:10"),
                "black": ("the group `dev` of pyproject.toml", "pyproject.toml:16:22"),
                "boto3": ("the extra `aws` of pyproject.toml", "pyproject.toml:6:9"),
            },
        ),
        (
            "poetry",
            {"pyproject.toml": POETRY},
            {
                "black": ("[tool.poetry.dev-dependencies]", "pyproject.toml:5:1"),
                "pytest": ("the group `test` of pyproject.toml", "pyproject.toml:8:1"),
            },
        ),
        (
            "pip",
            {
                "requirements.txt": "flask\n",
                "requirements/base.txt": "read\n",
                "requirements-dev.txt": b"-r requirements.txt\r\n# ruff\r\nBlack==1  # why\r\n  pytest[x]; a\r\n",
                "requirements/local.txt": "black\nhttp://x/y\n./here\n",
                "docs/deep/requirements.txt": "sphinx\n",
                "dev-requirements.in": "mypy",
                "pyproject.toml": GROUPS,
            },
            {
                "mypy": ("dev-requirements.in", "dev-requirements.in:1:1"),
                "black": ("requirements-dev.txt", "requirements-dev.txt:3:1"),
                "pytest": ("requirements-dev.txt", "requirements-dev.txt:4:3"),
                "flask": ("pyproject.toml", "pyproject.toml:3:18"),
            },
        ),
        ("pip", {"requirements-dev.txt": Entry("", Kind.LINK, target="../x"), "pyproject.toml": "[project"}, {}),
        ("uv", {"pyproject.toml": 'dependency-groups = "dev"\nproject = 1\n[tool]\npoetry = []\n'}, {}),
        ("pipenv", {"Pipfile": 'x = 1\ndev-packages = ["a"]\n'}, {}),
        ("conda", {"requirements-dev.txt": "black\n"}, {"black": ("requirements-dev.txt", "requirements-dev.txt:1:1")}),
    ],
)
def test_where_it_is_declared(tool: str, files: Files, declared: dict[str, tuple[str, str]]) -> None:
    found = elsewhere(Tree.of(files), tool, {"requirements.txt", "requirements/base.txt"})
    assert {name: (one.where, str(one.span)) for name, one in found.items()} == declared
