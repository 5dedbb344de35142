from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from deploylint.config import Config, find_config, read_config
from deploylint.errors import UsageError
from deploylint.rulebook import RuleBook
from deploylint.selection import codes_of, matches, select

if TYPE_CHECKING:
    from pathlib import Path


def test_the_app_root_comes_before_the_repository_root(tmp_path: Path) -> None:
    app = tmp_path / "app"
    app.mkdir()
    (tmp_path / "deploylint.toml").write_text('stack = "heroku-22"\n')
    assert find_config(app, tmp_path).values == {"stack": "heroku-22"}
    assert find_config(app, None) == Config()
    (app / "pyproject.toml").write_text('[tool.deploylint]\nstack = "heroku-24"\n')
    assert find_config(app, tmp_path).values == {"stack": "heroku-24"}
    (app / "deploylint.toml").write_text('ignore = { PRO002 = "started by hand" }\nplatform = "heroku"\n')
    assert find_config(app, tmp_path).values == {"ignore": ["PRO002"], "platform": ["heroku"]}


def test_a_link_out_of_the_repository_is_not_read(tmp_path: Path) -> None:
    app = tmp_path / "app"
    app.mkdir()
    (tmp_path / "secret.toml").write_text('stack = "x"\n')
    (app / "deploylint.toml").symlink_to(tmp_path / "secret.toml")
    assert find_config(app, app) == Config()


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("deploylint.toml", "stak = 'x'\n", 'unknown key: stak; did you mean "stack"?'),
        ("deploylint.toml", "output-file = 'x'\n", "unknown key: output-file"),
        ("deploylint.toml", "fix = true\n", "unknown key: fix"),
        ("deploylint.toml", "stack = 1\n", "stack must be a string"),
        ("deploylint.toml", "stack = true\n", "stack must be a string"),
        ("deploylint.toml", "stack = ['a']\n", "stack must be a string"),
        ("deploylint.toml", "select = [1]\n", "select must be a list of strings"),
        ("deploylint.toml", "ignore = { A = 1 }\n", "ignore must be a list of strings, or a table"),
        ("deploylint.toml", "select = { A = 'b' }\n", "select must be"),
        ("deploylint.toml", "statistics = 'yes'\n", "statistics must be true or false"),
        ("deploylint.toml", "per-file-ignores = { 'a' = 'b' }\n", "per-file-ignores must be"),
        (
            "deploylint.toml",
            "[per-file-ignores]\n" + "".join(f"a{number} = []\n" for number in range(1001)),
            "per-file-ignores has more than 1000 patterns",
        ),
        ("deploylint.toml", "a = = 1\n", "line 1"),
        ("deploylint.toml", "a = " + "[" * 100_000, "nested too deeply"),
        ("deploylint.toml", "#" * (512 * 1024 + 1), "too large"),
        ("deploylint.toml", f"a{'.a' * 5001} = 1\n", "too many dots"),
        ("deploylint.toml", f"a{'.a' * 500} = 1\n" * 101, "too many dots"),
        ("pyproject.toml", f"[tool.deploylint]\na{'.a' * 5001} = 1\n", "too many dots"),
        ("pyproject.toml", "[tool]\ndeploylint = 1\n", "must be a table"),
    ],
)
def test_faults_are_named(name: str, text: str, says: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(UsageError, match=r".") as caught:
        find_config(tmp_path, None)
    assert says in str(caught.value)
    assert str(path) in str(caught.value)


def test_other_faults(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_config(tmp_path / "gone.toml")
    (tmp_path / "deploylint.toml").write_bytes(b"\xff")
    with pytest.raises(UsageError, match="not UTF-8"):
        read_config(tmp_path / "deploylint.toml")


def test_a_pyproject_of_no_concern(tmp_path: Path) -> None:
    path = tmp_path / "pyproject.toml"
    path.write_text("not = = toml")
    assert find_config(tmp_path, None) == Config()
    assert read_config(path) == Config(source=path)
    path.write_text('[project]\nname = "deploylint-user"\n')
    assert find_config(tmp_path, None) == Config()
    assert read_config(path) == Config(source=path)
    path.write_text('tool = "deploylint"\n')
    assert find_config(tmp_path, None) == Config()


def test_many_requirements_in_one_line_are_no_fault(tmp_path: Path) -> None:
    listed = ", ".join(f'"project-{number}==1.2.3"' for number in range(2000))
    (tmp_path / "pyproject.toml").write_text(f"[project]\ndependencies = [{listed}]\n[tool.deploylint]\nselect = []\n")
    assert find_config(tmp_path, None).values == {"select": []}


RULES = RuleBook()


def test_rules_by_code_name_prefix_and_all() -> None:
    assert codes_of(["PYV003, python-end-of-life", ""], RULES) == {"PYV003"}
    assert codes_of(["pyv"], RULES) == {code for code in RULES.by_code if code.startswith("PYV")}
    assert codes_of(["all"], RULES) == set(RULES.by_code)
    with pytest.raises(UsageError, match='unknown rule: PYV999; did you mean "PYV009"'):
        codes_of(["PYV999"], RULES)


def test_select() -> None:
    assert select(RULES).codes == set(RULES.by_code)
    chosen = select(RULES, ["PYV"], ["PYV003"], ["PRO001"], {"legacy/*": ["PRO"]})
    assert "PRO001" in chosen.codes
    assert "PYV003" not in chosen.codes
    assert chosen.per_file["legacy/*"] == {code for code in RULES.by_code if code.startswith("PRO")}


@pytest.mark.parametrize(
    ("path", "pattern", "same"),
    [
        ("a/Procfile", "Procfile", True),
        ("a/b/Procfile", "a/*", True),
        ("a/Procfile", "./a/Procfile", True),
        ("a/Procfile", "b/*", False),
        ("a/procfile", "Procfile", False),
    ],
)
def test_patterns(path: str, pattern: str, same: bool) -> None:
    assert matches(path, pattern) is same
