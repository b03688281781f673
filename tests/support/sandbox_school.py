"""A small school in two terms, and an engine that has it: for tests of import options."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from tests.support.sandbox_engine import Bench, bench_after, csv

TERMS = csv("term_id,name,status", "t1,Fall,active", "t2,Spring,active")
COURSES = "course_id,short_name,long_name,term_id,status"
SECTIONS = "section_id,course_id,name,status"
USERS = "user_id,login_id,status"
ENROLLMENTS = "course_id,section_id,user_id,role,status"
C1, C2, C3 = "c1,C1,Course 1,t1,active", "c2,C2,Course 2,t1,active", "c3,C3,Course 3,t2,active"
S1, S2, S3 = "s1,c1,One,active", "s2,c2,Two,active", "s3,c3,Three,active"
U1, U2, U3 = "u1,one,active", "u2,two,active", "u3,three,active"
E1, E2, E3 = "c1,s1,u1,student,active", "c2,s2,u2,student,active", "c3,s3,u3,student,active"

Upload = Mapping[str, str]


def upload(
    courses: tuple[str, ...] = (C1, C2, C3),
    sections: tuple[str, ...] = (S1, S2, S3),
    users: tuple[str, ...] = (U1, U2, U3),
    enrollments: tuple[str, ...] = (E1, E2, E3),
) -> Upload:
    return {
        "terms.csv": TERMS,
        "courses.csv": csv(COURSES, *courses),
        "sections.csv": csv(SECTIONS, *sections),
        "users.csv": csv(USERS, *users),
        "enrollments.csv": csv(ENROLLMENTS, *enrollments),
    }


def school(folder: Path) -> AbstractContextManager[Bench]:
    """An engine into which import 1 has brought the school."""
    return bench_after(folder, upload())


def term(bench: Bench, sis_id: str = "t1") -> int:
    found = bench.engine.find_term(f"sis_term_id:{sis_id}")
    assert found
    return int(found["id"])


def states(bench: Bench) -> dict[str, str]:
    """The states of courses, sections and enrollments (by user)."""
    store = bench.engine._db
    found = store.all("SELECT sis_id, state FROM courses") + store.all("SELECT sis_id, state FROM sections")
    found += store.all("SELECT logins.sis_id, enrollments.state FROM enrollments JOIN logins ON logins.id = login_id")
    return {sis_id: state for sis_id, state in found if sis_id}


def living(bench: Bench) -> set[str]:
    return {sis_id for sis_id, state in states(bench).items() if state != "deleted"}


EVERYTHING = {"c1", "c2", "c3", "s1", "s2", "s3", "u1", "u2", "u3"}
