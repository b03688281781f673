"""The parameters of a SIS import request, read the way Canvas reads them, its odd turns included.

Room: pure; strings in, options or a refusal out. Every rule here is Canvas's (public source and documentation).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

IMPORT_TYPE = "instructure_csv"
ENROLLMENT_DROP_STATUSES = ("deleted", "completed", "inactive", "deleted_last_completed")
USER_REMOVE_STATUSES = ("deleted", "suspended")
IDENTIFIER_LENGTH = 128
NO_TERM = "Batch mode specified, but the given batch_mode_term_id cannot be found."
NO_THRESHOLD = "change_threshold is required to use multi term_batch mode."


class BadParameter(Exception):
    """Canvas answers 400; `body` is the JSON of it."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        self.body = dict(body)
        super().__init__(str(self.body))


class TermMissing(Exception):
    """A batch term was named and does not exist: Canvas answers 404."""


class Params:
    """Request parameters; of a repeated name the last one counts, `name[]` is a list."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._pairs = list(pairs)

    def get(self, name: str) -> str | None:
        """The value of that name, None when it is absent."""
        values = [value for key, value in self._pairs if key == name]
        return values[-1] if values else None

    def many(self, name: str) -> list[str]:
        """All values of `name` and `name[]`."""
        return [value for key, value in self._pairs if key in (name, f"{name}[]")]

    def flag(self, name: str) -> bool:
        """The value as Canvas reads booleans."""
        return truthy(self.get(name))


def truthy(text: str | None) -> bool:
    """`yes y true t on 1` are true, `no n false f off 0` false, anything else by its leading integer."""
    word = (text or "").strip().lower()
    if word in {"yes", "y", "true", "t", "on", "1"}:
        return True
    if word in {"no", "n", "false", "f", "off", "0"}:
        return False
    return integer(word) != 0


def integer(text: str | None) -> int:
    """The integer that `text` begins with, else 0."""
    match = re.match(r"\s*([+-]?\d{1,18})", text or "")
    return int(match.group(1)) if match else 0


@dataclass(frozen=True, slots=True)
class BatchTerm:
    """What the first look at the parameters found out: the term to clean up, or None."""

    id: int | None = None


def read_batch_term(params: Params, find_term: Callable[[str], int | None]) -> BatchTerm:
    """Find the batch term, before any row is made. Raises TermMissing (404) or BadParameter (400)."""
    if not params.flag("batch_mode"):
        return BatchTerm()
    wanted = params.get("batch_mode_term_id")
    # No term at all and a term that is not there are told by two statuses, the second of them only here.
    if wanted:
        term = find_term(wanted)
        if term is None:
            raise TermMissing(wanted)
        return BatchTerm(term)
    if not params.get("multi_term_batch_mode"):
        raise BadParameter({"message": NO_TERM})
    return BatchTerm()


def read_options(params: Params, term: BatchTerm) -> dict[str, Any]:
    """The options as the SisImport will echo them, after the row was made: a BadParameter here leaves an orphan."""
    threshold = params.get("change_threshold")
    options: dict[str, Any] = {
        # No check of its range, and 0 for text that is no number: then any deletion at all is too much.
        "change_threshold": integer(threshold) if threshold else None,
        "skip_deletes": params.flag("skip_deletes"),
        "update_sis_id_if_login_claimed": params.flag("update_sis_id_if_login_claimed"),
    }
    options |= _batch_mode(params, term, options["change_threshold"])
    # Without its gate the other two are dropped without a word; so is diffing under batch mode, and its remaster
    # without an identifier.
    if params.flag("override_sis_stickiness"):
        options["override_sis_stickiness"] = True
        options |= {name: True for name in ("add_sis_stickiness", "clear_sis_stickiness") if params.flag(name)}
    identifier = params.get("diffing_data_set_identifier")
    if identifier and not options.get("batch_mode"):
        options["diffing_data_set_identifier"] = identifier
        options["diffing_remaster"] = params.flag("diffing_remaster_data_set")
    for name, allowed in (
        ("diffing_drop_status", ENROLLMENT_DROP_STATUSES),
        ("diffing_user_remove_status", USER_REMOVE_STATUSES),
        ("batch_mode_enrollment_drop_status", ENROLLMENT_DROP_STATUSES),
    ):
        options |= _choice(params, name, allowed)
    row_threshold = integer(params.get("diff_row_count_threshold"))
    if row_threshold > 0:
        options["diff_row_count_threshold"] = row_threshold
    if len(options.get("diffing_data_set_identifier", "")) > IDENTIFIER_LENGTH:
        # That it is refused is certain, the exact status and body are not; 400 is what Canvas gives other bad records.
        error = {"attribute": "diffing_data_set_identifier", "type": "too_long", "message": "too_long"}
        raise BadParameter({"errors": {"diffing_data_set_identifier": [error]}})
    return options


def _batch_mode(params: Params, term: BatchTerm, threshold: int | None) -> dict[str, Any]:
    if term.id is not None:
        return {"batch_mode": True, "batch_mode_term_id": term.id}
    # Any text at all switches batch mode on, "false" and "0" included: Canvas asks only whether it is there.
    multi = params.get("multi_term_batch_mode")
    if not multi:
        return {}
    if threshold is None:
        raise BadParameter({"message": NO_THRESHOLD})
    return {"batch_mode": True, "multi_term_batch_mode": truthy(multi)}


def _choice(params: Params, name: str, allowed: tuple[str, ...]) -> dict[str, Any]:
    # A list is taken too, and its first valid entry counts.
    given = [value for value in params.many(name) if value]
    if not given:
        return {}
    valid = [value for value in given if value in allowed]
    if not valid:
        raise BadParameter({"message": f"Invalid {name}"})
    return {name: valid[0]}
