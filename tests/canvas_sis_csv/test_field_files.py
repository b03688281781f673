"""Files that Canvas drops whole: what is said of what is really in them, and of rows in another encoding."""

from __future__ import annotations

import io
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from canvas_sis_csv import Member, preflight
from canvas_sis_csv.cell_text import CellText
from canvas_sis_csv.mending import Mender, Wrong, lines_of, survey
from canvas_sis_csv.rules.odd_text import encoded_once
from canvas_sis_csv.text import listed

HEADER = b"user_id,login_id,full_name,status\n"


def hint_of(data: bytes) -> CellText:
    (finding,) = preflight([Member("users.csv", len(data), partial(io.BytesIO, data))]).findings
    return finding.hint


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("<!DOCTYPE html>\n<html><body>Report failed</body></html>\n", "This is a web page"),
        ("\ufeff\n<html>\n<h1>Sign in</h1>\n", "This is a web page"),
        ("<table><tr><td>user_id</td></tr></table>\n", "This is a web page"),
        ("<!-- saved -->\n<html>\n", "This is a web page"),
        ("Error: ORA-01722: invalid number\n", "it may be an error message: Error: ORA-01722: invalid number."),
        ("CourseID,StudentID,Role\n", "Nearest is an enrollment file"),
        ("enrollment_course_id,enrollment_user_id,role\n", "enrollment_user_id looks like user_id"),
        ('<?xml version="1.0"?>\n<error/>\n', "This is XML"),
        ('{"error":"export failed","code":500}\n', "This is JSON"),
        ('[\n {"user_id": "s1"}\n]\n', "This is JSON"),
        (
            "Northfield - Users export 2026-11-24\nuser_id,login_id,status\ns1,ann,active\n",
            "Line 2 looks like the header",
        ),
        ("Report,,,\nDate,2026-11-24,,\n\nuser_id,login_id,status,\n", "Line 4 looks like the header of a user file"),
        ('Users of "North"\r\nuser_id,login_id,status\r\n', "Line 2 looks like the header of a user file"),
        ("Report\nUser ID;Login ID;Status\n", "with semicolons between the columns"),
        ("s1,ann,Ann,Lee,ann@x.example,active\n", "looks like a row, not like column names"),
        ("C1,s1,student,active\n", "looks like a row"),
        ("10023,2026-08-24\n", "looks like a row"),
        (
            "sis_user_id,login,first_name,last_name,status\n",
            "sis_user_id looks like user_id, login looks like login_id",
        ),
        ("UserID;Login;Vorname;Nachname;Status\n", "There are semicolons between the columns"),
        ("UserID\tLogin\tVorname\n", "There are tabs between the columns"),
        ("course,student_number,role,status\n", "course looks like course_id, student_number looks like user_id"),
        ("user_id,status,email\n", "user needs login_id"),
        ("a,b,c,d,e,f,g,h,i,j\n", "a, b, c, d, e, f, g, h and 2 more"),
    ],
)
def test_a_file_with_unknown_headers_is_told_what_is_there(text: str, part: str) -> None:
    assert part in hint_of(text.encode())


@pytest.mark.parametrize(
    "text", ["s1,ann,Secret Name,ann@x.example,active\n", "Secret Name;x;y\n", 'a,b\nSecret Name,"x\n']
)
def test_no_log_shows_what_stands_in_a_refused_file(text: str) -> None:
    hint = hint_of(text.encode())
    assert "Secret" in hint or "b" in hint
    assert "Secret" not in f"{hint} {hint!s} {hint!r} {hint:>10} " + "%s" % hint  # noqa: UP031 - as loggers do


def test_a_formula_that_breaks_the_grammar_is_told_as_one() -> None:
    assert 'as spreadsheets write ="00123"' in hint_of(HEADER + b'="00123",ann,Ann,active\n')


# --- encodings -------------------------------------------------------------------------------------------------------


def mended(data: bytes, guess: str | None = None) -> tuple[bytes, list[tuple[int, str, str, Wrong]]]:
    seen = survey(io.BytesIO(data))
    mender = Mender(guess, seen.scripts)
    text = b"".join(mender.mended(number, line) for number, line in enumerate(lines_of(io.BytesIO(data)), 1))
    return text, [(each.line, each.before, each.after, each.wrong) for each in mender.taken()]


GOOD = "s1,ann,José Muñoz,active\n".encode()


@pytest.mark.parametrize(
    ("cell", "after", "wrong"),
    [
        (b"Ren\xe9", "René", Wrong.ENCODING),
        (b"Br\xfcgge", "Brügge", Wrong.ENCODING),
        (b"O\x92Hara", "O\u2019Hara", Wrong.ENCODING),
        (b"JOS\xc9", "JOSÉ", Wrong.ENCODING),
        (b"Ren\x82", "René", Wrong.ENCODING),  # DOS
        (b"Ren\x8e", "René", Wrong.ENCODING),  # an old Mac
        ("Zoë ".encode() + b"Ren\xe9", "Zoë René", Wrong.ENCODING),
        (b"Jos\xc3", "Jos", Wrong.CUT),
        ("小明".encode()[:5], "小", Wrong.CUT),
        (b"O\xe2\x80", "O", Wrong.CUT),
        (b"Smile \xed\xa0\xbd\xed\xb8\x80", "Smile \U0001f600", Wrong.SURROGATES),
    ],
)
def test_a_row_that_is_not_utf8_among_others_that_are_is_mended_by_itself(
    cell: bytes, after: str, wrong: Wrong
) -> None:
    data = HEADER + GOOD + b"s2,bob," + cell + b",active\n"
    text, changes = mended(data)
    assert text == HEADER + GOOD + f"s2,bob,{after},active\n".encode()
    assert changes == [(3, cell.decode("utf-8", "backslashreplace"), after, wrong)]


def test_which_lines_are_not_utf8_is_told_and_no_encoding_is_offered_for_the_file() -> None:
    rows = b"".join(b"s%d,l%d,Ren\xe9,active\n" % (number, number) for number in range(12))
    hint = hint_of(HEADER + GOOD + rows + b"t,tt,Jos\xc3,active\nv,vv,\xed\xa0\xbd\xed\xb8\x80,active\n")
    assert "The file is UTF-8 but for 14 lines" in hint
    assert "in another encoding: lines 3, 4, 5, 6, 7, 8, 9, 10 and 4 more" in hint
    assert "cut in the middle of a character: line 15" in hint
    assert "in CESU-8, where" in hint
    assert "line 16" in hint
    assert "Windows-1252" not in hint
    assert "Save the file as UTF-8" not in hint


def test_a_file_that_is_in_another_encoding_as_a_whole_is_still_offered_it() -> None:
    assert "It looks like Windows-1252" in hint_of(HEADER + b"s1,ann,Jos\xe9,active\ns2,bob,Mu\xf1oz,active\n")


def test_a_name_in_another_script_is_read_as_the_rest_of_the_file_is_written() -> None:
    data = HEADER + "s1,a,Иван Петров,active\n".encode() + b"s2,b," + "Мария".encode("cp1251") + b",active\n"
    assert mended(data)[1] == [(3, "\\xcc\\xe0\\xf0\\xe8\\xff", "Мария", Wrong.ENCODING)]


NAMES = st.text(st.sampled_from("abcZéèüñøßŁźłÅÄÖÃÂ小明Иван’“”»« -"), min_size=1, max_size=12)


@settings(max_examples=300, deadline=None)
@given(st.lists(NAMES, min_size=1, max_size=6), st.sampled_from([b"Ren\xe9", b"Jos\xc3", b"\xed\xa0\xbd\xed\xb8\x80"]))
def test_no_good_name_is_changed_when_others_are_mended(names: list[str], bad: bytes) -> None:
    # A name that reads as one encoded twice is no good name.
    good = [name for name in names if encoded_once(name) is None]
    data = b"".join(name.encode() + b",x\n" for name in good)
    text, changes = mended(data + bad + b",x\n")
    assert text.startswith(data)
    assert len(changes) == 1


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from("abcéèüñøßłźÉÖ小明"), min_size=1, max_size=8).filter(lambda text: not text.isascii()))
def test_a_name_encoded_twice_is_undone_to_what_it_was(name: str) -> None:
    word = f"x{name.lower()}"
    assert encoded_once(word.encode().decode("latin-1")) in (word, None)
    assert encoded_once(word) is None


def test_lines_are_counted_as_an_editor_counts_them() -> None:
    assert list(lines_of(io.BytesIO(b"a\r\nb\rc\n\nd"))) == [b"a\r\n", b"b\r", b"c\n", b"\n", b"d"]


# --- texts -----------------------------------------------------------------------------------------------------------


def test_a_list_that_stops_says_how_many_more_there_are() -> None:
    assert listed("abc", 3) == "a, b, c"
    assert listed("abcde", 3) == "a, b, c and 2 more"
    assert listed("ab", 3, total=1000) == "a, b and 998 more"


def test_a_text_that_may_hold_a_cell_is_revealed_only_when_asked() -> None:
    text = CellText.joined(["Seen.", CellText("Ann Lee is unseen.", "… is unseen."), ""])
    assert text.revealed() == "Seen. Ann Lee is unseen."
    assert f"{text}" == str(text) == repr(text) == "Seen. … is unseen."
    assert text == "Seen. Ann Lee is unseen."
    assert str(CellText("Ann Lee")) == "(a text that may hold a cell)"
