"""Bad nights on which a file is not what its name says, or not as Canvas can read it."""

from __future__ import annotations

from collections.abc import Sequence

from tests.support.nights.night import Week, bad
from tests.support.nights.school import COLUMNS, Files, Row, csv_of, mapped, with_all

PACKED = frozenset({"unreadable", "file.unknown_headers", "file.invalid_utf8", "file.malformed_csv"})
"""What may be said of bytes that are no text; `unreadable` stands for a file that is filed away as such."""


def shifted(columns: Sequence[str], row: Row) -> Row:
    """A row whose cells stand one column further to the right; the last goes to the first."""
    cells = [row[column] for column in columns]
    return dict(zip(columns, [cells[-1], *cells[:-1]], strict=True))


@bad("enrollments.csv", {"findings", "guard.absent"}, "the cells of enrollments.csv stand one column too far right")
def columns_shifted_by_one(week: Week) -> Files:
    rows = tuple(shifted(COLUMNS["enrollments"], row) for row in week.today.enrollments)
    return {"enrollments.csv": csv_of("enrollments", rows)}


@bad("users.csv", {"findings", "guard.absent"}, "the cells of users.csv stand one column too far right")
def user_columns_shifted_by_one(week: Week) -> Files:
    rows = tuple(shifted(COLUMNS["users"], row) for row in week.today.users)
    return {"users.csv": csv_of("users", rows)}


@bad(
    "users.csv",
    {"findings", "guard.absent"},
    "names and addresses of users.csv are under each other's headers, ids too",
)
def header_in_another_order(week: Week) -> Files:
    content = week.today.file("users").split(b"\n", 1)[1]
    return {"users.csv": b"login_id,status,user_id,first_name,last_name,email\n" + content}


@bad("users.csv", "guard.header", "the column email is gone")
def a_column_gone(week: Week) -> Files:
    columns = tuple(column for column in COLUMNS["users"] if column != "email")
    return {"users.csv": csv_of("users", week.today.users, columns)}


@bad("courses.csv", "guard.header", "the columns of the dates are gone")
def date_columns_gone(week: Week) -> Files:
    return {"courses.csv": csv_of("courses", week.today.courses, COLUMNS["courses"][:6])}


@bad(
    "enrollments.csv",
    {"guard.header", "findings"},
    "the column section_id is gone: everybody moves to the course's own section",
)
def section_column_gone(week: Week) -> Files:
    return {
        "enrollments.csv": csv_of("enrollments", week.today.enrollments, ("course_id", "user_id", "role", "status"))
    }


@bad("enrollments.csv", {"findings", "guard.header", "file.unknown_headers"}, "the column role is gone")
def a_needed_column_gone(week: Week) -> Files:
    columns = tuple(column for column in COLUMNS["enrollments"] if column != "role")
    return {"enrollments.csv": csv_of("enrollments", week.today.enrollments, columns)}


@bad("users.csv", "guard.header", "the column email is called e-mail")
def a_column_renamed(week: Week) -> Files:
    return {"users.csv": week.today.file("users").replace(b",email,", b",e-mail,", 1)}


@bad("users.csv", "file.invalid_utf8", "the encoding has changed to Windows-1252")
def encoding_changed(week: Week) -> Files:
    return {"users.csv": week.today.file("users").decode().encode("cp1252", "replace")}


@bad(
    "users.csv", {"file.invalid_utf8", "file.unknown_headers", "file.unreadable"}, "the encoding has changed to UTF-16"
)
def encoding_changed_to_utf16(week: Week) -> Files:
    return {"users.csv": week.today.file("users").decode().encode("utf-16")}


@bad("users.csv", "file.unknown_headers", "semicolons instead of commas")
def semicolons(week: Week) -> Files:
    return {"users.csv": week.today.file("users").replace(b",", b";")}


@bad("users.csv", "file.unknown_headers", "tabs instead of commas")
def tabs(week: Week) -> Files:
    return {"users.csv": week.today.file("users").replace(b",", b"\t")}


@bad("users.csv", "file.unknown_headers", "the header is missing, the first row stands in its place")
def header_missing(week: Week) -> Files:
    return {"users.csv": week.today.file("users").split(b"\n", 1)[1]}


@bad("users.csv", "file.unknown_headers", "the header is in another language")
def header_translated(week: Week) -> Files:
    content = week.today.file("users").split(b"\n", 1)[1]
    return {"users.csv": b"Benutzer,Anmeldung,Vorname,Nachname,Adresse,Zustand\n" + content}


@bad("users.csv", "file.unknown_headers", "a title and a date stand above the header")
def title_above_the_header(week: Week) -> Files:
    return {"users.csv": b"Nightly export,24 November\n\n" + week.today.file("users")}


@bad("users.csv", "file.unknown_headers", "the page of an error instead of the export")
def an_error_page(week: Week) -> Files:
    page = "<!DOCTYPE html>\n<html><head><title>Session expired</title></head>\n<body>Log in again.</body></html>\n"
    return {"users.csv": page.encode()}


@bad("enrollments.csv", {"findings", "guard.shrank"}, "the database's error stands in the file, half way through")
def an_error_in_the_file(week: Week) -> Files:
    lines = week.today.file("enrollments").splitlines(keepends=True)
    return {"enrollments.csv": b"".join(lines[: len(lines) // 2]) + b"ERROR: snapshot too old\n"}


@bad("users.csv", {"file.malformed_csv", "findings"}, "a quotation mark is open to the end of the file")
def a_quote_left_open(week: Week) -> Files:
    lines = week.today.file("users").splitlines(keepends=True)
    return {
        "users.csv": b"".join(lines[:300])
        + b'000300,u300,"Ada,Ashgrove,u300@larkspur.example,active\n'
        + b"".join(lines[301:])
    }


@bad("users.csv", {"guard.absent", "findings"}, "names with commas are not quoted any more")
def unquoted_commas(week: Week) -> Files:
    rows = mapped(week.today.users, last_name=lambda text: f"{text}, Jr.")
    return {"users.csv": csv_of("users", rows).replace(b'"', b"")}


@bad(
    "enrollments.csv",
    {"guard.header", "guard.shrank", "guard.absent"},
    "the users come under the name of the enrollments",
)
def users_under_the_name_of_enrollments(week: Week) -> Files:
    return {"enrollments.csv": week.today.file("users")}


@bad(
    "sections.csv",
    {"guard.header", "guard.shrank", "guard.absent"},
    "enrollments.csv and sections.csv have changed names",
)
def enrollments_and_sections_swapped(week: Week) -> Files:
    return {"sections.csv": week.today.file("enrollments"), "enrollments.csv": week.today.file("sections")}


@bad("users.csv", "findings", "the export was run twice into one file: header and rows come again with other logins")
def header_twice(week: Week) -> Files:
    again = csv_of("users", mapped(week.today.users, login_id=lambda text: f"{text}x"))
    return {"users.csv": week.today.file("users") + again}


@bad("users.csv", "findings", "every login is the same")
def all_logins_equal(week: Week) -> Files:
    return {"users.csv": csv_of("users", with_all(week.today.users, login_id="default"))}


@bad("users.csv", "findings", "the logins are blank")
def all_logins_blank(week: Week) -> Files:
    return {"users.csv": csv_of("users", with_all(week.today.users, login_id=""))}


@bad("enrollments.csv", {"guard.absent", "findings"}, "the status is blank")
def all_statuses_blank(week: Week) -> Files:
    return {"enrollments.csv": csv_of("enrollments", with_all(week.today.enrollments, status=""))}


@bad("enrollments.csv", {"guard.absent", "findings"}, "the status comes in the words of the SIS (A for active)")
def statuses_in_words_of_the_sis(week: Week) -> Files:
    return {"enrollments.csv": csv_of("enrollments", with_all(week.today.enrollments, status="A"))}


@bad("courses.csv", "findings", "dates come as 31.12.2026-like text of which Canvas makes nothing")
def dates_of_another_form(week: Week) -> Files:
    rows = mapped(week.today.courses, start_date=lambda text: f"{text}-00:00 sharp", end_date=lambda text: "13/32/2026")
    return {"courses.csv": csv_of("courses", rows)}


@bad("users.csv", {"findings", "guard.absent"}, "every cell stands in two pairs of quotation marks")
def quoted_twice(week: Week) -> Files:
    return {
        "users.csv": csv_of("users", tuple({key: f'"{text}"' for key, text in row.items()} for row in week.today.users))
    }


@bad(
    "users.csv",
    PACKED,
    "a spreadsheet saved as users.csv",
)
def a_spreadsheet_named_csv(week: Week) -> Files:
    return {"users.csv": b"PK\x03\x04\x14\x00\x06\x00\x08\x00\x00\x00!\x00" + bytes(range(1, 256)) * 40 + b"\n"}
