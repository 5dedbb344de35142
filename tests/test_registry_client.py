"""The client that asks an index: on an index that is a function of this file. Nothing goes over a network."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import re
import sys
import tarfile
import zipfile
from typing import TYPE_CHECKING, Any

import packages
import pytest
import registry
from published import record
from registry import TAIL, Registry, RegistryError, Remote, Reply, best_wheel, configured, get, newest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

DAY = dt.date(2026, 11, 24)
BASE = "http://index.invalid/simple/"
METADATA = "Metadata-Version: 2.3\nName: Shop\nVersion: 2.0\nRequires-Dist: a>=1\n\nAll about it.\n"


def wheel(padding: int = 0, members: int = 0) -> bytes:
    """A wheel with `padding` bytes at its start, before what is asked of it, and that many more members."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("shop/__init__.py", "")
        archive.writestr("shop-2.0.dist-info/METADATA", METADATA)
        archive.writestr("shop-2.0.dist-info/entry_points.txt", "[console_scripts]\nshop = shop:main\n")
        archive.writestr("shop/data.bin", b"\0" * padding)
        for number in range(members):
            archive.writestr(f"shop/{number:040}.py", "")
        archive.writestr("shop/data/", b"")
    return data.getvalue()


def sdist(metadata: str) -> bytes:
    data = io.BytesIO()
    texts = {
        "PKG-INFO": metadata,
        "setup.py": "raise SystemExit('never run')",
        "src/shop.egg-info/top_level.txt": "shop\n",
        "src/shop.egg-info/entry_points.txt": "[console_scripts]\nshop = shop:main\n",
    }
    with tarfile.open(fileobj=data, mode="w:gz") as archive:
        for name, text in texts.items():
            item = tarfile.TarInfo(f"shop-2.0/{name}")
            item.size = len(text)
            archive.addfile(item, io.BytesIO(text.encode()))
    return data.getvalue()


class Index:
    """An index, with a note of everything that it was asked for."""

    def __init__(self, files: Mapping[str, bytes], **listed: Any) -> None:
        self.files = dict(files)
        self.listed = listed
        self.asked: list[tuple[str, str]] = []
        self.sent = 0
        self.ranges = True

    def page(self, name: str) -> bytes:
        files = [
            {"filename": file, "url": f"../../files/{file}", "size": len(data), **self.listed.get("every", {})}
            for file, data in self.files.items()
            if file.startswith(name.replace("-", "_")) and not file.endswith(".metadata")
        ]
        return json.dumps({"files": files}).encode()

    def __call__(self, url: str, headers: Mapping[str, str], limit: int) -> Reply:
        self.asked.append((url, headers.get("Range", "")))
        project = re.fullmatch(f"{BASE}([a-z0-9-]+)/", url)
        if project:
            page = self.page(project[1])
            known = b"filename" in page
            return Reply(200 if known else 404, {"content-type": "application/vnd.pypi.simple.v1+json"}, page)
        data = self.files[url.rpartition("/")[2]]
        wanted = re.fullmatch("bytes=([0-9]*)-([0-9]*)", headers.get("Range", ""))
        if wanted is None or not self.ranges:
            if len(data) > limit:
                raise RegistryError("too large")
            self.sent += len(data)
            return Reply(200, {}, data)
        start = int(wanted[1]) if wanted[1] else max(0, len(data) - int(wanted[2]))
        end = min(len(data), int(wanted[2]) + 1) if wanted[1] else len(data)
        self.sent += end - start
        return Reply(206, {"content-range": f"bytes {start}-{end - 1}/{len(data)}"}, data[start:end])

    def answer(self, name: str = "shop") -> Any:
        return Registry(BASE, self, lambda _: None).answer(name, DAY)


def test_a_small_wheel() -> None:
    index = Index({"shop-2.0-py3-none-any.whl": wheel(), "shop-1.0-py3-none-any.whl": b"", "shop-2.0.tar.gz": b"x"})
    answer = index.answer()
    found = record("shop", answer)
    assert found
    assert list(found.lines()) == [
        "shop 2.0",
        " imports shop",
        " scripts shop",
        " needs a>=1",
        " wheels any",
        " sdist yes",
    ]
    assert "All about it" not in answer["metadata"]
    assert len(index.asked) == 2


def test_a_large_wheel_is_not_downloaded() -> None:
    data = wheel(5_000_000, 2_000)
    index = Index({"shop-2.0-py3-none-any.whl": data})
    answer = index.answer()
    assert len(answer["files"]) == 2_004
    assert answer["entry_points"].startswith("[console_scripts]")
    assert index.sent < 600_000 < len(data)
    assert all(asked for url, asked in index.asked if url.endswith(".whl"))


def test_the_metadata_beside_the_wheel() -> None:
    file = "shop-2.0-py3-none-any.whl"
    digest = hashlib.sha256(METADATA.encode()).hexdigest()
    files = {file: wheel(), f"{file}.metadata": METADATA.encode()}
    for told in (True, {"sha256": digest}):
        index = Index(files, every={"core-metadata": told})
        assert index.answer()["metadata"].endswith("a>=1\n")
        assert any(url.endswith(".metadata") for url, _ in index.asked)
    with pytest.raises(RegistryError, match="not what the index says"):
        Index(files, every={"core-metadata": {"sha256": "0"}}).answer()


def test_an_index_without_ranges() -> None:
    small, large = (Index({"shop-2.0-py3-none-any.whl": data}) for data in (wheel(), wheel(TAIL * 2)))
    small.ranges = large.ranges = False
    assert small.answer()["files"]
    with pytest.raises(RegistryError):
        large.answer()


def test_a_source_distribution() -> None:
    found = record("shop", Index({"shop-2.0.tar.gz": sdist(METADATA)}).answer())
    assert found
    assert list(found.lines()) == [
        "shop 2.0",
        " imports shop",
        " scripts shop",
        " needs a>=1",
        " wheels -",
        " sdist yes",
    ]
    old = record("shop", Index({"shop-2.0.tar.gz": sdist(METADATA.replace("2.3", "1.2"))}).answer())
    assert old
    assert old.needs is None


def test_a_large_source_distribution_is_left_alone() -> None:
    index = Index({"shop-2.0.tar.gz": b"x"}, every={"size": 50_000_000})
    found = record("shop", index.answer())
    assert found
    assert list(found.lines()) == ["shop 2.0", " needs ?", " wheels -", " sdist yes"]
    assert len(index.asked) == 1


def test_a_name_that_is_not_there() -> None:
    assert Index({}).answer("nowhere") == {"asked": "2026-11-24", "by": "index", "version": ""}
    assert Index({"shop-odd.zip.txt": b""}).answer()["version"] == ""


def test_the_newest_release() -> None:
    def files(*names: str, **more: object) -> list[dict[str, Any]]:
        return [{"filename": name, **more} for name in names]

    final = files("a-1.9.tar.gz", "a-1.10-py3-none-any.whl", "a-1.10.tar.gz", "a-2.0rc1.tar.gz", "a-1.0.exe")
    version, found = newest(final + files("a-3.0.tar.gz", yanked="broken"))
    assert (str(version), len(found)) == ("1.10", 2)
    assert str(newest(files("a-1.0b1.tar.gz"))[0]) == "1.0b1"
    assert newest([]) == (None, [])


def test_the_wheel_to_look_into() -> None:
    names = ["win_amd64", "musllinux_1_1_x86_64", "manylinux_2_17_aarch64", "manylinux_2_17_x86_64"]
    wheels = [{"filename": f"a-1-cp3{minor}-cp3{minor}-{name}.whl"} for name in names for minor in (9, 13)]
    chosen = best_wheel([*wheels, {"filename": "a-1-cp314-cp314t-manylinux_2_17_x86_64.whl"}])
    assert chosen == {"filename": "a-1-cp313-cp313-manylinux_2_17_x86_64.whl"}
    assert best_wheel([*wheels, {"filename": "a-1-py3-none-any.whl"}]) == {"filename": "a-1-py3-none-any.whl"}
    assert best_wheel([{"filename": "a-1.tar.gz"}]) is None


def test_a_busy_index_is_asked_again_later() -> None:
    waits: list[float] = []
    replies = [Reply(429, {"retry-after": "7"}, b""), Reply(503, {}, b""), Reply(404, {}, b"")]
    asker = Registry(BASE, lambda *_: replies.pop(0), waits.append)
    assert asker.answer("shop", DAY)["version"] == ""
    assert waits == [7, 2]
    with pytest.raises(RegistryError, match="busy"):
        Registry(BASE, lambda *_: Reply(500, {}, b""), waits.append).answer("shop", DAY)

    def silence(*_: object) -> Reply:
        raise RegistryError("nobody there")

    waits.clear()
    with pytest.raises(RegistryError, match="nobody"):
        Registry(BASE, silence, waits.append).answer("shop", DAY)
    assert waits == [1, 2, 4, 8]


def test_an_index_that_speaks_otherwise() -> None:
    html = Reply(200, {"content-type": "text/html"}, b"<html>")
    with pytest.raises(RegistryError, match="no list of files"):
        Registry(BASE, lambda *_: html, lambda _: None).answer("shop", DAY)


def test_small_portions(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cache = packages.Cache(tmp_path)
    index = Index({"shop-2.0-py3-none-any.whl": wheel(), "bad-1.0-py3-none-any.whl": b"no archive"})
    asker = Registry(BASE, index, lambda _: None)
    names = ["bad", "nowhere", "shop"]
    assert asker.ask(names, cache, DAY, 0) == 0
    assert index.asked == []
    assert asker.ask(names, cache, DAY, 2) == 1
    assert "\nbad: File is not a zip file\n1 answers\n" in capsys.readouterr().err
    assert cache.asked("index", "nowhere") == "2026-11-24"
    assert asker.ask(names[1:], cache, DAY, 5) == 0
    asked = len(index.asked)
    assert asker.ask(names[1:], cache, DAY + dt.timedelta(days=59), 5) == 0
    assert len(index.asked) == asked
    assert asker.ask(names[1:], cache, DAY + dt.timedelta(days=60), 1) == 0
    assert cache.asked("index", "nowhere") > cache.asked("index", "shop")


def test_reading_in_pieces() -> None:
    data = bytes(range(256)) * 1_000
    remote = Remote(Registry(BASE, Index({"x.whl": data}), lambda _: None), f"{BASE}x.whl")
    for start, size in ((0, 10), (100_000, 40_000), (255_990, 100), (5, 0), (99_999, 3)):
        assert remote.seek(start) == remote.tell() == start
        assert remote.read(size) == data[start : start + size]
    assert remote.seek(-3, io.SEEK_END) == len(data) - 3
    assert remote.seek(1, io.SEEK_CUR) == len(data) - 2
    assert remote.read() == data[-2:]
    assert remote.seekable()


def test_the_index_is_that_of_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://index.invalid/simple")
    assert configured() == BASE
    monkeypatch.delenv("PIP_INDEX_URL")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null" if sys.platform != "win32" else "nul")
    assert configured().startswith("https://")
    monkeypatch.setattr(registry, "configured", lambda: BASE)
    assert Registry.of_pip().base == BASE


def test_only_http_is_spoken() -> None:
    with pytest.raises(RegistryError, match="only http"):
        get("file:///etc/passwd", {}, 10)
