"""Which entries are kept an eye on, in which order, and which are looked at when. Pure."""

from __future__ import annotations

from sisdrop.model import DropKind, Stat
from sisdrop.watch.listing import Entry, Sight
from sisdrop.watch.settle import Hint, Pending
from sisdrop.watch.tracker import Tracker


def sight(mtime: int = 1) -> Sight:
    return Sight((Stat(100, mtime, 7),), ((100, mtime, mtime, 7, 1),), ("users.csv",))


def entries(*names: str) -> dict[str, Entry]:
    return {name: Entry(name, DropKind.FILE, (name,)) for name in names}


class TestTracker:
    def test_only_so_many_are_observed_the_first_by_name_and_the_rest_is_counted(self) -> None:
        tracker = Tracker(most=3)

        beyond = tracker.keep(entries("u10.csv", "u2.csv", "u3.csv", "u1.csv", "u30.csv"), "", 0.0)

        assert beyond == 2
        assert {observation.entry.name for observation in tracker.in_order()} == {"u1.csv", "u2.csv", "u3.csv"}

    def test_the_rest_gets_its_turn_when_those_are_taken(self) -> None:
        tracker = Tracker(most=2)
        tracker.keep(entries("a.csv", "b.csv", "c.csv"), "", 0.0)

        assert tracker.keep(entries("c.csv"), "", 1.0) == 0
        assert [observation.entry.name for observation in tracker.in_order()] == ["c.csv"]

    def test_those_that_never_settle_do_not_keep_the_rest_out(self) -> None:
        tracker = Tracker(most=20)
        stuck = entries(*(f"a{number}.csv" for number in range(19)))
        tracker.keep(stuck | entries("b.csv", "c.csv", "d.csv", "e.csv"), "", 0.0)

        left = stuck | entries("c.csv", "d.csv", "e.csv")

        assert tracker.keep(left, "", 1.0) == 3
        assert tracker.keep(left, "", 6.0) == 2

    def test_those_that_were_there_together_come_in_the_order_of_their_times(self) -> None:
        tracker = Tracker()
        tracker.keep(entries("a.csv", "b.csv", "c10.csv", "c9.csv"), "", 0.0)
        times = {"a.csv": 3, "b.csv": 1, "c10.csv": 2, "c9.csv": 2}
        for observation in tracker.to_look_at({}, 0.0, 1.0, 100):
            observation.see(sight(mtime=times[observation.entry.name]), None, 0.0)

        assert [observation.entry.name for observation in tracker.in_order()] == ["b.csv", "c9.csv", "c10.csv", "a.csv"]

    def test_a_later_arrival_comes_later_whatever_its_time(self) -> None:
        tracker = Tracker()
        for now, name, mtime in ((0.0, "b.csv", 5), (1.0, "a.csv", 1)):
            tracker.keep(entries("b.csv") | entries(name), "", now)
            for observation in tracker.to_look_at({}, now, 100.0, 100):
                observation.see(sight(mtime=mtime), None, now)
            tracker.in_order()

        assert [observation.entry.name for observation in tracker.in_order()] == ["b.csv", "a.csv"]

    def test_a_look_is_bounded_and_the_next_goes_on(self) -> None:
        tracker = Tracker()
        tracker.keep(entries(*(f"u{number}.csv" for number in range(10))), "", 0.0)
        seen: set[str] = set()

        for look in range(4):
            for observation in tracker.to_look_at({}, look * 0.1, 1.0, 3):
                observation.see(sight(), None, look * 0.1)
                observation.pending = Pending("for its turn", 100.0)
                seen.add(observation.entry.name)

        assert len(seen) == 10

    def test_what_an_event_names_is_looked_at_at_once(self) -> None:
        tracker = Tracker()
        tracker.keep(entries("a.csv", "b.csv"), "", 0.0)
        for observation in tracker.to_look_at({}, 0.0, 1.0, 10):
            observation.see(sight(), None, 0.0)
            observation.pending = Pending("for its turn", 100.0)

        assert tracker.to_look_at({}, 0.1, 1.0, 10) == []
        assert [observation.entry.name for observation in tracker.to_look_at({"b.csv": Hint.CLOSED}, 0.1, 1.0, 10)] == [
            "b.csv"
        ]

    def test_what_was_put_back_is_remembered_with_the_time_it_was_first_noticed(self) -> None:
        tracker = Tracker()
        tracker.keep(entries("a.csv"), "first", 0.0)
        tracker.returned(["a.csv"], 1.0)
        tracker.returned(["a.csv"], 2.0)
        tracker.keep(entries("a.csv"), "later", 3.0)

        assert [(observation.noticed_at, observation.returns) for observation in tracker.in_order()] == [("first", 2)]

    def test_after_ten_quiet_minutes_it_is_forgotten(self) -> None:
        tracker = Tracker()
        tracker.returned(["a.csv"], 0.0)
        tracker.keep(entries("a.csv"), "", 601.0)

        assert [observation.returns for observation in tracker.in_order()] == [0]
