"""`sisdrop plan`: what it compares with, what it ends with, what it writes."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from canvas_sis_csv.model import FileFacts
from sisdrop.cli.main import run
from sisdrop.config import load
from sisdrop.journal import SqliteJournal
from sisdrop.model import DropState, Outcome, Place
from tests.support.config_files import feed
from tests.support.journal_drops import a_drop

HEADER = "user_id,login_id,full_name,status\n"


def users(count: int) -> str:
    return HEADER + "".join(f"P-{number},p{number},Ada Ashgrove,active\n" for number in range(count))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("inbox", "archive"):
        (tmp_path / name).mkdir()
    (tmp_path / "config.yaml").write_text(feed())
    return tmp_path


def accept(folder: Path, text: str, name: str = "users.csv") -> None:
    """Canvas accepted this file, and it lies in the archive."""
    config = load(folder / "config.yaml")
    stored_as = f"20261123T041502Z-{name}"
    (config.feeds["nightly"].archive / stored_as).write_text(text)
    drop = a_drop(
        name,
        DropState.FILED,
        lane=config.feeds["nightly"].lane,
        place=Place.ARCHIVE,
        outcome=Outcome.IMPORTED,
        stored_as=stored_as,
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        files=(FileFacts(name, "user", text.count("\n") - 1),),
        members={name: name},
    )
    with SqliteJournal(config.state) as journal:
        journal.add(drop)


def plan(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any]:
    capsys.readouterr()
    code = run(["plan", "--json", *arguments])
    return code, json.loads(capsys.readouterr().out)


def test_a_file_is_compared_with_the_last_accepted_one_of_its_series(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    accept(folder, users(40), "users_20261122.csv")
    (folder / "users_20261123.csv").write_text(users(41).replace("P-0,p0", "P-0,new"))

    code, told = plan(capsys, "users_20261123.csv")
    assert code == 0
    (file,) = told["files"]
    assert (file["before"], file["rows"], file["added"], file["changed"]) == (40, 41, 1, 1)
    assert file["changed_columns"] == {"login_id": 1}
    assert told["guards"] == []


def test_a_guard_that_would_hold_it_makes_the_end_1(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    accept(folder, users(40))
    (folder / "users.csv").write_text(users(4))

    code, told = plan(capsys, "users.csv")
    assert code == 1
    assert [guard["code"] for guard in told["guards"]] == ["guard.shrank", "guard.absent"]


def test_before_anything_was_accepted_there_are_rows_and_no_comparison(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "users.csv").write_text(users(4))
    code, told = plan(capsys, "users.csv")
    assert (code, told["against"], told["files"][0]["rows"]) == (0, None, 4)
    assert not (folder / "state").exists()


def test_files_named_together_are_one_drop_and_go_by_their_types(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "terms.csv").write_text("term_id,name,status\nT1,Autumn,active\n")
    (folder / "people.csv").write_text(users(4))
    _, told = plan(capsys, "people.csv", "terms.csv")
    assert [file["type"] for file in told["files"]] == ["term", "user"]


def test_an_archive_that_was_changed_is_not_compared_with(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    accept(folder, users(40))
    (folder / "archive" / "20261123T041502Z-users.csv").write_text(users(30))
    (folder / "users.csv").write_text(users(40))
    _, told = plan(capsys, "users.csv")
    assert told["against"] is None


def test_what_canvas_would_refuse_whole_is_held(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "users.csv").write_text(HEADER + 'P-1,"open\n')
    code, told = plan(capsys, "users.csv")
    assert (code, told["files"]) == (1, [])
    assert told["guards"][0]["code"] == "file.malformed_csv"


def test_the_page_is_written_beside_the_text(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "users.csv").write_text(users(4))
    assert run(["plan", "users.csv", "--html", "plan.html"]) == 0
    assert "users.csv: nothing was sent." in capsys.readouterr().out
    assert "<h1>users.csv</h1>" in (folder / "plan.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "arguments", [[], ["missing.csv"], ["users.csv", "--feed", "other"], ["users.csv", "--html", "no/such/plan.html"]]
)
def test_wrong_usage_ends_with_2(folder: Path, arguments: list[str]) -> None:
    (folder / "users.csv").write_text(users(4))
    assert run(["plan", *arguments]) == 2
