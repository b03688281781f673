"""`sisdrop reject DROP`: file a waiting drop under failed; nothing of it goes to Canvas."""

from __future__ import annotations

from pathlib import Path

import click

from sisdrop.cli.common import config_option, hint_not_running, journal_of, load_config
from sisdrop.steps.commands import find_drop, reject


@click.command("reject")
@click.argument("drop")
@config_option
def command(config_path: Path | None, drop: str) -> int:
    """File the waiting drop DROP under failed. Nothing of it is sent to Canvas."""
    config = load_config(config_path)
    with journal_of(config) as journal:
        rejected = reject(journal, find_drop(journal, drop).id)
        click.echo(f"{rejected.name} ({rejected.id}) is rejected and goes to failed.")
        hint_not_running(journal)
    return 0
