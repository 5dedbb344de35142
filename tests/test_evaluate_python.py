"""The evaluator against Python itself: programs of ours are run with `exec`, and compared with what is claimed."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import warnings
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deploylint.facts.evaluate import evaluate
from deploylint.facts.values import Unknown, plain
from deploylint.facts.worlds import World
from deploylint.tree import Tree
from tests.programs import exact, fits

KNOWN = r"""
1 + 2 * 3 - 4
7 / 2, 7 // 2, -7 % 3, 2 ** 10, 2 ** -1
1 << 4 | 3 & 6 ^ 1, ~5, -3, +2, not 0, not ""
1.5 + 2, 0.1 * 3, 1 == 1.0, True + 1, 2j * 2
"a" + "b", "ab" * 2, 2 * "ab", "abc"[1], "abc"[-2:], "abcdef"[::2], "abc"[5:]
b"a" + b"c", b"ab"[0], b"ab".decode() if False else 1
"%s-%d-%05.2f-%r" % ("a", 3, 2.5, "q"), "%s" % 1, "%(a)s%%" % {"a": 1}
"{} {}".format(1, "b"), "{0}{0}{x}".format("a", x=2), "{:>5}|{!r}".format("a", "b"), "{{}}".format()
f"{1 + 1}", f"{'a'!r}", f"{'a'!s:>3}", f"{2.5:.1f}", f"{3:03d}{'x'}", f"{{}}{None}"
"a,b".split(","), " a b ".split(), "a b c".rsplit(" ", 1), "a\nb".splitlines(), "a,b,c".split(",", maxsplit=1)
" a ".strip(), "xax".strip("x"), "xa".lstrip("x"), "ax".rstrip("x")
"Ab".lower(), "Ab".upper(), "ab cd".title(), "ab".capitalize(), "Ab".swapcase(), "AB".casefold()
"ab".startswith("a"), "ab".startswith(("b", "a")), "ab".endswith("b"), "ab".endswith("b", 0, 1)
"aXa".replace("X", "y"), "aaa".replace("a", "b", 1), "abc".find("c"), "abc".rfind("x")
"abc".index("b"), "aab".count("a")
"1".isdigit(), "a".isalpha(), "a1".isalnum(), "A".isupper(), "a".islower(), " ".isspace(), "a".isidentifier()
"a=b".partition("="), "a=b=c".rpartition("="), "abc".removeprefix("a"), "abc".removesuffix("c")
"7".zfill(3), "a".ljust(3, "."), "a".rjust(3), "a".center(3, "-"), "a".encode(), "é".encode("utf-8")
"-".join(["a", "b"]), ",".join(("x",)), "".join("abc"), ", ".join(str(n) for n in range(3))
[1, 2] + [3], (1,) + (2, 3), [0] * 3, 2 * (1, 2), [1, 2, 3][1], [1, 2, 3][-1], (1, 2, 3)[1:], [1, 2, 3][::-1]
[*[1, 2], *(3, 4)], (*"ab", 1), {*[1], 2}, {**{"a": 1}, "b": 2}
{1, 2} | {3}, {1, 2} & {2}, {1, 2} - {2}
{"a": 1} | {"b": 2}, {"a": 1} | {"a": 2}, {"a": 1}["a"], {"a": 1, "a": 2}
{"a": 1}.get("a"), {"a": 1}.get("b"), {"a": 1}.get("b", 3), list({"a": 1}.keys()), list({"a": 1}.values())
list({"a": 1}.items()), dict({"a": 1}), dict(a=1), dict([("a", 1)], b=2), {"a": 1}.copy()
[1, 2, 2].index(2), [1, 2, 2].count(2), [1].copy(), (1, 2).index(2), (1, 1).count(1), {1}.copy()
1 < 2 <= 2, 1 < 2 > 3, "a" < "b", [1, 2] < [1, 3], (1,) == (1,), [1] == (1,), {1} == {1}, {"a": 1} == {"a": 1}
1 in [1, 2], "a" in "abc", "z" not in {"a": 1}, (1, 2) in [(1, 2)], 3 in {1, 2}, "a" in ("b",), "x" not in "abc"
None is None, 1 is not None, True is True, None is not None, () == [], "" == 0
1 and 2, 0 and 2, 0 or "x", "" or [] or 5, 1 if [] else 2, not [0]
len("abc"), len([1, 2]), len({"a": 1}), len({1, 1}), len(b"ab"), len(())
str(1), str(), str("a"), str(1.5), str(None), str(True), int("12"), int(3.7), int(), float("1.5"), float(), int(True)
bool(0), bool(), bool("x"), bool([]), bool({"a": 1}), bool(None)
list("ab"), list((1, 2)), list(), tuple([1]), tuple(), set([1, 1]), set(), list(range(3)), list({"a": 1})
list(range(1, 6, 2)), list(range(3, 0, -1)), list(enumerate("ab")), list(enumerate([5], 1)), list(zip([1, 2], "ab"))
list(reversed([1, 2])), any([0, 1]), all([1, 0]), any([]), all([]), min(1, 2), max([1, 3]), sum([1, 2]), min("b", "a")
abs(-2), round(2.5), round(2.567, 2), ord("a"), chr(97), sorted([3, 1]), sorted("ba", reverse=True)
list(map(str, [1, 2])), list(map(lambda n: n + 1, (1, 2)))
[n * 2 for n in range(3)], [n for n in range(6) if n % 2], {n: str(n) for n in (1, 2)}, {n % 2 for n in range(4)}
[(a, b) for a in (1, 2) for b in "xy"], [a for a, b in [(1, 2)]], sum(n for n in [1, 2]), tuple(n for n in "ab")
(lambda a, b=2: a + b)(1), (lambda *, k: k)(k=3), (lambda: [1])()
[y := 3, y + 1], (z := [1]) + z
getattr("abc", "upper")(), "Abc".lower().upper().title()
str.upper("a"), str.strip(" a "), [str.lower(x) for x in ["A"]]
[[1, 2], [3]][0][1], {"a": {"b": [1]}}["a"]["b"][0], ([1], {"x": (2,)})[1]["x"]
[...], "a" "b", 0x10, 0o17, 1_000, 1e3, b"\x00"
"".split(","), "abc".split("b", 1)[0], " ".join("a  b".split()), "k=v;x=y".split(";")[1].split("=")[1]
dict(zip(["a", "b"], [1, 2])), {k: v for k, v in {"a": 1}.items() if v}, [k for k in {"a": 1}]
"a" if 1 else unbound_name, 0 and unbound_name, 1 or unbound_name
"""

RAISING = """
unbound_name
1 / 0
7 % 0
[1][3]
(1,)[5]
{"a": 1}["b"]
"abc"[9]
"a" + 1
1 + "a"
[1] + (2,)
[1] + 1
{"a": 1} + {"b": 2}
int("x")
float("x")
int(None)
"abc".index("x")
[1].index(2)
[].pop()
{}.pop("a")
[1].remove(2)
len(1)
list(1)
"%d" % "a"
"%s %s" % "a"
"{}".format()
"{a}".format()
",".join([1])
1 < "a"
sorted([1, "a"])
{[]: 1}
-"a"
None.x
"a".nothing
1()
chr(-1)
max([])
[1, 2]["a"]
1 in 2
"".split("")
"a" in 1
"abc"["a"]
reversed({1})
"""

PROGRAMS = {
    "list methods": """
A = [3, 1]
A.append(2); A.extend([5, 4]); A.insert(0, 9); A.insert(-1, 8)
A.remove(5)
B = A.pop(), A.pop(0)
A.sort(); C = list(A); A.reverse(); D = A[:]; A.sort(key=lambda n: -n, reverse=True)
E = [1, 2, 3, 4]
E[0] = "x"; E[-1] = "y"; del E[1]; E += (7,); E *= 2
F = E; F.clear(); G = E == []
H = [[0] * 2] * 2; H[0][0] = 1
""",
    "dict methods": """
A = {"a": 1}
A["b"] = 2; A.update({"c": 3}); A.update(d=4); A.update([("e", 5)])
B = A.setdefault("a", 9), A.setdefault("f", 6), A.pop("a"), A.pop("zz", None)
del A["b"]
A |= {"g": 7}
C = A.copy(); C["h"] = {}; C["h"]["i"] = [1]; C["h"]["i"] += [2]
D = dict(C); D.clear()
E = {}
E["n"] = E.get("n", 0) + 1
E["n"] += 1
""",
    "set methods": """
A = {1}
A.add(2); A.update([3]); A.discard(1); A.discard(99)
A |= {4}; A -= {3}; A &= {2, 4}; A ^= {5}
B = A; B.clear()
""",
    "assignments": """
A = B = [1]
B.append(2)
(C, D), *E = (1, 2), 3, 4
F, G = G_ = "ab"
H: int = 3
I: "unknown"
[J, K] = 1, 2
J, K = K, J
L = 1; L += 2; L -= 1; L *= 5; L //= 2; L **= 2; L %= 7; L <<= 1; L |= 1
del C
""",
    "loops": """
A = []
for n in range(5):
    if n == 1: continue
    if n == 3: break
    A.append(n)
else:
    A.append("else")
B = 0
while True:
    B += 1
    if B > 3: break
C = 0
while C < 2: C += 1
else: D = "done"
for E in (): pass
else: F = 1
for k, v in {"a": 1}.items(): G = k, v
for c in "ab": H = c
for i, (x, y) in enumerate([(1, 2)]): I = i + x + y
""",
    "functions": """
def f(a, b=2, *, c=3): return a + b + c
A = f(1), f(1, 1), f(a=1, c=0), f(1, b=5)
def g(n):
    if n: return "yes"
B = g(1), g(0)
def h(items):
    items.append(1)
    return items
C = []
D = h(C)
def i():
    global E
    E = 5
i()
def j(n):
    for k in range(n):
        if k == 2: return k
    return -1
F = j(5), j(1)
def k(x):
    def inner(): return x + 1
    return inner()
G = k(1)
def l(*args, **kw): return len(args)
H = l(1, 2)
def m():
    \"\"\"Nothing.\"\"\"
I = m()
def fact(n): return 1 if n < 2 else n * fact(n - 1)
J = fact(5)
import functools
@functools.lru_cache
def n(): return 1
K = n()
def o(a, /, b): return a, b
L = o(1, b=2)
def p():
    yield 1
M = list(p())
async def q(): pass
""",
    "exceptions": """
try:
    A = {}["x"]
except KeyError: A = "caught"
else: A = "not"
finally: B = 1
try:
    C = int("x")
except (TypeError, ValueError) as e: C = 0
try:
    raise ValueError("x")
except Exception: D = 1
try:
    try: 1 / 0
    finally: E = 2
except ArithmeticError: F = 3
try: import no_such_module_at_all
except ImportError: G = None
try: assert 0, "no"
except AssertionError: H = 1
try: [].pop()
except LookupError: I = 1
try: J = 1
except: J = 2
else: K = 3
def f():
    try: return 1
    finally: pass
L = f()
def g():
    try: raise RuntimeError
    except RuntimeError: return "r"
M = g()
try:
    raise
except RuntimeError: N = 1
try: undefined
except NameError: O = 1
""",
    "matches": """
def kind(x):
    match x:
        case 1: return "one"
        case "a" | "b": return "letter"
        case None: return "none"
        case True: return "true"
        case _: return "other"
A = [kind(1), kind("b"), kind(None), kind(2)]
match (1, 2):
    case (1, x): B = x
    case _: B = 0
match "q":
    case y if y == "q": C = y
match 3:
    case 4: D = 1
E = 1
""",
    "classes": """
class A:
    x = 1
    y = [x]
    z = {"k": x + 1}
    def method(self): return 1
class B(A):
    w = A.x + 1
    if w > 1: v = "big"
C = A.x, B.x, B.w, A.y, A.z["k"], B.v
A.x = 5
D = A.x
E = B().w
class F:
    class G:
        h = 3
I = F.G.h
J = getattr(A, "y")
A.y.append(9)
K = B.y
""",
    "names": """
globals()["A"] = 1
globals().update({"B": 2}, C=3)
D = "A" in globals(), "ZZ" in globals(), globals().get("B"), globals().get("ZZ", 0), globals()["C"]
vars()["E"] = 4
F = __name__
""",
    "libraries": """
import os, os.path as p, copy, posixpath
from os.path import join, dirname as up
from pathlib import Path, PurePosixPath
A = join("/a", "b", "../c"), up("/a/b"), p.basename("/a/b.py"), p.splitext("a.tar.gz"), p.normpath("/a/../b//c")
B = p.isabs("/a"), p.isabs("a"), os.sep, os.fspath("x"), join("/a", "/b"), p.abspath("/x/./y")
C = str(Path("/a") / "b"), str(Path("/a/b/c").parent), str(Path("/a/b").parents[0]), Path("x/y.tar.gz").name
D = Path("x/y.tar.gz").stem, Path("x/y.tar.gz").suffix, Path("/a").joinpath("b", "c").as_posix()
D += (Path("/a").is_absolute(),)
E = copy.deepcopy({"a": [1, (2, {3})]}), copy.copy([1])
F = Path("a") == Path("a/"), str("x" / Path("y")), f"{Path('/a')}/b", "%s" % Path("q")
F += (str(Path()), Path("a//b").__str__())
G = os.path.join("a", ""), os.path.dirname("a"), os.path.basename("a/")
H = str(PurePosixPath("a", "b")), list(map(str, [Path("z")]))
I = Path("/a/b") / Path("/c") == Path("/c"), Path("a").absolute is None
""",
    "aliases": """
A = {"l": [1]}
B = A["l"]
B.append(2)
C = dict(A); C["l"].append(3)
D = [A, A]; D[0]["n"] = 1
E = (B, B); E[0].append(4)
def f(x=[]): x.append(1); return x
f(); F = list(f())
G = H = {}
G["x"] = H
del G["x"]
""",
    "with": """
import contextlib
with contextlib.suppress(KeyError): A = 1
B = 2
with open("/dev/null") as stream: C = stream.read()
D = "after"
""",
    "strangers": """
import json, random
A = ["a"]; B = ["b"]; C = json.loads("[1]"); D = ["x"] + C; E = [*D, "z"]
random.shuffle(A)
F = {"k": C, "n": 1}; G = F["n"]; H = f"{C}"; I = A or B; J = 1 if C else 2
K = [C] + [1]; K.append(2); L = K[-1]
if random.random() < 2: M = 1
else: M = 2
if C: A.append("y")
for item in C: N = item; B.append(item)
O = {**F, "m": 1}; P = O["m"]
try: Q = json.loads("x")
except ValueError: Q = 0
R = random.choice([1, 1]); S = len(D); T = D[0]; U = "k" in F; V = not C; W = C == [1]
X = [c for c in C]; Y = {c: 1 for c in C}; Z = (*C, 5)
while random.random() < 0: B = None
""",
    "the machine": """
import sys, os, platform
A = sys.version_info >= (3, 8), sys.version_info[0], sys.version_info.major
F = sys.version_info > (2, 7), sys.version_info < (3,), sys.version_info[:2] >= (3, 6), sys.version_info == (3, 1)
G = "NO_SUCH" not in os.environ, "x" in sys.argv, sys.argv[0] == "x", os.path.abspath("x") == os.getcwd() + "/x"
B = "NO_SUCH" in os.environ, os.environ.get("NO_SUCH"), os.getenv("NO_SUCH", "d")
C = os.environ.get("NO_SUCH", "1") == "1"
if not C: D = 1
E = sys.platform, platform.system(), len(sys.argv) > 99, os.getcwd() == ""
""",
}


def outcome(source: str) -> tuple[dict[str, Any], list[str]]:
    """What Python makes of a program: its names, and the classes of the exception that ends it."""
    names: dict[str, Any] = {"__name__": "m"}
    try:
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # some programs compare literals by identity, or call what cannot be
            exec(compile(source, "m.py", "exec"), names)
    except Exception as error:  # noqa: BLE001  # whatever it is, it is compared
        return names, [kind.__name__ for kind in type(error).__mro__]
    return names, []


def untrue(source: str, world: World | None = None, *, strict: bool = True) -> list[str]:
    """Every claim of the evaluator that is not true of the program. Not `strict`: something that is not known may have
    ended it before the exception that is claimed.
    """
    found = evaluate(Tree.of({"m.py": source}), "m.py", world)
    names, raised = outcome(source)
    failure = found.failure
    if failure is not None and failure.kind not in raised and (strict or not raised):
        return [f"{failure.kind} is not raised"]
    if raised:
        return []  # what is claimed of names holds where the program comes to its end
    wrong = []
    for name, binding in found.names.items():
        if name in names:
            known = names[name]
            wrong.extend([] if fits(binding.value, known) else [f"{name} is {known!r}, not {binding.value}"])
        elif binding.certain:
            wrong.append(f"{name} is not bound")
    unseen = [name for name in names if not name.startswith("__") and found.bound(name) is False]
    return [*wrong, *(f"{name} is bound" for name in unseen)]


@pytest.mark.parametrize("expression", KNOWN.strip().splitlines())
def test_what_python_makes_of_an_expression_is_known(expression: str) -> None:
    found = evaluate(Tree.of({"m.py": f"X = {expression}\n"}), "m.py")
    value = found.get("X")
    assert value is not None
    assert exact(plain(value), outcome(f"X = {expression}\n")[0]["X"])


@pytest.mark.parametrize("expression", RAISING.strip().splitlines())
def test_what_python_refuses_is_not_known(expression: str) -> None:
    source = f"X = {expression}\n"
    assert untrue(source) == []
    found = evaluate(Tree.of({"m.py": source}), "m.py")
    value = found.get("X")
    if found.failure is None:
        assert value is not None
        with pytest.raises(ValueError, match="not known"):
            plain(value)
    guarded = f"try:\n    X = {expression}\nexcept Exception as error:\n    X = 'caught'\n"
    assert untrue(guarded) == []


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("informed", [True, False])
def test_programs(name: str, informed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_SUCH", raising=False)
    python, argv = sys.version_info[:2], tuple(sys.argv)
    here = World(unset=frozenset({"NO_SUCH"}), python=python, cwd=os.getcwd(), argv=argv, root="/nowhere/at/all")
    world = here if informed else World()
    source = PROGRAMS[name]
    assert untrue(source, world) == []
    found = evaluate(Tree.of({"m.py": source}), "m.py", world)
    assert found.finished
    assert found.failure is None


# --- Programs that nobody thought of ----------------------------------------------------------------------------------

NAMES = st.sampled_from(["A", "B", "C", "D", "DEBUG"])
SCALARS = st.one_of(
    st.integers(-9, 99), st.booleans(), st.none(), st.sampled_from(["", "a", "b.c", "x,y", "yes"]), st.just(0.5)
).map(repr)
READS = st.sampled_from([
    'os.environ.get("NO_SUCH")', 'os.environ.get("NO_SUCH", "a")', 'os.getenv("NO_SUCH", "1")',
    'os.environ["NO_SUCH"]', '"NO_SUCH" in os.environ', 'os.environ.get("SET", "x")', 'os.environ["SET"]',
])  # fmt: skip


def larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    several = st.lists(inner, max_size=3)
    return st.one_of(
        several.map(lambda parts: f"[{', '.join(parts)}]"),
        several.map(lambda parts: f"({''.join(f'{part}, ' for part in parts)})"),
        st.lists(st.tuples(st.sampled_from(['"k"', '"l"', "1"]), inner), max_size=3).map(
            lambda pairs: "{" + ", ".join(f"{key}: {value}" for key, value in pairs) + "}"
        ),
        st.tuples(
            inner, st.sampled_from(["+", "*", "%", "-", "|", "and", "or", "==", "in", "<", "is", "not in", "//"]), inner
        ).map(lambda part: f"({part[0]} {part[1]} {part[2]})"),
        st.tuples(inner, inner, inner).map(lambda part: f"({part[0]} if {part[1]} else {part[2]})"),
        st.tuples(inner, st.sampled_from(["0", "-1", '"k"', "1:", "::-1"])).map(lambda part: f"{part[0]}[{part[1]}]"),
        st.tuples(
            st.sampled_from(["len", "str", "int", "list", "tuple", "bool", "sorted", "sum", "dict", "set"]), inner
        ).map(lambda part: f"{part[0]}({part[1]})"),
        st.tuples(
            inner, st.sampled_from(['split(",")', "upper()", "copy()", 'get("k", 0)', "strip()", "items()", "pop()"])
        ).map(lambda part: f"{part[0]}.{part[1]}"),
        inner.map(lambda part: f"[item for item in {part}]"),
        inner.map(lambda part: f"f'{{{part}}}'" if not set(part) & set("'\"{}\\:!") else part),
        inner.map(lambda part: f"not {part}"),
    )


EXPRESSIONS = st.recursive(NAMES | SCALARS | READS, larger, max_leaves=6)


def indented(block: str) -> str:
    return "".join(f"    {line}\n" for line in block.splitlines())


SIMPLE = st.one_of(
    st.tuples(NAMES, EXPRESSIONS).map(lambda part: f"{part[0]} = {part[1]}\n"),
    st.tuples(NAMES, st.sampled_from(["+=", "*=", "|=", "-="]), EXPRESSIONS)
    .map(" ".join)
    .map(lambda line: f"{line}\n"),
    st.tuples(NAMES, st.sampled_from(["append", "extend", "update", "remove", "add"]), EXPRESSIONS).map(
        lambda part: f"{part[0]}.{part[1]}({part[2]})\n"
    ),
    st.tuples(NAMES, st.sampled_from(['"k"', "0", "-1"]), EXPRESSIONS).map(
        lambda part: f"{part[0]}[{part[1]}] = {part[2]}\n"
    ),
    st.tuples(NAMES, NAMES).map(lambda part: f"{part[0]} = {part[1]} = [1]\n"),
    NAMES.map(lambda name: f"del {name}\n"),
    st.tuples(NAMES, NAMES, EXPRESSIONS).map(lambda part: f"{part[0]}, *{part[1]} = {part[2]}\n"),
    st.sampled_from(
        ['os.environ["SET"] = "s"\n', 'os.environ.setdefault("SET", "t")\n', 'os.environ.pop("SET", None)\n']
    ),
    EXPRESSIONS.map(lambda part: f"assert {part}\n"),
    NAMES.map(lambda name: f"{name} = helper({name})\n"),
)


def compound(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    blocks = st.lists(inner, min_size=1, max_size=3).map("".join).map(indented)
    return st.one_of(
        st.tuples(EXPRESSIONS, blocks, blocks).map(lambda part: f"if {part[0]}:\n{part[1]}else:\n{part[2]}"),
        st.tuples(EXPRESSIONS, blocks).map(lambda part: f"if {part[0]}:\n{part[1]}"),
        st.tuples(blocks, st.sampled_from(["Exception", "KeyError", "(TypeError, ValueError)"]), blocks, blocks).map(
            lambda part: f"try:\n{part[0]}except {part[1]}:\n{part[2]}else:\n{part[3]}"
        ),
        st.tuples(blocks, blocks).map(lambda part: f"try:\n{part[0]}finally:\n{part[1]}"),
        st.tuples(NAMES, EXPRESSIONS, blocks).map(lambda part: f"for {part[0]} in {part[1]}:\n{part[2]}    break\n"),
    )


STATEMENTS = st.recursive(SIMPLE, compound, max_leaves=5)
START = """import os
A = ["a"]; B = {"k": 1}; C = "text"; D = 3; DEBUG = False
def helper(value):
    if value:
        return [value]
    return value
"""


@settings(max_examples=400)
@given(st.lists(STATEMENTS, min_size=1, max_size=6).map("".join), st.booleans())
def test_nothing_untrue_is_claimed_of_any_program(body: str, informed: bool) -> None:
    world = World(environ={"SET": "of the environment"}, closed=True) if informed else World()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SET", "of the environment")
        patch.delenv("NO_SUCH", raising=False)
        assert untrue(START + body, world, strict=False) == []


# --- Programs that want to be costly ----------------------------------------------------------------------------------

COSTLY = {
    "nested lists": "X = " + "[" * 150 + "]" * 150,
    "a long sum": "X = " + " + ".join(["Y"] * 2000),
    "many attributes": "X = a" + ".a" * 3000,
    "doubled in a dict": 'X = {"a": 1}\nfor n in range(60):\n    X = {"l": X, "r": X, **X}',
    "a list in itself": "X = []\nX.append(X)\nY = [X, X] * 100\nZ = str(Y)",
    "repeated format": 'X = "{:>99999}" * 99\nX = X.format(*range(99))',
    "a join of many": 'X = ("a" * 9999).join(["b"] * 9999)',
    "replaced": 'X = ("a" * 9999).replace("a", "b" * 9999)',
    "shifted": "X = 1 << 4000 << 4000 << 4000 << 4000",
    "a power in a power": "X = 9 ** 9 ** 9 ** 9",
    "squares": "X = 7\nfor n in range(99):\n    X = X * X",
    "functions in functions": "def f(n):\n    return f(n - 1) + f(n - 2) if n > 1 else n\nX = f(40)",
    "tests on tests": "import os\nX = ''\n" + "if os.environ.get('A'): X += 'a'\nelse: X += 'b'\n" * 40,
    "digits": 'X = int("9" * 100000)',
    "zeros": 'X = "1".zfill(10**10)',
    "a range": "X = list(range(10**18))",
    "product": "X = [a for a in range(999) for b in range(999) for c in range(999)]",
    "tuples": "X = (1,)\nfor n in range(99):\n    X = (X, X, X)\nX = X == X",
}


@pytest.mark.parametrize("name", COSTLY)
def test_costly_programs_are_given_up(name: str) -> None:
    found = evaluate(Tree.of({"m.py": COSTLY[name]}), "m.py")
    assert found.steps < 250_000
    value = found.get("X")
    if type(value) is not Unknown:
        with contextlib.suppress(ValueError):
            assert value is None or len(repr(plain(value))) < 100_000


def test_a_long_chain_of_imports_is_given_up() -> None:
    files = {f"m{n}.py": f"from m{n + 1} import *\nX{n} = 1\n" for n in range(500)}
    found = evaluate(Tree.of(files), "m0.py")
    assert found.bound("X0") is True
    assert found.bound("X499") is None
