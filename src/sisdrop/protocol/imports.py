"""A SIS import as Canvas tells it: its state, counts and messages, read tolerantly from an open map.

Room: pure. Only `id` and `workflow_state` must be there; every other key may be missing, null, or new (servers of
several years are in use). Ids may be text (Canvas sends them so when asked, and some front ends do). Whether an
import is over is said by `workflow_state` alone: `ended_at` stays null and `progress` below 100 for some that are.
Source: Canvas's public source, the SisBatch model and its API presentation.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from canvas_sis_csv.cell_text import CellText
from canvas_sis_csv.model import Level
from sisdrop.model import Message

PENDING = frozenset({"initializing", "created"})
RUNNING = frozenset({"importing", "cleanup_batch", "restoring"})
RESTORED = frozenset({"restored", "partially_restored"})
"""What an import is after its states were restored: all of them, or those that were asked for."""
TERMINAL = frozenset({"imported", "imported_with_messages", "failed", "failed_with_messages"} | {"aborted"} | RESTORED)

ORPHAN_AGE = timedelta(minutes=15)
"""An import that is `initializing` for longer will never run: Canvas leaves such rows behind when it refuses an
option after it saved the row (Canvas's public source, SIS imports controller). They block nothing in Canvas."""

_NOT_INCLUDED = re.compile(r"and \d+ more (?:errors|warnings) that were not included")
"""The file column of the last inline entry, when there were more than 24 messages."""


@dataclass(frozen=True, slots=True)
class SisImport:
    """One SIS import. `progress` is 0 to 100; `counts` are Canvas's (rows by type, `error_count`, …)."""

    id: int
    workflow_state: str
    created_at: str | None = None
    progress: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    raw: dict[str, Any] = field(default_factory=dict)
    """Canvas's answer, whole. It holds a user's personal data and signed URLs: `scrub` it before it is kept."""

    @property
    def is_terminal(self) -> bool:
        """Whether Canvas is done with it. A state we do not know is not: it is waited on."""
        return self.workflow_state in TERMINAL

    @property
    def user_id(self) -> int | None:
        """Who started it; None when Canvas does not say."""
        return _whole(_mapping(self.raw.get("user")).get("id"))

    @property
    def errors_attachment_url(self) -> str | None:
        """The signed address of the error report, good for an hour; None when there is none (yet)."""
        url = _mapping(self.raw.get("errors_attachment")).get("url")
        return url if isinstance(url, str) and url else None

    @property
    def errors_attachment_size(self) -> int | None:
        """The size of the error report in bytes, where Canvas says it."""
        return _whole(_mapping(self.raw.get("errors_attachment")).get("size"))

    @property
    def diffed_against(self) -> int | None:
        """The import that it was compared with; None when it was imported whole, or has not been unpacked yet."""
        # The documented place of it is null in practice: nothing in Canvas writes it (its public source, SIS batch).
        documented = _whole(self.raw.get("diffed_against_import_id"))
        return documented or _whole(_mapping(self.raw.get("data")).get("diffed_against_sis_batch_id"))


@dataclass(frozen=True, slots=True)
class Listing:
    """Imports as Canvas lists them, the newest (by id) first."""

    imports: tuple[SisImport, ...]
    is_whole: bool
    """None of those that were asked for can be missing. What is in the list is true in any case."""

    @property
    def newest_id(self) -> int | None:
        """The highest id in it; None when it is empty."""
        return max((made.id for made in self.imports), default=None)


@dataclass(frozen=True, slots=True)
class CanvasUser:
    """The user a token belongs to. The name is for `doctor`'s eyes only, never for a log."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Progress:
    """A job of Canvas that is asked for by itself (`restore_states`). `completion` is 0 to 100."""

    id: int
    workflow_state: str
    completion: int
    message: str

    @property
    def is_over(self) -> bool:
        """Whether the job has ended, well (`completed`) or not (`failed`)."""
        return self.workflow_state in {"completed", "failed"}


def read_import(value: object) -> SisImport:
    """`value` (parsed JSON) as a SIS import. Raises ValueError when it is none: no id, or no state."""
    raw = _mapping(value)
    state, created_at = raw.get("workflow_state"), raw.get("created_at")
    if not isinstance(state, str) or not state:
        raise ValueError("not a SIS import: it has no workflow_state")
    counts = _mapping(_mapping(raw.get("data")).get("counts"))
    return SisImport(
        id=_required_id(raw),
        workflow_state=state,
        created_at=created_at if isinstance(created_at, str) else None,
        progress=_whole(raw.get("progress")) or 0,
        counts={name: number for name, value in counts.items() if (number := _whole(value)) is not None},
        raw=raw,
    )


def read_the_import(import_id: int, value: object) -> SisImport:
    """`value` as the SIS import that was asked for. Raises ValueError when it is none, or another one."""
    sis_import = read_import(value)
    if sis_import.id != import_id:
        raise ValueError(f"SIS import {sis_import.id} was not asked for")
    return sis_import


def read_imports(value: object) -> list[SisImport]:
    """The imports of a list answer. Raises ValueError when it is not one."""
    return [read_import(item) for item in _list_under(value, "sis_imports")]


def read_user(value: object) -> CanvasUser:
    """`value` as a user. Raises ValueError when it has no id."""
    raw = _mapping(value)
    return CanvasUser(_required_id(raw), str(raw.get("name") or ""))


def read_account(value: object) -> dict[str, Any]:
    """`value` as an account, whole. Raises ValueError when it has no id."""
    _required_id(_mapping(value))
    return _mapping(value)


def read_progress(value: object) -> Progress:
    """`value` as a progress. Raises ValueError when it has no id or no state."""
    raw = _mapping(value)
    state = str(raw.get("workflow_state") or "")
    if not state:
        raise ValueError("not a progress: it has no workflow_state")
    return Progress(_required_id(raw), state, _whole(raw.get("completion")) or 0, str(raw.get("message") or ""))


def read_messages(value: object) -> list[dict[str, Any]]:
    """The entries of an answer of the errors list, still without their level. Raises ValueError when it is none."""
    return [_mapping(item) for item in _list_under(value, "sis_import_errors")]


def read_message(raw: Mapping[str, Any], level: Level) -> Message:
    """One entry of the errors list as a message; `file` and `row` may be null."""
    file = raw.get("file")
    file = file if isinstance(file, str) else None
    return Message(level, file, _whole(raw.get("row")), CellText(str(raw.get("message") or "")))


def inline_messages(ended: SisImport) -> tuple[Message, ...]:
    """The messages that stand in the answer itself: at most 24 errors and 24 warnings, without rows.

    The true totals are `counts["error_count"]` and `counts["warning_count"]`.
    """
    levels = (("processing_errors", Level.ERROR), ("processing_warnings", Level.WARNING))
    return tuple(message for key, level in levels for message in _inline(ended.raw.get(key), level))


def _inline(entries: object, level: Level) -> Iterable[Message]:
    for entry in entries if isinstance(entries, list) else []:
        match entry:
            case [str(file), _] if _NOT_INCLUDED.match(file):
                continue  # no message, but how many are left out
            case [str() | None as file, str(text)]:
                yield Message(level, file, None, CellText(text))
            case str(text):
                yield Message(level, None, None, CellText(text))
            case _:
                continue


_SECRET_KEYS = frozenset({"url", "uuid", "thumbnail_url", "preview_url", "public_url", "access_token", "stack_trace"})
"""Signed addresses, the uuid that serves as one, and Canvas's insides."""


def scrub(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Canvas's answer for an import as it may be kept: of the user only the id, no signed addresses, no stack trace."""
    kept: dict[str, Any] = _scrubbed(raw)
    if "user" in raw:
        user = raw["user"]
        kept["user"] = {"id": user.get("id")} if isinstance(user, dict) else None
    return kept


def _scrubbed(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _scrubbed(inner) for key, inner in value.items() if key not in _SECRET_KEYS}
    if isinstance(value, list):
        return [_scrubbed(item) for item in value]
    return value


_SERVER_SUFFIX = re.compile(r"(?:_filtered|_deduplicated)+(?=\.csv$)", re.IGNORECASE)
"""What Canvas adds to a file's name: `_filtered` when it took passwords out, `_deduplicated` when it took repeated
lines out."""


def original_file(name_in_message: str, members: Mapping[str, str]) -> str:
    """The dropped name of the file a message is about; `name_in_message` itself when it is none of ours.

    `members` has the name of each member of the upload by its dropped name. Canvas names the path in the zip, in
    attachments its last part alone, sometimes with a suffix of its own.
    """
    dropped = {member: name for name, member in members.items()}
    for name in (name_in_message, _SERVER_SUFFIX.sub("", name_in_message)):
        if name in dropped:
            return dropped[name]
        alike = [own for member, own in dropped.items() if member.rpartition("/")[2] == name]
        if len(alike) == 1:
            return alike[0]
    return name_in_message


def made_before(candidate: SisImport, moment: datetime) -> bool:
    """Whether Canvas made `candidate` before `moment`; a time that cannot be read does not say so."""
    try:
        return datetime.fromisoformat(candidate.created_at or "") < moment
    except (ValueError, TypeError):  # no time, or one without its zone
        return False


def is_orphan(sis_import: SisImport, now: datetime | None) -> bool:
    """Whether Canvas left this import behind and will never run it. `now` is Canvas's clock, None when it is not known:
    ours may be fast, and what seems old by it may have been made this minute."""
    if sis_import.workflow_state != "initializing" or now is None:
        return False
    return made_before(sis_import, now - ORPHAN_AGE)


def blocking(imports: Iterable[SisImport], now: datetime | None) -> SisImport | None:
    """The import that must end before one of ours is sent, the oldest of those that count; None when none does.

    `now` is Canvas's clock.
    """
    counting = (sis_import for sis_import in imports if not is_orphan(sis_import, now))
    return min(counting, key=lambda sis_import: sis_import.id, default=None)


def _list_under(value: object, key: str) -> list[object]:
    items = _mapping(value).get(key)
    if isinstance(items, list):
        return items
    raise ValueError(f"no list of {key}")


def _required_id(raw: Mapping[str, Any]) -> int:
    if (number := _whole(raw.get("id"))) is None:
        raise ValueError("it has no id")
    return number


def _whole(value: object) -> int | None:
    """`value` as a whole number, from a number or its text; None when it is neither."""
    if isinstance(value, int) and not isinstance(value, bool):  # for Python an int
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return int(value) if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,20}", value) else None


def _mapping(value: object) -> dict[str, Any]:
    """`value` when it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}
