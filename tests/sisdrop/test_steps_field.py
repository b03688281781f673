"""What the field really sends, on its way: nothing of a row in the log, and files beside the CSVs hold nothing."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from sisdrop.model import DropState, Outcome
from tests.support.lane_kit import Kit, lane_kit

USERS = b"user_id,login_id,full_name,status\np-1,ann,Ann Example,active\n"


@pytest.fixture
def kit(tmp_path: Path) -> Iterator[Kit]:
    with lane_kit(tmp_path) as made:
        yield made


@pytest.mark.parametrize(
    "content",
    [
        USERS + b'p-2,bob,Bob "Secret" Name,active\n',
        USERS + b"p-2,bob,Ren\xe9 Secret,active\n",
        b"p-2,bob,Bob Secret,active\n",
        b"sis_id;login;Secret\n1;2;3\n",
        USERS + b"p-2,,Bob Secret,active\n",
    ],
)
def test_nothing_of_a_row_is_in_the_log_the_history_or_the_reason_of_a_hold(
    content: bytes, kit: Kit, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    drop = kit.drop("users.csv", content)
    kit.run_to_rest()

    held = kit.get(drop)
    assert held.state is DropState.HELD
    findings = " ".join(
        f"{each.message.revealed()} {each.hint.revealed()}" for each in kit.journal.report(drop.id).findings
    )
    assert findings
    for told in (caplog.text, kit.told(), held.held_because or ""):
        assert "Secret" not in told
        assert "bob" not in told


def test_what_is_no_csv_in_a_folder_holds_neither_the_drop_nor_the_queue(kit: Kit) -> None:
    drop = kit.drop_folder("night", {"users.csv": USERS, "README.txt": b"hello", "notes.md": b"x"})
    kit.run_to_rest()

    assert kit.get(drop).outcome is Outcome.IMPORTED
    assert kit.hold() is None
    assert [finding["code"] for finding in kit.result(drop)["findings"]] == ["file.unknown_type"] * 2
