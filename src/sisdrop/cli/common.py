"""What most commands need: their options, the configuration, the journal, and output for people or machines.

Room: part of the command line; prints.
"""

from __future__ import annotations

import getpass
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import click

from sisdrop.cli.main import remember_state_folder
from sisdrop.config import Config, Feed, load
from sisdrop.errors import StateError, UsageError
from sisdrop.journal import FILE_NAME, Journal, SqliteJournal, journal_to_look_at
from sisdrop.model import Clock, Drop, Word, why_stranded

F = TypeVar("F", bound=Callable[..., Any])


def config_option(command: F) -> F:
    """`--config PATH`, which every command takes."""
    return click.option(
        "--config", "config_path", type=click.Path(path_type=Path), help="The configuration (default: config.yaml)."
    )(command)


def json_option(command: F) -> F:
    """`--json`, which every command that shows data takes."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON for scripts.")(command)


def load_config(path: Path | None) -> Config:
    """The configuration; raises ConfigError with all that is wrong with it."""
    config = load(path)
    remember_state_folder(config.state)
    return config


def _has_journal(config: Config) -> bool:
    """Whether a service has run here. Raises StateError when this user may not look."""
    try:
        (config.state / FILE_NAME).stat()
    except FileNotFoundError:
        return False
    except OSError as error:
        reason = error.strerror or error
        raise StateError(f"{config.state}: {reason}; ask as the user that sisdrop runs as.") from error
    return True


@contextmanager
def sandbox_errors() -> Iterator[None]:
    """Raise what the sandbox raises on purpose as the command line's own errors, which carry the exit codes."""
    from canvas_sandbox.errors import DataUnusable, SandboxError

    try:
        yield
    except DataUnusable as error:
        raise StateError(str(error)) from error
    except SandboxError as error:
        raise UsageError(str(error)) from error


@contextmanager
def journal_of(config: Config) -> Iterator[Journal]:
    """The journal of a service that has run here. Raises UsageError when none has: a command must not make one."""
    if not _has_journal(config):
        raise UsageError(f"sisdrop has not run here yet: there is no journal in {config.state}.")
    with SqliteJournal(config.state) as journal:
        yield journal


@contextmanager
def journal_to_read(config: Config) -> Iterator[Journal]:
    """The journal to look at, also on a disk that is full or read-only; an empty one when sisdrop has not run here yet.

    Nothing is left on the disk.
    """
    if _has_journal(config):
        with journal_to_look_at(config.state) as journal:
            yield journal
        return
    with TemporaryDirectory() as folder, SqliteJournal(Path(folder)) as journal:
        yield journal


def feed_of(config: Config, drop: Drop) -> Feed:
    """The feed that took the drop. Raises UsageError when the configuration does not have it any more."""
    if drop.feed not in config.feeds:
        raise UsageError(f"{drop.id} ({drop.name}) cannot go on: {why_stranded(drop, None, None)}")
    return config.feeds[drop.feed]


def print_json(value: Any) -> None:
    """Print a value as indented ASCII JSON, as file names may hold anything."""
    click.echo(json.dumps(value, indent=2))


def hint_not_running(journal: Journal) -> None:
    """Say so when nobody runs here to carry out what was asked."""
    if journal.lease() is None:
        click.echo("sisdrop is not running here; it is carried out by the next `sisdrop run`.", err=True)


def user_name() -> str:
    """The name of the user who gives this command, for the journal; behind sudo that of the person, not root."""
    try:
        return os.environ.get("SUDO_USER") or getpass.getuser()
    except (OSError, KeyError, ImportError):
        # A container may run under a number that has no name.
        return f"user {os.getuid()}" if hasattr(os, "getuid") else "somebody"


def user_word() -> Word:
    """The word of whoever gives this command, now."""
    return Word(user_name(), Clock().time())


def is_agreed(question: str, *, yes: bool) -> bool:
    """Whether the person at the terminal agrees; where nobody can be asked, the command itself is the word."""
    if yes or not (sys.stdin.isatty() and sys.stdout.isatty()):
        return True
    return click.confirm(question)
