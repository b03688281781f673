"""The sandbox as a command: one line of JSON when it is ready, then it serves until it is told to stop.

Room: stdout, stderr and the signals of this process. The command stands here once: `python -m canvas_sandbox` runs it
as it is, and other command lines may offer it under their own name with `OPTIONS` and `serve`.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

import click

import canvas_sandbox
from canvas_sandbox import Sandbox
from canvas_sandbox.errors import DataUnusable, SandboxError, WrongUse

EXIT_WRONG_USE = 2
EXIT_DATA_UNUSABLE = 4
SUMMARY = """Run only the Canvas sandbox.

Prints one line of JSON with its url and token when it is ready, and serves until ^C or SIGTERM.
"""


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


OPTIONS: list[click.Parameter] = [
    click.Option(["--port"], default=0, type=click.IntRange(0, 65535), help="Port on 127.0.0.1; 0 chooses a free one."),
    click.Option(["--data"], type=click.Path(file_okay=False, path_type=Path), help="Folder to keep its database in."),
    click.Option(
        ["--speed"], default="1", callback=_speed, help="How many times faster than Canvas, or max: no waiting."
    ),
    click.Option(
        ["--token"],
        help="The access token to accept; default: a random one. Also $SISDROP_SANDBOX_TOKEN.",
        envvar="SISDROP_SANDBOX_TOKEN",
    ),
    click.Option(["--reset"], is_flag=True, help="Empty the --data folder's database first."),
    click.Option(
        ["--seed-from"],
        type=click.Path(file_okay=False, exists=True, path_type=Path),
        help="Import the CSVs of this folder first, in Canvas's order.",
    ),
    click.Option(
        ["--faults"],
        type=click.Path(dir_okay=False, exists=True, path_type=Path),
        help="JSON file with faults to make; see the reference page of the sandbox.",
    ),
]
"""The options of the command; `serve` takes them by their names."""


def serve(
    *,
    port: int,
    data: Path | None,
    speed: Any,
    token: str | None,
    reset: bool,
    seed_from: Path | None,
    faults: Path | None,
) -> None:
    """Run a sandbox until SIGINT or SIGTERM comes; to be called in the main thread, whose signals it takes.

    Prints `{"url": …, "token": …}` to stdout when the sandbox is ready, and before that, to stderr, how each file of
    `seed_from` ended. Raises SandboxError.
    """
    if reset:
        if data is None:
            raise WrongUse("--reset empties the folder given with --data; without --data nothing is kept.")
        canvas_sandbox.reset(data)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with canvas_sandbox.start(port=port, data=data, speed=speed, token=token) as sandbox:
        for seeded in sandbox.seed(seed_from) if seed_from else ():
            click.echo(f"{seeded.name}: {seeded.workflow_state} (import {seeded.import_id})", err=True)
        # Only now: faults are for those who use the sandbox, not for what it is seeded with.
        if faults:
            _set_faults(sandbox, faults)
        click.echo(json.dumps({"url": sandbox.url, "token": sandbox.token}))
        # The signal ends the wait, but for Windows, where only a wait that ends by itself sees it.
        while not stop.wait(1 if os.name == "nt" else None):
            pass


def _set_faults(sandbox: Sandbox, path: Path) -> None:
    try:
        sandbox.set_faults(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise WrongUse(f"{path}: {error}") from error


command = click.Command("canvas_sandbox", params=OPTIONS, callback=serve, help=SUMMARY)


def main() -> None:
    """Run the command and exit: 0 ended as asked, 2 wrong use, 4 the data folder is in use or damaged."""
    try:
        command.main(prog_name="python -m canvas_sandbox")
    except SandboxError as error:
        click.echo(f"canvas_sandbox: {error}", err=True)
        sys.exit(EXIT_DATA_UNUSABLE if isinstance(error, DataUnusable) else EXIT_WRONG_USE)
