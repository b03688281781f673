"""Rows that name what nobody is known to have brought, counted by file."""

from __future__ import annotations

import io
from collections.abc import Mapping

import pytest

from canvas_sis_csv import Member, preflight
from canvas_sis_csv.model import UnknownRows

HEADER = "course_id,section_id,user_id,role,status,associated_user_id\n"


class Known:
    """Of each kind how many ids files brought: those that begin with `known`; those with `?` are doubtful."""

    def __init__(self, *to_come: str, **counts: int) -> None:
        self._counts = counts
        self._to_come = to_come

    def has(self, kind: str, id: str) -> bool | None:  # noqa: A002 - as in KnownIds
        return None if id.startswith("?") or kind in self._to_come else id.startswith("known")

    def count(self, kind: str, at_most: int) -> int:
        return min(self._counts.get(kind, 0), at_most)

    def may_come(self, kind: str) -> bool:
        return kind in self._to_come


MANY = Known(user=20, course=20, section=20, account=20, term=20)


def member(name: str, text: str) -> Member:
    return Member(name, len(text), lambda: io.BytesIO(text.encode()))


def counted(known: Known, files: Mapping[str, str]) -> Mapping[str, UnknownRows]:
    return preflight([member(name, text) for name, text in files.items()], known=known).unknown


def enrollments(*rows: str) -> dict[str, str]:
    return {"enrollments.csv": HEADER + "".join(f"{row}\n" for row in rows)}


def test_a_row_is_counted_once_and_once_for_each_kind_it_names() -> None:
    files = enrollments(
        "known-c,known-s,known-u,student,active,",
        "c1,s1,u1,student,active,",
        "known-c,known-s,u2,observer,active,u3",
        ",,,,,",
        "c1,,known-u,student,active,",
    )

    assert counted(MANY, files) == {"enrollments.csv": UnknownRows(3, 4, {"course": 2, "section": 1, "user": 2})}


def test_kinds_of_which_few_ids_were_brought_do_not_count() -> None:
    files = enrollments("c1,s1,u1,student,active,", "known-c,s1,known-u,student,active,")

    assert counted(Known(user=19, course=20), files)["enrollments.csv"] == UnknownRows(1, 2, {"course": 1})
    assert counted(Known(user=19), files) == {}


def test_who_is_named_counts_only_where_canvas_looks() -> None:
    files = enrollments("known-c,known-s,known-u,student,active,u9")

    assert counted(MANY, files)["enrollments.csv"].rows == 0


def test_what_the_drop_brings_itself_is_not_unknown() -> None:
    files = {
        **enrollments("c1,,u1,student,active,", "c2,,u2,student,active,", "known-c,,known-u,student,active,"),
        "users.csv": "user_id,login_id,status\nu1,u1,active\n",
        "courses.csv": "course_id,short_name,long_name,status,account_id,term_id\nc1,A,A,active,a1,known-t\n",
        "accounts.csv": "account_id,parent_account_id,name,status\na0,,Top,active\na1,a0,Below,active\n",
    }

    assert counted(MANY, files) == {
        "accounts.csv": UnknownRows(0, 2, {}),
        "courses.csv": UnknownRows(0, 1, {}),
        "enrollments.csv": UnknownRows(1, 3, {"user": 1, "course": 1}),
    }


def test_what_cannot_be_said_is_not_unknown_and_undecided_only_when_it_may_still_come() -> None:
    files = enrollments("known-c,,u1,student,active,", "c1,,u1,student,active,", "?c,,known-u,student,active,")

    assert counted(Known("user", user=20, course=20), files) == {
        "enrollments.csv": UnknownRows(1, 3, {"course": 1}, undecided=2)
    }


def test_a_course_whose_account_and_term_are_strange_counts_once() -> None:
    files = {"courses.csv": "course_id,short_name,long_name,status,account_id,term_id\nC-1,A,A,active,a1,t1\n"}

    assert counted(MANY, files) == {"courses.csv": UnknownRows(1, 1, {"account": 1, "term": 1})}


@pytest.mark.parametrize("known", [None, MANY])
def test_users_name_nothing_that_could_be_unknown(known: Known | None) -> None:
    text = "user_id,login_id,status\nu1,u1,active\n"

    assert preflight([member("users.csv", text)], known=known).unknown == {}
