"""What is taken for ours, and what is not: answers that belong to others, lists that lack something, names not told."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from sisdrop.model import DropState, HoldKind, Outcome
from sisdrop.steps.commands import release
from tests.support.lane_kit import COURSES, USERS, Kit, lane_kit

POST = {"method": "POST", "path": "sis_imports"}
TAKEN = {"kind": "accept_then_drop", **POST}
NEVER_TAKEN = {"kind": "drop_before_accept", **POST}
OTHER_PROGRAM = {"kind": "foreign_import", "state": "imported", "user": "ours", **POST}
"""Another program's import of the same user, of which Canvas tells no file names, made just before ours."""


@pytest.fixture
def kit(tmp_path: Path) -> Iterator[Kit]:
    with lane_kit(tmp_path) as kit:
        yield kit


@pytest.fixture
def diffing(tmp_path: Path) -> Iterator[Kit]:
    """Several files with a diffing identifier: their names carry no marker."""
    with lane_kit(tmp_path, **{"import": {"diffing_data_set_identifier": "all", "change_threshold": 10}}) as kit:
        yield kit


def zipped(**files: str) -> bytes:
    target = BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in files.items():
            archive.writestr(f"{name}.csv", content)
    return target.getvalue()


def ours(kit: Kit) -> list[int]:
    """The ids of the imports that were really uploaded."""
    return [made["id"] for made in kit.imports() if made["data"].get("supplied_batches")]


def answer_with(kit: Kit, made: Mapping[str, Any], **fault: Any) -> dict[str, Any]:
    body = json.dumps({"workflow_state": "created", "user": {"id": kit.canvas.user_id()}, **made})
    return {"kind": "answer", "status": 200, "content_type": "application/json", "body": body, **fault}


# answers to the POST


STRANGE = pytest.mark.parametrize(
    ("made", "says"),
    [
        ({"id": 9999, "user": {"id": 42}}, "another user"),
        ({"id": 8001}, "was there before"),
        ({"id": 9999, "workflow_state": "imported"}, "ended already"),
    ],
    ids=lambda value: str(value),
)


@STRANGE
def test_an_answer_that_is_not_ours_holds_the_queue_with_both_numbers_and_ours_is_followed(
    kit: Kit, made: dict[str, Any], says: str
) -> None:
    kit.faults({"kind": "foreign_import", "state": "imported"})
    kit.faults(answer_with(kit, made, when="after", **POST))
    drop = kit.drop("courses.csv", COURSES)
    kit.drop("users.csv", USERS)
    kit.run(lambda: kit.get(drop).state is DropState.FILED)
    kit.run_to_rest()

    (uploaded,) = ours(kit)
    hold = kit.hold()
    assert kit.get(drop).import_id == uploaded
    assert kit.get(drop).outcome is Outcome.IMPORTED
    assert hold is not None
    assert hold.kind is HoldKind.DOUBT
    assert str(uploaded) in hold.reason
    assert str(made["id"]) in hold.reason
    assert any(says in attempt.result for attempt in kit.get(drop).attempts)


@STRANGE
def test_an_answer_that_is_not_ours_to_an_upload_that_canvas_does_not_have_holds_the_drop(
    kit: Kit, made: dict[str, Any], says: str
) -> None:
    kit.faults({"kind": "foreign_import", "state": "imported"})
    kit.faults(answer_with(kit, made, when="before", **POST))
    drop = kit.drop("users.csv", USERS)

    kit.run_to_rest()

    held = kit.get(drop)
    assert held.state is DropState.HELD
    assert str(made["id"]) in str(held.held_because)
    assert ours(kit) == []
    release(kit.journal, drop.id)
    kit.release()
    kit.run_to_rest()
    assert ours(kit) == [kit.get(drop).import_id]


# answers to a look


def test_a_look_at_an_import_that_is_answered_with_another_one_is_not_believed(kit: Kit) -> None:
    kit.faults(
        {"kind": "fail"},
        answer_with(kit, {"id": 7999, "workflow_state": "imported"}, method="GET", path=r"sis_imports/\d+$", count=2),
    )
    drop = kit.drop("users.csv", USERS)

    kit.run_to_rest()

    assert kit.get(drop).outcome is Outcome.FAILED
    assert kit.result(drop)["canvas"]["answer"]["id"] == kit.get(drop).import_id


# nothing is ours only because nothing else is left


def test_the_only_import_left_is_not_ours_when_canvas_tells_no_file_names(kit: Kit) -> None:
    kit.faults(OTHER_PROGRAM, NEVER_TAKEN)
    drop = kit.drop("users.csv", USERS)

    kit.run_to_rest()

    (foreign,) = kit.imports()
    hold = kit.hold()
    assert kit.get(drop).state is DropState.HELD
    assert str(foreign["id"]) in str(kit.get(drop).held_because)
    assert hold is not None
    assert hold.kind is HoldKind.DOUBT


def test_beside_another_import_of_the_same_user_ours_is_known_by_its_marker(kit: Kit) -> None:
    kit.faults(OTHER_PROGRAM, TAKEN)
    drop = kit.drop("users.csv", USERS)

    kit.run_to_rest()

    assert ours(kit) == [kit.get(drop).import_id]
    assert kit.hold() is None


def test_files_without_a_marker_are_known_by_their_names_and_sizes(diffing: Kit) -> None:
    diffing.faults(OTHER_PROGRAM, TAKEN)
    drop = diffing.drop("all.zip", zipped(users=USERS, courses=COURSES))

    diffing.run_to_rest()

    assert diffing.get(drop).contents.marker == ""
    assert ours(diffing) == [diffing.get(drop).import_id]
    assert diffing.get(drop).outcome is Outcome.IMPORTED


def test_files_without_a_marker_are_not_ours_by_elimination(diffing: Kit) -> None:
    diffing.drop("courses.csv", COURSES)
    diffing.run_to_rest()
    echoed = {"diffing_data_set_identifier": "all", "change_threshold": 10}
    unnamed = {"id": 9000, "workflow_state": "imported", "skip_deletes": False, **echoed}
    listed = json.dumps({"sis_imports": [{"user": {"id": diffing.canvas.user_id()}, **unnamed}, *diffing.imports()]})
    diffing.faults(NEVER_TAKEN)
    drop = diffing.drop("all.zip", zipped(users=USERS, sections="section_id,course_id,name,status\nS,C-1,S,active\n"))
    diffing.run(lambda: diffing.get(drop).state is DropState.SUBMITTING)

    diffing.faults({"kind": "answer", "status": 200, "content_type": "application/json", "body": listed, "count": None})
    diffing.run(lambda: diffing.get(drop).state is DropState.HELD)

    assert "9000" in str(diffing.get(drop).held_because)


# lists that lack something


@pytest.mark.parametrize(
    "lacking",
    [
        pytest.param([{"kind": "stale_list", "hides": 2}], id="its copy of the database lags behind"),
        pytest.param([{"kind": "page_size", "size": 1}, {"kind": "cut_list"}], id="it does not name the next page"),
    ],
)
def test_what_is_not_in_a_list_that_is_not_whole_is_not_sent_again(kit: Kit, lacking: list[dict[str, Any]]) -> None:
    kit.drop("courses.csv", COURSES)
    kit.run_to_rest()
    kit.faults(TAKEN)
    drop = kit.drop("users.csv", USERS)
    kit.run(lambda: (sent := kit.get(drop).submission) and sent.unknown_since)

    foreign = {"kind": "foreign_import", "state": "imported", "count": len(lacking) - 1}
    kit.faults(*([foreign] if len(lacking) > 1 else []), *lacking)
    for _ in range(6):
        kit.passed_s += 400
        kit.turn()
    waiting = kit.get(drop)
    assert waiting.state is DropState.SUBMITTING
    assert waiting.submission is not None
    assert waiting.submission.absent_looks == 0
    assert "not go down to" in str(kit.journal.lane_view(kit.context.lane).away)

    kit.faults()
    kit.run(lambda: kit.get(drop).state is DropState.FILED)
    assert kit.get(drop).outcome is Outcome.IMPORTED
    assert len(ours(kit)) == 2


def test_a_list_that_never_gets_whole_asks_a_person_in_the_end(kit: Kit) -> None:
    kit.drop("courses.csv", COURSES)
    kit.run_to_rest()
    kit.faults(TAKEN)
    drop = kit.drop("users.csv", USERS)
    kit.run(lambda: (sent := kit.get(drop).submission) and sent.unknown_since)

    kit.faults({"kind": "stale_list", "hides": 2})
    kit.passed_s += 3 * 3600
    kit.run(lambda: kit.get(drop).state is DropState.HELD)

    assert kit.hold() is not None


def test_nothing_is_sent_on_a_list_older_than_what_the_journal_knows_until_it_seems_to_stay_so(tmp_path: Path) -> None:
    """A test instance of Canvas is overwritten now and then: its newer imports are gone for good."""
    with lane_kit(tmp_path, context={"absent_grace_s": 60.0}) as kit:
        kit.drop("courses.csv", COURSES)
        kit.run_to_rest()
        kit.faults({"kind": "stale_list", "hides": 1})
        drop = kit.drop("users.csv", USERS)
        kit.run(lambda: kit.journal.lane_view(kit.context.lane).away is not None)
        kit.passed_s += 30
        kit.turn()
        assert kit.get(drop).state is DropState.QUEUED

        kit.passed_s += 400
        kit.run_to_rest()

        assert kit.get(drop).outcome is Outcome.IMPORTED
