"""`sisdrop show DROP`: one drop whole: its life, what was found in it, what Canvas said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from canvas_sis_csv.text import printable
from sisdrop.cli.common import config_option, journal_to_read, json_option, load_config, print_json
from sisdrop.config import Config
from sisdrop.folders import Layout
from sisdrop.folders.result import so_far
from sisdrop.folders.undo_file import told
from sisdrop.journal import Journal
from sisdrop.model import Drop, DropState, Event, Undo, plural
from sisdrop.plan.outlook import WHATS
from sisdrop.steps.commands import find_drop
from sisdrop.steps.filing import canvas_of

FIRST_MESSAGES = 20


@click.command("show")
@click.argument("drop")
@json_option
@config_option
def command(config_path: Path | None, as_json: bool, drop: str) -> int:
    """Show one drop whole. DROP is its id, the beginning of it, or a file name (then its newest drop)."""
    config = load_config(config_path)
    with journal_to_read(config) as journal:
        named = find_drop(journal, drop)
        result = _result(config, journal, named)
        events = journal.events_of(named.id)
        undo = journal.undo(named.id)
    if as_json:
        word = named.word and {"by": named.word.by, "at": named.word.at, "how": named.word.how}
        released_by = named.held and named.held.released_by
        standing = {"state": named.state, "held_because": named.held_because, "place": named.place}
        said = {"released_by": released_by, "word": word}
        print_json({**result, **standing, **said, "undo": _undo_as_json(undo) if undo else None})
        return 0
    _print(config, named, result, events, undo)
    return 0


def _result(config: Config, journal: Journal, drop: Drop) -> dict[str, Any]:
    """The result file of a filed drop; of another what its result file would say now."""
    feed = config.feeds.get(drop.feed)
    path = Layout.of(feed).result_path(drop) if feed is not None and drop.state is DropState.FILED else None
    if path is not None:
        try:
            stored: dict[str, Any] = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError):
            click.echo(f"sisdrop: the result file of {drop.id} is not in {path.parent} any more.", err=True)
        else:
            return stored
    report = journal.report(drop.id)
    url, account = canvas_of(drop, feed.canvas if feed else None)
    return so_far(drop, report, url, account)


def _undo_as_json(undo: Undo) -> dict[str, Any]:
    return {**told(undo), "state": undo.state, "earlier": [told(former) for former in undo.earlier]}


def _print(config: Config, drop: Drop, result: dict[str, Any], events: list[Event], undo: Undo | None) -> None:
    feed = config.feeds.get(drop.feed)
    folder = Layout.of(feed).folder_of(drop) if feed else "a folder of a feed that is not configured any more"
    click.secho(f"{printable(drop.name)}  ({drop.id}, feed {drop.feed})", bold=True)
    click.echo(f"{drop.state}: {printable(drop.summary or drop.held_because or 'on its way')}")
    if drop.held is not None and drop.is_released:
        click.echo(
            f"it was held and released by {printable(drop.held.released_by or '')}: {printable(drop.held.reason)}"
        )
    click.echo(
        f"in {folder}{f' as {printable(drop.stored_as)}' if drop.stored_as and drop.state is DropState.FILED else ''}"
    )
    for facts in drop.files:
        click.echo(f"  {printable(facts.name)}: {facts.type or 'not recognised'}, {facts.rows:,} rows")
    _print_guards(result["guards"])
    _print_plan(result["plan"])
    findings = drop.contents.finding_count if drop.contents else 0
    _print_list(drop, "Findings of the preflight", result["findings"], findings)
    _print_list(drop, "Messages of Canvas", result["messages"], drop.message_count)
    if undo is not None:
        click.secho(f"\nUndo of SIS import {undo.import_id}: {undo.state}", bold=True)
        click.echo(f"  asked by {printable(undo.asked_by)} at {undo.asked_at}")
        click.echo(f"  {printable(undo.summary or f'on its way, {undo.completion} %')}")
    click.secho("\nIts life", bold=True)
    for event in events:
        click.echo(f"  {event.at}  {event.text}")


def _print_guards(guards: list[dict[str, Any]]) -> None:
    if guards:
        click.secho(f"\nGuards ({len(guards):,})", bold=True)
    for guard in guards:
        click.echo(f"  {guard['code']}  {printable(guard['message'])}")


def _print_plan(plan: dict[str, Any] | None) -> None:
    if plan is None:
        return
    click.secho(f"\nPlan, against {plan['against']}", bold=True)
    for each in plan["files"]:
        before = "nothing before" if each["before"] is None else f"{plural(each['before'], 'row')} before"
        changes = ", ".join(f"{each[what]:,} {what}" for what in WHATS)
        click.echo(f"  {each['type']}: {before}, {each['rows']:,} now; {changes}")


def _print_list(drop: Drop, title: str, entries: list[dict[str, Any]], total: int) -> None:
    if not entries:
        return
    click.secho(f"\n{title} ({total:,})", bold=True)
    for entry in entries[:FIRST_MESSAGES]:
        row = f" row {entry['row']}" if entry["row"] else ""
        click.echo(f"  {entry['level']}  {printable(entry['file'] or '')}{row}: {printable(entry['message'])}")
    if len(entries) > FIRST_MESSAGES:
        click.echo(f"  … the rest with `sisdrop show {drop.id} --json`, or in the result file.")
