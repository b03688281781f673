"""Send or hold: the guards and their sentences."""

from __future__ import annotations

from typing import Any

import pytest

from canvas_sis_csv.cell_text import CellText
from canvas_sis_csv.model import FileFacts, Finding, Level
from canvas_sis_csv.options import ImportOptions
from sisdrop.guards import Case, all_tripped

USERS = FileFacts("users.csv", "user", 40)
ERROR = Finding(Level.ERROR, "user.missing_login", "users.csv", 3, CellText("No login_id given for user P-1"))
WARNING = Finding(Level.WARNING, "advice.unknown_column", "users.csv", 1, CellText("emial looks like email"))
NOTE = Finding(Level.NOTE, "note.undefined_user", "users.csv", None, CellText("not here"))
REFUSED = Finding(
    Level.ERROR,
    "file.malformed_csv",
    "users.csv",
    None,
    CellText.plain("Malformed CSV"),
    CellText.plain("A quote is open in line 7."),
)


def reason(*findings: Finding, counts: dict[str, int] | None = None, **values: Any) -> str | None:
    settings: dict[str, Any] = {
        "files": (USERS,),
        "findings": findings,
        "counts": counts or {finding.code: 1 for finding in findings},
        "refused": False,
        "options": ImportOptions(),
        "hold_level": "error",
        "hold_over": 0,
    }
    tripped = next(iter(all_tripped(Case(**{**settings, **values}))), None)
    return tripped.reason if tripped else None


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


@pytest.mark.parametrize(
    "options",
    [
        {"batch_mode": True, "batch_mode_term_id": "7"},
        {"multi_term_batch_mode": True},
        {"diffing_data_set_identifier": "sis-users"},
    ],
)
def test_a_header_without_rows_is_held_where_absence_deletes_because_it_would_delete_everything(options: Any) -> None:
    told = reason(files=(FileFacts("users.csv", "user", 0),), options=ImportOptions.of(options), hold_level="never")

    assert told is not None
    assert "delete everything" in told


def test_a_header_without_rows_is_sent_when_absence_deletes_nothing() -> None:
    assert reason(files=(FileFacts("users.csv", "user", 0),)) is None


def test_an_unchecked_feed_sends_whatever_the_preflight_finds() -> None:
    assert reason(ERROR, checked=False) is None
    assert reason(REFUSED, refused=True, checked=False) is None


BATCH = ImportOptions(batch_mode=True, batch_mode_term_id="7")
DIFFED = ImportOptions(diffing_data_set_identifier="sis-users")
PAIR = (FileFacts("a.csv", "user", 0), FileFacts("b.csv", "user", 9))


def test_one_of_two_files_without_rows_empties_its_data_set_but_not_its_type_in_batch_mode() -> None:
    assert reason(files=PAIR, options=DIFFED) is not None
    assert reason(files=PAIR, options=BATCH) is None


@pytest.mark.parametrize(("options", "held"), [(BATCH, True), (DIFFED, True), (ImportOptions(), False)])
def test_an_empty_file_is_held_where_absence_deletes(options: ImportOptions, held: bool) -> None:
    told = reason(files=(FileFacts("users.csv", None, 0),), empty=("users.csv",), options=options, checked=False)

    assert (told is not None) is held
