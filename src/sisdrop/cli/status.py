"""`sisdrop status`: queue, gate, hold and its reason, running import with progress, last results."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click

from sisdrop.cli.common import config_option, journal_to_read, json_option, load_config, print_json
from sisdrop.config import Config
from sisdrop.status import needs_a_person, snapshot

REFRESH_S = 1.0


@click.command("status")
@click.option("--watch", is_flag=True, help="Refresh every second until ^C.")
@json_option
@config_option
def command(config_path: Path | None, as_json: bool, watch: bool) -> int:
    """Show queue, gate, hold and its reason, the running import and the last results.

    Exits 1 when something needs a person: a hold, a held drop, an inbox that is away, a file that does not settle.
    """
    config = load_config(config_path)
    if watch:
        return _watch(config)
    shot = _snapshot(config)
    if as_json:
        print_json(shot)
    else:
        _print(shot)
    return 1 if needs_a_person(shot) else 0


def _snapshot(config: Config) -> dict[str, Any]:
    with journal_to_read(config) as journal:
        return snapshot(journal, config)


def _print(shot: dict[str, Any]) -> None:
    from rich.console import Console

    from sisdrop.status.terminal import render

    # Not wrapped: an id broken over two lines cannot be copied.
    Console().print(render(shot), soft_wrap=True)


def _watch(config: Config) -> int:
    from rich.live import Live

    from sisdrop.status.terminal import render

    with Live(render(_snapshot(config)), auto_refresh=False, screen=True) as live:
        while True:
            time.sleep(REFRESH_S)
            live.update(render(_snapshot(config)), refresh=True)
