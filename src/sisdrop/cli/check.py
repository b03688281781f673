"""`sisdrop check FILE…`: what Canvas would say to these files, before anything is sent."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from canvas_sis_csv import KnownIds
    from sisdrop.config import Config, Feed

_WORTH_A_BAR_BYTES = 8 << 20


@click.command("check")
@click.argument("files", nargs=-1, metavar="FILE…")
@click.option("--all", "everything", is_flag=True, help="Show every finding, not only the first of each kind.")
@click.option("--explain", metavar="CODE", help="Explain a code (user.missing_login) instead of checking.")
@click.option("--feature", "features", multiple=True, metavar="NAME", help="An account feature that is on.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for scripts.")
@click.option("--feed", help="With --config: the feed they are meant for.")
@click.option(
    "--config", "config_path", type=click.Path(path_type=Path), help="Import options, and what was accepted before."
)
def command(
    files: tuple[str, ...],
    everything: bool,
    explain: str | None,
    features: tuple[str, ...],
    as_json: bool,
    feed: str | None,
    config_path: Path | None,
) -> int:
    """Say before the upload what Canvas would say, with rows.

    FILEs are CSVs, zips or folders, together one drop; - is standard input. Nothing is sent anywhere. Ends with 1
    when Canvas would reject a file or a row.
    """
    if explain is not None:
        return _explain(explain, as_json=as_json)
    if not files:
        raise click.UsageError("name at least one FILE (- is standard input).")
    meant = _feed(config_path, feed)
    from canvas_sis_csv import ImportOptions, preflight
    from canvas_sis_csv.findings import KEPT, as_data
    from canvas_sis_csv.model import Level
    from canvas_sis_csv.sources import NoSource, open_sources

    with ExitStack() as resources:
        try:
            sources = resources.enter_context(open_sources(files))
        except NoSource as error:
            raise click.UsageError(str(error)) from error
        check = partial(
            preflight,
            options=meant[1].options_for([Path(file).name for file in files]) if meant else ImportOptions(),
            known=resources.enter_context(_known(*meant)) if meant else None,
            features=features,
            keep=None if everything else KEPT,
        )
        with _progress(sources.size) as progress:
            result = sources.check(partial(check, progress=progress))
        if as_json:
            print(json.dumps(as_data(result), indent=2))
        else:
            from rich.console import Console

            from canvas_sis_csv.report import print_report

            print_report(Console(highlight=False), result, sources.members, everything=everything)
    return 1 if result.count(Level.ERROR) else 0


def _feed(config_path: Path | None, feed: str | None) -> tuple[Config, Feed] | None:
    """The feed that the drop is meant for, as far as a configuration says so."""
    if config_path is None:
        if feed is not None:
            raise click.UsageError("--feed needs --config.")
        return None
    from sisdrop.cli.common import load_config

    config = load_config(config_path)
    feeds = config.feeds
    if feed is None and len(feeds) > 1:
        raise click.UsageError(f"say with --feed which one is meant: {', '.join(feeds)}.")
    name = feed if feed is not None else next(iter(feeds))
    if name not in feeds:
        raise click.UsageError(f"there is no feed {name}; there are: {', '.join(feeds)}.")
    return config, feeds[name]


@contextmanager
def _known(config: Config, feed: Feed) -> Iterator[KnownIds]:
    """What the service here knows of the feed's Canvas account; nothing when there is none."""
    from sisdrop.known import Known

    with Known(config.state).lookup(feed.lane) as known:
        yield known


@contextmanager
def _progress(total: int) -> Iterator[Callable[[int], None] | None]:
    """A bar on standard error while long files are read, if somebody looks at it."""
    from rich.console import Console

    console = Console(stderr=True)
    if total < _WORTH_A_BAR_BYTES or not console.is_terminal:
        yield None
        return
    from rich.progress import Progress

    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("Checking", total=total)
        yield lambda done: bar.update(task, completed=done)


def _explain(code: str, *, as_json: bool) -> int:
    from canvas_sis_csv.explain import UnknownCode, explained, explained_as_data, find_rule

    try:
        rule = find_rule(code)
    except UnknownCode as error:
        raise click.UsageError(str(error)) from error
    print(json.dumps(explained_as_data(rule), indent=2) if as_json else explained(rule))
    return 0
