"""`sisdrop check FILE…`: what Canvas would say to these files, before anything is sent."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from canvas_sis_csv import KnownIds, Member, Preflight
    from canvas_sis_csv.model import Finding
    from sisdrop.cli.check_sources import Unreadable
    from sisdrop.config import Config, Feed

_WORTH_A_BAR_BYTES = 8 << 20


@click.command("check")
@click.argument("files", nargs=-1, metavar="FILE…")
@click.option("--all", "everything", is_flag=True, help="Show every finding, not only the first of each kind.")
@click.option("--explain", metavar="CODE", help="Explain a code (user.missing_login) instead of checking.")
@click.option("--feature", "features", multiple=True, metavar="NAME", help="An account feature that is on.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for scripts.")
@click.option("--feed", help="With --config: the feed they are meant for.")
@click.option(
    "--config", "config_path", type=click.Path(path_type=Path), help="Import options, and what was accepted before."
)
def command(
    files: tuple[str, ...],
    everything: bool,
    explain: str | None,
    features: tuple[str, ...],
    as_json: bool,
    feed: str | None,
    config_path: Path | None,
) -> int:
    """Say before the upload what Canvas would say, with rows.

    FILEs are CSVs, zips or folders, together one drop; - is standard input. Nothing is sent anywhere. Ends with 1
    when Canvas would reject a file or a row.
    """
    if explain is not None:
        return _explain(explain, as_json=as_json)
    if not files:
        raise click.UsageError("name at least one FILE (- is standard input).")
    meant = _feed(config_path, feed)
    with ExitStack() as resources:
        from canvas_sis_csv import ImportOptions
        from canvas_sis_csv.findings import KEPT
        from sisdrop.cli.check_sources import members_of

        members, unreadable = members_of(files, resources)
        settings = {
            "options": ImportOptions.of(meant[1].options_for([Path(file).name for file in files]) if meant else {}),
            "known": resources.enter_context(_known(*meant)) if meant else None,
            "features": features,
            "keep": None if everything else KEPT,
        }
        found = _preflight(members, settings, unreadable)
        if as_json:
            print(json.dumps(_as_json(found), indent=2))
        else:
            _print(found, members, everything=everything)
    return _exit_code(found)


def _feed(config_path: Path | None, feed: str | None) -> tuple[Config, Feed] | None:
    """The feed that the drop is meant for, as far as a configuration says so."""
    if config_path is None:
        if feed is not None:
            raise click.UsageError("--feed needs --config.")
        return None
    from sisdrop.cli.common import load_config

    config = load_config(config_path)
    feeds = config.feeds
    if feed is None and len(feeds) > 1:
        raise click.UsageError(f"say with --feed which one is meant: {', '.join(feeds)}.")
    name = feed if feed is not None else next(iter(feeds))
    if name not in feeds:
        raise click.UsageError(f"there is no feed {name}; there are: {', '.join(feeds)}.")
    return config, feeds[name]


@contextmanager
def _known(config: Config, feed: Feed) -> Iterator[KnownIds]:
    """What the service here knows of the feed's Canvas account; nothing when there is none."""
    from sisdrop.known import Known

    with Known(config.state).lookup(feed.lane) as known:
        yield known


def _preflight(members: Sequence[Member], settings: dict[str, Any], unreadable: Sequence[Unreadable]) -> Preflight:
    """The preflight under these settings (its own keywords); a zip that turns out damaged is left out and reported."""
    from canvas_sis_csv import preflight
    from sisdrop.cli.check_sources import Damaged, Unreadable, without_archive

    try:
        with _progress(sum(member.size for member in members)) as progress:
            found = preflight(members, progress=progress, **settings)
    except Damaged as damaged:
        rest = without_archive(members, damaged.archive)
        broken = [*unreadable, Unreadable(damaged.archive, str(damaged))]
        return _preflight(rest, settings, broken)
    return _with_unreadable(found, unreadable)


def _with_unreadable(found: Preflight, unreadable: Sequence[Unreadable]) -> Preflight:
    """The preflight with the archives added that could not even be opened."""
    from canvas_sis_csv.model import Finding, Knowable, Level
    from canvas_sis_csv.ours import UNREADABLE

    if not unreadable:
        return found
    code = UNREADABLE.code
    findings = tuple(
        Finding(Level.ERROR, code, each.name, None, each.sentence, UNREADABLE.hint, knowable=Knowable.FILE)
        for each in unreadable
    )
    return replace(
        found,
        findings=findings + found.findings,
        counts={**found.counts, code: len(findings)},
        levels={**found.levels, code: Level.ERROR},
        refused=True,
    )


@contextmanager
def _progress(total: int) -> Iterator[Callable[[int], None] | None]:
    """A bar on standard error while long files are read, if somebody looks at it."""
    from rich.console import Console

    console = Console(stderr=True)
    if total < _WORTH_A_BAR_BYTES or not console.is_terminal:
        yield None
        return
    from rich.progress import Progress

    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("Checking", total=total)
        yield lambda done: bar.update(task, completed=done)


def _as_json(found: Preflight) -> dict[str, Any]:
    return {
        "files": [{"name": facts.name, "type": facts.type, "rows": facts.rows} for facts in found.files],
        "findings": [_finding(finding) for finding in found.findings],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "level": finding.level.value,
        "code": finding.code,
        "file": finding.file,
        "row": finding.row,
        "line": finding.line,
        "message": finding.message,
        "hint": finding.hint,
        "knowable": finding.knowable.value,
    }


def _print(found: Preflight, members: Sequence[Member], *, everything: bool) -> None:
    from rich.console import Console

    from sisdrop.cli.check_report import print_report

    print_report(Console(highlight=False), found, members, everything=everything)


def _exit_code(found: Preflight) -> int:
    from canvas_sis_csv.model import Level

    return 1 if found.count(Level.ERROR) else 0


def _explain(code: str, *, as_json: bool) -> int:
    """Say what a code means."""
    from canvas_sis_csv.catalog import RULES
    from canvas_sis_csv.ours import OUR_RULES

    rules = {**RULES, **OUR_RULES}
    rule = rules.get(code)
    if rule is None:
        raise click.UsageError(_unknown(code, list(rules)))
    facts = {
        "code": rule.code,
        "message": rule.message,
        "level": rule.level.value,
        "hint": rule.hint,
        "knowable": rule.knowable.value,
        "row_is": rule.row_is,
    }
    if as_json:
        print(json.dumps(facts, indent=2))
        return 0
    who = "We say     " if code.startswith(("advice.", "note.")) or code in OUR_RULES else "Canvas says"
    print(f"{rule.code}\n\n  {who}   {rule.message}\n  What to do    {rule.hint}")
    print(f"  The row is    {_FATES[rule.row_is]}\n  Known from    {_KNOWN[rule.knowable.value]}")
    return 0


def _unknown(code: str, codes: Sequence[str]) -> str:
    import difflib

    near = difflib.get_close_matches(code, codes, n=3, cutoff=0.5) or [each for each in codes if code in each][:3]
    return f"there is no code {code}." + (f" Is it one of {', '.join(near)}?" if near else "")


_FATES = {
    "skip": "not imported",
    "kept": "imported all the same",
    "partial": "imported in part",
    "file-dropped": "not imported, nor is any other of its file",
}

_KNOWN = {
    "row": "the row itself",
    "file": "the file",
    "file~": "the file when the clash is in it, else only Canvas's database",
    "import~": "the drop when the clash is in it, else only Canvas's database",
    "database": "Canvas's database only",
    "database*": "Canvas's database only, but the drop can prove that there is no error",
}
