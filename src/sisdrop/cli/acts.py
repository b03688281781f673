"""What `sisdrop practice` plays: three nights of a small school, each dropped, followed to its end, and explained.

Room: cli; reads the journal and writes to the practice folder's inbox. An act is over when the journal says so, whoever
dropped its files: Enter, `--all` or a person's own hand.
"""

from __future__ import annotations

import queue
import shlex
import shutil
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import click

from canvas_sandbox import samples
from sisdrop.config import Config
from sisdrop.journal import Journal
from sisdrop.model import DropState, Event, EventKind

LOOK_S = 0.1
PATIENCE_S = 180.0
"""How long an act that plays by itself may take, at the pace of a real Canvas."""

_STYLE = {
    EventKind.FILED: "green",
    EventKind.HELD: "red",
    EventKind.HOLD: "red",
    EventKind.IMPORTING: "cyan",
    EventKind.SUBMITTED: "cyan",
    EventKind.AWAY: "yellow",
}


@dataclass(frozen=True)
class Stage:
    """Where acts are played."""

    folder: Path
    config: Config
    journal: Journal
    stop: threading.Event

    @property
    def inbox(self) -> Path:
        """Where an act's files are dropped."""
        return self.folder / "inbox"

    def command(self, *words: str) -> str:
        """A command of ours as it can be typed in another terminal, quoted where needed."""
        by_name = shutil.which("sisdrop")
        own = Path(sys.argv[0]).absolute()
        program = "sisdrop" if by_name and Path(by_name).samefile(own) else shlex.quote(str(own))
        return f"{program} {' '.join(words)} --config {shlex.quote(str(self.folder / 'config.yaml'))}"


@dataclass(frozen=True)
class Act:
    """One night: its sample set, what is said before and after, and which drops it leaves on their way, and where."""

    name: str
    """Of the folder in samples/."""
    make: Callable[[int], Mapping[str, str]]
    """Its files, for a school to which so many students have come since."""
    before: str
    after: Callable[[Stage], None]
    leaves: Mapping[str, DropState] = field(default_factory=dict)

    def write(self, samples_folder: Path, later: int) -> None:
        """Write its files, for a person to look at and to drop."""
        folder = samples_folder / self.name
        shutil.rmtree(folder, ignore_errors=True)  # files of an older version are none of the set
        folder.mkdir(parents=True)
        for name, text in self.make(later).items():
            (folder / name).write_text(text, encoding="utf-8", newline="")


class Play:
    """Plays acts on a stage, one after the other, and shows every event of the journal meanwhile."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._shown = stage.journal.last_event()
        self._claimed = 0
        self._presses: queue.SimpleQueue[str] | None = None

    def perform(self, act: Act, *, by_itself: bool) -> bool:
        """Play an act to its end; whether it came to it, in time and before ^C. Waits for a person if told to."""
        self._announce(act, by_itself=by_itself)
        self._claimed = 0
        deadline = time.monotonic() + PATIENCE_S if by_itself else float("inf")
        dropped = False
        while not self._stage.stop.wait(LOOK_S) and time.monotonic() < deadline:
            if not dropped and (by_itself or self._pressed()):
                self._drop(act)
                dropped = True
            self._show_news()
            if self._is_over(act):
                click.echo()
                act.after(self._stage)
                return True
            if by_itself and self._went_wrong(act):
                return False
        return False

    def follow(self) -> None:
        """Show every event until told to stop, the last ones included."""
        while True:
            stopped = self._stage.stop.wait(LOOK_S)
            self._show_news()
            if stopped:
                return

    def _announce(self, act: Act, *, by_itself: bool) -> None:
        click.secho(f"\n{act.before}", bold=True)
        if by_itself:
            return
        files = shlex.quote(str(self._stage.folder / "samples" / act.name))
        if sys.stdin.isatty() and self._presses is None:
            self._presses = queue.SimpleQueue()
            threading.Thread(target=_read_lines, args=[self._presses], daemon=True).start()
        if self._presses is not None:
            click.echo("Press Enter to drop it, or do it in another terminal:")
        click.echo(f"  cp {files}/*.csv {shlex.quote(str(self._stage.inbox))}/")

    def _pressed(self) -> bool:
        if self._presses is None or self._presses.empty():
            return False
        self._presses.get()
        return True

    def _drop(self, act: Act) -> None:
        """Copy the files as an export writes them: one after the other, in no helpful order."""
        for file in sorted((self._stage.folder / "samples" / act.name).glob("*.csv")):
            (self._stage.inbox / file.name).write_bytes(file.read_bytes())

    def _is_over(self, act: Act) -> bool:
        """Its files were taken, and what is still on its way is what the act leaves there."""
        if self._claimed < len(act.make(0)):
            return False
        on_their_way = self._stage.journal.open_drops()
        return {drop.name: drop.state for drop in on_their_way} == act.leaves and len(on_their_way) == len(act.leaves)

    def _went_wrong(self, act: Act) -> bool:
        """All has come to rest, and what the act should have left on its way has not stayed there."""
        return self._claimed >= len(act.make(0)) and bool(act.leaves) and not self._stage.journal.open_drops()

    def _show_news(self) -> None:
        for event in self._stage.journal.events(self._shown):
            self._shown = event.seq
            self._claimed += event.kind is EventKind.CLAIMED
            _show(event)


def _read_lines(presses: queue.SimpleQueue[str]) -> None:
    for line in sys.stdin:
        presses.put(line)


def _show(event: Event) -> None:
    clock = event.at[11:19]
    click.echo(f"{clock}  {click.style(f'{event.kind:<10}', fg=_STYLE.get(event.kind))}  {event.text}")


# what is told when an act is over


def _sum_up(stage: Stage) -> None:
    from rich.console import Console

    from sisdrop.status.snapshot import recent_entry
    from sisdrop.status.terminal import history_table

    Console().print(history_table([recent_entry(drop) for drop in stage.journal.recent(len(samples.good_set()))]))
    pairs = sum(1 for _ in (stage.folder / "archive").glob("*.result.json"))
    click.echo(f"\n{pairs} results in {stage.folder / 'archive'}, each beside its file.")


def _show_status(stage: Stage) -> None:
    from rich.console import Console

    from sisdrop.status import snapshot
    from sisdrop.status.terminal import render

    # Not wrapped: an id broken over two lines cannot be copied.
    Console().print(render(snapshot(stage.journal, stage.config)), soft_wrap=True)


def _explain_mistakes(stage: Stage) -> None:
    _show_status(stage)
    click.echo("\nThe users are held, and the enrollments wait behind them: without the users they would be lost.")
    click.echo(f"  {stage.command('show', 'users.csv')}    says what is wrong, row by row")


def _explain_corrected(stage: Stage) -> None:
    _sum_up(stage)
    click.echo("The corrected users went first, the held ones were filed under failed, and the enrollments followed.")


def _explain_truncated(stage: Stage) -> None:
    from rich.console import Console

    from sisdrop.plan import Outlook, as_text

    for drop in stage.journal.open_drops():
        plan = stage.journal.report(drop.id).plan
        if plan is not None and drop.held is not None:
            Console().print(as_text(Outlook((drop.name,), plan, drop.held.guards)))
    click.echo("\nDecide, by a command or by an empty file beside the others, or drop the whole file:")
    click.echo(f"  {stage.command('release', 'enrollments.csv')}    (it is sent as it is)")
    click.echo(f"  touch {shlex.quote(str(stage.inbox / 'enrollments.csv.reject'))}")


GOOD = Act("good", samples.good_set, "A good night: four files, in no helpful order.", _sum_up)
MISTAKES = Act(
    "mistakes",
    samples.mistakes,
    "The next night has mistakes: two of three new users cannot be imported.",
    _explain_mistakes,
    {"users.csv": DropState.HELD, "enrollments.csv": DropState.QUEUED},
)
CORRECTED = Act(
    "corrected", samples.corrected, "The SIS is mended, and its files come again, corrected.", _explain_corrected
)
TRUNCATED = Act(
    "truncated",
    samples.truncated,
    "A night later an export breaks off: four of ten enrollments are missing, and every row that came is right.",
    _explain_truncated,
    {"enrollments.csv": DropState.HELD},
)
ACTS = (GOOD, MISTAKES, CORRECTED, TRUNCATED)
