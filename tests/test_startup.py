"""What a plain run may load: a module that is added to every start-up has to be added here too."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from tests.test_cli import PATH, READY, commit, files

if TYPE_CHECKING:
    from pathlib import Path

# The modules of ours that a run on a small app without findings loads, in text, in a git repository.
OWN = {
    "__main__", "app", "checks", "checks.archives", "checks.breaks", "checks.brokers", "checks.commands",
    "checks.django", "checks.djangochecks", "checks.imports", "checks.libraries", "checks.linefixes",
    "checks.listening", "checks.loaded", "checks.manifest", "checks.noprocess", "checks.packages", "checks.pip",
    "checks.processes", "checks.procfile", "checks.python", "checks.reads", "checks.refusals", "checks.registry",
    "checks.running", "checks.secrets", "checks.services", "checks.settings", "checks.shell", "checks.source",
    "checks.targets", "checks.versionfiles", "checks.words", "cli", "compat", "config", "directory", "engine",
    "errors", "facts", "facts.branches", "facts.callnotes", "facts.events", "facts.folders", "facts.follower",
    "facts.invocation", "facts.markers", "facts.module", "facts.newest", "facts.pipfiles", "facts.piphashes",
    "facts.pipline", "facts.pipoptions", "facts.pippins", "facts.piprequirement", "facts.procfile",
    "facts.programs", "facts.python", "facts.releases", "facts.requirements", "facts.secrets", "facts.shell",
    "facts.shellbuiltins", "facts.shellgrammar", "facts.shellscan", "facts.shellsimple", "facts.shellstate",
    "facts.shellwords", "facts.versionfile", "facts.wrappers", "finding", "frameworks", "git", "git.conversion",
    "git.listing", "git.objects", "git.process", "git.repository", "git.sources", "git.trees", "imports",
    "imports.binding", "imports.closure", "imports.finder", "imports.walk", "jobs", "knowledge", "knowledge.broken",
    "knowledge.closure", "knowledge.distributions", "knowledge.parts", "knowledge.refusals", "knowledge.servers",
    "knowledge.stdlib", "knowledge.tables", "nearmiss", "output", "output.common", "output.style", "output.text",
    "package", "place", "plan", "platform", "record", "rendering", "report", "rulebook", "rules", "run",
    "selection", "spelling", "steps", "steps.absence", "steps.answer", "steps.argv", "steps.attribute",
    "steps.boot", "steps.broken", "steps.commands", "steps.configured", "steps.django", "steps.doubt",
    "steps.hookinstalls", "steps.importfaults", "steps.installed", "steps.launch", "steps.listen", "steps.make",
    "steps.packages", "steps.pip", "steps.piplines", "steps.pipnames", "steps.pipneeds", "steps.place",
    "steps.python", "steps.reach", "steps.refused", "steps.source", "steps.uncallable", "steps.unknownoption",
    "steps.versions", "steps.workers", "streams", "suppression", "text", "tree", "view",
}  # fmt: skip

# What is known to be slow to import, and not needed by such a run.
SLOW = {
    "asyncio", "attr", "concurrent", "email", "http", "importlib.metadata", "importlib.resources", "libcst",
    "logging", "packaging", "pip_requirements_parser", "sarif_om", "tempfile", "unittest", "urllib.request", "xml",
    "yaml", "zipfile",
}  # fmt: skip

SCRIPT = """
import sys
sys.argv = ["deploylint", "."]
from deploylint.__main__ import main
try:
    main()
except SystemExit as stop:
    assert stop.code == 0, stop.code
print("MODULES", *sys.modules)
"""


def loaded(root: Path) -> set[str]:
    env = {"PATH": PATH, "HOME": str(root)}
    command = [sys.executable, "-c", SCRIPT]
    done = subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, check=True)
    return set(done.stdout.rpartition("MODULES ")[2].split())


def test_a_plain_run_loads_these_and_no_more(tmp_path: Path) -> None:
    modules = loaded(commit(files(tmp_path, READY)))
    own = {name.removeprefix("deploylint.") for name in modules if name.startswith("deploylint.")}
    assert own == OWN
    assert not modules & SLOW
