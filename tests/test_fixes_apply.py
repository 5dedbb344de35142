from __future__ import annotations

import codecs
import os
import stat
import subprocess
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deploylint.finding import Create, Delete, Edit, Fix, Rename, Replace, Rewrite
from deploylint.fixes import write as writing
from deploylint.fixes.apply import plan_changes
from deploylint.fixes.changes import Changes, FileChange, combined
from deploylint.fixes.diff import unified
from deploylint.fixes.write import write_changes
from deploylint.text import Span, Text
from deploylint.tree import READ_LIMIT, Entry, Kind, Memory, Tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from random import Random


def fix(*edits: Edit) -> Fix:
    return Fix("mend", edits, safe=True)


def replace(tree: Tree, path: str, old: str, new: str) -> Replace:
    text = Text.decode(path, tree.read(path).data)
    start = text.value.index(old)
    return Replace(text.span(start, start + len(old)), new)


def insert(tree: Tree, path: str, offset: int, new: str) -> Replace:
    return Replace(Text.decode(path, tree.read(path).data).span(offset, offset), new)


def contents(changes: Changes) -> dict[str, bytes | None]:
    return {path: change.after for path, change in changes.files.items()}


def reasons(changes: Changes) -> list[str]:
    return [reason for _, reason in changes.skipped]


# Text edits.


@pytest.mark.parametrize(
    ("data", "old", "new", "expected"),
    [
        pytest.param(b"web: a\nx: b", "a", "c", b"web: c\nx: b", id="plain"),
        pytest.param(b"a\r\nb\r\n", "b", "c\nd", b"a\r\nc\r\nd\r\n", id="CRLF"),
        pytest.param(b"a\r\nb\r\n", "b", "c\r\nd", b"a\r\nc\r\nd\r\n", id="CRLF in the edit"),
        pytest.param(b"a\r\nb\nc\n", "b", "x\ny", b"a\r\nx\ny\nc\n", id="mixed"),
        pytest.param(b"a\rb\r", "b", "x\ny", b"a\rx\ry\r", id="CR"),
        pytest.param(b"a\nb\r\n", "\r", "", b"a\nb\n", id="half a line end"),
        pytest.param(codecs.BOM_UTF8 + b"a", "a", "b", codecs.BOM_UTF8 + b"b", id="mark"),
        pytest.param(codecs.BOM_UTF8 + b"a", "\ufeff", "", b"a", id="the mark itself"),
        pytest.param(b"\xffa\xc3", "a", "\xe9", b"\xff\xc3\xa9\xc3", id="not UTF-8"),
        pytest.param(b"\xffa", "a", "\udcfe", b"\xff\xfe", id="a byte that is not UTF-8"),
        *(
            pytest.param(
                mark + "a\r\né\U0001f600".encode(codec),
                "é",
                "x\ny",
                mark + "a\r\nx\r\ny\U0001f600".encode(codec),
                id=codec,
            )
            for mark, codec in [
                (codecs.BOM_UTF16_LE, "utf-16-le"),
                (codecs.BOM_UTF16_BE, "utf-16-be"),
                (codecs.BOM_UTF32_LE, "utf-32-le"),
                (codecs.BOM_UTF32_BE, "utf-32-be"),
            ]
        ),
    ],
)
def test_replace_keeps_every_other_byte(data: bytes, old: str, new: str, expected: bytes) -> None:
    tree = Tree.of({"f": data, "other": b"o"})
    change = fix(replace(tree, "f", old, new))
    changes = plan_changes(tree, [change])
    assert changes.files == {"f": FileChange("f", data, expected)}
    assert (changes.applied, changes.skipped) == ((change,), ())
    assert changes.tree(tree).read("f").data == expected
    assert changes.tree(tree).read("other").data == b"o"


@pytest.mark.parametrize("data", [codecs.BOM_UTF16_LE + b"a\0\n", codecs.BOM_UTF16_LE + b"a\0\0\xd8"])
def test_a_file_that_would_not_survive_decoding_is_refused(data: bytes) -> None:
    changes = plan_changes(Tree.of({"f": data}), [fix(Replace(Span("f", 1, 2, 1, 3), "b"))])
    assert reasons(changes) == ["f: the file is not valid UTF-16-LE"]
    assert not changes.files


@pytest.mark.parametrize(("data", "text"), [(codecs.BOM_UTF16_LE + b"a\0", "\udcff"), (b"a", "\ud800")])
def test_a_text_that_the_encoding_cannot_hold_is_refused(data: bytes, text: str) -> None:
    tree = Tree.of({"f": data})
    changes = plan_changes(tree, [fix(replace(tree, "f", "a", text)), fix(Create("g", "\ud800"))])
    assert [reason.partition(":")[2] for reason in reasons(changes)][-1].endswith("UTF-8 cannot hold")
    assert len(changes.skipped) == 2
    assert not changes.files


@pytest.mark.parametrize(
    "span",
    [
        Span("f", 1, 1, 1, 4),  # behind the line's end
        Span("f", 3, 1, 3, 1),
        Span("f", 0, 1, 1, 1),
        Span("f", 1, 2, 1, 1),
    ],
)
def test_a_place_that_the_file_does_not_have_is_refused(span: Span) -> None:
    changes = plan_changes(Tree.of({"f": "a\nb"}), [fix(Replace(span, "x"))])
    assert reasons(changes) == ["f: the edit points at a place that the file does not have"]


def test_what_is_no_whole_regular_file_is_refused() -> None:
    tree = Tree.of(
        {
            "large": b"x" * (READ_LIMIT + 1),
            "link": Entry("", Kind.LINK, target="large"),
            "sub": Entry("", Kind.SUBMODULE),
            "folder/f": b"",
        },
        untracked=["untracked"],
    )
    for make in (lambda path: Replace(Span(path), "x"), Delete, lambda path: Rename(path, "new")):
        paths = ["large", "link", "sub", "sub/f", "folder", "untracked", "missing", "."]
        changes = plan_changes(tree, [fix(make(path)) for path in paths])
        assert len(changes.skipped) == len(paths)
        assert reasons(changes)[:2] == ["large: the file could not be read in full", "link: there is no regular file"]
        assert not changes.files


# Which fixes go together.


def chosen(tree: Tree, *edits: Iterable[Edit]) -> tuple[Changes, list[int]]:
    """The changes, and which of the fixes were applied."""
    fixes = [Fix(str(number), tuple(each), safe=True) for number, each in enumerate(edits)]
    changes = plan_changes(tree, fixes)
    assert len(changes.applied) + len(changes.skipped) == len(fixes)
    return changes, [int(made.title) for made in changes.applied]


def at(start: int, end: int, text: str) -> Replace:
    """A replacement in the file "f" of the tests below, which has lines of four characters."""
    return Replace(Text("f", "abc\n" * 4).span(start, end), text)


@pytest.mark.parametrize(
    ("edits", "applied", "expected"),
    [
        pytest.param([[at(0, 1, "X")], [at(4, 5, "Y")]], [0, 1], "Xbc\nYbc\nabc\nabc\n", id="apart"),
        pytest.param([[at(4, 5, "Y")], [at(0, 1, "X")]], [0, 1], "Xbc\nYbc\nabc\nabc\n", id="apart, in any order"),
        pytest.param([[at(0, 2, "X")], [at(1, 3, "Y")]], [0], "Xc\nabc\nabc\nabc\n", id="overlap"),
        pytest.param([[at(1, 3, "Y")], [at(0, 2, "X")]], [0], "aY\nabc\nabc\nabc\n", id="overlap, the first wins"),
        pytest.param([[at(0, 3, "X")], [at(1, 2, "Y")]], [0], "X\nabc\nabc\nabc\n", id="inside"),
        pytest.param([[at(1, 2, "Y")], [at(0, 3, "X")]], [0], "aYc\nabc\nabc\nabc\n", id="around"),
        pytest.param([[at(0, 3, "X")], [at(0, 3, "X")]], [0, 1], "X\nabc\nabc\nabc\n", id="the same"),
        pytest.param([[at(0, 3, "X")], [at(0, 3, "Y")]], [0], "X\nabc\nabc\nabc\n", id="the same place"),
        pytest.param([[at(1, 1, "X")], [at(1, 1, "X")]], [0, 1], "aXbc\nabc\nabc\nabc\n", id="the same insertion"),
        pytest.param(
            [[at(4, 4, "X\n")], [at(4, 4, "Y\n")]], [0], "abc\nX\nabc\nabc\nabc\n", id="inserted at one place"
        ),
        pytest.param([[at(0, 3, "X")], [at(1, 1, "Y")]], [0], "X\nabc\nabc\nabc\n", id="inserted inside"),
        pytest.param([[at(0, 1, "X")], [at(1, 2, "Y")]], [0], "Xbc\nabc\nabc\nabc\n", id="touch within a line"),
        pytest.param([[at(1, 2, "Y")], [at(0, 1, "X")]], [0], "aYc\nabc\nabc\nabc\n", id="touch from before"),
        pytest.param([[at(0, 1, "X")], [at(1, 1, "Y")]], [0], "Xbc\nabc\nabc\nabc\n", id="inserted behind"),
        pytest.param([[at(0, 4, "")], [at(4, 8, "Y\n")]], [0, 1], "Y\nabc\nabc\n", id="touch at the start of a line"),
        pytest.param([[at(4, 8, "Y\n")], [at(4, 4, "X\n")]], [0, 1], "abc\nX\nY\nabc\nabc\n", id="a line before"),
        pytest.param([[at(4, 4, "X\n")], [at(4, 8, "Y\n")]], [0, 1], "abc\nX\nY\nabc\nabc\n", id="a line after"),
        pytest.param([[at(0, 1, "X"), at(1, 2, "Y")]], [0], "XYc\nabc\nabc\nabc\n", id="touch in one fix"),
        pytest.param([[at(0, 2, "X"), at(1, 2, "Y")]], [], None, id="overlap in one fix"),
        pytest.param([[at(1, 1, "X"), at(1, 1, "Y")]], [], None, id="inserted at one place in one fix"),
        pytest.param([[at(1, 1, "X"), at(1, 1, "X")]], [0], "aXbc\nabc\nabc\nabc\n", id="twice in one fix"),
        pytest.param(
            [[at(1, 2, "Y")], [at(4, 5, "Z"), at(1, 3, "X")], [at(4, 6, "W")]],
            [0, 2],
            "aYc\nWc\nabc\nabc\n",
            id="all or nothing",
        ),
        pytest.param(
            [[at(0, 4, ""), at(5, 6, "X")], [at(5, 6, "X"), at(8, 9, "Y")]],
            [0, 1],
            "aXc\nYbc\nabc\n",
            id="a part in common",
        ),
        pytest.param(
            [[at(0, 1, "X")], [at(0, 1, "X"), at(1, 2, "Y")]],
            [0, 1],
            "XYc\nabc\nabc\nabc\n",
            id="touch what is in common",
        ),
        pytest.param([[at(0, 1, "a")]], [], None, id="nothing changes"),
        pytest.param([[at(0, 1, "a"), at(1, 2, "X")]], [0], "aXc\nabc\nabc\nabc\n", id="a part changes nothing"),
        pytest.param([[]], [], None, id="no edits"),
    ],
)
def test_which_replacements_go_together(edits: list[list[Edit]], applied: list[int], expected: str | None) -> None:
    tree = Tree.of({"f": "abc\n" * 4})
    changes, made = chosen(tree, *edits)
    assert made == applied
    assert contents(changes) == ({} if expected is None else {"f": expected.encode()})


A = Replace(Span("f", 1, 1, 1, 2), "X")
B = Replace(Span("f", 2, 1, 2, 2), "Y")


@pytest.mark.parametrize(
    ("edits", "applied", "expected"),
    [
        pytest.param([[Rename("f", "g")]], [0], {"g": b"abc\nabc\n"}, id="rename"),
        pytest.param([[Rename("f", "g"), A]], [0], {"g": b"Xbc\nabc\n"}, id="rename and replace"),
        pytest.param([[A, Rename("f", "g")], [Rename("f", "g")]], [0, 1], {"g": b"Xbc\nabc\n"}, id="the same rename"),
        pytest.param([[Rename("f", "g")], [Rename("f", "g"), A]], [0, 1], {"g": b"Xbc\nabc\n"}, id="and replace later"),
        pytest.param([[A], [Rename("f", "g"), A]], [0, 1], {"g": b"Xbc\nabc\n"}, id="rename later"),
        pytest.param([[A], [Rename("f", "g"), B]], [0], {"f": b"Xbc\nabc\n"}, id="rename what another changes"),
        pytest.param([[Rename("f", "g")], [A]], [0], {"g": b"abc\nabc\n"}, id="change what another renames"),
        pytest.param([[Rename("f", "g")], [Rename("f", "h")]], [0], {"g": b"abc\nabc\n"}, id="two names"),
        pytest.param([[Rename("f", "g"), Rename("f", "h")]], [], {}, id="two names in one fix"),
        pytest.param([[Rename("f", "g")], [Rename("e", "g")]], [0], {"g": b"abc\nabc\n"}, id="one name for two"),
        pytest.param([[Rename("f", "g")], [Delete("f")]], [0], {"g": b"abc\nabc\n"}, id="rename, delete"),
        pytest.param([[Delete("f")], [Rename("f", "g")]], [0], {"f": None}, id="delete, rename"),
        pytest.param([[Delete("f")], [Delete("f")]], [0, 1], {"f": None}, id="delete twice"),
        pytest.param([[Delete("f")], [A]], [0], {"f": None}, id="change what another deletes"),
        pytest.param([[A], [Delete("f")]], [0], {"f": b"Xbc\nabc\n"}, id="delete what another changes"),
        pytest.param([[Delete("f"), A]], [], {}, id="change and delete"),
        pytest.param([[Create("g", "x\n")]], [0], {"g": b"x\n"}, id="create"),
        pytest.param([[Create("g/h/i", "x\n")]], [0], {"g/h/i": b"x\n"}, id="create in a folder"),
        pytest.param([[Create("g", "x")], [Create("g", "x")]], [0, 1], {"g": b"x"}, id="create twice"),
        pytest.param([[Create("g", "x")], [Create("g", "y")]], [0], {"g": b"x"}, id="create two"),
        pytest.param([[Create("g", "x"), Create("g", "y")]], [], {}, id="create two in one fix"),
        pytest.param([[Create("g", "x")], [Rename("f", "g")]], [0], {"g": b"x"}, id="create, rename"),
        pytest.param([[Create("g", "x")], [Create("g/h", "y")]], [0], {"g": b"x"}, id="create below"),
        pytest.param([[Create("g/h", "x")], [Create("g", "y")]], [0], {"g/h": b"x"}, id="create above"),
        pytest.param([[Create("g", "x"), Create("g/h", "y")]], [], {}, id="create below in one fix"),
        pytest.param([[Create("f", "x")]], [], {}, id="create what is there"),
        pytest.param([[Create("d", "x")]], [], {}, id="create what is a folder"),
        pytest.param([[Create("f/g", "x")]], [], {}, id="create below a file"),
        pytest.param([[Create("link/g", "x")]], [], {}, id="create below a link"),
        pytest.param([[Create("d/g", "x")]], [0], {"d/g": b"x"}, id="create in a folder that is there"),
        pytest.param([[Create("untracked", "x")]], [], {}, id="create what lies on the disk"),
        pytest.param([[Rename("f", "untracked")]], [], {}, id="rename to what lies on the disk"),
        pytest.param([[Rename("f", "f")]], [], {}, id="rename to itself"),
        pytest.param([[Rename("f", "d/e")]], [], {}, id="rename to what is there"),
        pytest.param([[Delete("f"), Create("f", "x")]], [], {}, id="delete and create"),
        pytest.param(
            [[Create("g", "x"), A], [B, Create("g", "y")]], [0], {"f": b"Xbc\nabc\n", "g": b"x"}, id="all or nothing"
        ),
        *(
            pytest.param([[Create(path, "x")], [Rename("f", path)]], [], {}, id=f"path {path!r}")
            for path in [
                "",
                "/x",
                "x/",
                "x//y",
                ".",
                "./x",
                "../x",
                "x/../y",
                ".git/hooks/x",
                "x/.GIT",
                "a\0",
                "a\\b",
                "c:x",
                "\ud800",
            ]
        ),
    ],
)
def test_which_files_are_made_moved_and_removed(
    edits: list[list[Edit]], applied: list[int], expected: dict[str, bytes | None]
) -> None:
    link = Entry("", Kind.LINK, target="d")
    tree = Tree.of({"f": "abc\nabc\n", "e": "e", "d/e": "d", "link": link}, untracked=["untracked"])
    changes, made = chosen(tree, *edits)
    assert made == applied
    assert contents(changes) == expected
    assert list(changes.files) == sorted(changes.files)
    after = changes.tree(tree)
    for path, data in expected.items():
        assert (after.read(path).data if after.is_file(path) else None) == data
        assert after.source.on_disk(path) is (data is not None)
    for change in changes.files.values():
        if change.renamed_from is not None:
            assert after.find(change.renamed_from) is None
            assert not after.source.on_disk(change.renamed_from)


class CaseBlind(Memory):
    """A disk that does not tell small letters from capitals."""

    def on_disk(self, path: str) -> bool:
        return path.lower() in {name.lower() for name in self.contents}


@pytest.mark.parametrize(
    ("tree", "edit", "is_made"),
    [
        (Tree.of({"procfile": "x"}), Rename("procfile", "Procfile"), True),
        (Tree.of({"procfile": "x"}), Create("Procfile", "x"), True),
        (Tree.of({"procfile": "x"}, untracked=["Procfile"]), Rename("procfile", "Procfile"), False),
        (Tree({"procfile": Entry("procfile")}, CaseBlind({"procfile": b"x"})), Rename("procfile", "Procfile"), True),
        (Tree({"procfile": Entry("procfile")}, CaseBlind({"procfile": b"x"})), Rename("procfile", "PROCFILE"), True),
        (Tree({"procfile": Entry("procfile")}, CaseBlind({"procfile": b"x"})), Create("Procfile", "x"), False),
        (Tree({"a": Entry("a")}, CaseBlind({"a": b"x", "b": b"y"})), Rename("a", "B"), False),
        # No third spelling by which to tell.
        (Tree({"a": Entry("a")}, CaseBlind({"a": b"x"})), Rename("a", "A"), False),
    ],
)
def test_names_that_differ_in_case(tree: Tree, edit: Edit, is_made: bool) -> None:
    assert bool(plan_changes(tree, [fix(edit)]).applied) is is_made


def test_rewrite() -> None:
    code = b"from flask import Flask\r\napp.run(host='127.0.0.1', port=5000)\r\n"
    tree = Tree.of({"app.py": code})
    host = Rewrite(replace(tree, "app.py", "'127.0.0.1'", "").span, "host-all-interfaces")
    port = Rewrite(replace(tree, "app.py", "5000", "").span, "port-from-environment")
    changes = plan_changes(tree, [fix(host), fix(port), fix(port)])
    assert len(changes.applied) == 3
    assert contents(changes) == {
        "app.py": b"import os\r\n\r\nfrom flask import Flask\r\n"
        b"app.run(host='0.0.0.0', port=int(os.environ.get(\"PORT\", 5000)))\r\n"
    }
    again = plan_changes(changes.tree(tree), [fix(host), fix(port)])
    assert not again.files
    wrong = Rewrite(host.span, "port-from-environment")
    unknown = Rewrite(host.span, "unknown")
    assert reasons(plan_changes(tree, [fix(wrong), fix(unknown)])) == [
        "app.py: the code there is not of the form that can be changed",
        "app.py: nothing known is called unknown",
    ]


def test_two_rewrites_share_one_import() -> None:
    tree = Tree.of({"app.py": "f(port=1)\ng(port=2)\n"})
    changes = plan_changes(
        tree, [fix(Rewrite(Span("app.py", line, 8, line, 9), "port-from-environment")) for line in (1, 2)]
    )
    after = changes.files["app.py"].after
    assert after is not None
    assert after.count(b"import os") == 1
    assert after.count(b"PORT") == 2


def test_the_changed_tree_keeps_the_rest() -> None:
    tree = Tree.of({"f": "a\n", "run": Entry("", executable=True), "large": b"x"}, untracked=["u"], before={"f": "old"})
    tree = Tree({**tree.entries, "f": Entry("f", executable=True)}, tree.source, "sub/")
    assert tree.read("f").data == b"a\n"
    changes = plan_changes(tree, [fix(Replace(Span("f", 1, 1, 1, 2), "b" * (READ_LIMIT + 1)))])
    after = changes.tree(tree)
    assert after.prefix == "sub/"
    assert after.find("f") == Entry("f", executable=True)
    assert after.find("run") == Entry("run", executable=True)
    assert after.source.read("f", 3).data == b"bbb"
    assert after.source.read("f", 3).trouble is not None
    assert after.source.read("f", READ_LIMIT + 2).trouble is None
    assert after.read("large").data == b"x"
    assert after.source.on_disk("u")
    assert after.source.comparable()
    before = after.source.before("f")
    assert before is not None
    assert before.data == b"old"
    assert tree.read("f").data == b"a\n"


# Writing.


def lay(root: Path, files: dict[str, bytes]) -> None:
    for path, data in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)


def found(root: Path) -> dict[str, bytes]:
    """All files below `root`, so that a temporary file that was left would show."""
    files = (path for path in root.rglob("*") if path.is_file())
    return {file.relative_to(root).as_posix(): file.read_bytes() for file in files}


def reader(root: Path) -> Callable[[str], bytes | None]:
    return lambda path: (root / path).read_bytes()


def write(root: Path, *changes: FileChange) -> list[str]:
    return write_changes(root, Changes({change.path: change for change in changes}), reader(root))


def test_all_kinds_of_changes_are_written(tmp_path: Path) -> None:
    lay(tmp_path, {"a": b"a", "b": b"b", "c": b"c", "d/e": b"e", "f": b"f"})
    (tmp_path / "a").chmod(0o751)
    (tmp_path / "b").chmod(0o640)
    assert not write(
        tmp_path,
        FileChange("a", b"a", b"A"),
        FileChange("n/m", b"b", b"B", renamed_from="b"),
        FileChange("d/c", b"c", b"c", renamed_from="c"),
        FileChange("d/e", b"e", None),
        FileChange("x/y/z", None, b"Z"),
        FileChange("nothing", None, None),
    )
    assert found(tmp_path) == {"a": b"A", "n/m": b"B", "d/c": b"c", "x/y/z": b"Z", "f": b"f"}
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o751
    assert stat.S_IMODE((tmp_path / "n/m").stat().st_mode) == 0o640


def test_the_renaming_of_an_unchanged_file_keeps_its_inode(tmp_path: Path) -> None:
    lay(tmp_path, {"procfile": b"a"})
    inode = (tmp_path / "procfile").stat().st_ino
    assert not write(tmp_path, FileChange("Procfile", b"a", b"a", renamed_from="procfile"))
    assert found(tmp_path) == {"Procfile": b"a"}
    assert (tmp_path / "Procfile").stat().st_ino == inode


@pytest.mark.parametrize(
    ("before", "disk", "after", "expected"),
    [
        (b"a\nb", b"a\nb", b"x\nb", b"x\nb"),
        (b"a\nb\n", b"a\r\nb\r\n", b"x\nb\n", b"x\r\nb\r\n"),
        (b"a\rb\n", b"a\rb\r\n", b"a\r\n", b"a\r\n"),
        (b"a\r\nb\n", b"a\r\nb\n", b"x\r\n", b"x\r\n"),
        (b"a\nb\n", b"a\r\nb\n", b"x\n", "f: on the disk some of its lines end with CRLF and some with LF"),
        (b"a\r\n", b"a\n", b"x\n", "f: on the disk it is not what was judged; run again"),
        (b"a\nb\n", b"a\nc\n", b"x\n", "f: on the disk it is not what was judged; run again"),
        (b"a", b"aaa", b"x", "f: on the disk it is not what was judged; run again"),
    ],
)
def test_what_lies_on_the_disk_is_compared(
    tmp_path: Path, before: bytes, disk: bytes, after: bytes, expected: bytes | str
) -> None:
    lay(tmp_path, {"f": disk, "other": b"o"})
    refused = write(tmp_path, FileChange("f", before, after), FileChange("other", b"o", b"O"))
    assert refused == ([expected] if isinstance(expected, str) else [])
    assert found(tmp_path) == {"f": disk if isinstance(expected, str) else expected, "other": b"O"}
    assert write(tmp_path, FileChange("other", b"x", None)) == [
        "other: on the disk it is not what was judged; run again"
    ]


def test_a_file_with_crlf_on_the_disk_is_removed(tmp_path: Path) -> None:
    lay(tmp_path, {"f": b"a\r\n"})
    assert not write(tmp_path, FileChange("f", b"a\n", None))
    assert not found(tmp_path)


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    lay(tmp_path, {"f": b"a"})
    changes = Changes({"f": FileChange("f", b"a", b"b")})
    assert write_changes(tmp_path, changes, lambda _: None) == ["f: it could not be read"]

    def fail(path: str) -> bytes:
        raise OSError(path)

    assert write_changes(tmp_path, changes, fail) == ["f: the system refused it"]
    assert found(tmp_path) == {"f": b"a"}


def test_nothing_is_written_through_a_link_or_out_of_the_root(tmp_path: Path) -> None:
    root = tmp_path / "root"
    lay(tmp_path, {"outside/f": b"a", "root/f": b"a", "root/d/f": b"a"})
    (root / "out").symlink_to(tmp_path / "outside")
    (root / "in").symlink_to("d")
    (root / "file").symlink_to("f")
    (root / "dangling").symlink_to("../outside/new")
    before = found(tmp_path)
    refused = write(
        root,
        FileChange("out/f", b"a", b"b"),
        FileChange("out/new", None, b"b"),
        FileChange("in/f", b"a", b"b"),
        FileChange("in/g", b"a", b"a", renamed_from="f"),
        FileChange("g", b"a", b"a", renamed_from="in/f"),
        FileChange("f/g", None, b"b"),
        FileChange("file", b"a", b"b"),
        FileChange("dangling", None, b"b"),
        FileChange("h", b"a", b"b", renamed_from="file"),
        FileChange("i", b"a", b"a", renamed_from="../outside/f"),
        FileChange("../outside/f", b"a", b"b"),
        FileChange("../outside/new", None, b"b"),
        FileChange(str(tmp_path / "outside" / "f"), b"a", None),
        FileChange("d", b"a", None),
        FileChange("missing", b"a", b"b"),
        FileChange("x\0y", None, b"b"),
    )
    assert len(refused) == 16
    assert refused[0] == "out/f: out is a link or no folder"
    assert refused[6:8] == ["file: it is no regular file", "dangling: there is something of that name already"]
    assert refused[-2] == "missing: No such file or directory"
    assert found(tmp_path) == before


def test_a_junction_is_taken_for_a_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay(tmp_path, {"d/f": b"a"})
    monkeypatch.setattr(writing, "_JUNCTION", 0)
    assert write(tmp_path, FileChange("d/f", b"a", b"b")) == ["d/f: d is a link or no folder"]


@pytest.mark.parametrize("change", [FileChange("g", None, b"x"), FileChange("g", b"f", b"f", renamed_from="f")])
def test_nothing_is_overwritten(tmp_path: Path, change: FileChange) -> None:
    lay(tmp_path, {"f": b"f", "g": b"g"})
    assert write(tmp_path, change) == ["g: there is something of that name already"]
    assert found(tmp_path) == {"f": b"f", "g": b"g"}
    (tmp_path / "g").unlink()
    os.link(tmp_path / "f", tmp_path / "g")
    assert write(tmp_path, change) == ["g: there is something of that name already"]
    assert found(tmp_path) == {"f": b"f", "g": b"f"}


@pytest.mark.parametrize("after", [b"f", b"F"])
def test_a_renaming_on_a_disk_that_does_not_know_case(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: bytes
) -> None:
    # Where the disk tells them apart, the answers of one that does not are given for it.
    lay(tmp_path, {"procfile": b"f"})
    monkeypatch.setattr(writing, "_is_same", lambda old, new: old.name.lower() == new.name.lower())
    assert not write(tmp_path, FileChange("Procfile", b"f", after, renamed_from="procfile"))
    assert found(tmp_path) == {"Procfile": after}


def test_whether_two_names_are_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay(tmp_path, {"a": b"", "b": b""})
    os.link(tmp_path / "a", tmp_path / "c")
    old = tmp_path / "a"
    assert [writing._is_same(old, tmp_path / name) for name in ("b", "c", "d")] == [False, False, False]
    monkeypatch.setattr(Path, "iterdir", lambda _: iter([old]))
    assert [writing._is_same(old, tmp_path / name) for name in ("b", "c", "d")] == [False, True, False]


class Stop(BaseException):
    """As an interrupt by the user, no Exception."""


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), Stop()])
@pytest.mark.parametrize("broken", ["os.fsync", "pathlib.Path.chmod", "pathlib.Path.replace"])
@pytest.mark.parametrize(
    "change",
    [
        FileChange("f", b"f", b"F"),
        FileChange("new/g", b"f", b"F", renamed_from="f"),
        FileChange("new/g", b"f", b"f", renamed_from="f"),
        FileChange("new/g/h", None, b"F"),
    ],
)
def test_nothing_is_left_half_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: FileChange, broken: str, error: BaseException
) -> None:
    lay(tmp_path, {"f": b"f"})
    calls = []

    def fail(*_: object) -> None:
        calls.append(broken)
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(broken, fail)
        try:
            refused = write(tmp_path, change)
        except Stop:
            refused = ["stopped"]
    if calls:
        assert refused == (["stopped"] if isinstance(error, Stop) else [f"{change.path}: No space left on device"])
        assert found(tmp_path) == {"f": b"f"}
        assert not (tmp_path / "new").exists()
    else:
        assert not refused
        assert found(tmp_path) != {"f": b"f"}


def test_a_renaming_whose_content_cannot_be_put_is_undone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay(tmp_path, {"f": b"f"})
    original = Path.replace

    def fail(self: Path, target: Path) -> Path:
        if self.name != "f":
            raise PermissionError(13, "Permission denied")
        return original(self, target)

    monkeypatch.setattr(Path, "replace", fail)
    assert write(tmp_path, FileChange("new/g", b"f", b"F", renamed_from="f")) == ["new/g: Permission denied"]
    monkeypatch.undo()
    assert found(tmp_path) == {"f": b"f"}
    assert not (tmp_path / "new").exists()


def test_a_folder_that_another_uses_by_then_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: int) -> None:
        lay(tmp_path, {"new/other": b"o"})
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("os.fsync", fail)
    assert write(tmp_path, FileChange("new/g", None, b"x")) == ["new/g: Input/output error"]
    assert found(tmp_path) == {"new/other": b"o"}


# Properties.

_texts = st.text(st.sampled_from("ab\r\n\x0c\u2028é\U0001f600\udcff\ufeff"), max_size=30)


_WIDE_MARKS = (codecs.BOM_UTF32_BE, codecs.BOM_UTF16_BE, codecs.BOM_UTF16_LE)


@st.composite
def replacements(draw: st.DrawFn) -> tuple[bytes, list[tuple[int, int, str]]]:
    """The bytes of a file, and places in it that do not overlap, with what stands there afterwards."""
    text = _texts.map(lambda text: text.encode("utf-8", "surrogateescape"))
    data = draw(st.one_of(text, st.binary(max_size=30)).filter(lambda data: not data.startswith(_WIDE_MARKS)))
    mark = draw(st.sampled_from([b"", codecs.BOM_UTF8]))
    data = mark + data
    size = len(Text.decode("f", data).value)
    cuts = sorted(draw(st.lists(st.integers(0, size), max_size=8, unique=True)))
    pairs = list(zip(cuts[::2], cuts[1::2], strict=False))
    return data, [(start, end, draw(st.text(st.sampled_from("xyz\u00e9"), max_size=3))) for start, end in pairs]


@given(replacements(), st.randoms(use_true_random=False))
def test_replacements_equal_those_made_from_the_end(
    case: tuple[bytes, list[tuple[int, int, str]]], random: Random
) -> None:
    data, places = case
    tree = Tree.of({"f": data})
    text = Text.decode("f", data)
    edits = [Replace(text.span(start, end), new) for start, end, new in places]
    expected = text.value
    for start, end, new in reversed(places):
        expected = expected[:start] + new + expected[end:]
    shuffled = list(edits)
    random.shuffle(shuffled)
    changes = plan_changes(tree, [fix(*shuffled)])
    made = changes.files["f"].after if changes.files else data
    assert made == expected.encode("utf-8", "surrogateescape")
    assert changes.tree(tree).read("f").data == made
    # Fixes of their own go together as well, unless they touch within a line.
    apart = plan_changes(tree, [fix(edit) for edit in shuffled])
    assert set(reasons(apart)) <= {
        "f: another fix changes the same place",
        "there is nothing left to change",
    }
    if all(one[1] < other[0] for one, other in pairwise(places)):
        assert (apart.files["f"].after if apart.files else data) == made


@given(
    st.lists(
        st.tuples(st.integers(0, 16), st.integers(0, 16), st.sampled_from(["", "X", "Y\n"])).map(
            lambda drawn: at(min(drawn[:2]), max(drawn[:2]), drawn[2])
        ),
        max_size=8,
    )
)
def test_what_is_applied_does_not_depend_on_what_is_skipped(edits: list[Edit]) -> None:
    tree = Tree.of({"f": "abc\n" * 4})
    changes = plan_changes(tree, [fix(edit) for edit in edits])
    assert len(changes.applied) + len(changes.skipped) == len(edits)
    assert plan_changes(tree, changes.applied).files == changes.files
    assert plan_changes(tree, changes.applied * 2).files == changes.files


# The diff.


def git(folder: Path, *arguments: str, text: str = "") -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment |= {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "LC_ALL": "C"}
    done = subprocess.run(
        ["git", *arguments],
        cwd=folder,
        env=environment,
        input=text.encode("utf-8", "surrogateescape"),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def applied_by_git(folder: Path, changes: Changes, prefix: str = "") -> dict[str, bytes]:
    """What git makes of the files before by the diff, in the empty `folder`."""
    git(folder, "init", "-q")
    for change in changes.files.values():
        if change.before is not None:
            old = prefix + (change.renamed_from or change.path)
            lay(folder, {old: change.before})
            (folder / old).chmod(0o755 if change.executable else 0o644)
    patch = unified(changes, prefix)
    git(folder, "apply", "--check", "-", text=patch)
    git(folder, "apply", "--whitespace=nowarn", "-", text=patch)
    return {path: data for path, data in found(folder).items() if not path.startswith(".git/")}


def test_the_form_of_the_diff() -> None:
    files = [
        FileChange("a b", b"1\n2\n3\n4\n5\n6\n7\n8\n9", b"1\n2\n3\n4\nX\n6\n7\n8\n9"),
        FileChange("Procfile", b"web: x\r\n", b"web: y\r\n", renamed_from="procfile"),
        FileChange("gone", b"x", None, executable=True),
        FileChange("new", None, b"x\n"),
        FileChange('q"\u202e', None, b""),
    ]
    changes = Changes({change.path: change for change in files})
    assert unified(changes, "sub/") == (
        "diff --git a/sub/procfile b/sub/Procfile\n"
        "rename from sub/procfile\n"
        "rename to sub/Procfile\n"
        "--- a/sub/procfile\n"
        "+++ b/sub/Procfile\n"
        "@@ -1 +1 @@\n"
        "-web: x\r\n"
        "+web: y\r\n"
        "diff --git a/sub/a b b/sub/a b\n"
        "--- a/sub/a b\t\n"
        "+++ b/sub/a b\t\n"
        "@@ -2,7 +2,7 @@\n"
        " 2\n 3\n 4\n-5\n+X\n 6\n 7\n 8\n"
        "diff --git a/sub/gone b/sub/gone\n"
        "deleted file mode 100755\n"
        "--- a/sub/gone\n"
        "+++ /dev/null\n"
        "@@ -1 +0,0 @@\n"
        "-x\n"
        "\\ No newline at end of file\n"
        "diff --git a/sub/new b/sub/new\n"
        "new file mode 100644\n"
        "--- /dev/null\n"
        "+++ b/sub/new\n"
        "@@ -0,0 +1 @@\n"
        "+x\n"
        'diff --git "a/sub/q\\"\\342\\200\\256" "b/sub/q\\"\\342\\200\\256"\n'
        "new file mode 100644\n"
    )
    assert unified(Changes({})) == ""


def test_changes_that_are_far_apart_have_hunks_of_their_own() -> None:
    before = [f"{number}\n" for number in range(40)]
    after = [*before[:5], *before[6:12], "new\n", *before[12:30], "X\n", *before[31:]]
    changes = Changes({"f": FileChange("f", "".join(before).encode(), "".join(after).encode())})
    hunks = [line for line in unified(changes).splitlines() if line.startswith("@@")]
    assert hunks == ["@@ -3,13 +3,13 @@", "@@ -28,7 +28,7 @@"]


def test_git_takes_the_diff(tmp_path: Path) -> None:
    lines = b"".join(b"%d\n" % number for number in range(1000))
    files = [
        FileChange("a b", b"1\n2", b"1\n2\n"),
        FileChange("c\\d", b"1\n", b"2\n"),
        FileChange('\u00e9\u202e\udcff\n"', b"1\n", b"2\n"),
        FileChange("cr", b"a\rb\r\nc\xff\n", b"a\rb\nc\xfe\r\n"),
        FileChange("empty", None, b""),
        FileChange("emptied", b"x\n", b""),
        FileChange("filled", b"", b"x"),
        FileChange("gone", b"x", None),
        FileChange("gone-empty", b"", None),
        FileChange("n/new", None, b"x\n\n"),
        FileChange("P/moved", b"x\n", b"x\n", renamed_from="m"),
        FileChange("P/a b", b"x\ny", b"x\nz", renamed_from="m m"),
        FileChange("run", b"x\n", b"y\n", executable=True),
        FileChange("utf16", "\ufeffa\r\nb\r\n".encode("utf-16-le"), "\ufeffa\r\nc\r\n".encode("utf-16-le")),
        FileChange("many", lines, lines.replace(b"7", b"X").replace(b"99\n", b"")),
        FileChange("all", lines, lines.replace(b"\n", b"\r\n")),
        FileChange("grown", b"x\n", lines),
    ]
    changes = Changes({change.path: change for change in files})
    for prefix in ("", "sub/a b/"):
        expected = {prefix + change.path: change.after for change in files if change.after is not None}
        folder = tmp_path / str(len(prefix))
        folder.mkdir()
        assert applied_by_git(folder, changes, prefix) == expected


_lines = st.lists(st.sampled_from([b"a\n", b"b\n", b"\n", b"c\r\n", b"\xff\n", b"\\\n"]), max_size=14).map(b"".join)


@settings(max_examples=15)
@given(
    st.lists(
        st.tuples(_lines, _lines, st.sampled_from([b"", b"x"]), st.sampled_from([b"", b"y"])), min_size=1, max_size=12
    )
)
def test_git_makes_of_it_what_was_meant(
    tmp_path_factory: pytest.TempPathFactory, cases: list[tuple[bytes, bytes, bytes, bytes]]
) -> None:
    files = [
        FileChange(f"f{number}", before + end, after + new_end)
        for number, (before, after, end, new_end) in enumerate(cases)
        if before + end != after + new_end
    ]
    if not files:
        return
    changes = Changes({change.path: change for change in files})
    made = applied_by_git(tmp_path_factory.mktemp("git"), changes)
    assert made == {change.path: change.after for change in files}


def test_a_file_that_is_gone_already_need_not_be_deleted(tmp_path: Path) -> None:
    """A second run, before git was told of the first one."""
    assert write(tmp_path, FileChange("runtime.txt", b"a", None)) == []


# One after the other.


class Swap(NamedTuple):
    """An edit that is worked out on the tree that it is made on."""

    path: str
    old: str
    new: str


def made(tree: Tree, edits: list[Edit | Swap]) -> list[Edit]:
    return [replace(tree, *edit) if isinstance(edit, Swap) else edit for edit in edits]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ([Rename("a", "b")], [Swap("b", "1", "2")], [FileChange("b", b"1\n", b"2\n", "a")]),
        ([Swap("a", "1", "2")], [Rename("a", "b")], [FileChange("b", b"1\n", b"2\n", "a")]),
        ([Rename("a", "b")], [Rename("b", "c")], [FileChange("c", b"1\n", b"1\n", "a")]),
        ([Rename("a", "b")], [Delete("b")], [FileChange("a", b"1\n", None)]),
        ([Swap("a", "1", "2")], [Swap("a", "2", "3")], [FileChange("a", b"1\n", b"3\n")]),
        ([Swap("a", "1", "2")], [Swap("a", "2", "1")], []),
        ([Swap("a", "1", "2")], [Delete("a")], [FileChange("a", b"1\n", None)]),
        ([Create("n", "1")], [Swap("n", "1", "2")], [FileChange("n", None, b"2")]),
        ([Create("n", "1")], [Rename("n", "m")], [FileChange("m", None, b"1")]),
        ([Create("n", "1")], [Delete("n")], []),
        ([Swap("a", "1", "2")], [Create("n", "1")], [FileChange("a", b"1\n", b"2\n"), FileChange("n", None, b"1")]),
        ([Delete("a")], [Create("a", "1")], None),
        ([Rename("a", "b")], [Create("a", "1")], None),
        ([Rename("a", "b")], [Rename("b", "a")], None),
    ],
)
def test_changes_one_after_the_other(
    first: list[Edit | Swap],
    second: list[Edit | Swap],
    expected: list[FileChange] | None,
) -> None:
    tree = Tree.of({"a": "1\n"})
    one = plan_changes(tree, [fix(*made(tree, first))])
    after = one.tree(tree)
    two = plan_changes(after, [fix(*made(after, second))])
    both = combined(one, two)
    assert (None if both is None else list(both.files.values())) == expected
    if both is not None:
        assert both.applied == (*one.applied, *two.applied)
        last, direct = two.tree(after), both.tree(tree)
        assert last.entries.keys() == direct.entries.keys()
        assert all(last.read(path) == direct.read(path) for path in last.entries)
