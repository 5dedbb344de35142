"""Changes of Python sources: the bytes of a file and the span of the code that is meant go in, changed bytes come out.

`ast` says where a thing stands and which names are bound, and the new code is put into the text in place of the old, so
every other byte stays: line ends, tabs, encoding, byte order mark.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from deploylint.fixes.parsed import parse, parse_text
from deploylint.fixes.splice import Splice, line_end, spliced, with_line_end

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from deploylint.fixes.parsed import Parsed
    from deploylint.text import Span

# Each kind has a module that makes them, imported where one is asked for.
_ARGUMENTS = ("port-from-environment", "host-all-interfaces")
_LITERALS = ("literal-port-from-environment", "literal-host-all-interfaces")
_LISTEN = "listen:"
_ASSIGNED = (
    "allowed-hosts-from-environment",
    "one-element",
    "secret-key-from-environment",
    "static-root",
    "whitenoise-below-security",
)


def splices(name: str, data: bytes, span: Span) -> tuple[Splice, ...] | None:
    """What the transform called `name` changes in `data`, as pieces of `Text.decode(span.path, data)`.

    None where it finds nothing to do, where the file is too large, is not Python for the running interpreter (so no
    finding could rest on it either), or is nested too deeply. KeyError where there is no such transform. What stands
    behind a colon in the name is for the transform.
    """
    if not is_known(name):
        raise KeyError(name)
    parsed = parse(data)
    made = None if parsed is None else _made(name, parsed, span)
    if parsed is None or made is None:
        return None
    end = line_end(parsed.text)
    found = tuple(
        Splice(parsed.shown_offset(piece.start), parsed.shown_offset(piece.end), with_line_end(piece.text, end))
        for piece in sorted(made)
    )
    # The last word has the parser: what cannot be read afterwards is not written.
    return found if parse_text(spliced(parsed.text, made)) is not None else None


def is_known(name: str) -> bool:
    """Whether there is a transform of this name."""
    return name in TRANSFORMS or name.startswith(_LISTEN)


def _made(name: str, parsed: Parsed, span: Span) -> list[Splice] | None:
    if name in _ARGUMENTS:
        from deploylint.fixes import arguments

        return arguments.change(name, parsed, *parsed.offsets(span))
    if name in _LITERALS:
        from deploylint.fixes import literals

        return literals.change(name, parsed, *parsed.offsets(span))
    if name.startswith(_LISTEN):
        from deploylint.fixes import listening

        return listening.change(name.removeprefix(_LISTEN), parsed, *parsed.offsets(span))
    from deploylint.fixes import assigned

    return assigned.change(name, parsed, *parsed.offsets(span))


def rewrite(name: str, data: bytes, span: Span) -> bytes | None:
    """`data` as changed by the transform called `name`; None and KeyError as for `splices`."""
    found = splices(name, data, span)
    if found is None:
        return None
    return spliced(data.decode("utf-8", "surrogateescape"), found).encode("utf-8", "surrogateescape")


TRANSFORMS: Mapping[str, Callable[[bytes, Span], bytes | None]] = {
    name: partial(rewrite, name) for name in (*_ARGUMENTS, *_ASSIGNED, *_LITERALS)
}
"""The transforms by the names that `Rewrite.transform` may have. Each is given the bytes of a source and the span of
the code that is meant, and returns the changed bytes, or None where there is nothing to do."""
