"""What a configuration may say of diffing and batch mode and is dangerous all the same, and `diffing_remaster`."""

from __future__ import annotations

import pytest

from sisdrop.config import cautions
from tests.support.config_files import CANVAS, feed, parsed, problems

BATCH = "batch_mode: true, change_threshold: 10"
DIFFED = "diffing_data_set_identifier: sis-users"


def told(text: str) -> list[tuple[str, str]]:
    """Place and text of each caution."""
    return [(caution.place, caution.text) for caution in cautions(parsed(text))]


@pytest.mark.parametrize("period", ["never", "weekly", "monthly", "on_failure"])
def test_a_data_set_is_sent_whole_when_the_feed_says(period: str) -> None:
    text = feed(f"import: {{{DIFFED}}}\ndiffing_remaster: {period}")

    assert parsed(text).feeds["nightly"].diffing_remaster == period
    assert parsed(feed()).feeds["nightly"].diffing_remaster == "never"


def test_sending_a_data_set_whole_has_no_effect_without_one() -> None:
    override = f"overrides: [{{files: 'users*', import: {{{DIFFED}}}}}]"

    (problem,) = problems(feed("diffing_remaster: weekly"))
    assert problem == "feeds.nightly.diffing_remaster: this has no effect without diffing_data_set_identifier"
    assert problems(feed(f"diffing_remaster: weekly\n{override}")) == []
    assert problems(feed("diffing_remaster: never")) == []


@pytest.mark.parametrize(
    "options",
    [
        f"import: {{{DIFFED}}}",
        f"import: {{{BATCH}, batch_mode_term_id: sis_term_id:F26}}",
        "import: {skip_deletes: true}\ncontents: delta",
        f"overrides: [{{files: 'users*', import: {{{DIFFED}}}}}, {{files: '*', import: {{skip_deletes: true}}}}]",
    ],
)
def test_of_options_that_keep_within_their_bounds_nothing_is_said(options: str) -> None:
    assert told(feed(options)) == []


def test_batch_mode_on_the_default_term_is_told_with_what_to_do() -> None:
    text = feed(f"overrides: [{{files: 'full*', import: {{{BATCH}, batch_mode_term_id: default}}}}]")

    (caution,) = cautions(parsed(text))
    assert caution.place == "feeds.nightly.overrides[0]"
    assert "batch mode on the default term" in caution.text
    assert "sis_term_id:" in caution.do


@pytest.mark.parametrize(
    ("options", "how"), [(f"{BATCH}, batch_mode_term_id: sis_term_id:F26", "batch mode"), (DIFFED, "diffing")]
)
def test_files_that_hold_only_what_changed_are_not_to_be_compared_with_anything(options: str, how: str) -> None:
    ((place, text),) = told(feed(f"contents: delta\nimport: {{{options}}}"))

    assert place == "feeds.nightly.import"
    assert text == f"{how} with `contents: delta`: what did not change is not in the file, and Canvas deletes it"


def test_one_identifier_for_two_patterns_of_a_feed_is_told() -> None:
    text = feed(
        f"""
        overrides:
          - {{files: "north*", import: {{{DIFFED}}}}}
          - {{files: "courses*", import: {{diffing_data_set_identifier: sis-courses}}}}
          - {{files: "south*", import: {{{DIFFED}}}}}
        """
    )

    ((place, why),) = told(text)
    assert place == "feeds.nightly.overrides[2]"
    assert why.startswith("the diffing identifier sis-users is that of feeds.nightly.overrides[0], too")


def two_feeds(canvas: str = "") -> str:
    first = feed(f"inbox: a\narchive: b\nfailed: c\nheld: d\nimport: {{{DIFFED}}}")
    return f"{first}  weekly: {{inbox: e, archive: f, failed: g, held: h, import: {{{DIFFED}}}{canvas}}}\n"


def test_one_identifier_in_two_feeds_of_one_account_is_told_and_of_two_accounts_is_not() -> None:
    assert CANVAS in two_feeds()
    ((place, text),) = told(two_feeds())
    assert place == "school.instructure.com/self"
    assert text.startswith("the diffing identifier sis-users is used by several feeds (nightly, weekly): ")

    assert told(two_feeds(", canvas: {url: 'https://other.instructure.com', token: {env: OTHER}}")) == []
