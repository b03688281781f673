"""`sisdrop abort DROP`: abort the import of a drop in Canvas."""

from __future__ import annotations

from pathlib import Path

import click

from sisdrop import __version__
from sisdrop.cli.common import config_option, feed_of, journal_of, load_config
from sisdrop.config import Config
from sisdrop.daemon import is_running
from sisdrop.errors import UsageError
from sisdrop.lane.wishes import find_one
from sisdrop.model import IN_CANVAS, Drop
from sisdrop.policy import why_stranded


@click.command("abort")
@click.argument("drop")
@config_option
def command(config_path: Path | None, drop: str) -> int:
    """Abort the import of DROP in Canvas. What Canvas has imported by then stays imported."""
    config = load_config(config_path)
    with journal_of(config) as journal:
        found = find_one(journal, drop)
        if found.state not in IN_CANVAS:
            raise UsageError(f"{found.id} ({found.name}) is {found.state}; only an import in Canvas can be aborted.")
        if is_running(config.state):
            if not journal.ask_abort(found.id):
                raise UsageError(f"{found.id} ({found.name}) has just left Canvas; there is nothing to abort.")
            click.echo(f"The service aborts the import of {found.name} ({found.id}).")
            return 0
    _abort_ourselves(config, found)
    return 0


def _abort_ourselves(config: Config, drop: Drop) -> None:
    """Nobody runs here to do it: ask Canvas directly; the next run sees how it ended."""
    from sisdrop.canvas import Canvas

    if drop.import_id is None:
        raise UsageError(f"whether Canvas has an import of {drop.name} is not known yet; `sisdrop run` finds out.")
    feed = feed_of(config, drop)
    if feed.lane != drop.lane:
        raise UsageError(f"{drop.name} cannot be aborted: {why_stranded(drop, feed.lane)}")
    canvas = Canvas(feed.canvas, user_agent=f"sisdrop/{__version__}")
    try:
        ended = canvas.abort(drop.import_id)
    finally:
        canvas.close()
    click.echo(
        f"Canvas: SIS import {drop.import_id} is {ended.workflow_state}. The next `sisdrop run` files {drop.name}."
    )
