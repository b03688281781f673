"""What rows of one upload make Canvas say about each other: the conformance cases, then rule by rule."""

from __future__ import annotations

import io
import random
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canvas_sandbox.engine import Engine
from canvas_sis_csv.catalog import RULES
from canvas_sis_csv.cross import Upload
from canvas_sis_csv.cross.ids import Ids, Links
from canvas_sis_csv.model import Knowable
from canvas_sis_csv.options import ImportOptions
from canvas_sis_csv.reading import FileRefused, read_csv
from canvas_sis_csv.types import CANVAS, ORDER, TYPES
from tests.conformance.cases import all_cases, content_of
from tests.support.sandbox_engine import Bench

Said = tuple[str, int, str, str, Knowable]


def judge(
    files: Mapping[str, bytes], options: Mapping[str, Any] | None = None, features: Iterable[str] = ()
) -> tuple[list[Said], Upload]:
    """Read the files as Canvas does and ask about every row, in Canvas's import order."""
    read = {}
    for name in sorted(files):
        try:
            csv = read_csv(io.BytesIO(files[name]), tuple(features))
        except FileRefused:
            continue
        if csv.type:
            read[name] = csv
    upload = Upload(ImportOptions.of(options or {}))
    upload.needs({csv.type or "" for csv in read.values()})
    said = []
    for name, csv in sorted(read.items(), key=lambda item: (ORDER[item[1].type or ""], item[0])):
        for row in csv.rows():
            if any(row.cells):
                for hit in upload.judge(CANVAS[csv.type or ""], row, name):
                    text = RULES[hit.code].text(**hit.values)
                    said.append((name, row.number, hit.code, text, hit.knowable))
    return said, upload


def codes(files: Mapping[str, str], **options: Any) -> list[str]:
    said, _ = judge({name: text.encode() for name, text in files.items()}, options)
    return [code for _, _, code, _, _ in said]


def notes(files: Mapping[str, str]) -> list[str]:
    _, upload = judge({name: text.encode() for name, text in files.items()})
    return [f"{note.file}:{note.number} {RULES[note.hit.code].text(**note.hit.values)}" for note in upload.undefined()]


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in all_cases()])
def test_a_conformance_case_is_judged_as_far_as_the_upload_can_tell(case: dict[str, Any]) -> None:
    files = {file["name"]: content_of(file) for file in case["files"] if file["name"].endswith(".csv")}
    said, _ = judge(
        {name: text for name, text in files.items() if "__MACOSX" not in name}, features=case.get("features", ())
    )
    certain = [one for one in case["expect"] if one["knowable"] != "database" and not one["code"].startswith("file.")]
    expected = {(one["file"], one["row"], one["code"], one["canvas_message"], one["knowable"]) for one in certain}
    assert set(said) == expected


USERS = "user_id,login_id,status,integration_id\n"


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("u1,una,active,\nu2,UNA,active,\n", ["user.login_claimed"]),
        ("u1,una,active,\nu2, una  ,suspended,\n", ["user.login_claimed"]),
        ("u1,una,active,\nu1,una2,active,\nu2,una,active,\n", []),  # the first gave the login up
        ("u1,una,deleted,\nu2,una,active,\n", []),  # a deleted login is free
        ("u1,una,active,\nu2,una,deleted,\n", []),  # Canvas may know u2 as deleted with this very login
        ("u1,una,active,\nu2,ub,active,\nu2,una,deleted,\n", ["user.login_claimed"]),
        ("u1,una,active,\n,x,active,\nu2,una,active,\n", ["user.missing_id", "user.login_claimed"]),
        ("u1,u\x01na,active,\nu2,u\x01na,active,\n", ["user.login_invalid", "user.login_invalid"]),
        ("u1,una,active,I1\nu2,ub,active,I1\n", ["user.integration_id_claimed"]),
        ("u1,una,active,I1\nu2,ub,deleted,I1\n", []),
        ("u1,una,active,I1\nu1,una,active,I2\nu2,ub,active,I1\n", []),
        ("u1,una,active,I1\nu1,una,active,\nu2,ub,active,I1\n", ["user.integration_id_claimed"]),  # blank keeps
        ("u1,una,active,I1\nu1,una,deleted,\nu2,ub,active,I1\n", ["user.integration_id_claimed"]),
        ("u1,una,deleted,\nu1,un\x07a,deleted,\n", []),  # deleted already: nothing more is asked
        ("u1,una,deleted,\nu1,un\x07a,suspended,\n", ["user.login_invalid"]),
        ("u1,a,deleted,\nu1,b,deleted,\nu2,b,active,\nu1,b,deleted,\n", ["user.login_claimed"]),  # u1 still has a
        ("u1,una,active,I1\nu2,una,active,I1\n", ["user.login_claimed"]),  # taken for u1, who has that id
        ("u1,una,active,I1\nu2,ub,active,\nu2,una,active,I1\n", ["user.integration_id_claimed"]),
    ],
)
def test_users_clash_over_logins_and_integration_ids(rows: str, expected: list[str]) -> None:
    assert codes({"users.csv": USERS + rows}) == expected


def test_a_login_of_another_provider_is_another_login() -> None:
    header = "user_id,login_id,status,authentication_provider_id\n"
    assert codes({"u.csv": header + "u1,una,active,\nu2,una,active,canvas\n"}) == []
    assert codes({"u.csv": header + "u1,una,active,canvas\nu2,una,active,\n"}) == ["user.login_claimed"]
    assert codes({"u.csv": header + "u1,una,active,canvas\nu2,una,active,canvas\n"}) == ["user.login_claimed"]
    assert codes({"u.csv": header + "u1,una,active,saml\nu2,una,active,saml\n"}) == ["user.login_claimed"]
    assert codes({"u.csv": header + "u1,una,active,saml\nu2,una,active,cas\n"}) == []
    assert codes({"u.csv": header + "u1,una,active,saml\nu2,una,active,\n"}) == []  # is there such a provider?


def test_renaming_by_login_leaves_only_what_is_certain() -> None:
    files = {"users.csv": USERS + "u1,una,active,\nu2,una,active,\n"}
    assert codes(files, update_sis_id_if_login_claimed=True) == []
    known = {"users.csv": USERS + "u1,una,active,\nu2,ub,active,\nu2,una,active,\n"}
    assert codes(known, update_sis_id_if_login_claimed=True) == ["user.login_claimed"]


def test_deletes_that_are_skipped_change_nothing() -> None:
    files = {"users.csv": USERS + "u1,una,active,\nu1,una,deleted,\nu2,una,active,\n"}
    assert codes(files) == []
    assert codes(files, skip_deletes=True) == ["user.login_claimed"]


LOGINS = "user_id,login_id,existing_user_id,existing_integration_id,integration_id,root_account\n"


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("u1x,una.x,u1,,,\n", []),
        ("u1,una.x,u1,,,\n", ["login.taken"]),
        ("u1x,UB,u1,,,\n", ["login.taken"]),
        ("u1x,una.x,u1,,I2,\n", ["login.integration_id_claimed"]),
        ("u1,una.x,u1,,I1,\n", ["login.taken"]),
        ("u1x,una.x,u1,I2,,\n", ["login.existing_mismatch"]),
        ("u1x,una.x,u1,I1,,\n", []),
        ("u1x,una.x,u1,I404,,\n", ["login.existing_mismatch"]),
        ("u1x,una.x,u404,I2,,\n", ["login.existing_mismatch"]),
        ("u1x,una.x,u404,I404,,\n", []),
        ("u1,una,u1,I2,I2,partner.example\n", []),  # a row that names another root account vanishes
        ("u1x,una.x,u1,,,\nu1x,una.y,u1,,,\n", ["login.taken"]),
    ],
)
def test_a_login_row_is_measured_by_the_users_of_the_upload(row: str, expected: list[str]) -> None:
    users = USERS + "u1,una,active,I1\nu2,ub,active,I2\n"
    assert codes({"users.csv": users, "logins.csv": LOGINS + row}) == expected


ACCOUNTS = "account_id,parent_account_id,name,status\n"


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("A,,A,active\nA,A,A,active\n", ["account.loop"]),
        ("A,A,A,active\n", []),  # unknown parent, or a loop: only Canvas knows
        ("A,,A,active\nB,A,B,active\nC,B,C,active\nA,C,A,active\n", ["account.loop"]),
        ("A,,A,active\nB,A,B,active\nB,,B,active\nA,B,A,active\n", []),  # B moved away first
        ("A,X,A,active\nB,A,B,active\nA,B,A,active\n", []),  # X may not be there, then neither is A
        ("A,,A,deleted\nB,A,B,active\n", ["account.parent_deleted"]),
        ("A,,A,deleted\nA,,A,active\nB,A,B,active\n", []),
        ("A,,A,active\nB,A,B,active\nA,,A,deleted\n", ["account.delete_has_subaccounts"]),
        ("A,,A,active\nB,A,B,active\nB,A,B,deleted\nA,,A,deleted\n", []),
        ("A,,A,active\nB,A,B,active\nB,,B,active\nA,,A,deleted\n", []),
        ("A,,A,active\nB,A,,active\nA,,A,deleted\n", []),  # a new account without a name is not made
        ("A,,A,active\nA,A," + "x" * 256 + ",active\n", ["account.loop"]),  # asked before the length of the name
        ("A,,A,active\n,A,A,active\n", ["account.missing_id"]),
    ],
)
def test_accounts_of_an_upload_form_a_tree(rows: str, expected: list[str]) -> None:
    assert codes({"accounts.csv": ACCOUNTS + rows}) == expected


CATEGORIES = "group_category_id,account_id,course_id,category_name,status\n"


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("K1,,,Kind,active\nK2,,,Kind,active\n", ["group_category.invalid"]),
        ("K1,,,Kind,active\nK2,,,kind,active\n", []),
        ("K1,,,Kind,active\nK2,,C1,Kind,active\n", []),
        ("K1,,C1,Kind,active\nK2,,C1,Kind,active\n", ["group_category.invalid"]),
        ("K1,,,Kind,active\nK2,,C1,Kind,active\nK2,,,Kind,active\n", []),
        ("K1,,,Kind,deleted\nK2,,,Kind,active\n", []),
        ("K1,,,Kind,active\nK2,,,Kind,deleted\n", []),
        ("K1,,,Kind,active\nK1,,,Other,active\nK2,,,Kind,active\n", []),
        ("K1,,,Kind,active\nK1,,,Kind,active\n", []),
        ("K1,,,Kind,deleted\nK2,,,Kind,active\nK1,,,Kind,active\n", []),  # asked only of a new name
    ],
)
def test_a_category_name_can_be_taken_once_in_one_place(rows: str, expected: list[str]) -> None:
    assert codes({"k.csv": CATEGORIES + rows}) == expected


def test_the_name_of_a_category_in_a_place_that_may_not_be_there_is_left_to_canvas() -> None:
    courses = "course_id,short_name,long_name,status\nC1,C,C,active\n"
    rows = "K1,,C404,Kind,active\nK2,,C404,Kind,active\n"
    assert codes({"c.csv": courses, "k.csv": CATEGORIES + rows}) == []


def test_tag_sets_clash_as_group_categories_do() -> None:
    files = {"t.csv": "tag_set_id,course_id,set_name,status\nD1,C1,Set,active\nD2,C1,Set,active\n"}
    said, _ = judge({name: text.encode() for name, text in files.items()})
    assert [(code, text) for _, _, code, text, _ in said] == [
        (
            "differentiation_tag_set.invalid",
            "A differentiation tag set did not pass validation (differentiation tag set: D2, error: Name Set is"
            " already in use.)",
        )
    ]


SCHOOL = {
    "courses.csv": "course_id,short_name,long_name,status\nC1,C,C,active\nC2,D,D,active\n",
    "sections.csv": "section_id,course_id,name,status\nS1,C1,One,active\nS2,C2,Two,deleted\n",
    "users.csv": "user_id,login_id,status\nu1,una,active\nu2,ub,deleted\n",
}
ENROLLMENTS = "course_id,section_id,user_id,role,status,associated_user_id,root_account\n"


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("C1,S1,u1,student,active\n", []),
        ("C2,S1,u1,student,active\n", ["enrollment.section_course_unrelated"]),
        ("C2,S1,u1,,active\n", ["enrollment.section_course_unrelated"]),  # asked before the role
        ("C2,S1,u404,student,active\n", []),  # the user comes first, and only Canvas knows that one
        ("C404,S1,u1,student,active\n", []),
        ("C2,S1,u1,student,active,,partner.example\n", []),
        ("C1,S1,u2,student,active\n", ["enrollment.deleted_user"]),
        ("C1,,u2,StudentEnrollment,Active\n", ["enrollment.deleted_user"]),
        ("C1,S1,u2,student,deleted\n", []),
        ("C1,S1,u2,lab partner,active\n", []),  # is there such a role?
        ("C1,S1,u2,observer,active,u404\n", []),
        ("C404,,u2,student,active\n", []),
        ("C2,S2,u1,student,active\n", ["enrollment.invalid"]),
        ("C2,S2,u1,student,deleted\n", []),
        (",S2,u1,student,active\n", ["enrollment.invalid"]),
    ],
)
def test_enrollments_are_measured_by_the_rest_of_the_upload(row: str, expected: list[str]) -> None:
    assert codes({**SCHOOL, "enrollments.csv": ENROLLMENTS + row}) == expected


def test_a_cross_listed_section_belongs_to_both_courses() -> None:
    xlist = {"xlists.csv": "xlist_course_id,section_id,status\nC2,S1,active\nC3,S1,deleted\n"}
    rows = "C2,S1,u1,student,active\nC1,S1,u1,student,active\n"
    assert codes({**SCHOOL, **xlist, "enrollments.csv": ENROLLMENTS + rows}) == []


def test_a_person_with_a_second_login_is_not_deleted_with_the_first() -> None:
    login = {"logins.csv": "user_id,login_id,existing_user_id\nu2x,ub.x,u2\n"}
    row = "C1,S1,u2,student,active\n"
    assert codes({**SCHOOL, **login, "enrollments.csv": ENROLLMENTS + row}) == []


def test_a_clash_inside_one_file_is_known_from_the_file_else_from_the_upload() -> None:
    one = judge({"a.csv": (USERS + "u1,una,active,\nu2,una,active,\n").encode()})[0]
    two = judge({"a.csv": (USERS + "u1,una,active,\n").encode(), "b.csv": (USERS + "u2,una,active,\n").encode()})[0]
    assert [said[4] for said in one + two] == [Knowable.FILE, Knowable.IMPORT]


def test_ids_that_no_row_defines_are_noted_once_for_a_file_and_column() -> None:
    rows = "C1,S1,u1,student,active\nC1,S1,u404,student,active\nC9,S1,u405,student,active\n"
    assert notes({**SCHOOL, "enrollments.csv": ENROLLMENTS + rows}) == [
        "enrollments.csv:3 user_id names a user that no row of this drop defines, in 2 rows; the first is u404",
        "enrollments.csv:4 course_id names a course that no row of this drop defines, in 1 row; the first is C9",
    ]


def test_what_the_drop_does_not_bring_at_all_is_taken_to_be_in_canvas() -> None:
    assert notes({"enrollments.csv": ENROLLMENTS + "C1,S1,u404,student,active\n"}) == []


def test_an_account_counts_only_from_its_row_on() -> None:
    assert notes({"accounts.csv": ACCOUNTS + "B,A,B,active\nA,,A,active\n"}) == [
        "accounts.csv:2 parent_account_id names an account that no row of this drop defines, in 1 row; the first is A"
    ]


def test_a_row_that_canvas_skips_defines_nothing() -> None:
    users = {"users.csv": "user_id,login_id,status\nu1,una,odd\n"}
    files = {**users, "observers.csv": "observer_id,student_id,status\nu1,u2,active\n"}
    assert len(notes(files)) == 2


def test_an_id_used_after_its_renaming_is_noted() -> None:
    files = {
        "ids.csv": "old_id,new_id,type\nu1,v1,user\n",
        "users.csv": "user_id,login_id,status\nu1,una,active\nv1,una,active\n",
    }
    assert [note for note in notes(files) if "renames" in note] == [
        "users.csv:2 user_id uses an id that this drop renames, in 1 row; the first is u1"
    ]


@pytest.mark.parametrize(
    ("types", "expected"),
    [
        ({"enrollment"}, set()),
        ({"course"}, set()),
        ({"group_membership", "admin"}, set()),
        ({"login", "admin"}, {"login", "admin"}),
        ({"user"}, {"user"}),
        ({"account"}, {"account"}),
        ({"section", "enrollment"}, {"section", "enrollment"}),
        ({"term", "xlist", "user"}, {"user"}),
        ({"term", "course"}, {"term", "course"}),
        ({"user", "enrollment", "abstract_course"}, {"user", "enrollment"}),
        ({"change_sis_id", "enrollment"}, {"change_sis_id", "enrollment"}),
    ],
)
def test_only_types_that_can_meet_others_need_be_fed(types: set[str], expected: set[str]) -> None:
    assert Upload().needs(types) == expected


def test_all_types_together_are_fed_but_those_nobody_names() -> None:
    assert set(TYPES) - Upload().needs(set(TYPES) - {"change_sis_id"}) == {
        "change_sis_id",
        "grade_publishing_results",
    }


class Plain:
    """A row that no rule of its own hits, as the fast path hands it over."""

    number = line = 2
    cells: tuple[str | None, ...] = ()

    def __init__(self, **values: str) -> None:
        self.values = values

    def get(self, column: str) -> str | None:
        return self.values.get(column)


def test_feeding_and_judging_agree_on_rows_without_a_rule_of_their_own() -> None:
    rows = [Plain(user_id=f"u{n % 7}", login_id=f"l{n % 5}", status="active") for n in range(40)]
    fed, judged = Upload(), Upload()
    for row in rows:
        assert fed.feed(CANVAS["user"], row, "u.csv") == judged.judge(CANVAS["user"], row, "u.csv")
    assert fed.feed(CANVAS["user"], Plain(user_id="u9", login_id="l1", status="active"), "u.csv")


def test_memory_is_bounded_and_what_was_not_learned_is_not_held_against_anybody() -> None:
    ids, links = Ids(limit=2), Links(limit=1)
    for id_ in ("a", "b", "c"):
        ids.say(id_, 3)
    links.put("a", "1")
    links.put("b", "2")
    assert (len(ids), "c" in ids, ids.full, ids.file("b")) == (2, False, True, 3)
    assert (links.get("a"), links.get("b")) == ("1", None)
    assert not ids.is_deleted("c")
    assert not ids.is_active("c")


CHANCES: dict[str, dict[str, tuple[str, ...]]] = {
    "account": {
        "account_id": ("A", "B", "C"),
        "parent_account_id": ("", "", "A", "B", "C", "X"),
        "name": ("n", "n", ""),
        "status": ("active", "active", "deleted", "inactive"),
    },
    "user": {
        "user_id": ("u1", "u2", "u3", "u4"),
        "login_id": ("a", "b", "c", "A", "z" * 101),
        "status": ("active", "active", "active", "deleted", "suspended", "odd"),
        "integration_id": ("", "", "i1", "i2"),
        "authentication_provider_id": ("", "", "", "canvas"),
    },
    "login": {
        "user_id": ("u1", "u5", "u6"),
        "login_id": ("a", "e", "f"),
        "existing_user_id": ("", "u1", "u2", "u9"),
        "existing_integration_id": ("", "", "i1", "i2", "i9"),
        "integration_id": ("", "", "i1", "i3"),
    },
    "course": {
        "course_id": ("C1", "C2", "C3"),
        "short_name": ("s",),
        "long_name": ("l",),
        "status": ("active", "active", "deleted"),
        "account_id": ("", "", "A"),
    },
    "section": {
        "section_id": ("S1", "S2", "S3"),
        "course_id": ("C1", "C2", "C3"),
        "name": ("n", "n", ""),
        "status": ("active", "active", "deleted"),
    },
    "xlist": {"xlist_course_id": ("C1", "C2", "C4"), "section_id": ("S1", "S2"), "status": ("active", "deleted")},
    "enrollment": {
        "course_id": ("C1", "C2", "C3", ""),
        "section_id": ("", "S1", "S2", "S3"),
        "user_id": ("u1", "u2", "u3", "u4"),
        "role": ("student", "teacher", "observer"),
        "status": ("active", "active", "completed", "deleted"),
    },
    "group_category": {
        "group_category_id": ("K1", "K2", "K3"),
        "account_id": ("", "", "A"),
        "course_id": ("", "", "C1"),
        "category_name": ("N", "M"),
        "status": ("active", "active", "deleted"),
    },
}


def random_school(chance: random.Random) -> dict[str, str]:
    files = {}
    for type_, columns in CHANCES.items():
        rows = [[chance.choice(values) for values in columns.values()] for _ in range(chance.randint(0, 6))]
        files[f"{type_}.csv"] = "".join(",".join(row) + "\n" for row in [list(columns), *rows])
    return files


@pytest.mark.parametrize("seed", range(5))
def test_what_is_certain_of_a_row_it_hears_from_an_importing_canvas_too(seed: int, tmp_path: Path) -> None:
    """Ten random schools a seed. Canvas may give another reason (what it looked up failed first), but gives one."""
    for number in range(10):
        chance = random.Random(seed * 100 + number)
        with Engine(":memory:") as engine:
            bench = Bench(engine, tmp_path)
            files = random_school(chance)
            options = chance.choice([{}, {"skip_deletes": True}, {"update_sis_id_if_login_claimed": True}])
            messages = bench.run(files, **options).messages
        heard = {(file, row) for _, file, row, _ in messages}
        said, _ = judge({name: text.encode() for name, text in files.items()}, options)
        certain = [one for one in said if one[4] in (Knowable.FILE, Knowable.IMPORT)]
        assert [one for one in certain if one[:2] not in heard] == []


def school() -> Upload:
    upload = Upload()
    upload.needs({"course", "section", "user", "enrollment"})
    for course in ("C1", "C2"):
        upload.feed(CANVAS["course"], Plain(course_id=course), "c.csv")
    upload.feed(CANVAS["section"], Plain(section_id="S1", course_id="C1", name="One", status="active"), "s.csv")
    upload.feed(CANVAS["section"], Plain(section_id="S2", course_id="C2", name="Two", status="deleted"), "s.csv")
    upload.feed(CANVAS["user"], Plain(user_id="u1", login_id="una", status="active", integration_id="I1"), "u.csv")
    upload.feed(CANVAS["user"], Plain(user_id="u2", login_id="ub", status="deleted"), "u.csv")
    return upload


LINES = st.fixed_dictionaries(
    {
        "user_id": st.sampled_from(["u1", "u1", "u1", "u2", "u404", ""]),
        "user_integration_id": st.sampled_from(["", "", "", "I1", "I404"]),
        "course_id": st.sampled_from(["C1", "C1", "C2", "C404", ""]),
        "section_id": st.sampled_from(["S1", "", "", "S2", "S404"]),
        "status": st.sampled_from(["active", "active", "deleted"]),
    }
)


@settings(max_examples=400, deadline=None)
@given(st.lists(LINES, min_size=1, max_size=3))
def test_quiet_columns_are_those_of_rows_that_need_not_be_fed(lines: list[dict[str, str]]) -> None:
    upload = school()
    quiet = upload.is_quiet(
        CANVAS["enrollment"], lambda name: [line[name] for line in lines] if name in lines[0] else ()
    )
    for line in lines:
        row = Plain(role="student", **{name: value for name, value in line.items() if value})
        hits = upload.feed(CANVAS["enrollment"], row, "e.csv")
        assert not (quiet and hits)
    assert not (quiet and list(upload.undefined()))


def test_the_enrollments_of_a_sound_school_are_quiet() -> None:
    columns = {"user_id": ["u1", "u1"], "course_id": ["C1", ""], "section_id": ["S1", "S1"]}
    assert school().is_quiet(CANVAS["enrollment"], lambda name: columns.get(name, ()))
    assert not school().is_quiet(CANVAS["user"], lambda name: columns.get(name, ()))


@pytest.mark.parametrize("line", [("u2", "C1", "S1"), ("u1", "C2", "S1"), ("u1", "C2", "S2"), ("u404", "C1", "S1")])
def test_one_doubtful_row_ends_the_quiet(line: tuple[str, str, str]) -> None:
    columns = dict(zip(("user_id", "course_id", "section_id"), zip(line, ("u1", "C1", "S1"), strict=True), strict=True))
    assert not school().is_quiet(CANVAS["enrollment"], lambda name: columns.get(name, ()))
