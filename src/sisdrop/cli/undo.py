"""`sisdrop undo DROP`: have Canvas put back what the import of a drop changed."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from canvas_sis_csv.text import printable
from sisdrop.cli.common import config_option, feed_of, hint_not_running, journal_of, load_config, user_name
from sisdrop.errors import UsageError
from sisdrop.journal import Journal
from sisdrop.model import Drop, now_utc
from sisdrop.steps.commands import find_drop
from sisdrop.steps.undo import ask_undo
from sisdrop.steps.undo_words import changes, why_not


@click.command("undo")
@click.argument("drop")
@click.option("--yes", is_flag=True, help="Do not ask; for scripts.")
@click.option("--undelete-only", is_flag=True, help="Only bring back what the import deleted.")
@click.option("--unconclude-only", is_flag=True, help="Only bring back what the import concluded.")
@config_option
def command(config_path: Path | None, drop: str, yes: bool, undelete_only: bool, unconclude_only: bool) -> int:
    """Have Canvas put back what the import of DROP changed (restore_states), and put the queue on hold.

    Canvas puts back states (created, deleted, concluded), not fields such as names; it keeps what it needs for 30 days.
    """
    if undelete_only and unconclude_only:
        raise UsageError("--undelete-only and --unconclude-only exclude each other; without both everything is undone.")
    config = load_config(config_path)
    with journal_of(config) as journal:
        named = find_drop(journal, drop)
        lane = feed_of(config, named).lane
        reason = why_not(named, journal.undo(named.id), lane, now_utc())
        if reason:
            raise UsageError(reason)
        _print(journal, named)
        if not yes and not _agreed(named):
            return 1
        ask_undo(journal, named.id, lane, user_name(), undelete_only=undelete_only, unconclude_only=unconclude_only)
        click.echo(f"It will be undone; `sisdrop show {named.id}` tells how it goes.")
        hint_not_running(journal)
    return 0


def _print(journal: Journal, drop: Drop) -> None:
    """What the import changed, and what an undo does about it."""
    click.secho(f"SIS import {drop.import_id} of {printable(drop.name)} ({drop.id}, feed {drop.feed})", bold=True)
    click.echo(f"  {printable(drop.summary)}")
    data = (drop.submission.answer if drop.submission else {}).get("data")
    told = changes(data if isinstance(data, dict) else {})
    for what, counts in told.items():
        click.echo(f"  {what} {counts}: to be {'deleted' if what == 'created' else 'put back to the state before'}")
    if not told:
        click.echo("  Canvas told of nothing that it created, deleted or concluded.")
    later = len(journal.import_ids(drop.lane, drop.import_id or 0))
    if later:
        came = "1 import came after it" if later == 1 else f"{later:,} imports came after it"
        click.echo(f"  {came}: what both changed is put back to what it was before this one.")
    click.echo("Fields that it changed (names, dates) stay as they are. Afterwards the queue is on hold.")


def _agreed(drop: Drop) -> bool:
    if not sys.stdin.isatty():
        raise UsageError(f"nobody can be asked here; `sisdrop undo {drop.id} --yes` undoes it without a question.")
    if click.confirm("Undo it?", default=False):
        return True
    click.echo("Nothing is undone.")
    return False
