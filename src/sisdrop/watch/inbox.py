"""An inbox being watched: hints wake, every look lists, observations decide."""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

from sisdrop.model import DropKind, Waiting, iso, now_utc
from sisdrop.watch.candidate import Candidate, Look
from sisdrop.watch.entries import Entries, sort_out
from sisdrop.watch.group import as_candidate, combine, group
from sisdrop.watch.listing import Listing, Sight, list_inbox, see_files, see_folder
from sisdrop.watch.probe import probe
from sisdrop.watch.settings import Settings, rules_for
from sisdrop.watch.settle import Content, Hint, Observation, Wait
from sisdrop.watch.supervisor import Supervisor
from sisdrop.watch.tracker import Tracker

_LOOKS_AT_ONCE = {False: 5_000, True: 500}
"""Entries looked at (`lstat`) in one look, on a local disk and on a share, where each costs a round trip."""
_PROBES_AT_ONCE = {False: 1_000, True: 50}
"""Files opened in one look."""
_MOST_INCOMPLETE = 1_000
_MOST_HINTS = 20_000
_SOONEST_S = 0.02
_AGAIN_S = 1.0
"""How often what has settled already, or cannot be seen, is looked at again."""
_LASTING = frozenset({Content.GOOD, Content.UNSURE, Content.CUT_OFF})
"""What a second reading would not change as long as size and times stand still."""


class Inbox:
    """One inbox. All but the hints' own threads belong to one thread, the scanner's; nothing here raises.

    `wake` is called from other threads when something may have happened; it must only set a flag or an event.
    `monotonic` and `now` are the clocks, for tests.
    """

    def __init__(
        self,
        path: Path,
        settings: Settings,
        wake: Callable[[], None],
        monotonic: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = now_utc,
    ) -> None:
        self.path = path
        self._settings = settings
        self._monotonic = monotonic
        self._now = now
        self._tracker = Tracker()
        self._incomplete_since: dict[str, str] = {}
        self._supervisor = Supervisor(path, settings.watch, settings.poll_s, wake, monotonic)
        self._rules = rules_for(settings.settle_s, share=False)
        self._due = monotonic()
        self._probes_left = 0
        self._hints: dict[str, Hint] = {}
        self._hearing: tuple[int, int] | None = None
        self._silence_tells = True

    # -- for the scanner ----------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to listen for events, where they can be trusted. Without them the inbox is listed every `poll_s`."""
        self._check_place()

    def stop(self) -> None:
        """End all threads; takes at most about a second. May be called again."""
        self._supervisor.stop()

    @property
    def listens(self) -> bool:
        """Whether events are heard now; if not, the inbox is listed every `poll_s` alone."""
        return self._supervisor.listens

    @property
    def overflows(self) -> int:
        """How often events were lost because too many came at once. No file is: the listing knows them."""
        return self._supervisor.overflows

    @property
    def next_look_s(self) -> float:
        """Seconds until the next look is due, unless woken before."""
        return max(0.0, self._due - self._monotonic())

    def returned(self, paths: Iterable[str]) -> None:
        """A candidate's `paths` could not be taken, or were put back: they settle anew, each time for longer.

        Call it after every claim that ended in Changed, and after `put_back`. What events say of these names (our own
        move back into the inbox makes one) vouches for nothing any more.
        """
        self._tracker.returned(paths, self._monotonic())

    def look(self) -> Look:
        """List the inbox and say what has settled. Reads only.

        What has settled is offered in every look until it is claimed (and so gone) or changes.
        """
        began = self._monotonic()
        self._check_place()
        self._hints |= self._supervisor.drain()  # before the listing: what is noted later is for the next look
        try:
            listing = list_inbox(self.path, self._settings.done_suffix)
        except OSError as error:
            self._due = began + self._settings.poll_s
            return Look(problem=f"the inbox {self.path} cannot be listed: {(error.strerror or str(error)).lower()}.")
        return self._judge_all(listing, began)

    # -- one look -----------------------------------------------------------------------------------------------

    def _check_place(self) -> None:
        if self._supervisor.check():
            # another folder, or this one after an absence: what was seen and heard counts no more
            self._tracker.clear()
            self._hints.clear()
            self._hearing = None
            self._rules = rules_for(self._settings.settle_s, share=self._supervisor.share is not None)

    def _judge_all(self, listing: Listing, began: float) -> Look:
        now = self._monotonic()
        moment = iso(self._now())
        found = sort_out(listing, self._settings.done_suffix, self._see_folder)
        beyond = self._tracker.keep(found.entries, moment, now)
        self._see_all(found, now)
        self._keep_hints(found)
        settled, waiting = self._judge_each(now)
        candidates, more_waiting = self._candidates(settled, [one for one, _ in waiting], now)
        waiting += more_waiting
        self._plan_next(began, [wait.due for _, wait in waiting])
        return Look(
            settled=tuple(candidates),
            settling=(*self._incomplete(found, moment), *(_as_waiting(one, wait) for one, wait in waiting)),
            ignored=tuple(listing.ignored),
            ignored_count=listing.ignored_count,
            beyond=beyond + max(0, len(found.incomplete) - _MOST_INCOMPLETE),
        )

    def _see_folder(self, name: str) -> Sight | None:
        try:
            return see_folder(self.path, name, inodes_count=not self._rules.share)
        except OSError:
            return None  # as good as not there: shown as ignored, and looked at again next time

    def _see_all(self, found: Entries, now: float) -> None:
        heard_all = self._heard_all()
        for one in self._tracker.to_look_at(self._hints, now, _AGAIN_S, _LOOKS_AT_ONCE[self._on_share]):
            try:
                sight = found.folders.get(one.entry.name) or self._see_files(one)
            except OSError as error:
                one.blind(f"cannot be looked at: {(error.strerror or str(error)).lower()}", now)
                continue
            if sight is None:
                self._tracker.drop(one)  # gone since it was listed, or swapped for something that is no file
            else:
                # what happens inside a subfolder makes no event
                heard = heard_all and one.entry.kind is not DropKind.FOLDER
                one.see(sight, _strongest(one, self._hints), now, heard=heard)
                for path in one.entry.paths:
                    self._hints.pop(path, None)

    def _keep_hints(self, found: Entries) -> None:
        """What was said of names whose turn has not come yet holds when it comes: that they were closed once."""
        self._hints = {
            name: Hint.CLOSED
            for name, hint in self._hints.items()
            if hint is not Hint.TOUCHED and (name in found.entries or name in found.incomplete)
        }
        if len(self._hints) > _MOST_HINTS:
            self._hints.clear()
            self._hearing = None

    def _heard_all(self) -> bool:
        """Whether every event since the last look was heard, so that silence says that nobody closed a file."""
        before, self._hearing = self._hearing, self._supervisor.hearing
        return self._silence_tells and before is not None and before == self._hearing

    def _see_files(self, one: Observation) -> Sight | None:
        return see_files(self.path, one.entry.paths, inodes_count=not self._rules.share)

    def _judge_each(self, now: float) -> tuple[list[Observation], list[tuple[Observation, Wait]]]:
        self._probes_left = _PROBES_AT_ONCE[self._on_share]
        settled, waiting = [], []
        for one in self._tracker.in_order():
            if not one.settled and (one.fresh or one.wait is None):
                one.wait = self._judge(one, now)
                one.settled = one.wait is None
                if one.settled and one.expects_close:
                    self._silence_tells = False  # events do not reach us, or not all: do not wait for them again
            one.fresh = False
            if one.wait is None:
                settled.append(one)
            else:
                waiting.append((one, one.wait))
        return settled, waiting

    def _judge(self, one: Observation, now: float) -> Wait | None:
        """Time first; a file is opened only when nothing else keeps it from being settled, and right after `lstat`."""
        if one.sight is None:
            return Wait(one.detail or "not looked at yet", now + (_AGAIN_S if one.detail else _SOONEST_S))
        wait = one.time_wait(now, self._rules)
        if wait is None and one.content not in _LASTING:
            if self._probes_left <= 0:
                return Wait("not read yet", now + _SOONEST_S)
            one.content, one.detail = self._probe(one)
        return wait or one.content_wait(now, self._rules)

    def _probe(self, one: Observation) -> tuple[Content, str]:
        """The first of its files that is not good speaks for all."""
        assert one.sight is not None  # noqa: S101  # it was seen
        found = (Content.GOOD, "")
        for name in one.sight.files:
            self._probes_left -= 1
            found = probe(self.path / name, ask_writers=self._supervisor.knows_writers)
            if found[0] is not Content.GOOD:
                break
        return found

    def _candidates(
        self, settled: list[Observation], unsettled: list[Observation], now: float
    ) -> tuple[list[Candidate], list[tuple[Observation, Wait]]]:
        if not self._settings.combine:
            return [as_candidate(one) for one in settled], []
        files, wait = combine(settled, unsettled, now, self._settings.combine_s)
        others = [as_candidate(one) for one in settled if one.entry.kind is not DropKind.FILE]
        if wait is not None:
            return others, [(one, wait) for one in files]
        return ([*others, group(files)] if files else others), []

    def _incomplete(self, found: Entries, moment: str) -> list[Waiting]:
        """Names without their other half, with the time they were first seen so."""
        shown = heapq.nsmallest(_MOST_INCOMPLETE, found.incomplete)
        self._incomplete_since = {name: self._incomplete_since.get(name, moment) for name in shown}
        return [Waiting(name, found.incomplete[name], since) for name, since in self._incomplete_since.items()]

    def _plan_next(self, began: float, dues: list[float]) -> None:
        """When to look again: at the latest after `poll_s`, or when listing is slow after twice the time it took."""
        now = self._monotonic()
        pause = max(self._settings.poll_s, 2 * (now - began))
        self._due = max(min([began + pause, *dues]), now + _SOONEST_S)

    @property
    def _on_share(self) -> bool:
        return self._supervisor.share is not None


def _strongest(one: Observation, hints: dict[str, Hint]) -> Hint | None:
    """What events said of it. A marker that was just closed or moved in says that its file was closed before."""
    file, *markers = one.entry.paths
    if file in hints:
        return hints[file]
    return Hint.CLOSED if any(hints.get(marker, Hint.TOUCHED) is not Hint.TOUCHED for marker in markers) else None


def _as_waiting(one: Observation, wait: Wait) -> Waiting:
    return Waiting(one.entry.name, wait.why, one.noticed_at)
