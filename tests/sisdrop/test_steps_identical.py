"""`skip_identical`: what was accepted already is not imported again, as long as that would change nothing."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sisdrop.model import AttemptKind, Drop, DropState, Outcome, Place, Transition
from sisdrop.steps.commands import retry
from sisdrop.workers.once import _BAD
from tests.support.lane_kit import COURSES, USERS, Kit, lane_kit

MISTAKEN = "user_id,login_id,first_name,last_name,status\nP-1,,Ada,Ashgrove,active\n"
OTHERS = USERS + "P-3,p3,Cy,Cedarfall,active\n"


@pytest.fixture
def kit(tmp_path: Path) -> Iterator[Kit]:
    with lane_kit(tmp_path, skip_identical=True) as made:
        yield made


def imported(kit: Kit, name: str = "users.csv", content: str | bytes = USERS) -> Drop:
    """A drop that came to rest."""
    drop = kit.drop(name, content)
    kit.run(lambda: kit.get(drop).state is DropState.FILED)
    return kit.get(drop)


def zipped(**members: str) -> bytes:
    """The same members are the same bytes, whenever it is made."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, text in members.items():
            archive.writestr(zipfile.ZipInfo(f"{name}.csv"), text)
    return packed.getvalue()


def told(kit: Kit, drop: Drop) -> str:
    return "\n".join(event.text for event in kit.journal.events_of(drop.id))


def test_the_same_bytes_under_a_name_of_the_same_series_are_filed_as_skipped_and_not_sent(kit: Kit) -> None:
    first = imported(kit)
    again = imported(kit, "Users-2026-11-26.csv")

    result = kit.result(again)
    assert (result["outcome"], again.place, result["error"]) == ("skipped", Place.ARCHIVE, None)
    assert first.id in result["summary"]
    assert [attempt["what"] for attempt in result["attempts"]] == [AttemptKind.SKIP]
    assert result["canvas"]["import_id"] is None
    assert len(kit.imports()) == 1


def test_it_is_not_the_last_accepted_one_and_holds_nothing(kit: Kit) -> None:
    first = imported(kit)
    second, third = imported(kit), imported(kit)

    assert (second.outcome, third.outcome, kit.hold()) == (Outcome.SKIPPED, Outcome.SKIPPED, None)
    last = kit.journal.last_accepted("nightly", "users")
    assert last is not None
    assert last.id == first.id
    assert Outcome.SKIPPED not in _BAD  # one pass ends with 0


def test_only_the_last_one_counts_not_an_earlier_one(kit: Kit) -> None:
    imported(kit, content=OTHERS)
    imported(kit)

    assert imported(kit, content=OTHERS).outcome is Outcome.IMPORTED


def test_two_that_wait_together_are_compared_at_their_turn(kit: Kit) -> None:
    waiting = []
    for text in (USERS, OTHERS, OTHERS):
        waiting.append(kit.drop("users.csv", text))
        kit.step(waiting[-1])
    kit.run_to_rest()

    assert [kit.get(drop).outcome for drop in waiting] == [
        Outcome.IMPORTED,
        Outcome.IMPORTED,
        Outcome.SKIPPED,
    ]


def test_without_the_key_it_is_imported_again(tmp_path: Path) -> None:
    with lane_kit(tmp_path) as kit:
        imported(kit)
        assert imported(kit).outcome is Outcome.IMPORTED


def test_with_other_options_it_is_sent_and_told_why(kit: Kit) -> None:
    first = imported(kit)
    assert first.contents is not None
    options = replace(first.contents.options, skip_deletes=True)
    kit.journal.apply(Transition(replace(first, contents=replace(first.contents, options=options))))

    again = imported(kit)

    assert again.outcome is Outcome.IMPORTED
    assert "is sent all the same: the import options are others now." in told(kit, again)


def test_for_another_canvas_account_it_is_sent(kit: Kit) -> None:
    first = imported(kit)
    kit.journal.apply(Transition(replace(first, lane="old.example/self")))

    again = imported(kit)

    assert again.outcome is Outcome.IMPORTED
    assert "that one went to old.example/self" in told(kit, again)


def test_what_a_person_retries_is_sent(kit: Kit) -> None:
    imported(kit)
    skipped = imported(kit)
    assert skipped.outcome is Outcome.SKIPPED

    retry(kit.journal, skipped.id)
    kit.run(lambda: kit.get(skipped).outcome is Outcome.IMPORTED)

    assert len(kit.imports()) == 2


def test_after_another_one_failed_in_between_it_is_sent_and_lets_the_queue_go_on(kit: Kit) -> None:
    imported(kit)
    kit.faults({"kind": "fail"})
    failed = imported(kit, content=OTHERS)
    assert failed.outcome is Outcome.FAILED
    assert kit.hold() is not None

    again = imported(kit)

    assert (again.outcome, kit.hold()) == (Outcome.IMPORTED, None)
    assert "it is what the queue waits for" in told(kit, again)


def test_after_one_that_failed_it_is_sent_also_when_a_person_let_the_queue_go_on(kit: Kit) -> None:
    imported(kit)
    kit.faults({"kind": "fail"})
    imported(kit, content=OTHERS)
    kit.release()

    again = imported(kit)

    assert again.outcome is Outcome.IMPORTED
    assert "was sent since and failed: parts of it may be in Canvas" in told(kit, again)


def test_in_place_of_a_held_one_it_is_sent_and_that_one_is_rejected(kit: Kit) -> None:
    imported(kit)
    held = kit.drop("users.csv", MISTAKEN)
    kit.run_to_rest()

    again = imported(kit)
    kit.run(lambda: kit.get(held).state is DropState.FILED)

    assert (again.outcome, kit.get(held).outcome) == (Outcome.IMPORTED, Outcome.REJECTED)


def test_a_zip_is_skipped_when_it_is_the_last_one_of_every_type_in_it(kit: Kit) -> None:
    whole = zipped(users=USERS, courses=COURSES)
    imported(kit, "night.zip", whole)
    assert imported(kit, "Night2.zip", whole).outcome is Outcome.SKIPPED

    imported(kit, "users.zip", zipped(users=OTHERS))

    assert imported(kit, "night.zip", whole).outcome is Outcome.IMPORTED
