"""`sisdrop retry DROP`: put an archived or failed drop back in the queue."""

from __future__ import annotations

from pathlib import Path

import click

from sisdrop.cli.common import config_option, hint_not_running, journal_of, load_config
from sisdrop.lane.wishes import find_one, retry


@click.command("retry")
@click.argument("drop")
@config_option
def command(config_path: Path | None, drop: str) -> int:
    """Put the archived or failed drop DROP back in the queue; it is checked and sent again."""
    config = load_config(config_path)
    with journal_of(config) as journal:
        again = retry(journal, find_one(journal, drop).id)
    click.echo(f"{again.name} ({again.id}) is back in the queue.")
    hint_not_running(config)
    return 0
