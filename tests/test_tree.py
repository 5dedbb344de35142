"""The Tree: what lies where, with links followed as a file system would follow them."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deploylint.directory import open_directory
from deploylint.tree import Content, Entry, Kind, Memory, Remark, Tree, Trouble


def link(target: str) -> Entry:
    return Entry("", Kind.LINK, target=target)


TREE = Tree.of(
    {
        "Procfile": "web: x\n",
        "app/main.py": "",
        "app/deep/er.py": "",
        "bin/run": Entry("", executable=True),
        "empty": Entry("", Kind.DIRECTORY),
        "to-file": link("app/main.py"),
        "to-folder": link("app"),
        "to-itself": link("to-itself"),
        "ping": link("pong"),
        "pong": link("ping"),
        "dangling": link("nowhere"),
        "absolute": link("/etc/passwd"),
        "out": link("../outside"),
        "to-out": link("app/../out"),
        "out-and-in": link("app/../../Procfile"),
        "nothing": link(""),
        "app/up": link("../Procfile"),
        "app/deep/chain": link("../up"),
        "through": link("to-folder/deep/er.py"),
        "pipe": Entry("", Kind.SPECIAL),
        "sub": Entry("", Kind.SUBMODULE),
        "to-sub": link("sub/inner"),
        "torn": Entry("", Kind.UNKNOWN),
    }
)


@pytest.mark.parametrize(
    ("path", "reached"),
    [
        ("Procfile", "Procfile"),
        ("./Procfile", "Procfile"),
        ("app//main.py", "app/main.py"),
        ("app/./deep/../main.py", "app/main.py"),
        ("app", "app"),
        ("app/", "app"),
        ("", ""),
        (".", ""),
        ("to-file", "app/main.py"),
        ("to-folder/main.py", "app/main.py"),
        ("to-folder/../Procfile", "Procfile"),
        ("to-folder/up", "Procfile"),
        ("app/deep/chain", "Procfile"),
        ("through", "app/deep/er.py"),
        ("empty/../Procfile", "Procfile"),
        ("to-sub", "sub/inner"),
        ("sub", "sub"),
        ("sub/", "sub"),
        ("torn/x", "torn/x"),
    ],
)
def test_follow_reaches(path: str, reached: str) -> None:
    entry = TREE.follow(path)
    assert entry is not None
    assert entry.path == reached


@pytest.mark.parametrize(
    "path",
    [
        "procfile",
        "app/none",
        "Procfile/",
        "Procfile/.",
        "Procfile/x",
        "Procfile/..",
        "to-file/",
        "..",
        "../Procfile",
        "app/../../Procfile",
        "/Procfile",
        "to-itself",
        "ping",
        "dangling",
        "nothing",
        "pipe/x",
        "empty/x",
    ],
)
def test_follow_reaches_nothing(path: str) -> None:
    assert TREE.follow(path) is None
    assert not TREE.exists(path)
    assert not TREE.is_file(path)
    assert not TREE.is_unknown(path)


def test_follow_gives_up_after_as_many_links_as_linux() -> None:
    files: dict[str, str | bytes | Entry] = {f"l{n}": link(f"l{n + 1}") for n in range(41)}
    tree = Tree.of({**files, "l41": "here"})
    assert tree.follow("l0") is None
    assert tree.is_file("l1")


def test_what_is_not_known_is_neither_there_nor_absent() -> None:
    for path in ("sub/x", "to-sub", "torn", "torn/x", "absolute", "absolute/x", "out", "out-and-in", "to-out/x"):
        assert TREE.is_unknown(path)
        assert not TREE.exists(path)
        assert not TREE.is_file(path)
        assert TREE.may_exist(path)
        assert TREE.may_be_file(path)
    assert TREE.exists("sub")
    assert not TREE.is_unknown("sub")


def test_links_that_leave_the_app_are_remembered() -> None:
    tree = Tree.of(
        {"out": link("../x"), "away": link("/y"), "other": link("/z"), "gone": link("nowhere"), "f": "", "d/f": ""}
    )
    for path in ("out", "away/x", "gone", "f", "../out", "d/../../out"):
        tree.follow(path)
    assert list(tree.without(lambda path: path == "f").seen()) == [
        Remark("leaving-link", "away"),
        Remark("leaving-link", "out"),
    ]


def test_may() -> None:
    assert TREE.may_exist("app")
    assert not TREE.may_be_file("app")
    assert TREE.may_be_file("to-file")
    assert not TREE.may_exist("dangling")
    assert not TREE.may_be_file("to-itself")


def test_find_does_not_follow() -> None:
    assert TREE.find("to-file") == Entry("to-file", Kind.LINK, target="app/main.py")
    assert TREE.find("app") == Entry("app", Kind.DIRECTORY)
    assert TREE.find("app/deep") == Entry("app/deep", Kind.DIRECTORY)
    assert TREE.find("sub/a/b") == Entry("sub/a/b", Kind.UNKNOWN)
    assert TREE.find("to-folder/main.py") is None
    assert TREE.find("Procfile/x") is None
    assert TREE.find("empty/x/y") is None
    assert TREE.find("none/x/y") is None


def test_find_below_an_unknown_folder_that_has_known_files() -> None:
    tree = Tree.of({"big": Entry("", Kind.UNKNOWN), "big/seen.py": "", "big/in/seen.py": ""})
    assert tree.find("big/seen.py") == Entry("big/seen.py")
    for path in ("big/other.py", "big/in/other.py"):
        entry = tree.find(path)
        assert entry is not None
        assert entry.kind is Kind.UNKNOWN


def test_find_takes_a_very_long_path() -> None:
    assert TREE.find("app/" * 300_000 + "x") is None
    assert TREE.follow("a/" * 300_000) is None


def test_kinds() -> None:
    assert TREE.is_file("to-file")
    assert not TREE.is_file("app")
    assert TREE.exists("pipe")
    assert not TREE.is_file("pipe")
    entry = TREE.find("bin/run")
    assert entry is not None
    assert (entry.name, entry.depth, entry.executable) == ("run", 2, True)


def test_children() -> None:
    assert [entry.name for entry in TREE.children("app")] == ["deep", "main.py", "up"]
    assert [entry.path for entry in TREE.children("app/deep")] == ["app/deep/chain", "app/deep/er.py"]
    kinds = {entry.name: entry.kind for entry in TREE.children()}
    assert kinds["app"] is Kind.DIRECTORY
    assert kinds["empty"] is Kind.DIRECTORY
    assert kinds["to-folder"] is Kind.LINK
    assert list(kinds) == sorted(kinds)
    for path in ("empty", "to-folder", "Procfile", "none"):
        assert list(TREE.children(path)) == []
    assert list(Tree.of({}).children()) == []


def test_files_are_sorted_and_regular() -> None:
    assert [entry.path for entry in TREE.files()] == ["Procfile", "app/deep/er.py", "app/main.py", "bin/run"]


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        ((), "."),
        (("b", "a"), "a"),
        (("a", "docs/readme", "README.md"), "README.md"),
        (("a", "zeta", "ReadMe"), "ReadMe"),
    ],
)
def test_anchor(paths: tuple[str, ...], expected: str) -> None:
    assert Tree.of(dict.fromkeys(paths, "")).anchor() == expected


def test_anchor_is_a_file() -> None:
    assert Tree.of({"README": link("x"), "a": Entry("", Kind.DIRECTORY)}).anchor() == "."


def test_without() -> None:
    tree = Tree.of({"a": "1", "b/c": "2", "b/d": "3"}, before={"a": "0"})
    less = tree.without(lambda path: path.startswith("b/"))
    assert [entry.path for entry in less.files()] == ["a"]
    assert less.find("b") is None
    assert tree.exists("b/c")
    assert less.read("a") == Content(b"1")
    assert less.read("b/c").trouble is Trouble.UNREADABLE
    assert less.source.before("a") == Content(b"0")
    assert tree.without(lambda _: False) is tree


def test_read_follows_links_and_refuses_what_is_no_file() -> None:
    assert TREE.read("app/deep/chain") == Content(b"web: x\n")
    for path in ("app", "pipe", "absolute", "sub", "sub/x", "torn", "none"):
        assert TREE.read(path) == Content(trouble=Trouble.UNREADABLE)


def test_read_asks_the_source_once_and_again_only_for_more() -> None:
    asked: list[tuple[str, int]] = []

    class Counting(Memory):
        def read(self, path: str, limit: int) -> Content:
            asked.append((path, limit))
            return super().read(path, limit)

    tree = Tree({"f": Entry("f"), "l": Entry("l", Kind.LINK, target="f")}, Counting({"f": b"12345"}))
    assert tree.read("f", 3) == Content(b"123", Trouble.TOO_LARGE)
    assert tree.read("l", 3) == Content(b"123", Trouble.TOO_LARGE)
    assert tree.read("f", 5) == Content(b"12345")
    assert tree.read("f", 9) == Content(b"12345")
    assert asked == [("f", 3), ("f", 5)]


def test_memory() -> None:
    tree = Tree.of({"f": "é"}, untracked=["local.py"])
    assert tree.read("f") == Content("é".encode())
    assert tree.on_disk_only("local.py")
    assert not tree.on_disk_only("f")
    assert not tree.on_disk_only("none")
    assert not tree.source.comparable()
    assert tree.source.before("f") is None
    compared = Tree.of({}, before={"old": b"x"})
    assert compared.source.comparable()
    assert compared.source.before("old") == Content(b"x")
    assert compared.source.before("new") is None


# --- against a real file system

NAMES = st.sampled_from(["a", "b", "c"])
PIECES = st.lists(st.sampled_from(["a", "b", "c", "..", ".", ""]), min_size=1, max_size=5)
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)


@settings(max_examples=150)
@given(
    nodes=st.dictionaries(PATHS, st.one_of(st.none(), st.just(""), PIECES.map("/".join)), max_size=8),
    asked=st.lists(PIECES.map("/".join), min_size=1, max_size=8),
)
def test_links_are_followed_as_the_system_does(nodes: dict[str, str | None], asked: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "root")
        root.mkdir()
        for path, target in sorted(nodes.items()):
            place = root / path
            if any(os.path.lexists(above) and (above.is_symlink() or not above.is_dir()) for above in place.parents):
                continue
            if os.path.lexists(place):
                continue
            place.parent.mkdir(parents=True, exist_ok=True)
            if target is None:
                place.write_text("x")
            elif target and not target.startswith("/"):
                place.symlink_to(target)
            else:
                place.mkdir()
        tree = open_directory(root)
        for path in asked:
            if path.startswith("/"):
                assert tree.follow(path) is None
                continue
            real = os.path.realpath(root / path)
            # Above the root lies nothing but the root, whose name no path has, so whoever leaves does not come back.
            inside = real == str(root.resolve()) or real.startswith(f"{root.resolve()}/")
            there = f"{root}/{path}"
            assert tree.exists(path) == (inside and os.path.exists(there)), path
            assert tree.is_file(path) == (inside and os.path.isfile(there)), path


@given(st.text(alphabet="ab/.\0é\n", max_size=12))
def test_any_path_can_be_asked_for(path: str) -> None:
    entry = TREE.follow(path)
    assert entry is None or not entry.path.startswith(("/", ".."))
    assert TREE.find(path) is None or path in ("", *TREE.entries) or path.startswith(("app", "bin", "sub/", "torn/"))
    assert TREE.read(path).trouble in (None, Trouble.UNREADABLE)
