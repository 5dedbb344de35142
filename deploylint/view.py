"""What of a tree a platform's build gets to see: `.slugignore` and project.toml leave files out."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from deploylint.tree import Remark

if TYPE_CHECKING:
    from deploylint.platform import Platform
    from deploylint.tree import Tree


def view(platform: Platform, tree: Tree) -> Tree:
    """The tree as the platform's build sees it; what could not be read of the file that decides is remarked in it."""
    rules = platform.data["source"]["ignore"]
    if not tree.is_file(rules["file"]):
        return tree
    if rules["grammar"] == "slugignore":
        from deploylint.facts.slugignore import slug

        return slug(tree, rules["file"])
    from deploylint.facts.descriptor import read_descriptor
    from deploylint.facts.globs import TooMuchError

    descriptor = read_descriptor(tree, rules["file"])
    if descriptor is not None and not (descriptor.exclude or descriptor.include):
        return tree
    if descriptor is not None:
        with suppress(TooMuchError):
            return tree.without(descriptor.dropper())
    return replace(tree, remarks=(*tree.remarks, Remark("unread", rules["file"])))
