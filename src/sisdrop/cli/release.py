"""`sisdrop release [DROP]`: let a held drop, or a queue on hold, go on."""

from __future__ import annotations

from pathlib import Path

import click

from canvas_sis_csv.text import printable
from sisdrop.cli.common import config_option, feed_of, hint_not_running, is_agreed, journal_of, load_config, user_word
from sisdrop.cli.hold_shown import held_lines, hold_lines
from sisdrop.config import Config
from sisdrop.journal import HoldReleased, Journal
from sisdrop.model import Drop, DropState
from sisdrop.steps.commands import find_drop, release


@click.command("release")
@click.argument("drop", required=False)
@click.option("--yes", is_flag=True, help="Do not ask.")
@config_option
def command(config_path: Path | None, drop: str | None, yes: bool) -> int:
    """Let the held drop DROP go on; without DROP, let every queue that is on hold go on.

    At a terminal it shows what is held and why, and asks; with --yes, and in scripts, it does not.
    """
    config = load_config(config_path)
    with journal_of(config) as journal:
        if drop is None:
            return _release_lanes(journal, config, yes=yes)
        return _release_drop(journal, config, find_drop(journal, drop), yes=yes)


def _release_drop(journal: Journal, config: Config, drop: Drop, *, yes: bool) -> int:
    lane = feed_of(config, drop).lane
    if drop.state is DropState.HELD or drop.lane != lane:
        for line in held_lines(journal, config, drop):
            click.echo(line)
        if drop.lane != lane:
            click.echo(f"  It was taken for {drop.lane}, and goes to {lane} now.")
        if not is_agreed("Send it to Canvas as it is? No guard is asked again.", yes=yes):
            click.echo("It was not released.")
            return 1
    # The very hold that was shown: one for another reason is none of this word's business.
    released = release(journal, drop.id, lane, word=user_word(), seen=drop.held)
    click.echo(f"{printable(released.name)} ({released.id}) is queued again.")
    hint_not_running(journal)
    return 0


def _release_lanes(journal: Journal, config: Config, *, yes: bool) -> int:
    """Release the holds there are now; one that came since was not seen by anybody, and stays. 1 when one stays."""
    seen = journal.all_holds()
    if not seen:
        click.echo("No queue is on hold. To release a held drop, name it: sisdrop release DROP")
        return 0
    for lane, holds in seen.items():
        for line in hold_lines(journal, config, lane, holds):
            click.echo(line)
    if not is_agreed("Let what waits go on?", yes=yes):
        click.echo("Nothing was released.")
        return 1
    by = user_word().by
    for lane, hold in ((lane, hold) for lane, holds in seen.items() for hold in holds):
        answer = journal.release(lane, hold, f"released by {by}")
        if isinstance(answer, HoldReleased):
            click.echo(f"The queue of {lane} is released: {printable(hold.reason)}")
    left = journal.all_holds()
    for lane in seen:
        for hold in left.get(lane, ()):
            click.echo(f"The queue of {lane} is held for another reason now: {printable(hold.reason)}", err=True)
            click.echo("It was not released; look at it, and say `sisdrop release` again.", err=True)
        if lane not in left:
            click.echo(f"The queue of {lane} goes on.")
    hint_not_running(journal)
    return 1 if left else 0
