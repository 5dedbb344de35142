from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploylint.facts import globs
from deploylint.facts.slugignore import ignored, patterns, slug
from deploylint.tree import Tree


@pytest.mark.parametrize(
    ("source", "path", "removed"),
    [
        ("tests\n", "tests", True),
        ("tests\n", "tests/a.py", True),
        ("tests\n", "app/tests/a.py", True),
        ("tests\n", "mytests", False),
        ("/tests\n", "tests/a.py", True),
        ("/tests\n", "app/tests/a.py", False),
        ("docs/\n", "docs/a", True),
        ("docs/\n", "x/docs/a", False),
        ("*.psd\n", "a/b/c.psd", True),
        ("*.psd\n", ".hidden.psd", False),
        ("*.psd\n", ".git/c.psd", False),
        (".env\n", ".env", True),
        ("a/*.txt\n", "a/b.txt", True),
        ("a/*.txt\n", "a/b/c.txt", False),
        ("a/**/c.txt\n", "a/b/d/c.txt", True),
        ("a/**/c.txt\n", "a/c.txt", True),
        ("a/**/c.txt\n", "a/.b/c.txt", False),
        ("docs/**\n", "docs/a", True),
        ("docs/**\n", "docs/a/b", True),
        ("docs/**\n", "docs/.a", False),
        ("docs/**\n", "docs", False),
        ("docs/**/\n", "docs/a", True),
        ("/**\n", "requirements.txt", True),
        ("/**\n", ".python-version", False),
        ("docs/*/\n", "docs/a/b", True),
        ("docs/*/\n", "docs/a", False),
        (".env/\n", ".env", False),
        ("./runtime.txt\n", "runtime.txt", True),
        ("a/./b//c\n", "a/b/c", True),
        ("/\n", "a/b", True),
        (".*\n", "requirements.txt", True),
        ("./.*\n", "a", True),
        (".\n", "a", True),
        ("/**/{,a}\n", "b", False),
        ("**/\n", "a", True),
        ("**/.\n", "a", False),
        ("..\n", "a", False),
        (".a*\n", "a", False),
        ("{a,b}.txt\n", "b.txt", True),
        ("{a,b{c,d}}\n", "bd", True),
        ("!keep.txt\n", "keep.txt", False),
        ("# tests\n", "tests", True),  # the file is split at white space: only the sign itself is a comment
        ("#tests\n", "tests", False),
        ("docs#old\n", "docs", True),
        ("*\n", "requirements.txt", True),
        ("requirements\\.txt\n", "requirements.txt", True),
        ("requirements.txt\\\n", "requirements.txt", True),
        ("\\*.txt\n", "requirements.txt", False),
        ("\\*.txt\n", "*.txt", True),
        ("\\{a,b}\n", "{a,b}", True),
        ("\\{a,b}\n", "a", False),
        ("{a\\,b,c}\n", "a,b", True),
        ("c\\\\d\n", "c\\d", True),
        ("\\\n", "anything", True),
        ("{,a}\n", "anything", True),
        (".*/\n", "anything", True),
        ("[]a]\n", "a", False),
        ("[^a].py\n", "b.py", True),
        ("[^a].py\n", "a.py", False),
    ],
)
def test_patterns(source: str, path: str, removed: bool) -> None:
    assert ignored(source)(path) is removed


def test_slug_takes_files_out() -> None:
    tree = Tree.of({".slugignore": "requirements.txt docs", "requirements.txt": "", "docs/a": "", "app.py": ""})
    assert sorted(slug(tree, ".slugignore").entries) == [".slugignore", "app.py"]
    assert slug(Tree.of({"a": ""}), ".slugignore").entries.keys() == {"a"}


def test_braces_are_bounded() -> None:
    assert len(patterns("{a,b}" * 40)) <= 200


@given(
    st.text(st.sampled_from("ab*?[]{},/!#.^ \n"), max_size=30),
    st.text(st.sampled_from("ab/."), min_size=1, max_size=12),
)
def test_any_source(source: str, path: str) -> None:
    assert ignored(source)(path) in (True, False)


@pytest.mark.parametrize(
    ("source", "paths", "judged"),
    [
        pytest.param("*a*b *c", [f"d{number}" for number in range(60)], False, id="many names"),
        pytest.param("/**/x /*/*/y", [f"a/b/c/d/e/f/{number}" for number in range(20)], False, id="many paths"),
        pytest.param(" ".join(f"*a*{number}" for number in range(100)), ["x"], False, id="many patterns"),
        pytest.param(f"{'/**' * 500}/x", ["a/b/c/d"], True, id="the same star over and over"),
        pytest.param("x /a/y", [f"{number}/z" for number in range(1000)], True, id="no stars"),
    ],
)
def test_the_comparisons_are_bounded(
    source: str, paths: list[str], judged: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where they are used up, the file counts as empty, and that is remarked."""
    monkeypatch.setattr(globs, "_EFFORT", 100)
    monkeypatch.setattr(globs, "_GLOBS", 50)
    tree = slug(Tree.of({".slugignore": f"{source} gone", "gone": "", **dict.fromkeys(paths, "")}), ".slugignore")
    assert (tree.find("gone") is None) == judged
    assert [remark.what for remark in tree.remarks] == ["unread"] * (not judged)
