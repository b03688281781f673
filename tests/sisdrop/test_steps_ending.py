"""How a drop ended, in a sentence, and whether the next one may go."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sisdrop.model import DropState, Outcome
from sisdrop.steps.ending import ended_well, reason_to_stop, replaced_by, summary
from tests.support.journal_drops import a_drop


def ended(outcome: Outcome, messages: int = 0) -> Any:
    return a_drop(state=DropState.FINISHED, outcome=outcome, message_count=messages, rows=40)


@pytest.mark.parametrize(
    "outcome", [Outcome.FAILED, Outcome.FAILED_WITH_MESSAGES, Outcome.ABORTED, Outcome.REFUSED, Outcome.UNREADABLE]
)
def test_nothing_follows_a_bad_end_unless_the_feed_says_so(outcome: Outcome) -> None:
    assert reason_to_stop(ended(outcome), after_failure=True, messages_over=0)
    assert reason_to_stop(ended(outcome), after_failure=False, messages_over=0) is None


@pytest.mark.parametrize("outcome", [Outcome.IMPORTED, Outcome.REJECTED])
def test_the_next_may_follow_a_good_end_and_what_a_person_rejected(outcome: Outcome) -> None:
    assert reason_to_stop(ended(outcome), after_failure=True, messages_over=0) is None


@pytest.mark.parametrize(("messages", "over", "stops"), [(1, 0, True), (5, 5, False), (6, 5, True), (999, None, False)])
def test_more_messages_than_allowed_stop_the_queue(messages: int, over: int | None, stops: bool) -> None:
    drop = ended(Outcome.IMPORTED_WITH_MESSAGES, messages)

    assert (reason_to_stop(drop, after_failure=True, messages_over=over) is not None) is stops
    assert ended_well(drop, messages_over=over) is not stops


def test_a_held_drop_is_replaced_by_a_corrected_file_that_ended_well_since_and_by_nothing_else() -> None:
    held = a_drop(state=DropState.HELD, held_because="bad", since="2026-11-23T04:15:30Z", id="held")
    well = ended(Outcome.IMPORTED)
    before = replace(well, ended=replace(well.ended, at="2026-11-23T04:15:29Z"))

    assert replaced_by(held, [well], messages_over=0) == well
    assert replaced_by(held, [before], messages_over=0) is None  # it was retried, and held after the newer one
    assert replaced_by(held, [ended(Outcome.IMPORTED_WITH_MESSAGES, 1)], messages_over=0) is None
    assert replaced_by(held, [a_drop("courses.csv", outcome=Outcome.IMPORTED)], messages_over=0) is None


@pytest.mark.parametrize("outcome", list(Outcome))
def test_every_outcome_has_a_summary_that_names_the_file(outcome: Outcome) -> None:
    assert "users.csv" in summary(ended(outcome, 2))


def test_the_summary_of_an_import_with_messages_counts_rows_and_messages() -> None:
    told = summary(ended(Outcome.IMPORTED_WITH_MESSAGES, 2))

    assert told == "Canvas imported users.csv (40 rows) with 2 messages."
