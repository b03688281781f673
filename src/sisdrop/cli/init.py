"""`sisdrop init [DIR]`: a commented config.yaml and the folders it names, and what to do next.

Room: part of the command line; writes into the one folder it is given, and overwrites nothing.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import click

from sisdrop.config import parse
from sisdrop.errors import UsageError
from sisdrop.protocol.requests import IMPORT_RIGHT

NAME = "config.yaml"
EXAMPLE = files("sisdrop.config") / "example.yaml"
"""Made by tools/config_documents.py from what the configuration knows of its keys."""


@click.command("init")
@click.argument("folder", metavar="[DIR]", type=click.Path(file_okay=False, path_type=Path), default=Path())
def command(folder: Path) -> None:
    """Write a commented config.yaml and the folders beside it; never overwrite anything."""
    file = folder / NAME
    if file.exists():
        # Its folders may lie on a share that is away just now; making them would put them below the mount point.
        click.echo(f"{file} is there already; nothing was changed. `sisdrop doctor` checks it.")
        return
    try:
        made = _make_folders(file)
        with file.open("xb") as stream:
            stream.write(EXAMPLE.read_bytes())
    except OSError as error:
        raise UsageError(f"{error.filename or folder} cannot be made: {error.strerror}.") from None
    for path in (*made, file):
        click.echo(f"made {path}")
    click.echo(_next_steps(file))


def _make_folders(file: Path) -> list[Path]:
    """Make the folders that the new configuration will name, where they are missing; those that were made.

    `held` is left out: it is made when it is first needed. The configuration comes last, so that a second `init` after
    a crash finishes what this one began.
    """
    config = parse(EXAMPLE.read_bytes(), file.absolute())
    wanted = [path for feed in config.feeds.values() for path in (feed.inbox, feed.archive, feed.failed)]
    made = [path for path in (*wanted, config.state) if not path.exists()]
    for path in wanted:
        path.mkdir(parents=True, exist_ok=True)
    config.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    return made


def _next_steps(file: Path) -> str:
    return f"""
Next:
  1. In {file} set canvas.url (and canvas.account, if it is not `self`).
  2. Put the Canvas token where canvas.token says, for example:  export CANVAS_TOKEN=...
     It must belong to a user who has the permission "{IMPORT_RIGHT}" in the root account.
  3. sisdrop doctor --config {file}     checks all of it and says what to mend
  4. sisdrop run --config {file}        watches the inbox

No Canvas at hand? `sisdrop practice` runs everything against a sandbox."""
