"""The index of known ids: kept up with what is imported, built again from what was filed.

Room: the way in. Threads may use it at the same time; so may a command that only looks.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
import time
import traceback
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from canvas_sis_csv import Member
from canvas_sis_csv.archives import DamagedMember
from canvas_sis_csv.types import ORDER
from sisdrop.durable import is_sound, transaction
from sisdrop.known import filed
from sisdrop.known.effects import ID_OF, RENAMES, effects, kinds_doubted, renames
from sisdrop.known.filed import Filed, Illegible, Source
from sisdrop.known.lookup import Lookup
from sisdrop.known.reading import opened
from sisdrop.known.store import FILE_NAME, LaneStore, Unfit, connect, make
from sisdrop.known.verdict import UNSURE, Ended, ended, judge, may_be_in_canvas
from sisdrop.model import Drop, Message

logger = logging.getLogger("sisdrop.known")


class Known:
    """The index in one state folder. Nothing is opened or made before it is needed, and nothing raises."""

    def __init__(self, state: Path, *, behind: Callable[[], None] = lambda: None) -> None:
        """`behind` is called when something could not be taken in and `catch_up` is wanted."""
        self.path = state / FILE_NAME
        self._behind = behind
        self._mutex = threading.Lock()
        self._writing = threading.Lock()
        self._expected: set[str] = set()
        self._catching: set[str] = set()
        self._deferred: dict[str, set[tuple[str, str]]] = {}
        """The keys of imports that could not be taken in, by lane."""
        self._trouble: dict[str, str] = {}
        """What keeps a lane from being caught up with, as it was logged last."""

    # asking

    @contextmanager
    def lookup(self, lane: str, unsure: Collection[str] = (), waiting: Sequence[Member] = ()) -> Iterator[Lookup]:
        """What is known of a lane. For one thread, one preflight.

        Of the `unsure` kinds absence proves nothing, because drops on their way that could not be read yet may bring
        ids of them. `waiting` are the files of those that could be read: of the ids they bring nothing is said.
        """
        db = None
        try:
            db = connect(self.path) if self.path.exists() else None
        except (sqlite3.Error, Unfit, OSError) as error:
            logger.warning("%s cannot be used: %s", self.path, error)
        with closing(Lookup(db, lane, unsure, waiting, proves=not self.is_behind(lane))) as lookup:
            yield lookup

    def is_behind(self, lane: str) -> bool:
        """Whether the lane must be caught up with before absence proves anything."""
        with self._mutex:
            return lane in self._expected or lane in self._catching or bool(self._deferred.get(lane))

    # keeping up

    def expect(self, lane: str) -> None:
        """Trust no absence before `catch_up` has looked whether anything is missing: to be called at a start."""
        with self._mutex:
            self._expected.add(lane)

    def update(self, drop: Drop, messages: Sequence[Message], members: Callable[[], list[Member]]) -> None:
        """Take in what a drop's import brought, durably; again and again if need be, only the first time counts.

        What cannot be taken in now is left to `catch_up`, which finds it in the archive.
        """
        import_ = ended(drop, messages)
        if import_ is None or not may_be_in_canvas(import_):
            return
        try:
            is_done = self._take_in(import_, members)
        except Exception as error:  # noqa: BLE001 - a memory for notes: no error in it may keep a finished drop from its archive
            logger.warning("drop=%s its ids are not in the index of known ids yet: %s", drop.id, _for_log(error))
            is_done = False
        with self._mutex:
            waiting = self._deferred.setdefault(drop.lane, set())
            waiting.discard(import_.key)
            if not is_done:
                waiting.add(import_.key)
        if not is_done:
            self._behind()

    def _take_in(self, import_: Ended, members: Callable[[], list[Member]]) -> bool:
        """True when it is in the index; False when it must wait its turn behind older ones."""
        with self._mutex:
            if import_.lane in self._catching or not self.path.exists():
                return False
        with self._writing, closing(connect(self.path)) as db:
            store = LaneStore.find(db, import_.lane)
            if store is None:
                return False
            with transaction(db):
                _apply(store, import_, members)
        return True

    # catching up

    def catch_up(self, lane: str, sources: Sequence[Source], stop: Callable[[], bool] = lambda: False) -> bool:
        """Apply what was filed for the lane and is not in the index, oldest first; build the index when there is none.

        True when nothing is missing any more; False when it is to be tried again later, and the log says why.
        """
        try:
            is_done = self._catch_up(lane, sources, stop)
            self._trouble.pop(lane, None)
        except (OSError, sqlite3.Error, Unfit) as error:
            is_done = False
            # Once, and again when it has become another: it is tried every few seconds at first.
            if self._trouble.get(lane) != str(error):
                self._trouble[lane] = str(error)
                # A folder that is not there yet is nothing to warn of at a first start; the watcher tells of shares.
                level = logging.INFO if isinstance(error, FileNotFoundError) else logging.WARNING
                logger.log(level, "lane=%s the index of known ids cannot be built yet: %s", lane, error)
        finally:
            with self._mutex:
                self._catching.discard(lane)
        with self._mutex:
            if is_done:
                self._expected.discard(lane)
        return is_done and not self.is_behind(lane)

    def _catch_up(self, lane: str, sources: Sequence[Source], stop: Callable[[], bool]) -> bool:
        results = [result for source in sources for result in filed.results_of(source)]
        with closing(self._sound()) as db:
            store = LaneStore.find(db, lane)
            if store is None:
                with transaction(db):
                    store = LaneStore.begin(db, lane)
                    if results and any(source.is_pruned for source in sources):
                        store.set_lost()
            folders = {(result.source.feed, result.place) for result in results}
            seen = {folder: store.seen(*folder) for folder in folders}
            missing = [result for result in results if result.path.name not in seen[result.source.feed, result.place]]
            is_done = self._apply_missing(db, store, lane, missing, stop)
            if is_done:
                with transaction(db):
                    store.set_behind(False)
            with self._mutex:
                waiting = self._deferred.get(lane, set())
                waiting -= {key for key in waiting if store.has_applied(*key)}
        return is_done

    def _sound(self) -> sqlite3.Connection:
        """The index, begun anew when it is missing, damaged or of another version."""
        with self._writing:
            why = "there is none"
            if self.path.exists():
                try:
                    with closing(connect(self.path)) as db:
                        why = "" if is_sound(db) else "it is damaged"
                except sqlite3.OperationalError:
                    raise  # busy, or the disk: that says nothing about the file
                except (sqlite3.DatabaseError, Unfit) as error:
                    why = str(error)
            if why:
                logger.info("%s is built from the archive: %s", self.path, why)
                make(self.path)
            return connect(self.path)

    def _apply_missing(
        self, db: sqlite3.Connection, store: LaneStore, lane: str, missing: Sequence[Filed], stop: Callable[[], bool]
    ) -> bool:
        if not missing:
            return True
        with self._mutex:
            self._catching.add(lane)
        with transaction(db):
            store.set_behind(True)
        began = time.monotonic()
        for result in sorted(missing, key=lambda result: _by_end(result, lane)):
            if stop():
                return False
            with self._writing, transaction(db):
                _apply_filed(store, lane, result)
        if len(missing) > 1:
            logger.info("lane=%s %d results read for known ids, %.1f s", lane, len(missing), time.monotonic() - began)
        return True


def _for_log(error: Exception) -> str:
    """What went wrong, for the log. Of an error nobody foresaw only where: its text may quote a row."""
    if isinstance(error, OSError | sqlite3.Error | Unfit):
        return str(error)
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"internal error ({type(error).__name__} in {last.name}, line {last.lineno} of {Path(last.filename).name})"


def _by_end(result: Filed, lane: str) -> tuple[str, str]:
    """Sorts results as their imports ended. Read one at a time, for the order alone: some hold many messages."""
    try:
        drop = filed.read(result, lane)
    except Illegible:
        drop = None
    return (drop.ended.finished_at if drop else "", result.path.name)


def _apply_filed(store: LaneStore, lane: str, result: Filed) -> None:
    """Apply one result, or note why not. Raises OSError when it cannot be read now."""
    try:
        drop = filed.read(result, lane)
        if drop is not None:
            _apply(store, drop.ended, drop.members)
    except (Illegible, FileNotFoundError, DamagedMember) as error:  # trying again will not mend it
        store.set_lost()
        logger.warning("lane=%s known ids: %s; what it brought is not known any more", lane, error)
    store.note_seen(result.source.feed, result.place, result.path.name)


def _apply(store: LaneStore, import_: Ended, members: Callable[[], list[Member]]) -> None:
    """Take an import into the index, once, file by file in Canvas's import order. Raises what reading them raises."""
    if not may_be_in_canvas(import_) or store.has_applied(*import_.key):
        return
    is_late, diffed = import_.finished_at < store.newest(), import_.was_diffed
    since = store.note_drop(*import_.key, import_.feed)
    files = {member.name: member for member in members() if member.is_read}
    left_out = UNSURE if is_late else judge(import_, files)
    types = {name: _type_of(file) for name, file in files.items()}
    store.doubt(kinds_doubted(types.values(), import_.options, diffed=diffed))
    for name, file in sorted(files.items(), key=lambda item: (ORDER.get(types[item[0]], 0), item[0])):
        rows = left_out.rows(name)
        # Diffing imports a file of its own making, with numbers of its own.
        unsure = None if diffed and (rows or types[name] == RENAMES) else rows
        if types[name] == RENAMES:
            _apply_renames(store, file, unsure, since)
        elif types[name] in ID_OF:
            _apply_ids(store, import_, file, unsure, since)


def _apply_renames(store: LaneStore, file: Member, unsure: Collection[int] | None, since: int) -> None:
    with opened(file, numbered=bool(unsure)) as table:
        for chunk in table.chunks if table else ():
            for rename in renames(chunk, unsure):
                store.rename(rename, since)


def _apply_ids(store: LaneStore, import_: Ended, file: Member, unsure: Collection[int] | None, since: int) -> None:
    with opened(file, numbered=bool(unsure)) as table:
        if table is None:
            return
        kind, has_rows = ID_OF[table.type][1], False
        for chunk in table.chunks:
            by_id = effects(table.type, chunk, import_.options, unsure, diffed=import_.was_diffed)
            store.apply(kind, by_id, since, diffed=import_.was_diffed)
            has_rows = has_rows or chunk.size > 0
        if has_rows and unsure is not None and kind == table.type:
            store.brought(kind)


def _type_of(member: Member) -> str:
    """The file's type; empty when Canvas drops it."""
    with opened(member, numbered=False) as table:
        return table.type if table else ""
