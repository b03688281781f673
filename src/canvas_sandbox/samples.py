"""Sample CSVs for practice: a small invented school, a good set and one with mistakes.

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


def good_set() -> dict[str, str]:
    """Four CSVs that belong together, by file name: users, courses, sections and enrollments of one small school."""
    return {
        "users.csv": _csv(_USER_HEADER, (_user(number) for number in range(1, TEACHERS + STUDENTS + 1))),
        "courses.csv": _csv(
            ("course_id", "short_name", "long_name", "account_id", "term_id", "status"),
            ((f"C-{n}", name[:4].upper(), f"{name} 9", "", "", "active") for n, name in enumerate(COURSES, 1)),
        ),
        "sections.csv": _csv(
            ("section_id", "course_id", "name", "status"),
            ((f"C-{n}-A", f"C-{n}", f"{name} 9, group A", "active") for n, name in enumerate(COURSES, 1)),
        ),
        "enrollments.csv": _csv(_ENROLLMENT_HEADER, _enrollments()),
    }


def mistakes() -> dict[str, str]:
    """Two CSVs with mistakes: one that the preflight holds, one whose mistake only Canvas can know."""
    return {
        "users.csv": _csv(
            _USER_HEADER,
            (
                ("P-301", "p301", "Mo", "Pikestone", "p301@larkspur.example", "active"),
                ("P-302", "", "Nia", "Quillham", "p302@larkspur.example", "active"),
                ("P-303", "p303", "Oren", "Rushford", "p303@larkspur.example", "enrolled"),
            ),
        ),
        "enrollments.csv": _csv(
            _ENROLLMENT_HEADER,
            (("C-1", "P-10", "student", "C-1-A", "active"), ("C-1", "P-999", "student", "C-1-A", "active")),
        ),
    }


def corrected() -> dict[str, str]:
    """The same two files as they should have been."""
    return {
        "users.csv": _csv(
            _USER_HEADER,
            (
                ("P-301", "p301", "Mo", "Pikestone", "p301@larkspur.example", "active"),
                ("P-302", "p302", "Nia", "Quillham", "p302@larkspur.example", "active"),
                ("P-303", "p303", "Oren", "Rushford", "p303@larkspur.example", "active"),
            ),
        ),
        "enrollments.csv": _csv(
            _ENROLLMENT_HEADER,
            (("C-1", "P-10", "student", "C-1-A", "active"), ("C-1", "P-11", "student", "C-1-A", "active")),
        ),
    }


def _user(number: int) -> Sequence[str]:
    first, last = _FIRST[number % len(_FIRST)], _LAST[number // len(_FIRST) % len(_LAST)]
    login = f"p{number}"
    return (f"P-{number}", login, first, last, f"{login}@larkspur.example", "active")


def _enrollments() -> Iterable[Sequence[str]]:
    for number, _ in enumerate(COURSES, 1):
        yield (f"C-{number}", f"P-{number}", "teacher", f"C-{number}-A", "active")
    for student in range(TEACHERS + 1, TEACHERS + STUDENTS + 1):
        for shift in range(3):
            course = (student + shift) % len(COURSES) + 1
            yield (f"C-{course}", f"P-{student}", "student", f"C-{course}-A", "active")


def _csv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()
