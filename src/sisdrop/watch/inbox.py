"""An inbox being watched: hints wake, every look lists, observations decide."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from sisdrop.model import Clock, DropKind, Stat, Waiting
from sisdrop.watch.candidate import Candidate, Look, as_candidate, combine, group
from sisdrop.watch.listing import (
    Entries,
    Listing,
    Sight,
    WordFile,
    leave_copies,
    list_inbox,
    see_files,
    see_folder,
    see_words,
    sort_out,
)
from sisdrop.watch.probe import probe
from sisdrop.watch.settings import Settings, rules_for
from sisdrop.watch.settle import Content, Hint, Observation, Pending
from sisdrop.watch.supervisor import Supervisor
from sisdrop.watch.tracker import Tracker

_LOOKS_AT_ONCE = {False: 5_000, True: 500}
"""Entries looked at (`lstat`) in one look, on a local disk and on a share, where each costs a round trip."""
_PROBES_AT_ONCE = {False: 1_000, True: 50}
"""Files opened in one look."""
_MOST_INCOMPLETE = 1_000
"""Names without their other half that are shown; of the rest the number."""
_MOST_HINTS = 20_000
"""Hints kept for names whose turn has not come."""
_SOONEST_S = 0.02
_AGAIN_S = 1.0
"""How often what has settled already, or cannot be seen, is looked at again."""
_LASTING = frozenset({Content.GOOD, Content.UNSURE, Content.CUT_OFF, Content.HEADER_ALONE})
"""What a second reading would not change as long as size and times stand still."""


class Inbox:
    """One inbox. All but the hints' own threads belong to one thread, the watcher's; nothing here raises.

    `wake` is called from other threads when something may have happened; it must only set a flag or an event. The clock
    is not scaled: how long a file must lie still depends on its writer, who is not in a hurry because we are.
    """

    def __init__(
        self,
        path: Path,
        settings: Settings,
        wake: Callable[[], None],
        clock: Clock | None = None,
        *,
        was_dropped: Callable[[str], bool] = lambda _: False,
    ) -> None:
        """`was_dropped`: whether a file of that name was taken from here before; asked of what may be a copy of it."""
        self.path = path
        self._settings = settings
        self._clock = clock or Clock()
        self._was_dropped = was_dropped
        self._tracker = Tracker()
        self._incomplete_since: dict[str, str] = {}
        self._supervisor = Supervisor(path, settings.watch, settings.poll_s, wake, self._clock.monotonic)
        self._rules = rules_for(settings.settle_s, share=False)
        self._due = self._clock.monotonic()
        self._probes_left = 0
        self._words: dict[str, Stat] = {}
        self._hints: dict[str, Hint] = {}
        self._hearing: tuple[int, int] | None = None
        self._silence_tells = True
        """Whether a writer who was not heard closing his file has it open still: not where events do not reach us."""

    # -- for the watcher ----------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to listen for events, where they can be trusted. Without them the inbox is listed every `poll_s`."""
        self._check_place()

    def stop(self) -> None:
        """End all threads; takes at most about a second. May be called again."""
        self._supervisor.stop()

    @property
    def listens(self) -> bool:
        """Whether events are heard now; if not, the inbox is listed every `poll_s` alone."""
        return self._supervisor.hints.alive()

    @property
    def overflows(self) -> int:
        """How often events were lost because too many came at once. No file is: the listing knows them."""
        return self._supervisor.hints.overflows

    @property
    def next_look_s(self) -> float:
        """Seconds until the next look is due, unless woken before."""
        return max(0.0, self._due - self._clock.monotonic())

    def returned(self, paths: Iterable[str]) -> None:
        """A candidate's `paths` could not be taken, or were put back: they settle anew, each time for longer.

        Call it after every claim that ended in Changed, and after `put_back`. What events say of these names (our own
        move back into the inbox makes one) vouches for nothing any more.
        """
        self._tracker.returned(paths, self._clock.monotonic())

    def look(self) -> Look:
        """List the inbox and say what has settled. Reads only.

        What has settled is offered in every look until it is claimed (and so gone) or changes.
        """
        began = self._clock.monotonic()
        self._check_place()
        self._hints |= self._supervisor.hints.drain()  # before the listing: what is noted later is for the next look
        try:
            listing = list_inbox(self.path, self._settings.done_suffix)
        except OSError as error:
            self._due = began + self._settings.poll_s
            return Look(problem=f"the inbox {self.path} cannot be listed: {(error.strerror or str(error)).lower()}.")
        leave_copies(listing, self._was_dropped)
        now, moment = self._clock.monotonic(), self._clock.time()
        entries = sort_out(listing, self._settings.done_suffix, self._see_folder)
        words = self._see_words(listing)
        beyond = self._tracker.keep(entries.entries, moment, now)
        self._see_all(entries, now)
        self._keep_hints(entries)
        settled, pending = self._judge_all(now)
        candidates, pending_together = self._candidates(settled, [seen for seen, _ in pending], now)
        pending += pending_together
        # At the latest after `poll_s`, or when listing is slow after twice the time it took; sooner for what is due.
        now = self._clock.monotonic()
        pause = max(self._settings.poll_s, 2 * (now - began))
        due = [began + pause, *(reason.due for _, reason in pending)]
        due += [now + _AGAIN_S for word in words if not word.has_settled]
        self._due = max(min(due), now + _SOONEST_S)
        waiting = (Waiting(seen.entry.name, reason.why, seen.noticed_at, reason.is_stuck) for seen, reason in pending)
        return Look(
            settled=tuple(candidates),
            settling=(*self._incomplete(entries, moment), *waiting),
            ignored=tuple(listing.ignored),
            ignored_count=listing.ignored_count,
            beyond=beyond + max(0, len(entries.incomplete) - _MOST_INCOMPLETE),
            words=tuple(words),
            copies=tuple(listing.copies),
        )

    # -- one look -----------------------------------------------------------------------------------------------

    def _check_place(self) -> None:
        if self._supervisor.check():
            # another folder, or this one after an absence: what was seen and heard counts no more
            self._tracker.clear()
            self._hints.clear()
            self._words.clear()
            self._hearing = None
            self._rules = rules_for(self._settings.settle_s, share=self._on_share)

    def _see_words(self, listing: Listing) -> list[WordFile]:
        """The words that lie there; one has settled when the look before saw the very same."""
        before = self._words
        seen = see_words(self.path, listing, inodes_count=not self._rules.share)
        self._words = {word.name: word.stat for word in seen}
        return [replace(word, has_settled=before.get(word.name) == word.stat) for word in seen]

    def _see_folder(self, name: str) -> Sight | None:
        return see_folder(self.path, name, inodes_count=not self._rules.share)

    def _see_all(self, entries: Entries, now: float) -> None:
        before, self._hearing = self._hearing, self._supervisor.hearing
        # Whether every event since the last look was heard, so that silence says that nobody closed a file.
        heard_all = self._silence_tells and before is not None and before == self._hearing
        for seen in self._tracker.to_look_at(self._hints, now, _AGAIN_S, _LOOKS_AT_ONCE[self._on_share]):
            name, kind, paths = seen.entry.name, seen.entry.kind, seen.entry.paths
            try:
                sight = entries.folders.get(name) or see_files(self.path, paths, inodes_count=not self._rules.share)
            except OSError as error:
                seen.lose_sight(f"cannot be looked at: {(error.strerror or str(error)).lower()}", now)
                continue
            if sight is None:
                self._tracker.forget(seen)  # gone since it was listed, or swapped for something that is no file
                continue
            # what happens inside a subfolder makes no event
            seen.see(sight, _strongest(paths, self._hints), now, heard=heard_all and kind is not DropKind.FOLDER)
            for path in paths:
                self._hints.pop(path, None)

    def _keep_hints(self, entries: Entries) -> None:
        """What was said of names whose turn has not come yet holds when it comes: that they were closed once."""
        self._hints = {
            name: Hint.CLOSED
            for name, hint in self._hints.items()
            if hint is not Hint.TOUCHED and (name in entries.entries or name in entries.incomplete)
        }
        if len(self._hints) > _MOST_HINTS:
            # Forgetting is safe: nothing settles early for it, and from here on silence proves nothing either.
            self._hints.clear()
            self._hearing = None

    def _judge_all(self, now: float) -> tuple[list[Observation], list[tuple[Observation, Pending]]]:
        """What has settled, and what has not with the reason, in the order it came."""
        self._probes_left = _PROBES_AT_ONCE[self._on_share]
        settled, pending = [], []
        for seen in self._tracker.in_order():
            # What was not looked at this time keeps the reason it had; what has settled stays so until it changes.
            if not seen.settled and (seen.fresh or seen.pending is None):
                seen.pending = self._judge(seen, now)
                seen.settled = seen.pending is None
                if seen.settled and seen.expects_close:
                    self._silence_tells = False  # events do not reach us, or not all: do not wait for them again
            seen.fresh = False
            if seen.pending is None:
                settled.append(seen)
            else:
                pending.append((seen, seen.pending))
        return settled, pending

    def _judge(self, seen: Observation, now: float) -> Pending | None:
        """Time first; a file is opened only when nothing else keeps it from being settled, and right after `lstat`."""
        if seen.sight is None:
            return Pending(seen.detail or "not looked at yet", now + (_AGAIN_S if seen.detail else _SOONEST_S))
        pending = seen.pending_by_time(now, self._rules)
        if pending is None and seen.content not in _LASTING:
            if self._probes_left <= 0:
                return Pending("not read yet", now + _SOONEST_S)
            seen.content, seen.detail = self._probe(seen.sight.files)
        return pending or seen.pending_by_content(now, self._rules)

    def _probe(self, files: Sequence[str]) -> tuple[Content, str]:
        """The first of an entry's files that is not good speaks for all."""
        # A marker, or a folder's .done, says that a header alone is all there is.
        alone = len(files) == 1
        for name in files:
            self._probes_left -= 1
            content, detail = probe(self.path / name, ask_writers=self._supervisor.knows_writers, rows_may_come=alone)
            if content is not Content.GOOD:
                return content, detail
        return Content.GOOD, ""

    def _candidates(
        self, settled: list[Observation], unsettled: list[Observation], now: float
    ) -> tuple[list[Candidate], list[tuple[Observation, Pending]]]:
        """What may be claimed; with `combine: true` CSVs wait for each other, and go as one."""
        if not self._settings.combine:
            return [as_candidate(seen) for seen in settled], []
        files, pending = combine(settled, unsettled, now, self._settings.combine_s)
        others = [as_candidate(seen) for seen in settled if seen.entry.kind is not DropKind.FILE]
        if pending is not None:
            return others, [(file, pending) for file in files]
        return ([*others, group(files)] if files else others), []

    def _incomplete(self, entries: Entries, moment: str) -> list[Waiting]:
        """Names without their other half, with the time they were first seen so."""
        shown = heapq.nsmallest(_MOST_INCOMPLETE, entries.incomplete)
        self._incomplete_since = {name: self._incomplete_since.get(name, moment) for name in shown}
        return [Waiting(name, entries.incomplete[name], since) for name, since in self._incomplete_since.items()]

    @property
    def _on_share(self) -> bool:
        return self._supervisor.share is not None


def _strongest(paths: tuple[str, ...], hints: dict[str, Hint]) -> Hint | None:
    """What events said of an entry. A marker that was just closed or moved in says: its file was closed before."""
    file, *markers = paths
    if file in hints:
        return hints[file]
    return Hint.CLOSED if any(hints.get(marker, Hint.TOUCHED) is not Hint.TOUCHED for marker in markers) else None
