"""What the platform does with an app, as tables: files → steps. The sources stand in deploylint/steps."""

from __future__ import annotations

import datetime as dt

import pytest

from deploylint.engine import prepare
from deploylint.facts.appjson import read_app_json
from deploylint.plan import Plan, Status
from deploylint.platform import load
from deploylint.steps.make import make_plan
from deploylint.steps.python import nearest_archive
from deploylint.tree import Entry, Kind, Tree

LINK = Kind.LINK
Files = dict[str, str | bytes | Entry]


def plan_of(files: Files, platform: str = "heroku", stack: str | None = None, today: str = "2026-11-22") -> Plan:
    chosen = load(platform)
    tree = Tree.of(files)
    return make_plan(prepare(tree, chosen, stack or chosen.recommended_stack, dt.date.fromisoformat(today)))


def reason(plan: Plan) -> str | None:
    return plan.failure.reason if plan.failure else None


@pytest.mark.parametrize(
    ("files", "failure"),
    [
        ({}, "detect::none"),
        ({"README.md": ""}, "detect::none"),
        ({"sub/requirements.txt": ""}, "detect::none"),
        ({"requirements.txt": ""}, None),
        ({"Requirements.txt": ""}, "package-manager::none-found"),
        ({"requirements/base.txt": ""}, "package-manager::none-found"),
        ({"app.py": ""}, "package-manager::none-found"),
        ({"pyproject.toml": ""}, "package-manager::none-found"),
        ({"venv/pyvenv.cfg": ""}, "package-manager::none-found"),
        ({"venv": ""}, "detect::none"),
        ({"setup.py": ""}, "package-manager::setup-py-only"),
        ({"setup.py": "", "requirements.txt": ""}, None),
        ({"Pipfile": ""}, "package-manager::pipenv-missing-lockfile"),
        ({"Pipfile": "", "requirements.txt": ""}, "package-manager::pipenv-missing-lockfile"),
        ({"Pipfile": "", "Pipfile.lock": "{}"}, None),
        ({"Pipfile.lock": "{}", "requirements.txt": ""}, "package-manager::multiple-found"),
        ({"poetry.lock": "", "uv.lock": ""}, "package-manager::multiple-found"),
        ({"poetry.lock": ""}, "install-dependencies::poetry"),
        ({"uv.lock": ""}, "python-version-file::not-found"),
        ({"uv.lock": "", ".python-version": "3.13"}, "install-dependencies::uv"),
        ({"uv.lock": "", "runtime.txt": "python-3.13"}, "runtime-txt::not-supported"),
        ({"requirements.txt": "", "uv.lock": "", ".slugignore": "uv.lock"}, None),
        ({"requirements.txt": Entry("", Kind.DIRECTORY)}, "package-manager::none-found"),
        ({"requirements.txt": Entry("", LINK, target="base.txt"), "base.txt": ""}, None),
        ({"requirements.txt": Entry("", LINK, target="gone.txt")}, "detect::none"),
        ({"requirements.txt": "", "venv/pyvenv.cfg": ""}, "checks::existing-venv-dir"),
        ({"requirements.txt": "", ".venv/pyvenv.cfg": ""}, "checks::existing-venv-dir"),
        ({"requirements.txt": "", "env/pyvenv.cfg": ""}, None),
        ({"requirements.txt": "", ".heroku/python/bin/python": ""}, "checks::existing-python-dir"),
        ({".heroku/python": "", "Pipfile": ""}, "checks::existing-python-dir"),
        ({"requirements.txt": "-r base.txt"}, "install-dependencies::pip"),
        ({"requirements.txt": "flask=1.0"}, "install-dependencies::pip"),
        ({"requirements.txt": "flask=1.0", "venv/pyvenv.cfg": ""}, "checks::existing-venv-dir"),
    ],
    ids=repr,
)
def test_first_failure_of_a_build(files: Files, failure: str | None) -> None:
    assert reason(plan_of(files)) == failure


VERSIONS = [
    (".python-version", "3.13", "3.13.15", None),
    (".python-version", "3.13.2\n", "3.13.2", None),
    (".python-version", "# why\n\n 3.12 \r\n", "3.12.14", None),
    (".python-version", "3.9", None, "python-version::eol"),
    (".python-version", "2.7.18", None, "python-version::eol"),
    (".python-version", "3.15", None, "python-version::unknown-major"),
    (".python-version", "4.0.0", None, "python-version::unknown-major"),
    (".python-version", "python-3.13", None, "python-version-file::invalid-version"),
    (".python-version", "3.13.x", None, "python-version-file::invalid-version"),
    (".python-version", "03.13", None, "python-version-file::invalid-version"),
    (".python-version", "3.13 # why", None, "python-version-file::invalid-version"),
    (".python-version", "3.13\nx\n", None, "python-version-file::invalid-version"),
    (".python-version", "3.12\n3.13\n", None, "python-version-file::multiple-versions"),
    (".python-version", "", None, "python-version-file::no-version"),
    (".python-version", "# 3.13\n", None, "python-version-file::no-version"),
    (".python-version", "\ufeff3.13\n", None, "python-version-file::invalid-encoding"),
    (".python-version", "3.13\n".encode("utf-16"), None, "python-version-file::invalid-encoding"),
    (".python-version", b"3.13\0\n", None, "python-version-file::invalid-version"),
    ("runtime.txt", "python-3.13\n", "3.13.15", None),
    ("runtime.txt", "# x\npython-3.13.1\r\n", "3.13.1", None),
    ("runtime.txt", "3.13", None, "runtime-txt::invalid-version"),
    ("runtime.txt", "Python-3.13", None, "runtime-txt::invalid-version"),
    ("runtime.txt", "python-3.12\npython-3.13", None, "runtime-txt::invalid-version"),
    ("runtime.txt", "", None, "runtime-txt::invalid-version"),
    ("runtime.txt", "python-3.6.15", None, "python-version::eol"),
    ("python-version", "3.13", None, "python-version-file::misspelled"),
    (".python-version ", "3.13", None, "python-version-file::misspelled"),
]


@pytest.mark.parametrize(("path", "content", "resolved", "failure"), VERSIONS, ids=repr)
def test_versions(path: str, content: str | bytes, resolved: str | None, failure: str | None) -> None:
    plan = plan_of({"requirements.txt": "", path: content})
    assert reason(plan) == failure
    if failure is None:
        assert plan.python.value
        assert (plan.python.value.resolved, plan.python.value.origin) == (resolved, path)


def test_runtime_txt_comes_first_and_hides_a_misspelling() -> None:
    plan = plan_of(
        {"requirements.txt": "", "runtime.txt": "python-3.12", ".python-version": "3.13", "python-version": ""}
    )
    assert plan.python.value
    assert (plan.python.value.requested, reason(plan)) == ("3.12", None)


def test_a_misspelled_file_fails_beside_the_right_one() -> None:
    plan = plan_of({"requirements.txt": "", ".python-version": "3.13", ".python_version": "3.13"})
    assert reason(plan) == "python-version-file::misspelled"


def test_no_version_gives_the_default() -> None:
    python = plan_of({"requirements.txt": ""}).python.value
    assert python
    assert (python.requested, python.origin, python.resolved, python.span) == ("3.14", "default", "3.14.7", None)


@pytest.mark.parametrize(
    ("lock", "requested", "failure"),
    [
        ('{"_meta": {"requires": {"python_version": "3.12"}}}', "3.12", None),
        ('{"_meta": {"requires": {"python_full_version": "3.12.1", "python_version": "3.11"}}}', "3.12.1", None),
        ('{"_meta": {"requires": {"python_full_version": null, "python_version": "3.11"}}}', "3.11", None),
        ('{"_meta": {}}', "3.14", None),
        ("{}", "3.14", None),
        ('{"_meta": {"requires": {"python_version": "3.x"}}}', None, "pipfile-lock::invalid-version"),
        ('{"_meta": {"requires": {"python_version": ">=3.9"}}}', None, "pipfile-lock::invalid-version"),
        ("", None, "pipfile-lock::invalid-version"),
        ("{", None, "pipfile-lock::invalid-json"),
        ('{"_meta": []}', None, "pipfile-lock::invalid-json"),
        ('{"_meta": {"requires": "3"}}', None, "pipfile-lock::invalid-json"),
        ("[" * 100000, None, "pipfile-lock::invalid-json"),
    ],
)
def test_pipfile_lock(lock: str, requested: str | None, failure: str | None) -> None:
    plan = plan_of({"Pipfile.lock": lock})
    assert [fault.reason for fault in plan.python.faults] == ([failure] if failure else [])
    if requested:
        assert plan.python.value
        assert plan.python.value.requested == requested


def test_pipfile_lock_is_not_asked_where_pip_installs() -> None:
    plan = plan_of({"Pipfile.lock": '{"_meta": {"requires": {"python_version": "3.9"}}}', ".python-version": "3.13"})
    assert plan.python.value
    assert plan.python.value.requested == "3.13"


@pytest.mark.parametrize(
    ("version", "stack", "certain"),
    [("3.13.16", "heroku-26", False), ("3.10.999999999999", "heroku-22", False)],
)
def test_unknown_patches(version: str, stack: str, certain: bool) -> None:
    plan = plan_of({"requirements.txt": "", ".python-version": version}, stack=stack)
    (fault,) = plan.python.faults
    assert (fault.reason, fault.certain) == ("python-version::unknown-patch", certain)


def test_oldest_patch_of_a_stack() -> None:
    assert reason(plan_of({"requirements.txt": "", ".python-version": "3.10.1"}, stack="heroku-24")) is None


def test_an_announced_removal_holds_from_its_day() -> None:
    files: Files = {"requirements.txt": "", ".python-version": "3.10"}
    assert reason(plan_of(files, today="2027-01-05")) is None
    assert reason(plan_of(files, today="2027-01-06")) == "python-version::eol"


def test_old_data_does_not_say_that_something_newer_is_missing() -> None:
    files: Files = {"requirements.txt": "", ".python-version": "3.15"}
    assert reason(plan_of(files, today="2027-05-01")) == "python-version::unknown-major"
    assert reason(plan_of(files, today="2027-06-01")) is None


def test_stacks() -> None:
    assert reason(plan_of({"requirements.txt": ""}, stack="heroku-20")) == "checks::stack::eol"
    assert reason(plan_of({"requirements.txt": ""}, stack="heroku-99")) == "checks::stack::unknown"


def test_conflicts_make_steps_unknown() -> None:
    conflict = Entry("", Kind.UNKNOWN)
    assert plan_of({"requirements.txt": conflict}).detection.status is Status.UNKNOWN
    assert plan_of({"app.py": "", "requirements.txt": conflict}).manager.status is Status.UNKNOWN
    assert plan_of({"requirements.txt": "", ".python-version": conflict}).python.status is Status.UNKNOWN
    assert plan_of({"Pipfile": "", "Pipfile.lock": conflict}).manager.status is Status.UNKNOWN
    assert plan_of({"requirements.txt": "", "runtime.txt": conflict}, "heroku-cedar").python.status is Status.UNKNOWN


def test_independent_faults_all_show() -> None:
    plan = plan_of({"setup.py": "", ".python-version": "3.6", "venv/pyvenv.cfg": ""}, stack="heroku-20")
    assert [fault.reason for fault in plan.faults()] == [
        "checks::stack::eol",
        "package-manager::setup-py-only",
        "checks::existing-venv-dir",
        "python-version::eol",
    ]


def test_nothing_is_judged_after_detection_fails() -> None:
    plan = plan_of({"README.md": "", "Procfile": "web: x"})
    assert {step.status for step in (plan.manager, plan.python, plan.install, plan.django, plan.boot)} == {
        Status.BLOCKED
    }


MANAGE = 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\nimport django\n'
STATIC = 'INSTALLED_APPS = ["django.contrib.staticfiles"]\nSTATIC_URL = "static/"\nSTATIC_ROOT = "static"\n'
SETTINGS: Files = {"shop/settings.py": STATIC}


@pytest.mark.parametrize(
    ("files", "manage_py"),
    [
        ({"manage.py": MANAGE}, "manage.py"),
        ({"a/manage.py": MANAGE}, "a/manage.py"),
        ({"a/b/manage.py": MANAGE}, "a/b/manage.py"),
        ({"a/b/c/manage.py": MANAGE}, None),
        ({"a/b/manage.py": "", "z/manage.py": MANAGE}, "z/manage.py"),
        ({"manage.py": Entry("", LINK, target="a.py"), "a.py": MANAGE}, None),
        ({"manage.py": Entry("", Kind.DIRECTORY)}, None),
        ({}, None),
    ],
    ids=repr,
)
def test_manage_py(files: Files, manage_py: str | None) -> None:
    for platform in ("heroku", "heroku-cedar"):
        django = plan_of({"requirements.txt": "Django", **files}, platform).django.value
        assert (django.manage_py if django else None) == manage_py


@pytest.mark.parametrize(
    ("rivals", "manage_py"),
    [
        (("Zeta", "alpha"), "alpha"),
        (("B", "a", "A-z"), "a"),
        (("_x", "9"), "9"),
        (("x-y", "xa", "xz"), "xa"),
        (("10", "2"), "10"),
        (("$b", "a", "0"), "$b"),
    ],
)
def test_of_several_manage_pys_the_locale_decides(rivals: tuple[str, ...], manage_py: str) -> None:
    """As `sort` of GNU coreutils 9.1 put these lines in en_US.UTF-8."""
    files: Files = {f"{folder}/manage.py": MANAGE for folder in rivals}
    step = plan_of({"requirements.txt": "Django", **SETTINGS, **files}).django
    assert step.status is Status.OK
    assert step.value
    assert step.value.manage_py == f"{manage_py}/manage.py"
    assert len(step.value.others) == len(rivals) - 1


@pytest.mark.parametrize("rivals", [("a", "A"), ("ab", "a-b"), ("z", "\u00e9"), ("a", "b", "\u00e9")])
def test_which_of_several_manage_pys_is_not_certain(rivals: tuple[str, ...]) -> None:
    files: Files = {"requirements.txt": "Django", **SETTINGS, **{f"{folder}/manage.py": MANAGE for folder in rivals}}
    assert plan_of(files).django.status is Status.UNKNOWN
    assert plan_of({**files, "manage.py": MANAGE}).django.status is Status.OK


def test_django_on_heroku() -> None:
    plan = plan_of({"requirements.txt": "Django\npsycopg2-binary\n", "manage.py": MANAGE})
    assert plan.django.value
    assert plan.django.value.settings_module == "shop.settings"
    assert plan.django.value.collectstatic == "python manage.py collectstatic --noinput"
    assert plan.addons == ("heroku-postgresql",)
    assert plan_of({"requirements.txt": "Django", "manage.py": MANAGE}).addons == ()
    assert plan_of({"requirements.txt": "Django\npsycopg2", "a/manage.py": MANAGE}).addons == ()
    assert plan_of({"requirements.txt": "", "manage.py": MANAGE}).django.value is None
    assert plan_of({"requirements.txt": "wagtail", "manage.py": MANAGE}).django.value is not None
    assert plan_of({"requirements.txt": "wagtail", "manage.py": ""}).django.value is None
    disabled = plan_of({"requirements.txt": "Django", "manage.py": MANAGE, ".heroku/collectstatic_disabled": ""})
    assert disabled.django.value
    assert disabled.django.value.collectstatic is None


@pytest.mark.parametrize(
    ("path", "lock"),
    [
        ("poetry.lock", '[[package]]\nname = "django"\nversion = "5.2"\n'),
        (
            "Pipfile.lock",
            '{\n    "default": {\n        "django": {\n            "version": "==5.2"\n        }\n    }\n}\n',
        ),
    ],
)
def test_lock_files_tell_of_django(path: str, lock: str) -> None:
    assert plan_of({path: lock, "manage.py": MANAGE}).django.value is not None
    assert plan_of({path: lock.replace("django", "flask"), "manage.py": MANAGE}).django.value is None


# ------------------------------------------------------------------------------------------------ Cedar


def test_cedar_defaults() -> None:
    plan = plan_of({"requirements.txt": "", "manage.py": ""}, "heroku-cedar")
    assert plan.failure is None
    assert plan.python.value
    assert (plan.python.value.requested, plan.python.value.origin) == ("python-2.7.8", "default")
    assert plan.addons == ("heroku-postgresql:hobby-dev",)
    assert plan.install.value
    assert plan.install.value.startswith("pip install -r requirements.txt --exists-action=w")
    assert plan_of({"setup.py": ""}, "heroku-cedar").failure is None
    assert plan_of({"requirements.txt": ""}, "heroku-cedar").addons == ()


def test_cedar_takes_any_of_several_manage_pys() -> None:
    plan = plan_of({"requirements.txt": "", "b/manage.py": "", "a/manage.py": ""}, "heroku-cedar")
    assert plan.django.status is Status.UNKNOWN
    assert plan.django.value
    assert (plan.django.value.manage_py, plan.django.value.others) == ("a/manage.py", ("b/manage.py",))


@pytest.mark.parametrize(
    ("stack", "runtime", "failure"),
    [
        ("cedar", "python-2.6.0", None),
        ("cedar-14", "python-2.6.0", "runtime::unavailable"),
        ("cedar", "pypy-2.3.1", "runtime::unavailable"),
        ("cedar-14", "pypy-2.3.1", None),
        ("cedar", "python-2.7.[0-9]", None),  # the shell and curl make something of it that we do not know
    ],
)
def test_cedar_stacks(stack: str, runtime: str, failure: str | None) -> None:
    assert reason(plan_of({"requirements.txt": "", "runtime.txt": runtime}, "heroku-cedar", stack)) == failure


def test_cedar_runtime_txt_that_is_a_folder() -> None:
    files: Files = {"requirements.txt": "", "runtime.txt/x": ""}
    assert reason(plan_of(files, "heroku-cedar")) == "runtime::unavailable"
    assert reason(plan_of(files)) is None


@pytest.mark.parametrize(
    ("asked", "nearest"),
    [
        ("python-3.4.2", "python-3.4.1"),
        ("python-3.5.0", "python-3.4.1"),
        ("python-3", "python-3.4.1"),
        ("2.7.8", "python-2.7.8"),
        ("python-2.7", "python-2.7.8"),
        ("python-2.7.99", "python-2.7.8"),
        ("Python-2.7.3\r", "python-2.7.3"),
        ("python-2.4.0", "python-2.4.4"),
        ("pypy-2.3.1", "pypy-1.9"),
        ("python-9", "python-3.4.1"),
        ("", "python-2.7.8"),
        ("ruby", "python-2.7.8"),
    ],
)
def test_nearest_archive(asked: str, nearest: str) -> None:
    assert nearest_archive(asked, load("heroku-cedar").archives("cedar"), "python-2.7.8") == nearest


# ------------------------------------------------------------------------------------------------ boot

SERVER = "from flask import Flask\napp = Flask(__name__)\n"


@pytest.mark.parametrize(
    ("command", "source", "failure"),
    [
        ("python app.py", SERVER + "app.run(port=5000)\n", "boot::web"),
        (
            "python3 -u ./app.py",
            SERVER + "if __name__ == '__main__':\n    app.run(host='0.0.0.0', port=8080)\n",
            "boot::web",
        ),
        ("python app.py", SERVER + "import os\napp.run(port=int(os.environ.get('PORT', 5000)))\n", None),
        ("python app.py", SERVER + "def main():\n    app.run(port=5000)\n", None),
        ("python app.py", SERVER + "if DEBUG:\n    app.run(port=5000)\n", None),
        ("python app.py", SERVER + "app.run(port=PORT_NUMBER)\n", None),
        ("python app.py", SERVER + "bot.run(port=5000)\n", None),
        ("python app.py", SERVER + "app.run(debug=True)\n", "boot::web"),
        ("python app.py", SERVER + "app.run(port=True)\n", None),
        ("python app.py", "def broken(:\n", None),
        ("gunicorn app:app", SERVER + "app.run(port=5000)\n", None),
        ("cd x && python app.py", SERVER + "app.run(port=5000)\n", None),
        ("python 'app.py", SERVER + "app.run(port=5000)\n", None),
        ("python gone.py", SERVER + "app.run(port=5000)\n", None),
        ("python -m app", SERVER + "app.run(port=5000)\n", "boot::web"),
    ],
)
def test_port(command: str, source: str, failure: str | None) -> None:
    plan = plan_of({"requirements.txt": "flask", "Procfile": f"web: {command}\n", "app.py": source})
    found = next((fault.reason for fault in plan.boot.faults if fault.topic == "port-literal"), None)
    assert found == failure


def test_sources_of_a_python_2_are_judged_without_certainty() -> None:
    source = f"{SERVER}app.run(port=5000)\n"
    files: Files = {"requirements.txt": "flask", "Procfile": "web: python app.py\n", "app.py": source}
    assert [fault.certain for fault in plan_of(files, "heroku-cedar").boot.faults] == [False]
    of_3 = plan_of({**files, "runtime.txt": "python-3.4.1"}, "heroku-cedar")
    assert [fault.certain for fault in of_3.boot.faults] == [True]
    read_by_neither: Files = {**files, "app.py": f"{source}print 'gone'\n"}
    assert plan_of(read_by_neither, "heroku-cedar").boot.status is Status.UNKNOWN


def test_targets() -> None:
    plan = plan_of({"requirements.txt": "", "Procfile": "web: python app.py\nworker: celery\n", "app.py": ""})
    assert plan.targets == {"web": "app.py"}


UNSEEN: dict[str, Entry] = {
    "a link out of the app": Entry("", LINK, target="../shared"),
    "a conflict": Entry("", Kind.UNKNOWN),
}


@pytest.mark.parametrize("what", UNSEEN)
@pytest.mark.parametrize(
    ("path", "platform"),
    [
        (".slugignore", "heroku"),
        ("heroku.yml", "heroku"),
        ("app.json", "heroku"),
        ("project.toml", "heroku-fir"),
        ("bin", "heroku"),
    ],
)
def test_nothing_is_certain_where_a_file_that_may_change_all_cannot_be_seen(
    path: str, platform: str, what: str
) -> None:
    files: Files = {"pyproject.toml": "", "README.md": ""}
    assert reason(plan_of(files, platform)) == "package-manager::none-found"
    unseen = plan_of({**files, path: UNSEEN[what]}, platform)
    assert [(fault.reason, fault.certain) for fault in unseen.faults()] == [("package-manager::none-found", False)]
    assert reason(unseen) is None


@pytest.mark.parametrize(
    ("path", "step", "platform"),
    [
        ("Procfile", "process_types", "heroku-fir"),
        (".heroku", "python_directory", "heroku"),
        (".venv", "virtualenv", "heroku"),
        ("bin", "before", "heroku"),
        ("bin", "after", "heroku"),
    ],
)
def test_a_step_that_rests_on_a_link_out_of_the_app_is_unknown(path: str, step: str, platform: str) -> None:
    files: Files = {"requirements.txt": "", ".python-version": "3.13"}
    assert plan_of(files, platform).steps[step].status is Status.OK
    plan = plan_of({**files, path: Entry("", LINK, target="/srv/elsewhere")}, platform)
    assert plan.steps[step].status is Status.UNKNOWN
    assert list(plan.faults()) == []


def test_scripts_of_app_json_stand_beside_the_processes() -> None:
    files: Files = {
        ".python-version": "3.13\n",
        "requirements.txt": "gunicorn\n",
        "Procfile": "web: gunicorn app\n",
        "app.py": "application = object()\n",
        "app.json": '{"scripts": {"postdeploy": "gone.py && python make.py", "test": "no.py", "new": 1}}',
        "make.py": "import nowhere.at_all\n",
        "gone.py": "",
        "no.py": "",
    }
    plan = plan_of(files)
    assert [(script.place, script.command) for script in plan.scripts] == [
        ("scripts.postdeploy", "gone.py && python make.py"),
        ("scripts.test", "no.py"),
    ]
    assert plan.targets == {"web": "app.py"}
    assert [(reached.process, reached.target) for reached in plan.reached] == [
        ("web", "app:application"),
        ("scripts.postdeploy", "make.py"),
    ]
    # No push fails by them.
    assert plan.failure is None
    assert {fault.topic for fault in plan.faults()} >= {"script-not-on-path", "module-not-installed"}
    assert not any(fault.certain for fault in plan.faults())
    assert plan_of(files, "heroku-fir").scripts == ()


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ('{"scripts": {"test": {"command": "a b"}}}', {"scripts.test": "app.json:1:35"}),
        (
            '{"environments": {"review": {"scripts": {"postdeploy": "x"}}}}',
            {"environments.review.scripts.postdeploy": "app.json:1:57"},
        ),
        ('{\n"scripts": {"test": "a \\"b\\""}}', {"scripts.test": "app.json:2:22"}),
        ('{"scripts": {"test": "\\u0061 b"}}', {"scripts.test": "app.json:1:1"}),
        ('{"scripts": ["test"], "environments": {"test": null, "x": {"scripts": "y"}}}', {}),
    ],
)
def test_where_scripts_of_app_json_stand(text: str, places: dict[str, str]) -> None:
    found = read_app_json(Tree.of({"app.json": text}))
    assert found is not None
    assert {script.place: str(script.span) for script in found.scripts} == places
