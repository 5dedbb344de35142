"""The facts of one app, each read when first asked for and then kept.

An App sees the tree as the platform's build does (less what `.slugignore` or project.toml leave out); `received` is the
tree before that, for findings that say why a file is missing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from deploylint.facts.procfile import read_procfile
from deploylint.facts.python import read_module
from deploylint.facts.versionfile import BLANKS, read_version_file

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from deploylint.facts.appjson import AppJson
    from deploylint.facts.descriptor import Descriptor
    from deploylint.facts.development import Declared
    from deploylint.facts.events import Source
    from deploylint.facts.hook import Hook
    from deploylint.facts.locks import Lock
    from deploylint.facts.module import Parse
    from deploylint.facts.procfile import Procfile
    from deploylint.facts.python import Module
    from deploylint.facts.requirements import Requirements
    from deploylint.facts.settings import Settings
    from deploylint.facts.versionfile import VersionFile
    from deploylint.facts.worlds import World
    from deploylint.imports import Located, Outside, Walk
    from deploylint.tree import Entry, Tree

REQUIREMENTS = "requirements.txt"
SETUP_PY = "setup.py"
APP_JSON = "app.json"
DESCRIPTOR = "project.toml"

SOURCES_LIMIT = 3 * 1024 * 1024
"""Sources that are parsed, all together, in code points: some 90,000 lines, and at worst 200 times as much memory."""

IMPORTED_LIMIT = 8 * 1024 * 1024
"""Sources whose imports are followed, all together, in bytes: some 250,000 lines, of which no tree is kept."""

PARSED_FIRST = 32 * 1024
"""Sources that are parsed before a cache is asked, all together, in bytes: those of a small app are parsed sooner than
a cache is opened."""

LARGE = 500
"""Files of an app for which a cache is asked from the first source on."""

# A name as a lock file declares it: [[package]] tables of poetry.lock and uv.lock, keys of Pipfile.lock.
_LOCK_NAME = re.compile(r'^(?:name = "([A-Za-z0-9._-]{1,200})"|        "([A-Za-z0-9._-]{1,200})": \{)', re.MULTILINE)
_SEPARATORS = re.compile(r"[-_.]+")


@dataclass(frozen=True)
class App:
    """The facts of the app in `tree`. `open_cache` gives what remembers the sources of former runs; `located` are the
    modules that have been looked for, by the folders in which they were; `walks` are those through the imports that
    others may go on from, by the way that led there.
    """

    tree: Tree
    received: Tree
    open_cache: Callable[[], Parse] | None = field(default=None, repr=False, compare=False)
    _modules: dict[str, Module] = field(default_factory=dict, repr=False, compare=False)
    _locks: dict[str, Lock] = field(default_factory=dict, repr=False, compare=False)
    _hooks: dict[str, Hook] = field(default_factory=dict, repr=False, compare=False)
    _elsewhere: dict[str, dict[str, Declared]] = field(default_factory=dict, repr=False, compare=False)
    _sources: dict[str, Source] = field(default_factory=dict, repr=False, compare=False)
    located: dict[tuple[str, ...], Located] = field(default_factory=dict, repr=False, compare=False)
    walks: dict[tuple[Hashable, ...], tuple[Outside, Walk]] = field(default_factory=dict, repr=False, compare=False)
    _imported: list[int] = field(default_factory=lambda: [0], repr=False, compare=False)
    _settings: dict[tuple[str, str], Settings | None] = field(default_factory=dict, repr=False, compare=False)
    _version_files: dict[tuple[str, str], VersionFile] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def requirements(self) -> Requirements | None:
        """The requirements file of the root with all that it includes; None where there is none."""
        if not self.tree.is_file(REQUIREMENTS):
            return None
        from deploylint.facts.pipfiles import read_requirements

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

    @cached_property
    def app_json(self) -> AppJson | None:
        """The app.json of the root, which the platform reads before any buildpack; None where there is none."""
        if not self.received.is_file(APP_JSON):
            return None
        from deploylint.facts.appjson import read_app_json

        return read_app_json(self.received, APP_JSON)

    @cached_property
    def descriptor(self) -> Descriptor | None:
        """The project.toml of the root, which the platform reads before any buildpack; None where there is none."""
        if not self.received.is_file(DESCRIPTOR):
            return None
        from deploylint.facts.descriptor import read_descriptor

        return read_descriptor(self.received, DESCRIPTOR)

    def named_buildpacks(self, manifest: str) -> tuple[str, ...] | None:
        """The buildpacks that the file `manifest` (app.json, project.toml, or none) names; None where it names none."""
        if manifest == APP_JSON:
            return self._app_json_buildpacks
        if manifest == DESCRIPTOR and self.descriptor and self.descriptor.buildpacks:
            return self.descriptor.buildpacks
        return None

    @cached_property
    def _app_json_buildpacks(self) -> tuple[str, ...] | None:
        named = self.app_json.buildpacks if self.app_json else None
        return None if named is None else tuple(word.value for word in named)

    def hook(self, path: str) -> Hook | None:
        """The hook at `path`, None where there is none."""
        if path not in self._hooks and self.tree.is_file(path):
            from deploylint.facts.hook import Hook

            self._hooks[path] = Hook(self.tree, path)
        return self._hooks.get(path)

    def version_file(self, path: str, blanks: str = BLANKS) -> VersionFile | None:
        """The version file at `path`, whose lines are trimmed of `blanks`; None where there is none."""
        if not self.tree.is_file(path):
            return None
        if (path, blanks) not in self._version_files:
            self._version_files[path, blanks] = read_version_file(self.tree, path, blanks)
        return self._version_files[path, blanks]

    def procfile(self, path: str, dialect: str) -> Procfile | None:
        """The Procfile at `path` in this dialect, None where there is none."""
        return read_procfile(self.tree, path, dialect) if self.tree.is_file(path) else None

    def module(self, path: str) -> Module:
        """The Python source at `path`. Those that are asked for after the limit is reached are not parsed."""
        if path not in self._modules:
            parsed = sum(len(module.text.value) for module in self._modules.values() if module.tree)
            self._modules[path] = read_module(self.tree, path, SOURCES_LIMIT - parsed)
        return self._modules[path]

    def source(self, path: str) -> Source:
        """What importing the Python source at `path` does; unknown of those asked for after the limit is reached."""
        if path not in self._sources:
            from deploylint.facts.module import read_source

            read = self._imported[0]
            large = read > PARSED_FIRST or len(self.tree.entries) > LARGE
            parse = self.open_cache() if self.open_cache and large else None
            source = read_source(self.tree, path, IMPORTED_LIMIT - read, parse)
            self._sources[path] = source
            self._imported[0] += source.size
        return self._sources[path]

    def settings(self, module: str, world: World) -> Settings | None:
        """What the settings module `module` says in a world; None where it is not found in the app."""
        key = (module, repr(world))
        if key not in self._settings:
            from deploylint.facts.settings import settings_in

            self._settings[key] = settings_in(self.tree, module, world, self.module)
        return self._settings[key]

    @cached_property
    def compiled_modules(self) -> frozenset[tuple[str, str]]:
        """The folder and the name of each compiled module, of which nothing else is known. Of `__pycache__` none can be
        imported without its source (PEP 3147).
        """
        found = (path.rpartition("/") for path in self.tree.entries if path.endswith((".so", ".pyd", ".pyc")))
        return frozenset(
            (folder, name.partition(".")[0])
            for folder, _, name in found
            if folder.rpartition("/")[2] != "__pycache__" or not name.endswith(".pyc")
        )

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

    def elsewhere(self, tool: str) -> dict[str, Declared]:
        """What the app declares so that `tool` does not install it, by name."""
        if tool not in self._elsewhere:
            from deploylint.facts.development import elsewhere

            files = self.requirements.files if self.requirements else ()
            self._elsewhere[tool] = elsewhere(self.tree, tool, {REQUIREMENTS, *(file.path for file in files)})
        return self._elsewhere[tool]

    def left_out(self, path: str) -> bool:
        """Whether the commit has `path` but the platform drops it before the build."""
        return self.tree.find(path) is None and self.received.find(path) is not None


_FOREIGN = re.compile(r"/(?:\.[^/]+|node_modules|site-packages|venv|env)/")
