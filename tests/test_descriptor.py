"""project.toml: its schemas, and what it leaves out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploylint.facts.descriptor import Descriptor, read_descriptor
from deploylint.text import Span
from deploylint.tree import Entry, Kind, Tree


def read(text: str | bytes) -> Descriptor | None:
    return read_descriptor(Tree.of({"project.toml": text}), "project.toml")


def found(text: str) -> Descriptor:
    descriptor = read(text)
    assert descriptor
    return descriptor


NEW = '[_]\nschema-version = "0.2"\n'


@pytest.mark.parametrize(
    ("pattern", "dropped", "kept"),
    [
        ("docs/", ["docs/a.md", "x/docs/a.md"], ["docs", "docs.md"]),
        ("docs", ["docs", "docs/a.md", "x/docs"], ["docs2/a"]),
        ("/docs", ["docs/a.md"], ["x/docs/a.md"]),
        ("*.lock", ["uv.lock", "x/uv.lock", ".lock"], ["uv.lock2"]),
        ("/*.lock", ["uv.lock"], ["x/uv.lock"]),
        ("b/c", ["b/c", "a/b/c/d"], ["b/x/c"]),
        ("src/*.py", ["src/a.py"], ["x/src/a.py", "src/b/a.py"]),
        ("**/tests", ["tests/a", "x/y/tests"], ["xtests"]),
        ("a/**", ["a/b", "a/b/c"], ["b/a2"]),
        ("a/**/z", ["a/z", "a/b/c/z"], ["z"]),
        ("a?", ["a?"], ["ab"]),
        (" padded ", ["padded"], []),
        ("# comment", [], ["# comment"]),
        ("", [], ["a"]),
    ],
)
def test_patterns(pattern: str, dropped: list[str], kept: list[str]) -> None:
    descriptor = Descriptor("project.toml", exclude=(pattern,))
    assert [path for path in dropped if not descriptor.dropper()(path)] == []
    assert [path for path in kept if descriptor.dropper()(path)] == []


def test_the_last_pattern_that_concerns_a_path_decides() -> None:
    descriptor = Descriptor("project.toml", exclude=("docs/", "!docs/keep.md"))
    assert descriptor.dropper()("docs/a.md")
    assert not descriptor.dropper()("docs/keep.md")


def test_what_is_included_is_all_there_is() -> None:
    descriptor = Descriptor("project.toml", include=("src/", "requirements.txt"))
    assert not descriptor.dropper()("requirements.txt")
    assert descriptor.dropper()("README.md")


def test_without_lists_nothing_is_dropped() -> None:
    assert not Descriptor("project.toml").dropper()("a")


def test_the_schema_decides_which_tables_count() -> None:
    both = 'build.exclude = ["old"]\nio.buildpacks.exclude = ["new"]\n'
    assert found(both).exclude == ("old",)
    assert found(both + '_.schema-version = "0.1"').exclude == ("old",)
    assert found(both + '_.schema-version = "0.2"').exclude == ("new",)
    assert found(both + '_.schema-version = "0.3"').exclude == ("new",)


def test_variables_where_they_stand() -> None:
    text = (
        NEW
        + '[[io.buildpacks.build.env]]\nname = "A"\nvalue = "A"\n[[io.buildpacks.build.env]]\nname = "B"\nvalue = "A"\n'
    )
    assert [(item.name, item.span) for item in found(text).variables] == [
        ("A", Span("project.toml", 4, 9, 4, 10)),
        ("B", Span("project.toml", 7, 9, 7, 10)),
    ]
    # An older table, which only the second schema still knows.
    old = '[[io.buildpacks.env.build]]\nname = "C"\n'
    assert [item.name for item in found(NEW + old).variables] == ["C"]
    assert found(old + '[_]\nschema-version = "0.3"\n').variables == ()


@pytest.mark.parametrize(
    ("builder", "stack"),
    [
        ("heroku/builder:24", "heroku-24"),
        ("docker.io/heroku/builder:22", "heroku-22"),
        ("heroku/builder:24_linux-arm64", "heroku-24"),
        ("paketobuildpacks/builder-jammy-base", None),
        ("heroku/builder", None),
    ],
)
def test_the_stack_of_a_builder(builder: str, stack: str | None) -> None:
    assert found(f'{NEW}[io.buildpacks]\nbuilder = "{builder}"\n').stack == stack


def test_buildpacks_by_id_or_address() -> None:
    text = (
        NEW
        + '[[io.buildpacks.group]]\nid = "heroku/python"\n[[io.buildpacks.group]]\nuri = "https://example.com/x.tgz"\n'
    )
    assert found(text).buildpacks == ("heroku/python", "https://example.com/x.tgz")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a: b", "not TOML"),
        (b"\xff", "not TOML"),
        ("_.schema-version = 2", "schema-version is 2"),
        ('build.include = []\nbuild.exclude = ["a"]', "both include and exclude"),
    ],
)
def test_what_no_build_can_use(text: str | bytes, why: str) -> None:
    descriptor = read(text)
    assert descriptor
    assert descriptor.refused
    assert why in descriptor.refused
    assert not descriptor.says_something


def test_a_file_that_is_none_or_too_large_says_nothing() -> None:
    assert read("#" * (256 * 1024 + 1)) is None
    assert read_descriptor(Tree.of({"project.toml": Entry("", Kind.DIRECTORY)}), "project.toml") is None


@given(
    st.one_of(
        st.binary(max_size=60),
        st.lists(
            st.sampled_from(
                [NEW, "[build]\n", "[io.buildpacks]\n", "exclude = ", '["a", 1]', "{}", "env = ", "name", "\n"]
            ),
            max_size=8,
        ).map(lambda parts: "".join(parts).encode()),
    ),
    st.text("ab/*.", max_size=12),
)
def test_any_descriptor(data: bytes, path: str) -> None:
    descriptor = read(data)
    assert descriptor is None or isinstance(descriptor.dropper()(path), bool)
