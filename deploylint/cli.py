"""The command line: options to values, a Report to its outputs, an outcome to an exit code. Nothing else.

Exit codes: 0 nothing at or above the threshold, 1 findings, 2 a fault of the call, the configuration or deploylint.
"""

from __future__ import annotations

import datetime as dt
import errno
import os
import sys
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING, Any

import click

from deploylint import __version__
from deploylint.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from deploylint.config import Config
    from deploylint.place import Place
    from deploylint.report import Report
    from deploylint.rulebook import RuleBook
    from deploylint.run import Job, Target

CLEAN, FOUND, FAULT = 0, 1, 2
INTERRUPTED = 130  # as a shell says it of a program that Ctrl-C ended
_NO_ROOM = (errno.ENOSPC, errno.EIO)
_CHECK = "check"
_GRAPHS = ("tree", "dot")
_FORMATS = ("text", "json", "sarif", "github")


class _Commands(click.Group):
    """`check` may be left out: what is neither a command nor an option of the group belongs to it."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        own = {"--help", "-h", "-V", "--version"}
        if not args or (args[0] not in own and args[0] not in self.commands):
            args = [_CHECK, *args]
        return super().parse_args(ctx, args)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, "-V", "--version", message="deploylint %(version)s")
def cli() -> None:
    """Say before `git push` whether a Heroku-like platform will detect, build and boot a Python app, and why not.

    `deploylint PATH` is short for `deploylint check PATH`; `deploylint check --help` tells its options.
    """


def _options(*options: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def add(function: Any) -> Any:
        for option in reversed(options):
            function = option(function)
        return function

    return add


class _Day(click.ParamType):  # type: ignore[type-arg]
    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dt.date:
        try:
            return value if isinstance(value, dt.date) else dt.date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not a date of the form 2026-11-22", param, ctx)


_where = _options(
    click.option("--platform", "platforms", multiple=True, metavar="ID", help="Judge for this platform (repeatable)."),
    click.option("--stack", metavar="NAME", help="Judge for this stack of the platform."),
    click.option("--staged", is_flag=True, help="Judge what is staged, not what lies on the disk."),
    click.option("--rev", "revision", metavar="REV", help="Judge a commit."),
    click.option("--no-git", is_flag=True, help="Judge the folder as it is, whatever git tracks."),
    click.option("--since", metavar="REV", help="Compare with this revision [default: HEAD]."),
    click.option("--as-of", type=_Day(), metavar="DATE", help="Judge by what holds on this day [default: today]."),
    click.option("--config", metavar="FILE", type=click.Path(), help="Read this configuration file."),
    click.option("--isolated", is_flag=True, help="Read no configuration."),
    click.option("--no-cache", is_flag=True, help="Read every source anew, and keep nothing of them."),
    click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="When to colour."),
)


@cli.command(_CHECK)
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@_where
@click.option("--select", multiple=True, metavar="RULES", help="Only these rules: codes, names, prefixes, ALL.")
@click.option("--ignore", multiple=True, metavar="RULES", help="Not these rules.")
@click.option("--extend-select", multiple=True, metavar="RULES", help="These rules too.")
@click.option("--per-file-ignores", multiple=True, metavar="GLOB:RULES", help="Not these rules in these files.")
@click.option(
    "--output-format", "formats", multiple=True, type=click.Choice(_FORMATS), help="text, json, sarif or github."
)
@click.option("-o", "--output-file", "files", multiple=True, metavar="FILE", help="Where the format goes.")
@click.option("--sarif-category", metavar="NAME", help="The category of the SARIF run.")
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "note", "never"]),
    default=None,
    help="Exit with 1 from this severity on [default: error].",
)
@click.option("-e", "--exit-zero", is_flag=True, help="Exit with 0 where there are findings.")
@click.option("--fix", is_flag=True, help="Apply the safe fixes.")
@click.option("--diff", is_flag=True, help="Show what --fix would change.")
@click.option("--unsafe-fixes", is_flag=True, help="Also fixes that need a second look.")
@click.option("--statistics", is_flag=True, default=None, help="Count findings by rule.")
@click.option("--show-settings", is_flag=True, help="Show the settings that are in force, and stop.")
@click.option("-q", "--quiet", is_flag=True, help="Only findings.")
@click.option("-v", "--verbose", is_flag=True, help="Also the plan of each app.")
def check(paths: tuple[str, ...], **options: Any) -> int:
    """Judge the app in each PATH (default: the current folder)."""
    from deploylint.rulebook import RuleBook

    rules = RuleBook()
    jobs, settings = _jobs(paths, options, rules)
    if options["show_settings"]:
        from deploylint.output.common import escape_controls

        _write("-", "".join(f"{escape_controls(line)}\n" for line in settings))
        return CLEAN
    from deploylint.output.common import without_secrets

    outputs = _outputs(options["formats"], options["files"])
    _check_files([file for _, file in outputs], jobs)
    report, notes, status = _judge(jobs, rules, options)
    if options["diff"]:
        return _exit(report, options)
    for name, file in outputs:
        _write(file, without_secrets(report, _render(name, file, report, options)))
    for note in notes:
        _complain(note)
    return status or _exit(report, options)


def _judge(jobs: Sequence[Job], rules: RuleBook, options: dict[str, Any]) -> tuple[Report, list[str], int]:
    from deploylint import run

    today = options["as_of"] or dt.datetime.now(tz=dt.timezone.utc).date()
    if not options["fix"] and not options["diff"]:
        return run.lint(jobs, rules, today), [], CLEAN
    if any(job.place.how in ("staged", "revision") for job in jobs) and options["fix"]:
        raise UsageError("--fix changes the files on the disk: it cannot be used with --staged or --rev")
    outcome = run.fix(jobs, rules, today, unsafe=options["unsafe_fixes"], write=options["fix"] and not options["diff"])
    if options["diff"]:
        from deploylint.fixes.diff import unified

        text = "".join(unified(changes, place.tree.prefix) for place, changes in outcome.changes)
        if sys.stdout is not None and sys.stdout.isatty():
            from deploylint.output.common import escape_controls

            text = "".join(f"{escape_controls(line)}\n" for line in text.splitlines())
        _write("-", text, errors="surrogateescape")
        return outcome.report, [], CLEAN
    changed = [path for _, changes in outcome.changes for path in changes.files]
    notes = [f"not changed: {message}" for message in outcome.refused]
    notes += [f"not fixed: {fix.title}: {why}" for _, changes in outcome.changes for fix, why in changes.skipped]
    if changed and not outcome.refused:
        listed = ", ".join(changed[:5]) + (" …" if len(changed) > 5 else "")
        stage = "" if all(job.place.how == "directory" for job in jobs) else " Look at them, then `git add` them."
        notes.append(f"Fixed {len(changed)} file{'s' * (len(changed) != 1)}: {listed}.{stage}")
    return outcome.report, notes, FAULT if outcome.refused else CLEAN


class _Plan(click.Command):
    """`--graph` without a value may stand before the PATH: only its own words are taken for a value."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        end = args.index("--") if "--" in args else len(args)
        given = zip(args[:end], [*args[1:], ""], strict=False)
        options = ["--graph=tree" if word == "--graph" and then not in _GRAPHS else word for word, then in given]
        return super().parse_args(ctx, [*options, *args[end:]])


@cli.command(cls=_Plan)
@click.argument("path", default=".")
@_where
@click.option(
    "--graph",
    type=click.Choice(_GRAPHS),
    is_flag=False,
    flag_value="tree",
    help="Instead of the log: what each process imports, as a tree or for Graphviz [without a word: tree].",
)
@click.option("--output-format", "output_format", type=click.Choice(["text", "json"]), default="text")
@click.option("-o", "--output-file", "file", default="-", metavar="FILE", help="Where it goes.")
def plan(path: str, output_format: str, file: str, **options: Any) -> int:
    """Tell what the platform will do with the app in PATH, like a build log."""
    from deploylint import run
    from deploylint.output.common import without_secrets
    from deploylint.rulebook import RuleBook

    if options["graph"] and output_format == "json":
        raise UsageError("--graph and --output-format json exclude each other")
    rules = RuleBook()
    jobs, _ = _jobs((path,), options, rules)
    _check_files([file], jobs)
    today = options["as_of"] or dt.datetime.now(tz=dt.timezone.utc).date()
    report = run.lint(jobs, rules, today)
    _write(file, without_secrets(report, _render_plan(report, output_format, file, options)))
    return FAULT if report.failures else CLEAN


def _render_plan(report: Report, output_format: str, file: str, options: dict[str, Any]) -> str:
    if options["graph"]:
        from deploylint.output import graph

        return graph.dot(report) if options["graph"] == "dot" else graph.tree(report)
    if output_format == "json":
        from deploylint.output import json

        return json.render(report)
    from deploylint.output import plan as log

    return log.render(report, _style(file, options))


@cli.command()
@click.argument("word", required=False, metavar="[RULE]")
@click.option("--all", "everything", is_flag=True, help="All rules.")
@click.option("--output-format", type=click.Choice(["text", "json"]), default="text")
def rule(word: str | None, *, everything: bool, output_format: str) -> int:
    """Explain RULE, a code or a name; without one, list all rules."""
    from deploylint.errors import nearest
    from deploylint.output import rules as output
    from deploylint.output.style import Style, terminal_width
    from deploylint.rulebook import RuleBook

    book, style = RuleBook(), Style(width=terminal_width())
    if word is None:
        chosen = list(book)
        text = output.explain(chosen, style) if everything else output.index(chosen)
    else:
        found = book.get(word)
        if found is None:
            raise UsageError(f"unknown rule: {word}{nearest(word, book.words)}")
        chosen = [found]
        text = output.explain(chosen, style)
    _write("-", output.as_json(chosen) if output_format == "json" else text)
    return CLEAN


@cli.command()
def platforms() -> int:
    """List the platforms, with the date of what is known of each."""
    from deploylint.platform import load, platform_ids

    rows = [load(id_) for id_ in platform_ids()]
    width = max(len(row.id) for row in rows)
    lines = []
    for row in rows:
        stacks = ", ".join(f"{name} (default)" if name == row.recommended_stack else name for name in row.stacks)
        lines.append(f"{row.id.ljust(width)}  {row.title}")
        lines += [f"{' ' * width}  {row.data['buildpack']}, data of {row.as_of}", f"{' ' * width}  stacks: {stacks}"]
    _write("-", "".join(f"{line}\n" for line in lines))
    return CLEAN


# ------------------------------------------------------------------------------------------------ from options to jobs


def _jobs(paths: Sequence[str], options: dict[str, Any], rules: RuleBook) -> tuple[list[Job], list[str]]:
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
        if path in cli.commands and not os.path.lexists(path):
            raise UsageError(f"{path}: there is nothing at this path; a command goes first: deploylint {path}")
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
        jobs.append(Job(place, chosen, selection, threshold, named, cached=not options["no_cache"]))
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
    if job.buildpacks is not None:
        lines.append(f"buildpacks: {', '.join(job.buildpacks) or 'none'}")
    lines += [f"fail-on: {values['fail-on']}"]
    lines += [f"rule {rule.id}: {'on' if rule.code in job.selection.codes else 'off'}" for rule in rules]
    lines += [f"off in {pattern}: {', '.join(sorted(codes))}" for pattern, codes in job.selection.per_file.items()]
    return lines


# ------------------------------------------------------------------------------------------------ to outputs and exit


def _outputs(formats: Sequence[str], files: Sequence[str]) -> list[tuple[str, str]]:
    """Formats and files in pairs, in order; one format without a file goes to standard output."""
    names = list(formats) or ["text"]
    if len(files) > len(names):
        raise UsageError("more --output-file than --output-format")
    if len(names) - len(files) > 1:
        raise UsageError("only one --output-format can go to standard output: give the others an --output-file")
    return list(zip(names, [*files, "-"], strict=False))


def _check_files(files: Iterable[str], jobs: Iterable[Job]) -> None:
    from deploylint.place import refuse_links

    for file in files:
        if file != "-":
            refuse_links(file, [job.place for job in jobs])


def _style(file: str, options: dict[str, Any]) -> Any:
    from deploylint.output.style import Style, terminal_width, wants_colour

    terminal = file == "-" and sys.stdout is not None and sys.stdout.isatty()
    return Style(wants_colour(options["color"], terminal=terminal), terminal_width())


def _render(name: str, file: str, report: Report, options: dict[str, Any]) -> str:
    if name == "json":
        from deploylint.output import json

        return json.render(report)
    if name == "sarif":
        from deploylint.output import sarif

        return sarif.render(report, options["sarif_category"])
    if name == "github":
        from deploylint.output import github

        return github.render(report)
    from deploylint.output import text

    style = _style(file, options)
    shown = text.render(report, style, quiet=options["quiet"], statistics=bool(options["statistics"]))
    if options["verbose"]:
        from deploylint.output import plan as log

        return f"{log.render(report, style)}\n{shown}"
    return shown


def _write(file: str, text: str, errors: str = "backslashreplace") -> None:
    if file == "-":
        _print(text, errors)
        return
    try:
        with open(file, "w", encoding="utf-8", errors=errors, newline="\n") as stream:
            stream.write(text)
    except OSError as error:
        raise UsageError(f"{file}: cannot be written: {error.strerror}") from None


def _print(text: str, errors: str) -> None:
    if sys.stdout is None:
        raise UsageError("standard output is closed")
    encoding = "utf-8" if errors == "surrogateescape" else sys.stdout.encoding or "utf-8"
    try:
        sys.stdout.buffer.write(text.encode(encoding, errors))
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        _let_go(sys.stdout)  # the reader went away (`deploylint | head`): nothing is wrong
    except OSError as error:
        _let_go(sys.stdout)
        raise UsageError(f"standard output: cannot be written: {error.strerror}") from None


def _complain(message: str) -> None:
    """One sentence on standard error; what it quotes of the app cannot reach the terminal raw."""
    from deploylint.output.common import escape_controls

    try:
        click.echo(escape_controls(message), err=True)
    except OSError:  # nobody is left to be told, but the exit code still says it
        _let_go(sys.stderr)


def _let_go(stream: IO[str]) -> None:
    """Send what is left in a stream nowhere, so that Python does not fail at it, and with it, at exit."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _exit(report: Report, options: dict[str, Any]) -> int:
    if report.failures:
        return FAULT
    return FOUND if report.fails() and not options["exit_zero"] else CLEAN


def run(args: Sequence[str]) -> int:
    """Run a command line; the exit code. Every fault of the call becomes one line on standard error."""
    try:
        status = cli.main(list(args), prog_name="deploylint", standalone_mode=False)
    except UsageError as error:
        _complain(f"deploylint: {error}")
        return FAULT
    except click.ClickException as error:
        _complain(f"deploylint: {error.format_message()}")
        return FAULT
    except (click.exceptions.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except Exception as error:
        if os.environ.get("DEPLOYLINT_TRACEBACK"):
            raise
        if isinstance(error, OSError) and error.errno in _NO_ROOM:
            _let_go(sys.stdout)
            _complain(f"deploylint: standard output: cannot be written: {error.strerror}")
            return FAULT
        _complain(
            f"deploylint: internal error: {type(error).__name__}: {error}; please report it "
            "(with DEPLOYLINT_TRACEBACK=1 it shows where)"
        )
        return FAULT
    return status if isinstance(status, int) else CLEAN
