"""From commands to the programs that run in the end. One test runs the real shells, with programs that only tell their
words.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploylint.compat import tomllib
from deploylint.facts.invocation import Broken, Invocation, Opaque, follow
from deploylint.facts.shell import Source
from deploylint.facts.wrappers import wrappers
from deploylint.package import read
from deploylint.text import Span, Text
from deploylint.tree import Entry, Kind, Tree

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from deploylint.facts.invocation import Step

SCRIPTS = {
    "start.sh": '#!/bin/bash\nset -e\ncd "$(dirname "$0")/src" || exit 1\n'
    "export APP=shop:app\nexec gunicorn $APP -b x\n",
    "bin/run": '#!/usr/bin/env bash\npython manage.py migrate\nif [ -n "$EMPTY" ]; then\n  python never.py\nfi\n'
    "gunicorn shop\n",
    "bot": "#!/usr/bin/env python\nprint()\n",
    "plain": "gunicorn plain\n",
    "env.sh": "export APP=shop:app\nWORKERS=3\n",
    "cases.sh": "case $1 in\n  web) exec gunicorn web ;;\n  worker) exec celery worker ;;\nesac\n",
    "src/inner.sh": "gunicorn inner\n",
    "crlf": "#!/usr/bin/env python\r\nprint()\r\n",
    "two": "#!/usr/bin/env python -u\n",
    "split": "#!/usr/bin/env -S python -u\n",
    "off": "#!/bin/sh\n",
    "loop.sh": "bash loop.sh\n",
    "bad.sh": "python before.py\nif true; then\n",
    "Procfile.real": "# both\nweb: gunicorn shop -b :$PORT\nworker: celery -A shop worker\n",
    "Pipfile": '[scripts]\nserve = "gunicorn shop --name \'a b\'"\nodd = "a && b"\nlist = ["a"]\n',
    "src/shop.py": "",
}
EXECUTABLE = {"start.sh", "bin/run", "bot", "plain", "crlf", "two", "split", "cases.sh"}


def app(files: Mapping[str, str | Entry] | None = None) -> Tree:
    tree = Tree.of({**SCRIPTS, "Procfile": "", **(files or {})})
    entries = {path: entry._replace(executable=path in EXECUTABLE) for path, entry in tree.entries.items()}
    return replace(tree, entries=entries)


def steps(
    command: str, files: Mapping[str, str | Entry] | None = None, known: Mapping[str, str | None] | None = None
) -> tuple[Step, ...]:
    text = Text("Procfile", f"web: {command}")
    return follow(Source.of_text(text, 5), app(files), known=known)


def runs(command: str) -> list[Invocation]:
    """The programs at the end of each way."""
    found = [step for step in steps(command) if isinstance(step, Invocation)]
    return [step for step in found if not step.hands_over and not step.builtin]


def one(command: str) -> Invocation:
    (found,) = runs(command)
    return found


def short(step: Step) -> str:
    if isinstance(step, Invocation):
        return " ".join(word or "?" for word in step.argv)
    return f"{step.what}{'...' if step.rest else ''}" if isinstance(step, Opaque) else step.kind


def told(command: str) -> list[str]:
    """All steps but builtins and what only hands over."""
    return [
        short(step)
        for step in steps(command)
        if not isinstance(step, Invocation) or not (step.builtin or step.hands_over)
    ]


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("gunicorn shop -b :$PORT", ["gunicorn shop -b ?"]),
        ("newrelic-admin run-program gunicorn shop", ["gunicorn shop"]),
        ("newrelic-admin run-python -m shop", ["shop"]),
        ("newrelic-admin validate-config x", ["newrelic-admin validate-config x"]),
        ("ddtrace-run -p gunicorn shop", ["gunicorn shop"]),
        ("ddtrace-run --odd x gunicorn shop", ["options"]),
        ("opentelemetry-instrument --service_name x --a=b gunicorn shop", ["gunicorn shop"]),
        ("bin/start-nginx -f gunicorn shop", ["gunicorn shop"]),
        ("./bin/start-stunnel bin/start-pgbouncer gunicorn shop", ["gunicorn shop"]),
        ("/app/bin/start-pgbouncer gunicorn shop", ["gunicorn shop"]),
        ("bin/start-nginx-solo", ["wrapper"]),
        ("bin/start-other gunicorn shop", ["missing"]),
        ("env -u X A=b gunicorn shop", ["gunicorn shop"]),
        ("env", []),
        ("/usr/bin/env gunicorn shop", ["gunicorn shop"]),
        ("nohup nice -n 5 gunicorn shop", ["gunicorn shop"]),
        ("timeout -k 5 30 gunicorn shop", ["gunicorn shop"]),
        ("dumb-init -- gunicorn shop", ["gunicorn shop"]),
        ("tini -s -- gunicorn shop", ["gunicorn shop"]),
        ("exec -a x gunicorn shop; never", ["gunicorn shop"]),
        ("command gunicorn shop", ["gunicorn shop"]),
        ("command -v gunicorn", []),
        ("time -p gunicorn shop", ["gunicorn shop"]),
        ("python -m gunicorn shop", ["gunicorn shop"]),
        ("python -um shop.bot", ["shop.bot"]),
        ("python3.12 -u -W ignore app.py", ["python3.12 -u -W ignore app.py"]),
        ("python -m honcho start -f Procfile.real web", ["gunicorn shop -b ?"]),
        ("honcho -f Procfile.real start", ["gunicorn shop -b ?", "celery -A shop worker"]),
        ("honcho start -f none", ["missing"]),
        ("honcho start -f $X", ["options"]),
        ("honcho run gunicorn shop", ["gunicorn shop"]),
        ("foreman start -f Procfile.real worker", ["celery -A shop worker"]),
        ("pipenv run gunicorn shop", ["gunicorn shop"]),
        ("pipenv run serve -w 2", ["gunicorn shop --name a b -w 2"]),
        ("pipenv run odd", ["code"]),
        ("pipenv run list", ["code"]),
        ("pipenv install", ["pipenv install"]),
        ("poetry run -q gunicorn shop", ["gunicorn shop"]),
        ("uv run gunicorn shop", ["gunicorn shop"]),
        ("uv run --no-dev app.py -x", ["python app.py -x"]),
        ("uv run --with x -m shop", ["shop"]),
        ("uv run --odd x", ["options"]),
        ("uv $X", ["uv ?", "options"]),
        ("supervisord -c x", ["wrapper"]),
        ("make run", ["wrapper"]),
        ("poetry run", ["command"]),
        ("bash -c 'gunicorn shop'", ["gunicorn shop"]),
        ('sh -ec "cd src && gunicorn shop -b :$PORT"', ["gunicorn shop -b ?"]),
        ("bash -o pipefail -c 'a | b'", ["a", "b"]),
        ("bash --odd -c a", ["options"]),
        ("bash -n start.sh", ["code"]),
        ("bash", ["code"]),
        ("bash -c \"gunicorn 'a\"", ["syntax"]),
        ("bash start.sh", ["gunicorn shop:app -b x"]),
        ("sh -e cases.sh web", ["gunicorn web", "celery worker"]),
        ("bash none.sh", ["missing"]),
        ("bash src", ["directory"]),
        ("bash /etc/profile", ["file"]),
        ("bash $X", ["file"]),
        ("./start.sh", ["gunicorn shop:app -b x"]),
        ("bin/run", ["python manage.py migrate", "python never.py", "gunicorn shop"]),
        ("./bot now", ["python ./bot now"]),
        ("./plain", ["gunicorn plain"]),
        ("./crlf", ["interpreter"]),
        ("./two", ["interpreter"]),
        ("./split x", ["python -u ./split x"]),
        ("./off", ["not-executable"]),
        ("./src", ["directory"]),
        ("start.sh", ["start.sh"]),
        ("bash loop.sh", ["cycle"]),
        ("bash bad.sh; gunicorn shop", ["python before.py", "syntax", "gunicorn shop"]),
        (". ./env.sh && gunicorn $APP -w $WORKERS", ["gunicorn shop:app -w 3"]),
        ("source env.sh; gunicorn $APP", ["gunicorn shop:app"]),
        ("source venv/bin/activate && gunicorn shop", ["missing", "source..."]),
        ("sh -c '. env.sh; gunicorn'", ["source..."]),
        ("bash -c '. ./env.sh'; gunicorn $APP", ["gunicorn ?"]),
        ('eval "$X"; gunicorn shop', ["eval..."]),
        ("(eval $X); gunicorn shop", ["eval...", "gunicorn shop"]),
        ("$X run; gunicorn shop", ["command", "gunicorn shop"]),
        ('exec "$@"; never', ["command"]),
        ("exit 0; never", []),
        ("f() { gunicorn $1; return; never; }; f x; g", ["gunicorn x", "g"]),
        ('f() { "$@"; }; f $X b', ["command"]),
        ('bash -c \'exec "$@"\' x gunicorn $X', ["gunicorn ?"]),
        ('set -- $X b; shift; gunicorn "$1"', ["gunicorn ?"]),
        ('set -- a b; if x; then shift; fi; gunicorn "$@"', ["x", "gunicorn ?"]),
        ('set -- a; while x; do gunicorn "$1"; shift; done', ["x", "gunicorn ?"]),
        ("cd none && gunicorn shop", ["folder", "gunicorn shop"]),
        ("A=1; A=$X; gunicorn $A", ["gunicorn ?"]),
        ('A=1; unset A; gunicorn "$A"x', ["gunicorn x"]),
        ("A=1; read A; gunicorn $A", ["gunicorn ?"]),
        ("A=1; if x; then A=2; fi; gunicorn $A", ["x", "gunicorn ?"]),
        ("if x; then exec a; else exec b; fi; never", ["x", "a", "b"]),
        ("A=1; for i in 1 2; do g $A; A=2; done", ["g ?"]),
        ("A=1; (A=2); gunicorn $A", ["gunicorn 1"]),
        ("A=1; A=2 | x; gunicorn $A", ["x", "gunicorn 1"]),
        ("A=1; export B=$A; gunicorn $B", ["gunicorn 1"]),
        ("A=1; bash -c 'g $A'", ["g ?"]),
        ("export A=1; bash -c 'g $A'", ["g 1"]),
        ("A=1 bash -c 'g $A'", ["g 1"]),
        ("coproc x", ["code..."]),
        ("gunicorn shop:create_app()", ["syntax"]),
    ],
)  # fmt: skip
def test_what_is_run(command: str, expected: list[str]) -> None:
    assert told(command) == expected


@pytest.mark.parametrize(
    ("command", "cwd"),
    [
        ("cd src && gunicorn shop", "src"),
        ("cd src; cd ..; gunicorn shop", ""),
        ("cd /app/src; gunicorn shop", "src"),
        ("cd; gunicorn shop", ""),
        ("cd ~/src && gunicorn shop", "src"),
        ("cd $HOME/src && gunicorn shop", "src"),
        ("cd -- src; gunicorn shop", "src"),
        ("cd $X; gunicorn shop", None),
        ("cd -; gunicorn shop", None),
        ("cd /tmp; gunicorn shop", None),
        ("cd /application; gunicorn shop", None),
        ("cd ../..; gunicorn shop", None),
        ("pushd src; gunicorn shop", None),
        ("(cd src); gunicorn shop", ""),
        ("cd src & gunicorn shop", ""),
        ("[ x ] && cd src; gunicorn shop", None),
        ("while x; do cd src; done; gunicorn shop", None),
        ("cd src || exit 1; gunicorn shop", "src"),
        ("bash -c 'cd src'; gunicorn shop", ""),
        ("bash start.sh", "src"),
        ("uv run --directory src gunicorn shop", "src"),
        ("env -C src gunicorn shop", "src"),
        ("cd $(pwd)/src; gunicorn shop", "src"),
    ],
)
def test_where_it_is_run(command: str, cwd: str | None) -> None:
    assert runs(command)[-1].cwd == cwd


@pytest.mark.parametrize(
    ("command", "marks"),
    [
        ("gunicorn shop", "last"),
        ("x; gunicorn shop", "last"),
        ("gunicorn shop; x", ""),
        ("x && gunicorn shop", "guarded last"),
        ("x || gunicorn shop", "conditional last"),
        ("[ -f x ] && gunicorn shop", "conditional guarded last"),
        ("gunicorn shop || x", "last"),
        ("gunicorn shop && x", ""),
        ("gunicorn shop &", "background last"),
        ("gunicorn shop & x", "background"),
        ("x | gunicorn shop", "piped last"),
        ("gunicorn shop | x", "piped"),
        ("if x; then gunicorn shop; fi", "conditional last"),
        ("if gunicorn shop; then x; fi", ""),
        ("while x; do gunicorn shop; done", "conditional"),
        ("{ gunicorn shop; }", "last"),
        ("( gunicorn shop )", "last"),
        ("( gunicorn shop ); x", ""),
        ("if x; then exec y; fi; gunicorn shop", "conditional last"),
        ("exec gunicorn shop; x", "last"),
        ("(exec gunicorn shop); x", ""),
        ("bash -c 'exec gunicorn shop'; x", ""),
        ("bash -c 'exec gunicorn shop'", "last"),
        ("cd src || exit 1; gunicorn shop", "guarded last"),
        ("[ x ] || exit 1; gunicorn shop", "conditional last"),
        ("python -m gunicorn", "last module"),
        ("case a in a) gunicorn shop;; esac", "conditional last"),
    ],
)
def test_whether_it_is_run(command: str, marks: str) -> None:
    (found,) = [step for step in runs(command) if step.argv0 == "gunicorn"]
    names = ("conditional", "guarded", "background", "piped", "last", "module")
    assert " ".join(name for name in names if getattr(found, name)) == marks


def test_what_is_set_for_it() -> None:
    found = one("export A=1; unset F; C=$PORT env -u E D='x y' gunicorn shop")
    shown = {name: word and (word.literal or word.written) for name, word in found.env.items()}
    assert shown == {"A": "1", "C": "$PORT", "D": "x y", "E": None, "F": None}
    assert found.mentions("PORT")
    assert not found.mentions("A")


def test_the_way_to_it() -> None:
    found = one("newrelic-admin run-program bash start.sh")
    assert [hop.words for hop in found.via] == ["newrelic-admin run-program", "start.sh", "exec"]
    assert [str(hop.span) for hop in found.via] == ["Procfile:1:6", "Procfile:1:38", "start.sh:5:1"]
    assert found.span == Span("start.sh", 5, 6, 5, 24)
    assert [
        short(step) for step in steps("newrelic-admin run-program bash start.sh") if isinstance(step, Invocation)
    ] == [
        "newrelic-admin run-program bash start.sh",
        "bash start.sh",
        "set -e",
        "exit 1",
        "gunicorn shop:app -b x",
    ]


def test_the_program_less_its_folder() -> None:
    assert one("/usr/bin/gunicorn shop").program == "gunicorn"
    assert one("/app/.heroku/python/bin/gunicorn shop").program == "gunicorn"
    (missing,) = steps("venv/bin/gunicorn shop")
    assert missing == Broken("missing", Span("Procfile", 1, 6, 1, 23), path="venv/bin/gunicorn")


def test_a_server_in_front_takes_the_port() -> None:
    front, _ = steps("bin/start-nginx gunicorn shop")
    assert isinstance(front, Invocation)
    assert front.listens
    assert front.hands_over


def test_a_file_of_the_app_goes_before_what_a_buildpack_brings() -> None:
    files = {"bin/start-nginx": "gunicorn own\n"}
    found = steps("bin/start-nginx gunicorn shop", files)
    assert isinstance(found[0], Invocation)
    assert found[0].file == "bin/start-nginx"
    assert short(found[1]) == "not-executable"


def test_a_runner_gives_each_process_a_port_of_its_own() -> None:
    first, second = runs("honcho start -f Procfile.real")
    assert "PORT" not in first.env
    assert second.env["PORT"] is None
    assert [hop.words for hop in second.via] == ["honcho start", "Procfile.real worker"]


def test_values_that_are_known() -> None:
    (found,) = steps("gunicorn -b :$PORT ${X:-a}", known={"PORT": "80", "X": None})
    assert short(found) == "gunicorn -b :80 a"


def test_what_is_not_known_lies_below_a_submodule() -> None:
    lib = Entry("lib", Kind.SUBMODULE)
    assert [short(step) for step in steps("bash lib/x.sh; ./lib/y", {"lib": lib})] == [
        "bash lib/x.sh",
        "file",
        "./lib/y",
        "file",
    ]


def test_arguments_do_not_grow_without_end() -> None:
    doubled = "set -- a; " + 'set -- "$@" "$@"; ' * 60 + 'gunicorn "$@"'
    assert len(one(doubled).words) < 1100
    many = "set -- " + "a " * 900 + "; gunicorn " + '"$@" ' * 900
    assert len(one(many).words) == 901


def test_there_is_an_end_to_it() -> None:
    found = steps("f() { f; f; }; f")
    assert any(isinstance(step, Opaque) and step.what == "limit" for step in found)
    found = steps("bash a.sh", {"a.sh": "x\n" * 5000})
    assert len(found) < 1000
    nested = "bash -c " * 30 + "x"
    assert len(steps(nested)) < 100
    tangle = {
        f"{number}.sh": f"bash {number + 1}.sh; bash {number + 1}.sh; bash {number + 1}.sh\n" for number in range(9)
    }
    assert len(steps("bash 0.sh", tangle)) < 1000


TOKENS = st.sampled_from([
    "bash", "-c", "env", "honcho", "start", "cd", "src", "&&", ";", "exec", "uv", "run", "$X", "export", "A=1", "if",
    "then", "fi", "|", "&", "./start.sh", ".", "python", "-m", "x", "(", ")", "'a b'", "f()", "{", "}",
])  # fmt: skip


@given(st.text() | st.lists(TOKENS).map(" ".join))
def test_any_command_can_be_followed(command: str) -> None:
    for step in steps(command):
        assert step.span.line >= 1


# The table of wrappers.


WRAPPED = [
    "nice", "nice -n 5", "nice -n5", "nice --adjustment=5", "nice --adjustment 5", "nice -5", "nice --5", "nice -+5",
    "nice -n -5", "env A=1 B=2", "env -u A", "env -uA", "env --unset=A A=1", "env -v A=1", "env --", "env -- A=1",
    "timeout 5", "timeout -k 1 5", "timeout -k1 5s", "timeout --kill-after=1 5", "timeout -s TERM 5",
    "timeout --signal=TERM 5", "timeout --preserve-status 5", "timeout --foreground -v 5", "timeout -v -- 5", "nohup",
    "nohup --", "stdbuf -oL", "stdbuf -o L -e0", "stdbuf --output=L", "stdbuf -i0 -o0 -e0", "setsid -w",
    "setsid --wait", "ionice -c 2 -n 3", "ionice -c2 -n3", "ionice -t -c 3", "ionice --class=2 --classdata=4", "time",
    "time -p", "env nice -n 1 timeout 5", "dumb-init --", "tini --", "tini -s -g --",
]  # fmt: skip


@pytest.mark.skipif(sys.platform != "linux" or not shutil.which("bash"), reason="these are the programs of Linux")
@pytest.mark.parametrize("wrapper", WRAPPED)
def test_the_real_wrapper_runs_the_same(wrapper: str, tmp_path: Path) -> None:
    command = f"{wrapper} printf '<%s>' a -b"
    (step,) = [
        step for step in follow(Source.fixed(command, Span("Procfile")), Tree.of({})) if isinstance(step, Invocation)
    ][-1:]
    assert step.argv == ("printf", "<%s>", "a", "-b")
    program = wrapper.partition(" ")[0]
    if program != "time" and not shutil.which(program):
        pytest.skip("this one is not installed")
    done = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout == "<a><-b>"


@pytest.mark.parametrize("command", ["tini gunicorn -b x", "timeout -f 5 gunicorn", "nice --x gunicorn", "nice -5x a"])
def test_options_that_a_wrapper_may_refuse_are_not_followed(command: str) -> None:
    steps = follow(Source.fixed(command, Span("Procfile")), Tree.of({}))
    assert [step.what for step in steps if isinstance(step, Opaque)] == ["options"]


def test_the_table_of_wrappers_is_whole() -> None:
    rows = tomllib.loads(read("wrappers.toml"))["wrapper"]
    seen = [(row["command"], row.get("subcommand")) for row in rows]
    assert len(set(seen)) == len(seen)
    for row in rows:
        found = wrappers(row["command"])
        assert any(wrapper.source.startswith("https://") for wrapper in found)
        assert row.get("inner", "words") in ("words", "python", "uv", "procfile", "opaque")
        assert len({"distribution", "buildpack", "system"} & row.keys()) <= 1
    assert wrappers("gunicorn") == ()
    assert wrappers("env", module=True) == ()


# Against the shells.

REAL = [
    "gunicorn shop -b 0.0.0.0:$PORT",
    "cd src && gunicorn shop --name 'a b'",
    "cd src; python a.py; gunicorn shop",
    "A=1 gunicorn shop",
    "env -u B A=1 gunicorn shop",
    "exec gunicorn shop",
    "exec gunicorn shop; celery never",
    "nohup gunicorn shop",
    "nice -n 1 gunicorn shop",
    "timeout 20 gunicorn shop",
    "command gunicorn shop",
    "gunicorn a & gunicorn b; wait",
    "python a.py && gunicorn shop",
    "python a.py; celery b",
    'python "yes" | gunicorn shop',
    "bash -c 'gunicorn a; gunicorn b'",
    'sh -c "gunicorn -b :\\$PORT $PORT"',
    "bash -ec 'cd src && gunicorn \"$PORT\"'",
    "bash start.sh",
    "./start.sh",
    "bash bin/run",
    "./bot now",
    "./plain",
    "./split x",
    "sh src/inner.sh",
    "cd src && sh inner.sh",
    ". ./env.sh && gunicorn $APP -w $WORKERS",
    "source env.sh; gunicorn $APP",
    "export A=x; bash -c 'gunicorn $A'",
    "A=x; gunicorn $A",
    "A=x bash -c 'gunicorn $A'",
    "(cd src; gunicorn shop); celery x",
    "{ gunicorn a; gunicorn b; }",
    "f() { gunicorn f; }; f",
    "f() { gunicorn f; return; gunicorn never; }; f; celery x",
    "gunicorn a; exit; gunicorn never",
    "python shop.py -m x",
    "cd ~/src; gunicorn $PORT",
    "cat <<EOF > /dev/null\ngunicorn never\nEOF\ngunicorn shop",
    "gunicorn a # celery never",
    "echo gunicorn never > /dev/null; gunicorn 'a\nb'",
    'unset PORT; gunicorn "x$PORT"',
    "gunicorn ${PORT:+--bind} ${NONE:-none}",
    "! gunicorn a; celery b",
    "set -e; gunicorn a",
    "/usr/bin/env gunicorn a",
    "gunicorn shop:create_app()",
    "gunicorn a; gunicorn 'b",
    "bash bad.sh",
    "true; gunicorn a",
    "f() { gunicorn $1; }; f x; gunicorn y",
    'f() { gunicorn "$@"; }; f a "b c"; f',
    'f() { "$@"; }; f gunicorn "a b"',
    'f() { shift; gunicorn "$1" "$@"; }; set -- k; f a b; gunicorn "$1"',
    "set -- a b; gunicorn $@",
    'set -eu; set -o pipefail; set -- a b c; shift 2; gunicorn "$@" "$1"',
    "bash -c 'exec \"$@\"' x gunicorn a",
    "bash -c 'gunicorn $1' x 'a'; sh -c 'gunicorn \"$@\"' x $PORT b",
]  # fmt: skip


@pytest.mark.skipif(shutil.which("bash") is None or sys.platform == "win32", reason="needs bash")
def test_the_shell_runs_the_same(tmp_path: Path) -> None:
    root, stubs, log = tmp_path / "app", tmp_path / "stubs", tmp_path / "log"
    stubs.mkdir()
    for name in ("gunicorn", "python", "celery"):
        stub = stubs / name
        stub.write_text(f'#!/bin/sh\nprintf "%s\\0" "$PWD" {name} "$@" --end-- >> "$LOG"\n')
        stub.chmod(0o755)
    for path, content in SCRIPTS.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode())
        file.chmod(0o755 if path in EXECUTABLE else 0o644)
    env = {"PATH": f"{stubs}{os.pathsep}/usr/bin{os.pathsep}/bin", "PORT": "5000", "HOME": str(root), "LOG": str(log)}
    known = {"PORT": "5000", "HOME": str(root), "NONE": None, "EMPTY": None}
    wrong = []
    for command in REAL:
        log.write_bytes(b"")
        subprocess.run(["bash", "-c", command], cwd=root, env=env, capture_output=True, check=False, timeout=60)
        records = [record.split("\0")[:-1] for record in log.read_bytes().decode().split("--end--\0")[:-1]]
        real = [(os.path.relpath(record[0], root).removeprefix("."), record[1:]) for record in records]
        found = follow(Source.of_text(Text("Procfile", command)), app(), root=str(root), known=known)
        assert not any(isinstance(step, Opaque) for step in found), command
        said = [
            (step.cwd, [step.program, *step.argv[1:]])
            for step in found
            if isinstance(step, Invocation)
            and step.program in ("gunicorn", "python", "celery")
            and not step.conditional
        ]
        if sorted(map(repr, said)) != sorted(map(repr, real)):
            wrong.append((command, said, real))
    assert wrong == []
