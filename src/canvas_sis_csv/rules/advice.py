"""Our own warnings: what Canvas takes without a word, and does something with that the sender hardly wants.

Room: data. `{reading}` is what Canvas makes of the value.
"""

from __future__ import annotations

from canvas_sis_csv.rules.rule import Known, Rule, stage


def _of_file(code: str, message: str, hint: str) -> Rule:
    return Rule(f"advice.{code}", message, hint, knowable=Known.FILE, row_is="kept", numbered=False)


def _of_row(code: str, message: str, hint: str) -> Rule:
    return Rule(f"advice.{code}", message, hint, row_is="kept")


ADVICE = stage(
    "advice",
    _of_file(
        "shadowed_type",
        "Canvas takes this file for {taken_for}, because of {because}; {columns} suggest {meant}",
        "Remove or rename the column that misleads Canvas, if the file was meant otherwise.",
    ),
    _of_file(
        "missing_column",
        "The column {column} is missing: Canvas refuses every row of {type}",
        "Add the column, with a value in every row.",
    ),
    _of_file(
        "header_spaces",
        "The column header {header} holds {what}: Canvas finds no column {column} in the rows",
        "Write the header without them.",
    ),
    _of_file(
        "misspelled_column",
        "Canvas ignores the column {header}; {column} may be meant",
        "Correct the name, or leave the column out.",
    ),
    _of_file(
        "duplicate_column",
        "The column {column} is there {count} times: Canvas reads the first one only, even where it is blank",
        "Keep one column of each name.",
    ),
    _of_file(
        "password_column",
        "The file carries passwords, in {column}",
        "Prefer single sign-on, or send passwords once and not in every export. They rest in the archive, too.",
    ),
    _of_row(
        "day_first_date",
        "Canvas reads {column} {value} day first: {reading}",
        "Write dates as 2026-08-24.",
    ),
    _of_row(
        "word_date",
        "Canvas sees no date in {column} {value}, and clears the date without a message",
        "Leave the cell blank if that is meant, else write a date such as 2026-08-24.",
    ),
    _of_row(
        "rolled_over_date",
        "{column} {value} is a day that its month does not have: Canvas takes {reading}",
        "Correct the day.",
    ),
    _of_row(
        "odd_year",
        "Canvas reads {column} {value} as {reading}",
        "Write dates as 2026-08-24, the year with four digits.",
    ),
    _of_row(
        "partial_date",
        "{column} {value} names no full date: Canvas fills it up from today, {reading}",
        "Write dates as 2026-08-24.",
    ),
    _of_row(
        "account_status",
        "The status {value} is refused for a new account; for an existing one Canvas {reading}",
        "Use active or deleted.",
    ),
    _of_row(
        "status_tail",
        "The status {value} passes only because it begins with a good word: Canvas {reading}",
        "Use the plain word.",
    ),
    _of_row(
        "capital_deleted",
        "The status {value} does not delete: Canvas leaves it available",
        "Only the lower-case word deleted deletes here.",
    ),
    _of_row(
        "role_tail",
        "The role {value} counts as student, unless the account has a role of exactly this name",
        "Use student, or the exact name of the role.",
    ),
    _of_row(
        "root_account",
        "The row names the root account {value}: without trust between accounts Canvas drops it without a message",
        "Leave root_account blank, unless your Canvas has such a trust.",
    ),
    _of_row(
        "password_notification",
        "canvas_password_notification {value} counts as yes: any value does",
        "Leave the cell blank for no.",
    ),
    _of_row(
        "short_password",
        "The password is shorter than Canvas's usual minimum of 8 characters: a new user would be refused",
        "Use 8 characters or more, or what the account's password policy asks for.",
    ),
    _of_row(
        "too_long",
        "{column} has more than 255 characters, which is more than Canvas can keep",
        "Shorten it to 255 characters.",
    ),
    _of_row(
        "invisible_character",
        "{column} {value} begins or ends with an invisible character ({reading}): to Canvas it is part of the id",
        "Remove it in the system the export comes from.",
    ),
    _of_row(
        "spreadsheet_number",
        "{column} {value} looks like a long number that a spreadsheet has shortened",
        "Export the file again, and do not open it in a spreadsheet; or format the column as text first.",
    ),
)
