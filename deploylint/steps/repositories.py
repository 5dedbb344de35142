"""Git repositories that the build cannot fetch: over ssh, for which it has no key, or over git's own protocol.

No buildpack for Python brings a key or knows the host's own, so that ssh ends with `Host key verification failed` or
`Permission denied (publickey)`, of a public repository too. A hook of the app may bring them, or tell git to take
another way, and so may a buildpack that runs first or a config var that git gets to see (GIT_SSH_COMMAND).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from deploylint.facts.piplinks import remote
from deploylint.finding import Phase
from deploylint.plan import Fault
from deploylint.steps.doubt import changing_buildpack, unless

if TYPE_CHECKING:
    from deploylint.steps import Build
    from deploylint.text import Span


def repository_fault(build: Build, tool: str, span: Span, name: str, address: str) -> Fault | None:
    """Why `tool` cannot fetch the distribution `name` from `address`; None where it may. `name` is empty where the
    address is all that is known. Of a platform of the past nothing is said: hosts have become stricter.
    """
    found = None if build.platform.frozen else remote(address)
    if found is None:
        return None
    packages = build.platform.data["packages"]
    keyed = found.host in packages["keyed_hosts"]
    if found.kind == "git" and not keyed:
        return None
    detail = {"kind": found.kind, "host": found.host, "public": found.public, "name": name}
    # A host of one's own may let in everybody, and be known to the machine.
    certain = keyed and isinstance(packages["variables_seen"], list)
    reason = f"install-dependencies::{tool}"
    fault = Fault(reason, Phase.BUILD, (span,), topic="repository-unreachable", certain=certain, detail=detail)
    return unless(fault, _hook(build) or changing_buildpack(build, brings=True))


def _hook(build: Build) -> str | None:
    """The hook that runs before anything is installed; what it does to git and ssh it may leave to other programs."""
    path: str = build.platform.data["source"]["hooks"]["before"]
    return path if path and build.app.tree.may_exist(path) else None
