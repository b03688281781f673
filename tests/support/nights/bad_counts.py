"""Bad nights on which rows are missing, delete, or come too often."""

from __future__ import annotations

from dataclasses import replace

from tests.support.nights.night import Week, bad
from tests.support.nights.pasts import fall_enrollments, in_a_folder, of_two_schools, zipped
from tests.support.nights.school import (
    FALL,
    SPRING,
    Files,
    a_school,
    csv_of,
    with_all,
)


def head(content: bytes, share: float) -> bytes:
    """The first part of a CSV, cut behind a whole line."""
    lines = content.splitlines(keepends=True)
    return b"".join(lines[: max(1, int(len(lines) * share))])


def header_of(content: bytes) -> bytes:
    """A CSV's first line alone."""
    return content.splitlines(keepends=True)[0]


@bad("enrollments.csv", "guard.shrank", "enrollments.csv ends after a tenth of its rows")
def enrollments_truncated_at_10(week: Week) -> Files:
    return {"enrollments.csv": head(week.today.file("enrollments"), 0.1)}


@bad("enrollments.csv", "guard.shrank", "enrollments.csv ends after half of its rows")
def enrollments_truncated_at_50(week: Week) -> Files:
    return {"enrollments.csv": head(week.today.file("enrollments"), 0.5)}


@bad("enrollments.csv", "guard.emptied", "enrollments.csv ends after nine tenths of its rows, section by section")
def enrollments_truncated_at_90(week: Week) -> Files:
    return {"enrollments.csv": head(week.today.file("enrollments"), 0.9)}


@bad("enrollments.csv", "guard.emptied", "the same with diffing, where what is missing is deleted", past="diffing")
def diffed_enrollments_truncated_at_90(week: Week) -> Files:
    return {"enrollments.csv": head(week.today.file("enrollments"), 0.9)}


@bad("users.csv", "guard.shrank", "users.csv ends after half of its rows; the enrollments of the night are whole")
def users_truncated_at_50(week: Week) -> Files:
    return {"users.csv": head(week.today.file("users"), 0.5), "enrollments.csv": week.today.file("enrollments")}


@bad("users.csv", "guard.shrank", "users.csv ends after a tenth of its rows, with diffing", past="diffing")
def diffed_users_truncated_at_10(week: Week) -> Files:
    return {"users.csv": head(week.today.file("users"), 0.1)}


@bad("enrollments.csv", "guard.shrank", "enrollments.csv ends after half of its rows, in batch mode", past="batch")
def batch_enrollments_truncated_at_50(week: Week) -> Files:
    return {"enrollments.csv": head(fall_enrollments(week.today), 0.5)}


@bad("enrollments.csv", {"guard.shrank", "findings"}, "enrollments.csv ends in the middle of a line, half way through")
def enrollments_cut_in_a_line(week: Week) -> Files:
    content = week.today.file("enrollments")
    return {"enrollments.csv": content[: len(content) // 2 - 5].rstrip(b"\n")}


@bad("nightly.zip", "guard.shrank", "a zip of the night's files in which enrollments.csv is half", past="zipped")
def zip_with_truncated_enrollments(week: Week) -> Files:
    return zipped({**week.today.files(), "enrollments.csv": head(week.today.file("enrollments"), 0.5)})


@bad("night", "guard.shrank", "a folder in which users.csv is half", past="zipped")
def folder_with_truncated_users(week: Week) -> Files:
    return in_a_folder({**week.today.files(), "users.csv": head(week.today.file("users"), 0.5)})


@bad("nightly.zip", {"guard.shrank", "guard.absent", "guard.header"}, "a zip without its enrollments", past="zipped")
def zip_without_enrollments_rows(week: Week) -> Files:
    return zipped({**week.today.files(), "enrollments.csv": header_of(week.today.file("enrollments"))})


@bad("enrollments.csv", "guard.shrank", "enrollments.csv holds its header alone")
def header_only(week: Week) -> Files:
    return {"enrollments.csv": header_of(week.today.file("enrollments"))}


@bad("enrollments.csv", "guard.would_empty", "enrollments.csv holds its header alone, in batch mode", past="batch")
def header_only_in_batch_mode(week: Week) -> Files:
    return {"enrollments.csv": header_of(week.today.file("enrollments"))}


@bad("users.csv", "guard.would_empty", "users.csv holds its header alone, with diffing", past="diffing")
def header_only_with_diffing(week: Week) -> Files:
    return {"users.csv": header_of(week.today.file("users"))}


@bad("enrollments.csv", "unreadable", "enrollments.csv is empty")
def empty_file(week: Week) -> Files:
    return {"enrollments.csv": b""}


@bad("users.csv", "unreadable", "users.csv is empty, with diffing", past="diffing")
def empty_file_with_diffing(week: Week) -> Files:
    return {"users.csv": b""}


@bad(
    "enrollments.csv",
    "guard.shrank",
    "a delta of 12 rows where the whole file is expected, with diffing",
    past="diffing",
)
def delta_sent_as_full(week: Week) -> Files:
    return {"enrollments.csv": csv_of("enrollments", week.today.enrollments[::130][:12])}


@bad("enrollments.csv", "guard.shrank", "a test export of 30 rows")
def thirty_rows_of_a_test_export(week: Week) -> Files:
    return {"enrollments.csv": csv_of("enrollments", week.today.enrollments[:30])}


@bad("users.csv", "guard.shrank", "a test export of 30 users, with diffing", past="diffing")
def thirty_users_of_a_test_export(week: Week) -> Files:
    return {"users.csv": csv_of("users", week.today.users[:30])}


@bad("enrollments.csv", {"guard.shrank", "guard.emptied"}, "one school of five is missing from the enrollments")
def one_school_of_five_missing(week: Week) -> Files:
    return {
        "enrollments.csv": week.today.only(lambda _, row: "-3-" not in row.get("section_id", "")).file("enrollments")
    }


@bad("enrollments.csv", "guard.shrank", "one term of two is missing from the enrollments")
def one_term_of_two_missing(week: Week) -> Files:
    kept = tuple(row for row in week.today.enrollments if not row["course_id"].startswith(FALL))
    return {"enrollments.csv": csv_of("enrollments", kept)}


@bad("courses.csv", "guard.shrank", "the courses of one term of two are missing, with diffing", past="diffing")
def courses_of_a_term_missing(week: Week) -> Files:
    kept = tuple(row for row in week.today.courses if row["term_id"] != SPRING)
    return {"courses.csv": csv_of("courses", kept)}


@bad("enrollments.csv", "guard.shrank", "only teachers are exported, the students' half of a join is missing")
def only_teachers(week: Week) -> Files:
    kept = tuple(row for row in week.today.enrollments if row["role"] == "teacher")
    return {"enrollments.csv": csv_of("enrollments", kept)}


@bad("users.csv", "guard.deletes", "every user has the status deleted")
def all_users_deleted(week: Week) -> Files:
    return {"users.csv": csv_of("users", with_all(week.today.users, status="deleted"))}


@bad("enrollments.csv", "guard.deletes", "every enrollment has the status deleted")
def all_enrollments_deleted(week: Week) -> Files:
    return {"enrollments.csv": csv_of("enrollments", with_all(week.today.enrollments, status="deleted"))}


@bad("courses.csv", "guard.deletes", "every course has the status deleted")
def all_courses_deleted(week: Week) -> Files:
    return {"courses.csv": csv_of("courses", with_all(week.today.courses, status="deleted"))}


@bad("users.csv", "guard.deletes", "every user of the first file ever has the status deleted", past="first")
def all_deleted_on_the_first_night(week: Week) -> Files:
    return {"users.csv": csv_of("users", with_all(week.today.users, status="deleted"))}


@bad("enrollments.csv", "guard.deletes", "a delta in which two thirds of 60 rows delete", past="delta")
def delta_that_deletes(week: Week) -> Files:
    rows = week.today.enrollments[:60]
    return {"enrollments.csv": csv_of("enrollments", (*with_all(rows[:40], status="deleted"), *rows[40:]))}


@bad("enrollments.csv", "guard.deletes", "a quarter of the enrollments has the status deleted")
def a_quarter_deleted(week: Week) -> Files:
    rows = week.today.enrollments
    return {
        "enrollments.csv": csv_of(
            "enrollments", (row if place % 4 else {**row, "status": "deleted"} for place, row in enumerate(rows))
        )
    }


@bad("users.csv", "guard.absent", "every user is suspended")
def all_users_suspended(week: Week) -> Files:
    return {"users.csv": csv_of("users", with_all(week.today.users, status="suspended"))}


@bad("enrollments.csv", "guard.absent", "every enrollment is inactive")
def all_enrollments_inactive(week: Week) -> Files:
    return {"enrollments.csv": csv_of("enrollments", with_all(week.today.enrollments, status="inactive"))}


@bad(
    "users-north.csv", {"guard.shrank", "guard.absent"}, "one school's file is half, the other's is whole", past="pair"
)
def one_of_two_schools_truncated(week: Week) -> Files:
    tonight = of_two_schools(week.today)
    return {**tonight, "users-north.csv": head(tonight["users-north.csv"], 0.5)}


@bad("enrollments.csv", "guard.emptied", "six sections have lost all their enrollments, the others are whole")
def six_sections_empty(week: Week) -> Files:
    empty = {section["section_id"] for section in week.today.sections[::10]}
    kept = tuple(row for row in week.today.enrollments if row["section_id"] not in empty)
    return {"enrollments.csv": csv_of("enrollments", kept)}


@bad("enrollments.csv", "guard.shrank", "a school of 15 users sends 3 of its 36 enrollments", past="small")
def small_school_truncated(week: Week) -> Files:
    return {"enrollments.csv": head(week.today.file("enrollments"), 0.1)}


@bad("enrollments.csv", "guard.shrank", "the rows of one day come alone, the report's date filter was left on")
def date_filter_left_on(week: Week) -> Files:
    old = set(map(str, week.last.enrollments))
    fresh = tuple(row for row in week.today.enrollments if str(row) not in old)
    return {"enrollments.csv": csv_of("enrollments", fresh)}


@bad(
    "courses.csv",
    {"guard.shrank", "guard.absent"},
    "the export of a small test school under the real names",
    past="diffing",
)
def other_small_school(week: Week) -> Files:
    other = a_school(12, teachers=3, sub_schools=1, terms=(FALL,))
    return replace(other, courses=other.courses[:4]).files(("courses",))


@bad("enrollments.csv", {"guard.shrank", "findings"}, "every row is blank: commas and nothing between them")
def all_rows_blank(week: Week) -> Files:
    content = week.today.file("enrollments")
    return {"enrollments.csv": header_of(content) + b",,,,\n" * len(week.today.enrollments)}


@bad("sections.csv", "guard.deletes", "every fourth section has the status deleted")
def a_quarter_of_sections_deleted(week: Week) -> Files:
    rows = (row if place % 4 else {**row, "status": "deleted"} for place, row in enumerate(week.today.sections))
    return {"sections.csv": csv_of("sections", rows)}
