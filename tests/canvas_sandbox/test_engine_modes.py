"""Import options: skipped deletes, batch mode, diffing, stickiness, claimed logins; and restoring afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from canvas_sis_csv.model import Level
from tests.support.sandbox_engine import Bench, Recorded, csv
from tests.support.sandbox_school import (
    C1,
    C2,
    COURSES,
    E1,
    ENROLLMENTS,
    EVERYTHING,
    S1,
    SECTIONS,
    TERMS,
    U1,
    USERS,
    Upload,
    living,
    school,
    states,
    term,
    upload,
)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with school(tmp_path) as bench:
        yield bench


# skip_deletes


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("account_id,parent_account_id,name,status", "no,unknown,,deleted"),
        ("term_id,name,status", "t1,Fall,deleted"),
        (COURSES, "c1,C1,Course 1,t1,Deleted"),
        (SECTIONS, "s1,c1,,deleted"),
        (USERS, "u1,one,deleted"),
        (ENROLLMENTS, "c1,s1,u1,student,deleted_last_completed"),
        ("user_id,account_id,role,status", "u1,,AccountAdmin,deleted"),
        ("group_category_id,category_name,status", "k,K,deleted"),
        ("group_id,name,status", "g,G,deleted"),
        ("group_id,user_id,status", "no,u1,deleted"),
        ("tag_set_id,course_id,set_name,status", "ts,no,S,deleted"),
        ("tag_id,name,status", "dt,T,deleted"),
        ("tag_id,user_id,status", "no,u1,deleted"),
        ("category_id,name,status", "ik,K,deleted"),
        ("institutional_tag_id,category_id,name,description,status", "it,no,T,D,deleted"),
        ("institutional_tag_id,user_id,status", "no,u1,deleted"),
        ("observer_id,student_id,status", "no,u1,deleted"),
    ],
)
def test_skipped_deletes_do_nothing_and_say_nothing(header: str, row: str, bench: Bench) -> None:
    report = bench.run({"feed.csv": csv(header, row)}, skip_deletes=True, features=["institutional_tags"])
    assert (report.messages, list(report.counts.values())) == ([], [0])
    assert (living(bench), bench.result.total_state_changes) == (EVERYTHING, 0)


def test_skipped_deletes_still_must_pass_the_first_checks(bench: Bench) -> None:
    report = bench.run({"feed.csv": csv(USERS, "u1,,deleted")}, skip_deletes=True)
    assert report.texts == ["No login_id given for user u1"]


# batch mode


def batch(bench: Bench, files: Upload, **options: Any) -> Recorded:
    return bench.run(files, **{"batch_mode": True, "batch_mode_term_id": term(bench), **options})


def test_batch_mode_deletes_what_the_term_holds_and_the_upload_does_not(bench: Bench) -> None:
    report = batch(bench, upload((C1,), (S1,), (U1,), (E1,)))
    assert report.cleaned
    assert living(bench) == EVERYTHING - {"c2", "s2", "u2"}
    assert dict(bench.result.counts) == {
        "batch_enrollments_deleted": 1,
        "batch_sections_deleted": 1,
        "batch_courses_deleted": 1,
    }
    assert bench.result.statistics["Course"]["deleted"] == 1
    assert not bench.result.aborted


def test_batch_mode_touches_only_the_types_that_were_supplied(bench: Bench) -> None:
    batch(bench, {"enrollments.csv": csv(ENROLLMENTS, E1)})
    assert living(bench) == EVERYTHING - {"u2"}
    assert dict(bench.result.counts) == {"batch_enrollments_deleted": 1}


def test_a_bare_header_in_batch_mode_deletes_everything_of_its_type(bench: Bench) -> None:
    batch(bench, {"enrollments.csv": csv(ENROLLMENTS)})
    assert living(bench) == EVERYTHING - {"u1", "u2"}


def test_batch_mode_leaves_alone_what_sis_did_not_make(bench: Bench) -> None:
    store = bench.engine._db
    store.execute("UPDATE enrollments SET sis_import_id = NULL")
    store.execute("UPDATE courses SET sis_import_id = NULL")
    store.execute("UPDATE sections SET sis_import_id = NULL")
    batch(bench, upload((), (), (), ()))
    assert living(bench) == EVERYTHING


def test_a_broken_file_does_not_stop_the_cleanup_of_its_type(bench: Bench) -> None:
    report = batch(bench, {"1.csv": csv(ENROLLMENTS, E1), "2.csv": csv(ENROLLMENTS, 'c2,s2,u2,"student,active')})
    assert [level for level, *_ in report.messages] == [Level.ERROR]
    assert living(bench) == EVERYTHING - {"u2"}


def test_a_crash_does_stop_the_cleanup(bench: Bench) -> None:
    report = batch(bench, {"1.csv": csv(ENROLLMENTS, E1, "c\0x,s1,u1,student,active")})
    assert report.texts == ["Error while importing CSV. Please contact support. (Error report 1)"]
    assert (living(bench), report.cleaned) == (EVERYTHING, False)


@pytest.mark.parametrize(("threshold", "aborted"), [(49, True), (50, False)])
def test_a_threshold_aborts_before_anything_is_deleted(threshold: int, aborted: bool, bench: Bench) -> None:
    report = batch(bench, upload((C1,), (S1,), (U1,), (E1,)), change_threshold=threshold)
    assert bench.result.aborted == aborted
    if aborted:
        text = f"1 courses would be deleted and exceeds the set threshold of {threshold}%"
        assert report.messages == [(Level.WARNING, None, None, text)]
        assert living(bench) == EVERYTHING
    else:
        assert living(bench) == EVERYTHING - {"c2", "s2", "u2"}


def test_thresholds_are_kept_type_by_type(bench: Bench) -> None:
    report = batch(bench, upload(enrollments=()), change_threshold=99)
    assert report.texts == ["2 enrollments would be deleted and exceeds the set threshold of 99%"]
    assert report.counts["enrollments"] == 0
    assert living(bench) == EVERYTHING


@pytest.mark.parametrize("status", ["completed", "inactive"])
def test_left_out_enrollments_can_be_put_into_another_state(status: str, bench: Bench) -> None:
    files = {"enrollments.csv": csv(ENROLLMENTS, E1)}
    batch(bench, files, batch_mode_enrollment_drop_status=status)
    assert states(bench)["u2"] == status
    batch(bench, files, batch_mode_enrollment_drop_status=status)
    assert dict(bench.result.counts) == {"batch_enrollments_deleted": 0}


def test_one_drop_status_is_accepted_and_crashes_as_in_canvas(bench: Bench) -> None:
    with pytest.raises(NotImplementedError):
        batch(
            bench,
            {"enrollments.csv": csv(ENROLLMENTS, E1)},
            batch_mode_enrollment_drop_status="deleted_last_completed",
        )
    assert bench.run({"terms.csv": TERMS}).counts == {"terms": 2}


def test_many_terms_are_those_of_the_uploads_terms_file(bench: Bench) -> None:
    files = upload((C1,), (S1,), (U1,), (E1,))
    bench.run(files, multi_term_batch_mode=True, batch_mode=True, change_threshold=100)
    assert living(bench) == {"c1", "s1", "u1"}


def test_many_terms_without_a_term_abort(bench: Bench) -> None:
    files = {"courses.csv": csv(COURSES, C1)}
    report = bench.run(files, multi_term_batch_mode=True, batch_mode=True, change_threshold=100)
    assert report.messages == [
        (Level.WARNING, None, None, "Terms not found. Terms must be included with multi_term_batch_mode")
    ]
    assert bench.result.aborted
    assert living(bench) == EVERYTHING


def test_batch_mode_without_a_term_cleans_nothing(bench: Bench) -> None:
    bench.run(upload((), (), (), ()), batch_mode=True, multi_term_batch_mode=False)
    assert living(bench) == EVERYTHING


# stickiness


def edited(bench: Bench) -> None:
    bench.engine.mark_ui_edit("course", "c1", ["name", "start_at", "workflow_state"])


CHANGED = {"courses.csv": csv(f"{COURSES},start_date", "c1,New code,New name,t1,completed,2026-08-24")}


def course(bench: Bench) -> tuple[str, str, str | None, str]:
    found = bench.engine.course("c1")
    assert found
    return found["course_code"], found["name"], found["start_at"], found["state"]


def test_what_a_person_edited_is_left_alone(bench: Bench) -> None:
    edited(bench)
    assert bench.run(CHANGED).counts == {"courses": 1}
    assert course(bench) == ("New code", "Course 1", None, "claimed")


def test_stickiness_can_be_overridden_and_stays(bench: Bench) -> None:
    edited(bench)
    bench.run(CHANGED, override_sis_stickiness=True)
    assert course(bench) == ("New code", "New name", "2026-08-24T00:00:00Z", "completed")
    bench.run({"courses.csv": csv(COURSES, C1)})
    assert course(bench)[1] == "New name"


def test_stickiness_can_be_cleared(bench: Bench) -> None:
    edited(bench)
    bench.run(CHANGED, override_sis_stickiness=True, clear_sis_stickiness=True)
    bench.run({"courses.csv": csv(COURSES, C1)})
    assert course(bench)[:2] == ("C1", "Course 1")


def test_stickiness_can_be_added_to_what_changes(bench: Bench) -> None:
    bench.run(CHANGED, override_sis_stickiness=True, add_sis_stickiness=True)
    bench.run({"courses.csv": csv(COURSES, "c1,Third,Third,t1,active")})
    assert course(bench) == ("New code", "New name", "2026-08-24T00:00:00Z", "completed")


@pytest.mark.parametrize("option", ["add_sis_stickiness", "clear_sis_stickiness"])
def test_adding_and_clearing_do_nothing_without_the_override(option: str, bench: Bench) -> None:
    edited(bench)
    bench.run(CHANGED, **{option: True})
    bench.run({"courses.csv": csv(COURSES, "c1,Third,Third,t1,active")})
    assert course(bench)[:2] == ("Third", "Course 1")


def test_edits_come_back_in_a_dump_and_only_known_fields_can_be_marked(bench: Bench) -> None:
    bench.engine.mark_ui_edit("user", "u1", ["short_name"])
    edited(bench)
    state = bench.engine.dump_state()
    assert state["ui_edits"] == [["course", "c1", ["name", "start_at", "state"]], ["user", "u1", ["short_name"]]]
    bench.engine.load_state(state)
    assert bench.engine.dump_state() == state
    for kind, sis_id, field in (("course", "c1", "no"), ("course", "no", "name"), ("enrolment", "e", "name")):
        with pytest.raises(KeyError):
            bench.engine.mark_ui_edit(kind, sis_id, [field])


# claimed logins


def test_a_claimed_login_can_give_its_user_another_sis_id(bench: Bench) -> None:
    before = bench.engine.user("u1")
    report = bench.run({"users.csv": csv(USERS, "u1-new,one,active")}, update_sis_id_if_login_claimed=True)
    after = bench.engine.user("u1-new")
    assert report.messages == []
    assert before
    assert after
    assert (after["id"], bench.engine.user("u1")) == (before["id"], None)


# restoring


def test_a_restored_import_leaves_every_state_as_it_was(bench: Bench) -> None:
    before = states(bench)
    changed = {
        "courses.csv": csv(COURSES, C1.replace("active", "deleted"), C2.replace("active", "completed")),
        "users.csv": csv(USERS, "u3,three,deleted", "u4,four,active"),
        "enrollments.csv": csv(ENROLLMENTS, "c3,s3,u1,ta,active"),
    }
    bench.run(changed)
    assert states(bench) != before
    progress: list[int] = []
    changes = bench.result.total_state_changes
    assert bench.engine.restore(2, report_progress=progress.append).total() == changes
    assert progress == [100]
    assert {key: state for key, state in states(bench).items() if key != "u1"} == {
        key: state for key, state in before.items() if key != "u1"
    }
    made = bench.engine.user("u4")
    assert made
    assert made["state"] == "deleted"
    assert bench.engine.restore(2).total() == 0


def test_only_the_cleanup_of_batch_mode_can_be_restored(bench: Bench) -> None:
    batch(bench, upload((C1,), (S1,), (U1,), ("c1,s1,u1,student,completed",)))
    assert bench.engine.restore(2, batch_mode=True).total() == 3
    assert living(bench) == EVERYTHING
    assert states(bench)["u1"] == "completed"


def test_only_deletions_or_only_conclusions_can_be_restored(bench: Bench) -> None:
    lines = ("c1,s1,u1,student,completed", "c2,s2,u2,student,deleted")
    bench.run({"enrollments.csv": csv(ENROLLMENTS, *lines)})
    assert bench.engine.restore(2, undelete_only=True).total() == 1
    assert [states(bench)[user] for user in ("u1", "u2")] == ["completed", "active"]
    assert bench.engine.restore(2, unconclude_only=True).total() == 1
    assert states(bench)["u1"] == "active"


# states


def test_a_state_replaces_everything_and_a_bad_one_nothing(bench: Bench) -> None:
    twice = {"users": [{"user_id": "x", "login_id": "x"}] * 2}
    for bad in ({"teachers": []}, {"users": [{"user_id": "x"}]}, {"courses": 3}, {"enrollments": [[]]}, twice):
        with pytest.raises(ValueError, match="state"):
            bench.engine.load_state(bad)
        assert bench.engine.user("u1")
        assert course(bench)[1] == "Course 1"
    bench.engine.load_state({"users": [{"user_id": "x", "login_id": "x", "canvas_id": 4000}]})
    assert bench.engine.user("u1") is None
    assert bench.engine.totals()["courses"] == 0
    assert bench.run({"users.csv": csv(USERS, U1)}).counts == {"users": 1}
    found = bench.engine.user("u1")
    assert found
    assert found["id"] == 4001


def test_features_of_the_state_are_on_for_every_import(bench: Bench) -> None:
    files = {"feed.csv": csv("category_id,name,status", "k,Kind,active")}
    assert bench.run(files).texts == ["Couldn't find Canvas CSV import headers"]
    bench.engine.load_state({"features": ["institutional_tags"]})
    assert bench.run(files).counts == {"institutional_tag_categories": 1}
