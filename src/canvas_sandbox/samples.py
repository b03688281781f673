"""Sample CSVs for practice: some nights of a small invented school, a good one and those on which something is wrong.

Every set is whole, as an SIS exports it every night, so that each can be compared with the one before.

Room: pure; makes text. Every name, id and address here is invented (`.example` is reserved for that).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

STUDENTS = 114
TEACHERS = 6
COURSES = ("Algebra", "Biology", "Chemistry", "Drawing", "English", "Geography")

_FIRST = ("Ada", "Bo", "Cleo", "Dov", "Esi", "Finn", "Gita", "Hal", "Iris", "Jun", "Kai", "Lea")
_LAST = ("Ashgrove", "Birchwell", "Cresswood", "Dunmarsh", "Elderby", "Foxholme", "Gorsefield", "Hazelden")

_USER_HEADER = ("user_id", "login_id", "first_name", "last_name", "email", "status")
_ENROLLMENT_HEADER = ("course_id", "user_id", "role", "section_id", "status")


def good_set(later: int = 0) -> dict[str, str]:
    """Four CSVs that belong together, by file name: users, courses, sections and enrollments of one small school.

    `later`: so many students have come since, so that no set is byte for byte an old one.
    """
    return {
        "users.csv": _csv(_USER_HEADER, _users(later)),
        "courses.csv": _csv(
            ("course_id", "short_name", "long_name", "account_id", "term_id", "status"),
            ((f"C-{n}", name[:4].upper(), f"{name} 9", "", "", "active") for n, name in enumerate(COURSES, 1)),
        ),
        "sections.csv": _csv(
            ("section_id", "course_id", "name", "status"),
            ((f"C-{n}-A", f"C-{n}", f"{name} 9, group A", "active") for n, name in enumerate(COURSES, 1)),
        ),
        "enrollments.csv": _csv(_ENROLLMENT_HEADER, _enrollments(later)),
    }


def mistakes(later: int = 0) -> dict[str, str]:
    """The next night: three new students, two of them with a mistake that the preflight finds, and their enrollments.

    The enrollments are right; without the users they name they would be lost.
    """
    wrong = (
        ("P-901", "p901", "Mo", "Pikestone", "p901@larkspur.example", "active"),
        ("P-902", "", "Nia", "Quillham", "p902@larkspur.example", "active"),
        ("P-903", "p903", "Oren", "Rushford", "p903@larkspur.example", "enrolled"),
    )
    return {
        "users.csv": _csv(_USER_HEADER, (*_users(later), *wrong)),
        "enrollments.csv": _csv(_ENROLLMENT_HEADER, (*_enrollments(later), *_enrollments_of_the_new())),
    }


def corrected(later: int = 0) -> dict[str, str]:
    """The same two files as they should have been."""
    right = (
        ("P-901", "p901", "Mo", "Pikestone", "p901@larkspur.example", "active"),
        ("P-902", "p902", "Nia", "Quillham", "p902@larkspur.example", "active"),
        ("P-903", "p903", "Oren", "Rushford", "p903@larkspur.example", "active"),
    )
    return {**mistakes(later), "users.csv": _csv(_USER_HEADER, (*_users(later), *right))}


def truncated(later: int = 0) -> dict[str, str]:
    """The night after: an export that broke off. Every row of it is right, and four of ten are missing."""
    lines = corrected(later)["enrollments.csv"].splitlines(keepends=True)
    return {"enrollments.csv": "".join(lines[: len(lines) * 6 // 10])}


def _users(later: int) -> Iterable[Sequence[str]]:
    return (_user(number) for number in range(1, TEACHERS + STUDENTS + later + 1))


def _user(number: int) -> Sequence[str]:
    first, last = _FIRST[number % len(_FIRST)], _LAST[number // len(_FIRST) % len(_LAST)]
    login = f"p{number}"
    return (f"P-{number}", login, first, last, f"{login}@larkspur.example", "active")


def _enrollments(later: int) -> Iterable[Sequence[str]]:
    for number, _ in enumerate(COURSES, 1):
        yield (f"C-{number}", f"P-{number}", "teacher", f"C-{number}-A", "active")
    for student in range(TEACHERS + 1, TEACHERS + STUDENTS + later + 1):
        for shift in range(3):
            course = (student + shift) % len(COURSES) + 1
            yield (f"C-{course}", f"P-{student}", "student", f"C-{course}-A", "active")


def _enrollments_of_the_new() -> Iterable[Sequence[str]]:
    return ((f"C-{course}", f"P-90{course}", "student", f"C-{course}-A", "active") for course in (1, 2, 3))


def _csv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()
