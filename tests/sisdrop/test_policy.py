"""Send or hold, go on or stop: the decisions and their sentences."""

from __future__ import annotations

from typing import Any

import pytest

from canvas_sis_csv.model import FileFacts, Finding, Level
from sisdrop import policy
from sisdrop.model import DropState, Outcome
from tests.support.journal_drops import a_drop

USERS = FileFacts("users.csv", "user", 40)
ERROR = Finding(Level.ERROR, "user.missing_login", "users.csv", 3, "No login_id given for user P-1")
WARNING = Finding(Level.WARNING, "advice.unknown_column", "users.csv", 1, "emial looks like email")
NOTE = Finding(Level.NOTE, "note.undefined_user", "users.csv", None, "not here")
REFUSED = Finding(Level.ERROR, "file.malformed_csv", "users.csv", None, "Malformed CSV", "A quote is open in line 7.")


def reason(*findings: Finding, counts: dict[str, int] | None = None, **values: Any) -> str | None:
    settings: dict[str, Any] = {
        "files": (USERS,),
        "findings": findings,
        "counts": counts or {finding.code: 1 for finding in findings},
        "refused": False,
        "options": {},
        "hold_level": "error",
        "hold_over": 0,
    }
    return policy.reason_to_hold(**{**settings, **values})


def test_a_clean_drop_is_sent() -> None:
    assert reason() is None


def test_an_error_holds_and_the_sentence_counts() -> None:
    told = reason(ERROR, counts={"user.missing_login": 1200})

    assert told is not None
    assert "1,200 errors" in told


@pytest.mark.parametrize(
    ("level", "finding", "held"),
    [
        ("error", WARNING, False),
        ("error", NOTE, False),
        ("warning", WARNING, True),
        ("warning", ERROR, True),
        ("warning", NOTE, False),
        ("never", ERROR, False),
    ],
)
def test_findings_hold_from_their_level_up(level: str, finding: Finding, held: bool) -> None:
    assert (reason(finding, hold_level=level) is not None) is held


def test_findings_up_to_the_allowed_number_do_not_hold() -> None:
    assert reason(ERROR, counts={ERROR.code: 5}, hold_over=5) is None
    assert reason(ERROR, counts={ERROR.code: 6}, hold_over=5) is not None


def test_a_file_canvas_would_refuse_whole_is_held_whatever_the_level() -> None:
    told = reason(REFUSED, refused=True, hold_level="never")

    assert told == "Canvas would refuse users.csv whole: Malformed CSV. A quote is open in line 7."


@pytest.mark.parametrize("options", [{"batch_mode": True, "batch_mode_term_id": 7}, {"multi_term_batch_mode": True}])
def test_a_header_without_rows_is_held_in_batch_mode_because_it_would_delete_everything(options: Any) -> None:
    told = reason(files=(FileFacts("users.csv", "user", 0),), options=options, hold_level="never")

    assert told is not None
    assert "delete everything" in told


def test_a_header_without_rows_is_sent_when_batch_mode_is_off() -> None:
    assert reason(files=(FileFacts("users.csv", "user", 0),)) is None


def ended(outcome: Outcome, messages: int = 0) -> Any:
    return a_drop(state=DropState.FINISHED, outcome=outcome, message_count=messages, rows=40)


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.FAILED_WITH_MESSAGES, Outcome.ABORTED, Outcome.REFUSED])
def test_nothing_follows_a_bad_end_unless_the_feed_says_so(outcome: Outcome) -> None:
    assert policy.reason_to_stop(ended(outcome), after_failure=True, messages_over=0)
    assert policy.reason_to_stop(ended(outcome), after_failure=False, messages_over=0) is None


@pytest.mark.parametrize("outcome", [Outcome.IMPORTED, Outcome.REJECTED, Outcome.UNREADABLE])
def test_the_next_may_follow_a_good_end_and_what_was_never_sent(outcome: Outcome) -> None:
    assert policy.reason_to_stop(ended(outcome), after_failure=True, messages_over=0) is None


@pytest.mark.parametrize(("messages", "over", "stops"), [(1, 0, True), (5, 5, False), (6, 5, True), (999, None, False)])
def test_more_messages_than_allowed_stop_the_queue(messages: int, over: int | None, stops: bool) -> None:
    drop = ended(Outcome.IMPORTED_WITH_MESSAGES, messages)

    assert (policy.reason_to_stop(drop, after_failure=True, messages_over=over) is not None) is stops
    assert policy.ended_well(drop, messages_over=over) is not stops


@pytest.mark.parametrize("outcome", list(Outcome))
def test_every_outcome_has_a_summary_that_names_the_file(outcome: Outcome) -> None:
    assert "users.csv" in policy.summary(ended(outcome, 2))


def test_the_summary_of_an_import_with_messages_counts_rows_and_messages() -> None:
    told = policy.summary(ended(Outcome.IMPORTED_WITH_MESSAGES, 2))

    assert told == "Canvas imported users.csv (40 rows) with 2 messages."
