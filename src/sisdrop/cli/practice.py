"""`sisdrop practice [DIR]`: the main job against a Canvas sandbox, on one machine, without a Canvas account."""

from __future__ import annotations

import json
import signal
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from sisdrop.cli.acts import ACTS, GOOD, Act, Play, Stage
from sisdrop.cli.common import load_config, sandbox_errors
from sisdrop.cli.logs import set_up_logging
from sisdrop.errors import UsageError
from sisdrop.journal import SqliteJournal

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


@click.command("practice")
@click.argument("folder", metavar="[DIR]", required=False, default="practice", type=click.Path(path_type=Path))
@click.option("--once", is_flag=True, help="End after the good night.")
@click.option("--all", "every", is_flag=True, help="Play every night without waiting for you, then end.")
@click.option("--empty", is_flag=True, help="Drop nothing; wait for files.")
@click.option("--speed", type=float, default=1.0, show_default=True, help="The sandbox's time runs so much faster.")
def command(folder: Path, once: bool, every: bool, empty: bool, speed: float) -> int:
    """Practise the main job in the folder DIR (default: ./practice), without a Canvas account.

    Starts a Canvas sandbox on this machine, makes a folder with an inbox and sample CSVs, watches the inbox, drops a
    good set and shows each step. Then come nights with mistakes, one after the other as you like, and in between the
    files you drop yourself, until ^C.
    """
    from canvas_sandbox import start
    from sisdrop.workers import Service

    if once + every + empty > 1:
        raise click.UsageError("--once, --all and --empty exclude each other; give one of them.")
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
            play = Play(Stage(folder, config, journal, stop))
            if once:
                return 0 if play.perform(GOOD, by_itself=True) else 1
            if every:
                return 0 if all(play.perform(act, by_itself=True) for act in ACTS) else 1
            _play_for_a_person(play, ACTS[1:] if empty else ACTS)
            return 0


def _play_for_a_person(play: Play, acts: Sequence[Act]) -> None:
    """The good night by itself, each other one when the person says so; then whatever they drop, until ^C."""
    if all(play.perform(act, by_itself=act is GOOD) for act in acts):
        click.echo("^C ends the practice; the folder stays.\n")
    play.follow()


# the folder


def _lay_out(folder: Path) -> None:
    """Make the practice folder, or use the one of last time; a folder that is something else is left alone."""
    config = folder / "config.yaml"
    if config.exists() and not config.read_text("utf-8").startswith(MARK):
        raise UsageError(f"{config} is a configuration of your own; practise in another folder: sisdrop practice DIR")
    for name in ("inbox", "archive", "failed", "state"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    # A night that is byte for byte an old one would be held as such: the school grows with every practice.
    later = sum(1 for _ in (folder / "archive").glob("*-users.csv"))
    for act in ACTS:
        act.write(folder / "samples", later)


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


# showing


def _welcome(folder: Path, url: str, token: str) -> None:
    click.secho(f"A Canvas sandbox answers at {url} (open it in a browser to look inside)", bold=True)
    click.echo(f"  its token (good for nothing else): {token}")
    click.echo(f"The importer watches {folder / 'inbox'}\n")


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
