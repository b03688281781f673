"""Bad nights on which a file is whole and well formed, and its rows are the wrong ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.support.nights.night import Week, bad
from tests.support.nights.pasts import of_two_schools, zipped
from tests.support.nights.school import FALL, OLD, Files, a_school, a_user, an_enrollment, csv_of, mapped, with_all

DAY = timedelta(days=1)


def of_last_year(identifier: str) -> str:
    return identifier.replace(FALL, OLD)


@bad("courses.csv", "guard.absent", "the courses and enrollments of last year's term instead of this one's")
def wrong_term(week: Week) -> Files:
    today = replace(
        week.today,
        courses=mapped(week.today.courses, course_id=of_last_year, term_id=of_last_year),
        sections=mapped(week.today.sections, course_id=of_last_year, section_id=of_last_year),
        enrollments=mapped(week.today.enrollments, course_id=of_last_year, section_id=of_last_year),
    )
    return today.files(("courses", "sections", "enrollments"))


@bad("enrollments.csv", {"guard.absent", "guard.unknown"}, "the enrollments alone are those of last year's term")
def enrollments_of_wrong_term(week: Week) -> Files:
    rows = mapped(week.today.enrollments, course_id=of_last_year, section_id=of_last_year)
    return {"enrollments.csv": csv_of("enrollments", rows)}


@bad("courses.csv", "guard.absent", "every course has another id: new empty shells, and the old ones lose everybody")
def course_ids_changed(week: Week) -> Files:
    def renamed(identifier: str) -> str:
        return f"CRS{identifier.replace('-', '')}"

    return {
        "courses.csv": csv_of("courses", mapped(week.today.courses, course_id=renamed)),
        "sections.csv": csv_of("sections", mapped(week.today.sections, course_id=renamed)),
        "enrollments.csv": csv_of("enrollments", mapped(week.today.enrollments, course_id=renamed)),
    }


@bad("sections.csv", "guard.absent", "every section id has a new prefix")
def section_ids_with_a_new_prefix(week: Week) -> Files:
    def renamed(identifier: str) -> str:
        return f"SEC-{identifier}"

    return {
        "sections.csv": csv_of("sections", mapped(week.today.sections, section_id=renamed)),
        "enrollments.csv": csv_of("enrollments", mapped(week.today.enrollments, section_id=renamed)),
    }


@bad("sections.csv", "guard.absent", "every section id is written in lower case")
def section_ids_in_lower_case(week: Week) -> Files:
    return {
        "sections.csv": csv_of("sections", mapped(week.today.sections, section_id=str.lower)),
        "enrollments.csv": csv_of("enrollments", mapped(week.today.enrollments, section_id=str.lower)),
    }


@bad("users.csv", "guard.absent", "an invisible character stands before every user id")
def invisible_character_before_ids(week: Week) -> Files:
    rows = mapped(week.today.users, user_id=lambda text: f"\N{ZERO WIDTH NO-BREAK SPACE}{text}")
    return {"users.csv": csv_of("users", rows)}


@bad("enrollments.csv", {"guard.absent", "guard.unknown"}, "the new prefix stands in the enrollments alone")
def section_prefix_in_enrollments_only(week: Week) -> Files:
    rows = mapped(week.today.enrollments, section_id=lambda identifier: f"SEC-{identifier}")
    return {"enrollments.csv": csv_of("enrollments", rows)}


@bad("users.csv", "guard.absent", "user ids have lost their leading zeros, as in a spreadsheet", past="diffing")
def ids_without_leading_zeros(week: Week) -> Files:
    return {"users.csv": csv_of("users", mapped(week.today.users, user_id=lambda text: text.lstrip("0")))}


@bad("users.csv", "guard.absent", "user ids are filled up with zeros to ten digits")
def ids_zero_padded(week: Week) -> Files:
    return {
        "users.csv": csv_of("users", mapped(week.today.users, user_id=lambda text: text.zfill(10))),
        "enrollments.csv": csv_of("enrollments", mapped(week.today.enrollments, user_id=lambda text: text.zfill(10))),
    }


@bad("enrollments.csv", {"guard.absent", "guard.unknown"}, "user ids are written as decimals (42.0)")
def ids_as_decimals(week: Week) -> Files:
    rows = mapped(week.today.enrollments, user_id=lambda text: f"{int(text)}.0")
    return {"enrollments.csv": csv_of("enrollments", rows)}


@bad("users.csv", {"guard.absent", "findings"}, "user_id and login_id have changed places")
def user_and_login_ids_swapped(week: Week) -> Files:
    rows = tuple({**row, "user_id": row["login_id"], "login_id": row["user_id"]} for row in week.today.users)
    return {"users.csv": csv_of("users", rows)}


@bad("enrollments.csv", {"guard.absent", "guard.unknown"}, "section_id holds the user and user_id the section")
def section_and_user_ids_swapped(week: Week) -> Files:
    rows = tuple({**row, "section_id": row["user_id"], "user_id": row["section_id"]} for row in week.today.enrollments)
    return {"enrollments.csv": csv_of("enrollments", rows)}


@bad("enrollments.csv", {"guard.absent", "guard.unknown"}, "the enrollments name logins instead of user ids")
def logins_instead_of_user_ids(week: Week) -> Files:
    rows = mapped(week.today.enrollments, user_id=lambda text: f"u{int(text)}")
    return {"enrollments.csv": csv_of("enrollments", rows)}


@bad("enrollments.csv", "guard.unknown", "two thirds of the enrollments are of users that no users.csv has brought")
def users_of_the_enrollments_missing(week: Week) -> Files:
    # The new ones come on top, so that nothing of the last file is gone.
    sections = week.today.sections
    new = tuple(an_enrollment(sections[number % 60], a_user(5_000 + number)) for number in range(3_200))
    return {
        "users.csv": week.last.file("users"),
        "enrollments.csv": csv_of("enrollments", (*week.last.enrollments, *new)),
    }


@bad("enrollments.csv", "guard.unknown", "a delta whose sections no sections.csv has brought", past="delta")
def delta_of_unknown_sections(week: Week) -> Files:
    rows = mapped(week.today.enrollments[:60], section_id=of_last_year, course_id=of_last_year)
    return {"enrollments.csv": csv_of("enrollments", rows)}


@bad(
    "courses.csv",
    "guard.unknown",
    "three quarters of the courses are in sub-schools that nobody has heard of",
    past="many",
)
def courses_of_unknown_accounts(week: Week) -> Files:
    rows = tuple(
        row if place % 4 == 0 else {**row, "account_id": f"CAMPUS-{place}"}
        for place, row in enumerate(week.today.courses)
    )
    return {"courses.csv": csv_of("courses", rows)}


@bad("enrollments.csv", "guard.absent", "everybody is a teacher")
def all_roles_teacher(week: Week) -> Files:
    return {"enrollments.csv": csv_of("enrollments", with_all(week.today.enrollments, role="teacher"))}


@bad("enrollments.csv", "guard.absent", "students and teachers have changed roles")
def roles_swapped(week: Week) -> Files:
    other = {"student": "teacher", "teacher": "student"}
    rows = mapped(week.today.enrollments, role=other.__getitem__)
    return {"enrollments.csv": csv_of("enrollments", rows)}


@bad("enrollments.csv", {"guard.absent", "findings"}, "roles come in the words of the SIS (Learner, Instructor)")
def roles_in_words_of_the_sis(week: Week) -> Files:
    words = {"student": "Learner", "teacher": "Instructor"}
    return {"enrollments.csv": csv_of("enrollments", mapped(week.today.enrollments, role=words.__getitem__))}


@bad("enrollments.csv", "guard.stale", "the file of the night before last comes again, byte for byte")
def file_before_the_last_again(week: Week) -> Files:
    return {"enrollments.csv": week.before.file("enrollments")}


@bad("users.csv", "guard.stale", "all files of a week ago come again")
def all_files_of_last_week_again(week: Week) -> Files:
    return week.first.files(("users", "enrollments"))


@bad("enrollments.csv", "guard.stale", "a copy of an older export that was never sent, by its time", age=9 * DAY)
def never_sent_older_file(week: Week) -> Files:
    rows = (*week.first.enrollments[:300], *week.first.enrollments[303:])
    return {"enrollments.csv": csv_of("enrollments", rows)}


@bad("enrollments_20261101.csv", "guard.stale", "last month's file, by the date in its name", past="dated")
def last_months_file_by_name(week: Week) -> Files:
    rows = (*week.first.enrollments[:300], *week.first.enrollments[303:])
    return {"enrollments_20261101.csv": csv_of("enrollments", rows)}


@bad("enrollments_20251124.csv", {"guard.stale", "guard.absent"}, "the file of another year", past="dated")
def file_of_another_year(week: Week) -> Files:
    rows = mapped(week.today.enrollments, course_id=of_last_year, section_id=of_last_year)
    return {"enrollments_20251124.csv": csv_of("enrollments", rows)}


@bad("nightly.zip", "guard.stale", "the zip of a week ago comes again", past="zipped")
def zip_of_last_week_again(week: Week) -> Files:
    return zipped(week.first.files())


@bad("users-north.csv", "guard.absent", "two schools' files have changed names", past="pair")
def two_schools_swapped(week: Week) -> Files:
    tonight = of_two_schools(week.today)
    return {"users-north.csv": tonight["users-south.csv"], "users-south.csv": tonight["users-north.csv"]}


@bad("enrollments-north.csv", "guard.absent", "two schools' enrollments have changed names", past="pair")
def two_schools_enrollments_swapped(week: Week) -> Files:
    tonight = of_two_schools(week.today)
    return {
        "enrollments-north.csv": tonight["enrollments-south.csv"],
        "enrollments-south.csv": tonight["enrollments-north.csv"],
    }


@bad("users.csv", "guard.absent", "the export of another school under the same names")
def other_school(week: Week) -> Files:
    other = a_school(590)
    renamed = mapped(other.users, user_id=lambda text: f"B{text}", login_id=lambda text: f"b{text}")
    return {"users.csv": csv_of("users", renamed), "enrollments.csv": week.today.file("enrollments")}


@bad("users.csv", "guard.absent", "the export of the SIS's test system, whose ids begin with TEST")
def export_of_the_test_system(week: Week) -> Files:
    today = mapped(week.today.users, user_id=lambda text: f"TEST{text}")
    return {"users.csv": csv_of("users", today), "sections.csv": week.today.file("sections")}


@bad("users.csv", "guard.absent", "every id has the text of a join behind it", past="diffing")
def ids_with_a_tail(week: Week) -> Files:
    return {"users.csv": csv_of("users", mapped(week.today.users, user_id=lambda text: f"{text}_1"))}


@bad("users.csv", {"guard.absent", "guard.shrank"}, "every row is the same user, as a broken join makes it")
def every_row_the_same_user(week: Week) -> Files:
    return {"users.csv": csv_of("users", (week.today.users[0],) * len(week.today.users))}


@bad(
    "enrollments.csv",
    {"guard.absent", "guard.emptied"},
    "all enrollments are in one section, as a broken join makes it",
)
def all_enrollments_in_one_section(week: Week) -> Files:
    first = week.today.sections[0]
    rows = with_all(week.today.enrollments, section_id=first["section_id"], course_id=first["course_id"])
    return {"enrollments.csv": csv_of("enrollments", rows)}
