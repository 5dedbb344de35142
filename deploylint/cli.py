"""The command line: the commands with their options, and an outcome to an exit code. Nothing else.

Exit codes: 0 nothing at or above the threshold, 1 findings, 2 a fault of the call, the configuration or deploylint.
"""

from __future__ import annotations

import datetime as dt
import errno
import os
import sys
from typing import TYPE_CHECKING, Any

import click

from deploylint import __version__
from deploylint.errors import UsageError
from deploylint.jobs import read_jobs
from deploylint.rendering import check_files, pair_outputs, render, render_plan
from deploylint.streams import complain, let_go, write

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from deploylint.report import Report
    from deploylint.rulebook import RuleBook
    from deploylint.run import Job

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

        write("-", "".join(f"{escape_controls(line)}\n" for line in settings))
        return CLEAN
    from deploylint.output.common import without_secrets

    outputs = pair_outputs(options["formats"], options["files"])
    check_files([file for _, file in outputs], jobs)
    report, notes, status = _judge(jobs, rules, options)
    if options["diff"]:
        return _exit(report, options)
    for name, file in outputs:
        write(file, without_secrets(report, render(name, file, report, options)))
    for note in notes:
        complain(note)
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
        write("-", text, errors="surrogateescape")
        return outcome.report, [], CLEAN
    changed = [path for _, changes in outcome.changes for path in changes.files]
    notes = [f"not changed: {message}" for message in outcome.refused]
    notes += [f"not fixed: {fix.title}: {why}" for _, changes in outcome.changes for fix, why in changes.skipped]
    if changed and not outcome.refused:
        listed = ", ".join(changed[:5]) + (" …" if len(changed) > 5 else "")
        files, them = ("file", "it") if len(changed) == 1 else ("files", "them")
        stage = "" if all(job.place.how == "directory" for job in jobs) else f" Look at {them}, then `git add` {them}."
        notes.append(f"Fixed {len(changed)} {files}: {listed}.{stage}")
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
    check_files([file], jobs)
    today = options["as_of"] or dt.datetime.now(tz=dt.timezone.utc).date()
    report = run.lint(jobs, rules, today)
    write(file, without_secrets(report, render_plan(report, output_format, file, options)))
    return FAULT if report.failures else CLEAN


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
    write("-", output.as_json(chosen) if output_format == "json" else text)
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
    write("-", "".join(f"{line}\n" for line in lines))
    return CLEAN


def _jobs(paths: Sequence[str], options: dict[str, Any], rules: RuleBook) -> tuple[list[Job], list[str]]:
    for path in paths:
        if path in cli.commands and not os.path.lexists(path):
            raise UsageError(f"{path}: there is nothing at this path; a command goes first: deploylint {path}")
    return read_jobs(paths, options, rules)


def _exit(report: Report, options: dict[str, Any]) -> int:
    if report.failures:
        return FAULT
    return FOUND if report.fails() and not options["exit_zero"] else CLEAN


def run(args: Sequence[str]) -> int:
    """Run a command line; the exit code. Every fault of the call becomes one line on standard error."""
    try:
        status = cli.main(list(args), prog_name="deploylint", standalone_mode=False)
    except UsageError as error:
        complain(f"deploylint: {error}")
        return FAULT
    except click.ClickException as error:
        complain(f"deploylint: {error.format_message()}")
        return FAULT
    except (click.exceptions.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except Exception as error:
        if os.environ.get("DEPLOYLINT_TRACEBACK"):
            raise
        if isinstance(error, OSError) and error.errno in _NO_ROOM:
            let_go(sys.stdout)
            complain(f"deploylint: standard output: cannot be written: {error.strerror}")
            return FAULT
        complain(
            f"deploylint: internal error: {type(error).__name__}: {error}; please report it "
            "(with DEPLOYLINT_TRACEBACK=1 it shows where)"
        )
        return FAULT
    return status if isinstance(status, int) else CLEAN
