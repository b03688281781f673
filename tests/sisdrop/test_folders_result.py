"""The result file: exactly the contract's keys, in its order, whatever the drop's names are made of."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from typing import Any

import pytest

from canvas_sis_csv.cell_text import CellText
from canvas_sis_csv.comparison import Comparison
from canvas_sis_csv.model import FileFacts, Finding, Level
from canvas_sis_csv.options import ImportOptions
from sisdrop.folders import result
from sisdrop.model import (
    Attempt,
    AttemptKind,
    Contents,
    Drop,
    DropKind,
    DropState,
    Ending,
    Failure,
    Held,
    Message,
    Origin,
    Outcome,
    Place,
    Plan,
    Report,
    Rest,
    Submission,
    Tripped,
)

URL = "https://school.instructure.com"

# The example of the public contract: keys and their order are what scripts rely on.
CONTRACT_KEYS = [
    "version",
    "drop",
    "feed",
    "name",
    "stored_as",
    "outcome",
    "summary",
    "size_bytes",
    "sha256",
    "rows",
    "files",
    "times",
    "canvas",
    "counts",
    "statistics",
    "messages",
    "message_count",
    "plan",
    "guards",
    "findings",
    "attempts",
    "error",
    "changed_after_sending",
]
TIMES_KEYS = ["noticed_at", "claimed_at", "submitted_at", "finished_at", "filed_at"]
CANVAS_KEYS = ["url", "account", "import_id", "workflow_state", "options", "answer"]
MESSAGE_KEYS = ["level", "file", "row", "message", "hint"]
FINDING_KEYS = ["level", "code", "file", "row", "message", "hint"]


ANSWER = {
    "id": 8123,
    "data": {
        "counts": {"users": 40, "courses": 0, "warning_count": 2},
        "statistics": {"total_state_changes": 12},
    },
}
SUBMISSION = Submission(
    "2026-11-23T04:15:03Z", "sd0123abcd", 8122, None,
    import_id=8123, workflow_state="imported_with_messages", answer=ANSWER,
)  # fmt: skip
ENDED = Ending(
    Outcome.IMPORTED_WITH_MESSAGES,
    "2026-11-23T04:15:09Z",
    "Canvas imported users.csv (40 rows) with 2 warnings.",
    message_count=2,
)
ORIGIN = Origin("users.csv", DropKind.FILE, ("users.csv",), "2026-11-23T04:15:00Z", "2026-11-23T04:15:02Z")
CONTENTS = Contents(
    2210,
    "ab" * 32,
    (FileFacts("users.csv", "user", 40, 1),),
    options=ImportOptions(import_type="instructure_csv"),
)


def drop(**changes: Any) -> Drop:
    base = Drop(
        id="20261123T041502Z-7c1e",
        lane="school.instructure.com/self",
        feed="nightly",
        state=DropState.FINISHED,
        place=Place.ARCHIVE,
        origin=ORIGIN,
        contents=CONTENTS,
        submission=SUBMISSION,
        ended=ENDED,
        rest=Rest("20261123T041502Z-users.csv", "2026-11-23T04:15:09Z"),
        attempts=(Attempt("2026-11-23T04:15:03Z", AttemptKind.SUBMIT, "accepted as import 8123"),),
    )
    return replace(base, **changes)


MESSAGES = [
    Message(Level.WARNING, "users.csv", 34, CellText("No login_id given for user u34"), "Give every user a login_id."),
    Message(Level.WARNING, None, None, CellText("Something about the whole import")),
]
FINDINGS = [
    Finding(
        Level.WARNING,
        "user.missing_login",
        "users.csv",
        34,
        CellText("No login_id given"),
        CellText("Give one."),
        line=35,
    )
]


def made(of: Drop, messages: list[Message] = MESSAGES, findings: list[Finding] = FINDINGS) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(result.from_drop(of, Report(messages, findings), URL, "self").to_json_bytes())
    return loaded


def test_has_exactly_the_keys_of_the_contract_in_their_order() -> None:
    file = made(drop())
    assert list(file) == CONTRACT_KEYS
    assert list(file["times"]) == TIMES_KEYS
    assert list(file["canvas"]) == CANVAS_KEYS
    assert list(file["messages"][0]) == MESSAGE_KEYS
    assert list(file["findings"][0]) == FINDING_KEYS
    assert list(file["files"][0]) == ["name", "type", "rows"]
    assert list(file["attempts"][0]) == ["at", "what", "result"]


def test_tells_the_plan_in_numbers_and_the_guards_with_who_released_them() -> None:
    users = Comparison(type="user", names=("users.csv",), before=41, rows=40, added=1, changed=3, absent=2)
    report = Report(plan=Plan(("20261122T041502Z-91b0",), (users,)))
    held = Held("fewer rows", "2026-11-23T04:15:03Z", (Tripped("guard.absent", "2 are gone"),), "jdoe")
    file = json.loads(result.from_drop(drop(held=held), report, URL, "self").to_json_bytes())

    assert file["plan"] == {
        "against": "20261122T041502Z-91b0",
        "files": [
            {"name": "users.csv", "type": "user", "before": 41, "rows": 40,
             "added": 1, "changed": 3, "absent": 2, "deleted": 0},
        ],
    }  # fmt: skip
    assert file["guards"] == [{"code": "guard.absent", "message": "2 are gone", "released_by": "jdoe"}]
    assert made(drop())["plan"] is None
    assert made(drop())["guards"] == []


def test_tells_what_the_drop_knows() -> None:
    file = made(drop())
    assert file["version"] == 1
    assert file["outcome"] == "imported_with_messages"
    assert file["files"] == [{"name": "users.csv", "type": "user", "rows": 40}]
    assert file["canvas"]["import_id"] == 8123
    assert file["canvas"]["url"] == URL
    assert file["canvas"]["answer"]["data"]["counts"]["courses"] == 0
    assert file["messages"][0]["level"] == "warning"
    assert file["messages"][1]["file"] is None
    assert file["findings"][0]["code"] == "user.missing_login"
    assert file["error"] is None


def test_counts_the_objects_canvas_processed_without_zeros_and_without_messages() -> None:
    assert made(drop())["counts"] == {"users": 40}
    assert made(drop())["statistics"] == {"total_state_changes": 12}


@pytest.mark.parametrize("answer", [{}, {"data": None}, {"data": {"counts": [], "statistics": "no"}}])
def test_an_answer_without_counts_gives_empty_counts(answer: dict[str, Any]) -> None:
    file = made(drop(submission=replace(SUBMISSION, answer=answer)))
    assert file["counts"] == {}
    assert file["statistics"] == {}


def test_a_drop_that_was_never_sent_has_nulls_where_canvas_would_be() -> None:
    never = drop(
        submission=None,
        ended=Ending(Outcome.REJECTED, "2026-11-23T04:15:09Z", failure=Failure("A person said no.")),
    )
    file = made(never, messages=[])
    assert file["canvas"]["import_id"] is None
    assert file["times"]["submitted_at"] is None
    assert file["message_count"] == 0
    assert file["messages"] == []
    assert file["error"] == {"message": "A person said no."}


def test_a_refusal_has_canvas_answer_in_its_error() -> None:
    failure = Failure("Canvas refused the upload.", 422, "no")
    file = made(drop(ended=Ending(Outcome.REFUSED, "2026-11-23T04:15:09Z", failure=failure)))
    assert file["error"] == {"message": "Canvas refused the upload.", "status": 422, "body": "no"}


def test_messages_and_findings_stand_by_file_and_row() -> None:
    places = [(None, None), ("users.csv", 10), ("courses.csv", 7), ("users.csv", 2), ("users.csv", None)]
    messages = [
        Message(Level.WARNING, file, row, CellText(f"number {number}")) for number, (file, row) in enumerate(places)
    ]
    findings = [Finding(Level.NOTE, "a.code", file or "", row, CellText("text")) for file, row in places[1:]]
    file = made(drop(), messages, findings)
    assert [(told["file"], told["row"]) for told in file["messages"]] == [
        ("courses.csv", 7), ("users.csv", None), ("users.csv", 2), ("users.csv", 10), (None, None)
    ]  # fmt: skip
    assert [(told["file"], told["row"]) for told in file["findings"]] == [
        ("courses.csv", 7), ("users.csv", None), ("users.csv", 2), ("users.csv", 10)
    ]  # fmt: skip


def test_never_counts_fewer_messages_than_it_holds() -> None:
    assert made(drop(ended=replace(ENDED, message_count=0)))["message_count"] == 2
    assert made(drop(ended=replace(ENDED, message_count=3000)))["message_count"] == 3000


def test_a_name_that_is_no_valid_text_survives_the_way_to_disk_and_back() -> None:
    name = os.fsdecode(b"users-\xff\xfe.csv")
    raw = result.from_drop(
        drop(
            origin=replace(ORIGIN, name=name),
            rest=Rest(name, "2026-11-23T04:15:09Z"),
            contents=replace(CONTENTS, files=(FileFacts(name, None, 0),)),
        ),
        Report(),
        URL,
        "self",
    ).to_json_bytes()
    raw.decode("utf-8")
    assert os.fsencode(json.loads(raw)["name"]) == b"users-\xff\xfe.csv" if os.name == "posix" else True
    assert json.loads(raw)["files"][0] == {"name": name, "type": None, "rows": 0}


def test_is_indented_ascii_with_a_final_newline() -> None:
    raw = result.from_drop(
        drop(ended=replace(ENDED, summary="Größe: ünïcode ✓")), Report(), URL, "self"
    ).to_json_bytes()
    assert raw.isascii()
    assert raw.startswith(b'{\n  "version": 1,\n')
    assert raw.endswith(b"\n}\n")
    assert json.loads(raw)["summary"] == "Größe: ünïcode ✓"


@pytest.mark.parametrize("changes", [{"ended": None}, {"rest": None}])
def test_an_unfinished_drop_has_no_result(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="20261123T041502Z-7c1e is not finished"):
        result.from_drop(drop(**changes), Report(), URL, "self")


def test_a_drop_on_its_way_has_nulls_for_what_is_not_known_yet() -> None:
    file = result.so_far(drop(submission=None, ended=None, rest=None), Report(findings=FINDINGS), URL, "self")
    assert list(file) == CONTRACT_KEYS
    assert file["outcome"] is file["stored_as"] is file["times"]["finished_at"] is file["times"]["filed_at"] is None
    assert file["findings"][0]["code"] == "user.missing_login"
    assert file["sha256"] == "ab" * 32


def test_readers_can_read_results_of_a_later_version_that_adds_keys() -> None:
    file = made(drop())
    file["weather"] = "fine"
    file["canvas"]["shard"] = 7
    assert result.Result.model_validate_json(json.dumps(file)).drop == "20261123T041502Z-7c1e"


def test_the_schema_names_every_key_and_every_outcome() -> None:
    schema = result.schema()
    assert list(schema["properties"]) == CONTRACT_KEYS
    assert schema["required"] == CONTRACT_KEYS[:-1]  # results of before it lack the last one, and are read all the same
    assert schema["$defs"]["Outcome"]["enum"] == [outcome.value for outcome in Outcome]
    assert schema.get("additionalProperties") is not False
    assert list(schema["$defs"]["ResultCanvas"]["properties"]) == CANVAS_KEYS
