"""Bad nights that no guard can tell from good ones at default settings: the documentation names them."""

from __future__ import annotations

from tests.support.nights.bad_counts import head
from tests.support.nights.night import Week, unseen
from tests.support.nights.school import (
    Files,
    Row,
    a_user,
    an_enrollment,
    csv_of,
    mapped,
    with_all,
)

STAY = "What is not in the file stays in Canvas as it is."
LOWER = "Lower `hold.shrink_over_pct` and `hold.absent_over_pct` where a file never loses so much."


def by_user(rows: tuple[Row, ...]) -> tuple[Row, ...]:
    return tuple(sorted(rows, key=lambda row: (row["user_id"], row["section_id"])))


@unseen("users.csv ends after nine tenths of its rows", f"{STAY} {LOWER}")
def users_truncated_at_90(week: Week) -> Files:
    return {"users.csv": head(week.today.file("users"), 0.9)}


@unseen("the same with diffing", f"Canvas deletes the missing tenth. {LOWER}", past="diffing")
def diffed_users_truncated_at_90(week: Week) -> Files:
    return {"users.csv": head(week.today.file("users"), 0.9)}


@unseen(
    "enrollments.csv, written user by user, ends after nine tenths of its rows",
    f"A few are missing from every section, as when people leave. {STAY} {LOWER}",
)
def enrollments_by_user_truncated_at_90(week: Week) -> Files:
    return {"enrollments.csv": head(csv_of("enrollments", by_user(week.today.enrollments)), 0.9)}


@unseen(
    "the teachers are missing from the enrollments",
    f"They are a few rows among many. {STAY} Where diffing or batch mode deletes them, the plan counts them as absent.",
)
def teachers_missing(week: Week) -> Files:
    kept = tuple(row for row in week.today.enrollments if row["role"] != "teacher")
    return {"enrollments.csv": csv_of("enrollments", kept)}


@unseen("five sections have lost all their enrollments", "Lower `hold.emptied_over`: it is 5.")
def five_sections_empty(week: Week) -> Files:
    empty = {section["section_id"] for section in week.today.sections if section["section_id"].endswith("-B")}
    empty = set(sorted(empty)[::4])
    kept = tuple(row for row in week.today.enrollments if row["section_id"] not in empty)
    return {"enrollments.csv": csv_of("enrollments", kept)}


@unseen(
    "nine of fifty enrollments have the status deleted",
    "It is what the end of an add and drop period looks like. Lower `hold.deletes_over_pct`.",
)
def eighteen_percent_deleted(week: Week) -> Files:
    rows = (
        {**row, "status": "deleted"} if place % 50 < 9 and row["role"] == "student" else row
        for place, row in enumerate(week.today.enrollments)
    )
    return {"enrollments.csv": csv_of("enrollments", rows)}


@unseen(
    "yesterday's file comes again, the last that was accepted",
    "Nothing changes, as on a night without news. `expect_by` cannot tell either: something came.",
)
def yesterdays_files_again(week: Week) -> Files:
    return week.last.files()


@unseen(
    "at a school of 15 users last week's file comes again",
    "Files under 20 rows are asked nothing that needs percentages or equal bytes; the plan shows what it undoes.",
    past="small",
)
def small_school_last_week_again(week: Week) -> Files:
    return {"users.csv": week.first.file("users")}


@unseen(
    "every row stands ten times",
    "No harm: the last row of each counts. Canvas leaves out repeated lines itself when there are a hundred of them.",
)
def rows_ten_times(week: Week) -> Files:
    return {"enrollments.csv": csv_of("enrollments", tuple(row for row in week.today.enrollments for _ in range(10)))}


@unseen(
    "every student is in every section of the course, as a broken join makes it",
    "Nothing is lost, and growth is not asked about: the plan counts the rows added.",
)
def students_in_every_section(week: Week) -> Files:
    sections = {
        row["course_id"]: [each for each in week.today.sections if each["course_id"] == row["course_id"]]
        for row in week.today.courses
    }
    people = {(row["course_id"], row["user_id"], row["role"]) for row in week.today.enrollments}
    rows = (
        an_enrollment(section, {"user_id": user}, role)
        for course, user, role in sorted(people)
        for section in sections[course]
    )
    return {"enrollments.csv": csv_of("enrollments", tuple(rows))}


@unseen(
    "all dates of the courses lie in the past",
    "Ids and statuses are the same: the plan shows end_date changed in every row. Canvas closes the courses.",
)
def dates_in_the_past(week: Week) -> Files:
    rows = with_all(week.today.courses, start_date="2024-08-26", end_date="2024-12-20")
    return {"courses.csv": csv_of("courses", rows)}


@unseen(
    "every enrollment is completed",
    "It is what the end of a term looks like. The plan shows status changed in every row.",
)
def all_enrollments_completed(week: Week) -> Files:
    return {"enrollments.csv": csv_of("enrollments", with_all(week.today.enrollments, status="completed"))}


@unseen(
    "every course is completed",
    "It is what the end of a year looks like. The plan shows status changed in every row.",
)
def all_courses_completed(week: Week) -> Files:
    return {"courses.csv": csv_of("courses", with_all(week.today.courses, status="completed"))}


@unseen(
    "at a school of 8 courses every course has the status deleted",
    "Files under 20 rows are exempt from percentages. The plan shows it; `sisdrop undo` brings the courses back.",
    past="small",
)
def small_school_all_courses_deleted(week: Week) -> Files:
    return {"courses.csv": csv_of("courses", with_all(week.today.courses, status="deleted"))}


@unseen(
    "all five sub-accounts have the status deleted",
    "Files under 20 rows are exempt from percentages. Canvas refuses to delete accounts with courses in them, with "
    "messages at which `hold.messages_over` stops the queue.",
)
def all_accounts_deleted(week: Week) -> Files:
    return {"accounts.csv": csv_of("accounts", with_all(week.today.accounts, status="deleted"))}


@unseen(
    "first and last names have changed places",
    "Ids are the same: the plan shows first_name and last_name changed in every row.",
)
def names_swapped(week: Week) -> Files:
    rows = tuple({**row, "first_name": row["last_name"], "last_name": row["first_name"]} for row in week.today.users)
    return {"users.csv": csv_of("users", rows)}


@unseen("all addresses are blank", "The column is there; the plan shows email changed in every row.")
def all_addresses_blank(week: Week) -> Files:
    return {"users.csv": csv_of("users", with_all(week.today.users, email=""))}


@unseen("every user has the same address", "The plan shows email changed in every row; addresses may be shared.")
def all_addresses_equal(week: Week) -> Files:
    return {"users.csv": csv_of("users", with_all(week.today.users, email="office@larkspur.example"))}


@unseen(
    "names are anonymised, as in a test copy of the SIS",
    "Ids are the same: the plan shows first_name and last_name changed in every row.",
)
def names_anonymised(week: Week) -> Files:
    return {"users.csv": csv_of("users", with_all(week.today.users, first_name="Test", last_name="Person"))}


@unseen(
    "names were encoded twice (AndrÃ©)",
    "It is good UTF-8: the plan shows names changed wherever they have accents.",
)
def names_encoded_twice(week: Week) -> Files:
    rows = mapped(week.today.users, first_name=lambda text: text.encode().decode("cp1252", "replace"))
    return {"users.csv": csv_of("users", rows)}


@unseen(
    "every login has changed",
    "So it looks when a school changes to another sign-on, too. The plan shows login_id changed in every row.",
)
def all_logins_changed(week: Week) -> Files:
    rows = mapped(week.today.users, login_id=lambda text: f"{text}@test.larkspur.example")
    return {"users.csv": csv_of("users", rows)}


@unseen(
    "all sections belong to one course, as a broken join makes it",
    "Section ids are the same: the plan shows course_id changed in every row. Canvas moves the sections.",
)
def all_sections_in_one_course(week: Week) -> Files:
    first = week.today.courses[0]["course_id"]
    return {"sections.csv": csv_of("sections", with_all(week.today.sections, course_id=first))}


@unseen(
    "all courses are in one sub-account",
    "Course ids are the same: the plan shows account_id changed in every row. Canvas moves the courses.",
)
def all_courses_in_one_account(week: Week) -> Files:
    return {"courses.csv": csv_of("courses", with_all(week.today.courses, account_id="SCH-1"))}


@unseen(
    "the first file ever holds half of the school",
    "There is nothing to compare it with. Look at the first plan, or at the first import, yourself.",
    past="first",
)
def first_file_is_half(week: Week) -> Files:
    return {"users.csv": head(week.today.file("users"), 0.5)}


@unseen(
    "a delta of 15 rows, all of which delete",
    "Files under 20 rows are exempt from percentages: many a delta deletes a few rows and nothing else.",
    past="delta",
)
def small_delta_that_deletes(week: Week) -> Files:
    return {"enrollments.csv": csv_of("enrollments", with_all(week.today.enrollments[100:115], status="deleted"))}


@unseen(
    "a file of the day before that was never sent, with the time of today",
    "It is older than the last one, and nothing of it says so but its rows, which are like those of any night.",
)
def older_file_with_a_new_time(week: Week) -> Files:
    rows = (*week.before.enrollments[:300], *week.before.enrollments[303:])
    return {"enrollments.csv": csv_of("enrollments", rows)}


@unseen(
    "the export was appended to itself: header and rows stand twice",
    "No harm: Canvas leaves out repeated lines when there are a hundred of them, the header among them.",
)
def export_appended_to_itself(week: Week) -> Files:
    return {"users.csv": week.today.file("users") * 2}


@unseen(
    "the courses name terms in another way (FA-2026 for 2026FA)",
    "Terms are few, and Canvas takes the default term without a message. The plan shows term_id changed in every row.",
)
def term_ids_changed(week: Week) -> Files:
    rows = mapped(week.today.courses, term_id=lambda text: f"{text[4:]}-{text[:4]}")
    return {"courses.csv": csv_of("courses", rows)}


@unseen(
    "the courses are in sub-accounts that nobody has brought, where there are fewer than twenty",
    "Canvas leaves those rows out and says so in as many messages, at which `hold.messages_over` stops the queue.",
)
def courses_of_unknown_accounts_where_few(week: Week) -> Files:
    rows = mapped(week.today.courses, account_id=lambda text: text.replace("SCH", "CAMPUS"))
    return {"courses.csv": csv_of("courses", rows)}


@unseen(
    "two of five enrollments are of users that nobody has brought",
    "Canvas leaves those rows out and says so in as many messages, at which `hold.messages_over` stops the queue. "
    "Lower `hold.unknown_over_pct`.",
)
def users_of_some_enrollments_missing(week: Week) -> Files:
    sections = week.today.sections
    new = tuple(an_enrollment(sections[number % 60], a_user(5_000 + number)) for number in range(1_000))
    return {"enrollments.csv": csv_of("enrollments", (*week.today.enrollments, *new))}
