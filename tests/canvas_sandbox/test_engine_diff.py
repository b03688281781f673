"""Diffing: an upload reduced to what changed since an earlier one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from canvas_sandbox.engine import Engine
from canvas_sis_csv.model import Level
from tests.support.sandbox_engine import Bench, csv
from tests.support.sandbox_school import (
    C1,
    C2,
    C3,
    COURSES,
    E1,
    E3,
    ENROLLMENTS,
    EVERYTHING,
    TERMS,
    U1,
    U2,
    U3,
    USERS,
    living,
    school,
    states,
    upload,
)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with school(tmp_path) as bench:
        yield bench


def test_a_diff_imports_what_changed_and_drops_what_is_gone(bench: Bench) -> None:
    new = "c1,s1,u3,student,active"
    files = upload(courses=("c1,C1,Renamed,t1,active", C2, C3), enrollments=(E1, E3, new))
    report = bench.run(files, base=1)
    assert report.messages == []
    assert report.diffed_against == 1
    assert report.diffs["courses.csv"] == csv(COURSES, "c1,C1,Renamed,t1,active")
    assert report.diffs["enrollments.csv"] == csv(ENROLLMENTS, new, "c2,s2,u2,student,deleted")
    assert report.diffs["users.csv"] == csv(USERS)
    assert report.files["users.csv"] == files["users.csv"]
    assert report.total_rows == 3
    assert (report.counts["courses"], report.counts["enrollments"], report.counts["users"]) == (1, 2, 0)
    assert states(bench)["u2"] == "deleted"


def test_the_same_upload_again_is_an_empty_diff(bench: Bench) -> None:
    report = bench.run(upload(), base=1)
    assert (report.messages, set(report.counts.values()), report.total_rows) == ([], {0}, 0)


def test_cells_are_compared_trimmed_and_rows_by_their_key(bench: Bench) -> None:
    shuffled = csv("status,user_id,login_id", "active , u3,three", "active,u1,one", "active,u2,two")
    report = bench.run({**upload(), "users.csv": shuffled}, base=1)
    assert report.diffs["users.csv"] == "status,user_id,login_id\n"


def test_a_missing_file_deletes_nothing(bench: Bench) -> None:
    bench.run({"terms.csv": TERMS, "courses.csv": csv(COURSES, C1, C2, C3)}, base=1)
    assert living(bench) == EVERYTHING


def test_drop_statuses_replace_the_deletion_of_enrollments_and_users(bench: Bench) -> None:
    files = upload(users=(U1, U3), enrollments=(E1, E3))
    report = bench.run(files, base=1, diffing_drop_status="inactive", diffing_user_remove_status="suspended")
    assert report.diffs["users.csv"] == csv(USERS, "u2,two,suspended")
    assert report.diffs["enrollments.csv"] == csv(ENROLLMENTS, "c2,s2,u2,student,inactive")
    found = bench.engine.user("u2")
    assert found
    assert (found["state"], states(bench)["u2"]) == ("suspended", "inactive")


def test_a_file_of_other_headers_is_imported_whole(bench: Bench) -> None:
    files = {**upload(), "users.csv": csv(f"{USERS},email", *(f"{user}," for user in (U1, U2)))}
    report = bench.run(files, base=1)
    text = "Couldn't generate diff: CSV headers do not match, cannot diff"
    assert report.messages == [(Level.WARNING, "users.csv", None, text)]
    assert (report.counts["users"], report.counts["courses"]) == (2, 0)
    assert living(bench) == EVERYTHING


def test_a_type_without_identifying_columns_is_imported_whole(tmp_path: Path) -> None:
    with Engine(":memory:") as engine:
        bench = Bench(engine, tmp_path)
        files = {"a.csv": csv("abstract_course_id,short_name,long_name,status", "ab,AB,Abstract,active")}
        bench.run(files)
        report = bench.run(files, base=1)
    assert report.texts == ["Couldn't generate diff: At least one primary key field must be present"]
    assert report.counts == {"abstract_courses": 1}


def test_several_files_of_a_type_are_matched_by_name(tmp_path: Path) -> None:
    first, second = csv(USERS, U1), csv(USERS, U2)
    with Engine(":memory:") as engine:
        bench = Bench(engine, tmp_path)
        bench.run({"a.csv": first, "b.csv": second})
        report = bench.run({"a.csv": first, "b.csv": csv(USERS, U2, U3)}, base=1)
        assert report.diffs == {"a.csv": csv(USERS), "b.csv": csv(USERS, U3)}
        renamed = bench.run({"a.csv": first, "c.csv": second}, base=1)
        fewer = bench.run({"a.csv": first}, base=1)
    mismatch = "Unable to perform diffing against mismatched previous and current user imports"
    assert [renamed.texts, fewer.texts] == [[mismatch], [mismatch]]
    assert (renamed.counts, fewer.counts) == ({"users": 2}, {"users": 1})


def test_a_file_of_another_size_is_imported_whole_beyond_the_threshold(bench: Bench) -> None:
    report = bench.run(upload(enrollments=()), base=1, change_threshold=10)
    text = "Diffing not performed because file size difference exceeded threshold"
    assert report.messages == [(Level.WARNING, None, None, text)]
    assert report.threshold_exceeded
    assert report.diffed_against is None
    assert report.counts["courses"] == 3
    assert living(bench) == EVERYTHING


@pytest.mark.parametrize(("threshold", "exceeded"), [(1, True), (2, False)])
def test_a_diff_of_too_many_rows_is_not_used(threshold: int, exceeded: bool, bench: Bench) -> None:
    report = bench.run(upload(enrollments=(E1,)), base=1, diff_row_count_threshold=threshold)
    assert report.threshold_exceeded == exceeded
    assert ("u2" in living(bench)) == exceeded
    if exceeded:
        assert report.texts == ["Diffing not performed because difference row count exceeded threshold"]


def test_a_key_that_stands_twice_is_not_gone_when_one_row_is(tmp_path: Path) -> None:
    with Engine(":memory:") as engine:
        bench = Bench(engine, tmp_path)
        bench.run({"users.csv": csv(USERS, "u1,old,active", U1)})
        report = bench.run({"users.csv": csv(USERS, U1)}, base=1)
    assert report.diffs == {"users.csv": csv(USERS)}
