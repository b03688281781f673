"""A drop, made of its parts: where it came from, what it holds, its import, how it ended, where it rests."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from pathlib import PurePath
from typing import Any

from canvas_sis_csv.cell_text import CellText
from canvas_sis_csv.model import FileFacts, Level
from canvas_sis_csv.options import NO_OPTIONS, ImportOptions
from sisdrop.model.events import Attempt, AttemptKind
from sisdrop.model.series import series_of, set_series, type_series
from sisdrop.model.states import DropKind, DropState, Outcome, Place

MAX_ATTEMPTS_KEPT = 200
"""Attempts told of one drop; a drop that Canvas's absence kept waiting for weeks must not grow without end."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message of Canvas about an import. `level` is `error` or `warning`."""

    level: Level
    file: str | None
    row: int | None
    message: CellText
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Stat:
    """What `lstat` says of a file, as far as it must not change while we take it."""

    size: int
    mtime_ns: int
    inode: int


@dataclass(frozen=True, slots=True)
class Origin:
    """What lay in the inbox, and when it was taken."""

    name: str
    kind: DropKind
    paths: tuple[str, ...]
    """Its files' names as they were in the inbox, `.done` file included; for a folder drop the folder's name alone."""
    noticed_at: str
    claimed_at: str
    stats: tuple[Stat, ...] = ()
    """As settled in the inbox, one for each of `paths`; a folder's are those of its files, in sorted order."""
    returns: int = 0
    """How often this name was put back before, because it changed while it was read."""
    inbox: str = ""
    """The path of the inbox it was taken from, whose spool its files are in; empty when an older sisdrop took it."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What the drop's files hold, as read once when it was checked, and how they are to be sent."""

    size_bytes: int = 0
    sha256: str = ""
    files: tuple[FileFacts, ...] = ()
    members: dict[str, str] = field(default_factory=dict)
    """Name of each member of the snapshot, by the name it was dropped under."""
    marker: str = ""
    """Stands in the members' names, so that a lost answer can be looked up; empty when names must stay as they are."""
    options: ImportOptions = NO_OPTIONS
    finding_count: int = 0
    judged: tuple[str, ...] | None = None
    """The accepted drops that the guards compared it with; None while that has to wait for drops before it."""
    is_due: bool = False
    """Its turn has come, and the guards are asked for good."""

    @property
    def rows(self) -> int:
        """Data rows of all files."""
        return sum(facts.rows for facts in self.files)


@dataclass(frozen=True, slots=True)
class Tripped:
    """A guard said no: its name, and the sentence for people."""

    code: str
    reason: str

    @property
    def is_guard(self) -> bool:
        """Whether a guard of the contract said so, and not the preflight, whose findings are told by themselves."""
        return self.code.startswith("guard.")


@dataclass(frozen=True, slots=True)
class Held:
    """Why a drop waits (or waited) for a person, and since when."""

    reason: str
    since: str = ""
    guards: tuple[Tripped, ...] = ()
    """Every guard that said no, when guards held it."""
    released_by: str | None = None
    """Who said go: the user of the command, or the owner of the file. The guards are not asked about it again."""
    written: bool = field(default=False, compare=False)
    """Whether `….held.json` is as this says: there, or gone once the drop is released. No part of what a person saw."""
    code: str = ""
    """What said no first: a guard, or a finding of the preflight; empty when it is held for another reason."""


class Decision(StrEnum):
    """What a person may say of a held drop by a file in the inbox; the word is the file's ending."""

    RELEASE = "release"
    REJECT = "reject"


class WordKind(StrEnum):
    """How a person said what shall become of a drop."""

    COMMAND = "command"
    FILE = "file"
    """A small file in the inbox, `users.csv.release`."""


@dataclass(frozen=True, slots=True)
class Word:
    """The last thing a person said about a drop: who, when, how.

    `file` tells the very file that said it, so that it is not obeyed again where it could not be removed.
    """

    by: str
    at: str
    how: WordKind = WordKind.COMMAND
    file: Stat | None = None

    @property
    def by_whom(self) -> str:
        """Who, and how where it was no command, for people."""
        return self.by if self.how is WordKind.COMMAND else f"{self.by}, by a file in the inbox"


@dataclass(frozen=True, slots=True)
class Submission:
    """One submission to Canvas: the intention journaled before the POST, and the import that came of it.

    `marker` is the contents'; `after_id` the newest import id Canvas had before; `canvas_time` is Canvas's own clock
    then (its Date header), `at` ours.
    """

    at: str
    marker: str
    after_id: int | None
    canvas_time: str | None
    absent_looks: int = 0
    """Looks that found no import of ours, since the answer was lost."""
    unknown_since: str | None = None
    """When the answer was lost."""
    import_id: int | None = None
    workflow_state: str | None = None
    progress: int = 0
    answer: dict[str, Any] = field(default_factory=dict)
    """Canvas's last answer for the import, minus personal fields."""
    terminal_at: str | None = None
    """When its state was first seen to be terminal; the error report may come later."""
    foreign_id: int | None = None
    """The import that Canvas's answer to the POST named although it is another one."""
    remaster: bool = False
    """Its data set was due to be sent whole (`diffing_remaster` of the feed), decided when its turn had come."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a drop was not imported; `status` and `body` are Canvas's answer when it refused."""

    message: str
    status: int | None = None
    body: str | None = None


@dataclass(frozen=True, slots=True)
class Ending:
    """How the drop ended: certain, and never changed."""

    outcome: Outcome
    at: str
    summary: str = ""
    """One sentence for people."""
    message_count: int = 0
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Rest:
    """The name it rests under, fixed before its files move, and when."""

    stored_as: str
    at: str
    is_lost: bool = False
    """Whether its bytes are gone, and a text that says so lies in their place."""
    report: str = ""
    """SHA-256 of Canvas's error report beside it; empty when it has none. Nothing else of that name is ever removed."""


@dataclass(frozen=True, slots=True)
class Late:
    """What the drop's files had become when they were to be filed: they changed after they were sent."""

    drop: str
    """The id under which they are held; what was sent is filed under the drop's own."""
    at: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True)
class Drop:
    """One drop, whole: all that the journal keeps and the result file tells. See contract.md, section 4."""

    id: str
    lane: str
    feed: str
    state: DropState
    place: Place
    origin: Origin
    contents: Contents | None = None
    held: Held | None = None
    submission: Submission | None = None
    ended: Ending | None = None
    rest: Rest | None = None
    word: Word | None = None
    attempts: tuple[Attempt, ...] = ()
    lost_submissions: int = 0
    """Submissions in a row of which Canvas had nothing, since a person last touched the drop."""
    crash_count: int = 0
    """Checks of this drop that ended in an unexpected exception, process deaths included."""
    rev: int = 0
    """Counts the journal's writes of this drop; a step made from an older one is refused."""
    past_imports: tuple[int, ...] = ()
    """Canvas's numbers of imports that it had and is done with: of an earlier life, or not as they were asked for."""
    late: Late | None = None
    """What its files had become when they were to be filed, where they are not what was sent any more."""

    @property
    def name(self) -> str:
        """The name it was dropped under."""
        return self.origin.name

    @property
    def kind(self) -> DropKind:
        """What lay in the inbox."""
        return self.origin.kind

    @property
    def files(self) -> tuple[FileFacts, ...]:
        """Its CSVs, as far as they are known."""
        return self.contents.files if self.contents else ()

    @property
    def rows(self) -> int:
        """Data rows of all its CSVs, as far as they are known."""
        return self.contents.rows if self.contents else 0

    @property
    def options(self) -> ImportOptions:
        """The import options it was, or will be, sent with."""
        options = self.contents.options if self.contents else NO_OPTIONS
        if self.submission and self.submission.remaster:
            return replace(options, diffing_remaster_data_set=True)
        return options

    @property
    def import_id(self) -> int | None:
        """Canvas's number for its import; None when there is none, or it is not known."""
        return self.submission.import_id if self.submission else None

    @property
    def outcome(self) -> Outcome | None:
        """How it ended; None while it has not."""
        return self.ended.outcome if self.ended else None

    @property
    def message_count(self) -> int:
        """Messages that Canvas had for it."""
        return self.ended.message_count if self.ended else 0

    @property
    def stored_as(self) -> str | None:
        """The name it rests under."""
        return self.rest.stored_as if self.rest else None

    @property
    def summary(self) -> str:
        """One sentence about how it ended; empty while it has not."""
        return self.ended.summary if self.ended else ""

    @property
    def held_because(self) -> str | None:
        """Why it waits for a person; None when it does not, or no longer."""
        return self.held.reason if self.held and self.held.released_by is None else None

    @property
    def is_released(self) -> bool:
        """Whether a person said go: what held it does not hold it again."""
        return self.held is not None and self.held.released_by is not None

    @property
    def is_held_file_due(self) -> bool:
        """Whether its `….held.json` is still to be written; removed, once it is released."""
        return self.held is not None and not self.held.written

    @property
    def types(self) -> tuple[str, ...]:
        """Canvas's types of its CSVs, each once, as far as they are known."""
        return tuple(dict.fromkeys(facts.type for facts in self.files if facts.type))

    @property
    def series(self) -> tuple[str, ...]:
        """The series it belongs to: that of its name; of a zip, a folder or a group by each member's type, too."""
        if self.kind is DropKind.FILE:
            return (series_of(self.name),)
        return (set_series(self.name), *(type_series(type_) for type_ in self.types))

    def stayed_behind(self, inbox: PurePath) -> bool:
        """Whether its files are in the spool of another inbox than `inbox`: the feed's was moved in the configuration.

        An older sisdrop did not note which one it was; then it is this one.
        """
        return self.place is Place.SPOOL and self.origin.inbox not in {"", str(inbox)}

    def holding(self, reason: str, since: str, tripped: tuple[Tripped, ...] = ()) -> Drop:
        """This drop, waiting for a person because of `reason`; `tripped` is what said no, the first of it first."""
        guards = tuple(each for each in tripped if each.is_guard)
        held = Held(reason, since, guards, code=tripped[0].code if tripped else "")
        return replace(self, state=DropState.HELD, held=held)

    def without_import(self) -> Drop:
        """This drop, known to have been sent, whose import is not its import any more."""
        past = self.past_imports if self.import_id is None else (*self.past_imports, self.import_id)
        submission = self.submission and replace(self.submission, import_id=None, workflow_state=None)
        return replace(self, submission=submission, past_imports=past)

    def tried(self, at: str, what: AttemptKind, result: str) -> Drop:
        """This drop with one more attempt to its name."""
        # The last ones: what was tried lately is what people ask for.
        return replace(self, attempts=(*self.attempts[-MAX_ATTEMPTS_KEPT:], Attempt(at, what, result)))


@dataclass(frozen=True, slots=True)
class Waiting:
    """An inbox entry that is not taken yet: its name, why, and since when."""

    name: str
    why: str
    since: str
    is_stuck: bool = False
    """Waiting does not mend it: somebody has to."""

    def is_overdue(self, now: datetime, alert_s: float | None) -> bool:
        """Whether it waits for `alert_s` seconds or longer, by the wall clock; None = that is never too long."""
        return alert_s is not None and (now - datetime.fromisoformat(self.since)).total_seconds() >= alert_s


@dataclass(frozen=True, slots=True)
class Ignored:
    """An inbox entry that nobody will touch, and why."""

    name: str
    why: str
