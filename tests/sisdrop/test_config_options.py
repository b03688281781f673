"""Import options: Canvas's names and values, and the combinations Canvas would refuse or silently ignore."""

from __future__ import annotations

import pytest

from tests.support.config_files import feed, parsed, problems

ALL_OPTIONS = """
import:
  import_type: instructure_csv
  skip_deletes: true
  change_threshold: 0
  diffing_data_set_identifier: sis
  diffing_remaster_data_set: true
  diffing_drop_status: deleted_last_completed
  diffing_user_remove_status: suspended
  diff_row_count_threshold: 500
  override_sis_stickiness: true
  add_sis_stickiness: true
  clear_sis_stickiness: false
  update_sis_id_if_login_claimed: true
"""


def test_every_option_of_canvas_is_passed_on_by_its_name() -> None:
    assert parsed(feed(ALL_OPTIONS)).feeds["nightly"].options_for(["users.csv"]).asked() == {
        "import_type": "instructure_csv",
        "skip_deletes": True,
        "change_threshold": 0,
        "diffing_data_set_identifier": "sis",
        "diffing_remaster_data_set": True,
        "diffing_drop_status": "deleted_last_completed",
        "diffing_user_remove_status": "suspended",
        "diff_row_count_threshold": 500,
        "override_sis_stickiness": True,
        "add_sis_stickiness": True,
        "clear_sis_stickiness": False,
        "update_sis_id_if_login_claimed": True,
    }


def test_options_that_nobody_wrote_are_not_sent() -> None:
    assert parsed(feed()).feeds["nightly"].options_for(["users.csv"]).asked() == {}


def test_multi_term_batch_mode_false_is_not_sent_because_canvas_would_take_it_as_on() -> None:
    assert parsed(feed("import: {multi_term_batch_mode: false}")).feeds["nightly"].options_for(["a.csv"]).asked() == {}


OVERRIDES = """
import: {skip_deletes: true, change_threshold: 5, diffing_data_set_identifier: all}
overrides:
  - files: "enroll*.csv"
    import: {diffing_data_set_identifier: sis-enrollments, change_threshold: 10}
  - files: "ENROLLMENTS-summer*"
    import: {skip_deletes: false}
  - files: "full-*"
    import: {diffing_data_set_identifier: null, change_threshold: null}
"""


@pytest.mark.parametrize(
    ("names", "options"),
    [
        (["users.csv"], {"skip_deletes": True, "change_threshold": 5, "diffing_data_set_identifier": "all"}),
        (
            ["Enrollments-summer.CSV"],
            {"skip_deletes": True, "change_threshold": 10, "diffing_data_set_identifier": "sis-enrollments"},
        ),
        (
            ["enrollments-summer.zip"],
            {"skip_deletes": False, "change_threshold": 5, "diffing_data_set_identifier": "all"},
        ),
        (["full-users.csv"], {"skip_deletes": True}),
        (
            ["enroll1.csv", "users.csv"],
            {"skip_deletes": True, "change_threshold": 5, "diffing_data_set_identifier": "all"},
        ),
        (
            ["enroll1.csv", "enroll2.csv"],
            {"skip_deletes": True, "change_threshold": 10, "diffing_data_set_identifier": "sis-enrollments"},
        ),
        ([], {"skip_deletes": True, "change_threshold": 5, "diffing_data_set_identifier": "all"}),
    ],
)
def test_the_first_override_that_fits_all_files_is_merged_over_import(
    names: list[str], options: dict[str, object]
) -> None:
    assert parsed(feed(OVERRIDES)).feeds["nightly"].options_for(names).asked() == options


# Each line: the options, and the whole of what is said after `feeds.nightly.import.`
WRONG_VALUES = [
    ("skip_delete: true", 'skip_delete: unknown key; did you mean "skip_deletes"?'),
    ("attachment: x", "attachment: this cannot be set: sisdrop sends the file itself"),
    ("skip_deletes: 1", "skip_deletes: expected true or false, got 1"),
    ("import_type: csv", 'import_type: expected instructure_csv, got "csv"'),
    ("change_threshold: 101", "change_threshold: expected 100 or less, got 101"),
    ("change_threshold: -1", "change_threshold: expected 0 or more, got -1"),
    ("change_threshold: 5%", 'change_threshold: expected a whole number, got "5%"'),
    ("diffing_data_set_identifier: ''", 'diffing_data_set_identifier: expected text, got ""'),
    (
        f"diffing_data_set_identifier: {'a b ' * 33}",
        "diffing_data_set_identifier: expected at most 128 characters, got",
    ),
    (
        "diffing_data_set_identifier: a, diffing_drop_status: dropped",
        "diffing_drop_status: expected deleted, completed, inactive or deleted_last_completed, got",
    ),
    (
        "diffing_data_set_identifier: a, diffing_user_remove_status: suspend",
        'diffing_user_remove_status: expected deleted or suspended, got "suspend"; did you mean "suspended"?',
    ),
    (
        "diffing_data_set_identifier: a, diff_row_count_threshold: 0",
        "diff_row_count_threshold: expected 1 or more, got 0",
    ),
    (
        "batch_mode: true, batch_mode_term_id: fall 2026",
        'batch_mode_term_id: expected a term: a number, sis_term_id:X, default or current, got "fall 2026"',
    ),
    (
        "batch_mode: true, batch_mode_term_id: 1, batch_mode_enrollment_drop_status: deleted_last_completed",
        "batch_mode_enrollment_drop_status: expected deleted, completed or inactive, got",
    ),
]


@pytest.mark.parametrize(("options", "sentence"), WRONG_VALUES)
def test_a_value_canvas_would_refuse_is_refused_here(options: str, sentence: str) -> None:
    found = problems(feed(f"import: {{{options}}}"))
    assert len(found) == 1
    assert found[0].startswith(f"feeds.nightly.import.{sentence}")


BAD_TOGETHER = [
    ("batch_mode: true", "batch_mode: batch mode needs batch_mode_term_id (or multi_term_batch_mode)"),
    ("multi_term_batch_mode: true", "multi_term_batch_mode: this needs change_threshold"),
    (
        "batch_mode: true, batch_mode_term_id: 1, multi_term_batch_mode: true, change_threshold: 5",
        "multi_term_batch_mode: Canvas silently ignores this when batch_mode_term_id is given",
    ),
    (
        "batch_mode: true, batch_mode_term_id: 1, diffing_data_set_identifier: a",
        "diffing_data_set_identifier: Canvas silently ignores diffing when batch mode is on",
    ),
    (
        "multi_term_batch_mode: true, change_threshold: 5, diffing_data_set_identifier: a",
        "diffing_data_set_identifier: Canvas silently ignores diffing when batch mode is on",
    ),
    ("diffing_remaster_data_set: true", "diffing_remaster_data_set: Canvas silently ignores this without"),
    ("add_sis_stickiness: true", "add_sis_stickiness: Canvas silently ignores this without override_sis_stickiness"),
    (
        "clear_sis_stickiness: true, override_sis_stickiness: false",
        "clear_sis_stickiness: Canvas silently ignores this without override_sis_stickiness",
    ),
    (
        "override_sis_stickiness: true, add_sis_stickiness: true, clear_sis_stickiness: true",
        "add_sis_stickiness: clear_sis_stickiness is also true and wins",
    ),
    ("batch_mode_term_id: 1", "batch_mode_term_id: Canvas silently ignores this without batch_mode: true"),
    ("batch_mode_enrollment_drop_status: completed", "batch_mode_enrollment_drop_status: Canvas silently ignores this"),
    ("diffing_drop_status: completed", "diffing_drop_status: Canvas silently ignores this without diffing_data_set"),
    ("diffing_user_remove_status: deleted", "diffing_user_remove_status: Canvas silently ignores this without"),
    ("diff_row_count_threshold: 5", "diff_row_count_threshold: Canvas silently ignores this without diffing_data_set"),
]


@pytest.mark.parametrize(("options", "sentence"), BAD_TOGETHER)
def test_options_that_do_not_go_together_are_refused(options: str, sentence: str) -> None:
    found = problems(feed(f"import: {{{options}}}"))
    assert len(found) == 1
    assert found[0].startswith(f"feeds.nightly.import.{sentence}")


GOOD_TOGETHER = [
    "batch_mode: true, batch_mode_term_id: sis_term_id:2026-FALL, change_threshold: 5",
    "batch_mode: true, batch_mode_term_id: 17",
    "batch_mode: true, multi_term_batch_mode: true, change_threshold: 5",
    "batch_mode: false, batch_mode_term_id: null",
    "override_sis_stickiness: true, clear_sis_stickiness: true",
    "add_sis_stickiness: false",
]


@pytest.mark.parametrize("options", GOOD_TOGETHER)
def test_options_that_go_together_are_accepted(options: str) -> None:
    assert problems(feed(f"import: {{{options}}}")) == []


def test_a_term_number_is_sent_as_text_like_the_other_forms() -> None:
    nightly = parsed(feed("import: {batch_mode: true, batch_mode_term_id: 17}")).feeds["nightly"]
    assert nightly.options_for(["a.csv"]).batch_mode_term_id == "17"


def test_the_files_that_vouch_for_others_do_not_keep_an_override_from_fitting() -> None:
    nightly = parsed(feed(OVERRIDES + "done_suffix: .done\n")).feeds["nightly"]
    names = ["enroll1.csv", "enroll1.csv.done", "enroll2.csv", "enroll2.csv.done"]
    assert nightly.options_for(names).diffing_data_set_identifier == "sis-enrollments"


def test_an_override_is_judged_merged_over_import() -> None:
    body = """
    import: {diffing_data_set_identifier: sis}
    overrides:
      - {files: "a*", import: {batch_mode: true, batch_mode_term_id: 1}}
      - {files: "b*", import: {batch_mode: true, batch_mode_term_id: 1, diffing_data_set_identifier: null}}
      - {files: "c*", import: {multi_term_batch_mode: true}}
    """
    assert [found.split(";")[0] for found in problems(feed(body))] == [
        "feeds.nightly.import.diffing_data_set_identifier: Canvas silently ignores diffing when batch mode is on",
        "feeds.nightly.import.diffing_data_set_identifier: Canvas silently ignores diffing when batch mode is on",
        "feeds.nightly.overrides[2].import.multi_term_batch_mode: this needs change_threshold",
    ]
    assert "(together with feeds.nightly.overrides[0].import)" in problems(feed(body))[0]


def test_an_option_for_overrides_may_stand_in_import() -> None:
    body = """
    import: {diffing_drop_status: completed}
    overrides: [{files: "enrollments*", import: {diffing_data_set_identifier: e}}]
    """
    assert problems(feed(body)) == []
