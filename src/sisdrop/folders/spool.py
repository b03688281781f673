"""The spool of one feed: its four folders and all that is ever done to them."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from sisdrop import durable
from sisdrop.errors import FilesMissing, SpoolError
from sisdrop.folders import at_rest, bringing_back, filing, inbox_id, pruning
from sisdrop.folders import claim as claiming
from sisdrop.folders.claim import Changed, Claimed, Gone
from sisdrop.folders.layout import INBOX_ID, PROBE, SPOOL, Layout, content_in, held_name
from sisdrop.folders.measuring import measure
from sisdrop.folders.os_errors import raising_spool_error
from sisdrop.folders.result import Result
from sisdrop.model import Drop, DropState, InboxState, Place, Stat
from sisdrop.snapshot import Unpacked


class Spool:
    """The folders of one feed. Used by one thread at a time; holds nothing that is not on disk, but the inbox's id.

    Raises only SpoolError: nothing was lost, and the same call works once its cause is mended.
    """

    def __init__(self, inbox: Path, archive: Path, failed: Path, held: Path) -> None:
        self.layout = Layout(inbox, archive, failed, held)
        self._known_id: str | None = None

    @property
    def inbox(self) -> Path:
        """The folder others write to."""
        return self.layout.inbox

    # -- the inbox ----------------------------------------------------------------------------------------------

    def inbox_state(self, known_id: str | None) -> tuple[InboxState, str, str | None]:
        """Whether the inbox can be used, a sentence when not, and the id in its proof.

        `known_id` is the id the caller remembers; None for an inbox never seen before, which then gets its proof
        (`.sisdrop/inbox-id`) or keeps the one it has. Away is an inbox that is missing, cannot be listed, has
        another id, or has none though one is known; then nothing is written anywhere.
        """
        state, why, present_id = inbox_id.inbox_state(self.inbox, known_id)
        self._known_id = present_id if state is InboxState.READY else known_id
        return state, why, present_id

    def is_ready(self, known_id: str | None) -> bool:
        """Whether the inbox that has the id `known_id` (None: the one last seen) is there now. Changes nothing."""
        present_id = self._present_id()
        return present_id is not None and present_id == (known_id or self._known_id or present_id)

    def has_no_proof(self) -> bool:
        """Whether the inbox can be listed and was never given an id. False for one that is away."""
        try:
            return self.inbox.is_dir() and self._present_id() is None
        except SpoolError:
            return False

    def present_id(self) -> str | None:
        """The id in the inbox's proof; None when it has none, or is away."""
        try:
            return self._present_id()
        except SpoolError:
            return None

    def check_same_device(self) -> None:
        """Try the rename that every claim needs, with an empty hidden file. Raises SpoolError when it cannot work."""
        probe, target = self.inbox / PROBE, self.layout.place_folder(Place.SPOOL) / PROBE
        with raising_spool_error("move files within", self.inbox):
            try:
                probe.touch(mode=0o600)
                probe.replace(target)
            finally:
                probe.unlink(missing_ok=True)
                target.unlink(missing_ok=True)

    def prepare(self) -> None:
        """Make archive and failed where they are missing and their parent folder is there: for the first start only.

        Later a missing folder is taken for a disk or share that is away; see the package.
        """
        for place in (Place.ARCHIVE, Place.FAILED):
            folder = self.layout.place_folder(place)
            with raising_spool_error(f"make the {place} folder", folder):
                folder.mkdir(mode=0o750, exist_ok=True)

    def folder(self, drop_id: str, place: Place = Place.SPOOL) -> Path:
        """Where the files of a drop that is not at rest are: in the spool, or in held."""
        return self.layout.own_folder(drop_id, place)

    def where(self, drop: Drop) -> Path:
        """The folder the drop's files are in now; where they were last when they are in neither."""
        spool, held = self.folder(drop.id), self.folder(drop.id, Place.HELD)
        # A crash between the move and the journal leaves them in the other one than it says.
        first, second = (held, spool) if drop.place is Place.HELD else (spool, held)
        return second if os.path.lexists(second) and not os.path.lexists(first) else first

    # -- taking and giving back -----------------------------------------------------------------------------------

    def claim(self, drop_id: str, paths: Sequence[str], stats: Sequence[Stat]) -> Claimed | Changed | Gone:
        """Take `paths` from the inbox into `folder(drop_id)`, by one atomic rename each; durable on return.

        `stats` are what they had when they settled: one for each path, or for a single folder one for each file in
        it, sorted by name. When one of them differs, before or after the rename, all are put back: Changed. When one
        may not be moved (no right, or its writer has it open), all stay: SpoolError, with the reason. Called again
        after a crash it finishes, or tells the same.
        """
        self._must_be_ready()
        # Asked anew each time: a share may be mounted where a bare folder was.
        is_local, knows_writers = durable.is_network_fs(self.inbox) is None, durable.knows_writers(self.inbox)
        result = claiming.claim(
            self.inbox, self.folder(drop_id), paths, stats, keeps_inodes=is_local, knows_writers=knows_writers
        )
        if not isinstance(result, Claimed):
            self._must_be_ready()  # in an inbox that went away meanwhile, missing means nothing
        return result

    def rights(self, paths: Sequence[str]) -> tuple[object, ...]:
        """What decides whether `paths` may be taken; see `claim.rights`. Changes nothing, raises nothing."""
        return claiming.rights(self.inbox, paths)

    def remove_word(self, name: str, stat: Stat) -> None:
        """Remove a person's word from the inbox, once it is journaled; another file of that name stays. Durable."""
        self._must_be_ready()
        path = self.inbox / name
        with raising_spool_error("remove", path), suppress(FileNotFoundError):
            found = claiming.stat_of(path)
            if replace(found, inode=found.inode if stat.inode else 0) == stat:
                path.unlink()
                durable.fsync_dir(self.inbox)

    def put_back(self, drop_id: str, paths: Sequence[str]) -> list[str]:
        """Move what of `paths` is in the spool back into the inbox.

        Where a newer file of that name has come, that one stays and the older is kept beside it as
        `<name>.<drop id>.old`, which is never imported; the result has a clause for each such file.
        """
        self._must_be_ready()
        return claiming.put_back(self.inbox, self.folder(drop_id), paths)

    def move_to_held(self, drop: Drop) -> None:
        """Move the drop's folder from the spool to held. Does nothing when it is there already."""
        target = self._ready(Place.HELD) / drop.id
        with raising_spool_error("move to held", self.folder(drop.id)):
            filing.move_once(self.folder(drop.id), target)

    def write_held(self, drop: Drop, held_json: bytes) -> None:
        """Put `held_json` beside the files of a drop in held, in place of what an earlier hold said; durable on return.

        Does nothing when a person took the drop's whole folder away: there is nothing left for it to lie beside.
        """
        folder = self._ready(Place.HELD) / drop.id
        if folder.is_dir():
            with raising_spool_error("write in", folder):
                _remove_unfinished(folder)
                durable.write_atomic(folder / held_name(drop), held_json, overwrite=True)

    def remove_held(self, drop: Drop) -> None:
        """Remove what `write_held` wrote, whole or not: the drop does not wait any more. Durable on return."""
        folder = self.folder(drop.id, Place.HELD)
        path = folder / held_name(drop)
        with raising_spool_error("clean up", folder), suppress(FileNotFoundError):
            _remove_unfinished(folder)
            path.unlink()
            durable.fsync_dir(folder)

    def take_back(self, drop: Drop) -> None:
        """Move a filed drop (`place` and `rest` say where) to the spool.

        Its result and error report are removed after its files are safe in the spool.
        """
        self._must_be_ready()  # else the spool would be made on a bare mount point
        filing.take_back(drop, self._ready(drop.place), self.folder(drop.id))

    def has_unfiled(self, drop: Drop) -> bool:
        """Whether what is to be moved to archive or failed still lies in spool or held."""
        return os.path.lexists(content_in(self.where(drop), drop))

    def has_files_of(self, drop: Drop) -> bool:
        """Whether the files of a drop that is not at rest are in the spool, in held, or where it is being filed."""
        places = [content_in(self.folder(drop.id), drop), content_in(self.folder(drop.id, Place.HELD), drop)]
        if drop.rest is not None and drop.outcome is not None:
            places.append(self.layout.place_folder(drop.outcome.place) / drop.rest.stored_as)
        return any(os.path.lexists(path) for path in places)

    def filed_as(self, drop: Drop) -> tuple[Place, Result] | None:
        """Where a drop that the journal takes for open is at rest all the same, and its result; None when nowhere."""
        for place in (Place.ARCHIVE, Place.FAILED):
            result = at_rest.filed_as(drop, self._ready(place))
            if result is not None:
                return place, result
        return None

    def bring_back(self, drop: Drop, snapshot: Path, journaled: Callable[[Unpacked], None]) -> Unpacked | None:
        """Put the drop's lost files back into the spool, out of its snapshot; None when they cannot be had from it.

        `journaled` is called once they are written and before they get their place, so that whoever sees them knows
        what they are. The inbox need not have its proof. Called again after a crash it begins anew.
        """
        spool = self.layout.place_folder(Place.SPOOL)
        with raising_spool_error("use the spool", spool):
            spool.mkdir(mode=0o700, exist_ok=True)
        return bringing_back.bring_back(drop, snapshot, self.folder(drop.id), journaled)

    def set_apart(self, drop: Drop, other_id: str) -> Place | None:
        """Give the folder with the drop's files to the drop `other_id`; where it lies, None when there is no folder.

        Safe to repeat after a crash.
        """
        for place in (Place.SPOOL, Place.HELD):
            if os.path.lexists(self.folder(other_id, place)):
                return place
        source = self.where(drop)
        if not os.path.lexists(source):
            return None
        place = Place.HELD if source == self.folder(drop.id, Place.HELD) else Place.SPOOL
        with raising_spool_error("set apart", source):
            filing.move_once(source, self.folder(other_id, place))
        return place

    def fetch(self, drop: Drop, inbox: Path) -> bool:
        """Move the drop's folder here out of the spool of the inbox at another path; False when it is not there."""
        source = Layout(inbox, self.layout.archive, self.layout.failed, self.layout.held).own_folder(drop.id)
        if not os.path.lexists(source):
            return False
        spool = self.layout.place_folder(Place.SPOOL)
        with raising_spool_error("fetch", source):
            spool.mkdir(mode=0o700, exist_ok=True)
            filing.move_once(source, self.folder(drop.id))
        return True

    def is_home_of(self, drop: Drop) -> bool:
        """Whether a drop that was taken at another path is one of this very inbox, which was moved, or spelled anew."""
        if os.path.lexists(self.folder(drop.id)):
            return True
        path = self.inbox / drop.origin.paths[0]
        is_being_taken = drop.state is DropState.CLAIMING and bool(drop.origin.stats) and path.is_file()
        return is_being_taken and replace(claiming.stat_of(path), inode=0) == replace(drop.origin.stats[0], inode=0)

    def take_over(self) -> str:
        """Make the folder that is at the inbox the inbox: the id in its proof, which is written when it has none."""
        with raising_spool_error("use the inbox", self.inbox):
            taken = inbox_id.take_over(self.inbox)
        if taken is None:
            raise SpoolError(f"{self.inbox}: its proof cannot be written; remove what lies at {SPOOL}/{INBOX_ID}.")
        return taken

    def leftovers(
        self, known_drop_ids: Collection[str], places: Collection[Place] = (Place.SPOOL, Place.HELD)
    ) -> list[Path]:
        """The folders in spool and held that belong to no drop in `known_drop_ids`, sorted. Empty ones are removed."""
        folders: list[Path] = []
        for place in map(self.layout.place_folder, places):
            with raising_spool_error("list", place), suppress(FileNotFoundError), os.scandir(place) as entries:
                folders += sorted(Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False))
        folders = [folder for folder in folders if not folder.name.startswith(durable.TEMPORARY_PREFIX)]
        unknown = [folder for folder in folders if folder.name not in known_drop_ids]
        return [folder for folder in unknown if not claiming.remove_if_empty(folder)]

    # -- laying to rest -------------------------------------------------------------------------------------------

    def measure(self, drop: Drop) -> tuple[int, str]:
        """Bytes and SHA-256 of a drop that is not at rest: what its result tells when it never got a snapshot.

        Journal them before `file_away`: once the files have moved nothing is measured any more. Raises SpoolError
        when a file is missing or cannot be read.
        """
        return measure(drop.kind, self.where(drop), drop.origin.paths)

    def choose_name(self, place: Place, drop: Drop, *, is_lost: bool = False) -> str:
        """The name `drop` would rest under in archive or failed; journal it before `file_away`. Changes nothing.

        `is_lost`: the name of the text that lies there in its place.
        """
        return filing.choose_name(self._ready(place), drop, is_lost=is_lost)

    def file_away(
        self,
        drop: Drop,
        result_json: Callable[[str], bytes],
        errors_csv: Path | None = None,
        *,
        stored_as: str | None = None,
    ) -> str:
        """Lay the drop to rest in `drop.outcome.place`; the name it rests under.

        First its files, then the error report (copied), then the result (`result_json(name)`), atomically. The name
        is `stored_as`, else `drop.stored_as`, else chosen here; should it have been taken by somebody else
        meanwhile, the next free one. Called again after a crash it finishes, also when all was done. Of a drop whose
        bytes are gone (`rest.is_lost`) a text that says so takes their place. Raises FilesMissing when they are neither
        in the spool, in held, nor there.
        """
        if drop.outcome is None:
            raise SpoolError(f"drop {drop.id} has no outcome yet; it cannot be filed.")
        place = self._ready(drop.outcome.place)
        name = stored_as or drop.stored_as or filing.choose_name(place, drop)
        try:
            return filing.file_away(drop, self.where(drop), place, name, result_json, errors_csv)
        except FilesMissing:
            if drop.place is Place.SPOOL:
                self._must_be_ready()  # in an inbox that went away meanwhile, missing means nothing
            raise

    def tell_undo(self, drop: Drop, undo_json: bytes) -> bool:
        """Write `….undo.json` beside the filed drop, in place of one of before; False when the drop is not there.

        May be repeated after a crash. A drop that a person moved elsewhere gets none: nothing lies alone.
        """
        self._ready(drop.place)
        content, path = self.layout.rest_path(drop), self.layout.undo_path(drop)
        if content is None or path is None or not os.path.lexists(content):
            return False
        with raising_spool_error("write", path):
            durable.write_atomic(path, undo_json, overwrite=True)
        return True

    def prune(self, keep_days: int, now: datetime) -> int:
        """Remove from archive and failed what was taken more than `keep_days` days ago; how many drops (bounded)."""
        return sum(pruning.prune(folder, keep_days, now) for folder in self._present_of(Place.ARCHIVE, Place.FAILED))

    def sweep(self, now: datetime) -> int:
        """Remove temporary files that a crash left in our folders more than an hour ago; how many."""
        removed = 0
        for folder in self._present_of(Place.SPOOL, Place.HELD, Place.ARCHIVE, Place.FAILED):
            with raising_spool_error("clean up", folder):
                removed += durable.remove_temporaries(folder, older_than_s=3600.0, now_s=now.timestamp())
        return removed

    def is_there(self, place: Place) -> bool:
        """Whether held, archive or failed is there, or could be made where it belongs."""
        try:
            return self._ready(place).is_dir()
        except SpoolError:
            return False

    # -- within ---------------------------------------------------------------------------------------------------

    def _present_id(self) -> str | None:
        with raising_spool_error("use the inbox", self.inbox):
            return inbox_id.read_id(self.inbox)

    def _must_be_ready(self) -> None:
        """Look at the proof again: between two looks another share may have come in the inbox's place."""
        present_id = self._present_id()
        if present_id is None or present_id != (self._known_id or present_id):
            raise SpoolError(inbox_id.why_away(self.inbox, present_id))

    def _ready(self, place: Place) -> Path:
        """One of our folders, made when missing if another of ours beside it proves that it belongs there."""
        folder = self.layout.place_folder(place)
        if folder.is_dir():
            return folder
        present = self._present_of(Place.HELD, Place.ARCHIVE, Place.FAILED)
        if self._present_id() is not None:  # an inbox without its proof may be a bare mount point
            present.append(self.inbox)
        if os.path.realpath(folder.parent) not in {os.path.realpath(other.parent) for other in present}:
            raise SpoolError(f"the {place} folder {folder} is missing; mount its disk or share, or create it.")
        with raising_spool_error(f"make the {place} folder", folder):
            folder.mkdir(mode=0o750, exist_ok=True)
            durable.fsync_dir(folder.parent)
        return folder

    def _present_of(self, *places: Place) -> list[Path]:
        folders = [self.layout.place_folder(place) for place in places]
        return [folder for folder in folders if folder.is_dir()]


def _remove_unfinished(folder: Path) -> None:
    """Remove what a crash left of a held file: nobody else writes there, and a group is filed as it lies."""
    durable.remove_temporaries(folder, older_than_s=-math.inf, now_s=0.0)
