"""What Canvas compares under one diffing identifier, by its own rules, and what does not belong together."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sisdrop.model import Clash, DataSet, Link, Outcome
from tests.support.journal_drops import LANE

DAY = "2026-11-{:02}T03:00:00Z"


def link(number: int, **values: object) -> Link:
    whole = Link(number, f"drop-{number}", "nightly", "users.csv", "users", ("user",), DAY.format(number))
    return replace(whole, **values)  # type: ignore[arg-type]  # the fields of the test at hand


def night(
    before: DataSet | None,
    number: int,
    *,
    outcome: Outcome = Outcome.IMPORTED,
    against: int | None = None,
    remaster: bool = False,
) -> DataSet:
    """The data set after the import of that number, sent on that day."""
    alone = DataSet(LANE, "sis-users", link(number), outcome, first_at=DAY.format(number), diffed_against=against)
    return alone.after(before, remaster=remaster)


def base_of(data_set: DataSet) -> int | None:
    return data_set.base.import_id if data_set.base else None


def test_the_first_import_that_ended_well_is_the_base_and_counts_as_sent_whole() -> None:
    failed = night(None, 1, outcome=Outcome.FAILED)
    first = night(failed, 2, outcome=Outcome.IMPORTED_WITH_MESSAGES)

    assert (base_of(failed), failed.whole_at) == (None, None)
    assert (base_of(first), first.whole_at, first.first_at) == (2, DAY.format(2), DAY.format(1))


def test_one_that_was_diffed_is_the_next_base_and_was_not_sent_whole() -> None:
    second = night(night(None, 1), 2, against=1)

    assert (base_of(second), second.whole_at) == (2, DAY.format(1))


def test_one_that_was_sent_whole_on_purpose_is_the_next_base() -> None:
    second = night(night(None, 1), 2, remaster=True)

    assert (base_of(second), second.whole_at) == (2, DAY.format(2))


def test_one_that_fell_back_to_being_imported_whole_is_no_base() -> None:
    second = night(night(None, 1), 2, outcome=Outcome.IMPORTED_WITH_MESSAGES)

    assert (second.last.import_id, base_of(second), second.whole_at) == (2, 1, DAY.format(1))


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.FAILED_WITH_MESSAGES, Outcome.ABORTED])
@pytest.mark.parametrize("remaster", [False, True])
def test_one_that_did_not_end_well_is_never_a_base(outcome: Outcome, remaster: bool) -> None:
    second = night(night(None, 1), 2, outcome=outcome, remaster=remaster, against=None if remaster else 1)

    assert (second.last.import_id, second.outcome, base_of(second)) == (2, outcome, 1)
    assert second.whole_at == DAY.format(1)


def test_a_chain_that_somebody_else_began_was_never_sent_whole_by_us() -> None:
    first = night(None, 5, against=3)

    assert (base_of(first), first.whole_at, first.first_at) == (5, None, DAY.format(5))


@pytest.mark.parametrize(
    ("feed", "series", "types", "clash"),
    [
        ("nightly", "users", ("user",), None),
        ("nightly", "users", ("user", "course"), None),
        ("nightly", "users_north", ("user",), Clash.DELETES),
        ("weekly", "users", ("user",), Clash.DELETES),
        ("nightly", "courses", ("course",), Clash.COMPARES_NOTHING),
        ("nightly", "unknown", (), None),
    ],
)
def test_files_of_another_series_or_feed_do_not_belong_into_a_data_set(
    feed: str, series: str, types: tuple[str, ...], clash: Clash | None
) -> None:
    assert night(None, 1).clash(feed, series, types) is clash


def test_nothing_clashes_with_a_data_set_that_has_no_base_yet() -> None:
    assert night(None, 1, outcome=Outcome.FAILED).clash("weekly", "courses", ("course",)) is None
