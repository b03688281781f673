"""The options of a SIS import as one typed value, and what they mean for the rows.

Room: words; touches nothing. Names and values are Canvas's own, letter for letter (its public SIS Imports API
documentation and source). Whether a combination makes sense is for the configuration to say, how it is asked for and
echoed for the protocol.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOptions:
    """What is asked of Canvas with one import. None = not asked: Canvas's own default holds."""

    import_type: str | None = None
    skip_deletes: bool | None = None
    batch_mode: bool | None = None
    batch_mode_term_id: str | None = None
    """`123`, `sis_term_id:X`, `sis_integration_id:X`, `default` or `current`."""
    multi_term_batch_mode: bool | None = None
    batch_mode_enrollment_drop_status: str | None = None
    change_threshold: int | None = None
    """Percent, 0 to 100."""
    diffing_data_set_identifier: str | None = None
    diffing_remaster_data_set: bool | None = None
    diffing_drop_status: str | None = None
    diffing_user_remove_status: str | None = None
    diff_row_count_threshold: int | None = None
    """Rows."""
    override_sis_stickiness: bool | None = None
    add_sis_stickiness: bool | None = None
    clear_sis_stickiness: bool | None = None
    update_sis_id_if_login_claimed: bool | None = None

    @classmethod
    def of(cls, named: Mapping[str, Any]) -> Self:
        """The options given by Canvas's names. Raises TypeError for a name that is none of Canvas's."""
        return cls(**named)

    @classmethod
    def known_of(cls, named: Mapping[str, Any]) -> Self:
        """As `of`, for what another version may have written: names that are none of Canvas's are left out."""
        names = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in named.items() if name in names})

    def asked(self) -> dict[str, Any]:
        """What is asked for, by Canvas's names; what is None is left out."""
        named = ((field.name, getattr(self, field.name)) for field in fields(self))
        return {name: value for name, value in named if value is not None}

    @property
    def is_batch_mode(self) -> bool:
        """Whether Canvas deletes what is in the term (or in all terms of the file) and not in the upload."""
        return bool(self.batch_mode or self.multi_term_batch_mode)

    @property
    def is_diffed(self) -> bool:
        """Whether Canvas compares the upload with the last one of its data set; batch mode silently wins."""
        return self.diffing_data_set_identifier is not None and not self.is_batch_mode

    @property
    def deletes_what_is_absent(self) -> bool:
        """Whether a row that is missing from the upload is deleted in Canvas, by batch mode or by diffing."""
        return self.is_batch_mode or self.is_diffed


NO_OPTIONS = ImportOptions()
