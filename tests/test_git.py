"""Trees from real repositories, some of them hostile."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from deploylint import directory, gitattributes
from deploylint.git import (
    GitError,
    Repository,
    find_repository,
    listing,
    objects,
    open_index,
    open_revision,
    open_staged,
    process,
    repository,
    sources,
    trees,
)
from deploylint.tree import READ_LIMIT, Content, Entry, Kind, Remark, Tree, Trouble

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

GIT = shutil.which("git")
pytestmark = pytest.mark.skipif(GIT is None, reason="needs git")

UNREADABLE = Content(trouble=Trouble.UNREADABLE)


@pytest.fixture(autouse=True)
def _clean_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)


class Repo:
    """A real repository in a temporary folder."""

    def __init__(self, root: Path, *init: str) -> None:
        self.root = root
        root.mkdir(parents=True, exist_ok=True)
        self.git("init", "-q", "-b", "main", *init)

    def git(self, *words: str, data: bytes = b"", fails: bool = False, **environment: str) -> str:
        settings = ("user.name=A", "user.email=a@example.org", "protocol.file.allow=always", "core.autocrlf=false")
        command = [str(GIT), *(word for setting in settings for word in ("-c", setting)), *words]
        environment = {**os.environ, **environment}
        done = subprocess.run(command, cwd=self.root, env=environment, input=data, capture_output=True, check=False)
        assert (done.returncode != 0) == fails, done.stderr.decode()
        return os.fsdecode(done.stdout).removesuffix("\n")

    def write(self, path: str, data: str | bytes) -> Path:
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data.encode() if isinstance(data, str) else data)
        return place

    def commit(self, **files: str | bytes) -> Repo:
        """Write files (`__` stands for a slash, `_` for a dot) and commit everything."""
        for name, data in files.items():
            self.write(name.replace("__", "/").replace("_", "."), data)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "x")
        return self

    @property
    def found(self) -> Repository:
        repository = find_repository(self.root)
        assert repository is not None
        return repository

    def index(self, below: str = "", since: str | None = "HEAD") -> Tree:
        tree = open_index(self.found, self.root / below, since)
        assert tree is not None
        return tree

    def staged(self, below: str = "", since: str | None = "HEAD") -> Tree:
        return open_staged(self.found, self.root / below, since)

    def revision(self, rev: str, below: str = "", since: str | None = "HEAD") -> Tree:
        return open_revision(self.found, self.root / below, rev, since)


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo(tmp_path / "repo")


def fake_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    folder = tmp_path / "bin"
    folder.mkdir(exist_ok=True)
    program = folder / "git"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


# --- finding the repository


def test_the_root_and_what_lies_below(repo: Repo, tmp_path: Path) -> None:
    repo.write("sub/app/x", "")
    expected = Repository(repo.root, repo.root / ".git", repo.root / ".git/index")
    for path in (repo.root, repo.root / "sub/app", repo.root / "sub/../sub"):
        assert find_repository(path) == expected
    (tmp_path / "link").symlink_to(repo.root / "sub")
    assert find_repository(tmp_path / "link") == expected


def test_where_there_is_no_work_tree(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.git("init", "-q", "--bare", str(tmp_path / "bare.git"))
    for path in (tmp_path, tmp_path / "none", tmp_path / "bare.git", repo.root / ".git", repo.write("file", "")):
        assert find_repository(path) is None
    monkeypatch.setenv("PATH", "")
    assert find_repository(repo.root) is None
    with pytest.raises(GitError, match="git is not installed"):
        open_index(Repository(repo.root, repo.root / ".git", repo.root / ".git/index"), repo.root)


def test_git_is_never_taken_from_the_repository(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.write("git", "#!/bin/sh\ntouch ran\n").chmod(0o755)
    (repo.root / "bin/git").mkdir(parents=True)
    monkeypatch.chdir(repo.root)
    monkeypatch.setenv("PATH", os.pathsep.join([".", "", str(repo.root / "bin")]))
    assert find_repository(repo.root) is None
    assert not (repo.root / "ran").exists()


@pytest.mark.parametrize("name", ["with space", "two\nlines", "two\n", "café", "quote'\""])
def test_odd_names_of_folders(tmp_path: Path, name: str) -> None:
    outer = Repo(tmp_path / name / "repo").commit(a="1")
    outer.write(f"{name}/app/f", "x")
    outer.commit()
    assert outer.found.root == tmp_path / name / "repo"
    assert outer.found.git_dir == tmp_path / name / "repo/.git"
    tree = outer.index(f"{name}/app")
    assert tree.prefix == f"{name}/app/"
    assert tree.read("f") == Content(b"x")
    assert tree.source.before("f") == Content(b"x")


def test_a_broken_repository_is_no_plain_directory(repo: Repo, tmp_path: Path) -> None:
    (repo.root / ".git/HEAD").unlink()
    with pytest.raises(GitError, match="not a git repository"):
        find_repository(repo.root)
    lost = tmp_path / "lost/sub"
    lost.mkdir(parents=True)
    (tmp_path / "lost/.git").write_text("gitdir: /nowhere/at/all\n")
    with pytest.raises(GitError, match="not a git repository: /nowhere/at/all"):
        find_repository(lost)


def test_a_broken_configuration(repo: Repo) -> None:
    (repo.root / ".git/config").write_text("[core\n")
    with pytest.raises(GitError, match=r"cannot read the repository around .*: bad config line 1"):
        find_repository(repo.root)


@pytest.mark.parametrize(
    ("words", "folder"),
    [
        ("fatal: detected dubious ownership in repository at '/srv/my app'\nTo add an exception", "'/srv/my app'"),
        ("fatal: unsafe repository ('/srv/app' is owned by someone else)\nTo add", "/srv/app"),
        ("fatal: detected dubious ownership", "HERE"),
    ],
)
def test_dubious_ownership_names_the_way_out(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str, folder: str
) -> None:
    (tmp_path / "words").write_text(words)
    fake_git(tmp_path, monkeypatch, f"cat '{tmp_path}/words' >&2; exit 128")
    with pytest.raises(GitError) as raised:
        find_repository(repo.root)
    expected = folder.replace("HERE", str(repo.root))
    assert str(raised.value).endswith(f"git config --global --add safe.directory {expected}")


@pytest.mark.skipif(not hasattr(os, "chown") or os.geteuid() != 0, reason="only root can give files away")
def test_a_repository_of_another_user(repo: Repo) -> None:
    for path in (repo.root, repo.root / ".git"):
        os.chown(path, 4242, 4242)
    with pytest.raises(GitError, match=f"safe.directory {repo.root}"):
        find_repository(repo.root)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("", "no reason given"),
        ("odd", "odd"),
        ("warning: a\nerror: b\nfatal: c", "b"),
        ("\n  fatal: x: y\n", "x: y"),
    ],
)
def test_gits_own_words(words: str, expected: str) -> None:
    assert repository.explain(words, "HERE") == f"git cannot read the repository around HERE: {expected}"


@pytest.mark.parametrize("output", ["true", "true\nwrong/\n/x/.git", "true\n\nrelative"])
def test_nonsense_from_git(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, output: str) -> None:
    (tmp_path / "words").write_text(output)
    fake_git(tmp_path, monkeypatch, f"exec cat '{tmp_path}/words'")
    with pytest.raises(GitError, match="did not tell"):
        find_repository(repo.root)


def test_a_work_tree_that_is_named_elsewhere(repo: Repo) -> None:
    repo.git("config", "core.worktree", "/")
    with pytest.raises(GitError, match=r"names / as its work tree"):
        find_repository(repo.root)
    repo.git("config", "core.worktree", "/usr")
    assert find_repository(repo.root) is None


def test_a_git_that_never_ends(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "pipe")
    fake_git(tmp_path, monkeypatch, f"exec cat '{tmp_path}/pipe'")
    monkeypatch.setattr(process, "TIMEOUT", 0.05)
    with pytest.raises(GitError, match=r"git rev-parse in .* did not end within 0\.05 seconds"):
        find_repository(repo.root)


def test_a_git_that_says_too_much(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.commit(**{f"f{number}": "x" for number in range(20)})
    found = repo.found
    monkeypatch.setattr(process, "OUTPUT_LIMIT", 500)
    with pytest.raises(GitError, match=r"git ls-files .* lists more files than"):
        open_index(found, repo.root)


def test_a_git_that_complains_without_end(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = f"'{sys.executable}' -c 'import sys; sys.stderr.write(\"fatal: full\\n\" * 50000); sys.exit(128)'"
    fake_git(tmp_path, monkeypatch, script)
    with pytest.raises(GitError, match=r"around .*: full$"):
        find_repository(repo.root)


def test_a_git_that_cannot_be_started(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_git(tmp_path, monkeypatch, "")
    (tmp_path / "bin/git").write_text("#!/nowhere/sh\n")
    with pytest.raises(GitError, match="git cannot be run in"):
        find_repository(repo.root)


# --- the index


def test_names_modes_and_contents(repo: Repo) -> None:
    repo.commit(Procfile="web: x\n", sub__a_py="old\n", run_sh="")
    (repo.root / "run.sh").chmod(0o755)
    (repo.root / "link").symlink_to("sub/a.py")
    repo.git("add", ".")
    (repo.root / "run.sh").chmod(0o644)
    repo.write("sub/a.py", "edited\n")
    repo.write("untracked.py", "")
    repo.write("sub/empty/.keep", "").unlink()
    tree = repo.index()
    assert dict(tree.entries) == {
        "Procfile": Entry("Procfile"),
        "link": Entry("link", Kind.LINK, target="sub/a.py"),
        "run.sh": Entry("run.sh", executable=True),
        "sub/a.py": Entry("sub/a.py"),
    }
    assert tree.prefix == ""
    assert tree.remarks == ()
    assert tree.read("link") == Content(b"edited\n")
    assert tree.source.before("sub/a.py") == Content(b"old\n")
    assert tree.on_disk_only("untracked.py")
    assert tree.on_disk_only("sub/empty")
    assert not tree.on_disk_only("none")
    staged = repo.staged()
    assert staged.entries == tree.entries
    assert staged.read("link") == Content(b"old\n")
    assert staged.on_disk_only("untracked.py")


def test_an_app_below_the_root(repo: Repo) -> None:
    repo.commit(top="1", sub__app__f="2", sub__app__deep__g="3", other__h="4")
    repo.write("sub/app/f", "changed")
    for tree in (repo.index("sub/app"), repo.staged("sub/app"), repo.revision("HEAD", "sub/app")):
        assert set(tree.entries) == {"f", "deep/g"}
        assert tree.prefix == "sub/app/"
        assert tree.source.before("f") == Content(b"2")
        assert tree.source.before("top") is None
        assert tree.read("deep/g") == Content(b"3")
    assert repo.index("sub/app").read("f") == Content(b"changed")
    assert repo.staged("sub/app").read("f") == Content(b"2")


def test_nothing_tracked(repo: Repo, tmp_path: Path) -> None:
    assert open_index(repo.found, repo.root) is None
    repo.commit(a="1").write("new/f", "x")
    assert open_index(repo.found, repo.root / "new") is None
    assert dict(repo.staged("new").entries) == {}
    assert dict(repo.revision("HEAD", "new").entries) == {}
    with pytest.raises(GitError, match="does not lie in the work tree"):
        open_index(repo.found, tmp_path)


def test_names_that_need_care(repo: Repo) -> None:
    names = [
        "two\nlines",
        'quo"te',
        "tab\t",
        "back\\slash",
        "caf\udce9",
        "été",
        " blank ",
        "-dash",
        "cr\r",
        "cr",
        ":colon",
    ]
    for name in names:
        repo.write(name, f"of {names.index(name)}")
    repo.commit()
    for tree in (repo.index(), repo.staged(), repo.revision("HEAD")):
        assert set(tree.entries) == set(names)
        for name in names:
            expected = Content(f"of {names.index(name)}".encode())
            assert tree.read(name) == expected
            assert tree.source.before(name) == expected, name
            assert tree.source.on_disk(name)


def test_upper_and_lower_case_are_the_index_s(repo: Repo) -> None:
    repo.commit(procfile="web: x\n")
    tree = repo.index()
    assert tree.is_file("procfile")
    assert not tree.exists("Procfile")


def test_conflicts_are_unknown(repo: Repo) -> None:
    repo.commit(a="1\n", b="1\n", c="same\n")
    repo.git("checkout", "-q", "-b", "side")
    repo.commit(a="2\n", b="2\n")
    repo.git("checkout", "-q", "main")
    repo.commit(a="3\n", b="3\n")
    repo.git("merge", "side", fails=True)
    for tree in (repo.index(), repo.staged()):
        assert tree.entries["a"].kind is tree.entries["b"].kind is Kind.UNKNOWN
        assert tree.remarks == (Remark("conflict", "a"), Remark("conflict", "b"))
        assert tree.is_unknown("a")
        assert tree.is_file("c")
        assert tree.read("a") == UNREADABLE


def test_submodules_are_unknown_below(repo: Repo, tmp_path: Path) -> None:
    inner = Repo(tmp_path / "inner").commit(f="x")
    repo.git("submodule", "--quiet", "add", str(inner.root), "mod")
    repo.commit(a="1")
    for tree in (repo.index(), repo.staged(), repo.revision("HEAD")):
        assert tree.entries["mod"].kind is Kind.SUBMODULE
        assert tree.remarks == (Remark("submodule", "mod"),)
        assert tree.is_unknown("mod/f")
        assert tree.source.before("mod") is None
    # As an app root it is a repository of its own, unless it has not been checked out.
    checked_out = find_repository(repo.root / "mod")
    assert checked_out == Repository(*(repo.root / p for p in ("mod", ".git/modules/mod", ".git/modules/mod/index")))
    below = open_index(checked_out, repo.root / "mod")
    assert below is not None
    assert below.read("f") == Content(b"x")
    repo.git("submodule", "--quiet", "deinit", "-f", "mod")
    with pytest.raises(GitError, match="is a submodule that has not been checked out"):
        repo.index("mod")


def test_a_repository_within_is_not_taken_for_the_outer_one(repo: Repo) -> None:
    repo.commit(sub__f="outer")
    Repo(repo.root / "sub")
    tree = repo.index("sub")
    assert tree.prefix == "sub/"
    assert tree.read("f") == Content(b"outer")


def test_deleted_files_are_read_from_the_blob(repo: Repo, tmp_path: Path) -> None:
    repo.commit(gone="1", kept="2", swapped="3", folder__f="4", away__f="5", within__f="6")
    (repo.root / "l").symlink_to("kept")
    repo.commit()
    for name in ("gone", "swapped", "l"):
        (repo.root / name).unlink()
    (repo.root / "swapped").symlink_to("kept")
    for name in ("folder", "away", "within"):
        shutil.rmtree(repo.root / name)
    repo.write("folder", "now a file")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/f").write_text("not ours")
    repo.write("other/f", "not tracked")
    (repo.root / "away").symlink_to(tmp_path / "outside")
    (repo.root / "within").symlink_to("other")
    tree = repo.index()
    gone = ("away/f", "folder/f", "gone", "l", "swapped", "within/f")
    assert tree.remarks == tuple(Remark("deleted", path) for path in gone)
    contents = {path: tree.read(path).data for path in tree.entries}
    expected = {"away/f": b"5", "folder/f": b"4", "gone": b"1", "kept": b"2", "swapped": b"3", "within/f": b"6"}
    assert contents == {**expected, "l": b"2"}
    assert repo.staged().remarks == ()


def test_a_file_that_vanishes_after_the_look_is_read_from_the_blob(repo: Repo) -> None:
    tree = repo.commit(a="1").index()
    (repo.root / "a").unlink()
    assert tree.read("a") == Content(b"1", substitute=True)


def test_a_file_that_may_not_be_read_is_read_from_the_blob_and_remarked(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.commit(a="1", b="2", gone="3")
    repo.write("b", "3")
    (repo.root / "gone").unlink()
    read = directory.Disk.read
    monkeypatch.setattr(
        directory.Disk, "read", lambda self, path, limit: None if path == "b" else read(self, path, limit)
    )
    tree = repo.index()
    assert [tree.read(path).data for path in ("a", "b", "gone")] == [b"1", b"2", b"3"]
    assert list(tree.seen()) == [Remark("unreadable", "b")]
    assert list(repo.staged().seen()) == []


def test_a_name_that_the_listing_spells_otherwise_is_no_deletion(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.commit(Procfile="web: x\n")
    found = repo.found
    monkeypatch.setattr(directory.Disk, "files", lambda _self, _folder: frozenset({"PROCFILE"}))
    tree = open_index(found, repo.root)
    assert tree is not None
    assert tree.remarks == ()


def test_what_git_does_not_look_at_is_read_from_the_blob(repo: Repo) -> None:
    repo.commit(skipped="1", assumed="1", gone="1", plain="1")
    (repo.root / "link").symlink_to("plain")
    repo.commit()
    repo.git("update-index", "--skip-worktree", "skipped", "gone", "link")
    repo.git("update-index", "--assume-unchanged", "assumed")
    for name in ("skipped", "assumed", "plain"):
        repo.write(name, "2")
    (repo.root / "gone").unlink()
    (repo.root / "link").unlink()
    (repo.root / "link").symlink_to("skipped")
    tree = repo.index()
    assert tree.remarks == ()
    contents = [tree.read(name).data for name in ("skipped", "assumed", "gone", "plain")]
    assert contents == [b"1", b"1", b"1", b"2"]
    assert tree.entries["link"].target == "plain"


@pytest.mark.parametrize("app", ["in", "out"])
def test_a_sparse_index(repo: Repo, app: str) -> None:
    repo.commit(top="1", in__f="2", out__deep__f="3")
    repo.git("sparse-checkout", "init", "--cone", "--sparse-index")
    repo.git("sparse-checkout", "set", "in")
    assert not (repo.root / "out").exists()
    tree = repo.index()
    assert set(tree.entries) == {"top", "in/f", "out/deep/f"}
    assert tree.read("out/deep/f") == Content(b"3")
    assert tree.remarks == ()
    (repo.root / app).mkdir(exist_ok=True)
    assert len(repo.index(app).entries) == 1


@pytest.mark.parametrize("version", ["2", "4"])
@pytest.mark.parametrize("hash_name", ["sha1", "sha256"])
def test_intent_to_add_is_not_in_the_commit(tmp_path: Path, hash_name: str, version: str) -> None:
    repo = Repo(tmp_path / "repo", f"--object-format={hash_name}")
    repo.git("update-index", f"--index-version={version}")
    repo.commit(a="1", sub__empty_py="", edited="")
    repo.write("edited", "no longer empty")
    repo.write("sub/meant.py", "x")
    repo.write("sub/meant-empty.py", "")
    (repo.root / "meant-link").symlink_to("a")
    repo.git("add", "-N", ".")
    for tree in (repo.index(), repo.staged()):
        assert set(tree.entries) == {"a", "edited", "sub/empty.py"}
        assert tree.on_disk_only("sub/meant.py")
    assert set(repo.index("sub").entries) == {"empty.py"}
    assert repo.index().read("edited") == Content(b"no longer empty")
    repo.write("fresh/only.py", "x")
    repo.git("add", "-N", "fresh")
    assert open_index(repo.found, repo.root / "fresh") is None


def test_intent_to_add_with_a_git_that_cannot_tell(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.commit(a="1", empty="")
    repo.write("meant", "x")
    repo.git("add", "-N", "meant")
    fake_git(tmp_path, monkeypatch, f'case "$*" in *--ita-invisible*) exit 129;; esac; exec "{GIT}" "$@"')
    assert set(repo.index().entries) == {"a", "empty"}


def test_a_split_index_can_hold_intents(repo: Repo) -> None:
    repo.commit(a="1", empty="")
    repo.write("meant", "x")
    repo.git("add", "-N", "meant")
    repo.git("update-index", "--split-index")
    assert set(repo.index().entries) == {"a", "empty"}


def test_the_usual_run_is_two_processes(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.commit(a="1\r\n", empty_py="")
    started: list[str] = []
    real = process.start

    def start(program: str, folder: str, environment: dict[str, str], words: tuple[str, ...], *, talk: bool) -> object:
        started.append(words[0])
        return real(program, folder, environment, words, talk=talk)

    monkeypatch.setattr(process, "start", start)
    monkeypatch.setattr(repository, "start", start)
    tree = repo.index()
    for path in ("a", "empty.py"):
        tree.read(path)
    assert started == ["rev-parse", "ls-files"]
    for path in ("a", "empty.py"):
        tree.source.before(path)
    assert started == ["rev-parse", "ls-files", "cat-file"]


def test_a_broken_index(repo: Repo) -> None:
    repo.commit(a="1")
    (repo.root / ".git/index").write_bytes(b"garbage")
    for take in (open_index, open_staged):
        with pytest.raises(GitError, match=r"git cannot read the repository around .*: .*index file smaller"):
            take(repo.found, repo.root)
    assert repo.revision("HEAD").read("a") == Content(b"1")


def test_an_index_made_by_hand_leads_nowhere(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.commit(a="1")
    (tmp_path / "secret").write_text("outside")
    found = repo.found
    blob = repo.git("rev-parse", "HEAD:a")
    names = ["../secret", "/etc/passwd", "a/../../secret", ".git/config", "a//b", "."]
    lines = [f"H 100644 {blob} 0\t{name}" for name in names]
    lines += [f"H 100777 {blob} 0\todd-mode", f"H 100644 {blob} 0\ta", "nonsense", f"H 100644 {blob}\tshort"]
    (tmp_path / "lines").write_bytes("\0".join(lines).encode())
    fake_git(tmp_path, monkeypatch, f'case "$*" in *ls-files*) exec cat "{tmp_path}/lines";; esac; exec "{GIT}" "$@"')
    tree = open_index(found, repo.root)
    assert tree is not None
    assert {path: entry.kind for path, entry in tree.entries.items()} == {"odd-mode": Kind.UNKNOWN, "a": Kind.FILE}


# --- hooks


HOOK = """
import sys
from pathlib import Path
from deploylint.git import find_repository, open_index, open_staged
repository = find_repository(Path("."))
trees = [take(repository, Path(".")) for take in (open_index, open_staged)]
text = "".join(f"{path}={tree.read(path).data}\\n" for tree in trees for path in tree.entries)
Path(sys.argv[1]).write_text(f"{repository.index.name}\\n{text}")
"""


def test_a_hook_sees_the_index_of_a_partial_commit(repo: Repo, tmp_path: Path) -> None:
    repo.commit(a="1", b="1")
    repo.write("b", "2")
    repo.git("add", "b")
    repo.write("a", "2")
    (tmp_path / "hook.py").write_text(HOOK)
    command = f"exec '{sys.executable}' '{tmp_path}/hook.py' '{tmp_path}/seen'"
    repo.write(".git/hooks/pre-commit", f"#!/bin/sh\n{command}\n").chmod(0o755)
    repo.git("commit", "-q", "-m", "x", "--", "a")
    index, *seen = (tmp_path / "seen").read_text().splitlines()
    assert index.startswith("next-index-")
    assert seen == ["a=b'2'", "b=b'2'", "a=b'2'", "b=b'1'"]


@pytest.mark.parametrize("form", ["relative", "absolute", "in the work tree"])
def test_git_index_file_is_heeded(repo: Repo, monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    repo.commit(a="1", b="1", sub__c="1")
    repo.write("a", "2")
    repo.git("add", "a")
    place = "other.index" if form == "in the work tree" else ".git/next-index-1.lock"
    repo.git("read-tree", "HEAD", GIT_INDEX_FILE=str(repo.root / place))
    repo.write("new", "x")
    repo.git("add", "new", GIT_INDEX_FILE=str(repo.root / place))
    monkeypatch.setenv("GIT_INDEX_FILE", place if form == "relative" else str(repo.root / place))
    monkeypatch.setenv("GIT_DIR", ".git")
    assert repo.found.index == repo.root / place
    assert repo.staged().read("a") == Content(b"1")
    assert repo.index("sub").read("c") == Content(b"1")
    assert set(repo.index().entries) == {"a", "b", "new", "sub/c"}


def test_the_index_of_another_repository_is_not(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = Repo(tmp_path / "other").commit(foreign="1")
    repo.commit(a="1")
    repo.write(".git/modules/m/index", (other.root / ".git/index").read_bytes())
    repo.write("sub/.git/index", (other.root / ".git/index").read_bytes())
    own = repo.root / ".git/index"
    names = [
        str(other.root / ".git/index"),
        ".git/modules/m/index",
        "sub/.git/index",
        "../other/.git/index",
        "none",
        ".git",
    ]
    for name in names:
        monkeypatch.setenv("GIT_INDEX_FILE", name)
        assert repo.found.index == own, name
        assert set(repo.index().entries) == {"a"}
    (repo.root / ".git/link").symlink_to(other.root / ".git/index")
    monkeypatch.setenv("GIT_INDEX_FILE", ".git/link")
    assert repo.found.index == own


def test_what_a_hook_sets_does_not_mislead(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = Repo(tmp_path / "other").commit(foreign="1")
    repo.commit(a="1")
    traced = tmp_path / "trace"
    for name, value in {
        "GIT_DIR": str(other.root / ".git"),
        "GIT_WORK_TREE": str(other.root),
        "GIT_PREFIX": "x/",
        "GIT_OBJECT_DIRECTORY": str(other.root / ".git/objects"),
        "GIT_COMMON_DIR": str(other.root / ".git"),
        "GIT_NAMESPACE": "x",
        "GIT_TRACE": str(traced),
        "GIT_EXEC_PATH": str(tmp_path),
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "core.bare",
        "GIT_CONFIG_VALUE_0": "true",
        "GIT_CEILING_DIRECTORIES": str(tmp_path),
        "GIT_ICASE_PATHSPECS": "1",
    }.items():
        monkeypatch.setenv(name, value)
    repository = find_repository(repo.root)
    assert repository is not None
    tree = open_index(repository, repo.root)
    assert tree is not None
    assert set(tree.entries) == {"a"}
    assert tree.source.before("a") == Content(b"1")
    assert not traced.exists()


def test_a_linked_work_tree_in_its_own_hook(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.commit(a="1")
    linked = tmp_path / "linked"
    repo.git("worktree", "add", "-q", "-b", "side", str(linked))
    (linked / "a").write_text("2")
    (linked / "b").write_text("3\r\n")
    (linked / "c.bin").write_text("smudged")
    (repo.root / ".git/info/attributes").write_text("*.bin filter=x\nb text\n")
    repo.git("-C", str(linked), "add", "a", "b")
    blob = repo.git("hash-object", "-w", "--stdin", data=b"pointer")
    repo.git("-C", str(linked), "update-index", "--add", "--cacheinfo", f"100644,{blob},c.bin")
    private = repo.root / ".git/worktrees/linked"
    monkeypatch.setenv("GIT_DIR", str(private))
    monkeypatch.setenv("GIT_INDEX_FILE", str(private / "index"))
    found = find_repository(linked)
    assert found == Repository(linked, private, private / "index")
    tree = open_index(found, linked)
    assert tree is not None
    assert [tree.read(path).data for path in ("a", "b", "c.bin")] == [b"2", b"3\n", b"pointer"]
    assert tree.source.before("a") == Content(b"1")
    # The main work tree has its own index, whatever the hook of the linked one says.
    assert repo.found.index == repo.root / ".git/index"


# --- revisions


def test_a_commit_a_tag_and_a_branch(repo: Repo) -> None:
    repo.commit(a="1", sub__f="1")
    (repo.root / "link").symlink_to("a")
    (repo.root / "sub/run").write_text("")
    (repo.root / "sub/run").chmod(0o755)
    repo.commit()
    repo.git("tag", "-a", "-m", "x", "v1")
    repo.git("tag", "light")
    repo.commit(a="2", new="2")
    repo.write("a", "3")
    for rev in ("v1", "light", "HEAD~1", "HEAD^", repo.git("rev-parse", "v1^{commit}"), "refs/tags/v1", "v1^0"):
        tree = repo.revision(rev)
        assert dict(tree.entries) == {
            "a": Entry("a"),
            "link": Entry("link", Kind.LINK, target="a"),
            "sub/f": Entry("sub/f"),
            "sub/run": Entry("sub/run", executable=True),
        }
        assert tree.read("link") == Content(b"1")
        assert tree.source.before("a") == Content(b"2")
    assert repo.revision("v1", since="v1").source.before("a") == Content(b"1")
    assert set(repo.revision("v1", "sub").entries) == {"f", "run"}


@pytest.mark.parametrize(
    "rev",
    [
        "none",
        "",
        "--all",
        "-h",
        "HEAD..HEAD",
        "^HEAD",
        "HEAD HEAD",
        "HEAD:a",
        "a\0b",
        "0" * 40,
        "HEAD:",
        "a\nb",
        "\ud800",
    ],
)
def test_a_revision_that_names_no_commit(repo: Repo, rev: str) -> None:
    repo.commit(a="1")
    with pytest.raises(GitError):
        repo.revision(rev)
    for take in (repo.index, repo.staged):
        with pytest.raises(GitError):
            take(since=rev)


def test_a_branch_that_looks_like_an_option(repo: Repo) -> None:
    repo.commit(a="1")
    repo.git("update-ref", "refs/heads/--output=pwned", "HEAD")
    assert repo.revision("--output=pwned").read("a") == Content(b"1")
    assert repo.index(since="--output=pwned").source.before("a") == Content(b"1")


def test_before(repo: Repo) -> None:
    repo.commit(a="1", gone="1", sub__f="1")
    (repo.root / "two\nlines").mkdir()
    repo.write("two\nlines/f", "2")
    repo.commit()
    repo.git("rm", "-q", "gone")
    repo.write("a", "2")
    repo.write("new", "x")
    repo.git("add", ".")
    source = repo.index().source
    assert source.comparable()
    assert source.comparable()
    assert source.before("gone") == Content(b"1")
    assert source.before("a") == Content(b"1")
    for path in ("new", "sub", "two\nlines", "../repo/a", "/a", "", "\ud800", "x\ud800\n", "a\0b", "a/b"):
        assert source.before(path) is None, path
    nothing = repo.index(since=None).source
    assert not nothing.comparable()
    assert nothing.before("a") is None


def test_an_unborn_head_is_not_comparable(repo: Repo) -> None:
    repo.write("a", "1")
    repo.git("add", "a")
    for tree in (repo.index(), repo.staged()):
        assert tree.read("a") == Content(b"1")
        assert not tree.source.comparable()
        assert tree.source.before("a") is None


def test_objects_that_are_not_there(repo: Repo) -> None:
    repo.commit(a="1", b="2")
    (repo.root / "link").symlink_to("a")
    repo.commit()
    for name in ("a", "link"):
        blob = repo.git("rev-parse", f"HEAD:{name}")
        (repo.root / ".git/objects" / blob[:2] / blob[2:]).unlink()
    for tree in (repo.staged(), repo.revision("HEAD")):
        assert tree.read("a") == UNREADABLE
        assert tree.source.before("a") == UNREADABLE
        assert tree.entries["link"].kind is Kind.UNKNOWN
        assert tree.read("b") == Content(b"2")


def test_objects_that_are_broken(repo: Repo) -> None:
    repo.commit(a="1" * 1000, b="2")
    blob = repo.git("rev-parse", "HEAD:a")
    place = repo.root / ".git/objects" / blob[:2] / blob[2:]
    data = place.read_bytes()
    place.chmod(0o644)
    for broken in (b"", data[:-12], b"garbage"):
        place.write_bytes(broken)
        tree = repo.staged()
        assert tree.read("a").trouble is Trouble.UNREADABLE
        assert tree.read("b") == Content(b"2")
        assert tree.source.before("a") == UNREADABLE


def test_a_git_that_dies_in_between(repo: Repo) -> None:
    tree = repo.commit(a="1", b="2").staged()
    assert tree.read("a") == Content(b"1")
    process = tree.source.past.blobs._process  # type: ignore[attr-defined]
    process.kill()
    process.wait()
    assert tree.read("b") == UNREADABLE
    assert tree.source.before("b") == Content(b"2")


def test_an_app_that_vanishes_in_between(repo: Repo) -> None:
    repo.commit(sub__a="1")
    tree = repo.index("sub")
    assert tree.source.before("b") is None
    shutil.rmtree(repo.root / "sub")
    assert tree.source.before("b") == UNREADABLE
    assert tree.read("a") == Content(b"1", substitute=True)
    tree = repo.staged()
    shutil.rmtree(repo.root)
    assert tree.read("sub/a") == UNREADABLE
    assert not tree.source.comparable()


def test_an_index_that_cannot_be_looked_at_may_hold_intents(repo: Repo) -> None:
    assert listing._may_hold_intent(repo.found)
    assert not listing._may_hold_intent(repo.commit(a="1").found)


def test_a_pipe_among_the_objects(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.commit(a="1", b="2")
    blob = repo.git("rev-parse", "HEAD:a")
    place = repo.root / ".git/objects" / blob[:2] / blob[2:]
    place.unlink()
    os.mkfifo(place)
    tree = repo.staged()
    monkeypatch.setattr(process, "TIMEOUT", 0.05)
    assert tree.read("a") == UNREADABLE
    monkeypatch.undo()
    assert tree.read("b") == Content(b"2")


def test_blobs_are_read_up_to_the_limit(repo: Repo) -> None:
    repo.commit(a="x" * 100_000, b="2")
    (repo.root / "a").unlink()
    tree = repo.index()
    assert tree.read("a", 10) == Content(b"x" * 10, Trouble.TOO_LARGE)
    assert tree.read("b") == Content(b"2")
    assert tree.read("a", 100_000) == Content(b"x" * 100_000)


def test_a_link_target_that_no_system_makes(repo: Repo) -> None:
    blob = repo.git("hash-object", "-w", "--stdin", data=b"x" * 5000)
    repo.git("update-index", "--add", "--cacheinfo", f"120000,{blob},link")
    for tree in (repo.staged(), repo.index()):
        assert tree.entries["link"] == Entry("link", Kind.LINK)
        assert not tree.exists("link")


def test_links_where_the_system_has_none(repo: Repo) -> None:
    repo.commit(a="1")
    (repo.root / "link").symlink_to("a")
    repo.commit()
    (repo.root / "link").unlink()
    repo.write("link", "a")
    assert repo.index().entries["link"] == Entry("link", Kind.LINK, target="a")
    assert repo.index().remarks == ()


def test_processes_end_with_their_tree(repo: Repo) -> None:
    tree = repo.commit(a="1").staged()
    tree.read("a")
    blobs = tree.source.past.blobs  # type: ignore[attr-defined]
    process = blobs._process
    assert process.poll() is None
    del tree, blobs
    assert process.poll() is not None


# --- working files as git would store them


def stored(repo: Repo, attributes: str, blob: bytes, working: bytes, path: str = "f.txt") -> bytes:
    """What the tree says of `path`, when the index has `blob` and the disk has `working`."""
    if attributes:
        repo.write(".gitattributes", attributes)
    oid = repo.git("hash-object", "-w", "--stdin", data=blob)
    repo.git("update-index", "--add", "--cacheinfo", f"100644,{oid},{path}")
    repo.write(path, working)
    content = repo.index().read(path)
    assert content.trouble is None
    return content.data


@pytest.mark.parametrize(
    ("attributes", "blob", "working", "expected"),
    [
        # nothing is said
        ("", b"a\nb\n", b"a\nc\n", "working"),
        ("", b"a\nb\n", b"a\r\nb\r\n", "blob"),
        ("", b"a\r\nb\r\n", b"a\r\nb\r\n", "working"),
        ("", b"a\nb\n", b"a\r\nc\r\n", b"a\nc\n"),
        ("", b"a\nb\n", b"a\r\nc\n", "working"),
        ("", b"a\r\nb\n", b"a\r\nc\r\n", "working"),
        ("", b"a", b"b\r\n", "working"),
        ("", b"", b"b\r\n", "working"),
        ("", b"a\r\nb\r\n", b"a\nb\n", "working"),
        # text
        ("*.txt text", b"a\n", b"b\r\nc\n", b"b\nc\n"),
        ("*.txt eol=crlf", b"a\n", b"b\r\nc\n", b"b\nc\n"),
        ("*.txt eol=lf", b"a\n", b"b\r\nc\n", b"b\nc\n"),
        ("*.txt crlf", b"a\n", b"b\r\nc\n", b"b\nc\n"),
        ("*.txt crlf=input", b"a\n", b"b\r\nc\n", b"b\nc\n"),
        ("*.txt text=odd", b"a\n", b"b\r\nc\n", "working"),
        ("* text=auto", b"a\n", b"b\r\nc\n", b"b\nc\n"),
        ("* text=auto", b"a\r\n", b"b\r\nc\n", "working"),
        ("* text=auto", b"a\n", b"b\r\n\0", "working"),
        ("* text=auto", b"a\n", b"b\r\nc\rd", "working"),
        # not text
        ("*.txt -text", b"a\n", b"b\r\n", "working"),
        ("*.txt binary", b"a\n", b"b\r\n", "working"),
        ("*.txt -crlf eol=lf", b"a\n", b"b\r\n", "working"),
        ("*.txt -text", b"a\nb\n", b"a\r\nb\r\n", "blob"),
        # filters
        ("*.txt filter=lfs", b"version https://example.org\n", b"the real thing", "blob"),
        ("*.txt filter=lfs", b"same", b"same", "working"),
        ("*.txt filter", b"a", b"b", "working"),
        ("*.txt -filter", b"a", b"b", "working"),
        ("*.bin filter=lfs", b"a", b"b", "working"),
        ("*.txt ident", b"# $Id$\n", b"# $Id: 0123 $\n", "blob"),
        ("[attr]lfs filter=lfs\n*.txt lfs", b"a", b"b", "blob"),
        # encodings
        ("*.txt working-tree-encoding=UTF-16", "é\n".encode(), "é\n".encode("utf-16"), "blob"),
        ("*.txt working-tree-encoding=UTF-16LE", "é\n".encode(), "ü\n".encode("utf-16-le"), "ü\n".encode()),
        ("*.txt working-tree-encoding=UTF-16LE-BOM", b"a", "\ufeffü\n".encode("utf-16-le"), "ü\n".encode()),
        ("*.txt working-tree-encoding=UTF-16 text", b"a", "ü\r\n".encode("utf-16"), "ü\n".encode()),
        ("*.txt working-tree-encoding=ISO-8859-1", b"a", b"\xfc", "ü".encode()),
        ("*.txt working-tree-encoding=UTF-16LE", b"a", b"\0\xd8", "blob"),
        ("*.txt working-tree-encoding=utf-none", b"a", b"b", "blob"),
        ("*.txt working-tree-encoding=idna", b"a", b"b", "blob"),
        ("*.txt working-tree-encoding=utf_16\xff", b"a", b"b", "blob"),
        ("*.txt working-tree-encoding", b"a", b"b", "working"),
    ],
)
def test_working_files(repo: Repo, attributes: str, blob: bytes, working: bytes, expected: str | bytes) -> None:
    wanted = {"blob": blob, "working": working}.get(str(expected), expected)
    assert stored(repo, attributes, blob, working) == wanted


def test_working_files_in_a_repository_of_the_other_hash(tmp_path: Path) -> None:
    repo = Repo(tmp_path / "repo", "--object-format=sha256")
    assert stored(repo, "", b"a\r\nb\r\n", b"a\r\nb\r\n") == b"a\r\nb\r\n"
    assert stored(repo, "* filter=x", b"pointer", b"smudged") == b"pointer"


def test_git_stores_the_same(repo: Repo) -> None:
    """What we take for the stored contents is what `git add` makes of them."""
    cases = {
        "text": b"b\r\nc\n",
        "text=auto": b"b\r\nc\n",
        "-text": b"b\r\nc\n",
        "eol=crlf": b"b\r\nc\n",
        "binary": b"b\r\nc\n",
        "crlf": b"b\r\nc\n",
        "working-tree-encoding=UTF-16": "é\n".encode("utf-16"),
        "text working-tree-encoding=UTF-16LE-BOM": "\ufeffé\r\n".encode("utf-16-le"),
    }
    names = [f"f{number}" for number in range(len(cases))]
    repo.write(".gitattributes", "".join(f"{name} {words}\n" for name, words in zip(names, cases, strict=True)))
    for name in names:
        repo.write(name, "was\n".encode("utf-16") if "encoding" in list(cases)[names.index(name)] else "was\n")
    repo.commit()
    for name, data in zip(names, cases.values(), strict=True):
        repo.write(name, data)
    before = repo.index()
    ours = {name: before.read(name) for name in names}
    repo.git("add", ".")
    staged = repo.staged()
    assert ours == {name: staged.read(name) for name in names}


def test_attributes_of_each_folder(repo: Repo) -> None:
    repo.write("app/.gitattributes", "*.bin filter=x\n")
    repo.write("app/sub/.gitattributes", "b.bin -filter\n")
    for path in ("app/a.bin", "app/sub/a.bin", "app/sub/b.bin", "a.bin"):
        repo.write(path, "blob")
    repo.git("add", ".")
    for path in ("app/a.bin", "app/sub/a.bin", "app/sub/b.bin", "a.bin"):
        repo.write(path, "disk")
    expected = {"a.bin": b"blob", "sub/a.bin": b"blob", "sub/b.bin": b"disk"}
    tree = repo.index("app")
    assert {path: tree.read(path).data for path in expected} == expected
    assert repo.index().read("a.bin") == Content(b"disk")
    for path in ("app/.gitattributes", "app/sub/.gitattributes"):
        (repo.root / path).unlink()
    tree = repo.index("app")
    assert {path: tree.read(path).data for path in expected} == expected
    repo.write(".git/info/attributes", "b.bin filter=y\n")
    assert repo.index("app").read("sub/b.bin") == Content(b"blob")


def test_more_attributes_than_are_read(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is unchanged is known whatever the attributes say; of anything else nothing is."""
    monkeypatch.setattr(sources, "ATTRIBUTES_LIMIT", 64)
    repo.commit(a_txt="a\n", b_txt="b\n")
    repo.write("b.txt", "other\n")
    repo.write(".gitattributes", "*.txt text\n".ljust(64, "#"))
    assert repo.index().read("b.txt") == Content(b"other\n")
    repo.write("sub/.gitattributes", "* text\n")
    repo.write("sub/c.txt", "c\n")
    repo.commit()
    repo.write("sub/c.txt", "other\n")
    assert repo.index().read("sub/c.txt") == Content(trouble=Trouble.UNREADABLE)
    repo.write(".gitattributes", "*.txt text\n".ljust(65, "#"))
    tree = repo.index()
    assert tree.read("a.txt") == Content(b"a\n")
    repo.write("b.txt", "third\n")
    assert tree.read("b.txt") == Content(trouble=Trouble.UNREADABLE)


def test_look_ups_of_attributes_are_bounded(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    look_up = gitattributes.look_up

    def counted(path: str, files: Sequence[gitattributes.AttributeFile]) -> Mapping[str, gitattributes.Value]:
        asked.append(path)
        return look_up(path, files)

    monkeypatch.setattr(gitattributes, "look_up", counted)
    names = [f"{'a' * 20}{number:02}.py" for number in range(20)]
    for name in names:
        repo.write(name, "a\n")
    repo.commit()
    repo.write(".gitattributes", "*a*a*b text\n" * 1000)
    repo.write(names[-1], "b\n")
    monkeypatch.setattr(sources, "ATTRIBUTES_EFFORT", 10 * 1000 * (2 + 6 * len(names[0])))
    tree = repo.index()
    read = [tree.read(name) for name in names]
    assert asked == names[:10]
    assert read == [Content(b"a\n")] * 19 + [Content(trouble=Trouble.UNREADABLE)]


def test_targets_of_links_are_read_within_a_bound(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(6):
        (repo.root / f"l{number}").symlink_to(f"t{number // 2}")
    repo.commit()
    asked: list[str] = []
    ask = objects.Blobs.ask

    def counted(self: objects.Blobs, name: str, limit: int = READ_LIMIT) -> tuple[str, Content] | None:
        asked.append(name)
        return ask(self, name, limit)

    monkeypatch.setattr(objects.Blobs, "ask", counted)
    monkeypatch.setattr(trees, "LINK_LIMIT", 2)
    tree = repo.staged()
    assert [tree.entries[f"l{number}"].target for number in range(4)] == ["t0", "t0", "t1", "t1"]
    assert [tree.entries[f"l{number}"].kind for number in (4, 5)] == [Kind.UNKNOWN] * 2
    assert len(asked) == 2


def test_attributes_behind_a_link_are_not_read(repo: Repo, tmp_path: Path) -> None:
    (tmp_path / "outside").write_text("* filter=x\n")
    (repo.root / ".gitattributes").symlink_to(tmp_path / "outside")
    assert stored(repo, "", b"a", b"b") == b"b"


def test_a_large_working_file(repo: Repo) -> None:
    repo.commit(big_bin="pointer", big_txt="a\n")
    repo.write("big.bin", "x" * 1000)
    repo.write("big.txt", "y" * 1000)
    assert repo.index().read("big.txt", 10) == Content(b"y" * 10, Trouble.TOO_LARGE)
    assert repo.index().read("big.bin", 10) == Content(b"x" * 10, Trouble.TOO_LARGE)
    repo.write(".gitattributes", "*.bin filter=lfs\n")
    assert repo.index().read("big.bin", 10) == Content(b"pointer")


# --- hostile repositories


def everything(repo: Repo) -> None:
    """Use all that this module offers."""
    for tree in (repo.index(), repo.staged(), repo.revision("HEAD"), repo.index(since="main")):
        for path in tree.entries:
            tree.read(path)
            tree.source.before(path)
        tree.source.before("none")


def test_no_program_of_a_hostile_repository_runs(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.commit(a="1\n", empty="", data_bin="x", sub__f="1")
    (repo.root / "link").symlink_to("a")
    repo.commit()
    repo.write("meant", "x")
    repo.git("add", "-N", "meant")
    repo.write(".gitattributes", "* filter=evil diff=evil merge=evil\n*.txt working-tree-encoding=UTF-16\n")
    for name, data in (("a", "2\r\n"), ("data.bin", "y")):
        repo.write(name, data)
    (repo.root / "sub/f").unlink()
    ran = tmp_path / "ran"
    evil = tmp_path / "evil"
    evil.write_text(f"#!/bin/sh\necho \"$0 $*\" >> '{ran}'\n")
    evil.chmod(0o755)
    hooks = tmp_path / "hooks"
    for folder in (hooks, repo.root / ".git/hooks"):
        folder.mkdir(exist_ok=True)
        for hook in ("post-index-change", "pre-commit", "post-checkout", "fsmonitor-watchman", "reference-transaction"):
            shutil.copy(evil, folder / hook)
    included = tmp_path / "included"
    included.write_text(f'[core]\n\tfsmonitor = {evil}\n\tpager = {evil}\n[filter "evil"]\n\tclean = {evil}\n')
    lines = [
        "[core]",
        *(f"\t{name} = {evil}" for name in ("fsmonitor", "pager", "sshCommand", "askPass", "editor", "gitProxy")),
        f"\thooksPath = {hooks}",
        f"\talternateRefsCommand = {evil}",
        '[filter "evil"]',
        *(f"\t{name} = {evil}" for name in ("clean", "smudge", "process")),
        "\trequired = true",
        '[diff "evil"]',
        *(f"\t{name} = {evil}" for name in ("command", "textconv")),
        '[merge "evil"]',
        f"\tdriver = {evil}",
        "[diff]",
        f"\texternal = {evil}",
        "[credential]",
        f"\thelper = {evil}",
        "[alias]",
        *(f"\t{name} = !{evil}" for name in ("ls-files", "rev-parse", "cat-file", "ls-tree", "diff-index")),
        "[pager]",
        *(f"\t{name} = {evil}" for name in ("ls-files", "rev-parse", "cat-file", "ls-tree", "diff-index")),
        "[gpg]",
        f"\tprogram = {evil}",
        f'[includeIf "gitdir:{repo.root}/"]',
        f"\tpath = {included}",
        # A partial clone: what is missing would be fetched, from a remote that is a program.
        "[extensions]",
        "\tpartialClone = origin",
        '[remote "origin"]',
        f"\turl = ext::{evil}",
        "\tpromisor = true",
        f"\tuploadpack = {evil}",
    ]
    with (repo.root / ".git/config").open("a") as config:
        config.write("\n".join(lines) + "\n")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    (tmp_path / "bin").mkdir()
    for helper in ("git-remote-ext", "git-remote-evil"):
        shutil.copy(evil, tmp_path / "bin" / helper)
    # The trap works: git itself would run it.
    subprocess.run([str(GIT), "status"], cwd=repo.root, capture_output=True, check=False)
    assert ran.exists()
    ran.unlink()
    for name in ("HEAD:sub/f", "HEAD:link"):
        blob = subprocess.run(
            [str(GIT), "-c", "core.fsmonitor=false", "rev-parse", name], cwd=repo.root, capture_output=True, check=True
        ).stdout.decode()
        (repo.root / ".git/objects" / blob[:2] / blob[2:].strip()).unlink()
    ran.unlink(missing_ok=True)
    before = snapshot(repo.root)
    everything(repo)
    assert not ran.exists(), ran.read_text()
    assert snapshot(repo.root) == before


def snapshot(root: Path) -> dict[str, tuple[int, int, bytes]]:
    """Everything below `root`, to see that nothing was written."""
    found = {}
    for path in sorted(root.rglob("*")):
        status = path.lstat()
        data = path.read_bytes() if stat.S_ISREG(status.st_mode) else b""
        found[str(path)] = (status.st_mode, status.st_mtime_ns, data)
    return found


def test_nothing_is_written_and_only_five_commands_run(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.commit(a="1", empty="")
    repo.write("meant", "x")
    repo.git("add", "-N", "meant")
    repo.write("a", "2")
    real = subprocess.Popen
    commands: list[list[str]] = []
    environments: list[dict[str, str]] = []

    def popen(command: list[str], **options: object) -> object:
        commands.append(command)
        environments.append(options["env"])  # type: ignore[arg-type]
        assert "shell" not in options
        return real(command, **options)  # type: ignore[call-overload]

    before = snapshot(repo.root)
    monkeypatch.setattr(subprocess, "Popen", popen)
    everything(repo)
    monkeypatch.undo()
    assert snapshot(repo.root) == before
    used = {command[command.index("--no-pager") + 1 + 2 * command.count("-c")] for command in commands}
    assert used == {"rev-parse", "ls-files", "ls-tree", "cat-file", "diff-index"}
    for command, environment in zip(commands, environments, strict=True):
        assert "core.fsmonitor=false" in command
        assert environment["GIT_NO_LAZY_FETCH"] == "1"
        assert environment["GIT_ALLOW_PROTOCOL"] == "none"
        assert environment["GIT_OPTIONAL_LOCKS"] == "0"
        assert ("diff-index" in command) == ("--cached" in command)
        assert ("--verify" in command) == ("--end-of-options" in command)


def test_a_tree_that_names_itself_many_times_over(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    blob = repo.git("hash-object", "-w", "--stdin", data=b"x")
    tree = repo.git("mktree", data="".join(f"100644 blob {blob}\tf{n}\n" for n in range(10)).encode())
    for _ in range(8):
        tree = repo.git("mktree", data="".join(f"040000 tree {tree}\td{n}\n" for n in range(10)).encode())
    commit = repo.git("commit-tree", "-m", "x", tree)
    monkeypatch.setattr(process, "OUTPUT_LIMIT", 1_000_000)
    with pytest.raises(GitError, match=r"git ls-tree .* lists more files than"):
        repo.revision(commit)


def test_no_thread_is_left(repo: Repo) -> None:
    before = set(threading.enumerate())
    everything(repo.commit(a="1"))
    for thread in set(threading.enumerate()) - before:
        thread.join(10)  # one that was told to end may need a moment; a timer that still runs has a minute to go
        assert not thread.is_alive()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes of this kind are Unix's")
@pytest.mark.parametrize("name", ["HEAD", "config", "index", "packed-refs"])
def test_git_does_not_wait_for_a_pipe(repo: Repo, name: str) -> None:
    repo.commit(**{"a.txt": "a"})
    (repo.root / ".git" / name).unlink(missing_ok=True)
    os.mkfifo(repo.root / ".git" / name)
    with pytest.raises(GitError, match=rf"\.git/{name} is no regular file"):
        find_repository(repo.root)
