"""Credentials told by their form, and that no output shows them. The tokens are put together here so that nobody takes
this file for one that holds some.
"""

from __future__ import annotations

import base64
import itertools
import json
import string
import zlib
from typing import TYPE_CHECKING

import pytest

from deploylint.engine import judge, prepare
from deploylint.facts.secrets import is_random, private_keys, table, tokens, variables
from deploylint.output import github, plan, sarif, text
from deploylint.output import json as json_output
from deploylint.output.common import without_secrets
from deploylint.platform import load
from deploylint.report import AppReport, Report
from deploylint.rulebook import RuleBook
from deploylint.tree import Tree
from tests.cases import TODAY

if TYPE_CHECKING:
    from collections.abc import Iterator

_RANDOM = "q8Zr3kVt0wLx7bNp2mHs5dGfYc1uJ4oI9eWq8Zr3kVt0wLx7bNp2mHs5dGfYc1uJ4oI9eWq8Zr3kVt0wLx7bNp2mHs5dGf1"
_DIGITS = "0123456789" + string.ascii_uppercase + string.ascii_lowercase


def checksum(body: str) -> str:
    number, digits = zlib.crc32(body.encode()), ""
    for _ in range(6):
        number, rest = divmod(number, 62)
        digits = _DIGITS[rest] + digits
    return digits


def pem(der: bytes, kind: str = "") -> str:
    body = base64.encodebytes(der).decode()
    return f"-----BEGIN {kind}PRIVATE KEY-----\n{body}-----END {kind}PRIVATE KEY-----\n"


ED25519 = bytes.fromhex("302e020100300506032b657004220420") + bytes(range(32))
OPENSSH = b"openssh-key-v1\0\0\0\0\x04none\0\0\0\x04none" + bytes(range(64))

TOKENS = {
    "ghp_": f"ghp_{_RANDOM[:30]}{checksum(_RANDOM[:30])}",
    "npm_": f"npm_{_RANDOM[:30]}{checksum(_RANDOM[:30])}",
    "github_pat_": f"github_pat_{_RANDOM[:22]}_{_RANDOM[:59]}",
    "glpat-": f"glpat-{_RANDOM[:20]}",
    "pypi-": f"pypi-AgEIcHlwaS5vcmc{_RANDOM[:60]}",
    "HRKU": f"HRKU-AA{_RANDOM[:58]}",
    "sk_live_": f"sk_live_{_RANDOM[:24]}",
    "SG.": f"SG.{_RANDOM[:22]}.{_RANDOM[:43]}",
    "xoxb-": f"xoxb-1203948576-1029384756-{_RANDOM[:24]}",
    "hooks.slack": f"https://hooks.slack.com/services/T0Q8ZR3KV/B0WLX7BNP/{_RANDOM[:24]}",
    "telegram": f"8123456701:AA{_RANDOM[:33]}",
    "openai": f"sk-proj-{_RANDOM[:20]}T3BlbkFJ{_RANDOM[:20]}",
    "anthropic": f"sk-ant-api03-{_RANDOM[:93]}AA",
    "dop_v1_": f"dop_v1_{'9f8e7d6c5b4a3210' * 4}",
    "mysql": f"mysql://shop:{_RANDOM[:16]}@db.shop.net/shop",
}


@pytest.mark.parametrize("kind", TOKENS)
def test_a_token_is_told_by_its_form(kind: str) -> None:
    line = f'    token = "{TOKENS[kind]}"\n'
    (found,) = tokens(line)
    assert line[found.start : found.end] in TOKENS[kind]
    assert found.end - found.start >= 16


@pytest.mark.parametrize("kind", TOKENS)
def test_a_longer_word_is_another_thing(kind: str) -> None:
    assert list(tokens(f'"x9{TOKENS[kind]}z9"' if kind != "mysql" else f'"x{TOKENS[kind]}"')) == []


def test_a_checksum_must_fit() -> None:
    assert list(tokens(f"ghp_{_RANDOM[:36]}")) == []


def test_the_key_of_aws_is_secret_and_its_identifier_is_not() -> None:
    identifier, key = "AKIA" + "Q7ZR3KVT2WLX7BNP", "q8Zr3kVt0wLx7bNp2mHs/dGfYc1uJ4oI9eWq8Zr3"
    assert list(tokens(f'ID = "{identifier}"\n')) == []
    assert list(tokens(f'ID = "{identifier}"\nSHA = "{"9f8e7d6c5b" * 4}"\n')) == []
    text_ = f'ID = "{identifier}"\nKEY = "{key}"\nAGAIN = "{identifier}"\n'
    assert [text_[found.start : found.end] for found in tokens(text_)] == [key]


def test_every_form_is_tried() -> None:
    tried = " ".join([*TOKENS.values(), "AKIA"])
    untried = {form["find"] for form in table()["token"] if "find" in form and form["find"] not in tried}
    assert untried == {"gho_", "rk_live_", "xoxp-", "hf_", "shpat_", "GOCSPX-"}


@pytest.mark.parametrize(
    ("der", "kind"), [(ED25519, ""), (OPENSSH, "OPENSSH "), (b"\x30\x82\x01\x00" + bytes(256), "RSA ")]
)
def test_a_private_key_is_whole(der: bytes, kind: str) -> None:
    assert [(found.start, found.end) for found in private_keys(pem(der, kind))] == [(0, len(pem(der, kind)) - 1)]
    assert list(private_keys(pem(der[:-1] if kind != "OPENSSH " else der[20:], kind))) == []
    assert list(private_keys(pem(der, f"{kind}X "))) == []


def test_a_private_key_in_one_line_and_one_that_ends_nowhere() -> None:
    assert len(list(private_keys(json.dumps({"private_key": pem(ED25519)})))) == 1
    assert list(private_keys(pem(ED25519).partition("-----END")[0])) == []


def test_a_key_with_a_passphrase_is_not_told() -> None:
    assert list(private_keys(pem(OPENSSH.replace(b"\x04none", b"\x0aaes256-ctr"), "OPENSSH "))) == []
    putty = "PuTTY-User-Key-File-3: ssh-ed25519\r\nEncryption: {}\r\n"
    assert len(list(private_keys(putty.format("none")))) == 1
    assert list(private_keys(putty.format("aes256-cbc"))) == []


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("SECRET_KEY=q8Zr3kVt0wLx7bNp", "q8Zr3kVt0wLx7bNp"),
        ("  export API_TOKENS = 'q8Zr3k Vt0wLx7bNp'", None),
        ("export DBPASSWORD='q8Zr3k#Vt0wLx7'", "q8Zr3k#Vt0wLx7"),
        ("SECRET_KEY=q8Zr3kVt0wLx7bNp # the key", "q8Zr3kVt0wLx7bNp"),
        ("SECRET_KEY=(q8$r3k)vt0*lx7%bnp", "(q8$r3k)vt0*lx7%bnp"),
        ("# SECRET_KEY=q8Zr3kVt0wLx7bNp", None),
        ("SECRET_KEY=django-insecure-q8Zr3kVt0wLx7bNp", None),
        ("GOOGLE_KEY=AIzaq8Zr3kVt0wLx7bNp", None),
        ("PUBLIC_KEY=q8Zr3kVt0wLx7bNp", None),
        ("TOKEN_URL=q8Zr3kVt0wLx7bNp", None),
        ("AUTHOR=q8Zr3kVt0wLx7bNp", None),
        ("PASSWORD=aaaaaaaaaaaaaaa1", None),
        ("PASSWORD=onlylettershere", None),
        ("PASSWORD=$OTHER_PASSWORD1", None),
    ],
)
def test_values_of_variables(line: str, value: str | None) -> None:
    assert [line[found.start : found.end] for _, found in variables(line)] == ([] if value is None else [value])


def test_random_and_not() -> None:
    assert is_random("9f8e7d6c5b4a3210")
    assert not is_random("9f8e7d6c5b4a32")
    assert is_random("p4Rk9vXe", shortest=8)
    assert not is_random("passw0rd", shortest=8) or not is_random("shop1111", shortest=8)


def test_many_of_a_kind_end_somewhere() -> None:
    assert len(list(tokens(f"{TOKENS['mysql']}\n{TOKENS['glpat-']}\n" * 5000))) == 40
    assert len(list(private_keys(pem(ED25519) * 500))) == 200
    assert list(private_keys("-----BEGIN PRIVATE KEY-----\n" * 50_000)) == []


def test_what_is_read_for_this_alone_is_bounded() -> None:
    large = f"SECRET_KEY={_RANDOM[:16]}\n# " + "x" * 256 * 1024
    files = {f"{number:02}/.env": large for number in range(30)}
    platform = load("heroku")
    build = prepare(Tree.of({"requirements.txt": "", **files}), platform, platform.recommended_stack, TODAY)
    told = [finding for finding in judge(build, RuleBook()).findings if finding.rule == "SEC002"]
    assert len(told) == 2 * 1024 // 256


def outputs(report: Report) -> Iterator[str]:
    for render in (text.render, json_output.render, github.render, sarif.render, plan.render):
        yield without_secrets(report, render(report))


def test_no_output_shows_a_secret() -> None:
    token, variable, body = TOKENS["telegram"], "q8Zr3kVt0wLx7bNp", pem(ED25519).splitlines()[1]
    tree = Tree.of(
        {
            "requirements.txt": "flask\ngunicorn\n",
            "Procfile": "web: gunicorn app:app --name " + token + "\n",
            "app.py": f'import flask, nowhere; TOKEN = "{token}"\napp = flask.Flask(__name__)\n',
            ".env": f"A=1\nSECRET_KEY={variable}\nAPI_KEY={variable[::-1]}\n",
            "server.key": pem(ED25519),
            "key.json": json.dumps({"private_key": pem(ED25519)}),
        }
    )
    platform = load("heroku")
    build = prepare(tree, platform, platform.recommended_stack, TODAY)
    rules = RuleBook()
    verdict = judge(build, rules)
    app = AppReport(".", "heroku", "Heroku", build.stack, platform.as_of, verdict.plan, verdict.findings, tree)
    told = {(finding.rule, finding.span.path) for finding in verdict.findings}
    assert told >= {
        ("SEC001", "server.key"), ("SEC001", "key.json"), ("SEC002", ".env"), ("SEC003", "app.py"),
        ("IMP001", "app.py"), ("SEC003", "Procfile"),
    }  # fmt: skip
    for shown, secret in itertools.product(outputs(Report((app,), rules)), (token, variable, variable[::-1], body)):
        assert secret[2:-2] not in shown


def test_github_takes_them_for_security_alerts() -> None:
    descriptors = json.loads(sarif.render(Report((), RuleBook())))["runs"][0]["tool"]["driver"]["rules"]
    severities = {item["id"]: item["properties"].get("security-severity") for item in descriptors}
    secrets = {code for code in severities if code.startswith("SEC")}
    assert {code for code, severity in severities.items() if severity} >= secrets | {"RUN002"}
    assert all(float(severities[code]) >= 7 for code in secrets)
