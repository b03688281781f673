"""`sisdrop practice [DIR]`: the main job against a Canvas sandbox, on one machine, without a Canvas account."""

from __future__ import annotations

import json
import shlex
import shutil
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from canvas_sandbox import samples
from sisdrop.cli.common import load_config, sandbox_errors
from sisdrop.cli.logs import set_up_logging
from sisdrop.errors import UsageError
from sisdrop.journal import Journal, SqliteJournal
from sisdrop.model import Event, EventKind, Outcome

LOOK_S = 0.1
ONCE_PATIENCE_S = 180.0
MARK = "# Made by `sisdrop practice`, which writes it anew at every start.\n"

_CONFIG = """{mark}canvas:
  url: {url}
  account: self
  token: {{file: practice-token}}
state: state
feeds:
  practice:
    inbox: inbox
    archive: archive
    failed: failed
    held: held
"""

_STYLE = {
    EventKind.FILED: "green",
    EventKind.HELD: "red",
    EventKind.HOLD: "red",
    EventKind.IMPORTING: "cyan",
    EventKind.SUBMITTED: "cyan",
    EventKind.AWAY: "yellow",
}


@click.command("practice")
@click.argument("folder", metavar="[DIR]", required=False, default="practice", type=click.Path(path_type=Path))
@click.option("--once", is_flag=True, help="End after the good set.")
@click.option("--empty", is_flag=True, help="Drop nothing; wait for files.")
@click.option("--speed", type=float, default=1.0, show_default=True, help="The sandbox's time runs so much faster.")
def command(folder: Path, once: bool, empty: bool, speed: float) -> int:
    """Practise the main job in the folder DIR (default: ./practice), without a Canvas account.

    Starts a Canvas sandbox on this machine, makes a folder with an inbox and sample CSVs, watches the inbox, drops a
    good set and shows each step. Then it waits for the files you drop, until ^C.
    """
    from canvas_sandbox import start
    from sisdrop.workers import Service

    if once and empty:
        raise click.UsageError("--once drops the good set and --empty drops nothing; give one of them.")
    folder = folder.absolute()
    _lay_out(folder)
    set_up_logging(file=folder / "practice.log")
    with (
        sandbox_errors(),
        SqliteJournal(folder / "state", mend=True) as journal,
        start(port=_port(folder), data=folder / "sandbox", speed=speed) as sandbox,
    ):
        config_path = _write_config(folder, sandbox.url, sandbox.token)
        config = load_config(config_path)
        with Service(config, journal), _interruptible() as stop:
            _welcome(folder, sandbox.url, sandbox.token)
            shown = journal.last_event()
            if not empty:
                _drop(folder / "samples" / "good", folder / "inbox")
                shown = _follow_good_set(journal, shown, stop)
                _sum_up(journal, folder)
            if not once and not stop.is_set():
                _invite(folder)
                _follow(journal, shown, stop)
            recent = journal.recent(len(samples.good_set()))
            good = [drop for drop in recent if drop.outcome is Outcome.IMPORTED]
            return 0 if not once or len(good) == len(samples.good_set()) else 1


# the folder


def _lay_out(folder: Path) -> None:
    """Make the practice folder, or use the one of last time; a folder that is something else is left alone."""
    config = folder / "config.yaml"
    if config.exists() and not config.read_text("utf-8").startswith(MARK):
        raise UsageError(f"{config} is a configuration of your own; practise in another folder: sisdrop practice DIR")
    for name in ("inbox", "archive", "failed", "state"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    sets = {"good": samples.good_set(), "mistakes": samples.mistakes(), "corrected": samples.corrected()}
    for kind, files in sets.items():
        (folder / "samples" / kind).mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (folder / "samples" / kind / name).write_text(text, encoding="utf-8", newline="")


def _write_config(folder: Path, url: str, token: str) -> Path:
    secret = folder / "practice-token"
    secret.unlink(missing_ok=True)
    secret.touch(mode=0o600)
    secret.write_text(token, encoding="ascii")
    path = folder / "config.yaml"
    path.write_text(_CONFIG.format(mark=MARK, url=url), encoding="utf-8")
    return path


def _port(folder: Path) -> int:
    """The port of last time where it is free: the journal knows a queue by its address."""
    note = folder / "sandbox-port.json"
    try:
        port = int(json.loads(note.read_text("ascii")))
    except (OSError, ValueError, TypeError):
        port = 0
    with socket.socket() as probe:
        try:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    note.write_text(json.dumps(port), encoding="ascii")
    return port


def _drop(source: Path, inbox: Path) -> None:
    """Copy the files as an export writes them: one after the other, in no helpful order."""
    for file in sorted(source.glob("*.csv")):
        (inbox / file.name).write_bytes(file.read_bytes())


# showing


def _welcome(folder: Path, url: str, token: str) -> None:
    click.secho(f"A Canvas sandbox answers at {url} (open it in a browser to look inside)", bold=True)
    click.echo(f"  its token (good for nothing else): {token}")
    click.echo(f"The importer watches {folder / 'inbox'}\n")


def _follow_good_set(journal: Journal, shown: int, stop: threading.Event) -> int:
    """Show every event until the good set has come to rest."""
    wanted = len(samples.good_set())
    filed = 0
    deadline = time.monotonic() + ONCE_PATIENCE_S
    while filed < wanted and time.monotonic() < deadline and not stop.wait(LOOK_S):
        for event in journal.events(shown):
            shown = event.seq
            filed += event.kind is EventKind.FILED
            _show(event)
        if journal.all_holds():
            break
    return shown


def _follow(journal: Journal, shown: int, stop: threading.Event) -> None:
    """Show every event until told to stop, the last ones included."""
    while True:
        stopped = stop.wait(LOOK_S)
        for event in journal.events(shown):
            shown = event.seq
            _show(event)
        if stopped:
            return


def _show(event: Event) -> None:
    clock = event.at[11:19]
    click.echo(f"{clock}  {click.style(f'{event.kind:<10}', fg=_STYLE.get(event.kind))}  {event.text}")


def _sum_up(journal: Journal, folder: Path) -> None:
    from rich.console import Console

    from sisdrop.status.snapshot import recent_entry
    from sisdrop.status.terminal import history_table

    click.echo()
    Console().print(history_table([recent_entry(drop) for drop in journal.recent(len(samples.good_set()))]))
    pairs = sorted(path.name for path in (folder / "archive").glob("*.result.json"))
    click.echo(f"\n{len(pairs)} results in {folder / 'archive'}, each beside its file.")


def _ourselves() -> str:
    """The command as it can be typed in another terminal: by its name, or by its path in a virtual environment."""
    by_name = shutil.which("sisdrop")
    own = Path(sys.argv[0]).absolute()
    return "sisdrop" if by_name and Path(by_name).samefile(own) else shlex.quote(str(own))


def _invite(folder: Path) -> None:
    sisdrop = _ourselves()
    inbox = shlex.quote(str(folder / "inbox"))
    config = shlex.quote(str(folder / "config.yaml"))
    wrong, right = (shlex.quote(str(folder / "samples" / name)) for name in ("mistakes", "corrected"))
    click.secho("\nNow you: in another terminal, drop the set with mistakes and see what is held.", bold=True)
    click.echo(f"  cp {wrong}/*.csv {inbox}/")
    click.echo(f"  {sisdrop} status --config {config}")
    click.echo("Then look at what is held, and mend it by dropping corrected files of the same names:")
    click.echo(f"  {sisdrop} show users.csv --config {config}")
    click.echo(f"  cp {right}/*.csv {inbox}/")
    click.echo(f"Or decide: {sisdrop} release --config {config}    (the queue goes on as it is)")
    click.echo(f"           {sisdrop} reject users.csv --config {config}")
    click.echo("^C ends the practice; the folder stays.\n")


@contextmanager
def _interruptible() -> Iterator[threading.Event]:
    """An event that ^C and SIGTERM set: ending by them is how practice ends."""
    stop = threading.Event()
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
