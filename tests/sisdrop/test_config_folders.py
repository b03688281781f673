"""Folders must not overlap: a file in two of them would be taken, filed or pruned twice."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.support.config_files import CANVAS, feed, problems


def places(found: list[str]) -> list[str]:
    return [problem.split(":")[0] for problem in found]


@pytest.mark.parametrize(
    ("body", "place", "words"),
    [
        ("archive: inbox/archive", "feeds.nightly.archive", "lies inside feeds.nightly.inbox"),
        ("inbox: archive/in", "feeds.nightly.inbox", "lies inside feeds.nightly.archive"),
        ("failed: archive", "feeds.nightly.failed", "is the same folder as feeds.nightly.archive"),
        ("held: ./x/../inbox", "feeds.nightly.held", "is the same folder as feeds.nightly.inbox"),
        ("held: inbox/.sisdrop/held", "feeds.nightly.held", "lies inside feeds.nightly.inbox"),
        ("inbox: state/in", "feeds.nightly.inbox", "lies inside state"),
    ],
)
def test_folders_of_one_feed_may_not_overlap(body: str, place: str, words: str) -> None:
    found = problems(feed(body))
    assert places(found) == [place]
    assert words in found[0]


def test_folders_beside_each_other_may_begin_with_the_same_letters() -> None:
    assert problems(feed("inbox: in\narchive: in-archive\nfailed: in.failed")) == []


def test_two_feeds_may_not_share_a_folder() -> None:
    text = CANVAS + "feeds:\n  a: {}\n  b: {inbox: b/in, archive: b/ok, failed: b/bad}\n"
    found = problems(text)
    assert places(found) == ["feeds.b.held"]
    assert "is the same folder as feeds.a.held" in found[0]


def test_state_may_not_lie_in_an_inbox() -> None:
    found = problems(feed() + "state: inbox/.state\n")
    assert places(found) == ["state"]
    assert "lies inside feeds.nightly.inbox" in found[0]


@pytest.mark.skipif(sys.platform == "win32", reason="symbolic links need a privilege on Windows")
def test_symbolic_links_are_looked_through(tmp_path: Path) -> None:
    (tmp_path / "inbox").mkdir()
    (tmp_path / "elsewhere").symlink_to(tmp_path / "inbox")
    found = problems(feed("archive: elsewhere\nfailed: elsewhere/failed"), tmp_path)
    assert places(found) == ["feeds.nightly.archive", "feeds.nightly.failed", "feeds.nightly.failed"]
    assert "is the same folder as feeds.nightly.inbox" in found[0]


def test_overlaps_are_told_together_with_other_problems() -> None:
    assert sorted(places(problems(feed("archive: inbox\nwatch: sometimes")))) == [
        "feeds.nightly.archive",
        "feeds.nightly.watch",
    ]
