"""`sisdrop resume`: end the pause of one feed, or every pause."""

from __future__ import annotations

from pathlib import Path

import click

from sisdrop.cli.common import config_option, hint_not_running, journal_of, load_config, user_name
from sisdrop.model import EVERYTHING, now_utc


@click.command("resume")
@click.option("--feed", help="Only the pause of this feed.")
@config_option
def command(config_path: Path | None, feed: str | None) -> int:
    """Let imports start again: end every pause, or with --feed only that of one feed."""
    config = load_config(config_path)
    with journal_of(config) as journal:
        pauses = journal.pauses()
        chosen = [pause for pause in pauses if feed is None or pause.feed == feed]
        ended = [pause for pause in chosen if journal.resume(pause, f"{user_name()} ended the pause")]
        for pause in ended:
            click.echo(f"Imports{f' of {pause.feed}' if pause.feed else ''} start again.")
        if not ended:
            click.echo(f"{feed or 'Nothing'} is {'not ' if feed else ''}paused.")
        everything = next((pause for pause in pauses if pause.feed == EVERYTHING and pause not in ended), None)
        if everything is not None and not everything.is_over(now_utc()):
            click.echo(f"Imports of all feeds are {everything.reason}; `sisdrop resume` ends that.", err=True)
        if ended:
            hint_not_running(journal)
    return 0
