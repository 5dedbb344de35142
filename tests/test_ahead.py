"""Another process reads sources ahead of the walk: the run is the same whether it does, and however far it comes."""

from __future__ import annotations

import os
import select
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from deploylint import ahead, app, cache
from deploylint.ahead import ENOUGH, Ahead, read, start
from deploylint.cache import VARIABLE, open_cache
from deploylint.facts.module import parse_source
from deploylint.facts.sources import key_of, pack
from tests.test_cache import APP, Reader, Tool
from tests.test_cli import commit, files

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from deploylint.facts.events import Source

forks = pytest.mark.skipif(
    sys.platform != "linux" or len(os.sched_getaffinity(0)) == 1, reason="only with a processor to spare, on Linux"
)


def line(text: bytes) -> bytes:
    return "\t".join((key_of(text), *pack(parse_source("a.py", text)))).encode()


@pytest.fixture
def tool(capsys: pytest.CaptureFixture[str]) -> Tool:
    return Tool(capsys)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return files(tmp_path / "app", {f"part{number:03}.py": f"import a{number}\n" for number in range(ENOUGH)})


def everything(reader: Ahead) -> list[bytes]:
    """All that the process says until it ends."""
    said: list[bytes] = []
    while reader._pipe >= 0:
        select.select([reader._pipe], [], [])
        said += reader.lines()
    return said


def test_what_is_said_of_sources(tmp_path: Path) -> None:
    root = files(tmp_path, {"a.py": "import a", "b.py": "import", "c.py": "import c", "d.py": "import d"})
    said: list[bytes] = []
    read(root, ["a.py", "b.py", "gone.py", "c.py", "../a.py", "d.py"], bytearray([0, 0, 0, 1, 0, 0]), said.append)
    assert said == [line(b"import d") + b"\n" + line(b"import a") + b"\n"]


def test_much_is_said_in_portions(root: Path) -> None:
    said: list[bytes] = []
    read(root, [path.name for path in root.iterdir()], bytearray(ENOUGH), said.append)
    assert len(said) > 10
    assert b"".join(said).count(b"\n") == ENOUGH


@forks
def test_a_process_reads_them_all_and_ends(root: Path) -> None:
    paths = sorted(path.name for path in root.iterdir())
    reader = start(root, paths)
    assert reader is not None
    try:
        assert everything(reader) == [line(f"import a{number}\n".encode()) for number in reversed(range(ENOUGH))]
        assert reader.lines() == []
        reader.take("part000.py")
        reader.take("somewhere/else.py")
    finally:
        reader.stop()
    with pytest.raises(ChildProcessError):
        os.waitpid(reader._process, 0)


@forks
def test_a_process_that_is_not_needed_any_more(root: Path) -> None:
    reader = start(root, sorted(path.name for path in root.iterdir()))
    assert reader is not None
    reader.stop()
    reader.stop()
    assert reader.lines() == []
    with pytest.raises(ChildProcessError):
        os.waitpid(reader._process, 0)


@pytest.mark.parametrize("why", ["few", "one processor", "a thread", "another system", "no room"])
def test_where_no_process_is_started(why: str, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> int:
        raise BlockingIOError

    started: list[str] = []
    monkeypatch.setattr(sys, "platform", "darwin" if why == "another system" else "linux")
    processors = {0} if why == "one processor" else {0, 1}
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: processors, raising=False)
    monkeypatch.setattr(os, "fork", full if why == "no room" else lambda: started.append("fork"), raising=False)
    end = threading.Event()
    thread = threading.Thread(target=end.wait)
    if why == "a thread":
        thread.start()
    try:
        assert start(root, ["part001.py"] * (ENOUGH - (why == "few"))) is None
    finally:
        end.set()
    assert not started


@forks
@pytest.mark.parametrize("kept", [True, False])
def test_what_was_read_ahead_is_not_read_again(
    kept: bool, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "kept"))
    opened = open_cache(root, None, keep=kept)
    opened.read_ahead(root, sorted(path.name for path in root.iterdir()))
    assert opened._ahead is not None
    said = everything(opened._ahead)
    monkeypatch.setattr(opened._ahead, "lines", lambda: said)
    counted = Reader(monkeypatch)
    assert opened.source("x.py", b"import a7\n") == parse_source("x.py", b"import a7\n")
    assert opened.source("y.py", b"import b\n") == parse_source("y.py", b"import b\n")
    assert counted.paths == ["y.py"]
    opened.save()
    opened.close()
    assert (tmp_path / "kept").exists() is kept
    again = open_cache(root, None, keep=kept)
    again.source("x.py", b"import a7\n")
    assert counted.paths == ["y.py"] if kept else ["y.py", "x.py"]


class _Slow:
    """Stands for a process of which nothing is heard before the walk is half through."""

    def __init__(self, said: Iterable[bytes]) -> None:
        self.said = list(said)
        self.taken: list[str] = []

    def lines(self) -> list[bytes]:
        return self.said if len(self.taken) == 20 else []

    def take(self, path: str) -> None:
        self.taken.append(path)

    def stop(self) -> None:
        self.said = []


@pytest.mark.parametrize("options", [["--no-cache"], []])
def test_a_run_says_the_same(options: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tool: Tool) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "kept"))
    root = commit(files(tmp_path / "app", APP))
    alone = tool("check", str(root), "-v", "--no-cache")
    monkeypatch.setattr(app, "PARSED_FIRST", -1)
    slow = _Slow(line(text.encode()) for path, text in APP.items() if path.endswith(".py"))
    monkeypatch.setattr(ahead, "start", lambda *_: slow)
    counted = Reader(monkeypatch)
    assert tool("check", str(root), "-v", *options) == alone
    assert slow.taken == counted.paths
    assert len(counted.paths) == 20
    assert slow.said == []


@forks
def test_a_run_with_the_real_process_says_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tool: Tool) -> None:
    root = commit(files(tmp_path / "app", APP))
    alone = tool("check", str(root), "-v", "--no-cache")
    monkeypatch.setattr(app, "PARSED_FIRST", -1)
    monkeypatch.setattr(ahead, "ENOUGH", 1)
    started: list[Ahead | None] = []

    def noted(place: Path, paths: list[str]) -> Ahead | None:
        started.append(start(place, paths))
        return started[-1]

    monkeypatch.setattr(ahead, "start", noted)
    assert tool("check", str(root), "-v", "--no-cache") == alone
    assert [reader is not None for reader in started] == [True]
    assert tool("check", str(root), "-v", "--no-cache", "--rev", "HEAD") == alone
    assert len(started) == 1


@forks
def test_a_run_that_fails_ends_the_process(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(path: str, data: bytes) -> Source:
        raise AssertionError(f"{path}: {data!r}")

    monkeypatch.setattr(cache, "parse_source", fail)
    monkeypatch.setenv(VARIABLE, str(tmp_path / "kept"))
    opened = open_cache(root, None)
    opened.read_ahead(root, sorted(path.name for path in root.iterdir()))
    assert opened._ahead is not None
    with pytest.raises(AssertionError):
        opened.source("x.py", b"import x")
    opened.close()
    with pytest.raises(ChildProcessError):
        os.waitpid(opened._ahead._process, 0)
