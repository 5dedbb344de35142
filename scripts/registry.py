"""Asks the package index that pip is configured for, politely: the list of files of a project, the core metadata of one
release, and the directory of one wheel, read by HTTP ranges. No wheel is downloaded whole.

Which index that is, pip says. Every name comes from scripts/packages.txt, is asked for once, and the answer kept; a
name that the index does not have is remembered too.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import re
import subprocess
import sys
import tarfile
import time
import urllib.error
import urllib.request
import zipfile
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple, cast
from urllib.parse import urljoin

from packaging.utils import InvalidSdistFilename, InvalidWheelFilename, parse_sdist_filename, parse_wheel_filename
from published import Answer, Release

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Protocol

    from packaging.version import Version

    class Keeper(Protocol):
        """Where answers are kept."""

        def asked(self, by: str, name: str) -> str:
            """The day of the answer about `name`, the empty string where there is none."""

        def keep(self, name: str, answer: Answer) -> None:
            """Put one in."""


AT_ONCE = 4
FRESH = 60
"""Days for which an answer is not asked for again."""
TRIES = 5
TAIL = 64 * 1024
"""Bytes at the end of a wheel that are read first; mostly they hold all that is asked."""
PIECE = 16 * 1024
SMALL = 3 * 1024 * 1024
"""Bytes of a source distribution that may be downloaded."""
PAGE = "application/vnd.pypi.simple.v1+json"


class Reply(NamedTuple):
    """What a server said; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class RegistryError(Exception):
    """The index gave no answer that can be read."""


def configured() -> str:
    """The address of the index, as pip is configured here; ends with a slash."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    listed = subprocess.run([*pip, "config", "list"], capture_output=True, text=True, check=True).stdout
    values = dict(line.split("=", 1) for line in listed.splitlines() if "=" in line)
    for key in (":env:.index-url", "download.index-url", "install.index-url", "global.index-url"):
        if key in values:
            return values[key].strip("'\"").rstrip("/") + "/"
    default = "from pip._internal.models.index import PyPI; print(PyPI.simple_url)"
    shown = subprocess.run([sys.executable, "-c", default], capture_output=True, text=True, check=True)
    return shown.stdout.strip().rstrip("/") + "/"


def get(url: str, headers: Mapping[str, str], limit: int) -> Reply:
    """One request, of whose answer at most `limit` bytes are read. RegistryError where nobody answers."""
    if not url.startswith(("https://", "http://")):
        raise RegistryError("only http is spoken here")
    request = urllib.request.Request(url, headers={"User-Agent": "deploylint-packages/1", **headers})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            body = answer.read(limit + 1)
            if len(body) > limit:
                raise RegistryError("the answer is larger than was asked for")
            return Reply(answer.status, {key.lower(): value for key, value in answer.headers.items()}, body)
    except urllib.error.HTTPError as error:
        return Reply(error.code, {key.lower(): value for key, value in error.headers.items()}, b"")
    except OSError as error:
        raise RegistryError(str(error)) from error


class Registry:
    """An index at `base`. `fetch` makes one request, `pause` waits for so many seconds."""

    def __init__(
        self,
        base: str,
        fetch: Callable[[str, Mapping[str, str], int], Reply] = get,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self.base = base
        self.fetch = fetch
        self.pause = pause

    @classmethod
    def of_pip(cls) -> Registry:
        """The index that pip is configured for."""
        return cls(configured())

    def ask(self, names: Iterable[str], cache: Keeper, day: dt.date, at_most: int) -> int:
        """Ask for `at_most` names at most, those first whose answer is missing or oldest, and none whose answer is
        younger than FRESH days; the exit code, 1 where some gave none.
        """
        limit = (day - dt.timedelta(days=FRESH)).isoformat()
        age = {name: cache.asked("index", name) for name in names}
        left = sorted((name for name in age if age[name] <= limit), key=lambda name: (age[name], name))[:at_most]

        def one(name: str) -> str | None:
            try:
                cache.keep(name, self.answer(name, day))
            except (RegistryError, ValueError, KeyError, zipfile.BadZipFile, tarfile.TarError, EOFError) as error:
                return f"{name}: {error}"
            return None

        with ThreadPoolExecutor(AT_ONCE) as pool:
            faults = [fault for fault in pool.map(one, left) if fault]
        sys.stderr.writelines(f"{fault}\n" for fault in faults)
        sys.stderr.write(f"{len(left) - len(faults)} answers\n")
        return 1 if faults else 0

    def answer(self, name: str, day: dt.date) -> Answer:
        """All that the index tells of the newest release of `name`."""
        answer = Answer(asked=day.isoformat(), by="index", version="")
        reply = self._get(urljoin(self.base, f"{name}/"), {"Accept": PAGE}, 64 * 1024 * 1024)
        if reply.status == 404:
            return answer
        if reply.status != 200 or "json" not in reply.headers.get("content-type", ""):
            raise RegistryError(f"no list of files ({reply.status})")
        files: list[dict[str, Any]] = json.loads(reply.body)["files"]
        version, files = newest(files)
        if version is None:
            return answer
        answer["version"] = str(version)
        answer["releases"] = [
            Release(filename=file["filename"], yanked=bool(file.get("yanked")))
            for file in sorted(files, key=lambda file: str(file["filename"]))
        ]
        page = urljoin(self.base, f"{name}/")
        wheel = best_wheel(files)
        if wheel:
            self._read_wheel(answer, wheel, urljoin(page, wheel["url"]))
        else:
            self._read_sdist(answer, files, page)
        return answer

    def _read_wheel(self, answer: Answer, wheel: dict[str, Any], url: str) -> None:
        told = wheel.get("core-metadata", wheel.get("dist-info-metadata", False))
        if told:
            data = self._body(f"{url}.metadata", SMALL)
            if isinstance(told, dict) and hashlib.sha256(data).hexdigest() != told.get("sha256"):
                raise RegistryError("the metadata is not what the index says")
            answer["metadata"] = _head(data)
        with zipfile.ZipFile(cast("Any", Remote(self, url))) as archive:
            answer["files"] = sorted(name for name in archive.namelist() if not name.endswith("/"))
            parts = {"entry_points": "entry_points.txt", "namespaces": "namespace_packages.txt"}
            if not told:
                parts["metadata"] = "METADATA"
            for key, last in parts.items():
                found = [name for name in answer["files"] if re.fullmatch(rf"[^/]+\.dist-info/{last}", name)]
                if found:
                    data = archive.read(found[0])
                    answer[key] = _head(data) if key == "metadata" else data.decode("utf-8", "replace")  # type: ignore[literal-required]

    def _read_sdist(self, answer: Answer, files: list[dict[str, Any]], page: str) -> None:
        """The metadata of a small source distribution. Its requirements may depend on where it is built, but where the
        metadata itself rules that out; its modules are those that it lists itself.
        """
        small = [file for file in files if file["filename"].endswith(".tar.gz") and 0 < file.get("size", 0) < SMALL]
        if not small:
            return
        data = self._body(urljoin(page, small[0]["url"]), SMALL)
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as archive:
            for item in archive:
                text = archive.extractfile(item) if item.isfile() and item.size < SMALL else None
                where = item.name.partition("/")[2]
                if text is None:
                    continue
                if where == "PKG-INFO":
                    answer["metadata"] = _certain(_head(text.read()))
                    answer["unbuilt"] = True
                elif re.fullmatch(r"(?:src/)?[^/]+\.egg-info/top_level\.txt", where):
                    names = text.read().decode("utf-8", "replace").split()
                    answer["files"] = sorted(f"{name}/__init__.py" for name in names)
                elif re.fullmatch(r"(?:src/)?[^/]+\.egg-info/entry_points\.txt", where):
                    answer["entry_points"] = text.read().decode("utf-8", "replace")

    def _body(self, url: str, limit: int) -> bytes:
        reply = self._get(url, {}, limit)
        if reply.status != 200:
            raise RegistryError(f"a file of the release is not there ({reply.status})")
        return reply.body

    def _get(self, url: str, headers: Mapping[str, str], limit: int) -> Reply:
        """A reply of the server, asked again after a while where it is busy or out of reach."""
        for attempt in range(TRIES):
            try:
                reply = self.fetch(url, headers, limit)
            except RegistryError:
                if attempt == TRIES - 1:
                    raise
                self.pause(2**attempt)
                continue
            if reply.status != 429 and reply.status < 500:
                return reply
            wait = reply.headers.get("retry-after", "")
            self.pause(min(int(wait), 300) if wait.isdigit() else 2**attempt)
        raise RegistryError("the index is busy")

    def part(self, url: str, asked: str, limit: int) -> tuple[int, int, bytes]:
        """The bytes of a range, where they begin, and the size of the whole file."""
        reply = self._get(url, {"Range": f"bytes={asked}", "Accept-Encoding": "identity"}, limit)
        where = re.fullmatch(r"bytes ([0-9]+)-[0-9]+/([0-9]+)", reply.headers.get("content-range", ""))
        if reply.status == 200 and len(reply.body) <= limit:
            return 0, len(reply.body), reply.body
        if reply.status != 206 or where is None:
            raise RegistryError(f"the index serves no ranges ({reply.status})")
        return int(where[1]), int(where[2]), reply.body


class Remote:
    """A file at the index that is read piece by piece, as zipfile reads an archive: from its end."""

    def __init__(self, registry: Registry, url: str) -> None:
        self.registry = registry
        self.url = url
        start, self.size, tail = registry.part(url, f"-{TAIL}", TAIL)
        self.pieces = [(start, tail)]
        self.at = 0

    def seekable(self) -> bool:
        """It can be read from anywhere."""
        return True

    def tell(self) -> int:
        """Where the next read begins."""
        return self.at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place."""
        self.at = max(0, offset + {io.SEEK_SET: 0, io.SEEK_CUR: self.at, io.SEEK_END: self.size}[whence])
        return self.at

    def read(self, size: int | None = -1) -> bytes:
        """Up to `size` bytes from here."""
        end = self.size if size is None or size < 0 else min(self.size, self.at + size)
        if end <= self.at:
            return b""
        for start, data in self.pieces:
            if start <= self.at and end <= start + len(data):
                break
        else:
            far = min(self.size, max(end, self.at + PIECE))
            start, _, data = self.registry.part(self.url, f"{self.at}-{far - 1}", far - self.at)
            self.pieces.append((start, data))
        found = data[self.at - start : end - start]
        self.at += len(found)
        return found


def newest(files: list[dict[str, Any]]) -> tuple[Version | None, list[dict[str, Any]]]:
    """The newest release that is not yanked, and its files; a pre-release only where there is no other."""
    releases: dict[Version, list[dict[str, Any]]] = {}
    for file in files:
        version = _version(str(file["filename"]))
        if version is not None and not file.get("yanked"):
            releases.setdefault(version, []).append(file)
    best = max(releases, key=lambda version: (not version.is_prerelease, version), default=None)
    return best, releases[best] if best else []


def best_wheel(files: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The wheel to look into: one for every machine, else one for Linux x86-64, of the newest CPython."""

    def worth(file: dict[str, Any]) -> tuple[bool, bool, bool, int, str]:
        name = str(file["filename"])
        newest_python = max(map(int, re.findall("cp3([0-9]+)", name)), default=0)
        usual = "x86_64" in name and not re.search("cp3[0-9]+t-", name)
        return name.endswith("-any.whl"), "manylinux" in name, usual, newest_python, name

    wheels = [file for file in files if str(file["filename"]).endswith(".whl")]
    return max(wheels, key=worth, default=None)


def _version(filename: str) -> Version | None:
    try:
        return parse_wheel_filename(filename)[1] if filename.endswith(".whl") else parse_sdist_filename(filename)[1]
    except (InvalidWheelFilename, InvalidSdistFilename):
        return None


def _head(data: bytes) -> str:
    """The headers of core metadata, without the description below them."""
    return data.decode("utf-8", "replace").replace("\r\n", "\n").partition("\n\n")[0] + "\n"


def _certain(metadata: str) -> str:
    """The metadata of a source distribution, its requirements declared dynamic where it does not rule that out."""
    said = re.search(r"^Metadata-Version: *([0-9]+)\.([0-9]+)", metadata, re.MULTILINE)
    if said and (int(said[1]), int(said[2])) >= (2, 2):
        return metadata
    return f"{metadata}Dynamic: Requires-Dist\n"
