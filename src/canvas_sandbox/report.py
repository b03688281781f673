"""The seam between the sandbox's queue and its engine: what a run is given, and what it tells while it works.

Room: words only; touches nothing. The queue makes an `ImportJob`, gives it with a `RunReport` to the engine and gets a
`RunResult`. The engine knows nothing of HTTP, states or time; the queue knows nothing of CSV rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from canvas_sis_csv.model import Level


class Aborted(Exception):
    """How a run ends when somebody aborted it, or the sandbox closes: raised by `check_abort`; work done stays."""


@dataclass(frozen=True, slots=True)
class ImportJob:
    """One import to be performed.

    `options` are typed as the SisImport echoes them and named as Canvas names them: `batch_mode`,
    `batch_mode_term_id` (the Canvas term id, int), `multi_term_batch_mode`, `skip_deletes`,
    `override_sis_stickiness`, `add_sis_stickiness`, `clear_sis_stickiness`, `update_sis_id_if_login_claimed`,
    `diffing_data_set_identifier`, `diffing_remaster`, `diffing_drop_status`, `diffing_user_remove_status`,
    `change_threshold`, `diff_row_count_threshold`, and `batch_mode_enrollment_drop_status` (kept, though Canvas never
    echoes it). Absent or None: not asked.
    """

    id: int
    upload: Path
    """The bytes as uploaded; the file's own name on disk means nothing."""
    filename: str
    """The name it was uploaded under: `users.csv`, `sis_import.zip`. Its ending alone decides how it is opened."""
    features: frozenset[str] = frozenset()
    options: Mapping[str, Any] = field(default_factory=dict)
    user_sis_id: str | None = None
    """SIS id of the user who runs it (an administrator cannot remove himself)."""
    base: Path | None = None
    """The full upload of the import to diff against, chosen by the queue; None means no diff."""
    base_id: int | None = None
    base_filename: str | None = None


@dataclass(frozen=True, slots=True)
class UnpackedFile:
    """One CSV of an upload (or of a diff) as Canvas lists it in `csv_attachments`.

    `content` is a file that stays readable until the `RunReport` method it was given to returns; `size` is in bytes.
    """

    name: str
    size: int
    content: Path


class RunReport(Protocol):
    """What the engine tells while it works. The queue stores it and imitates Canvas's time; any call may wait."""

    def message(self, level: Level, file: str | None, row: int | None, text: str, row_info: str | None = None) -> None:
        """One message of Canvas; `level` is `Level.ERROR` or `Level.WARNING`, `row` counts with the header as 1."""

    def unpacked(self, supplied: Sequence[str], total_rows: int, files: Sequence[UnpackedFile]) -> None:
        """The upload was opened and every CSV recognised: `supplied` are the types present, in Canvas's import order.

        `total_rows` are the data rows of all files; up to 49 the import runs at once and shows nothing till its end.
        """

    def type_done(self, type: str, counts: Mapping[str, int]) -> None:  # noqa: A002 - the word of the CSV format
        """All files of one type are imported. `counts` has Canvas's keys of `data.counts` (`users`, …)."""

    def rows_done(self, rows: int) -> None:
        """A segment of `rows` data rows (100 to 1000 of a file, or what is left) is done; it moves `progress`."""

    def cleaning(self) -> None:
        """The batch-mode cleanup begins: state `cleanup_batch`."""

    def diffed(self, against: int, files: Sequence[UnpackedFile]) -> None:
        """The upload was reduced to its differences to import `against`; `files` are the differences."""

    def diffing_threshold_exceeded(self) -> None:
        """The differences were too many: the upload is imported whole, and is no base for later ones."""

    def check_abort(self) -> None:
        """To be called between segments; raises `Aborted` when somebody aborted the import."""


@dataclass(frozen=True, slots=True)
class RunResult:
    """How a run ended, when it ended by itself.

    `aborted`: a batch threshold tripped. `statistics`: Canvas's class name (`Pseudonym`) → what happened → how often;
    `total_state_changes` stands beside it. `counts`: the `batch_*_deleted` keys, only after such a cleanup.
    """

    aborted: bool = False
    statistics: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    total_state_changes: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
