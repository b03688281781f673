"""Guards that compare with the last accepted one: where each begins to hold, where it does not apply, what it says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from canvas_sis_csv.comparison import Comparison, Emptied
from canvas_sis_csv.model import FileFacts, UnknownRows
from canvas_sis_csv.options import ImportOptions
from sisdrop.guards import Age, Case, LastAccepted, Staleness, Thresholds, all_tripped

LAST = LastAccepted("enrollments.csv", "2026-11-22", 1000)
NEVER = Thresholds(
    shrink_over_pct=None,
    deletes_over_pct=None,
    absent_over_pct=None,
    emptied_over=None,
    unknown_over_pct=None,
    header=False,
    stale=False,
)


def compared(rows: int = 1000, before: int | None = 1000, **values: Any) -> Comparison:
    settings = {"type": "enrollment", "names": ("enrollments.csv",), **values}
    return Comparison(rows=rows, before=before, **settings)


def sentences(comparison: Comparison | None = None, **values: Any) -> dict[str, str]:
    """By code what the guards say of a file of enrollments."""
    rows = comparison.rows if comparison else 1000
    settings: dict[str, Any] = {
        "files": (FileFacts("enrollments.csv", "enrollment", rows),),
        "findings": (),
        "counts": {},
        "refused": False,
        "options": ImportOptions(),
        "hold_level": "never",
        "hold_over": 0,
        "comparisons": (comparison or compared(),),
        "against": {"enrollment": LAST},
    }
    return {tripped.code: tripped.reason for tripped in all_tripped(Case(**{**settings, **values}))}


SHRUNK = compared(rows=620)
DELETING = compared(deleting_rows=300)
GONE = compared(active_before=990, lost=400)
EMPTYING = compared(emptied={"course": Emptied(2, ("C-1", "C-2")), "section": Emptied(4, ("S-1", "S-2", "S-3"))})
LACKING = compared(missing_columns=("section_id", "notify"))
UNKNOWN = {"enrollments.csv": UnknownRows(600, 1000, {"user": 600, "course": 20, "term": 0})}
TWIN = Staleness(Age.TWIN, "enrollments.csv", "", "enrollments.csv (20261115T040000Z-1a2b)", "2026-11-15")


def test_a_file_like_the_last_one_trips_nothing() -> None:
    assert sentences(compared(active_before=1000)) == {}


@pytest.mark.parametrize(
    ("comparison", "sentence"),
    [
        (
            SHRUNK,
            "enrollments.csv has 620 rows, 38 % fewer than the 1,000 of the last accepted one"
            " (enrollments.csv of 2026-11-22); hold.shrink_over_pct is 20.",
        ),
        (DELETING, "300 of the 1,000 rows of enrollments.csv delete (30 %); hold.deletes_over_pct is 20."),
        (
            GONE,
            "Of 990 entries that were active in the last accepted one (enrollments.csv of 2026-11-22), 400 are gone,"
            " deleted, inactive or suspended in enrollments.csv (40 %); hold.absent_over_pct is 20.",
        ),
        (
            EMPTYING,
            "With enrollments.csv, 2 courses (C-1 and C-2) and 4 sections (S-1, S-2, S-3 and 1 more) would lose all"
            " their active enrollments, compared with the last accepted one (enrollments.csv of 2026-11-22)"
            "; hold.emptied_over is 5.",
        ),
        (
            LACKING,
            "enrollments.csv lacks the columns section_id and notify, which the last accepted one (enrollments.csv of"
            " 2026-11-22) had; hold.header is true.",
        ),
    ],
)
def test_the_sentence_has_the_numbers_and_the_key(comparison: Comparison, sentence: str) -> None:
    assert list(sentences(comparison).values()) == [sentence]


PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "guards.md"


@pytest.mark.parametrize(
    "values",
    [
        {"comparison": SHRUNK},
        {"comparison": DELETING},
        {"comparison": GONE},
        {"comparison": EMPTYING},
        {"comparison": LACKING},
        {"unknown": UNKNOWN},
        {"staleness": TWIN},
        {
            "files": (FileFacts("users.csv", "user", 0),),
            "options": ImportOptions(batch_mode=True, batch_mode_term_id="7"),
            "against": {},
        },
    ],
)
def test_the_page_has_the_sentence_under_the_guards_name(values: dict[str, Any]) -> None:
    ((code, sentence),) = sentences(**values).items()
    section = PAGE.read_text(encoding="utf-8").split(f"### {code}\n")[1].split("\n#")[0]

    assert sentence in " ".join(section.replace("\n> ", " ").split())


def test_unknown_rows_are_told_by_kind_and_without_an_id() -> None:
    assert sentences(unknown=UNKNOWN) == {
        "guard.unknown": "600 of the 1,000 rows of enrollments.csv name something that no accepted file and no waiting"
        " drop brought (600 rows with such a user, 20 rows with such a course; 60 %); hold.unknown_over_pct is 50."
    }


@pytest.mark.parametrize(
    ("staleness", "words"),
    [
        (TWIN, "enrollments.csv is byte for byte enrollments.csv (20261115T040000Z-1a2b), which was accepted on"),
        (Staleness(Age.NAME, "e_1.csv", "2026-11-20", "e_2.csv", "2026-11-22"), "2026-11-20 is before 2026-11-22"),
        (Staleness(Age.MODIFIED, "e.csv", "10:00", "e.csv", "11:00"), "it was modified at 10:00, that one at 11:00"),
    ],
)
def test_an_old_file_is_held_with_what_tells_its_age(staleness: Staleness, words: str) -> None:
    told = sentences(staleness=staleness)

    assert list(told) == ["guard.stale"]
    assert words in told["guard.stale"]
    assert "hold.stale is true" in told["guard.stale"]


@pytest.mark.parametrize(
    ("comparison", "code"),
    [
        (compared(rows=800), None),
        (compared(rows=799), "guard.shrank"),
        (compared(rows=1200), None),
        (compared(rows=0), "guard.shrank"),
        (compared(rows=5, before=0), None),
        (compared(deleting_rows=200), None),
        (compared(deleting_rows=201), "guard.deletes"),
        (compared(active_before=500, lost=100), None),
        (compared(active_before=500, lost=101), "guard.absent"),
        (compared(active_before=0, lost=0), None),
        (compared(emptied={"course": Emptied(5)}), None),
        (compared(emptied={"course": Emptied(3), "section": Emptied(3)}), "guard.emptied"),
    ],
)
def test_a_guard_holds_from_just_over_its_threshold(comparison: Comparison, code: str | None) -> None:
    assert list(sentences(comparison)) == ([code] if code else [])


@pytest.mark.parametrize(("rows", "held"), [(500, False), (501, True)])
def test_half_of_the_rows_may_be_unknown(rows: int, held: bool) -> None:
    assert bool(sentences(unknown={"enrollments.csv": UnknownRows(rows, 1000, {"user": rows})})) is held


def test_a_share_hardly_over_its_threshold_is_shown_as_over_it() -> None:
    told = sentences(compared(rows=79_990, before=100_000))

    assert " 20.01 % fewer" in told["guard.shrank"]


@pytest.mark.parametrize(
    ("rows", "before", "held"), [(19, 19, False), (15, 19, False), (20, 19, True), (19, 20, True), (19, None, False)]
)
def test_under_twenty_rows_now_and_before_no_share_holds(rows: int, before: int | None, held: bool) -> None:
    tripped = sentences(
        compared(rows=rows, before=before, deleting_rows=rows, active_before=before or 0, lost=before or 0)
    )

    assert bool(tripped) is held
    assert bool(sentences(compared(rows=3, before=15))) is False


def test_few_unknown_rows_do_not_hold() -> None:
    assert sentences(compared(rows=19, before=19), unknown={"enrollments.csv": UnknownRows(19, 19, {"user": 19})}) == {}


def test_few_rows_may_be_those_of_an_earlier_drop_again() -> None:
    few = {"enrollment": LastAccepted("enrollments.csv", "2026-11-22", 19)}

    assert sentences(compared(rows=19, before=19), against=few, staleness=TWIN) == {}
    assert sentences(compared(rows=19, before=1000), staleness=TWIN, contents="delta") == {}
    assert "guard.stale" in sentences(compared(rows=20, before=19), against=few, staleness=TWIN)


def test_few_rows_that_are_older_by_name_are_held() -> None:
    old = Staleness(Age.NAME, "e_1.csv", "2026-11-20", "e_2.csv", "2026-11-22")

    assert list(sentences(compared(rows=3, before=3), staleness=old)) == ["guard.stale"]


def test_courses_are_emptied_and_columns_missed_however_few_rows_there_are() -> None:
    small = {"rows": 15, "before": 15}

    assert list(sentences(compared(**small, emptied={"course": Emptied(6)}))) == ["guard.emptied"]
    assert list(sentences(compared(**small, missing_columns=("status",)))) == ["guard.header"]


@pytest.mark.parametrize("comparison", [compared(rows=3), GONE, EMPTYING])
def test_what_is_missing_from_a_delta_means_nothing(comparison: Comparison) -> None:
    assert sentences(comparison, contents="delta") == {}


@pytest.mark.parametrize(
    ("comparison", "values", "code"),
    [
        (DELETING, {}, "guard.deletes"),
        (LACKING, {}, "guard.header"),
        (None, {"unknown": UNKNOWN}, "guard.unknown"),
        (None, {"staleness": TWIN}, "guard.stale"),
    ],
)
def test_the_other_guards_apply_to_a_delta(comparison: Comparison | None, values: dict[str, Any], code: str) -> None:
    assert list(sentences(comparison, contents="delta", **values)) == [code]


def test_the_first_drop_of_a_series_is_asked_only_of_deletes_and_of_what_is_unknown() -> None:
    first = compared(before=None, deleting_rows=900)

    assert set(sentences(first, against={}, unknown=UNKNOWN)) == {"guard.deletes", "guard.unknown"}
    assert sentences(compared(before=None), against={}) == {}


@pytest.mark.parametrize("comparison", [SHRUNK, DELETING, GONE, EMPTYING, LACKING])
def test_each_guard_can_be_switched_off(comparison: Comparison) -> None:
    assert sentences(comparison, hold=NEVER, unknown=UNKNOWN, staleness=TWIN) == {}


@pytest.mark.parametrize("pct", [0, 0.5])
def test_a_threshold_may_be_nothing_or_a_fraction(pct: float) -> None:
    assert list(sentences(compared(rows=994), hold=Thresholds(shrink_over_pct=pct))) == ["guard.shrank"]
    assert sentences(compared(rows=1000), hold=Thresholds(shrink_over_pct=pct)) == {}


def test_neither_an_unchecked_feed_nor_findings_never_switch_a_guard_off() -> None:
    assert list(sentences(SHRUNK, checked=False)) == ["guard.shrank"]


def test_rows_that_canvas_leaves_out_delete_nothing() -> None:
    assert sentences(DELETING, options=ImportOptions(skip_deletes=True)) == {}


LOST_ALL = (
    "enrollments.csv has no rows of the type enrollment, of which the last accepted one"
    " (enrollments.csv of 2026-11-22) had 1,000; hold.shrink_over_pct is 20."
)


def test_a_file_that_is_empty_lost_all_of_the_type_that_the_last_of_its_name_had() -> None:
    files = (FileFacts("enrollments.csv", None, 0),)

    assert sentences(files=files, comparisons=()) == {"guard.shrank": LOST_ALL}
    assert sentences(files=files, comparisons=(), contents="delta") == {}
    few = {"enrollment": LastAccepted("enrollments.csv", "2026-11-22", 19)}
    assert sentences(files=files, comparisons=(), against=few) == {}


@pytest.mark.parametrize("contents", ["full", "delta"])
def test_a_file_of_another_type_than_the_last_of_its_name_lacks_all_its_columns(contents: str) -> None:
    files = (FileFacts("enrollments.csv", "user", 600),)
    compared_users = (compared(type="user", rows=600, before=None),)
    said = sentences(files=files, comparisons=compared_users, contents=contents)

    assert said["guard.header"] == (
        "enrollments.csv holds rows of type user, where the last accepted one (enrollments.csv of 2026-11-22) held"
        " enrollment; hold.header is true."
    )
    assert said.get("guard.shrank") == (LOST_ALL if contents == "full" else None)


def test_every_guard_that_trips_is_told_and_a_cause_before_what_follows_from_it() -> None:
    worst = compared(
        rows=300, deleting_rows=100, active_before=1000, lost=900, missing_columns=("role",), emptied=EMPTYING.emptied
    )

    assert list(sentences(worst, unknown=UNKNOWN, staleness=TWIN)) == [
        "guard.stale",
        "guard.header",
        "guard.shrank",
        "guard.deletes",
        "guard.absent",
        "guard.emptied",
        "guard.unknown",
    ]
