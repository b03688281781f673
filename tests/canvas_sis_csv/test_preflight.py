"""The preflight engine: files, order, numbers and names, bounds; the quick way and the slow way say the same."""

from __future__ import annotations

import io
import random
import tracemalloc
from collections.abc import Sequence
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canvas_sis_csv import Member, Preflight, preflight
from canvas_sis_csv.catalog import RULES
from canvas_sis_csv.cross import Upload
from canvas_sis_csv.findings import KEPT
from canvas_sis_csv.model import Finding, Knowable, Level
from canvas_sis_csv.options import ImportOptions
from canvas_sis_csv.reading import read_csv
from canvas_sis_csv.row_rules import row_hits
from canvas_sis_csv.types import CANVAS, ORDER, TYPES

FEATURES = ("institutional_tags",)


def member(name: str, content: str | bytes) -> Member:
    data = content.encode() if isinstance(content, str) else content
    return Member(name, len(data), partial(io.BytesIO, data))


def check(*files: tuple[str, str | bytes], **details: Any) -> Preflight:
    return preflight([member(name, content) for name, content in files], **details)


def errors(found: Preflight) -> list[tuple[str, int | None, str]]:
    return [(each.file, each.row, each.code) for each in found.findings if each.level is Level.ERROR]


def only(found: Preflight, code: str) -> Finding:
    (finding,) = (each for each in found.findings if each.code == code)
    return finding


def test_a_drop_of_a_thousand_bad_files_keeps_few_findings_and_counts_all() -> None:
    text = USERS + "".join(f"u{n},,A,active\n" for n in range(150))
    files = [(f"{n:04}.csv", text) for n in range(100)]
    found = check(*files)
    assert found.counts == {"user.missing_login": 15_000}
    assert len(found.findings) == 10 * KEPT + 90
    assert {each.file for each in found.findings} == {name for name, _ in files}
    assert len(check(*files, keep=None).findings) == 15_000


# --- files -----------------------------------------------------------------------------------------------------------

USERS = "user_id,login_id,full_name,status\n"


def test_facts_name_type_rows_and_deletes_of_every_csv() -> None:
    text = USERS + "a,la,A,active\n\n,,,\nb,lb,B,deleted\nc,lc,C,Deleted\n"
    found = check(("users.csv", text), ("odd.csv", "colour\nred\n"))
    assert [(each.name, each.type, each.rows, each.deletes) for each in found.files] == [
        ("odd.csv", None, 0, 0),
        ("users.csv", "user", 3, 2),
    ]


def test_a_file_canvas_would_drop_whole_makes_the_drop_refused() -> None:
    assert check(("users.csv", USERS + 'a,"b\n')).refused
    assert check(("users.csv", b"\xff\xfe")).refused
    assert check(("users.csv", "colour\nred\n")).refused
    assert not check(("users.csv", USERS + ",,,x\n")).refused


def test_a_malformed_file_says_where_and_why() -> None:
    finding = only(check(("users.csv", USERS + 'a,5" disk,c,active\n')), "file.malformed_csv")
    assert (finding.row, finding.line, finding.message) == (None, 2, "Malformed CSV")
    assert finding.hint.revealed().startswith("Line 2, column 4: there is a quote inside a cell")
    assert finding.knowable is Knowable.FILE


def test_an_invalid_byte_names_the_likely_encoding_and_the_command_that_mends_it() -> None:
    finding = only(check(("users.csv", (USERS + "a,la,José Peña,active\n").encode("cp1252"))), "file.invalid_utf8")
    assert "looks like Windows-1252: `sisdrop convert users.csv` writes a UTF-8 copy" in finding.hint
    assert finding.line == 2


def test_an_unknown_header_says_what_the_file_looks_like() -> None:
    finding = only(check(("users.csv", "user_id;login_id\na;b\n")), "file.unknown_headers")
    assert "user file with semicolons" in finding.hint


def test_a_malformed_file_has_no_row_findings_and_the_others_are_checked_all_the_same() -> None:
    found = check(("a.csv", USERS + 'a,,A,active\nb,"x\n'), ("b.csv", USERS + "c,,C,active\n"))
    assert errors(found) == [("a.csv", None, "file.malformed_csv"), ("b.csv", 2, "user.missing_login")]


def test_rows_of_a_dropped_file_clash_with_nothing() -> None:
    found = check(("a.csv", USERS + 'a,same,A,active\nb,"x\n'), ("b.csv", USERS + "c,same,C,active\n"))
    assert errors(found) == [("a.csv", None, "file.malformed_csv")]


def test_other_files_in_a_zip_are_skipped_by_canvas_and_told() -> None:
    finding = only(check(("readme.txt", "x"), ("users.csv", USERS)), "file.unknown_type")
    assert (finding.file, finding.level, finding.message) == ("readme.txt", Level.WARNING, "Skipping unknown file type")


@pytest.mark.parametrize(
    "name", ["__MACOSX/._users.csv", "x/.users.csv", ".hidden/users.csv", "Desktop DB", "a/__macosx/x"]
)
def test_what_operating_systems_leave_is_passed_over_without_a_word(name: str) -> None:
    found = check((name, b"\0\xff"))
    assert (found.files, found.findings, found.refused) == ((), (), False)


@pytest.mark.parametrize("content", ["", "\ufeff", "\n\n"])
def test_files_with_nothing_in_them_are_empty_not_refused(content: str) -> None:
    found = check(("users.csv", content))
    assert (found.empty, found.findings, found.refused) == (("users.csv",), (), False)


def test_extensions_count_in_any_case() -> None:
    assert check(("USERS.CSV", USERS + "a,b,c,active\n")).files[0].type == "user"


def test_without_the_feature_institutional_tags_are_checked_with_a_warning() -> None:
    text = "institutional_tag_id,user_id,status\nT,u,nonsense\n"
    found = check(("tags.csv", text))
    assert [(each.level, each.code) for each in found.findings] == [
        (Level.WARNING, "file.needs_feature"),
        (Level.ERROR, "institutional_tag_association.bad_status"),
    ]
    assert not found.refused
    assert "file.needs_feature" not in check(("tags.csv", text), features=FEATURES).counts


def test_a_type_that_needs_no_feature_wins_when_none_is_on() -> None:
    text = "institutional_tag_id,user_id,observer_id,student_id,status\nT,u,a,b,active\n"
    assert check(("x.csv", text)).files[0].type == "user_observer"
    assert check(("x.csv", text), features=FEATURES).files[0].type == "institutional_tag_association"


@pytest.mark.parametrize("together", [False, True])
def test_a_file_is_refused_alike_whether_it_is_gone_through_once_or_twice(together: bool) -> None:
    enrollments = "course_id,user_id,role,status\n" + "C,u,student,no\n" * 20_000
    others = [("users.csv", USERS + "u,l,U,active\n")] if together else []
    malformed = check(("e.csv", enrollments + 'C,"u\n'), *others)
    assert errors(malformed) == [("e.csv", None, "file.malformed_csv")]
    assert (malformed.files[0].rows, malformed.files[0].type) == (0, None)
    invalid = check(("e.csv", (enrollments + 'C,"u\n').encode() + b"\xff\n"), *others)
    assert errors(invalid) == [("e.csv", None, "file.invalid_utf8")]


# --- rows ------------------------------------------------------------------------------------------------------------


def test_a_finding_carries_canvas_s_text_its_row_the_line_and_the_column() -> None:
    found = check(("users.csv", "\n" + USERS + '\na,la,"A\nA",active\nb,,B,active\n'))
    finding = only(found, "user.missing_login")
    assert (finding.row, finding.line, finding.column) == (3, 6, "login_id")
    assert finding.message == "No login_id given for user b"
    assert (finding.level, finding.knowable) == (Level.ERROR, Knowable.ROW)
    assert finding.hint


def test_messages_canvas_gives_no_number_have_none() -> None:
    numbered = {code.code: code.numbered for type_ in CANVAS.types for stage in type_.stages for code in stage.rules}
    for finding in check(("users.csv", USERS + "a,,A,active\n")).findings:
        assert (finding.row is not None) == numbered[finding.code]


def test_import_options_are_heeded() -> None:
    text = "section_id,course_id,name,status\nS,C," + "x" * 300 + ",deleted\n"
    assert errors(check(("sections.csv", text))) == [("sections.csv", 2, "section.invalid")]
    assert errors(check(("sections.csv", text), options=ImportOptions(skip_deletes=True))) == []


def test_files_are_seen_in_canvas_s_order_and_told_in_that_of_their_names() -> None:
    found = check(
        ("1-enrollments.csv", "course_id,user_id,role,status\nC,a,student,gone\n"),
        ("2-users-b.csv", USERS + "b,same,B,active\n"),
        ("3-users-a.csv", USERS + "a,same,A,active\n"),
    )
    assert errors(found) == [
        ("1-enrollments.csv", 2, "enrollment.bad_status"),
        ("3-users-a.csv", 2, "user.login_claimed"),
    ]


def test_a_drop_whose_rows_cannot_clash_is_checked_alone_and_one_that_can_together() -> None:
    enrollments = ("enrollments.csv", "course_id,section_id,user_id,role,status\nC-1,S-1,u,student,active\n")
    sections = ("sections.csv", "section_id,course_id,name,status\nS-1,C-2,One,active\n")
    courses = ("courses.csv", "course_id,short_name,long_name,status\nC-1,a,A,active\nC-2,b,B,active\n")
    assert errors(check(enrollments)) == []
    assert errors(check(enrollments, sections, courses)) == [
        ("enrollments.csv", 2, "enrollment.section_course_unrelated")
    ]


class Known:
    """What earlier files brought: the courses named, and nothing is known of other kinds."""

    def __init__(self, *courses: str) -> None:
        self._courses = set(courses)

    def has(self, kind: str, id: str) -> bool | None:  # noqa: A002
        return id in self._courses if kind == "course" else None

    def count(self, kind: str, at_most: int) -> int:
        return len(self._courses) if kind == "course" else 0

    def may_come(self, kind: str) -> bool:
        return False


def test_ids_no_accepted_file_brought_are_noted_once_with_their_count() -> None:
    text = "course_id,user_id,role,status\nC-1,u,student,active\nC-2,u,student,active\nC-3,v,student,active\n"
    finding = only(check(("enrollments.csv", text), known=Known("C-1")), "note.undefined_course")
    assert (finding.level, finding.row, finding.line, finding.column) == (Level.NOTE, 3, 3, "course_id")
    assert "course_id names a course" in finding.message
    assert "in 2 rows; the first is C-2" in finding.message
    assert check(("enrollments.csv", text), known=Known("C-1", "C-2", "C-3")).findings == ()
    assert check(("enrollments.csv", text)).findings == ()


def test_ids_that_the_drop_could_bring_and_does_not_are_noted() -> None:
    found = check(
        ("enrollments.csv", "course_id,user_id,role,status\nC-1,a,student,active\nC-1,b,student,active\n"),
        ("users.csv", USERS + "a,la,A,active\n"),
    )
    assert [(each.level, each.code, each.row) for each in found.findings] == [(Level.NOTE, "note.undefined_user", 3)]


def test_advice_is_a_warning_and_none_is_given_on_rows_canvas_refuses() -> None:
    header = "section_id,course_id,name,status,start_date\n"
    found = check(("sections.csv", header + "S-1,C,One,active,05/01/2026\nS-2,C,Two,gone,05/01/2026\n"))
    assert [(each.level, each.code, each.row) for each in found.findings] == [
        (Level.WARNING, "advice.day_first_date", 2),
        (Level.ERROR, "section.bad_status", 3),
    ]


def test_advice_on_a_header_is_about_the_file() -> None:
    finding = only(check(("users.csv", "user_id, login_id,status\na,b,active\n")), "advice.header_spaces")
    assert (finding.level, finding.row, finding.knowable) == (Level.WARNING, None, Knowable.FILE)


# --- repeated lines --------------------------------------------------------------------------------------------------


def test_with_a_hundred_repeats_rows_are_numbered_as_in_canvas_s_copy() -> None:
    found = check(
        ("enrollments.csv", "course_id,user_id,role,status\n" + "C,a,student,active\n" * 150 + "C,b,student,x\n")
    )
    finding = only(found, "enrollment.bad_status")
    assert (finding.file, finding.row, finding.line) == ("enrollments_deduplicated.csv", 3, 152)
    assert found.files[0].name == "enrollments.csv"


def test_below_a_hundred_repeats_nothing_is_renamed() -> None:
    found = check(
        ("enrollments.csv", "course_id,user_id,role,status\n" + "C,a,student,active\n" * 100 + "C,b,student,x\n")
    )
    assert (only(found, "enrollment.bad_status").file, only(found, "enrollment.bad_status").row) == (
        "enrollments.csv",
        102,
    )


def test_a_header_that_repeats_goes_and_the_file_begins_with_a_row() -> None:
    rows = "".join(f"u{number},l{number},U,active\n" for number in range(3))
    found = check(("users.csv", USERS + rows + USERS + "u1,l1,U,active\n" * 120))
    assert errors(found) == [("users.csv", None, "file.unknown_headers")]


def test_repeats_are_taken_out_before_rows_are_held_against_each_other() -> None:
    text = USERS + "a,same,A,active\n" * 101 + "b,same,B,active\n"
    assert errors(check(("users.csv", text))) == [("users_deduplicated.csv", 3, "user.login_claimed")]


# --- bounds ----------------------------------------------------------------------------------------------------------


def test_all_findings_are_counted_and_the_first_hundred_of_a_kind_in_a_file_are_kept() -> None:
    bad = "course_id,user_id,role,status\n" + "".join(f"C,u{number},student,no\n" for number in range(250))
    found = check(("a.csv", bad), ("b.csv", bad))
    assert found.counts == {"enrollment.bad_status": 500}
    assert found.counts_in == {("a.csv", "enrollment.bad_status"): 250, ("b.csv", "enrollment.bad_status"): 250}
    assert [(each.file, each.row) for each in found.findings] == [
        (name, row) for name in ("a.csv", "b.csv") for row in range(2, 2 + KEPT)
    ]
    assert found.count(Level.ERROR) == 500
    assert len(check(("a.csv", bad), keep=None).findings) == 250


def test_thousands_of_errors_take_little_memory() -> None:
    rows = "".join(f"C-{number},u-{number},student,no\n" for number in range(6_000))
    data = ("course_id,user_id,role,status\n" + rows).encode()
    tracemalloc.start()
    found = preflight([Member("enrollments.csv", len(data), partial(io.BytesIO, data))])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.counts["enrollment.bad_status"] == 6_000
    assert peak < 4 << 20


def test_a_clean_large_file_takes_little_memory() -> None:
    rows = "".join(f"C-{number % 99},u-{number},student,active\n" for number in range(100_000))
    data = ("course_id,user_id,role,status\n" + rows).encode()
    tracemalloc.start()
    found = preflight([Member("enrollments.csv", len(data), partial(io.BytesIO, data))])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.files[0].rows == 100_000
    assert found.findings == ()
    assert peak < 4 << 20


def test_progress_goes_up_to_the_sum_of_the_sizes() -> None:
    members = [
        member(f"{number}.csv", "course_id,user_id,role,status\n" + "C,u,student,active\n" * 9_000) for number in "12"
    ]
    done: list[int] = []
    preflight(members, progress=done.append)
    assert done == sorted(done)
    assert done[-1] == sum(each.size for each in members)


def test_streams_are_closed() -> None:
    opened: list[io.BytesIO] = []

    def open_() -> io.BytesIO:
        opened.append(io.BytesIO((USERS + "a,,A,active\n").encode()))
        return opened[-1]

    preflight([Member("users.csv", 40, open_)])
    assert opened
    assert all(stream.closed for stream in opened)


# --- the quick way and the slow way ----------------------------------------------------------------------------------

WORDS = (
    "active Active\u00a0 deleted inactive available accepted completed suspended student teacher Observer user course "
    "group_category StudentEnrollment published error a b c a@larkspur.example 2026-08-24 2026-13-01 2026-08-25 TBD "
    "nightly_sync online \U0001fae8 a\0b <delete>"
)
VALUES = ["", " ", "\u00a0", "x" * 256, "x" * 101, "no address", "tab\there", "b ", *WORDS.split(" ")]


def columns_of(kind: str) -> list[str]:
    """The columns that rules of a type look at, and those that make it the type."""
    type_ = CANVAS[kind]
    looked_at = {name for name, _ in type_.value_checks} | {
        name for each in type_.joint_checks for name in each.columns
    }
    printed = {name for stage in type_.stages for rule in stage.rules for name in rule.placeholders}
    return sorted((looked_at | printed) - {"*"})


def drop_at_random(chance: random.Random) -> list[tuple[str, str]]:
    """Some files of random types, of random cells below columns that matter."""
    files = []
    for place in range(chance.randint(1, 3)):
        kind = chance.choice(TYPES)
        names = [*columns_of(kind), "more"]
        left_out = chance.choices(names, k=chance.randint(0, 2))
        header = [name for name in names if name not in left_out]
        rows = [chance.choices(VALUES, k=chance.randint(0, len(header) + 1)) for _ in range(chance.randint(0, 6))]
        quote = chance.random() < 0.5
        lines = [",".join(f'"{cell}"' if quote else cell for cell in row) for row in [header, *rows]]
        files.append((f"{place}.csv", "\n".join(lines) + "\n"))
    return files


def slowly(files: Sequence[tuple[str, str]], options: ImportOptions) -> list[tuple[str, int, str, str]]:
    """Every row made and asked, without columns, chunks or shortcuts."""
    read = [(name, read_csv(io.BytesIO(text.encode()), FEATURES)) for name, text in files if is_taken(text)]
    upload = Upload(options)
    wanted = upload.needs([found.type for _, found in read if found.type])
    said = []
    for name, found in sorted(read, key=lambda each: ORDER[each[1].type or ""]):
        kind = found.type or ""
        type_, skip_deletes = CANVAS[kind], bool(options.skip_deletes)
        for row in found.rows():
            together = kind in wanted
            hits = upload.judge(type_, row, name) if together else row_hits(type_, row, skip_deletes=skip_deletes)
            said.extend((name, row.number if RULES[hit.code].numbered else 0, row.line, hit.code) for hit in hits)
    return sorted(said)


def is_taken(text: str) -> bool:
    found = check(("x.csv", text), features=FEATURES)
    return bool(found.files and found.files[0].type)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 2**32), st.booleans())
def test_columns_first_says_exactly_what_row_by_row_says(seed: int, skip_deletes: bool) -> None:
    files = drop_at_random(random.Random(seed))
    options = ImportOptions(skip_deletes=skip_deletes)
    found = check(*files, options=options, features=FEATURES)
    quickly = sorted(
        (each.file, each.row or 0, each.line or 0, each.code)
        for each in found.findings
        if each.level is Level.ERROR and not each.code.startswith("file.")
    )
    assert quickly == slowly(files, options)
