"""What an import does to Canvas: values that are kept and cleared, states, and what follows from them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.sandbox_campus import SCHOOL, campus, course, states, statistics, user
from tests.support.sandbox_engine import Bench, csv


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with campus(tmp_path) as bench:
        yield bench


def test_statistics_name_every_class_and_count_what_was_made(bench: Bench) -> None:
    assert list(bench.result.statistics) == [
        "Account",
        "EnrollmentTerm",
        "AbstractCourse",
        "Course",
        "CourseSection",
        "GroupCategory",
        "Group",
        "Pseudonym",
        "CommunicationChannel",
        "Enrollment",
        "GroupMembership",
        "UserObserver",
        "AccountUser",
    ]
    made = {kind: counts["created"] for kind, counts in bench.result.statistics.items() if any(counts.values())}
    assert made == {
        "Account": 1,
        "EnrollmentTerm": 1,
        "Course": 2,
        "CourseSection": 2,
        "Pseudonym": 2,
        "CommunicationChannel": 2,
        "Enrollment": 2,
    }
    assert bench.result.total_state_changes == 12


def test_the_same_upload_again_counts_rows_and_changes_no_state(bench: Bench) -> None:
    report = bench.run(SCHOOL)
    assert report.counts == {"accounts": 1, "terms": 1, "courses": 2, "sections": 2, "users": 2, "enrollments": 2}
    assert bench.result.total_state_changes == 0
    assert course(bench)["sis_import_id"] == 2


@pytest.mark.parametrize(
    ("before", "status", "after"),
    [
        ("claimed", "active", "claimed"),
        ("claimed", "published", "available"),
        ("claimed", "activeX", "claimed"),
        ("claimed", "completedX", "completed"),
        ("claimed", "Deleted", "deleted"),
        ("available", "unpublished", "available"),
        ("completed", "active", "available"),
        ("completed", "publishedX", "completed"),
        ("deleted", "active", "claimed"),
        ("deleted", "published", "available"),
    ],
)
def test_a_course_goes_from_state_to_state(before: str, status: str, after: str, bench: Bench) -> None:
    steps = {"claimed": [], "available": ["published"], "completed": ["completed"], "deleted": ["deleted"]}
    for word in (*steps[before], status):
        bench.run({"c.csv": csv("course_id,short_name,long_name,status", f"c1,C1,Course 1,{word}")})
    assert course(bench)["state"] == after


def test_a_new_course_of_a_word_that_only_begins_well_is_just_created(bench: Bench) -> None:
    bench.run({"c.csv": csv("course_id,short_name,long_name,status", "new,N,New,activeX")})
    assert course(bench, "new")["state"] == "created"


def test_course_dates_stay_without_a_column_and_go_with_a_blank_or_delete(bench: Bench) -> None:
    bench.run({"c.csv": csv("course_id,short_name,long_name,status,end_date", "c1,C1,Renamed,active,<delete>")})
    found = course(bench)
    assert (found["name"], found["start_at"], found["conclude_at"]) == ("Renamed", "2026-08-24T00:00:00Z", None)
    bench.run({"c.csv": csv("course_id,short_name,long_name,status,start_date", "c1,C1,Renamed,active,")})
    assert course(bench)["start_at"] is None


def test_after_a_bad_start_the_end_is_empty_too(bench: Bench) -> None:
    line = "c1,C1,Course 1,active,2026-13-01,2026-12-01"
    report = bench.run({"c.csv": csv("course_id,short_name,long_name,status,start_date,end_date", line)})
    assert report.texts == ["Bad date format for course c1"]
    assert (course(bench)["start_at"], course(bench)["conclude_at"]) == (None, None)


def test_an_unknown_term_leaves_the_course_where_it_is(bench: Bench) -> None:
    bench.run({"c.csv": csv("course_id,short_name,long_name,status,term_id", "c1,C,C,active,no", "new,N,N,active,no")})
    assert course(bench)["term_sis_id"] == "t"
    assert course(bench, "new")["term_name"] == "Default Term"


def test_an_abstract_course_fills_in_what_the_row_leaves_blank(bench: Bench) -> None:
    bench.run(
        {
            "a.csv": csv(
                "abstract_course_id,short_name,long_name,account_id,term_id,status", "ab,AB,Abstract,a,t,active"
            ),
            "c.csv": csv("course_id,short_name,long_name,status,abstract_course_id", "new,,,active,ab"),
        }
    )
    found = course(bench, "new")
    assert [found[key] for key in ("course_code", "name", "account_sis_id", "term_sis_id")] == [
        "AB",
        "Abstract",
        "a",
        "t",
    ]


def test_deleting_a_course_deletes_its_enrollments_and_completing_one_completes_them(bench: Bench) -> None:
    lines = ["c1,C1,Course 1,deleted", "c2,C2,Course 2,completed"]
    bench.run({"c.csv": csv("course_id,short_name,long_name,status", *lines)})
    assert states(bench) == ["deleted", "completed"]
    assert statistics(bench, "Enrollment") == {"deleted": 1, "concluded": 1}
    assert statistics(bench, "Course") == {"deleted": 1, "concluded": 1}


def test_deleting_a_section_deletes_its_enrollments(bench: Bench) -> None:
    bench.run({"s.csv": csv("section_id,course_id,name,status", "s1,c1,,deleted")})
    assert states(bench) == ["deleted", "active"]


def test_a_section_moves_with_its_enrollments(bench: Bench) -> None:
    bench.run({"s.csv": csv("section_id,course_id,name,status", "s1,c2,One,active")})
    assert {each["course_id"] for each in bench.engine.enrollments_of(user(bench)["id"])} == {course(bench, "c2")["id"]}


def test_a_cross_listed_section_appears_in_the_other_course_and_comes_back(bench: Bench) -> None:
    bench.run({"x.csv": csv("xlist_course_id,section_id,status", "new,s1,active")})
    host = course(bench, "new")
    assert (host["name"], host["account_sis_id"], host["state"]) == ("Course 1", "a", "claimed")
    assert [section["sis_id"] for section in host["sections"]] == ["s1"]
    bench.run({"s.csv": csv("section_id,course_id,name,status", "s1,c1,Still there,active")})
    assert course(bench, "new")["sections"][0]["name"] == "Still there"
    bench.run({"c.csv": csv("course_id,short_name,long_name,status", "c1,C1,Renamed,active")})
    assert course(bench, "new")["name"] == "Renamed"
    report = bench.run({"x.csv": csv("xlist_course_id,section_id,status", "c2,s1,deleted", "new,s1,deleted")})
    assert report.counts == {"xlists": 2}
    assert [section["sis_id"] for section in course(bench)["sections"]] == ["s1"]


def test_the_first_section_of_a_cross_listing_is_the_default_one_there(bench: Bench) -> None:
    bench.run({"x.csv": csv("xlist_course_id,section_id,status", "new,s1,active")})
    bench.run({"e.csv": csv("course_id,user_id,role,status", "new,u2,student,active")})
    assert [section["sis_id"] for section in course(bench, "new")["sections"]] == ["s1"]


def test_a_section_whose_row_names_a_third_course_leaves_the_cross_listing(bench: Bench) -> None:
    bench.run({"x.csv": csv("xlist_course_id,section_id,status", "new,s1,active")})
    bench.run({"s.csv": csv("section_id,course_id,name,status", "s1,c2,One,active")})
    section = bench.engine.section("s1")
    assert section is not None
    assert (section["course_id"], section["nonxlist_course_id"]) == (course(bench, "c2")["id"], None)


def test_the_last_of_a_users_enrollments_is_completed_and_the_others_deleted(bench: Bench) -> None:
    header = "course_id,section_id,user_id,role,status"
    bench.run(
        {
            "s.csv": csv("section_id,course_id,name,status", "s1b,c1,One b,active"),
            "z.csv": csv(header, "c1,s1b,u1,student,active"),
        }
    )
    lines = ["c1,s1,u1,student,deleted_last_completed", "c1,s1b,u1,student,deleted_last_completed"]
    bench.run({"e.csv": csv(header, *lines)})
    assert states(bench) == ["deleted", "active", "completed"]


def test_an_enrollment_goes_through_its_states(bench: Bench) -> None:
    header = "section_id,user_id,role,status"
    for status, what in (("inactive", "deactivated"), ("active", "restored"), ("completed", "concluded")):
        bench.run({"e.csv": csv(header, f"s1,u1,student,{status}")})
        assert statistics(bench, "Enrollment") == {what: 1}
    assert bench.run({"e.csv": csv(header, "s1,u1,student,deleted", "s1,u1,student,deleted")}).counts == {
        "enrollments": 2
    }
    assert statistics(bench, "Enrollment") == {"deleted": 1}


def test_a_new_enrollment_can_be_deleted_at_birth(bench: Bench) -> None:
    bench.run({"e.csv": csv("section_id,user_id,role,status", "s1,u2,student,deleted")})
    assert states(bench, "u2") == ["deleted"]
    assert statistics(bench, "Enrollment") == {"deleted": 1}


def test_roles_observed_users_and_sections_make_enrollments_different(bench: Bench) -> None:
    header = "course_id,section_id,user_id,role,status,associated_user_id"
    lines = [
        "c1,s1,u2,student,active,",
        "c1,s1,u2,ta,active,",
        "c1,s1,u2,observer,active,u1",
        "c1,s1,u2,observer,active,",
    ]
    bench.run({"e.csv": csv(header, *lines, *lines, "c1,,u2,student,active,")})
    assert len(states(bench, "u2")) == 5
    assert course(bench)["sections"][-1]["name"] == "Course 1"


def test_leaving_a_course_means_leaving_its_groups(bench: Bench) -> None:
    bench.run(
        {
            "k.csv": csv("group_category_id,course_id,category_name,status", "k,c1,Kind,active"),
            "g.csv": csv("group_id,group_category_id,name,status", "g,k,Group,available"),
            "m.csv": csv("group_id,user_id,status", "g,u1,accepted"),
        }
    )
    bench.run({"e.csv": csv("section_id,user_id,role,status", "s1,u1,student,deleted")})
    assert statistics(bench, "GroupMembership") == {"deleted": 1}


def test_only_the_small_word_deletes_a_group_and_its_members_go_along(bench: Bench) -> None:
    bench.run(
        {
            "g.csv": csv("group_id,name,status", "g,Group,available"),
            "m.csv": csv("group_id,user_id,status", "g,u1,accepted"),
        }
    )
    bench.run({"g.csv": csv("group_id,name,status", "g,Group,Deleted")})
    assert bench.result.total_state_changes == 0
    bench.run({"g.csv": csv("group_id,name,status", "g,Group,deleted")})
    assert (statistics(bench, "Group"), statistics(bench, "GroupMembership")) == ({"deleted": 1}, {"deleted": 1})


def test_an_account_with_any_word_that_holds_active_is_active(bench: Bench) -> None:
    header = "account_id,parent_account_id,name,status"
    bench.run({"a.csv": csv(header, "b,,B,deleted")})
    bench.run({"a.csv": csv(header, "b,,,inactive")})
    assert statistics(bench, "Account") == {"restored": 1}


def test_term_overrides_are_set_and_removed(bench: Bench) -> None:
    header = "term_id,name,status,start_date,end_date,date_override_enrollment_type"
    bench.run({"t.csv": csv(header, "t,,active,2026-08-01,2026-12-01,TeacherEnrollment")})
    term = next(term for term in bench.engine.terms() if term["sis_id"] == "t")
    assert term["name"] == "Fall"
    assert term["overrides"] == {
        "TeacherEnrollment": {"start_at": "2026-08-01T00:00:00Z", "end_at": "2026-12-01T00:00:00Z"}
    }
    bench.run({"t.csv": csv(header, "t,,deleted,,,TeacherEnrollment")})
    assert next(term for term in bench.engine.terms() if term["sis_id"] == "t")["overrides"] == {}


def test_new_ids_are_what_the_other_files_of_the_upload_must_use(bench: Bench) -> None:
    report = bench.run(
        {
            "ids.csv": csv("old_id,new_id,new_integration_id,type", "u1,u1-new,int-1,user", "c1,c1-new,,course"),
            "e.csv": csv("course_id,user_id,role,status", "c1-new,u1-new,ta,active", "c1,u1,ta,active"),
        }
    )
    assert report.texts == ["User not found for enrollment (User ID: u1, Course ID: c1, Section ID: )"]
    assert user(bench, "u1-new")["integration_id"] == "int-1"
    bench.run({"ids.csv": csv("old_integration_id,new_integration_id,type", "int-1,<delete>,user")})
    assert user(bench, "u1-new")["integration_id"] is None


def test_an_admin_that_sis_did_not_make_stays(bench: Bench) -> None:
    login = user(bench)
    bench.engine._db.insert("admins", {"account_id": 1, "user_id": login["id"], "role_id": 1})
    report = bench.run({"a.csv": csv("user_id,account_id,role,status", "u1,,AccountAdmin,deleted")})
    assert (report.messages, report.counts, bench.result.total_state_changes) == ([], {"admins": 1}, 0)


def test_grades_come_back_published(bench: Bench) -> None:
    enrollment = bench.engine.enrollments_of(user(bench)["id"])[0]
    bench.run({"g.csv": csv("enrollment_id,grade_publishing_status", f"{enrollment['id']},Published")})
    assert bench.engine.enrollments_of(user(bench)["id"])[0]["grade_status"] == "published"


def test_every_kind_of_tag_is_made_and_changed(bench: Bench) -> None:
    upload = {
        "1.csv": csv("tag_set_id,course_id,set_name,status", "ts,c1,Set,active"),
        "2.csv": csv("tag_id,tag_set_id,course_id,name,status", "dt,ts,,Tag,available", "single,,c1,Single,available"),
        "3.csv": csv("tag_id,user_id,status", "dt,u1,accepted", "single,u1,accepted"),
        "4.csv": csv("category_id,name,description,status", "k,Kind,,active"),
        "5.csv": csv("institutional_tag_id,category_id,name,description,status", "it,k,Tag,Text,active"),
        "6.csv": csv("institutional_tag_id,user_id,status", "it,u1,active"),
    }
    report = bench.run(upload, features=["institutional_tags"])
    assert report.messages == []
    assert bench.result.statistics["InstitutionalTagAssociation"]["created"] == 1
    assert statistics(bench, "GroupMembership") == {"created": 2}
    again = bench.run(upload, features=["institutional_tags"])
    assert (again.messages, bench.result.total_state_changes) == ([], 0)


def test_look_ups_count_page_and_find(bench: Bench) -> None:
    engine = bench.engine
    totals = {"accounts": 2, "terms": 2, "courses": 2, "sections": 2, "users": 2, "enrollments": 2, "groups": 0}
    assert engine.totals() == totals
    assert [found["sis_id"] for found in engine.courses(page=2, per_page=1)] == ["c2"]
    assert [found["login_id"] for found in engine.people()] == ["one", "two"]
    assert [found["user_name"] for found in engine.enrollments(course(bench)["id"])] == ["Ada King"]
    assert [account["name"] for account in engine.accounts()] == ["Sandbox", "Arts"]
    term = engine.find_term("sis_term_id:t")
    assert term
    assert engine.find_term(str(term["id"])) == term
    assert engine.find_term("default")
    assert engine.find_term("Fall") is None
    assert engine.find_term("sis_integration_id:x") is None
