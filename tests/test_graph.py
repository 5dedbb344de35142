"""What each process loads and needs, in the log, as a tree and as DOT; and that no app can spoil or burst them."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from deploylint.imports import LIMIT
from deploylint.output import graph, plan
from deploylint.output.style import Style
from tests.test_outputs import Files, report
from tests.test_reach import FILES, WORDS

APP: Files = {
    "requirements.txt": "flask\ngunicorn\n",
    ".python-version": "3.13\n",
    "Procfile": "web: gunicorn shop.wsgi:app\n",
    "shop/__init__.py": "",
    "shop/wsgi.py": "import os\nimport flask, jinja2, yaml\nfrom shop import data\nimport shop.more\napp = 1\n",
    "shop/data.py": "import shop.more\n",
    "shop/more.py": "import cgi\nimport shop.data\nimport shop.gone\nimport nobodys\nfrom shop.data import lost\n",
}
TREE = """\
heroku: web: shop.wsgi:app
|-- gunicorn
`-- shop.wsgi
    |-- shop
    |-- flask
    |-- jinja2 (not declared, comes with flask)
    |-- yaml (not installed: pyyaml)
    |-- shop.data
    |   `-- shop.more
    |       |-- cgi (not in Python since 3.13)
    |       |-- shop.data (above)
    |       |-- shop (above)
    |       |-- shop.gone (not found in the app)
    |       |-- nobodys (not installed, nobody is known to provide it)
    |       `-- shop.data.lost (not found in the app)
    `-- shop.more (above)

"""
# The grammar of DOT, as far as it is used.
_STRING = r'"(?:[^"\\\x00-\x1f]|\\[\\"n])*"'
_STATEMENT = re.compile(
    rf'digraph deploylint {{|  rankdir=LR;|  (?:graph|node) \[(?:shape=box, )?fontname="Helvetica"\];|'
    rf"  subgraph cluster_\d+ {{|    label={_STRING};|  }}|}}"
    rf"|    p\d+(?:_\d+)? \[label={_STRING}(?:, (?:shape=ellipse|style=rounded))?(?:, color=red, fontcolor=red)?\];"
    r"|    p\d+(?:_\d+)? -> p\d+_\d+;|    // more than \d+ lines: the rest is left out"
)


def with_command(*commands: str, **files: str) -> Files:
    named = {f"{path.replace('__', '/')}.py": text for path, text in files.items()}
    base: Files = {"requirements.txt": "flask\n", ".python-version": "3.13\n"}
    return {**base, "Procfile": "".join(f"{command}\n" for command in commands), **named}


def edges(dot: str) -> list[tuple[str, str]]:
    """The edges of a DOT text, by labels; every line of it is checked."""
    for line in dot.splitlines():
        assert _STATEMENT.fullmatch(line), line
    assert dot.count("{") - dot.count("}") == 0
    labels = dict(re.findall(rf"^    (\w+) \[label=({_STRING})", dot, re.MULTILINE))
    # A label has its note, and what is too long, on further lines.
    labels = {name: re.sub(r"(?<!\\)((?:\\\\)*)\\n", r"\1 ", label) for name, label in labels.items()}
    found = re.findall(r"^    (\w+) -> (\w+);$", dot, re.MULTILINE)
    return [(labels[start].strip('"'), labels[end].strip('"')) for start, end in found]


def test_the_tree() -> None:
    assert graph.tree(report(APP)) == TREE


def test_the_same_as_dot() -> None:
    found = edges(graph.dot(report(APP)))
    assert ("start", "shop.wsgi") in found
    assert ("shop.data", "shop.more") in found
    assert ("shop.more", "shop.data") in found
    assert ("shop.more", "shop.gone (not found in the app)") in found
    assert len(found) == len(set(found)) == len(TREE.strip().splitlines()) - 1


def test_every_module_of_the_closure_is_in_the_graph() -> None:
    found = report(APP)
    closure = found.apps[0].plan.reached[0].closure
    assert closure is not None
    shown = {label for edge in edges(graph.dot(found)) for label in edge}
    assert set(closure.visits) <= shown


@example(["gunicorn", "app:make()"])
@example(["python", "app.py"])
@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=9))
def test_whatever_the_command_the_graph_holds_the_closure(words: list[str]) -> None:
    found = report({**FILES, "Procfile": f"web: {' '.join(words)}\n"})
    shown = {label for edge in edges(graph.dot(found)) for label in edge}
    lines = {line.rpartition("-- ")[2].removesuffix(" (above)") for line in graph.tree(found).splitlines()}
    for reached in found.apps[0].plan.reached:
        modules = {visit.found for visit in reached.closure.visits.values()} if reached.closure else set()
        names = {module.path if module.name == "__main__" else module.name for module in modules}
        assert names <= shown & lines


@pytest.mark.parametrize(
    ("files", "lines"),
    [
        (
            with_command("web: python a.py", a="import a\nfrom . import b\n"),
            ["`-- a.py", "a", ". (not found in the app)"],
        ),
        (with_command("web: python a.py", a="import a.b\n"), ["a.b (not found in the app)"]),
        (
            with_command("web: python a.py", a="import p.q.r\n", p__q__r=""),
            ["    `-- p.q.r", "        `-- p.q", "            `-- p"],
        ),
        (
            with_command("web: python a.py", a="import p.q.r\n", p__q__s=""),
            ["p.q", "p", "p.q.r (not found in the app)"],
        ),
        (with_command("web: python a.py", a="def f():\n    import b\nf()\n", b=""), ["`-- a.py", "    `-- b"]),
        (with_command("web: ./run"), ["`-- (what it loads is not known)"]),
        (with_command("web: gunicorn gone:app"), ["heroku: web: gone:app", "`-- gunicorn (not installed)"]),
        (with_command("web: python a.py && python b.py", a="", b=""), ["heroku: web: a.py", "heroku: web: b.py"]),
        (with_command("web: python a.py", "worker: python b.py", a="", b=""), ["heroku: worker: b.py"]),
    ],
)
def test_what_the_tree_says(files: Files, lines: list[str]) -> None:
    shown = graph.tree(report(files))
    for line in lines:
        assert re.search(rf"(?m)^(?:[ |]*[|`]-- )?{re.escape(line)}$", shown), shown
    edges(graph.dot(report(files)))


def test_a_compiled_module_is_a_leaf() -> None:
    files = {**with_command("web: python a.py", a="import fast\n"), "fast.cpython-313-x86_64-linux-gnu.so": ""}
    assert "    `-- fast (compiled, or not to be read)\n" in graph.tree(report(files))


def test_nothing_is_shown_of_what_is_no_python_app() -> None:
    assert graph.tree(report({})) == ""
    assert edges(graph.dot(report({}))) == []


def test_several_apps_and_platforms_are_told_apart() -> None:
    shown = graph.tree(report(APP, "heroku", "heroku-fir", prefix="sub/"))
    assert "sub: heroku: web: shop.wsgi:app\n" in shown
    assert "sub: heroku-fir: web: shop.wsgi:app\n" in shown


def test_names_that_would_spoil_the_output() -> None:
    files: Files = {
        "requirements.txt": "",
        ".python-version": "3.13",
        "Procfile": 'web: \x1b[2J"];\\ &lt; x\nworker: python "a\\"b\u202e&.py"\n',
        'a"b\u202e&.py': "import c\n",
        "c.py": "",
    }
    found = report(files, prefix='p"\n\x1b\\/')
    dot, tree = graph.dot(found), graph.tree(found)
    assert ("start", r"a\"b\\u202e&amp;.py") in edges(dot)
    assert '`-- a"b\\u202e&.py\n' in tree
    for shown in (dot, tree):
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", shown)


def test_what_is_not_there_is_red_and_the_first_process_at_the_top() -> None:
    files: Files = {**APP, "Procfile": "worker: hypercorn shop.wsgi:app\nweb: gunicorn shop.wsgi:app\n"}
    dot = graph.dot(report(files))
    red = re.findall(r'label="([^"\\]*).*color=red', dot)
    assert set(red) == {"yaml", "cgi", "shop.gone", "nobodys", "shop.data.lost", "hypercorn"}
    # From left to right, Graphviz puts the first cluster at the bottom.
    assert re.findall(r'label="heroku: (\w+)', dot) == ["web", "worker"]


def test_what_is_long_is_drawn_in_a_few_lines() -> None:
    imports = f"import {'y' * 300}\n"
    dot = graph.dot(report(with_command("web: $START " + "and more words " * 500, "worker: python a.py", a=imports)))
    labels = [label.split(r"\n") for label in re.findall(r'label="([^"]*)"', dot)]
    assert max(len(rows) for rows in labels) <= 6
    assert max(len(row) for rows in labels for row in rows) <= 60
    assert [rows[-1] for rows in labels].count("…") == 1


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
@pytest.mark.parametrize(
    "files",
    [
        APP,
        with_command("web: ./run", "worker: python a.py", a=f"import {'y' * 300}\n"),
        {
            **with_command('web: $X "a \\N \\G" & <b>&amp;</b> ] ; }', "worker: python 'a \\N {x|y} <i>\".py'"),
            'a \\N {x|y} <i>".py': "import été\n",
            "été.py": "",
        },
        {"requirements.txt": ""},
    ],
)
def test_graphviz_draws_it(files: Files) -> None:
    dot = graph.dot(report(files, "heroku", "heroku-fir", prefix='p"\n\\/'))
    # Every node that is written is one that Graphviz has understood.
    done = subprocess.run(["dot", "-Tplain"], input=dot.encode(), capture_output=True, check=True)
    drawn = [line.split()[1] for line in done.stdout.decode().splitlines() if line.startswith("node ")]
    assert done.stderr == b""
    assert sorted(drawn) == sorted(re.findall(r"^    (p\w+) \[", dot, re.MULTILINE))


def test_a_deep_chain_is_shown_whole_and_not_wide() -> None:
    names = [f"m{at}" for at in range(3000)]
    links = zip(names, [*names[1:], "m0"], strict=True)
    files = with_command("web: python m0.py", **{name: f"import {after}\n" for name, after in links})
    shown = graph.tree(report(files)).splitlines()
    assert max(map(len, shown)) < 4 * graph.DEEPEST + 40
    for name in names[1:]:
        assert sum(line.rpartition("-- ")[2] == name for line in shown) <= 1
        assert any(line.rpartition("-- ")[2].startswith(name) for line in shown)
    assert ("m2998", "m2999") in edges(graph.dot(report(files)))


def test_what_is_deeper_is_shown_once() -> None:
    last = graph.DEEPEST + 5
    files = {f"m{at}": f"import m{at + 1}\n" for at in range(last)}
    files |= {"m0": f"import m1\nimport m{graph.DEEPEST}\n", f"m{last}": "import flask\n"}
    shown = graph.tree(report(with_command("web: python m0.py", **files)))
    assert shown.count(f"m{graph.DEEPEST - 1} (below)\n") == 1
    assert shown.count("-- flask\n") == 1
    assert f"\nm{graph.DEEPEST - 1}\n`-- m{graph.DEEPEST}" in shown


def test_lines_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graph, "LINES", 5)
    assert graph.tree(report(APP)).endswith("\n... and 10 more lines\n\n")
    dot = graph.dot(report(APP))
    assert len(edges(dot)) == 5
    assert "    // more than 5 lines: the rest is left out\n" in dot


def test_a_closure_that_was_cut_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    assert LIMIT > 2
    monkeypatch.setattr("deploylint.imports.walk.LIMIT", 2)
    found = report(with_command("web: python a.py", a="import b\nimport c\n", b="", c=""))
    assert "    `-- c (not followed: too many)\n" in graph.tree(found)
    assert "loads a.py: 2 modules of the app or more\n" in plan.render(found)


# ------------------------------------------------------------------------------------------------------------ the log


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (
            APP,
            "loads shop.wsgi:app: 4 modules of the app needs flask, gunicorn, cgi (not in Python since 3.13), jinja2",
        ),
        (with_command("web: python a.py", a="import os\n"), "web python a.py loads a.py: 1 module of the app -----> "),
        (with_command("web: gunicorn 'a:make()'", a="def make(): pass\n"), "loads a:make(): 1 module of the app"),
        (with_command("web: python gone.py"), "loads gone.py: its imports are not known"),
        (with_command("web: python a.py", a="import pip\n"), "needs pip (not declared)"),
        (with_command("web: gunicorn a:app", a="app = 1\n"), "needs gunicorn (not installed)"),
        (
            {**with_command("web: python a.py", a="import own"), "requirements.txt": "own-thing\n"},
            "needs own (brought by",
        ),
        ({**with_command("web: python a.py", a="import own"), "requirements.txt": "own\n"}, "needs own -----> "),
        ({**with_command("web: python a.py", a="import own"), "requirements.txt": "-e .\n"}, "needs own (brought by"),
        (
            {**with_command("web: gunicorn a:app", a="app = 1\n"), "requirements.txt": "-e .\n", "setup.py": ""},
            "needs gunicorn (not known whether installed)",
        ),
    ],
)
def test_what_the_log_says(files: Files, said: str) -> None:
    shown = re.sub(r"\s+", " ", plan.render(report(files))).replace(" ! ", " -----> ")
    assert said in shown, shown


def test_the_log_counts_only_what_is_always_imported_as_needed() -> None:
    text = "try:\n    import yaml\nexcept ImportError:\n    yaml = None\nimport flask\n"
    shown = plan.render(report(with_command("web: python a.py", a=text)))
    assert "needs flask\n" in shown


def test_long_commands_and_lists_are_folded() -> None:
    imports = "import yaml, requests, redis, celery, numpy, pandas\n"
    command = "web: gunicorn a:app " + "--access-logfile - " * 8
    found = report({**with_command(command, "a" * 70 + ": x", a=imports)})
    lines = plan.render(found, Style(width=80)).splitlines()
    assert max(len(line) for line in lines if "a" * 70 not in line) <= 80
    assert "\x1b" not in "".join(lines)
