"""What `git add` makes of bytes on their way into the index, as far as no filter has a hand in it.

Source: gitattributes(5) on `text`, `eol`, `working-tree-encoding` and `core.autocrlf`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deploylint.gitattributes import Value


def line_ends_of(attributes: Mapping[str, Value]) -> str:
    """`text`, `binary`, `auto`, or "" where nothing is said. `crlf` is the old name of `text`."""
    for name in ("text", "crlf"):
        value = attributes.get(name)
        if value is False:
            return "binary"
        if value is True or value == "input":
            return "text"
        if value == "auto":
            return "auto"
    return "text" if attributes.get("eol") in ("lf", "crlf") else ""


def blob_id(data: bytes, like: str) -> str:
    """The id that git gives to `data`, in the kind of hash that `like` is."""
    import hashlib

    name = "sha1" if len(like) == 40 else "sha256"
    return hashlib.new(name, b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


# Python's other codecs have names that lead to anything, from `idna`, which is slow, to `unicode_escape`.
_ENCODINGS = ("utf", "ucs", "iso", "latin", "windows", "cp", "koi8", "mac", "gb", "big5", "euc", "shift", "sjis", "us-")

_OWN_NAMES = {"utf-16le-bom": "utf-16"}  # git's: with a mark, so the mark tells


def to_utf8(data: bytes, encoding: str) -> bytes | None:
    """`data` from `working-tree-encoding` to UTF-8; None if that is not possible, as git then refuses the file."""
    name = encoding.lower()
    if not name.startswith(_ENCODINGS) or len(name) > 40 or not name.isascii():
        return None
    try:
        return data.decode(_OWN_NAMES.get(name, name)).encode()
    except (LookupError, ValueError):
        return None


def becomes_unix(data: bytes, before: bytes, *, declared: bool) -> bool:
    """Whether CRLF in `data` becomes LF, of a file whose blob was `before`, where git is to find out itself.

    `declared`: by `text=auto`; git then leaves what is binary, and what has CRLF in the index already. Else nothing is
    said, and a file with LF that now has CRLF throughout was checked out with `core.autocrlf`.
    """
    others = data.replace(b"\r\n", b"")
    if declared:
        return b"\0" not in data and b"\r" not in others and b"\r\n" not in before
    return b"\n" in before and b"\r\n" not in before and b"\n" not in others
