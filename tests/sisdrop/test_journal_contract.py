"""What every journal promises, whatever keeps it: tried on SQLite and on one in memory."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from canvas_sis_csv.cell_text import CellText
from canvas_sis_csv.model import FileFacts, Finding, Knowable, Level
from canvas_sis_csv.options import ImportOptions
from sisdrop.errors import Conflict, IdTaken, LeaseLost, LeaseTaken
from sisdrop.journal import HoldChanged, HoldReleased, InboxView, Journal, LaneView, SqliteJournal
from sisdrop.model import (
    Attempt,
    AttemptKind,
    Contents,
    DataSet,
    Drop,
    DropKind,
    DropState,
    Ending,
    EventKind,
    Failure,
    Held,
    Hold,
    HoldKind,
    Ignored,
    InboxState,
    Late,
    Link,
    Message,
    Note,
    Origin,
    Outcome,
    Pause,
    Place,
    Report,
    Rest,
    Severity,
    Stat,
    Submission,
    Transition,
    Tripped,
    Undo,
    UndoState,
    Waiting,
    Word,
    WordKind,
    type_series,
)
from tests.support.journal_drops import LANE, a_drop
from tests.support.memory_journal import MemoryJournal, Store

Open = Callable[[], Journal]


@pytest.fixture(params=["sqlite", "memory"])
def another(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Opens one more handle of the same journal, as another process would."""
    store, opened = Store(), []

    def open_one() -> Journal:
        sqlite = request.param == "sqlite"
        opened.append(SqliteJournal(tmp_path / "state") if sqlite else MemoryJournal(store))
        return opened[-1]

    yield open_one
    for journal in opened:
        journal.close()


@pytest.fixture
def journal(another: Open) -> Journal:
    return another()


def a_hold(kind: HoldKind = HoldKind.IMPORT, reason: str = "it failed") -> Hold:
    return Hold(kind, reason, "2026-11-23T04:16:00Z")


NOTICED = Note(EventKind.NOTICED, "users.csv is in the inbox.")


# drops


def test_a_drop_comes_back_from_the_journal_as_it_was_stored(journal: Journal) -> None:
    drop = replace(
        a_drop(state=DropState.FINISHED),
        place=Place.HELD,
        origin=Origin("a.zip", DropKind.ZIP, ("a.zip", "a.zip.done"), "n", "c", (Stat(10, 20, 30),), 2, "/inbox"),
        contents=Contents(
            5, "ab12", (FileFacts("users.csv", "user", 4, 1),), {"users.csv": "users.sd01.csv"}, "sd01",
            ImportOptions(skip_deletes=True, change_threshold=10), 7,
        ),
        held=Held("two errors", "2026-11-23T04:15:02Z", (Tripped("guard.shrank", "fewer"),), "jdoe"),
        submission=Submission("2026-11-23T04:15:03Z", "sd01", 8122, None, import_id=8123, answer={"x": [None]}),
        ended=Ending(Outcome.REFUSED, "2026-11-23T04:15:09Z", "no", 2, Failure("no", 422, "{}")),
        rest=Rest("20261123T041502Z-a.zip", "2026-11-23T04:15:10Z", is_lost=True, report="ef56"),
        attempts=(Attempt("2026-11-23T04:15:03Z", AttemptKind.SUBMIT, "SIS import 8123"),),
        word=Word("jdoe", "2026-11-23T04:15:03Z", WordKind.FILE, Stat(0, 20, 30)),
        lost_submissions=1,
        crash_count=2,
        late=Late("20261123T041509Z-0001", "2026-11-23T04:15:09Z", 7, "cd34"),
    )  # fmt: skip

    stored = journal.add(drop)

    assert journal.get(drop.id) == stored == replace(drop, rev=1)


def test_a_name_that_is_not_valid_utf8_is_kept_and_found(journal: Journal) -> None:
    name = os.fsdecode(b"b\xfccher.csv")
    journal.add(a_drop(name))

    assert [drop.name for drop in journal.find(name)] == [name]


def test_a_drop_may_be_added_in_the_place_of_another_one(journal: Journal) -> None:
    for drop_id in ("1", "2"):
        journal.add(a_drop("users.csv", id=drop_id))
    journal.add(a_drop("users.csv", id="3"), beside="1")
    journal.add(a_drop("users.csv", id="4"), beside="unheard of")

    assert [drop.id for drop in journal.open_drops()] == ["1", "3", "2", "4"]


def test_a_second_drop_of_an_id_is_refused_and_changes_nothing(journal: Journal) -> None:
    first = journal.add(a_drop("users.csv", id="1"))

    with pytest.raises(IdTaken):
        journal.add(a_drop("courses.csv", id="1"), NOTICED)

    assert journal.open_drops() == [first]
    assert journal.events() == []


def test_a_step_made_from_an_older_drop_is_refused_and_changes_nothing(journal: Journal) -> None:
    first = journal.add(a_drop())
    journal.apply(Transition(replace(first, state=DropState.QUEUED)))

    with pytest.raises(Conflict):
        journal.apply(
            Transition(
                replace(first, state=DropState.FILED),
                Note(EventKind.FILED, "never"),
                hold=a_hold(),
                report=Report([Message(Level.ERROR, None, None, CellText("never"))]),
            )
        )

    now = journal.get(first.id)
    assert now is not None
    assert now.state is DropState.QUEUED
    assert journal.holds(LANE) == ()
    assert journal.report(first.id) == Report()
    assert journal.events() == []


def test_a_step_its_event_its_hold_and_its_report_are_one_transaction(journal: Journal) -> None:
    drop = journal.add(a_drop())
    message = Message(Level.WARNING, "users.csv", 3, CellText("No login_id given for user P-1"))
    finding = Finding(Level.ERROR, "user.missing_login", "users.csv", 3, CellText("m"), CellText("h"), 4, Knowable.ROW)
    hold = Hold(HoldKind.IMPORT, "it failed", "2026-11-23T04:16:00Z", drop.id, "nightly", "users.csv")

    journal.apply(
        Transition(
            replace(drop, state=DropState.FINISHED),
            Note(EventKind.FINISHED, "It failed."),
            hold=hold,
            report=Report([message], [finding]),
        )
    )

    assert journal.holds(LANE) == (hold,)
    report = journal.report(drop.id)
    assert (list(report.messages), list(report.findings)) == ([message], [finding])
    assert [(event.kind, event.text) for event in journal.events_of(drop.id)] == [
        (EventKind.FINISHED, "It failed."),
        (EventKind.HOLD, "The queue is on hold: it failed"),
    ]


def test_a_report_is_kept_from_step_to_step_and_forgotten_when_the_drop_is_at_rest(journal: Journal) -> None:
    message = Message(Level.ERROR, None, None, CellText("m"))
    drop = journal.apply(Transition(journal.add(a_drop()), report=Report([message])))
    drop = journal.apply(Transition(replace(drop, state=DropState.FINISHED)))
    assert list(journal.report(drop.id).messages) == [message]

    journal.apply(Transition(replace(drop, state=DropState.FILED)))

    assert journal.report(drop.id) == Report()


def test_open_drops_are_those_not_at_rest_in_order_of_arrival(journal: Journal) -> None:
    for name, state in [("c.csv", "queued"), ("a.csv", "filed"), ("b.csv", "held"), ("d.csv", "returned")]:
        journal.add(a_drop(name, DropState(state)))
    journal.add(a_drop("other.csv", DropState.QUEUED, lane="elsewhere/self"))

    assert [drop.name for drop in journal.open_drops()] == ["c.csv", "b.csv", "other.csv"]


def test_open_drops_are_as_another_process_left_them_also_when_they_were_asked_for_before(another: Open) -> None:
    journal, other = another(), another()
    waits, goes = journal.add(a_drop("users.csv")), journal.add(a_drop("courses.csv"))
    assert [drop.name for drop in journal.open_drops()] == ["users.csv", "courses.csv"]

    other.apply(Transition(replace(waits, state=DropState.HELD)))
    other.apply(Transition(replace(goes, state=DropState.FILED)))

    assert [(drop.name, drop.state, drop.rev) for drop in journal.open_drops()] == [("users.csv", DropState.HELD, 2)]


def test_a_drop_is_found_by_id_by_the_beginning_of_its_id_and_by_name_newest_first(journal: Journal) -> None:
    old = journal.add(a_drop("users.csv", id="20261122T041502Z-0001"))
    new = journal.add(a_drop("users.csv", id="20261123T041502Z-0002"))

    assert journal.find(old.id) == [old]
    assert journal.find("20261123") == [new]
    assert journal.find("users.csv") == [new, old]
    assert journal.find("%") == []


def test_recent_drops_are_the_last_filed_of_a_feed_or_of_all(journal: Journal) -> None:
    for number, feed in enumerate(["nightly", "weekly", "nightly"]):
        values = {"stored_as": "x", "filed_at": f"2026-11-23T04:1{9 - number}:00Z"}
        journal.add(a_drop(id=str(number), feed=feed, state=DropState.FILED, **values))

    assert [drop.id for drop in journal.recent(2)] == ["0", "1"]
    assert [drop.id for drop in journal.recent(5, "nightly")] == ["0", "2"]


def test_drops_put_back_in_a_row_are_told_since_the_last_that_was_not(journal: Journal) -> None:
    journal.add(a_drop(id="1", state=DropState.RETURNED))
    journal.add(a_drop(id="2", state=DropState.FILED))
    journal.add(a_drop(id="3", state=DropState.RETURNED))
    journal.add(a_drop(id="4", state=DropState.RETURNED))

    assert [drop.id for drop in journal.returned("nightly", "users.csv", "2026-11-23T00:00:00Z")] == ["3", "4"]
    assert journal.returned("nightly", "users.csv", "2026-11-24T00:00:00Z") == []


def test_the_last_accepted_drop_of_a_series_is_found_whatever_date_its_name_carries(journal: Journal) -> None:
    filed = {"state": DropState.FILED, "place": Place.ARCHIVE}
    journal.add(a_drop("users_20261121.csv", id="1", outcome=Outcome.IMPORTED, **filed))
    last = journal.add(a_drop("Users-2026-11-22.csv", id="2", outcome=Outcome.IMPORTED_WITH_MESSAGES, **filed))
    journal.add(a_drop("users_20261123.csv", id="3", outcome=Outcome.FAILED, **filed))
    journal.add(a_drop("users_20261124.csv", id="4", state=DropState.QUEUED))
    journal.add(a_drop("courses_20261124.csv", id="5", outcome=Outcome.IMPORTED, **filed))

    assert journal.last_accepted("nightly", "users") == last
    assert journal.last_accepted("weekly", "users") is None


def test_a_held_drop_knows_that_newer_ones_of_its_series_were_imported(journal: Journal) -> None:
    held = journal.add(a_drop("users_20261121.csv", id="1", state=DropState.HELD))
    journal.add(a_drop(id="2", state=DropState.FILED, outcome=Outcome.FAILED))
    journal.add(a_drop("courses.csv", id="3", state=DropState.FILED, outcome=Outcome.IMPORTED))
    assert journal.accepted_after(held) == []

    newer = journal.add(a_drop("users_20261122.csv", id="4", state=DropState.FILED, outcome=Outcome.IMPORTED))

    assert journal.accepted_after(held) == [newer]
    assert journal.accepted_after(newer) == []


def test_members_of_zips_and_folders_are_a_series_by_their_type(journal: Journal) -> None:
    filed = {"state": DropState.FILED, "outcome": Outcome.IMPORTED, "kind": DropKind.ZIP}
    users, courses = FileFacts("u.csv", "user", 3), FileFacts("c.csv", "course", 3)
    both = journal.add(a_drop("monday.zip", id="1", files=(users, courses), **filed))
    only = journal.add(a_drop("tuesday.zip", id="2", files=(courses,), **filed))
    journal.add(a_drop("user.csv", id="3", type="user", state=DropState.FILED, outcome=Outcome.IMPORTED))

    assert journal.last_accepted("nightly", type_series("user")) == both
    assert journal.last_accepted("nightly", type_series("course")) == only


def test_the_last_accepted_drop_is_the_one_that_came_to_rest_last_and_no_longer_when_it_lives_again(
    journal: Journal,
) -> None:
    first = journal.add(a_drop(id="1", state=DropState.FINISHED, outcome=Outcome.IMPORTED))
    second = journal.add(a_drop(id="2", state=DropState.FILED, outcome=Outcome.IMPORTED))
    assert journal.last_accepted("nightly", "users") == second

    first = journal.apply(Transition(replace(first, state=DropState.FILED)))
    assert journal.last_accepted("nightly", "users") == first

    retried = journal.apply(Transition(replace(first, state=DropState.CLAIMED, place=Place.ARCHIVE)))
    assert journal.last_accepted("nightly", "users") == retried, "its files may be gone, then it stays what it was"
    journal.apply(Transition(replace(retried, place=Place.SPOOL, ended=None)))
    assert journal.last_accepted("nightly", "users") == second


def test_bytes_that_were_accepted_before_are_recognised_within_their_series(journal: Journal) -> None:
    filed = {"state": DropState.FILED, "outcome": Outcome.IMPORTED}
    monday = journal.add(a_drop("users_20261123.csv", id="1", sha256="ab12", **filed))
    journal.add(a_drop("users_20261124.csv", id="2", sha256="cd34", **filed))

    assert journal.accepted_again("nightly", "users", "ab12") == monday
    assert journal.accepted_again("nightly", "users", "ee56") is None
    assert journal.accepted_again("nightly", "courses", "ab12") is None
    assert [journal.is_last_accepted(drop_id) for drop_id in ("1", "2")] == [False, True]


def an_undo(drop: Drop, state: UndoState = UndoState.ASKED, **values: Any) -> Undo:
    at = "2026-11-24T08:00:00Z"
    return Undo(drop.id, LANE, drop.feed, drop.import_id or 0, state, at, "ada", **values)


def test_an_undo_is_journaled_with_its_drop_and_open_until_it_is_closed(another: Open) -> None:
    journal = another()
    drop = journal.add(a_drop(state=DropState.FILED, import_id=8123, outcome=Outcome.IMPORTED))
    former = an_undo(drop, UndoState.CLOSED, undelete_only=True)
    wish = an_undo(drop, seen_before=("imported", "2026-11-23T04:16:00Z"), data={"counts": {"users": 2}})
    wish = wish.after(former)
    drop = journal.apply(Transition(drop, undo=wish))

    assert (another().undo(drop.id), journal.open_undos()) == (wish, [wish])
    assert journal.undo("another") is None
    assert journal.undo_of_import(LANE, 8123) == wish
    assert journal.undo_of_import("elsewhere", 8123) is None
    with pytest.raises(Conflict):
        journal.apply(Transition(replace(drop, rev=1), undo=replace(wish, state=UndoState.SENDING)))

    journal.apply(Transition(drop, undo=replace(wish, state=UndoState.CLOSED)))
    assert journal.open_undos() == []


def test_a_drop_whose_import_was_undone_is_not_the_last_accepted_until_it_is_imported_again(journal: Journal) -> None:
    def at_rest(name: str, import_id: int, drop_id: str) -> Drop:
        drop = a_drop(name, DropState.FILED, import_id=import_id, outcome=Outcome.IMPORTED)
        return journal.add(replace(drop, id=drop_id))

    def last() -> str | None:
        found = journal.last_accepted("nightly", "users")
        return found and found.id

    older = at_rest("users-20261122.csv", 1, "20261122T041502Z-7c1e")
    newer = at_rest("users-20261123.csv", 2, "20261123T041502Z-7c1e")
    older = journal.apply(Transition(older, undo=an_undo(older)))
    assert last() == newer.id, "a wish makes an older drop no newer"

    newer = journal.apply(Transition(newer, undo=an_undo(newer, UndoState.SENDING)))
    newer = journal.apply(Transition(newer, undo=an_undo(newer, UndoState.CLOSED, problem="no right")))
    assert last() == newer.id, "nothing was undone"
    newer = journal.apply(Transition(newer, undo=an_undo(newer, UndoState.STARTED)))
    assert last() == older.id
    newer = journal.apply(Transition(newer, undo=an_undo(newer, UndoState.CLOSED, ended_at="2026-11-24T08:01:00Z")))
    assert (last(), journal.accepted_after(older)) == (older.id, [])

    assert newer.submission is not None
    journal.apply(Transition(replace(newer, submission=replace(newer.submission, import_id=4))))
    assert last() == newer.id


def test_import_ids_that_drops_stand_for_are_known(journal: Journal) -> None:
    journal.add(a_drop("a.csv", import_id=8100))
    journal.add(a_drop("b.csv", import_id=8123))
    journal.add(a_drop("c.csv", import_id=8124, lane="elsewhere/self"))

    assert journal.import_ids(LANE, 8100) == {8123}
    assert journal.newest_import_id(LANE) == 8123
    assert journal.newest_import_id("nowhere/self") is None


def test_a_wish_to_abort_is_kept_while_canvas_may_have_the_drop_and_no_longer(journal: Journal) -> None:
    drop = journal.add(a_drop(state=DropState.IMPORTING, import_id=8100))
    waits = journal.add(a_drop("courses.csv", state=DropState.QUEUED))

    assert journal.ask_abort(drop.id)
    assert not journal.ask_abort(waits.id)
    assert journal.abort_asked(drop.id)

    journal.apply(Transition(replace(drop, state=DropState.FINISHED)))
    assert not journal.abort_asked(drop.id)


# holds


def test_releasing_a_lane_takes_its_hold_away_and_says_so(journal: Journal) -> None:
    hold = a_hold(HoldKind.GATE, "stuck")
    journal.put_on_hold(LANE, hold)

    assert journal.release(LANE, hold, "a person") == HoldReleased(hold)
    assert journal.holds(LANE) == ()
    assert journal.release(LANE, hold, "a person") == HoldChanged(None)
    assert [event.kind for event in journal.events()] == [EventKind.HOLD, EventKind.RELEASED]


def test_a_hold_that_came_after_the_one_a_person_saw_is_not_released_with_it(another: Open) -> None:
    service, command = another(), another()
    seen, newer = a_hold(HoldKind.ACCESS, "the token expired"), a_hold(HoldKind.ACCESS, "a permission is missing")
    service.put_on_hold(LANE, seen)
    service.put_on_hold(LANE, newer)

    assert command.release(LANE, seen, "a person") == HoldChanged(newer)
    assert service.holds(LANE) == (newer,)
    assert EventKind.RELEASED not in [event.kind for event in service.events()]


def test_a_hold_just_like_the_one_before_is_another_one(journal: Journal) -> None:
    first, second = a_hold(), a_hold()
    journal.put_on_hold(LANE, first)
    journal.put_on_hold(LANE, second)

    assert journal.release(LANE, first, "a person") == HoldChanged(second)


def test_holds_of_other_causes_stand_beside_each_other_and_are_released_one_by_one(journal: Journal) -> None:
    gate, doubt = a_hold(HoldKind.GATE, "stuck"), a_hold(HoldKind.DOUBT, "nobody knows")
    users = replace(a_hold(HoldKind.IMPORT), feed="nightly", series=("users",))
    courses = replace(a_hold(HoldKind.IMPORT), feed="nightly", series=("courses",))
    for hold in (gate, doubt, users, courses):
        journal.put_on_hold(LANE, hold)

    assert journal.holds(LANE) == (gate, doubt, users, courses)
    assert journal.release(LANE, doubt, "a person") == HoldReleased(doubt)
    assert journal.holds(LANE) == (gate, users, courses)


def test_a_step_releases_the_hold_it_was_decided_on_and_no_other(journal: Journal) -> None:
    decided_on, newer = a_hold(), a_hold(HoldKind.DOUBT)
    drop = journal.add(a_drop())
    journal.put_on_hold(LANE, newer)

    drop = journal.apply(Transition(drop, releases=(decided_on,)))
    assert journal.holds(LANE) == (newer,)
    journal.apply(Transition(drop, releases=(newer,)))
    assert journal.holds(LANE) == ()


def test_holds_are_listed_by_lane(journal: Journal) -> None:
    one, other = a_hold(), a_hold()
    journal.put_on_hold("b/self", one)
    journal.put_on_hold("a/self", other)

    assert list(journal.all_holds().items()) == [("a/self", (other,)), ("b/self", (one,))]


# inboxes and copies for people


def test_an_inbox_that_is_about_to_be_given_an_id_has_none_and_is_known(journal: Journal, tmp_path: Path) -> None:
    journal.know_inbox("nightly", tmp_path, "")
    journal.know_inbox("weekly", tmp_path / "other", "the id")

    assert journal.inbox_id("nightly", tmp_path) is None
    assert journal.inbox_ids() == {"nightly": "", "weekly": "the id"}


def test_an_inbox_once_known_stays_known_but_only_at_its_path(journal: Journal, tmp_path: Path) -> None:
    journal.know_inbox("nightly", tmp_path / "inbox", "id-1")

    assert journal.inbox_id("nightly", tmp_path / "inbox") == "id-1"
    assert journal.inbox_id("nightly", tmp_path / "elsewhere") is None


def test_views_come_back_as_they_were_shown(journal: Journal) -> None:
    inbox = InboxView(
        InboxState.READY,
        "",
        "s",
        (Waiting("a.csv", "still growing", "s"),),
        (Ignored("b.txt", "not a CSV or zip"),),
        1,
        1,
    )
    lane = LaneView(gate="waits", gate_since="s", blocked_by=7)

    journal.show_inbox("nightly", inbox)
    journal.show_lane(LANE, lane)

    assert journal.inbox_view("nightly") == inbox
    assert journal.lane_view(LANE) == lane
    assert journal.inbox_view("other") is None


def test_showing_the_same_view_again_writes_nothing(another: Open) -> None:
    journal, other = another(), another()
    journal.show_lane(LANE, LaneView(gate="waits"))
    before = other.foreign_changes()

    journal.show_lane(LANE, LaneView(gate="waits"))

    assert other.foreign_changes() == before


def test_a_write_of_another_process_is_noticed_and_our_own_is_not(another: Open) -> None:
    journal, other = another(), another()
    before = journal.foreign_changes()
    journal.tell("nightly", NOTICED)
    assert journal.foreign_changes() == before

    other.tell("nightly", NOTICED)

    assert journal.foreign_changes() != before


# events


def test_events_cannot_disturb_a_terminal(journal: Journal) -> None:
    journal.tell("nightly", Note(EventKind.NOTICED, "evil\x1b[2J\n.csv"))

    assert journal.events()[0].text == "evil\\x1b[2J\\n.csv"


def test_a_reader_begins_with_what_comes_next_and_gets_each_event_until_it_has_delivered_it(journal: Journal) -> None:
    journal.tell("nightly", NOTICED)
    assert journal.events_after("mail") == []

    for number in range(3):
        journal.tell("nightly", Note(EventKind.FILED, str(number)))
    first = journal.events_after("mail", limit=2)
    assert [event.text for event in first] == ["0", "1"]
    assert journal.events_after("mail", limit=2) == first

    journal.advance("mail", first[-1].seq)
    assert [event.text for event in journal.events_after("mail")] == ["2"]
    journal.advance("mail", 0)
    assert [event.text for event in journal.events_after("mail")] == ["2"]


def test_a_cursor_is_there_after_its_reader_was_started_again(another: Open) -> None:
    reader = another()
    assert reader.events_after("mail") == []
    reader.tell("nightly", NOTICED)

    assert [event.kind for event in another().events_after("mail")] == [EventKind.NOTICED]


def test_nothing_is_pruned_that_a_cursor_still_needs(journal: Journal) -> None:
    assert journal.events_after("mail") == []
    for number in range(10):
        journal.tell("nightly", Note(EventKind.FILED, str(number)))
    journal.advance("mail", journal.events()[5].seq)

    assert journal.prune_events(keep=2) == 6
    assert [event.text for event in journal.events_after("mail")] == ["6", "7", "8", "9"]

    journal.forget_cursor("mail")
    assert journal.prune_events(keep=2) == 2
    assert [event.text for event in journal.events()] == ["8", "9"]


def test_an_event_says_by_its_kind_how_much_it_matters() -> None:
    assert EventKind.HELD.severity is EventKind.HOLD.severity is Severity.NEEDS_A_PERSON
    assert EventKind.AWAY.severity is Severity.WARNING
    assert EventKind.FILED.severity is Severity.INFO


# diffing


def a_data_set(identifier: str, import_id: int = 8100, lane: str = LANE) -> DataSet:
    at = "2026-11-23T04:15:10Z"
    link = Link(import_id, "1", "nightly", "users.csv", "users", ("user",), at)
    return DataSet(lane, identifier, link, Outcome.IMPORTED, at, 2, 8099, link, at, note="Canvas imported it whole.")


def test_a_step_keeps_how_a_data_set_stands_and_tells_its_warning_behind_its_note(journal: Journal) -> None:
    drop = journal.add(a_drop())
    data_set = a_data_set("prénoms")
    note, warning = Note(EventKind.FINISHED, "It ended."), Note(EventKind.NOT_DIFFED, "Not compared.")

    journal.apply(Transition(drop, note, warning=warning, data_set=data_set))

    assert journal.data_set(LANE, "prénoms") == data_set
    assert journal.data_set("elsewhere/self", "prénoms") is None
    assert [event.kind for event in journal.events_of(drop.id)] == [EventKind.FINISHED, EventKind.NOT_DIFFED]


def test_data_sets_of_a_lane_are_listed_by_identifier_each_as_it_stands_last(journal: Journal) -> None:
    drop = journal.add(a_drop())
    for data_set in (a_data_set("b"), a_data_set("a"), a_data_set("c", lane="elsewhere/self"), a_data_set("b", 8101)):
        drop = journal.apply(Transition(drop, data_set=data_set))

    assert journal.data_sets(LANE) == [a_data_set("a"), a_data_set("b", 8101)]


def test_a_step_that_came_too_late_changes_no_data_set(journal: Journal) -> None:
    stale = journal.add(a_drop())
    journal.apply(Transition(stale))

    with pytest.raises(Conflict):
        journal.apply(Transition(stale, data_set=a_data_set("a")))

    assert journal.data_sets(LANE) == []


# the lease


def test_one_runs_at_a_time_and_the_others_can_see_who(another: Open) -> None:
    service, command = another(), another()
    assert command.lease() is None

    lease = service.take_lease()

    assert command.lease() == lease
    assert lease.pid == os.getpid()
    with pytest.raises(LeaseTaken):
        command.take_lease()


def test_a_lease_taken_again_by_its_holder_is_the_same(journal: Journal) -> None:
    assert journal.take_lease() == journal.take_lease()


def test_a_lease_that_was_given_up_is_nobodys_and_another_may_take_it(another: Open) -> None:
    first, second = another(), another()
    first.take_lease()
    first.give_up_lease()
    assert second.lease() is None

    second.take_lease()

    with pytest.raises(LeaseLost):
        first.check_lease()
    with pytest.raises(LeaseLost):
        first.renew_lease()
    second.check_lease()
    second.renew_lease()


def test_who_never_took_the_lease_may_send_nothing(journal: Journal) -> None:
    with pytest.raises(LeaseLost):
        journal.check_lease()


def test_closing_gives_the_lease_up(another: Open) -> None:
    first, second = another(), another()
    first.take_lease()

    first.close()

    assert second.lease() is None


# pauses, and what is told once


PAUSE = Pause("nightly", "ana", "2026-11-23T04:16:00Z", "2026-11-23T13:00:00Z")


def test_a_pause_is_kept_in_place_of_the_one_before_and_said(another: Open) -> None:
    journal = another()
    journal.pause(Pause("nightly", "bo", "2026-11-22T04:16:00Z"))
    journal.pause(PAUSE)
    journal.pause(Pause("", "cleo", "2026-11-23T05:00:00Z"))

    assert [(pause.feed, pause.by) for pause in another().pauses()] == [("", "cleo"), ("nightly", "ana")]
    events = [(event.kind, event.feed) for event in journal.events()]
    assert events == [(EventKind.PAUSED, "nightly"), (EventKind.PAUSED, "nightly"), (EventKind.PAUSED, "")]
    assert "ana until 2026-11-23T13:00:00Z" in journal.events()[1].text


def test_only_the_very_pause_that_was_seen_is_taken_away(journal: Journal) -> None:
    journal.pause(PAUSE)
    journal.pause(replace(PAUSE, until=None))

    assert not journal.resume(PAUSE, "its time is over")
    assert journal.pauses() == [replace(PAUSE, until=None)]
    assert journal.resume(replace(PAUSE, until=None), "ana")
    assert journal.pauses() == []
    assert not journal.resume(replace(PAUSE, until=None), "ana")
    assert [event.kind for event in journal.events()] == [EventKind.PAUSED, EventKind.PAUSED, EventKind.RESUMED]


def test_what_is_told_once_is_told_again_for_another_occasion_or_feed_also_by_another_process(another: Open) -> None:
    first, second = another(), another()
    note = Note(EventKind.MISSING, "nothing was dropped")

    said = [first.tell_once("nightly", note, "2026-11-23"), second.tell_once("nightly", note, "2026-11-23")]
    said += [second.tell_once("weekly", note, "2026-11-23"), second.tell_once("nightly", note, "2026-11-24")]
    occasions = [first.last_occasion(feed, EventKind.MISSING) for feed in ("nightly", "weekly", "monthly")]

    assert said == [True, False, True, True]
    assert occasions == ["2026-11-24", "2026-11-23", None]
    assert [event.feed for event in first.events()] == ["nightly", "weekly", "nightly"]


def test_the_last_dropped_one_of_a_feed_is_told_whatever_became_of_it_but_not_one_that_was_put_back(
    journal: Journal,
) -> None:
    assert journal.last_dropped("nightly") is None
    journal.add(a_drop("users.csv", DropState.FILED, id="1", outcome=Outcome.FAILED))
    journal.add(a_drop("courses.csv", DropState.RETURNED, id="2"))
    journal.add(a_drop("courses.csv", DropState.CLAIMED, id="3", feed="weekly"))

    last = journal.last_dropped("nightly")

    assert last is not None
    assert last.id == "1"
