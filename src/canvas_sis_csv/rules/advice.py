"""Our own warnings and notes: what Canvas takes without a word, and does something with that the sender hardly wants.

Room: data. In their texts `{reading}` is what Canvas makes of the value. A note is about what only Canvas can know, and
a drop can merely fail to show: it is said once for a file and column, with the number of rows and the first of them.
"""

from __future__ import annotations

from canvas_sis_csv.model import Level
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
    _of_row("no_id"),
    _of_row("formula_id"),
    _of_row("apostrophe_id"),
    _of_file("float_ids"),
    _of_row("other_person"),
    _of_file("people_lost"),
    _of_row("likely_word"),
    _of_row("contradiction"),
    _of_row("long_row"),
    _of_row("short_row"),
    _of_row("null_character"),
    _of_row("control_character"),
    _of_row("replacement_character"),
    _of_row("double_encoded"),
)

RENAMED = rule("advice.renamed_id", known=Known.IMPORT_SOMETIMES, row_is="kept")


def undefined(kind: str, hint: str) -> Rule:
    """The note on ids of a kind that a drop uses and does not bring."""
    message = "{column} names {kind} that no row of this drop defines, in {rows}; the first is {first}"
    return Rule(f"note.undefined_{kind}", message, hint, Level.NOTE, Known.DATABASE, row_is="kept")
