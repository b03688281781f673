"""`sisdrop abort DROP`: abort the import of a drop in Canvas."""

from __future__ import annotations

from pathlib import Path

import click

from canvas_sis_csv.text import printable
from sisdrop import __version__
from sisdrop.cli.common import config_option, feed_of, journal_of, load_config
from sisdrop.config import Config
from sisdrop.errors import UsageError
from sisdrop.model import IN_CANVAS, Drop, why_stranded
from sisdrop.steps.commands import find_drop


@click.command("abort")
@click.argument("drop")
@config_option
def command(config_path: Path | None, drop: str) -> int:
    """Abort the import of DROP in Canvas. What Canvas has imported by then stays imported."""
    config = load_config(config_path)
    with journal_of(config) as journal:
        named = find_drop(journal, drop)
        if named.state not in IN_CANVAS:
            raise UsageError(f"{named.id} ({named.name}) is {named.state}; only an import in Canvas can be aborted.")
        if journal.lease() is not None:
            if not journal.ask_abort(named.id):
                raise UsageError(f"{named.id} ({named.name}) has just left Canvas; there is nothing to abort.")
            click.echo(f"The service aborts the import of {printable(named.name)} ({named.id}).")
            return 0
    _abort_ourselves(config, named)
    return 0


def _abort_ourselves(config: Config, drop: Drop) -> None:
    """Nobody runs here to do it: ask Canvas directly; the next run sees how it ended."""
    from sisdrop.canvas import Canvas

    if drop.import_id is None:
        raise UsageError(f"whether Canvas has an import of {drop.name} is not known yet; `sisdrop run` finds out.")
    feed = feed_of(config, drop)
    if feed.lane != drop.lane:
        raise UsageError(f"{drop.name} cannot be aborted: {why_stranded(drop, feed.lane, feed.inbox)}")
    canvas = Canvas(feed.canvas, user_agent=f"sisdrop/{__version__}")
    try:
        ended = canvas.abort(drop.import_id)
    finally:
        canvas.close()
    click.echo(
        f"Canvas: SIS import {drop.import_id} is {ended.workflow_state}. "
        f"The next `sisdrop run` files {printable(drop.name)}."
    )
