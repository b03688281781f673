"""SIS imports as Canvas tells them, the echo of options, and whose a lost answer is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canvas_sis_csv.cell_text import CellText
from canvas_sis_csv.model import Level
from canvas_sis_csv.options import NO_OPTIONS, ImportOptions
from sisdrop.model import Message, Submission
from sisdrop.protocol import (
    RUNNING,
    candidates,
    confirms,
    echo_mismatches,
    inline_messages,
    markers_of,
    not_diffed,
    original_file,
    read_import,
    scrub,
)
from sisdrop.protocol.imports import PENDING, TERMINAL
from sisdrop.protocol.options import request_params

IMPORT = {"id": 8123, "workflow_state": "created"}


class TestAnImport:
    def test_states_are_sorted_without_overlap_and_an_unknown_one_is_not_terminal(self):
        assert not (PENDING & RUNNING) | (RUNNING & TERMINAL) | (PENDING & TERMINAL)
        assert {
            state
            for state in (*PENDING, *RUNNING, "dreaming")
            if read_import({"id": 1, "workflow_state": state}).is_terminal
        } == set()
        assert all(read_import({"id": 1, "workflow_state": state}).is_terminal for state in TERMINAL)

    def test_ended_at_and_progress_decide_nothing(self):
        running = {"id": 1, "workflow_state": "importing", "progress": 100, "ended_at": "2026-11-23T04:15:02Z"}
        ended = {"id": 1, "workflow_state": "aborted", "progress": 3, "ended_at": None}
        assert not read_import(running).is_terminal
        assert read_import(ended).is_terminal

    def test_every_key_but_two_may_be_missing_null_or_of_another_kind(self):
        bare = read_import({"id": "8123", "workflow_state": "created", "new_key": [1]})
        assert (bare.id, bare.progress, bare.counts, bare.created_at, bare.user_id) == (8123, 0, {}, None, None)
        odd = {
            "progress": "55",
            "data": {"counts": {"users": "40", "x": None, "y": True}},
            "user": None,
            "created_at": 5,
        }
        found = read_import({"id": 1, "workflow_state": "x", **odd})
        assert (found.progress, found.counts, found.created_at) == (55, {"users": 40}, None)
        assert read_import({"id": 1, "workflow_state": "x", "data": [], "user": {"id": "77"}}).user_id == 77

    @pytest.mark.parametrize(
        ("raw", "against"),
        [
            ({}, None),
            ({"data": None, "diffed_against_import_id": None}, None),
            # Where Canvas really tells it, and where its documentation says.
            ({"data": {"diffed_against_sis_batch_id": 8100}, "diffed_against_import_id": None}, 8100),
            ({"data": {"diffed_against_sis_batch_id": "8100"}}, 8100),
            ({"data": {}, "diffed_against_import_id": 8100}, 8100),
        ],
    )
    def test_what_it_was_compared_with_is_found_where_canvas_tells_it(self, raw, against):
        assert read_import({**IMPORT, **raw}).diffed_against == against

    def test_what_canvas_says_of_not_having_diffed_is_told_from_other_messages(self):
        whole = [
            "Diffing not performed because difference row count exceeded threshold",
            "Unable to perform diffing against mismatched previous and current user imports",
            "Couldn't generate diff: CSV headers do not match, cannot diff",
        ]
        others = ["User not found for enrollment", whole[0]]
        messages = [Message(Level.WARNING, "users.csv", None, CellText(text)) for text in [*whole, *others]]
        assert not_diffed(messages) == whole

    @pytest.mark.parametrize(
        "value",
        [
            None,
            [],
            "x",
            {},
            {"id": 1},
            {"id": True, "workflow_state": "x"},
            {"id": "1~2", "workflow_state": "x"},
            {"id": 1, "workflow_state": ""},
        ],
    )
    def test_what_has_no_id_or_state_is_none(self, value):
        with pytest.raises(ValueError):
            read_import(value)

    def test_inline_messages_leave_out_the_entry_that_only_counts_the_others(self):
        raw = {
            "processing_errors": [
                ["c.csv", "Malformed CSV"],
                [None, "Error while importing CSV."],
                ["and 7 more errors that were not included", "Download the error file to see all errors."],
            ],
            "processing_warnings": [["u.csv", "No login_id given for user U3"], "bare text", ["odd"], 5],
        }
        assert inline_messages(read_import(IMPORT | raw)) == (
            Message(Level.ERROR, "c.csv", None, CellText("Malformed CSV")),
            Message(Level.ERROR, None, None, CellText("Error while importing CSV.")),
            Message(Level.WARNING, "u.csv", None, CellText("No login_id given for user U3")),
            Message(Level.WARNING, None, None, CellText("bare text")),
        )
        assert inline_messages(read_import(IMPORT)) == ()

    def test_what_is_kept_of_an_answer_has_no_person_and_no_signed_address(self):
        url = "https://c.example/files/2/download?verifier=abc"
        file = {"id": 2, "uuid": "abc", "display_name": "users.csv", "size": 9, "url": url, "thumbnail_url": None}
        raw = IMPORT | {
            "user": {"id": 77, "name": "Feed Robot", "login_id": "robot"},
            "csv_attachments": [file],
            "errors_attachment": file,
            "data": {"counts": {"users": 1}, "stack_trace": "x", "statistics": {"total_state_changes": 1}},
            "skip_deletes": False,
        }
        kept = scrub(raw)
        shown = {"id": 2, "display_name": "users.csv", "size": 9}
        assert kept == IMPORT | {
            "user": {"id": 77},
            "csv_attachments": [shown],
            "errors_attachment": shown,
            "data": {"counts": {"users": 1}, "statistics": {"total_state_changes": 1}},
            "skip_deletes": False,
        }
        assert scrub(kept) == kept
        assert raw["user"]["name"] == "Feed Robot", "the answer itself is not touched"
        assert read_import(raw).errors_attachment_url == url

    @pytest.mark.parametrize(
        ("told", "dropped"),
        [
            ("users.m1.csv", "users.csv"),
            ("users.m1_filtered.csv", "users.csv"),
            ("users.m1_deduplicated_filtered.csv", "users.csv"),
            ("sub/users.m1.csv", "sub/users.csv"),
            ("sub/courses.m1.csv", "sub/courses.csv"),
            ("courses.m1.csv", "sub/courses.csv"),
            ("readme.txt", "readme.txt"),
            ("20261123-4711.csv", "20261123-4711.csv"),
        ],
    )
    def test_messages_name_the_file_as_it_was_dropped(self, told, dropped):
        members = {
            "users.csv": "users.m1.csv",
            "sub/users.csv": "sub/users.m1.csv",
            "sub/courses.csv": "sub/courses.m1.csv",
            "readme.txt": "readme.txt",
        }
        assert original_file(told, members) == dropped


PLAIN = {
    "skip_deletes": False,
    "update_sis_id_if_login_claimed": False,
    "batch_mode": None,
    "multi_term_batch_mode": None,
    "change_threshold": None,
    "diffing_remaster": None,
}


class TestOptions:
    def test_what_is_off_is_left_out_since_canvas_takes_any_text_as_on(self):
        off = {
            "multi_term_batch_mode": False,
            "batch_mode": "no",
            "skip_deletes": 0,
            "diffing_remaster_data_set": None,
            "change_threshold": "",
            "diffing_drop_status": "",
        }
        assert request_params(ImportOptions.of(off)) == {"import_type": "instructure_csv"}

    def test_what_is_on_is_sent_as_canvas_reads_it(self):
        on = {
            "batch_mode": True,
            "skip_deletes": "Yes",
            "change_threshold": 0,
            "batch_mode_term_id": 5,
            "diffing_drop_status": "completed",
        }
        assert request_params(ImportOptions.of(on)) == {
            "import_type": "instructure_csv",
            "batch_mode": "true",
            "skip_deletes": "true",
            "change_threshold": "0",
            "batch_mode_term_id": "5",
            "diffing_drop_status": "completed",
        }

    @pytest.mark.parametrize(
        ("asked", "echo"),
        [
            ({}, {}),
            ({"skip_deletes": True}, {"skip_deletes": True}),
            (
                {"batch_mode": True, "batch_mode_term_id": "sis_term_id:F26"},
                {"batch_mode": True, "batch_mode_term_id": 12},
            ),
            ({"batch_mode": True, "batch_mode_term_id": 12}, {"batch_mode": True, "batch_mode_term_id": "12"}),
            (
                {"batch_mode": True, "batch_mode_term_id": 12},
                {"batch_mode": True, "batch_mode_term_id": 70000000000012},
            ),
            (
                {"batch_mode": True, "batch_mode_term_id": 12, "multi_term_batch_mode": True},
                {"batch_mode": True, "batch_mode_term_id": 12},
            ),
            (
                {"multi_term_batch_mode": True, "change_threshold": 5},
                {"batch_mode": True, "multi_term_batch_mode": True, "change_threshold": 5},
            ),
            ({"batch_mode_term_id": 12}, {}),
            (
                {"batch_mode": True, "batch_mode_term_id": 1, "batch_mode_enrollment_drop_status": "completed"},
                {"batch_mode": True, "batch_mode_term_id": 1},
            ),
            (
                {"diffing_data_set_identifier": "a", "diffing_remaster_data_set": True},
                {"diffing_data_set_identifier": "a", "diffing_remaster": True},
            ),
            (
                {"diffing_data_set_identifier": "a", "diff_row_count_threshold": 0},
                {"diffing_data_set_identifier": "a", "diffing_remaster": False},
            ),
            (
                {"diffing_data_set_identifier": "a", "batch_mode": True, "batch_mode_term_id": 1},
                {"batch_mode": True, "batch_mode_term_id": 1},
            ),
            (
                {"diffing_remaster_data_set": True, "diffing_drop_status": "inactive"},
                {"diffing_drop_status": "inactive"},
            ),
            ({"change_threshold": 0}, {"change_threshold": 0}),
            ({"add_sis_stickiness": True}, {}),
            (
                {"override_sis_stickiness": True, "add_sis_stickiness": True, "clear_sis_stickiness": True},
                {"override_sis_stickiness": True, "clear_sis_stickiness": True},
            ),
        ],
    )
    def test_the_echo_that_canvas_owes_is_no_mismatch(self, asked, echo):
        assert echo_mismatches(ImportOptions.of(asked), read_import(IMPORT | PLAIN | echo)) == []

    @pytest.mark.parametrize(
        ("asked", "echo", "name"),
        [
            ({"skip_deletes": True}, {}, "skip_deletes"),
            ({}, {"skip_deletes": True}, "skip_deletes"),
            ({}, {"batch_mode": True}, "batch_mode"),
            ({}, {"multi_term_batch_mode": True}, "multi_term_batch_mode"),
            ({}, {"diffing_data_set_identifier": "b"}, "diffing_data_set_identifier"),
            ({}, {"override_sis_stickiness": True}, "override_sis_stickiness"),
            ({"batch_mode": True, "batch_mode_term_id": 12}, {}, "batch_mode"),
            ({"batch_mode": True, "batch_mode_term_id": 12}, {"batch_mode": True}, "batch_mode_term_id"),
            (
                {"batch_mode": True, "batch_mode_term_id": 12},
                {"batch_mode": True, "batch_mode_term_id": 13},
                "batch_mode_term_id",
            ),
            ({"change_threshold": 10}, {"change_threshold": 0}, "change_threshold"),
            ({"change_threshold": 10}, {}, "change_threshold"),
            ({"diffing_data_set_identifier": "a"}, {"diffing_data_set_identifier": "A"}, "diffing_data_set_identifier"),
            (
                {"diffing_data_set_identifier": "a", "diffing_remaster_data_set": True},
                {"diffing_data_set_identifier": "a", "diffing_remaster": False},
                "diffing_remaster",
            ),
            (
                {"diffing_data_set_identifier": "a", "diffing_drop_status": "inactive"},
                {"diffing_data_set_identifier": "a"},
                "diffing_drop_status",
            ),
            (
                {"override_sis_stickiness": True, "add_sis_stickiness": True},
                {"override_sis_stickiness": True},
                "add_sis_stickiness",
            ),
            (
                {"update_sis_id_if_login_claimed": True},
                {"update_sis_id_if_login_claimed": None},
                "update_sis_id_if_login_claimed",
            ),
        ],
    )
    def test_any_other_echo_is_told_with_both_values(self, asked, echo, name):
        mismatches = echo_mismatches(ImportOptions.of(asked), read_import(IMPORT | PLAIN | echo))
        assert [sentence for sentence in mismatches if sentence.startswith(f"{name} was asked as ")]

    def test_an_old_server_that_does_not_know_an_option_owes_nothing_for_what_is_off(self):
        assert echo_mismatches(NO_OPTIONS, read_import(IMPORT)) == []
        assert echo_mismatches(ImportOptions(update_sis_id_if_login_claimed=True), read_import(IMPORT)) != []

    def test_an_import_that_has_not_got_its_options_yet_is_not_judged(self):
        assert (
            echo_mismatches(ImportOptions(skip_deletes=True), read_import(IMPORT | {"workflow_state": "initializing"}))
            == []
        )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KEYS = ["user", "data", "counts", "created_at", "progress", "processing_errors", "csv_attachments", "errors_attachment"]
KEYS += ["batch_mode", "batch_mode_term_id", "change_threshold", "diffing_data_set_identifier", "skip_deletes"]


@given(st.dictionaries(st.sampled_from(KEYS), JSON, max_size=6))
def test_nothing_that_canvas_may_put_under_a_key_breaks_the_reading_of_an_import(keys):
    found = read_import(IMPORT | keys)
    intent = Submission("2026-11-23T04:15:03Z", "sdaaaa1111", 100, None)
    asked = {"batch_mode": True, "batch_mode_term_id": 5, "change_threshold": 5}
    assert all(isinstance(sentence, str) for sentence in echo_mismatches(ImportOptions.of(asked), found))
    assert all(isinstance(message, Message) for message in inline_messages(found))
    assert confirms(found, "sdaaaa1111") in (True, False, None)
    assert candidates([found], intent, 77, NO_OPTIONS) in ([], [found])
    assert found.errors_attachment_url is None or found.errors_attachment_url
    assert scrub(found.raw)["id"] == 8123


def one(number, *, made="2026-11-23T04:15:05Z", user=77, files=None, **more):
    raw = {"id": number, "workflow_state": "created", "created_at": made, "user": {"id": user}, **more}
    if files is not None:
        raw["csv_attachments"] = [{"display_name": name} for name in files]
    return read_import(raw)


class TestTheLostAnswer:
    INTENT = Submission("2026-11-23T04:15:03Z", "sdaaaa1111", 100, "2026-11-23T04:15:02Z")

    def found(self, *imports, intent=INTENT, options=NO_OPTIONS):
        return [found.id for found in candidates(imports, intent, 77, options)]

    def test_it_may_belong_to_what_is_newer_ours_and_alike(self):
        assert self.found(one(103), one(101), one(102, user=78), one(100), one(99)) == [101, 103]
        assert self.found(one(101, skip_deletes=True), one(102)) == [102]
        assert self.found(one(101, skip_deletes=True), one(102), options=ImportOptions(skip_deletes=True)) == [101]

    def test_it_may_belong_to_one_that_is_still_initializing_or_does_not_say_whose_it_is(self):
        assert self.found(one(101, workflow_state="initializing"), options=ImportOptions(skip_deletes=True)) == [101]
        assert self.found(read_import({"id": 102, "workflow_state": "created"})) == [102]

    @pytest.mark.parametrize("made", ["1970-01-01T00:00:00Z", "2100-01-01T00:00:00Z", "?", None])
    def test_no_time_rules_it_out(self, made):
        assert self.found(one(101, made=made)) == [101]
        assert self.found(one(5, made=made), intent=Submission("2026-11-23T04:15:03Z", "", None, None)) == [5]

    def test_other_peoples_file_names_rule_it_out(self):
        assert self.found(one(101, files=["users.sdbbbb2222.csv"]), one(102, files=["users.sdaaaa1111.csv"])) == [102]

    @pytest.mark.parametrize(
        ("raw", "sure"),
        [
            ({}, None),
            ({"csv_attachments": []}, None),
            ({"csv_attachments": [{"display_name": "users.sdaaaa1111_filtered.csv"}]}, True),
            ({"csv_attachments": [[{"filename": "users.sdaaaa1111.csv"}]]}, True),
            ({"csv_attachments": [{"display_name": "users.csv"}]}, False),
            ({"processing_errors": [["users.sdaaaa1111.csv", "Malformed CSV"]]}, True),
            ({"processing_errors": [["users.csv", "Malformed CSV"]]}, False),
            ({"processing_warnings": [["readme.txt", "Skipping unknown file type"]]}, None),
            ({"processing_errors": [[None, "Error while importing CSV."]]}, None),
        ],
    )
    def test_the_marker_in_file_names_makes_it_sure(self, raw, sure):
        assert confirms(read_import(IMPORT | raw), "sdaaaa1111") is sure

    def test_a_marker_of_any_sisdrop_is_told_from_other_names(self):
        names = ["users.sdbbbb2222_filtered.csv", "a/sections.sdaaaa1111.csv", "x.sdbbbb222.csv", "sdbbbb2223.csv"]
        assert markers_of(one(101, files=names)) == {"sdbbbb2222", "sdaaaa1111"}
        assert markers_of(one(101, files=["notes.sdbbbb2222.txt"])) == set()

    def test_without_a_marker_nothing_is_ever_sure(self):
        assert confirms(one(101, files=["users.csv"]), "") is None
