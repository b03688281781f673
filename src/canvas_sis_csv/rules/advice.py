"""Our own warnings: what Canvas takes without a word, and does something with that the sender hardly wants.

Room: data. In their texts `{reading}` is what Canvas makes of the value.
"""

from __future__ import annotations

from canvas_sis_csv.rules.rule import Known, Rule, rule, stage


def _of_file(name: str) -> Rule:
    return rule(f"advice.{name}", known=Known.FILE, row_is="kept", numbered=False)


def _of_row(name: str) -> Rule:
    return rule(f"advice.{name}", known=Known.ROW, row_is="kept")


ADVICE = stage(
    "advice",
    _of_file("shadowed_type"),
    _of_file("missing_column"),
    _of_file("header_spaces"),
    _of_file("misspelled_column"),
    _of_file("duplicate_column"),
    _of_file("password_column"),
    _of_row("day_first_date"),
    _of_row("word_date"),
    _of_row("rolled_over_date"),
    _of_row("odd_year"),
    _of_row("partial_date"),
    _of_row("account_status"),
    _of_row("status_tail"),
    _of_row("capital_deleted"),
    _of_row("role_tail"),
    _of_row("root_account"),
    _of_row("password_notification"),
    _of_row("short_password"),
    _of_row("too_long"),
    _of_row("invisible_character"),
    _of_row("spreadsheet_number"),
)
