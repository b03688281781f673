"""`sisdrop reject DROP`: file a waiting drop under failed; nothing of it goes to Canvas."""

from __future__ import annotations

from pathlib import Path

import click

from canvas_sis_csv.text import printable
from sisdrop.cli.common import config_option, hint_not_running, is_agreed, journal_of, load_config, user_word
from sisdrop.cli.hold_shown import held_lines
from sisdrop.model import DropState
from sisdrop.steps.commands import find_drop, reject


@click.command("reject")
@click.argument("drop")
@click.option("--yes", is_flag=True, help="Do not ask.")
@config_option
def command(config_path: Path | None, drop: str, yes: bool) -> int:
    """File the waiting drop DROP under failed. Nothing of it is sent to Canvas.

    At a terminal it shows what is held and why, and asks; with --yes, and in scripts, it does not.
    """
    config = load_config(config_path)
    with journal_of(config) as journal:
        named = find_drop(journal, drop)
        if named.state in {DropState.HELD, DropState.QUEUED}:
            for line in held_lines(journal, config, named):
                click.echo(line)
            if not is_agreed("File it under failed? Nothing of it is sent.", yes=yes):
                click.echo("It was not rejected.")
                return 1
        rejected = reject(journal, named.id, word=user_word(), seen=named.held)
        click.echo(f"{printable(rejected.name)} ({rejected.id}) is rejected and goes to failed.")
        hint_not_running(journal)
    return 0
