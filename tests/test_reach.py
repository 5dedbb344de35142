"""What processes reach: whatever the command, nothing crashes, and what is said stands in a file of the app."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploylint.knowledge.servers import named, read_arguments
from tests.test_plan import plan_of

FILES = {
    "requirements.txt": "flask\ngunicorn\n",
    ".python-version": "3.13\n",
    "app.py": "import shop.data, yaml\n\napp = object()\n\n\ndef make():\n    import missing\n",
    "shop/__init__.py": "",
    "shop/data.py": "from . import nothing\nfrom .more import *\nimport cgi\n",
    "shop/more.py": "x = [\n",
    "gunicorn.conf.py": "workers = 2\n",
}
WORDS = [
    "gunicorn", "uvicorn", "waitress-serve", "daphne", "hypercorn", "celery", "flask", "run", "worker", "python", "-m",
    "app:app", "app:make()", "'app:make()'", "shop.data", "shop/data.py", "app.py", "gone.py", "-A", "-b", "--bind",
    "--bind=127.0.0.1:$PORT", "0.0.0.0:5000", "--port", "$PORT", "--chdir", "shop", "..", "--pythonpath", "-c",
    "gunicorn.conf.py", "&&", "||", ";", "cd", "PYTHONPATH=shop", "exec", "--factory", "-", "--", "é",
]  # fmt: skip


@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=9), st.sampled_from(["web", "release", "worker"]))
def test_no_command_crashes(words: list[str], process: str) -> None:
    plan = plan_of({**FILES, "Procfile": f"{process}: {' '.join(words)}\n"})
    for fault in plan.faults():
        for span in fault.spans:
            lines = FILES.get(span.path, " ".join(words) + "\n").split("\n")
            assert 1 <= span.line <= len(lines) + 1
            assert fault.reason == f"boot::{process}"


@given(st.lists(st.text(max_size=12), min_size=1, max_size=8), st.sampled_from(WORDS[:8]))
def test_arguments_are_among_the_words(words: list[str], command: str) -> None:
    for server in named([command, *words], module=False):
        found = read_arguments(server, [command, *words])
        if found is not None:
            assert all(0 < at <= len(words) for at in found.positional)
            assert all(0 < at <= len(words) for _, at in found.options.values())


@pytest.mark.parametrize(
    ("command", "topics"),
    [
        ("gunicorn app:app", ["module-not-installed", "import-broken", "module-removed", "syntax-error"]),
        ("gunicorn 'app:make()'", ["module-not-installed", "import-broken", "module-removed", "syntax-error"]),
        ("gunicorn app", ["attribute-missing"]),
        ("gunicorn --chdir shop data", ["module-removed"]),
        ("gunicorn -c other.py app:gone", ["file-missing"]),
        ("gunicorn -c python:other app:gone", ["module-not-installed"]),
        ("gunicorn -c $OTHER app:gone", []),
        ("gunicorn -c /etc/other.py app:gone", []),
        ("gunicorn app:shop.data", ["attribute-missing"]),
        ("uvicorn --host 0.0.0.0 --port $PORT app:gone.y", ["attribute-missing"]),
        ("gunicorn --paste app.ini", []),
        ("GUNICORN_CMD_ARGS='--chdir shop' gunicorn gone:app", ["module-missing"]),
        ('GUNICORN_CMD_ARGS="--chdir $SHOP" gunicorn gone:app', []),
        ("GUNICORN_CMD_ARGS=$OPTIONS gunicorn gone:app", []),
        ("$SERVER app:app", []),
        ("cd $FOLDER && gunicorn gone:app", []),
        ("python -c 'import gone'", []),
        ("gunicorn shop.data:x --bind=127.0.0.1:$PORT", ["not-reached"]),
        ("PYTHONPATH=$LIB gunicorn gone:app", []),
    ],
)
def test_what_is_said(command: str, topics: list[str]) -> None:
    found = {fault.topic for fault in plan_of({**FILES, "Procfile": f"web: {command}\n"}).boot.faults}
    assert set(topics) <= found
    assert topics or not found


@pytest.mark.parametrize(
    ("files", "module", "near"),
    [
        ({"config/wsgi.py": ""}, "shop.wsgi", "config/wsgi.py"),
        ({"server.py": ""}, "sevrer", "server.py"),
        ({"shop/wsgi.py": ""}, "shpo.wgsi", "shop/wsgi.py"),
        ({"shop/server.py": ""}, "main", None),
        ({"one/wsgi.py": "", "two/wsgi.py": ""}, "shop.wsgi", None),
        ({"server.py": "", "sever.py": ""}, "serverr", None),
    ],
)
def test_which_module_was_meant(files: dict[str, str], module: str, near: str | None) -> None:
    (fault,) = plan_of({"requirements.txt": "gunicorn", "Procfile": f"web: gunicorn {module}", **files}).boot.faults
    assert fault.detail.get("near") == near


@pytest.mark.parametrize(
    ("hook", "certain"),
    [(None, True), ("echo built", True), ("chmod -R +x .", False), ("chmod +x bin/*", False), ("sh more.sh", False)],
)
def test_a_hook_may_make_a_script_executable(hook: str | None, certain: bool) -> None:
    files = {
        "requirements.txt": "",
        "Procfile": "release: bin/release",
        "bin/release": "#!/bin/sh\necho",
        "more.sh": "chmod +x x",
    }
    (fault,) = plan_of({**files, **({"bin/post_compile": hook} if hook else {})}).boot.faults
    assert (fault.topic, fault.certain) == ("command-broken", certain)


@pytest.mark.parametrize(
    ("hook", "told"),
    [("echo built", True), ("tar xzf files.tgz", False), ("sh more.sh", False), ("touch clock.py", False)],
)
def test_a_hook_may_write_what_a_command_names(hook: str, told: bool) -> None:
    files = {"requirements.txt": "", "Procfile": "clock: python clock.py", "more.sh": "echo > clock.py"}
    assert bool(plan_of({**files, "bin/post_compile": hook}).boot.faults) is told
