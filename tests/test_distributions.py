"""The reader of the package data: on a few lines of its own, and what must hold of the data that ships."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from deploylint import package
from deploylint.facts.markers import Environment
from deploylint.facts.pipfiles import read_requirements
from deploylint.knowledge import debian, distributions
from deploylint.knowledge.closure import Closure, closure
from deploylint.knowledge.distributions import (
    DISTRIBUTIONS,
    FORMAT,
    MODULES,
    DataError,
    Need,
    Wheels,
    closest_providers,
    distribution,
    known_modules,
    known_names,
    need,
    origin,
    providers,
)
from deploylint.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Environment("3.12")

SMALL = f"""\
{FORMAT}
# 2026-11-24
# 13 distributions, 9 import names
# Made up,
# for a test.

all-in 2.0
 imports all_in
 extras all fast slow
 needs[all] all-in[fast,slow]
 needs[fast] ring-a
 needs[slow] nowhere>=1

dark 1.0
 imports -
 needs ?

flat 1.1.1
 python >=3.9
 imports flat flat_tools
 accidental tests
 scripts flat flatctl
 extras async old
 needs old-thing<2; python_version < "3.10"
 needs ring-a[extra]~=1.0
 needs[async] ring-b>=1; platform_release >= "5"
 needs[old] ring-b==0.1; extra == "old" or extra == "older"
 wheels any
 sdist yes

future 9.0
 python >=3.99
 imports future

gcs 3.0
 imports google.cloud.storage
 wheels cp39-abi3
 wheels-x86-64 cp312
 sdist no

gdb 3.0
 imports google.cloud.ndb
 novelty of a later tool
 wheels -

old-thing 1.0
 imports old_thing

pillow 12.0
 imports PIL

pillow-simd 9.0
 imports PIL

ring-a 1.4
 imports ring.a
 extras extra
 needs ring-b
 needs[extra] flat

ring-b 1.5rc1
 imports ring.b
 needs ring-a

twin 1.0
 imports PIL.twin
"""
LINES = f"""\
{FORMAT}
# 2026-11-24
# 13 distributions, 9 import names
PIL pillow pillow-simd
PIL.twin twin
all_in all-in
flat flat
flat_tools flat
future future
google.cloud.ndb gdb
google.cloud.storage gcs
old_thing old-thing
ring.a ring-a
ring.b ring-b
"""
NAMES = re.findall(r"(?m)^([a-z-]+) [0-9]", SMALL)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    texts = {DISTRIBUTIONS: SMALL.encode(), MODULES: LINES.encode(), debian.DISTRIBUTIONS: b"", debian.MODULES: b""}
    monkeypatch.setattr(package, "view", texts.__getitem__)
    distributions.named.cache_clear()
    yield
    distributions.named.cache_clear()


def closed(*texts: str, environment: Environment = HERE) -> Closure:
    needs = [need(text) for text in texts]
    return closure([item for item in needs if item], environment)


@pytest.mark.usefixtures("small")
class TestSmall:
    def test_every_block_is_found_and_no_other(self) -> None:
        assert list(known_names()) == NAMES
        for name in NAMES:
            found = distribution(name)
            assert found is not None
            assert found.name == name
        for name in ("", "#", "a", "flat ", "flax", "fla", "zzz", "flat\n", "novelty", "é"):
            assert distribution(name) is None

    def test_a_block(self) -> None:
        found = distribution("FLAT")
        assert found is not None
        assert (found.version, found.python, found.sdist) == ("1.1.1", ">=3.9", True)
        assert (found.imports, found.accidental) == (("flat", "flat_tools"), ("tests",))
        assert (found.scripts, found.extras) == (("flat", "flatctl"), ("async", "old"))
        assert found.needs is not None
        assert found.needs[:2] == (
            Need("old-thing", specifier="<2", marker='python_version < "3.10"'),
            Need("ring-a", ("extra",), "~=1.0"),
        )
        assert found.needs[2].extra == "async"

    def test_what_is_not_known_is_none(self) -> None:
        dark, pillow, gdb = (distribution(name) for name in ("dark", "pillow", "gdb"))
        assert dark is not None
        assert pillow is not None
        assert gdb is not None
        assert (dark.imports, dark.needs) == ((), None)
        assert (pillow.needs, pillow.wheels, pillow.sdist) == ((), None, None)
        assert gdb.wheels == Wheels()

    def test_wheels(self) -> None:
        found = distribution("gcs")
        assert found is not None
        assert found.wheels is not None
        assert found.wheels == Wheels(("cp39-abi3", "cp312"), ("cp39-abi3",))
        assert found.wheels.fits(HERE)
        assert not found.wheels.fits(Environment("3.8"))
        assert Wheels(("cp312",)).fits(HERE)
        assert not Wheels(("cp311", "cp", "none")).fits(HERE)
        assert not Wheels(("cp312",)).fits(Environment("3.12", "aarch64"))
        assert Wheels((), ("py38",)).fits(Environment("3.12", "aarch64"))

    def test_providers(self) -> None:
        assert providers("PIL") == ("pillow", "pillow-simd")
        assert providers("PIL.Image") == ("pillow", "pillow-simd")
        assert providers("PIL.twin.x") == ("twin", "pillow", "pillow-simd")
        assert providers("google.cloud.storage.blob") == ("gcs",)
        assert providers("google.cloud") == providers("google") == ("gcs", "gdb")
        for module in ("pil", "google.cloud.stor", "goo", "tests", "", ".", "PIL ", "PIL pillow", "#", "a..b", "zz"):
            assert providers(module) == ()

    def test_modules_of_one_name_each(self) -> None:
        modules = dict(known_modules())
        assert modules["PIL"] == ("pillow", "pillow-simd")
        for module, names in modules.items():
            assert set(names) <= set(providers(module))

    def test_a_closure_with_a_cycle(self) -> None:
        found = closed("flat")
        assert list(found.members) == ["flat", "ring-a", "ring-b"]
        assert found.members["ring-b"].path == ("flat", "ring-a", "ring-b")
        assert found.members["ring-a"].extras == ("extra",)
        assert found.complete
        assert found.provides("ring.b.inner") == ("ring-b",)
        assert found.provides("tests") == ("flat",)
        assert found.provides("ring") == ()

    def test_a_marker_for_the_python_in_force(self) -> None:
        assert "old-thing" in closed("flat", environment=Environment("3.9")).members
        assert "old-thing" not in closed("flat").members

    def test_an_extra_of_extras(self) -> None:
        found = closed("all-in[all]")
        assert list(found.members) == ["all-in", "nowhere", "ring-a", "ring-b"]
        assert found.members["all-in"].extras == ("all", "fast", "slow")
        assert found.unknown == ("nowhere",)
        assert found.members["nowhere"].distribution is None
        assert not found.complete

    def test_what_cannot_be_decided_is_left_out_and_told(self) -> None:
        found = closed("pillow", 'twin; platform_version == "x"')
        assert list(found.members) == ["pillow"]
        assert found.undecided == ('twin; platform_version == "x"',)
        assert closed("flat[async]").undecided == ('ring-b; platform_release >= "5"',)

    def test_a_marker_that_asks_for_several_extras(self) -> None:
        assert not closed("flat[old]").members["ring-b"].described
        assert not closed("dark").complete

    def test_another_version_than_the_data_has(self) -> None:
        assert closed("pillow==12.*").certain
        assert closed("pillow<12").other_versions == ("pillow",)
        assert closure([Need("pillow", specifier="junk")], HERE).members["pillow"].described is None
        assert closed("ring-b>=1.5.dev0").members["ring-b"].described is True
        assert closed("future").other_versions == ("future",)
        assert closed("pillow @ git+https://example.org/x").other_versions == ("pillow",)
        assert not closed("future").certain

    def test_requirements_of_a_file(self) -> None:
        tree = Tree.of({"requirements.txt": "Flat[async]==1.1.1\nPillow; os_name == 'nt'\nhttps://example.org/x.zip\n"})
        found = closure(read_requirements(tree, "requirements.txt").requirements, HERE)
        assert list(found.members) == ["flat", "ring-a", "ring-b"]
        assert found.nameless
        assert not found.complete

    def test_a_closure_has_an_end(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("deploylint.knowledge.closure.MEMBER_LIMIT", 2)
        found = closed("flat")
        assert len(found.members) == 2
        assert not found.complete

    def test_where_it_comes_from(self, monkeypatch: pytest.MonkeyPatch) -> None:
        found = origin()
        assert (found.date.isoformat(), found.distributions, found.modules) == ("2026-11-24", 13, 9)
        assert found.source == "Made up, for a test."
        for text in (b"", b"# something else\n\n"):
            monkeypatch.setattr(package, "view", lambda _, text=text: text)
            with pytest.raises(DataError):
                origin()

    @given(st.text(max_size=12) | st.sampled_from(LINES.split()))
    def test_any_word_can_be_looked_up(self, word: str) -> None:
        assert isinstance(providers(word), tuple)
        found = distribution(word)
        assert found is None or found.name in NAMES

    REQUIREMENTS = st.lists(
        st.builds(
            Need,
            st.sampled_from([*NAMES, "nowhere", "x"]),
            st.sets(st.sampled_from(["all", "async", "extra", "fast", "old", "no"])).map(tuple),
            st.sampled_from(["", "==1.0", ">1", "!=2.0", "~=1", "junk"]),
            st.sampled_from([None, 'os_name == "posix"', 'os_name == "nt"', "junk"]),
        ),
        max_size=6,
    )

    @given(REQUIREMENTS)
    def test_a_closure_holds_what_is_declared(self, requirements: list[Need]) -> None:
        found = closure(requirements, HERE)
        declared = {item.name for item in requirements if item.marker in (None, 'os_name == "posix"')}
        assert declared <= found.members.keys()
        assert list(found.members) == sorted(found.members)
        for name, member in found.members.items():
            assert member.path[0] in declared
            assert member.path[-1] == name
        assert set(found.unknown) <= found.members.keys()

    @given(REQUIREMENTS)
    def test_extras_only_add(self, requirements: list[Need]) -> None:
        bare = closure([item._replace(extras=()) for item in requirements], HERE)
        assert bare.members.keys() <= closure(requirements, HERE).members.keys()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a", Need("a")),
        ("a-b[c,d]<2,>=1; os_name == 'x'", Need("a-b", ("c", "d"), "<2,>=1", "os_name == 'x'")),
        ("a @ https://example.org/a.zip", Need("a", url="https://example.org/a.zip")),
        ("A", None),
        ("?", None),
        ("", None),
        ("a >= 1", None),
    ],
)
def test_a_requirement_of_the_data(text: str, expected: Need | None) -> None:
    assert need(text) == expected


def text_of(name: str) -> str:
    return bytes(package.view(name)).decode("utf-8")


def test_the_data_is_sorted_and_small() -> None:
    names, modules = list(known_names()), [module for module, _ in known_modules()]
    assert names == sorted(set(names))
    assert modules == sorted(set(modules), key=lambda module: f"{module} ".encode())
    assert (origin().distributions, origin().modules) == (len(names), len(modules))
    assert len(package.view(DISTRIBUTIONS)) + len(package.view(MODULES)) < 2_500_000
    assert text_of(MODULES).startswith("\n".join(text_of(DISTRIBUTIONS).split("\n")[:3]) + "\n")
    for name in (DISTRIBUTIONS, MODULES):
        assert text_of(name).endswith("\n")
        assert "\r" not in text_of(name)


def test_index_and_data_agree() -> None:
    from_blocks: dict[str, set[str]] = {}
    for name in known_names():
        found = distribution(name)
        assert found is not None
        assert found.name == name
        for module in found.imports or ():
            from_blocks.setdefault(module, set()).add(name)
    assert from_blocks == {module: set(names) for module, names in known_modules()}
    for module, names in known_modules():
        assert set(names) <= set(providers(module))


def test_every_requirement_of_the_data_can_be_read() -> None:
    lines = re.findall(r"(?m)^ needs(?:\[[a-z0-9-]+\])? (.+)$", text_of(DISTRIBUTIONS))
    for line in lines:
        if line != "?":
            mine, theirs = need(line), Requirement(line)
            assert mine is not None
            assert (mine.name, set(mine.extras)) == (theirs.name, theirs.extras)
            assert (SpecifierSet(mine.specifier), mine.url) == (theirs.specifier, theirs.url)
    assert lines
    for name in known_names():
        found = distribution(name)
        assert found is not None
        assert str(Version(found.version))


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("yaml", "pyyaml"),
        ("dotenv", "python-dotenv"),
        ("dateutil.parser", "python-dateutil"),
        ("attr", "attrs"),
        ("environ", "django-environ"),
        ("dj_database_url", "dj-database-url"),
        ("django.core.wsgi", "django"),
        ("docker", "docker"),
    ],
)
def test_a_module_of_another_name(module: str, name: str) -> None:
    assert name in providers(module)


def test_what_is_known_of_a_server() -> None:
    gunicorn = distribution("gunicorn")
    assert gunicorn is not None
    assert "gunicorn" in gunicorn.scripts


@pytest.mark.parametrize("python", ["3.10", "3.11", "3.12", "3.13", "3.14"])
def test_what_flask_brings(python: str) -> None:
    found = closed("flask", environment=Environment(python))
    assert {"blinker", "click", "flask", "itsdangerous", "jinja2", "markupsafe", "werkzeug"} == found.members.keys()
    assert found.complete
    assert found.provides("werkzeug.security") == ("werkzeug",)
    assert found.members["markupsafe"].path[0] == "flask"


def test_extras_of_a_server() -> None:
    assert "websockets" not in closed("uvicorn").members
    assert {"websockets", "uvloop", "httptools"} <= closed("uvicorn[standard]").members.keys()


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(list(known_names())), max_size=8), st.sampled_from(["3.10", "3.12", "3.14.1"]))
def test_any_closure_of_the_data(names: list[str], python: str) -> None:
    found = closure([Need(name) for name in names], Environment(python))
    assert set(names) <= found.members.keys()
    for member in found.members.values():
        assert member.path[0] in names


def test_who_brings_another_part_of_a_shared_package_is_not_named() -> None:
    assert closest_providers("google.protobuf.message") == ("protobuf",)
    assert closest_providers("google.nothing.of.this") == ()
    assert providers("google.nothing.of.this")
    assert closest_providers("sklearn.nothing") == closest_providers("sklearn") == ("scikit-learn",)
