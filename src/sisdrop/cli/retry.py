"""`sisdrop retry DROP`: put an archived or failed drop back in the queue."""

from __future__ import annotations

import os
from pathlib import Path

import click

from sisdrop.cli.common import config_option, feed_of, hint_not_running, journal_of, load_config
from sisdrop.errors import UsageError
from sisdrop.model import DropState, Place
from sisdrop.steps.commands import find_drop, retry


@click.command("retry")
@click.argument("drop")
@config_option
def command(config_path: Path | None, drop: str) -> int:
    """Put the archived or failed drop DROP back in the queue; it is checked and sent again."""
    config = load_config(config_path)
    with journal_of(config) as journal:
        filed = find_drop(journal, drop)
        feed = feed_of(config, filed)
        folder = feed.archive if filed.place is Place.ARCHIVE else feed.failed
        if filed.state is DropState.FILED and not os.path.lexists(folder / (filed.stored_as or "")):
            raise UsageError(f"{filed.stored_as} is not in {folder} any more; drop the file into the inbox instead.")
        again = retry(journal, filed.id, feed.lane)
        click.echo(f"{again.name} ({again.id}) is back in the queue.")
        hint_not_running(journal)
    return 0
