"""What an import does to people: names, logins, addresses, and what goes when they go."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.sandbox_campus import campus, states, statistics, user
from tests.support.sandbox_engine import Bench, csv


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with campus(tmp_path) as bench:
        yield bench


@pytest.mark.parametrize(
    ("row", "name", "sortable"),
    [
        ("Eve,Fox,Full Name,", "Full Name", "Name, Full"),
        ("Eve,Fox,,", "Eve Fox", "Fox, Eve"),
        ("Eve,,,", "Eve", ", Eve"),
        ("Eve,Fox,,Given Sortable", "Eve Fox", "Given Sortable"),
        (",,,", "new-login", "new-login"),
        (",,,Only Sortable", "Only Sortable", "Only Sortable"),
    ],
)
def test_names_are_inferred(row: str, name: str, sortable: str, bench: Bench) -> None:
    header = "user_id,login_id,status,first_name,last_name,full_name,sortable_name"
    bench.run({"u.csv": csv(header, f"new,new-login,active,{row}")})
    found = user(bench, "new")
    assert (found["name"], found["sortable_name"]) == (name, sortable)


def test_a_user_without_names_keeps_the_old_ones(bench: Bench) -> None:
    bench.run({"u.csv": csv("user_id,login_id,status", "u1,renamed,active")})
    assert (user(bench)["name"], user(bench)["login_id"]) == ("Ada King", "renamed")


def test_a_user_is_found_by_login_and_gets_the_sis_id(bench: Bench) -> None:
    bench.engine.load_state({"canvas_logins": [{"login_id": "local", "canvas_id": 77}]})
    bench.run({"u.csv": csv("user_id,login_id,status", "new,LOCAL,active")})
    assert (user(bench, "new")["id"], user(bench, "new")["login_id"]) == (77, "LOCAL")


def test_an_email_is_replaced_and_goes_with_its_user(bench: Bench) -> None:
    header = "user_id,login_id,status,email"
    bench.run({"u.csv": csv(header, "u1,one,active,new@school.example")})
    assert user(bench)["email"] == "new@school.example"
    assert bench.result.total_state_changes == 0
    bench.run({"u.csv": csv(header, "u1,one,deleted,new@school.example")})
    assert statistics(bench, "CommunicationChannel") == {"deleted": 1}
    bench.run({"u.csv": csv(header, "u1,one,active,NEW@school.example")})
    assert statistics(bench, "CommunicationChannel") == {"restored": 1}
    assert statistics(bench, "Pseudonym") == {"restored": 1}


def test_a_bad_email_saves_the_user_and_does_not_count(bench: Bench) -> None:
    report = bench.run({"u.csv": csv("user_id,login_id,status,email", "u1,renamed,active,nobody")})
    assert report.counts == {"users": 0}
    assert (user(bench)["login_id"], user(bench)["email"]) == ("renamed", "ada@school.example")


def test_deleting_a_users_last_login_takes_everything_along(bench: Bench) -> None:
    bench.run(
        {
            "a.csv": csv("user_id,account_id,role,status", "u1,,AccountAdmin,active"),
            "g.csv": csv("group_id,name,status", "g,Group,available"),
            "m.csv": csv("group_id,user_id,status", "g,u1,accepted"),
        }
    )
    report = bench.run({"u.csv": csv("user_id,login_id,status", "u1,one,deleted")})
    assert states(bench) == ["deleted", "deleted"]
    assert [statistics(bench, kind) for kind in ("Pseudonym", "GroupMembership", "AccountUser")] == [{"deleted": 1}] * 3
    assert report.counts == {"users": 1}
    assert bench.run({"u.csv": csv("user_id,login_id,status", "u1,one,deleted")}).counts == {"users": 0}


def test_a_user_with_another_login_keeps_the_enrollments(bench: Bench) -> None:
    bench.run({"l.csv": csv("user_id,login_id,existing_user_id", "u1b,oneb,u1")})
    bench.run({"u.csv": csv("user_id,login_id,status", "u1,one,deleted")})
    assert states(bench) == ["active", "active"]


@pytest.mark.parametrize(
    ("status", "state"), [("SUSPENDED", "suspended"), ("deletedX", "active"), ("active_now", "active")]
)
def test_a_login_takes_the_state_of_whole_words_only(status: str, state: str, bench: Bench) -> None:
    bench.run({"u.csv": csv("user_id,login_id,status", f"u2,two,{status}")})
    assert user(bench, "u2")["state"] == state


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        ("password", "short", "Password too_short"),
        ("declared_user_type", "wizard", "Declared user type is not included in the list"),
        ("full_name", "x" * 256, "Name is too long (maximum is 255 characters)"),
    ],
)
def test_what_canvas_models_refuse_is_not_saved(column: str, value: str, reason: str, bench: Bench) -> None:
    report = bench.run({"u.csv": csv(f"user_id,login_id,status,{column}", f"new,nl,active,{value}")})
    assert report.texts == [f"Could not save the user with user_id: 'new'. Unknown reason: {reason}"]
    assert bench.engine.user("new") is None
