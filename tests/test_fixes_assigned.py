"""Changes of what a settings module binds: the piece that is meant changes, and no other byte."""

from __future__ import annotations

import ast

import pytest

from deploylint.fixes.transforms import TRANSFORMS
from deploylint.text import Span

WHITENOISE = "whitenoise.middleware.WhiteNoiseMiddleware"
SECURITY = "django.middleware.security.SecurityMiddleware"


def place(source: str, name: str) -> Span:
    """The value that the source binds to a name at its top level."""
    (node,) = (
        item.value
        for item in ast.parse(source).body
        if isinstance(item, (ast.Assign, ast.AnnAssign))
        and item.value is not None
        and name in ast.unparse(item).partition("=")[0]
    )
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    return Span("s.py", node.lineno, node.col_offset + 1, node.end_lineno, node.end_col_offset + 1)


def changed(transform: str, source: str, name: str) -> str | None:
    made = TRANSFORMS[transform](source.encode(), place(source.replace("\r\n", "\n"), name))
    return None if made is None else made.decode()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('import os\nSECRET_KEY = "x"  # why\n', 'import os\nSECRET_KEY = os.environ["SECRET_KEY"]  # why\n'),
        ("SECRET_KEY='x'\nA='b'\n", "import os\n\nSECRET_KEY=os.environ['SECRET_KEY']\nA='b'\n"),
        (
            "from decouple import config, Csv\nSECRET_KEY: str = 'x'\n",
            "from decouple import config, Csv\nSECRET_KEY: str = config('SECRET_KEY')\n",
        ),
        (
            'import environ\nenv = environ.Env()\nSECRET_KEY = "x"\n',
            'import environ\nenv = environ.Env()\nSECRET_KEY = env("SECRET_KEY")\n',
        ),
        (
            'import os\r\nSECRET_KEY = "x"\r\nB = 1\r\n',
            'import os\r\nSECRET_KEY = os.environ["SECRET_KEY"]\r\nB = 1\r\n',
        ),
    ],
)
def test_the_key_comes_from_the_environment(before: str, after: str) -> None:
    assert changed("secret-key-from-environment", before, "SECRET_KEY") == after


@pytest.mark.parametrize(
    "source",
    [
        "SECRET_KEY = 1\n",
        'SECRET_KEY = "x" + "y"\n',
        # The reader is bound below, or twice: what it is where the key stands is not known.
        'SECRET_KEY = "x"\nfrom decouple import config\n',
        'from decouple import config\nconfig = None\nSECRET_KEY = "x"\n',
        'os = None\nSECRET_KEY = "x"\n',
    ],
)
def test_a_key_that_is_let_be(source: str) -> None:
    assert changed("secret-key-from-environment", source, "SECRET_KEY") is None


def test_a_value_that_is_not_of_the_top_level_is_let_be() -> None:
    source = 'if True:\n    SECRET_KEY = "x"\n'
    assert TRANSFORMS["secret-key-from-environment"](source.encode(), Span("s.py", 2, 18, 2, 21)) is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("[]", 'os.environ.get("ALLOWED_HOSTS", ".herokuapp.com,localhost,127.0.0.1").split(",")'),
        ('("localhost",)', 'os.environ.get("ALLOWED_HOSTS", ".herokuapp.com,localhost").split(",")'),
        (
            '["https://shop.herokuapp.com", "localhost:8000", "desk"]',
            'os.environ.get("ALLOWED_HOSTS", ".herokuapp.com,desk").split(",")',
        ),
    ],
)
def test_the_hosts_come_from_the_environment(before: str, after: str) -> None:
    source = 'import os\nDEBUG = os.environ.get("DEBUG")\nALLOWED_HOSTS = {}\n'
    made = changed("allowed-hosts-from-environment", source.format(before), "ALLOWED_HOSTS")
    assert made == source.format(after)


def test_the_hosts_come_from_django_environ() -> None:
    source = "import environ\nenv = environ.Env()\nALLOWED_HOSTS = {}\n"
    made = changed("allowed-hosts-from-environment", source.format("[]"), "ALLOWED_HOSTS")
    assert made == source.format('env.list("ALLOWED_HOSTS", default=[".herokuapp.com", "localhost", "127.0.0.1"])')


def test_hosts_that_are_not_all_texts_are_let_be() -> None:
    assert changed("allowed-hosts-from-environment", "H = 'a'\nALLOWED_HOSTS = [H]\n", "ALLOWED_HOSTS") is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        # Each on its own line: the whole line moves, with its comment.
        (
            f'[\n    "{SECURITY}",  # one\n    "a.B",\n    "{WHITENOISE}",  # two\n    "c.D",\n]',
            f'[\n    "{SECURITY}",  # one\n    "{WHITENOISE}",  # two\n    "a.B",\n    "c.D",\n]',
        ),
        (f'["{SECURITY}", "a.B", "{WHITENOISE}"]', f'["{SECURITY}", "{WHITENOISE}", "a.B"]'),
        (f'["a.B", "c.D", "{WHITENOISE}"]', f'["{WHITENOISE}", "a.B", "c.D"]'),
        (f'[\n  "{SECURITY}",\n  "a.B",\n]', f'[\n  "{SECURITY}",\n  "{WHITENOISE}",\n  "a.B",\n]'),
        (f'["a.B", "{SECURITY}"]', f'["a.B", "{SECURITY}", "{WHITENOISE}"]'),
        ('["a.B", "c.D"]', f'["{WHITENOISE}", "a.B", "c.D"]'),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_whitenoise_stands_below_security(before: str, after: str, end: str) -> None:
    source = f"X = 1\nMIDDLEWARE = {before}\nY = 2\n".replace("\n", end)
    made = changed("whitenoise-below-security", source, "MIDDLEWARE")
    assert made == f"X = 1\nMIDDLEWARE = {after}\nY = 2\n".replace("\n", end)


@pytest.mark.parametrize(
    "value",
    [
        f'["{SECURITY}", "{WHITENOISE}", "a.B"]',
        f'["{WHITENOISE}", "{SECURITY}", "a.B"]',
        f'["a.B", *OTHERS, "{WHITENOISE}"]',
        f'["a.B", "c.D", "{WHITENOISE}", "{WHITENOISE}"]',
        f'["{WHITENOISE}"]',
        # Two on a line, and no comma behind the last: to move that by lines would break the list.
        f'[\n    "a.B", "c.D",\n    "{WHITENOISE}"\n]',
        f'[\n    "a.B",\n    "c.D", "e.F",\n    "{WHITENOISE}", "g.H",\n]',
    ],
)
def test_middleware_that_is_let_be(value: str) -> None:
    assert changed("whitenoise-below-security", f"OTHERS = []\nMIDDLEWARE = {value}\n", "MIDDLEWARE") is None


@pytest.mark.parametrize(
    ("base", "made"),
    [
        ("Path(__file__).resolve().parent.parent", 'BASE_DIR / "staticfiles"'),
        ("os.path.dirname(os.path.abspath(__file__))", 'os.path.join(BASE_DIR, "staticfiles")'),
    ],
)
def test_static_root_in_the_style_of_base_dir(base: str, made: str) -> None:
    source = f'BASE_DIR = {base}\nSTATIC_URL = "static/"  # there\nX = 1\n'
    expected = f'BASE_DIR = {base}\nSTATIC_URL = "static/"  # there\nSTATIC_ROOT = {made}\nX = 1\n'
    assert changed("static-root", source, "STATIC_URL") == expected


def test_static_root_at_the_end_of_the_file() -> None:
    source = "BASE_DIR = Path(__file__).parent\nSTATIC_URL = 'static/'"
    assert changed("static-root", source, "STATIC_URL") == f"{source}\nSTATIC_ROOT = BASE_DIR / 'staticfiles'"


@pytest.mark.parametrize(
    "source",
    [
        'STATIC_URL = "static/"\n',
        'BASE_DIR = environ.Path(__file__) - 2\nBASE_DIR = None\nSTATIC_URL = "static/"\n',
        'BASE_DIR = environ.Path(__file__) - 2\nSTATIC_URL = "static/"\n',
        'BASE_DIR = str(Path(__file__).resolve().parent)\nSTATIC_URL = "static/"\n',
        'BASE_DIR = find()\nSTATIC_URL = "static/"\n',
        'BASE_DIR = Path()\nSTATIC_ROOT = None\nSTATIC_URL = "static/"\n',
        'BASE_DIR = Path()\nSTATIC_URL = "static/"; X = 1\n',
        'BASE_DIR = Path()\nX = 1; STATIC_URL = "static/"\n',
    ],
)
def test_a_static_root_that_is_not_written(source: str) -> None:
    assert changed("static-root", source, "STATIC_URL") is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('("a.B")', '("a.B",)'),
        ('(\n    "a.B"\n)', '(\n    "a.B",\n)'),
        ('"a.B"', '["a.B"]'),
        ('"a.B"  # one', '["a.B"]  # one'),
        ('"a.B" "c"', '["a.B" "c"]'),
    ],
)
def test_one_text_becomes_a_list_of_one(before: str, after: str) -> None:
    assert changed("one-element", f"X = 1\nAPPS = {before}\nY = 2\n", "APPS") == f"X = 1\nAPPS = {after}\nY = 2\n"


@pytest.mark.parametrize("value", ['["a.B"]', '("a.B",)', "1", '(("a.B"))[0]', '"a.B"; Z = 3'])
def test_what_is_no_single_text_is_let_be(value: str) -> None:
    assert changed("one-element", f"APPS = {value}\n", "APPS") is None
