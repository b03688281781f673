"""Import options as Canvas is asked for them, and whether its answer repeats them.

Room: pure. Option names and values are Canvas's own (its public SIS Imports API documentation and source).

Canvas echoes most options in its answer, but not as they were sent: off is null, a term sent as `sis_term_id:X` comes
back as a number, `diffing_remaster_data_set` under another name, `batch_mode_enrollment_drop_status` not at all. And
it drops some without a word: diffing under batch mode, the stickiness marks without `override_sis_stickiness`, a
term without `batch_mode`. So the answer is compared with the echo that Canvas, by its rules, owes these options.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_type_hints

from canvas_sis_csv.options import ImportOptions
from sisdrop.protocol.imports import SisImport

_SWITCHES = frozenset(name for name, kind in get_type_hints(ImportOptions).items() if kind == bool | None)
_YES = frozenset({"yes", "y", "true", "t", "on", "1"})
"""What Canvas takes as true, in any case (besides other non-zero numbers)."""

_LOCAL_IDS = 10_000_000_000_000
"""Ids above this name another shard; what is left after division is the id as that shard knows it."""


def request_params(options: ImportOptions) -> dict[str, str]:
    """`options` as request parameters; an option that is off or empty is left out.

    Left out, not sent as false: Canvas switches batch mode on for any text in `multi_term_batch_mode`, `false` too.
    """
    params = {"import_type": "instructure_csv"}
    for name, value in options.asked().items():
        if name in _SWITCHES:
            params |= {name: "true"} if _is_on(value) else {}
        elif value != "":
            params[name] = str(value)
    return params


def _is_on(value: Any) -> bool:
    if isinstance(value, str):
        text = value.strip().lower()
        return text in _YES or (text.isdecimal() and int(text) != 0)
    return bool(value)


def echo_mismatches(options: ImportOptions, echo: SisImport) -> list[str]:
    """A sentence for each option that Canvas's answer does not repeat as it was asked for, or has on unasked.

    Empty for an import that Canvas has saved but not given its options yet (`initializing`).
    """
    if echo.workflow_state == "initializing":
        return []
    sentences = []
    for name, owed in _owed(request_params(options)).items():
        echoed = echo.raw.get(name)
        if not _repeats(name, owed, echoed):
            answered = "off" if echoed in (None, False) else repr(echoed)
            sentences.append(f"{name} was asked as {owed or 'off'}, Canvas answered {answered}")
    return sentences


def _owed(asked: Mapping[str, str]) -> dict[str, str | None]:
    """The echo that Canvas owes to `asked`, in the names of the answer; None = off."""
    by_term = "batch_mode" in asked and "batch_mode_term_id" in asked
    multi_term = not by_term and "multi_term_batch_mode" in asked
    owed: dict[str, str | None] = {
        name: asked.get(name) for name in ("skip_deletes", "update_sis_id_if_login_claimed", "change_threshold")
    }
    owed["batch_mode"] = "true" if by_term or multi_term else None
    owed["batch_mode_term_id"] = asked["batch_mode_term_id"] if by_term else None
    owed["multi_term_batch_mode"] = "true" if multi_term else None
    data_set = None if by_term or multi_term else asked.get("diffing_data_set_identifier")
    owed |= {"diffing_data_set_identifier": data_set, "diffing_remaster": None}
    if data_set is not None:
        # What becomes of missing rows has no meaning without diffing; whether it is echoed then differs.
        rows = asked.get("diff_row_count_threshold")
        owed["diff_row_count_threshold"] = rows if rows is None or not rows.isdecimal() or int(rows) > 0 else None
        owed["diffing_remaster"] = asked.get("diffing_remaster_data_set")
        owed |= {name: asked.get(name) for name in ("diffing_drop_status", "diffing_user_remove_status")}
    override = asked.get("override_sis_stickiness")
    clear = asked.get("clear_sis_stickiness") if override else None
    owed |= {"override_sis_stickiness": override, "clear_sis_stickiness": clear}
    if not clear:
        # With both, clear wins, and what becomes of the echo of the other is nobody's business.
        owed["add_sis_stickiness"] = asked.get("add_sis_stickiness") if override else None
    return owed


def _repeats(name: str, owed: str | None, echoed: Any) -> bool:
    if owed is None:
        return echoed in (None, False, "") or (name == "diff_row_count_threshold" and echoed == 0)
    if name == "batch_mode_term_id" and echoed not in (None, False, ""):
        # A term asked for in another way than by its number may come back as any number.
        by_number = owed.isdecimal() and str(echoed).isdecimal()
        return not by_number or int(owed) % _LOCAL_IDS == int(echoed) % _LOCAL_IDS
    if owed == "true":
        return echoed is not None and _is_on(echoed)
    return echoed is not None and str(echoed) == owed
