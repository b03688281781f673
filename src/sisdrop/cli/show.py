"""`sisdrop show DROP`: one drop whole: its life, what was found in it, what Canvas said."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from sisdrop.cli.common import config_option, journal_of, json_option, load_config, print_json
from sisdrop.config import Config
from sisdrop.journal import Event, Journal
from sisdrop.lane.wishes import find_one
from sisdrop.model import Drop, DropState, Outcome, Place
from sisdrop.folders.result import from_drop
from sisdrop.status.terminal import shown

FIRST_MESSAGES = 20


@click.command("show")
@click.argument("drop")
@json_option
@config_option
def command(config_path: Path | None, as_json: bool, drop: str) -> int:
    """Show one drop whole. DROP is its id, the beginning of it, or a file name (then its newest drop)."""
    config = load_config(config_path)
    with journal_of(config) as journal:
        found = find_one(journal, drop)
        result = _result(config, journal, found)
        events = journal.events_of(found.id)
    if as_json:
        print_json({**result, "state": found.state, "held_because": found.held_because, "place": found.place})
        return 0
    _print(config, found, result, events)
    return 0


def _result(config: Config, journal: Journal, drop: Drop) -> dict[str, Any]:
    """The result file of a filed drop; of another what its result file would say now."""
    feed = config.feeds.get(drop.feed)
    if feed is not None and drop.state is DropState.FILED and drop.stored_as:
        folder = feed.archive if drop.place is Place.ARCHIVE else feed.failed
        try:
            stored: dict[str, Any] = json.loads((folder / f"{drop.stored_as}.result.json").read_text("utf-8"))
        except (OSError, ValueError):
            click.echo(f"sisdrop: the result file of {drop.id} is not in {folder} any more.", err=True)
        else:
            return stored
    messages, findings = journal.report(drop.id)
    canvas = feed.canvas if feed else None
    url, account = (canvas.url, canvas.account) if canvas else ("", "")
    # A drop on its way has no outcome and no name to rest under; all else its result file would say is known.
    on_its_way = replace(drop, outcome=drop.outcome or Outcome.REJECTED, stored_as=drop.stored_as or "")
    made: dict[str, Any] = json.loads(from_drop(on_its_way, messages, findings, url, account).to_json_bytes())
    return {**made, "outcome": drop.outcome, "stored_as": drop.stored_as}


def _print(config: Config, drop: Drop, result: dict[str, Any], events: list[Event]) -> None:
    feed = config.feeds.get(drop.feed)
    folder = {
        Place.ARCHIVE: feed.archive if feed else None,
        Place.FAILED: feed.failed if feed else None,
        Place.HELD: feed.held / drop.id if feed else None,
        Place.SPOOL: feed.inbox / ".sisdrop" / drop.id if feed else None,
    }[drop.place]
    click.secho(f"{shown(drop.name)}  ({drop.id}, feed {drop.feed})", bold=True)
    click.echo(f"{drop.state}: {drop.summary or drop.held_because or 'on its way'}")
    click.echo(
        f"in {folder}{f' as {shown(drop.stored_as)}' if drop.stored_as and drop.state is DropState.FILED else ''}"
    )
    for facts in drop.files:
        click.echo(f"  {shown(facts.name)}: {facts.type or 'not recognised'}, {facts.rows:,} rows")
    _print_list("Findings of the preflight", result["findings"], drop.finding_count)
    _print_list("Messages of Canvas", result["messages"], drop.message_count)
    click.secho("\nIts life", bold=True)
    for event in events:
        click.echo(f"  {event.at}  {event.text}")


def _print_list(title: str, entries: list[dict[str, Any]], total: int) -> None:
    if not entries:
        return
    click.secho(f"\n{title} ({total:,})", bold=True)
    for entry in entries[:FIRST_MESSAGES]:
        row = f" row {entry['row']}" if entry["row"] else ""
        click.echo(f"  {entry['level']}  {shown(entry['file'] or '')}{row}: {shown(entry['message'])}")
    if len(entries) > FIRST_MESSAGES:
        click.echo("  … the rest with `sisdrop show {drop} --json`, or in the result file.")
