"""Two courses, two users, and what to ask of them: for tests of what imports do."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from tests.support.sandbox_engine import Bench, bench_after, csv

SCHOOL = {
    "1.csv": csv("account_id,parent_account_id,name,status", "a,,Arts,active"),
    "2.csv": csv("term_id,name,status", "t,Fall,active"),
    "3.csv": csv(
        "course_id,short_name,long_name,account_id,term_id,status,start_date,end_date",
        "c1,C1,Course 1,a,t,active,2026-08-24,2026-12-18",
        "c2,C2,Course 2,a,t,published,,",
    ),
    "4.csv": csv("section_id,course_id,name,status", "s1,c1,One,active", "s2,c2,Two,active"),
    "5.csv": csv(
        "user_id,login_id,first_name,last_name,email,status",
        "u1,one,Ada,King,ada@school.example,active",
        "u2,two,Bo,Lee,bo@school.example,active",
    ),
    "6.csv": csv("course_id,section_id,user_id,role,status", "c1,s1,u1,student,active", "c2,s2,u1,teacher,active"),
}


def campus(folder: Path) -> AbstractContextManager[Bench]:
    """An engine into which import 1 has brought the two courses."""
    return bench_after(folder, SCHOOL)


def course(bench: Bench, sis_id: str = "c1") -> dict[str, Any]:
    found = bench.engine.course(sis_id)
    assert found is not None
    return found


def user(bench: Bench, sis_id: str = "u1") -> dict[str, Any]:
    found = bench.engine.user(sis_id)
    assert found is not None
    return found


def states(bench: Bench, sis_id: str = "u1") -> list[str]:
    return [each["state"] for each in bench.engine.enrollments_of(user(bench, sis_id)["id"])]


def statistics(bench: Bench, kind: str) -> dict[str, int]:
    return {what: count for what, count in bench.result.statistics[kind].items() if count}
