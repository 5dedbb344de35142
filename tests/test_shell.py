"""Shell code as facts, held against the real bash and dash: words and syntax errors; and nothing crashes or is slow."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from deploylint.facts.shell import (
    BASH,
    SH,
    SIZE_LIMIT,
    Compound,
    Literal,
    Script,
    Simple,
    Source,
    Unknown,
    Variable,
    parse,
)
from deploylint.text import Span, Text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from deploylint.facts.shell import CommandList, Word

ENV = {"PORT": "5000", "NAME": "shop", "EMPTY": "", "TWO": "a b", "HOME": "/app"}


def read(code: str, dialect: str = BASH) -> Script:
    return parse(Source.of_text(Text("Procfile", code)), dialect)


def simples(commands: CommandList) -> Iterator[Simple]:
    for chain in commands.chains:
        for pipeline in chain.pipelines:
            for command in pipeline.commands:
                if isinstance(command, Simple):
                    yield command
                else:
                    for inner in command.lists:
                        yield from simples(inner)


def words(code: str, dialect: str = BASH) -> list[str | None]:
    (command,) = simples(read(code, dialect).commands)
    return [word.literal for word in command.words]


# What a shell takes, with and without parts that are known before it runs.
LINES = r"""
gunicorn shop.wsgi
gunicorn shop.wsgi --log-file -
gunicorn  shop.wsgi	--preload   --log-file=-
gunicorn shop.wsgi --log-file —
gunicorn "shop:create_app()"
gunicorn 'shop:create_app("prod")'
gunicorn shop:create_app\(\)
gunicorn -b 0.0.0.0:$PORT shop:app
gunicorn -b "0.0.0.0:$PORT" shop:app
gunicorn -b '0.0.0.0:$PORT' shop:app
gunicorn -b 0.0.0.0:\$PORT shop:app
gunicorn -b 0.0.0.0:${PORT} shop:app
gunicorn -b 0.0.0.0:"${PORT}" shop:app
gunicorn -b :${PORT:-8000} shop:app
gunicorn -b :${OTHER:-8000} shop:app
gunicorn -b :${OTHER-8000} shop:app
gunicorn -b :${EMPTY:-8000} shop:app
gunicorn -b x${EMPTY-8000} shop:app
gunicorn ${PORT:+--bind} x
gunicorn ${PORT:+"--bind=$PORT"} x
gunicorn "${EMPTY:+--bind}" x
gunicorn "${OTHER:-it}" x
gunicorn ${OTHER:-'a b'} x
gunicorn ${OTHER:-"$PORT"} x
gunicorn ${OTHER:-${PORT}} x
gunicorn ${OTHER:-${THIRD:-x}} x
gunicorn --name "$NAME app" x
gunicorn --name $NAME-$PORT x
gunicorn --name $NAME$PORT x
gunicorn --name ${NAME}_x x
gunicorn "$TWO" x
gunicorn '' x
gunicorn "" x
gunicorn ''"" x
gunicorn a''b x
gunicorn 'a'"b"c\d x
gunicorn "a\"b" x
gunicorn "a\\b" x
gunicorn "a\b" x
gunicorn "a\$b" x
gunicorn "a\`b" x
gunicorn 'a\b' x
gunicorn 'it'\''s' x
gunicorn "it's" x
gunicorn 'say "x"' x
gunicorn a\ b x
gunicorn $'a\tb' x
gunicorn $'it\'s' x
gunicorn $'\x41\u00e9\101' x
gunicorn $'a\qb' x
gunicorn $"hello" x
gunicorn a#b #c
gunicorn a # comment 'with' "quotes
gunicorn "#a" \#b
gunicorn $ x
gunicorn a$ x
gunicorn "a$" x
gunicorn "$" x
gunicorn $% x
gunicorn a=b --c=d
gunicorn ~/shop
gunicorn ~ x
gunicorn a~ x
gunicorn {} x
gunicorn {a} x
gunicorn a,b x
gunicorn } { x
gunicorn [ x
gunicorn ] x
gunicorn a[ x
gunicorn a] x
gunicorn a!b ! x
gunicorn in do done if then x
gunicorn é ü x
gunicorn 'é' "ü$PORT" x
gunicorn %n @x ^y +z x
gunicorn 1 2 3
gunicorn a:b:c
gunicorn -- -x
gunicorn --pythonpath=src,lib x
python manage.py migrate --noinput
python manage.py runserver 0.0.0.0:$PORT
python -m http.server ${PORT:+"${PORT}"}
python -c 'import os; print(os.environ["PORT"])'
python -c "print('x')"
python -u -m shop.bot
python ./manage.py migrate
celery -A shop worker -l INFO --concurrency=4 -Ofair
celery worker --app=shop.celery.app --queues a,b
uvicorn main:app --host=0.0.0.0 --port=${PORT:-5000}
uvicorn --factory main:app --port $PORT --proxy-headers
waitress-serve --listen=*:$PORT shop:app
daphne -b 0.0.0.0 -p $PORT shop.asgi:application
uwsgi ./etc/uwsgi.ini
hypercorn "main:app" --bind "0.0.0.0:${PORT}"
streamlit run app.py --server.port=$PORT --server.address=0.0.0.0
newrelic-admin run-program gunicorn shop.wsgi -b 0.0.0.0:$PORT
bin/start-nginx gunicorn -c config/gunicorn.py shop.wsgi
bin/start-stunnel honcho start -f Procfile_workers
honcho start -f Procfile.real
env A=b C="d e" gunicorn x
nohup gunicorn x
nice -n 5 gunicorn x
exec gunicorn x
sh -c 'cd src && gunicorn x'
bash -c "cd src && gunicorn -b :\$PORT x"
bash -c "gunicorn -b :$PORT x"
echo "\"PORT\" is set to: '${PORT}'"
echo this\ is 'one word'
echo 'a
b'
echo "a
b"
echo a\
b
echo a \
  b
echo "a\
b"
echo 'a\
b'
: gunicorn x
""".strip("\n")


def _lines() -> list[str]:
    found: list[str] = []
    for line in LINES.split("\n"):
        # A line belongs to the one before where that is not complete.
        if found and (_open(found[-1]) or found[-1].endswith("\\")):
            found[-1] += "\n" + line
        else:
            found.append(line)
    return found


def _open(line: str) -> bool:
    return line in ("echo 'a", 'echo "a', 'echo "a\\', "echo 'a\\")


# Several commands, redirections, and compound commands.
SEVERAL = [
    "cd shop && gunicorn shop.wsgi",
    "cd shop; gunicorn shop.wsgi",
    "python manage.py migrate && gunicorn shop.wsgi --log-file -",
    "python manage.py migrate; python manage.py loaddata 'x y'; gunicorn shop.wsgi",
    "python a.py & python b.py",
    "python a.py & python b.py & wait",
    "python a.py &",
    "python a.py;",
    "a || b && c",
    "a && b || c; d",
    'yes "yes" | python manage.py migrate',
    "a | b | c",
    "a |& b",
    "! a",
    "! a && b",
    "A=1 gunicorn x",
    "A=1 B='2 3' gunicorn x",
    "A= gunicorn x",
    "A=1",
    "A+=1 gunicorn x",
    "A=$PORT gunicorn x",
    "A=~ gunicorn x",
    "PYTHONPATH=src:lib gunicorn x",
    "export A=1; gunicorn x",
    "export A=1 B=2 && gunicorn x",
    "a > log 2>&1",
    "a >log 2>&1 &",
    "a &> log",
    "a &>> log",
    "a 2>/dev/null || true",
    "a < in > out",
    "< in a",
    "> out",
    "a <<< word",
    "a >| out",
    "a <> out",
    "a 3<&-",
    "cat <<EOF\nhello 'x\nEOF\ngunicorn x",
    "cat <<'EOF'\nhello $(x\nEOF\ngunicorn x",
    "cat <<-EOF\n\thello\n\tEOF\ngunicorn x",
    "cat <<A <<B\na\nA\nb\nB\ngunicorn x",
    "cat <<EOF",
    "cat <<EOF\nnever ends",
    "(cd shop; gunicorn x)",
    "(cd shop && gunicorn x) & celery worker",
    "( (a) ; (b) )",
    "{ a; b; }",
    "{ a; b; } > log",
    "{ (a) }",
    "if a; then b; fi",
    "if a; then b; else c; fi",
    "if a; then b; elif c; then d; else e; fi",
    'if [ -n "$PORT" ]; then gunicorn x; fi',
    "if [[ -n $PORT && $A == b* ]]; then gunicorn x; fi",
    "if (a) then b; fi",
    "if a\nthen\n  b\nfi",
    "if ! a; then b; fi",
    '[ "$A" = b ] && c || d',
    "[[ $A =~ b ]] && c",
    "while true; do a; sleep 1; done",
    "until a; do sleep 1; done",
    "for x in 1 2 3; do a $x; done",
    "for x in a b\ndo\n  c\ndone",
    "for x; do a; done",
    "for x do a; done",
    "for ((i=0; i<3; i++)); do a; done",
    "case $A in web) a;; worker) b;; esac",
    "case $A in\n  web|site) a ;;\n  (worker) b\n  ;;\n  *) c\nesac",
    "case x in esac",
    "f() { a; }; f",
    "f () ( a )",
    "function f { a; }; f",
    "function f() { a; }",
    "f()\n{\n  a\n}\nf",
    "select x in a b; do c; done",
    "a $(b)",
    'a "$(b "c d")"',
    "a $(b $(c))",
    "a $(case x in y) z;; esac)",
    "a $(b # comment )\n)",
    "a `b`",
    "a `b \\`c\\``",
    "a $((1 + 2))",
    "a $(( (1 + 2) * 3 ))",
    'a "$((1+2))"',
    "((1 + 2))",
    "a <(b) >(c)",
    "a *.py",
    "a {b,c} d{1..3}",
    "a ${b#c} ${b%%c} ${b/c/d} ${b:1:2} ${#b} ${!b} ${b[0]} ${b^^} ${b@Q}",
    "a=(1 2 3)",
    "a=(1\n2 # c\n3)",
    "declare -a x=(1 2)",
    "local x=(1 2)",
    "a[0]=1",
    "a;\nb",
    "a\nb\n\nc",
    "a &&\n  b ||\n\n c",
    "a |\n b",
    "a && \\\n  b",
    "# only a comment",
    "",
    "   ",
    "\n\n",
    "a # b\nc",
    "set -eu\nexec gunicorn x",
    "set -o pipefail; a | b",
    "trap 'kill 0' EXIT; a & wait",
    "time a",
    "time -p a | b",
    "echo done; echo fi }",
    "echo if then else",
    "echo {",
    "echo a }",
    "echo ;",
    "test -f x && . ./x",
    "source venv/bin/activate",
    "$A b",
    '"$A" b',
    "A=1 $B",
    'exec "$@"',
    "a 'b\nc' d",
    "a\r",
    "a b\r\nc",
    "coproc",
    "echo @x +y ?",
    "in=1 a",
]  # fmt: skip

FAULTS = [
    "gunicorn shop:create_app()",
    "gunicorn shop.wsgi --bind 0.0.0.0:$PORT )",
    "gunicorn 'shop.wsgi",
    'gunicorn "shop.wsgi',
    "gunicorn it's",
    "gunicorn \"a 'b",
    "gunicorn `date",
    "gunicorn $(date",
    'gunicorn "$(date"',
    "gunicorn ${PORT",
    "gunicorn ${PORT:-5000",
    "gunicorn $((1+2",
    "gunicorn &&",
    "gunicorn ||",
    "gunicorn |",
    "&& gunicorn",
    "| gunicorn",
    "; gunicorn",
    "& gunicorn",
    "a && && b",
    "a ;; b",
    "a ; ; b",
    "a & && b",
    "a & ; b",
    "a | | b",
    "a >",
    "a > > b",
    "a > ; b",
    "a <",
    "a 2> && b",
    "(a",
    "a)",
    "()",
    "( )",
    "{ a",
    "{ a; ",
    "a; }",
    "}",
    "{a;}",
    "if a; then b",
    "if a then b; fi",
    "if a; fi",
    "if; then b; fi",
    "if a; then fi",
    "if a; then b; else fi",
    "then",
    "fi",
    "a; fi",
    "done",
    "do",
    "else",
    "esac",
    "in",
    "while a; done",
    "while a; do b",
    "while a; do done",
    "for x in a b; c; done",
    "for x in a; do b",
    "case x in a) b",
    "case x",
    "case x on",
    "a b (c)",
    "a (b)",
    "echo x=(1)",
    "if a; then\r\n  b\r\nfi\r\n",
    "a\n)",
    "a\nb 'c",
]  # fmt: skip

# Not understood on purpose: rarely written, and shells differ.
UNREAD = [
    "gunicorn $((1+2)",
    "coproc a", "a $[1+2]", "a ${ b; }", "a\0b", "a \"${b:-'c'}\"", "for x in a; { b; }", "a {fd}>log", "! ! a",
    "shopt -s extglob\na @(b|c)", "a |\\\n| b", "a $\\\nPORT", "a; $(b ;; c)",
]  # fmt: skip

BASH_ONLY = ("$'", '$"', "|&", "&>", "<<<", "[[", "((", "<(", "=(", "function", "select", "+=", "${b", "[0]")


def real(shell: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(shell) is None or sys.platform == "win32", reason=f"needs {shell}")


def accepts(shell: str, code: str) -> bool:
    done = subprocess.run([shell, "-n", "-c", "--", code], capture_output=True, check=False)
    return done.returncode == 0


def verdict(script: Script) -> str:
    return "fault" if script.fault else "unread" if script.unread else "ok"


def test_there_are_enough_lines() -> None:
    assert len(_lines()) + len(SEVERAL) >= 150


@pytest.mark.parametrize("dialect", [pytest.param(BASH, marks=real("bash")), pytest.param(SH, marks=real("dash"))])
def test_words_are_those_of_the_shell(dialect: str) -> None:
    """Every word of every line, as the shell itself expands it."""
    shell = "bash" if dialect == BASH else "dash"
    expected: list[tuple[str, list[str | None]]] = []
    program = []
    for line in [*_lines(), *SEVERAL]:
        for command in simples(read(line, dialect).commands):
            if command.words:
                found: list[str | None] = [word.text({**ENV, "OTHER": None, "THIRD": None}) for word in command.words]
                if all(text is not None for text in found):
                    expected.append((line, found))
                    written = " ".join(word.written for word in command.words)
                    program.append(f"printf '%s\\0' {written}\nprintf '\\1'\n")
    done = subprocess.run(
        [shutil.which(shell) or shell, "-c", "".join(program)],
        env={**ENV, "PATH": "/nonexistent", "LC_ALL": "C.UTF-8"},
        capture_output=True,
        check=False,
    )
    got = [record.split("\0")[:-1] for record in done.stdout.decode().split("\1")[:-1]]
    assert len(expected) >= (200 if dialect == BASH else 180)
    assert got == [found for _, found in expected]


@pytest.mark.parametrize("line", [*_lines(), *SEVERAL])
def test_what_a_shell_takes_is_read(line: str) -> None:
    if line == "coproc":
        assert verdict(read(line)) == "unread"
        return
    assert verdict(read(line)) == "ok"
    if not any(mark in line for mark in BASH_ONLY):
        assert verdict(read(line, SH)) in ("ok", "unread")


@pytest.mark.parametrize("line", FAULTS)
def test_what_no_shell_takes_is_a_fault(line: str) -> None:
    assert verdict(read(line)) == "fault"
    assert verdict(read(line, SH)) == "fault"


@pytest.mark.parametrize("line", UNREAD)
def test_what_is_not_understood_is_unread(line: str) -> None:
    assert verdict(read(line)) == "unread"


@pytest.mark.parametrize(("shell", "dialect"), [pytest.param("bash", BASH, marks=real("bash")),
                                                pytest.param("dash", SH, marks=real("dash"))])  # fmt: skip
def test_the_shell_says_the_same(shell: str, dialect: str) -> None:
    wrong = []
    for line in [*_lines(), *SEVERAL, *FAULTS]:
        found = verdict(read(line, dialect))
        if found != "unread" and (found == "ok") != accepts(shell, line):
            wrong.append((line, found))
    assert wrong == []


TOKENS = st.sampled_from([
    "a", "b", "'", '"', "'x y'", '"p $PORT"', "$PORT", "${PORT:-5000}", "${X", "$(", "$(b)", ")", "(", "`", "&&", "||",
    ";", "&", "|", "\n", "if", "then", "fi", "else", "while", "do", "done", "for", "x", "in", "case", "esac", ";;",
    "{", "}", "!", "<", ">", ">>", "2>&1", "<<EOF", "EOF", "((", "))", "\\", "\\\n", "#c", "A=1", "f()", "function",
    "*", "[", "{a,b}", "~", "$'", "time", "<<<", "|&", "é", ",", "-", " ", "  ", "export", "a=(1 2)", "<(b)", "${x%y}",
])  # fmt: skip


@real("bash")
@real("dash")
@settings(max_examples=150)
@example("in<(b)")
@example("if>(b)")
@given(st.lists(TOKENS, max_size=9).map(" ".join) | st.lists(TOKENS, max_size=9).map("".join))
def test_a_fault_is_one_for_the_shell_too(code: str) -> None:
    for shell, dialect in (("bash", BASH), ("dash", SH)):
        if read(code, dialect).fault:
            assert not accepts(shell, code)


def places(script: Script) -> Iterator[Span]:
    yield from (place for place in (script.unread, script.fault and script.fault.span) if place)
    todo = list(script.commands.chains)
    while todo:
        chain = todo.pop()
        yield chain.span
        for pipeline in chain.pipelines:
            yield pipeline.span
            for command in pipeline.commands:
                yield command.span
                yield from (redirection.span for redirection in command.redirections)
                if isinstance(command, Compound):
                    todo.extend(inner for each in command.lists for inner in each.chains)
                else:
                    yield from (assignment.span for assignment in command.assignments)
                    for word in command.words:
                        yield word.span
                        yield from (part.span for part in word.parts)


CODE = st.text() | st.lists(TOKENS, max_size=20).map(" ".join) | st.lists(TOKENS, max_size=20).map("".join)


@given(CODE, st.sampled_from([BASH, SH]))
def test_any_text_is_read_and_places_lie_in_it(code: str, dialect: str) -> None:
    text = Text("x", "web: " + code)
    script = parse(Source.of_text(text, 5), dialect)
    for place in places(script):
        start, end = text.offset(place.line, place.column), text.offset(place.end_line, place.end_column)
        assert 5 <= start <= end <= len(text.value)


@given(st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), min_size=1))
def test_quoted_words_are_read_back(given_words: list[str]) -> None:
    assert words("x " + " ".join(map(shlex.quote, given_words))) == ["x", *given_words]


@given(st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), min_size=1))
def test_literal_words_quoted_anew_stay_what_they_are(given_words: list[str]) -> None:
    (command,) = simples(read("x " + shlex.join(given_words)).commands)
    once = [word.literal for word in command.words]
    assert all(one is not None for one in once)
    assert words(shlex.join(one or "" for one in once)) == once


@given(CODE)
def test_code_in_a_word_has_places_in_the_word(code: str) -> None:
    text = Text("x", "bash -c " + shlex.quote(code))
    (command, *_) = simples(parse(Source.of_text(text)).commands) if "\0" not in code else (None,)
    if command is None:
        return
    inner = Source.of_word(command.words[2])
    assert inner.value == code
    for place in places(parse(inner)):
        start, end = text.offset(place.line, place.column), text.offset(place.end_line, place.end_column)
        assert command.words[2].start <= start <= end <= command.words[2].end


PIECES = [
    "a ", "'a' ", '"', "$(", "${", "${a:-", "(", "((", "{ ", "[", "{", "a && ", "a\n", "if a; then ", "`", "\\", "<<A ",
    "<<A\n", "$((", "f() { ", "! ", "a | ", ";", "a=(", "{,", "[]", "'\"", "[[ ", "case a in b) ", "$'\\x", "# ",
    "\\\n", "cat <<A\nb\nA\n", "a$b\"c\"'d'",
]  # fmt: skip


def calls_for(code: str) -> int:
    """How many functions are called to read code."""
    total = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal total
        total += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        for dialect in (BASH, SH):
            read(code, dialect)
    finally:
        sys.setprofile(before)
    return total


@pytest.mark.parametrize("piece", PIECES)
def test_the_work_grows_with_the_text(piece: str) -> None:
    times = 4_000 // len(piece)
    once, twice = calls_for(piece * times), calls_for(piece * times * 2)
    assert twice <= 2.2 * once + 1_000
    # What grows within one call, an expression that goes back and forth, would not come to an end here.
    read(piece * (30_000 // len(piece)), BASH)


def test_more_than_the_limit_is_not_read() -> None:
    assert verdict(read("a" * (SIZE_LIMIT + 1))) == "unread"


def test_parts_of_a_word() -> None:
    (command,) = simples(read('gunicorn -b "0.0.0.0:${PORT:-5000}"').commands)
    word = command.words[2]
    assert [type(part) for part in word.parts] == [Literal, Variable]
    literal, variable = word.parts
    assert isinstance(literal, Literal)
    assert isinstance(variable, Variable)
    assert literal.text == "0.0.0.0:"
    assert literal.span == Span("Procfile", 1, 14, 1, 22)
    assert (variable.name, variable.operator, variable.quoted) == ("PORT", ":-", True)
    assert variable.default is not None
    assert variable.default.literal == "5000"
    assert variable.span == Span("Procfile", 1, 22, 1, 35)
    assert word.literal is None
    assert word.text({}) is None
    assert word.text({"PORT": None}) == "0.0.0.0:5000"
    assert word.text({"PORT": "80"}) == "0.0.0.0:80"
    assert word.mentions("PORT")
    assert not word.mentions("PORTS")
    assert command.span == Span("Procfile", 1, 1, 1, 36)


@pytest.mark.parametrize(
    ("written", "env", "text"),
    [
        ("$A", {"A": "b"}, "b"),
        ("$A", {"A": "b c"}, None),
        ('"$A"', {"A": "b c"}, "b c"),
        ("$A", {"A": ""}, None),
        ('"$A"', {"A": ""}, ""),
        ('"$A"', {"A": None}, ""),
        ("$A", {"A": "*"}, None),
        ("${A:?no}", {"A": None}, None),
        ("${A:?no}", {"A": "b"}, "b"),
        ("${A%x}", {"A": "b"}, None),
        ("${A:=b}", {"A": None}, "b"),
        ("${A+b}", {"A": ""}, "b"),
        ("x$(b)", {}, None),
        ("*.py", {}, None),
    ],
)
def test_text_of_a_word(written: str, env: dict[str, str | None], text: str | None) -> None:
    (command,) = simples(read(f"x {written}").commands)
    assert command.words[1].text(env) == text


@pytest.mark.parametrize(
    ("written", "name", "mentioned"),
    [
        ("${A:-$PORT}", "PORT", True),
        ("$(echo $PORT)", "PORT", True),
        ("$(echo $PORTS)", "PORT", False),
        ("PORT", "PORT", False),
        ("'$PORT'", "PORT", False),
    ],
)
def test_mention_of_a_variable(written: str, name: str, *, mentioned: bool) -> None:
    (command,) = simples(read(f"x {written}").commands)
    assert command.words[1].mentions(name) is mentioned


def test_value_of_an_option() -> None:
    (command,) = simples(read("x --port='$'\"$PORT\" ''").commands)
    tail = command.words[1].tail(len("--port="))
    assert tail.text({"PORT": "5"}) == "$5"
    assert tail.span == Span("Procfile", 1, 11, 1, 20)
    assert command.words[2].tail(3).literal == ""


def test_structure() -> None:
    script = read("A=1 a >log 2>&1 | b && c || d & e\n{ f; }; (g)")
    first, second, third, fourth = script.commands.chains
    assert first.background
    assert first.operators == ("&&", "||")
    assert [len(pipeline.commands) for pipeline in first.pipelines] == [2, 1, 1]
    command = first.pipelines[0].commands[0]
    assert isinstance(command, Simple)
    assert [(one.name, one.value.literal) for one in command.assignments] == [("A", "1")]
    assert [(one.number, one.operator, one.target.literal) for one in command.redirections] == [
        ("", ">", "log"),
        ("2", ">&", "1"),
    ]
    assert not second.background
    kinds = [chain.pipelines[0].commands[0] for chain in (third, fourth)]
    assert [one.kind for one in kinds if isinstance(one, Compound)] == ["group", "subshell"]


def test_lists_of_a_compound_that_always_run() -> None:
    kinds = {
        "if a; then b; else c; fi": ("if", 3, 1),
        "while a; do b; done": ("while", 2, 1),
        "for x in a; do b; done": ("for", 1, 0),
        "case x in a) b;; *) c; esac": ("case", 2, 0),
        "f() { a; }": ("function", 1, 0),
        "[[ a ]]": ("test", 0, 0),
        "((1))": ("arithmetic", 0, 0),
    }
    for code, expected in kinds.items():
        (chain,) = read(code).commands.chains
        command = chain.pipelines[0].commands[0]
        assert isinstance(command, Compound)
        assert (command.kind, len(command.lists), command.always) == expected


@pytest.mark.parametrize(
    ("code", "kind", "token", "column"),
    [
        ("gunicorn shop:create_app()", "token", "(", 25),
        ("gunicorn 'shop", "quote", "'", 10),
        ('gunicorn "shop', "quote", '"', 10),
        ("a `b", "backquote", "`", 3),
        ("a $(b", "substitution", "$(", 3),
        ("a ${b", "parameter", "${", 3),
        ("a &&", "end", "&", 4),
        ("a; fi", "token", "fi", 4),
    ],
)
def test_where_a_fault_stands(code: str, kind: str, token: str, column: int) -> None:
    fault = read(code).fault
    assert fault is not None
    assert (fault.kind, fault.token, fault.span.line, fault.span.column) == (kind, token, 1, column)


def test_lines_before_a_fault_are_run() -> None:
    script = read("a\nb\nc; d )\ne")
    assert [command.words[0].literal for command in simples(script.commands)] == ["a", "b"]
    assert script.fault is not None
    assert script.fault.span.line == 3


def test_lines_before_what_is_unread() -> None:
    script = read("a\nb; coproc c\nd")
    assert [command.words[0].literal for command in simples(script.commands)] == ["a"]
    assert script.unread is not None
    assert script.unread.line == 2


def test_a_value_is_no_pattern() -> None:
    (command,) = simples(read("A=*.py B={a,b} C=~/x x").commands)
    assert [one.value.literal for one in command.assignments] == ["*.py", "{a,b}", None]


def test_places_of_code_in_a_word() -> None:
    text = Text("Procfile", "web: bash -c 'cd x; gunicorn \"a'")
    (command,) = simples(parse(Source.of_text(text, 5)).commands)
    inner = parse(Source.of_word(command.words[2]))
    assert inner.fault is not None
    assert inner.fault.span == Span("Procfile", 1, 30, 1, 31)


def test_code_that_is_not_in_a_file_stands_where_it_is_said_to() -> None:
    span = Span("app.json", 3, 5, 3, 20)
    (command,) = simples(parse(Source.fixed("a b", span)).commands)
    assert command.words[1].span == span


def test_unknown_parts() -> None:
    (command,) = simples(read("x $(a) $((1)) ${!b} *.c {d,e} ~f <(g) `h`").commands)
    kinds = [part.kind for word in command.words for part in word.parts if isinstance(part, Unknown)]
    assert kinds == ["command", "arithmetic", "parameter", "glob", "brace", "tilde", "process", "command"]


def only(code: str) -> Word:
    (command,) = simples(read(code).commands)
    return command.words[0]


def test_a_word_shows_how_it_is_written() -> None:
    assert only("'a b'\"$c\"").written == "'a b'\"$c\""
