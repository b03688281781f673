"""The keys of the guards: their defaults, null for never, and what they refuse."""

from __future__ import annotations

from pathlib import Path

import pytest

from sisdrop import config
from sisdrop.guards import Thresholds
from tests.support.config_files import feed, problems


def thresholds(line: str = "") -> Thresholds:
    text = feed(f"hold: {{{line}}}") if line else feed()
    return config.parse(text.encode(), Path("config.yaml")).feeds["nightly"].hold.thresholds


def test_the_guards_hold_by_default_from_where_the_guards_themselves_say() -> None:
    assert thresholds() == Thresholds()


@pytest.mark.parametrize(
    "key", ["shrink_over_pct", "deletes_over_pct", "absent_over_pct", "emptied_over", "unknown_over_pct"]
)
def test_null_switches_a_guard_off_and_a_number_sets_it(key: str) -> None:
    assert getattr(thresholds(f"{key}: null"), key) is None
    assert getattr(thresholds(f"{key}: 33"), key) == 33


@pytest.mark.parametrize("key", ["header", "stale"])
def test_false_switches_a_guard_off(key: str) -> None:
    assert getattr(thresholds(f"{key}: false"), key) is False


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("hold: {shrink_over_pct: 101}", "expected 100 or less, got 101"),
        ("hold: {absent_over_pct: -1}", "expected 0 or more, got -1"),
        ("hold: {deletes_over_pct: ten}", 'expected a number, got "ten"'),
        ("hold: {emptied_over: 2.5}", "expected a whole number, got 2.5"),
        ("contents: deltas", 'expected full or delta, got "deltas"; did you mean "delta"?'),
    ],
)
def test_what_a_key_cannot_be_is_told(line: str, told: str) -> None:
    (problem,) = problems(feed(line))

    assert told in problem


def test_contents_are_full_unless_said_otherwise() -> None:
    assert config.parse(feed().encode(), Path("config.yaml")).feeds["nightly"].contents == "full"
