"""The journal in SQLite: its files, its versions, what survives; what every journal promises is in the contract."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from sisdrop.errors import JournalError, LeaseLost, StateError
from sisdrop.journal import FILE_NAME, Journal, SqliteJournal
from sisdrop.model import DropState, EventKind, Note, Transition
from tests.support.journal_drops import a_drop
from tests.support.places import ROOT


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with SqliteJournal(tmp_path / "state") as opened:
        yield opened


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX")
def test_the_journal_is_for_its_owner_alone(journal: Journal, tmp_path: Path) -> None:
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "state" / FILE_NAME).stat().st_mode) == 0o600


def test_a_damaged_journal_is_set_aside_whole_and_a_new_one_begun(tmp_path: Path) -> None:
    with SqliteJournal(tmp_path) as journal:
        for number in range(200):
            journal.add(a_drop(f"{number}.csv", id=str(number)))
    content = bytearray((tmp_path / FILE_NAME).read_bytes())
    content[4096:12288] = b"\xff" * 8192
    (tmp_path / FILE_NAME).write_bytes(content)

    with pytest.raises(StateError, match="damaged"):
        SqliteJournal(tmp_path)
    with SqliteJournal(tmp_path, mend=True) as journal:
        assert journal.was_damaged
        assert journal.open_drops() == []

    aside = list(tmp_path.glob("journal.damaged-*.sqlite3"))
    assert [path.read_bytes() for path in aside] == [bytes(content)]


def test_something_that_is_no_database_is_set_aside_too(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"this was never SQLite" * 100)

    with SqliteJournal(tmp_path, mend=True) as journal:
        assert journal.was_damaged
        journal.add(a_drop())


def test_a_journal_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    with SqliteJournal(tmp_path):
        pass
    database = sqlite3.connect(tmp_path / FILE_NAME)
    database.execute("PRAGMA user_version=99")
    database.close()

    with pytest.raises(StateError, match="newer sisdrop"):
        SqliteJournal(tmp_path)

    assert not list(tmp_path.glob("journal.damaged-*"))


def test_a_state_folder_that_cannot_be_made_is_told_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(StateError, match="file"):
        SqliteJournal(tmp_path / "file" / "state")


def test_what_was_journaled_survives_a_kill_at_once_after(tmp_path: Path) -> None:
    script = (
        "import os, sys; from pathlib import Path; from sisdrop.journal import SqliteJournal;"
        "from tests.support.journal_drops import a_drop;"
        "journal = SqliteJournal(Path(sys.argv[1])); journal.add(a_drop()); os.kill(os.getpid(), 9)"
    )
    killed = subprocess.run([sys.executable, "-c", script, str(tmp_path)], cwd=ROOT, check=False)
    assert killed.returncode != 0

    with SqliteJournal(tmp_path) as journal:
        assert [drop.name for drop in journal.open_drops()] == ["users.csv"]


def test_open_drops_are_found_without_reading_the_years_of_those_at_rest(tmp_path: Path) -> None:
    asked: list[str] = []
    with SqliteJournal(tmp_path) as journal:
        journal.add(a_drop("users.csv"))
        with closing(sqlite3.connect(journal.path)) as reader:
            journal._db.set_trace_callback(asked.append)
            assert len(journal.open_drops()) == 1
            plan = str(reader.execute(f"EXPLAIN QUERY PLAN {asked[0]}").fetchall())

    assert "INDEX open_drops" in plan


def test_only_errors_of_the_journal_leave_it_when_the_disk_fails(journal: SqliteJournal) -> None:
    drop = journal.add(a_drop())
    journal._db.execute("PRAGMA query_only=ON")  # as a disk that cannot be written

    with pytest.raises(JournalError, match="cannot be written"):
        journal.apply(Transition(replace(drop, state=DropState.QUEUED)))
    assert journal.get(drop.id) == drop
    journal._db.close()
    with pytest.raises(JournalError, match="cannot be read"):
        journal.open_drops()


def test_a_journal_of_before_the_first_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as database:
        database.execute("PRAGMA user_version=1")

    with pytest.raises(StateError, match=r"before 0\.1\.0"):
        SqliteJournal(tmp_path, mend=True)

    assert not list(tmp_path.glob("journal.damaged-*"))


def test_a_lease_ends_with_its_process_however_that_ends(tmp_path: Path) -> None:
    script = (
        "import os, sys; from pathlib import Path; from sisdrop.journal import SqliteJournal;"
        "SqliteJournal(Path(sys.argv[1])).take_lease(); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], cwd=ROOT, check=False)

    with SqliteJournal(tmp_path) as journal:
        assert journal.lease() is None
        journal.take_lease()


def test_the_lease_is_lost_when_the_journal_is_taken_away(tmp_path: Path) -> None:
    with SqliteJournal(tmp_path / "state", mend=True) as journal:
        journal.take_lease()
        (tmp_path / "state").rename(tmp_path / "elsewhere")

        with pytest.raises(LeaseLost, match="removed or replaced"):
            journal.check_lease()


@pytest.mark.parametrize("statement", ["UPDATE drops SET body='{}'", "UPDATE events SET kind='unheard of'"])
def test_a_row_that_somebody_else_wrote_is_an_error_of_the_journal_that_quotes_nothing(
    journal: SqliteJournal, statement: str
) -> None:
    drop = journal.add(a_drop("P-1,Ada.csv"), Note(EventKind.NOTICED, "P-1,Ada.csv is in the inbox."))
    with closing(sqlite3.connect(journal.path, isolation_level=None)) as database:
        database.execute(statement)

    with pytest.raises(JournalError, match="cannot read") as caught:
        journal.get(drop.id), journal.events()
    assert "Ada" not in str(caught.value)
