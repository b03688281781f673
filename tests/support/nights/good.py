"""Good nights: whatever is unusual about them, everything that comes must be imported without a question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from tests.support.nights.night import Week, good
from tests.support.nights.pasts import fall_enrollments, in_a_folder, of_two_schools, zipped
from tests.support.nights.school import (
    COLUMNS,
    FALL,
    SPRING,
    Files,
    Row,
    Rows,
    School,
    a_course,
    a_section,
    a_user,
    an_account,
    an_enrollment,
    csv_of,
    in_order,
    key_of,
    mapped,
    next_day,
    with_all,
)

NEW = 3_000
"""Above every user id of an ordinary day."""


def grown(school: School, percent: int) -> School:
    """So many percent more students, each with as many enrollments as the others have."""
    count = len(school.users) * percent // 100
    users = tuple(a_user(NEW + number) for number in range(count))
    wanted = len(school.enrollments) * percent // 100
    rows = [
        an_enrollment(school.sections[number % len(school.sections)], users[number % count]) for number in range(wanted)
    ]
    return replace(school, users=(*school.users, *users), enrollments=in_order(unique([*school.enrollments, *rows])))


def unique(rows: Sequence[Row]) -> Rows:
    return tuple({key_of(row): row for row in rows}.values())


def some(school: School, percent: int) -> set[tuple[str, str, str]]:
    """So many percent of the students' enrollments, spread over all sections."""
    students = [row for row in school.enrollments if row["role"] == "student"]
    return {key_of(row) for row in Random(5).sample(students, len(students) * percent // 100)}


@good("an ordinary night: a few come, a few leave, names are mended")
def ordinary_night(week: Week) -> Files:
    return week.today.files()


@good("an ordinary night of a feed with diffing", past="diffing")
def ordinary_night_with_diffing(week: Week) -> Files:
    return week.today.files()


@good("an ordinary night of a feed in batch mode", past="batch")
def ordinary_night_in_batch_mode(week: Week) -> Files:
    return {"users.csv": week.today.file("users"), "enrollments.csv": fall_enrollments(week.today)}


@good("an ordinary night of two schools that share an inbox", past="pair")
def ordinary_night_of_two_schools(week: Week) -> Files:
    return of_two_schools(week.today)


@good("an ordinary night in one zip", past="zipped")
def ordinary_night_in_a_zip(week: Week) -> Files:
    return zipped(week.today.files())


@good("an ordinary night in one folder", past="zipped")
def ordinary_night_in_a_folder(week: Week) -> Files:
    return in_a_folder(week.today.files())


@good("one percent more students")
def growth_of_1(week: Week) -> Files:
    return grown(week.today, 1).files(("users", "enrollments"))


@good("five percent more students")
def growth_of_5(week: Week) -> Files:
    return grown(week.today, 5).files(("users", "enrollments"))


@good("fifteen percent more students")
def growth_of_15(week: Week) -> Files:
    return grown(week.today, 15).files(("users", "enrollments"))


@good("a term starts: courses and sections first, the next night enrollments grow by half")
def term_start(week: Week) -> Sequence[Files]:
    courses = tuple(
        a_course(SPRING, sub_school, subject) for sub_school in range(1, 6) for subject in ("LAT", "MUS", "PHY")
    )
    sections = tuple(a_section(course, "A") for course in courses)
    ready = replace(week.today, courses=(*week.today.courses, *courses), sections=(*week.today.sections, *sections))
    students = ready.users[40:]
    rows = [an_enrollment(sections[number % 15], students[number % len(students)]) for number in range(750)]
    begun = replace(ready, enrollments=in_order(unique([*ready.enrollments, *rows])))
    return ready.files(("courses", "sections")), begun.files()


@good("a tenth of the enrollments is gone from the file")
def withdrawals_of_10(week: Week) -> Files:
    leaving = some(week.today, 10)
    return {
        "users.csv": week.today.file("users"),
        "enrollments.csv": csv_of("enrollments", (row for row in week.today.enrollments if key_of(row) not in leaving)),
    }


@good("a tenth of the enrollments has the status deleted")
def withdrawals_of_10_marked(week: Week) -> Files:
    leaving = some(week.today, 10)
    rows = ({**row, "status": "deleted"} if key_of(row) in leaving else row for row in week.today.enrollments)
    return {"users.csv": week.today.file("users"), "enrollments.csv": csv_of("enrollments", rows)}


@good("an eighth of the users has left at the end of the year")
def graduates_leave(week: Week) -> Files:
    leaving = {user["user_id"] for user in week.today.users[40:115]}
    kept = week.today.only(lambda _, row: row.get("user_id") not in leaving)
    return kept.files(("users", "enrollments"))


@good("a tenth of the users has the status deleted")
def users_deleted_at_the_end_of_the_year(week: Week) -> Files:
    users = tuple(
        {**user, "status": "deleted"} if 60 <= place < 120 else user for place, user in enumerate(week.today.users)
    )
    return {"users.csv": csv_of("users", users)}


@good("the first night ever", past="first")
def first_night_ever(week: Week) -> Files:
    return week.today.files(tuple(COLUMNS))


@good("the first night ever, in one zip", past="first")
def first_night_in_a_zip(week: Week) -> Files:
    return zipped(week.today.files(tuple(COLUMNS)))


@good("a week without changes: the same bytes each night")
def a_week_without_changes(week: Week) -> Sequence[Files]:
    return [week.last.files(("users", "enrollments"))] * 5


@good("a delta feed brings 3 rows, then 3,000, then none", past="delta")
def delta_of_3_then_3000_then_none(week: Week) -> Sequence[Files]:
    sections, students = week.today.sections, week.today.users[40:]
    many = [
        an_enrollment(section, student)
        for number, section in enumerate(sections)
        for student in students[number : number + 50]
    ]
    parts = (week.today.enrollments[:3], many[:3000], ())
    return [{"enrollments.csv": csv_of("enrollments", part)} for part in parts]


@good("a delta of three rows, two of which delete", past="delta")
def small_delta(week: Week) -> Files:
    rows = week.today.enrollments[200:203]
    return {"enrollments.csv": csv_of("enrollments", (rows[0], *with_all(rows[1:], status="deleted")))}


@good("an ordinary night at a school of 15 users", past="small")
def small_school(week: Week) -> Files:
    return week.today.files()


@good("five of 15 users leave", past="small")
def small_school_shrinks(week: Week) -> Files:
    return {"users.csv": csv_of("users", week.today.users[:10])}


@good("a school of 15 users becomes one of 25", past="small")
def small_school_grows(week: Week) -> Files:
    users = (*week.today.users, *(a_user(NEW + number) for number in range(10)))
    return {"users.csv": csv_of("users", users)}


@good("the fall's enrollments are concluded and stay in the file")
def concluded_enrollments_kept(week: Week) -> Files:
    rows = tuple(
        {**row, "status": "completed"} if row["course_id"].startswith(FALL) else row for row in week.today.enrollments
    )
    return {"users.csv": week.today.file("users"), "enrollments.csv": csv_of("enrollments", rows)}


@good("concluded courses of the fall are marked completed")
def concluded_courses_kept(week: Week) -> Files:
    rows = tuple({**row, "status": "completed"} if row["term_id"] == FALL else row for row in week.today.courses)
    return {"courses.csv": csv_of("courses", rows)}


@good("every tenth user has a new last name")
def name_changes(week: Week) -> Files:
    users = tuple(
        {**user, "last_name": f"{user['last_name']}-Marsh"} if place % 10 == 0 else user
        for place, user in enumerate(week.today.users)
    )
    return {"users.csv": csv_of("users", users)}


@good("all addresses move to another domain")
def addresses_move(week: Week) -> Files:
    return {"users.csv": csv_of("users", mapped(week.today.users, email=lambda text: text.replace("@", "@mail.")))}


@good("three sections are merged into their neighbours")
def sections_merged(week: Week) -> Files:
    merged = {section["section_id"] for section in week.today.sections if section["section_id"].endswith("-B")}
    merged = set(sorted(merged)[:3])
    rows = (
        {**row, "section_id": row["section_id"][:-1] + "A"} if row["section_id"] in merged else row
        for row in week.today.enrollments
    )
    sections = ({**row, "status": "deleted"} if row["section_id"] in merged else row for row in week.today.sections)
    return {
        "sections.csv": csv_of("sections", sections),
        "users.csv": week.today.file("users"),
        "enrollments.csv": csv_of("enrollments", in_order(unique(tuple(rows)))),
    }


@good("one course of forty is cancelled, with its section and everybody in it")
def a_course_is_cancelled(week: Week) -> Files:
    gone = week.today.courses[0]["course_id"]

    def cancelled(kind: str) -> bytes:
        rows = ({**row, "status": "deleted"} if row["course_id"] == gone else row for row in week.today.rows(kind))
        return csv_of(kind, rows)

    changed = {f"{kind}.csv": cancelled(kind) for kind in ("courses", "sections", "enrollments")}
    return {**changed, "users.csv": week.today.file("users")}


@good("a sub-school is new, with courses and students of its own")
def a_new_sub_school(week: Week) -> Files:
    courses = tuple(a_course(FALL, 6, subject) for subject in ("ALG", "BIO", "CHE", "DRA"))
    sections = tuple(a_section(course, "A") for course in courses)
    users = tuple(a_user(NEW + number) for number in range(90))
    rows = [an_enrollment(sections[(number + step) % 4], user) for number, user in enumerate(users) for step in (0, 1)]
    today = week.today
    return School(
        accounts=(*today.accounts, an_account(6)),
        terms=today.terms,
        courses=(*today.courses, *courses),
        sections=(*today.sections, *sections),
        users=(*today.users, *users),
        enrollments=in_order([*today.enrollments, *rows]),
    ).files(tuple(COLUMNS))


@good("summer: a single name changes")
def summer(week: Week) -> Files:
    first, *others = week.last.users
    users = ({**first, "last_name": "Ivywood"}, *others)
    return {**week.last.files(), "users.csv": csv_of("users", users)}


@good("late enrollments come twice in one day")
def late_enrollments_twice_a_day(week: Week) -> Sequence[Files]:
    noon = grown(week.today, 2)
    evening = next_day(noon, 9)
    return noon.files(("users", "enrollments")), evening.files(("users", "enrollments"))


@good("a night was missed: two days of changes come at once")
def a_night_was_missed(week: Week) -> Files:
    return next_day(week.today, 8).files()


@good("teachers of six sections change")
def teachers_change(week: Week) -> Files:
    sections = {section["section_id"] for section in week.today.sections[::10]}
    rows = tuple(
        {**row, "user_id": week.today.users[39]["user_id"]}
        if row["section_id"] in sections and row["role"] == "teacher"
        else row
        for row in week.today.enrollments
    )
    return {"users.csv": week.today.file("users"), "enrollments.csv": csv_of("enrollments", in_order(unique(rows)))}


@good("assistants join the teachers of every section")
def assistants_join(week: Week) -> Files:
    rows = [
        an_enrollment(section, week.today.users[number % 40], "ta")
        for number, section in enumerate(week.today.sections)
    ]
    return {
        "users.csv": week.today.file("users"),
        "enrollments.csv": csv_of("enrollments", in_order([*week.today.enrollments, *rows])),
    }


@good("thirty users are suspended")
def a_few_suspended(week: Week) -> Files:
    users = tuple(
        {**user, "status": "suspended"} if 100 <= place < 130 else user for place, user in enumerate(week.today.users)
    )
    return {"users.csv": csv_of("users", users)}


@good("the end of the term is moved by a week")
def term_dates_move(week: Week) -> Files:
    return {
        "terms.csv": csv_of("terms", mapped(week.today.terms, end_date=lambda text: text.replace("-18", "-23"))),
        "courses.csv": csv_of("courses", mapped(week.today.courses, end_date=lambda text: text.replace("-18", "-23"))),
    }


@good("a file of another type comes for the first time")
def a_new_type_of_file(_: Week) -> Files:
    return {"groups.csv": b"group_id,name,status\nG-1,Chess,available\nG-2,Choir,available\n"}
