"""What the deployed settings make of requests: Django itself answers some, and RUN001 and RUN004 must have said so.

Each project is really started, as gunicorn would load it, after a real collectstatic; then it is asked for a page under
the hosts that an app on the platform has, and for a style sheet of the admin.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, NamedTuple

import pytest

from deploylint.engine import judge, prepare
from deploylint.platform import load
from deploylint.rulebook import RuleBook
from deploylint.tree import Tree
from tests.cases import TODAY

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.truth

ASK = """
import io, json, os, sys
sys.path.insert(0, os.getcwd())
os.environ["DYNO"] = "web.1"
from django.core.management import call_command
import shop.wsgi
call_command("collectstatic", interactive=False, verbosity=0)
import importlib
application = importlib.reload(shop.wsgi).application

def status(host, path):
    environ = {
        "REQUEST_METHOD": "GET", "PATH_INFO": path, "SCRIPT_NAME": "", "SERVER_NAME": "10.1.2.3", "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1", "HTTP_HOST": host, "wsgi.input": io.BytesIO(), "wsgi.errors": io.StringIO(),
        "wsgi.url_scheme": "https", "wsgi.multithread": False, "wsgi.multiprocess": True, "wsgi.run_once": False,
        "wsgi.version": (1, 0), "QUERY_STRING": "",
    }
    said = []
    answer = application(environ, lambda line, headers, info=None: said.append(line))
    b"".join(answer)
    return int(said[0].split()[0])

hosts = ["shop.herokuapp.com", "shop-1a2b3c4d5e6f.herokuapp.com", "www.shop.org", "shop.org"]
pages = [status(host, "/") for host in hosts]
print(json.dumps([pages, [status(host, "/static/admin/css/base.css") for host in hosts]]))
"""

SETTINGS = """
from pathlib import Path
import os

BASE_DIR = Path(__file__).resolve().parent.parent
SECRET_KEY = os.environ.get("SECRET_KEY", "x")
ROOT_URLCONF = "shop.urls"
INSTALLED_APPS = [
    "django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions",
    "django.contrib.messages", "django.contrib.staticfiles",
]
STATIC_ROOT = BASE_DIR / "staticfiles"
"""
PLAIN = 'MIDDLEWARE = ["django.middleware.security.SecurityMiddleware", "django.middleware.common.CommonMiddleware"]\n'
SERVED = PLAIN.replace('Middleware",', 'Middleware", "whitenoise.middleware.WhiteNoiseMiddleware",', 1)
STATIC = 'STATIC_URL = "/static/"\n'
OPEN = 'ALLOWED_HOSTS = ["*"]\n'


class Project(NamedTuple):
    """What is appended to the settings, to wsgi.py and to the URL configuration."""

    settings: str
    wsgi: str = ""
    urls: str = ""


PROJECTS = {
    "hosts empty": Project(PLAIN + STATIC + "ALLOWED_HOSTS = []\n"),
    "hosts not set": Project(PLAIN + STATIC),
    "hosts empty in debug": Project(PLAIN + STATIC + "DEBUG = True\nALLOWED_HOSTS = []\n"),
    "hosts of the desk": Project(PLAIN + STATIC + 'ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", "0.0.0.0"]\n'),
    "hosts with a scheme": Project(PLAIN + STATIC + 'ALLOWED_HOSTS = ["https://shop.herokuapp.com"]\n'),
    "hosts with a path": Project(PLAIN + STATIC + 'ALLOWED_HOSTS = ["shop.herokuapp.com/"]\n'),
    "hosts with a port": Project(PLAIN + STATIC + 'ALLOWED_HOSTS = ["shop.herokuapp.com:443"]\n'),
    "hosts of another cloud": Project(PLAIN + STATIC + 'ALLOWED_HOSTS = ["shop.pythonanywhere.com"]\n'),
    "hosts for all": Project(SERVED + STATIC + OPEN),
    "hosts of the platform": Project(SERVED + STATIC + 'ALLOWED_HOSTS = [".herokuapp.com"]\n'),
    "hosts in capitals": Project(SERVED + STATIC + 'ALLOWED_HOSTS = ["Shop.HerokuApp.com"]\n'),
    "hosts of one's own": Project(SERVED + STATIC + 'ALLOWED_HOSTS = ["localhost", "www.shop.org"]\n'),
    "hosts as a tuple": Project(SERVED + STATIC + 'ALLOWED_HOSTS = ("shop.org",)\n'),
    "nobody compares the hosts": Project('MIDDLEWARE = ["whitenoise.middleware.WhiteNoiseMiddleware"]\n' + STATIC),
    "hosts on the platform only": Project(SERVED + STATIC + 'ALLOWED_HOSTS = ["*"] if "DYNO" in os.environ else []\n'),
    "nothing serves": Project(PLAIN + STATIC + OPEN),
    "whitenoise last": Project(
        PLAIN + STATIC + OPEN + 'MIDDLEWARE += ["whitenoise.middleware.WhiteNoiseMiddleware"]\n'
    ),
    "nothing serves, storage of whitenoise": Project(
        PLAIN
        + STATIC
        + OPEN
        + 'STORAGES = {"staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"}}\n'
    ),
    "wsgi.py serves": Project(
        PLAIN + STATIC + OPEN,
        wsgi="from whitenoise import WhiteNoise\n"
        'application = WhiteNoise(application, root="staticfiles", prefix="static")\n',
    ),
    "a pattern serves": Project(
        PLAIN + STATIC + OPEN,
        urls="from django.urls import re_path\nfrom django.views.static import serve\n"
        'urlpatterns = [re_path("^static/(?P<path>.*)$", serve, {"document_root": "staticfiles"})]\n',
    ),
    "staticfiles_urlpatterns without debug": Project(PLAIN + STATIC + OPEN + "DEBUG = False\n"),
}


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> str:
    root = tmp_path_factory.mktemp("venv")
    subprocess.run([sys.executable, "-m", "venv", root], check=True)
    program = str(root / "bin" / "python")
    command = [
        program,
        "-m",
        "pip",
        "install",
        "-q",
        "--disable-pip-version-check",
        "Django>=5.2,<5.3",
        "whitenoise>=6",
    ]
    subprocess.run(command, check=True, capture_output=True)
    return program


def files(project: Project) -> dict[str, str]:
    urls = project.urls or "urlpatterns = []\n"
    wsgi = (
        "import os\nfrom django.core.wsgi import get_wsgi_application\n"
        'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\napplication = get_wsgi_application()\n'
    )
    return {
        "requirements.txt": "Django==5.2.8\ngunicorn==23.0.0\nwhitenoise==6.11.0\n",
        "Procfile": "web: gunicorn shop.wsgi\n",
        "shop/__init__.py": "",
        "shop/settings.py": SETTINGS + project.settings,
        "shop/urls.py": urls,
        "shop/wsgi.py": wsgi + project.wsgi,
    }


@pytest.mark.parametrize("name", PROJECTS)
def test_what_is_said_is_what_django_answers(name: str, python: str, tmp_path: Path) -> None:
    written = files(PROJECTS[name])
    for path, text in written.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    done = subprocess.run([python, "-c", ASK], cwd=tmp_path, capture_output=True, text=True, check=True)
    pages, styles = json.loads(done.stdout)
    platform = load("heroku")
    verdict = judge(prepare(Tree.of(written), platform, platform.recommended_stack, TODAY), RuleBook())
    said = {finding.rule for finding in verdict.findings if finding.severity.word == "warning"}
    assert ("RUN001" in said) == all(status == 400 for status in pages)
    if "RUN001" not in said:
        assert ("RUN004" in said) == all(status in (400, 404) for status in styles)
