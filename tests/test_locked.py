"""What a lock certainly installs, and which files it names: the forms that the tools do not write, and hostile ones."""

from __future__ import annotations

import pytest

from deploylint.facts.locked import Locked, locked
from deploylint.facts.locks import read_pipenv, read_poetry, read_uv
from deploylint.facts.markers import Environment
from deploylint.facts.wheels import Misfit, Target, misfit
from deploylint.tree import Tree

PUBLIC = "https://{}.org/simple".format("pypi")
HERE = Environment("3.13.2")
MANIFEST = '[project]\nname = "shop"\nversion = "0.1.0"\nrequires-python = ">=3.10"\ndependencies = ["one"]\n'
HEAD = '[[package]]\nname = "one"\nversion = "1.0"\noptional = false\npython-versions = "*"\n'
TAIL = '\n[metadata]\nlock-version = "2.1"\npython-versions = "*"\ncontent-hash = "0"\n'


def poetry(lock: str, manifest: str = MANIFEST) -> tuple[Locked, ...]:
    return locked(read_poetry(Tree.of({"poetry.lock": lock, "pyproject.toml": manifest})), HERE)


def uv(lock: str) -> tuple[Locked, ...]:
    head = 'version = 1\nrequires-python = ">=3.10"\n'
    return locked(read_uv(Tree.of({"uv.lock": head + lock, "pyproject.toml": MANIFEST})), HERE)


@pytest.mark.parametrize(
    ("files", "names"),
    [
        ('files = [\n    {file = "one-1.0.tar.gz", hash = "sha256:0"},\n]\n', ("one-1.0.tar.gz",)),
        ('files = [{file = "one-1.0.tar.gz", hash = "sha256:0"}]\n', ("one-1.0.tar.gz",)),
        ('files = [{file = "a.whl", size = "1"}, {url = "https://e.com/x/b%2B1.whl#c"}]\n', ("a.whl", "b+1.whl")),
        ("files = [{size = 1}]\n", None),
        ("files = [1]\n", None),
        ("files = []\n", None),
        ("", None),
    ],
)
def test_the_files_of_a_package(files: str, names: tuple[str, ...] | None) -> None:
    (found,) = poetry(f'{HEAD}groups = ["main"]\n{files}{TAIL}')
    assert found.files == names


def test_a_text_that_looks_like_a_package_makes_the_lock_unread() -> None:
    description = 'description = """\n[[package]]\nname = "two"\n"""\n'
    assert poetry(f'{HEAD}groups = ["main"]\n{description}files = []\n{TAIL}') == ()
    assert poetry(f'{HEAD}groups = ["main"]\nfiles = []\n{TAIL}') != ()


@pytest.mark.parametrize("lock", ["package = []\n", "package = 1\n", "", '[[package]]\n"name" = "one"\n'])
def test_a_lock_without_packages(lock: str) -> None:
    assert poetry(lock + TAIL) == ()
    assert uv(lock) == ()


@pytest.mark.parametrize(
    ("manifest", "found"),
    [
        ('[tool.poetry.dependencies]\npython = "*"\none = "*"\n', True),
        ('[tool.poetry.dependencies]\none = {version = "*", markers = "sys_platform == \'linux\'"}\n', True),
        ('[tool.poetry.dependencies]\none = {version = "*", markers = "sys_platform == \'win32\'"}\n', False),
        ('[tool.poetry.dependencies]\none = {version = "*", markers = 1}\n', False),
        ('[tool.poetry.dependencies]\none = {version = "*", platform = "linux"}\n', False),
        ('[tool.poetry.dependencies]\none = [{version = "1"}, {version = "2"}]\n', False),
        ('[tool.poetry.group.dev.dependencies]\none = "*"\n', False),
        (MANIFEST, True),
        (MANIFEST.replace('"one"', "\"one ; sys_platform == 'win32'\""), False),
        (MANIFEST + "[tool.poetry.dependencies]\none = {markers = \"sys_platform == 'win32'\"}\n", False),
    ],
)
def test_what_an_older_lock_installs_is_told_by_the_project(manifest: str, *, found: bool) -> None:
    assert bool(poetry(HEAD + "files = []\n" + TAIL.replace("2.1", "2.0"), manifest)) == found


def test_of_two_versions_neither_is_certain_in_an_older_lock() -> None:
    both = f"{HEAD}files = []\n\n{HEAD.replace('1.0', '2.0')}files = []\n"
    assert poetry(both + TAIL.replace("2.1", "2.0")) == ()


def test_uv_installs_what_the_edges_lead_to() -> None:
    source = 'source = { registry = "https://index.example/simple" }'

    def package(name: str, version: str = "1.0", more: str = "") -> str:
        return f'[[package]]\nname = "{name}"\nversion = "{version}"\n{source}\n{more}'

    root = (
        '[[package]]\nname = "shop"\nversion = "0.1.0"\nsource = { editable = "." }\ndependencies = [\n'
        '    { name = "one", extra = ["fast"] },\n    { name = "two", version = "2.0", '
        f"{source} }},\n"
        '    { name = "three", marker = "extra == \'extra-4-shop-cpu\'" },\n]\n'
    )
    lock = "\n".join(
        [
            package("deep"),
            package("one", more='\n[package.optional-dependencies]\nfast = [\n    { name = "deep" },\n]\n'),
            root,
            package("three"),
            package("two"),
            package("two", "2.0", 'sdist = { url = "https://e.com/two-2.0.tar.gz" }\n'),
        ]
    )
    assert [(found.name, found.version, found.sdist) for found in uv(lock)] == [
        ("deep", "1.0", False),
        ("one", "1.0", False),
        ("two", "2.0", True),
    ]


@pytest.mark.parametrize(("index", "is_public"), [(PUBLIC, True), ("https://index.example/simple", False)])
def test_the_index_of_a_package(index: str, *, is_public: bool) -> None:
    root = (
        '[[package]]\nname = "shop"\nversion = "0.1.0"\nsource = { virtual = "." }\ndependencies = [{ name = "one" }]\n'
    )
    one = f'[[package]]\nname = "one"\nversion = "1.0"\nsource = {{ registry = "{index}" }}\n'
    assert [found.public for found in uv(one + root)] == [is_public]


def test_a_pipfile_lock_names_versions_only() -> None:
    lock = (
        f'{{"_meta": {{"sources": [{{"url": "{PUBLIC}"}}]}}, "default": {{"One.Thing": {{"version": "==1.0"}}, '
        '"two": {"version": "==2", "markers": "sys_platform == \'win32\'"}, "three": {"version": "*"}}}'
    )
    found = locked(read_pipenv(Tree.of({"Pipfile": "", "Pipfile.lock": lock})), HERE)
    assert [(item.name, item.version, item.files) for item in found] == [("one-thing", "1.0", None)]


@pytest.mark.parametrize("file", ["a.whl", "a-1.0-py3-none.whl", "a-1.0-1-2-py3-none-any.whl", "-.whl"])
def test_a_name_that_does_not_tell(file: str) -> None:
    assert misfit(file, Target(13)) == Misfit("name")


@pytest.mark.parametrize("machine", [None, "x86_64"])
def test_a_name_of_very_many_tags_is_not_judged(machine: str | None) -> None:
    assert misfit(f"a-1.0-{'.'.join(['cp27'] * 100_000)}-none-any.whl", Target(13, machine)) is None
