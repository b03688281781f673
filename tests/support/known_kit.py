"""An index of known ids with the drops a test makes up: ended in Canvas, and filed as the service files them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from canvas_sis_csv import Member
from canvas_sis_csv.cell_text import CellText
from canvas_sis_csv.model import FileFacts, Level
from sisdrop.folders.result import from_drop
from sisdrop.known import Known, Source
from sisdrop.model import Drop, DropKind, DropState, Message, Outcome, Place, Report, Rest
from tests.support.journal_drops import a_drop

LANE = "school.test/self"
URL = "https://school.test"


def members(files: Mapping[str, str]) -> list[Member]:
    """Files as a drop has them."""
    return [_member(name, text.encode()) for name, text in files.items()]


def _member(name: str, data: bytes) -> Member:
    return Member(name, len(data), lambda: io.BytesIO(data))


def warning(file: str | None, row: int | None, message: str) -> Message:
    return Message(Level.WARNING, file, row, CellText(message))


def facts(files: Mapping[str, str]) -> tuple[FileFacts, ...]:
    return tuple(FileFacts(name, name.removesuffix("s.csv").rpartition("/")[2], 1) for name in files)


class KnownKit:
    """One lane and one feed, its clock a number of seconds: every drop ends a second after the one before."""

    def __init__(self, root: Path, *, is_pruned: bool = False) -> None:
        self.root = root
        self.archive, self.failed, self.state = root / "archive", root / "failed", root / "state"
        for folder in (self.archive, self.failed, self.state):
            folder.mkdir(exist_ok=True)
        self.source = Source("nightly", self.archive, self.failed, URL, "self", is_pruned)
        self.number = 0
        self.known = Known(self.state)

    def restart(self) -> None:
        """A new process, which knows what is on the disk."""
        self.known = Known(self.state)

    def catch_up(self) -> bool:
        return self.known.catch_up(LANE, [self.source])

    def ended(self, files: Mapping[str, str], **values: Any) -> Drop:
        """A drop whose import ended; `outcome`, `options`, `answer` and the like as given."""
        self.number += 1
        second = f"2026-03-01T00:{self.number // 60:02}:{self.number % 60:02}Z"
        name = next(iter(files))
        given = {"name": name, "paths": (name,), "files": facts(files), "options": {}, "answer": {}, **values}
        sent = {"at": second, "marker": "", "after_id": None, "canvas_time": None, "import_id": self.number}
        sent["answer"] = given.pop("answer")
        if not given.pop("was_sent", True):
            sent = {}
        drop_id = given.pop("id", f"20260301T00{self.number:04}Z-0000")
        outcome = given.pop("outcome", Outcome.IMPORTED)
        times = {"noticed_at": second, "claimed_at": second}
        drop = a_drop(state=DropState.FINISHED, id=drop_id, lane=LANE, outcome=outcome, **times, **sent, **given)
        return replace(drop, ended=replace(drop.ended, at=second)) if drop.ended else drop

    def take_in(self, files: Mapping[str, str], *messages: Message, **values: Any) -> Drop:
        """An import that ended is taken into the index."""
        drop = self.ended(files, **values)
        self.known.update(drop, messages, lambda: members(files))
        return drop

    def file(self, files: Mapping[str, str], *messages: Message, **values: Any) -> Drop:
        """A drop rests in the archive (or failed) as sisdrop files it; the index is not told."""
        drop = self.ended(files, **values)
        assert drop.outcome is not None
        folder = self.archive if drop.outcome.place is Place.ARCHIVE else self.failed
        stored_as = f"{drop.id.partition('-')[0]}-{drop.name}"
        drop = replace(drop, rest=Rest(stored_as, "2026-03-01T01:00:00Z"))
        self._lay_down(folder / stored_as, drop.kind, files)
        result = from_drop(drop, Report(messages), URL, "self")
        (folder / f"{stored_as}.result.json").write_bytes(result.to_json_bytes())
        return drop

    @staticmethod
    def _lay_down(path: Path, kind: DropKind, files: Mapping[str, str]) -> None:
        if kind is DropKind.FILE:
            path.write_text(next(iter(files.values())))
        elif kind is DropKind.ZIP:
            with zipfile.ZipFile(path, "w") as packed:
                for name, text in files.items():
                    packed.writestr(name, text)
        else:
            for name, text in files.items():
                (path / name).parent.mkdir(parents=True, exist_ok=True)
                (path / name).write_text(text)

    def has(self, kind: str, *ids: str, unsure: Sequence[str] = ()) -> list[bool | None]:
        """What the index says of these ids."""
        with self.known.lookup(LANE, unsure) as found:
            return [found.has(kind, id_) for id_ in ids]

    def since(self, kind: str, id_: str) -> str | None:
        with self.known.lookup(LANE) as found:
            since = found.since(kind, id_)
            return since.drop if since else None
