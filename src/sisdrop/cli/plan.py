"""`sisdrop plan FILE…`: what these files would change in Canvas, and which guards would hold them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sisdrop.cli.common import config_option, journal_to_read, json_option, load_config, print_json
from sisdrop.config import Config, Feed
from sisdrop.journal import Journal
from sisdrop.model import Contents, Drop, DropKind, DropState, Origin, Place, Plan, Stat, iso, now_utc, of_lane

if TYPE_CHECKING:
    from canvas_sis_csv import Preflight
    from canvas_sis_csv.sources import Sources
    from sisdrop.plan import Outlook


@click.command("plan")
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@click.option("--feed", "feed_name", help="The feed they are meant for, when there are several.")
@click.option(
    "--html", "page", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Write a page, too."
)
@json_option
@config_option
def command(
    files: tuple[str, ...], feed_name: str | None, page: Path | None, as_json: bool, config_path: Path | None
) -> int:
    """Say what would change, compared with what Canvas accepted last.

    FILEs are CSVs, zips or folders, together one drop; - is standard input. Nothing is sent anywhere. Ends with 1
    when a guard would hold them.
    """
    config = load_config(config_path)
    feed = config.feeds[_feed_name(config, feed_name)]
    with journal_to_read(config) as journal:
        outlook = _look_out(files, config, feed, journal)
    from sisdrop.plan import as_data, as_page, as_text

    if page is not None:
        try:
            page.write_text(as_page(outlook, iso(now_utc())), encoding="utf-8")
        except OSError as error:
            raise click.UsageError(f"{page} cannot be written: {error.strerror or error}.") from error
    if as_json:
        print_json(as_data(outlook))
    else:
        from rich.console import Console

        Console(highlight=False).print(as_text(outlook))
    return 1 if outlook.is_held else 0


def _feed_name(config: Config, name: str | None) -> str:
    if name is None and len(config.feeds) > 1:
        raise click.UsageError(f"say with --feed which one is meant: {', '.join(config.feeds)}.")
    if name is not None and name not in config.feeds:
        raise click.UsageError(f"there is no feed {name}; there are: {', '.join(config.feeds)}.")
    return name or next(iter(config.feeds))


@dataclass(frozen=True, slots=True)
class _Around:
    """What the guards look at beside the drop, as a command has it."""

    journal: Journal
    feeds: Mapping[str, Feed]
    state: Path
    lane: str

    def snapshot_of(self, drop: Drop) -> Path:
        return self.state / "snapshots" / f"{drop.id}.zip"

    def open_drops(self) -> list[Drop]:
        return of_lane(self.journal.open_drops(), self.lane, {name: feed.inbox for name, feed in self.feeds.items()})


def _look_out(files: Sequence[str], config: Config, feed: Feed, journal: Journal) -> Outlook:
    """Read the files as one drop, and ask the guards about it as the service would."""
    from canvas_sis_csv.comparison import compare
    from canvas_sis_csv.sources import NoSource, open_sources
    from sisdrop.plan import Outlook
    from sisdrop.steps.judging import judge

    around = _Around(journal, config.feeds, config.state, feed.lane)
    try:
        with open_sources(files) as sources:
            preflight = _preflight(sources, files, config, feed, around)
            verdict = judge(around, _drop(files, feed, preflight), preflight, sources.members)
            # With nothing to compare with there are still rows to tell of.
            alone = () if verdict.plan or preflight.refused else compare((), sources.members)
    except NoSource as error:
        raise click.UsageError(str(error)) from error
    return Outlook(tuple(Path(file).name for file in files), verdict.plan or Plan((), alone), verdict.tripped)


def _preflight(sources: Sources, files: Sequence[str], config: Config, feed: Feed, around: _Around) -> Preflight:
    from functools import partial

    from canvas_sis_csv import preflight
    from sisdrop.known import KINDS, Known

    # Whatever is on its way may bring any id: then nothing is said of ids that no accepted file brought.
    unsure = KINDS if around.open_drops() else ()
    options = feed.options_for([Path(file).name for file in files])
    with Known(config.state).lookup(feed.lane, unsure) as known:
        found = sources.check(partial(preflight, options=options, known=known))
    if any(rows.undecided for rows in found.unknown.values()):
        return replace(found, unknown={})
    return found


def _drop(files: Sequence[str], feed: Feed, preflight: Preflight) -> Drop:
    """The files as the drop that they would be, whose turn has come."""
    from sisdrop.durable import sha256_of

    path = Path(files[0])
    kind = DropKind.GROUP
    if len(files) == 1 and path.is_dir():
        kind = DropKind.FOLDER
    elif len(files) == 1 and path.is_file():
        kind = DropKind.ZIP if path.suffix.lower() == ".zip" else DropKind.FILE
    names = tuple(Path(file).name for file in files)
    one = kind in {DropKind.FILE, DropKind.ZIP}
    at = iso(now_utc())
    stats = (Stat(path.stat().st_size, path.stat().st_mtime_ns, 0),) if one else ()
    contents = Contents(
        sha256=sha256_of(path) if one else "",
        files=preflight.files,
        options=feed.options_for(names),
        # What is on its way is not waited for: compared is what is accepted by now.
        is_due=True,
    )
    origin = Origin(names[0], kind, names, at, at, stats)
    return Drop("", feed.lane, feed.name, DropState.CLAIMED, Place.SPOOL, origin, contents)
