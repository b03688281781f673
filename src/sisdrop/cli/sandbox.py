"""`sisdrop sandbox`: a Canvas on loopback to try things on, until it is told to stop."""

from __future__ import annotations

import json
import os
import signal
import threading
from pathlib import Path
from typing import Any

import click

from sisdrop.errors import UsageError

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def _speed(ctx: click.Context, param: click.Parameter, value: str) -> float | str:
    """A number above 0, or the word max."""
    if value == "max":
        return value
    try:
        number = float(value)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise click.BadParameter("must be a number above 0, or max", ctx, param)
    return number


@click.command("sandbox")
@click.option("--port", default=0, type=click.IntRange(0, 65535), help="Port on 127.0.0.1; 0 chooses a free one.")
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), help="Folder to keep its database in.")
@click.option("--speed", default="1", callback=_speed, help="How many times faster than Canvas, or max: no waiting.")
@click.option(
    "--token",
    help="The access token to accept; default: a random one. Also $SISDROP_SANDBOX_TOKEN.",
    envvar="SISDROP_SANDBOX_TOKEN",
)
@click.option("--reset", is_flag=True, help="Empty the --data folder's database first.")
@click.option(
    "--seed-from",
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    help="Import the CSVs of this folder first, in Canvas's order.",
)
@click.option(
    "--faults",
    type=click.Path(dir_okay=False, exists=True, path_type=Path),
    help="JSON file with faults to make; see the reference page of the sandbox.",
)
def command(
    port: int,
    data: Path | None,
    speed: Any,
    token: str | None,
    reset: bool,
    seed_from: Path | None,
    faults: Path | None,
) -> None:
    """Run only the Canvas sandbox.

    Prints one line of JSON with its url and token when it is ready, and serves until ^C or SIGTERM.
    """
    import canvas_sandbox as sandbox
    from sisdrop.cli.common import sandbox_errors

    stop = threading.Event()
    _stop_on_signals(stop)
    if reset:
        _reset(data)
    with sandbox_errors(), sandbox.start(port=port, data=data, speed=speed, token=token) as running:
        for seeded in running.seed(seed_from) if seed_from else ():
            click.echo(f"{seeded.name}: {seeded.workflow_state} (import {seeded.import_id})", err=True)
        if faults:
            _set_faults(running, faults)
        click.echo(json.dumps({"url": running.url, "token": running.token}))
        # The signal ends the wait, but for Windows, where only a wait that ends by itself sees it.
        while not stop.wait(1 if os.name == "nt" else None):
            pass


def _stop_on_signals(stop: threading.Event) -> None:
    for number in STOP_SIGNALS:
        signal.signal(number, lambda *_: stop.set())


def _reset(data: Path | None) -> None:
    import canvas_sandbox as sandbox

    if data is None:
        raise UsageError("--reset empties the folder given with --data; without --data nothing is kept.")
    sandbox.reset(data)


def _set_faults(running: Any, path: Path) -> None:
    try:
        running.set_faults(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: {error}") from error
