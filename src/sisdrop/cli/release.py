"""`sisdrop release [DROP]`: let a held drop, or a queue on hold, go on."""

from __future__ import annotations

from pathlib import Path

import click

from sisdrop.cli.common import config_option, feed_of, hint_not_running, journal_of, load_config
from sisdrop.journal import HoldReleased, Journal
from sisdrop.steps.commands import find_drop, release


@click.command("release")
@click.argument("drop", required=False)
@config_option
def command(config_path: Path | None, drop: str | None) -> int:
    """Let the held drop DROP go on; without DROP, let every queue that is on hold go on."""
    config = load_config(config_path)
    with journal_of(config) as journal:
        if drop is None:
            return _release_lanes(journal)
        named = find_drop(journal, drop)
        released = release(journal, named.id, feed_of(config, named).lane)
        click.echo(f"{released.name} ({released.id}) is queued again.")
        hint_not_running(journal)
    return 0


def _release_lanes(journal: Journal) -> int:
    """Release the holds there are now; one that came since was not seen by anybody, and stays. 1 when one stays."""
    holds = [(lane, hold) for lane, holds in journal.all_holds().items() for hold in holds]
    if not holds:
        click.echo("No queue is on hold. To release a held drop, name it: sisdrop release DROP")
        return 0
    for lane, hold in holds:
        answer = journal.release(lane, hold, "released by a person")
        if isinstance(answer, HoldReleased):
            click.echo(f"The queue of {lane} is released: {hold.reason}")
    left = journal.all_holds()
    for lane in dict(holds):
        for hold in left.get(lane, ()):
            click.echo(f"The queue of {lane} is held for another reason now: {hold.reason}", err=True)
            click.echo("It was not released; look at it, and say `sisdrop release` again.", err=True)
        if lane not in left:
            click.echo(f"The queue of {lane} goes on.")
    hint_not_running(journal)
    return 1 if left else 0
