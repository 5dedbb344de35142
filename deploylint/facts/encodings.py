"""What file(1) says of the encoding of a version file, which the buildpack asks where it cannot read a version.

Source: heroku/heroku-buildpack-python v351 lib/python_version.sh; file 5.45 and 5.46, observed.
"""

from __future__ import annotations

import codecs
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# What file(1) counts as text: bell to carriage return, escape, everything from the space on but delete, and NEL.
_ASCII = frozenset([*range(7, 14), 27, *range(32, 127), 0x85])
_LATIN = _ASCII | frozenset(range(0xA0, 0x100))
_EXTENDED = _ASCII | frozenset(range(0x80, 0x100))
# The same in EBCDIC: seven controls, escape and NEL, and the letters, which begin with the space at 0x40.
_EBCDIC = frozenset([5, 11, 12, 13, 0x15, 0x16, 0x25, 0x27, 0x2F, *range(0x40, 0x100)]) - {0xE1}
_CONTROLS = frozenset(range(128)) - _ASCII
_NO_CHARACTERS = frozenset([0xFFFE, 0xFFFF, *range(0xFDD0, 0xFDF0)])
_LOOKED_AT = 64 * 1024


def is_foreign_encoding(data: bytes) -> bool:
    """Whether file(1) would call these bytes text in an encoding that the buildpack does not read: UTF-16, UTF-8 with
    a byte order mark, Latin-1, EBCDIC. What it takes for no text at all is `data`, a file of one byte is too short for
    it, and `extended-ASCII` contains `ASCII text`: for all of these the buildpack blames the version.

    As file 5.45 and 5.46 answer. Not modelled: tar archives, old Office documents and tapes, which it knows by their
    structure and which are foreign too; and 5.41 (heroku-22), to which a table of values between commas is foreign.
    """
    cut = max(len(data.rstrip(b"\0")), 1)
    if cut == 1:
        return False
    # Of the NUL bytes at the end it takes one back where a file of UTF-16 would be torn apart.
    head = data[: cut + (cut & 1 and not len(data) & 1)][:_LOOKED_AT]
    if _ASCII.issuperset(head):
        return len(head) > 4 and head.startswith((b"+/v8", b"+/v9", b"+/v+", b"+/v/"))
    if head.startswith(codecs.BOM_UTF8) and len(head) > 3 and _utf8(head[3:]) is not None:
        return True
    if not (_utf8(head) or "").isascii():
        return False
    if _is_utf32(head) or _is_utf16(head) or _LATIN.issuperset(head):
        return True
    return not _EXTENDED.issuperset(head) and _EBCDIC.issuperset(head)


def _utf8(data: bytes) -> str | None:
    """The text, where it is UTF-8 without odd control characters; the last character may be cut off."""
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(data)
    except UnicodeDecodeError:
        return None
    return text if _CONTROLS.isdisjoint(data) else None


def _is_utf32(data: bytes) -> bool:
    order = {codecs.BOM_UTF32_LE: "<", codecs.BOM_UTF32_BE: ">"}.get(data[:4])
    return order is not None and _CONTROLS.union([0xFFFE]).isdisjoint(_units(data, f"{order}I"))


def _is_utf16(data: bytes) -> bool:
    order = {codecs.BOM_UTF16_LE: "<", codecs.BOM_UTF16_BE: ">"}.get(data[:2])
    if order is None:
        return False
    try:
        codecs.getincrementaldecoder("utf-16")().decode(data)
    except UnicodeDecodeError:
        return False
    return _CONTROLS.union(_NO_CHARACTERS).isdisjoint(_units(data, f"{order}H"))


def _units(data: bytes, form: str) -> Iterator[int]:
    """The code units behind the byte order mark; what is left over at the end is not looked at."""
    size = struct.calcsize(form)
    return (unit for (unit,) in struct.iter_unpack(form, data[size : len(data) // size * size]))
