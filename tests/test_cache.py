"""What is kept of sources from run to run: never anything that a run without it would not say."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from itertools import product
from typing import IO, TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploylint import app, cache
from deploylint.cache import FILES_LIMIT, VARIABLE, Cache, open_cache
from deploylint.cli import run
from deploylint.facts import sources
from deploylint.facts.events import Source
from deploylint.facts.module import parse_source
from deploylint.facts.sources import pack, unpack
from tests.test_cli import PATH, READY, commit, files

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.name == "nt", reason="owners, modes and links as POSIX has them")

TEXTS = [
    "",
    "import a, b.c as d\nfrom . import e\nfrom ..f import *\nx: int = g(h.i())\nj = eval(k)",
    "import sys\nif sys.version_info >= (3, 12, 1):\n    import a\nelse:\n    import b\n",
    "try:\n    import a\nexcept ImportError:\n    a = None\nif x:\n    import_module('\\ud800')",
    "if __name__ == '__main__':\n    import a\n    main()",
    "def f():\n    import a\ndef g():\n    f()\n    if x: h()\nf()",
    "__all__ = ['a', 'b']\na = b = größe = 1",
    pytest.param(
        "try: pass\nexcept* E: pass",
        marks=pytest.mark.skipif(sys.version_info < (3, 11), reason="the parser of 3.10 knows nothing newer"),
    ),
]
APP = {
    **READY,
    "app.py": "".join(f"import part{number}\n" for number in range(40)) + "app = object()\n",
    **{f"part{number}.py": f"import os\nimport gone{number}\n" + "value = os.environ\n" * 60 for number in range(40)},
}


class Reader:
    """Counts the sources that are parsed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.paths: list[str] = []
        monkeypatch.setattr(cache, "parse_source", self)

    def __call__(self, path: str, data: bytes) -> Source:
        self.paths.append(path)
        return parse_source(path, data)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where things are kept."""
    place = tmp_path / "kept"
    monkeypatch.setenv(VARIABLE, str(place))
    return place


@pytest.fixture
def root(tmp_path: Path) -> Path:
    place = tmp_path / "app"
    place.mkdir()
    return place


def kept(folder: Path) -> Path:
    (file,) = folder.iterdir()
    return file


def fail(path: str, data: bytes) -> Source:
    raise AssertionError(f"{path} is read again: {data!r}")


# ------------------------------------------------------------------------------------------------ as text and back


@pytest.mark.parametrize("text", TEXTS)
def test_a_source_comes_back_as_it_was(text: str) -> None:
    source = parse_source("a.py", text.encode())
    assert source.trouble is None
    found = unpack("a.py", *pack(source), read=lambda: fail("a.py", b""))
    assert found == source
    assert [type(event) for event in found.events] == [type(event) for event in source.events]
    assert [type(field) for field in found[4:]] == [type(field) for field in source[4:]]


@given(st.lists(st.sampled_from(["import a", "if x:", "f()", "def f():", "pass", " ", "\n    ", "\n", "x = 1"])))
def test_any_source_comes_back_as_it_was(words: list[str]) -> None:
    source = parse_source("a.py", "".join(words).encode())
    if source.trouble is None:
        assert unpack("a.py", *pack(source), read=lambda: fail("a.py", b"")) == source


def test_every_field_of_a_source_is_kept() -> None:
    """A new field belongs into `pack` and `unpack`; `trouble` and `syntax` are those of what is not kept."""
    assert Source._fields == (
        *("path", "events", "program", "functions", "names", "exports", "dynamic"),
        *("trouble", "syntax", "needs", "size"),
    )


@pytest.mark.parametrize(
    "main", ["", "[]", "{}", "1", "[1,2,3,4,5,6,7,8]", "[[[]],[],[],[],null,0,null,0]", "[" * 100_000, "\x00"]
)
def test_lines_that_nobody_packed(main: str) -> None:
    source = parse_source("a.py", b"import a")
    assert unpack("a.py", main, "[]", lambda: source) == source


@pytest.mark.parametrize("functions", ["", "{}", "[]", "[[1]]", "[[],[]]"])
def test_functions_that_nobody_packed(functions: str) -> None:
    source = parse_source("a.py", b"def f(): import a")
    found = unpack("a.py", pack(source)[0], functions, lambda: source)
    assert list(found.functions) == ["f"]
    assert found.functions["f"] == source.functions["f"]
    assert found.functions.get("g") is None


# ------------------------------------------------------------------------------------------------ from run to run


def test_what_was_read_is_not_read_again(folder: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = Reader(monkeypatch)
    first = open_cache(root, None)
    sources = [first.source("a.py", b"import a"), first.source("b.py", b"import b"), first.source("c.py", b"import a")]
    first.save()
    assert reader.paths == ["a.py", "b.py"]
    assert [source.path for source in sources] == ["a.py", "b.py", "c.py"]
    second = open_cache(root, None)
    assert second.source("moved.py", b"import a") == sources[0]._replace(path="moved.py")
    assert second.source("b.py", b"import c") == parse_source("b.py", b"import c")
    second.save()
    assert reader.paths == ["a.py", "b.py", "b.py"]
    third = open_cache(root, None)
    for text in (b"import a", b"import b", b"import c"):
        third.source("a.py", text)
    assert len(reader.paths) == 3
    assert kept(folder).stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("text", [b"import", b"\0", b"(" * 5000])
def test_what_is_wrong_with_a_source_is_found_anew(folder: Path, root: Path, text: bytes) -> None:
    first = open_cache(root, None)
    assert first.source("a.py", text).trouble
    first.save()
    assert not list(folder.iterdir())


def test_what_is_not_used_any_more_goes_when_it_is_more_than_what_is(folder: Path, root: Path) -> None:
    for number in range(50):
        opened = open_cache(root, None)
        opened.source("a.py", b"import a%d" % number)
        opened.save()
    assert kept(folder).read_bytes().count(b"\n") == 2


def test_nothing_is_written_where_nothing_is_new(folder: Path, root: Path) -> None:
    opened = open_cache(root, None)
    opened.source("a.py", b"import a")
    opened.save()
    before = kept(folder).read_bytes(), kept(folder).stat().st_ino
    opened = open_cache(root, None)
    opened.source("a.py", b"import a")
    opened.save()
    assert (kept(folder).read_bytes(), kept(folder).stat().st_ino) == before


def test_apps_do_not_share_a_file_and_the_oldest_are_forgotten(folder: Path, root: Path) -> None:
    folder.mkdir(mode=0o700)
    (folder / "letter.txt").write_text("somebody else's")
    names = []
    for number in range(FILES_LIMIT + 3):
        opened = Cache(str(folder), f"{number:03}")
        opened.source("a.py", b"import a")
        opened.save()
        names.append(folder / f"{number:03}.sources")
        os.utime(names[-1], (number, number))
    # The last one was written before its time was set back; the oldest of those that were there are gone.
    assert [name.exists() for name in names].index(True) == 3
    assert (folder / "letter.txt").exists()
    assert sum(name.exists() for name in names) == FILES_LIMIT
    assert root.exists()


@pytest.mark.parametrize("damage", ["cut", "changed", "head", "empty", "folder", "large", "longer"])
def test_what_is_damaged_counts_for_nothing(
    damage: str, folder: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill() -> Source:
        opened = open_cache(root, None)
        found = opened.source("a.py", b"import a")
        opened.save()
        return found

    source = fill()
    file = kept(folder)
    data = file.read_bytes()
    if damage == "folder":
        file.unlink()
        file.mkdir()
    elif damage == "large":
        monkeypatch.setattr(cache, "SIZE_LIMIT", 10)
    else:
        changed = {"cut": data[:-3], "changed": data.replace(b'"a"', b'"b"'), "head": b"x" + data, "empty": b""}
        file.write_bytes(changed.get(damage, data + b"\n"))
    reader = Reader(monkeypatch)
    assert fill() == source
    assert reader.paths == ["a.py"]
    if damage not in ("folder", "large"):
        assert file.read_bytes() == data
    assert [path.name for path in folder.iterdir()] == [file.name]


def test_a_right_head_over_wrong_lines(folder: Path, root: Path) -> None:
    opened = open_cache(root, None)
    opened.source("a.py", b"import a")
    opened.save()
    file = kept(folder)
    body = b"%s\t[]\t[]" % file.read_bytes().split(b"\n")[1].split(b"\t")[0]
    file.write_bytes(cache._head(body) + b"\n" + body)
    assert open_cache(root, None).source("a.py", b"import a") == parse_source("a.py", b"import a")


@pytest.mark.parametrize("what", ["__version__", "sources"])
def test_another_deploylint_reads_anew(
    what: str, folder: Path, root: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    opened = open_cache(root, None)
    opened.source("a.py", b"import a")
    opened.save()
    if what == "__version__":
        monkeypatch.setattr(cache, "__version__", "9.9")
    else:
        monkeypatch.setattr(sources, "__file__", str(tmp_path / "none.py"))
    reader = Reader(monkeypatch)
    open_cache(root, None).source("a.py", b"import a")
    assert reader.paths == ["a.py"]
    assert kept(folder).is_file()


# ------------------------------------------------------------------------------------------------ where


def filled(root: Path, repository: Path | None = None) -> Cache:
    opened = open_cache(root, repository)
    assert opened.source("a.py", b"import a") == parse_source("a.py", b"import a")
    opened.save()
    return opened


@pytest.mark.parametrize(
    ("platform", "variables", "expected"),
    [
        ("linux", {"HOME": "{}/h"}, "h/.cache/deploylint"),
        ("linux", {"HOME": "{}/h", "XDG_CACHE_HOME": "{}/x"}, "x/deploylint"),
        ("linux", {"HOME": "{}/h", "XDG_CACHE_HOME": "x"}, "h/.cache/deploylint"),
        ("linux", {"HOME": "h"}, None),
        ("linux", {}, None),
        ("darwin", {"HOME": "{}/h", "XDG_CACHE_HOME": "{}/x"}, "h/Library/Caches/deploylint"),
        ("win32", {"HOME": "{}/h", "LOCALAPPDATA": "{}/l"}, "l/deploylint"),
        ("linux", {"HOME": "{}/h", VARIABLE: "{}/o"}, "o"),
    ],
)
def test_where_things_are_kept(
    platform: str, variables: dict[str, str], expected: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HOME", "XDG_CACHE_HOME", "LOCALAPPDATA", VARIABLE):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value.format(tmp_path))
    monkeypatch.setattr(sys, "platform", platform)
    assert cache._folder() == (None if expected is None else str(tmp_path / expected))


@pytest.mark.parametrize("way", ["inside", "root itself", "through a link", "another's", "open to others", "a file"])
def test_where_nothing_is_kept(way: str, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = {"inside": root / ".cache", "root itself": root}.get(way, tmp_path / "kept")
    monkeypatch.setenv(VARIABLE, str(place))
    if way == "through a link":
        (root / "planted").mkdir()
        place.symlink_to(root / "planted")
    elif way == "another's":
        monkeypatch.setattr(os, "geteuid", lambda: 12345)
    elif way == "open to others":
        place.mkdir()
        place.chmod(0o770)
    elif way == "a file":
        place.write_text("")
    for _ in range(2):
        filled(root, root)
    inside = [path for path in (*tmp_path.rglob("*"),) if path.name.endswith((".sources", ".new"))]
    assert not inside


def test_a_folder_within_the_repository_around_an_app_is_not_used(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "sub").mkdir()
    monkeypatch.setenv(VARIABLE, str(root / "kept"))
    filled(root / "sub", root)
    assert [path.name for path in root.iterdir()] == ["sub"]


def test_a_link_that_took_the_place_of_the_file_is_not_followed(folder: Path, root: Path, tmp_path: Path) -> None:
    filled(root)
    file = kept(folder)
    target = tmp_path / "target"
    target.write_bytes(file.read_bytes())
    before = target.read_bytes()
    file.unlink()
    file.symlink_to(target)
    opened = open_cache(root, None)
    opened.source("b.py", b"import b")
    opened.save()
    assert target.read_bytes() == before
    assert not file.is_symlink()


@pytest.mark.parametrize("at", ["open", "write", "replace"])
def test_a_disk_that_is_full(at: str, folder: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    class Full:
        def __init__(self, file: int, mode: str) -> None:
            self.stream: IO[Any] = os.fdopen(file, mode)

        def __enter__(self) -> object:
            return self

        def __exit__(self, *_: object) -> None:
            self.stream.close()

        write = full

    folder.mkdir(mode=0o700)
    with monkeypatch.context() as patched:
        if at == "write":
            patched.setattr(cache, "open", Full, raising=False)
        else:
            patched.setattr(os, at, full)
        filled(root)
    assert not list(folder.iterdir())


def test_what_an_ended_run_has_left_is_in_nobodys_way(folder: Path, root: Path) -> None:
    folder.mkdir(mode=0o700)
    name = sources.key_of(os.fsencode(root))
    (folder / f"{name}.sources.{os.getpid()}.new").write_bytes(b"half")
    filled(root)
    filled(root)
    assert kept(folder).name == f"{name}.sources"


# ------------------------------------------------------------------------------------------------ the command line


class Tool:
    """The command line, in this process."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *args: str) -> tuple[int, str, str]:
        status = run(args)
        return status, *self._capsys.readouterr()


@pytest.fixture
def tool(capsys: pytest.CaptureFixture[str]) -> Tool:
    return Tool(capsys)


def test_a_second_run_says_the_same_and_reads_nothing(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, tool: Tool
) -> None:
    monkeypatch.setattr(app, "PARSED_FIRST", -1)
    root = commit(files(tmp_path / "app", APP))
    options = list(product([["-v"], ["--output-format", "json"]], [[], ["--staged"], ["--rev", "HEAD"]]))
    without = [tool("check", str(root), "--no-cache", *form, *place) for form, place in options]
    several = ["--platform", "heroku", "--platform", "heroku-fir"]
    others = [["check", str(root), *several], ["plan", str(root)]]
    without_others = [tool(*words, "--no-cache") for words in others]
    assert not folder.exists()
    reader = Reader(monkeypatch)
    cold = tool("check", str(root), "-v")
    assert cold == without[0]
    assert len(reader.paths) == 41
    monkeypatch.setattr(cache, "parse_source", fail)
    assert [tool("check", str(root), *form, *place) for form, place in options] == without
    assert [tool(*words) for words in others] == without_others


def test_a_source_that_changes_is_seen(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, tool: Tool
) -> None:
    monkeypatch.setattr(app, "PARSED_FIRST", -1)
    root = commit(files(tmp_path / "app", APP))
    tool("check", str(root))
    status = (root / "part7.py").stat()
    text = (root / "part7.py").read_text()
    (root / "part7.py").write_text(text.replace("gone7", "lost7"))
    os.utime(root / "part7.py", ns=(status.st_atime_ns, status.st_mtime_ns))
    changed = tool("plan", str(root), "--graph")
    assert changed == tool("plan", str(root), "--graph", "--no-cache")
    assert "lost7" in changed[1]
    assert kept(folder).is_file()


def test_a_small_app_is_kept_nowhere(tmp_path: Path, folder: Path, tool: Tool) -> None:
    root = commit(files(tmp_path / "app", READY))
    tool("check", str(root))
    assert not folder.exists()


def test_many_runs_at_once(tmp_path: Path) -> None:
    root = commit(files(tmp_path / "app", APP))
    env = {"PATH": PATH, "HOME": str(tmp_path)}
    command = [sys.executable, "-m", "deploylint", "check", "-v", "--exit-zero", str(root)]
    started = [subprocess.Popen(command, env=env, stdout=subprocess.PIPE) for _ in range(4)]
    said = {process.communicate()[0] for process in started}
    assert len(said) == 1
    assert subprocess.run([*command, "--no-cache"], env=env, capture_output=True, check=True).stdout in said
    (file,) = (tmp_path / ".cache" / "deploylint").iterdir()
    head, _, body = file.read_bytes().partition(b"\n")
    assert head == cache._head(body)
