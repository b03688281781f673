"""A CSV type is one value: an invented one is checked like those of Canvas, and nothing of it stays behind."""

from __future__ import annotations

import io
from functools import partial
from typing import Any

import pytest

from canvas_sis_csv import ImportOptions, Member, Preflight, preflight
from canvas_sis_csv.model import Finding, Level
from canvas_sis_csv.rules.rule import Rule, stage
from canvas_sis_csv.rules.when import blank, not_starting
from canvas_sis_csv.types import CANVAS, CsvType, Registry
from canvas_sis_csv.types.columns import ACTIVE
from canvas_sis_csv.types.csv_type import Definition, HeaderTest, Kind, Reference, optional, required
from canvas_sis_csv.types.people import USER_ID

LOCKER_ID = Kind("locker", "a locker")

LOCKER = CsvType(
    name="locker",
    header=HeaderTest(all_of=("locker_id", "shelf")),
    columns=(required("locker_id"), required("user_id"), ACTIVE, *optional("shelf", "next_locker_id")),
    stages=(
        stage(
            "first",
            Rule(
                "locker.missing_id", "No locker_id given for a locker", "Give every row one.", when=blank("locker_id")
            ),
            Rule("locker.missing_user", "No user_id given for locker {locker_id}", "Give one.", when=blank("user_id")),
            Rule(
                "locker.bad_status",
                "Improper status for locker {locker_id}",
                "Use active or deleted.",
                when=not_starting("status", "active", "deleted"),
            ),
            drops_deletes=True,
        ),
        stage("model", Rule("locker.no_shelf", "Locker {locker_id} has no shelf", "Give one.", when=blank("shelf"))),
    ),
    identifying=("locker_id",),
    defines=(Definition("locker_id", LOCKER_ID),),
    references=(Reference("user_id", USER_ID), Reference("next_locker_id", LOCKER_ID)),
)

REGISTRY = CANVAS.with_type(LOCKER, before="enrollment")

USERS = "user_id,login_id,status\nu1,ann,active\n"
HEADER = "locker_id,user_id,status,shelf,next_locker_id\n"


def check(files: dict[str, str], **details: Any) -> Preflight:
    members = [Member(name, len(text), partial(io.BytesIO, text.encode())) for name, text in files.items()]
    return preflight(members, **{"registry": REGISTRY, **details})


def codes(preflight: Preflight) -> list[tuple[int | None, str]]:
    return [(finding.row, finding.code) for finding in preflight.findings]


def only(preflight: Preflight) -> Finding:
    (finding,) = preflight.findings
    return finding


def test_an_invented_type_is_recognised_and_a_clean_file_of_it_is_clean() -> None:
    result = check({"lockers.csv": HEADER + "L1,u1,active,top,\nL2,u1,deleted,low,L1\n"})
    assert [(facts.type, facts.rows, facts.deletes) for facts in result.files] == [("locker", 2, 1)]
    assert result.findings == ()


def test_a_required_column_that_is_missing_is_found_and_so_is_every_row_without_it() -> None:
    result = check({"lockers.csv": "locker_id,shelf,status\nL1,top,active\n"})
    assert codes(result) == [(None, "advice.missing_column"), (2, "locker.missing_user")]
    assert result.findings[0].message == "The column user_id is missing: Canvas refuses every row of lockers"
    assert result.findings[1].message == "No user_id given for locker L1"
    assert result.findings[1].level is Level.ERROR


def test_its_rules_hit_in_their_order_and_skip_deletes_is_honoured() -> None:
    rows = HEADER + ",,odd,,\nL1,u1,deleted,,\nL2,u1,active,,\n"
    files = {"lockers.csv": rows}
    assert codes(check(files)) == [(2, "locker.missing_id"), (3, "locker.no_shelf"), (4, "locker.no_shelf")]
    skipping = check(files, options=ImportOptions(skip_deletes=True))
    assert codes(skipping) == [(2, "locker.missing_id"), (4, "locker.no_shelf")]


def test_its_references_are_held_against_what_the_drop_brings() -> None:
    lockers = HEADER + "L1,u1,active,top,\nL2,u9,active,top,L1\nL3,u1,active,top,L9\n"
    result = check({"lockers.csv": lockers, "users.csv": USERS})
    assert codes(result) == [(3, "note.undefined_user"), (4, "note.undefined_locker")]
    assert "next_locker_id names a locker that no row of this drop defines, in 1 row" in result.findings[1].message


def test_its_references_are_held_against_what_is_known() -> None:
    class OnlyU1:
        def has(self, kind: str, id: str) -> bool | None:  # noqa: A002 - as in KnownIds
            return id == "u1" if kind == "user" else None

        def count(self, kind: str, at_most: int) -> int:
            return 1

        def may_come(self, kind: str) -> bool:
            return False

    result = check({"lockers.csv": HEADER + "L1,u1,active,top,\nL2,u9,active,top,\n"}, known=OnlyU1())
    assert (only(result).code, only(result).row) == ("note.undefined_user", 3)


def test_other_types_may_name_what_it_defines() -> None:
    key = CsvType(
        name="locker_key",
        header=HeaderTest(all_of=("key_id", "locker_id")),
        columns=(required("key_id"), required("locker_id")),
        stages=(stage("first", Rule("locker_key.missing_id", "No key_id given", "Give one.", when=blank("key_id"))),),
        references=(Reference("locker_id", LOCKER_ID),),
    )
    files = {"keys.csv": "key_id,locker_id\nK1,L1\nK2,L7\n", "lockers.csv": HEADER + "L1,u1,active,top,\n"}
    result = check(files, registry=REGISTRY.with_type(key))
    assert [facts.type for facts in result.files] == ["locker_key", "locker"]
    assert (only(result).code, only(result).row) == ("note.undefined_locker", 3)


def test_what_is_watched_in_every_column_of_a_name_is_watched_in_its_columns_too() -> None:
    assert codes(check({"lockers.csv": HEADER + "L1,u1,actively,top,\nL2,2.01E+11,active,top,\n"})) == [
        (2, "advice.status_tail"),
        (3, "advice.spreadsheet_number"),
    ]


def test_its_place_in_the_order_decides_what_shadows_it() -> None:
    header = "locker_id,shelf,user_id,course_id\n"
    assert check({"x.csv": header}).files[0].type == "locker"
    last = CANVAS.with_type(LOCKER)
    assert check({"x.csv": header}, registry=last).files[0].type == "enrollment"
    assert list(REGISTRY).index("locker") == list(CANVAS).index("enrollment")


def test_a_header_that_nearly_fits_is_told_what_it_lacks() -> None:
    refused = only(check({"lockers.csv": "locker_id,status\nL1,active\n"}))
    assert refused.code == "file.unknown_headers"
    assert "locker needs shelf" in refused.hint


def test_canvas_s_own_types_know_nothing_of_it() -> None:
    assert "locker" not in CANVAS
    assert not any(code.startswith("locker.") for code in CANVAS.rules)
    result = check({"lockers.csv": HEADER + "L1,u1,active,top,\n"}, registry=CANVAS)
    assert only(result).code == "file.unknown_headers"


def test_a_registry_refuses_what_cannot_be_meant() -> None:
    with pytest.raises(ValueError, match="one name"):
        REGISTRY.with_type(LOCKER)
    with pytest.raises(ValueError, match=r"locker\.user_id names a user: none defines it"):
        Registry([LOCKER])
