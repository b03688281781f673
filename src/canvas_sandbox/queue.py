"""The import queue of the one root account: a worker that performs one import after the other.

Room: the store, the engine and one thread of its own (plus one for Canvas's late jobs). All writing to the engine
happens on the worker. Waiting is by condition variable, so that an abort or the end of the sandbox is seen at once.
"""

from __future__ import annotations

import functools
import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError, Future
from typing import Any, Protocol, TypeVar

from canvas_sandbox import clock as canvas_time
from canvas_sandbox.clock import Clock
from canvas_sandbox.import_store import RUNNING, STATE_AS_PUT, ImportStore
from canvas_sandbox.report import Aborted, ImportJob, RunReport, RunResult
from canvas_sandbox.rows import ImportRow
from canvas_sandbox.shapes import ENDED, OTHER_USER_ID
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
    ) -> int:
        """Undo the state changes of an import."""


class ImportQueue:
    """Takes `created` imports, oldest first, one at a time; `close` ends its threads."""

    def __init__(self, store: ImportStore, engine: ImportEngine, clock: Clock) -> None:
        self._store = store
        self._engine = engine
        self._clock = clock
        self._cond = threading.Condition()
        self._chores: list[tuple[Callable[[], Any], Future[Any]]] = []
        self._later: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._not_before = 0.0
        self._running: int | None = None
        self._stopping = False
        self.holds = Stalls()
        self._treatments: dict[int, RunFaults] = {}
        self._threads = [
            threading.Thread(target=self._work, name="sandbox-imports", daemon=True),
            threading.Thread(target=self._do_later, name="sandbox-later", daemon=True),
        ]
        store.fail_interrupted()
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Stop both threads, the running import included, and wait for them."""
        with self._cond:
            self._stopping = True
            self._cond.notify_all()
        for thread in self._threads:
            thread.join()
        for _, future in self._chores:
            future.cancel()

    # what requests do

    def wake(self) -> None:
        """Something changed: look at the queue again."""
        with self._cond:
            self._cond.notify_all()

    def looked_at(self, import_id: int) -> None:
        """An answer showed this import."""
        self.holds.looked_at(import_id)
        with self._cond:
            treatment = self._treatments.get(import_id)
            if treatment and treatment.looks_left > 0:
                treatment.looks_left -= 1
                self._cond.notify_all()

    def treat(self, import_id: int, treatment: RunFaults) -> None:
        """Let faults have their way with an import that is not queued yet."""
        with self._cond:
            self._treatments[import_id] = treatment

    def abort(self, import_id: int) -> bool:
        """Abort an import that has not ended; False when it has (or never was).

        When it was running and others wait, the next one starts only ten minutes (of Canvas's time) later.
        """
        row = self._store.get(import_id)
        if not self._store.change(import_id, only_in=UNFINISHED, workflow_state="aborted"):
            return False
        self.holds.forget(import_id)
        with self._cond:
            if row and row.workflow_state in RUNNING:
                self._not_before = time.monotonic() + self._clock.span(canvas_time.ABORT_PAUSE_S)
            self._cond.notify_all()
        return True

    def abort_all_pending(self) -> None:
        """Abort everything that has not begun; a running import goes on."""
        for import_id in self._store.abort_pending():
            self.holds.forget(import_id)
        self.wake()

    def hold(self, import_id: int, state: str, looks: int | None) -> None:
        """Keep an import in `state` until it was shown `looks` times (None: until released), then let it run."""
        started: dict[str, Any] = {"started_at": self._store.now()} if state in RUNNING else {}
        self._store.change(import_id, workflow_state=state, **started)

        def release() -> None:
            if self._store.change(import_id, only_in=(state,), workflow_state="created"):
                self.wake()

        self.holds.add("state", import_id, Stall(looks, release))

    def place_foreign(self, *, state: str, end_state: str, looks: int | None) -> int:
        """An import that another user started, in `state` until it was shown `looks` times; nothing is imported."""
        options = {"skip_deletes": False, "update_sis_id_if_login_claimed": False}
        import_id = self._store.add_import(OTHER_USER_ID, {"import_type": "instructure_csv"}, state=state)
        self._store.change(import_id, options=options, started_at=self._store.now() if state in RUNNING else None)

        def release() -> None:
            now = self._store.now()
            ended: dict[str, Any] = {"workflow_state": end_state, "progress": 100, "started_at": now, "ended_at": now}
            if self._store.change(import_id, only_in=(state,), **ended):
                self.wake()

        self.holds.add("foreign", import_id, Stall(looks, release))
        return import_id

    def let_go(self) -> None:
        """Forget every fault that keeps a running import from ending."""
        with self._cond:
            for treatment in self._treatments.values():
                treatment.looks_left = 0
            self._treatments.clear()
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
        """Begin undoing an import; the Progress row tells how far it is."""
        self._store.change(import_id, workflow_state="restoring")
        with self._cond:
            self._chores.append((lambda: self._restore(import_id, progress_id, flags), Future()))
            self._cond.notify_all()

    def forget(self) -> None:
        """Drop all that was planned for imports which are no more (runs as a chore)."""
        self.holds.drop()
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

    def _has_ended(self, import_id: int) -> bool:
        return self._running != import_id and self._state(import_id) in (*ENDED, "restored", "partially_restored")

    def _state(self, import_id: int) -> str:
        row = self._store.get(import_id)
        return row.workflow_state if row else "aborted"

    # the worker

    def _work(self) -> None:
        while True:
            with self._cond:
                while not self._has_work():
                    self._cond.wait(max(0.0, self._not_before - time.monotonic()) if self._not_before else None)
                if self._stopping:
                    return
                chore = self._chores.pop(0) if self._chores else None
                row = None if chore or self._rest() else self._store.next_created()
                self._running = row.id if row else None
            if chore:
                _fulfil(*chore)
            elif row:
                self._perform(row)
                with self._cond:
                    self._running = None
                    self._cond.notify_all()

    def _rest(self) -> float:
        """Seconds until the pause after an abort is over."""
        rest = max(0.0, self._not_before - time.monotonic())
        if rest == 0:
            self._not_before = 0.0
        return rest

    def _has_work(self) -> bool:
        if self._stopping or self._chores:
            return True
        return self._rest() == 0 and self._store.next_created() is not None

    def _perform(self, row: ImportRow) -> None:
        treatment = self._treatments.get(row.id, RunFaults())
        pause = functools.partial(self._pause, row.id)
        run = StoredReport(self._store, row, pause, shows_progress=not treatment.looks)
        try:
            self._pause(row.id, canvas_time.START_S)
            if not self._store.change(
                row.id, only_in=("created",), workflow_state="importing", started_at=self._store.now()
            ):
                return
            self.wake()
            self._store.remember(STATE_AS_PUT, None)
            if treatment.fails:
                raise FailedByFault("the sandbox was told to fail this import")  # noqa: TRY301 - as the engine would
            result = self._engine.perform(self._job(row), run)
            self._linger(row.id, treatment)
        except Aborted:
            run.abandon()
            return
        except Exception as error:  # a bug of the engine ends one import, as in Canvas, not the sandbox
            if not isinstance(error, FailedByFault):
                log.exception("import %s failed", row.id)
            self._store.change(row.id, only_in=RUNNING, **run.break_down(error))
            return
        self._end(row.id, run.finish(result), treatment.errors_after)

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
            self.holds.add("errors", import_id, Stall(looks, lambda: self._write_errors(import_id)))
        elif self._clock.waits:
            self._at(canvas_time.ERRORS_ATTACHMENT_S, lambda: self._write_errors(import_id))
        else:
            self._write_errors(import_id)

    def _write_errors(self, import_id: int) -> None:
        row = self._store.get(import_id)
        if row:
            write_errors_file(self._store, row)

    def _pause(self, import_id: int, seconds: float) -> None:
        """Wait Canvas's seconds; raise Aborted as soon as the import was aborted or the sandbox ends."""
        with self._cond:
            self._cond.wait_for(lambda: self._is_over(import_id), timeout=self._clock.span(seconds))
            if self._is_over(import_id):
                raise Aborted

    def _linger(self, import_id: int, treatment: RunFaults) -> None:
        """Let a run end only after it was looked at as often as a fault wants; its progress shows it."""
        with self._cond:
            while treatment.looks_left > 0:
                if self._is_over(import_id):
                    raise Aborted
                self._store.change(import_id, only_in=RUNNING, progress=treatment.progress)
                self._cond.wait()

    def _is_over(self, import_id: int) -> bool:
        if self._stopping:
            return True
        row = self._store.get(import_id)
        return row is None or row.workflow_state == "aborted"

    def _restore(self, import_id: int, progress_id: int, flags: Mapping[str, bool]) -> None:
        def tell(completion: int) -> None:
            self._store.change_progress(progress_id, "running", min(99, completion))

        tell(0)
        self._store.remember(STATE_AS_PUT, None)
        try:
            self._engine.restore(
                import_id,
                batch_mode=flags["batch_mode"],
                undelete_only=flags["undelete_only"],
                unconclude_only=flags["unconclude_only"],
                report_progress=tell,
            )
        except Exception as error:  # the job ends as failed; the sandbox goes on
            log.exception("restore of import %s failed", import_id)
            self._store.change_progress(progress_id, "failed", 0, f"{type(error).__name__}: {error}")
            return
        state = "partially_restored" if any(flags.values()) else "restored"
        self._store.change(import_id, workflow_state=state)
        self._store.change_progress(progress_id, "completed", 100)

    # Canvas's late jobs

    def _at(self, seconds: float, job: Callable[[], None]) -> None:
        with self._cond:
            heapq.heappush(self._later, (time.monotonic() + self._clock.span(seconds), next(self._order), job))
            self._cond.notify_all()

    def _do_later(self) -> None:
        while True:
            with self._cond:
                while not self._stopping and not self._due():
                    self._cond.wait(self._next_due())
                if self._stopping:
                    return
                job = heapq.heappop(self._later)[2] if self._due() else None
            if job:
                job()

    def _due(self) -> bool:
        return bool(self._later) and self._later[0][0] <= time.monotonic()

    def _next_due(self) -> float | None:
        return max(0.0, self._later[0][0] - time.monotonic()) if self._later else None


def _fulfil(chore: Callable[[], Any], future: Future[Any]) -> None:
    try:
        future.set_result(chore())
    except BaseException as error:  # noqa: BLE001 - handed to the thread that asked
        future.set_exception(error)
