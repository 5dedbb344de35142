"""Credentials in a text, told by their form: private keys, tokens whose makers gave them one, passwords in addresses,
and the values of variables in a `.env` file.

What is only an example is passed over: a word such as `your-key-here`, few different characters, an address that nobody
else reaches, a checksum that does not fit. The forms, with their sources, stand in `rules/secrets.toml`.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any

from deploylint.record import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_FOUND = 20
"""Credentials of one text that are told: who commits more knows by then."""

_PLACES = 200
"""Places in one text that are looked at for each form."""

_KEY = "-----BEGIN "
_KEY_KINDS = ("", "RSA ", "DSA ", "EC ", "OPENSSH ")
_KEY_LIMIT = 20_000
_KEY_PLACES = 200
_PUTTY = "PuTTY-User-Key-File-"
_OPENSSH = b"openssh-key-v1\x00"
_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_NEAR = 1000
# Bits for each character. A random value of 16 hexadecimal digits has 3.2 on average, one of 8 letters and digits 2.8.
_RANDOM, _RANDOM_SHORT = 2.9, 2.5
_AWS_KEY = re.compile(r"(?<![A-Za-z0-9/+=])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])")
_USER = r"[A-Za-z0-9._%~-]{0,100}"
_LOGIN = re.compile(rf"://{_USER}:([^\s:/@'\"`]{{1,200}})@([A-Za-z0-9.-]{{1,253}})")
_ADDRESS = re.compile(r"[0-9.]{7,15}")
_VARIABLE = re.compile(
    r"^[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]{0,99})[ \t]*=[ \t]*([^\r\n]{1,2000})$", re.MULTILINE
)
_COMMENT = re.compile(r"[ \t]#")
# What makes a value stand for another, or be made when it is read.
_MADE = re.compile(
    r"\s|\.\.\.|\*\*\*|\$\{|\$[A-Z_]{2}|\$\(|\{[A-Za-z_{%]|<[A-Za-z]|%\(|^%s$|^\[.{0,200}\]$|^(?:AIza|pk_)"
)


class Secret(NamedTuple):
    """A credential: what it is, in words, and where it stands in the text."""

    title: str
    start: int
    end: int


def table() -> Mapping[str, Any]:
    """`rules/secrets.toml`."""
    from deploylint import package

    return package.table("secrets.toml")


def private_keys(text: str) -> Iterator[Secret]:
    """Private keys without a passphrase, in PEM, in PuTTY's form, or as a string of JSON or of a program."""
    for at in islice(_all(text, _KEY), _KEY_PLACES):
        for kind in _KEY_KINDS:
            head, foot = f"{_KEY}{kind}PRIVATE KEY-----", f"-----END {kind}PRIVATE KEY-----"
            if not text.startswith(head, at):
                continue
            end = text.find(foot, at, at + _KEY_LIMIT)
            if end >= 0 and _is_key(text[at + len(head) : end]):
                yield Secret("a private key", at, end + len(foot))
    for at in islice(_all(text, _PUTTY), 1):
        if "\nEncryption: none" in text[at : at + 200].replace("\r", ""):
            yield Secret("a private key", at, len(text))


def _is_key(body: str) -> bool:
    """Whether this is the base64 of a key: an ASN.1 sequence of just its length, or OpenSSH's form without a cipher."""
    import base64

    packed = re.sub(r"""\\[nrt]|[\s"',+]""", "", body)
    try:
        data = base64.b64decode(packed, validate=True)
    except ValueError:
        return False
    if data.startswith(_OPENSSH):
        return data[len(_OPENSSH) : len(_OPENSSH) + 8] == b"\x00\x00\x00\x04none"
    if data[:1] != b"\x30" or len(data) < 40:
        return False
    if data[1] < 0x80:
        return len(data) == 2 + data[1]
    size = data[1] & 0x7F
    return len(data) == 2 + size + int.from_bytes(data[2 : 2 + size], "big")


@lru_cache(5000)  # several rules ask
def has_mark(data: bytes) -> bool:
    """Whether bytes may hold a credential at all; a quick look, for most files hold none."""
    marks, addresses = _marks()
    return any(map(data.__contains__, marks)) or (b"://" in data and any(map(data.__contains__, addresses)))


@lru_cache
def _marks() -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """What is looked for, and that of it which can only be where there is an address."""
    tokens, schemes = table()["token"], table()["urls"]["schemes"]
    known = [item["find"] for item in tokens if "find" in item] + [item["word"] for item in tokens if "word" in item]
    marks = [mark.encode() for mark in (_KEY, _PUTTY, *known, *(f"{scheme}://" for scheme in schemes))]
    return tuple(mark for mark in marks if b"://" not in mark), tuple(mark for mark in marks if b"://" in mark)


def tokens(text: str) -> Iterator[Secret]:
    """Tokens and keys of services, and passwords in the addresses of databases; the first few of each form."""
    for form in table()["token"]:
        places = (_CHECKS[form.get("check", "")](text, *place) for place in _matches(form, text))
        # One secret may belong to several identifiers.
        found = dict.fromkeys(islice((place for place in places if place is not None), _FOUND))
        yield from (Secret(form["title"], *place) for place in found)
    yield from islice(_logins(text), _FOUND)


def _matches(form: Mapping[str, str], text: str) -> Iterator[tuple[int, int]]:
    if "word" in form:
        if form["word"] in text.lower():
            found = re.finditer(rf"(?<![A-Za-z0-9_-]){form['pattern']}(?![A-Za-z0-9_-])", text)
            yield from (match.span() for match in found)
        return
    pattern = re.compile(rf"{form['pattern']}(?![A-Za-z0-9_-])")
    before = re.compile(rf"(?<![A-Za-z0-9_-]){form.get('before', '')}\Z")
    for at in _all(text, form["find"]):
        match = pattern.match(text, at)
        lead = before.search(text[max(at - 150, 0) : at]) if match else None
        if match and lead:
            yield at - len(lead[0]), match.end()


def _all(text: str, mark: str) -> Iterator[int]:
    at = text.find(mark)
    for _ in range(_PLACES):
        if at < 0:
            return
        yield at
        at = text.find(mark, at + 1)


def _plain(text: str, start: int, end: int) -> tuple[int, int] | None:
    return (start, end) if is_random(text[start:end]) else None


def _crc32(text: str, start: int, end: int) -> tuple[int, int] | None:
    """The last six characters are the checksum of the thirty before them, in base 62."""
    import zlib

    value, number = text[start:end], 0
    for letter in value[-6:]:
        number = number * 62 + _BASE62.index(letter)
    return (start, end) if number == zlib.crc32(value[-36:-6].encode()) else None


def _aws(text: str, start: int, end: int) -> tuple[int, int] | None:
    """The secret that belongs to an identifier, near it."""
    if not is_random(text[start:end]):
        return None
    for match in _AWS_KEY.finditer(text, max(start - _NEAR, 0), end + _NEAR):
        if is_random(match[0]) and not re.fullmatch(r"[0-9a-f]+|[0-9A-F]+", match[0]):
            return match.span()
    return None


def _discord(text: str, start: int, end: int) -> tuple[int, int] | None:
    import base64

    head = text[start:end].partition(".")[0]
    try:
        number = base64.urlsafe_b64decode(head + "=" * (-len(head) % 4))
    except ValueError:
        return None
    return (start, end) if number.isdigit() and 17 <= len(number) <= 20 else None


_CHECKS: dict[str, Callable[[str, int, int], tuple[int, int] | None]] = {
    "": _plain,
    "crc32": _crc32,
    "aws": _aws,
    "discord": _discord,
}


def _logins(text: str) -> Iterator[Secret]:
    for scheme in table()["urls"]["schemes"]:
        for at in _all(text, f"{scheme}://"):
            secret = _login(text, at + len(scheme))
            if secret and not text[at - 1 : at].isalnum() and text[at - 1 : at] != "+":
                yield secret


def _login(text: str, at: int) -> Secret | None:
    """The password of an address whose `://` stands at `at`, where somebody else can reach the host."""
    match = _LOGIN.match(text, at)
    if not match or not _is_public(match[2]) or not is_random(match[1], shortest=8):
        return None
    return Secret("the password of a database or another service", *match.span(1))


def _is_public(host: str) -> bool:
    host = host.lower().rstrip(".")
    private = tuple(table()["urls"]["private"])
    return "." in host and not _ADDRESS.fullmatch(host) and not f".{host}".endswith(private)


def variables(text: str) -> Iterator[tuple[str, Secret]]:
    """The variables of a `.env` file whose values are credentials by their names and look, with the value's place."""
    for match in _VARIABLE.finditer(text):
        name, value = match[1], match[2].strip()
        start = match.start(2)
        if value[:1] in ("'", '"'):
            inner = value[1:].partition(value[0])[0]
            start, value = start + 1, inner
        else:
            value = _COMMENT.split(value, maxsplit=1)[0].rstrip()
        if is_secret_name(name) and is_random(value, shortest=12):
            yield name, Secret(name, start, start + len(value))


def is_secret_name(name: str) -> bool:
    """Whether the name of a variable or setting says that its value is to be kept secret."""
    words = name.lower().split("_")
    table_ = table()["files"]
    secret = any(word.removesuffix("s").endswith(tuple(table_["secret_names"])) for word in words)
    return secret and words[-1] not in table_["open_names"] and not set(words) & {"public", "publishable"}


def is_random(value: str, shortest: int = 16) -> bool:
    """Whether a value looks as if a program had drawn it: long enough, of many different characters, letters and digits
    among them, and no word that stands for another value.
    """
    if len(value) < shortest or _MADE.search(value):
        return False
    lower = value.lower()
    if any(word in lower for word in table()["placeholders"]["words"]):
        return False
    if not any(letter.isdigit() for letter in value) or not any(letter.isalpha() for letter in value):
        return False
    return _entropy(value) >= (_RANDOM if len(value) > 11 else _RANDOM_SHORT)


def _entropy(value: str) -> float:
    """Bits for each character, of the characters by themselves."""
    from math import log2

    size = len(value)
    return -sum(count / size * log2(count / size) for count in Counter(value).values())
