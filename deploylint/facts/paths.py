"""Paths in an app's sources: what `os.path` and `pathlib` make of texts, without a file system.

A path that begins with `values.HERE_ROOT` lies below the folder of the app, wherever that is: no function here goes
above it, and None is the answer where one would have to.
"""

from __future__ import annotations

import posixpath

from deploylint.facts.values import HERE, HERE_ROOT


def join(first: str, *others: str) -> str:
    """`os.path.join`."""
    return posixpath.join(first, *others)


def pure(text: str) -> str:
    """The text of `pathlib.PurePosixPath(text)`."""
    root = "//" if text.startswith("//") and not text.startswith("///") else "/" * text.startswith("/")
    return root + "/".join(part for part in text.split("/") if part not in ("", ".")) or "."


def parent(text: str) -> str | None:
    """`PurePath.parent`."""
    if text == HERE_ROOT or (HERE in text and not text.startswith(HERE_ROOT)):
        return None
    if text in ("/", "//", "."):
        return text
    head, _, _ = text.rpartition("/")
    return head or ("/" if text.startswith("/") else ".")


def dirname(text: str) -> str | None:
    """`os.path.dirname`."""
    if text.rstrip("/") == HERE_ROOT and not text.endswith("/"):
        return None
    return None if HERE in text and not text.startswith(HERE_ROOT) else posixpath.dirname(text)


def normal(text: str) -> str | None:
    """`os.path.normpath`."""
    if HERE not in text:
        return posixpath.normpath(text)
    if not text.startswith(HERE_ROOT):
        return None
    depth = 0
    for part in text.removeprefix(HERE_ROOT).split("/"):
        depth += -1 if part == ".." else part not in ("", ".")
        if depth < 0:
            return None
    return posixpath.normpath(text)


def inside(text: str, root: str) -> str | None:
    """The path in the app, relative to its folder `root`; None for one outside. `text` is normal."""
    if text == root:
        return ""
    return text[len(root) + 1 :] if text.startswith(f"{root}/") else None
