"""Good nights on which the same content comes in another form."""

from __future__ import annotations

from tests.support.nights.night import Week, good
from tests.support.nights.school import COLUMNS, NIGHTLY, Files, csv_of, mapped, with_all


@good("the rows come in another order")
def rows_reordered(week: Week) -> Files:
    return {f"{kind}.csv": csv_of(kind, tuple(reversed(week.today.rows(kind)))) for kind in NIGHTLY}


@good("the columns come in another order")
def columns_reordered(week: Week) -> Files:
    return {f"{kind}.csv": csv_of(kind, week.today.rows(kind), COLUMNS[kind][::-1]) for kind in NIGHTLY}


@good("a column is added")
def a_column_added(week: Week) -> Files:
    rows = tuple({**row, "pronouns": ""} for row in week.today.users)
    return {"users.csv": csv_of("users", rows, (*COLUMNS["users"], "pronouns"))}


@good("every cell is quoted now")
def quoting_changed(week: Week) -> Files:
    return {f"{kind}.csv": csv_of(kind, week.today.rows(kind), quote_all=True) for kind in NIGHTLY}


@good("lines end with CR and LF now")
def crlf(week: Week) -> Files:
    return {name: content.replace(b"\n", b"\r\n") for name, content in week.today.files().items()}


@good("a byte-order mark stands before the header now")
def byte_order_mark(week: Week) -> Files:
    return {name: b"\xef\xbb\xbf" + content for name, content in week.today.files().items()}


@good("a spreadsheet has saved the files anew: a byte-order mark, CR and LF, quotation marks, blank lines at the end")
def saved_by_a_spreadsheet(week: Week) -> Files:
    contents = {kind: csv_of(kind, week.today.rows(kind), quote_all=True) + b"\n\n" for kind in NIGHTLY}
    return {f"{kind}.csv": b"\xef\xbb\xbf" + text.replace(b"\n", b"\r\n") for kind, text in contents.items()}


@good("the header is in capitals now")
def header_in_capitals(week: Week) -> Files:
    contents = week.today.files(("users", "enrollments"))
    return {name: text.split(b"\n", 1)[0].upper() + b"\n" + text.split(b"\n", 1)[1] for name, text in contents.items()}


@good("the last line has no line break")
def no_line_break_at_the_end(week: Week) -> Files:
    return {name: content.rstrip(b"\n") for name, content in week.today.files().items()}


@good("blanks stand around the ids, which Canvas trims")
def blanks_around_ids(week: Week) -> Files:
    rows = mapped(week.today.enrollments, user_id=lambda text: f" {text}", section_id=lambda text: f"{text} ")
    return {"users.csv": week.today.file("users"), "enrollments.csv": csv_of("enrollments", rows)}


@good("statuses begin with a capital now")
def statuses_with_a_capital(week: Week) -> Files:
    return {
        f"{kind}.csv": csv_of(kind, with_all(week.today.rows(kind), status="Active"))
        for kind in ("users", "enrollments")
    }


@good("names carry the date of the night", past="dated")
def dated_names(week: Week) -> Files:
    return {f"{kind}_20261125.csv": week.today.file(kind) for kind in NIGHTLY}


@good("names carry the date and the time, where they had none before")
def dates_come_into_the_names(week: Week) -> Files:
    return {f"{kind}-2026-11-25T0300.csv": week.today.file(kind) for kind in NIGHTLY}
