"""File system events as hints: which names to look at, and what vouches for them.

The threads of watchdog do three lines of ours for each event, none of which can raise: an exception there would end
the observer for good (watchdog issues 427, 663, 793). They note a name and wake the watcher; they never look.

On Linux two observers share the work. One hears only "closed after writing", so that it is never held up; the other
only renames. A single one would hold every event behind our own rename out of the inbox for half a second, while it
waits for that rename's other end.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path

from watchdog.events import DirMovedEvent, FileClosedEvent, FileMovedEvent, FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver

from sisdrop.watch.settle import Hint

_MOST_NAMES = 20_000
"""Noted names between two looks; more are forgotten, and found by the listing all the same."""
_HANDLES = 8
"""At least as many as the observers open."""
_LIBRARY_LOG = logging.getLogger("watchdog.observers.inotify_c")

# An emitter that is stopped while it reads logs an error about it; there is nothing wrong.
logging.getLogger("watchdog.observers.inotify").addFilter(
    lambda record: "called when the thread is inactive" not in record.getMessage()
)


class Hints:
    """Events of one folder, from `start` to `stop`."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._names: deque[tuple[str, Hint]] = deque(maxlen=_MOST_NAMES)
        self._observers: list[BaseObserver] = []
        self.overflows = 0
        """How often the kernel or watchdog lost events. Each time the watcher is woken: the listing knows them."""

    def start(self, folder: str) -> None:
        """Watch `folder`, a real path (a link would stay silent). Raises OSError, and then watches nothing."""
        self.stop()
        self._names.clear()  # they may be another folder's
        _must_have_handles()
        _LIBRARY_LOG.addFilter(self._note_overflow)
        try:
            for observer, hint, events in _observers():
                self._observers.append(observer)
                observer.schedule(_Noter(hint, self._names, self._wake), folder, event_filter=events)
            for observer in self._observers:
                observer.start()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End all threads; may take half a second. May be called again."""
        _LIBRARY_LOG.removeFilter(self._note_overflow)
        observers, self._observers = self._observers, []
        # All are told before one is waited for: their half seconds pass together.
        for observer in observers:
            observer.stop()
        for observer in observers:
            with contextlib.suppress(RuntimeError):  # never started
                observer.join()

    def alive(self) -> bool:
        """Whether all threads that bring events are there. The observer alone may live on with dead emitters."""
        return bool(self._observers) and all(_is_whole(observer) for observer in self._observers)

    def drain(self) -> dict[str, Hint]:
        """The names noted since the last call, each with the strongest of what the events said of it."""
        strongest: dict[str, Hint] = {}
        if len(self._names) == self._names.maxlen:
            self.overflows += 1  # the oldest were forgotten
        with contextlib.suppress(IndexError):
            while True:
                name, hint = self._names.popleft()
                if hint is not Hint.TOUCHED or name not in strongest:
                    strongest[name] = hint
        return strongest

    def _note_overflow(self, record: logging.LogRecord) -> bool:
        """A filter that lets all pass: the log is the only place where watchdog tells that events were lost."""
        with contextlib.suppress(Exception):
            if record.levelno >= logging.WARNING and "overflow" in record.getMessage().lower():
                self.overflows += 1
                self._wake()
        return True


def _observers() -> Iterator[tuple[BaseObserver, Hint, list[type[FileSystemEvent]] | None]]:
    """The observers this system needs, with what their events say of a name and which events they hear (None: all)."""
    if sys.platform != "linux":
        yield Observer(), Hint.TOUCHED, None
        return
    from watchdog.observers.inotify import InotifyObserver

    yield InotifyObserver(), Hint.CLOSED, [FileClosedEvent]
    # full events: else what is moved in from elsewhere is called "created", as is what has just been begun
    yield InotifyObserver(generate_full_events=True), Hint.MOVED, [FileMovedEvent, DirMovedEvent]


class _Noter(FileSystemEventHandler):
    """Notes the name an event is about, and wakes the watcher."""

    def __init__(self, hint: Hint, names: deque[tuple[str, Hint]], wake: Callable[[], None]) -> None:
        self._hint = hint
        self._names = names
        self._wake = wake

    def dispatch(self, event: FileSystemEvent) -> None:
        with contextlib.suppress(BaseException):
            path = event.dest_path if self._hint is Hint.MOVED else event.dest_path or event.src_path
            if path:  # else it was moved out, as we do ourselves: nothing came
                self._names.append((Path(os.fsdecode(path)).name, self._hint))
                self._wake()


def _must_have_handles() -> None:
    """Raise OSError(EMFILE) before watchdog does: it leaves one open each time it finds too few."""
    with contextlib.ExitStack() as taken:
        for _ in range(_HANDLES):
            taken.callback(os.close, os.open(os.devnull, os.O_RDONLY))


def _is_whole(observer: BaseObserver) -> bool:
    """Whether the observer lives with its emitters and, on Linux, with the thread that reads from the kernel."""
    reader = getattr(observer, "_inotify_fd", None)
    parts = [*observer.emitters, *([reader] if isinstance(reader, threading.Thread) else [])]
    return observer.is_alive() and bool(observer.emitters) and all(part.is_alive() for part in parts)
