"""The facts of one app, each read when first asked for and then kept.

An App sees the tree as the platform's build does (after `.slugignore`); `received` is the tree before that, for
findings that say why a file is missing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from deploylint.facts.procfile import read_procfile
from deploylint.facts.python import read_module
from deploylint.facts.versionfile import read_version_file

if TYPE_CHECKING:
    from deploylint.facts.locks import Lock
    from deploylint.facts.procfile import Procfile
    from deploylint.facts.python import Module
    from deploylint.facts.requirements import Requirements
    from deploylint.facts.versionfile import VersionFile
    from deploylint.tree import Entry, Tree

REQUIREMENTS = "requirements.txt"
SETUP_PY = "setup.py"

SOURCES_LIMIT = 3 * 1024 * 1024
"""Sources that are parsed, all together, in code points: some 90,000 lines, and at worst 200 times as much memory."""

# A name as a lock file declares it: [[package]] tables of poetry.lock and uv.lock, keys of Pipfile.lock.
_LOCK_NAME = re.compile(r'^(?:name = "([A-Za-z0-9._-]{1,200})"|        "([A-Za-z0-9._-]{1,200})": \{)', re.MULTILINE)
_SEPARATORS = re.compile(r"[-_.]+")


@dataclass(frozen=True)
class App:
    """The facts of the app in `tree`."""

    tree: Tree
    received: Tree
    _modules: dict[str, Module] = field(default_factory=dict, repr=False, compare=False)
    _locks: dict[str, Lock] = field(default_factory=dict, repr=False, compare=False)
    _version_files: dict[str, VersionFile] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def requirements(self) -> Requirements | None:
        """The requirements file of the root with all that it includes; None where there is none."""
        if not self.tree.is_file(REQUIREMENTS):
            return None
        from deploylint.facts.requirements import read_requirements

        return read_requirements(self.tree, REQUIREMENTS)

    def lock(self, tool: str) -> Lock | None:
        """The lock file of `pipenv`, `poetry` or `uv`, which is there; None for another tool."""
        from deploylint.facts import locks

        readers = {"pipenv": locks.read_pipenv, "poetry": locks.read_poetry, "uv": locks.read_uv}
        if tool not in readers:
            return None
        if tool not in self._locks:
            self._locks[tool] = readers[tool](self.tree)
        return self._locks[tool]

    def version_file(self, path: str) -> VersionFile | None:
        """The version file at `path`, None where there is none."""
        if not self.tree.is_file(path):
            return None
        if path not in self._version_files:
            self._version_files[path] = read_version_file(self.tree, path)
        return self._version_files[path]

    def procfile(self, path: str) -> Procfile | None:
        """The Procfile at `path`, None where there is none."""
        return read_procfile(self.tree, path) if self.tree.is_file(path) else None

    def module(self, path: str) -> Module:
        """The Python source at `path`. Those that are asked for after the limit is reached are not parsed."""
        if path not in self._modules:
            parsed = sum(len(module.text.value) for module in self._modules.values() if module.tree)
            self._modules[path] = read_module(self.tree, path, SOURCES_LIMIT - parsed)
        return self._modules[path]

    @cached_property
    def manage_pys(self) -> tuple[Entry, ...]:
        """Everything called manage.py, the shallowest first, then by path; links and folders included."""
        found = {path: entry for path, entry in self.tree.entries.items() if path.rpartition("/")[2] == "manage.py"}
        for path in self.tree.entries:
            folder, inside, _ = path.partition("manage.py/")
            head = f"{folder}manage.py"
            if inside and head not in found and (not folder or folder.endswith("/")):
                entry = self.tree.find(head)
                if entry is not None:
                    found[head] = entry
        return tuple(sorted(found.values(), key=lambda entry: (entry.depth, entry.path)))

    @cached_property
    def sources(self) -> tuple[str, ...]:
        """The paths of all Python sources that are the app's own: not in a hidden folder or a virtual environment."""
        return tuple(
            entry.path
            for entry in self.tree.files()
            if entry.path.endswith(".py") and not _FOREIGN.search(f"/{entry.path}")
        )

    def declares(self, name: str, lock: str | None = None) -> bool | None:
        """Whether the distribution `name` (normalised) is installed: True if the root requirements, or the lock file
        `lock`, name it; False where certainly nothing installs it; None where something else may bring it along.
        """
        if lock == SETUP_PY:
            return None  # a program, which is not run
        if lock is not None and lock != REQUIREMENTS:
            return None if self._locked(lock) is None else name in (self._locked(lock) or ())
        requirements = self.requirements
        if requirements is None:
            return None
        if name in requirements.names:
            return True
        return False if requirements.certain and not requirements.names else None

    def _locked(self, lock: str) -> frozenset[str] | None:
        content = self.tree.read(lock)
        if content.trouble:
            return None
        names = _LOCK_NAME.findall(content.data.decode("utf-8", "replace"))
        return frozenset(_SEPARATORS.sub("-", one or other).lower() for one, other in names)

    def untracked(self, path: str) -> bool:
        """Whether a file lies at `path` on the disk but not in the commit."""
        return self.received.on_disk_only(path)

    def slug_ignored(self, path: str) -> bool:
        """Whether the commit has `path` but the platform drops it before the build."""
        return self.tree.find(path) is None and self.received.find(path) is not None


_FOREIGN = re.compile(r"/(?:\.[^/]+|node_modules|site-packages|venv|env)/")
