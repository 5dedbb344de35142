"""Every way in which the platforms' buildpacks end a build: a rule claims it, or it is said here why none can.

The classic buildpack records a `failure_reason`: all that v351 knows (grep in bin/ and lib/). The Cloud Native one and
the one for Procfiles have variants of errors instead (src/*.rs of v6.5.6 and of bb54a14), and each has its id here.
"""

from __future__ import annotations

import pytest

from deploylint.rulebook import RuleBook

CLAIMED = {claim.partition("/")[0] for rule in RuleBook() for claim in rule.reasons}

# The reason, and why the repository does not decide it; empty where it does.
CLASSIC = {
    "build-data::data-file-deleted": "a hook or another buildpack deletes the buildpack's own file while it runs",
    "checks::duplicate-python-buildpack": "",
    "checks::existing-python-dir": "",
    "checks::existing-venv-dir": "",
    "checks::stack::eol": "",
    "checks::stack::unknown": "",
    "collectstatic-fancy-references": "",
    "collectstatic-improper-configuration": "",
    "collectstatic-missing-file": "",
    "collectstatic-other": "",
    "collectstatic-syntax-error": "",
    "hooks::post_compile": "",
    "hooks::pre_compile": "",
    "install-dependencies::pip": "",
    "install-dependencies::pipenv": "",
    "install-dependencies::poetry": "",
    "install-dependencies::uv": "",
    "install-package-manager::pip": "the index or the network fails",
    "install-package-manager::pipenv": "the index or the network fails",
    "install-package-manager::poetry": "the index or the network fails",
    "install-package-manager::uv": "the download fails",
    "install-python": "the download fails",
    "internal-error::abort": "",
    "internal-error::bundled-pip-not-found": "the buildpack's own archive of Python is broken",
    "internal-error::unhandled": "",
    "nltk-downloader": "",
    "package-manager::multiple-found": "",
    "package-manager::none-found": "",
    "package-manager::pipenv-missing-lockfile": "",
    "package-manager::setup-py-only": "",
    "pipfile-lock::invalid-json": "",
    "pipfile-lock::invalid-version": "",
    "python-version-file::invalid-encoding": "",
    "python-version-file::invalid-version": "",
    "python-version-file::misspelled": "",
    "python-version-file::multiple-versions": "",
    "python-version-file::no-version": "",
    "python-version-file::not-found": "",
    "python-version::eol": "",
    "python-version::unknown-major": "",
    "python-version::unknown-patch": "",
    "runtime-txt::invalid-version": "",
    "runtime-txt::not-supported": "",
}

# The error, and the reason by which it is known; in brackets why there is none.
CLOUD_NATIVE = {
    "BuildpackDetection": "detect::none",
    "Checks(ForbiddenEnvVars)": "checks::forbidden-env-vars",
    "DeterminePackageManager(CheckFileExists)": "package-manager::check-file-exists",
    "DeterminePackageManager(MultipleFound)": "package-manager::multiple-found",
    "DeterminePackageManager(NoneFound)": "package-manager::none-found",
    "DjangoCollectstatic(CheckCollectstaticCommandExists)": "collectstatic-other",
    "DjangoCollectstatic(CheckManagementScriptExists)": "[a manage.py that is a link in a circle: not told]",
    "DjangoCollectstatic(CollectstaticCommand)": "collectstatic-other",
    "DjangoDetection": "[what is asked about lies outside of the app]",
    "PipDependenciesLayer(CreateVenvCommand)": "[the machine fails]",
    "PipDependenciesLayer(PipInstallCommand)": "install-dependencies::pip",
    "PipLayer(InstallPipCommand)": "[the index or the network fails]",
    "PipLayer(LocateBundledPip)": "[the buildpack's own archive of Python is broken]",
    "PoetryDependenciesLayer(CreateVenvCommand)": "[the machine fails]",
    "PoetryDependenciesLayer(PoetryInstallCommand)": "install-dependencies::poetry",
    "PoetryLayer(InstallPoetryCommand)": "[the index or the network fails]",
    "PoetryLayer(LocateBundledPip)": "[the buildpack's own archive of Python is broken]",
    "PythonLayer(DownloadUnpackPythonArchive)": "[the download fails]",
    "PythonLayer(PythonArchiveNotAvailable)": "python-version::unknown-patch",
    "RequestedPythonVersion(CheckRuntimeTxtExists)": "runtime-txt::check-exists",
    "RequestedPythonVersion(ParsePythonVersionFile(InvalidVersion))": "python-version-file::invalid-version",
    "RequestedPythonVersion(ParsePythonVersionFile(MultipleVersions))": "python-version-file::multiple-versions",
    "RequestedPythonVersion(ParsePythonVersionFile(NoVersion))": "python-version-file::no-version",
    "RequestedPythonVersion(PythonVersionFileRequiredWithUv)": "python-version-file::not-found",
    "RequestedPythonVersion(ReadPythonVersionFile)": "python-version-file::invalid-encoding",
    "RequestedPythonVersion(RuntimeTxtNotSupported)": "runtime-txt::not-supported",
    "ResolvePythonVersion(EolVersion)": "python-version::eol",
    "ResolvePythonVersion(UnknownVersion)": "python-version::unknown-major",
    "UvDependenciesLayer(CreateVenvCommand)": "[the machine fails]",
    "UvDependenciesLayer(UvSyncCommand)": "install-dependencies::uv",
    "UvLayer(DownloadUnpackUvArchive)": "[the download fails]",
    "Procfile: CannotReadProcfileContents": "procfile::not-readable",
    "Procfile: ProcfileParsingError": "procfile::invalid",
    "Procfile: ProcfileConversionError": "[the parser has refused every name that the conversion would]",
}

# What deploylint tells and no buildpack records: the platform itself, or the buildpack of 2014, which has no ids.
OWN = {"detect::none", "runtime::unavailable"}


@pytest.mark.parametrize("reason", CLASSIC)
def test_each_reason_of_the_classic_buildpack(reason: str) -> None:
    assert (reason in CLAIMED) == (not CLASSIC[reason])


@pytest.mark.parametrize("error", CLOUD_NATIVE)
def test_each_error_of_the_cloud_native_buildpacks(error: str) -> None:
    reason = CLOUD_NATIVE[error]
    assert reason in CLAIMED or reason.startswith("[")


def test_no_rule_claims_what_no_buildpack_says() -> None:
    known = {*CLASSIC, *CLOUD_NATIVE.values(), *OWN}
    assert {claim for claim in CLAIMED if claim not in known and not claim.startswith("boot::")} == set()
