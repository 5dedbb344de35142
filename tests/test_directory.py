"""A directory as it is, and reading from the disk without being led astray."""

from __future__ import annotations

import os
import socket
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploylint import directory
from deploylint.directory import Disk, is_plain, open_directory
from deploylint.tree import Content, Entry, Kind, Remark, Trouble

if TYPE_CHECKING:
    from collections.abc import Iterator

LIMIT = 100


@pytest.fixture
def app(tmp_path: Path) -> Path:
    root = tmp_path / "app"
    root.mkdir()
    (root / "Procfile").write_text("web: x\n")
    (root / "pkg").mkdir()
    (root / "pkg/mod.py").write_text("pass\n")
    (tmp_path / "secret").write_text("outside\n")
    return root


def test_everything_is_listed_as_it_is(app: Path) -> None:
    (app / "empty").mkdir()
    (app / "run.sh").write_text("")
    (app / "run.sh").chmod(0o755)
    (app / "dangling").symlink_to("nowhere")
    (app / "out").symlink_to("..")
    os.mkfifo(app / "pipe")
    for place in (app, app / "pkg"):
        (place / ".git").mkdir()
        (place / ".git/config").write_text("")
    (app / "empty/.git").write_text("gitdir: x\n")
    tree = open_directory(app, "sub/app/")
    assert dict(tree.entries) == {
        "Procfile": Entry("Procfile"),
        "dangling": Entry("dangling", Kind.LINK, target="nowhere"),
        "empty": Entry("empty", Kind.DIRECTORY),
        "out": Entry("out", Kind.LINK, target=".."),
        "pipe": Entry("pipe", Kind.SPECIAL),
        "pkg": Entry("pkg", Kind.DIRECTORY),
        "pkg/mod.py": Entry("pkg/mod.py"),
        "run.sh": Entry("run.sh", executable=True),
    }
    assert tree.prefix == "sub/app/"
    assert tree.remarks == ()
    assert tree.read("pkg/mod.py") == Content(b"pass\n")
    assert not tree.source.comparable()
    assert tree.source.before("Procfile") is None


def test_sockets_are_special(app: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(app)  # the path of a socket must be short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("sock")
        assert open_directory(app).entries["sock"].kind is Kind.SPECIAL
        assert Disk(app).read("sock", LIMIT) is None


def test_names_that_are_not_utf8(app: Path) -> None:
    Path(os.fsdecode(os.fsencode(app) + b"/caf\xe9\n.txt")).write_text("x")
    tree = open_directory(app)
    assert "caf\udce9\n.txt" in tree.entries
    assert tree.read("caf\udce9\n.txt") == Content(b"x")


def test_a_link_whose_target_is_gone_between_two_looks(app: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (app / "link").symlink_to("Procfile")

    def gone(_: object) -> bytes:
        raise FileNotFoundError

    monkeypatch.setattr(os, "readlink", gone)
    tree = open_directory(app)
    assert tree.entries["link"] == Entry("link", Kind.LINK)
    assert not tree.exists("link")


@contextmanager
def listing(entries: list[Any], error: OSError | None = None) -> Iterator[Iterator[Any]]:
    """Stands for `os.scandir`, with trouble of our making."""

    def each() -> Iterator[Any]:
        yield from entries
        if error is not None:
            raise error

    yield each()


def fail_in(monkeypatch: pytest.MonkeyPatch, name: bytes, *, late: bool) -> None:
    real = os.scandir

    def scandir(place: Any) -> Any:
        if os.fsencode(place).rstrip(b"/").endswith(name):
            if late:
                return listing(list(real(place)), PermissionError())
            raise PermissionError
        return real(place)

    monkeypatch.setattr(os, "scandir", scandir)


@pytest.mark.parametrize("late", [False, True])
def test_an_unreadable_folder_is_unknown(app: Path, monkeypatch: pytest.MonkeyPatch, late: bool) -> None:
    fail_in(monkeypatch, b"/pkg", late=late)
    tree = open_directory(app)
    assert tree.remarks == (Remark("unreadable-folder", "pkg"),)
    assert tree.is_unknown("pkg/mod.py")
    assert tree.is_file("Procfile")
    assert tree.source.on_disk("pkg/mod.py") == late


def test_an_unreadable_root(app: Path) -> None:
    for root in (app / "none", app / "Procfile"):
        tree = open_directory(root)
        assert dict(tree.entries) == {}
        assert tree.remarks == (Remark("unreadable-folder", "."),)


def test_what_is_gone_since_it_was_listed_is_left_out(app: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Gone:
        name = b"gone"

        def stat(self, *, follow_symlinks: bool) -> os.stat_result:
            assert not follow_symlinks
            raise FileNotFoundError

    monkeypatch.setattr(os, "scandir", lambda _: listing([Gone()]))
    assert dict(open_directory(app).entries) == {}


@pytest.mark.parametrize(
    ("limit", "seen", "unseen", "where"),
    [
        (9, "a a/1 a/2 b b/3 c c/d c/d/4 top", "", None),
        (8, "a a/1 a/2 b b/3 c top", "c/d", "c/d"),
        (5, "a/1 top", "a b c", "a"),
        (4, "top", "a b c", "a"),
        (1, "", "a", "."),
    ],
)
def test_a_truncated_tree_knows_what_it_has_not_seen(  # noqa: PLR0917 (a table)
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int, seen: str, unseen: str, where: str | None
) -> None:
    for path in ("a/1", "a/2", "b/3", "c/d/4", "top"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("")
    listed = os.scandir

    def sorted_scandir(place: Any) -> Any:
        with listed(place) as found:
            return listing(sorted(found, key=lambda entry: entry.name))

    monkeypatch.setattr(os, "scandir", sorted_scandir)
    monkeypatch.setattr(directory, "ENTRY_LIMIT", limit)
    tree = open_directory(tmp_path)
    assert {path for path, entry in tree.entries.items() if entry.kind is not Kind.UNKNOWN} == set(seen.split())
    assert {path for path, entry in tree.entries.items() if entry.kind is Kind.UNKNOWN} == set(unseen.split())
    assert tree.remarks == (() if where is None else (Remark("truncated", where),))


# --- reading


def test_reads_are_bounded(app: Path) -> None:
    disk = Disk(app)
    assert disk.read("Procfile", 7) == Content(b"web: x\n")
    assert disk.read("Procfile", 6) == Content(b"web: x", Trouble.TOO_LARGE)


def test_only_regular_files_below_real_folders_are_read(app: Path) -> None:
    (app / "link").symlink_to("Procfile")
    (app / "linked").symlink_to("pkg")
    (app / "away").symlink_to("..")
    os.mkfifo(app / "pipe")
    disk = Disk(app)
    paths = [
        "link",
        "linked/mod.py",
        "away/secret",
        "pipe",
        "pkg",
        "none",
        "Procfile/x",
        "../secret",
        "/etc/passwd",
        "",
    ]
    for path in (*paths, "pkg/../Procfile", ".", "a\0b", "\ud800", "pkg/\ud800/x", ".git/config", "x" * 5000):
        assert disk.read(path, LIMIT) is None, path
        if path not in ("link", "pipe", "pkg"):
            assert not disk.holds(path), path
    assert disk.read("pkg/mod.py", LIMIT) == Content(b"pass\n")


def test_a_folder_that_becomes_a_link_is_not_followed(app: Path, tmp_path: Path) -> None:
    tree = open_directory(app)
    (app / "pkg").rename(tmp_path / "elsewhere")
    (app / "pkg").symlink_to(tmp_path / "elsewhere")
    assert tree.read("pkg/mod.py") == Content(trouble=Trouble.UNREADABLE)


def test_a_file_that_becomes_a_pipe_between_look_and_opening(app: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    status = os.lstat(app / "Procfile")
    (app / "Procfile").unlink()
    os.mkfifo(app / "Procfile")
    monkeypatch.setattr(Disk, "status", lambda _self, _path: status)
    assert Disk(app).read("Procfile", LIMIT) is None


def test_a_file_that_becomes_a_link_between_look_and_opening(app: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    status = os.lstat(app / "Procfile")
    (app / "Procfile").unlink()
    (app / "Procfile").symlink_to("../secret")
    monkeypatch.setattr(Disk, "status", lambda _self, _path: status)
    assert Disk(app).read("Procfile", LIMIT) is None


def test_link_targets(app: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (app / "link").symlink_to("pkg/mod.py")
    (app / "plain").write_text("pkg/mod.py")
    (app / "long").write_text("x" * 5000)
    (app / "linked").symlink_to("pkg")
    (app / "pkg/in").symlink_to("mod.py")
    disk = Disk(app)
    assert disk.link("link") == "pkg/mod.py"
    assert disk.link("plain") == "pkg/mod.py"
    assert disk.link("pkg/in") == "mod.py"
    for path in ("long", "none", "pkg", "linked/in", "../app/link"):
        assert disk.link(path) is None, path
    monkeypatch.setattr(os, "sep", "\\")
    (app / "windows").symlink_to("pkg\\mod.py")
    assert disk.link("windows") == "pkg/mod.py"


def test_files_of_a_folder(app: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (app / "link").symlink_to("Procfile")
    (app / "linked").symlink_to("pkg")
    disk = Disk(app)
    assert disk.files("") == {"Procfile"}
    assert disk.files("pkg") == {"mod.py"}
    for folder in ("linked", "none", "..", "Procfile"):
        assert disk.files(folder) == frozenset(), folder
    fail_in(monkeypatch, b"/app", late=False)
    assert disk.files("") == frozenset()


def test_on_disk_means_spelled_so(app: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (app / "dangling").symlink_to("nowhere")
    (app / "linked").symlink_to("pkg")
    tree = open_directory(app)
    (app / "local.py").write_text("")
    assert tree.on_disk_only("local.py")
    for path in ("Procfile", "pkg", "pkg/mod.py", "dangling"):
        assert tree.source.on_disk(path)
        assert not tree.on_disk_only(path)
    for path in ("none", "linked/mod.py", "../secret", "Procfile/"):
        assert not tree.source.on_disk(path), path
    # A file system that does not tell upper from lower case finds the file all the same.
    real = os.lstat
    monkeypatch.setattr(
        os, "lstat", lambda place: real(place.replace(b"procfile", b"Procfile").replace(b"PKG", b"pkg"))
    )
    assert not Disk(app).holds("procfile")
    assert not Disk(app).holds("PKG/mod.py")
    assert Disk(app).holds("pkg/mod.py")


def test_a_deep_path_costs_no_recursion(app: Path) -> None:
    assert not Disk(app).holds("pkg/" * 5000 + "x")
    assert not Disk(app).holds("/".join("x" * 5000))


@pytest.mark.parametrize("path", ["a", "a/b.c", ".github/x", "a/.gitignore", "a b", "é", "..."])
def test_plain_paths(path: str) -> None:
    assert is_plain(path)


@pytest.mark.parametrize("path", ["", "/a", "a/", "a//b", ".", "a/./b", "..", "a/../b", ".git", "a/.GIT/config", "a\0"])
def test_paths_that_git_does_not_write(path: str) -> None:
    assert not is_plain(path)


def test_separators_of_other_systems(app: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (app / "a\\b").write_text("x")
    assert Disk(app).read("a\\b", LIMIT) == Content(b"x")
    monkeypatch.setattr(directory, "_SEPARATORS", frozenset("\\:"))
    assert Disk(app).read("a\\b", LIMIT) is None


@given(path=st.one_of(st.text(max_size=20), st.text(alphabet="./pkgP\0\\", max_size=12)))
def test_no_path_leads_out_or_raises(path: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    root = tmp_path_factory.getbasetemp() / "small"
    (root / "pkg").mkdir(parents=True, exist_ok=True)
    (root / "pkg/P").write_text("in")
    disk = Disk(root)
    content = disk.read(path, LIMIT)
    assert (content == Content(b"in")) == (path == "pkg/P")
    assert disk.holds(path) == (path in ("pkg", "pkg/P"))
    assert disk.link(path) in (None, "in")
    assert disk.files(path) == ({"P"} if path == "pkg" else frozenset())
