"""The tool that makes the package data: on metadata, file lists and archives made here; no index is asked."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import packages
import pytest
from published import Answer, Record, import_names, needs, record, scripts, split_extra

from deploylint.knowledge.distributions import DISTRIBUTIONS, FORMAT, MODULES
from deploylint.package import view

if TYPE_CHECKING:
    from pathlib import Path

METADATA = """\
Metadata-Version: 2.1
Name: My.Shop
Version: 1.2
Requires-Python: >=3.9, <4
Provides-Extra: Fast_IO
Requires-Dist: Zope.Interface (>=5,<7)
Requires-Dist: tomli ; python_version < "3.11"
Requires-Dist: uvloop[Z,a]>=0.1; extra == 'Fast_IO'
Requires-Dist: other @ https://example.org/other.zip
"""


def test_import_names() -> None:
    files = [
        "shop/__init__.py",
        "shop/deep/__init__.py",
        "single.py",
        "_fast.cpython-311-x86_64-linux-gnu.so",
        "_stable.abi3.so",
        "shop-1.2.dist-info/METADATA",
        "shop-1.2.data/purelib/moved/__init__.py",
        "shop-1.2.data/scripts/run.py",
        "shop-1.2.data/data/share/x.py",
        "shop-stubs/__init__.pyi",
        "abc__mypyc.cpython-311-x86_64-linux-gnu.so",
        "data/table.csv",
        "tests/__init__.py",
        "docs/conf.py",
        "../../../bin/shop",
        "google/cloud/shop/__init__.py",
        "google/cloud/flat.py",
        "zope/__init__.py",
        "zope/shop/__init__.py",
        "old/__init__.py",
    ]
    meant, accidental = import_names(files, ["zope", "old"], "shop")
    assert meant == (
        *("_fast", "_stable", "google.cloud.flat", "google.cloud.shop", "moved", "old", "shop", "single"),
        "zope.shop",
    )
    assert accidental == ("docs", "tests")


def test_a_distribution_may_be_called_tools() -> None:
    assert import_names(["build/__init__.py", "tests/__init__.py"], [], "build") == (("build",), ("tests",))
    assert import_names(["src/x.py"], [], "thing") == ((), ("src",))


def test_a_large_namespace_stands_for_its_parts() -> None:
    assert import_names([f"api/m{number}.py" for number in range(41)], [], "x") == (("api",), ())


def test_scripts() -> None:
    points = "[console_scripts]\nshop = shop:main\nbad name = x:y\n[gui_scripts]\nwindow = shop:show\n"
    files = ["shop-1.data/scripts/shop-admin", "../../../bin/window", "../../../bin/shop", "bin/none"]
    assert scripts(files, points) == ("shop", "shop-admin")
    assert scripts([], "no section") == ()


@pytest.mark.parametrize(
    ("marker", "rest", "extra"),
    [
        ("", "", ""),
        ('extra == "A.b"', "", "a-b"),
        ('os_name == "nt" and extra == "a"', 'os_name == "nt"', "a"),
        ('extra == "a" and (os_name == "nt" or os_name == "x")', '(os_name == "nt" or os_name == "x")', "a"),
        ('os_name == "nt" or os_name == "x" and extra == "a"', None, ""),
        ('extra == "a" or extra == "b"', None, ""),
        ('os_name == "nt"', None, ""),
    ],
)
def test_the_extra_of_a_marker(marker: str, rest: str | None, extra: str) -> None:
    assert split_extra(marker) == (marker if rest is None else rest, extra)


def test_needs() -> None:
    assert needs(["a>1; extra == 'x'", "B"]) == (("", "b"), ("x", "a>1"))
    assert needs(["a b c"]) is None


def shop(**others: object) -> Record:
    answer = Answer(asked="2026-11-24", by="installed", version="1.2", metadata=METADATA, files=["shop.py"])
    answer.update(others)  # type: ignore[typeddict-item]
    found = record("my-shop", answer)
    assert found
    return found


def test_a_record() -> None:
    assert list(shop().lines()) == [
        "my-shop 1.2",
        " python >=3.9,<4",
        " imports shop",
        " extras fast-io",
        " needs other @ https://example.org/other.zip",
        ' needs tomli; python_version < "3.11"',
        " needs zope-interface<7,>=5",
        " needs[fast-io] uvloop[a,z]>=0.1",
    ]


def test_what_is_not_known_is_not_written() -> None:
    dynamic = METADATA + "Dynamic: Requires-Dist\n"
    assert list(shop(files=[], metadata=dynamic, unbuilt=True).lines())[2:] == [" extras fast-io", " needs ?"]
    assert shop(metadata=dynamic).needs == shop().needs
    bare = record("x", Answer(asked="", by="index", version="1", releases=[]))
    assert bare
    assert list(bare.lines()) == ["x 1", " needs ?", " wheels -", " sdist no"]
    assert record("x", Answer(asked="", by="index", version="")) is None


def test_wheels_of_an_installation() -> None:
    assert list(shop(tags=["py2-none-any", "py3-none-any"]).lines())[-1] == " wheels any"
    assert not [line for line in shop(tags=["cp311-cp311-manylinux_2_17_x86_64"]).lines() if "wheels" in line]


def test_wheels_of_a_release() -> None:
    tags = [
        *("cp310-cp310-manylinux_2_17_x86_64.manylinux2014_x86_64", "cp310-cp310-manylinux_2_17_aarch64"),
        *("cp39-abi3-manylinux_2_28_x86_64", "cp313-cp313t-manylinux_2_17_x86_64", "cp311-cp311-musllinux_1_1_x86_64"),
        *("cp311-cp311-win_amd64", "pp310-pypy310_pp73-manylinux_2_17_x86_64", "cp312-cp312-macosx_11_0_arm64"),
        *("py3-none-manylinux1_x86_64", "cp312-cp312-manylinux_2_17_ppc64le", "py2-none-any"),
    ]
    names = [f"my_shop-1.2-{tag}.whl" for tag in tags]
    found = shop(releases=[{"filename": name, "yanked": False} for name in [*names, "my_shop-1.2.tar.gz", "x.whl"]])
    assert list(found.lines())[-3:] == [" wheels cp310", " wheels-x86-64 py3 cp39-abi3", " sdist yes"]
    anywhere = shop(releases=[{"filename": "my_shop-1.2-py2.py3-none-any.whl", "yanked": False}])
    assert list(anywhere.lines())[-2:] == [" wheels any", " sdist no"]


def put(folder: Path, name: str, version: str, **files: str) -> None:
    info = folder / f"{name}-{version}.dist-info"
    info.mkdir(parents=True)
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n\nRequires-Dist: a line of the description\n"
    texts = {"METADATA": metadata, "INSTALLER": "pip\n", "RECORD": f"{name}.py,,\n{name}.pyc,,\n", **files}
    for file, text in texts.items():
        (info / file).write_text(text, encoding="utf-8")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The tool with a list of names and a folder for the data of its own."""
    monkeypatch.setattr(packages, "NAMES", tmp_path / "packages.txt")
    monkeypatch.setattr(packages, "DATA", tmp_path / "data")
    (tmp_path / "packages.txt").write_text("one\nshop\ntwo\nzed\n")
    return tmp_path


def run(place: Path, command: str, *arguments: Path) -> None:
    assert packages.main([command, "--cache", str(place / "cache"), *map(str, arguments)]) == 0


def test_from_an_installation_to_the_data(place: Path) -> None:
    put(place / "old", "shop", "1.9", WHEEL="Wheel-Version: 1.0\nTag: py3-none-any\n")
    put(place / "new", "shop", "1.10")
    put(place / "new", "one", "1", INSTALLER="apt\n")
    put(place / "new", "unlisted", "1")
    put(place / "new", "two", "2")
    (place / "new" / "two-2.dist-info" / "entry_points.txt").write_text("[console_scripts]\ntwo=two:main\n")
    run(place, "installed", place / "new", place / "old")
    run(place, "write")
    first = (place / "data" / "distributions.txt").read_bytes()
    head, *blocks = first.decode().split("\n\n")
    assert re.fullmatch(rf"{FORMAT}\n# [0-9-]+\n# 2 distributions, 2 import names\n# .*\n# .*", head)
    assert blocks == ["shop 1.10\n imports shop", "two 2\n imports two\n scripts two\n"]
    assert (place / "data" / "modules.txt").read_text().splitlines()[3:] == ["shop shop", "two two"]
    run(place, "write")
    assert (place / "data" / "distributions.txt").read_bytes() == first


def test_what_the_cache_does_not_know_stays(place: Path) -> None:
    put(place / "new", "shop", "1")
    run(place, "installed", place / "new")
    old = "# x\n# 2031-01-01\n# 3 distributions\n\ngone 1\n imports gone\n\nshop 0\n\nzed 3\n imports -\n sdist yes\n"
    texts = packages.pages(old, packages.Cache(place / "cache").answers(packages.names()), packages.names())
    head, *blocks = texts["distributions.txt"].split("\n\n")
    assert [block.split("\n")[0] for block in blocks] == ["shop 1", "zed 3"]
    assert head.split("\n")[1] == "# 2031-01-01"
    assert "1 as the index gave it, 1 as pip" in head
    assert "zed" not in texts["modules.txt"]


def test_an_index_tells_more_than_an_installation(place: Path) -> None:
    cache = packages.Cache(place / "cache")
    for by, version in (("installed", "2"), ("index", "2"), ("index", "1.0")):
        name = "shop" if version == "2" else "two"
        cache.keep(name, Answer(asked="2026-01-01", by=by, version=version))
    cache.keep("two", Answer(asked="2026-01-01", by="installed", version="1.1"))
    assert {name: (found["by"], found["version"]) for name, found in cache.answers(["one", "shop", "two"]).items()} == {
        "shop": ("index", "2"),
        "two": ("installed", "1.1"),
    }
    assert packages._newness(Answer(version="no version")) < packages._newness(Answer(version="0.1"))


def test_the_cache_lies_elsewhere(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        packages.main(["write", "--cache", str(packages.HERE / "cache")])
    assert "outside" in capsys.readouterr().err
    assert not (packages.HERE / "cache").exists()


def test_a_record_may_be_strange(place: Path) -> None:
    put(place / "new", "shop", "1", RECORD='"a,b.py",,\nshop.py,sha256=x,1\n\n')
    run(place, "installed", place / "new")
    assert json.loads((place / "cache" / "installed-shop.json").read_text())["files"] == ["shop.py"]


def test_the_list_of_names() -> None:
    text = packages.NAMES.read_text(encoding="utf-8")
    names = packages.names()
    assert text == "\n".join(sorted(set(names))) + "\n"
    assert all(re.fullmatch("[a-z0-9]+(?:-[a-z0-9]+)*", name) for name in names)


def test_the_data_is_what_the_tool_writes() -> None:
    old = bytes(view(DISTRIBUTIONS)).decode()
    assert packages.pages(old, {}, packages.names()) == {
        "distributions.txt": old,
        "modules.txt": bytes(view(MODULES)).decode(),
    }
