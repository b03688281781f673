"""`sisdrop run`: the service. SIGTERM or ^C ends it cleanly, SIGHUP reloads the configuration."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

import click

from canvas_sis_csv.text import printable, sentence
from sisdrop import __version__
from sisdrop.cli.common import config_option, load_config
from sisdrop.cli.logs import set_up_logging
from sisdrop.config import Config, cautions
from sisdrop.errors import ConfigError, LeaseLost
from sisdrop.journal import SqliteJournal
from sisdrop.workers import OnePass, PassEnd, Sending, Service

logger = logging.getLogger("sisdrop.run")

INTERRUPTED = 130


class Signals:
    """The flags that signals set; handlers do nothing else."""

    def __init__(self) -> None:
        self.something = threading.Event()
        self.stop = threading.Event()
        self.reload = threading.Event()
        self.interrupted = False

    def on_stop(self, number: int, _frame: FrameType | None) -> None:
        """SIGTERM and ^C: end cleanly. A second one ends at once."""
        if self.stop.is_set():
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        self.interrupted = number == signal.SIGINT
        self.stop.set()
        self.something.set()

    def on_reload(self, _number: int, _frame: FrameType | None) -> None:
        """SIGHUP: read the configuration again."""
        self.reload.set()
        self.something.set()


@click.command("run")
@click.option("--once", is_flag=True, help="Handle what is in the inbox now, wait for the imports, exit.")
@click.option("--log-format", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("-v", "--verbose", is_flag=True, help="Log every request and look.")
@config_option
def command(config_path: Path | None, once: bool, log_format: str, verbose: bool) -> int:
    """Run the service, or one pass with --once.

    SIGTERM or ^C ends it cleanly: the step at hand is finished, the rest goes on at the next start. SIGHUP reloads
    the configuration. One pass exits 0 when all is done, 1 when something needs a person, 5 without Canvas,
    130 when it was stopped before it was over.
    """
    config = load_config(config_path)
    set_up_logging(as_json=log_format == "json", verbose=verbose)
    with _signals() as signals, SqliteJournal(config.state, mend=True) as journal:
        _greet(config)
        if once:
            return _one_pass(config, journal, signals)
        return _serve(config, journal, signals)


def _one_pass(config: Config, journal: SqliteJournal, signals: Signals) -> int:
    with Service(config, journal, on_lost=signals.stop.set) as service:
        end = OnePass(service, journal, config).wait(signals.stop)
    _must_go_on(service)
    if signals.interrupted or end is None:
        return INTERRUPTED
    _name_what_is_left(end)
    return int(end.code)


def _name_what_is_left(end: PassEnd) -> None:
    for left in end.left:
        with suppress(OSError):  # the exit code says it, whoever reads this
            click.echo(f"sisdrop: left {printable(f'{left.feed}/{left.name}: {sentence(left.why)}')}", err=True)


def _must_go_on(service: Service) -> None:
    if service.lost is not None:
        raise LeaseLost(service.lost)
    if service.refused is not None:
        raise service.refused


def _serve(config: Config, journal: SqliteJournal, signals: Signals) -> int:
    inherited: tuple[Sending, ...] = ()
    before: Config | None = None
    new: Config | None = config
    while new is not None:
        now: Config | None = new
        with Service(new, journal, on_lost=signals.something.set, inherited=inherited) as service:
            new = _wait_for_another(new, service, signals)
            if service.refused is not None and before is not None and not signals.stop.is_set():
                logger.error("the new configuration cannot be used, the old one goes on: %s", service.refused)
                new, service.refused, now = before, None, None
            # An upload that is on its way goes on; the next service's sender of its account waits for its end.
            inherited = service.hand_over() if new is not None else ()
            before = now
        _must_go_on(service)
    logger.info("stopped")
    return INTERRUPTED if signals.interrupted else 0


def _wait_for_another(config: Config, service: Service, signals: Signals) -> Config | None:
    """The configuration to go on with, once somebody asks for it; None when it is over."""
    while True:
        signals.something.wait()
        signals.something.clear()
        if signals.stop.is_set() or service.lost is not None or service.refused is not None:
            return None
        if signals.reload.is_set():
            signals.reload.clear()
            new = _reloaded(config)
            if new is not config:
                return new


def _reloaded(config: Config) -> Config:
    """The configuration as it stands in the file now; the old one when that cannot be used."""
    try:
        new = load_config(config.path)
    except ConfigError as error:
        logger.error("the configuration was not reloaded, the old one stays: %s", error)  # noqa: TRY400 - no bug of ours
        return config
    if new.state != config.state:
        logger.error(
            "state moved from %s to %s: that needs a restart; the old configuration stays", config.state, new.state
        )
        return config
    _greet(new)
    return new


def _greet(config: Config) -> None:
    for feed in config.feeds.values():
        logger.info("sisdrop %s feed=%s inbox=%s canvas=%s", __version__, feed.name, feed.inbox, feed.lane)
    for caution in cautions(config):
        logger.warning("%s: %s; %s", caution.place, caution.text, caution.do)


@contextmanager
def _signals() -> Iterator[Signals]:
    signals = Signals()
    handlers: dict[int, Callable[[int, FrameType | None], None]] = {
        signal.SIGINT: signals.on_stop,
        signal.SIGTERM: signals.on_stop,
    }
    if hasattr(signal, "SIGHUP"):
        handlers[signal.SIGHUP] = signals.on_reload
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield signals
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
