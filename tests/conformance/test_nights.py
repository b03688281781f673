"""The library of nights: bad ones are held for the reason that the documentation gives, good ones pass.

First by asking preflight, comparison and guards, then by letting them come to sisdrop and a sandbox.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tools import nights_page

from sisdrop.model import Outcome
from tests.support.nights import PASTS, Kind, Night, nights, past
from tests.support.nights.campaign import Campaign, problem
from tests.support.nights.school import NIGHTLY
from tests.support.nights.verdict import reasons, verdicts

REFRESH = "run: python tools/nights_page.py"
A_FEW = frozenset(
    {
        "enrollments_truncated_at_50",
        "all_files_of_last_week_again",
        "wrong_term",
        "encoding_changed",
        "users_of_the_enrollments_missing",
        "ordinary_night",
        "columns_reordered",
    }
)
"""Nights that every run plays against the sandbox; all of them are played by `pytest -m long`."""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Where a campaign keeps its folders: in memory where the machine has such a file system."""
    shared = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(dir=shared if shared.is_dir() else tmp_path))
    yield folder
    shutil.rmtree(folder)


@pytest.mark.parametrize("night", nights(Kind.BAD), ids=lambda night: night.name)
def test_a_bad_night_is_held_for_the_reason_that_is_documented(night: Night) -> None:
    first = reasons(night)[:1]

    assert first, "nothing holds it"
    assert first[0].code in night.codes
    assert nights_page.recorded()[night.name] == {"code": first[0].code, "sentence": first[0].reason}, REFRESH


@pytest.mark.parametrize("night", nights(Kind.GOOD), ids=lambda night: night.name)
def test_a_good_night_passes_untouched(night: Night) -> None:
    assert {name: tripped for name, tripped in verdicts(night) if tripped} == {}


@pytest.mark.parametrize("night", nights(Kind.UNSEEN), ids=lambda night: night.name)
def test_a_night_of_which_the_page_says_that_it_passes_does(night: Night) -> None:
    # When a guard learns to tell it, it belongs among the bad ones.
    assert {name: tripped for name, tripped in verdicts(night) if tripped} == {}


def test_the_page_has_every_night_of_the_library() -> None:
    root = Path(__file__).parents[2]
    text = (root / nights_page.PAGE).read_text("utf-8")

    assert text == nights_page.page(text, nights_page.recorded()), REFRESH


def problems(campaign: Campaign, some: Iterable[Night]) -> list[str]:
    """What is not as library and page say of these nights, each played against the sandbox."""
    codes = {name: verdict["code"] for name, verdict in nights_page.recorded().items()}
    found = {night.name: problem(night, campaign.play(night), codes.get(night.name, "")) for night in some}
    return [f"{name}: {what}" for name, what in found.items() if what]


def test_some_nights_come_to_sisdrop_and_canvas_has_what_it_should(folder: Path) -> None:
    some = [night for night in nights() if night.name in A_FEW]
    assert len(some) == len(A_FEW)

    assert problems(Campaign(past("plain"), folder), some) == []


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", PASTS)
def test_all_nights_come_to_sisdrop_and_canvas_has_what_it_should(name: str, folder: Path) -> None:
    assert problems(Campaign(past(name), folder), [night for night in nights() if night.past == name]) == []


@pytest.mark.long
def test_the_night_after_a_bad_one_mends_it_and_nothing_is_lost(folder: Path) -> None:
    feed = past("plain")
    (bad,) = (night for night in nights() if night.name == "enrollments_truncated_at_50")
    (good,) = (night for night in nights() if night.name == "ordinary_night")
    both = replace(good, drops=lambda week: (*bad.evenings(week), *good.evenings(week)))

    outcomes = Campaign(feed, folder).play(both)

    # The users that came with the corrected enrollments go before them.
    assert [(drop.name, drop.outcome) for drop in outcomes.drops] == [
        ("enrollments.csv", Outcome.REJECTED),
        *((f"{kind}.csv", Outcome.IMPORTED) for kind in NIGHTLY),
    ]
