"""Two exports compared: against a reference that does it row by row, and against themselves in other clothes."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canvas_sis_csv import Member, comparison, decoding
from canvas_sis_csv.comparison import Comparison, Emptied, GroupChange, GroupTotals, compare
from canvas_sis_csv.refusal import FileRefused

HEADER = ("course_id", "section_id", "user_id", "role", "status")
Rows = list[tuple[str, ...]]

_ids = st.sampled_from(["1", "2", "3", "A b", 'q"q', "x,y", "é"])
_row = st.tuples(
    st.sampled_from(["", "C1", "C2", "C3"]),
    st.sampled_from(["", "S1", "S2"]),
    _ids,
    st.sampled_from(["student", "Teacher", "StudentEnrollment"]),
    st.sampled_from(["active", "active", "completed", "deleted", "inactive", "deleted_last_completed"]),
)
_rows = st.lists(_row, max_size=12)
# Most rows are the same in both, as they are in life.
_pairs = st.tuples(st.lists(_row, max_size=12), _rows, _rows).map(
    lambda lists: (lists[0] + lists[1], Random(len(lists[0])).sample(lists[0], len(lists[0])) + lists[2])
)


def member(text: str, name: str = "enrollments.csv") -> Member:
    data = text.encode()
    return Member(name, len(data), lambda: io.BytesIO(data))


def written(rows: Sequence[Sequence[str]], header: Sequence[str] = HEADER, **dialect: object) -> str:
    out = io.StringIO()
    csv.writer(out, **{"lineterminator": "\n"} | dialect).writerows([header, *rows])  # type: ignore[call-overload]
    return out.getvalue()


def one(before: str, now: str, *, full: bool = True) -> Comparison:
    (only,) = compare([member(before)], [member(now)], full=full)
    return only


def of_rows(before: Rows, now: Rows, *, full: bool = True) -> Comparison:
    return one(written(before), written(now), full=full)


def key(row: Sequence[str]) -> tuple[str, ...]:
    course, section, user, role, _ = row
    return ("section", section, user, plain(role)) if section else ("course", course, user, plain(role))


def plain(role: str) -> str:
    return role.lower().removesuffix("enrollment")


def counts(result: Comparison) -> dict[str, object]:
    names = ["before", "rows", "added", "changed", "absent", "deleted", "deleting_rows", "active_before", "lost"]
    return {name: getattr(result, name) for name in names} | {
        "columns": dict(result.changed_columns),
        "emptied": {kind: emptied.examples for kind, emptied in result.emptied.items()},
        "groups": {
            change.id: (change.before, change.rows, change.added, change.changed, change.absent, change.deleted)
            for change in result.groups["course"]
        },
        "courses": result.group_totals["course"],
    }


def reference(before: Rows, now: Rows) -> dict[str, object]:
    """The same, row by row."""
    old, new = {key(row): row for row in before}, {key(row): row for row in now}
    active = {each for each, row in old.items() if row[4] == "active"}
    deletes = {each for each, row in new.items() if row[4].startswith("deleted")}
    shut = {each for each, row in new.items() if row[4] == "inactive"}
    did = {each for each, row in old.items() if row[4].startswith("deleted")}
    whats = dict.fromkeys(old.keys() - new.keys(), "absent")
    whats |= {each: "deleted" if each in deletes else "added" for each in new.keys() - old.keys()}
    for each in old.keys() & new.keys():
        if old[each] != new[each]:
            whats[each] = "deleted" if each in deletes and each not in did else "changed"
    kinds = ("added", "changed", "absent", "deleted")
    by_course: dict[str, list[int]] = {}
    for each, what in whats.items():
        course = (old if what == "absent" else new)[each][0]
        if course:
            by_course.setdefault(course, [0, 0, 0, 0])[kinds.index(what)] += 1
    columns = {
        column: differing
        for place, column in enumerate(HEADER)
        if (
            differing := sum(what == "changed" and old[each][place] != new[each][place] for each, what in whats.items())
        )
    }

    def ids(rows: Rows, place: int, *statuses: str) -> set[str]:
        return {row[place] for row in rows if row[place] and (not statuses or row[4] in statuses)}

    kept = ("active", "completed", "inactive")
    return {
        "before": len(before),
        "rows": len(now),
        **{kind: list(whats.values()).count(kind) for kind in kinds},
        "deleting_rows": sum(row[4].startswith("deleted") for row in now),
        "active_before": len(active),
        "lost": len(active & (deletes | shut | (old.keys() - new.keys()))),
        "columns": columns,
        "emptied": {
            kind: tuple(sorted(ids(before, place, "active") - ids(now, place, *kept)))
            for place, kind in enumerate(("course", "section"))
        },
        "groups": {
            id_: (*(sum(row[0] == id_ for row in rows) for rows in (before, now)), *numbers)
            for id_, numbers in by_course.items()
        },
        "courses": GroupTotals(len(ids(before, 0) | ids(now, 0)), len(by_course)),
    }


@settings(max_examples=40)
@given(_pairs)
def test_it_counts_what_a_comparison_row_by_row_counts(pair: tuple[Rows, Rows]) -> None:
    assert counts(of_rows(*pair)) == reference(*pair)


@settings(max_examples=40)
@given(_pairs, st.booleans())
def test_it_counts_the_same_whether_a_table_of_many_blocks_is_sorted_or_not(
    pair: tuple[Rows, Rows], sort: bool
) -> None:
    before, now = (sorted(rows, key=lambda row: row[1]) if sort else rows for rows in pair)
    with pytest.MonkeyPatch.context() as patch:
        # Two or three rows to a chunk.
        patch.setattr(decoding, "BLOCK_BYTES", 64)
        assert counts(of_rows(before, now)) == reference(before, now)


@settings(max_examples=40)
@given(_pairs)
def test_it_counts_the_same_where_many_rows_share_keys(pair: tuple[Rows, Rows]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(comparison, "MANY", 0)
        assert counts(of_rows(*pair)) == reference(*pair)


@settings(max_examples=40)
@given(_pairs, st.randoms(use_true_random=False))
def test_order_of_rows_and_columns_quoting_line_ends_and_the_mark_make_no_difference(
    pair: tuple[Rows, Rows], random: Random
) -> None:
    before, now = pair
    # The order of rows of one key does make a difference.
    now = list({key(row): row for row in now}.values())
    places = random.sample(range(len(HEADER)), len(HEADER))
    shuffled = [[row[place] for place in places] for row in random.sample(now, len(now))]
    quoting = random.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
    header = [HEADER[place].upper() for place in places]
    other = written(shuffled, header, quoting=quoting, lineterminator=random.choice(["\n", "\r\n", "\r"]))
    assert counts(one(written(before), "\ufeff" + other)) == reference(before, now)


@settings(max_examples=40)
@given(_rows)
def test_a_file_against_itself_shows_nothing(rows: Rows) -> None:
    result = of_rows(rows, rows)
    assert (result.added, result.changed, result.absent, result.deleted, result.lost) == (0, 0, 0, 0, 0)
    assert result.before == result.rows == len(rows)
    assert not any(result.groups.values())


@settings(max_examples=40)
@given(_pairs)
def test_in_a_file_of_changes_nothing_is_absent(pair: tuple[Rows, Rows]) -> None:
    full, delta = of_rows(*pair), of_rows(*pair, full=False)
    assert (delta.added, delta.changed, delta.deleted) == (full.added, full.changed, full.deleted)
    assert (delta.absent, delta.emptied) == (0, {})
    assert all(change.absent == 0 for change in delta.groups["course"])


@settings(max_examples=40)
@given(_pairs, st.integers(1, 3))
def test_files_of_one_type_are_one_table(pair: tuple[Rows, Rows], cut: int) -> None:
    before, now = pair
    parts = [member(written(part), f"{number}.csv") for number, part in enumerate((now[:cut], now[cut:]))]
    (result,) = compare([member(written(before))], parts)
    assert result.names == ("0.csv", "1.csv")
    assert counts(result) == reference(before, now)


def test_rows_of_nothing_but_blanks_and_white_space_around_cells_do_not_count() -> None:
    before = "course_id,section_id,user_id,role,status\nC1,S1,1,student,active\nC1,S1,2,student,active\n"
    now = before.replace("C1,S1,1", " C1 ,S1,1") + ",,,,\n\n, ,,,\n"
    result = one(before, now)
    assert (result.rows, result.added, result.changed, result.absent) == (2, 0, 0, 0)
    again = one(now, before)
    assert (again.before, again.added, again.changed, again.absent, again.active_before) == (2, 0, 0, 0, 2)


def test_columns_that_came_and_went_are_named_and_change_no_row() -> None:
    before = "course_id,user_id,role,status,Building\nC1,1,student,active,North\n"
    now = "course_id,user_id,role,status,notify\nC1,1,student,active,true\n"
    result = one(before, now)
    assert (result.missing_columns, result.new_columns) == (("building",), ("notify",))
    assert result.changed == 0


def test_what_canvas_does_not_read_changes_no_row() -> None:
    before = "course_id,user_id,role,status,exported\nC1,1,student,active,Monday\n"
    assert one(before, before.replace("Monday", "Tuesday")).changed == 0


def test_an_enrollment_with_an_integration_id_or_a_role_id_more_is_the_same() -> None:
    before = "course_id,user_id,role,status\nC1,1,student,active\n"
    now = "course_id,user_id,user_integration_id,role,role_id,status\nC1,1,I1,student,3,active\n"
    result = one(before, now)
    assert (result.added, result.changed, result.absent) == (0, 0, 0)


def test_the_id_of_a_course_is_none_of_a_section() -> None:
    before = "course_id,section_id,user_id,role,status\nX,,1,student,active\n"
    result = one(before, before.replace("X,,", ",X,"))
    assert (result.added, result.absent) == (1, 1)


def test_a_concluded_enrollment_is_not_lost_and_empties_no_course() -> None:
    before = [("C1", "S1", "1", "student", "active")]
    result = of_rows(before, [(*before[0][:4], "completed")])
    assert (result.active_before, result.lost, result.changed) == (1, 0, 1)
    assert result.emptied["course"] == Emptied(0, ())


def test_who_is_not_let_in_any_more_is_lost() -> None:
    before = [("C1", "S1", "1", "student", "active")]
    assert of_rows(before, [(*before[0][:4], "inactive")]).lost == 1
    users = [member(f"user_id,login_id,status\n1,a,{status}\n", "users.csv") for status in ("active", "suspended")]
    (result,) = compare(users[:1], users[1:])
    assert (result.active_before, result.lost, result.changed) == (1, 1, 1)


def test_a_type_that_was_not_there_before_has_rows_and_deletes_but_nothing_to_compare_with() -> None:
    users = member("user_id,login_id,status\n1,a,active\n2,b,Deleted\n,,\n", "users.csv")
    (result,) = compare([member(written([]))], [users])
    assert (result.type, result.before, result.rows, result.deleting_rows) == ("user", None, 2, 1)
    assert (result.added, dict(result.groups)) == (0, {})


def test_types_come_in_the_order_in_which_canvas_imports_them() -> None:
    files = [
        member(written([]), "a.csv"),
        member("user_id,login_id,status\n", "b.csv"),
        member("term_id,name,status\n", "c.csv"),
        member("notes", "notes.txt"),
        member("", "empty.csv"),
    ]
    assert [each.type for each in compare(files, files)] == ["term", "user", "enrollment"]


def test_courses_are_counted_by_account_and_term_and_not_by_course() -> None:
    header = ("course_id", "short_name", "long_name", "account_id", "term_id", "status")
    before = written([("1", "a", "A", "N", "F", "active"), ("2", "b", "B", "N", "S", "active")], header)
    now = written([("1", "a", "AA", "N", "F", "active"), ("3", "c", "C", "M", "S", "active")], header)
    (result,) = compare([member(before)], [member(now)])
    assert result.groups == {
        "account": (GroupChange("N", 2, 1, 0, 1, 1, 0), GroupChange("M", 0, 1, 1, 0, 0, 0)),
        "term": (GroupChange("S", 1, 1, 1, 0, 1, 0), GroupChange("F", 1, 1, 0, 1, 0, 0)),
    }
    assert result.changed_columns == {"long_name": 1}


def test_enrollments_without_courses_are_counted_by_section() -> None:
    header = ("section_id", "user_id", "role", "status")
    before, now = (written([("S1", user, "student", "active")], header) for user in "12")
    assert one(before, now).groups == {"section": (GroupChange("S1", 1, 1, 1, 0, 1, 0),)}


def test_a_cross_listing_that_is_taken_back_deletes() -> None:
    text = "xlist_course_id,section_id,status\nC1,S1,active\n"
    result = one(text, text.replace("active", "deleted"))
    assert (result.deleted, result.deleting_rows, result.lost) == (1, 1, 1)


def test_at_most_twenty_groups_are_named_the_most_affected_first() -> None:
    before = [(f"C{course:02}", "", str(user), "student", "active") for course in range(30) for user in range(course)]
    result = of_rows(before, [])
    assert [change.id for change in result.groups["course"]] == [f"C{course:02}" for course in range(29, 9, -1)]
    assert result.group_totals["course"] == GroupTotals(29, 29)
    assert (result.emptied["course"].count, len(result.emptied["course"].examples)) == (29, 20)


def test_a_file_that_canvas_would_drop_whole_is_refused() -> None:
    with pytest.raises(FileRefused):
        one(written([]), written([]) + 'C1,S1,"open\n')


def test_thousands_of_rows_in_another_order_are_the_same() -> None:
    rows = [(f"C{number % 90}", f"S{number % 90}", str(number), "student", "active") for number in range(9000)]
    moved = Random(5).sample(rows, len(rows))
    result = of_rows(rows, [*moved[:-1], ("C1", "S1", "new", "student", "active")])
    assert (result.added, result.changed, result.absent) == (1, 0, 1)
