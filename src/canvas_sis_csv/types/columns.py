"""Columns that several families of CSV types share.

Room: data.
"""

from __future__ import annotations

from canvas_sis_csv.rules import diagnoses
from canvas_sis_csv.rules.groups import GROUP_STATUSES
from canvas_sis_csv.types.csv_type import OPTIONAL, Column, required

DATES = (
    Column("start_date", OPTIONAL, "2026-08-24 or 2026-08-24T00:00:00Z; blank clears it"),
    Column("end_date", OPTIONAL, "as start_date"),
)
ACTIVE = required(
    "status",
    "active or deleted",
    diagnoses.status("active", "deleted", effect=diagnoses.acts_on_first),
    ("active", "deleted"),
)
ACCEPTED = required(
    "status",
    "accepted or deleted",
    diagnoses.status("accepted", "deleted", effect=diagnoses.acts_on_first),
    ("accepted", "deleted"),
)
AVAILABLE = required(
    "status", "available or deleted; only the lower-case word deletes", diagnoses.group_status, GROUP_STATUSES
)
INTEGRATION = Column("integration_id", OPTIONAL, "unique; blank clears it")
ROOT_ACCOUNT = Column(
    "root_account", OPTIONAL, "for trusted accounts only; elsewhere the row vanishes without a message"
)
