"""`sisdrop accept FEED`: the folder that is at the feed's inbox now is the inbox from here on."""

from __future__ import annotations

from pathlib import Path

import click

from canvas_sis_csv.text import printable
from sisdrop.cli.common import config_option, journal_of, load_config
from sisdrop.errors import UsageError
from sisdrop.steps.accept import accept


@click.command("accept")
@click.argument("feed")
@config_option
def command(config_path: Path | None, feed: str) -> int:
    """Make the folder that is at the inbox of FEED its inbox from here on, after it was made anew or moved.

    Files that sisdrop had taken from the old one are brought back from their snapshots. An inbox whose share is only
    not mounted needs no accept: it is waited for.
    """
    config = load_config(config_path)
    if feed not in config.feeds:
        raise UsageError(f"there is no feed {feed}; there are: {', '.join(config.feeds)}.")
    with journal_of(config) as journal:
        accepted = accept(journal, config.feeds[feed], config.feeds, config.state)
    if accepted.nothing:
        click.echo(f"Nothing to do: {accepted.nothing}")
        return 0
    click.echo(f"{config.feeds[feed].inbox} is the inbox of {feed} from here on.")
    for drop in accepted.fetched:
        click.echo(f"  {printable(drop.name)} ({drop.id}) came out of {printable(drop.origin.inbox)}.")
    for drop in accepted.brought_back:
        click.echo(
            f"  {printable(drop.name)} ({drop.id}) is back from its snapshot; `sisdrop show {drop.id}` says how."
        )
    for drop in accepted.missing:
        click.echo(f"  {printable(drop.name)} ({drop.id}, {drop.outcome or drop.state}): its file is lost.", err=True)
    return 0
