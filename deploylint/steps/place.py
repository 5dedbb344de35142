"""Where a fault stands whose path is no file."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deploylint.tree import Tree


def standing(tree: Tree, path: str) -> str:
    """`path` where it is a file, a file inside where it is a folder, any file where it is empty or leads elsewhere."""
    inside = (entry.path for entry in tree.files() if entry.path.startswith(f"{path}/"))
    return path if tree.is_file(path) else next(inside, tree.anchor())
