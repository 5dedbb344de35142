"""What several outputs share: how untrusted text is shown, and where the rules are explained on the web.

Names, snippets and messages come from the repository that is judged. Shown as they are, a control character could
repaint a terminal and a bidi mark could turn a line around, so every output shows them escaped.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deploylint.report import Report

URL_BASE: str | None = None
"""Where the pages of the rules lie, without a slash at the end; None until they exist."""

_SHORTEST_SECRET = 8

_SHORT = {"\t": r"\t", "\n": r"\n", "\r": r"\r"}

# C0, DEL and C1; the bidi marks of Unicode's Bidi_Control; the two separators that some viewers break lines at; what
# has no width and so hides; lone surrogates, which stand for bytes that are not UTF-8 and which UTF-8 cannot hold.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff\U000e0000-\U000e007f]"
)


def escape_controls(text: str) -> str:
    r"""`text` in one line: control characters, bidi marks, line separators and lone surrogates become `\n`, `\x1b`
    or `\u202e`; a surrogate that stands for a byte becomes `\xff`. Everything else stays, backslashes included.
    """
    return _UNSAFE.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    character = match[0]
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:
        code -= 0xDC00
    return _SHORT.get(character) or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")


def without_secrets(report: Report, shown: str) -> str:
    """An output without the credentials that findings stand on: a command of the Procfile may hold one, say, which the
    plan shows. Stars of the same number stand for one, so that marks under it stay where they are.
    """
    for secret in sorted(_secrets(report), key=len, reverse=True):
        # In JSON, quotes and backslashes are escaped.
        for form in (secret, secret.replace("\\", r"\\").replace('"', r"\"")):
            shown = shown.replace(form, "*" * len(secret))
    return shown


def _secrets(report: Report) -> set[str]:
    """The texts of the findings that are secret, line by line."""
    found: set[str] = set()
    for app in report.apps:
        for finding in app.findings:
            for span in (finding.span, *(item.span for item in finding.related)) if finding.secret else ():
                text = app.tree.text(span.path)
                start, end = text.offset(span.line, span.column), text.offset(span.end_line, span.end_column)
                found.update(line.strip() for line in text.value[start:end].splitlines())
    return {line for line in found if len(line) >= _SHORTEST_SECRET and not line.startswith("-----")}


def counted(number: int, word: str) -> str:
    """`1 module`, `2 modules`."""
    return f"{number} {word}{'s' * (number != 1)}"
