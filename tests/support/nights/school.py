"""An invented school as values: its people, courses and enrollments, an ordinary day of theirs, and their CSVs.

Everything follows from a seed, so that a night is the same in every run. Names and ids are made up.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from random import Random

Row = Mapping[str, str]
Rows = tuple[Row, ...]
Files = Mapping[str, bytes]
"""What an SIS drops in one night: contents by file name."""

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "accounts": ("account_id", "parent_account_id", "name", "status"),
    "terms": ("term_id", "name", "status", "start_date", "end_date"),
    "courses": ("course_id", "short_name", "long_name", "account_id", "term_id", "status", "start_date", "end_date"),
    "sections": ("section_id", "course_id", "name", "status"),
    "users": ("user_id", "login_id", "first_name", "last_name", "email", "status"),
    "enrollments": ("course_id", "section_id", "user_id", "role", "status"),
}
NIGHTLY = ("courses", "sections", "users", "enrollments")
"""What is exported every night; accounts and terms come once."""

FALL, SPRING, OLD = "2026FA", "2027SP", "2025FA"
DATES = {FALL: ("2026-08-24", "2026-12-18"), SPRING: ("2027-01-18", "2027-05-28"), OLD: ("2025-08-25", "2025-12-19")}
SUBJECTS = ("ALG", "BIO", "CHE", "DRA", "ENG", "FRE", "GEO", "HIS")
_FIRST = ("Ada", "Bo", "Cleo", "Dov", "Esi", "Finn", "Gita", "Hal", "Zoë", "Jun", "André", "Lea")
_LAST = ("Ashgrove", "Birchwell", "Cresswood", "Dunmarsh", "Élderby", "Foxholme", "Gorsefield", "Hazelden", "Ōmori")


@dataclass(frozen=True)
class School:
    """All rows of one day, in the order in which the SIS exports them."""

    accounts: Rows = ()
    terms: Rows = ()
    courses: Rows = ()
    sections: Rows = ()
    users: Rows = ()
    enrollments: Rows = ()

    def rows(self, kind: str) -> Rows:
        """The rows of one of `COLUMNS`."""
        found: Rows = getattr(self, kind)
        return found

    def file(self, kind: str) -> bytes:
        """The CSV of one of `COLUMNS`, as the SIS writes it on ordinary nights."""
        if kind not in self._written:
            self._written[kind] = csv_of(kind, self.rows(kind))
        return self._written[kind]

    @cached_property
    def _written(self) -> dict[str, bytes]:
        """The CSVs that were asked for: most nights change one of them and drop the others as they are."""
        return {}

    def files(self, kinds: Iterable[str] = NIGHTLY) -> Files:
        """A night's CSVs by file name."""
        return {f"{kind}.csv": self.file(kind) for kind in kinds}

    def only(self, keep: Callable[[str, Row], bool]) -> School:
        """The school without the rows for which `keep(kind, row)` is false."""
        kept = {kind: tuple(row for row in self.rows(kind) if keep(kind, row)) for kind in COLUMNS}
        return School(**kept)


def csv_of(kind: str, rows: Iterable[Row], columns: Sequence[str] = (), *, quote_all: bool = False) -> bytes:
    """Rows as a CSV in UTF-8 with LF; of `columns`, or of all that the kind has."""
    text = io.StringIO()
    names = columns or COLUMNS[kind]
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL)
    writer.writerow(names)
    writer.writerows([row.get(name, "") for name in names] for row in rows)
    return text.getvalue().encode()


def inside(folder: str, files: Files) -> Files:
    """What stands in a folder, by its name there."""
    return {name[len(folder) + 1 :]: text for name, text in files.items() if name.startswith(f"{folder}/")}


def with_all(rows: Rows, **values: str) -> Rows:
    """The rows, these cells changed in each."""
    return tuple({**row, **values} for row in rows)


def mapped(rows: Rows, **changes: Callable[[str], str]) -> Rows:
    """The rows, in each the named cells replaced by what the functions make of them."""
    return tuple({**row, **{name: change(row[name]) for name, change in changes.items()}} for row in rows)


def a_school(
    students: int = 560, *, teachers: int = 40, sub_schools: int = 5, terms: Sequence[str] = (FALL, SPRING)
) -> School:
    """A school; by default 600 users, 40 courses, 60 sections and some 1,500 enrollments in five sub-schools."""
    per_term = len(SUBJECTS) // len(terms)
    courses, sections = [], []
    for term_number, term in enumerate(terms):
        for sub_school in range(1, sub_schools + 1):
            for number in range(per_term):
                subject = SUBJECTS[(term_number * per_term + number) % len(SUBJECTS)]
                courses.append(a_course(term, sub_school, subject))
                groups = "AB" if number % 2 else "A"
                sections += [a_section(courses[-1], group) for group in groups]
    users = tuple(a_user(number) for number in range(1, teachers + students + 1))
    return School(
        accounts=tuple(an_account(number) for number in range(1, sub_schools + 1)),
        terms=tuple(a_term(term) for term in terms),
        courses=tuple(courses),
        sections=tuple(sections),
        users=users,
        enrollments=in_order(_enrollments(sections, users, teachers, sub_schools)),
    )


def an_account(number: int) -> Row:
    """A sub-school."""
    return {"account_id": f"SCH-{number}", "parent_account_id": "", "name": f"Larkspur {number}", "status": "active"}


def a_term(term: str) -> Row:
    start, end = DATES[term]
    return {"term_id": term, "name": f"Term {term}", "status": "active", "start_date": start, "end_date": end}


def a_course(term: str, sub_school: int, subject: str) -> Row:
    start, end = DATES[term]
    return {
        "course_id": f"{term}-{sub_school}-{subject}",
        "short_name": f"{subject} {sub_school}",
        "long_name": f"{subject.title()} of Larkspur {sub_school}, {term}",
        "account_id": f"SCH-{sub_school}",
        "term_id": term,
        "status": "active",
        "start_date": start,
        "end_date": end,
    }


def a_section(course: Row, group: str) -> Row:
    return {
        "section_id": f"{course['course_id']}-{group}",
        "course_id": course["course_id"],
        "name": f"{course['short_name']}, group {group}",
        "status": "active",
    }


def a_user(number: int) -> Row:
    login = f"u{number}"
    return {
        "user_id": f"{number:06}",
        "login_id": login,
        "first_name": _FIRST[number % len(_FIRST)],
        "last_name": _LAST[number // len(_FIRST) % len(_LAST)],
        "email": f"{login}@larkspur.example",
        "status": "active",
    }


def an_enrollment(section: Row, user: Row, role: str = "student", status: str = "active") -> Row:
    return {
        "course_id": section["course_id"],
        "section_id": section["section_id"],
        "user_id": user["user_id"],
        "role": role,
        "status": status,
    }


def in_order(enrollments: Iterable[Row]) -> Rows:
    """As the SIS exports them: section by section."""
    return tuple(sorted(enrollments, key=lambda row: (row["section_id"], row["role"] != "teacher", row["user_id"])))


def _enrollments(sections: Sequence[Row], users: Rows, teachers: int, sub_schools: int) -> Iterable[Row]:
    for number, section in enumerate(sections):
        yield an_enrollment(section, users[number % teachers], "teacher")
    for number, user in enumerate(users[teachers:]):
        sub_school = f"-{number % sub_schools + 1}-"
        mine = [section for section in sections if sub_school in section["section_id"]]
        # The fall, of which everybody takes two, comes first; half of them have chosen for the spring already.
        fall = [section for section in mine if section["section_id"].startswith(FALL)] or mine
        spring = [section for section in mine if section not in fall]
        yield from (an_enrollment(fall[(number // sub_schools + step) % len(fall)], user) for step in range(2))
        if spring and number % 7 < 4:
            yield an_enrollment(spring[number // sub_schools % len(spring)], user)


def next_day(school: School, seed: int, *, new: int = 3, gone: int = 8) -> School:
    """An ordinary day: `new` people come and take two courses each, `gone` enrollments end, a few names are mended."""
    random = Random(seed)
    highest = max((int(user["user_id"]) for user in school.users), default=0)
    newcomers = tuple(a_user(highest + number) for number in range(1, new + 1))
    students = [row for row in school.enrollments if row["role"] == "student"]
    leaving = {key_of(row) for row in random.sample(students, min(gone, len(students) // 20))}
    mended = set(random.sample(range(len(school.users)), min(4, len(school.users) // 5)))
    users = tuple(
        {**user, "last_name": f"{user['last_name']}-Vane"} if place in mended else user
        for place, user in enumerate(school.users)
    )
    stay = [row for row in school.enrollments if key_of(row) not in leaving]
    join = [an_enrollment(section, user) for user in newcomers for section in random.sample(school.sections, 2)]
    return replace(school, users=(*users, *newcomers), enrollments=in_order([*stay, *join]))


def key_of(enrollment: Row) -> tuple[str, str, str]:
    """What tells one enrollment of the school from all others."""
    return enrollment["section_id"], enrollment["user_id"], enrollment["role"]


def sizes(school: School) -> Mapping[str, int]:
    """The number of rows of each kind."""
    return {field.name: len(school.rows(field.name)) for field in fields(school)}
