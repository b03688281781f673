"""The whole client against the sandbox: snapshot, upload, follow, messages, report, abort, restore, lost answers."""

from __future__ import annotations

import csv

import pytest

import canvas_sandbox as sandbox
from canvas_sis_csv.model import Level
from canvas_sis_csv.options import NO_OPTIONS, ImportOptions
from sisdrop.errors import CanvasRefused, CanvasUnavailable, OutcomeUnknown, RefusalKind
from sisdrop.model import DropKind, Submission, iso, now_utc
from sisdrop.protocol import candidates, confirms, echo_mismatches, original_file
from sisdrop.snapshot import Snapshot, make_snapshot
from tests.support.canvas_client import Token, canvas_at

MARKER = "sd89abcdef"
USERS = "user_id,login_id,first_name,last_name,status\nU1,one,Ada,Example,active\nU2,two,Bo,Example,active\n"


@pytest.fixture
def school():
    with sandbox.start(speed="max", token="7~sandbox-token") as running:
        yield running
        assert running.leaked_tokens == 0


@pytest.fixture
def canvas(school):
    with canvas_at(school.url, token=Token([school.token])) as client:
        yield client


@pytest.fixture
def pack(tmp_path):
    """Makes a snapshot of one CSV with this content."""

    def packed(content, name="users.csv"):
        (tmp_path / name).write_text(content, newline="")
        made = make_snapshot(DropKind.FILE, tmp_path, [name], tmp_path / "state" / "one.zip", marker=MARKER)
        assert isinstance(made, Snapshot)
        return made

    return packed


def ended(canvas, school, import_id):
    school.wait_for_end(import_id)
    return canvas.get(import_id)


def test_an_import_is_made_listed_followed_and_its_options_are_echoed(school, canvas, pack):
    assert canvas.newest_imports().newest_id is None
    options = ImportOptions(
        skip_deletes=True, override_sis_stickiness=True, add_sis_stickiness=True, change_threshold=10
    )
    made = canvas.create(pack(USERS).path, options)
    assert echo_mismatches(options, made) == []
    assert canvas.newest_imports().newest_id == made.id
    assert made.user_id == canvas.me().id
    assert canvas.account()["id"]
    found = ended(canvas, school, made.id)
    assert (found.workflow_state, found.is_terminal, found.counts["users"]) == ("imported", True, 2)
    assert confirms(found, MARKER) is True
    assert canvas.unfinished() == []
    assert [one.id for one in canvas.imports_above(None).imports] == [made.id]


@pytest.mark.parametrize(
    "options",
    [
        {
            "diffing_data_set_identifier": "sis-users",
            "diffing_remaster_data_set": True,
            "diffing_user_remove_status": "suspended",
        },
        {
            "diffing_data_set_identifier": "sis-users",
            "diff_row_count_threshold": 100,
            "diffing_drop_status": "completed",
        },
        {"batch_mode": True, "batch_mode_term_id": "default", "change_threshold": 5},
        {"multi_term_batch_mode": True, "change_threshold": 5, "batch_mode_enrollment_drop_status": "inactive"},
        {"multi_term_batch_mode": False, "skip_deletes": False},
    ],
    ids=lambda options: next(iter(options)),
)
def test_no_option_is_taken_for_misunderstood(options, school, canvas, pack):
    asked = ImportOptions.of(options)
    made = canvas.create(pack(USERS).path, asked)
    assert echo_mismatches(asked, made) == []
    school.wait_for_end(made.id)


def test_an_option_that_canvas_drops_is_noticed(school, canvas, pack):
    school.set_faults([{"kind": "echo", "option": "skip_deletes"}])
    made = canvas.create(pack(USERS).path, ImportOptions(skip_deletes=True))
    assert any("skip_deletes" in sentence for sentence in echo_mismatches(ImportOptions(skip_deletes=True), made))


def test_messages_and_the_report_name_the_dropped_file(school, canvas, pack, tmp_path):
    snapshot = pack(USERS + "U3,,Cy,Example,active\n")
    made = canvas.create(snapshot.path, NO_OPTIONS)
    found = ended(canvas, school, made.id)
    assert found.workflow_state == "imported_with_messages"
    (message,) = canvas.errors(made.id)
    assert (message.level, message.row) == (Level.WARNING, 4)
    assert original_file(message.file, snapshot.members) == "users.csv"
    report = tmp_path / "errors.csv"
    assert canvas.download_errors(found, report) is True
    with report.open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["sis_import_id"], row["message"], row["row"]) == (str(made.id), message.message, "4")


def test_errors_are_told_from_warnings(school, canvas, pack):
    found = ended(canvas, school, canvas.create(pack('user_id,login_id\nU1,"one\n').path, NO_OPTIONS).id)
    assert found.workflow_state == "failed_with_messages"
    assert [one.level for one in canvas.errors(found.id)] == [Level.ERROR]


def test_a_report_that_is_late_is_not_there_yet(school, canvas, pack, tmp_path):
    school.set_faults([{"kind": "late_errors", "looks": None}])
    found = ended(canvas, school, canvas.create(pack(USERS + "U3,,Cy,Example,active\n").path, NO_OPTIONS).id)
    assert canvas.download_errors(found, tmp_path / "errors.csv") is False


def test_everything_unfinished_is_seen_whoever_started_it_and_whatever_it_is_called(school, canvas, pack):
    school.set_faults(
        [
            {"kind": "foreign_import", "state": "initializing"},
            {"kind": "foreign_import", "state": "reticulating"},
            {"kind": "stuck", "state": "created"},
        ]
    )
    made = canvas.create(pack(USERS).path, NO_OPTIONS)
    assert sorted(one.workflow_state for one in canvas.unfinished()) == ["created", "initializing", "reticulating"]
    assert canvas.abort(made.id).workflow_state == "aborted"
    assert made.id not in [one.id for one in canvas.unfinished()]


def test_everything_unfinished_is_seen_however_short_the_pages_are(school, canvas, pack):
    school.set_faults([{"kind": "stuck", "state": "created", "count": None}, {"kind": "page_size", "size": 1}])
    made = [canvas.create(pack(USERS).path, NO_OPTIONS).id for _ in range(3)]
    assert [one.id for one in canvas.unfinished()] == made


def test_an_import_that_has_ended_cannot_be_aborted_and_is_returned_as_it_is(school, canvas, pack):
    made = canvas.create(pack(USERS).path, NO_OPTIONS)
    school.wait_for_end(made.id)
    assert canvas.abort(made.id).workflow_state == "imported"


def test_what_an_import_did_is_restored(school, canvas, pack):
    made = canvas.create(pack(USERS).path, NO_OPTIONS)
    school.wait_for_end(made.id)
    progress = canvas.restore_states(made.id)
    for _look in range(200):
        if canvas.progress(progress.id).is_over:
            break
    assert canvas.progress(progress.id).workflow_state == "completed"
    assert canvas.get(made.id).workflow_state == "restored"


@pytest.mark.parametrize("kind", ["accept_then_drop", "cut_status_line", "cut_body"])
def test_an_import_whose_answer_was_lost_is_found_by_its_marker(kind, school, canvas, pack):
    school.set_faults([{"kind": kind, "method": "POST"}])
    intent = Submission(iso(now_utc()), MARKER, canvas.newest_imports().newest_id, canvas.server_time)
    with pytest.raises(OutcomeUnknown):
        canvas.create(pack(USERS).path, ImportOptions(skip_deletes=True))
    found = candidates(
        canvas.imports_above(intent.after_id).imports, intent, canvas.me().id, ImportOptions(skip_deletes=True)
    )
    assert len(found) == 1
    assert confirms(ended(canvas, school, found[0].id), MARKER) is True


@pytest.mark.parametrize("fault", [{"kind": "drop_before_accept"}, {"kind": "drop_before_accept", "early": True}])
def test_of_an_upload_that_canvas_never_took_nothing_is_found(fault, school, canvas, pack):
    school.set_faults([{**fault, "method": "POST"}])
    intent = Submission(iso(now_utc()), MARKER, canvas.newest_imports().newest_id, canvas.server_time)
    with pytest.raises(OutcomeUnknown):
        canvas.create(pack(USERS).path, NO_OPTIONS)
    assert candidates(canvas.imports_above(intent.after_id).imports, intent, canvas.me().id, NO_OPTIONS) == []


@pytest.mark.parametrize(
    ("says", "kind"),
    [
        ("permission", RefusalKind.PERMISSION),
        ("permission_403", RefusalKind.PERMISSION),
        ("scope", RefusalKind.PERMISSION),
        ("not_enabled", RefusalKind.PERMISSION),
        ("user_agent", RefusalKind.PERMISSION),
        ("not_root", RefusalKind.OPTIONS),
    ],
)
def test_each_refusal_is_told_by_what_a_person_must_mend(says, kind, school, canvas, pack):
    school.set_faults([{"kind": "refuse", "says": says}])
    with pytest.raises(CanvasRefused) as caught:
        canvas.create(pack(USERS).path, NO_OPTIONS)
    assert caught.value.kind is kind
    assert canvas.newest_imports().newest_id is None


@pytest.mark.parametrize("says", ["invalid", "expired", "revoked"])
def test_a_token_that_is_no_longer_good_is_told(says, school, canvas):
    school.set_faults([{"kind": "token", "says": says}])
    with pytest.raises(CanvasRefused) as caught:
        canvas.me()
    assert caught.value.kind is RefusalKind.TOKEN
    assert canvas.me().id


@pytest.mark.parametrize("style", [403, 429])
def test_throttling_is_no_refusal(style, school, canvas, pack):
    school.set_faults([{"kind": "throttle", "style": style, "method": "POST"}])
    with pytest.raises(CanvasUnavailable):
        canvas.create(pack(USERS).path, NO_OPTIONS)
    assert canvas.create(pack(USERS).path, NO_OPTIONS).id


@pytest.mark.parametrize("case", ["lower", "title"])
def test_header_names_of_any_case_serve_for_pages_and_the_clock(case, school, canvas, pack):
    school.set_faults([{"kind": "header_case", "case": case}, {"kind": "page_size", "size": 1}])
    made = [canvas.create(pack(USERS).path, NO_OPTIONS).id for _ in range(3)]
    assert [one.id for one in canvas.imports_above(None).imports] == made[::-1]


def test_an_unknown_import_or_term_is_told_as_that(school, canvas, pack):
    with pytest.raises(CanvasRefused) as caught:
        canvas.get(999_999)
    assert caught.value.kind is RefusalKind.NOT_FOUND
    with pytest.raises(CanvasRefused, match="batch_mode_term_id") as caught:
        canvas.create(pack(USERS).path, ImportOptions(batch_mode=True, batch_mode_term_id="sis_term_id:none"))
    assert caught.value.kind is RefusalKind.NOT_FOUND


def test_options_that_canvas_refuses_are_told_in_its_words(school, canvas, pack):
    with pytest.raises(CanvasRefused, match="change_threshold is required") as caught:
        canvas.create(pack(USERS).path, ImportOptions(multi_term_batch_mode=True))
    assert caught.value.kind is RefusalKind.OPTIONS


def test_a_file_that_packs_too_well_is_imported_all_the_same(school, canvas, pack):
    made = canvas.create(pack(USERS + "U2,two,Bo,Example,active\n" * 100_000).path, NO_OPTIONS)
    assert ended(canvas, school, made.id).workflow_state == "imported"
