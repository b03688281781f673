"""`sisdrop history`: past drops, newest first."""

from __future__ import annotations

from pathlib import Path

import click

from sisdrop.cli.common import config_option, journal_to_read, json_option, load_config, print_json
from sisdrop.status.snapshot import recent_entry


@click.command("history")
@click.option("--feed", help="Only drops of this feed.")
@click.option("-n", "--limit", type=click.IntRange(1, 100_000), default=25, show_default=True, help="How many.")
@json_option
@config_option
def command(config_path: Path | None, as_json: bool, limit: int, feed: str | None) -> int:
    """List past drops, newest first."""
    config = load_config(config_path)
    if feed is not None and feed not in config.feeds:
        raise click.UsageError(f"there is no feed {feed}; there are: {', '.join(config.feeds)}")
    with journal_to_read(config) as journal:
        drops = [recent_entry(drop) for drop in journal.recent(limit, feed)]
    if as_json:
        print_json(drops)
        return 0
    from rich.console import Console

    from sisdrop.status.terminal import history_table

    if drops:
        Console().print(history_table(drops))
    else:
        click.echo("No drop has been filed yet.")
    return 0
