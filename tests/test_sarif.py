"""The SARIF output: what GitHub's upload demands, what the schema says, and what neither of them would notice.

Run as a script with a folder as argument, it writes the rule files there and prints the SARIF of the sample report.
"""

from __future__ import annotations

import atexit
import copy
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote_to_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from deploylint import __version__
from deploylint.finding import Create, Delete, Edit, Finding, Fix, Phase, Related, Rename, Replace, Rewrite, Severity
from deploylint.output import sarif
from deploylint.output.common import URL_BASE, escape_controls
from deploylint.output.fingerprint import line_fingerprints
from deploylint.output.sarif import render
from deploylint.report import AppReport, Failure, Report
from deploylint.rulebook import RuleBook
from deploylint.text import Span
from deploylint.tree import READ_LIMIT, Entry, Kind, Tree

if TYPE_CHECKING:
    from collections.abc import Callable

RULES = {
    "PYV003-python-end-of-life.md": """+++
summary = "The requested Python version is past its end of life."
phase = "build"
severity = "error"
reasons = ["python-version::eol"]
+++
## What it does

Looks at the version that the
platform would install.

A second paragraph.

## Why the deploy fails

The buildpack stops with `python-version::eol`.

## How to fix it

Ask for a version that is maintained:

```text
## not a heading
3.13
```

## When it stays silent

Where the version is not known.

## Cases

### Not for readers
""",
    "PRO001-web-process-missing.md": """+++
summary = "No process type serves the web."
phase = "boot"
severity = "warning"
reasons = ["boot::web"]
+++
## What it does

Looks for `web` in the Procfile.
""",
    "SEC002-secret-key-in-repository.md": """+++
summary = "The secret key lies in the repository."
phase = "run"
severity = "note"
security-severity = 7.5
platforms = ["heroku"]
+++
""",
}
FILES: dict[str, str | bytes | Entry] = {
    "README.md": "# App\n",
    "Procfile": "release: ./x\nworker: celery -A app worker\n",
    "manage.py": "import os\nos.environ['X']\n",
    "config/runtime.txt": "python-3.6.1\n",
    "runtime.txt": Entry("runtime.txt", Kind.LINK, target="config/runtime.txt"),
    "a b/naïve#%:[1].py": "SECRET_KEY = 'x'\n",
    "caf\udce9.py": b"x = '\xe9'\r\n\ty = 1\r",
    "vendor": Entry("vendor", Kind.SUBMODULE),
    "uv.lock": (b"x" * 2047 + b"\n") * (READ_LIMIT // 2048 + 9),
}
TREE = Tree.of(FILES)
DAY = date(2026, 11, 22)


@cache
def folder() -> Path:
    """The rule files; the folder goes away with the process."""
    path = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, path)
    return write_rules(path)


def write_rules(path: Path) -> Path:
    for name, text in RULES.items():
        (path / name).write_text(text, encoding="utf-8")
    return path


def finding(rule: str = "PYV003", span: Span | None = None, **changes: Any) -> Finding:
    return Finding(
        **{
            "rule": rule,
            "name": "some-name",
            "severity": Severity.WARNING,
            "phase": Phase.BUILD,
            "message": "Something will fail.",
            "span": span or Span("Procfile", 2, 1, 2, 7),
            **changes,
        }
    )


def app(*findings: Finding, platform: str = "heroku", tree: Tree = TREE, path: str = ".") -> AppReport:
    return AppReport(
        path=path,
        platform=platform,
        platform_title=platform.title(),
        stack="heroku-24",
        chosen_by="default",
        as_of=DAY,
        plan=cast("Any", SimpleNamespace()),
        failure_message=None,
        findings=findings,
        tree=tree,
    )


def report(*apps: AppReport, rules: Path | None = None, **changes: Any) -> Report:
    return Report(apps, RuleBook(rules or folder()), **changes)


def sample(rules: Path | None = None) -> Report:
    """A bit of everything: every severity, two platforms, odd names, a link, related places and a fix."""
    eol = finding(
        severity=Severity.ERROR,
        span=Span("runtime.txt", 1, 1, 1, 13),
        message="Python 3.6 is past its end of life, so the build stops.",
        help="Ask for 3.13.",
        related=(
            Related("The lock file [uv] says 3.6, too.", Span("uv.lock", 1, 1, 1, 12)),
            Related("An empty tree.", Span(".")),
            Related("A\tname.", Span("caf\udce9.py", 2, 2, 2, 7)),
        ),
        fix=Fix("Ask for Python 3.13", (Replace(Span("runtime.txt", 1, 8, 1, 13), "3.13"),), safe=False),
    )
    web = finding("PRO001", message="No web process.", phase=Phase.BOOT)
    key = finding("SEC002", Span("a b/naïve#%:[1].py", 1, 1, 1, 17), severity=Severity.NOTE, phase=Phase.RUN)
    odd = finding(
        "SEC002", Span("caf\udce9.py", 2, 2, 2, 7), message="In caf\udce9.py: \x1b[2J\u202egnp.exe\nnext [a](b)"
    )
    return report(app(eol, web, key, odd), app(eol, odd, platform="heroku-cedar"), rules=rules)


def loaded(given: Report, **options: Any) -> Any:
    text = render(given, **options)
    assert text.isascii()
    assert text.endswith("}\n")
    return json.loads(text)


def only_run(given: Report, **options: Any) -> Any:
    (run,) = loaded(given, **options)["runs"]
    return run


def only_result(*findings: Finding, tree: Tree = TREE) -> Any:
    (result,) = only_run(report(app(*findings, tree=tree)))["results"]
    return result


VALIDATOR = Draft202012Validator(json.loads((Path(__file__).parent / "data" / "sarif-2.1.0.json").read_bytes()))


def check(log: Any) -> None:
    """What GitHub or a viewer needs and no schema asks for: sections of its documentation, and eight faults that pass
    every validator.
    """
    assert list(log) == ["$schema", "version", "runs"]
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    codes = [rule["id"] for rule in driver["rules"]]
    assert codes == sorted(set(codes))
    assert run["columnKind"] == "unicodeCodePoints"
    for rule in driver["rules"]:
        assert rule["name"] != rule["id"]
        for words in ("shortDescription", "fullDescription"):
            assert 0 < len(rule[words]["text"]) <= 1024
        assert rule["help"]["text"]
        assert rule["help"]["markdown"]
        assert rule["defaultConfiguration"]["level"] in ("error", "warning", "note")
        assert len(rule["properties"]["tags"]) <= 10
        security = rule["properties"].get("security-severity", "0.1")
        assert isinstance(security, str)
        assert 0 < float(security) <= 10
        assert rule.get("helpUri") != ""
    for result in run["results"]:
        assert result["level"] in ("error", "warning", "note")
        assert not {"kind", "suppressions", "baselineState"} & set(result)
        assert result["message"]["text"].strip()
        assert codes[result["ruleIndex"]] == result["ruleId"]
        assert len(result["locations"]) == 1
        assert set(result["partialFingerprints"]) == {"primaryLocationLineHash"}
        links = re.findall(r"(?<!\\)\]\((\d+)\)", result["message"]["text"])
        assert links == [str(place["id"]) for place in result.get("relatedLocations", [])]
        for location in [*result["locations"], *result.get("relatedLocations", [])]:
            check_place(location["physicalLocation"])


def check_place(place: Any) -> None:
    uri = place["artifactLocation"]["uri"]
    assert re.fullmatch(r"(?!/)(?:[A-Za-z0-9_.~/-]|%[0-9A-F]{2})+", uri), uri  # no scheme, blank or backslash
    assert not {"", ".", ".."} & set(uri.split("/"))
    region = place["region"]
    assert set(region) == {"startLine", "startColumn", "endLine", "endColumn"}
    assert min(region.values()) >= 1
    assert (region["startLine"], region["startColumn"]) <= (region["endLine"], region["endColumn"])


def repository_path(uri: str) -> str:
    return unquote_to_bytes(uri).decode("utf-8", "surrogateescape")


REPORTS: dict[str, Callable[[], Report]] = {
    "sample": sample,
    "empty": lambda: report(app()),
    "no app": report,
    "no file": lambda: report(app(finding(span=Span(".")), tree=Tree.of({}))),
    "crash": lambda: sample()._replace(failures=(Failure("PYV003", "KeyError: 'x'"),)),
    "one rule": lambda: sample()._replace(selected=frozenset({"PYV003", "PRO001"})),
}


@pytest.mark.parametrize("name", REPORTS)
def test_valid_by_the_schema_and_by_our_own_check(name: str) -> None:
    log = loaded(REPORTS[name]())
    VALIDATOR.validate(log)
    check(log)


@pytest.mark.skipif(not os.environ.get("SARIF_MULTITOOL"), reason="SARIF_MULTITOOL does not name the executable")
@pytest.mark.parametrize("name", REPORTS)
def test_clean_by_the_multitool(name: str, tmp_path: Path) -> None:
    """Its exit code is 0 whatever it finds, so its own results are read; its notes ask for what GitHub ignores."""
    made, out = tmp_path / "made.sarif", tmp_path / "out.sarif"
    made.write_text(render(REPORTS[name](), category="matrix"), encoding="utf-8")
    command = [os.environ["SARIF_MULTITOOL"], "validate", str(made), "--rule-kind", "Sarif;Gh", "-o", str(out)]
    subprocess.run(
        [*command, "--log", "ForceOverwrite"],
        env={**os.environ, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"},
        check=True,
        capture_output=True,
    )
    (run,) = json.loads(out.read_text(encoding="utf-8-sig"))["runs"]
    said = [(result["ruleId"], result.get("level", "warning")) for result in run["results"]]
    expected = [] if URL_BASE else [("SARIF2005", "warning")]  # it wants an informationUri
    assert [pair for pair in said if pair[0].startswith("GH") or pair[1] != "note"] == expected


def _set(log: Any, where: str, value: Any) -> None:
    *path, last = where.split("/")
    for step in path:
        log = log[int(step) if step.isdigit() else step]
    log[last] = value


RESULT = "runs/0/results/0"
URI = f"{RESULT}/locations/0/physicalLocation/artifactLocation/uri"
PROPERTIES = "runs/0/tool/driver/rules/0/properties"


@pytest.mark.parametrize(
    ("where", "value"),
    [
        (URI, "file:///home/me/app/Procfile"),
        (URI, "./Procfile"),
        (URI, "../Procfile"),
        (URI, ""),
        (f"{RESULT}/partialFingerprints", {}),
        (f"{PROPERTIES}/security-severity", 7.5),
        (f"{PROPERTIES}/tags", [f"tag{number}" for number in range(21)]),
        (f"{RESULT}/suppressions", [{"kind": "inSource"}]),
    ],
)
def test_our_own_check_sees_what_no_validator_sees(where: str, value: Any) -> None:
    log = copy.deepcopy(loaded(sample()))
    check(log)
    _set(log, where, value)
    VALIDATOR.validate(log)
    with pytest.raises((AssertionError, KeyError)):
        check(log)


def test_every_result_stands_on_a_regular_file() -> None:
    results = only_run(sample())["results"]
    uris = [result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in results]
    assert uris == ["Procfile", "a%20b/na%C3%AFve%23%25%3A%5B1%5D.py", "caf%E9.py", "config/runtime.txt"]
    for uri in uris:
        entry = TREE.find(repository_path(uri))
        assert entry is not None
        assert entry.kind is Kind.FILE


def test_a_path_is_relative_to_the_repository_whatever_was_given() -> None:
    below = replace(TREE, prefix="sub/my app/")
    one = render(report(app(finding(), tree=below, path="sub/my app")))
    other = render(report(app(finding(), tree=below, path="/home/me/repository/sub/my app")))
    assert one == other
    assert '"uri": "sub/my%20app/Procfile"' in one


def test_a_link_is_shown_as_its_target_below_a_prefix() -> None:
    result = only_result(finding(span=Span("runtime.txt")), tree=replace(TREE, prefix="sub/"))
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "sub/config/runtime.txt"
    hashed = next(line_fingerprints(b"python-3.6.1\n"))
    assert result["partialFingerprints"] == {"primaryLocationLineHash": hashed}


@pytest.mark.parametrize(
    ("target", "uri"),
    [("nowhere", "link"), ("/etc/passwd", "link"), ("config", "link"), ("vendor/x", "link"), ("Procfile", "Procfile")],
)
def test_a_link_that_leads_to_no_file_stands_for_itself(target: str, uri: str) -> None:
    tree = Tree.of({**FILES, "link": Entry("link", Kind.LINK, target=target)})
    result = only_result(finding(span=Span("link")), tree=tree)
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri
    assert ("partialFingerprints" in result) == (uri == "Procfile")


def test_fingerprints_are_those_of_the_lines() -> None:
    data = cast("bytes", FILES["caf\udce9.py"])
    spans = [Span("caf\udce9.py", line) for line in (2, 1)]
    results = only_run(report(app(*(finding(span=span) for span in spans))))["results"]
    found = [result["partialFingerprints"]["primaryLocationLineHash"] for result in results]
    assert found == list(line_fingerprints(data))[:2]


def test_equal_lines_differ_by_their_ordinal_and_one_line_has_one_fingerprint() -> None:
    tree = Tree.of({"requirements.txt": "a==${A}\n" * 60})
    spans = [Span("requirements.txt", 2, 1, 2, 2), Span("requirements.txt", 2, 4, 2, 8), Span("requirements.txt", 4)]
    results = only_run(report(app(*(finding(span=span) for span in spans), tree=tree)))["results"]
    first, second, third = (result["partialFingerprints"]["primaryLocationLineHash"] for result in results)
    assert first == second
    assert (first.partition(":")[2], third.partition(":")[2]) == ("2", "4")
    assert first.partition(":")[0] == third.partition(":")[0]


def test_of_a_file_that_is_too_large_only_what_was_read_has_fingerprints() -> None:
    last = READ_LIMIT // 2048
    found = only_run(report(app(*(finding(span=Span("uv.lock", line)) for line in (last, last + 1)))))["results"]
    assert found[0]["partialFingerprints"]["primaryLocationLineHash"].endswith(f":{last}")
    assert "partialFingerprints" not in found[1]


def test_byte_identical_whatever_the_hash_seed(tmp_path: Path) -> None:
    outputs = {
        subprocess.run(
            [sys.executable, __file__, str(tmp_path)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert outputs == {render(sample()).encode()}


def test_driver() -> None:
    driver = only_run(sample())["tool"]["driver"]
    rules = driver.pop("rules")
    assert driver == {"name": "deploylint", "version": __version__, "semanticVersion": __version__}
    assert not any("helpUri" in rule for rule in rules)


def test_urls_where_a_base_exists(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sarif, "URL_BASE", "https://example.org/rules")
    driver = only_run(sample())["tool"]["driver"]
    assert driver["informationUri"] == "https://example.org/rules"
    assert driver["rules"][1]["helpUri"] == "https://example.org/rules/PYV003"


def test_rule_with_all_sections() -> None:
    rule = only_run(sample())["tool"]["driver"]["rules"][1]
    words = rule.pop("help")
    assert rule == {
        "id": "PYV003",
        "name": "PythonEndOfLife",
        "shortDescription": {"text": "The requested Python version is past its end of life."},
        "fullDescription": {"text": "Looks at the version that the platform would install."},
        "defaultConfiguration": {"level": "error"},
        "properties": {"tags": ["deploy", "build", "pyv"], "precision": "very-high", "problem.severity": "error"},
    }
    headings = ["What it does", "Why the deploy fails", "How to fix it", "When it stays silent"]
    assert re.findall(r"^## (.*)$", words["markdown"], re.MULTILINE) == [*headings[:3], "not a heading", headings[3]]
    assert words["text"] == words["markdown"].replace("## W", "W").replace("## H", "H")
    assert "Not for readers" not in words["text"]


def test_rule_without_sections_and_with_security_severity() -> None:
    rule = only_run(sample())["tool"]["driver"]["rules"][2]
    assert rule["fullDescription"] == rule["shortDescription"] == {"text": "The secret key lies in the repository."}
    assert rule["help"] == dict.fromkeys(("text", "markdown"), "The secret key lies in the repository.")
    assert rule["defaultConfiguration"] == {"level": "note"}
    assert rule["properties"] == {
        "tags": ["deploy", "run", "sec"],
        "precision": "high",
        "problem.severity": "recommendation",
        "security-severity": "7.5",
    }


def test_the_default_level_is_written() -> None:
    run = only_run(sample())
    assert run["tool"]["driver"]["rules"][0]["defaultConfiguration"] == {"level": "warning"}
    assert [result["level"] for result in run["results"]] == ["warning", "note", "warning", "error"]


@pytest.mark.parametrize(("length", "shown"), [(1024, "x" * 1024), (1025, "x" * 1023 + "…")])
def test_long_descriptions_are_cut(tmp_path: Path, length: int, shown: str) -> None:
    text = RULES["PYV003-python-end-of-life.md"].replace("The requested", "x" * length + "\\n", 1)
    text = re.sub(r'x\\n[^"]*"', 'x"', text).replace("Looks at the version that the\nplatform", "y" * 2000)
    (tmp_path / "PYV003-python-end-of-life.md").write_text(text, encoding="utf-8")
    log = loaded(report(app(), rules=tmp_path))
    check(log)
    assert log["runs"][0]["tool"]["driver"]["rules"][0]["shortDescription"]["text"] == shown


@pytest.mark.parametrize(
    ("selected", "codes"),
    [
        ((), ["PRO001", "PYV003", "SEC002"]),
        (("PYV003", "PRO001", "XYZ999"), ["PRO001", "PYV003"]),
        (("SEC002",), ["PYV003", "SEC002"]),  # what has spoken must be described
    ],
)
def test_the_selected_rules_are_described(selected: tuple[str, ...], codes: list[str]) -> None:
    run = only_run(report(app(finding()), selected=frozenset(selected)))
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == codes
    assert run["results"][0]["ruleIndex"] == codes.index("PYV003")


def test_a_rule_that_no_file_describes_has_no_index() -> None:
    result = only_result(finding("APP999"))
    assert result["ruleId"] == "APP999"
    assert "ruleIndex" not in result


def test_a_clean_run_says_so_and_describes_its_rules(tmp_path: Path) -> None:
    run = only_run(report(app()))
    assert run["results"] == []
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["PRO001", "PYV003", "SEC002"]
    assert run["invocations"] == [{"executionSuccessful": True}]
    (tmp_path / "none").mkdir()
    assert only_run(report(app(), rules=tmp_path / "none"))["tool"]["driver"]["rules"] == []


def test_an_empty_tree_is_a_notification() -> None:
    none = finding(span=Span("."), severity=Severity.ERROR, message="Nothing\nhere.", help="Commit.")
    run = only_run(report(app(none, tree=replace(Tree.of({}), prefix="sub/"))))
    assert run["results"] == []
    assert run["invocations"] == [
        {
            "executionSuccessful": True,
            "toolExecutionNotifications": [
                {
                    "message": {"text": "Nothing\\nhere. Commit."},
                    "associatedRule": {"id": "PYV003", "index": 1},
                    "level": "error",
                }
            ],
        }
    ]


def test_a_crashed_rule_is_a_notification_beside_the_results() -> None:
    failures = (Failure("PRO001", "KeyError: 'a\nb'"), Failure("APP999", ""))
    run = only_run(report(app(finding()), failures=failures))
    assert len(run["results"]) == 1
    (invocation,) = run["invocations"]
    assert (invocation["executionSuccessful"], invocation["exitCode"]) == (True, 2)
    assert invocation["toolExecutionNotifications"] == [
        {
            "message": {"text": "The check of rule PRO001 failed: KeyError: 'a\\nb'"},
            "associatedRule": {"id": "PRO001", "index": 0},
            "level": "error",
        },
        {
            "message": {"text": "The check of rule APP999 failed: "},
            "associatedRule": {"id": "APP999"},
            "level": "error",
        },
    ]


def test_a_crash_without_results_does_not_pass_for_a_clean_run() -> None:
    (invocation,) = only_run(report(app(), failures=(Failure("PRO001", "KeyError"),)))["invocations"]
    assert (invocation["executionSuccessful"], invocation["exitCode"]) == (False, 2)


@pytest.mark.parametrize(
    ("category", "expected"),
    [("matrix/24", "matrix/24/"), ("matrix/", "matrix/"), ("a\nb", "a\\nb/"), (None, None), ("", None), ("/", None)],
)
def test_category(category: str | None, expected: str | None) -> None:
    run = only_run(report(app()), category=category)
    assert run.get("automationDetails") == (expected and {"id": expected})


def test_message_and_related_places() -> None:
    result = only_run(sample())["results"][3]
    assert result["message"]["text"] == (
        "Python 3.6 is past its end of life, so the build stops. Ask for 3.13. "
        r"See [The lock file \[uv\] says 3.6, too](1), [A\\tname](2)."
    )
    assert [place["id"] for place in result["relatedLocations"]] == [1, 2]
    assert [place["message"]["text"] for place in result["relatedLocations"]] == [
        "The lock file [uv] says 3.6, too.",
        r"A\tname.",
    ]
    assert result["relatedLocations"][1]["physicalLocation"] == {
        "artifactLocation": {"uri": "caf%E9.py"},
        "region": {"startLine": 2, "startColumn": 2, "endLine": 2, "endColumn": 7},
    }


def test_words_from_the_repository_are_shown_escaped_and_make_no_link() -> None:
    assert only_run(sample())["results"][2]["message"]["text"] == (r"In caf\xe9.py: \x1b[2J\u202egnp.exe\nnext [a] (b)")


@pytest.mark.parametrize(
    ("where", "text"),
    [
        (["heroku"], "Something will fail. (heroku)"),
        (["heroku-cedar"], "Something will fail. (heroku-cedar)"),
        (["dokku", "heroku"], "Something will fail. (heroku, dokku)"),  # in the order of the run
        (["heroku", "heroku-cedar", "dokku"], "Something will fail."),
    ],
)
def test_platforms_are_named_where_it_is_not_all(where: list[str], text: str) -> None:
    apps = [app(*[finding()] * (name in where), platform=name) for name in ("heroku", "heroku-cedar", "dokku")]
    (result,) = only_run(report(*apps))["results"]
    assert result["message"]["text"] == text


def test_one_platform_is_not_named() -> None:
    two = [app(finding(span=Span("Procfile", line)), path=str(line)) for line in (1, 2)]
    for result in only_run(report(*two))["results"]:
        assert result["message"]["text"] == "Something will fail."


@pytest.mark.parametrize(
    ("span", "region"),
    [
        (Span("Procfile", 2, 3, 2, 9), (2, 3, 2, 9)),
        (Span("Procfile", 1, 1, 3, 1), (1, 1, 3, 1)),
        (Span("Procfile", 0, 0, 0, 0), (1, 1, 1, 1)),
        (Span("Procfile", 2, 5, 2, 4), (2, 5, 2, 5)),
        (Span("Procfile", 2, 5, 1, 9), (2, 5, 2, 5)),
        (Span("Procfile", 2, 5, 3, 0), (2, 5, 3, 1)),
    ],
)
def test_regions_are_in_order(span: Span, region: tuple[int, ...]) -> None:
    found = only_result(finding(span=span))["locations"][0]["physicalLocation"]["region"]
    assert found == dict(zip(("startLine", "startColumn", "endLine", "endColumn"), region, strict=True))


def test_fix_is_grouped_by_file() -> None:
    edits = (
        Replace(Span("runtime.txt", 1, 8, 1, 13), "3.13"),
        Replace(Span("Procfile", 1, 1, 1, 1), "web: gunicorn\n"),
        Replace(Span("runtime.txt", 1, 1, 1, 2), ""),
    )
    result = only_result(finding(fix=Fix("Mend\tit", edits, safe=True)))
    regions = [
        {"startLine": 1, "startColumn": start, "endLine": 1, "endColumn": end}
        for start, end in ((8, 13), (1, 2), (1, 1))
    ]
    assert result["fixes"] == [
        {
            "description": {"text": "Mend\\tit"},
            "artifactChanges": [
                {
                    "artifactLocation": {"uri": "config/runtime.txt"},
                    "replacements": [
                        {"deletedRegion": regions[0], "insertedContent": {"text": "3.13"}},
                        {"deletedRegion": regions[1], "insertedContent": {"text": ""}},
                    ],
                },
                {
                    "artifactLocation": {"uri": "Procfile"},
                    "replacements": [{"deletedRegion": regions[2], "insertedContent": {"text": "web: gunicorn\n"}}],
                },
            ],
        }
    ]


GOOD = Replace(Span("Procfile", 1, 1, 1, 2), "x")


@pytest.mark.parametrize(
    "edits",
    [
        (),
        (GOOD, Create("new", "x")),
        (Rename("Procfile", "procfile"), GOOD),
        (Delete("Procfile"),),
        (Rewrite(Span("manage.py"), "quote"),),
        (GOOD, Replace(Span("Procfile", 1, 1, 1, 2), "caf\udce9")),
    ],
)
def test_a_fix_that_sarif_cannot_say_is_left_out(edits: tuple[Edit, ...]) -> None:
    assert "fixes" not in only_result(finding(fix=Fix("Mend it", edits, safe=True)))


def test_no_more_results_than_github_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sarif, "RESULT_LIMIT", 3)
    severities = [Severity.NOTE, Severity.ERROR, Severity.NOTE, Severity.WARNING, Severity.NOTE]
    found = [finding(span=Span("Procfile", line), severity=worse) for line, worse in enumerate(severities, 1)]
    run = only_run(report(app(*found)))
    assert [result["level"] for result in run["results"]] == ["note", "error", "warning"]
    assert run["invocations"][0]["toolExecutionNotifications"] == [
        {
            "message": {"text": "2 of the least severe findings are left out: GitHub takes 3 at most."},
            "level": "warning",
        }
    ]


def test_just_as_many_results_as_github_takes_lose_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sarif, "RESULT_LIMIT", 2)
    run = only_run(report(app(*(finding(span=Span("Procfile", line)) for line in (1, 2)))))
    assert len(run["results"]) == 2
    assert run["invocations"] == [{"executionSuccessful": True}]


NUMBERS = st.integers(-2, 5)
SPANS = st.builds(Span, st.sampled_from([*FILES, "missing", "vendor/x"]), NUMBERS, NUMBERS, NUMBERS, NUMBERS)
TEXTS = st.text(st.characters(exclude_categories=()), min_size=1)
RELATED = st.lists(st.builds(Related, TEXTS, SPANS), max_size=3).map(tuple)
FIXES = st.builds(Fix, TEXTS, st.lists(st.builds(Replace, SPANS, TEXTS), max_size=3).map(tuple), st.booleans())
FINDINGS = st.builds(
    finding,
    st.sampled_from(["PYV003", "SEC002"]),
    SPANS,
    severity=st.sampled_from(Severity),
    message=TEXTS,
    related=RELATED,
    fix=FIXES,
)


@given(st.lists(FINDINGS, max_size=3))
def test_any_findings_make_a_valid_file(findings: list[Finding]) -> None:
    log = loaded(report(app(*findings), app(platform="dokku")))
    VALIDATOR.validate(log)
    json.dumps(log, ensure_ascii=False).encode("utf-8")  # no lone surrogate, which no UTF-8 reader would take
    for result in log["runs"][0]["results"]:
        for place in [*result["locations"], *result.get("relatedLocations", [])]:
            check_place(place["physicalLocation"])


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\tb\r\n", r"a\tb\r\n"),
        ("\x00\x1b[31m\x7f\x85\x9b", r"\x00\x1b[31m\x7f\x85\x9b"),
        (
            "\u061c\u200e\u200f\u202a\u202e\u2066\u2069\u2028\u2029",
            r"\u061c\u200e\u200f\u202a\u202e\u2066\u2069\u2028\u2029",
        ),
        ("caf\udce9 \ud800 \udc7f", r"caf\xe9 \ud800 \udc7f"),
        ("naïve \\n 😀 \u200b\u2010\xa0", "naïve \\n 😀 \\u200b\u2010\xa0"),
    ],
)
def test_controls_are_shown_escaped(text: str, shown: str) -> None:
    assert escape_controls(text) == shown


if __name__ == "__main__":
    sys.stdout.write(render(sample(write_rules(Path(sys.argv[1])))))
