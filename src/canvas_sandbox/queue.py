"""The import queue of the one root account: a worker that performs one import after the other.

Room: the store, the engine and one thread of its own. All writing to the engine happens on the worker. Waiting is by
condition variable, so that an abort or the end of the sandbox is seen at once. Source of the states and of what moves
them: Canvas's public source, SisBatch.
"""

from __future__ import annotations

import functools
import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError, Future
from datetime import timedelta
from typing import Any, Protocol, TypeVar

from canvas_sandbox import clock as canvas_time
from canvas_sandbox.clock import Clock
from canvas_sandbox.import_store import RUNNING, STATE_AS_PUT, ImportStore
from canvas_sandbox.late_jobs import LateJobs
from canvas_sandbox.report import Aborted, ImportJob, RunReport, RunResult
from canvas_sandbox.rows import ImportRow
from canvas_sandbox.shapes import ENDED, RESTORED, STATISTIC_TYPES
from canvas_sandbox.stalls import RunFaults, Stall, Stalls
from canvas_sandbox.stored_report import StoredReport, write_errors_file

log = logging.getLogger(__name__)
T = TypeVar("T")
UNFINISHED = ("initializing", "created", "importing", "cleanup_batch")
"""What can be aborted."""


class FailedByFault(Exception):
    """A fault wants the import to end in an exception."""


class ImportEngine(Protocol):
    """The part of the engine that the queue needs."""

    def perform(self, job: ImportJob, report: RunReport) -> RunResult:
        """Import one upload."""

    def restore(
        self,
        import_id: int,
        *,
        batch_mode: bool,
        undelete_only: bool,
        unconclude_only: bool,
        report_progress: Callable[[int], None],
    ) -> Mapping[str, int]:
        """Undo the state changes of an import; how many there were, by Canvas's class name."""


class ImportQueue:
    """Takes `created` imports, oldest first, one at a time; `close` ends its threads."""

    def __init__(self, store: ImportStore, engine: ImportEngine, clock: Clock) -> None:
        self._store = store
        self._engine = engine
        self._clock = clock
        self._cond = threading.Condition()
        self._chores: list[tuple[Callable[[], Any], Future[Any]]] = []
        """What must not happen while an import runs, and goes before the next one."""
        self._not_before = 0.0
        """On the monotonic clock: when the pause after an abort is over; 0.0 when there is none."""
        self._running: int | None = None
        """The import on the worker, until everything that comes at once with its end is written."""
        self._busy = False
        """Whether the worker does something that ends by itself."""
        self._stopping = False
        self.stalls = Stalls()
        self._faults: dict[int, RunFaults] = {}
        self._thread = threading.Thread(target=self._work, name="sandbox-imports", daemon=True)
        # Before the worker looks: an import that still counts as running would block the queue for good.
        store.fail_interrupted()
        self._late_jobs = LateJobs()
        self._thread.start()

    def close(self) -> None:
        """End the running import, and both threads."""
        with self._cond:
            self._stopping = True
            self._cond.notify_all()
        self._thread.join()
        self._late_jobs.close()
        # Who asked for a chore that never began must not wait for ever.
        for _, future in self._chores:
            future.cancel()

    # what requests do

    def wake(self) -> None:
        """Something changed: look at the queue again."""
        with self._cond:
            self._cond.notify_all()

    def looked_at(self, import_id: int) -> None:
        """An answer showed this import."""
        self.stalls.looked_at(import_id)
        with self._cond:
            faults = self._faults.get(import_id)
            if faults and faults.looks_left > 0:
                faults.looks_left -= 1
                self._cond.notify_all()

    def set_faults(self, import_id: int, faults: RunFaults) -> None:
        """Let faults have their way with an import that is not queued yet."""
        with self._cond:
            self._faults[import_id] = faults

    def abort(self, import_id: int) -> bool:
        """Abort an import that has not ended; False when it has (or never was).

        When it was running and others wait, the next one starts only ten minutes (of Canvas's time) later.
        """
        # In one go for the worker: it must not see the abort and begin the next import before that has to wait.
        with self._cond:
            row = self._store.get(import_id)  # asked before: afterwards nothing tells whether it was running
            if not self._store.change(import_id, only_in=UNFINISHED, workflow_state="aborted"):
                return False
            self.stalls.forget(import_id)
            if row and row.workflow_state in RUNNING:
                # Canvas's API documentation of `abort`: the next import starts about ten minutes later.
                self._not_before = time.monotonic() + self._clock.span(canvas_time.ABORT_PAUSE_S)
            self._cond.notify_all()
        return True

    def abort_all_pending(self) -> None:
        """Abort everything that has not begun; a running import goes on."""
        for import_id in self._store.abort_pending():
            self.stalls.forget(import_id)
        self.wake()

    def stall(self, import_id: int, state: str, looks: int | None) -> None:
        """Keep an import in `state` until it was shown `looks` times (None: until released), then let it run."""
        started: dict[str, Any] = {"started_at": self._store.now()} if state in RUNNING else {}

        def release() -> None:
            # Only from the state it was put into: meanwhile it may have been aborted.
            if self._store.change(import_id, only_in=(state,), workflow_state="created"):
                self.wake()

        # In one go for the worker: it must not see an import in `created` that is not held yet.
        with self._cond:
            self._store.change(import_id, workflow_state=state, **started)
            self.stalls.add("state", import_id, Stall(looks, release))

    def place_foreign(self, *, state: str, end_state: str, looks: int | None, user_id: int, age_s: int) -> int:
        """An import that another program started, `age_s` seconds ago, in `state` until it was shown `looks` times;
        nothing is imported."""
        options = {"skip_deletes": False, "update_sis_id_if_login_claimed": False}
        started_at = self._store.now() if state in RUNNING else None

        def release() -> None:
            now = self._store.now()
            ended: dict[str, Any] = {"workflow_state": end_state, "progress": 100, "started_at": now, "ended_at": now}
            if self._store.change(import_id, only_in=(state,), **ended):
                self.wake()

        with self._cond:
            import_id = self._store.add_import(user_id, {"import_type": "instructure_csv"}, state=state)
            made_at = canvas_time.instant(self._clock.now() - timedelta(seconds=age_s))
            self._store.change(import_id, options=options, started_at=started_at, created_at=made_at)
            self.stalls.add("foreign", import_id, Stall(looks, release))
        return import_id

    def let_go(self) -> None:
        """Forget every fault that keeps a running import from ending."""
        with self._cond:
            # The running import has its own reference: its looks are used up, not only forgotten.
            for faults in self._faults.values():
                faults.looks_left = 0
            self._faults.clear()
            self._cond.notify_all()

    def do(self, chore: Callable[[], T], *, interrupt: bool = False) -> T:
        """Run `chore` on the worker, between imports, and return its result; `interrupt` ends the running import."""
        future: Future[T] = Future()
        with self._cond:
            if self._stopping:
                raise CancelledError
            self._chores.append((chore, future))
            if interrupt and self._running is not None:
                self._store.change(self._running, workflow_state="aborted")
            self._cond.notify_all()
        return future.result()

    def restore(self, import_id: int, progress_id: int, flags: Mapping[str, bool]) -> None:
        """Begin undoing an import once the worker has time; the Progress row tells how far it is.

        Until then the import looks as before: in Canvas, too, its state is changed by the job, not by the request.
        """
        with self._cond:
            self._chores.append((lambda: self._restore(import_id, progress_id, flags), Future()))
            self._cond.notify_all()

    def forget(self) -> None:
        """Drop all that was planned for imports which are no more (runs as a chore)."""
        self.stalls.drop()
        self.let_go()
        with self._cond:
            self._not_before = 0.0

    def wait_for_end(self, import_id: int) -> str:
        """Wait until an import has ended and all is written that comes at once with its end; its state."""
        with self._cond:
            self._cond.wait_for(lambda: self._stopping or self._has_ended(import_id))
        return self._state(import_id)

    def wait_for_state(self, import_id: int, state: str) -> None:
        """Wait until an import is in `state`, or has ended."""
        with self._cond:
            self._cond.wait_for(lambda: self._stopping or self._state(import_id) == state or self._has_ended(import_id))

    def wait_until_quiet(self) -> None:
        """Wait until nothing moves any more by itself: all that is left waits to be looked at, or for a person."""
        with self._cond:
            self._cond.wait_for(lambda: self._stopping or self._is_quiet())

    def _is_quiet(self) -> bool:
        if self._busy or self._chores:
            return False
        if self._running is None:
            return self._store.next_created(self.stalls.ids()) is None
        # It lingers: until it was looked at often enough, or is aborted.
        faults = self._faults.get(self._running)
        return faults is not None and faults.looks_left > 0 and not self._is_over(self._running)

    def _has_ended(self, import_id: int) -> bool:
        # Its state alone is not enough: its error file may still be being written.
        return self._running != import_id and self._state(import_id) in (*ENDED, *RESTORED)

    def _state(self, import_id: int) -> str:
        row = self._store.get(import_id)
        return row.workflow_state if row else "aborted"

    # the worker

    def _work(self) -> None:
        while True:
            chore = row = None
            with self._cond:
                while not self._stopping and chore is None and row is None:
                    pause = self._not_before - time.monotonic()
                    if self._chores:
                        chore = self._chores.pop(0)
                    elif pause > 0:
                        self._cond.wait(pause)
                    elif (row := self._store.next_created(self.stalls.ids())) is None:
                        self._cond.wait()
                if self._stopping:
                    return
                self._running = row.id if row else None
                self._busy = True
            if chore:
                _fulfil(*chore)
            elif row:
                self._perform(row)
            with self._cond:
                self._running, self._busy = None, False
                self._cond.notify_all()

    def _perform(self, row: ImportRow) -> None:
        faults = self._faults.get(row.id, RunFaults())
        pause = functools.partial(self._pause, row.id)
        run = StoredReport(self._store, row, pause, shows_progress=not faults.looks)
        try:
            self._pause(row.id, canvas_time.START_S)
            # An abort may have come while it waited for its start.
            if not self._store.change(
                row.id, only_in=("created",), workflow_state="importing", started_at=self._store.now()
            ):
                return
            self.wake()
            self._store.remember(STATE_AS_PUT, None)
            if faults.fails:
                raise FailedByFault("the sandbox was told to fail this import")  # noqa: TRY301 - as the engine would
            result = self._engine.perform(self._job(row), run)
            self._linger(row.id, faults)
        except Aborted:
            run.abandon()
            return
        except Exception as error:  # a bug of the engine ends one import, as in Canvas, not the sandbox
            if not isinstance(error, FailedByFault):
                log.exception("import %s failed", row.id)
            self._store.change(row.id, only_in=RUNNING, **run.break_down(error))
            return
        self._end(row.id, run.finish(result), faults.errors_after)

    def _job(self, row: ImportRow) -> ImportJob:
        base = self._store.diff_base(row)
        return ImportJob(
            id=row.id,
            upload=self._store.upload_path(row),
            filename=row.filename or "",
            features=frozenset(self._store.setting("features") or ()),
            options={name: value for name, value in (row.options or {}).items() if value is not None},
            user_sis_id=self._store.setting("runs_as"),
            base=self._store.upload_path(base) if base else None,
            base_id=base.id if base else None,
            base_filename=base.filename if base else None,
        )

    def _end(self, import_id: int, columns: dict[str, Any], looks: int | None) -> None:
        """Store how it ended; its errors_attachment comes `looks` answers later, or when Canvas's time has come."""
        if not self._store.change(import_id, only_in=RUNNING, **columns) or looks is None:
            return
        if looks:
            self.stalls.add("errors", import_id, Stall(looks, lambda: write_errors_file(self._store, import_id)))
        elif self._clock.waits:
            # In Canvas it is a background job of its own: the import has ended, and its file is not there yet.
            seconds = self._clock.span(canvas_time.ERRORS_ATTACHMENT_S)
            self._late_jobs.add(seconds, lambda: write_errors_file(self._store, import_id))
        else:
            write_errors_file(self._store, import_id)

    def _pause(self, import_id: int, seconds: float) -> None:
        """Wait Canvas's seconds; raise Aborted as soon as the import was aborted or the sandbox ends."""
        with self._cond:
            self._cond.wait_for(lambda: self._is_over(import_id), timeout=self._clock.span(seconds))
            if self._is_over(import_id):
                raise Aborted

    def _linger(self, import_id: int, faults: RunFaults) -> None:
        """Let a run end only after it was looked at as often as a fault wants; its progress shows it."""
        with self._cond:
            while faults.looks_left > 0:
                if self._is_over(import_id):
                    raise Aborted
                self._store.change(import_id, only_in=RUNNING, progress=faults.progress)
                self._busy = False
                self._cond.notify_all()
                self._cond.wait()
                self._busy = True

    def _is_over(self, import_id: int) -> bool:
        if self._stopping:
            return True
        row = self._store.get(import_id)
        # None: a new state of Canvas was put meanwhile, and every import is gone.
        return row is None or row.workflow_state == "aborted"

    def _restore(self, import_id: int, progress_id: int, flags: Mapping[str, bool]) -> None:
        def show(completion: int) -> None:
            # 100 belongs to the end: clients take it for done.
            self._store.change_progress(progress_id, "running", min(99, completion))

        before = self._store.get(import_id)
        show(0)
        self._store.change(import_id, workflow_state="restoring")
        self._store.remember(STATE_AS_PUT, None)
        try:
            restored = self._engine.restore(
                import_id,
                batch_mode=flags["batch_mode"],
                undelete_only=flags["undelete_only"],
                unconclude_only=flags["unconclude_only"],
                report_progress=show,
            )
        except Exception as error:  # the job ends as failed; the sandbox goes on, and the import stays `restoring`
            log.exception("restore of import %s failed", import_id)
            self._store.change_progress(progress_id, "failed", 0, f"{type(error).__name__}: {error}")
            return
        state = "partially_restored" if any(flags.values()) else "restored"
        self._store.change(import_id, workflow_state=state, data=_with_restored(before, restored))
        self._store.change_progress(progress_id, "completed", 100)
        self.wake()  # somebody may wait for the state


def _with_restored(before: ImportRow | None, restored: Mapping[str, int]) -> dict[str, Any]:
    """The `data` of a restored import: `restored` of each class in its statistics is what was put back, all told."""
    data = dict(before.data) if before else {}
    again = before is not None and before.workflow_state in RESTORED
    counts = dict(data.get("statistics") or {})
    for name in STATISTIC_TYPES:
        earlier = counts.get(name, {}).get("restored", 0) if again else 0
        counts[name] = {**counts.get(name, {}), "restored": earlier + restored.get(name, 0)}
    return {**data, "statistics": counts}


def _fulfil(chore: Callable[[], Any], future: Future[Any]) -> None:
    try:
        future.set_result(chore())
    except BaseException as error:  # noqa: BLE001 - handed to the thread that asked
        future.set_exception(error)
