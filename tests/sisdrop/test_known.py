"""What accepted files leave in the index of known ids: kinds and statuses, renames, messages, modes of import."""

from __future__ import annotations

from pathlib import Path

import pytest

from canvas_sis_csv.catalog import RULES
from canvas_sis_csv.cell_text import CellText
from canvas_sis_csv.model import Level
from sisdrop.known import KINDS, kinds_touched
from sisdrop.known.effects import ID_OF
from sisdrop.model import Message, Outcome
from tests.support.known_kit import KnownKit, warning

USERS = "user_id,login_id,status\nP-1,p1,active\nP-2,p2,active\nP-3,p3,suspended\n"
COURSES = "course_id,short_name,long_name,status\nC-1,A,Algebra,active\nC-2,B,Biology,unpublished\n"


@pytest.fixture
def kit(tmp_path: Path) -> KnownKit:
    kit = KnownKit(tmp_path)
    assert kit.catch_up()
    return kit


def test_an_index_without_files_says_nothing(kit: KnownKit) -> None:
    assert kit.has("user", "P-1") == [None]


def test_ids_of_an_accepted_file_are_known_and_others_of_their_kind_are_not(kit: KnownKit) -> None:
    kit.take_in({"users.csv": USERS})

    assert kit.has("user", "P-1", "P-2", "P-3", "P-4", "p-1") == [True, True, True, False, False]


def test_a_kind_that_no_file_brought_cannot_be_told(kit: KnownKit) -> None:
    kit.take_in({"users.csv": USERS})

    assert kit.has("course", "C-1") + kit.has("user_integration", "I-1") == [None, None]


def test_other_accounts_know_nothing_of_it(kit: KnownKit) -> None:
    kit.take_in({"users.csv": USERS})

    with kit.known.lookup("other.test/self") as found:
        assert found.has("user", "P-1") is None


def test_an_id_is_known_since_the_first_drop_that_was_accepted_with_it(kit: KnownKit) -> None:
    first = kit.take_in({"users.csv": USERS})
    second = kit.take_in({"users.csv": USERS + "P-4,p4,active\n"})

    assert kit.since("user", "P-1") == first.id
    assert kit.since("user", "P-4") == second.id
    assert kit.since("user", "P-5") is None


def test_a_deleted_id_is_not_known_any_more_until_it_comes_again(kit: KnownKit) -> None:
    kit.take_in({"users.csv": USERS})
    kit.take_in({"users.csv": "user_id,login_id,status\nP-1,p1,deleted\n"})
    assert kit.has("user", "P-1", "P-2") == [False, True]

    again = kit.take_in({"users.csv": USERS})
    assert kit.has("user", "P-1") == [True]
    assert kit.since("user", "P-1") == again.id


def test_the_last_row_about_an_id_counts(kit: KnownKit) -> None:
    rows = "P-1,p1,deleted\nP-1,p1,active\nP-2,p2,active\nP-2,p2,deleted\n"
    kit.take_in({"users.csv": "user_id,login_id,status\n" + rows})

    assert kit.has("user", "P-1", "P-2") == [True, False]


@pytest.mark.parametrize(
    ("header", "status", "kind", "is_there"),
    [
        ("user_id,login_id", "DELETED", "user", False),
        ("user_id,login_id", "deletedX", "user", True),
        ("course_id,short_name,long_name", "Deleted!", "course", False),
        ("course_id,short_name,long_name", "completed", "course", True),
        ("account_id,parent_account_id,name", "deleted", "account", False),
        ("account_id,parent_account_id,name", "inactive", "account", True),
        ("section_id,course_id,name", "deleted", "section", False),
        ("term_id,name", "Deleted", "term", False),
        ("group_id,name", "Deleted", "group", True),
        ("group_id,name", "deleted", "group", False),
        ("group_category_id,category_name", "deleted", "group_category", False),
    ],
)
def test_a_status_deletes_where_it_does_in_canvas(
    kit: KnownKit, header: str, status: str, kind: str, is_there: bool
) -> None:
    rest = ",x" * header.count(",")
    good = "available" if kind == "group" else "active"
    kit.take_in({"a.csv": f"{header},status\nX-1{rest},{good}\nX-2{rest},{good}\n"})
    kit.take_in({"a.csv": f"{header},status\nX-1{rest},{status}\n"})

    assert kit.has(kind, "X-1", "X-2") == [is_there, True]


def test_a_term_row_that_only_sets_dates_for_a_role_deletes_no_term(kit: KnownKit) -> None:
    header = "term_id,name,status,date_override_enrollment_type\n"
    kit.take_in({"terms.csv": f"{header}T-1,Autumn,active,\n"})
    kit.take_in({"terms.csv": f"{header}T-1,,deleted,StudentEnrollment\n"})

    assert kit.has("term", "T-1") == [True]


def test_skip_deletes_leaves_deleting_rows_out(kit: KnownKit) -> None:
    kit.take_in({"users.csv": USERS})
    rows = "user_id,login_id,status\nP-1,p1,deleted\nP-9,p9,deleted\n"
    kit.take_in({"users.csv": rows}, options={"skip_deletes": True})

    assert kit.has("user", "P-1", "P-9") == [True, False]


def test_a_deleting_row_that_is_left_out_takes_nothing_from_an_earlier_one(kit: KnownKit) -> None:
    rows = "user_id,login_id,status\nP-1,p1,active\nP-1,p1,deleted\nP-2,p2,active\nP-2,p2,deleted\n"
    kit.take_in({"users.csv": rows}, warning("users.csv", 3, "refused"), options={"skip_deletes": True})

    assert kit.has("user", "P-1", "P-2") == [True, True]


def test_a_cross_listing_makes_a_course_and_its_end_deletes_none(kit: KnownKit) -> None:
    kit.take_in({"courses.csv": COURSES})
    header = "xlist_course_id,section_id,status\n"
    kit.take_in({"xlists.csv": f"{header}X-1,S-1,active\nX-2,S-2,deleted\n"})
    kit.take_in({"xlists.csv": f"{header}X-1,S-1,deleted\nC-1,S-1,deleted\n"})

    assert kit.has("course", "X-1", "X-2", "C-1") == [True, False, True]


def test_cross_listings_alone_do_not_make_other_courses_unknown(kit: KnownKit) -> None:
    kit.take_in({"xlists.csv": "xlist_course_id,section_id,status\nX-1,S-1,active\n"})

    assert kit.has("course", "X-1", "C-1") == [True, None]


def test_a_login_brings_a_sis_id_but_one_of_another_account_may_not(kit: KnownKit) -> None:
    kit.take_in({"users.csv": USERS})
    header = "user_id,login_id,existing_user_id,root_account\n"
    kit.take_in({"logins.csv": f"{header}P-1-b,b,P-1,\nP-1-c,c,P-1,other.test\n"})

    assert kit.has("user", "P-1-b", "P-1-c", "P-1-d") == [True, None, False]


def test_a_renamed_id_is_known_under_its_new_name_since_it_was_known_under_the_old(kit: KnownKit) -> None:
    first = kit.take_in({"users.csv": USERS})
    kit.take_in({"change_sis_id.csv": "old_id,new_id,type\nP-1,Q-1,User\nP-7,Q-7,user\nP-2,,user\n"})

    assert kit.has("user", "P-1", "Q-1", "P-7", "Q-7", "P-2") == [False, True, False, True, True]
    assert kit.since("user", "Q-1") == first.id


def test_renames_that_go_round_in_a_ring_are_followed_in_their_order(kit: KnownKit) -> None:
    one = kit.take_in({"courses.csv": "course_id,short_name,long_name,status\nA,A,A,active\n"})
    two = kit.take_in({"courses.csv": "course_id,short_name,long_name,status\nB,B,B,active\n"})
    rows = "A,swap,course\nB,A,course\nswap,B,course\n"
    kit.take_in({"change_sis_id.csv": "old_id,new_id,type\n" + rows})

    assert kit.has("course", "A", "B", "swap") == [True, True, False]
    assert [kit.since("course", "A"), kit.since("course", "B")] == [two.id, one.id]


def test_renaming_comes_before_all_other_files_of_its_drop(kit: KnownKit) -> None:
    kit.take_in({"users.csv": USERS})
    users = "user_id,login_id,status\nP-1,p1,active\n"
    kit.take_in({"users.csv": users, "zz_renames.csv": "old_id,new_id,type\nP-1,Q-1,user\n"})

    assert kit.has("user", "P-1", "Q-1") == [True, True]


def test_a_row_canvas_gave_a_message_for_brings_neither_its_id_nor_its_absence(kit: KnownKit) -> None:
    said = warning("users.csv", 3, "An existing Canvas user with the SIS ID P-9 has already claimed P-2's …")
    kit.take_in({"users.csv": USERS}, said, outcome=Outcome.IMPORTED_WITH_MESSAGES)

    assert kit.has("user", "P-1", "P-2", "P-3", "P-4") == [True, None, True, False]
    assert kit.since("user", "P-2") is None


def test_a_message_takes_nothing_from_an_id_that_is_known(kit: KnownKit) -> None:
    kit.take_in({"users.csv": USERS})
    header = "user_id,login_id,status\n"
    said = [warning("users.csv", 2, "refused"), warning("users.csv", 3, "refused")]
    kit.take_in({"users.csv": f"{header}P-1,p1,deleted\nP-2,p2,active\n"}, *said)

    assert kit.has("user", "P-1", "P-2") == [True, True]


def test_a_message_that_leaves_the_row_in_is_no_doubt(kit: KnownKit) -> None:
    bad_email = RULES["user.bad_email"].text(user_id="P-1", email="x")
    kit.take_in({"users.csv": USERS}, warning("users.csv", 2, bad_email))

    assert kit.has("user", "P-1") == [True]


def test_every_message_of_canvas_that_skips_its_row_is_a_doubt(kit: KnownKit) -> None:
    skipping = [rule for rule in RULES.values() if rule.row_is == "skip" and rule.code.startswith("user.")]
    assert len(skipping) > 10
    for number, rule in enumerate(skipping):
        id_ = f"N-{number}"
        text = rule.text(**dict.fromkeys(rule.placeholders, "x"))
        users = f"user_id,login_id,status\n{id_},x,active\n"
        kit.take_in({"users.csv": users}, warning("users.csv", 2, text))
        assert kit.has("user", id_) == [None], rule.code


def test_rows_of_a_file_with_repeated_lines_have_the_numbers_of_canvas_s_copy(kit: KnownKit) -> None:
    # Canvas leaves the first 120 of 121 equal lines out: the second user stands on row 3 of its copy, not on 123.
    users = "user_id,login_id,status\n" + "P-1,p1,active\n" * 121 + "P-2,p2,active\n"
    kit.take_in({"users.csv": users}, warning("users.csv", 3, "refused"))

    assert kit.has("user", "P-1", "P-2") == [True, None]


def test_a_message_about_a_whole_file_leaves_the_other_files_certain(kit: KnownKit) -> None:
    said = warning("users.csv", None, "something about the file")
    kit.take_in({"users.csv": USERS, "courses.csv": COURSES}, said)

    assert kit.has("user", "P-1") + kit.has("course", "C-1", "C-9") == [None, True, False]


@pytest.mark.parametrize("file", [None, "other.csv"])
def test_a_message_that_fits_no_file_leaves_nothing_certain(kit: KnownKit, file: str | None) -> None:
    kit.take_in({"users.csv": USERS}, warning(file, 2, "refused"))

    assert kit.has("user", "P-1", "P-9") == [None, None]


def test_messages_that_canvas_counts_and_does_not_give_leave_nothing_certain(kit: KnownKit) -> None:
    answer = {"data": {"counts": {"error_count": 0, "warning_count": 2}}}
    kit.take_in({"users.csv": USERS}, warning("users.csv", 2, "refused"), answer=answer)

    assert kit.has("user", "P-3") == [None]


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.FAILED_WITH_MESSAGES, Outcome.ABORTED])
def test_an_import_that_did_not_end_well_adds_doubt_and_takes_nothing(kit: KnownKit, outcome: Outcome) -> None:
    kit.take_in({"users.csv": USERS})
    kit.take_in({"users.csv": "user_id,login_id,status\nP-1,p1,deleted\nP-8,p8,active\n"}, outcome=outcome)
    kit.take_in({"change_sis_id.csv": "old_id,new_id,type\nP-2,Q-2,user\n"}, outcome=outcome)

    assert kit.has("user", "P-1", "P-2", "P-8", "Q-2", "P-9") == [True, True, None, None, False]


def test_doubt_ends_when_a_file_with_the_id_is_accepted(kit: KnownKit) -> None:
    kit.take_in({"users.csv": USERS}, outcome=Outcome.ABORTED)
    accepted = kit.take_in({"users.csv": USERS})

    assert kit.has("user", "P-1") == [True]
    assert kit.since("user", "P-1") == accepted.id


@pytest.mark.parametrize("outcome", [Outcome.REFUSED, Outcome.UNREADABLE, Outcome.REJECTED])
def test_what_never_was_in_canvas_changes_nothing(kit: KnownKit, outcome: Outcome) -> None:
    kit.take_in({"users.csv": USERS})
    kit.take_in({"users.csv": "user_id,login_id,status\nP-8,p8,active\n"}, outcome=outcome, was_sent=False)

    assert kit.has("user", "P-8") == [False]


def test_a_rejected_drop_that_was_sent_before_is_in_doubt(kit: KnownKit) -> None:
    kit.take_in({"users.csv": USERS})
    kit.take_in({"users.csv": "user_id,login_id,status\nP-8,p8,active\n"}, outcome=Outcome.REJECTED)

    assert kit.has("user", "P-8") == [None]


def test_a_file_canvas_drops_whole_brings_nothing(kit: KnownKit) -> None:
    kit.take_in({"users.csv": USERS})
    said = Message(Level.ERROR, "more.csv", None, CellText("Malformed CSV"))
    kit.take_in({"more.csv": 'user_id,login_id,status\nP-8,"p8,active\n'}, said, outcome=Outcome.FAILED_WITH_MESSAGES)

    assert kit.has("user", "P-8") == [False]


def test_batch_mode_leaves_only_what_it_brought_certain(kit: KnownKit) -> None:
    kit.take_in({"users.csv": USERS, "courses.csv": COURSES})
    courses = "course_id,short_name,long_name,status\nC-2,B,Biology,active\n"
    kit.take_in({"courses.csv": courses}, options={"batch_mode": True, "batch_mode_term_id": "sis_term_id:T-1"})

    assert kit.has("course", "C-1", "C-2", "C-3") == [None, True, False]
    assert kit.has("user", "P-1") == [True]


def test_a_batch_that_failed_may_have_deleted_all_the_same(kit: KnownKit) -> None:
    kit.take_in({"courses.csv": COURSES})
    kit.take_in({"courses.csv": COURSES}, options={"batch_mode": True}, outcome=Outcome.ABORTED)

    assert kit.has("course", "C-1") == [None]


def test_what_diffing_does_not_find_any_more_is_in_doubt(kit: KnownKit) -> None:
    diffing = {"diffing_data_set_identifier": "users"}
    first = kit.take_in({"users.csv": USERS}, options=diffing)
    kit.take_in({"users.csv": "user_id,login_id,status\nP-1,p1,active\n"}, options=diffing)

    assert kit.has("user", "P-1", "P-2") == [True, None]
    assert kit.since("user", "P-1") == first.id


def test_diffing_with_skip_deletes_deletes_nothing(kit: KnownKit) -> None:
    diffing = {"diffing_data_set_identifier": "users", "skip_deletes": True}
    kit.take_in({"users.csv": USERS}, options=diffing)
    kit.take_in({"users.csv": "user_id,login_id,status\nP-1,p1,active\n"}, options=diffing)

    assert kit.has("user", "P-2") == [True]


def test_messages_of_a_diffing_import_number_other_rows_so_that_all_new_ids_are_in_doubt(kit: KnownKit) -> None:
    diffing = {"diffing_data_set_identifier": "users"}
    first = kit.take_in({"users.csv": USERS}, options=diffing)
    more = f"{USERS}P-4,p4,active\nP-5,p5,active\n"
    kit.take_in({"users.csv": more}, warning("users.csv", 2, "refused"), options=diffing)

    assert kit.has("user", "P-1", "P-2", "P-4", "P-5", "P-6") == [True, True, None, None, False]
    assert kit.since("user", "P-1") == first.id


def test_a_deleting_row_that_diffing_may_have_passed_over_is_a_doubt(kit: KnownKit) -> None:
    diffing = {"diffing_data_set_identifier": "users"}
    rows = "user_id,login_id,status\nP-1,p1,deleted\nP-2,p2,active\n"
    kit.take_in({"users.csv": rows}, options=diffing)
    kit.take_in({"more.csv": USERS})
    kit.take_in({"users.csv": rows}, options=diffing)

    assert kit.has("user", "P-1", "P-2") == [None, True]


def test_a_refused_row_that_diffing_does_not_look_at_again_stays_in_doubt(kit: KnownKit) -> None:
    diffing = {"diffing_data_set_identifier": "users"}
    # The first import of a data set has nothing to be diffed against: Canvas says so, and its row numbers are ours.
    kit.take_in({"users.csv": USERS}, warning("users.csv", 2, "refused"), options=diffing, answer={"data": {}})
    assert kit.has("user", "P-1", "P-2") == [None, True]

    kit.take_in({"users.csv": USERS}, options=diffing, answer={"data": {"diffed_against_sis_batch_id": 1}})
    assert kit.has("user", "P-1", "P-2") == [None, True]


def test_an_import_that_was_not_diffed_after_all_is_one_like_any_other(kit: KnownKit) -> None:
    diffing = {"diffing_data_set_identifier": "users"}
    kit.take_in({"users.csv": USERS})
    said = warning(None, None, "Diffing not performed because file size difference exceeded threshold")
    rows = "user_id,login_id,status\nP-1,p1,deleted\nP-4,p4,active\n"
    kit.take_in({"users.csv": rows}, said, options=diffing, answer={"data": {"counts": {"warning_count": 1}}})

    assert kit.has("user", "P-1", "P-2", "P-4") == [False, True, True]


def test_absence_proves_nothing_of_kinds_that_others_may_still_bring(kit: KnownKit) -> None:
    kit.take_in({"users.csv": USERS, "courses.csv": COURSES})

    assert kit.has("user", "P-1", "P-9", unsure=["user"]) == [True, None]
    assert kit.has("course", "C-9", unsure=["user"]) == [False]


def test_every_type_that_brings_ids_says_of_which_kind_and_renames_may_touch_the_seven() -> None:
    assert {kinds_touched([type_]) for type_ in ID_OF} == {frozenset({kind}) for kind in KINDS}
    assert kinds_touched(["enrollment"]) == frozenset()
    renamed = {"user", "course", "section", "term", "account", "group", "group_category"}
    assert kinds_touched(["change_sis_id", "term"]) == renamed


def test_an_import_counts_once_however_often_it_is_told(kit: KnownKit) -> None:
    deleting = kit.take_in({"users.csv": "user_id,login_id,status\nP-1,p1,deleted\n"})
    kit.take_in({"users.csv": USERS})
    kit.known.update(deleting, [], lambda: pytest.fail("it was read again"))

    assert kit.has("user", "P-1") == [True]


def test_a_file_of_many_rows_and_blank_ids_is_taken_in_whole(kit: KnownKit) -> None:
    rows = "".join(f"P-{number},p{number},active\n" for number in range(20_000))
    kit.take_in({"users.csv": f"user_id,login_id,status\n,,\n{rows}\n,x,active\n"}, warning("users.csv", 20_004, "?"))

    assert kit.has("user", "P-0", "P-19999", "P-20000", "") == [True, True, False, False]


def test_many_questions_are_answered_from_memory_and_no_differently(
    kit: KnownKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = "".join(f"P-{number},p{number},active\n" for number in range(3000))
    kit.take_in({"users.csv": f"user_id,login_id,status\n{rows}"}, warning("users.csv", 2, "refused"))
    ids = [f"P-{number}" for number in range(4000)]
    expected = [None] + [True] * 2999 + [False] * 1000
    assert kit.has("user", *ids) == expected

    monkeypatch.setattr("sisdrop.known.lookup.MANY", 10)
    assert kit.has("user", *ids, *ids) == expected * 2
