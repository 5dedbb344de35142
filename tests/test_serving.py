"""Programs that start a server: whatever they say, nothing crashes, and what is said stands where they say it."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploylint.facts.bindings import full_name, read_bindings
from deploylint.facts.python import Module
from deploylint.text import Text
from tests.test_plan import plan_of

LINES = [
    "from flask import Flask", "import flask, uvicorn, os", "from shop import *",
    "from shop import make, app as other", "import shop.web as web", "from http.server import HTTPServer as S",
    "app = Flask(__name__)", "app = make()()", "app = other", "port = 5000", "port = os.environ['PORT']",
    "def run(app):", "    app.run(port=port)", "run(app)", "    return app", "app.run()",
    "app.run('127.0.0.1', port)", "uvicorn.run(app, **{})", "uvicorn.run(app, host=None)",
    "S(('', port), None).serve_forever()", "S(*port)", "with S(port) as s: s.serve_forever()",
    "class App(Flask): pass", "app = App('x')", "if __name__ == '__main__':", "    app.run(port=5000)", "global app",
    "app: Flask = app", "web.make().run(port=80)", "import discord", "discord.Client().run('x')",
    "lambda app: app.run(port=1)",
]  # fmt: skip
SHOP = {
    "shop/__init__.py": "from .web import *\nfrom flask import Flask\nmake = lambda: Flask\napp = Flask('x')\n",
    "shop/web.py": "from . import app\nfrom shop import make as made\ndef make():\n    return made()\n",
}


@given(st.lists(st.sampled_from(LINES), max_size=12))
def test_no_program_crashes(lines: list[str]) -> None:
    source = "\n".join(lines)
    files = {"requirements.txt": "", ".python-version": "3.13\n", "Procfile": "web: python main.py\n"}
    plan = plan_of({**files, **SHOP, "main.py": source})
    said = [fault for fault in plan.boot.faults if fault.topic in ("port-literal", "host-local", "nothing-listens")]
    assert len(said) <= 1
    for fault in said:
        span = fault.spans[0]
        assert span.path in ("Procfile", "main.py", *SHOP)
        assert fault.topic == "nothing-listens" or 1 <= span.line <= max(len(lines), 4)


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("import a\nx = a.b.C(1)\nx.run()", "a .b.C.().run"),
        ("from a import C as D\nD().run()", "a:C .().run"),
        ("import a.b\nimport a.c\na.c.run()", "a .c.run"),
        ("import a.b as c\nc.run()", "a.b .run"),
        ("from a import *\nrun()", "a:run "),
        ("import a\nx = a.X()\nx = a.Y()\nx.run()", None),
        ("import a\nclass B(a.C):\n    pass\nB().run()", "a .C.().run"),
        ("import a\nclass B(a.C):\n    def run(self): ...\nB().run()", None),
        ("import a\nclass B(a.C, a.D):\n    pass\nB().run()", None),
        ("import a\ndef make():\n    x = a.C()\n    return x\nmake().run()", "a .C.().run"),
        ("import a\ndef make():\n    if a:\n        return a.B()\n    return a.C()\nmake().run()", None),
        ("import a\ndef make():\n    yield a.C()\nmake().run()", None),
        ("import a\n@a.cache\ndef make():\n    return a.C()\nmake().run()", None),
        ("import a\nwith a.C() as x:\n    x.run()", "a .C.().run"),
        ("import a\nfor x in a.all():\n    x.run()", None),
        ("x = x\nx.run()", None),
        ("def f(a):\n    a.run()\nimport a", None),
        ("a.run()", None),
    ],
)
def test_what_is_called(source: str, name: str | None) -> None:
    tree = ast.parse(source)
    bindings = read_bindings(Module("x.py", Text("x.py", source), tree))
    (made,) = (made for made in bindings.calls if ast.unparse(made.node.func).endswith("run"))
    found = full_name(made.node.func, made.scope)
    assert name == (found and f"{found[0].module}{':' * bool(found[0].name)}{found[0].name} {found[1]}")
