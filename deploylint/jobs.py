"""From options and configuration to jobs: defaults, then the file, then the command line."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from deploylint.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from deploylint.config import Config
    from deploylint.place import Place
    from deploylint.rulebook import RuleBook
    from deploylint.run import Job, Target


def read_jobs(paths: Sequence[str], options: dict[str, Any], rules: RuleBook) -> tuple[list[Job], list[str]]:
    """A job for each path, and the settings that are in force in words; `options["statistics"]` becomes whether to
    count. UsageError for options that exclude each other, and for what a configuration has wrong.
    """
    from deploylint.finding import Severity
    from deploylint.place import Wanted, open_place
    from deploylint.run import Job
    from deploylint.selection import select

    _check_combination(options)
    wanted = Wanted(options["staged"], options["revision"], options["no_git"], options["since"])
    jobs = []
    settings: list[str] = []
    counted = False
    for path in paths or (".",):
        place = open_place(path, wanted)
        config = _config(place, options)
        values = _settle(options, config)
        _check_rules(config, rules)
        selection = select(
            rules, values["select"], values["ignore"], values["extend-select"], values["per-file-ignores"]
        )
        chosen = _targets(values, options, config, place)
        threshold = None if values["fail-on"] == "never" else Severity.parse(values["fail-on"])
        buildpacks = config.values.get("buildpacks")
        named = None if buildpacks is None else tuple(buildpacks)
        config_vars = tuple(config.values.get("config-vars") or ())
        jobs.append(
            Job(place, chosen, selection, threshold, named, cached=not options["no_cache"], config_vars=config_vars)
        )
        counted = counted or bool(values["statistics"])
        settings += _settings(place, config, values, rules, jobs[-1])
    options["statistics"] = counted
    return jobs, settings


_NEVER_EMPTY = {
    "--select": "select",
    "--platform": "platforms",
    "--stack": "stack",
    "--config": "config",
    "--rev": "revision",
}


def _check_combination(options: dict[str, Any]) -> None:
    chosen = [
        name for name, key in (("--staged", "staged"), ("--rev", "revision"), ("--no-git", "no_git")) if options[key]
    ]
    if len(chosen) > 1:
        raise UsageError(f"{' and '.join(chosen)} exclude each other")
    if options["config"] and options["isolated"]:
        raise UsageError("--config and --isolated exclude each other")
    for name, key in _NEVER_EMPTY.items():
        value = options.get(key)
        given = (value,) if isinstance(value, str) else value or ()
        # A variable of a script that is not set must not turn the check into one that always passes.
        if given and not any(word.strip(" ,") for word in given):
            raise UsageError(f"{name} is given without a value")


def _config(place: Place, options: dict[str, Any]) -> Config:
    from pathlib import Path

    from deploylint import config

    if options["isolated"]:
        return config.Config()
    if options["config"]:
        return config.read_config(Path(options["config"])) or config.Config()
    return config.find_config(place.root, place.repository)


def _settle(options: dict[str, Any], config: Config) -> dict[str, Any]:
    """Defaults, then the file, then the command line."""
    given = {
        "platform": list(options["platforms"]),
        "stack": options["stack"],
        "select": list(options.get("select", ())),
        "ignore": list(options.get("ignore", ())),
        "extend-select": list(options.get("extend_select", ())),
        "per-file-ignores": _per_file(options.get("per_file_ignores", ())),
        "fail-on": options.get("fail_on"),
        "statistics": options.get("statistics"),
    }
    settled = {key: value or config.values.get(key, value) for key, value in given.items()}
    settled["fail-on"] = settled["fail-on"] or "error"
    if settled["fail-on"] not in ("error", "warning", "note", "never"):
        raise UsageError(f"{config.source}: fail-on must be error, warning, note or never")
    return settled


def _check_rules(config: Config, rules: RuleBook) -> None:
    """Whether the configuration names rules that exist, whether or not a flag takes the place of the key."""
    from deploylint.selection import codes_of

    for key in ("select", "ignore", "extend-select", "per-file-ignores"):
        value = config.values.get(key, [])
        with _blamed(config, key):
            codes_of([word for words in value.values() for word in words] if isinstance(value, dict) else value, rules)


def _targets(values: dict[str, Any], options: dict[str, Any], config: Config, place: Place) -> tuple[Target, ...]:
    from deploylint.platform import load
    from deploylint.run import targets

    with _blamed(None if options["platforms"] else config, "platform"):
        for name in values["platform"]:
            load(name)
    with _blamed(None if options["stack"] else config, "stack"):
        return targets(values["platform"], values["stack"], place.tree)


@contextmanager
def _blamed(config: Config | None, key: str) -> Iterator[None]:
    """Names the file and the key in a complaint about a value that stands in the configuration."""
    try:
        yield
    except UsageError as error:
        if config is None or key not in config.values:
            raise
        raise UsageError(f"{config.source}: {key}: {error}") from None


def _per_file(words: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for word in words:
        pattern, colon, codes = word.rpartition(":")
        if not colon or not pattern:
            raise UsageError(f"--per-file-ignores {word}: must be GLOB:RULE,RULE")
        found.setdefault(pattern, []).append(codes)
    return found


def _settings(place: Place, config: Config, values: dict[str, Any], rules: RuleBook, job: Job) -> list[str]:
    lines = [f"path: {place.shown} ({place.how})", f"configuration: {config.source or 'none'}"]
    lines += [f"platform: {item.platform.id}, stack {item.stack} ({item.chosen_by})" for item in job.targets]
    if job.config_vars:
        # A value may be none of the reader's business.
        lines.append(f"config-vars: {', '.join(word.partition('=')[0] for word in job.config_vars)}")
    if job.buildpacks is not None:
        lines.append(f"buildpacks: {', '.join(job.buildpacks) or 'none'}")
    lines += [f"fail-on: {values['fail-on']}"]
    lines += [f"rule {rule.id}: {'on' if rule.code in job.selection.codes else 'off'}" for rule in rules]
    lines += [f"off in {pattern}: {', '.join(sorted(codes))}" for pattern, codes in job.selection.per_file.items()]
    return lines
