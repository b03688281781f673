"""`sisdrop pause`: no import starts, of one feed or of all, until a time or a person's word."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import click

from sisdrop.cli.common import config_option, journal_of, load_config, user_name
from sisdrop.errors import UsageError
from sisdrop.model import EVERYTHING, Pause, iso, now_utc


@click.command("pause")
@click.option("--feed", help="Only imports of this feed.")
@click.option(
    "--until", metavar="TIME", help='When it ends by itself: "06:00", "2026-12-01 06:00", or ISO with a zone.'
)
@config_option
def command(config_path: Path | None, feed: str | None, until: str | None) -> int:
    """Let no import start until TIME, or until `sisdrop resume`.

    Files are taken and checked as always, and what is in Canvas already is followed to its end. A TIME without a zone
    is one of this machine's clock. Another pause takes the place of the one there is.
    """
    config = load_config(config_path)
    if feed is not None and feed not in config.feeds:
        raise UsageError(f"there is no feed {feed}; there are: {', '.join(config.feeds)}.")
    now = now_utc()
    end = read_time(until, now) if until is not None else None
    with journal_of(config) as journal:
        journal.pause(Pause(feed or EVERYTHING, user_name(), iso(now), iso(end) if end else None))
    of = f" of {feed}" if feed else ""
    ends = f"until {end.astimezone():%Y-%m-%d %H:%M %Z} ({iso(end)})" if end else "until `sisdrop resume`"
    click.echo(f"No import{of} starts {ends}.")
    return 0


def read_time(text: str, now: datetime) -> datetime:
    """The moment a person means by `text`; a bare time of the day is the next one. Raises UsageError."""
    clock = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", text.strip())
    if clock:
        today = now.astimezone().date()
        at = time(int(clock[1]), int(clock[2]))
        # Combined without a zone, so that each day has the offset that the machine's clock has then.
        days = (datetime.combine(today + timedelta(days=ahead), at) for ahead in (0, 1))
        return next(moment for day in days if (moment := day.astimezone(UTC)) > now)
    try:
        moment = datetime.fromisoformat(text.strip()).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        examples = '"06:00", "2026-12-01 06:00" or "2026-12-01T06:00-07:00"'
        raise UsageError(f'"{text}" is no time; write one such as {examples}.') from None
    if moment <= now:
        raise UsageError(f"{iso(moment)} has passed; it is {iso(now)} now.")
    return moment
