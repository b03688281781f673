"""The configuration as typed values: one class for each group of keys; the descriptions here are the documentation.

Room: pure. What a person writes is `ConfigKeys` with its groups; what the rest of sisdrop gets is `Config`, whose feeds
know their name and their Canvas. config.example.yaml and docs/reference/configuration.md are generated from them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from canvas_sis_csv.options import ImportOptions
from sisdrop.config.group import Group, key
from sisdrop.config.import_options import ImportKeys, merged
from sisdrop.config.times import ExpectBy, HoursKey
from sisdrop.config.token_source import TokenSource
from sisdrop.config.values import Account, CanvasUrl, DoneSuffix, FolderPath, SettleS
from sisdrop.guards import Thresholds

FEED_NAME = "[A-Za-z0-9][A-Za-z0-9_-]{0,63}"
Count = Annotated[int, Field(ge=0)]
Percent = Annotated[float, Field(ge=0, le=100)]


class CanvasSettings(Group):
    """One Canvas account, and how to reach it."""

    url: CanvasUrl = Field(
        examples=["https://school.instructure.com"],
        description="the address of Canvas; https only, http is accepted for loopback hosts alone",
    )
    account: Account = key("self", "a root account: self, a number, or sis_account_id:X")
    token: TokenSource = Field(
        description="exactly one of env, file and command; the token itself never stands in this file"
    )
    ca_file: FolderPath | None = key(None, "a file of extra CA certificates; verification cannot be switched off")
    timeout_s: Annotated[float, Field(gt=0, le=3600)] = key(
        60, "seconds to connect, and to wait for an answer, for every request"
    )

    @property
    def lane(self) -> str:
        """The name of this account's queue: `school.instructure.com/self`."""
        return f"{self.url.partition('://')[2]}/{self.account}"


class HoldKeys(Group):
    """When a drop, or the queue, waits for a person."""

    failed: bool = key(True, "after a failed, unreadable or refused drop nothing more is sent until a person acts")
    messages_over: Count | None = key(0, "hold the queue after an import with more messages than this; null = never")
    findings: Literal["error", "warning", "never"] = key(
        "error", "error | warning | never: preflight findings of this level keep a drop from being sent"
    )
    findings_over: Count = key(
        0, "... when there are more of them than this; a file Canvas would refuse whole is always held"
    )
    blocks: Literal["feed", "dependents", "nothing"] = key(
        "feed",
        "what waits behind a held drop: feed = all that came later in the feed | dependents = only what Canvas imports"
        " after its types, and its own series | nothing",
    )
    shrink_over_pct: Percent | None = key(
        20, "guard: fewer rows than the last accepted one, by more than this many percent of it; null = never"
    )
    deletes_over_pct: Percent | None = key(20, "guard: more than this many percent of the rows delete; null = never")
    absent_over_pct: Percent | None = key(
        20,
        "guard: more than this many percent of what the last one had active are gone, deleted, inactive or suspended;"
        " null = never",
    )
    emptied_over: Count | None = key(
        5, "guard: more courses and sections than this would lose all their active enrollments; null = never"
    )
    unknown_over_pct: Percent | None = key(
        50,
        "guard: more than this many percent of the rows name what neither an accepted file nor a waiting drop "
        "brought (users, courses, sections, accounts, terms); null = never",
    )
    header: bool = key(True, "guard: a column of the last accepted one is missing")
    stale: bool = key(True, "guard: older than the last accepted one, or byte for byte an earlier one than it")

    @property
    def thresholds(self) -> Thresholds:
        """From where on the guards hold."""
        return Thresholds(**{field.name: getattr(self, field.name) for field in fields(Thresholds)})


class Override(Group):
    """Other import options for some files."""

    files: Annotated[str, Field(min_length=1)] = Field(
        examples=["enrollments*.csv"],
        description="a pattern for names such as enrollments*.csv; upper and lower case are the same",
    )
    import_: ImportKeys = Field(
        alias="import", description="merged over the feed's `import`; null takes an option back"
    )

    def matches(self, names: Sequence[str]) -> bool:
        """Whether all of `names` fit the pattern; upper and lower case are the same."""
        pattern = self.files.casefold()
        return bool(names) and all(fnmatchcase(name.casefold(), pattern) for name in names)


class FeedKeys(Group):
    """One feed as it is written in the file."""

    inbox: FolderPath = key(Path("inbox"), "what the SIS writes to; sisdrop only ever takes files from it")
    archive: FolderPath = key(Path("archive"), "drops that Canvas imported")
    failed: FolderPath = key(Path("failed"), "drops that did not make it, or were rejected")
    held: FolderPath = key(Path("held"), "drops waiting for a person; made when first needed")
    watch: Literal["auto", "events", "poll"] = key(
        "auto", "auto | events | poll; auto decides by the kind of file system, events always come with a rescan"
    )
    poll_s: Annotated[float, Field(ge=0.1, le=3600)] = key(5, "seconds between two listings of the folder")
    settle_s: SettleS = key(
        "auto", "seconds a file must lie unchanged; auto = 1 on a local disk, 10 on a share; 0 = none"
    )
    done_suffix: DoneSuffix = key(
        None, 'e.g. ".done": users.csv is taken only when users.csv.done is there too; both are filed together'
    )
    order: Literal["canvas", "arrival"] = key(
        "canvas", "canvas = users before enrollments and so on, among files that wait | arrival"
    )
    combine: bool = key(False, "true = CSVs that settle together go as one import")
    combine_s: Annotated[float, Field(ge=0, le=3600)] = key(10, "... when nothing new has come for this many seconds")
    import_: ImportKeys = Field(
        default_factory=ImportKeys,
        alias="import",
        description="sent with every import; Canvas's own parameter names and values",
    )
    # Not strict: YAML has lists, and a frozen value holds tuples.
    overrides: tuple[Override, ...] = key(
        (), "other options for some files; the first match wins and is merged over `import`", strict=False
    )
    check: bool = key(True, "preflight before sending; false sends files unchecked")
    contents: Literal["full", "delta"] = key(
        "full", "full = each file holds everything of its kind | delta = only what changed: nothing is missing then"
    )
    hold: HoldKeys = Field(default_factory=HoldKeys, description="when a drop, or the queue, waits for a person")
    keep_days: Annotated[int, Field(ge=1, le=36500)] | None = key(
        None, "archive and failed are pruned after this many days; null = kept"
    )
    canvas: CanvasSettings | None = key(
        None, "this feed's own Canvas account, with the same keys as `canvas` at the top"
    )
    hours: HoursKey = key(
        None, "e.g. 20:00-06:00 America/Denver: imports start only in this part of the day; null = at any time"
    )
    expect_by: ExpectBy = key(
        None,
        "e.g. 06:00 America/Denver, or 06:00 America/Denver mon-fri: alert when nothing was dropped that day by then",
    )
    diffing_remaster: Literal["never", "weekly", "monthly", "on_failure"] = key(
        "never",
        "never | weekly | monthly | on_failure: when a diffing data set is sent whole (diffing_remaster_data_set);"
        " on_failure = when its last import did not end well",
    )
    release_by_file: bool = key(True, "a file users.csv.release or users.csv.reject in the inbox is a person's word")
    skip_identical: bool = key(
        False, "true = a file byte for byte like the last accepted one of its series is filed as skipped, unsent"
    )
    settle_alert_s: Annotated[float, Field(gt=0, le=604800)] | None = key(
        900,
        "seconds; a file that has not settled after this is reported: status exits 1, a warning in the log;"
        " null = never",
    )


class Feed(FeedKeys):
    """One feed, ready for use: it knows its name and its Canvas account; paths are absolute."""

    name: str
    canvas: CanvasSettings

    @property
    def lane(self) -> str:
        """The queue it belongs to, `<host[:port]>/<account>`; feeds of one account share one."""
        return self.canvas.lane

    def options_for(self, names: Sequence[str]) -> ImportOptions:
        """The import options for a drop whose files are called `names` (as dropped).

        The first override that fits all of `names` (without the files that only vouch for others) is merged over
        `import`.
        """
        files = [name for name in names if self.done_suffix is None or not name.endswith(self.done_suffix)]
        override = next((override for override in self.overrides if override.matches(files)), None)
        return merged(self.import_, override.import_ if override else None)


class ConfigKeys(Group):
    """The configuration as it is written in the file."""

    canvas: CanvasSettings | None = key(None, "the Canvas account of all feeds that have no `canvas` of their own")
    state: FolderPath = key(
        Path("state"), "sisdrop's own journal and lock; on a local disk, never on the network share"
    )
    feeds: Mapping[str, FeedKeys] = Field(
        min_length=1,
        json_schema_extra={"propertyNames": {"pattern": f"^{FEED_NAME}$"}},
        description="one or more streams of files, each under a name of its own",
    )
    gate_timeout_s: Annotated[float, Field(ge=1, le=604800)] = key(
        7200, "seconds; an import that is not finished after this is reported and the queue held"
    )


class Config(ConfigKeys):
    """The configuration, ready for use; `path` is the file it came from."""

    path: Path
    feeds: dict[str, Feed]

    def lanes(self) -> dict[str, tuple[Feed, ...]]:
        """The feeds of each Canvas account, by lane, in the order of the file."""
        names = dict.fromkeys(feed.lane for feed in self.feeds.values())
        return {lane: tuple(feed for feed in self.feeds.values() if feed.lane == lane) for lane in names}

    def whereabouts(self, feed: str) -> tuple[str, Path] | tuple[None, None]:
        """The lane and the inbox of a feed; Nones when it is not configured (any more)."""
        configured = self.feeds.get(feed)
        return (configured.lane, configured.inbox) if configured else (None, None)
