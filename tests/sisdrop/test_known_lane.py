"""Known ids in the life of drops, against a sandbox: kept up with what was imported, used by the next preflight."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from canvas_sandbox import start
from canvas_sis_csv.model import Finding
from sisdrop.cli.main import run
from sisdrop.config import Config, load
from sisdrop.known import Known, Source
from sisdrop.model import Clock, Drop, DropState, Transition, now_utc
from sisdrop.steps.commands import retry
from tests.support.lane_kit import COURSES, ENROLLMENTS, PACE, SECTIONS, USERS, Kit, lane_kit, write_config
from tests.support.service import running, wait

UNKNOWN = "course_id,user_id,role,section_id,status\nC-1,P-1,teacher,C-1-A,active\nC-1,P-999,student,C-1-A,active\n"


@contextmanager
def knowing(root: Path, **feed: Any) -> Iterator[Kit]:
    """A lane that keeps an index, which is caught up with what was filed."""
    with lane_kit(root, **feed) as kit:
        kit.context = replace(kit.context, known=Known(kit.config.state))
        kit.restart()
        assert catch_up(kit)
        yield kit


def catch_up(kit: Kit) -> bool:
    assert kit.context.known is not None
    settings = kit.feed.canvas
    source = Source("nightly", kit.feed.archive, kit.feed.failed, settings.url, settings.account, is_pruned=False)
    return kit.context.known.catch_up(kit.context.lane, [source])


def has(kit: Kit, kind: str, *ids: str) -> list[bool | None]:
    assert kit.context.known is not None
    with kit.context.known.lookup(kit.context.lane) as found:
        return [found.has(kind, id_) for id_ in ids]


def import_all(kit: Kit, **files: str) -> None:
    for name, text in files.items():
        kit.drop(f"{name}.csv", text)
        kit.run_to_rest()


def checked(kit: Kit, drop: Drop) -> tuple[Finding, ...]:
    """The findings of a drop's preflight, which sent it on to the queue."""
    while kit.get(drop).state in {DropState.CLAIMING, DropState.CLAIMED}:
        kit.step(kit.get(drop))
    assert kit.get(drop).state is DropState.QUEUED
    return tuple(kit.journal.report(drop.id).findings)


def test_what_was_imported_is_known_when_the_drop_is_at_rest(tmp_path: Path) -> None:
    with knowing(tmp_path) as kit:
        import_all(kit, users=USERS, courses=COURSES, sections=SECTIONS)

        assert has(kit, "user", "P-1", "P-9") == [True, False]
        assert has(kit, "section", "C-1-A") == [True]


def test_ids_known_from_earlier_drops_are_no_finding_and_unknown_ones_are_a_note_that_holds_nothing(
    tmp_path: Path,
) -> None:
    with knowing(tmp_path, hold={"findings": "warning"}) as kit:
        import_all(kit, users=USERS, courses=COURSES, sections=SECTIONS)
        known = checked(kit, kit.drop("enrollments.csv", ENROLLMENTS))
        kit.run_to_rest()
        unknown = checked(kit, kit.drop("enrollments.csv", UNKNOWN))

    assert known == ()
    assert [(one.code, one.row, one.level) for one in unknown] == [("note.undefined_user", 3, "note")]


def test_what_a_drop_in_the_queue_may_bring_is_no_finding(tmp_path: Path) -> None:
    with knowing(tmp_path) as kit:
        import_all(kit, users=USERS, courses=COURSES, sections=SECTIONS)
        more = kit.drop("users.csv", USERS + "P-999,p999,Cy,Cole,active\n")
        enrollments = kit.drop("enrollments.csv", UNKNOWN)

        beside_unchecked = checked(kit, enrollments)
        checked(kit, more)
        beside_queued = checked(kit, kit.drop("enrollments2.csv", UNKNOWN))

    assert beside_unchecked == beside_queued == ()


def test_a_row_that_canvas_refused_is_not_taken_for_known(tmp_path: Path) -> None:
    with knowing(tmp_path, hold={"messages_over": None}) as kit:
        import_all(kit, users=USERS, more=f"{USERS.splitlines()[0]}\nP-7,p1,Eve,Elm,active\nP-8,p8,Flo,Fir,active\n")

        assert has(kit, "user", "P-1", "P-7", "P-8", "P-9") == [True, None, True, False]


def test_deletions_and_renames_leave_it_right(tmp_path: Path) -> None:
    with knowing(tmp_path) as kit:
        import_all(
            kit,
            users=USERS,
            renames="old_id,new_id,type\nP-1,Q-1,user\n",
            gone=USERS.splitlines()[0] + "\nP-2,p2,Bo,Birchwell,deleted\n",
        )

        assert has(kit, "user", "P-1", "Q-1", "P-2") == [False, True, False]


def test_an_index_built_from_the_archive_says_what_the_one_that_was_lost_said(tmp_path: Path) -> None:
    with knowing(tmp_path, hold={"messages_over": None}) as kit:
        import_all(kit, users=USERS, courses=COURSES, more=f"{USERS.splitlines()[0]}\nP-7,p1,Eve,Elm,active\n")
        asked = [("user", id_) for id_ in ("P-1", "P-7", "P-9")] + [("course", "C-1"), ("term", "T-1")]
        before = [has(kit, *one) for one in asked]
        for path in kit.config.state.glob("known.sqlite3*"):
            path.unlink()
        assert [has(kit, *one) for one in asked] == [[None]] * 5

        assert catch_up(kit)
        assert [has(kit, *one) for one in asked] == before


def test_a_crash_between_filing_and_the_journal_counts_the_import_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with knowing(tmp_path) as kit:
        drop = kit.drop("users.csv", USERS)
        kit.run(lambda: kit.get(drop).state is DropState.FINISHED)
        apply = kit.journal.apply

        def dies(transition: Transition) -> Drop:
            if transition.drop.state is DropState.FILED:
                raise KeyboardInterrupt
            return apply(transition)

        monkeypatch.setattr(kit.journal, "apply", dies)
        with pytest.raises(KeyboardInterrupt):
            kit.run_to_rest()
        assert has(kit, "user", "P-1") == [True]
        monkeypatch.undo()
        kit.restart()
        kit.run_to_rest()

        assert kit.get(drop).state is DropState.FILED
        assert has(kit, "user", "P-1", "P-9") == [True, False]


def test_a_retried_drop_counts_again(tmp_path: Path) -> None:
    with knowing(tmp_path) as kit:
        first = kit.drop("users.csv", USERS)
        kit.run_to_rest()
        import_all(kit, gone=USERS.splitlines()[0] + "\nP-2,p2,Bo,Birchwell,deleted\n")
        assert has(kit, "user", "P-2") == [False]
        kit.context = replace(kit.context, clock=Clock(lambda: now_utc() + timedelta(minutes=1), scale=PACE))
        kit.restart()
        retry(kit.journal, first.id)
        kit.run_to_rest()

        assert has(kit, "user", "P-2") == [True]


def test_an_index_that_cannot_be_used_keeps_no_drop_from_its_archive(tmp_path: Path) -> None:
    with knowing(tmp_path) as kit:
        for path in kit.config.state.glob("known.sqlite3*"):
            path.unlink()
        (kit.config.state / "known.sqlite3").mkdir()
        import_all(kit, users=USERS, courses=COURSES)

        assert kit.archived() == ["courses.csv", "courses.csv.result.json", "users.csv", "users.csv.result.json"]
        assert not catch_up(kit)


def test_an_archive_that_is_away_does_not_keep_an_import_from_the_index(tmp_path: Path) -> None:
    with knowing(tmp_path) as kit:
        kit.feed.archive.rename(tmp_path / "away")
        kit.feed.archive.write_bytes(b"a file in its place")
        drop = kit.drop("users.csv", USERS)
        kit.run(lambda: has(kit, "user", "P-1") == [True])

        assert kit.get(drop).state is DropState.FINISHED


@contextmanager
def service(config: Config) -> Iterator[Known]:
    """A service, and the index it keeps, as another process sees it."""
    with running(config):
        yield Known(config.state)


def test_the_service_keeps_the_index_and_builds_it_again_when_it_is_lost(tmp_path: Path) -> None:
    with start(port=0, speed="max") as sandbox:
        config = load(write_config(tmp_path, sandbox, settle_s=0.05, poll_s=0.1))
        lane = config.feeds["nightly"].lane

        def told(known: Known) -> list[bool | None]:
            with known.lookup(lane) as found:
                return [found.has("user", "P-1"), found.has("user", "P-9")]

        with service(config) as known:
            (tmp_path / "inbox" / "users.csv").write_text(USERS)
            wait(lambda: told(known) == [True, False])
            wait(lambda: len(list((tmp_path / "archive").iterdir())) == 2)
        for path in config.state.glob("known.sqlite3*"):
            path.unlink()
        with service(config) as known:
            wait(lambda: told(known) == [True, False])


def test_check_tells_ids_that_the_service_accepted_from_unknown_ones(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "unknown.csv").write_text(UNKNOWN)
    (tmp_path / "known.csv").write_text(ENROLLMENTS)
    config = ["--config", str(tmp_path / "config.yaml"), "--json"]
    with knowing(tmp_path) as kit:
        import_all(kit, users=USERS, courses=COURSES, sections=SECTIONS)
        found = [
            (run(["check", str(tmp_path / f"{name}.csv"), *config]), json.loads(capsys.readouterr().out)["findings"])
            for name in ("known", "unknown")
        ]

    assert found[0] == (0, [])
    assert [(found[1][0], one["code"], one["row"]) for one in found[1][1]] == [(0, "note.undefined_user", 3)]
