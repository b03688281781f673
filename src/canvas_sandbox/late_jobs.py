"""What Canvas does some time after an import has ended: jobs that wait for their moment, on a thread of their own.

Room: memory, one thread, the monotonic clock. Knows nothing of what a job does.
"""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable

Job = Callable[[], None]


class LateJobs:
    """Runs each job once its seconds are over, the earliest first; `close` drops those that still wait."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: list[tuple[float, int, Job]] = []
        # Of two jobs for the same moment the one added first runs first; jobs themselves have no order.
        self._order = itertools.count()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="sandbox-later", daemon=True)
        self._thread.start()

    def add(self, seconds: float, job: Job) -> None:
        """Run `job` in so many real seconds."""
        with self._changed:
            heapq.heappush(self._waiting, (time.monotonic() + seconds, next(self._order), job))
            self._changed.notify()

    def close(self) -> None:
        """End the thread; a job that is running is waited for."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        while job := self._next():
            job()

    def _next(self) -> Job | None:
        """Wait for the next job that is due; None when the thread shall end."""
        with self._changed:
            while not self._stopping:
                wait = self._waiting[0][0] - time.monotonic() if self._waiting else None
                if wait is not None and wait <= 0:
                    return heapq.heappop(self._waiting)[2]
                self._changed.wait(wait)
        return None
