"""Trees from git: what a platform would receive from the index, from a commit, or from the index with the working
tree's contents.

In goes a folder, out comes a Tree, or None where git has nothing to say. The repository may be hostile, so only five
commands run (`rev-parse`, `ls-files`, `ls-tree`, `cat-file --batch`, `diff-index --cached`), none of which writes,
fetches, or starts a program that the repository's configuration names; and nothing is read but the folder itself and
the attributes files that hold for it.

Sources: the manual pages of these commands, gitattributes(5), githooks(5), gitformat-index(5).
"""

from __future__ import annotations

import os
import shlex
import stat
import weakref
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from deploylint.directory import LINK_TARGET_LIMIT, Disk, is_plain
from deploylint.record import NamedTuple
from deploylint.tree import READ_LIMIT, Content, Entry, Kind, Remark, Tree, Trouble

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from deploylint.gitattributes import AttributeFile, Value

TIMEOUT = 60.0
"""Seconds after which a git process is ended: a pipe among the repository's files would hold it for ever."""

OUTPUT_LIMIT = 64 * 1024 * 1024
"""Bytes of output that are taken from one command, enough for half a million files. A tree that names one subtree many
times over, level by level, lists for ever."""

ATTRIBUTES_LIMIT = 256 * 1024
"""Bytes of all attributes files together that are read. The largest of real repositories stay below a tenth."""

ATTRIBUTES_EFFORT = 10_000_000
"""Comparisons of paths with the patterns of attributes files, all look-ups of a run together. Twenty lines and a path
of usual length cost some hundred."""

LINK_LIMIT = 5000
"""Different targets of links that are read from blobs: each takes a question to git and its answer."""

_EMPTY_TREE = {
    40: "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    64: "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
}
_EMPTY_BLOB = {
    40: "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
    64: "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813",
}

_BLOB_MODES = frozenset({"100644", "100755", "120000"})
_KINDS = {"100644": Kind.FILE, "100755": Kind.FILE, "120000": Kind.LINK, "160000": Kind.SUBMODULE}

# Whatever these commands might start. Most of it applies to other commands only, and costs nothing to switch off.
_SETTINGS = (
    "core.fsmonitor=false",
    f"core.hooksPath={os.devnull}",
    "core.alternateRefsCommand=:",
    "core.askPass=",
    "core.pager=cat",
    "core.sshCommand=false",
    "credential.helper=",
    "diff.external=",
    "protocol.allow=never",
)

_SET = {
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}


class GitError(Exception):
    """git is there, but the repository cannot be read; the message is for the person who runs deploylint."""


@dataclass(frozen=True)
class Repository:
    """A git work tree. `root` is its top folder, links resolved, `git_dir` its own `.git` (of a linked work tree, the
    folder in `worktrees/`), `index` the index file that counts.
    """

    root: Path
    git_dir: Path
    index: Path


def find_repository(path: Path) -> Repository | None:
    """The repository whose work tree `path` lies in. None where there is none, and where git is not installed.

    Raises GitError where a repository is there but git refuses it (it belongs to another user) or cannot read it.
    """
    here = Path(os.path.realpath(path))
    program = _program()
    if program is None or not here.is_dir():
        return None
    words = ("rev-parse", "--is-inside-work-tree", "--show-prefix", "--absolute-git-dir")
    result = _run(program, str(here), _environment(), *words)
    if result.code:
        around = (here, *here.parents)
        if "not a git repository" in result.words and not any(os.path.lexists(each / ".git") for each in around):
            return None
        raise GitError(_explain(result.words, str(here)))
    inside, _, rest = result.output.partition(b"\n")
    if inside != b"true":
        return None  # within a `.git`, or a repository without a work tree
    prefix, git_dir = _split_places(rest, os.fsencode(here))
    root = (here, *here.parents)[prefix.count(b"/")]
    if not os.path.lexists(root / ".git"):
        # A hostile core.worktree could name `/`, and then files of the whole machine would count as the repository's.
        raise GitError(f"the repository around {here} names {root} as its work tree, but there is no .git")
    own = Path(os.fsdecode(git_dir))
    return Repository(root, own, _inherited_index(root, own) or own / "index")


def _split_places(output: bytes, here: bytes) -> tuple[bytes, bytes]:
    """Prefix and git directory, each followed by a line end. Either may hold line ends itself, so the prefix is the
    one that `here` ends with.
    """
    inside = here.replace(os.fsencode(os.sep), b"/") + b"/"
    output = output.removesuffix(b"\n")
    end = output.find(b"\n")
    while end >= 0:
        prefix, git_dir = output[:end], output[end + 1 :]
        if (not prefix or inside.endswith(b"/" + prefix)) and Path(os.fsdecode(git_dir)).is_absolute():
            return prefix, git_dir
        end = output.find(b"\n", end + 1)
    raise GitError(f"git did not tell where the repository around {os.fsdecode(here)} is")


def _explain(words: str, here: str) -> str:
    """What git said, for a reader: `words` is its standard error output."""
    lines = [line.strip() for line in words.splitlines() if line.strip()]
    fatal = [line for line in lines if line.startswith(("fatal:", "error:"))]
    line = (fatal or lines or ["fatal: no reason given"])[0].partition(": ")[2] or lines[0]
    # The second wording is that of git before 2.38.
    if "dubious ownership" in line or line.startswith("unsafe repository"):
        quoted = line.split("'")
        refused = quoted[1] if len(quoted) > 2 else here
        return (
            f"git refuses the repository {refused} because it belongs to another user; if you trust it: "
            f"git config --global --add safe.directory {shlex.quote(refused)}"
        )
    return f"git cannot read the repository around {here}: {line}"


# --- running git


def _program() -> str | None:
    """The git on PATH. Relative parts of PATH are left out: they could lead into the repository."""
    name = "git.exe" if os.name == "nt" else "git"
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        program = Path(folder, name)
        if program.is_absolute() and program.is_file() and os.access(program, os.X_OK):
            return str(program)
    return None


def _environment(repository: Repository | None = None) -> dict[str, str]:
    """The environment without anything that steers git, for a hook sets GIT_DIR and more, for its own repository."""
    kept = {name: value for name, value in os.environ.items() if not name.upper().startswith("GIT_")} | _SET
    if repository is not None:
        # Said outright, so that a repository within this one is not found instead.
        kept |= {"GIT_DIR": str(repository.git_dir), "GIT_WORK_TREE": str(repository.root)}
        if repository.index != repository.git_dir / "index":
            kept["GIT_INDEX_FILE"] = str(repository.index)
    return kept


def _inherited_index(root: Path, git_dir: Path) -> Path | None:
    """The index that a hook was given, if it is this repository's: `git commit FILE` commits a temporary one.

    A hook runs in the root, so a relative name starts there. Below the git directory lie those of submodules and linked
    work trees too, so an index there must lie in it directly.
    """
    name = os.environ.get("GIT_INDEX_FILE")
    if not name:
        return None
    index = Path(os.path.realpath(root / name))
    if not index.is_file():
        return None
    inside = index.is_relative_to(root) and ".git" not in index.relative_to(root).parts
    return index if inside or index.parent == Path(os.path.realpath(git_dir)) else None


class _Result(NamedTuple):
    code: int
    output: bytes
    words: str


def _start(
    program: str, folder: str, environment: Mapping[str, str], words: Sequence[str], *, talk: bool
) -> subprocess.Popen[bytes]:
    """A git process. With `talk` its input is ours and its complaints are dropped; else it has no input."""
    import subprocess

    settings = [word for setting in _SETTINGS for word in ("-c", setting)]
    try:
        return subprocess.Popen(
            [program, "--no-pager", *settings, *words],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE if talk else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL if talk else subprocess.PIPE,
        )
    except (OSError, ValueError) as error:  # ValueError: a revision with a NUL in it
        raise GitError(f"git cannot be run in {folder}: {error}") from None


def _run(program: str, folder: str, environment: Mapping[str, str], *words: str) -> _Result:
    """Run git to its end. GitError if it cannot be started, takes too long or says too much."""
    import threading

    process = _start(program, folder, environment, words, talk=False)
    assert process.stdout is not None
    assert process.stderr is not None
    complaints: list[bytes] = []
    listener = threading.Thread(target=_drain, args=(process.stderr, complaints), daemon=True)
    timer = _Watch(process)
    with process, timer:
        listener.start()
        output = process.stdout.read(OUTPUT_LIMIT + 1)
        if len(output) > OUTPUT_LIMIT:
            process.kill()
        listener.join()
        process.wait()
    if timer.rang:
        raise GitError(f"git {words[0]} in {folder} did not end within {TIMEOUT:g} seconds")
    if len(output) > OUTPUT_LIMIT:
        raise GitError(f"git {words[0]} in {folder} lists more files than deploylint takes ({OUTPUT_LIMIT} bytes)")
    return _Result(process.returncode, output, b"".join(complaints).decode("utf-8", "replace"))


def _drain(stream: IO[bytes], complaints: list[bytes]) -> None:
    """Keep the first words, drop the rest, so that git is never stuck with something to say."""
    try:
        complaints.append(stream.read(4096))
        while stream.read(65536):
            pass
    except ValueError:
        return  # the stream was closed: Ctrl-C came, and nobody waits for complaints any more


class _Watch:
    """Ends `process` if the block takes longer than TIMEOUT."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        import threading

        self.rang = False
        self._process = process
        self._timer = threading.Timer(TIMEOUT, self._ring)
        self._timer.daemon = True

    def _ring(self) -> None:
        self.rang = True
        self._process.kill()

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()


class _Git(NamedTuple):
    """git, for one app root of one repository."""

    repository: Repository
    program: str
    folder: str
    prefix: str

    @classmethod
    def at(cls, repository: Repository, path: Path) -> _Git:
        folder = Path(os.path.realpath(path))
        program = _program()
        if program is None:
            raise GitError("git is not installed")
        if not folder.is_relative_to(repository.root):
            raise GitError(f"{path} does not lie in the work tree {repository.root}")
        inside = os.fsencode(folder.relative_to(repository.root).as_posix()).decode("utf-8", "surrogateescape")
        return cls(repository, program, str(folder), "" if inside == "." else f"{inside}/")

    def run(self, *words: str) -> _Result:
        return _run(self.program, self.folder, _environment(self.repository), *words)

    def output(self, *words: str) -> bytes:
        result = self.run(*words)
        if result.code:
            raise GitError(_explain(result.words, self.folder))
        return result.output

    def talk(self, *words: str) -> subprocess.Popen[bytes]:
        return _start(self.program, self.folder, _environment(self.repository), words, talk=True)

    def commit(self, revision: str) -> str:
        """The id of the commit that `revision` names; GitError if it names none."""
        result = self.run("rev-parse", "--verify", "--end-of-options", revision + "^{commit}")
        commit = result.output.decode("ascii", "replace").strip()
        if result.code or not commit.isalnum():  # `^HEAD` passes `--verify`, and comes back with its caret
            raise GitError(f"{revision!r} is not a commit of the repository {self.repository.root}")
        return commit


# --- reading blobs


class _Blobs:
    """Objects of the repository, through one `cat-file --batch` that starts when first needed."""

    def __init__(self, git: _Git) -> None:
        self._git = git
        self._process: subprocess.Popen[bytes] | None = None
        self._stop: Callable[[], object] = int  # does nothing: there is no process to end yet

    def ask(self, name: str, limit: int = READ_LIMIT) -> tuple[str, Content] | None:
        """The type of the object `name` (an id, or what else `rev-parse` knows, without line ends) and its bytes, at
        most `limit`. None if it is missing. An object that cannot be read has no type.
        """
        if self._process is None:
            try:
                self._process = self._git.talk("cat-file", "--batch")
            except GitError:  # it has run before, so the folder or git is gone
                return "", Content(trouble=Trouble.UNREADABLE)
            self._stop = weakref.finalize(self, _end, self._process)
        with _Watch(self._process):
            answer = _converse(self._process, name.encode("utf-8", "surrogateescape"), limit)
        if answer is None:
            return None
        kind, content = answer
        if content.trouble is not None:
            # What is left of the object would have to be read in order to go on.
            self._stop()
            self._process = None
        return kind, content

    def read(self, name: str, limit: int = READ_LIMIT) -> Content:
        """The bytes of the blob `name`, at most `limit`."""
        answer = self.ask(name, limit)
        return answer[1] if answer is not None and answer[0] == "blob" else Content(trouble=Trouble.UNREADABLE)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    with suppress(OSError), process:  # OSError: a request that was never taken
        pass


def _converse(process: subprocess.Popen[bytes], name: bytes, limit: int) -> tuple[str, Content] | None:
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(name + b"\n")
        process.stdin.flush()
        header = process.stdout.readline(len(name) + 256)
        if header.endswith((b" missing\n", b" ambiguous\n")):
            return None
        words = header.split()
        if len(words) != 3 or not header.endswith(b"\n"):
            return "", Content(trouble=Trouble.UNREADABLE)
        size = int(words[2])
        data = process.stdout.read(min(size, limit))
        if size > limit:
            return words[1].decode(), Content(data, Trouble.TOO_LARGE)
        if len(data) < size or process.stdout.read(1) != b"\n":
            return "", Content(trouble=Trouble.UNREADABLE)
    except (OSError, ValueError):
        return "", Content(trouble=Trouble.UNREADABLE)
    return words[1].decode(), Content(data)


# --- listing


class _Listed(NamedTuple):
    """One line of `ls-files -s -v` or `ls-tree`. `from_blob`: git does not look at the working file, so neither do
    we (skip-worktree and assume-unchanged).
    """

    path: str
    mode: str
    blob: str
    conflict: bool = False
    from_blob: bool = False


def _index_lines(output: bytes) -> Iterator[_Listed]:
    for record in _decode(output).split("\0"):
        head, tab, path = record.partition("\t")
        words = head.split(" ")
        if tab and len(words) == 4:
            tag, mode, blob, stage = words
            yield _Listed(path, mode, blob, stage != "0", tag == "S" or tag.islower())


def _tree_lines(output: bytes) -> Iterator[_Listed]:
    for record in _decode(output).split("\0"):
        head, tab, path = record.partition("\t")
        words = head.split(" ")
        if tab and len(words) == 3:
            yield _Listed(path, words[0], words[2])


def _decode(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")


def _index(git: _Git) -> list[_Listed]:
    """The index below the app root, less what `git add -N` put there: a commit would not hold that."""
    listed = list(_index_lines(git.output("ls-files", "-s", "-v", "-z")))
    if any(line.path == "./" for line in listed):
        raise GitError(f"{git.folder} is a submodule that has not been checked out")
    empty = [line for line in listed if line.blob == _EMPTY_BLOB.get(len(line.blob)) and not line.conflict]
    if not empty or not _may_hold_intent(git.repository):
        return listed
    tree = _EMPTY_TREE[len(empty[0].blob)]
    # What the index holds more than nothing: everything but the intents.
    result = git.run(
        *("diff-index", "--cached", "--ita-invisible-in-index", "--name-only", "--relative", "-z"),
        *("--no-ext-diff", "--no-textconv", "--no-renames", "--ignore-submodules=all", tree),
    )
    if result.code:  # a git that does not know the option: an empty blob with a full file is most likely an intent
        disk = Disk(git.folder)
        intents = {line.path for line in empty if (content := disk.read(line.path, 1)) and content.data}
    else:
        real = set(_decode(result.output).split("\0"))
        intents = {line.path for line in empty if line.path not in real}
    return [line for line in listed if line.path not in intents]


def _may_hold_intent(repository: Repository) -> bool:
    """Whether the index can hold an intent to add: version 2 of its format has no room for the flag.

    It saves the usual run a process. A split index keeps most of itself in another file, so it is not judged.
    """
    try:
        with repository.index.open("rb") as file:
            header = file.read(8)
        return header != b"DIRC\0\0\0\2" or any(repository.git_dir.glob("sharedindex.*"))
    except OSError:
        return True


# --- trees


def open_index(repository: Repository, path: Path, since: str | None = "HEAD") -> Tree | None:
    """What the platform would get from `path` after `git commit`, with edits that are not yet added: names and modes
    from the index, contents from the working tree. None where nothing below `path` is tracked.

    `since` names the revision that `Tree.source.before` reads. GitError if it is not HEAD and does not exist, if the
    index cannot be read, or if `path` is a submodule that has not been checked out.
    """
    git = _Git.at(repository, path)
    past = _Past(git, since)
    listed = _index(git)
    if not listed:
        return None
    tree = _tree(past, listed, Disk(git.folder))
    return tree if tree.entries else None


def open_staged(repository: Repository, path: Path, since: str | None = "HEAD") -> Tree:
    """What the platform would get from `path` after `git commit` without further `git add`: contents from the index
    too. It is empty where nothing is tracked. `since` and errors as for `open_index`.
    """
    git = _Git.at(repository, path)
    past = _Past(git, since)
    return _tree(past, _index(git))


def open_revision(repository: Repository, path: Path, rev: str, since: str | None = "HEAD") -> Tree:
    """What the platform got, or would get, from `path` at the commit that `rev` names; empty where `path` did not
    exist then. GitError if `rev` names no commit; `since` as for `open_index`.
    """
    git = _Git.at(repository, path)
    commit = git.commit(rev)
    past = _Past(git, since)
    return _tree(past, list(_tree_lines(git.output("ls-tree", "-r", "-z", commit))))


class _Past:
    """The revision that a tree is compared with, and the objects. HEAD may be unborn; another one must exist."""

    def __init__(self, git: _Git, since: str | None) -> None:
        self.git = git
        self.blobs = _Blobs(git)
        self._commit = git.commit(since) if since not in (None, "HEAD") else None
        self._head = since == "HEAD"

    def comparable(self) -> bool:
        if self._head:
            self._head = False
            answer = self.blobs.ask("HEAD^{commit}")
            self._commit = "HEAD" if answer is not None and answer[0] == "commit" else None
        return self._commit is not None

    def read(self, path: str) -> Content | None:
        if not self.comparable() or not is_plain(path):
            return None
        whole = self.git.prefix + path
        try:
            # A request is one line, and git takes a CR before the line end for a part of it.
            by_line = b"\n" not in whole.encode("utf-8", "surrogateescape") and not whole.endswith("\r")
        except UnicodeEncodeError:  # a surrogate that stands for no byte: no path of git's
            return None
        answer = self.blobs.ask(f"{self._commit}:{whole}") if by_line else None
        if answer is not None:
            return answer[1] if answer[0] in ("blob", "") else None
        # Either it was absent, or its contents are: in a partial clone, not all objects are there.
        try:
            listed = self.git.output("ls-tree", "-z", f"{self._commit}", "--", path)
        except GitError:
            return Content(trouble=Trouble.UNREADABLE)
        blobs = [line.blob for line in _tree_lines(listed) if line.path == path and line.mode in _BLOB_MODES]
        return self.blobs.read(blobs[0]) if blobs else None


class _BlobSource:
    """The `Source` whose contents are blobs. `ids` holds the blob of each file."""

    def __init__(self, past: _Past, ids: Mapping[str, str]) -> None:
        self.past = past
        self.ids = ids

    def read(self, path: str, limit: int) -> Content:
        return self.past.blobs.read(self.ids[path], limit)

    def on_disk(self, path: str) -> bool:
        return Disk(self.past.git.folder).holds(path)

    def before(self, path: str) -> Content | None:
        return self.past.read(path)

    def comparable(self) -> bool:
        return self.past.comparable()


class _WorkingSource(_BlobSource):
    """The `Source` whose contents are working files, as git would store them, but for those of `from_blob`."""

    def __init__(self, past: _Past, ids: Mapping[str, str], disk: Disk, from_blob: frozenset[str]) -> None:
        super().__init__(past, ids)
        self._disk = disk
        self._from_blob = from_blob
        self._attribute_files: dict[str, AttributeFile | None] = {}
        self._files_of: dict[str, list[AttributeFile]] = {}
        self._around = Disk(past.git.repository.root)
        self._room = ATTRIBUTES_LIMIT
        self._effort = ATTRIBUTES_EFFORT

    def read(self, path: str, limit: int) -> Content:
        if path in self._from_blob:
            return super().read(path, limit)
        content = self._disk.read(path, limit)
        if content is None:
            return super().read(path, limit)._replace(substitute=True)
        return self._stored(path, content, limit)

    def _stored(self, path: str, content: Content, limit: int) -> Content:
        """What `git add` would store for a working file.

        A file that goes through a filter (git-lfs, git-crypt) counts as unchanged: the filter is a program. Where
        there are too many attributes to look through, only a file that is unchanged is known.
        """
        attributes = self._attributes(path)
        blob = self.ids[path]
        if attributes is None:
            same = content.trouble is None and _blob_id(content.data, blob) == blob
            return content if same else Content(trouble=Trouble.UNREADABLE)
        if isinstance(attributes.get("filter"), str) or attributes.get("ident") is True:
            same = content.trouble is None and _blob_id(content.data, blob) == blob
            return content if same else super().read(path, limit)
        if content.trouble is not None:
            return content
        data = content.data
        encoding = attributes.get("working-tree-encoding")
        if isinstance(encoding, str):
            converted = _to_utf8(data, encoding)
            if converted is None:
                return super().read(path, limit)
            data = converted
        if b"\r\n" not in data or _blob_id(data, blob) == blob:
            return Content(data)
        unix = data.replace(b"\r\n", b"\n")
        line_ends = _line_ends(attributes)
        if _blob_id(unix, blob) == blob or line_ends == "text":
            return Content(unix)
        if line_ends == "binary":
            return Content(data)
        before = super().read(path, limit).data
        if line_ends == "auto":
            # git leaves what is binary, and what has CRLF in the index already.
            return Content(data if b"\0" in data or b"\r" in unix or b"\r\n" in before else unix)
        # Nothing is said. A file with LF that now has CRLF throughout was checked out with core.autocrlf.
        return Content(unix if b"\n" in before and b"\r\n" not in before and b"\n" not in _without_crlf(data) else data)

    def _attributes(self, path: str) -> Mapping[str, Value] | None:
        """The attributes of `path`; None where there is more of them than is read, or compared."""
        whole = self.past.git.prefix + path
        found = self._attribute_files_of(whole.rpartition("/")[0])
        self._effort -= sum(file.effort(whole) for file in found)
        if self._room < 0 or self._effort < 0:
            return None
        if not found:
            return {}
        from deploylint.gitattributes import look_up

        return look_up(whole, found)

    def _attribute_files_of(self, folder: str) -> list[AttributeFile]:
        """Those that hold for what lies in a folder, the nearest last, but for the repository's own."""
        if folder not in self._files_of:
            above = [folder[:at] for at, letter in enumerate(folder) if letter == "/"]
            files = [self._attribute_file(each) for each in (*dict.fromkeys(("", *above, folder)), None)]
            self._files_of[folder] = [file for file in files if file]
        return self._files_of[folder]

    def _attribute_file(self, folder: str | None) -> AttributeFile | None:
        """The attributes file of `folder`; the repository's own, which is not committed, for None. None: no file."""
        key = "/" if folder is None else folder
        if key not in self._attribute_files:
            content = self._attribute_bytes(folder) if self._room >= 0 else None
            self._attribute_files[key] = None
            if content is not None and content != Content():
                self._room -= len(content.data) + (content.trouble is not None)
                if self._room >= 0:
                    from deploylint.gitattributes import parse

                    self._attribute_files[key] = parse(content.data, folder or "")
        return self._attribute_files[key]

    def _attribute_bytes(self, folder: str | None) -> Content | None:
        git = self.past.git
        if folder is None:
            return Disk(_common_dir(git.repository)).read("info/attributes", self._room)
        name = f"{folder}/.gitattributes" if folder else ".gitattributes"
        content = self._around.read(name, self._room)
        if content is None and name.startswith(git.prefix) and name[len(git.prefix) :] in self.ids:
            return super().read(name[len(git.prefix) :], self._room)  # not checked out, yet git heeds it
        return content


def _without_crlf(data: bytes) -> bytes:
    return data.replace(b"\r\n", b"")


def _line_ends(attributes: Mapping[str, Value]) -> str:
    """`text`, `binary`, `auto`, or "" where nothing is said. `crlf` is the old name of `text`."""
    for name in ("text", "crlf"):
        value = attributes.get(name)
        if value is False:
            return "binary"
        if value is True or value == "input":
            return "text"
        if value == "auto":
            return "auto"
    return "text" if attributes.get("eol") in ("lf", "crlf") else ""


def _blob_id(data: bytes, like: str) -> str:
    """The id that git gives to `data`, in the kind of hash that `like` is."""
    import hashlib

    name = "sha1" if len(like) == 40 else "sha256"
    return hashlib.new(name, b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


# Python's other codecs have names that lead to anything, from `idna`, which is slow, to `unicode_escape`.
_ENCODINGS = ("utf", "ucs", "iso", "latin", "windows", "cp", "koi8", "mac", "gb", "big5", "euc", "shift", "sjis", "us-")

_OWN_NAMES = {"utf-16le-bom": "utf-16"}  # git's: with a mark, so the mark tells


def _to_utf8(data: bytes, encoding: str) -> bytes | None:
    """`data` from `working-tree-encoding` to UTF-8; None if that is not possible, as git then refuses the file."""
    name = encoding.lower()
    if not name.startswith(_ENCODINGS) or len(name) > 40 or not name.isascii():
        return None
    try:
        return data.decode(_OWN_NAMES.get(name, name)).encode()
    except (LookupError, ValueError):
        return None


def _common_dir(repository: Repository) -> Path:
    """Where a linked work tree shares things with the others: the file `commondir` tells."""
    content = Disk(repository.git_dir).read("commondir", LINK_TARGET_LIMIT)
    return repository.git_dir / os.fsdecode(content.data.rstrip(b"\r\n")) if content else repository.git_dir


def _tree(past: _Past, listed: Sequence[_Listed], disk: Disk | None = None) -> Tree:
    """The Tree of listed lines. Without a `disk` everything comes from blobs."""
    entries: dict[str, Entry] = {}
    remarks: dict[Remark, None] = {}
    ids: dict[str, str] = {}
    missing = frozenset() if disk is None else _missing(disk, listed)
    links = _Links(past, disk)
    for line in listed:
        path = line.path
        if not is_plain(path):
            continue  # no git wrote this
        if line.conflict:
            remarks[Remark("conflict", path)] = None
        elif line.mode == "160000":
            remarks[Remark("submodule", path)] = None
        elif path in missing and not line.from_blob:
            remarks[Remark("deleted", path)] = None
        kind = Kind.UNKNOWN if line.conflict else _KINDS.get(line.mode, Kind.UNKNOWN)
        if kind is Kind.LINK:
            entries[path] = links.entry(line)
        else:
            entries[path] = Entry(path, kind, line.mode == "100755")
        ids[path] = line.blob
    source = _BlobSource(past, ids) if disk is None else _WorkingSource(past, ids, disk, missing)
    return Tree(entries, source, past.git.prefix, tuple(remarks))


def _missing(disk: Disk, listed: Sequence[_Listed]) -> frozenset[str]:
    """The files and links that are not to be read from the working tree: git does not look at them, or they are gone,
    or they lie behind a link.
    """
    listings: dict[str, frozenset[str]] = {}
    found: set[str] = set()
    for line in listed:
        if line.from_blob:
            found.add(line.path)
        elif not line.conflict and line.mode != "160000":
            folder, _, name = line.path.rpartition("/")
            if folder not in listings:
                listings[folder] = disk.files(folder)
            if name not in listings[folder] and not _is_there(disk, line):
                found.add(line.path)
    return frozenset(found)


def _is_there(disk: Disk, line: _Listed) -> bool:
    """A second look, for links, and for file systems that spell the name another way than the index."""
    status = disk.status(line.path)
    if status is None:
        return False
    return stat.S_ISREG(status.st_mode) or (line.mode == "120000" and stat.S_ISLNK(status.st_mode))


class _Links:
    """The links of a tree, whose targets are blobs where they do not lie on the disk; each blob is read once."""

    def __init__(self, past: _Past, disk: Disk | None) -> None:
        self._past = past
        self._disk = disk
        self._targets: dict[str, str | None] = {}

    def entry(self, line: _Listed) -> Entry:
        """The entry of a link; an unknown one where its target cannot be read, or too many have been."""
        target = None if self._disk is None or line.from_blob else self._disk.link(line.path)
        if target is None:
            if line.blob not in self._targets:
                self._targets[line.blob] = self._read(line.blob) if len(self._targets) < LINK_LIMIT else None
            target = self._targets[line.blob]
        return Entry(line.path, Kind.UNKNOWN) if target is None else Entry(line.path, Kind.LINK, target=target)

    def _read(self, blob: str) -> str | None:
        content = self._past.blobs.read(blob, LINK_TARGET_LIMIT)
        if content.trouble is Trouble.UNREADABLE:
            return None
        return "" if content.trouble else _decode(content.data)
