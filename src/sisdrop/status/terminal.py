"""The snapshot for people at a terminal, and a list of past drops.

Room (floor 5): makes rich renderables; prints nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from canvas_sis_csv.text import printable
from sisdrop.model import Outcome, plural

_GOOD = {Outcome.IMPORTED, Outcome.SKIPPED}
_FAIR = {Outcome.IMPORTED_WITH_MESSAGES}


def render(shot: dict[str, Any]) -> RenderableType:
    """A snapshot as text: service, lanes, feeds, last results."""
    parts: list[RenderableType] = [_service(shot["service"]), *_paused(shot["paused"], "")]
    if shot["state"]["trouble"]:
        parts.append(Text(printable(shot["state"]["trouble"]), style="bold red"))
    for lane in shot["lanes"]:
        parts.extend(_lane(lane))
    parts.extend(_feed(feed) for feed in shot["feeds"])
    parts.extend(_stranded(drop) for drop in shot["stranded"])
    parts.append(_recent(shot["recent"]))
    return Group(*parts)


def history_table(drops: Sequence[dict[str, Any]]) -> Table:
    """Filed drops (as `recent_entry` makes them), newest first, one a line. Fits 80 columns."""
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="dim")
    table.add_column("Drop", no_wrap=True)
    table.add_column("File", overflow="fold")
    table.add_column("Outcome", no_wrap=True)
    for column in ("Rows", "Msgs", "Import"):
        table.add_column(column, justify="right", no_wrap=True)
    for drop in drops:
        table.add_row(
            drop["drop"],
            Text(printable(drop["name"])),
            _outcome(drop["outcome"]),
            f"{drop['rows']:,}",
            f"{drop['messages']:,}",
            str(drop["import_id"] or ""),
        )
    return table


def _service(service: dict[str, Any]) -> Text:
    if not service["running"]:
        return Text("sisdrop is not running here; `sisdrop run` starts it.", style="bold yellow")
    return Text(f"sisdrop runs (process {service['pid']}, since {service['since']}).", style="bold")


def _paused(pause: dict[str, Any] | None, feed: str) -> list[Text]:
    """The line of a pause of everything, or of a feed."""
    if pause is None:
        return []
    until = f" until {pause['until']}" if pause["until"] else ""
    resume = f"sisdrop resume --feed {feed}" if feed else "sisdrop resume"
    text = f"PAUSED by {printable(pause['by'])} since {pause['since']}{until}: no import starts; `{resume}` ends that."
    return [Text(f"  {text}" if feed else text, style="bold yellow")]


def _lane(lane: dict[str, Any]) -> Iterable[RenderableType]:
    yield Text(f"\nCanvas {lane['lane']}", style="bold")
    for hold in lane["holds"]:
        yield Text(f"  ON HOLD: {printable(hold['reason'])}", style="bold red")
    if lane["on_hold"]:
        yield Text("  `sisdrop release` lets the queue go on.", style="red")
    if lane["away"]:
        yield Text(f"  away since {lane['away']['since']}: {printable(lane['away']['reason'])}", style="yellow")
    if lane["gate"]:
        yield Text(f"  gate: {printable(lane['gate']['waits'])}", style="yellow")
    undo = lane["undo"]
    if undo:
        name, waits = printable(undo["name"]), printable(undo["reason"] or "")
        yield Text(f"  undoing {name}: SIS import {undo['import_id']}, {undo['state']}, {undo['progress']} %")
        yield from [Text(f"          {waits}", style="yellow")] if waits else []
    if lane["import"]:
        yield _running(lane["import"])
    elif not (lane["on_hold"] or lane["away"] or lane["gate"] or undo):
        yield Text("  idle", style="dim")
    for data_set in lane["data_sets"]:
        yield from _data_set(data_set)


def _data_set(data_set: dict[str, Any]) -> Iterable[RenderableType]:
    """Of times only the days: a data set has one import a night."""
    against, whole_at = data_set["diffed_against_import_id"], data_set["sent_whole_at"]
    how = f"diffed against SIS import {against}" if against else "not diffed"
    whole = f", last sent whole {whole_at[:10]}" if whole_at else ""
    last = f"SIS import {data_set['import_id']} ({data_set['submitted_at'][:10]}, {data_set['outcome']}) {how}"
    yield Text(f"  diffing {printable(data_set['identifier'])}: {last}{whole}", style="dim")
    if data_set["note"]:
        yield Text(f"    {printable(data_set['note'])}", style="yellow")


def _running(current: dict[str, Any]) -> RenderableType:
    row = Table.grid(padding=(0, 1))
    state = current["workflow_state"] or current["state"]
    number = f"SIS import {current['import_id']}" if current["import_id"] else "not answered yet"
    row.add_row(
        Text(f"  {printable(current['name'])}: {number}, {state}"),
        ProgressBar(total=100, completed=current["progress"], width=24),
        Text(f"{current['progress']} %"),
    )
    return row


def _feed(feed: dict[str, Any]) -> RenderableType:
    lines = [Text(f"\nFeed {feed['name']}: inbox {feed['inbox_state']}", style="bold")]
    if feed["inbox_why"]:
        lines.append(Text(f"  {printable(feed['inbox_why'])}", style="yellow"))
    lines += _paused(feed["paused"], feed["name"])
    if feed["missing"]:
        lines.append(Text(f"  MISSING   {feed['missing']['reason']}", style="red"))
    lines += [_settling(entry) for entry in feed["settling"]]
    more = feed["settling_count"] - len(feed["settling"])
    lines += [Text(f"  settling  … and {more:,} more")] if more > 0 else []
    for entry in feed["waiting"]:
        rows, style = plural(entry["rows"], "row"), "red" if entry["overdue"] else ""
        about = f"({rows}, since {entry['since']}): {printable(entry['reason'])}"
        lines.append(Text(f"  waiting   {printable(entry['name'])} {about}", style))
    for entry in feed["held"]:
        lines.append(Text(f"  HELD      {printable(entry['name'])}: {printable(entry['reason'])}", style="red"))
        if entry["superseded_by"]:
            newer = f"            A newer {printable(entry['name'])} was imported since ({entry['superseded_by']}):"
            lines.append(Text(f"{newer} releasing this one would bring the old rows back.", style="red"))
        lines.append(Text(f"            sisdrop release {entry['drop']} | sisdrop reject {entry['drop']}", style="red"))
    lines += [Text(f"  filing    {printable(e['reason'] or e['name'])}", style="yellow") for e in feed["filing"]]
    lines += [Text(f"  ignored   {line}", style="dim") for line in _ignored(feed["ignored"])]
    return Group(*lines)


def _settling(entry: dict[str, Any]) -> Text:
    word, style = ("UNSETTLED", "red") if entry["overdue"] else ("settling ", "")
    return Text(f"  {word} {printable(entry['name'])}: {printable(entry['why'])} (since {entry['since']})", style)


def _ignored(entries: Sequence[dict[str, str]]) -> Iterable[str]:
    """A line for each reason."""
    by_reason: dict[str, list[str]] = {}
    for entry in entries:
        by_reason.setdefault(entry["why"], []).append(printable(entry["name"]))
    for why, names in by_reason.items():
        more = f" and {len(names) - 10} more" if len(names) > 10 else ""
        yield f"{', '.join(names[:10])}{more}: {why}"


def _stranded(drop: dict[str, Any]) -> Text:
    return Text(
        f"\nSTRANDED    {printable(drop['name'])} ({drop['drop']}, {drop['state']}): {printable(drop['reason'])}",
        style="red",
    )


def _recent(recent: Sequence[dict[str, Any]]) -> RenderableType:
    if not recent:
        return Text("\nNo drop has been filed yet.", style="dim")
    return Group(Text("\nLast results", style="bold"), history_table(recent))


def _outcome(outcome: str | None) -> Text:
    style = "green" if outcome in _GOOD else "yellow" if outcome in _FAIR else "red"
    return Text(outcome or "", style=style)
