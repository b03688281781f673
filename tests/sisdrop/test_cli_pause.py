"""`sisdrop pause` and `sisdrop resume`: heard whether the service runs or not, and understood as a person means it."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sisdrop.cli.common import user_name
from sisdrop.cli.pause import read_time
from sisdrop.errors import UsageError
from sisdrop.journal import SqliteJournal
from sisdrop.model import Pause, iso, now_utc
from tests.support.command import sisdrop
from tests.support.config_files import feed

NOW = datetime(2026, 11, 25, 18, tzinfo=UTC)  # 11:00 in Denver


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A configuration, and the journal of a service that has run."""
    path = tmp_path / "config.yaml"
    path.write_text(feed())
    SqliteJournal(tmp_path / "state").close()
    return path


@pytest.fixture
def in_denver(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The clock of this machine is Denver's."""
    if not hasattr(time, "tzset"):
        pytest.skip("the zone of a process cannot be set here")
    monkeypatch.setenv("TZ", "America/Denver")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def pauses(config: Path) -> list[Pause]:
    with SqliteJournal(config.parent / "state") as journal:
        return journal.pauses()


def test_a_pause_says_until_when_and_status_shows_it_with_the_name(config: Path) -> None:
    tomorrow = iso(now_utc() + timedelta(days=1))

    ended = sisdrop("pause", "--until", tomorrow, "--config", config)

    assert ended.returncode == 0
    assert tomorrow in ended.stdout
    assert [(pause.feed, pause.by, pause.until) for pause in pauses(config)] == [("", user_name(), tomorrow)]
    shown = sisdrop("status", "--config", config)
    assert f"PAUSED by {user_name()} since" in shown.stdout
    assert f"until {tomorrow}" in shown.stdout
    assert shown.returncode == 0
    assert json.loads(sisdrop("status", "--json", "--config", config).stdout)["paused"]["until"] == tomorrow


def test_resume_ends_every_pause_and_with_a_feed_only_that_one(config: Path) -> None:
    sisdrop("pause", "--config", config)
    sisdrop("pause", "--feed", "nightly", "--config", config)
    assert "sisdrop resume --feed nightly" in sisdrop("status", "--config", config).stdout

    one = sisdrop("resume", "--feed", "nightly", "--config", config)

    assert [pause.feed for pause in pauses(config)] == [""]
    assert "Imports of nightly start again." in one.stdout
    assert f"Imports of all feeds are paused by {user_name()}" in one.stderr
    sisdrop("pause", "--feed", "nightly", "--config", config)
    assert "Imports start again." in sisdrop("resume", "--config", config).stdout
    assert pauses(config) == []
    assert sisdrop("resume", "--config", config).stdout == "Nothing is paused.\n"


@pytest.mark.parametrize("words", [("--feed", "nightli"), ("--until", "soon"), ("--until", "2020-01-01 06:00")])
def test_a_pause_of_nothing_there_is_or_into_the_past_is_a_usage_error(config: Path, words: tuple[str, str]) -> None:
    ended = sisdrop("pause", *words, "--config", config)

    assert ended.returncode == 2
    assert pauses(config) == []


@pytest.mark.usefixtures("in_denver")
@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("12:30", "2026-11-25T19:30:00Z"),
        ("6:00", "2026-11-26T13:00:00Z"),
        ("11:00", "2026-11-26T18:00:00Z"),
        ("2026-12-01 06:00", "2026-12-01T13:00:00Z"),
        ("2026-12-01", "2026-12-01T07:00:00Z"),
        ("2027-07-01T06:00", "2027-07-01T12:00:00Z"),
        ("2026-12-01T06:00-05:00", "2026-12-01T11:00:00Z"),
        ("2026-12-01T06:00:00Z", "2026-12-01T06:00:00Z"),
    ],
)
def test_a_time_without_a_zone_is_one_of_this_machine_and_a_bare_one_is_the_next(text: str, moment: str) -> None:
    assert iso(read_time(text, NOW)) == moment


@pytest.mark.parametrize("text", ["", "24:00", "6", "tomorrow", "2026-13-01", "9999-12-31T23:59-20:00"])
def test_what_is_no_time_is_refused_with_examples(text: str) -> None:
    with pytest.raises(UsageError, match="06:00"):
        read_time(text, NOW)


@pytest.mark.parametrize("text", ["2026-11-25T17:59Z", "2026-11-25T18:00Z"])
def test_a_time_that_has_passed_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="has passed"):
        read_time(text, NOW)


def test_the_name_is_that_of_the_person_behind_sudo_and_never_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_USER", "ana")
    assert user_name() == "ana"
    monkeypatch.delenv("SUDO_USER")
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    assert user_name()
    assert os.linesep not in user_name()
