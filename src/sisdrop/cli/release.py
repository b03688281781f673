"""`sisdrop release [DROP]`: let a held drop, or a queue on hold, go on."""

from __future__ import annotations

from pathlib import Path

import click

from sisdrop.cli.common import config_option, feed_of, hint_not_running, journal_of, load_config
from sisdrop.lane.wishes import find_one, release


@click.command("release")
@click.argument("drop", required=False)
@config_option
def command(config_path: Path | None, drop: str | None) -> int:
    """Let the held drop DROP go on; without DROP, let every queue that is on hold go on."""
    config = load_config(config_path)
    with journal_of(config) as journal:
        if drop is None:
            lanes = journal.lanes_on_hold()
            for lane in lanes:
                journal.release(lane, "released by a person")
                click.echo(f"The queue of {lane} goes on.")
            if not lanes:
                click.echo("No queue is on hold. To release a held drop, name it: sisdrop release DROP")
                return 0
        else:
            found = find_one(journal, drop)
            released = release(journal, found.id, feed_of(config, found).lane)
            click.echo(f"{released.name} ({released.id}) is queued again.")
    hint_not_running(config)
    return 0
