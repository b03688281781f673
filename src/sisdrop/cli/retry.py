"""`sisdrop retry DROP`: put an archived or failed drop back in the queue."""

from __future__ import annotations

import os
from pathlib import Path

import click

from canvas_sis_csv.text import printable
from sisdrop.cli.common import config_option, feed_of, hint_not_running, journal_of, load_config, user_word
from sisdrop.errors import UsageError
from sisdrop.folders import Layout
from sisdrop.model import DropState
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
        path = Layout.of(feed).rest_path(filed)
        if filed.state is DropState.FILED and path is not None and not os.path.lexists(path):
            raise UsageError(f"{path.name} is not in {path.parent} any more; drop the file into the inbox instead.")
        again = retry(journal, filed.id, feed.lane, word=user_word())
        click.echo(f"{printable(again.name)} ({again.id}) is back in the queue.")
        hint_not_running(journal)
    return 0
