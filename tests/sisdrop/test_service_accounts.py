"""One Canvas account under two names: refused before two queues import into it at once."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from canvas_sandbox import Sandbox, start
from sisdrop.cli import run as run_command
from sisdrop.config import Config, load
from sisdrop.errors import ConfigError
from sisdrop.journal import SqliteJournal
from sisdrop.model import DropState
from sisdrop.protocol.identity import Identity, are_same, identity_of
from sisdrop.protocol.imports import Listing, read_import
from tests.support.command import sisdrop
from tests.support.invariants import imports_of
from tests.support.lane_kit import COURSES, USERS, write_config
from tests.support.service import a_service, running, wait

FIRST, SECOND = (9, "2026-11-23T04:15:02Z"), (10, "2026-11-23T05:15:02Z")


def of(url: str = "https://school.instructure.com", **values: Any) -> Identity:
    account = {"id": values.pop("id", 1), "uuid": values.pop("uuid", "ab12")}
    recent = values.pop("recent", (FIRST,))
    listed = tuple(read_import({"id": id_, "workflow_state": "imported", "created_at": at}) for id_, at in recent)
    return identity_of(url, None if values.pop("hidden", False) else account, Listing(listed, is_whole=True))


VANITY = "https://canvas.school.example"


@pytest.mark.parametrize(
    ("before", "now", "same"),
    [
        pytest.param(of(), of(), True, id="self and its number"),
        pytest.param(of(), of("https://school.instructure.com:443/", uuid=None), True, id="the port is the usual one"),
        pytest.param(of(), of(id=2, uuid="cd34"), False, id="two root accounts of one site"),
        pytest.param(of(), of(VANITY), True, id="two host names"),
        pytest.param(of(recent=()), of(VANITY), True, id="two host names, and an import meanwhile"),
        pytest.param(of(), of(VANITY, recent=(SECOND, FIRST)), True, id="two host names, and one more import"),
        pytest.param(of(), of(VANITY, uuid="cd34"), False, id="two schools whose accounts have one number"),
        pytest.param(
            of(recent=(SECOND, FIRST)), of(VANITY), False, id="a school's own copy, made before the last import"
        ),
        pytest.param(of(), of("https://school.test.instructure.com"), False, id="Instructure's copy for tests"),
        pytest.param(of(), of(hidden=True), True, id="one that may not be seen, with the same import"),
        pytest.param(of(hidden=True), of(hidden=True, recent=(SECOND,)), False, id="hidden ones with other imports"),
        pytest.param(of(hidden=True, recent=()), of(VANITY, recent=()), False, id="nothing is known of it"),
        pytest.param(
            of(uuid=None), of(VANITY, uuid=None, recent=(SECOND,)), False, id="an old server at another place"
        ),
    ],
)
def test_two_names_are_told_from_two_accounts(before: Identity, now: Identity, same: bool) -> None:
    assert are_same(before, now) is same


def two_feeds(root: Path, sandbox: Sandbox, second: dict[str, Any]) -> Config:
    """A configuration with a second feed, whose Canvas is `second`."""
    folders = {name: f"two-{name}" for name in ("inbox", "archive", "failed", "held")}
    for name in folders.values():
        (root / name).mkdir(exist_ok=True)
    quick = {"settle_s": 0.05, "poll_s": 0.1}
    first = {"inbox": "inbox", "archive": "archive", "failed": "failed", "held": "held", **quick}
    canvas = {"url": sandbox.url, "token": {"file": "token"}, "timeout_s": 5, **second}
    return load(
        write_config(root, sandbox, top={"feeds": {"one": first, "two": {**folders, **quick, "canvas": canvas}}})
    )


def second_names(sandbox: Sandbox) -> list[dict[str, str]]:
    return [{"account": "1"}, {"url": sandbox.url.replace("127.0.0.1", "localhost")}]


@pytest.mark.parametrize("number", [0, 1], ids=["self and 1", "two host names"])
def test_run_refuses_one_account_under_two_names_and_names_both_places(
    tmp_path: Path, sandbox: Sandbox, number: int
) -> None:
    config = two_feeds(tmp_path, sandbox, second_names(sandbox)[number])
    (tmp_path / "inbox" / "users.csv").write_text(USERS)
    (tmp_path / "two-inbox" / "courses.csv").write_text(COURSES)

    ended = sisdrop("run", "--once", "--config", config.path)

    assert ended.returncode == 2
    assert "canvas" in ended.stderr
    assert "feeds.two.canvas" in ended.stderr
    assert all(lane in ended.stderr for lane in config.lanes())
    assert len(imports_of(sandbox)) < 2


def test_what_becomes_known_later_is_refused_later_and_nothing_was_sent_beside_it(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    config = two_feeds(tmp_path, sandbox, {"account": "1"})
    sandbox.set_faults([{"kind": "answer", "status": 503, "path": "accounts/1(/|$)", "count": None}])
    lost = threading.Event()
    with SqliteJournal(config.state) as journal, a_service(config, journal, on_lost=lost.set) as service:
        (tmp_path / "two-inbox" / "courses.csv").write_text(COURSES)
        (tmp_path / "inbox" / "users.csv").write_text(USERS)
        wait(lambda: journal.recent(1), journal)
        assert [drop.name for drop in journal.recent(2)] == ["users.csv"]

        sandbox.set_faults([])
        assert lost.wait(20)

        assert service.refused is not None
        assert [drop.state for drop in journal.open_drops()] == [DropState.QUEUED]
    assert len(imports_of(sandbox)) == 1


def test_two_schools_whose_accounts_have_the_same_number_are_two(tmp_path: Path, sandbox: Sandbox) -> None:
    with start(port=0, speed="max", token=sandbox.token) as other:
        config = two_feeds(tmp_path, sandbox, {"url": other.url})
        (tmp_path / "inbox" / "users.csv").write_text(USERS)
        (tmp_path / "two-inbox" / "courses.csv").write_text(COURSES)
        with running(config) as journal:
            wait(lambda: len(journal.recent(5)) == 2, journal)
        assert [len(imports_of(school)) for school in (sandbox, other)] == [1, 1]


def test_a_reload_to_one_account_under_two_names_leaves_the_old_configuration(
    tmp_path: Path, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    config = load(write_config(tmp_path, sandbox, settle_s=0.05, poll_s=0.1))
    signals = run_command.Signals()
    ended: list[ConfigError] = []

    def serve() -> None:
        try:
            run_command._serve(config, journal, signals)
        except ConfigError as error:
            ended.append(error)

    with SqliteJournal(config.state, mend=True) as journal:
        served = threading.Thread(target=serve)
        served.start()
        two_feeds(tmp_path, sandbox, {"account": "1"})
        signals.on_reload(1, None)
        wait(lambda: "the old one goes on" in caplog.text, journal)
        (tmp_path / "inbox" / "users.csv").write_text(USERS)
        wait(lambda: journal.recent(1), journal)
        signals.on_stop(15, None)
        served.join(20)

    assert not ended
    assert not served.is_alive()
