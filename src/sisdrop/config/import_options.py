"""Canvas's import options: names, values, and which combinations Canvas would refuse or silently ignore.

Room: pure. Names and values are Canvas's own, letter for letter (its public SIS Imports API documentation and source).
`ImportKeys` is what may be written; `ImportOptions` is what is asked for with one import, as it results from `import`
and an override, and `merged_problems` judges that whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from canvas_sis_csv.options import ImportOptions
from sisdrop.config.group import Group, key
from sisdrop.config.wording import Expected


def _term(value: Any) -> Any:
    if value is None:
        return None
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if isinstance(text, str) and text.isprintable():
        kind, colon, sis_id = text.partition(":")
        if colon and kind in ("sis_term_id", "sis_integration_id") and sis_id:
            return text
        if not colon and (kind.isdecimal() or kind in ("default", "current")):
            return text
    raise Expected("a term: a number, sis_term_id:X, default or current")


Term = Annotated[str | None, BeforeValidator(_term), WithJsonSchema({"type": ["string", "integer", "null"]})]


def _option(example: Any, description: str) -> Any:
    return key(None, description, examples=[example])


class ImportKeys(Group):
    """Options sent with an import. An option that is absent, or null, is not sent."""

    import_type: Literal["instructure_csv"] | None = _option(
        "instructure_csv", "the format of the files; instructure_csv is the only one Canvas has"
    )
    skip_deletes: bool | None = _option(False, "true = rows that delete are skipped")
    batch_mode: bool | None = _option(
        True, "true = what is in the term and not in the files is DELETED; set change_threshold with it"
    )
    batch_mode_term_id: Term = _option(
        "sis_term_id:2026-FALL", "the term of batch mode: a number, sis_term_id:X, default or current"
    )
    multi_term_batch_mode: bool | None = _option(
        True, "true = batch mode for all terms in the terms file; needs change_threshold"
    )
    batch_mode_enrollment_drop_status: Literal["deleted", "completed", "inactive"] | None = _option(
        "completed", "what becomes of enrollments that batch mode finds missing"
    )
    change_threshold: Annotated[int, Field(ge=0, le=100)] | None = _option(
        10,
        "percent; batch mode deletes nothing when it would delete more than this of a type; "
        "diffing imports the files in full when their sizes differ by more",
    )
    diffing_data_set_identifier: Annotated[str, Field(min_length=1, max_length=128)] | None = _option(
        "sis-users", "compare with the last import of this name and import only the difference"
    )
    diffing_remaster_data_set: bool | None = _option(True, "true = import in full and begin a new comparison")
    diffing_drop_status: Literal["deleted", "completed", "inactive", "deleted_last_completed"] | None = _option(
        "completed", "what becomes of enrollments that diffing finds gone"
    )
    diffing_user_remove_status: Literal["deleted", "suspended"] | None = _option(
        "suspended", "what becomes of users that diffing finds gone"
    )
    diff_row_count_threshold: Annotated[int, Field(ge=1)] | None = _option(
        500, "rows; diffing is not done when the difference has more than this"
    )
    override_sis_stickiness: bool | None = _option(True, "true = also overwrite what people changed in Canvas by hand")
    add_sis_stickiness: bool | None = _option(
        True, "true = mark what is changed as if changed by hand; needs override_sis_stickiness"
    )
    clear_sis_stickiness: bool | None = _option(True, "true = remove those marks; needs override_sis_stickiness")
    update_sis_id_if_login_claimed: bool | None = _option(
        True, "true = a login that exists under another SIS id gets the new one"
    )


def merged(base: ImportKeys, override: ImportKeys | None = None) -> ImportOptions:
    """What is asked for with `override` over `base`: what it has set, null included, wins."""
    keys = base.model_dump(exclude_unset=True) | (override.model_dump(exclude_unset=True) if override else {})
    if keys.get("multi_term_batch_mode") is False:
        # Canvas takes any text in it as on, even "false"; off is said by leaving it out.
        keys["multi_term_batch_mode"] = None
    return ImportOptions.of(keys)


def merged_problems(options: ImportOptions) -> Iterator[tuple[str, str]]:
    """(option, sentence) for each combination in the options of one import that Canvas refuses or silently ignores."""
    # Values may still be of a wrong type here, which is told elsewhere: `is True`, so that none is told twice.
    batch, multi = options.batch_mode is True, options.multi_term_batch_mode is True
    term = options.batch_mode_term_id is not None
    if batch and not term and not multi:
        yield "batch_mode", "batch mode needs batch_mode_term_id (or multi_term_batch_mode); Canvas refuses it without"
    if multi and options.change_threshold is None:
        yield "multi_term_batch_mode", "this needs change_threshold; Canvas refuses it without"
    either = "use one or the other"
    if multi and term:
        yield "multi_term_batch_mode", f"Canvas silently ignores this when batch_mode_term_id is given; {either}"
    if options.diffing_data_set_identifier is not None and (batch or multi):
        yield "diffing_data_set_identifier", f"Canvas silently ignores diffing when batch mode is on; {either}"
    if options.diffing_remaster_data_set is True and options.diffing_data_set_identifier is None:
        yield "diffing_remaster_data_set", "Canvas silently ignores this without diffing_data_set_identifier"
    add, clear = options.add_sis_stickiness is True, options.clear_sis_stickiness is True
    for name, is_on in (("add_sis_stickiness", add), ("clear_sis_stickiness", clear)):
        if is_on and options.override_sis_stickiness is not True:
            yield name, "Canvas silently ignores this without override_sis_stickiness: true"
    if add and clear:
        yield "add_sis_stickiness", f"clear_sis_stickiness is also true and wins; {either}"


_DIFFING = ("diffing_data_set_identifier", "diffing_data_set_identifier")
_TAKES_EFFECT_WITH = {
    "batch_mode_term_id": ("is_batch_mode", "batch_mode: true"),
    "batch_mode_enrollment_drop_status": ("is_batch_mode", "batch mode"),
    "diffing_drop_status": _DIFFING,
    "diffing_user_remove_status": _DIFFING,
    "diff_row_count_threshold": _DIFFING,
}
"""What of `ImportOptions` an option is nothing without, and how that is written."""


def useless(name: str, variants: Sequence[ImportOptions]) -> str | None:
    """Why the option `name` has no effect in any of `variants` (the merged options of each override), or None.

    Harmless in one of them (Canvas ignores it), so only an option that never takes effect is a mistake.
    """
    if name not in _TAKES_EFFECT_WITH:
        return None
    other, written = _TAKES_EFFECT_WITH[name]
    with_it = [options for options in variants if getattr(options, name) is not None]
    if not with_it or any(getattr(options, other) not in (None, False) for options in with_it):
        return None
    return f"Canvas silently ignores this without {written}"
