"""The service without threads: somebody turns its workers, one after the other."""

from __future__ import annotations

from sisdrop.errors import CanvasError, SpoolError, StateError
from sisdrop.steps import Again, Context, Idle, Wait, When
from sisdrop.workers import Service
from sisdrop.workers.schedule import Role
from sisdrop.workers.worker import AFTER_ERROR_S, Turn, Worker


class StillWorker(Worker):
    """A worker that turns when it is told to."""

    is_alive = False

    def start(self) -> None:
        """No thread."""

    def join(self, timeout_s: float) -> None:
        """Nothing to wait for."""

    def turn(self) -> When:
        """One turn, errors included, as the loop of a thread takes it; an internal error is the test's."""
        try:
            return self._turn()
        except (SpoolError, CanvasError, StateError, OSError):
            return Wait(AFTER_ERROR_S)


class StillService(Service):
    """A service whose time and threads are the test's."""

    def start(self) -> None:
        self.contexts: list[Context] = []
        super().start()

    def _add_lane(self, context: Context) -> None:
        self.contexts.append(context)
        super()._add_lane(context)

    def _add(self, name: str, turn: Turn) -> Worker:
        worker = StillWorker(name, turn, self._stop, on_lost=self._lose)
        self._workers.append(worker)
        return worker

    def turn(self) -> When:
        """One turn of everybody, and when sender or checker want the next one.

        How long a file must lie still is the watchers' affair and real time; of that nothing is said here.
        """
        whens = {worker.name.partition(" ")[0]: worker.turn() for worker in self._workers}  # type: ignore[attr-defined]
        ours = [when for role, when in whens.items() if role in {Role.SEND, Role.CHECK}]
        if any(isinstance(when, Again) for when in ours):
            return Again()
        waits = [when.seconds for when in ours if isinstance(when, Wait)]
        return Wait(min(waits)) if waits else Idle()

    def die(self) -> None:
        """Let go of what a dead process would let go of."""
        for watcher in self._watchers:
            watcher.stop()
        for context in self.contexts:
            context.canvas.close()
